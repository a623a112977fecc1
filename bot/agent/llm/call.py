"""One call to a language model: its request, its answer, and the receipt of both."""

import json
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.agent.llm import failures
from bot.agent.llm.failures import LlmError
from bot.agent.llm.request import SUBMIT
from bot.agent.llm.schema import BLANK_MARK, find_json
from bot.agent.llm.turn import ToolUse, TurnAnswer
from bot.core.model_prices import TokenUsage, find_price
from bot.core.writer import LlmCall

T = TypeVar("T", bound=BaseModel)

MAX_MISTAKES = 10  # validation errors sent back to the model at once
PENDING_END = "no answer kept"  # the state on a receipt until the end of the call is known
CHARACTERS_PER_TOKEN = 4  # an estimate, for calls that broke off
current_call: ContextVar["StreamingCall"] = ContextVar("calling")
KEPT_FIELDS = {  # of each kind of content block
    "text": ("text",),
    "tool_use": ("id", "name", "input"),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
}
DELTA_FIELDS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}


@dataclass
class StreamingCall:
    """The state of a running call. `add_event` reads each event of the stream.

    Any field of an event may be missing: servers with the same API leave some out.
    """

    name: str
    at: datetime
    on_receipt: Callable[[LlmCall], Awaitable[None]] | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    sent: str = ""
    to: str | None = None
    request_id: str | None = None
    text: str = ""
    stop_reason: str | None = None
    category: str | None = None
    tokens: TokenUsage = field(default_factory=TokenUsage)
    is_started: bool = False  # an answer has begun, so the call costs something
    is_declined: bool = False  # the server refused the request, which costs nothing
    ended: str = "stopped"
    is_reserving: bool = False  # waiting for a reservation of the spending limit
    blocked_by: Exception | None = None  # why it was not sent; its receipt is complete
    blocks: dict[int, dict[str, Any]] = field(default_factory=dict)  # by index, as they came

    async def record_outgoing(self, body: bytes, to: str) -> None:
        """Write the receipt of bytes that are about to be sent. Raises when it is refused."""
        sent = body.decode()
        if self.on_receipt is not None:
            fields = {"writer": self.name, "sent": sent, "to": to, "at": self.at, "call": self.id}
            self.is_reserving = True
            try:
                await self.on_receipt(LlmCall(ended=PENDING_END, exact=False, **fields))
            except Exception as error:
                self.blocked_by = error
                raise
            self.is_reserving = False
        self.sent, self.to = sent, to

    def clear_outgoing(self) -> None:
        """Forget the recorded bytes, because no connection was made."""
        self.sent, self.to = "", None

    def add_event(self, event: Any) -> None:
        """Read one event of the stream."""
        if event.type == "message_start":
            self.is_started = True
            self._count(getattr(event.message, "usage", None))
        elif event.type == "message_delta":
            self.stop_reason = getattr(event.delta, "stop_reason", None) or self.stop_reason
            details = getattr(event.delta, "stop_details", None)
            self.category = getattr(details, "category", None)
            self._count(getattr(event, "usage", None))
        elif event.type == "content_block_start":
            self._start_block(getattr(event, "index", 0), event.content_block)
        elif event.type == "content_block_delta" and event.delta.type in DELTA_FIELDS:
            name = DELTA_FIELDS[event.delta.type]
            block = self.blocks.setdefault(getattr(event, "index", 0), {"type": "text", "text": ""})
            piece = getattr(event.delta, name) or ""
            block[name] = (block.get(name) or "") + piece
            if name == "text":
                self.text += piece

    def _start_block(self, index: int, block: Any) -> None:
        fields = KEPT_FIELDS.get(block.type, ())
        kept = {name: getattr(block, name, None) for name in fields}
        self.blocks[index] = {"type": block.type, **kept}
        self.text += kept.get("text") or ""

    def _count(self, usage: Any) -> None:
        """Update the token counts. Each count is a total so far; a missing one keeps its value."""
        tokens, hour = self.tokens, getattr(usage, "cache_creation", None)
        tokens.fresh = _read_count(usage, "input_tokens", tokens.fresh)
        tokens.written = _read_count(usage, "cache_creation_input_tokens", tokens.written)
        tokens.hour = _read_count(hour, "ephemeral_1h_input_tokens", tokens.hour)
        tokens.read = _read_count(usage, "cache_read_input_tokens", tokens.read)
        tokens.out = _read_count(usage, "output_tokens", tokens.out)

    def read_turn(
        self, output: type[BaseModel] | None, display_name: str, *, must_answer: bool
    ) -> TurnAnswer:
        """Parse the answer into tool calls, or into a final text. Raises LlmError."""
        self._check_end(display_name)
        blocks = self._finished_blocks(display_name)
        uses = tuple(
            ToolUse(id=block["id"], name=block["name"], arguments=block["input"])
            for block in blocks
            if block["type"] == "tool_use"
        )
        text, submitted = self.text, next((use for use in uses if use.name == SUBMIT), None)
        if submitted:
            text = json.dumps(submitted.arguments, ensure_ascii=False)
        elif uses and not must_answer:
            return TurnAnswer(text, uses, "tools", blocks, self.name)
        elif uses:
            raise failures.build_tool_error(
                display_name, ("No more tools can be called. Give the final answer now.",)
            )
        if output is not None:
            text = self._parse(text, output, display_name).model_dump_json()
        return TurnAnswer(text, (), "end", () if submitted else blocks, self.name)

    def _finished_blocks(self, display_name: str) -> tuple[dict[str, Any], ...]:
        """The content blocks in their order. Raises LlmError when a tool call is incomplete: it is
        never repaired, since a shorter list of arguments would fit as well."""
        found = []
        for _, block in sorted(self.blocks.items()):
            if block["type"] == "tool_use":
                found.append(self._finish_tool_use(block, display_name))
            elif block["type"] in KEPT_FIELDS and (
                block["type"] != "text" or block["text"].strip()
            ):
                found.append({name: value for name, value in block.items() if value is not None})
        return tuple(found)

    def _finish_tool_use(self, block: dict[str, Any], display_name: str) -> dict[str, Any]:
        partial = block.get("partial_json")
        try:
            arguments = json.loads(partial) if partial else block.get("input") or {}
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict) or not block.get("id") or not block.get("name"):
            raise failures.build_unreachable_error(display_name, "garbled: a tool call")
        return {
            "type": "tool_use",
            "id": str(block["id"]),
            "name": str(block["name"]),
            "input": arguments,
        }

    def _check_end(self, display_name: str) -> None:
        """Raises LlmError when the answer did not end as an answer does."""
        if self.stop_reason is None:
            raise failures.build_unreachable_error(display_name, "ended early")
        if self.stop_reason == "refusal":
            raise failures.build_refusal_error(display_name, self.category)
        if self.stop_reason in ("max_tokens", "length"):
            raise failures.build_cut_off_error(display_name)
        if self.stop_reason == "model_context_window_exceeded":
            raise LlmError("final", "too much to read", failures.explain_too_long(display_name))

    @staticmethod
    def _parse(text: str, output: type[T], display_name: str) -> T:
        json_text = find_json(text)
        if json_text is None:
            raise failures.build_json_error(display_name, text)
        if BLANK_MARK in json_text:
            raise failures.build_schema_error(
                display_name, json_text, (f"Something was left unfilled: {BLANK_MARK}…⟩.",)
            )
        try:
            return output.model_validate_json(json_text)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)[:MAX_MISTAKES]
            messages = tuple(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors)
            raise failures.build_schema_error(display_name, json_text, messages) from None

    def receipt(self) -> LlmCall:
        """The receipt: what was sent, to which host, and what it cost."""
        if self.stop_reason is None:  # the final token count is missing
            written = len(self.text) + sum(
                len(block.get("partial_json") or "") for block in self.blocks.values()
            )
            self.tokens.out = max(self.tokens.out, written // CHARACTERS_PER_TOKEN)
        return LlmCall(
            writer=self.name,
            sent=self.sent,
            to=self.to,
            tokens_in=self.tokens.total_input,
            tokens_cached=self.tokens.read,
            tokens_written=self.tokens.written,
            tokens_out=self.tokens.out,
            usd=self._usd(),
            exact=not self.is_started or (self.stop_reason is not None and self._counted),
            ended=self.ended,
            at=self.at,
            call=self.id,
        )

    def _usd(self) -> Decimal | None:
        if not self.is_started:
            return Decimal(0) if self.is_declined or not self.sent else None
        price = find_price(self.name)
        return price.compute_cost(self.tokens) if price else None

    @property
    def _counted(self) -> bool:
        """Whether the server reported the token counts."""
        return bool(self.tokens.total_input and self.tokens.out)


def _read_count(counts: Any, name: str, before: int) -> int:
    value = getattr(counts, name, None)
    return value if isinstance(value, int) else before
