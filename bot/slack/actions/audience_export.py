"""The export of an approved audience: requested in a form, sent as a file to the requester
alone."""

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.audiences.platforms import PLATFORMS, AudienceExport, ExportReceipt
from bot.audit import journal
from bot.audit.receipt import Receipt
from bot.audit.row_digests import require_unchanged_task
from bot.core.audience_rule import AudienceRule
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.delivery.models import Delivery
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import Block, context_block, option, plain_text, truncate
from bot.slack.interactions import GONE, BlockAction, ViewSubmission, load_visible_draft
from bot.slack.listener_context import ListenerContext
from bot.slack.views.inputs import LABEL, build_form, read_choice

# The part of a draft whose table holds the code of the one rule to export, and its platform.
AUDIENCE_PART = "audience"
# The part of older drafts whose table names each rule by its code, for any platform.
RULES_PART = "rules"
MAX_NAME = 75  # characters of an option


def is_audience_draft(draft: Draft) -> bool:
    """Return whether the draft is an audience to be exported, which is approved as it is."""
    return draft.skill == "targeting" and _find_table(draft, AUDIENCE_PART) is not None


def find_exportable_rules(draft: Draft) -> dict[str, tuple[str, AudienceRule]]:
    """Return the rules whose codes are in the draft's words, code → (name, rule), in the order
    of the card. A rule that was not part of what was approved is left out."""
    if draft.skill != "targeting":
        return {}
    names_by_code: dict[str, str] = {}
    if table := _find_table(draft, AUDIENCE_PART):
        code, _platform = _read_code(table)
        names_by_code = {code: truncate(table.columns[-1], MAX_NAME)}
    elif table := _find_table(draft, RULES_PART):
        names_by_code = {str(row[-1]): row[0] for row in table.rows}
    stored = (fact for fact in draft.facts.of("audiences") if fact.id.endswith(".rule"))
    rules = {rule.code: rule for fact in stored if (rule := _parse_rule(str(fact.value)))}
    return {code: (name, rules[code]) for code, name in names_by_code.items() if code in rules}


def find_approved_platforms(draft: Draft) -> list[str]:
    """Return the platforms that the draft may be exported for: the approved one, of an older draft
    all."""
    if table := _find_table(draft, AUDIENCE_PART):
        return [key for key in PLATFORMS if key == _read_code(table)[1]]
    return list(PLATFORMS)


def find_approved_size(draft: Draft) -> Fact | None:
    """Return how many people the approver saw; None for older drafts."""
    if not is_audience_draft(draft):
        return None
    (code,) = find_exportable_rules(draft) or ("",)
    rule = find_exportable_rules(draft)[code][1] if code else AudienceRule()
    return draft.facts.get(f"audiences.yours.by-{rule.purpose}")


def _find_table(draft: Draft, key: str) -> Table | None:
    body = next((part.body for part in draft.parts if part.key == key), None)
    return body if isinstance(body, Table) else None


def _read_code(table: Table) -> tuple[str, str]:
    """Return the rule's code and the platform, which the last row holds as "code/platform"."""
    code, _, platform = (table.rows[-1][-1] if table.rows else "").partition("/")
    return code, platform


def find_approved_rule(draft: Draft, code: str) -> AudienceRule:
    """Raise CannotDo for a rule whose code is not in the draft's words."""
    rules = find_exportable_rules(draft)
    if code not in rules:
        raise CannotDo(Words("This rule is not one of those that were approved."))
    return rules[code][1]


def find_audience_name(draft: Draft, code: str) -> str:
    """Return the audience's name in the draft."""
    return find_exportable_rules(draft)[code][0]


def prepare_export_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    """Build the form that asks for the audience and the platform."""
    draft = _load_exportable_draft(session, context, action.viewer, action.ref)
    return lambda language: build_export_form(draft, language)


