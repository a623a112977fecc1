"""Tests that are read from the variants in visit events."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.data.analyses.experiments import find
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

NOW = datetime(2026, 11, 20, 9)


def visits(
    sizes: dict[str, tuple[int, int]], *, mixed: int = 0, named: bool = True
) -> list[dict[str, Any]]:
    """Of each variant so many visitors, of whom so many buy; `mixed` of the first one see the
    other variant, too."""
    rows: list[dict[str, Any]] = []
    for variant, (people, buyers) in sizes.items():
        for n in range(people):
            one: dict[str, Any] = {
                "session": f"{variant}-{n}",
                "visitor": f"{variant}-{n}" if named else None,
                "variant": variant,
                "at": NOW + timedelta(minutes=n % 600),
            }
            rows.append(one | {"step": "view"})
            if n < buyers:
                rows.append(one | {"step": "purchase", "at": one["at"] + timedelta(minutes=5)})
            if n >= people - mixed and variant == min(sizes):
                rows.append(one | {"step": "view", "variant": max(sizes), "session": f"again-{n}"})
    return rows


def found_in(rows: list[dict[str, Any]]) -> AnalysisResult:
    return find(small(events=rows), AnalysisFilter())


def value(found: AnalysisResult, subject: str, measure: str) -> Any:
    fact = found.get(subject, measure)
    return fact.value if fact else None


def doubts(found: AnalysisResult) -> str:
    return " ".join(words.to("en") for words in found.limits)


def test_visitor_counts_once_with_purchases_after_the_first_exposure() -> None:
    found = found_in(visits({"A": (2000, 100), "B": (2000, 160)}))
    assert value(found, "visits--purchase", "status") == "won"
    assert value(found, "visits--purchase", "winner") == "B"
    assert value(found, "visits--purchase--a", "users") == 2000
    assert value(found, "visits--purchase--b", "successes") == 160
    assert "nobody stated how people were meant to be split" in doubts(found)


def test_variant_without_effect_does_not_win() -> None:
    found = found_in(visits({"A": (2000, 100), "B": (2000, 103)}))
    assert value(found, "visits--purchase", "status") == "no difference seen"


def test_uneven_visitor_arms_are_broken_once_the_split_is_stated() -> None:
    uneven = small(events=visits({"A": (900, 50), "B": (1100, 90)}))
    assert value(find(uneven, AnalysisFilter()), "visits--purchase", "ratio-p") is None
    found = find(uneven, AnalysisFilter(split='{"a": 50, "B": 50}'))
    assert "nobody stated" not in doubts(found)
    assert value(found, "visits--purchase", "status") == "broken"
    assert value(found, "visits--purchase--b", "effect") is None


def test_visitors_of_both_variants_are_left_out() -> None:
    found = found_in(visits({"A": (2000, 100), "B": (2000, 100)}, mixed=20))
    assert value(found, "visits--purchase--a", "users") == 1980
    assert "20 visitors in events.csv saw several variants" in doubts(found)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (visits({"A": (500, 20), "B": (500, 20)}, mixed=300), "no test's, or the test is mixed up"),
        (visits({"A": (500, 20), "B": (500, 20)}, named=False), "without saying who saw it"),
        (visits({"A": (500, 20)}), "one variant only"),
        (visits({f"V{n}": (50, 2) for n in range(12)}), "names 12 variants"),
    ],
)
def test_unreadable_test_gives_the_reason(rows: list[dict[str, Any]], says: str) -> None:
    found = found_in(rows)
    assert says in doubts(found)
    assert found.facts == []


def test_events_without_variants_contain_no_test() -> None:
    rows = [{**row, "variant": None} for row in visits({"A": (50, 5), "B": (50, 5)})]
    assert "import a file with variants" in doubts(found_in(rows))


@pytest.mark.parametrize(
    ("words", "language", "says"),
    [("did B beat A?", "en", "B"), ("comment s'en sort le test ?", "fr", "B")],
)
async def test_question_is_answered_from_the_events(words: str, language: str, says: str) -> None:
    shelf = small(events=visits({"A": (2000, 100), "B": (2000, 160)}))
    found = await run(words, shelf=shelf, language=language, skill="experiment")
    assert isinstance(found, DraftResult)
    assert says in found.parts[0].text
    assert "events" in collect_text(found)
    assert [c for c in found.checks if c.level in ("block", "stated")] == []
