"""What somebody wants to test, read from their words: where, from what rate, for what effect."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bot.core.audience_rule import AudiencePurpose
from bot.text.normalize import normalize_text

if TYPE_CHECKING:
    from bot.rules.proof.reading import Figure

Place = Literal["visit", "product", "basket", "checkout", "subject", "letter"]

# What is tested where: the first that fits. Folded words, both languages.
PLACES: tuple[tuple[Place, str], ...] = (
    ("subject", r"\b(?:subject(?: line)?s?|objets?)\b"),
    ("letter", r"\b(?:e-?mails?|mails?|newsletters?|lettres?|infolettres?)\b"),
    ("checkout", r"\b(?:checkout|payment|paying|paiement|payer|caisse|tunnel)\b"),
    ("basket", r"\b(?:basket|cart|panier|free delivery|livraison (?:offerte|gratuite))\b"),
    (
        "product",
        r"\b(?:product (?:page|sheet|text|photo)s?|photos?|pictures?|fiches?|page produit)",
    ),
)
RISE = re.compile(r"(?:\b(?:lift|rise|increase|uplift|more|gain|hausse|augmentation|effet|effect"
                  r"|plus|amelioration)\b)")  # fmt: skip
FROM_TO = re.compile(r"\b(?:from|de)\s*$")
TO = re.compile(r"\b(?:to|a)\s*$")
PEOPLE = re.compile(r"(?:visit|people|person|user|session|customer|client|recipient|destinataire"
                    r"|internaute|abonne|subscriber)")  # fmt: skip
WEEK = re.compile(r"\b(?:a|per|each|every|par|chaque|la)\s+(?:week|semaine)\b|/\s*(?:week|semaine)"
                  r"|\bweekly\b|\bhebdomadaires?\b")  # fmt: skip
DAY = re.compile(r"\b(?:a|per|each|every|par|chaque)\s+(?:day|jour)\b|\bdaily\b")
PRICE_CUT = re.compile(r"\s*(?:off|discount|reduction|remise|de (?:reduction|remise|rabais))\b")
MOST_RISE = Decimal(500)

# Named groups of customers (bot.audience.SEGMENTS) as people call them: the first that fits.
GROUPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("lapsed",), r"\b(?:lapsed|inacti\w+|dormant\w*|endormi\w*|perdus?|lost)\b"),
    (("at-risk",), r"\b(?:at[- ]risk|a risque)\b"),
    (("drifting-away",), r"\b(?:drifting|eloign\w+)\b"),
    (("champions",), r"\b(?:champions?|vip|best (?:customers|clients|buyers)"
                     r"|meilleur\w* client\w*)\b"),
    (("loyal", "champions"), r"\b(?:loyal|faithful|regulars?|fideles?|habitue\w*)\b"),
    (("promising",), r"\b(?:promising|prometteu\w+)\b"),
    (("one-time",), r"\b(?:one[- ](?:time|off)|once|une seule fois|un seul achat)\b"),
    (("new",), r"\b(?:new|nouveau\w*|nouvel\w*)\b"),
)  # fmt: skip
_OF = r"(?:(?:of|on|de la|de|du|des)\s+|(?:de l['’]|d['’])\s*)"
_PLACE = (r"(?:the |our |la |le |l['’]|notre )?(?:product|basket|cart|checkout|payment|home ?page"
          r"|panier|produit|paiement|caisse|page|site|fiche)")  # fmt: skip
TESTED = re.compile(
    rf"\btest(?:er|ez|e|ons|ing)?(?:\s*:\s*|\s+(?:{_OF}|(?=(?:free|livraison|an? |une? |deux |two "
    r"|the |la |le |les |nos |our |l['’]))))(?P<what>[^?.!;:,]+)",
    re.IGNORECASE,
)
_TO = r"(?:on|for|with|to|among|sur|auprès d(?:e la |e l['’]|es?|u) ?|pour|chez|avec|aux?)"
_ELSE = (  # where another part of the sentence begins
    r"(?:in (?:the(?! last| past)|our|an?)|on|at|from \d+|sur|dans(?! les \d)|à|de \d+|for|pour"
    r"|(?:with|avec)(?: an?| une?)? \W?\d+)\b"
)
WHOM = re.compile(  # from the last of such little words
    rf"(?:^|\s){_TO}\s*(?:(?:our|the|all|nos|les|vos)\s+)?"
    rf"(?P<whom>(?:(?!{_TO}\b|page\b)[\w’'-]+\s+){{0,4}}?"
    r"(?:customers|clients|clientes|buyers|shoppers|people|subscribers|acheteurs|acheteuses"
    rf"|abonnés|abonnées|champions)(?:\s+(?!{_ELSE})[\w’'-]+){{0,9}})",
    re.IGNORECASE,
)
DEVICE = re.compile(
    r"\b(?:on (?:phones?|mobiles?|desktops?|computers?|tablets?)"
    r"|sur (?:téléphones?|mobiles?|ordinateurs?|tablettes?))\b",
    re.IGNORECASE,
)
ANYBODY = re.compile(
    r"(?:customers|clients|clientes|buyers|shoppers|people|acheteurs|acheteuses)(?: of ours)?"
)
FIGURES = re.compile(r"\s*(?:\b(?:from|de|with|avec|and|et|a|une?)\s+)*(?:[^\s\d]+\s+){0,3}\d+"
                     r"(?:[.,]\d+)? ?%.*$")  # fmt: skip
AT = re.compile(rf"\s+(?:on|in|at|sur|dans|à|au|en)\s+{_PLACE}.*$", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """`base` in %, `lift` in % of it, `weekly` people a week; None where the words say nothing."""

    place: Place | None = None
    base: Decimal | None = None
    lift: Decimal | None = None
    weekly: int | None = None
    what: str = ""  # what is tested, in the person's words
    whom: str = ""  # on whom, in the person's words
    groups: tuple[str, ...] = ()  # those that `whom` names
    reach: AudiencePurpose | None = None  # how they are written to, when the test is a message
    device: str = ""  # on which devices alone, in the person's words


def read(words: str) -> Wanted:
    """From "free delivery on the basket page", "from 4% to 5%, 2,000 visitors a week"."""
    from bot.rules.proof import figures  # every finding carries a Wanted, and few are read

    low = normalize_text(words)
    place = next(iter(places(words)), None)
    base, lift = _rates(low, [f for f in figures.read(words) if f.first.unit == "%"])
    found = WHOM.search(words)
    whom = found["whom"].strip() if found else ""
    whom = "" if ANYBODY.fullmatch(normalize_text(whom)) else whom
    return Wanted(place, base, lift, _weekly(low, figures.read(words)), _what(words), whom,
                  groups_in(whom), _reach(low, place), _device(words))  # fmt: skip


def _device(words: str) -> str:
    found = DEVICE.search(words)
    return found[0].lower() if found else ""


def _reach(low: str, place: Place | None) -> AudiencePurpose | None:
    """The consent that the test needs: none, when it is not a message."""
    if re.search(r"\b(?:sms|texto)\b", low):
        return "sms"
    return "email" if place in ("subject", "letter") else None


def groups_in(whom: str) -> tuple[str, ...]:
    low = normalize_text(whom)
    return next((groups for groups, shape in GROUPS if re.search(shape, low)), ())


def _what(words: str) -> str:
    """The thing itself: without on whom, where, and the figures."""
    found = TESTED.search(words)
    if found is None:
        return ""
    what = f" {found['what']}"
    for rest in (WHOM, AT, FIGURES):
        if cut := rest.search(what):
            what = what[: cut.start()]
    what = re.sub(r"^(?:the|our|la|le|les|l['’]|notre|nos) ?", "", what.strip(), flags=re.I)
    return "" if normalize_text(what) in ("this step", "cette etape") else what


def places(words: str) -> list[Place]:
    """What the words name, in either language; the likeliest place of a test first."""
    low = normalize_text(words)
    return [key for key, shape in PLACES if re.search(shape, low)]


def _rates(low: str, shares: list["Figure"]) -> tuple[Decimal | None, Decimal | None]:
    """The rate now and the effect: "from 4% to 5%" says both."""
    base = lift = None
    for n, one in enumerate(shares):
        value, before = one.first.value, low[max(0, one.start - 26) : one.start]
        after = low[one.end : one.end + 22]
        if not isinstance(value, Decimal) or PRICE_CUT.match(after):
            continue
        rising = one.sign == "+" or RISE.search(before) or RISE.match(after.lstrip())
        if n and base and TO.search(before) and base < value < 100:
            lift = 100 * (value - base) / base
        elif FROM_TO.search(before) and n + 1 < len(shares):
            base = value
        elif rising and lift is None:
            lift = value
        elif base is None:
            base = value
    return (
        base if base is not None and 0 < base < 100 else None,
        lift if lift is not None and 0 < lift <= MOST_RISE else None,
    )


def _weekly(low: str, found: tuple["Figure", ...]) -> int | None:
    for one in found:
        value, after = one.first.value, low[one.end : one.end + 40]
        if isinstance(value, Decimal) and one.first.unit != "%" and PEOPLE.match(after.lstrip()):
            if WEEK.search(after):
                return int(value * one.first.size)
            if DAY.search(after):
                return int(value * one.first.size) * 7
    return None
