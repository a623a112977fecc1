"""Attacks by the difference of two answers to the same person."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations, count

import numpy as np
import pytest

from bot.agent.pipeline import DraftResult
from bot.core.withheld import EarlierAnswer, Reason, Withheld
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.metrics.answer_log import DatabaseAnswerLog
from bot.data.metrics.query.differences import isolates
from bot.data.service import WorkspaceData
from bot.data.warehouse.warehouse import Warehouse
from bot.db.session import Database
from bot.i18n.messages import LANGUAGES
from tests.conftest import NOW
from tests.security.ordinary_questions import SAMPLE, people
from tests.security.planted_shop import PlantedShop, planted_shop
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import run

REST = "sales in Nantes, Rennes, Lille and Bordeaux"  # all but the planted Brest
pytestmark = pytest.mark.timeout(300)  # real shops, on a busy machine, too


def library(database: Database, shelf: Warehouse) -> WorkspaceData:
    log = DatabaseAnswerLog(database, "T1", lambda: NOW)
    return WorkspaceData(CatalogueLibrary(list), lambda: shelf, answers=log)


async def ask(known: WorkspaceData, words: str, author: str = "UMARIE", **answers: str) -> str:
    found = await run(words, library=known, author=author, skill="answer", **answers)  # type: ignore[arg-type]
    assert isinstance(found, DraftResult), words
    return found.parts[0].text


def tells_figure(text: str) -> bool:
    """Whether the answer tells a figure; a question with a French name is answered in French."""
    earlier = EarlierAnswer("revenue", TODAY, TODAY)
    refusals = [Withheld(one, "", earlier if one != Reason.FEW else None) for one in Reason]
    begins = [one.words.to(language)[:15] for one in refusals for language in LANGUAGES]
    return not text.startswith(tuple(begins))


def attacks(column: str) -> Iterator[tuple[str, ...]]:
    """Series of questions whose last, combined with those before, reveals what a planted group
    bought."""
    rest = {
        "region": ("Nantes", "Rennes", "Lille", "Bordeaux"),
        "device": ("mobile", "desktop"),
        "source": ("newsletter", "google", "direct"),
    }
    some = rest[column]
    yield "how much did we sell?", *(f"sales {one}" for one in some)
    yield *(f"sales {one}" for one in some), "how much did we sell?"
    yield "orders by month", f"sales {' and '.join(some)}"
    yield "average order", f"average order {' and '.join(some)}"


@pytest.mark.parametrize(("column", "nth"), [("region", 0), ("device", 1)])
async def test_difference_about_few_people_is_refused(
    sqlite: Database, column: str, nth: int
) -> None:
    """A third of the attacks, a different third for each column; the long run tries all."""
    await hold(sqlite, planted_shop(2, 3, customers=120), column, nth, 3)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("column", ["region", "source", "device"])
async def test_difference_about_few_people_is_refused_in_random_shops(
    sqlite: Database, size: int, column: str
) -> None:
    await hold(sqlite, planted_shop(40 + size, size), column, 0, 1)


async def hold(database: Database, shop: PlantedShop, column: str, nth: int, step: int) -> None:
    known, attackers = library(database, shop.shelf), count()
    for asked in list(attacks(column))[nth::step]:
        author = f"U{next(attackers)}"
        answers = [await ask(known, words, author) for words in asked]
        assert not all(tells_figure(text) for text in answers), asked
        assert tells_figure(answers[0]), asked


async def test_refusal_is_counted(sqlite: Database) -> None:
    known = library(sqlite, planted_shop(3, 3).shelf)
    assert tells_figure(await ask(known, "how much did we sell?"))
    assert not tells_figure(await ask(known, REST))
    log = DatabaseAnswerLog(sqlite, "T1", lambda: NOW)
    assert log.refused(NOW - timedelta(days=1)) >= 1


async def test_differences_are_per_person_and_state_of_the_data(sqlite: Database) -> None:
    shop = planted_shop(4, 3)
    known = library(sqlite, shop.shelf)
    assert tells_figure(await ask(known, "how much did we sell?", "UMARIE"))
    assert tells_figure(await ask(known, REST, "UPAUL"))
    assert not tells_figure(await ask(known, REST, "UMARIE"))
    shop.orders.pop(0)
    assert tells_figure(await ask(library(sqlite, shop.shelf), REST, "UMARIE"))


async def test_earlier_answers_survive_a_restart(sqlite: Database) -> None:
    shop = planted_shop(4, 3)
    assert tells_figure(await ask(library(sqlite, shop.shelf), "sales by region"))
    assert tells_figure(await ask(library(sqlite, shop.shelf), "how much did we sell?"))
    assert not tells_figure(await ask(library(sqlite, shop.shelf), REST))


async def test_same_orders_asked_again_are_answered(sqlite: Database) -> None:
    known = library(sqlite, planted_shop(4, 3).shelf)
    for words in ("sales", "how many orders?", "how much did we sell?", "average order", "sales"):
        assert tells_figure(await ask(known, words)), words


async def test_difference_of_two_periods_is_refused(sqlite: Database) -> None:
    """One period contains the other, and a few people ordered in between."""
    shop = planted_shop(4, 1, customers=60)
    known = library(sqlite, shop.shelf)
    days: dict[date, set[str]] = {}
    for row in shop.orders:
        days.setdefault(row["at"].date(), set()).add(row["customer"])
    day = next(d for d, who in sorted(days.items()) if len(who) < 5 and d.day > 12 and d.month > 8)
    first = day.replace(day=1)
    before = day - timedelta(days=1)
    assert tells_figure(await ask(known, f"sales from {first:%-d %B} to {day:%-d %B}"))
    assert not tells_figure(await ask(known, f"sales from {first:%-d %B} to {before:%-d %B}"))


def sums(sets: Sequence[set[int]]) -> list[np.ndarray]:
    return [np.array(sorted(one), dtype=np.int64) for one in sets]


def test_isolating_combination_of_sums_is_found() -> None:
    """Random families of sets, built so that a combination isolates a few people, and families in
    which, by their rank, none can."""
    for seed in range(40):
        dice = random.Random(seed)
        person = np.arange(200)
        few = set(dice.sample(range(200), dice.randint(1, 4)))
        parts: list[set[int]] = [set() for _ in range(dice.randint(2, 6))]
        for one in set(range(200)) - few:
            dice.choice(parts).add(one)
        whole = set(range(200))
        noise = [set(dice.sample(range(200), 90)) for _ in range(dice.randint(0, 3))]
        dice.shuffle(noise)
        assert isolates(sums([whole, *noise, *parts]), person, 5), seed
        assert not isolates(sums([whole, *noise, *parts[1:]]), person, 5) or len(parts[0]) < 5, seed


@pytest.mark.parametrize("floor", [2, 3, 4])
def test_isolating_combination_agrees_with_trying_every_few_people(floor: int) -> None:
    """Some sums isolate a few people if they have a combination in which the rows of all others
    cancel out: if the rows of the others have a lower rank than all rows."""
    outcomes = set()
    for seed in range(60):
        dice = random.Random(seed)
        person = np.array([n % 11 for n in range(22)])
        sets = [
            {n for n in range(22) if dice.random() < 0.7 or n < 9} - {dice.randrange(22)}
            for _ in range(dice.randint(2, 9))
        ]
        table = np.array([[n in one for n in range(22)] for one in sets], dtype=float)
        rank = np.linalg.matrix_rank(table)
        others = (~np.isin(person, few) for few in combinations(range(11), floor - 1))
        expected = any(np.linalg.matrix_rank(table[:, rows]) < rank for rows in others)
        outcomes.add(expected)
        assert isolates(sums(sets), person, floor) == expected, seed
    assert outcomes == {True, False}


def test_difference_of_five_people_is_answered() -> None:
    person = np.arange(100)
    whole, rest = set(range(100)), set(range(95))
    assert not isolates(sums([whole, rest]), person, 5)
    assert isolates(sums([whole, rest]), person, 6)
    assert isolates(sums([whole, set(range(99)), rest]), person, 5)
    of_one = np.array([*range(95), *[95] * 5])
    assert isolates(sums([whole, rest]), of_one, 5)  # five rows of one person


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_ordinary_questions_are_rarely_refused(sqlite: Database) -> None:
    """At most one in 200 of 1,000 ordinary questions of a marketing lead is refused."""
    known, refused, asked = library(sqlite, sample()), 0, 0
    for number, questions in enumerate(people(SAMPLE, 11, 1_000)):
        before = ""
        for words in questions:
            follows = {"follows": before} if words.startswith("and ") else {}
            text = await ask(known, words, f"U{number}", **follows)
            refused, asked = refused + (not tells_figure(text)), asked + 1
            before = words
    assert asked == 1_000
    assert refused <= asked / 200
