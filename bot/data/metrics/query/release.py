"""The rows behind figures, and which groups may be shown.

Every figure is computed from sets of rows or of the people behind them (its bases). `GroupedRows`
holds the rows of one period by group, as indices into the `Universe` of all stored rows, so that
sets of different answers can be compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import ceil
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from bot.data.disclosure import find_hidden_groups
from bot.data.floors import is_below_floor
from bot.data.metrics.query.dataset import ALL_ROWS, PEOPLE_FAMILIES, Family, MetricDataset
from bot.data.warehouse.query import fetch_arrow, person_column
from bot.data.warehouse.warehouse import Warehouse

RowIndex = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Group = tuple[str | None, ...]  # the values of the dimensions; empty: all rows
ALL_GROUPS: Group = ()
MERGED_GROUP, REST_GROUP = ("merged",), ("rest",)  # the groups of merged rows
MAX_MARKS = 50_000_000  # bytes; more distinct values are sorted instead of marked


def get_floor(warehouse: Warehouse, family: Family) -> int:
    return warehouse.floor if family in PEOPLE_FAMILIES else warehouse.sales_floor


def get_floor_of(warehouse: Warehouse, grouped: "GroupedRows", basis: str) -> int:
    return get_floor(warehouse, grouped.dataset.bases[basis].family)


def find_distinct(values: RowIndex, size: int) -> RowIndex:
    """Return the distinct values, sorted; all are below `size`. Quicker than sorting them."""
    marks = np.zeros(size, dtype=bool)
    marks[values] = True
    return np.flatnonzero(marks)


@dataclass(frozen=True)
class Universe:
    """All stored rows of a dataset. `keys` are sorted; `person` is the code of each row's person.
    Where rows are counts, `counts` has the number of people of each row by family."""

    keys: RowIndex
    person: RowIndex
    counts: Mapping[Family, RowIndex] = field(default_factory=dict)

    def elements(self, family: Family, rows: RowIndex) -> RowIndex:
        """Return the elements of a figure over these rows. Two figures can be compared by their
        elements, and `owners` gives the person of each element.

        A figure of the family "people" has the codes of persons as elements, any other figure the
        numbers of its rows. Where a row is a count, such as a mailing to 900 people, its elements
        stand for these people, but not for more than the floor needs."""
        if family in self.counts:
            counts = self.counts[family]
            starts = np.cumsum(counts) - counts
            rows = find_distinct(rows, len(self.keys))
            many = counts[rows]
            within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
            return np.asarray(np.repeat(starts[rows], many) + within, dtype=np.int64)
        if family == "people":
            return find_distinct(self.person[rows], self.many_people)
        return find_distinct(rows, len(self.keys))

    @cached_property
    def many_people(self) -> int:
        return int(self.person.max(initial=0)) + 1

    def count_people(self, family: Family, elements: RowIndex) -> int:
        if family == "people" or family in self.counts:
            return len(elements)  # each is a person
        return len(find_distinct(self.person[elements], self.many_people))

    def owners(self, family: Family) -> RowIndex:
        if family in self.counts:
            return np.arange(max(1, int(self.counts[family].sum())), dtype=np.int64)
        if family == "people":
            return np.arange(self.many_people, dtype=np.int64)
        return self.person


def load_rows_universe(warehouse: Warehouse, dataset: MetricDataset) -> Universe:
    """Read once for each state of the data."""
    key = ("universe", dataset.name)
    if key not in warehouse.released:
        table = fetch_arrow(warehouse, dataset.identify(warehouse))
        keys, first = np.unique(hash_values(table["key"]), return_index=True)
        people = table["person"].combine_chunks().dictionary_encode().indices
        person = people.to_numpy(zero_copy_only=False).astype(np.int64)[first]
        counts: dict[Family, RowIndex] = {}
        for family, name in dataset.weights.items():
            many = table[name].combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)
            counts[family] = np.clip(many[first], 0, get_floor(warehouse, family))
        warehouse.released[key] = Universe(keys, person, counts)
    universe: Universe = warehouse.released[key]
    return universe


def hash_values(column: Any) -> RowIndex:
    """Return the keys as numbers; texts by their hash, which is valid within this process."""
    values = column.combine_chunks()
    if str(values.type) in ("string", "large_string"):
        return np.array([hash(text) for text in values.to_pylist()], dtype=np.int64)
    numbers: RowIndex = values.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


@dataclass(frozen=True)
class GroupedRows:
    """The rows of one period. `group` is each row's index in `groups`. `masks` mark the rows of
    each basis before it is refined, `stood_for` those of the bases that others stand for."""

    dataset: MetricDataset
    universe: Universe
    rows: RowIndex
    group: RowIndex
    groups: Sequence[Group]
    masks: Mapping[str, Mask]
    stood_for: Mapping[str, Mask]
    order: RowIndex
    paid: npt.NDArray[np.float64]
    net: npt.NDArray[np.float64]
    refined: dict[str, Mask] = field(default_factory=dict, repr=False)

    @property
    def person(self) -> RowIndex:
        return self.universe.person[self.rows]

    def as_whole(self) -> "GroupedRows":
        """Return the same rows as one group."""
        group = np.zeros(len(self.rows), dtype=np.int64)
        return replace(self, group=group, groups=[ALL_GROUPS], refined={})

    def merge(self, members: Collection[Group]) -> "GroupedRows":
        """Return the same rows, those of some groups as one group."""
        known = {one: n for n, one in enumerate(self.groups)}
        inside = np.zeros(len(self.groups), dtype=bool)
        inside[[known[one] for one in members if one in known]] = True
        group = np.where(inside[self.group], 0, 1)
        return replace(self, group=group, groups=[MERGED_GROUP, REST_GROUP], refined={})

    def mask(self, basis: str) -> Mask:
        """Return the rows of a basis, with what depends on the group."""
        if basis not in self.refined:
            self.refined[basis] = self._refine(basis)
        return self.refined[basis]

    def _refine(self, basis: str) -> Mask:
        mask, rule = self.masks[basis], self.dataset.bases[basis].refine
        if not rule:
            return mask
        many = self.universe.many_people
        pair = self.group * many + self.person  # one number for each person of a group
        if rule.startswith("except "):
            without = np.unique(pair[self.masks[rule.removeprefix("except ")]])
            return mask & ~np.isin(pair, without)
        if rule in ("one order", "more orders"):
            orders = np.unique(np.stack([pair[mask], self.order[mask]]), axis=1)
            who, times = np.unique(orders[0], return_counts=True)
            wanted = who[times == 1] if rule == "one order" else who[times > 1]
            return mask & np.isin(pair, wanted)
        kind, _, percent = rule.rpartition(" ")
        amounts = self.net if kind == "net top" else self.paid
        return mask & np.isin(pair, self._find_top(pair, mask, amounts, int(percent) / 100))

    def _find_top(
        self, pair: RowIndex, mask: Mask, amounts: npt.NDArray[np.float64], share: float
    ) -> RowIndex:
        """Return the people of each group with the largest amounts."""
        many = self.universe.many_people
        who, inverse = np.unique(pair[mask], return_inverse=True)
        paid = np.bincount(inverse, amounts[mask], minlength=len(who))
        group = who // many
        order = np.lexsort((-paid, group))
        starts = np.searchsorted(group[order], group[order])
        rank = np.arange(len(who)) - starts
        size = np.bincount(group, minlength=int(group.max(initial=0)) + 1)[group[order]]
        top: RowIndex = who[order][rank < np.array([ceil(one * share) for one in size])]
        return top

    def elements(self, basis: str, groups: Collection[Group] | None = None) -> RowIndex:
        """Return the elements of a basis in some groups, or in all."""
        return self._list_elements(basis, self.mask(basis), groups)

    def elements_stood_for(self, basis: str, groups: Collection[Group] | None = None) -> RowIndex:
        """Return the elements of what a basis stands for: those of what came back alone."""
        mask = self.stood_for[basis] if basis in self.stood_for else self.mask(basis)
        return self._list_elements(basis, mask, groups)

    def _list_elements(self, basis: str, mask: Mask, groups: Collection[Group] | None) -> RowIndex:
        if groups is not None:
            known = {one: n for n, one in enumerate(self.groups)}
            wanted = np.zeros(len(self.groups) + 1, dtype=bool)
            wanted[[known[one] for one in groups if one in known]] = True
            mask = mask & wanted[self.group]
        family = self.dataset.bases[basis].family
        return self.universe.elements(family, self.rows[mask])

    def count_people(self, basis: str, groups: Collection[Group] | None = None) -> int:
        return self.universe.count_people(
            self.dataset.bases[basis].family, self.elements(basis, groups)
        )

    def count_rows_by_group(self) -> dict[Group, int]:
        many = np.bincount(self.group, minlength=len(self.groups))
        return {group: int(n) for group, n in zip(self.groups, many, strict=True)}

    def count_people_by_group(self, basis: str) -> dict[Group, int]:
        mask = self.mask(basis)
        family = self.dataset.bases[basis].family
        if family in self.universe.counts:
            many = self.universe.counts[family][self.rows] * mask
            sums = np.bincount(self.group, many, minlength=len(self.groups))
        else:
            people = self.universe.many_people
            pairs = self.group[mask] * people + self.person[mask]
            size = len(self.groups) * people
            pairs = find_distinct(pairs, size) if size <= MAX_MARKS else np.unique(pairs)
            sums = np.bincount(pairs // people, minlength=len(self.groups))
        return {group: int(n) for group, n in zip(self.groups, sums, strict=True)}


def read_grouped_rows(
    warehouse: Warehouse,
    dataset: MetricDataset,
    rows: ir.Table,
    dimensions: Sequence[str],
    bases: Iterable[str],
) -> GroupedRows:
    """Read the rows with their groups and the masks of these bases."""
    universe = load_rows_universe(warehouse, dataset)
    wanted = dict.fromkeys([ALL_ROWS, *bases])
    for basis in [*wanted]:
        rule = dataset.bases[basis].refine
        if rule.startswith("except "):
            wanted[rule.removeprefix("except ")] = None
    stood_for = {basis: one for basis in wanted if (one := dataset.bases[basis].stands_for)}
    rules = {dataset.bases[basis].refine for basis in wanted} - {""}
    more: dict[str, Any] = {}
    if rules & {"one order", "more orders"}:
        more["order_key"] = person_column(warehouse, rows["order"].cast("string"))
    if any(rule.startswith("top ") for rule in rules):
        more["paid_amount"] = rows.paid.cast("float64")
    if any(rule.startswith("net top ") for rule in rules):
        more["net_amount"] = (rows.paid - rows.taken_off).cast("float64")
    table = fetch_arrow(
        warehouse,
        rows.select(
            key=dataset.key(warehouse, rows),
            **{f"d{n}": dataset.dimensions[d].value(rows) for n, d in enumerate(dimensions)},
            **{f"b_{basis}": dataset.bases[basis].mask(rows) for basis in wanted},
            **{f"s_{basis}": one.mask(rows) for basis, one in stood_for.items()},
            **more,
        ),
    )
    found = np.searchsorted(universe.keys, hash_values(table["key"])).astype(np.int64)
    group, groups = _number_groups(table, len(dimensions), len(found))
    return GroupedRows(
        dataset=dataset,
        universe=universe,
        rows=np.minimum(found, max(0, len(universe.keys) - 1)),
        group=group,
        groups=groups,
        masks={basis: _read_flag(table[f"b_{basis}"]) for basis in wanted},
        stood_for={basis: _read_flag(table[f"s_{basis}"]) for basis in stood_for},
        order=hash_values(table["order_key"]) if "order_key" in more else found,
        paid=_read_amounts(table, "paid_amount"),
        net=_read_amounts(table, "net_amount"),
    )


def _read_amounts(table: Any, name: str) -> npt.NDArray[np.float64]:
    if name not in table.column_names:
        return np.zeros(0)
    amounts: npt.NDArray[np.float64] = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return amounts


def _read_flag(column: Any) -> Mask:
    flags: Mask = column.fill_null(False).combine_chunks().to_numpy(zero_copy_only=False)
    return flags.astype(bool)


def _number_groups(table: Any, many: int, rows: int) -> tuple[RowIndex, Sequence[Group]]:
    """Return each row's group as a number, and the groups."""
    if not many:
        return np.zeros(rows, dtype=np.int64), [ALL_GROUPS]
    code, values = np.zeros(rows, dtype=np.int64), []
    for n in range(many):
        coded = table[f"d{n}"].combine_chunks().dictionary_encode()
        values.append([*coded.dictionary.to_pylist(), None])
        numbers = coded.indices.fill_null(len(values[n]) - 1).to_numpy(zero_copy_only=False)
        code = code * len(values[n]) + numbers.astype(np.int64)
    known, group = np.unique(code, return_inverse=True)
    groups: list[Group] = []
    for number in known.tolist():
        parts: list[str | None] = []
        for names in reversed(values):
            number, at = divmod(number, len(names))
            parts.append(names[at])
        groups.append(tuple(reversed(parts)))
    return np.asarray(group, dtype=np.int64).reshape(-1), groups


