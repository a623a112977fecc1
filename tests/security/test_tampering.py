"""Changes made outside the program are detected and have no effect."""

import ast
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.approvals import decision
from bot.audit import journal, row_digests, transactions, verify
from bot.audit.journal import JournalEntry, JournalHead, Signer
from bot.audit.row_digests import AUDITED_TABLES, UNAUDITED_TABLES
from bot.db import migrate
from bot.db.models import TABLES
from bot.db.session import Database
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.tasks.models import Task
from tests.conftest import NOW
from tests.security.tampering import Change, changes, populate
from tests.support.paths import ROOT
from tests.support.rows import POLICY, Jobs, block, count_entries, draft
from tests.support.source_trees import parse_source

KEY = Signer(b"k" * 32)
OUTSIDE = "This draft was changed outside Super-Intern, so it can't be approved"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed database with rows in every table."""
    path = tmp_path_factory.mktemp("template") / "super-intern.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.signer = KEY
    populate(database)
    database.close()
    return path


@pytest.fixture
def populated(template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(template, tmp_path / "populated.db")
    database = Database(f"sqlite:///{tmp_path / 'populated.db'}")
    database.signer = KEY
    yield database
    database.close()


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def signed(sqlite: Database) -> Database:
    sqlite.signer = KEY
    return sqlite


def is_found(session: Session, signer: Signer | None = KEY) -> bool:
    """Whether `journal verify` reports it."""
    known = journal.list_workspaces(session)
    if set(verify.list_used_workspaces(session)) - set(known):
        return True
    for workspace in known:
        verdict = journal.verify_chain(session, workspace, signer)
        if verdict.fault or (signer and not verdict.signed):
            return True
        if verify.find_row_fault(session, workspace, signer):
            return True
    return False


def missed(
    database: Database, rows: int = 1, wanted: Callable[[Change], bool] = lambda _: True
) -> tuple[list[Change], list[Change]]:
    """The number of changes made, and those that were not detected."""
    with database.begin() as session:
        assert not is_found(session)
        tried = [one for one in changes(session.connection(), rows) if wanted(one)]
    made, unseen = [], []
    for change in tried:
        try:
            with database.begin() as session:
                change.make(session.connection())
                made.append(change)
                if not is_found(session):
                    unseen.append(change)
                raise Undone
        except Undone:
            pass
        except IntegrityError:  # the database itself refuses it
            continue
    return made, unseen


def is_free(change: Change) -> bool:
    if change.table in ("journal", "journal_heads", "row_digests"):
        return False
    return change.table in UNAUDITED_TABLES or change.column in AUDITED_TABLES[change.table].free


def test_change_in_any_audited_column_is_detected(populated: Database) -> None:
    made, unseen = missed(
        populated, wanted=lambda one: one.kind == "off by one" or one.column == "*"
    )
    held = [change for change in made if not is_free(change)]
    assert len(held) > 150
    assert [str(change) for change in unseen if not is_free(change)] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_change_in_any_audited_column_is_detected_on_both_databases(database: Database) -> None:
    database.signer = KEY
    populate(database)
    made, unseen = missed(database, rows=4)
    assert len(made) > 500
    assert [str(change) for change in unseen if not is_free(change)] == []


def test_change_in_any_audited_column_is_detected_without_key(populated: Database) -> None:
    """The digests are in the chain; the key protects against rewriting both."""
    with populated.begin() as session:
        tried = list(changes(session.connection(), 1))
    unseen = []
    for change in tried[::8]:
        try:
            with populated.begin() as session:
                change.make(session.connection())
                if not is_found(session, None) and not is_free(change):
                    unseen.append(str(change))
                raise Undone
        except (Undone, IntegrityError):
            pass
    assert unseen == []


def test_every_column_is_audited_or_free_with_a_reason() -> None:
    assert {*AUDITED_TABLES, *UNAUDITED_TABLES} == set(TABLES.tables)
    for name, held in AUDITED_TABLES.items():
        columns = {column.name for column in TABLES.tables[name].columns}
        assert {*held.columns, *held.free} == columns, f"{name}: a column is neither held nor free"
        assert not set(held.columns) & set(held.free)
        assert {column.name for column in TABLES.tables[name].primary_key} <= set(held.columns)
        assert all(version.startswith(f"{name}/") for version in held.versions)
    assert all(UNAUDITED_TABLES.values())
    assert all(reason for held in AUDITED_TABLES.values() for reason in held.free.values())


# Journals written anew


def rewritten(connection: Connection, signer: Signer | None) -> None:
    """Rewrite the whole journal to fit the rows as they are: digests, hashes, head, signatures."""
    entries, heads, digests = (
        TABLES.tables[name] for name in ("journal", "journal_heads", "row_digests")
    )
    with Session(connection) as session:
        for workspace in journal.list_workspaces(session):
            prev = journal.GENESIS
            mine = (
                select(JournalEntry)
                .where(JournalEntry.workspace == workspace)
                .order_by(JournalEntry.seq)
            )
            for entry in session.scalars(mine).all():
                of_entry = (digests.c.workspace == workspace) & (digests.c.seq == entry.seq)
                rows = []
                for values in connection.execute(select(digests).where(of_entry)).mappings():
                    one = row_digests.RowDigest(**values)
                    table, _, key = one.row.partition("/")
                    held = TABLES.tables[table]
                    first = next(iter(held.primary_key.columns))
                    row = connection.execute(select(held).where(first == key)).mappings().first()
                    if row is not None and len(held.primary_key.columns) == 1:
                        one.digest = row_digests.compute_digest(
                            dict(row), one.columns, AUDITED_TABLES[table].columns
                        )
                    one.signature = signer.sign(*one.signed) if signer else one.signature
                    rows.append(one)
                    connection.execute(
                        update(digests)
                        .where(of_entry, digests.c.row == one.row)
                        .values(digest=one.digest, signature=one.signature)
                    )
                refs = dict(entry.refs)
                if rows:
                    refs |= row_digests.build_row_refs(rows)
                told = JournalEntry(
                    **{
                        **{
                            name: getattr(entry, name)
                            for name in JournalEntry.__table__.columns.keys()  # noqa: SIM118
                        },
                        "refs": refs,
                        "prev": prev,
                    }
                )
                prev = told.digest()
                told.hash = prev
                new: dict[str, Any] = {"refs": refs, "prev": told.prev, "hash": prev}
                if signer:
                    new["signature"] = signer.sign(*told.signed)
                here = (entries.c.workspace == workspace) & (entries.c.seq == entry.seq)
                connection.execute(update(entries).where(here).values(**new))
            head = JournalHead(workspace=workspace, count=entry.seq, hash=prev)
            end: dict[str, Any] = {"hash": prev, "count": entry.seq}
            if signer:
                end["signature"] = signer.sign(*head.signed)
            connection.execute(update(heads).where(heads.c.workspace == workspace).values(**end))


@pytest.mark.parametrize("signer", [None, Signer(b"x" * 32)], ids=["old signatures", "other key"])
def test_journal_rewritten_without_key_is_detected(
    populated: Database, signer: Signer | None
) -> None:
    with populated.begin() as session:
        session.execute(text("UPDATE drafts SET author = 'UEVIL' WHERE id = 't1.0.v2'"))
        rewritten(session.connection(), signer)
    with populated.begin() as session:
        assert is_found(session)
        assert not is_found(session, None) or signer is None  # without a key it can't be known


def test_removed_signatures_are_detected(populated: Database) -> None:
    with populated.begin() as session:
        session.execute(text("UPDATE drafts SET author = 'UEVIL' WHERE id = 't1.0.v2'"))
        for table in ("journal", "journal_heads", "row_digests"):
            session.execute(text(f"UPDATE {table} SET signature = NULL"))
        rewritten(session.connection(), None)
    with populated.begin() as session:
        assert is_found(session)


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM journal WHERE seq > 5; UPDATE journal_heads SET count = 5, "
        "hash = (SELECT hash FROM journal WHERE seq = 5 AND workspace = 'T1') "
        "WHERE workspace = 'T1'",
        "DELETE FROM journal WHERE seq > 5; DELETE FROM row_digests WHERE seq > 5; "
        "UPDATE journal_heads SET count = 5, "
        "hash = (SELECT hash FROM journal WHERE seq = 5 AND workspace = 'T1') "
        "WHERE workspace = 'T1'",
        "UPDATE journal SET seq = -seq WHERE seq IN (3, 4); "
        "UPDATE journal SET seq = CASE seq WHEN -3 THEN 4 ELSE 3 END WHERE seq < 0",
        "DELETE FROM row_digests",
        "DELETE FROM row_digests; DELETE FROM journal; DELETE FROM journal_heads",
        "UPDATE row_digests SET digest = 'erased' WHERE row = 'decisions/t1.0.v2:UMAX'; "
        "DELETE FROM decisions WHERE id = 't1.0.v2:UMAX'",
        "DELETE FROM row_digests WHERE row = 'decisions/t1.0.v2:UMAX'; "
        "DELETE FROM decisions WHERE id = 't1.0.v2:UMAX'",
        "UPDATE row_digests SET seq = 3 WHERE seq = 4",
    ],
)
def test_cut_or_reordered_journal_is_detected(populated: Database, harm: str) -> None:
    with populated.begin() as session:
        for statement in harm.split(";"):
            session.connection().exec_driver_sql(statement)
    with populated.begin() as session:
        assert is_found(session)


# What is of no use


def one_draft(database: Database, *checks: Any) -> Draft:
    """A draft of Marie's, edited by Lea, that Max or Lea may approve."""
    jobs = Jobs()
    with database.begin() as session:
        first = draft(session, jobs, *checks, place={"channel": "C1"})
        decision.revise(
            session,
            jobs,
            first,
            by="ULEA",
            fingerprint=first.fingerprint,
            texts={"body": "Linen breathes well."},
            policy=POLICY,
            now=NOW,
        )
    with database.begin() as session:
        second = session.get_one(Draft, "t1.0.v2")
        second.store_checks(session, jobs, checks, second.facts, NOW)
    return second


