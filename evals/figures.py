"""Compare the figures of an answer with those that plain SQL gave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.core.facts import Fact
from bot.text.normalize import normalize_text
from evals.check_sets import Case, list_values, normalize_value

ROUNDING = Decimal("0.0051")  # answers have two decimals
MONEY = "EUR"


@dataclass(frozen=True)
class Figure:
    """One figure of a right answer, with the words of its row."""

    value: Decimal | str
    unit: str
    row: str = ""

    def __str__(self) -> str:
        return f"{self.row + ': ' if self.row else ''}{self.value} {self.unit}"


@dataclass(frozen=True)
class FigureResult:
    """Which figures of a right answer are there. `reading` is how the question was read, where it
    is not the first reading."""

    missing: tuple[Figure, ...]
    found: tuple[Figure, ...]
    reading: str = ""

    @property
    def is_right(self) -> bool:
        return not self.missing

    @property
    def has_each_row(self) -> bool:
        """Whether of each row at least one figure is there."""
        return {one.row for one in self.missing} <= {one.row for one in self.found}


def list_answers(case: Case) -> Iterator[tuple[str, Case]]:
    """Yield the right answers, the first reading first, with how the others read the question."""
    if "answer" in case:
        yield "", case["answer"]
    for other in list_values(case.get("also_right")):
        if "answer" in other:
            yield str(other.get("how_read", "another reading")), other["answer"]


def list_figures(answer: Case, withheld: Sequence[str] = ()) -> list[Figure]:
    """Return the figures of an answer, without rows that may be withheld. Texts name their row;
    truth values are left to the reader."""
    figures = []
    for row in answer["rows"]:
        cells = list(zip(row, answer["units"], strict=True))
        names = [str(value) for value, unit in cells if unit in ("text", "flag")]
        if any(name in withheld for name in names):
            continue
        for value, unit in cells:
            if value is not None and unit not in ("text", "flag"):
                figures.append(Figure(_read_cell(value), unit, ", ".join(names)))
    return figures


def _read_cell(value: Any) -> Decimal | str:
    plain = normalize_value(value)
    return plain if isinstance(plain, str) else Decimal(str(plain))


def compare_figures(case: Case, facts: Sequence[Fact]) -> FigureResult | None:
    """Compare facts with each right answer, and return the comparison with the best one. None
    where the case states no figures."""
    withheld = [str(name) for name in list_values(case.get("may_be_withheld"))]
    results = []
    for reading, answer in list_answers(case):
        figures = list_figures(answer, withheld)
        found = tuple(one for one in figures if any(fits(one, fact) for fact in facts))
        missing = tuple(one for one in figures if one not in found)
        results.append(FigureResult(missing, found, reading))
    return min(results, key=lambda one: len(one.missing), default=None)


def find_others(case: Case, facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts that no right answer of the case has."""
    figures = [one for _, answer in list_answers(case) for one in list_figures(answer)]
    return [fact for fact in facts if not any(fits(one, fact) for one in figures)]


def fits(figure: Figure, fact: Fact) -> bool:
    """Whether a fact is the figure, to the precision in which it is shown."""
    if isinstance(figure.value, str) or isinstance(fact.value, str):
        return normalize_text(str(figure.value)) == normalize_text(str(fact.value))
    if _find_kind(figure.unit) != _find_kind(fact.unit or ""):
        return False
    return any(
        abs(abs(value) - abs(figure.value))
        <= Decimal("0.5").scaleb(-_count_decimals(value)) + ROUNDING
        if _find_kind(figure.unit) != "count" or figure.value % 1
        else abs(value) == abs(figure.value)
        for value in (fact.value, fact.as_read.value)
        if isinstance(value, Decimal)
    )


def _find_kind(unit: str) -> str:
    """Return whether a unit is of shares, of money, or of things that are counted."""
    if unit in ("%", "points"):
        return "share"
    return "money" if len(unit) == 3 and unit.isupper() else "count"


def _count_decimals(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))
