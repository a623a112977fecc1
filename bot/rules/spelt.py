"""Months that are nearly spelt right: "Ocotber", « octbre »."""

import re
from difflib import get_close_matches

from bot.i18n.calendar_names import index_month_names
from bot.text.normalize import normalize_text, word_set

MONTHS = index_month_names()
SHORT = {"jan": 1, "janv": 1, "feb": 2, "fev": 2, "fevr": 2, "apr": 4, "avr": 4, "jun": 6,
         "jul": 7, "juil": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11,
         "dec": 12}  # fmt: skip
SURE = [name for name in MONTHS if len(name) > 5]  # a shorter one is nearly too many other words
NEAR = 0.8
WORDS = word_set("remember member members nombre nombres chambre auguste")


def months(words: str) -> dict[str, str]:
    """Folded words that are taken for a month, and for which; those spelt right are not in it."""
    found: dict[str, str] = {}
    for word in re.findall(r"[a-z]{5,}", normalize_text(words)):
        if word in MONTHS or word in WORDS or word in SHORT:
            continue
        if near := get_close_matches(word, SURE, n=1, cutoff=NEAR):
            found[word] = near[0]
    return found


def mended(words: str) -> str:
    """The folded words, in one line, with months spelt right."""
    said = " ".join(normalize_text(words).split())
    for wrong, right in months(said).items():
        said = re.sub(rf"\b{wrong}\b", right, said)
    return said
