"""How the values, groups and measures of a query are named for people."""

from collections.abc import Mapping, Sequence
from datetime import date

from bot.core.audience_words import YES_OR_NO_NAMES
from bot.core.condition_words import (
    DELIVERED_LATE,
)
from bot.core.metric_query import (
    DATED_DIMENSIONS,
    ORDERED_DIMENSIONS,
    OTHERS_VALUE,
    MetricCondition,
    MetricQuery,
)
from bot.data.metrics.campaign_names import name_campaign, name_code
from bot.data.metrics.query.dataset import (
    Measure,
    MetricDataset,
    is_of_lines,
)
from bot.data.metrics.query.known_values import CAMPAIGN_FIELDS, load_values
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.order_cautions import find_revenue_basis
from bot.data.metrics.query.release import Group
from bot.data.metrics.query.time_names import name_dates, name_hidden_times
from bot.data.warehouse.places import PLACE_COLUMNS
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import translate_country
from bot.i18n.french_regions import name_place
from bot.i18n.languages import LANGUAGES, get_language
from bot.i18n.messages import (
    Words,
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
    return tuple(name_in_answer(warehouse, answer, *pair, language) for pair in pairs)


def name_in_answer(
    warehouse: Warehouse, answer: MetricAnswer, dimension: str, value: str | None, language: str
) -> str:
    """Return the value as `name_value` does; late is delivered late where only what came counts."""
    if (dimension, value) == ("late", "yes") and answer.query.takes_arrived:
        return DELIVERED_LATE.to(language)
    return name_value(warehouse, answer.dataset, dimension, value, language)


def _follow_each_other(answer: MetricAnswer, members: Sequence[Group]) -> bool:
    """Whether these are all groups from the first to the last of them, in time."""
    if answer.query.dimensions[0] not in ORDERED_DIMENSIONS:
        return False
    times = sorted(one[0] or "" for one in answer.rows["now"].groups)
    wanted = [one[0] or "" for one in members]
    return times[times.index(wanted[0]) :][: len(wanted)] == wanted


def name_dimensions(answer: MetricAnswer, language: str) -> str:
    first, *rest = (
        answer.dataset.dimensions[name].label.to(language) for name in answer.query.dimensions
    )
    return Words("{a} and {b}", a=first, b=rest[0]).to(language) if rest else first


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
    of_rows = name_part(warehouse, answer, name, language)
    part = ", ".join(filter(None, (of_rows, name_share_part(answer, name, language))))
    return f"{label.to(language)} ({part})" if part else label.to(language)


def name_share_part(answer: MetricAnswer, name: str, language: str) -> str:
    """Return "per country" of a share that is of all of a country; nothing of other measures."""
    place = answer.query.share_place
    if place is None or not answer.dataset.measures[name].share_of:
        return ""
    label = answer.dataset.dimensions[answer.query.dimensions[place]].label
    return Words("per {what}", what=label).to(language)


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
