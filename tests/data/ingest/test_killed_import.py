"""An import whose process is killed."""

from pathlib import Path

import pytest

from bot.playground.local_slack import LocalSlack
from tests.support.uploads import ASKS, Shop

FEW, ROWS = 100, 40_000


def orders(first: int, count: int) -> bytes:
    """So many orders of one line each."""
    lines = ["Order,Date,Customer,SKU,Quantity,Amount,Currency"]
    for number in range(first, first + count):
        day = f"2026-{number % 9 + 1:02}-{number % 28 + 1:02}"
        lines.append(f"O-{number},{day},c-{number % 9_000},P-{number % 300},1,49.90,EUR")
    return "\n".join(lines).encode()


@pytest.mark.timeout(150)
@pytest.mark.slow
async def test_killed_import_resumes_and_stores_rows_once(tmp_path: Path) -> None:
    async with LocalSlack(signing_secret="killed") as slack:
        shop = Shop(slack, tmp_path)
        await shop.start()
        try:
            await shop.take_in("first.csv", orders(0, FEW), f"{FEW} rows are in")
            before = shop.listing()
            await shop.drop("large.csv", orders(FEW, ROWS))
            card = await shop.says("large.csv", ASKS)
            assert await shop.press(card, "take_in")
            await shop.kill_when(lambda: shop.state("large.csv") == "taking")
            assert shop.listing() == before
            await shop.start()
            await shop.kill_when(lambda: shop.state("large.csv") == "storing")
            assert shop.rows() in (FEW, FEW + ROWS)  # all or none of them
            await shop.start()
            await shop.says("large.csv", f"{ROWS:,} rows are in: {ROWS:,} new, 0 replaced.")
        finally:
            await shop.intern.kill()
        kept = shop.listing()
        assert set(before) <= set(kept)
        assert shop.rows() == FEW + ROWS
        assert all(there for *_, there in kept)
        assert not list((tmp_path / "arrivals").iterdir())
