"""What moved beyond chance in the path to purchase, said beside figures of purchases."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from bot.agent.llm.turn import NextCall
from bot.agent.tool import ToolDeps, ToolError
from bot.agent.tools._analysis import (
    Finding,
    find_analysis,
    group_by_subject,
    name_value,
    read_day_of,
)
from bot.core.facts import Fact
from bot.core.metric_query import MetricQuery
from bot.data.analyses.result import AnalysisFilter, split_values
from bot.i18n.messages import Language, Words
from bot.text.normalize import normalize_text, slugify

Days = tuple[date | None, date | None]
FUNNEL_CALL = Words(
    "A change in the path to purchase lies within these days. It was not looked at."
)
VISIT_FILTERS = ("device", "source", "country")
# measures that a break can bring down, and the last words of such
OF_PURCHASES = ("rate", "change")
PURCHASES = ("orders", "revenue", "units", "customers", "purchases", "sales", "conversion", "visit")
BEFORE_PATH = frozenset(("visits", "visitors", "visits_share"))
FINE_TIMES = frozenset(("day", "week"))  # by which a break shows; a month has days of both
AFTER_PATH = ("late", "due_orders", "deliver", "cancelled", "return", "refunded")
FIELDS_AFTER_PATH = ("late", "delivered_day", "carrier", "returned", "return_reason")


class Breaks(NamedTuple):
    """What broke in the path to purchase: the note on it, and since when the first of it."""

    notes: tuple[str, ...] = ()
    since: date | None = None


async def name_breaks_of(
    query: MetricQuery, now: Days, before: Days, facts: Sequence[Fact], deps: ToolDeps
) -> Breaks:
    """Return a note on what broke in the path to purchase of the visits that the query is of."""
    if not now[1] or not needs_path(query):
        return Breaks()
    asked: dict[str, Any] = {
        one.field: ",".join(one.values)
        for group in query.filters
        if len(group) == 1 and (one := group[0]).names_values
        if one.field in VISIT_FILTERS
    }
    return await name_breaks(now, AnalysisFilter(**asked), deps, facts, before)


def needs_path(query: MetricQuery) -> bool:
    """Whether the question is of what comes after a step of the path to purchase, where it stands
    beside another: of visits by anything, of orders and of traffic compared or by day or week. The
    first measure says what it is of, which grows with the purchases and isn't of what happens to
    orders later. What is asked of campaigns is of these."""
    from bot.data.metrics.query.order_measures import MEASURES

    is_compared = query.comparison != "none"
    if query.dataset == "visits":
        stands_beside = is_compared or bool(query.dimensions)
        return stands_beside and not BEFORE_PATH.issuperset(query.measures)
    if not is_compared and FINE_TIMES.isdisjoint(query.dimensions):
        return False
    if query.dataset == "traffic":
        return query.asks("order", "sales", "conversion")
    if query.dataset != "orders" or query.uses(*FIELDS_AFTER_PATH):
        return False
    first = query.measures[0]
    return MEASURES[first].is_sum and not any(part in first for part in AFTER_PATH)


def call_funnel(breaks: Breaks, facts: Sequence[Fact], deps: ToolDeps) -> tuple[NextCall, ...]:
    """Return the look-up that a report owes which tells how purchases changed in days with these
    breaks: by the change, or by the figure before it. The figure of these days alone owes none."""
    since = breaks.since
    compared = tuple(
        told
        for one in facts
        if since and _counts_purchases(one) and (one.until is None or one.until >= since)
        if (told := one.id if one.is_change else one.compared_with)
    )
    why = "the rates of what broke in the path to purchase within these days, and what it cost"
    card = FUNNEL_CALL.to(deps.request.language)
    return (NextCall("funnel", why, card, compared),) if compared else ()


async def find_breaks(
    where: AnalysisFilter, until: date | None, deps: ToolDeps
) -> tuple[dict[str, list[Fact]], Finding]:
    """Return the steps that moved beyond chance in the whole shop, not because another did, of
    visits that those of `where` are among or may be; and the analysis that they are from. Where
    `where` names goods, one of a part of the visits is among them if all visits moved by it."""
    finding = await find_analysis(deps, "funnel", AnalysisFilter(until=until), validate=False)
    found, groups = {}, group_by_subject(finding.result.facts)
    is_of_goods = bool(where.product or where.category or where.brand)
    for name, group in groups.items():
        of = name.split("-")[0]
        asked = split_values(getattr(where, of, None) or "")
        is_other = bool(asked) and not name.startswith(
            tuple(f"{of}-{slugify(one)}-" for one in asked)
        )
        is_apart = of not in ("total", *VISIT_FILTERS) or is_other
        is_apart |= is_of_goods and of != "total" and not asked and not _moves_all(name, groups)
        if "-to-" in name and is_confirmed(group) and not is_apart:
            found[name] = name_visits(group, name, AnalysisFilter(), finding.language)
    return found, finding


def _moves_all(name: str, groups: dict[str, list[Fact]]) -> bool:
    """Tell whether the step moved for all visits because it did for those of `name`."""
    whole = "total-all"
    return any(
        name.endswith(f"-{slugify(str(fact.value))}{of.removeprefix(whole)}")
        for of, group in groups.items()
        for fact in group
        if of.startswith(whole) and fact.parts.measure == "through"
    )


async def name_breaks(
    days: Days,
    where: AnalysisFilter,
    deps: ToolDeps,
    facts: Sequence[Fact],
    before: Days = (None, None),
) -> Breaks:
    """Return a note that names the steps of the path to purchase that moved beyond chance up to
    the newest days and within these days, or those `before` that they are compared with; nothing
    where `facts`, the figures that it would stand beside, are compared and none fell."""
    ends = [day for day in (days[1], before[1]) if day]
    try:
        breaks, finding = await find_breaks(where, where.until, deps)
    except ToolError:  # the figures that it would stand beside are told all the same
        return Breaks()
    named, in_both, days_of = list[str](), False, list[date]()
    for name, group in breaks.items():
        since = read_day_of(group, "since")
        is_within = since and (not ends or since <= max(ends))
        if since and is_within and _may_explain(since, group, facts):
            change = next((one.number for one in group if one.parts.measure == "change"), 0)
            after = next((one for one in group if one.parts.measure == "rate-after"), None)
            pass_it = f"{'fewer' if change < 0 else 'more'} pass it since {since}"
            pass_it += f", over by {after.until}" if after else ""
            named.append(f"{name_step(group[0], name).about}: {pass_it}")
            in_both |= bool(before[1] and since <= before[1])
            days_of.append(since)
    if not named:
        return Breaks()
    compared = (
        " The earlier days have it as well, at least in part: beside them it doesn't show, so that "
        "they are alike doesn't mean that all is well. Compare with days before it, too."
    )
    note = (
        f"Confirmed in the path to purchase of the whole shop up to {finding.result.as_of}: "
        f"{'; '.join(named)}. Tell it where you compare these days, sum them up or say why they "
        "moved. Don't blame one country, one product or chance for what moved with it: how much of "
        "that it made is not in the data."
        f"{compared if in_both else ''}"
    )
    return Breaks((note,), min(days_of))


def _may_explain(since: date, group: Sequence[Fact], facts: Sequence[Fact]) -> bool:
    """Whether purchases fell since then, in all that the facts are of or in the part that the step
    is of; or none of the facts is compared."""
    compared = [
        one
        for one in facts
        if bool(one.compared_with) != one.is_change  # a change stands beside what is compared
    ]
    parts = [_list_parts(one) for one in compared]
    common = frozenset[str]().union(*parts).intersection(*filter(None, parts))
    broken = _list_parts(group[0])
    return not compared or any(
        (own <= common or not own.isdisjoint(broken))
        and (one.until is None or one.until >= since)
        and _fell(one, facts)
        for one, own in zip(compared, parts, strict=True)
    )


def _list_parts(fact: Fact) -> frozenset[str]:
    """Return which part of the shop a fact is of; nothing where it is of all that was asked."""
    is_total = fact.parts.subject.startswith("total-")
    return frozenset(() if is_total or not fact.about else fact.about.split(" · "))


def _counts_purchases(fact: Fact) -> bool:
    """Whether it counts purchases, or their share of visits."""
    name = fact.parts.measure.removesuffix("-change")
    return name in OF_PURCHASES or name.rpartition("-")[2] in PURCHASES


def _fell(fact: Fact, facts: Sequence[Fact]) -> bool:
    """Whether it counts purchases, or their share of visits, and is less than before."""
    if not _counts_purchases(fact):
        return False
    if fact.is_change:
        return fact.number < 0
    before = next((one for one in facts if one.id == fact.compared_with), None)
    return before is not None and fact.number < before.number


def is_confirmed(group: Sequence[Fact]) -> bool:
    told = {fact.parts.measure: fact.value for fact in group}
    return told.get("status") == "confirmed" and "through" not in told


def name_visits(
    group: Sequence[Fact], name: str, where: AnalysisFilter, language: Language
) -> list[Fact]:
    """Return the facts of a group, about the visits that the call narrows it to as well: "France,
    mobile". Countries and sources have their names."""
    from bot.data.metrics.query.wording import TRAFFIC_NAMES

    narrowed = {one: getattr(where, one) for one in (*VISIT_FILTERS, "segment")}
    dimension = name.removeprefix("visits-").split("-")[0]
    also = [
        name_value(one, value, language)
        for one, value in narrowed.items()
        if value and one != dimension
    ]

    def name_group(about: str) -> str:
        if dimension == "country" and about:
            about = name_value(dimension, about, language)
        if dimension == "source" and (words := TRAFFIC_NAMES.get(normalize_text(about))):
            about = words.to(language)
        return ", ".join(filter(None, (about, *also)))

    return [fact.model_copy(update={"about": name_group(fact.about)}) for fact in group]


def name_step(fact: Fact, subject: str) -> Fact:
    """Return the fact with its step beside what it is about: "mobile, checkout to purchase"."""
    steps = subject.rsplit("-", 3)[1:]
    name = " ".join(steps) if len(steps) == 3 and steps[1] == "to" else ""
    about = ", ".join(filter(None, (fact.about, name)))
    return fact.model_copy(update={"about": about})
