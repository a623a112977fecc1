"""What a card says of the rows that its exhibit leaves out."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from bot.agent.report_exhibits import find_exhibit_faults, find_shown_exhibits
from bot.agent.report_reading import list_left_out
from bot.core.exhibits import Exhibit
from bot.core.facts import Fact, Source
from bot.core.report import ReportForm

UNSURE = "Groups of under 5 people are not shown. Others may rank higher."


def build_fact(id: str, value: int = 1) -> Fact:
    source, day = Source(file="orders.csv"), date(2026, 11, 1)
    return Fact(id=id, label="revenue", value=Decimal(value), source=source, as_of=day)


@pytest.mark.parametrize(("cited", "lines"), [("{f1}", ()), ("{f2}", (UNSURE,))])
def test_line_of_another_call_stands_only_for_figures_that_the_shown_one_has_not(
    cited: str, lines: tuple[str, ...]
) -> None:
    """Two calls gave the same figure; only the first of them hid groups."""
    facts = {name: build_fact(f"orders.{name}.revenue") for name in ("f1", "f2")}
    ids = [fact.id for fact in facts.values()]
    dropped = Exhibit(id="e1", shows="a", not_ranked=UNSURE, facts=(*ids,), ranked_facts=(*ids,))
    shown = Exhibit(id="e2", shows="b", facts=(ids[0],))
    form: Any = SimpleNamespace(headline=cited, points=[], cannot_tell="none")
    book = SimpleNamespace(get=facts.get, facts=[*facts.values()])
    ctx: Any = SimpleNamespace(book=book, exhibits=(dropped, shown))
    assert list_left_out(form, [shown], ctx) == lines


def test_each_line_says_of_which_look_up_it_is() -> None:
    facts = {name: build_fact(f"orders.{name}.revenue") for name in ("f1", "f2", "f3")}
    calls = (
        Exhibit(id="e1", shows="a", scope=(("by", "by category"),), days="May 2026"),
        Exhibit(id="e2", shows="b", scope=(("by", "by product"),), days="May 2026"),
        Exhibit(id="e3", shows="c", scope=(("by", "by product"),), days="June 2026"),
    )
    exhibits = tuple(
        one.model_copy(
            update={"not_ranked": UNSURE, "facts": (fact.id,), "ranked_facts": (fact.id,)}
        )
        for one, fact in zip(calls, facts.values(), strict=True)
    )
    book = SimpleNamespace(get=facts.get, facts=[*facts.values()])
    request = SimpleNamespace(language="en")
    ctx: Any = SimpleNamespace(book=book, exhibits=exhibits, request=request)

    def tell(points: list[str]) -> tuple[str, ...]:
        form: Any = SimpleNamespace(headline="", points=points, cannot_tell="none")
        return list_left_out(form, exhibits[:1], ctx)

    assert tell([]) == ()  # it stands below the table
    assert tell(["{f1}", "{f2}", "{f3}"]) == (f"By product: {UNSURE}",)


@pytest.mark.parametrize(("value", "is_shown"), [(25, True), (26, False)])
def test_chosen_exhibit_is_shown_where_it_has_a_figure_that_is_told_by_any_name(
    value: int, *, is_shown: bool
) -> None:
    """The sentence cites another look-up's figure; else the model is told that it has none."""
    cited, own = build_fact("orders.a.revenue", 25), build_fact("orders.b.revenue", value)
    exhibits = (
        Exhibit(id="e1", shows="a", facts=(cited.id,)),
        Exhibit(id="e2", shows="b", facts=(own.id,)),
    )
    form = ReportForm(
        headline="{f1} in all", points=[], exhibit="e2", cannot_tell="", not_used=[], next_steps=[]
    )
    book = SimpleNamespace(get={"f1": cited}.get, facts=[cited, own])
    brief = SimpleNamespace(follows="", words="")
    request = SimpleNamespace(language="en", brief=brief)
    ctx: Any = SimpleNamespace(book=book, exhibits=exhibits, request=request)
    faults = find_exhibit_faults(form, ctx)
    assert [one.id for one in find_shown_exhibits(form, ctx)] == (["e2"] if is_shown else [])
    assert bool(faults) is not is_shown
    assert all("choose one that does (e1)" in one for one in faults)
