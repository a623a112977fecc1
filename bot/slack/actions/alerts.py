"""Under an alert: mute its series and take that back, or say that it was not useful, which raises
the bar for it."""

from sqlalchemy.orm import Session

from bot.digests.models import MOST_A_WEEK, Alert, place_key
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.context import GONE, Click, task_of
from bot.slack.blocks import Block, actions, button, context
from bot.slack.context import Front
from bot.tasks.models import Task


def alert_buttons(task: Task, alert: Alert | None, language: str) -> list[Block]:
    """None on the card of anything else."""
    if alert is None:
        return []
    ref = Ref(task=task.id).packed()
    if alert.muted:
        line = Words("Muted: nobody is alerted to this here again.").to(language)
        back = button(Words("Unmute").to(language), action_ids.ALERT_UNMUTE, ref)
        return [context(f":no_bell: {line}"), *actions(back)]
    mute = button(Words("Mute").to(language), action_ids.ALERT_MUTE, ref)
    useless = button(Words("Not useful").to(language), action_ids.ALERT_USELESS, ref)
    line = Words("An alert: at most {n} a week.", n=MOST_A_WEEK).to(language)
    return [context(f":bell: {line}"), *actions(mute, useless)]


def mute(session: Session, front: Front, click: Click) -> Words:
    _demand(front, click)
    _alert(session, click).mute(session, click.user, front.house.now())
    _redraw(session, front, click)
    return Words("I won't alert anybody to this here again.")


def unmute(session: Session, front: Front, click: Click) -> None:
    _demand(front, click)
    _alert(session, click).unmute(session, click.user, front.house.now())
    _redraw(session, front, click)


def useless(session: Session, front: Front, click: Click) -> Words:
    _alert(session, click).useless(session, click.user, front.house.now())
    return Words("Noted: for an alert about this again, it must be far more certain.")


def _demand(front: Front, click: Click) -> None:
    """It changes what everybody is told. Raises CannotDo."""
    front.house.policy(click.workspace).demand(click.user, "administer")


def _alert(session: Session, click: Click) -> Alert:
    task = task_of(session, click.viewer, click.ref)
    key = (task.workspace, str(task.form.get("series")), place_key(task.place))
    found = session.get(Alert, key, with_for_update=True)
    if found is None:
        raise CannotDo(GONE)
    return found


def _redraw(session: Session, front: Front, click: Click) -> None:
    Post.changed(session, front.house.enqueue, f"{click.ref.task}.0")


VERBS = {
    action_ids.ALERT_MUTE: mute,
    action_ids.ALERT_UNMUTE: unmute,
    action_ids.ALERT_USELESS: useless,
}
