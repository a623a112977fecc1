"""Generates the advertising figures, the sent campaigns with their results, and the A/B tests."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.playground.shop.customers import Customer
from bot.playground.shop.generation import (
    CLOCK_TIMES,
    RandomStream,
    SalesPeriod,
    WeightedChoice,
    find_black_friday,
    find_summer_sales,
    find_winter_sales,
    format_money,
    read_planted,
    read_toml,
    write_csv,
)
from bot.playground.shop.orders import OrderBook, ShopOrder
from bot.playground.shop.products import ProductRange


def write_ads(folder: Path, seed: int, period: SalesPeriod, products: ProductRange) -> None:
    write_csv(folder / "ads.csv", _list_ad_rows(RandomStream(seed, "ads"), period, products))


def _list_ad_rows(
    rng: RandomStream, period: SalesPeriod, products: ProductRange
) -> Iterator[tuple[object, ...]]:
    source = read_toml("ads")
    start = period.start_of_last(read_planted("span")["ad_days"])
    usual = period.mean_order_chance
    for day in range(start, period.length):
        busy = 0.6 + 0.4 * period.order_chances[day] / usual
        for line in source["lines"]:
            for placement in line["placements"]:
                pull = source["placements"][placement]
                share = 1 / len(line["placements"])
                yield _build_ad_row(rng, period, products, line, placement, day, share * busy, pull)


def _build_ad_row(
    rng: RandomStream,
    period: SalesPeriod,
    products: ProductRange,
    line: dict[str, Any],
    placement: str,
    day: int,
    share: float,
    pull: float,
) -> tuple[object, ...]:
    product = products.by_ref[line["product"]]
    budget = round(line["budget"] * 100 / len(line["placements"]))
    wanted = max(0.0, line["seen"] * share * (0.85 + 0.3 * rng.random()))
    cost = line["cost"]
    limit = budget // cost
    clicks = rng.noisy_count(wanted * line["clicked"] * pull / 1000)
    over = clicks > limit
    impressions = round(wanted * limit / clicks) if over else round(wanted)
    spent_at = CLOCK_TIMES[min(8 * 60 + limit * 720 // clicks, 1439)] if over else ""
    clicks = min(clicks, limit)
    is_sold_out = product.until is not None and day > product.until
    orders = 0 if is_sold_out else sum(rng.chance(line["sold"] / 1000) for _ in range(clicks))
    return (
        period.iso[day],
        line["retailer"],
        line["campaign"],
        product.ref,
        product.name,
        line["keyword"],
        placement,
        impressions,
        clicks,
        format_money(clicks * cost),
        orders,
        format_money(orders * product.price_on(day)),
        "EUR",
        format_money(budget),
        spent_at,
    )


# Sent campaigns: text, audience and results.

OCCASION_DATES: dict[str, Callable[[int], date]] = {
    "summer_sales": lambda year: find_summer_sales(year)[0],
    "winter_sales": lambda year: find_winter_sales(year)[0],
    "black_friday": find_black_friday,
}
PRICE_PATTERN = re.compile(r"\{prix ([A-Z-]+)\}")
ATTRIBUTION_DAYS = 3  # days after a campaign in which orders are attributed to it
OPEN_RATE_OFFSETS = {"clients fidèles": 0.07, "clients qui s'éloignent": -0.08}


@dataclass
class SentCampaign:
    """A sent campaign and its results. `opened` is None for an SMS."""

    code: str
    day: int
    minute: int
    source: dict[str, Any]
    text: dict[str, str]
    reached: int
    delivered: int
    opened: int | None
    clicked: int
    unsubscribed: int
    orders: list[ShopOrder]


class CampaignHistory:
    """All forty campaigns in the order of sending.

    The constructor also sets `code` and `source` of the orders attributed to a campaign."""

    def __init__(
        self,
        seed: int,
        period: SalesPeriod,
        products: ProductRange,
        customers: Sequence[Customer],
        book: OrderBook,
    ):
        self.period, self.products, self.customers = period, products, customers
        self.rng = RandomStream(seed, "campaigns")
        self.shares = read_planted("campaigns")
        self.orders_by_customer: dict[str, list[ShopOrder]] = {}
        self.orders_by_day: dict[int, list[ShopOrder]] = {}
        for order in book.orders:
            self.orders_by_customer.setdefault(order.customer.id, []).append(order)
            self.orders_by_day.setdefault(order.day, []).append(order)
        sources = read_toml("campaigns")["campaigns"]
        dated = [(self._find_send_day(source), i, source) for i, source in enumerate(sources)]
        self.sent = [
            self._send(day, source) for day, _, source in sorted(dated, key=lambda d: d[:2])
        ]
        self._attribute()

    def write(self, folder: Path) -> None:
        write_csv(folder / "campaigns.csv", map(self._row, self.sent))

    def _row(self, sent: SentCampaign) -> tuple[object, ...]:
        source, text = sent.source, sent.text
        return (
            sent.code,
            f"{self.period.iso[sent.day]}T{CLOCK_TIMES[sent.minute]}:00",
            source["channel"],
            source.get("language", "fr"),
            source["audience"],
            text.get("subject", ""),
            text.get("preheader", ""),
            text["body"],
            text.get("call", ""),
            ", ".join(source["products"]),
            sent.reached,
            sent.delivered,
            "" if sent.opened is None else sent.opened,
            sent.clicked,
            sent.unsubscribed,
            len(sent.orders),
            format_money(sum(order.total for order in sent.orders)),
            "EUR",
        )

    def _send(self, day: int, source: dict[str, Any]) -> SentCampaign:
        rng, email = self.rng, source["channel"] == "email"
        people = [
            customer for customer in self.customers if self._is_in_audience(customer, source, day)
        ]
        delivered = len(people) - round(len(people) * (0.006 + 0.008 * rng.random()))
        opened, clicked = self._draw_response(delivered, source)
        return SentCampaign(
            code=f"om-{self.period.date_of(day):%y%m%d}-{source['slug']}",
            day=day,
            minute=rng.choose((8 * 60 + 30, 10 * 60, 12 * 60 + 15, 18 * 60 + 30)),
            source=source,
            text={
                key: self._fill_prices(source[key], day, email)
                for key in ("subject", "preheader", "body", "call")
                if key in source
            },
            reached=len(people),
            delivered=delivered,
            opened=opened,
            clicked=clicked,
            unsubscribed=round(delivered * (0.001 + 0.003 * rng.random())),
            orders=[],
        )

    def _draw_response(self, delivered: int, source: dict[str, Any]) -> tuple[int | None, int]:
        """Return the number of opens and clicks. The weekday has no influence."""
        chance, again = self.rng.random(), self.rng.random()
        if source["channel"] == "sms":
            return None, round(delivered * self.shares["sms_clicked"] * (0.8 + 0.4 * chance))
        share = self.shares["opened"] + OPEN_RATE_OFFSETS.get(source["audience"], 0.0)
        share += self.shares["concrete"] * source.get("concrete", False)
        opened = round(delivered * (share - 0.02 + 0.04 * chance))
        return opened, round(opened * self.shares["email_clicked"] * (0.85 + 0.3 * again))

    def _attribute(self) -> None:
        """Attribute orders to campaigns: orders of recipients within ATTRIBUTION_DAYS.

        Orders that contain a product of the campaign come first."""
        for sent in self.sent:
            near = [
                order
                for day in range(sent.day, sent.day + ATTRIBUTION_DAYS + 1)
                for order in self.orders_by_day.get(day, [])
                if not order.code
                and (order.day, order.minute) > (sent.day, sent.minute)
                and self._is_in_audience(order.customer, sent.source, sent.day)
            ]
            wanted = round(sent.clicked * (0.08 + 0.07 * self.rng.random()))
            about = set(sent.source["products"])
            mixed = self.rng.shuffled(near)
            mixed.sort(key=lambda order: not about & {line.product.ref for line in order.lines})
            sent.orders = mixed[:wanted]
            for order in sent.orders:
                order.code, order.source = sent.code, sent.source["channel"]

    def _is_in_audience(self, customer: Customer, source: dict[str, Any], day: int) -> bool:
        language = source.get("language", "fr")
        if customer.language != language or not customer.can_receive(source["channel"], day):
            return False
        before = [
            order for order in self.orders_by_customer.get(customer.id, []) if order.day < day
        ]
        if source["audience"] == "clients fidèles":
            return len(before) >= 3
        if source["audience"] == "clients qui s'éloignent":
            return bool(before) and day - before[-1].day > 100
        if "category" in source:
            return any(
                line.product.category == source["category"] for o in before for line in o.lines
            )
        return True

    def _find_send_day(self, source: dict[str, Any]) -> int:
        """Return the day of sending: the latest fitting year, or the first if `earlier` is set.

        A Sunday is moved to the Monday."""
        moment, _, later = source["when"].partition("+")
        years = range(self.period.first.year, self.period.last.year + 1)
        days = [
            self.period.day_number(_find_date(moment, year) + timedelta(days=int(later or 0)))
            for year in years
        ]
        fitting = [day for day in days if 3 <= day < self.period.length - 7]
        day = fitting[0 if source.get("earlier") else -1]
        return day + (self.period.date_of(day).weekday() == 6)

    def _fill_prices(self, text: str, day: int, email: bool) -> str:
        """Fill in the day's prices; in e-mails put no-break spaces before French punctuation."""
        priced = PRICE_PATTERN.sub(
            lambda m: f"{self.products.by_ref[m[1]].price_on(day) // 100} €", text.strip()
        )
        return re.sub(r" (?=[;:!?€%»])|(?<=«) ", "\u00a0", priced) if email else priced


