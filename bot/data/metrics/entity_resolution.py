"""Resolve the words of a question to values of the orders (countries, sources, codes, categories,
products), and return the words that match nothing.

A place or a code is named by all words of one of its names. Products and categories are named by
any of their words, in either language: all remaining words must belong to one category, or to the
same products."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from bot.data.catalogue.product_words import list_concepts
from bot.data.warehouse.places import PLACE_COLUMNS
from bot.i18n.countries import list_country_words
from bot.i18n.french_regions import ABROAD, DEPARTMENTS, REGIONS, find_department, find_region
from bot.i18n.messages import LANGUAGES, Words
from bot.text.normalize import tokenize, word_set

RESOLVED_COLUMNS = (
    "country",
    "region",
    "department",
    "source",
    "device",
    "code",
    "reason",
    "segment",
    "campaign",
    "audience",
    "retailer",
    "category",
)
PRODUCT_COLUMNS = ("category", "product")
PEOPLE_COLUMNS = ("level", "city")  # behind the products, whose words a town may have: "Bath"
STEM_LENGTH = 5  # letters that words of one word family share
MIN_SIMILARITY = 0.84  # similarity from which a word counts as misspelt
MIN_FUZZY_LENGTH = 5  # in letters, of a word that may be misspelt
SMALL_WORDS = word_set(
    "a an and at by for from in of on or the to with au aux avec d de des du en et l la le les ou "
    "par pour sans sur un une"
)
VALUE_SYNONYMS = {  # what people say for a value
    "mobile": "phone, phones, smartphone, smartphones, telephone, telephones, portable, portables",
    "desktop": "computer, computers, ordinateur, ordinateurs, pc",
    "tablet": "tablette, tablettes, tablets, ipad",
    "email": "e mail, emails, e mails, mail, mailing, newsletter, newsletters, courriel, "
    "infolettre",
    "instagram": "insta",
    "sms": "text message, texto, textos, text messages",
    "moteur": "search, seo, google, search engine, search engines, organic, moteur de recherche, "
    "moteurs de recherche, recherche, referencement",
    "publicite": "ads, ad, advertising, paid, pub, pubs, paid ads, publicites",
    "direct": "direct traffic, trafic direct",
    "trop petit": "too small, trop petite, trop petits, trop petites",
    "trop grand": "too big, too large, trop grande, trop grands, trop grandes",
    "too small": "trop petit, trop petite, trop petits, trop petites",
    "too big": "too large, trop grand, trop grande, trop grands, trop grandes",
    "too large": "too big, trop grand, trop grande, trop grands, trop grandes",
    "recu abime": "damaged, arrived damaged, broken, abime, casse",
    "damaged": "arrived damaged, broken, abime, recu abime, casse",
    "couleur": "colour, color, wrong colour, wrong color",
    "colour": "color, wrong colour, couleur",
}


@dataclass
class ResolvedValues:
    """Column → values, and the words that match no value."""

    only: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def resolve_values(asked: Sequence[str], known: Mapping[str, Mapping[str, str]]) -> ResolvedValues:
    """`known` maps column → value → display name."""
    words = list(asked)
    resolved = ResolvedValues()
    _take_names(RESOLVED_COLUMNS, words, known, resolved)
    if not words:
        return resolved
    for column in PRODUCT_COLUMNS:
        called_so = known.get(column, {})
        if some := [
            v for v, called in called_so.items() if all(_is_named_by(w, called) for w in words)
        ]:
            resolved.only[column] = [*resolved.only.get(column, []), *some]
            return resolved
    _take_names(PEOPLE_COLUMNS, words, known, resolved)
    if not words:
        return resolved
    resolved.unknown = [word for word in words if not _names_product(word, known)] or words
    return resolved


def _take_names(
    columns: Sequence[str],
    words: list[str],
    known: Mapping[str, Mapping[str, str]],
    resolved: ResolvedValues,
) -> None:
    """Take the names of values of these columns out of the words."""
    for column in columns:
        for name, value in _iter_names(column, known.get(column, {})):
            if (at := _find_name(name.split(), words)) is not None:
                resolved.only.setdefault(column, []).append(value)
                del words[at : at + len(name.split())]


def _iter_names(column: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the normalised names with their values, the longest first."""
    every = [
        (name, value)
        for value, called in values.items()
        for name in _list_value_names(column, value, called)
    ]
    yield from sorted(every, key=lambda one: (-len(one[0]), one))


def _list_value_names(column: str, value: str, called: str) -> set[str]:
    if column == "country":
        return {bare for name in list_country_words(value) if (bare := _remove_small_words(name))}
    if column in PLACE_COLUMNS and value.startswith(ABROAD):
        return _list_value_names("country", value.removeprefix(ABROAD), called)
    names = {value, called, *(Words(x).to(y) for x in (value, called) for y in LANGUAGES)}
    names.add(called.removesuffix(f" ({value})"))  # a code stands behind its campaign's name
    folded = {" ".join(tokenize(name)) for name in names}
    more = [synonym for key in folded for synonym in VALUE_SYNONYMS.get(key, "").split(", ")]
    return {bare for name in (*folded, *more) if (bare := _remove_small_words(name))}


