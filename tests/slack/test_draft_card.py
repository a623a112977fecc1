"""The cards of tasks and drafts."""

from typing import Any

import pytest

from bot.approvals import decision
from bot.config.brand import Brand, Market
from bot.config.policy import ApprovalPolicy, DeliveryPolicy, Policy
from bot.core.channels import Channel, load_channels
from bot.core.facts import Evidence, Source
from bot.core.parts import CANNOT_TELL_TITLE, Copy, File, Heading, Hook, Part, Quote, Table
from bot.core.request import Question
from bot.db.session import Database
from bot.db.workspace import BrandRow
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CALM_PARAM, SKILLS_PARAM
from bot.i18n.messages import LANGUAGES, Words
from bot.messages.outbox import OutboxMessage
from bot.offline import reports
from bot.playground.block_kit import check_message_blocks
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.blocks import translate_title
from bot.slack.cards.draft_parts import render_part
from bot.slack.cards.renderer import render_task_card
from bot.slack.views.draft_details import build_copy_view
from bot.slack.views.forms import build_angles_form, build_edit_form
from bot.slack.views.home import load_home_lines, render_home
from bot.tasks.copy_intake import NOT_NAMED
from bot.tasks.intake import NEEDS_AI
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.core.test_channels import write as write_sample
from tests.support.card_scenes import (
    ASSUMED,
    BODY,
    BOSS,
    EMAIL,
    MARIE,
    PASSES,
    PETE,
    POLICY,
    PRICE,
    SHOP,
    SUBJECT,
    TWO_NEEDED,
    asked,
    blocked,
    brief,
    copy_of,
    drafted,
    drawn,
    pressable,
    seen,
    sound,
    sound_view,
    stated,
    text_of,
)
from tests.support.rows import Jobs, wish

FINDING = Part(kind="copy", key="headline", title="Finding", body=Copy(text="39% pay"))


def approve(session: Any, draft: Draft, by: str = BOSS, **more: Any) -> None:
    told: dict[str, Any] = {"policy": POLICY, **more}
    decision.approve(session, Jobs(), draft, by=by, fingerprint=draft.fingerprint, now=NOW, **told)


def test_new_task_shows_its_state_and_stop_button(sqlite: Database) -> None:
    with sqlite.begin() as session:
        asked(session)
        message = drawn(seen(session))
    assert "Working on it…" in text_of(message.blocks)
    stop = pressable(message.blocks)[action_ids.STOP]
    assert ButtonValue.unpack(stop["value"]) == ButtonValue(task="t1")
    assert len(message.blocks) == 1


def test_sources_are_spaced_as_in_the_readers_language(sqlite: Database) -> None:
    two = EMAIL[0].model_copy(
        update={"body": Copy(text=SUBJECT, facts=("product.linen.price", "product.linen.name"))}
    )
    with sqlite.begin() as session:
        draft = drafted(session, *PASSES, parts=(two,))
        name = PRICE.model_copy(
            update={"id": "product.linen.name", "source": Source("feedback.csv")}
        )
        draft.evidence = Evidence(facts=(PRICE, name)).model_dump_json()
        shown = {one: text_of(drawn(seen(session), one).blocks) for one in LANGUAGES}
    assert "shop.csv, line 12; feedback.csv" in shown["en"]
    assert "12\u00a0; feedback.csv" in shown["fr"]


def test_refused_answer_has_no_approval_buttons(sqlite: Database) -> None:
    said = Part(kind="copy", key="answer", title=CANNOT_TELL_TITLE, body=Copy(text="No visits."))
    with sqlite.begin() as session:
        drafted(session, parts=(said,), channel=None)
        assert load_home_lines(session, "T1", BOSS, POLICY, NOW, (SHOP,))[1] == []
        message = drawn(seen(session))
    assert "No visits." in text_of(message.blocks)
    assert message.blocks[0]["text"]["text"] == "Linen shirt"  # no finding, no version
    pressed = pressable(message.blocks)
    assert not {
        action_ids.APPROVE,
        action_ids.APPROVE_ANYWAY,
        action_ids.EDIT,
        action_ids.SEND_BACK,
    } & set(pressed)
    assert action_ids.MORE in pressed


@pytest.mark.parametrize(
    ("parts", "channel", "state"), [((FINDING,), None, "answered"), (EMAIL, "email", "drafted")]
)
def test_home_tells_a_report_from_a_draft(
    sqlite: Database, parts: tuple[Part, ...], channel: str | None, state: str
) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, parts=parts, channel=channel)
        session.get_one(OutboxMessage, f"{draft.piece}:card").mark_sent("1.2", SHOP)
        session.flush()
        own, _ = load_home_lines(session, "T1", MARIE, POLICY, NOW)
        _, waiting = load_home_lines(session, "T1", BOSS, POLICY, NOW, (SHOP,))
        assert state in text_of(render_home(own, [], "en"))
        assert len(waiting) == (state == "drafted")


