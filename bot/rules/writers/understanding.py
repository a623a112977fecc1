"""Understands the product of a request: from its facts, or from what the brief calls it."""

import re
from decimal import Decimal

from bot.core.facts import Evidence, Fact
from bot.core.request import SkillRequest
from bot.i18n.messages import Language
from bot.rules.writers import lexicon
from bot.rules.writers.described import WITH, attributes, describe
from bot.rules.writers.goods import IMMATERIAL, Goods
from bot.text.sentences import strip_html

LONG, LONGEST = 40, 60  # characters of a name

NAMED_BY = 60  # characters of a description in which it may say what the thing is

_SEASONS = {
    "summer": r"\b(?:summer|été|estivale?s?)\b",
    "winter": r"\b(?:winter|hiver|cold weather)\b",
    "autumn": r"\b(?:autumn|fall|automne)\b",
    "spring": r"\b(?:spring|printemps)\b",
}


def understand(request: SkillRequest, evidence: Evidence) -> Goods:
    """The product of this request, from its facts, or from what the brief calls it."""
    goods = Goods(language=request.language)
    facts = _facts(request, evidence)
    name = facts.get("name")
    goods.name = (
        strip_html(str(name.value)) if name else (request.brief.product_words or "").strip()
    )
    goods.name = re.sub(r"\s*\((?:lot|set|pack|pair|x|\d+ )[^)]*\)$", "", goods.name, flags=re.I)
    goods.name = _uncoloured(goods.name)
    if not goods.name:
        return goods
    if len(goods.name) > LONG:  # what a marketplace adds behind the name
        pieces = re.split(r"\s+[-–|/]\s+|\s\(|,\s", goods.name)
        alone = " " not in pieces[0]  # a maker's name, as a rule, and not the thing's
        goods.name = max(pieces, key=len) if alone else pieces[0]
    if len(goods.name) > LONGEST:
        goods.name = goods.name.split(": ")[0]
    goods.name = goods.name.replace(": ", ", ")  # in a sentence, a colon has its own use
    goods.cites["name"] = (name.id,) if name else ()
    if not name:
        goods.name = re.sub(
            r"\s+(?:(?:at|in) (?:the|our) (?:shop|store)|(?:à la|en) boutique)$", "", goods.name
        )
        before = rf"\b(le|la|les|l['’]|nos|notre) ?{re.escape(goods.name)}"
        typed = re.search(before, request.brief.words, re.IGNORECASE)
        goods.typed_with = typed[1].lower().replace("’", "'") if typed else ""
    goods.name_language = lexicon.language_of(goods.name)
    described = facts.get("description")
    text = strip_html(str(described.value)) if described else ""
    _name(goods, facts, text)
    goods.plural |= goods.typed_with in ("les", "nos") and goods.noun is None
    _make(goods, facts)
    if described:
        describe(goods, described, text)
    _sell(goods, facts)
    _season(goods, text)
    return goods


def _uncoloured(name: str) -> str:
    """Without a colour in brackets behind it: "(Green)"."""
    behind = re.search(r"\s*\(([^()]*)\)$", name)
    if not behind:
        return name
    there = lexicon.language_of(behind[1]) or "en"
    hits = [hit for hit in lexicon.scan(behind[1], there) if hit.as_a("colours")]
    return name[: behind.start()] if sum(len(h.word) for h in hits) == len(behind[1]) else name


def _facts(request: SkillRequest, evidence: Evidence) -> dict[str, Fact]:
    """The facts of the product asked for, by label."""
    product = request.brief.product
    mine = [
        f for f in evidence.of("product") if not product or f.id.startswith(f"product.{product}.")
    ]
    return {fact.label: fact for fact in reversed(mine or evidence.of("product"))}


def _name(goods: Goods, facts: dict[str, Fact], text: str) -> None:
    """The noun, and the colours and materials that its name says."""
    language = goods.name_language or lexicon.language_of(text) or goods.language
    bare = re.split(r"\s+(?:with|avec)\s+|\s*[(–—|]\s*|,\s", _unbranded(goods.name, facts))[0]
    hits = lexicon.scan(bare, language)
    heads = [hit for hit in hits if hit.as_a("nouns")]
    filed = not heads
    if not heads:
        language, heads = _filed(goods, facts, text, language)
    if heads:
        head = heads[-1] if language == "en" else heads[0]
        goods.noun = lexicon.nouns()[head.as_a("nouns") or ""]
        many = head.plural("nouns") and language not in goods.noun.plural and not filed
        goods.plural = many or goods.language in goods.noun.plural
        said = goods.noun.one[language][0] if filed and not goods.plural else head.word.lower()
        goods.noun_word = _noun_word(goods, said, language)
        if (goods.language, language) == ("fr", "en") and (both := _pair(bare)):
            goods.noun_word, goods.plural = both, False
        hits = [hit for hit in hits if hit is not head]
    attributes(goods, hits)
    if goods.kind in IMMATERIAL:
        goods.materials = [key for key in goods.materials if key.endswith("wax")]
    goods.named_colours, goods.named_materials = list(goods.colours), list(goods.materials)
    goods.named_traits = list(goods.traits)


def _unbranded(name: str, facts: dict[str, Fact]) -> str:
    """The name without the maker's: a scooter of Galt Toys is no toy by name."""
    maker = str(facts["vendor"].value) if "vendor" in facts else ""
    bare = " ".join(re.sub(rf"(?<!\w){re.escape(maker)}(?!\w)", " ", name).split())
    return bare if maker and bare else name


