"""Detect what a file contains: its kind, its columns, and how its numbers and dates are written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from bot.data.catalogue.cells import CURRENCIES, find_currency
from bot.data.ingest import file_errors
from bot.data.ingest.assumptions import (
    NO_DATES,
    describe_arms,
    describe_skipped_lines,
    describe_spans,
    describe_unknown_statuses,
    lacks_currency,
    list_assumptions,
)
from bot.data.ingest.column_formats import FormatProof, prove_formats
from bot.data.ingest.column_names import (
    PRODUCTS_KIND,
    ColumnMatch,
    has_meaning,
    is_complete,
    normalize_column_name,
)
from bot.data.ingest.column_sql import create_macros, select_cells, target_columns
from bot.data.ingest.file_schema import (
    AS_DETECTED,
    DECIMAL_MARKS,
    AddressKind,
    FileInfo,
    FileLayout,
    FileSchema,
    ImportOptions,
    MappedColumn,
    UnprovedSetting,
    inspect_format,
)
from bot.data.ingest.header import (
    describe_sheets,
    find_header,
    layout_under_header,
    resolve_column_numbers,
)
from bot.data.ingest.product_files import detect_product_schema
from bot.data.ingest.rejects import RejectedRow
from bot.data.ingest.row_preparation import compute_columns, list_computed, prepare_cells
from bot.data.ingest.source import RowSource, open_source, unreadable_error
from bot.data.ingest.tool_exports import load_exports, recognize_columns
from bot.data.ingest.totals import AGGREGATE_KINDS, find_period, find_totals
from bot.data.schema import ColumnType, load_kinds
from bot.data.warehouse.parquet import fetch_one
from bot.data.warehouse.warehouse import sql_type
from bot.errors import UNUSABLE_PARAM, CannotDo
from bot.i18n.messages import Words

# The result of a detection: which column of the file becomes which of ours.

CONVERSIONS = {
    "text": "as it is",
    "key": "reference",
    "person": "keyed",
    "whole": "number",
    "money": "amount",
    "number": "number",
    "day": "date",
    "moment": "time",
    "yes": "yes/no",
}
MONEY_COLUMNS = {"amount", "unit_price", "price", "spend", "sales", "budget", "value"}


def assemble_schema(
    name: str,
    match: ColumnMatch,
    shape: FileLayout,
    file: FileInfo,
    proof: FormatProof,
    told: ImportOptions,
) -> FileSchema:
    """Build the FileSchema of what was detected. Its sample and the assumptions about its format
    are added later."""
    names, apart = shape.names, match.kind == "consents"
    mapped = [_map_column(match.kind, ours, at, names, proof) for ours, at in match.columns.items()]
    mapped += [_map_aid_column(aid, at, names) for aid, at in match.aids.items()]
    mapped += [
        MappedColumn(theirs=names[at], ours="value", how="a metric", place=at, metric=metric)
        for metric, at in match.metrics.items()
    ]
    taken = match.used()
    addresses: list[tuple[int, AddressKind]] = []
    for at, what in sorted(match.personal.items()):
        if apart and (what == "email" or what == "phone"):
            addresses.append((at, "email" if what == "email" else "phone"))
    own = match.columns.get("customer")
    if apart and own is not None and own not in match.personal:  # an address can't serve as the id
        addresses.insert(0, (own, "id"))
    held = {at for at, _ in addresses}
    dropped = [names[at] for at in sorted(match.personal) if at not in held and at not in taken]
    rest = [n for at, n in enumerate(names) if n and at not in taken and at not in match.personal]
    said = told.currency or detect_currency(match, names, proof)
    fields, mapped = _separate_fields(match, mapped)
    found = FileSchema(
        name=name,
        kind=match.kind,
        **vars(shape),
        decimal=proof.decimal,
        marks=dict(proof.marks),
        day_first=proof.order.day_first,
        year_first=proof.order.year_first,
        iso=proof.order.iso,
        currency=said,
        signed=proof.signed,
        sha256=file.sha256,
        size=file.size,
        columns=tuple(sorted(mapped, key=lambda one: one.place)),
        kept_apart=tuple(names[at] for at, _ in addresses),
        apart=tuple(addresses),
        dropped=tuple(dropped),
        ignored=tuple(rest),
        rows=proof.rows,
        said=told,
        unproved=tuple(
            _list_unproved_settings(
                proof,
                lacks_currency(match, said) and not proof.signed,
                match.kind == "experiments" and "share" not in match.columns and not told.split,
            )
        ),
        assumed=tuple(list_assumptions(match, names, proof, said, told.currency)),
        export=match.export,
        fields=fields,
    )
    computed = list_computed(found)
    places = {one.place: DECIMAL_MARKS["point"] for one in computed}
    replaced = {one.ours for one in computed}
    return found.model_copy(
        update={
            "columns": (*(one for one in found.columns if one.ours not in replaced), *computed),
            "marks": {**found.marks, **places},
        }
    )


def _separate_fields(
    match: ColumnMatch, mapped: list[MappedColumn]
) -> tuple[tuple[tuple[str, int], ...], list[MappedColumn]]:
    """Return the columns of a known export that ours are computed from, and the other columns."""
    fields = dict(match.fields)
    if match.export and match.kind == "orders":
        parts = ("amount", "unit_price", "line_discount")
        fields |= {one.ours: one.place for one in mapped if one.ours in parts}
        mapped = [one for one in mapped if one.ours not in parts]
    return tuple(fields.items()), mapped


def _list_unproved_settings(
    proof: FormatProof, nameless: bool, unsplit: bool
) -> Iterator[UnprovedSetting]:
    """Yield the settings that were assumed and that a person may change."""
    if not proof.order.proved or proof.order.clashes:
        yield "dates"
    if proof.doubtful:
        yield "decimal"
    if unsplit:
        yield "split"
    if nameless:
        yield "currency"


def _map_column(
    kind: str, ours: str, at: int, names: tuple[str, ...], proof: FormatProof
) -> MappedColumn:
    how = {"step": "step", "status": "status"}.get(ours) or CONVERSIONS[
        load_kinds()[kind].columns[ours].type
    ]
    scale = proof.rating_scale if ours == "rating" else 1.0
    return MappedColumn(theirs=names[at], ours=ours, how=how, place=at, scale=scale)


def _map_aid_column(aid: str, at: int, names: tuple[str, ...]) -> MappedColumn:
    hows = {"time": "time", "unit_price": "a factor", "line_discount": "a factor"}
    return MappedColumn(theirs=names[at], ours=aid, how=hows.get(aid, "part of a text"), place=at)


def detect_currency(match: ColumnMatch, names: tuple[str, ...], proof: FormatProof) -> str | None:
    """Return the currency that an amount's column name or cells mention: `Amount spent (EUR)`,
    `12,50 €`."""
    money = [
        names[at] for ours, at in (match.columns | match.aids).items() if ours in MONEY_COLUMNS
    ]
    said = next((found for one in money if (found := find_currency(one.replace("_", " ")))), None)
    return said or (proof.currency if proof.currency in CURRENCIES else None)


# Sample rows after conversion, and columns whose cells can't be converted.

SAMPLED_ROWS = 2_000  # rows
MOST_UNREADABLE_SHARE = 0.5  # of the cells that are not empty


def find_unreadable_columns(
    con: duckdb.DuckDBPyConnection, relation: str, schema: FileSchema
) -> list[tuple[MappedColumn, str]]:
    """Return the columns of which most cells can't be converted, each with such a cell."""
    told = [one for one in target_columns(schema) if one.reason]
    if not told:
        return []
    selects = ", ".join(
        f"count(r{i}), count(*) FILTER (r{i} IS NOT NULL AND NOT v{i}), min(r{i}) FILTER (NOT v{i})"
        for i in range(len(told))
    )
    values = ", ".join(
        f"{one.raw} AS r{i}, ({one.sql}) IS NOT NULL AS v{i}" for i, one in enumerate(told)
    )
    some = select_cells(schema, f"(SELECT * FROM {relation} LIMIT {SAMPLED_ROWS})")
    found = con.execute(f"SELECT {selects} FROM (SELECT {values} FROM {some})").fetchall()[0]
    wrong = []
    for i, one in enumerate(told):
        said, bad, cell = found[3 * i : 3 * i + 3]
        if said and bad > MOST_UNREADABLE_SHARE * said:
            wrong += [(m, cell) for m in schema.columns if _is_column(m, one.name)]
    return wrong


