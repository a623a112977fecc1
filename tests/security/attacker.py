"""An attacker who reads every fact of an answer and computes figures that are not shown.

The attacker knows which rows each figure is a sum of, but not what they hold. A group's sum is
derived when it is a linear combination of sums that are shown: totals minus parts, shares times
totals, parts of parts (Cox, J. Am. Stat. Assoc. 75 (1980) 377-385).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import product

import numpy as np

from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisResult
from bot.text.normalize import slugify
from tests.security.small_shops import OF_LINES, OF_ORDERS, Row, Shop

DAYS = ("since", "until", "first-day", "last-day", "since-before", "until-before", "day", "week")
COUNTED = {  # measures that count people, by the floor that they must reach
    "people": (
        "customers",
        "by-email",
        "by-sms",
        "by-ads",
        "people-then",
        "buyers",
        "fits",
        "size",
        "then",
        "users",
        "sent",
        "reachable-by-email",
        "visits",
    ),
    "sales": ("orders", "purchases", "successes", "units", "delivered-parcels"),
}


def derived(target: Iterable[int], shown: Sequence[frozenset[int]]) -> bool:
    """Whether the sum over the rows of `target` follows from the sums over the `shown` sets."""
    wanted = set(target)
    if not wanted:
        return False
    every = sorted(set().union(wanted, *shown))
    table = np.array([[row in one for row in every] for one in shown], dtype=float)
    if not len(table):
        return False
    goal = np.array([row in wanted for row in every], dtype=float)
    patterns = np.unique(np.vstack([table, goal]), axis=1)
    table, goal = patterns[:-1], patterns[-1]
    answer, *_ = np.linalg.lstsq(table.T, goal, rcond=None)
    return bool(np.abs(table.T @ answer - goal).max() < 1e-8)


def subjects(found: AnalysisResult) -> dict[str, dict[str, Fact]]:
    grouped: dict[str, dict[str, Fact]] = {}
    for fact in found.facts:
        _, subject, measure = fact.id.split(".", 2)
        grouped.setdefault(subject, {})[measure] = fact
    return grouped


def is_figure(fact: Fact) -> bool:
    """Whether the value is a number, or text that consists of numbers."""
    measure = fact.id.split(".", 2)[2]
    return measure not in DAYS and (isinstance(fact.value, Decimal) or measure == "points")


def values_of(rows: Sequence[Row], names: Iterable[str]) -> dict[tuple[str, str], frozenset[int]]:
    """The positions of the rows with each value, by (dimension, slug of the value)."""
    sets: dict[tuple[str, str], set[int]] = {}
    for at, row in enumerate(rows):
        for name in names:
            if row.get(name) is not None:
                sets.setdefault((name, slugify(str(row[name]))), set()).add(at)
    return {key: frozenset(some) for key, some in sets.items()}


def small_counts(found: AnalysisResult, floor: int, sales: int) -> Iterator[str]:
    """Counts of people that are shown although they are below their floor. Rows of campaigns are
    sums, which have none."""
    for fact in found.facts:
        kind, _subject, measure = fact.id.split(".", 2)
        if kind in ("feedback", "campaigns") or not isinstance(fact.value, Decimal):
            continue
        for sort, least in (("people", floor), ("sales", sales)):
            if measure in COUNTED[sort] and 0 < fact.value < least:
                yield f"{fact.id} = {fact.value}"


def named(
    found: AnalysisResult, planted: Sequence[str], measures: Callable[[str], bool]
) -> Iterator[str]:
    """Figures of a subject that is named like a planted value."""
    slugs = {slugify(value) for value in planted}
    for subject, facts in subjects(found).items():
        parts = set(subject.replace("--", ".").replace("-then-", ".").split("."))
        parts |= {part.split("-", 1)[-1] for part in parts}
        parts |= {part.removeprefix("visits-").split("-", 1)[-1] for part in parts}
        if any(part == s or part.startswith(f"{s}-") for part in parts for s in slugs):
            for measure, fact in facts.items():
                if is_figure(fact) and measures(measure):
                    yield f"{fact.id} = {fact.value}"


def _shown(
    found: AnalysisResult,
    whole: dict[str, frozenset[int]],
    sets: dict[tuple[str, str], frozenset[int]],
    name: Callable[[str, str], Sequence[str]],
    measures: Callable[[str], bool] = lambda measure: True,
) -> list[frozenset[int]]:
    """The sets of rows whose figures are shown: `whole` by subject, the others by the form of their
    subjects' names."""
    told = subjects(found)

    def has(subject: str) -> bool:
        return any(
            is_figure(fact) and measures(measure) for measure, fact in told.get(subject, {}).items()
        )

    shown = [some for subject, some in whole.items() if has(subject)]
    for (dimension, value), some in sets.items():
        if any(has(one) for one in name(dimension, value)):
            shown.append(some)
    return shown


