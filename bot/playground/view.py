"""Modals and Home tabs: what is open, for whom, and what has been filled in."""

import json
from dataclasses import dataclass, field
from typing import Any

from bot.playground.blocks import check_blocks, flat, named
from bot.playground.fields import starting_values
from bot.playground.refusals import Faults, Refused
from bot.playground.shapes import Shape, anything, by_type, words, yes_no
from bot.playground.stamps import Stamps
from bot.playground.texts import ID, plain

MOST_BYTES = 250_000
COMMON = {
    "blocks": anything,
    "private_metadata": words(3000, 0),
    "callback_id": words(255, 0),
    "external_id": words(255, 0),
    "state": anything,
    "hash": anything,
    "id": ID,
}
MODAL = Shape(
    {"title": plain(24), "blocks": anything},
    COMMON
    | {
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": yes_no,
        "notify_on_close": yes_no,
        "submit_disabled": yes_no,
    },
)
HOME = Shape({"blocks": anything}, COMMON)


@dataclass(eq=False)
class View:
    """One view as it is now; `values` is what the person has put into it."""

    id: str
    kind: str
    user: str
    source: dict[str, Any]
    blocks: list[dict[str, Any]]
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    closed: bool = False

    @property
    def callback_id(self) -> str:
        """The app's name for it."""
        return str(self.source.get("callback_id") or "")

    @property
    def title(self) -> str:
        """What stands at its top; a Home tab has none."""
        return str((self.source.get("title") or {}).get("text", ""))

    @property
    def private_metadata(self) -> str:
        """What the app wrote into it for itself."""
        return str(self.source.get("private_metadata") or "")

    @property
    def external_id(self) -> str:
        """The app's own id of it."""
        return str(self.source.get("external_id") or "")

    def rewrite(self, source: dict[str, Any], stamps: Stamps) -> None:
        """Takes a new definition; what was filled in stays where the ids stay."""
        self.source, self.blocks = source, named(source["blocks"], stamps)
        self.hash = stamps.ts()
        before, self.values = self.values, starting_values(self.blocks)
        for block_id, fields in self.values.items():
            for action_id in fields:
                if kept := before.get(block_id, {}).get(action_id):
                    fields[action_id] = kept
        self.errors, self.trouble = {}, None

    def as_slack(self, team: str, app: str, bot: str) -> dict[str, Any]:
        """Slack's view object, with its state."""
        return {
            "id": self.id,
            "team_id": team,
            "type": self.kind,
            "blocks": self.blocks,
            "private_metadata": self.private_metadata,
            "callback_id": self.callback_id,
            "state": {"values": self.values},
            "hash": self.hash,
            "title": self.source.get("title"),
            "clear_on_close": bool(self.source.get("clear_on_close")),
            "notify_on_close": bool(self.source.get("notify_on_close")),
            "close": self.source.get("close"),
            "submit": self.source.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": app,
            "external_id": self.external_id,
            "app_installed_team_id": team,
            "bot_id": bot,
        }


def check_view(view: Any, kind: str) -> dict[str, Any]:
    """Raises Refused when Slack would not open or publish this view."""
    faults = Faults()
    by_type({kind: MODAL if kind == "modal" else HOME})(faults, view, "/view")
    faults.refuse("invalid_arguments")
    blocks = view["blocks"]
    if not isinstance(blocks, list):
        faults.add("must be an array", "/view/blocks")
    elif len(json.dumps(view)) > MOST_BYTES:
        raise Refused("view_too_large")
    else:
        check_blocks(faults, blocks, kind, "/view/blocks")
    faults.refuse("invalid_arguments")
    has_input = any(block["type"] == "input" for block in flat(blocks))
    if kind == "modal" and has_input and not view.get("submit"):
        faults.add("a modal with an input block needs submit", "/view/submit")
    faults.refuse("invalid_arguments")
    return dict(view)
