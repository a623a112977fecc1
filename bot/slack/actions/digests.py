"""The buttons of a digest, and the line in its channel that says who changed it.

The line is stored in the transaction that makes the change, so that the channel is told of every
change that was made and of no other.
"""

from collections.abc import Callable
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.digests.models import (
    MAX_ALERTS_A_WEEK,
    WEEKLY,
    Alert,
    Schedule,
    ScheduleState,
    format_digest_name,
    format_place_key,
    parse_digest_name,
)
from bot.digests.visibility import GONE, Viewer, demand_visible, may_see
from bot.errors import CannotDo
from bot.i18n.messages import Words, format_value
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.actions.reports import can_post_in
from bot.slack.blocks import Block, actions_block, button, confirm, context_block, quote_as_mrkdwn
from bot.slack.listeners import (
    BlockAction,
    FormAnswer,
    ListenerContext,
    ViewSubmission,
    load_visible_task,
)
from bot.slack.notices import plan_notice
from bot.slack.threads import add_heirs, make_place
from bot.slack.views.digest_form import (
    build_digest_form,
    list_catalogue_filters,
    read_digest_name,
    read_digest_settings,
)
from bot.slack.views.inputs import read_channel, read_text
from bot.tasks.models import Task

# the event of a change made in the form; the others are made by buttons
CHANGED_IN_FORM = "changed"


def announce_digest_change(
    session: Session,
    context: ListenerContext,
    schedule: Schedule,
    user: str,
    event: str,
    trigger: str,
) -> None:
    """Post a line about the change in the digest's channel, once for each `trigger`."""
    services = context.services
    heirs = services.policy(schedule.workspace).approvers
    plan_notice(
        session,
        _render_digest_notice(schedule, user, event),
        schedule.language,
        id=_make_notice_prefix(schedule) + trigger,
        workspace=schedule.workspace,
        place=add_heirs(schedule.place, heirs, private=False),
        now=services.now(),
        enqueue=services.enqueue,
    )


def _render_digest_notice(schedule: Schedule, user: str, event: str) -> Words:
    who, name = f"<@{user}>", format_digest_name(schedule.name)
    did: dict[str, Words] = {
        action_ids.DIGEST_ON: Words(
            "{who} switched the digest {name} on: {when}",
            who=who,
            name=name,
            when=schedule.format_rhythm(),
        ),
        action_ids.DIGEST_PAUSE: Words("{who} paused the digest {name}.", who=who, name=name),
        action_ids.DIGEST_OFF: Words("{who} deleted the digest {name}.", who=who, name=name),
        action_ids.DIGEST_NOW: Words("{who} asked for the digest {name} now.", who=who, name=name),
        CHANGED_IN_FORM: Words(
            "{who} changed the digest {name}. It rests until somebody switches it on again.",
            who=who,
            name=name,
        ),
    }
    return did[event]


def is_announced(session: Session, schedule: Schedule) -> bool:
    """Return whether the channel knows of the digest. Before it is switched on, only its owner
    does."""
    lines = OutboxMessage.id.startswith(_make_notice_prefix(schedule), autoescape=True)
    return bool(session.scalar(select(exists().where(lines))))


def _make_notice_prefix(schedule: Schedule) -> str:
    return f"digest:{schedule.workspace}:{schedule.name}:"


# Setting up a digest: `/digest` opens a form, a preview is sent as a direct message, and buttons on
# its card switch it on.

MAX_NAME_CHARACTERS = 60
NAME_TAKEN = Words("There is another digest of that name already.")


