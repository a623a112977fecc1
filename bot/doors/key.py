"""`key`: what a sender of live rows signs with. It is a secret: print it where nobody looks on."""

import argparse

from bot.doors.house import House
from bot.doors.terminal import say
from bot.settings import Settings


def key_(settings: Settings, chosen: argparse.Namespace) -> int:
    """The key for live rows, of one workspace when it is named."""
    from bot.library.live.sign import live_key

    house = House(settings).migrated()  # a home may be new
    say(live_key(house.stocking.key(), chosen.workspace))
    return 0
