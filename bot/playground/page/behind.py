"""Behind the scenes: what the intern's own rows say, read without ever writing."""

import asyncio
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
from bot.audit.journal import Entry
from bot.audit.receipt import Receipt
from bot.core.channels import channels
from bot.delivery.models import Delivery
from bot.digests.models import Schedule
from bot.drafts.models import Draft
from bot.i18n.messages import catalogue
from bot.messages.outbox import Post
from bot.playground.page.deeds import Deeds
from bot.playground.page.proof import posts_in, proof, tasks_of
from bot.playground.slack import LocalSlack
from bot.tasks.draft_versions import of_task
from bot.tasks.models import Task

Shown = dict[str, Any]
TASKS, EVENTS, CALLS, ENTRIES = 8, 40, 25, 300
MOST_SENT = 60_000
CONTENT = ("message", "app_mention")
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


class Behind:
    """Reads rows of one workspace; before the intern has made its tables there are none."""

    def __init__(self, workspace: str, database_url: str | None) -> None:
        self.workspace = workspace
        self.database_url = database_url
        self._engine: Engine | None = None
        self._verified: tuple[str, journal.Verdict] | None = None

    async def read(self, slack: LocalSlack, deeds: Deeds, language: str) -> Shown:
        """Events with their acks, calls, tasks with all that belongs to them, the journal."""
        rows = await asyncio.to_thread(self._rows, language)
        counted = proof(rows.pop("accepted"), posts_in(slack), datetime.now(UTC))
        seen = {"events": events_of(slack, deeds), "calls": calls_of(slack)}
        return seen | rows | {"proof": counted}

    def next_digest(self, now: datetime) -> datetime:
        """A minute after the next moment of a digest that is on; a week ahead when none is."""
        try:
            engine = self._connected()
            if engine is not None:
                with Session(engine) as session:
                    on = [one for one in Schedule.of(session, self.workspace) if one.state == "on"]
                    moments = [one.following(now) for one in on]
                    return min(moments, default=now + WEEK) + MINUTE
        except SQLAlchemyError:  # tables not made yet
            pass
        return now + WEEK

    def _rows(self, language: str) -> Shown:
        nothing: Shown = {"tasks": [], "journal": None, "accepted": []}
        try:
            engine = self._connected()
            if engine is None:
                return nothing
            with Session(engine) as session:
                entries = self._entries(session)
                tasks = [one_task(session, one, entries, language) for one in self._tasks(session)]
                shown = {"tasks": tasks, "journal": self._journal(session, entries, language)}
                return shown | {"accepted": tasks_of(session, self.workspace)}
        except SQLAlchemyError:  # tables not made yet, or the file was just replaced
            return nothing

    def _connected(self) -> Engine | None:
        if self.database_url is None:
            return None
        if self._engine is None:
            url = make_url(self.database_url)
            if url.drivername.startswith("sqlite"):
                if not url.database or not Path(url.database).exists():
                    return None
                self._engine = create_engine(url, poolclass=NullPool)
                event.listen(self._engine, "connect", _read_only)
            else:
                options = {"options": "-c default_transaction_read_only=on"}
                self._engine = create_engine(url, connect_args=options, pool_pre_ping=True)
        return self._engine

    def _tasks(self, session: Session) -> list[Task]:
        mine = select(Task).where(Task.workspace == self.workspace)
        return list(session.scalars(mine.order_by(Task.made_at.desc()).limit(TASKS)))

    def _entries(self, session: Session) -> list[Entry]:
        mine = select(Entry).where(Entry.workspace == self.workspace)
        newest = mine.order_by(Entry.seq.desc()).limit(ENTRIES)
        return list(session.scalars(newest))[::-1]

    def _journal(self, session: Session, entries: list[Entry], language: str) -> Shown:
        head = entries[-1].hash if entries else ""
        if self._verified is None or self._verified[0] != head:
            self._verified = (head, journal.verify(session, self.workspace))
        verdict = self._verified[1]
        fault = verdict.fault.to(language) if verdict.fault else None
        shown = [entry_of(one) for one in entries[:-61:-1]]
        return {"count": verdict.entries, "fault": fault, "entries": shown}


def one_task(session: Session, task: Task, entries: list[Entry], language: str) -> Shown:
    """A task's way: what was written down of it, its drafts, receipts and messages."""
    mine = [one for one in entries if _is_about(one, task.id)]
    receipts = Receipt.of(session, task.id)
    drafts = of_task(session, task.id)
    posts = session.scalars(select(Post).where(Post.piece.like(f"{task.id}.%")).order_by(Post.id))
    return {
        "id": task.id,
        "reference": task.reference,
        "words": task.words,
        "reason": task.reason,
        "author": task.author,
        "state": _stands(session, task, drafts),
        "private": task.private,
        "at": _moment(task.made_at),
        "trouble": task.said.to(language) if task.said else None,
        "way": [entry_of(one) for one in mine],
        "drafts": [draft_of(session, one, language) for one in drafts],
        "receipts": [receipt_of(one) for one in receipts],
        "posts": [post_of(one) for one in posts],
    }


