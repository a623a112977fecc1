"""A text by rules …"""

import re
from itertools import pairwise

import pytest

from bot.core.brief import Brief
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.material_facts import find_material_facts
from bot.core.parts import Copy
from bot.core.request import SkillRequest
from bot.core.writer import WriteRequest
from bot.data.catalogue.product import build_product_facts
from bot.i18n.messages import LANGUAGES, Language
from bot.rules.writers.bank import bank
from bot.rules.writers.lines import again
from bot.rules.writers.offline import compose, shown
from tests.rules.writers.catalogues import BRAND, products
from tests.support.channel_outputs import OUTPUTS


def asked(handle: str, words: str = "-", language: Language = "en", **told: object) -> WriteRequest:
    product = next(one for one in products() if one.handle == handle)
    channel = str(told.pop("channel", "email"))
    back = {key: told.pop(key) for key in ("reason", "previous") if key in told}
    brief = Brief.model_validate(
        {
            "words": words,
            "author": "ana",
            "language": language,
            "goal": "inform",
            "product": handle,
            "product_words": product.title,
        }
        | told
    )
    request = SkillRequest.model_validate(
        {"skill": "draft", "channel": channel, "brief": brief} | back
    )
    evidence = Evidence(facts=build_product_facts(product))
    return WriteRequest(
        skill="draft",
        request=request,
        evidence=evidence.plus(find_material_facts(evidence, request)),
        brand=BRAND,
        channel=load_channels()[channel],
        system="-",
        prompt="-",
    )


def parts(assignment: WriteRequest) -> dict[str, str]:
    written = compose(assignment, OUTPUTS[assignment.request.channel or ""])
    return {key: one.text for key, one in written.__dict__.items() if isinstance(one, Copy)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("goal", ["back in stock", "launch"])
def test_says_its_news_in_the_subject(goal: str, language: Language) -> None:
    news = r"\bback\b|in the shop|\bnew\b|here|retour|stock|arrive|nouveau"
    for product in products():
        subject = parts(asked(product.handle, language=language, goal=goal))["subject"]
        assert re.search(news, subject, re.IGNORECASE), subject


@pytest.mark.parametrize("channel", OUTPUTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_says_no_sentence_twice_in_other_words(language: Language, channel: str) -> None:
    for product in products():
        whole = parts(asked(product.handle, language=language, channel=channel))
        text = whole.get("body") or whole.get("description") or ""
        told = [s for s in re.split(r"(?<=[.!?])\s+", text) if not s.endswith("?")]
        for at, sentence in enumerate(told):
            assert not again(sentence, told[:at], product.title), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", OUTPUTS)
def test_never_comes_back_longer_when_it_is_to_be_shorter(channel: str, language: Language) -> None:
    for handle in ("lin-alba", "vai-verger", "lit-nuee", "bou-figuier"):
        texts = [
            shown(compose(asked(handle, language=language, channel=channel), OUTPUTS[channel]))
        ]
        for _ in range(4):
            back = {"reason": "plus court", "previous": texts[-1]}
            told = asked(handle, language=language, channel=channel, **back)
            texts.append(shown(compose(told, OUTPUTS[channel])))
        assert all(len(late) <= len(early) for early, late in pairwise(texts)), texts
        assert len(texts[1]) < len(texts[0])


def test_speaks_to_the_reader_as_it_was_asked_to() -> None:
    for handle in ("lin-alba", "mai-ronan", "mai-kerven", "bou-figuier"):
        for audience in ("clientes fidèles", "ceux qui ont acheté une écharpe", "parents"):
            words = "e-mail, tutoie-les"
            text = parts(asked(handle, words, "fr", audience=audience))["body"]
            assert re.search(r"\b(?:tu|tes|ton|ta|te|toi|\w+e-nous|[Cc]ompte)\b", text), text
            assert not re.search(r"\bvous\b|\bvotre\b", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_the_occasion_it_was_asked_for(language: Language) -> None:
    word = {"en": "back to school", "fr": "rentrée"}[language]
    for audience in (None, "loyal customers", "students", "parents"):
        for channel in ("email", "sms"):
            told = asked(
                "cui-halles", "-", language, occasion="rentree", audience=audience, channel=channel
            )
            assert word in " ".join(parts(told).values()).lower().replace("-", " ")


def test_has_no_verb_that_cannot_be_plural() -> None:
    """After the product or "it": "[leaves|leave]", since it may be trousers."""
    for template in (t for slot in bank("en", "phrases").values() for t in slot):
        bare = re.sub(r"\[[^\]]*\]", "", template)
        assert not re.findall(r"\{(?:the|it)\} (?!as\b)[a-z]+s\b", bare), template


def test_looks_for_no_size_in_an_order_that_had_none() -> None:
    for product in products():
        whom = "people who bought a bag"
        assert "last order" not in parts(asked(product.handle, audience=whom))["body"]
