"""The files of `files/` with their truth, and the forms in which people pass such files on."""

import csv
import io
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema, LoadResult
from bot.data.ingest.loader import load_file

FOLDER = Path(__file__).parent / "files"
KEY = b"k" * 32


@dataclass(frozen=True)
class Truth:
    """What a file holds. `sums`: our column → its sum over all rows; `of_sold`: over the orders
    that count as sales. `without`: a column that changes nothing of this when it is missing."""

    name: str
    rows: int
    kind: str = "orders"
    export: str = ""
    file: str = ""
    delimiter: str = ""
    header: int = 1  # the line with the column names
    distinct: dict[str, int] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)
    without_sums: dict[str, float] = field(default_factory=dict)
    of_sold: dict[str, float] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    has: dict[str, list[Any]] = field(default_factory=dict)  # our column → its values, sorted
    without: str = ""
    rejected: int = 0
    assumed: list[str] = field(default_factory=list)  # what the card says, among others

    @property
    def path(self) -> Path:
        return FOLDER / (self.file or f"{self.name}.csv")


def truths() -> list[Truth]:
    read = tomllib.loads((FOLDER.parent / "truth.toml").read_text(encoding="utf-8"))
    return [Truth(name=name, **told) for name, told in read.items()]


@dataclass(frozen=True)
class Taken:
    """A file as it came in."""

    found: FileSchema
    loaded: LoadResult
    rows: Path

    def sum_of(self, column: str, where: str = "true") -> float:
        sql = f"SELECT round(sum(\"{column}\")::DOUBLE, 2) FROM '{self.rows}' WHERE {where}"
        return float(duckdb.sql(sql).fetchall()[0][0] or 0)

    def values(self, column: str) -> list[Any]:
        sql = f'SELECT "{column}"::VARCHAR FROM \'{self.rows}\' WHERE "{column}" IS NOT NULL'
        return sorted(row[0] for row in duckdb.sql(sql).fetchall())


def take_in(path: Path, folder: Path) -> Taken:
    """Import a file without any setting."""
    found = detect_schema(path, name=path.name)
    rows = folder / f"{path.stem}.parquet"
    return Taken(found, load_file(path, found, to=rows, key=KEY), rows)


# The forms of a file. Each is made of its lines above the header and its rows.

Rows = list[list[str]]


def read(truth: Truth) -> tuple[list[str], Rows, str]:
    """Return the lines above the header, the rows with the header first, and the delimiter."""
    text = truth.path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    above, rest = lines[: truth.header - 1], "".join(lines[truth.header - 1 :])
    delimiter = truth.delimiter or max(",;\t", key=lines[truth.header - 1].count)
    return above, list(csv.reader(io.StringIO(rest), delimiter=delimiter)), delimiter


def render(above: list[str], rows: Rows, delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return "".join(above) + out.getvalue()


def shuffled(truth: Truth) -> str:
    above, rows, delimiter = read(truth)
    order = list(range(len(rows[0])))
    random.Random(truth.name).shuffle(order)
    mixed = [[row[at] for at in order] if len(row) == len(order) else row for row in rows]
    return render(above, mixed, delimiter)


def without_column(truth: Truth) -> str:
    """Return the file without its optional column. Where figures are added up, a row that has only
    the totals of the others follows."""
    above, rows, delimiter = read(truth)
    at = rows[0].index(truth.without)
    rows = [row[:at] + row[at + 1 :] for row in rows]
    if truth.kind == "campaigns" and not any("total of the others" in one for one in truth.assumed):
        found = detect_schema(truth.path, name=truth.path.name)
        sums = take_sums(truth, found)
        rows.append([sums.get(name, "") for name in rows[0]])
    return render(above, rows, delimiter)


def take_sums(truth: Truth, found: FileSchema) -> dict[str, str]:
    """Return the totals of the file's columns, by their names in the file, as the file writes
    figures."""
    names = {one.ours: one.theirs for one in found.columns}
    return {
        names[ours]: str(total).replace(".", found.decimal)
        for ours, total in truth.sums.items()
        if ours in names and total
    }


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8 with BOM": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "cp1252": lambda text: text.encode("cp1252", errors="replace"),
    "windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "mixed line ends": lambda text: text.replace("\n", "\r\n", 3).encode(),
}
