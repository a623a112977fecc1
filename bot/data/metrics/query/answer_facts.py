"""Turn an answer into facts, a table and a chart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any

from bot.core.charts import (
    AGAINST,
    Exhibit,
    ExhibitChart,
    ExhibitPoint,
    ScopePart,
    TableRows,
)
from bot.core.facts import Fact, FactId
from bot.core.metric_query import DATED_DIMENSIONS, ORDERED_DIMENSIONS, MetricBound
from bot.core.parts import Table
from bot.core.rounding import round_alike, round_sums, spell_column
from bot.core.withheld import Withheld
from bot.data.analyses.result import describe_age
from bot.data.metrics.query.answer_notes import AnswerNotes
from bot.data.metrics.query.dataset import Measure
from bot.data.metrics.query.metric_answer import OTHERS, WITHIN, MetricAnswer
from bot.data.metrics.query.order_cautions import (
    RETURN_FIELDS,
    counts_returns,
    warn_of_late_returns,
)
from bot.data.metrics.query.periods import Days, count_days
from bot.data.metrics.query.release import ALL_GROUPS, Group
from bot.data.metrics.query.remainder import REST, are_empty, find_rest, list_missing
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.wording import OTHERS as OTHERS_NAME
from bot.data.metrics.query.wording import (
    describe_filters,
    describe_having,
    describe_query,
    get_label,
    get_last_day,
    get_reference_day,
    is_by_time,
    list_hidden_times,
    list_scope,
    name_chart,
    name_dimensions,
    name_measure,
    name_part,
    name_row,
    name_span,
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
FROM_DAY, UNTIL_DAY = Words("from {day}"), Words("until {day}")
DAILY_CHANGE = Words("change per day")
BOUND, GROUPS_WITHIN = Words("bound"), Words("number within the bounds")
TOO_FEW = Words("not shown (too few)")
NOT_TOLD = Words("not shown")
NO_CELLS = (None, None, None)
MAX_NAMED_OTHERS = 3  # groups that the row of the others names


@dataclass(frozen=True)
class MetricResult:
    """What a tool returns of an answer. `groups` says which group of which period a fact is of.
    `bounds` are those of the query, and how many groups are within them."""

    facts: tuple[Fact, ...]
    bounds: tuple[Fact, ...]
    exhibits: tuple[Exhibit, ...]
    notes: tuple[str, ...]
    read_as: str
    scope: tuple[ScopePart, ...]  # the same, part by part
    groups: dict[str, tuple[PeriodName, Group, str]]
    withheld: Mapping[tuple[PeriodName, str], Withheld]  # why a total is not told, by measure


def build_result(warehouse: Warehouse, answer: MetricAnswer, language: Language) -> MetricResult:
    return _ResultBuilder(warehouse, answer, language).build()


class _ResultBuilder:
    def __init__(self, warehouse: Warehouse, answer: MetricAnswer, language: Language) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query = answer.query
        self.money = answer.recipe.currency
        self.filters = describe_filters(warehouse, answer, language, short=True)
        self.reference_day = get_reference_day(warehouse, answer)
        self.age = describe_age(warehouse, answer.dataset.kind)
        self.notes = AnswerNotes(warehouse, answer, language)
        self.total = answer.recipe.total
        self.facts: list[Fact] = []
        self.groups: dict[str, tuple[PeriodName, Group, str]] = {}
        assert self.query.since is not None
        assert self.query.until is not None
        self.days: Days = (self.query.since, self.query.until)
        self.bounds = self._list_bounds()
        # that the data are read to, also where the figures end before

    def build(self) -> MetricResult:
        cells: dict[tuple[Group, str], tuple[Fact | None, Fact | None, Fact | None]] = {}
        groups = [self.total, *self.answer.recipe.list_groups()]
        for group in groups:
            for name in self.query.measures:
                cells[group, name] = self._add(group, name)
        used = {name: self.answer.get_measure(name) for name in self.query.measures}
        sums = [slugify(name) for name, one in used.items() if one.is_sum and one.unit == "money"]
        self.facts = [*round_sums(round_alike(self.facts), sums)]
        told = {fact.id: fact for fact in self.facts}
        for place, (now, before, change) in cells.items():
            cells[place] = (_find(now, told), _find(before, told), _find(change, told))
        notes = (*self.notes.build(groups, cells, self.facts), *self._list_cut(groups))
        whats = [
            name_measure(self.warehouse, self.answer, name, self.language, as_read=True)
            for name in self.told
        ]
        scope = self._list_scope(cells, short=False)
        read_as = summarize_query(self.warehouse, self.answer, self.language, self.told)
        return MetricResult(
            tuple(self.facts),
            self.bounds,
            self._build_exhibits(groups, cells),
            notes,
            "\n".join([read_as, *([self.age.to(self.language)] if self.age else [])]),
            (*(("what", what) for what in whats), *scope),
            self.groups,
            self._list_withheld(),
        )

    def _list_withheld(self) -> dict[tuple[PeriodName, str], Withheld]:
        periods: tuple[PeriodName, ...] = ("now", "before")
        asked = [(period, name) for period in periods for name in self.answer.asked.measures]
        found = {one: self.notes.withheld.find(self.total, one[1], one[0]) for one in asked}
        return {one: why for one, why in found.items() if why is not None}

    @property
    def told(self) -> list[str]:
        """The measures that have a figure; all of them where none has."""
        told = {measure for *_, measure in self.groups.values()}
        return [name for name in self.query.measures if name in told or not told]

    # Facts.

    def _list_bounds(self) -> tuple[Fact, ...]:
        """Return the bounds as they were asked, and how many groups are within them: at least those
        that are shown, where others are hidden or have no room."""
        answer, counts, bounds = self.answer, self.answer.counts, self.query.having
        if counts is None or not bounds:
            return ()
        told = [self._build_bound(one) for one in bounds]
        n = (
            0
            if counts.are_outside
            else sum(
                answer.recipe.is_single(group)
                and all(answer.is_allowed(group, one.measure) for one in bounds)
                for group in answer.recipe.list_groups()
            )
        )
        if n < counts.may_fit and not n:
            return tuple(told)
        what = name_dimensions(answer, self.language)
        count = told[0].model_copy(
            update={
                "id": str(FactId(METRIC_KIND, self._subject(WITHIN, self.days, "now"), "groups")),
                "label": GROUPS_WITHIN.text,
                "about": Words("by {what}", what=what).to(self.language),
                "value": Decimal(n) if n == counts.may_fit else f"at least {n}",
                "unit": None,
                "shown_decimals": None,
                "since": self.days[0],
                "until": self.days[1],
            }
        )
        return (*told, count)

    def _build_bound(self, bound: MetricBound) -> Fact:
        measure = self.answer.get_measure(bound.measure)
        of = slugify(f"bound {self.query.dataset} {bound.measure}")
        return Fact(
            id=str(FactId(METRIC_KIND, of, slugify(f"{bound.operator} {bound.value}"))),
            label=BOUND.text,
            about=name_measure(self.warehouse, self.answer, bound.measure, self.language),
            value=bound.value,
            shown_decimals=max(0, -int(bound.value.as_tuple().exponent)),
            unit=(self.money if measure.unit == "money" else measure.unit) or None,
            source=self.answer.get_source(self.warehouse, "now", ALL_GROUPS, bound.measure),
            as_of=self.warehouse.as_of(self.answer.dataset.kind),
        )

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
        depends = counts_returns(measure) or self.query.uses(*RETURN_FIELDS)
        return depends and bool(warn_of_late_returns(self.warehouse, self.days))

    def _keep(self, fact: Fact, period: PeriodName, group: Group, name: str) -> None:
        self.facts.append(fact)
        self.groups[fact.id] = (period, group, name)

    def _build_fact(self, period: PeriodName, group: Group, name: str, days: Days) -> Fact | None:
        measure = self.answer.get_measure(name)
        exact = _to_decimal(self.answer.get_value(period, group, name))
        if exact is None or (not exact and measure.is_sum and None in group):
            return None  # nothing of what is not stated: no returns without a reason
        value, own = _round(exact, measure), self._find_own(group, period)
        since, until = self._cut_days(own, days)
        named = self.notes.name(own)
        if group == self.total:
            named = (name_part(self.warehouse, self.answer, name, self.language),)
        about = [*filter(None, named), *self._list_filters(group)]
        if group == WITHIN:
            about += describe_having(self.warehouse, self.answer, self.language)
        return Fact(
            id=str(FactId(METRIC_KIND, self._subject(own, days, period), slugify(name))),
            label=get_label(self.warehouse, self.answer, measure).text,
            about=" · ".join(about),
            value=value,
            exact=None if value == exact else exact,
            unit=(self.money if measure.unit == "money" else measure.unit) or None,
            source=self.answer.get_source(self.warehouse, period, group, name),
            as_of=self.warehouse.as_of(self.answer.dataset.kind),
            rows=self.answer.get_count(period, group, name),
            of=self._find_base(period, group, name),
            query=self.answer.sql.get(measure.share_of or name),
            since=since,
            until=until,
        )

    def _find_own(self, group: Group, period: PeriodName) -> Group:
        """Return the group itself; of the earlier period the week, month … that it is paired
        with."""
        shift = self.answer.recipe.shift if period == "before" else None
        if shift is None or not self.answer.recipe.is_single(group):
            return group
        return (shift.move_back(date.fromisoformat(str(group[0]))).isoformat(),)

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
            exact, digits, unit = new - old, Decimal("0.01"), "points"
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
        cells = self._complete(groups, cells)
        columns, lines = self._list_columns(cells), self._list_lines(groups, cells)
        spelled = [
            spell_column(
                [cells.get((group, name), NO_CELLS)[n + shift] for _, group, shift in lines],
                self.language,
            )
            for name, n in columns
        ]
        rows = [
            (
                *names,
                *(
                    cell or self._explain_gap(group, name, groups)
                    for (name, _), cell in zip(columns, row, strict=True)
                ),
            )
            for (names, group, _), row in zip(lines, zip(*spelled, strict=True), strict=True)
            if any(row) or group not in groups
        ]
        labels = [self.answer.dataset.dimensions[d].label for d in self.query.dimensions]
        heads = [label.to(self.language).capitalize() for label in labels or [Words("period")]]
        days = format_short_period(*self.days, self.language, date.min)
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
            if name in self.told
        }
        single = [one for one in groups[1:] if self.answer.recipe.is_single(one)]
        empty = [(first.isoformat(),) for first, _ in self.empty_times]
        chart = self._build_chart(sorted([*single, *empty]) if empty else single, cells)
        ids = tuple(fact.id for fact in self.facts)
        not_ranked = self.notes.describe_unranked()
        ranked = tuple(id for id in ids if self.groups[id][1] in single) if not_ranked else ()
        scope, short_scope = (self._list_scope(cells, short=short) for short in (False, True))
        is_cut = self.answer.periods.left_out_days > 0
        return (
            Exhibit(
                shows=describe_query(self.warehouse, self.answer, self.language, self.told),
                scope=scope,
                short_scope=short_scope,
                days=days,
                measure_facts=named,
                total=self._name_total(cells)[0] if self.query.dimensions else "",
                cut=self.notes.describe_cut(),
                footnote=self.notes.describe_source(),
                cut_after=self.days[1] if is_cut else None,
                not_ranked=not_ranked,
                ranked_facts=ranked,
                column_facts=tuple(facts_of[name] for name, _ in columns),
                column_days=tuple("" if (name, 1) in columns else days for name, _ in columns),
                rows=self._describe_rows(heads, lines, table),
                table=table,
                chart=chart,
                facts=(*ids, *(fact.id for fact in self.bounds)),
            ),
        )

    def _list_scope(self, cells: Any, *, short: bool) -> tuple[ScopePart, ...]:
        """Return how the query was read, without a comparison that none of its figures has."""
        scope = list_scope(self.warehouse, self.answer, self.language, years=True, short=short)
        is_compared = any(before is not None for _now, before, _change in cells.values())
        return tuple(one for one in scope if is_compared or one[0] != AGAINST)

    def _describe_rows(
        self,
        heads: Sequence[str],
        lines: Sequence[tuple[tuple[str, ...], Group, int]],
        table: Table,
    ) -> TableRows | None:
        """Say what the rows are of; None where no other look-up has such rows."""
        if not self.query.dimensions:
            return None
        wholes = (REST, self.total)
        single = [
            names
            for names, group, _ in lines
            if group not in wholes and self.answer.recipe.is_single(group)
        ]
        shown = {row[: len(heads)] for row in table.rows}
        return TableRows(
            dimensions=tuple(self.query.dimensions),
            heads=tuple(heads),
            groups=tuple(names for names in single if names in shown),
        )

    def _complete(self, groups: Sequence[Group], cells: Any) -> Any:
        """Return the cells of the table: each figure in one row alone, what the rows leave of the
        total, and nothing where the total tells that there is nothing."""
        cells, recipe = dict(cells), self.answer.recipe
        for name in self.query.measures:
            for one in groups:
                alone = [
                    cells[part, name][0]
                    for part in recipe.members.get(one, ())
                    if (part, name) in cells
                ]
                if any(alone):
                    cells[one, name] = (None, None, None)
            if self._leaves_others(groups):
                cells[REST, name] = self._find_rest(cells, name)
            for first, _ in self.empty_times:
                fact = cells[ALL_GROUPS, name][0]
                is_none = fact is not None and self.answer.get_measure(name).is_sum
                none = fact.model_copy(update={"value": Decimal(0)}) if fact and is_none else None
                cells[(first.isoformat(),), name] = (none, None, None)
        return cells

    def _leaves_others(self, groups: Sequence[Group]) -> bool:
        """Whether the table has a row of what its rows leave of the total: of groups within bounds
        the others are none of it."""
        is_of_all = bool(self.query.dimensions) and self.total == ALL_GROUPS
        return is_of_all and OTHERS not in groups and bool(list_missing(self.answer))

    def _find_rest(self, cells: Any, name: str) -> tuple[Fact | None, Fact | None, Fact | None]:
        now = find_rest(self.answer, cells, name, 0, "now")
        before = find_rest(self.answer, cells, name, 1, "before")
        both = now and before and self._build_change(now, before, self.answer.get_measure(name))
        return now, before, both or None

    @cached_property
    def empty_times(self) -> list[Days]:
        """The spans of time without rows, where the total tells it."""
        is_told = self.total == ALL_GROUPS and are_empty(self.answer)
        return list_hidden_times(self.answer) if is_told else []

    def _list_lines(
        self, groups: Sequence[Group], cells: Any
    ) -> list[tuple[tuple[str, ...], Group, int]]:
        """Return the lines of the table: names, group, and which of its figures stand in the first
        column. Where only the total is compared, its earlier figures are lines of their own."""
        lines = [(self._name_line(group), group, 0) for group in groups[1:]]
        if not any(self.answer.recipe.is_single(group) for group in groups):
            lines = []  # others alone are the total
        lines = self._add_hidden_times(lines)
        if any(cells.get((REST, name), (None,))[0] for name in self.query.measures):
            lines.append((self._name_others(), REST, 0))
        lines.append((self._name_total(cells), self.total, 0))
        if self._is_only_total_compared(cells):
            empty = ("",) * (len(self.query.dimensions) - 1)
            days = self._name_period(self.answer.periods.before)
            change = self._name_change(self.query.measures).capitalize()
            lines += [((days, *empty), self.total, 1), ((change, *empty), self.total, 2)]
        return lines

    def _add_hidden_times(
        self, lines: list[tuple[tuple[str, ...], Group, int]]
    ) -> list[tuple[tuple[str, ...], Group, int]]:
        """Return the lines of a course with those of the times that have none, in their place."""
        if self.query.order != "natural" or OTHERS in self.answer.recipe.list_groups():
            return lines  # what is hidden stands together, by its name
        found = list(lines)
        for span in list_hidden_times(self.answer):
            name = name_span(self.answer, span, self.language)
            group: Group = (span[0].isoformat(),)
            later = (n for n, line in enumerate(found) if (line[1][0] or "") > (group[0] or ""))
            found.insert(next(later, len(found)), ((name[:1].upper() + name[1:],), group, 0))
        return found

    def _name_line(self, group: Group) -> tuple[str, ...]:
        """Name a group; of a month, a week or the like that the days don't hold whole, say from and
        up to which day it is."""
        names = list(name_row(self.warehouse, self.answer, group, self.language))
        if group == OTHERS and names[0] == OTHERS_NAME.to(self.language):
            return self._name_others()
        for n, bounds in self._find_cut(group).items():
            told = [
                words.with_params(day=format_short_day(day, self.language, self.reference_day))
                for words, day in zip((FROM_DAY, UNTIL_DAY), bounds, strict=True)
                if day
            ]
            names[n] = ", ".join([names[n], *(words.to(self.language) for words in told)])
        return tuple(names)

    def _find_cut(self, group: Group) -> dict[int, tuple[date | None, date | None]]:
        """Return, by the place of the dimension, from and up to which day the days hold a month, a
        week or the like; nothing where they hold it whole."""
        first, last = self._cut_days(group, self.days)
        found = {}
        for n, (dimension, value) in enumerate(zip(self.query.dimensions, group, strict=False)):
            if not (
                value and dimension in DATED_DIMENSIONS and self.answer.recipe.is_single(group)
            ):
                continue
            start = date.fromisoformat(value)
            since = first if first > start else None
            until = last if last < get_last_day(dimension, start) else None
            if since or until:
                found[n] = (since, until)
        return found

    def _list_cut(self, groups: Sequence[Group]) -> list[str]:
        cut = dict.fromkeys(self._name_line(g)[0] for g in groups[1:] if 0 in self._find_cut(g))
        return [f"In part only: {'; '.join(cut)}. Its sums are no fall or rise."] if cut else []

    def _is_only_total_compared(self, cells: Any) -> bool:
        compared = {group for (group, _), one in cells.items() if one[1] is not None}
        return compared == {self.total}

    def _list_columns(self, cells: Any) -> list[tuple[str, int]]:
        many = 1 if self._is_only_total_compared(cells) else 3
        return [
            (name, n)
            for name in self.query.measures
            for n in range(many)
            if any(one[n] for (_group, of), one in cells.items() if of == name)
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
        name = format_short_period(*days, self.language, self.reference_day)
        return name[:1].upper() + name[1:]

    def _explain_gap(self, group: Group, name: str, groups: Sequence[Group]) -> str:
        """Say why a cell is empty: its figure is of too few people, would tell one beside it, or
        there is none."""
        if group == REST or (group in groups and self.answer.is_allowed(group, name)):
            return NOT_SHOWN
        if group in [(first.isoformat(),) for first, _ in self.empty_times]:
            return NOT_SHOWN
        return (TOO_FEW if self.notes.is_small(group, name) else NOT_TOLD).to(self.language)

    def _name_total(self, cells: Any) -> tuple[str, ...]:
        """Name the row of all groups, where the others don't add up to it with how many it is
        of."""
        if not self.query.dimensions:
            return (self._name_period(self.days),)
        name = Words("Total")
        missing = list_missing(self.answer) if self.total == ALL_GROUPS else []
        has_rest = any(cells.get((REST, one), NO_CELLS)[0] for one in self.query.measures)
        if missing and not has_rest and OTHERS not in self.answer.recipe.list_groups():
            many = len([*filter(self.answer.recipe.is_single, self.answer.recipe.list_groups())])
            name = Words("Total of all {n}", n=len(missing) + many)
        return (name.to(self.language), *[""] * (len(self.query.dimensions) - 1))

    def _name_others(self) -> tuple[str, ...]:
        missing, named = list_missing(self.answer), self.notes.list_named_others()
        others = Words("Others ({n})", n=len(missing))
        if len(named) == len(missing) <= MAX_NAMED_OTHERS:
            listed = ", ".join(named)
            return (listed[:1].upper() + listed[1:], *[""] * (len(self.query.dimensions) - 1))
        return (others.to(self.language), *[""] * (len(self.query.dimensions) - 1))

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
                is_cut = day is not None and bool(self._find_cut(group))
                names = name_row(self.warehouse, self.answer, group, self.language)
                label = " · ".join(self._name_line(group) if is_cut else names)
                said = fact.shown(self.language)
                points.append(
                    ExhibitPoint(
                        name=label, value=_read_value(fact), day=day, spelled=said, cut=is_cut
                    )
                )
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


def _find(fact: Fact | None, told: Mapping[str, Fact]) -> Fact | None:
    return told[fact.id] if fact else None


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
