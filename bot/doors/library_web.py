"""POST /library/KIND: signed rows, one JSON object a line. The answer follows the commit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.doors.house import now
from bot.doors.live_rows import LiveRows, Taken
from bot.errors import CannotDo
from bot.library.kinds import kinds
from bot.library.live.sign import Said, fresh, holds, live_key
from bot.words import Words

log = logging.getLogger("bot.live")

STAMP = "X-Super-Intern-Timestamp"
SIGNED = "X-Super-Intern-Signature"
WORKSPACE = "X-Super-Intern-Workspace"
TOLD = 100  # rejects in one answer; the others are counted
AT_ONCE = 2  # bodies read at the same time: Slack is answered by this process too


class Refused(Exception):
    """An answer that is no; `words` are for whoever built the sender."""

    def __init__(self, status: int, words: Words) -> None:
        super().__init__(status)
        self.status, self.words = status, words


def add_library(site: web.Application, live: LiveRows) -> None:
    """The route, on the site that answers Slack."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def take(request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        workspace, said = await _proved(request, live)
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

    return answered


def _no(status: int, words: Words) -> web.Response:
    return web.json_response({"error": words.to("en")}, status=status)


async def _proved(request: web.Request, live: LiveRows) -> tuple[str, Said]:
    """The workspace of a request that is signed as it should be, and what it says."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, Words("Send the body as it is, not compressed."))
    body = await request.read()
    named = request.headers.get(WORKSPACE) or None
    stamp, given = request.headers.get(STAMP, ""), request.headers.get(SIGNED, "")
    said = Said(stamp, request.match_info["kind"], named or "", body)
    try:
        key = await asyncio.to_thread(live.stocking.key)
    except CannotDo as reason:  # it names our folders, and whoever asks may be anybody
        log.error("live rows: %s", reason.words.to("en"))
        raise Refused(503, Words("No rows can be taken in now. The log here says why.")) from None
    if not holds(live_key(key, named), said, given):
        raise Refused(401, Words("The signature is missing or does not fit."))
    if not fresh(stamp, now()):
        raise Refused(401, Words("This was signed more than 5 minutes ago. Sign it again."))
    _demand_kind(said.kind)
    workspace = await asyncio.to_thread(_workspace, live, named)
    return workspace, said


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
