"""Generates the orders, with their lines, deliveries and returns, and the visits to the site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.playground.shop.customers import Customer
from bot.playground.shop.generation import (
    CLOCK_TIMES,
    RandomStream,
    SalesPeriod,
    WeightedChoice,
    format_money,
    format_yes_no,
    read_planted,
    read_toml,
    write_csv,
)
from bot.playground.shop.products import ProductRange, ShopProduct


@dataclass
class OrderLine:
    """One product in an order. Amounts are in cents."""

    product: ShopProduct
    size: str
    colour: str
    quantity: int
    price: int
    discount: int
    returned: str = ""  # the reason, empty if not returned

    @property
    def total(self) -> int:
        return self.quantity * self.price - self.discount


@dataclass
class ShopOrder:
    """An order. Days are numbered from the start of the sales period."""

    id: str
    customer: Customer
    day: int
    minute: int
    device: str
    source: str
    payment: str
    lines: list[OrderLine]
    sent: int = 0
    promised: int = 0
    arrived: int = 0
    code: str = ""

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def is_late(self) -> bool:
        return self.arrived > self.promised


# Parcels: dispatch, promised and actual delivery, and returns.

PROMISED_DAYS = {"FR": 4, "BE": 5, "LU": 5, "CH": 7, "GB": 7, "IE": 8}  # days
DELAY_DAYS = WeightedChoice((1, 2, 3, 4, 5, 6, 8, 11), (14, 20, 18, 14, 12, 9, 8, 5))
CLOTHING_RETURN_REASONS = ("ne plaît pas", "trop grand", "couleur", "trop petit")
OTHER_RETURN_REASONS = ("ne plaît pas", "couleur", "reçu abîmé", "en double")
RETURN_WINDOW_DAYS = 12  # days after delivery in which orders can have returns


class ParcelCarrier:
    """Assigns delivery dates and returns to the orders."""

    def __init__(self, rng: RandomStream, period: SalesPeriod):
        self.rng, self.period = rng, period
        self.late, self.sizing = read_planted("late_parcels"), read_planted("sizing")
        self.south_west = set(self.late["departments"])
        self.since = period.start_of_last(self.late["days"])

    def send(self, orders: "Sequence[ShopOrder]") -> None:
        """Set the orders' delivery dates and returns; the planted share of the orders is late."""
        troubled = [order for order in orders if self._is_troubled(order)]
        others = [order for order in orders if not self._is_troubled(order)]
        late = self.rng.sample(troubled, self.late["late"])
        late += self.rng.sample(others, self.late["otherwise"])
        slow = {id(order) for order in late}
        for order in orders:
            self._send(order, late=id(order) in slow)

    def _is_troubled(self, order: "ShopOrder") -> bool:
        return order.customer.department in self.south_west and order.day >= self.since

    def _send(self, order: "ShopOrder", *, late: bool) -> None:
        rng = self.rng
        order.sent = order.day + (1 if order.minute > 14 * 60 else 0)
        order.promised = order.sent + PROMISED_DAYS[order.customer.country]
        if late:
            order.arrived = order.promised + DELAY_DAYS.draw(rng)
        else:
            order.arrived = order.promised - rng.randbelow(min(3, order.promised - order.sent))
        if order.arrived + RETURN_WINDOW_DAYS < self.period.length:
            for line in order.lines:
                line.returned = self._choose_return_reason(line)

    def _choose_return_reason(self, line: "OrderLine") -> str:
        small = line.product.ref in self.sizing["products"]
        share = self.sizing["returned" if small else "returned_otherwise"]
        if not self.rng.chance(share):
            return ""
        if small and self.rng.chance(0.85):
            return "trop petit"
        return self.rng.choose(
            CLOTHING_RETURN_REASONS if line.product.is_worn else OTHER_RETURN_REASONS
        )


# The orders of the whole sales period.

ORDER_SIZES = WeightedChoice((1, 2, 3, 4), (56, 28, 12, 4))  # the number of lines of an order
ORDER_SOURCES = WeightedChoice(
    ("direct", "moteur", "email", "instagram", "publicité"), (31, 29, 17, 9, 14)
)
ORDER_DEVICES = WeightedChoice(("mobile", "desktop", "tablet"), (57, 36, 7))
ORDER_PAYMENTS = WeightedChoice(("carte", "portefeuille", "trois fois"), (66, 24, 10))


