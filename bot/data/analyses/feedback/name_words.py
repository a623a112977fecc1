"""Words that are mostly written with a capital: people and places, which no list should show."""

from collections import Counter
from collections.abc import Sequence

from bot.data.analyses.feedback.texts import Text
from bot.data.analyses.feedback.tokens import WORD, bare

MOSTLY = 0.6  # of the times a word is written


def proper(texts: Sequence[Text]) -> frozenset[str]:
    """The words (lower case, no accents) that begin with a capital nearly everywhere. A signature's
    name is one; so is a word that only ever opens a sentence, and that is no loss."""
    pieces: Counter[str] = Counter()
    for text in texts:
        if text.language != "de" and not text.whole.isupper():  # German nouns; people who shout
            pieces.update(WORD.findall(text.whole))
    often: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for piece, times in pieces.items():
        for word in piece.replace("’", "'").split("'"):
            key = bare(word)
            often[key] += times
            capital[key] += times * word[:1].isupper()
    return frozenset(word for word, times in often.items() if capital[word] > MOSTLY * times)
