"""Sums that an offer asks one to spend: free delivery from 50 €, -10 € dès 80 € d'achat."""

import re

from bot.core.facts import Fact
from bot.rules.proof import units
from bot.rules.proof.reading import Figure
from bot.text.normalize import normalize_text

_FROM = re.compile(
    r"(?:\bfrom|\bover|\babove|\bdes|\ba partir de|\bau-dessus de|\bau-dela de"
    r"|\bminimum(?: of| de)?|\bat least|\bspend(?:ing)?|\bworth|\bplus de"
    r"|\bsuperieure?s? a|\bof) ?$"
)
# What is offered from such a sum; "from 50 €" of a shirt in several sizes is its price.
_OFFERED = re.compile(
    r"deliver|shipping|livraison|port offert|frais de port|\bfree\b|offert|gift|cadeau|\boff\b"
    r"|remise|reduction|de moins|\borders?\b|commande|d'achat|purchase|panier|basket|\bcode\b|spend"
)


def is_threshold(figure: Figure, text: str) -> bool:
    """Whether a sum in a text is what must be spent for something offered in its sentence."""
    if figure.first.unit not in units.MONEY:
        return False
    low = normalize_text(text)
    start = max((low.rfind(end, 0, figure.start) for end in (". ", "! ", "? ", "\n")), default=-1)
    stop = min((at for end in (". ", "! ", "? ", "\n") if (at := low.find(end, figure.end)) >= 0),
               default=len(low))  # fmt: skip
    before = low[max(0, figure.start - 20) : figure.start]
    return bool(_FROM.search(before) and _OFFERED.search(low[start + 1 : stop]))


def is_price(fact: Fact) -> bool:
    """Whether a fact gives what one thing costs."""
    return bool(re.search(r"\bprice\b|\bprix\b", normalize_text(fact.label)))
