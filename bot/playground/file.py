"""One uploaded file in a local Slack."""

import mimetypes
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class StoredFile:
    """A file's bytes and where it was shared; `content` is None until it is uploaded."""

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
        """The extension, as Slack names types."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else "binary"

    def share(self, channel: str, kind: str, ts: str, thread_ts: str | None) -> None:
        """Notes that a message shows this file."""
        share = {"ts": ts} | ({"thread_ts": thread_ts} if thread_ts else {})
        self.shares.setdefault(kind, {}).setdefault(channel, []).append(share)
        if channel not in self.channels:
            self.channels.append(channel)

    def as_slack(self) -> dict[str, Any]:
        """Slack's file object; its bytes need the bot's token."""
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
