"""Who customers are said to be: "small buyers", "those with several orders", "they are new".

In a statement and in advice alike they are only what one fact or one line by rules makes of them,
or what sets nobody apart: that they buy, wait, write.
"""

import re
from collections.abc import Iterator
from functools import cache

from bot.rules.proof import plain
from bot.rules.proof.inflection import key
from bot.rules.proof.plain import Stretch
from bot.rules.proof.ties import known_by
from bot.text.normalize import word_set

PEOPLE = {
    "en": r"(?:customers?|buyers?|shoppers?|clients?|visitors?|people|persons?|users?|those|ones)",
    "fr": r"(?:clients?|clientes?|clientele|acheteurs?|acheteuses?|visiteurs?|visiteuses?|gens"
    r"|personnes?|ceux|celles)",
}
_THEM = {"en": r"(?:they|them|us)", "fr": r"(?:ils|elles|eux|d'entre eux|la plupart)"}
_OPENS = {
    "en": r"(?:with|without|in|from|near|around|over|under|of|at|on|who|that|whose|by|for)",
    "fr": r"(?:qui|dont|que|qu'|de|des|du|d'|en|a|au|aux|avec|sans|chez|pres|venus?|venues?)",
}
_IS = {
    "en": r"(?:is|are|was|were|seem|seems|remain)",
    "fr": r"(?:est|sont|etaient|etait|semblent|restent|ont ete)",
}
_CLAUSES = word_set("who that whose qui dont que qu'")
_SETS_APART = word_set(
    "for before somebody someone else once twice alone without pour avant quelqu autrui seul seule "
    "seuls sans"
)
# "Over the next 60 days": when they buy, held to its figure.
_SPAN = re.compile(
    r"(?:retour )?(?:within |d'ici )?(?:the |les |le )?(?:next |last |past |coming |prochains "
    r"|derniers )?\d+ "
    r"(?:prochain[es]+ |dernier[es]+ )?(?:days?|weeks?|months?|jours?|semaines?|mois)\b"
)
_NAMES = "customers buyers clients clientes acheteurs people visitors visiteurs personnes"
_WORD = re.compile(r"[a-z]+")
Groups = list[frozenset[str]]


def made_others(stretch: Stretch, known: Groups, language: str) -> Iterator[str]:
    """Each stretch of words that makes others of customers than what belongs together does."""
    yield from _before_and_behind(stretch.bare, known, language)
    them = rf"\b(?:{PEOPLE[language]}|{_THEM[language]})"
    for match in re.finditer(rf"{them} {_IS[language]} (?P<rest>[^,]*)", stretch.bare):
        if wrong := _called(match["rest"], known, language):
            yield f"{match[0].removesuffix(match['rest'])}{wrong}"


def habits(stretch: Stretch, known: Groups, language: str) -> Iterator[str]:
    """Each thing that customers are said to do by habit, and no line says that they do."""
    who = rf"\b(?:{PEOPLE[language]}|they|ils|elles) (?:(?:often|usually|always|also|souvent) )*"
    for match in re.finditer(rf"{who}(?P<verb>[a-z]+)\b(?!')", stretch.bare):
        verb = match["verb"]
        done = verb in plain.verbs(language) and verb not in plain.deeds(language)
        placed = verb in plain.stative(language) | plain.exact(language)
        if done and not placed and not any(known_by(verb) & group for group in known):
            yield match[0]


def _before_and_behind(text: str, known: Groups, language: str) -> Iterator[str]:
    for match in re.finditer(rf"(?:(?P<before>[a-z-]+)[ '])?\b{PEOPLE[language]}\b", text):
        behind = text[match.end() :]
        if _is_new(match["before"], known, language):
            yield match[0]
        elif opened := re.match(rf" {_OPENS[language]}(?:(?<=')| )", behind):
            rest = behind[opened.end() :]
            if wrong := _qualified(opened[0].strip(), rest, known, language):
                yield match[0] + opened[0] + wrong
        elif language == "fr":
            after = re.match(r" ([a-z]+)\b", behind)
            if after and _is_new(after[1], known, language):
                yield match[0] + after[0]


def _is_new(word: str | None, known: Groups, language: str) -> bool:
    """Whether a plain adjective is one that no line gives to customers."""
    if word is None or word in plain.before_people(language):
        return False
    return word in plain.adjectives(language) and not _called_so(word, known)


def _qualified(opener: str, rest: str, known: Groups, language: str) -> str | None:
    """The words up to the next comma, where they are neither a deed nor together in one line. What
    a preposition opens ends before its verb, and says nothing in plain words alone."""
    rest, deeds = re.split(r",", rest)[0], plain.deeds(language)
    if _SPAN.match(rest):
        return None
    if opener not in _CLAUSES:
        verb = next((m for m in _WORD.finditer(rest) if m[0] in plain.verbs(language)), None)
        rest, deeds = rest[: verb.start()] if verb else rest, plain.ranks(language)
    content = [word for word in plain.content(rest, language) if word not in deeds]
    if opener in _CLAUSES and _SETS_APART & set(_WORD.findall(rest)):
        return rest.strip()
    named = opener in _CLAUSES or set(content) - plain.words(language, advice=False)
    together = any(all(known_by(word) & group for word in content) for group in known)
    return None if not content or (named and together) else rest.strip()


def _called(rest: str, known: Groups, language: str) -> str | None:
    """The adjective that calls people something, where no line calls them so."""
    if re.match(r"(?:an?|the|your|une?|l[ae']s?|vos|votre) ", rest):
        return None
    word = next((m[0] for m in _WORD.finditer(rest) if m[0] not in plain.exact(language)), None)
    if word not in plain.adjectives(language) or word in plain.deeds(language):
        return None
    return None if _called_so(word, known) else word


def _called_so(word: str, known: Groups) -> bool:
    return any(known_by(word) & group and _keys(_NAMES) & group for group in known)


@cache
def _keys(words: str) -> frozenset[str]:
    return frozenset(key(word) for word in word_set(words))
