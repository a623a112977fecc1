"""The parts of a draft on its card, each with its name and length above it."""

from collections.abc import Collection

from bot.core.channels import PartLimit, count_sms_segments, load_channels, measure_text
from bot.core.parts import File, Part, Quote, Table
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.blocks import (
    Block,
    context_block,
    linked_text_elements,
    measure_blocks,
    quote_as_mrkdwn,
    rich_text,
    rich_text_quote,
    rich_text_section,
    split_at_pause,
    text_elements,
    translate_title,
    truncate,
)
from bot.text.gsm7 import is_gsm7

MAX_SEPARATE_PARTS = 12  # a draft with more parts shows them in one block
MIN_EXCERPT_CHARACTERS = 200  # a shorter excerpt is not worth showing
MAX_TABLE_ROWS, MAX_TABLE_COLUMNS, MAX_CELL_CHARACTERS = 100, 20, 300
FOLDED_PARTS = {"digest": ("more", "week", "missing")}  # a digest must fit on one screen
# Of a report, which must fit on one screen.
FOLDED_REPORT_PARTS = ("points.5", "table", "more", "how_to_read", "read_as", "sources")


def list_folded_parts(draft: Draft) -> tuple[Part, ...]:
    """Return the parts that are shown by a button instead of on the card."""
    if is_report(draft):
        return tuple(part for part in draft.parts if part.key in FOLDED_REPORT_PARTS)
    return tuple(part for part in draft.parts if part.key in FOLDED_PARTS.get(draft.skill, ()))


def is_report(draft: Draft) -> bool:
    """Return whether the draft is a report, which is shared and not approved."""
    return draft.channel is None and any(part.key == "headline" for part in draft.parts)


def find_part_limits(draft: Draft) -> dict[str, PartLimit]:
    """Return the limits of the draft's channel, by part key."""
    channel = load_channels().get(draft.channel or "")
    return channel.parts if channel else {}


def render_length(text: str, limit: PartLimit | None, language: str) -> str | None:
    """Say how long a part is against its limit: "38 of 50 characters", "1 message, GSM-7"."""
    if limit is None:
        return None
    n = measure_text(text, limit)
    if limit.unit == "segments":
        alphabet = "GSM-7" if is_gsm7(text) else Words("Unicode").to(language)
        count = Words.count("{n} message", "{n} messages", count_sms_segments(text)).to(language)
        return f"{count}, {alphabet}"
    if limit.unit == "words":
        return Words("{n} of {most} words", n=n, most=limit.most).to(language)
    return Words("{n} of {most} characters", n=n, most=limit.most).to(language)


def render_copy(
    draft: Draft, language: str, *, hosts: Collection[str], room: int
) -> tuple[list[Block], str]:
    """Render the parts within `room` characters, and return the text that did not fit."""
    parts = tuple(part for part in draft.parts if part not in list_folded_parts(draft))
    if len(parts) > MAX_SEPARATE_PARTS:
        return _render_compact_parts(parts, language, hosts, room)
    blocks: list[Block] = []
    rest: list[str] = []
    tables, before = 0, ""
    for part in parts:
        part_blocks = render_part(part, draft, language, hosts, table=tables == 0)
        if part.title == before and part.kind == "quote":
            part_blocks = part_blocks[1:]  # the name is above the first of them
        before = part.title
        room -= measure_blocks(part_blocks)
        if rest or room < 0:
            shown_blocks, remaining = (
                ([], part.text)
                if rest
                else _render_excerpt(part, language, room + measure_blocks(part_blocks))
            )
            room = 0
            blocks += shown_blocks
            rest.append(f"{translate_title(part.title, language)}\n{remaining}")
            continue
        tables += any(block["type"] == "table" for block in part_blocks)
        blocks += part_blocks
    return blocks, "\n\n".join(rest)


def render_part(
    part: Part, draft: Draft, language: str, hosts: Collection[str], *, table: bool
) -> list[Block]:
    if part.kind == "heading":
        return [rich_text(rich_text_section(text_elements(part.text or "-", bold=True)))]
    name = f"*{quote_as_mrkdwn(translate_title(part.title, language), 150)}*"
    size = render_length(part.text, find_part_limits(draft).get(part.key), language)
    above = context_block(f"{name} · {size}" if size else name)
    body = part.body
    if isinstance(body, File) and body.picture and draft.skill in FOLDED_PARTS:
        return [context_block(f":bar_chart: {Words('The chart is in this thread.').to(language)}")]
    if isinstance(body, File):
        alt = f": {quote_as_mrkdwn(body.alt, 300)}" if body.alt else ""
        return [above, context_block(f":paperclip: {quote_as_mrkdwn(body.name, 200)}{alt}")]
    if isinstance(body, Table):
        return [
            above,
            render_slack_table(body)
            if table and fits_slack_table(body)
            else _render_table_lines(body),
        ]
    block = rich_text(
        rich_text_quote(
            linked_text_elements(part.text, hosts) or text_elements(Words("(empty)").to(language))
        )
    )
    if isinstance(body, Quote) and (fact := draft.facts.get(body.fact)):
        return [above, block, context_block(quote_as_mrkdwn(fact.sourced(language), 500))]
    return [above, block]


def fits_slack_table(table: Table) -> bool:
    """Return whether a native Slack table can hold this many rows and columns."""
    wide = max(len(row) for row in (table.columns, *table.rows))
    return len(table.rows) < MAX_TABLE_ROWS and 0 < wide <= MAX_TABLE_COLUMNS


def render_slack_table(table: Table) -> Block:
    """Render a native Slack table; a message may have one. Cells longer than MAX_CELL_CHARACTERS
    are cut."""
    rows = [
        [{"type": "raw_text", "text": truncate(cell, MAX_CELL_CHARACTERS) or " "} for cell in row]
        for row in (table.columns, *table.rows)
        if row
    ]
    return {"type": "table", "rows": rows}


def _render_table_lines(table: Table) -> Block:
    """Render a table as lines of text, because a message can have only one native table."""
    lines = [" · ".join(filter(None, row)) for row in (table.columns, *table.rows)]
    return rich_text(
        rich_text_quote(
            text_elements("\n".join([*lines[:1], *(f"• {line}" for line in lines[1:])]) or "-")
        )
    )


def _render_excerpt(part: Part, language: str, room: int) -> tuple[list[Block], str]:
    """Return as much of a part as fits, and the remaining text."""
    if part.kind != "copy" or room < MIN_EXCERPT_CHARACTERS * 2:
        return [], part.text
    name = f"*{quote_as_mrkdwn(translate_title(part.title, language), 150)}*"
    excerpt, remaining = split_at_pause(part.text, room - MIN_EXCERPT_CHARACTERS)
    return [context_block(name), rich_text(rich_text_quote(text_elements(excerpt)))], remaining


def _render_compact_parts(
    parts: tuple[Part, ...], language: str, hosts: Collection[str], room: int
) -> tuple[list[Block], str]:
    """Render many parts in one block, each under its name."""
    elements: list[Block] = []
    rest: list[str] = []
    for part in parts:
        name = translate_title(part.title, language)
        part_elements = [
            rich_text_section(text_elements(name, bold=True)),
            rich_text_quote(linked_text_elements(part.text or "-", hosts)),
        ]
        room -= measure_blocks(part_elements)
        if rest or room < 0:
            rest.append(f"{name}\n{part.text}")
        else:
            elements += part_elements
    return [rich_text(*elements)] if elements else [], "\n\n".join(rest)
