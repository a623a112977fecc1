"""A question in a digest's thread: the intern answers it from facts, without being named."""

from typing import Any

from sqlalchemy.orm import Session

from bot.draft import Draft
from bot.slack.again import cards_in
from bot.slack.front import Front
from bot.slack.place import asked_at
from bot.task import Wish

DIGEST, ANSWER = "digest", "answer"  # skills
LEAST = 2  # words: "?" alone or "really?" asks nothing that facts answer


def question_under_digest(
    session: Session, front: Front, workspace: str, event: dict[str, Any], said: str, id: str
) -> Wish | None:
    """The wish that a reply is which asks something; None for what people say to each other."""
    if not event.get("thread_ts") or not said.endswith("?") or len(said.split()) < LEAST:
        return None
    for card in cards_in(session, workspace, event, front.house.now()):
        draft = Draft.latest(session, card.piece or "")
        if draft is not None and draft.skill == DIGEST:
            user = str(event["user"])
            return Wish(
                id=id,
                workspace=workspace,
                author=user,
                words=said,
                place=asked_at(event["channel"], user, thread=event["thread_ts"],
                               asked=event["ts"]),
                locale=front.people.known(workspace, user),
                form={"skill": ANSWER, "stands_on": draft.id},
            )  # fmt: skip
    return None
