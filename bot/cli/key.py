"""`key`: what a sender of live rows signs with. It is a secret: print it where nobody looks on."""

import argparse

from bot.app import Container
from bot.cli.admin import print_line
from bot.config.settings import Settings


def key_(settings: Settings, chosen: argparse.Namespace) -> int:
    """The key for live rows, of one workspace when it is named."""
    from bot.data.ingest.live.signature import derive_live_key

    house = Container(settings).migrated()  # a home may be new
    print_line(derive_live_key(house.row_store.key(), chosen.workspace))
    return 0
