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
from bot.i18n.languages import LANGUAGES, SOURCE_LANGUAGE, get_language
from bot.i18n.messages import Words
from bot.offline.drafts import list_notices
from bot.offline.routing import list_content_words, read_fields
from bot.slack import action_ids
from bot.slack.blocks import Block, context_block, plain_text, translate_title
from bot.slack.views.inputs import (
    PLACEHOLDER,
    FormBuilder,
    Labels,
    View,
    read_checked,
    read_choice,
    read_text,
)

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
    known, form = dict(values or {}), FormBuilder(language)
    request_input = form.text(
        "words", Words("What do you need?"), words, multiline=True, optional=is_full
    )
    example = Words("For example: our linen shirt is back in stock, tell last summer's buyers")
    request_input["element"]["placeholder"] = plain_text(example.to(language), PLACEHOLDER)

    def text(id: str, label: Words, hint: Words | None = None, *, multiline: bool = False) -> Block:
        value = known.get(id, "")
        return form.text(id, label, value, multiline=multiline, optional=True, hint=hint)

    def menu(id: str, label: Words, options: Labels) -> Block:
        return form.menu(id, label, options, known.get(id))

    channel = menu("channel", Words("Where it will go"), _list_channels(language))
    audience = text("audience", Words("For whom"))
    text_language = menu("language", Words("Language"), _list_languages(brand))
    if not is_full:
        blocks = [request_input, channel, audience, text_language]
    else:
        blocks = [
            channel,
            menu("kind", Words("What there is to tell"), _list_kinds()),
            text("product", Words("Product")),
            audience,
            text("offer", Words("Offer"), Words("As it should read: 20% off with code LIN20")),
            menu("occasion", Words("Occasion"), _list_occasions(language)),
            text("dates", Words("When"), Words("As it should read: until Sunday 12 January")),
            text("must_say", Words("What must be said"), multiline=True),
            text_language,
            request_input,
        ]
    blocks.append(_build_private_checkbox(form, with_preview=is_full))
    return form.build(
        action_ids.BRIEF_FORM, Words("New brief"), Words("Draft it"), blocks, metadata
    )


def find_known_values(words: str, form: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the form that the words and an earlier form give."""
    fields = read_fields(words)
    names = (" ".join(list_content_words(piece)) for piece in fields.rest)
    codes = fields.codes[0].split() if len(fields.codes) == 1 else []
    countries = (code for code in codes if code.lower() not in LANGUAGES)
    kind = f"notice={fields.notice}" if fields.notice else f"goal={fields.goal}"
    found = {
        "channel": next(iter(fields.channels), None),
        "kind": kind if fields.notice or fields.goal else None,
        "product": ", ".join(name for name in names if name),
        "audience": ", ".join(filter(None, [fields.audience, *countries])),
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
    form = FormBuilder(language)
    channels = _list_channels(language)
    blocks = [
        form.menu("channel", Words("Where it will go"), channels, must=True),
        form.menu("language", Words("Language"), _list_languages(brand)),
        form.text("product", Words("Product"), optional=True),
        form.text("audience", Words("For whom"), optional=True),
    ]
    return form.build(action_ids.OWN_TEXT_CHOICE, Words("Your own text"), Words("Next"), blocks)


def build_own_text_form(fields: Mapping[str, str], metadata: str, language: str) -> Block:
    """Build the form with the parts of the channel. `fields` are those of the choice before."""
    channel = load_channels()[fields["channel"]]
    lead = Words("The text is checked, and can then be approved and sent.")
    blocks: list[Block] = [context_block(lead.to(language))]
    form = FormBuilder(language)
    for key, limit in channel.parts.items():
        blocks.append(_build_part_input(form, key, limit))
    packed = json.dumps({**json.loads(metadata or "{}"), "own": dict(fields)})
    title, check = Words("Your own text"), Words("Check it")
    return form.build(action_ids.OWN_TEXT_FORM, title, check, blocks, packed)


def read_own_text(view: View) -> dict[str, str]:
    """Return the typed parts by their keys."""
    ids = [str(block.get("block_id", "")) for block in view.get("blocks") or []]
    keys = [id.removeprefix(OWN_PART) for id in ids if id.startswith(OWN_PART)]
    return {key: text for key in keys if (text := read_text(view, f"{OWN_PART}{key}"))}


def _build_part_input(form: FormBuilder, key: str, limit: PartLimit) -> Block:
    is_list = bool(getattr(limit, "items", None))
    long = is_list or limit.unit != "characters" or limit.most > 150
    return form.text(
        f"{OWN_PART}{key}",
        translate_title(limit.title, form.language),
        multiline=long,
        optional=is_list,
        hint=Words("One text a line.") if is_list else None,
    )


def _list_channels(language: str) -> Labels:
    return {key: translate_title(one.title, language) for key, one in load_channels().items()}


def _list_kinds() -> Labels:
    goals = {f"goal={key}": words for key, words in GOALS.items()}
    return {**goals, **{f"notice={key}": NOTICES[key] for key in list_notices()}}


def _list_occasions(language: str) -> Labels:
    titles = {key: one.title for key, one in load_occasions().items()}
    return {key: title.get(language) or title[SOURCE_LANGUAGE] for key, title in titles.items()}


def _list_languages(brand: Brand) -> Labels:
    return {one: get_language(one).own_name for one in brand.languages or (SOURCE_LANGUAGE,)}


def _build_private_checkbox(form: FormBuilder, *, with_preview: bool) -> Block:
    boxes: dict[str, Words] = {"yes": Words("Only me")}
    about = [Words("Nobody else sees it until you post it")]
    if with_preview:
        boxes["preview"] = Words("Preview what the AI would get")
        about.append(Words("Nothing is written or sent"))
    block = form.choices("private", Words("Who sees it"), boxes)
    for box, words in zip(block["element"]["options"], about, strict=True):
        box["description"] = plain_text(words.to(form.language), 75)
    return block
