"""Which products words may mean: by their rare words, in either language, with slips forgiven."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from math import log

from bot.core.library import Library, ProductMatch
from bot.data.catalogue.product import Product
from bot.data.catalogue.tokens import (
    BRIEF_WORDS,
    COMMON_WORDS,
    ENGLISH_WORDS,
    FRENCH_WORDS,
    GRAMMAR_WORDS,
    WEAK_WORDS,
    load_synonyms,
    split_audience,
    split_words,
    stem_word,
    tokenize_product,
    tokenize_query,
)
from bot.rules.goods import kinds, named_in
from bot.text.normalize import tokenize

# What words say of a product beside its own words: the category it is in, and a name that it does

KIND_WEIGHT = 0.45  # less than a product that is named; enough to be one of a range
SMALL_WORDS = frozenset(
    [
        "de",
        "du",
        "des",
        "d",
        "en",
        "à",
        "au",
        "aux",
        "l",
        "la",
        "le",
        "les",
        "of",
        "the",
        "for",
        "s",
    ]
)


def find_in_category(words: str, products: Sequence[Product]) -> list[int]:
    """The products whose category is what these words name and nothing else: of "bed linen", of
    « Linge de lit »; those first of which
    there are most."""
    wanted = kinds(words)
    if not wanted or named_in(words) - wanted:
        return []
    found = [
        n for n, one in enumerate(products) if any(kinds(c) & wanted for c in _category_names(one))
    ]
    return sorted(found, key=lambda n: (-(products[n].stock or 0), n))


def _category_names(product: Product) -> Iterator[str]:
    """What the catalogue files it under; of a path, each step."""
    for text in (product.type or "", *product.tags):
        yield from _category_steps(text)


@lru_cache(maxsize=4096)
def _category_steps(text: str) -> tuple[str, ...]:
    return tuple(step for step in text.split(">") if step.strip())


def find_other_name(words: str, at: Collection[str], has: Collection[str]) -> str:
    """The word that stands where a name would, right beside what the thing is, and is none of this
    product's: zinzin, of « le plaid zinzin ». `at` are the stems of what the thing is, `has` those
    of the product, by their translations too."""
    said = split_words(words)
    for n, word in enumerate(said):
        if stem_word(word) not in at:
            continue
        behind, before = said[n + 1 : n + 2], said[n - 1 : n] if n else []
        french = _is_french(said)
        if french is None and any(stem_word(other) in has for other in behind):
            continue  # its name follows
        sides: list[str] = [] if french is False else [*behind]
        for other in [*sides, *([] if french else before)]:
            if _may_be_name(other) and stem_word(other) not in has:
                return other
    return ""


def _may_be_name(word: str) -> bool:
    """Whether it may be a name: no word of grammar, of a brief or of every day."""
    known = GRAMMAR_WORDS | BRIEF_WORDS | COMMON_WORDS | WEAK_WORDS | SMALL_WORDS
    return len(word) > 2 and word.isalpha() and word not in known and stem_word(word) not in known


def _is_french(said: Collection[str]) -> bool | None:
    """Whether these words are French, where a name follows the thing; or they don't tell."""
    counted = sum(word in FRENCH_WORDS for word in said) - sum(
        word in ENGLISH_WORDS for word in said
    )
    return counted > 0 if counted else None


MOST_FOUND = 5
LEAST_SCORE = 0.2  # below, it is no more than a word in common
NAME_SCORE, REFERENCE_SCORE = 0.96, 0.97
TRANSLATED_WEIGHT = 0.9  # a word found by its translation, against 1 for the word itself
SIMILAR_WEIGHT = 0.8  # how like a word must be to pass for a slip of it
HEAD_WEIGHT = 0.05  # for what the thing is: of two that are called Onde, the glasses
CLEAR_SCORE = 0.7  # who comes so far needs no help from its head
CERTAIN_SCORE = 0.9  # from this score on, the words hold its whole name, or its reference
FRENCH_PATTERN = re.compile(r" (?:en|de|du|à|pour) | d'|[éèêçâîôû]", re.IGNORECASE)
ASIDE_WEIGHT = 0.3  # the weight of words on whom the text is for

WordMeanings = dict[
    str, dict[str, float]
]  # an asked word → words of the index, each with its likeness


def find_products(words: str, products: Sequence[Product]) -> list[ProductMatch]:
    """The products that words may mean, likeliest first, at most five; 1 is the exact name.

    Whoever asks often keeps an Index.
    """
    return ProductIndex(products).find(words)


