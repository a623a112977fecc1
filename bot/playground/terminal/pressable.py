"""What can be pressed on the screen: each place in a message keeps its number."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.playground.texts import options_in
from bot.playground.workspace import Workspace

BUTTONS = ("button", "icon_button", "workflow_button")
SEVERAL = ("checkboxes", "multi_static_select")
OF_PEOPLE = ("users_select", "multi_users_select")
OF_PLACES = (
    *("channels_select", "multi_channels_select"),
    *("conversations_select", "multi_conversations_select"),
)
Element = dict[str, Any]


@dataclass(frozen=True)
class Where:
    """The message or the view that something stands in."""

    channel: str = ""
    ts: str = ""
    view: str = ""


@dataclass(frozen=True)
class Pressable:
    """A button or a menu as it was drawn; it may have changed since."""

    number: int
    where: Where
    block: dict[str, Any]
    element: Element

    @property
    def is_button(self) -> bool:
        """Whether there is nothing to choose."""
        return self.element["type"] in BUTTONS

    @property
    def label(self) -> str:
        """What is written on it."""
        text = self.element.get("text") or self.element.get("placeholder") or {}
        return str(text.get("text", ""))


@dataclass
class Pressables:
    """All that were drawn, by number. A thing drawn again keeps its number."""

    drawn: dict[int, Pressable] = field(default_factory=dict)
    _numbers: dict[tuple[Where, str, int], int] = field(default_factory=dict)

    def draw(self, where: Where, block: dict[str, Any], element: Element, nth: int) -> Pressable:
        """Gives a number to the nth element of this action_id in a message."""
        key = (where, element["action_id"], nth)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        self.drawn[number] = Pressable(number, where, block, element)
        return self.drawn[number]


def choices(element: Element, slack: Workspace) -> list[tuple[str, Any]]:
    """What a menu offers: what is shown, and what Slack is told."""
    kind = element["type"]
    if kind == "feedback_buttons":
        sides = (element["positive_button"], element["negative_button"])
        return [(side["text"]["text"], side["value"]) for side in sides]
    if kind in OF_PEOPLE:
        people = slack.people.values()
        return [(f"@{one.display_name}", one.id) for one in people if not one.deleted]
    if kind in OF_PLACES:
        places = slack.places.values()
        return [(f"#{one.name}", one.id) for one in places if one.kind == "channel"]
    return [(option["text"]["text"], option["value"]) for option in options_in(element)]


def chosen_in(element: Element) -> Iterator[str]:
    """The values that a menu starts with."""
    one = element.get("initial_option")
    for option in [one] if one else element.get("initial_options") or []:
        yield option["value"]
