"""Evaluate A/B tests: whether the result is valid, what changed, and how certain it is.

The sample ratio is checked first; a broken test is reported as broken, without an effect. Then each
arm is compared with the control, with an interval, Holm's correction over several arms, and a p
value that stays valid under daily looks."""

from collections.abc import Sequence
from decimal import Decimal

import ibis.expr.types as ir

from bot.data.analyses.experiments.arms import (
    EventExperiment,
    Experiment,
    build_experiments,
    count_outcomes,
    describe_unreadable,
    read_event_experiment,
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
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.normalize import slugify

MAX_P_VALUE = 0.05
MIN_SUCCESSES = 20  # of both arms together; with fewer a rate is not reliable


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts of all tests, or of the one that `filter_.experiment` names.

    experiments.<test>--<metric>.status is "broken", "too early", "won", "lost" or "no difference
    seen". Rates are in %, effects in percentage points, amounts in the file's currency per person.
    A broken test only has the arms' .users and .meant. Where amounts are known only as sums over
    several people, there are means, but no effect, interval, verdict or status."""
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
    if not result.facts and not result.limits:
        result.add_limit(Words("There is no test called {name}.", name=filter_.experiment or "?"))
    return result


def _add_experiments(
    result: AnalysisResult, warehouse: Warehouse, table: ir.Table, filter_: AnalysisFilter
) -> None:
    expression = count_outcomes(table)
    result.queries["arms"] = defer_sql(expression)
    for trial in build_experiments(fetch_rows(warehouse, expression)):
        if filter_.experiment in (None, trial.experiment, slugify(trial.experiment)):
            safe = trial.without(
                [arm.variant for arm in trial.arms if is_below_floor(arm.users, warehouse.floor)]
            )
            if len(safe.arms) < len(trial.arms):
                result.withhold("people")
            _add_experiment(result, safe, warehouse.sales_floor)


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
    result.add_limit(
        Words(
            "{file} does not say which share of the visitors each variant was meant for: equal "
            "shares are taken.",
            file=mine.source.words(),
        )
    )
    result.facts += [fact.model_copy(update={"query": "visits"}) for fact in mine.facts]
    result.queries["visits"] = mine.queries["arms"]
    result.limits += mine.limits


def _add_experiment(result: AnalysisResult, trial: Experiment, sales_floor: int) -> None:
    """Add one test. It consists only of the arms that are large enough, and so does its total."""
    test, about = slugify(trial.experiment), trial.title or trial.experiment
    subject = f"{test}--{slugify(trial.metric)}"
    subject_facts = _SubjectFacts(result, subject, f"{about}, {trial.metric}", trial.users)
    if not trial.arms:
        return
    result.set_group_size(subject, trial.users)
    subject_facts("title", about)
    subject_facts("metric", trial.metric)
    subject_facts("users", trial.users)
    if trial.first and trial.last:
        subject_facts("first-day", trial.first)
        subject_facts("last-day", trial.last)
    if len(trial.arms) < 2:
        subject_facts("status", "too early")
        result.add_limit(Words("{test} has one variant only: nothing to compare.", test=about))
        return
    statistic, p = check_sample_ratio([arm.users for arm in trial.arms], trial.shares)
    subject_facts("ratio-p", _round_p(p))
    subject_facts("ratio-chance", _round_chance(p), "%")
    if p < MIN_RATIO_P:
        subject_facts("status", "broken")
        subject_facts("ratio-chi-square", round(statistic, 1))
        _add_sample_ratio_mismatch(result, trial, subject, about)
        return
    if any(is_below_floor(arm.buyers, sales_floor) for arm in trial.arms):
        _add_early_result(result, trial, subject_facts, subject, about)
        return
    _add_effects(result, trial, subject_facts, subject, about)


def _add_early_result(
    result: AnalysisResult,
    trial: Experiment,
    subject_facts: "_SubjectFacts",
    subject: str,
    about: str,
) -> None:
    """Handle an arm with so few buyers that no figure about purchases may be shown."""
    subject_facts("control", trial.control.variant)
    subject_facts("status", "too early")
    result.withhold("sales")
    for arm in trial.arms:
        arm_subject = f"{subject}--{slugify(arm.variant)}"
        result.set_group_size(arm_subject, arm.users)
        tell = _SubjectFacts(result, arm_subject, f"{about}, {arm.variant}", arm.users)
        tell("variant", arm.variant)
        tell("users", arm.users)


def _add_sample_ratio_mismatch(
    result: AnalysisResult, trial: Experiment, subject: str, about: str
) -> None:
    """Add how many users each arm got and how many were intended; no rates and no effects."""
    shares = trial.shares or [1.0] * len(trial.arms)
    for arm, share in zip(trial.arms, shares, strict=True):
        arm_subject = f"{subject}--{slugify(arm.variant)}"
        result.set_group_size(arm_subject, arm.users)
        subject_facts = _SubjectFacts(result, arm_subject, f"{about}, {arm.variant}", arm.users)
        subject_facts("variant", arm.variant)
        subject_facts("users", arm.users)
        subject_facts("meant", round(trial.users * share / sum(shares)))


def _add_effects(
    result: AnalysisResult,
    trial: Experiment,
    subject_facts: "_SubjectFacts",
    subject: str,
    about: str,
) -> None:
    control = trial.control
    subject_facts("control", control.variant)
    if trial.is_guessed:
        subject_facts("control-guessed", control.variant)
    others = [arm for arm in trial.arms if arm is not control]
    if not all(arm.spread for arm in trial.arms):
        result.add_limit(
            Words(
                "{test}: the amounts are sums of several people, so how sure a difference in "
                "money is "
                "can't be told. Import one row a person.",
                test=about,
            )
        )
        if trial.amounts:
            for arm in trial.arms:
                _add_arm(result, trial, subject, about, arm)
            return
    measure = compare_amounts if trial.amounts else compare_rates
    effects = [measure(arm, control) for arm in others]
    adjusted = adjust_holm([effect.p for effect in effects])
    for arm in trial.arms:
        _add_arm(result, trial, subject, about, arm)
    verdicts = []
    for arm, effect, p in zip(others, effects, adjusted, strict=True):
        tell = _SubjectFacts(
            result, f"{subject}--{slugify(arm.variant)}", f"{about}, {arm.variant}", trial.users
        )
        _add_effect(tell, trial, arm, effect, p)
        if arm.total and control.total and not trial.amounts:
            _add_value_per_person(tell, arm, control)
        verdicts.append(_choose_verdict(trial, arm, effect, p))
        tell("verdict", verdicts[-1])
    best = next((v for v in ("won", "lost", "no difference seen") if v in verdicts), "too early")
    subject_facts("status", best)
    if best == "won":
        ranked = sorted(
            (arm for arm, verdict in zip(others, verdicts, strict=True) if verdict == "won"),
            key=lambda arm: -measure(arm, control).change,
        )
        subject_facts("winner", ranked[0].variant)
        _add_best_variant(subject_facts, trial, ranked, [effect.p for effect in effects])


def _add_best_variant(
    subject_facts: "_SubjectFacts",
    trial: Experiment,
    ranked: Sequence[ArmCounts],
    ps: Sequence[float],
) -> None:
    """Tell, of several winners, whether the best is better than the next. This is one more
    comparison and is counted as one."""
    if len(ranked) < 2:
        return
    first, second = ranked[:2]
    scale, unit = (1.0, None) if trial.amounts else (100.0, "points")
    effect = compare_amounts(first, second) if trial.amounts else compare_rates(first, second)
    subject_facts("runner-up", second.variant)
    subject_facts("ahead", round(scale * effect.change, 2), unit)
    subject_facts("ahead-low", round(scale * effect.low, 2), unit)
    subject_facts("ahead-high", round(scale * effect.high, 2), unit)
    sure = adjust_holm([*ps, effect.p])[-1] < MAX_P_VALUE
    subject_facts("ahead-verdict", "won" if sure else "no difference seen")


def _add_arm(
    result: AnalysisResult, trial: Experiment, subject: str, about: str, arm: ArmCounts
) -> None:
    result.set_group_size(f"{subject}--{slugify(arm.variant)}", arm.users)
    subject_facts = _SubjectFacts(
        result, f"{subject}--{slugify(arm.variant)}", f"{about}, {arm.variant}", arm.users
    )
    subject_facts("variant", arm.variant)
    subject_facts("users", arm.users)
    if trial.amounts:
        subject_facts("mean", round(arm.mean, 2))
    else:
        subject_facts("successes", arm.successes)
        subject_facts("rate", round(100 * arm.rate, 2), "%")


def _add_effect(
    subject_facts: "_SubjectFacts", trial: Experiment, arm: ArmCounts, effect: Effect, p: float
) -> None:
    scale, unit, digits = (1.0, None, 2) if trial.amounts else (100.0, "points", 2)
    subject_facts("effect", round(scale * effect.change, digits), unit)
    subject_facts("effect-low", round(scale * effect.low, digits), unit)
    subject_facts("effect-high", round(scale * effect.high, digits), unit)
    subject_facts("p", _round_p(p))
    subject_facts("chance", _round_chance(p), "%")
    base = trial.control.mean if trial.amounts else trial.control.rate
    if base:
        subject_facts("relative-change", round(100 * effect.change / base, 1), "%")
    if trial.days and not trial.amounts:
        daily = compute_sequential_p(trial.iter_daily_looks(arm.variant))
        subject_facts("always-valid-p", _round_p(daily))
        subject_facts("chance-daily", _round_chance(daily), "%")


def _add_value_per_person(
    subject_facts: "_SubjectFacts", arm: ArmCounts, control: ArmCounts
) -> None:
    """Add the change in money per person shown, because more buyers may spend less each. There is
    no interval where the amounts are sums over several people."""
    if not (arm.spread and control.spread):
        subject_facts("worth", round(arm.mean - control.mean, 2))
        return
    effect = compare_amounts(arm, control)
    subject_facts("worth", round(effect.change, 2))
    subject_facts("worth-low", round(effect.low, 2))
    subject_facts("worth-high", round(effect.high, 2))


def _choose_verdict(trial: Experiment, arm: ArmCounts, effect: Effect, p: float) -> str:
    if not trial.amounts and arm.successes + trial.control.successes < MIN_SUCCESSES:
        return "too early"
    if p >= MAX_P_VALUE:
        return "no difference seen"
    return "won" if effect.change > 0 else "lost"


def _round_p(p: float) -> Decimal:
    """Round to four digits, and never to zero."""
    return max(Decimal("0.0001"), Decimal(str(round(p, 4))))


MIN_SHOWN_CHANCE = Decimal("0.1")  # in %; a smaller chance is shown as "under 0.1%"


def _round_chance(p: float) -> Decimal:
    """Return the chance in % as it is shown: 60.6, 0.17; 0.1 stands for everything below."""
    share = Decimal(str(100 * p))
    if share < MIN_SHOWN_CHANCE:
        return MIN_SHOWN_CHANCE
    return max(MIN_SHOWN_CHANCE + Decimal("0.01"), round(share, 1 if share >= 1 else 2))


class _SubjectFacts:
    """Adds the facts of one subject."""

    def __init__(self, result: AnalysisResult, subject: str, about: str, rows: int):
        self._found, self._subject, self._about, self._rows = result, subject, about, rows

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
