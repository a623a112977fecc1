"""How buttons and menus look: a number in brackets, then what they say."""

from typing import Any

from rich.text import Text

from bot.play.terminal.mrkdwn import from_object
from bot.play.terminal.names import Names
from bot.play.terminal.pressable import Pressable, choices, chosen_in

STYLES = {"primary": "bold green", "danger": "bold red"}
MOST_SHOWN = 12
SIGNS = {"overflow": "⋯", "checkboxes": "☐", "radio_buttons": "○", "feedback_buttons": ""}
STARTS = ("initial_date", "initial_time", "initial_date_time", "initial_user", "initial_channel")


def drawn(pressable: Pressable, names: Names) -> Text:
    """`[3] Edit`, or `[5] ⋯ 1 Reject · 2 Sources`."""
    element = pressable.element
    number = Text(f"[{pressable.number}]", "bold yellow")
    if pressable.is_button:
        label = from_object(element["text"], names)
        label.stylize(STYLES.get(element.get("style", ""), "bold"))
        shown = number.append(" ").append_text(label)
        return shown.append(f" ({element['url']})", "dim") if "url" in element else shown
    return number.append(f" {_menu(element, names)}")


def _menu(element: dict[str, Any], names: Names) -> str:
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
    return f"{head}{': ' if lead and shown else ' ' if head else ''}{' · '.join(shown)}"
