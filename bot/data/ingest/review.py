"""What a person can decide about an uploaded file: confirm, change how it is read, retry,
cancel or undo.

Everything that stores rows or changes how they are read requires the right to import. The author
may also cancel the upload or have it read again. All methods of ImportReview raise CannotDo with a
message for the person.

What an import changed is kept for a week. It can be undone as long as nothing else of the same
kind came in since, because later rows may rest on those of the import."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit.row_checks import require_unchanged_row
from bot.config.policy import Policy
from bot.data.catalogue.models import ProductRow
from bot.data.ingest.column_names import PRODUCTS_KIND
from bot.data.ingest.models import ALREADY_ENDED, OPEN_STATES, FileUpload, UploadState
from bot.data.warehouse.merge import MergeResult
from bot.data.warehouse.models import MOST_IDS_PER_STATEMENT, ConcurrentChange, DataFile
from bot.db.base import Row
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue

UNDO_PERIOD = timedelta(days=7)

EXPIRED = Words("This import can't be undone any more: what it replaced is kept for a week.")
OTHERS_SINCE = Words(
    "Other rows of this kind came in since, so this import can't be undone by itself. Import the "
    "right file again: its rows replace these."
)


class ReplacedProduct(BaseModel):
    handle: str
    title: str
    body: str
    imported_at: datetime


class ProductChange(BaseModel):
    """The products that an import of a catalogue replaced, and the handles of all it stored."""

    before: list[ReplacedProduct]
    handles: list[str]
    stored_at: datetime

    @staticmethod
    def of(
        before: Sequence[ProductRow], handles: Sequence[str], stored_at: datetime
    ) -> "ProductChange":
        replaced = [
            ReplacedProduct(
                handle=row.handle, title=row.title, body=row.body, imported_at=row.imported_at
            )
            for row in before
        ]
        return ProductChange(before=replaced, handles=list(handles), stored_at=stored_at)


class ImportUndo(Row):
    """What one import changed. `files` has by kind the ids of the files that it put in force and of
    those that it retired; `products` the products that it replaced (a ProductChange as JSON)."""

    __tablename__ = "import_undos"

    arrival: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    files: Mapped[dict[str, Any]]
    products: Mapped[str | None] = mapped_column(Text)
    stored_at: Mapped[datetime]

    @staticmethod
    def of(upload: FileUpload, kind: str, stored_at: datetime, **changed: Any) -> "ImportUndo":
        of_upload = {"arrival": upload.id, "workspace": upload.workspace}
        return ImportUndo(**of_upload, kind=kind, stored_at=stored_at, **{"files": {}, **changed})

    @staticmethod
    def record_rows(
        session: Session, upload: FileUpload, kind: str, merge: MergeResult, now: datetime
    ) -> None:
        """Record which files an import changed. Nothing is recorded when it changed none."""
        parts = {kind: merge, "addresses": merge.addresses}
        files = {
            name: {"adds": [one.id for one in part.adds], "retires": list(part.retires)}
            for name, part in parts.items()
            if part and (part.adds or part.retires)
        }
        if files:
            session.add(ImportUndo.of(upload, kind, now, files=files))

    @staticmethod
    def record_products(session: Session, upload: FileUpload, change: "ProductChange") -> None:
        products = change.model_dump_json()
        undo = ImportUndo.of(upload, PRODUCTS_KIND, change.stored_at, products=products)
        session.add(undo)

    @staticmethod
    def find_kept_files(session: Session, now: datetime) -> set[str]:
        """Return the ids of retired files that an undo still needs."""
        rows = select(ImportUndo).where(ImportUndo.stored_at > now - UNDO_PERIOD)
        changes = [change for row in session.scalars(rows) for change in row.files.values()]
        return {id for change in changes for id in change["retires"]}

    @staticmethod
    def drop(session: Session, workspace: str, kind: str) -> None:
        """Make the imports of a kind final: rows of it are removed for good."""
        mine = (ImportUndo.workspace == workspace) & (ImportUndo.kind == kind)
        session.execute(delete(ImportUndo).where(mine))

    @staticmethod
    def forget(session: Session, now: datetime) -> None:
        """Delete what is too old to be used."""
        session.execute(delete(ImportUndo).where(ImportUndo.stored_at <= now - UNDO_PERIOD))


def _restore_files(
    session: Session,
    workspace: str,
    kind: str,
    adds: Collection[str],
    retires: Collection[str],
    now: datetime,
) -> None:
    current = {one.id: one for one in DataFile.in_force(session, workspace, kind)}
    added = [current[id] for id in adds if id in current]
    if len(added) != len(adds):
        raise CannotDo(OTHERS_SINCE)
    since = min((one.taken_in_at for one in added), default=None)
    if since and any(one.taken_in_at > since and one.id not in adds for one in current.values()):
        raise CannotDo(OTHERS_SINCE)
    before = [row for row in _load_files(session, retires) if row.workspace == workspace]
    if len(before) != len(retires) or any(row.damaged_at for row in before):
        raise CannotDo(EXPIRED)
    try:
        DataFile.switch(session, workspace, kind, adds=(), retires=adds, now=now, back=before)
    except ConcurrentChange:
        raise CannotDo(OTHERS_SINCE) from None


def _load_files(session: Session, ids: Collection[str]) -> list[DataFile]:
    named = sorted(ids)
    return [
        row
        for start in range(0, len(named), MOST_IDS_PER_STATEMENT)
        for row in session.scalars(
            select(DataFile).where(DataFile.id.in_(named[start : start + MOST_IDS_PER_STATEMENT]))
        )
    ]


def _restore_products(session: Session, workspace: str, change: ProductChange) -> None:
    """Put the replaced products back and remove the new ones. Raises CannotDo when products were
    imported since."""
    if ProductRow.any_since(session, workspace, change.stored_at):
        raise CannotDo(OTHERS_SINCE)
    for row in ProductRow.load(session, workspace, change.handles):
        session.delete(row)
    session.flush()
    session.add_all(ProductRow(workspace=workspace, **vars(one)) for one in change.before)
    session.flush()


# Confirming an import, changing how its file is read, trying again, cancelling and undoing it.

ALREADY_REQUESTED = Words("That is being done already.")


@dataclass(frozen=True)
class ImportReview:
    """What the person `by` decides about an upload, in this transaction."""

    session: Session
    enqueue: Enqueue
    upload: FileUpload
    by: str
    policy: Policy
    now: datetime

    def confirm(self, seen: str) -> None:
        """Import what the card showed. `seen` is the turn that the person saw."""
        self.policy.require(self.by, "import")
        if seen != str(self.upload.turn):
            raise CannotDo("This file was read anew meanwhile. Please look at it again.")
        require_unchanged_row(self.session, self.upload)
        self._require_state("waiting")
        self.upload.confirm(self.session, self.enqueue, by=self.by, now=self.now)

    def change_kind(self, kind: str) -> None:
        """Read the file again as another kind."""
        self.policy.require(self.by, "import")
        self._require_state("half", "waiting", "refused")
        self.upload.kind = kind
        self.upload.restart(self.session, self.enqueue, self.now)

    def change_setting(self, what: str, how: str) -> None:
        """Read the file again with another setting of its dates or numbers."""
        self.policy.require(self.by, "import")
        self._require_state("waiting")
        self.upload.told = {**(self.upload.told or {}), what: how}
        self.upload.restart(self.session, self.enqueue, self.now)

    def retry(self) -> None:
        """Start again after something broke."""
        self._require_uploader()
        self._require_state("failed")
        self.upload.restart(self.session, self.enqueue, self.now)

    def cancel(self) -> None:
        """Cancel the import. Raises CannotDo when it has ended or is being stored."""
        self._require_uploader()
        if self.upload.state == "storing":
            raise CannotDo("It is being stored right now, so it can't be stopped any more.")
        if self.upload.state not in OPEN_STATES:
            raise CannotDo(ALREADY_ENDED)
        self.upload.log_event(self.session, "file cancelled", self.now, by=self.by)
        self._end("cancelled")

    def undo(self) -> None:
        """Undo an import. Raises CannotDo with the reason when that is not possible."""
        self.policy.require(self.by, "import")
        if self.upload.state != "in":
            raise CannotDo("There is nothing to undo.")
        change = self.session.get(ImportUndo, self.upload.id, with_for_update=True)
        if change is None or change.stored_at <= self.now - UNDO_PERIOD:
            raise CannotDo(EXPIRED)
        if change.products is not None:
            products = ProductChange.model_validate_json(change.products)
            _restore_products(self.session, change.workspace, products)
        for kind, part in change.files.items():
            changed = (kind, part["adds"], part["retires"], self.now)
            _restore_files(self.session, change.workspace, *changed)
        self.session.delete(change)
        self.upload.log_event(self.session, "file undone", self.now, by=self.by)
        self._end("undone")

    def _end(self, state: UploadState) -> None:
        self.upload.by = self.by
        self.upload.set_state(self.session, self.enqueue, state, self.now)

    def _require_state(self, *states: UploadState) -> None:
        if (state := self.upload.state) not in states:
            raise CannotDo(ALREADY_REQUESTED if state in OPEN_STATES else ALREADY_ENDED)

    def _require_uploader(self) -> None:
        if not self.upload.can_cancel(self.by, self.policy):
            raise CannotDo("Only whoever dropped this file or somebody who may import can do that.")
