"""The targeting skill: audiences to choose from, and the draft of one to be exported."""

from typing import Any

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.pipeline import DraftResult
from bot.core.audience_rule import AudienceRule
from bot.core.parts import Table
from bot.core.request import Question
from bot.data.analyses.products import load_purchased_products
from bot.data.analyses.segments.audience import count_audience
from bot.data.warehouse.purchases import purchase_lines
from bot.errors import CannotDo
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, calls
from tests.handlers.test_answer_with_ai import report
from tests.support.sample_tables import sample
from tests.support.skill_runner import AI, collect_text, run
from tests.support.small_tables import small
from tests.support.tool_runner import call_tool

ENGLISH = "whom should I target for the linen launch?"
FRENCH = "qui cibler pour le lancement du lin ?"
BAKERS = "Planche à pain Meule en hêtre"
LINEN = "Vêtements en lin"
KNOWN: dict[tuple[str, ...], DraftResult] = {}  # the sample shop does not change


async def made(words: str, **more: Any) -> DraftResult:
    key = (words, *(f"{name}={value}" for name, value in sorted(more.items())))
    if key not in KNOWN:
        found = await run(words, skill="targeting", **more)
        assert isinstance(found, DraftResult)
        KNOWN[key] = found
    return KNOWN[key]


async def drafted(rule: AudienceRule, platform: str = "plain", **more: Any) -> DraftResult:
    """The draft of the audience of this rule."""
    return await made(ENGLISH, rule=rule.stored, platform=platform, **more)


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


# The report without an AI.


async def test_words_that_chose_no_audience_are_said() -> None:
    (not_used,) = [
        p.text for p in (await made(f"{ENGLISH[:-1]}, best VIPs?")).parts if p.key == "not_used"
    ]
    assert "VIPs" in not_used
    assert "target" not in not_used


@pytest.mark.parametrize(("words", "language"), [(ENGLISH, "en"), (FRENCH, "fr")])
async def test_report_leads_with_the_audience_that_bought_most(words: str, language: str) -> None:
    found = await made(words, language=language, category=LINEN)
    shares = {
        fact.id.split(".")[1]: fact.value
        for fact in found.evidence.of("audiences")
        if fact.id.endswith(".bought-share") and ".all." not in fact.id
    }
    best = max(shares, key=lambda name: shares[name])
    assert f"audiences.{best}.bought-share" in found.parts[0].facts
    assert {"buyers", "alike", "loyal"} <= set(rules(found))
    assert {check.level for check in found.checks} == {"pass"}


async def test_category_that_the_words_name_is_found() -> None:
    (reading,) = [p.text for p in (await made(FRENCH)).parts if p.key == "read_as"]
    assert LINEN in reading


async def test_report_on_everything_says_so() -> None:
    (reading,) = [p.text for p in (await made(ENGLISH)).parts if p.key == "read_as"]
    assert "all that is sold" in reading


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


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("whom should I write to, to win back lapsed customers?", "en"),
        ("qui cibler pour reconquérir les clients perdus ?", "fr"),
    ],
)
async def test_win_back_begins_with_drifting_customers(words: str, language: str) -> None:
    found = await made(words, language=language)
    assert all(".drifting." in id or ".all." in id for id in found.parts[0].facts)


async def test_past_purchases_have_an_interval() -> None:
    found = await run(ENGLISH, skill="targeting", category=LINEN)
    assert isinstance(found, DraftResult)
    (picture,) = [part for part in found.parts if part.kind == "file"]
    assert found.pictures[picture.body.sha256].startswith(b"\x89PNG")  # type: ignore[union-attr]


async def test_next_steps_are_an_export_a_text_and_a_test_with_the_rule() -> None:
    found = await made(ENGLISH)
    by_skill: dict[str, list[dict[str, str]]] = {}
    for lead in found.leads:
        by_skill.setdefault(lead.skill, []).append(lead.form)
    assert {"draft", "targeting", "experiment"} == set(by_skill)
    for forms in by_skill.values():
        for form in forms:
            assert AudienceRule.model_validate_json(form["rule"]) in rules(found).values()
    assert all(lead.ask for lead in found.leads if lead.skill == "targeting")


