"""Search for products in English and French."""

from datetime import date

import pytest

from bot.data.catalogue.product import Product
from bot.data.catalogue.reader import make_handle, read_catalogue
from bot.data.catalogue.search import ProductIndex
from tests.support.paths import DATA

real_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")


def sold(title: str, **more: object) -> Product:
    given = {"handle": make_handle(title), "title": title, "source": "x", "as_of": date(2026, 1, 1)}
    return Product.model_validate(given | more)


SHOP = [
    sold("Linen Shirt", materials=("linen",)),
    sold("White Cotton Shirt"),
    sold("Ocean Blue Shirt"),
    sold("Linen Trousers"),
    sold("Silk Summer Top"),
    sold("Classic Leather Jacket"),
    sold("Zipped Jacket"),
    sold("Yellow Wool Jumper"),
    sold("Black Leather Bag"),
    sold("Red Sports Tee"),
    sold("Floral Dress"),
    sold("Vanilla Candle"),
    sold("Yellow Sofa"),
    sold("Pink Armchair"),
    sold("Clay Vase"),
    sold("Yellow Watering Can"),
    sold("Marlow Pillow", materials=("velvet",), tags=("bedroom",), vendor="Duval"),
    sold("Gamma Lamp", handle="gl-2040"),
]
INDEX = ProductIndex(SHOP)


def best(words: str) -> str | None:
    hits = INDEX.find(words)
    return hits[0].title if hits else None


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("linen shirt", "Linen Shirt"),
        ("LINEN SHIRTS", "Linen Shirt"),
        ("shirt, linen", "Linen Shirt"),
        (
            "e-mail: our linen shirt is back, for people who bought shirts last summer",
            "Linen Shirt",
        ),
        ("e-mail for people who bought the yellow sofa: the vanilla candle", "Vanilla Candle"),
        ("write to people who bought the linen shirt about the clay vase", "Clay Vase"),
        ("annonce la bougie vanille aux clientes qui ont acheté un canapé jaune", "Vanilla Candle"),
        ("SMS: Black Friday, -20% on the pink armchair", "Pink Armchair"),
        ("listing for the watering can", "Yellow Watering Can"),
        # in French
        ("chemise en lin", "Linen Shirt"),
        ("Rédige un e-mail : la chemise en lin est de retour", "Linen Shirt"),
        ("la chemise blanche en coton", "White Cotton Shirt"),
        ("le pull jaune en laine", "Yellow Wool Jumper"),
        ("veste en cuir", "Classic Leather Jacket"),
        ("sac noir", "Black Leather Bag"),
        ("T-shirt rouge", "Red Sports Tee"),
        ("tee-shirts rouges", "Red Sports Tee"),
        ("robe à fleurs", "Floral Dress"),
        ("bougie à la vanille", "Vanilla Candle"),
        ("Canapés jaunes", "Yellow Sofa"),
        ("fauteuil rose", "Pink Armchair"),
        ("le vase en terre", "Clay Vase"),
        ("arrosoir jaune", "Yellow Watering Can"),
        # with slips
        ("linnen shirt", "Linen Shirt"),
        ("leahter jaket", "Classic Leather Jacket"),
        ("vanila candel", "Vanilla Candle"),
        ("bougi vanille", "Vanilla Candle"),
        # by what is beside the name
        ("velvet pillow", "Marlow Pillow"),
        ("the Duval pillow", "Marlow Pillow"),
        ("post about gl-2040", "Gamma Lamp"),
        ("linen-shirt", "Linen Shirt"),
    ],
)
def test_words_find_product(words: str, title: str) -> None:
    assert best(words) == title


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "?!",
        "hello",
        "our",
        "for people who bought",
        "what's new this week?",
        "write a thank you e-mail to our best customers",
        "sum up last week's reviews",
        "un SMS court pour remercier nos clientes fidèles",
        "write a short note, two lines, warm tone",
        "draft something for Black Friday",
        "for summer",
        "x" * 5000,
        "\0\n\t🙂",
    ],
)
def test_unrelated_words_find_nothing(words: str) -> None:
    assert INDEX.find(words) == []


FRENCH = ProductIndex(
    [
        sold("Tablier Fournil en lin épais", materials=("lin",)),
        sold("Robe Solène en lin", materials=("lin",)),
        sold("Combinaison Esther en lin", materials=("lin",)),
        sold("Bougeoir Oslo en laiton", materials=("laiton",)),
        sold("Planche à pain en chêne"),
        sold("Taies d'oreiller en percale"),
        sold("Cabas Marché en toile"),
        sold("Tasses en grès"),
        sold("Pantalon en velours"),
    ]
)


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("an SMS for the linen apron", "Tablier"),
        ("the linen jumpsuit is here", "Combinaison"),
        ("our brass candlestick", "Bougeoir"),
        ("e-mail: the oak bread board", "Planche"),
        ("new pillowcases", "Taies"),
        ("the canvas tote is back", "Cabas"),
        ("stoneware mugs", "Tasses"),
    ],
)
def test_english_words_find_french_product(words: str, begins: str) -> None:
    assert FRENCH.find(words)[0].title.startswith(begins)


