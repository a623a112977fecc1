"""What an AI's words for an analysis cost when none of its tries could go out."""

from collections.abc import Sequence
from decimal import Decimal

from bot.core.checks import Check
from bot.i18n.messages import Money, Words

CENT = Decimal("0.01")


def refused(costs: Sequence[Decimal | None], parts: Sequence[str] = ()) -> Check:
    """The finding on a draft that rules put together instead, or on those of its parts, by their
    titles: how many tries there were, and what they cost, as far as the prices are known."""
    known = [cost for cost in costs if cost is not None]
    tries = Words.count("{n} try", "{n} tries", len(costs))
    if known:
        spent = Words("{first}, {rest}", first=tries, rest=_amount(sum(known, Decimal(0))))
    else:
        spent = tries
    if parts:
        words = Words(
            "By rules, as the AI's words held what no fact bears out: {parts}. "
            "The rest is the AI's ({spent}).",
            parts=_listed(parts),
            spent=spent,
        )
    else:
        words = Words(
            "The AI's words held what no fact bears out, so these are by rules. Not kept: {spent}.",
            spent=spent,
        )
    return Check(rule="rewriting", level="warn", words=words)


def _listed(titles: Sequence[str]) -> Words:
    """Titles of parts, as the card has them."""
    first, *rest = titles
    title = Words("“{quote}”", quote=Words(first))
    return Words("{first}, {rest}", first=title, rest=_listed(rest)) if rest else title


def _amount(usd: Decimal) -> Money | Words:
    if usd < CENT:
        return Words("less than {amount}", amount=Money(amount=CENT, currency="USD"))
    return Money(amount=usd, currency="USD")
