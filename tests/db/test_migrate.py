"""Database migrations."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from bot.app import Container
from bot.config.settings import Settings
from bot.db import migrate
from bot.db.models import TABLES
from bot.db.session import Database
from bot.digests.models import Alert
from bot.jobs.engine import Engine
from bot.tasks.models import Task
from tests.jobs.test_engine import FAST, launched, now
from tests.support.empty_databases import REAL_UPGRADE
from tests.support.rows import wish


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _no_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the migrations themselves, from an empty file on."""
    monkeypatch.setattr(migrate, "upgrade", REAL_UPGRADE)


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_upgrade_creates_every_table(empty_database: Database) -> None:
    assert migrate.upgrade(empty_database)
    assert set(TABLES.tables) <= tables(empty_database)


def test_migrated_schema_matches_the_models(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.engine.begin() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, TABLES) == []


def test_second_upgrade_does_nothing(database: Database) -> None:
    assert not migrate.upgrade(database)


def test_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    """Each opens the old file; those that waited for the first find nothing left to do."""
    old = Database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate.upgrade(old, "0015")
    old.close()
    databases = [Database(f"sqlite:///{tmp_path / 'x.db'}") for _ in range(4)]
    begin, newest = threading.Barrier(len(databases)), migrate.find_newest_revision()
    assert newest is not None

    def upgrade(database: Database) -> bool:
        begin.wait(60)
        return migrate.upgrade(database, newest)

    with ThreadPoolExecutor(len(databases)) as pool:
        assert sorted(pool.map(upgrade, databases)) == [False, False, False, True]
    assert {migrate.read_revision(database) for database in databases} == {newest}
    for database in databases:
        database.close()


def test_sqlite_file_is_copied_before_the_upgrade(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate.upgrade(database)
    migrate.back_up_database(database, "0001")
    assert (tmp_path / "x.db.before-0001").stat().st_size > 0
    database.close()


NEXT = '''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade() -> None:
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("more", sa.String(), nullable=True))
'''


async def test_pending_job_finishes_after_the_upgrade(database: Database, tmp_path: Path) -> None:
    first = await launched(database)  # makes the engine's own tables
    await first.engine.close()
    closed = Engine(database, now, FAST)
    await database.run(lambda s: Task.accept(s, closed.enqueue, wish("t1"), now()))
    await closed.close()

    scripts = tmp_path / "versions"
    shutil.copytree(migrate.VERSIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "v9999.py").write_text(NEXT.format(newest=migrate.find_newest_revision()))
    assert migrate.upgrade(database, scripts=scripts)
    columns = {column["name"] for column in inspect(database.engine).get_columns("tasks")}
    assert "more" in columns

    second = await launched(database)
    await second.until(lambda: second.done == ["t1"])
    await second.engine.close()


def test_alert_feedback_survives_the_upgrade(empty_database: Database) -> None:
    migrate.upgrade(empty_database, "0008")
    with empty_database.engine.begin() as connection:
        for name, channel, alerts in (("a", "C0", False), ("b", "C1", True), ("c", "C2", True)):
            connection.execute(
                text(
                    "INSERT INTO schedules (workspace, name, state, owner, place, weekday, hour, "
                    "minute, zone, language, sections, only_when_moved, alerts, since) VALUES "
                    "('T1', :name, 'on', 'U1', :place, 0, 9, 0, 'UTC', 'en', '[]', :no, :alerts, "
                    "'2026-11-01 00:00:00+00:00')"
                ),
                {
                    "name": name,
                    "place": f'{{"channel": "{channel}"}}',
                    "no": False,
                    "alerts": alerts,
                },
            )
        connection.execute(
            text(
                "INSERT INTO alerts (workspace, series, muted, bar, p, told_at) VALUES "
                "('T1', 'funnel.x', :yes, 0.001, 0.01, '2026-11-20 00:00:00+00:00')"
            ),
            {"yes": True},
        )
    migrate.upgrade(empty_database)
    with empty_database.begin() as session:
        row = session.scalars(select(Alert)).one()
        assert (row.spot, row.muted, row.bar) == ("C1", True, 0.001)


async def test_processes_that_start_together_migrate_once(
    postgres_url: str, tmp_path: Path
) -> None:
    environ = {"DATABASE_URL": postgres_url, "SUPER_INTERN_HOME": str(tmp_path)}
    containers = [Container(Settings.read(environ)) for _ in range(3)]
    changed = await asyncio.gather(*(container.migrate() for container in containers))
    assert sorted(changed) == [False, False, True]
    for container in containers:
        container.database.close()
