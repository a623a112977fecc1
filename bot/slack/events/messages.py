"""Messages to the intern: a mention, a direct message, an answer to its question, a wish under a
draft for another version of it.

With files of rows it is an import, unless its words ask for a text.

A mention reaches us twice, as `app_mention` and as `message`, and may be sent again: channel and
ts make one wish of all of them.
"""

from typing import Any

from sqlalchemy.orm import Session

from bot.core.brief import just_for_me
from bot.core.ids import task_id
from bot.errors import CannotDo, TooMany
from bot.slack.actions.revise import revised
from bot.slack.context import Front
from bot.slack.ephemeral import whisper
from bot.slack.events.answers import answer, question_of
from bot.slack.events.files import asks_for_text, files_as_rows, files_of_rows, half_waits, offered
from bot.slack.events.thread_questions import question_under
from bot.slack.history import as_words
from bot.slack.location import asked_at
from bot.tasks.models import Task, Wish

HEARD = (None, "file_share", "thread_broadcast")  # the kinds of message that people write


async def message(front: Front, body: dict[str, Any]) -> None:
    """Store what is meant for us. The answer to Slack follows the commit."""
    event, mine = body["event"], our_user(body)
    if not written_by_a_person(event, mine):
        return
    workspace = str(body.get("team_id") or event.get("team"))
    try:
        await heard(front, workspace, event, mine)
    except CannotDo as no:  # told to its author alone; Slack need not send it again
        about = task_id(workspace, str(event["channel"]), str(event["ts"]))
        await refused(front, workspace, event, no, about=about)


def for_us(body: dict[str, Any]) -> tuple[str, str, str, str | None] | None:
    """Workspace, person, channel and thread of a message that is surely meant for us; a mention
    counts once, as the message that it is. None for every other event."""
    event, mine = body["event"], our_user(body)
    if event.get("type") != "message" or not written_by_a_person(event, mine):
        return None
    if not is_for_us(event, mine):
        return None
    workspace = str(body.get("team_id") or event.get("team"))
    return workspace, str(event["user"]), str(event["channel"]), event.get("thread_ts")


def is_for_us(event: dict[str, Any], mine: str | None) -> bool:
    """Whether a message is surely meant for us, by itself."""
    return event.get("type") == "app_mention" or _direct(event) or names(event, mine)


async def heard(front: Front, workspace: str, event: dict[str, Any], mine: str | None) -> None:
    """A person's message: stored, when it is for us. Raises CannotDo."""
    direct = _direct(event)
    mentioned = event["type"] == "app_mention" or names(event, mine)
    if direct or mentioned or event.get("thread_ts"):
        await front.run(take, front, workspace, event, mine, direct=direct, mentioned=mentioned)


async def refused(
    front: Front, workspace: str, event: dict[str, Any], no: CannotDo, *, about: str
) -> None:
    """Why not, to its author alone, once for each `about`: Slack tells us of a mention twice. That
    it is too much, once for all that is too much."""
    if isinstance(no, TooMany):
        about = task_id(workspace, str(event["user"]), no.once)
    await front.run(
        whisper,
        front.house.enqueue,
        about=about,
        workspace=workspace,
        user=str(event["user"]),
        words=no.words,
        channel=str(event["channel"]),
        thread=event.get("thread_ts"),
        now=front.house.now(),
    )


def take(
    session: Session,
    front: Front,
    workspace: str,
    event: dict[str, Any],
    mine: str | None,
    *,
    direct: bool,
    mentioned: bool,
) -> bool:
    """The message as a wish. False when it is none, or was stored before."""
    now, user = front.house.now(), str(event["user"])
    id = task_id(workspace, str(event["channel"]), str(event["ts"]))
    if session.get(Task, id) is not None:
        return False
    said = said_in(event, mine)
    files = files_of_rows(event, said)
    if not files and (direct or mentioned):
        files = files_as_rows(event, said)
    policy = front.house.policy(workspace)
    if files and not asks_for_text(said):
        place = _place(event, direct=direct, private=just_for_me(said)[0])
        if direct or mentioned or half_waits(session, workspace, place, now):
            policy.demand_if_known(user, "ask")
            return offered(session, front, workspace, event, files, place)
    asked = question_of(session, workspace, event, said, now, direct=direct)
    if asked is not None and said:
        wish = answer(session, asked, said, id)
    elif not _to_somebody(event, mine) and (
        (again := revised(session, front, workspace, event, said, id)) is not None
    ):
        return again
    elif not _to_somebody(event, mine) and (
        under := question_under(
            session, front, workspace, event, said, id, meant=direct or mentioned
        )
    ):
        wish = under
    elif direct or mentioned:
        private, words = just_for_me(said)
        wish = Wish(
            id=id,
            workspace=workspace,
            author=user,
            words=words,
            place=_place(event, direct=direct, private=private),
            locale=front.people.known(workspace, user),
            private=private,
        )
    else:
        return False
    policy.demand_if_known(user, "ask")
    return Task.accept(session, front.house.enqueue, wish, now)


def written_by_a_person(event: dict[str, Any], mine: str | None) -> bool:
    """Not by a bot, ourselves included; no edit, no deletion, nobody joining."""
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden"):
        return False
    return event.get("subtype") in HEARD and event.get("user") not in (None, mine, "USLACKBOT")


def our_user(body: dict[str, Any]) -> str | None:
    """Our own user id, as each event names it."""
    for one in body.get("authorizations") or []:
        if one.get("is_bot"):
            return str(one["user_id"])
    return None


def names(event: dict[str, Any], mine: str | None) -> bool:
    """Whether it mentions us."""
    return bool(mine and f"<@{mine}" in _text(event))


def said_in(event: dict[str, Any], mine: str | None) -> str:
    """The words of a message, without our mention and Slack's marks."""
    return as_words(without(_text(event), mine))


def without(text: str, mine: str | None) -> str:
    """The text without our mention."""
    for mark in (f"<@{mine}>", f"<@{mine}|") if mine else ():
        while (at := text.find(mark)) >= 0:
            end = text.find(">", at)
            before, after = text[:at].rstrip(), text[end + 1 :] if end >= 0 else ""
            text = f"{before} {after.lstrip(' ,:')}".strip()
    return text


def _direct(event: dict[str, Any]) -> bool:
    return event.get("channel_type") == "im" or str(event["channel"]).startswith("D")


def _to_somebody(event: dict[str, Any], mine: str | None) -> bool:
    """Whether it begins with the name of somebody else: people talk to each other."""
    start = _text(event).lstrip()
    return start.startswith("<@") and not (mine and start.startswith(f"<@{mine}"))


def _place(event: dict[str, Any], *, direct: bool, private: bool) -> dict[str, Any]:
    """In a channel the card opens a thread; in a direct message it need not."""
    thread = event.get("thread_ts") or (None if direct else event["ts"])
    return asked_at(
        event["channel"], event["user"], thread=thread, asked=event["ts"], private=private
    )


def _text(event: dict[str, Any]) -> str:
    return str(event.get("text") or "")
