"""Make facts of what people typed in a brief, an edit or a comment."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from bot.core.facts import Fact
from bot.core.request import Instruction
from bot.grounding.numbers import read_figures
from bot.grounding.sources import find_part_counts
from bot.grounding.units import Figure
from bot.text.links import find_links
from bot.text.normalize import collapse_spaces


def find_stated_facts(
    text: str, author: str, today: date, *, source: str = "brief", before: str = ""
) -> tuple[Fact, ...]:
    """Return the figures and links that somebody typed, as facts of theirs. What already stood in
    `before` is not theirs. Of an edit, each new sentence is theirs as well."""
    old = {figure.readings for figure in read_figures(before)}
    values: list[tuple[str, Decimal | str, str | None]] = [
        _describe_stated(figure) for figure in read_figures(text) if figure.readings not in old
    ]
    values += [("link", link.text, None) for link in find_links(text) if link.text not in before]
    if before:
        known = collapse_spaces(before)
        sentences = re.split(r"(?<=[.!?…])\s+|\n+", text)
        values += [
            ("claim", sentence.strip(), None)
            for sentence in sentences
            if sentence.strip() and collapse_spaces(sentence).rstrip(".!?…") not in known
        ]
    return tuple(
        Fact(
            id=f"stated.{author}.{number}",
            label=label,
            value=value,
            unit=unit,
            source=source,
            as_of=today,
            stated_by=author,
        )
        for number, (label, value, unit) in enumerate(dict.fromkeys(values), 1)
    )


def find_instructed_facts(
    instruction: Instruction, channels: Sequence[str], today: date
) -> tuple[Fact, ...]:
    """Return what an instruction for a version states. How many subjects or openings it asks for is
    no figure of the text."""
    text = instruction.words
    counts = [text[one.start : one.end] for one in find_part_counts(text, channels)]
    found = find_stated_facts(text, instruction.by, today, source="send-back")
    return tuple(one for one in found if one.label != "figure" or one.value not in counts)


def _describe_stated(figure: Figure) -> tuple[str, Decimal | str, str | None]:
    """A percentage and a price as numbers; anything else as it was written."""
    reading = figure.first
    if isinstance(reading.value, Decimal) and reading.kind == "number" and reading.size == 1:
        if reading.unit == "%":
            return "percentage", reading.value, "%"
        if figure.is_money:
            return "price", reading.value, reading.unit
    labels = {"date": "date", "weekday": "date", "code": "code"}
    return labels.get(reading.kind, "figure"), figure.text, None
