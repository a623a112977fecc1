"""Several products in one wish …"""

import pytest

from bot.intake import Asked, Intake, take_in
from bot.library.catalogue.library import CatalogueLibrary
from tests.library.sample import TODAY
from tests.writers.catalogues import BRAND, products


async def taken(words: str) -> Intake:
    async def nothing(_: object) -> None:
        return None

    found = await take_in(
        Asked(words=words, author="ana"), brand=BRAND, library=CatalogueLibrary(products),
        writer=None, today=TODAY, receipt=nothing,
    )  # fmt: skip
    assert isinstance(found, Intake)
    return found


@pytest.mark.parametrize(
    ("words", "first", "others"),
    [
        ("e-mail : la chemise Alba et la robe Solène", "lin-alba", ["lin-solene"]),
        ("email: the Alba shirt and the Solène dress, 10% off", "lin-alba", ["lin-solene"]),
        ("sms : le plaid Nuée, les bols Tamis et la théière Averse", "lit-nuee",
         ["vai-bols", "vai-theiere"]),
        ("un mail pour la nappe Grand Jour et les serviettes Grand Jour", "tab-nappe",
         ["tab-serviettes"]),
    ],
)  # fmt: skip
async def test_give_a_draft_about_the_first_and_the_others_on_a_tap(
    words: str, first: str, others: list[str]
) -> None:
    brief = (await taken(words)).brief
    assert brief.product == first
    assert [o.value for o in brief.options if o.field == "product"] == others
    (said,) = [a for a in brief.assumed if a.field == "product"]
    assert "this draft is about" in said.words.to("en")
    assert said.words.to("fr") != said.words.to("en")


@pytest.mark.parametrize(
    ("words", "product"),
    [
        ("e-mail: la chemise Alba", "lin-alba"),
        ("un mail : la housse de couette Brume, en blanc et gris", "lit-brume"),
        ("un mail pour le plaid Nuée en mohair et laine", "lit-nuee"),
        ("e-mail : la chemise Alba, -20 % et livraison offerte", "lin-alba"),
    ],
)
async def test_are_not_seen_where_there_is_one(words: str, product: str) -> None:
    brief = (await taken(words)).brief
    assert brief.product == product
    assert not [a for a in brief.assumed if "this draft is about" in a.words.to("en")]
