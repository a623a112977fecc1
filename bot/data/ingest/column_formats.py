"""Detects how the numbers and dates of a file are written, as far as its cells prove it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.data.catalogue.cells import find_currency
from bot.data.ingest.column_names import (
    ColumnMatch,
    classify_metric,
    has_french_names,
    uses_decimal_comma,
)
from bot.data.ingest.column_sql import strip_cells
from bot.data.ingest.file_schema import DECIMAL_MARKS, DateOrder, DecimalMark, ImportOptions
from bot.data.ingest.header import HeaderRow
from bot.data.ingest.source import RowSource
from bot.data.schema import load_kinds

DATE_AGGREGATES = 4  # aggregates of `date_parts_sql` for a column
FEW_YEARS, FIRST_YEAR, A_FEW_DAYS = 5, 15, 12  # for dates with two-digit years


@dataclass(frozen=True)
class DateOrderProof:
    """`proved` is true when a day above 12 proves the order of day and month, or when no date
    depends on it. `clashes` is true when both orders are proved. `year_first` applies to years with
    two digits. `iso` lists the positions of columns whose dates begin with a four-digit year in
    every row."""

    day_first: bool = True
    year_first: bool = False
    proved: bool = True
    clashes: bool = False
    iso: tuple[int, ...] = ()


def date_parts_sql(at: int) -> Iterator[str]:
    """Yield DATE_AGGREGATES SQL aggregates of the dates in a column: the highest first and second
    part, the number of digits of the year, and how many are not ISO dates."""
    x = f"bare(c{at})"
    signs = "('/', '.', '-', ' ')"
    near = f"{x}[2] IN {signs} OR {x}[3] IN {signs}"
    for part in (1, 2):
        yield f"max(CASE WHEN {near} THEN try_cast(slashed({x}, {part}) AS INT) END)"
    yield f"max(CASE WHEN {near} THEN length(nullif(slashed({x}, 3), '')) END)"
    yield f"count(*) FILTER ({x}[5] NOT IN ('-', '/'))"


def prove_date_order(
    source: RowSource,
    dates: Sequence[int],
    told: Sequence[Any],
    names: Sequence[str],
    said: DateOrder | None,
) -> DateOrderProof:
    """Return the order that the aggregates of `date_parts_sql` prove for the columns at `dates`, or
    the order that a person set."""
    firsts, seconds, years, others = (told[i::DATE_AGGREGATES] for i in range(DATE_AGGREGATES))
    iso = tuple(at for at, other in zip(dates, others, strict=True) if not other)
    if said:
        return DateOrderProof(said == "day-first", said == "year-first", iso=iso)
    first, proved, clashes = _is_day_first(firsts, seconds, names)
    short = [at for at, length in zip(dates, years, strict=True) if length == 2]
    year = _is_year_first(source, short)
    if year:
        return DateOrderProof(first, year_first=True, iso=iso)
    return DateOrderProof(first, proved=proved and year is not None, clashes=clashes, iso=iso)


def _is_year_first(source: RowSource, dates: Sequence[int]) -> bool | None:
    """Return whether dates of three short numbers begin with the year. They do when the values that
    would be days are few and those that would be years fill a month. None: unknown."""
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


def _is_day_first(
    firsts: Sequence[int | None], seconds: Sequence[int | None], names: Sequence[str]
) -> tuple[bool, bool, bool]:
    """Return whether days come first, whether that is proved, and whether the other order is proved
    too."""
    slashed = any(one is not None for one in firsts)
    day_first = any((one or 0) > 12 for one in firsts)
    month_first = any((one or 0) > 12 for one in seconds)
    if day_first or month_first:
        return (
            (day_first and not month_first) or (day_first and has_french_names(names)),
            True,
            (day_first and month_first),
        )
    return has_french_names(names), not slashed, False


# The decimal mark, detected from the shapes of the numbers.

FigureKind = Literal["whole", "small", "figure"]  # a count, a value below 1,000, any number
LONGEST_FIGURE = 24  # characters of a number
# Numbers with the sign, besides others without it: then it separates thousands.
LEAST_THOUSANDS_FIGURES = 3
DECIMAL_SIGNS: tuple[DecimalMark, ...] = (".", ",")
OTHER_MARK: Mapping[DecimalMark, DecimalMark] = {".": ",", ",": "."}


@dataclass(frozen=True)
class DecimalMarks:
    """`mark` is the file's decimal mark; `own` has that of columns (by position) with another one.
    `proved` is true when any number proves it. `doubtful` maps columns to a mark that nothing in
    them explains."""

    mark: DecimalMark = "."
    own: Mapping[int, DecimalMark] = field(default_factory=dict)
    proved: bool = False
    doubtful: Mapping[int, DecimalMark] = field(default_factory=dict)


@dataclass
class _ColumnShapes:
    """How the numbers of one column are written."""

    votes: Counter[DecimalMark] = field(default_factory=Counter)
    threes: Counter[DecimalMark] = field(
        default_factory=Counter
    )  # 1.234: three digits after the sign
    uneven: set[DecimalMark] = field(
        default_factory=set
    )  # those whose last three digits are not always 000
    short: int = 0  # whole, up to three digits
    long: int = 0  # whole, more than three

    def mark(self, sort: FigureKind, text: bool) -> DecimalMark | None:
        """Return the decimal mark that the column itself proves."""
        votes = Counter(self.votes)
        if sort == "small":
            votes += self.threes
        if votes and votes["."] != votes[","]:
            return _most_common_mark(votes)
        signs = list(self.threes)
        if votes or len(signs) != 1:
            return None
        (sign,) = signs
        parted = self.short and not self.long and self.threes[sign] >= LEAST_THOUSANDS_FIGURES
        if (sort == "whole" and sign in self.uneven) or (text and parted):
            return OTHER_MARK[sign]
        return None


def figure_shape_sql(cell: str) -> str:
    """Return SQL for a number's shape: each digit above 0 becomes a 9. It is NULL for cells too
    long to be a number. The most common shapes are tested first, which halves the time."""
    point, comma = f"position('.' IN {cell})", f"position(',' IN {cell})"
    return (
        f"CASE WHEN {point} > 0 AND {point} = length({cell}) - 2 AND {comma} = 0 THEN '9.99' "
        f"WHEN {comma} > 0 AND {comma} = length({cell}) - 2 AND {point} = 0 THEN '9,99' "
        f"WHEN length({cell}) < 4 AND {cell} BETWEEN '0' AND '9999' AND {point} + {comma} = 0 "
        f"THEN '9' WHEN length({cell}) <= {LONGEST_FIGURE} "
        f"THEN translate({cell}, '12345678', '99999999') END"
    )


def prove_decimal_marks(
    columns: Mapping[int, Mapping[str, int]],
    sorts: Mapping[int, FigureKind],
    usual: DecimalMark,
    text: bool,
) -> DecimalMarks:
    """Return the decimal marks by the shapes of each column (by position) and their counts. `usual`
    is the mark that such files usually have. `text` is true when the cells were stored as text, not
    as numbers."""
    seen = {at: _count_shapes(shapes) for at, shapes in columns.items()}
    own = {at: found for at, one in seen.items() if (found := one.mark(sorts[at], text))}
    votes = sum((one.votes for one in seen.values()), Counter[DecimalMark]())
    votes = votes or Counter(own.values())  # decimals prove more than thousands do
    proved = votes["."] != votes[","]
    mark = _most_common_mark(votes) if proved else usual
    doubtful = {
        at: _most_common_mark(one.threes)
        for at, one in seen.items()
        if at not in own and one.threes and (not proved or _most_common_mark(one.threes) == mark)
    }
    return DecimalMarks(mark, {at: one for at, one in own.items() if one != mark}, proved, doubtful)


def format_figure(cell: str, sign: DecimalMark, mark: DecimalMark) -> str:
    """Return how an ambiguous cell is read, as a plain number: 1.234 is 1234 where the mark is a
    comma."""
    digits = re.sub(r"[^\d.,]", "", cell)
    return digits.replace(sign, "") if sign != mark else digits.replace(sign, ".")


def _most_common_mark(signs: Counter[DecimalMark]) -> DecimalMark:
    return "," if signs[","] > signs["."] else "."


def _count_shapes(shapes: Mapping[str, int]) -> _ColumnShapes:
    seen = _ColumnShapes()
    for told, count in shapes.items():
        digits = re.sub(r"[^\d.,]", "", told).rstrip(".,")
        for what, sign in _read_shape(digits):
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


def _read_shape(digits: str) -> Iterator[tuple[Literal["vote", "three"], DecimalMark]]:
    """Yield what one shape proves about the marks in it."""
    found: list[DecimalMark] = [sign for sign in DECIMAL_SIGNS if sign in digits]
    if not found or not digits[-1:].isdigit():
        return
    if len(found) == 2:  # the last one is the decimal mark if it occurs once
        last = max(found, key=digits.rfind)
        if digits.count(last) == 1:
            yield "vote", last
        return
    (sign,) = found
    if digits.count(sign) > 1:
        if re.fullmatch(rf"\d{{1,3}}(\{sign}\d{{3}})+", digits):
            yield "vote", OTHER_MARK[sign]
        return
    before, after = digits.split(sign)
    three = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    yield ("three" if three else "vote"), sign


# What the cells of a whole file prove: the decimal mark, the order of day and month, addresses.

CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
# Share of the ratings above 5 and above 10 that proves such a scale.
LEAST_ABOVE_FIVE, LEAST_ABOVE_TEN = 0.1, 0.5
LEAST_ADDRESS_SHARE = 0.2  # share of a column's cells that makes it a column of addresses
CHECKED_ROWS = 2_000  # rows that are searched for addresses
FIGURE_TYPES = ("money", "number", "whole")


@dataclass(frozen=True)
class FormatProof:
    """How the cells of a file are written."""

    rows: int
    decimal: DecimalMark = "."
    marks: Mapping[int, DecimalMark] = field(default_factory=dict)  # of columns with another mark
    doubtful: Mapping[int, tuple[str, str]] = field(
        default_factory=dict
    )  # a cell and how it is read
    order: DateOrderProof = field(default_factory=DateOrderProof)
    mark_proved: bool = True
    currency: str | None = None
    signed: bool = False  # amounts have the signs of several currencies
    rating_scale: float = 1.0
    addresses: dict[int, str] = field(default_factory=dict)


def prove_formats(
    source: RowSource, match: ColumnMatch, head: HeaderRow, said: ImportOptions
) -> FormatProof:
    """Read the cells once. Settings that a person chose need no proof."""
    dates, numbers = (
        _columns_of_type(match, ("day", "moment")),
        _columns_of_type(match, FIGURE_TYPES),
    )
    selects = ["count(*)", *(one for at in dates for one in date_parts_sql(at))]
    selects += [f"histogram({figure_shape_sql(f'c{at}')})" for at in numbers]
    found = source.con.execute(f"SELECT {', '.join(selects)} FROM {source.relation}").fetchall()[0]
    end = 1 + DATE_AGGREGATES * len(dates)
    order = prove_date_order(source, dates, found[1:end], head.names, said.dates)
    shapes = dict(zip(numbers, found[end:], strict=True))
    marks = _detect_marks(match, shapes, head, said)
    beside = _list_currency_signs(source, match)
    return FormatProof(
        rows=found[0],
        decimal=marks.mark,
        marks=marks.own,
        doubtful=_collect_examples(source, marks),
        order=order,
        mark_proved=marks.proved,
        currency=beside[0] if beside else _detect_sign_currency(source, match),
        signed=len(beside) > 1,
        rating_scale=_detect_rating_scale(source, match),
        addresses=_detect_addresses(source, len(head.names)),
    )


def _detect_marks(
    match: ColumnMatch,
    shapes: Mapping[int, Mapping[str, int] | None],
    head: HeaderRow,
    said: ImportOptions,
) -> DecimalMarks:
    """Detect the decimal marks. Cells of workbooks, Parquet and JSON are numbers with a point
    already, unless they are proved to be text."""
    if said.decimal:
        return DecimalMarks(DECIMAL_MARKS[said.decimal], proved=True)
    columns = load_kinds()[match.kind].columns
    named = {at: ours for ours, at in match.columns.items()}
    sorts: dict[int, FigureKind] = {}
    for at in shapes:
        ours = named.get(at, "")
        small = ours in ("rating", "share")
        whole = ours == "quantity" or (ours in columns and columns[ours].type == "whole")
        sorts[at] = "small" if small else "whole" if whole else "figure"
    usual: DecimalMark = (
        "," if head.texts and (uses_decimal_comma(head.names) or head.delimiter == ";") else "."
    )
    found = prove_decimal_marks(
        {at: one or {} for at, one in shapes.items()}, sorts, usual, head.texts
    )
    return found if head.texts else replace(found, doubtful={})


def _collect_examples(source: RowSource, marks: DecimalMarks) -> dict[int, tuple[str, str]]:
    """Return a cell of each doubtful column and how it is read."""
    examples = {}
    for at, sign in marks.doubtful.items():
        shaped = f"regexp_matches(bare(c{at}), '(^|\\D)[1-9]\\d{{0,2}}\\{sign}\\d{{3}}(\\D|$)')"
        asked = f"SELECT bare(c{at}) FROM {source.relation} WHERE {shaped} LIMIT 1"
        cell: Any = source.con.execute(asked).fetchone()
        if cell:
            examples[at] = (cell[0], format_figure(cell[0], sign, marks.mark))
    return examples


def _columns_of_type(match: ColumnMatch, types: Sequence[str]) -> list[int]:
    columns = load_kinds()[match.kind].columns
    found = [at for ours, at in match.columns.items() if columns[ours].type in types]
    if "money" in types:
        found += [at for aid, at in match.aids.items() if aid in ("unit_price", "line_discount")]
        found += [at for metric, at in match.metrics.items() if classify_metric(metric) == "values"]
    return found


def _detect_addresses(source: RowSource, width: int) -> dict[int, str]:
    """Return the columns whose cells are e-mail addresses or phone numbers."""
    email = r"^[^\s@]+@[^\s@]+\.[a-zA-Z]{2,}$"
    phone = r"^(\+|00)\d[\d .()-]{8,16}$|^0\d([ .-]?\d\d){4}$|^\(\d{2,3}\) ?\d{3,5}[- ]\d{4}$"
    selects: list[str] = []
    for at in range(width):
        x = f"bare(c{at})"
        selects.append(f"count({x})")
        selects += [f"count(*) FILTER (regexp_matches({x}, '{one}'))" for one in (email, phone)]
    some = f"(SELECT * FROM {source.relation} LIMIT {CHECKED_ROWS})"
    found = source.con.execute(f"SELECT {', '.join(selects)} FROM {some}").fetchall()[0]
    addresses = {}
    for at in range(width):
        said, mails, phones = found[3 * at : 3 * at + 3]
        if said and max(mails, phones) > LEAST_ADDRESS_SHARE * said:
            addresses[at] = "email" if mails >= phones else "phone"
    return addresses


def _list_currency_signs(source: RowSource, match: ColumnMatch) -> list[str]:
    """Return the currencies whose signs the amounts have, the most common first."""
    places = _columns_of_type(match, ("money",))
    if not places:
        return []
    counts = ", ".join(
        " + ".join(f"count(*) FILTER (contains(c{at}, '{sign}'))" for at in places)
        for sign in CURRENCY_SIGNS
    )
    found = source.con.execute(f"SELECT {counts} FROM {source.relation}").fetchall()[0]
    ranked = sorted(zip(found, CURRENCY_SIGNS.values(), strict=True), key=lambda pair: -pair[0])
    told = [currency for count, currency in ranked if count]
    # A single $ may be part of R$ or C$; `_detect_sign_currency` reads the cell.
    return told if len(told) > 1 or told in (["EUR"], ["GBP"]) else []


def _detect_sign_currency(source: RowSource, match: ColumnMatch) -> str | None:
    """Return the currency of the sign beside the amounts."""
    for at in _columns_of_type(match, ("money",)):
        cell: Any = source.con.execute(
            f"SELECT c{at} FROM {source.relation} WHERE c{at} IS NOT NULL LIMIT 1"
        ).fetchone()
        if cell and (found := find_currency(cell[0])):
            return found
    return None


def _detect_rating_scale(source: RowSource, match: ColumnMatch) -> float:
    """Return the factor that converts ratings of 10 or 100 to 5. Few values above 5 are errors and
    change nothing."""
    at = match.columns.get("rating")
    if match.kind != "feedback" or at is None:
        return 1.0
    cells = strip_cells(source.relation, [], [], [at], lambda _: ".")
    said = f"SELECT as_rating(t{at}, d{at}, '.') AS r FROM {cells}"
    many, beyond_ten, beyond_five = source.con.execute(
        "SELECT count(r), count(*) FILTER (r > 10 AND r <= 100), "
        f"count(*) FILTER (r > 5 AND r <= 10) FROM ({said})"
    ).fetchall()[0]
    if many and beyond_ten >= LEAST_ABOVE_TEN * many:
        return 0.05
    return 0.5 if many and beyond_five >= LEAST_ABOVE_FIVE * many else 1.0
