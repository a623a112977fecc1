"""How many people a group needs to be told of, and what is said where it has fewer.

Which figures give away a small group beside it: `bot.data.disclosure`.
"""

from dataclasses import dataclass
from typing import Literal

from bot.i18n.messages import Words

PEOPLE_FLOOR, SALES_FLOOR = 20, 5
FloorKind = Literal["people", "sales"]


@dataclass(frozen=True)
class Floors:
    """`people`: of groups of customers; `sales`: of what was sold to somebody. Customers; where
    none is known, orders or visits."""

    people: int = PEOPLE_FLOOR
    sales: int = SALES_FLOOR

    def of(self, sort: FloorKind) -> int:
        return self.people if sort == "people" else self.sales


@dataclass(frozen=True)
class GroupSize:
    """How many people a subject's figures are about; None: about nobody. `rest` is how many the
    others are with whom they make up a whole that is told as well."""

    people: int | None
    rest: int | None = None
    sort: FloorKind = "people"

    def is_told(self, floors: Floors) -> bool:
        floor = floors.of(self.sort)
        return not any(is_below_floor(many, floor) for many in (self.people, self.rest))


NO_GROUP = GroupSize(None)


def is_below_floor(people: float | None, floor: int) -> bool:
    """Whether so many are too few. Nobody is no group."""
    return people is not None and 0 < people < floor


def too_few_message(people: int, floor: int) -> Words:
    """What is said where all customers together are too few to be told of by groups."""
    if people < floor:
        return Words(
            "Under {n} customers can be told apart: too few for groups. Import orders"
            " with a customer column, or more of them.",
            n=floor,
        )
    return Words(
        "Only {n} customers can be told apart: too few for groups. Import orders with"
        " a customer column, or more of them.",
        n=people,
    )


def bound_count(people: int, of: int, floor: int) -> int | str:
    """A count as it may be told: as it is, unless it or what it leaves of `of` is small."""
    if people < floor:
        return f"under {floor}"
    return f"all but under {floor}" if is_below_floor(of - people, floor) else people


def withheld_groups_message(floor: int, sort: FloorKind) -> Words:
    """What is said where small groups are held back."""
    if sort == "sales":
        return Words("Sales to under {n} customers: grouped as Others.", n=floor)
    return Words("Under {n} customers: grouped as Others.", n=floor)
