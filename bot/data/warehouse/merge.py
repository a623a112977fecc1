"""Merge new rows into the stored Parquet files of a kind, by the kind's key."""

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
    quote_text,
    read_parquet_sql,
    write_atomically,
    write_parquet,
)
from bot.data.warehouse.warehouse import schema_of, sql_type


@dataclass(frozen=True)
class StoredFile:
    """A Parquet file, completely written to the disk. `as_of` is the day of its newest row, of a
    new file."""

    id: str
    path: Path
    rows: int
    source: str
    as_of: date | None = None


@dataclass(frozen=True)
class MergeResult:
    """How many fresh rows were new, replaced stored rows or were stored already, and the files to
    add and to retire. Of fresh rows with the same key the last one counts; the others are
    `doubles`."""

    new: int
    replaced: int
    same: int
    doubles: int
    adds: tuple[StoredFile, ...] = ()
    retires: tuple[str, ...] = ()
    addresses: "MergeResult | None" = None  # of the encrypted addresses that came with the rows


# Fresh rows are compared with the stored ones by their key, in SQL over the files.

# Rows; a file of the same source up to this size is rewritten with the fresh rows.
SMALL_FILE_ROWS = 100_000


@dataclass(frozen=True)
class TableShape:
    columns: dict[str, str]  # name → SQL type
    key: tuple[str, ...]
    day_column: str | None
    counts_by: tuple[str, ...] = ()

    def keys(self, table: str = "") -> list[str]:
        """Return the SQL expressions that identify a row."""
        return row_keys(self.key, self.counts_by, table)

    def same_key_sql(self, one: str, other: str) -> str:
        """Return the SQL condition that two rows have the same key. NULLs are equal."""
        pairs = zip(self.keys(one), self.keys(other), strict=True)
        return " AND ".join(f"{a} IS NOT DISTINCT FROM {b}" for a, b in pairs)

    def select(self, table: str = "") -> str:
        start = f"{table}." if table else ""
        return ", ".join(
            f'CAST({start}"{name}" AS {type_}) AS "{name}"' for name, type_ in self.columns.items()
        )

    def rows(self, paths: Sequence[Path], *options: str) -> str:
        """Return SQL for the rows of these files with all columns. Older files may lack columns
        that were added later."""
        none = ", ".join(f'CAST(NULL AS {type_}) AS "{n}"' for n, type_ in self.columns.items())
        found = read_parquet_sql(paths, *options, "union_by_name=true")
        return f"(SELECT {none} WHERE false UNION ALL BY NAME SELECT * FROM {found})"

    def equal_sql(self, one: str, other: str, names: Collection[str]) -> str:
        """Return the SQL condition that these columns are equal. NULLs are equal."""
        return " AND ".join(f'{one}."{n}" IS NOT DISTINCT FROM {other}."{n}"' for n in names)


