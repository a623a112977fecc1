"""Answers about visits."""

import re
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.handlers.test_answer_sales import answer, library, said, sql
from tests.support.skill_runner import run

LAST = "2026-10-28", "2026-11-24"  # the last four weeks up to yesterday
OCTOBER = "2026-10-01", "2026-10-31"


def counted(days: tuple[str, str], where: str = "true") -> tuple[int, int]:
    """Count visits, and visits that ended in an order, with plain SQL."""
    of_each = (
        "SELECT session, bool_or(step = 'purchase') AS bought, max(device) AS device,"
        " max(country) AS country, max(source) AS source FROM events"
        f" WHERE at::DATE BETWEEN '{days[0]}' AND '{days[1]}' GROUP BY session"
    )
    ((visits, orders),) = sql(
        f"SELECT count(*), count(*) FILTER (bought) FROM ({of_each}) WHERE {where}"
    )
    return visits, orders


@pytest.mark.parametrize(
    ("words", "language", "days", "where"),
    [
        ("what's our conversion rate?", "en", LAST, "true"),
        ("what's the conversion rate on desktop?", "en", LAST, "device = 'desktop'"),
        ("quel est le taux de conversion en Belgique ?", "fr", LAST, "country = 'BE'"),
        ("what was the conversion rate in October?", "en", OCTOBER, "true"),
    ],
)
async def test_visits_with_an_order_are_counted(
    words: str, language: str, days: tuple[str, str], where: str
) -> None:
    visits, orders = counted(days, where)
    text = re.sub(r"(?<=\d),(?=\d{3})", " ", said(await answer(words, language)))
    assert f"{visits:,} visit".replace(",", " ") in text
    assert f"({orders} " in text
    assert f"{100 * orders / visits:.1f}" in text.replace(",", ".")


async def test_visits_of_named_days_are_counted() -> None:
    text = said(await answer("Combien de visites en octobre ?", "fr"))
    assert f"{counted(OCTOBER)[0]:,}".replace(",", " ") in text
    assert "1er octobre 2026" in text


@pytest.mark.parametrize(
    ("words", "language", "first"),
    [
        ("conversion rate by device", "en", "Computers"),
        ("taux de conversion par appareil", "fr", "Ordinateur"),
        ("taux de conversion par pays", "fr", "Royaume-Uni"),
    ],
)
async def test_devices_and_countries_are_compared(words: str, language: str, first: str) -> None:
    found = await answer(words, language)
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert table.rows[0][0] == first


async def test_no_visits_are_stated() -> None:
    found: Any = await run("how many visits from pigeons?", skill="answer", library=library())
    assert isinstance(found, DraftResult)
    assert found.parts[0].title == "What I can't tell"
    assert "pigeons" in found.parts[0].text
