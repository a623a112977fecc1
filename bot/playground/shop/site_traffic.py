"""Generates the site's browsing events and the A/B tests."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.playground.shop.generation import (
    RandomStream,
    WeightedChoice,
    format_money,
    read_planted,
    read_toml,
    write_csv,
)
from bot.playground.shop.orders import OrderBook, ShopOrder
from bot.playground.shop.products import ProductRange, ShopProduct
from bot.playground.shop.sales_period import CLOCK_TIMES, SalesPeriod

VISIT_SOURCES = WeightedChoice(
    ("direct", "moteur", "email", "sms", "instagram", "publicité"), (21, 33, 10, 1, 22, 13)
)
VISIT_COUNTRIES = WeightedChoice(("FR", "BE", "LU", "CH", "GB", "IE"), (870, 38, 6, 18, 44, 24))
PAGE_VIEW_COUNTS = WeightedChoice((1, 2, 3, 5), (62, 22, 11, 5))  # product pages of a session
SessionRows = tuple[int, str]  # the minute of its start, and its rows


class VisitLog:
    """The sessions of the last half year, with the planted conversion rate of each funnel step."""

    def __init__(self, seed: int, period: SalesPeriod, products: ProductRange, book: OrderBook):
        self.period, self.products, self.rng = period, products, RandomStream(seed, "visits")
        start = period.start_of_last(read_planted("span")["event_days"])
        self.orders = [order for order in book.orders if order.day >= start]
        self.lost_orders = [order for order in book.lost_orders if order.day >= start]

    def write(self, folder: Path) -> int:
        """Write events.csv, ordered by time, and return the number of events."""
        sessions = sorted(self._sessions())
        count = 0
        with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(read_toml("columns")["events"]) + "\n")
            for number, (_, rows) in enumerate(sessions, 1):
                name = f"s{number:07}"
                lines = rows.split("\n")
                count += len(lines)
                file.write(f"{name}," + f"\n{name},".join(lines) + "\n")
        return count

    def _sessions(self) -> Iterator[SessionRows]:
        for order in self.orders:
            yield self._build_order_session(order, "purchase")
        for order in self.lost_orders:
            yield self._build_order_session(order, "checkout")
        for device, (carted, checked, paid) in read_planted("steps").items():
            similar_orders = [o for o in (*self.orders, *self.lost_orders) if o.device == device]
            checkouts = round(len(similar_orders) / paid)
            carts = round(checkouts / checked)
            views = round(carts / carted)
            yield from self._build_other_sessions(
                similar_orders, checkouts - len(similar_orders), ("cart", "checkout")
            )
            yield from self._build_other_sessions(similar_orders, carts - checkouts, ("cart",))
            yield from self._build_other_sessions(similar_orders, views - carts, ())

    def _build_order_session(self, order: ShopOrder, end: str) -> SessionRows:
        """Build the session of an order; it ends with the purchase or, if lost, at the checkout."""
        who, client = order.customer, order.customer.id
        steps = [("view", line.product) for line in order.lines]
        steps += [("cart", line.product) for line in order.lines]
        tail = f"{order.device},{order.source},{who.country}"
        rows = self._rows(client, order.day, order.minute, tail, steps)
        rows.append(self._row(client, order.day, order.minute, "checkout,/paiement,", tail, ","))
        if end == "purchase":
            sold = f"{order.id},{format_money(order.total)}"
            rows.append(self._row(client, order.day, order.minute, "purchase,/merci,", tail, sold))
        return order.day * 1440 + order.minute, "\n".join(rows)

    def _build_other_sessions(
        self, similar_orders: Sequence[ShopOrder], count: int, steps: Sequence[str]
    ) -> Iterator[SessionRows]:
        """Yield sessions without a purchase, on the same days as `similar_orders`."""
        rng = self.rng
        for _ in range(count):
            near = rng.choose(similar_orders)
            minute = self.period.minute(rng)
            die = self.products.choices_on(near.day)
            country = VISIT_COUNTRIES.draw(rng)
            tail = f"{near.device},{VISIT_SOURCES.draw(rng)},{country}"
            known = rng.random() < (0.45 if steps else 0.12)
            client, home = (near.customer.id, near.customer.country) if known else ("", country)
            if known:
                tail = f"{tail[:-2]}{home}"
            viewed = [("view", die.draw(rng)) for _ in range(PAGE_VIEW_COUNTS.draw(rng))]
            if steps:
                viewed.append(("cart", viewed[-1][1]))
            rows = self._rows(client, near.day, minute, tail, viewed)
            if len(steps) == 2:
                rows.append(self._row(client, near.day, minute, "checkout,/paiement,", tail, ","))
            yield near.day * 1440 + minute, "\n".join(rows)

    def _rows(
        self,
        client: str,
        day: int,
        minute: int,
        tail: str,
        steps: Sequence[tuple[str, ShopProduct]],
    ) -> list[str]:
        rows, at = [], max(0, minute - len(steps))
        for step, product in steps:
            page = "/panier" if step == "cart" else product.page
            rows.append(self._row(client, day, at, f"{step},{page},{product.ref}", tail, ","))
            at += at < minute
        return rows

    def _row(self, client: str, day: int, minute: int, what: str, tail: str, sold: str) -> str:
        moment = f"{self.period.iso[day]}T{CLOCK_TIMES[minute]}:00"
        return f"{client},{moment},{what},{tail},{sold}"


# Two A/B tests by visitor: one has a true winner, one has a sample ratio mismatch.

VISITOR_DEVICES = WeightedChoice(("mobile", "desktop", "tablet"), (62, 31, 7))
VISITOR_COUNTRIES = WeightedChoice(("FR", "BE", "CH", "GB", "IE"), (88, 5, 2, 3, 2))
BASKET_AMOUNTS = WeightedChoice(
    tuple(range(2400, 24000, 700)), tuple(40 - i for i in range(31))
)  # cents


def write_experiments(folder: Path, seed: int, period: SalesPeriod) -> int:
    """Write experiments.csv and return the number of rows."""
    rows = (
        row
        for name, plan in read_planted("experiments").items()
        for row in _list_visitor_rows(seed, name, plan, period)
    )
    return write_csv(folder / "experiments.csv", rows)


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
