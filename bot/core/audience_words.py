"""Audience rules in words: as sentences, and the names of audiences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.core.audience_rule import (
    DAY_FIELDS,
    ORDER_DAY_FIELDS,
    ORDER_FIELDS,
    PLACE_FIELDS,
    PRODUCT_FIELDS,
    SEGMENT_LABELS,
    AudienceRule,
    OrderCondition,
    RatingCondition,
    ViewCondition,
)
from bot.core.condition_words import (
    DELIVERED_LATE,
    describe_amount,
    describe_day,
    describe_values,
)
from bot.core.metric_query import ANY_VALUE, NO_VALUE, MetricCondition, take_arrived
from bot.i18n.french_regions import ABROAD, name_department
from bot.i18n.languages import get_language
from bot.i18n.messages import Country, Money, Words, join_words, quote_name

CONSENT_LABELS = {
    "email": Words("Customers who agreed to e-mails"),
    "sms": Words("Customers who agreed to SMS"),
    "ads": Words("Customers who agreed to be matched for ads"),
}
# The sizes of audiences that are too small to be written to.
UNDER_FLOOR = Words("under {n} customers")
FEW_AGREED = Words("{fits} customers fit, too few of them agreed {to}: under {n}")
NONE_AGREED = Words("{fits} customers fit, none of them agreed {to}")
TOO_FEW_SIZES = (UNDER_FLOOR.text, FEW_AGREED.text, NONE_AGREED.text)
SOME_READ = Words("{size}; {n} of them read {tongue}")  # of a size: the others another language
# The names of the audiences that are suggested, by id.
AUDIENCE_NAMES: Mapping[str, Words] = {
    "buyers": Words("Buyers of {thing}"),
    "alike": Words("People like the buyers of {thing}"),
    "loyal": Words("Best and loyal customers"),
    "drifting": Words("Customers at risk or drifting away"),
    "lapsed": Words("Customers lost from sight"),
    "newcomers": Words("Newcomers"),
    "niche": Words("The niche around {thing}"),
    "there": Words("All customers"),
    "yours": Words("Your rule"),
}
# whose values say by themselves what they are
PLAIN_FIELDS = (*PLACE_FIELDS, "city", "product", "category", "device", "source", "channel")
ORDERED_FIELDS = ("product", "category")
YES_OR_NO_NAMES: Mapping[tuple[str, str], Words] = {  # field and value → what it says
    ("returned", "yes"): Words("items returned"),
    ("returned", "no"): Words("items not returned"),
    ("late", "yes"): Words("late: delivered after the promised day, or overdue"),
    ("late", "no"): Words("in time"),
    ("discounted", "yes"): Words("with a discount"),
    ("discounted", "no"): Words("without a discount"),
}
HAS_ARRIVED = Words("arrived")
MONEY_FIELDS = ("selected_spent", "customer_spent", "order_value")
WITH_ORDER = Words("all customers with an order")
MAX_NAMED_THINGS = 2  # of a short name
NO_ORDER_AFTER = Words("no order afterwards")
PHRASE_FIELDS = (  # whose words need no "ordered" before them
    *("selected_orders", "selected_spent", "selected_units", "order_value"),
    *("customer_orders", "customer_spent", *ORDER_DAY_FIELDS),
)


@dataclass(frozen=True)
class _Names:
    """How a rule's values are named: products by key, and the currency of its amounts."""

    titles: Mapping[str, str]
    currency: str = ""

    def spell_amount(self, amount: Decimal) -> Money | str:
        if not self.currency:
            return f"{amount.normalize():f}"
        return Money(amount=amount, currency=self.currency, is_whole=amount == int(amount))


def describe_rule(
    rule: AudienceRule, titles: Mapping[str, str] | None = None, currency: str = ""
) -> Words:
    """The rule as a sentence, with the consent it needs. `titles` are product names by key,
    `currency` is that of its amounts."""
    parts = list_conditions(rule, titles or {}, currency)
    return join_with_and([CONSENT_LABELS[rule.purpose], *parts])


def describe_conditions(
    rule: AudienceRule, titles: Mapping[str, str] | None = None, currency: str = ""
) -> Words:
    """The rule as a sentence without the consent: shown beside the count of all who match."""
    parts = list_conditions(rule, titles or {}, currency)
    return join_with_and(parts) if parts else WITH_ORDER


def name_rule(
    rule: AudienceRule, titles: Mapping[str, str] | None = None, currency: str = ""
) -> Words:
    """The rule as short as a button or a row has room for. The whole rule is said elsewhere."""
    parts = list_short_conditions(rule, titles or {}, currency)
    return join_words(parts) if parts else WITH_ORDER


