"""The forms people fill in: a brief, an edit, and the reasons they give."""

import json
from collections.abc import Mapping

from bot.config.brand import Brand
from bot.core.channels import Limit, channels
from bot.core.parts import Part
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.blocks import Block, context, cut, option, plain, section, titled, told
from bot.slack.cards.checks import finding_line
from bot.slack.cards.draft_parts import limits
from bot.slack.views.chunks import in_inputs, written
from bot.slack.views.info import history_view, notice_view, sources_view, what_left_view
from bot.slack.views.inputs import HINT, LABEL, choice, field, form, typed
from bot.slack.views.parse import read_brief, read_edit, read_reason, reason_missing

__all__ = [
    "anyway_form",
    "brief_form",
    "edit_form",
    "history_view",
    "notice_view",
    "read_brief",
    "read_edit",
    "read_reason",
    "reason_missing",
    "reject_form",
    "send_back_form",
    "sources_view",
    "what_left_view",
]

MOST_INPUTS, MOST_JSON = 95, 200_000  # Slack: 100 blocks, 250,000 characters
LANGUAGE_NAMES = {"en": "English", "fr": "Français"}


def brief_form(language: str, brand: Brand, metadata: str = "", *, words: str = "") -> Block:
    """What is wanted. `metadata` comes back with it; `words` is what is known already."""
    what = typed("words", Words("What do you need?"), language, words, multiline=True)
    example = Words("For example: our linen shirt is back in stock, tell last summer's buyers")
    what["element"]["placeholder"] = plain(example.to(language), 150)
    blocks = [
        what,
        choice("channel", Words("Where it will go"), _channels(language), language),
        typed("audience", Words("For whom"), language, optional=True),
        choice("language", Words("Language"), _languages(brand), language),
        _just_for_me(language),
    ]
    return form(
        action_ids.BRIEF_FORM, Words("New brief"), Words("Draft it"), blocks, metadata, language
    )


def edit_form(
    draft: Draft,
    language: str,
    *,
    typed: Mapping[str, str] | None = None,
    notice: Words | None = None,
) -> Block:
    """Every piece of copy to be changed. `typed` is what somebody had typed into an older form."""
    blocks = [section(f":warning: {told(notice, language, 1_000)}")] if notice else []
    known, left_out = limits(draft), False
    for part in draft.parts:
        if part.kind != "copy":
            continue
        text = (typed or {}).get(part.key, part.text)
        inputs = _inputs(part, text, known.get(part.key), language)
        whole = [*blocks, *inputs]
        if len(whole) > MOST_INPUTS or len(json.dumps(whole)) > MOST_JSON:
            left_out = True
        else:
            blocks = whole
    if left_out:
        words = Words("Some of the text is too long to edit here, and stays as it is.")
        blocks.append(context(words.to(language)))
    return form(action_ids.EDIT_FORM, Words("Edit"), Words("Save"), blocks, _ref(draft), language)


def send_back_form(draft: Draft, language: str) -> Block:
    """Why it comes back: reasons to tap, and words of one's own."""
    reasons = [
        Words("Shorter"),
        Words("Another angle"),
        Words("More formal"),
        Words("Warmer"),
        Words("More about the product"),
        Words("Something is wrong"),
    ]
    options = [option(words.to(language), words.to(language)) for words in reasons]
    tapped: Block = {
        "type": "input",
        "block_id": "reasons",
        "optional": True,
        "label": plain(Words("What should change?").to(language), LABEL),
        "element": {"type": "checkboxes", "action_id": "reasons", "options": options},
    }
    own = typed("reason", Words("In your words"), language, multiline=True, optional=True)
    own["hint"] = plain(Words("A new draft takes this up.").to(language), HINT)
    title, send = Words("Send back"), Words("Send back")
    return form(action_ids.SEND_BACK_FORM, title, send, [tapped, own], _ref(draft), language)


def reject_form(draft: Draft, language: str) -> Block:
    """Why it is given up for good."""
    why = typed("reason", Words("Why?"), language, multiline=True)
    why["hint"] = plain(Words("There will be no new draft.").to(language), HINT)
    return form(
        action_ids.REJECT_FORM, Words("Reject"), Words("Reject"), [why], _ref(draft), language
    )


def anyway_form(draft: Draft, language: str) -> Block:
    """What has no source, and why it is approved all the same."""
    lines = [finding_line(check, language) for check in draft.blocked()]
    lead = Words("You approve this in your name, and your reason is kept:").to(language)
    shown = [section(f"{lead}\n" + cut("\n".join(lines), 2_800))]
    why = typed("reason", Words("Why is it right?"), language, multiline=True)
    title, yes = Words("Approve anyway"), Words("Approve anyway")
    return form(action_ids.ANYWAY_FORM, title, yes, [*shown, why], _ref(draft), language)


def _channels(language: str) -> list[Block]:
    return [option(titled(one.title, language), key) for key, one in channels().items()][:100]


def _languages(brand: Brand) -> list[Block]:
    return [option(LANGUAGE_NAMES[one], one) for one in brand.languages or ("en",)]


def _just_for_me(language: str) -> Block:
    only = option(Words("Just for me").to(language), "yes")
    only["description"] = plain(Words("Nobody else sees it until you share it").to(language), 75)
    return {
        "type": "input",
        "block_id": "private",
        "optional": True,
        "label": plain(Words("Who sees it").to(language), LABEL),
        "element": {"type": "checkboxes", "action_id": "private", "options": [only]},
    }


def _inputs(part: Part, text: str, limit: Limit | None, language: str) -> list[Block]:
    """One part as one input, or as several when it is long."""
    pieces = in_inputs(text)
    name = titled(part.title, language)
    shown = []
    for number, (before, piece) in enumerate(pieces):
        label = f"{name} ({number + 1}/{len(pieces)})" if len(pieces) > 1 else name
        long = len(pieces) > 1 or limit is None or limit.unit == "segments" or limit.most > 150
        shown.append(
            {
                "type": "input",
                "block_id": json.dumps([part.key, number, written(before)]),
                "optional": len(pieces) > 1,
                "label": plain(label, LABEL),
                "element": field("text", piece, multiline=long or "\n" in piece),
            }
        )
    if limit:
        shown[-1]["hint"] = plain(_hint(limit, language), HINT)
    return shown


def _hint(limit: Limit, language: str) -> str:
    if limit.unit == "segments":
        words = Words.count("At most {n} message", "At most {n} messages", limit.most)
    elif limit.unit == "words":
        words = Words.count("At most {n} word", "At most {n} words", limit.most)
    elif limit.kind == "hard":
        words = Words.count("At most {n} character", "At most {n} characters", limit.most)
    else:
        words = Words("Aim for {n} characters at most", n=limit.most)
    return words.to(language)


def _ref(draft: Draft) -> str:
    return Ref(draft=draft.id, seen=draft.fingerprint).packed()
