"""The Home tab: the intern's skills, undecided drafts and latest tasks; and the suggested
prompts."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, aliased

from bot.agent.skills import load_skills
from bot.approvals.decision import Decision, compute_status
from bot.config.policy import Policy
from bot.digests.visibility import Viewer, find_channels, may_see
from bot.drafts.models import Draft
from bot.errors import TryAgain
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.action_ids import BRIEF_FORM, OWN_TEXT
from bot.slack.blocks import (
    Block,
    actions_block,
    button,
    context_block,
    quote_as_mrkdwn,
    section_block,
    truncate,
)
from bot.slack.cards.draft_card import render_draft_title
from bot.slack.cards.draft_parts import needs_decision
from bot.slack.client import SlackRefusal, call_slack, make_retrying_client
from bot.slack.listeners import (
    BlockAction,
    ListenerContext,
    load_visible_task,
    parse_block_action,
    run_for_viewer,
)
from bot.slack.views.brief_form import build_brief_form, build_own_text_choice, find_known_values
from bot.slack.views.inputs import fit_view
from bot.tasks.models import AUTOMATIC_FORM_KEYS, Task
from bot.text.normalize import collapse_spaces

MAX_RECENT, LOOKBACK = 5, timedelta(days=30)
MAX_UNDECIDED = 30  # drafts that are looked up; a person may not see all of them


@dataclass(frozen=True)
class HomeLine:
    """A task or a draft in one line, with the address of its card if it is known. A `draft` that
    waits for approval is named by the title of its card."""

    words: str
    state: str
    card: OutboxMessage | None = None
    draft: Draft | None = None


async def handle_home_opened(context: ListenerContext, body: dict[str, Any]) -> None:
    """Publish the Home tab after Slack was answered, when somebody opened it or the direct
    messages."""
    event, workspace = body["event"], str(body.get("team_id") or body.get("enterprise_id"))
    if event.get("tab") == "messages":
        context.background.start(
            _set_suggested_prompts(context, workspace, str(event["user"]), str(event["channel"]))
        )
    elif event.get("tab") in (None, "home"):
        context.background.start(_publish_home(context, workspace, str(event["user"])))


async def open_new_brief(context: ListenerContext, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the brief form: from the Home tab, for a direct message, or from a card, prefilled with
    what was asked there and continued in its thread."""
    await ack()
    action = parse_block_action(body)
    user = action.user
    context.services.policy(action.workspace).require(user, "ask")
    language = await context.language(action.workspace, user)
    brand, is_full = context.services.brand(action.workspace), not context.services.has_ai
    if action.ref.task and action.channel:
        task = await run_for_viewer(
            context, action, lambda asked: context.run(load_visible_task, asked)
        )
        values = find_known_values(task.words, {k: str(v) for k, v in task.form.items()})
        form = build_brief_form(language, brand, words=task.words, values=values, is_full=True)
        origin = {"channel": action.channel, "thread": action.thread, "private": task.private}
        await context.open_modal(action.trigger, form, origin)
        return
    form = build_brief_form(language, brand, is_full=is_full)
    await context.open_modal(action.trigger, form, await _find_direct_message(context, action))


