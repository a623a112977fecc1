"""The marketing channels, from `channels.toml`: parts, limits and the AI's output."""

import tomllib
from collections.abc import Collection
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from bot.core.audience_rule import AudiencePurpose
from bot.core.parts import Copy, Hook
from bot.core.request import Brief, SkillRequest
from bot.i18n.messages import Words
from bot.i18n.typography import GSM7_DOUBLE, is_gsm7
from bot.text.normalize import normalize_text

CHANNELS_FILE = Path(__file__).parent / "channels.toml"
# Units in the only segment, and in each of several; by whether all characters are of GSM-7.
SEGMENT_SIZES = {True: (160, 153), False: (70, 67)}
NOT_USED = "not_used"
NOT_USED_DESCRIPTION = (
    "what the brief asks for and the text does not have, in the brief's own words; else []"
)
HOOKS_TITLE = Words("Other openings").text

# How a card shows a part: bold, grey, as it is, as a button, as a list, as tags in one line.
PartRole = Literal["title", "preview", "text", "button", "list", "tags"]


class PartLimit(BaseModel, frozen=True, extra="forbid"):
    """The maximum size of one part. A `hard` limit blocks approval; `advice` only warns. With the
    unit "segments", an SMS is counted in the segments that it is sent as. A part with `items` is a
    list of texts, each with this limit."""

    title: str  # the part's name on screen, in English
    heading: str = ""  # above several texts of a list: "Headlines"
    most: int
    unit: Literal["characters", "segments", "words"] = "characters"
    kind: Literal["hard", "advice"] = "advice"
    source: str
    checked: date
    items: tuple[int, int] | None = None  # the fewest and the most texts of a list
    refused: str = ""  # characters that the channel refuses
    role: PartRole = "text"

    def name(self, count: int) -> str:
        """Return the name of the part, or of so many texts of a list."""
        return self.heading if self.heading and count > 1 else self.title

    def as_prompt(self) -> str:
        size = f"at most {self.most} {self.unit}"
        if self.unit == "segments":
            size = f"one segment; {self.most} only for an offer whose conditions need them"
        if self.items:
            fewest, most = self.items
            size = f"{fewest} to {most} texts, each {size}"
        return f"{size}, none of {' '.join(self.refused)}" if self.refused else size


class Channel(BaseModel, frozen=True, extra="forbid"):
    """A marketing channel: e-mail, SMS, a product page. `channels.toml` says what a field means."""

    key: str
    title: str
    names: tuple[str, ...]  # what people call it, in English and French, lower case
    parts: dict[str, PartLimit]
    ads_on: tuple[str, ...] = ()
    consent: AudiencePurpose | None = None
    names_sender: bool = False
    has_hooks: bool = True
    answers_doubts: bool = False
    is_listing: bool = False
    is_public: bool = False
    opens_page: bool = False

    def as_prompt(self, language: str) -> str:
        """The channel's parts and limits as text for the prompt."""
        lines = [f"{self.title}, in {language}"]
        return "\n".join(
            [*lines, *(f"{key}: {limit.as_prompt()}" for key, limit in self.parts.items())]
        )

    def find_limit(self, part_key: str) -> PartLimit | None:
        """Return the limit of a part, or of one text of a list: "headlines.2"."""
        return self.parts.get(part_key.partition(".")[0])

    @property
    def is_counted_in_segments(self) -> bool:
        """Whether a part is measured in SMS segments instead of characters or words."""
        return any(limit.unit == "segments" for limit in self.parts.values())

    @property
    def output(self) -> type[BaseModel]:
        """The model that the AI fills in: a field for each part, and the hooks."""
        return _build_output(self.key, tuple(self.parts))

    def with_parts(self, keys: Collection[str]) -> "Channel":
        """Return the channel with these of its parts alone; with all where none is named."""
        parts = {key: limit for key, limit in self.parts.items() if key in keys}
        return self.model_copy(update={"parts": parts}) if parts else self


