"""Prepares the rows of a file before its cells are converted: rows that are no data are left out,
and what an export states once for a whole order is brought to its lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.data.ingest.column_names import ColumnMatch, normalize_column_name
from bot.data.ingest.column_sql import strip_cells
from bot.data.ingest.file_schema import FileSchema, MappedColumn
from bot.data.ingest.source import RowSource, quote_name
from bot.data.ingest.tool_exports import ORDER_FIELDS, ToolExport, load_exports
from bot.data.warehouse.parquet import quote_text
from bot.i18n.messages import Words

# Columns of one line of an order; all others belong to the whole order.
LINE_COLUMNS = frozenset(
    {
        *("line", "product", "title", "category", "variant", "quantity", "amount", "discount"),
        *("tax", "refunded", "returned", "reason", "unit_price", "line_discount", "size", "colour"),
    }
)
CELLS_TABLE, COMPUTED_TABLE = "cells", "computed_cells"
UNPAID_STATUSES = ("cancelled", "unpaid", "test")


def prepare_cells(
    source: RowSource, match: ColumnMatch, width: int, left_out: tuple[int, ...] = ()
) -> tuple[Words, ...]:
    """Keep only the data rows and the columns that are used, and carry down what stands on the
    first line of an order. The relation of `source` is replaced. Return what a person should know
    of it. Nothing is done for a file that needs nothing of this."""
    export = load_exports().get(match.export)
    if export is None and not left_out:
        return ()
    places = {**match.columns, **match.aids, **match.fields}
    used = match.used() | set(match.personal) if export else set(range(width))
    rows = f"SELECT * FROM {source.relation}"
    if left_out:
        rows += f" WHERE n NOT IN ({', '.join(map(str, left_out))})"
    said: list[Words] = []
    if export:
        rows, told = _keep_rows(source, export, places, rows)
        said += told
        if export.carried and "order" in places:
            rows = _carry_down(rows, places)
            said.append(
                Words("What stands on the first line of an order counts for all of its lines.")
            )
        rows = _translate_values(rows, export, places)
    cells = ", ".join(f"c{i}" if i in used else f"NULL::VARCHAR AS c{i}" for i in range(width))
    source.con.execute(f"CREATE TEMP TABLE {CELLS_TABLE} AS SELECT n, {cells} FROM ({rows})")
    source.relation, source.prepared = CELLS_TABLE, True
    return tuple(said)


def prepare_rows(source: RowSource, schema: FileSchema) -> None:
    """Prepare the rows of a file whose schema was detected."""
    match = ColumnMatch(
        schema.kind,
        {one.ours: one.place for one in schema.columns if one.place < len(schema.names)},
        fields=dict(schema.fields),
        personal=dict(schema.apart),
        export=schema.export,
    )
    prepare_cells(source, match, len(schema.names), schema.left_out)
    compute_columns(source, schema)


def _keep_rows(
    source: RowSource, export: ToolExport, places: Mapping[str, int], rows: str
) -> tuple[str, list[Words]]:
    """Return SQL for the rows that the export's `kept` allows, and how many are left out."""
    conditions = [
        f"list_contains({[*cells]}, coalesce(plainer(bare(c{places[name]})), ''))"
        for name, cells in export.kept.items()
        if name in places
    ]
    if not conditions:
        return rows, []
    allowed = " AND ".join(conditions)
    out = source.con.execute(f"SELECT count(*) FROM ({rows}) WHERE NOT ({allowed})").fetchall()
    said = (
        Words.count(
            "{n} row is left out: it is not written by a customer.",
            "{n} rows are left out: they are not written by customers.",
            out[0][0],
        )
        if export.kind == "feedback"
        else Words.count(
            "{n} row is left out: it does not count people.",
            "{n} rows are left out: they do not count people.",
            out[0][0],
        )
    )
    return f"SELECT * FROM ({rows}) WHERE {allowed}", [said] if out[0][0] else []


