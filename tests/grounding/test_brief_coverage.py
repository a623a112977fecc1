"""What a brief said …"""

from datetime import date
from decimal import Decimal

import pytest

from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, Part
from bot.core.request import Brief, SkillRequest
from bot.grounding.copy_checks import check_draft
from bot.grounding.sources import find_stated_facts

TODAY = date(2026, 11, 24)


def found(words: str, text: str, *facts: Fact) -> list[Check]:
    brief = Brief(words=words, author="UMARIE", language="en", channels=("email",))
    parts = (Part(kind="copy", key="body", title="Body", body=Copy(text=text)),)
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
        ("20% off with code SUN24", "20% off this weekend.", "SUN24"),
    ],
)
def test_is_missed_where_the_draft_leaves_it_out(words: str, text: str, missing: str) -> None:
    said = [c.words.to("en") for c in found(words, text) if c.rule == "brief"]
    assert any(missing in sentence for sentence in said), said


def test_is_not_missed_where_it_is_written_another_way() -> None:
    checks = found("20% off above €60", "From 60 € on, minus 20 %.")
    assert [c for c in checks if c.rule == "brief"] == []


def test_of_being_back_is_blocked_when_the_catalogue_has_none() -> None:
    stock = Fact(
        id="product.x.stock",
        label="stock",
        value=Decimal(0),
        source="shop.csv, line 8",
        as_of=TODAY,
    )
    checks = found("the throw is back", "The throw is back in stock.", stock)
    one = next(c for c in checks if c.rule == "stock")
    assert (one.level, one.override) == ("block", True)
    assert "shop.csv, line 8" in one.words.to("en")
