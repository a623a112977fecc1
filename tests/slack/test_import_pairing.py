"""Orders in one file and their lines in another, dropped in Slack."""

import io
from pathlib import Path

import openpyxl
import pytest

from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.importer import LibraryImporter
from bot.data.ingest.models import FileUpload
from bot.data.warehouse.models import DataFile
from tests.slack.bench import (
    LAUNCHES,
    MARIE,
    MARKETING,
    OTTO,
    TEAM,
    Bench,
    buttons,
    option_for,
    text_of,
)
from tests.slack.test_imports import CSV, card, now

ORDERS = b"""Order ID,Order date,Customer ID,Order status
1001,2026-11-02,c1,paid
1002,2026-11-03,c2,paid
1003,2026-11-03,c3,paid
"""
LINES = b"""Order ID,SKU,Quantity,Unit price
1001,TEE,2,19.00
1001,MUG,1,9.50
1002,TEE,1,19.00
1009,MUG,1,9.50
"""
CUSTOMERS = b"Customer ID,Region,Accepts Email Marketing\nc1,Bretagne,yes\nc2,Corse,no\n"
OTHERS = LINES.replace(b"10", b"77")
WHOLE = b"Order,Date,Amount\n1,2026-05-01,49\n2,2026-05-02,20\n"
MORE = b"Order,Date,Amount\n3,2026-06-01,49\n"
VISITS = b"session,at,step\ns1,2026-11-02 10:00,view\ns1,2026-11-02 10:01,cart\n"


@pytest.fixture
def library(bench: Bench, tmp_path: Path) -> Container:
    """Give the bench a real library."""
    told = {"SUPER_INTERN_HOME": str(tmp_path / "library"), "DATABASE_URL": bench.database.url}
    container = Container(Settings.read(told)).migrated()
    bench.stock = LibraryImporter(container)
    return container


async def drop(
    bench: Bench,
    *files: tuple[str, bytes],
    thread: str | None = None,
    user: str = MARIE,
    channel: str = MARKETING,
    mention: str = "",
) -> list[FileUpload]:
    """Drop the files in one message and return the uploads that they make once they are read."""
    bench.slack.people[user].locale = "en-GB"
    before = {one.id for one in bench.rows(FileUpload)}
    words = f"<@{bench.slack.bot_user}> our data" if mention != "none" else ""
    await bench.slack.post_message(user, channel, words, files=list(files), thread_ts=thread)
    await bench.run()
    return [one for one in bench.rows(FileUpload) if one.id not in before]


def held(container: Container) -> int:
    """Count the order lines in the library."""
    with container.database.begin() as session:
        return sum(one.rows for one in DataFile.in_force(session, TEAM, "orders"))


async def test_files_of_one_message_share_one_card(bench: Bench, library: Container) -> None:
    (arrival,) = await drop(bench, ("orders.csv", ORDERS), ("lines.csv", LINES))
    assert arrival.state == "waiting"
    (shown,) = bench.said()
    said = text_of(shown)
    assert "Orders · orders.csv + lines.csv" in said
    assert "orders.csv and lines.csv are read as one: 3 lines." in said
    assert "Left out: 1 order without a line, 1 line without an order." in said
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert "3 rows are in: 3 new" in text_of(card(bench, arrival))
    assert held(library) == 3


async def test_second_import_of_pair_changes_nothing(bench: Bench, library: Container) -> None:
    for files in (
        (("orders.csv", ORDERS), ("lines.csv", LINES)),
        (
            ("l.csv", LINES),
            ("o.csv", ORDERS),
        ),
    ):
        (arrival,) = await drop(bench, *files)
        await bench.press(MARIE, card(bench, arrival), "take_in")
        await bench.run()
    assert "Nothing changed: all 3 rows were in already." in text_of(card(bench, arrival))
    assert held(library) == 3


@pytest.mark.slow
async def test_repeated_event_imports_pair_once(bench: Bench, library: Container) -> None:
    bench.slack.faults.deliver_twice = True
    files = ("visits.csv", VISITS), ("orders.csv", ORDERS), ("lines.csv", LINES)
    arrivals = await drop(bench, *files)
    assert len(arrivals) == 2
    assert len(bench.said()) == 2


@pytest.mark.slow
async def test_unrelated_file_gets_own_card(bench: Bench, library: Container) -> None:
    files = ("visits.csv", VISITS), ("lines.csv", LINES), ("orders.csv", ORDERS)
    arrivals = await drop(bench, *files)
    titles = {one.title: one.state for one in arrivals}
    assert titles == {"visits.csv": "waiting", "lines.csv + orders.csv": "waiting"}
    assert len(bench.said()) == 2


