"""Charts of facts and exhibits as Vega-Lite specifications, in the brand's colours, and as PNG. The
title says what is drawn; the finding stands above the chart, on the card.

No I/O but `render_png`, and nothing is loaded from the network. The background is opaque and light,
so that a chart reads the same on a dark screen. Numbers are formatted in the reader's language.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.core.exhibits import MAX_BARS, Exhibit, ExhibitChart, ExhibitPoint
from bot.core.facts import PERCENT_UNITS, count_percent_decimals, sign_number, spell_number
from bot.core.half_up import round_half_up
from bot.i18n.languages import get_language
from bot.i18n.messages import Language, Words, format_value

GROUND, INK, QUIET = "#ffffff", "#1d1c1d", "#5e5d60"
COLOURS = ("#1264a3", "#c05717")  # the measured series, and the one that it is compared with
WIDTH, WRAP = 380, 50  # on a phone the picture is some 300 wide, and its labels stay readable
MAX_TICKS = 8  # days named below a line
MAX_TOLD_POINTS = 12  # of a line, in words
MIN_BARS, MIN_DAYS = 2, 3  # a chart of an exhibit with fewer shows nothing
MAX_NAME_LENGTH = 38  # characters of a bar's name


@dataclass(frozen=True)
class ChartPicture:
    """A chart. `alt` states what is drawn and the figures as text, for screen readers."""

    spec: dict[str, Any]
    alt: str


@dataclass(frozen=True)
class Bar:
    """One bar. `low` and `high` are an interval around it; `strong` marks the title's subject."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    strong: bool = False
    spelled: str | None = None  # the value as people read it; None: the formatted number


@dataclass(frozen=True)
class Point:
    """A day's value and the value that was expected for that day. `name` is that of a month or
    week, `cut` where the data hold it in part alone."""

    day: date
    value: float
    expected: float | None = None
    name: str = ""
    cut: bool = False
    spelled: str = ""  # the value as people read it; "": the formatted number


_POINT = re.compile(r"(\d{4}-\d\d-\d\d): (\d+(?:\.\d+)?)[^;(]*(?:\((\d+(?:\.\d+)?))?")


def parse_points(text: str) -> list[Point]:
    """Parse the points that a fact's text holds: "2026-11-16: 148 (75); …", with the expected
    value in brackets. Returns an empty list for text of another form."""
    return [
        Point(date.fromisoformat(day), float(value), float(expected) if expected else None)
        for day, value, expected in _POINT.findall(text)
    ]


def build_bar_chart(
    title: str,
    all_bars: Sequence[Bar],
    *,
    language: Language,
    unit: str = "",
    is_change: bool = False,
    colours: Sequence[str] = COLOURS,
    reference: float | None = None,
) -> ChartPicture:
    """Build horizontal bars in the given order, at most MAX_BARS. `unit` is that of a Fact; values
    that are changes have their sign. `reference` is a value at which a dashed line is drawn across
    them."""
    bars = list(all_bars)[:MAX_BARS]
    rows = [
        {
            "name": textwrap.shorten(bar.name, MAX_NAME_LENGTH, placeholder="…"),
            "at": n,
            "value": bar.value,
            "low": bar.low,
            "high": bar.high,
            "strong": bar.strong,
            "label": bar.spelled or _format_value(bar.value, unit, language, is_change),
            "end": max(0.0, bar.value, bar.high or 0.0),
        }
        for n, bar in enumerate(bars)
    ]
    top = max([bar.high or bar.value for bar in bars], default=1.0) or 1.0
    bottom = min([0.0, *(bar.low or bar.value for bar in bars)])
    scale = {"domain": [bottom * 1.15, max(top, 0.0) * 1.18]}
    y = {
        "field": "name",
        "type": "nominal",
        "sort": {"field": "at"},
        "axis": {"title": None, "labelLimit": 300, "ticks": False, "domain": False},
    }
    x = {"field": "value", "type": "quantitative", "scale": scale, "axis": None}
    colour = {
        "condition": {"test": "datum.strong", "value": colours[0]},
        "value": _lighten(colours[0]),
    }
    if not any(bar.strong for bar in bars):
        colour = {"value": colours[0]}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "height": 22}, "encoding": {"y": y, "x": x, "color": colour}},
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 15},
            "encoding": {
                "y": y,
                "x": {"field": "end", "type": "quantitative", "scale": scale, "axis": None},
                "text": {"field": "label"},
            },
        },
    ]
    if any(bar.low is not None for bar in bars):
        low = {"field": "low", "type": "quantitative", "scale": scale, "axis": None}
        rule = {"type": "rule", "color": INK, "strokeWidth": 1.5}
        reach = {"y": y, "x": low, "x2": {"field": "high"}}
        layers.insert(1, {"mark": rule, "encoding": reach})
    if reference is not None:
        rule = {"type": "rule", "color": QUIET, "strokeDash": [4, 4]}
        layers.append({"mark": rule, "encoding": {"x": {"datum": reference, "scale": scale}}})
    spec = _build_spec(title, rows, layers, height={"step": 34})
    marks = get_language(language).marks
    figures = f"{marks.semicolon} ".join(
        f"{bar.name}{marks.colon} {row['label']}" for bar, row in zip(bars, rows, strict=True)
    )
    return ChartPicture(spec, f"{title.rstrip('.')}. {figures}")


