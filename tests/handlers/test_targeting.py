"""The targeting skill."""

from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.audience_rule import AudienceRule
from bot.core.parts import Table
from bot.core.request import Question
from bot.data.analyses.products import load_purchased_products
from bot.data.analyses.segments.audience import count_audience
from bot.data.warehouse.purchases import purchase_lines
from bot.data.warehouse.query import fetch_rows
from tests.support.paths import DATA
from tests.support.real_orders import uci
from tests.support.sample_tables import sample
from tests.support.skill_runner import collect_text, rewritten, run
from tests.support.small_tables import small

ENGLISH = "whom should I target for the linen launch?"
FRENCH = "qui cibler pour le lancement du lin ?"
BAKERS = "Planche à pain Meule en hêtre"


KNOWN: dict[tuple[str, ...], DraftResult] = {}  # the sample shop does not change


async def made(words: str, **more: Any) -> DraftResult:
    key = (words, *(f"{name}={value}" for name, value in sorted(more.items())))
    if key not in KNOWN:
        found = await run(words, **more)
        assert isinstance(found, DraftResult)
        KNOWN[key] = found
    return KNOWN[key]


def blocked(found: DraftResult) -> list[str]:
    return [check.words.to("en") for check in found.checks if check.level in ("block", "stated")]


def table(found: DraftResult, key: str) -> Table:
    (body,) = [part.body for part in found.parts if part.key == key]
    assert isinstance(body, Table)
    return body


def rules(found: DraftResult) -> dict[str, AudienceRule]:
    return {
        fact.id.split(".")[1]: AudienceRule.model_validate_json(str(fact.value))
        for fact in found.evidence.of("audiences")
        if fact.id.endswith(".rule")
    }


@pytest.mark.parametrize(
    ("words", "buyers", "niche"),
    [
        (ENGLISH, "Buyers of “Vêtements en lin”", "The niche around"),
        (FRENCH, "Acheteurs de «\u00a0Vêtements en lin\u00a0»", "La niche autour de"),
    ],
)
async def test_linen_buyers_and_bakers_are_found(words: str, buyers: str, niche: str) -> None:
    found = await made(words, language="fr" if words == FRENCH else "en")
    text = collect_text(found)
    assert buyers in text
    assert niche in text
    assert BAKERS in text
    assert 2 <= len(table(found, "rules").rows) <= 4
    assert blocked(found) == []


async def test_rules_count_to_the_sizes_shown() -> None:
    found = await made(ENGLISH)
    for name, rule in rules(found).items():
        counted = count_audience(sample(), rule)
        fits = found.evidence.get(f"audiences.{name}.customers")
        reached = found.evidence.get(f"audiences.{name}.by-{rule.purpose}")
        assert fits is not None
        assert reached is not None
        assert [fits.value, reached.value] == [counted.fits, counted.reachable]


async def test_niche_is_named_by_what_was_planted() -> None:
    niche = rules(await made("suggest an audience of bread bakers"))["niche"]
    assert set(niche.bought) == {"cui-torchons", "cui-tablier", "cui-corbeille", "cui-planche"}
    assert niche.bought_at_least == 2


async def test_request_for_bakers_begins_with_the_niche() -> None:
    assert (await made("suggest an audience of bread bakers")).parts[0].text.startswith("The niche")


@pytest.mark.parametrize(
    "words",
    [
        "whom should I write to, to win back lapsed customers?",
        "qui cibler pour reconquérir les clients perdus ?",
    ],
)
async def test_win_back_begins_with_drifting_customers(words: str) -> None:
    found = await made(words)
    assert next(iter(rules(found))) in ("drifting", "lapsed", "niche")
    assert found.parts[0].text.startswith(("Customers drifting", "Clients qui s'éloignent"))
    assert blocked(found) == []


