"""The sample shop in a library: its tables as data files, and its catalogue."""

from pathlib import Path

import pyarrow.parquet as pq

from bot.app import Container
from bot.cli.import_ import FileImporter
from bot.config.settings import Settings
from bot.data.ingest.file_schema import ImportOptions
from bot.data.ingest.upload import TableFile
from bot.data.schema import load_kinds
from tests.support.sample_tables import made, sample


def stocked(home: Path, *names: str) -> Container:
    """A container whose library holds these kinds of data of the sample shop; all if none is named.

    It does not use the reader of files, which has its own tests.
    """
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    FileImporter(container, "T1", ImportOptions(currency="EUR")).load_products(
        TableFile(made() / "products.csv")
    )
    shelf = sample()
    for kind in names or load_kinds():
        table = shelf.table(kind)
        assert table is not None
        fresh = home / f"{kind}.fresh"
        pq.write_table(shelf.engine.to_pyarrow(table), fresh)
        container.row_store.import_rows("T1", kind, fresh, source=f"{kind}.csv")
        fresh.unlink()
    return container
