"""The forms of a word, folded: its plural, its feminine, its tenses; nothing that only looks so.

More forms than the language has do no harm as long as none is another word.
"""

import re
from collections.abc import Iterator

SHORT = 4  # letters that a word keeps without its endings
_ENDINGS = re.compile(r"(?:ing|ed|er|ez|ent|ee|ly|r|e)$")
_DOUBLED = re.compile(r"[^aeiou][aeiou][bdgmnprt]$")  # stop, stopped
_FR_ER = "e es ent ez ons er ant ait aient a as ees ee ai era eront erait eraient erez erons"
_FR_IR = (
    "ir it is i ie ies issent isse issez issons issant issait ira iront irait iraient irez "
    "e es ent ez ons ant ait aient u ue us ues ert erte erts ertes"
)
_FR_RE = "re s t ent e ez ons ant ait aient u ue us ues ra ront rait raient rez"


def verb(word: str, language: str) -> Iterator[str]:
    """ "Try" gives tries, tried and trying; « acheter » gives achète, achetaient, achetée."""
    first, *others = word.split("/")
    yield from (first, *others)
    yield from (_en_verb(first) if language == "en" else _fr_verb(first))


def noun(word: str, language: str) -> Iterator[str]:
    """The word and its plural; in French its feminine too, as adjectives have one."""
    if language == "en":
        return iter((word, *_plural(word)))
    return _fr_adjective(word)


def adjective(word: str, language: str) -> Iterator[str]:
    """Its degrees and its adverb; in French its genders and numbers, and its adverb."""
    if language == "fr":
        return _fr_adjective(word)
    return _en_adjective(word)


def key(word: str) -> str:
    """A folded word without the endings that change nothing: for words that the facts have."""
    bare = word.removesuffix("ness").rstrip("sx") if len(word) > SHORT else word
    if bare.endswith("ie"):  # categories, category
        bare = bare[:-2] + "y"
    for _ in range(2):
        shorter = _ENDINGS.sub("", bare)
        bare = shorter if len(shorter) >= SHORT else bare
    return bare


def _plural(word: str) -> tuple[str, ...]:
    if re.search(r"[^aeiou]y$", word):
        return (word[:-1] + "ies",)
    if word.endswith("sis"):
        return (word[:-2] + "es",)
    return (word + "es",) if re.search(r"(?:s|x|z|ch|sh|o)$", word) else (word + "s",)


def _en_verb(word: str) -> Iterator[str]:
    yield from _plural(word)
    stem = word + word[-1] if _DOUBLED.search(word) else word.removesuffix("e")
    if re.search(r"[^aeiou]y$", word):
        yield word[:-1] + "ied"
    for one in {stem, word if not word.endswith("e") else stem}:
        yield from (one + "ed", one + "ing")


def _en_adjective(word: str) -> Iterator[str]:
    yield word
    stem = word + word[-1] if _DOUBLED.search(word) else word.removesuffix("e")
    stem = word[:-1] + "i" if re.search(r"[^aeiou]y$", word) else stem
    if len(word) < 8:
        yield from (stem + "er", stem + "est")
    if word.endswith("le"):
        yield word[:-1] + "y"
    elif word.endswith("ic"):
        yield word + "ally"
    else:
        yield (stem if word.endswith("y") else word) + "ly"


def _fr_verb(word: str) -> Iterator[str]:
    if word.endswith("er"):
        stem = word[:-2]
        stems = {stem, stem + "e"} if stem.endswith("g") else {stem}
        if re.search(r"e[lt]$", stem):  # appelle, rejette
            stems.add(stem + stem[-1])
        if re.search(r"[ou]y$", stem):  # renvoie; "paie" is a salary as well
            stems.add(stem[:-1] + "i")
        yield from (one + ending for one in stems for ending in _FR_ER.split())
        yield from (f"{stem}{ending}" for ending in ("e", "es", "ee", "ees"))
        return
    if word.endswith("enir"):
        root = word[:-4]
        ends = (
            "enir enez enons enant enait enaient enu enue enus enues ient iennent iendra iendront"
        )
        yield from (root + ending for ending in ends.split())
        return
    if word.endswith("uire"):
        ends = "uire uit uis uite uits uites uisent uisez uisons uisant uise uisait uisaient"
        yield from (word[:-4] + ending for ending in ends.split())
        return
    endings = _FR_IR if word.endswith("ir") else _FR_RE
    yield from (word[:-2] + ending for ending in endings.split())


def _fr_adjective(word: str) -> Iterator[str]:
    yield from (word, word + "s", word + "x", word + "e", word + "es")
    for masculine, feminine in (("eux", "euse"), ("if", "ive"), ("er", "ere"), ("eur", "euse")):
        if word.endswith(masculine):
            yield from (word.removesuffix(masculine) + feminine + end for end in ("", "s"))
    if re.search(r"(?:el|en|on|et|os|as|is|eil|ul)$", word):
        yield from (word + word[-1] + "e", word + word[-1] + "es")
    if word.endswith("al"):
        yield word[:-2] + "aux"
    yield from _fr_adverbs(word)


def _fr_adverbs(word: str) -> Iterator[str]:
    if word.endswith(("ant", "ent")):
        yield word[:-2] + "mment"
    feminine = word
    for masculine, ending in (("eux", "euse"), ("if", "ive"), ("er", "ere")):
        if word.endswith(masculine):
            feminine = word.removesuffix(masculine) + ending
    feminine = feminine if feminine.endswith("e") else feminine + "e"
    yield from (feminine + "ment", word + "ment", word + word[-1] + "ement")
