"""The form of a brief, and the forms for a text of one's own.

With an AI, the form of a brief asks for the words and what is often chosen; without one, for all
that an AI would have read in the words. Slack opens it prefilled with what was found in them.
"""

import json
from collections.abc import Mapping

from bot.config.brand import Brand
from bot.core.channels import PartLimit, load_channels
from bot.core.request import Goal
from bot.drafts.occasions import load_occasions
from bot.i18n.messages import Words
from bot.offline.drafts import list_notices
from bot.offline.routing import list_content_words, read_fields
from bot.slack import action_ids
from bot.slack.blocks import Block, context_block, option, plain_text, translate_title
from bot.slack.views.inputs import (
    HINT,
    LABEL,
    View,
    build_form,
    plain_text_input,
    read_checked,
    read_choice,
    read_text,
    select_input,
    text_input,
)

LANGUAGE_NAMES = {"en": "English", "fr": "Français"}
GOALS: dict[Goal, Words] = {
    "inform": Words("What a product is good for"),
    "launch": Words("New in the shop"),
    "back in stock": Words("Back in stock"),
    "sell through": Words("An offer"),
    "announce": Words("News without a product"),
}
NOTICES: dict[str, Words] = {
    "late_parcel": Words("A parcel is late"),
    "sold_out": Words("Sold out"),
    "welcome": Words("Welcome"),
    "points": Words("Loyalty points"),
    "review_request": Words("Ask for a review"),
    "abandoned_basket": Words("Abandoned basket"),
    "complaint": Words("Answer to complaints"),
}
TEXT_FIELDS = ("product", "audience", "offer", "dates", "must_say")
NOTHING_TO_WRITE = Words("Say in a few words what you need.")
OWN_PART = "own:"  # begins the block id of a part of one's own text


def build_brief_form(
    language: str,
    brand: Brand,
    metadata: str = "",
    *,
    words: str = "",
    values: Mapping[str, str] | None = None,
    is_full: bool = False,
) -> Block:
    """Build the form. `metadata` comes back with the submission; `words` and `values` are what is
    known already. `is_full`: it asks for every field of a brief."""
    known = dict(values or {})
    request_input = text_input(
        "words", Words("What do you need?"), language, words, multiline=True, optional=is_full
    )
    example = Words("For example: our linen shirt is back in stock, tell last summer's buyers")
    request_input["element"]["placeholder"] = plain_text(example.to(language), 150)
    channel = _select(
        "channel", Words("Where it will go"), _build_channel_menu(language), known, language
    )
    audience = text_input(
        "audience", Words("For whom"), language, known.get("audience", ""), optional=True
    )
    text_language = _select(
        "language", Words("Language"), _build_language_menu(brand), known, language
    )
    if not is_full:
        blocks = [request_input, channel, audience, text_language]
    else:
        blocks = [
            channel,
            _select(
                "kind", Words("What there is to tell"), _build_kind_menu(language), known, language
            ),
            text_input(
                "product", Words("Product"), language, known.get("product", ""), optional=True
            ),
            audience,
            _hinted(
                "offer",
                Words("Offer"),
                Words("As it should read: 20% off with code LIN20"),
                known,
                language,
            ),
            _select("occasion", Words("Occasion"), _build_occasion_menu(language), known, language),
            _hinted(
                "dates",
                Words("When"),
                Words("As it should read: until Sunday 12 January"),
                known,
                language,
            ),
            text_input(
                "must_say",
                Words("What must be said"),
                language,
                known.get("must_say", ""),
                multiline=True,
                optional=True,
            ),
            text_language,
            request_input,
        ]
    blocks.append(_build_private_checkbox(language, with_preview=is_full))
    return build_form(
        action_ids.BRIEF_FORM, Words("New brief"), Words("Draft it"), blocks, metadata, language
    )


