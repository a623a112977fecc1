"""`key`: prints the secret that a sender of live rows signs with."""

import argparse

from bot.app import Container
from bot.cli.admin import print_line
from bot.config.settings import Settings


def key_(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print the key for live rows: of one workspace if it is named, else of the home."""
    from bot.data.ingest.live.signature import derive_live_key

    house = Container(settings).migrated()  # the home may be new
    print_line(derive_live_key(house.stocking.key(), chosen.workspace))
    return 0
