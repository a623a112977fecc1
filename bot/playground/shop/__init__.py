"""Generates the data of Maison Ormelin, an invented French shop.

`fill` writes products, orders, site traffic, feedback, campaigns and experiments into a folder:
the same bytes for the same size, seed and day. PLANTED.md beside this file describes the patterns
that are planted in the data.
"""

from bot.playground.shop.fill import Shop, Size, Truth, fill

__all__ = ["Shop", "Size", "Truth", "fill"]
