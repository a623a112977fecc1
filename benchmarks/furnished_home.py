"""A home that a benchmark starts from: a policy without limits, and a small catalogue."""

from pathlib import Path

from bot.config.clock import now
from bot.data.catalogue.models import ProductRow
from bot.data.catalogue.reader import read_catalogue
from bot.db import migrate
from bot.db.session import Database
from bot.db.workspace import Workspace
from tests.e2e.chaos import POLICY

CATALOGUE = """name;price;currency;description;materials;colours
Stoneware vase;34,50;EUR;Hand-glazed stoneware vase, 24 cm high;stoneware;white
Linen shirt;59,90;EUR;Loose linen shirt with a narrow collar;linen;sand, blue
Wool jumper;89,00;EUR;Ribbed wool jumper with a round neck;wool;grey
"""


def furnish_home(home: Path, teams: list[str], url: str | None = None) -> None:
    """Writes the policy, and the catalogue into the database of each workspace."""
    (home / "policy.toml").write_text(POLICY + "\n[spend]\nusd_a_day = 1000\n")
    (home / "shop.csv").write_text(CATALOGUE)
    rows = [
        (one.handle, one.title, one.model_dump_json())
        for one in read_catalogue(home / "shop.csv").products
    ]
    database = Database(url or f"sqlite:///{home / 'super-intern.db'}")
    migrate.upgrade(database)
    with database.begin() as session:
        for team in teams:
            Workspace.ensure(session, team, now())
            ProductRow.put(session, team, rows, file="shop.csv", now=now())
    database.close()
