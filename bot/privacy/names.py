"""Finds people's names in free text: full names, and first names that stand alone."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.text.normalize import collapse_spaces, normalize_text

_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_CAPITAL = re.compile(_NAME_WORD)
_ENDS_INSIDE_WORD = re.compile(r"[\w'’-]")


class _Context(NamedTuple):
    """The words before and after a first name that stands alone and means a person. Those before
    are no longer than `reach`."""

    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    reach: int

    def fits(self, text: str, start: int, end: int) -> bool:
        if self.after and not self.after.match(text, end):
            return False
        before = self.before
        return before is None or bool(before.search(text, max(0, start - self.reach), start))


def _context(before: str = "", after: str = "", reach: int = 24) -> _Context:
    return _Context(
        re.compile(rf"(?:{before})$") if before else None,
        re.compile(after) if after else None,
        reach,
    )


# The word after one of these is a person, whatever the name is.
_KIN = (
    r"(?:daughter|son|wife|husband|mother|mum|mom|father|dad|sister|brother|niece|nephew|aunt|"
    r"uncle|"
    r"cousin|grandmother|grandma|granddaughter|grandson|girlfriend|boyfriend|friend|colleague|"
    r"fille|fils|femme|mari|m[èe]re|p[èe]re|s(?:œ|oe)ur|fr[èe]re|ni[èe]ce|neveu|tante|oncle|"
    r"cousine?|"
    r"grand-m[èe]re|grand-p[èe]re|petite-fille|petit-fils|amie?|copine|copain|coll[èe]gue|compagne|"
    r"compagnon|belle-m[èe]re|belle-fille|belle-s(?:œ|oe)ur)"
)
_STAFF = (
    r"(?:advis[eo]r|sales ?(?:assistant|woman|man|lady|person)|shop assistant|stylist|seamstress|"
    r"conseill(?:er|[èe]re)|vendeu(?:r|se)|couturi[èe]re|interlocut(?:eur|rice))"
)
_INTRODUCED = _context(
    rf"\b(?i:my|our|his|her|your|their|ma|mon|sa|son|notre|votre|leur) (?i:{_KIN}) "
    rf"|\b(?i:{_STAFF}),? "
    r"|\b(?i:name(?:d|(?:'|’)s| is| was)|prénommée?|qui s['’]appelle|nommée?) "
)
# Other words are possible after these, so the name must be in the list of first names.
_HUMAN_VERB = (
    r"(?:(?:helped|answered|replied to|called|told|assured|advised|assisted|served) (?:me|us)\b|"
    r"(?:was|is|has been) (?:so |very |really |extremely |super )?"
    r"(?:helpful|patient|friendly|polite|rude|attentive)\b|"
    r"(?:m['’]a|nous a|vous a|m['’]avait) (?:\w+ment |bien |très bien )?"
    r"(?:aidée?s?|répondu|conseillée?s?|accueillie?s?|rappelée?s?|renseignée?s?|guidée?s?|"
    r"expliqué|dit|"
    r"proposé|contactée?s?|servie?s?)\b|(?:a été|est|était) (?:très |vraiment |super )?"
    r"(?:serviable|patiente?|aimable|à l['’]écoute|sympathique|désagréable)\b|"
    r"(?:from|of|at) (?:the |your )?"
    r"(?:customer (?:service|care|support)|support|help ?desk|(?:sales|store) team)\b|"
    r"(?:du|de votre|au) (?:service (?:client|clientèle|après-vente)|SAV|support)\b)"
)
_GREETED = r"bonjour|bonsoir|hello|hi|dear|hey|chère?|coucou|olá|hola"
_MET = r"(?:spoke|spoken|talked|chatted|dealt) (?:to|with)|(?:parlé|échangé|discuté) avec"
_THANKED = r"(?:merci|bravo|grâce) à|thanks to"
_LISTED_CONTEXTS = (
    _context(after=rf",? {_HUMAN_VERB}"),
    _context(rf"(?:^|[\n.!?] ?)(?i:{_GREETED}),? ", r" ?[,!\n]"),
    _context(r"\b(?i:merci|thanks|thank you|bravo|cheers),? ", r" ?(?:[,!.\n]|$)"),
    _context(rf"\b(?i:{_THANKED}) ", r" ?(?:[!]|,? (?:pour|for|qui|who)\b)"),
    _context(rf"\b(?i:{_MET}) "),
)


# After these, the name must also have no other meaning: a product may be called Rose.
_SPEECH_VERB = (
    r"(?:said|says|wrote|writes|asked|asks|ordered|bought|thinks|phoned|emailed|complained|"
    r"lov(?:ed|es) (?:it|them|her|his|the)|is (?:delighted|thrilled)|"
    r"(?:a|m'a|nous a|leur a|avait) (?:adoré|dit|écrit|commandé|acheté|appelé|demandé|offert|"
    r"téléphoné|"
    r"reçu|porté|essayé|retourné|renvoyé)|adore|voulait|voudrait|s'est (?:plaint|trompée?))\b"
)
_PLACE = (
    r"(?:du|de la|de votre|de notre|au|à la|from (?:the|your)|(?:in|at) (?:the|your)) "
    r"(?:[^\W\d_]+ ){0,2}(?:magasin|boutique|store|shop|caisse|till|accueil|rayon)\b"
)
_AUTHOR_LABEL = (
    r"(?:signée?|signed|avis de|review by|posted by|écrit par|written by|cliente?|customer|contact)"
)
_SURE_CONTEXTS = (
    _context(rf"\b(?i:{_AUTHOR_LABEL}) ?[:,]? ?", r" ?(?:[,.;\n)]|$)"),
    _context(after=r", \d\d (?:ans|years)\b"),
    _context(r"(?:^|\n|[.!?] )- ?", r",|[.]?\s*$|\n"),
    _context(rf"\b(?i:{_THANKED}) ", rf" (?:et|and|&) {_NAME_WORD}"),
    _context(rf"\b(?i:{_THANKED}) {_NAME_WORD} (?:et|and|&) ", reach=80),
    _context(after=rf",? {_SPEECH_VERB}"),
    _context(after=rf",? {_PLACE}"),
    _context(r"(?<!\w)", rf" (?:et|and|&) {_NAME_WORD} (?:ont|sont|have|are|love|loved)\b"),
    _context(r"\b(?i:i'm|i am|this is|moi c'est|moi,? je suis|je suis|ici) ", r" ?(?:[,.!\n]|$)"),
)


def _is_lone_name(word: re.Match[str], own: Collection[str]) -> bool:
    """Whether the word is a first name that stands alone and means a person."""
    text, (start, end) = word.string, word.span()
    before = text[max(0, start - 2) : start]
    follows = before[1:] == " " and (before[0].isalpha() or before[0] == ",")
    name, lists = normalize_text(word[0]), _load_lists()
    is_listed = name in lists.listed
    if not (follows or is_listed) or _ENDS_INSIDE_WORD.match(text, end):
        return False
    if follows and _INTRODUCED.fits(text, start, end):
        return True
    if not is_listed:
        return False
    return _fits_any(_LISTED_CONTEXTS, text, start, end) or (
        name in lists.first and name not in own and _fits_any(_SURE_CONTEXTS, text, start, end)
    )


def _fits_any(contexts: Iterable[_Context], text: str, start: int, end: int) -> bool:
    return any(context.fits(text, start, end) for context in contexts)


# Finds people's full names in free text, and whether a word can be a name.

GIVEN_NAMES_FILE = Path(__file__).parent / "given_names.toml"
# The catalogue reader's lists of colours, materials and products.
TRAITS_FILE = Path(__file__).parents[1] / "data" / "catalogue" / "lexicon.toml"
GOODS_FILE = Path(__file__).parents[1] / "data" / "catalogue" / "product_words.toml"
ARTICLE_WORDS = frozenset(
    re.findall(r"\S+", "la le les l' une un cette ce ma mon vos the this my a o das die der el")
)

_LOUD = r"[A-ZÀ-ÖØ-Þ]{3,}(?:-[A-ZÀ-ÖØ-Þ]{2,})*"
_SURNAME_PARTICLE = (
    r"(?:[Dd]e [Ll]a|[Dd]e|[Dd]u|[Dd]es|[Vv]an [Dd]er|[Vv]an [Dd]en|[Vv]an|[Vv]on|der|[Dd]a|dos|do|"
    r"[Dd]el|[Ll]e|[Ll]a|[Ee]l|[Bb]en) |[DdOo]['’]|Mc|Mac"
)
_LAST = rf"(?:{_SURNAME_PARTICLE})?(?:{_NAME_WORD}|{_LOUD})(?![\w'’])|[A-ZÀ-ÖØ-Þ]\."
_FULL_NAME = re.compile(
    rf"(?<![\w'’.@/-])(?P<first>{_NAME_WORD}) (?P<last>{_LAST})(?P<more>(?: (?:{_LAST})){{0,2}})"
)
# Surnames in capitals: PHILIPPE MARCHAND, DUPONT Marie, LE GALL Yannick
_SHOUTED = re.compile(
    rf"(?<![\w'’.@/-])(?P<one>{_LOUD}(?: {_LOUD})?),? (?P<other>{_NAME_WORD}|{_LOUD})(?![\w'’])"
)
_BEFORE = re.compile(  # a brand, a model or a saint of that name
    r"(?:(?<!signed )(?<!collected )(?<!delivered )(?<!received )(?<!packed )(?<!helped "
    r")(?<!served )"
    r"(?<!written )(?<!sent )(?<!picked up )(?<!taken )(?<!opened )(?<!handled )\bby|\b(?:brand|"
    r"marque|mod[èe]le|model|maison|collection|style|parfum|san|santa|st\.?|"
    r"saint|sainte|rue|avenue|place|lyc[ée]e|h[ôo]tel|hotel)|["
    r"«“\"]) ?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _NameLists:
    first: frozenset[str]
    doubtful: frozenset[str]
    surnames: frozenset[str]
    no_last: frozenset[str]
    known: frozenset[str]
    listed: frozenset[str]
    goods: re.Pattern[str]
    titled: frozenset[str]
    trades: frozenset[str]
    worn: frozenset[str]
    begins: frozenset[str]


def find_full_names(text: str, own: Collection[str] = ()) -> Iterator[tuple[int, int]]:
    """Yield start and end of each full name in a text, in order. `own` are the normalized words of
    the team's products and brands. None of them is a surname, and a product that is called like a
    person is recognized by another of its words or an article before it: "la robe Maud Longue"."""
    at = 0
    while found := _FULL_NAME.search(text, at):
        if _is_person(found, own):
            at = _find_name_end(found, own)
            yield found.start(), at
        else:
            at = found.end("first")  # "Bonjour Marie Dupont": the name may start a word later


def find_names(text: str, own: Collection[str] = ()) -> list[tuple[int, int]]:
    """Return the spans of full names and of first names that can only mean a person, in the text's
    order and without overlaps."""
    lists = _load_lists()
    capitals = list(_CAPITAL.finditer(text))
    every = [word.span() for word in capitals if _is_lone_name(word, own)]
    if any(normalize_text(word[0]) in lists.listed for word in capitals):
        every += find_full_names(text, own)
    if _LOUD_WORD.search(text):
        every += find_uppercase_names(text, own)
    spans: list[tuple[int, int]] = []
    for start, end in sorted(every, key=lambda span: (span[0], -span[1])):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def find_uppercase_names(text: str, own: Collection[str] = ()) -> Iterator[tuple[int, int]]:
    """Yield full names whose surname, or all of it, is in capitals. If the words beside it are in
    capitals too, the whole sentence is, and only a common surname makes it a name."""
    lists, at = _load_lists(), 0
    while found := _SHOUTED.search(text, at):
        at = found.end("one")
        one, other = normalize_text(found["one"]), normalize_text(found["other"])
        loud = found["other"].isupper()
        first, last = (other, one) if other in lists.listed and not loud else (one, other)
        if loud and other in lists.first and one not in lists.listed:
            first, last = other, one
        known = first in lists.first or (first in lists.doubtful and last in lists.surnames)
        if not known or first in own or f"{first} {last}" in lists.known:
            continue
        if any(not could_be_name(word, own) for word in last.split(" ")):
            continue
        beside = (text[: found.start()].rstrip()[-3:], text[found.end() :].lstrip()[:3])
        if loud and last not in lists.surnames and any(_is_uppercase(one) for one in beside):
            continue
        if _BEFORE.search(found.string[max(0, found.start() - 24) : found.start()]):
            continue
        at = found.end()
        yield found.span()


def _is_uppercase(letters: str) -> bool:
    return len(letters) == 3 and letters.isalpha() and letters.isupper()


def could_be_name(word: str, own: Collection[str] = (), *, titled: bool = False) -> bool:
    """Whether a word may be part of a person's name: not a product of the shop, not a colour,
    material or thing, and not a word with which sentences start. After a title or a greeting
    (`titled`), only the last condition applies."""
    lists, folded = _load_lists(), normalize_text(word).strip(".' ")
    if titled:
        return folded in lists.trades or folded not in lists.begins
    if folded in own:
        return folded in lists.surnames
    if _ROMAN.fullmatch(folded):
        return False
    if folded in lists.surnames or folded in lists.first:
        return True
    if folded in lists.no_last:
        return folded in lists.trades and folded not in lists.worn
    return folded in lists.trades or not lists.goods.fullmatch(folded)


def is_somebody(titled: str) -> bool:
    """Whether the words after a title name a person: in "Mr Propre" they don't."""
    return normalize_text(titled).split(" ")[0].strip(".") not in _load_lists().titled


