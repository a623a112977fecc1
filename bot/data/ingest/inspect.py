"""What the files given to `import` are: each by itself, or those that complete each other."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.data.ingest import Understood, understand
from bot.data.ingest.column_names import spoken
from bot.data.ingest.file_schema import Dates, Said, Sign
from bot.data.ingest.find_header import columns_of, split
from bot.data.ingest.joins import together
from bot.data.ingest.upload import TableFile
from bot.errors import CannotDo
from bot.i18n.messages import Words


@dataclass(frozen=True)
class Seen:
    """A table that can be taken in. `told` is what was done to make it of several."""

    part: TableFile
    found: Understood
    told: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What was said of the files: see `Said`."""

    kind: str | None = None
    called: Mapping[str, str] | None = None
    currency: str | None = None
    dates: Dates | None = None
    decimal: Sign | None = None
    sheets: tuple[str, ...] = ()
    several: bool = False  # said of several tables: each has some of the columns

    @classmethod
    def of(cls, said: Said) -> "Asked":
        return cls(said.kind, said.called, said.currency, said.dates, said.decimal, said.sheets)

    def split(self, path: Path) -> list[TableFile]:
        """What of a file is read as one table each."""
        if self.sheets:
            return [TableFile(path, self.sheets)]
        return split(path, self.called or {}, self.kind)

    def among(self, parts: Sequence[TableFile]) -> "Asked":
        """What was said of these tables together: of several, each has some of the columns that
        were named. Raises CannotDo for one that none has."""
        called = self.called or {}
        if len(parts) < 2:
            return self
        has = {spoken(one) for p in parts for one in columns_of(p, called, self.kind)}
        if gone := [one for one in called if spoken(one) not in has]:
            raise CannotDo(
                Words(
                    "None of these tables has a column {column}: {files}.",
                    column=gone[0],
                    files=", ".join(part.name for part in parts),
                )
            )
        return replace(self, several=True)

    def understand(self, path: Path, name: str, sheets: Sequence[str] = ()) -> Understood:
        return understand(
            path,
            name=name,
            kind=self.kind,
            called=self.called,
            currency=self.currency,
            dates=self.dates,
            decimal=self.decimal,
            sheets=sheets,
            several=self.several,
        )


def look(
    paths: Sequence[Path], folder: Path, asked: Asked
) -> tuple[list[Seen], list[tuple[Path, CannotDo]]]:
    """The tables that can be taken in, in the order given, and why the others can't. Orders and
    their lines in two files, or two sheets, become one, written into `folder`."""
    seen: list[Seen] = []
    hopeless: list[tuple[TableFile, CannotDo]] = []
    every = [part for path in paths for part in asked.split(path)]
    asked = asked.among(every)
    for part in every:
        try:
            found = asked.understand(part.path, part.name, part.sheets)
            seen.append(Seen(part, found))
        except CannotDo as why:
            hopeless.append((part, why))
    alone = asked.kind in (None, "orders") and len(hopeless) > 1
    books = tuple(_books(every)) if not asked.sheets else ()
    joined = together(every, folder, asked.called or {}) if alone else None
    if joined is not None:
        whole = asked.understand(joined.path, joined.name)
        seen.insert(0, Seen(TableFile(joined.path), whole, joined.told))
        hopeless = [(part, why) for part, why in hopeless if part not in joined.used]
    if seen and books:
        seen[0] = replace(seen[0], told=(*books, *seen[0].told))
    return seen, [(part.path, why) for part, why in hopeless]


def _books(every: Sequence[TableFile]) -> Iterator[Words]:
    """What each workbook of several tables holds."""
    for path in dict.fromkeys(part.path for part in every if part.sheets):
        some = [", ".join(part.sheets) for part in every if part.path == path]
        yield Words(
            "{file} holds {n} tables: {tables}. To have one alone, name its sheet: --sheet {sheet}",
            file=path.name,
            n=len(some),
            tables="; ".join(some),
            sheet=shlex.quote(some[0].split(", ")[0]),
        )
