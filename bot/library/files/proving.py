"""What the cells of a whole file prove: the decimal mark, the order of day and month, addresses."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.library.catalogue.amounts import currency_in
from bot.library.files.cells import laid_bare
from bot.library.files.names import Match, sort_of, spoken
from bot.library.files.source import Source
from bot.library.kinds import kinds

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
SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
TO_TEN, TO_HUNDRED = 0.1, 0.5  # of the ratings beyond 5, beyond 10: then that is what they go to
ADDRESS = 0.2  # of a column's cells: then the column is one of addresses
LOOKED_AT = 2_000  # rows in which addresses are looked for
NUMBERS = ("money", "number", "whole")


@dataclass(frozen=True)
class Proof:
    rows: int
    decimal: Literal[".", ","] = "."
    day_first: bool = True
    iso: tuple[int, ...] = ()  # positions of dates that begin with their year in every row
    order_proved: bool = True  # by a day above 12, or there are no such dates at all
    mark_proved: bool = True
    clashes: bool = False  # both orders of day and month are proved
    currency: str | None = None
    signed: bool = False  # amounts bear the signs of several currencies
    rating_scale: float = 1.0
    addresses: dict[int, str] = field(default_factory=dict)


def prove(source: Source, match: Match, names: Sequence[str]) -> Proof:
    """One pass over the cells."""
    dates, numbers = _of_type(match, ("day", "moment")), _of_type(match, NUMBERS)
    selects = ["count(*)"]
    for at in dates:
        x = f"bare(c{at})"
        for part in (1, 2):
            signs = "('/', '.', '-', ' ')"
            near = f"{x}[2] IN {signs} OR {x}[3] IN {signs}"
            selects.append(f"max(CASE WHEN {near} THEN try_cast(slashed({x}, {part}) AS INT) END)")
        selects.append(f"count(*) FILTER ({x}[5] NOT IN ('-', '/'))")
    for at in numbers:
        for sign in (",", "."):
            selects.append(
                f"count(*) FILTER (contains(c{at}, '{sign}') AND regexp_matches(c{at}, "
                f"'\\d[{sign}](\\d{{1,2}}|\\d{{4,}})\\D*$'))"
            )
    found = source.con.execute(f"SELECT {', '.join(selects)} FROM {source.relation}").fetchall()[0]
    end = 1 + 3 * len(dates)
    firsts, seconds, others = found[1:end:3], found[2:end:3], found[3:end:3]
    marks = found[end:]
    first, proved, clashes = _order(firsts, seconds, names)
    beside = _signs(source, match)
    commas, points = sum(marks[::2]), sum(marks[1::2])
    slow = commas == points and commas == 0 and french(names)
    return Proof(
        rows=found[0],
        decimal="," if commas > points or slow else ".",
        day_first=first,
        iso=tuple(at for at, other in zip(dates, others, strict=True) if not other),
        order_proved=proved,
        mark_proved=bool(commas or points),
        clashes=clashes,
        currency=beside[0] if beside else _said_currency(source, match),
        signed=len(beside) > 1,
        rating_scale=_scale(source, match),
        addresses=_addresses(source, len(names)),
    )


def french(names: Sequence[str]) -> bool:
    """Whether the columns have French names."""
    return sum(map(_is_french, names)) >= 2


def _is_french(name: str) -> bool:
    bare = unicodedata.normalize("NFKD", name.lower())
    words = re.split(r"[^a-z]+", "".join(c for c in bare if not unicodedata.combining(c)))
    marked = any(c in name for c in "éèêçàù")
    return marked or spoken(name) in FRENCH or not FRENCH_WORDS.isdisjoint(words)


def _order(
    firsts: Sequence[int | None], seconds: Sequence[int | None], names: Sequence[str]
) -> tuple[bool, bool, bool]:
    """Day first?, is it proved?, is the other proved too?"""
    slashed = any(one is not None for one in firsts)
    day_first = any((one or 0) > 12 for one in firsts)
    month_first = any((one or 0) > 12 for one in seconds)
    if day_first or month_first:
        return (
            (day_first and not month_first) or (day_first and french(names)),
            True,
            (day_first and month_first),
        )
    return french(names), not slashed, False


def _of_type(match: Match, types: Sequence[str]) -> list[int]:
    columns = kinds()[match.kind].columns
    found = [at for ours, at in match.columns.items() if columns[ours].type in types]
    if "money" in types:
        found += [at for aid, at in match.aids.items() if aid in ("unit_price", "line_discount")]
        found += [at for metric, at in match.metrics.items() if sort_of(metric) == "values"]
    return found


def _addresses(source: Source, width: int) -> dict[int, str]:
    """Columns of e-mail addresses or telephone numbers by what they say."""
    email = r"^[^\s@]+@[^\s@]+\.[a-zA-Z]{2,}$"
    phone = r"^(\+|00)\d[\d .()-]{8,16}$|^0\d([ .-]?\d\d){4}$|^\(\d{2,3}\) ?\d{3,5}[- ]\d{4}$"
    selects: list[str] = []
    for at in range(width):
        x = f"bare(c{at})"
        selects.append(f"count({x})")
        selects += [f"count(*) FILTER (regexp_matches({x}, '{one}'))" for one in (email, phone)]
    some = f"(SELECT * FROM {source.relation} LIMIT {LOOKED_AT})"
    found = source.con.execute(f"SELECT {', '.join(selects)} FROM {some}").fetchall()[0]
    addresses = {}
    for at in range(width):
        said, mails, phones = found[3 * at : 3 * at + 3]
        if said and max(mails, phones) > ADDRESS * said:
            addresses[at] = "email" if mails >= phones else "phone"
    return addresses


def _signs(source: Source, match: Match) -> list[str]:
    """The currencies whose signs stand in the amounts, the commonest first."""
    places = _of_type(match, ("money",))
    if not places:
        return []
    counts = ", ".join(
        " + ".join(f"count(*) FILTER (contains(c{at}, '{sign}'))" for at in places)
        for sign in SIGNS
    )
    found = source.con.execute(f"SELECT {counts} FROM {source.relation}").fetchall()[0]
    ranked = sorted(zip(found, SIGNS.values(), strict=True), key=lambda pair: -pair[0])
    told = [currency for count, currency in ranked if count]
    # one sign alone may be R$, C$ or the like: the cell itself says
    return told if len(told) > 1 or told in (["EUR"], ["GBP"]) else []


def _said_currency(source: Source, match: Match) -> str | None:
    """The sign beside the amounts."""
    for at in _of_type(match, ("money",)):
        cell: Any = source.con.execute(
            f"SELECT c{at} FROM {source.relation} WHERE c{at} IS NOT NULL LIMIT 1"
        ).fetchone()
        if cell and (found := currency_in(cell[0])):
            return found
    return None


def _scale(source: Source, match: Match) -> float:
    """Ratings to 10 or to 100 are brought to 5; a slip above 5 brings nothing down."""
    at = match.columns.get("rating")
    if match.kind != "feedback" or at is None:
        return 1.0
    cells = laid_bare(source.relation, [], [], [at], ".")
    said = f"SELECT as_rating(t{at}, d{at}, '.') AS r FROM {cells}"
    many, beyond_ten, beyond_five = source.con.execute(
        "SELECT count(r), count(*) FILTER (r > 10 AND r <= 100), "
        f"count(*) FILTER (r > 5 AND r <= 10) FROM ({said})"
    ).fetchall()[0]
    if many and beyond_ten >= TO_HUNDRED * many:
        return 0.05
    return 0.5 if many and beyond_five >= TO_TEN * many else 1.0
