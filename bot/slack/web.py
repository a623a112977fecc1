"""HTTP: POST /slack/events takes events, commands and interactions; GET /health."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

Health = Callable[[], Awaitable[Mapping[str, Any]]]  # "ok" among it says whether all is well
MOST = 2 * 1024 * 1024  # bytes of one request


def make_web(app: AsyncApp, health: Health) -> web.Application:
    """The web side; other routes may be added to it."""

    async def events(request: web.Request) -> web.StreamResponse:
        try:
            asked = await to_bolt_request(request)
        except ValueError:  # neither JSON nor a form: not Slack
            return web.Response(status=400)
        return await to_aiohttp_response(await app.async_dispatch(asked))

    async def healthy(_: web.Request) -> web.StreamResponse:
        found = await health()
        return web.json_response(dict(found), status=200 if found.get("ok") else 503)

    site = web.Application(client_max_size=MOST)
    site.router.add_post("/slack/events", events)
    site.router.add_get("/health", healthy)
    return site
