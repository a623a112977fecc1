"""Finds e-mail addresses (also obfuscated ones), social media handles, telephone numbers and
postal addresses in free text.

An e-mail address is searched from its @, or from the word in its place: the text on either side is
read within a bounded distance, so that the time is linear in the length of the text.
"""

import re
from collections.abc import Collection, Iterator

from bot.text.normalize import word_set

_LOCAL = 80  # characters read before an @; RFC 5321 allows 64
# The part before an @ is matched from its end, on the reversed text.
_LEFT = re.compile(r"[\w+-][\w.+%&'-]*")
_RIGHT = re.compile(
    r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[^\W\d_]{2,24}\b|[\w-]{1,63},(?:com|fr|net|org|uk)\b"
)
# Spaced: name @ shop . com
_SPACED_LEFT = re.compile(r" ?[\w+%-]{1,40}(?: ?\. ?[\w+%-]{1,40}){0,3}")
_TLD = (
    r"(?:com|fr|net|org|co ?(?:\.|dot|point|[\[({]dot[\])}]) ?uk|uk|de|es|it|be|ch|pt|br|eu|ie|nl|"
    r"ca|us|io|me|info|biz|gmail|edu|gouv\.fr|pro|email|mail)\b"
)
_SPACED_RIGHT = re.compile(rf" ?[\w-]{{1,40}}(?: ?\. ?[\w-]{{1,40}}){{0,2}} ?\. ?{_TLD}", re.I)
# A word in place of the @. In brackets it is certain; else a spelled dot and a known TLD follow.
_AT_IN_BRACKETS = re.compile(r" ?[\[({<] ?(?:at|a|à|arobase?|arrobase|chez|@) ?[\])}>] ?", re.I)
_AT = re.compile(r" (?:at|arobase?|arrobase|arroba) |_(?<=\w_)at_", re.I)
_AT_WORDS = frozenset(("at", "arobas", "arobase", "arroba", "arrobase"))
_BRACKET = re.compile(r"[\[({<]")
_DOT = (
    r" ?(?:\.|[\[({<] ?(?:dot|point|punto|ponto|\.) ?[\])}>]|(?<![^\W_])(?:dot|point|punto|"
    r"ponto)(?![^\W_])) ?"
)
_TOD = (
    r" ?(?:\.|erocsrednu|terit|hsad|neyhyh|[\])}>] ?(?:tod|tniop|otnup|otnop|\.) ?[\[({<]"
    r"|(?<![^\W_])(?:tod|tniop|otnup|otnop)(?![^\W_])) ?"
)
_SPELT_LEFT = re.compile(rf"[\w+%-]{{1,40}}(?:{_TOD}[\w+%-]{{1,40}}){{0,3}}", re.I)
_SPELT_RIGHT = re.compile(rf"[\w-]{{1,40}}(?:{_DOT}[\w-]{{1,40}}){{1,3}}", re.I)
_SURE_RIGHT = re.compile(rf"(?:[\w-]{{1,40}}{_DOT}){{1,3}}{_TLD}", re.I)
_HANDLE = re.compile(  # @marie_lin, but neither Slack's <@U0123> nor @here
    r"(?<![\w<@/.])@(?!(?:here|channel|everyone|group)\b)[A-Za-z][\w.]{2,29}(?<!\.)"
)
_NETWORKS = word_set("insta instagram tiktok snap snapchat twitter pinterest")
_CUED_HANDLE = re.compile(
    r"\b(?:insta(?:gram)?|tiktok|snap(?:chat)?|twitter|pinterest)(?: (?:handle|account|compte|"
    r"pseudo))?"
    r" ?(?::|is\b|est\b|c'est\b|=) ?"
    r"(?P<value>(?=[A-Za-z.]{0,28}(?:[_\d]|\.[A-Za-z]{1,28}\.))[A-Za-z][\w.]{2,29})(?<!\.)",
    re.I,
)

EmailSpan = tuple[str, int, int]


