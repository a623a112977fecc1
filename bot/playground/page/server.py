"""Serves the playground's page: its data, fault switches, WebSocket and HTTP routes."""

import asyncio
import contextlib
import json
import os
import re
import sys
import webbrowser
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from bot.playground.block_kit import View
from bot.playground.errors import ApiRefusal, ImpossibleAction
from bot.playground.intern_process import InternProcess, read_clock_offset
from bot.playground.local_slack import LocalSlack
from bot.playground.page.actions import ActionRunner
from bot.playground.page.intern_records import InternRecords
from bot.playground.slack_objects import TEAM_NAME, Place, SlackMessage
from bot.playground.workspace import WorkspaceChange

PageData = dict[str, Any]
KEY = re.compile(r"[!-~]{20,300}")  # of an AI, as people paste it
MAX_MESSAGES = 400  # messages of each place in the first snapshot


def build_snapshot(slack: LocalSlack, user: str) -> PageData:
    """Return all that this person sees now."""
    slack.open_direct_message(user)
    mine = [place for place in slack.places.values() if user in place.members]
    return {
        "team": TEAM_NAME,
        "me": user,
        "bot": slack.bot_user,
        "people": {id: describe_person(slack, id) for id in slack.people},
        "places": [describe_place(slack, place) for place in mine],
        "messages": {place.id: list_messages(slack, place, user) for place in mine},
        "views": list_views(slack, user),
        "home": describe_view(slack.homes.get(user)),
        "statuses": list_statuses(slack),
        "prompts": list_prompts(slack),
    }


def describe_person(slack: LocalSlack, id: str) -> PageData:
    one = slack.people[id]
    return {
        "id": id,
        "name": one.display_name or one.real_name,
        "full": one.real_name,
        "handle": one.name,
        "locale": one.locale,
        "bot": one.is_bot,
    }


def describe_place(slack: LocalSlack, place: Place) -> PageData:
    return {
        "id": place.id,
        "name": place.name,
        "kind": place.kind,
        "members": place.members,
        "with_bot": slack.bot_user in place.members,
    }


def list_messages(slack: LocalSlack, place: Place, user: str) -> list[PageData]:
    found = list(place.by_ts.values())[-MAX_MESSAGES:]
    found += [one for one in place.ephemerals if one.ephemeral_to == user]
    return [describe_message(slack, one) for one in sorted(found, key=lambda one: one.ts)]


def describe_message(slack: LocalSlack, message: SlackMessage) -> PageData:
    shown = message.as_slack(slack.team) | {
        "channel": message.channel,
        "ephemeral": message.ephemeral_to is not None,
    }
    if shown.get("blocks") and message.subtype == "tombstone":
        shown["blocks"] = []
    return shown


def list_views(slack: LocalSlack, user: str) -> list[PageData]:
    return [shown for view in slack.open_views(user) if (shown := describe_view(view))]


def describe_view(view: View | None) -> PageData | None:
    if view is None:
        return None
    return {
        "id": view.id,
        "hash": view.hash,
        "callback_id": view.callback_id,
        "title": view.title,
        "submit": (view.source.get("submit") or {}).get("text"),
        "close": (view.source.get("close") or {}).get("text"),
        "blocks": view.blocks,
        "values": view.values,
        "errors": view.errors,
        "trouble": view.trouble,
    }


def list_statuses(slack: LocalSlack) -> list[PageData]:
    return [
        {"channel": channel, "thread": thread, "status": status}
        for (channel, thread), status in slack.statuses.items()
    ]


def list_prompts(slack: LocalSlack) -> PageData:
    return {channel: prompts for (channel, thread), prompts in slack.prompts.items() if not thread}


# Switches on the page that inject faults.

SLOW_SECONDS = 2.0
REFUSED_CALLS = 3
LOST_ACKS = 2  # because a mention is sent as two events
DAY_SECONDS = 24 * 60 * 60  # seconds
MESSAGE_METHODS = ("chat.postMessage", "chat.update")


