"""When a parcel is sent, promised and handed over, and what of it comes back."""

from collections.abc import Sequence

from bot.playground.shop.dice import Dice, Loaded
from bot.playground.shop.order import Line, Order
from bot.playground.shop.planted import planted
from bot.playground.shop.span import Span

PROMISE = {"FR": 4, "BE": 5, "LU": 5, "CH": 7, "GB": 7, "IE": 8}  # days
DELAY = Loaded((1, 2, 3, 4, 5, 6, 8, 11), (14, 20, 18, 14, 12, 9, 8, 5))
WORN = ("ne plaît pas", "trop grand", "couleur", "trop petit")
OTHER = ("ne plaît pas", "couleur", "reçu abîmé", "en double")
PATIENCE = 12  # days after which nothing comes back


class Parcels:
    """The carrier, good and bad days."""

    def __init__(self, dice: Dice, span: Span):
        self.dice, self.span = dice, span
        self.late, self.sizing = planted("late_parcels"), planted("sizing")
        self.south_west = set(self.late["departments"])
        self.since = span.since(self.late["days"])

    def send(self, orders: "Sequence[Order]") -> None:
        """Their dates and their returns; the planted share of them is late."""
        troubled = [order for order in orders if self._is_troubled(order)]
        others = [order for order in orders if not self._is_troubled(order)]
        late = self.dice.some(troubled, self.late["late"])
        late += self.dice.some(others, self.late["otherwise"])
        slow = {id(order) for order in late}
        for order in orders:
            self._send(order, late=id(order) in slow)

    def _is_troubled(self, order: "Order") -> bool:
        return order.customer.department in self.south_west and order.day >= self.since

    def _send(self, order: "Order", *, late: bool) -> None:
        dice = self.dice
        order.sent = order.day + (1 if order.minute > 14 * 60 else 0)
        order.promised = order.sent + PROMISE[order.customer.country]
        if late:
            order.arrived = order.promised + DELAY.draw(dice)
        else:
            order.arrived = order.promised - dice.below(min(3, order.promised - order.sent))
        if order.arrived + PATIENCE < self.span.length:
            for line in order.lines:
                line.returned = self._why(line)

    def _why(self, line: "Line") -> str:
        small = line.good.ref in self.sizing["products"]
        share = self.sizing["returned" if small else "returned_otherwise"]
        if not self.dice.chance(share):
            return ""
        if small and self.dice.chance(0.85):
            return "trop petit"
        return self.dice.pick(WORN if line.good.is_worn else OTHER)