@pytest.mark.parametrize("by_rules", [True, False])
def test_own_text_offers_no_variant_that_would_not_be_one(sqlite: Database, by_rules: bool) -> None:
    own = brief(own_text={"subject": SUBJECT, "body": BODY})
    with sqlite.begin() as session:
        drafted(session, *PASSES, hooks=(), wanted=own, by_rules=by_rules)
        french = Brand(name="Maison", markets={"FR": Market(language="fr")})
        BrandRow.seed(session, "T1", french, NOW)
        pressed = pressable(drawn(seen(session)).blocks)
    assert action_ids.SAME_FOR not in pressed
    assert (action_ids.SHORTER in pressed) is not by_rules


def test_audience_stands_on_the_card_in_the_readers_language(sqlite: Database) -> None:
    rule, size = Words("in the group {groups}", groups="VIP"), Words("{fits} customers fit", fits=7)
    facts = tuple(
        PRICE.model_copy(update={"id": id, "value": words.to("fr"), "words": words})
        for id, words in (("segment.audience.audience", rule), ("segment.audience.size", size))
    )
    with sqlite.begin() as session:
        draft = drafted(session, *PASSES, wanted=brief(language="fr", audience=rule.to("fr")))
        draft.evidence = Evidence(facts=facts).model_dump_json()
        counted = {one: text_of(drawn(seen(session), one).blocks) for one in LANGUAGES}
        said = draft.skill_request.model_copy(
            update={"brief": brief(language="fr", audience="nos fidèles", dates="jusqu'à lundi")}
        )
        draft.request = said.model_dump_json()
        session.flush()
        quoted = {one: text_of(drawn(seen(session), one).blocks) for one in LANGUAGES}
    assert "For: in the group VIP · 7 customers fit" in counted["en"]
    assert f"{rule.to('fr')} · {size.to('fr')}" in counted["fr"]
    whom = "For: in the group VIP · 7 customers fit · asked for: “nos fidèles” · “jusqu'à lundi”"
    assert whom in quoted["en"]
    asked = "demandé\u00a0: «\u00a0nos fidèles\u00a0»"
    assert f"{rule.to('fr')} · {size.to('fr')} · {asked} · jusqu'à lundi" in quoted["fr"]


def test_reports_do_not_wait_for_approval(sqlite: Database) -> None:
    finding = Part(kind="copy", key="headline", title="Finding", body=Copy(text="39% pay"))
    with sqlite.begin() as session:
        drafted(session, parts=(finding,), channel=None)
        drafted(session, *PASSES, id="t9")
        for piece in ("t1.0", "t9.0"):
            card = session.get_one(OutboxMessage, f"{piece}:card")
            card.channel, card.ts = SHOP, "1.2"
        (waiting,) = load_home_lines(session, "T1", BOSS, POLICY, NOW, (SHOP,))[1]
        assert waiting.draft is not None
        assert waiting.draft.piece == "t9.0"
        shown = text_of(render_home([], [waiting], "en"))
    assert "E-mail · Linen shirt · v1 · <#" in shown.replace("\u00a0", " ")


def test_own_text_is_named_by_its_words(sqlite: Database) -> None:
    own = brief(words="Use my text", product=None, product_words=None, own_text={"body": "Closed."})
    with sqlite.begin() as session:
        draft = drafted(session, *PASSES)
        request = draft.skill_request.model_copy(update={"brief": own})
        draft.request = request.model_dump_json()
        title = drawn(seen(session)).blocks[0]["text"]["text"]
    assert "Closed." in title
    assert "Use my text" not in title


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_an_ai_can_do_offers_no_second_try(sqlite: Database, language: str) -> None:
    with sqlite.begin() as session:
        Task.accept(session, Jobs(), wish("t7", words="five campaign ideas"), NOW)
        session.get_one(Task, "t7").fail(session, Jobs(), reports.NEEDS_AI, NOW)
        session.flush()
        card = drawn(seen(session, "t7"), language)
    assert reports.NEEDS_AI.to(language) in text_of(card.blocks)
    assert action_ids.TRY_AGAIN not in pressable(card.blocks)
    assert action_ids.BRIEF_FORM in pressable(card.blocks)


def test_draft_shows_exact_words_as_the_customer_reads_them(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, *PASSES)
        message = drawn(seen(session))
    assert copy_of(message.blocks) == [SUBJECT, BODY]
    assert pressable(message.blocks)[action_ids.CALL_TO_ACTION]["text"]["text"] == "See the shirt"
    shown = text_of(message.blocks)
    assert "characters" not in shown
    assert "rich_text_quote" not in str(message.blocks)
    assert message.blocks[0]["text"]["text"] == "E-mail · Linen shirt ·\u00a0v1"
    assert "4 figures and 1 statement checked" in shown
    assert "Sources: catalogue shop.csv, line 12" in shown
    assert message.rest is None
    assert SUBJECT in message.text


