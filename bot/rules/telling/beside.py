"""What stands beside the news of a digest: the week in figures, its limits, its sources."""

from collections.abc import Sequence
from datetime import date

from bot.core.facts import Evidence
from bot.core.parts import Table
from bot.core.source import NO_SOURCE
from bot.i18n.messages import Words
from bot.rules.telling.moves import STANDS, Move
from bot.rules.telling.told import CANNOT, Teller, told

FROM_FILES = ("sent", "trends", "funnel", "delivery", "feedback", "campaigns", "experiments")


def told_of_sales(moved: Sequence[Move]) -> bool:
    """Then what can't be told of sales is a doubt of what is: a season that nobody knows yet."""
    return any(move.subject.startswith("trends.") for move in moved)


def week_in_figures(teller: Teller, evidence: Evidence) -> Table | None:
    """Orders, pieces and revenue of the last complete week beside what was expected."""
    totals = [o for o in told(evidence, "trends", "total-").values() if o.get("expected")]
    if not totals:
        return None
    rows = [[teller.name(o), teller.of(o, "last"), teller.of(o, "expected"),
             teller.signed(o, "change")] for o in totals]  # fmt: skip
    heads = [Words("What"), Words("Last week"), Words("Expected"), Words("Change")]
    return teller.table([teller.say(words) for words in heads], rows)


def limits(teller: Teller, evidence: Evidence, narrowed: str | None) -> list[str]:
    lines = [Words("“Confirmed” allows for how many things were looked at; “to watch” may be "
                   "chance.")]  # fmt: skip
    tested = told(evidence, "trends").get("tested")
    if tested and tested.get("series"):
        n = teller.of(tested, "series")
        lines.append(Words("{n} series of sales were looked at.", n=n))
    if any(one.word("status") in STANDS for one in told(evidence, "trends", "product-").values()):
        lines.append(Words("Of single products only the surest are told."))
    if narrowed:
        only = Words("Only {what} was looked at; campaigns and tests can't be told by it.",
                     what=narrowed)  # fmt: skip
        lines.append(only)
    return [teller.say(line) for line in lines]


def sources(teller: Teller) -> list[str]:
    """Where all that was told is from, and up to which day."""
    days: dict[date, dict[str, None]] = {}
    for fact in teller.ever.values():
        kind, subject = fact.id.split(".")[:2]
        if kind in FROM_FILES and subject != CANNOT and fact.source != NO_SOURCE:
            days.setdefault(fact.as_of, {})[fact.sourced(teller.language)] = None
    said = [Words("From {files}, up to {day}.", files=", ".join(files), day=day)
            for day, files in sorted(days.items(), reverse=True)]  # fmt: skip
    return [teller.say(words) for words in said]
