"""Exactly what was sent to which writer, its tokens and its cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, Select, Text, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.model_prices import find_price
from bot.core.parts import compute_fingerprint
from bot.core.writer import LlmCall
from bot.db.session import Row

MAX_CALL_DURATION = timedelta(minutes=5)  # longer than any: what has no end by then has died


@dataclass(frozen=True)
class SpendingUsage:
    """US dollars of the last 24 hours. `spent` does not come back; `reserved` belongs to calls
    under way, and what they do not need is free when they end."""

    spent: Decimal
    reserved: Decimal


class Receipt(Row):
    """One call to a writer. `sent` is letter for letter what left the house; empty: nothing did."""

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
    call: Mapped[str | None]  # None: told of once
    reserved: Mapped[Decimal | None] = mapped_column(Numeric(12, 6))  # counts instead of `usd`

    __table_args__ = (Index("ix_receipts_workspace_at", "workspace", "at"),)

    @staticmethod
    def keep(
        session: Session,
        *,
        workspace: str,
        task: str,
        sent: LlmCall,
        reserved: Decimal | None = None,
    ) -> "Receipt":
        """The receipt of a call; told of again, how it ended. What left is written down before it
        leaves: whatever dies, the receipt is there. Calls that cost go through `Spending`."""
        if begun := Receipt.begun(session, task, sent.call):
            begun._end(session, sent)
            return begun
        told = sent.model_dump()
        row = Receipt(workspace=workspace, task=task, reserved=reserved, **told)
        session.add(row)
        session.flush()
        row._journal(session)
        return row

    @staticmethod
    def begun(session: Session, task: str, call: str | None) -> "Receipt | None":
        """The receipt that was written before this call left."""
        if call is None:
            return None
        return session.scalar(select(Receipt).where(Receipt.task == task, Receipt.call == call))

    def _end(self, session: Session, sent: LlmCall) -> None:
        """The words stand as they left, unless nothing left after all."""
        if self.sent and not sent.sent:
            self.sent, self.to = "", None
            self._journal(session)
        told = sent.model_dump(exclude={"call", "at", "writer", "sent", "to"})
        for name, value in told.items():
            setattr(self, name, value)
        if not sent.sent or (sent.exact and sent.usd is not None):
            self.reserved = None

    def _journal(self, session: Session) -> None:
        """The fingerprint is over the very bytes that leave."""
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
    def of_file(
        session: Session,
        *,
        workspace: str,
        task: str,
        named: str,
        told: str,
        to: str,
        now: datetime,
    ) -> "Receipt":
        """A file that left: no call to a writer. `told` says what was in it, and nobody's name."""
        sent = LlmCall(writer=named, sent=told, to=to, at=now)
        return Receipt.keep(session, workspace=workspace, task=task, sent=sent)

    @staticmethod
    def of(session: Session, task: str) -> list["Receipt"]:
        return list(
            session.scalars(select(Receipt).where(Receipt.task == task).order_by(Receipt.id))
        )

    @staticmethod
    def spent(session: Session, workspace: str, now: datetime) -> Decimal:
        """US dollars in the last 24 hours, of this workspace. A call of which no end is known, as
        when the machine died in it, counts the most that it can have cost."""
        used = Receipt.used(session, workspace, now)
        return used.spent + used.reserved

    @staticmethod
    def used(
        session: Session, workspace: str, now: datetime, of_tasks: Select[Any] | None = None
    ) -> "SpendingUsage":
        """What counts against the limit of the workspace, or of some of its tasks (their ids)."""
        lately = [Receipt.workspace == workspace, Receipt.at >= now - timedelta(hours=24)]
        if of_tasks is not None:
            lately.append(Receipt.task.in_(of_tasks))
        ended = select(func.sum(Receipt.usd)).where(*lately, Receipt.reserved.is_(None))
        spent, reserved = Decimal(session.scalar(ended) or 0), Decimal(0)
        older = and_(Receipt.usd.is_(None), Receipt.call.is_not(None), Receipt.sent != "")
        open = select(Receipt.reserved, Receipt.usd, Receipt.at, Receipt.writer, Receipt.id)
        open = open.where(*lately, or_(Receipt.reserved.is_not(None), older))
        for most, usd, at, writer, id in session.execute(open).all():
            if most is None:  # begun by an earlier version
                known = find_price(writer)
                most = known.most(session.get_one(Receipt, id).sent) if known else Decimal(0)
            if usd is None and now - at <= MAX_CALL_DURATION:
                reserved += most
            else:
                spent += most
        return SpendingUsage(spent, reserved)
