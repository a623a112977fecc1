"""Blockers in advertising."""

import re
from datetime import datetime
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.data.analyses.test_campaign_comparison import SAME, THREE, facebook
from tests.support.ad_results import MIXED, Run, dated, rows_of
from tests.support.paths import DATA
from tests.support.skill_runner import collect_text, rewritten, run
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


async def test_campaign_blocker_has_shares_cost_and_step() -> None:
    found = await made(rows_of(THREE))
    finding = part(found, "finding")
    for said in ("Campaign “Big”", "of the spend for", "an order costs", "elsewhere", "more than"):
        assert said in finding
    assert "move a part of its budget to “" in part(found, "next")
    assert "in steps" in part(found, "next")
    assert "could be saved at the most" in part(found, "how_to_read")
    assert unproven(found) == []


async def test_campaign_blocker_is_reported_in_french() -> None:
    found = await made(rows_of(THREE), FRENCH, "fr")
    finding = part(found, "finding")
    for said in (
        "Campagne «\u00a0Big\u00a0»",
        "des dépenses pour",
        "une commande coûte",
        "ailleurs",
    ):
        assert said in finding
    assert "par étapes" in part(found, "next")
    assert unproven(found) == []


async def test_picture_compares_the_campaigns() -> None:
    found = await made(rows_of(THREE))
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert picture.text.startswith("Campaign “Big”: an order costs")
    assert "Second: €" in picture.text
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


@pytest.mark.parametrize(("words", "language"), [(ASKED, "en"), (FRENCH, "fr")])
async def test_lead_asks_for_figures_of_all_campaigns(words: str, language: str) -> None:
    (lead,) = (await made(rows_of(THREE), words, language)).leads
    assert lead.skill == "answer"


async def test_start_of_the_decline_is_stated() -> None:
    before = dated([Run("A", 0.09), Run("B", 0.09)], datetime(2026, 11, 4), 50)
    after = dated([Run("A", 0.02), Run("B", 0.09)], datetime(2026, 11, 24), 20, seed=2)
    found = await made([*before, *({**row, "id": f"{row['id']}-2"} for row in after)])
    assert "since " in part(found, "finding")
    assert "November 2026" in part(found, "finding")


async def test_figures_survive_rewording_by_claude() -> None:
    by_rules = part(await made(rows_of(THREE)), "finding")
    spend, orders = re.findall(r"\d+%", by_rules)[:2]
    better = f"Campaign “Big” takes {spend} of the spend and brings {orders} of the orders."
    found, faults = await rewritten(
        ASKED, {"finding": better}, shelf=small(campaigns=rows_of(THREE))
    )
    assert faults == []
    assert part(found, "finding") == better
    assert unproven(found) == []


@pytest.mark.parametrize(
    "invented",
    [
        "Campaign “Big” loses €91,234 a month.",
        "Campaign “Big” fails since its pictures were changed by the agency in Lyon.",
        "Campaign “Spring” sells worst of all.",
    ],
)
async def test_claims_invented_by_claude_are_dropped(invented: str) -> None:
    found, faults = await rewritten(
        ASKED, {"finding": invented}, shelf=small(campaigns=rows_of(THREE))
    )
    assert faults
    assert invented not in collect_text(found)


async def test_similar_campaigns_are_no_blocker() -> None:
    found = await made(rows_of(SAME))
    assert part(found, "finding").startswith("Nothing blocks sales for sure")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"orders": None}, "campaigns.csv counts no orders"),
        ({"orders": 0}, "campaigns.csv has no order"),
        ({"name": None}, "campaigns.csv names no campaigns"),
        ({"name": "Big"}, "one campaign only, “Big”"),
    ],
)
async def test_incomparable_campaigns_state_the_reason(change: dict[str, Any], says: str) -> None:
    found = await made([{**row, **change, "channel": None} for row in rows_of(THREE)])
    assert says in part(found, "how_to_read")
    assert "Campaign" not in part(found, "finding")


async def test_campaigns_with_few_orders_are_named() -> None:
    found = await made(rows_of([*THREE, Run("Tiny", 0.01, rows=3, clicks=5)]))
    assert "Too few orders to be compared: Tiny." in part(found, "how_to_read")


async def test_possible_audience_effect_is_to_watch() -> None:
    found = await made(rows_of(MIXED))
    assert "Audience “cold”" in part(found, "finding")
    assert "To watch: campaign “Big”" in part(found, "how_to_read")
    assert "It may be its audiences alone" in part(found, "how_to_read")


@pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here")
@pytest.mark.parametrize(("words", "language"), [(ASKED, "en"), (FRENCH, "fr")])
async def test_blocker_in_facebook_data_is_the_campaign_that_takes_most(
    words: str, language: str
) -> None:
    found = await made(facebook(), words, language)
    for said in ("1178", "95", "81", "2.4" if language == "en" else "2,4", "10"):
        assert said in part(found, "finding")
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert len(table.rows) == 2
    assert unproven(found) == []
