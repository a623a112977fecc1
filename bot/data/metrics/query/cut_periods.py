"""Answer a query whose measures are not all of the same days: what counts returns, or how long
parcels took, ends before those that are still to come, and all else keeps its days."""

from bot.core.metric_query import MetricQuery, QueryError
from bot.data.metrics.query.earlier_answers import find_broken_floor
from bot.data.metrics.query.execution import answer_query, drop_single_valued
from bot.data.metrics.query.metric_answer import MetricAnswer, collect_released
from bot.data.metrics.query.order_cautions import counts_returns
from bot.data.metrics.query.periods import find_open_days
from bot.data.warehouse.warehouse import Warehouse


def answer_apart(warehouse: Warehouse, asked: MetricQuery) -> list[MetricAnswer]:
    """Return one answer, or several where some measures are of fewer days; one all the same where
    they would tell of few people together. Raises QueryError for what can't be answered."""
    answer = answer_query(warehouse, asked, see_people=False)  # an AI never sees a person
    if not answer.periods.left_out_days or asked.having or drop_single_valued(asked)[0].dimensions:
        return [answer]
    measures = [name for name in answer.query.measures if name in asked.measures]
    returns = tuple(name for name in measures if counts_returns(answer.get_measure(name)))
    is_open = find_open_days(warehouse, answer.dataset, answer.query)
    parcels = tuple(name for name in measures if name in is_open and name not in returns)
    others = tuple(name for name in measures if name not in {*returns, *parcels})
    split = [some for some in (others, parcels, returns) if some]
    if len(split) == 1:
        return [answer]
    try:
        apart = [
            answer_query(warehouse, asked.model_copy(update={"measures": some}), see_people=False)
            for some in split
        ]
    except QueryError:
        return [answer]
    released = [collect_released(one.recipe, one.rows) for one in apart]
    floors = (
        find_broken_floor(warehouse, asked, one, released[n:])
        for n, one in enumerate(released[:-1], 1)
    )
    return [answer] if any(floor is not None for floor in floors) else apart
