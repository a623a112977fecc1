"""Finds people's names in free text.

First names alone are found by the words beside them: "my daughter Rose" and "Violet helped me" are
people, "the Rose scarf" and "in Paris" are not.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.text.normalize import collapse_spaces, normalize_text, word_set

_FIRST_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_FIRST_NAME = rf"(?P<name>{_FIRST_WORD})(?![\w'’-])"

_CAPITAL = re.compile(_FIRST_WORD)

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
_INTRODUCED_PATTERNS = (
    re.compile(
        rf"\b(?i:my|our|his|her|your|their|ma|mon|sa|son|notre|votre|leur) (?i:{_KIN}) "
        rf"{_FIRST_NAME}"
    ),
    re.compile(rf"\b(?i:{_STAFF}),? {_FIRST_NAME}"),
    re.compile(
        rf"\b(?i:name(?:d|(?:'|’)s| is| was)|prénommée?|qui s['’]appelle|nommée?) {_FIRST_NAME}"
    ),
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
_LISTED_PATTERNS = (
    re.compile(rf"{_FIRST_NAME},? (?={_HUMAN_VERB})"),
    re.compile(rf"(?:^|[\n.!?] ?)(?i:{_GREETED}),? {_FIRST_NAME}(?= ?[,!\n])"),
    re.compile(rf"\b(?i:merci|thanks|thank you|bravo|cheers),? {_FIRST_NAME}(?= ?(?:[,!.\n]|$))"),
    re.compile(
        rf"\b(?i:(?:merci|bravo|grâce) à|thanks to) {_FIRST_NAME}(?= ?(?:[!]|,? "
        rf"(?:pour|for|qui|who)\b))"
    ),
    re.compile(rf"\b(?i:{_MET}) {_FIRST_NAME}"),
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
_SURE_PATTERNS = (
    re.compile(rf"\b(?i:{_AUTHOR_LABEL}) ?[:,]? ?{_FIRST_NAME}(?= ?(?:[,.;\n)]|$))"),
    re.compile(rf"{_FIRST_NAME}(?=, \d\d (?:ans|years)\b)"),
    re.compile(rf"(?:^|\n|[.!?] )- ?{_FIRST_NAME}(?=,|[.]?\s*$|\n)"),
    re.compile(
        rf"\b(?i:(?:merci|bravo|grâce) à|thanks to) {_FIRST_NAME} (?=(?:et|and|&) {_FIRST_WORD})"
    ),
    re.compile(
        rf"\b(?i:(?:merci|bravo|grâce) à|thanks to) {_FIRST_WORD} (?:et|and|&) {_FIRST_NAME}"
    ),
    re.compile(rf"{_FIRST_NAME},? (?={_SPEECH_VERB})"),
    re.compile(rf"{_FIRST_NAME},? (?={_PLACE})"),
    re.compile(
        rf"\b{_FIRST_NAME} (?=(?:et|and|&) {_FIRST_WORD} (?:ont|sont|have|are|love|loved)\b)"
    ),
    re.compile(
        rf"\b(?i:i'm|i am|this is|moi c'est|moi,? je suis|je suis|ici) {_FIRST_NAME}(?= "
        rf"?(?:[,.!\n]|$))"
    ),
)


def find_lone_names(
    text: str, listed: Collection[str], sure: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Yield the positions of first names that stand alone and mean a person. `listed` are the
    known first names, normalized; `sure` are those without another meaning, in the language or
    in the team's catalogue."""
    words = list(_CAPITAL.finditer(text))
    if not words:
        return
    folded = {normalize_text(word[0]) for word in words}
    for shape in _INTRODUCED_PATTERNS:
        yield from (found.span("name") for found in shape.finditer(text))
    for shapes, names in ((_LISTED_PATTERNS, listed), (_SURE_PATTERNS, sure)):
        if folded.isdisjoint(names):
            continue
        for shape in shapes:
            for found in shape.finditer(text):
                if normalize_text(found["name"]) in names:
                    yield found.span("name")


# Full names in the middle of a text: a known first name followed by a surname.

