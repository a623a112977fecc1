"""Renders Block Kit blocks for a terminal, with numbered buttons and menus."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.rule import Rule
from rich.text import Text

from bot.playground.block_kit import list_elements
from bot.playground.block_schemas import list_options
from bot.playground.terminal import text_rendering
from bot.playground.terminal.text_rendering import DisplayNames, render_mrkdwn, render_text_object
from bot.playground.workspace import SlackWorkspace

ROW_GAP = "   "


class WrappedRow:
    """Short texts in a row; a text that does not fit moves to the next line as a whole."""

    def __init__(self, items: list[Text], gap: str = ROW_GAP) -> None:
        self.items, self.gap = items, gap

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text()
        for item in self.items:
            if line and line.cell_len + len(self.gap) + item.cell_len > options.max_width:
                yield line
                line = Text()
            line.append(self.gap if line else "").append_text(item)
        yield line


# Controls (buttons and menus) and their numbers.

MULTI_CHOICE_TYPES = ("checkboxes", "multi_static_select")
Element = dict[str, Any]


@dataclass(frozen=True)
class ControlLocation:
    """The message or view that contains a control."""

    channel: str = ""
    ts: str = ""
    view: str = ""


@dataclass(frozen=True)
class Control:
    """A button or menu as it was drawn; the message may have changed since."""

    number: int
    where: ControlLocation
    element: Element

    @property
    def is_button(self) -> bool:
        """Whether it is a button, without options to choose from."""
        return bool(self.element["type"] == "button")

    @property
    def label(self) -> str:
        text = self.element.get("text") or self.element.get("placeholder") or {}
        return str(text.get("text", ""))


@dataclass
class ControlRegistry:
    """All drawn controls by number. A control that is drawn again keeps its number."""

    drawn: dict[int, Control] = field(default_factory=dict)
    _numbers: dict[tuple[ControlLocation, str, int], int] = field(default_factory=dict)

    def draw(self, where: ControlLocation, element: Element, nth: int) -> Control:
        """Register the nth element with its action_id in a message and return it as a control."""
        key = (where, element["action_id"], nth)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        self.drawn[number] = Control(number, where, element)
        return self.drawn[number]


def list_choices(element: Element, slack: SlackWorkspace) -> list[tuple[str, Any]]:
    """Return a menu's options as (label, value)."""
    if element["type"] == "conversations_select":
        places = slack.places.values()
        return [(f"#{one.name}", one.id) for one in places if one.kind == "channel"]
    return [(option["text"]["text"], option["value"]) for option in list_options(element)]


def list_initial_values(element: Element) -> Iterator[str]:
    """Yield the values of a menu's initial options."""
    one = element.get("initial_option")
    for option in [one] if one else element.get("initial_options") or []:
        yield option["value"]


# Rendering of buttons and menus.

BUTTON_STYLES = {"primary": "bold green", "danger": "bold red"}
MAX_CHOICES_SHOWN = 12
MENU_SIGNS = {"overflow": "⋯", "checkboxes": "☐", "radio_buttons": "○"}


def render_button(control: Control, names: DisplayNames) -> Text:
    """Render a button, such as `[3] Edit`."""
    element = control.element
    label = render_text_object(element["text"], names)
    label.stylize(BUTTON_STYLES.get(element.get("style", ""), "bold"))
    shown = _render_number(control).append(" ").append_text(label)
    return shown.append(f" ({element['url']})", "dim") if "url" in element else shown


def render_menu(control: Control, names: DisplayNames) -> WrappedRow:
    """Render a menu, such as `[5] ⋯ 1 Reject · 2 Sources`."""
    head, offered = _describe_menu(control.element, names)
    lead = _render_number(control).append(f" {head}" if head else "")
    first = [lead.append(" ").append(offered[0])] if offered else [lead]
    return WrappedRow([*first, *(Text(f"· {one}") for one in offered[1:])], gap=" ")


def _render_number(control: Control) -> Text:
    return Text().append(f"[{control.number}]", "bold yellow")


def _describe_menu(element: dict[str, Any], names: DisplayNames) -> tuple[str, list[str]]:
    sign = MENU_SIGNS.get(element["type"], "▾")
    lead = (element.get("placeholder") or {}).get("text", "")
    started = str(element.get("initial_date") or "")
    offered, now = list_choices(element, names.slack), set(list_initial_values(element))
    shown = [
        f"{number} {label}{' ✓' if value in now else ''}"
        for number, (label, value) in enumerate(offered[:MAX_CHOICES_SHOWN], 1)
    ]
    if len(offered) > MAX_CHOICES_SHOWN:
        shown.append(f"… {len(offered)} in all")
    head = " ".join(part for part in (sign, lead, started) if part)
    return (f"{head}:" if lead and shown else head), shown


# Rendering of blocks.

Block = dict[str, Any]


class BlockRenderer:
    """Renders the blocks of one message or view, as one person sees them."""

    def __init__(
        self, names: DisplayNames, controls: ControlRegistry, where: ControlLocation
    ) -> None:
        self.names, self.controls, self.where = names, controls, where
        self._action_counts: dict[str, int] = {}
        self.renderers: dict[str, Callable[[Block], list[RenderableType]]] = {
            "header": self._header,
            "section": self._section,
            "context": self._context,
            "divider": lambda _: [Rule(style="dim")],
            "actions": self._render_controls,
            "rich_text": lambda block: text_rendering.render_rich_text(block, names),
            "table": text_rendering.render_table,
            "input": self._input,
        }

    def draw(self, blocks: list[Block]) -> list[RenderableType]:
        """Render blocks in order; a block of an unknown type is shown by its type."""
        found: list[RenderableType] = []
        for block in blocks:
            if block["type"] in ("header", "section", "actions") and found:
                found.append(Text())
            found += self.renderers.get(block["type"], self._unknown)(block)
        return found

    def _header(self, block: Block) -> list[RenderableType]:
        title = render_text_object(block["text"], self.names)
        title.stylize("bold")
        return [title]

    def _section(self, block: Block) -> list[RenderableType]:
        found: list[RenderableType] = []
        if block.get("text"):
            found.append(render_text_object(block["text"], self.names))
        found += [render_text_object(field, self.names) for field in block.get("fields") or []]
        return found + self._render_controls(block)

    def _context(self, block: Block) -> list[RenderableType]:
        shown = [render_text_object(one, self.names) for one in block["elements"]]
        line = Text(" · ").join(shown)
        line.stylize("dim")
        return [line]

    def _render_controls(self, block: Block) -> list[RenderableType]:
        """Render the buttons in a row, then each menu on its own line."""
        row: list[Text] = []
        menus: list[RenderableType] = []
        for element in list_elements(block):
            if self.names.reader not in element.get("visible_to_user_ids", [self.names.reader]):
                continue
            nth = self._action_counts[element["action_id"]] = (
                self._action_counts.get(element["action_id"], -1) + 1
            )
            one = self.controls.draw(self.where, element, nth)
            if one.is_button:
                row.append(render_button(one, self.names))
            else:
                menus.append(render_menu(one, self.names))
        return [*([WrappedRow(row)] if row else []), *menus]

    def _input(self, block: Block) -> list[RenderableType]:
        return [Text(f"{block['label']['text']}: …", "bold")]

    def _unknown(self, block: Block) -> list[RenderableType]:
        words = block.get("title") or block.get("name") or block.get("alt_text") or ""
        text = words.get("text", "") if isinstance(words, dict) else str(words)
        return [render_mrkdwn(f"[{block['type']}] {text}".strip(), self.names)]
