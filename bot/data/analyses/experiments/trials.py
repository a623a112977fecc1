"""Tests and plans of tests, read from the facts of their analyses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.core.fact_sentences import FactSubject
from bot.core.metric_query import MESSAGE_PLACES
from bot.i18n.messages import Words

RANK = ("won", "lost", "broken", "no difference seen", "too early")  # what can be acted on first
MAX_WEEKS = 8  # beyond, people forget and come back as somebody else
METRICS = (Words("purchase"), Words("visit"), Words("spend"), Words("click"))
AUDIENCE = "audience"  # the place of a test on customers who are named, read by their orders


@dataclass(frozen=True)
class Trial:
    """One metric of one test: the whole, and each variant by its name."""

    whole: FactSubject
    arms: Mapping[str, FactSubject]

    @property
    def test(self) -> str:
        return self.whole.key.split("--")[0]

    @property
    def metric(self) -> Words:
        name = self.whole.word("metric")
        return Words(name)

    @property
    def title(self) -> str:
        return self.whole.word("title").replace("_", " ")  # it may be a file's name

    @property
    def status(self) -> str:
        """Return its status: "uncounted" where nobody did what is counted."""
        counted = [a for a in self.arms.values() if a.number("successes") or not a.get("successes")]
        return self.whole.status if counted or self.whole.status == "broken" else "uncounted"

    @property
    def control(self) -> FactSubject | None:
        return self.arms.get(self.whole.word("control"))

    @property
    def deciding(self) -> FactSubject | None:
        """The variant that the verdict is about."""
        others = [arm for arm in self.arms.values() if arm is not self.control]
        others.sort(key=lambda arm: -float(arm.number("effect")))
        about = [arm for arm in others if arm.status == self.status]
        if self.status == "lost":
            about.reverse()
        return next(iter(about or others), None)

    @property
    def short(self) -> FactSubject:
        """The variant that is furthest below its share."""
        return max(self.arms.values(), key=lambda a: float(a.number("meant") - a.number("users")))

    @property
    def days(self) -> int:
        """How many days it ran, both ends included; 0 where its rows have no days."""
        first, last = self.whole.word("first-day"), self.whole.word("last-day")
        if not first or first == last:
            return 0
        return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def list_trials(every: Mapping[str, FactSubject]) -> list[Trial]:
    """Return the tests that the facts are about; those that can be acted on first, then the
    newest. A test of one variant has nothing to compare."""
    found = []
    for key, whole in every.items():
        if key.count("--") == 1 and whole.get("status"):
            arms = [one for k, one in every.items() if k.startswith(f"{key}--")]
            if len(arms) > 1:
                found.append(Trial(whole, {arm.word("variant"): arm for arm in arms}))
    found.sort(key=lambda trial: trial.whole.word("last-day"), reverse=True)
    return sorted(found, key=lambda trial: RANK.index(trial.whole.status))


@dataclass(frozen=True)
class PlannedTest:
    """`lifts` from the smallest, `weeks` from the shortest. `start` has the rate of today."""

    place: str
    start: FactSubject
    lifts: list[FactSubject]
    weeks: list[FactSubject]
    chances: FactSubject

    @property
    def proposed(self) -> FactSubject:
        """The smallest lift that can be shown in time, else the largest."""
        return next((one for one in self.lifts if self._fits(one)), self.lifts[-1])

    @property
    def is_feasible(self) -> bool:
        return self._fits(self.proposed)

    @property
    def is_on_site(self) -> bool:
        return self.place not in (*MESSAGE_PLACES, AUDIENCE)

    def _fits(self, one: FactSubject) -> bool:
        """Whether it ends in time, and of a group there are enough people."""
        size = self.start.get("size")
        has_people = size is None or one.number("in-all") <= self.start.number("size")
        return has_people and one.number("weeks") <= MAX_WEEKS


def find_plan(every: Mapping[str, FactSubject]) -> PlannedTest | None:
    place = next((key for key, one in every.items() if one.get("base")), None)
    lifts = [one for key, one in every.items() if key.startswith(f"{place}-lift-")]
    if place is None or not lifts:
        return None
    weeks = [one for key, one in every.items() if key.startswith(f"{place}-weeks-")]
    return PlannedTest(place, every[place], lifts, weeks, every["chance"])
