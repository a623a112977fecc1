"""The audiences that a question may mean, as rules. Which are worth telling is counted after."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.audience_rule import AudienceRule
from bot.rules.library.audiences.subject import Subject
from bot.text.normalize import normalize_text

# What the words want, and whom that means first.
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
RELATED_PROPOSALS = {  # who is offered besides those that the words want
    "drifting": ("drifting", "lapsed"),
    "newcomers": ("newcomers", "loyal"),
    "loyal": ("loyal", "buyers", "newcomers"),
}
MAX_PROPOSALS = 3  # besides the niche
MAX_DAYS_SINCE_PURCHASE = 365  # days: who bought it longer ago has other shelves by now


@dataclass(frozen=True)
class Proposal:
    """`id` is the subject of its facts and says what it is to people."""

    id: str
    rule: AudienceRule


def parse_goal(words: str) -> str | None:
    """What the words are after; None when they don't say."""
    low = normalize_text(words)
    return next((goal for goal, shape in GOAL_PATTERNS.items() if shape.search(low)), None)


def remove_goal(words: str) -> str:
    """The words without what they say of whom they are after: the rest names goods. As long as the
    words, so that what is found in it stands where it was said."""
    for shape in GOAL_PATTERNS.values():
        for found in shape.finditer(normalize_text(words)):
            blank = " " * len(found[0])
            words = f"{words[: found.start()]}{blank}{words[found.end() :]}"
    return words


def list_proposals(
    subject: Subject, goal: str | None, niche: Sequence[str], countries: tuple[str, ...] = ()
) -> list[Proposal]:
    """At most three that fit what was asked, and the niche when there is one; all of them in these
    countries, and then everybody there first."""
    known = {one.id: one for one in _iter_candidates(subject, goal)}
    order = [name for name in RELATED_PROPOSALS.get(goal or "", DEFAULT_PROPOSALS) if name in known]
    found = [known[name] for name in order]
    if countries:
        found.insert(0, Proposal("there", AudienceRule()))
    found = found[:MAX_PROPOSALS]
    if niche:
        found.append(Proposal("niche", AudienceRule(bought=tuple(niche), bought_at_least=2)))
    return [Proposal(one.id, one.rule.model_copy(update={"countries": countries})) for one in found]


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
