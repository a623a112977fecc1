"""The old name of `bot.offline.first_steps`."""

from bot.offline.first_steps import find_first_step as first_step

__all__ = ["first_step"]