def approve(database: Database, by: str = "UMAX", **more: Any) -> None:
    with database.begin() as session:
        newest = Draft.latest(session, "t1.0")
        assert newest is not None
        told = {"policy": POLICY, "now": NOW, **more}
        decision.approve(session, Jobs(), newest, by=by, fingerprint=newest.fingerprint, **told)


COLUMNS = "(id, workspace, draft, fingerprint, verdict, by, needed, at)"
FORGED = (
    f"INSERT INTO decisions {COLUMNS} SELECT 't1.0.v2:UEVA', workspace, id, fingerprint, "
    "'approve', 'UEVA', 1, made_at FROM drafts WHERE id = 't1.0.v2'"
)
USABLE = [
    "UPDATE drafts SET checks = '[]' WHERE id = 't1.0.v2'",
    "UPDATE drafts SET author = 'USOMEBODY' WHERE id = 't1.0.v2'",
    "UPDATE drafts SET author = NULL WHERE id = 't1.0.v2'",
    "UPDATE tasks SET author = 'USOMEBODY'",
    'UPDATE tasks SET place = \'{"channel": "CEVIL"}\'',
    'UPDATE posts SET place = \'{"channel": "CEVIL"}\'',
    "UPDATE posts SET channel = 'CEVIL', ts = '1.1'",
    "UPDATE drafts SET author = 'UMAX' WHERE id = 't1.0.v1'",
    "UPDATE drafts SET canonical = replace(canonical, 'Linen', 'Cotton') WHERE version = 1",
    "DELETE FROM drafts WHERE version = 1",
    FORGED,
    FORGED.replace("'t1.0.v2:UEVA', workspace, id", "'t1.0.v1:UEVA', workspace, 't1.0.v1'"),
    "UPDATE drafts SET evidence = replace(evidence, '{', '{ ') WHERE version = 2",
    "UPDATE drafts SET hooks = '[]' WHERE version = 2",
]


