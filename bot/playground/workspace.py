"""The state of a local Slack: people, places, views, files and the log of API calls."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.playground import slack_objects as seed
from bot.playground.block_kit import View
from bot.playground.errors import ApiRefusal, FaultInjection
from bot.playground.slack_objects import (
    IdGenerator,
    Place,
    ResponseUrl,
    SlackMessage,
    SlackUser,
    StoredFile,
    Trigger,
)

TRIGGER_SECONDS = 3.0
STREAM_SECONDS = 300.0
STATUS_SECONDS = 120.0  # after which Slack drops a thread's status


@dataclass(frozen=True)
class ApiCall:
    """One logged call of the Web API; `at` is a Unix time in seconds."""

    method: str
    args: dict[str, Any]
    answer: dict[str, Any]
    at: float


@dataclass(frozen=True)
class WorkspaceChange:
    """A change of the workspace that listeners are told about so that they can redraw."""

    kind: str  # message, edit, delete, ephemeral, view, home, status, call, delivery
    channel: str | None = None
    ts: str | None = None
    user: str | None = None


ChangeListener = Callable[[WorkspaceChange], None]


class SlackWorkspace:
    """The state of one local Slack and the operations that change it, without any network."""

    def __init__(self) -> None:
        self.team = seed.TEAM_ID
        self.org_wide = False  # whether the app is installed in the whole organization
        self.app = seed.APP_ID
        self.bot_id = seed.BOT_ID
        self.bot_user = seed.BOT_USER_ID
        self.ids = IdGenerator()
        self.people: dict[str, SlackUser] = seed.create_people()
        self.places: dict[str, Place] = seed.create_places(self.people)
        self.usergroups: dict[str, dict[str, Any]] = {}
        self.files: dict[str, StoredFile] = {}
        self.views: dict[str, View] = {}
        self.modal_stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        # by channel and thread: the status, and the monotonic time when it expires
        self._statuses: dict[tuple[str, str], tuple[str, float]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.prompts: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        self.states: dict[tuple[str, str], dict[str, Any]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.calls: list[ApiCall] = []
        self.faults = FaultInjection(on_end_streams=self.end_streams)
        self.trigger_seconds = TRIGGER_SECONDS
        self.stream_seconds = STREAM_SECONDS
        self.status_seconds = STATUS_SECONDS
        self.base_url = ""
        self._listeners: list[ChangeListener] = []
        self._waiters: set[asyncio.Event] = set()

    def listen(self, callback: ChangeListener) -> Callable[[], None]:
        """Call `callback` on every change; the returned function removes it again."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def notify_change(
        self, kind: str, channel: str | None = None, ts: str | None = None, user: str | None = None
    ) -> None:
        """Wake up `wait_until` and call every listener."""
        for waiter in self._waiters:
            waiter.set()
        for listener in list(self._listeners):
            listener(WorkspaceChange(kind, channel, ts, user))

    async def wait_until(self, condition: Callable[[], object], seconds: float = 5) -> None:
        """Wait until the condition is true; raise TimeoutError after `seconds`."""
        waiter, end = asyncio.Event(), time.monotonic() + seconds
        self._waiters.add(waiter)
        try:
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(
                        f"condition not met within {seconds} s; "
                        f"last calls: {self._describe_last_calls()}"
                    )
                waiter.clear()
                try:
                    await asyncio.wait_for(waiter.wait(), min(left, 0.05))
                except TimeoutError:
                    continue
        finally:
            self._waiters.discard(waiter)

    def _describe_last_calls(self) -> str:
        calls = [f"{call.method} {call.answer.get('error', 'ok')}" for call in self.calls[-5:]]
        return ", ".join(calls) or "none"

    def get_place(self, channel: str) -> Place:
        """Return the place with this id; raise ApiRefusal (channel_not_found) if there is none."""
        if found := self.places.get(channel):
            return found
        raise ApiRefusal("channel_not_found")

    def team_of(self, user: str | None) -> str:
        """Return the id of the person's workspace: this one, or another company's."""
        person = self.people.get(user or "")
        return (person.team if person else "") or self.team

    def messages(self, channel: str, thread_ts: str | None = None) -> list[SlackMessage]:
        """Return a channel's top-level messages, or a thread's replies without the root."""
        place = self.places[channel]
        if thread_ts is None:
            return list(place.roots)
        root = place.by_ts.get(thread_ts)
        return list(root.replies) if root else []

    def transcript(self, channel: str) -> list[SlackMessage]:
        """Return all messages of a channel and its threads, ordered by ts."""
        return list(self.places[channel].by_ts.values())

    def ephemerals(self, user: str, channel: str) -> list[SlackMessage]:
        """Return the ephemeral messages that this person sees in a channel."""
        return [one for one in self.places[channel].ephemerals if one.ephemeral_to == user]

    def home(self, user: str) -> View | None:
        """Return the Home tab that was published for this person."""
        return self.homes.get(user)

    def status(self, channel: str, thread_ts: str) -> str:
        """Return the status of a thread (such as "is thinking…"), or an empty string."""
        return self.statuses.get((channel, thread_ts), "")

    @property
    def statuses(self) -> dict[tuple[str, str], str]:
        """The statuses that are shown now, by channel and thread."""
        now = time.monotonic()
        return {key: text for key, (text, until) in self._statuses.items() if until > now}

    def set_status(self, channel: str, thread_ts: str, status: str) -> None:
        """Show a status for STATUS_SECONDS; an empty one clears it."""
        if status:
            until = time.monotonic() + self.status_seconds
            self._statuses[(channel, thread_ts)] = (status, until)
        else:
            self._statuses.pop((channel, thread_ts), None)

    def open_views(self, user: str) -> list[View]:
        """Return the person's open modals, the top one last."""
        return list(self.modal_stacks.get(user, []))

    def open_direct_message(self, user: str) -> str:
        """Return the id of the direct message of the bot and a person; create it if needed."""
        return self.open_conversation([user]).id

    def open_conversation(self, users: list[str]) -> Place:
        """Return the direct message of the bot and these people; create it if needed."""
        members = [*sorted(set(users)), self.bot_user]
        kind = "im" if len(members) == 2 else "mpim"
        id = ("D" if kind == "im" else "G") + "".join(members[:-1])
        name = "" if kind == "im" else "mpdm-" + "--".join(members).lower()
        return self.places.setdefault(id, Place(id, name, members=members, kind=kind))

    def end_streams(self) -> None:
        """Close every streaming message."""
        for place in self.places.values():
            for message in place.by_ts.values():
                if message.streaming_until is not None:
                    self.end_stream(message)

    def end_stream(self, message: SlackMessage) -> None:
        """Close one streaming message and notify the listeners."""
        message.streaming_until = None
        self.notify_change("edit", message.channel, message.ts)
