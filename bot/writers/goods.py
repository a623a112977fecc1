"""A product as the offline writer understands it: what it is, made of what, with which details."""

import html
import re
from dataclasses import dataclass, field
from decimal import Decimal

from bot.evidence import Evidence, Fact
from bot.request import Request
from bot.words import Language
from bot.writers import lexicon
from bot.writers.details import Detail, find, negated
from bot.writers.lexicon import Hit, Noun
from bot.writers.specs import Spec
from bot.writers.specs import read as read_specs

# Where what a thing is made of is not what one buys.
IMMATERIAL = {"candle", "scent", "care", "food", "drink", "tech", "book", "toy", "event"}
LONG = 40  # characters of a name
RICH = 160  # characters of description from which its sentences are worth more than our lists
BUCKLED = {"shoes", "bag", "jacket", "top", "dress", "bottom", "suit", "hat"}
NAMED_BY = 60  # characters of a description in which it may say what the thing is
_WITH = re.compile(r"[,;]?\s+(?:with|avec|featuring|complete)\b|[,;] (?=this\b|cette?\b)", re.I)
_SEASONS = {
    "summer": r"\b(?:summer|été|estivale?s?)\b",
    "winter": r"\b(?:winter|hiver|cold weather)\b",
    "autumn": r"\b(?:autumn|fall|automne)\b",
    "spring": r"\b(?:spring|printemps)\b",
}
_SHOUT = re.compile(
    r"[A-Z]{5,}|!|(?i:\bperfect\b|\bbest\b|\bparfait|\bmeilleur|\bplease\b|package include"
    r"|\bdelight\b|\bsure to\b|\bmagic\b|\bfavourite\b)"
    r"|: [^.]*\w: "  # a list of labels, run together
)
# Praise that opens a catalogue's sentence and says nothing of the thing.
_PRAISE = re.compile(
    r"^(?:(?:a|an|un|une) )?(?:(?:(?:ultra|very|so)[- ])?(?:stylish|chic|sleek|classic|elegant"
    r"|lovely|beautiful|gorgeous|stunning|amazing|great|cute|trendy|fashionable|comfortable|vibrant),?"
    r" (?=\w))+",
    re.IGNORECASE,
)
FEW = 2  # things told: below, a sentence of the catalogue tells more than our lists


@dataclass
class Goods:
    """A product in one language. `cites` says which facts each kind of knowledge stands on."""

    language: Language
    name: str = ""
    name_language: Language | None = None
    noun: Noun | None = None
    typed_with: str = ""  # the article typed before a thing that no catalogue knows
    noun_word: str = ""  # the form used, singular or plural as the name has it
    plural: bool = False
    materials: list[str] = field(default_factory=list)
    named_materials: list[str] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    named_colours: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    traits: list[str] = field(default_factory=list)
    of_parts: list[str] = field(default_factory=list)  # materials of its legs, not of itself
    details: list[Detail] = field(default_factory=list)
    named_traits: list[str] = field(default_factory=list)
    seasons: list[str] = field(default_factory=list)
    named_seasons: list[str] = field(default_factory=list)
    sayings: list[str] = field(default_factory=list)  # clean sentences of the catalogue
    specs: list[Spec] = field(default_factory=list)  # what the description says, readable
    price: Fact | None = None
    before: Fact | None = None  # the lowest price of the last 30 days, when above the price
    sizes: list[str] = field(default_factory=list)
    range: list[str] = field(default_factory=list)  # the colours it comes in
    more: list[Fact] = field(default_factory=list)  # other facts, as they are
    cites: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return bool(self.name)

    @property
    def rich(self) -> bool:
        """Whether the catalogue's own sentences carry a text in this language: there are several,
        or our lists find next to nothing in them."""
        told = [*self.specs, *self.traits, *(one for one in self.details if one.about)]
        if self.sayings and len(told) < FEW:
            return bool(_fresh(" ".join(self.sayings), self.name))
        return len(" ".join(self.sayings)) >= RICH and len(self.sayings) > 1

    @property
    def kind(self) -> str:
        return self.noun.kind if self.noun else "other"

    @property
    def gender(self) -> str:
        return self.noun.genders.get(self.noun_word, "m") if self.noun else "m"


def understand(request: Request, evidence: Evidence) -> Goods:
    """The product of this request, from its facts, or from what the brief calls it."""
    goods = Goods(language=request.language)
    facts = _facts(request, evidence)
    name = facts.get("name")
    goods.name = _clean(str(name.value)) if name else (request.brief.product_words or "").strip()
    goods.name = re.sub(r"\s*\((?:lot|set|pack|pair|x|\d+ )[^)]*\)$", "", goods.name, flags=re.I)
    if not goods.name:
        return goods
    if len(goods.name) > LONG:  # what a marketplace adds behind the name
        goods.name = re.split(r"\s+[-–|/]\s+|:\s|\s\(|,\s", goods.name)[0]
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
    text = _clean(str(described.value)) if described else ""
    _name(goods, facts, text)
    goods.plural |= goods.typed_with in ("les", "nos") and goods.noun is None
    _make(goods, facts)
    if described:
        _describe(goods, described, text)
    _sell(goods, facts)
    _season(goods, text)
    return goods


def _facts(request: Request, evidence: Evidence) -> dict[str, Fact]:
    """The facts of the product asked for, by label."""
    product = request.brief.product
    mine = [
        f for f in evidence.of("product") if not product or f.id.startswith(f"product.{product}.")
    ]
    return {fact.label: fact for fact in reversed(mine or evidence.of("product"))}


