"""Tables and charts: table, data_table, data_visualization."""

from typing import Any

from bot.playground.refusals import Faults
from bot.playground.rich_text import RICH_TEXT
from bot.playground.shapes import (
    Check,
    Shape,
    by_type,
    list_of,
    number,
    one_of,
    whole,
    words,
    yes_no,
)
from bot.playground.texts import ID

RAW: dict[str, Check] = {
    "raw_text": Shape({"text": words(3000)}),
    "raw_number": Shape({"value": number}, {"text": words(3000)}),
}
CELL = by_type(RAW | {"rich_text": RICH_TEXT})
COLUMN = Shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": yes_no})
LABEL = words(20)
POINT = Shape({"label": LABEL, "value": number})
SERIES_MOST, POINTS_MOST, SEGMENTS_MOST = 12, 20, 12


def column_setting(faults: Faults, value: Any, at: str) -> None:
    """How one column looks; null leaves it as it is."""
    if value is not None:
        COLUMN(faults, value, at)


def same_length(faults: Faults, value: Any, at: str) -> None:
    """A data_table's rows are equally long and its header is not rich text."""
    rows = value["rows"]
    if len({len(row) for row in rows}) > 1:
        faults.add("all rows must have the same number of cells", f"{at}/rows")
    if any(cell["type"] == "rich_text" for cell in rows[0]):
        faults.add("header cells must not be rich_text", f"{at}/rows/0")


def labels_match(faults: Faults, value: Any, at: str) -> None:
    """Each series has a name of its own and one point for each category."""
    names = [one["name"] for one in value["series"]]
    if len(set(names)) < len(names):
        faults.add("series names must be unique", f"{at}/series")
    for place, one in enumerate(value["series"]):
        if [point["label"] for point in one["data"]] != value["axis_config"]["categories"]:
            faults.add("labels must match the categories", f"{at}/series/{place}/data")


TABLE = Shape(
    {"rows": list_of(list_of(CELL, 20), 100)},
    {"block_id": ID, "column_settings": list_of(column_setting, 20, 0)},
)
DATA_TABLE = Shape(
    {"caption": words(3000), "rows": list_of(list_of(CELL, 20), 101, 2)},
    {"block_id": ID, "page_size": whole(1, 100), "row_header_column_index": whole(0, 19)},
    also=same_length,
)
XY = Shape(
    {
        "series": list_of(Shape({"name": LABEL, "data": list_of(POINT, POINTS_MOST)}), SERIES_MOST),
        "axis_config": Shape(
            {"categories": list_of(LABEL, POINTS_MOST)},
            {"x_label": words(50), "y_label": words(50)},
        ),
    },
    also=labels_match,
)
PIE = Shape({"segments": list_of(POINT, SEGMENTS_MOST)})
CHART_BLOCK = Shape(
    {
        "title": words(50),
        "chart": by_type({"pie": PIE, "bar": XY, "area": XY, "line": XY}),
    },
    {"block_id": ID},
)
