"""The approved words as Slack messages: all of them, in as many messages as it takes.

The first table is Slack's own, of which a message may have one; the others are read row by row.
"""

from collections.abc import Collection, Sequence

from bot.core.parts import File, Heading, Part, Table
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.blocks import FALLBACK, Block, Message, context, quoted, size, titled, weigh
from bot.slack.cards.draft_parts import CELL, drawable, drawn
from bot.slack.rich_text import inline, parted, rich, run, said

PIECE, ROOM, BLOCKS = 2_800, 10_000, 40


def letters(draft: Draft, language: str, hosts: Collection[str]) -> list[Message]:
    """Every part under its name, nothing cut; the last message carries the campaign code."""
    groups: list[list[Block]] = [[]]
    first = next((part.key for part in draft.parts if _fits(part)), None)
    for part in draft.parts:
        for shown in _part(part, language, hosts, table=part.key == first):
            full = len(groups[-1]) + len(shown) > BLOCKS
            if groups[-1] and (full or weigh(groups[-1]) + weigh(shown) > ROOM):
                groups.append([])
            groups[-1] += shown
    code = Words("Campaign code {code}", code=f"`{draft.code}`").to(language)
    print_ = Words("Fingerprint").to(language)
    groups[-1].append(context(f"{code} · {print_} `{draft.fingerprint[:16]}`"))
    text = next((part.text for part in draft.parts if part.text), draft.code)
    return [
        Message(_fallback(text, number, len(groups), hosts), blocks)
        for number, blocks in enumerate(groups, 1)
    ]


def _part(
    part: Part, language: str, hosts: Collection[str], *, table: bool = False
) -> list[list[Block]]:
    """Groups of blocks that belong together; a long part has several."""
    body = part.body
    if isinstance(body, Heading):
        return [[rich(run(said(piece, bold=True)))] for piece in divided(part.text)]
    above = context(f"*{quoted(titled(part.title, language), 150)}*")
    if isinstance(body, File):
        return [[above, context(f":paperclip: {quoted(body.name, 200)}")]]
    if isinstance(body, Table):
        lines = "\n".join(_row(body.columns, row, language) for row in body.rows)
        shown = [rich(run(said(piece))) for piece in divided(lines)]
        shown = [drawn(body)] if table else shown
    else:
        shown = [rich(run(inline(piece, hosts))) for piece in divided(part.text)]
    if not shown:
        return []
    return [[above, shown[0]], *([one] for one in shown[1:])]


def _fits(part: Part) -> bool:
    """Whether it is a table that Slack's own can show whole."""
    body = part.body
    if not isinstance(body, Table) or not drawable(body):
        return False
    cells = [cell for row in (body.columns, *body.rows) for cell in row]
    return all(size(cell) <= CELL for cell in cells) and sum(map(size, cells)) <= ROOM / 2


def _row(heads: Sequence[str], row: Sequence[str], language: str) -> str:
    """One row of a table as a line: what it is about, then each value under its name."""
    named = [
        Words("{name}: {value}", name=head, value=cell).to(language)
        for head, cell in zip(heads[1:], row[1:], strict=False)
    ]
    over = row[len(heads) :] if len(row) > len(heads) else ()
    return " · ".join(["".join(("• ", row[0] if row else "")), *named, *over])


def divided(text: str) -> list[str]:
    """The text in pieces that together are the text, each ended where a reader would pause."""
    found = []
    while text:
        piece, text = parted(text, PIECE)
        found.append(piece)
    return found


def _fallback(text: str, number: int, of: int, hosts: Collection[str]) -> str:
    mark = f"({number}/{of}) " if of > 1 else ""
    return mark + quoted(text, FALLBACK, hosts)
