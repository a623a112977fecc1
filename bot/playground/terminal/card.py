"""One message drawn for a terminal: who wrote it, then a card or plain words, then its files."""

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from bot.playground.blocks import flat, own_elements
from bot.playground.file import StoredFile
from bot.playground.message import Message
from bot.playground.terminal.blocks import STATES, Drawing
from bot.playground.terminal.mrkdwn import from_mrkdwn
from bot.playground.terminal.names import Names
from bot.playground.terminal.pressable import Pressables, Where

WORKING = (":hourglass", "⏳")
STOP = "stop"  # a button that only a card at work has


def is_working(message: Message) -> bool:
    """Whether the card says that it will change by itself."""
    if message.deleted or message.bot_id is None:
        return False
    elements = (one for block in flat(message.blocks) for one in own_elements(block))
    if message.streaming_until or any(one["action_id"] == STOP for one in elements):
        return True
    shown = str(message.blocks)
    return any(sign in shown for sign in WORKING)


def head(message: Message, names: Names, *, elsewhere: bool, again: bool) -> Text:
    """`(3) Super-Intern, in the thread of (2)`, with what else needs saying."""
    number = names.number(message.channel, message.ts)
    said = Text().append(f"({number}) ", "bold yellow")
    said.append(names.author(message), "bold")
    if message.is_reply and message.thread_ts:
        said.append(f", in the thread of ({names.number(message.channel, message.thread_ts)})")
    if elsewhere:
        said.append(f", {_where(message, names)}")
    if message.ephemeral_to:
        said.append(" · only you see this", "italic")
    if again:
        said.append(" · redrawn", "dim")
    return said


def body(message: Message, names: Names, pressables: Pressables) -> RenderableType:
    """What the message holds, without its head."""
    if message.deleted:
        return Text("This message was deleted.", "italic dim")
    if message.user and not message.bot_id:
        return _with_files([from_mrkdwn(message.text, names)] if message.text else [], message)
    where = Where(message.channel, message.ts)
    inner = Drawing(names, pressables, where).draw(message.blocks)
    grown = [from_mrkdwn(message.text, names)] if message.streaming_until else []
    if not message.blocks:
        words = [from_mrkdwn(message.text, names)] if message.text else []
        return _with_files([*_tasks(message), *words], message)
    card = Panel(Group(*grown, *_tasks(message), *inner), box=box.ROUNDED, border_style="dim")
    return _with_files([card], message)


def in_one_line(message: Message, names: Names) -> Text:
    """What a card at work is doing now."""
    line = from_mrkdwn(message.text.strip().split("\n")[0], names)
    line.truncate(120, overflow="ellipsis")
    return line


def in_line(message: Message, names: Names) -> Text | None:
    """What a person wrote, where it fits behind their name."""
    if message.bot_id or message.files or message.deleted or "\n" in message.text:
        return None
    return from_mrkdwn(message.text, names)


def _with_files(shown: list[RenderableType], message: Message) -> Group:
    return Group(*shown, *(Text(f"📎 {_file(file)}") for file in message.files))


def _file(file: StoredFile) -> str:
    size = f"{file.size} bytes" if file.size < 1000 else f"{file.size / 1000:.1f} kB"
    return f"{file.name} ({size})" + (f": {file.alt_txt}" if file.alt_txt else "")


def _tasks(message: Message) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(message.plan, "bold")] if message.plan else []
    tasks: list[dict[str, Any]] = list(message.tasks.values())
    return lines + [Text(f"{STATES.get(one['status'], '○')} {one['title']}") for one in tasks]


def _where(message: Message, names: Names) -> str:
    place = names.slack.places[message.channel]
    if place.kind == "im" and names.reader in place.members:
        return "in your direct message"
    return f"in {names.channel(message.channel)}"
