"""The SQL that is shown with a fact."""

from functools import cache

import pytest

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.rfm import SEGMENTS_BY_ID
from tests.support.query_recording import analyses
from tests.support.sample_tables import sample

ASKED = (
    AnalysisFilter(),
    AnalysisFilter(product="lin-alba"),
    AnalysisFilter(rule=AudienceRule(segments=("champions",)).stored),
)


@cache
def found(kind: str, where: AnalysisFilter) -> AnalysisResult:
    return analyses()[kind](sample("small"), where)


@pytest.mark.parametrize("where", ASKED, ids=["all", "product", "rule"])
@pytest.mark.parametrize("kind", sorted(analyses()))
@pytest.mark.sample(4)
def test_shown_query_runs_after_look_up_ended(kind: str, where: AnalysisFilter) -> None:
    told = found(kind, where)
    assert {fact.query for fact in told.facts} - {None} <= set(told.queries)
    for name, sql in told.queries.items():
        assert sample("small").engine.con.sql(sql).fetchall() is not None, name


@pytest.mark.parametrize("where", ASKED[:1])
def test_shown_query_gives_the_value(where: AnalysisFilter) -> None:
    told = found("segments", where)
    columns = sample("small").engine.con.sql(told.queries["groups"]).fetchall()
    sizes = {row[0]: row[1] for row in columns}
    shown = {id: told.get(id, "customers") for id in SEGMENTS_BY_ID}
    counted = {id: fact for id, fact in shown.items() if fact and fact.unit}
    assert counted
    assert {id: int(fact.value) for id, fact in counted.items()} == {
        id: sizes[id] for id in counted
    }
    audience = found("audiences", ASKED[2])
    (row,) = sample("small").engine.con.sql(audience.queries["yours"]).fetchall()
    fact = audience.get("yours", "customers")
    assert fact
    assert row[0] == int(fact.value)


@pytest.mark.parametrize("kind", sorted({*analyses()} - {"plan"}))
def test_shown_query_has_a_row_count(kind: str) -> None:
    """A cell too small to be shown shows no rows either, and a threshold has none."""
    facts = [
        fact for fact in found(kind, AnalysisFilter()).facts if fact.query and fact.label != "least"
    ]
    small = [fact for fact in facts if str(fact.value).startswith(("under ", "at least "))]
    bare = [fact.id for fact in facts if fact.rows is None and fact not in small]
    assert [id for id in bare if ".niche." not in id] == []
    assert [fact.id for fact in small if fact.label == "customers" and fact.rows is not None] == []
