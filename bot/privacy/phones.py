"""Telephone numbers in free text, told apart from order numbers, EANs, dates and amounts.

A number with its country code needs only to be valid. One without must be written the way a
country writes its own, or stand behind a word such as "phone" or "appelez".
"""

import re
from collections.abc import Iterator

_PHONE = re.compile(
    r"(?<![\w.,/€£$#-])(?:\+|00)?\(?\d(?:[ ().\-/]{0,2}\d){6,16}(?![\w%€£$]|[.,:/-]\d)"
)
# An amount, or a quantity, is not a telephone number.
_UNIT_AFTER = re.compile(
    r"\s?(?:€|£|\$|%|eur\b|usd|gbp|euros?\b|kg\b|g\b|cm\b|mm\b)", re.IGNORECASE
)
_DATED = re.compile(
    r"(?:19|20)\d\d[-/. ]?(?:0\d|1[0-2])[-/. ]?[0-3]\d(?:[ T]?\d.*)?"
    r"|[0-3]?\d([-/.])[01]?\d\1(?:19|20)?\d\d(?:[ ,T-]+\d{1,2}[:h].*)?"
    r"|[0-3]?\d [01]?\d (?:19|20)\d\d|(?:19|20)\d\d ?[-/] ?(?:19|20)?\d\d"
)
ORDER_BEFORE = re.compile(
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
# Of these, the words behind which nothing but a telephone number stands.
_CALLED_BEFORE = re.compile(
    r"(?:\bt[ée]l(?:[ée]phone)?|\bphone(?: (?:number|no))?|\bcall(?: me)?(?: (?:at|on))?|"
    r"\bmobile|\bcell|"
    r"\bportable|\bwhatsapp|\bappel\w*(?:[ -]moi)?(?: au)?|\bjoi(?:gnable|ndre)(?: moi)? au|\bring|"
    r"\btelefone?|\btelem[óo]vel|\bcelular|\bhandy|\bsms(?: au)?|\bfax|\btext me(?: (?:at|on))?|"
    r"\b(?:my|mon) (?:number|num[ée]ro)(?: [^\W\d_]{2,10})?)"
    r"\s*(?:(?:is|est|é|es|ist|at|on|au|no|n[°º])\s*)?[.:]?\s*$",
    re.IGNORECASE,
)
# A number written without its country: how each country's people write theirs.
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
    ("PT", re.compile(r"[29]\d{8}"), True),  # True: only behind "phone", "telefone", …
    ("US", re.compile(r"\d{3} ?\d{3} ?\d{4}"), True),
    ("BR", re.compile(r"\d{10,11}"), True),
    ("DE", re.compile(r"0\d{6,12}"), True),
    ("ES", re.compile(r"[6-9]\d\d ?\d{2,3} ?\d{2,3} ?\d{0,3}"), True),
)


# The same shapes by their look alone, whether anybody can have the number or not.
_FRENCH = re.compile(r"(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .\-/]?\d){8}")
_BRITISH = re.compile(r"0\d{4}[ -]\d{6}|0\d{3,4}[ -]\d{3}[ -]\d{3,4}|07\d{9}")
# 0 6 3 9 9 8 1 2 3 4: one digit at a time; o6 12 34 56 78: a letter for the nought.
_SINGLE = re.compile(r"(?<![\w.,-])(?<!\d )0([ .\-])\d(?:\1\d){8,9}(?!\1?\w)")
_LETTER = re.compile(r"(?<![\w.,/-])[oO]h?[1-9](?:[ .\-]?\d){7,9}(?!\w)")
_ASKED = ("FR", "GB", "US", "BE", "CH", "DE", "ES", "IT", "PT", "LU", "IE", "NL", "BR")

Span = tuple[str, int, int]


def phones(text: str) -> Iterator[Span]:
    """Kind, start and end of the telephone numbers in a text, also of one broken over two lines."""
    for start, end in _phones(text):
        yield "PHONE", start, end
    if "\n" in text and _BROKEN.search(text):
        for start, end in _phones(text.replace("\n", " ")):
            if "\n" in text[start:end]:
                yield "PHONE", start, end


_BROKEN = re.compile(r"\d[ .\-]?\n ?\d")


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for shape in (_SINGLE, _LETTER):
        for match in shape.finditer(text):
            before = text[max(0, match.start() - 40) : match.start()]
            if shape is _SINGLE or _PHONE_BEFORE.search(before):
                yield match.span()
    for match in _PHONE.finditer(text):
        value = match[0]
        before = text[max(0, match.start() - 40) : match.start()]
        if ORDER_BEFORE.search(before) or _UNIT_AFTER.match(text, match.end()):
            continue
        if _DATED.fullmatch(value):
            continue
        if _rings(value, bool(_PHONE_BEFORE.search(before)), bool(_CALLED_BEFORE.search(before))):
            yield match.span()


def _rings(value: str, cued: bool, called: bool) -> bool:
    """Whether this is somebody's number: valid in the country whose way of writing it follows, or
    written as numbers are, or merely possible behind a word such as "phone"."""
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
            regions += _ASKED
    for region in regions:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
        if called and (region in (None, *_ASKED)) and phonenumbers.is_possible_number(number):
            return True
    return False
