"""Read a question about the data without an AI: measures, splits, values and days from a table.

A question is read only if each of its words is known: from `question_words.toml`, as the name of a
value in the data, or as days. The words that are not are returned as they were typed.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

from bot.core.metric_query import (
    ComparisonName,
    DatasetName,
    DimensionName,
    FieldName,
    MeasureName,
    MetricBound,
    MetricCondition,
    MetricQuery,
    OrderName,
    QuestionFields,
)
from bot.data.metrics.entity_resolution import ResolvedValues, resolve_values
from bot.data.metrics.query.describe import COLUMN_FIELDS, ValueNames
from bot.i18n.periods import Period, find_periods
from bot.text.normalize import normalize_text, tokenize

TABLE = Path(__file__).with_name("question_words.toml")
WORD = re.compile(r"[a-z0-9œæß]+|%")
JOINING, EITHER, BY = ("and", "et"), ("or", "ou"), ("by", "per", "par")
COUNTING = ("many", "combien", "number", "nombre", "nb", "cb")
WITH = ("with", "avec")
PEOPLE_MEASURES = ("customers", "new_customers")
ROW_MEASURES = {"orders": "orders", "visits": "visits", "feedback": "reviews"}
COUNTED_MEASURES = ("orders", "units", "customers", "visits", "reviews", "ratings", "sent")
LoadNames = Callable[[DatasetName], ValueNames]


@dataclass(frozen=True)
class QuestionReading:
    """What was read of a question. `unread` are its words that were not understood, as typed;
    `fields` is what the form is filled with."""

    query: MetricQuery | None
    unread: tuple[str, ...]
    fields: QuestionFields


@dataclass(frozen=True)
class Phrase:
    """A phrase of the table: `kind` is "measures.orders", `name` is "revenue"."""

    words: tuple[str, ...]
    kind: str
    name: str


@dataclass(frozen=True)
class Match:
    """Phrases with the same words, and where these stand in the question."""

    phrases: tuple[Phrase, ...]
    at: range

    def names(self, kind: str) -> list[str]:
        return [phrase.name for phrase in self.phrases if phrase.kind == kind]

    def datasets(self, group: str) -> dict[str, list[str]]:
        """Return the names of a group of kinds, such as "measures", by dataset."""
        found: dict[str, list[str]] = {}
        for phrase in self.phrases:
            head, _, dataset = phrase.kind.partition(".")
            if head == group:
                found.setdefault(dataset, []).append(phrase.name)
        return found


@cache
def load_table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def load_idle_words() -> frozenset[str]:
    return frozenset(tokenize(load_table()["idle"]))


@cache
def load_phrases() -> tuple[tuple[tuple[str, ...], tuple[Phrase, ...]], ...]:
    """Return the phrases by their words, the longest first."""
    table, found = load_table(), dict[tuple[str, ...], list[Phrase]]()
    for kind, entries in _list_entries(table):
        for name, phrases in entries.items():
            for phrase in phrases.split(","):
                words = tuple(WORD.findall(normalize_text(phrase)))
                found.setdefault(words, []).append(Phrase(words, kind, name))
    ordered = sorted(found.items(), key=lambda one: (-len(one[0]), one[0]))
    return tuple((words, tuple(phrases)) for words, phrases in ordered)


def _list_entries(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for group in ("measures", "verbs"):
        for dataset, entries in table[group].items():
            yield f"{group}.{dataset}", entries
    for kind in (
        *("said", "dimensions", "order", "share", "comparison", "bounds", "customers"),
        "conditions",
    ):
        yield kind, {k: v for k, v in table[kind].items() if isinstance(v, str)}


def drop_measure_names(text: str) -> str:
    """Return the text without the names of measures of more than one word: the basket of "our
    average basket" is no product."""
    words = text.split()
    tokens = [" ".join(WORD.findall(normalize_text(word))) for word in words]
    kept = set(range(len(words)))
    for name, phrases in load_phrases():
        if len(name) < 2 or not any(phrase.kind.startswith("measures.") for phrase in phrases):
            continue
        for start in range(len(words) - len(name) + 1):
            if tuple(tokens[start : start + len(name)]) == name:
                kept -= {*range(start, start + len(name))}
    return " ".join(words[at] for at in sorted(kept))


