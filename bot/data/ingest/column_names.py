"""Which column of a file is which of ours: `called.toml`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from bot.data.catalogue.cells import currency_in
from bot.data.catalogue.columns import known_fields
from bot.data.schema import called, kinds

PRODUCTS = "products"
OF_ANYTHING = ("name", "id")  # called so, a column holds orders' numbers only beside their dates
COUNTS = ("impressions", "clicks", "sent", "opened", "delivered")
CONSENTS = ("email", "sms", "ads_user_data", "ads_personalization", "opted_out")
HINTS: Mapping[str, tuple[str, ...]] = {
    "orders": ("order", "commande", "vente", "sales", "transaction", "retail", "pedido"),
    "events": ("event", "evenement", "session", "browsing", "visit"),
    "feedback": ("review", "avis", "feedback", "comment", "verbatim", "survey"),
    "prices": ("price", "prix", "tarif"),
    "campaigns": ("campaign", "campagne", "ads", "newsletter", "mailing"),
    "experiments": ("experiment", "abtest", "variant", "hillstrom"),
    "consents": ("customer", "client", "consent", "contact", "subscriber"),
    PRODUCTS: ("product", "produit", "catalog", "catalogue", "shopify"),
}


@dataclass(frozen=True)
class Match:
    """A file's columns as one kind has them: ours → position. `metrics`: outcome → position."""

    kind: str
    columns: dict[str, int] = field(default_factory=dict)
    aids: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    personal: dict[int, str] = field(default_factory=dict)  # position → what it is of somebody
    many: dict[str, tuple[int, ...]] = field(default_factory=dict)
    score: int = 0

    def used(self) -> set[int]:
        joined = [place for places in self.many.values() for place in places]
        parts = (self.columns, self.aids, self.metrics)
        return {place for part in parts for place in part.values()} | set(joined)


@lru_cache(maxsize=20_000)
def spoken(name: str) -> str:
    """A name without accents, capitals, signs and blanks: `Order ID`, `order_id` → `orderid`."""
    bare = unicodedata.normalize("NFKD", name)
    return re.sub(
        r"[^a-z0-9]+", "", "".join(c for c in bare if not unicodedata.combining(c)).lower()
    )


@lru_cache(maxsize=20_000)
def ways(name: str) -> tuple[str, ...]:
    """How a column's name may be looked up: as it is, and without its unit: `Prix (€)`."""
    bare = re.sub(r"[(\[][^)\]]*[)\]]", " ", name)
    words = [w for w in re.split(r"[\s_]+", bare) if not currency_in(w) and w.lower() != "en"]
    return tuple(
        dict.fromkeys(s for s in (spoken(name), spoken(bare), spoken(" ".join(words))) if s)
    )


def guess(names: Sequence[str], file: str, given: Mapping[str, str], kind: str | None) -> Match:
    """The kind that makes most sense of the columns, or `kind`; score 0 when none does."""
    candidates = [match(one, names, given) for one in ([kind] if kind else [*kinds(), PRODUCTS])]
    if not kind and _of_orders(candidates[0], names):
        candidates = candidates[:-1]  # what was in which order is no catalogue, whatever it lacks
    whole = [one for one in candidates if complete(one)] or candidates
    return max(whole, key=lambda one: one.score + 2 * (complete(one) and _hinted(one.kind, file)))


def _of_orders(found: Match, names: Sequence[str]) -> bool:
    """Whether a file tells of orders, by a column that can be nothing but their numbers."""
    return "order" in found.columns and spoken(names[found.columns["order"]]) not in OF_ANYTHING


def match(kind: str, names: Sequence[str], given: Mapping[str, str]) -> Match:
    """The columns of a file as one kind names them; `given` (theirs → ours) goes first."""
    if kind == PRODUCTS:
        return _products(names, given)
    lists = {ours: column.called for ours, column in kinds()[kind].columns.items()}
    aids = kinds()[kind].aids
    columns = _assigned(names, {**lists, **aids}, given)
    named = names[columns["order"]] if kind == "orders" and "order" in columns else ""
    if "at" not in columns and not given and spoken(named) in OF_ANYTHING:
        del columns["order"]
    taken = set(columns.values())
    metrics = _metrics(names, columns) if kind == "experiments" else {}
    taken |= set(metrics.values())
    personal = _personal(names, taken)
    return Match(
        kind,
        {ours: place for ours, place in columns.items() if ours in lists},
        {ours: place for ours, place in columns.items() if ours in aids},
        metrics,
        personal,
        score=len(taken) + (len(personal) if kind == "consents" and _about_people(columns) else 0),
    )


def _about_people(columns: Mapping[str, int]) -> bool:
    """Whether a file is one of customers: orders have names and addresses, too."""
    return "since" in columns or any(one in columns for one in CONSENTS)


def complete(found: Match) -> bool:
    """Whether the columns suffice for rows of the kind."""
    has, aids = found.columns, found.aids
    if found.kind == "orders":
        worth = "amount" in has or "unit_price" in aids
        return "at" in has and worth and ("order" in has or "customer" in has)
    if found.kind == "feedback":
        return "text" in has
    if found.kind == "events":
        return {"at", "step"} <= set(has) and ("session" in has or "visitor" in has)
    if found.kind == "campaigns":
        counted = any(one in has for one in COUNTS) and found.score > 2
        return counted or {"subject", "text"} <= set(has)
    if found.kind == "experiments":
        return "variant" in has and bool(found.metrics or "users" in has)
    if found.kind == "consents":
        told = any(one in has for one in CONSENTS) or len(found.personal) > 1
        return "customer" in has and (told or "since" in has)
    if found.kind == PRODUCTS:
        return found.score > 1 and "title" in has
    needed = [name for name, column in kinds()[found.kind].columns.items() if column.needed]
    return all(name in has for name in needed)


