"""The connection to a server with Claude's API. Only this module imports the `anthropic` SDK.

The import of the SDK takes 1.5 s, so it happens at the first call and in a thread. The SDK must
not retry (we bound the wait), follow a redirect (the receipt names the host), trace, or log what
it sends.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic import SecretStr

from bot.agent.llm import failures
from bot.agent.llm.call import StreamingCall, current_call
from bot.agent.llm.failures import ErrorResponse, LlmError
from bot.agent.llm.request import LlmRequest

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from httpx2 import Request

log = logging.getLogger(__name__)

ANTHROPIC_URL = "https://api.anthropic.com"
MAX_CONNECTIONS = 500
UNPROXIED_HOSTS = ("all://localhost", "all://127.0.0.1", "all://[::1]")  # never use a proxy
CONNECT_TIMEOUT, LOOKUP_TIMEOUT = 10.0, 15.0  # seconds, to connect and to look up a model
READ_TIMEOUT = (
    40.0  # seconds without a byte. Anthropic's server sends pings, a local one may send nothing
)


class AnthropicClient:
    """One connection pool for each event loop, kept until `close`."""

    def __init__(
        self, *, key: str | None, base_url: str | None, now: Callable[[], datetime], deadline: float
    ):
        self._key = SecretStr(key or "none")  # the SDK requires a key, a local server does not
        self._url = (base_url or ANTHROPIC_URL).rstrip("/").removesuffix("/v1")
        self._now, self._deadline = now, deadline
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncAnthropic]
        self._clients = WeakKeyDictionary()

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
        client = await self.client()
        from anthropic import APIError
        from httpx2 import HTTPError, StreamError

        display_name, token = self.display_name(call.name), current_call.set(call)
        try:
            async with await client.messages.create(**request.body(), stream=True) as response:
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
        if loop not in self._clients:
            await asyncio.to_thread(importlib.import_module, "anthropic.resources.messages")
        if loop not in self._clients:
            self._clients[loop] = self._connect()
        return self._clients[loop]

    async def close(self) -> None:
        """Close the connections of this event loop."""
        if client := self._clients.pop(asyncio.get_running_loop(), None):
            await client.close()

    def _connect(self) -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient, Timeout
        from httpx2 import Limits

        for logger_name in (
            "anthropic",
            "httpx2",
        ):  # they log request bodies and URLs
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
                timeout=timeout,
                limits=Limits(
                    max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS // 5
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


async def _record_request(request: "Request") -> None:
    """httpx hook that runs last before a request is sent: the receipt shows exactly these bytes."""
    if call := current_call.get(None):
        url = urlsplit(str(request.url))
        port = url.port or (443 if url.scheme == "https" else 80)
        await call.record_outgoing(request.content, f"{url.hostname}:{port}")
