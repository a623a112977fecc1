"""What can be asked of feedback: ratings and how many there are. What texts are about is another
tool's. A review without a customer, its own or that of its order, counts as a person of its
own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import RatingCondition
from bot.core.facts import RATING_UNIT
from bot.core.metric_query import MetricCondition, MetricQuery
from bot.data.metrics.filters import add_category, add_deliveries, add_people, name_reviewers
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    DAY_FIELDS,
    TIME_DIMENSIONS,
    Basis,
    ConditionField,
    Dimension,
    Measure,
    MetricDataset,
    RowSelection,
    column,
    make_row_key,
    percent,
)
from bot.data.metrics.query.order_rows import (
    EVER,
    add_profile,
    find_order_days,
    leave_out_later_orders,
)
from bot.data.metrics.query.orders import CUSTOMER_FIELDS as ORDER_CUSTOMER_FIELDS
from bot.data.metrics.query.orders import yes_or_no
from bot.data.warehouse.places import PLACE_COLUMNS, add_places
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words

LOW_STARS = 2
NO_RATINGS = Words("No rating names a customer of the orders, so nobody can be chosen by ratings.")
# Products are called as in the feedback, which lacks those that nobody wrote about.
CUSTOMER_FIELDS = {
    name: replace(one, needs="buyer")
    for name, one in ORDER_CUSTOMER_FIELDS.items()
    if name != "customer_bought"
}
BUYER_FIELDS = (*CUSTOMER_FIELDS, "customer_type", "ordered_after")
DELIVERY_FIELDS = ("late", "delivered_day")


def select_reviews(selection: RowSelection) -> ir.Table:
    warehouse, query = selection.warehouse, selection.query
    reviews = selection.read_rows()
    if query.uses("category"):
        reviews = add_category(warehouse, reviews)
    if query.uses(*PLACE_COLUMNS):
        reviews = add_places(warehouse, "feedback", reviews)
    reviews = name_reviewers(warehouse, reviews)
    if query.uses(*DELIVERY_FIELDS):
        reviews = add_deliveries(warehouse, reviews, has_arrived=query.takes_arrived)
    if query.uses("segment", "level", "customer_points", "city"):
        reviews = add_people(warehouse, reviews)
    if query.uses("customer_type", "ordered_after"):
        days = find_order_days(warehouse, selection.currency)
        reviews = reviews.left_join(days, reviews.customer == days.orderer).drop("orderer")
    reviews = add_profile(reviews, selection)
    return filter_rows(DATASET, reviews, query)


def select_raters(warehouse: Warehouse, condition: RatingCondition, until: date) -> ir.Table:
    """Return `customer` of those who gave such a rating. Nothing later than `until` is looked at.
    Raises CannotDo where no rating names a customer of the orders."""
    reviews = None if "feedback" in warehouse.damaged else warehouse.table("feedback")
    if reviews is None:
        raise CannotDo(NO_RATINGS)
    reviews = name_reviewers(warehouse, reviews)
    reviews = reviews.filter(reviews.rating.notnull(), reviews.buyer.notnull())
    if not fetch_rows(warehouse, reviews.select("buyer").limit(1)):
        raise CannotDo(NO_RATINGS)
    day = reviews["at"].date()
    first, last = condition.since or EVER[0], min(condition.until or until, until)
    stars = reviews.rating.round()
    fits = reviews.filter(
        day.between(ibis.literal(first), ibis.literal(last)),
        stars.between(condition.at_least or 1, condition.at_most or 5),
    )
    raters = fits.group_by(customer="buyer").aggregate(found=_["at"].max().date())
    if condition.no_order_after:
        raters = leave_out_later_orders(warehouse, raters, until)
    return raters.select("customer")


_key = make_row_key("id", "at", "text")


def _identify(warehouse: Warehouse) -> ir.Table:
    reviews = warehouse.rows("feedback")
    reviews = name_reviewers(warehouse, reviews)
    key = _key(warehouse, reviews)
    person = ibis.coalesce(
        ibis.literal("customer ") + reviews.customer, ibis.literal("review ") + key.cast("string")
    )
    return reviews.select(key=key, person=person)


STARS = {
    1: Words("reviews with 1 star"),
    2: Words("reviews with 2 stars"),
    3: Words("reviews with 3 stars"),
    4: Words("reviews with 4 stars"),
    5: Words("reviews with 5 stars"),
}


def _has_stars(stars: int) -> Measure:
    return Measure(
        STARS[stars],
        "",
        lambda t: t.count(where=t.rating.round() == stars),
        needs=("rating",),
        is_sum=True,
    )


BASES: Mapping[str, Basis] = {
    ALL_ROWS: Basis("sales", lambda t: t["at"].notnull()),
    "rated": Basis("marks", lambda t: t.rating.notnull()),
    "reviewers": Basis("people", lambda t: t.customer.notnull()),
}
MEASURES: Mapping[str, Measure] = {
    "reviews": Measure(Words("reviews, rated or not"), "", lambda t: t.count(), is_sum=True),
    "ratings": Measure(
        Words("ratings"),
        "",
        lambda t: t.rating.count(),
        bases=("rated",),
        needs=("rating",),
        is_sum=True,
    ),
    "reviewers": Measure(
        Words("customers who wrote"),
        "customers",
        lambda t: t.customer.nunique(),
        bases=("reviewers",),
        needs=("customer",),
        is_sum=True,
    ),
    "rating": Measure(
        Words("mean rating"),
        RATING_UNIT,
        lambda t: t.rating.mean(),
        bases=("rated",),
        needs=("rating",),
        count=lambda t: t.rating.count(),
        counted="with a rating",
        spread=lambda t: t.rating.std(),
    ),
    "low_rating_share": Measure(
        Words("share of ratings of 1 or 2 stars"),
        "%",
        lambda t: percent(t.count(where=t.rating <= LOW_STARS), t.rating.count()),
        bases=("rated",),
        needs=("rating",),
        count=lambda t: t.rating.count(),
        counted="with a rating",
    ),
    **{f"stars_{n}": _has_stars(n) for n in STARS},
    "reviews_share": Measure(Words("share of reviews"), "%", share_of="reviews"),
}


def _rename_messages(warehouse: Warehouse, query: MetricQuery) -> Mapping[str, Measure]:
    """Return the count of texts as one of messages where no channel asked for has ratings, and as
    one of both where only some have; then what has no rating is not all reviews."""
    texts = warehouse.table("feedback")
    if texts is None:
        return {}
    asked = [one.values for (one, *others) in query.filters if _takes_channels(one, others)]
    if asked:
        texts = texts.filter(texts.channel.isin(asked[0]))
    channels = fetch_rows(warehouse, texts.group_by("channel").aggregate(rated=_.rating.count()))
    are_rated = {row["rated"] > 0 for row in channels}
    named = dict[str, Measure]()
    if len(are_rated) > 1:
        label, unit = Words("reviews and messages"), "texts"
        named = {
            name: replace(measure, counted="with a rating (messages have none)")
            for name, measure in MEASURES.items()
            if measure.counted
        }
    elif asked and not any(are_rated):
        label, unit = Words("messages"), "messages"
    else:
        return {}
    return {"reviews": replace(MEASURES["reviews"], label=label, unit=unit), **named}


def _takes_channels(condition: MetricCondition, others: Sequence[MetricCondition]) -> bool:
    return condition.field == "channel" and condition.operator == "is" and not others


def _warn_of_late_texts(warehouse: Warehouse, _days: tuple[date, date]) -> str:
    return (
        f"Orders are known until {warehouse.as_of('orders')}: who wrote shortly before had little "
        "time to order again."
    )


def _describe_rows(warehouse: Warehouse, query: MetricQuery) -> str:
    """Say how many texts can be joined with what else is known of customers, or of their order,
    where a query does that."""
    if query.uses(*DELIVERY_FIELDS):
        return _describe_delivered(warehouse)
    if query.uses(*BUYER_FIELDS):
        return describe_named(warehouse)
    of_people = query.uses("level", "customer_points", "city")
    return describe_named(warehouse, "customer") if of_people else ""


def _describe_delivered(warehouse: Warehouse) -> str:
    texts = add_deliveries(warehouse, warehouse.rows("feedback"))
    (row,) = fetch_rows(warehouse, texts.aggregate(known=texts.late.count(), many=texts.count()))
    return (
        f"{row['known']} of {row['many']} texts and ratings name an order of which it is known "
        "whether it was late (late, or overdue); of the others this can't be told."
    )


def describe_named(warehouse: Warehouse, who: str = "buyer") -> str:
    """Say how many texts name a customer, or one of the orders."""
    reviews = warehouse.table("feedback")
    if reviews is None:
        return NO_RATINGS.to("en")
    named = name_reviewers(warehouse, reviews)
    (row,) = fetch_rows(warehouse, named.aggregate(known=named[who].count(), many=_.count()))
    called = "a customer of the orders" if who == "buyer" else "a customer"
    return (
        f"{row['known']} of {row['many']} texts and ratings name {called}; of the others this "
        "can't be told."
    )


DIMENSIONS: Mapping[str, Dimension] = {
    **TIME_DIMENSIONS,
    "product": column("product", Words("product")),
    "category": column("category", Words("category")),
    "country": column("country", Words("country")),
    "region": column("region", Words("region")),
    "department": column("department", Words("French département")),
    "channel": column("channel", Words("channel")),
    "language": column("language", Words("language")),
    "segment": column("segment", Words("segment")),
    "level": column("level", Words("loyalty level")),
    "city": column("city", Words("town")),
    "customer_type": Dimension(
        Words("new or known customer"),
        lambda t: ibis.cases(
            (t.second_day <= t["at"].date(), "known"),
            (t.first_day.notnull(), "new"),
            else_=ibis.null("string"),
        ),
        "buyer",
    ),
    "ordered_after": Dimension(
        Words("order afterwards"),
        lambda t: yes_or_no(t.last_day > t["at"].date()),
        "buyer",
        caution=_warn_of_late_texts,
    ),
    "late": Dimension(Words("delay"), lambda t: yes_or_no(t.late), "late"),
    "rating": Dimension(
        Words("stars"), lambda t: t.rating.round().cast("int64").cast("string"), "rating", "number"
    ),
}
DATASET = MetricDataset(
    name="feedback",
    kind="feedback",
    label=Words("feedback"),
    row_label=Words("texts"),
    sources={"rows": select_reviews},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    bases=BASES,
    identify=_identify,
    key=_key,
    fields={
        **DAY_FIELDS,
        "customer_points": ConditionField(
            Words("loyalty points"), "number", lambda t: t.points, "points"
        ),
        "delivered_day": ConditionField(
            Words("day of delivery"), "day", lambda t: t.delivered, "delivered"
        ),
        **CUSTOMER_FIELDS,
    },
    describe_rows=_describe_rows,
    rename=_rename_messages,
)
