"""The turns of conversations with a model, as rows.

A row holds what we sent, and then the model's answer. When a process dies, the next run reads the
rows by their position and goes on behind the last one: what was answered is neither computed nor
paid again, whatever has changed since. The rows are deleted when their task ends, and after 7 days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter
from sqlalchemy import LargeBinary, Text, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.agent.llm.turn import ConversationMessage, TurnAnswer
from bot.core.exhibits import Exhibit
from bot.core.facts import Fact
from bot.core.writer import PENDING_END, LlmCall
from bot.db.base import Row
from bot.db.session import Database, insert_once
from bot.jobs.models import Job

if TYPE_CHECKING:
    from bot.agent.spending import Payer, SpendingCap

RETENTION = timedelta(days=7)
VEIL_PURPOSE = b"super-intern veils 1"
MESSAGE = TypeAdapter(ConversationMessage)
ANSWER = TypeAdapter(TurnAnswer)
FACTS = TypeAdapter(tuple[Fact, ...])
EXHIBITS = TypeAdapter(tuple[Exhibit, ...])


@dataclass(frozen=True)
class StoredTurn:
    """One turn: our message as it was sent, the facts and exhibits that are new with it, and the
    state of the Pseudonymizer. `answer` is None until the model has answered."""

    sent: ConversationMessage
    veil: str
    facts: tuple[Fact, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    read_as: tuple[str, ...] = ()  # how the tools read their calls
    answer: TurnAnswer | None = None


class AgentTurn(Row):
    """A turn of a task. `call` names the conversation within the task, `turn` counts from 0. `veil`
    is encrypted with the home's key: it holds the personal data that the placeholders stand for."""

    __tablename__ = "agent_turns"

    task: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    workspace: Mapped[str] = mapped_column(index=True)
    sent: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
    exhibits: Mapped[str] = mapped_column(Text)
    read_as: Mapped[list[Any]]
    veil: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(index=True)

    @staticmethod
    def list_for_call(session: Session, task: str, call: str) -> list["AgentTurn"]:
        rows = select(AgentTurn).where(AgentTurn.task == task, AgentTurn.call == call)
        return list(session.scalars(rows.order_by(AgentTurn.turn)))

    @staticmethod
    def exist_for_task(session: Session, task: str) -> bool:
        return session.scalar(SELECT_FOR_TASK, {"of": task}) is not None

    @staticmethod
    def delete_for_task(session: Session, task: str) -> None:
        """Delete the turns of a task that has ended, or whose author takes it back."""
        session.flush()
        session.execute(DELETE_FOR_TASK, {"of": task})

    @staticmethod
    def delete_old(session: Session, now: datetime) -> Sequence[Job]:
        """Delete what is older than 7 days. No job comes of it; the scheduler calls this."""
        session.execute(delete(AgentTurn).where(AgentTurn.at < now - RETENTION))
        return ()


TURNS = Row.metadata.tables["agent_turns"]
# Built once, since they run in every task.
SELECT_FOR_TASK = select(TURNS.c.task).where(TURNS.c.task == bindparam("of")).limit(1)
DELETE_FOR_TASK = delete(TURNS).where(TURNS.c.task == bindparam("of"))
STORE_ANSWER = (
    update(TURNS)
    .where(
        TURNS.c.task == bindparam("of"),
        TURNS.c.call == bindparam("in_call"),
        TURNS.c.turn == bindparam("at_turn"),
    )
    .values(answer=bindparam("text"))
)


class TurnLog(Protocol):
    """Where the turns of one task are kept. `call` names the conversation."""

    async def load(self, call: str) -> list[StoredTurn]: ...
    async def store_sent(self, call: str, turn: int, stored: StoredTurn) -> None: ...
    async def store_answer(self, call: str, turn: int, answer: TurnAnswer) -> None: ...


class NoTurnLog:
    """Keeps nothing: for the command line, where nothing runs again."""

    async def load(self, call: str) -> list[StoredTurn]:
        return []

    async def store_sent(self, call: str, turn: int, stored: StoredTurn) -> None:
        """Keep nothing."""

    async def store_answer(self, call: str, turn: int, answer: TurnAnswer) -> None:
        """Keep nothing."""

    async def store_receipt(self, spending: "SpendingCap", payer: "Payer", sent: LlmCall) -> None:
        await spending.reserve_or_settle(payer, sent)


