"""One channel or direct message, and what was said in it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any

from bot.playground.message import Message

CREATED = 1700000000
TOMBSTONE = "This message was deleted."


class Place:
    """A conversation: who is in it and its messages, found by ts without a search."""

    def __init__(
        self, id: str, name: str, *, members: Iterable[str] = (), kind: str = "channel"
    ) -> None:
        self.id = id
        self.name = name
        self.kind = kind  # channel, group (private), im, mpim: Slack's channel_type
        self.members = list(members)
        self.archived = False
        self.shared_with: list[str] = []  # other companies' workspaces that are in it
        self.invited: list[str] = []  # other companies' workspaces that are asked in
        self.inside: list[str] = []  # workspaces of the own organization that are in it
        self.roots: list[Message] = []
        self.by_ts: dict[str, Message] = {}
        self.ephemerals: list[Message] = []

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message, of two or of several."""
        return self.kind in ("im", "mpim")

    @property
    def is_ext_shared(self) -> bool:
        """Whether another company reads it."""
        return bool(self.shared_with)

    def add(self, message: Message) -> None:
        """Keeps a message; its ts must be later than all before."""
        self.by_ts[message.ts] = message
        if message.is_reply and message.thread_ts:
            root = self.by_ts[message.thread_ts]
            message.parent_user_id = root.user
            root.replies.append(message)
        if not message.is_reply or message.reply_broadcast:
            self.roots.append(message)

    def remove(self, message: Message) -> None:
        """Takes a message away; the object stays and says that it is deleted.

        The start of a thread leaves a tombstone, as in Slack.
        """
        message.deleted = True
        if message.replies:
            message.subtype, message.text, message.blocks = "tombstone", TOMBSTONE, []
            return
        del self.by_ts[message.ts]
        drop(self.roots, message)
        if message.is_reply and message.thread_ts in self.by_ts:
            drop(self.by_ts[message.thread_ts].replies, message)

    def find(self, ts: str | None) -> Message | None:
        """The message with this ts, a private one included."""
        if ts is None:
            return None
        if found := self.by_ts.get(ts):
            return found
        return next((message for message in self.ephemerals if message.ts == ts), None)

    def as_slack(self, bot_user: str, team: str = "") -> dict[str, Any]:
        """Slack's channel object, as the bot of this team sees it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "created": CREATED,
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


def drop(messages: list[Message], message: Message) -> None:
    """Takes a message out of a list that is in the order of ts."""
    at = bisect_left(messages, message.ts, key=lambda one: one.ts)
    if at < len(messages) and messages[at] is message:
        del messages[at]


def between(messages: list[Message], oldest: str, latest: str, *, inclusive: bool) -> list[Message]:
    """The messages from oldest to latest; `messages` must be in the order of their ts."""
    left, right = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
    start = left(messages, oldest, key=lambda message: message.ts) if oldest else 0
    end = right(messages, latest, key=lambda message: message.ts) if latest else len(messages)
    return messages[start:end]
