"""`import`: a product catalogue into the rows. Good rows come in, the others are told and kept."""

import argparse
from pathlib import Path

from bot.doors.house import LOCAL, House, now
from bot.doors.terminal import say
from bot.errors import CannotDo
from bot.library.catalogue.file import Catalogue, read_catalogue, write_rejects
from bot.product import ProductRow
from bot.settings import Settings
from bot.words import Words
from bot.workspace import Workspace

SHOWN = 5


def import_(settings: Settings, chosen: argparse.Namespace) -> int:
    """0 when every row came in, 1 when some stayed out."""
    if not chosen.file.is_file():
        raise CannotDo(Words("There is no file {path}.", path=str(chosen.file)))
    house = House(settings).migrated()
    workspace = house.workspace(chosen.workspace)
    catalogue = read_catalogue(chosen.file, currency=chosen.currency, called=_called(chosen.map))
    with house.database.begin() as session:
        Workspace.ensure(session, workspace, now())
        ProductRow.adopt(session, LOCAL, workspace)
        rows = [(p.handle, p.title, p.model_dump_json()) for p in catalogue.products]
        new, again = ProductRow.put(session, workspace, rows, file=chosen.file.name, now=now())
    say(f"{len(rows)} products from {chosen.file.name}: {new} new, {again} replaced.")
    _tell(catalogue, settings.home / "rejects" / f"{chosen.file.stem}.rejects.csv")
    return 1 if catalogue.rejects else 0


def _called(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if pair.count("=") != 1]
    if wrong:
        raise CannotDo(Words("--map wants theirs=ours, not {given}.", given=", ".join(wrong)))
    return {theirs.strip(): ours.strip() for theirs, ours in (pair.split("=") for pair in pairs)}


def _tell(catalogue: Catalogue, path: Path) -> None:
    """What stayed out: the first few here, all of it in a file."""
    left_out = (*catalogue.rejects, *catalogue.remarks)
    if not left_out:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rejects(catalogue, path)
    said = f"{len(catalogue.rejects)} rows stayed out" if catalogue.rejects else "All rows are in"
    say(f"{said}; {len(catalogue.remarks)} cells were left empty. All of it: {path}")
    for reject in left_out[:SHOWN]:
        where = f"line {reject.line}" + (f", {reject.column}" if reject.column else "")
        say(f"  {where}: {reject.reason}")
