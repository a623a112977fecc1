"""The objects of a local Slack: ids, files, messages, places, people and short-lived tokens."""

import mimetypes
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

ID_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class IdGenerator:
    """Generates the ts values and ids of one local Slack, unique also across restarts."""

    def __init__(self) -> None:
        self._moment = 0
        self._number = time.time_ns() // 1000

    def new_ts(self) -> str:
        """Return a message ts (seconds, a dot, six digits), unique and increasing."""
        self._moment = max(self._moment + 1, time.time_ns() // 1000)
        return f"{self._moment // 1_000_000}.{self._moment % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Return a unique id such as F0123ABC."""
        self._number += 1
        digits, left = "", self._number
        while left:
            left, digit = divmod(left, 36)
            digits = ID_DIGITS[digit] + digits
        return prefix + digits


@dataclass(eq=False)
class StoredFile:
    """An uploaded file and where it was shared; `content` is None until the bytes arrive."""

    id: str
    name: str
    title: str
    user: str
    size: int
    base_url: str
    created: int
    content: bytes | None = None
    complete: bool = False
    channels: list[str] = field(default_factory=list)
    shares: dict[str, dict[str, list[dict[str, str]]]] = field(default_factory=dict)
    alt_txt: str | None = None

    @property
    def filetype(self) -> str:
        """The file name's extension, which is Slack's file type."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else "binary"

    def share(self, channel: str, kind: str, ts: str, thread_ts: str | None) -> None:
        """Record that a message shares this file."""
        share = {"ts": ts} | ({"thread_ts": thread_ts} if thread_ts else {})
        self.shares.setdefault(kind, {}).setdefault(channel, []).append(share)
        if channel not in self.channels:
            self.channels.append(channel)

    def as_slack(self) -> dict[str, Any]:
        """Return Slack's file object; the bytes need the bot's token."""
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": mimetypes.guess_type(self.name)[0] or "application/octet-stream",
            "filetype": self.filetype,
            "pretty_type": self.filetype.upper(),
            "user": self.user,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": True,
            "url_private": f"{self.base_url}files-pri/{self.id}/{self.name}",
            "url_private_download": f"{self.base_url}files-pri/{self.id}/download/{self.name}",
            "permalink": f"{self.base_url}files/{self.user}/{self.id}/{self.name}",
            "channels": list(self.channels),
            "shares": self.shares,
            **({"alt_txt": self.alt_txt} if self.alt_txt else {}),
        }


@dataclass(frozen=True)
class MessageVersion:
    """An earlier version of a message."""

    text: str
    blocks: list[dict[str, Any]]
    at: str


@dataclass(eq=False)
class SlackMessage:
    """A message; it stays the same object when it is edited or deleted."""

    ts: str
    channel: str
    user: str | None
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    username: str | None = None
    subtype: str | None = None
    metadata: dict[str, Any] | None = None
    files: list[StoredFile] = field(default_factory=list)
    edited: dict[str, str] | None = None
    ephemeral_to: str | None = None
    parent_user_id: str | None = None
    history: list[MessageVersion] = field(default_factory=list)
    deleted: bool = False
    replies: list["SlackMessage"] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        """Whether the message is in a thread without being its first message."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def keep_version(self, at: str) -> None:
        """Add the present content to the history, before a change."""
        self.history.append(MessageVersion(self.text, self.blocks, at))

    def as_slack(self, team: str, *, metadata: bool = False) -> dict[str, Any]:
        """Return Slack's message object, without the channel."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text, "team": team}
        for name in ("user", "subtype", "bot_id", "app_id", "username", "edited"):
            if (value := getattr(self, name)) is not None:
                shown[name] = value
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.files:
            shown["files"] = [file.as_slack() for file in self.files]
        if metadata and self.metadata:
            shown["metadata"] = self.metadata
        return shown | self._thread()

    def _thread(self) -> dict[str, Any]:
        if self.is_reply:
            parent = {"parent_user_id": self.parent_user_id} if self.parent_user_id else {}
            return {"thread_ts": self.thread_ts, **parent}
        if not self.replies:
            return {}
        return {
            "thread_ts": self.ts,
            "reply_count": len(self.replies),
            "reply_users": sorted({reply.user or "" for reply in self.replies}),
            "reply_users_count": len({reply.user for reply in self.replies}),
            "latest_reply": self.replies[-1].ts,
        }


CREATED_AT = 1700000000
TOMBSTONE_TEXT = "This message was deleted."


class Place:
    """A channel or direct message with its members and its messages, indexed by ts."""

    def __init__(
        self, id: str, name: str, *, members: Iterable[str] = (), kind: str = "channel"
    ) -> None:
        self.id = id
        self.name = name
        self.kind = kind  # channel, group (private), im, mpim: Slack's channel_type
        self.members = list(members)
        self.archived = False
        self.shared_with: list[str] = []  # ids of other companies' workspaces that share it
        self.invited: list[str] = []  # ids of other companies' workspaces with an open invitation
        self.inside: list[str] = []  # ids of workspaces of the same organization that share it
        self.roots: list[SlackMessage] = []
        self.by_ts: dict[str, SlackMessage] = {}
        self.ephemerals: list[SlackMessage] = []

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message of two or more people."""
        return self.kind in ("im", "mpim")

    @property
    def is_ext_shared(self) -> bool:
        """Whether it is shared with another company."""
        return bool(self.shared_with)

    def add(self, message: SlackMessage) -> None:
        """Add a message; its ts must be later than those of all earlier messages."""
        self.by_ts[message.ts] = message
        if message.is_reply and message.thread_ts:
            root = self.by_ts[message.thread_ts]
            message.parent_user_id = root.user
            root.replies.append(message)
        if not message.is_reply:
            self.roots.append(message)

    def remove(self, message: SlackMessage) -> None:
        """Remove a message and mark the object as deleted.

        The first message of a thread leaves a tombstone, as in Slack.
        """
        message.deleted = True
        if message.replies:
            message.subtype, message.text, message.blocks = "tombstone", TOMBSTONE_TEXT, []
            return
        del self.by_ts[message.ts]
        remove_message(self.roots, message)
        if message.is_reply and message.thread_ts in self.by_ts:
            remove_message(self.by_ts[message.thread_ts].replies, message)

    def find(self, ts: str | None) -> SlackMessage | None:
        """Return the message with this ts, also an ephemeral one."""
        if ts is None:
            return None
        if found := self.by_ts.get(ts):
            return found
        return next((message for message in self.ephemerals if message.ts == ts), None)

    def as_slack(self, bot_user: str, team: str = "") -> dict[str, Any]:
        """Return Slack's channel object, as the bot of this team sees it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "created": CREATED_AT,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel",
            "is_archived": self.archived,
            "is_general": False,
        }
        if self.kind == "im":
            other = next((who for who in self.members if who != bot_user), bot_user)
            return shown | {"user": other, "is_org_shared": False}
        return shown | {
            "name": self.name,
            "name_normalized": self.name,
            "is_member": bot_user in self.members,
            "num_members": len(self.members),
            "context_team_id": team,
            "is_shared": bool(self.shared_with or self.inside),
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": bool(self.inside),
            "is_pending_ext_shared": bool(self.invited),
            "pending_shared": list(self.invited),
            "pending_connected_team_ids": list(self.invited),
            "shared_team_ids": [team, *self.inside, *self.shared_with],
            "internal_team_ids": [team, *self.inside] if self.inside else [],
            "connected_team_ids": list(self.shared_with),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


def remove_message(messages: list[SlackMessage], message: SlackMessage) -> None:
    at = bisect_left(messages, message.ts, key=lambda one: one.ts)
    if at < len(messages) and messages[at] is message:
        del messages[at]


def slice_messages(
    messages: list[SlackMessage], oldest: str, latest: str, *, inclusive: bool
) -> list[SlackMessage]:
    """Return the messages from `oldest` to `latest`; `messages` must be sorted by ts."""
    left, right = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
    start = left(messages, oldest, key=lambda message: message.ts) if oldest else 0
    end = right(messages, latest, key=lambda message: message.ts) if latest else len(messages)
    return messages[start:end]


# The initial workspace of a local Slack: its people and channels.

TEAM_ID = "T0SHOP"
TEAM_NAME = "Maison Ormelin"
ENTERPRISE_ID = "E0ORMELIN"  # the Enterprise Grid organization of people with `teams`
TEAM_DOMAIN = "maison-ormelin"
APP_ID = "A0INTERN"
BOT_ID = "B0INTERN"
BOT_USER_ID = "UINTERN"


@dataclass
class SlackUser:
    """A person in the workspace, or a bot's user. `name` is the handle.

    `guest` is "" for a full member, else "multi" or "single" (number of channels). `team` is
    another company's workspace, for people who are only in a shared channel. `teams` are the
    workspaces of the Enterprise Grid organization that the person belongs to.
    """

    id: str
    name: str
    real_name: str
    display_name: str
    tz: str
    locale: str
    is_bot: bool = False
    deleted: bool = False
    guest: str = ""
    team: str = ""
    teams: list[str] = field(default_factory=list)

    def as_slack(self, team: str, *, locale: bool = False) -> dict[str, Any]:
        """Return Slack's user object, without the e-mail address (scope users:read.email)."""
        offset = datetime.now(UTC).astimezone(ZoneInfo(self.tz)).utcoffset()
        user: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team or team,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": {
                "real_name": self.real_name,
                "real_name_normalized": self.real_name,
                "display_name": self.display_name,
                "display_name_normalized": self.display_name,
                "team": self.team or team,
            },
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": bool(self.guest),
            "is_ultra_restricted": self.guest == "single",
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1700000000,
        }
        if self.team:
            user["is_stranger"] = True
        if self.teams:
            user["enterprise_user"] = {
                "id": self.id,
                "enterprise_id": ENTERPRISE_ID,
                "enterprise_name": TEAM_NAME,
                "is_admin": False,
                "is_owner": False,
                "teams": self.teams,
            }
        return user | {"locale": self.locale} if locale else user


