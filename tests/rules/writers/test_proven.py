"""A draft by rules about any product of the sample shop …"""

from collections.abc import Iterator
from itertools import cycle

import pytest

from bot.core.brief import Brief
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.material_facts import find_material_facts
from bot.core.parts import split_output
from bot.core.request import SkillRequest
from bot.core.writer import WriteRequest
from bot.data.catalogue.product import Product, build_product_facts
from bot.grounding.copy_checks import check_draft
from bot.grounding.sources import find_stated_facts
from bot.i18n.messages import LANGUAGES, Language
from bot.rules.writers.offline import compose
from handlers.draft import OUTPUTS
from tests.rules.writers.catalogues import BRAND, products
from tests.support.sample_tables import TODAY

AUDIENCES: dict[Language, tuple[str | None, ...]] = {
    "en": (
        *(None, "people who bought shirts last summer", "loyal customers", "new subscribers"),
        *("customers who have not ordered for a while", "gift seekers", "bargain hunters"),
        *("parents", "office workers", "people who bought linen"),
    ),
    "fr": (
        *(None, "clientes qui ont acheté des chemises l'été dernier", "clientes fidèles"),
        *("nouvelles abonnées", "clients qui n'ont pas commandé depuis un moment", "cadeaux"),
        *("petits prix", "parents", "cadres au bureau", "celles qui ont acheté du lin"),
    ),
}
GOALS = (("inform", "-"), ("back in stock", "back in stock"), ("launch", "launch this week"))


def told(product: Product, language: Language, channel: str, **brief: object) -> WriteRequest:
    said = {"words": "-", "author": "ana", "language": language, "goal": "inform"} | brief
    about = {"product": product.handle, "product_words": product.title}
    asked = SkillRequest(skill="draft", channel=channel, brief=Brief.model_validate(said | about))
    stated = find_stated_facts(asked.brief.words, "ana", TODAY)
    evidence = Evidence(facts=(*stated, *build_product_facts(product)))
    return WriteRequest(
        skill="draft", request=asked, evidence=evidence.plus(find_material_facts(evidence, asked)),
        brand=BRAND, channel=load_channels()[channel], system="-", prompt="-",
    )  # fmt: skip


def each(language: Language) -> Iterator[WriteRequest]:
    """Every product once, with audiences, goals and channels in turn."""
    turns = zip(cycle(AUDIENCES[language]), cycle(GOALS), cycle(OUTPUTS), strict=False)
    for step, product in enumerate(products(), 1):
        audience, (goal, words), channel = next(turns)
        if step % 7 == 0:  # lest the same three always meet
            next(turns)
        if goal == "back in stock" and not product.stock:
            goal, words = GOALS[0]
        yield told(product, language, channel, goal=goal, words=words, audience=audience)


@pytest.mark.parametrize("language", LANGUAGES)
def test_has_nothing_that_blocks_its_approval(language: Language) -> None:
    for assignment in each(language):
        written = compose(assignment, OUTPUTS[assignment.request.channel or "email"])
        parts, hooks = split_output(written)
        checks = check_draft(
            parts, hooks, assignment.evidence, request=assignment.request, brand=BRAND,
            channel=assignment.channel, today=TODAY,
        )  # fmt: skip
        found = [(c.quote, c.words.to("en")) for c in checks if c.level == "block"]
        assert not found, (assignment.request.brief.product_words, found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_cites_a_fact_for_each_text_and_only_facts_that_exist(language: Language) -> None:
    for assignment in each(language):
        written = compose(assignment, OUTPUTS[assignment.request.channel or "email"])
        parts, _ = split_output(written)
        cited = {cite for part in parts for cite in part.facts}
        assert cited
        assert all(assignment.evidence.get(cite) for cite in cited)
