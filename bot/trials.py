"""A test of variants in sentences: broken, won, lost, or nothing seen; and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.told import Teller, Told, speaks_of
from bot.words import Words

RANK = ("won", "lost", "broken", "no difference seen", "too early")
CERTAIN = 0.05  # below this p the library calls a difference one
METRICS = (Words("purchase"), Words("visit"), Words("conversion"), Words("spend"), Words("click"))
VERDICTS = (
    *(Words("won"), Words("lost"), Words("no difference seen"), Words("too early")),
    Words("broken"),
)


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
        return self.whole.word("title")

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
            found.append(Trial(whole, {one.word("variant"): one for one in arms}))
    found.sort(key=lambda trial: trial.whole.word("last-day"), reverse=True)
    return sorted(found, key=lambda trial: RANK.index(trial.status))


def named_in(words: str, trials: Sequence[Trial]) -> list[Trial]:
    """Those whose title or name the words speak of."""
    return [t for t in trials if speaks_of(words, f"{t.title} {t.test.replace('-', ' ')}")]


def headline(teller: Teller, trial: Trial) -> str:
    arm, control = trial.told_by, trial.control
    if trial.status == "broken":
        return _broken(teller, trial)
    if arm is None or control is None:
        return teller.say(Words("“{title}” has one variant only: there is nothing to compare.",
                                title=trial.title))  # fmt: skip
    if trial.status == "too early":
        return teller.say(Words("“{title}”: too early to tell, {n} people so far.",
                                title=trial.title, n=teller.of(trial.whole, "users")))  # fmt: skip
    filled = {
        "title": trial.title, "variant": arm.word("variant"), "metric": metric(trial),
        "control": control.word("variant"), "rate": result(teller, arm),
        "base": result(teller, control), "effect": teller.of(arm, "effect"),
        "low": teller.of(arm, "effect-low"), "high": teller.of(arm, "effect-high"),
    }  # fmt: skip
    return teller.say(_sentence(trial.status, filled))


def _sentence(status: str, filled: Mapping[str, object]) -> Words:
    if status == "won":
        return Words("{variant} won in “{title}” ({metric}): {rate} against {base} for {control}."
                     " The difference is {effect}, most likely between {low} and {high}.",
                     params=dict(filled))  # fmt: skip
    if status == "lost":
        return Words("{variant} lost in “{title}” ({metric}): {rate} against {base} for {control}."
                     " The difference is {effect}, most likely between {low} and {high}.",
                     params=dict(filled))  # fmt: skip
    return Words("No difference seen in “{title}” ({metric}): {rate} for {variant}, {base} for"
                 " {control}. Anything between {low} and {high} is still possible.",
                 params=dict(filled))  # fmt: skip


def _broken(teller: Teller, trial: Trial) -> str:
    short = short_of(trial)
    if short is None:
        return ""
    return teller.say(Words(
        "“{title}” is broken, so its result can't be used: {variant} got {users} people where"
        " {meant} were meant.",
        title=trial.title, variant=short.word("variant"), users=teller.of(short, "users"),
        meant=teller.of(short, "meant")))  # fmt: skip


def short_of(trial: Trial) -> Told | None:
    """The variant that is furthest below its share."""
    arms = list(trial.arms.values())
    return max(arms, key=lambda a: float(a.number("meant") - a.number("users")), default=None)


def metric(trial: Trial) -> Words:
    return Words(trial.whole.word("metric"))


def result(teller: Teller, arm: Told) -> str:
    """Its rate, or the amount a person."""
    return teller.of(arm, "rate" if arm.get("rate") else "mean")


def how_sure(teller: Teller, trial: Trial) -> str:
    """Whether the difference also holds for who looked every day."""
    arm = trial.told_by
    if trial.status not in ("won", "lost") or arm is None or not arm.get("always-valid-p"):
        return ""
    teller.of(arm, "always-valid-p")
    if float(arm.number("always-valid-p")) < CERTAIN:
        return teller.say(Words("It holds even for a team that looked at it every day."))
    return teller.say(Words("It holds at the end, but not yet for a team that looked every day and"
                            " would have stopped at the first good one."))  # fmt: skip


def worth(teller: Teller, trial: Trial) -> str:
    """What it changed in money, where the file has amounts: more buyers may buy less."""
    arm = trial.told_by
    if arm is None or not arm.get("worth") or trial.status not in ("won", "lost"):
        return ""
    filled = {
        "worth": teller.of(arm, "worth"), "low": teller.of(arm, "worth-low"),
        "high": teller.of(arm, "worth-high"),
    }  # fmt: skip
    if arm.number("worth-low") > 0:
        return teller.say(Words("Each person shown it spent {worth} more, most likely between"
                                " {low} and {high} (in the file's currency).",
                                params=filled))  # fmt: skip
    return teller.say(Words("What each person spent changed by {worth}, most likely between {low}"
                            " and {high} (in the file's currency).", params=filled))  # fmt: skip


def what_now(trial: Trial) -> Words:
    arm = trial.told_by
    variant, control = arm.word("variant") if arm else "", trial.whole.word("control")
    if trial.status == "won":
        return Words("{title}: show {variant} to everybody, and keep watching: what is new is often"
                     " flattered at first.", title=trial.title, variant=variant)  # fmt: skip
    if trial.status == "lost":
        return Words("{title}: keep {control}, and note what {variant} tried.",
                     title=trial.title, control=control, variant=variant)  # fmt: skip
    if trial.status == "broken":
        short = short_of(trial)
        return Words("{title}: find where people of {variant} are lost or not counted (slow pages,"
                     " redirects, robots), mend it, then run the test again.", title=trial.title,
                     variant=short.word("variant") if short else "")  # fmt: skip
    if trial.status == "too early":
        return Words("{title}: let it run on.", title=trial.title)
    return Words("{title}: keep what you like better, or test something bolder on more people.",
                 title=trial.title)  # fmt: skip


def row(teller: Teller, trial: Trial, arm: Told, name: str) -> list[str]:
    """People, result, difference, its range and the verdict of one variant."""
    if trial.status == "broken":
        meant = teller.say(Words("{n} meant", n=teller.of(arm, "meant")))
        verdict = teller.say(Words("broken")) if arm is short_of(trial) else ""
        return [name, teller.of(arm, "users"), meant, "–", "–", verdict or "–"]
    between = "–"
    if arm.get("effect"):
        between = teller.say(Words("{low} to {high}", low=teller.of(arm, "effect-low"),
                                   high=teller.of(arm, "effect-high")))  # fmt: skip
    verdict = Words(arm.word("verdict")).to(teller.language) if arm.get("verdict") else "–"
    shown = [teller.of(arm, "users"), result(teller, arm), teller.of(arm, "effect") or "–"]
    return [name, *shown, between, verdict]


def who_took_part(teller: Teller, trial: Trial) -> str:
    if trial.status == "broken" or not trial.whole.get("first-day"):
        return teller.say(Words("{n} people took part.", n=teller.of(trial.whole, "users")))
    return teller.say(Words(
        "{n} people took part from {first} to {last}, split as it was meant.",
        n=teller.of(trial.whole, "users"), first=teller.of(trial.whole, "first-day"),
        last=teller.of(trial.whole, "last-day")))  # fmt: skip


def chances(teller: Teller, trial: Trial) -> str:
    """The p values, for who knows them."""
    arm, ratio = trial.told_by, teller.of(trial.whole, "ratio-p")
    if arm is None or not arm.get("p"):
        return teller.say(Words("For who knows the term: p of the split {ratio}.", ratio=ratio))
    if not arm.get("always-valid-p"):
        return teller.say(Words("For who knows the term: p of the split {ratio}, of the difference"
                                " {p}.", ratio=ratio, p=teller.of(arm, "p")))  # fmt: skip
    return teller.say(Words(
        "For who knows the term: p of the split {ratio}, of the difference {p}, and {always} when"
        " it may be looked at every day.", ratio=ratio, p=teller.of(arm, "p"),
        always=teller.of(arm, "always-valid-p")))  # fmt: skip
