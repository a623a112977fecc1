"""What was understood of a dropped file, and the one question: shall it be taken in?"""

from collections.abc import Sequence

from bot.arrival import Arrival
from bot.glimpse import Glimpse
from bot.slack.arrival_table import mapping_table
from bot.slack.arrival_words import KINDS, OTHERWISE, kind_words
from bot.slack.blocks import (
    MOST_CHARACTERS,
    Block,
    actions,
    button,
    context,
    cut,
    option,
    plain,
    section,
    told,
    weigh,
)
from bot.slack.names import DONT, OTHER_KIND, TAKE_IN, Ref
from bot.words import Words

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