def list_short_conditions(
    rule: AudienceRule, titles: Mapping[str, str], currency: str = ""
) -> list[Words]:
    """Return the conditions as names: whom first, where last, each in few words."""
    parts, told = list[Words](), dict[str, object]()
    if rule.segments:
        parts.append(_as_words(join_with_or([SEGMENT_LABELS[one] for one in rule.segments])))
        told["segments"] = ()
    things = _name_products(rule.bought, rule.bought_categories, titles)
    if len(things) > MAX_NAMED_THINGS and not rule.bought_named:
        more = Words("{first} or {n} others", first=things[0], n=len(things) - 1)
        parts.append(_describe_bought([more], rule.bought_within, rule.bought_at_least))
        told |= {"bought": (), "bought_categories": (), "bought_within": None}
        told["bought_at_least"] = None
    if rule.like_product or rule.like_category:
        for like in (titles.get(rule.like_product or "", rule.like_product), rule.like_category):
            parts += [Words("similar to buyers of {thing}", thing=quote_name(like))] if like else []
        parts.append(Words("without it so far"))
        told |= {"like_product": None, "like_category": None}
    ends = list[Words]()
    if rule.not_within and not (rule.not_bought or rule.not_bought_categories):
        ends.append(Words("nothing for {days} days", days=rule.not_within))
        told["not_within"] = None
    if places := [Country(name=one) for one in rule.countries]:
        ends.append(_as_words(join_with_or(places)))
    rest = rule.model_copy(update={**told, "countries": ()})
    return [*parts, *list_conditions(rest, titles, currency), *ends]


def list_conditions(
    rule: AudienceRule, titles: Mapping[str, str], currency: str = ""
) -> list[Words]:
    names = _Names(titles, currency)
    parts = [*_describe_segments(rule), *_describe_things(rule, titles)]
    rows = [describe_orders(one, titles, currency) for one in rule.orders]
    rows += [_describe_rating(one) for one in rule.rated]
    rows += [_describe_view(one, titles) for one in rule.viewed]
    return [
        *parts,
        *([_as_words(join_with_or(rows))] if rule.any_of and rows else rows),
        *_describe_amounts(rule, names),
        *_describe_places(rule),
        *_describe_dates(rule),
        *_describe_beginnings(rule),
    ]


def _describe_segments(rule: AudienceRule) -> list[Words]:
    if not rule.segments:
        return []
    groups = join_with_or([SEGMENT_LABELS[segment] for segment in rule.segments])
    return [Words("in the group {groups}", groups=groups)]


def _describe_things(rule: AudienceRule, titles: Mapping[str, str]) -> list[Words]:
    parts = []
    bought = _name_products(rule.bought, rule.bought_categories, titles)
    bought += [
        Words("a product whose name says {word}", word=quote_name(word))
        for word in rule.bought_named
    ]
    if bought:
        parts.append(_describe_bought(bought, rule.bought_within, rule.bought_at_least))
    elif rule.bought_within:
        parts.append(Words("bought in the last {days} days", days=rule.bought_within))
    without = _name_products(rule.not_bought, rule.not_bought_categories, titles)
    if without:
        parts.append(_describe_not_bought(without, rule.not_within))
    elif rule.not_within:
        parts.append(Words("did not buy in the last {days} days", days=rule.not_within))
    for like in (titles.get(rule.like_product or "", rule.like_product), rule.like_category):
        if like:
            parts.append(
                Words("similar to buyers of {thing}, without it so far", thing=quote_name(like))
            )
    return parts


def _describe_amounts(rule: AudienceRule, names: _Names) -> list[Words]:
    parts = []
    if rule.min_orders and rule.min_orders == rule.max_orders:
        parts.append(Words.count("bought once", "bought {n} times", rule.min_orders))
    elif rule.min_orders:
        n = rule.min_orders
        parts.append(Words.count("at least {n} order", "at least {n} orders", n))
    if rule.max_orders and rule.min_orders != rule.max_orders:
        n = rule.max_orders
        parts.append(Words.count("at most {n} order", "at most {n} orders", n))
    if rule.min_spend:
        parts.append(Words("spent at least {amount}", amount=names.spell_amount(rule.min_spend)))
    return parts


def _describe_places(rule: AudienceRule) -> list[Words]:
    """Return a country and a region as two conditions: both must hold. Of who never ordered it is
    the address."""
    words = Words("address in {places}" if rule.never_ordered else "ordered to {places}")
    countries = [Country(name=one) for one in rule.countries]
    return [
        words.with_params(places=join_with_or(places))
        for places in (countries, rule.regions)
        if places
    ]


def _describe_dates(rule: AudienceRule) -> list[Words]:
    parts = []
    if rule.last_from:
        parts.append(Words("last order on {day} or later", day=rule.last_from))
    if rule.last_until:
        parts.append(Words("last order on {day} or earlier", day=rule.last_until))
    return parts


