"""Where visitors drop off on the way to a purchase: the share that passes each step (view, cart,
checkout, purchase) in the last fourteen days against the eight weeks before, in total, by device,
source, country and product, with since when and what a drop cost; and the conversion of visits.
Name a part to see its own.
Its first stop for "why do fewer buy?". Not for the amount of orders or revenue (query_metrics).
Example: {"product": "none", "category": "none", "brand": "none", "country": "none",
"device": "mobile", "source": "none", "segment": "none", "until": "none"}
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from bot.agent.llm.turn import NextCall
from bot.agent.tool import ToolDeps, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    TEXT_FILTERS,
    build_filter,
    find_analysis,
    group_by_subject,
    link_changes,
    name_left_out,
    name_value,
    number_of,
    read_text,
    run_query,
)
from bot.agent.tools._exhibits import GroupExhibit, build_exhibit, build_line
from bot.agent.tools._path_breaks import (
    VISIT_FILTERS,
    find_breaks,
    is_confirmed,
    name_step,
    name_visits,
)
from bot.core.exhibits import Exhibit, join_scope
from bot.core.fact_sentences import name_funnel_step
from bot.core.facts import Fact
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Language, Words

WHOLE = "all"
OF_ALL, WHOLE_SHOP = "whole-", Words("the whole shop")
WHY_NOTE = (
    "Asked why it moved or what to do, see what customers write about it since: feedback_themes."
)
WHY_SKILL = "blockers"  # asks so; of another question, the note is for who reads it
FEEDBACK_CALL = Words("What customers write about it was not looked at.")
OF_ALL_NOTE = (
    "“the whole shop”: the step of all visits, not narrowed as asked. One that moved the same way "
    "here moved for all: tell it of all, with these figures, and never of this part alone."
)
OVER_NOTE = (
    "“rate-after”: the share after the change, back where it was before. It is over: tell it as "
    "past, with this share and its days."
)
MOVED = ("confirmed", "to watch", "follows")
NOT_MOVED = len(MOVED)  # the rank of what did not
MOVED_MEASURES = (
    *("status", "rate", "before", "change", "visits", "passed", "through", "since", "rate-since"),
    *("rate-after", "lost-buyers", "lost-buyers-low", "lost-buyers-high"),
    *("lost-money", "lost-money-low", "lost-money-high"),
)
OWN_MEASURES = ("since", "rate-after", "lost-money")  # in a table only of the step they are told of
UNSURE_MEASURES = ("status", "rate", "before", "through", "rate-after")
STEADY_MEASURES = ("rate", "before")
VISIT_MEASURES = ("visits", "purchases", "conversion")
MAX_LINES, MAX_MOVED, MAX_UNSURE = 3, 3, 4  # steps
TITLE = Words("path to purchase")
PATH = ("view", "cart", "checkout")  # where the steps begin
STEPS = GroupExhibit(
    "the share of visits that passes each step, now and before",
    Words("Step"),
    {
        "before": Words("Before"),
        "rate": Words("Pass it now"),
        "change": Words("Change in points"),
        "visits": Words("Visits"),
        "since": Words("Since"),
        "rate-after": Words("Afterwards"),
        "lost-money": Words("Lost, about"),
    },
)
VISIT_ROWS = {"device": Words("Device"), "source": Words("Source"), "country": Words("Country")}
VISITS = GroupExhibit(
    "conversion of visits",
    Words("Visits from"),
    {
        "visits": Words("Visits"),
        "purchases": Words("Purchases"),
        "conversion": Words("Conversion"),
    },
    bars="conversion",
)


class Params(ToolParams):
    product: str
    category: str
    brand: str
    country: str
    device: str
    source: str
    segment: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    finding = await find_analysis(deps, "funnel", build_filter(params))
    unfiltered = _drop_repeated(group_by_subject(finding.result.facts), params)
    language = finding.language
    breaks = await _find_breaks_of_all(finding.where, deps)
    groups = breaks | {
        name: name_visits(group, name, finding.where, language)
        for name, group in unfiltered.items()
    }
    ordered = sorted(
        ((name, group) for name, group in groups.items() if "-to-" in name),
        key=lambda pair: (_rank(pair[1]), not _is_whole(pair[0], finding.where)),
    )
    steps = [name_step(fact, name) for name, _ in ordered for fact in groups[name]]
    every = link_changes(
        (*finding.prepare(steps), *finding.prepare(_list_visits(groups))),
        {"rate": "before", "rate-since": "before"},
    )
    facts, left_out = _focus(_select(every), finding.where)
    calls = await _call_feedback(facts, deps)
    return finding.build_result(
        facts,
        title=TITLE,
        exhibits=_build_exhibits(
            every,
            facts,
            groups,
            finding.language,
            _name_rows({**breaks, **unfiltered}, finding.where, language),
        ),
        notes=(
            "“rate” is the share of visits that passes the step in the last 14 days, “before” in "
            "the 56 days before; “rate-since” is the share since the day of “since”: tell that one "
            "beside the day. “follows”: moved only because another did, named by “through”. "
            "Steps without a status did not move beyond chance.",
            *([OVER_NOTE] if any(one.parts.measure == "rate-after" for one in facts) else []),
            *([OF_ALL_NOTE] if breaks else []),
            *([WHY_NOTE] if calls else []),
            *name_left_out(left_out),
        ),
    ).model_copy(update={"next_calls": calls if deps.request.skill == WHY_SKILL else ()})


async def _call_feedback(facts: Sequence[Fact], deps: ToolDeps) -> tuple[NextCall, ...]:
    """Return the look-up of what customers write, which confirmed breaks ask for."""
    groups = group_by_subject(facts).values()
    confirmed = [fact.id for group in groups if is_confirmed(group) for fact in group]
    if not confirmed or not await run_query(deps, lambda of: of.table("feedback") is not None):
        return ()
    why = "whether customers write about it since"
    card = FEEDBACK_CALL.to(deps.request.language)
    return (NextCall("feedback_themes", why, card, tuple(confirmed), of_finding=True),)


async def _find_breaks_of_all(where: AnalysisFilter, deps: ToolDeps) -> dict[str, list[Fact]]:
    """Return what moved for all visits beside what a call narrows them to, so that a general break
    is not taken for one of this part."""
    narrowed = {one for one in TEXT_FILTERS if getattr(where, one)}
    if not narrowed:
        return {}
    breaks, finding = await find_breaks(where, where.until, deps)
    shop = WHOLE_SHOP.to(finding.language)
    return {
        f"{OF_ALL}{name}": [
            fact.model_copy(
                update={
                    "id": str(fact.parts._replace(subject=f"{OF_ALL}{name}")),
                    "about": ", ".join(filter(None, (fact.about, shop))),
                }
            )
            for fact in group
        ]
        for name, group in breaks.items()
        if narrowed - {name.split("-")[0]}
    }


def _drop_repeated(groups: dict[str, list[Fact]], params: Params) -> dict[str, list[Fact]]:
    """Return the groups, the same visits once: where the whole is the one device, source or country
    that was asked for, this part is told of its conversion and of a step that moved, with its
    cost, and else the whole."""
    asked = [f"{name}-" for name in VISIT_FILTERS if read_text(getattr(params, name))]
    repeated = set()
    for whole, of_whole in groups.items():
        is_step = whole.startswith("total-all-")
        if not is_step and whole != "visits-all":
            continue
        kind, step = ("", whole.removeprefix("total-all")) if is_step else ("visits-", "")
        counts = _count_visits(of_whole)
        same = [
            name
            for name in groups
            if name.startswith(tuple(f"{kind}{one}-" for one in VISIT_FILTERS))
            and name.endswith(step)
            and _count_visits(groups[name]) == counts
        ]
        parts = [
            name
            for name in same
            if name.startswith(tuple(f"{kind}{one}" for one in asked))
            and (not is_step or _rank(groups[name]) < NOT_MOVED)
        ]
        repeated |= {whole, *same} - {*(parts[:1] or [whole])}
    return {name: group for name, group in groups.items() if name not in repeated}


def _count_visits(group: Sequence[Fact]) -> tuple[Decimal, ...]:
    return tuple(number_of(group, name) for name in ("visits", "passed", "before", "purchases"))


def _rank(group: Sequence[Fact]) -> int:
    """Return the order in which steps are told: what moved, the whole shop, all others."""
    status = next((fact.value for fact in group if fact.parts.measure == "status"), "")
    if status in MOVED:
        return MOVED.index(str(status))
    return NOT_MOVED + (0 if group[0].parts.subject.startswith("total-") else 1)


def _select(facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts that matter most: all of the steps that moved, the rates of those that may
    have and of the whole shop, and the conversion of visits."""
    chosen: list[Fact] = []
    moved = unsure = 0
    for subject, group in group_by_subject(facts).items():
        rank = _rank(group)
        measures: Sequence[str] = ()
        if subject.startswith("visits-"):
            is_short = subject.startswith(("visits-source", "visits-country"))
            measures = ("conversion",) if is_short else VISIT_MEASURES
        elif rank == 0:
            moved += 1
            measures = MOVED_MEASURES if moved <= MAX_MOVED else UNSURE_MEASURES
        elif rank < NOT_MOVED:
            unsure += 1
            measures = UNSURE_MEASURES if unsure <= MAX_UNSURE else ()
        elif subject.startswith("total-"):
            measures = STEADY_MEASURES
        chosen += [fact for fact in group if fact.parts.measure in measures]
    return chosen


