"""Holds a draft against its facts: every figure, claim and quotation, and the form it must have.

What a fact says is proven. What a person said is stated, and the approver confirms it. The rest
blocks approval.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.config.brand import Brand
from bot.core.channels import Channel
from bot.core.checks import Check
from bot.core.facts import ONE_CUSTOMER_NOTICE, Evidence, Fact
from bot.core.parts import Hook, Part
from bot.core.request import SkillRequest
from bot.rules.proof import brief as said
from bot.rules.proof import (
    causes,
    claims,
    figures,
    form,
    law,
    quotations,
    tongue,
    unbacked,
    unproven,
)
from bot.rules.proof.ground import Ground
from bot.rules.proof.owners import owners
from bot.rules.proof.piece import Piece, pieces
from bot.rules.proof.stated import stated_in
from bot.rules.proof.tracked import untracked

__all__ = ["prove", "sources", "stated_in"]


def prove(
    parts: Sequence[Part],
    hooks: Sequence[Hook],
    evidence: Evidence,
    *,
    request: SkillRequest,
    brand: Brand,
    channel: Channel | None,
    today: date,
    periods: law.Periods | None = None,
) -> tuple[Check, ...]:
    """All checks on a draft, the gravest first. `periods` are those of the soldes, when known."""
    ground = Ground(evidence, request.brief, brand, report=channel is None)
    examined = pieces(parts, hooks)
    found = [
        *quotations.quotes(examined, ground),
        *quotations.citations(examined, evidence),
        *form.gaps(examined),
        *form.lookalikes(examined),
        *form.link_hosts(examined, ground),
        *unproven.figures_of(examined, ground, today),
        *unbacked.claims_of(examined, ground, request, channel),
        *tongue.language(examined, request.language),
    ]
    if evidence.of_one_customer:
        found.append(Check(rule="one customer", level="block", words=ONE_CUSTOMER_NOTICE))
    if channel is None:
        found += causes.causes(examined, evidence.facts)
    else:
        found += _as_copy(examined, ground, request, brand, channel, today, periods)
        found += said.left_out(examined, evidence, request.brief)
        found += said.out_of_stock(examined, evidence, request.brief.goal)
        found += owners(examined, ground)
    grave = {"block": 0, "stated": 1, "warn": 2, "pass": 3}
    return tuple(sorted(found, key=lambda check: grave[check.level]))


def sources(parts: Sequence[Part], evidence: Evidence) -> list[tuple[str, Fact]]:
    """Which facts prove what, as (part's key, fact): those cited, and those that bear it out."""
    ground = Ground(evidence)
    found: list[tuple[str, Fact]] = []
    for piece in pieces(parts):
        facts = [evidence.get(fact_id) for fact_id in piece.cites]
        loose = piece.kind == "table"
        facts += [ground.proof(f, piece.cites, loose=loose) for f in figures.read(piece.text)]
        facts += [ground.backing(claim, piece.cites) for claim in claims.read(piece.text)]
        found += [(piece.key, fact) for fact in facts if fact is not None]
    return list({(key, fact.id): (key, fact) for key, fact in found}.values())


def _as_copy(
    examined: Sequence[Piece],
    ground: Ground,
    request: SkillRequest,
    brand: Brand,
    channel: Channel,
    today: date,
    periods: law.Periods | None,
) -> Iterator[Check]:
    """What is asked only of a text that goes to customers."""
    yield from form.lengths(examined, channel)
    yield from form.sms(examined, channel, brand)
    yield from form.mentions(examined, request, brand)
    yield from untracked(examined, channel, brand)
    yield from law.price_cut(examined, ground)
    yield from law.cautions(examined, sold(request, ground), request.language)
    yield from tongue.avoided(examined, brand)
    yield from tongue.echo(examined, request, ground.names)
    if request.language == "fr":
        yield from tongue.spacing(examined)
        yield from tongue.address(examined, brand, request)
        yield from law.soldes(examined, today, periods)


def sold(request: SkillRequest, ground: Ground) -> str:
    """What the draft sells, as the brief and the catalogue call it."""
    mine = f"product.{request.brief.product}."
    named = (known.fact for known in ground.known if known.fact.label in ("name", "title"))
    names = (str(fact.value) for fact in named if fact.id.startswith(mine))
    return " ; ".join([request.brief.product_words or "", *names])