class QuestionReader:
    """Reads one question. `load_names` returns the names of the values of a dataset."""

    def __init__(self, question: str, today: date, load_names: LoadNames) -> None:
        self.question, self.load_names = question, load_names
        found = list(WORD.finditer(normalize_text(question)))
        self.words = [match[0] for match in found]
        self.spans = [match.span() for match in found]
        self.idle = load_idle_words()
        self.read_at: set[int] = set()  # the positions of the words that were understood
        self.periods = find_periods(self.words, today)
        for period in self.periods:
            self.read_at.update(period.words)
        self.matches = self._match_phrases()
        self.filters: list[tuple[MetricCondition, ...]] = []
        self.having: list[MetricBound] = []
        self.splitting: list[Match] = []  # "against" between two values
        self.conditions: list[Match] = []

    def read(self) -> QuestionReading:
        measures, dataset = self._choose_measures()
        dimensions = self._choose_dimensions(dataset)
        order, limit = self._choose_order(measures, dimensions)
        self._read_bounds(measures, dimensions, dataset)
        self._read_not_ordered(measures)
        self._read_conditions(dataset, measures, dimensions)
        only = self._read_values(dataset, measures, dimensions)
        period, comparison, compared = self._choose_periods()
        measures = self._read_share(dataset, measures, dimensions)
        self._accept_small_words()
        unread = self._list_unread()
        if unread or not measures:  # the form has no place for conditions
            unread = (*unread, *(self._quote(match.at) for match in self.conditions))
        fields = QuestionFields(
            measure=measures[0] if measures else None,
            split=dimensions[0] if dimensions else None,
            only=only,
            since=period[0],
            until=period[1],
            comparison=comparison if comparison != "dates" else "previous_period",
        )
        if not measures or unread:
            return QuestionReading(None, unread, fields)
        query = MetricQuery(
            dataset=dataset,
            measures=tuple(measures),
            dimensions=tuple(dimensions),
            filters=tuple(self.filters),
            since=period[0],
            until=period[1],
            comparison=comparison,
            compare_since=compared[0],
            compare_until=compared[1],
            having=tuple(self.having),
            order=order,
            limit=limit,
        )
        return QuestionReading(query, (), fields)

    # Phrases.

    def _match_phrases(self) -> list[Match]:
        found = []
        for words, phrases in load_phrases():
            for start in range(len(self.words)):
                at = self._match(words, start)
                if at is not None and self.read_at.isdisjoint(at):
                    self.read_at.update(at)
                    found.append(Match(phrases, at))
        return sorted(found, key=lambda match: match.at.start)

    def _match(self, words: Sequence[str], start: int) -> range | None:
        """Return where the phrase stands, small words between its words left out or put in."""
        at = start
        for number, word in enumerate(words):
            if number:
                behind = at
                while (
                    behind < len(self.words)
                    and self.words[behind] != word
                    and (self.words[behind] in self.idle)
                ):
                    behind += 1
                if behind < len(self.words) and self.words[behind] == word:
                    at = behind
                elif word in self.idle:
                    continue
                else:
                    return None
            if at >= len(self.words) or self.words[at] != word:
                return None
            at += 1
        return range(start, at)

    def _of(self, kind: str, name: str) -> list[Match]:
        return [match for match in self.matches if name in match.names(kind)]

    def _reject(self, *matches: Match) -> None:
        """Count the words of these as not understood."""
        for match in matches:
            self.read_at.difference_update(match.at)

    # Measures, splits and order.

    def _choose_measures(self) -> tuple[list[MeasureName], DatasetName]:
        named = [match for match in self.matches if match.datasets("measures")]
        verbs = [match for match in self.matches if match.datasets("verbs")]
        spoken = named or verbs
        best = self._of("order", "best_sellers")
        group = "measures" if named else "verbs"
        known = [set(match.datasets(group)) for match in spoken]
        common = set.intersection(*known) if known else {"orders"}
        order = [one for one in get_args(DatasetName) if one in common]
        dataset = cast(DatasetName, order[0] if order else next(iter(sorted(known[0]))))
        measures: list[str] = []
        for before, match in zip([None, *spoken], spoken, strict=False):
            names = match.datasets(group).get(dataset, [])
            if before is not None and named and not self._joins(before, match):
                if names == [ROW_MEASURES.get(dataset)]:
                    continue  # "the return rate of orders"
                names = []
            measures += [name for name in names if name not in measures]
            if not names:
                self._reject(match)
        if best and dataset == "orders":
            measures = measures if named else ["units", "revenue"]
        for match in [*verbs, *(one for one in self.matches if one.names("said"))]:
            group_names = match.datasets("verbs")
            is_said = dataset in match.names("said") or dataset in group_names
            if match not in spoken and not is_said:
                self._reject(match)
        return cast(list[MeasureName], measures), dataset

    def _joins(self, one: Match, other: Match) -> bool:
        """Whether "and", a comma or a bound stands between two measures."""
        between = range(one.at.stop, other.at.start)
        bounds = any(
            p.kind == "bounds" for m in self.matches if m.at.start in between for p in m.phrases
        )
        words = {self.words[at] for at in between}
        return (
            bounds or bool(words & {*JOINING}) or self._has_comma(one.at.stop - 1, other.at.start)
        )

    def _choose_dimensions(self, dataset: DatasetName) -> list[DimensionName]:
        from bot.data.metrics.query.runner import DATASETS

        found: list[str] = []
        for match in self.matches:
            for name in match.names("dimensions"):
                before = self.words[max(0, match.at.start - 2) : match.at.start]
                counts = any(word in COUNTING for word in before) and not set(before) & set(BY)
                counts = counts or bool(set(before) & {*WITH})
                if name not in DATASETS[dataset].dimensions or counts or len(found) == 2:
                    self._reject(match)
                elif name not in found:
                    found.append(name)
                self._accept_by(match)
        if self._of("order", "best_sellers") and "product" not in found:
            found.insert(0, "product")
        return cast(list[DimensionName], found[:2])

    def _accept_by(self, match: Match) -> None:
        at = match.at.start - 1
        while at >= 0 and self.words[at] in self.idle:
            at -= 1
        if at >= 0 and self.words[at] in BY and match.at.start in self.read_at:
            self.read_at.add(at)

    def _choose_order(
        self, measures: Sequence[str], dimensions: Sequence[str]
    ) -> tuple[OrderName, int]:
        kinds = {
            name: found
            for name in ("highest", "lowest", "best", "worst", "best_sellers")
            if (found := self._of("order", name))
        }
        if not kinds:
            return "natural", 0
        said = [match for found in kinds.values() for match in found]
        if (len(kinds) > 1 and set(kinds) != {"highest", "best"}) or not dimensions or not measures:
            self._reject(*said)
            return "natural", 0
        for match in [one for one in self.matches if one.datasets("measures")]:
            self._accept_by(match)  # "top 5 products by revenue"
        less = measures[0] in load_table()["order"]["less_is_better"]
        is_high = {"highest": True, "lowest": False, "best": not less, "worst": less}
        name = next(iter(kinds))
        order: OrderName = "highest" if is_high.get(name, True) else "lowest"
        return order, self._read_limit(said)

    def _read_limit(self, order: Sequence[Match]) -> int:
        splits = [match for match in self.matches if match.names("dimensions")]
        places = [one.at.stop for one in order] + [one.at.start - 1 for one in (*order, *splits)]
        for at in places:
            if 0 <= at < len(self.words) and self.words[at].isdigit() and at not in self.read_at:
                self.read_at.add(at)
                return int(self.words[at])
        return 0

    def _read_share(
        self,
        dataset: DatasetName,
        measures: list[MeasureName],
        dimensions: Sequence[DimensionName],
    ) -> list[MeasureName]:
        """Turn the measure into its share where a share is asked for."""
        said = self._of("share", "words")
        if not said:
            return measures
        shares = [f"{name}_share" for name in measures if f"{name}_share" in get_args(MeasureName)]
        if len(measures) != 1 or not shares or not (self.filters or dimensions):
            self._reject(*said)
            return measures
        return [cast(MeasureName, shares[0]), *measures]

    # Bounds: "at least 20 ratings", "customers with at least 5 orders".

    def _read_bounds(
        self, measures: list[MeasureName], dimensions: Sequence[str], dataset: DatasetName
    ) -> None:
        for match in [one for one in self.matches if any(p.kind == "bounds" for p in one.phrases)]:
            kind = next(p.name for p in match.phrases if p.kind == "bounds")
            at = match.at.stop
            counted = next((m for m in self.matches if m.at.start == at + 1), None)
            names = counted.datasets("measures").get(dataset, []) if counted else []
            number = self.words[at] if at < len(self.words) else ""
            if not number.isdigit() or not names or names[0] not in COUNTED_MEASURES:
                self._reject(match)
                continue
            value = Decimal(number) + {"over": 1, "under": -1}.get(kind, 0)
            operator = "at_least" if kind in ("at_least", "over") else "at_most"
            measure = cast(MeasureName, names[0])
            if dimensions:
                self.having.append(
                    MetricBound.model_validate(
                        {"measure": measure, "operator": operator, "value": value}
                    )
                )
            elif measure == "orders" and measures[:1] == ["customers"] and not self.periods:
                values = (str(value),)
                condition = {"field": "customer_orders", "operator": operator, "values": values}
                self.filters.append((MetricCondition.model_validate(condition),))
                measures.remove("orders")
            else:
                self._reject(match)
                continue
            self.read_at.add(at)

    def _read_not_ordered(self, measures: Sequence[MeasureName]) -> None:
        said = self._of("customers", "not_ordered")
        if not said:
            return
        if list(measures) != ["customers"] or len(self.periods) != 1 or len(said) > 1:
            self._reject(*said)
            return
        period = self.periods.pop()
        days = (period.since.isoformat(), period.until.isoformat())
        condition = MetricCondition(
            field="customer_not_ordered",
            operator="at_least" if period.is_open else "between",
            values=days[:1] if period.is_open else days,
        )
        self.filters.append((condition,))

    def _read_conditions(
        self, dataset: DatasetName, measures: Sequence[str], dimensions: list[DimensionName]
    ) -> None:
        """Read phrases that stand for a condition: "without a code", "on Sundays", "1 star". Not
        of customers, who may never have had a code or once ordered without, and not behind a
        question that has ended. Two values of one field ("1 star and 5 stars") are told apart,
        unless one or the other is meant."""
        from bot.data.metrics.query.dataset import get_field
        from bot.data.metrics.query.runner import DATASETS

        found: dict[str, list[MetricCondition]] = {}
        for match in self.matches:
            for name in match.names("conditions"):
                field, operator, value = name.split()
                is_second = "?" in self.question[: self.spans[match.at.start][0]]
                is_of_people = value in ("no", "none") and {*measures} & {*PEOPLE_MEASURES}
                if is_second or is_of_people or get_field(DATASETS[dataset], field) is None:
                    self._reject(match)
                    continue
                condition = {"field": field, "operator": operator, "values": (value,)}
                found.setdefault(field, []).append(MetricCondition.model_validate(condition))
                self.conditions.append(match)
        self.filters += map(tuple, found.values())
        if not {*EITHER}.isdisjoint(self.words):
            return
        several = [field for field, conditions in found.items() if len({*conditions}) > 1]
        splits = [f for f in several if f in get_args(DimensionName) and f not in dimensions]
        dimensions += cast(list[DimensionName], splits[: 2 - len(dimensions)])

    # Days.

    def _choose_periods(
        self,
    ) -> tuple[tuple[date | None, date | None], ComparisonName, tuple[date | None, date | None]]:
        nothing = (None, None)
        against = [one for one in self._of("comparison", "against") if one not in self.splitting]
        same = self._of("comparison", "same")
        previous = self._of("comparison", "previous")
        if not self.periods:
            self._reject(*against, *same, *previous)
            return nothing, "none", nothing
        first, *others = self.periods
        if previous and not others:
            self._reject(*same)
            return first.days, "previous_period", nothing
        if not others or not self._are_joined(first, others[0], against):
            self._reject(*against, *same, *previous)
            for period in others:
                self.read_at.difference_update(period.words)
            return first.days, "none", nothing
        for period in others[1:]:
            self.read_at.difference_update(period.words)
        self._reject(*previous)
        now, before = sorted((first, others[0]), key=lambda one: one.since, reverse=True)
        whole_year = (date(now.since.year - 1, 1, 1), date(now.since.year - 1, 12, 31))
        if before.days == whole_year:
            return now.days, "same_period_last_year", nothing
        return now.days, "dates", before.days

    def _are_joined(self, one: Period, other: Period, against: Sequence[Match]) -> bool:
        """Whether "against" or "and" stands between two periods, and no word that means more."""
        between = range(one.words.stop, other.words.start)
        if any(set(match.at) & set(between) for match in against):
            return True
        words = [self.words[at] for at in between]
        return bool(set(words) & set(JOINING)) and all(word in self.idle for word in words)

    # Values.

    def _read_values(
        self, dataset: DatasetName, measures: Sequence[str], dimensions: list[DimensionName]
    ) -> str:
        """Read the words that are left as values of the data. Returns those that were read."""
        fields, found = COLUMN_FIELDS[dataset], dict[str, list[str]]()
        names: ValueNames | None = None
        runs = list(self._list_runs())
        read_runs: list[range | list[int]] = []
        for run in runs:
            names = self.load_names(dataset) if names is None else names
            words = [self.words[at] for at in run]
            if any(word.isdigit() or word in (*BY, *EITHER, "%") for word in words):
                continue
            resolved: ResolvedValues = resolve_values(words, names)
            if resolved.unknown or set(resolved.only) - set(fields):
                unknown = set(resolved.unknown) or set(words)
                self.read_at.update(at for at in run if self.words[at] not in unknown)
                continue
            self.read_at.update(run)
            read_runs.append(run)
            for column, values in resolved.only.items():
                found.setdefault(column, []).extend(values)
        several = len(read_runs) > 1
        if several and set(found) & {"product", "category"} and set(measures) & {*PEOPLE_MEASURES}:
            self._reject_joining(read_runs)
        elif several and len(found) == 1:
            self._accept_either(read_runs, dimensions, fields[next(iter(found))])
        for column, values in found.items():
            condition = MetricCondition(
                field=fields[column], operator="in", values=tuple(dict.fromkeys(values))
            )
            self.filters.append((condition,))
        return ", ".join(self._quote(run) for run in read_runs)

    def _list_runs(self) -> Iterator[list[int]]:
        """Yield the runs of words that were not read. "And", "or", a comma and words that were read
        end a run."""
        run: list[int] = []
        for at, word in enumerate(self.words):
            joins = word in (*JOINING, *EITHER)
            if at in self.read_at or joins or (run and self._has_comma(run[-1], at)):
                if run:
                    yield run
                run = []
            if at not in self.read_at and not joins and word not in self.idle:
                run.append(at)
        if run:
            yield run

    def _has_comma(self, before: int, at: int) -> bool:
        return "," in self.question[self.spans[before][1] : self.spans[at][0]]

    def _reject_joining(self, runs: Sequence[Sequence[int]]) -> None:
        """Customers of two products are those of both or of either: leave it to the person."""
        between = range(runs[0][-1] + 1, runs[-1][0])
        self.unclear = [at for at in between if self.words[at] in (*JOINING, *EITHER)]
        self.read_at.difference_update(self.unclear)
        self.idle = self.idle - {*JOINING}
        if not self.unclear:
            self.read_at.difference_update(runs[-1])

    def _accept_either(
        self, runs: Sequence[Sequence[int]], dimensions: list[DimensionName], field: FieldName
    ) -> None:
        """ "From France or Belgium" are both together; "SMS vs e-mail" is a split."""
        between = range(runs[0][-1] + 1, runs[-1][0])
        self.read_at.update(at for at in between if self.words[at] in EITHER)
        for match in self._of("comparison", "against"):
            if set(match.at) <= set(between) and len(dimensions) < 2:
                self.splitting.append(match)
                if field in get_args(DimensionName) and field not in dimensions:
                    dimensions.append(cast(DimensionName, field))

    # What is left.

    def _accept_small_words(self) -> None:
        self.read_at.update(at for at, word in enumerate(self.words) if word in self.idle)

    def _list_unread(self) -> tuple[str, ...]:
        left = [at for at in range(len(self.words)) if at not in self.read_at]
        groups: list[list[int]] = []
        for at in left:
            if groups and groups[-1][-1] == at - 1:
                groups[-1].append(at)
            else:
                groups.append([at])
        return tuple(dict.fromkeys(self._quote(group) for group in groups))

    def _quote(self, at: Sequence[int]) -> str:
        return self.question[self.spans[at[0]][0] : self.spans[at[-1]][1]]


