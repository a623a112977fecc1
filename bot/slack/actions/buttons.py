"""The buttons and menus on draft and task cards."""

from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy.orm import Session

from bot.approvals import decision
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
from bot.core.request import add_answer, task_id
from bot.data.catalogue.models import ProductFact
from bot.delivery.models import Delivery
from bot.digests.visibility import demand_visible, may_see, may_see_receipts
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words, parse_language
from bot.slack import action_ids
from bot.slack.actions import digests, exports, imports, reports
from bot.slack.actions.reports import demand_membership, send_to_channel, share_draft
from bot.slack.cards import draft_status
from bot.slack.events.thread_replies import request_changes, use_opening
from bot.slack.listeners import (
    BlockAction,
    ListenerContext,
    choose_next_place,
    copy_task_form,
    decision_fields,
    find_card,
    load_visible_draft,
    load_visible_task,
    parse_block_action,
    remove_private_sources,
    run_for_viewer,
)
from bot.slack.threads import read_whole_thread
from bot.slack.views import draft_details, forms, next_step_forms
from bot.tasks.draft_versions import list_version_history
from bot.tasks.models import Task

# Each press is checked and stored; the person is notified after the commit.

ActionHandler = Callable[[Session, ListenerContext, BlockAction], Words | None]


async def handle_block_action(
    context: ListenerContext, ack: AsyncAck, body: dict[str, Any]
) -> None:
    """Run the pressed action and notify the person of its result. After a CannotDo the card is
    redrawn, and the error is raised again."""
    await ack()
    action = parse_block_action(body)
    if action.channel:
        context.channel_members.record_press(action.workspace, action.user, action.channel)
    try:
        reply = await run_for_viewer(context, action, partial(_run_action, context))
    except CannotDo:
        await context.run(_redraw_card, context, action)
        raise
    if reply is not None:
        context.background.start(context.notify(action, reply))


async def _run_action(context: ListenerContext, action: BlockAction) -> Words | None:
    if action.name in MODALS:
        await open_modal(context, action)
        return None
    if action.name == action_ids.DOWNLOAD:
        return await exports.start_download(context, action)
    if action.name == action_ids.STAYED_OUT:
        return await imports.send_rejects(context, action)
    verb = BUTTON_ACTIONS.get(action.name)
    if verb is None:
        return None
    if action.name == action_ids.SHARE:
        # Visibility is checked before Slack is asked anything.
        await context.run(load_visible_draft, action)
        await demand_membership(context, str(action.ref.pick))
    reply = await context.run(verb, context, action)
    if action.name == action_ids.STOP:
        context.background.start(context.stop_task(str(action.ref.task)))
    return reply


def approve_draft(session: Session, context: ListenerContext, action: BlockAction) -> None:
    decision.approve(
        session,
        context.services.enqueue,
        load_visible_draft(session, action),
        **decision_fields(context, action),
        accepts=action.ref.pick == action_ids.CHECKED,
    )


def accept_terms(session: Session, context: ListenerContext, action: BlockAction) -> None:
    decision.accept_terms(
        session,
        context.services.enqueue,
        load_visible_draft(session, action),
        **decision_fields(context, action),
    )


def revoke_product_fact(session: Session, context: ListenerContext, action: BlockAction) -> Words:
    draft = load_visible_draft(session, action)
    context.services.policy(action.workspace).require(action.user, "approve")
    fact = session.get(ProductFact, action.ref.pick or "")
    if fact is None or fact.workspace != draft.workspace or fact.product != draft.brief.product:
        raise CannotDo("This product fact is no longer there.")
    fact.revoke(session, by=action.user, now=context.services.now())
    return Words("Revoked: “{quote}” is no source any more.", quote=fact.text)


def answer_question(
    session: Session, context: ListenerContext, action: BlockAction
) -> Words | None:
    """Repeat the request with the answer as one more field."""
    task, pick = load_visible_task(session, action), action.ref.pick or ""
    field = action.ref.field
    id = task_id("answer", task.id, field or "", pick)
    form = copy_task_form(session, task, _find_draft_of_task(session, action, task))
    form = form | {field: pick} if field else add_answer(form, task.question_asked, pick)
    if not _restart_task(session, context, action, task, id, to_the_end=not field, form=form):
        return Words("That is being drafted already.")
    return None


def retry_task(session: Session, context: ListenerContext, action: BlockAction) -> None:
    task = load_visible_task(session, action)
    id = task_id("again", task.id, action.trigger)
    _restart_task(session, context, action, task, id)


def _restart_task(
    session: Session,
    context: ListenerContext,
    action: BlockAction,
    task: Task,
    id: str,
    *,
    to_the_end: bool = False,
    **more: Any,
) -> bool:
    """Repeat a person's request as a new task in the thread of the pressed card. `to_the_end`: it
    may go by all that was said in the thread, as one more text or an answer does."""
    policy = context.services.policy(action.workspace)
    demand_author_or_approver(task, None, action.user, policy)
    policy.require(action.user, "ask")
    draft = _find_draft_of_task(session, action, task)
    piece = draft.piece if draft else task.first_piece
    card = find_card(session, piece, action.origin, action.viewer)
    place, private = choose_next_place(task, card)
    place = read_whole_thread(place) if to_the_end else place
    changed = remove_private_sources(session, task, card, private)
    if "form" in more and "form" in changed:
        changed.pop("form")
        more["form"] = {k: v for k, v in more["form"].items() if k != "stands_on"}
    new_task = task.retry(id, place=place, private=private, **{**changed, **more})
    accepted = context.accept(session, new_task)
    # The pressed card then says that the work continues below it.
    context.redraw(session, piece)
    return accepted