def _stands(session: Session, task: Task, drafts: Sequence[Draft]) -> str:
    """How far a task is; once its drafts are there, what people said of the newest of each."""
    newest = {draft.piece: draft for draft in sorted(drafts, key=lambda one: one.version)}
    said = {_verdict(session, draft) for draft in newest.values()}
    return said.pop() if task.state == "done" and len(said) == 1 else task.state


def _verdict(session: Session, draft: Draft) -> str:
    """Approved is what was approved often enough: then it goes out, to its thread at least."""
    said = {one.verdict for one in Decision.of(session, draft.id)}
    refused = next((one for one in ("reject", "send back") if one in said), None)
    if refused:
        return {"reject": "rejected", "send back": "back"}[refused]
    return "approved" if Delivery.of(session, draft.id) else "done"


def draft_of(session: Session, draft: Draft, language: str) -> Shown:
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
        {"verdict": one.verdict, "by": one.by, "at": _moment(one.at), "reason": one.reason}
        for one in Decision.of(session, draft.id)
    ]
    deliveries = [{"state": one.state, "code": one.code} for one in Delivery.of(session, draft.id)]
    return {
        "id": draft.id,
        "version": draft.version,
        "channel": channel_of(draft, language),
        "fingerprint": draft.fingerprint,
        "checks": checks if findings is not None else None,
        "decisions": decisions,
        "deliveries": deliveries,
        "by_rules": draft.by_rules,
    }


def channel_of(draft: Draft, language: str) -> str | None:
    channel = channels().get(draft.channel or "")
    return catalogue(language).get(channel.title, (channel.title,))[0] if channel else draft.channel


def receipt_of(receipt: Receipt) -> Shown:
    return {
        "id": receipt.id,
        "writer": receipt.writer,
        "to": receipt.to,
        "sent": receipt.sent[:MOST_SENT],
        "length": len(receipt.sent),
        "tokens_in": receipt.tokens_in,
        "tokens_cached": receipt.tokens_cached,
        "tokens_out": receipt.tokens_out,
        "usd": str(receipt.usd) if receipt.usd is not None else None,
        "ended": receipt.ended,
        "at": _moment(receipt.at),
    }


def post_of(post: Post) -> Shown:
    kept = {"id": post.id, "kind": post.kind, "tries": post.tries, "ts": post.ts}
    return kept | {"wanted": post.wanted, "drawn": post.drawn}


def entry_of(entry: Entry) -> Shown:
    return {
        "seq": entry.seq,
        "at": _moment(entry.at),
        "event": entry.event,
        "subject": entry.subject,
        "by": entry.by,
        "prev": entry.prev[:12],
        "hash": entry.hash[:12],
    }


def events_of(slack: LocalSlack, deeds: Deeds) -> list[Shown]:
    """Events, commands, clicks and forms, the newest first, each with its acks."""
    found: list[Shown] = [
        {
            "id": one.event_id,
            "name": one.type + (f".{sub}" if (sub := one.event["event"].get("subtype")) else ""),
            "at": float(one.event["event_time"]),
            "acks": [{"ms": round(try_.ms, 1), "error": try_.error} for try_ in one.attempts],
            "done": one.done,
        }
        for one in slack.deliveries[-EVENTS:]
    ]
    found += [
        {
            "id": f"{ack['name']}{ack['at']}",
            "name": ack["name"],
            "at": ack["at"],
            "acks": [{"ms": ack["ms"], "error": ack["error"]}],
            "done": True,
        }
        for ack in deeds.acks
    ]
    return sorted(found, key=lambda one: one["at"], reverse=True)[:EVENTS]


def calls_of(slack: LocalSlack) -> list[Shown]:
    """What the intern asked of Slack lately, the newest first."""
    return [
        {
            "method": one.method,
            "error": None if one.answer.get("ok") else one.answer.get("error", "?"),
            "at": one.at,
        }
        for one in slack.calls[: -CALLS - 1 : -1]
    ]


def _is_about(entry: Entry, task: str) -> bool:
    about = entry.subject == task or entry.subject.startswith(f"{task}.")
    return about or entry.refs.get("task") == task


def _moment(at: datetime) -> float:
    return at.timestamp()


def _read_only(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=2000")
