"""The blockers skill."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.facts import Evidence, Fact
from bot.core.parts import Table
from bot.rules.telling.blocker import blockers
from tests.conftest import NOW
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

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


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


def part(found: DraftResult, key: str) -> str:
    return next(part.text for part in found.parts if part.key == key)


def rows(found: DraftResult) -> list[tuple[str, ...]]:
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    return list(table.rows)


@pytest.mark.parametrize(("words", "language"), ASKED)
async def test_blockers_are_found_in_both_languages_with_proven_figures(
    words: str, language: str
) -> None:
    found = await made(words, language=language)
    assert "11 " in part(found, "finding")
    assert "38" in part(found, "finding")
    assert blocked(found) == []
    assert not [check for check in found.checks if check.level == "warn"]


async def test_broken_checkout_is_first_with_date_and_cost() -> None:
    finding = part(await made(), "finding")
    for said in ("on phones", "11 November 2026", "38%", "58%", "€13,200", "€10,000", "€16,300"):
        assert said in finding


async def test_planted_blockers_are_ordered_by_cost() -> None:
    names = [row[0] for row in rows(await made())]
    planted = (
        *("payment to purchase, on phones", "Late parcels, regions", "Plaid Nuée"),
        *("location nappe mariage", "Alba", "Maud", "Solène"),
        *("bougie naturelle", "cadeau pas cher", "coussin lin noir"),
    )
    assert len(names) == len(planted)
    for name, said in zip(names, planted, strict=True):
        assert said in name


async def test_ads_for_sold_out_products_are_costed() -> None:
    row = next(row for row in rows(await made()) if "Plaid Nuée" in row[0])
    assert row[1] == "6 November 2026"
    assert row[3] == "€304.50 spent while it is sold out"


async def test_late_regions_are_named_without_lost_orders() -> None:
    row = next(row for row in rows(await made()) if "Late parcels" in row[0])
    for region in ("33", "64", "40"):
        assert region in row[0]
    assert "lost" not in row[3]
    assert "29%" in row[2]


async def test_noise_is_left_out() -> None:
    said = collect_text(await made())
    for noise in ("Carafe", "Torchons", "tablets", "computers", "publicité", "moteur", "Ronan"):
        assert noise not in said


async def test_picture_shows_the_failed_step() -> None:
    found = await made()
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert "38% get through" in picture.text
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_leads_are_feedback_note_and_test() -> None:
    leads = (await made()).leads
    assert [lead.skill for lead in leads] == [
        "feedback",
        "feedback",
        "draft",
        "draft",
        "experiment",
    ]
    assert "paying on the phone" in leads[0].words
    assert "parcel is late" in leads[2].words
    assert "Plaid Nuée" in leads[3].words
    asked = await made(leads[0].words)
    assert "Paying on the phone" in collect_text(asked)


async def test_missing_files_are_named_and_the_rest_reported() -> None:
    here = sample()
    ads_alone = type(here)(
        here.engine, here.today, {"campaigns": here.listed["campaigns"]}, products=here.products
    )
    found = await made(shelf=ads_alone)
    assert "location nappe mariage" in collect_text(found)
    assert "Import events" in part(found, "how_to_read")
    assert blocked(found) == []


async def test_no_file_at_all_names_what_is_needed() -> None:
    found = await made(shelf=small())
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "Import events" in collect_text(found)


async def test_nothing_blocked_is_stated() -> None:
    visits = [
        {"session": f"{day}-{n}", "at": NOW - timedelta(days=day, hours=n % 5), "step": step}
        for day in range(1, 60)
        for n in range(20)
        for step in (("view", "cart", "checkout", "purchase") if n % 2 else ("view",))
    ]
    found = await made(shelf=small(events=visits))
    assert part(found, "finding").startswith("Nothing blocks sales for sure")
    assert [part.key for part in found.parts if part.kind in ("table", "file")] == []


async def test_nothing_seen_is_not_reported_as_nothing_blocked() -> None:
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
    assert part(found, "finding").startswith("I can't see yet what blocks sales")
    assert "Leave things as they are" not in collect_text(found)
    assert blocked(found) == []


async def test_age_of_old_files_is_stated() -> None:
    found = await made(shelf=later(60), today=TODAY + timedelta(days=60))
    for file in ("events.csv", "orders.csv", "campaigns.csv"):
        assert part(found, "how_to_read").count(f"{file} ends 61 days ago") == 1


def later(days: int) -> Any:
    """The sample shop `days` days after its files were imported."""
    here = sample()
    return type(here)(
        here.engine, here.today + timedelta(days=days), here.listed, products=here.products
    )


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("trop petit", "it runs small"),
        ("Too large", "it runs large"),
        ("pas ma taille", "which size"),
        ("arrived broken", "how these pieces are packed"),
        ("couleur", "pictures of this colour"),
        ("ne plaît pas", "read why people send it back"),
        ("", "read why people send it back"),
    ],
)
def test_step_for_returns_follows_their_reason(reason: str, says: str) -> None:
    measures = {"status": "confirmed", "rate": Decimal(22), "rest": Decimal(5), "reason": reason}
    facts = [
        Fact(
            id=f"trends.returns-alba.{measure}",
            label=measure,
            about="Chemise Alba",
            value=value,
            source="orders.csv",
            as_of=TODAY,
        )
        for measure, value in measures.items()
        if value
    ]
    (found,) = blockers(Evidence(facts=tuple(facts)))
    assert says in found.step.to("en")


async def test_each_blocker_has_a_step() -> None:
    found = await made()
    told_of = [part(found, "finding"), *part(found, "blockers").splitlines()]
    steps = part(found, "next").splitlines()
    assert len(steps) == len(told_of)
    assert "Returns of “" in steps[-1]


async def test_partial_view_does_not_say_all_is_well() -> None:
    ads = [
        {"channel": "ads", "keyword": f"k{n}", "impressions": 1000, "clicks": 50, "orders": 2}
        for n in range(5)
    ]
    found = await made(shelf=small(campaigns=ads))
    assert "import what is missing" in part(found, "next")
