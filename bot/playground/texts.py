"""Text objects, options and confirmations: the small parts that elements and blocks share."""

from typing import Any

from bot.playground.refusals import Faults
from bot.playground.shapes import Check, Shape, by_type, list_of, one_of, words, yes_no

ID = words(255)
URL = words(3000)


def plain(most: int) -> Check:
    """A plain_text object up to a length."""
    return by_type({"plain_text": Shape({"text": words(most)}, {"emoji": yes_no})})


def text(most: int) -> Check:
    """A plain_text or mrkdwn object up to a length."""
    return by_type(
        {
            "plain_text": Shape({"text": words(most)}, {"emoji": yes_no}),
            "mrkdwn": Shape({"text": words(most)}, {"verbatim": yes_no}),
        }
    )


def option(most: int = 150) -> Check:
    """One choice in a menu; its value may have 150 characters."""
    return Shape(
        {"text": text(75), "value": words(most)}, {"description": text(75), "url": words(3000)}
    )


OPTION_GROUP = Shape({"label": plain(75), "options": list_of(option(), 100)})

CONFIRM = Shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)

SLACK_FILE = Shape({}, {"id": words(255), "url": URL})


def has_options(faults: Faults, value: Any, at: str) -> None:
    """A menu has options or groups of them, not both, and starts with one of its own."""
    if bool(value.get("options")) == bool(value.get("option_groups")):
        faults.add("exactly one of options and option_groups must be given", at)
    known = options_in(value)
    start = value.get("initial_options") or [value.get("initial_option")]
    for entry in start:
        if entry is not None and entry not in known:
            faults.add("initial options must match exactly one of the options", at)


def options_in(element: dict[str, Any]) -> list[dict[str, Any]]:
    """All options of a menu, those of its groups included."""
    found = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        found += group["options"]
    return found
