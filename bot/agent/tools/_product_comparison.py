"""How products come back and are rated, for a choice among them."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.agent.tool import ToolDeps, ToolError
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
NOTE = (
    "Return rates and ratings are of a year and of all countries. What has none, too few bought or "
    "rated, or it is not known: that is neither good nor bad. Few ratings prove little."
)
COMPARED = GroupExhibit(
    "sales, stock, returns and ratings of the products, side by side",
    Words("Product"),
    {
        "units": Words("Units sold"),
        "stock": Words("Stock"),
        "stock-cover": Words("Days of stock"),
        "return-rate": Words("Return rate"),
        "rating": Words("Mean rating"),
        "ratings": Words("Ratings"),
    },
)


async def rate_products(
    products: Sequence[Product], until: date | None, deps: ToolDeps
) -> tuple[dict[str, list[Fact]], list[str]]:
    """Return the return rate and the ratings of each product in the year up to `until`, by handle,
    and notes."""
    titles = {product.handle: product.title for product in products}
    handles = tuple(titles)
    found: dict[str, list[Fact]] = {handle: [] for handle in handles}
    notes = [NOTE]
    for dataset, measures in MEASURES if handles else ():
        query = MetricQuery(
            dataset=dataset,
            measures=measures,
            dimensions=("product",),
            filters=((MetricCondition(field="product", operator="in", values=handles),),),
            since=(until or deps.today) - YEAR,
            until=until,
            limit=len(handles),
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
