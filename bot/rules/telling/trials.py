"""A test of variants in sentences: broken, won, lost, or nothing seen; and what to do about it."""

from collections.abc import Mapping
from decimal import Decimal

from bot.i18n.messages import Words
from bot.rules.telling.told import Teller, Told
from bot.rules.telling.trial import VERDICTS, Trial, metric, result, short_of

WEEK = 7  # days
CERTAIN = 0.05  # below this p the library calls a difference one
LEAST = Decimal("0.1")  # %: the library has it for every chance below


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
        return ""
    if trial.unmoved:
        n = teller.of(trial.whole, "users")
        return teller.say(Words("nobody of {n} people did what is counted ({metric}).", n=n,
                                metric=metric(trial)))  # fmt: skip
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


def ahead(teller: Teller, trial: Trial) -> str:
    """Of several winners: whether the first is surely better than the next."""
    next_ = trial.whole.word("runner-up")
    if trial.status != "won" or not next_:
        return ""
    low, high = teller.ends(trial.whole, "ahead", bare=True)
    teller.of(trial.whole, "ahead-verdict")
    given = {"winner": trial.whole.word("winner"), "next": next_, "low": low, "high": high,
             "effect": teller.of(trial.whole, "ahead")}  # fmt: skip
    if trial.surely_ahead:
        return teller.say(Words("{winner} also beats {next}: by {effect}, most likely between {low}"
                                " and {high}.", params=given))  # fmt: skip
    return teller.say(Words("Whether {winner} beats {next} is open: the difference is {effect},"
                            " anything between {low} and {high} is possible.",
                            params=given))  # fmt: skip


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
    if trial.status == "won" and trial.whole.get("runner-up") and not trial.surely_ahead:
        return Words("use {variant} or {next}, whichever is easier: both beat {control}, and which"
                     " of the two is better is open.", variant=variant, control=control,
                     next=trial.whole.word("runner-up"))  # fmt: skip
    if trial.status == "won":
        return _after_a_win(trial, variant)
    if trial.status == "lost":
        return Words("keep {control}, and note what {variant} tried.", control=control,
                     variant=variant)  # fmt: skip
    if trial.status == "broken":
        short = short_of(trial)
        return Words("find where people of {variant} are lost or not counted (slow pages,"
                     " redirects, robots), mend it, then run the test again.",
                     variant=short.word("variant") if short else "")  # fmt: skip
    if trial.unmoved:
        return Words("look whether it is counted at all, before the test runs on.")
    if trial.status == "too early":
        return Words("let it run on.")
    return Words("keep what you like better, or test something bolder on more people.")


def _after_a_win(trial: Trial, variant: str) -> Words:
    """Not yet for everybody where a week is not over, or the end may have been chosen because it
    looked good; of several winners, what the test says nothing of."""
    arm = trial.told_by
    if 0 < trial.days < WEEK:
        return Words("let it run for whole weeks before you use {variant}: so far it is less than "
                     "one, and weekdays and weekends differ.", variant=variant)  # fmt: skip
    peeked = arm is not None and arm.get("always-valid-p")
    if arm is not None and peeked and float(arm.number("always-valid-p")) >= CERTAIN:
        return Words("use {variant} if the end of the test was set before it began; if it was ended"
                     " on a good day, run it again.", variant=variant)  # fmt: skip
    if next_ := trial.whole.word("runner-up"):
        return Words("use {variant} for everybody, and keep watching. Whether some of them would do"
                     " better with {next} is not in this test: next time, split them by what they"
                     " bought before.", variant=variant, next=next_)  # fmt: skip
    return Words("use {variant} for everybody, and keep watching: what is new is often"
                 " flattered at first.", variant=variant)  # fmt: skip


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
    shown = [teller.of(arm, "users"), result(teller, arm) or "–", teller.of(arm, "effect") or "–"]
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
