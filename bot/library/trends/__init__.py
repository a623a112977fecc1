"""What moved: every weekly series held against what was expected of it, and what comes back."""

from bot.library.trends.found import find
from bot.library.trends.tested import series

__all__ = ["find", "series"]
