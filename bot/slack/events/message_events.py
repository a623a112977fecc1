"""Messages to the intern: mentions, direct messages, answers to its questions, and replies under
its cards.

A message with tables starts an import, unless its words ask for a text. Slack reports a mention
twice, as `app_mention` and as `message`, and may send each again; the task's id is made of channel
and ts, so there is only one task.
"""

import re
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.core.request import parse_just_for_me, task_id
from bot.data.ingest import pairing
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import Upload, UploadedFile
from bot.errors import CannotDo, QuotaExceeded
from bot.i18n.messages import Words
from bot.offline.routing import find_channels
from bot.slack.events.thread_replies import (
    build_answered_task,
    build_thread_question,
    find_open_question,
    find_thread_relation,
    is_never_mind,
    revise_from_reply,
)
from bot.slack.listeners import ListenerContext
from bot.slack.notices import enqueue_ephemeral
from bot.slack.threads import (
    Place,
    is_same_conversation,
    make_place,
    remove_markup,
    set_status,
)
from bot.tasks.models import HEARD, OPEN_STATES, OVERHEARD, Task

PERSON_SUBTYPES = (None, "file_share", "thread_broadcast")  # message subtypes that people write


async def handle_message(context: ListenerContext, body: dict[str, Any]) -> None:
    """Store a message that is for the intern. Slack is answered after the commit."""
    event, bot_user = body["event"], find_bot_user(body)
    if not is_from_person(event, bot_user):
        return
    workspace = str(body.get("team_id") or event.get("team"))
    try:
        await accept_message(context, workspace, event, bot_user)
    except CannotDo as error:  # the author is told, so Slack need not send the event again
        about = task_id(workspace, str(event["channel"]), str(event["ts"]))
        await refuse_message(context, workspace, event, error, about=about)


def find_addressed_message(body: dict[str, Any]) -> tuple[str, str, str, str | None] | None:
    """Return workspace, person, channel and thread of a message that is certainly for the intern.

    A mention counts once, as its `message` event. Return None for every other event.
    """
    event, bot_user = body["event"], find_bot_user(body)
    if event.get("type") != "message" or not is_from_person(event, bot_user):
        return None
    if not is_addressed_to_bot(event, bot_user):
        return None
    workspace = str(body.get("team_id") or event.get("team"))
    return workspace, str(event["user"]), str(event["channel"]), event.get("thread_ts")


def is_addressed_to_bot(event: dict[str, Any], bot_user: str | None) -> bool:
    """Return whether the message is certainly for the intern, without looking at its thread."""
    return (
        event.get("type") == "app_mention"
        or _is_direct_message(event)
        or is_bot_mentioned(event, bot_user)
    )


async def accept_message(
    context: ListenerContext, workspace: str, event: dict[str, Any], bot_user: str | None
) -> None:
    """Store a person's message if it is for the intern. Raise CannotDo."""
    direct = _is_direct_message(event)
    mentioned = event["type"] == "app_mention" or is_bot_mentioned(event, bot_user)
    is_for_import = str(event.get("channel")) in (
        context.services.policy(workspace).library.channels
    ) and bool(event.get("files"))
    if direct or mentioned or event.get("thread_ts") or is_for_import:
        is_new = await context.run(
            accept_request, context, workspace, event, bot_user, direct=direct, mentioned=mentioned
        )
        if is_new and (direct or mentioned):
            id = task_id(workspace, str(event["channel"]), str(event["ts"]))
            context.background.start(show_waiting(context, id))


WAITING = Words("has your message. Other requests come first…")


async def show_waiting(context: ListenerContext, id: str) -> None:
    """Say at once that a request waits, where as many as can be are worked on already."""
    services = context.services

    def find(session: Session) -> Task | None:
        task = session.get(Task, id)
        if task is None or task.state != "waiting" or not task.can_show_status:
            return None
        busy = select(func.count()).where(
            Task.workspace == task.workspace, Task.state == "working", Task.id != id
        )
        return task if (session.scalar(busy) or 0) >= services.places else None

    if task := await services.database.read(find):
        language = await context.people.language(task.workspace, task.author)
        await set_status(services.client, task.place, WAITING.to(language))


