"""The card of a report: its finding, how the question was read, its points, and what comes next.

A report is shared, not approved. It fits on one screen: the table, the sources and how it was
looked up stand behind *Details*.
"""

import re
from collections.abc import Sequence

from bot.core.exhibits import MAX_CARD_COLUMNS, MAX_SHOWN_ROWS
from bot.core.facts import source_quote
from bot.core.parts import Part, Table
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.action_ids import CHANGE, pack_draft
from bot.slack.actions.reports import build_next_step_buttons, build_vote_buttons
from bot.slack.blocks import (
    HEADER,
    SECTION,
    Block,
    Message,
    actions_block,
    button,
    context_block,
    plain_text,
    quote_as_mrkdwn,
    render_title,
    section_block,
)
from bot.slack.cards.card_data import CardData
from bot.slack.cards.draft_parts import render_slack_table, render_table_lines
from bot.slack.cards.draft_status import render_draft_status, render_findings, render_proof
from bot.slack.views.draft_details import build_details_button
from bot.text.escape import escape_mrkdwn

HEADLINE_PART, POINTS_PART = "headline", "points."
FOLLOW_UP_PARTS = ("graded", "sent", "work")  # of a digest
GAP_PARTS = {  # what is not answered: because no file holds it, or for another reason
    "cannot_tell": Words("Your data can't tell: {what}"),
    "not_answered": Words("Not answered: {what}"),
}
TABLE_PARTS = ("table", "second_table")
ROWS_SHOWN = Words("The first {shown} rows. The others are under Details.")
COLUMNS_SHOWN = Words("The first {shown} columns. The others are under Details.")
GAP_LINE = re.compile(r"[“«]\s?–\s?[”»]")  # it explains the sign
MAX_CARD_CELLS = 30  # of a table row by row
MAX_CARD_STEPS, MAX_CARD_QUOTES = 3, 3
MAX_FOLLOW_UP = 900


def render_report_card(
    card: CardData,
    draft: Draft,
    language: str,
    *,
    visibility: list[str],
    share: Block | None,
    more: Block,
    below: Sequence[Block] = (),
) -> Message:
    """Render the card. `visibility` says who sees it; `share` and `more` are its last buttons,
    `below` are the rows of buttons under them, such as those of a digest."""
    parts = {part.key: part for part in draft.parts}
    headline = parts[HEADLINE_PART].text
    blocks: list[Block] = [{"type": "header", "text": plain_text(headline, HEADER)}]
    if len(headline) > HEADER:
        blocks.append(section_block(f"*{quote_as_mrkdwn(headline, SECTION)}*"))
    blocks += _render_reading(draft, parts, language, visibility)
    blocks += render_draft_status(card, language)
    doubted = {one.part for one in draft.list_open_warnings()}
    points = [part for part in draft.parts if part.key.startswith(POINTS_PART)]
    if lines := [_render_point(part, part.key in doubted) for part in points]:
        blocks.append(section_block("\n".join(lines)))
    for key, words in GAP_PARTS.items():
        if gap := parts.get(key):
            what = escape_mrkdwn(gap.text)
            blocks.append(section_block(words.with_params(what=what).to(language)))
    blocks += _render_follow_up(parts, language)
    blocks += _render_quotes(draft, language)
    blocks += _render_exhibit(parts, language)
    blocks += [block for block in render_findings(draft, language) if block["type"] == "section"]
    blocks += build_next_step_buttons(draft, language, most=MAX_CARD_STEPS)
    details = build_details_button(draft, language)
    blocks += actions_block(share, details, *build_vote_buttons(draft, card.votes), more)
    blocks += below
    if proof := _render_proof(draft, parts, language):
        blocks.append(context_block(proof))
    return Message(quote_as_mrkdwn(headline, 300), blocks, None)


def _render_point(part: Part, is_doubted: bool) -> str:
    """Render a point, marked where the check objects to it; the finding below says why."""
    mark = ":warning: " if is_doubted else ""
    return f"• {mark}{quote_as_mrkdwn(part.text, 600)}"


def _render_reading(
    draft: Draft, parts: dict[str, Part], language: str, visibility: list[str]
) -> list[Block]:
    """Say what was not used of the question, then how it was read, with a button to change it."""
    blocks: list[Block] = []
    if not_used := parts.get("not_used"):
        what = quote_as_mrkdwn(not_used.text, 400)
        blocks.append(
            context_block(f":warning: {Words('Not used: {what}', what=what).to(language)}")
        )
    if read_as := parts.get("read_as"):
        first, *more = [quote_as_mrkdwn(line, 200) for line in read_as.text.splitlines()]
        reading = "\n".join([Words("Read as: {what}", what=first).to(language), *more])
        ref = pack_draft(draft)
        change = button(Words("Change it").to(language), CHANGE, ref)
        blocks.append(section_block(reading, change))
    return [*blocks, *([context_block(*visibility)] if visibility else [])]


