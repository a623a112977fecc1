"""Facts from our own tables for a digest or a recap: previous findings, the work done, drafts.

Only what a channel may see: private tasks are left out.
"""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.config.clock import now
from bot.config.policy import Policy
from bot.core.facts import NO_SOURCE, Fact, Source
from bot.core.request import SkillRequest
from bot.data.analyses.campaign_results import DeliveryResult, match_deliveries
from bot.data.analyses.campaigns.mailings import letter_against_peers
from bot.data.analyses.result import AnalysisFilter
from bot.data.local_data import LocalData
from bot.data.warehouse.warehouse import Warehouse
from bot.delivery.attribution import CampaignMatch, build_sent_delivery, find_sent_deliveries
from bot.delivery.models import Delivery
from bot.digests.visibility import Viewer, find_channels, find_owner, is_shared_with_team, may_see
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.tasks.conversation import describe_draft
from bot.tasks.models import Task
from bot.text.normalize import slugify

WEEK, DRAFT_WINDOW = timedelta(days=7), timedelta(days=90)
STATUS_MEASURES = ("status", "verdict")  # the measures that grade how certain a finding is
DIGEST_SKILL, RECAP_SKILL = "digest", "recap"
DRAFT_STATES = {
    "open": Words("waits for approval"),
    "approved": Words("approved"),
    "rejected": Words("rejected"),
    "sent back": Words("changes requested"),
}
WAITING = Words("waits for approval since {day}")
WAITING_ELSEWHERE = Words("drafts elsewhere that wait for approval")
WAITING_FOR_YOU = Words("waits for your approval since {day}")
MAX_THREAD_DRAFTS, MAX_WAITING = 10, 10


def load_previous_facts(
    session: Session, workspace: str, name: str, now: datetime
) -> tuple[Fact, ...]:
    """Load the findings of the last digest of this name from an earlier day: the facts of each
    subject graded confirmed or to watch, with ids before.<kind>--<subject>.<measure>."""
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
    graded_subjects = {
        fact.id.rsplit(".", 1)[0]
        for fact in facts
        if fact.id.rsplit(".", 1)[-1] in STATUS_MEASURES and fact.value in ("confirmed", "to watch")
    }
    return tuple(
        _mark_previous(fact) for fact in facts if fact.id.rsplit(".", 1)[0] in graded_subjects
    )


def _mark_previous(fact: Fact) -> Fact:
    kind, subject, measure = fact.id.split(".", 2)
    return fact.model_copy(update={"id": f"before.{kind}--{subject}.{measure}", "query": None})


def load_work_facts(
    session: Session, workspace: str, policy: Policy, language: str, now: datetime
) -> tuple[Fact, ...]:
    """Count drafts for marketing channels. work.queue.waiting and .oldest (days): open now.
    work.week.drafted, .approved, .sent-back, .rejected, .delivered: the last seven days."""
    drafts = list(session.scalars(_select_newest_drafts(workspace, now)))
    decisions = _load_decisions(session, [draft.id for draft in drafts])
    waiting = _select_waiting(drafts, decisions, policy)
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

    facts = [fact("queue", "waiting", len(waiting))]
    if waiting:
        oldest = min(draft.made_at for draft in waiting)
        facts.append(fact("queue", "oldest", max(0, (now - oldest).days), "days"))
    facts += [
        fact("week", name, n)
        for name, n in _count_last_week(session, workspace, drafts, decisions, now)
    ]
    return tuple(facts)


def load_thread_drafts(
    session: Session, pieces: Sequence[str], *, policy: Policy, language: str, now: datetime
) -> tuple[Fact, ...]:
    """Return thread.draft-<n>.state, about the text, for each piece of a thread; the oldest first.
    A text about one customer is left out."""
    facts: list[Fact] = []
    for piece in reversed(pieces[:MAX_THREAD_DRAFTS]):
        draft = Draft.latest(session, piece)
        if draft is None or draft.channel is None or not (about := describe_draft(draft)):
            continue
        status = compute_status(Decision.list_for_draft(session, draft.id), policy)
        facts.append(
            Fact(
                id=f"thread.draft-{len(facts) + 1}.state",
                label="draft",
                about=about,
                value=DRAFT_STATES[status].to(language),
                source=Words("the intern's own record").to(language),
                as_of=now.date(),
            )
        )
    return tuple(facts)


