"""Buttons that open a form or a view to read. Rights are checked here and again at the
submission."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.approvals.decision import (
    Decision,
    demand_approver,
    demand_author_or_approver,
    demand_checked,
    demand_editable,
    demand_editor,
    demand_open,
)
from bot.audit.receipt import Receipt
from bot.delivery.models import Delivery
from bot.digests.visibility import may_see, may_see_receipts
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.actions import digests, exports, imports
from bot.slack.listeners import BlockAction, ListenerContext, load_visible_draft
from bot.slack.views import draft_details, forms, next_step_forms
from bot.tasks.draft_versions import list_version_history
from bot.tasks.models import Task

View = dict[str, Any]
NOT_SHARED = Words(
    "The AI log of this draft also quotes drafts that were not shared, so only whoever asked for "
    "them can read it."
)
ViewBuilder = Callable[[str], View]  # builds the view in the reader's language
PrepareView = Callable[[Session, ListenerContext, BlockAction], ViewBuilder]


async def open_modal(context: ListenerContext, action: BlockAction) -> None:
    """Open the view of the pressed button. Raise CannotDo."""
    ready = await context.run(MODALS[action.name], context, action)
    language = await context.language(action.workspace, action.user)
    view = ready(language)
    back = action.origin if view.get("submit") else None
    await context.open_modal(action.trigger, view, back, language=language)


def prepare_edit_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    draft = load_visible_draft(session, action.viewer, action.ref)
    policy = context.services.policy(action.workspace)
    demand_editor(session, draft, action.user, policy)
    demand_editable(session, draft, action.ref.seen or "", policy)
    return partial(forms.build_edit_form, draft)


def prepare_refusal_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    """Open the form that asks for the reason to send a draft back, or to reject it."""
    draft = load_visible_draft(session, action.viewer, action.ref)
    policy = context.services.policy(action.workspace)
    draft.demand_current(session, action.ref.seen or "")
    demand_author_or_approver(session.get_one(Task, draft.task), draft, action.user, policy)
    demand_open(Decision.list_for_draft(session, draft.id), policy)
    is_rejected = action.name == action_ids.REJECT
    build = forms.build_reject_form if is_rejected else forms.build_send_back_form
    return partial(build, draft)


def prepare_approve_anyway_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    draft = load_visible_draft(session, action.viewer, action.ref)
    policy = context.services.policy(action.workspace)
    draft.demand_current(session, action.ref.seen or "")
    demand_approver(session, draft, action.user, policy)
    demand_open(Decision.list_for_draft(session, draft.id), policy)
    demand_checked(draft)
    return partial(forms.build_approve_anyway_form, draft)


def prepare_change_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    """Open the brief of a draft or a report; what is submitted is made beside it."""
    draft = load_visible_draft(session, action.viewer, action.ref)
    context.services.policy(action.workspace).require(action.user, "ask")
    brand = context.services.brand(action.workspace)
    return lambda language: forms.build_change_form(draft, language, brand)


def prepare_draft_view(build: Callable[[Draft, str], View]) -> PrepareView:
    """Return what opens a view that everybody may see who sees the draft."""

    def prepare(session: Session, _: ListenerContext, action: BlockAction) -> ViewBuilder:
        return partial(build, load_visible_draft(session, action.viewer, action.ref))

    return prepare


def prepare_history_view(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    draft = load_visible_draft(session, action.viewer, action.ref)
    listed = list_version_history(session, draft)
    versions = [one for one in listed if may_see(session, action.viewer, one)]
    decisions = [
        one for version in versions for one in Decision.list_for_draft(session, version.id)
    ]
    deliveries = [
        one for version in versions for one in Delivery.list_for_draft(session, version.id)
    ]
    return lambda language: draft_details.build_history_view(
        versions, decisions, deliveries, language
    )


def prepare_receipts_view(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    if action.ref.arrival:
        upload = imports.load_visible_upload(session, action)
        calls = Receipt.list_for_task(session, upload.id)
        return lambda language: draft_details.build_receipts_view(calls, language)
    draft = load_visible_draft(session, action.viewer, action.ref)
    if not may_see_receipts(session, action.viewer, session.get_one(Task, draft.task)):
        raise CannotDo(NOT_SHARED)
    receipts = Receipt.list_for_task(session, draft.task)
    return lambda language: draft_details.build_receipts_view(receipts, language)


MODALS: dict[str, PrepareView] = {
    action_ids.EDIT: prepare_edit_form,
    action_ids.SEND_BACK: prepare_refusal_form,
    action_ids.REJECT: prepare_refusal_form,
    action_ids.APPROVE_ANYWAY: prepare_approve_anyway_form,
    action_ids.SOURCES: prepare_draft_view(draft_details.build_sources_view),
    action_ids.HISTORY: prepare_history_view,
    action_ids.WHAT_LEFT: prepare_receipts_view,
    action_ids.LEAD: next_step_forms.prepare_next_step_form,
    action_ids.EXPORT: exports.prepare_export_form,
    action_ids.ADD_FACT: forms.prepare_fact_form,
    action_ids.LOWEST_PRICE: forms.prepare_lowest_price_form,
    action_ids.DIGEST_CHANGE: digests.prepare_digest_form,
    action_ids.DETAILS: draft_details.prepare_details_view,
    action_ids.CHANGE: prepare_change_form,
    action_ids.ANGLES: prepare_draft_view(forms.build_angles_form),
    action_ids.COPY: prepare_draft_view(draft_details.build_copy_view),
}
