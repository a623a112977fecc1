"""Questions about what a few people bought."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.metric_query import MetricCondition, MetricQuery, TooFewError
from bot.core.parts import Table
from bot.data.disclosure import find_hidden_groups
from bot.data.metrics.query.execution import answer_query
from bot.data.service import WorkspaceData
from bot.errors import CannotDo
from tests.security.planted_shop import PLANTED, PlantedShop, planted_shop, questions
from tests.support.skill_runner import library_of, run

pytestmark = pytest.mark.timeout(300)  # real shops, on a busy machine, too
FRENCH = ("quel", "combien", "part des", "ventes")


async def ask(library: WorkspaceData, words: str) -> DraftResult:
    language = "fr" if words.startswith(FRENCH) else "en"
    found = await run(words, library=library, language=language)
    assert isinstance(found, DraftResult), words
    return found


def read(found: DraftResult) -> str:
    """All text that people see, without the separators between digits."""
    shown = [part.text for part in found.parts]
    shown += [
        " | ".join(" | ".join(row) for row in part.body.rows)
        for part in found.parts
        if isinstance(part.body, Table)
    ]
    return re.sub(r"(?<=\d)[\s,.\u202f\u00a0](?=\d{3})", "", " ".join(shown))


def secrets(shop: PlantedShop, column: str) -> Iterator[str]:
    """The figures of a planted group that nobody else has."""
    rows = shop.of(column, PLANTED[column])
    revenue = shop.revenue(column, PLANTED[column])
    yield f"{round(revenue)}"
    yield f"{revenue / len(rows):.2f}"
    for row in rows:
        yield f"{row['amount']:.2f}"


@pytest.mark.parametrize(("size", "column", "nth"), [(1, "region", 0), (4, "code", 3)])
async def test_question_about_few_people_is_not_answered(size: int, column: str, nth: int) -> None:
    """A sixth of the questions, a different sixth for each shop; the long run asks all."""
    asked = list(questions(column, PLANTED[column]))[nth::6]
    await hold(planted_shop(size, size, customers=120), column, asked)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("column", PLANTED)
async def test_question_about_few_people_is_not_answered_in_random_shops(
    size: int, column: str
) -> None:
    for seed in range(3):
        asked = list(questions(column, PLANTED[column]))
        await hold(planted_shop(100 * seed + size, size), column, asked)


async def hold(shop: PlantedShop, column: str, asked: Sequence[str]) -> None:
    library = library_of(shop.shelf)
    for words in asked:
        try:
            found = await ask(library, words)
        except CannotDo:  # the form is offered instead
            continue
        text = read(found)
        assert not [one for one in secrets(shop, column) if one in text], (words, text)
        assert not [f for f in found.evidence.facts if f.rows is not None and 0 < f.rows < 5], words


async def test_question_about_five_people_is_answered() -> None:
    shop = planted_shop(5, 5)
    found = await ask(library_of(shop.shelf), "how much did we sell in Brest?")
    assert f"{round(shop.revenue('region', 'Brest'))}" in read(found)


def test_days_without_orders_of_the_group_are_not_revealed() -> None:
    """Whether the group ordered on a day would reveal something about it, too."""
    shop = planted_shop(2, 2)
    brest = MetricCondition(field="region", operator="is", values=("Brest",))
    for row in shop.of("region", "Brest")[:1]:
        for day in (row["at"].date(), row["at"].date().replace(day=1)):
            query = MetricQuery(
                dataset="orders", measures=("orders",), filters=((brest,),), since=day, until=day
            )
            with pytest.raises(TooFewError):
                answer_query(shop.shelf, query, see_people=False)


def test_hidden_groups_have_enough_people_together() -> None:
    sizes = {"a": 3, "b": 1, "c": 9, "d": 30}
    assert find_hidden_groups(sizes, 5, lambda some: sum(sizes[one] for one in some)) == {
        "a",
        "b",
        "c",
    }
    assert find_hidden_groups(sizes, 4, lambda some: sum(sizes[one] for one in some)) == {"a", "b"}
    alike, rows = {"a": 3, "b": 9, "c": 9, "d": 30}, {"a": 9, "b": 20, "c": 10, "d": 40}
    assert find_hidden_groups(alike, 5, lambda s: sum(alike[k] for k in s), rows=rows) == {"a", "c"}
    assert find_hidden_groups({"a": 3}, 5, lambda some: 3) == {"a"}
    assert find_hidden_groups({"c": 9, "d": 30}, 5, lambda some: 39) == set()


async def right(_right: str) -> bool:
    return True


async def test_question_about_one_customer_needs_the_right_and_is_private() -> None:
    library = library_of(planted_shop(6, 6).shelf)
    asked: dict[str, Any] = {"words": "what is the largest order?", "library": library}
    for more, says in (
        ({}, "the right see_people"),
        ({"private": True}, "the right see_people"),
        ({"may": right}, "just for me"),
    ):
        found = await run(**asked, **more)
        assert isinstance(found, DraftResult)
        assert says in found.parts[0].text
        assert "€" not in read(found)
    found = await run(**asked, may=right, private=True)
    assert isinstance(found, DraftResult)
    assert found.parts[0].key == "headline"
    assert found.evidence.of_one_customer
