"""The campaign analysis: advertising lines and mailings."""

import csv
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from bot.data.analyses.campaigns import find
from bot.data.analyses.campaigns.bottlenecks import select_discoveries
from bot.data.analyses.campaigns.mailings import letter_against_peers, nearest_texts
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from tests.support.paths import DATA
from tests.support.sample_tables import sample
from tests.support.small_tables import small


@cache
def found_in_sample() -> AnalysisResult:
    return find(sample(), AnalysisFilter())


def value(found: AnalysisResult, subject: str, measure: str) -> Any:
    fact = found.get(subject, measure)
    assert fact is not None, (subject, measure)
    return fact.value


def stuck(found: AnalysisResult) -> dict[str, Any]:
    return {
        fact.about: fact.value
        for fact in found.facts
        if fact.id.startswith("campaigns.stuck--") and fact.id.endswith(".where")
    }


def ad(keyword: str, **more: Any) -> dict[str, Any]:
    return {
        "at": datetime(2026, 11, 20),
        "channel": "ads",
        "retailer": "Shop",
        "keyword": keyword,
        "currency": "EUR",
        **more,
    }


def letter(code: str, days_ago: int, opened: int, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "at": datetime(2026, 11, 20) - timedelta(days=days_ago),
        "channel": "email",
        "audience": "all",
        "subject": f"Letter {code}",
        "text": "Words",
        "language": "en",
        "delivered": 1000,
        "opened": opened,
        **more,
    }


def test_planted_bottlenecks_are_found_and_no_others() -> None:
    assert stuck(found_in_sample()) == {
        "plaid mohair": "sold out",
        "location nappe mariage": "unbought",
        "bougie naturelle": "budget gone by noon",
        "cadeau pas cher": "unclicked",
        "coussin lin noir": "unseen",
    }


def test_days_on_which_the_budget_was_gone_by_noon_are_counted() -> None:
    rows = [
        ad("candle", at=datetime(2026, 11, day), spend=Decimal(5), impressions=90, spent_out=hour)
        for day, hour in enumerate(["09:10", "11:59", "12:00", None, "08:00", "10:30"], start=1)
    ]
    found = find(small(campaigns=rows), AnalysisFilter())
    assert stuck(found) == {"candle": "budget gone by noon"}
    assert value(found, "stuck--candle", "days-out-of-budget") == 4
    assert value(found, "stuck--candle", "days") == 6


def test_how_much_of_its_budgets_a_campaign_spent_is_told() -> None:
    """Each keyword has its own budget, which stands beside each of its placements."""

    def rows(day: int, shirt: int, dress: int) -> list[dict[str, Any]]:
        known = {"at": datetime(2026, 11, day), "name": "Linen", "impressions": 90}
        return [
            ad("shirt", placement="top", spend=Decimal(10), budget=Decimal(shirt), **known),
            ad("shirt", placement="page", spend=Decimal(5), budget=Decimal(shirt), **known),
            ad("dress", spend=Decimal(20), budget=Decimal(dress), spent_out="17:00", **known),
        ]

    def find_share(*, of: list[dict[str, Any]]) -> AnalysisResult:
        return find(small(campaigns=of), AnalysisFilter())

    found = find_share(of=[*rows(19, 50, 20), *rows(20, 50, 20)])
    assert value(found, "name--linen", "share-of-budget") == 50
    assert found.get("name--linen", "days-out-of-budget") is None  # the shirt's had room
    assert value(found, "name--linen", "budget-a-day") == 70
    assert value(found, "ads", "budget-a-day") == 70
    shared = find_share(of=[*rows(19, 70, 70), *rows(20, 70, 70)])  # one for the whole campaign
    assert value(shared, "name--linen", "share-of-budget") == 50
    assert value(shared, "name--linen", "days-out-of-budget") == 2
    without = find_share(of=[{**row, "budget": None} for row in rows(20, 50, 20)])
    assert without.get("name--linen", "share-of-budget") is None


def test_sold_out_lines_cost_the_spend_since_the_sell_out() -> None:
    found = found_in_sample()
    assert value(found, "stuck--plaid-mohair", "spend") == Decimal("304.50")
    assert value(found, "stuck--plaid-mohair", "days") == 19


def test_each_placement_shows_cost_and_sales() -> None:
    found = found_in_sample()
    spent = [f for f in found.facts if f.label == "spend" and ".placement--" in f.id]
    assert sum(Decimal(f.value) for f in spent) == value(found, "ads", "spend")
    assert all(f.rows and f.query == "ads" and f.unit == "EUR" for f in spent)


def test_ads_without_sales_show_the_cost_per_order() -> None:
    rows = [ad("a", spend=Decimal(60), impressions=900, clicks=20, orders=8)]
    rows += [ad("b", spend=Decimal(60), impressions=900, clicks=20, orders=0)]
    found = find(small(campaigns=rows), AnalysisFilter())
    assert value(found, "ads", "cost-per-order") == 15
    assert value(found, "keyword--a", "cost-per-order") == Decimal("7.5")
    assert found.get("keyword--b", "cost-per-order") is None


def test_two_currencies_are_never_summed() -> None:
    rows = [ad("a", spend=Decimal(5), impressions=9), ad("b", spend=Decimal(5), impressions=9)]
    rows += [ad("c", spend=Decimal(70), impressions=9, currency="USD")]
    found = find(small(campaigns=rows), AnalysisFilter())
    assert value(found, "ads", "spend") == Decimal("10.00")
    assert "USD" in found.limits[0].to("en")


