"""Personal data in free text is hidden, in the same way for an import and for an AI."""

import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from bot.agent.context import SkillContext
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.request import Brief, SkillRequest
from bot.privacy import Pseudonymizer, find_personal_data, mask_personal_data
from bot.privacy.names import build_own_words
from tests.privacy.test_pseudonymizer import Stubborn, nothing
from tests.security.personal_values import CARRIERS, DISGUISES, VALUES
from tests.support.small_shop import CATALOGUE, Shop

DEV = Path(__file__).parent / "personal_data_dev.toml"
MARKED = re.compile(
    r"\{(EMAIL|PHONE|CARD|IBAN|NUMBER|DATE|HANDLE|ADDRESS|NAME):((?:\{\w+\}|[^{}])*)\}"
)
# What is reached on the development texts, less a little, and how many alarms are allowed there.
RECALL = {
    "EMAIL": 0.95,
    "PHONE": 0.95,
    "CARD": 0.95,
    "IBAN": 0.95,
    "NUMBER": 0.95,
    "DATE": 0.95,
    "HANDLE": 0.95,
    "ADDRESS": 0.94,
    "NAME": 0.95,
}
FALSE_ALARMS = 0


def texts() -> tuple[list[str], list[str], frozenset[str]]:
    with DEV.open("rb") as file:
        told = tomllib.load(file)
    marked = [*told["personal_en"], *told["personal_fr"]]
    return marked, [*told["clean_en"], *told["clean_fr"]], build_own_words(told["catalogue"])


