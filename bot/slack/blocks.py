"""Builders for Block Kit blocks and elements, each within Slack's limits."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.i18n.messages import Words, format_value, restore_words, translate_stored_title
from bot.text.escape import escape_mrkdwn
from bot.text.links import find_links, is_allowed_host

Block = dict[str, Any]
SECTION, OPTION, BUTTON, HEADER, FALLBACK = 3_000, 75, 75, 150, 3_500
# parameters of Words that the program fills with people and channels
MENTION_FIELDS = ("who", "names", "place", "where")
MENTION_SEQUENCE = re.compile(r"(?:<[@#][A-Z0-9]+>\s*)+")
MAX_PLAIN_CONTEXT = 2_000
MAX_CONFIRM_CHARACTERS = 300  # the text of a confirmation dialog
MAX_MESSAGE_BLOCKS = 50
MAX_MESSAGE_CHARACTERS = 12_600  # Slack refuses a message at about 13,200 over all blocks


@dataclass(frozen=True)
class Message:
    """One message: `text` is shown in the notification, `rest` is what did not fit."""

    text: str
    blocks: list[Block]
    rest: str | None = None


def count_utf16_units(text: str) -> int:
    """Return the length in UTF-16 units, as Slack's clients count it: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def measure_blocks(value: Any) -> int:
    """Return how much of a message's total length these blocks take: all their strings except
    types."""
    if isinstance(value, str):
        return count_utf16_units(value)
    if isinstance(value, dict):
        return sum(measure_blocks(one) for key, one in value.items() if key != "type")
    return sum(measure_blocks(one) for one in value) if isinstance(value, list) else 0


def truncate(text: str, limit: int) -> str:
    """Return the text, or its beginning and an ellipsis."""
    if count_utf16_units(text) <= limit:
        return text
    return text[: count_fitting(text, limit - 1)].rstrip() + "…"


