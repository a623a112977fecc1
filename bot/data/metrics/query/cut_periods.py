"""Answer a query whose measures are not all of the same days: what counts returns ends before those
that are still to come, and all else keeps its days."""

from bot.core.metric_query import MetricQuery, QueryError
from bot.data.metrics.query.earlier_answers import find_broken_floor
from bot.data.metrics.query.execution import answer_query, drop_single_valued
from bot.data.metrics.query.metric_answer import MetricAnswer, collect_released
from bot.data.metrics.query.order_cautions import counts_returns
from bot.data.warehouse.warehouse import Warehouse


def answer_apart(warehouse: Warehouse, asked: MetricQuery) -> list[MetricAnswer]:
    """Return one answer, or two where some measures are of fewer days; one all the same where both
    together would tell of few people. Raises QueryError for what can't be answered."""
    answer = answer_query(warehouse, asked, see_people=False)  # an AI never sees a person
    if not answer.periods.left_out_days or asked.having or drop_single_valued(asked)[0].dimensions:
        return [answer]
    late = tuple(one for one in answer.query.measures if counts_returns(answer.get_measure(one)))
    others = tuple(one for one in answer.query.measures if one not in late)
    if not others:
        return [answer]
    try:
        apart = [
            answer_query(
                warehouse, asked.model_copy(update={"measures": measures}), see_people=False
            )
            for measures in (others, late)
        ]
    except QueryError:
        return [answer]
    released = [collect_released(one.recipe, one.rows) for one in apart]
    if find_broken_floor(warehouse, asked, released[0], released[1:]) is not None:
        return [answer]
    return apart
