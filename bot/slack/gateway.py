"""What the worker can do in Slack: draw cards, post notices, deliver, read threads and fetch
files."""

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bot.config.policy import Admission
from bot.data.ingest.models import FileUpload
from bot.delivery.models import Delivery
from bot.i18n.messages import Words
from bot.slack import files, notices, threads
from bot.slack.actions import imports
from bot.slack.cards.renderer import CardRenderer
from bot.slack.client import NO_MEMBER, SlackRefusal, SlackServices, explain_refusal
from bot.slack.delivery import SlackDelivery
from bot.slack.membership import ChannelMembers, Membership
from bot.slack.notices import enqueue_channel_closed, plan_notice, render_notice
from bot.slack.sender import HISTORY_LAG_SECONDS, MessageSender
from bot.slack.threads import find_thread, is_same_conversation, list_thread_cards, set_status
from bot.slack.users import UserDirectory
from bot.tasks.conversation import SlackMessage, ThreadReading


class SlackGateway:
    """One instance per working process; `process` is its name. `history_lag` is the wait in seconds
    before a message whose posting got no answer is searched for."""

    def __init__(
        self,
        services: SlackServices,
        people: UserDirectory | None = None,
        *,
        history_lag: float = HISTORY_LAG_SECONDS,
        process: str = "",
        membership: Membership | None = None,
    ) -> None:
        self.people = people or UserDirectory(services.client)
        self.membership = membership or Membership(services, self.people)
        self.sender = MessageSender(
            services.database, services.client, self.people, history_lag, self.membership
        )
        self.may, self.locale = self.membership.may, self.people.locale
        self._client, self._now, self._enqueue = services.client, services.now, services.enqueue
        self._channel_members = ChannelMembers()
        self._cards = CardRenderer(self.sender, self.membership.policy, services.now, process)
        self._delivery = SlackDelivery(self.sender, services.brand, services.now, services.audience)

    async def show(self, post: str) -> None:
        """Post a card, or update it.

        A card that was never posted is not drawn when its requester may not use the intern here.
        Raise TryAgain or CannotDo.
        """
        await self._cards.draw_card(post, self._admits)

    async def _admits(self, workspace: str, person: str, place: Mapping[str, Any]) -> bool:
        return await self.admit(workspace, person, place) == "admitted"

    async def admit(self, workspace: str, person: str, place: Mapping[str, Any]) -> Admission:
        """Return whether a request of this person in this place may be worked on.

        A member is told once, visible to them alone, that the channel is closed. Raise TryAgain.
        """
        channel = str(place.get("channel") or "")
        admission = await self.membership.admit(workspace, person, [channel])
        if admission == "closed":
            thread = place.get("thread")
            await self.sender.database.run(
                enqueue_channel_closed,
                self._enqueue,
                workspace,
                person,
                channel,
                thread,
                self._now(),
            )
        return admission

    async def post_notice(self, post: str) -> None:
        """Post a notice once. Raise TryAgain or CannotDo."""
        await self.sender.draw(post, render_notice)

    async def deliver(self, delivery: str) -> None:
        """Send an approved version to its destination once.

        An audience is sent only while its requester has the right to export. Raise TryAgain or
        CannotDo.
        """
        row = await self.sender.database.run(lambda session: session.get_one(Delivery, delivery))
        if row.destination.get("kind") == "audience":
            to = str(row.destination.get("to"))
            if not await self.may(row.workspace, to, "export"):
                self.membership.policy(row.workspace).require(to, "export")
                raise explain_refusal(SlackRefusal(NO_MEMBER))
        await self._delivery.deliver(delivery)

    async def send_ephemeral(self, post: str) -> None:
        """Show a message to one person alone. Raise TryAgain."""
        await notices.send_ephemeral(self.sender, post)

    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str = "", *, is_recap: bool = False
    ) -> str:
        """Return the request's thread as text, or its channel when the words refer to it.

        Return "" when there is nothing to read or the requester can't read that channel.
        """
        if not threads.needs_history(place, words, is_recap=is_recap):
            return ""
        if not await self._can_read(workspace, place):
            return ""
        name = partial(self.people.name, workspace)
        return await threads.read_conversation(self._client, place, words, name, is_recap=is_recap)

    async def read_thread(self, workspace: str, place: Mapping[str, Any]) -> ThreadReading:
        """Return the earlier messages of the request's thread, and its cards. Without Slack's
        answer, the cards alone."""
        thread = find_thread(place)
        if thread is None or thread.thread is None:
            return ThreadReading()
        cards = await self.sender.database.read(list_thread_cards, workspace, thread)
        pieces = {str(card.ts): card.piece for card in cards if card.piece}
        messages: list[SlackMessage] = []
        if thread.thread != place.get("asked") and await self._can_read(workspace, place):
            until = str(place.get("asked") or "")
            messages = await threads.read_thread(
                self._client, thread.channel, thread.thread, until, pieces
            )
        return ThreadReading(tuple(messages), tuple(pieces.values()))

    async def say(
        self, id: str, workspace: str, place: Mapping[str, Any], words: Words, language: str
    ) -> None:
        """Post one line where the request was made, once for each `id`. Raise TryAgain or
        CannotDo."""
        await self.sender.database.run(
            partial(
                plan_notice,
                words=words,
                language=language,
                id=id,
                workspace=workspace,
                place=dict(place),
                now=self._now(),
            )
        )
        await self.post_notice(id)

    async def set_status(self, place: Mapping[str, Any], text: str) -> None:
        await set_status(self._client, place, text)

    async def _can_read(self, workspace: str, place: Mapping[str, Any]) -> bool:
        channel, user = str(place.get("channel") or ""), str(place.get("user") or "")
        if channel.startswith("D") or not user:
            return True
        return bool(await self.readable_channels(workspace, user, {channel}))

    async def readable_channels(
        self, workspace: str, person: str, channels: Collection[str]
    ) -> frozenset[str]:
        """Return those of these channels that this person can read, as far as Slack confirms it."""
        to = (self._client, workspace, person, channels)
        return await self._channel_members.readable_channels(*to)

    async def fetch(self, file: str, name: str, to: Path) -> None:
        """Download a dropped file to `to`. Raise TryAgain or CannotDo."""
        await files.download_file(self._client, file, name, to)

    async def imports_unasked(self, upload: FileUpload) -> bool:
        """Return whether the policy names the file's channel, and its author may import."""
        policy = self.membership.policy(upload.workspace)
        if str(upload.place.get("channel")) not in policy.library.channels:
            return False
        if await self.admit(upload.workspace, upload.author, upload.place) != "admitted":
            return False
        return await self.may(upload.workspace, upload.author, "import")

    def near(self, one: FileUpload, other: FileUpload) -> bool:
        """Return whether two files were dropped in the same conversation."""
        return is_same_conversation(one.place, other.place)

    async def attach(self, upload: FileUpload, path: Path) -> None:
        """Attach the rejected rows of a dropped file once, in the thread of its card."""
        await imports.attach_rejected_rows(self.sender, upload, path, self._now())
