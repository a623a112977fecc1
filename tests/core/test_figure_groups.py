"""How the figures of a report stand under what their look-ups were asked."""

from datetime import date
from decimal import Decimal
from typing import Any

from bot.core.facts import Evidence, Fact, Source
from bot.core.figure_groups import FigureGroup, group_figures
from bot.core.parts import Copy, Table, split_output
from bot.core.report import Report

OCTOBER, YEAR = "Orders · October 2026", "Orders by country · 2026"


def build(id: str, **more: Any) -> Fact:
    known = {"label": "orders", "value": Decimal(7), "as_of": date(2026, 11, 28)}
    return Fact(id=id, **{**known, "source": Source("orders.csv"), **more})


FACTS = (
    build("metric.a.orders", reading=OCTOBER),
    build("metric.fr.orders", reading=YEAR, about="France"),
    build("metric.gb.orders", reading=YEAR, about="United Kingdom"),
    build("product.towels.name", label="name", value="Tea towels", source=Source("p.csv", line=3)),
)
CELLS = tuple(fact.id for fact in FACTS[1:3])
PARTS, _HOOKS = split_output(
    Report(
        headline=Copy(text="7, of 7", facts=(FACTS[0].id, FACTS[3].id)),
        points=[Copy(text="7 in France", facts=(FACTS[1].id,))],
        table=Table(columns=("Country", "Orders"), rows=(("France", "7"),), facts=CELLS),
    )
)


def test_figures_stand_under_their_look_up_and_those_of_the_table_alone_are_named_once() -> None:
    first, second = group_figures([*FACTS, FACTS[1]], PARTS)
    assert (first.reading, first.facts, first.name_cells("en")) == (OCTOBER, FACTS[:1], "")
    assert (second.reading, second.facts, second.in_table) == (YEAR, FACTS[1:2], FACTS[2:3])
    assert second.name_cells("en") == "every other figure of the table (orders.csv)"


def test_what_no_look_up_gave_alone_stands_first() -> None:
    ratio = build("calculated.ratio.a")
    assert [one.reading for one in group_figures([*FACTS, ratio], PARTS)] == ["", OCTOBER, YEAR]


def test_figures_of_an_earlier_edition_are_one_group_without_a_reading() -> None:
    old = [fact.model_copy(update={"reading": None}) for fact in FACTS]
    (group,) = group_figures(old, PARTS)
    assert not group.reading
    assert len(group.facts) == 2
    assert "reading" not in old[0].model_dump(mode="json")
    stored = FACTS[0].model_dump_json()
    assert Fact.model_validate_json(stored).reading == OCTOBER


def test_what_others_are_compared_with_has_its_own_days() -> None:
    before = build("metric.b.orders", since=date(2026, 9, 1), until=date(2026, 9, 30))
    now = build("metric.c.orders", since=date(2026, 10, 1), until=date(2026, 10, 31))
    now = now.model_copy(update={"compared_with": before.id})
    group = FigureGroup(OCTOBER, (before, now), ())
    assert group.tell_apart(Evidence(), "en") == {now.id: "", before.id: "September"}
