"""Setting a digest: `/digest` opens a form, a preview comes as a direct message, and on its card it
is switched on. Whoever set it, or an approver, may pause, change, run or delete it there."""

from collections.abc import Callable
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from sqlalchemy.orm import Session

from bot.errors import CannotDo
from bot.post import Post
from bot.schedule import Schedule, State
from bot.slack import names
from bot.slack.blocks import Block, Message, actions, button, confirm, context, section
from bot.slack.click import GONE, Click
from bot.slack.digest_form import digest_form, narrower, set_in
from bot.slack.front import Front
from bot.slack.names import Ref
from bot.slack.place import asked_at
from bot.slack.reading import typed_in
from bot.slack.sent import Sent
from bot.task import Task
from bot.words import Words, spell


async def opened(front: Front, ack: AsyncAck, body: dict[str, Any]) -> None:
    """The form, with what is set already under that name."""
    workspace, user = str(body.get("team_id") or body.get("enterprise_id")), str(body["user_id"])
    name = str(body.get("text") or "").strip() or "weekly"
    known = await front.run(Schedule.find, workspace, name)
    language = await front.language(workspace, user)
    offered = await front.run(narrower, workspace)
    view = digest_form(language, front.house.brand(workspace), name, known, offered)
    await front.open(str(body["trigger_id"]), view, {"channel": str(body["channel_id"])})
    await ack()


async def filled_in(front: Front, ack: AsyncAck, sent: Sent) -> BoltResponse:
    """Kept, resting; its preview is on its way to whoever filled it in."""
    name = typed_in(sent.view, "name")
    if not name or "/" in name or len(name) > 60:
        language = await front.language(sent.workspace, sent.user)
        said = Words("Give it a short name without a slash.").to(language)
        return await ack(response_action="errors", errors={"name": said})
    await front.run(_set, front, sent, name)
    return await ack()


def _set(session: Session, front: Front, sent: Sent, name: str) -> None:
    now = front.house.now()
    known = Schedule.find(session, sent.workspace, name)
    if known is not None:
        _demand(front, known, sent.user)
    channel = str(sent.back.get("channel") or sent.user)
    row = Schedule.put(
        session,
        now,
        workspace=sent.workspace,
        name=name,
        owner=known.owner if known else sent.user,
        place=asked_at(channel, known.owner if known else sent.user),
        **set_in(sent),
    )
    row.turn(session, "paused", now)
    preview = row.wish(now.date(), turn=str(sent.view["id"]))
    private = preview.model_copy(
        update={"place": asked_at(channel, sent.user, private=True), "private": True,
                "author": sent.user})  # fmt: skip
    Task.accept(session, front.house.enqueue, private, now)


def digest_buttons(schedule: Schedule | None, task: str, language: str) -> list[Block]:
    """What can be done with the digest that a card is of; its rhythm above."""
    if schedule is None or schedule.state == "off":
        return []
    ref = Ref(task=task, pick=schedule.name).packed()
    offers = [
        (names.DIGEST_ON, Words("Switch it on")) if schedule.state == "paused"
        else (names.DIGEST_PAUSE, Words("Pause it")),
        (names.DIGEST_NOW, Words("Run it now")),
        (names.DIGEST_CHANGE, Words("Change it")),
    ]  # fmt: skip
    called = spell(_called(schedule), language)
    line = f":calendar: {called} · {schedule.when().to(language)}"
    row = [button(words.to(language), name, ref) for name, words in offers]
    row.append(_delete(schedule, ref, language))
    return [context(line), *actions(*row)]


def _called(schedule: Schedule) -> Words | str:
    """Its name as people read it: the one that is there from the start is called in words."""
    return Words("weekly") if schedule.name == "weekly" else schedule.name


def _delete(schedule: Schedule, ref: str, language: str) -> Block:
    """It asks before it deletes: what is set does not come back."""
    gone = Words("It will not come any more, and what is set in it is gone.").to(language)
    ask = confirm(Words("Delete this digest?"), gone, Words("Delete it"), language)
    return button(Words("Delete it").to(language), names.DIGEST_OFF, ref, confirm=ask)


def turn(state: State) -> Callable[[Session, Front, Click], Words | None]:
    def verb(session: Session, front: Front, click: Click) -> Words | None:
        schedule = _schedule(session, front, click)
        if schedule.state != state:
            schedule.turn(session, state, front.house.now())
            _redraw(session, front, click)
        return None

    return verb


def run_now(session: Session, front: Front, click: Click) -> Words | None:
    schedule, now = _schedule(session, front, click), front.house.now()
    wish = schedule.wish(now.date(), turn=click.trigger)
    Task.accept(session, front.house.enqueue, wish, now)
    return Words("It is on its way to its channel.")


def change(session: Session, front: Front, click: Click) -> Callable[[str], Block]:
    schedule = _schedule(session, front, click)
    brand, offered = front.house.brand(click.workspace), narrower(session, click.workspace)
    return lambda language: digest_form(language, brand, schedule.name, schedule, offered)


def _schedule(session: Session, front: Front, click: Click) -> Schedule:
    found = Schedule.find(session, click.workspace, click.ref.pick or "")
    if found is None or found.state == "off":
        raise CannotDo(GONE)
    _demand(front, found, click.user)
    return found


def _demand(front: Front, schedule: Schedule, user: str) -> None:
    approvers = front.house.policy(schedule.workspace).approval.approvers
    if user not in (schedule.owner, *approvers):
        raise CannotDo(Words("Only {who} or an approver can change this digest.",
                             who=f"<@{schedule.owner}>"))  # fmt: skip


async def announced(front: Front, click: Click) -> None:
    """A line in the channel: who did what to its digest."""
    found = await front.run(_notice, front, click)
    if found is not None:
        await front.poster.send(*found)


def _notice(session: Session, front: Front, click: Click) -> tuple[str, Message] | None:
    schedule = Schedule.find(session, click.workspace, click.ref.pick or "")
    if schedule is None:
        return None
    id = f"digest:{schedule.workspace}:{schedule.name}:{click.trigger}"
    Post.plan(
        session,
        id=id,
        workspace=schedule.workspace,
        kind="notice",
        place=schedule.place,
        now=front.house.now(),
    )
    who, name = f"<@{click.user}>", _called(schedule)
    did: dict[str, Words] = {
        "on": Words("{who} switched the digest {name} on: {when}", who=who, name=name,
                    when=schedule.when()),
        "paused": Words("{who} paused the digest {name}.", who=who, name=name),
        "off": Words("{who} deleted the digest {name}.", who=who, name=name),
    }  # fmt: skip
    said = did[schedule.state].to(schedule.language)
    return id, Message(said, [section(said)])


def _redraw(session: Session, front: Front, click: Click) -> None:
    task = session.get(Task, click.ref.task) if click.ref.task else None
    if task is not None and task.workspace == click.workspace:
        Post.changed(session, front.house.enqueue, task.first_piece)
