"""Slack's own status of a thread while a task is worked on: "is looking at your orders…".

Slack drops a status after two minutes, so it is set again while the work goes on, and cleared at
its end, however it ends.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType

from bot.i18n.messages import Words

REARM_SECONDS = 60.0

ShowStatus = Callable[[str], Awaitable[None]]  # an empty text clears it; never raises


class WorkStatus:
    """The status of one task. `show` sets the text in Slack."""

    def __init__(self, show: ShowStatus, language: str, *, rearm: float = REARM_SECONDS) -> None:
        self._show, self._language, self._rearm = show, language, rearm
        self._words: Words | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def set(self, words: Words) -> None:
        """Show this step from now on. Returns at once."""
        self._words = words
        self._changed.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def __aenter__(self) -> "WorkStatus":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._show("")

    async def _keep(self) -> None:
        while True:
            self._changed.clear()
            if self._words is not None:
                await self._show(self._words.to(self._language))
            # Not `wait_for`: it swallows a cancellation that comes together with a change.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rearm):
                    await self._changed.wait()
