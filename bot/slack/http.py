"""The HTTP endpoint for Slack, and the verification of Slack's signature.

The signature is `v0=` and the HMAC-SHA256 of `v0:timestamp:body`.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import log_bug
from bot.web.server import (
    CONNECTION_GUARD,
    MAX_REQUEST_BYTES,
    BodyReader,
    ConnectionGuard,
    HealthCheck,
    RefusalCounter,
    close_unless_verified,
    make_health_route,
    mark_verified,
    remove_version_headers,
)

MAX_SIGNATURE_AGE = 300  # seconds between signing and arrival; an older request may be a replay
TIMESTAMP_FORMAT = re.compile(r"[0-9]{10}")
DIGEST_FORMAT = re.compile(r"v0=[0-9a-f]{64}")


@dataclass(frozen=True)
class RequestSignature:
    """What the two signature headers of a request claim; `matches` verifies it."""

    timestamp: str
    digest: str

    @classmethod
    def read(cls, timestamps: Sequence[str], digests: Sequence[str]) -> "RequestSignature | None":
        """Return the signature from all values of both headers; None unless each header is there
        exactly once and has exactly Slack's format, in ASCII."""
        if len(timestamps) != 1 or len(digests) != 1:
            return None
        if not TIMESTAMP_FORMAT.fullmatch(timestamps[0]) or not DIGEST_FORMAT.fullmatch(digests[0]):
            return None
        return cls(timestamps[0], digests[0])

    def is_fresh(self, now: float) -> bool:
        """Return whether it was made within five minutes of `now`, in seconds since 1970."""
        return abs(now - int(self.timestamp)) <= MAX_SIGNATURE_AGE

    def matches(self, secret: str, body: bytes, now: float) -> bool:
        """Return whether the holder of `secret` signed these bytes just now.

        An empty secret proves nothing. The comparison takes constant time.
        """
        if not secret.strip() or not self.is_fresh(now):
            return False
        return hmac.compare_digest(sign_body(secret, self.timestamp, body), self.digest)


def sign_body(secret: str, timestamp: str, body: bytes) -> str:
    """Return the digest that Slack sends with these bytes."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


# A verified request, parsed from the very bytes that were signed.

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MAX_FORM_FIELDS = 200  # a command has about fifteen
SIGNATURE_HEADERS = ("content-type", "x-slack-request-timestamp", "x-slack-signature")
RETRY_HEADERS = ("x-slack-retry-num", "x-slack-retry-reason")


class SignedRequest(AsyncBoltRequest):
    """A request to Bolt with a verified signature. Only the HTTP layer makes one. Bolt's error
    handler ignores every other request that came over HTTP."""

    def __init__(self, body: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        """Raise ValueError for a body that is neither a JSON object nor a form.

        Headers that Slack does not send are dropped: they are not signed, and Bolt would act on
        some.
        """
        text = body.decode("utf-8")
        kept_headers: dict[str, str | Sequence[str]] = {
            name: headers[name] for name in (*SIGNATURE_HEADERS, *RETRY_HEADERS) if name in headers
        }
        try:
            # The body is passed as a dict, because Bolt loses the fields of a form whose text says
            # "payload".
            super().__init__(
                body=_parse_payload(text, content_type), headers=kept_headers, mode="socket_mode"
            )
        except ValueError:
            raise
        except Exception:  # noqa: BLE001  Bolt looks into fields without asking what they are
            raise ValueError("not in Slack's format") from None
        self.raw_body, self.mode = text, "http"


def is_verified(request: AsyncBoltRequest) -> bool:
    """Return whether Slack certainly sent this: signed over HTTP, or received over our own
    socket."""
    return isinstance(request, SignedRequest) or request.mode == "socket_mode"


def _parse_payload(text: str, content_type: str) -> dict[str, Any]:
    """Return the JSON object of a body, the fields of a form, or the JSON object in the form's
    `payload`."""
    if content_type == JSON:
        return _parse_object(text)
    if content_type != FORM:
        raise ValueError("neither JSON nor a form")
    fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS))
    if not fields:
        raise ValueError("an empty form")
    return _parse_object(fields["payload"]) if "payload" in fields else fields


def _parse_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _refuse(_: str) -> NoReturn:
    raise ValueError("no JSON number")


# Routes: POST /slack/events takes events, commands and interactions; GET /health.


def make_web_app(app: AsyncApp, health: HealthCheck, signing_secret: str) -> web.Application:
    """Build the web application; other routes may be added to it. Without a signing secret every
    request to /slack/events is refused."""
    bodies, refusals = BodyReader(), RefusalCounter("Slack")

    async def events(request: web.Request) -> web.StreamResponse:
        body = await _verified_body(request, signing_secret, bodies)
        if body is None:
            refusals.count()
            return web.Response(status=401)
        try:
            bolt_request = SignedRequest(body, request.content_type, request.headers)
        except ValueError:
            return web.Response(status=400)
        try:
            return await to_aiohttp_response(await app.async_dispatch(bolt_request))
        except Exception as bug:  # noqa: BLE001  its traceback would quote the request
            log_bug(bug)
            return web.Response(status=500)

    site = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[close_unless_verified])
    site[CONNECTION_GUARD] = ConnectionGuard()
    site.on_response_prepare.append(remove_version_headers)
    site.router.add_post("/slack/events", events)
    site.router.add_get("/health", make_health_route(health))
    return site


async def _verified_body(request: web.Request, secret: str, bodies: BodyReader) -> bytes | None:
    """Return the body of a request that Slack signed, else None. A body without a well-formed,
    fresh signature is not read."""
    headers = request.headers
    signature = RequestSignature.read(
        headers.getall("X-Slack-Request-Timestamp", ()), headers.getall("X-Slack-Signature", ())
    )
    if signature is None or not signature.is_fresh(time.time()):
        return None
    body = await bodies.read(request)
    if not signature.matches(secret, body, time.time()):
        return None
    mark_verified(request)
    return body
