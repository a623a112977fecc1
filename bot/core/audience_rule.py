"""An audience rule: the conditions that pick customers, as it is stored, shown and edited."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.core.condition_words import describe_amount, describe_day
from bot.core.metric_query import ANY_VALUE, NO_VALUE, FieldName, MetricCondition
from bot.i18n.french_regions import ABROAD, name_department
from bot.i18n.messages import Country, Words, quote_name

AudiencePurpose = Literal["email", "sms", "ads"]
DayCount = Annotated[int, Field(ge=1, le=3650)]

# The customer segments. Every customer is in exactly one; the library defines their rules.
SEGMENT_LABELS: Mapping[str, Words] = {
    "champions": Words("Champions"),
    "loyal": Words("Loyal"),
    "promising": Words("Promising"),
    "new": Words("New"),
    "at-risk": Words("At risk"),
    "drifting-away": Words("Drifting away"),
    "lapsed": Words("Lapsed"),
    "one-time": Words("One-time"),
}
CONSENT_LABELS = {
    "email": Words("Customers who agreed to e-mails"),
    "sms": Words("Customers who agreed to SMS"),
    "ads": Words("Customers who agreed to be matched for ads"),
}
AudienceGoal = Literal["none", "win back", "second order", "reward"]
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
PLACE_LIST_SEPARATOR = "; "  # between several places
MAX_NAMED_VALUES = 4  # of one condition
HEX_TO_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjkmnpqrstv")


# The conditions on orders that a rule may have, with their names for people.
ORDER_FIELDS: Mapping[FieldName, Words] = {
    "country": Words("country"),
    "region": Words("region"),
    "department": Words("French département"),
    "device": Words("device"),
    "source": Words("source"),
    "channel": Words("channel"),
    "category": Words("category"),
    "product": Words("product"),
    "variant": Words("variant"),
    "colour": Words("colour"),
    "size": Words("size"),
    "code": Words("campaign code"),
    "return_reason": Words("return reason"),
    "level": Words("loyalty level"),
    "customer_points": Words("loyalty points"),
    "first_order_source": Words("source of the first order"),
    "payment_method": Words("means of payment"),
    "carrier": Words("carrier"),
    "returned": Words("returned"),
    "late": Words("late"),
    "discounted": Words("with a discount"),
    "order_value": Words("value of the order"),
    "order_units": Words("units of the order"),
    "selected_orders": Words("orders among these"),
    "selected_spent": Words("spent on these"),
    "selected_units": Words("units of these"),
    "customer_orders": Words("orders of the customer"),
    "customer_spent": Words("spent by the customer"),
    "customer_first_order": Words("first order"),
    "customer_last_order": Words("last order"),
    "customer_ordered": Words("ordered"),
    "customer_not_ordered": Words("not ordered"),
    "customer_bought": Words("bought"),
}
PLACE_FIELDS = ("country", "region", "department")
# whose values say by themselves what they are
PLAIN_FIELDS = (*PLACE_FIELDS, "product", "category", "device", "source", "channel")
ORDERED_FIELDS = ("product", "category")
PRODUCT_FIELDS = ("product", "category", "customer_bought")  # whose values are product keys
YES_OR_NO_NAMES: Mapping[tuple[str, str], Words] = {  # field and value → what it says
    ("returned", "yes"): Words("items returned"),
    ("returned", "no"): Words("items not returned"),
    ("late", "yes"): Words("late"),
    ("late", "no"): Words("in time"),
    ("discounted", "yes"): Words("with a discount"),
    ("discounted", "no"): Words("without a discount"),
}
DAY_FIELDS = (
    "customer_first_order",
    "customer_last_order",
    "customer_ordered",
    "customer_not_ordered",
)
PHRASE_FIELDS = (  # whose words need no "ordered" before them
    *("selected_orders", "selected_spent", "selected_units", "order_value"),
    *("customer_orders", "customer_spent", *DAY_FIELDS),
)


class OrderCondition(BaseModel):
    """Orders that each customer has, or with `never` has not, in these days, which are inclusive.
    The filters are those of a `MetricQuery` of orders: every group holds, of a group one condition
    suffices. Their values are those of the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    filters: tuple[tuple[MetricCondition, ...], ...] = ()
    since: date | None = None
    until: date | None = None
    never: bool = False

    @field_validator("filters")
    @classmethod
    def _allowed(
        cls, filters: tuple[tuple[MetricCondition, ...], ...]
    ) -> tuple[tuple[MetricCondition, ...], ...]:
        unknown = {one.field for group in filters for one in group} - {*ORDER_FIELDS}
        if unknown:
            raise ValueError(f"an audience can't be chosen by {', '.join(sorted(unknown))}")
        return filters

    @property
    def products(self) -> tuple[str, ...]:
        """The keys of products, and the categories, that the filters name."""
        mine = (one for one in self.conditions if one.field in PRODUCT_FIELDS)
        return tuple(value for one in mine for value in one.values)

    @property
    def conditions(self) -> tuple[MetricCondition, ...]:
        return tuple(one for group in self.filters for one in group)

    def move(self, by: timedelta) -> "OrderCondition":
        """Return the condition with every day in it moved."""
        filters = tuple(tuple(_move_days(one, by) for one in group) for group in self.filters)
        days = {"since": self.since and self.since + by, "until": self.until and self.until + by}
        return self.model_copy(update={"filters": filters, **days})

    def reaches_before(self, day: date) -> bool:
        """Whether the condition is about days before this one, too; not where orders since then
        suffice for it."""
        fields = {one.field for group in self.filters for one in group}
        if self.since is not None:
            return self.since < day
        return self.never or self.until is not None or not fields.isdisjoint(DAY_FIELDS)

    def words(self, titles: Mapping[str, str]) -> Words:
        """Return the condition as people say it: "at least 2 orders (“Alba”) since 1 June"."""
        when = _describe_days(self.since, self.until)
        groups = [group for group in self.filters if group]
        head = None
        if self.never:
            head = _describe_never(groups, titles) if groups and not when else None
            groups = [] if head else groups
            head = head or Words("no order")
        elif named := next((one for one in groups if one[0].field in PHRASE_FIELDS), None):
            head = _describe_group(named, titles)
            groups = [group for group in groups if group != named]
        elif named := next((one for one in groups if _are_fields(one, ORDERED_FIELDS)), None):
            head = Words("bought {things}", things=_describe_group(named, titles))
            groups = [group for group in groups if group != named]
        parts = [_describe_group(group, titles) for group in groups]
        if not parts and not when:
            return head or Words("ordered at least once")
        head = head or Words("ordered")
        if parts:
            head = Words("{what} ({which})", what=head, which=_join_with_and(parts))
        return Words("{what} {when}", what=head, when=when) if when else head


