"""Maison Ormelin, an invented French shop: goods, orders, browsing, voices, campaigns, tests.

`fill` writes it into a folder, the same bytes for the same size, seed and day. What is true of it
stands in PLANTED.md beside this file.
"""

from bot.playground.shop.fill import Shop, Size, Truth, fill

__all__ = ["Shop", "Size", "Truth", "fill"]
