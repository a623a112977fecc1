"""Dropped files and the library: what the worker's `Stock` does, with the library behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.config.clock import now
from bot.data.catalogue.models import ProductRow
from bot.data.catalogue.reader import Catalogue
from bot.data.ingest import FileSchema, load_file
from bot.data.ingest.assumptions import describe_duplicates
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.header_detection import split_tables
from bot.data.ingest.inspection import (
    ImportRequest,
    JoinedTable,
    is_standalone,
    join_order_files,
    order_file_side,
)
from bot.data.ingest.ports import (
    CommitHook,
    HalfUpload,
    ImportableRows,
    ImportProgress,
    SortedFiles,
)
from bot.data.ingest.product_files import reread_product_file
from bot.data.ingest.rejects import REJECTS_SUFFIX, list_catalogue_rejects, write_rejects
from bot.data.ingest.upload import ImportPreview, MatchedColumn, TableFile
from bot.data.local_data import LocalData
from bot.data.schema import load_kinds
from bot.data.warehouse.merge import MergeResult
from bot.data.warehouse.store import LOCAL_WORKSPACE
from bot.db.workspace import Workspace
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.privacy.names import build_own_words

# A dropped catalogue of products, into the rows.

PRODUCTS_KIND = "products"


@dataclass(frozen=True)
class ImportedProducts:
    """The products of a file, ready to be stored."""

    house: LocalData
    workspace: str
    name: str
    catalogue: Catalogue
    rejects: Path | None

    @classmethod
    def read(
        cls, house: LocalData, workspace: str, path: Path, found: FileSchema, folder: Path
    ) -> "ImportedProducts":
        """Raises CannotDo."""
        catalogue = reread_product_file(path, found)
        rejects = (
            folder / f"rejects{REJECTS_SUFFIX}" if catalogue.rejects or catalogue.remarks else None
        )
        if rejects:
            write_rejects(list_catalogue_rejects(catalogue), rejects)
        return cls(house, workspace, found.name, catalogue, rejects)

    @property
    def rejected(self) -> int:
        return len(self.catalogue.rejects)

    def keep(self, along: CommitHook) -> None:
        """New and replaced; a catalogue knows of no third."""
        rows = [(p.handle, p.title, p.model_dump_json()) for p in self.catalogue.products]
        with self.house.database.begin() as session:
            Workspace.ensure(session, self.workspace, now())
            ProductRow.adopt(session, LOCAL_WORKSPACE, self.workspace)
            new, again = ProductRow.put(session, self.workspace, rows, file=self.name, now=now())
            along(session, new, again, 0)


# What a workspace sells, as words that are nobody's name in what customers write.

FREE_TEXT_KIND = "feedback"  # the kind with texts of customers


def list_own_words(house: LocalData, workspace: str, kind: str) -> frozenset[str]:
    """The words of its products, their makers and categories; none where nothing is written."""
    if kind != FREE_TEXT_KIND:
        return frozenset()
    products = house.products(workspace)
    said = [(one.title, one.vendor or "", one.type or "", *one.colours) for one in products]
    return build_own_words([word for words in said for word in words])


MOST_EXACT_PREVIEW_BYTES = (
    20 * 2**20
)  # bytes: up to here a file is read once before the question, for exact figures


@dataclass(frozen=True)
class ImportedRows:
    """A file's good rows as one Parquet file, to be merged into the library."""

    rejected: int
    rejects: Path | None
    take: Callable[[CommitHook], None]

    def keep(self, along: CommitHook) -> None:
        self.take(along)


