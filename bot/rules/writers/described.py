"""What a catalogue's description says of a product: its parts, what it is made of, its traits."""

import re

from bot.core.facts import Fact
from bot.i18n.messages import Language
from bot.rules.writers import lexicon
from bot.rules.writers.details import find, negated
from bot.rules.writers.goods import IMMATERIAL, Goods
from bot.rules.writers.lexicon import Hit
from bot.rules.writers.specs import read as read_specs
from bot.text.sentences import adds_information, is_usable_sentence, strip_praise

BUCKLED = {"shoes", "bag", "jacket", "top", "dress", "bottom", "suit", "hat"}

WITH = re.compile(r"[,;]?\s+(?:with|avec|featuring|complete)\b|[,;] (?=this\b|cette?\b)", re.I)


def describe(goods: Goods, fact: Fact, text: str) -> None:
    """The description: details first, then what is said of the whole thing."""
    language = lexicon.language_of(text) or goods.language
    goods.cites["description"] = (fact.id,)
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        hits = lexicon.scan(sentence, language)
        parts, used = find(sentence, hits, language, goods.noun)
        told = {detail.part: detail for detail in reversed([*goods.details, *parts])}
        goods.details = list(reversed(told.values()))
        ends = WITH.search(sentence)
        border = ends.start() if ends else len(sentence)
        whole = [
            hit
            for hit in hits
            if hit not in used
            and not hit.as_a("nouns", "parts")
            and (hit.start < border or hit.as_a("traits"))
            and not negated(sentence, hit.start)
        ]
        if goods.materials:  # "as supple as a jersey" does not make it one
            whole = [hit for hit in whole if not hit.as_a("materials")]
        first = text.startswith(sentence)
        if first:
            attributes(goods, whole, fact.id)
        elif goods.noun:  # of a thing we know, what is said further on is said of it too
            attributes(goods, [hit for hit in whole if hit.as_a("traits")], fact.id)
    if language == "fr" and goods.kind not in BUCKLED:  # a towel's « boucle » is a loop
        goods.details = [detail for detail in goods.details if detail.part != "buckle"]
    for detail in goods.details:  # "adjustable" of a belt is not said of the jacket
        for _, key in detail.about:
            if key in goods.traits and not re.search(rf"\b{key}\b", goods.name, re.I):
                goods.traits.remove(key)
    goods.specs = read_specs(text, language, goods.language)
    if language == goods.language:
        own = (strip_praise(s) for s in re.split(r"(?<=[.!?])\s+", text) if is_usable_sentence(s))
        goods.sayings = [s for s in own if adds_information(s, goods.name)]
    _own_materials(goods, text, language)


def attributes(goods: Goods, hits: list[Hit], cite: str | None = None) -> None:
    for hit in hits:
        for table, kept in (
            ("colours", goods.colours),
            ("materials", goods.materials),
            ("patterns", goods.patterns),
            ("traits", goods.traits),
        ):
            key = hit.as_a(table)
            if key and key not in kept:
                if table == "materials" and goods.kind in IMMATERIAL and key[-3:] != "wax":
                    break  # the wick is cotton, the candle is not
                kept.append(key)
                goods.cites.setdefault(table, (cite,) if cite else goods.cites.get("name", ()))
                break


def _own_materials(goods: Goods, text: str, language: Language) -> None:
    """A sofa with wooden legs is not made of wood."""
    parts = {key for one in goods.details for table, key in one.about if table == "materials"}
    outside: set[str | None] = set(goods.named_materials)
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        hits = lexicon.scan(sentence, language)
        used = find(sentence, hits, language, goods.noun)[1]
        outside |= {hit.as_a("materials") for hit in hits if hit not in used}
    goods.of_parts = [key for key in goods.materials if key in parts and key not in outside]
    goods.materials = [key for key in goods.materials if key not in goods.of_parts]
