"""Freshness of answers after live rows arrived."""

from pathlib import Path

import pytest

from bot.playground.local_slack import LocalSlack
from tests.support.live_shop import ask, opened, orders, post
from tests.support.uploads import Shop
from tests.support.waiting import wait_until


@pytest.mark.timeout(150)
@pytest.mark.slow
async def test_answer_counts_live_rows(tmp_path: Path) -> None:
    """By signed POST, and through the watched folder."""
    key = opened(tmp_path)
    async with LocalSlack(signing_secret="fresh") as slack:
        shop = Shop(slack, tmp_path, module="tests.support.quick_clock")
        await shop.start()
        try:
            assert await ask(shop) == 300
            assert await post(shop, key, orders(300, 25)) == 75
            await wait_until(slack, lambda: shop.rows() == 975, 60)
            assert await ask(shop) == 325
            inbox = tmp_path / "inbox"
            inbox.mkdir(exist_ok=True)
            (inbox / "more.csv").write_text(orders(325, 10))
            await wait_until(slack, lambda: shop.rows() == 1005, 60)
            assert await ask(shop) == 335
        finally:
            await shop.intern.kill()
