"""Legal sentences for alcohol and sweets."""

import pytest

from bot.core.facts import Evidence
from bot.grounding.legal import ALCOHOL_WARNING, is_alcohol, load_legal_rules
from bot.i18n.messages import LANGUAGES
from tests.offline.test_drafts import JACKET, write
from tests.support.shirt import fact, only, proved, request

ALCOHOL = [
    "vin rouge",
    "coffret de trois vins",
    "Champagne brut",
    "bière ambrée",
    "rhum vieux",
    "craft beer",
    "red wine, case of 3",
    "gin de Bretagne",
]
NONE = [
    "verre à vin",
    "flûte à champagne",
    "wine glasses",
    "tire-bouchon à vin",
    "champagne satin top",
    "vinaigre de cidre",
    "robe couleur champagne",
    "seau à champagne",
    "chemise en lin",
]


@pytest.mark.parametrize("sold", ALCOHOL)
def test_drink_needs_the_alcohol_warning(sold: str) -> None:
    assert is_alcohol(sold)


@pytest.mark.parametrize("sold", NONE)
def test_glassware_needs_no_alcohol_warning(sold: str) -> None:
    assert not is_alcohol(sold)


@pytest.mark.parametrize(
    ("words", "text", "levels"),
    [
        ("mail : soirée en boutique, un verre de vin chaud", "Un verre de vin chaud.", ["warn"]),
        ("mail : soirée en boutique jeudi, vin chaud offert", "Jeudi, en boutique.", []),
        ("mail : soirée en boutique jeudi, chocolats offerts", "Des chocolats.", []),
    ],
)
def test_drink_that_a_shop_serves_needs_the_warning(
    words: str, text: str, levels: list[str]
) -> None:
    found = proved(text, asked=request(words), evidence=Evidence(facts=()))
    glass = request("mail : les verres, pour le vin", product_words="verres à vin")
    assert not only(proved("Le vin y respire.", asked=glass), "alcohol")
    assert [check.level for check in found if check.rule in ("alcohol", "food")] == levels


def test_drink_is_known_by_its_category() -> None:
    facts = (fact("product.a.name", "name", "Domaine 2019"),)
    category = fact("product.a.type", "type", "Vins rouges")
    for known, levels in ((facts, []), ((*facts, category), ["block"])):
        asked = request("mail : le Domaine", product="a")
        found = proved("Noix et fruits.", asked=asked, evidence=Evidence(facts=known))
        assert [check.level for check in found if check.rule == "alcohol"] == levels


@pytest.mark.parametrize(
    ("sold", "asked"),
    [
        ("ballotin de chocolats", True),
        ("confiture de figues", True),
        ("verre à sirop", False),
        ("gilet couleur chocolat", False),
        ("sac à goûter", False),
    ],
)
def test_sweet_food_is_flagged(sold: str, asked: bool) -> None:
    assert load_legal_rules().get_product_rule("food").covers(sold) is asked


@pytest.mark.parametrize("channel", ["email", "sms", "product_page"])
def test_text_without_an_ai_contains_the_warning(channel: str) -> None:
    wine = JACKET.model_copy(update={"title": "Vin rouge du Jura", "description": "Notes de noix."})
    assert ALCOHOL_WARNING["fr"] in "\n".join(write(wine, channel, "fr").values())


def test_shirt_needs_no_warning() -> None:
    for language in LANGUAGES:
        text = "\n".join(write(JACKET, "email", language).values())
        assert ALCOHOL_WARNING[language] not in text
