"""A forecast in sentences: how many, who, how right it was before, what a silence meant."""

import re

from bot.core.facts import Evidence
from bot.i18n.messages import Words
from bot.rules.telling.next_bought import NO_CATEGORIES
from bot.rules.telling.told import CANNOT, Teller, Told

_SALES = re.compile(r"\b(?:sales|revenue|turnover|ventes|chiffre d'affaires|ca)\b")


def days_of(one: Told) -> int:
    return int(re.sub(r"\D", "", one.key))


def _no_total(teller: Teller, words: str) -> str:
    """What a question about all sales must hear first: who buys is told, not how much in all."""
    if not _SALES.search(words):
        return ""
    return teller.say(Words("I don't forecast what the shop will sell in all, only who will "
                            "buy."))  # fmt: skip


def how_many(teller: Teller, whole: Told, tenth: Told, top: Told, words: str) -> str:
    """How many will buy; where that can't be told, who is likelier than others."""
    return f"{_no_total(teller, words)} {_buyers(teller, whole, tenth, top)}".strip()


def _buyers(teller: Teller, whole: Told, tenth: Told, top: Told) -> str:
    days = days_of(whole)
    if whole.get("expected-buyers"):
        return teller.say(Words(
            "Expect about {n} to buy within {days} days; {likely} of them are more likely than not"
            " to.",
            n=teller.of(whole, "expected-buyers"), days=days,
            likely=teller.bare(whole, "customers-likely"))
        )  # fmt: skip
    return teller.say(Words(
        "Likeliest to buy within {days} days: {n}. In the past {share} of such customers did, and"
        " {base} of all.",
        days=days, n=teller.of(top, "customers"), share=teller.of(tenth, "bought"),
        base=teller.of(whole, "base-rate")))  # fmt: skip


def who_they_are(teller: Teller, top: Told, rest: Told) -> str:
    return teller.say(Words(
        "The likeliest ({n}): usually {purchases}, the last one {days} ago. All others: usually"
        " {other}, the last one {long} ago.",
        n=teller.of(top, "customers"), purchases=bought(teller, top),
        days=teller.of(top, "silent"), other=bought(teller, rest),
        long=teller.of(rest, "silent")))  # fmt: skip


def bought(teller: Teller, one: Told) -> Words:
    teller.of(one, "purchases")
    return Words.count("{n} purchase", "{n} purchases", int(one.number("purchases")))


def tried_before(teller: Teller, whole: Told, first: Told, last: Told, days: int) -> str:
    return teller.say(Words(
        "Tried on the past first: over the last {n} periods of {days} days, from {start} to {end},"
        " {top} of the tenth ranked likeliest bought, and {bottom} of the tenth ranked last.",
        n=teller.of(whole, "windows"), days=days, start=teller.of(whole, "first-day"),
        end=teller.of(whole, "last-day"), top=teller.of(first, "bought"),
        bottom=teller.of(last, "bought")))  # fmt: skip


SIMPLE = {
    "newest": Words("that bought last"),
    "most": Words("with the most purchases"),
}
LITTLE = 3  # points more than a simple rule, below which a forecast adds little


def beside_a_simple_rule(teller: Teller, whole: Told, first: Told) -> str:
    """Whether it finds more buyers than a rule that needs no forecast."""
    if not whole.get("simple-share"):
        return ""
    teller.value(whole.get("simple-rule"))
    given = {"rule": SIMPLE[whole.word("simple-rule")], "share": teller.of(whole, "simple-share")}
    more = first.number("bought") - whole.number("simple-share")
    if more < LITTLE:
        return teller.say(Words("A simple rule does as well: of the tenth {rule}, {share} "
                                "bought.", **given))  # fmt: skip
    return teller.say(Words("A simple rule finds fewer: of the tenth {rule}, {share} "
                            "bought.", **given))  # fmt: skip


