"""The HTTP server of a local Slack: Web API, uploads and downloads."""

import asyncio
import json
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.playground.errors import ApiRefusal, InjectedFault
from bot.playground.methods import GRANTED_SCOPES, METHODS, MethodArguments, check_scope, scopes_for
from bot.playground.methods.views import FormActions
from bot.playground.user_actions import MessageActions, PressActions
from bot.playground.workspace import ApiCall, SlackWorkspace

MAX_BODY_BYTES = 2**30
SIGN_IN_PAGE = "<!DOCTYPE html><html><title>Sign in | Slack</title><body>Sign in</body></html>"


class ApiServer:
    """Handles the app's HTTP requests. `granted` are the scopes of the app's tokens."""

    def __init__(self, slack: SlackWorkspace, granted: frozenset[str]) -> None:
        self.slack = slack
        self.granted = granted

    def application(self) -> web.Application:
        """Build the aiohttp application; the playground's page adds its own routes to it."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/api/upload/v1/{file}", self.upload)
        app.router.add_get("/api/files-pri/{file}/{rest:.+}", self.download)
        app.router.add_route("*", "/api/{method}", self.api)
        return app

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Handle one Web API call and inject the faults that are planned for it."""
        name = request.match_info["method"]
        arguments, token = await _read_call(request)
        faults = self.slack.faults
        if delay := faults.delay_for(name):
            await asyncio.sleep(delay)
        fault = faults.take_fault(name, with_blocks=bool(arguments.get("blocks")))
        if fault and fault.kind == "http_500":
            self._record_call(name, arguments, {"ok": False, "error": "internal_error"})
            return web.Response(status=500, text="Internal Server Error")
        answer, status, headers = self._run_method(name, arguments, token, fault)
        self._record_call(name, arguments, answer)
        if fault and fault.kind == "lose_answer" and request.transport:
            request.transport.abort()
        return web.json_response(answer, status=status, headers=headers)

    async def upload(self, request: web.Request) -> web.Response:
        """Receive the bytes of a file (step two of an upload)."""
        file = self.slack.files.get(request.match_info["file"])
        content = await _read_upload(request)
        if file is None or len(content) != file.size:
            return web.Response(status=400, text="bad length")
        file.content = content
        return web.Response(text=f"OK - {file.size}")

    async def download(self, request: web.Request) -> web.Response:
        """Return a file's bytes.

        Without the bot's token or scope Slack answers with its sign-in page and status 200."""
        file = self.slack.files.get(request.match_info["file"])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = self.slack.installed and "files:read" in self.granted
        if token != self.slack.bot_token or not allowed:
            return web.Response(text=SIGN_IN_PAGE, content_type="text/html")
        if file is None or file.content is None:
            return web.Response(status=404)
        return web.Response(body=file.content, content_type=file.as_slack()["mimetype"])

    def _run_method(
        self, name: str, arguments: dict[str, Any], token: str, fault: InjectedFault | None
    ) -> tuple[dict[str, Any], int, dict[str, str]]:
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.granted))}
        try:
            self._check_token(name, token, arguments)
            if fault and fault.kind == "ratelimited":
                raise ApiRefusal("ratelimited", status=429, retry_after=int(fault.seconds))
            if fault and fault.kind == "fail":
                raise ApiRefusal(fault.error)
            answer = {"ok": True, **METHODS[name].function(self.slack, MethodArguments(arguments))}
        except ApiRefusal as refusal:
            if "retry_after" in refusal.fields:
                headers["Retry-After"] = str(refusal.fields.pop("retry_after"))
            return refusal.as_slack(), refusal.status, headers
        return answer, 200, headers

    def _check_token(self, name: str, token: str, arguments: dict[str, Any]) -> None:
        if name not in METHODS:
            raise ApiRefusal("unknown_method", req_method=name)
        method, slack = METHODS[name], self.slack
        if not token:
            raise ApiRefusal("not_authed")
        if token != slack.bot_token:
            raise ApiRefusal("invalid_auth")
        if not slack.installed:
            raise ApiRefusal("account_inactive")
        check_scope(self.granted, scopes_for(method.scopes, self._find_place_kind(name, arguments)))

    def _find_place_kind(self, name: str, arguments: dict[str, Any]) -> str | None:
        """Return the kind of place that a call concerns; None if it concerns none or several."""
        if place := self.slack.places.get(str(arguments.get("channel"))):
            return place.kind
        if name == "conversations.open":
            return "mpim" if len(MethodArguments(arguments).read_list("users")) > 1 else "im"
        return None

    def _record_call(self, name: str, arguments: dict[str, Any], answer: dict[str, Any]) -> None:
        self.slack.calls.append(ApiCall(name, arguments, answer, time.time()))
        self.slack.notify_change("call")


async def _read_call(request: web.Request) -> tuple[dict[str, Any], str]:
    """Read a call's arguments and token from its query string, form or JSON body."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except json.JSONDecodeError:
            body = {}
        arguments |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        arguments |= dict(await request.post())
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return arguments, token or str(arguments.pop("token", "") or "")


async def _read_upload(request: web.Request) -> bytes:
    """Read an upload's bytes: the whole body, or the first file of a multipart form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    for field in (await request.post()).values():
        if isinstance(field, web.FileField):
            return field.file.read()
    return b""


HOST = "127.0.0.1"


class LocalSlack(MessageActions, PressActions, FormActions):
    """A strict Slack server on 127.0.0.1, with methods for what people do in Slack.

    Use it as `async with LocalSlack(signing_secret="s") as slack`. The app calls `slack.url`;
    events are sent to `transport.events_url`.
    """

    def __init__(
        self,
        signing_secret: str,
        port: int = 0,
        *,
        bot_token: str = "",
        scopes: frozenset[str] = GRANTED_SCOPES,
    ) -> None:
        super().__init__(signing_secret=signing_secret, bot_token=bot_token)
        self.port = port
        self.server = ApiServer(self, scopes)
        self.application = self.server.application()
        self._runner = web.AppRunner(
            self.application, access_log=None, shutdown_timeout=0.1, handle_signals=False
        )

    @property
    def url(self) -> str:
        """The Web API's base URL, for SLACK_API_URL or a client's base_url."""
        return self.base_url

    async def start(self) -> None:
        """Start the server and bind the port; `url` is valid only after this."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.port).start()
        self.port = self._runner.addresses[0][1]
        self.base_url = f"http://{HOST}:{self.port}/api/"

    async def stop(self) -> None:
        """Cancel all deliveries, then stop the server."""
        await self.transport.close()
        await self._runner.cleanup()

    async def wait_for_deliveries(self, seconds: float = 5) -> None:
        """Wait until no event is under way any more; raise TimeoutError after `seconds`."""
        end = time.monotonic() + seconds
        while self.transport.is_busy:
            if time.monotonic() > end:
                raise TimeoutError(f"events are still being delivered after {seconds} s")
            await asyncio.sleep(0.005)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
