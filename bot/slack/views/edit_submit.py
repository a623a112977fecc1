"""An edit that was sent: the next version, or the form again with all that was typed."""

import json

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.core.parts import Copy
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack.actions.context import draft_of
from bot.slack.context import Front, carrying
from bot.slack.view_limits import fit_view
from bot.slack.views import forms
from bot.slack.views.submission import Sent, View


async def edited(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """The next version in this person's words; too late, the newest with their words in it."""
    language = await front.language(sent.workspace, sent.user)
    if errors := _emptied(sent.view, language):
        return await ack(response_action="errors", errors=errors)
    newer: tuple[Draft, dict[str, str]] | None = await front.run(_revise, front, sent)
    if newer is None:
        return await ack()
    draft, typed = newer
    who = f"<@{draft.author}>" if draft.author else Words("your intern")
    notice = Words(
        "{who} changed this draft while you were typing. This is the new version with what you "
        "typed in it. Look through it and save again.",
        who=who,
    )
    view = _renamed(forms.edit_form(draft, language, typed=typed, notice=notice), draft.version)
    whole = fit_view(view | carrying(view, sent.back), language)
    return await ack(response_action="update", view=whole)


def _revise(session: Session, front: Front, sent: Sent) -> tuple[Draft, dict[str, str]] | None:
    """None when it is stored; else the newest version, and what was typed into the older one."""
    ref, texts = sent.ref, forms.read_edit(sent.view)
    draft = draft_of(session, sent.viewer, ref)
    newest = Draft.latest(session, draft.piece)
    if newest is not None and newest.fingerprint != ref.seen:
        return newest, _typed(draft, texts)
    decision.revise(
        session,
        front.house.enqueue,
        draft,
        by=sent.user,
        fingerprint=ref.seen or "",
        texts=texts,
        policy=front.house.policy(sent.workspace),
        now=front.house.now(),
    )
    return None


def _renamed(view: View, version: int) -> View:
    """The form with its fields under other ids: Slack keeps what a field of the same id held."""
    for block in view["blocks"]:
        if block["type"] == "input":
            key, number, before = json.loads(block["block_id"])
            block["block_id"] = json.dumps([key, str(number).zfill(version + 3), before])
    return view


def _typed(before: Draft, texts: dict[str, str]) -> dict[str, str]:
    """Only what this person changed: the rest may have been changed by somebody else."""
    known = {part.key: part.text for part in before.parts}
    return {key: text for key, text in texts.items() if Copy(text=text).text != known.get(key)}


def _emptied(view: View, language: str) -> dict[str, str]:
    """Errors for parts that nothing is left of, by the block that holds their beginning."""
    left = forms.read_edit(view)
    said = Words("Something has to stay here.").to(language)
    errors: dict[str, str] = {}
    for block in view["blocks"]:
        held = forms.read_edit({"state": {"values": {str(block["block_id"]): {}}}})
        for key in held:
            if not left.get(key, "x").strip() and key not in errors.values():
                errors.setdefault(str(block["block_id"]), key)
    return dict.fromkeys(errors, said)
