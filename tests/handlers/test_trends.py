"""The trends skill without an AI."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.support.skill_runner import run
from tests.support.small_tables import small

CANDLES = "trends.category-bougies-et-senteurs"


async def made(words: str, **more: Any) -> DraftResult:
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    return found


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


def cited(found: DraftResult, key: str) -> set[str]:
    """The ids of the facts that the parts with this key stand on."""
    return {fact for part in found.parts if part.key.split(".")[0] == key for fact in part.facts}


def table(found: DraftResult) -> Table:
    (body,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    return body


def steady(weeks: int, each: int, last: int | None = None) -> list[dict[str, Any]]:
    """The given orders a day up to Sunday, 22 November 2026, and `last` a day in the last week."""
    end = datetime(2026, 11, 22, 12)
    return [
        {
            "order": f"{n}-{i}",
            "line": 1,
            "at": end - timedelta(days=n),
            "amount": 10,
            "currency": "EUR",
        }
        for n in range(7 * weeks)
        for i in range((each if last is None or n >= 7 else last) + n % 2)
    ]


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("trends in sales this month", "en"),
        ("trends in bougies", "en"),
        ("tendances des ventes ce mois-ci", "fr"),
        ("quelles sont les tendances des bougies ?", "fr"),
    ],
)
async def test_headline_is_the_planted_rise_of_candles(words: str, language: str) -> None:
    found = await made(words, language=language)
    assert found.parts[0].key == "headline"
    assert found.parts[0].text.startswith("Bougies et senteurs")
    assert "126" in found.parts[0].text
    assert found.parts[1].key == "read_as"
    assert {"en": "16 to 22 Nov", "fr": "16 au 22 nov."}[language] in found.parts[1].text
    assert {f"{CANDLES}.last", f"{CANDLES}.expected"} <= cited(found, "headline")
    assert f"{CANDLES}.since" in cited(found, "points")
    assert not [check for check in found.checks if check.level != "pass"]


async def test_nothing_unplanted_is_called_confirmed() -> None:
    found = await made("trends in sales this month")
    named = {row[0].split()[0] for row in table(found).rows if row[-1] == "confirmed"}
    assert named == {"Bougies"}
    returned = {id for id in cited(found, "points") if id.startswith("trends.returns-")}
    assert {id.split(".")[1].split("-")[1] for id in returned} == {"lin", "mai"}


async def test_fall_on_phones_is_told_beside_the_sales() -> None:
    found = await made("trends in sales this month")
    phones = "funnel.device-mobile-checkout-to-purchase"
    assert {f"{phones}.rate", f"{phones}.lost-buyers"} <= cited(found, "points")


async def test_question_about_a_category_is_answered_of_it_alone() -> None:
    found = await made("tendances des mailles", language="fr")
    assert found.parts[0].text.startswith("Mailles")
    assert {id.split(".")[1] for id in cited(found, "headline")} == {"category-mailles"}
    assert not [id for id in cited(found, "points") if id.startswith("funnel.")]
    assert [row[0] for row in table(found).rows] == ["Mailles"]


async def test_series_that_is_too_small_is_said_to_be() -> None:
    found = await made("tendances instagram", language="fr")
    assert cited(found, "headline") == {"trends.small-source-instagram.least"}
    assert CANDLES not in str(found.evidence)


async def test_no_more_than_five_points_and_a_picture_of_the_series() -> None:
    found = await made("trends in sales this month")
    assert 1 <= len([part for part in found.parts if part.key.startswith("points.")]) <= 5
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert picture.text.startswith("Bougies et senteurs, by week")
    assert "148 (expected: 76)" in picture.text


async def test_leads_are_copy_blockers_and_a_test() -> None:
    leads = {lead.skill: lead for lead in (await made("trends in sales this month")).leads}
    assert set(leads) == {"draft", "blockers", "experiment"}
    assert "Bougies et senteurs" in leads["draft"].words
    assert leads["blockers"].ask is False


async def test_no_change_is_stated() -> None:
    found = await made("sales trends", shelf=small(orders=steady(70, 8)))
    assert cited(found, "headline") == {"trends.tested.week"}
    assert [lead.skill for lead in found.leads] == ["blockers"]
    assert blocked(found) == []


async def test_end_of_the_file_is_no_fall() -> None:
    found = await made("sales trends", shelf=small(orders=steady(70, 12, last=1)))
    assert cited(found, "headline") == {"trends.tested.week"}
    assert "trends.ended.since" in cited(found, "points")


async def test_fall_is_reported_as_a_fall() -> None:
    found = await made("sales trends", shelf=small(orders=steady(70, 12, last=6)))
    change = next(fact for fact in found.evidence.facts if fact.id == "trends.total-orders.change")
    assert "trends.total-orders.change" in cited(found, "headline")
    assert change.spelled("en").startswith("-")


@pytest.mark.parametrize("weeks", [61, 63, 65, 68, 70, 74])
async def test_more_than_a_year_of_orders_is_never_refused(weeks: int) -> None:
    """Where the season can't be tried on enough past weeks, the level is what is expected."""
    found = await made("sales trends", shelf=small(orders=steady(weeks, 12, last=6)))
    assert "trends.total-orders.expected" in cited(found, "headline")


async def test_missing_file_and_thin_data_are_stated() -> None:
    none = await made("sales trends", shelf=small())
    assert [part.key for part in none.parts] == ["answer"]
    thin = await made("sales trends", shelf=small(orders=steady(12, 8)))
    assert [part.key for part in thin.parts] == ["answer"]
    assert "18 whole weeks" in thin.parts[0].text
