"""An alert on its card …"""

from typing import Any

from bot.alert import Alert
from bot.schedule import Schedule
from bot.task import Task
from tests.slack.bench import MARKETING, OTTO, TEAM, Bench, buttons, text_of
from tests.slack.digests import previewed


async def alerted(bench: Bench) -> Any:
    """An alert on its card in #marketing, where a digest with alerts goes."""
    await previewed(bench)
    series, now = "funnel.device-mobile-checkout-to-purchase", bench.house.now()
    with bench.database.begin() as session:
        row = session.get_one(Schedule, (TEAM, "weekly"))
        row.turn(session, "on", now)
        assert Alert.tell(session, TEAM, series, MARKETING, 0.001, now)
        Task.accept(session, bench.enqueue, row.alert(series, now), now)
    await bench.run()
    return bench.said()[-1]


async def test_between_digests_alerts_with_ways_to_say_no(bench: Bench) -> None:
    card = await alerted(bench)
    assert "at most 3 a week" in text_of(card)  # whoever set it reads French, the channel not
    await bench.press(OTTO, card, "alert_useless")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)
    await bench.press(OTTO, card, "alert_mute")
    (row,) = bench.rows(Alert)
    assert row.muted
    await bench.run()
    assert "alert_mute" not in buttons(bench.said()[-1])
    await bench.press(OTTO, bench.said()[-1], "alert_unmute")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)
