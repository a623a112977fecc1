"""One fact, read once: the figures in it, and what it claims."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from bot.config.brand import Brand
from bot.core.facts import Fact
from bot.rules.proof import claims, figures, units
from bot.rules.proof.claims import Claim
from bot.rules.proof.reading import Figure
from bot.text.normalize import normalize_text

Concepts = frozenset[tuple[str, str, bool]]  # class, concept, denied
# Old copy proves nothing about today; what customers praise and doubt, and whom we write to, are
# for the writer's ear; what a customer said proves only that it was said.
_OLD = frozenset({"past_copy", "sample", "voice", "praise", "objection", "segment"})
_VERBATIM = re.compile(r"quote|verbatim|said|comment|review text|words|citation")
_TITLES = frozenset({"title", "name", "titre", "nom", "product", "produit"})
_NAMING = frozenset({"tags", "type", "vendor", "category", "categorie"})


@dataclass(frozen=True)
class Known:
    """One fact and what is in it."""

    fact: Fact
    figures: tuple[Figure, ...]
    claims: Concepts

    @property
    def is_title(self) -> bool:
        label, tail = normalize_text(self.fact.label), self.fact.id.rpartition(".")[2]
        return label in _TITLES or tail in _TITLES

    @property
    def is_naming(self) -> bool:
        """Whether it only says what a thing is called, or where it is filed."""
        return self.is_title or normalize_text(self.fact.label) in _NAMING


def is_old(fact: Fact) -> bool:
    """Whether it is only what was once written, or meant for the writer alone."""
    return fact.id.split(".")[0] in _OLD


@lru_cache(maxsize=4096)
def know(fact: Fact, *, report: bool = False) -> Known:
    """A fact, read: its figures, and what it claims."""
    about = f"{fact.label} {fact.id.rpartition('.')[2]}"
    if isinstance(fact.value, Decimal):
        labelled = claims.known(fact.label, "")  # "lowest price 30 days" is no boast
        said = concepts(c for c in labelled if c.kind not in ("superlative", "urgency"))
        mine = (figures.number(fact.value, fact.unit, about), *_named(fact))
        return Known(fact, (*mine, *_dated(fact)) if report else mine, said)
    text = f"{fact.value} {fact.unit}" if fact.unit and len(fact.value) < 12 else fact.value
    found = tuple(_about(one, about) for one in figures.read(text)) + _how_many(fact) + _named(fact)
    verbatim = bool(_VERBATIM.search(normalize_text(fact.label)))
    told = verbatim or fact.id.split(".")[0] in ("feedback", "review")
    if told and fact.stated_by is None and not report:
        return Known(fact, () if verbatim else found, frozenset())
    if fact.id in ("brand.name", "brand.sender", "brand.site"):
        return Known(fact, found, frozenset())  # a shop called Soie need not sell silk
    return Known(fact, found, concepts(claims.known(fact.label, fact.value)))


def _named(fact: Fact) -> tuple[Figure, ...]:
    """The figures in the name of what it is about: region 33, a set of 3. A thing called "90% off"
    proves no cut, and no price."""
    found = figures.read(fact.about) if fact.about else ()
    return tuple(one for one in found if one.first.unit not in ("%", *units.MONEY))


def _dated(fact: Fact) -> tuple[Figure, ...]:
    """The day it is of, and the figures in its label and unit: "share 90 days", "of 5"."""
    texts = (fact.as_of.isoformat(), fact.label, fact.unit or "")
    return tuple(figure for text in texts for figure in figures.read(text))


def _how_many(fact: Fact) -> tuple[Figure, ...]:
    """How many a list names: of "white, sand, navy" that there are 3 colours."""
    items = [item for item in str(fact.value).split(",") if item.strip()]
    if len(items) < 2 or units.counted(fact.label) not in ("#colours", "#sizes"):
        return ()
    return (figures.number(Decimal(len(items)), fact.label),)


def _about(figure: Figure, about: str) -> Figure:
    return replace(figure, about=normalize_text(about))


def concepts(found: Iterable[Claim]) -> Concepts:
    """What is claimed, whatever the words."""
    return frozenset(claim.concept for claim in found)


def brand_facts(brand: Brand) -> Iterator[Fact]:
    """The brand's own words, set by the team: they prove what they say."""
    fields = ("name", "sender", "site", "about", "signature", "signature_en", "signature_fr")
    texts = {name: getattr(brand, name) for name in fields}
    texts |= {f"mention.{n}": mention.text for n, mention in enumerate(brand.mentions, 1)}
    for name, text in texts.items():
        if text:
            yield Fact(
                id=f"brand.{name}", label="brand", value=text, source="brand.toml", as_of=date.min
            )
