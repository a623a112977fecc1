"""Finds the parts a description speaks of: a narrow collar, two chest pockets, wooden legs."""

import re
from dataclasses import dataclass

from bot.i18n.messages import Language
from bot.rules.writers.lexicon import Hit, Noun

COUNTS = {
    "en": {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    "fr": {"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6},
}
# Parts that say something even when nothing is said of them.
BARE = frozenset(
    {"pocket", "hood", "button", "zip", "lining", "belt", "drawer", "lid", "strap", "fringe"}
    | {"lace", "buckle", "compartment", "ribbing", "shoulder_pad"}
)
_NO = re.compile(
    r"\b(?:no|without|sans|pas de|ni|dans|sous|under|into)\s+(?:\w+\s+){0,2}$|\bin (?:a|your)\s+$",
    re.IGNORECASE,
)
_SIDE = re.compile(r"droites?|gauches?", re.IGNORECASE)
_JOIN = re.compile(r"[\s,]*(?:\band\b|\bet\b)?[\s,]*")


@dataclass(frozen=True)
class Detail:
    """A part with what is said of it: two chest pockets, long sleeves."""

    part: str
    about: tuple[tuple[str, str], ...]  # (table, key), in the order said
    count: int
    plural: bool
    word: str = ""  # as the catalogue calls it
    language: Language = "en"


def find(
    sentence: str, hits: list[Hit], language: Language, noun: Noun | None
) -> tuple[list[Detail], list[Hit]]:
    """The parts in a sentence, each with the known words that belong to it; and those words.

    `noun` is what the product is: of a belt, "belt" is no part.
    """
    found: list[Detail] = []
    used: list[Hit] = []
    for at, hit in enumerate(hits):
        part = hit.as_a("parts")
        if not part or hit in used or (noun and hit.as_a("nouns") == noun.key):
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
        used += [hit, *mine]
        if part == "jar" or not negated(sentence, begin):
            found.append(_detail(part, hit, mine, sentence[:begin], language))
    return [detail for detail in found if _telling(detail)], used


def negated(sentence: str, at: int) -> bool:
    """Whether what begins there is denied, or belongs to something else: "fits in a pocket"."""
    return _NO.search(sentence[:at]) is not None


def _detail(part: str, hit: Hit, mine: list[Hit], before: str, language: Language) -> Detail:
    said = re.search(r"(\w+)\s+$", before)
    count = COUNTS[language].get(said[1].lower(), 0) if said else 0
    about = tuple(dict.fromkeys(a for h in mine if (a := _about(h))))
    many = hit.plural("parts") or count > 1
    return Detail(part, about, count, many, hit.word.lower(), language)


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
        between = sentence[end : hit.start]
        if not re.fullmatch(r"\s*(?:en |de |d'|à )?", between):
            break
        if "à " in between and _SIDE.fullmatch(hit.word):
            break  # « une poche à droite » is not a straight one
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
    return bool(detail.about) or detail.part in BARE
