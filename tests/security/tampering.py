"""Every change that somebody with the database but without the key can make, generated from the
metadata."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select, update

from bot.approvals import decision
from bot.audit.receipt import Receipt
from bot.audit.row_digests import UNAUDITED_TABLES
from bot.config.brand import Brand
from bot.core.writer import LlmCall
from bot.data.catalogue.models import ProductFact, ProductRow
from bot.data.ingest.models import FileUpload, LiveBatch
from bot.data.ingest.upload import Upload
from bot.data.metrics.answer_log import SalesAnswer
from bot.data.warehouse.models import DataFile
from bot.db.base import Moment
from bot.db.models import TABLES
from bot.db.session import Database
from bot.db.workspace import BrandRow
from bot.delivery.attribution import CampaignMatch
from bot.delivery.models import CampaignOutcome, Delivery
from bot.digests.models import Alert, Schedule
from bot.drafts.models import Draft, DraftImage
from bot.i18n.messages import Words
from bot.jobs.models import JobCrash, WorkerProcess
from bot.messages.outbox import OutboxMessage
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.support.rows import POLICY, Jobs, draft, wish

SENT = LlmCall(writer="claude", sent='{"a": 1}', to="api:443", at=NOW, call="c1", ended="begun")
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """One change made outside the program, as SQL statements."""

    table: str
    column: str  # "*": the whole row
    kind: str
    statements: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.table}.{self.column} {self.kind}"

    def make(self, connection: Connection) -> None:
        for statement in self.statements:
            connection.execute(statement)


def populate(database: Database) -> None:
    """Rows in every table, created through the models' own methods."""
    jobs = Jobs()
    told: dict[str, Any] = {"policy": POLICY, "now": NOW}
    for number in (1, 2):
        with database.begin() as session:
            first = draft(session, jobs, id=f"t{number}", place={"channel": f"C{number}"})
            texts = {"body": f"Linen breathes well, {number} times."}
            decision.revise(
                session, jobs, first, by="ULEA", fingerprint=first.fingerprint, texts=texts, **told
            )
        with database.begin() as session:
            second = session.get_one(Draft, f"t{number}.0.v2")
            second.store_checks(session, jobs, (), second.facts, NOW)
        with database.begin() as session:
            second = session.get_one(Draft, f"t{number}.0.v2")
            seen = second.fingerprint
            decision.approve(session, jobs, second, by="UMAX", fingerprint=seen, **told)
            session.get_one(OutboxMessage, f"t{number}.0:card").mark_sent(
                f"17.{number}", f"C{number}"
            )
            Receipt.record(session, workspace="T1", task=f"t{number}", sent=SENT)
            DraftImage.store(session, "T1", {f"sha{number}": b"png%d" % number}, NOW)
            CampaignMatch.record(
                session,
                workspace="T1",
                result=f"r{number}",
                code=f"code{number}",
                same=number == 1,
                by=f"U{number}",
                now=NOW,
            )
            CampaignOutcome.record(
                session,
                jobs,
                workspace="T1",
                piece=f"t{number}.0",
                code=f"code{number}",
                lines=[Words("A line.")],
                asked=(f"r{number}", Words("Is it this one?")),
                now=NOW,
            )
            Alert.record(session, "T1", f"funnel.{number}", f"C{number}", 0.001 * number, NOW)
            Schedule.save(
                session,
                NOW,
                workspace="T1",
                name=f"digest{number}",
                owner=f"U{number}",
                place={"channel": f"C{number}"},
                weekday=number,
                hour=9,
                minute=number,
                zone="Europe/Paris",
                language="en",
                sections=["sales"],
                about=f"about {number}",
                only_when_moved=False,
            )
            FileUpload.create(session, jobs, dropped(number), NOW)
            DataFile.switch(session, "T1", "orders", adds=[holding(number)], retires=(), now=NOW)
            ProductRow.put(session, "T1", [(f"h{number}", "title", "{}")], file="f.csv", now=NOW)
            ProductFact.add(
                session,
                workspace="T1",
                product=f"h{number}",
                market=f"M{number}",
                text=f"made by hand, {number}",
                by=f"U{number}",
                draft=f"t{number}.0.v2",
                now=NOW,
            )
            for added in session.scalars(select(ProductFact)).all():
                added.revoke(session, by=f"U{number}", now=NOW)
            batch: dict[str, Any] = {"sha256": f"s{number}", "rows": 1, "rejected": 0, "path": "x"}
            LiveBatch.keep(session, workspace="T1", kind="orders", now=NOW, **batch)
            WorkerProcess.beat(session, f"p{number}", NOW)
            session.add(
                SalesAnswer(
                    workspace="T1",
                    person=f"U{number}",
                    state="abc",
                    since=NOW.date(),
                    until=NOW.date(),
                    measure="revenue",
                    filter="{}",
                    at=NOW,
                )
            )
            JobCrash.count_crash(session, f"work:t{number}:0", "T1")
        with database.begin() as session:
            Receipt.record(
                session,
                workspace="T1",
                task=f"t{number}",
                sent=SENT.model_copy(update={"ended": "done", "usd": Decimal("0.25")}),
            )
            session.get_one(Delivery, f"t{number}.0.v2:thread").mark_sending(
                session, session.get_one(Draft, f"t{number}.0.v2")
            )
            workspace = f"T{number}"
            BrandRow.seed(session, workspace, Brand(name=f"Brand {number}"), NOW)
    with database.begin() as session:
        Task.accept(session, jobs, wish("t9", workspace="T2", place={"channel": "C9"}), NOW)