def _describe_group(group: Sequence[MetricCondition], titles: Mapping[str, str]) -> Words:
    return _as_words(join_with_or([_describe_condition(one, titles) for one in group]))


def _are_fields(group: Sequence[MetricCondition], fields: Sequence[str]) -> bool:
    """Whether each of the conditions says which values one of these fields has."""
    return all(
        one.field in fields
        and one.operator in ("is", "in")
        and (one.values not in ((ANY_VALUE,), (NO_VALUE,)) or one.field == "code")
        for one in group
    )


def _describe_never(
    groups: Sequence[Sequence[MetricCondition]], titles: Mapping[str, str]
) -> Words | None:
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
        return Words("never ordered to {place}", place=_describe_group(groups[0], titles))
    if first.field in ORDERED_FIELDS:
        return Words("never bought {things}", things=_describe_group(groups[0], titles))
    return None


class RatingCondition(BaseModel):
    """Ratings that each customer gave, of stars within these bounds and in these days, all
    inclusive. With `no_order_after` the customer has not ordered after the day of such a rating."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    at_least: Annotated[int, Field(ge=1, le=5)] | None = None
    at_most: Annotated[int, Field(ge=1, le=5)] | None = None
    since: date | None = None
    until: date | None = None
    no_order_after: bool = False

    def move(self, by: timedelta) -> "RatingCondition":
        """Return the condition with every day in it moved."""
        days = {"since": self.since and self.since + by, "until": self.until and self.until + by}
        return self.model_copy(update=days)

    def words(self) -> Words:
        parts = []
        if n := self.at_least:
            parts.append(Words.count("at least {n} star", "at least {n} stars", n))
        if n := self.at_most:
            parts.append(Words.count("at most {n} star", "at most {n} stars", n))
        if days := _describe_days(self.since, self.until):
            parts.append(days)
        if self.no_order_after:
            parts.append(Words("no order afterwards"))
        return Words("left a rating ({what})", what=_join_with_and(parts or [Words("ever")]))


class ViewCondition(BaseModel):
    """Products or categories of which each customer looked at one, in these days, all inclusive."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def move(self, by: timedelta) -> "ViewCondition":
        """Return the condition with every day in it moved."""
        days = {"since": self.since and self.since + by, "until": self.until and self.until + by}
        return self.model_copy(update=days)

    def words(self, titles: Mapping[str, str]) -> Words:
        things = join_with_or(_name_products(self.products, self.categories, titles))
        if days := _describe_days(self.since, self.until):
            return Words("looked at {things} ({days})", things=things, days=days)
        return Words("looked at {things}", things=things)


