"""The text of a tool's result, as a model reads it.

Each figure stands on its own line under the name by which the model cites it:

    f12 = "58%" | share of orders | Candles | 2026-11-01 to 2026-11-26 | orders.csv

What would make the text too long is left out and counted in a note.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from bot.agent.tool import ToolResult
from bot.core.exhibits import Exhibit
from bot.core.fact_book import FactBook
from bot.core.facts import Fact
from bot.i18n.messages import Language, Words
from bot.text.escape import strip_hidden

MAX_FACTS = 60
MAX_CHARACTERS = 6000  # of one result: about 1,500 tokens
MAX_EXHIBITS = 6
MAX_NOTES_LENGTH = 2400  # of all notes beside figures; without figures they may fill the result
MAX_TEXT_LENGTH = 700  # of a fact that is a text; the slot always becomes the whole text
MAX_NOTE_LENGTH = 600
MAX_SHOWS_LENGTH = 200  # of what an exhibit shows
MAX_CELL_LENGTH = 120
LINE_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029 ]+")
LONGEST_NAME = len("f9999 = \n")
RESERVED_CHARACTERS = 80  # for the note on what was left out


class RenderedResult(BaseModel):
    """A result as text, with the facts and exhibits that the text names. The exhibits have their
    ids."""

    model_config = ConfigDict(frozen=True)
    text: str
    facts: tuple[Fact, ...]
    exhibits: tuple[Exhibit, ...]


def render_result(
    result: ToolResult, book: FactBook, language: Language, *, first_exhibit: int
) -> RenderedResult:
    """Render a result within MAX_CHARACTERS. Facts that are shown are added to `book`, which names
    them; exhibits are numbered from `first_exhibit`."""
    exhibits = tuple(
        exhibit.model_copy(update={"id": f"e{number}"})
        for number, exhibit in enumerate(result.exhibits[:MAX_EXHIBITS], first_exhibit)
    )
    head = [f"Read as: {_to_line(result.read_as, MAX_SHOWS_LENGTH)}"] if result.read_as else []
    notes = _fit_notes(result)
    source = _find_most_common([str(fact.source) for fact in result.facts])
    days = _find_most_common([_format_days(fact) for fact in result.facts])
    if source:
        head.append(f"Source of all figures without one: {source}")
    if days:
        head.append(f"Period of all figures without one: {days}")
    pictures = [_describe_exhibit(exhibit) for exhibit in exhibits]
    known = {fact.id for fact in (*book.facts, *result.facts)}
    room = MAX_CHARACTERS - RESERVED_CHARACTERS
    room -= sum(len(line) + 1 for line in (*head, *notes, *pictures))
    lines: list[str] = []
    shown: list[Fact] = []
    for fact in result.facts[:MAX_FACTS]:
        described = _describe_fact(fact, language, {source, days}, known)
        room -= len(described) + LONGEST_NAME
        if room < 0:
            break
        lines.append(f"{book.add(fact)} = {described}")
        shown.append(fact)
    if left := len(result.facts) - len(shown):
        notes.append(f"Note: {left} more figures were left out. Narrow the call to see them.")
    if not result.facts and not notes:
        notes.append("Note: there are no figures for this.")
    text = "\n".join((*head, *lines, *pictures, *notes))
    return RenderedResult(text=text, facts=tuple(shown), exhibits=exhibits)


def _fit_notes(result: ToolResult) -> list[str]:
    """Return the notes as lines, as many as there is room for."""
    shows = sum(len(_describe_exhibit(one)) + 10 for one in result.exhibits[:MAX_EXHIBITS])
    alone = MAX_CHARACTERS - shows - MAX_SHOWS_LENGTH - RESERVED_CHARACTERS - 40
    room = MAX_NOTES_LENGTH if result.facts else alone
    notes = []
    for note in result.notes:
        line = f"Note: {_to_line(note, MAX_NOTE_LENGTH)}"
        room -= len(line) + 1
        if room < 0:
            break
        notes.append(line)
    return notes


def _describe_fact(
    fact: Fact, language: Language, common: Collection[str], known: Collection[str]
) -> str:
    """Describe a fact. Its source and days are left out where they are the common ones."""
    has_change = fact.compared_with in known and isinstance(fact.value, Decimal)
    cells = (
        fact.label.replace("-", " "),
        Words(fact.about).to(language) if fact.about else "",
        "has from-to" if has_change else "",
        *(one for one in (_format_days(fact), str(fact.source)) if one not in common),
    )
    spelled = _to_line(fact.as_read.spelled(language), MAX_TEXT_LENGTH)
    return " | ".join((f'"{spelled}"', *(_to_line(one, MAX_CELL_LENGTH) for one in cells if one)))


def _describe_exhibit(exhibit: Exhibit) -> str:
    kinds = []
    if exhibit.table:
        rows, columns = len(exhibit.table.rows), len(exhibit.table.columns)
        kinds.append(f"table of {rows} rows × {columns} columns")
    if exhibit.chart:
        kinds.append(f"{exhibit.chart.kind} chart of {len(exhibit.chart.points)} points")
    return f"{exhibit.id}: {_to_line(exhibit.shows, MAX_SHOWS_LENGTH)} ({', '.join(kinds)})"


def _find_most_common(values: Sequence[str]) -> str:
    """Return the most common value, which the lines then needn't repeat; "" where none is shared,
    or where some have none."""
    most, times = Counter(values).most_common(1)[0] if values else ("", 0)
    return most if times > 1 and "" not in values else ""


def _format_days(fact: Fact) -> str:
    if fact.since and fact.until:
        return _format_range(fact.since, fact.until)
    if fact.since:
        return f"from {fact.since.isoformat()}"
    return f"until {fact.until.isoformat()}" if fact.until else ""


def _format_range(since: date, until: date) -> str:
    return since.isoformat() if since == until else f"{since.isoformat()} to {until.isoformat()}"


def _to_line(text: str, most: int) -> str:
    """Return untrusted text on one line, so that nothing in it reads as a line of the result."""
    plain = LINE_BREAKS.sub(" ", strip_hidden(text)).strip()
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
