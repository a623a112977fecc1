"""An approved audience as a file: asked for in a form, sent to whoever asked and nobody else."""

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, standing
from bot.audiences.export import PLATFORMS, Exported, ExportNote
from bot.audit import journal
from bot.audit.receipt import Receipt
from bot.audit.row_digests import demand_recorded
from bot.core.audience_rule import Rule
from bot.core.parts import Table
from bot.delivery.models import Delivery
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.context import GONE, Click, draft_of
from bot.slack.blocks import Block, context, option, plain
from bot.slack.context import Front
from bot.slack.views.inputs import LABEL, form
from bot.slack.views.parse import chosen
from bot.slack.views.submission import Sent

RULES = "rules"  # the part that names each rule by its code: it is in what was approved


def exportable(draft: Draft) -> dict[str, tuple[str, Rule]]:
    """The rules whose codes stand in the draft's own words, code → (name, rule). A rule that was
    not in what was approved is not among them."""
    if draft.skill != "targeting":
        return {}
    part = next((one for one in draft.parts if one.key == RULES), None)
    if part is None or not isinstance(part.body, Table):
        return {}
    stored = (fact for fact in draft.facts.of("audiences") if fact.id.endswith(".rule"))
    rules = {rule.code: rule for fact in stored if (rule := _rule(str(fact.value)))}
    shown = {str(row[-1]): row[0] for row in part.body.rows}  # in the order of the card
    return {code: (name, rules[code]) for code, name in shown.items() if code in rules}


def approved_rule(draft: Draft, code: str) -> Rule:
    """Raises CannotDo for one that is not in the draft's words."""
    known = exportable(draft)
    if code not in known:
        raise CannotDo(Words("This rule is not one of those that were approved."))
    return known[code][1]


def audience_of(draft: Draft, code: str) -> str:
    """What the audience of this rule is called in the draft."""
    return exportable(draft)[code][0]


def ask(session: Session, front: Front, click: Click) -> Callable[[str], Block]:
    """Which audience, for which platform."""
    draft = _allowed(session, front, click.viewer, click.ref)
    return lambda language: export_form(draft, language)


def export_form(draft: Draft, language: str) -> Block:
    audiences = [option(name, code) for code, (name, _) in exportable(draft).items()]
    platforms = [option(_title(one.title, language), key) for key, one in PLATFORMS.items()]
    told = Words(
        "Only people who agreed are in the file. It comes to your direct messages with me, and is "
        "noted in the journal: how many, for what, by which rule."
    )
    blocks = [
        _menu("audience", Words("Audience"), audiences, language),
        _menu("platform", Words("For"), platforms, language),
        context(told.to(language)),
    ]
    metadata = Ref(draft=draft.id, seen=draft.fingerprint).packed()
    title, send = Words("Export audience"), Words("Export")
    return form(action_ids.EXPORT_FORM, title, send, blocks, metadata, language)


async def asked_for(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """The file on its way."""
    fresh = await front.run(_planned, front, sent)
    if not fresh:
        raise CannotDo(Words("You have this file already, in your direct messages with me."))
    return await ack()


def _planned(session: Session, front: Front, sent: Sent) -> bool:
    draft = _allowed(session, front, sent.viewer, sent.ref)
    code, platform = chosen(sent.view, "audience"), chosen(sent.view, "platform")
    approved_rule(draft, code)
    if platform not in PLATFORMS:
        raise CannotDo(GONE)
    now = front.house.now()
    destination = {
        "kind": "audience",
        "audience": code,
        "format": platform,
        "to": sent.user,
        "day": now.date().isoformat(),  # consents change: tomorrow's file is another
    }
    enqueue = front.house.enqueue
    planned = Delivery.plan(session, enqueue, draft, destination=destination, now=now, by=sent.user)
    Post.changed(session, enqueue, draft.piece)
    return planned


def _allowed(session: Session, front: Front, viewer: Viewer, ref: Ref) -> Draft:
    """The approved draft, for whoever sees it and may export. Raises CannotDo."""
    draft, policy = draft_of(session, viewer, ref), front.house.policy(viewer.workspace)
    draft.demand_current(session, ref.seen or "")
    demand_recorded(session, draft.workspace, draft.task)
    policy.demand(viewer.person, "export")
    if standing(Decision.of(session, draft.id), policy) != "approved":
        raise CannotDo(Words("Only an approved audience can be exported."))
    if not exportable(draft):
        raise CannotDo(GONE)
    return draft


def record(
    session: Session, draft: Draft, delivery: Delivery, made: Exported, *, by: str, now: datetime
) -> None:
    """What left, without anybody's address: a receipt and an entry in the journal, once."""
    code = str(delivery.destination["audience"])
    if any(one.writer == f"export {delivery.id}" for one in Receipt.of(session, draft.task)):
        return
    name, seen = audience_of(draft, code), draft.fingerprint
    note = ExportNote.of(made, audience=name, code=code, approved=seen, by=by)
    Receipt.of_file(
        session,
        workspace=draft.workspace,
        task=draft.task,
        named=f"export {delivery.id}",
        told=note.stored,
        to=f"file for {made.platform}",
        now=now,
    )
    journal.record(
        session,
        workspace=draft.workspace,
        event="audience exported",
        subject=delivery.id,
        by=by,
        now=now,
        platform=made.platform,
        people=made.people,
        rule=made.rule,
        file=note.sha256,
        fingerprint=draft.fingerprint,
    )


def _rule(stored: str) -> Rule | None:
    try:
        return Rule.model_validate_json(stored)
    except ValidationError:
        return None


def _title(title: Words | str, language: str) -> str:
    return title.to(language) if isinstance(title, Words) else title


def _menu(id: str, label: Words, options: list[Block], language: str) -> Block:
    menu: Block = {"type": "static_select", "action_id": id, "options": options}
    menu["initial_option"] = options[0]
    label_ = plain(label.to(language), LABEL)
    return {"type": "input", "block_id": id, "label": label_, "element": menu}
