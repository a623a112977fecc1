"""The buttons on an alert: mute or unmute its series, or mark it as not useful, which raises the
threshold for the series."""

from sqlalchemy.orm import Session

from bot.digests.models import MAX_ALERTS_A_WEEK, Alert, format_place_key
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import Block, actions_block, button, context_block
from bot.slack.interactions import GONE, BlockAction, load_visible_task
from bot.slack.listener_context import ListenerContext
from bot.tasks.models import Task


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
    _redraw_alert(session, context, action)
    return Words("I won't alert anybody to this here again.")


def unmute_alert(session: Session, context: ListenerContext, action: BlockAction) -> None:
    _demand_alert_right(context, action)
    _load_alert(session, action).unmute(session, action.user, context.services.now())
    _redraw_alert(session, context, action)


def mark_alert_useless(session: Session, context: ListenerContext, action: BlockAction) -> Words:
    _load_alert(session, action).raise_bar(session, action.user, context.services.now())
    return Words("Noted: for an alert about this again, it must be far more certain.")


def _demand_alert_right(context: ListenerContext, action: BlockAction) -> None:
    """Raise CannotDo for a person without the right to administer: a mute concerns everybody in
    the channel."""
    context.services.policy(action.workspace).require(action.user, "administer")


def _load_alert(session: Session, action: BlockAction) -> Alert:
    task = load_visible_task(session, action.viewer, action.ref)
    key = (task.workspace, str(task.form.get("series")), format_place_key(task.place))
    alert = session.get(Alert, key, with_for_update=True)
    if alert is None:
        raise CannotDo(GONE)
    return alert


def _redraw_alert(session: Session, context: ListenerContext, action: BlockAction) -> None:
    OutboxMessage.request_redraw(session, context.services.enqueue, f"{action.ref.task}.0")


ALERT_ACTIONS = {
    action_ids.ALERT_MUTE: mute_alert,
    action_ids.ALERT_UNMUTE: unmute_alert,
    action_ids.ALERT_USELESS: mark_alert_useless,
}