class Merger:
    def __init__(
        self, con: Any, shape: TableShape, stored: Sequence[StoredFile], folder: Path, source: str
    ) -> None:
        self.con, self.shape, self.stored = con, shape, stored
        self.folder, self.source = folder, source

    def merge(
        self, fresh: Path | None, removed_keys: str | None = None, missing: Sequence[str] = ()
    ) -> MergeResult:
        """Merge the fresh rows. `removed_keys` is SQL that selects keys of stored rows to delete.
        In the columns of `missing`, empty cells of the fresh file keep their stored values."""
        whole, doubles = self._load_fresh(fresh)
        if self.stored and missing:
            self._fill_missing_columns(missing)
        if not self.stored:
            first = self._write_first(fresh, doubles) if fresh and whole else None
            return MergeResult(whole, 0, 0, doubles, (first,) if first else ())
        same, replaced = self._compare(removed_keys)
        new = whole - same - replaced
        changed = self._changed_files()
        if not new and not replaced and not changed:
            return MergeResult(0, 0, same, doubles)
        rewritten = self._files_to_rewrite(new + replaced)
        remaining = [file for file in self.stored if file.id in changed and file not in rewritten]
        adds: list[StoredFile | None] = [self._rewrite(file) for file in remaining]
        if new or replaced or rewritten:
            adds.append(self._write_fresh(rewritten))
        retires = tuple(file.id for file in (*remaining, *rewritten))
        return MergeResult(new, replaced, same, doubles, tuple(m for m in adds if m), retires)

    def count_replaced(self, fresh: Path, missing: Sequence[str]) -> int:
        """Return how many stored rows the fresh rows would replace."""
        self._load_fresh(fresh)
        if missing:
            self._fill_missing_columns(missing)
        return self._compare(None)[1]

    def _load_fresh(self, fresh: Path | None) -> tuple[int, int]:
        """Create the table `fresh` with each key once, in the file's order. Return the number of
        rows and of duplicates."""
        keys = ", ".join(self.shape.keys())
        rows = self.shape.rows([fresh or self.stored[0].path], "file_row_number=true")
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

    def _fill_missing_columns(self, missing: Sequence[str]) -> None:
        stored = self.shape.rows([file.path for file in self.stored])
        taken = ", ".join(f'"{name}" = coalesce(fresh."{name}", h."{name}")' for name in missing)
        same = self.shape.same_key_sql("fresh", "h")
        self.con.execute(f"UPDATE fresh SET {taken} FROM {stored} h WHERE {same}")

    def _compare(self, removed_keys: str | None) -> tuple[int, int]:
        """Create the table `met`: every stored row that is replaced or deleted. Return how many
        fresh rows are stored already, and how many replace a stored row."""
        shape, others = self.shape, [n for n in self.shape.columns if n not in self.shape.key]
        equal = shape.equal_sql("f", "h", others) or "true"
        paths = [file.path for file in self.stored]
        stored = self.shape.rows(paths, "filename=true, file_row_number=true")
        self.con.execute(
            "CREATE TEMP TABLE met AS SELECT f.nth, h.filename AS held, h.file_row_number AS spot, "
            f"{equal} AS same FROM fresh f JOIN {stored} h ON {shape.same_key_sql('f', 'h')}"
        )
        same = fetch_one(self.con, "SELECT count(DISTINCT nth) FROM met WHERE same")
        replaced = fetch_one(self.con, "SELECT count(DISTINCT nth) FROM met WHERE NOT same")
        self.con.execute("DELETE FROM fresh WHERE nth IN (SELECT nth FROM met WHERE same)")
        self.con.execute("DELETE FROM met WHERE same")
        if removed_keys:
            keys = ", ".join(shape.keys("h"))
            self.con.execute(
                "INSERT INTO met SELECT NULL, h.filename, h.file_row_number, false "
                f"FROM {stored} h WHERE ({keys}) IN ({removed_keys})"
            )
        return same, replaced

    def _changed_files(self) -> set[str]:
        """Return the ids of the files that lose a row."""
        files = {row[0] for row in self.con.execute("SELECT DISTINCT held FROM met").fetchall()}
        return {file.id for file in self.stored if str(file.path) in files}

    def _files_to_rewrite(self, fresh: int) -> list[StoredFile]:
        """Return the files of the same source that are small enough to be written again together
        with the fresh rows. This keeps the number of files low without rewriting a large file for a
        few rows."""
        most = max(SMALL_FILE_ROWS, 2 * fresh)
        return [k for k in self.stored if k.source == self.source and k.rows <= most]

    def _rewrite(self, file: StoredFile) -> StoredFile | None:
        return self._write(self._remaining_sql(file), file.source)

    def _remaining_sql(self, file: StoredFile) -> str:
        """Return SQL for a file's rows without the replaced and deleted ones."""
        rows = self.shape.rows([file.path], "file_row_number=true")
        return (
            f"SELECT {self.shape.select('h')} FROM {rows} h "
            f"WHERE h.file_row_number NOT IN (SELECT spot FROM met WHERE held = "
            f"{quote_text(file.path)})"
        )

    def _write_fresh(self, rewritten: Sequence[StoredFile]) -> StoredFile | None:
        fresh = f"(SELECT {self.shape.select()} FROM fresh ORDER BY nth)"
        return self._write(
            " UNION ALL ".join([*map(self._remaining_sql, rewritten), fresh]), self.source
        )

    def _write_first(self, fresh: Path, doubles: int) -> StoredFile:
        """Write the first file of the kind. It is copied when no row has to be left out."""
        if not doubles and describe_columns(self.con, fresh) == self.shape.columns:
            id, to = self._new_path()
            with write_atomically(to) as part:
                shutil.copyfile(fresh, part)
            return self._describe_file(id, to, self.source)
        made = self._write_fresh([])
        assert made is not None
        return made

    def _write(self, select: str, source: str) -> StoredFile | None:
        """Write a file of these rows. Return None, without a file, when there are none."""
        id, to = self._new_path()
        write_parquet(self.con, select, to)
        made = self._describe_file(id, to, source)
        if made.rows:
            return made
        to.unlink()
        return None

    def _new_path(self) -> tuple[str, Path]:
        id = secrets.token_hex(8)
        return id, self.folder / f"{id}.parquet"

    def _describe_file(self, id: str, path: Path, source: str) -> StoredFile:
        rows = fetch_one(self.con, f"SELECT count(*) FROM {read_parquet_sql([path])}")
        return StoredFile(id, path, rows, source, newest_day(self.con, path, self.shape.day_column))