GIVEN_NAMES_FILE = Path(__file__).parent / "given_names.toml"
# The catalogue reader's lists of colours, materials and products.
TRAITS_FILE = Path(__file__).parents[1] / "data" / "catalogue" / "lexicon.toml"
GOODS_FILE = Path(__file__).parents[1] / "rules" / "goods.toml"
ARTICLE_WORDS = frozenset(
    re.findall(r"\S+", "la le les l' une un cette ce ma mon vos the this my a o das die der el")
)

_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
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
    every = list(find_full_names(text, own))
    if _LOUD_WORD.search(text):
        every += find_uppercase_names(text, own)
    every += find_lone_names(
        text, lists.listed, lists.first - frozenset(own) if own else lists.first
    )
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
        things = tomllib.load(file)
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


# Names after words that introduce them: titles, labels, greetings, signatures.

MASK_CHARACTER = "\ue000"  # replaces each character of a span that was found before

_W = r"[A-ZÀ-ÖØ-Þ][^\W\d_]{0,24}(?:['-][^\W\d_]{1,24}){0,3}"
_ANY = r"[^\W\d_]{2,24}(?:['-][^\W\d_]{1,24}){0,3}"
_JOIN = (
    r"(?:(?:de la|de|du|des|van der|van den|van|von|der|da|dos|do|del|le|la|el|bin|ben|al) |"
    r"d'|o')?"
)
_INITIAL = r"[A-ZÀ-Þ]\."
_FULL = rf"(?:{_INITIAL} ?){{0,2}}(?i:{_JOIN}){_W}(?: (?:{_INITIAL}|(?i:{_JOIN}){_W})){{0,3}}"
_TWO = rf"(?:{_INITIAL} ?{_W}|{_W} (?:{_INITIAL}(?!\w)|(?i:{_JOIN}){_W}))(?: {_W})?"
_TITLE = (
    r"(?:M\.|MM\.|Mmes?\.?|Mlles?\.?|Monsieur|Mademoiselle|Madame|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|"
    r"Docteur|Doctor|Prof\.?|Pr\.|Ma[îi]tre|Sr\.|Sra\.|Senhora?|Señora?|Herr|Frau|"
    r"(?i:mme|mlle|mr|mrs))"
)