@dataclass(frozen=True)
class TaskTurns:
    """The turns of a task, as rows. `key` returns the home's key. `with_receipts`: the receipts of
    the calls come to `store_receipt`, so that a turn and the receipt of its call are stored in one
    transaction, and so are the answer and the end of the call. `is_first_run`: no turn was stored
    when this run of the task began, so there is none to load."""

    database: Database
    workspace: str
    task: str
    key: Callable[[], bytes]
    now: Callable[[], datetime]
    with_receipts: bool = False
    is_first_run: bool = False
    _writes: list[Callable[[Session], object]] = field(default_factory=list)  # not yet stored
    _calls: set[str] = field(default_factory=set)  # the conversations that this run has stored
    _answers_due: set[str] = field(default_factory=set)  # the calls that turns were stored with

    async def load(self, call: str) -> list[StoredTurn]:
        if self.is_first_run and call not in self._calls:
            return []
        rows = await self.database.read(AgentTurn.list_for_call, self.task, call)
        return [self._restore(row) for row in rows]

    async def store_sent(self, call: str, turn: int, stored: StoredTurn) -> None:
        """Store what is about to be sent. A turn that is stored already stays as it is. The
        receipt, which is stored before the bytes leave, takes this row along."""
        values: dict[str, Any] = {
            "task": self.task,
            "call": call,
            "turn": turn,
            "workspace": self.workspace,
            "sent": MESSAGE.dump_json(stored.sent).decode(),
            "answer": None,
            "facts": FACTS.dump_json(stored.facts).decode(),
            "exhibits": EXHIBITS.dump_json(stored.exhibits).decode(),
            "read_as": list(stored.read_as),
            "veil": self._cipher.close(f"{self.task}/{call}/{turn}", stored.veil),
            "at": self.now(),
        }
        self._calls.add(call)
        self._writes.append(lambda session: insert_once(session, AgentTurn, **values))
        if not self.with_receipts:
            await self.database.run_unsynced(self._write)
            self._writes.clear()

    async def store_answer(self, call: str, turn: int, answer: TurnAnswer) -> None:
        """Store the answer. The row is gone when the task was stopped meanwhile."""
        key = {"of": self.task, "in_call": call, "at_turn": turn}
        values = key | {"text": ANSWER.dump_json(answer).decode()}
        self._writes.append(lambda session: session.connection().execute(STORE_ANSWER, values))
        await self.database.run(self._write)
        self._writes.clear()

    async def store_receipt(self, spending: "SpendingCap", payer: "Payer", sent: LlmCall) -> None:
        """Store the receipt of a call with the turn that it sends. The end of a call that was
        answered waits for its answer, which is stored next."""
        if sent.ended == PENDING_END and self._writes and sent.call:
            self._answers_due.add(sent.call)
        if sent.ended == "done" and sent.call in self._answers_due:
            self._writes.append(await spending.build_settlement(payer, sent))
        else:
            await spending.reserve_or_settle(payer, sent, self._write)
            self._writes.clear()

    def _write(self, session: Session) -> None:
        for write in self._writes:
            write(session)

    def _restore(self, row: AgentTurn) -> StoredTurn:
        return StoredTurn(
            sent=MESSAGE.validate_json(row.sent),
            veil=self._cipher.open(f"{row.task}/{row.call}/{row.turn}", row.veil),
            facts=FACTS.validate_json(row.facts),
            exhibits=EXHIBITS.validate_json(row.exhibits),
            read_as=tuple(row.read_as),
            answer=ANSWER.validate_json(row.answer) if row.answer else None,
        )

    @cached_property
    def _cipher(self) -> Any:
        return _derive_cipher(self.key())


@lru_cache(maxsize=1)
def _derive_cipher(key: bytes) -> Any:
    from bot.data.ingest.address_encryption import AddressCipher

    return AddressCipher(key, VEIL_PURPOSE)
