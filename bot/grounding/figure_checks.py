"""Hold the figures of copy to the facts: each is in a fact, or somebody stated it."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Literal

from bot.core.brand_facts import MENTION
from bot.core.checks import Check
from bot.core.facts import Fact
from bot.drafts.occasions import load_occasions
from bot.grounding.calculations import UnprovenFigure, find_sentence, has_proof
from bot.grounding.dates import build_dates, is_promise
from bot.grounding.numbers import list_numbers, read_counts, read_figures
from bot.grounding.price_cuts import find_cuts, find_former_prices
from bot.grounding.sources import (
    OWN_TEXT_ORIGIN,
    KnownFact,
    Sources,
    Statement,
    TextPart,
    find_spans_left_out,
    is_within,
)
from bot.grounding.units import (
    MAX_FREE_NUMBER,
    SPANS,
    Figure,
    Reading,
    agrees,
    is_bare,
    load_units,
    says,
)
from bot.i18n.messages import Money, Words
from bot.i18n.periods import list_weekday_names, merge_words
from bot.text.normalize import normalize_text

# "Free delivery from €60": what must be spent, which is no product's price.
THRESHOLD = re.compile(
    r"(?:\bfrom|\bover|\babove|\bdes|\ba partir de|\bau-dela de|\bplus de|\bminimum(?: of| de)?"
    r"|\bat least|\bspend(?:ing)?) ?$"
)
OFFERED = re.compile(
    r"deliver|shipping|livraison|port offert|\bfree\b|offert|d'achat|\boff\b|remise"
    r"|reduction|\borders?\b|commande|panier|basket"
)
LAW_WINDOW = re.compile(r"30 derniers jours|(?<=last )30 days")  # of the lowest price
OFFER_KIND = "offer"  # of facts worked out from a stated cut: no price of the catalogue
CAPITALS = re.compile(r"\b[A-ZÀ-Þ][A-ZÀ-Þ\d]{2,}\b")
HOUR = Decimal(60)  # in minutes
HALF_CENT, CENT = Decimal("0.005"), Decimal("0.01")
MAX_TIMES = 100
FROM_BRIEF = Words("From the brief: {quote}. Approving confirms it.")
AGAINST_DATA = Words(
    "From the brief, against your data: {quote} ({why}). Approving confirms the brief."
)
TYPED = Words("Typed by {who}: {quote}. Approving confirms it.")
TYPED_AGAINST_DATA = Words(
    "Typed by {who}, against your data: {quote} ({why}). Approving confirms it."
)
ORIGINS = {
    "edit": TYPED,
    OWN_TEXT_ORIGIN: Words("In the text only: {quote}. Approving confirms it."),
    "send-back": Words("From {who}'s comment: {quote}. Approving confirms it."),
}
UNSOURCED = Words("No source: {quote}")
PROPOSED = Words("Proposed by the intern only: {quote}")  # in an idea or a next step
Grade = Literal["block", "warn", "info"]
PROVING_COUNTS = frozenset({"#customers", "#people", "#reviews", "#orders", "#shops", "#stock"})


def check_figures(parts: Sequence[TextPart], sources: Sources, *, today: date) -> Iterator[Check]:
    """Yield a finding for each figure without a source or in a wrong role, and one on the rest."""
    for check, _unproven in _examine(parts, sources, today):
        yield check


def list_unproven(
    parts: Sequence[TextPart], sources: Sources, *, today: date
) -> tuple[UnprovenFigure, ...]:
    """Return the figures whose finding a calculation may lift."""
    return tuple(one for _check, one in _examine(parts, sources, today) if one is not None)


def _examine(
    parts: Sequence[TextPart], sources: Sources, today: date
) -> Iterator[tuple[Check, UnprovenFigure | None]]:
    """Yield each finding. Where a calculation may lift it, the figure comes with it."""
    proven = 0
    named = list[Figure]()
    codes = list_stated_codes(sources)
    for part in parts:
        left_out, seen = find_spans_left_out(part, sources), set[object]()
        for figure in read_figures(part.text):
            key = (figure.readings, figure.noun)
            if wrong_day := _check_weekday(figure, part, today):
                yield wrong_day, None
                continue
            grade = grade_unsourced(figure, part.text, today)
            if (
                grade is None
                or key in seen
                or is_within(figure.start, figure.end, left_out)
                or _is_occasion_day(figure, part.text, sources, today)
            ):
                continue
            seen.add(key)
            known = sources.find_figure(
                figure, part.cites, is_threshold=_is_threshold(figure, part.text)
            )
            statement = None
            if known is None:
                statement = sources.find_statement(figure) or _find_span(figure, part.text, sources)
            cut = None
            if statement is None and (known is None or known.fact.parts.kind == OFFER_KIND):
                cut = _find_stated_cut(figure, part.text, sources)
            if cut is not None and not any(agrees(cut[1], one) for one in named):
                # People confirm what somebody said; what follows from it is the code's figure.
                named.append(cut[1])
                yield build_stated_check("figure", _show_stated(*cut), part, cut[0]), None
            if known is not None:
                wrong = _check_role(figure, known, part, parts, sources)
                proven += wrong is None and not known.fact.id.startswith(MENTION)
                if wrong:
                    yield wrong, None
            elif statement is not None:
                denied = _find_denied_price(figure, statement, part, sources)
                if denied is not None:
                    yield _build_wrong_price(figure, part, denied), None
                elif not any(agrees(figure, one) for one in named):
                    named.append(figure)
                    quote = _show_as_stated(figure, part.text, statement, sources)
                    yield build_stated_check("figure", quote, part, statement), None
            elif cut or _is_derived(figure, part, sources) or has_proof(figure, part.text, sources):
                proven += not has_proof(figure, part.text, sources, kind="stated.")
            else:
                check = _build_unsourced(figure, grade, part, sources)
                yield check, _build_unproven(check, figure, part)
        for code in [one for one in codes if re.search(rf"\b{re.escape(one)}\b", part.text)]:
            if not any(code in figure.text for figure in read_figures(part.text)):
                yield build_stated_check("figure", code, part, codes.pop(code)), None
        for check, figure in _find_counted_otherwise(part, sources):
            yield check, _build_unproven(check, figure, part)
    if proven:
        words = Words.count("{n} figure proven", "{n} figures proven", proven)
        yield Check(rule="figure", level="pass", words=words), None


def _build_unproven(check: Check, figure: Figure, part: TextPart) -> UnprovenFigure:
    return UnprovenFigure(
        sentence=find_sentence(part.text, figure.start),
        figure=figure,
        reason=check.words.to("en"),
        is_price=check.rule == "price",
    )


def _check_weekday(figure: Figure, part: TextPart, today: date) -> Check | None:
    """A weekday beside a date is that of the calendar, in the year of the date or the next one."""
    reading = figure.first
    if reading.kind != "date" or reading.unit is None or not isinstance(reading.value, tuple):
        return None
    year, month, day = reading.value
    year = year or today.year + ((month, day) < (today.month, today.day))
    if not month or not build_dates(year, month, day):
        return None
    right = date(year, month, day)
    if str(right.weekday()) == reading.unit:
        return None
    name = Words(list_weekday_names("en")[right.weekday()])
    words = Words("“{quote}”: that day is a {day}.", quote=figure.text, day=name)
    return part.build_check("figure", "block", words, override=True)


def _find_span(figure: Figure, text: str, sources: Sources) -> Statement | None:
    """Return the period of the brief within which a day lies that stands with its weekday:
    Saturday 5, of Friday 4 to Sunday 6. A day that the text makes a first or last one does not."""
    brief, reading = sources.brief, figure.first
    if not (brief and brief.since and brief.until and reading.kind == "date" and reading.unit):
        return None
    if not brief.typed_period:
        return None
    low = normalize_text(text)
    if re.search(rf"\b(?:{_ends()})[ ,:]*(?:l[ae] )?$", low[: figure.start]) or re.match(
        rf" ?(?:-|–|(?:{_ends()})\b)", low[figure.end :]
    ):
        return None
    inner = (brief.since + timedelta(n) for n in range(1, (brief.until - brief.since).days))
    _year, month, day = reading.day
    if any(
        (one.day, str(one.weekday())) == (day, reading.unit) and month in (0, one.month)
        for one in inner
    ):
        return Statement(brief.author, brief.dates or "", (), "brief")
    return None


@cache
def _ends() -> str:
    """Words before the first or the last day of a period, without those that join a list."""
    kinds = ("deadlines", "since", "from_", "to")
    words = {word for kind in kinds for word in merge_words(kind)} - {"and", "et"}
    return "|".join(re.escape(word) for word in sorted(words))


def _is_occasion_day(figure: Figure, text: str, sources: Sources, today: date) -> bool:
    """Whether a date is one of the brief's occasion, and promises nothing."""
    brief = sources.brief
    occasion = load_occasions().get(brief.occasion or "") if brief else None
    periods = occasion.list_near(today, brief.market) if occasion and brief else []
    if not periods or is_promise(normalize_text(text), figure.start):
        return False
    return any(
        period.starts <= date(one.day[0] or year, *one.day[1:]) <= period.until
        for period in periods
        for year in (period.starts.year, period.until.year)
        for one in figure.readings
        if one.kind == "date" and build_dates(one.day[0] or year, *one.day[1:])
    )


