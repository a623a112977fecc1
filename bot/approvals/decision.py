"""Who said what about which fingerprint, when, and why."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.audit.policy_in_force import PolicyRecord
from bot.audit.row_digests import require_unchanged_task
from bot.config.policy import Policy
from bot.db.session import Row, insert_once
from bot.delivery.models import Delivery
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import list_versions
from bot.tasks.models import Task

Verdict = Literal["approve", "send back", "reject"]


class Decision(Row):
    """One verdict of one person on one draft version. `reason` is theirs; an approval with a
    reason went over a block. `needed` is how many approvals were asked for when it was said."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("draft", "by"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    draft: Mapped[str] = mapped_column(index=True)
    fingerprint: Mapped[str]
    verdict: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str | None] = mapped_column(Text)
    needed: Mapped[int] = mapped_column(server_default="1")
    at: Mapped[datetime]

    @staticmethod
    def of(session: Session, draft: str) -> list["Decision"]:
        rows = select(Decision).where(Decision.draft == draft)
        return list(session.scalars(rows.order_by(Decision.at, Decision.id)))


def compute_status(decisions: list[Decision], policy: Policy) -> str:
    """Where a version stands: open, approved, rejected or sent back. A policy that asks for fewer
    approvals later settles nothing by itself: somebody says yes under it, or says it again."""
    for decision in decisions:
        if decision.verdict != "approve":
            return "rejected" if decision.verdict == "reject" else "sent back"
    settled = any(count >= one.needed for count, one in enumerate(decisions, start=1))
    return "approved" if settled and len(decisions) >= policy.approval.needed else "open"


def approve(
    session: Session,
    enqueue: Enqueue,
    draft: Draft,
    *,
    by: str,
    fingerprint: str,
    policy: Policy,
    now: datetime,
    reason: str | None = None,
) -> Decision:
    """One person's yes to these exact words; the last one needed sends them on their way.
    Raises CannotDo for a changed text, a missing right, a block without a reason."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    require_unchanged_task(session, draft.workspace, draft.task)
    demand_approver(session, draft, by, policy)
    if draft.findings is None:
        raise CannotDo(Words("These words are still being checked. Approve appears in a moment."))
    if draft.refused():
        raise CannotDo(Words("This can't be approved: {why}", why=draft.refused()[0].words))
    if draft.blocked() and not (reason or "").strip():
        raise CannotDo(
            Words("Something in this draft has no source. To approve it anyway, say why.")
        )
    decision = _record_decision(session, draft, "approve", by, reason, policy, now)
    if compute_status(Decision.of(session, draft.id), policy) == "approved":
        Delivery.plan(session, enqueue, draft, destination={"kind": "thread"}, now=now)
    OutboxMessage.request_redraw(session, enqueue, draft.piece)
    return decision


def send_back(
    session: Session,
    enqueue: Enqueue,
    draft: Draft,
    *,
    by: str,
    fingerprint: str,
    reason: str,
    policy: Policy,
    now: datetime,
    verdict: Verdict = "send back",
) -> Decision:
    """Not these words. `reason` is kept; a new task takes it up when it is sent back.
    Its author and the approvers may say so. Raises CannotDo."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    task = session.get_one(Task, draft.task)
    mine = by in (task.author, draft.author)
    if not mine and by not in policy.approvers:
        raise CannotDo(
            Words("Only whoever asked for this draft, its editor or an approver can do that.")
        )
    decision = _record_decision(session, draft, verdict, by, reason, policy, now)
    OutboxMessage.request_redraw(session, enqueue, draft.piece)
    return decision


