"""The campaign results of a draft on its card, and the question whether they belong to it."""

import hashlib

from sqlalchemy.orm import Session

from bot.delivery.attribution import CampaignMatch
from bot.delivery.models import CampaignOutcome
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Job
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import (
    Block,
    actions_block,
    button,
    context_block,
    render_words,
    section_block,
)
from bot.slack.cards.card_data import CardData
from bot.slack.interactions import BlockAction, demand_author_or_approver, load_visible_draft
from bot.slack.listener_context import ListenerContext
from bot.tasks.models import Task

MAX_LINE_CHARACTERS = 400


def render_results(card: CardData, language: str) -> list[Block]:
    """Render the results with their source, and the question that a person must answer."""
    outcome, draft = card.outcome, card.draft
    if outcome is None or draft is None:
        return []
    blocks: list[Block] = []
    if outcome.result_lines:
        *lines, source = (
            render_words(words, language, MAX_LINE_CHARACTERS) for words in outcome.result_lines
        )
        blocks += [section_block(":bar_chart: " + "\n".join(lines)), context_block(source)]
    if outcome.question and outcome.asked:
        ref = ButtonValue(
            draft=draft.id, seen=draft.fingerprint, pick=outcome.asked["result"]
        ).pack()
        yes = button(Words("Yes, it is ours").to(language), action_ids.RESULT_OURS, ref)
        no_button = button(Words("No").to(language), action_ids.RESULT_NOT, ref)
        blocks.append(section_block(render_words(outcome.question, language, MAX_LINE_CHARACTERS)))
        blocks += actions_block(yes, no_button)
    return blocks


def confirm_result(session: Session, context: ListenerContext, action: BlockAction) -> Words | None:
    """Record that these results belong to this draft."""
    return _record_answer(session, context, action, same=True)


def reject_result(session: Session, context: ListenerContext, action: BlockAction) -> Words | None:
    return _record_answer(session, context, action, same=False)


def _record_answer(
    session: Session, context: ListenerContext, action: BlockAction, *, same: bool
) -> Words | None:
    draft, services = load_visible_draft(session, action.viewer, action.ref), context.services
    task, result = session.get_one(Task, draft.task), action.ref.pick or ""
    demand_author_or_approver(task, draft, action.user, services.policy(action.workspace))
    outcome = _find_open_question(session, draft, result)
    first = CampaignMatch.record(
        session,
        workspace=action.workspace,
        result=result,
        code=draft.code,
        same=same,
        by=action.user,
        now=services.now(),
    )
    outcome.asked = None
    session.flush()
    OutboxMessage.request_redraw(session, services.enqueue, draft.piece)
    # After "yes" the results are loaded; after "no" the next campaign may be asked about.
    again = f"{action.workspace}/{draft.code}-{hashlib.sha256(result.encode()).hexdigest()[:16]}"
    services.enqueue(session, Job(kind="join", subject=again, workspace=action.workspace))
    return None if first else Words("Somebody has answered that already.")


def _find_open_question(session: Session, draft: Draft, result: str) -> CampaignOutcome:
    """Raise CannotDo when this question is no longer open."""
    outcome = session.get(CampaignOutcome, draft.piece, with_for_update=True)
    if outcome is None or outcome.asked is None or outcome.asked["result"] != result:
        raise CannotDo(Words("Somebody has answered that already."))
    return outcome


RESULT_ACTIONS = {action_ids.RESULT_OURS: confirm_result, action_ids.RESULT_NOT: reject_result}