class _Rule(NamedTuple):
    """`words`: normalized words of which a text must contain one for the pattern to be tried.
    `sure`: the cue alone makes any word a name; otherwise each word must pass `could_be_name`."""

    words: frozenset[str]
    pattern: str
    sure: bool = False

    @property
    def shape(self) -> re.Pattern[str]:
        return compile_pattern(self.pattern)


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile when a text first needs the pattern, since most commands need none."""
    return re.compile(pattern)


def _build_rule(words: str, shape: str, sure: bool = False) -> _Rule:
    return _Rule(frozenset(words.split()), shape, sure)


_CLOSINGS = (
    r"(?:(?:bien )?cordialement|cdlt|cdt|sinc[èe]rement|respectueusement|bises|bisous|all the "
    r"best|take care|love|xx+|bien (?:à vous|cordialement)|(?:mes )?sinc[èe]res salutations|"
    r"salutations(?: distinguées)?|amicalement|belle journ[ée]e|bonne (?:journ[ée]e|soir[ée]e)|"
    r"à bient[ôo]t|"
    r"(?:avec |par )?avance|retour|"
    r"(?:kind(?:est)? |best |warm(?:est)? )?regards|(?:best|warm|kind) wishes|wishes|sincerely|"
    r"yours(?: truly| sincerely| faithfully)?|cheers|(?:many )?thanks(?: in advance)?|thank you|"
    r"best|"
    r"merci(?: beaucoup)?|obrigad[oa]|atenciosamente|cumprimentos|(?:un )?saludos?|gracias|"
    r"atentamente|mit freundlichen gr[üu](?:ß|ss)en|(?:viele )?gr[üu](?:ß|ss)en?|lg)"
)
_CLOSING_WORDS = (
    "cordialement cdlt cdt sincerement respectueusement bises bisous care love xx xxx vous "
    "salutations amicalement journee soiree bientot avance retour regards "
    "wishes sincerely yours cheers thanks thank best merci obrigado obrigada atenciosamente "
    "cumprimentos saludo saludos gracias atentamente grussen grusse gruße grußen lg gruss"
)
_RULES = (
    # "my name is john": the cue is certain enough for a name in lower case
    _build_rule(
        "appelle nom name nome nombre chamo llamo heiße heisse chiamo",
        rf"\b(?i:je m'appelle|mon nom est|my name is|my name's|(?:o )?meu nome é|(?:eu )?me chamo|"
        rf"chamo-me|me llamo|mi nombre es|ich heiße|ich heisse|mein name ist|mi chiamo) "
        rf"(?P<name>{_FULL}|(?!not\b|pas\b){_ANY})",
        sure=True,
    ),
    # "I'm Marie Dupont": a less certain cue, so at least two capitalized words
    _build_rule(
        "suis moi i c",
        rf"\b(?i:je suis|(?:moi )?c'est|i'm|i am)(?i: (?:M\.|Mme|Mr|Mrs|Ms))? (?P<name>{_TWO})",
    ),
    _build_rule(
        "m mm mme mmes mlle mlles monsieur mademoiselle madame mr mrs ms miss dr docteur doctor "
        "prof "
        "pr maitre sr sra senhor senhora señor señora senor senora herr frau",
        rf"(?<![\w.])(?P<title>{_TITLE}) (?P<name>{_FULL}|(?<=(?i:mme) ){_ANY}|(?<=(?i:mlle) "
        rf"){_ANY}|"
        rf"(?<=(?i:mrs) ){_ANY}|(?<=(?i:mr) ){_ANY})",
    ),
    # prénom : marie, first name: priya
    _build_rule(
        "prenom first last surname family famille apelido apellido vorname nachname given forename",
        rf"\b(?i:prénoms?|prenom|first ?name|given ?name|forename|last ?name|surname|family ?name|"
        rf"nom de famille|apelido|apellidos?|vorname|nachname) ?[:=] ?"
        rf"(?P<name>{_FULL}|{_ANY})(?!\w| {_ANY} ?[:=])",
        sure=True,
    ),
    # nom: dupont, prénom: marie
    _build_rule(
        "nom name",
        rf"\b(?i:nom|name) ?[:=] ?(?P<name>{_FULL}|{_ANY})"
        rf"(?=[ ,;/|\n]{{1,4}}(?i:pr[ée]noms?|first ?name|given ?name|forename|surname|last "
        rf"?name)\b)",
        sure=True,
    ),
    # nom garnier prénom élodie
    _build_rule(
        "prenom",
        rf"\b(?i:nom) ?[:=]? ?(?P<name>{_ANY}[ ,;/]{{1,3}}(?i:pr[ée]nom) ?[:=]? ?{_ANY})",
        sure=True,
    ),
    # name: dupont, marie
    _build_rule(
        "nom name client cliente customer",
        rf"(?<!du )(?<!product )(?<!de )\b(?i:nom|name|cliente?|customer) ?[:=] ?"
        rf"(?P<name>{_ANY}, ?{_ANY})(?= ?(?:[.;\n)]|$))",
    ),
    _build_rule(
        "client cliente customer nom name nome nombre kunde kundin signe signed avis review posted "
        "ecrit written destinataire recipient contact attn attention expediteur sender",
        rf"(?<!product )(?<!brand )\b(?i:cliente?|customer(?: name)?|nom(?: complet)?|(?:full "
        rf")?name|nome|nombre|kunde|kundin|"
        rf"signé|signed|avis de|review by|posted by|écrit par|written by|destinataire|recipient|"
        rf"contact|attn|attention|expéditeur|sender) ?[:=] ?(?:{_TITLE} )?(?P<name>{_TWO})",
    ),
    _build_rule(
        _CLOSING_WORDS,
        rf"\b(?i:{_CLOSINGS}) ?[,.!]* ?\n{{1,3}}[ \t]*(?:- ?)?(?P<title>{_TITLE} "
        rf")?(?P<name>{_FULL})"
        rf"(?=[ .,!]*(?:\n|$|[(,;{MASK_CHARACTER}]))",
    ),
    _build_rule(
        _CLOSING_WORDS,
        rf"\b(?i:cordialement|cdlt|cdt|bien à vous|regards|best wishes|sincerely|atenciosamente|"
        rf"saludos|"
        rf"obrigad[oa]|mit freundlichen gr[üu](?:ß|ss)en),? (?P<title>{_TITLE} )?(?P<name>{_FULL})"
        rf"(?=[ .!]*(?:$|\n))",
    ),
)
# "— Marie D." at the end of a text; elsewhere, "taille M." looks the same
_DASHED = re.compile(
    rf"(?:(?<!\w)-{{1,2}} ?|\()(?P<name>{_W} (?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ]{{2,}}|(?<=\w "
    rf"){_W}))(?=[ ]*(?:\)|\n|$))"
)
_SIZED = re.compile(
    r"(?i:\b(?:taille|tailles|size|sizes|longueur|en|du|un|une|a|an|in|coupe|the|cup|bonnet)) $"
)
_PARTICLES = word_set("de du des la le les van von der den da dos do del el et and d o bin ben al")
# A name as the last line, and the last line of a letter, which may be a first name alone.
_SIGNED = re.compile(
    rf"\n[ \t]*(?:- ?)?(?:{_TITLE} )?(?P<name>{_TWO}(?: {_W})?)"
    rf"(?P<more>(?:[ ,;:(-]*{MASK_CHARACTER}+\)?|[ ,]*\([^()\n]{{1,40}}\))*)[ .,!]*\s*$"
)
_LETTER = re.compile(
    r"(?i)\s*(?:bonjour|bonsoir|hello|hi|hey|dear|good (?:morning|evening)|madame|monsieur|ol[áa]|"
    r"hola|coucou)\b"
)
_LETTER_END = re.compile(rf"\n[ \t]*(?:- ?)?(?P<name>{_W})[ .,!]*\s*$")
_TAIL = 200  # characters at the end of a text that are searched for a signature


def find_cued_names(
    text: str, words: Collection[str], own: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Yield start and end of names that a word introduces or that sign the text. `words` are the
    text's normalized words; for `own` see `build_own_words`."""
    for rule in _RULES:
        if rule.words.isdisjoint(words):
            continue
        shape, sure = rule.shape, rule.sure
        for found in shape.finditer(text):
            if "title" in shape.groupindex and not _is_title(found):
                continue
            if span := _trim_name(found, own, sure):
                yield span
    if "-" in text or "(" in text:
        for found in _DASHED.finditer(text):
            if span := _trim_name(found, own):
                yield span
    if "\n" in text:
        yield from _find_signature(text, own)