def build_line_chart(
    title: str,
    points: Sequence[Point],
    *,
    language: Language,
    unit: str = "",
    colours: Sequence[str] = COLOURS,
    named: tuple[str, str] = ("", ""),
) -> ChartPicture:
    """Build a line of values by day or week, and a dashed line of the expected values. `named`
    are the legend names of the two lines."""
    rows = [{"day": p.day.isoformat(), "value": p.value, "expected": p.expected} for p in points]
    every = -(-len(points) // MAX_TICKS) or 1
    ticks = [point.day for point in points[::-every]]
    x = {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {
            "title": None,
            "grid": False,
            "format": "%d/%m",
            "values": [{"utc": True, **_split_day(day)} for day in reversed(ticks)],
            "labelFlush": True,
        },
    }
    y_axis = {
        "title": None,
        "tickCount": 5,
        "gridColor": "#e6e6e6",
        "domain": False,
        "labelExpr": _write_label_expression(unit, language),
    }
    y = {"field": "value", "type": "quantitative", "axis": y_axis, "scale": {"zero": True}}
    layers: list[dict[str, Any]] = []
    if any(p.expected is not None for p in points):
        layers.append(
            {
                "mark": {"type": "line", "strokeDash": [5, 4], "color": colours[1]},
                "encoding": {"x": x, "y": {**y, "field": "expected"}},
            }
        )
    layers.append(
        {
            "mark": {"type": "line", "strokeWidth": 2.5, "color": colours[0]},
            "encoding": {"x": x, "y": y},
        }
    )
    spec = _build_spec(title, rows, layers, height=260)
    cut = [textwrap.wrap(point.name, WRAP) for point in points if point.cut]
    spec["title"]["subtitle"] = [*_legend_labels(named), *(line for some in cut for line in some)]
    return ChartPicture(
        spec, f"{title.rstrip('.')}. {_describe_line(points, unit, language, named)}"
    )


def _describe_line(
    points: Sequence[Point], unit: str, language: Language, named: tuple[str, str]
) -> str:
    """Say all points of a short line; of a long one the first, the lowest, the highest and the
    last."""
    marks = get_language(language).marks
    shown = [*points]
    if len(points) > MAX_TOLD_POINTS:
        lowest, highest = (pick(points, key=lambda one: one.value) for pick in (min, max))
        shown = [one for one in points if one in (points[0], lowest, highest, points[-1])]
    told = []
    for point in shown:
        text = f"{point.name or format_value(point.day, language)}{marks.colon} "
        text += point.spelled or _format_value(point.value, unit, language)
        if point is points[-1] and point.expected is not None:
            other = named[1] or Words("expected").to(language)
            expected = _format_value(point.expected, unit, language)
            text += f" ({other}{marks.colon} {expected})"
        told.append(text)
    return f"{marks.semicolon} ".join(told)


def _build_spec(
    title: str, rows: list[dict[str, Any]], layers: list[dict[str, Any]], *, height: Any
) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": GROUND,
        "padding": 18,
        "width": WIDTH,
        "height": height,
        "title": {
            "text": textwrap.wrap(title, WRAP) or [""],
            "anchor": "start",
            "fontSize": 19,
            "lineHeight": 24,
            "color": INK,
            "offset": 14,
            "subtitleColor": QUIET,
        },
        "data": {"values": rows},
        "layer": layers,
        "config": {
            "font": "sans-serif",
            "view": {"stroke": None},
            "axis": {"labelColor": INK, "labelFontSize": 15},
        },
    }


