"""The connection to a server with Claude's API, and one call on it with its answer and receipt.

Only this package imports the `anthropic` SDK. The import takes 1.5 s, so it happens at the first
call and in a thread. The SDK must not retry (we bound the wait), follow a redirect (the receipt
names the host), trace, or log what it sends.
"""

import asyncio
import importlib
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic import BaseModel, SecretStr, ValidationError

from bot.agent.llm import failures
from bot.agent.llm.answer_schema import BLANK_MARK, find_json
from bot.agent.llm.api_request import SUBMIT, LlmRequest
from bot.agent.llm.failures import ErrorResponse, LlmError
from bot.agent.llm.turn import ToolUse, TurnAnswer
from bot.core.model_prices import TokenUsage, find_price
from bot.core.writer import PENDING_END, LlmCall

if TYPE_CHECKING:
    from ssl import SSLContext

    from anthropic import AsyncAnthropic
    from httpx2 import Request

log = logging.getLogger(__name__)

ANTHROPIC_URL = "https://api.anthropic.com"
MAX_CONNECTIONS = 500
CALLS_PER_POOL = 10  # a pool looks at each of its connections twice for a call
UNPROXIED_HOSTS = ("all://localhost", "all://127.0.0.1", "all://[::1]")  # never use a proxy
CONNECT_TIMEOUT, LOOKUP_TIMEOUT = 10.0, 15.0  # seconds, to connect and to look up a model
READ_TIMEOUT = (
    40.0  # seconds without a byte. Anthropic's server sends pings, a local one may send nothing
)
T = TypeVar("T", bound=BaseModel)
MAX_MISTAKES = 10  # validation errors sent back to the model at once
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
    sent: bytes = b""  # the request's own; a text would be a second copy while the AI answers
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
        if self.on_receipt is not None:
            text = body.decode()
            fields = {"writer": self.name, "sent": text, "to": to, "at": self.at, "call": self.id}
            self.is_reserving = True
            try:
                await self.on_receipt(LlmCall(ended=PENDING_END, exact=False, **fields))
            except Exception as error:
                self.blocked_by = error
                raise
            self.is_reserving = False
        self.sent, self.to = body, to

    def clear_outgoing(self) -> None:
        """Forget the recorded bytes, because no connection was made."""
        self.sent, self.to = b"", None

    def add_event(self, event: Any) -> None:
        """Read one event of the stream."""
        kind = event.get("type")
        if kind == "message_start":
            self.is_started = True
            self._count(event["message"].get("usage"))
        elif kind == "message_delta":
            delta = event["delta"]
            self.stop_reason = delta.get("stop_reason") or self.stop_reason
            self.category = (delta.get("stop_details") or {}).get("category")
            self._count(event.get("usage"))
        elif kind == "content_block_start":
            self._start_block(event.get("index", 0), event["content_block"])
        elif kind == "content_block_delta" and event["delta"].get("type") in DELTA_FIELDS:
            name = DELTA_FIELDS[event["delta"]["type"]]
            block = self.blocks.setdefault(event.get("index", 0), {"type": "text", "text": ""})
            piece = event["delta"].get(name) or ""
            block[name] = (block.get(name) or "") + piece
            if name == "text":
                self.text += piece

    def _start_block(self, index: int, block: dict[str, Any]) -> None:
        kind = block.get("type")
        kept = {name: block.get(name) for name in KEPT_FIELDS.get(kind or "", ())}
        self.blocks[index] = {"type": kind, **kept}
        self.text += kept.get("text") or ""

    def _count(self, usage: dict[str, Any] | None) -> None:
        """Update the token counts. Each count is a total so far; a missing one keeps its value."""
        usage, tokens = usage or {}, self.tokens
        tokens.fresh = _read_count(usage, "input_tokens", tokens.fresh)
        tokens.written = _read_count(usage, "cache_creation_input_tokens", tokens.written)
        hour = usage.get("cache_creation") or {}
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
            sent=self.sent.decode(),
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


def _read_count(counts: dict[str, Any], name: str, before: int) -> int:
    value = counts.get(name)
    return value if isinstance(value, int) else before


@dataclass
class ConnectionPool:
    """A client with its connections, and how many calls use it now."""

    client: "AsyncAnthropic"
    calls: int = 0


