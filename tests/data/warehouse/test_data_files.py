"""The database rows of the library's Parquet files."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.audit import journal
from bot.data.warehouse.models import ConcurrentChange, DataFile
from bot.db.session import Database
from bot.errors import CannotDo

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def made(id: str, kind: str = "orders", workspace: str = "T1") -> DataFile:
    return DataFile(
        id=id,
        workspace=workspace,
        kind=kind,
        path=f"library/{workspace}/{kind}/{id}.parquet",
        rows=10,
        source="orders.csv",
        keyed="0123",
        as_of=None,
        taken_in_at=NOW,
        retired_at=None,
    )


def switch(database: Database, *, adds: str = "", retires: str = "", seen: str = "") -> None:
    with database.begin() as session:
        DataFile.switch(
            session,
            "T1",
            "orders",
            adds=[made(id) for id in adds],
            retires=list(retires),
            now=NOW,
            seen=list(seen),
        )


def held(database: Database) -> str:
    with database.begin() as session:
        return "".join(holding.id for holding in DataFile.in_force(session, "T1"))


def test_switch_replaces_files_in_one_transaction(database: Database) -> None:
    switch(database, adds="ab")
    switch(database, adds="c", retires="a", seen="ab")
    assert held(database) == "bc"
    with database.begin() as session:
        assert journal.verify_chain(session, "T1").entries == 2
        assert [h.id for h in DataFile.retired(session, NOW + timedelta(seconds=1))] == ["a"]


def test_retired_file_cannot_be_retired_again(database: Database) -> None:
    switch(database, adds="a")
    switch(database, adds="b", retires="a", seen="a")
    with pytest.raises(CannotDo), database.begin() as session:
        DataFile.switch(session, "T1", "orders", adds=[made("c")], retires=["a"], now=NOW)
    assert held(database) == "b"
    with database.begin() as session:
        assert journal.verify_chain(session, "T1").entries == 2  # the failed one left no entry


def test_unseen_new_file_stops_switch(database: Database) -> None:
    switch(database, adds="a")
    with pytest.raises(ConcurrentChange):
        switch(database, adds="b", seen="")
    assert held(database) == "a"


def test_switch_leaves_other_kinds_and_workspaces_alone(database: Database) -> None:
    with database.begin() as session:
        session.add_all([made("e", "events"), made("o", workspace="T2")])
    switch(database, adds="a")
    with database.begin() as session:
        assert [h.id for h in DataFile.in_force(session, "T1", "orders")] == ["a"]
        assert [h.id for h in DataFile.in_force(session, "T2")] == ["o"]


def test_local_files_are_adopted_by_workspace_without_files(database: Database) -> None:
    with database.begin() as session:
        session.add(made("l", workspace="local"))
    switch(database, adds="a")
    with database.begin() as session:
        DataFile.adopt(session, "local", "T1")
        DataFile.adopt(session, "local", "T2")
        assert [h.id for h in DataFile.in_force(session, "T1")] == ["a"]
        assert [h.id for h in DataFile.in_force(session, "T2")] == ["l"]


def test_swept_file_leaves_no_row(database: Database) -> None:
    switch(database, adds="a")
    switch(database, adds="b", retires="a", seen="a")
    with database.begin() as session:
        DataFile.sweep(session, ["a"])
        assert DataFile.paths(session) == {"library/T1/orders/b.parquet"}
        assert DataFile.key_ids(session) == {"0123"}
