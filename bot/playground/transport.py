"""Sends events and interactions to the app as signed HTTP requests."""

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

from bot.playground.errors import FaultInjection


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


def milliseconds_since(started: float) -> float:
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
    """Sends signed requests to `events_url`. Only events are retried; people see other failures.
    `retry_delays` are the seconds before each retry of an event."""

    def __init__(self, signing_secret: str, faults: FaultInjection) -> None:
        self.events_url = ""
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self.ack_timeout = ACK_TIMEOUT
        self.deliveries: list[EventDelivery] = []
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
        answer = await self.send_event_once(delivery.event, number, reason)
        if self._faults.lost_acks and answer.ok:
            self._faults.lost_acks -= 1
            answer = AppResponse(0, answer.ms, error="dispatch_failed")
        delivery.attempts.append(answer)
        return answer

    async def send_event_once(self, event: dict[str, Any], number: int, reason: str) -> AppResponse:
        """Send an event. `number` counts its retries, `reason` says why there is one."""
        headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return await self._post(json.dumps(event), "application/json", headers if number else {})

    async def _post(self, text: str, content_type: str, headers: dict[str, str]) -> AppResponse:
        self._session = self._session or aiohttp.ClientSession()
        body, started = text.encode(), time.perf_counter()
        try:
            async with self._session.post(
                self.events_url,
                data=body,
                headers=self._build_signed_headers(body) | {"Content-Type": content_type} | headers,
                timeout=aiohttp.ClientTimeout(total=self.ack_timeout),
            ) as response:
                response_body = await response.text()
                status, stop = response.status, response.headers.get("X-Slack-No-Retry") == "1"
        except TimeoutError:
            return AppResponse(0, milliseconds_since(started), error="operation_timeout")
        except aiohttp.ClientError:
            return AppResponse(0, milliseconds_since(started), error="dispatch_failed")
        error = None if status == 200 else "dispatch_failed"
        return AppResponse(
            status, milliseconds_since(started), _parse_body(response_body), error, no_retry=stop
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
