"""The form that sets a digest: what it tells, of what, where, when, and in which language."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from bot.config.brand import Brand
from bot.data.catalogue.models import ProductRow
from bot.digests.models import BRAND, DAILY, WEEKDAYS, Schedule, called
from bot.i18n.messages import Words, spell
from bot.slack import action_ids
from bot.slack.blocks import Block, context, cut, option, plain
from bot.slack.views.inputs import HINT, LABEL, choice, form, typed
from bot.slack.views.parse import chosen, ticked
from bot.slack.views.submission import Sent

SECTIONS = {
    "sales": Words("Sales"),
    "site": Words("The path to purchase and parcels"),
    "feedback": Words("What customers say"),
    "campaigns": Words("Campaigns and tests"),
    "queue": Words("The review queue"),
    "intern": Words("The week of your intern"),
}
ZONES = (
    *("Europe/Paris", "Europe/London", "Europe/Berlin", "Europe/Brussels", "Europe/Madrid"),
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Montreal"),
    *("Asia/Tokyo", "Australia/Sydney", "UTC"),
)
HOURS = range(6, 22)
EVERYTHING, MOST_CATEGORIES, MOST_BRANDS = "*", 60, 30  # Slack shows a hundred


def digest_form(
    language: str,
    brand: Brand,
    name: str,
    known: Schedule | None,
    narrower: Sequence[str] = (),
    channel: str = "",
) -> Block:
    """What, where, when, in which language. A new one goes to the `channel` it was typed in."""
    days = [(str(DAILY), Words("Every day")), *((str(n), day) for n, day in enumerate(WEEKDAYS))]
    languages = {"en": Words("English"), "fr": Words("French")}
    blocks = [
        typed("name", Words("Its name"), language, spell(called(name), language)),
        _ticks(
            "sections",
            Words("What it tells"),
            list(SECTIONS.items()),
            language,
            known.sections if known else list(SECTIONS),
        ),
        *_narrowing(language, known, narrower),
        _where(language, str(known.place.get("channel")) if known else channel),
        _menu("weekday", Words("Day"), days, language, str(known.weekday if known else 0)),
        _menu(
            "hour",
            Words("Hour"),
            [(str(h), Words("{h}:00", h=h)) for h in HOURS],
            language,
            str(known.hour if known else 9),
        ),
        _menu(
            "zone",
            Words("Time zone"),
            [(zone, zone) for zone in ZONES],
            language,
            known.zone if known else ZONES[0],
        ),
        _menu(
            "language",
            Words("Language"),
            [(one, languages[one]) for one in brand.languages],
            language,
            known.language if known else brand.languages[0],
        ),
        _ticks(
            "quiet",
            Words("When it speaks"),
            [("yes", Words("Only when something moved"))],
            language,
            ["yes"] if known and known.only_when_moved else [],
        ),
        _ticks(
            "alerts",
            Words("Between two digests"),
            [("yes", Words("Tell me at once when sales stop or complaints jump"))],
            language,
            ["yes"] if known and known.alerts else [],
        ),
    ]
    lead = Words("You get a preview first. It is posted only once you switch it on.")
    blocks.append(context(lead.to(language)))
    was = json.dumps({"was": known.name} if known else {})
    return form(
        action_ids.DIGEST_FORM, Words("Digest"), Words("Show a preview"), blocks, was, language
    )


def was_called(view: dict[str, Any]) -> str | None:
    """The name of the one that the form was opened for."""
    told = json.loads(view.get("private_metadata") or "{}")
    return told.get("was") if isinstance(told, dict) else None


def _where(language: str, channel: str) -> Block:
    """A channel of people; left open, or anything else, it comes to its owner alone."""
    element: Block = {
        "type": "conversations_select",
        "action_id": "where",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "placeholder": plain(Words("Only to you").to(language), 150),
    }
    if channel[:1] in ("C", "G"):
        element["initial_conversation"] = channel
    label, hint = Words("Where"), Words("Left open, it comes to you alone.")
    return {
        "type": "input",
        "block_id": "where",
        "optional": True,
        "label": plain(label.to(language), LABEL),
        "hint": plain(hint.to(language), HINT),
        "element": element,
    }


def narrower(session: Session, workspace: str) -> list[str]:
    """What a digest can be narrowed to, as a schedule keeps it: brands, then categories."""
    brands = ProductRow.brands(session, workspace)[:MOST_BRANDS]
    categories = ProductRow.categories(session, workspace)[:MOST_CATEGORIES]
    return [*(BRAND + name for name in brands), *categories]


def _narrowing(language: str, known: Schedule | None, narrower: Sequence[str]) -> list[Block]:
    """One brand or category of the catalogue, or all; nothing to choose without a catalogue."""
    about = known.about if known else None
    every = list(dict.fromkeys([*([about] if about else []), *narrower]))
    offered = [(EVERYTHING, Words("Everything")), *((cut(one, 75), _named(one)) for one in every)]
    label = Words("One brand or category only")
    return [_menu("about", label, offered, language, about or EVERYTHING)] if every else []


def _named(about: str) -> Words:
    if about.startswith(BRAND):
        return Words("Brand: {name}", name=about.removeprefix(BRAND))
    return Words("Category: {name}", name=about)


def set_in(sent: Sent) -> dict[str, Any]:
    """What was chosen, as a schedule keeps it."""
    about = chosen(sent.view, "about")
    return {
        "weekday": int(chosen(sent.view, "weekday") or 0),
        "hour": int(chosen(sent.view, "hour") or 9),
        "minute": 0,
        "zone": chosen(sent.view, "zone") or ZONES[0],
        "language": chosen(sent.view, "language") or "en",
        "sections": ticked(sent.view, "sections"),
        "about": None if about in (None, "", EVERYTHING) else about,
        "only_when_moved": bool(ticked(sent.view, "quiet")),
        "alerts": bool(ticked(sent.view, "alerts")),
    }


def _menu(
    id: str, label: Words, offered: list[tuple[str, Any]], language: str, start: str
) -> Block:
    options = [option(_said(words, language), value) for value, words in offered]
    field = choice(id, label, options, language, must=True)
    initial = next((one for one in options if one["value"] == start), options[0])
    field["element"]["initial_option"] = initial
    return field


def _ticks(
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
        "label": plain(label.to(language), LABEL),
        "element": element,
    }


def _said(words: Words | str, language: str) -> str:
    return words.to(language) if isinstance(words, Words) else words