def _render_quotes(draft: Draft, language: str) -> list[Block]:
    """Show customers' sentences word for word, each with its source."""
    quotes = []
    for part in [part for part in draft.parts if part.kind == "quote"][:MAX_CARD_QUOTES]:
        source = next((draft.facts.get(id) for id in part.facts), None)
        quote = f"> {quote_as_mrkdwn(part.text, 500)}".replace("\n", "\n> ")
        if source is not None:
            quote += f"\n> _{quote_as_mrkdwn(source_quote(source, language), 150)}_"
        quotes.append(quote)
    return [section_block("\n\n".join(quotes))] if quotes else []


def _render_follow_up(parts: dict[str, Part], language: str) -> list[Block]:
    """Render what a digest says of the last one, of what was sent, and of the work."""
    return [
        section_block(
            f"{render_title(parts[key].title, language)}\n"
            f"{quote_as_mrkdwn(parts[key].text, MAX_FOLLOW_UP)}"
        )
        for key in FOLLOW_UP_PARTS
        if key in parts
    ]


def _render_exhibit(parts: dict[str, Part], language: str) -> list[Block]:
    """Name the chart, which is a file in the thread, or show a short table; then a second one. A
    message has one native table: below it, the second is lines of text."""
    tables = [parts[key].body for key in TABLE_PARTS if key in parts]
    blocks = list[Block]()
    if "picture" in parts:
        words = Words("The chart is in this thread.")
        note = [one.note for one in tables[:1] if isinstance(one, Table)]
        lines = [quote_as_mrkdwn(one, 600) for one in note if one]
        blocks.append(context_block(f":bar_chart: {words.to(language)}", *lines))
        tables = tables[1:]
    for table in tables:
        if isinstance(table, Table) and len(table.rows) > 1:
            has_table = any(block["type"] == "table" for block in blocks)
            blocks += _render_table(table, language, as_lines=has_table)
    return blocks


def _render_table(table: Table, language: str, *, as_lines: bool) -> list[Block]:
    """Show as much of a table as a phone has room for, and say how much of it that is. A wide one
    is turned where its rows fit as columns; else, where they are few, it stands row by row, each
    figure with its column's name."""
    if len(table.rows) < MAX_CARD_COLUMNS < len(table.columns):
        head, *turned = zip(table.columns, *table.rows, strict=True)
        table = table.model_copy(update={"columns": head, "rows": tuple(turned)})
    count, many = len(table.rows), len(table.columns)
    is_wide = many > MAX_CARD_COLUMNS and count * many <= MAX_CARD_CELLS
    shown = count if count <= MAX_SHOWN_ROWS + 1 else MAX_SHOWN_ROWS
    width = many if is_wide else MAX_CARD_COLUMNS
    rows = tuple(row[:width] for row in table.rows[:shown])
    columns = table.columns[:width]
    title = [context_block(quote_as_mrkdwn(table.title, 300))] if table.title else []
    cut = Table(columns=columns, rows=rows)
    sizes = (
        (ROWS_SHOWN, shown, count),
        (COLUMNS_SHOWN, len(columns), many),
    )
    below = [words.with_params(shown=n, n=of).to(language) for words, n, of in sizes if n < of]
    has_gaps = any(cell == "–" for row in rows for cell in row)
    below += [
        quote_as_mrkdwn(line, 300)
        for line in table.note.splitlines()
        if has_gaps or not GAP_LINE.match(line)
    ]
    return [
        *title,
        render_table_lines(cut) if as_lines or is_wide else render_slack_table(cut),
        *([context_block(" ".join(below))] if below else []),
    ]


def _render_proof(draft: Draft, parts: dict[str, Part], language: str) -> str | None:
    """Say what was checked, and which data the figures come from."""
    data = None
    if sources := parts.get("sources"):
        listed = quote_as_mrkdwn(" · ".join(sources.text.splitlines()), 300)
        data = Words("Data: {what}", what=listed).to(language)
    lines = filter(None, (render_proof(draft.findings or (), language), data))
    return " · ".join(lines) or None
