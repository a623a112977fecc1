"""The datasets by name, and how the rows of a query are read and its measures computed by group."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from bot.core.facts import Source
from bot.core.metric_query import DATED_DIMENSIONS, DatasetName, MetricQuery
from bot.data.metrics.query import (
    campaign_measures,
    feedback_measures,
    orders,
    traffic_measures,
    visit_measures,
)
from bot.data.metrics.query.dataset import MOVED_AT, MetricDataset, RowSelection
from bot.data.metrics.query.paired_times import find_time_shift
from bot.data.metrics.query.release import ALL_GROUPS, Group, GroupedRows, read_grouped_rows
from bot.data.warehouse.query import fetch_rows, render_sql
from bot.data.warehouse.warehouse import FILE_COLUMN, Warehouse, describe_source

DATASETS: Mapping[DatasetName, MetricDataset] = {
    "orders": orders.DATASET,
    "visits": visit_measures.DATASET,
    "campaigns": campaign_measures.DATASET,
    "feedback": feedback_measures.DATASET,
    "traffic": traffic_measures.DATASET,
}
COUNT_KEY = "counted"  # beside the measures: how many things a group has
FILLED = "_filled"  # after a measure: how many rows say what it needs
PeriodName = Literal["now", "before", "whole"]
Values = Mapping[str, Any]


class QueryRunner:
    """Runs one query on the warehouse."""

    def __init__(
        self,
        warehouse: Warehouse,
        dataset: MetricDataset,
        query: MetricQuery,
        before: tuple[date, date] | None,
        currency: str | None,
    ) -> None:
        self.warehouse, self.dataset, self.query = warehouse, dataset, query
        self.before, self.currency = before, currency
        self.shift = find_time_shift(query, before)
        measures = [dataset.measures[name] for name in query.measures]
        self.names = list(
            dict.fromkeys(dataset.measures[name].share_of or name for name in query.measures)
        )
        self.measures = {name: dataset.measures[name] for name in self.names}
        self.bases = list(
            dict.fromkeys(basis for one in self.measures.values() for basis in one.bases)
        )
        self.source = measures[0].source
        self.unknown = {
            name: why
            for name, one in self.measures.items()
            if one.explain_unknown and (why := one.explain_unknown(warehouse))
        }
        self.needs_whole = any(one.share_of for one in measures) and not query.dimensions
        self.sql: dict[str, str] = {}

    def select(self, period: PeriodName, query: MetricQuery | None = None) -> ir.Table:
        """Return the rows of a period that the query selects, or another one of the same days."""
        assert self.query.since is not None
        assert self.query.until is not None
        days = (self.query.since, self.query.until)
        if period == "before":
            assert self.before is not None
            days = self.before
        query = query or self.query
        if period == "whole":
            query = query.model_copy(update={"filters": (), "dimensions": ()})
        selection = RowSelection(self.dataset, self.warehouse, query, days, self.currency)
        rows = self.dataset.sources[self.source](selection)
        if period == "before" and self.shift:
            rows = rows.mutate(**{MOVED_AT: self.shift.move(rows.at)})
        return rows

    @property
    def period_names(self) -> list[PeriodName]:
        names: list[PeriodName] = ["now"]
        names += ["before"] if self.before else []
        names += ["whole"] if self.needs_whole else []
        return names

    def dimensions_of(self, period: PeriodName) -> Sequence[str]:
        """Return the dimensions of a period's groups: days of another period are other groups,
        unless they are paired."""
        other = self.shift is None and not {*DATED_DIMENSIONS}.isdisjoint(self.query.dimensions)
        return () if period == "whole" or (period == "before" and other) else self.query.dimensions

    def read_rows(self, tables: Mapping[PeriodName, ir.Table]) -> dict[PeriodName, GroupedRows]:
        return {
            period: read_grouped_rows(
                self.warehouse, self.dataset, table, self.dimensions_of(period), self.bases
            )
            for period, table in tables.items()
        }

    def compute(
        self, rows: ir.Table, dimensions: Sequence[str], *, keep_sql: bool = False
    ) -> dict[Group, dict[str, Any]]:
        """Return the measures by group, with how many rows each stands on."""
        by = [f"d{n}" for n in range(len(dimensions))]
        if dimensions:
            rows = rows.mutate(
                **{
                    f"d{n}": self.dataset.dimensions[name].value(rows)
                    for n, name in enumerate(dimensions)
                }
            )
        found: dict[Group, dict[str, Any]] = {}
        spreads = {
            name: (one.spread_stage or one.stage, one.spread)
            for name, one in self.measures.items()
            if one.spread is not None
        }
        used = [
            *(one.stage for one in self.measures.values()),
            *(one for one, _ in spreads.values()),
        ]
        stages = dict.fromkeys(["rows", *used])
        for stage in stages:
            table = self.dataset.stages[stage](rows, by) if stage in self.dataset.stages else rows
            names = [name for name, one in self.measures.items() if one.stage == stage]
            figures = {name: self.measures[name].value(table) for name in names}  # type: ignore[misc]
            for name in names:
                if (count := self.measures[name].count) is not None:
                    figures[f"{name}_count"] = count(table)
            for name, (of, spread) in spreads.items():
                if of == stage:
                    figures[f"{name}_spread"] = spread(table)
            if stage == "rows":
                figures[COUNT_KEY] = self.dataset.count(table)
            query = table.aggregate(by=by, **figures)
            if keep_sql:
                self.sql.update(dict.fromkeys(names, render_sql(query)))
            for row in fetch_rows(self.warehouse, query):
                group = tuple(row[name] for name in by)
                found.setdefault(group, {}).update({name: row[name] for name in figures})
        for group_figures in found.values():
            if not group_figures.get(COUNT_KEY):
                nothing = self.count_nothing().items()
                group_figures.update({k: v for k, v in nothing if group_figures.get(k) is None})
            group_figures.update(dict.fromkeys(self.unknown))
        return found

    def count_nothing(self) -> dict[str, Any]:
        """Return the figures of no rows: none of what is counted or summed up."""
        sums = [name for name, one in self.measures.items() if one.is_sum]
        return dict.fromkeys([COUNT_KEY, *(one for one in sums if one not in self.unknown)], 0)

    def count_filled(
        self, rows: ir.Table, dimensions: Sequence[str], names: Iterable[str]
    ) -> dict[Group, dict[str, int]]:
        """Return by group how many rows have all columns that a measure needs."""
        by = {f"d{n}": self.dataset.dimensions[one].value(rows) for n, one in enumerate(dimensions)}
        wanted = [name for name in names if self._list_needed(rows, name)]
        return {
            tuple(row[name] for name in by): {name: row[name] for name in row if name not in by}
            for row in self._count_filled(rows, by, wanted)
        }

    def find_sources(
        self, rows: ir.Table, dimensions: Sequence[str]
    ) -> dict[tuple[Group, str], Source]:
        """Return by group and measure the files that its rows come from; nothing where all come
        from one."""
        if FILE_COLUMN not in rows.columns:
            return {}
        by = {f"d{n}": self.dataset.dimensions[one].value(rows) for n, one in enumerate(dimensions)}
        found: dict[tuple[Group, str], dict[str, int]] = {}
        for row in self._count_filled(rows, {**by, FILE_COLUMN: rows[FILE_COLUMN]}, self.measures):
            for group in {(), tuple(row[name] for name in by)}:
                for name in self.measures:
                    if many := row[f"{name}{FILLED}"]:
                        counts = found.setdefault((group, name), {})
                        counts[row[FILE_COLUMN]] = counts.get(row[FILE_COLUMN], 0) + many
        return {key: describe_source(counts) for key, counts in found.items()}

    def _list_needed(self, rows: ir.Table, name: str) -> list[ir.BooleanValue]:
        needs = self.measures[name].needs
        return [rows[one].notnull() for one in needs if one in rows.columns]

    def _count_filled(
        self, rows: ir.Table, by: Mapping[str, ir.Value], names: Iterable[str]
    ) -> list[dict[str, Any]]:
        counts = {
            f"{name}{FILLED}": rows.count(where=ibis.and_(*self._list_needed(rows, name)))
            for name in names
        }
        if not counts:
            return []
        keys = [value.name(name) for name, value in by.items()]
        return fetch_rows(self.warehouse, rows.aggregate(by=keys, **counts))

    def compute_others(self, rows: ir.Table, hidden: Iterable[Group]) -> dict[str, Any]:
        """Return the measures of some groups together."""
        values = {
            f"d{n}": self.dataset.dimensions[name].value(rows)
            for n, name in enumerate(self.query.dimensions)
        }
        rows = rows.mutate(**values)
        key = _join_group([rows[name] for name in values])
        wanted = [_join_texts(group) for group in hidden]
        return self.compute(rows.filter(key.isin(wanted)), ())[ALL_GROUPS]


SEPARATOR, NULL = "\x1f", "\x1e"


def _join_group(values: Sequence[Any]) -> Any:
    joined = values[0].fill_null(NULL)
    for value in values[1:]:
        joined = joined + SEPARATOR + value.fill_null(NULL)
    return joined


def _join_texts(group: Group) -> str:
    return SEPARATOR.join(NULL if value is None else value for value in group)