def _name(goods: Goods, facts: dict[str, Fact], text: str) -> None:
    """The noun, and the colours and materials that its name says."""
    language = goods.name_language or lexicon.language_of(text) or goods.language
    bare = re.split(r"\s+(?:with|avec)\s+|\s*[(–—|]\s*|,\s", goods.name)[0]
    hits = lexicon.scan(bare, language)
    heads = [hit for hit in hits if hit.as_a("nouns")]
    if not heads:
        for label in ("type", "description", "tags"):
            value = (
                text
                if label == "description"
                else str(facts[label].value)
                if label in facts
                else ""
            )
            there = lexicon.language_of(value) or language
            first = _WITH.split(value)[0]
            first = first[:NAMED_BY] if label == "description" else first
            if found := [hit for hit in lexicon.scan(first, there) if hit.as_a("nouns")]:
                heads = found[-1:] if there == "en" else found[:1]
                language = there
                break
    if heads:
        head = heads[-1] if language == "en" else heads[0]
        goods.noun = lexicon.nouns()[head.as_a("nouns") or ""]
        many = head.plural("nouns") and language not in goods.noun.plural
        goods.plural = many or goods.language in goods.noun.plural
        goods.noun_word = _noun_word(goods, head.word.lower(), language)
        hits = [hit for hit in hits if hit is not head]
    _attributes(goods, hits)
    if goods.kind in IMMATERIAL:
        goods.materials = [key for key in goods.materials if key.endswith("wax")]
    goods.named_colours, goods.named_materials = list(goods.colours), list(goods.materials)
    goods.named_traits = list(goods.traits)


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


def _attributes(goods: Goods, hits: list[Hit], cite: str | None = None) -> None:
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


def _describe(goods: Goods, fact: Fact, text: str) -> None:
    """The description: details first, then what is said of the whole thing."""
    language = lexicon.language_of(text) or goods.language
    goods.cites["description"] = (fact.id,)
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        hits = lexicon.scan(sentence, language)
        parts, used = find(sentence, hits, language, goods.noun)
        told = {detail.part: detail for detail in reversed([*goods.details, *parts])}
        goods.details = list(reversed(told.values()))
        ends = _WITH.search(sentence)
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
            _attributes(goods, whole, fact.id)
        elif goods.noun:  # of a thing we know, what is said further on is said of it too
            _attributes(goods, [hit for hit in whole if hit.as_a("traits")], fact.id)
    if language == "fr" and goods.kind not in BUCKLED:  # a towel's « boucle » is a loop
        goods.details = [detail for detail in goods.details if detail.part != "buckle"]
    for detail in goods.details:  # "adjustable" of a belt is not said of the jacket
        for _, key in detail.about:
            if key in goods.traits and not re.search(rf"\b{key}\b", goods.name, re.I):
                goods.traits.remove(key)
    goods.specs = read_specs(text, language, goods.language)
    if language == goods.language:
        own = (_unpraised(s) for s in re.split(r"(?<=[.!?])\s+", text) if _sayable(s))
        goods.sayings = [s for s in own if _fresh(s, goods.name)]
    _own_materials(goods, text, language)


def _sell(goods: Goods, facts: dict[str, Fact]) -> None:
    price, lowest = facts.get("price"), facts.get("lowest price 30 days")
    if price and isinstance(price.value, Decimal) and price.unit:  # 80 of what is no price
        goods.price = price
        goods.cites["price"] = (price.id,)
        if lowest and isinstance(lowest.value, Decimal) and lowest.value > price.value:
            goods.before = lowest
            goods.cites["before"] = (price.id, lowest.id)
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


def _season(goods: Goods, text: str) -> None:
    whole = f"{goods.name} {text}"
    goods.seasons = [s for s, shape in _SEASONS.items() if re.search(shape, whole, re.I)]
    goods.named_seasons = [s for s in goods.seasons if re.search(_SEASONS[s], goods.name, re.I)]


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


def _all_in(shades: list[str], text: str, language: Language) -> bool:
    """Whether the text names all of these colours."""
    there = lexicon.language_of(text) or language
    said = {hit.as_a("colours") for hit in lexicon.scan(text, there)}
    keys = {h.as_a("colours") for shade in shades for h in lexicon.scan(shade, language)}
    return bool(keys) and None not in keys and keys <= said


def _unpraised(sentence: str) -> str:
    bare = _PRAISE.sub("", sentence)
    return bare[:1].upper() + bare[1:]


def _fresh(text: str, name: str) -> bool:
    """Whether it says two words or more that the name does not."""
    words = re.findall(r"[^\W\d_]{4,}", text)
    said = {word.lower().rstrip("s") for word in words if not _PRAISE.match(f"{word} x")}
    return len(said - {word.rstrip("s") for word in re.findall(r"[^\W\d_]+", name.lower())}) > 1


def _clean(text: str) -> str:
    """Without HTML, with single spaces."""
    plain = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
    return re.sub(r"^(?:product )?description:? (?=[A-ZÀ-Ý])", "", plain, flags=re.IGNORECASE)


def _sayable(sentence: str) -> bool:
    begins = sentence[:1].isupper() or sentence[:1].isdigit()
    glued = re.search(r"[a-zà-ÿ]{3}[A-ZÀ-Ý][a-zà-ÿ]{2}", sentence)  # "railwaySanta"
    return 15 <= len(sentence) <= 240 and begins and not glued and not _SHOUT.search(sentence)
