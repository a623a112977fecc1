"""Setting a digest: `/digest` opens a form, a preview comes as a direct message, and on its card it
is switched on. Whoever may administer sets, pauses, changes, runs or deletes it."""

from collections.abc import Callable
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.digests.models import WEEKLY, Schedule, State, called, name_of
from bot.digests.visibility import Viewer, demand_visible, may_see
from bot.errors import CannotDo
from bot.i18n.messages import Words, spell
from bot.messages.outbox import Post
from bot.slack import action_ids
from bot.slack.action_ids import Ref
from bot.slack.actions.context import Click
from bot.slack.actions.share import may_write
from bot.slack.blocks import Block, actions, button, confirm, context, quoted
from bot.slack.cards.digest_notices import CHANGED, heard_of, say
from bot.slack.context import Front
from bot.slack.location import asked_at
from bot.slack.views.digest_form import digest_form, narrower, set_in, was_called
from bot.slack.views.parse import place_in, typed_in
from bot.slack.views.submission import Sent
from bot.tasks.models import Task

MOST_NAME = 60
TAKEN = Words("There is another digest of that name already.")


async def opened(front: Front, ack: AsyncAck, body: dict[str, Any]) -> None:
    """The form, with what is set already under that name."""
    workspace, user = str(body.get("team_id") or body.get("enterprise_id")), str(body["user_id"])
    front.house.policy(workspace).demand(user, "administer")
    name = name_of(str(body.get("text") or "").strip() or WEEKLY)
    channel = str(body["channel_id"])
    front.channel_members.pressed_in(workspace, user, channel)
    approver = user in front.house.policy(workspace).approvers
    viewer = Viewer(workspace, user, frozenset({channel}), approver)
    known = await front.run(_known, viewer, name)
    language = await front.language(workspace, user)
    offered = await front.run(narrower, workspace)
    brand = front.house.brand(workspace)
    view = digest_form(language, brand, name, known, offered, channel)
    await front.open(str(body["trigger_id"]), view, {"channel": channel}, language=language)
    await ack()


def _known(session: Session, viewer: Viewer, name: str) -> Schedule | None:
    """The digest of that name, when this person may see it."""
    found = Schedule.there(session, viewer.workspace, name)
    return found if may_see(session, viewer, found) else None


