"""Check price cuts: the price before is the lowest of 30 days, and the percentage rests on it.

Sources, checked 2026-11-24: Directive 98/6, article 6a; code de la consommation, L112-1-1; Court of
Justice, C-330/23 (the percentage). UK: CTSI guidance for traders on pricing practices.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from bot.core.checks import Check, CheckLevel
from bot.core.facts import Fact
from bot.core.half_up import round_half_up
from bot.grounding.calculations import find_sentence
from bot.grounding.numbers import HALF_PRICE, read_counts, read_figures
from bot.grounding.sources import KnownFact, Sources, TextPart, is_within
from bot.grounding.units import Figure, is_bare
from bot.i18n.messages import Money, Words, join_words, quote_name
from bot.text.normalize import normalize_text

SURE_BEFORE = re.compile(  # these words make even a number without a sign a price
    r"(?:(?:au lieu de|instead of|prix (?:barre|initial|precedent|d'avant)"
    r"|(?:old|former|previous|regular|usual) price|ancien prix)(?: de| of| was)?(?: ?:)? "
    r"|(?<!\S)~~?)$"
)
LIKELY_BEFORE = re.compile(
    r"\b(?:was|were|before|previously|formerly|avant|auparavant)(?: a| at)?(?: ?:)? $"
)
FROM_BEFORE = re.compile(r"\b(?:from|de) $")
DOWN_TO = re.compile(r" (?:down )?(?:to|a) (?:only )?")
ARROW = re.compile(r" ?(?:[-=]>|→|➔) ?")
MAX_BEFORE = 28  # characters of the words before a former price
CUT_AFTER = re.compile(r" ?(?:off\b|de remise|de reduction|de moins|d'economie|sur )")
CUT_BEFORE = re.compile(r"(?:\bsave|economisez|moins) $")
UNKNOWN_PRICE = Words(
    "A price cut must be shown against the lowest price of the last 30 days, which is not "
    "known here. Check it before you approve (Directive 98/6, article 6a)."
)
NO_PRODUCT = Words(
    "The offer is not for one product: where the prices stand, the cut is counted from the lowest "
    "price of the last 30 days (Directive 98/6, article 6a). A personal code is not concerned "
    "(Commission notice 2021/C 526/02, 2.3)."
)
NEW_CUT = Words(
    "{quote}: off the lowest price of the last 30 days, {price}, people pay {left}; off today's "
    "{now} they pay {other}. Does the text say which (Court of Justice, C-330/23)?"
)
MANY_CUT = Words(
    "{quote}: counted from the lowest price of the last 30 days, {price}, it is {right} %. That "
    "does not concern an offer on several pieces. Is it one (Directive 98/6, article 6a)?"
)
RANGE_CUT = Words(
    "{quote} also covers prices that are reduced already ({products}). Does the text say whether "
    "it comes off the lowest price of the last 30 days or off today's (Court of Justice, C-330/23)?"
)
OTHER_OFFER = Words("{quote} is not the offer of the brief, {offer}.")
MOST = Decimal("Infinity")
MAX_NAMED = 3  # of the products that are reduced already


class Cut(NamedTuple):
    """A percentage or an amount by which a price is cut; `value` in percent, if it is one."""

    value: Decimal | None
    figure: Figure

    @property
    def quote(self) -> str:
        return self.figure.text


@lru_cache(maxsize=1024)
def find_former_prices(text: str) -> tuple[Figure, ...]:
    """Return the prices that a text shows as former ones: au lieu de 50 €, was £50, ~~50~~ 35."""
    low, found = normalize_text(text), list[Figure]()
    figures = [one for one in read_figures(text) if one.is_number]
    for figure, after in zip_longest(figures, figures[1:]):
        before = low[max(0, figure.start - MAX_BEFORE) : figure.start]
        is_sum = figure.is_money or (is_bare(figure) and not figure.noun)
        if (SURE_BEFORE.search(before) and is_sum) or (
            LIKELY_BEFORE.search(before) and figure.is_money
        ):
            found.append(figure)
        elif after is not None and after.first.base < figure.first.base:
            is_from = FROM_BEFORE.search(before) and DOWN_TO.fullmatch(low, figure.end, after.start)
            is_from = is_from or ARROW.fullmatch(low, figure.end, after.start)
            if is_from and is_sum and (figure.is_money or after.is_money):
                found.append(figure)
    return tuple(found)


@lru_cache(maxsize=1024)
def find_cuts(text: str) -> tuple[Cut, ...]:
    """Return the cuts that a text announces by a percentage or an amount: -20 %, €5 off."""
    low, found = normalize_text(text), list[Cut]()
    for figure in read_figures(text):
        is_percent = figure.first.unit == "%"
        if not (is_percent or figure.is_money):
            continue
        is_cut = (
            figure.sign == "-"
            or CUT_AFTER.match(low, figure.end)
            or CUT_BEFORE.search(low[max(0, figure.start - MAX_BEFORE) : figure.start])
            or HALF_PRICE.fullmatch(normalize_text(figure.text))
        )
        value = abs(figure.first.base) if is_percent else None
        if is_cut and value != 100:
            found.append(Cut(value, figure))
    return tuple(found)


def check_price_cuts(parts: Sequence[TextPart], sources: Sources) -> Iterator[Check]:
    """Yield the findings on the price cuts of copy. A cut may be that of any product that its part
    is about."""
    found, named = list[Check](), set[Decimal]()
    for part in (part for part in parts if part.is_delivered and part.kind != "quote"):
        cuts = find_cuts(part.text)
        former = [
            one
            for one in find_former_prices(part.text)
            if not _is_of_many(one, part, sources, below=one.first.base)
        ]
        if check := _check_range(part, cuts, sources):
            found.append(check)
            cuts = ()
        if not cuts and not former:
            continue
        products = _list_products(part, sources) or (sources.products if former else ())
        lowest = [known for known in map(sources.find_lowest_price, products) if known]
        if not lowest:
            quote = cuts[0].quote if cuts else former[0].text
            brief = sources.brief
            is_known = former or products or not brief or brief.range_words or brief.category
            level: CheckLevel = "warn" if is_known else "info"
            words = UNKNOWN_PRICE if is_known else NO_PRODUCT
            found.append(part.build_check("price cut", level, words, quote=quote))
            continue
        found += _check_former_prices(part, former, lowest, sources)
        new = [cut for cut in cuts if cut.value is not None and cut.value not in named]
        found += _check_cuts(part, new, lowest, sources)
        named |= {cut.value for cut in new if cut.value is not None}
    unknown = [check for check in found if check.level != "block"]
    yield from [check for check in found if check.level == "block"] or unknown[:1]


def _check_range(part: TextPart, cuts: Sequence[Cut], sources: Sources) -> Check | None:
    """Return the finding on a cut that a person orders for what costs less already, in a range or
    among the products that the brief names. Of one product it tells what people pay, where the
    draft stands on its prices."""
    cut = next((one for one in cuts if one.value and sources.find_statement(one.figure)), None)
    names = [fact.about for fact in sources.evidence.of("reduced")]
    brief = sources.brief
    if cut is None or brief is None or not names:
        return None
    if brief.product and not brief.others and sources.find_lowest_price(brief.product):
        return None
    listed = [quote_name(name) for name in names[:MAX_NAMED]]
    listed += [Words("{line}", line="…")] if len(names) > MAX_NAMED else []
    quote = Words("“{quote}”", quote=cut.quote)
    words = RANGE_CUT.with_params(quote=quote, products=join_words(listed))
    return part.build_check("price cut", "warn", words, quote=cut.quote)


def _list_products(part: TextPart, sources: Sources) -> list[str]:
    """Return the handles of the products that a part is about: the brief's, those that it cites or
    names, and those whose price it shows."""
    brief = sources.brief
    found = [*filter(None, [brief.product]), *brief.others] if brief else []
    found += [k.product for k in sources.known if k.product and k.fact.id in part.cites]
    text = part.text.casefold()
    found += [handle for handle, title in sources.titles.items() if title.casefold() in text]
    for figure in read_figures(part.text):
        known = sources.find_figure(figure, part.cites) if figure.is_money else None
        if known is not None and known.is_price and known.product:
            found.append(known.product)
    return list(dict.fromkeys(found))


def _check_former_prices(
    part: TextPart, former: Sequence[Figure], lowest: Sequence[KnownFact], sources: Sources
) -> Iterator[Check]:
    right = {known.fact.value for known in lowest}
    for one in former:
        if one.first.base in right:
            continue
        known = sources.find_figure(one, part.cites)
        mine = [low for low in lowest if known is not None and low.product == known.product]
        fact = (mine or lowest)[0].fact
        words = Words(
            "The price before the cut must be the lowest of the last 30 days, {price} "
            "(Directive 98/6, article 6a). Write that one.",
            price=_money(fact),
        )
        yield _build(words, part, one.text, fact)


def _check_cuts(
    part: TextPart, cuts: Sequence[Cut], lowest: Sequence[KnownFact], sources: Sources
) -> Iterator[Check]:
    for cut in cuts:
        right = [(low, value) for low in lowest if (value := _compute_cut(cut, low, sources))]
        if cut.value is None or any(abs(cut.value - value) < 1 for _, value in right) or not right:
            continue
        low, value = right[0]
        is_stated = sources.find_statement(cut.figure) is not None
        if not is_stated and _is_of_many(cut.figure, part, sources):
            continue
        if is_stated and (new := _build_new_cut(part, cut, low, sources)):
            yield new
            continue
        if is_stated and sources.brief and _counts_several(sources.brief.offer or ""):
            words = MANY_CUT.with_params(
                quote=Words("“{quote}”", quote=cut.quote), price=_money(low.fact), right=value
            )
            yield part.build_check("price cut", "warn", words, quote=cut.quote, fact=low.fact.id)
            continue
        offer = (sources.brief.offer if sources.brief else None) or ""
        if not is_stated and any(one.first.unit == "%" for one in read_figures(offer)):
            yield _build(_name_offer(cut, offer), part, cut.quote, low.fact)
            continue
        words = Words(
            "Counted from the lowest price of the last 30 days, {price}, the cut is {right} %. "
            "Write that figure (Court of Justice, C-330/23).",
            price=_money(low.fact),
            right=value,
        )
        yield _build(words, part, cut.quote, low.fact)


def _name_offer(cut: Cut, offer: str) -> Words:
    """Say of a cut that it is not the brief's. No other one is named, as nobody made that offer."""
    said, wanted = (Words("“{quote}”", quote=one) for one in (cut.quote, offer))
    return OTHER_OFFER.with_params(quote=said, offer=wanted)


