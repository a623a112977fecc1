"""Exactly what was sent to which writer, its tokens and its cost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Numeric, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import journal
from bot.db import Row
from bot.parts import fingerprint
from bot.writer import Sent


def free(writer: str, sent: str) -> Decimal:
    """A writer that costs nothing."""
    return Decimal(0)


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

    @staticmethod
    def keep(session: Session, *, workspace: str, task: str, sent: Sent) -> "Receipt":
        """The receipt of a call; told of again, how it ended. What left is written down before it
        leaves: whatever dies, the receipt is there."""
        if begun := Receipt._begun(session, task, sent.call):
            begun._end(session, sent)
            return begun
        row = Receipt(workspace=workspace, task=task, **sent.model_dump())
        session.add(row)
        session.flush()
        row._journal(session)
        return row

    @staticmethod
    def _begun(session: Session, task: str, call: str | None) -> "Receipt | None":
        if call is None:
            return None
        return session.scalar(select(Receipt).where(Receipt.task == task, Receipt.call == call))

    def _end(self, session: Session, sent: Sent) -> None:
        """The words stand as they left, unless nothing left after all."""
        if self.sent and not sent.sent:
            self.sent, self.to = "", None
            self._journal(session)
        told = sent.model_dump(exclude={"call", "at", "writer", "sent", "to"})
        for name, value in told.items():
            setattr(self, name, value)

    def _journal(self, session: Session) -> None:
        """The fingerprint is over the very bytes that leave."""
        journal.record(
            session,
            workspace=self.workspace,
            event="receipt",
            subject=str(self.id),
            now=self.at,
            task=self.task,
            fingerprint=fingerprint(self.sent),
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
        sent = Sent(writer=named, sent=told, to=to, at=now)
        return Receipt.keep(session, workspace=workspace, task=task, sent=sent)

    @staticmethod
    def of(session: Session, task: str) -> list["Receipt"]:
        return list(
            session.scalars(select(Receipt).where(Receipt.task == task).order_by(Receipt.id))
        )

    @staticmethod
    def spent(
        session: Session,
        workspace: str,
        now: datetime,
        at_most: Callable[[str, str], Decimal] = free,
    ) -> Decimal:
        """US dollars in the last 24 hours, of this workspace. A call of which no end is known, as
        when the machine died in it, counts `at_most` what its writer takes for what was sent."""
        lately = (Receipt.workspace == workspace, Receipt.at >= now - timedelta(hours=24))
        total = Decimal(session.scalar(select(func.sum(Receipt.usd)).where(*lately)) or 0)
        open = (Receipt.usd.is_(None), Receipt.call.is_not(None), Receipt.sent != "")
        rows = session.execute(select(Receipt.writer, Receipt.sent).where(*lately, *open))
        return total + sum((at_most(writer, sent) for writer, sent in rows), Decimal(0))
