"""What all tests share: real databases, no network but loopback, a clock that stands still."""

import contextlib
import gc
import importlib
import itertools
import os
import shutil
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings
from slack_sdk.http_retry.builtin_interval_calculators import BackoffRetryIntervalCalculator
from sqlalchemy import Engine, event

from bot.data.warehouse import query
from bot.db import migrate
from bot.db.session import Database
from bot.slack import users
from tests.slack.bench import Bench, bench_of
from tests.support.empty_databases import (
    create_postgres,
    create_sqlite,
    share_compiled_statements,
    upgrade_from_template,
)
from tests.support.paths import ROOT
from tests.support.postgres import start_postgres
from tests.support.processes import kill_leftovers

# Where compiled files are not kept, every process that a test starts would compile the product.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Every commit waits for the disk, which takes longer than most tests, so temporary files are kept
# in memory where there is room.
IN_MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30
if (
    "TMPDIR" not in os.environ
    and IN_MEMORY.is_dir()
    and min(shutil.disk_usage(IN_MEMORY).free, psutil.virtual_memory().available) > ROOM
):
    tempfile.tempdir = os.environ["TMPDIR"] = str(IN_MEMORY)

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
    with start_postgres() as address:
        yield address


@pytest.fixture(scope="module", autouse=True)
def no_leftovers() -> Iterator[None]:
    yield
    kill_leftovers()


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
def bare_environment(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """No setting of the machine's reaches a test. Its home is a folder that is not there yet."""
    for name in [*os.environ]:
        if name.startswith(("SLACK_", "ANTHROPIC_", "SUPER_INTERN_", "DATABASE_URL")):
            monkeypatch.delenv(name)
    if "tmp_path" in request.fixturenames:
        home = request.getfixturevalue("tmp_path") / "home"
    else:  # most tests need no folder of their own, and making one costs more than they do
        home = tmp_path_factory.getbasetemp() / f"home-{next(HOME_NUMBERS)}"
    monkeypatch.setenv("SUPER_INTERN_HOME", str(home))


HOME_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def migrated_template() -> Iterator[None]:
    """The migrations of a new SQLite file run once; `tests/db/test_migrate.py` runs them itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "upgrade", upgrade_from_template)
        yield


@pytest.fixture(scope="session", autouse=True)
def rendered_queries() -> Iterator[None]:
    """Keep the SQL of all queries: files of tests ask many of the same, far apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(query, "MOST_RENDERED", 10_000)
        yield


@pytest.fixture(scope="session", autouse=True)
def short_waits_for_slack() -> Iterator[None]:
    """What Slack could not answer is asked again at once instead of after a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            BackoffRetryIntervalCalculator, "calculate_sleep_duration", lambda _, attempt: 0.02
        )
        patch.setattr(users, "RETRY_SECONDS", 0.02)
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    event.listen(Engine, "engine_connect", share_compiled_statements)
    yield
    event.remove(Engine, "engine_connect", share_compiled_statements)


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
# tests touch too. `make test` leaves them out, `make test-all` runs them. Where only the number of
# cases makes a test long, it is marked `sample` instead.
SLOW_FILES = (
    "tests/data/warehouse/test_external_warehouse.py",
    "tests/data/warehouse/test_hanging_query.py",
    "tests/digests/test_alert_on_import.py",
    "tests/digests/test_sent_campaign_in_digest.py",
    "tests/e2e/test_arrivals.py",
    "tests/e2e/test_digest.py",
    "tests/e2e/test_page.py",
    "tests/e2e/test_readers.py",
    "tests/e2e/test_results.py",
    "tests/e2e/test_talk.py",
    "tests/e2e/test_trouble.py",
    "tests/handlers/test_answer_under_digest.py",
    "tests/jobs/test_kill.py",
    "tests/jobs/test_suspects.py",
)
SLOW_SECONDS = 900  # that one long test may take
# Files whose tests share the results of the analyses of the sample shop, in one process.
SAMPLE_SHOP_FILES = (
    "tests/agent/test_examples.py",
    "tests/agent/test_metric_tools.py",
    "tests/agent/test_tool_contracts.py",
    "tests/agent/tools/",
    "tests/data/test_planted_findings.py",
    "tests/handlers/",
)
# Where the longest files are. They start first, so that no process waits for one at the end.
LONG_FIRST = (
    "tests/security/test_small_groups.py",
    "tests/security/test_questions_small_groups.py",
    *SAMPLE_SHOP_FILES,
    "tests/e2e/",
    "tests/jobs/",
    "tests/security/",
    "tests/docs/",
    "tests/playground/test_play_command.py",
    "tests/digests/",
    "tests/slack/",
)


def pytest_configure(config: pytest.Config) -> None:
    """Try as many generated examples as there is time for. How quickly they are made depends on
    what else the machine does, so that is no fault."""
    settings.register_profile(
        "quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100)
    settings.load_profile("quick" if config.option.markexpr == "not slow" else "thorough")


def pytest_collection(session: pytest.Session) -> None:
    """Let each process of a whole run import other tests first. In a fresh copy of the project all
    processes would otherwise compile all tests, each at the same time as the others."""
    worker: dict[str, Any] = getattr(session.config, "workerinput", {})
    if worker and session.config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        number, processes = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
        for path in sorted(ROOT.glob("tests/**/test_*.py"))[number::processes]:
            with contextlib.suppress(Exception):  # collecting it will report it
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark long tests, and keep the tests of a file in one process: they share what they make."""
    cases: Counter[str] = Counter()  # by test function
    for item in items:
        file = item.nodeid.partition("::")[0]
        function = item.nodeid.partition("[")[0]
        sample = item.get_closest_marker("sample")
        left_out = sample is not None and cases[function] % sample.args[0] != 0
        cases[function] += 1
        if left_out or file.startswith(SLOW_FILES):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))
        if not item.get_closest_marker("xdist_group"):
            shared = file.startswith(SAMPLE_SHOP_FILES)
            item.add_marker(pytest.mark.xdist_group("sample shop" if shared else file))
    items.sort(key=lambda item: _turn(item.nodeid))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives to the end of the run: the modules and the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_sessionfinish() -> None:
    """Collect the tests' garbage once. pytest collects it five times afterwards, which takes
    seconds with all that the tests have cached."""
    gc.collect()
    gc.freeze()


def _turn(nodeid: str) -> int:
    found = (n for n, prefix in enumerate(LONG_FIRST) if nodeid.startswith(prefix))
    return next(found, len(LONG_FIRST))
