"""Who drifts away, told: what silence meant in the past."""

from collections.abc import Sequence

from bot.library.behaviour import silence
from bot.library.behaviour.seen import Seen
from bot.library.floors import is_small
from bot.library.segments.profile import percent
from bot.library.segments.told import Told
from bot.words import Words

FEW = 50  # customers of a group, over all windows
NAMES = (
    ("in-rhythm", Words("Within their rhythm")),
    ("drifting", Words("Silent for 2 to 3 times their usual gap")),
    ("silent-longer", Words("Silent for longer")),
)


def tell(told: Told, past: Sequence[Seen], ahead: int) -> None:
    """Facts behaviour.in-rhythm-60-days.bought (%, in the windows that are over), .customers (seen
    there), .windows, .days, and the same of drifting and silent-longer: of those who had bought
    more than once. Refused when a group had fewer than 50 customers."""
    groups = silence.paces(past)
    if any(group.customers < max(FEW, told.shelf.floor) for group in groups):
        told.findings.refuse(
            Words(
                "What a long silence meant in the past can't be told: too few customers had bought"
                " more than once. A longer order file would help."
            )
        )
        return
    for group, (name, about) in zip(groups, NAMES, strict=True):
        subject = f"{name}-{ahead}-days"
        left = group.customers - group.bought
        few = any(is_small(n, told.shelf.sales_floor) for n in (group.bought, left))
        told.findings.group(subject, group.customers, told=not few)
        for measure, value, unit in (
            ("bought", percent(group.share), "%"),
            ("customers", group.customers, "customers"),
            ("windows", len(past), None),
            ("days", ahead, "days"),
        ):
            told.findings.add(
                subject,
                measure,
                value,
                unit=unit,
                about=about.text,
                rows=group.customers,
                query="histories",
            )
