"""Whether a text is in the language that was asked for."""

from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.i18n.messages import Words
from bot.rules.proof.piece import Piece
from bot.text.language import WRITTEN_LANGUAGES, score_languages
from bot.text.normalize import tokenize


def language(pieces: Sequence[Piece], asked: str) -> Iterator[Check]:
    """Each longer text in the language asked for, by its small words."""
    other = "fr" if asked == "en" else "en"
    for piece in pieces:
        words = tokenize(piece.text) if piece.written else []
        score = score_languages(piece.text, WRITTEN_LANGUAGES)
        if len(words) >= 6 and score[other] >= 3 and score[other] > 2 * score[asked]:
            said = Words("French") if asked == "fr" else Words("English")
            sentence = Words("This is not in {language}. Write it again.", language=said)
            yield Check(rule="language", level="warn", words=sentence, part=piece.key)
