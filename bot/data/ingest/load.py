"""Reads a file that was understood into one Parquet file of our columns."""

import os
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from bot.data.ingest import diagnosis
from bot.data.ingest.file_format import check_same
from bot.data.ingest.file_schema import Address, Cancelled, Taken, Understood
from bot.data.ingest.layout import shape_of
from bot.data.ingest.rejects import Masking, Reject, write_rejects
from bot.data.ingest.sealing import ALLOWS, sealed
from bot.data.ingest.source import Source, literal, opened
from bot.data.ingest.table import fill, kept
from bot.data.schema import kinds
from bot.errors import CannotDo, TryAgain, system_failure
from bot.i18n.messages import Words

MOST_REJECTS = 100_000  # told one by one; a file with more is the wrong file


def read(
    path: Path,
    understood: Understood,
    *,
    to: Path,
    key: bytes,
    apart: Path | None = None,
    progress: Callable[[int], None] = lambda rows: None,
    cancelled: Callable[[], bool] = lambda: False,
    today: date | None = None,
    own: Collection[str] = (),
) -> Taken:
    """Takes the file in. `to` gets one Parquet file with exactly `shelf.schema(kind)`; `apart`,
    for consents, one of customer and the id, email, phone that it has (sealed). `key` makes
    persons' keys and seals. `progress` hears the rows read so far; `cancelled` is asked many times
    a second. `today` bounds dates: later than its tomorrow is rejected (the machine's day in UTC
    if none). `own` are words of what the team sells: see `own_words`. What stayed out is told in
    `to` with the ending `.rejects.csv`.

    Raises Cancelled, and CannotDo when the file is not the one that was understood or no row of
    it can be read; `to` and `apart` then don't exist.
    """
    check_same(path, understood)
    day = today or datetime.now(UTC).date()
    fresh: list[tuple[Path, Path]] = []
    try:
        with opened(path, understood.name, shape_of(understood), cancelled) as source:
            whys = fill(source, understood, key, day, progress, cancelled, own)
            rejects = _rejects(source, understood, whys, own)
            taken = _write(source, understood, to, fresh, rejects)
            if apart and understood.apart:
                _apart(source, understood, key, apart, fresh)
        if cancelled():
            raise Cancelled
        check_same(path, understood)
        for made, final in fresh:
            made.replace(final)
        progress(taken.rows)
        return taken
    except duckdb.Error as error:
        raise _failed(path, understood, error) from None
    finally:
        for made, _ in fresh:
            made.unlink(missing_ok=True)


def _rejects(
    source: Source, understood: Understood, whys: list[tuple[str, str]], own: Collection[str]
) -> list[Reject]:
    masking = Masking(understood, own)
    cells = ", ".join(f"c{i}" for i in range(len(understood.names)))
    rows = source.con.execute(
        f"SELECT r.n, r.why, {cells} FROM {source.relation} s JOIN "
        f"(SELECT n, why FROM typed WHERE why IS NOT NULL ORDER BY n LIMIT {MOST_REJECTS}) r "
        f"ON r.n = s.n ORDER BY r.n"
        if source.con.execute("SELECT 1 FROM typed WHERE why IS NOT NULL LIMIT 1").fetchone()
        else f"SELECT 0, 0, {cells} FROM {source.relation} s WHERE false"
    ).fetchall()
    lines = source.lines([row[0] for row in rows])
    found = [
        Reject(lines.get(row[0], row[0]), whys[row[1]][0], whys[row[1]][1], masking.row(row[2:]))
        for row in rows
    ]
    for fault in source.faults:
        found.append(Reject(fault.line, "", masking.reason(fault.reason), masking.raw(fault.raw)))
    found.sort(key=lambda one: int(one.line))
    return [replace(one, line=source.place(int(one.line))) for one in found]


def _write(
    source: Source,
    understood: Understood,
    to: Path,
    fresh: list[tuple[Path, Path]],
    rejects: list[Reject],
) -> Taken:
    con, dated = source.con, kinds()[understood.kind].dated
    doubled = kept(con, understood)
    rows, last = con.execute(f'SELECT count(*), max("{dated}")::DATE FROM kept').fetchall()[0]
    if not rows:
        raise diagnosis.no_rows(understood.name, rejects)
    made = _fresh(to, fresh)
    names = ", ".join(f'"{name}"' for name in kinds()[understood.kind].columns)
    con.execute(
        f"COPY (SELECT {names} FROM kept) TO {literal(made)} (FORMAT parquet, COMPRESSION zstd)"
    )
    _flush(made)
    told = None
    if rejects:
        told = to.with_suffix(".rejects.csv")
        write_rejects(rejects, _fresh(told, fresh))
    currencies: tuple[str, ...] = ()
    if "currency" in kinds()[understood.kind].columns:
        said = "SELECT DISTINCT currency FROM kept WHERE currency IS NOT NULL ORDER BY 1 LIMIT 50"
        currencies = tuple(row[0] for row in con.execute(said).fetchall())
    out = con.execute("SELECT count(*) FROM typed WHERE why IS NOT NULL").fetchall()[0][0]
    return Taken(rows, out + len(source.faults), told, last, currencies, doubled)


def _apart(
    source: Source, understood: Understood, key: bytes, apart: Path, fresh: list[tuple[Path, Path]]
) -> None:
    """The ids and addresses of those whose consent lets them be used."""
    import pyarrow.parquet as pq

    selects: dict[Address, str] = {}
    for place, what in understood.apart:
        yes = " OR ".join(f'coalesce(k."{one}", false)' for one in ALLOWS[what])
        allowed = f"({yes}) AND NOT coalesce(k.opted_out, false)"
        cell = f"CASE WHEN {allowed} THEN bare(s.c{place}) END"
        selects[what] = f"coalesce({selects[what]}, {cell})" if what in selects else cell
    told = ", ".join(f'{cell} AS "{what}"' for what, cell in selects.items())
    some = " OR ".join(f'"{what}" IS NOT NULL' for what in selects)
    rows = source.con.execute(
        f"SELECT * FROM (SELECT k.customer, {told} "
        f"FROM kept k JOIN {source.relation} s ON k.n = s.n) WHERE {some}"
    ).fetchall()
    table = sealed(rows, key, list(selects))
    pq.write_table(table, _fresh(apart, fresh), compression="zstd")


def _fresh(to: Path, fresh: list[tuple[Path, Path]]) -> Path:
    """A name of its own beside the one that the file gets in the end."""
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


def _failed(path: Path, understood: Understood, error: duckdb.Error) -> CannotDo | TryAgain:
    if told := system_failure(error, path):
        return told
    if isinstance(error, duckdb.OutOfMemoryException):
        return CannotDo(Words("{file} is too large for this machine.", file=understood.name))
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
        return CannotDo(Words("{file} is damaged: I can't read its rows.", file=understood.name))
    raise error
