"""When a parcel is sent, promised and handed over, and what of it comes back."""

from typing import TYPE_CHECKING

from bot.play.shop.dice import Dice, Loaded
from bot.play.shop.planted import planted
from bot.play.shop.span import Span

if TYPE_CHECKING:
    from bot.play.shop.orders import Line, Order

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

    def send(self, order: "Order") -> None:
        """Its dates and its returns."""
        dice, slow = self.dice, self.late
        order.sent = order.day + (1 if order.minute > 14 * 60 else 0)
        order.promised = order.sent + PROMISE[order.customer.country]
        troubled = order.customer.department in self.south_west and order.day >= self.since
        if dice.chance(slow["late"] if troubled else slow["otherwise"]):
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
