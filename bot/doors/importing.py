"""`import`: files into the library. Shown first, taken in after a yes; what stays out is told."""

import argparse
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from bot.doors.house import House
from bot.doors.looking import Asked, Seen, look
from bot.doors.own import own_words_of
from bot.doors.shown import rows, shown
from bot.doors.stocking import LOCAL
from bot.doors.sweeping import IMPORTING
from bot.doors.taken import Counting, tell_catalogue, tell_rows
from bot.doors.terminal import say
from bot.dropped import TableFile, titled
from bot.errors import CannotDo
from bot.library.files import Cancelled, Understood, read
from bot.library.files.assumed import said_again
from bot.library.files.goods import reread
from bot.library.files.understood import Dates, Sign
from bot.product import ProductRow
from bot.settings import Settings
from bot.time_source import now
from bot.words import Words
from bot.workspace import Workspace

PRODUCTS = "products"
STOPPED = 130  # the exit code after Ctrl-C


def import_(settings: Settings, chosen: argparse.Namespace) -> int:
    """0 when every row came in, 1 when some stayed out or the answer was no, 130 after Ctrl-C."""
    if missing := [path for path in chosen.files if not path.is_file()]:
        raise CannotDo(Words("There is no file {path}.", path=str(missing[0])))
    house = House(settings).migrated()
    importing = Importing(
        house,
        house.workspace(chosen.workspace),
        chosen.currency,
        dates=chosen.dates,
        decimal=chosen.decimal,
        sheets=tuple(chosen.sheet),
    )
    try:
        with importing.stoppable(), importing.folder() as folder:
            seen, left = importing.look(chosen.files, chosen.kind, _called(chosen.map), folder)
            if not chosen.yes and not _asked():
                say("Nothing was taken in.")
                return 1
            return max([int(left > 0), *(importing.take(one.part, one.found) for one in seen)])
    except Cancelled as stopped:
        sys.stderr.write(f"\n{stopped.words.to('en')}\n")
        return STOPPED


@dataclass
class Importing:
    """Files on their way into one workspace's library."""

    house: House
    workspace: str
    currency: str | None = None
    called: Mapping[str, str] = field(default_factory=dict)
    dates: Dates | None = None
    decimal: Sign | None = None
    sheets: tuple[str, ...] = ()
    stop: threading.Event = field(default_factory=threading.Event)

    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """For what is made on the way, beside the library: a disk that has room for it."""
        return tempfile.TemporaryDirectory(prefix=IMPORTING, dir=self.house.settings.home)

    def asked(self, kind: str | None) -> Asked:
        """What was said of the files."""
        return Asked(kind, self.called, self.currency, self.dates, self.decimal, self.sheets)

    def look(
        self, paths: Sequence[Path], kind: str | None, called: Mapping[str, str], folder: str
    ) -> tuple[list[Seen], int]:
        """What the files are, each shown; all of them before anything is asked. How many are
        left, each with its reason. Raises CannotDo when that is all of them."""
        self.called = called
        seen, left = look(paths, Path(folder), self.asked(kind))
        if not seen:
            for _, why in left[:-1]:
                say(why.words.to("en"))
            raise left[-1][1]
        for one in seen:
            for words in one.told:
                say(words.to("en"))
            say(shown(one.found))
        for _, why in left:
            say(f"Left: {why.words.to('en')}")
        return seen, len(left)

    def take(self, part: TableFile, found: Understood) -> int:
        """One table into the library; 1 when rows of it stayed out."""
        if found.kind == PRODUCTS:
            return self.take_products(part, found)
        with self.folder() as folder:
            fresh, apart = Path(folder) / "rows.parquet", Path(folder) / "apart.parquet"
            stocking, counting = self.house.stocking, Counting(found.name, found.rows)
            with counting:
                taken = read(
                    part.path,
                    found,
                    to=fresh,
                    key=stocking.key(),
                    apart=apart,
                    progress=counting.told,
                    cancelled=self.stop.is_set,
                    own=own_words_of(self.house, self.workspace, found.kind),
                )
            if self.stop.is_set():
                raise Cancelled
            kept = apart if apart.exists() else None
            merged = stocking.take(self.workspace, found.kind, fresh, source=found.name, apart=kept)
            tell_rows(found, merged)
            if taken.doubled:
                say(said_again(found, taken.doubled).to("en"))
            if taken.rejects is not None:
                to = self._rejects(part)
                shutil.copyfile(taken.rejects, to)
                taken.rejects.unlink(missing_ok=True)
                say(f"{rows(taken.rejected)} stayed out. Why, row by row: {to}")
        return 1 if taken.rejected else 0

    def take_products(self, part: TableFile, found: Understood | None = None) -> int:
        """A catalogue into the rows of products; 1 when some of it stayed out."""
        found = found or self.asked(PRODUCTS).understand(part.path, part.name)
        catalogue = reread(part.path, found)
        with self.house.database.begin() as session:
            Workspace.ensure(session, self.workspace, now())
            ProductRow.adopt(session, LOCAL, self.workspace)
            rows = [(p.handle, p.title, p.model_dump_json()) for p in catalogue.products]
            new, again = ProductRow.put(session, self.workspace, rows, file=found.name, now=now())
        say(f"{len(rows)} products from {found.name}: {new} new, {again} replaced.")
        tell_catalogue(catalogue, self._rejects(part))
        return 1 if catalogue.rejects else 0

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Ctrl-C asks to stop: what is half read is left, what is being stored is finished. A
        second one ends at once, which leaves the library as it was, too."""

        def asked(sign: int, frame: FrameType | None) -> None:
            if self.stop.is_set():
                raise KeyboardInterrupt
            self.stop.set()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, asked)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _rejects(self, part: TableFile) -> Path:
        named = titled(part.path.stem, part.sheets).replace("/", " ")
        to = self.house.settings.home / "rejects" / f"{named}.rejects.csv"
        to.parent.mkdir(parents=True, exist_ok=True)
        return to


def _asked() -> bool:
    """The one question. Raises CannotDo when nobody can answer it."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CannotDo(Words("Nobody can be asked here. Say --yes, and it is taken in."))
    sys.stdout.write("Take it in? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "o", "oui")


def _called(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if pair.count("=") != 1]
    if wrong:
        raise CannotDo(Words("--map wants theirs=ours, not {given}.", given=", ".join(wrong)))
    return {theirs.strip(): ours.strip() for theirs, ours in (pair.split("=") for pair in pairs)}
