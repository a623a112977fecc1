"""All texts heard at once: a table of flags, one row a text, one column a theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.aspects import Lexicon, lexicon
from bot.data.analyses.feedback.mentions import COMPLAINT, PRAISE, QUESTION, Heard, hear
from bot.data.analyses.feedback.texts import Text
from bot.data.analyses.feedback.titles import title
from bot.data.analyses.feedback.tokens import words_of

Flags = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass
class Listened:
    """`flags[i, j]` is what text i says of subject j: PRAISE, COMPLAINT, QUESTION, NAMED."""

    texts: list[Text]
    heard: list[Heard | None]  # None: no list for its language
    subjects: list[str]
    titles: dict[str, str]
    shop: frozenset[str]  # themes that are about the shop, whatever the product
    flags: Flags

    @cached_property
    def column(self) -> dict[str, int]:
        return {subject: j for j, subject in enumerate(self.subjects)}

    @cached_property
    def listed(self) -> Mask:
        """Texts whose language has a list: what shares are shares of."""
        return np.array([one is not None for one in self.heard], bool)

    def of(self, subject: str) -> Flags:
        return self.flags[:, self.column[subject]]

    def words(self, i: int) -> list[str]:
        """The words of one text."""
        heard = self.heard[i]
        return heard.words if heard else words_of(self.texts[i].whole, self.texts[i].language)

    def is_shop(self, subject: str) -> bool:
        """Whether it is about the shop (delivery, payment), whatever the product."""
        return subject.split("-")[0] in self.shop

    def keep(self, mask: Mask) -> "Listened":
        """The same, of these texts alone."""
        places = np.flatnonzero(mask)
        return Listened(
            [self.texts[i] for i in places],
            [self.heard[i] for i in places],
            self.subjects,
            self.titles,
            self.shop,
            self.flags[places],
        )


def praises(flags: Flags) -> Mask:
    return (flags & PRAISE) > 0


def complains(flags: Flags) -> Mask:
    return (flags & COMPLAINT) > 0


def asks(flags: Flags) -> Mask:
    return (flags & QUESTION) > 0


def listen(texts: Sequence[Text], folder: Path | None) -> Listened:
    """Raises CannotDo when a list of the team's own cannot be read."""
    lists = {one: lexicon(one, folder) for one in sorted({text.language for text in texts})}
    heard: list[Heard | None] = []
    for text in texts:
        known = lists[text.language]
        heard.append(hear(text.whole, known, text.rating) if known else None)
    own = [one for one in lists.values() if one]
    subjects, titles = _subjects(own)
    flags = np.zeros((len(texts), len(subjects)), np.uint8)
    column = {subject: j for j, subject in enumerate(subjects)}
    for i, one in enumerate(heard):
        for subject, flag in (one.flags if one else {}).items():
            flags[i, column[subject]] = flag
    shop = frozenset(n for one in own for n, theme in one.themes.items() if theme.shop)
    return Listened(list(texts), heard, subjects, titles, shop, flags)


def _subjects(lists: Sequence[Lexicon]) -> tuple[list[str], dict[str, str]]:
    titles: dict[str, str] = {}
    for one in lists:
        for name, theme in one.themes.items():
            titles.setdefault(name, title(name, theme.title))
            for part in theme.parts:
                titles.setdefault(f"{name}-{part}", title(f"{name}-{part}"))
    return list(titles), titles
