"""What came back for a piece that went out: its campaign's results, or whether some are its own."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import Row, insert_once
from bot.job import Enqueue
from bot.post import Post
from bot.words import Words, words_from


class Outcome(Row):
    """One a piece. `lines` are sentences for its card. `asked` is a campaign of the files that may
    be this one: {"result": its id there, "words": the question}; None when there is none."""

    __tablename__ = "outcomes"

    piece: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    code: Mapped[str]
    lines: Mapped[list[Any]]
    asked: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]

    @staticmethod
    def tell(
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
        """Write down what is known now, and have the card drawn when that is something else than
        before; whether it was."""
        told = [words.model_dump(mode="json") for words in lines]
        question = (
            {"result": asked[0], "words": asked[1].model_dump(mode="json")} if asked else None
        )
        row = session.get(Outcome, piece, with_for_update=True)
        if row is None:
            if not told and question is None:
                return False
            made: dict[str, Any] = {"piece": piece, "workspace": workspace, "code": code}
            if not insert_once(session, Outcome, **made, lines=told, asked=question, at=now):
                return False  # somebody else does the same at this moment
        elif (row.lines, row.asked) == (told, question):
            return False
        else:
            row.lines, row.asked, row.at = told, question, now
            session.flush()
        Post.changed(session, enqueue, piece)
        return True

    @property
    def said(self) -> list[Words]:
        return [words_from(line) for line in self.lines]

    @property
    def question(self) -> Words | None:
        return words_from(self.asked["words"]) if self.asked else None