def _is_column(mapped: MappedColumn, name: str) -> bool:
    return f"metric_{mapped.metric}" == name if mapped.metric else mapped.ours == name


def sample_rows(
    con: duckdb.DuckDBPyConnection, relation: str, schema: FileSchema
) -> tuple[dict[str, str], ...]:
    """Return three rows by our columns, with people and texts about them masked."""
    for hiding in ("bare_words", "bare_alike"):
        con.execute(f"CREATE OR REPLACE MACRO {hiding}(x) AS hidden(x)")
    told = [
        one for one in target_columns(schema) if one.sql not in ("NULL",) and one.name != "unit"
    ]
    types = {name: column.type for name, column in load_kinds()[schema.kind].columns.items()}
    persons = {name for name, type_ in types.items() if type_ == "person"}
    selects = ", ".join(f"CAST(CAST({one.sql} AS {sql_type(one.type)}) AS VARCHAR)" for one in told)
    some = select_cells(schema, f"(SELECT * FROM {relation} LIMIT 3)")
    parts = [one for one in schema.columns if not one.metric and one.ours not in types]
    whole = ", ".join([selects, *(f"said(bare(c{one.place}))" for one in parts)])
    rows = con.execute(f"SELECT {whole} FROM {some}").fetchall()
    names = [*(one.name.removeprefix("metric_") for one in told), *(one.ours for one in parts)]
    return tuple(
        {
            name: "(keyed)" if name in persons else _shorten_cell(str(cell), types.get(name))
            for name, cell in zip(names, row, strict=True)
            if cell is not None
        }
        for row in rows
    )