def _build_new_cut(part: TextPart, cut: Cut, lowest: KnownFact, sources: Sources) -> Check | None:
    """Return the finding on a cut that a person orders for what is cheaper today already: only
    they know what it will cost."""
    now = min(sources.list_prices(lowest.product or ""), key=lambda known: known.fact.value)
    before = Decimal(lowest.fact.value)
    if cut.value is None or Decimal(now.fact.value) >= before:
        return None
    left, other = (
        Money(
            amount=round_half_up(price * (1 - cut.value / 100), 2),
            currency=lowest.fact.unit or "EUR",
        )
        for price in (before, Decimal(now.fact.value))
    )
    words = NEW_CUT.with_params(
        quote=Words("“{quote}”", quote=cut.quote),
        price=_money(lowest.fact),
        left=left,
        now=_money(now.fact),
        other=other,
    )
    return part.build_check("price cut", "warn", words, quote=cut.quote, fact=lowest.fact.id)


def _money(fact: Fact) -> Money:
    return Money(amount=Decimal(fact.value), currency=fact.unit or "EUR")


def _build(words: Words, part: TextPart, quote: str, fact: Fact) -> Check:
    return part.build_check("price cut", "block", words, quote=quote, fact=fact.id, override=True)


def _compute_cut(cut: Cut, lowest: KnownFact, sources: Sources) -> Decimal | None:
    """Return the cut in whole percent, counted from the lowest price. Where the price of today is
    not lowered yet, the announced cut is taken off it. None when the price is not known."""
    prices = {
        Decimal(known.fact.value)
        for known in (sources.list_prices(lowest.product) if lowest.product else ())
        if not known.label.startswith("price to")
    }
    before = Decimal(lowest.fact.value)
    if len(prices) != 1 or cut.value is None or before <= 0:
        return None
    (now,) = prices
    new = now if now < before else now * (1 - cut.value / 100)
    return round_half_up((before - new) / before * 100)


def _is_of_many(figure: Figure, part: TextPart, sources: Sources, *, below: Decimal = MOST) -> bool:
    """Whether a former price, or a cut, is that of several pieces, which the price of one says
    nothing about: today's price so many times; or its sentence names several, and what they cost,
    which is `below` the former price, is more than one."""
    value, products = figure.first.base, _list_products(part, sources) or sources.products
    prices = [Decimal(k.fact.value) for one in products for k in sources.list_prices(one)]
    if figure.is_money and any(price and value > price and value % price == 0 for price in prices):
        return True
    sentence = find_sentence(part.text, figure.start)
    sums = [one.first.base for one in read_figures(sentence) if one.is_money]
    return _counts_several(sentence) and any(max(prices, default=below) < s < below for s in sums)


def _counts_several(text: str) -> bool:
    """Whether a text has a number besides its sums, percentages and days: two for €40."""
    figures = read_figures(text)
    others = [(one.start, one.end) for one in figures if not is_bare(one)]
    counted = [one for one in read_counts(text) if not is_within(one.start, one.end, others)]
    return any(one.first.base > 1 for one in counted) or any(
        one.first.kind == "deal" for one in figures
    )
