"""Turn single figures of an answer, their changes and the bounds of its query into facts."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from bot.core.facts import RATING_UNIT, Fact, FactId
from bot.core.half_up import round_half_up
from bot.core.metric_query import DATED_DIMENSIONS, MetricBound
from bot.data.metrics.query.answer_notes import AnswerNotes
from bot.data.metrics.query.dataset import Measure
from bot.data.metrics.query.metric_answer import OTHERS, WITHIN, MetricAnswer
from bot.data.metrics.query.order_cautions import (
    RETURN_FIELDS,
    counts_returns,
    warn_of_late_returns,
)
from bot.data.metrics.query.periods import Days, count_days
from bot.data.metrics.query.query_wording import describe_filters, describe_having
from bot.data.metrics.query.release import ALL_GROUPS, Group
from bot.data.metrics.query.runner import PeriodName
from bot.data.metrics.query.time_names import get_last_day
from bot.data.metrics.query.wording import (
    get_label,
    name_dimensions,
    name_measure,
    name_part,
    name_share_part,
)
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words
from bot.text.normalize import slugify

METRIC_KIND = "metric"
PEOPLE_UNIT = "customers"
MONEY_OF_CUSTOMERS = "of_customers"  # a base of measures of what customers spent
MAX_SUBJECT_LENGTH = 110
MIN_WHOLE_AMOUNT = 1000  # from here on sums of money are told without cents
MIN_CHANGED_COUNT = 10  # where both counts are below, they say more than their change in percent
CHANGE_LABEL = Words("change")
DAILY_CHANGE = Words("change per day")
DAILY_SUMS = Words("change (of sums: per day)")
BOUND, GROUPS_WITHIN = Words("bound that was asked"), Words("how many are within the bounds")
CONCERNED = Words("customers concerned")


class FigureFacts:
    """Builds the facts of one answer."""

    def __init__(
        self, warehouse: Warehouse, answer: MetricAnswer, notes: AnswerNotes, language: Language
    ) -> None:
        self.warehouse, self.answer, self.language = warehouse, answer, language
        self.query, self.total, self.notes = answer.query, answer.recipe.total, notes
        self.money = answer.recipe.currency
        self.filters = describe_filters(warehouse, answer, language, short=True)
        assert self.query.since is not None
        assert self.query.until is not None
        self.days: Days = (self.query.since, self.query.until)

    def list_bounds(self) -> tuple[Fact, ...]:
        """Return the bounds as they were asked, and how many groups are within them: at least those
        that are shown, where others are hidden or have no room."""
        answer, counts, bounds = self.answer, self.answer.counts, self.query.having
        if counts is None or not bounds:
            return ()
        told = [self._build_bound(one) for one in bounds]
        n = sum(
            answer.recipe.is_single(group)
            and all(answer.is_allowed(group, one.measure) for one in bounds)
            for group in answer.recipe.list_groups()
            if not counts.are_outside
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

    def list_floors(self) -> tuple[Fact, ...]:
        """Return under how many people a count of all is that is not shown."""
        told = list[Fact]()
        for name in self.answer.asked.measures:
            measure, floor = self.answer.get_measure(name), None
            if measure.is_sum and measure.unit != "money":
                floor = self.notes.withheld.find_floor(self.total, name)
            if floor:
                own = name_measure(self.warehouse, self.answer, name, self.language)
                words = Words("under {n}", n=floor)
                told.append(
                    Fact(
                        id=str(
                            FactId(
                                METRIC_KIND,
                                self._subject(self.total, self.days, "now"),
                                slugify(f"{name} concerned"),
                            )
                        ),
                        label=CONCERNED.text,
                        about=" · ".join([own, *self._list_filters(self.total)]),
                        value=words.to(self.language),
                        words=words,
                        source=self.answer.get_source(self.warehouse, "now", self.total, name),
                        as_of=self.warehouse.as_of(self.answer.dataset.kind),
                        since=self.days[0],
                        until=self.days[1],
                    )
                )
        return tuple(told)

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

    def lacks_returns(self, measure: Measure) -> bool:
        """Whether the measure or the rows depend on returns, and some of the present period are
        still to come."""
        depends = counts_returns(measure) or self.query.uses(*RETURN_FIELDS)
        return depends and bool(warn_of_late_returns(self.warehouse, self.days))

    def build(self, period: PeriodName, group: Group, name: str, days: Days) -> Fact | None:
        measure = self.answer.get_measure(name)
        exact = _to_decimal(self.answer.get_value(period, group, name))
        if exact is None or (not exact and measure.is_sum and None in group):
            return None  # nothing of what is not stated: no returns without a reason
        value, own = _round(exact, measure), self._find_own(group, period)
        since, until = self.cut_days(own, days)
        named = self.notes.places.name(own)
        if group == self.total:
            named = (name_part(self.warehouse, self.answer, name, self.language),)
        about = [*filter(None, named), *self._list_filters(group)]
        about += [part] if (part := name_share_part(self.answer, name, self.language)) else []
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
        if not measure.share_of:
            return self.answer.get_count(period, group, name)
        wholes = self.answer.list_whole(period, group, measure.share_of)
        counts = [self.answer.get_count(*one, measure.share_of) for one in wholes]
        return None if None in counts else sum(filter(None, counts))

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

    def name_change(self, names: Iterable[str]) -> str:
        daily = [self._is_daily(self.answer.get_measure(name)) for name in names]
        words = DAILY_CHANGE if all(daily) else DAILY_SUMS if any(daily) else CHANGE_LABEL
        return words.to(self.language)

    def build_change(self, now: Fact, earlier: Fact, measure: Measure) -> Fact | None:
        new, old, before = now.number, earlier.number, self.answer.periods.before
        assert before is not None
        if measure.is_sum and measure.unit != "money" and max(new, old) < MIN_CHANGED_COUNT:
            return None
        if is_daily := self._is_daily(measure):
            if measure.unit == PEOPLE_UNIT:
                return None  # who bought on two days counts once
            new, old = new / count_days(self.answer.periods.now), old / count_days(before)
        if measure.unit == "%":
            exact, digits, unit = new - old, 2, "points"
        elif measure.unit == RATING_UNIT:  # the difference of the two as they are told
            exact, digits = Decimal(now.value) - Decimal(earlier.value), 2
            unit = "stars"
        elif old:
            exact, digits, unit = 100 * (new - old) / abs(old), 1, "%"
        else:
            return None
        about = " · ".join(filter(None, [now.titled(self.language), now.about]))
        return now.model_copy(
            update={
                "id": f"{now.id}-per-day-change" if is_daily else f"{now.id}-change",
                "label": (DAILY_CHANGE if is_daily else CHANGE_LABEL).text,
                "about": about,
                "value": round_half_up(exact, digits),
                "exact": exact,
                "of": None,
                "unit": unit,
                "shown_decimals": None,
            }
        )

    def cut_days(self, group: Group, days: Days) -> Days:
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
        return round_half_up(number, 0 if whole else 2)
    if measure.unit == "days":
        return round_half_up(number, 1)
    is_count = measure.is_sum and number == number.to_integral_value()
    return round_half_up(number, 0 if is_count else 2)
