"""What was understood of a dropped file, and the one question: shall it be taken in?"""

import csv
import io
import re
from collections.abc import Sequence

from bot.data.ingest.models import Arrival
from bot.data.ingest.preview import Glimpse, Matched
from bot.data.ingest.reject_reasons import reason_in_words
from bot.i18n.messages import Words
from bot.slack.action_ids import DONT, OTHER_KIND, TAKE_IN, Ref
from bot.slack.blocks import (
    MOST_CHARACTERS,
    Block,
    actions,
    button,
    context,
    cut,
    fitting,
    option,
    plain,
    section,
    told,
    weigh,
)
from bot.slack.cards.import_labels import HOW, KINDS, OTHERWISE, column_words, kind_words
from bot.text.escape import without_hidden

# Why a row stayed out, in the language of whoever gets the file of them.

BOM = "\ufeff"  # spreadsheets know by it that this is UTF-8
HEAD = (Words("line"), Words("column"), Words("reason"), Words("row"))


def in_their_language(content: bytes, language: str) -> bytes:
    """The CSV of what stayed out, with its head and its reasons in this language; a reason that is
    not known here stays as it is."""
    if language == "en":
        return content
    csv.field_size_limit(len(content) + 1)  # a row that stayed out is one cell
    _, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([words.to(language) for words in HEAD])
    for row in rows:
        writer.writerow([_said(cell, language) if at == 2 else cell for at, cell in enumerate(row)])
    return f"{BOM}{out.getvalue()}".encode()


def _said(reason: str, language: str) -> str:
    known = reason_in_words(reason)
    return known.to(language) if known else reason


# The table of a dropped file's card: their column, what it becomes, and three of its values.

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
    line = " ".join(without_hidden(text).split())
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


NAMED, MOST_NAMES, MOST_ASSUMED, MOST_JOINED = 40, 25, 12, 5
AROUND = 3_500  # characters for the head, the first line and the columns without a row


