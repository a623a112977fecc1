"""What came back for a draft, on its card; and a person's word on whether results are its own."""

import hashlib

from sqlalchemy.orm import Session

from bot.delivery.attribution import Joining
from bot.delivery.models import Outcome
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Job
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.context import Click, demand_author_or_approver, draft_of
from bot.slack.blocks import Block, actions, button, context, section, told
from bot.slack.cards.data import Shown
from bot.slack.context import Front
from bot.tasks.models import Task

MOST = 400  # characters of a line


def result_blocks(shown: Shown, language: str) -> list[Block]:
    """The results, large, and where they are from, small; then what a person must say."""
    outcome, draft = shown.outcome, shown.draft
    if outcome is None or draft is None:
        return []
    blocks: list[Block] = []
    if outcome.said:
        *lines, source = (told(words, language, MOST) for words in outcome.said)
        blocks += [section(":bar_chart: " + "\n".join(lines)), context(source)]
    if outcome.question and outcome.asked:
        ref = Ref(draft=draft.id, seen=draft.fingerprint, pick=outcome.asked["result"]).packed()
        yes = button(Words("Yes, it is ours").to(language), action_ids.RESULT_OURS, ref)
        no = button(Words("No").to(language), action_ids.RESULT_NOT, ref)
        blocks.append(section(told(outcome.question, language, MOST)))
        blocks += actions(yes, no)
    return blocks


def ours(session: Session, front: Front, click: Click) -> Words | None:
    """These results are of this draft."""
    return _say(session, front, click, same=True)


def not_ours(session: Session, front: Front, click: Click) -> Words | None:
    return _say(session, front, click, same=False)


def _say(session: Session, front: Front, click: Click, *, same: bool) -> Words | None:
    draft, house = draft_of(session, click.viewer, click.ref), front.house
    task, result = session.get_one(Task, draft.task), click.ref.pick or ""
    demand_author_or_approver(task, draft, click.user, house.policy(click.workspace))
    outcome = _asked(session, draft, result)
    first = Joining.say(
        session,
        workspace=click.workspace,
        result=result,
        code=draft.code,
        same=same,
        by=click.user,
        now=house.now(),
    )
    outcome.asked = None
    session.flush()
    Post.changed(session, house.enqueue, draft.piece)
    # The results of what was said yes to, or another campaign to ask about.
    again = f"{click.workspace}/{draft.code}-{hashlib.sha256(result.encode()).hexdigest()[:16]}"
    house.enqueue(session, Job(kind="join", subject=again, workspace=click.workspace))
    return None if first else Words("Somebody has answered that already.")


def _asked(session: Session, draft: Draft, result: str) -> Outcome:
    """Raises CannotDo when this is not the open question any more."""
    outcome = session.get(Outcome, draft.piece, with_for_update=True)
    if outcome is None or outcome.asked is None or outcome.asked["result"] != result:
        raise CannotDo(Words("Somebody has answered that already."))
    return outcome


VERBS = {action_ids.RESULT_OURS: ours, action_ids.RESULT_NOT: not_ours}