def list_stated_codes(sources: Sources) -> dict[str, Statement]:
    """Return what stands in capitals in the offer, or in what must be said: "with WELCOME". What
    is written in capitals throughout has no code, unless it is nothing else."""
    found = dict[str, Statement]()
    if (brief := sources.brief) is None:
        return found
    for text in brief.list_typed(brief.offer, *brief.must_say):
        words = CAPITALS.findall(text)
        if not text.isupper() or words == [text.strip()]:
            found |= {word: Statement(brief.author, text, (), "brief") for word in words}
    return found


def build_stated_check(rule: str, quote: str, part: TextPart, statement: Statement) -> Check:
    """Build the finding on what a person stated: the approver confirms it."""
    words = ORIGINS.get(statement.origin, FROM_BRIEF).with_params(
        quote=quote, who=format_person(statement.who)
    )
    return part.build_check(rule, "stated", words)


def format_person(who: str) -> str:
    """Return a person's name as Slack shows it; in a terminal it is a plain name."""
    return f"<@{who}>" if re.fullmatch(r"[UW][A-Z0-9]+", who) else who


def _show_stated(statement: Statement, cut: Figure) -> str:
    """A cut as a person wrote it, or as a fact of theirs holds it."""
    return show_figure(cut, statement.text) if cut.text else f"{statement.text} {cut.first.unit}"


