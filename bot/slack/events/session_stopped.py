"""The Stop button of Slack's agent view stops what is being worked on in its thread."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slack.listener_context import ListenerContext
from bot.tasks.models import OPEN_STATES, Task


async def handle_session_stopped(context: ListenerContext, body: dict[str, Any]) -> None:
    """Handle Slack's `agent_session_stopped`."""
    event, workspace = body["event"], str(body.get("team_id") or "")
    user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    thread = str(event.get("thread_ts") or "")
    for task in await context.run(stop_thread_tasks, context, workspace, user, channel, thread):
        context.background.start(context.stop_task(task))


def stop_thread_tasks(
    session: Session,
    context: ListenerContext,
    workspace: str,
    user: str,
    channel: str,
    thread: str,
) -> list[str]:
    """Stop the open tasks of this thread that this person asked for; an approver may stop all.
    Return their ids."""
    running = select(Task).where(
        Task.workspace == workspace,
        Task.state.in_(OPEN_STATES),
        Task.place["channel"].as_string() == channel,
        Task.place["thread"].as_string() == thread,
    )
    is_approver = user in context.services.policy(workspace).approvers
    stopped = []
    for task in session.scalars(running):
        if task.author == user or task.place.get("user") == user or is_approver:
            task.stop(session, context.services.enqueue, user, context.services.now())
            stopped.append(task.id)
    return stopped
