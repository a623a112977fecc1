"""A notice that sells nothing …"""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.agent.context import SkillContext
from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.channels import count_sms_segments, load_channels
from bot.core.parts import split_output
from bot.core.request import Question, SkillRequest
from bot.core.writer import LlmCall
from bot.data.analyses.feedback.aspects import THEME_TITLES
from bot.grounding.style import find_style_faults
from bot.i18n.messages import Language
from bot.rules.notices import asked_in, notices
from bot.rules.writers.offline import Offline
from handlers.draft import handle
from tests.support.small_shop import Shop

BRAND = Brand(name="Maison Alba", sender="MaisonAlba", languages=("en", "fr"))
ASKED = {
    ("late", "en"): "E-mail to customers whose parcel is late: what we do about it",
    ("late", "fr"): "E-mail aux clients dont le colis est en retard : ce que nous faisons",
    ("sold_out", "en"): "The vase is sold out, leave your address to hear when it is back",
    ("sold_out", "fr"): "Le vase est épuisé, laissez votre adresse pour savoir quand il revient",
    ("complaint", "en"): "E-mail to customers who complained (sizing): what we do about it",
    ("complaint", "fr"): "E-mail aux clients qui se sont plaints (taille) : ce que nous faisons",
}


PRAISED = {"stock", "gift"}  # of these nobody complains, and of some things: in their own words
NEUTRAL = {"delivery-fast", "order-as-described", "colour-asked", "fabric-linen", "fabric-cotton",
           "fabric-wool", "fabric-silk", "fabric-leather"}  # fmt: skip
ARTICLES = {
    "en": {"the", "a", "your", "our", "sizes", "paying", "how"},
    "fr": {"le", "la", "les", "un", "une", "votre", "notre", "son"},
}


async def nothing(_: LlmCall) -> None:
    return None


def desk(words: str, *, brand: Brand = BRAND, channel: str = "email", **told: Any) -> SkillContext:
    brief = {"words": words, "author": "ana", "language": "en", "goal": "inform"} | told
    request = SkillRequest(skill="draft", channel=channel, brief=Brief.model_validate(brief))
    return SkillContext(
        request, brand=brand, channel=load_channels()[channel], library=Shop(),
        writer=Offline(lambda: datetime(2026, 11, 24, tzinfo=UTC)), receipt=nothing,
    )  # fmt: skip


@pytest.mark.parametrize(("key", "language"), ASKED)
def test_is_known_by_its_words(key: str, language: str) -> None:
    asked = asked_in(ASKED[key, language], thing="Glass Vase")
    assert asked is not None
    assert asked.key == key
    assert asked_in("e-mail: our glass vase is back, for our loyal customers", thing="V") is None
    assert asked_in("e-mail : notre vase est de retour", thing="Vase") is None


@pytest.mark.parametrize("address", ["tu", "vous"])
@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize(("key", "language"), ASKED)
async def test_is_whole_in_its_channel(key: str, language: str, channel: str, address: str) -> None:
    brand = BRAND.model_copy(update={"address": address, "signature": "Alba"})
    told = {"language": language, "product": "glass-vase", "product_words": "the vase"}
    at = desk(ASKED[key, language], brand=brand, channel=channel, **told)
    written = await handle(at.request, at)
    assert not isinstance(written, Question)
    parts, hooks = split_output(written)
    text = "\n".join(part.text for part in parts)
    assert len({hook.text for hook in hooks}) == 2
    assert not set("{}<>|") & set(text + "".join(hook.text for hook in hooks))
    assert not find_style_faults(parts, request=at.request, brand=brand, channel=at.channel)
    assert "price" not in text.lower()
    assert "€" not in text
    if channel == "sms":
        assert text.startswith("MaisonAlba")
        assert count_sms_segments(text) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("key", [k for k in THEME_TITLES if k not in ("all", "unhappy")])
def test_speaks_of_a_theme_as_one_does_to_a_customer(key: str, language: Language) -> None:
    """Never of its name on a list: "runs large", « taille grand »."""
    name = THEME_TITLES[key].to(language)
    words = ASKED["complaint", language].replace("(sizing)", f"({name})")
    asked = asked_in(words.replace("(taille)", f"({name})"), thing=None)
    assert asked is not None
    if key == "delivery-late":  # who waits is told more than that somebody answers
        assert asked.key == "late"
        return
    told = asked.written("email", language, BRAND)
    assert told is not None
    subject = str(told["subject"])
    assert len(subject) <= 60
    assert "{" not in subject + str(told["body"])
    begins = {"en": "Trouble with ", "fr": "Un souci avec "}[language]
    about = subject.removeprefix(begins).partition("?")[0].strip()
    assert about in str(told["body"])
    if about.startswith(("“", "«")):
        assert key.partition("-")[0] in PRAISED or key in NEUTRAL
        return
    assert about.split()[0].strip("'") in ARTICLES[language] or about.startswith("l'"), about


def test_has_the_same_channels_in_both_languages() -> None:
    for told in notices().values():
        for channel in ("email", "sms"):
            english, french = told[channel]["en"], told[channel]["fr"]
            assert english.keys() == french.keys()
            assert len(english["hooks"]) == len(french["hooks"]) == 2


@pytest.mark.parametrize("thing", ["what", "everybody", "tested", "nouveautés", "here is our data"])
async def test_is_asked_for_where_the_words_name_no_thing(thing: str) -> None:
    at = desk(f"e-mail: {thing}", product_words=thing)
    assert isinstance(await handle(at.request, at), Question)


async def test_or_a_product_where_they_name_a_range() -> None:
    at = desk("e-mail about shirts", product_words="shirts")
    question = await handle(at.request, at)
    assert isinstance(question, Question)
    assert {"Linen Shirt", "Cotton Shirt"} <= set(question.options)
