"""A test of variants in sentences: broken, won, lost, or nothing seen; and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.telling.told import Teller, Told, speaks_of
from bot.wanted import places
from bot.words import Words

RANK = ("won", "lost", "broken", "no difference seen", "too early")
CERTAIN = 0.05  # below this p the library calls a difference one
LEAST = Decimal("0.1")  # %: the library has it for every chance below
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
    """Those whose title or name the words speak of; "basket" speaks of « panier »."""
    meant = set(places(words))
    names = {trial.whole.key: f"{trial.title} {trial.test.replace('-', ' ')}" for trial in trials}
    by_name = [t for t in trials if speaks_of(words, names[t.whole.key])]
    return by_name or [t for t in trials if meant & set(places(names[t.whole.key]))]


def headline(teller: Teller, trial: Trial) -> str:
    """What the test says, with its name before it."""
    teller.of(trial.whole, "title")
    what = what_it_says(teller, trial)
    return teller.say(Words("Test “{test}”: {what}", test=trial.title, what=what))


def also(teller: Teller, first: Trial, trial: Trial) -> str:
    """What another result of the same test says, in few words; another test in full."""
    arm, control = trial.told_by, trial.control
    judged = VERDICTS.get(trial.status)
    if trial.test != first.test or judged is None or arm is None or control is None:
        return headline(teller, trial)
    return teller.say(Words(
        "By {metric}: {rate} for {variant}, {base} for {control} ({verdict}).",
        metric=metric(trial), rate=result(teller, arm), variant=arm.word("variant"),
        base=result(teller, control), control=control.word("variant"),
        verdict=judged))  # fmt: skip


def what_it_says(teller: Teller, trial: Trial) -> str:
    arm, control = trial.told_by, trial.control
    if trial.status == "broken":
        return _broken(teller, trial)
    if arm is None or control is None:
        return teller.say(Words("there is one variant only, and nothing to compare."))
    if trial.status == "too early":
        return teller.say(Words("too early to tell, with {n} people so far.",
                                n=teller.of(trial.whole, "users")))  # fmt: skip
    low, high = teller.ends(arm, "effect", bare=True)
    filled = {
        "variant": arm.word("variant"), "control": control.word("variant"),
        "metric": metric(trial), "rate": result(teller, arm), "base": result(teller, control),
        "effect": teller.of(arm, "effect"), "low": low, "high": high,
    }  # fmt: skip
    return teller.say(_sentence(trial.status, filled))


def _sentence(status: str, filled: Mapping[str, object]) -> Words:
    if status == "won":
        return Words("{variant} won with {rate} against {base} for {control} ({metric}). The"
                     " difference is {effect}, most likely between {low} and {high}.",
                     params=dict(filled))  # fmt: skip
    if status == "lost":
        return Words("{variant} lost with {rate} against {base} for {control} ({metric}). The"
                     " difference is {effect}, most likely between {low} and {high}.",
                     params=dict(filled))  # fmt: skip
    return Words("no difference seen, {rate} for {variant} and {base} for {control} ({metric})."
                 " Anything between {low} and {high} is still possible.",
                 params=dict(filled))  # fmt: skip


def _broken(teller: Teller, trial: Trial) -> str:
    short = short_of(trial)
    if short is None:
        return ""
    return teller.say(Words(
        "this test is broken and its result can't be used. {variant} got {users} people where"
        " {meant} were meant.", variant=short.word("variant"), users=teller.of(short, "users"),
        meant=teller.of(short, "meant")))  # fmt: skip


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


def the_others(teller: Teller, trial: Trial) -> str:
    """The variants that the verdict is not about, where there were several."""
    told = []
    for arm in trial.others:
        judged = VERDICTS.get(arm.word("verdict"))
        if arm is not trial.told_by and judged:
            low, high = teller.ends(arm, "effect", bare=True)
            told.append(Words("{variant}: {rate}, a difference of {effect}, most likely between"
                              " {low} and {high} ({verdict}).", variant=arm.word("variant"),
                              rate=result(teller, arm), effect=teller.of(arm, "effect"),
                              low=low, high=high, verdict=judged))  # fmt: skip
    return " ".join(teller.say(words) for words in told)


def how_sure(teller: Teller, trial: Trial) -> str:
    """Whether the difference also holds for who looked every day."""
    arm = trial.told_by
    one_look = trial.whole.word("first-day") == trial.whole.word("last-day")
    if trial.status not in ("won", "lost") or arm is None or one_look:
        return ""
    if not arm.get("always-valid-p"):
        return ""
    teller.of(arm, "always-valid-p")
    if float(arm.number("always-valid-p")) < CERTAIN:
        return teller.say(Words("It holds even for a team that looked at it every day."))
    return teller.say(Words("It holds at the end, but not yet for a team that looked every day and"
                            " would have stopped at the first good one."))  # fmt: skip


def worth(teller: Teller, trial: Trial) -> str:
    """What it changed in money, where the file has amounts: more buyers may buy less."""
    arm = trial.told_by
    if arm is None or not arm.get("worth-low") or trial.status not in ("won", "lost"):
        return ""
    low, high = teller.ends(arm, "worth")
    filled = {"worth": teller.of(arm, "worth"), "low": low, "high": high}
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
        return Words("use {variant} for everybody, and keep watching: what is new is often"
                     " flattered at first.", variant=variant)  # fmt: skip
    if trial.status == "lost":
        return Words("keep {control}, and note what {variant} tried.", control=control,
                     variant=variant)  # fmt: skip
    if trial.status == "broken":
        short = short_of(trial)
        return Words("find where people of {variant} are lost or not counted (slow pages,"
                     " redirects, robots), mend it, then run the test again.",
                     variant=short.word("variant") if short else "")  # fmt: skip
    if trial.status == "too early":
        return Words("let it run on.")
    return Words("keep what you like better, or test something bolder on more people.")


def row(teller: Teller, trial: Trial, arm: Told, name: str) -> list[str]:
    """People, result, difference, its range and the verdict of one variant."""
    if trial.status == "broken":
        meant = teller.say(Words("{n} meant", n=teller.of(arm, "meant")))
        judged = teller.say(Words("broken")) if arm is short_of(trial) else "–"
        return [name, teller.of(arm, "users"), meant, "–", "–", judged]
    between = "–"
    if arm.get("effect"):
        low, high = teller.ends(arm, "effect", bare=True)
        between = teller.say(Words("{low} to {high}", low=low, high=high))
    verdict = VERDICTS.get(arm.word("verdict"))
    judged = teller.say(verdict) if verdict else "–"
    shown = [teller.of(arm, "users"), result(teller, arm), teller.of(arm, "effect") or "–"]
    return [name, *shown, between, judged]


def who_took_part(teller: Teller, trial: Trial) -> str:
    n = teller.of(trial.whole, "users")
    if trial.status == "broken":
        return teller.say(Words("{n} people took part, but not as they were split: whoever is"
                                " missing may be just those who would have bought or not, so"
                                " nothing else of it is read.", n=n))  # fmt: skip
    if trial.whole.word("first-day") == trial.whole.word("last-day"):
        return teller.say(Words("{n} people took part, split as it was meant.", n=n))
    return teller.say(Words(
        "{n} people took part from {first} to {last}, split as it was meant.", n=n,
        first=teller.of(trial.whole, "first-day"),
        last=teller.of(trial.whole, "last-day")))  # fmt: skip


def chances(teller: Teller, trial: Trial) -> str:
    """What chance alone would do: the p values in plain words."""
    arm, ratio = trial.told_by, _share(teller, trial.whole, "ratio-chance")
    if arm is None or not arm.get("chance"):
        return teller.say(Words("Chance alone would give such an uneven split in {ratio} of tests.",
                                ratio=ratio))  # fmt: skip
    split = Words("How people were split is nothing odd: chance alone splits them at least as "
                  "unevenly in {ratio} of tests.", ratio=ratio)  # fmt: skip
    filled = {"chance": _share(teller, arm, "chance")}
    said = Words("If both were equally good, chance would give such a difference in {chance} of"
                 " tests.", params=filled)  # fmt: skip
    if trial.whole.word("first-day") != trial.whole.word("last-day"):
        filled["daily"] = _share(teller, arm, "chance-daily")
        said = Words("If both were equally good, chance would give such a difference in {chance} of"
                     " tests, and in {daily} of tests that are looked at every day.",
                     params=filled)  # fmt: skip
    return f"{teller.say(said)} {teller.say(split)}"


def _share(teller: Teller, one: Told, measure: str) -> Words | str:
    """Below a tenth of a percent nobody needs the digits."""
    share = teller.of(one, measure)
    return Words("under {share}", share=share) if one.number(measure) <= LEAST else share
