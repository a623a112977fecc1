"""Evaluation of A/B tests."""

import csv
import json
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pytest

from bot.data.analyses.experiments import find
from bot.data.analyses.experiments.hypothesis_tests import (
    MIN_RATIO_P,
    ArmCounts,
    adjust_holm,
    check_sample_ratio,
    compare_amounts,
    compare_rates,
    compute_sample_size,
    compute_sequential_p,
    compute_smallest_lift,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from tests.support.paths import DATA
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small


def value(found: AnalysisResult, subject: str, measure: str) -> Any:
    fact = found.get(subject, measure)
    assert fact is not None, (subject, measure)
    return fact.value


def shelf_of(rows: list[dict[str, Any]]) -> Warehouse:
    return small(experiments=rows)


def arm_rows(name: str, users: int, successes: int, **more: Any) -> dict[str, Any]:
    return {
        "experiment": "t",
        "variant": name,
        "metric": "visit",
        "users": users,
        "successes": successes,
        **more,
    }


def test_winner_is_reported_with_its_interval() -> None:
    found = find(sample(), AnalysisFilter(experiment="photos-portees"))
    arm = "photos-portees--purchase--b"
    assert value(found, "photos-portees--purchase", "status") == "won"
    assert value(found, "photos-portees--purchase", "winner") == "B"
    assert value(found, arm, "effect") == Decimal("1.2")
    units = {one.parts.measure: one.unit for one in found.facts if one.parts.subject == arm}
    assert (units["worth"], units["worth-low"], units["effect"]) == ("EUR", "EUR", "points")
    assert value(found, arm, "effect-low") == Decimal("0.66")
    assert value(found, arm, "effect-high") == Decimal("1.74")
    assert value(found, arm, "always-valid-p") < Decimal("0.05")


def test_uneven_arms_are_broken_and_have_no_effect() -> None:
    found = find(sample(), AnalysisFilter(experiment="panier-court"))
    assert value(found, "panier-court--purchase", "status") == "broken"
    assert value(found, "panier-court--purchase", "ratio-chi-square") == Decimal("33.6")
    assert value(found, "panier-court--purchase--b", "meant") == 10_000
    assert value(found, "panier-court--purchase--b", "rate") == Decimal("5.02")
    assert not [fact for fact in found.facts if "effect" in fact.id or "verdict" in fact.id]


def test_tests_are_counted_by_how_they_ended() -> None:
    found = find(sample(), AnalysisFilter())
    ends = ("won", "lost", "broken", "undecided")
    assert [value(found, "all", end) for end in ends] == [1, 0, 1, 0]


def part_rows(device: str | None, **arms: tuple[int, int]) -> list[dict[str, Any]]:
    return [arm_rows(name, *counts, device=device) for name, counts in arms.items()]


def parts_of(rows: list[dict[str, Any]], by: str = "device") -> tuple[set[str], AnalysisResult]:
    found = find(shelf_of(rows), AnalysisFilter(by=by))
    return {str(fact.value) for fact in found.facts if fact.parts.measure == "part"}, found


def test_test_is_told_by_device() -> None:
    rows = part_rows("mobile", A=(1000, 100), B=(1000, 160)) + part_rows(
        "desktop", A=(500, 50), B=(500, 52)
    )
    parts, found = parts_of(rows)
    assert parts == {"mobile", "desktop"}
    assert value(found, "t--visit--mobile--b", "effect") == Decimal("6")
    assert value(found, "t--visit--mobile--b", "verdict") == "won"
    assert value(found, "t--visit--desktop--b", "verdict") == "no difference seen"


def test_each_part_counts_as_one_more_comparison() -> None:
    rows = part_rows("mobile", A=(1000, 100), B=(1000, 130))
    (alone, _), whole = parts_of(rows), find(shelf_of(rows), AnalysisFilter())
    assert alone == {"mobile"}
    assert value(whole, "t--visit--b", "verdict") == "won"
    p = value(whole, "t--visit--b", "p")
    for n in range(3):
        rows += part_rows(f"d{n}", A=(1000, 100), B=(1000, 100))
    _, found = parts_of(rows)
    assert value(found, "t--visit--mobile--b", "p") == pytest.approx(4 * p, rel=Decimal("0.01"))
    assert value(found, "t--visit--mobile--b", "verdict") == "no difference seen"


@pytest.mark.parametrize("small", [(7, 6), (90, 2)])  # few people, few buyers
def test_small_part_is_hidden_with_the_part_that_gives_it_away(small: tuple[int, int]) -> None:
    rows = part_rows("mobile", A=(1000, 100), B=(1000, 160))
    rows += part_rows("desktop", A=(500, 50), B=(500, 52)) + part_rows("tv", A=(90, 9), B=small)
    parts, found = parts_of(rows)
    assert parts == {"mobile"}
    assert found.is_withheld()


def test_people_without_a_device_are_in_no_part_and_give_nobody_away() -> None:
    rows = part_rows("mobile", A=(1000, 100), B=(1000, 160)) + part_rows(
        "desktop", A=(500, 50), B=(500, 52)
    )
    assert parts_of(rows + part_rows(None, A=(300, 30), B=(300, 30)))[0] == {"mobile", "desktop"}
    assert parts_of(rows + part_rows(None, A=(3, 1), B=(300, 30)))[0] == {"mobile"}


def test_every_part_of_a_broken_test_is_broken() -> None:
    found = find(sample(), AnalysisFilter(experiment="panier-court", by="device"))
    states = [fact.value for fact in found.facts if fact.parts.measure == "status"]
    assert len(states) > 1
    assert {*states} == {"broken"}
    assert not [fact for fact in found.facts if "effect" in fact.id or "verdict" in fact.id]


def test_test_without_devices_says_so() -> None:
    parts, found = parts_of([arm_rows("A", 500, 50), arm_rows("B", 500, 60)])
    assert not parts
    assert [limit.to("en") for limit in found.limits] == ["t: no row names a device."]


def test_test_is_told_by_the_segment_of_its_people() -> None:
    rows, people = [], []
    for n in range(400):
        unit = f"c{n}"
        variant, bought = "AB"[n % 2], int(n % 10 < 3)
        rows.append(arm_rows(variant, 1, bought, unit=unit))
        people.append({"customer": unit, "segment": "Gold" if n < 200 else "Silver"})
    found = find(small(experiments=rows, customers=people), AnalysisFilter(by="segment"))
    assert value(found, "t--visit--gold--b", "users") == 100
    assert value(found, "t--visit--silver--b", "users") == 100


def test_every_fact_has_source_rows_and_query() -> None:
    found = find(sample(), AnalysisFilter())
    assert found.facts
    for fact in found.facts:
        assert str(fact.source) == "experiments.csv"
        assert fact.rows
        assert fact.query in found.queries
        assert fact.as_of == TODAY.replace(day=19)


def test_sample_ratio_of_cookie_cats_is_broken() -> None:
    # Cookie Cats, gate at level 30 against 40: 44,700 and 45,489 players where halves were meant
    _, p = check_sample_ratio([44_700, 45_489])
    assert p == pytest.approx(0.0086, abs=0.0001)
    assert p < MIN_RATIO_P


def test_sample_ratio_uses_the_intended_shares() -> None:
    assert check_sample_ratio([900, 100], [0.9, 0.1])[1] == pytest.approx(1.0)
    assert check_sample_ratio([900, 100])[1] < MIN_RATIO_P


@pytest.mark.parametrize(
    ("users", "shares"), [([1], None), ([0, 0], None), ([5, 5], [1.0, 0.0]), ([5, 5], [1.0])]
)
def test_invalid_sample_ratio_raises_value_error(
    users: list[int], shares: list[float] | None
) -> None:
    with pytest.raises(ValueError, match="two arms"):
        check_sample_ratio(users, shares)


def test_too_few_successes_are_too_early() -> None:
    found = find(shelf_of([arm_rows("A", 100, 2), arm_rows("B", 104, 9)]), AnalysisFilter())
    assert value(found, "t--visit", "status") == "too early"


def test_single_variant_is_reported_as_a_limit() -> None:
    found = find(shelf_of([arm_rows("A", 100, 2)]), AnalysisFilter())
    assert value(found, "t--visit", "status") == "too early"
    assert "one variant" in found.limits[0].to("en")
    assert "une seule variante" in found.limits[0].to("fr")


def test_missing_rows_name_the_file_to_import() -> None:
    nothing = find(Warehouse(ibis.duckdb.connect(), TODAY), AnalysisFilter())
    assert "variants and results" in nothing.limits[0].to("en")
    unknown = find(sample(), AnalysisFilter(experiment="no-such"))
    assert "no-such" in unknown.limits[0].to("en")


def test_losing_variant_is_called_lost() -> None:
    found = find(
        shelf_of([arm_rows("control", 5000, 500), arm_rows("new", 5000, 400)]), AnalysisFilter()
    )
    assert value(found, "t--visit", "status") == "lost"
    assert value(found, "t--visit", "control") == "control"


def test_more_buyers_with_smaller_amounts_show_both_effects() -> None:
    rows = [
        arm_rows("A", 4000, 400, value=Decimal("40000")),
        arm_rows("B", 4000, 480, value=Decimal("24000")),
    ]
    found = find(shelf_of(rows), AnalysisFilter())
    assert value(found, "t--visit--b", "effect") == Decimal("2.0")
    assert value(found, "t--visit--b", "worth") == Decimal("-4.0")


def test_amounts_summed_over_people_have_no_interval() -> None:
    sums = [
        arm_rows("A", 4000, 400, value=Decimal("40000")),
        arm_rows("B", 4000, 480, value=Decimal("24000")),
    ]
    both = find(shelf_of(sums), AnalysisFilter())
    assert value(both, "t--visit", "status") == "won"
    assert both.get("t--visit--b", "worth-low") is None
    assert "one row a person" in " ".join(words.to("en") for words in both.limits)
    money = find(shelf_of([row | {"successes": None} for row in sums]), AnalysisFilter())
    assert value(money, "t--visit--a", "mean") == Decimal("10.0")
    assert not [f for f in money.facts if f.id.split(".")[2] in ("effect", "effect-low", "status")]
    assert "une ligne par personne" in " ".join(words.to("fr") for words in money.limits)
    with pytest.raises(ValueError, match="several people"):
        compare_amounts(
            ArmCounts("B", 9, 0, 9.0, 9.0, spread=False), ArmCounts("A", 9, 0, 3.0, 3.0)
        )


def test_amounts_per_person_keep_their_interval_with_zero_spenders() -> None:
    people = [("A", 1, 20 + n % 7) for n in range(40)] + [("B", 1, 30 + n % 5) for n in range(40)]
    rows = [
        arm_rows(name, users, 0, value=Decimal(spent), unit=f"{name}{n}") | {"successes": None}
        for n, (name, users, spent) in enumerate([*people, ("A", 60, 0), ("B", 60, 0)])
    ]
    found = find(shelf_of(rows), AnalysisFilter())
    assert ["split" in words.to("en") for words in found.limits] == [True]  # and nothing else
    assert value(found, "t--visit--b", "mean") == Decimal("12.8")
    low, high = (value(found, "t--visit--b", m) for m in ("effect-low", "effect-high"))
    assert low < value(found, "t--visit--b", "effect") < high


def test_amounts_are_compared_by_welch() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(3)
    one, other = rng.gamma(2, 10, 400), rng.gamma(2, 11, 300)
    effect = compare_amounts(_amounts("B", other), _amounts("A", one))
    oracle = ttest_ind(other, one, equal_var=False)
    low, high = oracle.confidence_interval()
    assert effect.p == pytest.approx(oracle.pvalue, rel=1e-9)
    assert (effect.low, effect.high) == pytest.approx((low, high), rel=1e-9)


def _amounts(name: str, values: Any) -> ArmCounts:
    return ArmCounts(name, len(values), 0, float(values.sum()), float((values**2).sum()))


def test_several_arms_are_corrected_by_holm() -> None:
    assert adjust_holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert adjust_holm([0.9, 0.8]) == [1.0, 1.0]


def test_false_positive_rate_holds_at_the_horizon() -> None:
    rng = np.random.default_rng(11)
    n, runs = 5000, 2000
    one, other = rng.binomial(n, 0.04, runs), rng.binomial(n, 0.04, runs)
    ps = [
        compare_rates(ArmCounts("B", n, int(b)), ArmCounts("A", n, int(a))).p
        for a, b in zip(one, other, strict=True)
    ]
    share = float(np.mean([p < 0.05 for p in ps]))
    assert 0.03 < share < 0.07


def test_sequential_p_controls_daily_looks_and_detects_real_effects() -> None:
    rng = np.random.default_rng(5)
    same = [_peeked(rng, 0.04) < 0.05 for _ in range(300)]
    better = [_peeked(rng, 0.048) < 0.05 for _ in range(100)]
    assert float(np.mean(same)) <= 0.02
    assert float(np.mean(better)) >= 0.9


def _peeked(rng: np.random.Generator, rate: float, a_day: int = 1000) -> float:
    """The p after 28 daily looks at two arms, one at 4 %, the other at `rate`."""
    one = np.cumsum(rng.binomial(a_day, 0.04, 28))
    other = np.cumsum(rng.binomial(a_day, rate, 28))
    days = range(1, 29)
    return compute_sequential_p(
        (ArmCounts("B", a_day * d, int(other[d - 1])), ArmCounts("A", a_day * d, int(one[d - 1])))
        for d in days
    )


def test_planned_sample_size_agrees_with_the_textbook() -> None:
    # Fleiss et al. 2003, table A.4 without correction: .05 against .10, power .8, alpha .05: 435
    assert compute_sample_size(0.05, 1.0) == 435
    assert compute_smallest_lift(0.04, compute_sample_size(0.04, 0.1)) == pytest.approx(
        0.1, abs=1e-4
    )


@pytest.mark.parametrize(("base", "lift"), [(0.0, 0.1), (1.2, 0.1), (0.5, 1.5), (0.5, 0.0)])
def test_invalid_plan_raises_value_error_with_the_reason(base: float, lift: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        compute_sample_size(base, lift)


def test_undetectable_lift_is_infinite() -> None:
    assert compute_smallest_lift(0.5, 2) == float("inf")


@pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here")
def test_hillstrom_data_gives_the_published_effects() -> None:
    found = find(shelf_of(_hillstrom()), AnalysisFilter())
    men, women = "hillstrom--visit--mens-e-mail", "hillstrom--visit--womens-e-mail"
    assert value(found, "hillstrom--visit", "control") == "No E-Mail"
    told = [value(found, men, m) for m in ("effect", "effect-low", "effect-high")]
    assert told == [Decimal("7.66"), Decimal("7.0"), Decimal("8.32")]
    told = [value(found, women, m) for m in ("effect", "effect-low", "effect-high")]
    assert told == [Decimal("4.52"), Decimal("3.89"), Decimal("5.16")]
    assert value(found, "hillstrom--conversion--mens-e-mail", "successes") == 267


def _hillstrom() -> list[dict[str, Any]]:
    counted: Counter[tuple[str, str]] = Counter()
    with (DATA / "hillstrom_email.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            counted[row["segment"], "users"] += 1
            for metric in ("visit", "conversion"):
                counted[row["segment"], metric] += int(row[metric])
    arms = sorted({arm for arm, _ in counted})
    return [
        arm_rows(arm, counted[arm, "users"], counted[arm, metric], metric=metric)
        | {"experiment": "hillstrom", "at": datetime(2008, 3, 20)}
        for arm in arms
        for metric in ("visit", "conversion")
    ]


# The split that was meant.


def test_split_that_nobody_stated_is_asked_for_and_not_checked() -> None:
    shop = shelf_of([arm_rows("A", 900, 100), arm_rows("B", 1100, 200)])
    found = find(shop, AnalysisFilter())
    assert value(found, "t--visit", "split") == "not stated"
    assert value(found, "t--visit", "status") == "won"
    assert found.get("t--visit", "ratio-p") is None
    assert [w.text for w in found.limits if "How was it meant" in w.text]


@pytest.mark.parametrize(("meant", "is_broken"), [((50, 50), True), ((45, 55), False)])
def test_split_that_is_said_in_the_question_is_checked(
    meant: tuple[int, int], is_broken: bool
) -> None:
    shop = shelf_of([arm_rows("A", 900, 100), arm_rows("B", 1100, 200)])
    split = json.dumps({"a": meant[0], "b": meant[1]})
    found = find(shop, AnalysisFilter(split=split))
    assert (value(found, "t--visit", "status") == "broken") == is_broken
    assert found.get("t--visit", "split") is None
    assert not [w for w in found.limits if "How was it meant" in w.text]


def test_people_in_several_variants_are_counted_and_left_out() -> None:
    rows = [
        {**arm_rows(variant, 1, int(n % 9 == 0)), "unit": f"{variant}{n}"}
        for variant in "AB"
        for n in range(600)
    ]
    both = [{**arm_rows(variant, 1, 1), "unit": f"both{n}"} for variant in "AB" for n in range(25)]
    found = find(shelf_of([*rows, *both]), AnalysisFilter())
    assert value(found, "t--visit--a", "users") == 600
    assert value(found, "t--visit", "users") == 1200
    says = [words.to("en") for words in found.limits]
    assert "25 visitors in t saw several variants; they are left out." in says


# Exact figures.


def test_rate_and_effect_keep_what_they_were_rounded_from() -> None:
    found = find(shelf_of([arm_rows("A", 900, 100), arm_rows("B", 1100, 200)]), AnalysisFilter())
    rate, effect = found.get("t--visit--b", "rate"), found.get("t--visit--b", "effect")
    assert rate is not None
    assert effect is not None
    assert (rate.value, round(rate.number, 9)) == (Decimal("18.18"), Decimal("18.181818182"))
    assert effect.number == pytest.approx(Decimal(200) / 11 - Decimal(100) / 9)


def test_counts_are_of_the_tests_of_the_days() -> None:
    every = find(sample(), AnalysisFilter())
    assert every.get("all", "won")
    assert any("photos" in subject for subject in every.subjects())
    ended = find(sample(), AnalysisFilter(since=date(2026, 11, 10), when="ended"))
    assert ended.subjects()
    assert not any("photos" in subject or subject == "all" for subject in ended.subjects())


def test_test_without_days_is_left_out_of_days_and_said() -> None:
    rows = [
        {"experiment": "photos", "variant": variant, "metric": "purchase", "users": 100}
        for variant in "AB"
    ]
    found = find(small(experiments=rows), AnalysisFilter(since=date(2026, 11, 1)))
    assert found.facts == []
    assert "no file says on which days it ran: photos" in found.limits[0].to("en")
