"""People who change their language in Slack."""

from tests.slack.bench import MARIE, MAX, Bench, text_of


async def test_language_change_redraws_own_cards(any_bench: Bench) -> None:
    bench = any_bench
    card = await bench.drafted()
    assert "(sans IA)" in text_of(card)
    await bench.slack.set_locale(MARIE, "en-GB")
    await bench.run()
    assert "no AI connected" in text_of(card)
    assert "(sans IA)" not in text_of(card)


async def test_language_change_leaves_cards_of_others(bench: Bench) -> None:
    card = await bench.drafted()
    drawn = len([call for call in bench.slack.calls if call.method == "chat.update"])
    await bench.slack.set_locale(MAX, "fr-FR")
    await bench.run()
    assert "(sans IA)" in text_of(card)
    assert drawn == len([call for call in bench.slack.calls if call.method == "chat.update"])
