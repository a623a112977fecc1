"""Postal addresses in the ways that French, British, American and other people write them."""

import re
from collections.abc import Collection, Iterator

Span = tuple[str, int, int]

_CAP = r"[A-ZÀ-ÖØ-Þ][\w'.-]{0,40}"
_SMALL = (
    r"(?:de la|de l'|de|du|des|d'|la|le|les|l'|et|en|à|aux?|sur|sous|of|the|da|do|das|dos|"
    r"del|los|las)"
)
_TOWN = rf"{_CAP}(?:[ -](?:{_SMALL}[ -]?)?{_CAP}){{0,3}}"
_CEDEX = r"(?i: cedex)?(?:(?<=(?i:cedex)) \d\d?)?"
_UK_POST = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_STREET = (
    r"rue|avenue|av|ave|bd|boulevard|boul|blvd|chemin|all[ée]e|impasse|quai|sentier|esplanade|"
    r"faubourg|fg|mont[ée]e|rond-point|villa|venelle|ruelle|promenade|cit[ée]|clos|voie|traverse"
)
_STREET_OR_WORD = (
    r"place|pl|cours|route|rte|square|passage|r[ée]sidence|lotissement|hameau|ch|"
    r"imp|all"
)
_HOUSE = (  # Appt 12, bâtiment C,
    r"(?:(?i:app(?:artement|art|t)?|apt|b[âa]t(?:iment)?|esc(?:alier)?|[ée]tage|porte|r[ée]sidence|"
    r"flat|unit|suite|chez)\.? ?(?:n° ?)?[\w'-]{1,14}(?: [A-Z][\w'-]{1,20})?,? ?\n?){0,3}"
)
_NUMBER = r"\d{1,4}(?: ?(?:bis|ter|quater|[A-Da-d])\b)?"
_CODE = r"(?:F-)?\d{2} ?\d{3}"

