"""Imports while Slack refuses calls."""

import pytest

from bot.data.ingest.models import FileUpload
from bot.errors import TryAgain
from tests.slack.bench import MARIE, MARKETING, Bench
from tests.slack.test_imports import CSV, now
from tests.slack.test_slack_refusing import seen

pytestmark = pytest.mark.sample(7)

ANYWHERE = ("ratelimited", "internal_error", "channel_not_found")
POSTING = (*ANYWHERE, "not_in_channel", "is_archived", "msg_blocks_too_long", "invalid_blocks")
REFUSALS = [
    *(("chat.postMessage", error) for error in POSTING),
    *(("chat.update", error) for error in POSTING),
    *(("files.info", error) for error in ("ratelimited", "internal_error")),
    *(("users.info", error) for error in ANYWHERE),
    *(("conversations.open", error) for error in ANYWHERE),
    *(("files.getUploadURLExternal", error) for error in ("ratelimited", "internal_error")),
    *(("files.completeUploadExternal", error) for error in POSTING[:5]),
]
GOOD = ["1,49", "2,20"]


def trouble(bench: Bench, method: str, error: str, times: int = 1) -> None:
    if error == "ratelimited":
        bench.slack.faults.rate_limit(method, times, retry_after=0)
    else:
        bench.slack.faults.fail(method, error, times)


async def through(bench: Bench) -> None:
    """Run all jobs to their end, as the engine would."""
    for _ in range(8):
        try:
            await bench.run()
            break
        except TryAgain:
            continue
    assert not bench.jobs


async def drop(bench: Bench) -> FileUpload:
    bench.slack.people[MARIE].locale = "en-GB"
    text = f"<@{bench.slack.bot_user}>"
    await bench.slack.post_message(MARIE, MARKETING, text, files=[("orders.csv", CSV)])
    await through(bench)
    (arrival,) = bench.rows(FileUpload)
    assert isinstance(arrival, FileUpload)
    return arrival


async def confirm(bench: Bench, arrival: FileUpload) -> None:
    post = bench.posts()[arrival.card_post_id]
    message = bench.slack.places[str(post.channel)].by_ts[str(post.ts)]
    await bench.press(MARIE, message, "take_in")
    await through(bench)


@pytest.mark.parametrize(("method", "error"), REFUSALS)
async def test_one_refusal_before_import_still_imports_once(
    bench: Bench, method: str, error: str
) -> None:
    trouble(bench, method, error)
    arrival = await drop(bench)
    assert now(bench, arrival).state == "waiting"
    assert any("I read this as Orders: 3 rows." in said for said in seen(bench, MARIE))
    await confirm(bench, arrival)
    assert now(bench, arrival).state == "in"
    assert bench.stockroom.rows == GOOD


@pytest.mark.parametrize(("method", "error"), REFUSALS)
async def test_one_refusal_during_import_still_imports_once(
    bench: Bench, method: str, error: str
) -> None:
    arrival = await drop(bench)
    trouble(bench, method, error)
    await confirm(bench, arrival)
    assert now(bench, arrival).state == "in"
    assert bench.stockroom.rows == GOOD
    assert any("2 rows are in" in said for said in seen(bench, MARIE)), seen(bench, MARIE)


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "invalid_arguments"])
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_rejected_rows_go_to_requester_when_thread_refuses_files(
    bench: Bench, method: str, error: str
) -> None:
    arrival = await drop(bench)
    trouble(bench, method, error, times=30)
    await confirm(bench, arrival)
    assert now(bench, arrival).state == "in"
    bench.slack.faults.planned_faults.clear()
    post = bench.posts()[arrival.card_post_id]
    message = bench.slack.places[str(post.channel)].by_ts[str(post.ts)]
    await bench.press(MARIE, message, "stayed_out")
    await bench.settled()
    await through(bench)
    assert any("What stayed out of orders.csv" in said for said in seen(bench, MARIE))
