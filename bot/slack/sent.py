"""One form that was sent: by whom, and what it carries."""

from dataclasses import dataclass
from typing import Any

from bot.slack.click import ref_of
from bot.slack.front import carried
from bot.slack.names import Ref

View = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    workspace: str
    user: str
    view: View

    @property
    def ref(self) -> Ref:
        return ref_of(self.view.get("private_metadata") or "{}")

    @property
    def back(self) -> dict[str, Any]:
        """Which card it was opened from."""
        return carried(self.view)