def revise(
    session: Session,
    enqueue: Enqueue,
    draft: Draft,
    *,
    by: str,
    fingerprint: str,
    texts: dict[str, str],
    policy: Policy,
    now: datetime,
) -> Draft:
    """A person's own words: version n+1, unchecked, and whatever was said of version n is void.
    What is queued to go out is stopped. Raises CannotDo when it has left, or was settled no."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    require_unchanged_task(session, draft.workspace, draft.task)
    demand_editor(session, draft, by, policy)
    said = Decision.of(session, draft.id)
    if compute_status(said, policy) in ("rejected", "sent back"):
        demand_open(said, policy)
    Delivery.recall(session, draft, by=by, now=now)
    return draft.edit(session, enqueue, by=by, texts=texts, now=now)


def demand_editor(session: Session, draft: Draft, by: str, policy: Policy) -> None:
    """Raises CannotDo when the policy names editors and this person is none of them."""
    if not policy.may_edit(by, author=session.get_one(Task, draft.task).author):
        people = dict.fromkeys((*policy.approval.editors, *policy.approvers))
        names = " ".join(f"<@{person}>" for person in people)
        raise CannotDo(
            Words(
                "You can read this draft, but not edit it. These people can: {names}", names=names
            )
        )


def demand_approver(session: Session, draft: Draft, by: str, policy: Policy) -> None:
    """Raises CannotDo when this person may not approve this draft."""
    if not policy.approvers:
        raise CannotDo(
            Words(
                "No approver is named yet. An administrator can name approvers in policy.toml, "
                "for example: approvers = [{who}]",
                who=f'"{by}"',
            )
        )
    policy.demand(by, "approve")
    if not all(policy.may_approve(by, author=author) for author in find_authors(session, draft)):
        raise CannotDo(
            Words("You asked for this draft or edited it, so somebody else has to approve it.")
        )


def find_authors(session: Session, draft: Draft) -> set[str]:
    """Whose words these are: whoever asked, and whoever edited a version since which nobody else
    has said yes. Somebody's later comma makes an editor no stranger to the words."""
    found = {session.get_one(Task, draft.task).author}
    yes = set[str]()  # to this version or a later one
    for version in reversed(list_versions(session, draft.piece)):
        yes |= {d.by for d in Decision.of(session, version.id) if d.verdict == "approve"}
        if version.author and not yes - {version.author}:
            found.add(version.author)
    return found


def lock_piece(session: Session, draft: Draft) -> None:
    """One decision at a time for each piece."""
    first = select(Draft.id).where(Draft.piece == draft.piece).order_by(Draft.version).limit(1)
    session.execute(first.with_for_update())


def _record_decision(
    session: Session,
    draft: Draft,
    verdict: Verdict,
    by: str,
    reason: str | None,
    policy: Policy,
    now: datetime,
) -> Decision:
    said = Decision.of(session, draft.id)
    demand_open(said, policy)
    PolicyRecord.note(session, draft.workspace, "policy.toml", policy, now)
    made = insert_once(
        session,
        Decision,
        id=f"{draft.id}:{by}",
        workspace=draft.workspace,
        draft=draft.id,
        fingerprint=draft.fingerprint,
        verdict=verdict,
        by=by,
        reason=reason,
        needed=policy.approval.needed,
        at=now,
    )
    if not made:
        if len(said) < policy.approval.needed:
            raise CannotDo(Words("You have already approved this. It needs others as well."))
        again = session.get_one(Decision, f"{draft.id}:{by}")
        again.needed, again.reason, again.at = policy.approval.needed, reason, now
        session.flush()
    journal.record_event(
        session,
        workspace=draft.workspace,
        event=f"decision: {verdict}",
        subject=draft.id,
        by=by,
        now=now,
        fingerprint=draft.fingerprint,
        overridden=len(draft.blocked()) or None,
    )
    return session.get_one(Decision, f"{draft.id}:{by}")


def demand_open(said: list[Decision], policy: Policy) -> None:
    """Raises CannotDo, truthfully, when the version is settled."""
    where = compute_status(said, policy)
    if where == "open":
        return
    last = said[-1]
    told = {"who": f"<@{last.by}>", "when": last.at}
    if where == "approved":
        raise CannotDo(Words("Already approved by {who} on {when}.", **told))
    if where == "rejected":
        raise CannotDo(Words("Already rejected by {who} on {when}.", **told))
    raise CannotDo(Words("Already sent back by {who} on {when}.", **told))
