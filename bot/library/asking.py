"""What a request asks of an analysis, and what an analysis says besides its facts."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from bot.evidence import Fact
from bot.library.findings import Findings, Where
from bot.request import Request

if TYPE_CHECKING:
    from bot.library.shelf import Shelf

READS = {  # the tables that an analysis stands on
    "segments": ("orders", "consents"),
    "behaviour": ("orders",),
    "feedback": ("feedback",),
    "trends": ("orders",),
    "delivery": ("orders",),
    "funnel": ("events",),
    "campaigns": ("campaigns",),
    "experiments": ("experiments",),
}


def where_of(request: Request) -> Where:
    """The product and the days that the brief is about."""
    brief = request.brief
    return Where(product=brief.product, since=brief.since, until=brief.until)


def asides(findings: Findings, kind: str, language: str, today: date) -> Iterator[Fact]:
    """What can't be told, in the reader's language: `<kind>.cannot.<n>`."""
    for n, words in enumerate(findings.cannot, 1):
        yield Fact(
            id=f"{kind}.cannot.{n}",
            label="can't tell",
            value=words.to(language),
            source=findings.source or "-",
            as_of=today,
        )


def ages(shelf: "Shelf", kind: str) -> Iterator[Fact]:
    """How old a set is that is older than its kind allows: `<kind>.age.days`."""
    for table in READS.get(kind, ()):
        if table in shelf.listed and (days := shelf.stale(table)):
            yield Fact(
                id=f"{kind}.age.days",
                label="age",
                about=shelf.source(table),
                value=days,
                unit="days",
                source=shelf.source(table),
                as_of=shelf.as_of(table),
            )
            return
