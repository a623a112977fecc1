"""Read a question about the data without an AI: measures, splits, values and days from a table.

A question is read only if each of its words is known: from `question_words.toml`, as the name of a
value in the data, or as days. The words that are not are returned as they were typed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from bot.core.metric_query import (
    DatasetName,
    DimensionName,
    MeasureName,
    MetricCondition,
    MetricQuery,
    OrderName,
    QuestionFields,
)
from bot.data.metrics.entity_resolution import resolve_values
from bot.data.metrics.query.describe import COLUMN_FIELDS, ValueNames
from bot.i18n.periods import JOINING, Period, find_periods
from bot.offline.question_words import (
    BY,
    COUNTING,
    PEOPLE_MEASURES,
    WORD,
    Match,
    find_matches,
    load_idle_words,
    load_table,
)
from bot.text.normalize import normalize_text, tokenize

EITHER = ("or", "ou")
WITH = ("with", "avec")
ROW_MEASURES = {"orders": "orders", "visits": "visits", "feedback": "reviews"}
MAX_DIMENSIONS = 2
LoadNames = Callable[[DatasetName], ValueNames]
Filter = tuple[MetricCondition, ...]


@dataclass(frozen=True)
class QuestionReading:
    """What was read of a question. `unread` are its words that were not understood, as typed;
    `fields` is what the form is filled with."""

    query: MetricQuery | None
    unread: tuple[str, ...]
    fields: QuestionFields


def _build_condition(field: str, operator: str, *values: str) -> MetricCondition:
    read = {"field": field, "operator": operator, "values": values}
    return MetricCondition.model_validate(read)


class QuestionReader:
    """Reads one question. `load_names` returns the names of the values of a dataset."""

    def __init__(self, question: str, today: date, load_names: LoadNames) -> None:
        self.question, self.load_names = question, load_names
        found = list(WORD.finditer(normalize_text(question)))
        self.words = [match[0] for match in found]
        self.spans = [match.span() for match in found]
        self.idle = load_idle_words()
        self.periods = find_periods(self.words, today)
        of_periods = {at for period in self.periods for at in period.words}
        self.matches = find_matches(self.words, of_periods)
        compared = [m.at for m in self.matches if m.names("comparison") or m.names("share")]
        self.no_values = of_periods.union(*compared)  # positions of words that name no values
        self.read_at: set[int] = set()  # the positions of the words that were understood
        self.unclear: set[int] = set()  # and of those that may mean two things
        self.dataset: DatasetName = "orders"
        self.measures: list[str] = []
        self.dimensions: list[str] = []
        self.filters: list[Filter] = []
        self.splitting: list[Match] = []  # "against" between two values

    def read(self) -> QuestionReading:
        self._choose_measures()
        self._choose_dimensions()
        order, limit = self._choose_order()
        self._read_not_ordered()
        only = self._read_values()
        days = self._choose_days()
        self._read_share()
        unread = self._list_unread()
        form = {name: days[name] for name in ("since", "until", "comparison")}
        if form["comparison"] == "dates":
            form["comparison"] = "previous_period"
        measure, split = (next(iter(some), None) for some in (self.measures, self.dimensions))
        form |= {"measure": measure, "split": split, "only": only}
        fields = QuestionFields.model_validate(form)
        if not self.measures or unread:
            return QuestionReading(None, unread, fields)
        asked = {name: getattr(self, name) for name in ("dataset", "measures", "dimensions")}
        asked |= {"filters": self.filters, "order": order, "limit": limit}
        return QuestionReading(MetricQuery.model_validate(asked | days), (), fields)

    # Words.

    def _of(self, kind: str, name: str) -> list[Match]:
        return [match for match in self.matches if name in match.names(kind)]

    def _accept(self, *matches: Match) -> None:
        """Count the words of these as understood."""
        self.read_at.update(at for match in matches for at in match.at)

    def _accept_periods(self, *periods: Period) -> None:
        self.read_at.update(at for period in periods for at in period.words)

    # Measures, splits and order.

    def _choose_measures(self) -> None:
        named = [match for match in self.matches if match.by_dataset("measures")]
        verbs = [match for match in self.matches if match.by_dataset("verbs")]
        spoken, group = (named, "measures") if named else (verbs, "verbs")
        known = [set(match.by_dataset(group)) for match in spoken] or [{"orders"}]
        common = set.intersection(*known) or known[0]
        self.dataset = next(one for one in get_args(DatasetName) if one in common)
        for before, match in zip([None, *spoken], spoken, strict=False):
            names = match.by_dataset(group).get(self.dataset, ())
            if before is None or not named or self._joins(before, match):
                self.measures += [name for name in names if name not in self.measures]
            elif names != [ROW_MEASURES.get(self.dataset)]:  # "the return rate of orders"
                continue
            if names:
                self._accept(match)
        if self.dataset == "orders" and not named and self._of("order", "best_sellers"):
            self.measures = ["units", "revenue"]
        for match in self.matches:
            said = (*match.names("said"), *match.by_dataset("verbs"))
            if match not in spoken and self.dataset in said:
                self._accept(match)

    def _joins(self, one: Match, other: Match) -> bool:
        """Whether "and" or a comma stands between two measures."""
        joined = {*self.words[one.at.stop : other.at.start]} & {*JOINING}
        return bool(joined) or self._has_comma(one.at.stop - 1, other.at.start)

    def _choose_dimensions(self) -> None:
        from bot.data.metrics.query.runner import DATASETS

        for match in self.matches:
            for name in match.names("dimensions"):
                before = {*self.words[max(0, match.at.start - 2) : match.at.start]}
                is_counted = (before & {*COUNTING} and not before & {*BY}) or before & {*WITH}
                is_known = name in DATASETS[self.dataset].dimensions
                if is_known and not is_counted and len(self.dimensions) < MAX_DIMENSIONS:
                    self.dimensions += [name] if name not in self.dimensions else []
                    self._accept(match)
                    self._accept_by(match)
        if self._of("order", "best_sellers") and "product" not in self.dimensions:
            self.dimensions = ["product", *self.dimensions][:MAX_DIMENSIONS]

    def _accept_by(self, match: Match) -> None:
        """Accept the "by" before a split or a measure."""
        at = match.at.start - 1
        while at >= 0 and self.words[at] in self.idle:
            at -= 1
        if at >= 0 and self.words[at] in BY:
            self.read_at.add(at)

    def _choose_order(self) -> tuple[OrderName, int]:
        kinds = {name: self._of("order", name) for name in load_table()["order"]}
        kinds = {name: found for name, found in kinds.items() if found}
        said = [match for found in kinds.values() for match in found]
        is_one_order = len(kinds) == 1 or set(kinds) == {"highest", "best"}
        if not (is_one_order and self.dimensions and self.measures):
            return "natural", 0
        self._accept(*said)
        for match in [one for one in self.matches if one.by_dataset("measures")]:
            if {*match.at} <= self.read_at:  # "top 5 products by revenue"
                self._accept_by(match)
        less = self.measures[0] in load_table()["less_is_better"]
        is_low = not {"lowest", "best" if less else "worst"}.isdisjoint(kinds)
        return "lowest" if is_low else "highest", self._read_limit(said)

    def _read_limit(self, order: Sequence[Match]) -> int:
        splits = [match for match in self.matches if match.names("dimensions")]
        places = [one.at.stop for one in order] + [one.at.start - 1 for one in (*order, *splits)]
        for at in places:
            is_free = at not in self.read_at | self.no_values
            if 0 <= at < len(self.words) and self.words[at].isdigit() and is_free:
                self.read_at.add(at)
                return int(self.words[at])
        return 0

    def _read_share(self) -> None:
        """Turn the measure into its share where a share is asked for."""
        said = self._of("share", "words")
        shares = [one for n in self.measures if (one := f"{n}_share") in get_args(MeasureName)]
        if said and len(self.measures) == len(shares) == 1 and (self.filters or self.dimensions):
            self.measures = [*shares, *self.measures]
            self._accept(*said)

    def _read_not_ordered(self) -> None:
        said = self._of("customers", "not_ordered")
        if self.measures != ["customers"] or len(self.periods) != 1 or len(said) != 1:
            return
        period = self.periods.pop()
        self._accept(*said)
        self._accept_periods(period)
        days = [period.since.isoformat(), period.until.isoformat()]
        operator, values = ("at_least", days[:1]) if period.is_open else ("between", days)
        self.filters.append((_build_condition("customer_not_ordered", operator, *values),))

    # Days.

    def _choose_days(self) -> dict[str, Any]:
        """Return the days of the query, and with which they are compared."""
        against = [one for one in self._of("comparison", "against") if one not in self.splitting]
        same, previous = (self._of("comparison", name) for name in ("same", "previous"))
        first, second = [*self.periods, None, None][:2]
        since, until = first.days if first else (None, None)
        days = {"since": since, "until": until, "comparison": "none"}
        self._accept_periods(*self.periods[:1])
        if first and previous and not second:
            self._accept(*against, *previous)
            return days | {"comparison": "previous_period"}
        if not first or not second or not self._are_joined(first, second, against):
            return days
        self._accept(*against, *same)
        self._accept_periods(second)
        before, now = sorted((first, second), key=lambda one: one.since)
        days |= {"since": now.since, "until": now.until}
        year = now.since.year - 1
        if before.days == (date(year, 1, 1), date(year, 12, 31)):
            return days | {"comparison": "same_period_last_year"}
        compared = {"compare_since": before.since, "compare_until": before.until}
        return days | compared | {"comparison": "dates"}

    def _are_joined(self, one: Period, other: Period, against: Sequence[Match]) -> bool:
        """Whether "against" or "and" stands between two periods, and no word that means more."""
        between = range(one.words.stop, other.words.start)
        if any(set(match.at) & set(between) for match in against):
            return True
        words = {self.words[at] for at in between}
        return bool(words & {*JOINING}) and words <= self.idle

    # Values.

    def _read_values(self) -> str:
        """Read the words that are left as values of the data. Returns those that were read."""
        fields, found = COLUMN_FIELDS[self.dataset], dict[str, list[str]]()
        names: ValueNames | None = None
        read_runs: list[list[int]] = []
        for run in list(self._list_runs()):
            names = self.load_names(self.dataset) if names is None else names
            words = [self.words[at] for at in run]
            if any(word.isdigit() or word in (*BY, *EITHER, "%") for word in words):
                continue
            resolved = resolve_values(words, names)
            is_foreign = bool(set(resolved.only) - set(fields))
            unknown = set(resolved.unknown) or (set(words) if is_foreign else set())
            self.read_at.update(at for at in run if self.words[at] not in unknown)
            if unknown:
                continue
            read_runs.append(run)
            for column, values in resolved.only.items():
                found.setdefault(column, []).extend(values)
        of_people = {*self.measures} & {*PEOPLE_MEASURES}
        if len(read_runs) > 1 and {*found} & {"product", "category"} and of_people:
            # Customers of two products are those of both or of either: the person says which.
            between = range(read_runs[0][-1] + 1, read_runs[-1][0])
            joined = {at for at in between if self.words[at] in (*JOINING, *EITHER)}
            self.unclear = joined or {*read_runs[-1]}
        elif len(read_runs) > 1 and len(found) == 1:
            self._accept_either(read_runs, fields[next(iter(found))])
        self.filters += _list_value_filters(self.dataset, found)
        return ", ".join(self._quote(run) for run in read_runs)

    def _list_runs(self) -> Iterator[list[int]]:
        """Yield the runs of words that were not read. "And", "or", a comma and words that were read
        end a run."""
        run: list[int] = []
        for at, word in enumerate(self.words):
            is_free = at not in self.read_at | self.no_values and word not in (*JOINING, *EITHER)
            if run and (not is_free or self._has_comma(run[-1], at)):
                yield run
                run = []
            if is_free and word not in self.idle:
                run.append(at)
        if run:
            yield run

    def _has_comma(self, before: int, at: int) -> bool:
        return "," in self.question[self.spans[before][1] : self.spans[at][0]]

    def _accept_either(self, runs: Sequence[Sequence[int]], field: str) -> None:
        """ "From France or Belgium" are both together; "SMS vs e-mail" is a split."""
        between = range(runs[0][-1] + 1, runs[-1][0])
        self.read_at.update(at for at in between if self.words[at] in EITHER)
        for match in self._of("comparison", "against"):
            if set(match.at) <= set(between) and len(self.dimensions) < MAX_DIMENSIONS:
                self.splitting.append(match)
                self._accept(match)
                if field in get_args(DimensionName) and field not in self.dimensions:
                    self.dimensions.append(field)

    # What is left.

    def _list_unread(self) -> tuple[str, ...]:
        groups: list[list[int]] = []
        for at, word in enumerate(self.words):
            if at not in self.unclear and (at in self.read_at or word in self.idle):
                continue
            if groups and groups[-1][-1] == at - 1:
                groups[-1].append(at)
            else:
                groups.append([at])
        return tuple(dict.fromkeys(self._quote(group) for group in groups))

    def _quote(self, at: Sequence[int]) -> str:
        return self.question[self.spans[at[0]][0] : self.spans[at[-1]][1]]


def read_form(fields: QuestionFields, load_names: LoadNames) -> QuestionReading:
    """Read a filled form. `unread` are the words of `only` that name nothing in the data."""
    from bot.data.metrics.query.runner import DATASETS

    if fields.measure is None:
        return QuestionReading(None, (), fields)
    dataset = next(name for name, one in DATASETS.items() if fields.measure in one.measures)
    found, unread = dict[str, list[str]](), list[str]()
    for piece in filter(None, map(str.strip, fields.only.split(","))):
        words = [word for word in tokenize(piece) if word not in load_idle_words()]
        resolved = resolve_values(words, load_names(dataset))
        if resolved.unknown or not words:
            unread.append(piece)
            continue
        for column, values in resolved.only.items():
            found.setdefault(column, []).extend(values)
    query = MetricQuery(
        dataset=dataset,
        measures=(fields.measure,),
        dimensions=(fields.split,) if fields.split else (),
        filters=_list_value_filters(dataset, found),
        since=fields.since,
        until=fields.until,
        comparison=fields.comparison,
        limit=0,
    )
    return QuestionReading(query, tuple(unread), fields)


def _list_value_filters(
    dataset: DatasetName, values: Mapping[str, Sequence[str]]
) -> tuple[Filter, ...]:
    fields = COLUMN_FIELDS[dataset]
    return tuple(
        (_build_condition(fields[column], "in", *dict.fromkeys(some)),)
        for column, some in values.items()
    )