@pytest.mark.parametrize("harm", USABLE)
@pytest.mark.sample(3)
def test_approval_of_a_changed_row_is_refused(signed: Database, harm: str) -> None:
    one_draft(signed, block())
    with signed.begin() as session:
        session.connection().exec_driver_sql(harm)
    for by in ("UMAX", "ULEA"):
        with pytest.raises(CannotDo) as refused:
            approve(signed, by=by, reason="I know")
        assert refused.value.words.to("en").startswith(OUTSIDE)


@pytest.mark.parametrize("harm", USABLE)
@pytest.mark.sample(4)
def test_approval_is_refused_although_the_digest_fits(signed: Database, harm: str) -> None:
    one_draft(signed, block())
    with signed.begin() as session:
        session.connection().exec_driver_sql(harm)
        rewritten(session.connection(), Signer(b"x" * 32))
    with pytest.raises(CannotDo):
        approve(signed, reason="I know")


def test_untouched_draft_is_approved(signed: Database) -> None:
    one_draft(signed)
    approve(signed)
    with signed.begin() as session:
        assert not is_found(session)


DELIVERED = [
    'UPDATE deliveries SET destination = \'{"kind": "place", "channel": "CEVIL"}\'',
    "UPDATE deliveries SET code = 'OTHER'",
    "UPDATE decisions SET needed = 5",
    "UPDATE decisions SET by = 'UEVA'",
    "UPDATE decisions SET reason = 'because'",
    "DELETE FROM decisions",
    "UPDATE drafts SET language = 'fr' WHERE version = 2",
    "UPDATE tasks SET author = 'UEVIL'",
    "UPDATE tasks SET private = NOT private",
    'UPDATE posts SET place = \'{"channel": "CEVIL"}\'',
]