async def open_digest_form(context: ListenerContext, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form, filled with the digest of that name if there is one."""
    workspace, user = str(body.get("team_id") or body.get("enterprise_id")), str(body["user_id"])
    context.services.policy(workspace).require(user, "administer")
    name = parse_digest_name(str(body.get("text") or "").strip() or WEEKLY)
    channel = str(body["channel_id"])
    context.channel_members.record_press(workspace, user, channel)
    approver = user in context.services.policy(workspace).approvers
    viewer = Viewer(workspace, user, frozenset({channel}), approver)
    schedule = await context.run(_find_visible_schedule, viewer, name)
    language = await context.language(workspace, user)
    offered = await context.run(list_catalogue_filters, workspace)
    brand = context.services.brand(workspace)
    view = build_digest_form(language, brand, name, schedule, offered, channel)
    await context.open_modal(str(body["trigger_id"]), view, {"channel": channel}, language=language)
    await ack()


def _find_visible_schedule(session: Session, viewer: Viewer, name: str) -> Schedule | None:
    """Return the digest of that name, if this person may see it."""
    schedule = Schedule.find_existing(session, viewer.workspace, name)
    return schedule if may_see(session, viewer, schedule) else None


async def submit_digest_form(context: ListenerContext, submission: ViewSubmission) -> FormAnswer:
    """Store the digest switched off, and send its preview to whoever filled in the form."""
    name = parse_digest_name(read_text(submission.view, "name"))
    errors: dict[str, Words] = {}
    if not name or "/" in name or len(name) > MAX_NAME_CHARACTERS:
        errors["name"] = Words("Give it a short name without a slash.")
    where = read_channel(submission.view, "where")
    if where and not await can_post_in(context, where):
        errors["where"] = Words(
            "I am not in that channel. Type {command} there first.", command="/invite @Super-Intern"
        )
    if not errors:
        errors = await context.run(_save_schedule, context, submission, name, where)
    return FormAnswer(errors)


def _save_schedule(
    session: Session,
    context: ListenerContext,
    submission: ViewSubmission,
    name: str,
    where: str | None,
) -> dict[str, Words]:
    """Return the errors by form field; empty when the digest was stored."""
    now, user = context.services.now(), submission.user
    old_name = read_digest_name(submission.view) or name
    schedule = Schedule.find_existing(session, submission.workspace, old_name)
    context.services.policy(submission.workspace).require(user, "administer")
    if schedule is not None and not may_see(session, submission.viewer, schedule):
        return {"name": NAME_TAKEN}
    if name != old_name and Schedule.find_existing(session, submission.workspace, name) is not None:
        return {"name": NAME_TAKEN}
    if schedule is not None and is_announced(session, schedule):
        announce_digest_change(
            session, context, schedule, user, CHANGED_IN_FORM, str(submission.view["id"])
        )
    owner, last = (schedule.owner, schedule.last) if schedule else (user, None)
    if schedule is not None and name != old_name:
        schedule.switch(session, "off", now)
    place = make_place(where or owner, owner, private=where is None)
    row = Schedule.save(
        session,
        now,
        workspace=submission.workspace,
        name=name,
        owner=owner,
        place=place,
        **read_digest_settings(submission),
    )
    row.last = max(filter(None, (row.last, last)), default=None)
    row.switch(session, "paused", now)
    _start_preview(session, context, submission, row)
    return {}


def _start_preview(
    session: Session, context: ListenerContext, submission: ViewSubmission, row: Schedule
) -> None:
    """Start a preview that only the sender of the form sees."""
    now, user = context.services.now(), submission.user
    place = make_place(str(submission.origin.get("channel") or user), user, private=True)
    new_task = row.build_task(row.day_of(now), turn=str(submission.view["id"]))
    private_fields = {"place": place, "private": True, "author": user}
    context.accept(session, new_task.model_copy(update=private_fields))


def build_digest_buttons(schedule: Schedule | None, task: str, language: str) -> list[Block]:
    if schedule is None or schedule.state == "off":
        return []
    ref = ButtonValue(task=task, pick=schedule.name).pack()
    offers = [
        (action_ids.DIGEST_ON, Words("Switch it on"))
        if schedule.state == "paused"
        else (action_ids.DIGEST_PAUSE, Words("Pause it")),
        (action_ids.DIGEST_NOW, Words("Send now")),
        (action_ids.DIGEST_CHANGE, Words("Edit digest")),
    ]
    name = quote_as_mrkdwn(format_value(format_digest_name(schedule.name), language), 150)
    line = f":calendar: {name} · {schedule.format_rhythm().to(language)}"
    if schedule.state == "paused":
        line += f" · {Words('it rests until it is switched on').to(language)}"
    row = [button(words.to(language), name, ref) for name, words in offers]
    row.append(_build_delete_button(ref, language))
    return [context_block(line), *actions_block(*row)]


def _build_delete_button(ref: str, language: str) -> Block:
    """Build a button that asks for confirmation, because a deleted digest can't be restored."""
    gone = Words("It will not come any more, and what is set in it is gone.").to(language)
    ask = confirm(Words("Delete this digest?"), gone, Words("Delete it"), language)
    return button(Words("Delete it").to(language), action_ids.DIGEST_OFF, ref, confirm=ask)


def switch_digest(
    session: Session, context: ListenerContext, action: BlockAction, *, state: ScheduleState
) -> None:
    schedule = _load_schedule(session, context, action)
    if schedule.state == state:
        raise CannotDo("That was done already.")
    schedule.switch(session, state, context.services.now())
    announce_digest_change(session, context, schedule, action.user, action.name, action.trigger)
    _redraw_digest(session, context, action)


def run_digest_now(session: Session, context: ListenerContext, action: BlockAction) -> Words | None:
    schedule, now = _load_schedule(session, context, action), context.services.now()
    new_task = schedule.build_task(schedule.day_of(now), turn=action.trigger)
    announce_digest_change(session, context, schedule, action.user, action.name, action.trigger)
    context.accept(session, new_task)
    if schedule.place.get("dm"):
        return Words("It is on its way to its owner alone.")
    return Words("It is on its way to its channel.")


def prepare_digest_form(
    session: Session, context: ListenerContext, action: BlockAction
) -> Callable[[str], Block]:
    schedule = _load_schedule(session, context, action)
    brand = context.services.brand(action.workspace)
    offered = list_catalogue_filters(session, action.workspace)
    return lambda language: build_digest_form(language, brand, schedule.name, schedule, offered)


def _load_schedule(session: Session, context: ListenerContext, action: BlockAction) -> Schedule:
    context.services.policy(action.workspace).require(action.user, "administer")
    schedule = Schedule.find_existing(session, action.workspace, action.ref.pick or "")
    return demand_visible(session, action.viewer, schedule)


def _redraw_digest(session: Session, context: ListenerContext, action: BlockAction) -> None:
    task = session.get(Task, action.ref.task) if action.ref.task else None
    if task is not None and may_see(session, action.viewer, task):
        context.redraw(session, task.first_piece)


# The buttons on an alert: mute or unmute its series, or mark it as not useful, which raises the
# threshold for the series.


def build_alert_buttons(task: Task, alert: Alert | None, language: str) -> list[Block]:
    """Return no blocks when the card is not an alert's."""
    if alert is None:
        return []
    ref = ButtonValue(task=task.id).pack()
    if alert.muted:
        line = Words("Muted: nobody is alerted to this here again.").to(language)
        back = button(Words("Unmute").to(language), action_ids.ALERT_UNMUTE, ref)
        return [context_block(f":no_bell: {line}"), *actions_block(back)]
    mute = button(Words("Mute").to(language), action_ids.ALERT_MUTE, ref)
    useless = button(Words("Not useful").to(language), action_ids.ALERT_USELESS, ref)
    line = Words("An alert: at most {n} a week.", n=MAX_ALERTS_A_WEEK).to(language)
    return [context_block(f":bell: {line}"), *actions_block(mute, useless)]


def mute_alert(session: Session, context: ListenerContext, action: BlockAction) -> Words:
    _demand_alert_right(context, action)
    _load_alert(session, action).mute(session, action.user, context.services.now())
    context.redraw(session, f"{action.ref.task}.0")
    return Words("I won't alert anybody to this here again.")


def unmute_alert(session: Session, context: ListenerContext, action: BlockAction) -> None:
    _demand_alert_right(context, action)
    _load_alert(session, action).unmute(session, action.user, context.services.now())
    context.redraw(session, f"{action.ref.task}.0")


def mark_alert_useless(session: Session, context: ListenerContext, action: BlockAction) -> Words:
    _load_alert(session, action).raise_bar(session, action.user, context.services.now())
    return Words("Noted: for an alert about this again, it must be far more certain.")


def _demand_alert_right(context: ListenerContext, action: BlockAction) -> None:
    """Raise CannotDo for a person without the right to administer: a mute concerns everybody in
    the channel."""
    context.services.policy(action.workspace).require(action.user, "administer")


def _load_alert(session: Session, action: BlockAction) -> Alert:
    task = load_visible_task(session, action)
    key = (task.workspace, str(task.form.get("series")), format_place_key(task.place))
    alert = session.get(Alert, key, with_for_update=True)
    if alert is None:
        raise CannotDo(GONE)
    return alert


ALERT_ACTIONS = {
    action_ids.ALERT_MUTE: mute_alert,
    action_ids.ALERT_UNMUTE: unmute_alert,
    action_ids.ALERT_USELESS: mark_alert_useless,
}