async def refuse_message(
    context: ListenerContext, workspace: str, event: dict[str, Any], error: CannotDo, *, about: str
) -> None:
    """Tell the author why the message was refused, once for each `about`, because Slack reports
    a mention twice. An exceeded quota is reported once for all messages that exceed it."""
    if isinstance(error, QuotaExceeded):
        about = task_id(workspace, str(event["user"]), error.once)
    await context.run(
        enqueue_ephemeral,
        context.services.enqueue,
        about=about,
        workspace=workspace,
        user=str(event["user"]),
        words=error.words,
        channel=str(event["channel"]),
        thread=event.get("thread_ts"),
        now=context.services.now(),
    )


def accept_request(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    bot_user: str | None,
    *,
    direct: bool,
    mentioned: bool,
) -> bool:
    """Store the message as a task or an import. Return False when it is neither, or was stored
    before."""
    now, user = context.services.now(), str(event["user"])
    id = task_id(workspace, str(event["channel"]), str(event["ts"]))
    if session.get(Task, id) is not None:
        return False
    text = extract_words(event, bot_user)
    files = list_table_files(event, text)
    if not files and (direct or mentioned):
        files = list_presumed_table_files(event, text)
    policy = context.services.policy(workspace)
    if files and not is_draft_request(text):
        place = _make_message_place(event, direct=direct, private=parse_just_for_me(text)[0])
        if (
            direct
            or mentioned
            or str(event["channel"]) in policy.library.channels
            or is_waiting_for_pair(session, workspace, place, now)
        ):
            policy.require_if_known(user, "ask")
            return accept_files(session, context, workspace, event, files, place)
    if not (direct or mentioned or event.get("thread_ts")):
        return False
    if context.services.has_ai:
        return accept_for_ai(
            session, context, workspace, event, bot_user, direct=direct, mentioned=mentioned
        )
    asking_task = find_open_question(session, workspace, event, text, now, direct=direct)
    if asking_task is not None and is_never_mind(text):
        asking_task.close_question(session, context.services.enqueue, user, now)
        return True
    if asking_task is not None and text:
        new_task = build_answered_task(session, asking_task, text, id)
    elif not _is_addressed_to_other(event, bot_user) and (
        (revised := revise_from_reply(session, context, workspace, event, text, id)) is not None
    ):
        return revised
    elif not _is_addressed_to_other(event, bot_user) and (
        question := build_thread_question(
            session, context, workspace, event, text, id, is_addressed=direct or mentioned
        )
    ):
        new_task = question
    elif direct or mentioned:
        private, words = parse_just_for_me(text)
        place = _make_message_place(event, direct=direct, private=private)
        new_task = context.build_task(workspace, user, id, words, place, private=private)
    else:
        return False
    policy.require_if_known(user, "ask")
    return context.accept(session, new_task)


def accept_for_ai(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    bot_user: str | None,
    *,
    direct: bool,
    mentioned: bool,
) -> bool:
    """Store a message for the AI to understand. Read are mentions, direct messages, and replies in
    threads that the intern works in, unless they begin with a mention of somebody else."""
    user, policy = str(event["user"]), context.services.policy(workspace)
    private, words = parse_just_for_me(extract_words(event, bot_user))
    form = {}
    if not direct and not mentioned:
        if policy.access.listen == "mentions" or _is_addressed_to_other(event, bot_user):
            return False
        heard = find_thread_relation(session, workspace, event)
        if heard is None or not words:
            return False
        form, private = {HEARD: heard}, False
    id = task_id(workspace, str(event["channel"]), str(event["ts"]))
    # in a direct message too, each message that is no reply starts a thread
    thread = event.get("thread_ts") or event["ts"]
    place = make_place(event["channel"], user, thread=thread, asked=event["ts"], private=private)
    new_task = context.build_task(workspace, user, id, words, place, private=private, form=form)
    try:
        policy.require_if_known(user, "ask")
        return context.accept(session, new_task)
    except CannotDo:
        if form.get(HEARD) == OVERHEARD:  # perhaps it was not for us
            return False
        raise