async def test_past_purchases_have_an_interval() -> None:
    found = await made(ENGLISH)
    for name in rules(found):
        low, share, high = (
            found.evidence.get(f"audiences.{name}.bought-share{end}")
            for end in ("-low", "", "-high")
        )
        values = [one.value for one in (low, share, high) if one]
        assert len(values) == 3
        assert values == sorted(values)


async def test_leads_are_copy_form_and_test() -> None:
    found = await made(ENGLISH)
    by_skill: dict[str, list[dict[str, str]]] = {}
    for lead in found.leads:
        by_skill.setdefault(lead.skill, []).append(lead.form)
    assert {"draft", "targeting", "experiment"} == set(by_skill)
    for form in [*by_skill["draft"], *by_skill["targeting"]]:
        assert AudienceRule.model_validate_json(form["rule"]) in rules(found).values()
    assert all(form["audience"] for form in by_skill["draft"])


async def test_given_rule_is_the_only_audience() -> None:
    rule = AudienceRule(bought_categories=("Bain",), min_orders=3)
    found = await made(ENGLISH, rule=rule.stored)
    assert rules(found) == {"yours": rule}
    assert "at least 3 orders" in collect_text(found)
    assert blocked(found) == []


async def test_names_in_a_typed_rule_are_looked_up() -> None:
    rule = AudienceRule(bought=("planche à pain meule", "bain"), not_bought=("Linge de lit",))
    found = rules(await made(ENGLISH, rule=rule.stored))["yours"]
    assert found.bought == ("cui-planche",)
    assert found.bought_categories == ("Bain",)
    assert found.not_bought_categories == ("Linge de lit",)


async def test_unbought_name_in_a_rule_is_stated() -> None:
    found = await made(ENGLISH, rule=AudienceRule(bought=("Hoverboard",)).stored)
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "Hoverboard" in collect_text(found)


async def test_place_without_orders_is_stated_and_editable() -> None:
    rule = AudienceRule(bought=("cui-planche",), regions=("Bretagne", "33"))
    found = await made(ENGLISH, rule=rule.stored)
    assert [part.title for part in found.parts] == ["What I can't tell"]
    assert "region Bretagne. Your orders write regions so: 75, 69" in collect_text(found)
    assert blocked(found) == []
    (lead,) = found.leads
    assert (lead.skill, lead.form) == ("targeting", {"rule": rule.stored})
    called = [fact.value for fact in found.evidence.of("audiences") if fact.about == "cui-planche"]
    assert called == [BAKERS]


async def test_place_in_other_letters_is_matched() -> None:
    found = await made(ENGLISH, rule=AudienceRule(countries=("fr",)).stored)
    assert rules(found)["yours"].countries == ("FR",)


async def test_sms_rule_counts_by_sms() -> None:
    found = await made(ENGLISH, rule=AudienceRule(purpose="sms").stored)
    assert "customers, 1,417 by SMS" in found.parts[0].text
    assert "By SMS: " in collect_text(found)


async def test_consent_is_not_added_to_the_counted_rule() -> None:
    found = await made(ENGLISH, rule=AudienceRule(bought_categories=("Bain",)).stored)
    (row,) = table(found, "rules").rows
    assert row[1:3] == ("Bought “Bain”", "Customers who agreed to e-mails")


async def test_size_below_the_floor_is_hidden() -> None:
    rule = AudienceRule(bought=("cui-planche",), regions=("33",), min_orders=6)
    found = await made(ENGLISH, rule=rule.stored)
    assert "under 20" in collect_text(found)
    assert "Too few people fit" in collect_text(found)
    assert "import a file that says who agreed" not in collect_text(found)
    assert [part for part in found.parts if part.kind == "file"] == []  # a picture of nothing
    assert found.evidence.get("audiences.yours.bought-share") is None
    assert blocked(found) == []


async def test_missing_orders_name_the_file_needed() -> None:
    found = await run(ENGLISH, shelf=small())
    assert not isinstance(found, Question)
    assert "import an order file" in collect_text(found)


