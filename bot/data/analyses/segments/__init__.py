"""Who the customers are: named groups, who drifts away, who comes back, what goes together."""

from bot.data.analyses.segments.analysis import find

__all__ = ["find"]
