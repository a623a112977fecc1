"""Rows that tests start from, created through the models' own methods."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.audit.journal import JournalEntry
from bot.audit.receipt import Receipt
from bot.config.policy import ApprovalPolicy, Policy
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.parts import Copy, Hook, Part
from bot.core.request import Brief, SkillRequest
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job
from bot.tasks.models import NewTask, Task
from tests.conftest import NOW

POLICY = Policy(approval=ApprovalPolicy(approvers=("UMAX", "ULEA")))


def compute_spent(session: Session, workspace: str, now: datetime) -> Decimal:
    """What counts against the workspace's limit: what was spent, and what is reserved."""
    used = Receipt.compute_usage(session, workspace, now)
    return used.spent + used.reserved


def count_entries(session: Session, workspace: str) -> int:
    """The number of the workspace's entries in the journal."""
    entries = select(func.count()).select_from(JournalEntry)
    return session.scalar(entries.where(JournalEntry.workspace == workspace)) or 0


class Jobs(list[Job]):
    """A fake engine that only records the jobs."""

    def __call__(self, session: Session, job: Job) -> None:
        if job.id not in {known.id for known in self}:
            self.append(job)

    def of(self, kind: str) -> list[str]:
        return [job.subject for job in self if job.kind == kind]


def wish(id: str = "t1", **more: object) -> NewTask:
    told = {"workspace": "T1", "author": "UMARIE", "words": "e-mail: our linen shirt is back"}
    return NewTask.model_validate({"id": id, **told, **more})


def parts(subject: str = "A shirt for hot days", body: str = "Linen breathes.") -> tuple[Part, ...]:
    return (
        Part(kind="copy", key="subject", title="Subject", body=Copy(text=subject)),
        Part(kind="copy", key="body", title="Body", body=Copy(text=body)),
    )


def block(override: bool = True) -> Check:
    said = Words("{figure} has no source.", figure="20 %")
    return Check(rule="figure", level="block", words=said, part="body", override=override)


def draft(
    session: Session,
    enqueue: Enqueue,
    *checks: Check,
    id: str = "t1",
    words: tuple[Part, ...] | None = None,
    **more: object,
) -> Draft:
    """A task of Marie's with one finished draft."""
    Task.accept(session, enqueue, wish(id, **more), NOW)
    task = session.get_one(Task, id)
    task.start(NOW)
    brief = Brief(words=task.words, author=task.author, language="en", channels=("email",))
    Draft.store_new(
        session,
        workspace="T1",
        task=id,
        number=0,
        request=SkillRequest(skill="draft", brief=brief, channel="email"),
        parts=words or parts(),
        hooks=(Hook(angle="comfort", text="Cool all day"), Hook(angle="return", text="It is back")),
        evidence=Evidence(),
        checks=checks,
        writer="rules",
        by_rules=True,
        now=NOW,
    )
    task.finish(session, enqueue, NOW)
    return session.get_one(Draft, f"{id}.0.v1")
