"""Handles submitted forms. Whatever goes wrong, the form keeps what was typed."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.approvals.decision import Verdict
from bot.core.channels import load_channels
from bot.core.parts import Copy
from bot.core.request import parse_just_for_me, task_id
from bot.digests.visibility import may_see
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.actions import digests, exports, reports
from bot.slack.events.thread_replies import request_changes, use_opening
from bot.slack.listeners import (
    FormAnswer,
    ListenerContext,
    View,
    ViewSubmission,
    copy_task_form,
    decision_fields,
    find_workspace,
    load_visible_draft,
    pack_metadata,
    run_for_viewer,
)
from bot.slack.threads import Place, make_place
from bot.slack.views import forms, inputs, next_step_forms
from bot.slack.views.brief_form import (
    NOTHING_TO_WRITE,
    build_own_text_form,
    describe_brief,
    read_brief,
    read_own_text,
)
from bot.slack.views.inputs import fit_view, read_choice
from bot.tasks.models import Task


async def submit_edit(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Store the edit as the next version.

    When somebody else has changed the draft meanwhile, show their version with what was typed.
    """
    if errors := _find_emptied_parts(submission.view):
        return FormAnswer(errors)
    newer: tuple[Draft, dict[str, str]] | None = await context.run(_save_edit, context, submission)
    if newer is None:
        return FormAnswer()
    draft, typed = newer
    language = await context.language(submission.workspace, submission.user)
    who = f"<@{draft.author}>" if draft.author else Words("your intern")
    notice = Words(
        "{who} changed this draft while you were typing. This is the new version with what you "
        "typed in it. Look through it and save again.",
        who=who,
    )
    view = _rename_fields(
        forms.build_edit_form(draft, language, typed=typed, notice=notice), draft.version
    )
    return FormAnswer(view=fit_view(view | pack_metadata(view, submission.origin), language))


def _save_edit(
    session: Session, context: ListenerContext, submission: ViewSubmission
) -> tuple[Draft, dict[str, str]] | None:
    """Return None when it is stored; else the newest version, and the texts changed in the older
    one."""
    ref, texts = submission.ref, inputs.read_edit(submission.view)
    draft = load_visible_draft(session, submission)
    newest = Draft.latest(session, draft.piece)
    if newest is not None and newest.fingerprint != ref.seen:
        return newest, _find_changed_texts(draft, texts)
    decision.revise(
        session,
        context.services.enqueue,
        draft,
        **decision_fields(context, submission),
        texts=texts,
    )
    return None


def _rename_fields(view: View, version: int) -> View:
    """Give the fields new ids, because Slack keeps the value of a field whose id stays the same."""
    for block in view["blocks"]:
        if block["type"] == "input":
            key, number, before = json.loads(block["block_id"])
            block["block_id"] = json.dumps([key, str(number).zfill(version + 3), before])
    return view


def _find_changed_texts(before: Draft, texts: dict[str, str]) -> dict[str, str]:
    """Return only the texts that this person changed: somebody else may have changed the others."""
    old_texts = {part.key: part.text for part in before.parts}
    return {key: text for key, text in texts.items() if Copy(text=text).text != old_texts.get(key)}


def _find_emptied_parts(view: View) -> dict[str, Words]:
    """Return an error for each part that was emptied, at the block with its beginning."""
    remaining = inputs.read_edit(view)
    errors: dict[str, str] = {}
    for block in view["blocks"]:
        parts = inputs.read_edit({"state": {"values": {str(block["block_id"]): {}}}})
        for key in parts:
            if not remaining.get(key, "x").strip() and key not in errors.values():
                errors.setdefault(str(block["block_id"]), key)
    return dict.fromkeys(errors, Words("Something has to stay here."))


# Submissions.


async def handle_view_submission(
    context: ListenerContext, ack: AsyncAck, body: dict[str, Any]
) -> None:
    """Store the submission, then let the form close. Raise CannotDo, which the form shows."""
    submission = ViewSubmission(find_workspace(body), str(body["user"]["id"]), body["view"])
    form = SUBMISSION_HANDLERS.get(str(submission.view.get("callback_id")))
    if form is None:
        await ack()
        return
    try:
        answer = await run_for_viewer(context, submission, partial(form, context))
    except CannotDo:
        await context.run(_redraw_card, context, submission)
        raise
    if answer.view is not None:
        await ack(response_action="update", view=answer.view)
    elif answer.errors:
        language = await context.language(submission.workspace, submission.user)
        errors = {field: words.to(language) for field, words in answer.errors.items()}
        await ack(response_action="errors", errors=errors)
    else:
        await ack()


