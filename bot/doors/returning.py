"""What comes back for what went out: campaign results are joined to their drafts, by themselves.

Whenever campaigns or orders have changed, whichever way they came in, each delivery is looked for
by its code. What only looks like one of ours is asked about on the draft's card.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.delivery import Delivery
from bot.doors.stocking import LOCAL
from bot.draft import Draft
from bot.holding import Holding
from bot.job import Enqueue, Job
from bot.joining import Joining
from bot.library.results import Candidate, Gone, Joined, joined
from bot.library.shelf import Shelf
from bot.library.told_results import told
from bot.local_data import LocalData
from bot.outcome import Outcome
from bot.time_source import now
from bot.words import Words

READ = ("campaigns", "orders")
FOR = timedelta(days=365)  # what went out longer ago has had its results
CHANNELS = {"ad": "ads"}  # ours → as the campaigns' files have it


@dataclass(frozen=True)
class Returning:
    """The results of a house's deliveries."""

    house: LocalData

    def due(self, session: Session, at: datetime) -> Iterable[Job]:
        """One job a workspace that something went out from, and state of its files."""
        rows = select(Delivery.workspace).where(Delivery.state == "gone").distinct()
        for workspace in session.scalars(rows.order_by(Delivery.workspace)):
            state = self._state(session, workspace, at)  # asked each minute: no texts are read
            yield Job(kind="join", subject=f"{workspace}/{state}", workspace=workspace)

    def _state(self, session: Session, workspace: str, at: datetime) -> str:
        """What decides the results: files, what went out, the hour where a warehouse is read."""
        held = Holding.held(session, workspace) or Holding.held(session, LOCAL)
        told = [holding.id for holding in held if holding.kind in READ]
        mine = (Delivery.workspace == workspace) & (Delivery.state == "gone")
        counted = select(func.count(), func.max(Delivery.gone_at)).where(mine)
        told += [str(value) for value in session.execute(counted).one()]
        if self.house.settings.warehouse is not None:
            told.append(f"{at:%Y-%m-%d %H}")
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Join:
    """The engine's job: `T0SHOP/…` looks at all that went out from T0SHOP."""

    house: LocalData
    enqueue: Enqueue

    async def do(self, subject: str) -> None:
        await asyncio.to_thread(self.join, subject.partition("/")[0])

    def join(self, workspace: str) -> int:
        """Every delivery's results as they are now; how many cards changed."""
        with self.house.database.begin() as session:
            gone = gone_out(session, workspace, now())
            said = Joining.said(session, workspace)
        pieces = {draft.code: draft.piece for _, draft in gone}
        out = [as_gone(delivery, draft) for delivery, draft in gone]

        def asked_of(shelf: Shelf) -> tuple[Joined, dict[str, list[Words]]]:
            found = joined(shelf, out, said)
            return found, {result.code: told(shelf, result) for result in found.results}

        found, lines = self.house.library(workspace).alone(asked_of)
        asked = {one.code: (one.result, _question(one)) for one in found.to_confirm}
        changed = 0
        for code, piece in sorted(pieces.items()):
            with self.house.database.begin() as session:
                changed += Outcome.tell(
                    session,
                    self.enqueue,
                    workspace=workspace,
                    piece=piece,
                    code=code,
                    lines=lines.get(code, []),
                    asked=asked.get(code),
                    now=now(),
                )
        return changed


def gone_out(session: Session, workspace: str, at: datetime) -> list[tuple[Delivery, Draft]]:
    """What went out, each piece by its first delivery."""
    rows = (
        select(Delivery, Draft)
        .join(Draft, Draft.id == Delivery.draft)
        .where(Delivery.workspace == workspace, Delivery.state == "gone")
        .where(Delivery.gone_at >= at - FOR, Draft.channel.is_not(None))
        .order_by(Delivery.gone_at, Delivery.id)
    )
    first: dict[str, tuple[Delivery, Draft]] = {}
    for delivery, draft in session.execute(rows):
        first.setdefault(draft.piece, (delivery, draft))
    return list(first.values())


def as_gone(delivery: Delivery, draft: Draft) -> Gone:
    """A delivery as the files would tell of it."""
    assert delivery.gone_at is not None
    texts = {part.key: part.text for part in draft.parts}
    body = "\n".join(text for key, text in texts.items() if key not in ("subject", "preheader"))
    return Gone(
        code=delivery.code,
        channel=CHANNELS.get(draft.channel or "", draft.channel or ""),
        sent_at=delivery.gone_at.astimezone(UTC).replace(tzinfo=None),
        product=draft.brief.product,
        subject=texts.get("subject"),
        text=texts.get("body") or texts.get("text") or body or None,
    )


def _question(one: Candidate) -> Words:
    told = {"name": one.subject or one.result, "day": one.at.date()}
    return Words("“{name}” of {day} came in without our code. Is it this one?", **told)
