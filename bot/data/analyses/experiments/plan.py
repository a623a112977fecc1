"""A test to come: how many people it needs and how long it takes, from the rate that there is."""

from decimal import ROUND_CEILING, Decimal
from math import ceil, isfinite

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.source import Source
from bot.data.analyses.experiments.baseline import (
    ORDER_DAYS,
    BaselineRate,
    Population,
    compute_baseline,
    find_population,
)
from bot.data.analyses.experiments.sample_size import compute_sample_size, compute_smallest_lift
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.rfm import SEGMENTS_BY_ID
from bot.data.floors import is_below_floor
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.rules.wanted import Place, Wanted
from bot.text.slugs import slugify

DEFAULT_LIFTS = (Decimal(5), Decimal(10), Decimal(20))  # %, where the words ask for none
DEFAULT_WEEKS = (2, 4, 8)
POWER_PERCENT, ALPHA_PERCENT = 80, 5  # %
BRIEF_SOURCE = Source("brief")
AUDIENCE_SUBJECT = "audience"  # the subject of a plan for a named group of customers
PAGE_PLACES = ("product", "checkout")  # seen by who comes, whoever they are
MISSING_DATA = {  # what a plan takes, by what its file is
    "visits": Words(
        "To plan a test on the site takes how many visits buy today: import visits (an events"
        " file), or say it: from 4% to 5%, 2,000 visitors a week."
    ),
    "opened": Words(
        "To plan a test of a subject line takes how many e-mails are opened today: import campaign"
        " results that say how many were delivered and opened, or say it: from 20% to 25%."
    ),
    "clicks": Words(
        "To plan a test of an e-mail takes how many are clicked today: import campaign results that"
        " say how many were delivered and clicked, or say it: from 2% to 3%."
    ),
}
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


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """What a test of two equal variants needs at `where.wanted.place` (a whole visit otherwise).

    plan.<place>.base (%), .weekly (people), .first-day, .last-day, .asked (the lift asked for, %);
    plan.<place>-lift-10.lift (%), .rate (%, of the better variant), .people (each variant),
    .in-all, .weeks (whole); plan.<place>-weeks-4.weeks, .smallest-lift (%): the least that so many
    weeks would show; plan.chance.power and .alpha (%). What the words say of the rate, the effect
    or the people wins over the data. Source: bot.data.analyses.experiments.sample_size.

    Where there is a rule, or the words name customers who can be counted, the place is "audience",
    and instead of .weekly there are plan.audience.fits, .size (those of them who agreed to be
    written to, where the test writes to them), .then, .days and .rule (JSON; of one named group its
    definition): of those `then` in it, .base (%) ordered in the last `days`; .smallest-lift (%) is
    the least that all of them would show, .seen-rate (%) what it comes to. A subject line on them
    is plan.subject all the same, since opens decide; .guard (%) is how many of them order, and
    .guard-change (%) the least change of it that all of them would show.
    """
    wanted = where.wanted or Wanted()
    place: Place = wanted.place or "visit"
    known = compute_baseline(shelf, where, place)
    people = find_population(shelf, where) if wanted.weekly is None else None
    if known and (known.people < shelf.floor or is_below_floor(known.succeeded, shelf.sales_floor)):
        known = None
    if people and place == "subject" and (known or wanted.base):
        return _plan_subject_test(people, wanted, known)
    if people and not (place in PAGE_PLACES and known and not where.rule):
        found = _plan_for_audience(people, wanted)
        if place in PAGE_PLACES or place == "subject":
            found.refuse(VISITS_REQUIRED[_choose_required_column(place)])
        return found
    source = known.source if known else BRIEF_SOURCE
    found = AnalysisResult("plan", source, known.last if known else shelf.today)
    base = _choose_base_rate(wanted, known)
    if base is None:
        found.refuse(MISSING_DATA[_choose_required_column(place)])
        return found
    weekly = wanted.weekly or (known.weekly if known else None)
    _add_baseline(found, wanted, place, known, base, weekly)
    for lift in _choose_lifts(wanted):
        _add_sample_size(found, place, base, lift, weekly)
    for weeks in DEFAULT_WEEKS if weekly else ():
        _add_detectable_lift(found, place, base, weekly or 0, weeks)
    found.add("chance", "power", POWER_PERCENT, unit="%", source=BRIEF_SOURCE)
    found.add("chance", "alpha", ALPHA_PERCENT, unit="%", source=BRIEF_SOURCE)
    return found


