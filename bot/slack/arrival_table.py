"""The table of a dropped file's card: their column, what it becomes, and three of its values."""

import re

from bot.glimpse import Glimpse, Matched
from bot.safe import plain
from bot.slack.arrival_words import HOW, column_words
from bot.slack.blocks import Block, cut, fitting, weigh
from bot.words import Words

SAID = {  # "(keyed)" stands where a person's value would
    "(keyed)": Words("(a key)"),
    "true": Words("yes"),
    "false": Words("no"),
}
NUMBERS = ("amount", "number", "a factor", "a metric")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
MOST_ROWS, NAME, CELL = 99, 40, 28  # Slack's table takes 100 rows, its head among them


def mapping_table(
    glimpse: Glimpse, language: str, room: int
) -> tuple[list[Block], tuple[Matched, ...]]:
    """The table, when there are columns, and those columns that found no room in it.
    `room` is in characters as Slack counts them."""
    samples = glimpse.sample[:3]
    rows = [_head(len(samples), language)]
    room -= weigh(list(rows[0]))
    for number, column in enumerate(glimpse.columns[:MOST_ROWS]):
        row = _row(column, [one.get(column.ours, "") for one in samples], language)
        room -= weigh(list(row))
        if room < 0:
            return _table(rows), glimpse.columns[number:]
        rows.append(row)
    return _table(rows), glimpse.columns[MOST_ROWS:]


def _head(samples: int, language: str) -> list[str]:
    words = [Words("In your file"), Words("Becomes")]
    values = [Words("Row {n}", n=n + 1) for n in range(samples)]
    return [one.to(language) for one in (*words, *values)]


def _row(column: Matched, values: list[str], language: str) -> list[str]:
    ours = column_words(column.ours).to(language)
    how = HOW.get(column.how)
    becomes = f"{ours} ({how.to(language)})" if how else ours
    shown = [_spelled(one, column.how, language) for one in values]
    return [_cell(column.theirs, NAME), _cell(becomes, NAME), *(_cell(v, CELL) for v in shown)]


def _spelled(value: str, how: str, language: str) -> str:
    """A value as people of that language write it: "18,00" for "18.00", « oui » for "true"."""
    if value in SAID:
        return SAID[value].to(language)
    if language == "fr" and how in NUMBERS:
        return _POINT.sub(",", value)
    return value


def _cell(text: str, most: int) -> str:
    """One line, short, and never empty: Slack refuses an empty cell."""
    line = " ".join(plain(text).split())
    return cut(line, most)[: fitting(line, most)] or "–"


def _table(rows: list[list[str]]) -> list[Block]:
    if len(rows) < 2:
        return []
    return [
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
            "column_settings": [{"is_wrapped": True}, {"is_wrapped": True}],
        }
    ]
