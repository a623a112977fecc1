"""A file that somebody dropped for the library, on its way in: a row. The engine does the work.

It is read (`reading`), shown and confirmed (`waiting`), read again and taken in (`taking`, then
`storing`, from where there is no way back), and ends in one of `in`, `refused` (the file is of no
use), `cancelled` (a person stopped it) or `failed` (something broke). Every end is on its card.
One of two files that complete each other waits as a `half`, and is `joined` when the other comes.
"""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.config.policy import Policy
from bot.data.ingest.upload import (
    ImportOutcome,
    ImportPreview,
    Upload,
    UploadedFile,
    serialize_files,
)
from bot.db.session import Row, insert_once
from bot.db.workspace import Workspace
from bot.errors import CannotDo
from bot.i18n.messages import Words, restore_words
from bot.jobs.models import Enqueue, Job, JobKind
from bot.messages.outbox import OutboxMessage

UploadState = Literal[
    "reading",
    "half",
    "joined",
    "waiting",
    "taking",
    "storing",
    "in",
    "refused",
    "cancelled",
    "failed",
]
CARD_PREFIX = "arrival:"  # how the piece of its card begins
OPEN_STATES: tuple[UploadState, ...] = (
    "reading",
    "half",
    "waiting",
    "taking",
)  # a person may still cancel

ALREADY_ENDED = Words("This is over already. Drop the file again if you need it.")


def card_post_id(id: str) -> str:
    """The id of the post that is this arrival's card."""
    return f"{CARD_PREFIX}{id}:card"


