"""Opens a file of any format as one SQL relation of text cells.

Files that DuckDB can't read directly are copied row by row into a clean CSV. Malformed rows are
collected with their reason and line, so that one bad line never affects the others.
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
from bot.data.ingest.file_schema import FileLayout, ImportCancelled, read_lines
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.data.text_file import MalformedRecord, Record, parse_records
from bot.data.warehouse.parquet import TEMPORARY_PREFIX, quote_text
from bot.errors import CannotDo, TryAgain, translate_system_error

# JSON Lines: one object a line, with its values as text.


def read_json_rows(path: Path, shape: FileLayout) -> Iterator[Record | MalformedRecord]:
    for number, line in enumerate(read_lines(path, shape.encoding or "utf-8"), start=1):
        if not line.strip():
            continue
        row = parse_json_row(line)
        if row is None:
            reason = RejectReason(RejectCode.NOT_A_JSON_OBJECT)
            yield MalformedRecord(number, reason, line.rstrip("\r\n"))
        else:
            yield Record(number, [render_json_value(row.get(one)) for one in shape.names])


def parse_json_row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line.lstrip("\ufeff"), parse_float=str)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def render_json_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def read_rows(path: Path, name: str, shape: FileLayout) -> Iterator[Record | MalformedRecord]:
    """Yield every row of the file in order, whatever its format, and a MalformedRecord for each bad
    line."""
    if shape.format == "xlsx":
        width = len(shape.names)
        for found in workbook.read_sheet_rows(path, name, shape.sheets):
            if found.line % workbook.MOST_ROWS > shape.header_line:
                cells = found.cells[:width]
                yield Record(found.line, cells + [""] * (width - len(cells)))
    elif shape.format == "jsonl":
        yield from read_json_rows(path, shape)
    else:
        lines = read_lines(path, shape.encoding or "utf-8")
        records = parse_records(lines, shape.delimiter or ",", len(shape.names))
        yield from _until_next_table(r for r in records if r.line > shape.header_line)


def _until_next_table(
    records: Iterator[Record | MalformedRecord],
) -> Iterator[Record | MalformedRecord]:
    """Yield the rows of the first table. Web analytics tools write several below each other, parted
    by lines that begin with #; rows of the others are yielded as malformed."""
    ended = False
    for record in records:
        cells = record.cells if isinstance(record, Record) else []
        if cells and cells[0].lstrip().startswith("#") and not any(map(str.strip, cells[1:])):
            ended = True
        elif ended and isinstance(record, Record):
            reason = RejectReason(RejectCode.OTHER_TABLE)
            yield MalformedRecord(record.line, reason, _join_cells(cells))
        else:
            yield record


def copy_rows(
    rows: Iterator[Record | MalformedRecord],
    to: Path,
    width: int,
    faults: list[MalformedRecord],
    cancelled: Callable[[], bool],
) -> None:
    """Copy rows as wide as the header to a clean file, each with its line number. The others become
    faults. Raises ImportCancelled."""
    with to.open("w", encoding="utf-8", newline="", errors="replace") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for at, row in enumerate(rows):
            if at % 10_000 == 0 and cancelled():
                raise ImportCancelled
            if isinstance(row, MalformedRecord):
                faults.append(row)
                continue
            cells = row.cells
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if len(cells) != width:
                reason = RejectReason(RejectCode.CELL_COUNT, n=len(cells), width=width)
                faults.append(MalformedRecord(row.line, reason, _join_cells(cells)))
                continue
            writer.writerow([row.line, *(cell.replace("\x00", "") for cell in cells)])


def _join_cells(cells: Sequence[str]) -> str:
    return ",".join(cells)


# A file of any format as one SQL relation: n (the row's number) and c0, c1 … as text.

MEMORY_LIMIT = "600MB"
LONGEST_LINE = 10_000_000
# bytes; below that, waking a second thread for each query takes longer than it saves, and so does
# optimizing the query
SMALL_FILE = 1_000_000


@dataclass
class RowSource:
    """`relation` is SQL for FROM. `lines` maps row numbers n to line numbers; `place` turns a line
    number into what people see. `prepared`: the relation is a table of prepared rows."""

    con: duckdb.DuckDBPyConnection
    relation: str
    lines: Callable[[Sequence[int]], dict[int, int]]
    faults: list[MalformedRecord] = field(default_factory=list)
    place: Callable[[int], int | str] = int
    prepared: bool = False