def dropped(number: int) -> Upload:
    return Upload(
        id=f"a{number}",
        workspace="T1",
        author=f"U{number}",
        place={"channel": f"C{number}"},
        locale=None,
        file=f"F{number}",
        name=f"orders{number}.csv",
        size=100 + number,
    )


def holding(number: int) -> DataFile:
    return DataFile(
        id=f"h{number}",
        workspace="T1",
        kind="orders",
        path=f"library/{number}.parquet",
        rows=number,
        source=f"orders{number}.csv",
        keyed="abc",
        as_of=NOW.date(),
        taken_in_at=NOW,
        retired_at=None,
    )


def changes(connection: Connection, most: int = 4) -> Iterator[Change]:
    """Each column of each row changed in several ways; each row deleted; and one row forged."""
    for table in TABLES.sorted_tables:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        assert rows or table.name in UNAUDITED_TABLES, f"{table.name} is empty"
        for row in rows[-most:]:
            here = _key(table, row)
            yield Change(table.name, "*", "deleted", (delete(table).where(*here),))
            yield Change(table.name, "*", "forged", (insert(table).values(**_forged(table, row)),))
            for column in table.columns:
                others = [other[column.name] for other in rows]
                for kind, value in _values(row[column.name], others, column):
                    statement = update(table).where(*here).values({column.name: value})
                    yield Change(table.name, column.name, kind, (statement,))


def _key(table: Table, row: dict[str, Any]) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key.columns]


def _forged(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A copy of the row under another key."""
    last = list(table.primary_key.columns)[-1].name
    copy = dict(row)
    copy[last] = row[last] + 1000 if isinstance(row[last], int) else f"{row[last]}x"
    if table.name == "drafts":
        copy["version"] = row["version"] + 1000
    if table.name == "decisions":
        copy["by"] = "UFORGED"
    return copy


def _values(value: Any, others: list[Any], column: Column[Any]) -> Iterator[tuple[str, Any]]:
    if column.nullable and value is not None:
        yield "set to null", None
    empty = _empty(value)
    if empty is not None and empty != value:
        yield "emptied", empty
    swapped = next((other for other in others if other != value), None)
    if swapped is not None:
        yield "swapped with another row's", swapped
    yield "off by one", _off_by_one(_filled(column) if value is None else value)


def _empty(value: Any) -> Any:
    if isinstance(value, bool):
        return None
    for shape in (str, bytes, int, dict, list):
        if isinstance(value, shape):
            return shape()
    return None


def _filled(column: Column[Any]) -> Any:
    """A value that such a column may hold."""
    if isinstance(column.type, Moment):
        return NOW
    shape = column.type.python_type
    return {dt.date: NOW.date(), bool: True}.get(shape) or shape()


def _off_by_one(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 1.001
    if isinstance(value, Decimal):
        return value + Decimal("0.000001")
    if isinstance(value, dt.datetime | dt.date):
        return value + DAY
    if isinstance(value, dict):
        return {**value, "more": 1}
    if isinstance(value, list):
        return [*value, "more"]
    if isinstance(value, bytes):
        return value + b"x"
    return f"{value}x"
