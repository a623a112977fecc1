"""The playground's own folder: who holds it, what fills it, and how it is emptied."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from bot.app import Container
from bot.cli.admin import say
from bot.cli.import_ import Importing
from bot.config.settings import Settings
from bot.data.ingest import understand
from bot.data.ingest.upload import TableFile
from bot.data.private_files import TEMPORARY, private_process
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.playground import shop
from bot.playground.people import TEAM

SHOP, FILLED, LOCK = "shop", "filled.json", "play.lock"
SIZE: shop.Size = "middle"
SEED = 7
CURRENCY = "EUR"
PRODUCTS = "products.csv"
FILES = (
    *("prices.csv", "customers.csv", "orders.csv", "events.csv", "feedback.csv"),
    *("campaigns.csv", "ads.csv", "experiments.csv"),
)
RULES = ("brand.toml", "policy.toml")
# What play and its intern make in there. Anything else is somebody's own, and stays.
MADE = (
    *(SHOP, FILLED, "slack", "library", "rejects", "intern.log*", TEMPORARY, "arrivals", "damaged"),
    *("super-intern.db*", "super-intern.key", *RULES),
)


class PlayHome:
    """A folder under SUPER_INTERN_HOME, for one playground at a time."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.home / "play"
        self.settings = settings.model_copy(update={"home": self.folder, "database": None})

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else plays here meanwhile. Raises CannotDo when somebody does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                what = f"Another `play` is running in {self.folder}. End it first."
                raise CannotDo(Words("{what}", what=what)) from None
            yield

    def reset(self) -> None:
        """Takes away what play made, and says what it left."""
        for pattern in MADE:
            for path in self.folder.glob(pattern):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        left = sorted(path.name for path in self.folder.iterdir() if path.name != LOCK)
        if left:
            say(f"Left in {self.folder}, as play did not make it: {', '.join(left)}.")

    def fill_apart(self, today: date) -> None:
        """`fill` in a process of its own, which takes the memory it needed away with it. Raises
        CannotDo when it failed; it has said why."""
        if (self.folder / FILLED).exists():
            return
        filling = get_context("spawn").Process(target=self.fill, args=(today,))
        filling.start()
        filling.join()
        if filling.exitcode:
            raise CannotDo(Words("The sample shop could not be filled."))

    def fill(self, today: date) -> None:
        """The sample shop and its products, once. A first start that broke off is begun again."""
        if (self.folder / FILLED).exists():
            return
        with private_process(self.folder):
            self._fill(today)

    def _fill(self, today: date) -> None:
        made = self.folder / SHOP
        say("Filling the sample shop (once) …")
        shop.fill(made, size=SIZE, seed=SEED, today=today)
        for name in RULES:
            if not (self.folder / name).exists():
                shutil.copyfile(made / name, self.folder / name)
        self._import(made)
        filled = {"size": SIZE, "seed": SEED, "today": today.isoformat()}
        (self.folder / FILLED).write_text(json.dumps(filled) + "\n", encoding="utf-8")

    def _import(self, made: Path) -> None:
        """Its files into the library, as `import` would."""
        house = Container(self.settings).migrated()
        importing = Importing(house, TEAM, CURRENCY)
        try:
            with importing.stoppable():
                importing.take_products(TableFile(made / PRODUCTS))
                for name in FILES:
                    path = made / name
                    found = understand(path, name=name, currency=CURRENCY)
                    importing.take(TableFile(path), found)
        finally:
            house.database.close()
