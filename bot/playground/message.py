"""One message in a local Slack, with all its earlier versions."""

from dataclasses import dataclass, field
from typing import Any

from bot.playground.file import StoredFile


@dataclass(frozen=True)
class Version:
    """What a message said before it was changed."""

    text: str
    blocks: list[dict[str, Any]]
    at: str


@dataclass(eq=False)
class Message:
    """A message as Slack keeps it; it stays the same object when it is edited or deleted."""

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
    attachments: list[dict[str, Any]] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    edited: dict[str, str] | None = None
    ephemeral_to: str | None = None
    reply_broadcast: bool = False
    parent_user_id: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    history: list[Version] = field(default_factory=list)
    deleted: bool = False
    streaming_until: float | None = None
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    plan: str | None = None
    replies: list["Message"] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread and did not start it."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def keep_version(self, at: str) -> None:
        """Puts what it says now into its history, before a change."""
        self.history.append(Version(self.text, self.blocks, at))

    def as_slack(self, team: str, *, metadata: bool = False) -> dict[str, Any]:
        """Slack's message object, without the channel."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text, "team": team}
        for name in ("user", "subtype", "bot_id", "app_id", "username", "edited"):
            if (value := getattr(self, name)) is not None:
                shown[name] = value
        for name in ("blocks", "attachments"):
            if value := getattr(self, name):
                shown[name] = value
        if self.files:
            shown["files"] = [file.as_slack() for file in self.files]
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": users, "count": len(users)}
                for name, users in self.reactions.items()
            ]
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
