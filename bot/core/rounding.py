"""How figures that stand together are rounded: those of one column, and those that are compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from bot.core.facts import (
    FACT_UNITS,
    MIN_LARGE_VALUE,
    RATING_UNIT,
    Fact,
    is_money,
    is_of_few,
    spell_base,
)
from bot.core.half_up import round_half_up

MAX_DECIMALS = 2
LARGE_SHARE, LARGE_DIFFERENCE = 20, 10  # in %, also in points: these are read without decimals
WHOLE_BESIDE_FEW = 5  # in %: shares from this on are whole, as those of few in their column are
# of the names of measures beside which the measure itself stands: a range, and what is elsewhere
BESIDE = ("-low", "-high", "-elsewhere")
SHARES = "share-of-"  # of one thing and of another, which are compared
REST = ("rest", "others")  # first words of the same figure of the others, beside a subject's own
Column = tuple[str, str]  # a measure and a unit


def round_alike(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts, where all of one measure, and those that are compared with each other, are
    told with the same decimals, in a sentence, a table and a picture alike. A relative change has
    those of its size, so that it reads alike in every table; one in points is the difference of its
    two shares as they are told."""
    listed = tuple(_round_change(fact) if _is_relative(fact) else fact for fact in facts)
    known = {fact.id: fact for fact in listed}
    columns: dict[Column, list[Fact]] = {}
    same = _join_compared(listed, known)
    for fact in listed:
        if isinstance(fact.value, Decimal) and not _is_relative(fact):
            columns.setdefault(same.get(_name_column(fact), _name_column(fact)), []).append(fact)
    told = dict(known)
    for some in columns.values():
        pairs = [
            (one, before)
            for one in some
            if not one.is_change and (before := known.get(one.compared_with or ""))
        ]
        of_few = [one for one in some if is_of_few(one)]
        others = [one for one in some if not is_of_few(one)]
        decimals = _choose_decimals(others, pairs)
        if of_few and decimals and all(one.number >= WHOLE_BESIDE_FEW for one in others):
            decimals = 0
        told |= {one.id: one.model_copy(update={"shown_decimals": 0}) for one in of_few}
        told |= {one.id: one.model_copy(update={"shown_decimals": decimals}) for one in others}
    for fact in listed:
        if fact.unit == "points" and (pair := _find_pair(fact, listed, told)):
            told[fact.id] = _subtract(fact, *pair)
    return tuple(told[fact.id] for fact in listed)


def _is_relative(fact: Fact) -> bool:
    return fact.is_change and fact.unit == "%" and isinstance(fact.value, Decimal)


def _round_change(fact: Fact) -> Fact:
    decimals = min(_count_decimals(fact), abs(fact.number) < LARGE_DIFFERENCE)
    return fact.model_copy(update={"shown_decimals": decimals})


def round_sums(facts: Iterable[Fact], measures: Collection[str]) -> tuple[Fact, ...]:
    """Return the facts, where the sums of money of these measures are told without cents if one of
    them is large."""
    listed = tuple(facts)
    sums = {one.id for one in listed if is_money(one) and one.parts.measure in measures}
    if not any(one.id in sums and abs(one.number) >= MIN_LARGE_VALUE for one in listed):
        return listed
    return tuple(
        one.model_copy(update={"shown_decimals": 0}) if one.id in sums else one for one in listed
    )


def _name_column(fact: Fact) -> Column:
    measure = fact.parts.measure
    for end in BESIDE:
        measure = measure.removesuffix(end)
    return SHARES if measure.startswith(SHARES) else measure, fact.unit or ""


def _join_compared(facts: Sequence[Fact], known: Mapping[str, Fact]) -> dict[Column, Column]:
    """Return the columns whose figures are compared with those of another one, with that one."""
    joined: dict[Column, Column] = {}

    def find(column: Column) -> Column:
        while column in joined:
            column = joined[column]
        return column

    for fact in facts:
        before = None if fact.is_change else known.get(fact.compared_with or "")
        other = _find_own(fact, facts) if _is_of_rest(fact) else before
        if other and other.unit == fact.unit:
            one, two = find(_name_column(fact)), find(_name_column(other))
            if one != two:
                joined[one] = two
    return {column: find(column) for column in joined}


def _is_of_rest(fact: Fact) -> bool:
    return fact.parts.measure.partition("-")[0] in REST


def _find_own(rest: Fact, facts: Sequence[Fact]) -> Fact | None:
    """Return the figure of a subject beside which that of the others stands."""
    return next(
        (
            one
            for one in facts
            if one.parts[:2] == rest.parts[:2] and one.unit == rest.unit and not _is_of_rest(one)
        ),
        None,
    )


