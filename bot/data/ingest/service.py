"""Dropped files and the library: what the worker's `Stock` does, with the library behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.data.catalogue.import_ import PRODUCTS, Products
from bot.data.catalogue.own_words import own_words_of
from bot.data.ingest import Understood, read
from bot.data.ingest.assumptions import said_again
from bot.data.ingest.file_schema import Said
from bot.data.ingest.find_header import split
from bot.data.ingest.inspect import Asked
from bot.data.ingest.joins import Joined, half, stands_alone, together
from bot.data.ingest.ports import Along, Half, Ready, Sorted, Watch
from bot.data.ingest.preview import Glimpse, Matched
from bot.data.ingest.upload import TableFile
from bot.data.local_data import LocalData
from bot.data.schema import kinds
from bot.data.warehouse.upsert import Merge
from bot.errors import CannotDo
from bot.i18n.messages import Words

TRIED = 20 * 2**20  # bytes: up to here a file is read once before the question, for exact figures


@dataclass(frozen=True)
class Rows:
    """A file's good rows as one Parquet file, to be merged into the library."""

    rejected: int
    rejects: Path | None
    take: Callable[[Along], None]

    def keep(self, along: Along) -> None:
        self.take(along)


@dataclass(frozen=True)
class Arriving:
    """The library of a house, as files are taken into it."""

    house: LocalData

    def tables(self, path: Path, *, kind: str | None) -> Sequence[TableFile]:
        """The file itself, or the tables of a workbook that holds several."""
        return split(path, {}, kind)

    def sort_out(self, parts: Sequence[TableFile], *, kind: str | None, folder: Path) -> Sorted:
        """Orders and their lines, and what completes those; a file of customers, say, does, and is
        taken in by itself as well. Nothing belongs together when the order numbers differ: then
        each half is told so by itself."""
        every = frozenset(range(len(parts)))
        if kind not in (None, "orders"):
            return Sorted(alone=every)
        try:
            joined = together(parts, folder, {})
        except CannotDo:
            joined = None
        used = frozenset(at for at in every if joined and parts[at] in joined.used)
        return Sorted(used, (every - used) | {at for at in used if stands_alone(parts[at])})

    def understand(
        self,
        workspace: str,
        parts: Sequence[TableFile],
        *,
        name: str,
        kind: str | None,
        told: Mapping[str, Any],
        folder: Path,
    ) -> tuple[Glimpse, str]:
        """What the files are, read as one. Small ones are read through, so that their figures are
        exact; nothing is kept of that. Raises CannotDo for a file of no use; Half for one that
        another completes."""
        part, joined = _one(parts, folder)
        path = part.path
        try:
            said = Said.model_validate({**told, "kind": kind})
            found = Asked.of(said).understand(path, name, part.sheets)
        except CannotDo as no:
            side = half(part) if joined is None and kind in (None, "orders") else None
            if side is None:
                raise
            raise Half(side, no.words) from None
        glimpse = _glimpse(found, joined.told if joined else ())
        if found.kind != PRODUCTS and path.stat().st_size <= TRIED:
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
        watch: Watch,
    ) -> Ready:
        """Its rows, ready to be stored. Raises CannotDo."""
        found = Understood.model_validate_json(understood)
        path = _one(parts, folder)[0].path
        if found.kind == PRODUCTS:
            return Products.read(self.house, workspace, path, found, folder)
        fresh, apart = folder / "rows.parquet", folder / "apart.parquet"
        taken = read(
            path,
            found,
            to=fresh,
            key=self.house.stocking.key(),
            apart=apart,
            progress=watch.progress,
            cancelled=watch.cancelled,
            own=own_words_of(self.house, workspace, found.kind),
        )

        def take(along: Along) -> None:
            def told(session: Session, merge: Merge) -> None:
                along(session, merge.new, merge.replaced, merge.same + merge.doubles)

            kept, stocking = apart if apart.exists() else None, self.house.stocking
            stocking.take(workspace, found.kind, fresh, source=name, apart=kept, along=told)

        return Rows(taken.rejected, taken.rejects, take)

    def _tried(self, path: Path, found: Understood, glimpse: Glimpse, folder: Path) -> Glimpse:
        """The same with what reading it through says: rows, rejects, from when to when."""
        trial = folder / "trial.parquet"
        taken = read(path, found, to=trial, key=self.house.stocking.key())
        first, last = _span(trial, kinds()[found.kind].dated)
        told: dict[str, Any] = {
            "rows": taken.rows,
            "rejected": taken.rejected,
            "first": first,
            "last": last,
        }
        if taken.doubled:
            told["assumed"] = (*glimpse.assumed, said_again(found, taken.doubled))
        return glimpse.model_copy(update=told)


def _one(parts: Sequence[TableFile], folder: Path) -> tuple[TableFile, Joined | None]:
    """The one table, or one made of several. Raises CannotDo when they are not one."""
    if len(parts) == 1:
        return parts[0], None
    joined = together(parts, folder, {})
    if joined is None or joined.used != frozenset(parts):
        names = ", ".join(part.name for part in parts)
        raise CannotDo(Words("These files can't be read as one: {names}.", names=names))
    return TableFile(joined.path), joined


def _glimpse(found: Understood, joined: tuple[Words, ...]) -> Glimpse:
    return Glimpse(
        kind=found.kind,
        rows=found.rows,
        rejected=found.rejected,
        currency=found.currency,
        columns=tuple(
            Matched(theirs=one.theirs, ours=one.metric or one.ours, how=one.how)
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


def _span(path: Path, column: str) -> tuple[date | None, date | None]:
    """The first and the last day in this column."""
    import duckdb

    with duckdb.connect(":memory:") as con:
        asked = f'SELECT min("{column}"), max("{column}") FROM read_parquet(?)'
        first, last = con.execute(asked, [str(path)]).fetchall()[0]
    return _day(first), _day(last)


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value
