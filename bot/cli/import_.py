"""`import`: previews files, imports them after a confirmation, and reports rejected rows."""

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from bot.app import Container
from bot.cli.admin import print_line
from bot.config.settings import Settings
from bot.data.catalogue.reader import Catalogue
from bot.data.ingest.assumptions import describe_repeats, find_changes
from bot.data.ingest.column_names import PRODUCTS_KIND
from bot.data.ingest.detection import detect_schema
from bot.data.ingest.file_schema import AS_DETECTED, FileSchema, ImportCancelled, ImportOptions
from bot.data.ingest.importer import TableRows, read_table, store_products, store_table
from bot.data.ingest.inspection import InspectedTable, inspect_files
from bot.data.ingest.known_customers import find_known_customers
from bot.data.ingest.product_files import reread_product_file
from bot.data.ingest.rejects import export_rejects, list_catalogue_rejects, render_rejects
from bot.data.ingest.upload import TableFile, title_table
from bot.data.warehouse.store import IMPORT_PREFIX, MergeCounts
from bot.errors import CannotDo
from bot.text.normalize import collapse_spaces

# The preview: how a file was understood.

MAX_CELL_WIDTH = 18  # characters of a cell
FORMAT_NAMES = {"csv": "text", "xlsx": "Excel", "parquet": "Parquet", "jsonl": "JSON Lines"}
DELIMITER_NAMES = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    "whitespace": "blanks",
}


def format_preview(found: FileSchema) -> str:
    """Format a file's kind and format, each column with ours and three sample values, and what
    happens to the other columns."""
    lines = [
        f"{found.name}: {found.kind}, {format_row_count(found.rows)} "
        f"({', '.join(_describe_format(found))})"
    ]
    lines += [f"  {line}" for line in _align_rows(list(_build_preview_table(found)))]
    for words, columns in (
        ("Kept apart, encrypted", found.kept_apart),
        ("Personal, not kept", found.dropped),
        ("Not understood, left out", found.ignored),
    ):
        if columns:
            lines.append(f"  {words}: {', '.join(columns)}")
    if found.rejected:
        stay = "stays" if found.rejected == 1 else "stay"
        lines.append(f"  {format_row_count(found.rejected)} {stay} out, each with its reason.")
    lines += [f"  Assumed: {words.to('en')}" for words in found.assumed]
    if "currency" in found.unproved:
        lines.append("  To say it: --currency EUR, or another.")
    if ways := [f"--{what} {how}" for what, how in found.otherwise if what != "currency"]:
        lines.append(f"  To say otherwise: {', '.join(ways)}.")
    return "\n".join(lines)


def format_row_count(count: int, which: str = "") -> str:
    """Return a number of rows in words: "1 row", "2 new rows"."""
    return f"{count:,} {which}{' ' if which else ''}{'row' if count == 1 else 'rows'}"


def _describe_format(found: FileSchema) -> Iterator[str]:
    yield FORMAT_NAMES[found.format]
    if found.stacked:
        yield f"sheets {', '.join((found.sheet or '', *found.stacked))}"
    elif found.sheet:
        yield f"sheet {found.sheet}"
    if found.delimiter:
        yield f"{DELIMITER_NAMES.get(found.delimiter, found.delimiter)} between columns"
    if found.encoding:
        yield found.encoding
    if found.format == "csv":
        yield "decimal comma" if found.decimal == "," else "decimal point"
    if found.currency:
        yield found.currency


def _build_preview_table(found: FileSchema) -> Iterator[Sequence[str]]:
    yield "THEIRS", "OURS", "", *(f"ROW {n}" for n in range(1, len(found.sample) + 1))
    for one in found.columns:
        values = (row.get(one.metric or one.ours, "") for row in found.sample)
        yield one.theirs, one.ours, one.how, *values


