"""How a product is called in a sentence: the linen shirt, it; la chemise en lin, elle."""

import re

from bot.i18n import typography
from bot.i18n.messages import Language
from bot.rules.writers import lexicon
from bot.rules.writers.goods import Goods
from bot.rules.writers.worded import a

_PLAIN = re.compile(
    r"(?:classic|soft|summer|winter|spring|autumn|fall|sports?|dark|light|long|short|outdoor|indoor"
    r"|garden|gardening|hand|small|large|mini|big|vintage|new|men's|women's|kids|children's|sleeve"
    r"|high|low|wide|round|square|the|and|with|in|of|for|a|set|pair|bed|throw|four|two|seater"
    r"|petite?s?|grande?s?|nouve(?:au|lle)s?|longue?s?|courte?s?|à|en|de|du|la|le|les|et|avec|pour"
    r"|d'été|d'hiver|homme|femme|enfant|ronde?s?|haute?s?|classique|biodegradable|varsity|casual)$",
    re.IGNORECASE,
)
_VOWEL = re.compile(rf"(?!{typography.ASPIRATED_H})[aeiouyàâéèêëîïôûœh]", re.IGNORECASE)
SMALL = re.compile(
    r"en|de|du|des|la|le|les|à|au|aux|et|pour|par|sur|[dl]['’]\w*|x|\d+", re.IGNORECASE
)
ABOUT = ("modifiers", "colours", "patterns", "traits")
SEASON = {
    "summer": "d'été",
    "winter": "d'hiver",
    "autumn": "d'automne",
    "spring": "de printemps",
}


def names(goods: Goods) -> dict[str, str]:
    """What fills the gaps that speak of the product."""
    if not goods.known:
        return {}
    return _english(goods) if goods.language == "en" else _french(goods)


def _english(goods: Goods) -> dict[str, str]:
    bare = goods.name if goods.name_language != "fr" else ""
    if bare and _all_known(bare, "en"):
        bare = _lowered(bare, "en")
    if not bare:
        bare = _built_en(goods)
    noun = goods.noun_word or bare
    many = goods.noun.many["en"][0] if goods.noun else ""
    plural = goods.plural
    return {
        "name": goods.name if goods.name_language != "fr" else bare,
        "bare": bare,
        "the": bare if re.match(r"(?:the|our|my|le|la|les)\b", bare, re.I) else f"the {bare}",
        "the_short": f"the {goods.noun_word}" if goods.noun_word else "",
        "a": bare if plural else a(bare),
        "this": f"{'these' if plural else 'this'} {noun}" if goods.noun else "it",
        "noun": noun if goods.noun else "",
        "nouns": many,
        "it": "they" if plural else "it",
        "them": "them" if plural else "it",
        "its": "their" if plural else "its",
        "one": "these" if plural else "this one",
    }


def _french(goods: Goods) -> dict[str, str]:
    noun, plural, gender = goods.noun, goods.plural, goods.gender
    bare = goods.name if goods.name_language != "en" else ""
    if bare and noun and bare.lower().startswith(goods.noun_word):
        bare = _lowered(bare, "fr") if _shouted(bare) else bare[0].lower() + bare[1:]
    elif noun and ((built := _built_fr(goods)) != goods.noun_word or " et " in built):
        bare = built
    else:
        return _nameless(goods)
    starts = bool(_VOWEL.match(bare))
    article = "les " if plural else "l'" if starts else "la " if gender == "f" else "le "
    du = "des " if plural else "de l'" if starts else "de la " if gender == "f" else "du "
    au = "aux " if plural else "à l'" if starts else "à la " if gender == "f" else "au "
    un = "des " if plural else "une " if gender == "f" else "un "
    word = goods.noun_word
    this = "ces" if plural else "cette" if gender == "f" else "cet" if _VOWEL.match(word) else "ce"
    forms = [
        ("il", "elle", "ils", "elles"),
        ("celui-ci", "celle-ci", "ceux-ci", "celles-ci"),
        ("le", "la", "les", "les"),
        ("un", "une", "", ""),
    ]
    il, ci, le, _ = (row[(gender == "f") + 2 * plural] for row in forms)
    return {
        "name": goods.name if goods.name_language != "en" else bare,
        "bare": bare,
        "the_short": article + re.split(r" (?:en|pour) ", bare)[0],
        "the": article + bare,
        "a": un + bare,
        "of": du + bare,
        "to": au + bare,
        "this": f"{this} {word}",
        "noun": word,
        "nouns": noun.many["fr"][0],
        "it": il,
        "one": ci,
        "them": le,
    }


