"""How a query and its groups are named for people."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import YES_OR_NO_NAMES, describe_conditions
from bot.core.charts import AGAINST, WHEN, ScopePart
from bot.core.condition_words import (
    DELIVERED_LATE,
    describe_amount,
    describe_day,
    describe_values,
)
from bot.core.facts import spell_number
from bot.core.metric_query import (
    ANY_VALUE,
    AUDIENCE_FIELD,
    CUSTOMER_FIELDS,
    DATED_DIMENSIONS,
    NO_VALUE,
    ORDERED_DIMENSIONS,
    OTHERS_VALUE,
    MetricCondition,
    MetricQuery,
)
from bot.data.analyses.products import load_product_titles
from bot.data.metrics.campaign_names import name_campaign, name_code
from bot.data.metrics.query.dataset import (
    ConditionField,
    Measure,
    MetricDataset,
    get_field,
    is_of_lines,
)
from bot.data.metrics.query.known_values import CAMPAIGN_FIELDS, load_values
from bot.data.metrics.query.metric_answer import OTHERS as OTHERS_GROUP
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.order_cautions import find_revenue_basis
from bot.data.metrics.query.periods import YEAR_OF_WEEKS, Days
from bot.data.metrics.query.release import Group
from bot.data.warehouse.places import PLACE_COLUMNS
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import translate_country
from bot.i18n.french_regions import name_place
from bot.i18n.languages import LANGUAGES, get_language
from bot.i18n.messages import (
    Words,
    format_period,
    format_short_day,
    format_short_period,
)
from bot.i18n.periods import list_weekday_names
from bot.text.normalize import format_title, normalize_text

VALUE_NAMES: Mapping[tuple[str, str], Words] = {
    ("customer_type", "new"): Words("new customers"),
    ("customer_type", "known"): Words("known customers"),
    **YES_OR_NO_NAMES,
    ("email_consent", "yes"): Words("agreed to e-mails"),
    ("email_consent", "no"): Words("did not agree to e-mails"),
    ("sms_consent", "yes"): Words("agreed to SMS"),
    ("sms_consent", "no"): Words("did not agree to SMS"),
    ("ads_consent", "yes"): Words("agreed to ads"),
    ("ads_consent", "no"): Words("did not agree to ads"),
    ("reduced_price", "yes"): Words("at a reduced price"),
    ("reduced_price", "no"): Words("at full price"),
    ("ordered_after", "yes"): Words("ordered afterwards"),
    ("ordered_after", "no"): Words("did not order afterwards"),
    ("step", "view"): Words("product view"),
    ("step", "cart"): Words("cart"),
    ("step", "checkout"): Words("checkout"),
    ("step", "purchase"): Words("order"),
}
# How people write the usual values of these dimensions, whose files have them in small letters.
TRAFFIC_DIMENSIONS = ("device", "source", "channel", "medium", "first_order_source")
TRAFFIC_NAMES: Mapping[str, Words] = {
    "mobile": Words("mobile"),
    "desktop": Words("desktop"),
    "tablet": Words("tablet"),
    "email": Words("e-mail"),
    "sms": Words("SMS"),
    "search": Words("search"),
    "moteur": Words("search"),
    "ads": Words("ads"),
    "publicite": Words("ads"),
    "avis": Words("reviews"),
}
IN_FILE_WORDS = ("return_reason", "audience")  # what somebody wrote, whatever the language
NOT_STATED, OTHERS = Words("not stated"), Words("Others")
NOT_GIVEN: Mapping[str, Words] = {
    "code": Words("No code"),
    "campaign": Words("No campaign"),
    "with_product": Words("no other product"),
}
MAX_NAMES, MAX_HIDDEN_NAMES = 4, 3


def name_value(
    warehouse: Warehouse, dataset: MetricDataset, dimension: str, value: str | None, language: str
) -> str:
    """Return the value of a dimension or a field as people read it."""
    if value is None:
        return NOT_GIVEN.get(dimension, NOT_STATED).to(language)
    if value == OTHERS_VALUE:
        return OTHERS.to(language)
    if dimension in DATED_DIMENSIONS:
        return name_dates(dimension, date.fromisoformat(value), language)
    if dimension == "first_order_month":
        return name_dates("month", date.fromisoformat(value), language)
    if dimension == "weekday":
        return list_weekday_names(language)[int(value)]
    if dimension == "hour":
        return f"{int(value)} h"
    if (words := VALUE_NAMES.get((dimension, value))) is not None:
        return words.to(language)
    if dimension in TRAFFIC_DIMENSIONS and (words := TRAFFIC_NAMES.get(normalize_text(value))):
        return words.to(language)
    if dimension == "nth_order":
        return Words("order {n}", n=value).to(language)
    if dimension == "country":
        return translate_country(value, language)
    if dimension == "language" and value in LANGUAGES:
        return Words(get_language(value).phrase).to(language)
    if dimension in IN_FILE_WORDS:
        return Words("“{quote}”", quote=value).to(language)
    if dimension in PLACE_COLUMNS:
        return name_place(dimension, value, language)
    if dimension in ("product", "with_product", "customer_bought"):
        value = load_values(warehouse, dataset, "product").get(value, value)
    if dimension == "code":
        return name_code(warehouse, value, language)
    if dimension in CAMPAIGN_FIELDS:
        return name_campaign(warehouse, value, language)
    return format_title(value)


def name_row(
    warehouse: Warehouse, answer: MetricAnswer, group: Group, language: str
) -> tuple[str, ...]:
    """Return the names of a group's values as a table has them: with a capital, except for those
    that are somebody's own names."""
    ours = {*TRAFFIC_DIMENSIONS, *ORDERED_DIMENSIONS, *(name for name, _ in VALUE_NAMES)}
    names = name_group(warehouse, answer, group, language)
    return tuple(
        name[:1].upper() + name[1:] if dimension in ours else name
        for dimension, name in zip(answer.query.dimensions, names, strict=False)
    )


