"""Buttons that open a form or something to read. Rights are checked here and again at the end."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, demand_approver, demand_editor, demand_open
from bot.audit.receipt import Receipt
from bot.delivery.models import Delivery
from bot.digests.visibility import may_see, may_see_receipts
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.actions import audience_export, digests
from bot.slack.actions.context import Click, demand_author_or_approver, demand_changeable, draft_of
from bot.slack.context import Front
from bot.slack.views import audience_rule, details, forms
from bot.tasks.draft_versions import history_of
from bot.tasks.models import Task

View = dict[str, Any]
NOT_SHARED = Words(
    "What left for this draft also quotes drafts that were not shared, so only whoever asked for "
    "them can read it."
)
Ready = Callable[[str], View]  # a view, once the reader's language is known


async def opened(front: Front, click: Click) -> None:
    """Open what was pressed. Raises CannotDo."""
    ready = await front.run(READY[click.name], front, click)
    language = await front.language(click.workspace, click.user)
    view = ready(language)
    back = click.back if view.get("submit") else None
    await front.open(click.trigger, view, back, language=language)


def edit(session: Session, front: Front, click: Click) -> Ready:
    draft = draft_of(session, click.viewer, click.ref)
    policy = front.house.policy(click.workspace)
    demand_editor(session, draft, click.user, policy)
    demand_changeable(session, draft, click.ref.seen or "", policy)
    return lambda language: forms.edit_form(draft, language)


def send_back(session: Session, front: Front, click: Click) -> Ready:
    draft = _refusable(session, front, click)
    return lambda language: forms.send_back_form(draft, language)


def reject(session: Session, front: Front, click: Click) -> Ready:
    draft = _refusable(session, front, click)
    return lambda language: forms.reject_form(draft, language)


def anyway(session: Session, front: Front, click: Click) -> Ready:
    draft = draft_of(session, click.viewer, click.ref)
    policy = front.house.policy(click.workspace)
    draft.demand_current(session, click.ref.seen or "")
    demand_approver(session, draft, click.user, policy)
    demand_open(Decision.of(session, draft.id), policy)
    if draft.findings is None:
        raise CannotDo(Words("These words are still being checked. Approve appears in a moment."))
    if draft.refused():
        raise CannotDo(Words("This can't be approved: {why}", why=draft.refused()[0].words))
    return lambda language: forms.anyway_form(draft, language)


def sources(session: Session, front: Front, click: Click) -> Ready:
    draft = draft_of(session, click.viewer, click.ref)
    return lambda language: forms.sources_view(draft, language)


def history(session: Session, front: Front, click: Click) -> Ready:
    draft = draft_of(session, click.viewer, click.ref)
    known = history_of(session, draft)
    versions = [one for one in known if may_see(session, click.viewer, one)]
    said = [one for version in versions for one in Decision.of(session, version.id)]
    went = [one for version in versions for one in Delivery.of(session, version.id)]
    return lambda language: forms.history_view(versions, said, went, language)


def what_left(session: Session, front: Front, click: Click) -> Ready:
    draft = draft_of(session, click.viewer, click.ref)
    if not may_see_receipts(session, click.viewer, session.get_one(Task, draft.task)):
        raise CannotDo(NOT_SHARED)
    receipts = Receipt.of(session, draft.task)
    return lambda language: forms.what_left_view(receipts, language)


def _refusable(session: Session, front: Front, click: Click) -> Draft:
    draft = draft_of(session, click.viewer, click.ref)
    policy = front.house.policy(click.workspace)
    draft.demand_current(session, click.ref.seen or "")
    task = session.get_one(Task, draft.task)
    demand_author_or_approver(task, draft, click.user, policy)
    demand_open(Decision.of(session, draft.id), policy)
    return draft


READY: dict[str, Callable[[Session, Front, Click], Ready]] = {
    action_ids.EDIT: edit,
    action_ids.SEND_BACK: send_back,
    action_ids.REJECT: reject,
    action_ids.APPROVE_ANYWAY: anyway,
    action_ids.SOURCES: sources,
    action_ids.HISTORY: history,
    action_ids.WHAT_LEFT: what_left,
    action_ids.LEAD: audience_rule.ask,
    action_ids.EXPORT: audience_export.ask,
    action_ids.DIGEST_CHANGE: digests.change,
    action_ids.DETAILS: details.details,
}