def _show_as_stated(figure: Figure, text: str, statement: Statement, sources: Sources) -> str:
    """A figure of the brief as the brief writes it, a day with the words of its period."""
    if (brief := sources.brief) and statement.origin == "brief":
        for said in brief.list_typed(brief.dates, brief.typed_words):
            same = [one for one in read_figures(said) if agrees(one, figure)]
            if same and said in brief.typed_words:
                return said if said == brief.dates else show_figure(same[0], said)
    return show_figure(figure, text)


def show_figure(figure: Figure, text: str) -> str:
    """A cut is shown with its sign, a day up to the month of the next one: "28 and 29 May"."""
    start = figure.start - 1 if figure.sign == "-" and figure.first.unit == "%" else figure.start
    end = figure.end
    if figure.first.kind == "date" and figure.text.isdigit():
        dates = [one for one in read_figures(text) if one.first.kind == "date"]
        end = next((one.end for one in dates if one.start > figure.start), end)
    return text[max(start, 0) : end].rstrip(" .,;:!?\n")


def _find_denied_price(
    figure: Figure, statement: Statement, part: TextPart, sources: Sources
) -> Fact | None:
    """Return the catalogue's price, where a person's text or edit, not a brief, gives another."""
    is_offer = statement.origin in ("brief", "send-back") or not _is_plain_price(figure, part.text)
    if is_offer or _find_stated_cut(figure, part.text, sources) is not None:
        return None
    return _find_price(figure, part, sources)


def _is_plain_price(figure: Figure, text: str) -> bool:
    """Whether it is a product's price of today: no cut, no sum to spend, no former price."""
    is_cut = any(cut.quote == figure.text for cut in find_cuts(text))
    is_former = any(figure.start <= one.start < figure.end for one in find_former_prices(text))
    return figure.is_money and not is_cut and not is_former and not _is_threshold(figure, text)


def _find_price(figure: Figure, part: TextPart, sources: Sources) -> Fact | None:
    """The only price of the product beside a figure, or, if none costs that, the text's."""
    product = _find_product_named(figure, part.text, sources)
    costs = {(one.fact.value, one.fact.unit) for one in sources.prices}
    if product is None and (figure.first.base, figure.first.unit) not in costs:
        mine = sources.brief.product if sources.brief else None
        product = mine or (next(iter(sources.products)) if len(sources.products) == 1 else None)
    prices = sources.list_prices(product) if product else []
    return prices[0].fact if len(prices) == 1 else None


