"""The card of an alert."""

from bot.digests.models import Alert
from tests.slack.bench import MAX, OTTO, Bench, buttons, text_of
from tests.support.digests import alerted, previewed


async def test_alert_offers_mute_and_not_useful(bench: Bench) -> None:
    await previewed(bench)
    await alerted(bench)
    await bench.run()
    card = bench.said()[-1]
    assert "at most 3 a week" in text_of(card)  # the owner reads French, the channel English
    await bench.press(OTTO, card, "alert_useless")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)
    await bench.press(MAX, card, "alert_mute")
    (row,) = bench.rows(Alert)
    assert row.muted
    await bench.run()
    assert "alert_mute" not in buttons(bench.said()[-1])
    await bench.press(MAX, bench.said()[-1], "alert_unmute")
    (row,) = bench.rows(Alert)
    assert (row.bar, row.muted) == (0.0001, False)
