"""The brief held against the draft: what was said and is not taken up, and what stock denies."""

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from bot.core.brief import Brief
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.i18n.messages import Words
from bot.rules.conditions import carries, conditions
from bot.rules.proof import claims, figures
from bot.rules.proof.piece import Piece

# What a brief argues with: a writer may leave it out for want of a source, and then says so.
ARGUED = frozenset(
    {"care", "certification", "durability", "green", "guarantee", "handmade", "harmless", "health"}
    | {"lasting", "performance", "purity", "superlative"}
)
TOLD = 4  # left-out figures that are named one by one


def left_out(examined: Sequence[Piece], evidence: Evidence, brief: Brief) -> Iterator[Check]:
    """Figures, prices, dates with a number and codes of the brief that the draft does not carry,
    what it argues with, and its exclusions and limits: one dropped makes the offer untrue."""
    text = "\n".join(piece.text for piece in examined if piece.goes_out)
    numbers = {reading.value for figure in figures.read(text) for reading in figure.readings}
    stated = [fact for fact in evidence.facts if fact.stated_by and fact.source.file == "brief"]
    missing = [fact for fact in stated if not _carried(fact, text, numbers)]
    for fact in missing[:TOLD]:
        what = fact.value if isinstance(fact.value, str) else f"{fact.value} {fact.unit or ''}"
        told = Words("Not taken up from the brief: {what}.", what=what.strip())
        yield Check(rule="brief", level="warn", words=told, fact=fact.id)
    told_of = {claim.concept for claim in claims.read(text)}
    for claim in claims.read(brief.words.replace(brief.audience or "\0", " ")):
        if claim.kind in ARGUED and not claim.denied and claim.concept not in told_of:
            told = Words("Not taken up from the brief: {what}.", what=claim.text)
            yield Check(rule="brief", level="warn", words=told)
    for condition in conditions(brief.words):
        if not carries(text, condition):
            told = Words("Not taken up from the brief: {what}.", what=condition)
            yield Check(rule="brief", level="warn", words=told)


def _carried(fact: Fact, text: str, numbers: Collection[object]) -> bool:
    if isinstance(fact.value, Decimal):
        return fact.value in numbers
    digits = re.findall(r"\d+", fact.value)
    return not digits or any(group in text for group in digits)


def out_of_stock(
    examined: Sequence[Piece], evidence: Evidence, goal: str | None = None
) -> Iterator[Check]:
    """ "Back in stock" against a catalogue that says there is none, also where the brief alone
    speaks of the return."""
    empty = next((f for f in evidence.facts if f.label == "stock" and f.value == 0), None)
    if empty is None:
        return
    for piece in examined:
        claim = next((c for c in claims.read(piece.text) if "back" in c.concept), None)
        if claim is not None and piece.goes_out:
            words = Words(
                "“{quote}”, but the catalogue has none in stock ({source}).",
                quote=claim.text,
                source=empty.source.words(),
            )
            yield Check(
                rule="stock",
                level="block",
                words=words,
                part=piece.key,
                quote=claim.text,
                fact=empty.id,
                override=True,
            )
            return
    if goal == "back in stock":
        words = Words(
            "The brief says that it is back, but the catalogue has none in stock ({source}).",
            source=empty.source.words(),
        )
        yield Check(rule="stock", level="warn", words=words, fact=empty.id)
