"""How long the stock of products lasts at the rate of their sales."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import numpy as np

from bot.agent.tool import ToolDeps
from bot.agent.tools._analysis import Finding, find_analysis, group_by_subject, number_of
from bot.core.facts import Fact, FactId
from bot.core.half_up import round_half_up
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.catalogue.product import Product, build_product_facts
from bot.data.stats import CONFIRMED_FDR, adjust_false_discovery, binomial_cdf
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import slugify

COVER_LABEL = Words("days of stock at this rate")
PACE_LABEL = Words("days of stock at the assumed rate")
WEEK_LABEL = Words("days of stock at the rate of the last 7 days")
UNTIL_LABEL = Words("stock lasts until")
SALES = ("units", "revenue", "orders")
WEEK, LEAST_DAYS = timedelta(days=7), 21  # of a period that a week is held against
SellerMeasure = Literal["units", "revenue"]


async def rank_by_sales(
    deps: ToolDeps, where: AnalysisFilter, among: Sequence[str] | None, most: int, by: SellerMeasure
) -> Finding:
    """Return the best sellers among the products with these handles; None: among all that sold."""
    handles = None if among is None else frozenset(among)

    def rank(warehouse: Warehouse, known: AnalysisFilter) -> AnalysisResult:
        from bot.data.metrics.best_sellers import find

        return find(warehouse, known, handles, most, by)

    return await find_analysis(deps, "sellers", where, part=rank)


def group_sales(finding: Finding) -> dict[str, list[Fact]]:
    """Return the sales of each product by its handle, the best first, with their period."""
    sales = {}
    for subject, group in group_by_subject(finding.result.facts).items():
        days = {fact.parts.measure: str(fact.value) for fact in group}
        period = (date.fromisoformat(days["since"]), date.fromisoformat(days["until"]))
        told = [fact for fact in group if fact.parts.measure in SALES]
        sales[subject.removeprefix("product-")] = [*finding.prepare(told, period=period)]
    return sales


async def find_covers(
    deps: ToolDeps,
    where: AnalysisFilter,
    products: Sequence[Product],
    sales: Mapping[str, Sequence[Fact]],
    pace: Decimal,
) -> dict[str, Fact]:
    """Return how many days the stock of each product lasts, of those that sold in the country: it
    is everybody's, so the sales of all countries use it up."""
    if where.country:
        products = [one for one in products if one.handle in sales or one.stock == 0]
        sales = await _find_sales_everywhere(deps, where, products)
    return _compute_covers(products, sales, pace)


async def _find_sales_everywhere(
    deps: ToolDeps, where: AnalysisFilter, products: Sequence[Product]
) -> dict[str, list[Fact]]:
    handles = [one.handle for one in products]
    everywhere = replace(where, country=None)
    return group_sales(await rank_by_sales(deps, everywhere, handles, len(handles), "units"))


async def find_covers_of_week(
    deps: ToolDeps, where: AnalysisFilter, products: Sequence[Product], covers: Mapping[str, Fact]
) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """Return how many days the stock lasts at the rate of the last 7 days of the period, of the
    products whose rate then was another than on the days before, beyond chance: by exact binomial
    tests of the orders, with Benjamini & Hochberg over all of them; and those of the others that
    sold then. By handle."""
    sold = [one for one in products if one.handle in covers and one.stock]
    days = next(((f.since, f.until) for f in covers.values() if f.since and f.until), None)
    if not sold or not days or (days[1] - days[0]).days + 1 < LEAST_DAYS:
        return {}, {}
    month = await _find_sales_everywhere(deps, replace(where, since=days[0], until=days[1]), sold)
    first = days[1] - WEEK + timedelta(days=1)
    week = await _find_sales_everywhere(deps, replace(where, since=first, until=days[1]), sold)
    share = WEEK.days / ((days[1] - days[0]).days + 1)
    told = [one for one in sold if one.handle in month and one.handle in week]
    chances = [
        _test(number_of(week[handle], "orders"), number_of(month[handle], "orders"), share)
        for handle in (one.handle for one in told)
    ]
    adjusted = adjust_false_discovery(np.asarray(chances, dtype=float))
    other = {one.handle for one, q in zip(told, adjusted, strict=True) if q <= CONFIRMED_FDR}
    found = dict[str, Fact]()
    for handle, fact in _compute_covers(told, week, Decimal(1)).items():
        id = str(fact.parts._replace(measure="stock-cover-week"))
        found[handle] = fact.model_copy(update={"id": id, "label": WEEK_LABEL.text})
    alike = {handle: fact for handle, fact in found.items() if handle not in other}
    return {handle: fact for handle, fact in found.items() if handle in other}, alike


def _test(hits: Decimal, of: Decimal, share: float) -> float:
    """Return the probability, from either side, of at least so uncommon a number of hits."""
    low = binomial_cdf(int(hits), int(of), share)
    high = 1 - binomial_cdf(int(hits) - 1, int(of), share) if hits else 1.0
    return min(1.0, 2 * min(low, high))


def _compute_covers(
    products: Sequence[Product], sales: Mapping[str, Sequence[Fact]], pace: Decimal
) -> dict[str, Fact]:
    """Return how many days the stock of each product lasts at `pace` times the rate of its sales,
    by handle: 0 of what is sold out. A product whose stock is not known, or whose sales are not
    told, has none."""
    covers = {}
    for product in products:
        if product.stock == 0:
            stock = _find_stock(product)
            covers[product.handle] = _build_cover(product, stock, Decimal(0), "stock = 0", pace)
            continue
        units = next((f for f in sales.get(product.handle, ()) if f.parts.measure == "units"), None)
        if product.stock is None or units is None or not (units.since and units.until):
            continue
        days = (units.until - units.since).days + 1
        if Decimal(units.value) > 0:
            left = product.stock * days / Decimal(units.value) / pace
            query = f"stock × {days} days / {units.id}{f' / {pace}' if pace != 1 else ''}"
            stock = _find_stock(product)  # the card names its file, and that of the units beside
            its = {"source": stock.source.whole_file, "as_of": stock.as_of}
            of_stock = units.model_copy(update=its)
            covers[product.handle] = _build_cover(product, of_stock, left, query, pace)
    return covers


def _find_stock(product: Product) -> Fact:
    return next(one for one in build_product_facts(product) if one.label == "stock")


def _build_cover(product: Product, basis: Fact, days: Decimal, query: str, pace: Decimal) -> Fact:
    at = f"--pace-{slugify(str(pace))}" if pace != 1 else ""
    id = str(FactId("product", f"{product.handle}{at}", "stock-cover"))
    label = COVER_LABEL if pace == 1 else PACE_LABEL
    changes = {"label": label.text, "about": product.title, "unit": "days", "query": query}
    told = round_half_up(days)
    exact = None if told == days else days
    return basis.model_copy(update={"id": id, "value": told, "exact": exact, **changes})


def build_last_day(cover: Fact, its: Sequence[Fact]) -> Fact:
    """Return the day until which a stock lasts, from the day on which it was counted."""
    counted = next(one.as_of for one in its if one.label == "stock")
    day = counted + timedelta(days=int(cover.value))
    id = str(cover.parts._replace(measure="lasts-until"))
    changes = {"id": id, "value": day.isoformat(), "label": UNTIL_LABEL.text, "unit": None}
    changes |= {"exact": None, "since": None, "until": None}
    return cover.model_copy(update=changes)
