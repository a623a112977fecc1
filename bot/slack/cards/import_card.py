"""What was understood of a dropped file, and the one question: shall it be taken in?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import ImportPreview, MatchedColumn
from bot.errors import UNUSABLE_PARAM
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.action_ids import DONT, OTHER_KIND, READ_AGAIN, STAYED_OUT, TAKE_IN, ButtonValue
from bot.slack.blocks import (
    HEADER,
    MAX_MESSAGE_CHARACTERS,
    Block,
    Message,
    actions,
    button,
    context,
    count_fitting,
    measure_blocks,
    option,
    plain_text,
    quote_as_mrkdwn,
    render_words,
    section,
    truncate,
)
from bot.slack.cards.import_labels import (
    CONVERSION_LABELS,
    FORMAT_CHOICES,
    KIND_LABELS,
    label_column,
    label_kind,
    suggest_questions,
)
from bot.slack.client import READ_OUTSIDE
from bot.text.escape import strip_hidden

# The table of a dropped file's card: their column, what it becomes, and three of its values.

SAMPLE_LABELS = {  # "(keyed)" stands where a person's value would
    "(keyed)": Words("(a key)"),
    "true": Words("yes"),
    "false": Words("no"),
}
NUMBER_FORMATS = ("amount", "number", "a factor", "a metric")
_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")
MAX_MAPPING_ROWS, MAX_COLUMN_NAME, MAX_SAMPLE_CHARACTERS = (
    99,
    40,
    28,
)  # Slack's table takes 100 rows, its head among them


def build_mapping_table(
    glimpse: ImportPreview, language: str, room: int
) -> tuple[list[Block], tuple[MatchedColumn, ...]]:
    """The table, when there are columns, and those columns that found no room in it.
    `room` is in characters as Slack counts them."""
    samples = glimpse.sample[:3]
    rows = [_build_header_row(len(samples), language)]
    room -= measure_blocks(list(rows[0]))
    for number, column in enumerate(glimpse.columns[:MAX_MAPPING_ROWS]):
        row = _build_column_row(column, [one.get(column.ours, "") for one in samples], language)
        room -= measure_blocks(list(row))
        if room < 0:
            return _build_table(rows), glimpse.columns[number:]
        rows.append(row)
    return _build_table(rows), glimpse.columns[MAX_MAPPING_ROWS:]


def _build_header_row(samples: int, language: str) -> list[str]:
    words = [Words("In your file"), Words("Becomes")]
    values = [Words("Row {n}", n=n + 1) for n in range(samples)]
    return [one.to(language) for one in (*words, *values)]


def _build_column_row(column: MatchedColumn, values: list[str], language: str) -> list[str]:
    ours = label_column(column.ours).to(language)
    how = CONVERSION_LABELS.get(column.how)
    becomes = f"{ours} ({how.to(language)})" if how else ours
    shown = [_format_sample(one, column.how, language) for one in values]
    return [
        _build_cell(column.theirs, MAX_COLUMN_NAME),
        _build_cell(becomes, MAX_COLUMN_NAME),
        *(_build_cell(v, MAX_SAMPLE_CHARACTERS) for v in shown),
    ]


def _format_sample(value: str, how: str, language: str) -> str:
    """A value as people of that language write it: "18,00" for "18.00", « oui » for "true"."""
    if value in SAMPLE_LABELS:
        return SAMPLE_LABELS[value].to(language)
    if language == "fr" and how in NUMBER_FORMATS:
        return _DECIMAL_POINT.sub(",", value)
    return value


def _build_cell(text: str, most: int) -> str:
    """One line, short, and never empty: Slack refuses an empty cell."""
    line = " ".join(strip_hidden(text).split())
    return truncate(line, most)[: count_fitting(line, most)] or "–"


def _build_table(rows: list[list[str]]) -> list[Block]:
    if len(rows) < 2:
        return []
    return [
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
            "column_settings": [{"is_wrapped": True}, {"is_wrapped": True}],
        }
    ]


MAX_NAME_CHARACTERS, MAX_LISTED_NAMES, MAX_ASSUMPTIONS, MAX_JOINED_FILES = 40, 25, 12, 5
RESERVED_CHARACTERS = 3_500  # characters for the head, the first line and the columns without a row


def render_import_question(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    glimpse = arrival.glimpse
    assert glimpse is not None
    words = f"{_render_summary(glimpse, language)} {Words('Nothing is in yet.').to(language)}"
    below = [
        *_render_personal_data_note(glimpse, language),
        *_render_assumptions(glimpse, language),
        *_build_question_buttons(arrival, language),
        context(Words("Whoever has the right to import can say yes.").to(language)),
    ]
    joined = _render_joined_files(glimpse, language)
    room = (
        MAX_MESSAGE_CHARACTERS
        - measure_blocks(below)
        - measure_blocks(joined)
        - RESERVED_CHARACTERS
    )
    table, unseen = build_mapping_table(glimpse, language, room)
    more = Words("And {columns}", columns=_list_names([one.theirs for one in unseen], language))
    return words, [
        section(f":mag: {words}"),
        *joined,
        *table,
        *([context(render_words(more, language, 1_900))] if unseen else []),
        *below,
    ]


MISSING_FILE_NOTES = {
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


def render_missing_file(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    """A file that waits for the one that completes it."""
    asks = MISSING_FILE_NOTES[arrival.half or "orders"]
    words = render_words(Words(asks.text, file=truncate(arrival.title, 100)), language)
    said = [section(f":jigsaw: {words}")]
    if arrival.said:
        said.insert(0, section(f":warning: {render_words(arrival.said, language)}"))
    waits = Words("Nothing is in yet.").to(language)
    return words, [
        *said,
        context(waits),
        *actions(build_kind_menu(arrival, language), build_stop_button(arrival, language)),
    ]


def _render_summary(glimpse: ImportPreview, language: str) -> str:
    """ "I read this as Orders: 24,295 rows, from 1 May to 20 November 2026, in EUR." """
    rows = Words.count("{n} row", "{n} rows", glimpse.rows)
    found = {"kind": label_kind(glimpse.kind), "rows": rows}
    if glimpse.first and glimpse.last:
        span = {"first": glimpse.first, "last": glimpse.last}
        words = Words("I read this as {kind}: {rows}, from {first} to {last}.", **found, **span)
    else:
        words = Words("I read this as {kind}: {rows}.", **found)
    lines = [render_words(words, language)]
    if glimpse.currency:
        lines.append(render_words(Words("Amounts are in {code}.", code=glimpse.currency), language))
    if glimpse.rejected:
        some = Words.count(
            "{n} more row can't come in as it is: it will stay out, with its reason.",
            "{n} more rows can't come in as they are: they will stay out, each with its reason.",
            glimpse.rejected,
        )
        lines.append(render_words(some, language))
    return " ".join(lines)


def _render_joined_files(glimpse: ImportPreview, language: str) -> list[Block]:
    """How one table was made of several files."""
    lines = [
        f":jigsaw: {render_words(one, language, 600)}" for one in glimpse.joined[:MAX_JOINED_FILES]
    ]
    return [context(*lines)] if lines else []


def _render_personal_data_note(glimpse: ImportPreview, language: str) -> list[Block]:
    """What becomes of people's data, and what is left aside."""
    keyed, apart = _list_names(glimpse.keyed, language), _list_names(glimpse.apart, language)
    dropped, ignored = (
        _list_names(glimpse.dropped, language),
        _list_names(glimpse.ignored, language),
    )
    said = (
        (":key:", keyed, Words("Replaced by a key before anything is stored: {them}", them=keyed)),
        (":lock:", apart, Words("Kept apart, encrypted, where consent allows: {them}", them=apart)),
        (":no_entry_sign:", dropped, Words("Dropped, as it is personal: {them}", them=dropped)),
        (":heavy_minus_sign:", ignored, Words("Not used: {them}", them=ignored)),
    )
    lines = [f"{mark} {render_words(words, language, 1_200)}" for mark, them, words in said if them]
    return [context(*lines)] if lines else []


