"""Themes that a model has read in a text: how they are checked, stored and listed for the model."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.data.analyses.feedback.aspects import AspectPart, load_lexicon
from bot.data.analyses.feedback.tokens import split_sentences

TONES = ("praise", "complaint", "question", "mention")
FAULTY = "?"  # stored for a text whose labels can't be used: word lists read it
MEANINGS_LANGUAGE = "en"  # the list that says what each theme means
MAX_LENGTH = 600  # characters of a text that a model sees
MAX_LABELS = 8  # of one text


class ThemeLabel(NamedTuple):
    """One theme of a text. `start` and `end` are the position of the sentence that says it."""

    subject: str
    tone: str
    start: int
    end: int


def list_meanings() -> dict[str, str]:
    """Return what each theme and each part of a theme means, by subject."""
    lexicon = load_lexicon(MEANINGS_LANGUAGE)
    assert lexicon is not None
    meanings: dict[str, str] = {}
    for name, theme in lexicon.themes.items():
        parts: dict[str, AspectPart] = {name: theme}
        parts |= {f"{name}-{part}": said for part, said in theme.parts.items()}
        meanings |= {subject: said.means for subject, said in parts.items() if said.means}
    return meanings


def split_masked(masked: str, language: str) -> list[str]:
    """Return the sentences that a model sees of a text, as many as fit. Personal data is replaced
    in `masked` already: splitting before would cut an address in pieces that nothing finds."""
    sentences: list[str] = []
    length = 0
    for _, _, start, end in split_sentences(masked, language, frozenset()):
        length += end - start
        if length > MAX_LENGTH:
            return sentences or [masked[start : start + MAX_LENGTH]]
        sentences.append(masked[start:end])
    return sentences


def encode_labels(labels: Sequence[ThemeLabel]) -> str:
    """Return labels as they are stored, or FAULTY when one can't be right."""
    meanings = list_meanings()
    if len(labels) > MAX_LABELS or not all(
        label.subject in meanings and label.tone in TONES for label in labels
    ):
        return FAULTY
    return ";".join(f"{label.subject}/{label.tone}/{label.start}/{label.end}" for label in labels)


def decode_labels(stored: str) -> list[ThemeLabel] | None:
    """Return the labels of a text, or None when word lists are to read it."""
    if stored == FAULTY:
        return None
    pieces = (piece.split("/") for piece in stored.split(";") if piece)
    return [ThemeLabel(subject, tone, int(start), int(end)) for subject, tone, start, end in pieces]