def is_given_name(word: str) -> bool:
    """Whether the lists contain the word as a first name."""
    return normalize_text(word).strip(". ") in _load_lists().listed


def is_only_given_name(word: str, own: Collection[str] = ()) -> bool:
    """Whether the word is a first name that means nothing else, in the language or, by the words of
    `build_own_words`, in the team's catalogue."""
    name = normalize_text(word).strip(".,;:!? ")
    return name in _load_lists().first and name not in own


_ROMAN = re.compile(r"[ivx]{2,}")
_LOUD_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ]{3}")


def build_own_words(names: Collection[str]) -> frozenset[str]:
    """Return the normalized words of the team's products and brands, which are never names."""
    return frozenset(
        word for name in names for word in re.findall(r"[^\W\d_]{3,}", normalize_text(name))
    )


def _is_person(found: re.Match[str], own: Collection[str]) -> bool:
    first, last, lists = (
        normalize_text(found["first"]),
        normalize_text(found["last"]),
        _load_lists(),
    )
    named = first in lists.first or (first in lists.doubtful and last in lists.surnames)
    if not named or f"{first} {last}" in lists.known or _is_no_surname(last, own):
        return False
    before = found.string[max(0, found.start() - 24) : found.start()]
    return not (_BEFORE.search(before) or (first in own and _is_thing(before, own)))


