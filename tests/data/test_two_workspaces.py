"""Two workspaces of one home do not see each other's data."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app import Container
from bot.audit.receipt import Receipt
from bot.config.clock import now
from bot.config.policy import Policy
from bot.config.settings import Settings
from bot.core.writer import LlmCall
from bot.data.analyses.result import AnalysisFilter
from bot.data.ingest.watch_folder import WatchFolder
from bot.db.workspace import Workspace
from bot.digests.history import DigestHistory, load_work_facts
from bot.digests.models import DAILY, Schedule
from bot.slack.views.home import load_home_lines
from bot.tasks.models import Task
from tests.support.rows import Jobs, compute_spent, count_entries, wish

BOTH, KINDS = ("T1", "T2"), ("segments", "trends")
NAMES = {"T1": "ALBA", "T2": "BRUMA"}
NEWEST = {"T1": date(2026, 11, 22), "T2": date(2026, 11, 21)}
TOTALS = {"T1": 60, "T2": 90}
HEAD = "order,date,customer,product,quantity,total,currency"


def orders(workspace: str) -> str:
    rows = (
        f"{workspace}-{n},{NEWEST[workspace] - timedelta(2 * n)},c{n % 7},{NAMES[workspace]},"
        f"1,{n + 20}.00,EUR"
        for n in range(TOTALS[workspace])
    )
    return "\n".join([HEAD, *rows]) + "\n"


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    """Both send a file of one name into their own folder, ask a thing and have a digest called
    weekly."""
    monkeypatch.setattr("bot.data.ingest.watch_folder.QUIET_SECONDS", -1.0)
    container = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    (tmp_path / "home" / "policy.toml").write_text("[library]\nkeep_originals = true\n")
    for one in BOTH:
        with container.database.begin() as session:
            Workspace.ensure(session, one, now())
        folder = WatchFolder(container).folder / one
        folder.mkdir(parents=True)
        (folder / "orders.csv").write_text(orders(one))
    WatchFolder(container).process()
    for one in BOTH:
        with container.database.begin() as session:
            Task.accept(session, Jobs(), wish(one, workspace=one, words=NAMES[one]), now())
            told: dict[str, Any] = {"workspace": one, "name": "weekly", "owner": "UMARIE"}
            told |= {"place": {"channel": f"C{one}"}, "weekday": DAILY, "hour": 9, "minute": 0}
            told |= {"zone": "Europe/Paris", "language": "en", "sections": [NAMES[one]]}
            told |= {"about": NAMES[one], "only_when_moved": False, "alerts": False}
            Schedule.save(session, now(), **told)
            Receipt.record(
                session,
                workspace=one,
                task=one,
                sent=LlmCall(writer="claude", sent=NAMES[one], to="x:1", usd=TOTALS[one], at=now()),
            )
    yield container
    container.database.close()


def other(one: str) -> str:
    return NAMES["T2" if one == "T1" else "T1"]


@pytest.mark.parametrize("one", BOTH)
@pytest.mark.sample(2)
def test_rows_and_results_are_separate(container: Container, one: str) -> None:
    assert container.row_store.open(one).listed["orders"].rows == TOTALS[one]
    for again in (False, True):  # the second time it is read from the disk
        for kind in KINDS:
            facts = container.library(one).findings(kind, AnalysisFilter()).facts
            assert other(one) not in repr(facts), again
    files = list((container.settings.home / "library" / one / "findings").rglob("*.json"))
    assert len(files) == len(KINDS)
    kept = "".join(path.read_text() for path in files)
    assert kept.count(f'"as_of": "{NEWEST[one]}"') == len(KINDS)
    assert other(one) not in kept
    inbox = WatchFolder(container).folder
    taken = {path.read_text() for path in inbox.rglob("orders*.csv")}
    assert taken == {orders(each) for each in BOTH}  # under one name, neither over the other


@pytest.mark.parametrize("one", BOTH)
@pytest.mark.sample(2)
def test_removing_rows_of_other_workspace_changes_nothing(container: Container, one: str) -> None:
    gone = "T2" if one == "T1" else "T1"
    (source,) = container.row_store.sources(gone)["orders"]
    container.row_store.forget(gone, "orders", source)
    assert container.row_store.open(one).listed["orders"].rows == TOTALS[one]
    assert "orders" not in container.row_store.open(gone).listed


@pytest.mark.parametrize("one", BOTH)
@pytest.mark.sample(2)
def test_digest_home_tab_receipts_and_journal_are_separate(container: Container, one: str) -> None:
    with container.database.begin() as session:
        mine, waiting = load_home_lines(session, one, "UMARIE", Policy(), now())
        assert ([line.words for line in mine], waiting) == ([NAMES[one]], [])
        (digest,) = Schedule.list_all(session, one)
        assert (digest.about, digest.place) == (NAMES[one], {"channel": f"C{one}"})
        wanted = {
            row.build_task(now().date()).id for w in BOTH for row in Schedule.list_all(session, w)
        }
        assert len(wanted) == len(BOTH)
        assert compute_spent(session, one, now() + timedelta(minutes=1)) == Decimal(TOTALS[one])
        assert other(one) not in repr(load_work_facts(session, one, Policy(), "en", now()))
        digest.switch(session, "paused", now())
        elsewhere = Schedule.find(session, "T2" if one == "T1" else "T1", "weekly")
        assert elsewhere is not None
        assert elsewhere.state == "on"
    with container.database.begin() as session:  # entries are appended at the end of a transaction
        assert count_entries(session, one) == 1 + count_entries(session, elsewhere.workspace)
    assert other(one) not in repr(DigestHistory(container).load_sent_facts(one, now()))