async def open_own_text(context: ListenerContext, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form for a text of one's own from the Home tab."""
    await ack()
    action = parse_block_action(body)
    context.services.policy(action.workspace).require(action.user, "ask")
    language = await context.language(action.workspace, action.user)
    form = build_own_text_choice(language, context.services.brand(action.workspace))
    await context.open_modal(action.trigger, form, await _find_direct_message(context, action))


async def _find_direct_message(context: ListenerContext, action: BlockAction) -> dict[str, Any]:
    channel = await context.people.open_direct_message(action.user)
    context.channel_members.record_press(action.workspace, action.user, channel)
    return {"channel": channel}


async def _publish_home(context: ListenerContext, workspace: str, user: str) -> None:
    policy = context.services.policy(workspace)
    approver, channels = user in policy.approvers, frozenset[str]()
    if approver:
        undecided = await context.run(
            list_undecided_channels, workspace, user, context.services.now()
        )
        channels = await context.readable_channels(workspace, user, undecided)
    now = context.services.now()
    own_lines, waiting = await context.run(load_home_lines, workspace, user, policy, now, channels)
    language = await context.people.language(workspace, user)
    blocks = render_home(own_lines, waiting if approver else [], language)
    with contextlib.suppress(SlackRefusal, TryAgain):
        view = fit_view({"type": "home", "blocks": blocks}, language)
        await call_slack(
            make_retrying_client(context.services.client).views_publish(user_id=user, view=view)
        )


async def _set_suggested_prompts(
    context: ListenerContext, workspace: str, user: str, channel: str
) -> None:
    language = await context.people.language(workspace, user)
    hints = [
        Words("Write an e-mail: our linen shirt is back in stock"),
        Words("Only me: an SMS, 20% off our linen shirt until Sunday"),
        Words("A product page for our canvas tote"),
    ]
    prompts = [
        {"title": truncate(one.to(language), 75), "message": one.to(language)} for one in hints
    ]
    with contextlib.suppress(SlackRefusal, TryAgain):
        client = make_retrying_client(context.services.client)
        arguments: dict[str, Any] = {"channel_id": channel, "prompts": prompts}
        await call_slack(client.api_call("assistant.threads.setSuggestedPrompts", json=arguments))


def list_undecided_channels(
    session: Session, workspace: str, user: str, now: datetime
) -> frozenset[str]:
    """List the channels that have undecided drafts of other people."""
    drafts = session.scalars(select_undecided(workspace, user, now))
    return frozenset(one for draft in drafts for one in find_channels(session, draft))


def load_home_lines(
    session: Session,
    workspace: str,
    user: str,
    policy: Policy,
    now: datetime,
    channels: Collection[str] = (),
) -> tuple[list[HomeLine], list[HomeLine]]:
    """Return this person's latest tasks, and the undecided drafts of others in those of
    `channels`, which this person reads."""
    viewer = Viewer(workspace, user, frozenset(channels))
    tasks = session.scalars(
        select(Task)
        .where(Task.workspace == workspace, Task.author == user)
        .order_by(Task.made_at.desc())
        .limit(MAX_RECENT)
    )
    own_lines = [
        HomeLine(
            _describe_request(one),
            _describe_state(session, one, policy),
            _find_card(session, one.first_piece),
        )
        for one in tasks
    ]
    waiting = [
        HomeLine(one.brief.words, "open", _find_public_card(session, one.piece), one)
        for one in session.scalars(select_undecided(workspace, user, now))
        if needs_decision(one) and may_see(session, viewer, one)
    ]
    return own_lines, waiting[:MAX_RECENT]


def select_undecided(workspace: str, user: str, now: datetime) -> Select[Draft]:
    """Select the newest undecided versions of other people's drafts that more than their author
    can see."""
    newer, shared = aliased(Draft), aliased(OutboxMessage)
    return (
        select(Draft)
        .join(Task, Task.id == Draft.task)
        .where(
            Draft.workspace == workspace,
            Draft.made_at > now - LOOKBACK,
            Task.author != user,
            # Reports are not approved.
            or_(Draft.channel.is_not(None), ~Draft.canonical.contains('"key":"headline"')),
            # Drafts that nobody requested need no decision.
            *(Task.form[name].as_string().is_(None) for name in AUTOMATIC_FORM_KEYS),
            ~exists().where(Decision.draft == Draft.id),
            ~exists().where(newer.piece == Draft.piece, newer.version > Draft.version),
            or_(~Task.private, exists().where(shared.id == Draft.piece + ":shared")),
        )
        .order_by(Draft.made_at.desc())
        .limit(MAX_UNDECIDED)
    )


def _describe_state(session: Session, task: Task, policy: Policy) -> str:
    """Describe a task's state; for a finished one, the decision on its newest version."""
    draft = Draft.latest(session, task.first_piece) if task.state == "done" else None
    status = compute_status(Decision.list_for_draft(session, draft.id), policy) if draft else "open"
    if draft is not None and not needs_decision(draft):
        return "answered"
    return task.state if status == "open" else status


def _describe_request(task: Task) -> str:
    """Return the words of the request, after the reason of its revision if there is one."""
    return f"↩ {task.reason} · {task.words}" if task.reason else task.words


def _find_public_card(session: Session, piece: str) -> OutboxMessage | None:
    return session.get(OutboxMessage, f"{piece}:shared") or _find_card(session, piece)


def _find_card(session: Session, piece: str) -> OutboxMessage | None:
    return session.get(OutboxMessage, f"{piece}:card")


def render_home(own_lines: list[HomeLine], waiting: list[HomeLine], language: str) -> list[Block]:
    def head(words: Words) -> Block:
        return section_block(f"*{words.to(language)}*")

    new = button(Words("New brief").to(language), BRIEF_FORM, "{}", style="primary")
    own = button(Words("Use my own text").to(language), OWN_TEXT, "{}")
    lead = Words(
        "I draft, you decide. Mention me in a channel, write to me here, or type {command}. "
        "Start with “just for me” and nobody else sees it.",
        command="`/draft`",
    )
    blocks = [section_block(lead.to(language)), *actions_block(new, own)]
    for title, lines in (
        (Words("Waiting for your approval"), waiting),
        (Words("What you asked for lately"), own_lines),
    ):
        if lines:
            blocks += [{"type": "divider"}, head(title)]
            blocks += [context_block(_render_line(one, language)) for one in lines]
    summaries = [one.summary for one in load_skills().values() if one.summary]
    blocks += [{"type": "divider"}, head(Words("What I can do"))]
    return blocks + [context_block(Words(one).to(language)) for one in summaries]


def _render_line(line: HomeLine, language: str) -> str:
    name = (
        render_draft_title(line.draft, language, with_request=True)
        if line.draft
        else collapse_spaces(line.words)
    )
    words = quote_as_mrkdwn(name or "…", 120)
    states = {
        "waiting": Words("waiting"),
        "working": Words("in progress"),
        "asking": Words("has a question"),
        "done": Words("drafted"),
        "answered": Words("answered"),
        "failed": Words("failed"),
        "stopped": Words("stopped"),
        "approved": Words("approved"),
        "sent back": Words("changes requested"),
        "rejected": Words("rejected"),
    }
    where = f" · <#{line.card.channel}>" if line.card and _is_public(line.card) else ""
    state = "" if line.draft else f" · {states[line.state].to(language)}"
    return f"{words}{state}{where}"


def _is_public(card: OutboxMessage) -> bool:
    return (card.channel or "")[:1] in ("C", "G")