class ProductIndex:
    """Products, ready to be found."""

    def __init__(self, products: Sequence[Product]):
        self._products = list(products)
        self._names = [[stem_word(word) for word in split_words(p.title)] for p in self._products]
        self._titles = [
            tokenize_product(p.title) or name for p, name in zip(products, self._names, strict=True)
        ]
        # What it is: the first word of a French title, the last of an English one.
        self._heads = [0 if FRENCH_PATTERN.search(p.title) else -1 for p in self._products]
        self._has = [  # each product's words with their weights; those of the title weigh 1
            _extra_words(p) | dict.fromkeys(title, 1.0)
            for p, title in zip(products, self._titles, strict=True)
        ]
        self._handles = {p.handle: i for i, p in enumerate(self._products)}
        self._where: dict[str, list[int]] = {}
        for i, has in enumerate(self._has):
            for word in has:
                self._where.setdefault(word, []).append(i)
        self._rarity = {word: self._rarity_of(word) for word in self._where}
        self._wholes = [sum(self._rarity[word] for word in {*title}) for title in self._titles]
        self._by_start: dict[str, list[int]] = {}
        for i, name in enumerate(self._names):
            self._by_start.setdefault(name[0] if name else "", []).append(i)
        self._slips = _index_misspellings(
            {*self._where, *(w for w in load_synonyms() if self._known(load_synonyms()[w]))}
        )

    def find(self, words: str) -> list[ProductMatch]:
        about, to = split_audience(words)
        scores = self._by_words(about, to)
        for i, score in self._by_names(about, words):
            scores[i] = max(score, scores.get(i, 0.0))
        for i in self._by_references(words):
            scores[i] = max(REFERENCE_SCORE, scores.get(i, 0.0))
        kin = {i: n for n, i in enumerate(find_in_category(about, self._products))}
        for i in kin:
            scores[i] = max(KIND_WEIGHT, scores.get(i, 0.0))
        best = sorted(
            (i for i, score in scores.items() if score >= LEAST_SCORE),
            key=lambda i: (-scores[i], kin.get(i, 0), len(self._names[i]), i),
        )
        meant = self._all_meant(tokenize_query(about))
        some = [self._found(i, scores[i], meant, i in kin) for i in best[:MOST_FOUND]]
        return self._named(some, words, meant)

    def _found(self, i: int, score: float, meant: WordMeanings, of_kind: bool) -> ProductMatch:
        product, head = self._products[i], self._titles[i][self._heads[i]]
        is_one = any(head in found for word, found in meant.items() if word not in COMMON_WORDS)
        told = round(min(score, 1.0), 3)
        return ProductMatch(
            handle=product.handle, title=product.title, score=told, is_one=is_one, of_kind=of_kind
        )

    def _named(
        self, some: list[ProductMatch], words: str, meant: WordMeanings
    ) -> list[ProductMatch]:
        """Each with the name that the words give it, where that is not its own. A word that no
        product has may be a mere adjective: it counts where several could be meant."""
        rivals = sum(one.is_one for one in some) > 1
        told = []
        for one in some:
            other = (
                self._other_name(one, words, meant)
                if one.is_one and one.score < CERTAIN_SCORE
                else ""
            )
            known = stem_word(other) in self._where or bool(
                re.search(rf"\b{other.title()}\b", words)
            )
            told.append(one.model_copy(update={"otherwise": other if known or rivals else ""}))
        return told

    def _other_name(self, one: ProductMatch, words: str, meant: WordMeanings) -> str:
        i = self._handles[one.handle]
        head, has = self._titles[i][self._heads[i]], self._has[i]
        mine = {word for word, found in meant.items() if any(f in has for f in found)}
        called = {word for word, found in meant.items() if head in found}
        return find_other_name(words, called, mine)

    def _by_words(self, about: str, to: str) -> dict[int, float]:
        """How much of the title was said, and how much of what was said is in the product."""
        main, aside = self._all_meant(tokenize_query(about)), self._all_meant(tokenize_query(to))
        wanted = main or aside
        if all(word in WEAK_WORDS or word in COMMON_WORDS or word.isdigit() for word in wanted):
            return {}
        lacking = {
            word for word in tokenize_query(about) if word not in main and word in load_synonyms()
        }
        worths = [(self._worth(found), found) for found in wanted.values()]
        whole = sum(worth for worth, _ in worths) + len(lacking) * log(1 + len(self._products))
        near = _weigh_words(main, aside)
        scores, full = {}, []
        for i in {i for found in wanted.values() for word in found for i in self._where[word]}:
            has = self._has[i]
            hit = sum(
                worth * max(likeness * has.get(word, 0.0) for word, likeness in found.items())
                for worth, found in worths
            )
            said = sum(self._rarity[word] * near.get(word, 0.0) for word in {*self._titles[i]})
            scores[i] = 0.9 * (0.55 * said / self._wholes[i] + 0.45 * hit / whole)
            head = HEAD_WEIGHT * near.get(self._titles[i][self._heads[i]], 0.0)
            scores[i] = max(scores[i], min(scores[i] + head, CLEAR_SCORE))
            if hit >= whole * TRANSLATED_WEIGHT * SIMILAR_WEIGHT:
                full.append(i)
        if len(full) == 1 and (len(main) > 1 or main.keys() & load_synonyms().keys()):
            scores[full[0]] = max(scores[full[0]], 0.8)  # the only one that has all of it
        return scores if main else {i: score / 2 for i, score in scores.items()}

    def _by_names(self, about: str, words: str) -> Iterator[tuple[int, float]]:
        """Products whose whole name stands in the words."""
        whole = [stem_word(word) for word in split_words(words)]
        said = [stem_word(word) for word in split_words(about)]
        spans = [
            (at, at + len(self._names[i]), i)
            for at, word in enumerate(said)
            for i in self._by_start.get(word, ())
            if said[at : at + len(self._names[i])] == self._names[i]
        ]
        ends = {(start, end) for start, end, _ in spans}
        for start, end, i in spans:
            inside = any(s <= start and end <= e and e - s > end - start for s, e in ends)
            if self._names[i] == whole:
                yield i, 1.0
            elif end - start > 1 and not inside:
                yield i, NAME_SCORE

    def _by_references(self, words: str) -> Iterator[int]:
        """Products whose handle or reference was typed."""
        for word in re.findall(r"[\w-]+", words.lower()):
            if len(word) > 3 and re.search(r"[\d-]", word) and word in self._handles:
                yield self._handles[word]

    def _all_meant(self, words: Iterable[str]) -> WordMeanings:
        return {word: found for word in words if (found := self._meant(word))}

    def _meant(self, word: str) -> dict[str, float]:
        """The words of the index that a word may mean, each with its likeness."""
        found = {word: 1.0} if word in self._where else {}
        for other in self._known(load_synonyms().get(word, ())):
            found.setdefault(other, TRANSLATED_WEIGHT)
        return found or self._slip(word)

    def _slip(self, word: str) -> dict[str, float]:
        """The words that this one may be a misspelling of."""
        if len(word) < 5 or word in COMMON_WORDS or word in load_synonyms() or not word.isalpha():
            return {}  # a skirt is no misspelt shirt
        found: dict[str, float] = {}
        for other in {o for w in _drop_one_letter(word) for o in self._slips.get(w, ())}:
            ratio = SequenceMatcher(None, word, other).ratio()
            if ratio >= SIMILAR_WEIGHT:
                exact = [other] if other in self._where else []
                for one in (*exact, *self._known(load_synonyms().get(other, ()))):
                    found[one] = max(found.get(one, 0.0), ratio * TRANSLATED_WEIGHT)
        return found

    def _known(self, words: Iterable[str]) -> list[str]:
        return [word for word in words if word in self._where]

    def _worth(self, found: dict[str, float]) -> float:
        """What an asked word weighs: the rarity of what it means most likely."""
        return self._rarity[max(found, key=lambda w: (found[w], self._rarity[w]))]

    def _rarity_of(self, word: str) -> float:
        """Inverse document frequency; words on season and sex weigh less."""
        rarity = log(1 + len(self._products) / len(self._where[word]))
        return rarity * 0.3 if word in WEAK_WORDS else rarity