def value_is_called(column: str, value: str, called: str, name: str) -> bool:
    """Return whether people call a value so: "google" for searches, "trop petite", "en trois
    fois"."""
    if column == "department" and value in DEPARTMENTS:
        return find_department(name) == value
    if column == "region" and value in REGIONS:
        return find_region(name) == value
    known = "source" if column == "channel" else column
    return _remove_small_words(name) in _list_value_names(known, value, called)


def _remove_small_words(name: str) -> str:
    """Remove small words, which are not searched for."""
    return " ".join(word for word in tokenize(name) if word not in SMALL_WORDS)


def _find_name(name: Sequence[str], words: Sequence[str]) -> int | None:
    many = len(name)
    return next(
        (
            n
            for n in range(len(words) - many + 1)
            if all(_is_same_word(a, b) for a, b in zip(name, words[n : n + many], strict=True))
        ),
        None,
    )


def _is_same_word(one: str, other: str) -> bool:
    return one == other or (len(one) > 2 and one.rstrip("s") == other.rstrip("s"))


def _is_named_by(word: str, called: str) -> bool:
    """Tell whether the word belongs to a product or category with this name."""
    stem = word.rstrip("s")[:STEM_LENGTH]
    return any(stem == other.rstrip("s")[:STEM_LENGTH] for other in tokenize(called)) or bool(
        list_concepts(word) & list_concepts(called)
    )


def _names_product(word: str, known: Mapping[str, Mapping[str, str]]) -> bool:
    return any(
        _is_named_by(word, called)
        for column in PRODUCT_COLUMNS
        for called in known.get(column, {}).values()
    )


def _find_near_word(word: str, known: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return a word from a value's name that is similar to the word."""
    if len(word) < MIN_FUZZY_LENGTH or word.isdigit():
        return None
    every = {
        part
        for column, values in known.items()
        for value, called in values.items()
        for name in (*_list_value_names(column, value, called),)
        for part in tokenize(name)
        if len(part) >= MIN_FUZZY_LENGTH and not part.isdigit()
    }
    # people seldom get the first letter wrong
    alike = sorted(part for part in every if part[0] == word[0])
    return next(iter(get_close_matches(word, alike, n=1, cutoff=MIN_SIMILARITY)), None)


# One product or category by its name.

MAX_NEAR_NAMES = 3


@dataclass(frozen=True)
class NameMatches:
    """The values that a name means, and the names of those near it."""

    found: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


def match_name(name: str, titles: Mapping[str, str], *, by_kind: bool = False) -> NameMatches:
    """Return the product or category that a name means, among reference → title: the one with this
    reference or title, else the only one whose title has all of its words, in either language and
    however they are ordered, a misspelt word included. Words for a kind of things alone ("dress")
    name a category (`by_kind`), but no product."""
    plain = " ".join(tokenize(name))
    exact = [
        value
        for value, called in titles.items()
        if plain in (" ".join(tokenize(value)), " ".join(tokenize(called)))
    ]
    if exact or not plain:
        return NameMatches(tuple(exact))
    words = [word for word in tokenize(name) if word not in SMALL_WORDS]
    named = _find_named_by_all(words, titles)
    if len(named) != 1:
        spelt = [_find_near_word(word, {"product": titles}) or word for word in words]
        again = _find_named_by_all(spelt, titles) if not named else []
        named = again or named
    is_name = by_kind or any(not list_concepts(word) for word in words)
    if len(named) == 1 and is_name:
        return NameMatches(tuple(named))
    near = named or _rank_by_words(words, titles)
    return NameMatches((), tuple(titles[value] for value in near[:MAX_NEAR_NAMES]))


def _find_named_by_all(words: Sequence[str], titles: Mapping[str, str]) -> list[str]:
    if not words:
        return []
    return [v for v, called in titles.items() if all(_is_named_by(w, called) for w in words)]


def _rank_by_words(words: Sequence[str], titles: Mapping[str, str]) -> list[str]:
    """Return the values whose titles share a word or are spelt alike, the nearest first."""
    shared = {v: sum(_is_named_by(w, called) for w in words) for v, called in titles.items()}
    alike = get_close_matches(" ".join(words), [*map(str.lower, titles.values())], n=MAX_NEAR_NAMES)
    spelt = [value for value, called in titles.items() if called.lower() in alike]
    ranked = sorted((v for v in titles if shared[v]), key=lambda v: (-shared[v], titles[v]))
    return list(dict.fromkeys([*ranked, *spelt]))
