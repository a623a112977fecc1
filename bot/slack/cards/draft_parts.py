"""The parts of a draft on a card: the copy first, its name and length small above it."""

from collections.abc import Collection

from bot.core.channels import Limit, channels, measure, segments
from bot.core.parts import File, Part, Quote, Table
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.blocks import Block, context, cut, quoted, titled, weigh
from bot.slack.rich_text import bar, inline, parted, rich, run, said
from bot.text.gsm7 import is_gsm7

APART = 12  # more parts than these share one block
TOO_LITTLE = 200  # a shorter beginning than this is not worth showing
TABLE_ROWS, TABLE_COLUMNS, CELL = 100, 20, 300
BEHIND = {"digest": ("more", "week", "missing")}  # a digest is read on one screen


def behind(draft: Draft) -> tuple[Part, ...]:
    """The parts that a button shows, not the card."""
    return tuple(part for part in draft.parts if part.key in BEHIND.get(draft.skill, ()))


def limits(draft: Draft) -> dict[str, Limit]:
    """What the draft's channel allows, by part key."""
    channel = channels().get(draft.channel or "")
    return channel.parts if channel else {}


def length(text: str, limit: Limit | None, language: str) -> str | None:
    """How long a part is against its limit: "38 of 50 characters", "1 message, GSM-7"."""
    if limit is None:
        return None
    n = measure(text, limit)
    if limit.unit == "segments":
        alphabet = "GSM-7" if is_gsm7(text) else Words("Unicode").to(language)
        count = Words.count("{n} message", "{n} messages", segments(text)).to(language)
        return f"{count}, {alphabet}"
    if limit.unit == "words":
        return Words("{n} of {most} words", n=n, most=limit.most).to(language)
    return Words("{n} of {most} characters", n=n, most=limit.most).to(language)


def copy_blocks(
    draft: Draft, language: str, *, hosts: Collection[str], room: int
) -> tuple[list[Block], str]:
    """The parts within `room` characters, and the text that did not fit."""
    parts = tuple(part for part in draft.parts if part not in behind(draft))
    if len(parts) > APART:
        return _folded(parts, language, hosts, room)
    blocks: list[Block] = []
    rest: list[str] = []
    tables, before = 0, ""
    for part in parts:
        shown = part_blocks(part, draft, language, hosts, table=tables == 0)
        if part.title == before and part.kind == "quote":
            shown = shown[1:]  # the name stands above the first of them
        before = part.title
        room -= weigh(shown)
        if rest or room < 0:
            kept, over = (
                ([], part.text) if rest else _beginning(part, language, room + weigh(shown))
            )
            room = 0
            blocks += kept
            rest.append(f"{titled(part.title, language)}\n{over}")
            continue
        tables += any(block["type"] == "table" for block in shown)
        blocks += shown
    return blocks, "\n\n".join(rest)


def part_blocks(
    part: Part, draft: Draft, language: str, hosts: Collection[str], *, table: bool
) -> list[Block]:
    if part.kind == "heading":
        return [rich(run(said(part.text or "-", bold=True)))]
    name = f"*{quoted(titled(part.title, language), 150)}*"
    size = length(part.text, limits(draft).get(part.key), language)
    above = context(f"{name} · {size}" if size else name)
    body = part.body
    if isinstance(body, File) and body.picture and draft.skill in BEHIND:
        return [context(f":bar_chart: {Words('The chart is in this thread.').to(language)}")]
    if isinstance(body, File):
        alt = f": {quoted(body.alt, 300)}" if body.alt else ""
        return [above, context(f":paperclip: {quoted(body.name, 200)}{alt}")]
    if isinstance(body, Table):
        return [above, drawn(body) if table and drawable(body) else _columns(body)]
    shown = rich(bar(inline(part.text, hosts) or said(Words("(empty)").to(language))))
    if isinstance(body, Quote) and (fact := draft.facts.get(body.fact)):
        return [above, shown, context(quoted(fact.sourced(language), 500))]
    return [above, shown]


def drawable(table: Table) -> bool:
    """Whether Slack's own table has room for so many rows and columns."""
    wide = max(len(row) for row in (table.columns, *table.rows))
    return len(table.rows) < TABLE_ROWS and 0 < wide <= TABLE_COLUMNS


def drawn(table: Table) -> Block:
    """Slack's own table; a message may have one. Cells longer than CELL are cut."""
    rows = [
        [{"type": "raw_text", "text": cut(cell, CELL) or " "} for cell in row]
        for row in (table.columns, *table.rows)
        if row
    ]
    return {"type": "table", "rows": rows}


def _columns(table: Table) -> Block:
    """A table as lines that break between words: a message has room for one real table."""
    lines = [" · ".join(filter(None, row)) for row in (table.columns, *table.rows)]
    return rich(bar(said("\n".join([*lines[:1], *(f"• {line}" for line in lines[1:])]) or "-")))


def _beginning(part: Part, language: str, room: int) -> tuple[list[Block], str]:
    """As much of a part as there is room for, and what remains of it."""
    if part.kind != "copy" or room < TOO_LITTLE * 2:
        return [], part.text
    name = f"*{quoted(titled(part.title, language), 150)}*"
    shown, over = parted(part.text, room - TOO_LITTLE)
    return [context(name), rich(bar(said(shown)))], over


def _folded(
    parts: tuple[Part, ...], language: str, hosts: Collection[str], room: int
) -> tuple[list[Block], str]:
    """Many parts in one block, each under its name."""
    elements: list[Block] = []
    rest: list[str] = []
    for part in parts:
        name = titled(part.title, language)
        shown = [run(said(name, bold=True)), bar(inline(part.text or "-", hosts))]
        room -= weigh(shown)
        if rest or room < 0:
            rest.append(f"{name}\n{part.text}")
        else:
            elements += shown
    return [rich(*elements)] if elements else [], "\n\n".join(rest)
