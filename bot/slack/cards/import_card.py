"""The card of a dropped file: how it was understood, the question whether to import it, and the
result."""

from collections.abc import Sequence

from bot.data.column_labels import KIND_LABELS, label_column, label_kind
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import ImportPreview
from bot.errors import UNUSABLE_PARAM
from bot.i18n.messages import Words
from bot.slack.action_ids import (
    DONT,
    OTHER_KIND,
    READ_AGAIN,
    STAYED_OUT,
    TAKE_IN,
    UNDO_IMPORT,
    WHAT_LEFT,
    ButtonValue,
)
from bot.slack.blocks import (
    HEADER,
    MAX_MESSAGE_CHARACTERS,
    Block,
    Message,
    actions_block,
    button,
    context_block,
    measure_blocks,
    option,
    plain_text,
    quote_as_mrkdwn,
    render_words,
    section_block,
    truncate,
)
from bot.slack.cards.card_data import explain_fallback
from bot.slack.cards.import_labels import FORMAT_LABELS, build_mapping_table, suggest_questions
from bot.slack.threads import Place
from bot.text.normalize import collapse_spaces

MAX_PROPOSED = 12  # columns of a proposal, those that are not proved first
MAX_NAME_CHARACTERS, MAX_LISTED_NAMES, MAX_ASSUMPTIONS, MAX_JOINED_FILES = 40, 25, 12, 5
# characters kept for the head, the first line and the columns without a row
RESERVED_CHARACTERS = 3_500


