"""What a report leaves unanswered: what its card shows beside its sentences, by names, and the
parts of the question that the claim check finds neither answered nor named there.

The model only points at words; code finds them in the request, or in a note of a look-up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from bot.core.exhibits import Exhibit
from bot.core.parts import Table
from bot.core.report import tells
from bot.text.escape import strip_hidden
from bot.text.normalize import collapse_spaces, tokenize

MAX_ROW_NAMES, MAX_CARD = 40, 4_000
MAX_PARTS, MAX_ASKED, MAX_WHY = 5, 100, 160
MIN_OF_NOTE = 4  # words that point at an order of a note


class UnansweredForm(BaseModel):
    """Words of the question, and what would answer them."""

    asked: str
    why: str


@dataclass(frozen=True)
class UnansweredPart:
    """Words of the question that an answer is silent about, or of a note that it did not follow."""

    asked: str
    why: str
    is_of_note: bool = False

    def tell_writer(self) -> str:
        why = f" ({self.why})" if self.why else ""
        if self.is_of_note:
            return f"a look-up noted “{self.asked}”{why}: do it, if it applies"
        return f"the question also asks “{self.asked}”{why}: answer it, or name it as not answered"


@dataclass(frozen=True)
class CardOutline:
    """What a card shows beside its sentences. `gaps` are its lines on what it leaves out,
    `facts` the ids of its quotations and those of its rows."""

    lines: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    facts: tuple[frozenset[str], ...] = ()

    def describe(self, said: Iterable[str] = ()) -> str:
        """Return it for the prompt. `said` are its sentences that need no verdict."""
        gaps = (f"left out: {one}" for one in self.gaps)
        lines = (*gaps, *(f"says: {one}" for one in said), *self.lines)
        return "\n".join(collapse_spaces(strip_hidden(line)) for line in lines)[:MAX_CARD]


def outline_exhibit(exhibit: Exhibit) -> list[str]:
    """Return the names of what an exhibit shows, without its figures."""
    if table := exhibit.build_card_table():
        return [outline_table(table, [exhibit.name_row(row) for row in table.rows])]
    if chart := exhibit.chart:
        return [f"chart “{chart.title}” of {_join_names(point.name for point in chart.points)}"]
    return []


def outline_table(table: Table, rows: Sequence[str] = ()) -> str:
    """Return the names of what a table shows. `rows` are those of its rows; none: its first
    cells."""
    names = _join_names(rows or [row[0] for row in table.rows])
    title = f"table “{table.title}”" if table.title else "table"
    note = f" · below it: {table.note}" if table.note else ""
    return f"{title} · columns: {'; '.join(table.columns)} · rows: {names}{note}"


def _join_names(given: Iterable[str]) -> str:
    names = list(dict.fromkeys(given))
    more = [f"{len(names) - MAX_ROW_NAMES} more"] if len(names) > MAX_ROW_NAMES else []
    return "; ".join([*names[:MAX_ROW_NAMES], *more])


def read_unanswered(
    given: Sequence[UnansweredForm], card: CardOutline, asked: str, notes: Iterable[str]
) -> tuple[UnansweredPart, ...]:
    """Return the parts whose words stand in the request or in a note, and that the card does not
    name. The request as a whole is no part of it."""
    request, gaps = _spell(asked), "\n".join(card.gaps)
    noted = [_spell(note) for note in notes]
    found: dict[str, UnansweredPart] = {}
    for one in given:
        words = collapse_spaces(strip_hidden(one.asked)).strip('“”«»" ')
        why = collapse_spaces(strip_hidden(one.why)).rstrip(".")[:MAX_WHY]
        spelled = _spell(words)
        if not spelled.strip() or len(words) > MAX_ASKED or tells(gaps, words):
            continue
        if spelled in request and spelled != request:
            found.setdefault(spelled, UnansweredPart(words, why))
        elif len(spelled.split()) >= MIN_OF_NOTE and any(spelled in note for note in noted):
            found.setdefault(spelled, UnansweredPart(words, why, is_of_note=True))
    return tuple(found.values())[:MAX_PARTS]


def _spell(text: str) -> str:
    """Return the words of a text with a space at each end, so that they are found whole."""
    return f" {' '.join(tokenize(text))} "
