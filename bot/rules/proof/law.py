"""What the law asks of a text: price cuts, green claims, soldes. It flags; it does not certify.

Sources, checked 2026-11-24: Directive 98/6 art. 6a (prior price: the lowest of 30 days) and CJEU
C-330/23 (percentages are computed on it); Directive 2024/825 (green claims, from 2026-09-27);
France: code de l'environnement L541-9-1 and L229-68, code de commerce L310-3 (soldes).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from bot.core.checks import Check, CheckLevel
from bot.core.facts import Fact
from bot.drafts.occasions import load_occasions
from bot.grounding.legal import ALCOHOL_WARNING, has_alcohol_warning, is_alcohol, is_sweet
from bot.i18n.messages import Money, Words
from bot.rules.proof import figures, former, units
from bot.rules.proof.agreement import agree
from bot.rules.proof.claims import Claim
from bot.rules.proof.ground import Ground
from bot.rules.proof.piece import Piece
from bot.text.normalize import normalize_text

Periods = Sequence[tuple[date, date]]

_CUT = re.compile(
    r"(?:-|(?<=[^\n])- )(?!100)\d+(?:[.,]\d+)? ?(?:%|€|£)|\b\d+ ?(?:%|percent|€|£) off\b|"
    r"[€£$]\d+(?:[.,]\d+)? off\b|\bau lieu de [€£$]?\d|"
    r"\d ?(?:%|€) (?:de (?:remise|reduction)|de moins|d'economie|sur )|"
    r"\binstead of [€£$]?\d|\bwas [€£$]\d|~~?\d[^~]*~~?|\b(?:half[ -]price|half off|moitie prix|"
    r"demi-tarif)\b|\bsave (?:[€£$]\d|\d+ ?%)|\bpercent off\b|pour cent de (?:remise|reduction)"
)
_PERCENT_OFF = re.compile(r"^ ?(?:off|de remise|de reduction|de moins)")
_LOWEST = re.compile(
    r"lowest.*30|30.*lowest|plus bas.*30|prior price|prix anterieur|lowest_30|low_30"
)
_SOLDES = re.compile(r"(?<!hors )(?<!hors les )\bsoldes?\b(?! (?:de|du) (?:compte|stock))")
_BANNED_IN_FRANCE = frozenset({"biodegradable", "respectful"})


def price_cut(pieces: Sequence[Piece], ground: Ground) -> Iterator[Check]:
    """A cut needs the prior price, and a percentage computed on it."""
    cut = next((p for p in pieces if p.goes_out and _cut(p.text)), None)
    if cut is None:
        return
    lowest = _lowest(ground)
    quote = _cut(cut.text)
    if lowest is None or not isinstance(lowest.value, Decimal):
        words = Words(
            "A price cut must be shown against the lowest price of the last 30 days, which is not "
            "known here. Check it before you approve (Directive 98/6, article 6a)."
        )
        yield Check(rule="price cut", level="warn", words=words, part=cut.key, quote=quote)
        return
    for piece in pieces:
        if piece.goes_out:
            yield from _against(piece, lowest, lowest.value, ground)


def _cut(text: str) -> str | None:
    """The words that announce a price cut: a percentage, or a price beside a former one."""
    low = normalize_text(text)
    if match := _CUT.search(low):
        return text[match.start() : match.end()]
    return next((text[one.start : one.end] for one in former.read(low)), None)


def _against(piece: Piece, fact: Fact, lowest: Decimal, ground: Ground) -> Iterator[Check]:
    low = normalize_text(piece.text)
    price = Money(amount=lowest, currency=fact.unit or "EUR")
    mine = [k.fact for k in ground.known if k.fact.id.split(".")[:2] == fact.id.split(".")[:2]]
    now = [one.value for one in mine if _is_new_price(one, lowest)]
    was = {one.start: one.value for one in former.read(low)}
    for figure in figures.read(piece.text):
        unit, value = figure.first.unit, figure.first.value
        said = next((old for at, old in was.items() if figure.start <= at < figure.end), None)
        if not isinstance(value, Decimal) or (unit is None and said is None):
            continue
        before = low[max(0, figure.start - 24) : figure.start]
        if said is not None and said != lowest:
            words = Words(
                "The price before the cut must be the lowest of the last 30 days, {price} "
                "(Directive 98/6, article 6a). Write that one.",
                price=price,
            )
        elif unit == "%" and _is_cut(before, low[figure.end :]) and len(now) == 1:
            right = _percent(lowest, now[0])
            if abs(value - right) < 1:
                continue
            words = Words(
                "Counted from the lowest price of the last 30 days, {price}, the cut is {right} %. "
                "Write that figure (Court of Justice, C-330/23).",
                price=price,
                right=right,
            )
        else:
            continue
        yield Check(
            rule="price cut", level="warn", words=words, part=piece.key, quote=figure.text,
            fact=fact.id,
        )  # fmt: skip


def _is_cut(before: str, after: str) -> bool:
    return bool(re.search(r"-$|[^\n]- $|save $|economisez $", before) or _PERCENT_OFF.match(after))


def _is_new_price(fact: Fact, lowest: Decimal) -> bool:
    known = isinstance(fact.value, Decimal) and units.unit(fact.unit)[0] in units.MONEY
    label = normalize_text(fact.label)
    named = re.fullmatch(
        r"(?:new |sale |promo |current |reduced )?price|prix(?: solde| promo)?", label
    )
    return known and bool(named) and Decimal(str(fact.value)) < lowest


def _percent(lowest: Decimal, now: Decimal | str) -> Decimal:
    share = (lowest - Decimal(str(now))) / lowest * 100
    return share.quantize(Decimal(1), ROUND_HALF_UP)


def _lowest(ground: Ground) -> Fact | None:
    texts = ((k.fact, normalize_text(f"{k.fact.label} {k.fact.id}")) for k in ground.known)
    return next((fact for fact, text in texts if _LOWEST.search(text)), None)


def cautions(pieces: Sequence[Piece], sold: str, language: str) -> Iterator[Check]:
    """The sentence beside alcohol, and a word on the health message of food."""
    whole = " ".join(piece.text for piece in pieces if piece.goes_out)
    if is_alcohol(sold) and not has_alcohol_warning(whole):
        words = Words(
            "Beside alcohol, French law wants “{sentence}”, and facts only: where it comes from, "
            "what it is made of, how it is served (code de la santé publique, L3323-4).",
            sentence=ALCOHOL_WARNING["fr" if language == "fr" else "en"],
        )
        level: CheckLevel = "block" if language == "fr" else "warn"
        yield Check(rule="alcohol", level=level, words=words, override=True)
    if is_sweet(sold) and language == "fr" and "mangerbouger" not in normalize_text(whole):
        words = Words(
            "Food made by a manufacturer is advertised in France with a health message "
            "(mangerbouger.fr; code de la santé publique, L2133-1). Check whether this needs it."
        )
        yield Check(rule="food", level="warn", words=words)


def green(quote: str, name: str, part: str, fact: Fact | None, language: str) -> Check | None:
    """An environmental claim: blocked without a fact, and some are not even saved by one."""
    if fact is None:
        words = Words(
            "“{claim}” is an environmental claim without a source. Take it out, or say what "
            "exactly and cite it (Directive 2024/825).",
            claim=quote,
        )
        return Check(
            rule="green claim", level="block", words=words, part=part, quote=quote, override=True
        )
    if name in _BANNED_IN_FRANCE and language == "fr":
        words = Words(
            "“{claim}” may not stand on products or packaging in France. Take it out "
            "(code de l'environnement, L541-9-1).",
            claim=quote,
        )
    elif name == "carbon":
        words = Words(
            "“{claim}” may not rest on offsets, and needs a published report in France. Ask your "
            "legal team (Directive 2024/825; code de l'environnement, L229-68).",
            claim=quote,
        )
    else:
        return None
    return Check(
        rule="green claim", level="warn", words=words, part=part, quote=quote, fact=fact.id
    )


def free_from(claim: Claim, fact: Fact, piece: Piece, pieces: Sequence[Piece]) -> Iterator[Check]:
    """Delivery that is free from an amount is not free: the amount belongs beside it."""
    if not isinstance(fact.value, str):
        return
    amounts = [f for f in figures.read(fact.value) if f.first.unit in units.MONEY]
    said = [figure for one in pieces for figure in figures.read(one.text)]
    if amounts and not any(agree(figure, amount) for figure in said for amount in amounts):
        words = Words("It is free only from {amount}. Say so.", amount=amounts[0].text)
        yield Check(
            rule="condition", level="warn", words=words, part=piece.key, quote=claim.text,
            fact=fact.id,
        )  # fmt: skip


def soldes(pieces: Sequence[Piece], today: date, periods: Periods | None = None) -> Iterator[Check]:
    """The word is reserved for the legal periods: those given, or those of `occasions.toml`."""
    if periods is None:
        legal = [one for one in load_occasions().values() if one.legal]
        periods = [(p.starts, p.until) for one in legal for p in one.periods]
    if any(start <= today <= end for start, end in periods):
        return
    for piece in pieces:
        match = _SOLDES.search(normalize_text(piece.text)) if piece.goes_out else None
        if match:
            quote = piece.text[match.start() : match.end()]
            words = Words(
                "“{word}” may be said only within the legal periods. Check the dates, or write "
                "another word (code de commerce, L310-3).",
                word=quote,
            )
            yield Check(rule="soldes", level="warn", words=words, part=piece.key, quote=quote)
            return
