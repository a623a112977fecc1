"""The form that sets up a digest: its sections, filter, channel, schedule and language."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from bot.config.brand import Brand
from bot.data.catalogue.models import ProductRow
from bot.digests.models import BRAND_PREFIX, DAILY, Schedule, format_digest_name
from bot.i18n.languages import load_languages
from bot.i18n.messages import Words, format_value
from bot.i18n.periods import list_weekday_names
from bot.slack import action_ids
from bot.slack.blocks import Block, context_block, plain_text, truncate
from bot.slack.listeners import ViewSubmission
from bot.slack.views.inputs import PLACEHOLDER, FormBuilder, Labels, read_checked, read_choice

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
    form = FormBuilder(language)
    names: dict[str, Words | str] = {
        str(n): day for n, day in enumerate(list_weekday_names(language))
    }
    days = {str(DAILY): Words("Every day"), **names}
    hours = {str(hour): Words("{h}:00", h=hour) for hour in HOURS}
    languages = {one: Words(table.name) for one, table in load_languages().items()}
    own_name = format_value(format_digest_name(name), language)
    sections = schedule.sections if schedule else list(SECTIONS)
    weekday, hour = (schedule.weekday, schedule.hour) if schedule else (0, 9)
    zone = schedule.zone if schedule else TIME_ZONES[0]
    spoken = schedule.language if schedule else brand.languages[0]
    quiet = {"yes": Words("Only when something moved")}
    alerts = {"yes": Words("Tell me at once when sales stop or complaints jump")}
    blocks = [
        form.text("name", Words("Its name"), own_name),
        form.choices("sections", Words("What it tells"), SECTIONS, sections),
        *_build_filter_menu(form, schedule, narrower),
        _build_channel_input(form, str(schedule.place.get("channel")) if schedule else channel),
        _build_menu(form, "weekday", Words("Day"), days, str(weekday)),
        _build_menu(form, "hour", Words("Hour"), hours, str(hour)),
        _build_menu(form, "zone", Words("Time zone"), {one: one for one in TIME_ZONES}, zone),
        _build_menu(
            form,
            "language",
            Words("Language"),
            {one: languages[one] for one in brand.languages},
            spoken,
        ),
        form.choices(
            "quiet",
            Words("When it speaks"),
            quiet,
            ["yes"] if schedule and schedule.only_when_moved else [],
        ),
        form.choices(
            "alerts",
            Words("Between two digests"),
            alerts,
            ["yes"] if schedule and schedule.alerts else [],
        ),
    ]
    lead = Words("You get a preview first. It is posted only once you switch it on.")
    blocks.append(context_block(lead.to(language)))
    metadata = json.dumps({"was": schedule.name} if schedule else {})
    title, preview = Words("Digest"), Words("Show a preview")
    return form.build(action_ids.DIGEST_FORM, title, preview, blocks, metadata)


def read_digest_name(view: dict[str, Any]) -> str | None:
    """Return the name of the digest that the form was opened for."""
    metadata = json.loads(view.get("private_metadata") or "{}")
    return metadata.get("was") if isinstance(metadata, dict) else None


def _build_channel_input(form: FormBuilder, channel: str) -> Block:
    """Build the channel menu. Without a channel the digest is sent to its owner alone."""
    element: Block = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "placeholder": plain_text(Words("Only to you").to(form.language), PLACEHOLDER),
    }
    if channel[:1] in ("C", "G"):
        element["initial_conversation"] = channel
    hint = Words("Left open, it comes to you alone.")
    return form.input("where", Words("Where"), element, optional=True, hint=hint)


def list_catalogue_filters(session: Session, workspace: str) -> list[str]:
    """Return the filters that a digest can have, as a schedule stores them: brands, then
    categories."""
    brands = ProductRow.brands(session, workspace)[:MAX_BRANDS]
    categories = ProductRow.categories(session, workspace)[:MAX_CATEGORIES]
    return [*(BRAND_PREFIX + name for name in brands), *categories]


def _build_filter_menu(
    form: FormBuilder, schedule: Schedule | None, narrower: Sequence[str]
) -> list[Block]:
    """Build the menu of brands and categories; nothing without a catalogue."""
    about = schedule.about if schedule else None
    every = list(dict.fromkeys([*([about] if about else []), *narrower]))
    offered = {EVERYTHING: Words("Everything")}
    offered |= {truncate(one, 75): _name_filter(one) for one in every}
    label = Words("One brand or category only")
    return [_build_menu(form, "about", label, offered, about or EVERYTHING)] if every else []


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


def _build_menu(form: FormBuilder, id: str, label: Words, options: Labels, chosen: str) -> Block:
    """Build a menu in which one option is chosen at first: the first one without `chosen`."""
    first = chosen if chosen in options else next(iter(options))
    return form.menu(id, label, options, first, must=True)