def _list_names(columns: Sequence[str], language: str) -> str:
    """Names of columns, as many as a person reads."""
    shown = [
        truncate(" ".join(one.split()), MAX_NAME_CHARACTERS) or "…"
        for one in columns[:MAX_LISTED_NAMES]
    ]
    if more := len(columns) - len(shown):
        shown.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    return ", ".join(shown)


def _render_assumptions(glimpse: ImportPreview, language: str) -> list[Block]:
    lines = [f"• {render_words(one, language, 220)}" for one in glimpse.assumed[:MAX_ASSUMPTIONS]]
    if not lines:
        return []
    return [section("\n".join([f"*{Words('I assumed').to(language)}*", *lines]))]


def _build_question_buttons(arrival: FileUpload, language: str) -> list[Block]:
    ref = ButtonValue(arrival=arrival.id, seen=str(arrival.turn))
    yes = button(Words("Take it in").to(language), TAKE_IN, ref.packed(), style="primary")
    return actions(yes, build_kind_menu(arrival, language), build_stop_button(arrival, language))


def build_kind_menu(arrival: FileUpload, language: str) -> Block:
    """A menu of the other kinds, and above them of how what was assumed can be meant otherwise."""
    ways = arrival.glimpse.otherwise if arrival.glimpse and arrival.state == "waiting" else ()
    meant = [
        option(
            FORMAT_CHOICES[way].to(language),
            ButtonValue(arrival=arrival.id, pick="=".join(way)).packed(),
        )
        for way in ways
    ]
    mine = arrival.glimpse.kind if arrival.glimpse else arrival.kind
    options = [
        option(words.to(language), ButtonValue(arrival=arrival.id, pick=kind).packed())
        for kind, words in KIND_LABELS.items()
        if kind != mine
    ]
    return {
        "type": "static_select",
        "action_id": OTHER_KIND,
        "placeholder": plain_text(Words("It is something else").to(language), 150),
        "options": [*meant, *options],
    }


