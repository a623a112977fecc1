"""A figure in a text, and the ways to understand it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Kind = Literal["number", "date", "clock", "weekday", "code", "deal", "decade", "part"]


class Reading(NamedTuple):
    """One way to understand a figure. A number is in `unit` (a dimension) times `size`."""

    kind: Kind
    value: Decimal | str | tuple[int | None, int, int]  # a date is (year or None, month, day)
    unit: str | None = None
    size: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it stands in a text, from `start` to `end`; 12/06 has two readings."""

    text: str
    start: int
    end: int
    readings: tuple[Reading, ...]
    follows: str = ""  # the folded word behind it: what it counts
    sign: str = ""  # "+" or "-" right before it
    about: str = ""  # the folded label, when it is a fact's

    @property
    def first(self) -> Reading:
        return self.readings[0]
