"""A query over orders: how they are grouped and which of them are counted."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

OrderTrait = Literal["first", "weekend", "weekday", "code", "late", "returned"]


class OrderFilter(BaseModel):
    """Keep only the orders with this trait, or with `but` only the others. Empty `values`: any
    value, as long as the order has one."""

    model_config = ConfigDict(frozen=True)
    by: OrderTrait
    values: tuple[str, ...] = ()
    but: bool = False


class SalesQuery(BaseModel):
    """A parsed question about orders.

    `names` are normalized words that must each be the name of a country, source, product and so
    on. The words in `instead` replace those of `names` that name the same kind of thing; the
    words in `without` are excluded."""

    model_config = ConfigDict(frozen=True)
    measure: str = "revenue"
    cut: str = ""
    only: tuple[OrderFilter, ...] = ()
    names: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()  # groupings that were asked for and do not exist
    over: Decimal | None = None  # bounds of an order's total amount
    under: Decimal | None = None
    ends: bool = False  # whether the bounds themselves are included
    pieces_from: int | None = None  # bounds of the number of items in an order
    pieces_to: int | None = None
    ever: bool = False  # the whole period that the library holds
    share: bool = False
    nearly: bool = False  # whether a word that is almost a name may be taken for it
    most: int | None = None  # the number of groups to show: "top 5"
