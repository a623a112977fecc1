"""The units that figures come in, so that 50 € never proves 50 %."""

import re
from decimal import Decimal
from functools import cache

from bot.text.normalize import normalize_text

# Written behind a number (folded) → dimension, and how many base units it is.
_WRITTEN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("%", "pour cent", "percent", "per cent", "pct", "pc"), ("%", "1")),
    **dict.fromkeys(("€", "eur", "euro", "euros", "balles"), ("EUR", "1")),
    **dict.fromkeys(("£", "gbp", "pound", "pounds", "quid", "livres sterling"), ("GBP", "1")),
    **dict.fromkeys(("$", "dollar", "dollars", "bucks"), ("$", "1")),
    **dict.fromkeys(("usd", "us dollars"), ("USD", "1")),
    **dict.fromkeys(("chf", "francs suisses"), ("CHF", "1")),
    **dict.fromkeys(("brl", "r$", "reais"), ("BRL", "1")),
    **dict.fromkeys(("centime", "centimes", "cents"), ("EUR", "0.01")),
    **dict.fromkeys(("pence", "p."), ("GBP", "0.01")),
    **dict.fromkeys(("mm", "millimetres", "millimeters"), ("length", "1")),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeters"), ("length", "10")),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("length", "1000")),
    **dict.fromkeys(("km", "kilometres", "kilometers"), ("length", "1000000")),
    **dict.fromkeys(("inch", "inches", "pouces", "″"), ("length", "25.4")),
    **dict.fromkeys(("mg",), ("mass", "0.001")),
    **dict.fromkeys(("g", "gr", "gramme", "grammes", "grams"), ("mass", "1")),
    **dict.fromkeys(("kg", "kilo", "kilos", "kilogrammes"), ("mass", "1000")),
    **dict.fromkeys(("oz", "ounces"), ("ounce", "1")),
    **dict.fromkeys(("lb", "lbs"), ("ounce", "16")),
    **dict.fromkeys(("ml", "millilitres"), ("volume", "1")),
    **dict.fromkeys(("cl", "centilitres"), ("volume", "10")),
    **dict.fromkeys(("l", "litre", "litres", "liters"), ("volume", "1000")),
    **dict.fromkeys(("m2", "m²"), ("area", "1")),
    **dict.fromkeys(("g/m2", "g/m²", "gsm", "gr/m2", "g/m"), ("weight", "1")),
    **dict.fromkeys(("°", "°c", "degres", "degrees", "ºc", "º"), ("degrees", "1")),
    **dict.fromkeys(("min", "mn", "minute", "minutes"), ("time", "1")),
    **dict.fromkeys(("h", "heure", "heures", "hour", "hours", "hrs"), ("time", "60")),
    **dict.fromkeys(("j", "jour", "jours", "day", "days"), ("time", "1440")),
    **dict.fromkeys(("semaine", "semaines", "week", "weeks"), ("time", "10080")),
    **dict.fromkeys(("mois", "month", "months"), ("months", "1")),
    **dict.fromkeys(("an", "ans", "annee", "annees", "year", "years", "yrs"), ("months", "12")),
    **dict.fromkeys(("x", "×", "fois", "times"), ("times", "1")),
    **dict.fromkeys(("point", "points", "pts"), ("points", "1")),
    **dict.fromkeys(("w", "watts"), ("watts", "1")),
    **dict.fromkeys(("v", "volts"), ("volts", "1")),
    **dict.fromkeys(("mah",), ("mah", "1")),
    **dict.fromkeys(("kwh",), ("kwh", "1")),
    **dict.fromkeys(("go", "gb"), ("bytes", "1")),
    **dict.fromkeys(("pp",), ("points", "1")),
}
# What is counted, by class: "6 avis" is not proven by a stock of 6.
_COUNTED = {
    "stock": "piece pieces exemplaire exemplaires unit units unite unites item items stock left "
    "restant restants restantes disponibles available article articles",
    "colours": "colour colours color colors couleur couleurs coloris teinte teintes shade shades",
    "sizes": "size sizes taille tailles pointure pointures",
    "people": "customer customers client clients cliente clientes buyer buyers acheteur acheteurs "
    "people personnes shopper shoppers member members membre membres femmes women hommes men",
    "reviews": "review reviews avis comment comments commentaires evaluation evaluations ratings",
    "stars": "star stars etoile etoiles /5 rating note",
    "orders": "order orders commande commandes sales ventes vendu vendus vendue vendues sold",
    "shops": "shop shops store stores boutique boutiques magasin magasins",
    "pockets": "pocket pockets poche poches",
    "buttons": "button buttons bouton boutons",
    "visits": "visit visits visites session sessions visitor visitors visiteurs",
}
MONEY = frozenset({"EUR", "GBP", "$", "USD", "CHF", "BRL", "CAD", "AUD", "NZD", "SEK", "PLN"})
_DOLLARS = frozenset({"$", "USD", "CAD", "AUD", "NZD"})
_CLASS = {word: kind for kind, words in _COUNTED.items() for word in words.split()}

AFTER = re.compile(
    r"[ -]?(?:"
    + "|".join(
        re.escape(word) + (r"(?![\w²]|['’]\w)" if word[-1].isalnum() else "")
        for word in sorted(_WRITTEN, key=len, reverse=True)
    )
    + ")",
    re.IGNORECASE,
)


@cache
def unit(written: str | None) -> tuple[str | None, Decimal]:
    """A unit as written → its dimension and its size in base units; unknown words are counted."""
    if not written:
        return None, Decimal(1)
    short = normalize_text(written).strip()
    if short in _WRITTEN:
        dimension, size = _WRITTEN[short]
        return dimension, Decimal(size)
    if len(written) == 3 and written.isupper():
        return written, Decimal(1)
    return counted(short), Decimal(1)


@cache
def counted(words: str) -> str | None:
    """What a noun or a label counts: "avis" → "#reviews"; None when it is not known."""
    for word in re.findall(r"[a-z/0-9]+", normalize_text(words)):
        if word in _CLASS:
            return "#" + _CLASS[word]
    return None


def same(said: str | None, known: str | None) -> bool:
    """Whether two dimensions are one: dollars are written alike, and reviews are by people."""
    if {said, known} == {"#people", "#reviews"}:
        return True
    return said == known or (said in _DOLLARS and known in _DOLLARS and "$" in (said, known))
