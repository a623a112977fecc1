"""What an intern's own week leaves as facts: what it said last time, what it did, what waits.

Only what a channel may see: nothing of wishes that were just for one person.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.config.clock import now
from bot.config.policy import Policy
from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.source import NO_SOURCE, Source
from bot.data.analyses.campaign_results import DeliveryResult, match_deliveries
from bot.data.analyses.campaigns import letter_against_peers
from bot.data.analyses.result import AnalysisFilter
from bot.data.local_data import LocalData
from bot.data.warehouse.warehouse import Warehouse
from bot.delivery.attribution import CampaignMatch, build_sent_delivery, find_sent_deliveries
from bot.delivery.models import Delivery
from bot.digests.visibility import is_shared_with_team
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.tasks.models import Task
from bot.text.slugs import slugify

WEEK, DRAFT_WINDOW = timedelta(days=7), timedelta(days=90)
STATUS_MEASURES = ("status", "verdict")  # the measures that say how sure a finding is
DIGEST_SKILL = "digest"


def load_previous_facts(
    session: Session, workspace: str, name: str, now: datetime
) -> tuple[Fact, ...]:
    """What the digest of this name said when it was last shown, on an earlier day: the facts of
    each subject that it called confirmed or to watch, as before.<kind>--<subject>.<measure>."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = session.scalar(
        select(Draft)
        .join(Task, Task.id == Draft.task)
        .where(Draft.workspace == workspace, Draft.skill == DIGEST_SKILL, Draft.made_at < midnight)
        .where(Task.form["digest"].as_string() == name, Task.private.is_(False))
        .order_by(Draft.made_at.desc(), Draft.version.desc())
        .limit(1)
    )
    facts = last.facts.facts if last else ()
    called = {
        fact.id.rsplit(".", 1)[0]
        for fact in facts
        if fact.id.rsplit(".", 1)[-1] in STATUS_MEASURES and fact.value in ("confirmed", "to watch")
    }
    return tuple(_mark_previous(fact) for fact in facts if fact.id.rsplit(".", 1)[0] in called)


def _mark_previous(fact: Fact) -> Fact:
    kind, subject, measure = fact.id.split(".", 2)
    return fact.model_copy(update={"id": f"before.{kind}--{subject}.{measure}", "query": None})


def load_work_facts(
    session: Session, workspace: str, policy: Policy, language: str, now: datetime
) -> tuple[Fact, ...]:
    """work.queue.waiting and .oldest (days): what is open now. work.week.drafted, .approved,
    .sent-back, .rejected, .delivered: the last seven days. Of drafts for a marketing channel."""
    drafts = list(session.scalars(_select_newest_drafts(workspace, now)))
    said = _load_decisions(session, [draft.id for draft in drafts])
    stands = {one.id: compute_status(said.get(one.id, []), policy) for one in drafts}
    waiting = [one for one in drafts if stands[one.id] == "open"]
    source = Words("the intern's own record").to(language)

    def fact(subject: str, measure: str, value: int, unit: str | None = None) -> Fact:
        return Fact(
            id=f"work.{subject}.{measure}",
            label=measure.replace("-", " "),
            value=Decimal(value),
            unit=unit,
            source=source,
            as_of=now.date(),
        )

    found = [fact("queue", "waiting", len(waiting))]
    if waiting:
        oldest = min(one.made_at for one in waiting)
        found.append(fact("queue", "oldest", max(0, (now - oldest).days), "days"))
    found += [
        fact("week", name, n) for name, n in _count_last_week(session, workspace, drafts, said, now)
    ]
    return tuple(found)


def _select_newest_drafts(workspace: str, now: datetime) -> Select[Draft]:
    """The newest version of each piece of lately that is for a channel and not just for one."""
    newest = (
        select(Draft.piece, func.max(Draft.version).label("version"))
        .where(Draft.workspace == workspace, Draft.made_at >= now - DRAFT_WINDOW)
        .group_by(Draft.piece)
        .subquery()
    )
    same = (Draft.piece == newest.c.piece) & (Draft.version == newest.c.version)
    return (
        select(Draft)
        .join(newest, same)
        .join(Task, Task.id == Draft.task)
        .where(Draft.channel.is_not(None), Task.private.is_(False))
        .order_by(Draft.made_at)
    )


