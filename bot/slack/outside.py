"""What the worker may have done in Slack: show, deliver, tell, read, fetch and attach a file, and
ask who reads what."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bot.arrival import Arrival
from bot.slack import arrival_rejects, fetch, read, whispers
from bot.slack.deliver import Carrier
from bot.slack.house import House
from bot.slack.memberships import Memberships
from bot.slack.notices import notice
from bot.slack.people import People
from bot.slack.place import near
from bot.slack.post import PATIENCE, Poster
from bot.slack.show import Cards


class Outside:
    """One for each process that works, which is called `process`. `patience` is the wait before a
    lost post is looked for."""

    def __init__(
        self,
        house: House,
        people: People | None = None,
        *,
        patience: float = PATIENCE,
        process: str = "",
    ) -> None:
        self.people = people or People(house.client)
        self.poster = Poster(house.database, house.client, self.people, patience)
        self._client, self._now = house.client, house.now
        self._memberships = Memberships()
        self._cards = Cards(self.poster, house.policy, house.now, process)
        self._carrier = Carrier(self.poster, house.brand, house.now, house.audience)

    async def show(self, post: str) -> None:
        """Draw a card, once first and then over itself. Raises TryAgain, CannotDo."""
        await self._cards.show(post)

    async def say(self, post: str) -> None:
        """Put a notice up, once. Raises TryAgain, CannotDo."""
        await self.poster.put(post, notice)

    async def deliver(self, delivery: str) -> None:
        """Send an approved version where its delivery says, once. Raises TryAgain, CannotDo."""
        await self._carrier.deliver(delivery)

    async def tell(self, post: str) -> None:
        """Say a sentence to one person alone. Raises TryAgain."""
        await whispers.tell(self.poster, post)

    async def read(self, workspace: str, place: Mapping[str, Any], words: str = "") -> str:
        """The thread around a wish as text, or its channel where the words mean that; "" when
        there is nothing, or when whoever asked does not read that channel."""
        if not read.wanted(place, words) or not await self._reads(workspace, place):
            return ""
        name = partial(self.people.name, workspace)
        return await read.around(self._client, place, words, name)

    async def _reads(self, workspace: str, place: Mapping[str, Any]) -> bool:
        channel, user = str(place.get("channel") or ""), str(place.get("user") or "")
        if channel.startswith("D") or not user:
            return True
        to = (self._client, workspace, user, {channel})
        return bool(await self._memberships.readable(*to))

    async def locale(self, workspace: str, person: str) -> str | None:
        """`fr-FR`; None when Slack doesn't say."""
        return await self.people.locale(workspace, person)

    async def fetch(self, file: str, name: str, to: Path) -> None:
        """A file that somebody dropped, onto our disk. Raises TryAgain, CannotDo."""
        await fetch.fetch(self._client, file, name, to)

    def near(self, one: Arrival, other: Arrival) -> bool:
        """Whether two files were dropped at one place."""
        return near(one.place, other.place)

    async def attach(self, arrival: Arrival, path: Path) -> None:
        """What stayed out of a dropped file, once, in its card's thread."""
        await arrival_rejects.attach(self.poster, arrival, path, self._now())