def list_waiting_channels(
    session: Session, workspace: str, policy: Policy, now: datetime
) -> frozenset[str]:
    """List the channels that show a draft which waits for approval."""
    waiting = _load_waiting(session, workspace, policy, now)
    return frozenset(one for draft in waiting for one in find_channels(session, draft))


def load_waiting_drafts(
    session: Session,
    viewer: Viewer,
    *,
    approver: str | None,
    besides: Collection[str],
    policy: Policy,
    language: str,
    now: datetime,
) -> tuple[Fact, ...]:
    """Return work.draft-<n>.waiting, about the text, for each draft that waits for approval and
    that the viewer may see; the oldest first. `approver` is who asks, if they may approve: it is
    said which wait for them. `besides` are pieces to leave out. If there is none,
    work.queue.waiting is 0."""
    facts: list[Fact] = []
    for draft in _load_waiting(session, viewer.workspace, policy, now):
        about = describe_draft(draft)
        if not about or draft.piece in besides or not may_see(session, viewer, draft):
            continue
        authors = {find_owner(session, draft), draft.author} - {None}
        may_decide = approver not in authors or policy.approval.author_may_approve
        words = WAITING_FOR_YOU if approver and may_decide else WAITING
        facts.append(
            Fact(
                id=f"work.draft-{len(facts) + 1}.waiting",
                label="draft",
                about=about,
                value=words.with_params(day=draft.made_at.date()).to(language),
                source=Words("the intern's own record").to(language),
                as_of=now.date(),
            )
        )
    if not facts:
        facts = [
            Fact(
                id="work.queue.waiting",
                label=WAITING_ELSEWHERE.text,
                value=Decimal(0),
                source=Words("the intern's own record").to(language),
                as_of=now.date(),
            )
        ]
    return tuple(facts[:MAX_WAITING])


def _load_waiting(session: Session, workspace: str, policy: Policy, now: datetime) -> list[Draft]:
    drafts = list(session.scalars(_select_newest_drafts(workspace, now)))
    return _select_waiting(drafts, _load_decisions(session, [one.id for one in drafts]), policy)


def _select_waiting(
    drafts: Iterable[Draft], decisions: Mapping[str, list[Decision]], policy: Policy
) -> list[Draft]:
    return [one for one in drafts if compute_status(decisions.get(one.id, []), policy) == "open"]


def _select_newest_drafts(workspace: str, now: datetime) -> Select[Draft]:
    """Select the newest version of each recent piece for a channel, without private tasks."""
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
    by_draft: dict[str, list[Decision]] = {}
    for start in range(0, len(drafts), 500):
        rows = select(Decision).where(Decision.draft.in_(drafts[start : start + 500]))
        for row in session.scalars(rows.order_by(Decision.at, Decision.id)):
            by_draft.setdefault(row.draft, []).append(row)
    return by_draft


def _count_last_week(
    session: Session,
    workspace: str,
    drafts: list[Draft],
    decisions: dict[str, list[Decision]],
    now: datetime,
) -> Iterator[tuple[str, int]]:
    since = now - WEEK
    draft_ids = {draft.id for draft in drafts}
    by_verdict: dict[str, set[str]] = {"approve": set(), "send back": set(), "reject": set()}
    for decision in (
        decision_made
        for of_draft in decisions.values()
        for decision_made in of_draft
        if decision_made.at >= since
    ):
        by_verdict[decision.verdict].add(decision.draft)
    delivered = session.scalars(
        select(Delivery.draft).where(
            Delivery.workspace == workspace, Delivery.state == "gone", Delivery.gone_at >= since
        )
    )
    yield "drafted", sum(draft.made_at >= since for draft in drafts)
    yield "approved", len(by_verdict["approve"])
    yield "sent-back", len(by_verdict["send back"])
    yield "rejected", len(by_verdict["reject"])
    yield "delivered", len(draft_ids & set(delivered))


