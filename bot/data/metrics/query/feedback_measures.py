"""What can be asked of feedback: ratings and how many there are. What texts are about is another
tool's. A review without a customer counts as a person of its own."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from bot.data.metrics.filters import add_category
from bot.data.metrics.query.conditions import filter_rows
from bot.data.metrics.query.dataset import (
    ALL_ROWS,
    DAY_FIELDS,
    TIME_DIMENSIONS,
    Basis,
    Dimension,
    Measure,
    MetricDataset,
    RowSelection,
    build_row_key,
    column,
    percent,
)
from bot.data.warehouse.places import PLACE_COLUMNS, add_places
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

LOW_STARS = 2


def select_reviews(selection: RowSelection) -> ir.Table:
    warehouse, query = selection.warehouse, selection.query
    reviews = warehouse.table("feedback")
    assert reviews is not None
    first, last = (ibis.literal(day) for day in selection.days)
    reviews = reviews.filter(reviews["at"].date().between(first, last))
    if query.uses("category"):
        reviews = add_category(warehouse, reviews)
    if query.uses(*PLACE_COLUMNS):
        reviews = add_places(warehouse, "feedback", reviews)
    return filter_rows(DATASET, reviews, query)


def _key(warehouse: Warehouse, reviews: ir.Table) -> ir.Value:
    return build_row_key(warehouse, reviews, ("id", "at", "text"))


def _identify(warehouse: Warehouse) -> ir.Table:
    reviews = warehouse.table("feedback")
    assert reviews is not None
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
        "of 5",
        lambda t: t.rating.mean(),
        bases=("rated",),
        needs=("rating",),
        count=lambda t: t.rating.count(),
        counted="with a rating",
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
    "rating": Dimension(
        Words("stars"), lambda t: t.rating.round().cast("int64").cast("string"), "rating", "number"
    ),
}
DATASET = MetricDataset(
    name="feedback",
    kind="feedback",
    label=Words("feedback"),
    row_label=Words("reviews"),
    sources={"rows": select_reviews},
    dimensions=DIMENSIONS,
    measures=MEASURES,
    bases=BASES,
    identify=_identify,
    key=_key,
    fields=DAY_FIELDS,
    count=lambda t: t.count(),
)