class FaultSwitches:
    """The page's fault switches. "twice" and "slow" stay on; the others act once."""

    def __init__(
        self, slack: LocalSlack, child: InternProcess | None, records: InternRecords
    ) -> None:
        self.slack, self.child, self.records = slack, child, records

    def state(self) -> dict[str, Any]:
        """Return the state of the switches and of the intern's process."""
        faults = self.slack.faults
        child = self.child
        return {
            "twice": faults.deliver_twice_without_headers,
            "slow": any(faults.delay_for(method) > 0 for method in MESSAGE_METHODS),
            "refuse": sum(len(faults.planned_faults.get(method, ())) for method in MESSAGE_METHODS),
            "lost": faults.lost_acks,
            "ai": child is not None and child.has_ai,
            "child": child is not None,
            "alive": child is None or child.pid is not None,
            "starts": child.starts if child else 0,
            "ahead": read_clock_offset(child.home) // DAY_SECONDS if child else 0,
        }

    async def set_switch(self, name: str, on: bool) -> None:
        """Set a switch. Raises ImpossibleAction if there is no switch of this name."""
        faults = self.slack.faults
        if name == "twice":
            faults.deliver_twice_without_headers = on
        elif name == "slow":
            for method in MESSAGE_METHODS:
                faults.slow(method, SLOW_SECONDS if on else 0.0)
        elif name == "refuse":
            for method in MESSAGE_METHODS:
                faults.planned_faults[method].clear()
                faults.rate_limit(method, REFUSED_CALLS if on else 0)
        elif name == "drop":
            faults.lost_acks = LOST_ACKS if on else 0
        elif name == "kill" and self.child is not None:
            await self.child.kill()
        elif name == "travel" and self.child is not None:
            now = datetime.now(UTC) + timedelta(seconds=read_clock_offset(self.child.home))
            target = await asyncio.to_thread(self.records.next_digest, now)
            await self.child.advance_clock(int((target - now).total_seconds()))
        else:
            raise ImpossibleAction(f"there is no switch {name!r}")

    async def connect_ai(self, key: str) -> None:
        """Connect Claude with a pasted key, or disconnect it with an empty one. Raises
        ImpossibleAction for what can't be a key."""
        if self.child is None or (key and not KEY.fullmatch(key)):
            raise ImpossibleAction("that is no key")
        await self.child.connect_ai(key)


# The page's WebSocket: sends changes and receives actions.

GATHER_SECONDS = 0.008  # seconds in which changes are collected into one frame
POLL_SECONDS = 0.25  # seconds between reads of the intern's records while the panel is open
REFRESH_SECONDS = 1.0
MAX_FRAME_BYTES = 64 * 2**20
DEFAULT_USER = "UMARIE"


