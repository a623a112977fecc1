"""An offer as somebody typed it: 20 % off, free delivery, 2 for 1, a code."""

import re
from dataclasses import dataclass, replace

from bot.i18n.messages import Language

_PERCENT = re.compile(r"(\d{1,2}) ?%")
_MONEY = re.compile(r"([€£$]) ?(\d+(?:[.,]\d\d)?)|(\d+(?:[.,]\d\d)?) ?(€|£|\$|euros?)")
_CODE = re.compile(r"\bcode ([A-Z][A-Z0-9]{2,14})")
_KINDS = (  # the first that fits; an amount is needed where `money` stands
    ("delivery", r"livraison|delivery|shipping|frais de port"),
    ("deal", r"2 (?:for|pour) 1\b|two for one|deux pour un|buy one|bogo|1 acheté|un acheté"),
    ("price money", r"^\s*(?:at|now|only|à|au prix|pour)\b"),
    ("amount money", r"[-–−]|off|remise|réduction|moins|offerts"),
    ("gift", r"gift|cadeau"),
    ("half", r"half price|moitié prix"),
)


@dataclass(frozen=True)
class Offer:
    """percent, upto, amount, price, delivery, deal (2 for 1), gift, half, code or other."""

    kind: str
    value: str = ""  # "20" of 20 %, "€10"
    code: str = ""
    over: str = ""  # from this amount
    delivery: bool = False  # free delivery comes on top
    delivery_over: str = ""  # from this amount


def read(typed: str | None, language: Language) -> Offer | None:
    """The offer in these words, its amounts as the language writes them."""
    if not typed:
        return None
    code = _CODE.search(typed)
    name = code[1] if code else ""
    bare = _CODE.sub("", typed).strip(" ,")
    pieces = [piece for piece in bare.split(", ") if piece.strip()]
    if not pieces:
        return Offer("code", code=name)
    found = [_one(piece, language) for piece in pieces]
    main = next((offer for offer in found if offer.kind != "delivery"), found[0])
    free = next((offer for offer in found if offer.kind == "delivery"), None)
    if free and free is not main:
        main = replace(main, delivery=True, delivery_over=free.over)
    return replace(main, code=name)


def money(text: str, language: Language) -> str:
    """The first amount in a text, as the language writes it."""
    match = _MONEY.search(text)
    if not match:
        return ""
    sign = (match[1] or match[4]).replace("euros", "€").replace("euro", "€")
    figure = match[2] or match[3]
    return f"{figure.replace('.', ',')} {sign}" if language == "fr" else f"{sign}{figure}"


def _one(typed: str, language: Language) -> Offer:
    if percent := _PERCENT.search(typed):
        upto = re.search(r"up to|jusqu'à", typed, re.IGNORECASE)
        over = money(typed[percent.end() :], language)
        return Offer("upto" if upto else "percent", percent[1], over=over)
    amount = money(typed, language)
    found = _MONEY.search(typed)
    over = money(typed[found.end() :], language) if found else ""
    for name, shape in _KINDS:
        kind, _, needs = name.partition(" ")
        if re.search(shape, typed, re.IGNORECASE) and (amount or not needs):
            if kind == "delivery":
                return Offer(kind, over=amount)
            return Offer(kind, amount if needs else "", over=over if kind == "amount" else "")
    return Offer("other", re.sub(r" ?= ?", ", ", typed))
