"""The blockers skill without an AI."""

from datetime import timedelta
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.conftest import NOW
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

PHONES = "funnel.device-mobile-checkout-to-purchase"
ASKED = (
    ("what blocks sales right now?", "en"),
    ("why are our sales down?", "en"),
    ("qu’est-ce qui freine les ventes en ce moment ?", "fr"),
    ("pourquoi les ventes baissent ce mois-ci ?", "fr"),
)


async def made(words: str = "what blocks sales right now?", **more: Any) -> DraftResult:
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    return found


def cited(found: DraftResult, key: str) -> set[str]:
    """The ids of the facts that the parts with this key stand on."""
    return {fact for part in found.parts if part.key.split(".")[0] == key for fact in part.facts}


def text_of(found: DraftResult, key: str) -> str:
    return "\n".join(part.text for part in found.parts if part.key.split(".")[0] == key)


def rows(found: DraftResult) -> list[tuple[str, ...]]:
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    return list(table.rows)


@pytest.mark.parametrize(("words", "language"), ASKED)
async def test_costliest_blocker_is_the_headline(words: str, language: str) -> None:
    found = await made(words, language=language)
    assert {f"{PHONES}.rate", f"{PHONES}.before"} <= cited(found, "headline")
    costs = {f"{PHONES}.{name}" for name in ("since", "lost-money", "lost-money-low")}
    assert costs <= cited(found, "points")
    days = {
        "en": ("11 to 24 Nov 2026", "16 Sept to 10 Nov"),
        "fr": ("11 au 24 nov.", "16 sept."),
    }
    assert days[language][0] in text_of(found, "read_as")
    assert days[language][1] in text_of(found, "how_to_read")
    assert not [check for check in found.checks if check.level != "pass"]


async def test_figures_of_the_broken_checkout_are_those_of_the_data() -> None:
    found = await made()
    said = text_of(found, "headline") + text_of(found, "points")
    for figure in ("11 November 2026", "38.4%", "58.0%", "€13,200", "€10,000", "€16,300"):
        assert figure in said


async def test_planted_blockers_are_ordered_by_cost() -> None:
    names = [row[0] for row in rows(await made())]
    planted = (
        *("phones", "33", "Plaid Nuée"),
        *("location nappe mariage", "Alba", "Maud", "Solène"),
        *("bougie naturelle", "cadeau pas cher", "coussin lin noir"),
    )
    assert len(names) == len(planted)
    for name, said in zip(names, planted, strict=True):
        assert said in name


async def test_ads_for_sold_out_products_are_costed() -> None:
    row = next(row for row in rows(await made()) if "Plaid Nuée" in row[0])
    assert row[1] == "6 November 2026"
    assert "€304.50" in row[2]


async def test_late_regions_are_named_without_lost_orders() -> None:
    row = next(row for row in rows(await made()) if "33" in row[0])
    for region in ("33", "64", "40"):
        assert region in row[0]
    assert "lost" not in row[2]
    assert "30.1%" in row[0]


async def test_noise_is_left_out() -> None:
    said = collect_text(await made())
    for noise in ("Carafe", "Torchons", "tablets", "computers", "publicité", "moteur", "Ronan"):
        assert noise not in said


async def test_picture_shows_the_failed_step() -> None:
    found = await made()
    (picture,) = [part for part in found.parts if part.kind == "file"]
    step, _, figures = found.parts[0].text.partition(":")
    assert picture.text.startswith(f"{step}: ")
    assert figures not in picture.text
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_leads_are_feedback_test_and_note() -> None:
    leads = (await made()).leads
    assert [lead.skill for lead in leads] == ["feedback", "experiment", "draft", "feedback"]
    assert not leads[0].ask


async def test_missing_files_are_named_and_the_rest_reported() -> None:
    here = sample()
    ads_alone = type(here)(
        here.engine, here.today, {"campaigns": here.listed["campaigns"]}, products=here.products
    )
    found = await made(shelf=ads_alone)
    assert "location nappe mariage" in collect_text(found)
    assert "Import events" in text_of(found, "how_to_read")


async def test_no_file_at_all_names_what_is_needed() -> None:
    found = await made(shelf=small())
    assert [part.key for part in found.parts] == ["answer"]
    assert "Import events" in collect_text(found)


async def test_nothing_blocked_has_no_table_and_no_picture() -> None:
    visits = [
        {"session": f"{day}-{n}", "at": NOW - timedelta(days=day, hours=n % 5), "step": step}
        for day in range(1, 60)
        for n in range(20)
        for step in (("view", "cart", "checkout", "purchase") if n % 2 else ("view",))
    ]
    found = await made(shelf=small(events=visits))
    assert cited(found, "headline") == set()
    assert [part.key for part in found.parts if part.kind in ("table", "file")] == []
    assert found.leads == ()


async def test_orders_alone_are_not_reported_as_nothing_blocked() -> None:
    orders = [
        {
            "order": f"{day}-{n}",
            "customer": f"c{n}",
            "at": NOW - timedelta(days=day),
            "product": "a",
            "title": "Alba",
            "quantity": 1,
            "amount": 20,
            "currency": "EUR",
        }
        for day in range(1, 150)
        for n in range(5)
    ]
    found = await made(shelf=small(orders=orders))
    assert "Import visits" in found.parts[0].text
    assert "read_as" not in {part.key for part in found.parts}


async def test_age_of_old_files_is_stated() -> None:
    here = sample()
    later = type(here)(
        here.engine, here.today + timedelta(days=60), here.listed, products=here.products
    )
    found = await made(shelf=later, today=TODAY + timedelta(days=60))
    for file in ("events.csv", "orders.csv", "campaigns.csv"):
        assert text_of(found, "read_as").count(f"{file} ends 61 days ago") == 1


async def test_report_has_a_headline_and_at_most_five_points() -> None:
    found = await made()
    assert found.parts[0].key == "headline"
    assert len([part for part in found.parts if part.key.startswith("points.")]) == 5
