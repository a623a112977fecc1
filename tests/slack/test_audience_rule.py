"""The form that changes an audience rule, and the export of an audience."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.agent.pipeline import DraftResult
from bot.audiences.platforms import AudienceExport, ExportColumn, ExportReceipt
from bot.audit.journal import JournalEntry
from bot.audit.receipt import Receipt
from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import describe_conditions
from bot.core.parts import NextStep
from bot.core.request import Brief, SkillRequest
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.playground.slack_objects import SlackMessage
from bot.slack.actions.exports import (
    find_approved_platforms,
    find_approved_rule,
    find_exportable_rules,
)
from bot.slack.cards.draft_status import number_action_id
from bot.slack.gateway import SlackGateway
from bot.slack.views import next_step_forms
from bot.slack.views.draft_details import build_receipts_view
from bot.tasks.models import Task
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, Bench, buttons, text_of
from tests.slack.test_forms import filled
from tests.support.card_scenes import sound_view
from tests.support.skill_runner import run

WORDS = "whom should I target for the linen launch?"
RULE = AudienceRule(segments=("champions", "loyal"), purpose="ads")
MADE: dict[str, DraftResult] = {}  # real results, made once
CONTENT = b"Email,Phone,Country\r\n8f0c,,FR\r\n"
COLUMNS = (
    ExportColumn(name="Email", made="gmail", filled=339),
    ExportColumn(name="Phone", made="phone-plus", filled=0),
    ExportColumn(name="Country", made="clear", filled=12),
)


async def targeted(**form: Any) -> DraftResult:
    """Return the report on audiences; with a rule, the draft of that audience."""
    key = str(form)
    if key not in MADE:
        made = await run(WORDS, skill="targeting", **form)
        assert isinstance(made, DraftResult)
        MADE[key] = made
    return MADE[key]


async def answered(bench: Bench, made: DraftResult | None = None) -> SlackMessage:
    """Return the card of a targeting result; by default the draft of an audience for Google."""
    made = made or await targeted(rule=RULE.stored, platform="google")

    def draft(session: Session, task: Task) -> None:
        brief = Brief(words=task.words, author=task.author, language="en")
        Draft.store_new(
            session,
            workspace=task.workspace,
            task=task.id,
            number=0,
            request=SkillRequest(skill="targeting", brief=brief),
            parts=tuple(part for part in made.parts if part.kind != "file"),
            hooks=(),
            evidence=made.evidence,
            checks=(),
            writer="rules",
            by_rules=True,
            now=bench.services.now(),
            leads=made.leads,
        )
        task.finish(session, bench.enqueue, bench.services.now())

    bench._draft = draft  # type: ignore[method-assign]
    return await bench.drafted()


def the_lead(made: DraftResult, niche: bool = False) -> NextStep:
    """The export of the first audience, or of the niche."""
    edits = [lead for lead in made.leads if lead.skill == "targeting"]
    return edits[-1 if niche else 0]


async def opened(bench: Bench, user: str = MARIE) -> Any:
    """Open the rule form of the first audience."""
    card = await answered(bench, await targeted())
    number = (await targeted()).leads.index(the_lead(await targeted()))
    await bench.press(user, card, number_action_id("lead", number))
    return bench.form(user)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("niche", [False, True])
async def test_form_shows_product_and_category_names(language: str, niche: bool) -> None:
    made = await targeted()
    view = sound_view(
        next_step_forms.build_rule_form(language, the_lead(made, niche), made.evidence, "{}")
    )
    text = text_of(view["blocks"])
    assert "Vêtements en lin" in text
    assert "Google Ads" in text
    assert Words("Loyal").to(language) in text
    if niche:
        assert "Planche à pain Meule en hêtre" in text
        assert "cui-planche" not in text


@pytest.mark.parametrize("niche", [False, True])
async def test_unchanged_form_gives_the_same_rule(niche: bool) -> None:
    made = await targeted()
    lead = the_lead(made, niche)
    before = AudienceRule.model_validate_json(lead.form["rule"])
    view = filled(next_step_forms.build_rule_form("en", lead, made.evidence, "{}"))
    assert next_step_forms.read_rule(view, before, made.evidence) == (before, {})


async def test_word_for_many_products_is_kept() -> None:
    made = await targeted()
    before = AudienceRule(bought_named=("bougie",), bought_at_least=2)
    lead = NextStep(label=Words("x"), skill="targeting", words="x", form={"rule": before.stored})
    form = next_step_forms.build_rule_form("en", lead, made.evidence, "{}")
    assert "bougie" in text_of(form)
    assert next_step_forms.read_rule(filled(form), before, made.evidence) == (before, {})


async def test_fields_missing_in_the_form_are_kept_and_named() -> None:
    made = await targeted()
    before = AudienceRule(like_category="Vêtements en lin")
    lead = NextStep(label=Words("x"), skill="targeting", words="x", form={"rule": before.stored})
    form = next_step_forms.build_rule_form("en", lead, made.evidence, "{}")
    assert "similar to buyers of “Vêtements en lin”" in text_of(form)
    rule, _ = next_step_forms.read_rule(filled(form, min_orders="2"), before, made.evidence)
    assert rule == before.model_copy(update={"min_orders": 2})


@pytest.mark.parametrize("typed", ["nought", "0", "-3", "2.5"])
async def test_fractions_are_refused(typed: str) -> None:
    made = await targeted()
    lead = the_lead(made)
    before = AudienceRule.model_validate_json(lead.form["rule"])
    view = filled(
        next_step_forms.build_rule_form("en", lead, made.evidence, "{}"), bought_within=typed
    )
    rule, errors = next_step_forms.read_rule(view, before, made.evidence)
    assert rule is None
    assert list(errors) == ["bought_within"]


async def test_days_beyond_ten_years_are_refused() -> None:
    made = await targeted()
    lead = the_lead(made)
    before = AudienceRule.model_validate_json(lead.form["rule"])
    view = filled(
        next_step_forms.build_rule_form("en", lead, made.evidence, "{}"), bought_within="99999"
    )
    assert list(next_step_forms.read_rule(view, before, made.evidence)[1]) == ["bought_within"]


@pytest.mark.parametrize(
    ("typed", "field", "why"),
    [
        ({"bought_within": "99999"}, "bought_within", "Write 3,650 or less."),
        ({"bought_at_least": "1"}, "bought_at_least", "Write 2 or more."),
        (
            {"min_orders": "10", "max_orders": "2"},
            "max_orders",
            "Nobody has at least 10 orders and at most 2.",
        ),
        ({"bought_at_least": "3"}, "bought_at_least", "Say first of which"),
        ({"bought_at_least": "3", "bought": "A shirt\nA vase"}, "bought_at_least", "Only 2 things"),
        ({"bought_within": "30", "not_within": "60"}, "not_within", "Nobody bought within"),
    ],
)
async def test_contradictory_rule_is_refused_with_reason(
    typed: dict[str, str], field: str, why: str
) -> None:
    made, before = await targeted(), AudienceRule()
    lead = NextStep(label=Words("x"), skill="targeting", words="x", form={"rule": before.stored})
    view = filled(next_step_forms.build_rule_form("en", lead, made.evidence, "{}"), **typed)
    rule, errors = next_step_forms.read_rule(view, before, made.evidence)
    assert rule is None
    assert list(errors) == [field]
    assert why in errors[field].to("en")


async def test_rule_with_days_only_covers_any_purchase() -> None:
    """Recent buyers and all others together are everybody, and the card names the group."""
    sizes, texts = [], []
    for rule in (
        AudienceRule(min_orders=1),
        AudienceRule(bought_within=60),
        AudienceRule(not_within=60),
    ):
        made = await targeted(rule=rule.stored, platform="ids")
        sizes += [
            int(str(o.value)) for o in made.evidence.facts if o.id.endswith("yours.customers")
        ]
        texts.append("\n".join(part.text for part in made.parts if part.key == "audience"))
    everybody, lately, not_lately = sizes
    assert 0 < lately < everybody
    assert lately + not_lately == everybody
    assert "Bought in the last 60 days" in texts[1]
    assert "Did not buy in the last 60 days" in texts[2]
    assert "n'ont rien acheté" in describe_conditions(AudienceRule(not_within=60)).to("fr")


async def test_changed_rule_starts_a_counting_task(bench: Bench) -> None:
    form = await opened(bench)
    answer = await bench.slack.submit(MARIE, form.id, {"min_orders": {"min_orders": "4"}})
    assert answer.ok, answer
    task = bench.tasks[-1]
    rule = AudienceRule.model_validate_json(task.form["rule"])
    before = AudienceRule.model_validate_json(the_lead(await targeted()).form["rule"])
    assert rule == before.model_copy(update={"min_orders": 4})
    assert (task.form["skill"], task.author) == ("targeting", MARIE)
    assert task.form["stands_on"] == bench.drafts[0].id
    again = await run(task.words, **task.form)
    assert isinstance(again, DraftResult)
    (shown,) = [part.text for part in again.parts if part.key == "audience"]
    assert "at least 4 orders" in shown
    assert f"{rule.code}/plain" in shown


async def test_platform_that_needs_another_consent_is_refused_in_the_form() -> None:
    made = await targeted()
    before = AudienceRule(purpose="ads")
    lead = NextStep(label=Words("x"), skill="targeting", words="x", form={"rule": before.stored})
    view = filled(next_step_forms.build_rule_form("en", lead, made.evidence, "{}"))
    assert next_step_forms.read_rule(view, before, made.evidence) == (before, {})
    view["state"]["values"]["platform"]["platform"]["selected_option"] = {"value": "plain"}
    rule, errors = next_step_forms.read_rule(view, before, made.evidence)
    assert rule is None
    assert list(errors) == ["platform"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_empty_audience_reopens_the_form_with_its_entries(
    bench: Bench, language: str
) -> None:
    rule = AudienceRule(bought=("cui-planche",), regions=("Atlantide",), min_orders=2)
    made = await run(WORDS, skill="targeting", rule=rule.stored, language=language)
    assert isinstance(made, DraftResult)
    card = await answered(bench, made)
    await bench.press(MARIE, card, next(name for name in buttons(card) if name.startswith("lead")))
    shown = text_of(bench.form(MARIE).blocks)
    assert "Planche à pain Meule en hêtre" in shown
    assert "Atlantide" in shown
    assert "cui-planche" not in shown


async def test_invalid_number_keeps_the_form_open(bench: Bench) -> None:
    form = await opened(bench)
    before = len(bench.tasks)
    await bench.slack.submit(MARIE, form.id, {"min_orders": {"min_orders": "some"}})
    assert len(bench.tasks) == before


async def test_only_the_rule_in_the_approved_words_can_be_exported(bench: Bench) -> None:
    await answered(bench)
    draft = bench.drafts[0]
    ((code, (name, rule)),) = find_exportable_rules(draft).items()
    assert (code, rule) == (RULE.code, RULE)
    assert "Champions" in name
    assert find_approved_rule(draft, code) == rule
    # simulates a change made directly in the database
    changed = draft.evidence.replace('\\"champions\\",', "")
    assert changed != draft.evidence
    draft.evidence = changed
    assert find_exportable_rules(draft) == {}
    with pytest.raises(CannotDo, match="not one of those"):
        find_approved_rule(draft, code)


async def test_rules_of_a_report_can_not_be_exported_before_they_are_approved(bench: Bench) -> None:
    card = await answered(bench, await targeted())
    assert find_exportable_rules(bench.drafts[0]) == {}
    assert not {"approve", "export_audience", "edit"} & set(buttons(card))


async def test_audience_is_approved_and_changed_by_its_form_alone(bench: Bench) -> None:
    card = await answered(bench)
    assert "approve" in buttons(card)
    assert "edit" not in buttons(card)
    assert "shorter" not in buttons(card)
    shown = text_of(card.blocks)
    assert "no AI connected" not in shown  # an audience is no text
    assert RULE.code not in shown
    assert await targeted(rule=RULE.stored, platform="google")
    assert find_approved_platforms(bench.drafts[0]) == ["google"]


async def test_platform_decides_the_consent_that_is_counted() -> None:
    asked = RULE.model_copy(update={"purpose": "email"})
    made = await targeted(rule=asked.stored, platform="google")
    (stored,) = [f for f in made.evidence.facts if f.id == "audiences.yours.rule"]
    assert AudienceRule.model_validate_json(str(stored.value)).purpose == "ads"


async def test_too_few_people_are_no_draft_to_approve(bench: Bench) -> None:
    tiny = AudienceRule(bought=("cui-planche",), regions=("33",), min_orders=6)
    card = await answered(bench, await targeted(rule=tiny.stored))
    assert "approve" not in buttons(card)
    assert [name for name in buttons(card) if name.startswith("lead")]


def exporting(bench: Bench) -> list[tuple[str, AudienceRule, str]]:
    """Replace the exporter by one that makes a file and records its arguments."""
    asked: list[tuple[str, AudienceRule, str]] = []

    def export(workspace: str, rule: AudienceRule, platform: str) -> AudienceExport:
        asked.append((workspace, rule, platform))
        return AudienceExport(
            platform=platform,
            rule="ab" * 32,
            fitting=340,
            people=339,
            content=CONTENT,
            columns=COLUMNS,
        )

    services = replace(bench.services, audience=export)
    bench.outside = SlackGateway(services, bench.outside.people, history_lag=0.05)
    return asked


async def test_requester_can_export_after_approval(bench: Bench) -> None:
    asked = exporting(bench)
    card = await answered(bench)
    assert "export_audience" not in buttons(card)
    await bench.press(MAX, card, "approve")
    await bench.run()
    assert not bench.rows(Delivery)  # the card says what was approved, and the file is asked for
    card = bench.slack.places[MARKETING].by_ts[card.ts]
    assert "copy" not in buttons(card)
    await bench.press(MARIE, card, "export_audience")
    assert (await bench.slack.submit(MARIE, bench.form(MARIE).id)).ok
    await bench.run()
    (_, rule, platform) = asked[0]
    assert rule.code in find_exportable_rules(bench.drafts[0])
    assert platform == "google"
    mine = [one for one in bench.rows(Delivery) if one.destination["kind"] == "audience"]
    assert [one.state for one in mine] == ["gone"]
    told = text_of(bench.in_dm(MARIE)[-1])
    assert "339 personnes, pour\u00a0: Google Ads" in told
    approved = bench.drafts[0].facts.get("audiences.yours.by-ads")
    assert approved is not None
    assert f"{approved.value}" in told
    assert "340" in told
    assert not bench.in_dm(MAX)
    (receipt,) = bench.rows(Receipt)
    note = ExportReceipt.parse(receipt.sent)
    assert note is not None
    assert (note.people, note.by, note.columns) == (339, MARIE, COLUMNS)
    assert (note.bytes, note.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert (note.code, note.approved) == (rule.code, bench.drafts[0].fingerprint)
    (entry,) = [one for one in bench.rows(JournalEntry) if one.event == "audience exported"]
    assert (entry.by, entry.refs["people"], entry.refs["platform"]) == (MARIE, 339, "google")
    assert entry.refs["file"] == note.sha256


@pytest.mark.parametrize("language", LANGUAGES)
async def test_export_has_a_readable_receipt(bench: Bench, language: str) -> None:
    exporting(bench)
    card = await answered(bench)
    await bench.press(MAX, card, "approve")
    await bench.run()
    await bench.press(MARIE, card, "export_audience")
    await bench.slack.submit(MARIE, bench.form(MARIE).id)
    await bench.run()
    view = sound_view(build_receipts_view(bench.rows(Receipt), language))
    shown = text_of(view["blocks"]).replace("\u00a0", " ")
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    for said in {
        "en": (
            "1 audience as a file",
            f"Taken out by <@{MARIE}>",
            "339 people, for Google Ads",
            "Email: SHA-256 of the address",
            "a Gmail address without its dots, in 339 rows",
            "Country: not hashed, in 12 rows",
            f"{len(CONTENT)} bytes, SHA-256 {sha256}",
        ),
        "fr": (
            "1 cible en fichier",
            f"Sorti par <@{MARIE}>",
            "339 personnes, pour Google Ads",
            "Email : SHA-256 de l'adresse",
            "une adresse Gmail sans ses points, sur 339 lignes",
            "Country : non haché, sur 12 lignes",
            f"{len(CONTENT)} octets, SHA-256 {sha256}",
        ),
    }[language]:
        assert said in shown
    assert "tokens" not in shown
    assert "call" not in shown


async def test_same_audience_is_exported_once_a_day(bench: Bench) -> None:
    asked = exporting(bench)
    card = await answered(bench)
    await bench.press(MAX, card, "approve")
    await bench.run()
    for _ in range(2):
        await bench.press(LEA, card, "export_audience")
        await bench.slack.submit(LEA, bench.form(LEA).id)
        await bench.run()
    assert len(asked) == 1


async def test_export_by_others_is_refused(bench: Bench) -> None:
    asked = exporting(bench)
    card = await answered(bench)
    await bench.press(MAX, card, "approve")
    await bench.run()
    await bench.press(OTTO, card, "export_audience")
    assert not asked
    assert "You can't export audiences here." in bench.whispers(OTTO)[-1]
