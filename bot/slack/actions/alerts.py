"""Under an alert: mute its series and take that back, or say that it was not useful, which raises
the bar for it."""

from sqlalchemy.orm import Session

from bot.digests.models import MAX_ALERTS_A_WEEK, Alert, format_place_key
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import Block, actions, button, context
from bot.slack.context import ListenerContext
from bot.slack.interactions import GONE, BlockAction, load_visible_task
from bot.tasks.models import Task


def build_alert_buttons(task: Task, alert: Alert | None, language: str) -> list[Block]:
    """None on the card of anything else."""
    if alert is None:
        return []
    ref = ButtonValue(task=task.id).packed()
    if alert.muted:
        line = Words("Muted: nobody is alerted to this here again.").to(language)
        back = button(Words("Unmute").to(language), action_ids.ALERT_UNMUTE, ref)
        return [context(f":no_bell: {line}"), *actions(back)]
    mute = button(Words("Mute").to(language), action_ids.ALERT_MUTE, ref)
    useless = button(Words("Not useful").to(language), action_ids.ALERT_USELESS, ref)
    line = Words("An alert: at most {n} a week.", n=MAX_ALERTS_A_WEEK).to(language)
    return [context(f":bell: {line}"), *actions(mute, useless)]


def mute_alert(session: Session, front: ListenerContext, click: BlockAction) -> Words:
    _demand_alert_right(front, click)
    _load_alert(session, click).mute(session, click.user, front.house.now())
    _redraw_alert(session, front, click)
    return Words("I won't alert anybody to this here again.")


def unmute_alert(session: Session, front: ListenerContext, click: BlockAction) -> None:
    _demand_alert_right(front, click)
    _load_alert(session, click).unmute(session, click.user, front.house.now())
    _redraw_alert(session, front, click)


def mark_alert_useless(session: Session, front: ListenerContext, click: BlockAction) -> Words:
    _load_alert(session, click).raise_bar(session, click.user, front.house.now())
    return Words("Noted: for an alert about this again, it must be far more certain.")


def _demand_alert_right(front: ListenerContext, click: BlockAction) -> None:
    """It changes what everybody is told. Raises CannotDo."""
    front.house.policy(click.workspace).require(click.user, "administer")


def _load_alert(session: Session, click: BlockAction) -> Alert:
    task = load_visible_task(session, click.viewer, click.ref)
    key = (task.workspace, str(task.form.get("series")), format_place_key(task.place))
    found = session.get(Alert, key, with_for_update=True)
    if found is None:
        raise CannotDo(GONE)
    return found


def _redraw_alert(session: Session, front: ListenerContext, click: BlockAction) -> None:
    OutboxMessage.changed(session, front.house.enqueue, f"{click.ref.task}.0")


ALERT_ACTIONS = {
    action_ids.ALERT_MUTE: mute_alert,
    action_ids.ALERT_UNMUTE: unmute_alert,
    action_ids.ALERT_USELESS: mark_alert_useless,
}
