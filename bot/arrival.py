"""A file that somebody dropped for the library, on its way in: a row. The engine does the work.

It is read (`reading`), shown and confirmed (`waiting`), read again and taken in (`taking`, then
`storing`, from where there is no way back), and ends in one of `in`, `refused` (the file is of no
use), `cancelled` (a person stopped it) or `failed` (something broke). Every end is on its card.
One of two files that complete each other waits as a `half`, and is `joined` when the other comes.
"""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import journal
from bot.db import Row, insert_once
from bot.dropped import Dropped, DroppedFile, Outcome, stored
from bot.errors import CannotDo
from bot.glimpse import Glimpse
from bot.job import Enqueue, Job, Kind
from bot.policy import Policy
from bot.post import Post
from bot.words import Words, words_from
from bot.workspace import Workspace

State = Literal[
    "reading",
    "half",
    "joined",
    "waiting",
    "taking",
    "storing",
    "in",
    "refused",
    "cancelled",
    "failed",
]
PIECE = "arrival:"  # how the piece of its card begins
OPEN: tuple[State, ...] = ("reading", "half", "waiting", "taking")  # a person may still cancel

ENDED = Words("This is over already. Drop the file again if you need it.")


def card_of(id: str) -> str:
    """The id of the post that is this arrival's card."""
    return f"{PIECE}{id}:card"


