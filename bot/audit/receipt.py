"""Receipts: exactly what was sent to which writer, with its tokens and its cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from sqlalchemy import (
    Index,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
    true,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from bot.audit import journal
from bot.audit.transactions import record_insert
from bot.core.model_prices import MIN_PRICE, find_price
from bot.core.parts import compute_fingerprint
from bot.core.writer import LlmCall
from bot.db.base import Row, list_rows, note_locked_row

DROPPED = "words not for us, deleted:"  # in the place of a body whose words were dropped
MAX_CALL_DURATION = timedelta(minutes=5)  # a call without an end after this time has died


@dataclass(frozen=True)
class SpendingUsage:
    """US dollars of the last 24 hours. `spent` is final; `reserved` is held by running calls, and
    what they do not use is released when they end."""

    spent: Decimal
    reserved: Decimal


@dataclass(frozen=True)
class TaskUsage:
    """What the calls of one task have used: US dollars, and tokens read and written."""

    usd: Decimal
    tokens: int


class Receipt(Row):
    """One call to a writer. `sent` is the exact request body; empty when nothing was sent. Where
    the words were dropped, it has their hash and their length in the place of the body."""

    __tablename__ = "receipts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    workspace: Mapped[str] = mapped_column(index=True)
    task: Mapped[str] = mapped_column(index=True)
    writer: Mapped[str]
    to: Mapped[str | None]
    sent: Mapped[str] = mapped_column(Text)
    tokens_in: Mapped[int]
    tokens_cached: Mapped[int]
    tokens_out: Mapped[int]
    usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 6))
    ended: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    call: Mapped[str | None]  # the call's id; None for a call that was reported once
    reserved: Mapped[Decimal | None] = mapped_column(Numeric(12, 6))  # counts instead of `usd`

    __table_args__ = (Index("ix_receipts_workspace_at", "workspace", "at"),)

    @validates("usd", "reserved")
    def _round_up(self, _: str, usd: Decimal | None) -> Decimal | None:
        """What is stored is never below the bill, so that no limit is passed by fractions."""
        return None if usd is None else usd.quantize(MIN_PRICE, ROUND_UP)

    @staticmethod
    def record(
        session: Session,
        *,
        workspace: str,
        task: str,
        sent: LlmCall,
        reserved: Decimal | None = None,
    ) -> "Receipt":
        """Store the receipt of a call or, for a call that was stored before, how it ended. The
        receipt is committed before the call is sent, so it exists even if the process dies. Calls
        that cost money go through `SpendingCap`."""
        if begun := Receipt.find_begun(session, task, sent.call):
            begun.end(session, sent)
            return begun
        return Receipt.begin(session, workspace=workspace, task=task, sent=sent, reserved=reserved)

    @staticmethod
    def begin(
        session: Session,
        *,
        workspace: str,
        task: str,
        sent: LlmCall,
        reserved: Decimal | None = None,
    ) -> "Receipt":
        """Store the receipt of a call that was not stored before. The row that is returned is no
        object of the session."""
        row = Receipt(workspace=workspace, task=task, reserved=reserved, **sent.model_dump())
        values = {name: getattr(row, name) for name in INSERTED_COLUMNS}
        # Not as an object: flushing it and reading it back would cost as much again.
        row.id = values["id"] = session.connection().execute(INSERT_RECEIPT, values).scalar_one()
        record_insert(session, RECEIPTS, values)
        row._journal(session)
        return row

    @staticmethod
    def find_begun(session: Session, task: str, call: str | None) -> "Receipt | None":
        """Return the receipt that was stored before this call was sent, locked."""
        if not call:
            return None
        begun: Receipt | None = session.scalar(SELECT_BEGUN, {"task": task, "call": call})
        if begun is not None:
            note_locked_row(session, begun, begun.id)
        return begun

    def end(self, session: Session, sent: LlmCall) -> None:
        """Record how the call ended. The sent text is kept, unless nothing was sent after all."""
        if self.sent and not sent.sent:
            self.sent, self.to = "", None
            self._journal(session)
        values = sent.model_dump(exclude={"call", "at", "writer", "sent", "to"})
        for name, value in values.items():
            setattr(self, name, value)
        if not sent.sent or (sent.exact and sent.usd is not None):
            self.reserved = None

    @staticmethod
    def drop_words(session: Session, task: str) -> None:
        """Replace what was sent for a task by its hash and its length. Tokens and cost stay, and
        the journal keeps the fingerprint of the exact bytes. Does nothing a second time."""
        for receipt in Receipt.list_for_task(session, task):
            if receipt.sent and not receipt.sent.startswith(DROPPED):
                digest, length = compute_fingerprint(receipt.sent), len(receipt.sent)
                receipt.sent = f"{DROPPED} SHA-256 {digest}, {length} characters"
                receipt._journal(session)

    def _journal(self, session: Session) -> None:
        """Record the receipt in the journal; its fingerprint covers the exact bytes sent."""
        journal.record_event(
            session,
            workspace=self.workspace,
            event="receipt",
            subject=str(self.id),
            now=self.at,
            task=self.task,
            fingerprint=compute_fingerprint(self.sent),
        )

    @staticmethod
    def record_file(
        session: Session,
        *,
        workspace: str,
        task: str,
        writer: str,
        content: str,
        to: str,
        now: datetime,
    ) -> "Receipt":
        """Store a receipt for a file that was handed out, which is no call to a writer. `content`
        describes its content without any personal data."""
        sent = LlmCall(writer=writer, sent=content, to=to, at=now)
        return Receipt.record(session, workspace=workspace, task=task, sent=sent)

    @staticmethod
    def list_for_task(session: Session, task: str) -> list["Receipt"]:
        return list_rows(session, Receipt, "task", task, "id")

    @staticmethod
    def compute_task_usage(session: Session, task: str) -> "TaskUsage":
        """Return what the calls of a task have used so far. A call whose end is not known counts
        with the most that it may cost."""
        return _build_task_usage(session.execute(SUM_TASK, {"task": task}).one())

    @staticmethod
    def compute_usage(
        session: Session, workspace: str, now: datetime, of_tasks: Select[Any] | None = None
    ) -> "SpendingUsage":
        """Return what counts against the limit of the workspace, or of the tasks with these ids."""
        values = _bind_period(workspace, now)
        sums = session.execute(_narrow(SUM_USAGE, of_tasks), values).one()
        return _build_usage(session, sums, values, now, of_tasks)

    @staticmethod
    def compute_usage_beside_task(
        session: Session, workspace: str, task: str, now: datetime
    ) -> "tuple[TaskUsage, SpendingUsage]":
        """Return what a task has used and what counts against the limit of its workspace, by one
        statement: each call to a model needs both."""
        values = _bind_period(workspace, now)
        sums = session.execute(SUM_BOTH, values | {"task": task}).one()
        return _build_task_usage(sums), _build_usage(session, sums, values, now)


def _bind_period(workspace: str, now: datetime) -> dict[str, Any]:
    since, running_since = now - timedelta(hours=24), now - MAX_CALL_DURATION
    return {"workspace": workspace, "since": since, "running_since": running_since}


def _narrow(wanted: Select[Any], of_tasks: Select[Any] | None) -> Select[Any]:
    return wanted if of_tasks is None else wanted.where(Receipt.task.in_(of_tasks))


def _build_task_usage(sums: Any) -> TaskUsage:
    return TaskUsage(Decimal(sums.usd or 0), int(sums.tokens or 0))


def _build_usage(
    session: Session,
    sums: Any,
    values: dict[str, Any],
    now: datetime,
    of_tasks: Select[Any] | None = None,
) -> SpendingUsage:
    spent, reserved = Decimal(sums.spent or 0), Decimal(sums.reserved or 0)
    if sums.unreserved:
        for receipt in session.scalars(_narrow(SELECT_UNRESERVED, of_tasks), values):
            price = find_price(receipt.writer)
            max_cost = price.compute_max_cost(receipt.sent) if price else Decimal(0)
            if now - receipt.at <= MAX_CALL_DURATION:
                reserved += max_cost
            else:
                spent += max_cost
    return SpendingUsage(spent, reserved)


# Built once, since they run for each call to a model.
RECEIPTS = Row.metadata.tables["receipts"]
INSERT_RECEIPT = insert(RECEIPTS).returning(RECEIPTS.c.id)
INSERTED_COLUMNS = tuple(column.name for column in RECEIPTS.columns if column.name != "id")
SELECT_BEGUN = (
    select(Receipt)
    .where(Receipt.task == bindparam("task"), Receipt.call == bindparam("call"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
SUM_TASK = select(
    func.sum(func.coalesce(Receipt.reserved, Receipt.usd)).label("usd"),
    func.sum(Receipt.tokens_in + Receipt.tokens_out).label("tokens"),
).where(Receipt.task == bindparam("task"), Receipt.sent != "")
IS_RUNNING = and_(Receipt.usd.is_(None), Receipt.at >= bindparam("running_since"))
IS_UNRESERVED = and_(  # a running call of an earlier version, which reserved nothing
    Receipt.reserved.is_(None), Receipt.usd.is_(None), Receipt.call.is_not(None), Receipt.sent != ""
)
IN_PERIOD = and_(Receipt.workspace == bindparam("workspace"), Receipt.at >= bindparam("since"))
SUM_USAGE = select(
    func.sum(
        case((Receipt.reserved.is_(None), Receipt.usd), (~IS_RUNNING, Receipt.reserved))
    ).label("spent"),
    func.sum(case((IS_RUNNING, Receipt.reserved))).label("reserved"),
    func.max(case((IS_UNRESERVED, 1))).label("unreserved"),
).where(IN_PERIOD)
_OF_TASK, _OF_WORKSPACE = SUM_TASK.subquery(), SUM_USAGE.subquery()
SUM_BOTH = select(_OF_TASK, _OF_WORKSPACE).join_from(_OF_TASK, _OF_WORKSPACE, true())
SELECT_UNRESERVED = select(Receipt).where(IN_PERIOD, IS_UNRESERVED)
