"""Queries of the data: a query of figures, and the plan of a test.

A query of figures has measures of one dataset, grouped, filtered, and compared with another period.
What each name means is defined beside the dataset, in `bot/data/metrics/query/`.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from bot.core.withheld import Withheld
from bot.i18n.messages import Words
from bot.text.normalize import tokenize, word_set

if TYPE_CHECKING:
    from bot.core.audience_rule import AudiencePurpose

DatasetName = Literal["orders", "visits", "campaigns", "feedback", "traffic"]
MeasureName = Literal[
    # orders
    "revenue",
    "gross_revenue",
    "refunded",
    "net_revenue",
    "returned_revenue",
    "revenue_before_discounts",
    "discounts",
    "discount_depth",
    "price_cuts",
    "orders",
    "units",
    "customers",
    "new_customers",
    "repeat_customers",
    "average_order",
    "median_order",
    "largest_order",
    "revenue_per_customer",
    "orders_per_customer",
    "units_per_order",
    "average_price",
    "returned",
    "return_rate",
    "repeat_rate",
    "due_orders",
    "late_orders",
    "late_share",
    "mean_delivery_days",
    "undelivered_orders",
    "cancelled_orders",
    "cancelled_share",
    "discounted_orders",
    "discounted_share",
    "code_share",
    "median_days_between_orders",
    "mean_days_between_orders",
    "median_days_to_second_order",
    "mean_days_to_second_order",
    "reordered_30_days",
    "reordered_90_days",
    "reordered_180_days",
    "reordered_365_days",
    "newcomers_30_days",
    "newcomers_90_days",
    "newcomers_180_days",
    "newcomers_365_days",
    "reorder_rate_30_days",
    "reorder_rate_90_days",
    "reorder_rate_180_days",
    "reorder_rate_365_days",
    "lifetime_value",
    "median_days_since_last_order",
    "days_since_last_sale",
    "revenue_share",
    "orders_share",
    "units_share",
    "customers_share",
    "top_1_percent_share",
    "top_5_percent_share",
    "top_10_percent_share",
    "top_20_percent_share",
    "top_50_percent_share",
    "top_1_percent_net_share",
    "top_5_percent_net_share",
    "top_10_percent_net_share",
    "top_20_percent_net_share",
    "top_50_percent_net_share",
    # visits
    "visits",
    "visitors",
    "visits_with_cart",
    "visits_with_checkout",
    "visits_with_order",
    "conversion",
    "view_to_cart",
    "cart_to_checkout",
    "checkout_to_order",
    "visit_sales",
    "sales_per_1000_visits",
    "visits_share",
    # campaigns
    "sent",
    "delivered",
    "opened",
    "clicks",
    "impressions",
    "unsubscribed",
    "mailings",
    "campaign_orders",
    "campaign_sales",
    "spend",
    "open_rate",
    "click_rate",
    "unsubscribe_rate",
    "orders_per_click",
    "cost_per_order",
    "cost_per_click",
    "cost_per_1000_impressions",
    "sales_per_spend",
    "sales_per_1000_sent",
    "orders_per_1000_sent",
    "spend_share",
    # feedback
    "reviews",
    "ratings",
    "reviewers",
    "rating",
    "low_rating_share",
    "stars_1",
    "stars_2",
    "stars_3",
    "stars_4",
    "stars_5",
    "reviews_share",
    # traffic
    "sessions",
    "engaged_share",
    "page_views",
    "traffic_orders",
    "traffic_sales",
    "traffic_conversion",
    "sales_per_1000_sessions",
    "sessions_share",
]
# Both dimensions and fields of conditions.
OrderColumn = Literal[
    "weekday",
    "hour",
    "country",
    "region",
    "department",
    "device",
    "source",
    "channel",
    "category",
    "product",
    "variant",
    "colour",
    "size",
    "code",
    "status",
    "return_reason",
    "segment",
    "level",
    "city",
    "email_consent",
    "sms_consent",
    "ads_consent",
    "customer_type",
]
OtherColumn = Literal[
    "payment_method",
    "carrier",
    "campaign",
    "audience",
    "retailer",
    "keyword",
    "placement",
    "rating",
    "language",
    "page",
    "step",
    "medium",
]
DimensionName = Literal[
    "day",
    "week",
    "month",
    "quarter",
    "year",
    OrderColumn,
    "first_order_month",
    "first_order_source",
    "nth_order",
    "returned",
    "late",
    "discounted",
    "reduced_price",
    "ordered_after",
    "with_product",
    OtherColumn,
]
AskedFieldName = Literal[  # of conditions that a model may ask for
    "day",
    OrderColumn,
    "first_order_source",
    "nth_order",
    "with_product",
    OtherColumn,
    "order_value",
    "order_units",
    "order_discount",
    "returned",
    "late",
    "delivered_day",
    "discounted",
    "sale_day",
    "reduced_price",
    "ordered_after",
    "customer_points",
    "selected_orders",
    "selected_spent",
    "selected_units",
    "customer_orders",
    "customer_spent",
    "customer_first_order",
    "customer_last_order",
    "customer_ordered",
    "customer_not_ordered",
    "customer_bought",
]
FieldName = Literal[AskedFieldName, "in_audience"]
BoundName = Literal["at_least", "at_most", "over", "under"]
OperatorName = Literal["is", "is_not", "in", BoundName, "between", "contains"]
BOUNDS: Mapping[str, Callable[[Any, Any], Any]] = {  # BoundName → whether a figure keeps it
    "at_least": operator.ge,
    "at_most": operator.le,
    "over": operator.gt,
    "under": operator.lt,
}
ComparisonName = Literal["none", "previous_period", "same_period_last_year", "dates"]
OrderName = Literal["highest", "lowest", "natural", "growth", "decline"]

TIME_DIMENSIONS = ("day", "week", "month", "quarter", "year", "weekday", "hour")
DATED_DIMENSIONS = ("day", "week", "month", "quarter", "year")  # their values are first days
ORDERED_DIMENSIONS = (*TIME_DIMENSIONS, "first_order_month")  # whose groups have an order in time
CUSTOMER_FIELDS = (  # conditions on the customer, over everything that the customer ever ordered
    "customer_orders",
    "customer_spent",
    "customer_first_order",
    "customer_last_order",
    "customer_ordered",
    "customer_not_ordered",
    "customer_bought",
)
AUDIENCE_FIELD: FieldName = "in_audience"  # its value is an audience's rule as it is stored
# conditions on what the customer has among the rows that all else selects
SELECTED_FIELDS = ("selected_orders", "selected_spent", "selected_units")
ANY_VALUE, NO_VALUE = "any", "none"  # as the value of a condition: one is set, or none is
OTHERS_VALUE = "others"  # the groups that are too small to be shown, together
WITHIN_VALUE = "within-bounds"  # all groups within the bounds of a query, together
MAX_DIMENSIONS, MAX_MEASURES = 2, 8
MAX_NAMED_VALUES = 6  # of a condition
TestPlace = Literal["visit", "product", "basket", "checkout", "subject", "send_time", "letter"]
PLACE_WORDS: tuple[tuple[TestPlace, frozenset[str]], ...] = (  # the first that fits
    ("subject", word_set("subject subjects objet objets")),
    ("letter", word_set("email emails mail mails newsletter newsletters infolettre infolettres")),
    ("checkout", word_set("checkout payment paying purchase paiement payer caisse tunnel")),
    ("basket", word_set("basket cart delivery panier livraison")),
    ("product", word_set("product photo photos picture pictures fiche fiches produit")),
)
MESSAGE_PLACES = ("subject", "send_time", "letter")  # tested on people who are written to


class QueryError(Exception):
    """A query that can't be answered as it was asked. The reason is for the model that asks, who
    can ask otherwise: `QueryError("There is no {field} called {value}.", field=…, value=…)`."""

    words: Words | None = None  # the reason for people, where there are words for it

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason.format(**values))


class TooFewError(QueryError):
    """A query whose answer would tell what a few people did."""

    def __init__(self, withheld: Withheld, text: str = "") -> None:
        super().__init__("{text}", text=text or withheld.refuse())
        self.withheld, self.words = withheld, withheld.words


class MetricCondition(BaseModel, frozen=True):
    """One condition. `is` and `in` hold for any of the values, `is_not` for none of them; `between`
    has two values, both included. Days are ISO dates."""

    field: FieldName
    operator: OperatorName
    values: tuple[str, ...]

    @property
    def names_values(self) -> bool:
        """Whether it takes single values by their names. Many values are those that a word stands
        for."""
        is_one_of = self.operator in ("is", "in") and len(self.values) <= MAX_NAMED_VALUES
        return is_one_of and {ANY_VALUE, NO_VALUE}.isdisjoint(self.values)


def parse_number(value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise QueryError("{value} is not a number.", value=value) from None
    if not number.is_finite():
        raise QueryError("{value} is not a number.", value=value)
    return str(number)


def parse_day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise QueryError("{value} is not a day: write it as 2026-11-24.", value=value) from None


def take_arrived(filters: Iterable[Iterable[MetricCondition]]) -> bool:
    """Whether the conditions take only orders that came, by the day of that."""
    return any(
        all(
            one.field == "delivered_day" and one.operator != "is_not" and NO_VALUE not in one.values
            for one in group
        )
        for group in filters
    )


class MetricBound(BaseModel, frozen=True):
    """A bound on a group's measure: groups beyond it are left out."""

    measure: MeasureName
    operator: BoundName
    value: Decimal


