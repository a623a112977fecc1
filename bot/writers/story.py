"""Whom a text speaks to, why now, and with what offer: the brief as the offline writer sees it."""

import re
from dataclasses import dataclass

from bot.brief import Brief
from bot.occasions import Occasion, occasions
from bot.request import Request
from bot.words import Language
from bot.writers import lexicon

AUDIENCES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("gift", r"gift|present\b|cadeaux?|offrir|à gâter"),
        (
            "lapsed",
            r"lapsed|inacti|drifting|s'éloign|haven'?t|hasn'?t|not (?:bought|ordered)|no longer"
            r"|for a while|n'ont (?:pas|plus|rien)|n'a pas|depuis (?!l'été|l'hiver)|ancien|former|"
            r"\bold customers|perdus?|endormi|dormant",
        ),
        (
            "new",
            r"new (?:customer|client|subscriber|buyer|member|visitor|shopper)|newcomer|first.time"
            r"|never (?:bought|ordered)|nouve(?:aux|lles)|prospects?|jamais (?:acheté|commandé)"
            r"|première (?:commande|fois)|just (?:joined|subscribed)|viennent de s'inscrire",
        ),
        (
            "buyers",
            r"\bb(?:ought|uyers)\b|purchased|ordered|owners?\b|acheté|acheteu(?:rs|ses)|commandé"
            r"|ont pris|possèdent",
        ),
        (
            "loyal",
            r"\bvips?\b|loyal|best customers|regulars?|most active|fidèles|meilleure?s client"
            r"|habituée?s|members|membres|top customers",
        ),
        (
            "price",
            r"bargain|price.sensitive|budget|deal|promo|petits? prix|bons? plans?|économ|étudiant"
            r"|students?|soldes|sales? shoppers",
        ),
        ("parents", r"parents?|mums?|moms?|dads?|mamans?|papas?|famil|children|kids|enfants"),
        ("pro", r"office|profession|work(?:ers|ing)|bureau|cadres|indépendant|télétravail"),
    )
)
_SINCE = {
    r"last summer|(?:l')?été dernier": ("last summer", "l'été dernier"),
    r"last winter|(?:l')?hiver dernier": ("last winter", "l'hiver dernier"),
    r"last spring|(?:le )?printemps dernier": ("last spring", "le printemps dernier"),
    r"last autumn|last fall|(?:l')?automne dernier": ("last autumn", "l'automne dernier"),
    r"last year|(?:l')?année dernière|l'an dernier": ("last year", "l'an dernier"),
    r"last month|le mois dernier": ("last month", "le mois dernier"),
    r"this summer|cet été": ("this summer", "cet été"),
    r"this winter|cet hiver": ("this winter", "cet hiver"),
    r"this spring|ce printemps": ("this spring", "ce printemps"),
    r"this year|cette année": ("this year", "cette année"),
    r"last christmas|noël dernier": ("last Christmas", "à Noël dernier"),
}
_DAYS = {
    "monday": "lundi",
    "tuesday": "mardi",
    "wednesday": "mercredi",
    "thursday": "jeudi",
    "friday": "vendredi",
    "saturday": "samedi",
    "sunday": "dimanche",
}
_MONTHS = dict(
    zip(
        (
            "january february march april may june july august september october november december".split(
                " "
            )
        ),
        (
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(
                " "
            )
        ),
        strict=True,
    )
)
_PLACES = [  # English shape, French shape, kind
    ("until", r"^(?:until|till|through|by|up to)\b", r"^jusqu'"),
    ("before", r"^before\b", r"^avant\b"),
    ("from", r"^(?:from|starting|as of)\b", r"^(?:à partir|dès)\b"),
    ("range", r"^(?:from|between) .+ (?:to|until|and|-) ", r"^d[ue] .+ (?:au|à) "),
]


@dataclass(frozen=True)
class Offer:
    """percent, amount, price, delivery, deal (2 for 1), gift, code or other; with its value."""

    kind: str
    value: str = ""  # "20" of 20 %, "€10"
    code: str = ""
    over: str = ""  # "from €50"
    said: str = ""


@dataclass(frozen=True)
class When:
    kind: str = ""  # until, before, from, on, range, weekend
    said: str = ""  # in the text's language: "until Sunday", "jusqu'à dimanche"


@dataclass(frozen=True)
class Story:
    audience: str
    bought: str = ""  # what they bought, plural, in the text's language
    bought_key: str = ""
    since: str = ""
    offer: Offer | None = None
    when: When = When()
    occasion: Occasion | None = None
    goal: str = "inform"
    wishes: frozenset[str] = frozenset()  # what a send-back asks: shorter, price, no price, …


