"""The outbox: one row for each message to Slack, committed before the message is sent.

The row makes sure that a message is sent once although a job may run several times. A card is drawn
from its rows by one process at a time, and drawn again until its rows have not changed during the
drawing.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, and_, bindparam, case, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db.base import Row
from bot.db.session import insert_once
from bot.errors import TryAgain
from bot.jobs.models import Enqueue, Job

DRAW_LEASE = timedelta(seconds=30)
# Stale cards are redrawn every REDRAW_AFTER until they are older than REDRAW_WINDOW.
REDRAW_AFTER = timedelta(minutes=5)
REDRAW_WINDOW = timedelta(days=7)
MAX_REDRAWN_CARDS = 50


class CardHeld(TryAgain):
    """Another holder is drawing the card."""


class OutboxMessage(Row):
    """One message to Slack.

    `piece` is the part of a task that a card shows. `place` is a Place (see bot.slack.threads).
    `wanted` counts the changes of what the card shows, `drawn` is the count that was drawn last: a
    card needs drawing while `wanted` is greater than `drawn`.
    """

    __tablename__ = "posts"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]  # "card", "delivery", "notice", "file", "whisper"
    piece: Mapped[str | None] = mapped_column(index=True)
    place: Mapped[dict[str, Any]]
    ts: Mapped[str | None]  # Slack's timestamp of the message; None until it is known to be posted
    channel: Mapped[str | None]  # the channel that the message was really posted in
    tries: Mapped[int] = mapped_column(default=0)
    wanted: Mapped[int] = mapped_column(default=1)
    drawn: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str | None]
    held_until: Mapped[datetime | None]
    made_at: Mapped[datetime]

    @staticmethod
    def plan(
        session: Session,
        *,
        id: str,
        workspace: str,
        kind: str,
        place: dict[str, Any],
        now: datetime,
        piece: str | None = None,
    ) -> None:
        """Insert the row unless a row with this `id` exists."""
        insert_once(
            session,
            OutboxMessage,
            id=id,
            workspace=workspace,
            kind=kind,
            piece=piece,
            place=place,
            tries=0,
            wanted=1,
            drawn=0,
            made_at=now,
        )

    @staticmethod
    def begin_try(session: Session, id: str) -> int:
        """Count a try to send, before it is made. Return how many tries were begun before it."""
        return int(_execute(session, BEGIN_TRY, {"of": id}).scalar_one()) - 1

    @staticmethod
    def undo_try(session: Session, id: str) -> None:
        """Take a try back that has certainly sent nothing."""
        _execute(session, UNDO_TRY, {"of": id})

    def mark_sent(self, ts: str, channel: str) -> None:
        self.ts, self.channel = ts, channel

    @staticmethod
    def request_redraw(session: Session, enqueue: Enqueue, piece: str) -> None:
        """Enqueue a drawing of each card that shows this piece, because its rows have changed."""
        for id, workspace, wanted in _execute(session, COUNT_CHANGE, {"of": piece}).all():
            enqueue(session, Job(kind="show", subject=id, workspace=workspace, turn=wanted))

    @staticmethod
    def list_stale_cards(session: Session, now: datetime) -> list[Job]:
        """Return jobs that draw the cards which show less than their rows, newest first.

        Such cards remain when Slack was unavailable for longer than a job is retried. They are
        drawn every few minutes until they are up to date or a week old.
        """
        not_held = or_(OutboxMessage.held_until.is_(None), OutboxMessage.held_until < now)
        rows = (
            select(OutboxMessage.id, OutboxMessage.workspace)
            .where(
                OutboxMessage.kind == "card",
                OutboxMessage.wanted > OutboxMessage.drawn,
                OutboxMessage.tries > 0,
                not_held,
            )
            .where(
                OutboxMessage.made_at > now - REDRAW_WINDOW,
                OutboxMessage.made_at < now - DRAW_LEASE,
            )
            .order_by(OutboxMessage.made_at.desc())
            .limit(MAX_REDRAWN_CARDS)
        )
        # always greater than a revision
        turn = int(now.timestamp()) // int(REDRAW_AFTER.total_seconds())
        return [
            Job(kind="show", subject=id, workspace=workspace, turn=turn)
            for id, workspace in session.execute(rows)
        ]

    @staticmethod
    def give_up_drawing(session: Session, id: str) -> None:
        """Mark a card as drawn although it is not, because Slack accepts it in no form."""
        _execute(session, GIVE_UP, {"of": id})

    @staticmethod
    def drop_unsent_cards(session: Session, piece: str) -> None:
        """Mark the cards of this piece that were never sent as drawn, so that they are not sent."""
        session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.piece == piece,
                OutboxMessage.kind == "card",
                OutboxMessage.ts.is_(None),
                OutboxMessage.tries == 0,
            )
            .values(drawn=OutboxMessage.wanted)
            .execution_options(synchronize_session=False)
        )

    @staticmethod
    def acquire(session: Session, id: str, holder: str, now: datetime) -> "OutboxMessage | None":
        """Let this holder draw the card, and return it. None when it needs no drawing. Raise
        CardHeld when another holder is drawing it."""
        latest = now + DRAW_LEASE
        # A lease longer than any that is given means that the clock was set back; its holder is
        # gone.
        values = {"of": id, "by": holder, "now": now, "latest": latest}
        post: OutboxMessage | None = session.scalars(ACQUIRE, values).one_or_none()
        if post is None and _execute(session, SELECT_STALE, {"of": id}).first():
            raise CardHeld("another process holds this card")
        return post

    @staticmethod
    def finish_draw(session: Session, id: str, holder: str, wanted: int) -> bool:
        """Record that revision `wanted` was drawn. Return False when the card has changed since and
        must be drawn again."""
        values = {"of": id, "by": holder, "revision": wanted}
        is_stale = _execute(session, FINISH_DRAW, values).scalar_one_or_none()
        return not is_stale

    @staticmethod
    def release_process(session: Session, process: str) -> None:
        """Release what a process that died was drawing. Its holders are named `process:…`."""
        cards = update(OutboxMessage).where(OutboxMessage.holder.startswith(f"{process}:"))
        freed = cards.values(holder=None, held_until=None)
        session.execute(freed.execution_options(synchronize_session=False))

    @staticmethod
    def release(session: Session, id: str, holder: str) -> None:
        """Release the card without having drawn it, so that another holder may."""
        _execute(session, RELEASE, {"of": id, "by": holder})


def _execute(session: Session, statement: Executable, values: dict[str, Any]) -> Any:
    session.flush()
    return session.connection().execute(statement, values)


# Built once, since they run for each card. They write columns that the journal does not cover.
POSTS = Row.metadata.tables["posts"]
COUNT_CHANGE = (
    update(POSTS)
    .where(POSTS.c.piece == bindparam("of"), POSTS.c.kind == "card")
    .values(wanted=POSTS.c.wanted + 1)
    .returning(POSTS.c.id, POSTS.c.workspace, POSTS.c.wanted)
)
ACQUIRE = (
    update(OutboxMessage)
    .where(
        OutboxMessage.id == bindparam("of"),
        OutboxMessage.wanted > OutboxMessage.drawn,
        or_(
            OutboxMessage.holder.is_(None),
            OutboxMessage.holder == bindparam("by"),
            OutboxMessage.held_until.is_(None),
            OutboxMessage.held_until <= bindparam("now"),
            OutboxMessage.held_until > bindparam("latest"),
        ),
    )
    .values(holder=bindparam("by"), held_until=bindparam("latest"))
    .returning(OutboxMessage)
    .execution_options(synchronize_session=False, populate_existing=True)
)
UPDATE_POST = update(POSTS).where(POSTS.c.id == bindparam("of"))
BEGIN_TRY = UPDATE_POST.values(tries=POSTS.c.tries + 1).returning(POSTS.c.tries)
UNDO_TRY = UPDATE_POST.where(POSTS.c.tries > 0).values(tries=POSTS.c.tries - 1)
GIVE_UP = UPDATE_POST.values(drawn=POSTS.c.wanted)
UPDATE_HELD = UPDATE_POST.where(POSTS.c.holder == bindparam("by"))
RELEASE = UPDATE_HELD.values(holder=None, held_until=None)
IS_STALE = POSTS.c.wanted > POSTS.c.drawn
SELECT_STALE = select(POSTS.c.id).where(POSTS.c.id == bindparam("of"), IS_STALE)
CHANGED_SINCE = and_(IS_STALE, POSTS.c.wanted > bindparam("revision"))
FINISH_DRAW = UPDATE_HELD.values(
    drawn=case((POSTS.c.drawn < bindparam("revision"), bindparam("revision")), else_=POSTS.c.drawn),
    holder=case((CHANGED_SINCE, POSTS.c.holder)),
    held_until=case((CHANGED_SINCE, POSTS.c.held_until)),
).returning(IS_STALE)
