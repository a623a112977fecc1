"""Tests of variants: may they be read, what did they change, how sure is it.

First the sample ratio; a broken test is called broken and gets no effect. Then each arm against
the control with its interval, Holm over several arms, and a p that stays valid under daily looks.
"""

from collections.abc import Sequence
from decimal import Decimal

import ibis.expr.types as ir

from bot.core.source import Source
from bot.data.analyses.experiments.arms import Experiment, build_experiments, count_outcomes
from bot.data.analyses.experiments.event_experiments import (
    EventExperiment,
    describe_unreadable,
    read_event_experiment,
)
from bot.data.analyses.experiments.hypothesis_tests import (
    ArmCounts,
    Effect,
    adjust_holm,
    compare_amounts,
    compare_rates,
    compute_sequential_p,
)
from bot.data.analyses.experiments.sample_size import MIN_RATIO_P, check_sample_ratio
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify

MAX_P_VALUE = 0.05
MIN_SUCCESSES = 20  # successes of both arms below which a rate says nothing


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """All tests, or the one that `where.experiment` names.

    experiments.<test>--<metric>.status is "broken", "too early", "won", "lost" or "no difference
    seen"; rates are in %, effects in points of it, amounts as in the file, per person. Of a broken
    one only the arms' .users and .meant are told. Of amounts that are known only as sums of several
    people, there are means and no effect, no interval, no verdict, no status.
    """
    table, visits = shelf.table("experiments"), read_event_experiment(shelf)
    if table is None and visits is None:
        empty = AnalysisResult("experiments", Source(""), shelf.today)
        empty.refuse(Words("There are no tests yet: import a file with variants and results."))
        return empty
    kind = "events" if table is None else "experiments"
    found = AnalysisResult(
        "experiments", shelf.source(kind), shelf.as_of(kind), floors=shelf.floors
    )
    if table is not None:
        _add_experiments(found, shelf, table, where)
    if visits is not None:
        _add_visit_experiment(found, shelf, visits, where)
    if not found.facts and not found.cannot:
        found.refuse(Words("There is no test called {name}.", name=where.experiment or "?"))
    return found


def _add_experiments(
    found: AnalysisResult, shelf: Warehouse, table: ir.Table, where: AnalysisFilter
) -> None:
    expression = count_outcomes(table)
    found.queries["arms"] = defer_sql(expression)
    for trial in build_experiments(fetch_rows(shelf, expression)):
        if where.experiment in (None, trial.experiment, slugify(trial.experiment)):
            safe = trial.without(
                [arm.variant for arm in trial.arms if is_below_floor(arm.users, shelf.floor)]
            )
            if len(safe.arms) < len(trial.arms):
                found.withhold("people")
            _add_experiment(found, safe, shelf.sales_floor)


def _add_visit_experiment(
    found: AnalysisResult, shelf: Warehouse, visits: EventExperiment, where: AnalysisFilter
) -> None:
    """The test that stands in the events, or why it can't be read there."""
    if no := describe_unreadable(visits, shelf.source("events").words(), shelf.floor):
        found.refuse(no)
    if visits.rows is None:
        return
    mine = AnalysisResult(
        "experiments", shelf.source("events"), shelf.as_of("events"), floors=shelf.floors
    )
    _add_experiments(mine, shelf, visits.rows, where)
    found.refuse(
        Words(
            "{file} does not say which share of the visitors each variant was meant for: equal "
            "shares are taken.",
            file=mine.source.words(),
        )
    )
    found.facts += [fact.model_copy(update={"query": "visits"}) for fact in mine.facts]
    found.queries["visits"] = mine.queries["arms"]
    found.cannot += mine.cannot


