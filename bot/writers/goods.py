"""A product as the offline writer understands it: what it is, made of what, with which details."""

import html
import re
from dataclasses import dataclass, field
from decimal import Decimal

from bot.evidence import Evidence, Fact
from bot.request import Request
from bot.words import Language
from bot.writers import lexicon
from bot.writers.lexicon import Hit, Noun

# Where what a thing is made of is not what one buys.
IMMATERIAL = {"candle", "scent", "care", "food", "drink", "tech", "book", "toy", "event"}
COUNTS = {
    "en": {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    "fr": {"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6},
}
_NO = re.compile(
    r"\b(?:no|without|sans|pas de|ni|dans|sous|under|into)\s+(?:\w+\s+){0,2}$|\bin (?:a|your)\s+$",
    re.IGNORECASE,
)
_WITH = re.compile(r"[,;]?\s+(?:with|avec|featuring|complete)\b|[,;] (?=this\b|cette?\b)", re.I)
_JOIN = re.compile(r"[\s,]*(?:\band\b|\bet\b)?[\s,]*")
_SEASONS = {
    "summer": r"\b(?:summer|été|estivale?s?)\b",
    "winter": r"\b(?:winter|hiver|cold weather)\b",
    "autumn": r"\b(?:autumn|fall|automne)\b",
    "spring": r"\b(?:spring|printemps)\b",
}
_SHOUT = re.compile(r"[A-Z]{5,}|!|(?i:\bperfect\b|\bbest\b|\bparfait|\bmeilleur)")


@dataclass(frozen=True)
class Detail:
    """A part with what is said of it: two chest pockets, long sleeves."""

    part: str
    about: tuple[tuple[str, str], ...]  # (table, key), in the order said
    count: int
    plural: bool
    word: str = ""  # as the catalogue calls it
    language: Language = "en"


@dataclass
class Goods:
    """A product in one language. `cites` says which facts each kind of knowledge stands on."""

    language: Language
    name: str = ""
    name_language: Language | None = None
    noun: Noun | None = None
    noun_word: str = ""  # the form used, singular or plural as the name has it
    plural: bool = False
    materials: list[str] = field(default_factory=list)
    named_materials: list[str] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    named_colours: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    traits: list[str] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    named_traits: list[str] = field(default_factory=list)
    seasons: list[str] = field(default_factory=list)
    named_seasons: list[str] = field(default_factory=list)
    sayings: list[str] = field(default_factory=list)  # clean sentences of the catalogue
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
    goods.cites["name"] = (name.id,) if name else ()
    goods.name_language = lexicon.language_of(goods.name)
    described = facts.get("description")
    text = _clean(str(described.value)) if described else ""
    _name(goods, facts, text)
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
                kept.append(key)
                goods.cites.setdefault(table, (cite,) if cite else goods.cites.get("name", ()))
                break


def _describe(goods: Goods, fact: Fact, text: str) -> None:
    """The description: details first, then what is said of the whole thing."""
    language = lexicon.language_of(text) or goods.language
    goods.cites["description"] = (fact.id,)
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        hits = lexicon.scan(sentence, language)
        used = _details(goods, sentence, hits, language)
        ends = _WITH.search(sentence)
        border = ends.start() if ends else len(sentence)
        whole = [
            hit
            for hit in hits
            if hit not in used
            and not hit.as_a("nouns", "parts")
            and (hit.start < border or hit.as_a("traits"))
            and not _NO.search(sentence[: hit.start])
        ]
        if goods.materials:  # "as supple as a jersey" does not make it one
            whole = [hit for hit in whole if not hit.as_a("materials")]
        first = text.startswith(sentence)
        _attributes(goods, whole if first else [h for h in whole if h.as_a("traits")], fact.id)
    for detail in goods.details:  # "adjustable" of a belt is not said of the jacket
        for _, key in detail.about:
            if key in goods.traits and not re.search(rf"\b{key}\b", goods.name, re.I):
                goods.traits.remove(key)
    if language == goods.language:
        goods.sayings = [s for s in re.split(r"(?<=[.!?])\s+", text) if _sayable(s)]


def _details(goods: Goods, sentence: str, hits: list[Hit], language: Language) -> list[Hit]:
    """The parts in a sentence, each with the known words that belong to it."""
    used: list[Hit] = []
    for at, hit in enumerate(hits):
        part = hit.as_a("parts")
        if not part or hit in used or (goods.noun and hit.as_a("nouns") == goods.noun.key):
            continue
        if language == "en":
            mine = _before(hits[:at], hit, sentence, used)
        else:
            mine = _behind(hits[at + 1 :], hit, sentence)
        begin = min([hit.start, *(h.start for h in mine)])
        after = hits[at + 1] if at + 1 < len(hits) else None
        joined = after is not None and not sentence[hit.end : after.start].strip()
        if language == "en" and joined and after and after.as_a("parts"):
            continue  # "shoulder pads": the next one takes it along
        if part != "jar" and _NO.search(sentence[:begin]):
            used += [hit, *mine]
            continue
        said = re.search(r"(\w+)\s+$", sentence[:begin])
        count = COUNTS[language].get(said[1].lower(), 0) if said else 0
        about = tuple(dict.fromkeys(a for h in mine if (a := _about(h))))
        many = hit.plural("parts") or count > 1
        detail = Detail(part, about, count, many, hit.word.lower(), language)
        used += [hit, *mine]
        if all(detail.part != d.part for d in goods.details) and _telling(detail):
            goods.details.append(detail)
    return used


def _before(hits: list[Hit], part: Hit, sentence: str, used: list[Hit]) -> list[Hit]:
    """English: what stands right before a part."""
    mine: list[Hit] = []
    start = part.start
    for hit in reversed(hits):
        gap = sentence[hit.end : start]
        if hit in used or not _JOIN.fullmatch(gap) or "," in gap or " and " in gap:
            break
        if not hit.as_a("modifiers", "colours", "materials", "patterns", "traits", "parts"):
            break
        mine.insert(0, hit)
        start = hit.start
    return mine


def _behind(hits: list[Hit], part: Hit, sentence: str) -> list[Hit]:
    """French: what stands right behind a part."""
    mine: list[Hit] = []
    end = part.end
    for hit in hits:
        if not re.fullmatch(r"\s*(?:en |de |d'|à )?", sentence[end : hit.start]):
            break
        if not hit.as_a("modifiers", "colours", "materials", "patterns", "traits"):
            break
        mine.append(hit)
        end = hit.end
    return mine


def _about(hit: Hit) -> tuple[str, str] | None:
    for table in ("modifiers", "colours", "materials", "patterns", "traits"):
        if key := hit.as_a(table):
            return table, key
    return None


def _telling(detail: Detail) -> bool:
    """A bare "shoulder" or "waist" tells nothing; a bare pocket or hood does."""
    if detail.part == "button" and not detail.plural:
        return False
    bare = {
        "pocket",
        "hood",
        "button",
        "zip",
        "lining",
        "belt",
        "drawer",
        "lid",
        "strap",
        "fringe",
        "lace",
        "buckle",
        "compartment",
        "cuff",
        "ribbing",
        "shoulder_pad",
        "jar",
    }
    return bool(detail.about) or detail.part in bare


def _sell(goods: Goods, facts: dict[str, Fact]) -> None:
    price, lowest = facts.get("price"), facts.get("lowest price 30 days")
    if price and isinstance(price.value, Decimal):
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


def _clean(text: str) -> str:
    """Without HTML, with single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _sayable(sentence: str) -> bool:
    return 15 <= len(sentence) <= 240 and not _SHOUT.search(sentence)
