"""A product of which the catalogue says next to nothing …"""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import BaseModel

from bot.core.brief import Brief
from bot.core.channels import load_channels
from bot.core.facts import Evidence, Fact
from bot.core.material_facts import find_material_facts
from bot.core.request import SkillRequest
from bot.core.writer import WriteRequest
from bot.data.catalogue.product import Product, build_product_facts
from bot.i18n.messages import LANGUAGES, Language
from bot.rules.writers.lines import again
from bot.rules.writers.offline import compose, shown
from tests.rules.writers.catalogues import BRAND
from tests.support.channel_outputs import OUTPUTS
from tests.support.sample_tables import TODAY


def made(title: str, **more: object) -> Product:
    told = {"handle": "it", "title": title, "price": Decimal("9.50"), "currency": "GBP",
            "source": "shop.csv", "as_of": date(2026, 11, 20)}  # fmt: skip
    return Product.model_validate(told | more)


def text(
    product: Product,
    language: Language = "en",
    channel: str = "email",
    *,
    words: str = "-",
    audience: str | None = None,
    known: tuple[Fact, ...] = (),
) -> str:
    return shown(written(product, language, channel, words=words, audience=audience, known=known))


def written(
    product: Product,
    language: Language,
    channel: str,
    *,
    words: str = "-",
    audience: str | None = None,
    known: tuple[Fact, ...] = (),
) -> BaseModel:
    brief = Brief(
        words=words, author="ana", language=language, goal="inform", product=product.handle,
        product_words=product.title, audience=audience,
    )  # fmt: skip
    asked = SkillRequest(skill="draft", channel=channel, brief=brief)
    evidence = Evidence(facts=(*build_product_facts(product), *known))
    assignment = WriteRequest(
        skill="draft", request=asked, evidence=evidence.plus(find_material_facts(evidence, asked)),
        brand=BRAND, channel=load_channels()[channel], system="-", prompt="-",
    )  # fmt: skip
    output: type[BaseModel] = OUTPUTS[channel]
    return compose(assignment, output)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", OUTPUTS)
def test_is_not_called_by_what_it_is_filed_under(language: Language, channel: str) -> None:
    tool = made("Magnetic Pick Up Tool", type="Games", tags=("Educational Games", "Bikes"))
    said = text(tool, language, channel).lower()
    assert "magnetic pick up tool" in said
    assert not any(word in said for word in ("the games", "les jeux", "vélo", "they cost"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_not_called_by_the_name_of_its_maker(language: Language) -> None:
    scooter = made("Galt Toys by Winther Safety Scooter", vendor="Galt Toys")
    assert "jouets" not in text(scooter, language)
    assert "they" not in text(scooter, language).lower().split()


def test_is_what_it_is_filed_under_where_that_says_what_it_is() -> None:
    shirt = made("Alba", type="Linen shirts")
    assert "taille" in text(shirt, "fr")
    assert "les chemises" not in text(shirt, "fr")


def test_is_called_without_the_colour_in_brackets() -> None:
    assert "(Green)" not in text(made("Snazzy Harmonica (Green)"), "fr", "product_page")
    assert "(Junior)" in text(made("Snazzy Harmonica (Junior)"), "fr", "product_page")


def test_of_two_things_is_both_in_french_too() -> None:
    both = made("Striped Skirt and Top", materials=("cotton",))
    said = text(both, "fr")
    assert "l'ensemble jupe et top" in said
    assert "top à rayures" not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("title", ["Pink Armchair", "Yellow watering can", "Clay Plant Pot"])
def test_has_its_price_in_the_preheader_and_no_idle_question(
    title: str, language: Language
) -> None:
    said = text(made(title), language)
    assert "question" not in said.lower()
    assert not any(idle in said for idle in ("hesitate", "fait hésiter", "Anything else"))
    assert "9.50" in said or "9,50" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_in_full_what_its_title_hints_at(language: Language) -> None:
    sofa = made("Grey Sofa", description="Large four seater grey sofa", colours=("grey",))
    body = text(sofa, language, "product_page").split("\n\n", 1)[1]
    assert ("four" if language == "en" else "à quatre") in body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("sizes", "advised"), [(("130 x 180 cm",), False), (("S", "M"), True)])
def test_in_one_size_is_not_advised_in_a_larger_one(
    sizes: tuple[str, ...], advised: bool, language: Language
) -> None:
    doubt = Fact(
        id="objection.sizing-small.theme", label="doubt to answer", value="runs small",
        source="feedback.csv", as_of=TODAY,
    )  # fmt: skip
    said = text(made("Linen shirt", sizes=sizes), language, known=(doubt,))
    assert any(word in said for word in ("larger", "dessus", "plus grande")) is advised


@pytest.mark.parametrize(
    ("words", "language"),
    [("e-mail: the tool, a gift for dads", "en"), ("e-mail : un cadeau pour les papas", "fr")],
)
def test_that_is_a_present_for_parents_speaks_to_who_gives_it(
    words: str, language: Language
) -> None:
    who = "dads" if language == "en" else "papas"
    said = text(made("Magnetic Tool"), language, words=words, audience=who)
    assert not any(one in said for one in ("children", "enfants"))
    assert any(one in said for one in ("present", "give", "cadeau", "ffrir"))


@pytest.mark.parametrize(("maker", "told"), [("Kingfisher", True), ("Generic", False)])
def test_has_its_maker_told_where_there_is_one(maker: str, told: bool) -> None:
    hooks = written(made("Magnetic Tool", vendor=maker), "en", "email").model_dump()["hooks"]
    assert any(maker in hook["text"] for hook in hooks) is told


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_another_thing_in_its_preheader_than_in_its_subject(language: Language) -> None:
    tee = made("Red Sports Tee", description="Red t-shirt with a small white pocket.")
    subject, preheader, *_ = text(tee, language).split("\n\n")
    assert not again(preheader, [subject], tee.title)


def test_with_a_pocket_on_the_right_has_no_straight_one() -> None:
    skirt = made("Jupe Iris en lin", description="Une poche à droite, une seule. Ceinture haute.")
    assert "straight" not in text(skirt)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whose_measures_are_told_asks_for_none(language: Language) -> None:
    holder = made("Photophore Vigie en verre", description="Hauteur 11 cm, sur un pied large.")
    said = text(holder, language, "product_page")
    assert "11 cm" in said
    assert not any(one in said for one in ("How big", "exact size", "taille exacte", "?"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_not_said_to_be_what_its_name_says(language: Language) -> None:
    table = made("Wooden Outdoor Table", description="Wooden outdoor garden table")
    assert not any(one in text(table, language) for one in ("for outdoors", "pour l'extérieur"))
    sofa = made("Cream Sofa", description="Comfortable cream sofa with wooden base")
    assert not any(one in text(sofa, language) for one in ("fit", "coupe"))


@pytest.mark.parametrize(("language", "said"), [("en", "omemade"), ("fr", "ait maison")])
def test_of_which_a_word_is_said_says_it(language: Language, said: str) -> None:
    pot = made("White Ceramic Pot", description="Homemade white ceramic flower pot")
    assert said in text(pot, language, "product_page")


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_not_called_by_a_makers_name_before_a_dash(language: Language) -> None:
    costume = made("Rubie's - Toy Story - Buzz Lightyear Fancy Dress Costume - Size S",
                   description="Product Description")  # fmt: skip
    said = text(costume, language)
    assert "Buzz Lightyear Fancy Dress Costume" in said
    assert "Product Description" not in said