def describe_columns(con: Any, path: Path) -> dict[str, str]:
    return {
        row[0]: row[1]
        for row in con.execute(f"DESCRIBE FROM {read_parquet_sql([path])}").fetchall()
    }


def newest_day(con: Any, path: Path, day_column: str | None) -> date | None:
    if day_column is None:
        return None
    found = con.execute(
        f'SELECT max("{day_column}")::DATE FROM {read_parquet_sql([path])}'
    ).fetchone()[0]
    return found if isinstance(found, date) else None


# The merge of a kind's rows, and of the encrypted addresses.

PEOPLE_KINDS = ("consents", "customers")  # several files state different things of one person
ADDRESSES_KIND = "addresses"  # not a kind for analyses: encrypted, for the audience export only
ENCRYPTED_COLUMNS = {"customer": "VARCHAR", "email": "BLOB", "phone": "BLOB", "id": "BLOB"}
WITHDRAWN = (
    "coalesce(opted_out, false) OR NOT (coalesce(email, false) OR coalesce(sms, false) "
    "OR coalesce(ads_user_data, false))"
)


def merge_rows(
    kind: str, fresh: Path, stored: Sequence[StoredFile], *, folder: Path, source: str
) -> MergeResult:
    """Write files into `folder` that hold the stored and the fresh rows, merged by the kind's key.
    NULLs are equal. Nothing is written when all rows are stored already."""
    with open_engine(folder) as con:
        missing = _list_unstated(con, kind, fresh) if stored else []
        merger = Merger(con, shape_of_kind(kind), stored, folder, source)
        return merger.merge(fresh, missing=missing)


def count_replaced(kind: str, fresh: Path, stored: Sequence[StoredFile], *, folder: Path) -> int:
    """Return how many stored rows `merge_rows` would replace. Nothing is written but `folder`."""
    if not stored:
        return 0
    with open_engine(folder) as con:
        missing = _list_unstated(con, kind, fresh)
        return Merger(con, shape_of_kind(kind), stored, folder, "").count_replaced(fresh, missing)


def list_lost_columns(
    kind: str, fresh: Path, stored: Sequence[StoredFile], *, folder: Path
) -> tuple[str, ...]:
    """Return the columns that `fresh` leaves empty throughout and that stored rows of the same keys
    have. Files about people are completed by what is stored, so that they lose nothing."""
    if kind in PEOPLE_KINDS:
        return ()
    with open_engine(folder) as con:
        shape = shape_of_kind(kind)
        names = [name for name in shape.columns if name not in shape.key]
        counts = ", ".join(f'count("{name}")' for name in names)
        new, old = shape.rows([fresh]), shape.rows([one.path for one in stored])
        has = con.execute(f"SELECT {counts} FROM {new}").fetchone()
        had = con.execute(
            f"SELECT {counts} FROM {old} h SEMI JOIN {new} f ON {shape.same_key_sql('f', 'h')}"
        ).fetchone()
        both = zip(names, has, had, strict=True)
        return tuple(name for name, now, before in both if before and not now)