def _find_date(moment: str, year: int) -> date:
    if moment in OCCASION_DATES:
        return OCCASION_DATES[moment](year)
    month, day = moment.split("-")
    return date(year, int(month), int(day))


# Two A/B tests by visitor: one has a true winner, one has a sample ratio mismatch.

VISITOR_DEVICES = WeightedChoice(("mobile", "desktop", "tablet"), (62, 31, 7))
VISITOR_COUNTRIES = WeightedChoice(("FR", "BE", "CH", "GB", "IE"), (88, 5, 2, 3, 2))
BASKET_AMOUNTS = WeightedChoice(
    tuple(range(2400, 24000, 700)), tuple(40 - i for i in range(31))
)  # cents


def write_experiments(folder: Path, seed: int, period: SalesPeriod) -> None:
    rows = (
        row
        for name, plan in read_planted("experiments").items()
        for row in _list_visitor_rows(seed, name, plan, period)
    )
    write_csv(folder / "experiments.csv", rows)


def _list_visitor_rows(
    seed: int, name: str, plan: dict[str, Any], period: SalesPeriod
) -> Iterator[tuple[object, ...]]:
    """Yield the visitors by time, with the planned numbers of visitors and buyers per variant."""
    rng = RandomStream(seed, "trials", name)
    start = period.length - plan["ended"] - plan["days"]
    people: list[tuple[str, bool]] = []
    for variant, visitors, buyers in zip("AB", plan["visitors"], plan["buyers"], strict=True):
        people += [(variant, i < buyers) for i in range(visitors)]
    moments = sorted((start + rng.randbelow(plan["days"]), period.minute(rng)) for _ in people)
    expected = dict(zip("AB", plan["expected"], strict=True))
    for number, ((variant, bought), (day, minute)) in enumerate(
        zip(rng.shuffled(people), moments, strict=True), 1
    ):
        amount = BASKET_AMOUNTS.draw(rng) if bought else 0
        yield (
            name,
            plan["title"],
            f"{name[:2]}{number:06}",
            variant,
            expected[variant],
            f"{period.iso[day]}T{CLOCK_TIMES[minute]}:00",
            VISITOR_DEVICES.draw(rng),
            VISITOR_COUNTRIES.draw(rng),
            int(bought),
            format_money(amount) if bought else "",
        )