def find_emails(text: str, words: Collection[str]) -> Iterator[EmailSpan]:
    """Yield kind, start and end of each e-mail address. `words` are the text's normalized words."""
    at = text.find("@")
    while at >= 0:
        if (span := _expand_address(text, at)) is not None:
            yield "EMAIL", *span
        at = text.find("@", at + 1)
    for shape, right, possible in (
        (_AT_IN_BRACKETS, _SPELT_RIGHT, _BRACKET.search(text)),
        (_AT, _SURE_RIGHT, not _AT_WORDS.isdisjoint(words)),
    ):
        for found in shape.finditer(text) if possible else ():
            if (span := _expand_spelt_address(text, found, right)) is not None:
                yield "EMAIL", *span


def find_handles(text: str, words: Collection[str]) -> Iterator[EmailSpan]:
    if "@" in text:
        for found in _HANDLE.finditer(text):
            yield "HANDLE", *found.span()
    if not _NETWORKS.isdisjoint(words):
        for found in _CUED_HANDLE.finditer(text):
            yield "HANDLE", *found.span("value")


def _expand_address(text: str, at: int) -> tuple[int, int] | None:
    before, behind = text[max(0, at - _LOCAL) : at][::-1], at + 1 + (text[at + 1 : at + 2] == "@")
    left, right = _LEFT.match(before), _RIGHT.match(text, behind)
    if not (left and right):
        left, right = _SPACED_LEFT.match(before), _SPACED_RIGHT.match(text, behind)
    return (at - left.end(), right.end()) if left and right else None


def _expand_spelt_address(
    text: str, found: re.Match[str], shape: re.Pattern[str]
) -> tuple[int, int] | None:
    start = found.start()
    left = _SPELT_LEFT.match(text[max(0, start - _LOCAL) : start][::-1])
    right = shape.match(text, found.end())
    return (start - left.end(), right.end()) if left and right else None


# Telephone numbers in free text, told apart from order numbers, EANs, dates and amounts.

