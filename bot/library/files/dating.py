"""In which order a file's dates have their day, month and year, as far as its cells prove it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.library.files.source import Source
from bot.library.files.tongues import french
from bot.library.files.understood import Dates

ASKED = 4  # what `dated` asks of a column
FEW_YEARS, FIRST_YEAR, A_FEW_DAYS = 5, 15, 12  # of dates with years of two digits


@dataclass(frozen=True)
class Order:
    """`proved` by a day above 12, or there are no such dates at all; `clashes` when both orders of
    day and month are. `year_first` holds where years have two digits; `iso` are the positions of
    columns whose dates begin with a full year in every row."""

    day_first: bool = True
    year_first: bool = False
    proved: bool = True
    clashes: bool = False
    iso: tuple[int, ...] = ()


def dated(at: int) -> Iterator[str]:
    """The highest first and second part of dates with signs, how many digits their years have,
    and how many are no ISO dates."""
    x = f"bare(c{at})"
    signs = "('/', '.', '-', ' ')"
    near = f"{x}[2] IN {signs} OR {x}[3] IN {signs}"
    for part in (1, 2):
        yield f"max(CASE WHEN {near} THEN try_cast(slashed({x}, {part}) AS INT) END)"
    yield f"max(CASE WHEN {near} THEN length(nullif(slashed({x}, 3), '')) END)"
    yield f"count(*) FILTER ({x}[5] NOT IN ('-', '/'))"


def order_of(
    source: Source,
    dates: Sequence[int],
    told: Sequence[Any],
    names: Sequence[str],
    said: Dates | None,
) -> Order:
    """The order by what `dated` found in the columns at `dates`, or by what a person said."""
    firsts, seconds, years, others = (told[i::ASKED] for i in range(ASKED))
    iso = tuple(at for at, other in zip(dates, others, strict=True) if not other)
    if said:
        return Order(said == "day-first", said == "year-first", iso=iso)
    first, proved, clashes = _days_first(firsts, seconds, names)
    short = [at for at, length in zip(dates, years, strict=True) if length == 2]
    year = _years_first(source, short)
    if year:
        return Order(first, year_first=True, iso=iso)
    return Order(first, proved=proved and year is not None, clashes=clashes, iso=iso)


def _years_first(source: Source, dates: Sequence[int]) -> bool | None:
    """Whether dates of three short numbers begin with their year: they do when what would be the
    days are hardly any and what would be the years are a month's. None: it may be so."""
    for at in dates:
        parts = [f"try_cast(slashed(bare(c{at}), {part}) AS INT)" for part in (1, 3)]
        first, last = parts
        few, many, lowest, highest, latest = source.con.execute(
            f"SELECT count(DISTINCT {first}), count(DISTINCT {last}), min({first}), max({first}), "
            f"max({last}) FROM {source.relation}"
        ).fetchall()[0]
        if few <= FEW_YEARS and latest <= 31 and lowest >= FIRST_YEAR:
            return True if many > A_FEW_DAYS or highest > 31 else None
    return False


def _days_first(
    firsts: Sequence[int | None], seconds: Sequence[int | None], names: Sequence[str]
) -> tuple[bool, bool, bool]:
    """Day first?, is it proved?, is the other proved too?"""
    slashed = any(one is not None for one in firsts)
    day_first = any((one or 0) > 12 for one in firsts)
    month_first = any((one or 0) > 12 for one in seconds)
    if day_first or month_first:
        return (
            (day_first and not month_first) or (day_first and french(names)),
            True,
            (day_first and month_first),
        )
    return french(names), not slashed, False
