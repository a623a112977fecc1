"""The smallest group of people that figures may be published about, and the messages for smaller
ones.

`bot.data.disclosure` finds which other figures would reveal a small group.
"""

from dataclasses import dataclass
from typing import Literal

from bot.i18n.messages import Words

PEOPLE_FLOOR, SALES_FLOOR = 20, 5
FloorKind = Literal["people", "sales"]


@dataclass(frozen=True)
class Floors:
    """The smallest groups. `people` applies to groups of customers, `sales` to figures about sales.
    Both count customers; where none is known, orders or visits."""

    people: int = PEOPLE_FLOOR
    sales: int = SALES_FLOOR

    def of(self, sort: FloorKind) -> int:
        return self.people if sort == "people" else self.sales


@dataclass(frozen=True)
class GroupSize:
    """How many people a subject's figures are about, or None when they are about nobody. `rest` is
    the size of the others, where the total of both is published as well."""

    people: int | None
    rest: int | None = None
    sort: FloorKind = "people"

    def is_told(self, floors: Floors) -> bool:
        floor = floors.of(self.sort)
        return not any(is_below_floor(many, floor) for many in (self.people, self.rest))


NO_GROUP = GroupSize(None)


def is_below_floor(people: float | None, floor: int) -> bool:
    """Return whether this is a group that is too small. Zero people are no group."""
    return people is not None and 0 < people < floor


def too_few_message(people: int, floor: int, needed: int) -> Words:
    """Return the message for a shop that has fewer customers than an analysis needs."""
    known = Words("under {n}", n=floor) if people < floor else Words("only {n}", n=people)
    return Words(
        "An answer takes {needed} customers, and the orders tell {known} apart. Import orders with"
        " a customer column, or more of them.",
        needed=needed,
        known=known,
    )


def bound_count(people: int, of: int, floor: int, *, none_is_shown: bool = False) -> int | str:
    """Return a count as it may be published: exactly, unless it or its remainder to `of` is below
    the floor. `none_is_shown` where `of` is a group that is itself shown: then nobody is no
    group."""
    if people < floor:
        return 0 if none_is_shown and not people else f"under {floor}"
    least = count_at_least(of, floor)
    return f"at least {least}" if is_below_floor(of - people, floor) else people


def count_at_least(of: int, floor: int) -> int:
    """Return how many it is at least, where neither it nor its remainder to `of` may be shown."""
    return max(floor, of - floor + 1)


def withheld_groups_message(floor: int, sort: FloorKind) -> Words:
    """Return the message that small groups are withheld."""
    if sort == "sales":
        return Words("Sales to under {n} customers: grouped as Others.", n=floor)
    return Words("Under {n} customers: grouped as Others.", n=floor)
