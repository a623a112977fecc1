"""Every product of a catalogue, written about by rules as a draft would be."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.material_facts import find_material_facts
from bot.core.request import SkillRequest
from bot.core.writer import WriteRequest
from bot.data.catalogue.product import Product, build_product_facts
from bot.data.catalogue.reader import read_catalogue
from bot.i18n.messages import Language
from bot.rules.writers.offline import compose, shown
from tests.support.channel_outputs import OUTPUTS
from tests.support.paths import DATA as REAL
from tests.support.sample_tables import TODAY, made

BRAND = Brand(name="Maison Ormelin", sender="Ormelin", languages=("fr", "en"))
ALWAYS = ("Ormelin", "Plus de SMS ? Répondez STOP", "Reply STOP to opt out")


@cache
def products(name: str = "") -> Sequence[Product]:
    """Those of the sample shop, or of a real file; of a large one every so-manieth, 40 at most."""
    path = REAL / name if name else made() / "products.csv"
    found = read_catalogue(path, as_of=date(2026, 11, 25) if name else TODAY).products
    return found[:: max(1, len(found) // 40)][:40] if name else found


def assignment(
    product: Product, language: Language, channel: str, audience: str | None = None
) -> WriteRequest:
    brief = Brief(
        words="-", author="ana", language=language, goal="inform", product=product.handle,
        product_words=product.title, audience=audience,
    )  # fmt: skip
    asked = SkillRequest(skill="draft", channel=channel, brief=brief)
    evidence = Evidence(facts=build_product_facts(product))
    return WriteRequest(
        skill="draft", request=asked, evidence=evidence.plus(find_material_facts(evidence, asked)),
        brand=BRAND, channel=load_channels()[channel], system="-", prompt="-",
    )  # fmt: skip


@cache
def written(
    name: str, handle: str, language: Language, channel: str, audience: str | None = None
) -> str:
    """The text, without what every text of the shop has."""
    product = next(one for one in products(name) if one.handle == handle)
    text = shown(compose(assignment(product, language, channel, audience), OUTPUTS[channel]))
    for always in ALWAYS:
        text = text.replace(always, "")
    return text