def parsed(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    text, spans, at = "", list[tuple[str, int, int]](), 0
    for found in MARKED.finditer(marked):
        text += marked[at : found.start()]
        spans.append((found[1], len(text), len(text) + len(found[2])))
        text, at = text + found[2], found.end()
    return text + marked[at:], spans


def test_development_set_has_a_hundred_texts_of_each_kind() -> None:
    marked, clean, _ = texts()
    assert len(marked) >= 100
    assert len(clean) >= 100


def test_recall_and_precision_do_not_fall() -> None:
    marked, clean, own = texts()
    wanted, hidden = Counter[str](), Counter[str]()
    for one in marked:
        text, spans = parsed(one)
        found = find_personal_data(text, own)
        covered = {at for f in found for at in range(f.start, f.end)}
        for kind, start, end in spans:
            wanted[kind] += 1
            hidden[kind] += all(at in covered for at in range(start, end) if text[at].isalnum())
        beside = [f for f in found if not any(f.start < e and s < f.end for _, s, e in spans)]
        assert not beside, (text, beside)
    for kind, floor in RECALL.items():
        assert hidden[kind] >= floor * wanted[kind], (kind, hidden[kind], wanted[kind])
    alarms = [(text, found) for text in clean if (found := find_personal_data(text, own))]
    assert len(alarms) <= FALSE_ALARMS, alarms


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_random_values_are_found_in_any_form(kind: str) -> None:
    dice = random.Random(kind)
    missed = []
    for _ in range(120):
        value = VALUES[kind](dice)
        carrier = dice.choice(CARRIERS[kind])
        disguised = (
            dice.choice(DISGUISES)(value, dice) if kind not in ("NAME", "ADDRESS") else value
        )
        text = carrier.format(disguised)
        left = re.sub(r"\W+", "", mask_personal_data(text)).lower()
        whole = re.sub(r"\W+", "", value).lower()
        if whole in left or len(re.findall(r"\d", mask_personal_data(text))) > len(
            re.findall(r"\d", carrier)
        ):
            missed.append(text)
    assert not missed, missed[:5]


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_masked_text_is_restored_exactly(kind: str) -> None:
    dice = random.Random(f"back {kind}")
    for _ in range(40):
        value = dice.choice(DISGUISES)(VALUES[kind](dice), dice)
        text = dice.choice(CARRIERS[kind]).format(value)
        veil = Pseudonymizer()
        assert veil.restore(veil.mask(text)) == text


def test_import_and_ai_see_the_same_mask() -> None:
    marked, clean, own = texts()
    for text in (*(parsed(one)[0] for one in marked), *clean):
        veiled = re.sub(r"\[([A-Z]+)_\d+\]", r"[\1]", Pseudonymizer(own).mask(text))
        if not re.search(r"\b(\w+ \w+)\b.*\b\1\b", text):
            assert veiled == mask_personal_data(text, own) == mask_personal_data(text, own), text


def products(dice: random.Random) -> Iterator[str]:
    """Products that are named like people, and figures as retailers write them."""
    things = ("Robe", "Chemise", "dress", "Jean", "shirt", "Sac", "Pull", "boots", "bag", "Blouse")
    names = ("Rose", "Claire", "Alba", "Maud", "Victoria", "Jade", "Olive", "Paris", "Charlotte")
    fits = ("Slim", "Bleu", "38", "Long", "taille M", "in size L", "en lin", "Red", "Cotton")
    while True:
        ean = "".join(dice.choice("0123456789") for _ in range(12))
        price = f"{dice.randint(1, 999)},{dice.randint(0, 99):02}"
        day = f"{dice.randint(1, 28):02}/{dice.randint(1, 12):02}/2026"
        thing = f"{dice.choice(things)} {dice.choice(names)} {dice.choice(fits)}"
        yield dice.choice(
            (
                f"{thing} : {price} € le {day}",
                f"EAN {ean}{luhn.calc_check_digit(ean)}, {thing}",
                f"order {dice.randint(10**8, 10**12)} of {day}, {thing}",
                f"{dice.randint(1, 99)} {thing}, {price} EUR, -{dice.randint(5, 70)} %",
                f"{thing}. {dice.randint(1000, 99999)} orders, {price} % more than in 2025",
                f"tailles {' '.join(map(str, range(34, dice.randint(38, 52), 2)))}, {thing}",
            )
        )


def test_shop_words_and_figures_are_not_masked() -> None:
    dice = random.Random("shop")
    own = build_own_words(["Robe Alba", "Chemise Maud", "Sac Charlotte", "Dress Victoria"])
    alarms = [
        (text, found)
        for text, _ in zip(products(dice), range(600), strict=False)
        if (found := find_personal_data(text, own))
    ]
    assert len(alarms) <= 3, alarms[:5]


HOSTILE = (
    "a",
    "1",
    "1 ",
    "0 ",
    "@",
    "a@",
    "a.",
    "a. ",
    "A. ",
    "A ",
    "AA ",
    "Aa ",
    "Aa-",
    "-",
    "(",
    "[at] ",
    " at a dot ",
    "\n",
    "\n1",
    "1 rue ",
    "1 Aa ",
    "FR76",
    "FR76 ",
    "M. ",
    "Mme ",
    "nom: ",
    "name: a, ",
    "+33 ",
    "06 ",
    "1-",
    "1.",
    "1:",
    "a:",
    "[EMAIL_1]",
    "\u200b",
    "e\u0301",
    "\u202e1",
    "Bonjour\n",
    "card ",
    "card 1",
    "ssn ",
    "BP 1",
    "12345 Aa",
    "M1 1AE ",
    "Cordialement,\n",
    "'",
    "d'",
    "Marie ",
    "Marie Aa ",
    "MARIE ",
    "Marie et Marie ",
    "@a",
    "insta: a.",
    "0\n6",
    "1" * 7 + " ",
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_read_in_time(piece: str) -> None:
    mask_personal_data(piece * (10_000 // len(piece)) + "@ !\nx")


@pytest.mark.slow
@pytest.mark.timeout(40)
@pytest.mark.parametrize("end", ["", "@", " !", "\nx"])
@pytest.mark.parametrize("piece", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_of_100_kb_is_read_in_time(piece: str, end: str) -> None:
    """A rule with quadratic run time would take minutes here."""
    mask_personal_data(piece * (100_000 // len(piece)) + end)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["[EMAIL_1]", "［EMAIL_1］", "[EM\u200bAIL_1]", "[email 1]", "x"])))
def test_typed_placeholder_reveals_no_data(typed: list[str]) -> None:
    """A person who types a placeholder gets their own text back, never another person's data."""
    veil = Pseudonymizer()
    veil.mask("write to victim@box.example")
    hostile = "and ".join(typed)
    drawn = veil.mask(hostile)
    assert "victim" not in veil.restore(drawn)
    assert veil.restore(drawn) == hostile
    assert "[EMAIL_1]" not in drawn.replace("\u200b", "")


async def test_ai_sees_shop_words_but_no_names() -> None:
    desk = SkillContext(
        SkillRequest(
            skill="draft", brief=Brief(words="x", author="U1", language="en"), channel="email"
        ),
        brand=Brand(name="Camille Fournet"),
        channel=load_channels()["email"],
        library=Shop(CATALOGUE | {"maud": {"name": "Pull Maud", "type": "Mailles"}}),
        writer=Stubborn("Linen."),
        receipt=nothing,
        today=date(2026, 11, 24),
    )
    veil = Pseudonymizer(await desk.list_own_words())
    assert veil.mask("Camille Fournet and Emma Whitfield") == "Camille Fournet and [NAME_1]"
    assert veil.mask("31 units of Pull Maud ordered since") == "31 units of Pull Maud ordered since"


HELD_OUT = Path(__file__).parent / "personal_data_held_out.toml"


def test_recall_on_held_out_texts_does_not_fall() -> None:
    """In the first run, 133 of 161 pieces were hidden, without a false alarm. Seven of the others
    are customer numbers, which docs/privacy.md names as a limit."""
    with HELD_OUT.open("rb") as file:
        told = tomllib.load(file)
    hidden = pieces = 0
    for one in told["texts"]:
        text: str = one["text"]
        spans = [range(found.start, found.end) for found in find_personal_data(text)]
        covered = {at for span in spans for at in span}
        meant = set[int]()
        for value in one["personal"]:
            here = range(text.index(value), text.index(value) + len(value))
            letters = {at for at in here if text[at].isalnum()}
            hidden += len(letters & covered) >= 0.95 * len(letters)
            pieces += 1
            meant |= set(here)
        assert all(meant & set(span) for span in spans), text
    assert pieces == 161
    assert hidden >= 133
    assert not [text for text in (*told["clean_en"], *told["clean_fr"]) if find_personal_data(text)]
