"""Track the rows behind an answer on sales: the sets whose sums it publishes."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from ibis import _

from bot.data.metrics.orders.differences import isolates
from bot.data.warehouse.query import fetch_arrow
from bot.data.warehouse.warehouse import Warehouse

RowIndex = npt.NDArray[np.int64]
MAX_CACHED_ANSWERS = 120  # answers whose rows are kept in memory
UNIVERSE_KEY = "universe"  # the key beside the answers in `Warehouse.released`
ROW_KEY_COLUMNS = (
    "order",
    "line",
    "product",
    "variant",
    "at",
    "amount",
    "customer",
    "code",
    "returned",
    "reason",
)


def make_empty_rows() -> RowIndex:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class RowUniverse:
    """All rows of the orders. `keys` are sorted; `person` is the person of each row. An order
    without a customer counts as a person of its own."""

    keys: RowIndex
    person: RowIndex
    everybody: RowIndex  # one index per person


@dataclass
class ReleasedRows:
    """The row sets whose sums an answer publishes. `total` and `before` are all its rows and those
    of the earlier period, `cells` those of the groups it shows, `whole` all orders of the same
    days, of which it shows a share. `people` are the customers that it counts, and `returns` the
    rows for which it says whether they came back: both are counts of another sort and are not
    combined with the sums."""

    total: RowIndex = field(default_factory=make_empty_rows)
    before: RowIndex = field(default_factory=make_empty_rows)
    whole: RowIndex = field(default_factory=make_empty_rows)
    cells: list[RowIndex] = field(default_factory=list)
    people: list[RowIndex] = field(default_factory=list)
    returns: list[RowIndex] = field(default_factory=list)

    def add(self, lines: "LineRows", value: str | None, sorts: Sequence[str]) -> None:
        """Add a group that is shown with these sorts of figures."""
        inside = lines.mask_of(value)
        self.cells.append(np.unique(lines.rows[inside]))
        self.count(lines, sorts, inside)

    def count(self, lines: "LineRows", sorts: Sequence[str], inside: Any = True) -> None:
        """Add figures based on some of the lines, or on the customers behind them."""
        if "customers" in sorts:
            self.people.append(np.unique(lines.person[lines.known & inside]))
        if "new" in sorts:
            self.people.append(np.unique(lines.person[lines.new & inside]))
        if "returns" in sorts:
            self.returns.append(np.unique(lines.rows[lines.back & inside]))
            self.returns.append(np.unique(lines.rows[(lines.back | lines.kept) & inside]))

    def sales(self, *, whole: bool = True, cells: bool = True) -> list[RowIndex]:
        return [
            self.total,
            self.before,
            *([self.whole] if whole else []),
            *(self.cells if cells else []),
        ]


@dataclass(frozen=True)
class LineRows:
    """Some lines, as indices into the universe, with the attributes that define sets."""

    rows: RowIndex
    person: RowIndex
    order: RowIndex
    values: Sequence[str]  # of the cut; `value` is the index in it, -1 for none
    value: Any
    known: Any  # lines whose customer is known and who bought
    new: Any
    back: Any
    kept: Any
    came: Any

    def mask_of(self, value: str | None) -> Any:
        """Return a mask of the lines with this value; None selects those without one."""
        number = self.values.index(value) if value in self.values else -2
        return self.value == (-1 if value is None else number)


def load_universe(warehouse: Warehouse) -> RowUniverse:
    """Read once per state of the data."""
    if UNIVERSE_KEY not in warehouse.released:
        orders = warehouse.table("orders")
        assert orders is not None
        rows = fetch_arrow(
            warehouse,
            orders.select(key=build_row_key(warehouse, orders), person=identify_person(orders)),
        )
        keys, first = np.unique(hash_values(rows["key"]), return_index=True)
        people = rows["person"].combine_chunks().dictionary_encode()
        codes = people.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        everybody = np.arange(len(people.dictionary), dtype=np.int64)
        warehouse.released[UNIVERSE_KEY] = RowUniverse(keys, codes[first], everybody)
    universe: RowUniverse = warehouse.released[UNIVERSE_KEY]
    return universe


def read_line_rows(
    warehouse: Warehouse, lines: ir.Table, value: ir.Value | None = None
) -> LineRows:
    """Locate these lines in the universe; `value` is the cut's column."""
    universe = load_universe(warehouse)
    bought = (_.net >= 0) & _.customer.notnull()
    query = lines.select(
        key=build_row_key(warehouse, lines),
        order=lines["order"].cast("string"),
        value=ibis.null("string") if value is None else value.cast("string"),
        known=bought,
        new=bought & (_.day == _.first_day),
        back=_.returned.fill_null(False) & (_.paid >= 0),
        kept=_.returned.notnull() & ~_.returned & (_.paid >= 0),
        came=_.delivered.notnull() & (_.net >= 0),
    )
    told = fetch_arrow(warehouse, query)
    rows = np.searchsorted(universe.keys, hash_values(told["key"])).astype(np.int64)

    def codes(name: str) -> tuple[Sequence[str], RowIndex]:
        coded = told[name].combine_chunks().dictionary_encode()
        numbers = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return coded.dictionary.to_pylist(), numbers.astype(np.int64)

    def flag(name: str) -> Any:
        return told[name].fill_null(False).combine_chunks().to_numpy(zero_copy_only=False)

    return LineRows(
        rows,
        universe.person[rows],
        codes("order")[1],
        *codes("value"),
        *(flag(name) for name in ("known", "new", "back", "kept", "came")),
    )


