"""Splits product names and requests into words that can be compared: without accents, plurals and
words that name no product."""

import re
from functools import cache, lru_cache

from bot.data.catalogue.lexicon import load_lexicon
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import normalize_nfc, straighten_apostrophes, strip_accents, word_set

GRAMMAR_WORDS, BRIEF_WORDS, WEAK_WORDS, COMMON_WORDS = (
    word_set(load_lexicon()["ignored"][name]) for name in ("grammar", "brief", "weak", "common")
)
COMPOUND_WORDS = (
    (re.compile(r"\b(tee|t)[\s-]?shirt"), "tshirt"),
    (re.compile(r"\bsweat[\s-]shirt"), "sweatshirt"),
    (re.compile(r"\bbean[\s-]bag"), "beanbag"),
    (re.compile(r"\bsalad[\s-]bowl"), "saladbowl"),
    (re.compile(r"\b(?:tea|dish)[\s-]?(?:towel|cloth)"), "teatowel"),
    (re.compile(r"\bpillow[\s-]case"), "pillowcase"),
    (re.compile(r"\boven[\s-](?:glove|mitt)"), "ovenglove"),
    (re.compile(r"\bdressing[\s-]gown"), "bathrobe"),
    (re.compile(r"\be[\s-]mail"), "email"),
    (re.compile(r"\b(black friday|cyber monday)\b"), " "),
)
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
    """Return the stems of a product's words."""
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
    french = detect_language(text, WRITTEN_LANGUAGES) == "fr"
    stops = GRAMMAR_WORDS - {"the"} if french else GRAMMAR_WORDS
    ignored = stops | BRIEF_WORDS | ({"car"} if french else frozenset())
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
    """Return the synonyms of each stem, in both languages."""
    found: dict[str, set[str]] = {}
    for group in load_lexicon()["same"]["groups"]:
        stems = {stem_word(word) for word in group}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {one: frozenset(others) for one, others in found.items()}