@contextmanager
def open_source(
    path: Path, name: str, shape: FileLayout, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[RowSource]:
    """Open the file's rows. All temporary files are deleted afterwards."""
    with TemporaryDirectory(prefix=TEMPORARY_PREFIX) as folder:
        is_small = path.stat().st_size < SMALL_FILE
        # Settings of the start: DuckDB would first start a thread for each core.
        con = duckdb.connect(
            config={
                "threads": 1 if is_small else 2,
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": f"{folder}/spill",
            }
        )
        try:
            con.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
            if is_small:
                con.execute("PRAGMA disable_optimizer")
            yield _create_source(con, path, name, shape, Path(folder), cancelled)
        finally:
            con.close()


def _create_source(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    shape: FileLayout,
    folder: Path,
    cancelled: Callable[[], bool],
) -> RowSource:
    if shape.format == "parquet":
        columns = ", ".join(
            f"CAST({quote_name(one)} AS VARCHAR) AS c{i}" for i, one in enumerate(shape.names)
        )
        relation = (
            f"(SELECT file_row_number + 1 AS n, {columns} "
            f"FROM read_parquet({quote_text(path)}, file_row_number = true))"
        )
        return RowSource(con, relation, lambda ns: {n: n for n in ns})
    direct = _direct_csv(con, path, shape) if shape.format == "csv" else None
    if direct:
        return RowSource(con, direct, _LineNumbers(path, shape))
    faults: list[MalformedRecord] = []
    copy = folder / "rows.csv"
    copy_rows(read_rows(path, name, shape), copy, len(shape.names), faults, cancelled)
    columns = ", ".join(["'n': 'BIGINT'", *(f"'c{i}': 'VARCHAR'" for i in range(len(shape.names)))])
    reading = (
        f"read_csv({quote_text(copy)}, columns = {{{columns}}}, header = false, auto_detect = "
        f"false, "
        f"delim = ',', quote = '\"', escape = '\"', max_line_size = {LONGEST_LINE}, "
        f"new_line = '\\n')"
    )
    place = partial(workbook.format_place, sheets=shape.sheets) if shape.sheets else int
    return RowSource(con, reading, lambda ns: {n: n for n in ns}, faults, place)


def _direct_csv(con: duckdb.DuckDBPyConnection, path: Path, shape: FileLayout) -> str | None:
    """Return SQL that reads the CSV with DuckDB itself, or None when a row is not clean."""
    if shape.encoding not in ("utf-8", "utf-8-sig") or shape.delimiter == "whitespace":
        return None
    with path.open("rb") as file:  # DuckDB skips lines by the line end of the first one
        lines = iter(partial(file.readline, LONGEST_LINE), b"")
        head = list(itertools.islice(lines, shape.header_line + 1))
    if len({line.endswith(b"\r\n") for line in head}) > 1:
        return None
    width = len(shape.names)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    reading = (
        f"read_csv({quote_text(path)}, columns = {{{columns}}}, header = false, "
        f"skip = {shape.header_line}, auto_detect = false, delim = {quote_text(shape.delimiter)}, "
        f"quote = '\"', escape = '\"', strict_mode = true, max_line_size = {LONGEST_LINE})"
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
                return None  # a long text, or a stray quote that swallows rows: read line by line
    except duckdb.Error as error:
        if told := translate_system_error(error, path):
            raise told from None
        return None
    return f"(SELECT row_number() OVER () AS n, * FROM {reading})"


class _LineNumbers:
    """Finds the lines on which the rows of a clean CSV start."""

    def __init__(self, path: Path, shape: FileLayout):
        self._path, self._shape = path, shape

    def __call__(self, ns: Sequence[int]) -> dict[int, int]:
        wanted, found = set(ns), dict[int, int]()
        if not wanted:
            return found
        shape = self._shape
        lines = read_lines(self._path, shape.encoding or "utf-8")
        rest = itertools.islice(lines, shape.header_line, None)
        for n, record in enumerate(parse_records(rest, shape.delimiter or ","), start=1):
            if n in wanted:
                found[n] = record.line + shape.header_line
                if len(found) == len(wanted):
                    break
        return found


def quote_name(name: str) -> str:
    """Return a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def unreadable_error(name: str, path: Path, error: duckdb.Error) -> CannotDo | TryAgain:
    """Return the error for a file that the engine can't read: the machine's failure, or a damaged
    file."""
    if told := translate_system_error(error, path):
        return told
    return CannotDo("{file} is damaged: I can't read its rows.", file=name)