def create_people() -> dict[str, SlackUser]:
    """Create Marie (marketing), Max (manager), Léa (legal), Otto (external) and the intern."""
    people = [
        SlackUser("UMARIE", "marie", "Marie Laurent", "Marie", "Europe/Paris", "fr-FR"),
        SlackUser("UMAX", "max", "Max Weber", "Max", "America/New_York", "en-US"),
        SlackUser("ULEA", "lea", "Léa Moreau", "Léa", "Europe/Paris", "fr-FR"),
        SlackUser("UOTTO", "otto", "Otto Hill", "Otto", "Europe/London", "en-GB"),
        SlackUser(
            BOT_USER_ID,
            "superintern",
            "Super-Intern",
            "Super-Intern",
            "Europe/Paris",
            "en-US",
            True,
        ),
    ]
    return {person.id: person for person in people}


def create_places(people: Iterable[str]) -> dict[str, Place]:
    """Create #marketing and #launches with the bot as a member, and #random without it."""
    humans = [person for person in people if person != BOT_USER_ID]
    places = [
        Place("C0MARKET", "marketing", members=[*humans, BOT_USER_ID]),
        Place("C0LAUNCH", "launches", members=[*humans, BOT_USER_ID]),
        Place("C0SECRET", "random", members=humans),
    ]
    return {place.id: place for place in places}


@dataclass
class Trigger:
    """A trigger_id: lets the app open one view for one person within three seconds."""

    id: str
    user: str
    expires: float
    used: bool = False
