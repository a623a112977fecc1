"""The interface of the team's own data, as handlers and analyses see it."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel

from bot.core.facts import Fact
from bot.core.request import SkillRequest


class ProductMatch(BaseModel, frozen=True):
    """A product that a phrase may mean.

    `score` is 0 to 1; 1 is the product's exact name. `is_one` is true when the phrase names what
    the product is, in either language: "the glasses" for glasses, but not for a carafe of glass.
    `otherwise` is a name in the phrase for a product of this sort that is not this product's name:
    "zinzin" in « le plaid zinzin »."""

    handle: str
    title: str
    score: float
    is_one: bool = False
    otherwise: str = ""


class Library(Protocol):
    """The team's own data of one workspace."""

    async def find(self, words: str) -> Sequence[ProductMatch]:
        """Return the products that `words` may mean, the likeliest first; at most five."""
        ...

    async def find_mentioned(self, words: str) -> Sequence[ProductMatch]:
        """Return the products that any word of a message may mean; at most eight."""
        ...

    async def list_ranges(self) -> Sequence[str]:
        """Return the names of the largest categories and collections of the catalogue."""
        ...

    async def list_names(self) -> Sequence[str]:
        """Return what the catalogue names: its products, brands, types and colours."""
        ...

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        """Return the facts of one kind for this request; empty when there are none."""
        ...
