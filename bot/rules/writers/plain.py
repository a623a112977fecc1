"""Fills any Output from the facts alone, one sentence a fact, so that every skill runs offline."""

import types
from collections.abc import Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.core.facts import Fact
from bot.core.parts import Copy, File, Heading, Hook, Quote, Table
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.rules.writers.ready import Ready

T = TypeVar("T", bound=BaseModel)
MOST = 12  # facts in one text


def fill(output: type[T], ready: Ready) -> T:
    """Raises CannotDo when it has a field that facts alone cannot fill."""
    facts = [fact for fact in ready.evidence.facts if fact.stated_by is None]
    values = {}
    for name, field in output.model_fields.items():
        value = _value(name, field, facts, ready)
        if value is not PydanticUndefined:
            values[name] = value
    return output.model_validate(values)


def _value(name: str, field: FieldInfo, facts: Sequence[Fact], ready: Ready) -> Any:
    shape = field.annotation
    if not field.is_required() and not _is_piece(shape):
        return PydanticUndefined
    return _shaped(shape, name, field, facts, ready)


def _shaped(shape: Any, name: str, field: FieldInfo, facts: Sequence[Fact], ready: Ready) -> Any:
    origin, inner = get_origin(shape), get_args(shape)
    if origin in (Union, types.UnionType):
        if type(None) in inner and not any(_is_piece(one) for one in inner):
            return None
        kept = next(one for one in inner if one is not type(None))
        return _shaped(kept, name, field, facts, ready)
    if origin in (list, tuple):
        return _several(inner[0], name, field, facts, ready)
    if origin is Literal:
        return inner[0]
    if shape is Copy:
        return Copy(text=_sentences(facts, ready), facts=tuple(f.id for f in facts[:MOST]))
    if shape is Heading:
        return Heading(text=field.title or name.replace("_", " ").capitalize())
    if shape is Table:
        return Table(
            columns=("", ""),
            rows=tuple(_row(fact, ready) for fact in facts[:MOST]),
            facts=tuple(fact.id for fact in facts[:MOST]),
        )
    if shape is str:
        return _sentences(facts, ready)
    if isinstance(shape, type) and issubclass(shape, BaseModel) and shape not in (Quote, File):
        return fill(shape, ready)
    if shape in (int, float, bool):
        return shape()
    raise CannotDo(
        Words("This needs an AI: without one I write copy by rules, and nothing else yet.")
    )


def _several(
    shape: Any, name: str, field: FieldInfo, facts: Sequence[Fact], ready: Ready
) -> list[Any]:
    if shape in (Hook, Quote, File) or not facts:
        return []
    if shape is Copy:
        return [Copy(text=_sentence(fact, ready), facts=(fact.id,)) for fact in facts[:5]]
    return [_shaped(shape, name, field, facts, ready)]


def _is_piece(shape: Any) -> bool:
    return shape in (Copy, Heading, Table)


def _sentences(facts: Sequence[Fact], ready: Ready) -> str:
    if not facts:
        brief = ready.request.brief
        return brief.product_words or brief.words or ready.brand.name
    return "\n".join(_sentence(fact, ready) for fact in facts[:MOST])


def _sentence(fact: Fact, ready: Ready) -> str:
    label, value = _row(fact, ready)
    colon = ": " if ready.language == "en" else "\u00a0: "
    return f"{label}{colon}{value}"


def _row(fact: Fact, ready: Ready) -> tuple[str, str]:
    return fact.label[:1].upper() + fact.label[1:], fact.spelled(ready.language)
