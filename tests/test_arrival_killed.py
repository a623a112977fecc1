"""A dropped file whose process is killed …"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.play.message import Message
from bot.play.slack import LocalSlack
from tests.interns import Intern

MARIE, MARKETING = "UMARIE", "C0MARKET"
FEW, ROWS = 100, 40_000
ASKS = "'action_id': 'take_in'"


def orders(first: int, count: int) -> bytes:
    """So many orders of one line each."""
    lines = ["Order,Date,Customer,SKU,Quantity,Amount,Currency"]
    for number in range(first, first + count):
        day = f"2026-{number % 9 + 1:02}-{number % 28 + 1:02}"
        lines.append(f"O-{number},{day},c-{number % 9_000},P-{number % 300},1,49.90,EUR")
    return "\n".join(lines).encode()


class Shop:
    """A local Slack, an intern of its own, and a look at the rows from outside."""

    def __init__(self, slack: LocalSlack, home: Path) -> None:
        self.slack, self.home = slack, home
        slack.people[MARIE].locale = "en-GB"
        self.intern = Intern(slack, home)

    async def start(self) -> None:
        await self.intern.start()
        self.slack.events_url = self.intern.url

    async def drop(self, name: str, content: bytes) -> None:
        text = f"<@{self.slack.bot_user}> our orders"
        await self.slack.say(MARIE, MARKETING, text, files=[(name, content)])

    def cards(self, name: str) -> list[Message]:
        ours = [m for m in self.slack.transcript(MARKETING) if m.bot_id == self.slack.bot_id]
        return [one for one in ours if name in str(one.blocks) and not one.files]

    async def says(self, name: str, words: str) -> Message:
        """The one card of this file, once it says these words."""
        await self.slack.until(lambda: any(words in str(m.blocks) for m in self.cards(name)), 60)
        (card,) = self.cards(name)
        return card

    def read(self, question: str) -> list[tuple[object, ...]]:
        path = self.home / "super-intern.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as rows:
            return rows.execute(question).fetchall()

    def state(self, name: str) -> str:
        found = self.read(f"SELECT state FROM arrivals WHERE name = '{name}'")
        return str(found[0][0]) if found else ""

    def listing(self) -> list[tuple[object, ...]]:
        """The library's files in force, each with its rows, and whether it is on the disk."""
        told = self.read(
            "SELECT kind, path, rows FROM holdings WHERE retired_at IS NULL ORDER BY path"
        )
        return [(*one, (self.home / str(one[1])).is_file()) for one in told]

    def rows(self) -> int:
        return sum(int(str(rows)) for _, _, rows, _ in self.listing())

    async def kill_when(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not met():  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        await self.intern.kill()


@pytest.mark.timeout(150)
async def test_ends_all_the_same_and_its_rows_are_in_once(tmp_path: Path) -> None:
    async with LocalSlack(signing_secret="killed") as slack:
        shop = Shop(slack, tmp_path)
        await shop.start()
        try:
            await first_rows(shop)
            before = shop.listing()
            await shop.drop("large.csv", orders(FEW, ROWS))
            card = await shop.says("large.csv", ASKS)
            assert (await slack.click(MARIE, MARKETING, card.ts, "take_in")).ok
            await shop.kill_when(lambda: shop.state("large.csv") == "taking")
            assert shop.listing() == before
            await shop.start()
            await shop.kill_when(lambda: shop.state("large.csv") == "storing")
            assert shop.rows() in (FEW, FEW + ROWS)  # all or none of them
            await shop.start()
            await shop.says("large.csv", f"{ROWS:,} rows are in: {ROWS:,} new, 0 replaced.")
        finally:
            await shop.intern.kill()
        kept = shop.listing()
        assert set(before) <= set(kept)
        assert shop.rows() == FEW + ROWS
        assert all(there for *_, there in kept)
        assert not list((tmp_path / "arrivals").iterdir())


async def first_rows(shop: Shop) -> None:
    """The library as it was before."""
    await shop.drop("first.csv", orders(0, FEW))
    card = await shop.says("first.csv", ASKS)
    assert (await shop.slack.click(MARIE, MARKETING, card.ts, "take_in")).ok
    await shop.says("first.csv", f"{FEW} rows are in")
