"""A question in the thread of a digest or an analysis: it is answered without naming the intern."""

import re
from typing import Any

from sqlalchemy.orm import Session

from bot.agent.skills import skills
from bot.core.thread_text import asks_only_why, goes_on
from bot.drafts.models import Draft
from bot.slack.actions.revise import cards_in
from bot.slack.context import Front
from bot.slack.location import asked_at
from bot.tasks.models import Task, Wish

DIGEST, ANSWER = "digest", "answer"  # skills
EVERY = ("sales", "site", "feedback", "campaigns")  # what a digest tells when nothing was chosen
GONE_ON = (ANSWER, "feedback", "trends")  # what is asked on about in the same thread
LEAST = 2  # words: "?" alone or "really?" asks nothing that facts answer


def asked_for(said: str) -> str | None:
    """The skill that these words ask for by themselves, copy not among them."""
    asking = (s for s in skills().values() if s.asked_by and not s.for_channels)
    ordered = sorted(asking, key=lambda skill: skill.name == ANSWER)  # it takes what no other does
    for skill in ordered:
        if re.search(skill.asked_by or "$^", said.replace("’", "'"), re.IGNORECASE):
            return skill.name
    return None


def question_under(
    session: Session,
    front: Front,
    workspace: str,
    event: dict[str, Any],
    said: str,
    id: str,
    *,
    meant: bool,
) -> Wish | None:
    """The wish that a reply is which asks something; None for what people say to each other. What
    is surely `meant` for us needs no question mark: "for last month instead".

    Under a digest anybody's question counts; under an analysis, what asks for another, or any
    question of whoever had it made.
    """
    why = asks_only_why(said)
    asks = said.endswith("?") or (meant and goes_on(said))
    if not event.get("thread_ts") or not (why or (asks and len(said.split()) >= LEAST)):
        return None
    user, skill = str(event["user"]), ANSWER if why else asked_for(said)
    for card in cards_in(session, workspace, event, front.house.now()):
        draft = Draft.latest(session, card.piece or "")
        if draft is None or skills()[draft.skill].for_channels:
            continue
        digest = draft.skill == DIGEST
        theirs = digest or session.get_one(Task, draft.task).author == user
        if not theirs and skill in (None, ANSWER):
            continue
        return Wish(
            id=id,
            workspace=workspace,
            author=user,
            words=said,
            place=asked_at(event["channel"], user, thread=event["thread_ts"], asked=event["ts"]),
            locale=front.people.known(workspace, user),
            form={
                "skill": skill or ANSWER,
                "stands_on": draft.id,
                **_of_a_digest(draft),
                **going_on(draft, said, skill),
            },
        )
    return None


def _of_a_digest(draft: Draft) -> dict[str, str]:
    """What the digest tells that is asked about, also further down its thread."""
    brief = draft.brief
    if brief.series:
        return {"sections": "site" if brief.series.startswith("funnel.") else "feedback"}
    sections = brief.sections or (EVERY if draft.skill == DIGEST else ())
    return {"sections": " ".join(sections)} if sections else {}


def going_on(draft: Draft, said: str, skill: str | None) -> dict[str, str]:
    """The question that this one only changes, and whose it is: "and in October?"."""
    if draft.skill not in GONE_ON or skill not in (None, ANSWER) or not goes_on(said):
        return {}
    if asks_only_why(said):  # what moved besides is looked at for it
        return {"skill": ANSWER, "follows": draft.brief.words, "sections": " ".join(EVERY)}
    return {"skill": draft.skill, "follows": draft.brief.words}