def count_fitting(text: str, limit: int) -> int:
    """Return how many characters of the text have at most `limit` UTF-16 units."""
    end = min(len(text), limit)
    while count_utf16_units(text[:end]) > limit:
        end -= max(1, (count_utf16_units(text[:end]) - limit) // 2)
    return end


def quote_as_mrkdwn(text: str, limit: int, hosts: Collection[str] = ()) -> str:
    """Escape other people's words for use in mrkdwn; the result has at most `limit` UTF-16
    units."""
    escaped, room = escape_mrkdwn(truncate(text, limit), hosts), limit
    while count_utf16_units(escaped) > limit:
        room = room * limit // (count_utf16_units(escaped) + 1)
        escaped = escape_mrkdwn(truncate(text, room), hosts)
    return escaped


def quote_in_language(text: str, limit: int, language: str) -> str:
    """Put other people's words between the reader's quotation marks."""
    return Words("“{quote}”", quote=quote_as_mrkdwn(text, limit)).to(language)


def render_words(words: Words, language: str, limit: int = SECTION) -> str:
    """Render a stored sentence as mrkdwn. Its mentions work, and other people's words are
    escaped."""
    return truncate(_escape_words(words).to(language), limit)


def _escape_words(words: Words) -> Words:
    mild = {gap: _escape_value(gap, value) for gap, value in words.params.items()}
    return words.model_copy(update={"params": mild})


def _escape_value(gap: str, value: Any) -> Any:
    """Escape a value unless it is a real mention: a file may be named <@U1> as well."""
    if isinstance(value, str):
        return (
            value
            if gap in MENTION_FIELDS and MENTION_SEQUENCE.fullmatch(value)
            else escape_mrkdwn(value)
        )
    if isinstance(value, dict) and "words" in value:
        return {"words": _escape_words(restore_words(value["words"])).model_dump(mode="json")}
    return value


def translate_title(title: str, language: str) -> str:
    return translate_stored_title(title, language)


def render_title(title: str, language: str) -> str:
    """Render the title of a part in bold."""
    return f"*{quote_as_mrkdwn(translate_title(title, language), 150)}*"


def render_time(at: datetime, language: str) -> str:
    """Render a time that Slack shows in the reader's time zone, with UTC as the fallback."""
    fallback = f"{format_value(at, language)} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short}} {{time}}|{fallback}>"


def plain_text(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": truncate(text, limit) or "-", "emoji": False}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section_block(text: str, accessory: Block | None = None) -> Block:
    block = {"type": "section", "text": mrkdwn(truncate(text, SECTION)), "expand": True}
    return block | ({"accessory": accessory} if accessory else {})


def context_block(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(truncate(text, 2_000)) for text in texts][:10]}


def plain_context_block(text: str) -> Block:
    """Build small grey text in which nothing is mark-up."""
    return {"type": "context", "elements": [plain_text(text, MAX_PLAIN_CONTEXT)]}


def button(
    text: str, action: str, value: str, *, style: str | None = None, confirm: Block | None = None
) -> Block:
    block: Block = {
        "type": "button",
        "text": plain_text(text, BUTTON),
        "action_id": action,
        "value": value,
    }
    block |= {"style": style} if style else {}
    return block | ({"confirm": confirm} if confirm else {})


def actions_block(*elements: Block | None) -> list[Block]:
    """Build a row of buttons; nothing when there are none."""
    present = [element for element in elements if element is not None]
    return [{"type": "actions", "elements": present[:25]}] if present else []


def option(text: str, value: str) -> Block:
    return {"text": plain_text(text, OPTION), "value": value}


def confirm(title: Words, text: str, yes: Words, language: str) -> Block:
    return {
        "title": plain_text(title.to(language), 100),
        "text": mrkdwn(truncate(text, MAX_CONFIRM_CHARACTERS)),
        "confirm": plain_text(yes.to(language), 30),
        "deny": plain_text(Words("Cancel").to(language), 30),
    }


# Copy as rich text: every character as approved, without mark-up or notifications.

MAX_ELEMENT_CHARACTERS = 3_000


def text_elements(text: str, *, bold: bool = False) -> list[Block]:
    """Build plain text elements, as many as the length needs."""
    style: dict[str, Any] = {"style": {"bold": True}} if bold else {}
    return [
        {"type": "text", "text": piece} | style
        for piece in split_by_length(text, MAX_ELEMENT_CHARACTERS)
    ]


def linked_text_elements(text: str, hosts: Collection[str] = ()) -> list[Block]:
    """Build the text as elements in which only links to `hosts` can be opened."""
    elements: list[Block] = []
    at = 0
    for link in find_links(text):
        label = text[link.start : link.end]
        if (
            not (link.plain and is_allowed_host(link.host, hosts))
            or count_utf16_units(label) > MAX_ELEMENT_CHARACTERS
        ):
            continue
        url = label if "://" in label else f"https://{label}"
        elements += text_elements(text[at : link.start])
        elements.append({"type": "link", "url": url, "text": label})
        at = link.end
    return elements + text_elements(text[at:])


def split_by_length(text: str, limit: int) -> list[str]:
    """Split the text into pieces that together are the text."""
    pieces = []
    while text:
        end = count_fitting(text, limit)
        pieces.append(text[:end])
        text = text[end:]
    return pieces


def rich_text(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def rich_text_section(inner: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": inner}


def rich_text_list(lines: list[list[Block]], *, numbered: bool = False) -> Block:
    """Build a list with one entry for each of these element lists."""
    style = "ordered" if numbered else "bullet"
    return {
        "type": "rich_text_list",
        "style": style,
        "elements": [rich_text_section(inner) for inner in lines],
    }


def rich_text_quote(inner: list[Block]) -> Block:
    """Build a quote, which Slack shows with a bar at its side."""
    return {"type": "rich_text_quote", "elements": inner}


def rich_text_preformatted(inner: list[Block]) -> Block:
    return {"type": "rich_text_preformatted", "elements": inner}


def split_at_pause(text: str, limit: int) -> tuple[str, str]:
    """Split off a beginning of at most `limit` UTF-16 units that ends at a pause."""
    end = count_fitting(text, limit)
    if end == len(text):
        return text, ""
    for pause in ("\n\n", "\n", ". ", " "):
        at = text.rfind(pause, end // 2, end)
        if at > 0:
            return text[: at + len(pause)], text[at + len(pause) :]
    return text[:end], text[end:]