@pytest.mark.parametrize("harm", DELIVERED)
@pytest.mark.sample(3)
def test_delivery_of_a_changed_row_is_refused(signed: Database, harm: str) -> None:
    one_draft(signed)
    approve(signed)
    with signed.begin() as session:
        session.connection().exec_driver_sql(harm)
    with signed.begin() as session:
        delivery = session.get_one(Delivery, "t1.0.v2:thread")
        newest = session.get_one(Draft, "t1.0.v2")
        with pytest.raises(CannotDo):
            delivery.mark_sending(session, newest)


def test_forged_second_approval_is_refused(signed: Database) -> None:
    one_draft(signed)
    two = POLICY.model_copy(update={"approval": POLICY.approval.model_copy(update={"needed": 2})})
    with signed.begin() as session:
        session.connection().exec_driver_sql(FORGED)
    with pytest.raises(CannotDo) as refused:
        approve(signed, policy=two)
    assert refused.value.words.to("en").startswith(OUTSIDE)


def test_rewriting_a_changed_row_does_not_make_it_valid(signed: Database) -> None:
    one_draft(signed)
    with signed.begin() as session:
        session.connection().exec_driver_sql("UPDATE tasks SET author = 'UEVIL'")
    with signed.begin() as session:
        session.get_one(Task, "t1").reason = "something else, by the program"
    with signed.begin() as session:
        assert is_found(session)
    with pytest.raises(CannotDo):
        approve(signed)
    with signed.begin() as session:  # nor does putting the old value back
        session.connection().exec_driver_sql("UPDATE tasks SET author = 'UMARIE'")
    with pytest.raises(CannotDo):
        approve(signed)


def test_deleted_and_recreated_row_is_not_valid(signed: Database) -> None:
    one_draft(signed)
    two = POLICY.model_copy(update={"approval": POLICY.approval.model_copy(update={"needed": 2})})
    approve(signed, policy=two)
    with signed.begin() as session:
        session.connection().exec_driver_sql("DELETE FROM decisions")
    with pytest.raises(CannotDo):
        approve(signed, policy=two)


# What is no fault


def test_only_rows_deleted_outside_the_program_are_faults(populated: Database) -> None:
    from bot.data.warehouse.models import DataFile

    with populated.begin() as session:
        DataFile.sweep(session, ["h1"])
    with populated.begin() as session:
        assert not is_found(session)
        session.connection().exec_driver_sql("DELETE FROM holdings WHERE id = 'h2'")
    with populated.begin() as session:
        assert is_found(session)