async def submit_brief(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Store the brief as a new task."""
    context.services.policy(submission.workspace).require(submission.user, "ask")
    language = await context.language(submission.workspace, submission.user)
    fields = read_brief(submission.view)
    is_private, words = parse_just_for_me(fields.pop("words", ""))
    is_private = fields.pop("private", "") != "" or is_private
    described = describe_brief(fields, language)
    if context.services.has_ai:  # it reads the words, so that they say what the form's fields say
        words = "\n".join(filter(None, [words, described]))
    words = words or described
    if not words:
        return FormAnswer({"words": NOTHING_TO_WRITE})
    await _accept_form(context, submission, words, fields, is_private=is_private)
    return FormAnswer()


async def choose_own_text(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Show the parts of the chosen channel, to be filled in."""
    context.services.policy(submission.workspace).require(submission.user, "ask")
    language = await context.language(submission.workspace, submission.user)
    metadata = str(submission.view.get("private_metadata") or "")
    view = build_own_text_form(read_brief(submission.view), metadata, language)
    return FormAnswer(view=fit_view(view, language))


async def submit_own_text(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Store a text that a person wrote as a new task, which checks it."""
    context.services.policy(submission.workspace).require(submission.user, "ask")
    language = await context.language(submission.workspace, submission.user)
    metadata = json.loads(submission.view.get("private_metadata") or "{}")
    chosen: dict[str, str] = metadata.get("own") or {}
    fields = {**chosen, "own_text": json.dumps(read_own_text(submission.view))}
    channel = Words(load_channels()[chosen["channel"]].title)
    words = Words("My own text: {channel}", channel=channel).to(language)
    await _accept_form(context, submission, words, fields, is_private=False)
    return FormAnswer()


async def _accept_form(
    context: ListenerContext,
    submission: ViewSubmission,
    words: str,
    fields: dict[str, str],
    *,
    is_private: bool,
) -> None:
    channel, origin = await _find_readable_channel(context, submission), submission.origin
    is_private = is_private or bool(origin.get("private"))
    place = make_place(channel, submission.user, thread=origin.get("thread"), private=is_private)
    if submission.ref.draft:  # a button under a result opened the form
        place, source_private, more = await context.run(_load_source, submission)
        is_private, fields = is_private or source_private, {**more, **fields}
    id = task_id(submission.workspace, "form", str(submission.view["id"]))
    new_task = context.build_task(
        submission.workspace, submission.user, id, words, place, private=is_private, form=fields
    )
    await context.run(context.accept, new_task)


async def _find_readable_channel(context: ListenerContext, submission: ViewSubmission) -> str:
    """Return the channel in which the form was opened, if its sender reads it. Raise CannotDo."""
    channel = str(submission.origin.get("channel") or submission.user)
    if channel == submission.user or await context.readable_channels(
        submission.workspace, submission.user, {channel}
    ):
        return channel
    if channel == await context.people.open_direct_message(submission.user):
        return channel
    raise CannotDo("I could not see whether you are in that channel. Please try again from there.")


def _load_source(
    session: Session, submission: ViewSubmission
) -> tuple[Place, bool, dict[str, str]]:
    """Return the place, the privacy and the form fields of a next step, or of a draft whose brief
    was changed."""
    draft = load_visible_draft(session, submission)
    place, private = reports.find_next_step_place(
        session, draft, submission.viewer, submission.origin
    )
    if submission.ref.field != forms.CHANGED_BRIEF:
        step = reports.find_next_step(draft, submission.ref)
        return place, private, reports.build_next_step_form(draft, step)
    fields = copy_task_form(session, session.get_one(Task, draft.task), draft)
    for name in ("words", "channels", "channel", "audience", "language"):  # the form has these
        fields.pop(name, None)
    return place, private, fields | {"skill": draft.skill}


async def submit_opening(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Store the chosen opening as the next version."""
    pick = read_choice(submission.view, "angle")
    await context.run(use_opening, context, submission, pick)
    return FormAnswer()


async def submit_refusal(
    verdict: Verdict, context: ListenerContext, submission: ViewSubmission
) -> FormAnswer:
    """Send the draft back or reject it, with the reason."""
    if errors := inputs.find_missing_reason(submission.view):
        return FormAnswer(errors)
    await context.run(_record_refusal, context, submission, verdict)
    return FormAnswer()


def _record_refusal(
    session: Session, context: ListenerContext, submission: ViewSubmission, verdict: Verdict
) -> None:
    """Record the decision. A draft that was sent back continues as a new task under the same
    card."""
    reason = inputs.read_reason(submission.view)
    if verdict == "send back":
        request_changes(session, context, submission, reason)
        return
    decision.send_back(
        session,
        context.services.enqueue,
        load_visible_draft(session, submission),
        **decision_fields(context, submission),
        reason=reason,
        verdict=verdict,
    )


async def submit_approve_anyway(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Approve a draft with blocking findings, with a reason."""
    reason = inputs.read_reason(submission.view)
    if not reason:
        return FormAnswer({"reason": Words("Say why it is right.")})
    await context.run(_approve_draft, context, submission, reason)
    return FormAnswer()


def _approve_draft(
    session: Session, context: ListenerContext, submission: ViewSubmission, reason: str
) -> None:
    decision.approve(
        session,
        context.services.enqueue,
        load_visible_draft(session, submission),
        **decision_fields(context, submission),
        reason=reason,
    )


def _redraw_card(session: Session, context: ListenerContext, submission: ViewSubmission) -> None:
    """Redraw the card behind the form, because it may be outdated."""
    draft = session.get(Draft, submission.ref.draft) if submission.ref.draft else None
    if draft is not None and may_see(session, submission.viewer, draft):
        context.redraw(session, draft.piece)


SUBMISSION_HANDLERS: dict[
    str, Callable[[ListenerContext, ViewSubmission], Awaitable[FormAnswer]]
] = {
    action_ids.BRIEF_FORM: submit_brief,
    action_ids.OWN_TEXT_CHOICE: choose_own_text,
    action_ids.OWN_TEXT_FORM: submit_own_text,
    action_ids.EDIT_FORM: submit_edit,
    action_ids.SEND_BACK_FORM: partial(submit_refusal, "send back"),
    action_ids.REJECT_FORM: partial(submit_refusal, "reject"),
    action_ids.ANGLES_FORM: submit_opening,
    action_ids.APPROVE_ANYWAY_FORM: submit_approve_anyway,
    action_ids.DIGEST_FORM: digests.submit_digest_form,
    action_ids.QUESTION_FORM: next_step_forms.submit_question_form,
    action_ids.RULE_FORM: next_step_forms.submit_rule_form,
    action_ids.EXPORT_FORM: exports.submit_export_form,
    action_ids.FACT_FORM: forms.submit_facts,
    action_ids.LOWEST_PRICE_FORM: forms.submit_lowest_price,
}