def _nameless(goods: Goods) -> dict[str, str]:
    """A product whose gender we don't know: by its name alone."""
    name, word = goods.name, goods.typed_with
    the = f"{word}{'' if word.endswith(chr(39)) else ' '}{name}" if word else name
    of = {"le": f"du {name}", "les": f"des {name}"}.get(word, f"de {the}")
    to = {"le": f"au {name}", "les": f"aux {name}"}.get(word, f"à {the}")
    return {"name": name, "bare": name, "the": the, "a": the, "of": of, "to": to}


def _built_en(goods: Goods) -> str:
    pieces = [lexicon.terms("colours")[key].en[0] for key in goods.named_colours[:1]]
    pieces += [lexicon.terms("patterns")[key].en[0] for key in goods.patterns[:1]]
    materials = goods.named_materials or goods.materials
    noun = goods.noun_word or goods.name
    made = [lexicon.terms("materials")[key].en[0] for key in materials[:1]]
    pieces += [word for word in made if word not in noun]  # no glass glasses
    return " ".join([*proper(goods), *pieces, noun])


def _built_fr(goods: Goods) -> str:
    """From an English catalogue: noun, colour, pattern, what else it is called, material."""
    if " et " in goods.noun_word:  # a skirt and a top: what is said of the one is not of the other
        return goods.noun_word
    agree = (goods.gender, goods.plural)
    colours = goods.named_colours or ([] if goods.named_materials else goods.colours)
    materials = goods.named_materials or goods.materials
    pieces = [goods.noun_word, *proper(goods)]
    pieces += [lexicon.terms("colours")[key].french(*agree) for key in colours[:1]]
    pieces += [lexicon.terms("patterns")[key].french(*agree) for key in goods.patterns[:1]]
    pieces += [lexicon.terms("traits")[key].french(*agree) for key in goods.named_traits[:1]]
    if len(pieces) < 3:
        pieces += [SEASON[season] for season in goods.named_seasons[:1]]
    pieces += ["en " + lexicon.terms("materials")[key].fr[0][0] for key in materials[:1]]
    if len(pieces) == 1 and goods.name_language == "en":  # nothing known tells it apart
        rest = _without_noun(goods)
        pieces += [rest] if rest and len(rest) <= 30 else []
    return " ".join(pieces)


def _without_noun(goods: Goods) -> str:
    """`Classic Varsity`, of the Classic Varsity Top."""
    hits = [hit for hit in lexicon.scan(goods.name, "en") if hit.as_a("nouns")]
    if not hits:
        return ""
    return " ".join((goods.name[: hits[-1].start] + goods.name[hits[-1].end :]).split())


def proper(goods: Goods) -> list[str]:
    """The name of its own that a product has: Alba, of "Chemise Alba en lin"."""
    if goods.name_language != "fr":
        return []  # English names have capitals throughout: none of them tells
    if _shouted(goods.name):
        return []  # Every Word Has A Capital: none of them tells
    words = re.split(r" (?:en|pour|avec|with|in|for) ", goods.name)[0].split()
    hits = [h for h in lexicon.scan(goods.name, "fr") if h.as_a("nouns", *ABOUT)]
    known = {piece for hit in hits for piece in hit.word.lower().split()}
    own = [n for n, w in enumerate(words) if n and w[:1].isupper() and w.lower() not in known]
    if not own:
        return []
    first = own[0]
    while first > 1 and words[first - 1][:1].isupper():  # Grand Jour
        first -= 1
    named = words[first:]
    while len(named) > 1 and named[-1].lower() in known:
        named.pop()
    return [" ".join(named)]


def _shouted(name: str) -> bool:
    """Whether Every Word Has A Capital, the small ones aside."""
    return all(word[:1].isupper() or SMALL.fullmatch(word) for word in name.split())


def _all_known(name: str, language: Language) -> bool:
    left = name
    for hit in reversed(lexicon.scan(name, language)):
        left = left[: hit.start] + " " + left[hit.end :]
    return all(_PLAIN.match(word) or word.isupper() for word in re.findall(r"[\w'’-]+", left))


def _lowered(name: str, language: Language) -> str:
    """Known words in lower case; a proper name keeps its capital."""
    known = {at for hit in lexicon.scan(name, language) for at in range(hit.start, hit.end)}
    return re.sub(
        r"[\w'’-]+",
        lambda m: (
            m[0].lower()
            if (m.start() in known or _PLAIN.match(m[0])) and not (m[0].isupper() and len(m[0]) > 1)
            else m[0]
        ),
        name,
    )
