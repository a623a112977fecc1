"""POST /library/KIND: signed rows, one JSON object a line. The answer follows the commit."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.config.clock import now
from bot.data.ingest.live.signature import PREFIX, SECONDS, Said, fresh, holds, live_key
from bot.data.ingest.live_rows import LiveRows, Taken
from bot.data.schema import kinds
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.web.server import Bodies, mark_verified

log = logging.getLogger("bot.live")

STAMP = "X-Super-Intern-Timestamp"
SIGNED = "X-Super-Intern-Signature"
WORKSPACE = "X-Super-Intern-Workspace"
TOLD = 100  # rejects in one answer; the others are counted
DIGEST = re.compile(re.escape(PREFIX) + "[0-9a-f]{64}")
NAMED = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a workspace
AT_ONCE = 2  # bodies read at the same time: Slack is answered by this process too


UNSIGNED = Words("The signature is missing or does not fit.")


class Refused(Exception):
    """An answer that is no; `words` are for whoever built the sender."""

    def __init__(self, status: int, words: Words) -> None:
        super().__init__(status)
        self.status, self.words = status, words


def add_library(site: web.Application, live: LiveRows) -> None:
    """The route, on the site that answers Slack."""
    turn, bodies = asyncio.Semaphore(AT_ONCE), Bodies()

    async def take(request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        workspace, said = await _proved(request, live, bodies)
        async with turn:
            taken = await asyncio.to_thread(
                live.take, workspace, kind, said.body, stamp=said.timestamp
            )
        return web.json_response(_told(taken), status=200 if taken.received.rows else 422)

    site.router.add_post("/library/{kind}", _with_reasons(take))


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _with_reasons(answer: Answer) -> Answer:
    """Every no as JSON with its reason."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except Refused as no:
            return _no(no.status, no.words)
        except CannotDo as reason:
            return _no(422, reason.words)
        except web.HTTPRequestEntityTooLarge:
            return _no(413, Words("A body has at most 2 MB. Send several."))
        except web.HTTPRequestTimeout:
            return _no(
                408, Words("The body took more than 10 seconds to arrive. Send less at once.")
            )
        except web.HTTPServiceUnavailable:
            return _no(503, Words("Too much is arriving at once. Send it again in a moment."))

    return answered


def _no(status: int, words: Words) -> web.Response:
    return web.json_response({"error": words.to("en")}, status=status)


async def _proved(request: web.Request, live: LiveRows, bodies: Bodies) -> tuple[str, Said]:
    """The workspace of a request that is signed as it should be, and what it says. The body of one
    that cannot be is not read."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, Words("Send the body as it is, not compressed."))
    stamp, given, named = _claimed(request)
    body = await bodies.read(request)
    said = Said(stamp, request.match_info["kind"], named or "", body)
    try:
        key = await asyncio.to_thread(live.stocking.key)
    except CannotDo as reason:  # it names our folders, and whoever asks may be anybody
        log.error("live rows: %s", reason.words.to("en"))
        raise Refused(503, Words("No rows can be taken in now. The log here says why.")) from None
    if not holds(live_key(key, named), said, given):
        raise Refused(401, UNSIGNED)
    if not fresh(stamp, now()):
        raise Refused(401, Words("This was signed more than 5 minutes ago. Sign it again."))
    mark_verified(request)
    _demand_kind(said.kind)
    workspace = await asyncio.to_thread(_workspace, live, named)
    return workspace, said


def _claimed(request: web.Request) -> tuple[str, str, str | None]:
    """The timestamp, the signature and the workspace of the headers, each there once at most and
    of its shape; else this cannot be signed."""
    stamps, digests, names = (request.headers.getall(one, []) for one in (STAMP, SIGNED, WORKSPACE))
    names = [one for one in names if one]
    shaped = (
        len(stamps) == len(digests) == 1
        and len(names) <= 1
        and SECONDS.fullmatch(stamps[0])
        and DIGEST.fullmatch(digests[0])
        and all(NAMED.fullmatch(one) for one in names)
    )
    if not shaped:
        raise Refused(401, UNSIGNED)
    return stamps[0], digests[0], names[0] if names else None


def _demand_kind(kind: str) -> None:
    if kind not in kinds():
        raise Refused(
            404, Words("There is no such kind. There are: {kinds}.", kinds=", ".join(kinds()))
        )


def _workspace(live: LiveRows, named: str | None) -> str:
    """The one named in the header, or the only one there is."""
    if named is None:
        try:
            return live.first()
        except CannotDo:
            raise Refused(
                400,
                Words(
                    "There are several workspaces: name one in the header {name}.", name=WORKSPACE
                ),
            ) from None
    if not live.knows(named):
        raise Refused(404, Words("There is no such workspace."))
    return named


def _told(taken: Taken) -> Mapping[str, Any]:
    received = taken.received
    return {
        "kind": received.kind,
        "rows": received.rows,
        "again": taken.again,
        "rejected": len(received.rejects),
        "rejects": [
            {"line": one.line, "column": one.column, "reason": one.reason}
            for one in received.rejects[:TOLD]
        ],
        "ignored": received.ignored,
    }
