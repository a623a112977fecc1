"""Finds the rows of a table that add up its others, and the period that a file's head states."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

import duckdb

from bot.data.ingest import workbook
from bot.data.ingest.column_formats import FormatProof
from bot.data.ingest.column_names import ColumnMatch
from bot.data.ingest.column_sql import strip_cells
from bot.data.ingest.file_schema import FileLayout, read_lines
from bot.data.ingest.source import RowSource
from bot.data.schema import load_kinds
from bot.data.warehouse.parquet import quote_text
from bot.i18n.messages import Words

AGGREGATE_KINDS = ("campaigns", "traffic")
NOT_ADDITIVE = frozenset({"users", "new_users", "budget", "rating", "share"})
NOT_NAMING = {  # columns that do not tell one row from another
    "campaigns": frozenset({"currency", "channel", "retailer", "language", "text"}),
    "traffic": frozenset({"currency"}),
}
LEAST_ROWS, LEAST_SUMS = 3, 2  # for a row that only its figures tell to be a total
TOTAL_CELL = (
    r"^(grand )?(total|totals|totaux|total general|gesamt|summe)( ?[:–—-] ?.*| \(.*\))?$"
    r"|^(results from|resultats d[e'’]|total of|total de) ?\d+ .*$"
)


@dataclass(frozen=True)
class TotalRows:
    """The numbers of the rows that are totals, and what a person should know of them."""

    rows: tuple[int, ...] = ()
    messages: tuple[Words, ...] = ()


def find_totals(
    source: RowSource, match: ColumnMatch, names: Sequence[str], proof: FormatProof
) -> TotalRows:
    """Find totals by their name, by the cells that they lack, and by being the sum of the rest."""
    columns = load_kinds()[match.kind].columns
    if match.kind == "feedback":
        return _find_lone_totals(source, match)
    if match.kind not in AGGREGATE_KINDS:
        return TotalRows()
    summed = {
        ours: at
        for ours, at in match.columns.items()
        if columns[ours].type in ("whole", "money", "number") and ours not in NOT_ADDITIVE
    }
    naming = [
        at
        for ours, at in match.columns.items()
        if columns[ours].type in ("text", "key") and ours not in NOT_NAMING[match.kind]
    ]
    dated = match.columns.get(load_kinds()[match.kind].dated)
    told = [at for at in (*naming, dated) if at is not None]
    if not summed or not told:
        return TotalRows()
    rows = _read_figures(source, proof, list(summed.values()), naming, told)
    if len(rows) < 2:
        return TotalRows()
    named = [row for row in rows if row.named]
    ends = _unnamed_ends(rows) if naming else []
    totals = {row.n: row for row in (*named, *ends)}
    if not totals and (alike := _sum_of_others(rows)) is not None:
        totals = {alike.n: alike}
    if not totals or len(totals) == len(rows):
        return TotalRows()
    rest = [row for row in rows if row.n not in totals]
    said = [_count_totals(len(totals))]
    said += _compare(list(totals.values()), rest, [names[at] for at in summed.values()])
    return TotalRows(tuple(sorted(totals)), tuple(said))


def _count_totals(count: int) -> Words:
    return Words.count(
        "{n} row is the total of the others and is left out.",
        "{n} rows are totals of the others and are left out.",
        count,
    )


def _find_lone_totals(source: RowSource, match: ColumnMatch) -> TotalRows:
    """Find a first or last row of feedback that says "Total" and has nothing else but figures: a
    person's answer has a day, an author or a product beside its text."""
    columns = load_kinds()["feedback"].columns
    told = [
        f"c{at}"
        for ours, at in match.columns.items()
        if columns[ours].type in ("text", "key", "person", "moment")
    ]
    if len(told) < 2:
        return TotalRows()
    ends = (
        f"SELECT unnest([{{'n': min(n), 'cells': arg_min([{', '.join(told)}], n)}}, "
        f"{{'n': max(n), 'cells': arg_max([{', '.join(told)}], n)}}], recursive := true) "
        f"FROM {source.relation}"
    )
    given = "list_filter(list_transform(cells, lambda one: bare(one)), lambda one: one IS NOT NULL)"
    total = f"regexp_matches(plainer(given[1]), {quote_text(TOTAL_CELL)})"
    found = source.con.execute(
        f"SELECT DISTINCT n FROM (SELECT n, {given} AS given FROM ({ends})) "
        f"WHERE len(given) = 1 AND {total} ORDER BY n"
    ).fetchall()
    rows = tuple(n for (n,) in found)
    return TotalRows(rows, (_count_totals(len(rows)),) if rows else ())