class FileUpload(Row):
    __tablename__ = "arrivals"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    author: Mapped[str]
    place: Mapped[dict[str, Any]]
    locale: Mapped[str | None]
    file: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    beside: Mapped[list[Any] | None]  # the other files that are read with it
    half: Mapped[str | None]  # "orders" or "lines": what it is of what two files hold
    state: Mapped[str] = mapped_column(index=True)
    turn: Mapped[int]  # how often it was begun anew: another kind, another try
    kind: Mapped[str | None]  # what a person said it is; None: what was understood
    told: Mapped[
        dict[str, Any] | None
    ]  # how it is meant: {"dates": "day-first"}, {"sheets": ["May"]}
    seen: Mapped[str | None] = mapped_column(Text)  # the Glimpse that its card shows, as JSON
    understood: Mapped[str | None] = mapped_column(Text)  # the library's own words, as JSON
    by: Mapped[str | None]  # who confirmed or cancelled it
    progress: Mapped[int | None]  # rows read so far
    new: Mapped[int | None]
    replaced: Mapped[int | None]
    same: Mapped[int | None]
    rejected: Mapped[int | None]
    rejects: Mapped[str | None]  # the file of the rows that stayed out, relative to the home
    why: Mapped[dict[str, Any] | None]  # Words: why it was refused, or what broke
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @staticmethod
    def ask(session: Session, enqueue: Enqueue, dropped: Upload, now: datetime) -> bool:
        """The file as a row, its card's row and its reading, all in this transaction, once.
        False when it was asked before."""
        Workspace.ensure(session, dropped.workspace, now)
        values = vars(dropped) | {"beside": serialize_files(dropped.beside)}
        begun = {"state": "reading", "turn": 0, "made_at": now, "changed_at": now}
        if not insert_once(session, FileUpload, **(values | begun)):
            return False
        arrival = session.get_one(FileUpload, dropped.id)
        OutboxMessage.plan(
            session,
            id=arrival.card,
            workspace=dropped.workspace,
            kind="card",
            place=dropped.place,
            piece=arrival.piece,
            now=now,
        )
        arrival.note(session, "file offered", now, by=dropped.author)
        arrival.enqueue(session, enqueue, "understand")
        return True

    @staticmethod
    def of_piece(session: Session, piece: str | None) -> "FileUpload | None":
        """What a card shows, when it is the card of an arrival."""
        id = (piece or "").removeprefix(CARD_PREFIX)
        return session.get(FileUpload, id) if piece and piece.startswith(CARD_PREFIX) else None

    @property
    def piece(self) -> str:
        return f"{CARD_PREFIX}{self.id}"

    @property
    def card(self) -> str:
        """The id of its card's post."""
        return card_post_id(self.id)

    @property
    def reference(self) -> str:
        """What a person can quote, and what the log carries."""
        return f"SI-{self.id[:8].upper()}"

    @property
    def files(self) -> tuple[UploadedFile, ...]:
        """What is read as one, its own file first."""
        sheets = tuple((self.told or {}).get("sheets") or ())
        mine = UploadedFile(self.id, self.file, self.name, self.size, sheets)
        return (mine, *(UploadedFile.from_row(told) for told in self.beside or ()))

    @property
    def title(self) -> str:
        """What it is called: the names of its files."""
        return " + ".join(one.title for one in self.files)

    @property
    def glimpse(self) -> ImportPreview | None:
        return ImportPreview.model_validate_json(self.seen) if self.seen else None

    @property
    def said(self) -> Words | None:
        return restore_words(self.why) if self.why else None

    def may_stop(self, person: str, policy: Policy) -> bool:
        """Whether somebody may cancel it, have it read again or have the rows that stayed out:
        whoever dropped it, and whoever may import."""
        return person == self.author or policy.may(person, "import")

    def understand(
        self,
        session: Session,
        enqueue: Enqueue,
        *,
        glimpse: ImportPreview,
        understood: str,
        turn: int,
        now: datetime,
    ) -> None:
        """It was read: now a person has to say yes. Nothing when it was stopped meanwhile."""
        if self.state == "reading" and turn == self.turn:
            self.seen, self.understood = glimpse.model_dump_json(), understood
            self.become(session, enqueue, "waiting", now)

    def advance(self, session: Session, enqueue: Enqueue, *, rows: int, now: datetime) -> bool:
        """So many rows are read. False: it was stopped meanwhile."""
        if self.state not in ("taking", "storing"):
            return False
        if rows != self.progress:
            self.progress, self.changed_at = rows, now
            OutboxMessage.request_redraw(session, enqueue, self.piece)
        return True

    def store(self, session: Session, enqueue: Enqueue, *, now: datetime) -> bool:
        """From here on it can't be cancelled. False: it was stopped meanwhile."""
        if self.state == "taking":
            self.become(session, enqueue, "storing", now)
        return self.state == "storing"

    def take(
        self,
        session: Session,
        enqueue: Enqueue,
        *,
        outcome: ImportOutcome,
        rejects: str | None,
        now: datetime,
    ) -> None:
        """The library has it. Raises CannotDo when it is over already."""
        if self.state not in ("taking", "storing"):
            raise CannotDo(ALREADY_ENDED)
        self.new, self.replaced, self.same = outcome.new, outcome.replaced, outcome.same
        self.rejected, self.rejects, self.progress = outcome.rejected, rejects, None
        self.note(session, "file taken in", now, by=self.by, rows=outcome.new + outcome.replaced)
        self.become(session, enqueue, "in", now)

    def refuse(self, session: Session, enqueue: Enqueue, *, why: Words, now: datetime) -> None:
        """The file is of no use as it is."""
        self._end(session, enqueue, "refused", why, now)

    def fail(self, session: Session, enqueue: Enqueue, *, why: Words, now: datetime) -> None:
        """Something broke; it may be tried again."""
        self._end(session, enqueue, "failed", why, now)

    def _end(
        self, session: Session, enqueue: Enqueue, state: UploadState, why: Words, now: datetime
    ) -> None:
        if self.state in (*OPEN_STATES, "storing"):
            self.why = why.model_dump(mode="json")
            self.note(session, f"file {state}", now)
            self.become(session, enqueue, state, now)

    def anew(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """Read it from the start."""
        self.turn += 1
        self.seen = self.understood = self.half = self.why = self.by = None
        self.become(session, enqueue, "reading", now)
        self.enqueue(session, enqueue, "understand")

    def become(self, session: Session, enqueue: Enqueue, state: UploadState, now: datetime) -> None:
        """Its state from now on, and its card drawn anew."""
        self.state, self.progress, self.changed_at = state, None, now
        OutboxMessage.request_redraw(session, enqueue, self.piece)

    def enqueue(self, session: Session, enqueue: Enqueue, kind: JobKind) -> None:
        enqueue(session, Job(kind=kind, subject=self.id, workspace=self.workspace, turn=self.turn))

    def note(
        self,
        session: Session,
        event: str,
        now: datetime,
        by: str | None = None,
        rows: int | None = None,
    ) -> None:
        """The journal keeps ids and counts, never a file's name."""
        journal.record_event(
            session,
            workspace=self.workspace,
            event=event,
            subject=self.id,
            by=by,
            now=now,
            rows=rows,
        )


# Live rows as they came in: one batch is one checked request, waiting to be merged.


class LiveBatch(Row):
    """One request of one kind. The same request again, with the same time and body, is the same
    batch: a retry. `path` is the file of its good rows, relative to the home; None when no row was
    good."""

    __tablename__ = "batches"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(
        primary_key=True
    )  # of the time it was signed at and the body
    rows: Mapped[int]
    rejected: Mapped[int]
    path: Mapped[str | None]
    received_at: Mapped[datetime]
    merged_at: Mapped[datetime | None] = mapped_column(index=True)

    @staticmethod
    def keep(
        session: Session,
        *,
        workspace: str,
        kind: str,
        sha256: str,
        rows: int,
        rejected: int,
        path: str | None,
        now: datetime,
    ) -> bool:
        """Write it down; False when it was there. A batch without good rows waits for nothing."""
        return insert_once(
            session,
            LiveBatch,
            workspace=workspace,
            kind=kind,
            sha256=sha256,
            rows=rows,
            rejected=rejected,
            path=path,
            received_at=now,
            merged_at=None if rows else now,
        )

    @staticmethod
    def waiting(session: Session, workspace: str, kind: str) -> list["LiveBatch"]:
        """What is not merged yet, in the order in which it came."""
        rows = select(LiveBatch).where(
            LiveBatch.workspace == workspace, LiveBatch.kind == kind, LiveBatch.merged_at.is_(None)
        )
        return list(session.scalars(rows.order_by(LiveBatch.received_at, LiveBatch.sha256)))

    @staticmethod
    def due(session: Session) -> list[tuple[str, str]]:
        """The workspaces and kinds that have something to merge."""
        pairs = (
            select(LiveBatch.workspace, LiveBatch.kind)
            .where(LiveBatch.merged_at.is_(None))
            .distinct()
        )
        return [
            (workspace, kind)
            for workspace, kind in session.execute(pairs.order_by(*pairs.selected_columns))
        ]

    @staticmethod
    def merged(
        session: Session, workspace: str, kind: str, named: list[str], now: datetime
    ) -> bool:
        """These are in the library now. False when one of them was before: then the caller takes
        back what it did, or rows that came later would be undone."""
        marked = 0
        for start in range(0, len(named), 500):
            some = LiveBatch.sha256.in_(named[start : start + 500])
            mine = (LiveBatch.workspace == workspace) & (LiveBatch.kind == kind) & some
            still = (
                update(LiveBatch).where(mine, LiveBatch.merged_at.is_(None)).values(merged_at=now)
            )
            marked += len(session.execute(still.returning(LiveBatch.sha256)).all())
        return marked == len(named)

    @staticmethod
    def forget(session: Session, before: datetime) -> None:
        """Merged so long ago that nobody can send the same request again."""
        session.execute(delete(LiveBatch).where(LiveBatch.merged_at < before))
