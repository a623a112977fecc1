"""The path to purchase: where visitors are lost, what changed and since when, and what it cost."""

from bot.data.analyses.funnel.analysis import find

__all__ = ["find"]
