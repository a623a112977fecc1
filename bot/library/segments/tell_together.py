"""What is bought by the same people, told."""

from statistics import median
from typing import Literal

from ibis import _

from bot.library.segments import together
from bot.library.segments.profile import percent
from bot.library.segments.together import Pair
from bot.library.segments.told import Told
from bot.library.slugs import slug
from bot.words import Words

SHOWN = 5  # pairs with a thing asked about, and groups
MISSING = {
    "product": Words("What goes together needs orders with a product on each line."),
    "category": Words("Which categories go together needs a product list with categories."),
}


def tell(told: Told) -> None:
    """Facts segments.taste-<n>.products, .lift, .customers, .share-of-customers for each group of
    products that the same people buy; segments.<a>-with-<b>.lift and .customers for pairs of
    categories, or with the product or category asked about, where they stand out from the ordinary
    pair beyond chance."""
    where = told.where
    if not where.category:
        found = _pairs(told, "product")
        if where.product:
            near = [p for p in found if where.product in (p.a, p.b) and p.q <= together.Q]
            _tell_pairs(told, near[:SHOWN], told.titles, "pairs-product")
        else:
            _tastes(told, found)
    if not where.product:
        pairs = [p for p in _pairs(told, "category") if p.q <= together.Q and p.lift > 1]
        wanted = (where.category or "").lower()
        near = [p for p in pairs if not wanted or wanted in (p.a.lower(), p.b.lower())]
        _tell_pairs(told, near[:SHOWN], {}, "pairs-category")


def _pairs(told: Told, by: Literal["product", "category"]) -> list[Pair]:
    table = together.pairs_of(together.baskets(told.bought, by, told.shelf.floor))
    rows = told.ask(f"pairs-{by}", table)
    things = sum(1 for row in rows if row["a"] == row["b"])
    if things < 2:
        told.findings.refuse(MISSING[by])
        return []
    told.findings.nobody(f"{by}-pairs")
    told.findings.add(
        f"{by}-pairs", "compared", things * (things - 1) // 2, rows=told.people, query=f"pairs-{by}"
    )
    category_of = told.categories if by == "product" else None
    return together.pairs(rows, told.people, category_of, told.shelf.floor)


def _tastes(told: Told, found: list[Pair]) -> None:
    titles = told.titles
    for n, things in enumerate(together.groups(found)[:SHOWN], start=1):
        inside = [p for p in found if p.a in things and p.b in things]
        names = ", ".join(titles.get(thing, thing) for thing in things)
        people = _people(told, things, f"taste-{n}")
        subject = query = f"taste-{n}"
        if not told.findings.group(subject, people, told.people - people):
            continue
        told.findings.add(subject, "products", names, rows=people, query=query)
        for measure, value, unit in (
            ("customers", people, "customers"),
            ("share-of-customers", percent(people / told.people), "%"),
            ("lift", round(median(p.lift for p in inside), 1), "×"),
        ):
            told.findings.add(
                subject, measure, value, unit=unit, about=names, rows=people, query=query
            )


def _people(told: Told, things: tuple[str, ...], query: str) -> int:
    """Customers with at least two of these things."""
    owned = told.bought.filter(_.amount >= 0, _["product"].isin(things))
    counted = owned.group_by("customer").aggregate(n=_["product"].nunique()).filter(_.n >= 2)
    return int(told.ask(query, counted.aggregate(customers=_.count()))[0]["customers"])


def _tell_pairs(told: Told, found: list[Pair], titles: dict[str, str], query: str) -> None:
    for pair in found:
        subject = f"{slug(pair.a)}-with-{slug(pair.b)}"
        about = f"{titles.get(pair.a, pair.a)} + {titles.get(pair.b, pair.b)}"
        told.findings.group(subject, pair.both, told.people - pair.both)
        for measure, value, unit in (
            ("lift", round(pair.lift, 1), "×"),
            ("ordinary-lift", round(pair.ordinary, 1), "×"),
            ("customers", pair.both, "customers"),
        ):
            told.findings.add(
                subject, measure, value, unit=unit, about=about, rows=pair.both, query=query
            )
