"""Decisions about drafts: approve, send back, reject, and edit."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.audit.policy_in_force import PolicyRecord
from bot.audit.row_checks import require_unchanged_task
from bot.config.policy import Policy
from bot.db.base import Row, list_rows
from bot.db.session import insert_once
from bot.delivery.models import ALREADY_SENT, Delivery
from bot.drafts.export import is_audience_draft
from bot.drafts.models import Draft
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue
from bot.messages.outbox import OutboxMessage
from bot.tasks.draft_versions import list_versions
from bot.tasks.models import Task

Verdict = Literal["approve", "send back", "reject"]


class Decision(Row):
    """One verdict of one person on one version of a draft. An approval with a `reason` overrode a
    blocking check. `needed` is the number of approvals that the policy required at that time."""

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
    def list_for_draft(session: Session, draft: str) -> list["Decision"]:
        return list_rows(session, Decision, "draft", draft, "at", "id")


def compute_status(decisions: list[Decision], policy: Policy) -> str:
    """Return "open", "approved", "rejected" or "sent back".

    When the policy later requires fewer approvals, an open version stays open until somebody
    approves, or approves again, under the new policy."""
    for decision in decisions:
        if decision.verdict != "approve":
            return "rejected" if decision.verdict == "reject" else "sent back"
    has_enough = any(count >= decision.needed for count, decision in enumerate(decisions, start=1))
    return "approved" if has_enough and len(decisions) >= policy.approval.needed else "open"


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
    accepts: bool = False,
) -> Decision:
    """Record one person's approval of this exact text. The last one needed queues the delivery.
    `accepts`: the person has checked the warnings. Raises CannotDo for a changed text, a missing
    right, a blocking check without a reason, or a warning that nobody accepts."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    require_unchanged_task(session, draft.workspace, draft.task)
    demand_approver(session, draft, by, policy)
    demand_checked(draft)
    if draft.list_blocking_checks() and not (reason or "").strip():
        raise CannotDo("Something in this draft has no source. To approve it anyway, say why.")
    if draft.list_open_warnings():
        if not (accepts or (reason or "").strip()):
            raise CannotDo("Look at what is marked on the card first, then approve it there.")
        draft.accept_warnings(session, by=by, ground="checked", now=now)
    decision = _record_decision(session, draft, "approve", by, reason, policy, now)
    is_approved = compute_status(Decision.list_for_draft(session, draft.id), policy) == "approved"
    if is_approved and not is_audience_draft(draft):  # an audience leaves as a file only
        Delivery.plan(session, enqueue, draft, destination={"kind": "thread"}, now=now)
    OutboxMessage.request_redraw(session, enqueue, draft.piece)
    return decision


def demand_checked(draft: Draft) -> None:
    """Raises CannotDo while the checks run, and for a check that no reason overrides."""
    if draft.findings is None:
        raise CannotDo("These words are still being checked. Approve appears in a moment.")
    if draft.list_final_checks():
        raise CannotDo("This can't be approved: {why}", why=draft.list_final_checks()[0].words)


def accept_terms(
    session: Session,
    enqueue: Enqueue,
    draft: Draft,
    *,
    by: str,
    fingerprint: str,
    policy: Policy,
    now: datetime,
) -> None:
    """Record that a person confirms the marked offer, because it stands in the brand's terms.
    Raises CannotDo for a changed text or a missing right."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    policy.require(by, "approve")
    demand_open(Decision.list_for_draft(session, draft.id), policy)
    draft.accept_warnings(session, by=by, ground="terms", now=now)
    OutboxMessage.request_redraw(session, enqueue, draft.piece)


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
    """Record that the draft is sent back or rejected, with a reason. Raises CannotDo unless the
    person is its author, its editor or an approver."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    demand_author_or_approver(session.get_one(Task, draft.task), draft, by, policy)
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
    """Store a person's edit as version n+1, unchecked. Decisions about version n no longer count,
    and its queued deliveries are stopped. Raises CannotDo when version n was already sent, rejected
    or sent back."""
    lock_piece(session, draft)
    draft.demand_current(session, fingerprint)
    require_unchanged_task(session, draft.workspace, draft.task)
    demand_editor(session, draft, by, policy)
    demand_editable(session, draft, fingerprint, policy)
    Delivery.recall(session, draft, by=by, now=now)
    return draft.edit(session, enqueue, by=by, texts=texts, now=now)


