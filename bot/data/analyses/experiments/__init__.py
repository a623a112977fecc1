"""Evaluate A/B tests: whether the result is valid, what changed, and how certain it is.

The sample ratio is checked first, where the split that was meant is stated; a broken test is
reported as broken, without an effect. Then each arm is compared with the control, with an interval,
Holm's correction over several arms, and a p value that stays valid under daily looks."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.half_up import round_half_up
from bot.data.analyses.experiments.arms import (
    EventExperiment,
    Experiment,
    build_experiments,
    count_outcomes,
    describe_crossed_people,
    describe_unreadable,
    find_crossed_people,
    read_event_experiment,
    select_parts,
)
from bot.data.analyses.experiments.hypothesis_tests import (
    MIN_RATIO_P,
    ArmCounts,
    Effect,
    adjust_holm,
    check_sample_ratio,
    compare_amounts,
    compare_rates,
    compute_sequential_p,
)
from bot.data.analyses.result import MIN_SHOWN_CHANCE, AnalysisFilter, AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.metrics.filters import FILTER_NAMES, build_people, list_currencies
from bot.data.stats import round_figure
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.text.normalize import slugify

AddFact: TypeAlias = Callable[..., Any]
MAX_P_VALUE = 0.05
MIN_SUCCESSES = 20  # of both arms together; with fewer a rate is not reliable


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts of all tests, or of the one that `filter_.experiment` names.

    experiments.<test>--<metric>.status is "broken", "too early", "won", "lost" or "no difference
    seen". Rates are in %, effects in percentage points, amounts per person in the shop's currency.
    A broken test has the arms' .users, .meant and what they did, but no effect. Where amounts are
    known only as sums over several people, there are means, but no effect, interval, verdict or
    status. With `filter_.by` the subjects are experiments.<test>--<metric>--<part>, and each part
    counts as one more comparison; every part of a broken test is broken. With days, only the tests
    that ran in them are told, or with `filter_.when` "ended" those that ended in them."""
    if filter_.by not in (None, *PARTS):
        raise CannotDo("A test is told by device, country or segment.")
    table, visits = warehouse.table("experiments"), read_event_experiment(warehouse)
    if table is None and visits is None:
        return AnalysisResult.refuse(
            "experiments",
            warehouse,
            Words("There are no tests yet: import a file with variants and results."),
        )
    kind = "events" if table is None else "experiments"
    result = AnalysisResult.from_table("experiments", warehouse, kind)
    if table is not None:
        _add_experiments(result, warehouse, table, filter_)
    if visits is not None:
        _add_visit_experiment(result, warehouse, visits, filter_)
    if filter_.by is None:
        _add_counts(result)
    if len(currencies := list_currencies(warehouse, "orders")) == 1:
        _name_currency(result, currencies[0])
    if not result.facts and not result.limits:
        result.add_limit("There is no test called {name}.", name=filter_.experiment or "?")
    return result


def _name_currency(result: AnalysisResult, currency: str) -> None:
    """Give amounts the shop's only currency: the files of tests name none."""
    for at, fact in enumerate(result.facts):
        is_amount = fact.parts.measure.removesuffix("-low").removesuffix("-high") in AMOUNTS
        if is_amount and fact.unit is None and isinstance(fact.value, Decimal):
            result.facts[at] = fact.model_copy(update={"unit": currency})


def _add_counts(result: AnalysisResult) -> None:
    """Add experiments.all.won, .lost, .broken and .undecided: of several tests, how many ended so.
    A test of several metrics counts by the best of them."""
    by_test: dict[str, set[str]] = {}
    for fact in result.facts:
        if fact.parts.measure == "status":
            by_test.setdefault(fact.parts.subject.split("--")[0], set()).add(str(fact.value))
    if len(by_test) < 2:
        return
    ends = [
        next((end for end in ("won", "lost", "broken") if end in ended), "undecided")
        for ended in by_test.values()
    ]
    result.mark_without_customers("all")
    add = _make_fact_adder(result, "all", "tests", len(ends))
    for end in ("won", "lost", "broken", "undecided"):
        add(end, ends.count(end), "tests")


