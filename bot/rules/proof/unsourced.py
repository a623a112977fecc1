"""The finding on words without a source: a person stated them, or nobody did.

The first the approver confirms, the second blocks.
"""

from typing import Literal

from bot.core.checks import Check
from bot.i18n.messages import Words
from bot.rules.proof.form import mention
from bot.rules.proof.piece import Piece


def unsourced(rule: Literal["claim", "figure"], said: str, piece: Piece, who: str | None) -> Check:
    """What is said in a piece and no fact bears out."""
    if who:
        return Check(rule=rule, level="stated", words=_stated(rule, said, mention(who)),
                     part=piece.key, quote=said)  # fmt: skip
    if rule == "claim":
        words = Words("“{claim}” has no source. Cite one, or take it out.", claim=said)
    else:
        words = Words("{figure} has no source. Cite one, or take it out.", figure=said)
    return Check(rule=rule, level="block", words=words, part=piece.key, quote=said, override=True)


def _stated(rule: str, said: str, who: str) -> Words:
    if rule == "claim":
        return Words("“{claim}” is stated by {who}, with no source.", claim=said, who=who)
    return Words("{figure} is stated by {who}, with no source.", figure=said, who=who)
