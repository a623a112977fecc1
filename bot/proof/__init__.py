"""Holds a draft against its facts: every figure, claim and quotation, and the form it must have.

What a fact says is proven. What a person said is stated, and the approver confirms it. The rest
blocks approval.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from bot.brand import Brand
from bot.channels import Channel
from bot.checks import Check
from bot.evidence import Evidence, Fact
from bot.links import links
from bot.parts import Hook, Part
from bot.proof import brief as said
from bot.proof import causes, claims, figures, form, law, moments, quotations, tongue, units
from bot.proof.agreement import SMALL_WORDS
from bot.proof.claims import Claim
from bot.proof.figures import is_bare
from bot.proof.form import mention
from bot.proof.ground import Ground
from bot.proof.owners import owners
from bot.proof.piece import Piece, pieces
from bot.proof.reading import Figure
from bot.proof.thresholds import is_threshold
from bot.proof.tracked import untracked
from bot.request import Request
from bot.words import Words

Span = tuple[int, int]


def prove(
    parts: Sequence[Part],
    hooks: Sequence[Hook],
    evidence: Evidence,
    *,
    request: Request,
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
        *_figures(examined, ground, today),
        *_claims(examined, ground, request, channel),
        *tongue.language(examined, request.language),
    ]
    if channel is None:
        found += causes.causes(examined, evidence.facts)
    else:
        found += _as_copy(examined, ground, request, brand, channel, today, periods)
        found += said.left_out(examined, evidence, request.brief.words)
        found += said.out_of_stock(examined, evidence)
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


def stated_in(
    text: str, author: str, today: date, *, source: str = "brief", before: str = ""
) -> tuple[Fact, ...]:
    """What somebody states in a brief or an edit: figures, claims and links, as facts of theirs.

    What already stood in `before` is not theirs: give the text as it was before an edit.
    """
    old_figures = {figure.readings for figure in figures.read(before)}
    old_claims = {claim.concept for claim in claims.read(before)}
    values: list[tuple[str, Decimal | str, str | None]] = [
        _stated(figure) for figure in figures.read(text) if figure.readings not in old_figures
    ]
    values += [("date", day, None) for day in moments.bare_days(text) if day not in before]
    values += [("claim", c.text, None) for c in claims.read(text) if c.concept not in old_claims]
    values += [("link", link.text, None) for link in links(text) if link.text not in before]
    return tuple(
        Fact(
            id=f"stated.{author}.{n}", label=label, value=value, unit=unit,
            source=source, as_of=today, stated_by=author,
        )
        for n, (label, value, unit) in enumerate(dict.fromkeys(values), 1)
    )  # fmt: skip


def _stated(figure: Figure) -> tuple[str, Decimal | str, str | None]:
    """A percentage and a price as numbers; anything else as it was written."""
    reading = figure.first
    if isinstance(reading.value, Decimal) and reading.kind == "number" and reading.size == 1:
        if reading.unit == "%":
            return "percentage", reading.value, "%"
        if reading.unit in ("EUR", "GBP", "USD", "CHF", "BRL"):
            return "price", reading.value, reading.unit
    return (
        {"date": "date", "weekday": "date", "code": "code"}.get(reading.kind, "figure"),
        f"{figure.text} {figure.follows}".strip(),
        None,
    )


def _as_copy(
    examined: Sequence[Piece],
    ground: Ground,
    request: Request,
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
        yield from tongue.address(examined, brand)
        yield from law.soldes(examined, today, periods)


def sold(request: Request, ground: Ground) -> str:
    """What the draft sells, as the brief and the catalogue call it."""
    mine = f"product.{request.brief.product}."
    named = (known.fact for known in ground.known if known.fact.label in ("name", "title"))
    names = (str(fact.value) for fact in named if fact.id.startswith(mine))
    return " ; ".join([request.brief.product_words or "", *names])


def _figures(examined: Sequence[Piece], ground: Ground, today: date) -> Iterator[Check]:
    proven = 0
    told: set[object] = set()  # what was stated is said once for the whole draft
    for piece in examined:
        left_out = _left_out(piece, ground)
        seen: set[object] = set()
        for figure in figures.read(piece.text):
            said = (figure.readings, figure.follows)
            if _within(figure.start, figure.end, left_out) or said in seen:
                continue
            seen.add(said)
            threshold = is_threshold(figure, piece.text)
            if ground.proof(figure, piece.cites, loose=piece.kind == "table", threshold=threshold):
                proven += 1
            elif not _is_this_year(figure, today):
                who = ground.stated_figure(figure)
                if not who or figure.readings not in told:
                    yield _unproven(figure, piece, who)
                told |= {figure.readings} if who else set()
    if proven:
        words = Words.count("{n} figure proven", "{n} figures proven", proven)
        yield Check(rule="figure", level="pass", words=words)


def _unproven(figure: Figure, piece: Piece, who: str | None) -> Check:
    shown = _with_noun(figure, piece.text)
    if who:
        words = Words(
            "{figure} is stated by {who}, with no source.", figure=shown, who=mention(who)
        )
        return Check(rule="figure", level="stated", words=words, part=piece.key, quote=shown)
    words = Words("{figure} has no source. Cite one, or take it out.", figure=shown)
    return Check(
        rule="figure", level="block", words=words, part=piece.key, quote=shown, override=True
    )


def _with_noun(figure: Figure, text: str) -> str:
    """A bare number is shown with what it counts: "45 coloris"."""
    if not is_bare(figure) or figure.follows in SMALL_WORDS:
        return figure.text
    return text[figure.start : figure.end + len(figure.follows) + 1].rstrip(" .,;:!?\n")


def _is_this_year(figure: Figure, today: date) -> bool:
    """The current year and the next are no claim: "summer 2027"."""
    reading = figure.first
    years = (today.year, today.year + 1)
    return is_bare(figure) and reading.value in years and not units.counted(figure.follows)


def _claims(
    examined: Sequence[Piece], ground: Ground, request: Request, channel: Channel | None
) -> Iterator[Check]:
    backed = 0
    told: set[tuple[str, str, bool]] = set()
    for piece in examined:
        left_out = _left_out(piece, ground)
        seen: set[object] = set()
        for claim in claims.read(piece.text, (request.language,)):
            if {claim.concept, claim.start} & seen or _within(claim.start, claim.end, left_out):
                continue
            if (channel is None and claims.advertising(claim.kind)) or _is_idle_denial(claim):
                continue
            if claim.name == "discount" and _is_figured(claim, piece):
                continue
            seen.add(claim.concept)
            fact = ground.backing(claim, piece.cites)
            if claim.kind == "green":
                finding = law.green(claim.text, claim.name, piece.key, fact, request.language)
                if finding:
                    yield finding
                    continue
            if fact or claim.concept in ground.named_claims:
                backed += fact is not None  # what is only a part of the name stands on no fact
                if fact and claim.name == "free-delivery":
                    yield from law.free_from(claim, fact, piece, examined)
            else:
                seen.add(claim.start)  # "woven and sewn in" is two claims, and one sentence
                who = ground.stated_claim(claim)
                if not who or claim.concept not in told:
                    yield _unbacked(claim, piece, who)
                told |= {claim.concept} if who else set()
    if backed:
        words = Words.count("{n} claim with its source", "{n} claims with their sources", backed)
        yield Check(rule="claim", level="pass", words=words)


def _unbacked(claim: Claim, piece: Piece, who: str | None) -> Check:
    if who:
        words = Words(
            "“{claim}” is stated by {who}, with no source.", claim=claim.text, who=mention(who)
        )
        return Check(rule="claim", level="stated", words=words, part=piece.key, quote=claim.text)
    words = Words("“{claim}” has no source. Cite one, or take it out.", claim=claim.text)
    return Check(
        rule="claim", level="block", words=words, part=piece.key, quote=claim.text, override=True
    )


def _is_idle_denial(claim: Claim) -> bool:
    """ "Not machine washable" promises nothing; "no leather" does."""
    return claim.denied and claim.kind != "material"


def _is_figured(claim: Claim, piece: Piece) -> bool:
    """ "20 % de remise": the figure says how much, and is held to its own source."""
    near = (claim.start - 24, claim.end + 24)
    cuts = [figure for figure in figures.read(piece.text) if figure.first.unit == "%"]
    return any(near[0] <= cut.start and cut.end <= near[1] for cut in cuts)


def _left_out(piece: Piece, ground: Ground) -> list[Span]:
    """Where figures and claims are not ours: links, names, placeholders, true quotations."""
    if piece.kind == "quote":
        return [(0, len(piece.text))]
    spans = [(link.start, link.end) for link in links(piece.text)]
    spans += ground.name_spans(piece.text)
    spans += [match.span() for match in re.finditer(r"\[[A-Z]+_\d+\]|\{\{[^{}]*\}\}", piece.text)]
    return spans + quotations.true_spans(piece, ground)


def _within(start: int, end: int, spans: Sequence[Span]) -> bool:
    return any(a <= start and end <= b for a, b in spans)