class OpenPages:
    def __init__(self, slack: LocalSlack, records: InternRecords, switches: FaultSwitches) -> None:
        self.slack, self.records, self.switches = slack, records, switches
        self.actions = ActionRunner(slack)
        self.pages: set[BrowserTab] = set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one tab as the person in the query parameter `as`, until it is closed."""
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=MAX_FRAME_BYTES, timeout=0.5)
        await socket.prepare(request)
        user = request.query.get("as", DEFAULT_USER)
        known = user in self.slack.people and not self.slack.people[user].is_bot
        page = BrowserTab(self, socket, user if known else DEFAULT_USER)
        self.pages.add(page)
        try:
            await page.run()
        finally:
            self.pages.discard(page)
        return socket

    async def close(self) -> None:
        for page in list(self.pages):
            with contextlib.suppress(ConnectionError):
                await page.socket.close(code=1001)

    def notify_pages(self) -> None:
        """Send the changed switches to every tab."""
        for page in self.pages:
            page.queue_change(("switches",))


class BrowserTab:
    def __init__(self, pages: OpenPages, socket: web.WebSocketResponse, user: str) -> None:
        self.pages, self.slack, self.socket, self.user = pages, pages.slack, socket, user
        self.language = "en"
        self.watching = False
        self._pending_changes: dict[tuple[Any, ...], None] = {}
        self._has_changes = asyncio.Event()
        self._records_stale = asyncio.Event()
        self._running_actions: set[asyncio.Task[None]] = set()
        self._last_sent = ""
        self._switch_state: dict[str, Any] = {}

    async def run(self) -> None:
        unlisten = self.slack.listen(self._on_change)
        workers = [
            asyncio.create_task(work())
            for work in (self._send_changes, self._poll_records, self._poll_switches)
        ]
        try:
            self._switch_state = self.pages.switches.state()
            whole = build_snapshot(self.slack, self.user)
            more = {
                "commands": self.pages.actions.commands,
                "examples": self.pages.actions.examples,
                "switches": self._switch_state,
            }
            await self._send([{"type": "everything", **whole, **more}])
            async for frame in self.socket:
                if frame.type == WSMsgType.TEXT:
                    self._receive(frame.data)
        finally:
            unlisten()
            for task in [*workers, *self._running_actions]:
                task.cancel()
            await asyncio.gather(*workers, *self._running_actions, return_exceptions=True)

    def queue_change(self, what: tuple[Any, ...]) -> None:
        self._pending_changes[what] = None
        self._has_changes.set()

    def _on_change(self, change: WorkspaceChange) -> None:
        """Queue what must be redrawn. This runs within the change, so it must be quick."""
        self._records_stale.set()
        if change.kind in ("call", "delivery"):
            return
        if change.kind in ("view", "home") and change.user not in (None, self.user):
            return
        if change.kind == "ephemeral" and change.user != self.user:
            return
        if change.channel and change.ts and change.kind != "status":
            self.queue_change(("message", change.channel, change.ts))
        else:
            self.queue_change((change.kind,))

    def _receive(self, text: str) -> None:
        try:
            request = json.loads(text)
        except json.JSONDecodeError:
            return
        if isinstance(request, dict):
            task = asyncio.create_task(self._run_action(request))
            self._running_actions.add(task)
            task.add_done_callback(self._running_actions.discard)

    async def _run_action(self, request: dict[str, Any]) -> None:
        done: dict[str, Any] = {"type": "done", "id": request.get("id"), "error": None}
        try:
            if request.get("do") == "watch":
                self.language = str(request.get("language", "en"))
                self.watching, self._last_sent = bool(request.get("on")), ""
                self._records_stale.set()
            elif request.get("do") == "switch":
                await self.pages.switches.set_switch(
                    str(request.get("name")), bool(request.get("on"))
                )
                self.pages.notify_pages()
            elif request.get("do") == "connect":
                await self.pages.switches.connect_ai(str(request.get("key", "")).strip())
                self.pages.notify_pages()
            else:
                done |= await self.pages.actions.run(self.user, request)
        except (ImpossibleAction, ApiRefusal) as error:
            done["error"] = str(error)
        await self._send([done])

    async def _send_changes(self) -> None:
        while True:
            await self._has_changes.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._has_changes.clear()
            dirty, self._pending_changes = self._pending_changes, {}
            update = [one for what in dirty if (one := self._build_update(what))]
            if update:
                await self._send(update)

    def _build_update(self, what: tuple[Any, ...]) -> dict[str, Any] | None:
        slack, user = self.slack, self.user
        match what:
            case ("message", channel, ts):
                return self._build_message_update(channel, ts)
            case ("view",):
                return {"type": "views", "views": list_views(slack, user)}
            case ("home",):
                return {"type": "home", "home": describe_view(slack.homes.get(user))}
            case ("status",):
                update = {"statuses": list_statuses(slack), "prompts": list_prompts(slack)}
                return {"type": "statuses", **update}
            case ("switches",):
                self._switch_state = self.pages.switches.state()  # compared by _poll_switches
                return {"type": "switches", "switches": self._switch_state}
            case ("place",):
                mine = [place for place in slack.places.values() if user in place.members]
                places = [describe_place(slack, place) for place in mine]
                return {"type": "places", "places": places}
        return None

    def _build_message_update(self, channel: str, ts: str) -> dict[str, Any] | None:
        place = self.slack.places.get(channel)
        if place is None or self.user not in place.members:
            return None
        message = place.find(ts)
        if message is None:
            return {"type": "gone", "channel": channel, "ts": ts}
        if message.ephemeral_to not in (None, self.user):
            return None
        if message.is_reply and message.thread_ts:
            self.queue_change(("message", channel, message.thread_ts))  # its reply count changes
        update = {"type": "message", "message": describe_message(self.slack, message)}
        return update | {"place": describe_place(self.slack, place)}

    async def _poll_records(self) -> None:
        """Send the intern's records when they have changed, while the panel is open."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._records_stale.wait(), REFRESH_SECONDS)
            self._records_stale.clear()
            if self.watching:
                records = await self.pages.records.read(
                    self.slack, self.pages.actions, self.language
                )
                text = json.dumps(records)
                if text != self._last_sent:
                    self._last_sent = text
                    await self._send([{"type": "behind", "behind": records}])
            await asyncio.sleep(POLL_SECONDS)

    async def _poll_switches(self) -> None:
        """Send changed switches; a restart of the intern sends no event in Slack."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self.pages.switches.state() != self._switch_state:
                self.queue_change(("switches",))

    async def _send(self, update: list[dict[str, Any]]) -> None:
        with contextlib.suppress(ConnectionError):
            await self.socket.send_json(update)


# HTTP routes: the page, its bundle and shared files.

BUNDLE = Path(__file__).parent / "bundle"
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
NOT_BUILT_MESSAGE = "The page is not built: run `make web`."


class PageRoutes:
    """The page's HTTP routes. Only requests from a browser on this machine are accepted."""

    def __init__(self, slack: LocalSlack, pages: OpenPages) -> None:
        self.slack = slack
        self.pages = pages

    def add_to(self, application: web.Application) -> None:
        application.router.add_get("/", self.page)
        application.router.add_get("/page/live", self.socket)
        application.router.add_get("/page/file/{id}", self.file)
        application.router.add_get("/page/{name}", self.bundled)
        application.on_shutdown.append(lambda _: self.pages.close())

    async def page(self, request: web.Request) -> web.Response:
        require_local_request(request)
        return _send_file(BUNDLE / "index.html", "text/html")

    async def bundled(self, request: web.Request) -> web.Response:
        require_local_request(request)
        path = BUNDLE / request.match_info["name"]
        kind = CONTENT_TYPES.get(path.suffix)
        if kind is None or path.parent != BUNDLE:
            raise web.HTTPNotFound()
        return _send_file(path, kind)

    async def file(self, request: web.Request) -> web.Response:
        """Return a shared file; images are displayed, everything else is downloaded."""
        require_local_request(request)
        file = self.slack.files.get(request.match_info["id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound()
        kind = str(file.as_slack()["mimetype"])
        headers = SECURITY_HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
        if kind not in PICTURE_TYPES:
            kind = "application/octet-stream"
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=file.content, content_type=kind, headers=headers)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        require_local_request(request)
        return await self.pages.serve(request)


def require_local_request(request: web.Request) -> None:
    """Raise 403 for another Host or Origin: other sites (also by DNS rebinding) have no access."""
    name = request.host.rpartition(":")[0] or request.host
    origin = request.headers.get("Origin")
    if name not in ("127.0.0.1", "localhost") or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden()


def _send_file(path: Path, kind: str) -> web.Response:
    if not path.is_file():
        status = HTTPStatus.SERVICE_UNAVAILABLE if kind == "text/html" else HTTPStatus.NOT_FOUND
        return web.Response(status=status, text=NOT_BUILT_MESSAGE)
    return web.Response(
        body=path.read_bytes(), content_type=kind, charset="utf-8", headers=SECURITY_HEADERS
    )


# Opening the page in the person's browser.


async def open_browser(address: str) -> bool:
    """Open the page and return whether there is a graphical browser.

    A text browser in the terminal would disturb the terminal client."""
    windows = sys.platform == "darwin" or os.environ.get("DISPLAY")
    if not (windows or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return await asyncio.to_thread(webbrowser.open, address)
