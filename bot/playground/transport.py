"""Sends events and interactions to the app: as signed HTTP requests or over Socket Mode."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from bot.playground.errors import FaultInjection
from bot.playground.slack_objects import IdGenerator


@dataclass(frozen=True)
class AppResponse:
    """The app's answer to an event or interaction.

    `status` is the HTTP status, 0 if there was no answer; `ms` the duration in milliseconds.
    `error` is the error name that Slack shows: operation_timeout or dispatch_failed.
    `errors` are the validation errors of a form by block_id.
    """

    status: int
    ms: float
    body: Any = None
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged the request in time."""
        return self.error is None


# Socket Mode: the app's WebSocket connections and the envelopes sent over them.

MAX_CONNECTIONS = 10
CLOSE_TIMEOUT = 0.5


@dataclass(eq=False)
class SocketConnection:
    """An open WebSocket and the HTTP request that opened it."""

    socket: web.WebSocketResponse
    request: web.Request


class SocketMode:
    """The app's open WebSocket connections; envelopes are spread over them in turn."""

    def __init__(self, ids: IdGenerator, app: str) -> None:
        self.tickets: set[str] = set()
        self.connections: list[SocketConnection] = []
        self._ids = ids
        self._app = app
        self._round_robin_index = 0
        self._pending_acks: dict[str, tuple[SocketConnection, asyncio.Future[Any]]] = {}

    def issue_ticket(self) -> str:
        """Create a ticket that admits one connection."""
        ticket = self._ids.new_id("S")
        self.tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets or len(self.connections) >= MAX_CONNECTIONS:
            raise web.HTTPForbidden()
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=CLOSE_TIMEOUT)
        await socket.prepare(request)
        connection = SocketConnection(socket, request)
        self.connections.append(connection)
        try:
            await socket.send_json(self._build_hello(request))
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    self._receive_ack(frame.data)
        finally:
            self._remove_connection(connection)
        return socket

    async def send(
        self, kind: str, body: dict[str, Any], seconds: float, retry: int = 0, reason: str = ""
    ) -> AppResponse:
        """Send an envelope over the next connection and wait for its acknowledgement."""
        started = time.perf_counter()
        if not self.connections:
            return AppResponse(0, 0.0, error="dispatch_failed")
        self._round_robin_index += 1
        connection = self.connections[self._round_robin_index % len(self.connections)]
        envelope_id = self._ids.new_id("").lower()
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": body,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if reason else ""}
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending_acks[envelope_id] = (connection, answer)
        try:
            await connection.socket.send_json(envelope)
            response_body = await asyncio.wait_for(answer, seconds)
        except TimeoutError:
            return AppResponse(0, _milliseconds_since(started), error="operation_timeout")
        except ConnectionError:
            return AppResponse(0, _milliseconds_since(started), error="dispatch_failed")
        finally:
            self._pending_acks.pop(envelope_id, None)
        return AppResponse(200, _milliseconds_since(started), response_body)

    def drop_connections(self) -> None:
        """Abort every connection without a closing handshake."""
        for connection in list(self.connections):
            self._remove_connection(connection)
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def close(self) -> None:
        """Close every connection properly, for the server's shutdown."""
        for connection in list(self.connections):
            await connection.socket.close(code=1001)

    def _build_hello(self, request: web.Request) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": request.host, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app},
        }

    def _receive_ack(self, text: str) -> None:
        frame = json.loads(text) if text.startswith("{") else {}
        _, answer = self._pending_acks.get(frame.get("envelope_id", ""), (None, None))
        if answer is not None and not answer.done():
            answer.set_result(frame.get("payload"))

    def _remove_connection(self, connection: SocketConnection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        for used, answer in self._pending_acks.values():
            if used is connection and not answer.done():
                answer.set_exception(ConnectionResetError("the socket was closed"))


def _milliseconds_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


# Delivery of events (with retries), commands and interactions to the app.

ACK_TIMEOUT = 3.0
RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass(eq=False)
class EventDelivery:
    """An event sent to the app and the answer to each attempt; `done` after the last attempt."""

    event_id: str
    type: str
    event: dict[str, Any]
    attempts: list[AppResponse] = field(default_factory=list)
    done: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the app acknowledged an attempt."""
        return any(answer.ok for answer in self.attempts)


class AppTransport:
    """Sends requests to the app. Only events are retried; people see other failures. `events_url`
    gets signed requests; None means Socket Mode. `retry_delays` are the seconds before each retry
    of an event."""

    def __init__(self, signing_secret: str, faults: FaultInjection, sockets: SocketMode) -> None:
        self.events_url: str | None = None
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self.ack_timeout = ACK_TIMEOUT
        self.deliveries: list[EventDelivery] = []
        self.sockets = sockets
        self._secret = signing_secret.encode()
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Cancel all running deliveries and close the HTTP session."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    @property
    def is_busy(self) -> bool:
        """Whether an event still waits for an acknowledgement or a retry."""
        return bool(self._tasks)

    def send_event(self, body: dict[str, Any]) -> EventDelivery:
        """Start the delivery of an event and return without waiting for it."""
        delivery = EventDelivery(body["event_id"], body["event"]["type"], body)
        self.deliveries.append(delivery)
        self._start(self._deliver(delivery))
        return delivery

    async def send_request(self, kind: str, body: dict[str, Any]) -> AppResponse:
        """Send a command (`slash_commands`) or an interaction (`interactive`), without retries."""
        if self.events_url is None:
            return await self.sockets.send(kind, body, self.ack_timeout)
        form = body if kind == "slash_commands" else {"payload": json.dumps(body)}
        return await self._post(urlencode(form), "application/x-www-form-urlencoded", {})

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: EventDelivery) -> None:
        answer = await self._attempt(delivery, 0, "")
        for number, delay in enumerate(self.retry_delays, 1):
            if answer.ok or answer.no_retry:
                break
            await asyncio.sleep(delay)
            answer = await self._attempt(delivery, number, _describe_failure(answer))
        if self._faults.deliver_twice:
            await self._attempt(delivery, 1, "http_timeout")
        if self._faults.deliver_twice_without_headers:
            await self._attempt(delivery, 0, "")
        delivery.done = True

    async def _attempt(self, delivery: EventDelivery, number: int, reason: str) -> AppResponse:
        if self.events_url is None:
            answer = await self.sockets.send(
                "events_api", delivery.event, self.ack_timeout, number, reason
            )
        else:
            headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            text = json.dumps(delivery.event)
            answer = await self._post(text, "application/json", headers if number else {})
        if self._faults.lost_acks and answer.ok:
            self._faults.lost_acks -= 1
            answer = AppResponse(0, answer.ms, error="dispatch_failed")
        delivery.attempts.append(answer)
        return answer

    async def _post(self, text: str, content_type: str, headers: dict[str, str]) -> AppResponse:
        self._session = self._session or aiohttp.ClientSession()
        body, started = text.encode(), time.perf_counter()
        try:
            async with self._session.post(
                self.events_url or "",
                data=body,
                headers=self._build_signed_headers(body) | {"Content-Type": content_type} | headers,
                timeout=aiohttp.ClientTimeout(total=self.ack_timeout),
            ) as response:
                response_body = await response.text()
                status, stop = response.status, response.headers.get("X-Slack-No-Retry") == "1"
        except TimeoutError:
            return AppResponse(0, _milliseconds_since(started), error="operation_timeout")
        except aiohttp.ClientError:
            return AppResponse(0, _milliseconds_since(started), error="dispatch_failed")
        error = None if status == 200 else "dispatch_failed"
        return AppResponse(
            status, _milliseconds_since(started), _parse_body(response_body), error, no_retry=stop
        )

    def _build_signed_headers(self, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))
        signature = hmac.new(self._secret, b"v0:" + now.encode() + b":" + body, hashlib.sha256)
        return {
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": "v0=" + signature.hexdigest(),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }


def _describe_failure(answer: AppResponse) -> str:
    if answer.error == "operation_timeout":
        return "http_timeout"
    return "http_error" if answer.status else "connection_failed"


def _parse_body(response_body: str) -> Any:
    if not response_body:
        return None
    try:
        return json.loads(response_body)
    except json.JSONDecodeError:
        return response_body
