"""The small shapes that cards and forms are built of, each within Slack's limits."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.i18n.messages import Words, shown_title, spell, words_from
from bot.text.escape import neutral

Block = dict[str, Any]
SECTION, OPTION, BUTTON, BUTTON_VALUE, HEADER, FALLBACK = 3_000, 75, 75, 2_000, 150, 3_500
SPOKEN_OF = ("who", "names", "place", "where")  # gaps that we fill with people and channels
MENTIONS = re.compile(r"(?:<[@#][A-Z0-9]+>\s*)+")
CONFIRM = 300  # the text of a dialog that asks "are you sure"
MOST_BLOCKS = 50
MOST_CHARACTERS = 12_600  # Slack refuses at about 13,200 over all blocks


@dataclass(frozen=True)
class Message:
    """One message: `text` is what a notification says, `rest` what did not fit into it."""

    text: str
    blocks: list[Block]
    rest: str | None = None


def size(text: str) -> int:
    """A length as Slack's clients count it: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def weigh(value: Any) -> int:
    """How much of a message's total these blocks take: all their strings but the types."""
    if isinstance(value, str):
        return size(value)
    if isinstance(value, dict):
        return sum(weigh(one) for key, one in value.items() if key != "type")
    return sum(weigh(one) for one in value) if isinstance(value, list) else 0


def cut(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    if size(text) <= most:
        return text
    return text[: fitting(text, most - 1)].rstrip() + "…"


def fitting(text: str, most: int) -> int:
    """How many characters of the text are at most `most` long as Slack counts."""
    end = min(len(text), most)
    while size(text[:end]) > most:
        end -= max(1, (size(text[:end]) - most) // 2)
    return end


def quoted(text: str, most: int, hosts: Collection[str] = ()) -> str:
    """Other people's words within our own mrkdwn: harmless, and no longer than `most`."""
    shown, room = neutral(cut(text, most), hosts), most
    while size(shown) > most:
        room = room * most // (size(shown) + 1)
        shown = neutral(cut(text, room), hosts)
    return shown


def cited(text: str, most: int, language: str) -> str:
    """Other people's words between the reader's quotation marks."""
    return Words("“{quote}”", quote=quoted(text, most)).to(language)


def told(words: Words, language: str, most: int = SECTION) -> str:
    """A stored sentence for mrkdwn: mentions in it stand, other people's words are harmless."""
    return cut(_harmless(words).to(language), most)


def _harmless(words: Words) -> Words:
    mild = {gap: _mild(gap, value) for gap, value in words.params.items()}
    return words.model_copy(update={"params": mild})


def _mild(gap: str, value: Any) -> Any:
    """A file may be called <@U1> as well: it is no mention of anybody."""
    if isinstance(value, str):
        return value if gap in SPOKEN_OF and MENTIONS.fullmatch(value) else neutral(value)
    if isinstance(value, dict) and "words" in value:
        return {"words": _harmless(words_from(value["words"])).model_dump(mode="json")}
    return value


def titled(title: str, language: str) -> str:
    """A part's or a channel's name on the screen."""
    return shown_title(title, language)


def moment(at: datetime, language: str) -> str:
    """A time in the reader's own zone; where Slack can't say it, in UTC."""
    fallback = f"{spell(at, language)} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short}} {{time}}|{fallback}>"


def plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": cut(text, most) or "-", "emoji": False}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str, accessory: Block | None = None) -> Block:
    shown = {"type": "section", "text": mrkdwn(cut(text, SECTION)), "expand": True}
    return shown | ({"accessory": accessory} if accessory else {})


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(cut(text, 2_000)) for text in texts][:10]}


def button(
    text: str, action: str, value: str, *, style: str | None = None, confirm: Block | None = None
) -> Block:
    shown: Block = {
        "type": "button",
        "text": plain(text, BUTTON),
        "action_id": action,
        "value": value,
    }
    shown |= {"style": style} if style else {}
    return shown | ({"confirm": confirm} if confirm else {})


def actions(*elements: Block | None) -> list[Block]:
    """A row of buttons, or nothing when there are none."""
    there = [element for element in elements if element is not None]
    return [{"type": "actions", "elements": there[:25]}] if there else []


def option(text: str, value: str) -> Block:
    return {"text": plain(text, OPTION), "value": value}


def confirm(title: Words, text: str, yes: Words, language: str) -> Block:
    return {
        "title": plain(title.to(language), 100),
        "text": mrkdwn(cut(text, CONFIRM)),
        "confirm": plain(yes.to(language), 30),
        "deny": plain(Words("Cancel").to(language), 30),
    }