def _is_title(found: re.Match[str]) -> bool:
    """Whether the title is one: not in "Taille M. Longueur", and not in "Mr Propre"."""
    if not is_somebody(found["name"]):
        return False
    before = found.string[max(0, found.start() - 12) : found.start()]
    return not ((found["title"] or "").strip() in ("M.", "MM.") and _SIZED.search(before))


def _find_signature(text: str, own: Collection[str]) -> Iterator[tuple[int, int]]:
    begin = max(0, len(text.rstrip()) - _TAIL)
    tail = text[begin:]
    shapes = [_SIGNED, _LETTER_END] if _LETTER.match(text) else [_SIGNED]
    for shape in shapes:
        if (found := shape.search(tail)) and (span := _trim_name(found, own)):
            yield begin + span[0], begin + span[1]
            return


def _trim_name(
    found: re.Match[str], own: Collection[str], sure: bool = False
) -> tuple[int, int] | None:
    """Return the span of the name without the words after it that can't belong to it, or None."""
    start, _ = found.span("name")
    pieces = list(re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?", found["name"]))
    if sure:
        kept = pieces
        while len(kept) > 1 and not could_be_name(kept[-1][0], own):
            kept = kept[:-1]
        return (start, start + len(found["name"][: kept[-1].end()].rstrip("."))) if kept else None
    titled = "title" in found.re.groupindex
    kept = []
    for piece in pieces:
        particle = (kept or titled) and normalize_text(piece[0]) in _PARTICLES
        if not particle and not could_be_name(piece[0], own, titled=titled):
            break
        kept.append(piece)
    while kept and normalize_text(kept[-1][0]) in _PARTICLES:
        kept.pop()
    if not kept:
        return None
    # "Longueur L" is not a name: where the pattern asks for two words, two must remain
    short = len(kept) == 1 < len(pieces)
    if short and not titled and not is_given_name(kept[0][0]):
        return None
    return start, start + len(found["name"][: kept[-1].end()].rstrip("."))
