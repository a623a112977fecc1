"""Files posted in a channel that the policy names: imported without a question once known."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Container
from bot.config.policy import LibraryPolicy
from bot.config.settings import Settings
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.models import FileUpload
from tests.slack.bench import MARIE, MARKETING, OTTO, POLICY, Bench, buttons
from tests.slack.test_imports import card, now

MAY = b"Order,Date,Amount\n1,2026-05-01,49\n2,2026-05-02,20\n"
JUNE = b"Order,Date,Amount\n3,2026-06-01,12\n"
OTHER_COLUMNS = b"Order,Date,Amount,Discount code\n4,2026-06-02,15,WELCOME\n"
CORRECTED = b"Order,Date,Amount\n2,2026-05-02,25\n"
WITH_A_BAD_ROW = b"Order,Date,Amount\n5,2026-06-03,12\n6,2026-06-03,dear\n"


@pytest.fixture
def data_channel(bench: Bench, tmp_path: Path) -> Bench:
    """A bench with a real library whose policy names the channel."""
    told = {"SUPER_INTERN_HOME": str(tmp_path / "library"), "DATABASE_URL": bench.database.url}
    bench.stock = LibraryImporter(Container(Settings.read(told)).migrated())
    bench.policy = POLICY.model_copy(update={"library": LibraryPolicy(channels=(MARKETING,))})
    return bench


async def post(bench: Bench, content: bytes, name: str, user: str = MARIE) -> FileUpload:
    """Post the file without a mention."""
    before = {one.id for one in bench.rows(FileUpload)}
    await bench.slack.post_message(user, MARKETING, "", files=[(name, content)])
    await bench.run()
    (found,) = [one for one in bench.rows(FileUpload) if one.id not in before]
    assert isinstance(found, FileUpload)
    return found


async def post_and_confirm(bench: Bench) -> FileUpload:
    first = await post(bench, MAY, "may.csv")
    assert now(bench, first).state == "waiting"
    await bench.press(MARIE, card(bench, first), "take_in")
    await bench.run()
    return first


async def test_first_file_is_asked_about_and_the_next_one_is_not(data_channel: Bench) -> None:
    first = await post_and_confirm(data_channel)
    second = await post(data_channel, JUNE, "june.csv")
    assert now(data_channel, first).by == MARIE
    assert now(data_channel, second).state == "in"
    assert now(data_channel, second).by is None
    assert "undo_import" in buttons(card(data_channel, second))


async def test_file_that_differs_from_its_own_total_is_asked_about(data_channel: Bench) -> None:
    rows = "Day,Campaign,Cost,Impr.\n{d}1,Brand,10.00,100\n{d}2,Brand,20.00,300\nTotal,,{sum},400\n"
    first = await post(data_channel, rows.format(d="2026-05-0", sum="30.00").encode(), "may.csv")
    await data_channel.press(MARIE, card(data_channel, first), "take_in")
    await data_channel.run()
    right = rows.format(d="2026-06-0", sum="30.00").encode()
    assert now(data_channel, await post(data_channel, right, "june.csv")).state == "in"
    wrong = rows.format(d="2026-07-0", sum="90.00").encode()
    assert now(data_channel, await post(data_channel, wrong, "july.csv")).state == "waiting"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(OTHER_COLUMNS, "june.csv", id="other columns"),
        pytest.param(CORRECTED, "may.csv", id="replaces a row"),
        pytest.param(WITH_A_BAD_ROW, "june.csv", id="leaves a row out"),
    ],
)
async def test_file_that_changes_something_is_asked_about(
    data_channel: Bench, content: bytes, name: str
) -> None:
    await post_and_confirm(data_channel)
    upload = await post(data_channel, content, name)
    assert now(data_channel, upload).state == "waiting"


async def test_large_file_that_replaces_rows_is_asked_about_once_more(data_channel: Bench) -> None:
    """Of a large file only a part is read before the first question."""
    await post_and_confirm(data_channel)
    assert isinstance(data_channel.stock, LibraryImporter)
    data_channel.stock = replace(data_channel.stock, exact_bytes=10)
    upload = await post(data_channel, CORRECTED, "may.csv")
    found = now(data_channel, upload).preview
    assert found is not None
    assert found.changes == 0
    await data_channel.press(MARIE, card(data_channel, upload), "take_in")
    await data_channel.run()
    assert now(data_channel, upload).state == "waiting"
    found = now(data_channel, upload).preview
    assert found is not None
    assert found.changes == 1
    said = found.assumed[0].to("en")
    assert said == "1 row that is stored is replaced by one of this file."
    await data_channel.press(MARIE, card(data_channel, upload), "take_in")
    await data_channel.run()
    assert (now(data_channel, upload).state, now(data_channel, upload).replaced) == ("in", 1)


async def test_file_of_somebody_who_may_not_import_is_asked_about(data_channel: Bench) -> None:
    await post_and_confirm(data_channel)
    upload = await post(data_channel, JUNE, "june.csv", user=OTTO)
    assert now(data_channel, upload).state == "waiting"


async def test_file_without_a_mention_is_left_alone_in_other_channels(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "", files=[("may.csv", MAY)])
    await bench.run()
    assert bench.rows(FileUpload) == []


async def test_message_without_a_file_is_left_alone_in_the_channel(data_channel: Bench) -> None:
    await data_channel.slack.post_message(MARIE, MARKETING, "the May figures come tomorrow")
    await data_channel.run()
    assert data_channel.tasks == []