def build_stop_button(arrival: FileUpload, language: str) -> Block:
    return button(Words("Cancel").to(language), DONT, ButtonValue(arrival=arrival.id).packed())


# A dropped file as one message: what was understood, how far it is, what became of it.


@dataclass(frozen=True)
class ImportCardData:
    """An arrival and where its card is."""

    arrival: FileUpload
    private: bool = False  # only its author sees this card
    fallback: bool = False  # in a direct message, since the intern is not in that channel
    read_outside: bool = False  # or since another company reads it


def make_import_card_data(arrival: FileUpload, post: OutboxMessage) -> ImportCardData:
    place = post.place
    why = place.get("fallback")
    return ImportCardData(arrival, bool(place.get("dm")), bool(why), why == READ_OUTSIDE)


def render_import_card(shown: ImportCardData, language: str) -> Message:
    """The card as it stands now, within Slack's limits however many columns there are."""
    arrival = shown.arrival
    drawers = {
        "reading": _render_reading,
        "half": render_missing_file,
        "joined": _render_joined,
        "waiting": render_import_question,
        "taking": _render_importing,
        "storing": _render_importing,
        "in": _render_imported,
        "cancelled": _render_cancelled,
    }
    text, blocks = drawers.get(arrival.state, _render_failure)(arrival, language)
    title = f"{label_kind(_render_kind(arrival)).to(language)} · {arrival.title}"
    name = title if _render_kind(arrival) else arrival.title
    head: Block = {"type": "header", "text": plain_text(name, HEADER)}
    return Message(truncate(text, 3_000), [head, *blocks, *_render_visibility(shown, language)])


def _render_kind(arrival: FileUpload) -> str:
    glimpse = arrival.glimpse
    return glimpse.kind if glimpse else arrival.kind or ""


def _render_file_name(arrival: FileUpload) -> str:
    return truncate(arrival.title, 100)


