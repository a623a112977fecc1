"""Files dropped in a local Slack beside a real intern process whose database the test reads."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from tests.support.processes import Intern
from tests.support.waiting import wait_until

MARIE, MARKETING = "UMARIE", "C0MARKET"
RIGHTS = f'[access]\nimport = ["{MARIE}"]\nadminister = ["{MARIE}"]\n'
ASKS = "'action_id': 'take_in'"


class Shop:
    """A local Slack, an intern process, and a connection to its database."""

    def __init__(self, slack: LocalSlack, home: Path, **more: str) -> None:
        self.slack, self.home = slack, home
        slack.people[MARIE].locale = "en-GB"
        self.intern = Intern(slack, home, **more)

    async def start(self) -> None:
        policy = self.home / "policy.toml"
        if not policy.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            policy.write_text(RIGHTS)
        await self.intern.start()
        self.slack.transport.events_url = self.intern.url

    async def drop(self, name: str, content: bytes) -> None:
        text = f"<@{self.slack.bot_user}> our orders"
        await self.slack.post_message(MARIE, MARKETING, text, files=[(name, content)])

    async def press(self, card: SlackMessage, action: str) -> bool:
        return (await self.slack.click(MARIE, card.channel, card.ts, action)).ok

    async def take_in(self, name: str, content: bytes, words: str) -> None:
        """Drop the file, confirm the import, and wait until its card contains these words."""
        await self.drop(name, content)
        assert await self.press(await self.says(name, ASKS), "take_in")
        await self.says(name, words)

    def cards(self, name: str) -> list[SlackMessage]:
        ours = [m for m in self.slack.transcript(MARKETING) if m.bot_id == self.slack.bot_id]
        return [one for one in ours if name in str(one.blocks) and not one.files]

    async def says(self, name: str, words: str) -> SlackMessage:
        """The one card of this file, once it contains these words."""
        await wait_until(
            self.slack, lambda: any(words in str(m.blocks) for m in self.cards(name)), 60
        )
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
        """The library's active files, each with its number of rows and whether it exists on
        disk."""
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
