"""Calculate with figures found before, by their names f1, f2, …: difference (first less second),
ratio (first per second), sum, share (first in percent of second), percent_change (from the second
to the first), plus_percent (one figure and the percent of it that the request names). The result is
a new figure with a name of its own; made of figures of different days, it names the days of each
and has none itself. Takes figures of earlier turns only: one of this turn has no name yet."""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import run_query
from bot.core.facts import MINUS, PERCENT_UNITS, Fact, FactId, is_money, spell_number
from bot.core.half_up import round_half_up
from bot.core.rounding import align_pair
from bot.grounding.numbers import read_figures
from bot.i18n.messages import Words
from bot.text.normalize import slugify

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

Operation = Literal["difference", "ratio", "sum", "share", "percent_change", "plus_percent"]
MAX_FIGURES = 12
MAX_SUBJECT_LENGTH = 160
LABELS: dict[Operation, Words] = {
    "difference": Words("difference"),
    "ratio": Words("ratio"),
    "sum": Words("sum"),
    "share": Words("share"),
    "percent_change": Words("change"),
    "plus_percent": Words("with the percentage asked for"),
}
SIGNS: dict[Operation, str] = {
    "difference": " − ",
    "ratio": " / ",
    "sum": " + ",
    "share": " / ",
    "percent_change": " / ",
    "plus_percent": "",  # its percentage has its own
}
# percentages of different wholes are neither added nor divided by each other
PERCENT_OPERATIONS = ("difference", "percent_change")
PARTS_OF_ONE = {  # kinds and measures of shares whose groups are exclusive, so that they add up
    ("segments", "revenue-share"),
    ("segments", "share-of-customers"),
}


CHANCE_NOTE = (
    "The difference between these shares may be chance. Call none better, higher or lower without "
    "saying so."
)


class Params(ToolParams):
    operation: Operation
    figures: list[str] = Field(
        description="f1, f2, …: two; for sum two or more; for plus_percent one."
    )
    percent: float = Field(description="Of plus_percent: 10, or -20 for less; else 0.")


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    facts = _get_facts(params, deps)
    _require_like_units(params.operation, facts)
    if params.operation == "difference" and facts[0].unit == "%":
        facts = [*align_pair(*facts)]
        for fact in facts:  # a sentence has all three
            deps.book.update(fact)
    if params.operation == "plus_percent":
        exact, unit = _add_percent(params.percent, facts[0], deps), facts[0].unit
    else:
        exact, unit = _calculate(params.operation, facts)
    value = round_half_up(exact, _find_digits(params.operation, facts))
    await _refuse_few_people(params.operation, facts, value, deps)
    first = facts[0]
    with_days = len({(one.since, one.until) for one in facts}) > 1
    subject = "-".join(slugify(f"{one.parts.subject}-{one.parts.measure}") for one in facts)
    about = SIGNS[params.operation].join(_describe(one, deps, with_days) for one in facts)
    if params.operation == "plus_percent":
        share = Decimal(str(params.percent))
        spelled = spell_number(abs(share), "%", deps.request.language)
        about = f"{about} {'+' if share > 0 else MINUS}{spelled}"
        subject += f"-{'plus' if share > 0 else 'less'}-{slugify(str(abs(share)))}"
    if len(subject) > MAX_SUBJECT_LENGTH:  # two that begin alike are still two figures
        subject = f"{subject[:MAX_SUBJECT_LENGTH]}-{sha256(subject.encode()).hexdigest()[:10]}"
    fact = Fact(
        id=str(FactId("calculated", subject, slugify(params.operation))),
        label=LABELS[params.operation].text,
        about=about,
        value=value,
        exact=None if value == exact else exact,
        shown_decimals=first.shown_decimals if unit == "points" else None,
        unit=unit,
        of=_find_whole(facts) if params.operation == "share" else None,
        source=first.source,
        as_of=min(one.as_of for one in facts),
        query=f"{params.operation}({', '.join(one.id for one in facts)})",
        since=None if with_days else first.since,
        until=None if with_days else first.until,
        compared_with=facts[1].id if params.operation == "percent_change" else None,
    )
    return ToolResult(facts=(fact,), notes=_warn_of_chance(fact, facts, deps))


def _find_whole(facts: Sequence[Fact]) -> int | None:
    """Return of how many things a share is, where both of its figures count some."""
    part, whole = (fact.number for fact in facts)
    is_counted = facts[0].unit not in PERCENT_UNITS and not is_money(facts[0])
    is_share = 0 <= part <= whole and part == int(part) and whole == int(whole)
    return int(whole) if is_counted and is_share else None


def _warn_of_chance(fact: Fact, facts: Sequence[Fact], deps: ToolDeps) -> tuple[str, ...]:
    """Return the note that query_metrics has for its own rates, where a share differs from an
    earlier one of the same measures, or two rates from each other, by no more than chance makes."""
    from bot.data.metrics.query.chance_notes import may_be_chance

    known = {one.id: one for one in deps.book.facts}

    def find_measures(share: Fact) -> list[str]:
        return [known[id].label for id in share.calculated_from if id in known]

    pairs = [list(facts)] if facts[0].unit == "%" and len(facts) == 2 else []
    if fact.of:
        labels = [one.label for one in facts]
        others = [one for one in known.values() if one.of and find_measures(one) == labels]
        before = [known[one.compared_with or ""] for one in facts if one.compared_with in known]
        if len(before) == 2 and before[1].number and (whole := _find_whole(before)):
            value = 100 * before[0].number / before[1].number
            others.append(fact.model_copy(update={"value": value, "exact": None, "of": whole}))
        pairs += [[fact, one] for one in others]
    based = [[one.model_copy(update={"rows": one.of or one.rows}) for one in two] for two in pairs]
    return (CHANCE_NOTE,) if any(map(may_be_chance, based)) else ()


