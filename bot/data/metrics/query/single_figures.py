"""Sums and differences of single figures: keep which rows each is of, and refuse what would tell of
a few people."""

from collections.abc import Sequence
from decimal import Decimal

from bot.core.facts import Fact
from bot.data.floors import is_below_floor
from bot.data.metrics.query.answer_facts import MetricResult
from bot.data.metrics.query.earlier_answers import find_broken_floor
from bot.data.metrics.query.figure_facts import PEOPLE_UNIT
from bot.data.metrics.query.harmless import (
    counts_texts,
)
from bot.data.metrics.query.metric_answer import (
    MetricAnswer,
    MetricRecipe,
    Released,
    ShownGroup,
    reread_released,
)
from bot.data.warehouse.warehouse import Warehouse

FIGURE_KEY = "figure"  # in `Warehouse.released`, beside a fact's id
MAX_FIGURES = 5_000


def remember_figures(warehouse: Warehouse, answer: MetricAnswer, result: MetricResult) -> None:
    """Keep in memory which rows each figure is of."""
    known = [key for key in warehouse.released if isinstance(key, tuple) and key[0] == FIGURE_KEY]
    if len(known) > MAX_FIGURES:
        for key in known:
            del warehouse.released[key]
    for fact_id, (period, group, name) in result.groups.items():
        measure = answer.get_measure(name)
        bases = answer.get_measure(measure.share_of or name).bases
        members = answer.recipe.members.get(group, ())
        shown = ShownGroup(period=period, group=group, bases=bases, members=members)
        alone = answer.recipe.with_shown((shown,))
        warehouse.released[FIGURE_KEY, fact_id] = alone


def tells_few_people(
    warehouse: Warehouse, facts: Sequence[Fact], value: Decimal, *, is_difference: bool
) -> bool:
    """Whether the sum or difference of these figures tells what a few people did."""
    known: list[MetricRecipe] = [
        warehouse.released[FIGURE_KEY, fact.id]
        for fact in facts
        if (FIGURE_KEY, fact.id) in warehouse.released
    ]
    if len(known) < len(facts):
        counts_people = is_difference and facts[0].unit == PEOPLE_UNIT
        return counts_people and is_below_floor(abs(float(value)), warehouse.floor)
    if len({one.query.dataset for one in known}) > 1 or all(counts_texts(r.query) for r in known):
        return False
    together: Released = {}
    for recipe in known:
        for family, sets in reread_released(warehouse, recipe).items():
            together.setdefault(family, []).extend(sets)
    return find_broken_floor(warehouse, known[0].query, together, ()) is not None