def _shorten_cell(cell: str, type_: ColumnType | None) -> str:
    """Remove what carries no information: zero seconds, a midnight, a zero behind the point."""
    if type_ == "moment":
        return cell.removesuffix(":00").removesuffix(" 00:00")
    return cell.removesuffix(".0") if type_ == "number" else cell


LEAST_ORDERS_OF_LINES = 2  # orders of several lines that tell what an amount is of


def detect_schema(
    path: Path, *, name: str, options: ImportOptions = AS_DETECTED, several: bool = False
) -> FileSchema:
    """Detect how a file can be read. Nothing is written.

    `name` is the file's name as people see it. `options` override what would otherwise be
    detected. Where the file is one of `several` tables, they may also name columns of the others.

    For the kind "products", the caller reads the file with `reread_product_file`. Raises CannotDo
    with one clear sentence for a file that can't be used.
    """
    file_errors.check_options(options)
    try:
        file = inspect_format(path, name)
        head = find_header(path, file, name, options)
    except CannotDo as no:
        why = no.words
        told = {**why.params, UNUSABLE_PARAM: "yes"}
        raise CannotDo(why.text, many=why.many, params=told) from None
    given = _match_given_columns(name, options.called, head.names, several)
    said = options.model_copy(update={"called": given, "sheets": ()})
    if len(head.names) > MOST_COLUMNS:
        raise CannotDo(
            "{file} has {n} columns; I read up to {most}. Leave out those that say nothing.",
            file=name,
            n=len(head.names),
            most=MOST_COLUMNS,
        )
    match = recognize_columns(head.names, name, said)
    if not is_complete(match):
        if head.first:
            raise file_errors.missing_header_error(name, head.first, given)
        raise file_errors.unknown_file_error(name, head.names, match, said.kind)
    match = match if match.export else _settle_prices(match, head.names)
    shape = layout_under_header(head, file)
    about = (*describe_sheets(head), *describe_skipped_lines(head.above, head.first))
    if match.kind == PRODUCTS_KIND:
        found = detect_product_schema(path, name, shape, file, said)
        return found.model_copy(update={"assumed": (*about, *found.assumed)})
    try:
        with open_source(path, name, shape) as source:
            create_macros(source.con, b"")
            proof = prove_formats(source, match, head, _with_usual_dates(said, match))
            proof = _with_known_scale(proof, match)
            match, repeated = _settle_order_totals(source, match, head.names)
            totals = find_totals(source, match, head.names, proof)
            period = _find_missing_period(source, path, shape, match)
            prepared = prepare_cells(source, match, len(head.names), totals.rows)
            if source.prepared:
                rows = fetch_one(source.con, f"SELECT count(*) FROM {source.relation}")
                proof = replace(proof, rows=rows)
            if not proof.rows:
                place = source.place
                faults = [
                    RejectedRow(line=place(f.line), column="", reason=f.reason, row=f.raw)
                    for f in source.faults
                ]
                raise file_errors.no_rows_error(name, faults)
            match = _drop_personal_columns(match, proof)
            proof = _apply_regional_order(
                proof, said.currency or detect_currency(match, head.names, proof)
            )
            found = assemble_schema(name, match, shape, file, proof, said)
            checked = compute_columns(source, found)
            about = (*about, *totals.messages, *prepared, *checked, *repeated)
            said_of_it = [one for one in found.assumed if not (period and one == NO_DATES)]
            found = found.model_copy(
                update={
                    "assumed": (*about, *said_of_it),
                    "left_out": totals.rows,
                    "period": period,
                }
            )
            found = _drop_unreadable_columns(found, source.con, source.relation, name)
            spans, arms = describe_spans(source, found), describe_arms(source, found)
            states = describe_unknown_statuses(source, found)
            update = {
                "assumed": (*found.assumed, *spans, *arms, *states),
                "sample": sample_rows(source.con, source.relation, found),
            }
            return found.model_copy(update=update)
    except duckdb.Error as error:
        raise unreadable_error(name, path, error) from None


