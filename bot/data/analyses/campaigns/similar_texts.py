"""Texts that were sent before and are nearest to what is to be written, with their results."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.data.analyses.campaigns.mailings import Letter


@dataclass(frozen=True)
class Near:
    letter: Letter
    score: float  # 0 to 1


def nearest(
    letters: Sequence[Letter],
    *,
    channel: str | None,
    product: str | None,
    words: str,
    language: str,
    most: int = 3,
) -> list[Near]:
    """Those of the channel and language that share the product or words; the nearest first, of
    equals the one that was opened more, then the later."""
    asked = _stems(words)
    scored = []
    for letter in letters:
        if (channel and letter.channel != channel) or (letter.language or language) != language:
            continue
        if not letter.text:
            continue
        said = _stems(f"{letter.subject or ''} {letter.text}")
        shared = len(asked & said) / len(asked) if asked else 0.0
        same = 1.0 if product and product in (letter.product or "") else 0.0
        if (score := 0.6 * same + 0.4 * shared) > 0.1:
            scored.append(Near(letter, round(score, 3)))
    return sorted(
        scored,
        key=lambda n: (
            -n.score,
            -(n.letter.rate("open rate") or 0),
            -(n.letter.at.timestamp() if n.letter.at else 0),
        ),
    )[:most]


def _stems(text: str) -> set[str]:
    """Words of four letters and more without accents and endings, to be compared."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)
    )
    return {word[:6] for word in re.findall(r"[a-z]{4,}", bare)}
