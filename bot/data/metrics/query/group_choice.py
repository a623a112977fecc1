"""Choose which groups of an answer are shown, with which figures: those of no small group, within
the bounds, as many as there is room for. Small ones are put together where that hides them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from math import ceil, isclose, log10
from typing import Any

import ibis.expr.types as ir

from bot.core.metric_query import (
    ANY_VALUE,
    NO_VALUE,
    ORDERED_DIMENSIONS,
    MeasureName,
    MetricQuery,
    TooFewError,
)
from bot.data.floors import is_below_floor
from bot.data.metrics.query.dataset import ALL_ROWS, MetricDataset
from bot.data.metrics.query.metric_answer import (
    OTHERS,
    WITHIN,
    GroupCounts,
    MetricRecipe,
    ShownGroup,
    list_remainder_bases,
)
from bot.data.metrics.query.periods import count_days, find_known_days
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    MERGED_GROUP,
    Group,
    GroupedRows,
    HiddenGroups,
    get_floor,
    hide_small_groups,
    is_too_few,
    read_grouped_rows,
)
from bot.data.metrics.query.runner import (
    PeriodName,
    QueryRunner,
    Values,
)
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse

MAX_FACTS = 60
LONG_DAYS, MIN_LONGER = 365, 1.5  # a longer period, and how much longer it is at least
DEFAULT_LIMIT = 20
CHANGE_ORDERS = ("growth", "decline")
MAX_HIDDEN_LISTED = 2_000  # hidden groups that are summed up as others
MAX_NAMED_VALUES = 6  # of a filter; more of them are those that a word stands for
MAX_MERGED = 40  # groups that are told together by figures that do not add up, such as means


def refuse_too_few(runner: QueryRunner, now: GroupedRows, dataset: MetricDataset) -> None:
    """Refuse figures of too few people. That these few did nothing on some days is not told
    either, so nothing is looked for in all days."""
    warehouse, whole = runner.warehouse, now.as_whole()
    few = is_too_few(warehouse, whole, ALL_ROWS)
    if not len(now.rows) and runner.query.filters:
        few = _is_too_few_ever(runner, runner.query)
    if few:
        raise TooFewError(
            "This is of under {n} people: too few to show any figure. Ask with fewer filters.",
            n=get_people_floor(warehouse, dataset),
        )


def _is_too_few_ever(runner: QueryRunner, query: MetricQuery) -> bool:
    """Whether the rows of the query are of too few people in all days together."""
    known = find_known_days(runner.warehouse, runner.dataset)
    assert known is not None
    query = query.model_copy(update={"since": known[0], "until": known[1]})
    ever = QueryRunner(runner.warehouse, runner.dataset, query, None, runner.currency)
    rows = read_grouped_rows(runner.warehouse, runner.dataset, ever.select("now"), (), ())
    return is_too_few(runner.warehouse, rows, ALL_ROWS)


def list_missing_values(runner: QueryRunner, rows: ir.Table) -> list[str]:
    """Say which of several values that a filter asks for no row has. Of a value that too few people
    ever had, that they did nothing in these days is not told."""
    notes = []
    for n, group in enumerate(runner.query.filters):
        asked = [(one, value) for one in group for value in one.values]
        if len(asked) < 2 or any(one.operator not in ("is", "in") for one in group):
            continue
        for condition in group:
            dimension = runner.dataset.dimensions.get(condition.field)
            many = len(condition.values) > MAX_NAMED_VALUES
            if dimension is None or many or {*condition.values} & {ANY_VALUE, NO_VALUE}:
                continue
            found = fetch_rows(
                runner.warehouse, rows.select(value=dimension.value(rows)).distinct()
            )
            for value in {*condition.values} - {row["value"] for row in found}:
                alone = condition.model_copy(update={"operator": "is", "values": (value,)})
                filters = (*runner.query.filters[:n], (alone,), *runner.query.filters[n + 1 :])
                query = runner.query.model_copy(update={"filters": filters})
                if not _is_too_few_ever(runner, query):
                    notes.append(f"No row of these days has the {condition.field} {value}.")
    return sorted(notes)


def get_people_floor(warehouse: Warehouse, dataset: MetricDataset) -> int:
    return get_floor(warehouse, dataset.bases[ALL_ROWS].family)


def explain_withheld(
    warehouse: Warehouse, dataset: MetricDataset, lacking: Collection[str], how: str = ""
) -> str:
    """Say of which people there are too few, from the bases that a figure lacks, and `how` it would
    tell of them where it is no figure of theirs."""
    few = [
        f"under {get_floor(warehouse, basis.family)} people {basis.whose}".rstrip()
        for basis in (dataset.bases[name] for name in sorted(lacking))
    ]
    return f"{how}it would tell what {' or '.join(dict.fromkeys(few))} did."


def build_recipe(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    notes: list[str],
) -> tuple[MetricRecipe, GroupCounts | None]:
    """Choose which groups are shown, with which figures."""
    warehouse, query = runner.warehouse, runner.query
    hidden = _hide_groups(runner, rows) if query.dimensions else {}
    shown = [
        ShownGroup(
            period=period,
            group=ALL_GROUPS,
            bases=_list_total_bases(runner, some, hidden.get(period)),
        )
        for period, some in rows.items()
    ]
    now_bases, counts = set(shown[0].bases), None
    if query.dimensions:
        groups, counts = _choose_groups(runner, rows, tables, values, hidden)
        shown += groups
        if query.having and groups:  # of all groups nothing is told but what a share is one of
            wholes = {one for m in query.measures for one in _list_whole_bases(runner, m)}
            shown = [
                one
                if one.group
                else one.model_copy(update={"bases": tuple(b for b in one.bases if b in wholes)})
                for one in shown
            ]
    if not query.dimensions or not any(one.group for one in shown):
        missing = [name for name, one in runner.measures.items() if not set(one.bases) <= now_bases]
        reasons = [
            f"{name} is not shown: "
            + explain_withheld(
                warehouse, runner.dataset, {*runner.measures[name].bases} - now_bases
            )
            for name in missing
        ]
        if len(missing) == len(runner.measures):
            raise TooFewError("{reasons} Ask with fewer filters.", reasons=" ".join(reasons))
        notes += reasons
    recipe = MetricRecipe(
        query=query,
        before=runner.before if "before" in rows else None,
        currency=runner.currency,
        shown=tuple(shown),
    )
    return recipe, counts


def suggest_longer_period(
    runner: QueryRunner, now: GroupedRows, counts: GroupCounts | None
) -> list[str]:
    """Say from which day on more of the groups could be shown, where some are hidden."""
    query, warehouse = runner.query, runner.warehouse
    known = find_known_days(warehouse, runner.dataset)
    assert known is not None
    assert query.since is not None
    assert query.until is not None
    first = max(known[0], query.until - timedelta(days=LONG_DAYS - 1))
    if (
        counts is None
        or not counts.unranked
        or is_in_time(query)
        or count_days((first, query.until)) < MIN_LONGER * count_days((query.since, query.until))
    ):
        return []
    query = query.model_copy(update={"since": first})
    longer = QueryRunner(warehouse, runner.dataset, query, None, runner.currency)
    rows = read_grouped_rows(
        warehouse, runner.dataset, longer.select("now"), query.dimensions, runner.bases
    )
    hidden = hide_small_groups(warehouse, rows, runner.bases, keep_total=False)
    bases = runner.measures[runner.names[0]].bases
    shown = len([one for one in now.groups if one in {*rows.groups} and hidden.shows(one, bases)])
    before = len({*now.groups} - counts.unranked)
    if shown <= before:
        return []
    return [
        f"A longer period shows more: from {first} to {query.until} {shown} of these groups, "
        f"not {before}. Ask for it where it answers the question."
    ]


def _list_whole_bases(runner: QueryRunner, name: MeasureName) -> tuple[str, ...]:
    """Return the bases of the total that a share is told of."""
    of = runner.dataset.measures[name].share_of
    return runner.measures[of].bases if of else ()


def _list_total_bases(
    runner: QueryRunner, rows: GroupedRows, hidden: HiddenGroups | None
) -> tuple[str, ...]:
    """Return the bases of the whole period that are not of too few people, and whose total is not
    hidden for the sake of a small group."""
    whole, lost = rows.as_whole(), hidden.without_total if hidden else ()
    return _keep_told(
        runner,
        [
            basis
            for basis in runner.bases
            if basis not in lost and not is_too_few(runner.warehouse, whole, basis)
        ],
    )


def _keep_told(runner: QueryRunner, bases: Sequence[str]) -> tuple[str, ...]:
    """Return the bases of which a figure can be told: some measure has no others."""
    told = [one.bases for one in runner.measures.values() if {*one.bases} <= {*bases}]
    return tuple(basis for basis in bases if any(basis in some for some in told))


def _hide_groups(
    runner: QueryRunner, rows: Mapping[PeriodName, GroupedRows]
) -> dict[PeriodName, HiddenGroups]:
    """Return which groups of which period are hidden. One that is in one period is in both."""

    def hide(period: PeriodName, before: Collection[Group] = ()) -> HiddenGroups:
        return hide_small_groups(
            runner.warehouse, rows[period], runner.bases, before, keep_total=False
        )

    hidden = hide("now")
    if "before" not in rows or not runner.dimensions_of("before"):
        return {"now": hidden}
    hidden = hide("now", hide("before", hidden.groups).groups)
    return {"now": hidden, "before": hide("before", hidden.groups)}


def _choose_groups(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    both: Mapping[PeriodName, HiddenGroups],
) -> tuple[list[ShownGroup], GroupCounts]:
    query, bases = runner.query, runner.bases
    hidden, earlier = both["now"], both.get("before")
    if earlier is not None:
        _fill_absent(runner, rows, values)
    gone = (
        [one for one in rows["before"].groups if one not in rows["now"].groups] if earlier else []
    )
    open_groups = [group for group in rows["now"].groups if group not in hidden.groups]
    open_groups += [one for one in gone if earlier and one not in earlier.groups]

    def is_told(period: PeriodName, group: Group, basis: str) -> bool:
        """Of nobody no more is told than of the other period."""
        shows = {"now": hidden, "before": earlier}
        other: PeriodName = "before" if period == "now" else "now"
        known = shows[period] if group in rows[period].groups else shows[other]
        return known is not None and known.shows(group, [basis])

    open_groups = [one for one in open_groups if _has_figure(runner, one, values)]
    within = [one for one in open_groups if _is_within(runner, one, values, hidden.shows)]
    kept = _sort_groups(runner, within, values, hidden, earlier)
    first_bases = runner.measures[runner.names[0]].bases
    ranked = [one for one in kept if all(is_told("now", one, basis) for basis in first_bases)]
    # groups without the figure that they are ordered by are told together, not row by row
    is_folded = bool(ranked) and {*query.dimensions}.isdisjoint(ORDERED_DIMENSIONS)
    unfigured = [one for one in kept if one not in ranked] if is_folded else []
    folded = [one for one in unfigured if one in rows["now"].groups]
    kept = ranked if is_folded else kept
    per_group = len(query.measures) * (3 if earlier is not None else 1)
    room = max(1, (MAX_FACTS - len(query.measures) * (3 if "before" in rows else 1)) // per_group)
    chosen = _cut(query, kept, room)
    small = set(rows["now"].groups) & hidden.groups
    shown = [
        ShownGroup(
            period="now",
            group=one,
            bases=_keep_told(runner, [b for b in bases if is_told("now", one, b)]),
        )
        for one in chosen
    ]
    if earlier is None and len(query.dimensions) == 1:
        shown += _merge_groups(runner, rows, tables, values, chosen, hidden)
    if query.having:
        shown += _add_within(runner, rows, tables, values, kept, both)
    elif rest := small.union(folded):
        told = len(chosen) == len(kept) and len(rest) <= MAX_HIDDEN_LISTED
        complete = [basis for basis in bases if all(hidden.shows(one, [basis]) for one in chosen)]
        others = _add_others(runner, rows, tables, values, rest, complete) if told else None
        shown += [others] if others else []
    if earlier is not None:
        shown += [
            ShownGroup(
                period="before",
                group=one,
                bases=_keep_told(runner, [b for b in bases if is_told("before", one, b)]),
            )
            for one in chosen
        ]
    unseen = [
        one
        for one in kept
        if one not in chosen
        and not any(hidden.shows(one, measure.bases) for measure in runner.measures.values())
    ]
    unranked = [
        one
        for one in within
        if not hidden.shows(one, first_bases)
        or (query.order in CHANGE_ORDERS and earlier and not earlier.shows(one, first_bases))
    ]
    counts = GroupCounts(
        known=len(open_groups) + len(small),
        chosen=len(chosen),
        too_small=len(small) + len(unseen) + len(folded),
        out_of_bounds=len(open_groups) - len(within),
        beyond_limit=len(kept) - len(chosen) - len(unseen),
        unranked=frozenset({*small, *unranked}),
        adds_up=(adds_up := _adds_up(runner, values, rows["now"].groups)),
        unranked_sum=_sum_unranked(runner, values, {*small, *unranked}) if adds_up else None,
        unranked_bound=_bound_unranked(runner, values, {*small, *unranked}),
    )
    return shown, counts


def _fill_absent(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    values: dict[tuple[PeriodName, Group], Values],
) -> None:
    """Add the groups that have rows in one of two periods alone: in the other one, none."""
    groups = {*rows["now"].groups, *rows["before"].groups}
    for period in ("now", "before"):
        for one in groups.difference(rows[period].groups):
            values[period, one] = runner.count_nothing()


def _has_figure(
    runner: QueryRunner, group: Group, values: Mapping[tuple[PeriodName, Group], Values]
) -> bool:
    """Whether there is something to tell of the group: nothing is counted of what is not stated."""
    figures = {name: values["now", group].get(name) for name in runner.names}
    return any(
        value is not None and (value or None not in group or not runner.measures[name].is_sum)
        for name, value in figures.items()
    )


def _adds_up(
    runner: QueryRunner,
    values: Mapping[tuple[PeriodName, Group], Values],
    groups: Collection[Group],
) -> bool:
    """Whether the first measure of the groups adds up to that of the total."""
    name = runner.names[0]
    total = float(values["now", ALL_GROUPS].get(name) or 0)
    figures = [float(values["now", one].get(name) or 0) for one in groups]
    return runner.measures[name].is_sum and isclose(sum(figures), total, abs_tol=0.01)


def _sum_unranked(
    runner: QueryRunner,
    values: Mapping[tuple[PeriodName, Group], Values],
    unranked: Collection[Group],
) -> float | None:
    """Return the first measure of the groups without a place together. None where one of them is
    below zero: then it is no bound of any of them."""
    hidden = [float(values["now", one].get(runner.names[0]) or 0) for one in unranked]
    return None if min(hidden, default=0) < 0 else sum(hidden)


def _bound_unranked(
    runner: QueryRunner,
    values: Mapping[tuple[PeriodName, Group], Values],
    unranked: Collection[Group],
) -> float | None:
    """Return the power of ten that the first measure of no group without a place exceeds. The
    largest one itself would tell between which of the shown figures it is. None where the measure
    does not add up over groups."""
    name = runner.names[0]
    if not runner.measures[name].is_sum:
        return None
    largest = max((float(values["now", one].get(name) or 0) for one in unranked), default=0.0)
    return 10.0 ** max(0, ceil(log10(largest))) if largest > 0 else 1.0


def _is_within(
    runner: QueryRunner,
    group: Group,
    values: Mapping[tuple[PeriodName, Group], Values],
    shows: Any,
) -> bool:
    """Whether the group is within the bounds, by figures that may be shown."""
    for bound in runner.query.having:
        measure = runner.dataset.measures[bound.measure]
        name = measure.share_of or bound.measure
        value = values["now", group].get(name)
        if value is None or not shows(group, runner.measures[name].bases):
            return False
        if measure.share_of:
            total = values["now", ALL_GROUPS].get(name)
            value = 100 * float(value) / float(total) if total else 0
        if bound.operator == "at_least" and value < bound.value:
            return False
        if bound.operator == "at_most" and value > bound.value:
            return False
    return True


def _sort_groups(
    runner: QueryRunner,
    groups: Sequence[Group],
    values: Mapping[tuple[PeriodName, Group], Values],
    hidden: HiddenGroups,
    earlier: HiddenGroups | None,
) -> list[Group]:
    """Sort by the first measure, or by its change. Groups whose figure is not shown come last:
    their place would tell it."""
    query, measure = runner.query, runner.names[0]

    def in_time(group: Group) -> tuple[Any, ...]:
        return tuple((value is None, len(value or ""), value or "") for value in group)

    def by_value(group: Group) -> tuple[Any, ...]:
        is_shown = hidden.shows(group, runner.measures[measure].bases)
        value = values["now", group].get(measure) if is_shown else None
        if value is not None and query.order in CHANGE_ORDERS:
            value = change_since(group, float(value))
        number = float(value) if value is not None else 0.0
        is_ascending = query.order in ("lowest", "decline")
        return (value is None, number if is_ascending else -number, in_time(group))

    def change_since(group: Group, value: float) -> float | None:
        if earlier is None or not earlier.shows(group, runner.measures[measure].bases):
            return None
        before = values.get(("before", group), {}).get(measure)
        if before is None or runner.measures[measure].unit == "%":
            return None if before is None else value - float(before)
        return (value - float(before)) / abs(float(before)) if before else None

    def in_time_within(group: Group) -> tuple[Any, ...]:
        """Sort by the first dimension as the largest of it stands, in each by the second."""
        return (first_places[group[0]], in_time(group[1:]))

    ranked = sorted(groups, key=by_value)
    if not is_in_time(query):
        return ranked
    if query.dimensions[0] in ORDERED_DIMENSIONS:
        return sorted(groups, key=in_time)
    first_places = {one: n for n, one in enumerate(dict.fromkeys(group[0] for group in ranked))}
    return sorted(groups, key=in_time_within)


def is_in_time(query: MetricQuery) -> bool:
    """Whether groups are in the order of time: all of them, or those of each first value."""
    return query.order == "natural" and not {*query.dimensions}.isdisjoint(ORDERED_DIMENSIONS)


def _cut(query: MetricQuery, groups: list[Group], room: int) -> list[Group]:
    """Return as many groups as there is room for: of a period's days the last ones."""
    if query.dimensions[0] in ORDERED_DIMENSIONS and query.order == "natural":
        return groups[-room:]
    if is_in_time(query) and query.limit <= 0:  # no gaps in the months of a group
        return groups[:room]
    return groups[: min(room, query.limit if query.limit > 0 else DEFAULT_LIMIT)]


