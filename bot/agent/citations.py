"""Which facts an output stands on: the slots in its texts, and the facts that its parts cite."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.core.charts import Exhibit
from bot.core.fact_book import SLOT_PATTERN, FactBook
from bot.core.facts import Fact
from bot.core.parts import Copy, Hook, Quote, Table

T = TypeVar("T")


def replace_fact_names(value: T, book: FactBook) -> T:
    """Return a copy in which parts that cite a fact by its name (f12) cite it by its id."""

    def find_id(name: str) -> str:
        fact = book.get(name.strip("{} "))
        return fact.id if fact else name

    changed: Any = value
    if isinstance(value, Copy | Hook | Table):
        changed = value.model_copy(update={"facts": tuple(find_id(one) for one in value.facts)})
    elif isinstance(value, Quote):
        changed = value.model_copy(update={"fact": find_id(value.fact)})
    elif isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        changed = value.model_copy(
            update={name: replace_fact_names(one, book) for name, one in fields.items()}
        )
    elif isinstance(value, list | tuple):
        changed = type(value)(replace_fact_names(one, book) for one in value)
    return changed  # type: ignore[no-any-return]


def collect_cited_facts(
    output: BaseModel, book: FactBook, exhibits: Sequence[Exhibit]
) -> tuple[Fact, ...]:
    """Return the facts that the output cites, in the order in which they were found, with those
    that they are compared with, those of the same rows, and what can't be told."""
    texts = [*_iterate_texts(output.model_dump())]
    names = {found[1] for text in texts for found in SLOT_PATTERN.finditer(text)}
    ids = {fact.id for name in names if (fact := book.get(name))}
    ids |= {fact.id for fact in book.facts if fact.id in texts}
    ids |= {fact.id for text in texts if (fact := book.get(text.strip("{} ")))}
    for exhibit in exhibits:
        if exhibit.id in texts:
            ids |= {*exhibit.facts, *(exhibit.table.facts if exhibit.table else ())}
    ids |= {fact.compared_with for fact in book.facts if fact.id in ids and fact.compared_with}
    rows = {id.rpartition(".")[0] for id in ids}
    return tuple(
        fact
        for fact in book.facts
        if fact.id.rpartition(".")[0] in rows or fact.parts.subject in ("cannot", "age")
    )


def _iterate_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        for one in value.values():
            yield from _iterate_texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _iterate_texts(one)
