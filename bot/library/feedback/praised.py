"""A customer's own sentence that praises a product, and how many reviews praise the same."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.library.feedback.listening import Listened, Mask, complains, listen, praises
from bot.library.feedback.mentions import PRAISE
from bot.library.feedback.quotes import SHORT, Quote, quotes
from bot.library.feedback.texts import asked, read
from bot.library.findings import Where
from bot.library.shelf import Shelf

SAY_SO = 10  # reviews from which "so many of so many" is told


@dataclass(frozen=True)
class Praised:
    """What the reviews of one product say of one theme: `praised` of `reviews` speak well of it.
    `quote` is the sentence that says it in a text of the language asked for that complains of
    nothing."""

    praised: int
    reviews: int
    quote: Quote | None

    @property
    def is_much(self) -> bool:
        return self.praised >= SAY_SO


def praised(
    shelf: Shelf, product: str, theme: str, language: str, folder: Path | None = None
) -> Praised | None:
    """`theme` as in a fact's id: "fabric-linen". None where nobody speaks of it."""
    if shelf.table("feedback") is None:
        return None
    where = Where(product=product)
    said = listen(read(shelf, asked(shelf, where), where), folder)
    said = said.keep(said.listed)
    if theme not in said.column:
        return None
    count = int(np.sum(praises(said.of(theme))))
    glad = said.keep(_glad(said) & np.array([t.language == language for t in said.texts], bool))
    found = [_sentence(glad, quote, theme) for quote in quotes(glad, theme, PRAISE)]
    return Praised(count, len(said.texts), found[0] if found else None)


def _sentence(said: Listened, quote: Quote, theme: str) -> Quote:
    """The sentence that praises, without what stands around it, unless it is too short alone."""
    heard = said.heard[said.texts.index(quote.text)]
    start, end, _ = heard.spans[theme] if heard else (0, 0, 0)
    sentence = quote.text.whole[start:end].strip()
    return replace(quote, said=sentence) if len(sentence) >= SHORT else quote


def _glad(said: Listened) -> Mask:
    """The texts that complain of nothing."""
    return np.array([not complains(row).any() for row in said.flags], bool)
