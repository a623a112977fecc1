"""The trends skill."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.facts import Evidence, Fact
from bot.core.parts import Table
from bot.rules.telling.moved import Moved
from tests.support.sample_tables import TODAY
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

ASKED = (
    ("trends in sales this month", "en"),
    ("trends of candles", "en"),
    ("tendances des ventes ce mois-ci", "fr"),
    ("quelles sont les tendances des bougies ?", "fr"),
)


async def made(words: str, **more: Any) -> DraftResult:
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    return found


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


def part(found: DraftResult, key: str) -> str:
    return next(part.text for part in found.parts if part.key == key)


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


@pytest.mark.parametrize(("words", "language"), ASKED)
async def test_planted_candles_are_found_with_proven_figures(words: str, language: str) -> None:
    found = await made(words, language=language)
    assert part(found, "finding").startswith("Bougies et senteurs")
    assert "126" in part(found, "finding")
    assert blocked(found) == []
    assert not [check for check in found.checks if check.level == "warn"]


async def test_confirmed_and_to_watch_are_separate() -> None:
    found = await made("trends in sales this month")
    moved, watch = part(found, "moved"), part(found, "watch")
    assert "to watch" not in moved
    assert "Torchons" in watch
    assert "Torchons" not in moved
    assert "confirmed" not in watch


async def test_nothing_unplanted_is_confirmed() -> None:
    found = await made("trends in sales this month")
    sure = {
        row[0]
        for part in found.parts
        if isinstance(part.body, Table)
        for row in part.body.rows
        if row[-1] == "confirmed"
    }
    assert {name.split()[0] for name in sure} == {"Bougies", "Chemise", "Col", "Robe"}


async def test_fall_on_phones_is_reported_beside_the_totals() -> None:
    moved = part(await made("trends in sales this month"), "moved")
    assert "payment to purchase, on phones" in moved
    assert "About 112\u00a0orders are missing" in moved
    assert "Orders: 250 in the week" in moved
    assert "nothing unusual" in moved


async def test_month_question_still_uses_the_year_before() -> None:
    month, whole = [part(await made(words), "moved") for words in ("trends this month", "trends")]
    assert month == whole


async def test_picture_title_is_the_finding() -> None:
    found = await made("trends in sales this month")
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert picture.text.startswith("Bougies et senteurs: 126\u00a0units a week")
    assert "148 (expected: 76)" in picture.text


async def test_leads_are_copy_and_blockers() -> None:
    leads = {lead.skill: lead for lead in (await made("trends in sales this month")).leads}
    assert set(leads) == {"draft", "blockers", "experiment"}
    assert "Bougies et senteurs" in leads["draft"].words
    assert leads["blockers"].ask is False


async def test_steady_and_small_series_are_answered() -> None:
    knitwear = await made("tendances des mailles", language="fr")
    assert part(knitwear, "finding").startswith("Mailles")
    assert "rien d'inhabituel" in part(knitwear, "finding")
    assert "Bougies" not in part(knitwear, "moved")
    small = await made("tendances instagram", language="fr")
    assert "moins de 30" in part(small, "finding")
    assert "Bougies" not in collect_text(small)


async def test_no_change_is_stated() -> None:
    found = await made("sales trends", shelf=small(orders=steady(70, 8)))
    assert part(found, "finding").startswith("Nothing moved for sure")
    assert blocked(found) == []
    assert [lead.skill for lead in found.leads] == ["blockers"]


async def test_category_is_known_in_the_other_language() -> None:
    found = await made("trends in candles")
    assert part(found, "finding").startswith("Bougies et senteurs")
    (series,) = [one.body for one in found.parts if one.key == "series"]
    assert isinstance(series, Table)
    assert [row[0] for row in series.rows] == ["Bougies et senteurs"]


async def test_end_of_the_file_is_no_fall() -> None:
    found = await made("sales trends", shelf=small(orders=steady(70, 12, last=1)))
    assert "Does the file end there, or did the shop stop selling?" in part(found, "finding")
    assert part(found, "finding").startswith("Nothing moved for sure")
    assert "Import the orders since" in part(found, "next")
    assert blocked(found) == []


async def test_fall_is_reported_as_a_fall() -> None:
    found = await made("sales trends", shelf=small(orders=steady(70, 12, last=6)))
    assert "below what was expected since" in part(found, "moved")
    assert blocked(found) == []


async def test_missing_file_and_thin_data_are_stated() -> None:
    none = await made("sales trends", shelf=small())
    assert [part.title for part in none.parts] == ["What I can't tell"]
    assert "Import a file of orders" in collect_text(none)
    thin = await made("sales trends", shelf=small(orders=steady(12, 8)))
    assert "18 whole weeks" in collect_text(thin)


async def test_returned_products_are_one_line_with_their_certainty() -> None:
    found = await made("trends in sales this month")
    back = [line for line in part(found, "moved").split("\n") if "Sent back" in line]
    assert len(back) == 1
    assert "Chemise Alba" in back[0]
    assert "Robe Solène" in back[0]
    assert part(found, "moved").count("confirmed)") >= 1
    assert "(to watch)" not in part(found, "watch")
    assert ", to watch)" not in part(found, "watch")


def series(last: int, status: str) -> dict[str, Fact]:
    given = {
        "last": Decimal(last),
        "expected": Decimal(381),
        "change": Decimal(-100),
        "status": status,
    }
    return {
        name: Fact(
            id=f"trends.product-bell.{name}",
            label=name,
            about="Hanging Bell",
            value=value,
            source="orders.csv",
            as_of=TODAY,
        )
        for name, value in given.items()
    }


@pytest.mark.parametrize(
    ("last", "status", "gone"), [(0, "to watch", 1), (3, "to watch", 0), (0, "steady", 0)]
)
def test_series_without_expected_sales_is_named(last: int, status: str, gone: int) -> None:
    found = Moved(Evidence(facts=tuple(series(last, status).values())), "trends")
    assert len(found.gone) == gone


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("what moved in cashmere?", "en", "nothing that is called “cashmere”"),
        ("qu'est-ce qui a bougé dans le cachemire ?", "fr", "rien qui s'appelle « cachemire »"),
        ("what moved in candles?", "en", ""),
        ("what moved in sales in the last three weeks?", "en", ""),
        ("qu'est-ce qui a bougé en octobre ?", "fr", ""),
    ],
)
async def test_unknown_subject_is_stated(words: str, language: str, said: str) -> None:
    found = await run(words, skill="trends", language=language)
    assert isinstance(found, DraftResult)
    text = found.parts[0].text.replace("\u00a0", " ")
    assert said in text
    assert bool(said) == ("is called" in text or "s'appelle" in text)
