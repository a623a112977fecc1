"""The sample shop that the cases are about: made and imported once, then opened for each run."""

import hashlib
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

import bot
from bot.app import Container
from bot.cli.play import PlaygroundHome
from bot.config.brand import Brand, Market
from bot.config.clock import now, set_clock_ahead
from bot.config.policy import Policy
from bot.config.settings import Settings
from bot.core.library import Library
from bot.playground.slack_objects import TEAM_ID
from evals.check_sets import TODAY

MARKETS = Path(__file__).parent / "markets.toml"
HOME = Path("var/evals")
# What the imported files depend on. A change of these makes the shop again.
SOURCES = (
    "data/ingest/**/*.*",
    "data/*.toml",
    "data/schema.py",
    "data/catalogue/**/*.py",
    "playground/shop/**/*.*",
)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


@dataclass(frozen=True)
class EvalShop:
    """What cases are played on. Without a `container` there are no rows, so no threads."""

    brand: Brand
    library: Library
    policy: Policy
    container: Container | None = None


def set_clock() -> None:
    """Set this process's clock to the day of the cases."""
    set_clock_ahead((NOON - now()).total_seconds())


def find_home(other: str = "") -> Path:
    """Return the folder of the shop for this version of the code. `other` describes another shop
    than the sample shop."""
    package, digest = Path(bot.__file__).parent, hashlib.sha256(TODAY.isoformat().encode())
    digest.update(other.encode())
    for pattern in SOURCES:
        for path in sorted(package.glob(pattern)):
            if path.suffix in (".py", ".toml"):
                digest.update(path.read_bytes())
    return HOME / f"shop-{digest.hexdigest()[:12]}"


def fill_sample(playground: PlaygroundHome) -> None:
    playground.fill(TODAY)


@contextmanager
def open_shop(
    home: Path | None = None, fill: Callable[[PlaygroundHome], None] = fill_sample
) -> Iterator[EvalShop]:
    """Open the shop, which takes a minute when it has to be made. The database is a copy, so that
    no run sees what another was told."""
    set_clock()
    home = home or find_home()
    home.mkdir(parents=True, exist_ok=True)
    playground = PlaygroundHome(Settings(home=home))
    playground.folder.mkdir(exist_ok=True)
    with playground.lock():
        fill(playground)
    folder = playground.folder
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "evals.db"
        shutil.copyfile(folder / "super-intern.db", copy)
        settings = Settings(home=folder, database=SecretStr(f"sqlite:///{copy}"))
        container = Container(settings).migrated()
        try:
            brand = container.brand(TEAM_ID)
            yield EvalShop(
                brand=brand if brand.markets else add_markets(brand),
                library=container.library(TEAM_ID),
                policy=container.policy(TEAM_ID),
                container=container,
            )
        finally:
            container.database.close()


def add_markets(brand: Brand) -> Brand:
    """Return the brand with the markets that the cases speak of."""
    read = tomllib.loads(MARKETS.read_text(encoding="utf-8"))
    markets = {country: Market.model_validate(one) for country, one in read.items()}
    return brand.model_copy(update={"markets": markets})
