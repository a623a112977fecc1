"""Finds the products that a text means, by their rare words, in English and French, with spelling
errors."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from math import log

from bot.core.library import Library, ProductMatch
from bot.data.catalogue.product import Product
from bot.data.catalogue.product_words import (
    BRIEF_WORDS,
    GRAMMAR_WORDS,
    IGNORED_WORDS,
    WEAK_WORDS,
    list_kinds,
    list_name_words,
    load_synonyms,
    split_audience,
    split_words,
    stem_word,
    tokenize_product,
    tokenize_query,
)
from bot.i18n.languages import get_language
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import tokenize, word_set

# Categories, and names that a product does not have.

KIND_WEIGHT = 0.45  # less than a named product, but enough to be part of a range
SMALL_WORDS = word_set("de du des d en à au aux l la le les of the for s")


def find_in_category(words: str, products: Sequence[Product]) -> list[int]:
    """Return the products of the category that the words name, if they name nothing else ("bed
    linen", « Linge de lit »), those with the highest stock first."""
    wanted = list_kinds(words)
    if not wanted or list_name_words(words) - wanted:
        return []
    found = [
        n for n, one in enumerate(products) if any(list_kinds(name) & wanted for name in one.ranges)
    ]
    return sorted(found, key=lambda n: (-(products[n].stock or 0), n))


def find_other_name(words: str, at: Collection[str], has: Collection[str]) -> str:
    """Return the word that stands in the place of a product name, beside the noun, and that does
    not belong to this product: "zinzin" in « le plaid zinzin ». `at` holds the stems of the noun,
    `has` those of the product, including translations."""
    said = split_words(words)
    for n, word in enumerate(said):
        if stem_word(word) not in at:
            continue
        behind, before = said[n + 1 : n + 2], said[n - 1 : n] if n else []
        noun_first = _is_noun_first(" ".join(said))
        if noun_first is None and any(stem_word(other) in has for other in behind):
            continue  # the product's own name follows the noun
        sides: list[str] = [] if noun_first is False else [*behind]
        for other in [*sides, *([] if noun_first else before)]:
            if _could_be_name(other) and stem_word(other) not in has:
                return other
    return ""


def _could_be_name(word: str) -> bool:
    """Return whether the word may be a name, which words of grammar, of a request and of everyday
    language are not."""
    known = GRAMMAR_WORDS | BRIEF_WORDS | IGNORED_WORDS | WEAK_WORDS | SMALL_WORDS
    return len(word) > 2 and word.isalpha() and word not in known and stem_word(word) not in known


def _is_noun_first(text: str) -> bool | None:
    """Return whether the text's language puts the noun first and the name behind it, as French
    does. None: unknown."""
    language = detect_language(text, WRITTEN_LANGUAGES)
    return get_language(language).noun_is_first if language else None


MOST_FOUND = 5
LEAST_SCORE = 0.2  # below, the products only share a word
MOST_MENTIONED, MOST_A_WORD = 8, 3
NAME_SCORE, REFERENCE_SCORE = 0.96, 0.97
TRANSLATED_WEIGHT = 0.9  # for a translation; the word itself weighs 1
SIMILAR_WEIGHT = 0.8  # lowest similarity of a misspelling
HEAD_WEIGHT = 0.05  # for the noun: of two products called Onde, the glasses
CLEAR_SCORE = 0.7  # above, HEAD_WEIGHT adds nothing
CERTAIN_SCORE = 0.9  # from here on, the words contain the whole name or the reference
ASIDE_WEIGHT = 0.3  # for words about the audience

WordMeanings = dict[str, dict[str, float]]  # a query word → indexed words, each with its similarity


class ProductIndex:
    def __init__(self, products: Sequence[Product]):
        self._products = list(products)
        self._names = [[stem_word(word) for word in split_words(p.title)] for p in self._products]
        self._titles = [
            tokenize_product(p.title) or name for p, name in zip(products, self._names, strict=True)
        ]
        # The noun is the first word of a French title and the last word of an English one.
        self._head_positions = [0 if _is_noun_first(p.title) else -1 for p in self._products]
        self._word_weights = [  # each product's words with their weights; title words weigh 1
            _extra_words(p) | dict.fromkeys(title, 1.0)
            for p, title in zip(products, self._titles, strict=True)
        ]
        self._handles = {p.handle: i for i, p in enumerate(self._products)}
        self._products_by_word: dict[str, list[int]] = {}
        for i, has in enumerate(self._word_weights):
            for word in has:
                self._products_by_word.setdefault(word, []).append(i)
        self._rarity = {word: self._compute_rarity(word) for word in self._products_by_word}
        self._title_rarity = [
            sum(self._rarity[word] for word in {*title}) for title in self._titles
        ]
        self._by_first_word: dict[str, list[int]] = {}
        for i, name in enumerate(self._names):
            self._by_first_word.setdefault(name[0] if name else "", []).append(i)
        self._misspellings = _index_misspellings(
            {
                *self._products_by_word,
                *(w for w in load_synonyms() if self._indexed_words(load_synonyms()[w])),
            }
        )

    def find(self, words: str) -> list[ProductMatch]:
        about, to = split_audience(words)
        scores = self._score_words(about, to)
        for i, score in self._score_names(about, words):
            scores[i] = max(score, scores.get(i, 0.0))
        for i in self._match_references(words):
            scores[i] = max(REFERENCE_SCORE, scores.get(i, 0.0))
        category_ranks = {i: n for n, i in enumerate(find_in_category(about, self._products))}
        for i in category_ranks:
            scores[i] = max(KIND_WEIGHT, scores.get(i, 0.0))
        best = sorted(
            (i for i, score in scores.items() if score >= LEAST_SCORE),
            key=lambda i: (-scores[i], category_ranks.get(i, 0), len(self._names[i]), i),
        )
        meant = self._meanings_of(tokenize_query(about))
        matches = [self._build_match(i, scores[i], meant) for i in best[:MOST_FOUND]]
        return self._add_other_names(matches, words, meant)

    def find_mentioned(self, words: str) -> list[ProductMatch]:
        """Return at most MOST_MENTIONED products for a reader of the whole message: those that
        `find` returns, then for each word of it, the rarest first, some that have it in their
        title, those with the highest stock first."""
        found = {match.handle: match for match in self.find(words)}
        meant = self._meanings_of(tokenize_query(words))
        for word in sorted(meant, key=lambda one: -self._weight_of(meant[one])):
            titled = [
                i
                for i in {i for other in meant[word] for i in self._products_by_word[other]}
                if not meant[word].keys().isdisjoint(self._titles[i])
            ]
            titled.sort(key=lambda i: (-(self._products[i].stock or 0), i))
            for i in titled[:MOST_A_WORD] if word not in IGNORED_WORDS | WEAK_WORDS else ():
                match = self._build_match(i, LEAST_SCORE, {})
                found.setdefault(match.handle, match)
        return [*found.values()][:MOST_MENTIONED]

    def find_all(self, words: str) -> list[str]:
        """Return the handles of all products that have each of the words, or a translation of it,
        in their title, category, tags, materials or colours."""
        meant = [self._find_meanings(word) for word in tokenize_query(words)]
        return [
            product.handle
            for product, has in zip(self._products, self._word_weights, strict=True)
            if meant and not any(has.keys().isdisjoint(found) for found in meant)
        ]

    def _build_match(self, i: int, score: float, meant: WordMeanings) -> ProductMatch:
        product, head = self._products[i], self._titles[i][self._head_positions[i]]
        is_one = any(head in found for word, found in meant.items() if word not in IGNORED_WORDS)
        shown = round(min(score, 1.0), 3)
        return ProductMatch(handle=product.handle, title=product.title, score=shown, is_one=is_one)

    def _add_other_names(
        self, matches: list[ProductMatch], words: str, meant: WordMeanings
    ) -> list[ProductMatch]:
        """Add to each match the name that the words give it, if that is not its own. A word that no
        product has may be an adjective, so it counts only where several products may be meant."""
        rivals = sum(one.is_one for one in matches) > 1
        named = []
        for one in matches:
            other = (
                self._other_name(one, words, meant)
                if one.is_one and one.score < CERTAIN_SCORE
                else ""
            )
            known = stem_word(other) in self._products_by_word or bool(
                re.search(rf"\b{other.title()}\b", words)
            )
            named.append(one.model_copy(update={"otherwise": other if known or rivals else ""}))
        return named

    def _other_name(self, one: ProductMatch, words: str, meant: WordMeanings) -> str:
        i = self._handles[one.handle]
        head, has = self._titles[i][self._head_positions[i]], self._word_weights[i]
        mine = {word for word, found in meant.items() if any(f in has for f in found)}
        called = {word for word, found in meant.items() if head in found}
        return find_other_name(words, called, mine)

    def _score_words(self, about: str, to: str) -> dict[int, float]:
        """Score the products by the share of the title that was mentioned and the share of the
        query that is in the product."""
        main, aside = (
            self._meanings_of(tokenize_query(about)),
            self._meanings_of(tokenize_query(to)),
        )
        wanted = main or aside
        if all(word in WEAK_WORDS or word in IGNORED_WORDS or word.isdigit() for word in wanted):
            return {}
        lacking = {
            word for word in tokenize_query(about) if word not in main and word in load_synonyms()
        }
        worths = [(self._weight_of(found), found) for found in wanted.values()]
        whole = sum(worth for worth, _ in worths) + len(lacking) * log(1 + len(self._products))
        near = _weigh_words(main, aside)
        scores, full = {}, []
        for i in {
            i for found in wanted.values() for word in found for i in self._products_by_word[word]
        }:
            has = self._word_weights[i]
            hit = sum(
                worth * max(likeness * has.get(word, 0.0) for word, likeness in found.items())
                for worth, found in worths
            )
            said = sum(self._rarity[word] * near.get(word, 0.0) for word in {*self._titles[i]})
            scores[i] = 0.9 * (0.55 * said / self._title_rarity[i] + 0.45 * hit / whole)
            head = HEAD_WEIGHT * near.get(self._titles[i][self._head_positions[i]], 0.0)
            scores[i] = max(scores[i], min(scores[i] + head, CLEAR_SCORE))
            if hit >= whole * TRANSLATED_WEIGHT * SIMILAR_WEIGHT:
                full.append(i)
        if len(full) == 1 and (len(main) > 1 or main.keys() & load_synonyms().keys()):
            scores[full[0]] = max(scores[full[0]], 0.8)  # the only product with all words
        return scores if main else {i: score / 2 for i, score in scores.items()}

    def _score_names(self, about: str, words: str) -> Iterator[tuple[int, float]]:
        """Yield the products whose whole name is in the words."""
        whole = [stem_word(word) for word in split_words(words)]
        said = [stem_word(word) for word in split_words(about)]
        spans = [
            (at, at + len(self._names[i]), i)
            for at, word in enumerate(said)
            for i in self._by_first_word.get(word, ())
            if said[at : at + len(self._names[i])] == self._names[i]
        ]
        ends = {(start, end) for start, end, _ in spans}
        for start, end, i in spans:
            inside = any(s <= start and end <= e and e - s > end - start for s, e in ends)
            if self._names[i] == whole:
                yield i, 1.0
            elif end - start > 1 and not inside:
                yield i, NAME_SCORE

    def _match_references(self, words: str) -> Iterator[int]:
        """Yield the products whose handle or reference was typed."""
        for word in re.findall(r"[\w-]+", words.lower()):
            if len(word) > 3 and re.search(r"[\d-]", word) and word in self._handles:
                yield self._handles[word]

    def _meanings_of(self, words: Iterable[str]) -> WordMeanings:
        return {word: found for word in words if (found := self._find_meanings(word))}

    def _find_meanings(self, word: str) -> dict[str, float]:
        """Return the indexed words that a word may mean, each with its similarity."""
        found = {word: 1.0} if word in self._products_by_word else {}
        for other in self._indexed_words(load_synonyms().get(word, ())):
            found.setdefault(other, TRANSLATED_WEIGHT)
        return found or self._correct_misspelling(word)

    def _correct_misspelling(self, word: str) -> dict[str, float]:
        """Return the indexed words that this one may be a misspelling of."""
        if len(word) < 5 or word in IGNORED_WORDS or word in load_synonyms() or not word.isalpha():
            return {}  # a skirt is no misspelt shirt: known words are not corrected
        found: dict[str, float] = {}
        for other in {o for w in _drop_one_letter(word) for o in self._misspellings.get(w, ())}:
            ratio = SequenceMatcher(None, word, other).ratio()
            if ratio >= SIMILAR_WEIGHT:
                exact = [other] if other in self._products_by_word else []
                for one in (*exact, *self._indexed_words(load_synonyms().get(other, ()))):
                    found[one] = max(found.get(one, 0.0), ratio * TRANSLATED_WEIGHT)
        return found

    def _indexed_words(self, words: Iterable[str]) -> list[str]:
        return [word for word in words if word in self._products_by_word]

    def _weight_of(self, found: dict[str, float]) -> float:
        """Return the weight of a query word: the rarity of its most likely meaning."""
        return self._rarity[max(found, key=lambda w: (found[w], self._rarity[w]))]

    def _compute_rarity(self, word: str) -> float:
        """Return the inverse document frequency. Words of season and gender weigh less."""
        rarity = log(1 + len(self._products) / len(self._products_by_word[word]))
        return rarity * 0.3 if word in WEAK_WORDS else rarity


def _weigh_words(main: WordMeanings, aside: WordMeanings) -> dict[str, float]:
    """Return how similar each indexed word is to the query."""
    near: dict[str, float] = {}
    for meant, weight in ((aside, ASIDE_WEIGHT), (main, 1.0)):
        for found in meant.values():
            for word, likeness in found.items():
                near[word] = max(near.get(word, 0.0), likeness * weight)
    return near


def _extra_words(product: Product) -> dict[str, float]:
    """Return the words besides the title, each with its weight."""
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
    """Index each word by itself and without any one letter."""
    found: dict[str, list[str]] = {}
    for word in words:
        if len(word) > 4 and word.isalpha():
            for shorter in _drop_one_letter(word):
                found.setdefault(shorter, []).append(word)
    return found


def _drop_one_letter(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


# Matching a name with the catalogue.


async def match_name(name: str, library: Library, brand: str = "") -> list[ProductMatch]:
    """Return the products that a name may mean, the most likely first, without those that it calls
    otherwise than the catalogue does. The `brand`'s own name contradicts no product."""
    hits = sorted(await library.find(name), key=lambda hit: -hit.score) if name else []
    brand_words = {*tokenize(brand)}
    return [hit for hit in hits if {*tokenize(hit.otherwise)} <= brand_words]
