"""Finds first names that stand alone, by the words beside them.

"My daughter Rose" and "Violet helped me" are people, "the Rose scarf" and "in Paris" are not.
"""

import re
from collections.abc import Collection, Iterator

from bot.text.normalize import normalize_text

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
