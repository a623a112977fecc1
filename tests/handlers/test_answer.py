"""Answers without an AI: right or none, never the answer to another question."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.metric_query import MetricQuery, QuestionFields
from bot.core.parts import Table
from bot.data.metrics.answer_log import DatabaseAnswerLog
from bot.data.metrics.query.describe import load_value_names
from bot.db.session import Database
from bot.i18n.periods import find_periods
from bot.offline.questions import QuestionReader
from bot.offline.routing import find_message_kind, find_skill
from bot.text.normalize import tokenize
from evals.check_sets import SETS, read_cases
from evals.questions import FoundFacts, judge_answer
from tests.conftest import NOW
from tests.support.metric_queries import workspace_data
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import run
from tests.support.small_tables import small

CASES = [case for _file, case in read_cases(SETS / "questions")]
PARTS = 4  # of these questions
UNDERSTOOD = 10  # of the questions of a part, at least


async def answer(words: str, language: str = "en", **more: Any) -> DraftResult:
    found = await run(words, language=language, skill="answer", **more)
    assert isinstance(found, DraftResult)
    return found


def read(words: str) -> tuple[MetricQuery | None, tuple[str, ...]]:
    warehouse = sample()
    reader = QuestionReader(words, TODAY, lambda dataset: load_value_names(warehouse, dataset))
    reading = reader.read()
    return reading.query, reading.unread


def keys(found: DraftResult) -> list[str]:
    return [part.key for part in found.parts]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.sample(PARTS)
async def test_no_question_of_the_evaluation_is_answered_wrongly(part: int) -> None:
    verdicts = {}
    for case in CASES[part::PARTS]:
        found = await answer(case["question"], case["language"], today=case["today"])
        verdicts[case["id"]] = judge_answer(case, found, FoundFacts()).verdict
    wrong = [name for name, verdict in verdicts.items() if verdict.startswith("wrong")]
    assert wrong == []
    answered = [v for v in verdicts.values() if v in ("right", "incomplete", "other reading")]
    assert len(answered) >= UNDERSTOOD


async def test_answer_has_its_figure_reading_source_and_form() -> None:
    found = await answer("how many orders did we get in October?")
    parts = {part.key: part.text for part in found.parts}
    (fact,) = [fact for fact in found.evidence.facts if fact.id in found.parts[0].facts]
    assert fact.value == Decimal(928)
    assert fact.unit == "orders"
    assert fact.spelled("en") in parts["headline"]
    assert "October" in parts["read_as"]
    assert parts["sources"].startswith("orders, ")
    (form,) = found.leads
    fields = QuestionFields.model_validate_json(form.form["query"])
    assert (fields.measure, fields.since, fields.until) == (
        "orders",
        date(2026, 10, 1),
        date(2026, 10, 31),
    )


async def test_split_has_a_table_and_a_picture() -> None:
    found = await answer("revenue by country in October")
    assert {"headline", "table", "picture"} <= set(keys(found))
    assert found.pictures
    compared = await answer("revenue by country in October compared with September")
    assert "table" in keys(compared)
    assert not compared.pictures  # bars would leave out September


async def test_what_is_left_out_is_said_once() -> None:
    parts = {part.key: part for part in (await answer("what sold best last month?")).parts}
    assert isinstance(table := parts["table"].body, Table)
    assert "60 rows" in table.note
    assert "60 rows" not in parts["read_as"].text
    orders = [
        {
            **one,
            "order": f"{country}{one['order']}",
            "customer": f"{country}{n}",
            "country": country,
        }
        for country, many in (("FR", 20), ("BE", 2), ("IE", 2))
        for n, one in enumerate(few_orders(many))
    ]
    shop = workspace_data(small(orders=orders))
    texts = [part.text for part in (await answer("orders by country", library=shop)).parts]
    assert sum("under 5 people" in text for text in texts) == 1
    assert not any("customers to show" in text for text in texts)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("revenue from France or Belgium in October", {"measures": ("revenue",)}),
        ("top 5 products by revenue this quarter", {"limit": 5, "order": "highest"}),
        ("les 3 catégories les plus faibles en CA", {"limit": 3, "order": "lowest"}),
        ("best return rate by category", {"order": "lowest"}),
        ("what sold best last week?", {"dimensions": ("product",), "order": "highest"}),
        ("SMS vs e-mail click rate", {"dimensions": ("channel",), "dataset": "campaigns"}),
        ("new customers this month vs last month", {"comparison": "dates"}),
        ("panier moyen cette année vs l'an dernier", {"comparison": "same_period_last_year"}),
        ("average order by weekday", {"dimensions": ("weekday",)}),
        ("share of revenue by country", {"measures": ("revenue_share", "revenue")}),
    ],
)
def test_question_is_read_into_a_query(words: str, expected: dict[str, Any]) -> None:
    query, unread = read(words)
    assert unread == ()
    assert query is not None
    assert {name: getattr(query, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("how many purple customers do we have?", "purple"),
        ("orders in the last week of October", "October"),
        ("revenue without Belgium last month", "without"),
        ("how many products did we sell in October?", "products"),
        ("who are our best customers?", "best"),
        ("revenue before June", "before"),
        ("orders over 100 euros", "100"),
        ("average order of new customers", "new customers"),
        ("orders with a promo code in October", "promo code"),
        ("customers who bought candles and towels", "and"),
        ("do we sell more in Belgium than in France?", "more"),
        ("pourquoi le CA baisse en octobre ?", "pourquoi"),
        ("combien de clients à Samarcande ?", "Samarcande"),
        ("clients qui ont commandé deux fois", "deux fois"),
    ],
)
def test_words_not_understood_are_named_and_nothing_is_answered(words: str, names: str) -> None:
    query, unread = read(words)
    assert query is None
    assert names in unread


async def test_line_offers_the_form_filled_with_what_was_understood() -> None:
    found = await answer("how many orders from purple phones in October?")
    assert keys(found) == ["answer"]
    assert "purple" in found.parts[0].text
    assert not found.parts[0].facts
    (form,) = found.leads
    assert form.ask
    fields = QuestionFields.model_validate_json(form.form["query"])
    assert fields.measure == "orders"
    assert fields.since == date(2026, 10, 1)


async def test_form_is_answered() -> None:
    fields = QuestionFields(
        measure="revenue",
        split="country",
        only="mobile, Belgique, France",
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
    )
    found = await answer("Revenue by country", query=fields.model_dump_json())
    assert "headline" in keys(found)
    assert {fact.since for fact in found.evidence.facts if fact.id.startswith("metric")} == {
        date(2026, 10, 1)
    }


async def test_unknown_value_in_the_form_is_named() -> None:
    fields = QuestionFields(measure="revenue", only="France, Atlantis")
    found = await answer("Revenue", query=fields.model_dump_json())
    assert keys(found) == ["answer"]
    assert "Atlantis" in found.parts[0].text


@pytest.mark.parametrize(
    ("words", "language"), [("how many reviews?", "en"), ("combien d'avis ?", "fr")]
)
async def test_missing_rows_are_named(words: str, language: str) -> None:
    found = await answer(words, language, shelf=small(orders=few_orders(30)))
    assert keys(found) == ["answer"]
    assert found.evidence.facts == ()


@pytest.mark.parametrize(
    ("words", "language"),
    [("orders by promo code", "en"), ("CA par code promo en novembre", "fr")],
)
async def test_code_of_a_campaign_is_no_promo_code(words: str, language: str) -> None:
    rows = [{**one, "code": "GIFT", "discount": Decimal(5)} for one in few_orders(30)]
    found = await answer(words, language, shelf=small(orders=rows))
    assert "headline" in keys(found)  # no campaign has it, and orders with it had a discount
    rows = [{**one, "discount": Decimal(0)} for one in rows]
    found = await answer(words, language, shelf=small(orders=rows))
    assert keys(found) == ["answer"]
    assert not found.evidence.facts
    form = QuestionFields(measure="orders", split="code").model_dump_json()
    assert "headline" in keys(await answer(words, language, shelf=small(orders=rows), query=form))


def few_orders(people: int) -> list[dict[str, Any]]:
    return [
        {
            "order": f"o{n}",
            "line": 1,
            "at": datetime(2026, 11, 3),
            "customer": f"c{n}",
            "product": "p",
            "country": "FR" if n else "BE",
            "quantity": 1.0,
            "amount": Decimal(20),
            "currency": "EUR",
        }
        for n in range(people)
    ]


async def test_figure_of_few_people_is_not_shown() -> None:
    rows = small(orders=few_orders(30))
    assert "headline" in keys(await answer("how many customers?", shelf=rows))
    found = await answer("how many customers in Belgium?", shelf=rows)
    assert keys(found) == ["answer"]
    assert found.evidence.facts == ()


async def test_second_answer_does_not_tell_what_a_few_did(sqlite: Database) -> None:
    log = DatabaseAnswerLog(sqlite, "T1", lambda: NOW)
    data = workspace_data(small(orders=few_orders(30)), log)
    first = await answer("revenue in November", library=data)
    assert "headline" in keys(first)
    second = await answer("revenue in France in November", library=data)
    assert keys(second) == ["answer"]


async def test_largest_order_needs_the_right_and_a_private_place() -> None:
    async def may(_right: str) -> bool:
        return True

    assert keys(await answer("what was our largest order?", may=may)) == ["answer"]
    found = await answer("just for me: what was our largest order?", may=may)
    assert "headline" in keys(found)


@pytest.mark.parametrize(
    ("words", "rows"), [("who are our top 3 customers?", 3), ("nos meilleurs clients", 10)]
)
async def test_top_customers_need_the_right_and_a_private_place(words: str, rows: int) -> None:
    async def may(_right: str) -> bool:
        return True

    assert keys(await answer(words)) == ["answer"]
    assert keys(await answer(words, private=True)) == ["answer"]
    assert keys(await answer(words, may=may)) == ["answer"]
    found = await answer(words, may=may, private=True)
    tables = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert [len(table.rows) for table in tables] == [rows]


@pytest.mark.parametrize(
    ("words", "unread"),
    [
        ("how many 1 star reviews this year?", "1 star"),
        ("which products have the most 5 star reviews?", "star"),
        ("orders without a code on Sundays", "without"),
        ("CA hors soldes en 2026", "hors soldes"),
        ("revenue during the sales", "sales"),
        ("how many visits without a code?", "code"),
        ("quelle part des commandes ont une remise ? et avec un code ?", "code"),
    ],
)
def test_condition_is_named_and_nothing_is_answered(words: str, unread: str) -> None:
    query, found = read(words)
    assert query is None
    assert unread in found


async def test_figure_that_has_no_period_is_not_said_to_be_of_too_few() -> None:
    found = await answer("customer lifetime value in 2026")
    assert keys(found) == ["answer"]
    assert "a few people" not in found.parts[0].text


async def test_groups_that_are_all_hidden_do_not_come_first() -> None:
    found = await answer("units by product in the UK last week")
    assert "Others" not in found.parts[0].text
    (total,) = found.parts[0].facts
    assert "others" not in total


async def test_rate_that_would_tell_of_a_few_is_not_said_to_be_missing() -> None:
    orders = few_orders(30)
    again = {**orders[0], "order": "again", "at": orders[0]["at"] + timedelta(days=1)}
    found = await answer("repeat rate?", library=workspace_data(small(orders=[*orders, again])))
    assert "what a few people did" in found.parts[0].text


async def test_return_rate_of_days_without_returns_is_not_zero() -> None:
    found = await answer("taux de retour des 2 dernières semaines ?", "fr")
    assert keys(found) == ["answer"]


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("last month", "2026-10-01", "2026-10-31"),
        ("la semaine dernière", "2026-11-16", "2026-11-22"),
        ("ce mois-ci", "2026-11-01", "2026-11-30"),
        ("last 14 days", "2026-11-11", "2026-11-24"),
        ("depuis 6 mois", "2026-05-25", "2026-11-25"),
        ("de juin à septembre", "2026-06-01", "2026-09-30"),
        ("between 1 and 24 November", "2026-11-01", "2026-11-24"),
        ("du 1er au 24 novembre", "2026-11-01", "2026-11-24"),
        ("in Q3", "2026-07-01", "2026-09-30"),
        ("au 3e trimestre", "2026-07-01", "2026-09-30"),
        ("since the beginning of the year", "2026-01-01", "2026-11-25"),
        ("November last year", "2025-11-01", "2025-11-30"),
        ("in December", "2025-12-01", "2025-12-31"),
        ("3 May 2026", "2026-05-03", "2026-05-03"),
        ("hier", "2026-11-24", "2026-11-24"),
        ("2026-10-05", "2026-10-05", "2026-10-05"),
        ("en 2025", "2025-01-01", "2025-12-31"),
    ],
)
def test_days_are_read(words: str, since: str, until: str) -> None:
    (period,) = find_periods(tokenize(words), TODAY)
    assert period.days == (date.fromisoformat(since), date.fromisoformat(until))


@pytest.mark.parametrize(
    "words",
    [
        "how many customers do we have in Toulouse?",
        "what is our return on ad spend?",
        "combien de clients fidèles avons-nous ?",
        "quel est le panier moyen ?",
        "our best sellers this month",
        "chiffre d'affaires sur un an",
        "conversion rate by device",
        "revenue per customer",
        "nombre de sessions en novembre",
        "trafic par semaine",
        "visits last week",
        "retours par produit",
    ],
)
def test_answer_takes_questions_of_no_other_skill(words: str) -> None:
    assert find_skill(words, load_skills()).skill == "answer"


@pytest.mark.parametrize(
    "words",
    [
        "can you write an e-mail about the linen shirt?",
        "peux-tu rédiger un e-mail pour les soldes ?",
        "e-mail: our linen shirt is back",
        "what can you do?",
        "hello?",
        "visits to the linen shirt in November",
        "visits",
    ],
)
def test_request_for_copy_is_not_answered(words: str) -> None:
    is_greeting = find_message_kind(words) == "greeting"
    assert is_greeting or find_skill(words, load_skills()).skill != "answer"


@pytest.mark.parametrize("words", ["how many customers may we email?", "les 5 derniers mails"])
def test_other_words_are_no_days(words: str) -> None:
    assert find_periods(tokenize(words), TODAY) == []