SENT_WINDOW = timedelta(days=28)
MAX_SENT_CAMPAIGNS = 5  # only the newest campaigns are reported


async def load_findings(
    local_data: LocalData, kinds: Sequence[str], workspace: str
) -> Sequence[Fact]:
    """Load the facts of these analyses. One whose data are missing gives none."""

    def load() -> list[Fact]:
        library, facts = local_data.library(workspace), list[Fact]()
        for kind in kinds:
            with contextlib.suppress(CannotDo):
                facts += library.findings(kind, AnalysisFilter()).facts
        return facts

    return await asyncio.to_thread(load)


@dataclass(frozen=True)
class DigestHistory:
    """Loads the facts of a workspace that are not in the library."""

    local_data: LocalData

    def load_extra_facts(
        self, workspace: str, request: SkillRequest, form: Mapping[str, Any]
    ) -> tuple[Fact, ...]:
        """Return the facts before.*, work.* and sent.* for a digest, work.* for a recap, and none
        for other skills."""
        if request.skill not in (DIGEST_SKILL, RECAP_SKILL):
            return ()
        at, policy = now(), self.local_data.policy(workspace)
        name, language = str(form.get("digest") or ""), request.language
        with self.local_data.database.begin() as session:
            facts = load_previous_facts(session, workspace, name, at) if name else ()
            facts += load_work_facts(session, workspace, policy, language, at)
        if request.skill == RECAP_SKILL:
            return facts
        return (*facts, *self.load_sent_facts(workspace, at))

    def load_sent_facts(self, workspace: str, at: datetime) -> tuple[Fact, ...]:
        """sent.<code>.*: each campaign of the last four weeks with results, against the median of
        similar campaigns. sent.all.without: the number of campaigns without results."""
        with self.local_data.database.begin() as session:
            sent = [
                (d, draft)
                for d, draft in find_sent_deliveries(session, workspace, at)
                if d.gone_at
                and d.gone_at >= at - SENT_WINDOW
                and is_shared_with_team(session, draft)
            ]
            answers = CampaignMatch.load_answers(session, workspace)
        if not sent:
            return ()
        drafts = {draft.code: draft for _, draft in sent}

        def build_facts(warehouse: Warehouse) -> tuple[Fact, ...]:
            matches = match_deliveries(
                warehouse,
                [build_sent_delivery(delivery, draft) for delivery, draft in sent],
                answers,
            )
            newest = sorted(
                matches.results, key=lambda result: drafts[result.code].made_at, reverse=True
            )
            facts = [
                fact
                for result in newest[:MAX_SENT_CAMPAIGNS]
                for fact in _build_campaign_facts(warehouse, result, drafts[result.code])
            ]
            return (
                *facts,
                _build_count_fact("all", "without", len(drafts) - len(newest), NO_SOURCE, at),
            )

        # An import may use the library at the same time.
        return self.local_data.library(workspace).run_exclusively(build_facts)


def _build_campaign_facts(warehouse: Warehouse, result: DeliveryResult, draft: Draft) -> list[Fact]:
    """One campaign: its name, its original request, its rates against the median, its sales."""
    kind = "campaigns" if result.campaigns else "orders"
    source, day = warehouse.source(kind), warehouse.as_of(kind)
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

    facts = [fact("name", name), fact("asked", draft.brief.words)]
    if len(result.letters) == 1:
        compared = letter_against_peers(warehouse, result.letters[0]).facts
        for compared_fact in compared:
            measure = compared_fact.id.rsplit(".", 1)[-1]
            update = {"id": f"sent.{subject}.{measure}", "about": name, "query": None}
            facts.append(compared_fact.model_copy(update=update))
    if result.orders and len(result.ordered) == 1 and result.buyers >= warehouse.sales_floor:
        ((currency, amount),) = result.ordered.items()
        facts += [fact("orders", result.orders, "orders"), fact("sales", amount, currency or None)]
    return facts


def _build_count_fact(subject: str, measure: str, value: int, source: Source, at: datetime) -> Fact:
    return Fact(
        id=f"sent.{subject}.{measure}",
        label=measure,
        value=Decimal(value),
        source=source,
        as_of=at.date(),
    )
