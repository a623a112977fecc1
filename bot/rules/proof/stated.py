"""What somebody states, as facts of theirs: a person's word is a source, which the approver
confirms."""

from datetime import date
from decimal import Decimal

from bot.core.facts import Fact
from bot.rules.proof import claims, figures, moments
from bot.rules.proof.reading import Figure
from bot.text.links import find_links


def stated_in(
    text: str, author: str, today: date, *, source: str = "brief", before: str = ""
) -> tuple[Fact, ...]:
    """What somebody states in a brief or an edit: figures, claims and links, as facts of theirs.

    What already stood in `before` is not theirs: give the text as it was before an edit.
    """
    old_figures = {figure.readings for figure in figures.read(before)}
    old_claims = {claim.concept for claim in claims.read(before)}
    values: list[tuple[str, Decimal | str, str | None]] = [
        _stated(figure) for figure in figures.read(text) if figure.readings not in old_figures
    ]
    values += [("date", day, None) for day in moments.bare_days(text) if day not in before]
    values += [("claim", c.text, None) for c in claims.read(text) if c.concept not in old_claims]
    values += [("link", link.text, None) for link in find_links(text) if link.text not in before]
    return tuple(
        Fact(
            id=f"stated.{author}.{n}", label=label, value=value, unit=unit,
            source=source, as_of=today, stated_by=author,
        )
        for n, (label, value, unit) in enumerate(dict.fromkeys(values), 1)
    )  # fmt: skip


def _stated(figure: Figure) -> tuple[str, Decimal | str, str | None]:
    """A percentage and a price as numbers; anything else as it was written."""
    reading = figure.first
    if isinstance(reading.value, Decimal) and reading.kind == "number" and reading.size == 1:
        if reading.unit == "%":
            return "percentage", reading.value, "%"
        if reading.unit in ("EUR", "GBP", "USD", "CHF", "BRL"):
            return "price", reading.value, reading.unit
    return (
        {"date": "date", "weekday": "date", "code": "code"}.get(reading.kind, "figure"),
        f"{figure.text} {figure.follows}".strip(),
        None,
    )
