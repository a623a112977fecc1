"""How a query was read, in words for people: its measures, conditions, bounds and days."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import describe_conditions
from bot.core.condition_words import (
    describe_amount,
    describe_day,
    describe_values,
)
from bot.core.exhibits import AGAINST, WHEN, ScopePart
from bot.core.facts import spell_number
from bot.core.metric_query import (
    ANY_VALUE,
    AUDIENCE_FIELD,
    CUSTOMER_FIELDS,
    NO_VALUE,
    MetricCondition,
)
from bot.data.analyses.products import load_product_titles
from bot.data.metrics.query.dataset import (
    ConditionField,
    MetricDataset,
    get_field,
)
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.periods import YEAR_OF_WEEKS, Days
from bot.data.metrics.query.wording import (
    get_label,
    is_of_deliveries,
    name_dimensions,
    name_in_answer,
    name_measure,
)
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import (
    Words,
    format_period,
    format_short_day,
    format_short_period,
)

MAX_NAMES = 4


def describe_query(
    warehouse: Warehouse, answer: MetricAnswer, language: str, measures: Sequence[str]
) -> str:
    """Return how the query of these measures was read: "customers · by country · not ordered since
    1 June 2026 · Gold · 1 January to 26 November 2026"."""
    query = answer.query
    parts = [", ".join(name_measure(warehouse, answer, name, language) for name in measures)]
    if query.dimensions:
        parts.append(Words("by {what}", what=name_dimensions(answer, language)).to(language))
    parts += describe_filters(warehouse, answer, language)
    parts += describe_having(warehouse, answer, language)
    assert query.since is not None
    assert query.until is not None
    parts.append(format_period(query.since, query.until, language))
    if answer.periods.before is not None:
        days = format_period(*answer.periods.before, language)
        parts.append(Words("compared with {days}", days=days).to(language))
    return " · ".join(parts)


def name_chart(warehouse: Warehouse, answer: MetricAnswer, language: str) -> str:
    """Return what a chart of the first measure draws: "revenue by country". Which rows and days
    these are stands beside it, in how the question was read."""
    first = answer.dataset.measures[answer.query.measures[0]]
    measure = get_label(warehouse, answer, first).to(language)
    what = name_dimensions(answer, language)
    return Words("{measure} by {what}", measure=measure, what=what).to(language)


def summarize_query(
    warehouse: Warehouse, answer: MetricAnswer, language: str, measures: Sequence[str]
) -> str:
    """Return how the query was read, for the model: "customers · no order since 1 June · Gold",
    "visits · mobile · 15 to 26 Nov compared with 3 to 14 Nov"."""
    labels = [name_measure(warehouse, answer, name, language, as_read=True) for name in measures]
    scope = list_scope(warehouse, answer, language)
    is_compared = any(part == AGAINST for part, _text in scope)
    told = [text for part, text in scope if part != "days" or not is_compared]
    return " · ".join([", ".join(labels), *told])


def list_scope(
    warehouse: Warehouse,
    answer: MetricAnswer,
    language: str,
    *,
    years: bool = False,
    short: bool = False,
) -> tuple[ScopePart, ...]:
    """Return how the query was read, part by part, as a card says it: which of them, by what, and
    when, without and with what it is compared with. Measures stand apart: a card names those that
    it tells. Days that were not asked for are left out. With `years` each day has its own; `short`
    as `describe_filters` has it."""
    query, today = answer.query, date.min if years else get_reference_day(warehouse, answer)
    parts = []
    for group, text in zip(
        query.filters,
        describe_filters(warehouse, answer, language, years=years, short=short),
        strict=True,
    ):
        is_of_days = any(_is_of_days(answer.dataset, one) for one in group)
        names = dict.fromkeys(one.field for one in group)
        parts.append((WHEN if is_of_days else "-".join(names), text))
    if query.dimensions:
        by = Words("by {what}", what=name_dimensions(answer, language)).to(language)
        parts.append(("by", by))
    parts += [("having", text) for text in describe_having(warehouse, answer, language)]
    asked, before = answer.asked, answer.periods.before
    if asked.since or asked.until or before:
        now = answer.periods.now
        days = {"days": format_short_period(*now, language, today)}
        if before:
            is_one_year = len({one.year for one in (*now, *before)}) < 2
            if asked.comparison == "dates" and is_one_year:
                said = format_short_period(*now, language, now[1])  # the others have its year
            else:
                said = days["days"]
            days[AGAINST] = _add_comparison(answer, said, before, language, today)
        if is_of_deliveries(answer):
            days = {
                part: Words("orders placed: {days}", days=text).to(language)
                for part, text in days.items()
            }
        parts += days.items()
    return tuple(parts)


def _is_of_days(dataset: MetricDataset, condition: MetricCondition) -> bool:
    """Whether a condition takes rows of some days, as those of the query do."""
    field = get_field(dataset, condition.field)
    return (
        field is not None
        and field.kind == "day"
        and condition.field not in CUSTOMER_FIELDS
        and condition.values not in ((ANY_VALUE,), (NO_VALUE,))
    )


def get_reference_day(warehouse: Warehouse, answer: MetricAnswer) -> date:
    """Return the day from which it is clear of which year a day without one is: today. Where the
    days of the answer are of several years, the first of all, so that each has its year."""
    days = [*answer.periods.now, *(answer.periods.before or ())]
    for condition in answer.query.conditions:
        field = get_field(answer.dataset, condition.field)
        if field and field.kind == "day" and condition.values not in ((ANY_VALUE,), (NO_VALUE,)):
            days += [date.fromisoformat(one) for one in condition.values]
    return warehouse.today if len({day.year for day in days}) == 1 else date.min


