"""Who is like the buyers of a thing and does not have it yet, told."""

import ibis.expr.types as ir

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.experiments.sample_size import compute_smallest_lift
from bot.data.analyses.segments import lookalikes
from bot.data.analyses.segments.audience import select_consenting
from bot.data.analyses.segments.context import AnalysisContext
from bot.data.analyses.segments.lookalikes import HoldoutTrial
from bot.data.analyses.segments.profile import to_percent
from bot.data.floors import bound_count, is_below_floor
from bot.i18n.messages import Words
from bot.text.slugs import slugify

MAX_P_VALUE = 0.05
MIN_BUYERS = 5  # buyers among the chosen, below which the trial says nothing


def build_lookalike_rule(told: AnalysisContext) -> AudienceRule:
    """The audience that this tells of, to be edited and exported."""
    return AudienceRule(like_product=told.where.product, like_category=told.where.category)


def add_lookalike_facts(told: AnalysisContext) -> None:
    """Facts segments.like-<thing>.buyers, .customers, .reachable-by-email, .holdout-rate,
    .holdout-rate-of-all, .holdout-lift, .smallest-effect (what a half-and-half test of 90 days
    would see, relative, %). Refused when the scores of 90 days ago found no more buyers than
    chance."""
    product, category = told.where.product, told.where.category
    findings, floor = told.findings, told.shelf.floor
    thing = category or told.titles.get(product or "", product or "")
    seed = lookalikes.select_buyers(told.bought, product, category)
    buyers = _count_customers(told, "buyers", seed)
    if buyers < floor:
        findings.refuse(
            Words(
                "Under {n} customers bought {thing}: too few to find others like them.",
                n=floor,
                thing=thing,
            )
        )
        return
    subject = f"like-{slugify(product or category or '')}"
    findings.group(subject, buyers, told.people - buyers)
    findings.add(
        subject, "buyers", buyers, unit="customers", about=thing, rows=buyers, query="buyers"
    )
    table = lookalikes.build_holdout_trial(told.bought, product, category, told.until, floor)
    trial = lookalikes.read_holdout_trial(told.ask("holdout", table)[0])
    counts = (trial.bought, trial.all_bought, trial.chosen)
    if any(is_below_floor(many, told.shelf.sales_floor) for many in counts):
        findings.refuse(
            Words(
                "Look-alikes of buyers of {thing} are not shown: of those chosen 90 days ago, under"
                " {n} customers bought it since. That may be chance.",
                thing=thing,
                n=told.shelf.sales_floor,
            )
        )
        return
    if trial.bought < MIN_BUYERS or trial.p > MAX_P_VALUE:
        findings.refuse(
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
    _add_audience(told, subject, thing, trial)


def _add_audience(told: AnalysisContext, subject: str, thing: str, trial: HoldoutTrial) -> None:
    add = told.findings.add
    seed = lookalikes.select_buyers(told.bought, told.where.product, told.where.category)
    chosen = lookalikes.select_lookalikes(told.bought, seed, told.shelf.floor)
    size = _count_customers(told, "candidates", chosen)
    if not told.findings.group(subject, size):
        return
    add(subject, "customers", size, unit="customers", about=thing, rows=size, query="candidates")
    agreed = select_consenting(told.shelf, "email")
    reachable = size
    if agreed is not None:
        reachable = _count_customers(told, "reachable", chosen.semi_join(agreed, "customer"))
        shown = bound_count(reachable, size, told.shelf.floor)
        add(subject, "reachable-by-email", shown, about=thing, rows=size, query="reachable")
    rates = (
        ("holdout-rate", trial.bought, trial.chosen),
        ("holdout-rate-of-all", trial.all_bought, trial.people),
    )
    for measure, bought, of in rates:
        add(
            subject,
            measure,
            to_percent(bought / of),
            unit="%",
            about=thing,
            rows=of,
            query="holdout",
        )
    lift = round(trial.lift, 1)
    add(subject, "holdout-lift", lift, unit="×", about=thing, rows=trial.chosen, query="holdout")
    _add_test_power(told, subject, thing, trial.rate, reachable)


def _add_test_power(
    told: AnalysisContext, subject: str, thing: str, rate: float, people: int
) -> None:
    """What a test on these people could show: half of them written to, half not, 90 days."""
    if people < 2 * told.shelf.floor:
        return
    effect = compute_smallest_lift(rate, people // 2)
    if effect > 1:
        told.findings.refuse(
            Words(
                "A test on these {people} people could not show an effect short of doubling the"
                " sales of {thing}: write to all of them, or choose more.",
                people=people,
                thing=thing,
            )
        )
        return
    told.findings.add(
        subject,
        "smallest-effect",
        to_percent(effect),
        unit="%",
        about=thing,
        rows=people,
        query="holdout",
    )


def _count_customers(told: AnalysisContext, query: str, people: ir.Table) -> int:
    return int(told.ask(query, people.aggregate(customers=people.count()))[0]["customers"])
