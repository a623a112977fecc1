"""What sold out, and what it would have sold since: its pace of the eight weeks before, for
the days without stock, at the average price paid in these weeks."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING

from bot.agent.tool import ToolDeps, ToolError
from bot.agent.tools._analysis import run_query
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools.query_metrics import OF_SOLD_OUT, look_up, look_up_ads_of
from bot.core.facts import Fact, FactId
from bot.core.half_up import round_half_up
from bot.core.metric_query import MetricCondition, MetricQuery
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.product import Product
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

PACE_DAYS = 56  # whole weeks, so that each weekday counts alike
MAX_ESTIMATED = 4
Z_95 = 1.96
SINCE = Words("sold out since")
PACE = Words("units a week before it sold out")
LOST_UNITS = Words("units lost")
LABELS = {
    "lost-sales": Words("sales lost"),
    "lost-sales-low": Words("sales lost, at least"),
    "lost-sales-high": Words("sales lost, at most"),
}
LOST = GroupExhibit(
    "what was not sold because it was sold out",
    Words("Product"),
    {
        "lost-units": Words("Units lost"),
        "lost-sales": Words("Sales lost"),
        "lost-sales-low": Words("At least"),
        "lost-sales-high": Words("At most"),
    },
    rows_of="product",
)
METHOD = (
    "“lost”: the units a week before it sold out × the weeks without stock × the average price "
    "then; “at least” to “at most” is what chance alone makes of it (95 % prediction interval of a "
    "count, Nelson, IEEE Trans. Reliability 19, 1970). It supposes that it would have sold on at "
    "this pace and that nobody bought another product instead: say so, and tell the range."
)


async def name_sold_out(
    periods: Sequence[tuple[date | None, date | None]], query: MetricQuery, deps: ToolDeps
) -> list[str]:
    """Return a note that names what sold out within these periods, of the goods, the country and
    the device that a query of orders takes."""
    known = [(first, last) for first, last in periods if first and last]

    def ask(warehouse: "Warehouse") -> list[str]:
        from bot.data.metrics.query.conditions import resolve_conditions
        from bot.data.metrics.query.runner import DATASETS
        from bot.data.metrics.sold_out import name_sold_out

        resolved, _words = resolve_conditions(warehouse, DATASETS["orders"], query)
        return name_sold_out(warehouse, resolved, known) if known else []

    return await run_query(deps, ask)


async def estimate_lost_sales(
    products: Sequence[Product], deps: ToolDeps
) -> tuple[dict[str, list[Fact]], list[str]]:
    """Return the facts of the products that are sold out, by handle, and notes."""
    since, last = await run_query(deps, _find_days)
    known: dict[str, list[Fact]] = {}
    notes: list[str] = []
    for product in products:
        first = since.get(product.handle)
        if first is None or first > last:
            continue
        known[product.handle] = [_tell_since(product, first, last)]
        if len(known) > MAX_ESTIMATED:
            continue
        of_ads, _campaigns = await look_up_ads_of(product.handle, (first, last), deps)
        known[product.handle] += of_ads.facts
        try:
            known[product.handle] += await _estimate(product, first, last, deps)
        except ToolError as error:
            notes.append(f"What {product.title} would have sold can't be told: {error}")
    every = {fact.parts.measure for facts in known.values() for fact in facts}
    notes += [METHOD] if not every.isdisjoint(LABELS) else []
    notes += [OF_SOLD_OUT] if "spend" in every else []
    return known, notes


def _find_days(warehouse: "Warehouse") -> tuple[dict[str, date], date]:
    """Return since when which product is sold out, and the last whole day of the orders."""
    from bot.data.metrics.filters import find_last_whole_day
    from bot.data.metrics.sold_out import find_sold_out_dates

    if warehouse.table("orders") is None:
        return {}, date.min
    return find_sold_out_dates(warehouse), find_last_whole_day(
        warehouse, "orders", AnalysisFilter()
    )


def _tell_since(product: Product, first: date, last: date) -> Fact:
    return Fact(
        id=str(FactId("product", product.handle, "sold-out-since")),
        label=SINCE.text,
        about=product.title,
        value=first.isoformat(),
        source=product.source,
        as_of=last,
    )


async def _estimate(product: Product, first: date, last: date, deps: ToolDeps) -> list[Fact]:
    """Raises ToolError where too little is known of the weeks before."""
    its = MetricCondition(field="product", operator="is", values=(product.handle,))
    query = MetricQuery(
        dataset="orders",
        measures=("units", "average_price"),
        filters=((its,),),
        since=first - timedelta(days=PACE_DAYS),
        until=first - timedelta(days=1),
    )
    found = {fact.parts.measure: fact for fact in (await look_up(query, deps)).facts}
    units, price = found.get("units"), found.get("average-price")
    if units is None or price is None or units.since is None or units.until is None:
        raise ToolError("too few sales in the eight weeks before.")
    before, out = (units.until - units.since).days + 1, (last - first).days + 1
    lost = predict_count(units.number, before, out)
    pace = _build(units, product, "weekly-units", PACE, units.number * 7 / before, Decimal("0.1"))
    of_units = _build(units, product, "lost-units", LOST_UNITS, lost[0], Decimal(1))
    step = Decimal(100) if lost[0] * price.number >= 1000 else Decimal(10)
    of_money = [
        _build(price, product, name, label, count * price.number, step)
        for (name, label), count in zip(LABELS.items(), lost, strict=True)
    ]
    of_days = {"since": first, "until": last}
    return [pace, price, *(one.model_copy(update=of_days) for one in (of_units, *of_money))]


def predict_count(seen: Decimal, days: int, ahead: int) -> tuple[Decimal, Decimal, Decimal]:
    """Return how many are to be expected in `ahead` days after so many in `days`, and the ends of
    the 95 % prediction interval of a Poisson count (Nelson, "Confidence intervals for the ratio of
    two Poisson means and Poisson predictor intervals", IEEE Trans. Reliability 19, 1970, 42–49)."""
    share = Decimal(ahead) / days
    expected = seen * share
    off = Decimal(Z_95 * sqrt(expected * (1 + share)))
    return expected, max(Decimal(0), expected - off), expected + off


def _build(
    of: Fact, product: Product, measure: str, label: Words, exact: Decimal, step: Decimal
) -> Fact:
    value = round_half_up(exact / step) * step
    return of.model_copy(
        update={
            "id": str(FactId("calculated", f"sold-out-{product.handle}", measure)),
            "label": label.text,
            "about": product.title,
            "value": value,
            "exact": None,  # an estimate isn't known to the euro
            "shown_decimals": None,
            "rows": None,
            "query": f"pace({of.id})",
        }
    )