def _focus(facts: Sequence[Fact], where: AnalysisFilter) -> tuple[list[Fact], list[Fact]]:
    """Return what a confirmed break and the asked visits need, and what is left out beside it: the
    cost of the same break in other parts, what may have moved elsewhere, conversion of others."""
    groups, told = group_by_subject(facts), set[tuple[bool, str]]()
    is_narrowed = any(getattr(where, one) for one in TEXT_FILTERS)
    asked = [f"{one}-" for one in VISIT_FILTERS if getattr(where, one)]
    own = ("total-", "all", *(asked if is_narrowed else ["device-"]))
    broken = {  # subject → step
        subject: subject.split("--")[0].rsplit("-", 3)[1]
        for subject, group in groups.items()
        if is_confirmed(group) or (_is_whole(subject, where) and _rank(group) == 0)
    }
    of_part = {step for subject, step in broken.items() if not subject.startswith(OF_ALL)}
    kept: list[Fact] = []
    for subject, group in groups.items():
        is_own = subject.removeprefix("visits-").startswith(own)
        measures: Collection[str] | None = None  # all of them
        if "-to-" not in subject:
            measures = None if is_own or not (is_narrowed or broken) else ()
        elif step := broken.get(subject):
            is_of_all = subject.startswith(OF_ALL)
            measures = UNSURE_MEASURES if (is_of_all, step) in told else None
            if is_of_all and step in of_part:
                measures = [one for one in MOVED_MEASURES if not one.startswith("lost")]
            told.add((is_of_all, step))
        elif broken and _rank(group) < NOT_MOVED:
            measures = UNSURE_MEASURES if is_own else ()
        kept += [fact for fact in group if measures is None or fact.parts.measure in measures]
    return kept, [fact for fact in facts if fact not in kept]


