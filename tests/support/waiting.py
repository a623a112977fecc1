"""Waits for what a local Slack shows."""

import asyncio
import time
from collections.abc import Callable

from bot.playground.workspace import SlackWorkspace


async def wait_until(
    slack: SlackWorkspace, condition: Callable[[], object], seconds: float = 5
) -> None:
    """Wait until the condition is true; raise TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            calls = [f"{one.method} {one.answer.get('error', 'ok')}" for one in slack.calls[-5:]]
            raise TimeoutError(f"condition not met within {seconds} s; last calls: {calls}")
        await asyncio.sleep(0.02)
