"""The forms and the read-only views."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approvals import decision
from bot.approvals.decision import Decision
from bot.audit.receipt import Receipt
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.parts import Copy, Part
from bot.core.writer import LlmCall
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import LANGUAGES, Words
from bot.playground.block_kit import collect_initial_values
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import count_utf16_units
from bot.slack.views import brief_form, draft_details, forms, inputs
from bot.slack.views.brief_form import find_known_values
from bot.slack.views.inputs import (
    MAX_INPUT_CHARACTERS,
    decode_separator,
    encode_separator,
    join_chunks,
    split_into_chunks,
)
from bot.tasks.draft_versions import list_versions
from tests.conftest import NOW
from tests.slack.test_draft_card import LONG, MANY, MIXED, RUDE
from tests.support.card_scenes import (
    BOSS,
    EMAIL,
    MARIE,
    PETE,
    POLICY,
    PRICE,
    SUBJECT,
    blocked,
    drafted,
    sound_view,
    text_of,
)
from tests.support.rows import Jobs

BRAND = Brand(name="Maison", languages=("en", "fr"))


def filled(view: dict[str, Any], **values: str) -> dict[str, Any]:
    """Return the submission in which only `values` were changed."""
    state = collect_initial_values(view["blocks"])
    for name, value in values.items():
        state[name][name]["value"] = value
    return {**view, "state": {"values": state}}


def made(database: Database, *checks: Any, **more: Any) -> Draft:
    with database.begin() as session:
        return drafted(session, *checks, **more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_brief_form_requires_only_words(language: str) -> None:
    view = sound_view(brief_form.build_brief_form(language, BRAND, '{"c":"C1"}', words="a shirt"))
    assert view["callback_id"] == action_ids.BRIEF_FORM
    assert view["private_metadata"] == '{"c":"C1"}'
    assert [b["block_id"] for b in view["blocks"] if not b["optional"]] == ["words"]
    assert brief_form.read_brief(filled(view)) == {"words": "a shirt"}


def test_brief_form_returns_the_choices() -> None:
    view = filled(
        brief_form.build_brief_form("en", BRAND), words=" a linen shirt ", audience="lapsed buyers"
    )
    state = view["state"]["values"]
    state["channel"]["channel"]["selected_option"] = {"value": "sms"}
    state["language"]["language"]["selected_option"] = {"value": "fr"}
    state["private"]["private"]["selected_options"] = [{"value": "yes"}]
    assert brief_form.read_brief(view) == {
        "words": "a linen shirt",
        "channel": "sms",
        "audience": "lapsed buyers",
        "language": "fr",
        "private": "yes",
    }


def test_brief_form_offers_every_channel() -> None:
    view = brief_form.build_brief_form("fr", BRAND)
    menu = next(b["element"] for b in view["blocks"] if b["block_id"] == "channel")
    assert [one["value"] for one in menu["options"]] == list(load_channels())
    assert menu["options"][2]["text"]["text"] == "Fiche produit"


@pytest.mark.parametrize("language", LANGUAGES)
def test_edit_form_has_each_copy_part_with_limit(sqlite: Database, language: str) -> None:
    draft = made(sqlite)
    view = sound_view(forms.build_edit_form(draft, language))
    assert ButtonValue.unpack(view["private_metadata"]) == ButtonValue(
        draft=draft.id, seen=draft.fingerprint
    )
    assert "50" in view["blocks"][0]["hint"]["text"]
    texts = {part.key: part.text for part in draft.parts}
    assert inputs.read_edit(filled(view)) == texts


def test_edit_form_shows_text_typed_into_older_form(sqlite: Database) -> None:
    draft = made(sqlite)
    notice = Words("{who} changed this draft", who=f"<@{PETE}>")
    view = sound_view(forms.build_edit_form(draft, "en", typed={"subject": "Mine"}, notice=notice))
    assert f"<@{PETE}> changed this draft" in text_of(view["blocks"])
    assert inputs.read_edit(filled(view)) == {
        **{part.key: part.text for part in draft.parts},
        "subject": "Mine",
    }
    assert SUBJECT not in text_of(view["blocks"])


@pytest.mark.parametrize("text", [LONG, "👕" * 9_000, RUDE, "a\n\n\nb " * 2_000, "x" * 3_001])
@pytest.mark.sample(2)
def test_edit_form_restores_long_copy(sqlite: Database, text: str) -> None:
    part = Part(kind="copy", key="a b.[1]", title="Body", body=Copy(text=text))
    draft = made(sqlite, parts=(part,))
    view = sound_view(forms.build_edit_form(draft, "fr"))
    for block in view["blocks"]:
        assert count_utf16_units(block["element"].get("initial_value", "")) <= 3_000
    read = inputs.read_edit(filled(view))
    assert read == {"a b.[1]": part.text}
    with sqlite.begin() as session:
        assert draft.edit(session, Jobs(), by=PETE, texts=read, now=NOW) is draft


@given(st.text(alphabet=st.sampled_from("ab \n👕é"), max_size=300).map(lambda text: text * 40))
def test_splitting_and_joining_copy_is_lossless(text: str) -> None:
    copy = Copy(text=text).text
    pieces = split_into_chunks(copy)
    assert all(0 < count_utf16_units(piece) <= MAX_INPUT_CHARACTERS for _, piece in pieces if copy)
    stored = [(decode_separator(encode_separator(before)), piece) for before, piece in pieces]
    assert join_chunks(stored) == copy


def test_edit_form_allows_emptying_a_paragraph(sqlite: Database) -> None:
    part = Part(kind="copy", key="body", title="Body", body=Copy(text=LONG))
    view = forms.build_edit_form(made(sqlite, parts=(part,)), "en")
    state = filled(view)
    block_id = view["blocks"][1]["block_id"]
    gone = state["state"]["values"][block_id]["text"]["value"]
    state["state"]["values"][block_id]["text"]["value"] = None
    left = inputs.read_edit(state)["body"]
    assert left == part.text.replace(f"{gone}\n\n", "")


def test_edit_form_of_many_parts_stays_within_limits(sqlite: Database) -> None:
    huge = tuple(
        Part(kind="copy", key=f"p{n}", title="Body", body=Copy(text=LONG)) for n in range(60)
    )
    for parts in (MANY, MIXED, huge):
        with sqlite.begin() as session:
            draft = drafted(session, parts=parts, id=f"t{len(parts)}{parts[0].key}")
        view = sound_view(forms.build_edit_form(draft, "fr"))
        texts = {part.key: part.text for part in parts}
        read = inputs.read_edit(filled(view))
        assert read.items() <= texts.items()
    assert "trop longue" in text_of(view["blocks"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_send_back_form_takes_ticked_or_typed_reasons(sqlite: Database, language: str) -> None:
    view = filled(sound_view(forms.build_send_back_form(made(sqlite), language)))
    assert inputs.read_reason(view) == ""
    assert list(inputs.find_missing_reason(view)) == ["reason"]
    options = view["blocks"][0]["element"]["options"]
    view["state"]["values"]["reasons"]["reasons"]["selected_options"] = options[:2]
    assert inputs.find_missing_reason(view) == {}
    view["state"]["values"]["reason"]["reason"]["value"] = " say Portugal "
    told = [one["text"]["text"] for one in options[:2]]
    assert inputs.read_reason(view) == f"{told[0]}. {told[1]}. say Portugal"


@pytest.mark.parametrize("language", LANGUAGES)
def test_reject_and_approve_anyway_forms_need_a_reason(sqlite: Database, language: str) -> None:
    draft = made(sqlite, *(blocked(RUDE) for _ in range(40)))
    for view in (
        forms.build_reject_form(draft, language),
        forms.build_approve_anyway_form(draft, language),
    ):
        sound_view(view)
        assert not view["blocks"][-1]["optional"]
        assert inputs.read_reason(filled(view, reason="I know it")) == "I know it"
        assert "<!channel>" not in text_of(view["blocks"])


def test_approve_anyway_form_lists_unsourced_claims(sqlite: Database) -> None:
    view = forms.build_approve_anyway_form(made(sqlite, blocked()), "en")
    assert "the best linen in Europe" in text_of(view["blocks"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_sources_view_shows_the_sources(sqlite: Database, language: str) -> None:
    view = sound_view(draft_details.build_sources_view(made(sqlite, blocked()), language))
    shown = text_of(view["blocks"])
    line = {"en": "line", "fr": "ligne"}[language]
    assert f"catalogue shop.csv, {line} 12" in shown
    assert "£49" in shown
    assert "the best linen in Europe" in shown
    bare = tuple(p.with_text(p.text) for p in MANY)
    with sqlite.begin() as session:
        sound_view(
            draft_details.build_sources_view(drafted(session, parts=bare, id="t9"), language)
        )


def test_rule_of_an_audience_as_code_reads_it_is_no_source(sqlite: Database) -> None:
    rule = PRICE.model_copy(
        update={"id": "audiences.loyal.rule", "value": '{"segments":["loyal"]}'}
    )
    said = rule.model_copy(update={"id": "segment.loyal.rule", "value": "3 orders or more"})
    body = Copy(text=EMAIL[0].text, facts=(rule.id, said.id))
    cited = (EMAIL[0].model_copy(update={"body": body}),)
    with sqlite.begin() as session:
        draft = drafted(session, parts=cited)
        draft.evidence = Evidence(facts=(rule, said)).model_dump_json()
        shown = text_of(draft_details.build_sources_view(draft, "en")["blocks"])
    assert "3 orders or more" in shown
    assert "segments" not in shown


def test_long_fact_is_shown_in_full_once(sqlite: Database) -> None:
    long = PRICE.model_copy(update={"value": "Washed linen. " * 15 + "End.", "unit": None})
    cited = tuple(
        part.model_copy(update={"body": Copy(text=part.text, facts=(long.id,))})
        for part in EMAIL[:2]
    )
    with sqlite.begin() as session:
        draft = drafted(session, parts=cited)
        draft.evidence = Evidence(facts=(long,)).model_dump_json()
        view = sound_view(draft_details.build_sources_view(draft, "en"))
    shown = text_of(view["blocks"])
    assert shown.count("End.") == 1
    assert shown.count("Washed linen. Washed linen.") > 1


def test_a_figure_of_other_days_than_the_first_names_them(sqlite: Database) -> None:
    october = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    year = {"since": date(2025, 11, 1), "until": date(2026, 10, 31)}
    first = PRICE.model_copy(update={"id": "a.b.now", "label": "orders", **october})
    other = PRICE.model_copy(update={"id": "a.b.year", "label": "texts", **year})
    part = EMAIL[0].model_copy(update={"body": Copy(text="x", facts=(first.id, other.id))})
    with sqlite.begin() as session:
        draft = drafted(session, parts=(part,))
        draft.evidence = Evidence(facts=(first, other)).model_dump_json()
        shown = text_of(draft_details.build_sources_view(draft, "en")["blocks"])
    assert "• orders:" in shown
    assert "• texts, Nov 2025 to Oct 2026:" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_history_view_shows_versions_and_decisions(sqlite: Database, language: str) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        for n in range(40):
            draft = draft.edit(session, Jobs(), by=PETE, texts={"subject": f"{RUDE}{n}"}, now=NOW)
        draft.store_checks(session, Jobs(), (), draft.facts, NOW)
        decision.approve(
            session,
            Jobs(),
            draft,
            by=BOSS,
            fingerprint=draft.fingerprint,
            policy=POLICY,
            now=NOW,
            reason=RUDE,
        )
        versions = list_versions(session, draft.piece)
        said, went = (
            Decision.list_for_draft(session, draft.id),
            Delivery.list_for_draft(session, draft.id),
        )
        view = sound_view(draft_details.build_history_view(versions, said, went, language))
    assert f"<@{BOSS}>" in text_of(view["blocks"])
    assert f"<@{PETE}>" in text_of(view["blocks"])
    assert draft.fingerprint[:16] in text_of(view["blocks"])


def test_what_left_view_says_that_nothing_left(sqlite: Database) -> None:
    view = sound_view(draft_details.build_receipts_view([], "en"))
    assert "Nothing was sent to an AI" in text_of(view["blocks"])
    with sqlite.begin() as session:
        drafted(session)
        sent = LlmCall(writer="rules", sent="", at=NOW)
        receipt = Receipt.record(session, workspace="T1", task="t1", sent=sent)
        assert draft_details.build_receipts_view([receipt], "en") == view


@pytest.mark.parametrize("text", ["Write about <linen> & *wool*", "x <!channel> 👕 " * 9_000])
def test_what_left_view_shows_exact_text(sqlite: Database, text: str) -> None:
    with sqlite.begin() as session:
        drafted(session)
        told = {"writer": "claude", "to": "api.example:443", "at": NOW, "usd": "0.0123"}
        sent = LlmCall.model_validate({**told, "sent": text, "tokens_in": 4321, "tokens_out": 321})
        many = [Receipt.record(session, workspace="T1", task="t1", sent=sent) for _ in range(20)]
        one = sound_view(draft_details.build_receipts_view(many[:1], "en"))
        sound_view(draft_details.build_receipts_view(many, "fr"))
    shown = text_of(one["blocks"])
    assert "api.example:443" in shown
    assert "4,321 tokens in, 321 out" in shown
    if len(text) < 100:
        assert text in shown
    else:
        assert "All of it is in the download" in shown
    assert MARIE not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_and_buttons_fit_uncut(sqlite: Database, language: str) -> None:
    draft = made(sqlite, blocked())
    views = [
        brief_form.build_brief_form(language, BRAND),
        forms.build_edit_form(draft, language),
        forms.build_send_back_form(draft, language),
        forms.build_reject_form(draft, language),
        forms.build_approve_anyway_form(draft, language),
        draft_details.build_sources_view(draft, language),
        draft_details.build_history_view([draft], [], [], language),
        draft_details.build_receipts_view([], language),
    ]
    for view in views:
        for name in ("title", "submit", "close"):
            assert not view.get(name, {"text": ""})["text"].endswith("…"), view[name]


def test_codes_of_language_and_country_fill_the_form() -> None:
    values = find_known_values("email EN UK for loyal customers: the vase", {})
    assert (values["language"], values["audience"]) == ("en", "loyal customers, UK")
    assert "vase" in values["product"]
