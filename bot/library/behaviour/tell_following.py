"""What is bought next, told."""

from bot.library.behaviour import following
from bot.library.segments.profile import percent
from bot.library.segments.told import Told
from bot.library.slugs import slug
from bot.telling.next_bought import NO_CATEGORIES

LIFT = 1.2
SHOWN, FROM_EACH = 8, 3


def tell(told: Told) -> None:
    """Facts behaviour.<a>-then-<b>.share (% of next purchases after a that have b), .at-large (% of
    all next purchases that have b), .lift (one over the other), .purchases, for pairs beyond chance
    with a lift of 1.2 or more; a then a is coming back for the same. behaviour.next-purchases
    .compared says of how many pairs."""
    rows = told.ask("next", following.steps_of(told.bought))
    if not any(r["a"] for r in rows):
        told.findings.refuse(NO_CATEGORIES)
        return
    found = following.steps(rows, told.shelf.floor)
    wanted = (told.where.category or "").lower()
    every = sum(r["times"] for r in rows if not r["a"] and not r["b"])
    told.findings.group("next-purchases", told.people)
    told.findings.add("next-purchases", "compared", len(found), rows=every, query="next")
    kept = [
        step
        for step in found
        if step.q <= following.Q and step.lift >= LIFT and wanted in ("", step.a.lower())
    ]
    for step in _shown(kept):
        told.findings.nobody(f"{slug(step.a)}-then-{slug(step.b)}")  # `steps` saw to its size
        for measure, value, unit in (
            ("share", percent(step.share), "%"),
            ("at-large", percent(step.share / step.lift), "%"),
            ("lift", round(step.lift, 1), "×"),
            ("purchases", step.after, "purchases"),
        ):
            told.findings.add(
                f"{slug(step.a)}-then-{slug(step.b)}",
                measure,
                value,
                unit=unit,
                about=f"{step.a} → {step.b}",
                rows=step.before,
                query="next",
            )


def _shown(kept: list[following.Step]) -> list[following.Step]:
    """The strongest of all, and the strongest from each category."""
    counted: dict[str, int] = {}
    shown = []
    for n, step in enumerate(kept):
        counted[step.a] = counted.get(step.a, 0) + 1
        if n < SHOWN or counted[step.a] <= FROM_EACH:
            shown.append(step)
    return shown
