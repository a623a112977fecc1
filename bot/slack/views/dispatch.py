"""What people fill in and send. Whatever goes wrong, what they typed stays before them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.approvals.decision import Verdict
from bot.core.brief import just_for_me
from bot.core.ids import task_id
from bot.digests.visibility import may_see
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.actions import audience_export, digests, next_steps
from bot.slack.actions.context import draft_of, workspace_of
from bot.slack.actions.revise import taken_up
from bot.slack.context import Front
from bot.slack.location import Place, asked_at
from bot.slack.views import audience_rule, forms
from bot.slack.views.edit_submit import edited
from bot.slack.views.submission import Sent
from bot.slack.visible_rows import for_viewer
from bot.tasks.models import Task, Wish


async def submitted(front: Front, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Store it, then let the form close. Raises CannotDo, which the form then shows."""
    sent = Sent(workspace_of(body), str(body["user"]["id"]), body["view"])
    form = FORMS.get(str(sent.view.get("callback_id")))
    if form is None:
        await ack()
        return
    try:
        await for_viewer(front, sent, partial(form, front, ack))
    except CannotDo:
        await front.run(_redraw, front, sent)
        raise


async def brief(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """A new wish, from the form."""
    front.house.policy(sent.workspace).demand(sent.user, "ask")
    fields = forms.read_brief(sent.view)
    private, words = just_for_me(fields.pop("words", ""))
    private = fields.pop("private", "") != "" or private or bool(sent.back.get("private"))
    if not words:
        language = await front.language(sent.workspace, sent.user)
        said = Words("Say in a few words what you need.").to(language)
        return await ack(response_action="errors", errors={"words": said})
    channel = await _read_by(front, sent)
    place = asked_at(channel, sent.user, private=private)
    if sent.ref.draft:  # opened by a button under a result
        place, alone, more = await front.run(_led, sent)
        private, fields = private or alone, {**more, **fields}
    wish = Wish(
        id=task_id(sent.workspace, "form", str(sent.view["id"])),
        workspace=sent.workspace,
        author=sent.user,
        words=words,
        place=place,
        locale=front.people.known(sent.workspace, sent.user),
        private=private,
        form=fields,
    )
    await front.run(Task.accept, front.house.enqueue, wish, front.house.now())
    return await ack()


async def _read_by(front: Front, sent: Sent) -> str:
    """The channel in which the form was opened, which its sender reads. Raises CannotDo."""
    channel = str(sent.back.get("channel") or sent.user)
    if channel == sent.user or await front.readable(sent.workspace, sent.user, {channel}):
        return channel
    if channel == await front.people.direct(sent.user):
        return channel
    raise CannotDo(
        Words("I could not see whether you are in that channel. Please try again from there.")
    )


def _led(session: Session, sent: Sent) -> tuple[Place, bool, dict[str, str]]:
    """Where a wish goes that a result led to, and what it knows already."""
    draft = draft_of(session, sent.viewer, sent.ref)
    place, private = next_steps.place_of(session, draft, sent.viewer, sent.back)
    return place, private, next_steps.form_of(draft, next_steps.lead_of(draft, sent.ref))


async def sent_back(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    return await _refuse(front, ack, sent, "send back")


async def rejected(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    return await _refuse(front, ack, sent, "reject")


async def _refuse(front: Front, ack: AsyncAck, sent: Sent, verdict: Verdict) -> BoltResponse:
    language = await front.language(sent.workspace, sent.user)
    if errors := forms.reason_missing(sent.view, language):
        return await ack(response_action="errors", errors=errors)
    await front.run(_refused, front, sent, verdict)
    return await ack()


def _refused(session: Session, front: Front, sent: Sent, verdict: Verdict) -> None:
    """The verdict; sent back, the wish goes on as a new task under the same card."""
    draft = draft_of(session, sent.viewer, sent.ref)
    reason = forms.read_reason(sent.view)
    decision.send_back(
        session,
        front.house.enqueue,
        draft,
        by=sent.user,
        fingerprint=sent.ref.seen or "",
        reason=reason,
        policy=front.house.policy(sent.workspace),
        now=front.house.now(),
        verdict=verdict,
    )
    if verdict == "send back":
        id = task_id("send back", draft.id, sent.user)
        taken_up(session, front, draft, id=id, reason=reason, back=sent.back, viewer=sent.viewer)


async def anyway(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """An approval over a block, with its reason."""
    reason = forms.read_reason(sent.view)
    if not reason:
        language = await front.language(sent.workspace, sent.user)
        said = Words("Say why it is right.").to(language)
        return await ack(response_action="errors", errors={"reason": said})
    await front.run(_approve, front, sent, reason)
    return await ack()


def _approve(session: Session, front: Front, sent: Sent, reason: str) -> None:
    decision.approve(
        session,
        front.house.enqueue,
        draft_of(session, sent.viewer, sent.ref),
        by=sent.user,
        fingerprint=sent.ref.seen or "",
        policy=front.house.policy(sent.workspace),
        now=front.house.now(),
        reason=reason,
    )


def _redraw(session: Session, front: Front, sent: Sent) -> None:
    """The card behind the form may be an old picture."""
    draft = session.get(Draft, sent.ref.draft) if sent.ref.draft else None
    if draft is not None and may_see(session, sent.viewer, draft):
        Post.changed(session, front.house.enqueue, draft.piece)


FORMS: dict[str, Callable[[Front, AsyncAck, Sent], Awaitable[BoltResponse]]] = {
    action_ids.BRIEF_FORM: brief,
    action_ids.EDIT_FORM: edited,
    action_ids.SEND_BACK_FORM: sent_back,
    action_ids.REJECT_FORM: rejected,
    action_ids.ANYWAY_FORM: anyway,
    action_ids.DIGEST_FORM: digests.filled_in,
    action_ids.RULE_FORM: audience_rule.ruled,
    action_ids.EXPORT_FORM: audience_export.asked_for,
}
