"""Imports that fail."""

import logging
from pathlib import Path

import pytest

from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import Upload
from bot.errors import CannotDo, TryAgain
from bot.jobs.models import Job
from bot.jobs.worker import Worker
from bot.offline import OfflineWriter
from bot.slack.files import _stream_file, download_file
from bot.tasks.services import TaskServices
from tests.slack.bench import BRAND, MARIE, MARKETING, POLICY, TEAM, Bench, text_of
from tests.slack.test_imports import CSV, card, dropped, now


def hired(bench: Bench) -> Worker:
    """Return a real worker on the bench's database."""
    means = TaskServices(
        database=bench.database,
        enqueue=bench.enqueue,
        slack=bench.outside,
        writer=OfflineWriter(),
        library=lambda _: NotImplemented,
        brand=lambda _: BRAND,
        policy=lambda _: POLICY,
        now=bench.services.now,
    )
    return Worker(means, import_job=bench.stocktaking)


async def mentioned(bench: Bench) -> FileUpload:
    """Drop a file that is not read yet."""
    bench.slack.people[MARIE].locale = "en-GB"
    text = f"<@{bench.slack.bot_user}>"
    await bench.slack.post_message(MARIE, MARKETING, text, files=[("orders.csv", CSV)])
    await bench.settled()
    (arrival,) = bench.rows(FileUpload)
    assert isinstance(arrival, FileUpload)
    return arrival


async def test_failure_shows_reference_and_logs_no_content(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    arrival = await mentioned(bench)
    bench.stockroom.broken = True
    with caplog.at_level(logging.DEBUG):
        await hired(bench).jobs["understand"](arrival.id)
    said = text_of(card(bench, arrival))
    assert now(bench, arrival).state == "failed"
    assert arrival.reference in said
    assert arrival.reference in caplog.text
    assert "a secret of the file" not in said + caplog.text


async def test_abandoned_import_is_reported_on_card(bench: Bench) -> None:
    arrival = await dropped(bench)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    job = Job(kind="take_in", subject=arrival.id, workspace=TEAM)
    await hired(bench).give_up(job, None)
    assert now(bench, arrival).state == "failed"
    assert "Something broke on our side" in text_of(card(bench, arrival))
    await bench.run()  # the job runs too late and does nothing
    assert bench.stockroom.rows == []


async def test_import_waits_while_slack_is_unavailable(bench: Bench) -> None:
    arrival = await mentioned(bench)
    bench.slack.faults.fail("files.info", "internal_error", times=10)
    with pytest.raises(TryAgain):
        await hired(bench).jobs["understand"](arrival.id)
    assert now(bench, arrival).state == "reading"


async def test_sign_in_page_is_not_imported(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bench.slack.upload(MARIE, "orders.csv", CSV)
    told = file.as_slack() | {"url_private_download": f"{bench.slack.base_url}files-pri/F0/a.csv"}
    monkeypatch.setattr(type(file), "as_slack", lambda _: told)
    client, to = bench.services.client, tmp_path / "file"
    with pytest.raises(CannotDo, match="no longer in Slack"):
        await download_file(client, file.id, "orders.csv", to)
    monkeypatch.setattr(client, "token", "xoxb-another")
    with pytest.raises(CannotDo, match="install the app again"):
        await _stream_file(client, str(told["url_private_download"]), "orders.csv", to)
    assert not to.exists()


async def test_repeated_upload_is_stored_once(bench: Bench) -> None:
    told = Upload("a1", TEAM, MARIE, {"channel": MARKETING}, "F1", "orders.csv", 1)
    with bench.database.begin() as session:
        assert FileUpload.create(session, bench.enqueue, told, bench.services.now())
        assert not FileUpload.create(session, bench.enqueue, told, bench.services.now())
    assert [job.id for job in bench.jobs] == ["understand:a1:0"]