class AudienceRule(BaseModel):
    """Conditions on customers. All set conditions must hold; of a list, one value is enough.

    An empty condition matches everybody. Products are keys of the catalogue, or (`bought_named`)
    words that a product's name contains, in any language. Categories are spelled as in the
    catalogue; segments are keys of SEGMENT_LABELS. `bought_within` and `not_within` without a
    product or category mean any purchase. Day counts are inclusive and count back from the newest
    order; spend is in the shop's currency. With `never_ordered` they are people of the files of
    customers and consents, and no condition on orders is possible. Only customers who consented to
    `purpose` are ever in the audience."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    purpose: AudiencePurpose = "email"
    segments: tuple[str, ...] = ()
    bought: tuple[str, ...] = ()
    bought_named: tuple[str, ...] = ()
    bought_categories: tuple[str, ...] = ()
    bought_within: DayCount | None = None
    bought_at_least: Annotated[int, Field(ge=2, le=20)] | None = None  # number of distinct products
    not_bought: tuple[str, ...] = ()
    not_bought_categories: tuple[str, ...] = ()
    not_within: DayCount | None = None
    like_product: str | None = None  # look-alikes of its buyers who have not bought it
    like_category: str | None = None
    min_orders: Annotated[int, Field(ge=1)] | None = None
    max_orders: Annotated[int, Field(ge=1)] | None = None
    min_spend: Annotated[Decimal, Field(ge=0)] | None = None
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    last_from: date | None = None
    last_until: date | None = None
    orders: tuple[OrderCondition, ...] = ()  # all of them hold
    rated: tuple[RatingCondition, ...] = ()  # all of them hold
    never_ordered: bool = False
    joined_within: DayCount | None = None  # signed up within so many days
    viewed: tuple[ViewCondition, ...] = ()  # all of them hold

    @field_validator("segments")
    @classmethod
    def _known(cls, segments: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(segments) - set(SEGMENT_LABELS))
        if unknown:
            raise ValueError(f"no such segment: {', '.join(unknown)}")
        return segments

    @property
    def impossible(self) -> tuple[str, Words] | None:
        """A condition that contradicts the others, and the reason; None if there is none."""
        if self.min_orders and self.max_orders and self.max_orders < self.min_orders:
            return "max_orders", Words(
                "Nobody has at least {least} orders and at most {most}.",
                least=self.min_orders,
                most=self.max_orders,
            )
        no_orders = {"purpose": "email", "joined_within": None, "never_ordered": False}
        if self.never_ordered and self.model_copy(update=no_orders) != AudienceRule():
            return "never_ordered", Words("Who never ordered meets no condition on orders.")
        named = len({*self.bought, *self.bought_categories})
        if self.bought_at_least and self.bought_named:
            named = max(named, self.bought_at_least)  # a word stands for many products
        if self.bought_at_least and not named:
            return "bought_at_least", Words("Say first of which products or categories.")
        if self.bought_at_least and self.bought_at_least > named:
            return "bought_at_least", Words.count(
                "Only {n} thing is named to be bought.",
                "Only {n} things are named to be bought.",
                named,
            )
        if any(not (one.products or one.categories) for one in self.viewed):
            return "viewed", Words("Say first of which products or categories.")
        dated = (("orders", self.orders), ("rated", self.rated), ("viewed", self.viewed))
        for name, conditions in dated:
            if any(one.since and one.until and one.until < one.since for one in conditions):
                return name, Words("This day is before the first one.")
        if any(one.at_least and one.at_most and one.at_most < one.at_least for one in self.rated):
            return "rated", Words("No rating has so many stars and so few.")
        not_within = None if self.not_bought or self.not_bought_categories else self.not_within
        if not_within and self.bought_within and not_within >= self.bought_within:
            return "not_within", Words("Nobody bought within these days and not within these.")
        return None

    def move(self, by: timedelta) -> "AudienceRule":
        """Return the rule with every day in it moved. Numbers of days stay: they count back."""
        return self.model_copy(
            update={
                "last_from": self.last_from and self.last_from + by,
                "last_until": self.last_until and self.last_until + by,
                "orders": tuple(one.move(by) for one in self.orders),
                "rated": tuple(one.move(by) for one in self.rated),
                "viewed": tuple(one.move(by) for one in self.viewed),
            }
        )

    def reaches_before(self, day: date, until: date) -> bool:
        """Whether a condition is about days before this one, too, so that orders from this day on
        tell less than it says. Numbers of days count back from `until`."""
        counted = max(self.bought_within or 0, self.not_within or 0)
        without = bool(self.not_bought or self.not_bought_categories or self.never_ordered)
        return (
            (self.last_until is not None and (self.last_from is None or self.last_from < day))
            or (without and self.not_within is None)
            or until - timedelta(days=counted) < day
            or any(one.reaches_before(day) for one in self.orders)
        )

    @property
    def is_only_of_places(self) -> bool:
        """Whether it asks for nothing but where people have ordered to, as an ad is set."""
        no_places = {"purpose": "email", "countries": (), "regions": (), "orders": ()}
        asked = [(c.field, one.since, one.until) for one in self.orders for c in one.conditions]
        places = {(field, None, None) for field in PLACE_FIELDS}
        is_placed = {*asked} <= places and not any(one.never for one in self.orders)
        return is_placed and self.model_copy(update=no_places) == AudienceRule()

    @property
    def stored(self) -> str:
        """The rule as JSON. Equal rules give equal text; empty conditions are left out."""
        return self.model_dump_json(exclude_defaults=True)

    @property
    def code(self) -> str:
        """A short identifier of exactly this rule: 12 letters derived from its SHA-256. It has no
        digits, so that nobody takes it for a figure."""
        digest = hashlib.sha256(self.stored.encode()).hexdigest()[:12]
        return digest.translate(HEX_TO_LETTERS)

    @property
    def figures(self) -> dict[str, tuple[int, str | None]]:
        """The numbers that the rule's text contains, with their unit, by condition name."""
        days = {"bought_within": "days", "not_within": "days", "joined_within": "days"}
        names = (*days, "bought_at_least", "min_orders", "max_orders")
        known = {name: getattr(self, name) for name in names}
        return {
            name.replace("_", "-"): (value, days.get(name))
            for name, value in known.items()
            if value is not None
        }

    @property
    def products(self) -> tuple[str, ...]:
        """The keys of all products that the rule mentions, each once."""
        like = [self.like_product] if self.like_product else []
        ordered = [key for one in self.orders for key in one.products]
        viewed = [key for one in self.viewed for key in one.products]
        return tuple(dict.fromkeys([*self.bought, *self.not_bought, *like, *ordered, *viewed]))

    def words(self, titles: Mapping[str, str] | None = None) -> Words:
        """The rule as a sentence, with the consent it needs. `titles` are product names by key."""
        return _join_with_and([CONSENT_LABELS[self.purpose], *self.list_conditions(titles or {})])

    def describe_conditions(self, titles: Mapping[str, str] | None = None) -> Words:
        """The rule as a sentence without the consent: shown beside the count of all who match."""
        parts = self.list_conditions(titles or {})
        return _join_with_and(parts) if parts else Words("all customers")

    def list_conditions(self, titles: Mapping[str, str]) -> list[Words]:
        parts = [*self._groups(), *self._things(titles)]
        parts += [one.words(titles) for one in self.orders]
        parts += [one.words() for one in self.rated]
        parts += [one.words(titles) for one in self.viewed]
        return [*parts, *self._amounts(), *self._places(), *self._dates(), *self._beginnings()]

    def _groups(self) -> list[Words]:
        if not self.segments:
            return []
        groups = join_with_or([SEGMENT_LABELS[segment] for segment in self.segments])
        return [Words("in the group {groups}", groups=groups)]

    def _things(self, titles: Mapping[str, str]) -> list[Words]:
        parts = []
        bought = _name_products(self.bought, self.bought_categories, titles)
        bought += [
            Words("a product whose name says {word}", word=quote_name(word))
            for word in self.bought_named
        ]
        if bought:
            parts.append(_describe_bought(bought, self.bought_within, self.bought_at_least))
        elif self.bought_within:
            parts.append(Words("bought in the last {days} days", days=self.bought_within))
        without = _name_products(self.not_bought, self.not_bought_categories, titles)
        if without:
            parts.append(_describe_not_bought(without, self.not_within))
        elif self.not_within:
            parts.append(Words("did not buy in the last {days} days", days=self.not_within))
        for like in (titles.get(self.like_product or "", self.like_product), self.like_category):
            if like:
                parts.append(
                    Words("similar to buyers of {thing}, without it so far", thing=quote_name(like))
                )
        return parts

    def _amounts(self) -> list[Words]:
        parts = []
        if self.min_orders:
            n = self.min_orders
            parts.append(Words.count("at least {n} order", "at least {n} orders", n))
        if self.max_orders:
            n = self.max_orders
            parts.append(Words.count("at most {n} order", "at most {n} orders", n))
        if self.min_spend:
            parts.append(Words("spent at least {amount}", amount=self.min_spend))
        return parts

    def _places(self) -> list[Words]:
        """Return a country and a region as two conditions: both must hold."""
        countries = [Country(name=one) for one in self.countries]
        return [
            Words("ordered to {places}", places=join_with_or(places))
            for places in (countries, self.regions)
            if places
        ]

    def _dates(self) -> list[Words]:
        parts = []
        if self.last_from:
            parts.append(Words("last order on {day} or later", day=self.last_from))
        if self.last_until:
            parts.append(Words("no order since {day}", day=self.last_until + timedelta(days=1)))
        return parts

    def _beginnings(self) -> list[Words]:
        parts = [Words("never ordered")] if self.never_ordered else []
        if self.joined_within:
            parts.append(Words("signed up in the last {days} days", days=self.joined_within))
        return parts


