"""Environmental claims and free delivery in a report that a model reworded."""

from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.core.facts import Fact
from bot.i18n.messages import Words
from bot.rules.proof import figures, units
from bot.rules.proof.agreement import agree
from bot.rules.proof.claims import Claim
from bot.rules.proof.piece import Piece

_BANNED_IN_FRANCE = frozenset({"biodegradable", "respectful"})


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
