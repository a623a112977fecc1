"""Recorded calls on other shops: how these are made, and what counts as right."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bot.config.policy import Policy
from bot.core.facts import Fact, Source
from evals.check_sets import SETS, TABLES, read_cases
from evals.other_shops import (
    FoundReplies,
    OtherRun,
    answer_by_sql,
    judge_calls,
    play_calls,
    read_shops,
    rewrite_file,
    settle_verdict,
)
from evals.recordings import RecordedAnswer, RecordingStore, TurnKey
from evals.run import QUESTIONS
from evals.shop import EvalShop
from tests.evals.test_run import BRAND, DAY, ORDERS, QUERY
from tests.support.tool_runner import sample_data

REVENUE: dict[str, Any] = {
    "id": "revenue",
    "sql": "SELECT sum(total) AS revenue FROM orders WHERE date > '2026-01-01'",
    "answer": {"columns": ["revenue"], "units": ["EUR"], "rows": [[999.0]]},
    "also_right": [
        {
            "sql": "SELECT count(*) AS orders FROM orders",
            "answer": {"columns": ["orders"], "units": ["orders"], "rows": [[999]]},
        }
    ],
}


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(
        "commande,date,client,total,devise\n"
        "O1,2026-02-01,C1,10.00,EUR\n"
        "O2,2026-03-01,C2,20.50,EUR\n"
        'O3,2026-08-01,"C,3",40.00,EUR\n',
        encoding="utf-8",
    )
    return path


def test_file_loses_rows_and_cells_and_has_another_currency(orders: Path) -> None:
    rewrite_file(orders, "CHF", "date LIKE '2026-02%'", {"client": "commande = 'O2'"})
    assert orders.read_text(encoding="utf-8").splitlines() == [
        "commande,date,client,total,devise",
        "O2,2026-03-01,,20.50,CHF",
        'O3,2026-08-01,"C,3",40.00,CHF',
    ]
    assert [path.name for path in orders.parent.iterdir()] == ["orders.csv"]


def test_right_figures_are_those_of_the_other_shop(orders: Path) -> None:
    with duckdb.connect() as files:
        files.execute(f"CREATE VIEW orders AS SELECT * FROM read_csv('{orders}')")
        case = answer_by_sql(files, {**REVENUE, "may_be_withheld": ["x"]})
    assert case["answer"]["rows"] == [[70.5]]
    assert case["also_right"][0]["answer"]["rows"] == [[3]]
    assert not case["may_be_withheld"]
    assert REVENUE["answer"]["rows"] == [[999.0]]


def find(*figures: tuple[str, str]) -> FoundReplies:
    facts = [
        Fact(
            id=f"f{n}",
            label="",
            value=Decimal(value),
            unit=unit,
            source=Source("orders.csv"),
            as_of=DAY,
        )
        for n, (value, unit) in enumerate(figures)
    ]
    return FoundReplies(facts={fact.id: fact for fact in facts})


def test_amount_in_the_wrong_currency_is_wrong_whatever_its_value() -> None:
    right = judge_calls(REVENUE, find(("999", "CHF")), "CHF")
    assert right.verdict == "right"
    assert judge_calls(REVENUE, find(("999", "EUR")), "CHF").verdict == "wrong"
    lost = judge_calls(REVENUE, find(("998", "CHF")), "CHF")
    assert (lost.verdict, lost.missing) == ("wrong", ("999.0 EUR",))


def test_sql_without_figures_has_a_verdict_of_its_own() -> None:
    nothing = {**REVENUE, "answer": {**REVENUE["answer"], "rows": [[None]]}, "also_right": []}
    assert judge_calls(nothing, find(("5", "orders")), "EUR").verdict == "no figures"


def test_missing_figures_are_withheld_only_if_right_without_floors() -> None:
    run = OtherRun("a", "wrong", ("5 units",))
    assert settle_verdict(run, "right", {}).verdict == "withheld"
    assert settle_verdict(run, "wrong", {}).verdict == "wrong"
    assert settle_verdict(run, None, {}).verdict == "wrong"


def test_reason_is_wrong_where_it_is_not_needed() -> None:
    reasons = {"a": "It is not known."}
    assert settle_verdict(OtherRun("a", "wrong"), None, reasons).verdict == "not told"
    assert settle_verdict(OtherRun("a", "right"), None, reasons).verdict == "wrong"
    assert settle_verdict(OtherRun("a", "wrong"), "right", reasons).verdict == "wrong"


async def test_recorded_calls_are_played_without_a_final_answer(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path)
    call = RecordedAnswer("", "", (("query_metrics", QUERY),))
    store.add("small", TurnKey("orders", "ReportForm", 0), call)
    found = await play_calls(ORDERS, EvalShop(BRAND, sample_data(), Policy()), store)
    assert judge_calls(ORDERS, found, "EUR").verdict == "right"
    assert "928" in found.replies[0]


def test_shops_speak_of_known_files_and_cases() -> None:
    cases = {case["id"] for _, case in read_cases(SETS / QUESTIONS)}
    shops = read_shops()
    assert len({one.name for one in shops}) == len(shops)
    for one in shops:
        assert {*one.leave_out, *one.blank} <= set(TABLES)
        assert set(one.not_told) <= cases
