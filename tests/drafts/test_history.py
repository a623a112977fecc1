"""The version history of a draft."""

from sqlalchemy.orm import Session

from bot.core.facts import Evidence
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.tasks.conversation import SlackMessage, ThreadReading, load_conversation
from bot.tasks.draft_versions import list_kept_passages, list_version_history
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


def test_what_people_wrote_stays_theirs_when_a_later_version_sets_it_in_type(
    sqlite: Database,
) -> None:
    with sqlite.begin() as session:
        first = draft(session, Jobs())
        typed = {"body": "La voilà : Alba. Linen breathes."}
        edited = first.edit(session, Jobs(), by="UPETE", texts=typed, now=NOW)
        later = sent_back(edited, session, "t2", "La voilà\u00a0: Alba. Linen breathes.")
        last = sent_back(later, session, "t3", "Linen breathes. La voilà\u00a0: Alba.")
        assert [one.text for one in list_kept_passages(session, last)] == ["La voilà\u00a0: Alba."]


def test_what_an_edit_leaves_of_a_sentence_is_not_their_writing(sqlite: Database) -> None:
    with sqlite.begin() as session:
        first = draft(session, Jobs())
        long = sent_back(first, session, "t2", "Today, it dries in an hour: no more ironing.")
        texts = {"body": "It dries in an hour. Ours alone."}
        edited = long.edit(session, Jobs(), by="UPETE", texts=texts, now=NOW)
        assert [one.text for one in list_kept_passages(session, edited)] == ["Ours alone."]


def test_an_opening_that_a_person_picks_is_not_their_writing(sqlite: Database) -> None:
    with sqlite.begin() as session:
        first = draft(session, Jobs())
        opening = first.other_hooks[0].text
        texts = {"body": f"{opening}. La voilà."}
        edited = first.edit(session, Jobs(), by="UPETE", texts=texts, now=NOW)
        assert [one.text for one in list_kept_passages(session, edited)] == ["La voilà."]


def test_a_thread_has_the_newest_version_of_a_draft_with_its_earlier_pieces(
    sqlite: Database,
) -> None:
    pieces = ("t3.0", "t2.0", "t1.0")  # the newest first
    with sqlite.begin() as session:
        first = draft(session, Jobs())
        second = sent_back(first, session, "t2", "It dries in an hour.")
        third = sent_back(second, session, "t3", "Dry in an hour.")
        Task.accept(
            session, Jobs(), wish("t4", previous=third.id, reason="flat"), NOW
        )  # no text yet
        Task.accept(session, Jobs(), wish("t5"), NOW)
        thread = ThreadReading((SlackMessage("v1", piece="t1.0"),), pieces)
        found = load_conversation(session, session.get_one(Task, "t5"), thread)
        (newest,) = found.drafts
        assert (newest.id, set(newest.earlier)) == (third.id, {"t1.0", "t2.0"})
