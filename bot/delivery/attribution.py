"""A person's word on whether a campaign's results belong to one of our deliveries."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.config.clock import now
from bot.data.analyses.campaign_results import (
    DeliveryMatches,
    MatchCandidate,
    SentDelivery,
    describe_result,
    match_deliveries,
)
from bot.data.local_data import LocalData
from bot.data.warehouse.models import DataFile
from bot.data.warehouse.store import LOCAL_WORKSPACE
from bot.data.warehouse.warehouse import Warehouse
from bot.db.session import Row, insert_once
from bot.delivery.models import CampaignOutcome, Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job


class CampaignMatch(Row):
    """One campaign of the files (`result`, its id there) and the code that it was said to carry.
    One answer a campaign and code; whoever answers later changes nothing."""

    __tablename__ = "joinings"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    same: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]

    @staticmethod
    def say(
        session: Session,
        *,
        workspace: str,
        result: str,
        code: str,
        same: bool,
        by: str,
        now: datetime,
    ) -> bool:
        """Write down what this person said; False when it was answered before."""
        made = insert_once(
            session,
            CampaignMatch,
            workspace=workspace,
            result=result,
            code=code,
            same=same,
            by=by,
            at=now,
        )
        if made:
            journal.record_event(
                session,
                workspace=workspace,
                event="campaign results joined" if same else "campaign results kept apart",
                subject=code,
                by=by,
                now=now,
            )
        return made

    @staticmethod
    def said(session: Session, workspace: str) -> dict[tuple[str, str], bool]:
        """What people said: (result, code) → whether they belong together."""
        rows = select(CampaignMatch).where(CampaignMatch.workspace == workspace)
        return {(row.result, row.code): row.same for row in session.scalars(rows)}


# What comes back for what went out: campaign results are joined to their drafts, by themselves.

ATTRIBUTION_KINDS = ("campaigns", "orders")
ATTRIBUTION_WINDOW = timedelta(days=365)  # what went out longer ago has had its results
FILE_CHANNELS = {"ad": "ads"}  # ours → as the campaigns' files have it


@dataclass(frozen=True)
class AttributionTrigger:
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
        held = DataFile.in_force(session, workspace) or DataFile.in_force(session, LOCAL_WORKSPACE)
        told = [holding.id for holding in held if holding.kind in ATTRIBUTION_KINDS]
        mine = (Delivery.workspace == workspace) & (Delivery.state == "gone")
        counted = select(func.count(), func.max(Delivery.gone_at)).where(mine)
        told += [str(value) for value in session.execute(counted).one()]
        if self.house.settings.warehouse is not None:
            told.append(f"{at:%Y-%m-%d %H}")
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class AttributionJob:
    """The engine's job: `T0SHOP/…` looks at all that went out from T0SHOP."""

    house: LocalData
    enqueue: Enqueue

    async def do(self, subject: str) -> None:
        await asyncio.to_thread(self.join, subject.partition("/")[0])

    def join(self, workspace: str) -> int:
        """Every delivery's results as they are now; how many cards changed."""
        with self.house.database.begin() as session:
            gone = find_sent_deliveries(session, workspace, now())
            said = CampaignMatch.said(session, workspace)
        pieces = {draft.code: draft.piece for _, draft in gone}
        out = [build_sent_delivery(delivery, draft) for delivery, draft in gone]

        def asked_of(shelf: Warehouse) -> tuple[DeliveryMatches, dict[str, list[Words]]]:
            found = match_deliveries(shelf, out, said)
            return found, {result.code: describe_result(shelf, result) for result in found.results}

        found, lines = self.house.library(workspace).run_exclusively(asked_of)
        asked = {one.code: (one.result, _ask_for_match(one)) for one in found.to_confirm}
        changed = 0
        for code, piece in sorted(pieces.items()):
            with self.house.database.begin() as session:
                changed += CampaignOutcome.tell(
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


def find_sent_deliveries(
    session: Session, workspace: str, at: datetime
) -> list[tuple[Delivery, Draft]]:
    """What went out, each piece by its first delivery."""
    rows = (
        select(Delivery, Draft)
        .join(Draft, Draft.id == Delivery.draft)
        .where(Delivery.workspace == workspace, Delivery.state == "gone")
        .where(Delivery.gone_at >= at - ATTRIBUTION_WINDOW, Draft.channel.is_not(None))
        .order_by(Delivery.gone_at, Delivery.id)
    )
    first: dict[str, tuple[Delivery, Draft]] = {}
    for delivery, draft in session.execute(rows):
        first.setdefault(draft.piece, (delivery, draft))
    return list(first.values())


def build_sent_delivery(delivery: Delivery, draft: Draft) -> SentDelivery:
    """A delivery as the files would tell of it."""
    assert delivery.gone_at is not None
    texts = {part.key: part.text for part in draft.parts}
    body = "\n".join(text for key, text in texts.items() if key not in ("subject", "preheader"))
    return SentDelivery(
        code=delivery.code,
        channel=FILE_CHANNELS.get(draft.channel or "", draft.channel or ""),
        sent_at=delivery.gone_at.astimezone(UTC).replace(tzinfo=None),
        product=draft.brief.product,
        subject=texts.get("subject"),
        text=texts.get("body") or texts.get("text") or body or None,
    )


def _ask_for_match(one: MatchCandidate) -> Words:
    told = {"name": one.subject or one.result, "day": one.at.date()}
    return Words("“{name}” of {day} came in without our code. Is it this one?", **told)
