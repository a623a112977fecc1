"""What a card says of the rows that its exhibit leaves out."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from bot.agent.report_reading import list_left_out
from bot.core.charts import Exhibit
from bot.core.facts import Fact, Source

UNSURE = "Groups of under 5 people are not shown. Others may rank higher."


def build_fact(id: str) -> Fact:
    source = Source(file="orders.csv")
    return Fact(id=id, label="revenue", value=Decimal(1), source=source, as_of=date(2026, 11, 1))


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
    assert list_left_out(form, shown, ctx) == lines
