"""Claims that no fact backs: stated by a person, or without any source.

What promises nothing is passed over, and so is what another check holds to its own source.
"""

from collections.abc import Iterator, Sequence

from bot.core.checks import Check
from bot.core.request import SkillRequest
from bot.i18n.messages import Words
from bot.rules.proof import claims, figures, law
from bot.rules.proof.claims import Claim
from bot.rules.proof.ground import Ground
from bot.rules.proof.left_out import spans_left_out, within
from bot.rules.proof.piece import Piece
from bot.rules.proof.unsourced import unsourced


def claims_of(examined: Sequence[Piece], ground: Ground, request: SkillRequest) -> Iterator[Check]:
    """A finding for each claim without a source, and one on how many have theirs."""
    backed = 0
    told: set[tuple[str, str, bool]] = set()
    for piece in examined:
        left_out = spans_left_out(piece, ground)
        seen: set[object] = set()
        for claim in claims.read(piece.text, (request.language,)):
            if {claim.concept, claim.start} & seen or within(claim.start, claim.end, left_out):
                continue
            if claims.advertising(claim.kind) or _is_idle_denial(claim):
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
                    yield unsourced("claim", claim.text, piece, who)
                told |= {claim.concept} if who else set()
    if backed:
        words = Words.count("{n} claim with its source", "{n} claims with their sources", backed)
        yield Check(rule="claim", level="pass", words=words)


def _is_idle_denial(claim: Claim) -> bool:
    """ "Not machine washable" promises nothing; "no leather" does."""
    return claim.denied and claim.kind != "material"


def _is_figured(claim: Claim, piece: Piece) -> bool:
    """ "20 % de remise": the figure says how much, and is held to its own source."""
    near = (claim.start - 24, claim.end + 24)
    cuts = [figure for figure in figures.read(piece.text) if figure.first.unit == "%"]
    return any(near[0] <= cut.start and cut.end <= near[1] for cut in cuts)
