"""Socket Mode: the connections of the app, and the envelopes that go over them."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from bot.playground.answer import Answer
from bot.playground.stamps import Stamps

MOST_CONNECTIONS = 10
CLOSE_SECONDS = 0.5


@dataclass(eq=False)
class Connection:
    """One open socket and the request it grew from."""

    socket: web.WebSocketResponse
    request: web.Request


class Sockets:
    """The open connections, served in turn."""

    def __init__(self, stamps: Stamps, app: str) -> None:
        self.tickets: set[str] = set()
        self.connections: list[Connection] = []
        self._stamps = stamps
        self._app = app
        self._turn = 0
        self._waiting: dict[str, tuple[Connection, asyncio.Future[Any]]] = {}
        self._came = asyncio.Event()

    def ticket(self) -> str:
        """Lets one connection in."""
        ticket = self._stamps.id("S")
        self.tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets or len(self.connections) >= MOST_CONNECTIONS:
            raise web.HTTPForbidden()
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        connection = Connection(socket, request)
        self.connections.append(connection)
        self._came.set()
        try:
            await socket.send_json(self._hello(request))
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    self._acknowledged(frame.data)
        finally:
            self._gone(connection)
        return socket

    async def send(
        self, kind: str, body: dict[str, Any], seconds: float, retry: int = 0, reason: str = ""
    ) -> Answer:
        """Sends one envelope over the next connection and waits for its acknowledgement."""
        began = time.perf_counter()
        if not self.connections:
            return Answer(0, 0.0, error="dispatch_failed")
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        envelope_id = self._stamps.id("").lower()
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": body,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if reason else ""}
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = (connection, answer)
        try:
            await connection.socket.send_json(envelope)
            said = await asyncio.wait_for(answer, seconds)
        except TimeoutError:
            return Answer(0, _since(began), error="operation_timeout")
        except ConnectionError:
            return Answer(0, _since(began), error="dispatch_failed")
        finally:
            self._waiting.pop(envelope_id, None)
        return Answer(200, _since(began), said)

    async def connected(self, seconds: float = 5, count: int = 1) -> None:
        """Waits until so many connections are open."""
        async with asyncio.timeout(seconds):
            while len(self.connections) < count:
                self._came.clear()
                await self._came.wait()

    async def ask_to_leave(self, reason: str = "refresh_requested") -> None:
        """Sends `disconnect`, as Slack does before it renews its machines."""
        for connection in list(self.connections):
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {}}
            )

    def drop(self) -> None:
        """Breaks every connection without a word."""
        for connection in list(self.connections):
            self._gone(connection)
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def close(self) -> None:
        """Closes every connection, at shutdown."""
        for connection in list(self.connections):
            await connection.socket.close(code=1001)

    def _hello(self, request: web.Request) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": request.host, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app},
        }

    def _acknowledged(self, text: str) -> None:
        frame = json.loads(text) if text.startswith("{") else {}
        _, answer = self._waiting.get(frame.get("envelope_id", ""), (None, None))
        if answer is not None and not answer.done():
            answer.set_result(frame.get("payload"))

    def _gone(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        for used, answer in self._waiting.values():
            if used is connection and not answer.done():
                answer.set_exception(ConnectionResetError("the socket went away"))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
