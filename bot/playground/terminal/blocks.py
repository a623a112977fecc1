"""Block Kit drawn for a terminal."""

from collections.abc import Callable
from typing import Any

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from bot.playground.blocks import own_elements
from bot.playground.terminal import rich_text, tables
from bot.playground.terminal.elements import button, menu
from bot.playground.terminal.mrkdwn import from_mrkdwn, from_object
from bot.playground.terminal.names import Names
from bot.playground.terminal.pressable import Pressables, Where
from bot.playground.terminal.row import Row

Block = dict[str, Any]
STATES = {"pending": "○", "in_progress": "◔", "complete": "●", "error": "✗"}
LEVELS = {"warning": "⚠ ", "error": "✗ ", "success": "✓ ", "info": "ℹ "}


class Drawing:
    """One message's or view's blocks, as one person sees them."""

    def __init__(self, names: Names, pressables: Pressables, where: Where) -> None:
        self.names, self.pressables, self.where = names, pressables, where
        self._seen: dict[str, int] = {}
        self.kinds: dict[str, Callable[[Block], list[RenderableType]]] = {
            "header": self._header,
            "section": self._section,
            "context": self._context,
            "divider": lambda _: [Rule(style="dim")],
            "image": self._image,
            "actions": self._actions,
            "context_actions": self._actions,
            "rich_text": lambda block: rich_text.drawn(block, names),
            "markdown": lambda block: [Markdown(block["text"])],
            "table": lambda block: tables.table(block, names),
            "data_table": lambda block: tables.table(block, names),
            "data_visualization": tables.chart,
            "input": self._input,
            "alert": self._alert,
            "card": self._card,
            "carousel": lambda block: self.draw(block["elements"]),
            "container": self._container,
            "plan": self._plan,
            "task_card": self._task,
        }

    def draw(self, blocks: list[Block]) -> list[RenderableType]:
        """Each block in turn; one of an unknown kind is named."""
        found: list[RenderableType] = []
        for block in blocks:
            if block["type"] in ("header", "section", "actions") and found:
                found.append(Text())
            found += self.kinds.get(block["type"], self._unknown)(block)
        return found

    def _header(self, block: Block) -> list[RenderableType]:
        title = from_object(block["text"], self.names)
        title.stylize("bold")
        return [title]

    def _section(self, block: Block) -> list[RenderableType]:
        found: list[RenderableType] = []
        if block.get("text"):
            found.append(from_object(block["text"], self.names))
        found += [from_object(field, self.names) for field in block.get("fields") or []]
        accessory = block.get("accessory")
        if accessory and accessory["type"] == "image":
            return found + self._image(accessory)
        return found + self._pressables(block)

    def _context(self, block: Block) -> list[RenderableType]:
        shown = [
            Text(f"[{one['alt_text']}]") if one["type"] == "image" else from_object(one, self.names)
            for one in block["elements"]
        ]
        line = Text(" · ").join(shown)
        line.stylize("dim")
        return [line]

    def _image(self, block: Block) -> list[RenderableType]:
        title = (block.get("title") or {}).get("text")
        words = f"{title}: {block['alt_text']}" if title else block["alt_text"]
        return [Text(f"[picture: {words}]", "italic")]

    def _actions(self, block: Block) -> list[RenderableType]:
        return self._pressables(block)

    def _pressables(self, block: Block) -> list[RenderableType]:
        """Buttons side by side, then each menu on a line of its own."""
        row: list[Text] = []
        menus: list[RenderableType] = []
        for element in own_elements(block):
            if self.names.reader not in element.get("visible_to_user_ids", [self.names.reader]):
                continue
            nth = self._seen[element["action_id"]] = self._seen.get(element["action_id"], -1) + 1
            one = self.pressables.draw(self.where, block, element, nth)
            if one.is_button:
                row.append(button(one, self.names))
            else:
                menus.append(menu(one, self.names))
        return [*([Row(row)] if row else []), *menus]

    def _input(self, block: Block) -> list[RenderableType]:
        return [Text(f"{block['label']['text']}: …", "bold")]

    def _alert(self, block: Block) -> list[RenderableType]:
        sign = LEVELS.get(block.get("level", ""), "")
        return [Text(sign).append_text(from_object(block["text"], self.names))]

    def _card(self, block: Block) -> list[RenderableType]:
        texts = [from_object(block.get(k), self.names) for k in ("title", "subtitle", "body")]
        if texts[0]:
            texts[0].stylize("bold")
        pictures = [one for k in ("hero_image",) if (one := block.get(k))]
        found: list[RenderableType] = [t for one in pictures for t in self._image(one)]
        return [*found, *(text for text in texts if text), *self._pressables(block)]

    def _container(self, block: Block) -> list[RenderableType]:
        head: list[RenderableType] = (
            [from_object(block["title"], self.names)]
            if block.get("title")
            else rich_text.drawn(block["rich_text_title"], self.names)
        )
        inner = Group(*self.draw(block["child_blocks"]))
        return [*head, Padding(inner, (0, 0, 0, 2))]

    def _plan(self, block: Block) -> list[RenderableType]:
        tasks = [line for task in block.get("tasks") or [] for line in self._task(task)]
        return [Text(block["title"], "bold"), *tasks]

    def _task(self, block: Block) -> list[RenderableType]:
        return [Text(f"{STATES.get(block['status'], '○')} {block['title']}")]

    def _unknown(self, block: Block) -> list[RenderableType]:
        words = block.get("title") or block.get("name") or block.get("alt_text") or ""
        text = words.get("text", "") if isinstance(words, dict) else str(words)
        return [from_mrkdwn(f"[{block['type']}] {text}".strip(), self.names)]