def tell(request: Request) -> Story:
    """The story of this request."""
    brief, language = request.brief, request.language
    occasion = occasions().get(brief.occasion or "")
    audience = _audience(brief.audience or "")
    if audience == "everyone" and occasion and occasion.gift:
        audience = "gift"
    key, bought = _bought(brief.audience or "", language)
    return Story(
        audience=audience,
        bought=bought,
        bought_key=key,
        since=_since(brief.audience or "", language),
        offer=_offer(brief.offer, language),
        when=_when(brief.dates, language),
        occasion=occasion,
        goal=brief.goal or "inform",
        wishes=_wishes(request.reason or "", brief),
    )


def _audience(said: str) -> str:
    return next((kind for kind, pattern in AUDIENCES if pattern.search(said)), "everyone")


def _bought(said: str, language: Language) -> tuple[str, str]:
    """What they bought: the noun's key, and its plural."""
    there = lexicon.language_of(said) or language
    hits = [hit for hit in lexicon.scan(said, there) if hit.as_a("nouns")]
    if not hits:
        return "", ""
    noun = lexicon.nouns()[hits[-1].as_a("nouns") or ""]
    return noun.key, noun.many[language][0]


def _since(said: str, language: Language) -> str:
    for shape, (english, french) in _SINCE.items():
        if re.search(shape, said, re.IGNORECASE):
            return english if language == "en" else french
    return ""


def _offer(said: str | None, language: Language) -> Offer | None:
    if not said:
        return None
    code = re.search(r"\bcode ([A-Z][A-Z0-9]{2,14})", said)
    name = code[1] if code else ""
    if percent := re.search(r"(\d{1,2}) ?%", said):
        upto = bool(re.search(r"up to|jusqu'à", said, re.I))
        return Offer("upto" if upto else "percent", percent[1], name, said=said)
    money = re.search(r"([€£$]) ?(\d+(?:[.,]\d\d)?)|(\d+(?:[.,]\d\d)?) ?(€|£|\$|euros?)", said)
    value = _money(money, language) if money else ""
    if re.search(r"livraison|delivery|shipping|frais de port", said, re.I):
        return Offer("delivery", code=name, over=value, said=said)
    if re.search(
        r"2 (?:for|pour) 1|two for one|deux pour un|buy one|bogo|1 acheté|un acheté", said, re.I
    ):
        return Offer("deal", "2", name, said=said)
    if money and re.match(r"\s*(?:at|now|only|à|au prix|pour)\b", said, re.I):
        return Offer("price", value, name, said=said)
    if money and re.search(r"[-–−]|off|remise|réduction|moins|offerts", said, re.I):
        return Offer("amount", value, name, said=said)
    if re.search(r"gift|cadeau", said, re.I):
        return Offer("gift", code=name, said=said)
    if re.search(r"half price|moitié prix", said, re.I):
        return Offer("half", code=name, said=said)
    bare = re.sub(r",? ?code [A-Z][A-Z0-9]+", "", said).strip()
    return Offer("other" if bare else "code", bare, name, said=said)


def _money(match: re.Match[str], language: Language) -> str:
    sign = (match[1] or match[4]).replace("euros", "€").replace("euro", "€")
    figure = match[2] or match[3]
    if language == "fr":
        return f"{figure.replace('.', ',')} {sign}"
    return f"{sign}{figure.replace(',', '.')}"


def _when(said: str | None, language: Language) -> When:
    """The dates, said in the text's language."""
    if not said:
        return When()
    low = " ".join(said.lower().replace("’", "'").split())
    if re.search(r"week-?end", low):
        return When("weekend", "this weekend" if language == "en" else "ce week-end")
    kind = "on"
    for name, english, french in reversed(_PLACES):
        if re.search(english, low) or re.search(french, low):
            kind = name
            break
    point = re.sub(
        r"^(?:until|till|through|by|up to|before|from|between|starting|as of|on|this|jusqu'(?:au|à|en)|"
        r"avant(?: le)?|à partir (?:de|du|d')|dès(?: le)?|du|de|ce|le)\s*",
        "",
        low,
    )
    if kind == "range":
        first, _, last = _split(point)
        a, b = _point(first, language, bare=True), _point(last, language, bare=True)
        if language == "en":
            return When("range", f"from {a} to {b}")
        return When(
            "range",
            f"{'du' if first[:1].isdigit() else 'de'} {a} {'au' if first[:1].isdigit() else 'à'} {b}",
        )
    return When(kind, _placed(kind, _point(point, language), language))