def _choose_decimals(facts: Sequence[Fact], pairs: Sequence[tuple[Fact, Fact]] = ()) -> int | None:
    """Return with how many decimals these figures are told; None for one alone, which its own size
    decides, and where they have more than anybody reads. Shares of few are not among them: they
    are told by their count."""
    numbers = [abs(fact.number) for fact in facts if fact.number]
    most = max((_count_decimals(one) for one in facts), default=0)
    if facts and facts[0].unit == RATING_UNIT:  # also of one alone
        return MAX_DECIMALS
    if len({*numbers}) < 2:
        return None
    if is_money(facts[0]):
        large = [one for one in facts if abs(Decimal(one.value)) >= MIN_LARGE_VALUE]
        return 0 if large and not any(one.decimals for one in large) else None
    if facts[0].unit in ("%", "points"):
        whole = {round_half_up(one) for one in numbers}
        is_clear = (
            min(numbers) >= LARGE_SHARE
            and len(whole) == len({*numbers})
            and all(abs(a.number - b.number) >= LARGE_DIFFERENCE for a, b in pairs)
        )
        return min(most, 2 if max(numbers) < 10 else 0 if is_clear else 1)
    shown = max(fact.decimals for fact in facts)
    return shown if 0 < shown <= MAX_DECIMALS else None


def _count_decimals(fact: Fact) -> int:
    if fact.exact is not None:
        return MAX_DECIMALS
    return max(fact.decimals, 0)


def _find_pair(
    change: Fact, facts: Sequence[Fact], told: Mapping[str, Fact]
) -> tuple[Fact, Fact] | None:
    """Return the share and the earlier one whose difference a change in points is."""
    measure = change.parts.measure.removesuffix("-change")
    compared = [
        one
        for one in facts
        if one.parts[:2] == change.parts[:2] and one.unit == "%" and one.compared_with in told
    ]
    compared.sort(key=lambda one: one.parts.measure != measure)
    if not change.is_change or not compared:
        return None
    return told[compared[0].id], told[compared[0].compared_with or ""]


def align_pair(now: Fact, before: Fact) -> tuple[Fact, Fact]:
    """Return two shares that are compared, with as many decimals as the difference needs."""
    pair = (now, before)
    known = (now.shown_decimals, before.shown_decimals, _choose_decimals(pair, [pair]))
    decimals = max((one for one in known if one is not None), default=None)
    first, second = (one.model_copy(update={"shown_decimals": decimals}) for one in pair)
    return first, second


def _subtract(change: Fact, now: Fact, before: Fact) -> Fact:
    read = (now.as_read, before.as_read)
    value = Decimal(read[0].value) - Decimal(read[1].value)
    decimals = now.shown_decimals
    if decimals is None:  # of few
        decimals = max(one.decimals for one in read)
    return change.model_copy(update={"value": value, "exact": None, "shown_decimals": decimals})


def tell_as_table(facts: Iterable[Fact], cells: Collection[str]) -> list[Fact]:
    """Return the facts, where the shares that stand beside a table have the decimals that those of
    their measure have in it. `cells` are the ids of the table's facts."""
    listed = [*facts]
    shares = [one for one in listed if one.unit == "%" and not one.is_change and not is_of_few(one)]
    in_table: dict[Column, set[int | None]] = {}
    for fact in shares:
        if fact.id in cells:
            in_table.setdefault(_name_column(fact), set()).add(fact.shown_decimals)
    told = list[Fact]()
    for fact in listed:
        decimals, *others = in_table.get(_name_column(fact), {None})
        is_of_table = fact in shares and decimals is not None and not others
        if is_of_table and (decimals or 0) <= _count_decimals(fact):
            fact = fact.model_copy(update={"shown_decimals": decimals})
        told.append(fact)
    known = {fact.id: fact for fact in told}
    retold = {one.id for one, old in zip(told, listed, strict=True) if one is not old}
    pairs = [_find_pair(one, told, known) if one.unit == "points" else None for one in told]
    return [
        _subtract(one, *pair) if pair and {pair[0].id, pair[1].id} & retold else one
        for one, pair in zip(told, pairs, strict=True)
    ]


def spell_column(facts: Sequence[Fact | None], language: str) -> list[str | None]:
    """Return the cells of a table's column, written as in a sentence, but without a unit that its
    head says. A change in points says so: its head names a rate. A share of few says of how
    many. Figures that nothing has rounded alike yet are: see `round_alike`."""
    numbers = [
        one
        for one in facts
        if one is not None and isinstance(one.value, Decimal) and not is_of_few(one)
    ]
    decimals = None
    if numbers and len({one.unit for one in numbers}) == 1:
        decimals = _choose_decimals(numbers)
    return [None if one is None else _spell_cell(one, language, decimals) for one in facts]


def _spell_cell(fact: Fact, language: str, decimals: int | None) -> str:
    is_open = fact.shown_decimals is None and isinstance(fact.value, Decimal)
    if is_open and not is_of_few(fact):
        fact = fact.model_copy(update={"shown_decimals": decimals})
    shown, base = _without_counted_unit(fact).shown(language), spell_base(fact, language)
    return f"{shown} ({base})" if base else shown


def _without_counted_unit(fact: Fact) -> Fact:
    """Return the fact without what is counted; a change of a share has its points, abbreviated."""
    if fact.unit not in FACT_UNITS:
        return fact
    is_points = fact.unit == "points" and fact.is_change
    return fact.model_copy(update={"unit": "pts" if is_points else None})