def build_export_form(draft: Draft, language: str) -> Block:
    audiences = [option(name, code) for code, (name, _) in find_exportable_rules(draft).items()]
    platforms = [
        option(_translate_title(PLATFORMS[key].title, language), key)
        for key in find_approved_platforms(draft)
    ]
    explanation = Words(
        "Only people who agreed are in the file. It comes to your direct messages with me, and is "
        "noted in the journal: how many, for what, by which rule."
    )
    blocks = [
        _build_menu("audience", Words("Audience"), audiences, language),
        _build_menu("platform", Words("For"), platforms, language),
        context_block(explanation.to(language)),
    ]
    metadata = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
    title, send = Words("Export audience"), Words("Export")
    return build_form(action_ids.EXPORT_FORM, title, send, blocks, metadata, language)


async def submit_export_form(
    context: ListenerContext, ack: AsyncAck, submission: ViewSubmission
) -> BoltResponse:
    """Plan the delivery of the file."""
    fresh = await context.run(_plan_export, context, submission)
    if not fresh:
        raise CannotDo(Words("You have this file already, in your direct messages with me."))
    return await ack()


def _plan_export(session: Session, context: ListenerContext, submission: ViewSubmission) -> bool:
    draft = _load_exportable_draft(session, context, submission.viewer, submission.ref)
    code, platform = (
        read_choice(submission.view, "audience"),
        read_choice(submission.view, "platform"),
    )
    find_approved_rule(draft, code)
    if platform not in find_approved_platforms(draft):
        raise CannotDo(GONE)
    now = context.services.now()
    destination = {
        "kind": "audience",
        "audience": code,
        "format": platform,
        "to": submission.user,
        "day": now.date().isoformat(),  # consents change, so tomorrow's file is another delivery
    }
    enqueue = context.services.enqueue
    planned = Delivery.plan(
        session, enqueue, draft, destination=destination, now=now, by=submission.user
    )
    OutboxMessage.request_redraw(session, enqueue, draft.piece)
    return planned


def _load_exportable_draft(
    session: Session, context: ListenerContext, viewer: Viewer, ref: ButtonValue
) -> Draft:
    """Return the approved draft, if this person sees it and may export. Raise CannotDo."""
    draft, policy = (
        load_visible_draft(session, viewer, ref),
        context.services.policy(viewer.workspace),
    )
    draft.demand_current(session, ref.seen or "")
    require_unchanged_task(session, draft.workspace, draft.task)
    policy.require(viewer.person, "export")
    if compute_status(Decision.list_for_draft(session, draft.id), policy) != "approved":
        raise CannotDo(Words("Only an approved audience can be exported."))
    if not find_exportable_rules(draft) or not find_approved_platforms(draft):
        raise CannotDo(GONE)
    return draft


def record_export(
    session: Session,
    draft: Draft,
    delivery: Delivery,
    export: AudienceExport,
    *,
    by: str,
    now: datetime,
) -> None:
    """Record the export once, in a receipt and in the journal. Neither holds an address."""
    code = str(delivery.destination["audience"])
    if any(
        one.writer == f"export {delivery.id}" for one in Receipt.list_for_task(session, draft.task)
    ):
        return
    name, fingerprint = find_audience_name(draft, code), draft.fingerprint
    note = ExportReceipt.from_export(export, audience=name, code=code, approved=fingerprint, by=by)
    Receipt.record_file(
        session,
        workspace=draft.workspace,
        task=draft.task,
        writer=f"export {delivery.id}",
        content=note.stored,
        to=f"file for {export.platform}",
        now=now,
    )
    journal.record_event(
        session,
        workspace=draft.workspace,
        event="audience exported",
        subject=delivery.id,
        by=by,
        now=now,
        platform=export.platform,
        people=export.people,
        rule=export.rule,
        file=note.sha256,
        fingerprint=draft.fingerprint,
    )


def _parse_rule(stored: str) -> AudienceRule | None:
    try:
        return AudienceRule.model_validate_json(stored)
    except ValidationError:
        return None


def _translate_title(title: Words | str, language: str) -> str:
    return title.to(language) if isinstance(title, Words) else title


def _build_menu(id: str, label: Words, options: list[Block], language: str) -> Block:
    menu: Block = {"type": "static_select", "action_id": id, "options": options}
    menu["initial_option"] = options[0]
    label_ = plain_text(label.to(language), LABEL)
    return {"type": "input", "block_id": id, "label": label_, "element": menu}
