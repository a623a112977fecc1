"""A local Slack that reaches the app by Socket Mode: over the app's WebSocket connections."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import IdGenerator
from bot.playground.transport import AppResponse, AppTransport, milliseconds_since
from bot.playground.workspace import ApiCall

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
            return AppResponse(0, milliseconds_since(started), error="operation_timeout")
        except ConnectionError:
            return AppResponse(0, milliseconds_since(started), error="dispatch_failed")
        finally:
            self._pending_acks.pop(envelope_id, None)
        return AppResponse(200, milliseconds_since(started), response_body)

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


class SocketTransport(AppTransport):
    """Sends envelopes over the sockets of the app."""

    def __init__(self, slack: LocalSlack, sockets: SocketMode) -> None:
        super().__init__(slack.signing_secret, slack.faults)
        self.sockets = sockets

    async def send_request(self, kind: str, body: dict[str, Any]) -> AppResponse:
        return await self.sockets.send(kind, body, self.ack_timeout)

    async def send_event_once(self, event: dict[str, Any], number: int, reason: str) -> AppResponse:
        return await self.sockets.send("events_api", event, self.ack_timeout, number, reason)


class SocketSlack(LocalSlack):
    """A local Slack whose app opens sockets with `app_token`."""

    def __init__(self, signing_secret: str, **more: Any) -> None:
        super().__init__(signing_secret, **more)
        self.app_token = f"xapp-{secrets.token_hex(12)}"
        self.sockets = SocketMode(self.ids, self.app)
        self.transport = SocketTransport(self, self.sockets)
        router = self.application.router
        router.add_route("*", "/api/socket/", self.sockets.serve)
        router.add_post("/api/apps.connections.open", self._open_connection)
        self.application.on_shutdown.append(lambda _: self.sockets.close())

    async def _open_connection(self, request: web.Request) -> web.Response:
        """Return a WebSocket URL that is valid for one connection."""
        answer: dict[str, Any] = {"ok": False, "error": "not_allowed_token_type"}
        if request.headers.get("Authorization") == f"Bearer {self.app_token}":
            base = self.base_url.replace("http://", "ws://", 1)
            answer = {"ok": True, "url": f"{base}socket/?ticket={self.sockets.issue_ticket()}"}
        self.calls.append(ApiCall("apps.connections.open", {}, answer, time.time()))
        return web.json_response(answer)
