"""Redraws a person's latest cards when they change their language in Slack."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.data.ingest.models import FileUpload
from bot.messages.outbox import OutboxMessage
from bot.slack.listener_context import ListenerContext
from bot.tasks.models import Task

MAX_TASKS = 20  # of one person; older cards keep their language until something changes


async def handle_user_change(context: ListenerContext, body: dict[str, Any]) -> None:
    """Handle Slack's `user_change`, which comes with every change of a profile."""
    workspace, user = str(body.get("team_id")), str(body["event"]["user"]["id"])
    before = context.people.cached_locale(workspace, user)
    context.people.forget(workspace, user)  # they may have become a guest or left
    if before is None:
        return  # their locale was never read, so no card uses it
    if await context.people.locale(workspace, user) != before:
        await context.run(redraw_cards, context, workspace, user)


def redraw_cards(session: Session, context: ListenerContext, workspace: str, user: str) -> None:
    """Redraw the newest cards of this person."""
    tasks = select(Task.id).where(Task.workspace == workspace, Task.author == user)
    for task in session.scalars(tasks.order_by(Task.made_at.desc()).limit(MAX_TASKS)):
        for card in OutboxMessage.list_cards(session, task):
            post = session.get_one(OutboxMessage, card)
            OutboxMessage.request_redraw(session, context.services.enqueue, post.piece or "")
    dropped = select(FileUpload).where(FileUpload.workspace == workspace, FileUpload.author == user)
    for upload in session.scalars(dropped.order_by(FileUpload.made_at.desc()).limit(MAX_TASKS)):
        OutboxMessage.request_redraw(session, context.services.enqueue, upload.card_piece)
