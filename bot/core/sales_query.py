"""What is counted of the orders: by what they are cut, and which of them are meant."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

OrderTrait = Literal["first", "weekend", "weekday", "code", "late", "returned"]


class OrderFilter(BaseModel):
    """Those orders alone, or `but` those. No values: whatever they say, as long as they say it."""

    model_config = ConfigDict(frozen=True)
    by: OrderTrait
    values: tuple[str, ...] = ()
    but: bool = False


class SalesQuery(BaseModel):
    """A question about orders, as it was understood. `names` are folded words that must each be of
    a country, source, product …; those behind `instead` take the place of what the words before
    them name of the same sort; those of `without` are left out."""

    model_config = ConfigDict(frozen=True)
    measure: str = "revenue"
    cut: str = ""
    only: tuple[OrderFilter, ...] = ()
    names: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()  # by what nothing is cut
    over: Decimal | None = None  # what an order comes to, as a whole
    under: Decimal | None = None
    ends: bool = False  # whether these ends belong to it
    pieces_from: int | None = None  # how many pieces an order has, as a whole
    pieces_to: int | None = None
    ever: bool = False  # all days that are known
    share: bool = False
    nearly: bool = False  # whether a word that is nearly a name may be taken for it
    most: int | None = None  # so many of a cut: "top 5"