@dataclass(frozen=True)
class LibraryImporter:
    """The library of a house, as files are taken into it."""

    house: LocalData

    def tables(self, path: Path, *, kind: str | None) -> Sequence[TableFile]:
        """The file itself, or the tables of a workbook that holds several."""
        return split_tables(path, {}, kind)

    def sort_out(
        self, parts: Sequence[TableFile], *, kind: str | None, folder: Path
    ) -> SortedFiles:
        """Orders and their lines, and what completes those; a file of customers, say, does, and is
        taken in by itself as well. Nothing belongs together when the order numbers differ: then
        each half is told so by itself."""
        every = frozenset(range(len(parts)))
        if kind not in (None, "orders"):
            return SortedFiles(alone=every)
        try:
            joined = join_order_files(parts, folder, {})
        except CannotDo:
            joined = None
        used = frozenset(at for at in every if joined and parts[at] in joined.used)
        return SortedFiles(used, (every - used) | {at for at in used if is_standalone(parts[at])})

    def understand(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        *,
        name: str,
        kind: str | None,
        told: Mapping[str, Any],
        folder: Path,
    ) -> tuple[ImportPreview, str]:
        """What the files are, read as one. Small ones are read through, so that their figures are
        exact; nothing is kept of that. Raises CannotDo for a file of no use; Half for one that
        another completes."""
        part, joined = _join_into_one(parts, folder)
        path = part.path
        try:
            said = ImportOptions.model_validate({**told, "kind": kind})
            found = ImportRequest.of(said).understand(path, name, part.sheets)
        except CannotDo as no:
            side = order_file_side(part) if joined is None and kind in (None, "orders") else None
            if side is None:
                raise
            raise HalfUpload(side, no.words) from None
        glimpse = _build_preview(found, joined.told if joined else ())
        if found.kind != PRODUCTS_KIND and path.stat().st_size <= MOST_EXACT_PREVIEW_BYTES:
            glimpse = self._tried(path, found, glimpse, folder)
        return glimpse, found.model_dump_json()

    def read(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        understood: str,
        *,
        name: str,
        folder: Path,
        watch: ImportProgress,
    ) -> ImportableRows:
        """Its rows, ready to be stored. Raises CannotDo."""
        found = FileSchema.model_validate_json(understood)
        path = _join_into_one(parts, folder)[0].path
        if found.kind == PRODUCTS_KIND:
            return ImportedProducts.read(self.house, workspace, path, found, folder)
        fresh, apart = folder / "rows.parquet", folder / "apart.parquet"
        taken = load_file(
            path,
            found,
            to=fresh,
            key=self.house.stocking.key(),
            apart=apart,
            progress=watch.progress,
            cancelled=watch.cancelled,
            own=list_own_words(self.house, workspace, found.kind),
        )

        def take(along: CommitHook) -> None:
            def told(session: Session, merge: MergeResult) -> None:
                along(session, merge.new, merge.replaced, merge.same + merge.doubles)

            kept, stocking = apart if apart.exists() else None, self.house.stocking
            stocking.take(workspace, found.kind, fresh, source=name, apart=kept, along=told)

        return ImportedRows(taken.rejected, taken.rejects, take)

    def _tried(
        self, path: Path, found: FileSchema, glimpse: ImportPreview, folder: Path
    ) -> ImportPreview:
        """The same with what reading it through says: rows, rejects, from when to when."""
        trial = folder / "trial.parquet"
        taken = load_file(path, found, to=trial, key=self.house.stocking.key())
        first, last = _first_and_last_day(trial, load_kinds()[found.kind].dated)
        told: dict[str, Any] = {
            "rows": taken.rows,
            "rejected": taken.rejected,
            "first": first,
            "last": last,
        }
        if taken.doubled:
            told["assumed"] = (*glimpse.assumed, describe_duplicates(found, taken.doubled))
        return glimpse.model_copy(update=told)


def _join_into_one(
    parts: Sequence[TableFile], folder: Path
) -> tuple[TableFile, JoinedTable | None]:
    """The one table, or one made of several. Raises CannotDo when they are not one."""
    if len(parts) == 1:
        return parts[0], None
    joined = join_order_files(parts, folder, {})
    if joined is None or joined.used != frozenset(parts):
        names = ", ".join(part.name for part in parts)
        raise CannotDo(Words("These files can't be read as one: {names}.", names=names))
    return TableFile(joined.path), joined


def _build_preview(found: FileSchema, joined: tuple[Words, ...]) -> ImportPreview:
    return ImportPreview(
        kind=found.kind,
        rows=found.rows,
        rejected=found.rejected,
        currency=found.currency,
        columns=tuple(
            MatchedColumn(theirs=one.theirs, ours=one.metric or one.ours, how=one.how)
            for one in found.columns
        ),
        sample=found.sample[:3],
        apart=found.kept_apart,
        dropped=found.dropped,
        ignored=found.ignored,
        assumed=found.assumed,
        otherwise=found.otherwise,
        joined=joined,
    )


def _first_and_last_day(path: Path, column: str) -> tuple[date | None, date | None]:
    """The first and the last day in this column."""
    import duckdb

    with duckdb.connect(":memory:") as con:
        asked = f'SELECT min("{column}"), max("{column}") FROM read_parquet(?)'
        first, last = con.execute(asked, [str(path)]).fetchall()[0]
    return _as_date(first), _as_date(last)


def _as_date(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value
