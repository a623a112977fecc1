"""The journal: a hash-chained, append-only record of events, holding only ids and fingerprints.

Each workspace has one chain. An entry is appended in the transaction that it records. All entries
of a transaction are appended at commit, under a lock on the workspace's head row. The head is the
last row that a transaction locks, so transactions never deadlock. Count and hash of the head are
stored apart from the entries, so that a truncated chain is detected.

Entries and head are signed with a key derived from SUPER_INTERN_KEY, so that somebody with access
to the database but without the key can't write another chain. A restored earlier state of the whole
database is detected only by comparison with a head that was published elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db.base import Row, insert_row
from bot.i18n.messages import Words

GENESIS = "0" * 64
PENDING_KEY = "journal: unsettled"  # key in Session.info of what the transaction will record
KEY_LABEL = b"super-intern journal"
ROWS_ADOPTED = "rows adopted"  # event: rows from before there were digests were recorded
ROWS_RECORDED = "rows recorded"  # event: rows changed in a transaction that records no other event
ROW_REFS = ("row_count", "row_columns", "row_digest")


class JournalHead(Row):
    """The length of a workspace's chain, and the hash of its last entry."""

    __tablename__ = "journal_heads"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    hash: Mapped[str]
    signature: Mapped[str | None]  # None: written before signing existed, or without a key

    @property
    def signed(self) -> tuple[str, ...]:
        """The values that the signature covers."""
        return "head", self.workspace, str(self.count), self.hash


class JournalEntry(Row):
    """An event. `refs` are ids, counts and fingerprints, never content."""

    __tablename__ = "journal"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str]  # "task accepted", "draft kept", "decision", …
    subject: Mapped[str]  # the id of the row that the event is about
    by: Mapped[str | None]  # the person who did it; None: the intern itself
    refs: Mapped[dict[str, Any]]
    prev: Mapped[str]
    hash: Mapped[str]
    signature: Mapped[str | None]

    def digest(self) -> str:
        """Return the SHA-256 over all columns, including the previous entry's hash."""
        return compute_entry_hash({name: getattr(self, name) for name in HASHED_COLUMNS})

    @property
    def signed(self) -> tuple[str, ...]:
        """The values that the signature covers; the hash covers the other columns."""
        return "entry", self.workspace, str(self.seq), self.hash


HASHED_COLUMNS = ("workspace", "seq", "at", "event", "subject", "by", "refs", "prev")


