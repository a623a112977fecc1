"""What a call may have cost when it is not known how it ended: more rather than less."""

import json
from decimal import Decimal

from bot.writers.letter import MORE_ROOM
from bot.writers.prices import Tokens, price_of

A_TOKEN = 3  # bytes, cautiously: mostly it has four


def at_most(writer: str, sent: str) -> Decimal:
    """US dollars for what was sent, all of it written to the cache, and the longest answer that it
    asked for; 0 where nothing is paid."""
    price = price_of(writer)
    if price is None:
        return Decimal(0)
    read = len(sent.encode()) // A_TOKEN + 1
    return price.of(Tokens(written=read, out=_longest(sent)))


def _longest(sent: str) -> int:
    try:
        asked = json.loads(sent).get("max_tokens")
    except (ValueError, AttributeError):
        asked = None
    return asked if isinstance(asked, int) else MORE_ROOM
