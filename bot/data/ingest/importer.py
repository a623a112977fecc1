"""Imports uploaded files into a home's library."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.config.clock import now
from bot.data.catalogue.models import ProductRow
from bot.data.catalogue.product import list_names
from bot.data.catalogue.reader import Catalogue
from bot.data.ingest.assumptions import describe_repeats, describe_replaced, find_changes
from bot.data.ingest.column_names import PRODUCTS_KIND
from bot.data.ingest.column_proofs import sample_columns, select_proposed, try_mapping
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import FileSchema, ImportOptions, LoadResult
from bot.data.ingest.header import split_tables
from bot.data.ingest.inspection import JoinedTable, is_standalone, join_order_files, order_file_side
from bot.data.ingest.known_customers import find_known_customers
from bot.data.ingest.loader import load_file
from bot.data.ingest.product_files import reread_product_file
from bot.data.ingest.rejects import REJECTS_SUFFIX, list_catalogue_rejects, write_rejects
from bot.data.ingest.review import ProductChange
from bot.data.ingest.upload import (
    ColumnSamples,
    ImportPreview,
    MatchedColumn,
    ProposedMapping,
    TableFile,
)
from bot.data.local_data import LocalData
from bot.data.schema import load_kinds
from bot.data.text_workers import MIN_TEXTS
from bot.data.warehouse.merge import MergeResult
from bot.data.warehouse.models import LOCAL_WORKSPACE
from bot.data.warehouse.store import MergeCounts
from bot.db.workspace import Workspace
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.privacy.names import build_own_words


@dataclass
class ImportProgress:
    """How many rows are read, and whether to stop. Two threads read and write it."""

    rows: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, rows: int) -> None:
        self.rows = rows

    def cancelled(self) -> bool:
        return self.ended.is_set()


class HalfUpload(CannotDo):
    """Raised for a file that needs another one: orders without amounts, or order lines without
    their orders."""

    def __init__(self, half: str, words: Words) -> None:
        super().__init__(words)
        self.half = half


@dataclass(frozen=True)
class SortedFiles:
    """Files by their position: those that complete each other, and those that can be imported
    alone. A file can be in both. `together` is empty when each file stands alone."""

    together: frozenset[int] = frozenset()
    alone: frozenset[int] = frozenset()


@dataclass(frozen=True)
class StoredRows:
    """What was stored: the numbers of new, replaced and unchanged rows, and what an undo needs."""

    new: int
    replaced: int
    same: int
    kind: str
    merge: MergeResult | None = None
    products: ProductChange | None = None


# Called in the storing transaction.
CommitHook = Callable[[Session, StoredRows], None]


@dataclass(frozen=True)
class ImportableRows:
    """The accepted rows of a file, ready to be stored. `rejects` is the file of the others. `keep`
    stores the rows and calls its argument in the same transaction. `complete` returns a preview
    with the figures of the whole file and with what the import would change."""

    rejected: int
    rejects: Path | None
    keep: Callable[[CommitHook], object]
    complete: Callable[[ImportPreview], ImportPreview] | None = None


# Uploaded product catalogues.


def read_products(
    data: LocalData, workspace: str, path: Path, found: FileSchema, folder: Path
) -> ImportableRows:
    """Read the products of a file. Each is new or replaced when it is stored; a catalogue has no
    unchanged ones."""
    catalogue = reread_product_file(path, found)
    rejects = None
    if catalogue.rejects or catalogue.remarks:
        rejects = folder / f"rejects{REJECTS_SUFFIX}"
        write_rejects(list_catalogue_rejects(catalogue), rejects)
    keep = partial(store_products, data, workspace, catalogue, found.name)
    return ImportableRows(len(catalogue.rejects), rejects, keep)


def store_products(
    data: LocalData,
    workspace: str,
    catalogue: Catalogue,
    file: str,
    on_commit: CommitHook = lambda session, stored: None,
) -> StoredRows:
    """Store the products of a catalogue. Those with the same handle are replaced."""
    with data.database.begin() as session:
        Workspace.ensure(session, workspace, now())
        ProductRow.adopt(session, LOCAL_WORKSPACE, workspace)
        stored_at, handles = now(), [one.handle for one in catalogue.products]
        before = ProductRow.load(session, workspace, handles)
        change = ProductChange.of(before, handles, stored_at)
        rows = catalogue.rows
        new, again = ProductRow.put(session, workspace, rows, file=file, now=stored_at)
        stored = StoredRows(new, again, 0, PRODUCTS_KIND, products=change)
        on_commit(session, stored)
    return stored


# Words of the team's own products, which must not be masked as names of people.

FREE_TEXT_KIND = "feedback"  # the kind with customers' texts


def list_own_words(data: LocalData, workspace: str, kind: str) -> frozenset[str]:
    """Return the words of the workspace's products, brands and categories, which are no people's
    names in customers' texts. Empty for kinds without free text."""
    if kind != FREE_TEXT_KIND:
        return frozenset()
    return build_own_words(list_names(data.products(workspace)))


