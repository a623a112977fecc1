"""Answers about sales."""

import re
from functools import cache
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.parts import Table
from bot.data.service import WorkspaceData
from bot.offline.routing import find_skill
from tests.support.sample_tables import sample
from tests.support.skill_runner import library_of, run

LAST = "at::DATE BETWEEN '2026-08-27' AND '2026-11-24'"  # the 90 days up to yesterday
NOVEMBER = "at::DATE BETWEEN '2026-11-01' AND '2026-11-24'"
OCTOBER = "at::DATE BETWEEN '2026-10-01' AND '2026-10-24'"


@cache
def library() -> WorkspaceData:
    """One library for all tests, because it caches its results."""
    return library_of(sample())


async def answer(words: str, language: str = "en") -> DraftResult:
    found = await run(words, language=language, library=library())
    assert isinstance(found, DraftResult), found
    assert found.parts[0].title == "Answer", found.parts[0].text
    assert not [c.words.to("en") for c in found.checks if c.level in ("block", "warn", "stated")]
    return found


def said(found: DraftResult) -> str:
    return found.parts[0].text.replace("\u00a0", " ").replace("\u202f", " ")


def sql(query: str) -> list[tuple[Any, ...]]:
    engine: Any = sample().engine
    asked = re.sub(r"\bat\b(?=::| [<>]|\))", '"at"', query)  # a word of DuckDB's own
    rows: list[tuple[Any, ...]] = engine.con.sql(asked).fetchall()
    return rows


def figure(measure: str, where: str) -> str:
    """Compute the figure with plain SQL, independent of the library."""
    (row,) = sql(f"SELECT {measure} FROM orders WHERE {where}")
    return f"{round(row[0]):,}"


@pytest.mark.parametrize(
    ("words", "measure", "where"),
    [
        (
            "what was our turnover in September 2026?",
            "sum(amount)",
            "at::DATE BETWEEN '2026-09-01' AND '2026-09-30'",
        ),
        ("how many orders yesterday?", 'count(DISTINCT "order")', "at::DATE = '2026-11-24'"),
        (
            "how many customers ordered in October?",
            "count(DISTINCT customer)",
            "at::DATE BETWEEN '2026-10-01' AND '2026-10-31'",
        ),
        (
            "how many Solène dresses did we sell in October?",
            "sum(quantity)",
            "product = 'lin-solene' AND at::DATE BETWEEN '2026-10-01' AND '2026-10-31'",
        ),
        ("sales by country", "sum(amount)", f"country = 'FR' AND {LAST}"),
        (
            "which channel brings the most customers?",
            "count(DISTINCT customer)",
            f"source = 'direct' AND {LAST}",
        ),
        (
            "what time of day do people order?",
            'count(DISTINCT "order")',
            f"hour(at) = 20 AND {LAST}",
        ),
        ("how did sales this month compare with last month?", "sum(amount)", NOVEMBER),
        ("compare October and November sales", "sum(amount)", OCTOBER),
        (
            "orders in Belgium in October",
            'count(DISTINCT "order")',
            "country = 'BE' AND at::DATE BETWEEN '2026-10-01' AND '2026-10-31'",
        ),
    ],
)
@pytest.mark.sample(3)
async def test_figure_equals_plain_sql(words: str, measure: str, where: str) -> None:
    assert figure(measure, where) in said(await answer(words))


async def test_monthly_answer_has_a_table_and_a_picture() -> None:
    found = await answer("what was our turnover by month this year?")
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    months = sql(
        "SELECT month(at), sum(amount) FROM orders WHERE at >= '2026-01-01' AND "
        "at < '2026-11-25' GROUP BY 1 ORDER BY 1"
    )
    assert [row[1] for row in table.rows] == [f"€{round(money):,}" for _, money in months]
    assert [row[0] for row in table.rows][:2] == ["January", "February"]
    assert [part for part in found.parts if part.title == "Picture"]


async def test_first_time_buyers_are_counted() -> None:
    (row,) = sql(
        "SELECT count(*) FROM (SELECT customer, min(at) AS begun FROM orders GROUP BY 1) "
        f"WHERE {NOVEMBER.replace('at::', 'begun::')}"
    )
    found = await answer("how many new customers this month?")
    assert said(found).startswith(f"{row[0]} customers ordered for the first time")
    assert "since the file begins" in found.parts[-1].text


