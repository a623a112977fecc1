"""Reads the intern's database for the page and compares it with the messages in Slack.

The comparison shows that no accepted task was lost and that no message was posted twice.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from bot.approvals.decision import Decision
from bot.audit import journal
from bot.audit.journal import JournalEntry
from bot.audit.receipt import Receipt
from bot.core.channels import load_channels
from bot.delivery.models import Delivery
from bot.digests.models import Schedule
from bot.drafts.models import Draft
from bot.i18n.messages import load_translations
from bot.messages.outbox import OutboxMessage
from bot.playground.local_slack import LocalSlack
from bot.playground.page.actions import ActionRunner
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import OPEN_STATES, Task

TaskCards = list[
    tuple[str, str, datetime]
]  # for each task: the id of its first card, its state, the time of the state
LOST_AFTER = timedelta(seconds=30)  # after a refusal by Slack, the retry comes a little later


def list_task_cards(session: Session, workspace: str) -> TaskCards:
    """List the first cards of all accepted tasks of the workspace."""
    columns = select(Task.id, Task.state, Task.changed_at).where(Task.workspace == workspace)
    return [(f"{id}.0:card", state, since) for id, state, since in session.execute(columns)]


def count_posts(slack: LocalSlack) -> Counter[str]:
    """Count the messages in Slack for each post id of the intern (from the metadata)."""
    post_counts: Counter[str] = Counter()
    for place in slack.places.values():
        for message in place.by_ts.values():
            post = (message.metadata or {}).get("event_payload", {}).get("post")
            if post and message.bot_id == slack.bot_id and not message.deleted:
                post_counts[str(post)] += 1
    return post_counts


def count_outcomes(tasks: TaskCards, post_counts: Counter[str], now: datetime) -> dict[str, int]:
    """Count the tasks by outcome: asked = ended + open + lost.

    `doubled` is the number of posts of any kind with more than one message."""
    found = Counter(
        _classify_card(card, state, now - since, post_counts) for card, state, since in tasks
    )
    doubled = sum(count > 1 for count in post_counts.values())
    outcomes = {name: found[name] for name in ("ended", "open", "lost")}
    return {"asked": len(tasks), **outcomes, "doubled": doubled}


def _classify_card(card: str, state: str, age: timedelta, post_counts: Counter[str]) -> str:
    if state in OPEN_STATES:
        return "open"
    if post_counts[card]:
        return "ended"
    return "open" if age < LOST_AFTER else "lost"


# The intern's records for the page's side panel, on a read-only connection.

RecordData = dict[str, Any]
MAX_TASKS, MAX_EVENTS, MAX_CALLS, MAX_ENTRIES = 8, 40, 25, 300
MAX_SENT_CHARACTERS = 60_000
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


class InternRecords:
    """Reads the records of one workspace; empty until the intern has created its tables."""

    def __init__(self, workspace: str, database_url: str | None) -> None:
        self.workspace = workspace
        self.database_url = database_url
        self._engine: Engine | None = None
        self._verified: tuple[str, journal.ChainVerdict] | None = None

    async def read(self, slack: LocalSlack, actions: ActionRunner, language: str) -> RecordData:
        """Return the events, API calls, tasks, journal and outcome counts for the side panel."""
        rows = await asyncio.to_thread(self._read_rows, language)
        outcomes = count_outcomes(rows.pop("accepted"), count_posts(slack), datetime.now(UTC))
        traffic = {"events": list_events(slack, actions), "calls": list_calls(slack)}
        return traffic | rows | {"proof": outcomes}

    def next_digest(self, now: datetime) -> datetime:
        """Return one minute after the next active digest is due, or a week ahead without any."""
        try:
            engine = self._open_engine()
            if engine is not None:
                with Session(engine) as session:
                    on = [
                        one
                        for one in Schedule.list_all(session, self.workspace)
                        if one.state == "on"
                    ]
                    moments = [one.next_run(now) for one in on]
                    return min(moments, default=now + WEEK) + MINUTE
        except SQLAlchemyError:  # the tables do not exist yet
            pass
        return now + WEEK

    def _read_rows(self, language: str) -> RecordData:
        nothing: RecordData = {"tasks": [], "journal": None, "accepted": []}
        try:
            engine = self._open_engine()
            if engine is None:
                return nothing
            with Session(engine) as session:
                entries = self._list_entries(session)
                tasks = [
                    describe_task(session, one, entries, language)
                    for one in self._list_tasks(session)
                ]
                shown = {
                    "tasks": tasks,
                    "journal": self._describe_journal(session, entries, language),
                }
                return shown | {"accepted": list_task_cards(session, self.workspace)}
        except SQLAlchemyError:  # the tables do not exist yet, or the file was replaced
            return nothing

    def _open_engine(self) -> Engine | None:
        if self.database_url is None:
            return None
        if self._engine is None:
            url = make_url(self.database_url)
            if url.drivername.startswith("sqlite"):
                if not url.database or not Path(url.database).exists():
                    return None
                self._engine = create_engine(url, poolclass=NullPool)
                event.listen(self._engine, "connect", _set_read_only)
            else:
                options = {"options": "-c default_transaction_read_only=on"}
                self._engine = create_engine(url, connect_args=options, pool_pre_ping=True)
        return self._engine

    def _list_tasks(self, session: Session) -> list[Task]:
        mine = select(Task).where(Task.workspace == self.workspace)
        return list(session.scalars(mine.order_by(Task.made_at.desc()).limit(MAX_TASKS)))

    def _list_entries(self, session: Session) -> list[JournalEntry]:
        mine = select(JournalEntry).where(JournalEntry.workspace == self.workspace)
        newest = mine.order_by(JournalEntry.seq.desc()).limit(MAX_ENTRIES)
        return list(session.scalars(newest))[::-1]

    def _describe_journal(
        self, session: Session, entries: list[JournalEntry], language: str
    ) -> RecordData:
        head = entries[-1].hash if entries else ""
        if self._verified is None or self._verified[0] != head:
            self._verified = (head, journal.verify_chain(session, self.workspace))
        verdict = self._verified[1]
        fault = verdict.fault.to(language) if verdict.fault else None
        shown = [describe_entry(one) for one in entries[:-61:-1]]
        return {"count": verdict.entries, "fault": fault, "entries": shown}


def describe_task(
    session: Session, task: Task, entries: list[JournalEntry], language: str
) -> RecordData:
    mine = [one for one in entries if _is_about(one, task.id)]
    receipts = Receipt.list_for_task(session, task.id)
    drafts = list_newest_drafts(session, task.id)
    posts = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.piece.like(f"{task.id}.%"))
        .order_by(OutboxMessage.id)
    )
    return {
        "id": task.id,
        "reference": task.reference,
        "words": task.words,
        "reason": task.reason,
        "author": task.author,
        "state": _read_task_state(session, task, drafts),
        "private": task.private,
        "at": _convert_time(task.made_at),
        "trouble": task.trouble_words.to(language) if task.trouble_words else None,
        "way": [describe_entry(one) for one in mine],
        "drafts": [describe_draft(session, one, language) for one in drafts],
        "receipts": [describe_receipt(one) for one in receipts],
        "posts": [describe_post(one) for one in posts],
    }


def _read_task_state(session: Session, task: Task, drafts: Sequence[Draft]) -> str:
    """Return a task's state; for a finished one the verdict, if all newest drafts have the same."""
    newest = {draft.piece: draft for draft in sorted(drafts, key=lambda one: one.version)}
    verdicts = {_read_verdict(session, draft) for draft in newest.values()}
    return verdicts.pop() if task.state == "done" and len(verdicts) == 1 else task.state


