"""Whether the intern still has something to do, read from its rows."""

import asyncio
from pathlib import Path

from sqlalchemy import NullPool, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.delivery.models import Delivery
from bot.messages.outbox import Post
from bot.tasks.models import OPEN, Task

ON_THEIR_WAY = ("queued", "going")


class Pending:
    """Tasks not ended, deliveries not arrived, cards not drawn; read, never written."""

    def __init__(self, database: Path) -> None:
        url = f"sqlite:///file:{database}?mode=ro&uri=true"
        self._engine = create_engine(url, poolclass=NullPool)
        self._given_up: set[str] = set()

    async def any(self) -> bool:
        """Whether there is any, but for what was given up."""
        return bool(await asyncio.to_thread(self._ids) - self._given_up)

    async def give_up(self) -> None:
        """What is pending now took too long: nobody waits for it again."""
        self._given_up |= await asyncio.to_thread(self._ids)

    def _ids(self) -> set[str]:
        wanted = (
            select(Task.id).where(Task.state.in_(OPEN)),
            select(Delivery.id).where(Delivery.state.in_(ON_THEIR_WAY)),
            select(Post.id).where(Post.kind == "card", Post.wanted > Post.drawn),
        )
        try:
            with Session(self._engine) as session:
                return {str(id) for one in wanted for id in session.scalars(one)}
        except SQLAlchemyError:  # the intern has not made its tables yet
            return set()
