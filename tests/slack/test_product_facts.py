"""Product facts that people add from a draft: a source next time, listed, revocable."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from bot.audit.journal import JournalEntry
from bot.config.policy import ApprovalPolicy, Policy
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.models import VALIDITY, ProductFact, list_product_facts
from bot.data.catalogue.product import Product
from bot.data.service import WorkspaceData
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.grounding.copy_checks import recheck_price_cuts
from bot.grounding.price_cuts import UNKNOWN_PRICE
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.cards.draft_status import is_price_unknown
from bot.slack.listeners import ViewSubmission
from bot.slack.views.draft_details import build_details_view
from bot.slack.views.forms import build_fact_form, read_price, store_facts, store_price
from tests.conftest import NOW
from tests.support.card_scenes import (
    BOSS,
    MARIE,
    POLICY,
    drafted,
    drawn,
    pressable,
    seen,
    sound_view,
    text_of,
)
from tests.support.sample_tables import sample
from tests.support.shirt import EVIDENCE, found, proved, request

TODAY = NOW.date()
PRICE_RULES = ("figure", "price", "price cut")
CLAIM = Check(
    rule="claim",
    level="warn",
    words=Words("Not supported: {quote}", quote="hand-stitched buttonholes"),
    quote="hand-stitched buttonholes",
)

OTHER_CLAIM = CLAIM.model_copy(update={"quote": "lasts a lifetime"})


def about(draft: Draft, product: str = "linen-shirt") -> Draft:
    """The draft as one about a product."""
    asked = draft.skill_request
    brief = asked.brief.model_copy(update={"product": product})
    draft.request = asked.model_copy(update={"brief": brief}).model_dump_json()
    return draft


def add(session: Any, text: str = "Woven by hand.", market: str | None = None) -> None:
    ProductFact.add(
        session,
        workspace="T1",
        product="linen-shirt",
        market=market,
        text=text,
        by=BOSS,
        draft="t1.0.v1",
        now=NOW,
    )


def test_marked_claims_open_a_form_with_their_words_and_the_product(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = about(drafted(session, CLAIM, OTHER_CLAIM))
        assert action_ids.ADD_FACT in pressable(drawn(seen(session)).blocks)
        _lead, menu, *fields = sound_view(build_fact_form(draft, TODAY, "en"))["blocks"]
    assert menu["element"]["initial_option"]["value"] == "linen-shirt"
    assert menu["element"]["initial_option"]["text"]["text"] == "Linen shirt"
    words = [field["element"]["initial_value"] for field in fields]
    assert words == ["hand-stitched buttonholes", "lasts a lifetime"]


def submit_claims(
    session: Any, draft: Draft, *words: str, approver: str = MARIE, product: str = "linen-shirt"
) -> int:
    values = {f"fact:{n}": {f"fact:{n}": {"value": text}} for n, text in enumerate(words)}
    chosen = {"selected_option": {"value": product}}
    policy = POLICY.model_copy(update={"approval": ApprovalPolicy(approvers=(approver,))})
    view = {
        "private_metadata": ButtonValue(draft=draft.id, seen=draft.fingerprint).pack(),
        "state": {"values": {**values, "product": {"product": chosen}}},
    }
    services = SimpleNamespace(policy=lambda _: policy, now=lambda: NOW)
    context: Any = SimpleNamespace(services=services, redraw=lambda *_: None)
    return store_facts(session, context, ViewSubmission("T1", MARIE, view))


def test_submitted_words_become_facts_and_kept_claims_are_accepted(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = about(drafted(session, CLAIM, OTHER_CLAIM))
        words = ("Hand-stitched buttonholes,\nsewn in Porto", "lasts ten years")
        assert submit_claims(session, draft, *words) == 2
        stored = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
        open_claims = [check.quote for check in draft.list_open_warnings()]
    assert {str(fact.value) for fact in stored} == {
        "Hand-stitched buttonholes, sewn in Porto",
        "lasts ten years",
    }
    assert open_claims == ["lasts a lifetime"]


def test_emptied_words_become_no_fact(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = about(drafted(session, CLAIM, OTHER_CLAIM))
        assert submit_claims(session, draft, " ", "") == 0
        assert not list_product_facts(session, "T1", "linen-shirt", None, TODAY)


def test_facts_are_added_by_those_who_approve_and_for_the_drafts_products(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = about(drafted(session, CLAIM))
        with pytest.raises(CannotDo):
            submit_claims(session, draft, "Sewn in Porto", approver=BOSS)
        with pytest.raises(CannotDo):
            submit_claims(session, draft, "Sewn in Porto", product="canvas-tote")


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


def enter(session: Any, price: str, until: date | None = None) -> None:
    ProductFact.add_lowest_price(
        session,
        workspace="T1",
        product="linen-shirt",
        market=None,
        price=Decimal(price),
        currency="EUR",
        until=until,
        by=BOSS,
        draft="t1.0.v1",
        now=NOW,
    )


def test_entered_lowest_price_is_used_by_the_price_cut_rule(sqlite: Database) -> None:
    asked = request("mail chemise", product="linen-shirt")
    text = "La chemise : 40 € au lieu de 60 €."
    price = Fact(id="product.linen-shirt.price", label="price", value=Decimal(40), unit="EUR",
                 source="shop.csv", as_of=TODAY)  # fmt: skip
    evidence = Evidence(facts=(price,))
    (unknown,) = [c for c in proved(text, asked=asked, evidence=evidence) if c.rule == "price cut"]
    assert unknown.level == "block"  # nobody knows the price that it names
    with sqlite.begin() as session:
        enter(session, "60")
        added = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
    checks = proved(text, asked=asked, evidence=evidence.plus(added))
    assert not [c for c in checks if c.rule in PRICE_RULES and c.level in ("warn", "block")]
    with sqlite.begin() as session:
        enter(session, "50")  # takes the place of the first
        (other,) = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
    assert (other.value, other.unit) == (Decimal("50.00"), "EUR")
    checks = proved(text, asked=asked, evidence=evidence.plus([other]))
    assert [(c.rule, c.level) for c in checks if c.rule in PRICE_RULES and c.quote] == [
        ("price cut", "block")
    ]


def test_entered_lowest_price_ends_with_the_promotion(sqlite: Database) -> None:
    with sqlite.begin() as session:
        enter(session, "60", until=TODAY + timedelta(days=4))
        after = TODAY + timedelta(days=5)
        assert list_product_facts(session, "T1", "linen-shirt", None, TODAY + timedelta(days=4))
        assert not list_product_facts(session, "T1", "linen-shirt", None, after)


def test_unknown_lowest_price_offers_the_form_and_the_entry_checks_again(sqlite: Database) -> None:
    cut = Check(rule="price cut", level="warn", words=UNKNOWN_PRICE, quote="-20 %")
    with sqlite.begin() as session:
        draft = about(drafted(session, cut))
        assert action_ids.LOWEST_PRICE in pressable(drawn(seen(session)).blocks)
        enter(session, "60")
        added = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
        evidence = draft.facts.plus(added)
        checks = recheck_price_cuts(draft.findings or (), draft.parts, (), evidence, draft.brief)
        assert not [check for check in checks if is_price_unknown(check)]


def test_submitted_price_is_stored_and_the_draft_checked_again(sqlite: Database) -> None:
    cut = Check(rule="price cut", level="warn", words=UNKNOWN_PRICE, quote="-20 %")
    may_not, may = (
        POLICY.model_copy(update={"approval": ApprovalPolicy(approvers=approvers)})
        for approvers in ((BOSS,), (MARIE,))
    )

    def context(policy: Policy) -> Any:
        services = {"policy": lambda _: policy, "now": lambda: NOW, "enqueue": lambda *_: None}
        return SimpleNamespace(services=SimpleNamespace(**services))

    with sqlite.begin() as session:
        draft = about(drafted(session, cut))
        ref = ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
        form = ViewSubmission("T1", MARIE, {"private_metadata": ref})
        with pytest.raises(CannotDo):
            store_price(session, context(may_not), form, (Decimal(60), None))
        assert not list_product_facts(session, "T1", "linen-shirt", None, TODAY)
        store_price(session, context(may), form, (Decimal(60), None))
        (fact,) = list_product_facts(session, "T1", "linen-shirt", None, TODAY)
        assert (fact.value, fact.unit) == (Decimal("60.00"), "EUR")
        assert fact.id in {one.id for one in draft.facts.facts}
        assert not [check for check in draft.findings or () if is_price_unknown(check)]
    with sqlite.begin() as session:
        assert "product fact added" in session.scalars(select(JournalEntry.event)).all()


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("49,90 €", (Decimal("49.90"), "EUR")),
        ("£49.90", (Decimal("49.90"), "GBP")),
        ("49.90", (Decimal("49.90"), None)),
        ("49 or 50", None),
        ("20 %", None),
        ("cheap", None),
    ],
)
def test_entered_price_is_read_in_any_notation(typed: str, price: object) -> None:
    view = {"state": {"values": {"price": {"price": {"value": typed}}}}}
    assert read_price(view) == price


async def test_every_look_up_of_a_product_has_what_people_added(sqlite: Database) -> None:
    with sqlite.begin() as session:
        add(session, "Woven by hand.")

    def find(product: str, market: str | None) -> Sequence[Fact]:
        with sqlite.begin() as session:
            return list_product_facts(session, "T1", product, market, TODAY)

    shirt = Product(handle="linen-shirt", title="Linen Shirt", source="shop.csv", as_of=TODAY)
    data = WorkspaceData(CatalogueLibrary(lambda: [shirt]), sample, added_facts=find)
    asked = request("mail chemise", product="linen-shirt")
    found = await data.look_up("product", asked)
    assert "Woven by hand." in {fact.value for fact in found}


def test_details_list_added_facts_with_a_button_that_revokes(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = about(drafted(session))
        add(session)
        added = ProductFact.list_valid(session, "T1", "linen-shirt", None, TODAY)
        view = build_details_view(draft, "en", added)
    assert "Woven by hand." in text_of(view["blocks"])
    assert f"<@{BOSS}>" in text_of(view["blocks"])
    assert action_ids.REVOKE_FACT in str(view["blocks"])
