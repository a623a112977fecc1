"""A message that Slack refused, made simpler: nobody is left without an answer."""

from typing import Any

from bot.slack.blocks import Block, Message, cut, plain

TEXT = 3_500


def simpler(message: Message, plainness: int) -> Message:
    """0: as it is. 1: its text and its buttons. 2: its text alone. The rest goes into a file."""
    if not plainness:
        return message
    rest = "\n\n".join(filter(None, [all_text(message.blocks), message.rest])) or None
    text = cut(message.text, TEXT)
    if plainness > 1 or not message.blocks:
        return Message(text, [], rest)
    buttons = [block for block in message.blocks if block.get("type") == "actions"]
    said: Block = {"type": "section", "text": plain(message.text, 3_000)}
    return Message(text, [said, *buttons], rest)


def all_text(blocks: list[Block]) -> str:
    """Every word in these blocks but those on buttons."""
    shown = [_words(block) for block in blocks if block.get("type") != "actions"]
    return "\n\n".join(text for text in shown if text)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            return str(value["text"])
        inner = [_words(one) for key, one in value.items() if key not in ("accessory", "type")]
        return " ".join(text for text in inner if text)
    if isinstance(value, list):
        return "".join(_words(one) for one in value)
    return ""
