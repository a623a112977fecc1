"""`forget`: lists the files whose rows are stored, and removes the rows of one of them."""

import argparse

from bot.app import Container
from bot.cli.admin import print_line
from bot.cli.import_ import confirm, format_row_count
from bot.config.settings import Settings
from bot.errors import CannotDo


def forget_(settings: Settings, args: argparse.Namespace) -> int:
    """Remove the rows that came from a file, with what was computed from them. Return 1 if the
    person said no. Raises CannotDo for a file that nothing came from."""
    container = Container(settings).migrated()
    workspace = container.workspace(args.workspace)
    stored = container.row_store.sources(workspace)
    if args.file is None:
        for kind, names in stored.items():
            print_line(f"{kind}: {', '.join(names)}")
        if not stored:
            print_line("No file has been taken in.")
        return 0
    kinds = [kind for kind, names in stored.items() if args.file in names]
    if not kinds:
        known = ", ".join(name for names in stored.values() for name in names) or "none"
        raise CannotDo(
            "No row comes from {file}. Rows come from: {known}.", file=args.file, known=known
        )
    print_line(
        f"The rows that came from {args.file} go ({', '.join(kinds)}), for good. "
        "Rows that they had replaced do not come back."
    )
    if not args.yes and not confirm("Remove them? [y/N] "):
        print_line("Nothing was removed.")
        return 1
    for kind in kinds:
        left = container.row_store.forget(workspace, kind, args.file)
        print_line(f"{kind}: the rows of {args.file} are gone; {format_row_count(left.rows)} left.")
    return 0
