"""The parts of a draft on its card: copy as the customer reads it, all else under its name."""

from collections.abc import Collection, Sequence

from bot.core.channels import Channel, PartLimit, count_sms_segments, load_channels, measure_text
from bot.core.facts import source_quote
from bot.core.parts import File, Part, Quote, Table
from bot.drafts.export import AUDIENCE_PART
from bot.drafts.models import Draft
from bot.i18n.languages import get_language
from bot.i18n.messages import Words
from bot.i18n.typography import is_gsm7
from bot.slack.action_ids import CALL_TO_ACTION, pack_draft
from bot.slack.blocks import (
    BUTTON,
    MAX_PLAIN_CONTEXT,
    Block,
    actions_block,
    button,
    context_block,
    count_utf16_units,
    linked_text_elements,
    measure_blocks,
    plain_context_block,
    quote_as_mrkdwn,
    render_title,
    rich_text,
    rich_text_list,
    rich_text_quote,
    rich_text_section,
    section_block,
    split_at_pause,
    text_elements,
    translate_title,
    truncate,
)

MAX_SEPARATE_PARTS = 12  # a draft with more parts shows them in one block
IDEAS_SKILL, IDEA_PARTS = "ideas", "ideas."
MIN_EXCERPT_CHARACTERS = 200  # a shorter excerpt is not worth showing
MAX_LINE_COLUMNS, FIGURES_A_LINE = 4, 3  # of a table as lines of text
MAX_TABLE_ROWS, MAX_TABLE_COLUMNS, MAX_CELL_CHARACTERS = 100, 20, 300
FOLDED_PARTS = {"digest": ("more", "week", "missing")}  # a digest must fit on one screen
# Of a report, which must fit on one screen.
FOLDED_REPORT_PARTS = (
    *("points.5", "table", "second_table", "quotes.4", "quotes.5"),
    *("more", "how_to_read", "read_as", "sources"),
)


def list_folded_parts(draft: Draft) -> tuple[Part, ...]:
    """Return the parts that are shown by a button instead of on the card."""
    if is_report(draft):
        return tuple(part for part in draft.parts if part.key in FOLDED_REPORT_PARTS)
    return tuple(part for part in draft.parts if part.key in FOLDED_PARTS.get(draft.skill, ()))


def is_report(draft: Draft) -> bool:
    """Return whether the draft is a report, which is shared and not approved."""
    return draft.channel is None and any(part.key == "headline" for part in draft.parts)


def needs_decision(draft: Draft) -> bool:
    """Return whether people approve the draft. A report, a refusal to answer and ideas go nowhere
    from here."""
    return not (draft.is_empty or is_report(draft) or draft.skill == IDEAS_SKILL)


def find_part_limit(draft: Draft, part: Part) -> PartLimit | None:
    channel = load_channels().get(draft.channel or "")
    return channel.find_limit(part.key) if channel else None


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
    if (channel := find_copy_channel(draft)) is not None:
        return _render_channel_copy(draft, channel, language, hosts, room)
    if len(parts) > MAX_SEPARATE_PARTS and draft.skill != IDEAS_SKILL:
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


def find_copy_channel(draft: Draft) -> Channel | None:
    """Return the draft's channel when all of its parts are copy that the channel knows."""
    channel = load_channels().get(draft.channel or "")
    known = all(part.kind == "copy" and find_part_limit(draft, part) for part in draft.parts)
    return channel if known else None


def _render_channel_copy(
    draft: Draft, channel: Channel, language: str, hosts: Collection[str], room: int
) -> tuple[list[Block], str]:
    """Render copy as the customer reads it, within `room` characters."""
    blocks: list[Block] = []
    rest: list[str] = []
    for parts, limit in _group_parts(draft, channel):
        part_blocks = _render_by_role(parts, limit, draft, language, hosts)
        size = measure_blocks(part_blocks)
        if rest or size > room:
            excerpt, remaining = "", "\n".join(part.text for part in parts)
            if not rest and limit.role == "text" and room >= MIN_EXCERPT_CHARACTERS * 2:
                excerpt, remaining = split_at_pause(remaining, room - MIN_EXCERPT_CHARACTERS)
                blocks.append(rich_text(rich_text_section(text_elements(excerpt))))
            room = 0
            rest.append(f"{translate_title(limit.name(len(parts)), language)}\n{remaining}")
            continue
        room -= size
        blocks += part_blocks
    return blocks, "\n\n".join(rest)


def _group_parts(draft: Draft, channel: Channel) -> list[tuple[list[Part], PartLimit]]:
    """Return the parts in the channel's order, the texts of a list together."""
    groups: list[tuple[list[Part], PartLimit]] = []
    for key, limit in channel.parts.items():
        parts = [part for part in draft.parts if part.key.partition(".")[0] == key]
        together = [parts] if limit.items and parts else [[part] for part in parts]
        groups += [(group, limit) for group in together]
    return groups


