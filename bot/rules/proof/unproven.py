"""Figures that no fact proves: stated by a person, or without any source.

Each figure is said once a piece, and what a person stated once for the whole draft: whoever
approves reads a list, not the same line five times.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from bot.core.checks import Check
from bot.i18n.messages import Words
from bot.rules.proof import figures, units
from bot.rules.proof.agreement import SMALL_WORDS
from bot.rules.proof.figures import is_bare
from bot.rules.proof.ground import Ground
from bot.rules.proof.left_out import spans_left_out, within
from bot.rules.proof.piece import Piece
from bot.rules.proof.reading import Figure
from bot.rules.proof.thresholds import is_threshold
from bot.rules.proof.unsourced import unsourced


def figures_of(examined: Sequence[Piece], ground: Ground, today: date) -> Iterator[Check]:
    """A finding for each figure without a source, and one on how many are proven."""
    proven = 0
    told: set[object] = set()  # what was stated is said once for the whole draft
    for piece in examined:
        left_out = spans_left_out(piece, ground)
        seen: set[object] = set()
        for figure in figures.read(piece.text):
            said = (figure.readings, figure.follows)
            if within(figure.start, figure.end, left_out) or said in seen:
                continue
            seen.add(said)
            threshold = is_threshold(figure, piece.text)
            if ground.proof(figure, piece.cites, loose=piece.kind == "table", threshold=threshold):
                proven += 1
            elif not (_is_this_year(figure, today) or (ground.report and _is_ratio(figure, piece))):
                who = ground.stated_figure(figure)
                if not who or figure.readings not in told:
                    yield unsourced("figure", _with_noun(figure, piece.text), piece, who)
                told |= {figure.readings} if who else set()
    if proven:
        words = Words.count("{n} figure proven", "{n} figures proven", proven)
        yield Check(rule="figure", level="pass", words=words)


def _with_noun(figure: Figure, text: str) -> str:
    """A bare number is shown with what it counts: "45 coloris"."""
    if not is_bare(figure) or figure.follows in SMALL_WORDS:
        return figure.text
    return text[figure.start : figure.end + len(figure.follows) + 1].rstrip(" .,;:!?\n")


def _is_ratio(figure: Figure, piece: Piece) -> bool:
    """Whether two figures of its sentence bear out how many times: 24% are five times 4.8%."""
    times = figure.first
    if times.unit != "times" or not isinstance(times.value, Decimal):
        return False
    start = piece.text.rfind("\n", 0, figure.start) + 1
    line = piece.text[start:].split("\n", 1)[0]
    found = [one.first for one in figures.read(line) if one.first != times]
    some = [(one.value, one.unit) for one in found if isinstance(one.value, Decimal) and one.value]
    return any(u == v and abs(a / b - times.value) <= times.value / 20
               for a, u in some for b, v in some)  # fmt: skip


def _is_this_year(figure: Figure, today: date) -> bool:
    """The current year and the next are no claim: "summer 2027"."""
    reading = figure.first
    years = (today.year, today.year + 1)
    return is_bare(figure) and reading.value in years and not units.counted(figure.follows)
