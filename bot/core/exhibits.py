"""Exhibits: the tables and charts that a tool computed, from which the model picks."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.core.parts import Table


class ExhibitPoint(BaseModel):
    """One bar, or one day or month of a line. `name` is the label on the axis."""

    model_config = ConfigDict(frozen=True)
    name: str
    value: float
    low: float | None = None  # a range around the value
    high: float | None = None
    expected: float | None = None  # of a line: the value that was expected on that day
    day: date | None = None  # of a line


class ExhibitChart(BaseModel):
    """The data of a chart. Its title is the finding, which whoever shows it writes."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["bars", "line"]
    points: tuple[ExhibitPoint, ...]
    unit: str = ""  # of a Fact: a currency, % or one of FACT_UNITS, in English
    is_change: bool = False  # its values say by how much something rose or fell


class Exhibit(BaseModel):
    """A table, a chart or both, about the same figures. `id` is given by the loop: e1, e2, …"""

    model_config = ConfigDict(frozen=True)
    id: str = ""
    shows: str  # what it shows, in words for the model: "orders by country, 1–26 November"
    read_as: str = ""  # how its call was read, for people; "": as it shows
    table: Table | None = None
    chart: ExhibitChart | None = None
    facts: tuple[str, ...] = ()  # the ids of its facts
