"""POST /library/KIND: signed rows, one JSON object a line. The response is sent after the
commit."""

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.config.clock import now
from bot.data.ingest.live.queue import LiveQueue
from bot.data.ingest.live.receiver import ReceivedBatch
from bot.data.schema import load_kinds
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.web.server import BodyReader, mark_verified

MOST_AGE = timedelta(minutes=5)  # older requests may be replayed ones
SIGNATURE_PREFIX = "v1="
TIMESTAMP_PATTERN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def derive_live_key(ours: bytes, workspace: str | None) -> str:
    """Return the signing key, 64 hex digits, derived from SUPER_INTERN_KEY (`ours`) by HKDF-SHA256
    (RFC 5869). With a workspace, the key is valid for that one only; without, for the only one
    there is."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    meant = f"super-intern live rows {workspace or ''}".strip()
    return HKDF(SHA256(), 32, salt=None, info=meant.encode()).derive(ours).hex()


@dataclass(frozen=True)
class SignedRequest:
    """The signed content of a request. `workspace` is the header's value, or "" without one. The
    verifier refuses dots in kind and workspace, so that no two requests sign the same bytes."""

    timestamp: str
    kind: str
    workspace: str
    body: bytes

    def signed(self) -> bytes:
        told = ".".join((self.timestamp, self.kind, self.workspace, ""))
        return told.encode("utf-8", "replace") + self.body


def sign_request(key: str, request: SignedRequest) -> str:
    """Return `v1=` and 64 hex digits over `timestamp.kind.workspace.body`. The key is used as its
    hex text, as `openssl dgst -hmac` does."""
    return SIGNATURE_PREFIX + hmac.new(key.encode(), request.signed(), hashlib.sha256).hexdigest()


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Return whether the request was signed within MOST_AGE. `timestamp` is in seconds since 1970,
    with or without decimals."""
    if not TIMESTAMP_PATTERN.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - float(timestamp)) <= MOST_AGE.total_seconds()


def is_valid_signature(key: str, request: SignedRequest, given: str) -> bool:
    """Return whether the signature is valid, in constant time."""
    wanted = sign_request(key, request)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


# The route and its responses.

log = logging.getLogger("bot.live")

TIMESTAMP_HEADER = "X-Super-Intern-Timestamp"
SIGNATURE_HEADER = "X-Super-Intern-Signature"
WORKSPACE_HEADER = "X-Super-Intern-Workspace"
MOST_REJECTS_LISTED = 100  # rejects in one response; the others are only counted
SIGNATURE_PATTERN = re.compile(re.escape(SIGNATURE_PREFIX) + "[0-9a-f]{64}")
WORKSPACE_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a workspace
MOST_CONCURRENT_BODIES = 2  # bodies read at once, since this process also answers Slack


BAD_SIGNATURE = Words("The signature is missing or does not fit.")


class RequestRefused(Exception):
    """An error response. `words` are for the developer of the sender."""

    def __init__(self, status: int, words: Words) -> None:
        super().__init__(status)
        self.status, self.words = status, words


def add_library_route(site: web.Application, live: LiveQueue) -> None:
    """Add the route to the site that also answers Slack."""
    turn, bodies = asyncio.Semaphore(MOST_CONCURRENT_BODIES), BodyReader()

    async def post_rows(request: web.Request) -> web.StreamResponse:
        """Answer every error with its reason as JSON."""
        kind = request.match_info["kind"]
        try:
            workspace, signed = await _verify_request(request, live, bodies)
            async with turn:
                received = await asyncio.to_thread(
                    live.receive, workspace, kind, signed.body, stamp=signed.timestamp
                )
        except RequestRefused as no:
            status, words = no.status, no.words
        except CannotDo as reason:
            status, words = 422, reason.words
        except tuple(UNREAD_BODIES) as error:
            status, words = error.status, UNREAD_BODIES[type(error)]
        else:
            status = 200 if received.rows else 422
            return web.json_response(_response_body(received), status=status)
        return web.json_response({"error": words.to("en")}, status=status)

    site.router.add_post("/library/{kind}", post_rows)


UNREAD_BODIES: Mapping[type[web.HTTPException], Words] = {
    web.HTTPRequestEntityTooLarge: Words("A body has at most 2 MB. Send several."),
    web.HTTPRequestTimeout: Words(
        "The body took more than 10 seconds to arrive. Send less at once."
    ),
    web.HTTPServiceUnavailable: Words("Too much is arriving at once. Send it again in a moment."),
}


async def _verify_request(
    request: web.Request, live: LiveQueue, bodies: BodyReader
) -> tuple[str, SignedRequest]:
    """Return the workspace and the content of a correctly signed request. The body is not read when
    its headers are invalid."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise RequestRefused(415, Words("Send the body as it is, not compressed."))
    stamp, given, named = _read_headers(request)
    body = await bodies.read(request)
    signed = SignedRequest(stamp, request.match_info["kind"], named or "", body)
    try:
        key = await asyncio.to_thread(live.row_store.key)
    except CannotDo as reason:  # it names our folders, and the sender is not authenticated yet
        log.error("live rows: %s", reason.words.to("en"))
        raise RequestRefused(
            503, Words("No rows can be taken in now. The log here says why.")
        ) from None
    if not is_valid_signature(derive_live_key(key, named), signed, given):
        raise RequestRefused(401, BAD_SIGNATURE)
    if not is_fresh(stamp, now()):
        raise RequestRefused(401, Words("This was signed more than 5 minutes ago. Sign it again."))
    mark_verified(request)
    if signed.kind not in load_kinds():
        kinds = ", ".join(load_kinds())
        raise RequestRefused(404, Words("There is no such kind. There are: {kinds}.", kinds=kinds))
    workspace = await asyncio.to_thread(_resolve_workspace, live, named)
    return workspace, signed


def _read_headers(request: web.Request) -> tuple[str, str, str | None]:
    """Return the timestamp, the signature and the workspace. Each header must occur at most once
    and be well-formed; otherwise the request is refused."""
    stamps, digests, names = (
        request.headers.getall(one, [])
        for one in (TIMESTAMP_HEADER, SIGNATURE_HEADER, WORKSPACE_HEADER)
    )
    names = [one for one in names if one]
    shaped = (
        len(stamps) == len(digests) == 1
        and len(names) <= 1
        and TIMESTAMP_PATTERN.fullmatch(stamps[0])
        and SIGNATURE_PATTERN.fullmatch(digests[0])
        and all(WORKSPACE_PATTERN.fullmatch(one) for one in names)
    )
    if not shaped:
        raise RequestRefused(401, BAD_SIGNATURE)
    return stamps[0], digests[0], names[0] if names else None


def _resolve_workspace(live: LiveQueue, named: str | None) -> str:
    """Return the workspace that the header names, or the only one there is."""
    if named is None:
        try:
            return live.first()
        except CannotDo:
            raise RequestRefused(
                400,
                Words(
                    "There are several workspaces: name one in the header {name}.",
                    name=WORKSPACE_HEADER,
                ),
            ) from None
    if not live.knows(named):
        raise RequestRefused(404, Words("There is no such workspace."))
    return named


def _response_body(received: ReceivedBatch) -> Mapping[str, Any]:
    return {
        "kind": received.kind,
        "rows": received.rows,
        "again": received.again,
        "rejected": len(received.rejects),
        "rejects": [
            {"line": one.line, "column": one.column, "reason": str(one.reason)}
            for one in received.rejects[:MOST_REJECTS_LISTED]
        ],
        "ignored": received.ignored,
    }
