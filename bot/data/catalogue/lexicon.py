"""Finds materials and colours in a product's texts, with the words of `lexicon.toml`.

The results become facts, so a doubtful mention is ignored: "pairs well with black jeans" makes
nothing black, "vegan leather" is no leather.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from bot.data.catalogue.cells import drop_repeats

LEXICON_FILE = Path(__file__).parent / "lexicon.toml"
Trait = Literal["materials", "colours"]


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that change the material and are kept with it ("vegan leather", "wool blend").
QUALIFIERS_BEFORE = _word_set(
    "faux vegan vegetal recycled organic imitation simili artificial synthetic"
)
QUALIFIERS_AFTER = _word_set("blend mix mélangé mélangée recyclé recyclée bio végétal végan")
# Words that negate the material, or say that it belongs to something else.
CONJUNCTIONS = _word_set("and or nor et ou ni")
EXCLUDED_BEFORE = _word_set(
    "no not non nor ni without sans pas aucun aucune zero for pour effet aspect façon"
)
EXCLUDED_AFTER = _word_set(
    "free like look effect style print care cleaner polish oil tea wine friday label noise box "
    "light"
)
OTHER_PRODUCT_WORDS = re.compile(
    r"(?i)\b(pairs?|paired|wear|worn|goes|match(es)?|looks?|perfect|style|ideal|team|great) "
    r"(it |well |great |perfectly |beautifully )*(with|under|over|against)\b"
    r"|\b(porter|associer|associez|portez|marier|mariez|s'accorde|ira|va) .{0,20}\b(avec|sous)\b"
    r"|\b(also|available|existe|disponible|aussi)\b.{0,20}\b(in|en)\b"
)


def find_traits(trait: Trait, text: str) -> tuple[str, ...]:
    """Return the materials or colours that a text says the product has, in the text's order."""
    found = []
    for sentence in re.split(r"[.!?;\n]\s*", text):
        if not OTHER_PRODUCT_WORDS.search(sentence):
            found += _find_names(trait, re.findall(r"[^\W\d_]+", sentence.lower()))
    return drop_repeats(found)


def qualify_materials(materials: tuple[str, ...]) -> tuple[str, ...]:
    """Replace a plain material by its blend: a "wool jumper" whose text says "wool blend" is made
    of wool blend."""
    mixed = {m.rsplit(" ", 1)[0] for m in materials if m.endswith((" blend", " mix"))}
    return tuple(m for m in materials if m not in mixed)


def _find_names(trait: Trait, words: list[str]) -> list[str]:
    known, found, denied = load_lexicon()[trait], [], -1
    for i, word in enumerate(words):
        said = known.get(word) or known.get(word.removesuffix("s"))
        before, after = words[max(0, i - 2) : i], words[i + 1 : i + 2]
        if not said:
            continue
        joined = words[denied + 1 : i]  # "without leather or wool" denies both
        if (
            EXCLUDED_BEFORE.intersection(before)
            or EXCLUDED_AFTER.intersection(after)
            or (denied >= 0 and joined and CONJUNCTIONS.issuperset(joined))
        ):
            denied = i
            continue
        if trait == "materials" and QUALIFIERS_BEFORE.intersection(before[-1:]):
            said = f"{before[-1]} {said}"
        elif trait == "materials" and QUALIFIERS_AFTER.intersection(after):
            said = f"{said} {after[0]}"
        found.append(said)
    return found


@cache
def load_lexicon() -> dict[str, Any]:
    with LEXICON_FILE.open("rb") as file:
        return tomllib.load(file)
