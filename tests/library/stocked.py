"""The sample shop in a library of its own: its tables kept as files, its catalogue too."""

from pathlib import Path

import pyarrow.parquet as pq

from bot.doors.house import House
from bot.doors.importing import Importing
from bot.dropped import TableFile
from bot.library.kinds import kinds
from bot.settings import Settings
from tests.library.sample import made, sample


def stocked(home: Path, *names: str) -> House:
    """A house whose library holds these kinds of the sample shop; all of them when none is named.

    Independent of the reader of files: what it makes of them is tested by itself.
    """
    house = House(Settings.read({"SUPER_INTERN_HOME": str(home)})).migrated()
    Importing(house, "T1", "EUR").take_products(TableFile(made() / "products.csv"))
    shelf = sample()
    for kind in names or kinds():
        table = shelf.table(kind)
        assert table is not None
        fresh = home / f"{kind}.fresh"
        pq.write_table(shelf.engine.to_pyarrow(table), fresh)
        house.stocking.take("T1", kind, fresh, source=f"{kind}.csv")
        fresh.unlink()
    return house
