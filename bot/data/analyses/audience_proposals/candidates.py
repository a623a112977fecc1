"""List the audiences that a question may mean, as rules. Their value is measured later."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.products import Subject
from bot.text.normalize import normalize_text

# Find the goal in the words, and the audiences that fit it best.
GOAL_PATTERNS = {
    "drifting": re.compile(
        r"\b(?:win(?:ning)? (?:\w+ )?back|lapsed|inactive|drift\w*|reactivat\w*|come back|lost"
        r"|reconqu\w*|perdus?|inactifs?|inactives?|s'eloign\w*|reactiv\w*|faire revenir)\b"
    ),
    "newcomers": re.compile(
        r"\b(?:second (?:order|purchase)|newcomers?|new (?:customers|buyers)|first[- ]time"
        r"|nouve\w+ (?:client\w*|acheteu\w+)|deuxieme (?:commande|achat)|seconde commande)\b"
    ),
    "loyal": re.compile(
        r"\b(?:best (?:customers|clients)|vips?|loyal\w*|regulars?|meilleure?s client\w*"
        r"|fidel\w*|habitu\w+)\b"
    ),
}
DEFAULT_PROPOSALS = ("buyers", "alike", "loyal", "drifting", "newcomers")
RELATED_PROPOSALS = {  # proposals offered besides those that the goal selects
    "drifting": ("drifting", "lapsed"),
    "newcomers": ("newcomers", "loyal"),
    "loyal": ("loyal", "buyers", "newcomers"),
}
MAX_PROPOSALS = 3  # without the niche
MAX_DAYS_SINCE_PURCHASE = 365  # in days; older purchases say little about today's needs


@dataclass(frozen=True)
class Proposal:
    """One proposed audience. `id` is the subject of its facts and its name for people."""

    id: str
    rule: AudienceRule


def parse_goal(words: str) -> str | None:
    """Return the goal that the words state, or None."""
    low = normalize_text(words)
    return next((goal for goal, shape in GOAL_PATTERNS.items() if shape.search(low)), None)


def remove_goal(words: str) -> str:
    """Blank out the words that state the goal; the rest names products. The length stays the same,
    so positions in the text stay valid."""
    for shape in GOAL_PATTERNS.values():
        for match in shape.finditer(normalize_text(words)):
            blank = " " * len(match[0])
            words = f"{words[: match.start()]}{blank}{words[match.end() :]}"
    return words


def list_proposals(
    subject: Subject, goal: str | None, niche: Sequence[str], countries: tuple[str, ...] = ()
) -> list[Proposal]:
    """Return at most three proposals that fit the request, plus the niche when there is one. All
    are limited to `countries`; everybody in these countries comes first."""
    known = {candidate.id: candidate for candidate in _iter_candidates(subject, goal)}
    order = [name for name in RELATED_PROPOSALS.get(goal or "", DEFAULT_PROPOSALS) if name in known]
    proposals = [known[name] for name in order]
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
        "bought_named": (subject.name,) if subject.products else (),
        "bought_categories": (subject.category,) if subject.category else (),
    }
    if subject.name:
        yield Proposal(
            "buyers", AudienceRule.model_validate({**its, "bought_within": MAX_DAYS_SINCE_PURCHASE})
        )
    if subject.product or subject.category:
        like = AudienceRule(like_product=subject.product, like_category=subject.category)
        yield Proposal("alike", like)
    yield Proposal("loyal", AudienceRule(segments=("champions", "loyal")))
    only = its if goal == "drifting" and subject.name else {}
    segments = ("at-risk", "drifting-away")
    yield Proposal("drifting", AudienceRule.model_validate({**only, "segments": segments}))
    yield Proposal("lapsed", AudienceRule.model_validate({**only, "segments": ("lapsed",)}))
    yield Proposal("newcomers", AudienceRule(segments=("new",)))