@cache
def load_channels() -> dict[str, Channel]:
    """Return all channels by key."""
    with CHANNELS_FILE.open("rb") as file:
        return {key: Channel(key=key, **table) for key, table in tomllib.load(file).items()}


def find_channel(request: SkillRequest) -> Channel | None:
    """Return the channel of a request, with the parts that it asks for."""
    channel = load_channels().get(request.channel or "")
    return channel.with_parts(request.brief.parts) if channel else None


def get_default_channel() -> Channel:
    """Return the channel of a request that names none."""
    return next(iter(load_channels().values()))


@cache
def list_sender_channels() -> frozenset[str]:
    """Return the keys of the channels whose texts name their sender and how to stop."""
    return frozenset(key for key, one in load_channels().items() if one.names_sender)


def find_purpose(brief: Brief) -> AudiencePurpose | None:
    """Return what the people of the channels that a request names must have agreed to; None where
    it names none, or several kinds."""
    purposes = {load_channels()[key].consent for key in brief.channels} - {None}
    return purposes.pop() if len(purposes) == 1 else None


def describe_unknown_consents(brief: Brief) -> str:
    """Return a note for the AI on the channels that a request names and to which the data tell of
    no consent."""
    asked = normalize_text(f"{brief.words} {brief.follows or ''}")
    unknown = [
        c.title
        for c in load_channels().values()
        if not (c.is_public or c.consent) and any(normalize_text(name) in asked for name in c.names)
    ]
    return (
        f"No data tell who can be reached by: {', '.join(unknown)}. Where it is meant, say so "
        "plainly in `cannot_tell`; agreeing to another way is no answer."
        if unknown
        else ""
    )


@cache
def _build_output(key: str, parts: tuple[str, ...]) -> type[BaseModel]:
    """Build the output of a channel with these parts. One class for each: schemas are cached by
    class."""
    channel = load_channels()[key].with_parts(parts)
    fields: dict[str, Any] = {
        part: (list[Copy] if limit.items else Copy, Field(title=limit.title))
        for part, limit in channel.parts.items()
    }
    if channel.has_hooks:
        fields["hooks"] = (list[Hook], Field(title=HOOKS_TITLE))
    fields[NOT_USED] = (list[str], Field(default=[], description=NOT_USED_DESCRIPTION))
    name = "".join(word.capitalize() for word in key.split("_"))
    model: type[BaseModel] = create_model(name, **fields)
    return model


def count_sms_segments(text: str) -> int:
    """Return how many SMS segments a text needs.

    Source: GSM 03.38 (160/153 septets, 70/67 UCS-2 units)."""
    is_gsm = is_gsm7(text)
    one, more = SEGMENT_SIZES[is_gsm]
    units = _count_sms_units(text, is_gsm=is_gsm)
    return 1 if units <= one else -(-units // more)


def measure_sms_room(fixed: str, segments: int, *, is_gsm: bool = True) -> int:
    """Return how many more characters fit beside `fixed` in so many segments: of the GSM-7
    alphabet, or of any."""
    one, more = SEGMENT_SIZES[is_gsm]
    units = one if segments == 1 else segments * more
    return max(0, units - _count_sms_units(fixed, is_gsm=is_gsm))


def count_sms_excess(text: str) -> int:
    """Return by how many characters a text is longer than one SMS."""
    is_gsm = is_gsm7(text)
    return max(0, _count_sms_units(text, is_gsm=is_gsm) - SEGMENT_SIZES[is_gsm][0])


def _count_sms_units(text: str, *, is_gsm: bool) -> int:
    if is_gsm:
        return sum(2 if c in GSM7_DOUBLE else 1 for c in text)
    return len(text.encode("utf-16-le")) // 2


def measure_text(text: str, limit: PartLimit) -> int:
    """Return a text's size in the limit's unit."""
    if limit.unit == "segments":
        return count_sms_segments(text)
    return len(text.split()) if limit.unit == "words" else len(text)