def test_exact_name_scores_one_and_name_in_brief_nearly() -> None:
    assert INDEX.find("linen shirt")[0].score == 1
    assert INDEX.find("Write an e-mail on the linen shirt.")[0].score == 0.96
    assert INDEX.find("chemise en lin")[0].score >= 0.75


def test_scores_are_sorted_and_between_0_and_1() -> None:
    scores = [hit.score for hit in INDEX.find("shirt")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_product_not_sold_has_no_certain_match() -> None:
    for words in ("linen skirt", "yellow rug", "silk scarf", "pull en cachemire"):
        assert all(hit.score < 0.5 for hit in INDEX.find(words)), words


def test_ambiguous_words_find_several_products() -> None:
    assert {hit.title for hit in INDEX.find("shirts")} == {
        "Linen Shirt",
        "White Cotton Shirt",
        "Ocean Blue Shirt",
    }


def test_longer_name_wins_over_contained_name() -> None:
    shop = [sold("Linen Shirt"), sold("Linen Shirt Dress"), sold("Shirt")]
    hits = ProductIndex(shop).find("e-mail on the linen shirt dress, please")
    assert hits[0].title == "Linen Shirt Dress"
    assert hits[1].score < 0.75


def test_at_most_five_products_are_found() -> None:
    assert len(ProductIndex([sold(f"Shirt {n}") for n in "abcdefgh"]).find("shirt")) == 5


def test_products_with_same_name_are_both_found() -> None:
    shop = [sold("Vase", handle="v-1"), sold("Vase", handle="v-2")]
    assert [hit.handle for hit in ProductIndex(shop).find("vase")] == ["v-1", "v-2"]


def test_french_car_and_tea_are_told_apart_from_english_words() -> None:
    shop = [sold("Toy Car"), sold("Green Tea"), sold("Bag"), sold("Thé vert")]
    assert ProductIndex(shop).find("car il est beau, le sac")[0].title == "Bag"
    assert {hit.title for hit in ProductIndex(shop).find("thé vert")} == {"Green Tea", "Thé vert"}
    assert [hit.title for hit in ProductIndex(shop).find("the bag")] == ["Bag"]


def test_empty_catalogue_finds_nothing() -> None:
    assert ProductIndex([]).find("linen shirt") == []


@pytest.mark.parametrize("title", ["The", "???", "花瓶", "à la", "A4"])
def test_very_short_name_is_found(title: str) -> None:
    shop = [sold(title), sold("Linen Shirt")]
    ProductIndex(shop).find("linen shirt")
    if title != "???":
        assert ProductIndex(shop).find(title)[0].title == title


@real_data
def test_real_catalogue_is_searchable() -> None:
    index = ProductIndex(read_catalogue(DATA / "amazon_toys_863.csv").products)
    for words, start in {
        "email for the lego city helicopter": "Lego 60009 City Helicopter",
        "caledonian belle": "Hornby R1151 Caledonian Belle",
        "playmobil 5497": "Playmobil 5497",
        "darth maul": "Star Wars Darth Maul",
    }.items():
        assert index.find(words)[0].title.startswith(start)


FRENCH_SHOP = ProductIndex(
    [
        sold("Carafe Onde en verre soufflé"),
        sold("Verres Onde en verre soufflé (lot de 6)"),
        sold("Saladier Verger en faïence"),
        sold("Bols Tamis en grès (lot de 4)"),
        sold("Torchons Fournil en métis (lot de 3)"),
        sold("Tablier Fournil en lin épais"),
        sold("Taies d'oreiller Brume en lin lavé (lot de 2)"),
        sold("Planche à pain Meule en hêtre"),
    ]
)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Onde glasses", "Verres Onde"),
        ("verres onde", "Verres Onde"),
        ("the Onde carafe", "Carafe Onde"),
        ("Verger salad bowl", "Saladier Verger"),
        ("tea towels Fournil", "Torchons Fournil"),
        ("apron Fournil", "Tablier Fournil"),
        ("pillowcases", "Taies d'oreiller"),
        ("bread board", "Planche à pain"),
    ],
)
def test_noun_decides_between_namesakes(words: str, title: str) -> None:
    hits = FRENCH_SHOP.find(words)
    assert hits[0].title.startswith(title)
    assert hits[0].score >= 0.5


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("abandoned basket push for people who left a Gaspard jacket", "Gaspard linen jacket"),
        ("customers who bought the linen trousers at least twice but no sofa", "Yellow Sofa"),
        ("Google ad for gifts under 40, candles and lamps, Ireland", "Vanilla Candle"),
    ],
)
def test_each_word_of_a_message_brings_its_products(words: str, title: str) -> None:
    shop = ProductIndex([sold("Levain bread basket"), sold("Gaspard linen jacket"), *SHOP])
    found = [one.title for one in shop.find_mentioned(words)]
    assert title in found
    assert len(found) <= 8


def test_message_without_a_product_brings_none() -> None:
    assert INDEX.find_mentioned("how many orders last week?") == []
