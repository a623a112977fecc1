"""Shops that export orders in one file and their lines in another: which of the two a file is."""

from bot.library.files.names import Match, complete


def side(found: Match) -> str | None:
    """ "orders" or "lines", by a file's columns as orders have them; None for any other file."""
    if complete(found):
        return None
    return "orders" if is_orders(found) else "lines" if is_lines(found) else None


def is_orders(found: Match) -> bool:
    """Whether a file says when orders were placed, and by whom, but not for how much."""
    return {"order", "at", "customer"} <= set(found.columns) and not _worth(found)


def is_lines(found: Match) -> bool:
    """Whether a file says what was in orders and for how much, but not when."""
    has = found.columns
    what = "product" in has or "title" in has
    return "order" in has and what and "at" not in has and _worth(found)


def _worth(found: Match) -> bool:
    return "amount" in found.columns or "unit_price" in found.aids