def _align_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[_shorten(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _shorten(cell: str) -> str:
    plain = collapse_spaces("".join(c if c.isprintable() else " " for c in cell))
    return plain if len(plain) <= MAX_CELL_WIDTH else f"{plain[: MAX_CELL_WIDTH - 1]}…"


# The import: its progress, then the counts.

MAX_SHOWN_REJECTS = 5


class ProgressLine:
    """The progress of an import; it is shown only on a terminal."""

    def __init__(self, name: str, rows: int) -> None:
        self.name, self.rows = name, rows
        self.is_terminal = sys.stderr.isatty()

    def update(self, rows: int) -> None:
        if self.is_terminal:
            of = f" of about {self.rows:,}" if self.rows > rows else ""
            sys.stderr.write(f"\r{self.name}: {rows:,}{of} rows read ")
            sys.stderr.flush()

    def __enter__(self) -> Callable[[int], None]:
        return self.update

    def __exit__(self, *_: object) -> None:
        if self.is_terminal:
            sys.stderr.write("\r\x1b[K")


def print_merged_rows(found: FileSchema, merged: MergeCounts) -> None:
    """Print how many rows are new, replaced or known already, and what the library holds now."""
    newest = f", the newest of {merged.as_of:%d %B %Y}" if merged.as_of else ""
    print_line(
        f"{found.name} is in: {format_row_count(merged.new, 'new')}, {merged.replaced:,} replaced, "
        f"{merged.same:,} known already. "
        f"{found.kind} has {format_row_count(merged.rows)} now{newest}."
    )


def print_catalogue_rejects(catalogue: Catalogue, path: Path) -> None:
    """Write a catalogue's rejected rows and cells to a file; print the first few."""
    left_out = (*catalogue.rejects, *catalogue.remarks)
    if not left_out:
        return
    path.write_bytes(render_rejects(list_catalogue_rejects(catalogue), "en"))
    summary = (
        f"{len(catalogue.rejects)} rows stayed out" if catalogue.rejects else "All rows are in"
    )
    print_line(f"{summary}; {len(catalogue.remarks)} remarks. All of it: {path}")
    for reject in left_out[:MAX_SHOWN_REJECTS]:
        where = f"line {reject.line}" + (f", {reject.column}" if reject.column else "")
        print_line(f"  {where}: {reject.reason}")


INTERRUPTED_EXIT_CODE = 130  # the exit code after Ctrl-C


def import_(settings: Settings, args: argparse.Namespace) -> int:
    """Return 0 when all rows were imported, 1 when some were rejected or the person said no, 130
    after Ctrl-C."""
    if missing := [path for path in args.files if not path.is_file()]:
        raise CannotDo("There is no file {path}.", path=str(missing[0]))
    container = Container(settings).migrated()
    options = ImportOptions(
        kind=args.kind,
        called=_parse_column_names(args.map),
        currency=args.currency,
        dates=args.dates,
        decimal=args.decimal,
        sheets=tuple(args.sheet),
        split=args.split,
    )
    importer = FileImporter(container, container.workspace(args.workspace), options)
    try:
        with importer.stoppable(), importer.folder() as folder:
            tables, left = importer.inspect(args.files, Path(folder))
            read = [importer.read(table.part, table.found, Path(folder)) for table in tables]
            if not args.yes and not confirm("Import it? [y/N] "):
                print_line("Nothing was taken in.")
                return 1
            return max([int(left > 0), *(importer.store(one) for one in read)])
    except ImportCancelled as stopped:
        sys.stderr.write(f"\n{stopped.words.to('en')}\n")
        return INTERRUPTED_EXIT_CODE


@dataclass(frozen=True)
class ReadTable:
    """A table whose rows are read and not stored yet. A catalogue is read when it is stored."""

    part: TableFile
    found: FileSchema
    rows: TableRows | None = None


@dataclass
class FileImporter:
    """Imports files into one workspace's library."""

    container: Container
    workspace: str
    options: ImportOptions = AS_DETECTED
    stop: threading.Event = field(default_factory=threading.Event)

    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """Return a temporary folder in the home, whose disk has room for the library."""
        return tempfile.TemporaryDirectory(prefix=IMPORT_PREFIX, dir=self.container.settings.home)

    def inspect(self, paths: Sequence[Path], folder: Path) -> tuple[list[InspectedTable], int]:
        """Inspect and preview all files before anything is asked. Returns the tables, and how many
        files can't be imported, each reported with its reason; raises CannotDo if that is all."""
        tables, left = inspect_files(paths, folder, self.options)
        if not tables:
            for _, why in left[:-1]:
                print_line(why.words.to("en"))
            raise left[-1][1]
        store = self.container.row_store
        for at, one in enumerate(tables):
            known = (store, self.workspace, one.part, self.options, one.found, folder)
            tables[at] = replace(one, found=find_known_customers(*known) or one.found)
        for table in tables:
            for words in table.messages:
                print_line(words.to("en"))
            print_line(format_preview(table.found))
        for _, why in left:
            print_line(f"Left: {why.words.to('en')}")
        return tables, len(left)

    def load(self, part: TableFile, found: FileSchema) -> int:
        """Read and store one table; return 1 when some of its rows were rejected."""
        with self.folder() as folder:
            return self.store(self.read(part, found, Path(folder)))

    def read(self, part: TableFile, found: FileSchema, folder: Path) -> ReadTable:
        """Read all rows of a table into `folder`, and print what storing them would change."""
        if found.kind == PRODUCTS_KIND:
            return ReadTable(part, found)
        mine = Path(tempfile.mkdtemp(dir=folder))
        with ProgressLine(found.name, found.rows) as counting:
            rows = read_table(
                self.container,
                self.workspace,
                part.path,
                found,
                mine,
                progress=counting,
                cancelled=self.stop.is_set,
            )
        changes = find_changes(self.container.row_store, self.workspace, found, rows.path, mine)
        for words in changes.sentences:
            print_line(f"{found.name}: {words.to('en')}")
        return ReadTable(part, found, rows)

    def store(self, table: ReadTable) -> int:
        """Store the rows that were read; return 1 when some of the table's rows were rejected."""
        part, found = table.part, table.found
        if table.rows is None:
            return self._store_products(part, found)
        if self.stop.is_set():
            raise ImportCancelled
        merged = store_table(self.container, self.workspace, table.rows, found.name)
        loaded = table.rows.loaded
        print_merged_rows(found, merged)
        for words in describe_repeats(found, loaded):
            print_line(words.to("en"))
        if loaded.rejects is not None:
            to = self._rejects(part)
            export_rejects(loaded.rejects, to)
            loaded.rejects.unlink(missing_ok=True)
            print_line(f"{format_row_count(loaded.rejected)} stayed out. Why, row by row: {to}")
        return 1 if loaded.rejected else 0

    def load_products(self, part: TableFile) -> int:
        """Import a catalogue; return 1 when some of it was rejected."""
        options = self.options.model_copy(update={"kind": PRODUCTS_KIND})
        return self._store_products(part, detect_schema(part.path, name=part.name, options=options))

    def _store_products(self, part: TableFile, found: FileSchema) -> int:
        catalogue = reread_product_file(part.path, found)
        stored = store_products(self.container, self.workspace, catalogue, found.name)
        count = len(catalogue.products)
        told = f"{stored.new} new, {stored.replaced} replaced."
        print_line(f"{count} products from {found.name}: {told}")
        print_catalogue_rejects(catalogue, self._rejects(part))
        return 1 if catalogue.rejects else 0

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Let Ctrl-C stop the import: reading stops, while a write in progress is finished. A
        second Ctrl-C ends the process at once, which leaves the library unchanged as well."""

        def interrupt(sign: int, frame: FrameType | None) -> None:
            if self.stop.is_set():
                raise KeyboardInterrupt
            self.stop.set()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _rejects(self, part: TableFile) -> Path:
        named = title_table(part.path.stem, part.sheets).replace("/", " ")
        to = self.container.settings.home / "rejects" / f"{named}.rejects.csv"
        to.parent.mkdir(parents=True, exist_ok=True)
        return to


def confirm(question: str) -> bool:
    """Ask for confirmation. Raises CannotDo when standard input is no terminal."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CannotDo("Nobody can be asked here. Say --yes, and it is done.")
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "o", "oui")


def _parse_column_names(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if pair.count("=") != 1]
    if wrong:
        raise CannotDo("--map wants theirs=ours, not {given}.", given=", ".join(wrong))
    return {theirs.strip(): ours.strip() for theirs, ours in (pair.split("=") for pair in pairs)}
