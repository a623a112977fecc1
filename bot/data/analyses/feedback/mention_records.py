"""What a text says of each theme, as flags with the sentence to quote, and how that is packed:
found in the text, or read by a model as labels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

import numpy as np

from bot.data.analyses.feedback.aspects import AspectPart, Lexicon, load_lexicon
from bot.data.analyses.feedback.texts import split_sentences

# The themes that a model has read in a text: how they are checked and stored.

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


# bit flags: a text may have several; DOUBTFUL marks a complaint that a good rating outweighs
PRAISE, COMPLAINT, QUESTION, NAMED, DOUBTFUL = 1, 2, 4, 8, 16
FLAG_BY_TONE = {"praise": PRAISE, "complaint": COMPLAINT, "question": QUESTION, "mention": NAMED}
# stars from which, and up to which, a plain mention counts as praise or complaint
MIN_PRAISE_STARS, MAX_COMPLAINT_STARS = 4, 2

# What one text says, packed: a record for each subject, with all its flags, and the flag and the
# position of the sentence to quote.
RECORD = np.dtype(
    [("subject", "<u2"), ("flags", "u1"), ("flag", "u1"), ("start", "<u4"), ("end", "<u4")]
)
RECORD_FORMAT = Struct("<HBBII")


@dataclass(frozen=True, slots=True)
class TextMentions:
    """The content of one text: flags by subject ("sizing", "sizing-small"), and their positions in
    the text. `packed` does not depend on the rating, which judges plain mentions. `by_model`: a
    model has read the themes, not the list of words."""

    lexicon: Lexicon
    packed: bytes
    rating: float | None
    by_model: bool = False

    @property
    def flags(self) -> dict[str, int]:
        return {subject: self._judge(flags) for subject, flags, _, _, _ in self._subjects()}

    @property
    def spans(self) -> dict[str, tuple[int, int, int]]:
        """By subject: start, end and flag of the sentence to quote."""
        return {
            subject: (start, end, self._judge(flag))
            for subject, _, flag, start, end in self._subjects()
        }

    def _subjects(self) -> Iterator[tuple[str, int, int, int, int]]:
        for number, flags, flag, start, end in RECORD_FORMAT.iter_unpack(self.packed):
            yield self.lexicon.subjects[number], flags, flag, start, end

    def _judge(self, flags: int) -> int:
        """Replace a plain mention, and a doubtful complaint, by what the rating makes of it."""
        judged = _judge_by_rating(self.rating)
        if flags & DOUBTFUL:
            return (flags & ~(DOUBTFUL | COMPLAINT)) | (judged & PRAISE or COMPLAINT)
        return flags & ~NAMED | judged if flags & NAMED else flags


def _judge_by_rating(rating: float | None) -> int:
    if rating is None or MAX_COMPLAINT_STARS < rating < MIN_PRAISE_STARS:
        return NAMED
    return PRAISE if rating >= MIN_PRAISE_STARS else COMPLAINT


def pack_labels(lexicon: Lexicon, labels: Sequence[ThemeLabel]) -> bytes:
    """Pack the themes that a model has read. A part that the lexicon does not have counts for its
    theme."""
    found: dict[str, tuple[int, int, int, int]] = {}  # subject → flags, flag, start, end
    for label in labels:
        flag = FLAG_BY_TONE[label.tone]
        for subject in dict.fromkeys((label.subject.split("-")[0], label.subject)):
            if subject in lexicon.number:
                known = found.get(subject, (0, flag, label.start, label.end))
                found[subject] = (known[0] | flag, *known[1:])
    return pack_records(lexicon, found)


def pack_records(lexicon: Lexicon, found: Mapping[str, tuple[int, int, int, int]]) -> bytes:
    pack, number = RECORD_FORMAT.pack, lexicon.number
    return b"".join(pack(number[subject], *each) for subject, each in found.items())