def name_dates(dimension: str, first: date, language: str) -> str:
    from babel.dates import format_date, format_skeleton

    locale = get_language(language).locale
    if dimension == "year":
        return str(first.year)
    if dimension == "quarter":
        return Words("Q{n} {year}", n=(first.month + 2) // 3, year=str(first.year)).to(language)
    if dimension == "month":
        return str(format_skeleton("yMMMM", first, locale=locale))
    day = str(format_date(first, "d MMM y", locale=locale))
    return Words("week of {day}", day=day).to(language) if dimension == "week" else day


def name_group(
    warehouse: Warehouse, answer: MetricAnswer, group: Group, language: str
) -> tuple[str, ...]:
    if group == (OTHERS_VALUE,):
        name = name_hidden_times(answer, language) or OTHERS.to(language)
        return (name, *[""] * (len(answer.query.dimensions) - 1))
    if members := answer.recipe.members.get(group):
        names = [name_group(warehouse, answer, one, language)[0] for one in members]
        if _follow_each_other(answer, members):
            return (f"{names[0]} – {names[-1]}",)
        return (" + ".join(names),)
    pairs = zip(answer.query.dimensions, group, strict=True)
    return tuple(_name_in_answer(warehouse, answer, *pair, language) for pair in pairs)


def _name_in_answer(
    warehouse: Warehouse, answer: MetricAnswer, dimension: str, value: str | None, language: str
) -> str:
    """Return the value as `name_value` does; late is delivered late where only what came counts."""
    if (dimension, value) == ("late", "yes") and answer.query.takes_arrived:
        return DELIVERED_LATE.to(language)
    return name_value(warehouse, answer.dataset, dimension, value, language)


def name_hidden_times(answer: MetricAnswer, language: str) -> str:
    """Return the days, weeks or months of the period that are not shown: "August 2026". Those
    without rows are among them, so the names tell nothing about anybody. Empty where there are none
    or too many to name."""
    spans = list_hidden_times(answer)
    if len(spans) > MAX_HIDDEN_NAMES:
        return ""
    return " + ".join(name_span(answer, span, language) for span in spans)


def name_span(answer: MetricAnswer, span: tuple[date, date], language: str) -> str:
    """Return "weeks of 3 to 17 Aug 2026" for the first days of the first and the last week."""
    (dimension,) = answer.query.dimensions
    first, last = span
    if first == last:
        return name_dates(dimension, first, language)
    until = last if dimension == "week" else get_last_day(dimension, last)
    days = format_short_period(first, until, language, date.min)
    return Words("weeks of {days}", days=days).to(language) if dimension == "week" else days


def list_hidden_times(answer: MetricAnswer) -> list[tuple[date, date]]:
    """Return the days, weeks or months of the period that have no row, as spans: the first day of
    the first, and of the last one."""
    recipe = answer.recipe
    groups = [one for one in recipe.list_groups() if one != OTHERS_GROUP]
    shown = {time for group in groups for (time, *_) in recipe.members.get(group, (group,)) if time}
    if not is_by_time(answer.query.dimensions) or not shown:
        return []
    (dimension,) = answer.query.dimensions
    first, last = answer.periods.now
    if answer.counts is not None and answer.counts.beyond_limit:  # no room for the earliest
        first = date.fromisoformat(min(shown))
    spans, day, is_open = list[tuple[date, date]](), get_first_day(dimension, first), False
    while day <= last:
        is_hidden = day.isoformat() not in shown
        if is_hidden:
            spans[len(spans) - is_open :] = [(spans[-1][0] if is_open else day, day)]
        day, is_open = get_last_day(dimension, day) + timedelta(days=1), is_hidden
    return spans


def get_first_day(dimension: str, day: date) -> date:
    """Return the first day of the week, month … of a day."""
    if dimension == "week":
        return day - timedelta(days=day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}
    if dimension not in months:
        return day
    return date(day.year, (day.month - 1) // months[dimension] * months[dimension] + 1, 1)


def get_last_day(dimension: str, first: date) -> date:
    """Return the last day of the week, month … that begins on a day."""
    if dimension == "day":
        return first
    if dimension == "week":
        return first + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[dimension]
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _follow_each_other(answer: MetricAnswer, members: Sequence[Group]) -> bool:
    """Whether these are all groups from the first to the last of them, in time."""
    if answer.query.dimensions[0] not in ORDERED_DIMENSIONS:
        return False
    times = sorted(one[0] or "" for one in answer.rows["now"].groups)
    wanted = [one[0] or "" for one in members]
    return times[times.index(wanted[0]) :][: len(wanted)] == wanted


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


def name_dimensions(answer: MetricAnswer, language: str) -> str:
    first, *rest = (
        answer.dataset.dimensions[name].label.to(language) for name in answer.query.dimensions
    )
    return Words("{a} and {b}", a=first, b=rest[0]).to(language) if rest else first


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


def is_of_deliveries(answer: MetricAnswer) -> bool:
    """Whether figures tell when orders came, which the days of the query don't choose by."""
    needs = (answer.get_measure(name).needs for name in answer.query.measures)
    return answer.query.dataset == "orders" and any("delivered" in one for one in needs)


def name_measure(
    warehouse: Warehouse, answer: MetricAnswer, name: str, language: str, *, as_read: bool = False
) -> str:
    """Return the name of a measure, with the part of the rows that it is of: "spend (ads)". With
    `as_read` it says what the data count in it."""
    measure = answer.dataset.measures[name]
    label = get_label(warehouse, answer, measure, as_read=as_read)
    part = name_part(warehouse, answer, name, language)
    return f"{label.to(language)} ({part})" if part else label.to(language)


def get_label(
    warehouse: Warehouse, answer: MetricAnswer, measure: Measure, *, as_read: bool = False
) -> Words:
    if measure.of_lines is not None and is_of_lines(measure, answer.query):
        return measure.of_lines
    is_read = measure.read_as is not None and (as_read or measure.label_as_read)
    is_kept = measure.unit == "money" and is_of_kept(answer.query)
    if is_kept and find_revenue_basis(warehouse) == "gross":
        is_read = False  # before and after returns are one
    return measure.read_as(warehouse) if measure.read_as and is_read else measure.label


def is_of_kept(query: MetricQuery) -> bool:
    """Whether only what was not returned counts."""
    return (MetricCondition(field="returned", operator="is", values=("no",)),) in query.filters


def name_part(warehouse: Warehouse, answer: MetricAnswer, name: str, language: str) -> str:
    """Return of which rows a measure is, where the others lack its columns; else nothing."""
    dataset = answer.dataset
    told_of = answer.told_of.get(dataset.measures[name].share_of or name, ())
    return ", ".join(
        name_value(warehouse, dataset, dataset.told_by, value, language) for value in told_of
    )


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
        _name_in_answer(warehouse, answer, condition.field, value, language)
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


def is_by_time(dimensions: Sequence[str]) -> bool:
    """Whether the groups are the days, weeks, months … of one line."""
    return len(dimensions) == 1 and dimensions[0] in DATED_DIMENSIONS