def _carry_down(rows: str, places: Mapping[str, int]) -> str:
    """Return SQL in which each line has the fields of its order. Lines without an order number
    belong to the order above."""
    order = places["order"]
    number = f"last_value(nullif(trim(c{order}), '') IGNORE NULLS) OVER (ORDER BY n)"
    kept = f"SELECT * REPLACE ({number} AS c{order}) FROM ({rows})"
    carried = [at for ours, at in places.items() if ours not in LINE_COLUMNS and ours != "order"]
    cells = ", ".join(
        f"first_value(nullif(trim(c{at}), '') IGNORE NULLS) OVER one_order AS c{at}"
        for at in sorted(set(carried))
    )
    if not cells:
        return kept
    return (
        f"SELECT * REPLACE ({cells}) FROM ({kept}) "
        f"WINDOW one_order AS (PARTITION BY c{order} ORDER BY n "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )


def _translate_values(rows: str, export: ToolExport, places: Mapping[str, int]) -> str:
    """Return SQL in which the tool's words are ours: a status, whether an order was a test."""
    replaced = []
    for ours, words in export.values.items():
        if ours not in places:
            continue
        cell = f"c{places[ours]}"
        cases = " ".join(
            f"WHEN {quote_text(said)} THEN {quote_text(word)}" for said, word in words.items()
        )
        value = f"CASE plainer(bare({cell})) {cases} ELSE {cell} END"
        if ours == "status":
            if "payment" in places and (tests := export.values.get("payment")):
                payment = f"plainer(bare(c{places['payment']}))"
                value = (
                    f"CASE WHEN list_contains({[*tests]}, {payment}) THEN 'test' ELSE {value} END"
                )
            if "cancelled_at" in places:
                gone = f"something(bare(c{places['cancelled_at']})) IS NOT NULL"
                value = f"CASE WHEN {gone} THEN 'cancelled' ELSE {value} END"
        if ours != "payment":
            replaced.append(f"{value} AS {cell}")
    return f"SELECT * REPLACE ({', '.join(replaced)}) FROM ({rows})" if replaced else rows


# Columns of orders that are computed from fields of the whole order.


@dataclass
class OrderColumns:
    """SQL for computed columns over the lines of orders, and what each is made of."""

    schema: FileSchema
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)  # ours → SQL, made of

    def place(self, name: str) -> int | None:
        found = dict(self.schema.fields).get(name)
        return found if found is not None else self.schema.place(name)

    def has(self, name: str) -> bool:
        return self.place(name) is not None

    def name(self, name: str) -> str:
        place = self.place(name)
        return self.schema.names[place] if place is not None else name


def list_computed(schema: FileSchema) -> tuple[MappedColumn, ...]:
    """Return the columns that `compute_columns` adds behind those of the file."""
    if not _needs_computing(schema):
        return ()
    order = OrderColumns(schema)
    made = [("amount", _describe_amount(order), "amount")]
    gross = order.has("unit_price") and order.has("quantity")
    if not order.has("discount") and (
        order.has("line_discount")
        or order.has("order_discount")
        or (gross and order.has("order_subtotal"))
    ):
        made.append(("discount", _first_name(order, "order_discount", "line_discount"), "amount"))
    for ours in ("shipping", "tax", "refunded"):
        if ours == "refunded" and _counts_without_returns(order):
            continue
        if order.has(f"order_{ours}") and schema.place(ours) is None:
            made.append((ours, order.name(f"order_{ours}"), "amount"))
    return tuple(
        MappedColumn(theirs=theirs, ours=ours, how=how, place=len(schema.names) + at)
        for at, (ours, theirs, how) in enumerate(made)
    )


def _counts_without_returns(order: OrderColumns) -> bool:
    """Return whether the pieces are counted less those paid back: `Quantity (- Refund)`."""
    pieces = normalize_column_name(order.name("quantity"))
    return not order.has("amount") and pieces.endswith(("refund", "remboursement"))


def _first_name(order: OrderColumns, *names: str) -> str:
    return next((order.name(one) for one in names if order.has(one)), names[0])


def _describe_amount(order: OrderColumns) -> str:
    if order.has("amount"):
        return order.name("amount")
    if not order.has("unit_price"):
        parts = [order.name(one) for one in ("order_shipping", "order_handling") if order.has(one)]
        return " − ".join([order.name("order_total"), *parts])
    whole = order.name("unit_price")
    if order.has("quantity"):
        whole += f" × {order.name('quantity')}"
    off = [order.name(one) for one in ("line_discount", "order_discount") if order.has(one)]
    return " − ".join([whole, *off])


