"""Detection of order files that break off before their last row."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from bot.data.analyses.result import AnalysisFilter
from bot.data.analyses.trends import find
from bot.data.analyses.trends.truncation import detect_truncation
from tests.support.paths import DATA
from tests.support.real_orders import cdnow, uci
from tests.support.sample_tables import TODAY, sample
from tests.support.small_tables import small

LAST = datetime(TODAY.year, TODAY.month, TODAY.day) - timedelta(days=1)
CHANNELS = (("search", 0.9), ("email", 0.1))


def orders(
    a_day: dict[int, float], days: int = 200, seed: int = 1, **dying: float
) -> list[dict[str, Any]]:
    """Poisson orders: `a_day` is how many come from so many days before the end on; `dying` has a
    source and the share of its orders that is left in the last 14 days."""
    dice = np.random.default_rng(seed)
    rows = []
    for back in range(days - 1, -1, -1):
        usual = next(a_day[start] for start in sorted(a_day) if back < start)
        for source, share in CHANNELS:
            left = dying.get(source, 1.0) if back < 14 else 1.0
            rows += [
                {
                    "order": f"{source}-{back}-{n}",
                    "at": LAST - timedelta(days=back),
                    "line": 1,
                    "source": source,
                    "amount": 20,
                    "quantity": 1,
                    "currency": "EUR",
                    "customer": f"c{n}",
                    "product": "a",
                }
                for n in range(dice.poisson(usual * share * left))
            ]
    return rows


@pytest.mark.parametrize("tail", [3, 7, 14, 25])
def test_tapering_orders_are_truncated_at_the_drop(tail: int) -> None:
    found = detect_truncation(small(orders=orders({tail: 1.5, 999: 30.0})))
    assert found is not None
    assert abs((found.since - (LAST.date() - timedelta(days=tail - 1))).days) <= 1
    assert found.came < 0.15 * found.usual


def test_single_late_row_is_detected_as_tail() -> None:
    rows = orders({999: 30.0})
    shifted = [{**row, "at": row["at"] - timedelta(days=60)} for row in rows]
    late = {**rows[-1], "order": "late"}
    found = detect_truncation(small(orders=[*shifted, late]))
    assert found is not None
    assert found.last == LAST.date() - timedelta(days=60)


@pytest.mark.parametrize("left", [0.3, 0.5, 0.8])
def test_fewer_orders_are_no_truncation(left: float) -> None:
    assert detect_truncation(small(orders=orders({14: 30.0 * left, 999: 30.0}))) is None


def test_steady_orders_are_no_truncation() -> None:
    assert all(
        detect_truncation(small(orders=orders({999: 9.0}, seed=n))) is None for n in range(12)
    )


def test_closed_sundays_are_no_truncation() -> None:
    rows = [row for row in orders({999: 30.0}) if row["at"].weekday() < 5]
    assert detect_truncation(small(orders=rows)) is None


def test_end_of_peak_season_is_no_truncation() -> None:
    assert detect_truncation(small(orders=orders({14: 30.0, 35: 150.0, 999: 30.0}))) is None


def test_few_orders_are_no_truncation() -> None:
    assert detect_truncation(small(orders=orders({7: 0.0, 999: 1.0}))) is None
    assert detect_truncation(small()) is None


def test_end_of_one_channel_is_reported_as_drop_not_truncation() -> None:
    """Nine orders in ten came by search; the e-mails' go on, so it is no end of the file."""
    shelf = small(orders=orders({999: 60.0}, search=0.0))
    assert detect_truncation(shelf) is None
    found = find(shelf, AnalysisFilter())
    told = {f.id: f.value for f in found.facts if f.id.endswith(".status")}
    assert told["trends.source-search.status"] == "confirmed"
    assert told["trends.total-orders.status"] == "confirmed"


def test_truncated_tail_is_reported_as_no_drop() -> None:
    found = find(small(orders=orders({9: 1.5, 999: 30.0})), AnalysisFilter())
    assert "confirmed" not in {f.value for f in found.facts if f.id.endswith(".status")}
    assert any("s'interrompt presque" in words.to("fr") for words in found.limits)


def test_sample_shop_is_not_truncated() -> None:
    assert detect_truncation(sample()) is None


@pytest.mark.skipif(not DATA.exists(), reason="the real sets are not here")
def test_real_shops_are_not_truncated() -> None:
    assert detect_truncation(uci()) is None
    assert detect_truncation(cdnow()) is None