def _is_threshold(figure: Figure, text: str, *, is_offer: bool = False) -> bool:
    before = normalize_text(text[max(0, figure.start - 20) : figure.start])
    return (
        figure.is_money
        and THRESHOLD.search(before) is not None
        and (is_offer or _names_offer(find_sentence(text, figure.start)))
    )


def _names_offer(sentence: str) -> bool:
    return OFFERED.search(normalize_text(sentence)) is not None


def has_threshold(sentence: str, *, is_offer: bool = False) -> bool:
    """Whether an offer holds from an amount on: "free from €80". `is_offer`: the sentence is known
    to make one, whatever its words."""
    figures = read_figures(sentence)
    return any(_is_threshold(figure, sentence, is_offer=is_offer) for figure in figures)


def _check_role(
    figure: Figure, known: KnownFact, part: TextPart, parts: Sequence[TextPart], sources: Sources
) -> Check | None:
    """A former price is no price of today, and another product's price is not this one's."""
    if not figure.is_money:
        return None
    if known.is_former_price and known.product and _is_plain_price(figure, part.text):
        now = sources.list_prices(known.product)
        shown = [f.first.base for one in parts for f in read_figures(one.text)]
        if now and not any(price.fact.value in shown for price in now):
            return _build_wrong_price(figure, part, now[0].fact)
    named = _find_product_named(figure, part.text, sources)
    if named and known.is_price and known.product not in (None, named):
        prices = sources.list_prices(named)
        if prices and not any(price.fact.value == figure.first.base for price in prices):
            return _build_wrong_price(figure, part, prices[0].fact)
    return None


def _find_product_named(figure: Figure, text: str, sources: Sources) -> str | None:
    """Return the only product that the figure's sentence names, if there is one."""
    low = normalize_text(find_sentence(text, figure.start))
    named = [h for h, title in sources.titles.items() if normalize_text(title) in low]
    return named[0] if len(named) == 1 else None


def _build_wrong_price(figure: Figure, part: TextPart, fact: Fact) -> Check:
    known = Money(amount=Decimal(fact.value), currency=fact.unit or str(figure.first.unit))
    words = Words("The catalogue says {known}, the text says {quote}.", known=known)
    words = words.with_params(quote=figure.text)
    return part.build_check("price", "block", words, fact=fact.id, override=True)


def _build_unsourced(figure: Figure, grade: Grade, part: TextPart, sources: Sources) -> Check:
    """Build the finding on a figure without a source: with the right price, if it is known."""
    price = _find_price(figure, part, sources)
    if price is not None and _is_plain_price(figure, part.text):
        return _build_wrong_price(figure, part, price)
    if grade == "info" and any(_is_of_kind(known, figure) for known in sources.known):
        grade = "warn"  # a fact counts the same, and otherwise
    words = PROPOSED if sources.is_proposed(figure) else UNSOURCED
    return _build_finding(figure, show_figure(figure, part.text), grade, part, words)


def _is_of_kind(known: KnownFact, figure: Figure) -> bool:
    """Whether the fact has a figure in the same unit: colours, days, hours or minutes."""

    def list_units(one: Figure) -> set[tuple[str | None, Decimal]]:
        return {(r.unit, max(r.size, HOUR)) for r in one.readings if r.unit and r.kind == "number"}

    return any(list_units(figure) & list_units(one) for one in known.figures)


def _find_counted_otherwise(part: TextPart, sources: Sources) -> Iterator[tuple[Check, Figure]]:
    """Yield the counts of things that the facts count otherwise: 60 cards, where it is 110."""
    counts, low = sources.counts_by_noun, normalize_text(part.text)
    if not any(noun in low for noun in counts):
        return
    left_out = find_spans_left_out(part, sources) + [
        (one.start, one.end)
        for one in read_figures(part.text)
        if not is_bare(one) and (one.bound or not str(one.first.unit).startswith("#"))
    ]
    for figure in read_counts(part.text):
        is_other = figure.first.base not in counts.get(figure.noun, {figure.first.base})
        if is_other and not (
            is_within(figure.start, figure.start + 1, left_out)
            or has_proof(figure, part.text, sources)
        ):
            yield _build_finding(figure, figure.text, "warn", part), figure


def _build_finding(
    figure: Figure, quote: str, grade: Grade, part: TextPart, words: Words = UNSOURCED
) -> Check:
    words = words.with_params(quote=Words("“{quote}”", quote=quote))
    return part.build_check("figure", grade, words, quote=quote, override=grade == "block")


