"""Questions about what a few people bought."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.facts import Fact
from bot.core.parts import Table
from bot.data.analyses.result import AnalysisFilter
from bot.data.disclosure import find_hidden_groups
from bot.data.metrics.sales import find
from bot.data.service import WorkspaceData
from bot.errors import CannotDo
from tests.security.planted_shop import PLANTED, PlantedShop, planted_shop, questions
from tests.support.skill_runner import library_of, run

FEW = {
    "en": "Under 5 customers: too few to show.",
    "fr": "Moins de 5 clients\u00a0: trop peu pour être montré.",
}
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


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.sample(2)
def test_remainder_of_a_breakdown_reveals_no_small_group(size: int) -> None:
    """The total minus all groups that are shown is of at least five people, or of nobody."""
    shop = planted_shop(7 + size, size)
    everybody = {row["order"]: row["customer"] for row in shop.orders}
    facts = facts_of(shop, AnalysisFilter())
    for cut in ("region", "device", "source"):
        shown = {
            fact.about.lower() for fact in facts.values() if fact.id.startswith(f"sold.{cut}-")
        }
        left = {
            everybody[row["order"]] for row in shop.orders if str(row.get(cut)).lower() not in shown
        }
        assert not left or len(left) >= 5, (cut, shown)
        whole, cells = (
            facts["all.revenue"],
            [f for k, f in facts.items() if k.startswith(f"{cut}-") and k.endswith(".revenue")],
        )
        assert float(whole.value) >= sum(float(cell.value) for cell in cells) - len(cells)


def test_json_output_reveals_no_small_group() -> None:
    shelf = planted_shop(3, 3).shelf
    for column in ("region", "device"):
        found = find(shelf, replace(AnalysisFilter(), **{column: PLANTED[column]}))  # type: ignore[arg-type]
        assert [fact.id for fact in found.facts] == ["sold.few.under"]
        assert [words.to("en") for words in found.limits] == [FEW["en"]]
    facts = find(shelf, AnalysisFilter()).facts
    assert not [fact for fact in facts if "brest" in fact.id or "podcast" in fact.id]
    assert not [fact for fact in facts if fact.rows is not None and 0 < fact.rows < 5]


def test_counts_of_people_have_a_higher_floor() -> None:
    shop = planted_shop(12, 12)
    brest = facts_of(shop, AnalysisFilter(region="Brest"))
    assert "all.revenue" in brest
    assert not {"all.customers", "all.new-customers", "all.per-customer"} & set(brest)
    by = facts_of(shop, AnalysisFilter())
    assert "region-brest.revenue" in by
    assert "region-brest.customers" not in by
    assert sum(key.endswith(".customers") for key in by if key.startswith("region-")) == 3


def test_days_without_orders_of_the_group_are_not_revealed() -> None:
    """Whether the group ordered on a day would reveal something about it, too."""
    shop = planted_shop(2, 2)
    for row in shop.of("region", "Brest")[:1]:
        for day in (row["at"].date(), row["at"].date().replace(day=1)):
            found = find(shop.shelf, AnalysisFilter(region="Brest", since=day, until=day))
            assert found.get("few", "under")


def test_floors_come_from_the_policy() -> None:
    shelf = replace(planted_shop(3, 3).shelf, sales_floor=2)
    assert find(shelf, AnalysisFilter(region="Brest")).get("all", "revenue")


def test_hidden_groups_have_enough_people_together() -> None:
    sizes = {"a": 3, "b": 1, "c": 9, "d": 30}
    assert find_hidden_groups(sizes, 5, lambda some: sum(sizes[one] for one in some)) == {
        "a",
        "b",
        "c",
    }
    assert find_hidden_groups(sizes, 4, lambda some: sum(sizes[one] for one in some)) == {"a", "b"}
    assert find_hidden_groups({"a": 3}, 5, lambda some: 3) == {"a"}
    assert find_hidden_groups({"c": 9, "d": 30}, 5, lambda some: 39) == set()


def facts_of(shop: PlantedShop, where: AnalysisFilter) -> dict[str, Fact]:
    found = find(shop.shelf, where)
    return {fact.id.removeprefix("sold."): fact for fact in found.facts}


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
