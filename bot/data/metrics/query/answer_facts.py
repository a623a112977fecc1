"""Turn an answer into facts, a table and a chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from bot.core.charts import Exhibit, ExhibitChart, ExhibitPoint
from bot.core.facts import Fact, FactId, spell_column
from bot.core.metric_query import DATED_DIMENSIONS, ORDERED_DIMENSIONS
from bot.core.parts import Table
from bot.data.analyses.result import describe_age
from bot.data.metrics.query.dataset import ALL_ROWS, Measure
from bot.data.metrics.query.metric_answer import OTHERS, MetricAnswer, explain_withheld
from bot.data.metrics.query.periods import Days
from bot.data.metrics.query.release import ALL_GROUPS, Group, get_floor
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.wording import (
    describe_days,
    describe_filters,
    describe_query,
    is_by_time,
    name_chart,
    name_group,
    summarize_query,
)
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words
from bot.text.normalize import slugify

METRIC_KIND = "metric"
MAX_SUBJECT_LENGTH = 110
MIN_WHOLE_AMOUNT = 1000  # from here on sums of money are told without cents
NOT_SHOWN = "–"
CHANGE_LABEL = Words("change")
MEASURE_COLUMN = {  # of the table, for the earlier period and the change
    "before": Words("{measure}, before"),
    "change": Words("{measure}, change"),
}


@dataclass(frozen=True)
class MetricResult:
    """What a tool returns of an answer. `groups` says which group of which period a fact is of."""

    facts: tuple[Fact, ...]
    exhibits: tuple[Exhibit, ...]
    notes: tuple[str, ...]
    read_as: str
    groups: dict[str, tuple[PeriodName, Group, str]]


def build_result(warehouse: Warehouse, answer: MetricAnswer, language: Language) -> MetricResult:
    return _ResultBuilder(warehouse, answer, language).build()


class _ResultBuilder:
    def __init__(self, warehouse: Warehouse, answer: MetricAnswer, language: Language) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query = answer.query
        self.money = answer.recipe.currency
        self.filters = describe_filters(warehouse, answer, language)
        self.read_as = summarize_query(warehouse, answer, language)
        self.age = describe_age(warehouse, answer.dataset.kind)
        self.facts: list[Fact] = []
        self.groups: dict[str, tuple[PeriodName, Group, str]] = {}
        assert self.query.since is not None
        assert self.query.until is not None
        self.days: Days = (self.query.since, self.query.until)

    def build(self) -> MetricResult:
        cells: dict[tuple[Group, str], tuple[Fact | None, Fact | None, Fact | None]] = {}
        groups = [ALL_GROUPS, *self.answer.recipe.list_groups()]
        for group in groups:
            for name in self.query.measures:
                cells[group, name] = self._add(group, name)
        notes = [
            *self.answer.words,
            *self._count_groups(),
            *([unranked.to("en")] if (unranked := self._find_unranked()) else []),
            *self.answer.notes,
            *self._list_gaps(groups, cells),
            *self._list_counted(),
            *self._list_last_days(),
        ]
        if (stale := self.warehouse.stale(self.answer.dataset.kind)) is not None:
            notes.append(f"{self.query.dataset} are {stale} days old.")
        return MetricResult(
            tuple(self.facts),
            self._build_exhibits(groups, cells),
            tuple(notes),
            "\n".join([self.read_as, *([self.age.to(self.language)] if self.age else [])]),
            self.groups,
        )

    # Facts.

    def _add(self, group: Group, name: str) -> tuple[Fact | None, Fact | None, Fact | None]:
        """Add a figure, with the earlier one and the change where they are compared."""
        measure = self.answer.get_measure(name)
        now = self._build_fact("now", group, name, self.days)
        if now is None:
            return None, None, None
        earlier = None
        if self.answer.periods.before is not None and (
            self.answer.periods.sums_compare or not measure.is_sum
        ):
            earlier = self._build_fact("before", group, name, self.answer.periods.before)
        if earlier is None:
            self._keep(now, "now", group, name)
            return now, None, None
        now = now.model_copy(update={"compared_with": earlier.id})
        self._keep(now, "now", group, name)
        self._keep(earlier, "before", group, name)
        change = self._build_change(now, earlier, measure)
        if change is not None:
            self._keep(change, "now", group, name)
        return now, earlier, change

    def _keep(self, fact: Fact, period: PeriodName, group: Group, name: str) -> None:
        self.facts.append(fact)
        self.groups[fact.id] = (period, group, name)

    def _build_fact(self, period: PeriodName, group: Group, name: str, days: Days) -> Fact | None:
        measure = self.answer.get_measure(name)
        exact = _to_decimal(self.answer.get_value(period, group, name))
        if exact is None:
            return None
        value = _round(exact, measure)
        since, until = self._cut_days(group, days)
        about = [*filter(None, self._name(group)), *self._list_filters(group)]
        return Fact(
            id=str(FactId(METRIC_KIND, self._subject(group, days, period), slugify(name))),
            label=measure.label.text,
            about=" · ".join(about),
            value=value,
            exact=None if value == exact else exact,
            unit=(self.money if measure.unit == "money" else measure.unit) or None,
            source=self.warehouse.source(self.answer.dataset.kind),
            as_of=min(self.days[1], self.warehouse.as_of(self.answer.dataset.kind)),
            rows=self.answer.get_count(period, group, name),
            query=self.answer.sql.get(measure.share_of or name),
            since=since,
            until=until,
        )

    def _list_filters(self, group: Group) -> list[str]:
        """Return the conditions in words, without those that the name of the group makes clear."""
        if not self.answer.recipe.is_single(group):
            return self.filters
        return [
            text
            for text, conditions in zip(self.filters, self.query.filters, strict=True)
            if not {one.field for one in conditions} <= {*self.query.dimensions}
        ]

    def _build_change(self, now: Fact, earlier: Fact, measure: Measure) -> Fact | None:
        new, old = now.number, earlier.number
        if measure.unit == "%":
            exact, digits, unit = new - old, Decimal("0.01"), "points"
        elif old:
            exact, digits, unit = 100 * (new - old) / abs(old), Decimal("0.1"), "%"
        else:
            return None
        about = " · ".join(filter(None, [measure.label.to(self.language), now.about]))
        return now.model_copy(
            update={
                "id": f"{now.id}-change",
                "label": CHANGE_LABEL.text,
                "about": about,
                "value": exact.quantize(digits),
                "exact": exact,
                "unit": unit,
            }
        )

    def _cut_days(self, group: Group, days: Days) -> Days:
        """Return the days of a group: those of its week or month that are in the period."""
        first, last = days
        for dimension, value in zip(self.query.dimensions, group, strict=False):
            members = self.answer.recipe.members.get(group, (group,))
            if dimension in DATED_DIMENSIONS and value is not None and group != OTHERS:
                starts = [date.fromisoformat(one[0]) for one in members if one[0]]
                first, last = max(first, starts[0]), min(last, _last_day(dimension, starts[-1]))
        return first, last

    def _name(self, group: Group) -> tuple[str, ...]:
        if group == ALL_GROUPS:
            return ()
        return name_group(self.warehouse, self.answer, group, self.language)

    def _subject(self, group: Group, days: Days, period: PeriodName) -> str:
        """Return what the figure is of, the same whenever it is asked for: dataset, filters, group
        and days, and the earlier period for a figure that is compared with it."""
        parts: list[str] = [self.query.dataset]
        parts += ["-".join([one.field, one.operator, *one.values]) for one in self.query.conditions]
        pairs = zip(self.query.dimensions, group, strict=False)
        parts += (
            ["-".join([*self.query.dimensions, "others"])]
            if group == OTHERS
            else [f"{name}-{value or 'not-stated'}" for name, value in pairs]
        )
        parts += [day.isoformat().replace("-", "") for day in days]
        if period == "now" and self.answer.periods.before is not None:
            parts.append(f"vs-{self.answer.periods.before[0].isoformat().replace('-', '')}")
        if self.query.filters and len(self.query.filters) != len(self.query.conditions):
            parts.append("any")  # conditions of which one suffices
        whole = slugify("-".join(parts))
        if len(whole) <= MAX_SUBJECT_LENGTH:
            return whole
        digest = sha256(whole.encode()).hexdigest()[:10]
        return f"{whole[:MAX_SUBJECT_LENGTH].rstrip('-')}-{digest}"

    # What is shown beside.

    def _count_groups(self) -> list[str]:
        """Say in one sentence how many groups there are, and why some are not shown."""
        counts, answer = self.answer.counts, self.answer
        if counts is None:
            return []
        groups = answer.recipe.list_groups()
        shown = len([one for one in groups if answer.recipe.is_single(one)])
        if shown == counts.known:
            return []
        floor = get_floor(self.warehouse, answer.dataset.bases[ALL_ROWS].family)
        small = f"of under {floor} people, or needed to hide those"
        others = [answer.get_value("now", OTHERS, name) for name in self.query.measures]
        small += self._describe_others() if any(one is not None for one in others) else ""
        where = "earlier" if is_by_time(self.query.dimensions) else "after these in the order"
        reasons = (
            (counts.beyond_limit, where),
            (counts.out_of_bounds, "outside the bounds"),
            (counts.too_small, small),
            (counts.chosen - shown, "left out because they would tell what a few people did"),
        )
        listed = "; ".join(f"{n} {'is' if n == 1 else 'are'} {why}" for n, why in reasons if n)
        be = "is" if shown == 1 else "are"
        more = " Ask for fewer measures at a time to see more." if self._find_cut() else ""
        return [f"{shown} of {counts.known} groups {be} shown. Of the others, {listed}.{more}"]

    def _describe_left_out(self) -> str:
        """Say for people how many groups are not shown, or have no place among those shown."""
        said = [
            words.to(self.language) for words in (self._find_cut(), self._find_unranked()) if words
        ]
        return "\n".join(said)

    def _find_cut(self) -> Words | None:
        """Say how many of the groups are shown where there is no room for as many as were asked
        for."""
        counts = self.answer.counts
        if counts is None or not counts.beyond_limit or 0 < self.query.limit <= counts.chosen:
            return None
        given = {"n": counts.chosen, "known": counts.known}
        if len(self.query.measures) > 1:
            return Words(
                "{n} of {known} rows shown. Ask for fewer figures at a time to see more.", **given
            )
        return Words("{n} of {known} rows shown.", **given)

    def _describe_others(self) -> str:
        """Say that the hidden groups are together, and which of them are hidden only for the sake
        of the others: these may be named."""
        members = self.answer.recipe.members.get(OTHERS, ())
        sizes = self.answer.rows["now"].count_people_by_group(ALL_ROWS) if members else {}
        large = [
            " · ".join(self._name(one))
            for one in members
            if sizes.get(one, 0) >= self.warehouse.floor
        ]
        also = f", {', '.join(large[:6])} among them" if large else ""
        return f": they are together as others{also}"

    def _find_unranked(self) -> Words | None:
        """Say of groups that are ordered by a measure how many have no place among them: which
        place they would have would tell their figure."""
        counts, dimensions = self.answer.counts, self.query.dimensions
        in_time = dimensions and dimensions[0] in ORDERED_DIMENSIONS
        if counts is None or (in_time and self.query.order == "natural"):
            return None
        recipe = self.answer.recipe
        shown = [one for one in recipe.list_groups() if recipe.is_single(one)]
        n = counts.unranked + counts.chosen - len(shown)
        if not n:
            return None
        return Words.count(
            "{n} of {known} groups is not ranked, to protect groups of under {floor} people. It "
            "could stand above these.",
            "{n} of {known} groups are not ranked, to protect groups of under {floor} people. Any "
            "of them could stand above these.",
            n,
            known=counts.known,
            floor=get_floor(self.warehouse, self.answer.dataset.bases[ALL_ROWS].family),
        )

    def _list_gaps(self, groups: Sequence[Group], cells: Any) -> list[str]:
        """Say which figures are missing for which groups, and why."""
        notes = []
        for name in self.query.measures:
            measure = self.answer.get_measure(name)
            if why := self.answer.unknown.get(measure.share_of or name):
                notes.append(f"{name} is not known: {why}")
                continue
            shown = {one.group for one in self.answer.recipe.shown if one.period == "now"}
            without = [
                one
                for one in groups
                if (one == ALL_GROUPS or self.answer.recipe.is_single(one))
                and one in shown
                and cells[one, name][0] is None
            ]
            few = [one for one in without if not self.answer.is_allowed(one, name)]
            lacking = {basis for one in few for basis in self.answer.list_lacking(one, name)}
            blank = [one for one in without if one not in few and self.answer.is_blank(one, name)]
            rest = [one for one in without if one not in few and one not in blank]
            columns = " and ".join(measure.needs)
            for some, why in (
                (few, explain_withheld(self.warehouse, self.answer.dataset, lacking)),
                (blank, f"{columns} is blank in these rows"),
                (rest, "there is nothing to compute it from"),
            ):
                if some:
                    names = self._list_names(some, groups)
                    notes.append(f"No {name} for {names}: {why.rstrip('.')}.")
            together = [
                self._name(one)[0]
                for one in groups
                if one in self.answer.recipe.members and one != OTHERS and cells[one, name][0]
            ]
            if few and together:
                notes.append(f"{name} is told of these together: {'; '.join(together)}.")
        return notes

    def _list_names(self, some: Sequence[Group], groups: Sequence[Group]) -> str:
        if len(some) == len(groups):
            return "any of it"
        named = [" · ".join(self._name(one)) or "the total" for one in some]
        return ", ".join(named[:6]) + (f" and {len(named) - 6} more" if named[6:] else "")

    def _list_counted(self) -> list[str]:
        """Say on how many rows figures stand that are not of all rows."""
        answer, notes = self.answer, dict[str, list[str]]()
        whole = answer.count_things(ALL_GROUPS)
        for name in self.query.measures:
            measure = answer.get_measure(name)
            if not measure.counted or not answer.is_allowed(ALL_GROUPS, name):
                continue
            many = answer.get_count("now", ALL_GROUPS, name)
            if many is None:
                continue
            floor = get_floor(self.warehouse, answer.dataset.bases[ALL_ROWS].family)
            of = f", of {whole} in all" if whole - many >= floor else ""
            label = answer.dataset.row_label.text
            notes.setdefault(f"of the {many} {label} {measure.counted}{of}", []).append(name)
        return [f"{', '.join(names)}: {what}." for what, names in notes.items()]

    def _list_last_days(self) -> list[str]:
        """Say which days the days since a last sale begin on."""
        if "days_since_last_sale" not in self.query.measures:
            return []
        last = self.answer.periods.known_until
        said = [
            f"{fact.about or 'all products'}: {last - timedelta(days=int(fact.value))}"
            for fact in self.facts
            if fact.parts.measure == "days-since-last-sale"
        ]
        return [f"Counted to {last}. Last sale: {'; '.join(said)}."] if said else []

    def _build_exhibits(self, groups: Sequence[Group], cells: Any) -> tuple[Exhibit, ...]:
        if not self.facts:
            return ()
        columns, lines = self._list_columns(cells), self._list_lines(groups, cells)
        spelled = [
            spell_column(
                [cells[group, name][n + shift] for _, group, shift in lines], self.language
            )
            for name, n in columns
        ]
        rows = [
            (*names, *(cell or NOT_SHOWN for cell in row))
            for (names, *_), row in zip(lines, zip(*spelled, strict=True), strict=True)
            if any(row)
        ]
        labels = [self.answer.dataset.dimensions[d].label for d in self.query.dimensions]
        heads = [label.to(self.language).capitalize() for label in labels] or [""]
        if labels:
            heads[0] = " · ".join([heads[0], *self.filters])
        table = Table(
            columns=(*heads, *(self._head(name, n) for name, n in columns)),
            rows=tuple(rows),
            facts=tuple(fact.id for fact in self.facts),
        )
        single = [one for one in groups[1:] if self.answer.recipe.is_single(one)]
        chart = self._build_chart(single, cells)
        ids = tuple(fact.id for fact in self.facts)
        return (
            Exhibit(
                shows=describe_query(self.warehouse, self.answer, self.language),
                not_ranked=self._describe_left_out(),
                table=table,
                chart=chart,
                facts=ids,
            ),
        )

    def _list_lines(
        self, groups: Sequence[Group], cells: Any
    ) -> list[tuple[tuple[str, ...], Group, int]]:
        """Return the lines of the table: names, group, and which of its figures stand in the first
        column. Where only the total is compared, its earlier figures are lines of their own."""
        lines = [(self._name(group), group, 0) for group in groups[1:]]
        lines.append((self._name_total(), ALL_GROUPS, 0))
        if self._is_only_total_compared(cells):
            assert self.answer.periods.before is not None
            empty = ("",) * (len(self.query.dimensions) - 1)
            days = describe_days(self.answer.periods.before, self.language)
            change = CHANGE_LABEL.to(self.language).capitalize()
            lines += [((days, *empty), ALL_GROUPS, 1), ((change, *empty), ALL_GROUPS, 2)]
        return lines

    def _is_only_total_compared(self, cells: Any) -> bool:
        compared = {group for (group, _), one in cells.items() if one[1] is not None}
        return bool(self.query.dimensions) and compared == {ALL_GROUPS}

    def _list_columns(self, cells: Any) -> list[tuple[str, int]]:
        if self._is_only_total_compared(cells):
            return [(name, 0) for name in self.query.measures]
        return [
            (name, n)
            for name in self.query.measures
            for n in range(3)
            if n == 0 or any(one[n] for (_group, of), one in cells.items() if of == name)
        ]

    def _head(self, name: str, n: int) -> str:
        label = self.answer.get_measure(name).label.to(self.language)
        if n == 0:
            return label[:1].upper() + label[1:]
        words = MEASURE_COLUMN["before" if n == 1 else "change"]
        text = words.model_copy(update={"params": {"measure": label}}).to(self.language)
        return text[:1].upper() + text[1:]

    def _name_total(self) -> tuple[str, ...]:
        many = len(self.query.dimensions)
        if not many:
            return (" · ".join([*self.filters, describe_days(self.days, self.language)]),)
        label = Words("All together").to(self.language)
        return (" · ".join([label, *self.filters]), *[""] * (many - 1))

    def _build_chart(self, groups: Sequence[Group], cells: Any) -> ExhibitChart | None:
        name = self.query.measures[0]
        dimensions = self.query.dimensions
        by_time = is_by_time(dimensions)
        points, facts = [], []
        for group in groups:
            fact = cells[group, name][0]
            if fact is not None:
                facts.append(fact)
                day = date.fromisoformat(str(group[0])) if by_time and group[0] else None
                label = " · ".join(self._name(group))
                points.append(ExhibitPoint(name=label, value=float(fact.number), day=day))
        if len(points) < 2:
            return None
        if not by_time and not set(ORDERED_DIMENSIONS).intersection(dimensions):
            points.sort(key=lambda point: -point.value)
        return ExhibitChart(
            kind="line" if by_time else "bars",
            title=name_chart(self.warehouse, self.answer, self.language),
            points=tuple(points),
            unit=facts[0].unit or "",
            measure=facts[0].parts.measure,
        )


def _last_day(dimension: str, first: date) -> date:
    if dimension == "day":
        return first
    if dimension == "week":
        return first + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[dimension]
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _to_decimal(value: Any) -> Decimal | None:
    if value is None:
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _round(number: Decimal, measure: Measure) -> Decimal:
    """Round as the figure is told: large sums of money to whole units, rates to a hundredth of a
    point."""
    if measure.unit == "money":
        whole = measure.is_sum and abs(number) >= MIN_WHOLE_AMOUNT
        return number.quantize(Decimal(1) if whole else Decimal("0.01"))
    if measure.unit == "days":
        return number.quantize(Decimal("0.1"))
    is_count = measure.is_sum and number == number.to_integral_value()
    return number.quantize(Decimal(1) if is_count else Decimal("0.01"))
