"""How what is known of a product is worded: a price, its sizes, its colours, a narrow collar."""

import re

from bot.core.facts import Fact
from bot.i18n.messages import Language
from bot.rules.writers import lexicon
from bot.rules.writers.details import Detail
from bot.rules.writers.goods import Goods

COUNT = {"en": ["", "", "two", "three", "four"], "fr": ["", "", "deux", "trois", "quatre"]}


def price(fact: Fact, language: Language) -> str:
    """An amount without idle decimals: €59, 59 €."""
    spelled = fact.spelled(language)
    return re.sub(r"[.,]00(?=\D|$)", "", spelled)


def listed(items: list[str], language: Language) -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + (" and " if language == "en" else " et ") + items[-1]


def sizes(goods: Goods) -> str:
    """`from S to XL` where they follow one another; else the list."""
    known = ["XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL"]
    said = goods.sizes
    places = [known.index(size.upper()) for size in said if size.upper() in known]
    letters = bool(places) and places == list(range(places[0], places[0] + len(said)))
    measured = all(re.match(r"\d+(?:$| ?[x-] ?\d+)", size) for size in said)
    english = goods.language == "en"
    if len(said) > 2 and (letters or measured):
        return f"from {said[0]} to {said[-1]}" if english else f"du {said[0]} au {said[-1]}"
    if len(said) < 2:
        return ""
    return ("in " if english else "en ") + listed(said, goods.language)


def colours(goods: Goods) -> str:
    """The colours it comes in, as a list."""
    return listed(goods.range, goods.language) if len(goods.range) > 1 else ""


def detail(one: Detail, language: Language, article: bool = True) -> str:
    """`a narrow collar`, `two chest pockets`; `un col étroit`, `deux poches poitrine`."""
    part = lexicon.terms("parts")[one.part]
    said = [(table, lexicon.terms(table)[key]) for table, key in one.about]
    if language == "en":
        word = part.en_many[0] if one.plural else part.en[0]
        word = one.word if one.language == "en" else word
        bare = " ".join([*(term.en[0] for _, term in said), word])
        if one.count:
            return f"{COUNT['en'][min(one.count, 4)]} {bare}"
        return bare if one.plural or not article else a(bare)
    word = one.word if one.language == "fr" else part.fr[1 if one.plural else 0][0]
    gender = part.gender_of(word)
    early = [t for _, t in said if t.key in ("large", "small", "long") and t.key != "long"]
    late = [
        ("en " if table == "materials" else "") + term.french(gender, one.plural)
        for table, term in said
        if term not in early
    ]
    late.sort(key=lambda form: (form in ("devant", "sur les côtés"), form != "poitrine"))
    bare = " ".join([*(t.french(gender, one.plural) for t in early), word, *late])
    if one.count:
        return f"{COUNT['fr'][min(one.count, 4)]} {bare}"
    if not article:
        return bare
    if one.plural:
        return f"de {bare}" if early else f"des {bare}"
    return f"{'une' if gender == 'f' else 'un'} {bare}"


def gender_of(one: Detail, language: Language) -> str:
    """The gender of the word a detail is called by."""
    part = lexicon.terms("parts")[one.part]
    word = one.word if one.language == language else part.fr[1 if one.plural else 0][0]
    return part.gender_of(word)


def a(bare: str) -> str:
    """a shirt, an olive jacket, a unique one."""
    vowel = re.match(r"[aeio]|u(?!ni|se)|hour|honest", bare, re.IGNORECASE)
    return f"{'an' if vowel else 'a'} {bare}"