def _weigh_words(main: WordMeanings, aside: WordMeanings) -> dict[str, float]:
    """How near each word of the index is to what was asked."""
    near: dict[str, float] = {}
    for meant, weight in ((aside, ASIDE_WEIGHT), (main, 1.0)):
        for found in meant.values():
            for word, likeness in found.items():
                near[word] = max(near.get(word, 0.0), likeness * weight)
    return near


def _extra_words(product: Product) -> dict[str, float]:
    """Words beside the title, each with its weight."""
    weighed = (
        (0.6, (*product.materials, *product.colours)),
        (0.5, (*product.tags, product.type or "")),
        (0.4, (product.vendor or "",)),
    )
    found: dict[str, float] = {}
    for weight, texts in weighed:
        for text in texts:
            for word in tokenize_product(text):
                found.setdefault(word, weight)
    return found


def _index_misspellings(words: Iterable[str]) -> dict[str, list[str]]:
    """Each word by itself and by itself without any one letter."""
    found: dict[str, list[str]] = {}
    for word in words:
        if len(word) > 4 and word.isalpha():
            for shorter in _drop_one_letter(word):
                found.setdefault(shorter, []).append(word)
    return found


def _drop_one_letter(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


# What the catalogue surely has of a name, and what goes by another name there.


@dataclass(frozen=True)
class NameMatches:
    """Products that a name may mean, the likeliest first: those it does not contradict, and such
    things that go by another name."""

    sure: tuple[ProductMatch, ...] = ()
    otherwise: tuple[ProductMatch, ...] = ()


async def match_name(name: str, library: Library, brand: str = "") -> NameMatches:
    """What is found by this name. The name of the `brand` contradicts none."""
    hits = sorted(await library.find(name), key=lambda hit: -hit.score) if name else []
    ours = {*tokenize(brand)}

    def other(hit: ProductMatch) -> bool:
        return bool(hit.otherwise) and not {*tokenize(hit.otherwise)} <= ours

    return NameMatches(
        tuple(hit for hit in hits if not other(hit)), tuple(hit for hit in hits if other(hit))
    )
