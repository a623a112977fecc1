"""One order of the sample shop and its lines."""

from dataclasses import dataclass

from bot.playground.shop.customers import Customer
from bot.playground.shop.goods import Good


@dataclass
class Line:
    """One product in an order. Amounts in cents."""

    good: Good
    size: str
    colour: str
    quantity: int
    price: int
    off: int
    returned: str = ""  # why

    @property
    def total(self) -> int:
        return self.quantity * self.price - self.off


@dataclass
class Order:
    """One order; days are counted from the first of the span."""

    id: str
    customer: Customer
    day: int
    minute: int
    device: str
    source: str
    payment: str
    lines: list[Line]
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
