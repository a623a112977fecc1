"""The sample shop without any planted change."""

from pathlib import Path

import pytest

from bot.data.warehouse.warehouse import Warehouse
from bot.playground.shop import fill
from bot.playground.shop.generation import read_toml
from bot.playground.shop.products import ProductRange
from tests.support.sample_tables import TODAY, shelf

SAME = {  # section → what was planted, and the figure that is there otherwise
    "mobile_checkout": {"after": "before"},
    "late_parcels": {"late": "otherwise", "told": "told_otherwise"},
    "sizing": {"told": "told_otherwise", "returned": "returned_otherwise"},
}
NONE = {"mobile_checkout": "messages", "rising": "extra", "sold_out": "messages"}


def still(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 7) -> Warehouse:
    """Mobile visitors pay as before, parcels are equally late everywhere, sizes fit as labelled,
    candles sell as before, and all advertised products are in stock."""
    planted = read_toml("planted")
    for section, figures in SAME.items():
        for name, otherwise in figures.items():
            monkeypatch.setitem(planted[section], name, planted[section][otherwise])
    for section, name in NONE.items():
        monkeypatch.setitem(planted[section], name, 0.0)
    monkeypatch.setattr(ProductRange, "_sell_out", lambda _: None)
    fill(folder, size="middle", seed=seed, today=TODAY)
    return shelf(folder)
