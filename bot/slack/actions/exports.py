"""The files that a person takes with them: an approved audience, requested in a form, and a
download of a draft. Both are sent to the requester alone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.audiences.platforms import PLATFORMS, AudienceExport, ExportReceipt
from bot.audit import journal
from bot.audit.receipt import Receipt
from bot.audit.row_checks import require_unchanged_task
from bot.core.audience_rule import AudienceRule
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.delivery.models import Delivery
from bot.digests.visibility import GONE, may_see_receipts
from bot.drafts.export import AUDIENCE_PART, is_audience_draft, render_draft
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import pack_draft
from bot.slack.blocks import Block, context_block, truncate
from bot.slack.files import upload_file
from bot.slack.listeners import (
    BlockAction,
    FormAnswer,
    ListenerContext,
    ViewSubmission,
    load_visible_draft,
)
from bot.slack.views.inputs import FormBuilder, read_choice
from bot.tasks.models import Task

# The part of older drafts whose table names each rule by its code, for any platform.
RULES_PART = "rules"
MAX_NAME = 75  # characters of an option


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
        raise CannotDo("This rule is not one of those that were approved.")
    return rules[code][1]


def find_audience_name(draft: Draft, code: str) -> str:
    return find_exportable_rules(draft)[code][0]


def prepare_export_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    """Build the form that asks for the audience and the platform."""
    draft = _load_exportable_draft(session, context, action)
    return lambda language: build_export_form(draft, language)


def build_export_form(draft: Draft, language: str) -> Block:
    audiences = {code: name for code, (name, _) in find_exportable_rules(draft).items()}
    platforms = {key: PLATFORMS[key].title for key in find_approved_platforms(draft)}
    explanation = Words(
        "Only people who agreed are in the file. It comes to your direct messages with me, and is "
        "noted in the journal: how many, for what, by which rule."
    )
    form, first = FormBuilder(language), (next(iter(audiences)), next(iter(platforms)))
    blocks = [
        form.menu("audience", Words("Audience"), audiences, first[0], must=True),
        form.menu("platform", Words("For"), platforms, first[1], must=True),
        context_block(explanation.to(language)),
    ]
    title, send = Words("Export audience"), Words("Export")
    return form.build(action_ids.EXPORT_FORM, title, send, blocks, pack_draft(draft))


async def submit_export_form(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Plan the delivery of the file."""
    fresh = await context.run(_plan_export, context, submission)
    if not fresh:
        raise CannotDo("You have this file already, in your direct messages with me.")
    return FormAnswer()


def _plan_export(session: Session, context: ListenerContext, submission: ViewSubmission) -> bool:
    draft = _load_exportable_draft(session, context, submission)
    view = submission.view
    code, platform = read_choice(view, "audience"), read_choice(view, "platform")
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
    context.redraw(session, draft.piece)
    return planned


def _load_exportable_draft(
    session: Session, context: ListenerContext, request: BlockAction | ViewSubmission
) -> Draft:
    """Return the approved draft, if this person sees it and may export. Raise CannotDo."""
    draft = load_visible_draft(session, request)
    policy = context.services.policy(request.workspace)
    draft.demand_current(session, request.ref.seen or "")
    require_unchanged_task(session, draft.workspace, draft.task)
    policy.require(request.user, "export")
    if compute_status(Decision.list_for_draft(session, draft.id), policy) != "approved":
        raise CannotDo("Only an approved audience can be exported.")
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
        now=now,
        by=by,
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


# Downloads.


@dataclass(frozen=True)
class DownloadFiles:
    """Files to upload right after the answer: row id → file name. When `approved`, the others
    are sent as deliveries."""

    draft: Draft
    approved: bool
    fresh: bool
    files: dict[str, str]
    receipts: str


async def start_download(context: ListenerContext, action: BlockAction) -> Words:
    """Start sending the files to the person's direct messages, and return what to tell them."""
    copies = await context.run(_plan_download, context, action)
    if copies.files:
        context.background.start(_upload_files(context, action, copies))
    if not copies.fresh:
        return Words("You have these files already, in your direct messages with me.")
    if copies.approved:
        return Words("The files are on their way to your direct messages with me.")
    return Words("Not approved yet: a marked copy is on its way to your direct messages with me.")


def _plan_download(
    session: Session, context: ListenerContext, action: BlockAction
) -> DownloadFiles:
    draft = load_visible_draft(session, action)
    policy = context.services.policy(action.workspace)
    require_unchanged_task(session, draft.workspace, draft.task)
    approved = compute_status(Decision.list_for_draft(session, draft.id), policy) == "approved"
    files: dict[str, str] = {}
    task = session.get_one(Task, draft.task)
    sees_receipts = may_see_receipts(session, action.viewer, task)
    receipts = _render_receipts(session, draft) if sees_receipts else ""
    if receipts:
        files[f"{draft.id}:left:{action.user}"] = f"{draft.code}-what-left.txt"
    fresh = False
    for format in policy.delivery.files:
        if approved:
            destination = {"kind": "file", "format": format, "to": action.user}
            fresh |= Delivery.plan(
                session,
                context.services.enqueue,
                draft,
                destination=destination,
                now=context.services.now(),
                by=action.user,
            )
        else:
            name = f"{draft.code}-v{draft.version}-not-approved.{format}"
            files[f"{draft.id}:copy:{action.user}:{format}"] = name
    for id in list(files):
        OutboxMessage.plan(
            session,
            id=id,
            workspace=draft.workspace,
            kind="file",
            place={"channel": action.user, "dm": True, "user": action.user},
            now=context.services.now(),
        )
        if session.get_one(OutboxMessage, id).ts is None:
            fresh = True
        else:
            del files[id]
    if approved:
        context.redraw(session, draft.piece)
    return DownloadFiles(draft, approved, fresh, files, receipts)


async def _upload_files(
    context: ListenerContext, action: BlockAction, copies: DownloadFiles
) -> None:
    brand = context.services.brand(action.workspace)
    language = await context.people.language(action.workspace, action.user)

    async def upload() -> None:
        for id, name in copies.files.items():
            format = name.rsplit(".", 1)[-1]
            text = copies.receipts
            if format != "txt":
                text = render_draft(copies.draft, brand, format, language)
            await upload_file(context.sender, id, name, text.encode())

    await notify_of_failure(context, action, upload())


async def notify_of_failure(
    context: ListenerContext, action: BlockAction, upload: Awaitable[None]
) -> None:
    """Wait for the upload of files, and tell the person who pressed when it fails."""
    try:
        await upload
    except CannotDo as error:
        await context.notify(action, error.words)
    except TryAgain:
        words = Words("Slack didn't take the files. Please press Download again in a moment.")
        await context.notify(action, words)


def _render_receipts(session: Session, draft: Draft) -> str:
    """Render, character by character, what was sent to a model for this draft."""
    pieces = [
        f"--- {one.at.isoformat()} · {one.writer} · {one.to or '-'}\n{one.sent}"
        for one in Receipt.list_for_task(session, draft.task)
        if one.sent
    ]
    return "\n\n".join(pieces)
