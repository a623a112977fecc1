"""The words that products are found by: materials, colours, things, occasions, in any spelling."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from bot.data.catalogue.cells import drop_repeats
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import (
    normalize_nfc,
    normalize_text,
    straighten_apostrophes,
    strip_accents,
    tokenize,
    word_set,
)

LEXICON_FILE = Path(__file__).parent / "lexicon.toml"
Trait = Literal["materials", "colours"]


@cache
def load_lexicon() -> dict[str, Any]:
    with LEXICON_FILE.open("rb") as file:
        return tomllib.load(file)


QUALIFIERS_BEFORE, QUALIFIERS_AFTER, CONJUNCTIONS, EXCLUDED_BEFORE, EXCLUDED_AFTER = (
    word_set(load_lexicon()["beside"][name])
    for name in (
        *("qualifiers_before", "qualifiers_after", "conjunctions"),
        *("excluded_before", "excluded_after"),
    )
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


# Splits product names and requests into words that can be compared: without accents, plurals and
# words that name no product.

GRAMMAR_WORDS, BRIEF_WORDS, WEAK_WORDS, IGNORED_WORDS = (
    word_set(load_lexicon()["ignored"][name]) for name in ("grammar", "brief", "weak", "common")
)
COMPOUND_WORDS = [(re.compile(one), word) for one, word in load_lexicon()["compounds"].items()]
PEOPLE_EN = (
    r"people|customers?|clients?|clientes?|shoppers?|buyers?|subscribers?|those|anyone|everyone"
)
PEOPLE_FR = r"client\w*|acheteu\w*|personnes|gens|celles|ceux|abonn\w*"
PURCHASE_VERBS = (
    r"bought|purchased|ordered|loved|liked|acheté\w*|achete\w*|commandé\w*|commande\w*|aimé\w*"
)
AUDIENCE_PATTERN = re.compile(
    rf"\b(?:(?:for|to|at)\s+(?:\w+\s+){{0,2}}?(?:{PEOPLE_EN})"
    rf"|(?:pour|aux?|à)\s+(?:\w+\s+){{0,2}}?(?:{PEOPLE_FR})"
    rf"|(?:who|qui)\s+(?:\w+\s+){{0,2}}?(?:{PURCHASE_VERBS}))\b"
    r".*?(?=\b(?:about|à propos|concernant)\b|[.,;:!?\n]|$)"
)
MANNER_PATTERN = re.compile(r"\bà (?!la\b|l['’]|les?\b|partir\b|propos\b|nos\b|notre\b)[^\W\d_]+")


def tokenize_product(text: str) -> list[str]:
    return [stem_word(word) for word in split_words(text) if word not in GRAMMAR_WORDS]


def split_audience(text: str) -> tuple[str, str]:
    """Split a request into the words about the product and the other ones: whom it is for ("for
    people who bought …") and the manner (« à plat » is no dish)."""
    lower = normalize_nfc(text).lower()
    beside = [m[0] for shape in (AUDIENCE_PATTERN, MANNER_PATTERN) for m in shape.finditer(lower)]
    return MANNER_PATTERN.sub(" , ", AUDIENCE_PATTERN.sub(" , ", lower)), " , ".join(beside)


def tokenize_query(text: str) -> list[str]:
    """Return the stems of those words of a request that may name a product."""
    words = split_words(text)
    homographs = load_lexicon()["homographs"].get(detect_language(text, WRITTEN_LANGUAGES), {})
    ignored = (GRAMMAR_WORDS | BRIEF_WORDS).difference(homographs.get("things", ()))
    ignored |= {*homographs.get("grammar", ())}
    return [stem_word(word) for word in words if word not in ignored]


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case, with their accents."""
    lower = straighten_apostrophes(normalize_nfc(text).lower().replace("œ", "oe"))
    for pattern, one in COMPOUND_WORDS:
        lower = pattern.sub(one, lower)
    return re.findall(r"[^\W_]+", lower)


@lru_cache(maxsize=50_000)
def stem_word(word: str) -> str:
    """Return a word without accents, plural and French feminine endings."""
    bare = strip_accents(word)
    if len(bare) < 4 or not bare.isalpha():
        return bare
    if bare.endswith("ies") and len(bare) > 4:
        return bare[:-3] + "y"
    if bare.endswith("ie"):  # the same stem as its plural: hoodie, bougie, taie
        return bare[:-2] + "y"
    if bare.endswith("eaux"):
        return bare[:-1]
    if bare.endswith(("sses", "shes", "ches", "xes")):
        return bare[:-2]
    if bare.endswith(("s", "x")) and not bare.endswith(("ss", "us", "is", "ux")):
        bare = bare[:-1]
    return bare


@cache
def load_synonyms() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in load_lexicon()["same"]["groups"]:
        stems = {stem_word(word) for word in group}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {one: frozenset(others) for one, others in found.items()}


def list_title_words(words: Iterable[str], title: str) -> list[str]:
    """Return the words that name what the title does: "jumper" for « pull »."""
    stems, same = {*map(stem_word, split_words(title))}, load_synonyms()
    return [one for one in words if {stem_word(one), *same.get(stem_word(one), ())} & stems]


# The things, occasions and materials that a text names, in English and French.

WORDS_FILE = Path(__file__).with_suffix(".toml")
COMMON_WORDS = word_set(  # words of three letters and more that stand in any title
    "the and for with from our your les des une aux avec pour sur dans nos vos ses son sans par"
)
STEM_LETTERS = 5  # letters by which words of one family are alike


def list_concepts(text: str) -> frozenset[str]:
    """Return the keys of the things, occasions and materials that a text names."""
    return _read(text)[0]


def list_kinds(text: str) -> frozenset[str]:
    """Return the keys of the things and occasions alone."""
    return list_concepts(text) - _load_patterns()[2]


def list_name_words(text: str) -> frozenset[str]:
    """Return the concepts, and the stems of all other words that name something."""
    concepts, rest = _read(text)
    words = [word for word in tokenize(rest) if len(word) > 2 and word not in COMMON_WORDS]
    return concepts | {word[:STEM_LETTERS] for word in words}


@lru_cache(maxsize=16384)
def _read(text: str) -> tuple[frozenset[str], str]:
    """Return the concepts, and the normalized text without the words that name them."""
    pattern, concepts, _ = _load_patterns()
    found: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        found.add(concepts[(match.lastindex or 1) - 1])
        return " ; "

    rest = pattern.sub(replace, normalize_text(text))
    broader = _load_words()["broader"]
    return frozenset(found | {broader[one] for one in found & broader.keys()}), rest


@cache
def _load_words() -> dict[str, dict[str, Any]]:
    with WORDS_FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _load_patterns() -> tuple[re.Pattern[str], Sequence[str], frozenset[str]]:
    """Return one pattern for all wordings, the longest first, the concept of each, and the
    materials. The wordings stand under their first letter, so that a word is tried on few."""
    tables = _load_words()
    wordings = [
        (wording, concept)
        for table in (tables["kinds"], tables["materials"])
        for concept, some in table.items()
        for wording in some
    ]
    wordings.sort(key=lambda one: (one[0][0], -len(one[0])))
    pattern = "|".join(
        f"(?={re.escape(letter)})(?:{'|'.join(f'({_build_pattern(one)})' for one, _ in group)})"
        for letter, group in groupby(wordings, key=lambda one: one[0][0])
    )
    concepts = [concept for _, concept in wordings]
    return re.compile(rf"\b(?:{pattern})\b"), concepts, frozenset(tables["materials"])


def _build_pattern(wording: str) -> str:
    """Return the pattern of a wording: `bougie~` begins a family, a space may be a hyphen."""
    parts = [
        re.escape(word.removesuffix("~")) + (r"\w*" if word.endswith("~") else "s?")
        for word in wording.split()
    ]
    return "[ -]".join(parts)
