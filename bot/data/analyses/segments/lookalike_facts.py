"""Find look-alikes: customers who resemble the buyers of a product and don't own it yet."""

import ibis.expr.types as ir

from bot.data.analyses.experiments.sample_size import compute_smallest_lift
from bot.data.analyses.segments import lookalikes
from bot.data.analyses.segments.analysis_context import AnalysisContext
from bot.data.analyses.segments.audience import select_consenting
from bot.data.analyses.segments.lookalikes import HoldoutTrial
from bot.data.analyses.segments.profile import to_percent
from bot.data.floors import bound_count, is_below_floor
from bot.i18n.messages import Words
from bot.text.slugs import slugify

MAX_P_VALUE = 0.05
MIN_BUYERS = 5  # buyers among the selected; with fewer the holdout trial is not conclusive


def add_lookalike_facts(context: AnalysisContext) -> None:
    """Add facts segments.like-<thing>.buyers, .customers, .reachable-by-email, .holdout-rate,
    .holdout-rate-of-all, .holdout-lift, .smallest-effect (of a half-and-half test over 90 days,
    relative, %). Refused when the scores of 90 days ago found no more buyers than chance."""
    product, category = context.filter_.product, context.filter_.category
    result, floor = context.result, context.warehouse.floor
    thing = category or context.titles.get(product or "", product or "")
    seed = lookalikes.select_buyers(context.lines, product, category)
    buyers = _count_customers(context, "buyers", seed)
    if buyers < floor:
        result.add_limit(
            Words(
                "Under {n} customers bought {thing}: too few to find others like them.",
                n=floor,
                thing=thing,
            )
        )
        return
    subject = f"like-{slugify(product or category or '')}"
    result.set_group_size(subject, buyers, context.people - buyers)
    result.add(
        subject, "buyers", buyers, unit="customers", about=thing, rows=buyers, query="buyers"
    )
    table = lookalikes.build_holdout_trial(context.lines, product, category, context.until, floor)
    trial = lookalikes.read_holdout_trial(context.run_query("holdout", table)[0])
    counts = (trial.bought, trial.all_bought, trial.chosen)
    if any(is_below_floor(many, context.warehouse.sales_floor) for many in counts):
        result.add_limit(
            Words(
                "Look-alikes of buyers of {thing} are not shown: of those chosen 90 days ago, under"
                " {n} customers bought it since. That may be chance.",
                thing=thing,
                n=context.warehouse.sales_floor,
            )
        )
        return
    if trial.bought < MIN_BUYERS or trial.p > MAX_P_VALUE:
        result.add_limit(
            Words(
                "Look-alikes of buyers of {thing} are not shown: chosen 90 days ago, {bought} of"
                " {chosen} bought it since, and {all_bought} of all {people}. That may be chance.",
                thing=thing,
                bought=trial.bought,
                chosen=trial.chosen,
                all_bought=trial.all_bought,
                people=trial.people,
            )
        )
        return
    _add_audience(context, subject, thing, trial)


def _add_audience(context: AnalysisContext, subject: str, thing: str, trial: HoldoutTrial) -> None:
    add = context.result.add
    seed = lookalikes.select_buyers(
        context.lines, context.filter_.product, context.filter_.category
    )
    chosen = lookalikes.select_lookalikes(context.lines, seed, context.warehouse.floor)
    size = _count_customers(context, "candidates", chosen)
    if not context.result.set_group_size(subject, size):
        return
    add(subject, "customers", size, unit="customers", about=thing, rows=size, query="candidates")
    agreed = select_consenting(context.warehouse, "email")
    reachable = size
    if agreed is not None:
        reachable = _count_customers(context, "reachable", chosen.semi_join(agreed, "customer"))
        shown = bound_count(reachable, size, context.warehouse.floor)
        add(subject, "reachable-by-email", shown, about=thing, rows=size, query="reachable")
    rates = (
        ("holdout-rate", trial.bought, trial.chosen),
        ("holdout-rate-of-all", trial.all_bought, trial.people),
    )
    for measure, lines, of in rates:
        add(
            subject,
            measure,
            to_percent(lines / of),
            unit="%",
            about=thing,
            rows=of,
            query="holdout",
        )
    lift = round(trial.lift, 1)
    add(subject, "holdout-lift", lift, unit="×", about=thing, rows=trial.chosen, query="holdout")
    _add_test_power(context, subject, thing, trial.rate, reachable)


def _add_test_power(
    context: AnalysisContext, subject: str, thing: str, rate: float, people: int
) -> None:
    """Add the smallest effect that a test on these people could detect: half of them contacted,
    half not, over 90 days."""
    if people < 2 * context.warehouse.floor:
        return
    effect = compute_smallest_lift(rate, people // 2)
    if effect > 1:
        context.result.add_limit(
            Words(
                "A test on these {people} people could not show an effect short of doubling the"
                " sales of {thing}: write to all of them, or choose more.",
                people=people,
                thing=thing,
            )
        )
        return
    context.result.add(
        subject,
        "smallest-effect",
        to_percent(effect),
        unit="%",
        about=thing,
        rows=people,
        query="holdout",
    )


def _count_customers(context: AnalysisContext, query: str, people: ir.Table) -> int:
    return int(context.run_query(query, people.aggregate(customers=people.count()))[0]["customers"])