def _load_decisions(session: Session, drafts: list[str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for start in range(0, len(drafts), 500):
        rows = select(Decision).where(Decision.draft.in_(drafts[start : start + 500]))
        for row in session.scalars(rows.order_by(Decision.at, Decision.id)):
            found.setdefault(row.draft, []).append(row)
    return found


def _count_last_week(
    session: Session,
    workspace: str,
    drafts: list[Draft],
    said: dict[str, list[Decision]],
    now: datetime,
) -> Iterator[tuple[str, int]]:
    since = now - WEEK
    of = {draft.id for draft in drafts}
    lately: dict[str, set[str]] = {"approve": set(), "send back": set(), "reject": set()}
    for decision in (one for some in said.values() for one in some if one.at >= since):
        lately[decision.verdict].add(decision.draft)
    gone = session.scalars(
        select(Delivery.draft).where(
            Delivery.workspace == workspace, Delivery.state == "gone", Delivery.gone_at >= since
        )
    )
    yield "drafted", sum(draft.made_at >= since for draft in drafts)
    yield "approved", len(lately["approve"])
    yield "sent-back", len(lately["send back"])
    yield "rejected", len(lately["reject"])
    yield "delivered", len(of & set(gone))


# What a digest knows besides the library: what it said last time, the queue, what was sent.

SENT_WINDOW = timedelta(days=28)
MAX_SENT_CAMPAIGNS = 5  # campaigns told of, the newest


@dataclass(frozen=True)
class DigestHistory:
    """The facts of a workspace that are in its rows."""

    house: LocalData

    def besides(
        self, workspace: str, request: SkillRequest, form: Mapping[str, Any]
    ) -> tuple[Fact, ...]:
        """before.*, work.* and sent.* for a digest; none for any other skill."""
        if request.skill != DIGEST_SKILL:
            return ()
        at, policy = now(), self.house.policy(workspace)
        name, language = str(form.get("digest") or ""), request.language
        with self.house.database.begin() as session:
            told = load_previous_facts(session, workspace, name, at) if name else ()
            told += load_work_facts(session, workspace, policy, language, at)
        return (*told, *self.sent(workspace, at))

    async def alarming(self, workspace: str) -> Sequence[Fact]:
        """The facts that an alert may come from. What can't be told is no alarm."""
        return await asyncio.to_thread(self._alarming, workspace)

    def _alarming(self, workspace: str) -> list[Fact]:
        library, found = self.house.library(workspace), list[Fact]()
        for kind in ("funnel", "feedback"):
            with contextlib.suppress(CannotDo):
                found += library.findings(kind, AnalysisFilter()).facts
        return found

    def sent(self, workspace: str, at: datetime) -> tuple[Fact, ...]:
        """sent.<code>.*: each campaign of the last four weeks that results came back for, against
        its comparable median. sent.all.without: how many nothing came back for."""
        with self.house.database.begin() as session:
            gone = [
                (d, draft)
                for d, draft in find_sent_deliveries(session, workspace, at)
                if d.gone_at
                and d.gone_at >= at - SENT_WINDOW
                and is_shared_with_team(session, draft)
            ]
            said = CampaignMatch.said(session, workspace)
        if not gone:
            return ()
        drafts = {draft.code: draft for _, draft in gone}

        def asked_of(shelf: Warehouse) -> tuple[Fact, ...]:
            found = match_deliveries(
                shelf, [build_sent_delivery(delivery, draft) for delivery, draft in gone], said
            )
            newest = sorted(found.results, key=lambda one: drafts[one.code].made_at, reverse=True)
            facts = [
                fact
                for one in newest[:MAX_SENT_CAMPAIGNS]
                for fact in _build_campaign_facts(shelf, one, drafts[one.code])
            ]
            return (
                *facts,
                _build_count_fact("all", "without", len(drafts) - len(newest), NO_SOURCE, at),
            )

        return self.house.library(workspace).alone(asked_of)  # an import may ask at this moment


def _build_campaign_facts(shelf: Warehouse, result: DeliveryResult, draft: Draft) -> list[Fact]:
    """One campaign: its name, its wish again, its rates against the median, what was sold."""
    kind = "campaigns" if result.campaigns else "orders"
    source, day = shelf.source(kind), shelf.as_of(kind)
    texts = {part.key: part.text for part in draft.parts}
    name = texts.get("subject") or draft.brief.product_words or draft.brief.words
    subject = slugify(result.code)

    def fact(measure: str, value: str | int | Decimal, unit: str | None = None) -> Fact:
        known = value if isinstance(value, str) else Decimal(value)
        return Fact(
            id=f"sent.{subject}.{measure}",
            label=measure.replace("-", " "),
            about=name,
            value=known,
            unit=unit,
            source=source,
            as_of=day,
        )

    found = [fact("name", name), fact("asked", draft.brief.words)]
    if len(result.letters) == 1:
        held = letter_against_peers(shelf, result.letters[0]).facts
        for one in held:
            measure = one.id.rsplit(".", 1)[-1]
            new = {"id": f"sent.{subject}.{measure}", "about": name, "query": None}
            found.append(one.model_copy(update=new))
    if result.orders and len(result.ordered) == 1 and result.buyers >= shelf.sales_floor:
        ((currency, amount),) = result.ordered.items()
        found += [fact("orders", result.orders, "orders"), fact("sales", amount, currency or None)]
    return found


def _build_count_fact(subject: str, measure: str, value: int, source: Source, at: datetime) -> Fact:
    return Fact(
        id=f"sent.{subject}.{measure}",
        label=measure,
        value=Decimal(value),
        source=source,
        as_of=at.date(),
    )
