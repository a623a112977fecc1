"""An audience rule: the conditions that pick customers, as it is stored, shown and edited."""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from bot.core.metric_query import ANY_VALUE, NO_VALUE, FieldName, MetricCondition
from bot.i18n.messages import Words

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
AudienceGoal = Literal["none", "win back", "second order", "reward"]
PLACE_LIST_SEPARATOR = "; "  # between several places
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
    "city": Words("town"),
    "customer_points": Words("loyalty points"),
    "first_order_source": Words("source of the first order"),
    "payment_method": Words("means of payment"),
    "carrier": Words("carrier"),
    "returned": Words("returned"),
    "late": Words("late"),
    "delivered_day": Words("day of delivery"),
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
PRODUCT_FIELDS = ("product", "category", "customer_bought")  # whose values are product keys
ORDER_DAY_FIELDS = (  # about all days on which the customer ever ordered
    "customer_first_order",
    "customer_last_order",
    "customer_ordered",
    "customer_not_ordered",
)
DAY_FIELDS = (*ORDER_DAY_FIELDS, "delivered_day")


class OrderCondition(BaseModel, frozen=True, extra="forbid"):
    """Orders that each customer has, or with `never` has not, in these days, which are inclusive.
    The filters are those of a `MetricQuery` of orders: every group holds, of a group one condition
    suffices. Their values are those of the data. With `no_order_after` the customer has ordered
    nothing after the day of the last such order."""

    filters: tuple[tuple[MetricCondition, ...], ...] = ()
    since: date | None = None
    until: date | None = None
    never: bool = False
    no_order_after: bool = False

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
        return self.never or self.until is not None or not fields.isdisjoint(ORDER_DAY_FIELDS)


class RatingCondition(BaseModel, frozen=True, extra="forbid"):
    """Ratings that each customer gave, of stars within these bounds and in these days, all
    inclusive. With `no_order_after` the customer has not ordered after the day of such a rating."""

    at_least: Annotated[int, Field(ge=1, le=5)] | None = None
    at_most: Annotated[int, Field(ge=1, le=5)] | None = None
    since: date | None = None
    until: date | None = None
    no_order_after: bool = False

    def move(self, by: timedelta) -> "RatingCondition":
        """Return the condition with every day in it moved."""
        days = {"since": self.since and self.since + by, "until": self.until and self.until + by}
        return self.model_copy(update=days)


class ViewCondition(BaseModel, frozen=True, extra="forbid"):
    """Products or categories of which each customer looked at one, in these days, all inclusive;
    `in_basket`: laid one, or where none is named anything, in the basket."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    in_basket: bool = False
    since: date | None = None
    until: date | None = None

    def move(self, by: timedelta) -> "ViewCondition":
        """Return the condition with every day in it moved."""
        days = {"since": self.since and self.since + by, "until": self.until and self.until + by}
        return self.model_copy(update=days)


class AudienceRule(BaseModel, frozen=True, extra="forbid"):
    """Conditions on customers. All set conditions must hold; of a list, one value is enough.

    An empty condition matches everybody. Products are keys of the catalogue, or (`bought_named`)
    words that a product's name contains, in any language. Categories are spelled as in the
    catalogue; segments are keys of SEGMENT_LABELS. `bought_within` and `not_within` without a
    product or category mean any purchase. Day counts are inclusive and count back from the newest
    order; spend is in the shop's currency. With `never_ordered` they are people of the files of
    customers and consents, and no condition on orders is possible. Only customers who consented to
    `purpose` are ever in the audience."""

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
    any_of: bool = False  # of `orders`, `rated` and `viewed` together, one suffices
    never_ordered: bool = False
    joined_within: DayCount | None = None  # signed up within so many days
    reads: str | None = None  # the code of a language, as files tell it
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
        no_orders = {
            "purpose": "email",
            "joined_within": None,
            "never_ordered": False,
            "reads": None,
            "countries": (),  # then of their address
        }
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
        if any(not (one.products or one.categories or one.in_basket) for one in self.viewed):
            return "viewed", Words("Say first of which products or categories.")
        dated = (("orders", self.orders), ("rated", self.rated), ("viewed", self.viewed))
        for name, conditions in dated:
            if any(one.since and one.until and one.until < one.since for one in conditions):
                return name, Words("This day is before the first one.")
        if any(one.never and one.no_order_after for one in self.orders):
            return "orders", Words("Who has no such order has no order after it.")
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
        no_places = {
            "purpose": "email",
            "countries": (),
            "regions": (),
            "orders": (),
            "any_of": False,
        }
        asked = [(c.field, one.since, one.until) for one in self.orders for c in one.conditions]
        places = {(field, None, None) for field in PLACE_FIELDS}
        is_placed = {*asked} <= places and not any(
            one.never or one.no_order_after for one in self.orders
        )
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


def _move_days(condition: MetricCondition, by: timedelta) -> MetricCondition:
    if condition.field not in DAY_FIELDS or condition.values in ((ANY_VALUE,), (NO_VALUE,)):
        return condition
    moved = tuple((date.fromisoformat(one) + by).isoformat() for one in condition.values)
    return condition.model_copy(update={"values": moved})