class MetricQuery(BaseModel, frozen=True):
    """What is asked. Days are inclusive. All groups of `filters` hold; within a group, one
    condition suffices. `limit` is the number of groups to show, where `room`, the most figures of
    the answer, allows."""

    dataset: DatasetName
    measures: tuple[MeasureName, ...] = Field(min_length=1)
    dimensions: tuple[DimensionName, ...] = ()
    filters: tuple[tuple[MetricCondition, ...], ...] = ()
    since: date | None = None  # None: the first day of the data
    until: date | None = None  # None: the last whole day
    comparison: ComparisonName = "none"
    compare_since: date | None = None  # of the comparison "dates"
    compare_until: date | None = None
    having: tuple[MetricBound, ...] = ()
    # by the first measure, or its change against the earlier period; natural: time by time, others
    # highest first
    order: OrderName = "natural"
    limit: int = 20
    room: int = 60

    @property
    def conditions(self) -> tuple[MetricCondition, ...]:
        return tuple(condition for group in self.filters for condition in group)

    @property
    def customer_conditions(self) -> tuple[MetricCondition, ...]:
        found = (one for one in self.conditions if one.field in CUSTOMER_FIELDS)
        return tuple(dict.fromkeys(found))

    @property
    def selected_conditions(self) -> tuple[MetricCondition, ...]:
        return tuple(one for one in self.conditions if one.field in SELECTED_FIELDS)

    @property
    def audiences(self) -> tuple[str, ...]:
        """The rules of the audiences that the customers are in."""
        wanted = (one for one in self.conditions if one.field == AUDIENCE_FIELD)
        return tuple(value for one in wanted for value in one.values)

    def asks(self, *parts: str) -> bool:
        """Whether one of the measures has one of these in its name."""
        return any(part in name for part in parts for name in self.measures)

    def uses(self, *fields: str) -> bool:
        """Whether one of these is grouped or filtered by."""
        known = {*self.dimensions, *(condition.field for condition in self.conditions)}
        return not known.isdisjoint(fields)

    @property
    def share_place(self) -> int | None:
        """By which of two dimensions a share is told, of all that is of the same country, month …:
        by that of time, else by the first. None: it is of the total."""
        if len(self.dimensions) < 2:
            return None
        times = (n for n, name in enumerate(self.dimensions) if name in DATED_DIMENSIONS)
        return next(times, 0)

    @property
    def names_groups(self) -> bool:
        """Whether a filter names the groups of its only dimension."""
        alone = [group[0] for group in self.filters if len(group) == 1]
        named = {one.field for one in alone if one.names_values}
        return len(self.dimensions) == 1 and self.dimensions[0] in named

    @property
    def takes_arrived(self) -> bool:
        """Whether its conditions take only orders that came, by the day of that."""
        return take_arrived(self.filters)


class QuestionFields(BaseModel, frozen=True):
    """A question as the form asks it. `only` holds the words of the values to filter by."""

    measure: MeasureName | None = None
    split: DimensionName | None = None
    only: str = ""
    since: date | None = None
    until: date | None = None
    comparison: ComparisonName = "none"


@dataclass(frozen=True)
class PlanRequest:
    """`base` is a rate in %, `lift` in % of it, `weekly` people a week; None: from the data.
    `reach` is the consent that its people must have given: None for a test on the site."""

    place: TestPlace = "visit"
    base: Decimal | None = None
    lift: Decimal | None = None
    weekly: int | None = None
    reach: "AudiencePurpose | None" = None


def find_place(words: str) -> TestPlace | None:
    """Return the place of a test that the words name, by a table of keywords."""
    typed = set(tokenize(words))
    return next((place for place, known in PLACE_WORDS if typed & known), None)
