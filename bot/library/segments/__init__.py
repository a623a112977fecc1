"""Who the customers are: named groups, who drifts away, who comes back, what goes together."""

from bot.library.segments.found import find

__all__ = ["find"]
