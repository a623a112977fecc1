"""Turn an answer into facts, a table and a chart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from bot.core.charts import Exhibit, ExhibitChart, ExhibitPoint, ScopePart
from bot.core.facts import Fact, FactId, find_points_step, spell_column
from bot.core.metric_query import DATED_DIMENSIONS, ORDERED_DIMENSIONS
from bot.core.parts import Table
from bot.data.analyses.result import describe_age
from bot.data.metrics.query.answer_notes import AnswerNotes
from bot.data.metrics.query.dataset import Measure
from bot.data.metrics.query.metric_answer import OTHERS, WITHIN, MetricAnswer
from bot.data.metrics.query.order_cautions import RETURN_FIELDS, warn_of_late_returns
from bot.data.metrics.query.periods import Days, count_days
from bot.data.metrics.query.release import ALL_GROUPS, Group
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.wording import (
    describe_filters,
    describe_having,
    describe_query,
    get_label,
    get_last_day,
    is_by_time,
    list_scope,
    name_chart,
    name_measure,
    name_part,
    name_row,
    summarize_query,
)
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words, format_short_day, format_short_period
from bot.text.normalize import slugify

METRIC_KIND = "metric"
PEOPLE_UNIT = "customers"
MONEY_OF_CUSTOMERS = "of_customers"  # a base of measures of what customers spent
MAX_SUBJECT_LENGTH = 110
MIN_WHOLE_AMOUNT = 1000  # from here on sums of money are told without cents
NOT_SHOWN = "–"
CHANGE_LABEL = Words("change")
DAILY_CHANGE = Words("change per day")
TOO_FEW = Words("not shown (too few)")


@dataclass(frozen=True)
class MetricResult:
    """What a tool returns of an answer. `groups` says which group of which period a fact is of."""

    facts: tuple[Fact, ...]
    exhibits: tuple[Exhibit, ...]
    notes: tuple[str, ...]
    read_as: str
    scope: tuple[ScopePart, ...]  # the same, part by part
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
        self.notes = AnswerNotes(warehouse, answer, language)
        self.total = answer.recipe.total
        self.facts: list[Fact] = []
        self.groups: dict[str, tuple[PeriodName, Group, str]] = {}
        assert self.query.since is not None
        assert self.query.until is not None
        self.days: Days = (self.query.since, self.query.until)

    def build(self) -> MetricResult:
        cells: dict[tuple[Group, str], tuple[Fact | None, Fact | None, Fact | None]] = {}
        groups = [self.total, *self.answer.recipe.list_groups()]
        for group in groups:
            for name in self.query.measures:
                cells[group, name] = self._add(group, name)
        notes = self.notes.build(groups, cells, self.facts)
        return MetricResult(
            tuple(self.facts),
            self._build_exhibits(groups, cells),
            notes,
            "\n".join([self.read_as, *([self.age.to(self.language)] if self.age else [])]),
            list_scope(self.warehouse, self.answer, self.language),
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
        if (
            self.answer.periods.before is not None
            and (self.answer.periods.sums_compare or not measure.is_sum)
            and not self._lacks_returns(measure)  # beside it, a table would compare what differs
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

    def _lacks_returns(self, measure: Measure) -> bool:
        """Whether the measure or the rows depend on returns, and some of the present period are
        still to come."""
        depends = measure.caution is warn_of_late_returns or self.query.uses(*RETURN_FIELDS)
        return depends and bool(warn_of_late_returns(self.warehouse, self.days))

    def _keep(self, fact: Fact, period: PeriodName, group: Group, name: str) -> None:
        self.facts.append(fact)
        self.groups[fact.id] = (period, group, name)

    def _build_fact(self, period: PeriodName, group: Group, name: str, days: Days) -> Fact | None:
        measure = self.answer.get_measure(name)
        exact = _to_decimal(self.answer.get_value(period, group, name))
        if exact is None or (not exact and measure.is_sum and None in group):
            return None  # nothing of what is not stated: no returns without a reason
        value = _round(exact, measure)
        since, until = self._cut_days(group, days)
        named = self.notes.name(group)
        if group == self.total:
            named = (name_part(self.warehouse, self.answer, name, self.language),)
        about = [*filter(None, named), *self._list_filters(group)]
        if group == WITHIN:
            about += describe_having(self.warehouse, self.answer, self.language)
        return Fact(
            id=str(FactId(METRIC_KIND, self._subject(group, days, period), slugify(name))),
            label=get_label(self.warehouse, self.answer, measure).text,
            about=" · ".join(about),
            value=value,
            exact=None if value == exact else exact,
            unit=(self.money if measure.unit == "money" else measure.unit) or None,
            source=self.answer.get_source(self.warehouse, period, group, name),
            as_of=min(self.days[1], self.warehouse.as_of(self.answer.dataset.kind)),
            rows=self.answer.get_count(period, group, name),
            of=self._find_base(period, group, name),
            query=self.answer.sql.get(measure.share_of or name),
            since=since,
            until=until,
        )

    def _find_base(self, period: PeriodName, group: Group, name: str) -> int | None:
        """Return how many a share is of. A share of money is of none, and rows that stand for
        several people don't say it."""
        measure = self.answer.get_measure(name)
        whole = self.answer.get_measure(measure.share_of or name)
        if measure.unit != "%" or whole.unit == "money" or self.answer.dataset.weights:
            return None
        if MONEY_OF_CUSTOMERS in whole.bases:
            return None
        if measure.share_of:
            group = ALL_GROUPS
            period = period if self.query.dimensions else "whole"
        return self.answer.get_count(period, group, measure.share_of or name)

    def _list_filters(self, group: Group) -> list[str]:
        """Return the conditions in words, without those that the name of the group makes clear."""
        if not self.answer.recipe.is_single(group):
            return self.filters
        return [
            text
            for text, conditions in zip(self.filters, self.query.filters, strict=True)
            if not {one.field for one in conditions} <= {*self.query.dimensions}
        ]

    def _is_daily(self, measure: Measure) -> bool:
        """Whether a change is that of the amount per day."""
        return measure.is_sum and self.answer.periods.per_day

    def _name_change(self, names: Iterable[str]) -> str:
        daily = all(self._is_daily(self.answer.get_measure(name)) for name in names)
        return (DAILY_CHANGE if daily else CHANGE_LABEL).to(self.language)

    def _build_change(self, now: Fact, earlier: Fact, measure: Measure) -> Fact | None:
        new, old, before = now.number, earlier.number, self.answer.periods.before
        assert before is not None
        if is_daily := self._is_daily(measure):
            if measure.unit == PEOPLE_UNIT:
                return None  # who bought on two days counts once
            new, old = new / count_days(self.answer.periods.now), old / count_days(before)
        if measure.unit == "%":
            exact, unit = new - old, "points"
            digits = find_points_step(new, old)
        elif old:
            exact, digits, unit = 100 * (new - old) / abs(old), Decimal("0.1"), "%"
        else:
            return None
        about = " · ".join(filter(None, [now.titled(self.language), now.about]))
        return now.model_copy(
            update={
                "id": f"{now.id}-per-day-change" if is_daily else f"{now.id}-change",
                "label": (DAILY_CHANGE if is_daily else CHANGE_LABEL).text,
                "about": about,
                "value": exact.quantize(digits),
                "exact": exact,
                "of": None,
                "unit": unit,
            }
        )

    def _cut_days(self, group: Group, days: Days) -> Days:
        """Return the days of a group: those of its week or month that are in the period."""
        first, last = days
        for n, (dimension, value) in enumerate(zip(self.query.dimensions, group, strict=False)):
            members = self.answer.recipe.members.get(group, (group,))
            if (
                dimension in DATED_DIMENSIONS
                and value is not None
                and group not in (OTHERS, WITHIN)
            ):
                starts = [date.fromisoformat(start) for one in members if (start := one[n])]
                first, last = max(first, starts[0]), min(last, get_last_day(dimension, starts[-1]))
        return first, last

    def _subject(self, group: Group, days: Days, period: PeriodName) -> str:
        """Return what the figure is of, the same whenever it is asked for: dataset, filters, group
        and days, and the earlier period for a figure that is compared with it."""
        parts: list[str] = [self.query.dataset]
        parts += ["-".join([one.field, one.operator, *one.values]) for one in self.query.conditions]
        pairs = zip(self.query.dimensions, group, strict=False)
        if group in (OTHERS, WITHIN):
            parts.append("-".join([*self.query.dimensions, str(group[0])]))
        else:
            parts += [f"{name}-{value or 'not-stated'}" for name, value in pairs]
        if group == WITHIN:
            bounds = self.query.having
            parts += [f"{one.measure}-{one.operator}-{one.value}" for one in bounds]
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

    def _build_exhibits(self, groups: Sequence[Group], cells: Any) -> tuple[Exhibit, ...]:
        if not self.facts or self.notes.is_mostly_hidden:
            return ()
        columns, lines = self._list_columns(cells), self._list_lines(groups, cells)
        spelled = [
            spell_column(
                [cells[group, name][n + shift] for _, group, shift in lines], self.language
            )
            for name, n in columns
        ]
        rows = [
            (
                *names,
                *(
                    cell or self._explain_gap(group, name)
                    for (name, _), cell in zip(columns, row, strict=True)
                ),
            )
            for (names, group, _), row in zip(lines, zip(*spelled, strict=True), strict=True)
            if any(row)
        ]
        labels = [self.answer.dataset.dimensions[d].label for d in self.query.dimensions]
        heads = [label.to(self.language).capitalize() for label in labels or [Words("period")]]
        table = Table(
            columns=(
                *heads,
                *(self._head(name, n, is_compared=(name, 1) in columns) for name, n in columns),
            ),
            rows=tuple(rows),
            facts=tuple(fact.id for fact in self.facts),
        )
        facts_of: dict[str, frozenset[str]] = {
            name: frozenset(id for id, (*_, measure) in self.groups.items() if measure == name)
            for name in self.query.measures
        }
        named = {
            name_measure(self.warehouse, self.answer, name, self.language, as_read=True): facts
            for name, facts in facts_of.items()
        }
        single = [one for one in groups[1:] if self.answer.recipe.is_single(one)]
        chart = self._build_chart(single, cells)
        ids = tuple(fact.id for fact in self.facts)
        not_ranked = self.notes.describe_unranked()
        ranked = tuple(id for id in ids if self.groups[id][1] in single) if not_ranked else ()
        return (
            Exhibit(
                shows=describe_query(self.warehouse, self.answer, self.language),
                scope=list_scope(self.warehouse, self.answer, self.language),
                days=format_short_period(*self.days, self.language, self.warehouse.today),
                measure_facts=named,
                total=self._name_total()[0] if self.query.dimensions else "",
                cut=self.notes.describe_cut(),
                not_ranked=not_ranked,
                ranked_facts=ranked,
                column_facts=tuple(facts_of[name] for name, _ in columns),
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
        lines = [(self._name_line(group), group, 0) for group in groups[1:]]
        lines.append((self._name_total(), self.total, 0))
        if self._is_only_total_compared(cells):
            empty = ("",) * (len(self.query.dimensions) - 1)
            days = self._name_period(self.answer.periods.before)
            change = self._name_change(self.query.measures).capitalize()
            lines += [((days, *empty), self.total, 1), ((change, *empty), self.total, 2)]
        return lines

    def _name_line(self, group: Group) -> tuple[str, ...]:
        """Name a group; of a month, a week or the like that the days don't hold whole, say up to
        which day it is."""
        names = list(name_row(self.warehouse, self.answer, group, self.language))
        last = self._cut_days(group, self.days)[1]
        for n, (dimension, value) in enumerate(zip(self.query.dimensions, group, strict=False)):
            is_dated = dimension in DATED_DIMENSIONS and self.answer.recipe.is_single(group)
            if is_dated and value and last < get_last_day(dimension, date.fromisoformat(value)):
                day = format_short_day(last, self.language, self.warehouse.today)
                until = Words("until {day}", day=day).to(self.language)
                names[n] = f"{names[n]}, {until}"
        return tuple(names)

    def _is_only_total_compared(self, cells: Any) -> bool:
        compared = {group for (group, _), one in cells.items() if one[1] is not None}
        return compared == {self.total}

    def _list_columns(self, cells: Any) -> list[tuple[str, int]]:
        if self._is_only_total_compared(cells):
            return [(name, 0) for name in self.query.measures]
        return [
            (name, n)
            for name in self.query.measures
            for n in range(3)
            if n == 0 or any(one[n] for (_group, of), one in cells.items() if of == name)
        ]

    def _head(self, name: str, n: int, *, is_compared: bool) -> str:
        """Name a column: the measure; of figures that are compared, with the days that each is of.
        The columns beside it are named by their days alone."""
        label = name_measure(self.warehouse, self.answer, name, self.language)
        if is_compared:
            periods = self.answer.periods
            what = (
                self._name_period(periods.now),
                self._name_period(periods.before),
                self._name_change([name]),
            )[n]
            label = f"{label}, {what}" if n == 0 else what
        return label[:1].upper() + label[1:]

    def _name_period(self, days: Days | None) -> str:
        if days is None:
            return ""
        name = format_short_period(*days, self.language, self.warehouse.today)
        return name[:1].upper() + name[1:]

    def _explain_gap(self, group: Group, name: str) -> str:
        """Say why a cell is empty: its figure is of too few people, or there is none."""
        return NOT_SHOWN if self.answer.is_allowed(group, name) else TOO_FEW.to(self.language)

    def _name_total(self) -> tuple[str, ...]:
        if not self.query.dimensions:
            return (self._name_period(self.days),)
        return (Words("Total").to(self.language), *[""] * (len(self.query.dimensions) - 1))

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
                names = name_row(self.warehouse, self.answer, group, self.language)
                label = " · ".join(names)
                points.append(ExhibitPoint(name=label, value=_read_value(fact), day=day))
        if len(points) < 2:
            return None
        if not by_time and not set(ORDERED_DIMENSIONS).intersection(dimensions):
            points.sort(key=lambda point: -point.value)
        return ExhibitChart(
            kind="line" if by_time else "bars",
            title=name_chart(self.answer, self.language),
            points=tuple(points),
            unit=facts[0].unit or "",
            measure=facts[0].parts.measure,
        )


def _to_decimal(value: Any) -> Decimal | None:
    if value is None:
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _read_value(fact: Fact) -> float:
    """Return the number as sentences and tables have it."""
    read = fact.as_read
    return float(read.value if isinstance(read.value, Decimal) else read.number)


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
