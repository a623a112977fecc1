"""One doubt about one product, in numbers and in how customers put it: for the page that is to
answer it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.core.facts import Fact
from bot.data.analyses.feedback.aspects import lexicon
from bot.data.analyses.feedback.mentions import COMPLAINT, PRAISE, hear
from bot.data.analyses.feedback.quotes import SHORT, Quote, quotes
from bot.data.analyses.feedback.texts import asked, read
from bot.data.analyses.feedback.theme_shares import percent
from bot.data.analyses.feedback.theme_table import Listened, Mask, complains, listen, praises
from bot.data.analyses.result import Findings, Where
from bot.data.warehouse.query import sql_later
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import LANGUAGES, Words
from bot.text.normalize import fold
from bot.text.slugs import slug

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


# A customer's own sentence that praises a product, and how many reviews praise the same.

SAY_SO = 10  # reviews from which "so many of so many" is told


@dataclass(frozen=True)
class Praised:
    """What the reviews of one product say of one theme: `praised` of `reviews` speak well of it.
    `quote` is the sentence that says it in a text of the language asked for that complains of
    nothing."""

    praised: int
    reviews: int
    quote: Quote | None

    @property
    def is_much(self) -> bool:
        return self.praised >= SAY_SO


def praised(
    shelf: Shelf, product: str, theme: str, language: str, folder: Path | None = None
) -> Praised | None:
    """`theme` as in a fact's id: "fabric-linen". None where nobody speaks of it."""
    if shelf.table("feedback") is None:
        return None
    where = Where(product=product)
    said = listen(read(shelf, asked(shelf, where), where), folder)
    said = said.keep(said.listed)
    if theme not in said.column:
        return None
    count = int(np.sum(praises(said.of(theme))))
    glad = said.keep(_glad(said) & np.array([t.language == language for t in said.texts], bool))
    found = [_sentence(glad, quote, theme) for quote in quotes(glad, theme, PRAISE)]
    return Praised(count, len(said.texts), found[0] if found else None)


def _sentence(said: Listened, quote: Quote, theme: str) -> Quote:
    """The sentence that praises, without what stands around it, unless it is too short alone."""
    heard = said.heard[said.texts.index(quote.text)]
    start, end, _ = heard.spans[theme] if heard else (0, 0, 0)
    sentence = quote.text.whole[start:end].strip()
    return replace(quote, said=sentence) if len(sentence) >= SHORT else quote


def _glad(said: Listened) -> Mask:
    """The texts that complain of nothing."""
    return np.array([not complains(row).any() for row in said.flags], bool)


# What customers praise most about one product, and what they object to most: for drafts.

# texts about the product that say it


def praise_and_objection(
    shelf: Shelf, product: str, folder: Path | None = None
) -> tuple[Fact | None, Fact | None]:
    """feedback.<theme>--product-<product>.praise-share and .complaint-share: % of the texts about
    the product that praise, that complain of its most praised and most blamed theme; about the
    product alone, not about the shop. None where fewer than five texts say it."""
    if shelf.table("feedback") is None:
        return None, None
    where = Where(product=product)
    expression = asked(shelf, where)
    said = listen(read(shelf, expression, where), folder)
    said = said.keep(said.listed)
    found = Findings("feedback", shelf.source("feedback"), shelf.as_of("feedback"))
    found.queries["texts"] = sql_later(expression)
    return (
        _top(found, said, product, "praise-share"),
        _top(found, said, product, "complaint-share"),
    )


def _top(found: Findings, said: Listened, product: str, measure: str) -> Fact | None:
    judge = praises if measure == "praise-share" else complains
    counts = {
        subject: int(np.sum(judge(said.of(subject))))
        for subject in said.subjects
        if subject.split("-")[0] not in said.shop
    }
    counts = {subject: count for subject, count in counts.items() if count >= FEW}
    if not counts:
        return None
    # A part that carries most of its theme says it better: "runs small" before "sizing".
    best = max(counts, key=lambda s: (counts[s] * (1.25 if "-" in s else 1.0), s))
    return found.add(
        f"{best}--product-{slug(product)}",
        measure,
        percent(counts[best], len(said.texts)),
        unit="%",
        about=said.titles[best],
        rows=len(said.texts),
        query="texts",
    )