def _add_within(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    kept: Sequence[Group],
    both: Mapping[PeriodName, HiddenGroups],
) -> list[ShownGroup]:
    """Add all groups within the bounds together: the total of what an answer lists, and the one
    mean over it. Nothing where it is a single group."""
    if not 1 < len(kept) <= MAX_HIDDEN_LISTED:
        return []
    shown = []
    for period, hidden in both.items():
        known = {*rows[period].groups}
        bases = [
            basis
            for basis in runner.bases
            if all(hidden.shows(one, [basis]) for one in kept if one in known)
        ]
        if known.isdisjoint(kept) or not (told := _keep_told(runner, bases)):
            continue
        values[period, WITHIN] = runner.compute_others(tables[period], kept)
        shown.append(ShownGroup(period=period, group=WITHIN, bases=told, members=tuple(kept)))
    return shown


def _add_others(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    small: set[Group],
    complete: Sequence[str],
) -> ShownGroup | None:
    """Add the hidden groups together: what is left of the total anyway, so only figures of the
    `complete` bases, which every other group shows. Figures that do not add up, such as the number
    of customers, tell more than the total does; they are added where these groups can be listed.
    None where even these are of too few people."""
    warehouse, now, dataset = runner.warehouse, rows["now"], runner.dataset
    remainder = list_remainder_bases(dataset, complete)
    listed = len(small) <= MAX_MERGED
    bases = complete if listed else remainder
    people = now.count_people(ALL_ROWS, small)
    if people < get_people_floor(warehouse, dataset):
        return None
    together = now.merge(small)
    large = [basis for basis in bases if not _is_few(warehouse, together, basis)]
    if not large:
        return None
    values["now", OTHERS] = runner.compute_others(tables["now"], small)
    members = () if set(large) <= set(remainder) else tuple(sorted(small, key=str))
    return ShownGroup(period="now", group=OTHERS, bases=tuple(large), members=members)


