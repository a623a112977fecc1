"""Product facts that people add from a draft: a source next time, listed, revocable."""

from datetime import timedelta
from typing import Any

from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.data.catalogue.product_facts import VALIDITY, ProductFact, list_product_facts
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.views.draft_details import build_details_view
from tests.conftest import NOW
from tests.support.card_scenes import BOSS, drafted, drawn, pressable, seen, text_of
from tests.support.shirt import EVIDENCE, found, proved, request

TODAY = NOW.date()
CLAIM = Check(
    rule="claim",
    level="warn",
    words=Words("Not supported: {quote}", quote="hand-stitched buttonholes"),
    quote="hand-stitched buttonholes",
)


def about(draft: Draft, product: str = "linen-shirt") -> Draft:
    """The draft as one about a product."""
    asked = draft.skill_request
    brief = asked.brief.model_copy(update={"product": product})
    draft.request = asked.model_copy(update={"brief": brief}).model_dump_json()
    return draft


def add(session: Any, text: str = "Woven by hand.", market: str | None = None) -> None:
    told = {"workspace": "T1", "product": "linen-shirt", "by": BOSS, "draft": "t1.0.v1"}
    ProductFact.add(session, market=market, text=text, now=NOW, **told)


def test_marked_claim_can_be_added_with_one_tap(sqlite: Database) -> None:
    with sqlite.begin() as session:
        about(drafted(session, CLAIM))
        assert action_ids.ADD_FACT in pressable(drawn(seen(session)).blocks)


def test_added_fact_is_a_source_until_it_expires(sqlite: Database) -> None:
    with sqlite.begin() as session:
        add(session)
        add(session)  # once
        (fact,) = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
        assert (fact.value, fact.stated_by, fact.source.file) == (
            "Woven by hand.",
            None,
            "the team",
        )
        late = TODAY + VALIDITY + timedelta(days=1)
        assert not list_product_facts(session, "T1", "linen-shirt", None, late)
        assert not list_product_facts(session, "T1", "other", None, TODAY)
        assert not list_product_facts(session, "T2", "linen-shirt", None, TODAY)


def test_fact_of_a_market_is_a_source_there_alone(sqlite: Database) -> None:
    with sqlite.begin() as session:
        add(session, market="FR")
        assert list_product_facts(session, "T1", "linen-shirt", "FR", TODAY)
        assert not list_product_facts(session, "T1", "linen-shirt", "GB", TODAY)
        assert not list_product_facts(session, "T1", "linen-shirt", None, TODAY)


def test_revoked_fact_is_no_source(sqlite: Database) -> None:
    with sqlite.begin() as session:
        add(session)
        (row,) = ProductFact.list_valid(session, "T1", "linen-shirt", None, TODAY)
        row.revoke(session, by=BOSS, now=NOW)
        assert not list_product_facts(session, "T1", "linen-shirt", None, TODAY)
        assert (row.revoked_by, row.revoked_at) == (BOSS, NOW)


def test_added_fact_lifts_the_finding_next_time(sqlite: Database) -> None:
    asked = request("mail chemise", product="linen-shirt")
    text = "Certifiée OEKO-TEX."
    assert ("block", "certification", "OEKO-TEX") in found(proved(text, asked=asked))
    with sqlite.begin() as session:
        add(session, "OEKO-TEX")
        added = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
    evidence = Evidence(facts=(*EVIDENCE.facts, *added))
    assert found(proved(text, asked=asked, evidence=evidence)) == set()


def test_details_list_added_facts_with_a_button_that_revokes(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = about(drafted(session))
        add(session)
        added = ProductFact.list_valid(session, "T1", "linen-shirt", None, TODAY)
        view = build_details_view(draft, "en", added)
    assert "Woven by hand." in text_of(view["blocks"])
    assert f"<@{BOSS}>" in text_of(view["blocks"])
    assert action_ids.REVOKE_FACT in str(view["blocks"])
