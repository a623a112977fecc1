"""The laws of chance …"""

import numpy as np
import pytest
from scipy.stats import binom, chi2, fisher_exact, hypergeom, norm, t

from bot.data.stats import (
    binomial_upto,
    chi_square_above,
    drawn_above,
    drawn_upto,
    fisher,
    normal_above,
    normal_bound,
    t_above,
    t_bound,
)


def test_are_those_of_the_books() -> None:
    assert normal_bound(0.975) == pytest.approx(1.959963985)
    assert float(normal_above(1.959963985)) == pytest.approx(0.025)
    assert t_bound(0.975, 10) == pytest.approx(2.228138852)
    assert chi_square_above(3.841458821, 1) == pytest.approx(0.05)
    assert fisher(3, 4, 1, 4) == pytest.approx(34 / 70)  # the lady who tasted tea


def test_are_scipys_to_ten_digits() -> None:
    dice = np.random.default_rng(7)
    for _ in range(300):
        all_ = int(dice.integers(2, 2000))
        marked, drawn = (int(dice.integers(0, all_ + 1)) for _ in range(2))
        hits = int(dice.integers(max(0, drawn + marked - all_), min(drawn, marked) + 1))
        args = [np.array([float(one)]) for one in (hits, all_, marked, drawn)]
        law = hypergeom(all_, marked, drawn)
        assert float(drawn_upto(*args)[0]) == pytest.approx(law.cdf(hits), abs=1e-10)
        assert float(drawn_above(*args)[0]) == pytest.approx(law.sf(hits), abs=1e-10)
        table = [[hits, drawn - hits], [marked - hits, all_ - drawn - marked + hits]]
        told = fisher(hits, drawn, marked - hits, all_ - drawn)
        assert told == pytest.approx(fisher_exact(table).pvalue, abs=1e-10)
        assert binomial_upto(hits, drawn, 0.3) == pytest.approx(binom.cdf(hits, drawn, 0.3))


@pytest.mark.parametrize("value", [0.0, 0.4, 2.5, 9.0])
def test_reach_far_into_the_tails(value: float) -> None:
    assert float(normal_above(value)) == pytest.approx(norm.sf(value), rel=1e-9)
    assert float(t_above(value, 7.3)) == pytest.approx(t.sf(value, 7.3), rel=1e-9)
    assert chi_square_above(value, 3) == pytest.approx(chi2.sf(value, 3), rel=1e-9)
