"""What is bought next, told."""

from bot.library.behaviour import following
from bot.library.segments.profile import percent
from bot.library.segments.told import Told
from bot.library.slugs import slug
from bot.words import Words

LIFT = 1.2
SHOWN = 8


def tell(told: Told) -> None:
    """Facts behaviour.<a>-then-<b>.share (% of next purchases after a that have b), .lift (over
    next purchases at large), .purchases, for pairs beyond chance with a lift of 1.2 or more; a then
    a is coming back for the same. behaviour.next-purchases.compared says of how many pairs."""
    rows = told.ask("next", following.steps_of(told.bought))
    if not any(r["a"] for r in rows):
        told.findings.refuse(
            Words("What is bought next needs categories: import a product list that has them.")
        )
        return
    found = following.steps(rows, told.shelf.floor)
    wanted = (told.where.category or "").lower()
    every = sum(r["times"] for r in rows if not r["a"] and not r["b"])
    told.findings.add("next-purchases", "compared", len(found), rows=every, query="next")
    kept = [
        step
        for step in found
        if step.q <= following.Q and step.lift >= LIFT and wanted in ("", step.a.lower())
    ]
    for step in kept[:SHOWN]:
        for measure, value, unit in (
            ("share", percent(step.share), "%"),
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