def _find_name_end(found: re.Match[str], own: Collection[str]) -> int:
    """Return the position after the last surname."""
    end = found.end("last")
    for more in re.finditer(rf" (?:{_LAST})", found["more"]):
        if _is_no_surname(normalize_text(more[0].strip()), own):
            break
        end = found.start("more") + more.end()
    return end


def _is_thing(before: str, own: Collection[str]) -> bool:
    words = re.findall(r"[^\W\d_]+['’]?", normalize_text(before))
    return bool(words) and (words[-1] in own or words[-1] in ARTICLE_WORDS)


def _is_no_surname(last: str, own: Collection[str]) -> bool:
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", last)
    return any(word in own or not could_be_name(word) for word in words[-1:])


@cache
def _load_lists() -> _NameLists:
    with GIVEN_NAMES_FILE.open("rb") as file:
        lists = tomllib.load(file)
    with TRAITS_FILE.open("rb") as file:
        traits = tomllib.load(file)
    with GOODS_FILE.open("rb") as file:
        things = tomllib.load(file)["kinds"]
    first = frozenset(
        normalize_text(name) for names in lists["names"].values() for name in names.split()
    )
    worn = {normalize_text(word) for trait in ("materials", "colours") for word in traits[trait]}
    begins = {normalize_text(word) for word in lists["no_surnames"]["words"].split()}
    no_last = begins | worn
    known = {
        collapse_spaces(normalize_text(one)) for one in re.split(r"[|\n]", lists["known"]["names"])
    }
    doubtful, last = (
        frozenset(map(normalize_text, lists[name]["names"].split()))
        for name in ("doubtful", "surnames")
    )
    goods = {word for words in things.values() for word in words if " " not in word}
    shapes = (re.escape(word).replace(r"\~", r"\w*") for word in sorted(goods))
    return _NameLists(
        first,
        doubtful,
        last,
        frozenset(no_last),
        frozenset(known),
        first | doubtful,
        re.compile("|".join(shapes)),
        frozenset(map(normalize_text, lists["titled"]["names"].split())),
        frozenset(map(normalize_text, lists["trades"]["names"].split())),
        frozenset(worn),
        frozenset(begins),
    )
