"""Which occasions one writes for: Christmas, but not the sales."""

from bot.occasions import Occasion

CUTS = frozenset({"black_friday", "cyber_monday", "boxing_day", "french_days"})  # days of offers


def in_season(occasion: Occasion | None) -> bool:
    """Whether one may say "for" it without an offer: for Christmas, not for the sales."""
    return occasion is not None and not occasion.legal and occasion.key not in CUTS
