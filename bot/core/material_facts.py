"""General facts about materials, each with its source (`material_facts.toml`)."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

from bot.core.facts import Evidence, Fact
from bot.core.request import SkillRequest
from bot.i18n.languages import SOURCE_LANGUAGE
from bot.i18n.messages import Language, Words

MATERIAL_FACTS_FILE = Path(__file__).parent / "material_facts.toml"
SOURCES_READ_ON = date(2026, 11, 24)  # when the sources were read
MATERIAL_LABEL = Words("true of the material")
MATERIAL_FACT_LABELS = ("materials", "name")  # labels of product facts that name its materials


class MaterialFact(BaseModel, frozen=True, extra="forbid"):
    """One sentence about a material. `words` name the material; `use` lists what kind of product
    the sentence applies to."""

    id: str
    words: tuple[str, ...]
    not_: tuple[str, ...] = Field(default=(), alias="not")
    only: tuple[str, ...] = ()  # the kinds of product that it is about; of any kind where empty
    use: tuple[str, ...]
    honest: bool = False  # a drawback that buyers find out anyway, not a reason to buy
    text: dict[Language, str]
    source: str

    def get_text(self, language: Language) -> str:
        return self.text.get(language) or self.text[SOURCE_LANGUAGE]

    @property
    def fact_id(self) -> str:
        """The id of the fact made from it: "material.linen.cool"."""
        return f"material.{self.id}"

    def fits(self, text: str) -> bool:
        """Whether `text`, a product's name or materials in lower case, names this material."""
        is_of_kind = not self.only or _mentions_any(self.only, text)
        return is_of_kind and _mentions_any(self.words, text) and not _mentions_any(self.not_, text)


@cache
def load_material_facts() -> dict[str, MaterialFact]:
    rows = tomllib.loads(MATERIAL_FACTS_FILE.read_text(encoding="utf-8"))["truths"]
    return {material.fact_id: material for material in (MaterialFact(**row) for row in rows)}


def find_material_facts(evidence: Evidence, request: SkillRequest) -> tuple[Fact, ...]:
    """Return the facts about the materials that the product's facts name, in the request's
    language, with ids `material.<material>.<what>`. Without a known product, the brief's words
    for the product are searched instead."""
    text = " ; ".join(_material_texts(evidence, request)).lower()
    return tuple(
        Fact(
            id=material.fact_id,
            label=MATERIAL_LABEL.text,
            value=material.get_text(request.language),
            source=material.source,
            as_of=SOURCES_READ_ON,
        )
        for material in load_material_facts().values()
        if text and material.fits(text)
    )


def _material_texts(evidence: Evidence, request: SkillRequest) -> Iterator[str]:
    product = request.brief.product
    own_facts = [f for f in evidence.of("product") if f.id.startswith(f"product.{product}.")]
    if not own_facts:
        yield request.brief.product_words or ""
    yield from (str(fact.value) for fact in own_facts if fact.label in MATERIAL_FACT_LABELS)


def _mentions_any(words: tuple[str, ...], text: str) -> bool:
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in words)
