"""What customers will do: who buys again, how much, and what next, tried on the past first."""

from bot.data.analyses.forecast.analysis import find

__all__ = ["find"]
