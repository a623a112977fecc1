"""The texts that are asked about: rows of the feedback, narrowed by the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.data.analyses.feedback.language_detection import languages, named
from bot.data.analyses.feedback.periods import reach
from bot.data.analyses.result import Where
from bot.data.metrics.filters import of_brand, with_category
from bot.data.warehouse.query import rows_of
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from bot.i18n.messages import Words

MOST = 100_000  # texts read at once, the newest; more would take minutes
DIMENSIONS = ("product", "category", "channel", "region", "country", "segment", "language")


@dataclass(frozen=True, slots=True)
class Text:
    """One review or message. `whole` is the title, a line break, and the text; what people wrote
    themselves begins at `offset`."""

    id: str
    day: date | None
    whole: str
    offset: int
    rating: float | None  # 1 to 5
    language: str  # "fr", or "unknown"
    places: tuple[str | None, ...]  # in the order of DIMENSIONS
    author: str = ""  # the customer; who is not known is somebody else each time

    @property
    def channel(self) -> str | None:
        return self.places[DIMENSIONS.index("channel")]

    @property
    def product(self) -> str | None:
        return self.places[DIMENSIONS.index("product")]


def asked(shelf: Shelf, where: Where) -> ir.Table:
    """The rows asked about, newest first: an expression. Raises CannotDo for what feedback does
    not say."""
    if where.device or where.source:
        raise CannotDo(
            Words("Feedback does not say the device or the source: leave that out of the question.")
        )
    kept = _narrowed(shelf, where)
    texts = kept.filter(kept.text.notnull()).select(
        "id", "at", "title", "text", "rating", "customer", *DIMENSIONS
    )
    newest: ir.Table = texts.order_by(ibis.desc("at"), texts.id, texts.text).limit(MOST)
    return newest


def stars(shelf: Shelf, where: Where, first: date, last: date) -> ir.Table:
    """One row: ratings, mean, wordless (ratings without a text) of these days, days inclusive;
    rows without a day count."""
    rows = _narrowed(shelf, where)
    day = rows["at"].date()
    rated = rows.filter(
        rows.rating.notnull(),
        day.isnull() | day.between(ibis.literal(first), ibis.literal(last)),
    )
    told: ir.Table = rated.aggregate(
        ratings=rated.count(),
        mean=rated.rating.mean(),
        wordless=rated.text.isnull().ifelse(1, 0).sum(),
    )
    return told


def _narrowed(shelf: Shelf, where: Where) -> ir.Table:
    """The rows of the feedback that are asked about."""
    table = shelf.table("feedback")
    assert table is not None
    table = with_category(shelf, _with_segment(shelf, table))
    for name in ("product", "category", "channel", "country", "region", "segment"):
        wanted = getattr(where, name)
        if wanted is not None:
            table = table.filter(table[name].lower() == str(wanted).lower())
    if where.brand:
        table = of_brand(shelf, table, where.brand)
    if where.since:
        table = table.filter(table["at"].date() >= ibis.literal(reach(where.since)))
    if where.until:
        table = table.filter(table["at"].date() <= ibis.literal(where.until))
    return table


def read(shelf: Shelf, expression: ir.Table, where: Where) -> list[Text]:
    """The texts, each with its language; `where.language` is a filter on that."""
    rows = [row for row in rows_of(shelf, expression) if row["text"].strip()]
    spoken = languages([row["text"] for row in rows], [row["language"] for row in rows])
    found = [_text(row, language) for row, language in zip(rows, spoken, strict=True)]
    wanted = named(where.language)
    return [text for text in found if wanted is None or text.language == wanted]


def authors(texts: Sequence[Text]) -> int:
    """How many people wrote them."""
    return len({text.author for text in texts})


def values(texts: Sequence[Text], dimension: str) -> list[str | None]:
    """What each text says of a dimension."""
    at = DIMENSIONS.index(dimension)
    return [text.places[at] for text in texts]


def _text(row: dict[str, Any], language: str) -> Text:
    head = f"{row['title'].strip()}\n" if (row["title"] or "").strip() else ""
    rating = row["rating"]
    places = {**row, "language": language}
    return Text(
        id=row["id"] or "",
        day=row["at"].date() if row["at"] else None,
        whole=head + row["text"],
        offset=len(head),
        rating=float(rating) if rating is not None and rating == rating else None,
        language=language,
        places=tuple(places[name] or None for name in DIMENSIONS),
        author=row.get("customer") or f"text {row['id']} {row['at']}",
    )


def _with_segment(shelf: Shelf, table: ir.Table) -> ir.Table:
    """A segment that the feedback doesn't say comes from the customers' file."""
    people = shelf.table("consents")
    if people is None:
        return table
    known = (
        people.filter(people.segment.notnull())
        .group_by(who="customer")
        .aggregate(known_segment=people.segment.max())
    )
    joined = table.left_join(known, table.customer == known.who)
    segment = ibis.coalesce(joined.segment, joined.known_segment)
    return joined.mutate(segment=segment).drop("who", "known_segment")
