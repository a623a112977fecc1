"""A test of variants: one metric of it, its arms, and the one that the verdict is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.i18n.messages import Words
from bot.rules.about import speaks_of
from bot.rules.telling.told import Teller, Told
from bot.rules.wanted import places

RANK = ("won", "lost", "broken", "no difference seen", "too early")
METRICS = {
    "purchase": Words("purchase"),
    "visit": Words("visit"),
    "spend": Words("spend"),
    "click": Words("click"),
}
VERDICTS = {
    "won": Words("won"),
    "lost": Words("lost"),
    "no difference seen": Words("no difference seen"),
    "too early": Words("too early"),
}


@dataclass(frozen=True)
class Trial:
    """One metric of one test: the whole, and each variant by its name."""

    whole: Told
    arms: Mapping[str, Told]

    @property
    def test(self) -> str:
        return self.whole.key.split("--")[0]

    @property
    def title(self) -> str:
        return self.whole.word("title").replace("_", " ")  # it may be a file's name

    @property
    def status(self) -> str:
        return self.whole.word("status")

    @property
    def control(self) -> Told | None:
        return self.arms.get(self.whole.word("control"))

    @property
    def others(self) -> list[Told]:
        """All but the control, the largest effect first."""
        rest = [arm for arm in self.arms.values() if arm is not self.control]
        return sorted(rest, key=lambda arm: -float(arm.number("effect")))

    @property
    def unmoved(self) -> bool:
        """Whether nobody did what is counted: likely it is not counted at all."""
        return all(arm.get("successes") and not arm.number("successes")
                   for arm in self.arms.values())  # fmt: skip

    @property
    def days(self) -> int:
        """How many days it ran, both ends included; 0 where its rows have no days."""
        first, last = self.whole.word("first-day"), self.whole.word("last-day")
        if not first or not last or first == last:
            return 0
        return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1

    @property
    def surely_ahead(self) -> bool:
        """Of several winners: whether the best is surely better than the next."""
        return self.whole.word("ahead-verdict") == "won"

    @property
    def told_by(self) -> Told | None:
        """The variant that the verdict is about."""
        about = [arm for arm in self.others if arm.word("verdict") == self.status]
        if self.status == "lost":
            about.reverse()
        return next(iter(about or self.others), None)


def trials_in(every: Mapping[str, Told]) -> list[Trial]:
    """The tests that the facts are about; those that can be acted on first, then the newest."""
    found = []
    for key, whole in every.items():
        if key.count("--") == 1 and whole.get("status"):
            arms = [one for k, one in every.items() if k.startswith(f"{key}--")]
            if len(arms) > 1:  # of one alone it is said why there is nothing to compare
                found.append(Trial(whole, {one.word("variant"): one for one in arms}))
    found.sort(key=lambda trial: trial.whole.word("last-day"), reverse=True)
    return sorted(found, key=lambda trial: RANK.index(trial.status))


def named_in(words: str, trials: Sequence[Trial]) -> list[Trial]:
    """Those whose title or name the words speak of; "basket" speaks of « panier »."""
    meant = set(places(words))
    names = {trial.whole.key: f"{trial.title} {trial.test.replace('-', ' ')}" for trial in trials}
    by_name = [t for t in trials if speaks_of(words, names[t.whole.key])]
    return by_name or [t for t in trials if meant & set(places(names[t.whole.key]))]


def short_of(trial: Trial) -> Told | None:
    """The variant that is furthest below its share."""
    arms = list(trial.arms.values())
    return max(arms, key=lambda a: float(a.number("meant") - a.number("users")), default=None)


def metric(trial: Trial) -> Words | str:
    """As people call it, or as the file does."""
    name = trial.whole.word("metric")
    return METRICS.get(name, name)


def result(teller: Teller, arm: Told) -> str:
    """Its rate, or the amount a person."""
    return teller.of(arm, "rate" if arm.get("rate") else "mean")
