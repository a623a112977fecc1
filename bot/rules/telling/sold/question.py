"""Questions about what was sold: what of it is asked, and whether the sales come first."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.core.request import SkillRequest
from bot.core.sales_query import SalesQuery
from bot.rules import spelt
from bot.rules.goods import concepts
from bot.rules.telling.questions import LAST_WEEK, is_named
from bot.rules.telling.sold.read import names_of, read
from bot.rules.telling.sold.sale import RETURNS, Sale
from bot.text.normalize import normalize_text

OF_ITS_OWN = ("cancelled", "new-customers", "delivery-days", "largest-order", "median-order",
              "units-per-order", "span", "values")  # fmt: skip


def asked(words: str, request: SkillRequest) -> Sale | None:
    """The same; of a product that is known, without its name."""
    before, _mark, after = words.rpartition(" ; ")
    sale = read(f"{before} {after}" if before else words)
    if sale is None:
        return None
    name = request.brief.product_words or "" if request.brief.product else ""
    tally = _unnamed(sale.tally, name)
    if before:  # what only changes the question before takes the place of what it named
        later = names_of(after)
        first = tuple(word for word in tally.names if word not in later)
        tally = tally.model_copy(update={"names": first, "instead": later})
    months = tuple(spelt.months(request.brief.words).items())
    return replace(sale, tally=tally, dated=request.brief.since is not None, months=months)


def _unnamed(tally: SalesQuery, name: str) -> SalesQuery:
    about = bool(name)
    names = tuple(word for word in tally.names if not (about and means(word, name)))
    return tally.model_copy(update={"names": names})


def is_first(sale: Sale, words: str, request: SkillRequest) -> bool:
    """Whether the sales are asked before anything else: cut, of certain days or orders, held
    against others. What sold best has its own place, and so has the last week, beside what was
    expected of it, and what comes back."""
    brief, tally = request.brief, sale.tally
    if brief.against or sale.measure in OF_ITS_OWN or sale.times or sale.per:
        return True
    plain = brief.since is None and not sale.narrow
    if sale.cut in ("product", "category") and plain:
        return not (sale.best and not sale.least) and sale.measure not in RETURNS
    if sale.measure in RETURNS and plain:
        return bool(sale.cut)
    ends = (tally.over, tally.under, tally.pieces_from, tally.pieces_to)
    exact = tally.only or tally.without or any(end is not None for end in ends)
    if exact or tally.share or sale.cut:
        return True
    return brief.since is not None and not said_last_week(words)


def whole_names(unknown: Sequence[str], words: str, sale: Sale) -> list[str]:
    """Words that name nothing, with those right before them: "Robe Éclipse"."""
    low, found = normalize_text(words), list(unknown)
    for before, word in zip(sale.tally.names, sale.tally.names[1:], strict=False):
        if word in unknown and before not in found and re.search(rf"\b{before}\w* {word}", low):
            found.append(before)
    return found


def means(word: str, name: str) -> bool:
    """Whether a word is of a thing's name, in either language."""
    return is_named(word, name) or bool(concepts(word) & concepts(name))


def said_last_week(words: str) -> bool:
    return bool(LAST_WEEK.search(normalize_text(words.replace("’", "'"))))
