"""Which cards a task has, and how they are found."""

from sqlalchemy import text

from bot.audit.row_checks import require_unchanged_task
from bot.db import migrate
from bot.db.session import Database
from bot.drafts.models import Draft
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import list_cards
from tests.conftest import NOW
from tests.support.rows import Jobs, draft, parts, wish


def test_cards_of_all_pieces_are_found_and_those_of_no_other_task(database: Database) -> None:
    with database.begin() as session:
        first = draft(session, Jobs())
        draft(session, Jobs(), id="t10")
        for kind, id in (("card", "t1.1:card"), ("notice", "t1.0:line"), ("card", "t1.1:shared")):
            piece = id.partition(":")[0]
            told = {"workspace": "T1", "place": {}, "now": NOW}
            OutboxMessage.plan(session, id=id, kind=kind, piece=piece, **told)  # type: ignore[arg-type]
        Draft.store_new(
            session,
            workspace="T1",
            task="t1",
            number=1,
            request=first.skill_request,
            parts=parts(),
            hooks=(),
            evidence=first.facts,
            checks=(),
            writer="rules",
            by_rules=True,
            now=NOW,
        )
    with database.reads() as session:
        assert list_cards(session, "t1") == ["t1.0:card", "t1.1:card", "t1.1:shared"]
        assert list_cards(session, wish("t2").id) == []


def test_no_posts_of_other_tasks_are_read_on_postgres(postgres_url: str) -> None:
    database = Database(postgres_url)
    migrate.upgrade(database)
    with database.begin() as session:
        draft(session, Jobs())
    reads = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'posts'")
    with database.begin() as session:
        # A table this small would be read whole, index or not.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        before = session.scalar(reads)
        require_unchanged_task(session, "T1", "t1")
        assert list_cards(session, "t1") == ["t1.0:card"]
        assert session.scalar(reads) == before
    database.close()
