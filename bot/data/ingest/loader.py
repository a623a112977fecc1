"""Converts a file whose schema was detected into one Parquet file of our columns."""

import threading
import time
import uuid
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from bot.data.ingest import file_errors
from bot.data.ingest.address_encryption import CONSENTS_FOR_ADDRESS, encrypt_addresses
from bot.data.ingest.column_names import classify_metric
from bot.data.ingest.column_sql import (
    COMPARISON_COLUMNS,
    create_macros,
    register_masking,
    reject_rules,
    select_cells,
    target_columns,
)
from bot.data.ingest.file_schema import (
    AddressKind,
    FileSchema,
    ImportCancelled,
    LoadResult,
    check_unchanged,
    layout_of_schema,
)
from bot.data.ingest.rejects import REJECTS_SUFFIX, RejectedRow, RejectMasking, write_rejects
from bot.data.ingest.row_preparation import prepare_rows
from bot.data.ingest.source import RowSource, open_source, quote_name
from bot.data.ingest.totals import AGGREGATE_KINDS, NOT_ADDITIVE
from bot.data.reject_reasons import RejectReason
from bot.data.schema import load_kinds
from bot.data.text_workers import TextWorkers
from bot.data.warehouse.parquet import flush_to_disk, quote_text
from bot.data.warehouse.warehouse import sql_type
from bot.errors import CannotDo, TryAgain, translate_system_error

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
    con = source.con
    doubled, numbered = create_kept(con, schema)
    rows = con.execute("SELECT count(*) FROM kept").fetchall()[0][0]
    if not rows:
        raise file_errors.no_rows_error(schema.name, rejects)
    made = _temporary_path(to, fresh)
    names = ", ".join(f'"{name}"' for name in load_kinds()[schema.kind].columns)
    con.execute(
        f"COPY (SELECT {names} FROM kept) TO {quote_text(made)} (FORMAT parquet, COMPRESSION zstd)"
    )
    flush_to_disk(made)
    rejects_path = None
    if rejects:
        rejects_path = to.with_suffix(f".rejects{REJECTS_SUFFIX}")
        write_rejects(rejects, _temporary_path(rejects_path, fresh))
    out = con.execute("SELECT count(*) FROM typed WHERE why IS NOT NULL").fetchall()[0][0]
    left_out = out + len(source.faults)
    return LoadResult(rows, left_out, rejects_path, doubled, numbered)