def _read_verdict(session: Session, draft: Draft) -> str:
    """Return a draft's verdict.

    A draft with enough approvals always has a delivery, to its thread at least."""
    verdicts = {one.verdict for one in Decision.list_for_draft(session, draft.id)}
    refused = next((one for one in ("reject", "send back") if one in verdicts), None)
    if refused:
        return {"reject": "rejected", "send back": "back"}[refused]
    return "approved" if Delivery.list_for_draft(session, draft.id) else "done"


def describe_draft(session: Session, draft: Draft, language: str) -> RecordData:
    findings = draft.findings
    checks = [
        {
            "rule": one.rule,
            "level": one.level,
            "words": one.words.to(language),
            "quote": one.quote,
            "part": one.part,
        }
        for one in findings or ()
    ]
    decisions = [
        {"verdict": one.verdict, "by": one.by, "at": _convert_time(one.at), "reason": one.reason}
        for one in Decision.list_for_draft(session, draft.id)
    ]
    deliveries = [
        {"state": one.state, "code": one.code} for one in Delivery.list_for_draft(session, draft.id)
    ]
    return {
        "id": draft.id,
        "version": draft.version,
        "channel": read_channel_title(draft, language),
        "fingerprint": draft.fingerprint,
        "checks": checks if findings is not None else None,
        "decisions": decisions,
        "deliveries": deliveries,
        "by_rules": draft.by_rules,
    }


