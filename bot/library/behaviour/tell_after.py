"""What is bought next after one thing, told."""

from typing import Literal

from ibis import _

from bot.library.audiences.subject import Subject
from bot.library.behaviour import following, named
from bot.library.behaviour.following import Next
from bot.library.segments.profile import percent
from bot.library.segments.told import Told
from bot.library.slugs import slug
from bot.words import Words, quoted

LIFT = 1.2
SHOWN = 5
By = Literal["product", "category"]


def tell(told: Told) -> None:
    """For `where.product`, or what `where.words` names: facts behaviour.after.subject, .products
    (which, where they are several), .purchases
    (those with it that were followed by another), .compared (products); behaviour.after-product-<b>
    and behaviour.after-category-<b>.share (% of these next purchases that have b), .at-large (% of
    all next purchases), .lift, .purchases, .customers and .verdict: "more often" where it is beyond
    chance with a lift of 1.2 or more, else "as always". Nothing of fewer customers than the floor.
    """
    about = named.subject(told)
    if about is None:
        return
    add, floor = told.findings.add, told.shelf.floor
    told.findings.nobody("after")  # names, and counts that `nexts` saw to
    add("after", "subject", about.name or told.where.words or told.where.product or "")
    if len(about.products) > 1:
        names = ", ".join(told.titles.get(key, key) for key in about.products)
        add("after", "products", names)
    if not about.name:
        told.findings.refuse(
            Words(
                "Nobody bought anything called {name}: look at how your orders or products spell "
                "it.",
                name=quoted(told.where.words or told.where.product or ""),
            )
        )
        return
    before, products, compared = _asked(told, about, "product")
    if before < floor:
        told.findings.refuse(
            Words(
                "Under {n} purchases with {thing} were followed by another one: too few to say"
                " what is bought next.",
                n=floor,
                thing=quoted(about.name),
            )
        )
        return
    add("after", "purchases", before, unit="purchases", rows=before, query="after-product")
    add("after", "compared", compared, rows=before, query="after-product")
    _tell(told, "product", products, before)
    _tell(told, "category", _asked(told, about, "category")[1], before)


def _asked(told: Told, about: Subject, by: By) -> tuple[int, list[Next], int]:
    bought = told.bought
    if about.category:
        mine = bought.filter(_.category == about.category)
    else:
        mine = bought.filter(bought["product"].isin(about.keys))
    rows = told.ask(f"after-{by}", following.after_of(bought, mine, by))
    return following.nexts(rows, told.shelf.floor)


def _tell(told: Told, by: By, found: list[Next], before: int) -> None:
    """What comes more often than always, the most first; then what comes most often anyway."""
    more = [one for one in found if one.q <= following.Q and one.lift >= LIFT]
    rest = [one for one in found if one not in more]
    titles = told.titles if by == "product" else {}
    for one in [*more, *rest][:SHOWN]:
        about = titles.get(one.name, one.name)
        told.findings.group(f"after-{by}-{slug(one.name)}", one.people)
        for measure, value, unit in (
            ("share", percent(one.share), "%"),
            ("at-large", percent(one.share / one.lift), "%"),
            ("lift", round(one.lift, 1), "×"),
            ("purchases", one.after, "purchases"),
            ("customers", one.people, "customers"),
            ("verdict", "more often" if one in more else "as always", None),
        ):
            told.findings.add(
                f"after-{by}-{slug(one.name)}", measure, value, unit=unit, about=about,
                rows=before, query=f"after-{by}",
            )  # fmt: skip
