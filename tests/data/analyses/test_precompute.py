"""Precomputation of facts after imports."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Container
from bot.config.clock import now
from bot.data.analyses import cache
from bot.data.analyses.cache import QUIET_TIME, list_due_jobs, precompute_facts
from bot.data.analyses.result import AnalysisFilter
from tests.support.stocked_library import stocked


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return stocked(tmp_path, "experiments")


def kept(container: Container) -> list[str]:
    found = container.settings.home.glob("library/T1/findings/*/*.json")
    return sorted(path.name.partition("-")[0] for path in found)


def test_job_is_due_after_the_quiet_time_and_once_a_day(container: Container) -> None:
    with container.database.begin() as session:
        assert not list(list_due_jobs(session, now()))
        later = now() + QUIET_TIME
        (job,) = list_due_jobs(session, later)
        assert job.workspace == "T1"
        assert [one.id for one in list_due_jobs(session, later + timedelta(seconds=9))] == [job.id]
        (tomorrow,) = list_due_jobs(session, later + timedelta(days=1))
        assert tomorrow.id != job.id
    container.database.close()


async def test_facts_are_computed_in_a_subprocess_and_cached(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPER_INTERN_HOME", str(container.settings.home))
    await precompute_facts("T1/state")
    assert {"description.json", "experiments", "funnel", "segments"} <= set(kept(container))

    def again(*_: object) -> None:
        raise AssertionError("it is known")

    monkeypatch.setattr("bot.data.analyses.experiments.find", again)
    monkeypatch.setattr("bot.data.metrics.query.describe.describe_data", again)
    library = container.library("T1")
    assert library.findings("experiments", AnalysisFilter()).facts
    assert any("visits: " in line for line in library.run_exclusively(library.describe))
    container.database.close()


async def test_failed_precomputation_raises_no_error(
    container: Container, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SUPER_INTERN_HOME", "/dev/null/nowhere")
    await precompute_facts("T1/state")
    assert "T1" in caplog.text
    monkeypatch.setenv("SUPER_INTERN_HOME", str(container.settings.home))
    monkeypatch.setattr(cache, "TIMEOUT_SECONDS", 0.01)
    await precompute_facts("T1/state")
    assert not kept(container)
    container.database.close()


@pytest.mark.slow
def test_facts_all_command_runs_one_kind_after_the_other(
    container: Container, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.__main__ import main

    monkeypatch.setenv("SUPER_INTERN_HOME", str(container.settings.home))
    assert main(["facts", "all", "--workspace", "T1"]) == 0
    told = capsys.readouterr().out
    assert "Source: experiments.csv" in told
    assert "Can't be told: There are no orders" in told
    container.database.close()


def test_job_is_due_after_the_clock_was_set_back(container: Container) -> None:
    with container.database.begin() as session:
        assert list(list_due_jobs(session, now() - timedelta(hours=1)))
    container.database.close()
