"""One message of ours in Slack: a row made before it is sent, so that it is sent once.

A card is drawn from rows by one holder at a time, and again until nothing changed meanwhile.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db.session import Row, insert_once
from bot.jobs.models import Enqueue, Job

DRAW_LEASE = timedelta(seconds=30)
REDRAW_AFTER, REDRAW_WINDOW, MAX_REDRAWN_CARDS = (
    timedelta(minutes=5),
    timedelta(days=7),
    50,
)  # of cards left behind


class OutboxMessage(Row):
    """`piece` is what a card shows; `place` is Slack's business; `wanted` over `drawn` is work."""

    __tablename__ = "posts"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]  # "card", "delivery", "notice", "file", "whisper"
    piece: Mapped[str | None] = mapped_column(index=True)
    place: Mapped[dict[str, Any]]
    ts: Mapped[str | None]  # Slack's; None until it is known to be there
    channel: Mapped[str | None]  # where it really went
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
    ) -> "OutboxMessage":
        """The row of a message, made once however often it is asked for."""
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
        return session.get_one(OutboxMessage, id)

    def begin_try(self) -> int:
        """Written down before each send: how many sends were begun before this one."""
        self.tries += 1
        return self.tries - 1

    def mark_sent(self, ts: str, channel: str) -> None:
        self.ts, self.channel = ts, channel

    @staticmethod
    def request_redraw(session: Session, enqueue: Enqueue, piece: str) -> None:
        """What this piece's cards show has changed: have each of them drawn."""
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.piece == piece, OutboxMessage.kind == "card")
            .values(wanted=OutboxMessage.wanted + 1)
            .execution_options(synchronize_session=False)
        )
        rows = select(OutboxMessage.id, OutboxMessage.workspace, OutboxMessage.wanted).where(
            OutboxMessage.piece == piece, OutboxMessage.kind == "card"
        )
        for id, workspace, wanted in session.execute(rows):
            enqueue(session, Job(kind="show", subject=id, workspace=workspace, turn=wanted))

    @staticmethod
    def list_stale_cards(session: Session, now: datetime) -> list[Job]:
        """Cards that say less than their rows, since Slack was away for longer than a job is tried:
        to be drawn every few minutes, the newest first, until they are or a week is over."""
        held = or_(OutboxMessage.held_until.is_(None), OutboxMessage.held_until < now)
        rows = (
            select(OutboxMessage.id, OutboxMessage.workspace)
            .where(
                OutboxMessage.kind == "card",
                OutboxMessage.wanted > OutboxMessage.drawn,
                OutboxMessage.tries > 0,
                held,
            )
            .where(
                OutboxMessage.made_at > now - REDRAW_WINDOW,
                OutboxMessage.made_at < now - DRAW_LEASE,
            )
            .order_by(OutboxMessage.made_at.desc())
            .limit(MAX_REDRAWN_CARDS)
        )
        turn = int(now.timestamp()) // int(REDRAW_AFTER.total_seconds())  # far above any revision
        return [
            Job(kind="show", subject=id, workspace=workspace, turn=turn)
            for id, workspace in session.execute(rows)
        ]

    @staticmethod
    def give_up_drawing(session: Session, id: str) -> None:
        """Slack takes this card in no way: as it is, it is not tried again."""
        post = session.get(OutboxMessage, id, with_for_update=True)
        if post is not None:
            post.drawn = post.wanted

    @staticmethod
    def drop_unsent_cards(session: Session, piece: str) -> None:
        """Cards of this piece that nobody has seen yet are not needed any more."""
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
    def list_cards(session: Session, task: str) -> list[str]:
        """The ids of a task's cards, in the order of its pieces."""
        rows = select(OutboxMessage.id).where(
            OutboxMessage.piece.like(f"{task}.%"), OutboxMessage.kind == "card"
        )
        return list(session.scalars(rows.order_by(OutboxMessage.id)))

    @staticmethod
    def acquire(session: Session, id: str, holder: str, now: datetime) -> "OutboxMessage | None":
        """The post, held by this holder, when there is something to draw and nobody draws it."""
        post = session.get(OutboxMessage, id, with_for_update=True, populate_existing=True)
        if post is None or post.wanted <= post.drawn:
            return None
        left = post.held_until - now if post.held_until else timedelta(0)
        # More than is ever given: the clock has been set back, and that holder is long gone.
        busy = post.holder not in (None, holder) and timedelta(0) < left <= DRAW_LEASE
        if busy:
            return None
        post.holder, post.held_until = holder, now + DRAW_LEASE
        return post

    @staticmethod
    def finish_draw(session: Session, id: str, holder: str, wanted: int) -> bool:
        """The picture of revision `wanted` is up. False: it changed meanwhile, draw again."""
        post = session.get(OutboxMessage, id, with_for_update=True, populate_existing=True)
        if post is None or post.holder != holder:
            return True
        post.drawn = max(post.drawn, wanted)
        if post.wanted > post.drawn:
            return False
        post.holder = post.held_until = None
        return True

    @staticmethod
    def release_process(session: Session, process: str) -> None:
        """A process has died: what it was drawing, others may draw at once. Holders are called
        `process:…`."""
        held = update(OutboxMessage).where(OutboxMessage.holder.startswith(f"{process}:"))
        freed = held.values(holder=None, held_until=None)
        session.execute(freed.execution_options(synchronize_session=False))

    @staticmethod
    def release(session: Session, id: str, holder: str) -> None:
        """Not drawn after all; somebody else may."""
        post = session.get(OutboxMessage, id, with_for_update=True, populate_existing=True)
        if post is not None and post.holder == holder:
            post.holder = post.held_until = None