def _add_experiment(found: AnalysisResult, trial: Experiment, sales_floor: int) -> None:
    """What is told of a test is of its arms that are large enough, and so is its total."""
    test, about = slugify(trial.experiment), trial.title or trial.experiment
    subject = f"{test}--{slugify(trial.metric)}"
    say = _SubjectFacts(found, subject, f"{about}, {trial.metric}", trial.users)
    if not trial.arms:
        return
    found.group(subject, trial.users)
    say("title", about)
    say("metric", trial.metric)
    say("users", trial.users)
    if trial.first and trial.last:
        say("first-day", trial.first)
        say("last-day", trial.last)
    if len(trial.arms) < 2:
        say("status", "too early")
        found.refuse(Words("{test} has one variant only: nothing to compare.", test=about))
        return
    statistic, p = check_sample_ratio([arm.users for arm in trial.arms], trial.shares)
    say("ratio-p", _round_p(p))
    say("ratio-chance", _round_chance(p), "%")
    if p < MIN_RATIO_P:
        say("status", "broken")
        say("ratio-chi-square", round(statistic, 1))
        _add_sample_ratio_mismatch(found, trial, subject, about)
        return
    if any(is_below_floor(arm.buyers, sales_floor) for arm in trial.arms):
        _add_early_result(found, trial, say, subject, about)
        return
    _add_effects(found, trial, say, subject, about)


def _add_early_result(
    found: AnalysisResult, trial: Experiment, say: "_SubjectFacts", subject: str, about: str
) -> None:
    """So few bought in some arm that no figure of what they bought is told."""
    say("control", trial.control.variant)
    say("status", "too early")
    found.withhold("sales")
    for arm in trial.arms:
        one = f"{subject}--{slugify(arm.variant)}"
        found.group(one, arm.users)
        tell = _SubjectFacts(found, one, f"{about}, {arm.variant}", arm.users)
        tell("variant", arm.variant)
        tell("users", arm.users)


def _add_sample_ratio_mismatch(
    found: AnalysisResult, trial: Experiment, subject: str, about: str
) -> None:
    """How many each arm got, and how many were meant for it; no rates, no effects."""
    shares = trial.shares or [1.0] * len(trial.arms)
    for arm, share in zip(trial.arms, shares, strict=True):
        one = f"{subject}--{slugify(arm.variant)}"
        found.group(one, arm.users)
        tell = _SubjectFacts(found, one, f"{about}, {arm.variant}", arm.users)
        tell("variant", arm.variant)
        tell("users", arm.users)
        tell("meant", round(trial.users * share / sum(shares)))


def _add_effects(
    found: AnalysisResult, trial: Experiment, say: "_SubjectFacts", subject: str, about: str
) -> None:
    control = trial.control
    say("control", control.variant)
    if trial.is_guessed:
        say("control-guessed", control.variant)
    others = [arm for arm in trial.arms if arm is not control]
    if not all(arm.spread for arm in trial.arms):
        found.refuse(
            Words(
                "{test}: the amounts are sums of several people, so how sure a difference in "
                "money is "
                "can't be told. Import one row a person.",
                test=about,
            )
        )
        if trial.amounts:
            for arm in trial.arms:
                _add_arm(found, trial, subject, about, arm)
            return
    measure = compare_amounts if trial.amounts else compare_rates
    effects = [measure(arm, control) for arm in others]
    adjusted = adjust_holm([effect.p for effect in effects])
    for arm in trial.arms:
        _add_arm(found, trial, subject, about, arm)
    verdicts = []
    for arm, effect, p in zip(others, effects, adjusted, strict=True):
        tell = _SubjectFacts(
            found, f"{subject}--{slugify(arm.variant)}", f"{about}, {arm.variant}", trial.users
        )
        _add_effect(tell, trial, arm, effect, p)
        if arm.total and control.total and not trial.amounts:
            _add_value_per_person(tell, arm, control)
        verdicts.append(_choose_verdict(trial, arm, effect, p))
        tell("verdict", verdicts[-1])
    best = next((v for v in ("won", "lost", "no difference seen") if v in verdicts), "too early")
    say("status", best)
    if best == "won":
        ranked = sorted(
            (arm for arm, verdict in zip(others, verdicts, strict=True) if verdict == "won"),
            key=lambda arm: -measure(arm, control).change,
        )
        say("winner", ranked[0].variant)
        _add_best_variant(say, trial, ranked, [effect.p for effect in effects])


