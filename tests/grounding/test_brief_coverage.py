"""What a brief said …"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.stated_facts import find_stated_facts
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.request import Brief, SkillRequest
from bot.grounding.copy_checks import check_draft, list_faults

TODAY = date(2026, 11, 24)


def found(
    words: str, text: str, *facts: Fact, cites: tuple[str, ...] = (), **more: Any
) -> list[Check]:
    offer = {"offer": words} | more
    brief = Brief(words=words, author="UMARIE", language="en", channels=("email",), **offer)
    parts = (Part(kind="copy", key="body", title="Body", body=Copy(text=text, facts=cites)),)
    return list(
        check_draft(
            parts,
            (),
            Evidence(facts=(*facts, *find_stated_facts(words, "UMARIE", TODAY))),
            request=SkillRequest(skill="draft", brief=brief, channel="email"),
            brand=Brand(name="Lin"),
            channel=load_channels()["email"],
            today=TODAY,
        )
    )


@pytest.mark.parametrize(
    ("words", "text", "missing"),
    [
        ("free gift with orders above €60", "A free gift with the clay pot.", "60"),
        ("invitation on 12 December at 19 h", "An evening to note.", "12 December"),
        ("two years of guarantee, 3 parcels", "A guarantee.", "two years"),
        ("20% off with code SUN24", "20% off this weekend.", "SUN24"),
    ],
)
def test_is_missed_where_the_draft_leaves_it_out(words: str, text: str, missing: str) -> None:
    said = [c.words.to("en") for c in found(words, text) if c.rule == "brief"]
    assert any(missing in sentence for sentence in said), said


def test_is_not_missed_where_it_is_written_another_way() -> None:
    checks = found("20% off above €60", "From 60 € on, minus 20 %.")
    assert [c for c in checks if c.rule == "brief"] == []
    checks = found("it arrives within 24 h", "At your door tomorrow.")
    assert [c for c in checks if c.rule == "brief"] == []


def test_figures_that_are_neither_offer_nor_to_be_said_are_the_writers_to_weigh() -> None:
    checks = found(
        "for those who bought nothing for 6 months, 20% off", "20% off.", offer="20% off"
    )
    assert [c for c in checks if c.rule == "brief"] == []
    checks = found("20% off until Sunday", "20% off until 29 November.")
    assert [c for c in checks if c.rule == "brief"] == []


def test_of_being_back_takes_a_yes_when_the_catalogue_has_none() -> None:
    (one,) = check_stock("The throw is back in stock.")
    assert one.level == "warn"
    assert "shop.csv, line 8" in one.words.to("en")


def test_of_a_day_to_come_contradicts_no_empty_stock() -> None:
    goal: dict[str, Any] = {"goal": "back in stock"}
    (one,) = check_stock("Back on 1 December.", **goal, since=date(2026, 12, 1))
    assert one.level == "info"
    assert "1 December" in one.words.to("en")
    (one,) = check_stock("The throw is back in stock.", **goal)
    assert one.level == "warn"
    assert not list_faults((one,)), "only people know whether the brief or the catalogue is right"


def test_of_what_a_text_says_is_sold_out_takes_no_yes() -> None:
    told: dict[str, Any] = {"product": "x", "cites": ("product.x.availability",)}
    for goal, level in ((None, "info"), ("back in stock", "warn")):
        cited = check_stock("Sold out.", goal=goal, **told)
        assert [one.level for one in cited] == [level]
    (one,) = check_stock("Choose it.", product="x")
    assert one.level == "warn"


def test_of_figures_is_quoted_as_the_brief_says_it() -> None:
    checks = found(
        "20% off all knitwear until Monday night",
        "-20 %, until Monday.",
        offer="20% off all knitwear",
        dates="until Monday night",
    )
    assert [one.quote for one in checks if one.level == "stated"] == ["20%", "until Monday night"]


def check_stock(text: str, **brief: Any) -> list[Check]:
    stock = Fact(
        id="product.x.stock",
        label="stock",
        value=Decimal(0),
        source="shop.csv, line 8",
        as_of=TODAY,
    )
    checks = found("the throw is back", text, stock, **brief)
    return [check for check in checks if check.rule == "stock"]


def test_of_numbers_without_a_unit_is_not_missed() -> None:
    checks = found("listing, 5 bullets, 47 instead of £59, 2 versions", "A throw for £47.")
    said = [check.words.to("en") for check in checks if check.rule == "brief"]
    assert said == ["Not used from the brief: £59.00"]


def test_of_days_is_shown_with_their_month() -> None:
    words = "double points on 28 and 29 November"
    checks = found(words, "On 28 and 29 November your points count twice.")
    assert [c.quote for c in checks if c.level == "stated"] == ["28 and 29 November", "29 November"]


POINTS = "points doublés du vendredi 4 au dimanche 6 décembre"
SPAN: dict[str, Any] = {
    "dates": "du vendredi 4 au dimanche 6 décembre",
    "since": date(2026, 12, 4),
    "until": date(2026, 12, 6),
}


def list_unsourced(text: str) -> list[str | None]:
    checks = found(POINTS, text, **SPAN)
    return [one.quote for one in checks if one.rule == "figure" and one.level in ("block", "warn")]


@pytest.mark.parametrize(
    "text",
    [
        "Deux fois plus de points, en ligne.",
        "Ce samedi 5, les points de vos commandes doublent.",
        "Le samedi 5 décembre, la commande rapporte plus.",
        "Vendredi 4, samedi 5 et dimanche 6, la commande rapporte plus.",
    ],
)
def test_what_the_brief_says_in_other_words_is_no_figure_without_a_source(text: str) -> None:
    assert list_unsourced(text) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Trois fois plus de points, en ligne.", "Trois fois"),
        ("Des points offerts jusqu'au samedi 5 décembre.", "samedi 5 décembre"),
        ("Points offerts du samedi 5 au dimanche 6.", "samedi 5"),
        ("Points offerts samedi 5 au plus tard.", "samedi 5"),
        ("Des points offerts dimanche 7.", "dimanche 7"),
    ],
)
def test_another_multiple_and_another_end_have_no_source(text: str, quote: str) -> None:
    assert quote in list_unsourced(text)
