"""Attribution: match the campaign results in imported files to the deliveries that caused them."""

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
from bot.data.warehouse.models import LOCAL_WORKSPACE, DataFile
from bot.data.warehouse.warehouse import Warehouse
from bot.db.base import Row
from bot.db.session import insert_once
from bot.delivery.models import CampaignOutcome, Delivery
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job


class CampaignMatch(Row):
    """A person's answer whether a campaign of the files (`result`, its id there) belongs to the
    delivery with this campaign code. Only the first answer for a campaign and code counts."""

    __tablename__ = "joinings"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    same: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]

    @staticmethod
    def record(
        session: Session,
        *,
        workspace: str,
        result: str,
        code: str,
        same: bool,
        by: str,
        now: datetime,
    ) -> bool:
        """Store the answer. False when there is one already."""
        inserted = insert_once(
            session,
            CampaignMatch,
            workspace=workspace,
            result=result,
            code=code,
            same=same,
            by=by,
            at=now,
        )
        if inserted:
            journal.record_event(
                session,
                workspace=workspace,
                event="campaign results joined" if same else "campaign results kept apart",
                subject=code,
                by=by,
                now=now,
            )
        return inserted

    @staticmethod
    def load_answers(session: Session, workspace: str) -> dict[tuple[str, str], bool]:
        """Return the answers: (result, code) → whether they belong together."""
        rows = select(CampaignMatch).where(CampaignMatch.workspace == workspace)
        return {(row.result, row.code): row.same for row in session.scalars(rows)}


ATTRIBUTION_KINDS = ("campaigns", "orders")
ATTRIBUTION_WINDOW = timedelta(days=365)  # older deliveries are no longer updated
FILE_CHANNELS = {"ad": "ads"}  # our channel key → its name in campaign files


@dataclass(frozen=True)
class AttributionTrigger:
    """Enqueues the attribution job when its inputs have changed."""

    local_data: LocalData

    def list_due_jobs(self, session: Session, at: datetime) -> Iterable[Job]:
        """Yield one job for each workspace with deliveries and each state of its inputs."""
        rows = select(Delivery.workspace).where(Delivery.state == "gone").distinct()
        for workspace in session.scalars(rows.order_by(Delivery.workspace)):
            state = self._compute_state(session, workspace, at)
            yield Job(kind="join", subject=f"{workspace}/{state}", workspace=workspace)

    def _compute_state(self, session: Session, workspace: str, at: datetime) -> str:
        """Hash the inputs: files, deliveries, and the hour when a warehouse is connected.

        It runs every minute, so it reads no texts.
        """
        files = DataFile.in_force(session, workspace) or DataFile.in_force(session, LOCAL_WORKSPACE)
        values = [file.id for file in files if file.kind in ATTRIBUTION_KINDS]
        sent_here = (Delivery.workspace == workspace) & (Delivery.state == "gone")
        counts = select(func.count(), func.max(Delivery.gone_at)).where(sent_here)
        values += [str(value) for value in session.execute(counts).one()]
        if self.local_data.settings.warehouse is not None:
            values.append(f"{at:%Y-%m-%d %H}")
        return hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class AttributionJob:
    """The job `<workspace>/<state>`: update the outcomes of all deliveries of the workspace."""

    local_data: LocalData
    enqueue: Enqueue

    async def run(self, subject: str) -> None:
        await asyncio.to_thread(self.update_outcomes, subject.partition("/")[0])

    def update_outcomes(self, workspace: str) -> int:
        """Store the current results of every delivery. Returns the number of cards that changed."""
        with self.local_data.database.begin() as session:
            sent = find_sent_deliveries(session, workspace, now())
            answers = CampaignMatch.load_answers(session, workspace)
        pieces = {draft.code: draft.piece for _, draft in sent}
        deliveries = [build_sent_delivery(delivery, draft) for delivery, draft in sent]

        def match(warehouse: Warehouse) -> tuple[DeliveryMatches, dict[str, list[Words]]]:
            matches = match_deliveries(warehouse, deliveries, answers)
            return matches, {
                result.code: describe_result(warehouse, result) for result in matches.results
            }

        matches, lines = self.local_data.library(workspace).run_exclusively(match)
        questions = {
            candidate.code: (candidate.result, _ask_for_match(candidate))
            for candidate in matches.to_confirm
        }
        changed_cards = 0
        for code, piece in sorted(pieces.items()):
            with self.local_data.database.begin() as session:
                changed_cards += CampaignOutcome.record(
                    session,
                    self.enqueue,
                    workspace=workspace,
                    piece=piece,
                    code=code,
                    lines=lines.get(code, []),
                    asked=questions.get(code),
                    now=now(),
                )
        return changed_cards


def find_sent_deliveries(
    session: Session, workspace: str, at: datetime
) -> list[tuple[Delivery, Draft]]:
    """Return the first delivery of each piece that was sent, with its draft."""
    rows = (
        select(Delivery, Draft)
        .join(Draft, Draft.id == Delivery.draft)
        .where(Delivery.workspace == workspace, Delivery.state == "gone")
        .where(Delivery.gone_at >= at - ATTRIBUTION_WINDOW, Draft.channel.is_not(None))
        .order_by(Delivery.gone_at, Delivery.id)
    )
    first_by_piece: dict[str, tuple[Delivery, Draft]] = {}
    for delivery, draft in session.execute(rows):
        first_by_piece.setdefault(draft.piece, (delivery, draft))
    return list(first_by_piece.values())


def build_sent_delivery(delivery: Delivery, draft: Draft) -> SentDelivery:
    """Describe a delivery with the fields that campaign files have."""
    assert delivery.gone_at is not None
    texts = {part.key: part.text for part in draft.parts}
    body = "\n".join(text for key, text in texts.items() if key not in ("subject", "preheader"))
    return SentDelivery(
        code=delivery.code,
        channel=FILE_CHANNELS.get(draft.channel or "", draft.channel or ""),
        sent_at=delivery.gone_at.astimezone(UTC).replace(tzinfo=None),
        subject=texts.get("subject"),
        text=texts.get("body") or texts.get("text") or body or None,
    )


def _ask_for_match(candidate: MatchCandidate) -> Words:
    values = {"name": candidate.subject or candidate.result, "day": candidate.at.date()}
    return Words("“{name}” of {day} came in without our code. Is it this one?", **values)
