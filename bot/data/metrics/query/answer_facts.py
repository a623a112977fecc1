"""Turn an answer into facts, a table and a chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from bot.core.exhibits import AGAINST, Exhibit, ExhibitChart, ExhibitPoint, ScopePart, TableRows
from bot.core.facts import Fact
from bot.core.metric_query import DATED_DIMENSIONS, ORDERED_DIMENSIONS
from bot.core.parts import Table
from bot.core.rounding import round_alike, round_sums, spell_column
from bot.core.withheld import Withheld
from bot.data.analyses.result import describe_age
from bot.data.metrics.query.answer_notes import AnswerNotes
from bot.data.metrics.query.figure_facts import FigureFacts
from bot.data.metrics.query.group_order import by_time
from bot.data.metrics.query.metric_answer import OTHERS, MetricAnswer
from bot.data.metrics.query.periods import Days, count_days
from bot.data.metrics.query.query_wording import (
    describe_query,
    get_reference_day,
    list_scope,
    name_chart,
    summarize_query,
)
from bot.data.metrics.query.release import ALL_GROUPS, Group
from bot.data.metrics.query.remainder import REST, are_empty, find_rest, list_missing
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.time_names import get_last_day, is_by_time, list_hidden_times, name_span
from bot.data.metrics.query.wording import OTHERS as OTHERS_NAME
from bot.data.metrics.query.wording import name_measure, name_row
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words, format_short_day, format_short_period
from bot.text.normalize import slugify

NOT_SHOWN = "–"
FROM_DAY, UNTIL_DAY = Words("from {day}"), Words("until {day}")
TOO_FEW = Words("not shown (too few)")
NOT_TOLD = Words("not shown")
NO_CELLS = (None, None, None)
MIN_COMPARED_DAYS = 4  # of a week or the like that the days hold in part
MAX_NAMED_OTHERS = 3  # groups that the row of the others names


@dataclass(frozen=True)
class MetricResult:
    """What a tool returns of an answer. `groups` says which group of which period a fact is of.
    `bounds` are those of the query, how many groups are within them, and under how many people a
    count of all is of that is not shown."""

    facts: tuple[Fact, ...]
    bounds: tuple[Fact, ...]
    exhibits: tuple[Exhibit, ...]
    notes: tuple[str, ...]
    read_as: str
    scope: tuple[ScopePart, ...]  # the same, part by part
    groups: dict[str, tuple[PeriodName, Group, str]]
    withheld: Mapping[tuple[PeriodName, str], Withheld]  # why a total is not told, by measure


def build_result(warehouse: Warehouse, answer: MetricAnswer, language: Language) -> MetricResult:
    return _ResultBuilder(warehouse, answer.without_lone_counts(), language).build()


class _ResultBuilder:
    def __init__(self, warehouse: Warehouse, answer: MetricAnswer, language: Language) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query = answer.query
        self.reference_day = get_reference_day(warehouse, answer)
        self.age = describe_age(warehouse, answer.dataset.kind)
        self.notes = AnswerNotes(warehouse, answer, language)
        self.figures = FigureFacts(warehouse, answer, self.notes, language)
        self.total = answer.recipe.total
        self.facts: list[Fact] = []
        self.groups: dict[str, tuple[PeriodName, Group, str]] = {}
        self.days = self.figures.days
        self.bounds = (*self.figures.list_bounds(), *self.figures.list_floors())

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

    def _add(self, group: Group, name: str) -> tuple[Fact | None, Fact | None, Fact | None]:
        """Add a figure, with the earlier one and the change where they are compared."""
        measure = self.answer.get_measure(name)
        now = self.figures.build("now", group, name, self.days)
        if now is None:
            return None, None, None
        earlier = None
        if (
            self.answer.periods.before is not None
            and self.answer.compares(group, name)
            # beside it, a table would compare what differs
            and not self.figures.lacks_returns(measure)
            and not self._is_scrap(group)
        ):
            earlier = self.figures.build("before", group, name, self.answer.periods.before)
        if earlier is None:
            self._keep(now, "now", group, name)
            return now, None, None
        now = now.model_copy(update={"compared_with": earlier.id})
        self._keep(now, "now", group, name)
        self._keep(earlier, "before", group, name)
        change = self.figures.build_change(now, earlier, measure)
        if change is not None:
            self._keep(change, "now", group, name)
        return now, earlier, change

    def _is_scrap(self, group: Group) -> bool:
        """Whether the days hold so little of a week or the like that its change tells nothing."""
        days = count_days(self.figures.cut_days(group, self.days))
        return days < MIN_COMPARED_DAYS and bool(self._find_cut(group))

    def _keep(self, fact: Fact, period: PeriodName, group: Group, name: str) -> None:
        self.facts.append(fact)
        self.groups[fact.id] = (period, group, name)

    # What is shown beside.

    def _build_exhibits(self, groups: Sequence[Group], cells: Any) -> tuple[Exhibit, ...]:
        if not self.facts or self.notes.places.is_mostly_hidden:
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
        named = [label.to(self.language) for label in labels or [Words("period")]]
        heads = [name[:1].upper() + name[1:] for name in named]
        days = format_short_period(*self.days, self.language, date.min)
        table = Table(
            columns=(
                *heads,
                *(self._head(name, n, is_compared=(name, 1) in columns) for name, n in columns),
            ),
            rows=tuple(rows),
            facts=tuple(fact.id for fact in self.facts),
        )
        # a column without a figure is not shown
        has_gaps = any("–" in cells and {*cells} != {"–"} for cells in zip(*rows, strict=True))
        gaps = self.notes.describe_withheld() if has_gaps else ""
        facts_of: dict[str, frozenset[str]] = {
            name: frozenset(id for id, (*_, measure) in self.groups.items() if measure == name)
            for name in self.query.measures
        }
        measures = {
            name_measure(self.warehouse, self.answer, name, self.language, as_read=True): facts
            for name, facts in facts_of.items()
            if name in self.told
        }
        single = [one for one in groups[1:] if self.answer.recipe.is_single(one)]
        empty = [(first.isoformat(),) for first, _ in self.empty_times]
        chart = self._build_chart(sorted([*single, *empty]) if empty else single, cells)
        ids = tuple(fact.id for fact in self.facts)
        not_ranked = self.notes.places.describe_unranked()
        ranked = tuple(id for id in ids if self.groups[id][1] in single) if not_ranked else ()
        scope, short_scope = (self._list_scope(cells, short=short) for short in (False, True))
        is_cut = self.answer.periods.left_out_days > 0
        return (
            Exhibit(
                shows=describe_query(self.warehouse, self.answer, self.language, self.told),
                scope=scope,
                short_scope=short_scope,
                days=days,
                measure_facts=measures,
                total=self._name_total(cells)[0] if self.query.dimensions else "",
                cut="\n".join(filter(None, (self.notes.describe_cut(), gaps))),
                footnote=self.notes.describe_source(),
                cut_after=self.days[1] if is_cut else None,
                is_open=any(
                    self.figures.lacks_returns(self.answer.get_measure(name)) for name in self.told
                ),
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
    ) -> TableRows:
        """Say what the rows are of."""
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
        both = (
            now and before and self.figures.build_change(now, before, self.answer.get_measure(name))
        )
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
        lines = [(self._name_line(group), group, 0) for group in self._sort_by_time(groups[1:])]
        if not any(self.answer.recipe.is_single(group) for group in groups):
            lines = []  # others alone are the total
        lines = self._add_hidden_times(lines)
        if any(cells.get((REST, name), (None,))[0] for name in self.query.measures):
            lines.append((self._name_others(), REST, 0))
        lines.append((self._name_total(cells), self.total, 0))
        if self._is_only_total_compared(cells):
            empty = ("",) * (len(self.query.dimensions) - 1)
            days = self._name_period(self.answer.periods.before)
            change = self.figures.name_change(self.query.measures).capitalize()
            lines += [((days, *empty), self.total, 1), ((change, *empty), self.total, 2)]
        return lines

    def _sort_by_time(self, groups: Sequence[Group]) -> list[Group]:
        """Return the groups as a table has them: months and the like by time, also where they were
        chosen as the highest; several together last."""
        dimensions, recipe = self.query.dimensions, self.answer.recipe
        if len(dimensions) != 1 or dimensions[0] not in ORDERED_DIMENSIONS:
            return [*groups]
        return sorted(groups, key=lambda group: (not recipe.is_single(group), by_time(group)))

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
        first, last = self.figures.cut_days(group, self.days)
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
                self.figures.name_change([name]),
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
        if self.query.names_groups:  # as they are asked for, it is no secret which are missing
            named = sorted(" · ".join(self.notes.places.name(one)) for one in missing)
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
        for group in self._sort_by_time(groups):
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


def _read_value(fact: Fact) -> float:
    """Return the number as sentences and tables have it."""
    read = fact.as_read
    return float(read.value if isinstance(read.value, Decimal) else read.number)
