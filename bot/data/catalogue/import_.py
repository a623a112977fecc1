"""A dropped catalogue of products, into the rows."""

from dataclasses import dataclass
from pathlib import Path

from bot.config.clock import now
from bot.data.catalogue.models import ProductRow
from bot.data.catalogue.reader import Catalogue, write_rejects
from bot.data.ingest import Understood
from bot.data.ingest.ports import Along
from bot.data.ingest.products import reread
from bot.data.local_data import LocalData
from bot.data.warehouse.store import LOCAL
from bot.db.workspace import Workspace

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
