"""First names alone, in the middle of a text, where what stands beside says that it is a person.

So "my daughter Rose" and "Violet helped me" are hidden, "the Rose scarf" and "in Paris" are not.
"""

import re
from collections.abc import Collection, Iterator

from bot.text.normalize import fold

_WORD = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:['’-][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_NAME = rf"(?P<name>{_WORD})(?![\w'’-])"

_CAPITAL = re.compile(_WORD)

# Whoever stands behind these is somebody, whatever the name is.
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
_BEHIND = (
    re.compile(
        rf"\b(?i:my|our|his|her|your|their|ma|mon|sa|son|notre|votre|leur) (?i:{_KIN}) {_NAME}"
    ),
    re.compile(rf"\b(?i:{_STAFF}),? {_NAME}"),
    re.compile(rf"\b(?i:name(?:d|(?:'|’)s| is| was)|prénommée?|qui s['’]appelle|nommée?) {_NAME}"),
)
# Here the list has to know the name: other words may stand there, too.
_HUMAN = (
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
_LISTED = (
    re.compile(rf"{_NAME},? (?={_HUMAN})"),
    re.compile(rf"(?:^|[\n.!?] ?)(?i:{_GREETED}),? {_NAME}(?= ?[,!\n])"),
    re.compile(rf"\b(?i:merci|thanks|thank you|bravo|cheers),? {_NAME}(?= ?(?:[,!.\n]|$))"),
    re.compile(
        rf"\b(?i:(?:merci|bravo|grâce) à|thanks to) {_NAME}(?= ?(?:[!]|,? (?:pour|for|qui|who)\b))"
    ),
    re.compile(rf"\b(?i:{_MET}) {_NAME}"),
)


# And here it must be one that is no other word, either: a product may be called Rose.
_SPEAKS = (
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
_LABEL = (
    r"(?:signée?|signed|avis de|review by|posted by|écrit par|written by|cliente?|customer|contact)"
)
_SURE = (
    re.compile(rf"\b(?i:{_LABEL}) ?[:,]? ?{_NAME}(?= ?(?:[,.;\n)]|$))"),
    re.compile(rf"{_NAME}(?=, \d\d (?:ans|years)\b)"),
    re.compile(rf"(?:^|\n|[.!?] )- ?{_NAME}(?=,|[.]?\s*$|\n)"),
    re.compile(rf"\b(?i:(?:merci|bravo|grâce) à|thanks to) {_NAME} (?=(?:et|and|&) {_WORD})"),
    re.compile(rf"\b(?i:(?:merci|bravo|grâce) à|thanks to) {_WORD} (?:et|and|&) {_NAME}"),
    re.compile(rf"{_NAME},? (?={_SPEAKS})"),
    re.compile(rf"{_NAME},? (?={_PLACE})"),
    re.compile(rf"\b{_NAME} (?=(?:et|and|&) {_WORD} (?:ont|sont|have|are|love|loved)\b)"),
    re.compile(
        rf"\b(?i:i'm|i am|this is|moi c'est|moi,? je suis|je suis|ici) {_NAME}(?= ?(?:[,.!\n]|$))"
    ),
)


def lone_names(
    text: str, listed: Collection[str], sure: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Where first names stand alone and are somebody's. `listed` are the folded ones that are
    known; `sure` those that are no other word and nothing that the team sells."""
    words = list(_CAPITAL.finditer(text))
    if not words:
        return
    folded = {fold(word[0]) for word in words}
    for shape in _BEHIND:
        yield from (found.span("name") for found in shape.finditer(text))
    for shapes, names in ((_LISTED, listed), (_SURE, sure)):
        if folded.isdisjoint(names):
            continue
        for shape in shapes:
            for found in shape.finditer(text):
                if fold(found["name"]) in names:
                    yield found.span("name")