def _add_experiments(
    result: AnalysisResult, warehouse: Warehouse, table: ir.Table, filter_: AnalysisFilter
) -> None:
    crossed = find_crossed_people(table)
    several = {
        row["test"]: int(row["people"])
        for row in fetch_rows(warehouse, crossed.group_by("test").aggregate(people=_.count()))
    }
    if several:
        named = table.mutate(test=table.experiment.fill_null("test"))
        table = named.anti_join(crossed, ["test", "unit"]).drop("test")
    expression = count_outcomes(_name_parts(warehouse, table, filter_.by))
    result.queries["arms"] = defer_sql(expression)
    split = json.loads(filter_.split) if filter_.split else {}
    trials = build_experiments(fetch_rows(warehouse, expression))
    if filter_.since or filter_.until:
        trials = _keep_tests_of_days(result, trials, filter_)
    if filter_.by:
        trials = _keep_parts(result, _mark_broken(trials, split), warehouse, filter_.by)
    for trial in trials:
        if filter_.experiment in (None, trial.experiment, slugify(trial.experiment)):
            if people := several.pop(trial.experiment, 0):  # once for all of its metrics
                title = trial.title or trial.experiment
                result.add_limit(describe_crossed_people(people, title, warehouse.floor))
            safe = trial.with_split(split).without(
                [arm.variant for arm in trial.arms if is_below_floor(arm.users, warehouse.floor)]
            )
            if len(safe.arms) < len(trial.arms):
                result.withhold("people")
            _add_experiment(result, safe, warehouse.sales_floor)


AMOUNTS = ("mean", "effect", "worth", "ahead")  # a rate among them has a unit of its own
PARTS = {"segment": Words("segment"), **{n: FILTER_NAMES[n] for n in ("device", "country")}}


OTHER_DAYS = Words("Left out, of other days: {tests}.")
NO_DAYS = Words("Left out, as no file says on which days it ran: {tests}.")


def _name_parts(warehouse: Warehouse, table: ir.Table, by: str | None) -> ir.Table:
    """Return the rows with `part`: their device or country, or their person's segment."""
    people = build_people(warehouse) if by == "segment" else None
    if by is None or (by == "segment" and people is None):
        return table.mutate(part=ibis.null("string"))
    if people is not None:
        named = people.select(person=people.customer, part=people.segment)
        return table.left_join(named, table.unit == named.person).drop("person")
    return table.mutate(part=table[by])


def _keep_tests_of_days(
    result: AnalysisResult, trials: Sequence[Experiment], filter_: AnalysisFilter
) -> list[Experiment]:
    """Return what is of the tests that ran or ended in the days of the filter, and name all other
    tests."""
    days: dict[str, list[date]] = {}
    for trial in trials:
        own = days.setdefault(trial.experiment, [])
        own += [day for day in (trial.first, trial.last) if day]
    since, until = filter_.since or date.min, filter_.until or date.max
    find_first = max if filter_.when == "ended" else min
    kept = {
        test for test, own in days.items() if own and find_first(own) <= until and max(own) >= since
    }
    titles = {one.experiment: one.title or one.experiment for one in trials}
    for is_dated, words in ((True, OTHER_DAYS), (False, NO_DAYS)):
        if left := [titles[one] for one in days if one not in kept and bool(days[one]) is is_dated]:
            result.add_limit(words.with_params(tests=", ".join(left)))
    return [trial for trial in trials if trial.experiment in kept]


def _mark_broken(trials: Sequence[Experiment], split: Mapping[str, float]) -> list[Experiment]:
    """Return the parts of all tests, marked where the test as a whole has a broken split: then no
    part of it may be read, however even its own arms are."""
    marked: list[Experiment] = []
    for _test, group in groupby(trials, lambda one: (one.experiment, one.metric)):
        parts = [one.with_split(split) for one in group]
        users: Counter[str] = Counter()
        meant: dict[str, float] = {}
        for part in parts:
            users.update({arm.variant: arm.users for arm in part.arms})
            meant.update(zip((arm.variant for arm in part.arms), part.shares or (), strict=False))
        sizes = [users[variant] for variant in meant]
        broken = len(sizes) > 1 and check_sample_ratio(sizes, [*meant.values()])[1] < MIN_RATIO_P
        marked += [replace(part, is_whole_broken=broken) for part in parts]
    return marked


def _keep_parts(
    result: AnalysisResult, trials: Sequence[Experiment], warehouse: Warehouse, by: str
) -> list[Experiment]:
    """Return the parts of all tests that may be shown, and tell of those without any."""
    kept: list[Experiment] = []
    for (test, _metric), group in groupby(trials, lambda one: (one.experiment, one.metric)):
        parts = list(group)
        shown = select_parts(parts, warehouse.floor, warehouse.sales_floor)
        kept += shown
        if len(shown) < sum(one.part is not None for one in parts):
            result.withhold("people")
        elif not shown:
            limit = Words("{test}: no row names a {column}.", test=test, column=PARTS[by])
            if limit not in result.limits:
                result.add_limit(limit)
    return kept


