"""SQL that converts the cells of a file to our columns, and the rules that reject rows."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import PythonUDFType

from bot.data.catalogue.cells import DOLLAR_CURRENCIES
from bot.data.ingest.column_names import classify_metric
from bot.data.ingest.file_schema import FileSchema
from bot.data.ingest.tool_exports import load_exports
from bot.data.reject_reasons import RejectCode
from bot.data.schema import ColumnType, load_kinds
from bot.data.text_workers import TextWorkers
from bot.data.warehouse.parquet import quote_text
from bot.privacy import mask_all

TEXT_TYPES = ("text", "key", "person")
NUMBER_TYPES = ("money", "number", "whole")


def cast_cell(type_: ColumnType, raw: str, schema: FileSchema) -> str:
    """Return SQL that converts a cell's text to a type."""
    moment = cast_time(raw, schema)
    if type_ in NUMBER_TYPES:
        place = int(raw[1:])
        return f"as_{type_}({raw}, d{place}, {decimal_mark_sql(schema, place)})"
    ways: dict[ColumnType, str] = {
        "text": raw,
        "key": f"as_key({raw})",
        "person": f"as_person({raw})",
        "day": f"likely({moment})::DATE",
        "moment": f"likely({moment})",
        "yes": f"as_yes({raw})",
    }
    return ways[type_]


def cast_time(raw: str, schema: FileSchema) -> str:
    """Return SQL that converts a cell to a time. Where the whole file uses one format, only that
    one is tried, because DuckDB takes longer to plan all of them than to read the rows."""
    if raw.removeprefix("t").isdigit() and int(raw.removeprefix("t")) in schema.iso:
        return f"iso({raw})"
    if schema.year_first:
        return f"as_moment(turned({raw}), true)"
    return f"as_moment({raw}, {str(schema.day_first).lower()})"


def decimal_mark_sql(schema: FileSchema, place: int) -> str:
    return quote_text(schema.mark(place))


MACROS_FILE = Path(__file__).parent / "cell_macros.sql"