def _is_few(warehouse: Warehouse, merged: GroupedRows, basis: str) -> bool:
    floor = get_floor(warehouse, merged.dataset.bases[basis].family)
    return is_below_floor(merged.count_people(basis, [MERGED_GROUP]), floor)


def _merge_groups(
    runner: QueryRunner,
    rows: Mapping[PeriodName, GroupedRows],
    tables: Mapping[PeriodName, ir.Table],
    values: dict[tuple[PeriodName, Group], Values],
    chosen: Sequence[Group],
    hidden: HiddenGroups,
) -> list[ShownGroup]:
    """Put groups together of which a figure is not shown alone, neighbours in time first: "5 late
    orders from September to November". Of each basis the groups that are shown and those that are
    put together are apart, and each is of enough people."""
    now, in_time = rows["now"], runner.query.dimensions[0] in ORDERED_DIMENSIONS
    merged: dict[tuple[Group, ...], list[str]] = {}
    for basis in runner.bases:
        alone = [one for one in chosen if not hidden.shows(one, [basis])]
        if in_time:
            alone.sort(key=lambda one: one[0] or "")
        for members in _split_into_spans(runner.warehouse, now, basis, alone, in_time=in_time):
            merged.setdefault(members, []).append(basis)
    shown = []
    for members, own in merged.items():
        bases = tuple(
            basis
            for basis in runner.bases
            if basis in own or all(hidden.shows(one, [basis]) for one in members)
        )
        told = [one.bases for one in runner.measures.values() if {*one.bases} <= {*bases}]
        if any(not {*own}.isdisjoint(one) for one in told):
            group: Group = ("+".join(one[0] or "" for one in members),)
            values["now", group] = runner.compute_others(tables["now"], members)
            shown.append(ShownGroup(period="now", group=group, bases=bases, members=members))
    return shown


def _split_into_spans(
    warehouse: Warehouse, now: GroupedRows, basis: str, alone: Sequence[Group], *, in_time: bool
) -> list[tuple[Group, ...]]:
    """Return the groups in spans of enough people, all in one where they have no order in time.
    Nothing where they are too few or too many for that."""
    if not 1 < len(alone) <= MAX_MERGED:
        return []
    spans: list[tuple[Group, ...]] = []
    span: tuple[Group, ...] = ()
    for one in alone:
        span = (*span, one)
        if in_time and len(span) > 1 and not _is_few(warehouse, now.merge(span), basis):
            spans.append(span)
            span = ()
    if span and spans:
        spans[-1] = (*spans[-1], *span)
    elif span and not _is_few(warehouse, now.merge(span), basis):
        spans.append(span)
    return spans