def _needs_computing(schema: FileSchema) -> bool:
    if schema.kind != "orders" or not (schema.export or schema.fields):
        return False
    fields = {name for name, _ in schema.fields} - {"cancelled_at", "payment", "amount"}
    return bool(fields) or schema.has("status")


def compute_columns(source: RowSource, schema: FileSchema) -> tuple[Words, ...]:
    """Add the columns of `list_computed` to the relation of `source`. Return what a person should
    know of them."""
    made = [one for one in schema.columns if one.place >= len(schema.names)]
    if not made:
        return ()
    order = OrderColumns(schema)
    numbers = {
        name: place
        for name in (
            *("amount", "unit_price", "quantity", "line_discount", "discount"),
            *(one for one in sorted(ORDER_FIELDS) if one.startswith("order_")),
        )
        if (place := _file_place(schema, name)) is not None
    }
    stripped = strip_cells(source.relation, [], [], numbers.values(), schema.mark)
    figures = {
        name: f"as_exact(t{at}, d{at}, {quote_text(schema.mark(at))})"
        for name, at in numbers.items()
    }
    sql = _order_amounts_sql(order, stripped, figures)
    values = ", ".join(f"m.{quote_name(one.ours)}::VARCHAR AS c{one.place}" for one in made)
    source.con.execute(f"CREATE TEMP TABLE order_amounts AS {sql}")
    source.con.execute(
        f"CREATE TEMP TABLE {COMPUTED_TABLE} AS SELECT r.*, {values} "
        f"FROM {source.relation} r JOIN order_amounts m USING (n)"
    )
    source.relation = COMPUTED_TABLE
    return _check_orders(source, order)


def _file_place(schema: FileSchema, name: str) -> int | None:
    """Return the position of a column of the file itself."""
    fields = dict(schema.fields)
    if name in fields:
        return fields[name]
    return next(
        (one.place for one in schema.columns if one.ours == name and one.place < len(schema.names)),
        None,
    )