@pytest.mark.slow
async def test_customer_file_that_completes_orders_gets_own_card(
    bench: Bench, library: Container
) -> None:
    """A file of customers says where the buyers live, and is customer data as well."""
    files = ("customers.csv", CUSTOMERS), ("orders.csv", ORDERS), ("lines.csv", LINES)
    arrivals = await drop(bench, *files)
    titles = {one.title: one.state for one in arrivals}
    both = "orders.csv + customers.csv + lines.csv"
    assert titles == {"customers.csv": "waiting", both: "waiting"}
    (whole,) = [one for one in arrivals if one.title == both]
    assert "customers.csv completes it, by Customer ID." in text_of(card(bench, whole))


@pytest.mark.slow
async def test_files_of_same_name_are_distinguished(bench: Bench, library: Container) -> None:
    (arrival,) = await drop(bench, ("export.csv", ORDERS), ("export.csv", LINES))
    assert arrival.state == "waiting"
    assert "are read as one: 3 lines" in text_of(card(bench, arrival))


async def test_single_file_names_missing_file_and_waits(bench: Bench, library: Container) -> None:
    (arrival,) = await drop(bench, ("orders.csv", ORDERS))
    said = text_of(card(bench, arrival))
    assert arrival.state == "half"
    assert "orders.csv says when orders were placed, but not what they were worth." in said
    assert "Now drop the file of their lines into this thread" in said
    assert buttons(card(bench, arrival)) == ["other_kind", "dont_take_in"]
    assert held(library) == 0


async def test_second_file_in_thread_is_paired_without_mention(
    bench: Bench, library: Container
) -> None:
    (first,) = await drop(bench, ("lines.csv", LINES))
    assert "has the lines of orders, but not when they were placed" in text_of(card(bench, first))
    thread = first.place["thread"]
    (second,) = await drop(bench, ("orders.csv", ORDERS), thread=thread, mention="none", user=OTTO)
    await bench.run()
    assert now(bench, first).state == "joined"
    assert "lines.csv is read together with orders.csv." in text_of(card(bench, first))
    assert not buttons(card(bench, first))
    assert "orders.csv and lines.csv are read as one: 3 lines." in text_of(card(bench, second))
    await bench.press(MARIE, card(bench, second), "take_in")
    await bench.run()
    assert now(bench, second).state == "in"
    assert held(library) == 3


async def test_files_of_one_person_in_one_channel_are_paired(
    bench: Bench, library: Container
) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    (second,) = await drop(bench, ("lines.csv", LINES))
    assert now(bench, first).state == "joined"
    assert second.state == "waiting"


async def test_files_elsewhere_or_of_others_are_not_paired(
    bench: Bench, library: Container
) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    (other,) = await drop(bench, ("lines.csv", LINES), user=OTTO)
    (there,) = await drop(bench, ("lines.csv", LINES), channel=LAUNCHES)
    (secret,) = await drop(
        bench, ("lines.csv", LINES), channel=bench.slack.open_direct_message(MARIE)
    )
    states = [now(bench, one).state for one in (first, other, there, secret)]
    assert states == ["half"] * 4


async def test_lines_of_other_orders_say_so_and_wait(bench: Bench, library: Container) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    (second,) = await drop(bench, ("lines.csv", OTHERS), thread=first.place["thread"])
    assert (now(bench, first).state, second.state) == ("half", "half")
    assert "their order numbers differ" in text_of(card(bench, second))
    (third,) = await drop(bench, ("lines.csv", LINES), thread=first.place["thread"])
    assert third.state == "waiting"
    assert third.title == "lines.csv + orders.csv"


async def test_waiting_file_can_be_cancelled(bench: Bench, library: Container) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    await bench.press(MARIE, card(bench, first), "dont_take_in")
    await bench.run()
    assert "Cancelled. Nothing of orders.csv was imported." in text_of(card(bench, first))
    (second,) = await drop(bench, ("lines.csv", LINES), thread=first.place["thread"])
    assert second.state == "half"


@pytest.mark.slow
async def test_paired_files_can_be_cancelled(bench: Bench, library: Container) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    (second,) = await drop(bench, ("lines.csv", LINES), thread=first.place["thread"])
    await bench.press(MARIE, card(bench, second), "dont_take_in")
    await bench.run()
    said = text_of(card(bench, second))
    assert "Cancelled. Nothing of lines.csv + orders.csv was imported." in said
    assert held(library) == 0


