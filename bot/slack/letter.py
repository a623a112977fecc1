"""The approved words as Slack messages: all of them, in as many messages as it takes."""

from collections.abc import Collection

from bot.draft import Draft
from bot.parts import File, Heading, Part, Table
from bot.slack.blocks import FALLBACK, Block, Message, context, quoted, titled, weigh
from bot.slack.exact import boxed, inline, parted, rich, run, said
from bot.words import Words

PIECE, ROOM, BLOCKS = 2_800, 10_000, 40


def letters(draft: Draft, language: str, hosts: Collection[str]) -> list[Message]:
    """Every part under its name, nothing cut; the last message carries the campaign code."""
    groups: list[list[Block]] = [[]]
    for part in draft.parts:
        for shown in _part(part, language, hosts):
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


def _part(part: Part, language: str, hosts: Collection[str]) -> list[list[Block]]:
    """Groups of blocks that belong together; a long part has several."""
    body = part.body
    if isinstance(body, Heading):
        return [[rich(run(said(piece, bold=True)))] for piece in divided(part.text)]
    above = context(f"*{quoted(titled(part.title, language), 150)}*")
    if isinstance(body, File):
        return [[above, context(f":paperclip: {quoted(body.name, 200)}")]]
    if isinstance(body, Table):
        lines = "\n".join(" | ".join(row) for row in (body.columns, *body.rows))
        shown = [rich(boxed(piece)) for piece in divided(lines)]
    else:
        shown = [rich(run(inline(piece, hosts))) for piece in divided(part.text)]
    if not shown:
        return []
    return [[above, shown[0]], *([one] for one in shown[1:])]


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