@pytest.mark.parametrize(
    ("words", "language"),
    [("whom should I target in Belgium?", "en"), ("qui cibler en Belgique ?", "fr")],
)
async def test_country_limits_the_people(words: str, language: str) -> None:
    found = await made(words, language=language)
    assert {rule.countries for rule in rules(found).values()} == {("BE",)}
    for name, rule in rules(found).items():
        (fits,) = [f.value for f in found.evidence.facts if f.id == f"audiences.{name}.customers"]
        assert count_audience(sample(), rule).fits == int(fits)


async def test_country_without_orders_is_stated() -> None:
    found = await made("whom should I target in Japan?")
    assert "Nobody ordered to the country Japan." in collect_text(found)
    assert rules(found) == {}


async def test_missing_orders_name_the_file_needed() -> None:
    found = await run(ENGLISH, shelf=small(), skill="targeting")
    assert not isinstance(found, Question)
    assert "import an order file" in collect_text(found)


async def test_missing_consents_are_stated() -> None:
    whole = sample()
    listed = {kind: one for kind, one in whole.listed.items() if kind != "consents"}
    shelf = type(whole)(whole.engine, whole.today, listed, whole.products)
    report_ = await run(ENGLISH, shelf=shelf, skill="targeting")
    assert "there are no consents" in collect_text(report_)
    draft = await run(ENGLISH, shelf=shelf, skill="targeting", rule=AudienceRule().stored)
    assert isinstance(draft, DraftResult)
    assert draft.parts[0].key == "headline"  # a report: there is nothing to approve


async def test_only_cited_facts_are_kept() -> None:
    found = await made(ENGLISH)
    assert len(found.evidence.facts) < 120
    cited = {id for part in found.parts for id in part.facts}
    assert cited <= {fact.id for fact in found.evidence.facts}


# The draft of one audience.


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_draft_states_rule_purpose_platform_size_and_code(language: str) -> None:
    rule = AudienceRule(bought_categories=("Bain",), min_orders=3)
    found = await drafted(rule, "google", language=language)
    ads = rule.model_copy(update={"purpose": "ads"})
    counted = count_audience(sample(), ads)
    shown = table(found, "audience")
    (_for, platform), (_people, size), (_code, code) = shown.rows[1:]
    assert "Bain" in shown.columns[1]
    assert "Google Ads" in platform
    assert f"{counted.reachable}" in size
    assert code == f"{ads.code}/google"
    assert rules(found) == {"yours": ads}
    assert found.checks == ()


async def test_names_in_a_typed_rule_are_looked_up() -> None:
    rule = AudienceRule(bought=("planche à pain meule", "bain"), not_bought=("Linge de lit",))
    found = await drafted(rule)
    known = rules(found)["yours"]
    assert known.bought == ("cui-planche",)
    assert known.bought_categories == ("Bain",)
    assert known.not_bought_categories == ("Linge de lit",)
    assert BAKERS in table(found, "audience").columns[1]


async def test_unbought_name_in_a_rule_is_stated_and_editable() -> None:
    rule = AudienceRule(bought=("Hoverboard",))
    found = await drafted(rule)
    assert "Hoverboard" in found.parts[0].text
    (lead,) = found.leads
    assert lead.form == {"rule": rule.stored, "platform": "plain"}


async def test_place_without_orders_is_stated_and_editable() -> None:
    rule = AudienceRule(bought=("cui-planche",), regions=("Atlantide", "33"))
    found = await drafted(rule)
    assert "region Atlantide. Your orders write regions so: 75, 69" in found.parts[0].text
    called = [fact.value for fact in found.evidence.of("audiences") if fact.about == "cui-planche"]
    assert called == [BAKERS]


async def test_place_in_other_letters_is_matched() -> None:
    assert rules(await drafted(AudienceRule(countries=("fr",))))["yours"].countries == ("FR",)


