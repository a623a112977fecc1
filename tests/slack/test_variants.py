"""The one-tap variants of a draft for other markets, and the votes on a report."""

from pathlib import Path

from bot.config.brand import Brand, Market
from bot.core.parts import Copy, Part
from bot.db.workspace import BrandRow
from bot.drafts.models import Vote
from bot.playground.slack_objects import TEAM_ID, SlackMessage
from tests.conftest import NOW
from tests.slack.bench import MARIE, MAX, OTTO, Bench, bench_of, buttons

BRAND = Brand(
    name="Maison Ormelin",
    markets={"FR": Market(language="fr"), "GB": Market(language="en")},
)
FINDING = Part(kind="copy", key="headline", title="Finding", body=Copy(text="39% pay"))


async def test_same_text_for_another_market_is_one_task_in_its_language(tmp_path: Path) -> None:
    async with bench_of(tmp_path, brand=BRAND) as bench:
        await bench.database.run(BrandRow.seed, TEAM_ID, BRAND, NOW)
        bench.by_rules = False
        card = await bench.drafted()
        (offer,) = [one for one in buttons(card) if one.startswith("same_for")]
        await bench.press(OTTO, card, offer)  # he neither asked nor approves
        assert len(bench.tasks) == 1
        await bench.press(MARIE, card, offer)
        await bench.press(MARIE, card, offer)
        assert len(bench.whispers(MARIE)) == 1  # it is being drafted already
        await bench.run()
        first, second = bench.tasks
        assert second.parent == first.id
        assert second.words == first.words
        assert second.form["market"] in BRAND.markets
        assert second.form["channels"] == bench.drafts[0].channel
        assert "language" not in second.form


async def read_votes(bench: Bench) -> list[tuple[str, bool]]:
    return sorted((one.by, one.useful) for one in bench.rows(Vote))


def thumbs(card: SlackMessage) -> list[str]:
    return [
        one["text"]["text"]
        for block in card.blocks
        for one in block.get("elements", [])
        if str(one.get("action_id")).startswith("vote")
    ]


async def test_each_person_has_one_vote_on_a_report_and_can_change_it(bench: Bench) -> None:
    bench.parts, bench.channel = (FINDING,), None
    card = await bench.drafted()
    assert thumbs(card) == ["👍", "👎"]
    await bench.press(MARIE, card, "vote_up")
    await bench.press(MAX, card, "vote_up")
    await bench.run()
    assert await read_votes(bench) == [(MARIE, True), (MAX, True)]
    assert thumbs(card) == ["👍 2", "👎"]
    await bench.press(MAX, card, "vote_down")
    await bench.run()
    assert await read_votes(bench) == [(MARIE, True), (MAX, False)]
    assert thumbs(card) == ["👍 1", "👎 1"]
    await bench.press(MARIE, card, "vote_up")  # the same again takes it back
    await bench.run()
    assert await read_votes(bench) == [(MAX, False)]
    assert thumbs(card) == ["👍", "👎 1"]