class AnthropicClient:
    """Connection pools for each event loop, kept until `close`."""

    def __init__(
        self, *, key: str | None, base_url: str | None, now: Callable[[], datetime], deadline: float
    ):
        self._key = SecretStr(key or "none")  # the SDK requires a key, a local server does not
        self._url = (base_url or ANTHROPIC_URL).rstrip("/").removesuffix("/v1")
        self._now, self._deadline = now, deadline
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, list[ConnectionPool]]
        self._pools = WeakKeyDictionary()

    @cached_property
    def _ssl_context(self) -> "SSLContext":
        """What all pools share: it reads the certificates of the machine."""
        from httpx2 import create_ssl_context

        return create_ssl_context()

    @property
    def is_anthropic(self) -> bool:
        """Whether this is Anthropic's own server."""
        return self._url == ANTHROPIC_URL

    def display_name(self, name: str) -> str:
        """The name of a model as people read it."""
        return "Claude" if self.is_anthropic or name.startswith("claude") else name

    async def stream(self, request: LlmRequest, call: StreamingCall) -> None:
        """Send a request and read its answer into the call. Raises LlmError for every way in which
        the stream can break."""
        await self.client()
        from anthropic import APIError, AsyncStream
        from httpx2 import HTTPError, StreamError

        display_name, token = self.display_name(call.name), current_call.set(call)
        pool = self._choose_pool()
        pool.calls += 1
        try:
            # `messages.create` would copy the whole body once more, and make objects of the events.
            async with await pool.client.post(
                "/v1/messages",
                content=_encode_body(request),
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            ) as response:
                call.request_id = response.response.headers.get("request-id")
                async for event in response:
                    call.add_event(event)
        except APIError as error:
            if call.blocked_by is not None:
                raise call.blocked_by from None
            raise self._map_error(error, call) from None
        except (HTTPError, StreamError) as error:
            raise failures.build_unreachable_error(
                display_name, f"broke off: {type(error).__name__}"
            ) from None
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            raise failures.build_unreachable_error(
                display_name, f"garbled: {type(error).__name__}"
            ) from None
        finally:
            pool.calls -= 1
            current_call.reset(token)

    async def look_up(self, name: str) -> Any:
        """The server's description of a model: a ModelInfo, in which servers other than Anthropic's
        may leave out fields. Raises LlmError."""
        client = await self.client()
        from anthropic import APIError

        try:
            return await client.models.retrieve(name, timeout=LOOKUP_TIMEOUT)
        except APIError as error:
            raise self._map_error(error, StreamingCall(name, self._now())) from None
        except ValueError:
            raise failures.build_unreachable_error(self.display_name(name), "garbled") from None

    async def client(self) -> "AsyncAnthropic":
        """Return the client of this event loop. The first call imports the SDK in a thread."""
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            await asyncio.to_thread(importlib.import_module, "anthropic.resources.messages")
        if loop not in self._pools:
            self._pools[loop] = [ConnectionPool(self._connect())]
        return self._pools[loop][0].client

    def _choose_pool(self) -> ConnectionPool:
        """Return the first pool with room, else a new one, else the one with the fewest calls."""
        pools = self._pools[asyncio.get_running_loop()]
        free = next((pool for pool in pools if pool.calls < CALLS_PER_POOL), None)
        if free is None and len(pools) < MAX_CONNECTIONS // CALLS_PER_POOL:
            free = ConnectionPool(self._connect())
            pools.append(free)
        return free or min(pools, key=lambda pool: pool.calls)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        for pool in self._pools.pop(asyncio.get_running_loop(), ()):
            await pool.client.close()

    def _connect(self) -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient, Timeout
        from httpx2 import Limits

        for logger_name in ("anthropic", "httpx2"):  # they log request bodies and URLs
            logging.getLogger(logger_name).setLevel(logging.WARNING)
        read_timeout = min(READ_TIMEOUT, self._deadline) if self.is_anthropic else self._deadline
        timeout = Timeout(self._deadline, connect=CONNECT_TIMEOUT, read=read_timeout)
        return AsyncAnthropic(
            api_key=self._key.get_secret_value(),
            base_url=self._url,
            max_retries=0,
            timeout=timeout,
            open_telemetry=False,
            http_client=DefaultAsyncHttpxClient(
                verify=self._ssl_context,
                timeout=timeout,
                limits=Limits(
                    max_connections=CALLS_PER_POOL, max_keepalive_connections=CALLS_PER_POOL // 5
                ),
                follow_redirects=False,
                mounts=dict.fromkeys(UNPROXIED_HOSTS),
                event_hooks={"request": [_record_request]},
            ),
        )

    def _map_error(self, error: Any, call: StreamingCall) -> LlmError:
        """Convert an error of the SDK into an LlmError that quotes nothing of the request."""
        from anthropic import APIStatusError
        from httpx2 import ConnectError, ConnectTimeout, PoolTimeout

        display_name = self.display_name(call.name)
        if isinstance(error, APIStatusError):
            call.request_id, call.is_declined = (
                error.request_id or call.request_id,
                not call.is_started,
            )
            refusal = ErrorResponse(
                status=error.status_code,
                type=error.type,
                code=error.error_code,
                message=error.message,
                retry_after=failures.parse_retry_after(
                    error.response.headers.get("retry-after"), self._now()
                ),
                request_id=call.request_id,
            )
            return refusal.to_error(display_name, call.name)
        cause = error.__cause__ or error
        if isinstance(cause, ConnectError | ConnectTimeout | PoolTimeout):
            call.clear_outgoing()
        return failures.build_unreachable_error(
            display_name, f"unreachable: {type(cause).__name__}"
        )


def _encode_body(request: LlmRequest) -> bytes:
    whole = {**request.body(), "stream": True}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


async def _record_request(request: "Request") -> None:
    """httpx hook that runs last before a request is sent: the receipt shows exactly these bytes."""
    if call := current_call.get(None):
        url = urlsplit(str(request.url))
        port = url.port or (443 if url.scheme == "https" else 80)
        await call.record_outgoing(request.content, f"{url.hostname}:{port}")
