"""Answers about a part of the orders."""

from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from tests.handlers.test_answer_sales import LAST, NOVEMBER, answer, library, said, sql
from tests.support.skill_runner import run

OF_ORDERS = (
    '(SELECT "order", sum(amount) AS total, sum(quantity) AS pieces, min(at) AS at,'
    " min(customer) AS customer, min(country) AS country, min(source) AS source, min(code) AS code"
    " FROM orders WHERE {where} GROUP BY 1)"
)
OCTOBER = "at::DATE BETWEEN '2026-10-01' AND '2026-10-31'"
FIRSTS = "(SELECT customer, min(at)::DATE AS begun FROM orders GROUP BY 1)"


def one(query: str) -> str:
    ((value,),) = sql(query)
    return f"{round(value):,}"


def of_orders(measure: str, where: str, having: str = "true") -> str:
    return one(f"SELECT {measure} FROM {OF_ORDERS.format(where=where)} WHERE {having}")


@pytest.mark.parametrize(
    ("words", "measure", "where", "having"),
    [
        ("how many orders over €100 in October?", "count(*)", OCTOBER, "total > 100"),
        ("how many orders of at least 100 euros in October?", "count(*)", OCTOBER, "total >= 100"),
        (
            "orders between 50 and 80 euros in October",
            "count(*)",
            OCTOBER,
            "total BETWEEN 50 AND 80",
        ),
        ("what share of orders is under €50?", "count(*)", LAST, "total < 50 AND total >= 0"),
        ("how many orders used a promo code in October?", "count(*)", OCTOBER, "code IS NOT NULL"),
        ("how many orders in October without a code?", "count(*)", OCTOBER, "code IS NULL"),
        ("revenue from email in October", "sum(total)", OCTOBER, "source = 'email'"),
        ("revenue outside France in October", "sum(total)", OCTOBER, "country <> 'FR'"),
        ("how many orders on Sundays?", "count(*)", LAST, "isodow(at) = 7"),
        ("how many orders at the weekend in October?", "count(*)", OCTOBER, "isodow(at) > 5"),
        (
            "how did we do on Black Friday last year?",
            "sum(total)",
            "at::DATE = '2025-11-28'",
            "true",
        ),
        (
            "revenue during the winter sales 2026",
            "sum(total)",
            "at::DATE BETWEEN '2026-01-07' AND '2026-02-03'",
            "true",
        ),
        (
            "revenue over Christmas 2025",
            "sum(total)",
            "at::DATE BETWEEN '2025-12-01' AND '2025-12-24'",
            "true",
        ),
        (
            "what was revenue between 1 and 15 November?",
            "sum(total)",
            "at::DATE BETWEEN '2026-11-01' AND '2026-11-15'",
            "true",
        ),
        (
            "how was last weekend?",
            "sum(total)",
            "at::DATE BETWEEN '2026-11-21' AND '2026-11-22'",
            "true",
        ),
        (
            "how many Belgian customers do we have?",
            "count(DISTINCT customer)",
            "true",
            "country = 'BE'",
        ),
        ("how many orders of more than 3 items in October?", "count(*)", OCTOBER, "pieces > 3"),
        ("how many orders with 1 item in October?", "count(*)", OCTOBER, "pieces = 1"),
        (
            "revenue in week 45",
            "sum(total)",
            "at::DATE BETWEEN '2026-11-02' AND '2026-11-08'",
            "true",
        ),
    ],
)
async def test_only_the_orders_asked_about_are_counted(
    words: str, measure: str, where: str, having: str
) -> None:
    assert of_orders(measure, where, having) in said(await answer(words))


@pytest.mark.parametrize(
    ("words", "cut", "where"),
    [
        ("orders by source in France in October", "source", f"country = 'FR' AND {OCTOBER}"),
        ("top products in France in October", "product", f"country = 'FR' AND {OCTOBER}"),
        (
            "revenue by month for candles",
            "month(at)",
            "left(product, 3) IN ('bou', 'sen') AND at::DATE BETWEEN '2025-12-01' AND '2026-11-24'",
        ),
        ("which code brought the most revenue?", "code", f"code IS NOT NULL AND {LAST}"),
    ],
)
async def test_orders_are_cut_by_another_dimension(words: str, cut: str, where: str) -> None:
    found = await answer(words)
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    rows = sql(
        f"SELECT {cut}, sum(amount) FROM orders WHERE {where} GROUP BY 1 "
        "HAVING count(DISTINCT customer) >= 5 ORDER BY 2 DESC"
    )
    at = next(n for n, head in enumerate(table.columns) if head == "Sales")
    told = sorted((_money(row[at]) for row in table.rows), reverse=True)
    assert told == [round(row[1]) for row in rows][: len(told)]
    assert len(told) == min(len(rows), 24 if "month" in cut else 12)


