"""Downloads of a draft: approved versions are sent by a delivery, others as marked copies to one
person."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.audit.receipt import Receipt
from bot.audit.row_digests import require_unchanged_task
from bot.delivery.models import Delivery
from bot.digests.visibility import may_see_receipts
from bot.drafts.export import render_draft
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.files import upload_file
from bot.slack.interactions import BlockAction, load_visible_draft
from bot.slack.listener_context import ListenerContext
from bot.tasks.models import Task


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
    draft, policy = (
        load_visible_draft(session, action.viewer, action.ref),
        context.services.policy(action.workspace),
    )
    require_unchanged_task(session, draft.workspace, draft.task)
    approved = compute_status(Decision.list_for_draft(session, draft.id), policy) == "approved"
    files: dict[str, str] = {}
    task = session.get_one(Task, draft.task)
    receipts = (
        _render_receipts(session, draft) if may_see_receipts(session, action.viewer, task) else ""
    )
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
        row = OutboxMessage.plan(
            session,
            id=id,
            workspace=draft.workspace,
            kind="file",
            place={"channel": action.user, "dm": True, "user": action.user},
            now=context.services.now(),
        )
        if row.ts is None:
            fresh = True
        else:
            del files[id]
    if approved:
        OutboxMessage.request_redraw(session, context.services.enqueue, draft.piece)
    return DownloadFiles(draft, approved, fresh, files, receipts)


async def _upload_files(
    context: ListenerContext, action: BlockAction, copies: DownloadFiles
) -> None:
    brand = context.services.brand(action.workspace)
    language = await context.people.language(action.workspace, action.user)
    try:
        for id, name in copies.files.items():
            format = name.rsplit(".", 1)[-1]
            text = (
                copies.receipts
                if format == "txt"
                else render_draft(copies.draft, brand.name, format, language)
            )
            await upload_file(context.sender, id, name, text.encode())
    except CannotDo as error:
        await context.people.notify(
            action.workspace, action.user, error.words, action.channel, action.thread
        )
    except TryAgain:
        words = Words("Slack didn't take the files. Please press Download again in a moment.")
        await context.people.notify(
            action.workspace, action.user, words, action.channel, action.thread
        )


def _render_receipts(session: Session, draft: Draft) -> str:
    """Render, character by character, what was sent to a model for this draft."""
    pieces = [
        f"--- {one.at.isoformat()} · {one.writer} · {one.to or '-'}\n{one.sent}"
        for one in Receipt.list_for_task(session, draft.task)
        if one.sent
    ]
    return "\n\n".join(pieces)