async def test_missing_consents_are_stated() -> None:
    whole = sample()
    listed = {kind: one for kind, one in whole.listed.items() if kind != "consents"}
    shelf = type(whole)(whole.engine, whole.today, listed, whole.products)
    text = collect_text(await run(ENGLISH, shelf=shelf))
    assert "there are no consents" in text
    assert "Nobody can be written to yet" in text
    assert "By e-mail:" not in text


@pytest.mark.parametrize(
    ("words", "language", "most"), [(ENGLISH, "en", 1300), (FRENCH, "fr", 1550)]
)
async def test_report_fits_one_screen(words: str, language: str, most: int) -> None:
    found = await made(words, language=language)
    assert sum(len(part.text) for part in found.parts if part.kind == "copy") < most + len(
        found.parts[-1].text
    )


async def test_shares_are_rounded_to_what_chance_allows() -> None:
    """The interval of 17.3% of about 600 people is 15 to 20%, so 17% is shown."""
    found = await made(ENGLISH)
    (share,) = [f for f in found.evidence.facts if f.id == "audiences.loyal.bought-share"]
    assert share.spelled("en") == "17%"


async def test_picture_title_is_the_finding() -> None:
    found = await made(ENGLISH)
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert picture.text.startswith("Best and loyal customers: 17% bought within 90")


async def test_only_cited_facts_are_kept() -> None:
    found = await made(ENGLISH)
    assert len(found.evidence.facts) < 120
    cited = {id for part in found.parts for id in part.facts}
    assert cited <= {fact.id for fact in found.evidence.facts}


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("finding", "Best and loyal customers first"),
        ("audiences", "Best and loyal customers"),
        ("say", "1. By e-mail"),
    ],
)
@pytest.mark.sample(2)
async def test_invented_audience_falls_back_to_rules(part: str, named: str) -> None:
    base = await made(ENGLISH)
    text = next(one.text for one in base.parts if one.key == part)
    assert named in text
    found, wrong = await rewritten(ENGLISH, {part: text.replace(named, "Wealthy retirees")})
    assert "Wealthy retirees" in wrong[0]
    assert [one.text for one in found.parts] == [one.text for one in base.parts]


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
@pytest.mark.parametrize(
    ("words", "language", "named"),
    [
        ("whom should I target for the christmas lights?", "en", "Buyers of “Christmas lights”"),
        (
            "à qui proposer les guirlandes de Noël ?",
            "fr",
            "Acheteurs de «\u00a0guirlandes de Noël\u00a0» d'abord",
        ),
    ],
)
async def test_real_orders_without_categories_are_used(
    words: str, language: str, named: str
) -> None:
    found = await made(words, language=language, shelf=uci())
    assert found.parts[0].text.startswith(named)
    assert "CHRISTMAS" not in collect_text(found)
    assert "£GB" not in collect_text(found)
    assert blocked(found) == []
    first = rules(found)["buyers"]
    assert first.bought == ()
    assert named.count(first.bought_named[0]) == 1
    assert "stands for" in collect_text(found) or "désigne" in collect_text(found)


def _customers(word: str) -> int:
    """Count who bought a product with the word in its name within a year."""
    shelf = uci()
    table = purchase_lines(shelf)
    assert table is not None
    titles = load_purchased_products(shelf, table).titles
    paid = table.filter(table.amount >= 0, table["product"].notnull())
    rows = fetch_rows(shelf, paid.select("customer", "product", "day").distinct())
    last = max(row["day"] for row in rows)
    return len(
        {
            row["customer"]
            for row in rows
            if word in titles[row["product"]].casefold() and (last - row["day"]).days < 365
        }
    )


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
async def test_products_matching_a_word_are_all_counted() -> None:
    found = await made("whom should I target for the clocks?", shelf=uci())
    assert count_audience(uci(), rules(found)["buyers"]).fits == _customers("clock") > 100
    (many,) = [f.value for f in found.evidence.facts if f.id == "audiences.all.products"]
    assert int(many) > 12
    assert f"“clocks” stands for {many} products, those whose names say it" in collect_text(found)
    assert "a product whose name says “clocks” in the last 365 days" in collect_text(found)