def compute_entry_hash(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the values of an entry's other columns."""
    listed = [values[name] for name in HASHED_COLUMNS]
    listed[2] = listed[2].isoformat()
    whole = json.dumps(listed, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


HEADS, ENTRIES = Row.metadata.tables["journal_heads"], Row.metadata.tables["journal"]
# Built once, since these statements run in every transaction that records something.
SELECT_HEAD = (
    select(HEADS.c["count"], HEADS.c.hash)
    .where(HEADS.c.workspace == bindparam("workspace"))
    .with_for_update()
)
INSERT_ENTRY = insert(ENTRIES)
UPDATE_HEAD = (
    update(HEADS)
    .where(HEADS.c.workspace == bindparam("of"))
    .values(count=bindparam("count"), hash=bindparam("hash"), signature=bindparam("signature"))
)

SignatureState = Literal["good", "bad", "other key", "unsigned"]


@dataclass(frozen=True)
class Signer:
    """Signs with a key derived from `secret`, which is SUPER_INTERN_KEY."""

    secret: bytes

    @cached_property
    def key(self) -> bytes:
        return hmac.new(self.secret, KEY_LABEL, hashlib.sha256).digest()

    @cached_property
    def name(self) -> str:
        """An id by which keys can be told apart without revealing them."""
        return hmac.new(self.key, b"which key", hashlib.sha256).hexdigest()[:8]

    def sign(self, *values: str) -> str:
        """Return `<name of the key>:<64 hex digits>`."""
        whole = json.dumps(values, ensure_ascii=False).encode()
        return f"{self.name}:{hmac.new(self.key, whole, hashlib.sha256).hexdigest()}"

    def check(self, signature: str | None, *values: str) -> SignatureState:
        if signature is None:
            return "unsigned"
        if hmac.compare_digest(self.sign(*values).encode(), signature.encode()):
            return "good"
        return "bad" if signature.startswith(f"{self.name}:") else "other key"


def get_signer(session: Session) -> Signer | None:
    """Return the signer of this session's database; None without a key."""
    found: Signer | None = session.info["database"].signer
    return found


@dataclass(frozen=True)
class NewEntry:
    """The content of an entry before it is appended to the chain."""

    workspace: str
    event: str
    subject: str
    now: datetime
    by: str | None = None
    refs: Mapping[str, str | int] = field(default_factory=dict)


@dataclass
class PendingChanges:
    """What a transaction will record at commit.

    `rows` are the audited rows that it wrote, each with whether it matched its digest before; None
    for a new row. `unchecked` are those that were not compared yet, with the values from before;
    None for a row that was not there. `values` are the current values of rows, where they are known
    without reading them again; `latest` are digests that were already read; `heads` are the count
    and hash of each chain that it has locked."""

    events: list[NewEntry] = field(default_factory=list)
    rows: dict[tuple[str, tuple[Any, ...]], bool | None] = field(default_factory=dict)
    unchecked: dict[tuple[str, tuple[Any, ...]], Mapping[str, Any] | None] = field(
        default_factory=dict
    )
    values: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = field(default_factory=dict)
    latest: dict[tuple[str, str], Any] = field(default_factory=dict)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)


def get_pending_changes(session: Session) -> PendingChanges:
    if "database" not in session.info:
        raise ValueError("not a session of our Database: nothing would be recorded")
    found: PendingChanges = session.info.setdefault(PENDING_KEY, PendingChanges())
    return found


def record_event(
    session: Session,
    workspace: str,
    event: str,
    subject: str,
    now: datetime,
    *,
    by: str | None = None,
    **refs: str | int | None,
) -> None:
    """Have an entry appended when this transaction commits."""
    known = {name: value for name, value in refs.items() if value is not None}
    get_pending_changes(session).events.append(NewEntry(workspace, event, subject, now, by, known))


def lock_head(session: Session, workspace: str) -> tuple[int, str]:
    """Lock the workspace's head until the transaction ends; only one transaction can hold it.
    Return its count and hash."""
    heads = get_pending_changes(session).heads
    if workspace not in heads:
        heads[workspace] = _select_head(session, workspace)
    return heads[workspace]


def _select_head(session: Session, workspace: str) -> tuple[int, str]:
    connection = session.connection()
    found: Any = connection.execute(SELECT_HEAD, {"workspace": workspace}).first()
    if found is None:
        insert_row(session, JournalHead, workspace=workspace, count=0, hash=GENESIS)
        found = connection.execute(SELECT_HEAD, {"workspace": workspace}).one()
    count, hash = found
    return count, hash


def build_entries(
    session: Session, workspace: str, end: tuple[int, str], events: Sequence[NewEntry]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of entries that are appended to a chain, and the parameters of UPDATE_HEAD.
    The caller writes both."""
    signer = get_signer(session)
    count, prev = end
    rows = []
    for event in events:
        count += 1
        entry: dict[str, Any] = {
            "workspace": workspace,
            "seq": count,
            "at": event.now.astimezone(UTC),
            "event": event.event,
            "subject": event.subject,
            "by": event.by,
            "refs": dict(event.refs),
            "prev": prev,
        }
        prev = compute_entry_hash(entry)
        signed = ("entry", workspace, str(count), prev)
        entry |= {"hash": prev, "signature": signer.sign(*signed) if signer else None}
        rows.append(entry)
    signature = signer.sign("head", workspace, str(count), prev) if signer else None
    get_pending_changes(session).heads[workspace] = count, prev
    return rows, {"of": workspace, "count": count, "hash": prev, "signature": signature}


@dataclass(frozen=True)
class ChainVerdict:
    """The result of verifying a chain: the number of entries read, the fault if there is one, and
    the last entry's hash if there is none. `signed` counts entries with a good signature;
    `unchecked` counts entries signed with another key, or all signed ones if there is no key."""

    entries: int
    fault: Words | None
    head: str = ""
    signed: int = 0
    unchecked: int = 0


def verify_chain(session: Session, workspace: str, signer: Signer | None = None) -> ChainVerdict:
    """Verify a chain. A changed, a missing and a cut-off entry are each detected and named."""
    try:
        return _verify_entries(session, workspace, signer)
    except (ValueError, TypeError):  # a time or reference that can't be parsed
        return ChainVerdict(0, Words("An entry can't be read: it was changed."))


def _verify_entries(session: Session, workspace: str, signer: Signer | None) -> ChainVerdict:
    prev, count = GENESIS, 0
    signatures = _SignatureCheck(signer)
    rows = (
        select(JournalEntry).where(JournalEntry.workspace == workspace).order_by(JournalEntry.seq)
    )
    for entry in session.scalars(rows).yield_per(1000):
        if entry.seq != count + 1:
            fault = Words("Entry {seq} is missing.", seq=count + 1)
            return ChainVerdict(count, fault)
        if entry.prev != prev or entry.hash != entry.digest():
            return ChainVerdict(count, Words("Entry {seq} was changed.", seq=entry.seq))
        if not signatures.accept(entry.signature, entry.signed, begins=entry.event == ROWS_ADOPTED):
            fault = Words("Entry {seq} is not signed with the key of this home.", seq=entry.seq)
            return ChainVerdict(count, fault)
        prev, count = entry.hash, entry.seq
    head = session.get(JournalHead, workspace)
    if head is None and count == 0:
        return ChainVerdict(0, None)
    if head is None or head.count != count or head.hash != prev:
        known = head.count if head else 0
        fault = Words(
            "The end was cut off: {known} written, {count} there.", known=known, count=count
        )
        return ChainVerdict(count, fault)
    if not signatures.ends_with(head.signature, head.signed):
        return ChainVerdict(count, Words("The end is not signed with the key of this home."))
    return ChainVerdict(count, None, prev, signatures.good, signatures.unchecked)


def parse_key_name(signature: str | None) -> str | None:
    """Return the name of the key in a signature; None for no signature."""
    return signature.partition(":")[0] if signature is not None else None


class _SignatureCheck:
    """Checks the signatures of a chain. All must be made with one key. Signing starts, or the key
    changes, only at an entry that records all rows anew (ROWS_ADOPTED)."""

    def __init__(self, signer: Signer | None) -> None:
        self.signer = signer
        self.good = self.unchecked = 0
        self.keys: list[str | None] = []

    def accept(self, signature: str | None, signed: tuple[str, ...], *, begins: bool) -> bool:
        """Whether this signature is allowed here and, as far as it can be checked, valid."""
        key = parse_key_name(signature)
        if key not in self.keys[-1:]:
            if self.keys and (key is None or not begins):
                return False
            self.keys.append(key)
        if signature is None:
            return True
        found = self.signer.check(signature, *signed) if self.signer else "other key"
        self.good += found == "good"
        self.unchecked += found == "other key"
        return found != "bad"

    def ends_with(self, signature: str | None, signed: tuple[str, ...]) -> bool:
        """Whether the head is signed with the same key as the last entry, and validly."""
        if parse_key_name(signature) not in self.keys[-1:]:
            return False
        if self.signer is None or signature is None:
            return True
        return self.signer.check(signature, *signed) == "good"


def list_workspaces(session: Session) -> list[str]:
    """Return every workspace that has a chain or a head."""
    found = set(session.scalars(select(JournalHead.workspace)))
    found |= set(session.scalars(select(JournalEntry.workspace).group_by(JournalEntry.workspace)))
    return sorted(found)


def contains_head(session: Session, head: str) -> bool:
    """Whether a hash that was the head at some time is still in a chain."""
    return (
        session.scalar(select(JournalEntry.seq).where(JournalEntry.hash == head).limit(1))
        is not None
    )
