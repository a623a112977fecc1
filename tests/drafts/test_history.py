"""The version history of a draft."""

from sqlalchemy.orm import Session

from bot.core.facts import Evidence
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.tasks.draft_versions import list_version_history
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.support.rows import Jobs, draft, parts, wish


def sent_back(before: Draft, session: Session, id: str, body: str) -> Draft:
    Task.accept(session, Jobs(), wish(id, previous=before.id, reason="flat"), NOW)
    Draft.store_new(
        session,
        workspace="T1",
        task=id,
        number=0,
        request=before.skill_request,
        parts=parts(body=body),
        hooks=(),
        evidence=Evidence(),
        checks=(),
        writer="rules",
        by_rules=True,
        now=NOW,
        before=before,
    )
    return session.get_one(Draft, f"{id}.0.v{before.version + 1}")


def test_history_begins_with_the_versions_sent_back(sqlite: Database) -> None:
    with sqlite.begin() as session:
        first = draft(session, Jobs())
        second = first.edit(session, Jobs(), by="UPETE", texts={"body": "Linen dries."}, now=NOW)
        third = sent_back(second, session, "t2", "It dries in an hour.")
        fourth = sent_back(third, session, "t3", "An hour, and it is dry.")
        said = [(one.version, one.parts[1].text) for one in list_version_history(session, fourth)]
    assert said == [
        (1, "Linen breathes."),
        (2, "Linen dries."),
        (3, "It dries in an hour."),
        (4, "An hour, and it is dry."),
    ]


def test_edits_after_the_send_back_are_left_out(sqlite: Database) -> None:
    with sqlite.begin() as session:
        first = draft(session, Jobs())
        second = sent_back(first, session, "t2", "It dries in an hour.")
        first.edit(session, Jobs(), by="UPETE", texts={"body": "Too late."}, now=NOW)
        assert [one.id for one in list_version_history(session, second)] == [first.id, second.id]