MIN_PHONE_DIGITS = 7
_PHONE = re.compile(
    r"(?<![\w.,/€£$#-])(?:\+|00)?\(?\d(?:[ ().\-/]{0,2}\d){6,16}(?![\w%€£$]|[.,:/-]\d)"
)
# An amount or a quantity is not a telephone number.
_UNIT_AFTER = re.compile(
    r"\s?(?:€|£|\$|%|eur\b|usd|gbp|euros?\b|kg\b|g\b|cm\b|mm\b)", re.IGNORECASE
)
_DATED = re.compile(
    r"(?:19|20)\d\d[-/. ]?(?:0\d|1[0-2])[-/. ]?[0-3]\d(?:[ T]?\d.*)?"
    r"|[0-3]?\d([-/.])[01]?\d\1(?:19|20)?\d\d(?:[ ,T-]+\d{1,2}[:h].*)?"
    r"|[0-3]?\d [01]?\d (?:19|20)\d\d|(?:19|20)\d\d ?[-/] ?(?:19|20)?\d\d"
)
ORDER_CUE = re.compile(
    r"(?:\b(?:commandes?|cmd|orders?|ref|réf|référence|reference|sku|mpn|eans?|gtin|upc|isbn|asin|"
    r"article|"
    r"factures?|invoices?|tracking|suivi|colis|parcel|pedido|encomenda|bestell\w*|rechnung\w*|"
    r"siret|siren|tva|vat|ticket|code|lot|id|num[ée]ro de (?:commande|suivi)|compte|dossier)"
    r"(?: (?:number|nummer|code))?\.?|#|\bn[°ºo]\.?)"
    r"[\s\u00a0]*(?:(?:n[°ºo]\.?|no\.?|nr\.?|number|id|is|est|é)[\s\u00a0]*)?[:#=]?[\s\u00a0]*$",
    re.IGNORECASE,
)
_PHONE_BEFORE = re.compile(
    r"(?:t[ée]l(?:[ée]phone)?|phone|call(?: me)?(?: (?:at|on))?|mobile|cell|portable|whatsapp|"
    r"appel\w*(?:[ -]moi)?(?: au)?|joindre au|ring|telefone?|telefon|telem[óo]vel|celular|handy|"
    r"ligue|llam\w+|sms(?: au)?|num[ée]ro|number|n[uú]mero|fax|contact\w*)"
    r"[\s\u00a0]*(?:(?:is|est|é|es|ist|at|on|au|no|n[°º])[\s\u00a0]*)?[.:]?[\s\u00a0]*$",
    re.IGNORECASE,
)
# The subset of these words that only a telephone number can follow.
_CALLED_BEFORE = re.compile(
    r"(?:\bt[ée]l(?:[ée]phone)?|\bphone(?: (?:number|no))?|\bcall(?: me)?(?: (?:at|on))?|"
    r"\bmobile|\bcell|"
    r"\bportable|\bwhatsapp|\bappel\w*(?:[ -]moi)?(?: au)?|\bjoi(?:gnable|ndre)(?: moi)? au|\bring|"
    r"\btelefone?|\btelem[óo]vel|\bcelular|\bhandy|\bsms(?: au)?|\bfax|\btext me(?: (?:at|on))?|"
    r"\b(?:my|mon) (?:number|num[ée]ro)(?: [^\W\d_]{2,10})?)"
    r"\s*(?:(?:is|est|é|es|ist|at|on|au|no|n[°º])\s*)?[.:]?\s*$",
    re.IGNORECASE,
)
# National formats: how each country's people write a number without its country code.
_NATIONAL = (
    ("FR", re.compile(r"0[1-9](?:[ \u00a0\u202f.\-/]?\d\d){4}"), False),
    ("GB", re.compile(r"\(?0\d{2,4}\)?[ \u00a0-]?\d{3,4}[ \u00a0-]?\d{3,4}"), False),
    ("US", re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[ .-]\d{4}"), False),
    ("DE", re.compile(r"\(?0\d{2,4}\)?[ /-]{1,3}\d{3,}(?:[ -]\d{1,6})*"), False),
    ("BR", re.compile(r"\(0?\d\d\) ?9?\d{4}[ -]?\d{4}|0?\d\d 9?\d{4}[ -]\d{4}"), False),
    ("PT", re.compile(r"[29]\d\d[ \u00a0]\d{3}[ \u00a0]\d{3}"), False),
    (
        "BE",
        re.compile(r"0\d{2,3}[ ./]{1,2}\d\d[ .]\d\d[ .]\d\d|0\d{1,2}[ ./]\d{3}[ .]\d\d[ .]\d\d"),
        False,
    ),
    ("CH", re.compile(r"0\d\d \d{3} \d\d \d\d"), False),
    ("PT", re.compile(r"[29]\d{8}"), True),  # True: only after a word such as "phone"
    ("US", re.compile(r"\d{3} ?\d{3} ?\d{4}"), True),
    ("BR", re.compile(r"\d{10,11}"), True),
    ("DE", re.compile(r"0\d{6,12}"), True),
    ("ES", re.compile(r"[6-9]\d\d ?\d{2,3} ?\d{2,3} ?\d{0,3}"), True),
)


# Formats that are enough by themselves, whether or not such a number is assigned.
_FRENCH = re.compile(r"(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .\-/]?\d){8}")
_BRITISH = re.compile(r"0\d{4}[ -]\d{6}|0\d{3,4}[ -]\d{3}[ -]\d{3,4}|07\d{9}")
# 0 6 3 9 9 8 1 2 3 4: one digit at a time; o6 12 34 56 78: the letter o for the zero.
_SINGLE = re.compile(r"(?<![\w.,-])(?<!\d )0([ .\-])\d(?:\1\d){8,9}(?!\1?\w)")
_LETTER = re.compile(r"(?<![\w.,/-])[oO]h?[1-9](?:[ .\-]?\d){7,9}(?!\w)")
_REGIONS = ("FR", "GB", "US", "BE", "CH", "DE", "ES", "IT", "PT", "LU", "IE", "NL", "BR")

PhoneSpan = tuple[str, int, int]


def find_phones(text: str) -> Iterator[PhoneSpan]:
    """Yield kind, start and end of each telephone number, also of one split over two lines."""
    for start, end in _find_spans(text):
        yield "PHONE", start, end
    if "\n" in text and _BROKEN.search(text):
        for start, end in _find_spans(text.replace("\n", " ")):
            if "\n" in text[start:end]:
                yield "PHONE", start, end


_BROKEN = re.compile(r"\d[ .\-]?\n ?\d")


def _find_spans(text: str) -> Iterator[tuple[int, int]]:
    for shape in (_SINGLE, _LETTER):
        for match in shape.finditer(text):
            before = text[max(0, match.start() - 40) : match.start()]
            if shape is _SINGLE or _PHONE_BEFORE.search(before):
                yield match.span()
    for match in _PHONE.finditer(text):
        value = match[0]
        before = text[max(0, match.start() - 40) : match.start()]
        if ORDER_CUE.search(before) or _UNIT_AFTER.match(text, match.end()):
            continue
        if _DATED.fullmatch(value):
            continue
        if _is_phone(
            value, bool(_PHONE_BEFORE.search(before)), bool(_CALLED_BEFORE.search(before))
        ):
            yield match.span()


def _is_phone(value: str, cued: bool, called: bool) -> bool:
    """Whether this is a telephone number: valid in a country whose format it has, in a format that
    is enough by itself, or merely possible after a word such as "phone"."""
    import phonenumbers

    if _FRENCH.fullmatch(value) or _BRITISH.fullmatch(value):
        return True
    if value.startswith(("+", "00")):
        regions: list[str | None] = [None]
        value = "+" + value[2:] if value.startswith("00") else value
        called = value.startswith("+")
    else:
        regions = [
            region
            for region, shape, needs_cue in _NATIONAL
            if (cued or not needs_cue) and shape.fullmatch(value)
        ]
        if called and 8 <= sum(c.isdigit() for c in value) <= 12:
            regions += _REGIONS
    for region in regions:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
        if called and (region in (None, *_REGIONS)) and phonenumbers.is_possible_number(number):
            return True
    return False


# Postal addresses in French, British, American and other formats.

AddressSpan = tuple[str, int, int]

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
_HOUSE = (  # before the street: Appt 12, bâtiment C,
    r"(?:(?i:app(?:artement|art|t)?|apt|b[âa]t(?:iment)?|esc(?:alier)?|[ée]tage|porte|r[ée]sidence|"
    r"flat|unit|suite|chez)\.? ?(?:n° ?)?[\w'-]{1,14}(?: [A-Z][\w'-]{1,20})?,? ?\n?){0,3}"
)
_NUMBER = r"\d{1,4}(?: ?(?:bis|ter|quater|[A-Da-d])\b)?"
_CODE = r"(?:F-)?\d{2} ?\d{3}"

# What every French address with a street contains. It is found much faster than the whole.
_FR_NUMBERED = re.compile(rf"\b{_NUMBER},? (?i:{_STREET}|{_STREET_OR_WORD}|r)\.? ")
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
# About fifteen houses share a British postcode; with the words before it, it is an address.
_UK_CODE = re.compile(
    r"\b(?:AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|"
    r"DN|DT|"
    r"DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|HA|HD|HG|HP|HR|HS|HU|HX|IG|IP|IV|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|"
    r"LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|"
    r"SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE)"
    r"\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b"
)
_UK_CODE_END = re.compile(r"\d[A-Z]{2}\b")  # a quick first look
_UK_BEFORE = re.compile(
    r"(?:(?:[Tt]he|of|on|upon|and|\d{1,4}[A-Za-z]?|[A-Z][\w'.-]{1,30}),?[ \n]){1,10}$"
)
_CODED = re.compile(  # code postal 29200 Brest; postcode M1 1AE
    rf"\b(?i:code postal|cp|post ?code|postal code|zip(?: code)?|habite|domicili[ée]e?|r[ée]side)"
    rf"(?i: à| au| is| est| in)?[ :]{{1,3}}(?P<value>{_CODE}(?:[ ,]{{1,2}}{_TOWN})?|{_UK_POST}|"
    rf"\d{{5}}(?:-\d{{4}})?)\b"
)
# Rua das Flores, 12, 1200-195 Lisboa; Calle Mayor 5, 28013 Madrid; Via Roma 3
_SOUTHERN_STREET = re.compile(
    rf"\b(?i:Rua|Avenida|Av\.|Travessa|Alameda|Estrada|Praça|Calle|C/|Plaza|Paseo|Carrer|Via) ?"
    rf"(?:{_SMALL} ){{0,3}}{_CAP}(?: (?:{_SMALL} )?{_CAP}){{0,3}},? (?:n[º°.] ?)?\d{{1,5}}\b"
    rf"(?:[,\n -]{{1,3}}(?:\d{{4}}-\d{{3}}|\d{{5}}(?:-\d{{3}})?) {_TOWN})?",
)
# A Brazilian postcode, such as CEP 90020-100, identifies a house together with its number
_BRAZILIAN_CODE = re.compile(r"\bCEP[ :]{0,3}\d{2}\.?\d{3}-?\d{3}\b", re.IGNORECASE)
_GERMAN_STREET = re.compile(  # Lindenstraße 12a, 10115 Berlin
    r"\b[A-ZÄÖÜ][\wß-]{0,40}(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|weg|platz|allee|gasse) \d{1,4} "
    r"?[a-z]?\b"
    rf"(?:[,\n ]{{1,3}}(?:D-)?\d{{5}} {_TOWN})?"
)

# The longer formats first; each with words of which it contains one, if there are such.
_FR_WORDS = word_set(
    "r rue avenue av ave bd boulevard boul blvd chemin allee impasse quai sentier esplanade "
    "faubourg fg montee rond villa venelle ruelle promenade cite clos voie traverse place pl cours "
    "route rte square passage residence lotissement hameau ch imp all"
)
_EN_WORDS = word_set(
    "street st road rd avenue ave lane ln drive dr court ct square sq close crescent cres terrace "
    "gardens gdns mews boulevard blvd grove parkway pkwy highway hwy way place"
)
_FORMATS = (
    (_FR_WORDS, _FR_WHOLE),
    (
        word_set(
            "lieu bourg ferme domaine hameau route chemin rue residence z za zac zi zic zone "
            "manoir chateau"
        ),
        _FR_PLACE,
    ),
    (word_set("bp b p cs c s tsa boite"), _FR_BOX),
    (_EN_WORDS, _EN_STREET),
    (word_set("box postbox pobox"), _UK_BOX),
    (_FR_WORDS, _FR_STREET),
    (_EN_WORDS, _EN_LOWER),
    (
        word_set("rua avenida av travessa alameda estrada praca calle c plaza paseo carrer via"),
        _SOUTHERN_STREET,
    ),
    (word_set("cep"), _BRAZILIAN_CODE),
    (None, _GERMAN_STREET),
)
_CODE_WORDS = word_set(
    "postal cp post postcode zip habite domicilie domiciliee domicilies domiciliees reside"
)


def find_addresses(text: str, words: Collection[str]) -> Iterator[AddressSpan]:
    """Yield kind, start and end of each address. `words` are the text's normalized words."""
    for code in _UK_CODE.finditer(text) if _UK_CODE_END.search(text) else ():
        before = _UK_BEFORE.search(text[max(0, code.start() - 100) : code.start()])
        yield "ADDRESS", code.start() - (len(before[0]) if before else 0), code.end()
    for cues, shape in _FORMATS:
        if cues is not None and cues.isdisjoint(words):
            continue
        if cues is _FR_WORDS and not _FR_NUMBERED.search(text):
            continue
        for found in shape.finditer(text):
            yield "ADDRESS", found.start(), found.start() + len(found[0].rstrip(" ,.\n-"))
    if not _CODE_WORDS.isdisjoint(words):
        for found in _CODED.finditer(text):
            yield "ADDRESS", *found.span("value")
