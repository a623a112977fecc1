"""The answers on figures that a person got before, and the rows behind them.

Answers to a `SalesQuery` and to a `MetricQuery` are in the same log; those on orders are held
against each other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from hashlib import sha256
from typing import Any, Protocol

from bot.core.metric_query import SalesQuery
from bot.data.analyses.result import AnalysisFilter
from bot.data.metrics.orders.released_rows import ReleasedRows, cache_released_rows
from bot.data.metrics.orders.sales_question import AnswerRecipe, SalesQuestion
from bot.data.metrics.query.answer import MetricRecipe, Released, reread_released
from bot.data.warehouse.warehouse import Warehouse

MAX_EARLIER_ANSWERS = 50  # earlier answers that are checked
# row sets that are checked; older answers beyond them count with their totals only
MAX_ROW_SETS = 1_000
MAX_CACHED_BYTES = 200_000_000  # of row numbers, kept in memory for the next answer
METRIC_KEY = "metric"  # in the filter of an answer to a `MetricQuery`


@dataclass(frozen=True)
class SalesAnswerRecord:
    """An answer that was given: its days, its measure, and its filter or recipe as canonical JSON.
    `refused`: it was not given, and is only counted."""

    since: date
    until: date
    measure: str
    filter: str
    refused: bool = False


class AnswerLog(Protocol):
    """The answers that each person got, with the state of the data that they refer to."""

    def record(
        self, person: str, state: str, answer: SalesAnswerRecord
    ) -> Sequence[SalesAnswerRecord] | None:
        """Record the answer and return the earlier ones on the same state, the newest first,
        including those of other processes; None where it is one of them."""
        ...

    def refuse(self, person: str, state: str, answer: SalesAnswerRecord) -> None:
        """Mark the recorded answer as refused."""
        ...


def digest_table(warehouse: Warehouse, kind: str) -> str:
    """Return a digest which changes whenever rows of the kind are added or removed."""
    one = warehouse.listed[kind]
    identity = (sorted(path.name for path in one.paths), one.rows, str(one.as_of))
    return sha256(repr(identity).encode()).hexdigest()


# The records of the log.


def build_sales_record(recipe: AnswerRecipe) -> SalesAnswerRecord:
    where = recipe.where
    assert where.since is not None
    assert where.until is not None
    assert where.tally is not None
    recipe_dict = {**asdict(recipe), "where": _filter_to_dict(where)}
    canonical = json.dumps(recipe_dict, sort_keys=True, ensure_ascii=False)
    return SalesAnswerRecord(where.since, where.until, where.tally.measure, canonical)


def build_metric_record(recipe: MetricRecipe) -> SalesAnswerRecord:
    query = recipe.query
    assert query.since is not None
    assert query.until is not None
    data = {METRIC_KEY: recipe.model_dump(mode="json", exclude_defaults=True)}
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return SalesAnswerRecord(query.since, query.until, query.measures[0], canonical)


def _filter_to_dict(filter_: AnalysisFilter) -> dict[str, Any]:
    """Return the filter as plain values, without empty ones."""
    data: dict[str, Any] = {}
    for field_ in fields(filter_):
        value = getattr(filter_, field_.name)
        if isinstance(value, SalesQuery):
            data[field_.name] = value.model_dump(mode="json", exclude_defaults=True)
        elif isinstance(value, date):
            data[field_.name] = value.isoformat()
        elif field_.name == "against" and value:
            data[field_.name] = [day.isoformat() for day in value]
        elif value is not None:
            data[field_.name] = value
    return data


def _filter_from_dict(data: dict[str, Any]) -> AnalysisFilter:
    """The reverse of `_filter_to_dict`."""
    values = dict(data)
    for name in ("since", "until"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    if against := values.get("against"):
        values["against"] = (date.fromisoformat(against[0]), date.fromisoformat(against[1]))
    values["tally"] = SalesQuery.model_validate(values.get("tally", {}))
    return AnalysisFilter(**values)


# The rows behind them.


def read_sales_rows(warehouse: Warehouse, record: SalesAnswerRecord) -> ReleasedRows:
    """Return the rows of the orders behind an earlier answer of either kind, from memory or read
    again."""
    data: Mapping[str, Any] = json.loads(record.filter)
    if METRIC_KEY in data:
        metric = read_metric_rows(warehouse, record)
        return ReleasedRows(
            cells=metric.get("sales", []),
            people=metric.get("people", []),
            returns=metric.get("marks", []),
        )
    if record.filter not in warehouse.released:
        recipe = AnswerRecipe(**{**data, "where": _filter_from_dict(data["where"])})
        assert recipe.where.tally is not None
        rows = SalesQuestion(warehouse, recipe.where, recipe.where.tally).reread_rows(recipe)
        cache_released_rows(warehouse, record.filter, rows, recipe)
    released: ReleasedRows = warehouse.released[record.filter][0]
    return released


def read_metric_rows(warehouse: Warehouse, record: SalesAnswerRecord) -> Released:
    """Return the same for `MetricQuery`, by family of figures."""
    key = (METRIC_KEY, record.filter)
    if key not in warehouse.released:
        data: Mapping[str, Any] = json.loads(record.filter)
        if METRIC_KEY not in data:
            rows = read_sales_rows(warehouse, record)
            return {"sales": rows.sales(), "marks": [*rows.returns], "people": [*rows.people]}
        recipe = MetricRecipe.model_validate(data[METRIC_KEY])
        cache_metric_rows(warehouse, record, reread_released(warehouse, recipe))
    released: Released = warehouse.released[key]
    return released


def cache_metric_rows(warehouse: Warehouse, record: SalesAnswerRecord, released: Released) -> None:
    kept = {
        key: one
        for key, one in warehouse.released.items()
        if isinstance(key, tuple) and key[0] == METRIC_KEY
    }
    if sum(_count_bytes(one.values()) for one in kept.values()) > MAX_CACHED_BYTES:
        for key in kept:
            del warehouse.released[key]
    warehouse.released[METRIC_KEY, record.filter] = released


def _count_bytes(families: Iterable[Any]) -> int:
    return sum(rows.nbytes for sets in families for rows in sets)
