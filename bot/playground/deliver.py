"""Carries events, commands, clicks and forms to the app: signed HTTP, or a socket."""

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

from bot.playground.answer import Answer
from bot.playground.mischief import Mischief
from bot.playground.sockets import Sockets

REPLY_SECONDS = 3.0
RETRY_DELAYS = (0.0, 60.0, 300.0)
BETWEEN = 0.002  # seconds, so that shuffled events also arrive in the shuffled order


@dataclass(eq=False)
class Delivery:
    """One event on its way: how often it was tried and what came back."""

    event_id: str
    type: str
    event: dict[str, Any]
    attempts: list[Answer] = field(default_factory=list)
    done: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the app took it."""
        return any(answer.ok for answer in self.attempts)


class Courier:
    """Sends to the app. Only events are tried again; people see when the rest fails."""

    def __init__(self, signing_secret: str, mischief: Mischief, sockets: Sockets) -> None:
        self.events_url: str | None = None
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self.reply_seconds = REPLY_SECONDS
        self.deliveries: list[Delivery] = []
        self.sockets = sockets
        self._secret = signing_secret.encode()
        self._mischief = mischief
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Delivery] = []

    async def close(self) -> None:
        """Stops all that is on its way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    @property
    def busy(self) -> bool:
        """Whether some event still waits for the app's answer or for a retry."""
        return bool(self._tasks)

    def event(self, body: dict[str, Any]) -> Delivery:
        """Puts an event on its way and returns at once."""
        delivery = Delivery(body["event_id"], body["event"]["type"], body)
        self.deliveries.append(delivery)
        if self._mischief.out_of_order:
            self._held.append(delivery)
            if len(self._held) == 1:
                self._start(self._release())
        else:
            self._start(self._deliver(delivery))
        return delivery

    async def ask(self, kind: str, body: dict[str, Any]) -> Answer:
        """Sends a command (`slash_commands`) or an interaction (`interactive`) once."""
        if self.events_url is None:
            return await self.sockets.send(kind, body, self.reply_seconds)
        form = body if kind == "slash_commands" else {"payload": json.dumps(body)}
        return await self._post(urlencode(form), "application/x-www-form-urlencoded", {})

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _release(self) -> None:
        await asyncio.sleep(self._mischief.window)
        held, self._held = self._held, []
        self._mischief.random.shuffle(held)
        for delivery in held:
            self._start(self._deliver(delivery))
            await asyncio.sleep(BETWEEN)

    async def _deliver(self, delivery: Delivery) -> None:
        if self._mischief.late:
            await asyncio.sleep(self._mischief.late)
        answer = await self._attempt(delivery, 0, "")
        for number, delay in enumerate(self.retry_delays, 1):
            if answer.ok or answer.stop:
                break
            await asyncio.sleep(delay)
            answer = await self._attempt(delivery, number, _reason(answer))
        if self._mischief.deliver_twice:
            await self._attempt(delivery, 1, "http_timeout")
        if self._mischief.deliver_twice_without_headers:
            await self._attempt(delivery, 0, "")
        delivery.done = True

    async def _attempt(self, delivery: Delivery, number: int, reason: str) -> Answer:
        if self.events_url is None:
            answer = await self.sockets.send(
                "events_api", delivery.event, self.reply_seconds, number, reason
            )
        else:
            headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            text = json.dumps(delivery.event)
            answer = await self._post(text, "application/json", headers if number else {})
        if self._mischief.lost_acks and answer.ok:
            self._mischief.lost_acks -= 1
            answer = Answer(0, answer.ms, error="dispatch_failed")
        delivery.attempts.append(answer)
        return answer

    async def _post(self, text: str, content_type: str, headers: dict[str, str]) -> Answer:
        self._session = self._session or aiohttp.ClientSession()
        body, began = text.encode(), time.perf_counter()
        try:
            async with self._session.post(
                self.events_url or "",
                data=body,
                headers=self._signed(body) | {"Content-Type": content_type} | headers,
                timeout=aiohttp.ClientTimeout(total=self.reply_seconds),
            ) as response:
                said = await response.text()
                status, stop = response.status, response.headers.get("X-Slack-No-Retry") == "1"
        except TimeoutError:
            return Answer(0, _since(began), error="operation_timeout")
        except aiohttp.ClientError:
            return Answer(0, _since(began), error="dispatch_failed")
        error = None if status == 200 else "dispatch_failed"
        return Answer(status, _since(began), _read(said), error, stop=stop)

    def _signed(self, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))
        signature = hmac.new(self._secret, b"v0:" + now.encode() + b":" + body, hashlib.sha256)
        return {
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": "v0=" + signature.hexdigest(),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }


def _reason(answer: Answer) -> str:
    if answer.error == "operation_timeout":
        return "http_timeout"
    return "http_error" if answer.status else "connection_failed"


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _read(said: str) -> Any:
    if not said:
        return None
    try:
        return json.loads(said)
    except json.JSONDecodeError:
        return said
