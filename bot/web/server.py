"""The HTTP server. It limits the length, time and memory of every request, and closes connections
that bring no verified request."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot.errors import locate_bug, log_bug

HealthCheck = Callable[[], Awaitable[Mapping[str, Any]]]  # "ok" in it says whether everything works
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_REQUEST_BYTES = 2 * 1024 * 1024  # for one request
READ_SECONDS = 10.0  # time to read a request, and time until a connection's first verified request
# an idle connection of Slack's is closed after this; proxies close theirs earlier
IDLE_SECONDS = 75.0
# the rest of a refused request is read for this long, so that the client gets its answer
LINGER_SECONDS = 1.0
MAX_HEADERS = 64
# While the unverified bodies in memory exceed MAX_UNVERIFIED_BYTES, a body longer than
# SHORT_BODY_BYTES gets 503. Almost everything that Slack sends is shorter.
MAX_UNVERIFIED_BYTES = 32 * 1024 * 1024
SHORT_BODY_BYTES = 128 * 1024
LOG_INTERVAL_SECONDS = 60.0  # between two log lines about unsigned requests

log = logging.getLogger("bot.slack")
server_log = logging.getLogger("bot.web")


class BodyReader:
    """Reads request bodies within the limits of length, time and memory."""

    def __init__(self) -> None:
        self._held = 0

    async def read(self, request: web.Request) -> bytes:
        """Return the whole body. Raise HTTPException 408, 413 or 503 when it exceeds a limit, 400
        when the body is broken."""
        if (request.content_length or 0) > MAX_REQUEST_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_REQUEST_BYTES)
        body = bytearray()
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for chunk in request.content.iter_any():
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > MAX_REQUEST_BYTES:
                        raise web.HTTPRequestEntityTooLarge(MAX_REQUEST_BYTES)
                    if len(body) > SHORT_BODY_BYTES and self._held > MAX_UNVERIFIED_BYTES:
                        raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"})
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        except (ConnectionError, web.RequestPayloadError):
            raise web.HTTPBadRequest from None
        finally:
            self._held -= len(body)
        return bytes(body)


@dataclass
class ConnectionGuard:
    """Closes each connection that brings no verified request in time, whether its headers or its
    body come slowly or it sends nothing."""

    _verified: set[Any] = field(default_factory=set)
    _since: dict[Any, float] = field(default_factory=dict)

    def verify(self, request: web.Request) -> None:
        """Let the connection of this request stay open, because its signature was verified."""
        request[VERIFIED] = True
        self._verified.add(request.protocol)

    async def watch(self, server: web.Server, seconds: float = READ_SECONDS) -> None:
        """Check the open connections until cancelled."""
        while True:
            await asyncio.sleep(min(0.5, seconds / 2))
            now, open_connections = time.monotonic(), server.connections
            self._verified.intersection_update(open_connections)
            self._since = {one: self._since.get(one, now) for one in open_connections}
            for one, since in self._since.items():
                if one not in self._verified and now - since >= seconds:
                    one.force_close()


@dataclass
class RefusalCounter:
    """Counts requests without a valid signature, and logs the count at most once a minute."""

    name: str
    _count: int = 0
    _logged_at: float | None = None

    def count(self) -> None:
        self._count += 1
        now = time.monotonic()
        if self._logged_at is None or now - self._logged_at >= LOG_INTERVAL_SECONDS:
            log.warning("requests not signed by %s: %d", self.name, self._count)
            self._count, self._logged_at = 0, now


VERIFIED = web.RequestKey("verified", bool)
CONNECTION_GUARD = web.AppKey("connections", ConnectionGuard)


def mark_verified(request: web.Request) -> None:
    """Let the connection of a request with a valid signature stay open."""
    if (connections := request.app.get(CONNECTION_GUARD)) is not None:
        connections.verify(request)


def make_health_route(health: HealthCheck) -> Handler:
    """Build the health route. It answers only yes or no, and runs one check at a time however many
    requests ask."""
    looking: asyncio.Future[Mapping[str, Any]] | None = None

    async def healthy(_: web.Request) -> web.StreamResponse:
        nonlocal looking
        if looking is None or looking.done():
            looking = asyncio.ensure_future(health())
        try:
            well = bool((await asyncio.shield(looking)).get("ok"))
        except Exception as bug:  # noqa: BLE001  whatever it is, we are not well
            log_bug(bug)
            well = False
        return web.json_response({"ok": well}, status=200 if well else 503)

    return healthy


@web.middleware
async def close_unless_verified(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Close the connection after every request whose signature was not verified."""
    try:
        answer = await handler(request)
    except web.HTTPException as refusal:
        if VERIFIED not in request:
            refusal.force_close()
        raise
    if VERIFIED not in request:
        answer.force_close()
    return answer


async def remove_version_headers(_: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["Server"] = "super-intern"


@contextlib.asynccontextmanager
async def start_server(site: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve the application and yield the port that it listens on. A request must arrive within
    READ_SECONDS."""
    runner = web.AppRunner(
        site,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=3,
        keepalive_timeout=IDLE_SECONDS,
        lingering_time=LINGER_SECONDS,
        max_headers=MAX_HEADERS,
        auto_decompress=False,  # the signature covers the bytes as they were sent
        logger=_hide_requests(server_log),
    )
    await runner.setup()
    try:
        assert runner.server is not None
        watching = asyncio.create_task(site[CONNECTION_GUARD].watch(runner.server))
        try:
            await web.TCPSite(runner, host, port).start()
            yield int(runner.addresses[0][1])
        finally:
            watching.cancel()
    finally:
        await runner.cleanup()


class RequestLogFilter(logging.Filter):
    """Lets aiohttp's server log only where a bug was. Invalid HTTP is not logged, and tracebacks
    are removed, because they quote the request."""

    def filter(self, record: logging.LogRecord) -> bool:
        bug = record.exc_info[1] if record.exc_info else None
        if isinstance(bug, HttpProcessingError | ConnectionError):
            return False
        if bug is not None:
            record.msg, record.args = locate_bug(bug), ()
            record.exc_info = record.exc_text = None
        return True


def _hide_requests(logger: logging.Logger) -> logging.Logger:
    if not any(isinstance(one, RequestLogFilter) for one in logger.filters):
        logger.addFilter(RequestLogFilter())
    return logger
