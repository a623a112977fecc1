"""A drop imported from a file gives an alert."""

from pathlib import Path

import pytest

from bot.playground.local_slack import LocalSlack
from tests.slack.bench import text_of
from tests.support.falling_shop import SERIES, alerts, before_the_fall
from tests.support.uploads import Shop
from tests.support.waiting import wait_until

LOOKED = (
    "SELECT workflow_uuid FROM workflow_status "
    "WHERE workflow_uuid LIKE 'look:%' AND status = 'SUCCESS'"
)


@pytest.mark.timeout(150)
async def test_imported_drop_is_alerted_and_can_be_muted(tmp_path: Path) -> None:
    fresh = before_the_fall(tmp_path)
    async with LocalSlack(signing_secret="alert") as slack:
        shop = Shop(slack, tmp_path, module="tests.support.quick_clock")
        await shop.start()
        try:
            await wait_until(slack, lambda: shop.read(LOOKED) != [], 60)
            assert alerts(slack) == []  # the shop as it stands has no fall
            count = fresh.count(b"\n")
            await shop.take_in("visits-since.csv", fresh, f"{count:,} rows are in")
            await wait_until(slack, lambda: alerts(slack) != [], 60)
            (card,) = alerts(slack)
            assert "On mobile, 39% of checkouts end in a payment" in text_of(card)
            assert "An alert: at most 3 a week." in text_of(card)
            assert await shop.press(card, "alert_mute")
            muted = f"SELECT muted FROM alerts WHERE series = '{SERIES}'"
            await wait_until(slack, lambda: shop.read(muted) == [(1,)], 30)
            assert alerts(slack) == [card]
        finally:
            await shop.intern.kill()