def _describe_beginnings(rule: AudienceRule) -> list[Words]:
    parts = [Words("never ordered")] if rule.never_ordered else []
    if rule.joined_within:
        parts.append(Words("signed up in the last {days} days", days=rule.joined_within))
    if rule.reads:
        parts.append(Words("read {tongue}", tongue=Words(get_language(rule.reads).phrase)))
    return parts


def describe_orders(
    condition: OrderCondition, titles: Mapping[str, str], currency: str = ""
) -> Words:
    """Return the condition as people say it: "at least 2 orders (“Alba”) since 1 June"."""
    names = _Names(titles, currency)
    when = _describe_days(condition.since, condition.until)
    groups = [group for group in condition.filters if group]
    head = None
    if condition.never:
        head = _describe_never(groups, names) if groups and not when else None
        groups = [] if head else groups
        head = head or Words("no order")
    elif named := next((one for one in groups if one[0].field in PHRASE_FIELDS), None):
        head = _describe_group(named, names)
        groups = [group for group in groups if group != named]
    elif named := next((one for one in groups if _are_fields(one, ORDERED_FIELDS)), None):
        head = Words("bought {things}", things=_describe_group(named, names))
        groups = [group for group in groups if group != named]
    parts, others = _describe_arrival(groups)
    parts += [_describe_group(group, names) for group in others]
    parts += [NO_ORDER_AFTER] if condition.no_order_after else []
    if not parts and not when:
        return head or Words("ordered at least once")
    head = head or Words("placed an order")
    if parts:
        head = Words("{what} ({which})", what=head, which=join_with_and(parts))
    return Words("{what} {when}", what=head, when=when) if when else head


def _describe_arrival(
    groups: Sequence[Sequence[MetricCondition]],
) -> tuple[list[Words], list[Sequence[MetricCondition]]]:
    """Return when the orders came, and whether late, as one: "delivered late since 1 June"; and the
    groups that say other things."""
    rest = [*groups]
    if not take_arrived(groups):
        return [], rest
    came = [one for one in rest if len(one) == 1 and one[0].field == "delivered_day"]
    late = [one for one in rest if len(one) == 1 and _is_late(one[0])]
    bounds = {one.operator: one.values for (one,) in came if one.values != (ANY_VALUE,)}
    if bounds.keys() == {"at_least", "at_most"}:
        bounds = {"between": (*bounds["at_least"], *bounds["at_most"])}
    if len(bounds) > 1 or not came:
        return [], rest
    parts = [DELIVERED_LATE] if late else []
    for operator, values in bounds.items():
        days = [date.fromisoformat(one) for one in values]
        parts = [describe_day("delivered_late" if late else "delivered_day", operator, days)]
    return parts or [HAS_ARRIVED], [one for one in rest if one not in (*came, *late)]


def _is_late(condition: MetricCondition) -> bool:
    is_yes = condition.field == "late" and condition.values == ("yes",)
    return is_yes and condition.operator != "is_not"


def _describe_group(group: Sequence[MetricCondition], names: _Names) -> Words:
    return _as_words(join_with_or([_describe_condition(one, names) for one in group]))


def _are_fields(group: Sequence[MetricCondition], fields: Sequence[str]) -> bool:
    """Whether each of the conditions says which values one of these fields has."""
    return all(
        one.field in fields
        and one.operator in ("is", "in")
        and (one.values not in ((ANY_VALUE,), (NO_VALUE,)) or one.field == "code")
        for one in group
    )


def _describe_never(groups: Sequence[Sequence[MetricCondition]], names: _Names) -> Words | None:
    """Return what customers never did, where there is a word for it."""
    if len(groups) != 1:
        return None
    first = groups[0][0]
    if not _are_fields(groups[0], (first.field,)):
        return None
    if first.field == "code" and first.values == (ANY_VALUE,):
        return Words("never used a campaign code")
    if first.field == "returned" and first.values == ("yes",):
        return Words("never returned anything")
    if first.field in PLACE_FIELDS:
        return Words("never ordered to {place}", place=_describe_group(groups[0], names))
    if first.field in ORDERED_FIELDS:
        return Words("never bought {things}", things=_describe_group(groups[0], names))
    return None


def _describe_rating(rating: RatingCondition) -> Words:
    parts = []
    if n := rating.at_least:
        parts.append(Words.count("at least {n} star", "at least {n} stars", n))
    if n := rating.at_most:
        parts.append(Words.count("at most {n} star", "at most {n} stars", n))
    if days := _describe_days(rating.since, rating.until):
        parts.append(days)
    if rating.no_order_after:
        parts.append(NO_ORDER_AFTER)
    return Words("left a rating ({what})", what=join_with_and(parts or [Words("ever")]))