def _with_usual_dates(said: ImportOptions, match: ColumnMatch) -> ImportOptions:
    """Return the settings with the order of dates in which a tool always exports them."""
    export = load_exports().get(match.export)
    if said.dates or export is None or export.dates is None:
        return said
    return said.model_copy(update={"dates": export.dates})


def _settle_order_totals(
    source: RowSource, match: ColumnMatch, names: Sequence[str]
) -> tuple[ColumnMatch, list[Words]]:
    """Find an order's total that is repeated on each of its lines, so that it is not added up line
    by line: the price of the pieces counts instead, or the total stands on the first line."""
    has = match.columns
    lined = "order" in has and "amount" in has and ("product" in has or "title" in has)
    if match.kind != "orders" or match.export or not lined:
        return match, []
    if not has_meaning(names[has["amount"]], "order_total"):
        return match, []
    amount, order = f"bare(c{has['amount']})", f"bare(c{has['order']})"
    several, alike = source.con.execute(
        f"SELECT count(*), count(*) FILTER (least = most) FROM (SELECT min({amount}) AS least, "
        f"max({amount}) AS most FROM {source.relation} WHERE {order} IS NOT NULL "
        f"GROUP BY {order} HAVING count(*) > 1)"
    ).fetchall()[0]
    if several < LEAST_ORDERS_OF_LINES or alike < several:
        return match, []
    columns = {ours: at for ours, at in has.items() if ours != "amount"}
    name = names[has["amount"]]
    if "unit_price" in match.aids and "quantity" in has:
        said = Words("{column} is the total of the order, on each of its lines.", column=name)
        return replace(match, columns=columns), [said]
    said = Words(
        "{column} is the total of the order, on each of its lines: it counts on the first one.",
        column=name,
    )
    return replace(match, columns=columns, fields={"order_total": has["amount"]}), [said]


def _with_known_scale(proof: FormatProof, match: ColumnMatch) -> FormatProof:
    """Return the proof with the scale on which a tool always asks for a rating."""
    export = load_exports().get(match.export)
    scale = export.rating_scale if export else None
    return proof if scale is None else replace(proof, rating_scale=scale)