def _write_addresses(
    source: RowSource, schema: FileSchema, key: bytes, apart: Path, fresh: list[tuple[Path, Path]]
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
    to.parent.mkdir(parents=True, exist_ok=True)
    made = to.with_name(f".{uuid.uuid4().hex}.part")
    fresh.append((made, to))
    return made


def _explain_failure(path: Path, schema: FileSchema, error: duckdb.Error) -> CannotDo | TryAgain:
    if told := translate_system_error(error, path):
        return told
    if isinstance(error, duckdb.OutOfMemoryException):
        return CannotDo("{file} is too large for this machine.", file=schema.name)
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
        return CannotDo("{file} is damaged: I can't read its rows.", file=schema.name)
    raise error


# The rows of a file as tables: `typed` holds all of them, `kept` the accepted ones.

COUNTED_ONCE = ("users", "new_users")  # people, whom several rows may count
POLL_SECONDS = 0.1


def run_with_progress(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    rows: int,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Run `sql` over about `rows` rows. Raises ImportCancelled when asked to stop."""
    failed: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            con.execute(sql)
        except duckdb.Error as error:
            failed.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=work, name="reading", daemon=True)
    thread.start()
    stopped = told = False
    try:
        while not done.wait(POLL_SECONDS if told else 0.02):
            told = True
            if stopped or cancelled():
                stopped = True
                con.interrupt()
                continue
            share = con.query_progress()
            if share > 0:
                progress(min(rows, int(rows * share / 100)))
    except BaseException:
        con.interrupt()
        raise
    finally:
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            time.sleep(0)
    if stopped:
        raise ImportCancelled
    if failed:
        raise failed[0]


def create_typed(
    source: RowSource,
    schema: FileSchema,
    key: bytes,
    today: date,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
    own: Collection[str],
) -> list[tuple[str, RejectReason]]:
    """Create `typed`: n, our columns, why (NULL, or the index of the returned (column, reason)).
    `own` words are not masked as names of people."""
    create_macros(source.con, key)
    prepare_rows(source, schema)
    sql, whys = select_typed(schema, source.relation, today)
    with TextWorkers(schema.rows) as workers:
        if "bare_words(" in sql:  # only then, because it loads numpy
            register_masking(source.con, own, workers)
            source.con.execute("SET threads = 1")  # a second one would wait for it in a busy loop
        typed = f"CREATE TEMP TABLE typed AS {sql}"
        run_with_progress(source.con, typed, schema.rows, progress, cancelled)
    return whys


def create_kept(
    con: duckdb.DuckDBPyConnection, schema: FileSchema, renumber: bool = True
) -> tuple[int, int]:
    """Create `kept` from `typed`: numbered, with one row for each metric, and one row of each key:
    the last one, or the sum of them where rows are figures of several events. Different lines of an
    order with the same number are numbered anew. Return the number of duplicates, and of lines that
    were numbered anew."""
    kind = load_kinds()[schema.kind]
    names = ", ".join(kind.keys())
    numbered = schema.kind == "orders" and not schema.has("line") and _has_lines(schema)
    form = "TABLE" if numbered else "VIEW"  # an expensive query is run once
    con.execute(f"CREATE TEMP {form} whole AS {_select_accepted(schema)}")
    doubled = 0
    if not numbered:
        counted = (
            "SELECT (SELECT count(*) FROM whole) - "
            f"(SELECT count(*) FROM (SELECT DISTINCT {names} FROM whole))"
        )
        doubled = con.execute(counted).fetchall()[0][0]
    form = "TABLE" if doubled else "VIEW"
    if doubled and schema.kind in AGGREGATE_KINDS:
        con.execute(f"CREATE TEMP TABLE kept AS {_select_added_up(schema.kind)}")
        return int(doubled), 0
    if doubled and renumber and schema.kind == "orders" and _have_different_lines(con):
        line = 'row_number() OVER (PARTITION BY "order" ORDER BY n) AS line'
        con.execute(f"CREATE TEMP TABLE kept AS SELECT * REPLACE ({line}) FROM whole")
        return 0, int(doubled)
    last = f"QUALIFY row_number() OVER (PARTITION BY {names} ORDER BY n DESC) = 1"
    con.execute(f"CREATE TEMP {form} kept AS SELECT * FROM whole {last if doubled else ''}")
    return int(doubled), 0


def _have_different_lines(con: duckdb.DuckDBPyConnection) -> bool:
    """Return whether rows with the same order and line number are about different products: such
    numbers count something else. Of the same product, the last row corrects those before."""
    differ = con.execute(
        'SELECT count(*) > count(DISTINCT ("order", line)) FROM (SELECT DISTINCT "order", line, '
        "product, title, variant FROM whole)"
    ).fetchall()
    return bool(differ[0][0])


def _select_added_up(kind: str) -> str:
    """Return SQL with one row for each key. Rows of the same key are parts of one figure, broken
    down by a column that is not read; rows that are equal in everything count once."""
    columns = load_kinds()[kind].columns
    values = []
    for name, column in columns.items():
        if column.type in ("whole", "money", "number") and name not in NOT_ADDITIVE:
            values.append(f'CAST(sum("{name}") AS {sql_type(column.type)}) AS "{name}"')
        elif name in COUNTED_ONCE:
            values.append(f'CASE WHEN count(*) = 1 THEN last("{name}" ORDER BY n) END AS "{name}"')
        else:
            values.append(f'last("{name}" ORDER BY n) AS "{name}"')
    keys = ", ".join(load_kinds()[kind].keys())
    names = ", ".join(map(quote_name, columns))
    once = f"SELECT max(n) AS n, {names} FROM whole GROUP BY ALL"
    return f"SELECT max(n) AS n, {', '.join(values)} FROM ({once}) GROUP BY {keys}"


def _has_lines(schema: FileSchema) -> bool:
    return schema.has("product") or schema.has("title") or not schema.has("order")


def select_typed(
    schema: FileSchema, relation: str, today: date
) -> tuple[str, list[tuple[str, RejectReason]]]:
    """Return SQL for `typed` over the cells in `relation`, and the (column, reason) pairs that
    `why` refers to."""
    columns = target_columns(schema)
    values = ", ".join(
        f"CAST({one.sql} AS {sql_type(one.type)}) AS {quote_name(one.name)}" for one in columns
    )
    whys: list[tuple[str, RejectReason]] = []
    cases: list[str] = []
    bare = select_cells(schema, relation)
    raws = {one.name: f"r{i}" for i, one in enumerate(columns)}
    told = ", ".join(f"{one.raw} IS NOT NULL AS {raws[one.name]}" for one in columns if one.reason)
    for rule in reject_rules(schema, columns, today):
        sql = rule.sql
        for one in columns:
            if one.reason:
                sql = sql.replace(f"{one.raw} IS NOT NULL AND", f"{raws[one.name]} AND")
        cases.append(f"WHEN {sql} THEN {len(whys)}")
        whys.append((rule.theirs, RejectReason(rule.reason)))
    inner = f"SELECT n, {values}{', ' + told if told else ''} FROM {bare}"
    why = f"CASE {' '.join(cases)} END" if cases else "NULL"
    names = ", ".join(quote_name(one.name) for one in columns)
    return f"SELECT n, {names}, {why} AS why FROM ({inner})", whys


def _select_accepted(schema: FileSchema) -> str:
    """Return SQL for the accepted rows with duplicates: our columns and n."""
    names = list(load_kinds()[schema.kind].columns)
    columns = ", ".join(map(quote_name, names))
    base = "(SELECT * FROM typed WHERE why IS NULL)"
    if schema.kind == "orders" and not schema.has("line") and _has_lines(schema):
        # All rows of the file are numbered, so that a row that is corrected later keeps its number.
        line = 'row_number() OVER (PARTITION BY "order" ORDER BY n) AS line'
        base = f"(SELECT * FROM (SELECT * REPLACE ({line}) FROM typed) WHERE why IS NULL)"
    if schema.kind == "feedback" and not schema.has("id"):
        alike = {"text": COMPARISON_COLUMNS[0], "title": COMPARISON_COLUMNS[1]}
        named = [alike.get(name, name) for name in names if name != "id"]
        told = [f'coalesce("{name}"::VARCHAR, chr(0))' for name in named]
        said = ", ".join(told)
        # Equal texts are one review; ratings without text may come from different people.
        nth = f"CASE WHEN text IS NULL THEN row_number() OVER (PARTITION BY {said} ORDER BY n) END"
        made = f"left(sha256(concat_ws(chr(1), {said}, ({nth})::VARCHAR)), 16) AS id"
        return f"SELECT n, {columns} FROM (SELECT * REPLACE ({made}) FROM {base})"
    metrics = [one.metric for one in schema.columns if one.metric]
    if metrics:
        return " UNION ALL ".join(_unfold_metrics(names, base, metrics))
    return f"SELECT n, {columns} FROM {base}"


def _unfold_metrics(names: list[str], base: str, metrics: list[str]) -> list[str]:
    """Return SQL with one row for each metric. One yes-or-no with one amount stays one row."""
    yes = [one for one in metrics if classify_metric(one) == "successes"]
    amounts = [one for one in metrics if classify_metric(one) == "values"]
    if len(yes) == 1 and len(amounts) == 1:
        pairs: list[tuple[str, str | None, str | None]] = [(yes[0], yes[0], amounts[0])]
    else:
        pairs = [(one, one, None) for one in yes] + [(one, None, one) for one in amounts]
    selects = []
    for metric, success, value in pairs:
        told = {
            "metric": quote_text(metric),
            "successes": f'"metric_{success}"' if success else "CAST(NULL AS BIGINT)",
            "value": f'"metric_{value}"' if value else "CAST(NULL AS DECIMAL(18, 2))",
        }
        columns = ", ".join(f'{told.get(name, quote_name(name))} AS "{name}"' for name in names)
        selects.append(f"SELECT n, {columns} FROM {base}")
    return selects