def _is_whole(subject: str, where: AnalysisFilter) -> bool:
    """Tell whether a step is that of all visits that a call narrows to."""
    asked = [f"{one}-" for one in VISIT_FILTERS if getattr(where, one)]
    is_narrowed = any(getattr(where, one) for one in TEXT_FILTERS)
    return is_narrowed and subject.startswith(("total-", *asked))


def _name_rows(
    groups: dict[str, list[Fact]], where: AnalysisFilter, language: Language
) -> dict[str, str]:
    """Return how a table names the visits or the step of a group: without the conditions of all its
    rows, which its title has, and those that are all of them by that."""
    asked = [f"{one}-" for one in VISIT_FILTERS if getattr(where, one)]
    names = {}
    for name, group in groups.items():
        (fact, *_) = name_visits(group[:1], name, AnalysisFilter(), language)
        part = name.removeprefix("visits-")
        about = "" if part.startswith((*asked, "total-")) else fact.about
        if about and part.startswith("device-"):
            about = name_value("device", about, language)
        if "-to-" in name:
            step = "-".join(["total", *name.rsplit("-", 3)[1:]])
            about = ", ".join(filter(None, (name_funnel_step(step, "").to(language), about)))
        about = about or Words(WHOLE).to(language)
        names[name] = about[:1].upper() + about[1:]
    return names


