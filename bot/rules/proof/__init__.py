"""Holds a draft against its facts: every figure, claim and quotation, and the form it must have.

What a fact says is proven. What a person said is stated, and the approver confirms it. The rest
blocks approval.
"""

from collections.abc import Sequence
from datetime import date

from bot.config.brand import Brand
from bot.core.checks import Check, sort_checks
from bot.core.facts import ONE_CUSTOMER_NOTICE, Evidence
from bot.core.parts import Hook, Part
from bot.core.request import SkillRequest
from bot.rules.proof import causes, form, quotations, tongue, unbacked, unproven
from bot.rules.proof.ground import Ground
from bot.rules.proof.piece import pieces

__all__ = ["prove"]


def prove(
    parts: Sequence[Part],
    hooks: Sequence[Hook],
    evidence: Evidence,
    *,
    request: SkillRequest,
    brand: Brand,
    today: date,
) -> tuple[Check, ...]:
    """All checks on a report that a model reworded, the gravest first."""
    ground = Ground(evidence, request.brief, brand, report=True)
    examined = pieces(parts, hooks)
    found = [
        *quotations.quotes(examined, ground),
        *quotations.citations(examined, evidence),
        *form.gaps(examined),
        *form.lookalikes(examined),
        *form.link_hosts(examined, ground),
        *unproven.figures_of(examined, ground, today),
        *unbacked.claims_of(examined, ground, request),
        *tongue.language(examined, request.language),
        *causes.causes(examined, evidence.facts),
    ]
    if evidence.of_one_customer:
        found.append(Check(rule="one customer", level="block", words=ONE_CUSTOMER_NOTICE))
    return sort_checks(found)