def test_only_shop_links_are_clickable(sqlite: Database) -> None:
    body = "See shop.example/a or https://evil.example/b, ask me@shop.example"
    with sqlite.begin() as session:
        drafted(session, parts=(Part(kind="copy", key="body", title="Body", body=Copy(text=body)),))
        message = drawn(seen(session))
    links = [
        one["url"]
        for block in message.blocks
        if block["type"] == "rich_text"
        for one in block["elements"][0]["elements"]
        if one["type"] == "link"
    ]
    assert links == ["https://shop.example/a"]
    assert copy_of(message.blocks) == [body]


@pytest.mark.parametrize(
    ("channel", "key", "text", "over"),
    [
        ("sms", "text", "Maison: linen is back. STOP", None),
        ("sms", "text", "Maison: " + "linen is back " * 30 + "STOP", "3 messages, GSM-7"),
        ("email", "subject", "Linen." * 10, "60 of 50 characters"),
        ("google_ad", "headlines.2", "Linen." * 10, "60 of 30 characters"),
    ],
)
def test_length_is_named_only_where_it_is_over_the_limit(
    sqlite: Database, channel: str, key: str, text: str, over: str | None
) -> None:
    part = Part(kind="copy", key=key, title="Text", body=Copy(text=text))
    with sqlite.begin() as session:
        drafted(session, parts=(part,), channel=channel)
        shown = text_of(drawn(seen(session)).blocks)
    assert text.strip() in shown
    assert over in shown if over else "GSM-7" not in shown


@pytest.mark.parametrize(
    ("channel", "key", "text", "leads"),
    [
        ("meta_ad", "headline", "Choose your linen shirt", True),
        ("email", "body", "Linen is back.", True),
        ("email", "body", "Linen is back: https://shop.example/linen", False),
        ("product_page", "description", "Linen is back.", False),
    ],
)
def test_card_says_where_a_text_without_a_link_leads(
    sqlite: Database, channel: str, key: str, text: str, leads: bool
) -> None:
    part = Part(kind="copy", key=key, title="Text", body=Copy(text=text))
    page = {"id": "product.linen.link", "label": "link", "unit": None}
    link = PRICE.model_copy(update=page | {"value": "https://shop.example/p/linen"})
    with sqlite.begin() as session:
        draft = drafted(session, parts=(part,), channel=channel, wanted=brief(product="linen"))
        draft.evidence = Evidence(facts=(link,)).model_dump_json()
        shown = text_of(drawn(seen(session)).blocks)
    told = f"Leads to: https://shop.example/p/linen?utm_campaign={draft.code}"
    assert (told in shown) is leads


@pytest.mark.parametrize(
    ("category", "offer", "leads"),
    [
        (None, None, True),
        ("Shirts", None, True),
        ("Shirts", "20% off shirts", False),
        (None, "10% off all", False),
    ],
)
def test_text_on_a_product_that_its_writer_chose_leads_to_its_page(
    sqlite: Database, category: str | None, offer: str | None, leads: bool
) -> None:
    page = {"id": "product.linen.link", "label": "link", "unit": None}
    link = PRICE.model_copy(update=page | {"value": "https://shop.example/p/linen"})
    text = Copy(text="Choose your linen shirt", facts=("product.linen.price", "brand.about"))
    part = Part(kind="copy", key="headline", title="Text", body=text)
    with sqlite.begin() as session:
        wanted = brief(category=category, offer=offer)
        draft = drafted(session, parts=(part,), channel="meta_ad", wanted=wanted)
        draft.evidence = Evidence(facts=(link,)).model_dump_json()
        shown = text_of(drawn(seen(session)).blocks)
    assert ("Leads to: https://shop.example/p/linen" in shown) is leads


@pytest.mark.parametrize(
    ("words", "others", "told"),
    [
        ("an ad for both", ("vase",), "Leads to: https://shop.example/p/linen?utm"),
        ("for both, as on other.example, to shop.example/sale", ("vase",), "shop.example/sale?utm"),
        ("to shop.example/sale", (), "Leads to: https://shop.example/sale?utm_campaign="),
    ],
)
def test_an_ad_leads_to_the_page_that_the_brief_names_or_to_that_of_its_first_product(
    sqlite: Database, words: str, others: tuple[str, ...], told: str
) -> None:
    part = Part(kind="copy", key="headline", title="Text", body=Copy(text="Choose your linen"))
    page = {"id": "product.linen.link", "label": "link", "unit": None}
    link = PRICE.model_copy(update=page | {"value": "https://shop.example/p/linen"})
    wanted = brief(product="linen", words=words, others=others)
    with sqlite.begin() as session:
        draft = drafted(session, parts=(part,), channel="meta_ad", wanted=wanted)
        draft.evidence = Evidence(facts=(link,)).model_dump_json()
        assert told in text_of(drawn(seen(session)).blocks)