def _list_visits(groups: dict[str, list[Fact]]) -> list[Fact]:
    """Return the conversion facts with their period."""
    visits = []
    for name, group in groups.items():
        if not name.startswith("visits-"):
            continue
        days = {fact.parts.measure: str(fact.value) for fact in group}
        period = {"since": days.get("since"), "until": days.get("until")}
        visits += [
            Fact.model_validate({**fact.model_dump(), "about": fact.about or WHOLE, **period})
            for fact in group
            if fact.parts.measure in VISIT_MEASURES
        ]
    return visits


def _list_shown_steps(
    facts: Sequence[Fact], told: Sequence[Fact], names: dict[str, str], *, of_all: bool
) -> list[Fact]:
    """Return the facts of the steps that are told, in the order of the path: those of the whole
    shop beside a part, or the others. A cost has the day that it counts from in a column of its
    own."""
    shown, ids = list[tuple[int, bool, Fact]](), {fact.id for fact in told}
    subjects = {s for fact in told if (s := fact.parts.subject).startswith(OF_ALL) is of_all}
    for fact in facts:
        subject, measure = fact.parts.subject, fact.parts.measure
        name = subject.split("--")[0]
        is_told = measure not in OWN_MEASURES or fact.id in ids
        if "-to-" in name and name in names and subject in subjects and is_told:
            known = {"about": names[name]} | ({"since": None} if measure.startswith("lost") else {})
            place = PATH.index(name.rsplit("-", 3)[1])
            shown.append((place, ", " in names[name], fact.model_copy(update=known)))
    return [fact for *_, fact in sorted(shown, key=lambda one: one[:2])]


def _build_exhibits(
    facts: Sequence[Fact],
    told: Sequence[Fact],
    groups: dict[str, list[Fact]],
    language: Language,
    names: dict[str, str],
) -> list[Exhibit]:
    visits = [
        fact.model_copy(update={"about": name}) if name else fact
        for fact in facts
        if fact.parts.subject.startswith("visits-")
        for name in [names.get(fact.parts.subject.split("--")[0])]
    ]
    whole = Words(WHOLE).to(language).casefold()
    visits.sort(key=lambda fact: fact.about.casefold() != whole)
    steps, of_all = (_list_shown_steps(facts, told, names, of_all=one) for one in (False, True))
    scope = (("what", TITLE.to(language)), ("shop", WHOLE_SHOP.to(language)))
    whole_shop = {"scope": scope, "read_as": join_scope(scope)}
    exhibits = [
        *STEPS.build(steps, language),
        *(one.model_copy(update=whole_shop) for one in STEPS.build(of_all, language)),
        *_build_visits(visits, language),
    ]
    drawn = [
        (name, fact)
        for name, group in groups.items()
        for fact in group
        if fact.parts.measure == "points"
    ]
    for name, fact in drawn[:MAX_LINES]:
        about = name_step(fact, name).about
        step = name_funnel_step(name, fact.about)
        title = Words("{step}: share that gets through, by seven days", step=step).to(language)
        exhibits += build_exhibit(
            f"{about}: share that passes it, by seven days",
            None,
            build_line(str(fact.value), "%", title),
        )
    return exhibits


def _build_visits(visits: Sequence[Fact], language: Language) -> list[Exhibit]:
    """Return a table for each kind of groups, as devices and countries overlap, each with all
    visits; one of these alone where there are no groups."""
    whole = Words(WHOLE).to(language).casefold()
    every = [fact for fact in visits if fact.about.casefold() == whole]
    by_kind = {
        name: [
            fact
            for fact in visits
            if fact.parts.subject.startswith((f"visits-{name}-", f"visits-others-{name}"))
            and fact not in every
        ]
        for name in VISIT_ROWS
    }
    return [*VISITS.build_parts(every, by_kind, VISIT_ROWS, language)]