def _filed(
    goods: Goods, facts: dict[str, Fact], text: str, language: Language
) -> tuple[Language, list[lexicon.Hit]]:
    """What it is by what it is filed under, or by how its description begins. A category that
    takes in several things does not say what it is: bikes, trikes and ride-ons."""
    for label in ("type", "description", "tags"):
        value = text if label == "description" else _said(facts, label)
        there = lexicon.language_of(value) or language
        if label == "description":
            first = WITH.split(value)[0][:NAMED_BY]
            found = [hit for hit in lexicon.scan(first, there) if hit.as_a("nouns")]
        else:
            steps = [step.strip() for step in re.split(r"[,>]", value)]
            found = [hit for step in steps if (hit := _named_by(step, there))]
            if label == "tags":  # bikes, scooters: one of several, if nothing else says which
                own = f"{goods.name} {text}".lower()
                found = [hit for hit in found if hit.word.lower().rstrip("s") in own]
        if found:
            return there, found[-1:] if there == "en" else found[:1]
    return language, []


def _said(facts: dict[str, Fact], label: str) -> str:
    return str(facts[label].value) if label in facts else ""


def _named_by(step: str, language: Language) -> lexicon.Hit | None:
    """The thing that a category is called by, alone or with what it is made of: "Linen shirts"."""
    hits = lexicon.scan(step, language)
    heads = [hit for hit in hits if hit.as_a("nouns")]
    rest = step
    for hit in reversed(hits):
        rest = rest[: hit.start] + rest[hit.end :]
    if len(heads) != 1 or re.sub(r"\b(?:en|de|d'|of|in)\b|\W", "", rest):
        return None
    return None if lexicon.nouns()[heads[0].as_a("nouns") or ""].kind == "toy" else heads[0]


def _pair(name: str) -> str:
    """« ensemble jupe et top », of a Skirt and Top."""
    two = re.search(r"\w+ (?:and|&) \w+$", name)
    hits = [hit for hit in lexicon.scan(two[0], "en") if hit.as_a("nouns")] if two else []
    if two is None or len(hits) != 2:
        return ""
    known = [(lexicon.nouns()[hit.as_a("nouns") or ""], hit.plural("nouns")) for hit in hits]
    one, other = ((noun.many if many else noun.one)["fr"][0] for noun, many in known)
    return f"ensemble {one} et {other}"


def _noun_word(goods: Goods, said: str, language: Language) -> str:
    """The noun in the text's language: the word that the name uses, where it is in it."""
    assert goods.noun
    if language == goods.language:
        return said
    forms = goods.noun.many if goods.plural else goods.noun.one
    if goods.language in goods.noun.plural:
        forms = goods.noun.many
    return forms[goods.language][0]


def _make(goods: Goods, facts: dict[str, Fact]) -> None:
    """What a materials fact says it is made of."""
    made = facts.get("materials")
    if made and goods.kind not in IMMATERIAL:
        value = str(made.value)
        there = lexicon.language_of(value) or goods.language
        found = [k for hit in lexicon.scan(value, there) if (k := hit.as_a("materials"))]
        goods.materials = list(dict.fromkeys([*goods.materials, *found]))
        goods.cites["materials"] = (made.id,)


def _sell(goods: Goods, facts: dict[str, Fact]) -> None:
    price, lowest = facts.get("price"), facts.get("lowest price 30 days")
    if price and isinstance(price.value, Decimal) and price.unit:  # 80 of what is no price
        goods.price = price
        goods.cites["price"] = (price.id,)
        if lowest and isinstance(lowest.value, Decimal) and lowest.value > price.value:
            goods.before = lowest
            goods.cites["before"] = (price.id, lowest.id)
    goods.maker = facts.get("vendor")
    if sizes := facts.get("sizes"):
        values = [s.strip() for s in re.split(r"[,;/]", str(sizes.value)) if s.strip()]
        goods.sizes = [s for s in values if s.lower() != "default title"]
        goods.cites["sizes"] = (sizes.id,)
    if colours := facts.get("colours"):
        goods.range = _shades(str(colours.value), goods.language)
        text = str(facts["description"].value) if "description" in facts else ""
        if _all_in(goods.range, f"{goods.name} {text}", goods.language):
            goods.range = []  # black and red stripes are no choice between black and red
        goods.cites["range"] = (colours.id,)
    usual = {
        "name",
        "price",
        "compare-at price",
        "lowest price 30 days",
        "description",
        "type",
        "vendor",
        "tags",
        "sizes",
        "colours",
        "materials",
        "link",
        "stock",
    }
    goods.more = [fact for label, fact in facts.items() if label not in usual]


def _shades(value: str, language: Language) -> list[str]:
    """Colours in the text's language; none when one of them can't be said in it."""
    shades = [shade.strip().lower() for shade in re.split(r"[,;/]", value) if shade.strip()]
    there = lexicon.language_of(value) or language
    if there == language:
        return shades
    found = [lexicon.scan(shade, there) for shade in shades]
    keys = [next((k for hit in hits if (k := hit.as_a("colours"))), None) for hits in found]
    if None in keys:
        return []
    terms = [lexicon.terms("colours")[key] for key in dict.fromkeys(keys) if key]
    return [term.en[0] if language == "en" else term.french() for term in terms]


def _all_in(shades: list[str], text: str, language: Language) -> bool:
    """Whether the text names all of these colours."""
    there = lexicon.language_of(text) or language
    said = {hit.as_a("colours") for hit in lexicon.scan(text, there)}
    keys = {h.as_a("colours") for shade in shades for h in lexicon.scan(shade, language)}
    return bool(keys) and None not in keys and keys <= said


def _season(goods: Goods, text: str) -> None:
    whole = f"{goods.name} {text}"
    goods.seasons = [s for s, shape in _SEASONS.items() if re.search(shape, whole, re.I)]
    goods.named_seasons = [s for s in goods.seasons if re.search(_SEASONS[s], goods.name, re.I)]