def is_author_or_approver(task: Task, draft: Draft | None, by: str, policy: Policy) -> bool:
    is_own = by == task.author or (draft is not None and by == draft.author)
    return is_own or by in policy.approvers


def demand_author_or_approver(task: Task, draft: Draft | None, by: str, policy: Policy) -> None:
    """Raise CannotDo unless `by` requested or edited the draft, or is an approver."""
    if not is_author_or_approver(task, draft, by, policy):
        raise CannotDo("Only whoever asked for this draft, its editor or an approver can do that.")


def demand_editable(session: Session, draft: Draft, fingerprint: str, policy: Policy) -> None:
    """Raise CannotDo when these words are not the newest, were refused, or have been sent."""
    draft.demand_current(session, fingerprint)
    decisions = Decision.list_for_draft(session, draft.id)
    if compute_status(decisions, policy) in ("rejected", "sent back"):
        demand_open(decisions, policy)
    if any(one.state in ("going", "gone") for one in Delivery.list_for_draft(session, draft.id)):
        raise CannotDo(ALREADY_SENT)


def demand_editor(session: Session, draft: Draft, by: str, policy: Policy) -> None:
    """Raises CannotDo when the policy names editors and this person is not one of them."""
    if not policy.may_edit(by, author=session.get_one(Task, draft.task).author):
        people = dict.fromkeys((*policy.approval.editors, *policy.approvers))
        names = " ".join(f"<@{person}>" for person in people)
        raise CannotDo(
            "You can read this draft, but not edit it. These people can: {names}", names=names
        )


def explain_no_approver(person: str) -> Words:
    return Words(
        "No approver is named yet. An administrator can name approvers in policy.toml, "
        "for example: approvers = [{who}]",
        who=f'"{person}"',
    )


def demand_approver(session: Session, draft: Draft, by: str, policy: Policy) -> None:
    """Raises CannotDo when this person may not approve this draft."""
    if not policy.approvers:
        raise CannotDo(explain_no_approver(by))
    policy.require(by, "approve")
    if not all(policy.may_approve(by, author=author) for author in find_authors(session, draft)):
        raise CannotDo("You asked for this draft or edited it, so somebody else has to approve it.")


def find_authors(session: Session, draft: Draft) -> set[str]:
    """Return the persons who count as authors and may not approve alone: the person who asked, and
    each editor of a version since which nobody else has approved. A later small edit by somebody
    else does not make an editor independent."""
    authors = {session.get_one(Task, draft.task).author}
    approvers = set[str]()  # of this version or a later one
    for version in reversed(list_versions(session, draft.piece)):
        approvers |= {
            decision.by
            for decision in Decision.list_for_draft(session, version.id)
            if decision.verdict == "approve"
        }
        if version.author and not approvers - {version.author}:
            authors.add(version.author)
    return authors


def lock_piece(session: Session, draft: Draft) -> None:
    """Lock the piece, so that decisions about it happen one at a time."""
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
    decisions = Decision.list_for_draft(session, draft.id)
    demand_open(decisions, policy)
    PolicyRecord.note(session, draft.workspace, "policy.toml", policy, now)
    inserted = insert_once(
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
    if not inserted:
        if len(decisions) < policy.approval.needed:
            raise CannotDo("You have already approved this. It needs others as well.")
        existing = session.get_one(Decision, f"{draft.id}:{by}")
        existing.needed, existing.reason, existing.at = policy.approval.needed, reason, now
        session.flush()
    journal.record_event(
        session,
        workspace=draft.workspace,
        event=f"decision: {verdict}",
        subject=draft.id,
        by=by,
        now=now,
        fingerprint=draft.fingerprint,
        overridden=len(draft.list_blocking_checks()) or None,
    )
    return session.get_one(Decision, f"{draft.id}:{by}")


def demand_open(decisions: list[Decision], policy: Policy) -> None:
    """Raises CannotDo when the version is decided, and says how, by whom and when."""
    status = compute_status(decisions, policy)
    if status == "open":
        return
    last = decisions[-1]
    values = {"who": f"<@{last.by}>", "when": last.at}
    if status == "approved":
        raise CannotDo("Already approved by {who} on {when}.", **values)
    if status == "rejected":
        raise CannotDo("Already rejected by {who} on {when}.", **values)
    raise CannotDo("Already sent back by {who} on {when}.", **values)
