"""What every writer has (Claude, a local model, the one without an AI), and the report of a call.

A receipt is made only from the `LlmCall`s that a writer reports.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from pydantic import BaseModel, Field

from bot.i18n.messages import Words

PENDING_END = "no answer kept"  # the state on a receipt until the end of the call is known
BUDGET_RESERVED = Words(
    "What may be spent on the AI is reserved by other requests under way. "
    "Ask again in a few minutes."
)


class LlmCall(BaseModel, frozen=True):
    """One call to a writer: the exact text that was sent, its tokens and its cost.

    A call with an id is reported twice: before the bytes are sent, and when it has ended. The first
    report may wait, and may raise SpendingRefused or SpendingBusy; then nothing is sent.
    """

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
    """Who writes. An AI is also a `bot.agent.llm.turn.TurnModel`."""

    name: str
    by_rules: bool  # whether no AI is used; the card and the terminal say so

    async def check(self) -> Words | None:
        """Return what is wrong with the set-up, None when nothing is. Called once at start."""
        ...

    async def close(self) -> None: ...
