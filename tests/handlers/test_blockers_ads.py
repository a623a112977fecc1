"""Blockers in advertising."""

from datetime import datetime
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.data.analyses.test_campaign_comparison import SAME, THREE, facebook
from tests.support.ad_results import MIXED, Run, dated, rows_of
from tests.support.paths import DATA
from tests.support.skill_runner import run
from tests.support.small_tables import small

ASKED = "what blocks sales right now?"
FRENCH = "qu’est-ce qui freine les ventes en ce moment ?"


async def made(rows: list[dict[str, Any]], words: str = ASKED, language: str = "en") -> DraftResult:
    found = await run(words, shelf=small(campaigns=rows), language=language)
    assert isinstance(found, DraftResult)
    return found


def part(found: DraftResult, key: str) -> str:
    return next(part.text for part in found.parts if part.key == key)


def unproven(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level != "pass"]


BIG = "campaigns.worse--name--big"


@pytest.mark.parametrize(("words", "language"), [(ASKED, "en"), (FRENCH, "fr")])
async def test_campaign_that_sells_worse_is_the_headline_with_its_cost(
    words: str, language: str
) -> None:
    found = await made(rows_of(THREE), words, language)
    assert "Big" in found.parts[0].text
    facts = {f"{BIG}.{name}" for name in ("share-of-spend", "cost-per-order")}
    assert facts <= set(found.parts[0].facts)
    assert f"{BIG}.excess" in found.parts[2].facts
    assert unproven(found) == []


async def test_picture_compares_the_campaigns() -> None:
    found = await made(rows_of(THREE))
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert "Second: €" in picture.text
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


@pytest.mark.parametrize(("words", "language"), [(ASKED, "en"), (FRENCH, "fr")])
async def test_lead_asks_for_the_figures_of_all_campaigns(words: str, language: str) -> None:
    (lead,) = (await made(rows_of(THREE), words, language)).leads
    assert (lead.skill, lead.ask) == ("answer", False)


async def test_start_of_the_decline_is_stated() -> None:
    before = dated([Run("A", 0.09), Run("B", 0.09)], datetime(2026, 11, 4), 50)
    after = dated([Run("A", 0.02), Run("B", 0.09)], datetime(2026, 11, 24), 20, seed=2)
    found = await made([*before, *({**row, "id": f"{row['id']}-2"} for row in after)])
    assert [id for id in found.parts[2].facts if id.endswith(".since")]


async def test_similar_campaigns_are_no_blocker() -> None:
    assert (await made(rows_of(SAME))).parts[0].facts == ()


@pytest.mark.parametrize(
    "change", [{"orders": None}, {"orders": 0}, {"name": None}, {"name": "Big"}]
)
async def test_incomparable_campaigns_are_said_to_be(change: dict[str, Any]) -> None:
    found = await made([{**row, **change, "channel": None} for row in rows_of(THREE)])
    assert "campaigns.csv doesn't give orders and spend" in part(found, "how_to_read")
    assert "Campaign" not in part(found, "headline")


async def test_campaigns_with_few_orders_are_named() -> None:
    found = await made(rows_of([*THREE, Run("Tiny", 0.01, rows=3, clicks=5)]))
    assert "Tiny" in part(found, "how_to_read")


async def test_possible_audience_effect_is_to_watch() -> None:
    found = await made(rows_of(MIXED))
    assert "“cold”" in part(found, "headline")
    assert "“Big”" not in part(found, "headline")
    assert "“Big”" in part(found, "how_to_read")


@pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here")
@pytest.mark.parametrize(("words", "language"), [(ASKED, "en"), (FRENCH, "fr")])
async def test_blocker_in_facebook_data_is_the_campaign_that_takes_most(
    words: str, language: str
) -> None:
    found = await made(facebook(), words, language)
    for said in ("1178", "94.8", "80.8"):
        assert said in part(found, "headline").replace(",", ".")
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert len(table.rows) == 2
    assert unproven(found) == []