def grade_unsourced(figure: Figure, text: str, today: date) -> Grade | None:
    """Return the level of the finding on a figure that no fact has, by its kind; None: no claim.
    Red: sums, percentages, measures, codes, deals, and days and durations of a promise. Amber:
    other days, numbers without a noun, and counts of customers, orders, reviews, shops and stock.
    Whether another count or duration is a claim is meaning, which the second call judges."""
    reading, unit = figure.first, str(figure.first.unit)
    if LAW_WINDOW.match(normalize_text(text), figure.start):
        return None
    if reading.kind in ("date", "clock") or unit in ("time", "months"):
        if is_promise(normalize_text(text), figure.start):
            return "block"
        return "warn" if reading.kind == "date" else None if figure.in_words else "info"
    if reading.kind != "number":
        return "block"
    if is_bare(figure):
        year = reading.base in (today.year, today.year + 1)
        is_free = year or abs(reading.base) < MAX_FREE_NUMBER
        return None if is_free else "info" if figure.noun else "warn"
    if not unit.startswith("#"):
        return "block"
    least = load_units().everyday.get(unit, {"words": 2, "digits": 2})
    if reading.base < least["words" if figure.in_words else "digits"]:
        return None
    return "warn" if unit in PROVING_COUNTS else "info"


# Figures that follow from known ones by one step that their roles name: a cut and a saving from a
# former price, a price times a number of the text, what a stated cut leaves, sixty days as two
# months. All others are calculations (`bot.grounding.calculations`).


def _is_derived(figure: Figure, part: TextPart, sources: Sources) -> bool:
    """Whether a figure of copy follows by one step from prices of one product, or from a span."""
    reading, said = figure.first, abs(figure.first.base)
    pairs = list(_pair_prices(sources))
    if reading.unit == "%":
        return any(says(figure, (old - new) / old, None) for old, new in pairs)
    if reading.unit in SPANS:
        spans = (one for one in _list_known(sources) if one.unit in SPANS)
        return any(says(figure, one.base, one.unit) for one in spans)
    if reading.unit == "#stock" and figure.in_words:  # "three pieces to begin with": those it names
        return said == len({sources.find_product(id) for id in part.cites} - {None})
    if not (figure.is_money or is_bare(figure)):
        return False
    results = {old - new for old, new in pairs} | _list_multiples(part.text, sources, 2)
    return any(abs(said - one) <= HALF_CENT for one in results)


def _find_stated_cut(
    figure: Figure, text: str, sources: Sources
) -> tuple[Statement, Figure] | None:
    """Return the cut that somebody stated and that explains this price: €68 is €85 less 20 %."""
    if not (figure.is_money or is_bare(figure)):
        return None
    said, prices = figure.first.base, _list_multiples(text, sources, 1)
    for statement in reversed(sources.statements):  # their words before the facts of them
        for cut in statement.figures:
            off, is_share = abs(cut.first.base), cut.first.unit == "%"
            if not (is_share or cut.is_money):
                continue
            left = (one * (1 - off / 100) if is_share else one - off for one in prices if off < one)
            if any(abs(one - said) <= CENT for one in left):
                return statement, cut
    return None


def _list_multiples(text: str, sources: Sources, fewest: int) -> set[Decimal]:
    """Return the prices of today, as many times as 1 and the numbers of the text say."""
    counts = [n for n in (Decimal(1), *list_numbers(text)) if fewest <= n <= MAX_TIMES]
    prices = [price for one in sources.products for price in sources.list_prices(one)]
    return {Decimal(price.fact.value) * count for price in prices for count in counts}


def _list_known(sources: Sources) -> list[Reading]:
    """Return the figures of the facts about this product or none, and those that people stated."""
    mine = sources.brief.product if sources.brief else None
    known = [one for one in sources.known if one.product in (None, mine) or not mine]
    figures = [figure for fact in known for figure in fact.figures]
    figures += [figure for statement in sources.statements for figure in statement.figures]
    return [one.first for one in figures if one.is_number]


def _pair_prices(sources: Sources) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield each former price of a product with each lower one of today."""
    for handle in sources.products:
        former = [k.fact.value for k in sources.known if k.product == handle and k.is_former_price]
        for old, new in product(former, sources.list_prices(handle)):
            if Decimal(old) > Decimal(new.fact.value):
                yield Decimal(old), Decimal(new.fact.value)
