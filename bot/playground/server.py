"""The HTTP side of a local Slack: the Web API, uploads, downloads, response URLs, sockets."""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from bot.playground.arguments import Arguments
from bot.playground.board import Board
from bot.playground.methods import METHODS
from bot.playground.mischief import Trouble
from bot.playground.refusals import Refused
from bot.playground.responses import respond
from bot.playground.scopes import check_scope, scopes_for
from bot.playground.workspace import Call

MOST_BODY = 2**30
SIGN_IN = "<!DOCTYPE html><html><title>Sign in | Slack</title><body>Sign in</body></html>"


class Server:
    """Answers the app."""

    def __init__(self, slack: Board, granted: frozenset[str]) -> None:
        self.slack = slack
        self.granted = granted
        self._last_post: dict[str, float] = {}

    def application(self) -> web.Application:
        """The aiohttp application; the playground adds its own routes to it."""
        app = web.Application(client_max_size=MOST_BODY)
        app.router.add_route("*", "/api/socket/", self.slack.sockets.serve)
        app.router.add_post("/api/upload/v1/{file}", self.upload)
        app.router.add_get("/api/files-pri/{file}/{rest:.+}", self.download)
        app.router.add_post("/api/response/{id}", self.response)
        app.router.add_route("*", "/api/{method}", self.api)
        app.on_shutdown.append(lambda _: self.slack.sockets.close())
        return app

    async def api(self, request: web.Request) -> web.StreamResponse:
        """One call of the Web API, with whatever mischief is planned for it."""
        name = request.match_info["method"]
        given, token = await _read(request)
        mischief = self.slack.mischief
        if delay := mischief.delay_of(name):
            await asyncio.sleep(delay)
        trouble = mischief.next_for(name, with_blocks=bool(given.get("blocks")))
        if trouble and trouble.kind == "http_500":
            self._note(name, given, {"ok": False, "error": "internal_error"})
            return web.Response(status=500, text="Internal Server Error")
        answer, status, headers = self._carry_out(name, given, token, trouble)
        self._note(name, given, answer)
        if trouble and trouble.kind == "lose_answer" and request.transport:
            request.transport.abort()
        return web.json_response(answer, status=status, headers=headers)

    async def upload(self, request: web.Request) -> web.Response:
        """Step two of an upload: the bytes."""
        file = self.slack.files.get(request.match_info["file"])
        content = await _bytes(request)
        if file is None or len(content) != file.size:
            return web.Response(status=400, text="bad length")
        file.content = content
        return web.Response(text=f"OK - {file.size}")

    async def download(self, request: web.Request) -> web.Response:
        """A file's bytes; without the bot's token or scope, Slack's page to sign in, with status
        200."""
        file = self.slack.files.get(request.match_info["file"])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = self.slack.installed and "files:read" in self.granted
        if token != self.slack.bot_token or not allowed:
            return web.Response(text=SIGN_IN, content_type="text/html")
        if file is None or file.content is None:
            return web.Response(status=404)
        return web.Response(body=file.content, content_type=file.as_slack()["mimetype"])

    async def response(self, request: web.Request) -> web.Response:
        """An answer to a command or a click through its response_url."""
        given, _ = await _read(request)
        try:
            respond(self.slack, request.match_info["id"], Arguments(given))
        except Refused as refusal:
            self._note("response_url", given, refusal.as_slack())
            status = 400 if refusal.status == 200 else refusal.status
            return web.json_response(refusal.as_slack(), status=status)
        self._note("response_url", given, {"ok": True})
        return web.Response(text="ok")

    def _carry_out(
        self, name: str, given: dict[str, Any], token: str, trouble: Trouble | None
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.granted))}
        try:
            self._check_token(name, token, given)
            self._check_rate(name, given, trouble)
            if trouble and trouble.kind == "fail":
                raise Refused(trouble.error)
            answer = {"ok": True, **METHODS[name].work(self.slack, Arguments(given))}
        except Refused as refusal:
            if "retry_after" in refusal.more:
                headers["Retry-After"] = str(refusal.more.pop("retry_after"))
            return refusal.as_slack(), refusal.status, headers
        return answer, 200, headers

    def _check_token(self, name: str, token: str, given: dict[str, Any]) -> None:
        if name not in METHODS:
            raise Refused("unknown_method", req_method=name)
        method, slack = METHODS[name], self.slack
        if method.caller == "anyone":
            return
        if not token:
            raise Refused("not_authed")
        if token not in (slack.bot_token, slack.app_token):
            raise Refused("invalid_auth")
        if not slack.installed:
            raise Refused("account_inactive")
        if token != (slack.app_token if method.caller == "app" else slack.bot_token):
            raise Refused("not_allowed_token_type")
        check_scope(self.granted, scopes_for(method.scopes, self._kind(name, given)))

    def _kind(self, name: str, given: dict[str, Any]) -> str | None:
        """The kind of place that a call is about; None when it is about none, or about several."""
        if place := self.slack.places.get(str(given.get("channel"))):
            return place.kind
        if name == "conversations.open":
            return "mpim" if len(Arguments(given).names("users")) > 1 else "im"
        return None

    def _check_rate(self, name: str, given: dict[str, Any], trouble: Trouble | None) -> None:
        if trouble and trouble.kind == "ratelimited":
            raise Refused("ratelimited", status=429, retry_after=int(trouble.seconds))
        if name != "chat.postMessage" or not self.slack.mischief.strict_rates:
            return
        channel, now = str(given.get("channel")), time.monotonic()
        if now - self._last_post.get(channel, -1.0) < 1.0:
            raise Refused("ratelimited", status=429, retry_after=1)
        self._last_post[channel] = now

    def _note(self, name: str, given: dict[str, Any], answer: dict[str, Any]) -> None:
        self.slack.calls.append(Call(name, given, answer, time.time()))
        self.slack.changed("call")


async def _read(request: web.Request) -> tuple[dict[str, Any], str]:
    """The arguments and the token of a call, from its address, form or JSON body."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except json.JSONDecodeError:
            body = {}
        given |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        given |= dict(await request.post())
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return given, token or str(given.pop("token", "") or "")


async def _bytes(request: web.Request) -> bytes:
    """An upload's bytes: the whole body, or the first file of a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    for field in (await request.post()).values():
        if isinstance(field, web.FileField):
            return field.file.read()
    return b""