def read_channel_title(draft: Draft, language: str) -> str | None:
    channel = load_channels().get(draft.channel or "")
    return (
        load_translations(language).get(channel.title, (channel.title,))[0]
        if channel
        else draft.channel
    )


def describe_receipt(receipt: Receipt) -> RecordData:
    return {
        "id": receipt.id,
        "writer": receipt.writer,
        "to": receipt.to,
        "sent": receipt.sent[:MAX_SENT_CHARACTERS],
        "length": len(receipt.sent),
        "tokens_in": receipt.tokens_in,
        "tokens_cached": receipt.tokens_cached,
        "tokens_out": receipt.tokens_out,
        "usd": str(receipt.usd) if receipt.usd is not None else None,
        "ended": receipt.ended,
        "at": _convert_time(receipt.at),
    }


def describe_post(post: OutboxMessage) -> RecordData:
    fields = {"id": post.id, "kind": post.kind, "tries": post.tries, "ts": post.ts}
    return fields | {"wanted": post.wanted, "drawn": post.drawn}


def describe_entry(entry: JournalEntry) -> RecordData:
    return {
        "seq": entry.seq,
        "at": _convert_time(entry.at),
        "event": entry.event,
        "subject": entry.subject,
        "by": entry.by,
        "prev": entry.prev[:12],
        "hash": entry.hash[:12],
    }


def list_events(slack: LocalSlack, actions: ActionRunner) -> list[RecordData]:
    """List events, commands, clicks and forms with their acknowledgements, the newest first."""
    found: list[RecordData] = [
        {
            "id": one.event_id,
            "name": one.type + (f".{sub}" if (sub := one.event["event"].get("subtype")) else ""),
            "at": float(one.event["event_time"]),
            "acks": [{"ms": round(try_.ms, 1), "error": try_.error} for try_ in one.attempts],
            "done": one.done,
        }
        for one in slack.deliveries[-MAX_EVENTS:]
    ]
    found += [
        {
            "id": f"{ack['name']}{ack['at']}",
            "name": ack["name"],
            "at": ack["at"],
            "acks": [{"ms": ack["ms"], "error": ack["error"]}],
            "done": True,
        }
        for ack in actions.acks
    ]
    return sorted(found, key=lambda one: one["at"], reverse=True)[:MAX_EVENTS]


def list_calls(slack: LocalSlack) -> list[RecordData]:
    """List the intern's latest API calls, the newest first."""
    return [
        {
            "method": one.method,
            "error": None if one.answer.get("ok") else one.answer.get("error", "?"),
            "at": one.at,
        }
        for one in slack.calls[: -MAX_CALLS - 1 : -1]
    ]


def _is_about(entry: JournalEntry, task: str) -> bool:
    about = entry.subject == task or entry.subject.startswith(f"{task}.")
    return about or entry.refs.get("task") == task


def _convert_time(at: datetime) -> float:
    return at.timestamp()


def _set_read_only(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=2000")