def _order_amounts_sql(order: OrderColumns, stripped: str, figures: Mapping[str, str]) -> str:
    """Return SQL with n and the computed columns, one row a line.

    A discount or a refund of the whole order is spread over its lines by their worth, so that the
    lines add up to the order's own figures; cents that are left go to the largest line. Shipping
    stands on the first line.
    """
    zero = "CAST(0 AS DECIMAL(18, 2))"
    one = {name: f"CAST(round({sql}, 2) AS DECIMAL(18, 2))" for name, sql in figures.items()}
    gross = None
    if "unit_price" in figures:
        pieces = f"{figures['quantity']}::DOUBLE" if "quantity" in figures else "1"
        gross = f"CAST(round({figures['unit_price']}::DOUBLE * {pieces}, 4) AS DECIMAL(18, 2))"
    off = f"coalesce({one['line_discount']}, 0)" if "line_discount" in one else zero
    if "amount" in one:
        gross = one["amount"]
        worth = f"{one['amount']} - {off}"
    elif gross:
        worth = f"{gross} - {off}"
    else:
        less = [
            f"coalesce({one[name]}, 0)"
            for name in ("order_shipping", "order_handling")
            if name in one
        ]
        worth = " - ".join([one["order_total"], *less])
        if order.has("product") or order.has("title"):
            nth = f"row_number() OVER (PARTITION BY bare(c{order.place('order')}) ORDER BY n)"
            worth = f"CASE WHEN {nth} = 1 THEN {worth} ELSE 0 END"
    status = order.schema.place("status")
    if status is not None:  # cancelled and unpaid orders may have no amounts
        state = f"as_status(bare(c{status}))"
        worth = f"coalesce({worth}, CASE WHEN {state} IN {UNPAID_STATUSES} THEN 0 END)"
    number = order.schema.place("order")
    key = f"bare(c{number})" if number is not None else "n::VARCHAR"
    fields = {
        name: one.get(name, "CAST(NULL AS DECIMAL(18, 2))")
        for name in (
            "order_subtotal",
            "order_discount",
            "order_shipping",
            "order_tax",
            "order_refunded",
        )
    }
    lines = (
        f"SELECT n, {key} AS k, {worth} AS worth, {gross or worth} AS gross, {off} AS off, "
        + ", ".join(f"{sql} AS {name}" for name, sql in fields.items())
        + f" FROM {stripped}"
    )
    sums = (
        "SELECT *, sum(worth) OVER o AS all_worth, sum(off) OVER o AS all_off, "
        "sum(gross) OVER o AS all_gross, "
        "row_number() OVER (PARTITION BY k ORDER BY n) AS nth, "
        "row_number() OVER (PARTITION BY k ORDER BY abs(worth) DESC, n) AS rank "
        f"FROM ({lines}) WINDOW o AS (PARTITION BY k)"
    )
    lined = "unit_price" in figures or "amount" in figures
    if lined and "order_subtotal" in figures:
        target = "coalesce(order_subtotal, all_worth)"
    elif lined and "order_discount" in figures:
        target = "all_gross - greatest(coalesce(order_discount, 0), coalesce(all_off, 0))"
    else:
        target = "all_worth"
    aims = f"SELECT *, CAST({target} AS DECIMAL(18, 2)) AS target FROM ({sums})"

    def share(total: str) -> str:
        part = (
            f"CASE WHEN all_worth = 0 THEN 0 ELSE "
            f"round(worth::DOUBLE / all_worth::DOUBLE * ({total})::DOUBLE, 2) END"
        )
        return f"CAST({part} AS DECIMAL(18, 2))"

    shares = (
        f"SELECT *, CASE WHEN target = all_worth THEN worth ELSE {share('target')} END "
        f"AS s_amount, {share('order_tax')} AS s_tax, "
        f"{share('order_refunded')} AS s_refunded FROM ({aims})"
    )

    def rest(name: str, total: str) -> str:
        left = f"{total} - sum(s_{name}) OVER (PARTITION BY k)"
        cents = f"CASE WHEN rank = 1 THEN coalesce({left}, 0) ELSE 0 END"
        return f"CAST(s_{name} + {cents} AS DECIMAL(18, 2))"

    return (
        f"SELECT n, k, nth, worth, all_worth, all_gross, all_off, target, order_discount, "
        f"{rest('amount', 'target')} AS amount, "
        f"CAST(gross - ({rest('amount', 'target')}) AS DECIMAL(18, 2)) AS discount, "
        f"{rest('tax', 'order_tax')} AS tax, {rest('refunded', 'order_refunded')} AS refunded, "
        "CAST(CASE WHEN nth = 1 THEN order_shipping END AS DECIMAL(18, 2)) AS shipping "
        f"FROM ({shares})"
    )


def _check_orders(source: RowSource, order: OrderColumns) -> tuple[Words, ...]:
    """Return how the orders' own figures are used, and how many orders don't add up."""
    said: list[Words] = []
    lined = order.has("unit_price") or _file_place(order.schema, "amount") is not None
    if not lined:
        return ()
    if order.has("order_subtotal") or order.has("order_discount"):
        spread, wrong = source.con.execute(
            "SELECT count(*) FILTER (target <> all_worth), "
            "count(*) FILTER (target <> all_worth AND "
            "abs(all_gross - target - greatest(coalesce(order_discount, 0), all_off)) > 0.02 "
            "AND abs(all_worth - target - coalesce(order_discount, 0)) > 0.02) "
            "FROM order_amounts WHERE nth = 1"
        ).fetchall()[0]
        if spread:
            said.append(
                Words.count(
                    "The discount of {n} order is spread over its lines.",
                    "The discounts of {n} orders are spread over their lines.",
                    spread,
                )
            )
        if wrong and order.has("order_subtotal") and order.has("order_discount"):
            said.append(
                Words.count(
                    "{n} order does not add up: its lines less its discount are not its "
                    "{subtotal}, which counts.",
                    "{n} orders do not add up: their lines less their discount are not their "
                    "{subtotal}, which counts.",
                    wrong,
                    subtotal=order.name("order_subtotal"),
                )
            )
    if order.has("order_refunded"):
        said.append(
            Words(
                "{refunded} is spread over the lines of its order and kept beside the amount.",
                refunded=order.name("order_refunded"),
            )
        )
    return tuple(said)
