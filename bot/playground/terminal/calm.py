"""Waits until a local Slack has come to rest."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.playground.slack import LocalSlack
from bot.playground.workspace import Change

STEP = 0.02
AtWork = Callable[[], Awaitable[bool]]


async def nobody() -> bool:
    """Nothing is under way that could be waited for."""
    return False


class Calm:
    """Knows when something last changed."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self._last = 0.0
        self.leave = slack.listen(self._note)

    async def settled(self, quiet: float, most: float, at_work: AtWork = nobody) -> bool:
        """Waits for `quiet` seconds without a change, an event under way, or work that shows.

        False when `most` seconds were not enough.
        """
        began = time.monotonic()
        while time.monotonic() - began < most:
            still = time.monotonic() - max(self._last, began) >= quiet
            if still and not self.slack.courier.busy and not await at_work():
                return True
            await asyncio.sleep(STEP)
        return False

    def _note(self, _: Change) -> None:
        self._last = time.monotonic()