def _render_by_role(
    parts: Sequence[Part], limit: PartLimit, draft: Draft, language: str, hosts: Collection[str]
) -> list[Block]:
    """Render one part, or the texts of a list, as its role in the channel says. A length is named
    only where it is over the limit."""
    text = parts[0].text
    blocks: list[Block]
    if limit.role == "tags":
        blocks = [rich_text(rich_text_section(text_elements(" ".join(p.text for p in parts))))]
    elif limit.items:
        lines = [linked_text_elements(part.text or "-", hosts) for part in parts]
        name = f"{translate_title(limit.name(len(parts)), language)} ({len(parts)})"
        above = [] if limit.role == "list" else [context_block(f"*{quote_as_mrkdwn(name, 150)}*")]
        blocks = [*above, rich_text(rich_text_list(lines, numbered=limit.role != "list"))]
    elif not text.strip():
        name = render_title(limit.title, language)
        blocks = [context_block(f"{name} {Words('(empty)').to(language)}")]
    elif limit.role == "button" and count_utf16_units(text) <= BUTTON:
        ref = pack_draft(draft)
        blocks = actions_block(button(text, CALL_TO_ACTION, ref))
    elif limit.role == "preview" and count_utf16_units(text) <= MAX_PLAIN_CONTEXT:
        blocks = [plain_context_block(text)]
    elif limit.role in ("title", "button"):
        blocks = [rich_text(rich_text_section(text_elements(text, bold=True)))]
    else:
        blocks = [rich_text(rich_text_section(linked_text_elements(text, hosts)))]
    long = [
        f":red_circle: {render_title(limit.title, language)} "
        f"{render_length(part.text, limit, language)}"
        for part in parts
        if measure_text(part.text, limit) > limit.most
    ]
    return [*blocks, context_block(*long)] if long else blocks


def render_part(
    part: Part, draft: Draft, language: str, hosts: Collection[str], *, table: bool
) -> list[Block]:
    if part.kind == "heading":
        return [rich_text(rich_text_section(text_elements(part.text or "-", bold=True)))]
    name = render_title(part.title, language)
    size = render_length(part.text, find_part_limit(draft, part), language)
    above = context_block(f"{name} · {size}" if size else name)
    body = part.body
    if isinstance(body, Table) and body.title:
        above = context_block(f"{name} · {quote_as_mrkdwn(body.title, 300)}")
    if draft.skill == IDEAS_SKILL and part.key.startswith(IDEA_PARTS):
        return [_render_idea(part)]
    if isinstance(body, File) and body.picture and draft.skill in FOLDED_PARTS:
        return [context_block(f":bar_chart: {Words('The chart is in this thread.').to(language)}")]
    if isinstance(body, File):
        alt = f": {quote_as_mrkdwn(body.alt, 300)}" if body.alt else ""
        return [above, context_block(f":paperclip: {quote_as_mrkdwn(body.name, 200)}{alt}")]
    if isinstance(body, Table) and part.key == AUDIENCE_PART:
        return [_render_audience_rule(body, draft.language)]
    if isinstance(body, Table):
        return [
            above,
            render_slack_table(body)
            if table and fits_slack_table(body)
            else render_table_lines(body),
            *([context_block(quote_as_mrkdwn(body.note, 600))] if body.note else []),
        ]
    block = rich_text(
        rich_text_quote(
            linked_text_elements(part.text, hosts) or text_elements(Words("(empty)").to(language))
        )
    )
    if isinstance(body, Quote) and (fact := draft.facts.get(body.fact)):
        return [above, block, context_block(quote_as_mrkdwn(source_quote(fact, language), 500))]
    return [above, block]


def _render_idea(part: Part) -> Block:
    """Render an idea under its number, which its button and people name, and its first line."""
    head, *lines = part.text.splitlines()
    name = f"{part.key.removeprefix(IDEA_PARTS)}. {head}"
    quote = [rich_text_quote(text_elements("\n".join(lines)))] if lines else []
    return rich_text(rich_text_section(text_elements(name, bold=True)), *quote)


def _render_audience_rule(table: Table, language: str) -> Block:
    """Render an audience to export line by line, in the language of its words, without the code of
    its rule, which stands in the last row."""
    colon = get_language(language).marks.colon
    lines = [
        f"*{quote_as_mrkdwn(name, 80)}{colon}* {quote_as_mrkdwn(value, 900)}"
        for name, value in (table.columns, *table.rows[:-1])
    ]
    return section_block("\n".join(lines))


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
    return {"type": "table", "rows": rows, "column_settings": [{"is_wrapped": True}]}


def render_table_lines(table: Table) -> Block:
    """Render a table as lines of text, because a message can have only one native table, and a
    view none. Of a wide one, each figure has the name of its column beside it."""
    if len(table.columns) > MAX_LINE_COLUMNS:
        return _render_wide_rows(table)
    lines = [" · ".join(filter(None, row)) for row in (table.columns, *table.rows)]
    return rich_text(
        rich_text_quote(
            text_elements("\n".join([*lines[:1], *(f"• {line}" for line in lines[1:])]) or "-")
        )
    )


def _render_wide_rows(table: Table) -> Block:
    elements = []
    for name, *cells in table.rows:
        told = [
            f"{column} {cell}"
            for column, cell in zip(table.columns[1:], cells, strict=False)
            if cell
        ]
        lines = [
            " · ".join(told[n : n + FIGURES_A_LINE]) for n in range(0, len(told), FIGURES_A_LINE)
        ]
        elements.append(rich_text_section(text_elements(name or "-", bold=True)))
        elements.append(rich_text_quote(text_elements("\n".join(lines) or "-")))
    return rich_text(*elements)


def _render_excerpt(part: Part, language: str, room: int) -> tuple[list[Block], str]:
    """Return as much of a part as fits, and the remaining text."""
    if part.kind != "copy" or room < MIN_EXCERPT_CHARACTERS * 2:
        return [], part.text
    name = render_title(part.title, language)
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
