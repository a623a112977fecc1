"""A local Slack: a real, strict server on 127.0.0.1, with people in it who write and press."""

import asyncio
import time
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.playground.filling import Filling
from bot.playground.pressing import Pressing
from bot.playground.scopes import GRANTED
from bot.playground.server import Server
from bot.playground.talking import Talking

HOST = "127.0.0.1"


class LocalSlack(Talking, Pressing, Filling):
    """Use it as `async with LocalSlack(signing_secret="s") as slack`.

    The app speaks to `slack.url`; events go to `events_url`, or over the app's sockets
    when that is None.
    """

    def __init__(
        self,
        signing_secret: str,
        port: int = 0,
        *,
        events_url: str | None = None,
        bot_token: str = "",
        app_token: str = "",
        scopes: frozenset[str] = GRANTED,
    ) -> None:
        super().__init__(signing_secret=signing_secret, bot_token=bot_token, app_token=app_token)
        self.events_url = events_url
        self.port = port
        self.server = Server(self, scopes)
        self.application = self.server.application()
        self._runner = web.AppRunner(
            self.application, access_log=None, shutdown_timeout=0.1, handle_signals=False
        )

    @property
    def url(self) -> str:
        """The Web API's address: SLACK_API_URL, or base_url of a client."""
        return self.base_url

    @property
    def events_url(self) -> str | None:
        """Where signed requests go; None means Socket Mode."""
        return self.courier.events_url

    @events_url.setter
    def events_url(self, url: str | None) -> None:
        self.courier.events_url = url

    @property
    def retry_delays(self) -> tuple[float, ...]:
        """How long Slack waits before each further try of an event, in seconds."""
        return self.courier.retry_delays

    @retry_delays.setter
    def retry_delays(self, delays: tuple[float, ...]) -> None:
        self.courier.retry_delays = delays

    async def start(self) -> None:
        """Binds the port; only from here on is `url` right."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.port).start()
        self.port = self._runner.addresses[0][1]
        self.base_url = f"http://{HOST}:{self.port}/api/"

    async def stop(self) -> None:
        """Ends everything that is under way, then the server."""
        await self.courier.close()
        await self._runner.cleanup()

    async def settled(self, seconds: float = 5) -> None:
        """Waits until the app has taken every event, or Slack has given up."""
        end = time.monotonic() + seconds
        while self.courier.busy:
            if time.monotonic() > end:
                raise TimeoutError(f"events are still under way after {seconds} s")
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
