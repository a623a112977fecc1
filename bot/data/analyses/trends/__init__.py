"""What moved: every weekly series held against what was expected of it, and what comes back."""

from bot.data.analyses.trends.analysis import find
from bot.data.analyses.trends.significance import series

__all__ = ["find", "series"]
