"""A form and the fields in it. A field's name is its block id and its action id."""

from bot.i18n.messages import Words
from bot.slack.blocks import Block, cut, plain

VIEW_TITLE, LABEL, HINT = 24, 2_000, 2_000


def form(
    callback: str,
    title: Words,
    submit: Words,
    blocks: list[Block],
    metadata: str,
    language: str,
) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title.to(language), VIEW_TITLE),
        "submit": plain(submit.to(language), VIEW_TITLE),
        "close": plain(Words("Cancel").to(language), VIEW_TITLE),
        "private_metadata": metadata,
        "blocks": blocks,
    }


def typed(
    id: str,
    label: Words,
    language: str,
    text: str = "",
    *,
    multiline: bool = False,
    optional: bool = False,
) -> Block:
    """A field for words."""
    return {
        "type": "input",
        "block_id": id,
        "optional": optional,
        "label": plain(label.to(language), LABEL),
        "element": field(id, text, multiline=multiline),
    }


def field(id: str, text: str, *, multiline: bool) -> Block:
    shown: Block = {
        "type": "plain_text_input",
        "action_id": id,
        "multiline": multiline,
        "max_length": 3_000,
    }
    return shown | ({"initial_value": cut(text, 3_000)} if text else {})


def choice(
    id: str, label: Words, options: list[Block], language: str, *, must: bool = False
) -> Block:
    """A menu; leaving it open is an answer too, unless something `must` be chosen."""
    hint = Words("Choose") if must else Words("Let your intern choose")
    menu: Block = {
        "type": "static_select",
        "action_id": id,
        "placeholder": plain(hint.to(language), 150),
        "options": options,
    }
    return {
        "type": "input",
        "block_id": id,
        "optional": not must,
        "label": plain(label.to(language), LABEL),
        "element": menu,
    }
