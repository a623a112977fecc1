"""The predict skill."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.facts import Fact
from bot.i18n.messages import Language
from bot.rules.telling.forecasts import their_worth, who_leaves, whom_to_write_to
from bot.rules.telling.told import Teller, Told
from tests.support.sample_tables import TODAY
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

AGAIN = "who is likely to buy again in the next 60 days?"


ONCE: dict[str, DraftResult] = {}  # a forecast takes a second: the same question is asked once


async def made(words: str, **more: Any) -> DraftResult:
    if words in ONCE and not more:
        return ONCE[words]
    found = await run(words, **more)
    assert isinstance(found, DraftResult)
    if not more:
        ONCE[words] = found
    return found


def part(found: DraftResult, key: str) -> str:
    """The text of the part with plain spaces."""
    text = next(part.text for part in found.parts if part.key == key)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (AGAIN, "805 customers to buy within 60 days"),
        ("qui va racheter dans les 60 prochains jours ?", "805 clients achètent d'ici 60 jours"),
        ("who will leave us?", "88 customers are drifting away"),
        ("qui risque de partir ?", "88 clients s'éloignent"),
        ("what will linen buyers buy next?", "After “Vêtements en lin”, 33%"),
        ("que vont acheter les acheteurs de lin ensuite ?", "Après « Vêtements en lin », 33"),
    ],
)
async def test_forecast_answers_with_proven_figures(words: str, says: str) -> None:
    found = await made(words)
    assert says in part(found, "finding")
    assert blocked(found) == []


async def test_past_accuracy_is_stated() -> None:
    found = await made(AGAIN)
    assert "over the last 3 periods of 60 days" in part(found, "summary")
    assert "59% of the tenth ranked likeliest bought" in part(found, "summary")
    assert "0.8% of the tenth ranked last" in part(found, "summary")
    assert "18% fewer were expected than came" in part(found, "summary")


async def test_wrong_backtest_hides_the_number() -> None:
    found = await made("who is likely to buy again in the next 90 days?")
    assert "496 customers" in part(found, "finding")
    assert "Expect about" not in collect_text(found)
    assert "1,337 were expected and 801 bought" in part(found, "how_to_read")


async def test_nobody_is_called_lost() -> None:
    found = await made("who will leave us?")
    assert "40% of those silent so long bought within 90 days" in part(found, "summary")
    assert "Nobody can see that a customer has left" in part(found, "how_to_read")
    assert "chance of being a customer" not in collect_text(found)


async def test_no_path_between_categories_without_a_pattern() -> None:
    found = await made("what do people buy next?")
    assert "people come back for the same" in part(found, "summary")
    rows = [line.split("\t") for line in part(found, "table").splitlines()[1:]]
    assert len(rows) == 7
    assert all(row[0] == row[1] for row in rows)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "what do people buy next after the Alba shirt?",
            "After “Chemise Alba en lin lavé”, 8% of the next purchases have"
            " “Chemise Alba en lin lavé” again; of all next purchases it is 5%.",
        ),
        (
            "qu’achète-t-on après la chemise Alba ?",
            "Après « Chemise Alba en lin lavé », 8 % des achats suivants contiennent de nouveau"
            " « Chemise Alba en lin lavé » ; sur l'ensemble des achats suivants, c'est 5 %.",
        ),
        ("what is bought after the bread board?", "After “Planche à pain Meule en hêtre”, 19%"),
        ("what is bought after tea towels?", "After “Torchons Fournil en métis (lot de 3)”, "),
    ],
)
@pytest.mark.sample(2)
async def test_next_purchase_after_one_product_is_named(words: str, says: str) -> None:
    found = await made(words)
    assert says in part(found, "finding")
    assert blocked(found) == []


async def test_products_behind_a_word_are_named() -> None:
    found = await made("what do people buy after the linen shirt?")
    assert "Taken together here: Chemise Alba en lin lavé, " in part(found, "how_to_read")


async def test_product_is_offered_to_people_without_it() -> None:
    found = await made("qu’achète-t-on après la chemise Alba ?")
    advice = part(found, "what_to_do")
    assert "qui ne l'ont pas encore" in advice or "ce qu'il y a d'autre" in advice
    assert "pas encore acheté de" not in advice


async def test_unbought_product_is_stated() -> None:
    found = await made("what do people buy next after an umbrella?")
    assert [one.text for one in found.parts] == [
        "Nobody bought anything called “umbrella”: look at how your orders or products spell it."
    ]


async def test_period_in_the_words_is_ignored() -> None:
    """A month in the words does not limit the orders that the forecast uses."""
    this_month = await made("who is likely to buy again this month?")
    assert "496 customers" in part(this_month, "finding")


async def test_leads_are_an_audience_and_a_win_back() -> None:
    found = await made("who will leave us?")
    asked = {lead.label.text: (lead.skill, lead.ask) for lead in found.leads}
    assert asked == {
        "Draft a win-back": ("draft", True),
        "Suggest an audience": ("targeting", False),
    }


async def test_picture_title_is_the_finding() -> None:
    found = await made(AGAIN)
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert picture.text.startswith("Bought within 60 days, in the past: 59% of the tenth")
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_too_short_history_is_refused() -> None:
    found = await made("who is likely to buy again in the next 180 days?")
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "takes 720 days of orders" in collect_text(found)
    none = await made(AGAIN, shelf=small())
    assert "import an order file" in collect_text(none)


def group(key: str, **measures: Decimal | str) -> Told:
    facts = {
        name: Fact(
            id=f"segments.{key}.{name}",
            label=name,
            about=key,
            value=value,
            unit="customers" if name == "customers" else "%",
            source="orders.csv",
            as_of=TODAY,
        )
        for name, value in measures.items()
    }
    return Told("segments", key, key, facts)


@pytest.mark.parametrize(("language", "few"), [("en", "under 20 are."), ("fr", "moins de 20.")])
def test_too_few_at_risk_shows_no_number_or_value(language: Language, few: str) -> None:
    best = group("at-risk", customers="under 20")
    others = group("drifting-away", **{"customers": Decimal(162), "revenue-share": Decimal(2)})
    said = who_leaves(Teller(language), [best, others])
    assert said.startswith("162")
    assert said.endswith(few)
    worth = their_worth(Teller(language), [best, others])
    assert "2" in worth
    assert "  " not in worth


def test_first_message_goes_to_groups_large_enough() -> None:
    some = group("at-risk", customers=Decimal(85))
    few = group("at-risk", customers="<20")
    drifting = group("drifting-away", customers=Decimal(162))
    assert "at risk first" in whom_to_write_to([some, drifting]).to("en")
    assert "risque" not in whom_to_write_to([few, drifting]).to("fr")


async def test_missing_categories_are_asked_for() -> None:
    """A refusal of another question is not repeated."""
    with_none = small(
        orders=[
            {
                "order_id": f"o{n}",
                "line": 1,
                "at": datetime(2026, 1, 1) + timedelta(days=n % 300),
                "customer": f"c{n % 300}",
                "product": f"p{n % 7}",
                "quantity": 1,
                "amount": Decimal(10),
            }
            for n in range(900)
        ]
    )
    found = await made("what do people buy next?", shelf=with_none)
    assert part(found, "answer").splitlines() == [
        "What is bought next needs categories: import a product list that has them. Or name one"
        " product: what do people buy after it?"
    ]
