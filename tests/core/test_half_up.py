from decimal import Decimal

import numpy as np
import pytest

from bot.core.half_up import round_half_up
from bot.data.stats import round_figure


@pytest.mark.parametrize(
    ("number", "digits", "told"),
    [
        (Decimal("1362.50"), 0, "1363"),
        (Decimal("10.345"), 2, "10.35"),
        (Decimal("-2.5"), 0, "-3"),
        (178.5, 0, "179"),
        (100 * 0.575, 1, "57.5"),
        (1.1 * 1.15, 3, "1.265"),
        (np.float64(2.675), 2, "2.68"),
        (250, -2, "300"),
        (float("inf"), 1, "Infinity"),
    ],
)
def test_a_half_goes_up_whatever_number_it_is(
    number: Decimal | float, digits: int, told: str
) -> None:
    assert round_half_up(number, digits) == Decimal(told)


@pytest.mark.parametrize(
    ("number", "digits", "told"),
    [(Decimal("1362.50"), None, 1363), (Decimal("10.345"), 2, Decimal("10.35")), (0.25, 1, 0.3)],
)
def test_every_figure_of_an_analysis_is_rounded_so(
    number: Decimal | float, digits: int | None, told: Decimal | float
) -> None:
    assert round_figure(number, digits) == told
