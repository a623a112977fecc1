"""Whoever puts things into words, what they are handed, and what left the house for it.

Claude, a local AI and the rules are held to the same three: the desk asks no more of a writer, and
a receipt is made of nothing but what a writer told it was sent.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.facts import Evidence, Fact
from bot.core.request import SkillRequest
from bot.i18n.messages import Words

T = TypeVar("T", bound=BaseModel)
BUDGET_RESERVED = Words(
    "What may be spent on the AI is reserved by other requests under way. "
    "Ask again in a few minutes."
)


class WriteRequest(BaseModel):
    """What a writer is handed: the prompt as text, and the same things in structure.

    A writer that is an AI reads `system` and `prompt`; the offline writer reads the structure.
    Personal data in all of it has already been replaced by placeholders.
    """

    model_config = ConfigDict(frozen=True)
    skill: str
    request: SkillRequest
    evidence: Evidence
    brand: Brand
    channel: Channel | None
    system: str  # the same for every draft of a brand: worth caching
    prompt: str
    corrections: tuple[str, ...] = ()  # what was wrong with the last try, in words for the writer
    last: str | None = None  # the last try, as JSON
    by_rules: Any = None  # the same Output put together by code, where the handler has one
    besides: tuple[Fact, ...] = ()  # of the same subjects: to check by, not to write from


class LlmCall(BaseModel):
    """What left the house for one call to a writer: exactly this text, this much, at this price.

    Told twice where a call has an id: before the bytes go, and when it is known how it ended.
    Telling it before may wait, and may raise SpendingRefused or SpendingBusy: then nothing goes.
    """

    model_config = ConfigDict(frozen=True)
    writer: str
    sent: str  # letter for letter; empty when nothing left
    to: str | None = None  # host and port; None when nothing left
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_written: int = Field(default=0, exclude=True)  # of `tokens_in`, to the server's cache
    tokens_out: int = 0
    usd: Decimal | None = None  # None when the price is not known, or how the call ended
    exact: bool = Field(default=True, exclude=True)  # whether the server counted, to the end
    ended: str = "done"  # or why it failed
    at: datetime
    call: str | None = None  # the same for both times


class Writer(Protocol):
    """Whoever puts things into words."""

    name: str
    by_rules: bool  # no AI: the card and the terminal say so

    async def write(
        self,
        assignment: WriteRequest,
        output: type[T],
        *,
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None],
    ) -> T:
        """Fill an Output. `receipt` is told of every call made, failed ones too, and before
        anything leaves; `grow` gets the text as it comes. Raises TryAgain or CannotDo."""
        ...

    async def check(self) -> Words | None:
        """What is wrong with the set-up, asked once at the start; None when nothing is."""
        ...

    async def close(self) -> None:
        """Let go of its connections."""
        ...
