"""List the audiences that may fit a product and a goal, as rules. Their value is measured later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.products import Subject

DEFAULT_PROPOSALS = ("buyers", "alike", "loyal", "drifting", "newcomers")
PROPOSALS_BY_GOAL: Mapping[str, Sequence[str]] = {
    "win back": ("drifting", "lapsed"),
    "second order": ("newcomers", "loyal"),
    "reward": ("loyal", "buyers", "newcomers"),
}
MAX_PROPOSALS = 3  # without the niche
MAX_DAYS_SINCE_PURCHASE = 365  # older purchases say little about today's needs


@dataclass(frozen=True)
class Proposal:
    """One proposed audience. `id` is the subject of its facts and its key in AUDIENCE_NAMES."""

    id: str
    rule: AudienceRule


def list_proposals(
    subject: Subject, goal: str | None, niche: Sequence[str], countries: tuple[str, ...] = ()
) -> list[Proposal]:
    """Return at most three proposals that fit the request, plus the niche when there is one. All
    are limited to `countries`; everybody in these countries comes first."""
    known = {candidate.id: candidate for candidate in _iter_candidates(subject, goal)}
    order = PROPOSALS_BY_GOAL.get(goal or "", DEFAULT_PROPOSALS)
    proposals = [known[name] for name in order if name in known]
    if countries:
        proposals.insert(0, Proposal("there", AudienceRule()))
    proposals = proposals[:MAX_PROPOSALS]
    if niche:
        proposals.append(Proposal("niche", AudienceRule(bought=tuple(niche), bought_at_least=2)))
    return [
        Proposal(candidate.id, candidate.rule.model_copy(update={"countries": countries}))
        for candidate in proposals
    ]


def _iter_candidates(subject: Subject, goal: str | None) -> Iterator[Proposal]:
    its = {
        "bought": (subject.product,) if subject.product else (),
        "bought_categories": (subject.category,) if subject.category else (),
    }
    if subject.name:
        yield Proposal(
            "buyers", AudienceRule.model_validate({**its, "bought_within": MAX_DAYS_SINCE_PURCHASE})
        )
        like = AudienceRule(like_product=subject.product, like_category=subject.category)
        yield Proposal("alike", like)
    yield Proposal("loyal", AudienceRule(segments=("champions", "loyal")))
    only = its if goal == "win back" and subject.name else {}
    segments = ("at-risk", "drifting-away")
    yield Proposal("drifting", AudienceRule.model_validate({**only, "segments": segments}))
    yield Proposal("lapsed", AudienceRule.model_validate({**only, "segments": ("lapsed",)}))
    yield Proposal("newcomers", AudienceRule(segments=("new",)))
