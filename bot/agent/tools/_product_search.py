"""What find_products is asked for, and what its notes say of the products found."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import Field

from bot.agent.tools._analysis import Finding, read_text
from bot.agent.tools._product_comparison import MAX_COMPARED
from bot.agent.tools._product_filter import ProductBounds
from bot.agent.tools._stock_cover import UNTIL_LABEL, SellerMeasure, group_sales
from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisFilter
from bot.data.catalogue.product import Product

MAX_TIES = 3
MAX_PRODUCTS = 20
STOCK_OF_ALL = (
    "The stock is that of all countries, so its days are by the sales of all of them, not of one."
)
NEW_DAYS = timedelta(days=365)
BY_MEASURE: Mapping[str, SellerMeasure] = {"best_sellers": "units", "most_revenue": "revenue"}


class ProductSearch(ProductBounds):
    sort: Literal[
        "fit",
        "best_sellers",
        "most_revenue",
        "stock_cover",
        "stock_cover_longest",
        "newest",
        "price_low",
        "price_high",
    ]
    country: str
    since: str = Field(description="“none” with stock_cover, pace or compare: of the last 28 days.")
    until: str
    sold_at_least: int = Field(description="Leaves out what sold fewer units; 0: any.")
    rated_at_least: float = Field(description="Mean rating of a year, in stars; 0: any.")
    rated_at_most: float = Field(description="0: any.")
    ratings_at_least: int = Field(description="With at least so many ratings; 0: any.")
    pace: float = Field(
        description="For “will the best sellers last until Christmas?”, with a sort by sales: how "
        "many times as fast as in the period each sells from now on, 1 or 1.2 for +20%. It gives "
        "the days of stock, and until when it lasts. 0: not asked."
    )
    compare: Literal["none", "returns_and_ratings"] = Field(
        description="returns_and_ratings: for “what should we push?”, one table of up to "
        f"{MAX_COMPARED} products with units, stock, days of stock, return rate and ratings; best "
        "with a sort by sales."
    )
    most: int = Field(description=f"1 to {MAX_PRODUCTS}.")

    @property
    def wants_cover(self) -> bool:
        return self.sort in ("stock_cover", "stock_cover_longest")

    @property
    def wants_sales(self) -> bool:
        return self.sort in BY_MEASURE or self.wants_cover

    @property
    def measure(self) -> SellerMeasure:
        return BY_MEASURE.get(self.sort, "revenue")

    @property
    def tells_cover(self) -> bool:
        compares = self.compare != "none" and self.wants_sales
        return self.wants_cover or self.pace > 0 or compares


def explain(
    params: ProductSearch,
    products: Sequence[Product],
    ordered: Sequence[Product],
    shown: Sequence[Product],
    every: Sequence[Product],
    finding: Finding | None,
    basis: str,
    sold: int,
    covers: Mapping[str, Fact],
) -> tuple[str, ...]:
    notes = list(finding.notes) if finding else []
    notes.append(f"{len(products)} products fit; {len(shown)} stand here.")
    wanted = min(params.most, len(ordered))
    if every and len(shown) < wanted:
        notes.append(
            f"{wanted - len(shown)} of the {wanted} asked for have no room, as each has many "
            "figures: narrow the products to see them."
        )
    if params.reduced != "any" and not any(product.compare_at for product in every):
        notes.append("The catalogue has no former prices, so it is not known what is reduced.")
    off_sale = sum(product.status not in (None, "active") for product in every)
    if off_sale:
        notes.append(f"{off_sale} products that are not on sale were left out.")
    if finding and not every:
        notes.append(
            "There is no catalogue: words, category, price and stock were not applied to the sales."
        )
    elif finding:
        ranks_both = any(one.parts.measure == "stock-cover-week" for one in covers.values())
        how = (
            "the days that their stock lasts at the rate of the period: stock × days / units"
            f"{', or of its last 7 days where these are fewer' if ranks_both else ''}"
            if params.wants_cover
            else f"{params.measure}, {basis}after the filters"
        )
        notes.append(f"They are ranked by {how}.")
        notes += tell_level(params, finding, covers, shown, ordered)
        if params.wants_cover and len(shown) < len(ordered):
            is_longest = params.sort == "stock_cover_longest"
            notes.append(
                f"{len(ordered) - len(shown)} more whose stock lasts "
                f"{'less long' if is_longest else 'longer'} are left out: the other order "
                f"({'stock_cover' if is_longest else 'stock_cover_longest'}) begins with them."
            )
        is_refused = not finding.result.facts and finding.notes  # which say why
        few = sold < len(products) and (params.wants_cover or sold < params.most)
        if few and not is_refused:
            notes.append(
                f"{len(products) - sold} products that fit are left out: they did not sell "
                f"{params.sold_at_least or 'any'} units in the period, or too few customers bought "
                "them to be shown."
            )
    elif any(read_text(text) for text in (params.country, params.since, params.until)):
        notes.append("country, since and until are only for sales, and were not used.")
    if params.sort == "newest":
        notes.append("Newest is by the first sale: the catalogue has no day of arrival.")
    return tuple(notes)


def say_described(
    products: Sequence[Product],
    called: Sequence[Product],
    described: Collection[str],
    shown: Sequence[Product],
    params: ProductSearch,
) -> Iterator[str]:
    """Say which have the words in their description alone, so may be something else."""
    words = read_text(params.words)
    if described and not called:
        yield (
            f"No product and no category is called “{words}”: say so first. What stands here, "
            f"{len(products)} in all, has the words in its description alone, and may be something "
            "else."
        )
    elif named := [one.title for one in shown if one.handle in described]:
        yield f"“{words}” stands in the description alone of: {'; '.join(named)}."


def say_pace(
    params: ProductSearch, where: AnalysisFilter, covers: Mapping[str, Fact]
) -> Iterator[str]:
    """Say what until when a stock lasts stands on."""
    if where.country and covers:
        yield STOCK_OF_ALL
    days = next(((one.since, one.until) for one in covers.values() if one.since), None)
    if not params.pace or days is None:
        return
    first, last = days
    yield (
        f"“{UNTIL_LABEL.text}” assumes that nothing comes in and that each sells {params.pace:g} "
        f"times as fast as from {first} to {last}, on all days alike. Say so: it is an assumption, "
        "no forecast."
    )


def say_week(of_week: Mapping[str, Fact], beyond_chance: Collection[str]) -> Iterator[str]:
    """Say at which rate the days of stock count for what comes next."""
    sure = [one.about for handle, one in of_week.items() if handle in beyond_chance]
    if sure:
        yield (
            "In the last 7 days these sold faster or slower than in the whole period, beyond "
            f"chance: {', '.join(sure)}. For what comes next their days at that rate count."
        )
    if of_week:
        yield (
            f"Of {'all others' if sure else 'these products'} the days at the rate of the whole "
            "period count for what comes next; those of the last 7 days may be chance, a warning "
            "where they are fewer. Say once which count, and tell both where they differ."
        )


def tell_level(
    params: ProductSearch,
    finding: Finding,
    covers: Mapping[str, Fact],
    shown: Sequence[Product],
    ordered: Sequence[Product],
) -> list[str]:
    """Say which of the first are level, also with some that have no room, so that none of them is
    called the first."""
    measure = params.measure
    ranked = [fact for its in group_sales(finding).values() for fact in its]
    ranked = [one for one in ranked if one.parts.measure == measure]
    if params.wants_cover:
        last = {covers[one.handle].number for one in shown}
        every = [covers[one.handle] for one in ordered]
        ranked = [one for one in every if one.number in last and one.number]
    level: dict[Decimal, list[str]] = {}
    for fact in ranked:
        level.setdefault(fact.number, []).append(fact.about)
    ties = [names for names in level.values() if len(names) > 1][:MAX_TIES]
    return [f"Level, so none before the other: {', '.join(names)}." for names in ties]


def tell_old(shown: Sequence[Product], arrived: Mapping[str, date], today: date) -> Iterator[str]:
    """Say which of the newest products are not new."""
    old = [
        f"{one.title} ({day})"
        for one in shown
        if (day := arrived.get(one.handle)) and day < today - NEW_DAYS
    ]
    if old:
        yield f"First sold over a year ago, so call them neither new nor newest: {'; '.join(old)}."
