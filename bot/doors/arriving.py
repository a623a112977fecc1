"""Dropped files and the library: what the worker's `Stock` does, with the library behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.doors.house import House
from bot.doors.products_dropped import PRODUCTS, Products, glimpse_of_products
from bot.glimpse import Glimpse, Matched
from bot.library.files import Understood, read, understand
from bot.library.kinds import kinds
from bot.stocktaking import Ready, Watch

TRIED = 20 * 2**20  # bytes: up to here a file is read once before the question, for exact figures


@dataclass(frozen=True)
class Rows:
    """A file's good rows as one Parquet file, to be merged into the library."""

    rejected: int
    rejects: Path | None
    take: Callable[[], Any]

    def keep(self) -> tuple[int, int, int]:
        merged = self.take()
        return merged.new, merged.replaced, merged.same


@dataclass(frozen=True)
class Arriving:
    """The library of a house, as files are taken into it."""

    house: House

    def understand(
        self, workspace: str, path: Path, *, name: str, kind: str | None
    ) -> tuple[Glimpse, str]:
        """What a file is. A small one is read through, so that its figures are exact; nothing is
        kept of that. Raises CannotDo for a file of no use."""
        found = understand(path, name=name, kind=kind)
        if found.kind == PRODUCTS:
            return glimpse_of_products(path, name), found.model_dump_json()
        glimpse = _glimpse(found)
        if path.stat().st_size <= TRIED:
            glimpse = self._tried(path, found, glimpse)
        return glimpse, found.model_dump_json()

    def read(
        self, workspace: str, path: Path, understood: str, *, name: str, folder: Path, watch: Watch
    ) -> Ready:
        """Its rows, ready to be stored. Raises CannotDo."""
        found = Understood.model_validate_json(understood)
        if found.kind == PRODUCTS:
            return Products.read(self.house, workspace, path, name, folder)
        fresh, apart = folder / "rows.parquet", folder / "apart.parquet"
        taken = read(
            path,
            found,
            to=fresh,
            key=self.house.stocking.key(),
            apart=apart,
            progress=watch.progress,
            cancelled=watch.cancelled,
        )

        def take() -> Any:
            kept = apart if apart.exists() else None
            return self.house.stocking.take(workspace, found.kind, fresh, source=name, apart=kept)

        return Rows(taken.rejected, taken.rejects, take)

    def _tried(self, path: Path, found: Understood, glimpse: Glimpse) -> Glimpse:
        """The same with what reading it through says: rows, rejects, from when to when."""
        trial = path.with_name("trial.parquet")
        taken = read(path, found, to=trial, key=self.house.stocking.key())
        first, last = _span(trial, kinds()[found.kind].dated)
        told = {"rows": taken.rows, "rejected": taken.rejected, "first": first, "last": last}
        return glimpse.model_copy(update=told)


def _glimpse(found: Understood) -> Glimpse:
    return Glimpse(
        kind=found.kind,
        rows=found.rows,
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
