"""The names of the values that a question may filter by, from the columns of the data."""

from collections.abc import Mapping
from typing import cast

from bot.core.metric_query import DatasetName, FieldName
from bot.data.metrics.query.conditions import has_column, load_values
from bot.data.metrics.query.datasets import DATASETS
from bot.data.warehouse.warehouse import Warehouse

_COLUMNS: Mapping[DatasetName, str] = {  # of names that a question may filter by
    "orders": "country region source device code reason segment category product",
    "visits": "country source device category product",
    "campaigns": "source code audience retailer product",
    "feedback": "country region source segment category product",
}
_OTHER_FIELDS = {
    ("orders", "reason"): "return_reason",
    ("campaigns", "source"): "channel",
    ("feedback", "source"): "channel",
}
COLUMN_FIELDS: Mapping[DatasetName, Mapping[str, FieldName]] = {  # column of the names → field
    dataset: {
        column: cast(FieldName, _OTHER_FIELDS.get((dataset, column), column))
        for column in columns.split()
    }
    for dataset, columns in _COLUMNS.items()
}
ValueNames = Mapping[str, Mapping[str, str]]  # column → value → name


def load_value_names(warehouse: Warehouse, dataset: DatasetName) -> ValueNames:
    """Return the names of the values that a question may filter by."""
    known = DATASETS[dataset]
    if warehouse.table(known.kind) is None:
        return {}
    return {
        column: load_values(warehouse, known, name)
        for column, name in COLUMN_FIELDS[dataset].items()
        if has_column(warehouse, known, known.dimensions[name].needs)
    }
