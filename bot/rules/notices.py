"""Notices to customers that sell nothing: a late parcel, what is sold out, an answer to complaints.

The words are in `notices.toml`. Without an AI they are written as they stand there.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.config.brand import Brand
from bot.i18n.messages import Language

FILE = Path(__file__).parent / "notices.toml"
STOP: dict[Language, str] = {"en": "Reply STOP to opt out", "fr": "STOP pour ne plus recevoir"}
SPOKEN = re.compile(r"<([^|>]*)\|([^>]*)>")  # <vous|tu>


@dataclass(frozen=True)
class Notice:
    """What was asked for: a key of `notices.toml`, and what fills its gaps."""

    key: str
    gaps: dict[str, str]

    def written(self, channel: str, language: Language, brand: Brand) -> dict[str, Any] | None:
        """Texts by part, and two other openings as `hooks`; None where this channel has none."""
        told = notices()[self.key].get(channel, {}).get(language)
        if told is None:
            return None

        gaps = {**self.gaps, "theme": self._about(language)}

        def said(text: str) -> str:
            spoken = SPOKEN.sub(r"\2" if brand.address == "tu" else r"\1", text)
            filled = SPOKEN.sub(r"\2" if brand.address == "tu" else r"\1",
                                spoken.format(**gaps))  # fmt: skip
            return filled[0].upper() + filled[1:] if channel != "sms" else filled

        made: dict[str, Any] = {"hooks": [said(hook) for hook in told["hooks"]]}
        for part, text in told.items():
            if part == "body":
                lines = [*map(said, text), *filter(None, [brand.get_signature(language)])]
                made[part] = "\n\n".join(lines)
            elif part != "hooks":
                made[part] = said(text)
        if channel == "sms":
            colon = " : " if language == "fr" else ": "
            sender = brand.sender or brand.name
            made["text"] = f"{sender}{colon}{made['text']} {STOP[language]}"
        return made

    def _about(self, language: Language) -> str:
        """The theme as one writes of it to a customer; one that is on no list stands in quotes."""
        theme = self.gaps.get("theme", "").strip()
        for known in notices()[self.key].get("about", ()):
            if theme.lower() in known["names"]:
                return str(known[language])
        return f"«\u00a0{theme}\u00a0»" if language == "fr" else f"“{theme}”"


def asked_in(words: str, *, thing: str | None) -> Notice | None:
    """The notice that these words ask for. `thing` is the product meant, where there is one."""
    plain = words.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    for key, told in notices().items():
        for language in ("en", "fr"):
            found = re.search(told[language], plain, re.IGNORECASE)
            if found and (thing or not told.get("thing")):
                return Notice(key, {"thing": thing or "", **found.groupdict()})
    return None


@cache
def notices() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
