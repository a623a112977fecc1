"""The library's files as merging sees them: what is there, what was made, what became of rows."""

import secrets
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.data.schema import load_kinds, row_keys
from bot.data.warehouse.parquet import (
    fetch_one,
    open_engine,
    quote_path,
    read_parquet_sql,
    write_atomically,
)
from bot.data.warehouse.warehouse import schema_of


@dataclass(frozen=True)
class StoredFile:
    """A file in force."""

    id: str
    path: Path
    rows: int
    source: str


@dataclass(frozen=True)
class NewFile:
    """A new file, whole and on the disk. `as_of` is the day of its newest row."""

    id: str
    path: Path
    rows: int
    source: str
    as_of: date | None


@dataclass(frozen=True)
class MergeResult:
    """What became of the fresh rows, and the files that say so. Of rows with the same key within
    the fresh ones the last counts; the others are `doubles`."""

    new: int
    replaced: int
    same: int
    doubles: int
    adds: tuple[NewFile, ...] = ()
    retires: tuple[str, ...] = ()


# How fresh rows meet those that are there: by the key, in SQL over the files.

SMALL_FILE_ROWS = (
    100_000  # rows; a file of the same source up to this size is joined with the fresh rows
)


@dataclass(frozen=True)
class TableShape:
    columns: dict[str, str]  # name → SQL type
    key: tuple[str, ...]
    dated: str | None
    counts_by: tuple[str, ...] = ()
    grown: bool = False  # files may lack columns: they were written before there were these

    def keys(self, table: str = "") -> list[str]:
        """What tells rows apart, as SQL."""
        return row_keys(self.key, self.counts_by, table)

    def same(self, one: str, other: str) -> str:
        """Rows of the same key, nulls being equal."""
        pairs = zip(self.keys(one), self.keys(other), strict=True)
        return " AND ".join(f"{a} IS NOT DISTINCT FROM {b}" for a, b in pairs)

    def select(self, table: str = "") -> str:
        start = f"{table}." if table else ""
        return ", ".join(
            f'CAST({start}"{name}" AS {type_}) AS "{name}"' for name, type_ in self.columns.items()
        )

    def rows(self, paths: Sequence[Path], *options: str) -> str:
        """The rows of these files, with all columns."""
        if not self.grown:
            return read_parquet_sql(paths, *options)
        none = ", ".join(f'CAST(NULL AS {type_}) AS "{n}"' for n, type_ in self.columns.items())
        found = read_parquet_sql(paths, *options, "union_by_name=true")
        return f"(SELECT {none} WHERE false UNION ALL BY NAME SELECT * FROM {found})"

    def meet(self, one: str, other: str, names: Collection[str]) -> str:
        """All of these are equal, nulls too."""
        return " AND ".join(f'{one}."{n}" IS NOT DISTINCT FROM {other}."{n}"' for n in names)