# The rows of one table.


@dataclass(frozen=True)
class TableRows:
    """The rows of a table, read and not stored yet. `apart` are its encrypted addresses."""

    found: FileSchema
    loaded: LoadResult
    path: Path
    apart: Path | None


def read_table(
    data: LocalData,
    workspace: str,
    path: Path,
    found: FileSchema,
    folder: Path,
    *,
    progress: Callable[[int], None] = lambda rows: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> TableRows:
    """Read all rows of a table into `folder`, and the themes of many texts. Nothing is stored in
    the library yet."""
    fresh, apart = folder / "rows.parquet", folder / "apart.parquet"
    loaded = load_file(
        path,
        found,
        to=fresh,
        key=data.row_store.key(),
        apart=apart,
        progress=progress,
        cancelled=cancelled,
        own=list_own_words(data, workspace, found.kind),
    )
    if found.kind == FREE_TEXT_KIND and loaded.rows >= MIN_TEXTS:
        from bot.data.analyses.feedback.theme_table import store_mentions  # loads ibis

        store_mentions(fresh, data.row_store.mention_cache(workspace))
    return TableRows(found, loaded, fresh, apart if apart.exists() else None)


def store_table(
    data: LocalData,
    workspace: str,
    table: TableRows,
    source: str,
    on_commit: CommitHook = lambda session, stored: None,
) -> MergeCounts:
    """Merge the rows of a table into the library, as rows of this source."""
    kind = table.found.kind

    def record(session: Session, merge: MergeResult) -> None:
        same = merge.same + merge.doubles
        on_commit(session, StoredRows(merge.new, merge.replaced, same, kind, merge))

    return data.row_store.import_rows(
        workspace, kind, table.path, source=source, apart=table.apart, on_commit=record
    )


MOST_EXACT_PREVIEW_BYTES = 20 * 2**20


@dataclass(frozen=True)
class LibraryImporter:
    """Imports files into the library of one home. All methods block, and raise CannotDo. `parts`
    are read as one table; each has the name that people see. Temporary files go into `folder`.
    Files of up to `exact_bytes` are read completely for the preview."""

    data: LocalData
    exact_bytes: int = MOST_EXACT_PREVIEW_BYTES

    def tables(self, path: Path, *, kind: str | None) -> Sequence[TableFile]:
        """Return the file itself, or the tables of a workbook that contains several."""
        return split_tables(path, ImportOptions(kind=kind))

    def sort_out(
        self, parts: Sequence[TableFile], *, kind: str | None, folder: Path
    ) -> SortedFiles:
        """Find orders, their lines and the files that complete them. A file of customers, for
        example, completes orders and is imported alone as well. No files belong together when the
        order numbers differ; each half then says so itself."""
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
        options: Mapping[str, Any],
        folder: Path,
    ) -> tuple[ImportPreview, str]:
        """Return the preview for the card and the file's schema as JSON. `options` are the settings
        that a person chose, besides the kind. Small files are read completely, so that their
        figures are exact; nothing of that is stored. Raises CannotDo for a file that can't be used,
        HalfUpload for one that another file completes."""
        part, joined = _join_into_one(parts, folder)
        path = part.path
        try:
            said = ImportOptions.model_validate({**options, "kind": kind})
            found = detect_schema(path, name=name, options=said.of_sheets(part.sheets))
        except CannotDo as no:
            side = order_file_side(part) if joined is None and kind in (None, "orders") else None
            if side is None:
                raise
            raise HalfUpload(side, no.words) from None
        messages = joined.messages if joined else ()
        preview = self._preview(workspace, path, found, messages, folder)
        if preview.exact and (
            other := find_known_customers(self.data.row_store, workspace, part, said, found, folder)
        ):
            found = other
            preview = self._preview(workspace, path, found, messages, folder)
        return preview, found.model_dump_json()

    def sample_columns(self, parts: Sequence[TableFile]) -> ColumnSamples | None:
        """Return what an AI may see of a file whose columns are not known; None for any other."""
        return sample_columns(parts[0]) if len(parts) == 1 else None

    def understand_proposal(
        self,
        workspace: str,
        part: TableFile,
        names: Sequence[str],
        proposal: ProposedMapping,
        *,
        name: str,
        options: Mapping[str, Any],
        folder: Path,
    ) -> tuple[ImportPreview, str] | None:
        """Return the preview and the schema that a proposed mapping gives, as far as the file bears
        it out; None where nothing usable is left."""
        said = ImportOptions.model_validate({**options, "kind": proposal.kind})

        def understand(called: Mapping[str, str]) -> FileSchema:
            update = {"called": dict(called), "sheets": part.sheets}
            return detect_schema(part.path, name=name, options=said.model_copy(update=update))

        called = select_proposed(names, proposal.kind, proposal.columns)
        tried = try_mapping(part, called, understand)
        if tried is None:
            return None
        found, proofs, dropped = tried
        preview = self._preview(workspace, part.path, found, (), folder)
        update = {"proposed": proofs, "contradicted": dropped, "proposed_by": proposal.by}
        return preview.model_copy(update=update), found.model_dump_json()

    def read(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        schema: str,
        *,
        name: str,
        folder: Path,
        watch: ImportProgress,
    ) -> ImportableRows:
        """Read all rows into `folder`. Nothing is stored in the library yet."""
        found = FileSchema.model_validate_json(schema)
        path = _join_into_one(parts, folder)[0].path
        if found.kind == PRODUCTS_KIND:
            return read_products(self.data, workspace, path, found, folder)
        table = read_table(
            self.data,
            workspace,
            path,
            found,
            folder,
            progress=watch.progress,
            cancelled=watch.cancelled,
        )
        keep = partial(store_table, self.data, workspace, table, name)
        complete = partial(self._complete_preview, workspace, table, folder)
        return ImportableRows(table.loaded.rejected, table.loaded.rejects, keep, complete)

    def _preview(
        self, workspace: str, path: Path, found: FileSchema, joined: tuple[Words, ...], folder: Path
    ) -> ImportPreview:
        """Return the preview: for a small file with the rows, rejects and days that a complete
        reading gives, and with what it would change."""
        preview = _build_preview(found, joined)
        if found.kind == PRODUCTS_KIND:
            handles = [one.handle for one in reread_product_file(path, found).products]
            with self.data.database.begin() as session:
                replaced = len(ProductRow.load(session, workspace, handles))
            assumed = (*describe_replaced(replaced), *preview.assumed)
            return preview.model_copy(update={"changes": replaced, "assumed": assumed})
        if path.stat().st_size > self.exact_bytes:
            return preview
        trial = folder / "trial.parquet"
        taken = load_file(path, found, to=trial, key=self.data.row_store.key())
        table = TableRows(found, taken, trial, None)
        return self._complete_preview(workspace, table, folder, preview)

    def _complete_preview(
        self, workspace: str, table: TableRows, folder: Path, preview: ImportPreview
    ) -> ImportPreview:
        """Return the preview with the figures of all rows that were read, and with what they would
        change."""
        found, taken = table.found, table.loaded
        first, last = _first_and_last_day(table.path, load_kinds()[found.kind].dated)
        changes = find_changes(self.data.row_store, workspace, found, table.path, folder)
        said = (*changes.sentences, *describe_repeats(found, taken))
        update = {
            "exact": True,
            "changes": changes.rows,
            "rows": taken.rows,
            "rejected": taken.rejected,
            "first": first,
            "last": last,
            "assumed": (*said, *preview.assumed),
        }
        return preview.model_copy(update=update)


def _join_into_one(
    parts: Sequence[TableFile], folder: Path
) -> tuple[TableFile, JoinedTable | None]:
    """Return the only table, or one that is joined of several. Raises CannotDo when they can't be
    joined."""
    if len(parts) == 1:
        return parts[0], None
    joined = join_order_files(parts, folder, {})
    if joined is None or joined.used != frozenset(parts):
        names = ", ".join(part.name for part in parts)
        raise CannotDo("These files can't be read as one: {names}.", names=names)
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
    import duckdb

    with duckdb.connect(":memory:") as con:
        asked = f'SELECT min("{column}"), max("{column}") FROM read_parquet(?)'
        first, last = con.execute(asked, [str(path)]).fetchall()[0]
    return _as_date(first), _as_date(last)


def _as_date(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value
