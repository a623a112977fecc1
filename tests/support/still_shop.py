"""The sample shop as it would be had nothing been planted in it that moves."""

from pathlib import Path

import pytest

from bot.data.warehouse.warehouse import Warehouse
from bot.playground.shop import fill
from bot.playground.shop.data_files import read_toml
from bot.playground.shop.products import ProductRange
from tests.support.sample_tables import TODAY, shelf

SAME = {  # section → what was planted, and the figure that is there otherwise
    "mobile_checkout": {"after": "before"},
    "late_parcels": {"late": "otherwise", "told": "told_otherwise"},
    "sizing": {"told": "told_otherwise", "returned": "returned_otherwise"},
}
NONE = {"mobile_checkout": "messages", "rising": "extra", "sold_out": "messages"}


def still(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 7) -> Warehouse:
    """Phones pay as before, parcels are as late everywhere, sizes run true, candles sell as they
    did, and all that is advertised can be bought."""
    planted = read_toml("planted")
    for section, figures in SAME.items():
        for name, otherwise in figures.items():
            monkeypatch.setitem(planted[section], name, planted[section][otherwise])
    for section, name in NONE.items():
        monkeypatch.setitem(planted[section], name, 0.0)
    monkeypatch.setattr(ProductRange, "_sell_out", lambda _: None)
    fill(folder, size="middle", seed=seed, today=TODAY)
    return shelf(folder)
