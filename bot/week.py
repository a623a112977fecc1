"""What an intern's own week leaves as facts: what it said last time, what it did, what waits.

Only what a channel may see: nothing of wishes that were just for one person.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.decision import Decision, standing
from bot.delivery import Delivery
from bot.draft import Draft
from bot.evidence import Fact
from bot.policy import Policy
from bot.task import Task
from bot.words import Words

WEEK, LOOKED_AT = timedelta(days=7), timedelta(days=90)
VERDICTS = ("status", "verdict")  # the measures that say how sure a finding is
SKILL = "digest"


def before(session: Session, workspace: str, name: str, now: datetime) -> tuple[Fact, ...]:
    """What the digest of this name said when it was last shown, on an earlier day: the facts of
    each subject that it called confirmed or to watch, as before.<kind>--<subject>.<measure>."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = session.scalar(
        select(Draft)
        .join(Task, Task.id == Draft.task)
        .where(Draft.workspace == workspace, Draft.skill == SKILL, Draft.made_at < midnight)
        .where(Task.form["digest"].as_string() == name, Task.private.is_(False))
        .order_by(Draft.made_at.desc(), Draft.version.desc())
        .limit(1)
    )
    facts = last.facts.facts if last else ()
    called = {
        fact.id.rsplit(".", 1)[0]
        for fact in facts
        if fact.id.rsplit(".", 1)[-1] in VERDICTS and fact.value in ("confirmed", "to watch")
    }
    return tuple(_before(fact) for fact in facts if fact.id.rsplit(".", 1)[0] in called)


def _before(fact: Fact) -> Fact:
    kind, subject, measure = fact.id.split(".", 2)
    return fact.model_copy(update={"id": f"before.{kind}--{subject}.{measure}", "query": None})


def work(
    session: Session, workspace: str, policy: Policy, language: str, now: datetime
) -> tuple[Fact, ...]:
    """work.queue.waiting and .oldest (days): what is open now. work.week.drafted, .approved,
    .sent-back, .rejected, .delivered: the last seven days. Of drafts for a marketing channel."""
    drafts = list(session.scalars(_newest(workspace, now)))
    said = _decisions(session, [draft.id for draft in drafts])
    stands = {one.id: standing(said.get(one.id, []), policy) for one in drafts}
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
    found += [fact("week", name, n) for name, n in _counts(session, workspace, drafts, said, now)]
    return tuple(found)


def _newest(workspace: str, now: datetime) -> Select[Draft]:
    """The newest version of each piece of lately that is for a channel and not just for one."""
    newest = (
        select(Draft.piece, func.max(Draft.version).label("version"))
        .where(Draft.workspace == workspace, Draft.made_at >= now - LOOKED_AT)
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


def _decisions(session: Session, drafts: list[str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for start in range(0, len(drafts), 500):
        rows = select(Decision).where(Decision.draft.in_(drafts[start : start + 500]))
        for row in session.scalars(rows.order_by(Decision.at, Decision.id)):
            found.setdefault(row.draft, []).append(row)
    return found


def _counts(
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