def is_from_person(event: dict[str, Any], bot_user: str | None) -> bool:
    """Return whether a person wrote it: no bot, no edit, no deletion, no join message."""
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden"):
        return False
    is_bot = event.get("user") in (None, bot_user, "USLACKBOT")
    return event.get("subtype") in PERSON_SUBTYPES and not is_bot


def find_bot_user(body: dict[str, Any]) -> str | None:
    """Return the intern's own user id, which each event names."""
    for one in body.get("authorizations") or []:
        if one.get("is_bot"):
            return str(one["user_id"])
    return None


def is_bot_mentioned(event: dict[str, Any], bot_user: str | None) -> bool:
    return bool(bot_user and f"<@{bot_user}" in _read_text(event))


def extract_words(event: dict[str, Any], bot_user: str | None) -> str:
    """Return the words of a message without the intern's mention and Slack's mark-up."""
    return remove_markup(remove_mention(_read_text(event), bot_user))


def remove_mention(text: str, bot_user: str | None) -> str:
    for mark in (f"<@{bot_user}>", f"<@{bot_user}|") if bot_user else ():
        while (at := text.find(mark)) >= 0:
            end = text.find(">", at)
            before, after = text[:at].rstrip(), text[end + 1 :] if end >= 0 else ""
            text = f"{before} {after.lstrip(' ,:')}".strip()
    return text


def _is_direct_message(event: dict[str, Any]) -> bool:
    return event.get("channel_type") == "im" or str(event["channel"]).startswith("D")


def _is_addressed_to_other(event: dict[str, Any], bot_user: str | None) -> bool:
    """Return whether it begins with a mention of somebody else, so that it is a conversation
    between people."""
    start = _read_text(event).lstrip()
    return start.startswith("<@") and not (bot_user and start.startswith(f"<@{bot_user}"))


def _make_message_place(event: dict[str, Any], *, direct: bool, private: bool) -> dict[str, Any]:
    """In a channel the card opens a thread; in a direct message it need not."""
    thread = event.get("thread_ts") or (None if direct else event["ts"])
    return make_place(
        event["channel"], event["user"], thread=thread, asked=event["ts"], private=private
    )


def _read_text(event: dict[str, Any]) -> str:
    return str(event.get("text") or "")


# The Stop button of Slack's agent view stops what is being worked on in its thread.


async def handle_session_stopped(context: ListenerContext, body: dict[str, Any]) -> None:
    event, workspace = body["event"], str(body.get("team_id") or "")
    user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    thread = str(event.get("thread_ts") or "")
    for task in await context.run(stop_thread_tasks, context, workspace, user, channel, thread):
        context.background.start(context.stop_task(task))


