"""A dropped catalogue of products, into the rows."""

from dataclasses import dataclass
from pathlib import Path

from bot.doors.stocking import LOCAL
from bot.library.catalogue.file import Catalogue, write_rejects
from bot.library.files import Understood
from bot.library.files.goods import reread
from bot.local_data import LocalData
from bot.product import ProductRow
from bot.stock import Along
from bot.time_source import now
from bot.workspace import Workspace

PRODUCTS = "products"


@dataclass(frozen=True)
class Products:
    """The products of a file, ready to be stored."""

    house: LocalData
    workspace: str
    name: str
    catalogue: Catalogue
    rejects: Path | None

    @classmethod
    def read(
        cls, house: LocalData, workspace: str, path: Path, found: Understood, folder: Path
    ) -> "Products":
        """Raises CannotDo."""
        catalogue = reread(path, found)
        rejects = folder / "rejects.csv" if catalogue.rejects or catalogue.remarks else None
        if rejects:
            write_rejects(catalogue, rejects)
        return cls(house, workspace, found.name, catalogue, rejects)

    @property
    def rejected(self) -> int:
        return len(self.catalogue.rejects)

    def keep(self, along: Along) -> None:
        """New and replaced; a catalogue knows of no third."""
        rows = [(p.handle, p.title, p.model_dump_json()) for p in self.catalogue.products]
        with self.house.database.begin() as session:
            Workspace.ensure(session, self.workspace, now())
            ProductRow.adopt(session, LOCAL, self.workspace)
            new, again = ProductRow.put(session, self.workspace, rows, file=self.name, now=now())
            along(session, new, again, 0)
