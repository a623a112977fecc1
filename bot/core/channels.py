"""The limits of each marketing channel, from `channels.toml`, each with its source and date."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.text.gsm7 import GSM7_DOUBLE, is_gsm7

CHANNELS_FILE = Path(__file__).parent / "channels.toml"


class PartLimit(BaseModel):
    """The maximum size of one part. A `hard` limit blocks approval; `advice` only warns. With the
    unit "segments", an SMS is counted in the segments that it is sent as."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str  # the part's name on screen, in English
    most: int
    unit: Literal["characters", "segments", "words"] = "characters"
    kind: Literal["hard", "advice"] = "advice"
    source: str
    checked: date


class Channel(BaseModel):
    """A marketing channel: e-mail, SMS, a product page."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    title: str
    names: tuple[str, ...]  # what people call it, in English and French, lower case
    parts: dict[str, PartLimit]

    def as_prompt(self, language: str) -> str:
        """The channel's parts and limits as text for the prompt."""
        lines = [f"{self.title}, in {language}"]
        for key, limit in self.parts.items():
            lines.append(f"{key}: at most {limit.most} {limit.unit}")
        return "\n".join(lines)


@cache
def load_channels() -> dict[str, Channel]:
    """Return all channels by key."""
    with CHANNELS_FILE.open("rb") as file:
        return {key: Channel(key=key, **table) for key, table in tomllib.load(file).items()}


def count_sms_segments(text: str) -> int:
    """Return how many SMS segments a text needs.

    Source: GSM 03.38 (160/153 septets, 70/67 UCS-2 units)."""
    if is_gsm7(text):
        units, one, more = sum(2 if c in GSM7_DOUBLE else 1 for c in text), 160, 153
    else:
        units, one, more = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= one else -(-units // more)


def measure_text(text: str, limit: PartLimit) -> int:
    """Return a text's size in the limit's unit."""
    if limit.unit == "segments":
        return count_sms_segments(text)
    return len(text.split()) if limit.unit == "words" else len(text)
