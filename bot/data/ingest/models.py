"""Files that people upload for import, and batches of live rows, as database rows.

An upload is read (`reading`), previewed and confirmed (`waiting`), read again and imported
(`taking`, then `storing`, which can't be cancelled). It ends as `in`, `refused` (the file can't be
used), `cancelled` (a person stopped it) or `failed` (something broke); an import that is `in` may
be `undone`. Its card shows every end.
One of two files that complete each other waits as a `half`, and becomes `joined` when the other one
arrives.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.config.policy import Policy
from bot.data.ingest.file_schema import FileSchema
from bot.data.ingest.upload import (
    ImportOutcome,
    ImportPreview,
    Upload,
    UploadedFile,
    serialize_files,
)
from bot.db.base import Row
from bot.db.session import insert_once
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
    "undone",
]
CARD_PREFIX = "arrival:"  # of the piece of a card's post
# States in which a person may cancel.
OPEN_STATES: tuple[UploadState, ...] = ("reading", "half", "waiting", "taking")

RECALLED_FILES = 200  # how many of the last imports are looked at for a known mapping

ALREADY_ENDED = Words("This is over already. Drop the file again if you need it.")


def card_post_id(id: str) -> str:
    """Return the id of the post that is this upload's card."""
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
    beside: Mapped[list[Any] | None]  # the other files that are read together with it
    half: Mapped[str | None]  # "orders" or "lines": which of two files that complete each other
    state: Mapped[str] = mapped_column(index=True)
    turn: Mapped[int]  # how often it was restarted with another kind or setting, or for another try
    kind: Mapped[str | None]  # as a person chose it; None: as detected
    told: Mapped[
        dict[str, Any] | None
    ]  # the person's settings: {"dates": "day-first"}, {"sheets": ["May"]}
    seen: Mapped[str | None] = mapped_column(Text)  # the ImportPreview that its card shows, as JSON
    understood: Mapped[str | None] = mapped_column(Text)  # the FileSchema, as JSON
    by: Mapped[str | None]  # who confirmed, cancelled or undid it; None: not asked
    progress: Mapped[int | None]  # rows read so far
    new: Mapped[int | None]
    replaced: Mapped[int | None]
    same: Mapped[int | None]
    rejected: Mapped[int | None]
    rejects: Mapped[str | None]  # the file of the rejected rows, relative to the home
    why: Mapped[dict[str, Any] | None]  # Words: why it was refused, or what broke
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @staticmethod
    def create(session: Session, enqueue: Enqueue, dropped: Upload, now: datetime) -> bool:
        """Store the upload, plan its card and enqueue the first reading, in this transaction.
        Return False when the upload exists already."""
        Workspace.ensure(session, dropped.workspace, now)
        values = vars(dropped) | {"beside": serialize_files(dropped.beside)}
        begun = {"state": "reading", "turn": 0, "made_at": now, "changed_at": now}
        if not insert_once(session, FileUpload, **(values | begun)):
            return False
        upload = session.get_one(FileUpload, dropped.id)
        OutboxMessage.plan(
            session,
            id=upload.card_post_id,
            workspace=dropped.workspace,
            kind="card",
            place=dropped.place,
            piece=upload.card_piece,
            now=now,
        )
        upload.log_event(session, "file offered", now, by=dropped.author)
        upload.enqueue(session, enqueue, "understand")
        return True

    @staticmethod
    def by_card_piece(session: Session, piece: str | None) -> "FileUpload | None":
        """Return the upload whose card has this piece, or None when the post is no upload's
        card."""
        id = (piece or "").removeprefix(CARD_PREFIX)
        return session.get(FileUpload, id) if piece and piece.startswith(CARD_PREFIX) else None

    @property
    def card_piece(self) -> str:
        """The `piece` of its card's post."""
        return f"{CARD_PREFIX}{self.id}"

    @property
    def card_post_id(self) -> str:
        return card_post_id(self.id)

    @property
    def reference(self) -> str:
        """A short reference that people can quote and that the log contains."""
        return f"SI-{self.id[:8].upper()}"

    @property
    def files(self) -> tuple[UploadedFile, ...]:
        """The files that are read as one table, its own file first."""
        sheets = tuple((self.told or {}).get("sheets") or ())
        mine = UploadedFile(self.id, self.file, self.name, self.size, sheets)
        return (mine, *(UploadedFile.from_row(told) for told in self.beside or ()))

    @property
    def title(self) -> str:
        """The names of its files."""
        return " + ".join(one.title for one in self.files)

    @property
    def preview(self) -> ImportPreview | None:
        """What its card shows, or None before the file was read."""
        return ImportPreview.model_validate_json(self.seen) if self.seen else None

    @property
    def reason(self) -> Words | None:
        """Why it was refused, what broke, or why it waits for another file."""
        return restore_words(self.why) if self.why else None

    def can_cancel(self, person: str, policy: Policy) -> bool:
        """Return whether a person may cancel it, have it read again or get its rejected rows: its
        author, and everybody who may import."""
        return person == self.author or policy.may(person, "import")

    def understand(
        self,
        session: Session,
        enqueue: Enqueue,
        *,
        preview: ImportPreview,
        schema: str,
        turn: int,
        now: datetime,
    ) -> None:
        """Store what was read. A person must confirm it now. Nothing happens when it was cancelled
        meanwhile."""
        if self.state == "reading" and turn == self.turn:
            self.seen, self.understood = preview.model_dump_json(), schema
            self.set_state(session, enqueue, "waiting", now)

    def confirm(
        self, session: Session, enqueue: Enqueue, *, by: str, unasked: bool = False, now: datetime
    ) -> None:
        """Import what was read. `unasked`: its author posted it where files with known columns are
        imported without a question; nobody pressed a button."""
        self.by = None if unasked else by
        self.log_event(session, "file confirmed", now, by=by)
        self.set_state(session, enqueue, "taking", now)
        self.enqueue(session, enqueue, "take_in")

    def ask_again(
        self, session: Session, enqueue: Enqueue, *, preview: ImportPreview, now: datetime
    ) -> bool:
        """Wait for another confirmation: the whole file changes what its card did not say. Return
        False when it was cancelled meanwhile."""
        if self.state != "taking":
            return False
        self.seen, self.by, self.turn = preview.model_dump_json(), None, self.turn + 1
        self.set_state(session, enqueue, "waiting", now)
        return True

    @staticmethod
    def is_mapping_known(session: Session, workspace: str, preview: ImportPreview) -> bool:
        """Return whether somebody confirmed a file that was read in the same way, with nothing on
        this file's card that was not on that one's."""
        latest = FileUpload._list_confirmed(session, workspace)
        return any(
            one.preview
            and one.preview.mapping == preview.mapping
            and preview.sentences <= one.preview.sentences
            for one in latest
        )

    @staticmethod
    def find_confirmed_mapping(
        session: Session, workspace: str, names: Sequence[str], kind: str | None
    ) -> tuple[str, dict[str, str]] | None:
        """Return the kind and the columns (theirs → ours) that somebody confirmed for a file with
        these columns; None where nobody did."""
        for one in FileUpload._list_confirmed(session, workspace):
            schema = FileSchema.model_validate_json(one.understood) if one.understood else None
            if schema is None or schema.names != tuple(names) or kind not in (None, schema.kind):
                continue
            if schema.said.called:
                return schema.kind, dict(schema.said.called)
        return None

    @staticmethod
    def _list_confirmed(session: Session, workspace: str) -> Iterable["FileUpload"]:
        """Return the last imports that somebody confirmed, the newest first."""
        rows = select(FileUpload).where(
            FileUpload.workspace == workspace,
            FileUpload.state == "in",
            FileUpload.by.is_not(None),
        )
        return session.scalars(rows.order_by(FileUpload.changed_at.desc()).limit(RECALLED_FILES))

    def advance(self, session: Session, enqueue: Enqueue, *, rows: int, now: datetime) -> bool:
        """Store how many rows are read so far. Return False when it was cancelled meanwhile."""
        if self.state not in ("taking", "storing"):
            return False
        if rows != self.progress:
            self.progress, self.changed_at = rows, now
            OutboxMessage.request_redraw(session, enqueue, self.card_piece)
        return True

    def store(self, session: Session, enqueue: Enqueue, *, now: datetime) -> bool:
        """Begin to store the rows; from now on it can't be cancelled. Return False when it was
        cancelled before."""
        if self.state == "taking":
            self.set_state(session, enqueue, "storing", now)
        return self.state == "storing"

    def complete(
        self,
        session: Session,
        enqueue: Enqueue,
        *,
        outcome: ImportOutcome,
        rejects: str | None,
        now: datetime,
    ) -> None:
        """Record that the rows are in the library. Raises CannotDo when the upload has ended
        already."""
        if self.state not in ("taking", "storing"):
            raise CannotDo(ALREADY_ENDED)
        self.new, self.replaced, self.same = outcome.new, outcome.replaced, outcome.same
        self.rejected, self.rejects, self.progress = outcome.rejected, rejects, None
        self.log_event(
            session, "file taken in", now, by=self.by, rows=outcome.new + outcome.replaced
        )
        self.set_state(session, enqueue, "in", now)

    def refuse(self, session: Session, enqueue: Enqueue, *, why: Words, now: datetime) -> None:
        """End it: the file can't be used as it is."""
        self._end(session, enqueue, "refused", why, now)

    def fail(self, session: Session, enqueue: Enqueue, *, why: Words, now: datetime) -> None:
        """End it: something broke. It may be tried again."""
        self._end(session, enqueue, "failed", why, now)

    def _end(
        self, session: Session, enqueue: Enqueue, state: UploadState, why: Words, now: datetime
    ) -> None:
        if self.state in (*OPEN_STATES, "storing"):
            self.why = why.model_dump(mode="json")
            self.log_event(session, f"file {state}", now)
            self.set_state(session, enqueue, state, now)

    def restart(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """Read it again from the start."""
        self.turn += 1
        self.seen = self.understood = self.half = self.why = self.by = None
        self.set_state(session, enqueue, "reading", now)
        self.enqueue(session, enqueue, "understand")

    def set_state(
        self, session: Session, enqueue: Enqueue, state: UploadState, now: datetime
    ) -> None:
        """Change its state and have its card redrawn."""
        self.state, self.progress, self.changed_at = state, None, now
        OutboxMessage.request_redraw(session, enqueue, self.card_piece)

    def enqueue(self, session: Session, enqueue: Enqueue, kind: JobKind) -> None:
        enqueue(session, Job(kind=kind, subject=self.id, workspace=self.workspace, turn=self.turn))

    def log_event(
        self,
        session: Session,
        event: str,
        now: datetime,
        by: str | None = None,
        rows: int | None = None,
    ) -> None:
        """Record an event in the journal, which contains ids and counts but never a file's name."""
        journal.record_event(session, self.workspace, event, self.id, now, by=by, rows=rows)


# Live rows: one batch is one checked request that waits to be merged.


class LiveBatch(Row):
    """One request with rows of one kind. A request with the same time and body is the same batch: a
    retry. `path` is the file of its accepted rows, relative to the home; None when no row was
    accepted."""

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
        """Store the batch. Return False when it is stored already. A batch without accepted rows is
        not merged."""
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
        """Return the batches that are not merged yet, in the order in which they arrived."""
        rows = select(LiveBatch).where(
            LiveBatch.workspace == workspace, LiveBatch.kind == kind, LiveBatch.merged_at.is_(None)
        )
        return list(session.scalars(rows.order_by(LiveBatch.received_at, LiveBatch.sha256)))

    @staticmethod
    def due(session: Session) -> list[tuple[str, str]]:
        """Return the workspaces and kinds that have batches to merge."""
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
        """Mark these batches as merged. Return False when one of them was merged before: the caller
        must then roll back, because rows that arrived later would be overwritten."""
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
        """Delete batches that were merged so long ago that the same request can't be sent again."""
        session.execute(delete(LiveBatch).where(LiveBatch.merged_at < before))
