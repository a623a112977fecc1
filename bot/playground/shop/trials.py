"""Two A/B tests, visitor by visitor: one with a true winner, one that its sample ratio breaks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.playground.shop import sheet
from bot.playground.shop.dice import Dice, Loaded
from bot.playground.shop.planted import planted
from bot.playground.shop.span import CLOCK, Span

COLUMNS = (
    "test",
    "titre",
    "visiteur",
    "variante",
    "part prévue",
    "exposé le",
    "appareil",
    "pays",
    "achat",
    "montant",
)
DEVICES = Loaded(("mobile", "desktop", "tablet"), (62, 31, 7))
COUNTRIES = Loaded(("FR", "BE", "CH", "GB", "IE"), (88, 5, 2, 3, 2))
BASKETS = Loaded(tuple(range(2400, 24000, 700)), tuple(40 - i for i in range(31)))  # cents


def write(folder: Path, seed: int, span: Span) -> int:
    """experiments.csv"""
    rows = (
        row
        for name, plan in planted("experiments").items()
        for row in _rows(seed, name, plan, span)
    )
    return sheet.write(folder / "experiments.csv", COLUMNS, rows)


def _rows(seed: int, name: str, plan: dict[str, Any], span: Span) -> Iterator[tuple[object, ...]]:
    """The visitors by time; exactly as many of each variant, and as many buyers, as planned."""
    dice = Dice(seed, "trials", name)
    start = span.length - plan["ended"] - plan["days"]
    people: list[tuple[str, bool]] = []
    for variant, visitors, buyers in zip("AB", plan["visitors"], plan["buyers"], strict=True):
        people += [(variant, i < buyers) for i in range(visitors)]
    moments = sorted((start + dice.below(plan["days"]), span.minute(dice)) for _ in people)
    expected = dict(zip("AB", plan["expected"], strict=True))
    for number, ((variant, bought), (day, minute)) in enumerate(
        zip(dice.shuffled(people), moments, strict=True), 1
    ):
        amount = BASKETS.draw(dice) if bought else 0
        yield (
            name,
            plan["title"],
            f"{name[:2]}{number:06}",
            variant,
            expected[variant],
            f"{span.iso[day]}T{CLOCK[minute]}:00",
            DEVICES.draw(dice),
            COUNTRIES.draw(dice),
            int(bought),
            sheet.money(amount) if bought else "",
        )