def create_macros(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Create the macros in a connection. `as_person` pseudonymizes with `key` (HMAC-SHA256, RFC
    2104)."""
    con.execute(MACROS_FILE.read_text(encoding="utf-8"))
    block = hashlib.sha256(key).digest() if len(key) > 64 else key
    inner = bytes(byte ^ 0x36 for byte in block.ljust(64, b"\0"))
    outer = bytes(byte ^ 0x5C for byte in block.ljust(64, b"\0"))
    con.execute(
        f"CREATE MACRO as_person(x) AS left(sha256({_decode_blob(outer)} || "
        f"unhex(sha256({_decode_blob(inner)} || encode(lower(x))))), 32)"
    )


def strip_cells(
    relation: str,
    texts: Iterable[int],
    values: Iterable[int],
    numbers: Iterable[int],
    mark: Callable[[int], str],
) -> str:
    """Return SQL for `relation` with additional columns: s<i>, the trimmed text, for `texts`; t<i>,
    the text or NULL for an empty word, for `values` and `numbers`; d<i>, the digits of a number,
    where they are needed. `mark` returns a column's decimal mark.

    These are nested subqueries, because a macro repeats its argument.
    """
    said, counted = sorted(set(texts)), sorted(set(numbers))
    valued = sorted({*values, *counted})
    first = "".join(f", bare(c{i}) AS b{i}" for i in sorted({*said, *valued}))
    second = "".join(f", said(b{i}) AS s{i}" for i in said)
    second += "".join(f", something(b{i}) AS t{i}" for i in valued)
    third = "".join(
        f", CASE WHEN {mark(i) == '.'} AND try_cast(t{i} AS DECIMAL(18, 2)) IS NOT NULL THEN NULL "
        f"ELSE grouped(signed(digits(t{i}))) END AS d{i}"
        for i in counted
    )
    return f"(SELECT *{third} FROM (SELECT *{second} FROM (SELECT *{first} FROM {relation})))"


def _decode_blob(stored: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in stored) + "'::BLOB"


# SQL for each of our columns over the cells of a file.


def derive_column(understood: FileSchema, name: str) -> str | None:
    makers = {
        "orders": _derive_order_column,
        "events": _derive_event_column,
        "campaigns": _derive_campaign_column,
        "experiments": _derive_experiment_column,
    }
    if name == "currency" and understood.currency:
        place = understood.place("currency")
        said = f"as_currency(s{place})" if place is not None else "NULL"
        return (
            f"coalesce({said}, {_currency_sign_sql(understood)}, {quote_text(understood.currency)})"
        )
    if understood.period and not understood.has(name):
        days = {load_kinds()[understood.kind].dated: 0, "until": 1}
        if name in days:
            return f"DATE {quote_text(understood.period[days[name]])}"
    export = load_exports().get(understood.export)
    if export and name in export.fixed and not understood.has(name):
        return quote_text(export.fixed[name])
    make = makers.get(understood.kind)
    return make(understood, name) if make else None


def _currency_sign_sql(understood: FileSchema) -> str:
    """Return SQL for the currency by the sign beside a row's amount, where a file has several."""
    amounts = ("amount", "unit_price", "price", "sales", "spend")
    place = next((at for one in amounts if (at := understood.place(one)) is not None), None)
    if place is None or not understood.signed:
        return "NULL"
    dollar = understood.currency if understood.currency in DOLLAR_CURRENCIES else "USD"
    return f"as_signed(t{place}, {quote_text(dollar)})"


def _moment_sql(understood: FileSchema) -> str:
    """Return SQL for a time whose date and time of day are in two columns."""
    at, time = f"t{understood.place('at')}", f"t{understood.place('time')}"
    joined = (
        f"CASE WHEN length({at}) <= 10 AND regexp_matches({time}, '^\\d{{1,2}}[:h]') "
        f"THEN {at} || ' ' || {time} ELSE {at} END"
    )
    return f"list_transform([{joined}], lambda x: {cast_cell('moment', 'x', understood)})[1]"


def _derive_order_column(understood: FileSchema, name: str) -> str | None:
    place = understood.place
    if name == "at" and understood.has("at", "time"):
        return _moment_sql(understood)
    if name == "amount" and place("amount") is None:
        price = _exact_column_sql(understood, "unit_price")
        pieces = _exact_column_sql(understood, "quantity") if understood.has("quantity") else "1"
        off = f"coalesce({_exact_column_sql(understood, 'line_discount', 'money')}, 0)"
        worth = f"{price}::DOUBLE * {pieces}::DOUBLE"
        worth = f"{worth} - {off}::DOUBLE" if understood.has("line_discount") else worth
        return f"try_cast(round({worth}, 4) AS DECIMAL(18, 2))"
    if name == "order" and place("order") is None:
        at = cast_time(f"t{place('at')}", understood)
        day = f"{at}::DATE"
        return f"left(md5(as_person(s{place('customer')}) || {day}::VARCHAR), 20)"
    if name == "variant" and place("variant") is None:
        parts = [f"s{place(one)}" for one in ("size", "colour") if understood.has(one)]
        return f"nullif(concat_ws(', ', {', '.join(parts)}), '')" if parts else None
    if name == "line" and place("line") is None:
        # A line is numbered by its position in the order, later on; a whole order is line 0.
        lined = understood.has("product") or understood.has("title") or not understood.has("order")
        return "NULL" if lined else "0"
    return None


def _exact_column_sql(understood: FileSchema, ours: str, type_: str = "exact") -> str:
    place = understood.place(ours)
    return f"as_{type_}(t{place}, d{place}, {decimal_mark_sql(understood, place or 0)})"


def _derive_event_column(understood: FileSchema, name: str) -> str | None:
    if name == "at" and understood.has("at", "time"):
        return _moment_sql(understood)
    if name == "session" and not understood.has("session"):
        at = cast_time(f"t{understood.place('at')}", understood)
        day = f"{at}::DATE"
        return f"left(md5(as_person(s{understood.place('visitor')}) || {day}::VARCHAR), 20)"
    return None


def _derive_campaign_column(understood: FileSchema, name: str) -> str | None:
    if name == "id" and not understood.has("id") and understood.has("code"):
        return f"s{understood.place('code')}"
    if name == "channel" and not understood.has("channel"):
        letters = understood.has("opened") or understood.has("subject") or understood.has("sent")
        return "'email'" if letters else "'ads'"
    if name == "audience" and not understood.has("audience"):
        aids = ("age", "gender")
        parts = [f"s{understood.place(one)}" for one in aids if understood.has(one)]
        return f"nullif(concat_ws(', ', {', '.join(parts)}), '')" if parts else None
    return None


def _derive_experiment_column(understood: FileSchema, name: str) -> str | None:
    stem = understood.name.rsplit(".", 1)[0]
    if name == "experiment" and not understood.has("experiment"):
        return quote_text(stem)
    if name == "unit" and not understood.has("unit") and not understood.has("users"):
        return f"as_person({quote_text(stem)} || ':' || n)"
    if name == "users" and not understood.has("users"):
        return "1"
    if name == "metric" and not understood.has("metric"):
        return "'conversion'"
    if name == "share" and understood.said.split and not understood.has("share"):
        return _equal_share_sql(understood)
    return None


def _equal_share_sql(understood: FileSchema) -> str:
    """Return SQL for the share of each of a test's variants, where all are meant to be equal."""
    variant, test = understood.place("variant"), understood.place("experiment")
    of = f" OVER (PARTITION BY s{test})" if test is not None else " OVER ()"
    return f"1.0 / count(DISTINCT s{variant}){of}"


# Our columns of a kind as SQL over a file's cells, and what a cell that fails is told.

FREE_TEXT_COLUMNS = {
    ("feedback", "text"),
    ("feedback", "title"),
}  # personal data in them is replaced
IDENTIFIER_COLUMNS = {"order", "session", "id"}  # an address in them is keyed
TYPE_REASONS: dict[ColumnType, RejectCode] = {
    "money": RejectCode.NOT_AN_AMOUNT,
    "number": RejectCode.NOT_A_NUMBER,
    "whole": RejectCode.NOT_A_WHOLE_NUMBER,
    "day": RejectCode.NOT_A_DATE,
    "moment": RejectCode.NOT_A_DATE,
    "yes": RejectCode.NOT_YES_OR_NO,
}
# Of texts without ids: what they are known again by.
COMPARISON_COLUMNS = ("alike_text", "alike_title")
WORD_MACROS = {
    "step": "as_step",
    "status": "as_status",
    "device": "as_device",
    "channel": "as_channel",
    "currency": "as_currency",
}


@dataclass(frozen=True)
class TargetColumn:
    """One column: `raw` is what the cell says, `sql` the value; both over the source's columns.
    `reason` is what is wrong when there is a raw and no value."""

    name: str
    type: ColumnType
    raw: str
    sql: str
    theirs: str
    reason: RejectCode | None = None
    needed: bool = False


@dataclass(frozen=True)
class RejectRule:
    """A row for which `sql` (over our columns) is true stays out."""

    sql: str
    theirs: str
    reason: RejectCode


def target_columns(understood: FileSchema) -> list[TargetColumn]:
    """Every column of the kind, in order; then the outcomes of a test as `metric_<name>`, and
    what texts without ids are known again by."""
    found = [_target_column(understood, name) for name in load_kinds()[understood.kind].columns]
    for one in understood.columns:
        if one.metric:
            found.append(_outcome_column(understood, one.place, one.metric, one.theirs))
    if understood.kind == "feedback" and not understood.has("id"):
        found += [_comparison_column(understood, name) for name in ("text", "title")]
    return found


def reject_rules(
    understood: FileSchema, columns: list[TargetColumn], today: date
) -> Iterator[RejectRule]:
    """Why a row stays out, in the order in which it is told."""
    kind = load_kinds()[understood.kind]
    for one in columns:
        if one.reason:
            yield RejectRule(
                f'{one.raw} IS NOT NULL AND "{one.name}" IS NULL', one.theirs, one.reason
            )
    for one in columns:
        if one.needed:
            yield RejectRule(f'"{one.name}" IS NULL', one.theirs, RejectCode.EMPTY)
        if (
            one.name in IDENTIFIER_COLUMNS and one.raw != "NULL"
        ):  # two of these need not be the same one
            short = f"""regexp_full_match("{one.name}", '\\d[.,]\\d+[eE]\\+\\d+')"""
            yield RejectRule(short, one.theirs, RejectCode.CUT_BY_SPREADSHEET)
    if kind.name == "feedback":  # stars without a word count for the rating
        text = next(one.theirs for one in columns if one.name == "text")
        yield RejectRule('"text" IS NULL AND "rating" IS NULL', text, RejectCode.EMPTY)
    theirs = next(one.theirs for one in columns if one.name == kind.dated)
    last = (today + timedelta(days=2)).isoformat()
    yield RejectRule(f"\"{kind.dated}\" >= DATE '{last}'", theirs, RejectCode.IN_THE_FUTURE)
    if kind.name == "feedback" and understood.has("rating"):
        told = next(one.theirs for one in columns if one.name == "rating")
        yield RejectRule('"rating" NOT BETWEEN 0 AND 5', told, RejectCode.NOT_A_RATING)


def select_cells(understood: FileSchema, relation: str) -> str:
    """The relation with the cells of all columns that are read, as `ours` wants them."""
    columns = load_kinds()[understood.kind].columns
    texts, values, numbers = set[int](), set[int](), set[int]()
    for one in understood.columns:
        type_ = columns[one.ours].type if one.ours in columns else None
        if one.metric or type_ in NUMBER_TYPES or one.how == "a factor":
            numbers.add(one.place)
        elif type_ in TEXT_TYPES or one.how == "part of a text":
            texts.add(one.place)
        else:
            values.add(one.place)
    return strip_cells(relation, texts, values, numbers, understood.mark)


def _target_column(understood: FileSchema, name: str) -> TargetColumn:
    column = load_kinds()[understood.kind].columns[name]
    of_others = derive_column(understood, name)
    one = next((one for one in understood.columns if one.ours == name and not one.metric), None)
    theirs = one.theirs if one else name
    if of_others is not None:
        needed = column.needed or name == "amount"
        return TargetColumn(name, column.type, "NULL", of_others, theirs, needed=needed)
    if one is None:
        return TargetColumn(name, column.type, "NULL", "NULL", theirs, needed=column.needed)
    raw = f"{'s' if column.type in TEXT_TYPES else 't'}{one.place}"
    sql = cast_cell(column.type, raw, understood)
    if column.type == "text":
        sql = _text_sql(understood.kind, name, raw)
    if name == "rating":
        sql = (
            f"as_rating({raw}, d{raw[1:]}, {decimal_mark_sql(understood, one.place)}) * {one.scale}"
        )
    if name == "share":
        sql = f"CASE WHEN contains({raw}, '%') OR {sql} > 1 THEN {sql} / 100 ELSE {sql} END"
    if name == "opted_out":  # a day on which somebody left says yes
        sql = f"coalesce(as_yes({raw}), {raw} IS NOT NULL)"
        return TargetColumn(name, column.type, raw, sql, theirs)
    reason = TYPE_REASONS.get(column.type)
    return TargetColumn(name, column.type, raw, sql, theirs, reason, column.needed)


def _comparison_column(understood: FileSchema, name: str) -> TargetColumn:
    place = understood.place(name)
    sql = "NULL" if place is None else f"bare_alike(s{place})"
    return TargetColumn(f"alike_{name}", "text", "NULL", sql, name)


def _text_sql(kind: str, name: str, raw: str) -> str:
    if (kind, name) in FREE_TEXT_COLUMNS:
        return f"bare_words({raw})"
    if name in IDENTIFIER_COLUMNS:
        return f"CASE WHEN contains({raw}, '@') THEN as_person({raw}) ELSE {raw} END"
    if name in WORD_MACROS and kind in ("orders", "events", "campaigns", "prices", "experiments"):
        if name == "currency":
            return f"coalesce(as_currency({raw}), NULL)"
        return f"{WORD_MACROS[name]}({raw})"
    return f"hidden({raw})"


def _outcome_column(understood: FileSchema, place: int, metric: str, theirs: str) -> TargetColumn:
    raw, sign = f"t{place}", decimal_mark_sql(understood, place)
    if classify_metric(metric) == "values":
        return TargetColumn(
            f"metric_{metric}",
            "money",
            raw,
            f"as_money({raw}, d{raw[1:]}, {sign})",
            theirs,
            RejectCode.NOT_AN_AMOUNT,
        )
    sql = f"coalesce(as_yes({raw})::BIGINT, as_whole({raw}, d{raw[1:]}, {sign}))"
    return TargetColumn(f"metric_{metric}", "whole", raw, sql, theirs, RejectCode.NOT_YES_OR_NO)


# The masking of personal data in customers' texts as SQL functions.


def register_masking(
    con: duckdb.DuckDBPyConnection, own: Collection[str] = (), workers: TextWorkers | None = None
) -> None:
    """Create `bare_words(text)` and `bare_alike(text)` in DuckDB. `bare_alike` ignores the team's
    own words (`own`), so that a text is recognised again after the catalogue has changed. It loads
    numpy and pyarrow."""
    import pyarrow as pa

    workers = workers or TextWorkers()

    def create(name: str, own: Collection[str]) -> None:
        mask = partial(mask_all, own=frozenset(own))

        def bare(texts: Any) -> Any:
            return pa.array(workers.map(mask, texts.to_pylist()), pa.string())

        con.create_function(name, bare, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW)

    create("bare_words", own)
    if own:
        create("bare_alike", ())
    else:
        con.execute("CREATE OR REPLACE MACRO bare_alike(x) AS bare_words(x)")
