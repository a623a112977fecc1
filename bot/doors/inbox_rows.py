"""A table of the watched folder into the library, and what the note beside its file says of it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.doors.own import own_words_of
from bot.doors.stocking import LOCAL
from bot.dropped import TableFile
from bot.library.catalogue.file import write_rejects
from bot.library.disk import PASSING
from bot.library.files import Taken, Understood, read
from bot.library.files.assumed import said_again
from bot.library.files.goods import reread
from bot.local_data import LocalData
from bot.product import ProductRow
from bot.time_source import now
from bot.workspace import Workspace


@dataclass(frozen=True)
class Taking:
    """Into this workspace; `rejects` says where the rows that stay out are told."""

    house: LocalData
    workspace: str
    rejects: Callable[[TableFile], Path]

    def take(self, part: TableFile, understood: Understood) -> str:
        """A table's rows into the library; what there is to say of it."""
        if understood.kind == "products":
            return self._products(part, understood)
        with tempfile.TemporaryDirectory(prefix=PASSING) as folder:
            to, apart = Path(folder) / "rows.parquet", Path(folder) / "apart.parquet"
            stocking = self.house.stocking
            taken = read(
                part.path,
                understood,
                to=to,
                key=stocking.key(),
                apart=apart,
                own=own_words_of(self.house, self.workspace, understood.kind),
            )
            kept = apart if apart.exists() else None
            name = understood.name
            merged = stocking.take(self.workspace, understood.kind, to, source=name, apart=kept)
            told = f"{merged.new} new, {merged.replaced} replaced, {merged.same} known already"
            return f"{told}.\n{self._left_out(part, understood, taken)}{_noted(understood)}"

    def _products(self, part: TableFile, understood: Understood) -> str:
        """A catalogue into the rows of products."""
        catalogue = reread(part.path, understood)
        with self.house.database.begin() as session:
            Workspace.ensure(session, self.workspace, now())
            ProductRow.adopt(session, LOCAL, self.workspace)
            rows = [(p.handle, p.title, p.model_dump_json()) for p in catalogue.products]
            new, again = ProductRow.put(
                session, self.workspace, rows, file=understood.name, now=now()
            )
        if catalogue.rejects or catalogue.remarks:
            write_rejects(catalogue, self.rejects(part))
        stayed = f", {len(catalogue.rejects)} stayed out" if catalogue.rejects else ""
        return f"{new} new products, {again} replaced{stayed}."

    def _left_out(self, part: TableFile, found: Understood, taken: Taken) -> str:
        """What of the file's rows is not in. Rejected ones go into a file beside the note."""
        said = f"{said_again(found, taken.doubled).to('en')}\n" if taken.doubled else ""
        if not taken.rejects:
            return said
        beside = self.rejects(part)
        beside.write_bytes(taken.rejects.read_bytes())
        taken.rejects.unlink()
        return f"{said}{taken.rejected} rows stayed out: see {beside.name}\n"


def _noted(understood: Understood) -> str:
    """What was assumed and left aside, for whoever wants to be sure."""
    lines = [f"Read as {understood.kind}."]
    lines += [words.to("en") for words in understood.assumed]
    if understood.dropped:
        lines.append(f"Personal, not kept: {', '.join(understood.dropped)}")
    if understood.ignored:
        lines.append(f"Not understood, left out: {', '.join(understood.ignored)}")
    return "\n".join(lines)
