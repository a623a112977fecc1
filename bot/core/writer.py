"""The interface of writers (Claude, a local model, the offline rules), their input and receipts.

Every kind of writer implements the same protocol. A receipt is made only from the `LlmCall`s that
a writer reports.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.i18n.messages import Words

T = TypeVar("T", bound=BaseModel)
BUDGET_RESERVED = Words(
    "What may be spent on the AI is reserved by other requests under way. "
    "Ask again in a few minutes."
)


class WriteRequest(BaseModel):
    """A writer's input: the prompt as text, and the same content as structured fields.

    A writer that calls an AI sends `system` and `prompt`; the offline writer reads the fields.
    Personal data in all of them has already been replaced by placeholders.
    """

    model_config = ConfigDict(frozen=True)
    skill: str
    request: SkillRequest
    evidence: Evidence
    brand: Brand
    channel: Channel | None
    system: str  # the same for every draft of a brand, so that the server can cache it
    prompt: str
    corrections: tuple[str, ...] = ()  # what was wrong with the last attempt
    last_attempt: str | None = None  # the last attempt, as JSON
    offline_output: Any = None  # the Output that the handler composed by code, if it does so


class LlmCall(BaseModel):
    """One call to a writer: the exact text that was sent, its tokens and its cost.

    A call with an id is reported twice: before the bytes are sent, and when it has ended. The first
    report may wait, and may raise SpendingRefused or SpendingBusy; then nothing is sent.
    """

    model_config = ConfigDict(frozen=True)
    writer: str
    sent: str  # the exact request body; empty when nothing was sent
    to: str | None = None  # host and port; None when nothing was sent
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_written: int = Field(default=0, exclude=True)  # of `tokens_in`, to the server's cache
    tokens_out: int = 0
    usd: Decimal | None = None  # None when the price or the end of the call is not known
    exact: bool = Field(default=True, exclude=True)  # whether the server reported the final count
    ended: str = "done"  # or the reason of the failure
    at: datetime
    call: str | None = None  # the call's id, the same in both reports


ReceiptWriter = Callable[[LlmCall], Awaitable[None]]


class Writer(Protocol):
    """Writes an Output from a WriteRequest."""

    name: str
    by_rules: bool  # whether no AI is used; the card and the terminal say so

    async def write(
        self,
        assignment: WriteRequest,
        output: type[T],
        *,
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None],
    ) -> T:
        """Write an Output. `receipt` is awaited for every call made, also failed ones, and before
        anything is sent; `grow` receives the text as it arrives. Raises TryAgain or CannotDo."""
        ...

    async def check(self) -> Words | None:
        """Return what is wrong with the set-up, None when nothing is. Called once at start."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