class Merger:
    def __init__(
        self, con: Any, shape: TableShape, held: Sequence[StoredFile], folder: Path, source: str
    ) -> None:
        self.con, self.shape, self.held = con, shape, held
        self.folder, self.source = folder, source

    def merge(
        self, fresh: Path | None, leaving: str | None = None, lacking: Sequence[str] = ()
    ) -> MergeResult:
        """`leaving` selects keys of held rows that go; columns that the fresh file is `lacking`
        are taken from the held rows."""
        whole, doubles = self._take_up(fresh)
        if self.held and lacking:
            self._fill(lacking)
        if not self.held:
            first = self._as_it_is(fresh, doubles) if fresh and whole else None
            return MergeResult(whole, 0, 0, doubles, (first,) if first else ())
        same, replaced = self._compare(leaving)
        new = whole - same - replaced
        touched = self._touched()
        if not new and not replaced and not touched:
            return MergeResult(0, 0, same, doubles)
        joined = self._joined(new + replaced)
        again = [kept for kept in self.held if kept.id in touched and kept not in joined]
        adds: list[NewFile | None] = [self._rest(kept) for kept in again]
        if new or replaced or joined:
            adds.append(self._fresh_with(joined))
        retires = tuple(kept.id for kept in (*again, *joined))
        return MergeResult(new, replaced, same, doubles, tuple(m for m in adds if m), retires)

    def _take_up(self, fresh: Path | None) -> tuple[int, int]:
        """The table `fresh`: each key once, in the file's order. How many rows and doubles."""
        keys = ", ".join(self.shape.keys())
        rows = self.shape.rows([fresh or self.held[0].path], "file_row_number=true")
        self.con.execute(
            f"CREATE TEMP TABLE fresh AS SELECT {self.shape.select()}, file_row_number AS nth "
            f"FROM {rows}{'' if fresh else ' LIMIT 0'}"
        )
        whole = fetch_one(self.con, "SELECT count(*) FROM fresh")
        once = fetch_one(self.con, f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM fresh)")
        if once < whole:
            self.con.execute(
                f"DELETE FROM fresh WHERE nth NOT IN (SELECT max(nth) FROM fresh GROUP BY {keys})"
            )
        return once, whole - once

    def _fill(self, lacking: Sequence[str]) -> None:
        held = self.shape.rows([kept.path for kept in self.held])
        taken = ", ".join(f'"{name}" = h."{name}"' for name in lacking)
        same = self.shape.same("fresh", "h")
        self.con.execute(f"UPDATE fresh SET {taken} FROM {held} h WHERE {same}")

    def _compare(self, leaving: str | None) -> tuple[int, int]:
        """The table `met`: every held row that a fresh one takes the place of, or that leaves."""
        shape, others = self.shape, [n for n in self.shape.columns if n not in self.shape.key]
        equal = shape.meet("f", "h", others) or "true"
        paths = [kept.path for kept in self.held]
        held = self.shape.rows(paths, "filename=true, file_row_number=true")
        self.con.execute(
            "CREATE TEMP TABLE met AS SELECT f.nth, h.filename AS held, h.file_row_number AS spot, "
            f"{equal} AS same FROM fresh f JOIN {held} h ON {shape.same('f', 'h')}"
        )
        same = fetch_one(self.con, "SELECT count(DISTINCT nth) FROM met WHERE same")
        replaced = fetch_one(self.con, "SELECT count(DISTINCT nth) FROM met WHERE NOT same")
        self.con.execute("DELETE FROM fresh WHERE nth IN (SELECT nth FROM met WHERE same)")
        self.con.execute("DELETE FROM met WHERE same")
        if leaving:
            keys = ", ".join(shape.keys("h"))
            self.con.execute(
                "INSERT INTO met SELECT NULL, h.filename, h.file_row_number, false "
                f"FROM {held} h WHERE ({keys}) IN ({leaving})"
            )
        return same, replaced

    def _touched(self) -> set[str]:
        """The ids of the files that lose a row."""
        files = {row[0] for row in self.con.execute("SELECT DISTINCT held FROM met").fetchall()}
        return {kept.id for kept in self.held if str(kept.path) in files}

    def _joined(self, fresh: int) -> list[StoredFile]:
        """Files of the same source that are small enough to be written again with the fresh rows:
        so there are few files, and a large one is not written anew for a handful of rows."""
        most = max(SMALL_FILE_ROWS, 2 * fresh)
        return [k for k in self.held if k.source == self.source and k.rows <= most]

    def _rest(self, kept: StoredFile) -> NewFile | None:
        return self._write(self._left(kept), kept.source)

    def _left(self, kept: StoredFile) -> str:
        """A file's rows but those that were replaced or left."""
        rows = self.shape.rows([kept.path], "file_row_number=true")
        return (
            f"SELECT {self.shape.select('h')} FROM {rows} h "
            f"WHERE h.file_row_number NOT IN (SELECT spot FROM met WHERE held = "
            f"{quote_path(kept.path)})"
        )

    def _fresh_with(self, joined: Sequence[StoredFile]) -> NewFile | None:
        fresh = f"(SELECT {self.shape.select()} FROM fresh ORDER BY nth)"
        return self._write(" UNION ALL ".join([*map(self._left, joined), fresh]), self.source)

    def _as_it_is(self, fresh: Path, doubles: int) -> NewFile:
        """The first file of all: copied, when there is nothing to leave out."""
        if not doubles and describe_columns(self.con, fresh) == self.shape.columns:
            id, to = self._place()
            with write_atomically(to) as part:
                shutil.copyfile(fresh, part)
            return self._made(id, to, self.source)
        made = self._fresh_with([])
        assert made is not None
        return made

    def _write(self, select: str, source: str) -> NewFile | None:
        """A file of these rows; none when there are none."""
        id, to = self._place()
        with write_atomically(to) as part:
            self.con.execute(
                f"COPY ({select}) TO {quote_path(part)} (FORMAT parquet, COMPRESSION zstd)"
            )
        made = self._made(id, to, source)
        if made.rows:
            return made
        to.unlink()
        return None

    def _place(self) -> tuple[str, Path]:
        id = secrets.token_hex(8)
        return id, self.folder / f"{id}.parquet"

    def _made(self, id: str, path: Path, source: str) -> NewFile:
        rows = fetch_one(self.con, f"SELECT count(*) FROM {read_parquet_sql([path])}")
        return NewFile(id, path, rows, source, newest_day(self.con, path, self.shape.dated))