_FR_WHOLE = re.compile(  # 12 bis rue des Lilas, 75011 Paris
    rf"{_HOUSE}\b{_NUMBER},? (?i:{_STREET}|{_STREET_OR_WORD}|r)\.? "
    rf"[\w'. -]{{1,48}}?[,\n ] ?\n?{_CODE} (?:{_TOWN}|[^\W\d_][\w'-]{{1,40}}){_CEDEX}"
)
_FR_STREET = re.compile(  # 12 rue des Lilas; 3 place Verte
    rf"{_HOUSE}\b{_NUMBER},? (?:(?i:{_STREET})\.? "
    rf"(?:(?:{_SMALL} ?){{0,3}}{_CAP}(?:[ -](?:{_SMALL} ?)?{_CAP}){{0,4}}"
    rf"|(?:{_SMALL} ?){{1,3}}[^\W\d_][\w'-]{{2,40}})"
    rf"|(?i:{_STREET_OR_WORD})\.? (?:{_SMALL} ?){{0,3}}{_CAP}(?:[ -](?:{_SMALL} ?)?{_CAP}){{0,4}}"
    rf"|R\. {_CAP}(?: {_CAP}){{0,3}})"
)
_FR_PLACE = re.compile(  # lieu-dit Kerbihan, 56340 Carnac
    rf"\b(?i:lieu[ -]dit|le bourg|ferme|domaine|hameau|route|chemin|rue|r[ée]sidence|"
    rf"z\.?[ai]\.?c?\.?|"
    rf"zone artisanale|manoir|ch[âa]teau)[\w'. -]{{0,40}}?,? ?\n?{_CODE} {_TOWN}{_CEDEX}"
)
_FR_BOX = re.compile(  # BP 40217, 44002 Nantes Cedex 1
    rf"\b(?:(?:B\.?P\.?|C\.?S\.?|TSA|bp|cs|tsa) ?(?:n° ?)?\d{{3,6}}|(?:B\.?P\.?|bp) ?(?:n° "
    rf"?)?\d{{1,2}}(?=[ ,\n-]{{1,3}}\d{{5}} )|"
    rf"(?i:bo[îi]te postale) ?(?:n° ?)?\d{{1,6}})\b"
    rf"(?:[, \n-]{{1,3}}{_CODE} {_TOWN}{_CEDEX})?"
)
_UK_BOX = re.compile(
    rf"\b(?i:P\.? ?O\.? ?Box|post office box|postbox) ?(?i:no\.? ?)?\d{{1,6}}\b"
    rf"(?:,? ?\n?(?:{_TOWN},? )?(?:{_UK_POST}|[A-Z]{{2}},? \d{{5}}(?:-\d{{4}})?))?"
)
_TYPE = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Close|Crescent|Cres|"
    r"Terrace|Gardens|Gdns|Mews|Boulevard|Blvd|Grove|Parkway|Pkwy|Highway|Hwy|Way|Place)"
)
_EN_STREET = re.compile(  # 221B Baker Street, London NW1 6XE; 5 Main St, Springfield, IL 62704
    rf"\b(?:(?i:Flat|Apt\.?|Apartment|Unit|Suite|Floor) ?#?\w{{1,5}},? )?\d{{1,5}}[A-Za-z]?,? "
    rf"(?:[NSEW]\.? )?"
    rf"(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}{_TYPE}\b\.?"
    rf"(?:,? (?i:Apt|Apartment|Suite|Unit|Flat|#)\.? ?\w{{1,5}})?"
    rf"(?:(?:,? ?\n?{_TOWN}){{0,2}},? ?\n?(?:{_UK_POST}|[A-Z]{{2}},? \d{{5}}(?:-\d{{4}})?)|,? "
    rf"{_UK_POST}"
    rf"|, {_TOWN}(?=[.,;\n]|$))?"
)
_EN_LOWER = re.compile(  # 14 acacia road
    r"\b\d{1,4}[a-z]? (?:[a-z]{3,20} ){1,2}(?:street|road|lane|avenue|close|crescent|drive|"
    r"terrace)\b"
)
# A British postcode is shared by some fifteen houses: with what stands before it, it is one.
_UK_CODE = re.compile(
    r"\b(?:AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|"
    r"DN|DT|"
    r"DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|HA|HD|HG|HP|HR|HS|HU|HX|IG|IP|IV|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|"
    r"LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|"
    r"SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE)"
    r"\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b"
)
_UK_BEFORE = re.compile(
    r"(?:(?:[Tt]he|of|on|upon|and|\d{1,4}[A-Za-z]?|[A-Z][\w'.-]{1,30}),?[ \n]){1,10}$"
)
_CODED = re.compile(  # code postal 29200 Brest; postcode M1 1AE
    rf"\b(?i:code postal|cp|post ?code|postal code|zip(?: code)?|habite|domicili[ée]e?|r[ée]side)"
    rf"(?i: à| au| is| est| in)?[ :]{{1,3}}(?P<value>{_CODE}(?:[ ,]{{1,2}}{_TOWN})?|{_UK_POST}|"
    rf"\d{{5}}(?:-\d{{4}})?)\b"
)
_OTHERS = (
    # Rua das Flores, 12, 1200-195 Lisboa; Calle Mayor 5, 28013 Madrid; Via Roma 3
    re.compile(
        rf"\b(?i:Rua|Avenida|Av\.|Travessa|Alameda|Estrada|Praça|Calle|C/|Plaza|Paseo|Carrer|Via) ?"
        rf"(?:{_SMALL} ){{0,3}}{_CAP}(?: (?:{_SMALL} )?{_CAP}){{0,3}},? (?:n[º°.] ?)?\d{{1,5}}\b"
        rf"(?:[,\n -]{{1,3}}(?:\d{{4}}-\d{{3}}|\d{{5}}(?:-\d{{3}})?) {_TOWN})?",
    ),
    # CEP 90020-100, a Brazilian postcode, finds a house with its number
    re.compile(r"\bCEP[ :]{0,3}\d{2}\.?\d{3}-?\d{3}\b", re.IGNORECASE),
    # Lindenstraße 12a, 10115 Berlin
    re.compile(
        r"\b[A-ZÄÖÜ][\wß-]{0,40}(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|weg|platz|allee|gasse) \d{1,4} "
        r"?[a-z]?\b"
        rf"(?:[,\n ]{{1,3}}(?:D-)?\d{{5}} {_TOWN})?"
    ),
)


def addresses(text: str, words: Collection[str]) -> Iterator[Span]:
    """Kind, start and end of each, the longer ways of writing first."""
    shapes = [_FR_WHOLE, _FR_PLACE, _FR_BOX, _EN_STREET, _UK_BOX, _FR_STREET, _EN_LOWER, *_OTHERS]
    for code in _UK_CODE.finditer(text):
        before = _UK_BEFORE.search(text[max(0, code.start() - 100) : code.start()])
        yield "ADDRESS", code.start() - (len(before[0]) if before else 0), code.end()
    for shape in shapes:
        for found in shape.finditer(text):
            yield "ADDRESS", found.start(), found.start() + len(found[0].rstrip(" ,.\n-"))
    for found in _CODED.finditer(text):
        yield "ADDRESS", *found.span("value")