def cache_released_rows(warehouse: Warehouse, key: Hashable, released: Any, recipe: Any) -> None:
    """Keep the rows behind an answer in memory, with the recipe for reading them again."""
    answers = [  # `bot/data/metrics/query` keeps its own, under tuples
        one for one in warehouse.released if one != UNIVERSE_KEY and not isinstance(one, tuple)
    ]
    if len(answers) >= MAX_CACHED_ANSWERS:
        for one in answers:
            del warehouse.released[one]
    warehouse.released[key] = (released, recipe)


def group_by_order_count(lines: LineRows) -> list[RowIndex]:
    """Return the customers who ordered once, twice, and more often."""
    people = lines.person[lines.known]
    orders = np.unique(np.stack([people, lines.order[lines.known]]), axis=1)
    who, many = np.unique(orders[0], return_counts=True)
    return [who, who[many == 1], who[many == 2], who[many >= 3]]


def isolates_few_people(warehouse: Warehouse, released: ReleasedRows, *, whole: bool) -> bool:
    """Tell whether the answer alone reveals the sum of a few people."""
    universe = load_universe(warehouse)
    sums = warehouse.sales_floor
    if isolates(released.sales(whole=whole), universe.person, sums):
        return True
    if isolates(released.returns, universe.person, sums):
        return True
    return isolates(released.people, universe.everybody, warehouse.floor)


def build_row_key(warehouse: Warehouse, table: ir.Table) -> ir.Value:
    """Return a number or text that identifies a row; rows that are equal in all of these columns
    count as one."""
    parts = [
        table[name].cast("string").fill_null("")
        for name in ROW_KEY_COLUMNS
        if name in table.columns
    ]
    joined = ibis.literal("|").join(parts)
    return joined.hash() if warehouse.engine.name == "duckdb" else joined


def identify_person(table: ir.Table) -> ir.Value:
    order = ibis.literal("order ") + table["order"].cast("string").fill_null("")
    return ibis.coalesce(ibis.literal("customer ") + table.customer.cast("string"), order)


def hash_values(column: Any) -> RowIndex:
    """Return the keys as numbers; texts by their hash, which is valid within this process."""
    values = column.combine_chunks()
    if str(values.type) in ("string", "large_string"):
        return np.array([hash(text) for text in values.to_pylist()], dtype=np.int64)
    numbers: RowIndex = values.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
