"""In which order a file's dates have their day, month and year, as far as its cells prove it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.data.ingest.column_names import french
from bot.data.ingest.file_schema import Dates, Mark
from bot.data.ingest.source import Source

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


# Which sign of a file's figures is the decimal one, by the shapes that the figures have.

Sort = Literal["whole", "small", "figure"]  # a count, what stays below 1,000, anything
LONGEST = 24  # signs of a figure
SOME = 3  # figures with a sign, beside others without: then it parts thousands
SIGNS: tuple[Mark, ...] = (".", ",")
OTHER: Mapping[Mark, Mark] = {".": ",", ",": "."}


@dataclass(frozen=True)
class Marks:
    """`mark` is the file's, `own` that of columns (by position) which have another. `proved` when
    any figure says it; `doubtful` columns, each with the sign that nothing in them explains."""

    mark: Mark = "."
    own: Mapping[int, Mark] = field(default_factory=dict)
    proved: bool = False
    doubtful: Mapping[int, Mark] = field(default_factory=dict)


@dataclass
class _Seen:
    """What the figures of one column are like."""

    votes: Counter[Mark] = field(default_factory=Counter)
    threes: Counter[Mark] = field(default_factory=Counter)  # 1.234: three digits behind the sign
    uneven: set[Mark] = field(default_factory=set)  # of these not all are 000
    short: int = 0  # whole, up to three digits
    long: int = 0  # whole, more than three

    def mark(self, sort: Sort, text: bool) -> Mark | None:
        """What the column itself proves."""
        votes = Counter(self.votes)
        if sort == "small":
            votes += self.threes
        if votes and votes["."] != votes[","]:
            return _most(votes)
        signs = list(self.threes)
        if votes or len(signs) != 1:
            return None
        (sign,) = signs
        parted = self.short and not self.long and self.threes[sign] >= SOME
        if (sort == "whole" and sign in self.uneven) or (text and parted):
            return OTHER[sign]
        return None


def shape(cell: str) -> str:
    """SQL: a figure with each digit above 0 as a 9; NULL for what is too long to be one. The
    commonest are known at a glance, which halves the time."""
    point, comma = f"position('.' IN {cell})", f"position(',' IN {cell})"
    return (
        f"CASE WHEN {point} > 0 AND {point} = length({cell}) - 2 AND {comma} = 0 THEN '9.99' "
        f"WHEN {comma} > 0 AND {comma} = length({cell}) - 2 AND {point} = 0 THEN '9,99' "
        f"WHEN length({cell}) < 4 AND {cell} BETWEEN '0' AND '9999' AND {point} + {comma} = 0 "
        f"THEN '9' WHEN length({cell}) <= {LONGEST} "
        f"THEN translate({cell}, '12345678', '99999999') END"
    )


def marks_of(
    columns: Mapping[int, Mapping[str, int]], sorts: Mapping[int, Sort], usual: Mark, text: bool
) -> Marks:
    """The marks by how often each column (by position) has which shape. `usual` is the mark that
    such files have; `text`: the cells were typed or exported as text, not as numbers."""
    seen = {at: _seen(shapes) for at, shapes in columns.items()}
    own = {at: found for at, one in seen.items() if (found := one.mark(sorts[at], text))}
    votes = sum((one.votes for one in seen.values()), Counter[Mark]())
    votes = votes or Counter(own.values())  # decimals say more than thousands do
    proved = votes["."] != votes[","]
    mark = _most(votes) if proved else usual
    doubtful = {
        at: _most(one.threes)
        for at, one in seen.items()
        if at not in own and one.threes and (not proved or _most(one.threes) == mark)
    }
    return Marks(mark, {at: one for at, one in own.items() if one != mark}, proved, doubtful)


def figure(cell: str, sign: Mark, mark: Mark) -> str:
    """How a doubtful cell is read, as a plain figure: 1.234 is 1234 where the mark is a comma."""
    digits = re.sub(r"[^\d.,]", "", cell)
    return digits.replace(sign, "") if sign != mark else digits.replace(sign, ".")


def _most(signs: Counter[Mark]) -> Mark:
    return "," if signs[","] > signs["."] else "."


def _seen(shapes: Mapping[str, int]) -> _Seen:
    seen = _Seen()
    for told, count in shapes.items():
        digits = re.sub(r"[^\d.,]", "", told).rstrip(".,")
        for what, sign in _says(digits):
            if what == "vote":
                seen.votes[sign] += count
            else:
                seen.threes[sign] += count
                if not digits.endswith("000"):
                    seen.uneven.add(sign)
        if digits.isdigit() and digits == re.sub(r"\s", "", told):
            seen.short += count if len(digits) < 4 else 0
            seen.long += count if len(digits) > 3 else 0
    return seen


def _says(digits: str) -> Iterator[tuple[Literal["vote", "three"], Mark]]:
    """What one shape says of the signs in it."""
    found: list[Mark] = [sign for sign in SIGNS if sign in digits]
    if not found or not digits[-1:].isdigit():
        return
    if len(found) == 2:  # the last one is the decimal one, when it is there once
        last = max(found, key=digits.rfind)
        if digits.count(last) == 1:
            yield "vote", last
        return
    (sign,) = found
    if digits.count(sign) > 1:
        if re.fullmatch(rf"\d{{1,3}}(\{sign}\d{{3}})+", digits):
            yield "vote", OTHER[sign]
        return
    before, after = digits.split(sign)
    three = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    yield ("three" if three else "vote"), sign