def _add_best_variant(
    say: "_SubjectFacts", trial: Experiment, ranked: Sequence[ArmCounts], ps: Sequence[float]
) -> None:
    """Of several winners, whether the best is better than the next: one more comparison, and
    counted as one."""
    if len(ranked) < 2:
        return
    first, second = ranked[:2]
    scale, unit = (1.0, None) if trial.amounts else (100.0, "points")
    effect = compare_amounts(first, second) if trial.amounts else compare_rates(first, second)
    say("runner-up", second.variant)
    say("ahead", round(scale * effect.change, 2), unit)
    say("ahead-low", round(scale * effect.low, 2), unit)
    say("ahead-high", round(scale * effect.high, 2), unit)
    sure = adjust_holm([*ps, effect.p])[-1] < MAX_P_VALUE
    say("ahead-verdict", "won" if sure else "no difference seen")


def _add_arm(
    found: AnalysisResult, trial: Experiment, subject: str, about: str, arm: ArmCounts
) -> None:
    found.group(f"{subject}--{slugify(arm.variant)}", arm.users)
    tell = _SubjectFacts(
        found, f"{subject}--{slugify(arm.variant)}", f"{about}, {arm.variant}", arm.users
    )
    tell("variant", arm.variant)
    tell("users", arm.users)
    if trial.amounts:
        tell("mean", round(arm.mean, 2))
    else:
        tell("successes", arm.successes)
        tell("rate", round(100 * arm.rate, 2), "%")


def _add_effect(
    tell: "_SubjectFacts", trial: Experiment, arm: ArmCounts, effect: Effect, p: float
) -> None:
    scale, unit, digits = (1.0, None, 2) if trial.amounts else (100.0, "points", 2)
    tell("effect", round(scale * effect.change, digits), unit)
    tell("effect-low", round(scale * effect.low, digits), unit)
    tell("effect-high", round(scale * effect.high, digits), unit)
    tell("p", _round_p(p))
    tell("chance", _round_chance(p), "%")
    base = trial.control.mean if trial.amounts else trial.control.rate
    if base:
        tell("relative-change", round(100 * effect.change / base, 1), "%")
    if trial.days and not trial.amounts:
        daily = compute_sequential_p(trial.looks(arm.variant))
        tell("always-valid-p", _round_p(daily))
        tell("chance-daily", _round_chance(daily), "%")


def _add_value_per_person(tell: "_SubjectFacts", arm: ArmCounts, control: ArmCounts) -> None:
    """What it changed in money, per person shown: more buyers may buy less. Without its interval
    where the amounts are sums of several people."""
    if not (arm.spread and control.spread):
        tell("worth", round(arm.mean - control.mean, 2))
        return
    effect = compare_amounts(arm, control)
    tell("worth", round(effect.change, 2))
    tell("worth-low", round(effect.low, 2))
    tell("worth-high", round(effect.high, 2))


def _choose_verdict(trial: Experiment, arm: ArmCounts, effect: Effect, p: float) -> str:
    if not trial.amounts and arm.successes + trial.control.successes < MIN_SUCCESSES:
        return "too early"
    if p >= MAX_P_VALUE:
        return "no difference seen"
    return "won" if effect.change > 0 else "lost"


def _round_p(p: float) -> Decimal:
    """As people write it: four digits, and never a bare nought."""
    return max(Decimal("0.0001"), Decimal(str(round(p, 4))))


MIN_SHOWN_CHANCE = Decimal("0.1")  # %: a chance below it is told as "under 0.1%"


def _round_chance(p: float) -> Decimal:
    """The same in %, as people say it: 60.6, 0.17; 0.1 stands for all that is under it."""
    share = Decimal(str(100 * p))
    if share < MIN_SHOWN_CHANCE:
        return MIN_SHOWN_CHANCE
    return max(MIN_SHOWN_CHANCE + Decimal("0.01"), round(share, 1 if share >= 1 else 2))


class _SubjectFacts:
    """Facts of one subject."""

    def __init__(self, found: AnalysisResult, subject: str, about: str, rows: int):
        self._found, self._subject, self._about, self._rows = found, subject, about, rows

    def __call__(self, measure: str, value: object, unit: str | None = None) -> None:
        self._found.add(
            self._subject,
            measure,
            value,  # type: ignore[arg-type]
            unit=unit,
            about=self._about,
            rows=self._rows,
            query="arms",
        )
