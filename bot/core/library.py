"""The team's own data, as those who ask it see it."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from bot.core.facts import Fact
from bot.core.request import SkillRequest


class ProductMatch(BaseModel):
    """A product that words may mean. `score` is 0–1; 1 is its exact name. `is_one`: they say what
    the thing is, in either language: "the glasses", of the glasses and not of a carafe of glass.
    `of_kind`: they name the category that it is in. `otherwise`: a name that they give such a
    thing, and that is not this one's: "zinzin", of « le plaid zinzin »."""

    model_config = ConfigDict(frozen=True)
    handle: str
    title: str
    score: float
    is_one: bool = False
    of_kind: bool = False
    otherwise: str = ""


class Library(Protocol):
    """The team's own data, of one workspace."""

    async def find(self, words: str) -> Sequence[ProductMatch]:
        """The products that words may mean, the likeliest first; at most five."""
        ...

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        """Facts of one kind for this request; none when there are none."""
        ...