def shorten_draft(session: Session, context: ListenerContext, action: BlockAction) -> None:
    """Send the draft back for a shorter version, which comes below."""
    locale = context.people.cached_locale(action.workspace, action.user)
    request_changes(session, context, action, Words("Shorter").to(parse_language(locale)))


def write_for_market(
    session: Session, context: ListenerContext, action: BlockAction
) -> Words | None:
    """Start the same text for another market, in that market's language."""
    draft, market = load_visible_draft(session, action), action.ref.pick or ""
    if market not in context.services.brand(action.workspace).markets:
        raise CannotDo("That market is no longer in brand.toml.")
    task = session.get_one(Task, draft.task)
    form = copy_task_form(session, task, draft) | {"market": market}
    form |= {"channels": draft.channel} if draft.channel else {}
    form.pop("language", None)
    id = task_id("market", draft.id, market)
    if not _restart_task(session, context, action, task, id, to_the_end=True, form=form):
        return Words("That is being drafted already.")
    return None


def explain_call_to_action(
    session: Session, context: ListenerContext, action: BlockAction
) -> Words:
    """Say why the button of an e-mail does nothing here."""
    load_visible_draft(session, action)
    return Words("This shows how the button will look. It works once the text is sent.")


def stop_task(session: Session, context: ListenerContext, action: BlockAction) -> None:
    task = load_visible_task(session, action)
    demand_author_or_approver(task, None, action.user, context.services.policy(action.workspace))
    task.stop(session, context.services.enqueue, action.user, context.services.now())


def _find_draft_of_task(session: Session, action: BlockAction, task: Task) -> Draft | None:
    """Return the draft that the button names, if it belongs to this task; None when it names
    none. Raise NotVisible."""
    if not action.ref.draft:
        return None
    draft = session.get(Draft, action.ref.draft)
    return demand_visible(
        session, action.viewer, draft if draft and draft.task == task.id else None
    )


def _redraw_card(session: Session, context: ListenerContext, action: BlockAction) -> None:
    """Redraw the pressed card, because it may be outdated."""
    if piece := _find_visible_piece(session, action):
        context.redraw(session, piece)


def _find_visible_piece(session: Session, action: BlockAction) -> str | None:
    """Return the piece of the pressed card, if this person may see it."""
    if action.ref.arrival:
        return imports.find_import_piece(session, action)
    draft = session.get(Draft, action.ref.draft) if action.ref.draft else None
    if draft is not None:
        return draft.piece if may_see(session, action.viewer, draft) else None
    task = session.get(Task, action.ref.task) if action.ref.task else None
    return task.first_piece if task and may_see(session, action.viewer, task) else None


BUTTON_ACTIONS: dict[str, ActionHandler] = {
    action_ids.APPROVE: approve_draft,
    action_ids.ACCEPT_TERMS: accept_terms,
    action_ids.REVOKE_FACT: revoke_product_fact,
    action_ids.USE_HOOK: lambda s, c, action: use_opening(s, c, action, action.ref.pick or ""),
    action_ids.ANSWER: answer_question,
    action_ids.TRY_AGAIN: retry_task,
    action_ids.SEND_TO: send_to_channel,
    action_ids.SHARE: share_draft,
    action_ids.STOP: stop_task,
    action_ids.SHORTER: shorten_draft,
    action_ids.SAME_FOR: write_for_market,
    action_ids.CALL_TO_ACTION: explain_call_to_action,
    action_ids.LEAD_NOW: reports.start_next_step,
    action_ids.DIGEST_ON: partial(digests.switch_digest, state="on"),
    action_ids.DIGEST_PAUSE: partial(digests.switch_digest, state="paused"),
    action_ids.DIGEST_OFF: partial(digests.switch_digest, state="off"),
    action_ids.DIGEST_NOW: digests.run_digest_now,
    **imports.IMPORT_ACTIONS,
    **draft_status.RESULT_ACTIONS,
    **digests.ALERT_ACTIONS,
    **reports.VOTE_ACTIONS,
}


# Buttons that open a form or a view to read. Rights are checked here and again at the submission.

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
    draft = load_visible_draft(session, action)
    policy = context.services.policy(action.workspace)
    demand_editor(session, draft, action.user, policy)
    demand_editable(session, draft, action.ref.seen or "", policy)
    return partial(forms.build_edit_form, draft)


def prepare_refusal_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    """Open the form that asks for the reason to send a draft back, or to reject it."""
    draft = load_visible_draft(session, action)
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
    draft = load_visible_draft(session, action)
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
    draft = load_visible_draft(session, action)
    context.services.policy(action.workspace).require(action.user, "ask")
    brand = context.services.brand(action.workspace)
    return lambda language: forms.build_change_form(draft, language, brand)


def prepare_draft_view(build: Callable[[Draft, str], View]) -> PrepareView:
    """Return what opens a view that everybody may see who sees the draft."""

    def prepare(session: Session, _: ListenerContext, action: BlockAction) -> ViewBuilder:
        return partial(build, load_visible_draft(session, action))

    return prepare


def prepare_history_view(
    session: Session, context: ListenerContext, action: BlockAction
) -> ViewBuilder:
    draft = load_visible_draft(session, action)
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
    draft = load_visible_draft(session, action)
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
