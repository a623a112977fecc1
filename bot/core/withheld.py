"""Why a figure is not shown, in words, and what may be told in its place."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.i18n.messages import Words


class Reason(StrEnum):
    """What would tell of a few people: the figure itself, the other figures of its answer beside
    it, an earlier answer beside it, or an earlier one that differs in its days alone."""

    FEW = "few"
    BESIDE = "beside"
    EARLIER = "earlier"
    OTHER_DAYS = "other days"


SUGGESTIONS = {
    Reason.FEW: "Ask with fewer filters, or for a longer period.",
    Reason.BESIDE: "Ask for a longer period.",
    Reason.EARLIER: "What was told may be told again, with its own filters and days.",
    Reason.OTHER_DAYS: "Take the days of that answer, {days}, in a comparison per day, "
    "or ask without the filter. Orders and other counts may be told of any days.",
}


@dataclass(frozen=True)
class EarlierAnswer:
    """What the same person was told before, and of which earlier days beside it."""

    what: str
    since: date
    until: date
    before: tuple[date, date] | None = None


@dataclass(frozen=True)
class Withheld:
    """Why figures are withheld: of whom they would tell ("under 5 people with a late order"), and
    beside which earlier answer."""

    reason: Reason
    people: str
    earlier: EarlierAnswer | None = None

    def explain(self) -> str:
        """Say it to the model, as the end of a sentence."""
        told = f"it would tell what {self.people} did"
        if self.reason == Reason.BESIDE:
            return f"put together with the other figures {told}"
        if self.earlier is None:
            return told
        days = f"from {self.earlier.since} to {self.earlier.until}"
        between = "on the days between " if self.reason == Reason.OTHER_DAYS else ""
        what = f"together with the answer on {self.earlier.what} {days}, it would tell what"
        return f"{what} {self.people} did {between}".rstrip()

    def suggest(self) -> str:
        """Say to the model what may be told in its place."""
        days = ""
        if self.earlier:
            days = f"{self.earlier.since} to {self.earlier.until}"
            if self.earlier.before:
                days += " against {} to {}".format(*self.earlier.before)
        return SUGGESTIONS[self.reason].format(days=days)

    def refuse(self) -> str:
        """Say both, where nothing of what was asked can be told."""
        why = self.explain()
        return f"{why[0].upper()}{why[1:]}, so it is not told. {self.suggest()}"

    @property
    def words(self) -> Words:
        """Say it to people."""
        if self.earlier is None:
            return Words(
                "This would tell what a few people did, so I don't show it. Ask for more of them."
            )
        since, until = self.earlier.since, self.earlier.until
        if self.reason == Reason.OTHER_DAYS:
            return Words(
                "Not shown: with the figures of {since} to {until}, told before, it would tell "
                "what a few people did on the days between. Take these days, or all customers.",
                since=since,
                until=until,
            )
        return Words(
            "Not shown: with the figures of {since} to {until}, told before, it would tell what a "
            "few people did.",
            since=since,
            until=until,
        )
