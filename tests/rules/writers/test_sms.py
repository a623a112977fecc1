"""An SMS with little room …"""

import asyncio
from itertools import product

import pytest

from bot.agent.pipeline import DraftResult
from bot.config.brand import Brand
from bot.core.channels import count_sms_segments
from tests.rules.test_texts import EN_AUDIENCES, ENGLISH, FR_AUDIENCES, FRENCH, _written
from tests.support.shirt import only, part, proved

TIGHT = [
    *(
        (f"sms: the {thing},{who}, 20% off until Sunday 29 November, code NOVEMBER", ENGLISH)
        for thing, who in product(("linen shirt", "winter jacket"), EN_AUDIENCES.values())
    ),
    *(
        (f"sms : {thing}{who}, -20 % jusqu'au dimanche 29 novembre, code NOVEMBRE", FRENCH)
        for thing, who in product(("chemise en lin Alma", "vase en grès"), FR_AUDIENCES.values())
    ),
]


def draft(words: str, brand: Brand) -> DraftResult:
    return asyncio.run(_written(words, brand))[1]


@pytest.mark.parametrize(("words", "brand"), TIGHT)
def test_keeps_its_campaign_code_its_end_date_and_its_one_segment(words: str, brand: Brand) -> None:
    done = draft(words, brand)
    text = done.parts[0].text
    assert "utm_campaign=si-1a2b3c4d" in text
    assert "29 " in text
    assert "NOVEMB" in text
    assert count_sms_segments(text) == 1
    assert not [c for c in done.checks if c.rule in ("link", "brief")]


@pytest.mark.parametrize("text", ["Chemise en lin. studiolin.example", "STUDIOLIN.EXAMPLE ce soir"])
def test_says_so_where_its_link_carries_no_campaign_code(text: str) -> None:
    (check,) = only(
        proved(part(f"STUDIOLIN : {text} STOP 36111", key="text"), channel="sms"), "link"
    )
    assert check.level == "info"
    assert "campaign code" in check.words.to("en")


def test_is_content_with_a_link_that_is_counted() -> None:
    link = "https://studiolin.example?utm_campaign=si-1a2b3c4d"
    text = f"STUDIOLIN : Chemise en lin. {link} STOP 36111"
    assert not only(proved(part(text, key="text"), channel="sms"), "link")