async def test_sms_rule_counts_by_sms() -> None:
    found = await drafted(AudienceRule(purpose="sms"))
    assert "1,417 of " in table(found, "audience").rows[2][1]


async def test_size_below_the_floor_can_not_be_approved() -> None:
    rule = AudienceRule(bought=("cui-planche",), regions=("33",), min_orders=6)
    found = await drafted(rule)
    assert found.parts[0].key == "headline"
    assert not any(fact.id.endswith(".by-email") for fact in found.evidence.facts)


async def test_platform_that_needs_another_consent_is_refused() -> None:
    with pytest.raises(CannotDo, match="not to be written to"):
        await drafted(AudienceRule(purpose="ads"), "plain")


async def test_word_in_a_rule_takes_all_matching_products() -> None:
    bought = purchase_lines(sample())
    assert bought is not None
    titles = load_purchased_products(sample(), bought).titles
    named = tuple(key for key, title in titles.items() if "bougie" in title.casefold())
    assert len(named) > 1
    found = rules(await drafted(AudienceRule(bought=("bougie",))))["yours"]
    assert (found.bought, found.bought_named) == ((), ("bougie",))
    every = count_audience(sample(), AudienceRule(bought=named))
    assert count_audience(sample(), found).fits == every.fits


# With an AI.

COUNTS = {
    **{name: [] for name in ("bought", "bought_named", "bought_categories", "not_bought")},
    **{name: [] for name in ("not_bought_categories", "regions", "orders")},
    **dict.fromkeys(("bought_within_days", "bought_at_least", "not_within_days"), 0),
    **dict.fromkeys(("min_orders", "max_orders", "min_spend"), 0),
    **dict.fromkeys(("like_product", "like_category"), "none"),
    **dict.fromkeys(("last_order_from", "last_order_until"), "none"),
    "purpose": "email",
    "segments": ["lapsed"],
    "countries": ["FR"],
    "rated": [],
    "any_of": False,
    "never_ordered": False,
    "joined_within_days": 0,
    "viewed": [],
}
LAPSED = AudienceRule(segments=("lapsed",), countries=("FR",))
SUGGESTS = {"product": "none", "category": LINEN, "goal": "none", "country": "none"}
SUGGESTS |= {"purpose": "none"}


async def written(*script: Step, **more: Any) -> tuple[DraftResult, Any]:
    async with ScriptedClaude(*script) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, name=AI, now=lambda: NOW)
        found = await run(ENGLISH, writer=writer, skill="targeting", **more)
        await writer.close()
    assert isinstance(found, DraftResult)
    return found, claude.letters


async def test_audience_that_the_report_cites_can_be_exported() -> None:
    draft = {"label": "Draft it", "skill": "draft", "words": "an e-mail to them"}
    other = {"label": "Count those by SMS", "skill": "targeting", "words": "how many by SMS?"}
    steps = [other, draft]
    script = (calls(("audience", COUNTS)), report("{f3} customers are lapsed.", next_steps=steps))
    found, _letters = await written(*script)
    export, count, text = found.leads
    assert (count.skill, count.form) == ("targeting", {})
    assert (export.skill, export.ask, export.form) == ("targeting", True, {"rule": LAPSED.stored})
    assert (text.skill, text.form) == ("draft", {"rule": LAPSED.stored})
    assert {check.level for check in found.checks} == {"pass"}


async def test_every_audience_is_named_on_the_card_or_with_its_figures() -> None:
    counted = [("audience", COUNTS), ("audience", {**COUNTS, "segments": ["loyal"]})]
    for points in (("{f42} are loyal.",), ()):
        headline = "{f3} customers are lapsed" + ("." if points else ", {f42} are loyal.")
        found, _letters = await written(calls(*counted), report(headline, *points))
        (reading,) = [part.text for part in found.parts if part.key == "read_as"]
        lines = reading.splitlines()
        assert lines[0].startswith("In the group Lapsed; ordered to France")
        loyal = "in the group Loyal; ordered to France"
        own = [
            line for line in lines[1:] if line.startswith("In the group Loyal; ordered to France")
        ]
        assert bool(own) is not bool(points)
        readings = {str(fact.reading).casefold() for fact in found.evidence.facts}
        assert any(one.startswith(loyal.casefold()) for one in readings)


