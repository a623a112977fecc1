"""Facts of the campaigns, one subject at a time; and that there are none."""

from collections.abc import Callable
from typing import Any

from bot.library.findings import Findings
from bot.library.shelf import Shelf
from bot.words import Words


def adder(
    found: Findings, subject: str, about: str, rows: int, query: str = "ads"
) -> Callable[..., None]:
    def add(measure: str, value: Any, unit: str | None = None, of: int | None = None) -> None:
        found.add(subject, measure, value, unit=unit, about=about, rows=rows, of=of, query=query)

    return add


def nothing(shelf: Shelf) -> Findings:
    found = Findings("campaigns", "", shelf.today)
    found.refuse(
        Words(
            "There are no campaign results yet: import what your e-mail tool or your retailers "
            "export."
        )
    )
    return found
