"""What becomes of a file that is taken in, as a terminal shows it: how far it is, then the counts.

All of what stayed out is in a file; here are the first few, or the counts would scroll away.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from bot.doors.shown import rows
from bot.doors.stocking import Merged
from bot.doors.terminal import say
from bot.library.catalogue.file import Catalogue, write_rejects
from bot.library.files import Understood

SHOWN = 5


class Counting:
    """The line that says how far it is, on a terminal alone."""

    def __init__(self, name: str, rows: int) -> None:
        self.name, self.rows = name, rows
        self.seen = sys.stderr.isatty()

    def told(self, rows: int) -> None:
        if self.seen:
            of = f" of about {self.rows:,}" if self.rows > rows else ""
            sys.stderr.write(f"\r{self.name}: {rows:,}{of} rows read ")
            sys.stderr.flush()

    def __enter__(self) -> Callable[[int], None]:
        return self.told

    def __exit__(self, *_: object) -> None:
        if self.seen:
            sys.stderr.write("\r\x1b[K")


def tell_rows(found: Understood, merged: Merged) -> None:
    """How many rows are new, corrected or known already, and what the library holds now."""
    newest = f", the newest of {merged.as_of:%d %B %Y}" if merged.as_of else ""
    say(
        f"{found.name} is in: {rows(merged.new, 'new')}, {merged.replaced:,} replaced, "
        f"{merged.same:,} known already. {found.kind} has {rows(merged.rows)} now{newest}."
    )


def tell_catalogue(catalogue: Catalogue, path: Path) -> None:
    """What stayed out of a catalogue: the first few here, all of it in a file."""
    left_out = (*catalogue.rejects, *catalogue.remarks)
    if not left_out:
        return
    write_rejects(catalogue, path)
    said = f"{len(catalogue.rejects)} rows stayed out" if catalogue.rejects else "All rows are in"
    say(f"{said}; {len(catalogue.remarks)} cells were left empty. All of it: {path}")
    for reject in left_out[:SHOWN]:
        where = f"line {reject.line}" + (f", {reject.column}" if reject.column else "")
        say(f"  {where}: {reject.reason}")