def build_form_query(
    fields: QuestionFields, dataset: DatasetName, load_names: LoadNames
) -> tuple[MetricQuery, tuple[str, ...]]:
    """Return the query of a filled form, and the words of `only` that name nothing in the data."""
    assert fields.measure is not None
    columns, filters, unread = COLUMN_FIELDS[dataset], dict[str, list[str]](), list[str]()
    for piece in filter(None, map(str.strip, fields.only.split(","))):
        words = [word for word in tokenize(piece) if word not in load_idle_words()]
        resolved = resolve_values(words, load_names(dataset))
        if resolved.unknown or not words:
            unread.append(piece)
            continue
        for column, values in resolved.only.items():
            filters.setdefault(columns[column], []).extend(values)
    query = MetricQuery(
        dataset=dataset,
        measures=(fields.measure,),
        dimensions=(fields.split,) if fields.split else (),
        filters=tuple(
            (MetricCondition.model_validate({"field": name, "operator": "in", "values": values}),)
            for name, values in filters.items()
        ),
        since=fields.since,
        until=fields.until,
        comparison=fields.comparison,
        limit=0,
    )
    return query, tuple(unread)


def find_dataset(measure: MeasureName) -> DatasetName:
    from bot.data.metrics.query.runner import DATASETS

    return next(name for name, dataset in DATASETS.items() if measure in dataset.measures)