@dataclass(frozen=True)
class _FigureRow:
    n: int
    named: bool
    empty: bool
    figures: tuple[float | None, ...]


def _read_figures(
    source: RowSource, proof: FormatProof, summed: list[int], naming: list[int], told: list[int]
) -> list[_FigureRow]:
    def mark(at: int) -> str:
        return proof.marks.get(at, proof.decimal)

    cells = strip_cells(source.relation, [], told, summed, mark)
    named = " OR ".join(
        f"regexp_matches(coalesce(plainer(bare(c{at})), ''), {quote_text(TOTAL_CELL)})"
        for at in told
    )
    empty = " AND ".join(f"t{at} IS NULL" for at in naming) or "false"
    figures = ", ".join(f"as_number(t{at}, d{at}, {quote_text(mark(at))})" for at in summed)
    found = source.con.execute(
        f"SELECT n, {named}, {empty}, {figures} FROM {cells} ORDER BY n"
    ).fetchall()
    return [_FigureRow(n, bool(a), bool(b), tuple(rest)) for n, a, b, *rest in found]


def _unnamed_ends(rows: Sequence[_FigureRow]) -> list[_FigureRow]:
    """Return the first and the last rows that name nothing, unless no row does."""
    if all(row.empty for row in rows):
        return []
    found = []
    for ordered in (rows, rows[::-1]):
        for row in ordered:
            if not row.empty or all(one is None for one in row.figures):
                break
            found.append(row)
    return found


def _sum_of_others(rows: Sequence[_FigureRow]) -> _FigureRow | None:
    """Return the first or the last row when each of its figures is the sum of all others."""
    if len(rows) <= LEAST_ROWS:
        return None
    for row in (rows[0], rows[-1]):
        sums = [
            (own, sum(other.figures[at] or 0.0 for other in rows if other.n != row.n))
            for at, own in enumerate(row.figures)
            if own is not None
        ]
        near = 0.006 * len(rows)
        if all(abs(own - other) <= near for own, other in sums) and (
            sum(own != 0 for own, _ in sums) >= LEAST_SUMS
        ):
            return row
    return None


def _compare(
    totals: Sequence[_FigureRow], rest: Sequence[_FigureRow], names: Sequence[str]
) -> Iterator[Words]:
    """Yield a sentence for each column in which no total of the file is what its rows add up to."""
    for at, name in enumerate(names):
        own = [row.figures[at] for row in totals if row.figures[at] is not None]
        added = sum(row.figures[at] or 0.0 for row in rest)
        near = max(0.006 * (len(rest) + 1), 0.0)
        if own and not any(abs(one - added) <= near for one in own if one is not None):
            yield Words(
                "The file's own total of {column} is {total}; its rows add up to {sum}.",
                column=name,
                total=_render(max(one for one in own if one is not None)),
                sum=_render(added),
            )


def _render(figure: float) -> str:
    return f"{figure:.2f}".removesuffix(".00")


# The period in the lines above the header.

COMPACT_DAY = re.compile(r"\b(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\b")
SPAN = re.compile(r"^(.{6,40}?)\s+[-–—]\s+(.{6,40})$")


def find_period(
    con: duckdb.DuckDBPyConnection, path: Path, layout: FileLayout
) -> tuple[date, date] | None:
    """Return the first and the last day that the lines above the header state, or None."""
    days: list[date] = []
    for line in _lines_above(path, layout):
        text = line.strip().lstrip("#").strip(' \t\r\n";,\ufeff')
        days += [date(int(y), int(m), int(d)) for y, m, d in COMPACT_DAY.findall(text)]
        if span := SPAN.match(text):
            found = [_parse_day(con, part) for part in span.groups()]
            if all(found):
                days += [day for day in found if day]
    return (days[0], days[1]) if len(days) == 2 and days[0] <= days[1] else None


def _lines_above(path: Path, layout: FileLayout) -> list[str]:
    if layout.header_line < 2:
        return []
    if layout.format == "csv":
        lines = islice(read_lines(path, layout.encoding or "utf-8"), layout.header_line - 1)
        return [line for line in lines if len(line) < 200]
    if layout.format == "xlsx":
        for title, rows in workbook.read_first_rows(path, path.name, layout.header_line):
            if title == layout.sheet:
                return [" ".join(row.cells) for row in rows if row.line < layout.header_line]
    return []


def _parse_day(con: duckdb.DuckDBPyConnection, text: str) -> date | None:
    cell = quote_text(re.sub(r"^.*:\s*", "", text).strip())
    sql = f"SELECT list_transform([{cell}], lambda x: likely(as_moment(x, true)))[1]::DATE"
    found = con.execute(sql).fetchall()[0][0]
    return found if isinstance(found, date) else None