def _money(text: str) -> int:
    return round(float(text.strip("€").replace(",", "")))


async def test_first_orders_are_compared_with_others() -> None:
    text = said(await answer("average basket of new customers vs returning ones"))
    for is_first in (True, False):
        sign = "=" if is_first else "<>"
        ((mean,),) = sql(
            f"SELECT sum(total) / count(*) FROM {OF_ORDERS.format(where=LAST)} JOIN {FIRSTS} "
            f"USING (customer) WHERE at::DATE {sign} begun"
        )
        assert f"€{mean:.2f}" in text


async def test_shares_are_of_all_orders_of_the_same_days() -> None:
    ((share,),) = sql(
        "SELECT 100.0 * count(DISTINCT \"order\") FILTER (country = 'BE') / "
        f'count(DISTINCT "order") FROM orders WHERE {LAST}'
    )
    found = await answer("what share of orders comes from Belgium?")
    assert f"{share:.0f}% of all orders" in said(found)


async def test_best_day_is_named() -> None:
    ((day, money),) = sql(
        "SELECT at::DATE, sum(amount) FROM orders WHERE at < '2026-11-25' "
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    )
    text = said(await answer("what was our best day ever?"))
    assert f"{day.day} {day:%B %Y} comes first with €{round(money):,}" in text


async def test_returns_are_counted_by_any_cut() -> None:
    rows = sql(
        "SELECT reason, count(*) FROM orders WHERE returned AND amount >= 0 AND "
        "at::DATE BETWEEN '2025-11-24' AND '2026-11-10' GROUP BY 1 ORDER BY 2 DESC"
    )
    text = said(await answer("why are people sending things back?"))
    assert f"{rows[0][1]} units" in text


@pytest.mark.parametrize(
    ("words", "language", "says"),
    [
        ("Combien de commandes de plus de 100 € en octobre ?", "fr", "Commandes de plus de 100 €"),
        (
            "Panier moyen des nouveaux clients par rapport aux anciens ?",
            "fr",
            "premières commandes, ",
        ),
        ("CA par source en Belgique", "fr", "Ventes (Belgique)"),
        ("CA pendant les soldes d'été", "fr", "du 24 juin 2026 au 21 juillet 2026"),
        ("Vend-on plus le week-end ou en semaine ?", "fr", "par jour en moyenne"),
        ("Combien d'articles par commande ?", "fr", "pièces en moyenne"),
        ("Depuis quand avons-nous des données ?", "fr", "va du 25 mai 2025 au"),
        ("CA en octbre", "fr", "du 1er octobre 2026 au 31 octobre 2026"),
        ("CA en octbre", "fr", "J'ai lu « octobre »"),
        ("Quels produits ont été le plus rendus ?", "fr", "Pièces renvoyées"),
        ("How many orders in Ocotber?", "en", "I read “october” for “ocotber”"),
        ("Combien de bougies Figier vendues en octobre ?", "fr", "J'ai lu « figuier »"),
        ("Quelle part des commandes vient de Suisse ?", "fr", "de toutes les commandes"),
        ("How many countries do we sell to?", "en", "6 countries"),
        ("Did mobile orders go up in October?", "en", "against"),
        ("How many customers came back in October?", "en", "customers ordered from 1 October"),
        ("Combien de clientes sont revenues en octobre ?", "fr", "avaient déjà commandé"),
        ("Which product is returned most and why?", "en", "come back"),
        ("What are our top 3 products in Belgium?", "en", "Sales (Belgium)"),
    ],
)
async def test_both_languages_are_understood(words: str, language: str, says: str) -> None:
    assert says in said(await answer(words, language))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("how many orders from Narnia in October?", "Narnia"),
        ("revenue by source in Zubrowka", "Zubrowka"),
        ("revenue in Paris in October", "Paris"),
        ("combien de commandes le matin en octobre ?", "matin"),
        ("how many purple elephants did we sell in October?", "elephants"),
    ],
)
async def test_unknown_word_is_named(words: str, names: str) -> None:
    found: Any = await run(words, skill="answer", library=library())
    assert isinstance(found, DraftResult)
    assert found.parts[0].title == "What I can't tell"
    assert names in found.parts[0].text
    assert found.parts[0].text.startswith(("I don't know what", "Je ne sais pas ce qu'est"))


async def test_incomplete_days_are_stated() -> None:
    assert NOVEMBER
    text = said(await answer("how many orders over €100 in 2025?"))
    assert "what came before is not counted" in text


@pytest.mark.parametrize(
    "words", ["how much did we spend on ads in October?", "nos dépenses publicitaires d'octobre ?"]
)
async def test_ad_spend_is_not_answered_from_orders(words: str) -> None:
    found: Any = await run(words, skill="answer", library=library())
    assert not any(fact.id.startswith("sold.all.revenue") for fact in found.evidence.facts)
