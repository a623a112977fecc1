"""Decisions about drafts: approve, send back, reject, edit."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from bot.approvals import decision
from bot.approvals.decision import Decision
from bot.config.policy import ApprovalPolicy, Policy
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo
from tests.conftest import NOW
from tests.support.rows import POLICY, Jobs, block, draft


def approve(database: Database, jobs: Jobs, by: str = "UMAX", **more: Any) -> None:
    told = {"policy": POLICY, "now": NOW, **more}
    with database.begin() as session:
        newest = Draft.latest(session, "t1.0")
        assert newest is not None
        told.setdefault("fingerprint", newest.fingerprint)
        decision.approve(session, jobs, newest, by=by, **told)


def made(database: Database, *checks: Any) -> tuple[Jobs, str]:
    jobs = Jobs()
    with database.begin() as session:
        return jobs, draft(session, jobs, *checks).fingerprint


def deliveries(database: Database, version: int = 1) -> list[str]:
    with database.begin() as session:
        return [d.state for d in Delivery.list_for_draft(session, f"t1.0.v{version}")]


def test_approval_queues_the_delivery(database: Database) -> None:
    jobs, _ = made(database)
    approve(database, jobs)
    assert deliveries(database) == ["queued"]
    assert jobs.of("deliver") == ["t1.0.v1:thread"]


def test_outsider_is_refused_and_told_who_may_approve(database: Database) -> None:
    jobs, _ = made(database)
    with pytest.raises(CannotDo, match="takes the right to approve"):
        approve(database, jobs, by="UOTTO")
    assert deliveries(database) == []


def test_author_may_not_approve(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMARIE", "UMAX")))
    with pytest.raises(CannotDo, match="somebody else has to approve"):
        approve(sqlite, jobs, by="UMARIE", policy=policy)


def test_author_may_approve_where_the_policy_allows_it(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMARIE",), author_may_approve=True))
    approve(sqlite, jobs, by="UMARIE", policy=policy)
    assert deliveries(sqlite) == ["queued"]


def test_nobody_may_approve_while_no_approver_is_named(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    with pytest.raises(CannotDo, match="No approver is named yet"):
        approve(sqlite, jobs, policy=Policy())


def test_approval_of_another_version_is_refused(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    with pytest.raises(CannotDo, match="changed after you opened it"):
        approve(sqlite, jobs, fingerprint="0" * 64)


def test_edit_voids_earlier_approvals(database: Database) -> None:
    jobs, seen = made(database)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA"), needed=2))
    approve(database, jobs, policy=policy)
    with database.begin() as session:
        newest = session.get_one(Draft, "t1.0.v1")
        edited = decision.revise(
            session,
            jobs,
            newest,
            by="UPAUL",
            fingerprint=seen,
            texts={"body": "Linen breathes on hot days."},
            policy=policy,
            now=NOW,
        )
        edited.store_checks(session, jobs, (), edited.facts, NOW)
    approve(database, jobs, by="ULEA", policy=policy)
    assert deliveries(database, 2) == []
    approve(database, jobs, by="UMAX", policy=policy)
    assert deliveries(database, 2) == ["queued"]


def test_edited_version_waits_for_its_checks(sqlite: Database) -> None:
    jobs, seen = made(sqlite)
    with sqlite.begin() as session:
        row = session.get_one(Draft, "t1.0.v1")
        texts = {"body": "Other words."}
        decision.revise(
            session,
            jobs,
            row,
            by="UPAUL",
            fingerprint=seen,
            texts=texts,
            policy=POLICY,
            now=NOW,
        )
    assert jobs.of("check") == ["t1.0.v2"]
    with pytest.raises(CannotDo, match="still being checked"):
        approve(sqlite, jobs)


def test_blocking_check_needs_a_reason_that_is_stored(sqlite: Database) -> None:
    jobs, _ = made(sqlite, block())
    with pytest.raises(CannotDo, match="say why"):
        approve(sqlite, jobs)
    approve(sqlite, jobs, reason="The price list of today says so")
    with sqlite.begin() as session:
        (said,) = Decision.list_for_draft(session, "t1.0.v1")
        assert said.reason == "The price list of today says so"


def test_final_check_cannot_be_overridden(sqlite: Database) -> None:
    jobs, _ = made(sqlite, block(override=False))
    with pytest.raises(CannotDo, match="can't be approved"):
        approve(sqlite, jobs, reason="please")


def test_two_approvals_at_once_give_one_delivery(
    database: Database,
) -> None:
    jobs, _ = made(database)

    def click(by: str) -> str:
        try:
            approve(database, jobs, by=by)
        except CannotDo as reason:
            return reason.words.to("en")
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(click, ["UMAX", "ULEA"], timeout=20))
    assert answers[0].startswith("Already approved by <@U")
    assert answers[1] == "approved"
    assert deliveries(database) == ["queued"]


def test_approval_after_a_send_back_is_refused(sqlite: Database) -> None:
    jobs, seen = made(sqlite)
    with sqlite.begin() as session:
        row = session.get_one(Draft, "t1.0.v1")
        decision.send_back(
            session,
            jobs,
            row,
            by="UMARIE",
            fingerprint=seen,
            reason="shorter",
            policy=POLICY,
            now=NOW,
        )
    with pytest.raises(CannotDo, match="Already sent back by <@UMARIE>"):
        approve(sqlite, jobs)


def test_outsider_may_not_reject(sqlite: Database) -> None:
    jobs, seen = made(sqlite)
    with sqlite.begin() as session, pytest.raises(CannotDo, match="Only whoever asked"):
        decision.send_back(
            session,
            jobs,
            session.get_one(Draft, "t1.0.v1"),
            by="UOTTO",
            fingerprint=seen,
            reason="no",
            policy=POLICY,
            now=NOW,
            verdict="reject",
        )


def revise(database: Database, jobs: Jobs, seen: str) -> Draft:
    with database.begin() as session:
        return decision.revise(
            session,
            jobs,
            session.get_one(Draft, "t1.0.v1"),
            by="UPAUL",
            fingerprint=seen,
            texts={"body": "Later words."},
            policy=POLICY,
            now=NOW,
        )


def test_edit_stops_the_queued_delivery(database: Database) -> None:
    jobs, seen = made(database)
    approve(database, jobs)
    assert revise(database, jobs, seen).version == 2
    assert deliveries(database) == ["stopped"]
    with database.begin() as session:
        delivery = session.get_one(Delivery, "t1.0.v1:thread")
        assert not delivery.mark_sending(session, session.get_one(Draft, "t1.0.v1"))


def test_sent_draft_cannot_be_edited(database: Database) -> None:
    jobs, seen = made(database)
    approve(database, jobs)
    with database.begin() as session:
        delivery = session.get_one(Delivery, "t1.0.v1:thread")
        assert delivery.mark_sending(session, session.get_one(Draft, "t1.0.v1"))
    with pytest.raises(CannotDo, match="already gone out"):
        revise(database, jobs, seen)


def test_delivery_of_a_changed_text_is_refused(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    approve(sqlite, jobs)
    with sqlite.begin() as session:
        delivery = session.get_one(Delivery, "t1.0.v1:thread")
        row = session.get_one(Draft, "t1.0.v1")
        row.fingerprint = "0" * 64
        with pytest.raises(CannotDo, match="not the words that were approved"):
            delivery.mark_sending(session, row)


def test_text_changed_in_the_database_is_neither_approved_nor_sent(sqlite: Database) -> None:
    """The row was changed outside the application, before or after its approval."""
    jobs, seen = made(sqlite)
    swap = text("UPDATE drafts SET canonical = replace(canonical, 'breathes', 'cools')")
    back = text("UPDATE drafts SET canonical = replace(canonical, 'cools', 'breathes')")
    with sqlite.begin() as session:
        session.execute(swap)
    with pytest.raises(CannotDo, match="not those that were drafted"):
        approve(sqlite, jobs, fingerprint=seen)
    with sqlite.begin() as session:
        session.execute(back)
    approve(sqlite, jobs, fingerprint=seen)
    with sqlite.begin() as session:
        session.execute(swap)
    with sqlite.begin() as session:
        delivery = session.get_one(Delivery, "t1.0.v1:thread")
        with pytest.raises(CannotDo, match="changed outside Super-Intern"):
            delivery.mark_sending(session, session.get_one(Draft, "t1.0.v1"))


def test_only_named_editors_may_edit(sqlite: Database) -> None:
    jobs, seen = made(sqlite)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMAX",), editors=("UPAUL",)))
    with sqlite.begin() as session, pytest.raises(CannotDo, match="not edit it"):
        decision.revise(
            session,
            jobs,
            session.get_one(Draft, "t1.0.v1"),
            by="UOTTO",
            fingerprint=seen,
            texts={"body": "Mine."},
            policy=policy,
            now=NOW,
        )
    for person in ("UMAX", "UPAUL", "UMARIE"):
        assert policy.may_edit(person, author="UMARIE")


def edited(database: Database, jobs: Jobs, by: str, text: str, policy: Policy) -> None:
    with database.begin() as session:
        newest = Draft.latest(session, "t1.0")
        assert newest is not None
        made = decision.revise(
            session,
            jobs,
            newest,
            by=by,
            fingerprint=newest.fingerprint,
            texts={"body": text},
            policy=policy,
            now=NOW,
        )
        made.store_checks(session, jobs, (), made.facts, NOW)


def test_editor_may_not_approve_after_a_small_edit_by_somebody_else(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA")))
    edited(sqlite, jobs, "UMAX", "Linen breathes on hot days.", policy)
    edited(sqlite, jobs, "UPAUL", "Linen breathes, on hot days.", policy)
    with pytest.raises(CannotDo, match="somebody else has to approve"):
        approve(sqlite, jobs, by="UMAX", policy=policy)
    approve(sqlite, jobs, by="ULEA", policy=policy)
    assert deliveries(sqlite, 3) == ["queued"]


def test_editor_may_approve_after_another_approved_the_edit(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA"), needed=2))
    edited(sqlite, jobs, "UMAX", "Linen breathes on hot days.", policy)
    approve(sqlite, jobs, by="ULEA", policy=policy)
    edited(sqlite, jobs, "UPAUL", "Linen breathes, on hot days.", policy)
    approve(sqlite, jobs, by="UMAX", policy=policy)
    approve(sqlite, jobs, by="ULEA", policy=policy)
    assert deliveries(sqlite, 3) == ["queued"]


def test_single_approver_may_approve_own_edits(sqlite: Database) -> None:
    jobs, _ = made(sqlite)
    policy = Policy(approval=ApprovalPolicy(approvers=("UMARIE",), author_may_approve=True))
    edited(sqlite, jobs, "UMARIE", "Linen breathes on hot days.", policy)
    edited(sqlite, jobs, "UMARIE", "Linen breathes, on hot days.", policy)
    approve(sqlite, jobs, by="UMARIE", policy=policy)
    assert deliveries(sqlite, 3) == ["queued"]


@pytest.mark.parametrize("second", ["UMAX", "ULEA"])
def test_draft_stays_open_when_the_policy_needs_fewer_approvals_later(
    sqlite: Database, second: str
) -> None:
    jobs, _ = made(sqlite)
    two = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA"), needed=2))
    one = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA")))
    approve(sqlite, jobs, by="UMAX", policy=two)
    with sqlite.begin() as session:
        assert decision.compute_status(Decision.list_for_draft(session, "t1.0.v1"), one) == "open"
    assert deliveries(sqlite) == []
    approve(sqlite, jobs, by=second, policy=one)
    with sqlite.begin() as session:
        assert (
            decision.compute_status(Decision.list_for_draft(session, "t1.0.v1"), one) == "approved"
        )
    assert deliveries(sqlite) == ["queued"]


def test_draft_reopens_when_the_policy_needs_more_approvals_before_sending(
    sqlite: Database,
) -> None:
    jobs, _ = made(sqlite)
    approve(sqlite, jobs, by="UMAX", policy=Policy(approval=ApprovalPolicy(approvers=("UMAX",))))
    more = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA"), needed=2))
    with sqlite.begin() as session:
        assert decision.compute_status(Decision.list_for_draft(session, "t1.0.v1"), more) == "open"