class Arrival(Row):
    __tablename__ = "arrivals"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    author: Mapped[str]
    place: Mapped[dict[str, Any]]
    locale: Mapped[str | None]
    file: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    beside: Mapped[list[Any] | None]  # the other files that are read with it
    half: Mapped[str | None]  # "orders" or "lines": what it is of what two files hold
    state: Mapped[str] = mapped_column(index=True)
    turn: Mapped[int]  # how often it was begun anew: another kind, another try
    kind: Mapped[str | None]  # what a person said it is; None: what was understood
    told: Mapped[
        dict[str, Any] | None
    ]  # how it is meant: {"dates": "day-first"}, {"sheets": ["May"]}
    seen: Mapped[str | None] = mapped_column(Text)  # the Glimpse that its card shows, as JSON
    understood: Mapped[str | None] = mapped_column(Text)  # the library's own words, as JSON
    by: Mapped[str | None]  # who confirmed or cancelled it
    progress: Mapped[int | None]  # rows read so far
    new: Mapped[int | None]
    replaced: Mapped[int | None]
    same: Mapped[int | None]
    rejected: Mapped[int | None]
    rejects: Mapped[str | None]  # the file of the rows that stayed out, relative to the home
    why: Mapped[dict[str, Any] | None]  # Words: why it was refused, or what broke
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @staticmethod
    def ask(session: Session, enqueue: Enqueue, dropped: Dropped, now: datetime) -> bool:
        """The file as a row, its card's row and its reading, all in this transaction, once.
        False when it was asked before."""
        Workspace.ensure(session, dropped.workspace, now)
        values = vars(dropped) | {"beside": stored(dropped.beside)}
        begun = {"state": "reading", "turn": 0, "made_at": now, "changed_at": now}
        if not insert_once(session, Arrival, **(values | begun)):
            return False
        arrival = session.get_one(Arrival, dropped.id)
        Post.plan(
            session,
            id=arrival.card,
            workspace=dropped.workspace,
            kind="card",
            place=dropped.place,
            piece=arrival.piece,
            now=now,
        )
        arrival.note(session, "file offered", now, by=dropped.author)
        arrival.enqueue(session, enqueue, "understand")
        return True

    @staticmethod
    def of_piece(session: Session, piece: str | None) -> "Arrival | None":
        """What a card shows, when it is the card of an arrival."""
        id = (piece or "").removeprefix(PIECE)
        return session.get(Arrival, id) if piece and piece.startswith(PIECE) else None

    @property
    def piece(self) -> str:
        return f"{PIECE}{self.id}"

    @property
    def card(self) -> str:
        """The id of its card's post."""
        return card_of(self.id)

    @property
    def reference(self) -> str:
        """What a person can quote, and what the log carries."""
        return f"SI-{self.id[:8].upper()}"

    @property
    def files(self) -> tuple[DroppedFile, ...]:
        """What is read as one, its own file first."""
        sheets = tuple((self.told or {}).get("sheets") or ())
        mine = DroppedFile(self.id, self.file, self.name, self.size, sheets)
        return (mine, *(DroppedFile.from_row(told) for told in self.beside or ()))

    @property
    def title(self) -> str:
        """What it is called: the names of its files."""
        return " + ".join(one.title for one in self.files)

    @property
    def glimpse(self) -> Glimpse | None:
        return Glimpse.model_validate_json(self.seen) if self.seen else None

    @property
    def said(self) -> Words | None:
        return words_from(self.why) if self.why else None

    def may_stop(self, person: str, policy: Policy) -> bool:
        """Whether somebody may cancel it, have it read again or have the rows that stayed out:
        whoever dropped it, and whoever may import."""
        return person == self.author or policy.may(person, "import")

    def understand(
        self,
        session: Session,
        enqueue: Enqueue,
        *,
        glimpse: Glimpse,
        understood: str,
        turn: int,
        now: datetime,
    ) -> None:
        """It was read: now a person has to say yes. Nothing when it was stopped meanwhile."""
        if self.state == "reading" and turn == self.turn:
            self.seen, self.understood = glimpse.model_dump_json(), understood
            self.become(session, enqueue, "waiting", now)

    def advance(self, session: Session, enqueue: Enqueue, *, rows: int, now: datetime) -> bool:
        """So many rows are read. False: it was stopped meanwhile."""
        if self.state not in ("taking", "storing"):
            return False
        if rows != self.progress:
            self.progress, self.changed_at = rows, now
            Post.changed(session, enqueue, self.piece)
        return True

    def store(self, session: Session, enqueue: Enqueue, *, now: datetime) -> bool:
        """From here on it can't be cancelled. False: it was stopped meanwhile."""
        if self.state == "taking":
            self.become(session, enqueue, "storing", now)
        return self.state == "storing"

    def take(
        self,
        session: Session,
        enqueue: Enqueue,
        *,
        outcome: Outcome,
        rejects: str | None,
        now: datetime,
    ) -> None:
        """The library has it. Raises CannotDo when it is over already."""
        if self.state not in ("taking", "storing"):
            raise CannotDo(ENDED)
        self.new, self.replaced, self.same = outcome.new, outcome.replaced, outcome.same
        self.rejected, self.rejects, self.progress = outcome.rejected, rejects, None
        self.note(session, "file taken in", now, by=self.by, rows=outcome.new + outcome.replaced)
        self.become(session, enqueue, "in", now)

    def refuse(self, session: Session, enqueue: Enqueue, *, why: Words, now: datetime) -> None:
        """The file is of no use as it is."""
        self._end(session, enqueue, "refused", why, now)

    def fail(self, session: Session, enqueue: Enqueue, *, why: Words, now: datetime) -> None:
        """Something broke; it may be tried again."""
        self._end(session, enqueue, "failed", why, now)

    def _end(
        self, session: Session, enqueue: Enqueue, state: State, why: Words, now: datetime
    ) -> None:
        if self.state in (*OPEN, "storing"):
            self.why = why.model_dump(mode="json")
            self.note(session, f"file {state}", now)
            self.become(session, enqueue, state, now)

    def anew(self, session: Session, enqueue: Enqueue, now: datetime) -> None:
        """Read it from the start."""
        self.turn += 1
        self.seen = self.understood = self.half = self.why = self.by = None
        self.become(session, enqueue, "reading", now)
        self.enqueue(session, enqueue, "understand")

    def become(self, session: Session, enqueue: Enqueue, state: State, now: datetime) -> None:
        """Its state from now on, and its card drawn anew."""
        self.state, self.progress, self.changed_at = state, None, now
        Post.changed(session, enqueue, self.piece)

    def enqueue(self, session: Session, enqueue: Enqueue, kind: Kind) -> None:
        enqueue(session, Job(kind=kind, subject=self.id, workspace=self.workspace, turn=self.turn))

    def note(
        self,
        session: Session,
        event: str,
        now: datetime,
        by: str | None = None,
        rows: int | None = None,
    ) -> None:
        """The journal keeps ids and counts, never a file's name."""
        journal.record(
            session,
            workspace=self.workspace,
            event=event,
            subject=self.id,
            by=by,
            now=now,
            rows=rows,
        )