def _get_facts(params: Params, deps: ToolDeps) -> list[Fact]:
    names = [name.strip().strip("{}") for name in params.figures]
    is_alone = params.operation == "plus_percent"
    least, most = (1, 1) if is_alone else (2, MAX_FIGURES if params.operation == "sum" else 2)
    if not least <= len(names) <= most:
        raise ToolError(
            f"{params.operation} takes {'one figure' if is_alone else 'two figures'}; only sum "
            f"takes up to {MAX_FIGURES}."
        )
    facts = []
    for name in names:
        fact = deps.book.get(name)
        if fact is None:
            raise ToolError(
                f"There is no figure {name} yet. The calls of one turn are answered together: a "
                "figure of another call of this turn gets its name with that answer. Call "
                "calculate in the next turn, with the names that you then see."
            )
        if not isinstance(fact.value, Decimal):
            raise ToolError(f"{name} is text, not a number.")
        facts.append(fact)
    if len({fact.id for fact in facts}) < len(facts):
        raise ToolError("A figure is named twice.")
    return facts


def _require_like_units(operation: Operation, facts: list[Fact]) -> None:
    units = [fact.unit or "" for fact in facts]
    if operation == "ratio":
        if "%" in units:
            raise ToolError("A percentage is no part of a ratio; ask for the figures behind it.")
        return
    if len(set(units)) > 1:
        raise ToolError(
            f"The units differ: {', '.join(one or 'a plain number' for one in units)}. "
            "Only a ratio takes figures of different units."
        )
    if operation == "sum" and _are_parts_of_one(facts):
        return
    if units[0] == "%" and operation not in PERCENT_OPERATIONS:
        raise ToolError(f"Percentages have no {operation}; ask for the figures behind them.")


def _are_parts_of_one(facts: Sequence[Fact]) -> bool:
    """Whether the figures are shares of exclusive groups in the same whole, from alike calls."""
    measures = {(one.parts.kind, one.parts.measure) for one in facts}
    calls = {(one.parts.subject.partition("--")[2], one.since, one.until) for one in facts}
    return measures <= PARTS_OF_ONE and len(measures) == len(calls) == 1


def _calculate(operation: Operation, facts: list[Fact]) -> tuple[Decimal, str | None]:
    """Return the exact value, from the exact values of the figures, and its unit."""
    unit = facts[0].unit
    values = [fact.number for fact in facts]
    if operation == "difference" and unit == "%":  # as they are read
        values = [Decimal(fact.as_read.value) for fact in facts]
    if operation == "sum":
        return sum(values, Decimal(0)), unit
    if operation == "difference":
        return values[0] - values[1], "points" if unit == "%" else unit
    if not values[1]:
        raise ToolError("The second figure is 0, so nothing can be divided by it.")
    if operation == "percent_change":
        return 100 * (values[0] - values[1]) / abs(values[1]), "%"
    if operation == "share":
        return 100 * values[0] / values[1], "%"
    money = unit if unit and len(unit) == 3 and unit.isupper() and unit != facts[1].unit else None
    return values[0] / values[1], money


def _add_percent(percent: float, fact: Fact, deps: ToolDeps) -> Decimal:
    """Return the figure with a percentage of it, which the request must name. Raises ToolError."""
    share = Decimal(str(percent))
    asked = read_figures(deps.request.brief.words)
    named = {abs(one.base) for figure in asked for one in figure.readings if one.unit == "%"}
    if not share or abs(share) not in named:
        known = ", ".join(f"{one.normalize():f}" for one in sorted(named)) or "none"
        raise ToolError(f"percent is one that the request names: {known}.")
    return fact.number * (1 + share / 100)


def _find_digits(operation: Operation, facts: list[Fact]) -> int:
    """Return with how many decimals the result is told: a sum or a difference with those of its
    finest figure."""
    if operation == "percent_change":
        return 1
    if operation in ("share", "ratio"):
        return 2
    exponents = [int(Decimal(fact.as_read.value).as_tuple().exponent) for fact in facts]
    return -min(0, *exponents)


def _describe(fact: Fact, deps: ToolDeps, with_days: bool) -> str:
    """Return what a figure is: "spend (wool plaid · 9–27 Nov)"."""
    language = deps.request.language
    days = fact.name_days(language, deps.today) if with_days else ""
    rest = " · ".join(filter(None, (Words(fact.about).to(language), days)))
    return f"{fact.titled(language)} ({rest})" if rest else fact.titled(language)


async def _refuse_few_people(
    operation: Operation, facts: list[Fact], value: Decimal, deps: ToolDeps
) -> None:
    """Refuse what the guard of answers would refuse: a difference that tells what a few people did.
    Of figures whose rows are not known, a difference of few customers."""

    def ask(warehouse: "Warehouse") -> bool:
        from bot.data.metrics.query.single_figures import tells_few_people

        return tells_few_people(warehouse, facts, value, is_difference=operation == "difference")

    if operation in ("difference", "sum") and await run_query(deps, ask):
        raise ToolError("That would tell what a few people did, so it is not calculated.")