def _split_day(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "date": day.day}


def _legend_labels(named: tuple[str, str]) -> list[str]:
    labels = [f"{sign} {name}" for sign, name in zip(("—", "- -"), named, strict=True) if name]
    return ["  ·  ".join(labels)] if labels else []


def _format_value(value: float, unit: str, language: Language, is_change: bool = False) -> str:
    is_money = len(unit) == 3 and unit.isupper()
    decimals = 2 if is_money else 1
    if unit in PERCENT_UNITS:
        decimals = count_percent_decimals(Decimal(value), unit, is_change=is_change)
    rounded = round_half_up(value, decimals if abs(value) < 1000 else 0)
    plain = Decimal(int(rounded)) if rounded == int(rounded) else rounded
    return sign_number(spell_number(plain, unit, language), is_positive=is_change and plain > 0)


def _write_label_expression(unit: str, language: Language) -> str:
    """Return a Vega expression that writes an axis label as people of the language do, with a
    currency or %; what is counted stands in the title."""
    is_shown = unit == "%" or (len(unit) == 3 and unit.isupper())
    before, _, after = _format_value(7, unit if is_shown else "", language).partition("7")
    decimal, thousands = (
        format_value(Decimal(n), language)[1:-d] for n, d in (("1.5", 1), ("1000", 3))
    )
    number = "replace(format(datum.value, ','), /,/g, '_')"
    number = f"replace(replace({number}, '.', '{decimal}'), /_/g, '{thousands}')"
    return f"'{before}' + {number} + '{re.sub(r'[.,]00', '', after)}'"


def _lighten(colour: str) -> str:
    """Mix the colour half and half with white."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{(part + 255) // 2:02x}" for part in parts)


# The charts of exhibits.


def build_exhibit_chart(
    exhibit: Exhibit, language: Language, colours: Sequence[str] = (), *, finding: str = ""
) -> ChartPicture | None:
    """Build the chart of an exhibit; None when it has none, or too few points to show anything.
    Its title is the finding that it shows, with what is drawn below; without one, what is drawn."""
    chart = exhibit.chart
    if chart is None:
        return None
    subject = chart.title or exhibit.read_as.partition("\n")[0] or exhibit.shows
    subject = subject[:1].upper() + subject[1:]
    colours = tuple(colours) if len(colours) == len(COLOURS) else COLOURS
    picture = _build_exhibit_picture(chart, finding or subject, language, colours)
    if picture is not None and finding:
        below = picture.spec["title"].get("subtitle", [])
        picture.spec["title"]["subtitle"] = [*textwrap.wrap(subject, WRAP), *below]
    return picture


def _build_exhibit_picture(
    chart: ExhibitChart, title: str, language: Language, colours: Sequence[str]
) -> ChartPicture | None:
    if chart.kind == "line":
        return _build_exhibit_line(chart, title, language, colours)
    if len(chart.points) < MIN_BARS:
        return None
    bars = [
        Bar(one.name, one.value, one.low, one.high, spelled=one.spelled or None)
        for one in chart.points
    ]
    return build_bar_chart(
        title,
        bars,
        language=language,
        unit=chart.unit,
        is_change=chart.is_change,
        colours=colours,
    )


def _build_exhibit_line(
    chart: ExhibitChart, title: str, language: Language, colours: Sequence[str]
) -> ChartPicture | None:
    points = [
        Point(one.day, one.value, one.expected, _name_point(one), one.cut, one.spelled)
        for one in chart.points
        if one.day
    ]
    if len(points) < MIN_DAYS:
        return None
    return build_line_chart(title, points, language=language, unit=chart.unit, colours=colours)


def _name_point(point: ExhibitPoint) -> str:
    """Return the name of a month or week; of a day none: it is written in the reader's language."""
    return "" if point.day and point.name == point.day.isoformat() else point.name


# Render charts as PNG. Nothing is loaded from the network: a description with an address is
# refused.

PNG_SCALE = 2.0  # for high-density screens


def render_png(picture: ChartPicture) -> bytes:
    """Render a chart. The same chart gives the same bytes. It takes 0.6 s the first time, then 0.15
    s. Raises ValueError for a description that can't be drawn or refers to an address."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(picture.spec, scale=PNG_SCALE, allowed_base_urls=[]))