def _assigned(
    names: Sequence[str], lists: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> dict[str, int]:
    """Each of ours gets the column that is likeliest it, each column is one of ours at most."""
    fixed = {spoken(theirs): ours for theirs, ours in given.items()}
    offers: list[tuple[int, int, str]] = []
    for place, name in enumerate(names):
        if spoken(name) in fixed:
            offers.append((-1, place, fixed[spoken(name)]))
            continue
        for way in ways(name):
            offers += [(rank, place, ours) for ours, rank in _ranks(_frozen(lists)).get(way, ())]
    columns: dict[str, int] = {}
    for _, place, ours in sorted(offers):
        if ours in lists and ours not in columns and place not in columns.values():
            columns[ours] = place
    return columns


def _frozen(lists: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((ours, tuple(names)) for ours, names in lists.items())


@cache
def _ranks(
    lists: tuple[tuple[str, tuple[str, ...]], ...],
) -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, dict[str, int]] = {}
    for ours, names in lists:
        for rank, name in enumerate(names):
            found.setdefault(spoken(name), {}).setdefault(ours, rank)
    return {name: tuple(ranked.items()) for name, ranked in found.items()}


def _metrics(names: Sequence[str], columns: dict[str, int]) -> dict[str, int]:
    """The outcomes of a test, one a column; `value` and `successes` give way to them."""
    if "metric" in columns or "users" in columns:
        return {}
    found: dict[str, int] = {}
    for sort in ("successes", "values"):
        lists = called()["metrics"][sort]
        free = [
            n if i not in columns.values() or _outcome(columns, i) else ""
            for i, n in enumerate(names)
        ]
        found.update(_assigned(free, lists, {}))
    for ours in ("successes", "value"):
        if columns.get(ours) in found.values():
            del columns[ours]
    return found


def _outcome(columns: Mapping[str, int], place: int) -> bool:
    return place in (columns.get("successes"), columns.get("value"))


def sort_of(metric: str) -> str:
    """`successes` for a yes or no, `values` for an amount."""
    return "values" if metric in called()["metrics"]["values"] else "successes"


def _personal(names: Sequence[str], taken: Iterable[int]) -> dict[int, str]:
    known = {spoken(name): what for what, list_ in called()["personal"].items() for name in list_}
    found = {}
    for place, name in enumerate(names):
        what = next((known[way] for way in ways(name) if way in known), None)
        if what and (place not in set(taken) or what in ("email", "phone")):
            found[place] = what
    return found


def _products(names: Sequence[str], given: Mapping[str, str]) -> Match:
    columns = _assigned(names, known_fields(), given)
    return Match(PRODUCTS, columns, score=len(columns))


def _hinted(kind: str, file: str) -> bool:
    return any(word in spoken(file) for word in HINTS[kind])


# Which language the names of a file's columns are in, as far as figures and dates go by it.

FRENCH = {
    *("date", "client", "commande", "prix", "devise", "quantite", "montant", "pays", "appareil"),
    *("reference", "texte", "note", "langue", "canal", "jour", "moment", "produit", "avis"),
    *("statut", "depuisle", "envoyes", "clics", "depense", "variante", "visiteur"),
}
FRENCH_WORDS = {  # in a name of several words; they are no English ones
    *("commande", "prix", "devise", "quantite", "montant", "appareil", "langue", "jour", "produit"),
    *("avis", "statut", "numero", "nom", "adresse", "livraison", "taille", "couleur", "ttc", "ht"),
    *("libelle", "categorie", "achat", "envoi", "du", "de", "le", "la", "depense", "campagne"),
}
COMMA_WORDS = {  # German, Spanish, Portuguese, Italian: the comma is their decimal sign, too
    *("datum", "bestellung", "bestellnummer", "kunde", "kundennummer", "menge", "betrag", "preis"),
    *("artikel", "umsatz", "kosten", "klicks", "anzahl", "kampagne", "wahrung", "waehrung"),
    *("fecha", "pedido", "cliente", "precio", "importe", "cantidad", "articulo", "moneda"),
    *("impresiones", "gasto", "campana", "producto", "preco", "valor", "quantidade", "produto"),
    *("ordine", "prezzo", "importo", "quantita", "prodotto", "valuta", "spesa", "campagna"),
}


def french(names: Sequence[str]) -> bool:
    """Whether the columns have French names."""
    return sum(map(_is_french, names)) >= 2


def with_commas(names: Sequence[str]) -> bool:
    """Whether their language writes 12,50."""
    return french(names) or sum(not COMMA_WORDS.isdisjoint(_words(one)) for one in names) >= 2


def _is_french(name: str) -> bool:
    marked = any(c in name for c in "éèêçàù")
    return marked or spoken(name) in FRENCH or not FRENCH_WORDS.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", name.lower())
    return re.split(r"[^a-z]+", "".join(c for c in bare if not unicodedata.combining(c)))
