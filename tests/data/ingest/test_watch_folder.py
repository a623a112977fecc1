"""The watched folder: files in `inbox/` are imported automatically."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from bot.app import Container
from bot.config.clock import now
from bot.config.settings import Settings
from bot.data.ingest.watch_folder import QUIET_SECONDS, WatchFolder
from bot.db.workspace import Workspace
from bot.jobs.models import get_minute_number

HEAD = "order,date,product,quantity,total,currency\n"
ROWS = "A1,2026-11-20 10:05:00,LIN-ALBA,1,62.00,EUR\nA2,2026-11-21 11:00:00,LIN-ALBA,2,124.00,EUR\n"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    found = Container(Settings.read({"SUPER_INTERN_HOME": str(tmp_path / "home")})).migrated()
    yield found
    found.database.close()


@pytest.fixture
def inbox(container: Container, monkeypatch: pytest.MonkeyPatch) -> WatchFolder:
    """An inbox for which every file has been quiet for long enough."""
    monkeypatch.setattr("bot.data.ingest.watch_folder.QUIET_SECONDS", -1.0)
    found = WatchFolder(container)
    found.folder.mkdir(parents=True)
    return found


def put(folder: Path, name: str, text: str = HEAD + ROWS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def orders(container: Container, workspace: str = "local") -> int:
    listed = container.row_store.open(workspace).listed
    return listed["orders"].rows if "orders" in listed else 0


def below(inbox: WatchFolder) -> list[str]:
    """What lies in the inbox, by its path there."""
    files = (path for path in inbox.folder.rglob("*") if path.is_file() and path.name != ".lock")
    return sorted(path.relative_to(inbox.folder).as_posix() for path in files)


def test_file_is_imported_and_note_is_written(inbox: WatchFolder, container: Container) -> None:
    put(inbox.folder, "orders.csv")
    assert inbox.process() == 1
    assert orders(container) == 2
    assert below(inbox) == ["done/orders.csv.txt"]
    note = (inbox.folder / "done" / "orders.csv.txt").read_text()
    assert note.startswith("orders.csv: 2 new, 0 replaced, 0 known already.")
    assert "orders" in note


def test_second_file_of_same_name_does_not_overwrite_first(
    inbox: WatchFolder, container: Container
) -> None:
    (container.settings.home / "policy.toml").write_text("[library]\nkeep_originals = true\n")
    put(inbox.folder, "orders.csv")
    inbox.process()
    put(inbox.folder, "orders.csv", HEAD + ROWS.replace("A2", "A3"))
    inbox.process()
    assert orders(container) == 3
    assert below(inbox) == [
        "done/orders (2).csv",
        "done/orders (2).csv.txt",
        "done/orders.csv",
        "done/orders.csv.txt",
    ]
    assert "A2" in (inbox.folder / "done" / "orders.csv").read_text()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\x01\x02" * 100])
def test_unknown_file_is_refused_with_reason(
    inbox: WatchFolder, container: Container, text: str
) -> None:
    put(inbox.folder, "thing.csv", text)
    assert inbox.process() == 1
    assert below(inbox) == ["refused/thing.csv", "refused/thing.csv.txt"]
    said = (inbox.folder / "refused" / "thing.csv.txt").read_text()
    assert len(said) > len("thing.csv: .\n") + 10
    assert not container.row_store.open("local").listed


def test_file_still_being_written_is_left_alone(
    inbox: WatchFolder, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.data.ingest.watch_folder.QUIET_SECONDS", QUIET_SECONDS)
    path = put(inbox.folder, "orders.csv")
    old = time.time() - 3600
    os.utime(path, (old, old))  # as a copy that keeps the time of its original
    assert inbox.process() == 0
    with container.database.begin() as session:
        assert not list(inbox.due(session, now()))


def test_links_hidden_and_unfinished_files_are_left_alone(
    inbox: WatchFolder, tmp_path: Path
) -> None:
    outside = put(tmp_path, "secret.csv")
    (inbox.folder / "link.csv").symlink_to(outside)
    (inbox.folder / "linked").symlink_to(tmp_path)
    for name in (".orders.csv", "orders.csv.part", "orders.csv~", "orders.crdownload"):
        put(inbox.folder, name)
    assert inbox.process() == 0
    assert outside.exists()


def test_workspace_has_inbox_of_its_name(inbox: WatchFolder, container: Container) -> None:
    with container.database.begin() as session:
        for name in ("T1", "T2"):
            Workspace.ensure(session, name, now())
    put(inbox.folder / "T2", "orders.csv")
    put(inbox.folder / "T9", "orders.csv")
    put(inbox.folder, "orders.csv")
    assert inbox.process() == 3
    assert (orders(container, "T1"), orders(container, "T2")) == (0, 2)
    notes = sorted(path.read_text() for path in (inbox.folder / "refused").glob("*.txt"))
    assert len(notes) == 2
    assert any("T9" in note for note in notes)


def test_catalogue_is_imported(inbox: WatchFolder, container: Container) -> None:
    put(
        inbox.folder,
        "products.csv",
        "reference,name,price,currency\nLIN-ALBA,Alba shirt,62.00,EUR\n",
    )
    inbox.process()
    assert below(inbox)[0].startswith("done/"), below(inbox)
    assert container.library("local") is not None
    with container.database.begin() as session:
        from bot.data.catalogue.models import ProductRow

        assert ProductRow.version(session, "local")[0] == 1


def test_one_process_at_a_time_works_in_folder(inbox: WatchFolder, container: Container) -> None:
    for number in range(4):
        put(inbox.folder, f"orders{number}.csv", HEAD + ROWS.replace("A", f"B{number}-"))
    moved: list[int] = []
    threads = [threading.Thread(target=lambda: moved.append(inbox.process())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inbox.process()
    assert orders(container) == 8
    assert len([name for name in below(inbox) if name.endswith(".txt")]) == 4


def test_job_is_due_once_a_minute_while_files_exist(
    inbox: WatchFolder, container: Container
) -> None:
    at = now()
    with container.database.begin() as session:
        assert not list(inbox.due(session, at))
        put(inbox.folder, "orders.csv")
        jobs = [*inbox.due(session, at), *inbox.due(session, at)]
    assert {job.id for job in jobs} == {f"inbox:inbox:{get_minute_number(at)}"}


ORDERS = "Order ID,Order date,Customer ID\n1001,2026-11-02,c1\n1002,2026-11-03,c2\n"
LINES = "Order ID,SKU,Quantity,Unit price\n1001,TEE,2,19.00\n1001,MUG,1,9.50\n1002,TEE,1,19.00\n"
PEOPLE = "Customer ID,Region,Accepts Email Marketing\nc1,Bretagne,yes\nc2,Corse,no\n"


def note(inbox: WatchFolder, path: str) -> str:
    return (inbox.folder / f"{path}.txt").read_text()


def test_half_waits_for_its_other_file(inbox: WatchFolder, container: Container) -> None:
    put(inbox.folder, "lines.csv", LINES)
    assert inbox.process() == 1
    assert below(inbox) == ["waiting/lines.csv", "waiting/lines.csv.txt"]
    assert "the one with an order and its date on each row" in note(inbox, "waiting/lines.csv")
    assert inbox.process() == 0
    put(inbox.folder, "orders.csv", ORDERS)
    assert inbox.process() == 2
    assert orders(container) == 3
    done = ["done/lines.csv.txt", "done/orders.csv.txt"]
    assert below(inbox) == done
    assert "orders.csv and lines.csv are read as one: 3 lines" in note(inbox, "done/lines.csv")


def test_two_halves_are_joined_with_completing_files(
    inbox: WatchFolder, container: Container
) -> None:
    for name, text in (("a.csv", PEOPLE), ("lines.csv", LINES), ("orders.csv", ORDERS)):
        put(inbox.folder, name, text)
    assert inbox.process() == 3
    listed = container.row_store.open("local").listed
    assert {kind: one.rows for kind, one in listed.items()} == {"orders": 3, "consents": 2}
    assert "a.csv completes it, by Customer ID." in note(inbox, "done/orders.csv")


def test_matching_half_is_chosen_among_waiting_ones(
    inbox: WatchFolder, container: Container
) -> None:
    put(inbox.folder, "one.csv", LINES)
    put(inbox.folder, "two.csv", LINES.replace("100", "770"))
    inbox.process()
    put(inbox.folder, "orders.csv", ORDERS)
    assert inbox.process() == 2
    assert orders(container) == 3
    assert "waiting/two.csv" in below(inbox)


def test_half_is_refused_after_a_week(
    inbox: WatchFolder, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox.folder, "lines.csv", LINES)
    inbox.process()
    with container.database.begin() as session:
        assert not list(inbox.due(session, now()))
        late = time.time() + 8 * 86_400
        monkeypatch.setattr("bot.data.ingest.watch_folder.time.time", lambda: late)
        assert list(inbox.due(session, now()))
    assert inbox.process() == 1
    assert below(inbox) == ["refused/lines.csv", "refused/lines.csv.txt"]
    assert "did not come within a week" in note(inbox, "refused/lines.csv")


def test_halves_of_two_workspaces_are_not_joined(inbox: WatchFolder, container: Container) -> None:
    with container.database.begin() as session:
        for name in ("T1", "T2"):
            Workspace.ensure(session, name, now())
    put(inbox.folder / "T1", "lines.csv", LINES)
    put(inbox.folder / "T2", "orders.csv", ORDERS)
    inbox.process()
    assert "T1/waiting/lines.csv" in below(inbox)
    assert "T2/waiting/orders.csv" in below(inbox)


def test_each_table_of_workbook_is_imported(inbox: WatchFolder, container: Container) -> None:
    book = openpyxl.Workbook()
    for name, text in (("Orders", ORDERS), ("Lines", LINES), ("Notes", "By Ana")):
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    sheet = book.create_sheet("People")
    for line in PEOPLE.splitlines():
        sheet.append(line.split(","))
    book.save(inbox.folder / "shop.xlsx")
    assert inbox.process() == 1
    listed = container.row_store.open("local").listed
    assert {kind: one.rows for kind, one in listed.items()} == {"orders": 3, "consents": 2}
    said = note(inbox, "done/shop.xlsx")
    assert "shop.xlsx (Orders) and shop.xlsx (Lines) are read as one" in said
    assert "left out, as it holds no table that I know: Notes" in said


CORRECTED = HEAD.replace(",quantity", "") + "A1,2026-11-20 10:05:00,LIN-ALBA,59.00,EUR\n"


def test_file_that_changes_stored_rows_waits_for_a_person(
    inbox: WatchFolder, container: Container
) -> None:
    put(inbox.folder, "orders.csv")
    inbox.process()
    put(inbox.folder, "june.csv", CORRECTED)
    assert inbox.process() == 1
    note = (inbox.folder / "held" / "june.csv.txt").read_text()
    assert "1 row that is stored is replaced by one of this file." in note
    assert "this file leaves it empty: quantity." in note
    put(inbox.folder / "confirmed", "june.csv", CORRECTED)
    assert inbox.process() == 1
    note = (inbox.folder / "done" / "june.csv.txt").read_text()
    assert note.startswith("june.csv: 0 new, 1 replaced, 0 known already.")
    assert below(inbox) == [
        *("done/june.csv.txt", "done/orders.csv.txt", "held/june.csv", "held/june.csv.txt")
    ]


def test_policy_lets_changes_through(inbox: WatchFolder, container: Container) -> None:
    (container.settings.home / "policy.toml").write_text("[library]\nhold_changes = false\n")
    put(inbox.folder, "orders.csv")
    inbox.process()
    put(inbox.folder, "june.csv", CORRECTED)
    inbox.process()
    assert "0 new, 1 replaced" in (inbox.folder / "done" / "june.csv.txt").read_text()


def test_people_are_joined_to_orders_by_email(inbox: WatchFolder) -> None:
    orders = "order,date,email,amount\n1,2026-10-01,lea@shop.example,79.00\n"
    put(inbox.folder, "orders.csv", orders)
    inbox.process()
    people = "client;courriel;niveau\n1;lea@shop.example;Or\n2;tom@shop.example;Argent\n"
    put(inbox.folder, "fidelite.csv", people)
    inbox.process()
    note = (inbox.folder / "done" / "fidelite.csv.txt").read_text()
    assert "1 of 2 people of this file have orders, by courriel." in note
