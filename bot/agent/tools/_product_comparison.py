"""How products come back and are rated, for a choice among them."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from bot.agent.tool import ToolDeps, ToolError
from bot.agent.tools._analysis import number_of, pick_measures
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools.query_metrics import look_up
from bot.core.facts import Fact
from bot.core.metric_query import DatasetName, MeasureName, MetricCondition, MetricQuery
from bot.data.catalogue.product import Product
from bot.i18n.messages import Words

MAX_COMPARED = 15
YEAR = timedelta(days=364)
MEASURES: Sequence[tuple[DatasetName, tuple[MeasureName, ...]]] = (
    ("orders", ("return_rate",)),
    ("feedback", ("rating", "ratings")),
)
RATINGS = MEASURES[1:]
RATING_COLUMNS = {"rating": Words("Mean rating"), "ratings": Words("Ratings")}
NOTE = (
    "Return rates and ratings are of a year and of all countries. What has none, too few bought or "
    "rated, or it is not known: that is neither good nor bad. Few ratings prove little."
)
FORMER_PRICE = "compare-at price"
REDUCED = "Reduced already: {names}. Say so of those that you name."
COMPARED = GroupExhibit(
    "sales, stock, returns and ratings of the products, side by side",
    Words("Product"),
    {
        "price": Words("Price"),
        FORMER_PRICE: Words("Former price"),
        "units": Words("Units sold"),
        "stock": Words("Stock"),
        "stock-cover": Words("Days of stock"),
        "return-rate": Words("Return rate"),
        **RATING_COLUMNS,
    },
)


async def rate_products(
    products: Sequence[Product],
    until: date | None,
    deps: ToolDeps,
    wanted: Sequence[tuple[DatasetName, tuple[MeasureName, ...]]] = MEASURES,
) -> tuple[dict[str, list[Fact]], list[str]]:
    """Return the return rate and the ratings of each product in the year up to `until`, by handle,
    and notes."""
    titles = {product.handle: product.title for product in products}
    handles = tuple(titles)
    found: dict[str, list[Fact]] = {handle: [] for handle in handles}
    notes = [NOTE]
    for dataset, measures in wanted if handles else ():
        query = MetricQuery(
            dataset=dataset,
            measures=measures,
            dimensions=("product",),
            filters=((MetricCondition(field="product", operator="in", values=handles),),),
            since=(until or deps.today) - YEAR,
            until=until,
            limit=len(handles),
            room=len(measures) * (len(handles) + 1),  # all of them, and the total
        )
        try:
            result = await look_up(query, deps)
        except ToolError as error:
            notes.append(f"No {' and '.join(measures)} can be told: {error}")
            continue
        for fact in result.facts:
            _period, group, _measure = result.groups[fact.id]
            handle = group[0] if group else handles[0] if len(handles) == 1 else None
            if handle in found:
                found[handle].append(fact.model_copy(update={"about": titles[handle]}))
    return found, notes


async def select_rated(
    products: Sequence[Product],
    at_least: float,
    at_most: float,
    ratings_at_least: int,
    until: date | None,
    deps: ToolDeps,
) -> tuple[list[Product], dict[str, list[Fact]], list[str]]:
    """Return the products within these bounds on their ratings, the ratings by handle, and
    notes."""
    rated, notes = await rate_products(products, until, deps, RATINGS)
    known = [one for one in products if pick_measures(rated[one.handle], ("rating",))]
    within = [
        one
        for one in known
        if (rating := number_of(rated[one.handle], "rating")) >= Decimal(f"{at_least:g}")
        and (not at_most or rating <= Decimal(f"{at_most:g}"))
        and number_of(rated[one.handle], "ratings") >= ratings_at_least
    ]
    notes.append(
        f"Left out by their ratings: {len(known) - len(within)} products; because too few rated "
        f"them, or nobody: {len(products) - len(known)}."
    )
    return within, rated, notes
