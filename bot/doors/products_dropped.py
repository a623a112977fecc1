"""A dropped catalogue of products: what it holds, and its products into the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.doors.house import LOCAL, House, now
from bot.glimpse import Glimpse, Matched
from bot.library.catalogue.columns import Header, find_header
from bot.library.catalogue.file import Catalogue, read_catalogue, write_rejects
from bot.library.catalogue.products import Product
from bot.library.catalogue.reading import read_text
from bot.product import ProductRow
from bot.workspace import Workspace

PRODUCTS = "products"


@dataclass(frozen=True)
class Products:
    """The products of a file, ready to be stored."""

    house: House
    workspace: str
    name: str
    catalogue: Catalogue
    rejects: Path | None

    @classmethod
    def read(cls, house: House, workspace: str, path: Path, name: str, folder: Path) -> "Products":
        """Raises CannotDo."""
        catalogue = read_catalogue(path, name=name)
        rejects = folder / "rejects.csv" if catalogue.rejects or catalogue.remarks else None
        if rejects:
            write_rejects(catalogue, rejects)
        return cls(house, workspace, name, catalogue, rejects)

    @property
    def rejected(self) -> int:
        return len(self.catalogue.rejects)

    def keep(self) -> tuple[int, int, int]:
        """New and replaced; a catalogue knows of no third."""
        rows = [(p.handle, p.title, p.model_dump_json()) for p in self.catalogue.products]
        with self.house.database.begin() as session:
            Workspace.ensure(session, self.workspace, now())
            ProductRow.adopt(session, LOCAL, self.workspace)
            new, again = ProductRow.put(session, self.workspace, rows, file=self.name, now=now())
        return new, again, 0


def glimpse_of_products(path: Path, name: str) -> Glimpse:
    """What the catalogue's reader makes of a file. Raises CannotDo."""
    catalogue = read_catalogue(path, name=name)
    header = find_header(read_text(path, name).text)
    currencies = {one.currency for one in catalogue.products if one.currency}
    return Glimpse(
        kind=PRODUCTS,
        rows=len(catalogue.products),
        rejected=len(catalogue.rejects),
        currency=currencies.pop() if len(currencies) == 1 else None,
        columns=_matched(header) if header else (),
        sample=_sample(catalogue.products[:3]),
        ignored=_ignored(header) if header else (),
    )


def _matched(header: Header) -> tuple[Matched, ...]:
    """In the order of the file's columns."""
    pairs = {column: ours for ours, columns in header.fields.items() for column in columns}
    return tuple(Matched(theirs=header.names[at], ours=pairs[at]) for at in sorted(pairs))


def _ignored(header: Header) -> tuple[str, ...]:
    used = {column for columns in header.fields.values() for column in columns}
    return tuple(one for at, one in enumerate(header.names) if at not in used and one)


def _sample(products: Sequence[Product]) -> tuple[dict[str, str], ...]:
    shown = []
    for product in products:
        told = product.model_dump(mode="json")
        shown.append({key: _said(value) for key, value in told.items() if value})
    return tuple(shown)


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
