"""Statistical distributions."""

import numpy as np
import pytest
from scipy.stats import binom, chi2, fisher_exact, hypergeom, norm, t, ttest_ind_from_stats

from bot.data.stats import (
    binomial_cdf,
    chi_square_tail,
    compare_shares,
    compute_equal_means_p,
    compute_equal_shares_p,
    fisher_test,
    hypergeometric_cdf,
    hypergeometric_tail,
    normal_quantile,
    normal_tail,
    student_quantile,
    student_tail,
)


def test_distributions_match_published_values() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963985)
    assert float(normal_tail(1.959963985)) == pytest.approx(0.025)
    assert student_quantile(0.975, 10) == pytest.approx(2.228138852)
    assert chi_square_tail(3.841458821, 1) == pytest.approx(0.05)
    assert fisher_test(3, 4, 1, 4) == pytest.approx(34 / 70)  # the lady who tasted tea


def test_distributions_match_scipy_to_ten_digits() -> None:
    dice = np.random.default_rng(7)
    for _ in range(300):
        all_ = int(dice.integers(2, 2000))
        marked, drawn = (int(dice.integers(0, all_ + 1)) for _ in range(2))
        hits = int(dice.integers(max(0, drawn + marked - all_), min(drawn, marked) + 1))
        args = [np.array([float(one)]) for one in (hits, all_, marked, drawn)]
        law = hypergeom(all_, marked, drawn)
        assert float(hypergeometric_cdf(*args)[0]) == pytest.approx(law.cdf(hits), abs=1e-10)
        assert float(hypergeometric_tail(*args)[0]) == pytest.approx(law.sf(hits), abs=1e-10)
        table = [[hits, drawn - hits], [marked - hits, all_ - drawn - marked + hits]]
        told = fisher_test(hits, drawn, marked - hits, all_ - drawn)
        assert told == pytest.approx(fisher_exact(table).pvalue, abs=1e-10)
        assert binomial_cdf(hits, drawn, 0.3) == pytest.approx(binom.cdf(hits, drawn, 0.3))


@pytest.mark.parametrize("value", [0.0, 0.4, 2.5, 9.0])
def test_tails_are_accurate(value: float) -> None:
    assert float(normal_tail(value)) == pytest.approx(norm.sf(value), rel=1e-9)
    assert float(student_tail(value, 7.3)) == pytest.approx(t.sf(value, 7.3), rel=1e-9)
    assert chi_square_tail(value, 3) == pytest.approx(chi2.sf(value, 3), rel=1e-9)


def test_equal_shares_of_two_groups_are_tested_as_two_proportions() -> None:
    one, other = np.array([31.0]), np.array([459.0])
    (p,) = compare_shares(one, np.array([1323.0]), other, np.array([24492.0]), np.ones(1))
    assert compute_equal_shares_p([31, 459], [1323, 24492]) == pytest.approx(p)
    assert compute_equal_shares_p([1, 6], [20, 30]) == fisher_test(1, 20, 6, 30)
    assert compute_equal_shares_p([20, 40, 60], [100, 100, 100]) < 0.001
    assert compute_equal_shares_p([0, 0], [9, 9]) == 1


def test_two_means_are_compared_by_welchs_test() -> None:
    means, of, spreads = np.array([20.0, 23.0]), np.array([11.0, 40.0]), np.array([2.0, 9.0])
    known = ttest_ind_from_stats(20, 2, 11, 23, 9, 40, equal_var=False).pvalue
    assert compute_equal_means_p(means, of, spreads) == pytest.approx(known)