def _add_comparison(
    answer: MetricAnswer, days: str, before: Days, language: str, today: date
) -> str:
    comparison = answer.asked.comparison
    other = format_short_period(*before, language, today)
    if comparison == "same_period_last_year":
        if answer.periods.now[0] - before[0] == YEAR_OF_WEEKS:
            said = Words("{days} compared with the same weekdays last year ({other})")
            return said.with_params(days=days, other=other).to(language)
        return Words("{days} compared with last year", days=days).to(language)
    return Words("{days} compared with {other}", days=days, other=other).to(language)


def describe_filters(
    warehouse: Warehouse,
    answer: MetricAnswer,
    language: str,
    *,
    years: bool = False,
    short: bool = False,
) -> list[str]:
    """Return each group of conditions in words; `short`: of several values the first alone and how
    many more, as the name of a figure has them."""
    joint = Words(" or ").to(language)
    today = date.min if years else get_reference_day(warehouse, answer)
    return [
        _describe_days_left_out(answer.dataset, group, language, today)
        or joint.join(
            describe_condition(warehouse, answer, one, language, today=today, short=short)
            for one in group
        )
        for group in answer.query.filters
    ]


def _describe_days_left_out(
    dataset: MetricDataset, group: Sequence[MetricCondition], language: str, today: date
) -> str:
    """Return "without 24 to 30 Nov" for a group of two that takes all days before and all after."""
    bounds = {one.operator: one for one in group}
    if len(group) != 2 or bounds.keys() != {"at_most", "at_least"}:
        return ""
    before, after = bounds["at_most"], bounds["at_least"]
    field = get_field(dataset, before.field)
    if (
        before.field != after.field
        or before.field in CUSTOMER_FIELDS
        or field is None
        or field.kind != "day"
    ):
        return ""
    first = date.fromisoformat(before.values[0]) + timedelta(days=1)
    last = date.fromisoformat(after.values[0]) - timedelta(days=1)
    if first > last:
        return ""
    days = format_short_period(first, last, language, today)
    return Words("without {what}", what=days).to(language)


def _list_names(names: Sequence[str], most: int, language: str) -> str:
    shown, rest = ", ".join(names[:most]), len(names) - most
    if rest <= 0:
        return shown
    more = Words.count("{names} and {n} more", "{names} and {n} more", rest, names=shown)
    return more.to(language)


def describe_having(warehouse: Warehouse, answer: MetricAnswer, language: str) -> list[str]:
    """Return the bounds on the measures of a group in words, where two periods are compared with
    the days of the one that they bound."""
    parts, is_compared = [], answer.periods.before is not None
    days = format_short_period(*answer.periods.now, language, get_reference_day(warehouse, answer))
    for bound in answer.query.having:
        what = name_measure(warehouse, answer, bound.measure, language)
        what = f"{what}, {days}" if is_compared else what
        unit = answer.dataset.measures[bound.measure].unit
        value = _spell_amount(str(bound.value), unit, answer, language)
        parts.append(describe_values(what, bound.operator, [value], value).to(language))
    return parts


def _spell_amount(value: str, unit: str, answer: MetricAnswer, language: str) -> str:
    """Return a number of a condition in its unit, so that a report may write "€100" of a request
    that says 100."""
    if unit not in ("money", "%") or (unit == "money" and not answer.recipe.currency):
        return value
    number, spelled = Decimal(value), answer.recipe.currency if unit == "money" else unit
    return spell_number(number, spelled, language, 0 if number == int(number) else None)


def describe_condition(
    warehouse: Warehouse,
    answer: MetricAnswer,
    condition: MetricCondition,
    language: str,
    *,
    today: date,
    short: bool = False,
) -> str:
    dataset = answer.dataset
    if condition.field == AUDIENCE_FIELD:
        return _describe_audience(warehouse, answer, condition.values[0], language)
    field = get_field(dataset, condition.field)
    assert field is not None
    label = field.label.to(language)
    if condition.field == "sale_day":
        is_outside = condition.operator == "is_not"
        return (Words("without sale days") if is_outside else Words("on sale days")).to(language)
    if condition.values in ((ANY_VALUE,), (NO_VALUE,)):
        has = (condition.values == (ANY_VALUE,)) != (condition.operator == "is_not")
        words = Words("with {what}", what=label) if has else Words("without {what}", what=label)
        return words.to(language)
    if field.kind == "day":
        bounds = [date.fromisoformat(one) for one in condition.values]
        days = [format_short_day(one, language, today) for one in bounds]
        if condition.operator == "between":
            days = [format_period(bounds[0], bounds[-1], language)]
        return describe_day(condition.field, condition.operator, days).to(language)
    if field.kind != "text":
        unit = field.unit if isinstance(field, ConditionField) else ""
        spelled = [_spell_amount(one, unit, answer, language) for one in condition.values]
        asked = (condition.field, condition.operator, condition.values)
        listed = ", ".join(condition.values)
        words = describe_amount(*asked, spelled) or describe_values(
            label, condition.operator, condition.values, listed
        )
        return words.to(language)
    names = [
        name_in_answer(warehouse, answer, condition.field, value, language)
        for value in condition.values
    ]
    shown = _list_names(names, 1 if short and names[2:] else MAX_NAMES, language)
    if condition.field == "customer_bought":
        never = condition.operator == "is_not"
        words = (
            Words("never bought {what}", what=shown)
            if never
            else Words("bought {what}", what=shown)
        )
        return words.to(language)
    return Words("not {what}", what=shown).to(language) if condition.operator == "is_not" else shown


def _describe_audience(
    warehouse: Warehouse, answer: MetricAnswer, stored: str, language: str
) -> str:
    rule = AudienceRule.model_validate_json(stored)
    titles = load_product_titles(warehouse, rule.products)
    return describe_conditions(rule, titles, answer.recipe.currency or "").to(language)