async def test_changed_kind_separates_the_pair(bench: Bench, library: Container) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    (second,) = await drop(bench, ("lines.csv", LINES), thread=first.place["thread"])
    shown = card(bench, second)
    picked = option_for(shown, "other_kind", "feedback")
    await bench.slack.click(MARIE, shown.channel, shown.ts, "other_kind", value=picked)
    await bench.run()
    assert now(bench, second).state == "refused"
    assert now(bench, second).title == "lines.csv"
    assert now(bench, first).state == "half"
    assert "Now drop the file of their lines" in text_of(card(bench, first))


async def test_pairing_survives_any_order_and_crash(bench: Bench, library: Container) -> None:
    """Both files are read at the same time, and each reading is repeated after it was done."""
    text = f"<@{bench.slack.bot_user}>"
    for file in (("orders.csv", ORDERS), ("lines.csv", LINES)):
        await bench.slack.post_message(MARIE, MARKETING, text, files=[file])
    await bench.settled()
    orders, lines = sorted(bench.rows(FileUpload), key=lambda one: one.name, reverse=True)
    await bench.stocktaking.understand(lines.id)
    await bench.stocktaking.understand(lines.id)
    await bench.stocktaking.understand(orders.id)
    await bench.stocktaking.understand(orders.id)
    assert now(bench, lines).state == "joined"
    assert now(bench, orders).state == "waiting"
    assert now(bench, orders).title == "orders.csv + lines.csv"


async def test_missing_first_file_is_reported(bench: Bench, library: Container) -> None:
    (first,) = await drop(bench, ("orders.csv", ORDERS))
    bench.slack.files.clear()
    (second,) = await drop(bench, ("lines.csv", LINES), thread=first.place["thread"])
    said = text_of(card(bench, second))
    assert second.state == "half"
    assert "orders.csv is no longer in Slack. Please drop it again." in said


async def test_unmentioned_file_without_waiting_pair_is_ignored(
    bench: Bench, library: Container
) -> None:
    (first,) = await drop(bench, ("visits.csv", VISITS))
    thread = first.place["thread"]
    assert not await drop(bench, ("other.csv", CSV), thread=thread, mention="none")


def workbook(**sheets: list[tuple[object, ...]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def rows_of(text: bytes) -> list[tuple[object, ...]]:
    return [tuple(line.split(",")) for line in text.decode().splitlines()]


async def test_two_sheets_of_workbook_share_one_card(bench: Bench, library: Container) -> None:
    book = workbook(Orders=rows_of(ORDERS), Lines=rows_of(LINES))
    (arrival,) = await drop(bench, ("shop.xlsx", book))
    said = text_of(card(bench, arrival))
    assert "shop.xlsx (Orders) and shop.xlsx (Lines) are read as one: 3 lines." in said
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert held(library) == 3


@pytest.mark.slow
async def test_other_sheets_of_workbook_get_own_cards(bench: Bench, library: Container) -> None:
    book = workbook(
        Notes=[("By Ana",)], May=rows_of(WHOLE), Visits=rows_of(VISITS), June=rows_of(MORE)
    )
    arrivals = await drop(bench, ("shop.xlsx", book))
    assert sorted(one.title for one in arrivals) == ["shop.xlsx (May, June)", "shop.xlsx (Visits)"]
    assert len({one.reference for one in arrivals}) == 2
    for arrival in arrivals:
        assert "One sheet is left out" in text_of(card(bench, arrival))
        await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    assert {one.state for one in bench.rows(FileUpload)} == {"in"}
    with library.database.begin() as session:
        kinds = {one.kind for one in DataFile.in_force(session, TEAM)}
    assert kinds == {"orders", "events"}


async def test_missing_currency_is_chosen_in_menu(bench: Bench, library: Container) -> None:
    (arrival,) = await drop(bench, ("orders.csv", ORDERS), ("lines.csv", LINES))
    shown = card(bench, arrival)
    assert "No currency is named." in text_of(shown)
    await bench.press(MARIE, shown, "other_kind", "currency=EUR")
    await bench.run()
    assert "Amounts are in EUR." in text_of(card(bench, arrival))
    assert "currency=" not in str(card(bench, arrival).blocks)
    await bench.press(MARIE, card(bench, arrival), "take_in")
    await bench.run()
    shelf = library.row_store.open(TEAM)
    table = shelf.table("orders")
    assert table is not None
    assert set(shelf.engine.to_pyarrow(table)["currency"].to_pylist()) == {"EUR"}