def find_known_values(words: str, form: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the form that the words and an earlier form give."""
    fields = read_fields(words)
    names = (" ".join(list_content_words(piece)) for piece in fields.rest)
    kind = f"notice={fields.notice}" if fields.notice else f"goal={fields.goal}"
    found = {
        "channel": next(iter(fields.channels), None),
        "kind": kind if fields.notice or fields.goal else None,
        "product": ", ".join(name for name in names if name),
        "audience": fields.audience,
        "offer": fields.offer,
        "occasion": fields.occasion,
        "dates": fields.dates,
        "must_say": "\n".join(fields.must_say),
        "language": fields.language,
    }
    chosen = {name: value for name, value in form.items() if name in found}
    return {name: value for name, value in {**found, **chosen}.items() if value}


def read_brief(view: View) -> dict[str, str]:
    """Return the filled fields of a brief by name; `private` and `preview` are "yes" or absent."""
    goal, _, notice = read_choice(view, "kind").partition("notice=")
    checked = read_checked(view, "private")
    fields = {
        "words": read_text(view, "words"),
        "channel": read_choice(view, "channel"),
        "goal": goal.removeprefix("goal="),
        "notice": notice,
        **{name: read_text(view, name) for name in TEXT_FIELDS},
        "occasion": read_choice(view, "occasion"),
        "language": read_choice(view, "language"),
        "private": "yes" if "yes" in checked else "",
        "preview": "yes" if "preview" in checked else "",
    }
    return {name: value for name, value in fields.items() if value}


def describe_brief(fields: Mapping[str, str], language: str) -> str:
    """Return the words of a request that was made with the form's fields alone; empty when they
    leave nothing to write about."""
    notice = NOTICES.get(fields.get("notice", ""))
    told = [notice.to(language) if notice else "", *(fields.get(one, "") for one in TEXT_FIELDS)]
    if not any((notice, fields.get("product"), fields.get("offer"), fields.get("must_say"))):
        return ""
    channel = load_channels().get(fields.get("channel", ""))
    title = [translate_title(channel.title, language)] if channel else []
    return ", ".join(filter(None, [*title, *told]))


def build_own_text_choice(language: str, brand: Brand) -> Block:
    """Build the form that asks which channel a text of one's own is for."""
    blocks = [
        select_input(
            "channel", Words("Where it will go"), _build_channel_menu(language), language, must=True
        ),
        select_input("language", Words("Language"), _build_language_menu(brand), language),
        text_input("product", Words("Product"), language, optional=True),
        text_input("audience", Words("For whom"), language, optional=True),
    ]
    return build_form(
        action_ids.OWN_TEXT_CHOICE, Words("Your own text"), Words("Next"), blocks, "", language
    )


def build_own_text_form(fields: Mapping[str, str], metadata: str, language: str) -> Block:
    """Build the form with the parts of the channel. `fields` are those of the choice before."""
    channel = load_channels()[fields["channel"]]
    lead = Words("The text is checked, and can then be approved and sent.")
    blocks: list[Block] = [context_block(lead.to(language))]
    for key, limit in channel.parts.items():
        blocks.append(_build_part_input(key, limit, language))
    packed = json.dumps({**json.loads(metadata or "{}"), "own": dict(fields)})
    return build_form(
        action_ids.OWN_TEXT_FORM,
        Words("Your own text"),
        Words("Check it"),
        blocks,
        packed,
        language,
    )


def read_own_text(view: View) -> dict[str, str]:
    """Return the typed parts by their keys."""
    ids = [str(block.get("block_id", "")) for block in view.get("blocks") or []]
    keys = [id.removeprefix(OWN_PART) for id in ids if id.startswith(OWN_PART)]
    return {key: text for key in keys if (text := read_text(view, f"{OWN_PART}{key}"))}


def _build_part_input(key: str, limit: PartLimit, language: str) -> Block:
    is_list = bool(getattr(limit, "items", None))
    long = is_list or limit.unit != "characters" or limit.most > 150
    block: Block = {
        "type": "input",
        "block_id": f"{OWN_PART}{key}",
        "optional": is_list,
        "label": plain_text(translate_title(limit.title, language), LABEL),
        "element": plain_text_input(f"{OWN_PART}{key}", "", multiline=long),
    }
    if is_list:
        block["hint"] = plain_text(Words("One text a line.").to(language), HINT)
    return block


def _select(
    id: str, label: Words, options: list[Block], known: Mapping[str, str], language: str
) -> Block:
    block = select_input(id, label, options, language)
    chosen = next((one for one in options if one["value"] == known.get(id)), None)
    if chosen is not None:
        block["element"]["initial_option"] = chosen
    return block


def _hinted(id: str, label: Words, hint: Words, known: Mapping[str, str], language: str) -> Block:
    block = text_input(id, label, language, known.get(id, ""), optional=True)
    block["hint"] = plain_text(hint.to(language), HINT)
    return block


def _build_channel_menu(language: str) -> list[Block]:
    return [
        option(translate_title(one.title, language), key) for key, one in load_channels().items()
    ][:100]


def _build_kind_menu(language: str) -> list[Block]:
    goals = [option(words.to(language), f"goal={key}") for key, words in GOALS.items()]
    notices = [(key, NOTICES[key]) for key in list_notices()]
    return [*goals, *(option(words.to(language), f"notice={key}") for key, words in notices)]


def _build_occasion_menu(language: str) -> list[Block]:
    titles = {key: one.title for key, one in load_occasions().items()}
    return [option(title.get(language) or title["en"], key) for key, title in titles.items()][:100]


def _build_language_menu(brand: Brand) -> list[Block]:
    return [option(LANGUAGE_NAMES[one], one) for one in brand.languages or ("en",)]


def _build_private_checkbox(language: str, *, with_preview: bool) -> Block:
    only = option(Words("Only me").to(language), "yes")
    only["description"] = plain_text(
        Words("Nobody else sees it until you post it").to(language), 75
    )
    boxes = [only]
    if with_preview:
        preview = option(Words("Preview what the AI would get").to(language), "preview")
        preview["description"] = plain_text(Words("Nothing is written or sent").to(language), 75)
        boxes.append(preview)
    return {
        "type": "input",
        "block_id": "private",
        "optional": True,
        "label": plain_text(Words("Who sees it").to(language), LABEL),
        "element": {"type": "checkboxes", "action_id": "private", "options": boxes},
    }
