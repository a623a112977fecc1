"""The form that sets up a digest: its sections, filter, channel, schedule and language."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from bot.config.brand import Brand
from bot.data.catalogue.models import ProductRow
from bot.digests.models import BRAND_PREFIX, DAILY, Schedule, format_digest_name
from bot.i18n.calendar_names import list_weekday_names
from bot.i18n.messages import Words, format_value
from bot.slack import action_ids
from bot.slack.blocks import Block, context_block, option, plain_text, truncate
from bot.slack.listeners import ViewSubmission
from bot.slack.views.inputs import (
    HINT,
    LABEL,
    build_form,
    read_checked,
    read_choice,
    select_input,
    text_input,
)

SECTIONS = {
    "sales": Words("Sales"),
    "site": Words("The path to purchase and parcels"),
    "feedback": Words("What customers say"),
    "campaigns": Words("Campaigns and tests"),
    "queue": Words("The review queue"),
    "intern": Words("The week of your intern"),
}
TIME_ZONES = (
    *("Europe/Paris", "Europe/London", "Europe/Berlin", "Europe/Brussels", "Europe/Madrid"),
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Montreal"),
    *("Asia/Tokyo", "Australia/Sydney", "UTC"),
)
HOURS = range(6, 22)
EVERYTHING, MAX_CATEGORIES, MAX_BRANDS = "*", 60, 30  # Slack allows 100 options in a menu


def build_digest_form(
    language: str,
    brand: Brand,
    name: str,
    schedule: Schedule | None,
    narrower: Sequence[str] = (),
    channel: str = "",
) -> Block:
    """Build the form. A new digest defaults to `channel`, where the command was typed."""
    days: list[tuple[str, Words | str]] = [(str(DAILY), Words("Every day"))]
    days += [(str(number), name) for number, name in enumerate(list_weekday_names(language))]
    languages = {"en": Words("English"), "fr": Words("French")}
    blocks = [
        text_input(
            "name", Words("Its name"), language, format_value(format_digest_name(name), language)
        ),
        _build_checkboxes(
            "sections",
            Words("What it tells"),
            list(SECTIONS.items()),
            language,
            schedule.sections if schedule else list(SECTIONS),
        ),
        *_build_filter_menu(language, schedule, narrower),
        _build_channel_input(language, str(schedule.place.get("channel")) if schedule else channel),
        _build_menu(
            "weekday", Words("Day"), days, language, str(schedule.weekday if schedule else 0)
        ),
        _build_menu(
            "hour",
            Words("Hour"),
            [(str(h), Words("{h}:00", h=h)) for h in HOURS],
            language,
            str(schedule.hour if schedule else 9),
        ),
        _build_menu(
            "zone",
            Words("Time zone"),
            [(zone, zone) for zone in TIME_ZONES],
            language,
            schedule.zone if schedule else TIME_ZONES[0],
        ),
        _build_menu(
            "language",
            Words("Language"),
            [(one, languages[one]) for one in brand.languages],
            language,
            schedule.language if schedule else brand.languages[0],
        ),
        _build_checkboxes(
            "quiet",
            Words("When it speaks"),
            [("yes", Words("Only when something moved"))],
            language,
            ["yes"] if schedule and schedule.only_when_moved else [],
        ),
        _build_checkboxes(
            "alerts",
            Words("Between two digests"),
            [("yes", Words("Tell me at once when sales stop or complaints jump"))],
            language,
            ["yes"] if schedule and schedule.alerts else [],
        ),
    ]
    lead = Words("You get a preview first. It is posted only once you switch it on.")
    blocks.append(context_block(lead.to(language)))
    metadata = json.dumps({"was": schedule.name} if schedule else {})
    return build_form(
        action_ids.DIGEST_FORM, Words("Digest"), Words("Show a preview"), blocks, metadata, language
    )


def read_digest_name(view: dict[str, Any]) -> str | None:
    """Return the name of the digest that the form was opened for."""
    metadata = json.loads(view.get("private_metadata") or "{}")
    return metadata.get("was") if isinstance(metadata, dict) else None


def _build_channel_input(language: str, channel: str) -> Block:
    """Build the channel menu. Without a channel the digest is sent to its owner alone."""
    element: Block = {
        "type": "conversations_select",
        "action_id": "where",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "placeholder": plain_text(Words("Only to you").to(language), 150),
    }
    if channel[:1] in ("C", "G"):
        element["initial_conversation"] = channel
    label, hint = Words("Where"), Words("Left open, it comes to you alone.")
    return {
        "type": "input",
        "block_id": "where",
        "optional": True,
        "label": plain_text(label.to(language), LABEL),
        "hint": plain_text(hint.to(language), HINT),
        "element": element,
    }


def list_catalogue_filters(session: Session, workspace: str) -> list[str]:
    """Return the filters that a digest can have, as a schedule stores them: brands, then
    categories."""
    brands = ProductRow.brands(session, workspace)[:MAX_BRANDS]
    categories = ProductRow.categories(session, workspace)[:MAX_CATEGORIES]
    return [*(BRAND_PREFIX + name for name in brands), *categories]


def _build_filter_menu(
    language: str, schedule: Schedule | None, narrower: Sequence[str]
) -> list[Block]:
    """Build the menu of brands and categories; nothing without a catalogue."""
    about = schedule.about if schedule else None
    every = list(dict.fromkeys([*([about] if about else []), *narrower]))
    offered = [
        (EVERYTHING, Words("Everything")),
        *((truncate(one, 75), _name_filter(one)) for one in every),
    ]
    label = Words("One brand or category only")
    return [_build_menu("about", label, offered, language, about or EVERYTHING)] if every else []


def _name_filter(about: str) -> Words:
    if about.startswith(BRAND_PREFIX):
        return Words("Brand: {name}", name=about.removeprefix(BRAND_PREFIX))
    return Words("Category: {name}", name=about)


def read_digest_settings(submission: ViewSubmission) -> dict[str, Any]:
    """Return the chosen settings, as a schedule stores them."""
    about = read_choice(submission.view, "about")
    return {
        "weekday": int(read_choice(submission.view, "weekday") or 0),
        "hour": int(read_choice(submission.view, "hour") or 9),
        "minute": 0,
        "zone": read_choice(submission.view, "zone") or TIME_ZONES[0],
        "language": read_choice(submission.view, "language") or "en",
        "sections": read_checked(submission.view, "sections"),
        "about": None if about in (None, "", EVERYTHING) else about,
        "only_when_moved": bool(read_checked(submission.view, "quiet")),
        "alerts": bool(read_checked(submission.view, "alerts")),
    }


def _build_menu(
    id: str, label: Words, offered: list[tuple[str, Any]], language: str, start: str
) -> Block:
    options = [option(_translate(words, language), value) for value, words in offered]
    field = select_input(id, label, options, language, must=True)
    initial = next((one for one in options if one["value"] == start), options[0])
    field["element"]["initial_option"] = initial
    return field


def _build_checkboxes(
    id: str, label: Words, offered: list[tuple[str, Words]], language: str, start: list[Any]
) -> Block:
    options = [option(words.to(language), value) for value, words in offered]
    element: Block = {"type": "checkboxes", "action_id": id, "options": options}
    if initial := [one for one in options if one["value"] in start]:
        element["initial_options"] = initial
    return {
        "type": "input",
        "block_id": id,
        "optional": True,
        "label": plain_text(label.to(language), LABEL),
        "element": element,
    }


def _translate(words: Words | str, language: str) -> str:
    return words.to(language) if isinstance(words, Words) else words
