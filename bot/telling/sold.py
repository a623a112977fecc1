"""What was sold, as it was asked: which figure, cut by what, of whom, against which days."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.fold import bag, fold, words_of
from bot.goods import concepts
from bot.request import Request
from bot.telling.questions import BEST, LAST_WEEK, PERIOD, is_named, names_in
from bot.telling.told import AGE, CANNOT, Told
from bot.words import Language

WHOLE = "all"
TIMES = (  # how often a customer ordered
    ("times-1", r"\b(?:(?:only |just )?once|one[- ]time|single order|qu'une (?:seule )?fois"
     r"|une (?:seule )?fois|une seule commande)\b"),
    ("times-2", r"\b(?:twice|two times|(?:two|2) orders|deux fois|(?:deux|2) commandes)\b"),
    ("times-3", r"\b(?:three times|3 times|(?:three|3) orders|trois fois|(?:trois|3) commandes)\b"),
)  # fmt: skip
MEASURES = (  # the first that is asked for counts
    ("new-customers", r"\b(?:new|first[- ]time|nouveaux?|nouvelles?) "
     r"(?:customers?|buyers?|clients?|clientes?|acheteu\w+)\b"),
    ("average-order", r"average (?:order|basket)(?: value)?|\baov\b|paniers? moyens?"),
    ("delivery-days", r"how long (?:does|do|did|is|are) (?:(?:the|our|a) )?(?:deliver\w+|parcels?"
     r"|shipping)\b(?: (?:take|takes|need|on the way))?|(?:delivery|shipping) times?"
     r"|en combien de (?:temps|jours) (?:livr\w+|est-on livre\w*|arriv\w+)"
     r"|(?:delais?|temps|duree) (?:moyens? )?de livraison"),
    ("customers", r"\b(?:customers?|clients?|clientes?|buyers?|acheteu\w+|shoppers?)\b"),
    ("orders", r"\b(?:orders?|commandes?|commandent|commande-t-on|ordered|purchases?|achats?"
     r"|achetent|acheter|achete|buy)\b"),
    ("units", r"\b(?:how many|combien d[e'])(?=.*\b(?:sold|sell|vendu\w*|vend\w*)\b)"
     r"|\b(?:units?|pieces?|quantit\w+)\b"),
    ("revenue", r"\b(?:revenues?|turnover|sales|sells?|sold|selling|chif+res? d[' ]?af+aires?|ca"
     r"|ventes?|vend\w*|vendu\w*|brings?|rapport\w*)\b"),
)  # fmt: skip
MEASURES_OF_PEOPLE = dict(MEASURES)["customers"]
CUTS = {
    "month": r"months?|mois",
    "weekday": r"week ?days?|days? of (?:the )?week|jours? de (?:la )?semaine|days?|jours?",
    "hour": r"hours?|time of (?:the )?day|heures?|moment de la journee|time",
    "country": r"countr\w+|pays|markets?",
    "region": r"regions?|departements?",
    "device": r"devices?|appareils?",
    "source": r"(?:sales |marketing |acquisition )?channels?|(?:traffic )?sources?|canal|canaux"
    r"|provenances?",
    "category": r"categor\w+|rayons?",
    "product": r"products?|produits?|articles?|items?|references?",
}
ASKS_BY = (
    r"\b(?:by|per|par|each|every|chaque|selon(?: le| la)?|which|what|quels?|quelles?"
    r"|(?:a|au|dans|de|sur|par|en) quel(?:le)?s?)\b(?: (?:of )?(?:the|our|nos|les|le|la|l'))? ?"
)
WHO = re.compile(r"^\W*(?:who|qui)\b")
AHEAD = re.compile(  # what is to come is a forecast's, not a count's
    r"\b(?:will|next|coming|forecast|expect|prochaine?s?|a venir|sera|seront|va-t-on|allons-nous"
    r"|previsions?|prevoi\w+)\b"
)
GOODS = re.compile(  # how many sorts of things, not how many of them were sold
    r"\b(?:how many|combien d[e']) ?(?:different |differents )?(?:products|articles|items|produits"
    r"|references)\b"
)
LEAST = re.compile(
    r"\b(?:worst|least|lowest|slowest|fewest|poorest|(?:le|les|la) moins(?: bien| bons?)?"
    r"|moins bien|pires?)\b"
)
GROWS = re.compile(r"\b(?:grew|grow\w*|growth|gained|progress\w*|croissance|grimp\w+|augment\w+)\b")
FALLS = re.compile(
    r"\b(?:declin\w+|shr[aiu]nk\w*|fell|fall\w*|drop\w*|recul\w*|baiss\w+|chut\w+)\b"
)
DAYS = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|(?:19|20)\d\d|yesterday|hier|today|aujourd'hui)\b"
)
IDLE = bag(
    "quarter trimestre comes come from higher lower larger smaller utilise utilisent use uses "
    "superieur inferieur "
    "compare compared comparing comparison comparer comparez compares vs versus than against "
    "between entre rapport contre same meme better worse mieux difference fastest split broken "
    "down breakdown repartition evolution trend sell sells sold selling ordered order bought "
    "buy place placed come came entire each every chaque selon our business doing commandent "
    "achetent faisons realise realisons vend vendons vendu vendus vendues vente ventes sales "
    "orders commandes que quelle precedent precedente previous before brought brings bring "
    "bringing more fewer earn make made generate generates genere generent amene amenent "
    "apporte apportent worth spend depensent value valeur temps long take takes mny hw share "
    "only just n'achete achete achetes commande "
)
ALSO = {"gb": "uk united kingdom britain royaume uni angleterre england", "us": "usa america"}
SEVERAL = 5  # products that one name may mean


@dataclass(frozen=True)
class Sale:
    """What is asked of the sales. `rest` are the words that must name something."""

    measure: str
    cut: str = ""
    rest: tuple[str, ...] = ()
    least: bool = False
    best: bool = False
    grows: int = 0  # 1: what grew most, -1: what fell most
    dated: bool = False


def asked(words: str, request: Request) -> Sale | None:
    """The same; None for days that are named and could not be read."""
    sale = read(words)
    return None if sale and sale.dated and request.brief.since is None else sale


def read(words: str) -> Sale | None:
    """What words ask of the sales; None when they ask for something else, or for who somebody
    is."""
    said = fold(words.replace("’", "'"))
    if WHO.search(said) or AHEAD.search(said) or GOODS.search(said):
        return None
    cut, without = _cut(said)
    for key, shape in TIMES:
        people = re.search(MEASURES_OF_PEOPLE, said)
        if people and re.search(shape, said) and not names_in(_left(re.sub(shape, " ", said))):
            return Sale("share", key)
    measure = next((name for name, shape in MEASURES if re.search(shape, without)), "")
    if not measure and not cut:
        return None
    rest = tuple(names_in(_left(without)))
    grows = 1 if GROWS.search(said) else -1 if FALLS.search(said) else 0
    dated = bool(PERIOD.search(without) or DAYS.search(without))
    least, best = bool(LEAST.search(said)), bool(BEST.search(said))
    return Sale(measure or "revenue", cut, rest, least, best, grows, dated)


def is_first(sale: Sale, words: str, request: Request) -> bool:
    """Whether the sales are asked before anything else: cut, of certain days, held against others.
    What sold best has its own place, and so has the last week, beside what was expected of it."""
    brief, said = request.brief, fold(words.replace("’", "'"))
    if brief.against or sale.measure in ("new-customers", "delivery-days", "share"):
        return True
    if sale.cut in ("product", "category") and sale.best and not sale.least:
        return False
    return bool(sale.cut) or (brief.since is not None and not LAST_WEEK.search(said))


def _left(said: str) -> str:
    """What is left of the words when all that asks is taken away."""
    for _name, shape in MEASURES:
        said = re.sub(shape, " ", said)
    for one in (PERIOD, BEST, LEAST, GROWS, FALLS, DAYS):
        said = one.sub(" ", said)
    return " ".join(w for w in words_of(said) if w not in IDLE and not w.isdigit())


def _cut(said: str) -> tuple[str, str]:
    """By what it is asked, and the words without that."""
    for name, shape in CUTS.items():
        asks = rf"(?:{ASKS_BY}(?:(?:best|top|meilleure?s?) )?|\btop (?:\d+ )?)(?:{shape})\b"
        if found := re.search(asks, said):
            return name, f"{said[: found.start()]} {said[found.end() :]}"
    return "", said


def named(sale: Sale, every: dict[str, Told], product: str | None) -> list[Told] | None:
    """Of which subjects it is asked: the whole, what the rest of the words names, or the values of
    the cut; None when the words name nothing known."""
    whole = every.get(WHOLE)
    about = product or ""
    rest = [word for word in sale.rest if not _means(word, about)]
    if rest:
        found = [one for one in _subjects(every) if all(_means(w, called_all(one)) for w in rest)]
        found = found or _beside(rest, every)
        exact = [one for one in found if _cut_of(one) != "product"] or found
        other = sale.cut and any(_cut_of(one) != sale.cut for one in exact)
        return None if other or not exact or len(exact) > SEVERAL else exact
    if sale.cut:
        return [one for one in _subjects(every) if _cut_of(one) == sale.cut]
    return [whole] if whole else None


def _beside(rest: Sequence[str], every: dict[str, Told]) -> list[Told]:
    """Two or more of one sort that are named beside each other: mobile and desktop."""
    for cut in ("device", "country", "region", "source", "category"):
        some = [one for one in _subjects(every) if _cut_of(one) == cut]
        named = [next((o for o in some if _means(w, called_all(o))), None) for w in rest]
        if len(rest) > 1 and all(named):
            return list({one.key: one for one in named if one}.values())
    return []


def _means(word: str, name: str) -> bool:
    return bool(name) and (is_named(word, name) or bool(concepts(word) & concepts(name)))


def _subjects(every: dict[str, Told]) -> list[Told]:
    return [one for key, one in every.items() if key not in (WHOLE, CANNOT, AGE)]


def _cut_of(one: Told) -> str:
    return one.key.split("-")[0]


def called(one: Told, language: Language) -> str:
    """A subject as people of that language say it: "October", « lundi », "Germany"."""
    from babel import Locale
    from babel.dates import format_date

    cut, about = _cut_of(one), one.about
    if cut == "month":
        year, month = about.split("-")
        return str(format_date(date(int(year), int(month), 1), "MMMM", locale=language))
    if cut == "country" and len(about) == 2:
        return str(Locale.parse(language).territories.get(about.upper(), about))
    return one.named(language)


def called_all(one: Told) -> str:
    """Whatever it may be called in a question."""
    more = ALSO.get(one.about.lower(), "")
    return " ".join([one.about, called(one, "en"), called(one, "fr"), more])


def ranked(sale: Sale, some: Sequence[Told]) -> list[Told]:
    """With the figure that is asked for; the highest first, the lowest where they are meant, what
    grew or fell most; by when it was where nothing is to be ranked."""
    measure = f"{sale.measure}-change" if sale.grows else sale.measure
    known = [one for one in some if one.get(measure)]
    dated = sale.cut in ("month", "weekday", "hour")
    if dated and not (sale.best or sale.least or sale.grows):
        return known
    down = sale.least or sale.grows < 0
    return sorted(known, key=lambda one: one.number(measure) * (1 if down else -1))