def test_several_texts_of_a_list_have_a_heading_in_the_plural(sqlite: Database) -> None:
    texts = [Copy(text=f"Linen shirt {n}") for n in (1, 2)]
    listed = tuple(
        Part(kind="copy", key=f"headlines.{n}", title="Headline", body=one)
        for n, one in enumerate(texts, 1)
    )
    with sqlite.begin() as session:
        drafted(session, parts=listed, channel="google_ad")
        assert "Headlines (2)" in text_of(drawn(seen(session)).blocks)
    limit = load_channels()["google_ad"].parts["headlines"]
    assert (limit.name(1), limit.name(2)) == ("Headline", "Headlines")


@pytest.mark.parametrize("channel", load_channels().values(), ids=lambda one: one.key)
def test_every_word_of_a_channels_text_is_on_its_card(sqlite: Database, channel: Channel) -> None:
    with sqlite.begin() as session:
        parts = write_sample(channel)
        drafted(session, parts=parts, channel=channel.key)
        message = drawn(seen(session))
        sound_view(build_edit_form(Draft.latest(session, "t1.0"), "en"))  # type: ignore[arg-type]
        copied = sound_view(build_copy_view(session.get_one(Draft, "t1.0.v1"), "fr"))
    shown = text_of(message.blocks)
    assert message.rest is None
    assert all(part.text in shown and part.text in text_of(copied) for part in parts)
    assert translate_title(channel.title, "en") in shown
    assert {action_ids.APPROVE, action_ids.EDIT, action_ids.SEND_BACK, action_ids.MORE} <= {
        *pressable(message.blocks)
    }


def test_card_says_when_rules_wrote_the_draft(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, by_rules=True)
        shown = seen(session)
    assert "Standard text (no AI connected)" in text_of(drawn(shown).blocks)
    assert "Texte type (sans IA)" in text_of(drawn(shown, "fr").blocks)


