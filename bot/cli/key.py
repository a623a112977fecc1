"""`key`: prints the secret that a sender of live rows signs with."""

import argparse

from bot.app import Container
from bot.cli.admin import print_line
from bot.config.settings import Settings


def key_(settings: Settings, args: argparse.Namespace) -> int:
    """Print the key for live rows: of one workspace if it is named, else of the home."""
    from bot.data.ingest.live.signature import derive_live_key

    container = Container(settings).migrated()  # the home may be new
    print_line(derive_live_key(container.row_store.key(), args.workspace))
    return 0
