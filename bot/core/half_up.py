"""How a figure is rounded: a half goes up, away from zero, whichever tool tells it."""

from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

FLOAT_DIGITS = 12  # those after them are of the order in which rows are summed


def round_half_up(number: Decimal | float, digits: int = 0) -> Decimal:
    """Return the number with so many decimals; with tens or hundreds where `digits` is below 0. A
    float is read with twelve digits: 57.55 may be 57.549999999999997."""
    is_exact = isinstance(number, Decimal | int)
    exact = Decimal(number if is_exact else f"{number:.{FLOAT_DIGITS}g}")
    if not isfinite(exact):
        return exact
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