def _add_visit_experiment(
    result: AnalysisResult, warehouse: Warehouse, visits: EventExperiment, filter_: AnalysisFilter
) -> None:
    """Add the test that the events contain, or the reason why it can't be evaluated."""
    if no := describe_unreadable(visits, warehouse.source("events").words(), warehouse.floor):
        result.add_limit(no)
    if visits.rows is None:
        return
    mine = AnalysisResult.from_table("experiments", warehouse, "events")
    _add_experiments(mine, warehouse, visits.rows, filter_)
    result.facts += [fact.model_copy(update={"query": "visits"}) for fact in mine.facts]
    result.queries["visits"] = mine.queries["arms"]
    result.limits += mine.limits


def _add_experiment(result: AnalysisResult, trial: Experiment, sales_floor: int) -> None:
    """Add one test. It consists only of the arms that are large enough, and so does its total."""
    if not trial.arms:
        return
    test, about = slugify(trial.experiment), trial.title or trial.experiment
    subject = f"{test}--{slugify(trial.metric)}"
    if trial.part is not None:
        subject, about = f"{subject}--{slugify(trial.part)}", f"{about}, {trial.part}"
    add = _make_fact_adder(result, subject, f"{about}, {trial.metric}", trial.users)
    result.set_group_size(subject, trial.users)
    add("title", trial.title or trial.experiment)
    add("metric", trial.metric)
    if trial.part is not None:
        add("part", trial.part)
    add("users", trial.users)
    if trial.first and trial.last:
        add("first-day", trial.first)
        add("last-day", trial.last)
    if len(trial.arms) < 2:
        add("status", "too early")
        result.add_limit("{test} has one variant only: nothing to compare.", test=about)
        return
    if trial.shares is None:
        add("split", "not stated")
        result.add_limit(
            "{test}: nobody stated how people were meant to be split, so whether the split "
            "went wrong can't be checked. How was it meant, for example 50/50?",
            test=about,
        )
    elif _is_broken(result, trial, trial.shares, add, subject, about, sales_floor):
        return
    add("control", trial.control.variant)
    if any(is_below_floor(arm.buyers, sales_floor) for arm in trial.arms):
        # an arm with so few buyers that no figure about purchases may be shown
        add("status", "too early")
        result.withhold("sales")
        for arm in trial.arms:
            _add_arm(result, subject, about, arm)
        return
    _add_effects(result, trial, add, subject, about)


def _is_broken(
    result: AnalysisResult,
    trial: Experiment,
    shares: Sequence[float],
    add: AddFact,
    subject: str,
    about: str,
    sales_floor: int,
) -> bool:
    """Add how likely the sizes of the arms are by chance, and where the split is broken, the sizes
    that were meant and what the people of each arm did."""
    statistic, p = check_sample_ratio([arm.users for arm in trial.arms], shares)
    add("ratio-p", _round_p(p))
    add("ratio-chance", _round_chance(p), "%")
    if p >= MIN_RATIO_P and not trial.is_whole_broken:
        return False
    add("status", "broken")
    add("ratio-chi-square", round_figure(statistic, 1))
    may_show = not any(is_below_floor(arm.buyers, sales_floor) for arm in trial.arms)
    for arm, share in zip(trial.arms, shares, strict=True):
        tell = _add_arm(result, subject, about, arm)
        tell("meant", round_half_up(trial.users * share / sum(shares)))
        if may_show:
            _add_outcome(tell, trial, arm)
    return True


def _add_outcome(tell: AddFact, trial: Experiment, arm: ArmCounts) -> None:
    if trial.amounts:
        tell("mean", round_figure(arm.mean, 2))
    else:
        tell("successes", arm.successes)
        tell("rate", round_figure(100 * arm.rate, 2), "%")


