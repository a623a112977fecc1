"""What a question about audiences is about: a product, a category, or some products by their names.

Words and names may be in different languages: "linen" finds « Vêtements en lin ». Both are read as
the goods and the materials that they name; what is left is compared word by word.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.fold import bag, fold, words_of
from bot.proof import claims
from bot.told import speaks_of

FILE = Path(__file__).parent / "goods.toml"
MOST = 12  # products that a subject may stand for
ASIDE = bag(  # what every such question says
    "target targets targeting audience audiences whom should segment segments launch launches "
    "relaunch campaign campaigns collection newsletter email emails mail sale sales offer new "
    "cible cibler ciblage cibles lancement lancer campagne campagnes offre nouvelle nouveau "
    "nouvelles nouveaux vente ventes soldes promotion write send reach ecrire envoyer toucher "
    "niche groupe group with into from than then pour avec dans chez sans entre vers notre votre "
    "leur leurs cette quelle quels quelles comment faire plus tres tout tous toute toutes"
)


@dataclass(frozen=True)
class Goods:
    """What was bought at all: a product's key → its title and category, most buyers first."""

    titles: Mapping[str, str]
    categories: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The categories, those with most products first come first."""
        return list(dict.fromkeys(self.categories.values()))


@dataclass(frozen=True)
class Subject:
    """`name` as the catalogue has it. One of the three is filled, or none: everything."""

    name: str = ""
    product: str | None = None
    category: str | None = None
    products: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.product,) if self.product else self.products


def subject_of(words: str, product: str | None, goods: Goods) -> Subject:
    """The product that is known already, else what the words name; a category before products."""
    if product is not None and product in goods.titles:
        return Subject(goods.titles[product], product=product)
    asked = " ".join(word for word in fold(words).split() if word.strip("?!.,:;") not in ASIDE)
    wanted = concepts(asked)
    best = [(len(concepts(name) & wanted), name) for name in goods.names]
    if best and (top := max(best, key=lambda one: one[0]))[0]:
        return Subject(top[1], category=top[1])
    if near := [name for name in goods.names if speaks_of(asked, name)]:
        return Subject(near[0], category=near[0])
    return _by_title(asked, wanted, goods)


def _by_title(asked: str, wanted: frozenset[str], goods: Goods) -> Subject:
    """Products by their titles: those that share most words with what was asked."""
    said = {word for word in words_of(asked) if len(word) > 2}
    found = [key for key, title in goods.titles.items() if concepts(title) & wanted]
    found = found or [key for key, title in goods.titles.items() if speaks_of(asked, title)]
    shared = {key: len(said & set(words_of(goods.titles[key]))) for key in found}
    best = [key for key in found if shared[key] == max(shared.values())]
    if len(best) == 1 and shared[best[0]] > 1:  # "chemise Alba" is one shirt
        found = best
    found.sort(key=lambda key: -shared[key])
    if len(found) == 1:
        return Subject(goods.titles[found[0]], product=found[0])
    if not found:
        return Subject()
    return Subject(goods.titles[found[0]], products=tuple(found[:MOST]))


def concepts(text: str) -> frozenset[str]:
    """The goods and materials that a text names, whatever its language."""
    low, found = fold(text), set()
    for shape, concept in _shapes():
        if shape.search(low):
            found.add(concept)
            low = shape.sub(" ; ", low)
    materials = (one for one in claims.read(low) if one.kind == "material" and not one.denied)
    return frozenset(found | {one.name for one in materials})


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every wording with its concept, the longest first."""
    with FILE.open("rb") as file:
        read = tomllib.load(file)
    worded = [(words, concept) for concept, said in read.items() for words in said]
    return tuple(
        (_shape(words), concept) for words, concept in sorted(worded, key=lambda one: -len(one[0]))
    )


def _shape(words: str) -> re.Pattern[str]:
    """`bougie~` begins a family."""
    parts = [re.escape(part).removesuffix(r"\~") for part in words.split()]
    ends = [r"\w*" if part.endswith("~") else "" for part in words.split()]
    joined = " ".join(part + end for part, end in zip(parts, ends, strict=True))
    return re.compile(rf"\b{joined}\b")
