"""Charts and their PNG pictures."""

import re
from datetime import date, timedelta

import pytest

from bot.core.charts import (
    GROUND,
    WRAP,
    Bar,
    ChartPicture,
    Point,
    build_bar_chart,
    build_exhibit_chart,
    build_line_chart,
    parse_points,
    render_png,
)
from bot.core.exhibits import Exhibit, ExhibitChart, ExhibitPoint

BARS = [Bar("Sizing", 12.4, strong=True), Bar("Late parcels", 8, 6.5, 9.1), Bar("Colour", -3)]
DAYS = [Point(date(2026, 10, 1) + timedelta(days=n), 50 + n % 7, 52) for n in range(30)]


def test_alt_text_has_finding_and_figures() -> None:
    drawn = build_bar_chart("Sizing is told most", BARS, language="fr", unit="%")
    plain = drawn.alt.replace("\u00a0", " ")
    assert plain.startswith("Sizing is told most. Sizing : 12,4 % ; Late parcels : 8 %")


MONTHS = [Point(date(2026, n, 1), 10 * n, name=f"month {n}", cut=n == 6) for n in range(1, 7)]


def test_alt_text_of_a_line_tells_all_points_or_where_it_begins_turns_and_ends() -> None:
    short = build_line_chart("T", MONTHS, language="en").alt
    assert short.startswith("T. month 1: 10; month 2: 20; ")
    assert short.endswith("; month 6: 60")
    days = [*DAYS, Point(date(2026, 11, 1), 7), Point(date(2026, 11, 2), 52, 51)]
    long = build_line_chart("T", days, language="en").alt
    told = long.removeprefix("T. ").split("; ")
    assert [one.partition(": ")[2] for one in told] == ["50", "56", "7", "52 (expected: 51)"]


def test_alt_text_of_a_line_spells_figures_as_its_table_does() -> None:
    points = tuple(
        ExhibitPoint(name=f"month {n}", value=4.25, day=date(2026, n, 1), spelled="4.25")
        for n in range(1, 6)
    )
    exhibit = Exhibit(shows="", chart=ExhibitChart(kind="line", title="T", points=points))
    picture = build_exhibit_chart(exhibit, "en")
    assert picture
    assert picture.alt.endswith("; month 5: 4.25")


def test_points_of_a_line_are_told_as_people_read_them() -> None:
    points = [Point(date(2026, n, 1), 4.25, name=f"month {n}", spelled="4,25") for n in (1, 2, 3)]
    assert build_line_chart("T", points, language="fr").alt.count("4,25") == 3


def test_month_that_is_not_over_is_marked_in_the_picture() -> None:
    assert build_line_chart("T", MONTHS, language="en").spec["title"]["subtitle"] == ["month 6"]


def test_alt_text_has_one_stop_behind_an_abbreviated_month() -> None:
    bars = build_bar_chart("Pièces · 1–27 nov.", BARS, language="fr")
    line = build_line_chart("Pièces · 1–27 nov.", DAYS, language="fr")
    assert [alt.partition(" nov. ")[0] for alt in (bars.alt, line.alt)] == ["Pièces · 1–27"] * 2


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        ("units", 26, "26 pièces"),
        ("customers", 1010, "1 010 clients"),
        ("orders", 1, "1 commande"),
        ("EUR", 59.95, "59,95 €"),
        ("%", -12.4, "−12,4 %"),
    ],
)
def test_french_charts_have_french_units(unit: str, value: float, shown: str) -> None:
    bars = build_bar_chart("T", [Bar("Lin", value)], language="fr", unit=unit)
    line = build_line_chart("T", [Point(date(2026, 10, 1), value)], language="fr", unit=unit)
    for alt in (bars.alt, line.alt):
        assert re.sub("[\u00a0\u202f]", " ", alt).endswith(f" : {shown}")


def test_bars_of_changes_have_their_sign() -> None:
    drawn = build_bar_chart(
        "T", [Bar("Up", 12), Bar("Down", -3)], language="en", unit="%", is_change=True
    )
    assert drawn.alt == "T. Up: +12%; Down: \u22123%"


def test_title_is_finding_wrapped_to_width() -> None:
    title = (
        "Mobile checkout lost a third of its buyers since the eleventh of November, phones alone"
    )
    drawn = build_line_chart(title, DAYS, language="en")
    assert " ".join(drawn.spec["title"]["text"]) == title
    assert all(len(row) <= WRAP for row in drawn.spec["title"]["text"])


def test_png_is_reproducible() -> None:
    drawn = build_bar_chart("Sizing is told most", BARS, language="en", unit="%")
    first = render_png(drawn)
    assert first.startswith(b"\x89PNG")
    assert render_png(drawn) == first


def test_daily_chart_names_its_lines() -> None:
    drawn = build_line_chart("It fell", DAYS, language="en", named=("now", "usual"))
    assert "usual" in drawn.spec["title"]["subtitle"][0]


@pytest.mark.parametrize(("count", "step"), [(5, 1), (8, 1), (30, 4)])
def test_days_named_below_a_line_are_days_of_its_points(count: int, step: int) -> None:
    weeks = [Point(date(2026, 3, 2) + timedelta(days=7 * n), 50 + n) for n in range(count)]
    spec = build_line_chart("T", weeks, language="en").spec
    ticks = spec["layer"][0]["encoding"]["x"]["axis"]["values"]
    named = [date(tick["year"], tick["month"], tick["date"]) for tick in ticks]
    assert named == [point.day for point in weeks[::-step][::-1]]


def test_points_are_read_from_fact() -> None:
    assert parse_points("2026-11-09: 121 (57); 2026-11-16: 36.4 % (58.0 %)") == [
        Point(date(2026, 11, 9), 121.0, 57.0),
        Point(date(2026, 11, 16), 36.4, 58.0),
    ]
    assert parse_points("2026-11-16: 12; 2026-11-23: 13")[0] == Point(date(2026, 11, 16), 12.0)
    assert parse_points("no points at all") == []


def test_background_is_opaque() -> None:
    assert build_bar_chart("x", BARS, language="en").spec["background"] == GROUND


def test_rendering_loads_nothing_from_network() -> None:
    spec = {"data": {"url": "http://127.0.0.1:9/x.csv"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ValueError, match=r"(?i)access denied|not allowed|external|url"):
        render_png(
            ChartPicture({"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **spec}, "")
        )


def test_chart_without_points_is_rendered() -> None:
    assert render_png(build_bar_chart("Nothing", [], language="en")).startswith(b"\x89PNG")
    assert render_png(build_line_chart("Nothing", [], language="en")).startswith(b"\x89PNG")
