"""What is said when nothing in the library answers a question."""

import re

from bot.fold import fold
from bot.telling.told import NotYet, Teller
from bot.telling.topics import MISSING
from bot.words import Words


def unknown(teller: Teller, words: str) -> NotYet:
    """Which file would let it be told, where that is known; else what can be asked."""
    said = fold(words.replace("’", "'"))
    if file := next((file for shape, file in MISSING if re.search(shape, said)), None):
        line = Words("Nothing in the library tells that. This would let me: {file}.", file=file)
        return NotYet(answer=teller.copy(teller.say(line)))
    sorry = Words(
        "Nothing in the library answers that, and I don't guess. I can count customers, orders, "
        "sales, returns, late parcels, visits, reviews and what campaigns brought, as far as "
        "your files say it: drop a file here (CSV, Excel) and mention me."
    )
    return NotYet(answer=teller.copy(teller.say(sorry)))