def _describe_days(since: date | None, until: date | None) -> Words | None:
    if since and until:
        return Words("from {since} to {until}", since=since, until=until)
    if since:
        return Words("since {day}", day=since)
    return Words("until {day}", day=until) if until else None


def _move_days(condition: MetricCondition, by: timedelta) -> MetricCondition:
    if condition.field not in DAY_FIELDS or condition.values in ((ANY_VALUE,), (NO_VALUE,)):
        return condition
    moved = tuple((date.fromisoformat(one) + by).isoformat() for one in condition.values)
    return condition.model_copy(update={"values": moved})


def _describe_condition(condition: MetricCondition, titles: Mapping[str, str]) -> Words:
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
    if amount := describe_amount(condition.field, condition.operator, condition.values):
        return amount
    values: list[str | Words | Country] = list(condition.values)
    if condition.field == "country":
        values = [Country(name=one) for one in condition.values]
    elif condition.field in PRODUCT_FIELDS:
        values = [quote_name(titles.get(one, one)) for one in condition.values]
    elif condition.field in ("region", "department"):
        values = [_name_place(condition.field, one) for one in condition.values]
    first, last = values[0], values[-1]
    if condition.operator == "at_least":
        return Words("{what}: at least {value}", what=label, value=first)
    if condition.operator == "at_most":
        return Words("{what}: at most {value}", what=label, value=first)
    if condition.operator == "between":
        return Words("{what}: {first} to {last}", what=label, first=first, last=last)
    if len(values) > MAX_NAMED_VALUES:
        rest = len(values) - MAX_NAMED_VALUES
        more = Words.count("{n} more", "{n} more", rest)
        values = [*values[:MAX_NAMED_VALUES], more]
    joined = join_with_or([Words("{value}", value=one) for one in values])
    if condition.field in PLAIN_FIELDS:
        words = _as_words(joined)
        return Words("not {what}", what=words) if condition.operator == "is_not" else words
    if condition.operator == "is_not":
        return Words("{what}: not {value}", what=label, value=joined)
    return Words("{what}: {value}", what=label, value=joined)


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


def _join_with_and(parts: Sequence[Words]) -> Words:
    if len(parts) == 1:
        return parts[0]
    return Words("{first}; {rest}", first=parts[0], rest=_join_with_and(parts[1:]))


def name_audience(id: str, rule: AudienceRule, thing: str) -> Words:
    """Return the name of an audience for people. `thing` is what it bought."""
    words = AUDIENCE_NAMES[id]
    name = Words(words.text, thing=quote_name(thing)) if "{" in words.text else words
    if not rule.countries or id == "yours":
        return name
    places = join_with_or([Country(name=one) for one in rule.countries])
    return Words("{first}, {rest}", first=name, rest=places)
