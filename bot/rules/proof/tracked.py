"""Links by which a message's results are counted: with the campaign code, not the bare address."""

import re
from collections.abc import Iterator, Sequence

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.checks import Check
from bot.i18n.messages import Words
from bot.rules.proof.piece import Piece
from bot.text.links import parse_host


def untracked(pieces: Sequence[Piece], channel: Channel, brand: Brand) -> Iterator[Check]:
    """An SMS that names our site without a link: what it brings cannot be told from the rest."""
    host = parse_host(brand.site) if brand.site else None
    keys = {key for key, limit in channel.parts.items() if limit.unit == "segments"}
    for piece in pieces:
        if not host or piece.key not in keys or "utm_campaign=" in piece.text:
            continue
        if bare := re.search(rf"(?<![/\w.]){re.escape(host)}\b", piece.text, re.IGNORECASE):
            words = Words(
                "“{site}” carries no campaign code, so the orders it brings cannot be counted. "
                "Shorten the text to leave room for the link.",
                site=bare[0],
            )
            yield Check(rule="link", level="warn", words=words, part=piece.key, quote=bare[0])
