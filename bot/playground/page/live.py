"""The page's WebSocket: what changes goes out, what people do comes in."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import WSMsgType, web

from bot.playground.page import shown
from bot.playground.page.behind import Behind
from bot.playground.page.deeds import Deeds
from bot.playground.page.switches import Switches
from bot.playground.refusals import Impossible, Refused
from bot.playground.slack import LocalSlack
from bot.playground.workspace import Change

GATHER = 0.008  # seconds in which changes are gathered into one frame
LOOK = 0.25  # seconds between two looks behind the scenes while somebody watches
PULSE = 1.0
MOST_FRAME = 64 * 2**20
FIRST = "UMARIE"


class Live:
    """All open pages."""

    def __init__(self, slack: LocalSlack, behind: Behind, switches: Switches) -> None:
        self.slack, self.behind, self.switches = slack, behind, switches
        self.deeds = Deeds(slack)
        self.pages: set[Page] = set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One page, as the person in ?as=, until it goes away."""
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=MOST_FRAME, timeout=0.5)
        await socket.prepare(request)
        me = request.query.get("as", FIRST)
        known = me in self.slack.people and not self.slack.people[me].is_bot
        page = Page(self, socket, me if known else FIRST)
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

    def stir(self) -> None:
        """The switches were used: every page shows it."""
        for page in self.pages:
            page.note(("switches",))


class Page:
    """One browser tab."""

    def __init__(self, live: Live, socket: web.WebSocketResponse, me: str) -> None:
        self.live, self.slack, self.socket, self.me = live, live.slack, socket, me
        self.language = "en"
        self.watching = False
        self._dirty: dict[tuple[Any, ...], None] = {}
        self._something = asyncio.Event()
        self._stale = asyncio.Event()
        self._doing: set[asyncio.Task[None]] = set()
        self._seen = ""
        self._how: dict[str, Any] = {}

    async def run(self) -> None:
        unlisten = self.slack.listen(self._changed)
        workers = [asyncio.create_task(work()) for work in (self._flow, self._look, self._pulse)]
        try:
            self._how = self.live.switches.shown()
            whole = shown.everything(self.slack, self.me)
            more = {"commands": self.live.deeds.commands, "switches": self._how}
            await self._send([{"type": "everything", **whole, **more}])
            async for frame in self.socket:
                if frame.type == WSMsgType.TEXT:
                    self._take(frame.data)
        finally:
            unlisten()
            for task in [*workers, *self._doing]:
                task.cancel()
            await asyncio.gather(*workers, *self._doing, return_exceptions=True)

    def note(self, what: tuple[Any, ...]) -> None:
        self._dirty[what] = None
        self._something.set()

    def _changed(self, change: Change) -> None:
        """Cheap and without awaiting: only what is to be drawn again is kept."""
        self._stale.set()
        if change.kind in ("call", "delivery"):
            return
        if change.kind in ("view", "home") and change.user not in (None, self.me):
            return
        if change.kind == "ephemeral" and change.user != self.me:
            return
        if change.channel and change.ts and change.kind != "status":
            self.note(("message", change.channel, change.ts))
        else:
            self.note((change.kind,))

    def _take(self, text: str) -> None:
        try:
            deed = json.loads(text)
        except json.JSONDecodeError:
            return
        if isinstance(deed, dict):
            task = asyncio.create_task(self._act(deed))
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)

    async def _act(self, deed: dict[str, Any]) -> None:
        done: dict[str, Any] = {"type": "done", "id": deed.get("id"), "error": None}
        try:
            if deed.get("do") == "watch":
                self.language = str(deed.get("language", "en"))
                self.watching, self._seen = bool(deed.get("on")), ""
                self._stale.set()
            elif deed.get("do") == "switch":
                await self.live.switches.flip(str(deed.get("name")), bool(deed.get("on")))
                self.live.stir()
            else:
                done |= await self.live.deeds.do(self.me, deed)
        except (Impossible, Refused) as error:
            done["error"] = str(error)
        await self._send([done])

    async def _flow(self) -> None:
        """Sends what changed, gathered for a moment."""
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHER)
            self._something.clear()
            dirty, self._dirty = self._dirty, {}
            news = [one for what in dirty if (one := self._news(what))]
            if news:
                await self._send(news)

    def _news(self, what: tuple[Any, ...]) -> dict[str, Any] | None:
        slack, me = self.slack, self.me
        match what:
            case ("message", channel, ts):
                return self._message(channel, ts)
            case ("view",):
                return {"type": "views", "views": shown.views_of(slack, me)}
            case ("home",):
                return {"type": "home", "home": shown.view_of(slack.homes.get(me))}
            case ("status",):
                news = {"statuses": shown.statuses_of(slack), "prompts": shown.prompts_of(slack)}
                return {"type": "statuses", **news}
            case ("switches",):
                self._how = self.live.switches.shown()  # what this page shows from now on
                return {"type": "switches", "switches": self._how}
            case ("place",):
                mine = [place for place in slack.places.values() if me in place.members]
                places = [shown.place_of(slack, place, me) for place in mine]
                return {"type": "places", "places": places}
        return None

    def _message(self, channel: str, ts: str) -> dict[str, Any] | None:
        place = self.slack.places.get(channel)
        if place is None or self.me not in place.members:
            return None
        message = place.find(ts)
        if message is None:
            return {"type": "gone", "channel": channel, "ts": ts}
        if message.ephemeral_to not in (None, self.me):
            return None
        if message.is_reply and message.thread_ts:
            self.note(("message", channel, message.thread_ts))  # its count of replies
        news = {"type": "message", "message": shown.message_of(self.slack, message)}
        return news | {"place": shown.place_of(self.slack, place, self.me)}

    async def _look(self) -> None:
        """Behind the scenes: read again after something happened, while somebody watches."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), PULSE)
            self._stale.clear()
            if self.watching:
                behind = await self.live.behind.read(self.slack, self.live.deeds, self.language)
                text = json.dumps(behind)
                if text != self._seen:
                    self._seen = text
                    await self._send([{"type": "behind", "behind": behind}])
            await asyncio.sleep(LOOK)

    async def _pulse(self) -> None:
        """The intern's own life has no event in Slack."""
        while True:
            await asyncio.sleep(LOOK)
            if self.live.switches.shown() != self._how:
                self.note(("switches",))

    async def _send(self, news: list[dict[str, Any]]) -> None:
        with contextlib.suppress(ConnectionError):
            await self.socket.send_json(news)