# Which groups may be shown.


@dataclass(frozen=True)
class HiddenGroups:
    """The groups that are not shown at all, and those whose figures of one basis are not. Of the
    bases `without_total` it is the total that is not shown, so that some group can be."""

    groups: frozenset[Group]
    by_basis: Mapping[str, frozenset[Group]]
    without_total: frozenset[str] = frozenset()

    def shows(self, group: Group, bases: Iterable[str]) -> bool:
        if group in self.groups:
            return False
        return not any(group in self.by_basis.get(basis, ()) for basis in bases)


def hide_small_groups(
    warehouse: Warehouse,
    grouped: GroupedRows,
    bases: Collection[str],
    hidden_before: Collection[Group] = (),
    *,
    groups_first: bool = False,
) -> HiddenGroups:
    """Hide groups of too few people, and where those that are hidden would be of too few together,
    the smallest others. The same for each basis among what is left; but where no group would be
    left to show, the total is hidden in their place; with `groups_first` it is before any other
    group is. Where no figure is of all rows, nobody can subtract them, so of them only the small
    groups are hidden."""
    small = find_small_groups(warehouse, grouped, ALL_ROWS) | {*hidden_before}
    hidden, without_total = small, set[str]()
    if ALL_ROWS in bases:
        hidden = small | _hide(warehouse, grouped, ALL_ROWS, hidden_before)
        if groups_first and hidden != small:
            hidden = small
            without_total.add(ALL_ROWS)
    by_basis = dict[str, frozenset[Group]]()
    for basis in (one for one in bases if one != ALL_ROWS):
        sizes = {one for one, many in grouped.count_people_by_group(basis).items() if many}
        few = hidden | find_small_groups(warehouse, grouped, basis)
        by_basis[basis] = frozenset(_hide(warehouse, grouped, basis, hidden))
        large = by_basis[basis] & (sizes - few)
        if large and (groups_first or by_basis[basis].issuperset(sizes)):
            by_basis[basis] = few
            without_total.add(basis)
    return HiddenGroups(hidden, by_basis, frozenset(without_total))


def _hide(
    warehouse: Warehouse, grouped: GroupedRows, basis: str, never_shown: Collection[Group]
) -> set[Group]:
    floor = get_floor_of(warehouse, grouped, basis)
    sizes = grouped.count_people_by_group(basis)
    known = [one for one in never_shown if one in sizes]
    union, rows = partial(grouped.count_people, basis), grouped.count_rows_by_group()
    return find_hidden_groups(sizes, floor, union, known, rows)


def find_small_groups(warehouse: Warehouse, grouped: GroupedRows, basis: str) -> frozenset[Group]:
    """Return the groups of too few people. Nobody is not too few."""
    floor, sizes = get_floor_of(warehouse, grouped, basis), grouped.count_people_by_group(basis)
    return frozenset(one for one, size in sizes.items() if is_below_floor(size, floor))


def is_too_few(warehouse: Warehouse, grouped: GroupedRows, basis: str) -> bool:
    """Whether all rows together are of too few people."""
    return bool(find_small_groups(warehouse, grouped.as_whole(), basis))
