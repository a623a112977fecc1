"""One call to a writer: what went out, what came back, and the receipt for both."""

import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.agent.llm import errors as failures
from bot.agent.llm.errors import LlmError
from bot.agent.llm.response import BLANK_MARK, find_json
from bot.core.model_prices import TokenUsage, find_price
from bot.core.writer import LlmCall

T = TypeVar("T", bound=BaseModel)

MAX_MISTAKES = 10  # as many go back to the writer at once
PENDING_END = "no answer kept"  # what a receipt says until it is known how a call ended
CHARACTERS_PER_TOKEN = 4  # characters, roughly: what a call that broke off wrote is counted by them
current_call: ContextVar["StreamingCall"] = ContextVar("calling")


@dataclass
class StreamingCall:
    """Filled while the call runs; `take` reads the events of the stream as they come.

    Fields of an event are read with care: servers with the same API leave some out.
    """

    name: str
    at: datetime
    receipts: Callable[[LlmCall], Awaitable[None]] | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    sent: str = ""
    to: str | None = None
    request_id: str | None = None
    text: str = ""
    stopped: str | None = None
    category: str | None = None
    tokens: TokenUsage = field(default_factory=TokenUsage)
    started: bool = False  # an answer began, so it costs something
    declined: bool = False  # the server said no, which costs nothing
    ended: str = "stopped"
    asking: bool = False  # whether it may go is not known yet
    held: Exception | None = None  # why it did not go: nothing is left to tell

    async def leaves(self, body: bytes, to: str) -> None:
        """These bytes are about to go out: their receipt comes first. Without it nothing goes."""
        sent = body.decode()
        if self.receipts is not None:
            told = {"writer": self.name, "sent": sent, "to": to, "at": self.at, "call": self.id}
            self.asking = True
            try:
                await self.receipts(LlmCall(ended=PENDING_END, exact=False, **told))
            except Exception as why:
                self.held = why
                raise
            self.asking = False
        self.sent, self.to = sent, to

    def stays(self) -> None:
        """Nothing went out after all: there was no connection."""
        self.sent, self.to = "", None

    def take(self, event: Any) -> bool:
        """One event of the stream; whether it brought text."""
        if event.type == "message_start":
            self.started = True
            self._count(getattr(event.message, "usage", None))
        elif event.type == "message_delta":
            self.stopped = getattr(event.delta, "stop_reason", None) or self.stopped
            details = getattr(event.delta, "stop_details", None)
            self.category = getattr(details, "category", None)
            self._count(getattr(event, "usage", None))
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            self.text += event.delta.text
            return True
        return False

    def _count(self, usage: Any) -> None:
        """Counts are totals so far, so they overwrite; one that is left out is kept."""
        tokens, hour = self.tokens, getattr(usage, "cache_creation", None)
        tokens.fresh = _read_count(usage, "input_tokens", tokens.fresh)
        tokens.written = _read_count(usage, "cache_creation_input_tokens", tokens.written)
        tokens.hour = _read_count(hour, "ephemeral_1h_input_tokens", tokens.hour)
        tokens.read = _read_count(usage, "cache_read_input_tokens", tokens.read)
        tokens.out = _read_count(usage, "output_tokens", tokens.out)

    def read(self, output: type[T], who: str) -> T:
        """The answer in the asked form. Why it stopped is looked at first. Raises Failure."""
        if self.stopped is None:
            raise failures.build_unreachable_error(who, "ended early")
        if self.stopped == "refusal":
            raise failures.build_refusal_error(who, self.category)
        if self.stopped in ("max_tokens", "length"):
            raise failures.build_cut_off_error(who)
        if self.stopped == "model_context_window_exceeded":
            raise LlmError("final", "too much to read", failures.explain_too_long(who))
        whole = find_json(self.text)
        if whole is None:
            raise failures.build_json_error(who, self.text)
        if BLANK_MARK in whole:
            raise failures.build_schema_error(
                who, whole, (f"Something was left unfilled: {BLANK_MARK}…⟩.",)
            )
        try:
            return output.model_validate_json(whole)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)[:MAX_MISTAKES]
            wrong = tuple(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in found)
            raise failures.build_schema_error(who, whole, wrong) from None

    def receipt(self) -> LlmCall:
        """What left the house, to whom, and what it cost."""
        if self.stopped is None:  # the last count never came
            self.tokens.out = max(self.tokens.out, len(self.text) // CHARACTERS_PER_TOKEN)
        return LlmCall(
            writer=self.name,
            sent=self.sent,
            to=self.to,
            tokens_in=self.tokens.total_input,
            tokens_cached=self.tokens.read,
            tokens_written=self.tokens.written,
            tokens_out=self.tokens.out,
            usd=self._usd(),
            exact=not self.started or (self.stopped is not None and self._counted),
            ended=self.ended,
            at=self.at,
            call=self.id,
        )

    def _usd(self) -> Decimal | None:
        if not self.started:
            return Decimal(0) if self.declined or not self.sent else None
        price = find_price(self.name)
        return price.compute_cost(self.tokens) if price else None

    @property
    def _counted(self) -> bool:
        """Whether the server said how many tokens it took."""
        return bool(self.tokens.total_input and self.tokens.out)


def _read_count(counts: Any, name: str, before: int) -> int:
    value = getattr(counts, name, None)
    return value if isinstance(value, int) else before