class OrderBook:
    """All orders, and those that were lost because of the checkout fault."""

    def __init__(
        self, seed: int, period: SalesPeriod, products: ProductRange, customers: Sequence[Customer]
    ):
        self.period, self.products, self.rng = period, products, RandomStream(seed, "orders")
        self.lives, self.niche, self.rising = (
            read_planted("lives"),
            read_planted("niche"),
            read_planted("rising"),
        )
        self.baking = [products.by_ref[ref] for ref in self.niche["products"]]
        planned = [order for customer in customers for order in self._generate_orders(customer)]
        planned.sort(key=lambda order: (order.day, order.minute, order.customer.id))
        self.lost_orders = self._choose_lost(RandomStream(seed, "lost"), planned)
        lost_ids = {id(order) for order in self.lost_orders}
        self.orders = [order for order in planned if id(order) not in lost_ids]
        for number, order in enumerate(self.orders, 1):
            order.id = f"OM{number:07}"
        ParcelCarrier(RandomStream(seed, "parcels"), period).send(self.orders)

    def write(self, folder: Path) -> None:
        """Write orders.csv with one row per order line."""
        write_csv(folder / "orders.csv", self._rows())

    def _rows(self) -> Iterator[tuple[object, ...]]:
        iso, last = self.period.iso, self.period.length - 1
        for order in self.orders:
            who = order.customer
            when = f"{iso[order.day]}T{CLOCK_TIMES[order.minute]}:00"
            ways = [order.sent, order.arrived]
            sent, arrived = (iso[day] if day <= last else "" for day in ways)
            promised = self.period.date_of(order.promised)
            for line in order.lines:
                back = bool(line.returned)
                yield (
                    order.id,
                    when,
                    who.id,
                    line.product.ref,
                    line.product.name,
                    line.size,
                    line.colour,
                    line.quantity,
                    format_money(line.price),
                    format_money(line.discount),
                    format_money(line.total),
                    "EUR",
                    order.device,
                    order.source,
                    order.code,
                    order.payment,
                    who.country,
                    who.department,
                    sent,
                    promised,
                    arrived,
                    format_yes_no(back),
                    line.returned,
                )

    def _generate_orders(self, customer: Customer) -> Iterator[ShopOrder]:
        life, rng = self.lives[customer.segment], self.rng
        day, number = customer.first_order_day, 0
        end = self.period.length
        if "stops" in life:
            end = self.period.start_of_last(rng.randint(*life["stops"]))
        gap = (
            life["gap"] * self.period.mean_order_chance
        )  # compensates for the days that are skipped below
        while day < end:
            if number == 0 or rng.chance(self.period.order_chances[day]):
                yield self._build_order(
                    customer, day, new=number == 0 and customer.registration_day >= 0
                )
                number += 1
                if rng.chance(life["end"]):
                    return
            day += 1 + rng.waiting_time(gap)

    def _build_order(self, customer: Customer, day: int, *, new: bool) -> ShopOrder:
        rng = self.rng
        lines = [self._choose_line(customer, day) for _ in range(ORDER_SIZES.draw(rng))]
        if day >= self.period.start_of_last(self.rising["days"]) and rng.chance(
            self.rising["extra"]
        ):
            product = self.products.choices_on(day, self.rising["category"]).draw(rng)
            lines.append(self._build_line(product, customer, day))
        if new and rng.chance(0.25):
            for line in lines:
                line.discount = line.quantity * line.price // 10
        device = customer.device if rng.chance(0.8) else ORDER_DEVICES.draw(rng)
        source = ORDER_SOURCES.draw(rng)
        if source == "email" and not customer.can_receive("email", day):
            source = "direct"
        minute = self.period.minute(rng)
        return ShopOrder(
            "",
            customer,
            day,
            minute,
            device,
            source,
            ORDER_PAYMENTS.draw(rng),
            _merge_lines(lines),
        )

    def _choose_line(self, customer: Customer, day: int) -> OrderLine:
        rng = self.rng
        if customer.segment == "niche" and rng.chance(self.niche["lines"]):
            return self._build_line(rng.choose(self.baking), customer, day)
        category = customer.favourite_category if rng.chance(0.3) else ""
        return self._build_line(self.products.choices_on(day, category).draw(rng), customer, day)

    def _build_line(self, product: ShopProduct, customer: Customer, day: int) -> OrderLine:
        rng, price = self.rng, product.price_on(day)
        at = customer.size if product.is_worn else rng.random()
        quantity = 2 if price < 6000 and not product.is_worn and rng.chance(0.18) else 1
        size = product.sizes[min(int(at * len(product.sizes)), len(product.sizes) - 1)]
        return OrderLine(product, size, rng.choose(product.colours), quantity, price, 0)

    def _choose_lost(self, rng: RandomStream, planned: Sequence[ShopOrder]) -> list[ShopOrder]:
        """Choose the phone orders that are lost since the checkout fault began."""
        fall = read_planted("mobile_checkout")
        start = self.period.start_of_last(fall["days"])
        mobile = [o for o in planned if o.device == "mobile" and o.day >= start]
        return rng.sample(mobile, 1 - fall["after"] / fall["before"])


def _merge_lines(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Keep one line for each product and variant."""
    found: dict[tuple[str, str, str], OrderLine] = {}
    for line in lines:
        found.setdefault((line.product.ref, line.size, line.colour), line)
    return list(found.values())


# The site's browsing events of the last half year.

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

    def write(self, folder: Path) -> None:
        """Write events.csv, ordered by time."""
        sessions = sorted(self._sessions())
        with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(read_toml("columns")["events"]) + "\n")
            for number, (_, rows) in enumerate(sessions, 1):
                name = f"s{number:07}"
                file.write(f"{name}," + rows.replace("\n", f"\n{name},") + "\n")

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
