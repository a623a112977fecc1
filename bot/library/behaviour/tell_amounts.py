"""How much today's customers will buy, told."""

from collections.abc import Sequence
from decimal import Decimal

from bot.library.behaviour import amounts
from bot.library.behaviour.amounts import Forecast
from bot.library.behaviour.seen import Seen
from bot.library.segments.profile import cents, percent
from bot.library.segments.told import Told
from bot.words import Words

FEW = 100  # customers who bought again, on each day looked back to


def tell(told: Told, seen: Sequence[Seen], ahead: int) -> None:
    """Facts behaviour.expected-90-days.purchases, .purchases-low, .purchases-high and the same of
    .value, by today's customers, each with .purchases-backtest-error (%, mean over the windows).
    The interval is as wide as the worst window was off. Refused when the totals were off by more
    than 15 % on average or 25 % once, or when the fit has no maximum."""
    if any((each.frequency > 1).sum() < FEW for each in seen):
        told.findings.refuse(
            Words(
                "Fewer than {n} customers had bought more than once on some day in the past: too"
                " few to say how much will be bought. A longer order file would help.",
                n=FEW,
            )
        )
        return
    purchases, value = amounts.forecasts(seen, ahead)
    rows = len(seen[0].frequency)
    if not purchases.holds:
        told.findings.refuse(_why(purchases, ahead))
        return
    _one(told, "purchases", purchases, ahead, rows)
    if told.currency is None:
        return
    if not value.finite:
        told.findings.refuse(
            Words("What these purchases will be worth can't be told: too few amounts differ.")
        )
        return
    if not value.holds:
        told.findings.refuse(
            Words(
                "What these purchases will be worth is not shown: in one of {n} past windows"
                " {said} was expected and {came} came.",
                n=len(value.windows),
                said=round(value.worst.said),
                came=round(value.worst.came),
            )
        )
        return
    _one(told, "value", value, ahead, rows)


def _why(forecast: Forecast, ahead: int) -> Words:
    if forecast.right or not forecast.finite:
        return Words(
            "How much will be bought in {days} days is not shown: customers differ too little in"
            " how they leave for the method to hold.",
            days=ahead,
        )
    return Words(
        "How much will be bought in {days} days is not shown: tried on {n} past windows, in one"
        " {said} purchases were expected and {came} came. A season can do that.",
        days=ahead,
        n=len(forecast.windows),
        said=round(forecast.worst.said),
        came=round(forecast.worst.came),
    )


def _one(told: Told, measure: str, forecast: Forecast, ahead: int, rows: int) -> None:
    unit = "purchases" if measure == "purchases" else (told.currency or None)
    low, high = forecast.between
    told.findings.group(f"expected-{ahead}-days", rows)
    for name, value in (
        (measure, forecast.total),
        (f"{measure}-low", low),
        (f"{measure}-high", high),
    ):
        told.findings.add(
            f"expected-{ahead}-days",
            name,
            round(value) if measure == "purchases" else cents(Decimal(value)),
            unit=unit,
            about=f"{ahead} days",
            rows=rows,
            query="histories",
        )
    told.findings.add(
        f"expected-{ahead}-days",
        f"{measure}-backtest-error",
        percent(forecast.mean_off),
        unit="%",
        about=f"{ahead} days",
        rows=rows,
        query="histories",
    )