async def filled_in(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """Kept, resting; its preview is on its way to whoever filled it in."""
    name = name_of(typed_in(sent.view, "name"))
    errors: dict[str, Words] = {}
    if not name or "/" in name or len(name) > MOST_NAME:
        errors["name"] = Words("Give it a short name without a slash.")
    where = place_in(sent.view, "where")
    if where and not await may_write(front, where):
        errors["where"] = Words(
            "I am not in that channel. Type {command} there first.", command="/invite @Super-Intern"
        )
    if not errors:
        errors = await front.run(_set, front, sent, name, where)
    if not errors:
        return await ack()
    language = await front.language(sent.workspace, sent.user)
    told = {field: words.to(language) for field, words in errors.items()}
    return await ack(response_action="errors", errors=told)


def _set(
    session: Session, front: Front, sent: Sent, name: str, where: str | None
) -> dict[str, Words]:
    """What is wrong with which field; nothing when it is kept."""
    now, user = front.house.now(), sent.user
    was = was_called(sent.view) or name
    known = Schedule.there(session, sent.workspace, was)
    front.house.policy(sent.workspace).demand(user, "administer")
    if known is not None and not may_see(session, sent.viewer, known):
        return {"name": TAKEN}
    if name != was and Schedule.there(session, sent.workspace, name) is not None:
        return {"name": TAKEN}
    if known is not None and heard_of(session, known):
        say(session, front, known, user, CHANGED, str(sent.view["id"]))
    owner, last = (known.owner, known.last) if known else (user, None)
    if known is not None and name != was:
        known.turn(session, "off", now)
    place = asked_at(where or owner, owner, private=where is None)
    row = Schedule.put(
        session, now, workspace=sent.workspace, name=name, owner=owner, place=place, **set_in(sent)
    )
    row.last = max(filter(None, (row.last, last)), default=None)
    row.turn(session, "paused", now)
    _preview(session, front, sent, row)
    return {}


def _preview(session: Session, front: Front, sent: Sent, row: Schedule) -> None:
    """To whoever filled it in, and to nobody else."""
    now, user = front.house.now(), sent.user
    place = asked_at(str(sent.back.get("channel") or user), user, private=True)
    wish = row.wish(row.day_of(now), turn=str(sent.view["id"]))
    alone = {"place": place, "private": True, "author": user}
    Task.accept(session, front.house.enqueue, wish.model_copy(update=alone), now)


def digest_buttons(schedule: Schedule | None, task: str, language: str) -> list[Block]:
    """What can be done with the digest that a card is of; its rhythm above."""
    if schedule is None or schedule.state == "off":
        return []
    ref = Ref(task=task, pick=schedule.name).packed()
    offers = [
        (action_ids.DIGEST_ON, Words("Switch it on"))
        if schedule.state == "paused"
        else (action_ids.DIGEST_PAUSE, Words("Pause it")),
        (action_ids.DIGEST_NOW, Words("Run it now")),
        (action_ids.DIGEST_CHANGE, Words("Change it")),
    ]
    name = quoted(spell(called(schedule.name), language), 150)
    line = f":calendar: {name} · {schedule.when().to(language)}"
    if schedule.state == "paused":
        line += f" · {Words('it rests until it is switched on').to(language)}"
    row = [button(words.to(language), name, ref) for name, words in offers]
    row.append(_delete(schedule, ref, language))
    return [context(line), *actions(*row)]


def _delete(schedule: Schedule, ref: str, language: str) -> Block:
    """It asks before it deletes: what is set does not come back."""
    gone = Words("It will not come any more, and what is set in it is gone.").to(language)
    ask = confirm(Words("Delete this digest?"), gone, Words("Delete it"), language)
    return button(Words("Delete it").to(language), action_ids.DIGEST_OFF, ref, confirm=ask)


def turn(state: State) -> Callable[[Session, Front, Click], Words | None]:
    def verb(session: Session, front: Front, click: Click) -> Words | None:
        schedule = _schedule(session, front, click)
        if schedule.state == state:
            raise CannotDo(Words("That was done already."))
        schedule.turn(session, state, front.house.now())
        say(session, front, schedule, click.user, click.name, click.trigger)
        _redraw(session, front, click)
        return None

    return verb


def run_now(session: Session, front: Front, click: Click) -> Words | None:
    schedule, now = _schedule(session, front, click), front.house.now()
    wish = schedule.wish(schedule.day_of(now), turn=click.trigger)
    say(session, front, schedule, click.user, click.name, click.trigger)
    Task.accept(session, front.house.enqueue, wish, now)
    if schedule.place.get("dm"):
        return Words("It is on its way to its owner alone.")
    return Words("It is on its way to its channel.")


def change(session: Session, front: Front, click: Click) -> Callable[[str], Block]:
    schedule = _schedule(session, front, click)
    brand, offered = front.house.brand(click.workspace), narrower(session, click.workspace)
    return lambda language: digest_form(language, brand, schedule.name, schedule, offered)


def _schedule(session: Session, front: Front, click: Click) -> Schedule:
    front.house.policy(click.workspace).demand(click.user, "administer")
    there = Schedule.there(session, click.workspace, click.ref.pick or "")
    return demand_visible(session, click.viewer, there)


def _redraw(session: Session, front: Front, click: Click) -> None:
    task = session.get(Task, click.ref.task) if click.ref.task else None
    if task is not None and may_see(session, click.viewer, task):
        Post.changed(session, front.house.enqueue, task.first_piece)