def test_buttons_are_bound_to_the_words_shown(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        found = pressable(drawn(seen(session)).blocks)
    for action in (action_ids.APPROVE, action_ids.EDIT, action_ids.SEND_BACK):
        assert ButtonValue.unpack(found[action]["value"]) == ButtonValue(
            draft=draft.id, seen=draft.fingerprint
        )
    assert found[action_ids.APPROVE]["style"] == "primary"
    assert "confirm" not in found[action_ids.APPROVE]
    picks = [ButtonValue.unpack(one["value"]).pick for one in found[action_ids.MORE]["options"]]
    assert picks == [
        action_ids.REJECT,
        action_ids.COPY,
        action_ids.SOURCES,
        action_ids.WHAT_LEFT,
        action_ids.HISTORY,
    ]


def test_french_card_uses_agreed_terms(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, blocked())
        found = text_of(drawn(seen(session), "fr").blocks)
    for words in ("Valider quand même", "Modifier", "À revoir", "Refuser", "D'où ça vient"):
        assert words in found.replace("’", "'")
    assert "Journal IA" in found


def test_second_table_is_shown_as_lines(sqlite: Database) -> None:
    table = Table(
        columns=("Audience", "Rule"), rows=(("Newcomers", "In the group New"), ("Old", ""))
    )
    part = Part(kind="table", key="rules", title="Rules", body=table)
    with sqlite.begin() as session:
        _, shown = render_part(part, drafted(session), "en", (), table=False)
    assert "preformatted" not in str(shown)
    assert "Audience · Rule\n• Newcomers · In the group New\n• Old" in text_of([shown])


def test_blocked_draft_has_approve_anyway(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, blocked())
        message = drawn(seen(session))
    found = pressable(message.blocks)
    assert action_ids.APPROVE not in found
    assert action_ids.APPROVE_ANYWAY in found
    assert "Nothing proves this. “the best linen in Europe”" in text_of(message.blocks)


def test_draft_refused_by_channel_has_no_approve_button(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, blocked(override=False))
        message = drawn(seen(session))
    found = pressable(message.blocks)
    assert not {action_ids.APPROVE, action_ids.APPROVE_ANYWAY} & set(found)
    assert "This can't be approved: Nothing proves this." in text_of(message.blocks)
    assert action_ids.EDIT in found


def test_card_explains_how_to_name_an_approver(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session)
        message = drawn(seen(session, policy=Policy()))
    assert f'approvers = ["{MARIE}"]' in text_of(message.blocks)
    assert action_ids.APPROVE not in pressable(message.blocks)


def test_assumptions_are_shown_with_answer_buttons(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, wanted=brief(**ASSUMED))
        message = drawn(seen(session))
    assert "I assumed: drifting buyers; sell through" in text_of(message.blocks)
    found = pressable(message.blocks)
    ref = ButtonValue(task="t1", draft="t1.0.v1", pick="new", field="audience")
    assert ButtonValue.unpack(found[action_ids.ANSWER]["value"]) == ref
    assert ButtonValue.unpack(found[f"{action_ids.ANSWER}.1"]["value"]).pick == "all"


def test_other_openings_are_a_form_away(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        assert action_ids.ANGLES in pressable(drawn(seen(session)).blocks)
        form = sound_view(build_angles_form(draft, "en"))
    assert "*comfort*\nCool all day" in text_of(form)
    assert [one["value"] for one in form["blocks"][-1]["element"]["options"]] == ["0", "1"]


def test_text_that_anybody_may_read_has_no_audience(sqlite: Database) -> None:
    title = Part(kind="copy", key="title", title="Title", body=Copy(text="Linen shirt"))
    with sqlite.begin() as session:
        wanted = brief(dates="Saturday 5 December")
        drafted(session, wanted=wanted, parts=(title,), channel="product_page")
        page = drawn(seen(session)).blocks
    assert "For:" not in text_of(page)  # a day is no audience
    assert action_ids.CHANGE in pressable(page)


def test_what_was_not_used_stands_apart_where_it_has_commas(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, wanted=brief(left_over=("Lyon: the address, the day", "the link")))
        assert "the address, the day; the link" in text_of(drawn(seen(session)).blocks)


def test_card_says_whom_the_draft_is_for_and_who_approves(sqlite: Database) -> None:
    wanted = brief(audience="people who bought linen", dates="until Sunday", market="GB")
    with sqlite.begin() as session:
        drafted(session, wanted=wanted)
        open_card = drawn(seen(session))
        approve(session, session.get_one(Draft, "t1.0.v1"))
        approved = drawn(seen(session))
    shown = text_of(open_card.blocks)
    assert open_card.blocks[0]["text"]["text"] == "E-mail · Linen shirt · United Kingdom ·\u00a0v1"
    assert f"Waiting for <@{BOSS}>, <@{PETE}>" in shown
    assert "For: people who bought linen · until Sunday" in shown
    assert action_ids.CHANGE in pressable(open_card.blocks)
    assert "Waiting for" not in text_of(approved.blocks)
    assert not {action_ids.CHANGE, action_ids.SHORTER, action_ids.APPROVE} & {
        *pressable(approved.blocks)
    }
    assert {action_ids.SEND_TO, action_ids.COPY} <= {*pressable(approved.blocks)}


def test_same_text_is_offered_for_the_other_markets(sqlite: Database) -> None:
    markets = {
        "GB": Market(language="en"),
        "FR": Market(language="fr"),
        "BE": Market(language="fr"),
        "IE": Market(language="en"),
    }
    with sqlite.begin() as session:
        drafted(session, wanted=brief(market="GB"))
        row = session.get_one(BrandRow, "T1")
        row.body = Brand(name="Maison", markets=markets).model_dump_json()
        found = pressable(drawn(seen(session), "fr").blocks)
    first, menu = found[action_ids.SAME_FOR], found[f"{action_ids.SAME_FOR}.1"]
    offered = [first, *menu["options"]]
    assert [ButtonValue.unpack(one["value"]).pick for one in offered] == ["FR", "BE", "IE"]
    assert "France" in first["text"]["text"]


def test_open_card_has_two_rows_of_at_most_five_buttons(sqlite: Database) -> None:
    """One row decides, one asks for variants; the rest is in menus or beside a line of text."""
    markets = {code: Market(language="fr") for code in ("FR", "BE", "CH", "LU", "MC")}
    with sqlite.begin() as session:
        draft = drafted(session, *PASSES, wanted=brief(market="GB"))
        row = session.get_one(BrandRow, "T1")
        row.body = Brand(name="Maison", markets=markets).model_dump_json()
        open_card = drawn(seen(session)).blocks
        approve(session, draft)
        approved = drawn(seen(session)).blocks
    assert [len(row) for row in button_rows(open_card)] == [4, 4]
    assert action_ids.DETAILS in pressable(open_card)
    assert [len(row) for row in button_rows(approved)] == [4]
    assert action_ids.DETAILS in pressable(approved)


def button_rows(blocks: list[Any]) -> list[list[Any]]:
    """Return the rows of buttons, without the one that shows how the copy's own button looks."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [row for row in rows if row[0]["action_id"] != action_ids.CALL_TO_ACTION]


def test_text_stands_once_after_it_was_sent_to_the_thread(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, *PASSES)
        approve(session, draft)
        waiting = drawn(seen(session)).blocks
        (delivery,) = Delivery.list_for_draft(session, draft.id)
        delivery.mark_sent(session, Jobs(), draft, NOW)
        record = drawn(seen(session)).blocks
    assert copy_of(waiting) == [SUBJECT, BODY]
    assert copy_of(record) == []
    assert f"Approved by <@{BOSS}>" in text_of(record)
    assert draft.code in text_of(record)
    assert {action_ids.SEND_TO, action_ids.COPY, action_ids.DETAILS} <= {*pressable(record)}


def test_edited_draft_waits_for_its_checks(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        draft.edit(session, Jobs(), by=PETE, texts={"subject": "Linen, again"}, now=NOW)
        message = drawn(seen(session))
    assert f"Edited by <@{PETE}>, being checked…" in text_of(message.blocks)
    assert message.blocks[0]["text"]["text"].endswith("v2")
    assert action_ids.APPROVE not in pressable(message.blocks)
    assert action_ids.EDIT in pressable(message.blocks)


def test_edited_draft_names_void_approval(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        approve(session, draft, policy=TWO_NEEDED)
        decision.revise(
            session,
            Jobs(),
            draft,
            by=PETE,
            fingerprint=draft.fingerprint,
            texts={"subject": "Linen, again"},
            policy=TWO_NEEDED,
            now=NOW,
        )
        assert f"<@{BOSS}> had approved version 1" in text_of(drawn(seen(session)).blocks)


def test_card_counts_missing_approvals(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        approve(session, draft, policy=TWO_NEEDED)
        message = drawn(seen(session, policy=TWO_NEEDED))
    shown = text_of(message.blocks)
    assert f"Approved by <@{BOSS}>" in shown
    assert "1 of 2 approvals" in shown
    assert action_ids.APPROVE in pressable(message.blocks)


def test_card_names_override_approver_and_reason(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, blocked())
        approve(session, draft, reason="Legal <!channel> agreed")
        message = drawn(seen(session))
    shown = text_of(message.blocks)
    assert f"Approved by <@{BOSS}>" in shown
    assert "Legal ‹!channel› agreed" in shown
    assert "Approved" in message.text


def test_card_names_delivery_destinations(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        approve(session, draft)
        assert "On its way to this thread" in text_of(drawn(seen(session)).blocks)
        place = {"kind": "place", "channel": "CNEWS"}
        Delivery.plan(session, Jobs(), draft, destination=place, now=NOW)
        first, second = Delivery.list_for_draft(session, draft.id)
        first.mark_sent(session, Jobs(), draft, NOW)
        second.fail(session, Jobs(), draft, Words("the intern is not in {place}", place="x"), NOW)
        message = drawn(seen(session))
    shown = text_of(message.blocks)
    assert "to <#CNEWS>" in shown
    assert f"campaign code `{draft.code}`" in shown
    assert "the intern is not in x" in shown
    assert action_ids.EDIT not in pressable(message.blocks)


def test_send_to_menu_has_the_channels_of_the_policy(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        approve(session, draft)
        Delivery.plan(
            session, Jobs(), draft, destination={"kind": "place", "channel": "CNEWS"}, now=NOW
        )
        menu = pressable(drawn(seen(session)).blocks)[action_ids.SEND_TO]
    assert [ButtonValue.unpack(one["value"]).pick for one in menu["options"]] == ["CSITE"]


@pytest.mark.parametrize(
    ("verdict", "says"), [("reject", "Rejected"), ("send back", "Changes requested")]
)
def test_card_names_rejecter_and_reason(sqlite: Database, verdict: Any, says: str) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        decision.send_back(
            session,
            Jobs(),
            draft,
            by=BOSS,
            fingerprint=draft.fingerprint,
            reason="Too long",
            policy=POLICY,
            now=NOW,
            verdict=verdict,
        )
        Task.accept(session, Jobs(), wish("t2", parent="t1", reason="Too long"), NOW)
        message = drawn(seen(session))
    shown = text_of(message.blocks)
    assert f"{says} by <@{BOSS}>" in shown
    assert "> Too long" in shown
    assert ("A new draft follows below." in shown) == (verdict == "send back")
    assert set(pressable(message.blocks)) == {action_ids.MORE, action_ids.CALL_TO_ACTION}


def test_question_has_answer_buttons(sqlite: Database) -> None:
    with sqlite.begin() as session:
        options = ("Linen shirt", "Cotton shirt", "x" * 3_000, "y" * 100, " ")
        question = Question(words=Words("Which shirt?"), options=options)
        asked(session).ask(session, Jobs(), question, NOW)
        message = drawn(seen(session))
    found = pressable(message.blocks)
    ref = ButtonValue(task="t1", pick="Linen shirt")
    assert ButtonValue.unpack(found[action_ids.ANSWER]["value"]) == ref
    assert sorted(found) == ["answer", "answer.1", "answer.2"]
    assert "Which shirt?" in message.text


def test_failed_task_shows_reason_and_reference(sqlite: Database) -> None:
    with sqlite.begin() as session:
        task = asked(session)
        task.fail(session, Jobs(), Words("The AI is busy."), NOW)
        message = drawn(seen(session))
    assert "The AI is busy." in text_of(message.blocks)
    assert task.reference in text_of(message.blocks)
    assert ButtonValue.unpack(
        pressable(message.blocks)[action_ids.TRY_AGAIN]["value"]
    ) == ButtonValue(task="t1")


def test_stopped_task_says_so(sqlite: Database) -> None:
    with sqlite.begin() as session:
        asked(session).stop(session, Jobs(), MARIE, NOW)
        assert "Stopped" in text_of(drawn(seen(session)).blocks)


def test_private_draft_says_so_and_can_be_shared(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, private=True, place={"channel": SHOP, "user": MARIE, "dm": True})
        message = drawn(seen(session))
        OutboxMessage.plan(
            session,
            id="t1.0:shared",
            workspace="T1",
            kind="card",
            place={"channel": SHOP},
            now=NOW,
            piece="t1.0",
        )
        after = drawn(seen(session))
    assert "Only you see this" in text_of(message.blocks)
    share = pressable(message.blocks)[action_ids.SHARE]
    assert ButtonValue.unpack(share["value"]).pick == SHOP
    assert action_ids.APPROVE not in pressable(message.blocks)
    assert action_ids.SHARE not in pressable(after.blocks)
    assert f"Posted in <#{SHOP}>" in text_of(after.blocks)
    assert "To have it approved, share it" in text_of(message.blocks)
    assert "share it" not in text_of(after.blocks)
    assert action_ids.APPROVE not in pressable(after.blocks)


def test_channel_card_never_claims_to_be_private(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, private=True)
        assert "Only you see this" not in text_of(drawn(seen(session)).blocks)


def test_fallback_card_explains_how_to_invite(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session)
        session.get_one(OutboxMessage, "t1.0:card").mark_sent("1.2", "DMARIE")
        message = drawn(seen(session))
    assert f"I am not in <#{SHOP}>" in text_of(message.blocks)
    assert "/invite" in text_of(message.blocks)


LONG = "\n\n".join(f"Paragraph {n}. " + "Linen breathes & lasts <b>. 👕 " * 12 for n in range(40))
RUDE = "<!channel> @here <@U1> & <https://evil.example|shop.example> *a* _b_ `c` 👩‍👩‍👧‍👦 " * 40
MANY = tuple(
    Part(kind="copy", key=f"ad.{n}", title="Text", body=Copy(text=f"{n} 👕 <!here> " * 20))
    for n in range(60)
)
MIXED = (
    Part(kind="heading", key="h", title="Heading", body=Heading(text="What people say")),
    Part(
        kind="quote",
        key="q",
        title="Quote",
        body=Quote(text="It *fits*", fact="product.linen.price"),
    ),
    *(
        Part(
            kind="table",
            key=f"t{n}",
            title="Table",
            body=Table(columns=("a", "b"), rows=(("1", ""), ("<!channel>", "x" * 900))),
        )
        for n in range(2)
    ),
    Part(
        kind="file",
        key="f",
        title="Picture",
        body=File(name="a<b>.png", sha256="0" * 64, alt="A shirt " * 400, picture=True),
    ),
)
EXTREMES = {
    "long": (Part(kind="copy", key="body", title="Body", body=Copy(text=LONG)),),
    "no pause": (Part(kind="copy", key="body", title="Body", body=Copy(text="👕" * 9_000)),),
    "rude": (Part(kind="copy", key="body", title="Body", body=Copy(text=RUDE)),),
    "many": MANY,
    "mixed": MIXED,
    "empty": (Part(kind="copy", key="body", title="Body", body=Copy(text="")),),
    "long subject": (
        Part(kind="copy", key="subject", title="Subject", body=Copy(text=RUDE)),
        *EMAIL[1:],
        Part(kind="copy", key="end", title="Text", body=Copy(text=LONG)),
    ),
}


@pytest.mark.parametrize("parts", EXTREMES.values(), ids=EXTREMES.keys())
def test_card_stays_within_slacks_limits(sqlite: Database, parts: tuple[Part, ...]) -> None:
    checks = [blocked(RUDE), stated(RUDE), *(blocked("👕" * 500) for _ in range(30))]
    options = ASSUMED["options"] + tuple(
        ASSUMED["options"][0].model_copy(update={"value": "v" * n}) for n in (300, 3_000)
    )
    assumed = ASSUMED["assumed"] * 20
    wanted = brief(product_words=RUDE, assumed=assumed, options=options)
    with sqlite.begin() as session:
        hooks = (Hook(angle=RUDE, text=RUDE), Hook(angle="a", text=LONG))
        draft = drafted(session, *checks, parts=parts, hooks=hooks, wanted=wanted, by_rules=True)
        message = drawn(seen(session))
        approve(session, draft, reason=RUDE)
        many = DeliveryPolicy(channels=tuple(f"C{n:010}" for n in range(150)))
        for n in range(12):
            place = {"kind": "place", "channel": f"C{n:010}"}
            Delivery.plan(session, Jobs(), draft, destination=place, now=NOW)
        for one in Delivery.list_for_draft(session, draft.id):
            one.fail(session, Jobs(), draft, Words("{why}", why=RUDE), NOW)
        drawn(seen(session, policy=POLICY.model_copy(update={"delivery": many})))
    assert action_ids.APPROVE_ANYWAY in pressable(message.blocks)
    assert not [one for one in outside_rich_text(message.blocks) if "<!channel>" in one]


def outside_rich_text(blocks: list[dict[str, Any]]) -> list[str]:
    """Return the text that Slack parses as mrkdwn."""

    def walk(value: Any) -> list[str]:
        if isinstance(value, list):
            return [text for one in value for text in walk(one)]
        if not isinstance(value, dict) or value.get("type") in ("rich_text", "table"):
            return []
        if value.get("type") == "mrkdwn":
            return [value["text"]]
        return [text for one in value.values() for text in walk(one)]

    return walk(blocks)


@pytest.mark.parametrize("name", ["long", "no pause", "many"])
def test_every_word_is_on_card_or_in_rest(sqlite: Database, name: str) -> None:
    with sqlite.begin() as session:
        drafted(session, parts=EXTREMES[name])
        message = drawn(seen(session))
    assert message.rest
    assert "in a file in this thread" in text_of(message.blocks)
    everything = "".join(copy_of(message.blocks)) + message.rest
    for part in EXTREMES[name]:
        squeezed = "".join(part.text.split())
        assert squeezed in "".join(everything.replace("Body\n", "").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_notification_text_is_plain(sqlite: Database, language: str) -> None:
    with sqlite.begin() as session:
        part = Part(kind="copy", key="body", title="Body", body=Copy(text=RUDE))
        drafted(session, parts=(part,))
        message = render_task_card(seen(session), language)
    assert "<!channel>" not in message.text
    assert "@here" not in message.text


def test_card_is_valid_with_any_number_of_approvals(sqlite: Database) -> None:
    everyone = tuple(f"U{n}" for n in range(9))
    policy = Policy(approval=ApprovalPolicy(approvers=everyone, needed=5))
    with sqlite.begin() as session:
        draft = drafted(session, blocked(), parts=EXTREMES["long"])
        for who in everyone[:5]:
            sound(drawn(seen(session, policy=policy)))
            approve(session, draft, by=who, policy=policy, reason=RUDE)
        message = drawn(seen(session, policy=policy))
        check_message_blocks(message.blocks)
    assert "<@U4>" in text_of(message.blocks)


@pytest.mark.parametrize("state", ["asking", "failed", "stopped"])
def test_continued_task_says_so_and_has_no_buttons(sqlite: Database, state: str) -> None:
    with sqlite.begin() as session:
        task = asked(session)
        if state == "asking":
            task.ask(session, Jobs(), Question(words=Words("Which?"), options=("A",)), NOW)
        elif state == "failed":
            task.fail(session, Jobs(), Words("The AI is busy."), NOW)
        else:
            task.stop(session, Jobs(), MARIE, NOW)
        assert pressable(drawn(seen(session)).blocks)
        Task.accept(session, Jobs(), wish("t2", parent="t1"), NOW)
        message = drawn(seen(session))
    assert "It goes on below." in text_of(message.blocks)
    assert pressable(message.blocks) == {}


def test_opening_in_use_is_not_offered(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        draft.edit(session, Jobs(), by=PETE, texts={"subject": "Cool all day"}, now=NOW)
        draft = session.get_one(Draft, "t1.0.v2")
        draft.store_checks(session, Jobs(), (), draft.facts, NOW)
        drawn(seen(session))
        form = build_angles_form(draft, "en")
    assert [one["value"] for one in form["blocks"][-1]["element"]["options"]] == ["1"]


def test_downloads_are_not_listed(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        approve(session, draft)
        told = {"kind": "file", "format": "md", "to": MARIE}
        Delivery.plan(session, Jobs(), draft, destination=told, now=NOW)
        assert "file" not in text_of(drawn(seen(session)).blocks)


def test_calm_answer_has_no_error_sign_or_retry_button(sqlite: Database) -> None:
    with sqlite.begin() as session:
        task = asked(session)
        task.fail(session, Jobs(), Words("You're welcome.", **{CALM_PARAM: "yes"}), NOW)
        message = drawn(seen(session), "fr")
    assert "Avec plaisir." in text_of(message.blocks)
    assert ":x:" not in str(message.blocks)
    assert action_ids.TRY_AGAIN not in pressable(message.blocks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_unread_message_gets_one_line_and_what_would_do_it(sqlite: Database, language: str) -> None:
    with sqlite.begin() as session:
        Task.accept(session, Jobs(), wish("t7", words="remind me on Friday"), NOW)
        words = NEEDS_AI.with_params(**{SKILLS_PARAM: "feedback recap"})
        session.get_one(Task, "t7").fail(session, Jobs(), words, NOW)
        session.flush()
        card = drawn(seen(session, "t7"), language)
    (row,) = [block for block in card.blocks if block["type"] == "actions"]
    picks = [ButtonValue.unpack(one["value"]).pick for one in row["elements"]]
    assert picks == [None, "feedback", "recap", "yes"]
    assert row["elements"][0]["action_id"] == action_ids.BRIEF_FORM
    assert NEEDS_AI.to(language) in text_of(card.blocks)


def test_brief_that_names_nothing_known_gets_the_form_alone(sqlite: Database) -> None:
    with sqlite.begin() as session:
        Task.accept(session, Jobs(), wish("t7", words="e-mail for our blue gloves"), NOW)
        words = NOT_NAMED.with_params(said="“blue gloves”")
        session.get_one(Task, "t7").fail(session, Jobs(), words, NOW)
        session.flush()
        card = drawn(seen(session, "t7"), "en")
    assert [*pressable(card.blocks)] == [action_ids.BRIEF_FORM]