def _split(point: str) -> tuple[str, str, str]:
    pieces = re.split(r" (?:to|until|and|-|au|à) ", point, maxsplit=1)
    return pieces[0], "", pieces[-1]


def _placed(kind: str, point: str, language: Language) -> str:
    if language == "en":
        word = {"until": "until", "before": "before", "from": "from", "on": "on"}[kind]
        if kind == "on" and re.match(r"(?:tonight|tomorrow|today)", point):
            return point
        return f"{word} {point}"
    dated = point[:1].isdigit()
    if kind == "until":
        return f"jusqu'au {point}" if dated or point.startswith("fin") else f"jusqu'à {point}"
    if kind == "before":
        return f"avant le {point}" if dated else f"avant {point}"
    if kind == "from":
        return f"à partir du {point}" if dated else f"dès {point}"
    return f"le {point}" if dated else point


def _point(said: str, language: Language, bare: bool = False) -> str:
    """A day or a date in the text's language: "Sunday 12 July", "dimanche 12 juillet"."""
    days = {**_DAYS, **{v: v for v in _DAYS.values()}}
    english = {v: k for k, v in _DAYS.items()} | {k: k for k in _DAYS}
    months = {
        **_MONTHS,
        **{v: v for v in _MONTHS.values()},
        "aout": "août",
        "fevrier": "février",
        "decembre": "décembre",
    }
    months_en = {v: k for k, v in _MONTHS.items()} | {k: k for k in _MONTHS}
    fixed = {"midnight": "minuit", "tonight": "ce soir", "tomorrow": "demain"}
    fixed_en = {v: k for k, v in fixed.items()}
    if re.search(r"end of (?:the )?month|fin (?:du|de) mois", said):
        return "the end of the month" if language == "en" else "la fin du mois"
    if re.search(r"end of (?:the )?week|fin de la semaine", said):
        return "the end of the week" if language == "en" else "la fin de la semaine"
    pieces: list[str] = []
    for word in re.sub(r"\b(?:the|of|le)\b", " ", said).split():
        word = word.strip(",.")
        number = re.match(r"(\d{1,2})(?:st|nd|rd|th|er)?$", word)
        if number:
            pieces.append(number[1])
        elif word in days:
            pieces.append(english[word].capitalize() if language == "en" else days[word])
        elif word in months or word in months_en:
            name = months.get(word, word)
            pieces.append(months_en[name].capitalize() if language == "en" else name)
        elif word in fixed or word in fixed_en:
            pieces.append(fixed_en.get(word, word) if language == "en" else fixed.get(word, word))
        else:
            pieces.append(word)
    numbers = [p for p in pieces if p.isdigit()]
    names = [p for p in pieces if not p.isdigit()]
    if numbers and names and names[-1].lower() in {*_MONTHS, *_MONTHS.values()}:
        pieces = [*names[:-1], numbers[0], names[-1]]
    if language == "fr" and "1" in pieces:
        pieces[pieces.index("1")] = "1er"
    if language == "en" and len(pieces) == 1 and numbers:
        pieces = [f"the {_ordinal(numbers[0])}"]
    return " ".join(pieces)


def _ordinal(number: str) -> str:
    ending = (
        "th"
        if number in ("11", "12", "13")
        else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    )
    return number + ending


def _wishes(reason: str, brief: Brief) -> frozenset[str]:
    """What a send-back, or a must-say such as "the price", asks of the form."""
    musts = " ; ".join(brief.must_say)
    found = set()
    for wish, pattern in (
        ("shorter", r"short|court|trop long|too long|condens|raccourc|tight|allég"),
        ("longer", r"\blong(?:er)?\b(?!\w)|more detail|développe|étoffe|plus de détails"),
        ("formal", r"formal|formel|soutenu|sober|sobre|serious|sérieux|less (?:casual|chatty)"),
        (
            "no price",
            r"(?:no|without|remove|drop|not? mention) (?:the )?price|(?:sans|pas de|enlève\w*|retire\w*) (?:le )?prix",
        ),
        ("price", r"price|prix|tarif"),
        ("tu", r"\btuto|\ben tu\b|\btu\b"),
        ("vous", r"\bvouvo|\ben vous\b"),
        (
            "no offer",
            r"(?:no|without|remove) (?:the )?(?:offer|discount)|sans (?:l'|la )?(?:offre|remise|promo)",
        ),
    ):
        if re.search(pattern, reason, re.I) or (
            wish == "price" and re.search(pattern, musts, re.I)
        ):
            found.add(wish)
    if "no price" in found:
        found.discard("price")
    if "shorter" in found:
        found.discard("longer")
    return frozenset(found)
