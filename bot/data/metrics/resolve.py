"""What the words of a question name among the values that orders have: countries, sources, codes,
categories, products; and what none of them explains.

A place or a code is named by all words of one of its names. Goods are named by any of theirs, in
either language: all words that are left must be of one category, or of the same products.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from bot.i18n.countries import spoken_of
from bot.i18n.messages import Words
from bot.rules.goods import concepts
from bot.rules.telling.questions import IDLE
from bot.text.normalize import words_of

PLACES = ("country", "region", "source", "device", "code", "reason", "category")
THINGS = ("category", "product")
STEM = 5  # letters by which words of one family are alike
NEAR = 0.84  # from which a word is taken for another
MOST_NEAR = 5  # letters of a word that may be misspelt
ALSO = {  # what people say for it
    "mobile": "phone, phones, smartphone, smartphones, telephone, telephones, portable, portables",
    "desktop": "computer, computers, ordinateur, ordinateurs, pc",
    "tablet": "tablette, tablettes, tablets, ipad",
    "email": "e mail, emails, e mails, mail, mailing, newsletter, newsletters, courriel, "
    "infolettre",
    "instagram": "insta",
    "sms": "text message, texto, textos, text messages",
    "moteur": "search, seo, google, search engine, search engines, organic, moteur de recherche, "
    "moteurs de recherche, referencement",
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
class Meant:
    """column → values; what no value explains; what was read for a word that was misspelt."""

    only: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)


def meant(words: Sequence[str], known: Mapping[str, Mapping[str, str]], *, nearly: bool) -> Meant:
    """`known`: column → value → what it is called. `nearly`: with words that are misspelt."""
    found = _meant(list(words), known)
    if not found.unknown or not nearly:
        return found
    read = {word: near for word in found.unknown if (near := _near(word, known))}
    if not read:
        return found
    again = _meant([part for w in words for part in words_of(read.get(w, w))], known)
    again.read = {word: near for word, near in read.items() if near not in again.unknown}
    return again


def _meant(words: list[str], known: Mapping[str, Mapping[str, str]]) -> Meant:
    found = Meant()
    for column in PLACES:
        for name, value in _names(column, known.get(column, {})):
            if (at := _at(name.split(), words)) is not None:
                found.only.setdefault(column, []).append(value)
                del words[at : at + len(name.split())]
    if not words:
        return found
    for column in THINGS:
        called_so = known.get(column, {})
        if some := [v for v, called in called_so.items() if all(_of(w, called) for w in words)]:
            found.only[column] = [*found.only.get(column, []), *some]
            return found
    each = [_alone(word, known) for word in words]
    if all(each) and len({column for column, _ in filter(None, each)}) == 1:
        for column, values in filter(None, each):  # "candles and towels"
            found.only.setdefault(column, []).extend(values)
        return found
    found.unknown = [w for w, one in zip(words, each, strict=True) if one is None] or words
    return found


def _names(column: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The folded names with what each is of, the longest first."""
    every = [
        (name, value) for value, called in values.items() for name in _called(column, value, called)
    ]
    yield from sorted(every, key=lambda one: (-len(one[0]), one))


def _called(column: str, value: str, called: str) -> set[str]:
    if column == "country":
        return {bare for name in spoken_of(value) if (bare := _bare(name))}
    names = {value, called, Words(value).to("fr"), Words(called).to("fr")}
    folded = {" ".join(words_of(name)) for name in names}
    more = [said for key in folded for said in ALSO.get(key, "").split(", ")]
    return {bare for name in (*folded, *more) if (bare := _bare(name))}


def _bare(name: str) -> str:
    """Without the small words, which are not looked for."""
    return " ".join(word for word in words_of(name) if word not in IDLE)


def _at(name: Sequence[str], words: Sequence[str]) -> int | None:
    many = len(name)
    return next(
        (
            n
            for n in range(len(words) - many + 1)
            if all(_same(a, b) for a, b in zip(name, words[n : n + many], strict=True))
        ),
        None,
    )


def _same(one: str, other: str) -> bool:
    return one == other or (len(one) > 2 and one.rstrip("s") == other.rstrip("s"))


def _of(word: str, called: str) -> bool:
    """Whether a word is of goods called so."""
    stem = word.rstrip("s")[:STEM]
    return any(stem == other.rstrip("s")[:STEM] for other in words_of(called)) or bool(
        concepts(word) & concepts(called)
    )


def _alone(word: str, known: Mapping[str, Mapping[str, str]]) -> tuple[str, list[str]] | None:
    for column in THINGS:
        if some := [v for v, called in known.get(column, {}).items() if _of(word, called)]:
            return column, some
    return None


def _near(word: str, known: Mapping[str, Mapping[str, str]]) -> str | None:
    """A word of some value's name that it is nearly."""
    if len(word) < MOST_NEAR or word.isdigit():
        return None
    every = {
        part
        for column, values in known.items()
        for value, called in values.items()
        for name in (*_called(column, value, called),)
        for part in words_of(name)
        if len(part) >= MOST_NEAR and not part.isdigit()
    }
    alike = sorted(part for part in every if part[0] == word[0])  # the first letter is seldom wrong
    return next(iter(get_close_matches(word, alike, n=1, cutoff=NEAR)), None)
