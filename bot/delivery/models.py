"""Deliveries: an approved version of a draft sent to a thread, another place or a file."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.audit.row_checks import require_unchanged_task
from bot.db.base import Row, list_rows
from bot.db.session import insert_once
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words, restore_words
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage

DeliveryState = Literal["queued", "going", "gone", "stopped", "failed"]


ALREADY_SENT = Words(
    "These words have already gone out, so they can't be edited. Ask for a new draft instead."
)


class Delivery(Row):
    """One delivery for each draft version and destination. `code` is its campaign code."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    draft: Mapped[str] = mapped_column(index=True)
    fingerprint: Mapped[str]
    destination: Mapped[dict[str, Any]]  # {"kind": "thread" | "place" | "file", …}
    code: Mapped[str]
    state: Mapped[str]
    trouble: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]

    @staticmethod
    def plan(
        session: Session,
        enqueue: Enqueue,
        draft: Draft,
        *,
        destination: dict[str, Any],
        now: datetime,
        by: str | None = None,
    ) -> bool:
        """Queue an approved version for a destination, again when it failed there. False when it
        is already queued there or was sent."""
        destination_key = ":".join(str(destination[key]) for key in sorted(destination))
        id = f"{draft.id}:{destination_key}"
        inserted = insert_once(
            session,
            Delivery,
            id=id,
            workspace=draft.workspace,
            draft=draft.id,
            fingerprint=draft.fingerprint,
            destination=destination,
            code=draft.code,
            state="queued",
            made_at=now,
        )
        turn = 0
        if not inserted:
            if not session.get_one(Delivery, id)._move(session, ("failed",), "queued"):
                return False
            turn = int(now.timestamp())
        journal.record_event(
            session,
            workspace=draft.workspace,
            event="delivery queued",
            subject=id,
            by=by,
            now=now,
            fingerprint=draft.fingerprint,
        )
        enqueue(session, Job(kind="deliver", subject=id, workspace=draft.workspace, turn=turn))
        return True

    @staticmethod
    def list_for_draft(session: Session, draft: str) -> list["Delivery"]:
        return list_rows(session, Delivery, "draft", draft, "made_at", "id")

    @property
    def status_words(self) -> Words | None:
        return restore_words(self.trouble) if self.trouble else None

    def mark_sending(self, session: Session, draft: Draft) -> bool:
        """Start sending, or restart after a crash. False when it was stopped or already sent.
        Raises CannotDo when the text is not the approved one, or a row was changed outside the
        application."""
        require_unchanged_task(session, draft.workspace, draft.task)
        self.demand_approved_text(draft)
        return self._move(session, ("queued", "going"), "going")

    def demand_approved_text(self, draft: Draft) -> None:
        """Raises CannotDo unless the text of the draft is exactly the approved one."""
        if draft.id != self.draft or {draft.stored_fingerprint, draft.fingerprint} != {
            self.fingerprint
        }:
            raise CannotDo("These are not the words that were approved.")

    def mark_sent(self, session: Session, enqueue: Enqueue, draft: Draft, now: datetime) -> None:
        self.state, self.gone_at = "gone", now
        self._notify(session, enqueue, draft, now)

    def fail(
        self, session: Session, enqueue: Enqueue, draft: Draft, words: Words, now: datetime
    ) -> None:
        self.state, self.trouble = "failed", words.model_dump(mode="json")
        self._notify(session, enqueue, draft, now)

    def _notify(self, session: Session, enqueue: Enqueue, draft: Draft, now: datetime) -> None:
        session.flush()
        OutboxMessage.request_redraw(session, enqueue, draft.piece)
        journal.record_event(
            session,
            workspace=self.workspace,
            event=f"delivery {self.state}",
            subject=self.id,
            now=now,
            fingerprint=self.fingerprint,
        )

    @staticmethod
    def recall(session: Session, draft: Draft, *, by: str, now: datetime) -> None:
        """Stop the queued deliveries of this version before it is edited. Raises CannotDo when one
        is being sent or was sent."""
        for delivery in Delivery.list_for_draft(session, draft.id):
            if delivery._move(session, ("queued",), "stopped"):
                journal.record_event(
                    session, draft.workspace, "delivery stopped", delivery.id, now, by=by
                )
            elif delivery.state in ("going", "gone"):
                raise CannotDo(ALREADY_SENT)

    def _move(self, session: Session, from_: tuple[DeliveryState, ...], to: DeliveryState) -> bool:
        """Change the state if it is in `from_`. Returns whether it was."""
        session.refresh(self, with_for_update=True)
        if self.state not in from_:
            return False
        self.state = to
        session.flush()
        return True


class CampaignOutcome(Row):
    """The campaign results of a piece that was sent. `lines` are sentences for its card. `asked` is
    a campaign of the files that may be this one: {"result": its id, "words": the question}."""

    __tablename__ = "outcomes"

    piece: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    code: Mapped[str]
    lines: Mapped[list[Any]]
    asked: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]

    @staticmethod
    def record(
        session: Session,
        enqueue: Enqueue,
        *,
        workspace: str,
        piece: str,
        code: str,
        lines: list[Words],
        asked: tuple[str, Words] | None,
        now: datetime,
    ) -> bool:
        """Store the current results and update the card when they changed. Returns whether they
        did."""
        stored_lines = [words.model_dump(mode="json") for words in lines]
        question = (
            {"result": asked[0], "words": asked[1].model_dump(mode="json")} if asked else None
        )
        row = session.get(CampaignOutcome, piece, with_for_update=True)
        if row is None:
            if not stored_lines and question is None:
                return False
            key: dict[str, Any] = {"piece": piece, "workspace": workspace, "code": code}
            if not insert_once(
                session, CampaignOutcome, **key, lines=stored_lines, asked=question, at=now
            ):
                return False  # another process stored it at the same time
        elif (row.lines, row.asked) == (stored_lines, question):
            return False
        else:
            row.lines, row.asked, row.at = stored_lines, question, now
            session.flush()
        OutboxMessage.request_redraw(session, enqueue, piece)
        return True

    @property
    def result_lines(self) -> list[Words]:
        return [restore_words(line) for line in self.lines]

    @property
    def question(self) -> Words | None:
        return restore_words(self.asked["words"]) if self.asked else None