def score(teller: Teller, whole: Told) -> list[Words]:
    """How well it ranks, without its technical name; and of whom it says nothing."""
    if not whole.get("pairs"):
        return []
    return [
        Words("Of a customer who bought and one who did not, the forecast had ranked the buyer "
              "higher in {pairs} of cases; by chance it would be half of them.",
              pairs=teller.of(whole, "pairs")),
        Words("It says nothing of people who never ordered, nor of orders without a customer."),
    ]  # fmt: skip


def how_far_off(teller: Teller, whole: Told) -> str:
    """How wrong the number of buyers was at worst, and to which side."""
    fact = whole.get("backtest-worst-error")
    if fact is None:
        return ""
    teller.value(fact)
    off = fact.model_copy(update={"value": abs(whole.number("backtest-worst-error"))})
    said = off.spelled(teller.language)
    fewer = Words("In the worst of them {off} fewer were expected than came.", off=said)
    more = Words("In the worst of them {off} more were expected than came.", off=said)
    return teller.say(fewer if whole.number("backtest-worst-error") < 0 else more)


def who_leaves(teller: Teller, leaving: list[Told]) -> str:
    """How many, of the best and of the others; of the best nothing where they are too few."""
    best, others = leaving
    given = {"best": teller.of(best, "customers"), "n": teller.of(others, "customers")}
    if not best.number("customers"):
        return teller.say(Words(
            "{n} are drifting away: silent for far longer than their usual gap. Of those who spend "
            "most, {best} are.", **given))  # fmt: skip
    return teller.say(Words(
        "{best} among those who spend most are at risk, {n} are drifting away: all silent for far"
        " longer than their usual gap.", **given))  # fmt: skip


def whom_to_write_to(leaving: list[Told]) -> Words:
    """Those at risk first, unless they are too few to be counted."""
    if not leaving[0].number("customers"):
        return Words("Write to those drifting away, each about what they bought before. Leave a"
                     " part of them out, by lot: some come back by themselves.")  # fmt: skip
    return Words("Write to those at risk first, each about what they bought before. Leave a part of"
                 " them out, by lot: some come back by themselves.")  # fmt: skip


def their_worth(teller: Teller, leaving: list[Told]) -> str:
    best, others = leaving
    if not best.get("revenue-share"):
        return teller.say(Words("Those drifting away brought {others} of sales so far.",
                                others=teller.of(others, "revenue-share")))  # fmt: skip
    return teller.say(Words(
        "Those at risk brought {best} of sales so far, those drifting away {others}.",
        best=teller.of(best, "revenue-share"),
        others=teller.of(others, "revenue-share")))  # fmt: skip


def what_silence_meant(teller: Teller, past: list[Told]) -> str:
    on, silent, longer = past
    teller.of(silent, "days")
    return teller.say(Words(
        "What such a silence meant in the last {n} periods: {silent} of those silent so long"
        " bought within {days} days, against {on} of those within their rhythm and {longer} of"
        " those silent for longer.",
        n=teller.of(silent, "windows"), silent=teller.of(silent, "bought"), days=days_of(silent),
        on=teller.of(on, "bought"), longer=teller.of(longer, "bought")))  # fmt: skip


def only_why(evidence: Evidence) -> Evidence:
    """Of a thing that was asked about, why nothing is told of it, and nothing else."""
    if not any(fact.id == "behaviour.after.subject" for fact in evidence.facts):
        return evidence
    why = [f for f in evidence.facts if f.id.split(".")[:2] == ["behaviour", CANNOT]][:1]
    return Evidence(facts=tuple(why))


def why_no_next(evidence: Evidence, language: str) -> Evidence:
    """Why it can't be told what is bought next; without what was refused of other questions."""
    why = only_why(evidence)
    here = [fact for fact in why.facts if fact.value == NO_CATEGORIES.to(language)]
    return Evidence(facts=tuple(here)) if here else why


def without_refusals(evidence: Evidence) -> Evidence:
    """What was refused of another question is no limit of this one."""
    return Evidence(facts=tuple(f for f in evidence.facts if f.id.split(".")[1] != CANNOT))
