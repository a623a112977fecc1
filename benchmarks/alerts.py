"""Alerts: a file with a fall in it is confirmed in Slack, and the fall is told in its channel."""

import tempfile
import time
from pathlib import Path

from benchmarks.signed import SECRET
from benchmarks.table import Figure
from bot.playground.local_slack import LocalSlack
from tests.support.falling_shop import alerts, before_the_fall
from tests.support.uploads import ASKS, Shop
from tests.support.waiting import wait_until

NAME, PATIENCE = "visits-since.csv", 900.0


async def alerted() -> list[Figure]:
    """Seconds from a person's yes to the alert, with the clock as it is: it looks each minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        fresh = before_the_fall(Path(folder))
        async with LocalSlack(signing_secret=SECRET) as slack:
            shop = Shop(slack, Path(folder), SUPER_INTERN_LOG="ERROR")
            try:
                await shop.start()
                await shop.drop(NAME, fresh)
                card = await shop.says(NAME, ASKS)
                began = time.perf_counter()
                if not await shop.press(card, "take_in"):
                    raise RuntimeError("the yes was not taken")
                await shop.says(NAME, "rows are in")
                taken = time.perf_counter() - began
                await wait_until(slack, lambda: alerts(slack) != [], PATIENCE)
                told = time.perf_counter() - began
            finally:
                await shop.intern.kill()
    rows = fresh.count(b"\n")
    beside = f"the {rows:,} rows are in after {taken:.1f} s; the clock looks each minute"
    return [Figure("a file's yes to the alert of its fall", told, "s", 900, beside)]
