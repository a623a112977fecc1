"""Reads the names in the code in the shape of `tests/contracts/names.py`: from the running code
where that is possible, else from its source. Independent of where a module is."""

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bot.core.facts import PARTS_KEY, Source
from bot.i18n.languages import LANGUAGES
from tests.contracts import names as contracts
from tests.contracts.names import SKILLS
from tests.support.paths import ROOT
from tests.support.source_trees import parse_source

SKIPPED = ("bot.db.migrations", "bot.playground", "bot.__main__")

NEW_LANGUAGES = {*LANGUAGES} - {*contracts.LANGUAGES}  # see `is_stored` in the tests


@cache
def trees() -> tuple[ast.Module, ...]:
    """The syntax trees of all code that runs in a team's process, which excludes the local
    Slack, and skills that the contracts don't have yet."""
    found = []
    for path in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")]):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        is_new_skill = path.parent.name == "handlers" and path.stem not in (*SKILLS, "__init__")
        if not name.startswith(SKIPPED) and not is_new_skill:
            found.append(parse_source(path))
    return tuple(found)


@cache
def nodes() -> tuple[ast.AST, ...]:
    return tuple(node for tree in trees() for node in ast.walk(tree))


@cache
def calls() -> tuple[tuple[str, ast.Call], ...]:
    """Every call, with the last part of the called name."""
    return tuple((_last(node.func), node) for node in nodes() if isinstance(node, ast.Call))


def _last(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


@cache
def literals() -> frozenset[str]:
    """Every string literal in the source."""
    return frozenset(
        node.value
        for node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def fields_of(model: type[BaseModel], roots: dict[type, str]) -> tuple[str, ...]:
    """The field names of a stored model; fields of nested models follow after a dot. A field whose
    type is one of the `roots` is followed by that root's name in braces, a field with few allowed
    values by these values in brackets."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        if name == PARTS_KEY:
            continue  # told with the source itself
        if field.annotation is Source:  # stored as a text, and in parts beside it
            found.append(name)
            name = PARTS_KEY
        found += _told(field.alias or name, field.annotation, roots)
    return tuple(found)


def _told(name: str, annotation: Any, roots: dict[type, str]) -> Iterator[str]:
    parts = list(_parts(annotation))
    models = [p for p in parts if isinstance(p, type) and issubclass(p, BaseModel)]
    values = sorted({str(v) for p in parts if get_origin(p) is Literal for v in get_args(p)})
    values = [value for value in values if value not in NEW_LANGUAGES]
    known = sorted(roots[model] for model in models if model in roots)
    more = [f"{{{', '.join(known)}}}"] if known else []
    more += [f"[{' | '.join(values)}]"] if values else []
    yield " ".join([name, *more])
    for model in models:
        if model not in roots:
            yield from (f"{name}.{one}" for one in fields_of(model, roots))


def _parts(annotation: Any) -> Iterator[Any]:
    """The parts of an annotation: unions, tuples and dicts are taken apart."""
    origin = get_origin(annotation)
    if origin is None or origin is Literal:
        yield annotation
        return
    for one in get_args(annotation):
        if isinstance(one, type | types.GenericAlias | types.UnionType) or get_origin(one):
            yield from _parts(one)


def keyed_texts(key: str) -> set[str]:
    """The string values of this key in dict literals."""
    return {text for value in keyed_values(key) for text in _texts(value)}


def keyed_values(key: str) -> list[ast.expr]:
    """The values of this key in dict literals."""
    return [
        value
        for node in nodes()
        if isinstance(node, ast.Dict)
        for name, value in zip(node.keys, node.values, strict=True)
        if isinstance(name, ast.Constant) and name.value == key
    ]


@dataclass(frozen=True)
class HandedOver:
    """String arguments that are passed whole, and the prefixes of f-string arguments: f"task
    {state}"."""

    whole: frozenset[str]
    begun: frozenset[str]


def handed_over(
    parameter: str, *, beside: str | None = None, given: tuple[str, ...] = ()
) -> HandedOver:
    """The arguments that calls pass for this parameter, by keyword or position, to our functions
    and classes that have it (and a parameter `beside`, if given). With `given`, only calls that are
    also passed a variable or attribute of one of these names."""
    places: dict[str, set[int]] = {}
    for node in nodes():
        names = _parameters(node)
        if parameter in names and (beside is None or beside in names):
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            places.setdefault(node.name, set()).add(names.index(parameter))
    found: list[ast.expr] = []
    for name, call in calls():
        arguments = [*call.args, *(one.value for one in call.keywords)]
        named = {getattr(one, "id", getattr(one, "attr", "")) for one in arguments}
        if name in places and (not given or named & {*given}):
            found += [one.value for one in call.keywords if one.arg == parameter]
            found += [call.args[at] for at in places[name] if at < len(call.args)]
    values = [value for one in found for value in _texts(one)]
    return HandedOver(
        frozenset(value for value in values if not value.endswith(" ")),
        frozenset(value for value in values if value.endswith(" ")),
    )


def _parameters(node: ast.AST) -> list[str]:
    """A function's parameters or a class's fields, in order."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        names = [one.arg for one in (*node.args.args, *node.args.kwonlyargs)]
        return [name for name in names if name not in ("self", "cls")]
    if isinstance(node, ast.ClassDef):
        return [ast.unparse(one.target) for one in node.body if isinstance(one, ast.AnnAssign)]
    return []


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from _texts(node.values[0])
    elif isinstance(node, ast.Name):
        yield from constants().get(node.id, ())


@cache
def constants() -> dict[str, tuple[str, ...]]:
    """String constants with a name in capitals at module level, if no other module uses the name
    for another value."""
    found: dict[str, set[str | None]] = {}
    for tree in trees():
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                texts = tuple(_texts(node.value)) if isinstance(node.value, ast.Constant) else ()
                found.setdefault(node.targets[0].id, set()).update(texts or (None,))
    return {
        name: tuple(str(text) for text in texts)
        for name, texts in found.items()
        if name.isupper() and len(texts) == 1 and None not in texts
    }


def first_words() -> set[str]:
    """The text before the first dot of an f-string: f"product.{handle}"."""
    heads = (
        node.values[0].value
        for node in nodes()
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant)
    )
    return {str(head).partition(".")[0] for head in heads if "." in str(head)}
