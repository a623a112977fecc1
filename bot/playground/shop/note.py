"""One review or message of the sample shop's customers."""

from dataclasses import dataclass, field

from bot.playground.shop.order import Line, Order

REVIEW = "avis"


@dataclass
class Note:
    """One review or message; `themes` is what it was made to speak of."""

    order: Order
    line: Line
    themes: list[str] = field(default_factory=list)
    channel: str = REVIEW
    day: int = 0
    minute: int = 0
    rating: int | None = None
    text: str = ""
    id: str = ""

    @property
    def names_order(self) -> bool:
        return not {"phone", "sold out"} & set(self.themes)
