"""One form that was sent: by whom, and what it carries."""

from dataclasses import dataclass
from typing import Any

from bot.digests.visibility import Viewer
from bot.slack.action_ids import Ref
from bot.slack.actions.context import ref_of
from bot.slack.context import carried

View = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """`proven` are the channels that its sender is known to read: a form itself comes from no
    channel."""

    workspace: str
    user: str
    view: View
    proven: frozenset[str] = frozenset()
    approver: bool = False

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.workspace, self.user, self.proven, self.approver)

    @property
    def ref(self) -> Ref:
        return ref_of(self.view.get("private_metadata") or "{}")

    @property
    def back(self) -> dict[str, Any]:
        """Which card it was opened from."""
        return carried(self.view)
