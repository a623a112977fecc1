"""Calculations that a model proposes: what proves a figure and what proves nothing."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from bot.core.checks import select_blocking
from bot.core.facts import Evidence, Fact
from bot.grounding.calculations import (
    CalculationError,
    UnprovenFigure,
    is_calculation,
    list_proofs,
    prove_figure,
)
from bot.grounding.figure_checks import list_unproven
from bot.grounding.sources import Sources, list_text_parts
from tests.support.shirt import FACTS, SHIRT, TODAY, fact, found, part, proved, request

PLACES = fact("shop.places", "workshop", "16 places, 10 booked")
SET = fact("shop.set", "price of three socks", Decimal("14.49"), "EUR")
SINGLE = fact("shop.single", "price of socks", Decimal("6.44"), "EUR")
LENGTH = fact("shop.length", "length", Decimal("71"), "cm")
WEEK = fact("shop.week", "workshop week", "open").model_copy(
    update={"since": date(2026, 12, 8), "until": date(2026, 12, 15)}
)
NOTICE = fact("shop.notice", "days until the next one", "7 days")
QUOTE = fact("feedback.quote.2", "quote", "I waited 37 days for it.")
MORE = (PLACES, SET, SINGLE, LENGTH, WEEK, QUOTE, NOTICE)
EVIDENCE = Evidence(facts=(*FACTS, *MORE))
ASKED = request("an e-mail", language="en")
NAMED = {f"f{number}": one for number, one in enumerate(MORE, 1)} | {"f9": FACTS[1]}


def unproven(text: str) -> Sequence[UnprovenFigure]:
    return list_unproven(list_text_parts([part(text)]), Sources(EVIDENCE, ASKED.brief), today=TODAY)


def prove(text: str, calculation: str) -> Fact:
    """Prove the first figure of a text that has no source."""
    sources = Sources(EVIDENCE, ASKED.brief)
    return prove_figure(unproven(text)[0], calculation, NAMED, sources)


@pytest.mark.parametrize(
    ("text", "calculation"),
    [
        ("Three socks: €4.83 each.", "14.49 / 3"),
        ("Three socks: €4.83 each.", "f2 / 3"),
        ("Three socks, a quarter off.", "1 - f2 / (3 * f3)"),
        ("Three socks, 25% off.", "(1 - f2 / (3 * f3)) * 100"),
        ("Only 6 places sur 16 are left.", "(16 - 10) / 16"),
        ("Two sets come to less than €30.", "f2 * 2 < 30"),
        ("Two sets come to less than €30.", "30 > f2 * 2"),
        ("Two sets come to less than €30.", "f2 * 2"),
        ("Two sets for well over €28.", "2 * f2 > 28"),
        ("Three socks cost 33.3% more than the set.", "3 * f3 / f2 - 1"),
        ("Come by until 22 December.", "f5 + 7"),
        ("Come by until 15 December.", "f5"),
        ("A shirt and a pair of socks: €56.34.", "f9 + f3"),
    ],
)
def test_calculation_over_facts_proves_what_the_sentence_says(text: str, calculation: str) -> None:
    assert unproven(text)
    proof = prove(text, calculation)
    figures = {one.figure.text for one in unproven(text) if one.proof_id == proof.id}
    checks = proved(part(text), language="en", asked=ASKED, evidence=EVIDENCE.plus([proof]))
    assert not {quote for _level, rule, quote in found(checks) if rule != "price cut"} & figures
    assert list_proofs(text, [proof]) == [proof]
    assert str(proof.value).startswith(f"{unproven(text)[0].figure.text} = ")


@pytest.mark.parametrize(
    ("text", "calculation"),
    [
        ("Socks, €4.83 each.", "14.49 / 3"),  # the sentence names no three
        ("Three socks: €4.85 each.", "14.49 / 3"),
        ("Three socks, a third off.", "1 - f2 / (3 * f3)"),
        ("Three socks: €4.83 each.", "4.83"),
        ("Three socks: €4.83 each.", "9.66 / 2"),
        ("Three socks: €4.83 each.", "f2 / f9"),
        ("Three socks: €4.83 each.", "f77 / 3"),
        ("Three socks: €4.83 each.", "price / 3"),
        ("Three socks: €4.83 each.", "f2 ** 1 / 3"),
        ("Three socks: €4.83 each.", "9 ** 9 ** 9"),
        ("Three socks: €4.83 each.", "99999999999999 / 3"),
        ("Three socks: €4.83 each.", "1e9 / 3"),
        ("Three socks: €4.83 each.", "f2 / 0"),
        ("Three socks: €4.83 each.", "f2 / (10 - 10)"),
        ("Three socks: €4.83 each.", "f2 / 3 + f3 - f3 + f3 - f3"),
        ("Three socks: €4.83 each.", "f2 / len('abc')"),
        ("Three socks: €4.83 each.", "__import__('os')"),
        ("Three socks: €4.83 each.", "f2.real / 3"),
        ("Three socks: €4.83 each.", "[f2][0] / 3"),
        ("Three socks: €4.83 each.", "(" * 60 + "f2" + ")" * 60),
        ("Three socks: €4.83 each.", ""),
        ("It weighs 186 kg.", "180 + 6"),  # grams a square metre and colours
        ("Sent within 37 days.", "37 * 1"),  # only a customer says so
        ("It costs €43.46.", "49.90 - 6.44"),  # the catalogue has another price
        ("Socks: €4.83 less in the set of three.", "3 * f3 - f2"),  # it says neither amount
        ("Come by until 16 December.", "f5"),
        ("Come by until 15 December.", "8 + 7"),
        ("It has 9 places.", "10 - 1"),  # one is no figure of a fact
        ("Come by until 22 December.", "f5 + 8"),  # seven days are a fact's, eight are not
        ("Two sets come to less than €30.", "f2 * 2 > 30"),
        ("Two sets come to less than €28.", "f2 * 2 < 28"),
        ("Two sets come to less than €45.", "f2 * 2 < 45"),  # too far to be fair
        ("Two sets come to €30.", "f2 * 2 < 30"),  # it says no bound
    ],
)
def test_other_calculations_prove_nothing(text: str, calculation: str) -> None:
    with pytest.raises(CalculationError):
        prove(text, calculation) if unproven(text) else prove_nothing()


def prove_nothing() -> None:
    pytest.fail("the figure has a source")


@pytest.mark.parametrize("text", ["Come by until 15 December.", "Free for 8 days."])
def test_a_day_or_a_period_is_proven_by_the_days_of_a_fact_and_not_by_its_value(text: str) -> None:
    (figure,) = unproven(text)
    proof = prove(text, "f5")
    assert (proof.label, proof.query) == ("period", WEEK.id)
    assert proof.value == f"{figure.figure.text} = 8 to 15 Dec 2026"


def test_what_only_the_brief_bears_out_is_not_told_to_be_checked() -> None:
    text = "Three socks: €4.83 each."
    proof = prove(text, "f2 / 3")

    def has_passed(of: str) -> bool:
        known = EVIDENCE.plus([proof.model_copy(update={"query": of})])
        checks = proved(part(text), language="en", asked=ASKED, evidence=known)
        return any(one.rule == "figure" and one.level == "pass" for one in checks)

    assert has_passed(SET.id)
    assert has_passed(f"{SET.id} stated.U1.1")
    assert not has_passed("stated.U1.1")


def test_proof_holds_for_its_sentence_alone() -> None:
    proof = prove("Three socks, a quarter off.", "1 - f2 / (3 * f3)")
    evidence = EVIDENCE.plus([proof])
    for text in ("Everything is a quarter off.", "Three shirts, a quarter off."):
        checks = proved(part(text), language="en", asked=ASKED, evidence=evidence)
        assert "quarter off" in {check.quote for check in select_blocking(checks)}


def test_proof_outlasts_the_tracking_of_its_link() -> None:
    told = "Three for €4.83 each: {}"
    proof = prove(told.format("https://studiolin.example/a"), "f2 / 3")
    assert list_proofs(told.format("https://studiolin.example/a?utm_campaign=x"), [proof])


def test_names_of_facts_are_no_calculations() -> None:
    for text in ("f12", "product.linen-shirt.price", f"{SHIRT}.price", "14.49", "none", ""):
        assert not is_calculation(text)
    assert is_calculation("f12 - f3")
