"""Notices that everybody in a channel can read, and ephemeral messages to one person; a job sends
each of them once. The journal's heads are published once a day, as a notice or to a file.

A head stored elsewhere reveals what the database alone can't: that an earlier copy of the database
was restored, or that somebody with the key rewrote the journal.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit.journal import JournalEntry, JournalHead, SignatureState, Signer
from bot.audit.policy_in_force import PolicyRecord
from bot.core.request import task_id
from bot.data.local_data import LocalData
from bot.data.warehouse.models import LOCAL_WORKSPACE
from bot.errors import CannotDo
from bot.i18n.messages import Words, restore_words
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.slack.blocks import Message, context_block, render_words, section_block
from bot.slack.cards.card_data import explain_fallback
from bot.slack.client import SlackBusy
from bot.slack.sender import MessageSender
from bot.slack.threads import Place

NOTICE_KIND = "notice"  # kind of OutboxMessage


def plan_notice(
    session: Session,
    words: Words,
    language: str,
    *,
    id: str,
    workspace: str,
    place: Place,
    now: datetime,
    enqueue: Enqueue | None = None,
) -> None:
    """Store the notice, once for each `id`. `enqueue` has a job post it; without it the caller
    posts it itself."""
    content = place | {"words": words.model_dump(mode="json"), "language": language}
    OutboxMessage.plan(
        session, id=id, workspace=workspace, kind=NOTICE_KIND, place=content, now=now
    )
    if enqueue is not None:
        enqueue(session, Job(kind="say", subject=id, workspace=workspace))


async def render_notice(post: OutboxMessage) -> Message:
    """Render the notice. When it goes to its owner instead of the channel, it says why."""
    language = str(post.place["language"])
    text = render_words(restore_words(post.place["words"]), language)
    above = []
    if reason := post.place.get("fallback"):
        why = explain_fallback(str(post.place.get("channel")), str(reason))
        above = [context_block(why.to(language))]
    return Message(text, [*above, section_block(text)])


# Ephemeral messages. Slack may report the same event twice; each message is sent once.

EPHEMERAL_KIND = "whisper"  # kind of OutboxMessage
CHANNEL_CLOSED = Words(
    "Somebody from outside your workspace reads this conversation, so I do nothing here. An "
    "administrator can open a channel to your members all the same: shared_channels under "
    "[access] in policy.toml."
)
MAX_BUSY_TRIES = 3  # tries to show it in the channel while Slack is busy


def enqueue_ephemeral(
    session: Session,
    enqueue: Enqueue,
    *,
    about: str,
    workspace: str,
    user: str,
    words: Words,
    channel: str | None,
    thread: str | None,
    now: datetime,
) -> None:
    """Have the message shown by a job, once for each `about`."""
    id = f"{about}:{EPHEMERAL_KIND}"
    place = {"channel": channel, "thread": thread, "user": user, "dm": True}
    content = place | {"words": words.model_dump(mode="json")}
    OutboxMessage.plan(
        session, id=id, workspace=workspace, kind=EPHEMERAL_KIND, place=content, now=now
    )
    enqueue(session, Job(kind="tell", subject=id, workspace=workspace))


def enqueue_channel_closed(
    session: Session,
    enqueue: Enqueue,
    workspace: str,
    user: str,
    channel: str,
    thread: str | None,
    now: datetime,
) -> None:
    """Tell the person why nothing happens in a channel that outsiders read, once per channel and
    person."""
    about = task_id("closed", workspace, channel, user)
    if session.get(OutboxMessage, f"{about}:{EPHEMERAL_KIND}") is None:
        enqueue_ephemeral(
            session,
            enqueue,
            about=about,
            workspace=workspace,
            user=user,
            words=CHANNEL_CLOSED,
            channel=channel,
            thread=thread,
            now=now,
        )


async def send_ephemeral(sender: MessageSender, id: str) -> None:
    """Show the message in the person's channel; if that fails, send it once to their direct
    messages. Raise TryAgain."""
    post = await sender.database.run(lambda session: session.get_one(OutboxMessage, id))
    to, people = post.place, sender.people
    text = restore_words(to["words"]).to(await people.language(post.workspace, to["user"]))
    if to["channel"] and not post.tries and to.get("busy", 0) < MAX_BUSY_TRIES:
        try:
            if await people.send_ephemeral(to["user"], text, to["channel"], to["thread"]):
                return
        except SlackBusy:
            await sender.database.run(_count_busy_try, id)
            raise
    await sender.send(id, Message(text, []))


def _count_busy_try(session: Session, id: str) -> None:
    post = session.get_one(OutboxMessage, id, with_for_update=True)
    post.place = post.place | {"busy": post.place.get("busy", 0) + 1}


# The heads of the journal.

HEADS_FILE = "journal-heads.jsonl"  # in the home folder

T = TypeVar("T")


@dataclass(frozen=True)
class PublishedHead:
    """One line of HEADS_FILE."""

    day: str
    workspace: str
    entries: int
    head: str
    signature: str | None

    @classmethod
    def of(cls, head: JournalHead, day: date) -> "PublishedHead":
        return cls(day.isoformat(), head.workspace, head.count, head.hash, head.signature)

    def check(self, signer: Signer) -> SignatureState:
        signed = ("head", self.workspace, str(self.entries), self.head)
        return signer.check(self.signature, *signed)

    def is_in_journal(self, session: Session) -> bool:
        """Return whether the journal still has this head at this position."""
        entry = session.get(JournalEntry, (self.workspace, self.entries))
        return entry is not None and entry.hash == self.head

    @property
    def words(self) -> Words:
        return Words(
            "Journal of {workspace} on {day}: {entries} entries, head {head}, signature "
            "{signature}. Whoever runs Super-Intern can check it with "
            "`super-intern journal verify {head}`.",
            workspace=self.workspace,
            day=self.day,
            entries=str(self.entries),
            head=self.head,
            signature=self.signature or "–",
        )


def read_heads(path: Path) -> Iterator[PublishedHead]:
    """Read the file. Raise CannotDo for an invalid line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield PublishedHead(**json.loads(line))
        except (ValueError, TypeError):
            words = Words("{file}, line {line}: no head.", file=path.name, line=str(number))
            raise CannotDo(words) from None


