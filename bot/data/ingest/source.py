"""A file that the engine can't read as it is, row by row into a clean CSV.

A row that is no row is put aside with its reason and its line, so that one bad line never costs
the others.
"""

import csv
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from bot.data.ingest import workbook
from bot.data.ingest.file_schema import Cancelled
from bot.data.ingest.layout import Shape
from bot.data.ingest.records import Fault, Record, lines_of, records
from bot.data.warehouse.parquet import PASSING
from bot.errors import CannotDo, TryAgain, system_failure
from bot.i18n.messages import Words

# JSON Lines: one object a line, its values as text.


def json_rows(path: Path, shape: Shape) -> Iterator[Record | Fault]:
    for number, line in enumerate(lines_of(path, shape.encoding or "utf-8"), start=1):
        if not line.strip():
            continue
        row = json_row(line)
        if row is None:
            yield Fault(number, "this line is no JSON object", line.rstrip("\r\n"))
        else:
            yield Record(number, [json_text(row.get(one)) for one in shape.names])


def json_row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line.lstrip("\ufeff"), parse_float=str)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def rows_of(path: Path, name: str, shape: Shape) -> Iterator[Record | Fault]:
    """Every row of the file, in its order, whatever its format; a fault where there is none."""
    if shape.format == "xlsx":
        width = len(shape.names)
        for found in workbook.rows_of(path, name, shape.sheets):
            if found.line % workbook.ROWS > shape.header_line:
                cells = found.cells[:width]
                yield Record(found.line, cells + [""] * (width - len(cells)))
    elif shape.format == "jsonl":
        yield from json_rows(path, shape)
    else:
        lines = lines_of(path, shape.encoding or "utf-8")
        for record in records(lines, shape.delimiter or ",", len(shape.names)):
            if record.line > shape.header_line:
                yield record


def copy_rows(
    rows: Iterator[Record | Fault],
    to: Path,
    width: int,
    faults: list[Fault],
    cancelled: Callable[[], bool],
) -> None:
    """Rows as wide as the header go `to` a clean file, each behind its line; the others are
    told as faults. Raises Cancelled."""
    with to.open("w", encoding="utf-8", newline="", errors="replace") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for at, row in enumerate(rows):
            if at % 10_000 == 0 and cancelled():
                raise Cancelled
            if isinstance(row, Fault):
                faults.append(row)
                continue
            cells = row.cells
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if len(cells) != width:
                reason = f"has {len(cells)} cells where the header has {width}"
                faults.append(Fault(row.line, reason, _joined(cells)))
                continue
            writer.writerow([row.line, *(cell.replace("\x00", "") for cell in cells)])


def _joined(cells: Sequence[str]) -> str:
    return ",".join(cells)


# A file as one SQL relation: n (the row's number) and c0, c1 … as text, whatever its format.

MEMORY = "600MB"
MOST_LINE = 10_000_000


@dataclass
class Source:
    """`relation` goes behind FROM. `lines`: n → the line as an editor counts; `place`: that line
    as people find it."""

    con: duckdb.DuckDBPyConnection
    relation: str
    lines: Callable[[Sequence[int]], dict[int, int]]
    faults: list[Fault] = field(default_factory=list)
    place: Callable[[int], int | str] = int


@contextmanager
def opened(
    path: Path, name: str, shape: Shape, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[Source]:
    """The file's rows; everything temporary is gone afterwards."""
    with TemporaryDirectory(prefix=PASSING) as folder:
        con = duckdb.connect()
        try:
            con.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = '{folder}/spill'")
            con.execute("SET threads = 2; SET enable_progress_bar = true")
            con.execute("SET enable_progress_bar_print = false")
            yield _source(con, path, name, shape, Path(folder), cancelled)
        finally:
            con.close()


def _source(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    shape: Shape,
    folder: Path,
    cancelled: Callable[[], bool],
) -> Source:
    if shape.format == "parquet":
        columns = ", ".join(
            f"CAST({quoted(one)} AS VARCHAR) AS c{i}" for i, one in enumerate(shape.names)
        )
        relation = (
            f"(SELECT file_row_number + 1 AS n, {columns} "
            f"FROM read_parquet({literal(path)}, file_row_number = true))"
        )
        return Source(con, relation, lambda ns: {n: n for n in ns})
    direct = _direct(con, path, shape) if shape.format == "csv" else None
    if direct:
        return Source(con, direct, _Lines(path, shape))
    faults: list[Fault] = []
    copy = folder / "rows.csv"
    copy_rows(rows_of(path, name, shape), copy, len(shape.names), faults, cancelled)
    columns = ", ".join(["'n': 'BIGINT'", *(f"'c{i}': 'VARCHAR'" for i in range(len(shape.names)))])
    reading = (
        f"read_csv({literal(copy)}, columns = {{{columns}}}, header = false, auto_detect = false, "
        f"delim = ',', quote = '\"', escape = '\"', max_line_size = {MOST_LINE}, "
        f"new_line = '\\n')"
    )
    place = partial(workbook.place_of, sheets=shape.sheets) if shape.sheets else int
    return Source(con, reading, lambda ns: {n: n for n in ns}, faults, place)


def _direct(con: duckdb.DuckDBPyConnection, path: Path, shape: Shape) -> str | None:
    """The CSV read by the engine itself, where every row is clean."""
    if shape.encoding not in ("utf-8", "utf-8-sig") or shape.delimiter == "whitespace":
        return None
    width = len(shape.names)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    reading = (
        f"read_csv({literal(path)}, columns = {{{columns}}}, header = false, "
        f"skip = {shape.header_line}, auto_detect = false, delim = {literal(shape.delimiter)}, "
        f"quote = '\"', escape = '\"', strict_mode = true, max_line_size = {MOST_LINE})"
    )
    try:
        found = con.execute(f"SELECT count(*) FROM {reading}").fetchone()
        over = shape.lines - shape.header_line - (found[0] if found else 0)
        if over > 0 and width:
            breaks = ", ".join(
                f"length(c{i}) - length(replace(c{i}, chr(10), ''))" for i in range(width)
            )
            most = con.execute(f"SELECT max(greatest({breaks}, 0)) FROM {reading}").fetchone()
            if most and (most[0] or 0) > 3:
                return None  # a long text, or a quote that swallows rows: looked at line by line
    except duckdb.Error as error:
        if told := system_failure(error, path):
            raise told from None
        return None
    return f"(SELECT row_number() OVER () AS n, * FROM {reading})"


class _Lines:
    """The lines on which the rows of a clean CSV begin."""

    def __init__(self, path: Path, shape: Shape):
        self._path, self._shape = path, shape

    def __call__(self, ns: Sequence[int]) -> dict[int, int]:
        wanted, found = set(ns), dict[int, int]()
        if not wanted:
            return found
        shape = self._shape
        lines = lines_of(self._path, shape.encoding or "utf-8")
        rest = itertools.islice(lines, shape.header_line, None)
        for n, record in enumerate(records(rest, shape.delimiter or ","), start=1):
            if n in wanted:
                found[n] = record.line + shape.header_line
                if len(found) == len(wanted):
                    break
        return found


def literal(text: object) -> str:
    """A text as SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def unreadable(name: str, path: Path, error: duckdb.Error) -> CannotDo | TryAgain:
    """What to raise when the engine can't read a file: the machine's failure, or the file's."""
    if told := system_failure(error, path):
        return told
    return CannotDo(Words("{file} is damaged: I can't read its rows.", file=name))
