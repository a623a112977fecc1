"""The wire to a server that speaks Claude's API: the only importer of anthropic.

The SDK takes 1.5 s to import, so it loads with the first word, and beside the loop. It may
not retry (the wait is ours to bound), follow a redirect (the receipt names the host), trace,
or log what it sends.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic import BaseModel, SecretStr

from bot.agent.llm import errors as failures
from bot.agent.llm.call import StreamingCall, current_call
from bot.agent.llm.errors import ErrorResponse, LlmError
from bot.agent.llm.request import LlmRequest
from bot.agent.llm.response import require_all_fields

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from httpx2 import Request

log = logging.getLogger(__name__)

ANTHROPIC_URL = "https://api.anthropic.com"
MAX_CONNECTIONS = 500  # connections
UNPROXIED_HOSTS = ("all://localhost", "all://127.0.0.1", "all://[::1]")  # never through a proxy
CONNECT_TIMEOUT, LOOKUP_TIMEOUT = 10.0, 15.0  # seconds, to reach the server and to look a name up
READ_TIMEOUT = (
    40.0  # seconds without a byte; Anthropic's server pings, a local one thinks in silence
)


class AnthropicClient:
    """Connections, one pool for each event loop, kept until `close`."""

    def __init__(
        self, *, key: str | None, base_url: str | None, now: Callable[[], datetime], deadline: float
    ):
        self._key = SecretStr(key or "none")  # a local server wants no key, the SDK does
        self._url = (base_url or ANTHROPIC_URL).rstrip("/").removesuffix("/v1")
        self._now, self._deadline = now, deadline
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncAnthropic]
        self._clients = WeakKeyDictionary()

    @property
    def at_home(self) -> bool:
        """Whether this is Anthropic's own server."""
        return self._url == ANTHROPIC_URL

    def who(self, name: str) -> str:
        """What people call the writer of that name."""
        return "Claude" if self.at_home or name.startswith("claude") else name

    async def pieces(self, letter: LlmRequest, call: StreamingCall) -> AsyncGenerator[None, None]:
        """Sends a letter; yields whenever the text of the call has grown.

        However the stream breaks, it is a Failure.
        """
        client = await self.client()
        from anthropic import APIError
        from httpx2 import HTTPError, StreamError

        who, token = self.who(call.name), current_call.set(call)
        try:
            async with await client.messages.create(**letter.body(), stream=True) as stream:
                call.request_id = stream.response.headers.get("request-id")
                async for event in stream:
                    if call.take(event):
                        yield
        except APIError as error:
            if call.held is not None:
                raise call.held from None
            raise self._understood(error, call) from None
        except (HTTPError, StreamError) as error:
            raise failures.build_unreachable_error(
                who, f"broke off: {type(error).__name__}"
            ) from None
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            raise failures.build_unreachable_error(
                who, f"garbled: {type(error).__name__}"
            ) from None
        finally:
            current_call.reset(token)

    async def look_up(self, name: str) -> Any:
        """What the server says about a name: a ModelInfo, some fields missing on servers that
        are not Anthropic's. Raises Failure."""
        client = await self.client()
        from anthropic import APIError

        try:
            return await client.models.retrieve(name, timeout=LOOKUP_TIMEOUT)
        except APIError as error:
            raise self._understood(error, StreamingCall(name, self._now())) from None
        except ValueError:
            raise failures.build_unreachable_error(self.who(name), "garbled") from None

    async def client(self) -> "AsyncAnthropic":
        """This loop's client; the first one imports the SDK, in a thread."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            await asyncio.to_thread(importlib.import_module, "anthropic.resources.messages")
        if loop not in self._clients:
            self._clients[loop] = self._connect()
        return self._clients[loop]

    async def close(self) -> None:
        """Lets go of this loop's connections."""
        if client := self._clients.pop(asyncio.get_running_loop(), None):
            await client.close()

    def _connect(self) -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient, Timeout
        from httpx2 import Limits

        for loud in ("anthropic", "httpx2"):  # they would log what is sent, and whole addresses
            logging.getLogger(loud).setLevel(logging.WARNING)
        silence = min(READ_TIMEOUT, self._deadline) if self.at_home else self._deadline
        timeout = Timeout(self._deadline, connect=CONNECT_TIMEOUT, read=silence)
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

    def _understood(self, error: Any, call: StreamingCall) -> LlmError:
        """The SDK's error as ours, with nothing of the request in it."""
        from anthropic import APIStatusError
        from httpx2 import ConnectError, ConnectTimeout, PoolTimeout

        who = self.who(call.name)
        if isinstance(error, APIStatusError):
            call.request_id, call.declined = error.request_id or call.request_id, not call.started
            refusal = ErrorResponse(
                status=error.status_code,
                type=error.type,
                code=error.error_code,
                message=error.message,
                after=failures.parse_retry_after(
                    error.response.headers.get("retry-after"), self._now()
                ),
                request_id=call.request_id,
            )
            return refusal.failure(who, call.name)
        cause = error.__cause__ or error
        if isinstance(cause, ConnectError | ConnectTimeout | PoolTimeout):
            call.stays()
        return failures.build_unreachable_error(who, f"unreachable: {type(cause).__name__}")


async def _record_request(request: "Request") -> None:
    """The last look at a request before it goes: its bytes are what the receipt shows."""
    if call := current_call.get(None):
        url = urlsplit(str(request.url))
        port = url.port or (443 if url.scheme == "https" else 80)
        await call.leaves(request.content, f"{url.hostname}:{port}")


@cache
def build_schema(output: type[BaseModel]) -> dict[str, Any]:
    """The form of an answer, as the API wants it."""
    from anthropic import transform_schema

    return transform_schema(require_all_fields(output.model_json_schema()))
