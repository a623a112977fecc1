"""The sample shop in a library of its own: its tables kept as files, its catalogue too."""

from pathlib import Path

import pyarrow.parquet as pq

from bot.app import Container
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.upload import TableFile
from bot.data.schema import load_kinds
from tests.support.sample_tables import made, sample


def stocked(home: Path, *names: str) -> Container:
    """A house whose library holds these kinds of the sample shop; all of them when none is named.

    Independent of the reader of files: what it makes of them is tested by itself.
    """
    house = Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    FileImporter(house, "T1", "EUR").take_products(TableFile(made() / "products.csv"))
    shelf = sample()
    for kind in names or load_kinds():
        table = shelf.table(kind)
        assert table is not None
        fresh = home / f"{kind}.fresh"
        pq.write_table(shelf.engine.to_pyarrow(table), fresh)
        house.row_store.import_rows("T1", kind, fresh, source=f"{kind}.csv")
        fresh.unlink()
    return house
