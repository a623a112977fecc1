"""A product as the catalogue has it: pure, and stored as JSON."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["active", "draft", "archived", "unpublished"]


class PriceFrom(BaseModel):
    """What it has cost from that day on."""

    model_config = ConfigDict(frozen=True)
    day: date
    price: Decimal


class Product(BaseModel):
    """One thing that is sold. What the file does not say is None or empty, never guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    handle: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")  # goes into the ids of facts: no dot
    title: str = Field(min_length=1)
    description: str | None = None
    type: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] = ()
    price: Decimal | None = Field(default=None, ge=0)  # the lowest of its variants
    price_to: Decimal | None = Field(default=None, ge=0)  # the highest, when it is another
    compare_at: Decimal | None = Field(default=None, ge=0)  # only when above the price
    currency: str | None = None  # ISO 4217
    sizes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    link: str | None = None
    stock: int | None = Field(default=None, ge=0)  # all variants together; None: not counted
    status: Status | None = None
    price_history: tuple[PriceFrom, ...] = ()
    lowest_30_days: Decimal | None = Field(default=None, ge=0)  # as the file says it
    source: str  # "shop.csv, line 12"
    as_of: date