def count_overlaps(kind: str, fresh: Path, stored: Sequence[StoredFile], *, folder: Path) -> int:
    """Return how many stored rows cover days of a fresh row of the same campaign or channel, under
    another key: such days would count twice."""
    dated = load_kinds()[kind].dated
    with open_engine(folder) as con:
        shape = shape_of_kind(kind)
        rows = shape.rows([one.path for one in stored])
        of = [name for name in shape.key if name not in (dated, "until")]
        alike = shape.equal_sql("f", "h", of)
        last = f'coalesce({{0}}.until, {{0}}."{dated}"::DATE)'
        first = f'{{0}}."{dated}"::DATE'
        meet = (
            f"{first.format('f')} <= {last.format('h')} AND {first.format('h')} <= "
            f"{last.format('f')}"
        )
        differ = (
            f"({first.format('f')}, {last.format('f')}) <> ({first.format('h')}, "
            f"{last.format('h')})"
        )
        return fetch_one(
            con,
            f"SELECT count(*) FROM {rows} h SEMI JOIN {read_parquet_sql([fresh])} f "
            f"ON {alike} AND {meet} AND {differ}",
        )


def count_known(
    fresh: Path, orders: Sequence[StoredFile], column: str, *, folder: Path
) -> tuple[int, int]:
    """Return how many values the fresh rows have in a column, the customer or the order, and how
    many of them the stored orders have."""
    with open_engine(folder) as con:
        values = f'SELECT DISTINCT "{column}" AS v FROM {read_parquet_sql([fresh])}'
        known = f'SELECT "{column}" FROM {read_parquet_sql([one.path for one in orders])}'
        found = con.execute(
            f"SELECT count(v), count(v) FILTER (v IN ({known})) FROM ({values})"
        ).fetchone()
        return found[0], found[1]


def _list_unstated(con: Any, kind: str, fresh: Path) -> list[str]:
    """Return the columns about people in which what is stored stays where the fresh rows are empty:
    those that are empty throughout, and consents, of which an empty cell states none."""
    if kind not in PEOPLE_KINDS:
        return []
    columns = load_kinds()[kind].columns
    names = [one for one in schema_of(kind) if one not in load_kinds()[kind].key]
    counts = ", ".join(f'count("{name}")' for name in names)
    found = con.execute(f"SELECT {counts} FROM {read_parquet_sql([fresh])}").fetchone()
    counted = zip(names, found, strict=True)
    return [name for name, count in counted if not count or columns[name].type == "yes"]


def merge_addresses(
    addresses: Path | None,
    consents: Sequence[Path],
    stored: Sequence[StoredFile],
    *,
    folder: Path,
    source: str,
) -> MergeResult:
    """Merge the encrypted addresses and ids that came with a file of consents. Columns that the
    file does not have keep their stored values. All data of people who withdrew every consent is
    deleted; `consents` are the files of what is stored of them now."""
    if addresses is None and not stored:
        return MergeResult(0, 0, 0, 0)
    withdrawn = f"SELECT customer FROM {read_parquet_sql(consents)} WHERE {WITHDRAWN}"
    with open_engine(folder) as con:
        merger = Merger(
            con,
            TableShape(ENCRYPTED_COLUMNS, ("customer",), None),
            stored,
            folder,
            source,
        )
        missing = (
            set(ENCRYPTED_COLUMNS) - set(describe_columns(con, addresses)) if addresses else set()
        )
        return merger.merge(addresses, removed_keys=withdrawn, missing=sorted(missing))


def shape_of_kind(kind: str) -> TableShape:
    """Return the columns and the key of a kind. Columns that were added later are empty in older
    files."""
    known = load_kinds()[kind]
    columns = {name: sql_type(column.type) for name, column in known.columns.items()}
    return TableShape(columns, known.key, known.dated, known.counts_by)