def _find_missing_period(
    source: RowSource, path: Path, shape: FileLayout, match: ColumnMatch
) -> tuple[date, date] | None:
    """Return the period that the head of a file states whose rows have no dates. Raises CannotDo
    for rows that need one."""
    dated = load_kinds()[match.kind].dated
    if match.kind not in AGGREGATE_KINDS or dated in match.columns:
        return None
    period = find_period(source.con, path, shape)
    if period is None and load_kinds()[match.kind].columns[dated].needed:
        raise CannotDo(
            "{file} says neither in its rows nor in its head which days it is about. Export it "
            "with a row for each day.",
            file=path.name,
        )
    return period


def _match_given_columns(
    name: str, column_names: Mapping[str, str], names: Sequence[str], several: bool
) -> dict[str, str]:
    """Return the given mapping for the columns that this file has. Raises CannotDo for a column
    that it lacks, unless it may belong to another of several tables."""
    if several:
        has = {normalize_column_name(one) for one in names}
        return {
            theirs: ours
            for theirs, ours in column_names.items()
            if normalize_column_name(theirs) in has
        }
    given = resolve_column_numbers(column_names, names)
    file_errors.check_given_columns(name, given, names)
    return given


def _settle_prices(match: ColumnMatch, names: tuple[str, ...]) -> ColumnMatch:
    """Treat an order's price as the price of one piece where pieces are counted. Shopify's line
    price is one too."""
    if match.kind != "orders" or "quantity" not in match.columns:
        return match
    columns, aids = dict(match.columns), dict(match.aids)
    unit = names[aids["unit_price"]] if "unit_price" in aids else ""
    if "amount" in columns:
        if normalize_column_name(unit).startswith("lineitem"):
            del columns["amount"]  # the order's total, on its first line only
        elif not unit and has_meaning(names[columns["amount"]], "piece_price"):
            aids["unit_price"] = columns.pop("amount")
    return replace(match, columns=columns, aids=aids)


def _apply_regional_order(proof: FormatProof, currency: str | None) -> FormatProof:
    """Read days first where nothing proves the order and either the decimal mark is a comma or the
    currency is not American: almost everywhere else days come first."""
    if proof.order.proved or not (proof.decimal == "," or currency not in MONTH_FIRST_CURRENCIES):
        return proof
    return replace(proof, order=replace(proof.order, day_first=True))


def _drop_personal_columns(match: ColumnMatch, proof: FormatProof) -> ColumnMatch:
    """Treat columns whose cells are e-mail addresses or phone numbers as personal, whatever their
    name."""
    columns, personal = dict(match.columns), dict(match.personal)
    for place, what in proof.addresses.items():
        ours = next((ours for ours, at in columns.items() if at == place), None)
        if ours is not None and load_kinds()[match.kind].columns[ours].type != "person":
            if (match.kind, ours) in (("feedback", "text"), ("campaigns", "text")):
                continue
            del columns[ours]
        personal.setdefault(place, what)
    return replace(match, columns=columns, personal=personal)


MOST_COLUMNS = 300  # more columns take DuckDB minutes
MONTH_FIRST_CURRENCIES = (None, "USD", "CAD")


def _drop_unreadable_columns(
    found: FileSchema, con: duckdb.DuckDBPyConnection, relation: str, name: str
) -> FileSchema:
    """Drop optional columns that mostly can't be converted. Raises CannotDo for a needed one."""
    assumed, columns, ignored = list(found.assumed), list(found.columns), list(found.ignored)
    for one, cell in find_unreadable_columns(con, relation, found):
        kind = load_kinds()[found.kind]
        if one.ours in kind.columns and kind.columns[one.ours].needed:
            raise file_errors.empty_column_error(name, one, cell, kind.columns[one.ours].type)
        columns.remove(one)
        ignored.append(one.theirs)
        assumed.append(
            Words(
                "{column} is left out: what it says (“{cell}”) can't be read as {ours}.",
                column=one.theirs,
                cell=cell[:40],
                ours=one.ours.replace("_", " "),
            )
        )
    update = {"columns": tuple(columns), "ignored": tuple(ignored), "assumed": tuple(assumed)}
    return found.model_copy(update=update)