def render_import_question(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    preview = upload.preview
    assert preview is not None
    words = f"{_render_summary(preview, language)} {Words('Nothing is imported yet.').to(language)}"
    below = [
        *_render_proposal(preview, language),
        *_render_personal_data_note(preview, language),
        *_render_assumptions(preview, language),
        *_build_question_buttons(upload, language),
        context_block(Words("Anyone with the right to import can confirm.").to(language)),
    ]
    joined = _render_joined_files(preview, language)
    room = MAX_MESSAGE_CHARACTERS - measure_blocks([*below, *joined]) - RESERVED_CHARACTERS
    table, unseen = build_mapping_table(preview, language, room)
    more = Words("And {columns}", columns=_list_names([one.theirs for one in unseen], language))
    return words, [
        section_block(f":mag: {words}"),
        *joined,
        *table,
        *([context_block(render_words(more, language, 1_900))] if unseen else []),
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


def render_missing_file(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    """Render an import that waits for a second file."""
    asks = MISSING_FILE_NOTES[upload.half or "orders"]
    words = render_words(Words(asks.text, file=truncate(upload.title, 100)), language)
    blocks = [section_block(f":jigsaw: {words}")]
    if upload.reason:
        blocks.insert(0, section_block(f":warning: {render_words(upload.reason, language)}"))
    waits = Words("Nothing is imported yet.").to(language)
    return words, [
        *blocks,
        context_block(waits),
        *actions_block(build_kind_menu(upload, language), build_stop_button(upload, language)),
    ]


def _render_summary(preview: ImportPreview, language: str) -> str:
    """Say how the file was read: "I read this as Orders: 24,295 rows, from 1 May to 20 November
    2026, in EUR"."""
    rows = Words.count("{n} row", "{n} rows", preview.rows)
    params = {"kind": label_kind(preview.kind), "rows": rows}
    if preview.first and preview.last:
        span = {"first": preview.first, "last": preview.last}
        words = Words("I read this as {kind}: {rows}, from {first} to {last}.", **params, **span)
    else:
        words = Words("I read this as {kind}: {rows}.", **params)
    lines = [render_words(words, language)]
    if preview.currency:
        lines.append(render_words(Words("Amounts are in {code}.", code=preview.currency), language))
    if preview.rejected:
        some = Words.count(
            "{n} more row can't be imported. You get it in a file, with the reason.",
            "{n} more rows can't be imported. You get them in a file, each with its reason.",
            preview.rejected,
        )
        lines.append(render_words(some, language))
    return " ".join(lines)


def _render_joined_files(preview: ImportPreview, language: str) -> list[Block]:
    """Say how one table was made of several files."""
    lines = [
        f":jigsaw: {render_words(one, language, 600)}" for one in preview.joined[:MAX_JOINED_FILES]
    ]
    return [context_block(*lines)] if lines else []


def _render_personal_data_note(preview: ImportPreview, language: str) -> list[Block]:
    """Say what happens to personal data, and which columns are ignored."""
    keyed, apart = _list_names(preview.keyed, language), _list_names(preview.apart, language)
    dropped, ignored = (
        _list_names(preview.dropped, language),
        _list_names(preview.ignored, language),
    )
    notes = (
        (":key:", keyed, Words("Replaced by a key before anything is stored: {them}", them=keyed)),
        (":lock:", apart, Words("Kept apart, encrypted, where consent allows: {them}", them=apart)),
        (":no_entry_sign:", dropped, Words("Dropped, as it is personal: {them}", them=dropped)),
        (":heavy_minus_sign:", ignored, Words("Not used: {them}", them=ignored)),
    )
    lines = [
        f"{mark} {render_words(words, language, 1_200)}" for mark, them, words in notes if them
    ]
    return [context_block(*lines)] if lines else []


def _list_names(columns: Sequence[str], language: str) -> str:
    """List column names, as many as a person reads."""
    names = [
        truncate(collapse_spaces(one), MAX_NAME_CHARACTERS) or "…"
        for one in columns[:MAX_LISTED_NAMES]
    ]
    if more := len(columns) - len(names):
        names.append(Words.count("… and {n} more", "… and {n} more", more).to(language))
    return ", ".join(names)


def _render_proposal(preview: ImportPreview, language: str) -> list[Block]:
    """Say which columns an AI named, what the file proves of each, and what it contradicts."""
    if not preview.proposed:
        return []
    head = Words(
        "{model} proposes these columns, from their names and masked cells. Please look at them: "
        "importing confirms them.",
        model=preview.proposed_by,
    )
    lines = [f"*{render_words(head, language)}*"]
    for one in sorted(preview.proposed, key=lambda one: one.proved)[:MAX_PROPOSED]:
        names = {"theirs": truncate(collapse_spaces(one.theirs), MAX_NAME_CHARACTERS)}
        words = Words("{theirs} → {ours}: {why}", ours=label_column(one.ours), why=one.why, **names)
        mark = ":white_check_mark:" if one.proved else ":grey_question:"
        lines.append(f"{mark} {render_words(words, language, 220)}")
    if preview.contradicted:
        them = _list_names(preview.contradicted, language)
        words = Words("Left out, the cells say something else: {them}", them=them)
        lines.append(f":no_entry_sign: {render_words(words, language, 400)}")
    return [section_block("\n".join(lines))]


def _render_assumptions(preview: ImportPreview, language: str) -> list[Block]:
    lines = [f"• {render_words(one, language, 220)}" for one in preview.assumed[:MAX_ASSUMPTIONS]]
    if not lines:
        return []
    return [section_block("\n".join([f"*{Words('I assumed').to(language)}*", *lines]))]


def _build_question_buttons(upload: FileUpload, language: str) -> list[Block]:
    ref = ButtonValue(arrival=upload.id, seen=str(upload.turn))
    yes = button(Words("Import").to(language), TAKE_IN, ref.pack(), style="primary")
    log = button(Words("AI log").to(language), WHAT_LEFT, ButtonValue(arrival=upload.id).pack())
    is_proposed = upload.preview is not None and upload.preview.proposed
    return actions_block(
        yes,
        build_kind_menu(upload, language),
        build_stop_button(upload, language),
        *([log] if is_proposed else []),
    )


def build_kind_menu(upload: FileUpload, language: str) -> Block:
    """Build a menu with other readings of what was assumed, then the other data kinds."""
    readings = upload.preview.otherwise if upload.preview and upload.state == "waiting" else ()
    labels = {pick: FORMAT_LABELS[pick] for pick in map("=".join, readings)} | KIND_LABELS
    labels.pop(upload.preview.kind if upload.preview else upload.kind or "", None)
    options = [
        option(words.to(language), ButtonValue(arrival=upload.id, pick=pick).pack())
        for pick, words in labels.items()
    ]
    return {
        "type": "static_select",
        "action_id": OTHER_KIND,
        "placeholder": plain_text(Words("It is something else").to(language), 150),
        "options": options,
    }


def build_stop_button(upload: FileUpload, language: str) -> Block:
    return button(Words("Cancel").to(language), DONT, ButtonValue(arrival=upload.id).pack())


# The message.


def render_import_card(upload: FileUpload, language: str, place: Place | None = None) -> Message:
    """Render the current card within Slack's limits, however many columns there are. `place` is
    that of the card's message."""
    drawers = {
        "reading": _render_reading,
        "half": render_missing_file,
        "joined": _render_joined,
        "waiting": render_import_question,
        "taking": _render_importing,
        "storing": _render_importing,
        "in": _render_imported,
        "cancelled": _render_cancelled,
        "undone": _render_undone,
    }
    text, blocks = drawers.get(upload.state, _render_failure)(upload, language)
    title = f"{label_kind(_render_kind(upload)).to(language)} · {upload.title}"
    name = title if _render_kind(upload) else upload.title
    head: Block = {"type": "header", "text": plain_text(name, HEADER)}
    return Message(
        truncate(text, 3_000), [head, *blocks, *_render_visibility(upload, place or {}, language)]
    )


def _render_kind(upload: FileUpload) -> str:
    preview = upload.preview
    return preview.kind if preview else upload.kind or ""


def _render_file_name(upload: FileUpload) -> str:
    return truncate(upload.title, 100)


def _render_reading(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = render_words(Words("Reading {file}…", file=_render_file_name(upload)), language)
    return words, [section_block(f":mag: {words}", build_stop_button(upload, language))]


def _render_joined(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    """Render an import that another file completed; the other card asks for both."""
    words = render_words(upload.reason or Words("It is read together with another file."), language)
    return words, [section_block(f":jigsaw: {words}")]


def _render_importing(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    preview = upload.preview
    total = preview.rows if preview else 0
    if upload.state == "storing":
        words = Words("Storing {file}…", file=_render_file_name(upload))
        return render_words(words, language), [
            section_block(f":inbox_tray: {render_words(words, language)}")
        ]
    if upload.progress and total:
        done = min(upload.progress, total)
        how_far = Words("{done} of {total} rows", done=done, total=total)
        words = Words(
            "Importing {file}: {how_far}", file=_render_file_name(upload), how_far=how_far
        )
    else:
        words = Words("Importing {file}…", file=_render_file_name(upload))
    line = render_words(words, language)
    return line, [section_block(f":inbox_tray: {line}", build_stop_button(upload, language))]


def _render_imported(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = _render_counts(upload, language)
    blocks = [section_block(f":white_check_mark: {words}")]
    if upload.rejected and upload.rejects:
        ref = ButtonValue(arrival=upload.id).pack()
        send = button(Words("Download what stayed out").to(language), STAYED_OUT, ref)
        where = Words.count(
            "It is in a file in this thread, with its line, column and reason.",
            "They are in a file in this thread, each with its line, column and reason.",
            upload.rejected,
        )
        blocks.append(section_block(f":page_facing_up: {where.to(language)}", send))
    if asks := suggest_questions(_render_kind(upload)):
        lines = "\n".join(f"• {Words('“{quote}”', quote=ask).to(language)}" for ask in asks)
        lead = Words("What you can ask me now").to(language)
        blocks.append(section_block(f"*{lead}*\n{lines}"))
    by = Words("Imported without asking: a file with the same columns was confirmed before.")
    if upload.by:
        by = Words("Confirmed by {who}", who=f"<@{upload.by}>")
    blocks.append(context_block(render_words(by, language)))
    if upload.new or upload.replaced:
        ref = ButtonValue(arrival=upload.id).pack()
        blocks += actions_block(button(Words("Undo import").to(language), UNDO_IMPORT, ref))
    return words, blocks


def _render_undone(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = Words.count(
        "Undone: {n} row of {file} is out again, and what it had replaced is back.",
        "Undone: {n} rows of {file} are out again, and what they had replaced is back.",
        (upload.new or 0) + (upload.replaced or 0),
        file=_render_file_name(upload),
    )
    line = render_words(words, language)
    by = Words("Undone by {who}", who=f"<@{upload.by}>")
    return line, [
        section_block(f":leftwards_arrow_with_hook: {line}"),
        context_block(render_words(by, language)),
    ]


def _render_counts(upload: FileUpload, language: str) -> str:
    """Report the result: "24,295 rows are in: 24,290 new, 5 replaced. 3 rows stayed out"."""
    new, replaced, same = upload.new or 0, upload.replaced or 0, upload.same or 0
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
    if rejected := upload.rejected:
        lines.append(Words.count("{n} row stayed out.", "{n} rows stayed out.", rejected))
    return " ".join(render_words(one, language) for one in lines)


def _render_cancelled(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    words = Words("Cancelled. Nothing of {file} was imported.", file=_render_file_name(upload))
    line = render_words(words, language)
    by = Words("Cancelled by {who}", who=f"<@{upload.by}>")
    small = [context_block(render_words(by, language))] if upload.by else []
    return line, [section_block(f":black_square_for_stop: {line}"), *small]


def _render_failure(upload: FileUpload, language: str) -> tuple[str, list[Block]]:
    """Render an import that was refused or failed: why, and what the person can do. A file that
    is no table, such as a photograph, has no menu of kinds."""
    why = render_words(upload.reason or Words("This could not be done."), language, 2_900)
    reference = Words("Reference {reference}", reference=upload.reference).to(language)
    if upload.state == "failed":
        ref = ButtonValue(arrival=upload.id).pack()
        again = button(Words("Try again").to(language), READ_AGAIN, ref)
        nothing = Words("Nothing was imported.").to(language)
        return why, [
            section_block(f":x: {why}"),
            context_block(nothing, reference),
            *actions_block(again),
        ]
    if upload.reason and upload.reason.params.get(UNUSABLE_PARAM):
        return why, [section_block(f":x: {why}")]
    return why, [section_block(f":x: {why}"), *actions_block(build_kind_menu(upload, language))]


def _render_visibility(upload: FileUpload, place: Place, language: str) -> list[Block]:
    """Return lines that say who sees this card, where that is not obvious."""
    if place.get("dm"):
        return [context_block(f":lock: {Words('Only you see this.').to(language)}")]
    if reason := place.get("fallback"):
        channel = quote_as_mrkdwn(str(upload.place.get("channel")), 30)
        return [context_block(explain_fallback(channel, str(reason)).to(language))]
    return []