def test_withdrawn_request_is_no_fault(populated: Database) -> None:
    jobs = Jobs()
    with populated.begin() as session:
        session.get_one(Task, "t9").withdraw(session, jobs, NOW)
    with populated.begin() as session:
        assert session.get_one(Task, "t9").words == ""
        assert not is_found(session)


def test_free_columns_need_no_journal_entry(populated: Database) -> None:
    with populated.begin() as session:
        before = count_entries(session, "T1")
    with populated.begin() as session:
        session.get_one(Task, "t1").stage = "writing"
    with populated.begin() as session:
        assert count_entries(session, "T1") == before
        assert not is_found(session)


def test_new_column_version_invalidates_nothing(
    populated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = AUDITED_TABLES["tasks"]
    versions = {**held.versions, "tasks/2": (*held.columns, "stage")}
    changed = {**AUDITED_TABLES, "tasks": type(held)(versions, subject=held.subject)}
    for module in (row_digests, verify, transactions):
        monkeypatch.setattr(module, "AUDITED_TABLES", changed)
    with populated.begin() as session:
        assert not is_found(session)
    with populated.begin() as session:
        session.get_one(Task, "t1").stage = "writing"
    with populated.begin() as session:
        assert not is_found(session)
        session.connection().exec_driver_sql("UPDATE tasks SET stage = 'x' WHERE id = 't1'")
    with populated.begin() as session:
        assert is_found(session)


def test_journal_entries_stay_small(populated: Database) -> None:
    with populated.begin() as session:
        entries = list(session.scalars(select(JournalEntry)))
    assert max(len(str(entry.refs)) for entry in entries) < 500


# Nothing goes past it


def test_statement_that_writes_audited_columns_is_a_bug(populated: Database) -> None:
    held = TABLES.tables["tasks"]
    for statement in (
        update(held).values(author="UEVIL"),
        update(Task).values(author="UEVIL"),
        delete(Task),
        insert(held).values(id="x"),
    ):
        with pytest.raises(ValueError, match="held by the journal"), populated.begin() as session:
            session.execute(statement)


def statements() -> Iterator[tuple[str, int, str]]:
    """Calls in the program that could write rows without the session's objects."""
    for path in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/*.py")]):
        in_duckdb = "data" in path.parts and path.name not in ("models.py", "answer_log.py")
        if in_duckdb or "migrations" in path.parts:
            continue
        for node in ast.walk(parse_source(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                if name in (
                    "exec_driver_sql",
                    "bulk_save_objects",
                    "bulk_insert_mappings",
                    "bulk_update_mappings",
                ):
                    yield str(path.relative_to(ROOT)), node.lineno, name
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                first = node.value.lstrip().partition(" ")[0]
                if first in ("UPDATE", "DELETE", "INSERT", "TRUNCATE"):
                    yield str(path.relative_to(ROOT)), node.lineno, node.value


def test_program_writes_no_rows_by_plain_sql() -> None:
    allowed = {("bot/db/session.py", "exec_driver_sql")}  # BEGIN
    assert {(path, what) for path, _, what in statements()} <= allowed


# Upgrades


def old_database(database: Database, newest: Database) -> None:
    """A database of the previous version, at revision 0009, with an open card. Its rows are copied
    from `newest`, a database of this version."""
    populate(newest)
    with newest.begin() as session:
        draft(session, Jobs(), id="t5", place={"channel": "C5"})
    migrate.upgrade(database, "0009")
    tables = set(inspect(database.engine).get_table_names())
    with closing(sqlite3.connect(str(database.engine.url.database))) as old:
        old.execute("ATTACH DATABASE ? AS newest", (newest.engine.url.database,))
        for table in tables - {"alembic_version", "journal", "journal_heads"}:
            rows = old.execute(f"SELECT * FROM {table} LIMIT 0")
            columns = ", ".join(f'"{column[0]}"' for column in rows.description)
            old.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM newest.{table}")
        old.commit()
    with database.engine.begin() as connection:
        rewrite_as_before(connection)


def rewrite_as_before(connection: Connection) -> None:
    """Write the journal's entries as the previous version did, by plain SQL."""
    told: list[tuple[str, str, str, str | None, dict[str, Any]]] = []
    at = str(NOW.isoformat(sep=" ", timespec="microseconds").removesuffix("+00:00"))
    for table in ("drafts", "decisions", "deliveries", "receipts"):
        for row in connection.execute(text(f"SELECT * FROM {table}")).mappings():
            print_ = {"fingerprint": row.get("fingerprint", "")}
            if table == "drafts":
                told.append((row["workspace"], "draft kept", row["id"], row["author"], print_))
            elif table == "decisions":
                event = f"decision: {row['verdict']}"
                told.append((row["workspace"], event, row["draft"], row["by"], print_))
            elif table == "deliveries":
                told.append((row["workspace"], "delivery queued", row["id"], None, print_))
            else:
                refs = {"task": row["task"]}
                told.append((row["workspace"], "receipt", str(row["id"]), None, refs))
    last: dict[str, tuple[int, str]] = {}
    for workspace, event, subject, by, refs in told:
        seq, prev = last.get(workspace, (0, journal.GENESIS))
        entry = JournalEntry(
            workspace=workspace,
            seq=seq + 1,
            at=NOW,
            event=event,
            subject=subject,
            by=by,
            refs=refs,
            prev=prev,
        )
        last[workspace] = (seq + 1, entry.digest())
        connection.execute(
            text(
                "INSERT INTO journal (workspace, seq, at, event, subject, by, refs, prev, hash) "
                "VALUES (:workspace, :seq, :at, :event, :subject, :by, :refs, :prev, :hash)"
            ),
            {
                "workspace": workspace,
                "seq": seq + 1,
                "at": at,
                "event": event,
                "subject": subject,
                "by": by,
                "refs": json.dumps(refs),
                "prev": prev,
                "hash": entry.digest(),
            },
        )
    for workspace, (count, hash) in last.items():
        connection.execute(
            text("INSERT INTO journal_heads (workspace, count, hash) VALUES (:w, :c, :h)"),
            {"w": workspace, "c": count, "h": hash},
        )


def test_old_database_is_adopted(tmp_path: Path, sqlite: Database) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    old_database(database, sqlite)
    migrate.upgrade(database)
    with database.begin() as session:  # a table that old databases don't have
        session.connection().exec_driver_sql(
            "INSERT INTO product_facts (id, workspace, product, text, by, draft, at, expires) "
            "VALUES ('f1', 'T1', 'h1', 'x', 'UMAX', 't1.0.v1', '2026-11-01 09:00:00', '2027-11-01')"
        )
    database.signer = KEY
    with database.begin() as session:
        assert verify.adopt_rows(session, NOW)["T1"] > 20
    with database.begin() as session:
        assert verify.adopt_rows(session, NOW) == {}  # once
        assert not is_found(session)
        newest = Draft.latest(session, "t5.0")
        assert newest is not None
        decision.approve(
            session,
            Jobs(),
            newest,
            by="UMAX",
            fingerprint=newest.fingerprint,
            policy=POLICY,
            now=NOW,
        )
    with database.begin() as session:
        assert not is_found(session)
    _, unseen = missed(database, wanted=lambda one: one.table in ("drafts", "decisions"))
    assert [str(change) for change in unseen if not is_free(change)] == []
    database.close()


@pytest.mark.parametrize("through", ["execute", "scalar", "scalars"])
@pytest.mark.parametrize(
    "statement",
    [
        update(Task).values(words="other"),
        update(Task).values(words="other", stage="drafting"),
        delete(Delivery),
        insert(Draft).values(id="d"),
    ],
    ids=["update", "update with a free column", "delete", "insert"],
)
def test_statements_that_write_audited_columns_are_refused(
    signed: Database, statement: Any, through: str
) -> None:
    with pytest.raises(ValueError, match="held by the journal"), signed.begin() as session:
        getattr(session, through)(statement)


def test_statement_that_writes_only_free_columns_is_allowed(signed: Database) -> None:
    with signed.begin() as session:
        session.execute(update(Task).values(stage="drafting"))