def asking_blocks(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    glimpse = arrival.glimpse
    assert glimpse is not None
    words = f"{_understood(glimpse, language)} {Words('Nothing is in yet.').to(language)}"
    below = [
        *_personal(glimpse, language),
        *_assumed(glimpse, language),
        *_asking(arrival, language),
        context(Words("Whoever has the right to import can say yes.").to(language)),
    ]
    joined = _read_as_one(glimpse, language)
    room = MOST_CHARACTERS - weigh(below) - weigh(joined) - AROUND
    table, unseen = mapping_table(glimpse, language, room)
    more = Words("And {columns}", columns=_names([one.theirs for one in unseen], language))
    return words, [
        section(f":mag: {words}"),
        *joined,
        *table,
        *([context(told(more, language, 1_900))] if unseen else []),
        *below,
    ]


HALVES = {
    "orders": Words(
        "{file} says when orders were placed, but not what they were worth. Now drop the file of "
        "their lines into this thread, the one with an order and a price on each row: I read both "
        "as one."
    ),
    "lines": Words(
        "{file} has the lines of orders, but not when they were placed. Now drop the file of the "
        "orders into this thread, the one with an order and its date on each row: I read both as "
        "one."
    ),
}


def half_blocks(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    """A file that waits for the one that completes it."""
    asks = HALVES[arrival.half or "orders"]
    words = told(Words(asks.text, file=cut(arrival.title, 100)), language)
    said = [section(f":jigsaw: {words}")]
    if arrival.said:
        said.insert(0, section(f":warning: {told(arrival.said, language)}"))
    waits = Words("Nothing is in yet.").to(language)
    return words, [
        *said,
        context(waits),
        *actions(other_kind(arrival, language), stop_button(arrival, language)),
    ]


def _understood(glimpse: Glimpse, language: str) -> str:
    """ "I read this as Orders: 24,295 rows, from 1 May to 20 November 2026, in EUR." """
    rows = Words.count("{n} row", "{n} rows", glimpse.rows)
    found = {"kind": kind_words(glimpse.kind), "rows": rows}
    if glimpse.first and glimpse.last:
        span = {"first": glimpse.first, "last": glimpse.last}
        words = Words("I read this as {kind}: {rows}, from {first} to {last}.", **found, **span)
    else:
        words = Words("I read this as {kind}: {rows}.", **found)
    lines = [told(words, language)]
    if glimpse.currency:
        lines.append(told(Words("Amounts are in {code}.", code=glimpse.currency), language))
    if glimpse.rejected:
        some = Words.count(
            "{n} more row can't come in as it is: it will stay out, with its reason.",
            "{n} more rows can't come in as they are: they will stay out, each with its reason.",
            glimpse.rejected,
        )
        lines.append(told(some, language))
    return " ".join(lines)


def _read_as_one(glimpse: Glimpse, language: str) -> list[Block]:
    """How one table was made of several files."""
    lines = [f":jigsaw: {told(one, language, 600)}" for one in glimpse.joined[:MOST_JOINED]]
    return [context(*lines)] if lines else []


def _personal(glimpse: Glimpse, language: str) -> list[Block]:
    """What becomes of people's data, and what is left aside."""
    keyed, apart = _names(glimpse.keyed, language), _names(glimpse.apart, language)
    dropped, ignored = _names(glimpse.dropped, language), _names(glimpse.ignored, language)
    said = (
        (":key:", keyed, Words("Replaced by a key before anything is stored: {them}", them=keyed)),
        (":lock:", apart, Words("Kept apart, encrypted, where consent allows: {them}", them=apart)),
        (":no_entry_sign:", dropped, Words("Dropped, as it is personal: {them}", them=dropped)),
        (":heavy_minus_sign:", ignored, Words("Not used: {them}", them=ignored)),
    )
    lines = [f"{mark} {told(words, language, 1_200)}" for mark, them, words in said if them]
    return [context(*lines)] if lines else []


def _names(columns: Sequence[str], language: str) -> str:
    """Names of columns, as many as a person reads."""
    shown = [cut(" ".join(one.split()), NAMED) or "…" for one in columns[:MOST_NAMES]]
    if more := len(columns) - len(shown):
        shown.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    return ", ".join(shown)


def _assumed(glimpse: Glimpse, language: str) -> list[Block]:
    lines = [f"• {told(one, language, 220)}" for one in glimpse.assumed[:MOST_ASSUMED]]
    if not lines:
        return []
    return [section("\n".join([f"*{Words('I assumed').to(language)}*", *lines]))]


def _asking(arrival: Arrival, language: str) -> list[Block]:
    ref = Ref(arrival=arrival.id, seen=str(arrival.turn))
    yes = button(Words("Take it in").to(language), TAKE_IN, ref.packed(), style="primary")
    return actions(yes, other_kind(arrival, language), stop_button(arrival, language))


def other_kind(arrival: Arrival, language: str) -> Block:
    """A menu of the other kinds, and above them of how what was assumed can be meant otherwise."""
    ways = arrival.glimpse.otherwise if arrival.glimpse and arrival.state == "waiting" else ()
    meant = [
        option(OTHERWISE[way].to(language), Ref(arrival=arrival.id, pick="=".join(way)).packed())
        for way in ways
    ]
    mine = arrival.glimpse.kind if arrival.glimpse else arrival.kind
    options = [
        option(words.to(language), Ref(arrival=arrival.id, pick=kind).packed())
        for kind, words in KINDS.items()
        if kind != mine
    ]
    return {
        "type": "static_select",
        "action_id": OTHER_KIND,
        "placeholder": plain(Words("It is something else").to(language), 150),
        "options": [*meant, *options],
    }


def stop_button(arrival: Arrival, language: str) -> Block:
    return button(Words("Cancel").to(language), DONT, Ref(arrival=arrival.id).packed())
