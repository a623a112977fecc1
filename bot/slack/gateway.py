"""What the worker may have done in Slack: show, deliver, tell, read, fetch and attach a file, and
ask who reads what."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.config.access import Admission, Right
from bot.data.ingest.models import Arrival
from bot.delivery.models import Delivery
from bot.messages.outbox import Post
from bot.slack import ephemeral, files, history
from bot.slack.actions import import_rejects
from bot.slack.cards.refresh import Cards
from bot.slack.channel_members import ChannelMembers
from bot.slack.client import NO_MEMBER, Refused, refusal
from bot.slack.delivery import Carrier
from bot.slack.ephemeral import tell_closed
from bot.slack.location import near
from bot.slack.membership import Membership
from bot.slack.notices import notice
from bot.slack.sender import PATIENCE, Poster
from bot.slack.services import SlackServices
from bot.slack.users import People
from bot.tasks.models import Task


class Outside:
    """One for each process that works, which is called `process`. `patience` is the wait before a
    lost post is looked for."""

    def __init__(
        self,
        house: SlackServices,
        people: People | None = None,
        *,
        patience: float = PATIENCE,
        process: str = "",
        membership: Membership | None = None,
    ) -> None:
        self.people = people or People(house.client)
        self.membership = membership or Membership(house, self.people)
        self.poster = Poster(house.database, house.client, self.people, patience, self.membership)
        self._client, self._now, self._enqueue = house.client, house.now, house.enqueue
        self._channel_members = ChannelMembers()
        self._cards = Cards(self.poster, self.membership.policy, house.now, process)
        self._carrier = Carrier(self.poster, house.brand, house.now, house.audience)

    async def show(self, post: str) -> None:
        """Draw a card, once first and then over itself. One that nobody has seen yet is not drawn
        for whoever may not ask here. Raises TryAgain, CannotDo."""
        run = self.poster.database.run
        asked = await run(asked_with, post)
        if asked and await self.admit(*asked) != "admitted":
            await run(Post.settle, post)
        else:
            await self._cards.show(post)

    async def admit(self, workspace: str, person: str, place: Mapping[str, Any]) -> Admission:
        """Whether what this person asked for there may be worked on. A member of ours is told, once
        and alone, that a channel is closed. Raises TryAgain."""
        channel = str(place.get("channel") or "")
        found = await self.membership.admit(workspace, person, [channel])
        if found == "closed":
            thread = place.get("thread")
            await self.poster.database.run(
                tell_closed, self._enqueue, workspace, person, channel, thread, self._now()
            )
        return found

    async def may(self, workspace: str, person: str, right: Right) -> bool:
        """Whether a person has a right. Raises TryAgain."""
        return await self.membership.may(workspace, person, right)

    async def say(self, post: str) -> None:
        """Put a notice up, once. Raises TryAgain, CannotDo."""
        await self.poster.put(post, notice)

    async def deliver(self, delivery: str) -> None:
        """Send an approved version where its delivery says, once. An audience goes out only while
        whoever asked for it may export. Raises TryAgain, CannotDo."""
        row = await self.poster.database.run(lambda session: session.get_one(Delivery, delivery))
        if row.destination.get("kind") == "audience":
            to = str(row.destination.get("to"))
            if not await self.may(row.workspace, to, "export"):
                self.membership.policy(row.workspace).demand(to, "export")
                raise refusal(Refused(NO_MEMBER))
        await self._carrier.deliver(delivery)

    async def tell(self, post: str) -> None:
        """Say a sentence to one person alone. Raises TryAgain."""
        await ephemeral.tell(self.poster, post)

    async def read(self, workspace: str, place: Mapping[str, Any], words: str = "") -> str:
        """The thread around a wish as text, or its channel where the words mean that; "" when
        there is nothing, or when whoever asked does not read that channel."""
        if not history.wanted(place, words) or not await self._reads(workspace, place):
            return ""
        name = partial(self.people.name, workspace)
        return await history.around(self._client, place, words, name)

    async def _reads(self, workspace: str, place: Mapping[str, Any]) -> bool:
        channel, user = str(place.get("channel") or ""), str(place.get("user") or "")
        if channel.startswith("D") or not user:
            return True
        to = (self._client, workspace, user, {channel})
        return bool(await self._channel_members.readable(*to))

    async def locale(self, workspace: str, person: str) -> str | None:
        """`fr-FR`; None when Slack doesn't say."""
        return await self.people.locale(workspace, person)

    async def fetch(self, file: str, name: str, to: Path) -> None:
        """A file that somebody dropped, onto our disk. Raises TryAgain, CannotDo."""
        await files.fetch(self._client, file, name, to)

    def near(self, one: Arrival, other: Arrival) -> bool:
        """Whether two files were dropped at one place."""
        return near(one.place, other.place)

    async def attach(self, arrival: Arrival, path: Path) -> None:
        """What stayed out of a dropped file, once, in its card's thread."""
        await import_rejects.attach(self.poster, arrival, path, self._now())


def asked_with(session: Session, id: str) -> tuple[str, str, dict[str, Any]] | None:
    """Workspace, person and place of what a card is to show, while nobody has seen it. None for
    every other post, and for what comes by itself: its readers are looked at when it is posted."""
    post = session.get(Post, id)
    if post is None or post.kind != "card" or post.ts is not None:
        return None
    arrival = Arrival.of_piece(session, post.piece)
    if arrival is not None:
        return arrival.workspace, arrival.author, arrival.place
    task = session.get(Task, (post.piece or "").rpartition(".")[0])
    return (task.workspace, task.author, task.place) if task and task.typed else None