def test_missing_dates_are_reported_as_a_limit() -> None:
    found = find(
        small(campaigns=[ad("a", at=None, spend=Decimal(5), impressions=9)]), AnalysisFilter()
    )
    assert "no dates" in found.limits[0].to("en")


def test_line_with_too_few_peers_has_no_bottleneck() -> None:
    rows = [ad(k, impressions=5000, clicks=c, spend=Decimal(1)) for k, c in [("a", 90), ("b", 0)]]
    assert stuck(find(small(campaigns=rows), AnalysisFilter())) == {}


def test_mailing_like_its_peers_is_explained_by_chance() -> None:
    rows = [letter(f"old-{i}", 10 + 7 * i, 250 + 10 * i) for i in range(12)]
    found = letter_against_peers(small(campaigns=[*rows, letter("mine", 0, 310)]), "mine")
    assert value(found, "letter--mine", "open-rate") == Decimal("31.0")
    assert value(found, "letter--mine", "open-rate-median") == Decimal("30.5")
    assert value(found, "letter--mine", "open-rate-chance") == "yes"
    assert value(found, "letter--mine", "open-rate-comparable") == 12
    better = letter_against_peers(small(campaigns=[*rows, letter("mine", 0, 600)]), "mine")
    assert value(better, "letter--mine", "open-rate-chance") == "no"


def test_mailing_with_too_few_peers_is_not_compared() -> None:
    rows = [letter(f"old-{i}", 10 + 7 * i, 300) for i in range(3)]
    found = letter_against_peers(small(campaigns=[*rows, letter("mine", 0, 310)]), "mine")
    assert found.get("letter--mine", "open-rate") is None
    assert "too few comparable" in found.limits[0].to("en")
    assert "trop peu" in found.limits[0].to("fr")


def test_mailing_without_results_is_reported_as_missing() -> None:
    assert "nothing-yet" in letter_against_peers(sample(), "nothing-yet").limits[0].to("en")


def test_nearest_texts_are_those_of_the_same_product() -> None:
    near = nearest_texts(
        sample(), channel="email", product="lin-alba", words="relance chemise lin", language="fr"
    )
    assert near[0].letter.product is not None
    assert "lin-alba" in near[0].letter.product
    assert [n.score for n in near] == sorted((n.score for n in near), reverse=True)
    assert all(n.letter.language == "fr" for n in near)


def test_missing_campaigns_name_the_file_to_import() -> None:
    assert "import" in find(small(), AnalysisFilter()).limits[0].to("en")
    assert nearest_texts(small(), channel=None, product=None, words="x", language="en") == []


def test_discoveries_are_corrected_for_multiple_testing() -> None:
    assert select_discoveries([0.01, 0.06, 0.9, 0.8]) == [True, False, False, False]
    assert select_discoveries([]) == []


@pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here")
def test_facebook_results_add_up() -> None:
    with (DATA / "kag_conversion_data.csv").open(encoding="utf-8") as file:
        rows = [
            {
                "id": row["ad_id"],
                "name": row["xyz_campaign_id"],
                "impressions": int(row["Impressions"]),
                "clicks": int(row["Clicks"]),
                "spend": Decimal(row["Spent"]).quantize(Decimal("0.01")),
                "orders": int(row["Approved_Conversion"]),
            }
            for row in csv.DictReader(file)
        ]
    found = find(small(campaigns=rows), AnalysisFilter())
    assert value(found, "ads", "impressions") == 213_434_828
    assert value(found, "ads", "clicks") == 38_165
    assert value(found, "ads", "spend") == pytest.approx(Decimal("58705.23"), abs=Decimal("0.02"))


def test_ads_without_sales_have_no_return_on_ad_spend() -> None:
    lines = [
        {"channel": "ads", "keyword": f"k{n}", "impressions": 1000, "clicks": 50, "orders": n % 3}
        | {"spend": Decimal("20.00"), "currency": "EUR"}
        for n in range(6)
    ]
    found = find(small(campaigns=lines), AnalysisFilter())
    assert value(found, "ads", "spend") == 120
    assert found.get("ads", "sales") is None
    assert found.get("ads", "return") is None
    assert any("return on ad spend" in words.to("en") for words in found.limits)


def test_lines_without_an_orders_column_are_not_called_unbought() -> None:
    lines = [
        {"channel": "ads", "keyword": f"k{n}", "impressions": 10_000, "clicks": 500}
        | {"spend": Decimal("20.00"), "sales": Decimal("90.00")}
        for n in range(6)
    ]
    found = find(small(campaigns=lines), AnalysisFilter())
    assert "unbought" not in stuck(found).values()
    assert found.get("ads", "orders") is None
    assert found.get("ads", "orders-per-click") is None
    assert value(found, "ads", "return") == Decimal("4.5")


def test_zero_sales_in_the_period_are_zero_and_not_unknown() -> None:
    lines = [
        ad(f"k{n}", impressions=100, spend=Decimal("5.00"), sales=Decimal("0.00")) for n in range(5)
    ]
    found = find(small(campaigns=lines), AnalysisFilter())
    assert value(found, "ads", "sales") == 0
    assert value(found, "ads", "return") == 0