async def test_word_in_a_rule_takes_all_matching_products() -> None:
    bought = purchase_lines(sample())
    assert bought is not None
    titles = load_purchased_products(sample(), bought).titles
    named = tuple(key for key, title in titles.items() if "bougie" in title.casefold())
    assert len(named) > 1
    found = rules(await made(ENGLISH, rule=AudienceRule(bought=("bougie",)).stored))["yours"]
    assert (found.bought, found.bought_named) == ((), ("bougie",))
    assert (
        count_audience(sample(), found).fits
        == count_audience(sample(), AudienceRule(bought=named)).fits
    )
    nobody = AudienceRule(bought=("bougie en or massif",))
    said = collect_text(await made(ENGLISH, rule=nobody.stored))
    assert "Nobody bought anything called “bougie en or massif”" in said


PLACE = {
    ("whom should I target in Belgium?", "en"): ("All customers (Belgium)", "Ordered to Belgium"),
    ("qui cibler en Belgique ?", "fr"): ("Tous les clients (Belgique)", "Livraison : Belgique"),
}


@pytest.mark.parametrize("asked", PLACE)
async def test_country_limits_the_people_and_is_named(
    asked: tuple[str, str],
) -> None:
    found = await made(asked[0], language=asked[1])
    every = rules(found)
    assert {rule.countries for rule in every.values()} == {("BE",)}
    assert [one for one in PLACE[asked] if one not in collect_text(found)] == []
    assert blocked(found) == []
    for name, rule in every.items():
        (fits,) = [f.value for f in found.evidence.facts if f.id == f"audiences.{name}.customers"]
        assert count_audience(sample(), rule).fits == int(fits)


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("whom should I target in Japan?", "en", "Nobody ordered to the country Japan."),
        ("qui cibler au Japon ?", "fr", "Personne n'a commandé vers le pays Japon."),
    ],
)
async def test_country_without_orders_is_stated(words: str, language: str, said: str) -> None:
    found = await made(words, language=language)
    assert said in collect_text(found)
    assert rules(found) == {}


@pytest.mark.parametrize(
    ("words", "language", "has"),
    [
        (
            "whom should I target for the linen launch?",
            "en",
            ("Too small for a test", "as by chance", "As things are", "rises from", "By e-mail"),
        ),
        (
            "qui cibler pour le lancement du lin ?",
            "fr",
            (
                "Trop petite pour un test",
                "que par hasard",
                "Sans rien changer",
                "hausse dès",
                "Par e-mail",
            ),
        ),
    ],
)
async def test_report_fits_a_phone(words: str, language: str, has: tuple[str, ...]) -> None:
    """The text above the tables has: who, why, what to say, the value with its interval, the risk,
    and for the niche its lift and the power of a test."""
    found = await run(words, language=language)
    assert isinstance(found, DraftResult)
    text = "\n".join(part.text for part in found.parts[:4])
    assert [part.key for part in found.parts[:4]] == ["finding", "audiences", "say", "risks"]
    assert len(text) <= 1_250
    assert [one for one in has if one not in text] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("whom should I target for the cashmere launch?", "nothing that is called “cashmere”"),
        ("qui cibler pour le lancement du cachemire ?", "rien qui s'appelle « cachemire »"),
        ("whom should I target for the linen launch?", ""),
        ("whom should I target for the spring collection?", ""),
    ],
)
@pytest.mark.sample(2)
async def test_unknown_product_is_named(words: str, said: str) -> None:
    found = await run(words)
    assert isinstance(found, DraftResult)
    text = collect_text(found).replace("\u00a0", " ")
    assert said in text
    assert bool(said) == ("is called" in text or "s'appelle" in text)
