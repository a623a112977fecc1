"""What happens after an answer to Slack: kept until it is done, and waited for at the end."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot.errors import told_where

log = logging.getLogger("bot.slack")


class Later:
    """Nothing that must not be lost belongs here: that is a job."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin this now, and let the answer go first."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self, seconds: float = 5.0) -> None:
        """Wait for what is under way, and end what takes longer."""
        if self._tasks:
            _, slow = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in slow:
                task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("after an answer: %s", told_where(bug))