async def test_report_that_cites_no_audience_offers_no_export() -> None:
    found, _letters = await written(calls(("audience", COUNTS)), report("Nobody in particular."))
    assert found.leads == ()


async def test_audience_of_which_those_who_did_not_agree_are_told_is_not_offered() -> None:
    counted = await call_tool("audience", COUNTS)
    names = {fact.parts.measure: f"f{n}" for n, fact in enumerate(counted.facts, 1)}
    pair = {"facts": [names["customers"], names["by-email"]], "percent": 0}
    script = (
        calls(("audience", COUNTS)),
        calls(("calculate", {"operation": "difference", **pair})),
        report(f"{{{names['customers']}}} customers, {{f{len(counted.facts) + 1}}} say no."),
    )
    found, _letters = await written(*script)
    assert found.leads == ()


NOBODY = {"countries": ["GB"], "purpose": "sms"}  # of the United Kingdom agreed to SMS


async def test_audience_with_too_few_consents_is_not_offered_nor_another_for_it() -> None:
    draft = {"label": "Draft the SMS", "skill": "draft", "words": "an SMS for them"}
    few, other = {**COUNTS, **NOBODY}, {**COUNTS, "countries": ["FR"], "purpose": "sms"}
    counted = len((await call_tool("audience", few)).facts)
    said = report("{f3} customers.", f"{{f{counted + 3}}} in France.", next_steps=[draft])
    found, _letters = await written(calls(("audience", few), ("audience", other)), said)
    assert [step.form for step in found.leads] == [{}]


async def test_audience_is_offered_for_the_way_by_which_the_report_reaches_it() -> None:
    few = {**COUNTS, **NOBODY, "segments": []}
    counted = await call_tool("audience", few)
    names = {fact.parts.measure: f"f{n}" for n, fact in enumerate(counted.facts, 1)}
    point = f"{{{names['by-email']}}} by e-mail."
    said = report(f"{{{names['by-sms']}}} by SMS.", point)
    found, _letters = await written(calls(("audience", few)), said)
    (step,) = found.leads
    rule = AudienceRule.model_validate_json(step.form["rule"])
    assert (rule.purpose, rule.countries) == ("email", ("GB",))


async def test_suggested_audiences_are_compared_and_exported() -> None:
    asked = calls(("suggest_audiences", {**SUGGESTS, "purpose": "sms"}))
    _found, letters = await written(asked, report("Nobody."))
    sent = str(letters[1]["messages"][-1]["content"]).replace("\\n", "\n").splitlines()
    names = [line.split(":")[0] for line in sent if " · customers, " in line]
    draft = {"label": "Draft the SMS", "skill": "draft", "words": "an SMS for them"}
    form = report(f"{{{names[1]}}} or {{{names[0]}}}.", exhibit="e1", next_steps=[draft])
    found, _letters = await written(asked, form)
    export, second, text = found.leads
    assert export.skill == second.skill == "targeting"
    assert export.form == text.form != second.form
    assert AudienceRule.model_validate_json(export.form["rule"]).purpose == "sms"
    assert table(found, "table").rows
    assert any(part.kind == "file" for part in found.parts)


async def test_rule_is_drafted_by_code_without_a_call() -> None:
    found, letters = await written(rule=LAPSED.stored, platform="plain")
    assert letters == []
    assert found.parts[0].key == "audience"


async def test_audience_that_was_sent_back_is_chosen_again_by_the_ai() -> None:
    script = (calls(("audience", COUNTS)), report("{f3} customers are lapsed."))
    found, letters = await written(*script, rule=LAPSED.stored, reason="only France")
    assert "only France" in str(letters[0])
    assert found.parts[0].key == "headline"
