"""The rows and cells of a file that stay out: stored as JSON lines, downloaded as CSV.

They are kept on disk and sent to Slack, so they hold no more personal data than the library does:
the line and the column say where the row is in the person's own file. Files that earlier editions
stored are CSV with English sentences; `read_rejects` reads both.
"""

import csv
import io
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from bot.data.catalogue.reader import Catalogue
from bot.data.ingest.file_schema import FileSchema
from bot.data.reject_reasons import RejectCode, RejectReason
from bot.i18n.messages import Words
from bot.privacy import mask_personal_data
from bot.privacy.names import build_own_words
from bot.text.escape import escape_csv_cell

KEYED, LEFT_OUT_CELL = "(keyed)", "(left out)"
FIGURE_REASONS = ("amount", "number", "date", "time", "day of the time")
LONG_WORD = re.compile(r"[^\W\d_]{4,}")
UNSHOWN_CELLS = "(not shown: its cells can't be told apart)"


UTF8_BOM = "\ufeff"  # spreadsheets know by it that this is UTF-8
REJECTS_SUFFIX = ".jsonl"
LEGACY_SUFFIX = ".csv"
COLUMN_TITLES = (Words("line"), Words("column"), Words("reason"), Words("row"))


class RejectedRow(BaseModel, frozen=True):
    """A row that stays out, or one cell of it. `line` is as an editor shows it; `May!17` where
    several sheets are read as one."""

    line: int | str
    column: str
    reason: RejectReason
    row: str


@dataclass(frozen=True)
class RejectMasking:
    """Rows of one file as they may be shown: cells of a column that the import does not keep are
    left out, persons' are said to be keyed, and what is personal in all others is masked. `own`
    are the words of what the team sells."""

    understood: FileSchema
    own: Collection[str] = ()

    def row(self, cells: Sequence[str | None]) -> str:
        """Render a row from its cells, in the order of the file."""
        hows = {one.place: one.how for one in self.understood.columns}
        return ",".join(self._cell(cell or "", hows.get(at)) for at, cell in enumerate(cells))

    def raw(self, line: str) -> str:
        """Render a line that could not be split into cells. Any cell may hold personal data."""
        has = {one.place for one in self.understood.columns if one.how != "keyed"}
        if len(has) < len(self.understood.names):
            return UNSHOWN_CELLS
        return mask_personal_data(line, self.own)

    def reason(self, reason: RejectReason) -> RejectReason:
        args = {
            name: mask_personal_data(value, self.own) if isinstance(value, str) else value
            for name, value in reason.args.items()
        }
        return reason.model_copy(update={"args": args})

    def _cell(self, cell: str, how: str | None) -> str:
        if not cell.strip():
            return ""
        if how is None:
            return LEFT_OUT_CELL
        if how in FIGURE_REASONS:  # a word among them may be anybody's
            return LONG_WORD.sub("…", mask_personal_data(cell, self.own))
        return KEYED if how == "keyed" else mask_personal_data(cell, self.own)


def list_catalogue_rejects(catalogue: Catalogue) -> Iterator[RejectedRow]:
    """Yield the rejected rows of a product file. Personal data is masked, but names stay, because a
    product may be named after a person."""
    for one in (*catalogue.rejects, *catalogue.remarks):
        row = mask_personal_data(one.row, build_own_words([one.row]))
        yield RejectedRow(line=one.line, column=one.column, reason=one.reason, row=row)


def write_rejects(rejects: Iterable[RejectedRow], path: Path) -> None:
    """Store the rows as JSON, one on each line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for one in rejects:
            file.write(f"{one.model_dump_json()}\n")


def read_rejects(content: bytes, suffix: str = REJECTS_SUFFIX) -> Iterator[RejectedRow]:
    """Yield the rows of a stored file. Its `suffix` tells which edition stored it."""
    if suffix != LEGACY_SUFFIX:
        for stored in content.splitlines():
            yield RejectedRow.model_validate_json(stored)
        return
    # A row that stayed out is one cell. The limit is of the whole process: it is never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), len(content) + 1))
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    for cells in list(rows)[1:]:
        line, column, sentence, row = (*cells, "", "", "", "")[:4]
        yield RejectedRow(line=line, column=column, reason=parse_legacy_reason(sentence), row=row)


def render_rejects(rejects: Iterable[RejectedRow], language: str) -> bytes:
    """Render the rows as CSV in this language. No cell can act as a formula in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([words.to(language) for words in COLUMN_TITLES])
    for one in rejects:
        cells = (one.column, one.reason.words().to(language), one.row)
        writer.writerow((one.line, *(escape_csv_cell(cell) for cell in cells)))
    return f"{UTF8_BOM}{out.getvalue()}".encode()


def export_rejects(stored: Path, to: Path) -> None:
    """Write a stored file as CSV in English."""
    to.write_bytes(render_rejects(read_rejects(stored.read_bytes(), stored.suffix), "en"))


# The English sentences that earlier editions stored as the reason of a rejected row.

LEGACY_REASONS_FILE = Path(__file__).parent / "legacy_reasons.toml"
LEFT_OUT = ": left out"  # behind the reason of a cell whose row was taken in


@cache
def load_legacy_reasons() -> tuple[tuple[RejectCode, str], ...]:
    stored = tomllib.loads(LEGACY_REASONS_FILE.read_text(encoding="utf-8"))
    return tuple((RejectCode[name], text) for name, text in stored.items())


def parse_legacy_reason(sentence: str) -> RejectReason:
    """Return the reason that a stored sentence states; `OTHER` with the sentence for an unknown
    one."""
    whole = sentence.removesuffix(LEFT_OUT)
    for pattern, code in _load_legacy_patterns():
        if found := pattern.fullmatch(whole):
            cell_only = whole != sentence
            return RejectReason(code, args=found.groupdict(), cell_only=cell_only)
    return RejectReason(RejectCode.OTHER, sentence=sentence)


@cache
def _load_legacy_patterns() -> tuple[tuple[re.Pattern[str], RejectCode], ...]:
    """Return sentences without a gap before those with one, which would match more; of these the
    longest first."""
    order = sorted(load_legacy_reasons(), key=lambda known: ("{" in known[1], -len(known[1])))
    return tuple((_compile(text), code) for code, text in order)


def _compile(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)  # what stands around the gaps, and their names
    pattern = "".join(
        f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)
    )
    return re.compile(pattern, re.DOTALL)
