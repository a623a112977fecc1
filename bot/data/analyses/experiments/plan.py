"""Plan a test: how many people it needs and how long it takes, given the current rate and how many
people come per week."""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from functools import partial
from math import ceil, isfinite

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.facts import BRIEF_SOURCE
from bot.core.half_up import round_half_up
from bot.core.metric_query import PlanRequest, TestPlace
from bot.data.analyses.experiments.baseline import (
    END_MEASURES,
    ORDER_DAYS,
    BaselineRate,
    Population,
    compute_baseline,
    find_population,
    list_mail_languages,
    select_part,
)
from bot.data.analyses.experiments.hypothesis_tests import (
    ALPHA,
    POWER,
    compute_sample_size,
    compute_smallest_lift,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.rfm import SEGMENTS_BY_ID
from bot.data.floors import is_below_floor
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.text.normalize import slugify

# The plan.

DEFAULT_LIFTS = (Decimal(5), Decimal(10), Decimal(20))  # in %, where the request names none
DEFAULT_WEEKS = (2, 4, 8)
A_WEEK, IN_EACH_VARIANT = Words("a week"), Words("in each variant")  # labels of facts
LARGEST_SEND = Words("reached by the largest send")
ONE_SEND_LIFT = Words("smallest lift that one such send shows")
AUDIENCE_SUBJECT = "audience"  # the subject of a plan for a segment of customers
PAGE_PLACES = ("product", "checkout")  # tested on all visitors
OPENED_PLACES = ("subject", "send_time")  # of e-mails, decided by who opens them
MISSING_DATA = {  # what a plan needs, by the table it comes from
    "visits": Words(
        "To plan a test on the site takes how many visits buy today: import visits (an events"
        " file)."
    ),
    "opened": Words(
        "To plan a test of a subject line takes how many e-mails are opened today: import campaign"
        " results that say how many were delivered and opened."
    ),
    "clicks": Words(
        "To plan a test of an e-mail takes how many are clicked today: import campaign results that"
        " say how many were delivered and clicked."
    ),
}
ONLY_VISITS = Words(
    "A device, a country or a source narrows visits: not the test of an e-mail, nor one on"
    " customers."
)
ONLY_EMAILS = Words(
    "A language narrows e-mails: not visits, nor customers. Visits are narrowed by country."
)
NO_MAIL_LANGUAGE = Words(
    "No e-mail in the files is in {language}, so that list can't be counted. Known languages:"
    " {known}."
)
SMALL_PART = Words(
    "Too few of these visits buy, or too few people are behind them, for a rate to start from."
)
CHANGED_RATE = Words("This rate changed on {day}: it is counted from that day on.")
VISITS_REQUIRED = {
    "visits": Words(
        "Such a test is read by visits, and there is no file of visits: import one (an events"
        " file). Until then it is planned by who orders within four weeks."
    ),
    "opened": Words(
        "A subject line is read by who opens the e-mail, and no file says it: import campaign"
        " results with what was delivered and opened. Until then it is planned by who orders within"
        " four weeks, which a subject line moves little."
    ),
}


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return what a test of two equal variants needs at `filter_.plan.place` (a whole visit by
    default).

    plan.<place>.base (%), .weekly (visits or e-mails), .first-day, .last-day, .asked (the requested
    lift, %);
    plan.<place>-lift-10.lift (%), .rate (%, of the better variant), .people (in each variant),
    .in-all, .weeks (whole); plan.<place>-weeks-4.weeks, .smallest-lift (%): the smallest lift that
    so many weeks can detect; plan.chance.power and .alpha (%). A rate, effect or number of people
    in the request overrides the data. A device, country or source of the filter narrows the visits.
    Source: bot.data.analyses.experiments.hypothesis_tests.

    Where there is a rule whose customers can be counted, the place is "audience", and .weekly is
    replaced by plan.audience.fits, .size (those who gave consent, where the test writes to them),
    .then, .days and .rule (JSON; for a segment its definition). Of the `then` customers, .base (%)
    ordered in the last `days`; .smallest-lift (%) is the smallest one that all of them can detect,
    .seen-rate (%) the resulting rate. A test of a subject line on them stays plan.subject, since
    opens decide; .guard (%) is how many of them order, and .guard-change (%) the smallest change of
    it that all of them can detect."""
    plan = filter_.plan or PlanRequest()
    place, part = plan.place, select_part(filter_)
    is_part = part != AnalysisFilter()
    if is_part and (filter_.rule or place in END_MEASURES):
        raise CannotDo(ONLY_VISITS)
    if filter_.language:
        _require_language(warehouse, filter_.language, place, is_of_people=bool(filter_.rule))
    known = compute_baseline(warehouse, filter_, place)
    people = find_population(warehouse, filter_) if plan.weekly is None else None
    if known and (
        known.many < warehouse.floor or is_below_floor(known.succeeded, warehouse.sales_floor)
    ):
        known = None
    if people and place in OPENED_PLACES and (known or plan.base):
        return _plan_subject_test(people, plan, known)
    if people:
        result = _plan_for_audience(people, plan)
        if known is None and place in (*PAGE_PLACES, *OPENED_PLACES):
            result.add_limit(VISITS_REQUIRED[_choose_required_column(place)])
        return result
    source = known.source if known else BRIEF_SOURCE
    result = AnalysisResult("plan", source, known.last if known else warehouse.today)
    base = _choose_base_rate(plan, known)
    if is_part and known is None and warehouse.table("events") is not None:
        result.add_limit(SMALL_PART)
    elif base is None:
        result.add_limit(MISSING_DATA[_choose_required_column(place)])
    if base is None:
        return result
    weekly = plan.weekly or (known.weekly if known else None)
    unit = _choose_unit(plan)
    _add_baseline(result, plan, place, known, base, weekly)
    if known and known.changed and plan.base is None:
        result.add_limit(CHANGED_RATE.with_params(day=known.first))
    for lift in _choose_lifts(plan):
        _add_sample_size(result, place, base, lift, unit, weekly)
    for weeks in DEFAULT_WEEKS if weekly else ():
        _add_detectable_lift(result, place, base, weekly or 0, weeks)
    if known and known.reach and plan.weekly is None:
        _add_one_send(result, place, base, known.reach, warehouse.floor)
    _add_chances(result)
    return result


def _require_language(
    warehouse: Warehouse, language: str, place: TestPlace, *, is_of_people: bool
) -> None:
    """Raises CannotDo where no e-mails of that language are known, and for another test."""
    if place not in END_MEASURES or is_of_people:
        raise CannotDo(ONLY_EMAILS)
    known = list_mail_languages(warehouse)
    if language.lower() not in {one.lower() for one in known}:
        listed = ", ".join(known) or "–"
        raise CannotDo(NO_MAIL_LANGUAGE.with_params(language=language, known=listed))


def _choose_unit(plan: PlanRequest) -> str | None:
    """Return what a rate from the data is a share of; a typed rate does not say."""
    if plan.base is not None:
        return None
    return "e-mails" if plan.place in END_MEASURES else "visits"


def _choose_required_column(place: TestPlace) -> str:
    return END_MEASURES.get(place, "visits")


def _plan_for_audience(people: Population, plan: PlanRequest) -> AnalysisResult:
    """Plan for all people of the audience, split in two at once, because no more will come."""
    result = _add_audience(AUDIENCE_SUBJECT, people)
    add, base = partial(result.add, AUDIENCE_SUBJECT, "base"), plan.base
    if base is None:
        base = _compute_order_rate(people)
        add(base, "%", rows=people.then, query="people")
    else:
        add(base, "%", source=BRIEF_SOURCE)
    _add_required_lifts(result, AUDIENCE_SUBJECT, people, base, plan)
    return result


def _plan_subject_test(
    people: Population, plan: PlanRequest, baseline: BaselineRate | None
) -> AnalysisResult:
    """Plan a test of a subject line or a sending time. Opens decide; orders are the guard metric,
    with the smallest drop that so many people can detect."""
    place = plan.place
    result = _add_audience(place, people)
    base = _choose_base_rate(plan, baseline) or Decimal(0)
    _add_baseline(result, plan, place, baseline, base, None)
    add = partial(result.add, place, rows=people.then, query="people")
    orders = _compute_order_rate(people)
    add("guard", orders, "%")
    least = _find_smallest_lift(orders, people.size // 2, Decimal(1))
    if least is not None and least <= 100:
        add("guard-change", least, "%")
    _add_required_lifts(result, place, people, base, plan)
    return result


def _compute_order_rate(people: Population) -> Decimal:
    return _round_percent(Decimal(100) * people.ordered / people.then)


def _find_smallest_lift(
    base: Decimal, people: int, digits: Decimal = Decimal("0.1")
) -> Decimal | None:
    """Return the smallest lift in % that `people` in each variant can detect, rounded up; None when
    even a rate of 100 % can't be detected."""
    least = compute_smallest_lift(float(base) / 100, people)
    return (Decimal(str(least)) * 100).quantize(digits, ROUND_CEILING) if isfinite(least) else None


def _add_audience(place: str, people: Population) -> AnalysisResult:
    result, rule = AnalysisResult("plan", people.source, people.last), people.rule
    result.queries["people"] = people.sql
    add = partial(result.add, place, about=", ".join(SEGMENT_LABELS[x].text for x in rule.segments))
    for measure, value in (("fits", people.fits), ("size", people.size), ("then", people.then)):
        add(measure, value, rows=people.then, query="people")
    add("days", ORDER_DAYS, "days", rows=people.then, query="people")
    alone = AudienceRule(purpose=rule.purpose, segments=rule.segments[:1])
    is_segment = rule == alone and rule.segments
    text = SEGMENTS_BY_ID[rule.segments[0]].rule.text if is_segment else rule.stored
    add("rule", text, source=BRIEF_SOURCE)
    for measure, (figure, unit) in rule.figures.items():
        result.add(place, measure, figure, unit, source=BRIEF_SOURCE)
    for key, title in people.titles.items():
        result.add("things", slugify(key), title, about=key)
    return result


def _add_required_lifts(
    result: AnalysisResult, place: str, people: Population, base: Decimal, plan: PlanRequest
) -> None:
    """Add the sample size for each lift, and the smallest lift that the whole audience can
    detect."""
    if plan.lift is not None and not result.get(place, "asked"):
        result.add(place, "asked", _choose_lifts(plan)[0], "%", source=BRIEF_SOURCE)
    for lift in _choose_lifts(plan):
        _add_sample_size(result, place, base, lift, "customers", None)
    least = _find_smallest_lift(base, people.size // 2)
    if least is not None:
        result.add(place, "smallest-lift", least, "%")
        result.add(place, "seen-rate", _round_percent(base * (1 + least / 100)), "%")
    _add_chances(result)


def _add_chances(result: AnalysisResult) -> None:
    result.add("chance", "power", round(100 * POWER), "%", source=BRIEF_SOURCE)
    result.add("chance", "alpha", round(100 * ALPHA), "%", source=BRIEF_SOURCE)


def _choose_base_rate(plan: PlanRequest, baseline: BaselineRate | None) -> Decimal | None:
    """Return the base rate in %, as shown: with two decimals below 10 %."""
    if plan.base is not None:
        return plan.base
    if baseline is None:
        return None
    return _round_percent(Decimal(100) * baseline.succeeded / baseline.many)


def _round_percent(value: Decimal) -> Decimal:
    """Round so that the result is never 0 or 100."""
    shown = round_half_up(value, 1 if value >= 10 else 2)
    return min(max(shown, Decimal("0.01")), Decimal("99.9"))


def _choose_lifts(plan: PlanRequest) -> list[Decimal]:
    if plan.lift is None:
        return list(DEFAULT_LIFTS)
    asked = round_half_up(plan.lift, 1)
    asked = Decimal(int(asked)) if asked == int(asked) else asked
    return sorted({asked, *(lift for lift in DEFAULT_LIFTS if lift > asked)})


def _add_baseline(
    result: AnalysisResult,
    plan: PlanRequest,
    place: TestPlace,
    baseline: BaselineRate | None,
    base: Decimal,
    weekly: int | None,
) -> None:
    add = partial(result.add, place)
    if baseline:
        result.queries["base"] = baseline.sql
        add = partial(add, rows=baseline.many, query="base")
        add("first-day", baseline.first, source=baseline.source)
        add("last-day", baseline.last, source=baseline.source)
        if baseline.product:
            add("product", baseline.product)
    if plan.base is None and baseline:
        add("base", base, "%", source=baseline.source)
    else:
        result.add(place, "base", base, "%", source=BRIEF_SOURCE)
    if plan.lift is not None:
        result.add(place, "asked", _choose_lifts(plan)[0], "%", source=BRIEF_SOURCE)
    if weekly and plan.weekly is None:
        add("weekly", weekly, _choose_unit(plan), label=A_WEEK.text)
    elif weekly:
        result.add(place, "weekly", weekly, source=BRIEF_SOURCE, label=A_WEEK.text)


def _add_sample_size(
    result: AnalysisResult,
    place: str,
    base: Decimal,
    lift: Decimal,
    unit: str | None,
    weekly: int | None,
) -> None:
    rate = base * (1 + lift / 100)
    if rate >= 100:
        return
    people = compute_sample_size(float(base) / 100, float(lift) / 100)
    subject = f"{place}-lift-{str(lift).replace('.', '-')}"
    add = partial(result.add, subject, about=f"+{lift}%")
    add("lift", lift, "%")
    add("rate", _round_percent(rate), "%")
    add("people", people, unit, label=IN_EACH_VARIANT.text)
    add("in-all", 2 * people, unit)
    if weekly:
        add("weeks", ceil(2 * people / weekly), "weeks")


def _add_detectable_lift(
    result: AnalysisResult, place: TestPlace, base: Decimal, weekly: int, weeks: int
) -> None:
    """Add the smallest detectable lift; nothing when even a rate of 100 % can't be detected."""
    least = _find_smallest_lift(base, weekly * weeks // 2)
    if least is not None:
        result.add(f"{place}-weeks-{weeks}", "weeks", weeks, "weeks")
        result.add(f"{place}-weeks-{weeks}", "smallest-lift", least, "%")


def _add_one_send(
    result: AnalysisResult, place: TestPlace, base: Decimal, reach: int, floor: int
) -> None:
    """Add to how many the largest e-mail went, and the smallest lift that one like it can show."""
    if reach < floor:
        return
    result.add(place, "reach", reach, "e-mails", label=LARGEST_SEND.text)
    least = _find_smallest_lift(base, reach // 2)
    if least is not None:
        result.add(place, "reach-lift", least, "%", label=ONE_SEND_LIFT.text)


# A plan from typed values, without reading a request.


def build_plan_filter(
    place: TestPlace,
    *,
    part: AnalysisFilter | None = None,
    base: Decimal | None = None,
    lift: Decimal | None = None,
    weekly: int | None = None,
    rule: AudienceRule | None = None,
) -> AnalysisFilter:
    """Return the filter of a plan. `part` narrows the visits. `base` is the rate in %, `lift` in %
    of it, `weekly` people a week; None: from the data. With `rule`, it is on these customers."""
    reach = rule.purpose if rule else None
    return replace(
        part or AnalysisFilter(),
        plan=PlanRequest(place=place, base=base, lift=lift, weekly=weekly, reach=reach),
        rule=rule.stored if rule else None,
    )
