"""Findings on a draft's card: their order, their grouping, and how people say yes to them."""

from typing import Any

import pytest

from bot.approvals import decision
from bot.core.checks import Check, CheckLevel, group_checks
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.cards.draft_status import render_check, render_proof
from tests.conftest import NOW
from tests.support.card_scenes import (
    BOSS,
    MARIE,
    PASSES,
    POLICY,
    blocked,
    drafted,
    drawn,
    pressable,
    seen,
    text_of,
)
from tests.support.rows import Jobs


def check(level: CheckLevel, quote: str, text: str = "No source: {quote}", **more: Any) -> Check:
    words = Words(text, quote=Words("“{quote}”", quote=quote))
    return Check(rule="claim", level=level, words=words, quote=quote, override=True, **more)


def accept(session: Any, draft: Draft, by: str = BOSS) -> None:
    told: dict[str, Any] = {"fingerprint": draft.fingerprint, "policy": POLICY, "now": NOW}
    decision.accept_terms(session, Jobs(), draft, by=by, **told)


def approve(session: Any, draft: Draft, **more: Any) -> None:
    told = {"fingerprint": draft.fingerprint, "policy": POLICY, "now": NOW, **more}
    decision.approve(session, Jobs(), draft, by=BOSS, **told)


def test_findings_are_grouped_worst_first_and_told_once() -> None:
    checks = [
        check("info", "soft", "Worn out: {quote}"),
        check("warn", "lasts", "Not supported: {quote}"),
        check("block", "39 €"),
        check("block", "49 %"),
        check("block", "39 €"),
    ]
    lines = [one.words.to("en") for one in group_checks(checks)]
    assert lines == ["No source: “39 €”, “49 %”", "Not supported: “lasts”", "Worn out: “soft”"]


def test_same_words_are_named_once_and_wider_ones_beside_them() -> None:
    price = check("block", "39 €").model_copy(update={"rule": "price"})
    wider = check("warn", "Lasts a lifetime for 39 €", "Not supported: {quote}")
    same = check("warn", "39  €", "Not supported: {quote}")
    assert group_checks([wider, price, same]) == [price, wider]


def test_red_finding_asks_for_a_reason(sqlite: Database) -> None:
    with sqlite.begin() as session:
        drafted(session, blocked(), check("warn", "lasts"))
        found = pressable(drawn(seen(session)).blocks)
    assert action_ids.APPROVE_ANYWAY in found
    assert action_ids.APPROVE not in found


def test_amber_finding_takes_one_tap_without_a_dialog(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, check("warn", "lasts"))
        found = pressable(drawn(seen(session)).blocks)[action_ids.APPROVE]
        assert "confirm" not in found
        assert found["text"]["text"] == "I checked: approve"
        assert ButtonValue.unpack(found["value"]).pick == action_ids.CHECKED
        with pytest.raises(CannotDo, match="marked"):
            approve(session, draft)
        approve(session, draft, accepts=True)
        (accepted,) = draft.findings or ()
    assert (accepted.accepted_by, accepted.accepted_as) == (BOSS, "checked")


def test_grey_finding_needs_nothing(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, check("stated", "-20 %", "From the brief: {quote}."))
        message = drawn(seen(session))
        assert "From the brief: “-20 %”." in text_of(message.blocks)
        found = pressable(message.blocks)[action_ids.APPROVE]
        assert found["text"]["text"] == "Approve"
        approve(session, draft)


def test_approver_says_that_it_stands_in_the_terms(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, check("warn", "free returns"))
        assert action_ids.ACCEPT_TERMS in pressable(drawn(seen(session)).blocks)
        accept(session, draft)
        message = drawn(seen(session))
        assert f"<@{BOSS}> has checked this" in text_of(message.blocks)
        assert action_ids.ACCEPT_TERMS not in pressable(message.blocks)
        approve(session, draft)


def test_who_may_not_approve_accepts_nothing(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, check("warn", "free returns"))
        with pytest.raises(CannotDo):
            accept(session, draft, by=MARIE)
        assert draft.list_open_warnings()


def test_acceptance_of_another_text_is_refused(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, check("warn", "free returns"))
        with pytest.raises(CannotDo, match="changed"):
            decision.accept_terms(
                session, Jobs(), draft, by=BOSS, fingerprint="0" * 64, policy=POLICY, now=NOW
            )


def test_levels_of_old_rows_are_read(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session, *PASSES)
        draft.checks = (
            '[{"rule":"figure","level":"stated","words":{"text":"{figure} is stated by {who}, with '
            'no source.","params":{"figure":"20 %","who":"<@U1>"}},"quote":"20 %"},'
            '{"rule":"length","level":"warn","words":{"text":"Too long."}}]'
        )
        text = text_of(drawn(seen(session)).blocks)
    assert "20 % is stated by <@U1>, with no source." in text
    assert "Too long." in text


def test_old_warning_needs_no_yes(sqlite: Database) -> None:
    with sqlite.begin() as session:
        draft = drafted(session)
        draft.checks = '[{"rule":"length","level":"warn","words":{"text":"Too long."}}]'
        approve(session, draft)
        draft.checks = draft.checks.replace('"level"', '"accepted_by":null,"level"')
        assert draft.list_open_warnings()


def test_one_line_says_what_was_checked() -> None:
    figures = Words.count("{n} figure proven", "{n} figures proven", 4)
    claims = Words.count("{n} claim supported", "{n} claims supported", 3)
    passed = [
        Check(rule="figure", level="pass", words=figures),
        Check(rule="claim", level="pass", words=claims),
    ]
    assert "4 figures and 3 statements checked" in (render_proof(passed, "en") or "")
    unchecked = Check(
        rule="claims unchecked", level="info", words=Words("Claims not checked: no AI connected.")
    )
    line = render_proof([passed[0], unchecked], "en") or ""
    assert line.endswith("4 figures checked · Claims not checked: no AI connected.")


def test_words_that_a_line_names_already_are_not_quoted_again() -> None:
    words = Words("From the brief: {quote}. Approving confirms it.", quote="“yours”, “from today”")
    shown = render_check(
        Check(rule="claim", level="stated", words=words, quote="yours, from today"), "en"
    )
    assert shown.count("yours") == 1
