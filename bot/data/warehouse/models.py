"""The database rows that list which Parquet files hold a workspace's rows, kind by kind."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.db.base import Row
from bot.errors import CannotDo
from bot.i18n.messages import Words

LIBRARY_FOLDER = "library"
LOCAL_WORKSPACE = "local"  # owns what was imported before any Slack workspace was known
MOST_IDS_PER_STATEMENT = 500  # ids in one statement


class ConcurrentChange(CannotDo):
    """Somebody else changed the listing first. Merging again helps."""

    def __init__(self) -> None:
        super().__init__(
            Words("Somebody else changed the library at the same moment. Try once more.")
        )


class DataFile(Row):
    """One Parquet file. It is in force until another file replaces it. After that it stays readable
    for a while, for processes that have it open."""

    __tablename__ = "holdings"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]  # a kind of schema.toml, or "addresses"
    path: Mapped[str]  # relative to the home, with slashes
    rows: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]  # the name of the imported file
    keyed: Mapped[str]  # the id of the key that pseudonymized the customers
    as_of: Mapped[date | None]  # the day of its newest row; None: its rows have no date
    taken_in_at: Mapped[datetime]
    retired_at: Mapped[datetime | None] = mapped_column(index=True)  # None: in force
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes; None: from an earlier edition
    sha256: Mapped[str | None]
    damaged_at: Mapped[datetime | None]  # when the file was found to be damaged
    set_aside: Mapped[str | None]  # where it was moved then, relative to the home

    @staticmethod
    def in_force(session: Session, workspace: str, kind: str | None = None) -> list["DataFile"]:
        """Return the undamaged files in force, of one kind or of all, in the order in which they
        were imported."""
        return _in_force(session, workspace, kind, DataFile.damaged_at.is_(None))

    @staticmethod
    def damaged(session: Session, workspace: str, kind: str | None = None) -> list["DataFile"]:
        """Return the files that would be in force if they were not damaged."""
        return _in_force(session, workspace, kind, DataFile.damaged_at.is_not(None))

    @staticmethod
    def list_for_owners(session: Session, owners: Sequence[str]) -> list[list["DataFile"]]:
        """Return for each workspace its undamaged files in force, and the damaged ones after
        them."""
        rows = list(session.scalars(SELECT_IN_FORCE, {"owners": owners}))
        rows.sort(key=lambda row: row.damaged_at is not None)
        return [[row for row in rows if row.workspace == owner] for owner in owners]

    @staticmethod
    def to_check(session: Session) -> list["DataFile"]:
        """Return every file in force of all workspaces that is still in its place, damaged ones
        included."""
        rows = select(DataFile).where(DataFile.retired_at.is_(None), DataFile.set_aside.is_(None))
        return list(session.scalars(rows.order_by(DataFile.path)))

    @staticmethod
    def by_path(session: Session, path: str) -> "DataFile | None":
        """Return the file in force that has, or had, this path."""
        rows = select(DataFile).where(DataFile.path == path, DataFile.retired_at.is_(None))
        return session.scalars(rows).first()

    @staticmethod
    def lost(session: Session) -> list["DataFile"]:
        """Return every damaged file that was quarantined and whose rows have not been imported
        again."""
        rows = select(DataFile).where(
            DataFile.retired_at.is_(None), DataFile.set_aside.is_not(None)
        )
        return list(session.scalars(rows.order_by(DataFile.path)))

    def mark(self, session: Session, *, damaged: bool, now: datetime) -> None:
        """Record that this file is damaged, or that it is whole again."""
        self.damaged_at = now if damaged else None
        self._record(session, "library damaged" if damaged else "library whole", now)

    def quarantine(self, session: Session, where: str, now: datetime) -> None:
        """Record where the damaged file was moved."""
        self.damaged_at = self.damaged_at or now
        self.set_aside = where
        self._record(session, "library set aside", now)

    def give_up(self, session: Session, now: datetime) -> None:
        """Retire this damaged file: its rows were imported again, or nobody waits for them any
        more."""
        self.retired_at = now
        self._record(session, "library given up", now)

    def _record(self, session: Session, event: str, now: datetime) -> None:
        journal.record_event(session, self.workspace, event, self.kind, now, file=self.id)

    @staticmethod
    def restore(
        session: Session, workspace: str, kinds: Collection[str], source: str, now: datetime
    ) -> None:
        """Retire the damaged files of this source, because it was imported again."""
        for kind in kinds:
            for row in DataFile.damaged(session, workspace, kind):
                if row.source == source:
                    row.give_up(session, now)

    @staticmethod
    def switch(
        session: Session,
        workspace: str,
        kind: str,
        *,
        adds: Sequence["DataFile"],
        retires: Collection[str],
        now: datetime,
        seen: Collection[str] | None = None,
        back: Sequence["DataFile"] = (),
    ) -> None:
        """Put these files in force and retire the others, in one step. Files in `back` were
        retired before and are in force again.

        `seen` holds the ids that were in force when the files were written. Raises ConcurrentChange
        when somebody else changed them since; the caller merges again.
        """
        journal.lock_head(session, workspace)
        journal.record_event(
            session,
            workspace=workspace,
            event="library changed",
            subject=kind,
            now=now,
            adds=" ".join(row.id for row in (*adds, *back)) or None,
            retires=" ".join(sorted(retires)) or None,
            rows=sum(row.rows for row in (*adds, *back)),
        )
        if seen is not None and {h.id for h in DataFile.in_force(session, workspace, kind)} != set(
            seen
        ):
            raise ConcurrentChange
        gone = list(retires)
        for start in range(0, len(gone), MOST_IDS_PER_STATEMENT):
            some = gone[start : start + MOST_IDS_PER_STATEMENT]
            mine = (DataFile.workspace == workspace) & DataFile.id.in_(some)
            still = mine & DataFile.retired_at.is_(None)
            ended = list(session.scalars(select(DataFile).where(still).with_for_update()))
            if len(ended) != len(some):
                raise ConcurrentChange
            for row in ended:
                row.retired_at = now
        for row in back:
            row.retired_at = None
        session.add_all(adds)
        session.flush()

    @staticmethod
    def adopt(session: Session, from_: str, to: str) -> None:
        """Give the files that were imported before the workspace was known to the workspace, unless
        it has files of its own."""
        if from_ != to and not (DataFile.in_force(session, to) or DataFile.damaged(session, to)):
            for row in session.scalars(select(DataFile).where(DataFile.workspace == from_)):
                row.workspace = to

    @staticmethod
    def retired(session: Session, before: datetime) -> list["DataFile"]:
        """Return the files that were retired before this time, so that nobody can be reading them
        any more."""
        rows = select(DataFile).where(DataFile.retired_at < before)
        return list(session.scalars(rows.order_by(DataFile.id)))

    @staticmethod
    def sweep(session: Session, ids: Collection[str]) -> None:
        """Delete the rows of files that were deleted from the disk. The journal keeps their ids."""
        for row in session.scalars(select(DataFile).where(DataFile.id.in_(list(ids)))):
            session.delete(row)

    @staticmethod
    def paths(session: Session) -> set[str]:
        """Return the path of every listed file, in force or not."""
        return set(session.scalars(select(DataFile.path)))

    @staticmethod
    def key_ids(session: Session) -> set[str]:
        """Return the ids of the keys that the rows in force were pseudonymized with."""
        rows = select(DataFile.keyed).where(DataFile.retired_at.is_(None)).distinct()
        return set(session.scalars(rows))

    @staticmethod
    def any(session: Session) -> bool:
        return session.scalar(select(DataFile.id).limit(1)) is not None


# Built once, since it runs for every look-up.
SELECT_IN_FORCE = (
    select(DataFile)
    .where(
        DataFile.workspace.in_(bindparam("owners", expanding=True)), DataFile.retired_at.is_(None)
    )
    .order_by(DataFile.taken_in_at, DataFile.id)
)


def _in_force(
    session: Session, workspace: str, kind: str | None, which: ColumnElement[bool]
) -> list[DataFile]:
    rows = select(DataFile).where(DataFile.workspace == workspace, DataFile.retired_at.is_(None))
    if kind is not None:
        rows = rows.where(DataFile.kind == kind)
    return list(session.scalars(rows.where(which).order_by(DataFile.taken_in_at, DataFile.id)))
