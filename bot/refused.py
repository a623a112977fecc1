"""What an AI's words for an analysis cost when none of its tries could go out."""

from collections.abc import Sequence
from decimal import Decimal

from bot.checks import Check
from bot.words import Money, Words

CENT = Decimal("0.01")


def refused(costs: Sequence[Decimal | None]) -> Check:
    """The finding on a draft that rules put together instead: how many tries there were, and what
    they cost, as far as the prices are known."""
    known = [cost for cost in costs if cost is not None]
    tries = Words.count("{n} try", "{n} tries", len(costs))
    words = Words(
        "The AI's words held what no fact bears out, so these are by rules. Not kept: {tries}.",
        tries=tries,
    )
    if known:
        words = Words(
            "The AI's words held what no fact bears out, so these are by rules. Not kept: {tries}, "
            "{usd}.",
            tries=tries,
            usd=_amount(sum(known, Decimal(0))),
        )
    return Check(rule="rewriting", level="warn", words=words)


def _amount(usd: Decimal) -> Money | Words:
    if usd < CENT:
        return Words("less than {amount}", amount=Money(amount=CENT, currency="USD"))
    return Money(amount=usd, currency="USD")
