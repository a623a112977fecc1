"""Facts of a digest from our own tables."""

from datetime import timedelta
from decimal import Decimal

from bot.approvals import decision
from bot.core.facts import Evidence, Fact
from bot.core.request import Brief, SkillRequest
from bot.db.session import Database
from bot.digests.history import (
    list_waiting_channels,
    load_previous_facts,
    load_thread_drafts,
    load_waiting_drafts,
    load_work_facts,
)
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft
from bot.messages.outbox import OutboxMessage
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.support.rows import POLICY, Jobs, draft, parts, wish

WEEK = timedelta(days=7)


def fact(id: str, value: str) -> Fact:
    number = Decimal(value) if value[:1].isdigit() else value
    return Fact(
        id=id, label="x", about="late parcels", value=number, source="f.csv", as_of=NOW.date()
    )


def digest(database: Database, id: str, *facts: Fact, private: bool = False) -> None:
    """Store a digest with the name weekly that was made now."""
    form = {"skill": "digest", "digest": "weekly"}
    with database.begin() as session:
        Task.accept(session, Jobs(), wish(id, private=private, form=form), NOW)
        brief = Brief(words="What moved", author="UMARIE", language="en")
        Draft.store_new(
            session,
            workspace="T1",
            task=id,
            number=0,
            request=SkillRequest(skill="digest", brief=brief),
            parts=parts(),
            hooks=(),
            evidence=Evidence(facts=facts),
            checks=(),
            writer="rules",
            by_rules=True,
            now=NOW,
        )


LATE = (
    fact("feedback.delivery-late.share-now", "16.1"),
    fact("feedback.delivery-late.verdict", "confirmed"),
    fact("feedback.colour.share-now", "2.0"),
    fact("feedback.colour.verdict", "no change seen"),
)


def said(database: Database, name: str = "weekly") -> list[str]:
    with database.begin() as session:
        return [one.id for one in load_previous_facts(session, "T1", name, NOW + WEEK)]


def test_only_graded_findings_of_the_last_digest_are_loaded(database: Database) -> None:
    digest(database, "d1", *LATE)
    assert said(database) == [
        "before.feedback--delivery-late.share-now",
        "before.feedback--delivery-late.verdict",
    ]
    assert said(database, "another") == []


def test_previews_and_digests_of_the_same_day_are_ignored(database: Database) -> None:
    digest(database, "d1", *LATE, private=True)
    assert said(database) == []
    digest(database, "d2", *LATE)
    with database.begin() as session:
        assert load_previous_facts(session, "T1", "weekly", NOW + timedelta(minutes=1)) == ()


def counted(database: Database, *, later: timedelta = timedelta(0)) -> dict[str, Decimal | str]:
    with database.begin() as session:
        found = load_work_facts(session, "T1", POLICY, "en", NOW + later)
    return {one.id.removeprefix("work."): one.value for one in found}


def test_open_and_finished_work_is_counted(database: Database) -> None:
    with database.begin() as session:
        for id in ("t1", "t2", "t3"):
            draft(session, Jobs(), id=id)
        draft(session, Jobs(), id="t4", private=True)
        first = session.get_one(Draft, "t1.0.v1")
        decision.approve(
            session, Jobs(), first, by="UMAX", fingerprint=first.fingerprint, policy=POLICY, now=NOW
        )
        second = session.get_one(Draft, "t2.0.v1")
        decision.send_back(
            session,
            Jobs(),
            second,
            by="UMAX",
            fingerprint=second.fingerprint,
            reason="shorter",
            policy=POLICY,
            now=NOW,
        )
    assert counted(database, later=timedelta(days=3)) == {
        "queue.waiting": 1,
        "queue.oldest": 3,
        "week.drafted": 3,
        "week.approved": 1,
        "week.sent-back": 1,
        "week.rejected": 0,
        "week.delivered": 0,
    }
    assert counted(database, later=timedelta(days=8))["week.drafted"] == 0


def test_other_workspaces_are_not_counted(database: Database) -> None:
    with database.begin() as session:
        draft(session, Jobs(), id="t1", workspace="T2")
        session.get_one(Draft, "t1.0.v1").workspace = "T2"
    assert counted(database)["queue.waiting"] == 0


def test_drafts_of_a_thread_are_named_with_their_state(database: Database) -> None:
    with database.begin() as session:
        for id in ("t1", "t2"):
            draft(session, Jobs(), id=id)
        second = session.get_one(Draft, "t2.0.v1")
        decision.approve(
            session,
            Jobs(),
            second,
            by="UMAX",
            fingerprint=second.fingerprint,
            policy=POLICY,
            now=NOW,
        )
    newest_first = ["t2.0", "t1.0"]
    with database.begin() as session:
        facts = load_thread_drafts(session, newest_first, policy=POLICY, language="en", now=NOW)
    assert [fact.id for fact in facts] == ["thread.draft-1.state", "thread.draft-2.state"]
    assert [fact.value for fact in facts] == ["waits for approval", "approved"]
    assert all(fact.about for fact in facts)


def list_waiting(
    database: Database, viewer: Viewer, approver: str | None = None, besides: tuple[str, ...] = ()
) -> list[tuple[str, bool]]:
    """Return the texts that wait, and whether each waits for the approver."""
    with database.begin() as session:
        facts = load_waiting_drafts(
            session,
            viewer,
            approver=approver,
            besides=besides,
            policy=POLICY,
            language="en",
            now=NOW,
        )
    return [(fact.about, "your approval" in str(fact.value)) for fact in facts]


def test_drafts_that_wait_are_those_that_the_reader_may_see(database: Database) -> None:
    shown = {"t1": "CSHOP", "t2": "CBOARD", "t3": "CSHOP", "t4": "CSHOP", "t5": "D1"}
    authors = {"t4": "UMAX"}
    with database.begin() as session:
        for id, channel in shown.items():
            words, author = parts(subject=id), authors.get(id, "UMARIE")
            draft(session, Jobs(), id=id, words=words, author=author, private=channel == "D1")
            card = session.get_one(OutboxMessage, f"{id}.0:card")
            card.channel, card.ts = channel, id
        decided = session.get_one(Draft, "t3.0.v1")
        seen = decided.fingerprint
        decision.approve(
            session, Jobs(), decided, by="UMAX", fingerprint=seen, policy=POLICY, now=NOW
        )
        assert list_waiting_channels(session, "T1", POLICY, NOW) == {"CSHOP", "CBOARD"}
    readers = Viewer("T1", "", frozenset({"CSHOP"}))
    assert list_waiting(database, readers) == [("t1", False), ("t4", False)]
    max_alone = Viewer("T1", "UMAX", frozenset({"CSHOP"}))
    assert list_waiting(database, max_alone, "UMAX") == [("t1", True), ("t4", False)]
    assert list_waiting(database, max_alone, "UMAX", ("t1.0",)) == [("t4", False)]
    marie_alone = Viewer("T1", "UMARIE")
    assert list_waiting(database, marie_alone) == [("t1", False), ("t2", False)]
    with database.begin() as session:
        (none,) = load_waiting_drafts(
            session,
            Viewer("T2", "", frozenset({"CSHOP"})),
            approver=None,
            besides=(),
            policy=POLICY,
            language="en",
            now=NOW,
        )
    assert none.id == "work.queue.waiting"
    assert not int(none.value), "said, so that it can be told"