def stop_thread_tasks(
    session: Session, context: ListenerContext, workspace: str, user: str, channel: str, thread: str
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


# Dropped files.

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".parquet", ".jsonl", ".ndjson")
MAX_FILES = 10  # of one message, as many as Slack allows
TEXT_SUFFIX = ".txt"  # a table or a letter; the message says which
IMPORT_WORDS = re.compile(
    r"\b(?:import\w*|take\b.{0,20}\bin|upload\w*|load|add|data|rows|table|orders?|sales|customers?|"
    r"reviews?|int[ée]gr\w*|ajoute\w*|charge\w*|donn[ée]es|lignes|tableau|commandes?|ventes|clients?|"
    r"avis)\b",
    re.IGNORECASE,
)
DATA_WORDS = re.compile(
    r"\b(?:import\w*|upload\w*|data|rows|table|int[ée]gr\w*|donn[ée]es|lignes|tableau)\b",
    re.IGNORECASE,
)
FILE_WORDS = re.compile(  # words that only present a file, without saying what it is for
    r"\b(?:files?|here(?:['’]s| is| are| you go)|attached|attachment|have a look|look at this|"
    r"(?:can|could) you (?:read|open|use)|read this|open this|what(?:['’]s| is) this|"
    r"voici|voil[àa]|fichiers?|ci-joint\w*|pi[èe]ces? jointes?|regarde[rz]?|"
    r"(?:peux|pouvez|sais|savez)[- ](?:tu|vous) (?:lire|ouvrir|utiliser)|"
    r"(?:tu peux|vous pouvez) (?:lire|ouvrir|utiliser)|lis [çc]a|c['’]est quoi)(?!\w)",
    re.IGNORECASE,
)
DRAFT_WORDS = re.compile(
    r"\b(?:(?:re)?write|draft|compose|announce|"
    r"r[ée]dige[rz]?|r[ée]digez|[ée]cri(?:s|re|vez)|annonce[rz]?)\b"
    r"|\b(?:prepare|make|create|pr[ée]pare[rz]?|fai(?:s|tes)|cr[ée]e[rz]?)\b.{0,30}"
    r"\b(?:e-?mail|sms|newsletter|listing|ad|post|text|texte|annonce|fiche)\b",
    re.IGNORECASE,
)


def list_table_files(event: dict[str, Any], words: str) -> list[dict[str, Any]]:
    """Return the files that look like tables: by their names; a .txt file also by the message."""
    may_be_text = not words or IMPORT_WORDS.search(words)
    suffixes = (*TABLE_SUFFIXES, TEXT_SUFFIX) if may_be_text else TABLE_SUFFIXES
    files = [one for one in event.get("files") or [] if one.get("id")]
    return [one for one in files if _clean_file_name(one).lower().endswith(suffixes)]


def list_presumed_table_files(event: dict[str, Any], words: str) -> list[dict[str, Any]]:
    """Return files that don't look like tables but are presented as data, so that the person is
    told that they can't be read."""
    files = [one for one in event.get("files") or [] if one.get("id")]
    presents_file = FILE_WORDS.search(words) and not find_channels(words)
    return files if not words or DATA_WORDS.search(words) or presents_file else []


def is_draft_request(words: str) -> bool:
    """Return whether the words clearly ask for a draft, so that a file beside them is material
    for it."""
    return DRAFT_WORDS.search(words) is not None


def accept_files(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    files: list[dict[str, Any]],
    place: Place,
) -> bool:
    """Store the files of a message as one upload, until they are read and grouped.

    Slack may report the message several times; return False when it is stored already.
    """
    user = str(event["user"])

    def make_uploaded_file(file: dict[str, Any]) -> UploadedFile:
        id = task_id(workspace, str(event["channel"]), str(event["ts"]), str(file["id"]))
        return UploadedFile(id, str(file["id"]), _clean_file_name(file), int(file.get("size") or 0))

    first, *others = (make_uploaded_file(file) for file in files[:MAX_FILES])
    dropped = Upload(
        id=first.id,
        file=first.file,
        name=first.name,
        size=first.size,
        workspace=workspace,
        author=user,
        place=place,
        locale=context.people.cached_locale(workspace, user),
        beside=tuple(others),
    )
    return FileUpload.create(session, context.services.enqueue, dropped, context.services.now())


def is_waiting_for_pair(session: Session, workspace: str, place: Place, now: datetime) -> bool:
    """Return whether an upload in this thread waits for a second file, which then needs no
    mention of the intern."""
    return any(
        is_same_conversation(place, one.place)
        for one in pairing.list_waiting_uploads(session, workspace, now)
    )


def _clean_file_name(file: dict[str, Any]) -> str:
    """Return the file's name without a path."""
    return PurePath(str(file.get("name") or file.get("title") or "")).name[:200]
