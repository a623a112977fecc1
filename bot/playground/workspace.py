"""The state of a local Slack, the operations on it, and the events that they send to the app."""

import secrets
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
    SlackMessage,
    SlackUser,
    StoredFile,
    Trigger,
)
from bot.playground.transport import AppResponse, AppTransport, EventDelivery

VERIFICATION_TOKEN = "local"  # noqa: S105  Slack's deprecated field, not a secret
Payload = dict[str, Any]
TRIGGER_SECONDS = 3.0
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
    """One local Slack. It sends events to the app for the places where the app is a member."""

    def __init__(self, *, signing_secret: str, bot_token: str = "") -> None:
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
        self.prompts: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.states: dict[tuple[str, str], dict[str, Any]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.calls: list[ApiCall] = []
        self.faults = FaultInjection()
        self.trigger_seconds = TRIGGER_SECONDS
        self.status_seconds = STATUS_SECONDS
        self.base_url = ""
        self._listeners: list[ChangeListener] = []
        self.signing_secret = signing_secret
        self.bot_token = bot_token or f"xoxb-{secrets.token_hex(12)}"
        self.installed = True
        self.transport = AppTransport(signing_secret, self.faults)

    def listen(self, callback: ChangeListener) -> Callable[[], None]:
        """Call `callback` on every change; the returned function removes it again."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def notify_change(
        self, kind: str, channel: str | None = None, ts: str | None = None, user: str | None = None
    ) -> None:
        for listener in list(self._listeners):
            listener(WorkspaceChange(kind, channel, ts, user))

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

    # What happens, with the events that the app gets.

    @property
    def deliveries(self) -> list[EventDelivery]:
        """Every event sent to the app, with its attempts."""
        return self.transport.deliveries

    def send_event(self, place: Place | None, event: dict[str, Any]) -> None:
        """Send an event to the app if the app is a member of the place."""
        if self.installed and (place is None or self.bot_user in place.members):
            self.transport.send_event(self.build_event_callback(event, place))

    def publish_message(self, place: Place, message: SlackMessage) -> SlackMessage:
        """Store a message and send its events: `message`, and for a mention also `app_mention`."""
        place.add(message)
        thread = message.thread_ts or message.ts
        for file in message.files:
            kind = "public" if place.kind == "channel" else "private"
            file.share(place.id, kind, message.ts, message.thread_ts)
        if message.bot_id == self.bot_id:
            self.set_status(place.id, thread, "")
        self.notify_change("message", place.id, message.ts)
        if self._is_mention(place, message):
            self.send_event(place, self.build_mention_event(place, message))
        self.send_event(place, self.build_message_event(place, message))
        return message

    def _is_mention(self, place: Place, message: SlackMessage) -> bool:
        is_named = any(f"<@{self.bot_user}{end}" in message.text for end in (">", "|"))
        return is_named and not place.is_direct and message.bot_id != self.bot_id

    def post_ephemeral(self, place: Place, message: SlackMessage) -> SlackMessage:
        """Store an ephemeral message. Slack sends no event for it."""
        place.ephemerals.append(message)
        self.notify_change("ephemeral", place.id, message.ts, message.ephemeral_to)
        return message

    def update_message(self, message: SlackMessage, by: str, **new: Any) -> SlackMessage:
        """Change fields of a message, keep the old version and send `message_changed`."""
        place = self.places[message.channel]
        before = message.as_slack(self.team_of(message.user), metadata=True)
        now = self.ids.new_ts()
        message.keep_version(now)
        for name, value in new.items():
            setattr(message, name, value)
        message.edited = {"user": by, "ts": now}
        self.notify_change("edit", place.id, message.ts)
        if message.ephemeral_to is None:
            self.send_event(
                place, self.build_change_event(place, message, before, "message_changed")
            )
        return message

    def delete_message(self, message: SlackMessage) -> None:
        """Delete a message and send the event.

        The first message of a thread leaves a tombstone, which Slack reports as
        message_changed."""
        place = self.places[message.channel]
        if message.ephemeral_to is not None:
            message.deleted = True
            place.ephemerals = [one for one in place.ephemerals if one is not message]
            self.notify_change("delete", place.id, message.ts)
            return
        before = message.as_slack(self.team_of(message.user), metadata=True)
        place.remove(message)
        self.set_status(place.id, message.ts, "")
        self.notify_change("delete", place.id, message.ts)
        self.notify_change("status", place.id, message.ts)
        event_type = "message_changed" if message.subtype == "tombstone" else "message_deleted"
        self.send_event(place, self.build_change_event(place, message, before, event_type))

    def build_bot_message(self, channel: str, text: str, **more: Any) -> SlackMessage:
        """Build a message of the app's bot without posting it."""
        return SlackMessage(
            self.ids.new_ts(),
            channel,
            self.bot_user,
            text,
            bot_id=self.bot_id,
            app_id=self.app,
            **more,
        )

    def show_slack_error(self, user: str, channel: str, words: str) -> None:
        """Show one person the error that Slack shows when the app did not answer."""
        notice = SlackMessage(
            self.ids.new_ts(), channel, "USLACKBOT", words, ephemeral_to=user, subtype="slack_error"
        )
        self.post_ephemeral(self.places[channel], notice)

    async def send_interaction(self, body: dict[str, Any]) -> AppResponse:
        """Send a click, a form or a shortcut to the app."""
        answer = await self.transport.send_request("interactive", body)
        self.notify_change("delivery")
        return answer

    def notify_view_change(self, view: View) -> None:
        self.notify_change("home" if view.kind == "home" else "view", user=view.user)

    # The request bodies that Slack sends to an app: events, commands and interactions.

    def build_event_callback(self, event: Payload, place: Place | None = None) -> Payload:
        """Wrap an event in an event_callback envelope with a new event_id."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self.team,
            "api_app_id": self.app,
            "event": event,
            "type": "event_callback",
            "event_id": self.ids.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self.team,
                    "user_id": self.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(place and place.is_ext_shared),
            "event_context": self.ids.new_id("4-"),
        }

    def build_message_event(self, place: Place, message: SlackMessage) -> Payload:
        """Build the `message` event of a message.

        In a channel shared with another company it also has the author's team."""
        team = self.team_of(message.user)
        return {
            **message.as_slack(team, metadata=True),
            **({"user_team": team, "source_team": team} if place.is_ext_shared else {}),
            "channel": place.id,
            "event_ts": message.ts,
            "channel_type": place.kind,
        }

    def build_mention_event(self, place: Place, message: SlackMessage) -> Payload:
        """Build the `app_mention` event of a message, without channel_type and subtype."""
        event = self.build_message_event(place, message) | {"type": "app_mention"}
        event.pop("channel_type")
        event.pop("subtype", None)
        return event

    def build_change_event(
        self, place: Place, message: SlackMessage, before: Payload, subtype: str
    ) -> Payload:
        """Build a message_changed or message_deleted event (`subtype`)."""
        now = self.ids.new_ts()
        event: Payload = {
            "type": "message",
            "subtype": subtype,
            "channel": place.id,
            "channel_type": place.kind,
            "ts": now,
            "event_ts": now,
            "hidden": True,
            "previous_message": before,
        }
        if subtype == "message_deleted":
            return event | {"deleted_ts": message.ts}
        shown = message.as_slack(self.team_of(message.user), metadata=True)
        return event | {"message": shown}

    def build_interaction(self, kind: str, user: str) -> Payload:
        """Build the common fields of an interaction, with a new trigger_id.

        `team` is the workspace of the person who acts."""
        team = self.team_of(user)
        domain = seed.TEAM_DOMAIN if team == self.team else team.lower()
        return {
            "type": kind,
            "team": {"id": team, "domain": domain},
            "user": self.build_user_payload(user),
            "api_app_id": self.app,
            "token": VERIFICATION_TOKEN,
            "trigger_id": self.create_trigger(user).id,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def build_user_payload(self, user: str) -> Payload:
        name = self.people[user].name
        return {"id": user, "username": name, "name": name, "team_id": self.team_of(user)}

    def build_view_payload(self, view: View) -> Payload:
        return view.as_slack(self.team, self.app, self.bot_id)

    def create_trigger(self, user: str) -> Trigger:
        """Create a trigger_id, valid for three seconds (`trigger_seconds`)."""
        id = f"{self.ids.new_ts()}.{self.ids.new_id('').lower()}"
        trigger = Trigger(id, user, time.monotonic() + self.trigger_seconds)
        self.triggers[id] = trigger
        return trigger

    @property
    def unused_response_url(self) -> str:
        """The response_url of every interaction: the intern answers by messages."""
        return f"{self.base_url}response/unused"

    def build_command(self, user: str, place: Place, command: str, text: str) -> dict[str, str]:
        """Build the form fields of a slash command."""
        direct = {"im": "directmessage", "mpim": "mpdm", "group": "privategroup"}
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self.team,
            "team_domain": seed.TEAM_DOMAIN,
            "channel_id": place.id,
            "channel_name": direct.get(place.kind, place.name),
            "user_id": user,
            "user_name": self.people[user].name,
            "command": command,
            "text": text,
            "api_app_id": self.app,
            "is_enterprise_install": "false",
            "response_url": self.unused_response_url,
            "trigger_id": self.create_trigger(user).id,
        }