def append_heads(path: Path, heads: Iterable[PublishedHead]) -> None:
    """Append the heads, except those whose day and workspace the file already has."""
    published = {(one.day, one.workspace) for one in read_heads(path)} if path.exists() else set()
    fresh = [one for one in heads if (one.day, one.workspace) not in published]
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(opened, "a", encoding="utf-8") as file:
        for one in fresh:
            file.write(json.dumps(asdict(one)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def list_published_workspaces(path: Path) -> set[str]:
    """Return the workspaces that have a signed head in this file."""
    return {one.workspace for one in read_heads(path) if one.signature} if path.exists() else set()


@dataclass(frozen=True)
class HeadPublisher:
    """The scheduled job that publishes the heads."""

    local_data: LocalData
    enqueue: Enqueue

    def due(self, session: Session, now: datetime) -> Iterable[Job]:
        """Yield one job per day for each workspace that has a journal and whose policy asks for
        it."""
        for workspace in _list_workspaces(session):
            policy = _read_or_none(self.local_data.policy, workspace)
            if policy is not None and policy.journal.publish != "none":
                subject = f"{workspace}/{now.date().isoformat()}"
                yield Job(kind="publish", subject=subject, workspace=workspace)

    async def run(self, subject: str) -> None:
        """Publish one head; `subject` is `workspace/day`."""
        workspace, day = subject.split("/")
        await self.local_data.database.run(self._publish, workspace, date.fromisoformat(day))

    def _publish(self, session: Session, workspace: str, day: date) -> None:
        head = session.get(JournalHead, workspace)
        if head is None:
            return
        record, to = PublishedHead.of(head, day), self.local_data.policy(workspace).journal.publish
        if to == "file":
            append_heads(self.local_data.settings.home / HEADS_FILE, [record])
        elif to != "none":
            plan_notice(
                session,
                record.words,
                self.local_data.brand(workspace).languages[0],
                id=f"head:{workspace}:{day.isoformat()}",
                workspace=workspace,
                place={"channel": to},
                now=self.local_data.database.now(),
                enqueue=self.enqueue,
            )


def record_policies(local_data: LocalData, session: Session, now: datetime) -> Iterable[Job]:
    """Record changes of policy.toml and brand.toml, once a minute. It yields no jobs."""
    for workspace in _list_workspaces(session):
        for file, read in (("policy.toml", local_data.policy), ("brand.toml", local_data.brand)):
            contents = _read_or_none(read, workspace)
            if contents is not None:
                PolicyRecord.note(session, workspace, file, contents, now)
    return ()


def _list_workspaces(session: Session) -> list[str]:
    """List every workspace that has a journal, except the local one, which stands for files
    imported before a workspace was known."""
    heads = (
        select(JournalHead.workspace)
        .where(JournalHead.workspace != LOCAL_WORKSPACE)
        .order_by(JournalHead.workspace)
    )
    return list(session.scalars(heads))


def _read_or_none(read: Callable[[str], T], workspace: str) -> T | None:
    """Return the file's contents; None while the file has an error."""
    try:
        return read(workspace)
    except CannotDo:
        return None
