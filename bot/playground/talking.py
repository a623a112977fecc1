"""What people say: messages, edits, deletions, other bots."""

from collections.abc import Iterable
from typing import Any

from bot.playground import inviting
from bot.playground.board import Board
from bot.playground.file import StoredFile
from bot.playground.message import Message
from bot.playground.place import Place
from bot.playground.refusals import Impossible
from bot.playground.rich_text import from_text

Upload = tuple[str, bytes]


class Talking(Board):
    """The verbs of people who write."""

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Iterable[Upload] = (),
    ) -> Message:
        """A person writes, and the app is told wherever it is a member."""
        place = self._where(user, channel)
        if thread_ts is not None:
            if thread_ts not in place.by_ts:
                raise Impossible(f"there is no message {thread_ts} in {channel} to reply to")
            thread_ts = place.by_ts[thread_ts].thread_ts or thread_ts
        stored = [self.upload(user, name, content) for name, content in files]
        message = Message(
            self.stamps.ts(),
            channel,
            user,
            text,
            blocks=[from_text(text, self.stamps.id("")[-5:])] if text else [],
            thread_ts=thread_ts,
            subtype="file_share" if stored else None,
            files=stored,
        )
        posted = self.post(place, message)
        inviting.offer(self, place, message)
        return posted

    async def edit(self, user: str, channel: str, ts: str, text: str) -> Message:
        """A person changes what they wrote."""
        message = self._own(user, channel, ts)
        return self.rewrite(
            message, user, text=text, blocks=[from_text(text, self.stamps.id("")[-5:])]
        )

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """A person takes back what they wrote."""
        self.erase(self._own(user, channel, ts))

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """A person adds an emoji to a message."""
        message = self._where(user, channel).by_ts[ts]
        message.reactions.setdefault(name, []).append(user)
        self.changed("edit", channel, ts)

    async def bot_says(
        self, bot_id: str, channel: str, text: str, thread_ts: str | None = None, **more: Any
    ) -> Message:
        """Another app writes."""
        message = Message(
            self.stamps.ts(),
            channel,
            None,
            text,
            thread_ts=thread_ts,
            bot_id=bot_id,
            username="other",
            subtype="bot_message",
            **more,
        )
        return self.post(self.places[channel], message)

    async def open_home(self, user: str, tab: str = "home") -> None:
        """A person opens the app: its Home tab, or its messages (tab="messages")."""
        event: dict[str, Any] = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.dm(user),
            "tab": tab,
            "event_ts": self.stamps.ts(),
        }
        if tab == "home" and (view := self.homes.get(user)):
            event["view"] = view.as_slack(self.team, self.app, self.bot_id)
        self.tell(None, event)

    async def look_at(self, user: str, channel: str | None = None) -> None:
        """A person looks at a channel with the app open beside it: app_context_changed."""
        entity = {"type": "slack#/types/channel_id", "value": channel, "team_id": self.team}
        context = {"entities": [entity]} if channel else {}
        event = {"type": "app_context_changed", "user": user, "channel": self.dm(user)}
        self.tell(None, event | {"context": context, "event_ts": self.stamps.ts()})

    async def speak(self, user: str, locale: str) -> None:
        """A person chooses another language in their preferences ("fr-FR")."""
        person = self.people[user]
        if person.locale == locale:
            return
        person.locale = locale
        shown = person.as_slack(self.team, locale=True)
        self.tell(None, {"type": "user_change", "user": shown, "event_ts": self.stamps.ts()})

    async def become(self, user: str, **new: Any) -> None:
        """What somebody is changes: a guest from now on (guest="multi"), or deactivated
        (deleted=True). The app is told, as of every change of a profile."""
        person = self.people[user]
        for name, value in new.items():
            setattr(person, name, value)
        shown = person.as_slack(self.team, locale=True)
        self.tell(None, {"type": "user_change", "user": shown, "event_ts": self.stamps.ts()})

    async def share_channel(self, channel: str, team: str) -> None:
        """Another company's workspace joins a channel: channel_shared."""
        place = self.places[channel]
        place.shared_with.append(team)
        place.invited = [one for one in place.invited if one != team]
        event = {"type": "channel_shared", "connected_team_id": team, "channel": channel}
        self.tell(place, event | {"event_ts": self.stamps.ts()})
        self.changed("place", channel)

    async def press_stop(self, user: str, channel: str, thread_ts: str) -> None:
        """A person stops the app at work in a thread; its streams there end."""
        streams = [one for one in self.messages(channel, thread_ts) if one.streaming_until]
        for message in streams:
            self.end_stream(message)
        self.tell(
            None,
            {
                "type": "agent_session_stopped",
                "channel": channel,
                "user": user,
                "thread_ts": thread_ts,
                "streaming_message_ts": [message.ts for message in streams],
                "event_ts": self.stamps.ts(),
            },
        )

    async def uninstall(self) -> None:
        """An administrator removes the app: its events, and no token works any more."""
        tokens = {"bot": [self.bot_user], "oauth": []}
        self.tell(None, {"type": "tokens_revoked", "tokens": tokens})
        self.tell(None, {"type": "app_uninstalled"})
        self.installed = False

    def invite(self, user: str, channel: str) -> None:
        """Makes somebody, or the bot, a member."""
        if user not in self.places[channel].members:
            self.places[channel].members.append(user)
        self.changed("place", channel)

    def upload(self, user: str, name: str, content: bytes) -> StoredFile:
        """Stores a file that is not shared yet."""
        ts = self.stamps.ts()
        file = StoredFile(
            self.stamps.id("F"),
            name,
            name,
            user,
            len(content),
            self.base_url,
            int(float(ts)),
            content,
            complete=True,
        )
        self.files[file.id] = file
        return file

    def _where(self, user: str, channel: str) -> Place:
        place = self.places.get(channel)
        if place is None or user not in place.members or place.archived:
            raise Impossible(f"{user} cannot write in {channel}")
        return place

    def _own(self, user: str, channel: str, ts: str) -> Message:
        message = self._where(user, channel).by_ts.get(ts)
        if message is None or message.user != user:
            raise Impossible(f"{user} wrote no message {ts} in {channel}")
        return message
