"""Switches that make Slack misbehave, and what state they are in."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.playground.child import Child, seconds_ahead
from bot.playground.page.behind import Behind
from bot.playground.refusals import Impossible
from bot.playground.slack import LocalSlack

SLOW_SECONDS = 2.0
REFUSED_CALLS = 3
LOST_ACKS = 2  # a mention is two events
DAY = 24 * 60 * 60  # seconds
DRAWING = ("chat.postMessage", "chat.update")


class Switches:
    """Two stay on until they are switched off; the others happen once."""

    def __init__(self, slack: LocalSlack, child: Child | None, behind: Behind) -> None:
        self.slack, self.child, self.behind = slack, child, behind

    def shown(self) -> dict[str, Any]:
        """How they stand, and how the intern is."""
        mischief = self.slack.mischief
        child = self.child
        return {
            "twice": mischief.deliver_twice_without_headers,
            "slow": any(mischief.delay_of(method) > 0 for method in DRAWING),
            "refuse": sum(len(mischief.planned.get(method, ())) for method in DRAWING),
            "sockets": len(self.slack.sockets.connections),
            "lost": mischief.lost_acks,
            "streams": self._streams(),
            "child": child is not None,
            "alive": child is None or child.pid is not None,
            "starts": child.starts if child else 0,
            "ahead": seconds_ahead(child.home) // DAY if child else 0,
        }

    async def flip(self, name: str, on: bool) -> None:
        """Raises Impossible for a switch that is not there."""
        mischief = self.slack.mischief
        if name == "twice":
            mischief.deliver_twice_without_headers = on
        elif name == "slow":
            for method in DRAWING:
                mischief.slow(method, SLOW_SECONDS if on else 0.0)
        elif name == "refuse":
            for method in DRAWING:
                mischief.planned[method].clear()
                mischief.rate_limit(method, REFUSED_CALLS if on else 0)
        elif name == "drop" and self.slack.sockets.connections:
            mischief.drop_socket()
        elif name == "drop":  # over HTTP, what breaks is the connection with the answer on it
            mischief.lost_acks = LOST_ACKS if on else 0
        elif name == "streams":
            mischief.end_streams()
        elif name == "kill" and self.child is not None:
            await self.child.kill()
        elif name == "travel" and self.child is not None:
            now = datetime.now(UTC) + timedelta(seconds=seconds_ahead(self.child.home))
            there = await asyncio.to_thread(self.behind.next_digest, now)
            await self.child.travel(int((there - now).total_seconds()))
        else:
            raise Impossible(f"there is no switch {name!r}")

    def _streams(self) -> int:
        places = self.slack.places.values()
        return sum(one.streaming_until is not None for p in places for one in p.by_ts.values())
