"""A digest …"""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.drafting import Drafted
from tests.library.small import small
from tests.skills import run, told


async def made(words: str) -> Drafted:
    found = await run(words)
    assert isinstance(found, Drafted)
    return found


@pytest.mark.parametrize(
    ("words", "confirmed"),
    [("what moved this week?", "Confirmed"), ("le point de la semaine", "Confirmé")],
)
async def test_tells_what_was_planted_and_proves_every_figure(words: str, confirmed: str) -> None:
    found = await made(words)
    said = {part.title: part.text for part in found.parts}
    assert "mobile" in said["In one sentence"]
    lines = [line for line in said["What moved"].splitlines() if confirmed in line]
    assert any("Bougies" in line for line in lines)
    assert any("33" in line for line in lines)
    assert any("Nuée" in line for line in lines)
    assert [c.words.to("en") for c in found.checks if c.level in ("block", "stated")] == []


async def test_calls_nothing_confirmed_that_was_planted_as_noise() -> None:
    text = told(await made("what moved this week?")).casefold()
    moved = text.split("## what moved")[1].split("##")[0]
    for noise in ("packag", "payment:", "colour", "returns"):
        assert f"confirmed: {noise}" not in moved


async def test_ends_in_at_most_three_suggestions_each_its_own() -> None:
    leads = (await made("what moved this week?")).leads
    assert 0 < len(leads) <= 3
    assert len({lead.words for lead in leads}) == len(leads)


async def test_of_a_shop_where_nothing_moved_is_one_line() -> None:
    """Sixty weeks of the same forty orders."""
    day = date(2026, 11, 24)
    rows = [
        {
            "order": f"o{week}-{n}",
            "line": 1,
            "at": datetime.combine(day - timedelta(days=7 * week + n % 7), datetime.min.time()),
            "customer": f"c{n}",
            "product": "p",
            "title": "Plain thing",
            "quantity": 1.0,
            "amount": Decimal("20.00"),
            "currency": "EUR",
        }
        for week in range(60)
        for n in range(42)
    ]
    found = await run("what moved this week?", shelf=small(orders=rows))
    assert isinstance(found, Drafted)
    (part,) = found.parts
    assert part.key == "quiet"
    assert "\n" not in part.text


async def test_without_any_data_says_which_file_would_help() -> None:
    found = await run("what moved this week?", shelf=small())
    assert isinstance(found, Drafted)
    assert [part.title for part in found.parts] == ["What I can't tell"]
