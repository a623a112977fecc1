"""What is written by rules can be sent as it is: it says only what is so of this thing …"""

import re
from datetime import date

import pytest

from bot.data.catalogue.product import Product
from bot.i18n.messages import LANGUAGES, Language
from bot.rules.writers.offline import compose, shown
from tests.rules.writers.catalogues import assignment, products, written
from tests.support.channel_outputs import OUTPUTS

CHANNELS = ("email", "sms", "product_page")
WHOM = (None, "loyal customers", "people who bought shirts", "people looking for a gift")
IDLE = re.compile(
    r"to recall what it is|in its favour, one thing|all this for|everything we know about"
    r"|en une phrase\.|un argument suffit|tout cela pour|ce que l'on sait (?:de|du|des)"
    r"|saluent ce point|réglable à régler|qui se ferme sur ce",
    re.IGNORECASE,
)


def about(language: Language, channel: str, **told: object) -> str:
    given = {"handle": "thing", "source": "x", "as_of": date(2026, 11, 1)} | told
    return shown(
        compose(assignment(Product.model_validate(given), language, channel), OUTPUTS[channel])
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_and_has_no_idle_line(language: Language, channel: str) -> None:
    for one in products():
        for whom in WHOM:
            text = written("", one.handle, language, channel, whom)
            assert not IDLE.search(text), text


@pytest.mark.parametrize("channel", CHANNELS)
def test_and_does_not_say_of_a_sofa_what_is_true_of_its_legs(channel: str) -> None:
    for language in LANGUAGES:
        text = about(
            language, channel, title="Yellow Sofa", materials=("wood",), price="99", currency="EUR",
            description="Two seater yellow sofa with wooden legs",
        )  # fmt: skip
        assert not re.search(r"grain|veinage|wood(?:en)? sofa|canapé jaune en bois", text), text


@pytest.mark.parametrize("channel", CHANNELS)
def test_and_offers_no_choice_between_the_colours_of_one_stripe(channel: str) -> None:
    for language in LANGUAGES:
        text = about(
            language, channel, title="Striped Silk Blouse", colours=("black", "red"),
            description="Ultra-stylish black and red striped silk blouse with buckle collar.",
        )  # fmt: skip
        told = r"choose|choisir ma couleur|au choix|comes in|existe en"
        assert not re.search(told, text, re.IGNORECASE), text
        assert "stylish" not in text.lower()


@pytest.mark.parametrize("channel", CHANNELS)
def test_and_says_no_price_where_the_catalogue_names_no_currency(channel: str) -> None:
    for language in LANGUAGES:
        text = about(language, channel, title="Vanilla candle", price="15.99")
        assert "15" not in text


def test_and_counts_the_pockets() -> None:
    text = about(
        "en", "email", title="Chequered Red Shirt",
        description="Flannel shirt with long sleeves, in chequered style, with two chest pockets.",
    )  # fmt: skip
    assert "two chest pockets" in text
    assert "a chest pocket" not in text


def test_and_takes_no_earring_for_a_buckle() -> None:
    for channel in CHANNELS:
        assert "buckle" not in written("", "bai-serviettes", "en", channel)


@pytest.mark.parametrize("language", LANGUAGES)
def test_and_names_no_thing_twice_in_its_opening(language: Language) -> None:
    """ "Here is the silk blouse. Silk blouse with a buckle collar." """
    for one in products():
        body = written("", one.handle, language, "email").lower()
        for first, second in re.findall(
            r"(?:here (?:is|are) the|voici l[ae]s?) (.+?)\. (.+?)\.", body
        ):
            assert not set(re.findall(r"\w{4,}", first)) <= set(re.findall(r"\w{4,}", second)), body


@pytest.mark.parametrize(("language", "news"), [("en", "back"), ("fr", "de retour|de nouveau")])
def test_and_keeps_the_news_in_the_shortest_message(language: Language, news: str) -> None:
    for one in products()[:20]:
        asked = assignment(one, language, "sms")
        brief = asked.request.brief.model_copy(update={"goal": "back in stock"})
        request = asked.request.model_copy(update={"brief": brief})
        text = shown(compose(asked.model_copy(update={"request": request}), OUTPUTS["sms"]))
        assert re.search(news, text), text


def test_and_leaves_out_a_catalogues_broken_sentences() -> None:
    text = about(
        "en", "product_page", title="Hornby Santa's Express Train Set",
        description="Product Description Inject a bit of Hornby magic. The set includes an oval "
        "track and a mat. - add cheer to your railwaySanta's train includes a wagon.",
    )  # fmt: skip
    assert "oval track" in text
    assert not re.search(r"Product Description|magic|railwaySanta|- add", text), text


@pytest.mark.parametrize("handle", ["lin-alba", "mai-maud", "mai-kerven", "cui-tablier"])
def test_and_says_the_things_own_facts_under_the_subject(handle: str) -> None:
    """What is true of any wool comes behind what is true of this jumper."""
    for whom in WHOM:
        preheader = written("", handle, "fr", "email", whom).split("\n\n")[1]
        assert not re.match(r"(?:La laine|Le lin) (?:est|absorbe|conduit|s'assouplit)", preheader)
