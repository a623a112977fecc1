"""What the browser fetches: the page, its bundle, and files that were shared."""

from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from bot.playground.page.live import Live
from bot.playground.slack import LocalSlack

BUNDLE = Path(__file__).parent / "bundle"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
NOT_BUILT = "The page is not built: run `make web`."


class Site:
    """Routes beside the Web API's. Only this machine's own browser is answered."""

    def __init__(self, slack: LocalSlack, live: Live) -> None:
        self.slack = slack
        self.live = live

    def add_to(self, application: web.Application) -> None:
        application.router.add_get("/", self.page)
        application.router.add_get("/page/live", self.socket)
        application.router.add_get("/page/file/{id}", self.file)
        application.router.add_get("/page/{name}", self.bundled)
        application.on_shutdown.append(lambda _: self.live.close())

    async def page(self, request: web.Request) -> web.Response:
        demand_local(request)
        return _sent(BUNDLE / "index.html", "text/html")

    async def bundled(self, request: web.Request) -> web.Response:
        demand_local(request)
        path = BUNDLE / request.match_info["name"]
        kind = TYPES.get(path.suffix)
        if kind is None or path.parent != BUNDLE:
            raise web.HTTPNotFound()
        return _sent(path, kind)

    async def file(self, request: web.Request) -> web.Response:
        """A shared file's bytes; only pictures are shown, everything else is downloaded."""
        demand_local(request)
        file = self.slack.files.get(request.match_info["id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound()
        kind = str(file.as_slack()["mimetype"])
        headers = HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
        if kind not in PICTURES:
            kind = "application/octet-stream"
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=file.content, content_type=kind, headers=headers)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        demand_local(request)
        return await self.live.serve(request)


def demand_local(request: web.Request) -> None:
    """Another site in the same browser must not get in: not by its own name, not by a script."""
    name = request.host.rpartition(":")[0] or request.host
    origin = request.headers.get("Origin")
    if name not in ("127.0.0.1", "localhost") or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden()


def _sent(path: Path, kind: str) -> web.Response:
    if not path.is_file():
        status = HTTPStatus.SERVICE_UNAVAILABLE if kind == "text/html" else HTTPStatus.NOT_FOUND
        return web.Response(status=status, text=NOT_BUILT)
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)