def _add_effects(
    result: AnalysisResult, trial: Experiment, add: AddFact, subject: str, about: str
) -> None:
    control, add_arms = trial.control, dict[str, AddFact]()
    if trial.is_guessed:
        add("control-guessed", control.variant)
    for arm in trial.arms:
        tell = add_arms[arm.variant] = _add_arm(result, subject, about, arm)
        _add_outcome(tell, trial, arm)
    others = [arm for arm in trial.arms if arm is not control]
    if not all(arm.spread for arm in trial.arms):
        result.add_limit(
            "{test}: the amounts are sums of several people, so how sure a difference in "
            "money is "
            "can't be told. Import one row a person.",
            test=about,
        )
        if trial.amounts:
            return
    measure = compare_amounts if trial.amounts else compare_rates
    effects = [measure(arm, control) for arm in others]
    adjusted = [min(1.0, p * trial.parts) for p in adjust_holm([effect.p for effect in effects])]
    verdicts = []
    for arm, effect, p in zip(others, effects, adjusted, strict=True):
        tell = partial(add_arms[arm.variant], rows=trial.users)
        _add_effect(tell, trial, arm, effect, p)
        if arm.total and control.total and not trial.amounts:
            _add_value_per_person(tell, arm, control)
        verdicts.append(_choose_verdict(trial, arm, effect, p))
        tell("verdict", verdicts[-1])
    best = next((v for v in ("won", "lost", "no difference seen") if v in verdicts), "too early")
    add("status", best)
    if best == "won":
        ranked = sorted(
            (arm for arm, verdict in zip(others, verdicts, strict=True) if verdict == "won"),
            key=lambda arm: -measure(arm, control).change,
        )
        add("winner", ranked[0].variant)
        _add_best_variant(add, trial, ranked, [effect.p for effect in effects])


def _add_best_variant(
    add: AddFact, trial: Experiment, ranked: Sequence[ArmCounts], ps: Sequence[float]
) -> None:
    """Tell, of several winners, whether the best is better than the next. This is one more
    comparison and is counted as one."""
    if len(ranked) < 2:
        return
    first, second = ranked[:2]
    effect = compare_amounts(first, second) if trial.amounts else compare_rates(first, second)
    add("runner-up", second.variant)
    _add_interval(add, "ahead", effect, is_amount=trial.amounts)
    sure = adjust_holm([*ps, effect.p])[-1] * trial.parts < MAX_P_VALUE
    add("ahead-verdict", "won" if sure else "no difference seen")


def _add_arm(result: AnalysisResult, subject: str, about: str, arm: ArmCounts) -> AddFact:
    """Add an arm and its people, and return what adds more about it."""
    arm_subject = f"{subject}--{slugify(arm.variant)}"
    result.set_group_size(arm_subject, arm.users)
    add = _make_fact_adder(result, arm_subject, f"{about}, {arm.variant}", arm.users)
    add("variant", arm.variant)
    add("users", arm.users)
    return add


def _add_effect(add: AddFact, trial: Experiment, arm: ArmCounts, effect: Effect, p: float) -> None:
    _add_interval(add, "effect", effect, is_amount=trial.amounts)
    add("p", _round_p(p))
    add("chance", _round_chance(p), "%")
    base = trial.control.mean if trial.amounts else trial.control.rate
    if base:
        add("relative-change", round_figure(100 * effect.change / base, 1), "%")
    if trial.days and not trial.amounts:
        daily = compute_sequential_p(trial.iter_daily_looks(arm.variant))
        add("always-valid-p", _round_p(daily))
        add("chance-daily", _round_chance(daily), "%")


def _add_value_per_person(add: AddFact, arm: ArmCounts, control: ArmCounts) -> None:
    """Add the change in money per person shown, because more buyers may spend less each. There is
    no interval where the amounts are sums over several people."""
    if not (arm.spread and control.spread):
        add("worth", round_figure(arm.mean - control.mean, 2))
        return
    _add_interval(add, "worth", compare_amounts(arm, control), is_amount=True)


def _add_interval(add: AddFact, measure: str, effect: Effect, *, is_amount: bool) -> None:
    scale, unit = (1.0, None) if is_amount else (100.0, "points")
    add(measure, round_figure(scale * effect.change, 2), unit)
    add(f"{measure}-low", round_figure(scale * effect.low, 2), unit)
    add(f"{measure}-high", round_figure(scale * effect.high, 2), unit)


def _choose_verdict(trial: Experiment, arm: ArmCounts, effect: Effect, p: float) -> str:
    if not trial.amounts and arm.successes + trial.control.successes < MIN_SUCCESSES:
        return "too early"
    if p >= MAX_P_VALUE:
        return "no difference seen"
    return "won" if effect.change > 0 else "lost"


def _make_fact_adder(result: AnalysisResult, subject: str, about: str, rows: int) -> AddFact:
    return partial(result.add, subject, about=about, rows=rows, query="arms")


def _round_p(p: float) -> Decimal:
    """Round to four digits, and never to zero."""
    return max(Decimal("0.0001"), round_half_up(p, 4))


def _round_chance(p: float) -> Decimal:
    """Return the chance in % as it is shown: 60.6, 0.17; 0.1 stands for everything below."""
    share = Decimal(str(100 * p))
    if share < MIN_SHOWN_CHANCE:
        return MIN_SHOWN_CHANCE
    return max(MIN_SHOWN_CHANCE + Decimal("0.01"), round_half_up(share, 1 if share >= 1 else 2))