def _render_reading(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = render_words(Words("Reading {file}…", file=_render_file_name(arrival)), language)
    return words, [section(f":mag: {words}", build_stop_button(arrival, language))]


def _render_joined(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    """The other one's card asks for both."""
    words = render_words(arrival.said or Words("It is read together with another file."), language)
    return words, [section(f":jigsaw: {words}")]


def _render_importing(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    glimpse = arrival.glimpse
    total = glimpse.rows if glimpse else 0
    if arrival.state == "storing":
        words = Words("Storing {file}…", file=_render_file_name(arrival))
        return render_words(words, language), [
            section(f":inbox_tray: {render_words(words, language)}")
        ]
    if arrival.progress and total:
        done = min(arrival.progress, total)
        how_far = Words("{done} of {total} rows", done=done, total=total)
        words = Words(
            "Taking in {file}: {how_far}", file=_render_file_name(arrival), how_far=how_far
        )
    else:
        words = Words("Taking in {file}…", file=_render_file_name(arrival))
    shown = render_words(words, language)
    return shown, [section(f":inbox_tray: {shown}", build_stop_button(arrival, language))]


def _render_imported(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = _render_counts(arrival, language)
    blocks = [section(f":white_check_mark: {words}")]
    if arrival.rejected and arrival.rejects:
        ref = ButtonValue(arrival=arrival.id).packed()
        send = button(Words("Download what stayed out").to(language), STAYED_OUT, ref)
        where = Words.count(
            "It is in a file in this thread, with its line, column and reason.",
            "They are in a file in this thread, each with its line, column and reason.",
            arrival.rejected,
        )
        blocks.append(section(f":page_facing_up: {where.to(language)}", send))
    if asks := suggest_questions(_render_kind(arrival)):
        lines = "\n".join(f"• {Words('“{quote}”', quote=ask).to(language)}" for ask in asks)
        lead = Words("What you can ask me now").to(language)
        blocks.append(section(f"*{lead}*\n{lines}"))
    if arrival.by:
        by = Words("Confirmed by {who}", who=f"<@{arrival.by}>")
        blocks.append(context(render_words(by, language)))
    return words, blocks


def _render_counts(arrival: FileUpload, language: str) -> str:
    """ "24,295 rows are in: 24,290 new, 5 replaced. 3 rows stayed out." """
    new, replaced, same = arrival.new or 0, arrival.replaced or 0, arrival.same or 0
    if not new + replaced and same:
        lines = [
            Words.count(
                "Nothing changed: {n} row was in already.",
                "Nothing changed: all {n} rows were in already.",
                same,
            )
        ]
    else:
        lines = [
            Words.count(
                "{n} row is in: {new} new, {replaced} replaced.",
                "{n} rows are in: {new} new, {replaced} replaced.",
                new + replaced,
                new=new,
                replaced=replaced,
            )
        ]
        if same:
            again = Words.count("{n} was in already.", "{n} more were in already.", same)
            lines.append(again)
    if rejected := arrival.rejected:
        lines.append(Words.count("{n} row stayed out.", "{n} rows stayed out.", rejected))
    return " ".join(render_words(one, language) for one in lines)


def _render_cancelled(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = Words("Cancelled. Nothing of {file} was taken in.", file=_render_file_name(arrival))
    shown = render_words(words, language)
    by = Words("Cancelled by {who}", who=f"<@{arrival.by}>")
    small = [context(render_words(by, language))] if arrival.by else []
    return shown, [section(f":black_square_for_stop: {shown}"), *small]


def _render_failure(arrival: FileUpload, language: str) -> tuple[str, list[Block]]:
    """Refused, or broken: why, and what can be done. A photograph is no orders, whoever says so."""
    why = render_words(arrival.said or Words("This could not be done."), language, 2_900)
    reference = Words("Reference {reference}", reference=arrival.reference).to(language)
    if arrival.state == "failed":
        ref = ButtonValue(arrival=arrival.id).packed()
        again = button(Words("Try again").to(language), READ_AGAIN, ref)
        nothing = Words("Nothing of it was taken in.").to(language)
        return why, [section(f":x: {why}"), context(nothing, reference), *actions(again)]
    if arrival.said and arrival.said.params.get(UNUSABLE_PARAM):
        return why, [section(f":x: {why}")]
    return why, [section(f":x: {why}"), *actions(build_kind_menu(arrival, language))]


def _render_visibility(shown: ImportCardData, language: str) -> list[Block]:
    """Who sees this card, when that needs saying."""
    if shown.private:
        return [context(f":lock: {Words('Just for you. Nobody else sees this.').to(language)}")]
    if shown.fallback:
        channel = shown.arrival.place.get("channel")
        if shown.read_outside:
            words = Words(
                "Another company reads {place}, so this comes to you alone.",
                place=f"<#{quote_as_mrkdwn(str(channel), 30)}>",
            )
            return [context(words.to(language))]
        words = Words(
            "I am not in {place}, so I answer you here. To have me answer there, type {command} "
            "in that channel.",
            place=f"<#{quote_as_mrkdwn(str(channel), 30)}>",
            command="`/invite @Super-Intern`",
        )
        return [context(words.to(language))]
    return []