async def test_customers_with_one_and_two_orders_are_counted() -> None:
    rows = dict(
        sql(
            'SELECT least(n, 3), count(*) FROM (SELECT customer, count(DISTINCT "order") '
            "AS n FROM orders GROUP BY 1) GROUP BY 1"
        )
    )
    assert f"({rows[1]:,} customers)" in said(
        await answer("what share of customers buy only once?")
    )
    assert f"({rows[2]:,} customers)" in said(await answer("how many customers bought twice?"))
    assert "commandé deux fois" in said(
        await answer("combien de clients ont acheté deux fois ?", "fr")
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("les ventes de ce mois-ci par rapport au mois dernier ?", "contre"),
        ("compare les ventes d'octobre et de novembre", "du 1er octobre 2026 au 24 octobre 2026"),
        ("ventes par pays", "France arrive en tête avec"),
        ("quel jour de la semaine vend-on le plus ?", "dimanche arrive en tête avec"),
        ("quel canal nous apporte le plus de clients ?", "Direct arrive en tête"),
        ("quels produits se vendent le moins bien ?", "arrive en dernier avec"),
        ("quelle catégorie progresse le plus ?", "progresse le plus"),
        ("en combien de temps livrons-nous ?", "Un colis met"),
        ("combien de commandes hier ?", "le 24 novembre 2026"),
        ("combien de nouveaux clients ce mois-ci ?", "pour la première fois"),
        ("quel e-mail a le mieux marché ?", "L'e-mail qui a le plus rapporté est"),
        ("qui sont nos meilleurs clients ?", "Meilleurs clients : "),
        ("quels sont les retours par produit ?", "Viennent ensuite"),
    ],
)
@pytest.mark.sample(4)
async def test_french_question_is_answered(words: str, says: str) -> None:
    assert says in said(await answer(words, "fr"))


async def test_unfinished_month_is_compared_with_as_many_days() -> None:
    found = await answer("compare October and November sales")
    assert "from 1 October 2026 to 24 October 2026" in said(found)
    assert "as many of the earlier ones" in found.parts[-1].text


async def test_days_before_the_file_are_not_compared() -> None:
    found = await answer("is our turnover up on last year?")
    assert "orders.csv begins on" in said(found)
    assert "%" not in said(found)


async def test_incomplete_days_are_stated() -> None:
    assert "what came before is not counted" in said(await answer("how many orders in 2025?"))


@pytest.mark.parametrize(
    "words",
    ["how many orders by shoe size?", "sales by astrological sign", "how many orders from Narnia?"],
)
async def test_question_outside_the_orders_is_declined(words: str) -> None:
    found = await run(words, skill="answer", library=library())
    assert isinstance(found, DraftResult)
    assert found.parts[0].title == "What I can't tell"


@pytest.mark.parametrize(
    "words",
    [
        "compare October and November sales",
        "sales by country",
        "ventes par pays",
        "how long does delivery take?",
        "how mny custmers did we have last year",
        "is Black Friday going better than last year?",
        "en combien de temps livrons-nous ?",
        "le Black Friday marche-t-il mieux que l'an dernier ?",
        "how did sales this month compare with last month?",
        "les ventes de ce mois-ci par rapport au mois dernier ?",
    ],
)
def test_sales_question_is_no_request_for_copy(words: str) -> None:
    assert find_skill(words, load_skills()).skill == "answer"


@pytest.mark.parametrize(
    "words",
    [
        "an e-mail: sales start Friday, better than last year",
        "ventes privées par e-mail pour les clients fidèles",
        "how is the linen shirt made? a post",
    ],
)
def test_request_for_copy_is_not_answered(words: str) -> None:
    assert find_skill(words, load_skills()).skill != "answer" or words.startswith("how")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("sales last quarter", "from 1 July 2026 to 30 September 2026"),
        ("what share of sales comes from email?", "of all sales"),
        ("is the average basket higher on mobile than on desktop?", "Mobile"),
        ("top 5 products by units in October", "Units sold from 1 October 2026"),
    ],
)
async def test_named_days_and_products_are_used(words: str, says: str) -> None:
    assert says in said(await answer(words))


@pytest.mark.parametrize(
    "words",
    ["what will our sales be next month?", "how many orders did Narnia place in October?"],
)
async def test_no_other_figure_is_answered(words: str) -> None:
    found = await run(words, skill="answer", library=library())
    assert isinstance(found, DraftResult)
    assert found.parts[0].title == "What I can't tell"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("how many orders in May 2020?", "begins on"),
        ("combien de commandes en mai 2020 ?", "commence le"),
        ("sales by country in May 2020", "begins on"),
        ("how many orders today?", "ends on"),
    ],
)
async def test_days_without_orders_are_not_reported_as_zero(words: str, said: str) -> None:
    found = await run(words, library=library())
    assert isinstance(found, DraftResult)
    text = found.parts[0].text.replace("\u00a0", " ")
    assert f"orders.csv {said}" in text
    assert not re.search(r"\b0 (?:orders|commandes)\b", text)


@pytest.mark.parametrize("reason", ["for October instead", "in October please", "pour octobre"])
async def test_send_back_for_other_days_is_answered(reason: str) -> None:
    asked = await answer("how many orders in October?")
    before = await run("how many orders in September?", library=library())
    again = await run("how many orders in September?", library=library(), reason=reason)
    assert isinstance(again, DraftResult)
    assert isinstance(before, DraftResult)
    assert said(again) == said(asked) != said(before)
