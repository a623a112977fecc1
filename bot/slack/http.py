"""HTTP: POST /slack/events takes events, commands and interactions; GET /health.

A signature is verified here, before anything else is done with a request. What is not signed gets
401 and nothing more: no row, no job, no call, and nothing of it in the log.
"""

import time

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp

from bot.errors import logged
from bot.slack.signature import Signature
from bot.slack.signed_request import SignedRequest
from bot.web.server import (
    CONNECTIONS,
    MOST,
    Bodies,
    Connections,
    Health,
    Refusals,
    close_unless_verified,
    health_route,
    mark_verified,
    without_versions,
)


def make_web(app: AsyncApp, health: Health, signing_secret: str) -> web.Application:
    """The web side; other routes may be added to it. Without a signing secret every request to
    /slack/events is refused."""
    bodies, refusals = Bodies(), Refusals("Slack")

    async def events(request: web.Request) -> web.StreamResponse:
        body = await _verified_body(request, signing_secret, bodies)
        if body is None:
            refusals.note()
            return web.Response(status=401)
        try:
            asked = SignedRequest(body, request.content_type, request.headers)
        except ValueError:
            return web.Response(status=400)
        try:
            return await to_aiohttp_response(await app.async_dispatch(asked))
        except Exception as bug:  # noqa: BLE001  its traceback would quote the request
            logged(bug)
            return web.Response(status=500)

    site = web.Application(client_max_size=MOST, middlewares=[close_unless_verified])
    site[CONNECTIONS] = Connections()
    site.on_response_prepare.append(without_versions)
    site.router.add_post("/slack/events", events)
    site.router.add_get("/health", health_route(health))
    return site


async def _verified_body(request: web.Request, secret: str, bodies: Bodies) -> bytes | None:
    """The body of a request that Slack signed, else None. What has no signature of the right shape
    and age is not even read."""
    headers = request.headers
    signature = Signature.read(
        headers.getall("X-Slack-Request-Timestamp", ()), headers.getall("X-Slack-Signature", ())
    )
    if signature is None or not signature.is_fresh(time.time()):
        return None
    body = await bodies.read(request)
    if not signature.proves(secret, body, time.time()):
        return None
    mark_verified(request)
    return body
