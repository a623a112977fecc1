"""What goes with more opens: a few features of a subject, declared beforehand.

Letters are the units, not readers. All features and the audiences are weighed against each other
at once (least squares with HC3 errors, MacKinnon & White 1985), since short subjects, say, name
fewer products; then Benjamini & Hochberg over the features. Never a cause: only a test shows one.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.data.analyses.campaigns.bottlenecks import held_back
from bot.data.analyses.campaigns.mailings import Letter
from bot.data.stats import t_above, t_bound

LEAST = 5  # letters with, and as many without
SHORT = 35  # characters
SPARE = 8  # letters more than there are things to weigh


@dataclass(frozen=True)
class Feature:
    """Rates are of the letters with and without it, as they are; `difference` is what remains of
    it, from 0 to 1, when the other features and the audience are the same."""

    name: str
    having: int
    others: int
    rate: float
    rate_otherwise: float
    difference: float
    low: float
    high: float
    p: float
    stands: bool  # after Benjamini & Hochberg over all features


def features(letters: Sequence[Letter], names: Collection[str]) -> list[Feature]:
    """Of e-mails with a subject. `names` are the words that name one product of the catalogue."""
    read = [x for x in letters if x.subject and x.rate("open rate") is not None]
    declared: dict[str, Callable[[str], bool]] = {
        "names a product": lambda s: bool(words(s) & set(names)),
        "gives a figure": lambda s: bool(re.search(r"\d", s)),
        "asks a question": lambda s: "?" in s,
        "is short": lambda s: len(s) <= SHORT,
        "exclaims": lambda s: "!" in s,
    }
    has = {
        name: np.array([told(x.subject or "") for x in read], dtype=float)
        for name, told in declared.items()
    }
    has = {n: c for n, c in has.items() if LEAST <= c.sum() <= len(read) - LEAST}
    rates = np.array([x.rate("open rate") for x in read], dtype=float)
    audiences = _audiences(read)
    if not has or len(read) < len(has) + len(audiences) + SPARE:
        return []
    weighed = _weighed(rates, np.column_stack([np.ones(len(read)), *has.values(), *audiences]))
    stand = held_back([one[3] for one in weighed[1 : len(has) + 1]])
    return [
        Feature(
            name=name,
            having=int(column.sum()),
            others=int(len(read) - column.sum()),
            rate=float(rates[column > 0].mean()),
            rate_otherwise=float(rates[column == 0].mean()),
            difference=weighed[i][0],
            low=weighed[i][1],
            high=weighed[i][2],
            p=weighed[i][3],
            stands=stand[i - 1],
        )
        for i, (name, column) in enumerate(has.items(), 1)
    ]


def _weighed(
    rates: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]
) -> list[tuple[float, float, float, float]]:
    """Each column's difference, the ends of its 95 % interval, and its p: least squares, errors by
    HC3, Student's t."""
    inverse = np.linalg.pinv(columns)
    found = inverse @ rates
    reach = np.clip(1 - np.einsum("ij,ji->i", columns, inverse), 1e-12, None)
    errors = np.sqrt((inverse**2) @ ((rates - columns @ found) / reach) ** 2)
    freedom = len(rates) - int(np.linalg.matrix_rank(columns))
    wide = t_bound(0.975, freedom)
    told = []
    for one, error in zip(map(float, found), map(float, errors), strict=True):
        p = float(2 * t_above(abs(one) / error, freedom)) if error else float(not one)
        told.append((one, one - wide * error, one + wide * error, p))
    return told


def naming_words(titles: Collection[str]) -> frozenset[str]:
    """Words that tell one product from the others: in one title or two, and capitalised within
    it, as names are."""
    counted: dict[str, int] = {}
    for title in titles:
        for word in set(re.findall(r"[^\W\d_]{3,}", title)[1:]):
            if word[0].isupper():
                counted[word.casefold()] = counted.get(word.casefold(), 0) + 1
    return frozenset(word for word, times in counted.items() if times <= 2)


def words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]{3,}", text)}


def _audiences(letters: Sequence[Letter]) -> list[npt.NDArray[np.float64]]:
    """One column for each audience of two letters and more, but the largest."""
    counted = Counter(letter.audience for letter in letters).most_common()
    return [
        np.array([letter.audience == name for letter in letters], dtype=float)
        for name, times in counted[1:]
        if times >= 2
    ]
