"""Converts a file whose schema was detected into one Parquet file of our columns."""

import os
import uuid
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from bot.data.ingest import file_errors
from bot.data.ingest.address_encryption import CONSENTS_FOR_ADDRESS, encrypt_addresses
from bot.data.ingest.file_format import check_unchanged, layout_of_schema
from bot.data.ingest.file_schema import AddressKind, FileSchema, ImportCancelled, LoadResult
from bot.data.ingest.rejects import (
    REJECTS_SUFFIX,
    RejectedRow,
    RejectMasking,
    write_rejects,
)
from bot.data.ingest.source import RowSource, open_source, quote_text
from bot.data.ingest.table import create_kept, create_typed
from bot.data.reject_reasons import RejectReason
from bot.data.schema import load_kinds
from bot.errors import CannotDo, TryAgain, translate_system_error
from bot.i18n.messages import Words

MOST_REJECTS = 100_000  # listed one by one; a file with more is the wrong file


def load_file(
    path: Path,
    schema: FileSchema,
    *,
    to: Path,
    key: bytes,
    apart: Path | None = None,
    progress: Callable[[int], None] = lambda rows: None,
    cancelled: Callable[[], bool] = lambda: False,
    today: date | None = None,
    own: Collection[str] = (),
) -> LoadResult:
    """Convert the file.

    `to` gets one Parquet file with exactly the columns of `schema_of(kind)`. For consents, `apart`
    gets one with customer and the id, e-mail and phone that the file has, encrypted. `key`
    pseudonymizes customers and encrypts. `progress` receives the number of rows read so far;
    `cancelled` is called many times a second. Dates later than the day after `today` (default: the
    current day in UTC) are rejected. `own` holds words of the team's products: see
    `list_own_words`. Rejected rows are written to `to` with the suffix `.rejects.jsonl`.

    Raises ImportCancelled, and CannotDo when the file changed since its schema was detected or no
    row of it can be read. `to` and `apart` do not exist then.
    """
    check_unchanged(path, schema)
    day = today or datetime.now(UTC).date()
    fresh: list[tuple[Path, Path]] = []
    try:
        with open_source(path, schema.name, layout_of_schema(schema), cancelled) as source:
            whys = create_typed(source, schema, key, day, progress, cancelled, own)
            rejects = _collect_rejects(source, schema, whys, own)
            taken = _write_table(source, schema, to, fresh, rejects)
            if apart and schema.apart:
                _write_addresses(source, schema, key, apart, fresh)
        if cancelled():
            raise ImportCancelled
        check_unchanged(path, schema)
        for made, final in fresh:
            made.replace(final)
        progress(taken.rows)
        return taken
    except duckdb.Error as error:
        raise _explain_failure(path, schema, error) from None
    finally:
        for made, _ in fresh:
            made.unlink(missing_ok=True)


def _collect_rejects(
    source: RowSource,
    schema: FileSchema,
    whys: list[tuple[str, RejectReason]],
    own: Collection[str],
) -> list[RejectedRow]:
    masking = RejectMasking(schema, own)
    cells = ", ".join(f"c{i}" for i in range(len(schema.names)))
    rows = source.con.execute(
        f"SELECT r.n, r.why, {cells} FROM {source.relation} s JOIN "
        f"(SELECT n, why FROM typed WHERE why IS NOT NULL ORDER BY n LIMIT {MOST_REJECTS}) r "
        f"ON r.n = s.n ORDER BY r.n"
        if source.con.execute("SELECT 1 FROM typed WHERE why IS NOT NULL LIMIT 1").fetchone()
        else f"SELECT 0, 0, {cells} FROM {source.relation} s WHERE false"
    ).fetchall()
    lines = source.lines([row[0] for row in rows])
    found = [(lines.get(n, n), *whys[why], masking.row(cells)) for n, why, *cells in rows]
    for fault in source.faults:
        found.append((fault.line, "", masking.reason(fault.reason), masking.raw(fault.raw)))
    found.sort(key=lambda one: one[0])
    return [
        RejectedRow(line=source.place(line), column=column, reason=reason, row=row)
        for line, column, reason, row in found
    ]


def _write_table(
    source: RowSource,
    schema: FileSchema,
    to: Path,
    fresh: list[tuple[Path, Path]],
    rejects: list[RejectedRow],
) -> LoadResult:
    con, dated = source.con, load_kinds()[schema.kind].dated
    doubled, numbered = create_kept(con, schema)
    rows, last = con.execute(f'SELECT count(*), max("{dated}")::DATE FROM kept').fetchall()[0]
    if not rows:
        raise file_errors.no_rows_error(schema.name, rejects)
    made = _temporary_path(to, fresh)
    names = ", ".join(f'"{name}"' for name in load_kinds()[schema.kind].columns)
    con.execute(
        f"COPY (SELECT {names} FROM kept) TO {quote_text(made)} (FORMAT parquet, COMPRESSION zstd)"
    )
    _flush(made)
    rejects_path = None
    if rejects:
        rejects_path = to.with_suffix(f".rejects{REJECTS_SUFFIX}")
        write_rejects(rejects, _temporary_path(rejects_path, fresh))
    currencies: tuple[str, ...] = ()
    if "currency" in load_kinds()[schema.kind].columns:
        said = "SELECT DISTINCT currency FROM kept WHERE currency IS NOT NULL ORDER BY 1 LIMIT 50"
        currencies = tuple(row[0] for row in con.execute(said).fetchall())
    out = con.execute("SELECT count(*) FROM typed WHERE why IS NOT NULL").fetchall()[0][0]
    left_out = out + len(source.faults)
    return LoadResult(rows, left_out, rejects_path, last, currencies, doubled, numbered)


def _write_addresses(
    source: RowSource,
    schema: FileSchema,
    key: bytes,
    apart: Path,
    fresh: list[tuple[Path, Path]],
) -> None:
    """Write the ids and addresses of customers whose consent allows their use."""
    import pyarrow.parquet as pq

    selects: dict[AddressKind, str] = {}
    for place, what in schema.apart:
        yes = " OR ".join(f'coalesce(k."{one}", false)' for one in CONSENTS_FOR_ADDRESS[what])
        allowed = f"({yes}) AND NOT coalesce(k.opted_out, false)"
        cell = f"CASE WHEN {allowed} THEN bare(s.c{place}) END"
        selects[what] = f"coalesce({selects[what]}, {cell})" if what in selects else cell
    told = ", ".join(f'{cell} AS "{what}"' for what, cell in selects.items())
    some = " OR ".join(f'"{what}" IS NOT NULL' for what in selects)
    rows = source.con.execute(
        f"SELECT * FROM (SELECT k.customer, {told} "
        f"FROM kept k JOIN {source.relation} s ON k.n = s.n) WHERE {some}"
    ).fetchall()
    table = encrypt_addresses(rows, key, list(selects))
    pq.write_table(table, _temporary_path(apart, fresh), compression="zstd")


def _temporary_path(to: Path, fresh: list[tuple[Path, Path]]) -> Path:
    """Return a temporary path beside the final one."""
    to.parent.mkdir(parents=True, exist_ok=True)
    made = to.with_name(f".{uuid.uuid4().hex}.part")
    fresh.append((made, to))
    return made


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _explain_failure(path: Path, schema: FileSchema, error: duckdb.Error) -> CannotDo | TryAgain:
    if told := translate_system_error(error, path):
        return told
    if isinstance(error, duckdb.OutOfMemoryException):
        return CannotDo(Words("{file} is too large for this machine.", file=schema.name))
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
        return CannotDo(Words("{file} is damaged: I can't read its rows.", file=schema.name))
    raise error