def _choose_required_column(place: Place) -> str:
    """What the file must say that a plan there takes."""
    return {"subject": "opened", "letter": "clicks"}.get(place, "visits")


def _plan_for_audience(people: Population, wanted: Wanted) -> AnalysisResult:
    """All of them, split in two at once: there are no more to come."""
    found = AnalysisResult("plan", people.source, people.last)
    found.queries["people"] = people.sql
    _add_audience(found, AUDIENCE_SUBJECT, people)
    base = wanted.base
    if base is None:
        base = _compute_order_rate(people)
        found.add(AUDIENCE_SUBJECT, "base", base, unit="%", rows=people.then, query="people")
    else:
        found.add(AUDIENCE_SUBJECT, "base", base, unit="%", source=BRIEF_SOURCE)
    _add_required_lifts(found, AUDIENCE_SUBJECT, people, base, wanted)
    return found


def _plan_subject_test(
    people: Population, wanted: Wanted, known: BaselineRate | None
) -> AnalysisResult:
    """By who opens it; who orders is the guard: what fall of it so many people would show."""
    found = AnalysisResult("plan", people.source, people.last)
    found.queries["people"] = people.sql
    _add_audience(found, "subject", people)
    base = _choose_base_rate(wanted, known) or Decimal(0)
    _add_baseline(found, wanted, "subject", known, base, None)
    orders = _compute_order_rate(people)
    found.add("subject", "guard", orders, unit="%", rows=people.then, query="people")
    least = compute_smallest_lift(
        float(orders) / 100, people.size // 2, power=POWER_PERCENT / 100, alpha=ALPHA_PERCENT / 100
    )
    if isfinite(least) and least < 1:
        shown = (Decimal(str(least)) * 100).quantize(Decimal(1), ROUND_CEILING)
        found.add("subject", "guard-change", shown, unit="%", rows=people.then, query="people")
    _add_required_lifts(found, "subject", people, base, wanted)
    return found


def _compute_order_rate(people: Population) -> Decimal:
    return _round_percent(Decimal(100) * people.ordered / people.then)


def _add_audience(found: AnalysisResult, place: str, people: Population) -> None:
    """How many they are, and by which rule."""
    rule, rows = people.rule, people.then
    about = ", ".join(SEGMENT_LABELS[group].text for group in rule.segments)
    for measure, value in (("fits", people.fits), ("size", people.size), ("then", people.then)):
        found.add(place, measure, value, about=about, rows=rows, query="people")
    found.add(place, "days", ORDER_DAYS, unit="days", about=about, rows=rows, query="people")
    alone = AudienceRule(purpose=rule.purpose, segments=rule.segments[:1])
    if rule == alone and rule.segments:
        found.add(
            place,
            "rule",
            SEGMENTS_BY_ID[rule.segments[0]].rule.text,
            about=about,
            source=BRIEF_SOURCE,
        )
    else:
        found.add(place, "rule", rule.stored, about=about, source=BRIEF_SOURCE)
    for measure, (figure, unit) in rule.figures.items():
        found.add(place, measure, figure, unit=unit, source=BRIEF_SOURCE)
    for key, title in people.titles.items():
        found.add("things", slugify(key), title, about=key)


def _add_required_lifts(
    found: AnalysisResult, place: str, people: Population, base: Decimal, wanted: Wanted
) -> None:
    """What each rise takes, and the least that all of them would show."""
    if wanted.lift is not None and not found.get(place, "asked"):
        found.add(place, "asked", _choose_lifts(wanted)[0], unit="%", source=BRIEF_SOURCE)
    for lift in _choose_lifts(wanted):
        _add_sample_size(found, place, base, lift, None)
    least = compute_smallest_lift(
        float(base) / 100, people.size // 2, power=POWER_PERCENT / 100, alpha=ALPHA_PERCENT / 100
    )
    if isfinite(least):
        shown = (Decimal(str(least)) * 100).quantize(Decimal("0.1"), ROUND_CEILING)
        found.add(place, "smallest-lift", shown, unit="%")
        found.add(place, "seen-rate", _round_percent(base * (1 + shown / 100)), unit="%")
    found.add("chance", "power", POWER_PERCENT, unit="%", source=BRIEF_SOURCE)
    found.add("chance", "alpha", ALPHA_PERCENT, unit="%", source=BRIEF_SOURCE)


