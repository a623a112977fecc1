"""Eighteen months of orders: who comes back, what is in the parcel, when it arrives."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.playground.shop import sheet
from bot.playground.shop.customers import Customer
from bot.playground.shop.dice import Dice, Loaded
from bot.playground.shop.goods import Good, Range
from bot.playground.shop.order import Line, Order
from bot.playground.shop.parcels import Parcels
from bot.playground.shop.planted import planted
from bot.playground.shop.span import CLOCK, Span

COLUMNS = (
    "commande",
    "date",
    "client",
    "référence",
    "article",
    "taille",
    "couleur",
    "quantité",
    "prix unitaire",
    "remise",
    "total",
    "devise",
    "appareil",
    "source",
    "code campagne",
    "paiement",
    "pays",
    "département",
    "expédiée le",
    "promise le",
    "livrée le",
    "retournée",
    "motif du retour",
)
SIZES = Loaded((1, 2, 3, 4), (56, 28, 12, 4))  # of an order, in lines
SOURCES = Loaded(("direct", "moteur", "email", "instagram", "publicité"), (31, 29, 17, 9, 14))
DEVICES = Loaded(("mobile", "desktop", "tablet"), (57, 36, 7))
PAYMENTS = Loaded(("carte", "portefeuille", "trois fois"), (66, 24, 10))


class Book:
    """All orders, and those that the broken checkout lost."""

    def __init__(self, seed: int, span: Span, goods: Range, customers: Sequence[Customer]):
        self.span, self.goods, self.dice = span, goods, Dice(seed, "orders")
        self.lives, self.niche, self.rising = planted("lives"), planted("niche"), planted("rising")
        self.baking = [goods.by_ref[ref] for ref in self.niche["products"]]
        meant = [order for customer in customers for order in self._life(customer)]
        meant.sort(key=lambda order: (order.day, order.minute, order.customer.id))
        self.lost = self._lost(Dice(seed, "lost"), meant)
        gone = {id(order) for order in self.lost}
        self.kept = [order for order in meant if id(order) not in gone]
        for number, order in enumerate(self.kept, 1):
            order.id = f"OM{number:07}"
        Parcels(Dice(seed, "parcels"), span).send(self.kept)

    def write(self, folder: Path) -> int:
        """orders.csv, one row a line."""
        return sheet.write(folder / "orders.csv", COLUMNS, self._rows())

    def _rows(self) -> Iterator[tuple[object, ...]]:
        iso, last = self.span.iso, self.span.length - 1
        for order in self.kept:
            who = order.customer
            when = f"{iso[order.day]}T{CLOCK[order.minute]}:00"
            ways = [order.sent, order.arrived]
            sent, arrived = (iso[day] if day <= last else "" for day in ways)
            promised = self.span.on(order.promised)
            for line in order.lines:
                back = bool(line.returned)
                yield (
                    order.id,
                    when,
                    who.id,
                    line.good.ref,
                    line.good.name,
                    line.size,
                    line.colour,
                    line.quantity,
                    sheet.money(line.price),
                    sheet.money(line.off),
                    sheet.money(line.total),
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
                    sheet.yes(back),
                    line.returned,
                )

    def _life(self, customer: Customer) -> Iterator[Order]:
        """The orders of one customer."""
        life, dice = self.lives[customer.life], self.dice
        day, number = customer.first, 0
        end = self.span.length
        if "stops" in life:
            end = self.span.since(dice.between(*life["stops"]))
        gap = life["gap"] * self.span.mood  # since some of the days that come are passed over
        while day < end:
            if number == 0 or dice.chance(self.span.moods[day]):
                yield self._order(customer, day, new=number == 0 and customer.registered >= 0)
                number += 1
                if dice.chance(life["end"]):
                    return
            day += 1 + dice.wait(gap)

    def _order(self, customer: Customer, day: int, *, new: bool) -> Order:
        dice = self.dice
        lines = [self._line(customer, day) for _ in range(SIZES.draw(dice))]
        if day >= self.span.since(self.rising["days"]) and dice.chance(self.rising["extra"]):
            good = self.goods.bought_on(day, self.rising["category"]).draw(dice)
            lines.append(self._of(good, customer, day))
        if new and dice.chance(0.25):
            for line in lines:
                line.off = line.quantity * line.price // 10
        device = customer.device if dice.chance(0.8) else DEVICES.draw(dice)
        source = SOURCES.draw(dice)
        if source == "email" and not customer.gets("email", day):
            source = "direct"
        minute = self.span.minute(dice)
        return Order("", customer, day, minute, device, source, PAYMENTS.draw(dice), _once(lines))

    def _line(self, customer: Customer, day: int) -> Line:
        dice = self.dice
        if customer.life == "niche" and dice.chance(self.niche["lines"]):
            return self._of(dice.pick(self.baking), customer, day)
        category = customer.taste if dice.chance(0.3) else ""
        return self._of(self.goods.bought_on(day, category).draw(dice), customer, day)

    def _of(self, good: Good, customer: Customer, day: int) -> Line:
        dice, price = self.dice, good.price_on(day)
        at = customer.size if good.is_worn else dice.roll()
        quantity = 2 if price < 6000 and not good.is_worn and dice.chance(0.18) else 1
        size = good.sizes[min(int(at * len(good.sizes)), len(good.sizes) - 1)]
        return Line(good, size, dice.pick(good.colours), quantity, price, 0)

    def _lost(self, dice: Dice, meant: Sequence[Order]) -> list[Order]:
        """Orders on phones that never happened since the checkout broke."""
        fall = planted("mobile_checkout")
        start = self.span.since(fall["days"])
        mobile = [o for o in meant if o.device == "mobile" and o.day >= start]
        return dice.some(mobile, 1 - fall["after"] / fall["before"])


def _once(lines: Sequence[Line]) -> list[Line]:
    """Each product and variant on one line."""
    found: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        found.setdefault((line.good.ref, line.size, line.colour), line)
    return list(found.values())