def describe_columns(con: Any, path: Path) -> dict[str, str]:
    return {
        row[0]: row[1]
        for row in con.execute(f"DESCRIBE FROM {read_parquet_sql([path])}").fetchall()
    }


def newest_day(con: Any, path: Path, dated: str | None) -> date | None:
    if dated is None:
        return None
    found = con.execute(f'SELECT max("{dated}")::DATE FROM {read_parquet_sql([path])}').fetchone()[
        0
    ]
    return found if isinstance(found, date) else None


# Fresh rows into the files that are there: what is the same stays, what was corrected replaces.

ADDRESSES_KIND = "addresses"  # no kind of the analyses: sealed, for the audience export alone
SQL_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}
ENCRYPTED_COLUMNS = {"customer": "VARCHAR", "email": "BLOB", "phone": "BLOB", "id": "BLOB"}
WITHDRAWN = (
    "coalesce(opted_out, false) OR NOT (coalesce(email, false) OR coalesce(sms, false) "
    "OR coalesce(ads_user_data, false))"
)

__all__ = [
    "ADDRESSES_KIND",
    "MergeResult",
    "NewFile",
    "StoredFile",
    "merge_addresses",
    "merge_rows",
]


def merge_rows(
    kind: str, fresh: Path, held: Sequence[StoredFile], *, folder: Path, source: str
) -> MergeResult:
    """Files in `folder` that hold the kind's rows with the fresh ones among them, by the kind's
    key, nulls being equal. When all of them are there already there is nothing to add."""
    with open_engine(folder) as con:
        return Merger(con, _shape_of_kind(kind), held, folder, source).merge(fresh)


def merge_addresses(
    apart: Path | None, consents: Path, held: Sequence[StoredFile], *, folder: Path, source: str
) -> MergeResult:
    """The sealed addresses and ids that came with a file of consents, where it had some. What the
    file has no column for stays as it was. All of whoever allows nothing any more goes."""
    if apart is None and not held:
        return MergeResult(0, 0, 0, 0)
    withdrawn = f"SELECT customer FROM {read_parquet_sql([consents])} WHERE {WITHDRAWN}"
    with open_engine(folder) as con:
        merging = Merger(
            con,
            TableShape(ENCRYPTED_COLUMNS, ("customer",), None, grown=True),
            held,
            folder,
            source,
        )
        lacking = set(ENCRYPTED_COLUMNS) - set(describe_columns(con, apart)) if apart else set()
        return merging.merge(apart, leaving=withdrawn, lacking=sorted(lacking))


def _shape_of_kind(kind: str) -> TableShape:
    columns = {n: SQL_TYPES.get(t, t.upper()).replace(" ", "") for n, t in schema_of(kind).items()}
    return TableShape(
        columns, load_kinds()[kind].key, _date_column(kind), load_kinds()[kind].counts_by
    )


def _date_column(kind: str) -> str | None:
    return load_kinds()[kind].dated if kind in load_kinds() else None
