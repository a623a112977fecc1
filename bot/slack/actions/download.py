"""Downloads: approved words as files by a delivery; others as marked copies, to one person."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.approvals.draft_document import render_draft
from bot.audit.receipt import Receipt
from bot.audit.row_digests import require_unchanged_task
from bot.delivery.models import Delivery
from bot.digests.visibility import may_see_receipts
from bot.drafts.models import Draft
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.context import ListenerContext
from bot.slack.files import upload_file
from bot.slack.interactions import BlockAction, load_visible_draft
from bot.tasks.models import Task


@dataclass(frozen=True)
class DownloadFiles:
    """What is uploaded right after the answer: row id → name. When `approved`, the rest is
    deliveries."""

    draft: Draft
    approved: bool
    fresh: bool
    files: dict[str, str]
    left: str


async def start_download(front: ListenerContext, click: BlockAction) -> Words:
    """Send the files on their way to the presser's direct messages; what to tell them."""
    copies = await front.run(_plan_download, front, click)
    if copies.files:
        front.later.soon(_upload_files(front, click, copies))
    if not copies.fresh:
        return Words("You have these files already, in your direct messages with me.")
    if copies.approved:
        return Words("The files are on their way to your direct messages with me.")
    return Words("Not approved yet: a marked copy is on its way to your direct messages with me.")


def _plan_download(session: Session, front: ListenerContext, click: BlockAction) -> DownloadFiles:
    draft, policy = (
        load_visible_draft(session, click.viewer, click.ref),
        front.house.policy(click.workspace),
    )
    require_unchanged_task(session, draft.workspace, draft.task)
    approved = compute_status(Decision.list_for_draft(session, draft.id), policy) == "approved"
    files: dict[str, str] = {}
    task = session.get_one(Task, draft.task)
    left = _render_receipts(session, draft) if may_see_receipts(session, click.viewer, task) else ""
    if left:
        files[f"{draft.id}:left:{click.user}"] = f"{draft.code}-what-left.txt"
    fresh = False
    for format in policy.delivery.files:
        if approved:
            told = {"kind": "file", "format": format, "to": click.user}
            fresh |= Delivery.plan(
                session,
                front.house.enqueue,
                draft,
                destination=told,
                now=front.house.now(),
                by=click.user,
            )
        else:
            name = f"{draft.code}-v{draft.version}-not-approved.{format}"
            files[f"{draft.id}:copy:{click.user}:{format}"] = name
    for id in list(files):
        row = OutboxMessage.plan(
            session,
            id=id,
            workspace=draft.workspace,
            kind="file",
            place={"channel": click.user, "dm": True, "user": click.user},
            now=front.house.now(),
        )
        if row.ts is None:
            fresh = True
        else:
            del files[id]
    if approved:
        OutboxMessage.changed(session, front.house.enqueue, draft.piece)
    return DownloadFiles(draft, approved, fresh, files, left)


async def _upload_files(front: ListenerContext, click: BlockAction, copies: DownloadFiles) -> None:
    brand = front.house.brand(click.workspace)
    language = await front.people.language(click.workspace, click.user)
    try:
        for id, name in copies.files.items():
            format = name.rsplit(".", 1)[-1]
            text = (
                copies.left
                if format == "txt"
                else render_draft(copies.draft, brand, format, language)
            )
            await upload_file(front.poster, id, name, text.encode())
    except CannotDo as no:
        await front.people.tell(click.workspace, click.user, no.words, click.channel, click.thread)
    except TryAgain:
        words = Words("Slack didn't take the files. Please press Download again in a moment.")
        await front.people.tell(click.workspace, click.user, words, click.channel, click.thread)


def _render_receipts(session: Session, draft: Draft) -> str:
    """Letter for letter what was sent to a writer for this draft."""
    pieces = [
        f"--- {one.at.isoformat()} · {one.writer} · {one.to or '-'}\n{one.sent}"
        for one in Receipt.list_for_task(session, draft.task)
        if one.sent
    ]
    return "\n\n".join(pieces)
