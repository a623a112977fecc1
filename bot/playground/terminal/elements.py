"""How buttons and menus look: a number in brackets, then what they say."""

from typing import Any

from rich.text import Text

from bot.playground.terminal.mrkdwn import from_object
from bot.playground.terminal.names import Names
from bot.playground.terminal.pressable import Pressable, choices, chosen_in
from bot.playground.terminal.row import Row

STYLES = {"primary": "bold green", "danger": "bold red"}
MOST_SHOWN = 12
SIGNS = {"overflow": "⋯", "checkboxes": "☐", "radio_buttons": "○", "feedback_buttons": ""}
STARTS = ("initial_date", "initial_time", "initial_date_time", "initial_user", "initial_channel")


def button(pressable: Pressable, names: Names) -> Text:
    """`[3] Edit`."""
    element = pressable.element
    label = from_object(element["text"], names)
    label.stylize(STYLES.get(element.get("style", ""), "bold"))
    shown = _number(pressable).append(" ").append_text(label)
    return shown.append(f" ({element['url']})", "dim") if "url" in element else shown


def menu(pressable: Pressable, names: Names) -> Row:
    """`[5] ⋯ 1 Reject · 2 Sources`."""
    head, offered = _menu(pressable.element, names)
    lead = _number(pressable).append(f" {head}" if head else "")
    first = [lead.append(" ").append(offered[0])] if offered else [lead]
    return Row([*first, *(Text(f"· {one}") for one in offered[1:])], gap=" ")


def _number(pressable: Pressable) -> Text:
    return Text().append(f"[{pressable.number}]", "bold yellow")


def _menu(element: dict[str, Any], names: Names) -> tuple[str, list[str]]:
    sign = SIGNS.get(element["type"], "▾")
    lead = (element.get("placeholder") or {}).get("text", "")
    started = next((str(element[name]) for name in STARTS if element.get(name)), "")
    offered, now = choices(element, names.slack), set(chosen_in(element))
    shown = [
        f"{number} {label}{' ✓' if value in now else ''}"
        for number, (label, value) in enumerate(offered[:MOST_SHOWN], 1)
    ]
    if len(offered) > MOST_SHOWN:
        shown.append(f"… {len(offered)} in all")
    head = " ".join(part for part in (sign, lead, started) if part)
    return (f"{head}:" if lead and shown else head), shown
