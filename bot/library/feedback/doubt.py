"""One doubt about one product, in numbers and in how customers put it: for the page that is to
answer it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.fold import fold
from bot.library.feedback.aspects import lexicon
from bot.library.feedback.listening import Listened, complains, listen
from bot.library.feedback.mentions import COMPLAINT, hear
from bot.library.feedback.texts import asked, read
from bot.library.findings import Where
from bot.library.shelf import Shelf
from bot.words import LANGUAGES, Words

FEW = 5  # complaints from which a doubt is told with its numbers
MOST = 0.6  # of a theme's complaints, from which one of its parts says it better
WAY_FEW, WAY_SHARE, WAYS_TOLD = 3, 0.15, 2
# How the doubt is put, by theme: what the page says, and the folded words that customers use.
WAYS: dict[str, tuple[tuple[Words, str], ...]] = {
    "sizing": (
        (Words("in the sleeves"), r"\b(?:sleeves?|manches?|mangas?)\b"),
        (Words("at the chest"), r"\b(?:chest|bust|buste|poitrine|busto|peito)\b"),
        (Words("at the waist"), r"\b(?:waist\w*|a la taille|ceinture|cintura)\b"),
        (Words("at the shoulders"), r"\b(?:shoulders?|epaules?|ombros?)\b"),
        (Words("at the hips"), r"\b(?:hips?|thighs?|hanches?|cuisses?|quadril)\b"),
        (
            Words("in length"),
            r"\b(?:length|longueur|comprimento|too (?:long|short)|trop (?:long|court)\w*)\b",
        ),
    ),
    "colour": (
        (Words("darker"), r"\b(?:darker|plus (?:fonce|sombre)\w*|mais escur\w+)\b"),
        (Words("lighter"), r"\b(?:lighter|paler|plus (?:clair|pale)\w*|mais clar\w+)\b"),
        (Words("duller"), r"\b(?:duller|dull|faded|terne|fade|delave\w*|desbotad\w+)\b"),
        (Words("brighter"), r"\b(?:brighter|plus (?:vi[fv]|criard)\w*|mais (?:viv|fort)\w+)\b"),
    ),
}


@dataclass(frozen=True)
class Doubt:
    """`blamed` of `texts` about the product complain of `theme` ("sizing-small"); `ways` is how
    they put it ("in the sleeves"), the most frequent first."""

    theme: str
    title: str
    blamed: int
    texts: int
    ways: tuple[Words, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether enough of them say it for its numbers to stand on a page."""
        return self.blamed >= FEW


def doubt(shelf: Shelf, product: str, words: str, folder: Path | None = None) -> Doubt | None:
    """The doubt that `words` name; None where they name none or nobody wrote about the product."""
    if shelf.table("feedback") is None:
        return None
    where = Where(product=product)
    said = listen(read(shelf, asked(shelf, where), where), folder)
    said = said.keep(said.listed)
    theme = _named(said, words, folder)
    if theme is None or not said.texts:
        return None
    blamed = _blamed(said, theme)
    return Doubt(theme, said.titles[theme], blamed, len(said.texts), tuple(_ways(said, theme)))


def _named(said: Listened, words: str, folder: Path | None) -> str | None:
    """The theme that words name, by its title in either language or as customers would say it; the
    part of it that carries most of its complaints."""
    low = fold(words)
    titled = [
        (len(name), subject)
        for subject, title in said.titles.items()
        for language in LANGUAGES
        if (name := fold(Words(title).to(language))) in low
    ]
    found = max(titled)[1] if titled else _heard(said, words, folder)
    return _part(said, found) if found else None


def _heard(said: Listened, words: str, folder: Path | None) -> str | None:
    known = [one for code in LANGUAGES if (one := lexicon(code, folder))]
    subjects = [s for one in known for s in hear(words, one).flags if s in said.column]
    own = [subject for subject in subjects if not said.is_shop(subject)]
    return max(own, key=lambda s: (_blamed(said, s), len(s)), default=None)


def _part(said: Listened, theme: str) -> str:
    parts = [one for one in said.subjects if one.startswith(f"{theme}-")]
    best = max(parts, key=lambda one: _blamed(said, one), default=theme)
    return best if _blamed(said, best) >= max(1, MOST * _blamed(said, theme)) else theme


def _blamed(said: Listened, theme: str) -> int:
    return int(np.sum(complains(said.of(theme))))


def _ways(said: Listened, theme: str) -> Iterator[Words]:
    """What the sentences that complain name often enough."""
    heard = [one.spans.get(theme) if one else None for one in said.heard]
    sentences = [
        fold(text.whole[span[0] : span[1]])
        for text, span in zip(said.texts, heard, strict=True)
        if span and span[2] == COMPLAINT
    ]
    counts = [
        (sum(bool(re.search(pattern, one)) for one in sentences), -n, words)
        for n, (words, pattern) in enumerate(WAYS.get(theme.split("-")[0], ()))
    ]
    least = max(WAY_FEW, WAY_SHARE * len(sentences))
    told = sorted((one for one in counts if one[0] >= least), key=lambda one: one[:2], reverse=True)
    yield from (words for _, _, words in told[:WAYS_TOLD])
