"""Generates the sixty products of Maison Ormelin and their price history."""

from bisect import bisect
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.playground.shop.generation import (
    RandomStream,
    SalesPeriod,
    WeightedChoice,
    find_black_friday,
    find_summer_sales,
    find_winter_sales,
    format_money,
    interpolate_month,
    read_planted,
    read_toml,
    write_csv,
)

SITE_URL = "https://maison-ormelin.example"


@dataclass
class ShopProduct:
    """A product. Prices are in cents; `prices[i]` is valid from day `days[i]` on."""

    ref: str
    category: str
    kind: str
    name: str
    price: int
    material: str
    colours: list[str]
    sizes: list[str]
    stock: int
    weight: int
    word: str
    gender: str
    en: str
    description: str
    plural: bool = False
    en_plural: bool = False
    days: list[int] = field(default_factory=list)
    prices: list[int] = field(default_factory=list)
    until: int | None = None  # the last day on sale, if it is sold out

    @cached_property
    def page(self) -> str:
        return f"/produits/{self.ref.lower()}"

    @property
    def is_linen(self) -> bool:
        return self.material == "lin" or "% lin" in self.material

    @property
    def is_worn(self) -> bool:
        """Whether it is clothing, which can be too small or too large."""
        return self.category in ("lin", "maille") and self.sizes[0] in ("XS", "S", "36")

    def price_on(self, day: int) -> int:
        return self.prices[max(0, bisect(self.days, day) - 1)]

    def lowest_prior_price(self, day: int) -> int:
        """Return the lowest price of the 30 days before the present reduction.

        Without a reduction on this day, the 30 days end on it.
        Source: directive 98/6, article 6a."""
        at = max(0, bisect(self.days, day) - 1)
        reduced = at > 0 and self.prices[at] < self.prices[at - 1]
        end = self.days[at] - 1 if reduced else day
        return min(self.price_on(d) for d in range(max(0, end - 29), end + 1))

    def compare_at_price(self, day: int) -> int | None:
        """Return the price shown as struck through on this day: the price before the reduction."""
        at = max(0, bisect(self.days, day) - 1)
        reduced = at > 0 and self.prices[at] < self.prices[at - 1]
        return self.prices[at - 1] if reduced else None


class ProductRange:
    """All products, and how likely each is bought on a day."""

    def __init__(self, seed: int, period: SalesPeriod):
        self.period = period
        source = read_toml("goods")
        self.categories: dict[str, Any] = source["categories"]
        self.products = [
            ShopProduct(**{**entry, "price": entry["price"] * 100}) for entry in source["products"]
        ]
        self.by_ref = {product.ref: product for product in self.products}
        for product in self.products:
            _set_prices(product, period, RandomStream(seed, "price", product.ref))
        self._sell_out()
        self._days: dict[tuple[int, str], WeightedChoice[ShopProduct]] = {}

    def choices_on(self, day: int, category: str = "") -> WeightedChoice[ShopProduct]:
        """Return a weighted choice of the products on sale on a day, in one category or in all."""
        key = (day, category)
        if key not in self._days:
            self._days[key] = self._build_choice(day, category)
        return self._days[key]

    def write(self, folder: Path) -> None:
        last = self.period.length - 1
        history = (
            (product.ref, self.period.iso[day], format_money(price), "EUR")
            for product in self.products
            for day, price in zip(product.days, product.prices, strict=True)
        )
        write_csv(folder / "prices.csv", history)
        write_csv(folder / "products.csv", (self._row(g, last) for g in self.products))

    def _row(self, product: ShopProduct, day: int) -> tuple[object, ...]:
        struck = product.compare_at_price(day)
        return (
            product.ref,
            product.name,
            format_money(product.price_on(day)),
            format_money(struck) if struck else "",
            format_money(product.lowest_prior_price(day)),
            "EUR",
            product.description,
            product.material,
            ", ".join(product.colours),
            ", ".join(product.sizes),
            self.categories[product.category]["name"],
            SITE_URL + product.page,
            product.stock,
            "actif",
        )

    def _build_choice(self, day: int, category: str) -> WeightedChoice[ShopProduct]:
        on = self.period.dates[day]
        season = {
            key: interpolate_month(tuple(c["season"]), on) for key, c in self.categories.items()
        }
        offered = [
            product
            for product in self.products
            if category in ("", product.category)
            and (product.until is None or day <= product.until)
        ]
        return WeightedChoice(
            offered, [product.weight * season[product.category] for product in offered]
        )

    def _sell_out(self) -> None:
        out = read_planted("sold_out")
        for ref, days in ((out["product"], out["days"]), (out["quiet"], out["quiet_days"])):
            self.by_ref[ref].until = self.period.start_of_last(days) - 1
            self.by_ref[ref].stock = 0


def _set_prices(product: ShopProduct, period: SalesPeriod, rng: RandomStream) -> None:
    """Set a product's price history: rises in January, sales, Black Friday, planted steps."""
    prices, years = read_planted("prices"), range(period.first.year, period.last.year + 1)
    rises = [period.day_number(date(year, 1, 2)) for year in years]
    steps = {0: product.price}
    if product.ref in prices["raised"]:
        steps = {
            0: _round_price(product.price, 0.95),
            max(d for d in rises if d < period.length): product.price,
        }
    for year in years:
        for start, end in (find_winter_sales(year), find_summer_sales(year)):
            share = rng.choose((0.8, 0.7))
            if product.ref in prices["sales"]:
                _add_reduction(steps, period.day_number(start), period.day_number(end), share)
        if product.ref in prices["friday"]:
            day = period.day_number(find_black_friday(year))
            _add_reduction(steps, day, day + 3, 0.85)
    _plant_reductions(product, steps, period)
    for day in sorted(d for d in steps if 0 <= d < period.length):
        if not product.prices or steps[day] != product.prices[-1]:
            product.days.append(day)
            product.prices.append(steps[day])


def _add_reduction(steps: dict[int, int], start: int, end: int, share: float) -> None:
    if start <= 0:
        return
    full = steps[max(day for day in steps if day <= start)]
    steps[start] = _round_price(full, share)
    steps[end + 1] = full


def _plant_reductions(product: ShopProduct, steps: dict[int, int], period: SalesPeriod) -> None:
    """Plant the reductions that run now, and remove all other price steps of the last 90 days."""
    trap, honest = read_planted("price_trap"), read_planted("reductions")
    if product.ref not in (trap["product"], *honest["products"]):
        return
    quiet = period.start_of_last(90)
    for day in [d for d in steps if d > quiet]:
        del steps[day]
    steps[quiet] = product.price
    if product.ref == trap["product"]:
        steps[period.start_of_last(trap["raised_days"])] = trap["raised"] * 100
        steps[period.start_of_last(trap["reduced_days"])] = trap["reduced"] * 100
    else:
        steps[period.start_of_last(honest["days"])] = _round_price(product.price, 1 - honest["off"])


def _round_price(cents: int, share: float) -> int:
    """Return this share of a price, rounded to whole euros."""
    return int(cents * share / 100 + 0.5) * 100