def _describe_view(view: ViewCondition, titles: Mapping[str, str]) -> Words:
    named = _name_products(view.products, view.categories, titles)
    things = join_with_or(named) if named else Words("something")
    days = _describe_days(view.since, view.until)
    if view.in_basket and days:
        return Words("put {things} in the basket ({days})", things=things, days=days)
    if view.in_basket:
        return Words("put {things} in the basket", things=things)
    if days:
        return Words("looked at {things} ({days})", things=things, days=days)
    return Words("looked at {things}", things=things)


def _describe_days(since: date | None, until: date | None) -> Words | None:
    if since and until:
        return Words("from {since} to {until}", since=since, until=until)
    if since:
        return Words("since {day}", day=since)
    return Words("until {day}", day=until) if until else None


def _describe_condition(condition: MetricCondition, names: _Names) -> Words:
    """Return "product: “Alba”" or "value of the order: at least 50"."""
    label = ORDER_FIELDS[condition.field]
    if (condition.field, condition.values[0]) in YES_OR_NO_NAMES:
        wanted = [one for one in ("yes", "no") if one in condition.values]
        if condition.operator == "is_not":
            wanted = [one for one in ("yes", "no") if one not in condition.values]
        return _as_words(join_with_or([YES_OR_NO_NAMES[condition.field, one] for one in wanted]))
    if condition.values in ((ANY_VALUE,), (NO_VALUE,)):
        has = (condition.values == (ANY_VALUE,)) != (condition.operator == "is_not")
        return Words("with {what}", what=label) if has else Words("without {what}", what=label)
    if condition.field in DAY_FIELDS:
        days = [date.fromisoformat(one) for one in condition.values]
        return describe_day(condition.field, condition.operator, days)
    if condition.field in MONEY_FIELDS:
        shown = [names.spell_amount(Decimal(one)) for one in condition.values]
    else:
        shown = [*condition.values]
    if amount := describe_amount(condition.field, condition.operator, condition.values, shown):
        return amount
    values: list[str | Words | Country] = list(condition.values)
    if condition.field == "country":
        values = [Country(name=one) for one in condition.values]
    elif condition.field in PRODUCT_FIELDS:
        values = [quote_name(names.titles.get(one, one)) for one in condition.values]
    elif condition.field in ("region", "department"):
        values = [_name_place(condition.field, one) for one in condition.values]
    joined = join_with_or([Words("{value}", value=one) for one in values])
    if condition.field in PLAIN_FIELDS and condition.operator in ("is", "in", "is_not"):
        words = _as_words(joined)
        return Words("not {what}", what=words) if condition.operator == "is_not" else words
    return describe_values(label, condition.operator, values, joined)


def _name_place(field: str, value: str) -> str | Words:
    if value.startswith(ABROAD):
        return Words("{value}", value=Country(name=value.removeprefix(ABROAD)))
    return name_department(value) if field == "department" else value


def _as_words(text: str | Words | Country) -> Words:
    return text if isinstance(text, Words) else Words("{value}", value=text)


def _name_products(
    products: Sequence[str], categories: Sequence[str], titles: Mapping[str, str]
) -> list[Words]:
    return [quote_name(name) for name in (*(titles.get(one, one) for one in products), *categories)]


def _describe_bought(things: Sequence[Words], within: int | None, least: int | None) -> Words:
    joined = join_with_or(things)
    if least is not None and within is not None:
        return Words(
            "bought at least {n} of {things} in the last {days} days",
            n=least,
            things=joined,
            days=within,
        )
    if least is not None:
        return Words("bought at least {n} of {things}", n=least, things=joined)
    if within is None:
        return Words("bought {things}", things=joined)
    return Words("bought {things} in the last {days} days", things=joined, days=within)


def _describe_not_bought(things: Sequence[Words], within: int | None) -> Words:
    joined = join_with_or(things)
    if within is None:
        return Words("never bought {things}", things=joined)
    return Words("did not buy {things} in the last {days} days", things=joined, days=within)


def join_with_or(things: Sequence[str | Words | Country]) -> str | Words | Country:
    """Join as `a, b or c`. The last separator is translated with the sentence."""
    if len(things) == 1:
        return things[0]
    listed = things[-2]
    for one in reversed(things[:-2]):
        listed = Words("{first}, {rest}", first=one, rest=listed)
    return Words("{first} or {last}", first=listed, last=things[-1])


def join_with_and(parts: Sequence[Words]) -> Words:
    if len(parts) == 1:
        return parts[0]
    return Words("{first}; {rest}", first=parts[0], rest=join_with_and(parts[1:]))


def name_audience(id: str, rule: AudienceRule, thing: str) -> Words:
    """Return the name of an audience for people. `thing` is what it bought."""
    words = AUDIENCE_NAMES[id]
    name = Words(words.text, thing=quote_name(thing)) if "{" in words.text else words
    if not rule.countries or id == "yours":
        return name
    places = join_with_or([Country(name=one) for one in rule.countries])
    return Words("{first}, {rest}", first=name, rest=places)