def _choose_base_rate(wanted: Wanted, known: BaselineRate | None) -> Decimal | None:
    """In %, as it is shown: two decimals below 10 %."""
    if wanted.base is not None:
        return wanted.base
    if known is None:
        return None
    return _round_percent(Decimal(100) * known.succeeded / known.people)


def _round_percent(value: Decimal) -> Decimal:
    """Never rounded to nothing, nor to all."""
    shown = round(value, 1 if value >= 10 else 2)
    return min(max(shown, Decimal("0.01")), Decimal("99.9"))


def _choose_lifts(wanted: Wanted) -> list[Decimal]:
    if wanted.lift is None:
        return list(DEFAULT_LIFTS)
    asked = round(wanted.lift, 1)
    asked = Decimal(int(asked)) if asked == int(asked) else asked
    return sorted({asked, *(lift for lift in DEFAULT_LIFTS if lift > asked)})


def _add_baseline(
    found: AnalysisResult,
    wanted: Wanted,
    place: Place,
    known: BaselineRate | None,
    base: Decimal,
    weekly: int | None,
) -> None:
    said = wanted.base is not None
    rows = known.people if known else None
    query = "base" if known else None
    if known:
        found.queries["base"] = known.sql
        source = known.source
        found.add(place, "first-day", known.first, rows=rows, query=query, source=source)
        found.add(place, "last-day", known.last, rows=rows, query=query, source=source)
        if known.product:
            found.add(place, "product", known.product, rows=rows, query=query)
    found.add(
        place,
        "base",
        base,
        unit="%",
        rows=None if said else rows,
        query=None if said else query,
        source=BRIEF_SOURCE if said or known is None else known.source,
    )
    if wanted.lift is not None:
        found.add(place, "asked", _choose_lifts(wanted)[0], unit="%", source=BRIEF_SOURCE)
    if weekly:
        typed = wanted.weekly is not None
        found.add(
            place,
            "weekly",
            weekly,
            rows=None if typed else rows,
            query=None if typed else query,
            source=BRIEF_SOURCE if typed else None,
        )


def _add_sample_size(
    found: AnalysisResult, place: str, base: Decimal, lift: Decimal, weekly: int | None
) -> None:
    rate = base * (1 + lift / 100)
    if rate >= 100:
        return
    needs = compute_sample_size(
        float(base) / 100, float(lift) / 100, power=POWER_PERCENT / 100, alpha=ALPHA_PERCENT / 100
    )
    subject, about = f"{place}-lift-{str(lift).replace('.', '-')}", f"+{lift}%"
    found.add(subject, "lift", lift, unit="%", about=about)
    found.add(subject, "rate", _round_percent(rate), unit="%", about=about)
    found.add(subject, "people", needs.people, about=about)
    found.add(subject, "in-all", 2 * needs.people, about=about)
    if weekly:
        weeks = ceil(2 * needs.people / weekly)
        found.add(subject, "weeks", weeks, unit="weeks", about=about)


def _add_detectable_lift(
    found: AnalysisResult, place: Place, base: Decimal, weekly: int, weeks: int
) -> None:
    """Nothing when even a rise to certainty would not show."""
    people = weekly * weeks // 2
    least = compute_smallest_lift(
        float(base) / 100, people, power=POWER_PERCENT / 100, alpha=ALPHA_PERCENT / 100
    )
    if people and isfinite(least):
        shown = (Decimal(str(least)) * 100).quantize(Decimal("0.1"), ROUND_CEILING)
        subject = f"{place}-weeks-{weeks}"
        found.add(subject, "weeks", weeks, unit="weeks")
        found.add(subject, "smallest-lift", shown, unit="%")