def shown_sets(shop: Shop, kind: str, found: AnalysisResult) -> list[frozenset[int]]:
    """The sets of rows whose sums an answer shows."""
    if kind in ("sellers", "trends", "delivery"):
        rows = shop.orders
        everything = frozenset(range(len(rows)))
        sets = values_of(rows, (*OF_ORDERS, *OF_LINES, "segment"))
        whole = dict.fromkeys(("all", "total-orders", "total-units"), everything)
        return _shown(found, whole, sets, lambda d, v: (f"{d}-{v}", f"new-{d}-{v}"))
    shown: list[frozenset[int]] = []
    if kind == "experiments":
        for test in ("two", "three"):
            mine = [at for at, row in enumerate(shop.users) if row["experiment"] == test]
            sets = {
                key: some & frozenset(mine)
                for key, some in values_of(shop.users, ("variant",)).items()
            }
            head = f"{test}--purchase"
            told = subjects(found).get(head, {}).get("users")
            reached = _of_size(sets, int(told.value) if told else 0)
            arms = {(head, f"{head}--{arm}"): some for (_name, arm), some in sets.items()}
            shown += _shown(found, {head: reached} if reached else {}, arms, lambda _d, v: (v,))
    return shown


def _of_size(sets: dict[tuple[str, str], frozenset[int]], size: int) -> frozenset[int] | None:
    """The rows of those arms that together have this size."""
    every = list(sets.values())
    for chosen in product((False, True), repeat=len(every)):
        some = [one for one, is_in in zip(every, chosen, strict=True) if is_in]
        if some and sum(map(len, some)) == size:
            return frozenset().union(*some)
    return None


def funnel_tables(shop: Shop, found: AnalysisResult) -> Iterator[list[frozenset[int]]]:
    """The sums that belong together: all visits, and the visits that reached each step, which are
    shown at the step's start and at its end."""
    everything = frozenset(range(len(shop.events)))
    sets = values_of(shop.events, ("device", "source", "country"))
    yield _shown(found, {"visits-all": everything}, sets, lambda d, v: (f"visits-{d}-{v}",))
    ways = ("view-to-cart", "cart-to-checkout", "checkout-to-purchase")
    for step in ("view", "cart", "checkout", "purchase"):
        mine = [way for way in ways if step in way.split("-to-")]
        yield _shown(
            found,
            {f"total-all-{way}": everything for way in mine},
            sets,
            lambda d, v, mine=mine: [f"{d}-{v}-{way}" for way in mine],  # type: ignore[misc]
        )


def targets(shop: Shop, kind: str, floor: int, sales: int) -> Iterator[tuple[str, frozenset[int]]]:
    """Every small group in the rows: single values, and pairs of values of two dimensions."""
    if kind in ("sellers", "trends", "delivery"):
        rows, least, who = shop.orders, sales if kind != "delivery" else floor, "customer"
        names: tuple[str, ...] = OF_LINES if kind == "sellers" else (*OF_ORDERS, *OF_LINES)
        names = ("region",) if kind == "delivery" else names
    elif kind == "funnel":
        rows, least, who, names = shop.events, floor, "visitor", ("device", "source", "country")
    elif kind == "experiments":
        rows, least, who, names = shop.users, floor, "unit", ("experiment", "variant")
    else:
        return
    sets = values_of(rows, names)
    every = list(sets.items())
    pairs = [
        ((a[0], b[0]), a[1] & b[1])
        for n, a in enumerate(every)
        for b in every[n + 1 :]
        if a[0][0] != b[0][0]
    ]
    for key, some in [*every, *pairs]:
        people = {rows[at][who] for at in some} if who else None
        size = len(people) if people is not None else sum(int(rows[at]["orders"]) for at in some)
        if 0 < size < least:
            yield f"{kind}: {key} ({size})", some


def breaches(shop: Shop, kind: str, found: AnalysisResult, floor: int, sales: int) -> list[str]:
    """Everything about small groups that can be read or computed from one answer."""
    told = [f"{kind}: {one}" for one in small_counts(found, floor, sales)]
    many = shop.plant.people
    least = sales if kind in ("sellers", "trends") else floor
    if kind != "campaigns" and many < least:
        told += [
            f"{kind}: {one}"
            for one in named(
                found,
                shop.plant.values,
                lambda m: m not in ("least", "lift", "usual-rate", "days"),
            )
        ]
    tables = [shown_sets(shop, kind, found)]
    if kind == "funnel":
        tables = list(funnel_tables(shop, found))
    told += [
        f"derived: {name}"
        for name, some in targets(shop, kind, floor, sales)
        if any(derived(some, shown) for shown in tables)
    ]
    told += _complements(kind, found, floor)
    return told


def _complements(kind: str, found: AnalysisResult, floor: int) -> Iterator[str]:
    """The remainder when groups that partition everybody, or everybody with consent, are
    subtracted."""
    told = subjects(found)

    def number(subject: str, measure: str) -> Decimal | None:
        fact = told.get(subject, {}).get(measure)
        return fact.value if fact and isinstance(fact.value, Decimal) else None

    everybody = number("all", "customers")
    if kind == "segments" and everybody is not None:
        known = [
            n
            for subject in told
            if subject != "others" and told[subject].get("rule")
            if (n := number(subject, "customers")) is not None
        ]
        if known and 0 < everybody - sum(known) < floor:
            yield f"{kind}: all but the groups shown = {everybody - sum(known)}"
    if kind in ("audiences", "segments"):
        for subject in told:
            fits = number(subject, "customers")
            if fits is None or subject == "all":
                continue
            if everybody is not None and 0 < everybody - fits < floor:
                yield f"{kind}: all but {subject} = {everybody - fits}"
            for way in ("by-email", "by-sms", "by-ads", "reachable-by-email"):
                reached = number(subject, way)
                if reached is not None and 0 < fits - reached < floor:
                    yield f"{kind}: {subject} without {way} = {fits - reached}"
