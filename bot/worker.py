"""Take a task, run its handlers, keep the drafts, show them. Every end is visible.

It knows nothing of Slack: it is handed `show`, `deliver`, `read` and `locale` as functions. The
one `except Exception` of the whole product is here.
"""

import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.brand import Brand
from bot.campaign import campaign_code
from bot.delivery import Delivery
from bot.desk import Library, Sent, Writer
from bot.draft import Draft
from bot.drafting import Drafted, check_again, draft
from bot.errors import CannotDo, TryAgain
from bot.intake import Asked, take_in
from bot.job import Enqueue, Job, Kind
from bot.policy import Policy
from bot.post import Post
from bot.receipt import Receipt
from bot.request import Question, Request
from bot.task import Task
from bot.words import Money, Words, language_of

log = logging.getLogger("bot.worker")


class Outside(Protocol):
    """What the worker may have done where people are."""

    async def show(self, post: str) -> None: ...
    async def deliver(self, delivery: str) -> None: ...
    async def read(self, workspace: str, place: Mapping[str, Any]) -> str: ...
    async def locale(self, workspace: str, person: str) -> str | None: ...


class Rows(Protocol):
    """The database, as far as the worker needs it."""

    async def run(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any: ...


@dataclass(frozen=True)
class Worker:
    database: Rows
    enqueue: Enqueue
    outside: Outside
    writer: Writer
    library: Callable[[str], Library]  # by workspace
    brand: Callable[[str], Brand]
    policy: Callable[[str], Policy]
    now: Callable[[], datetime]

    @property
    def jobs(self) -> dict[Kind, Callable[[str], Awaitable[None]]]:
        """What the engine runs, by kind; each ends visibly, whatever happens."""
        return {
            "work": lambda id: self._visibly("work", id, self.work),
            "check": lambda id: self._visibly("check", id, self.check),
            "deliver": lambda id: self._visibly("deliver", id, self.deliver),
            "show": lambda id: self._visibly("show", id, self.outside.show),
        }

    async def work(self, id: str) -> None:
        """A task, from its words to its drafts or its question."""
        task: Task = await self.database.run(lambda s: s.get_one(Task, id))
        going = await self.database.run(lambda s: s.get_one(Task, id).start(self.now()))
        if not going:
            return await self._show_cards(id)
        await self.outside.show(f"{task.first_piece}:card")
        requests = await self._understand(task)
        for number, request in enumerate(requests):
            await self._one_draft(task, number, request)
        await self._change(id, lambda t, s, e: t.finish(s, e, self.now()))
        return await self._show_cards(id)

    async def check(self, id: str) -> None:
        """An edited version: its checks, held against what was known and what was typed."""

        def load(session: Session) -> tuple[Draft, Draft]:
            edited = session.get_one(Draft, id)
            earlier = [
                d for d in Draft.versions(session, edited.piece) if d.version < edited.version
            ]
            return edited, earlier[-1]

        edited, before = await self.database.run(load)
        evidence, checks = check_again(
            edited.parts,
            edited.other_hooks,
            edited.facts,
            request=edited.asked,
            brand=self.brand(edited.workspace),
            today=self.now().date(),
            before=before.parts,
            editor=edited.author or "",
        )

        def keep(session: Session) -> str:
            row = session.get_one(Draft, id)
            if row.checks is None:
                row.judge(session, self.enqueue, checks, evidence, self.now())
            return row.piece

        await self.database.run(keep)

    async def deliver(self, id: str) -> None:
        """An approved version to its destination, once."""

        def depart(session: Session) -> bool:
            delivery = session.get_one(Delivery, id)
            return delivery.depart(session, session.get_one(Draft, delivery.draft))

        def arrive(session: Session) -> None:
            delivery = session.get_one(Delivery, id)
            draft = session.get_one(Draft, delivery.draft)
            delivery.arrive(session, self.enqueue, draft, self.now())

        if await self.database.run(depart):
            await self.outside.deliver(id)
            await self.database.run(arrive)

    async def give_up(self, job: Job, why: TryAgain | None) -> None:
        """A job that has failed too often, or has killed its process too often."""
        reference = reference_of(job.subject)
        log.error("%s %s: given up", reference, job.id)
        words = why.words if why and why.words else None
        await self._fail(job.kind, job.subject, words or broken(reference))

    async def _understand(self, task: Task) -> tuple[Request, ...]:
        """The task's Requests; none when it ends in a question."""
        material = await self.outside.read(task.workspace, task.place)
        locale = await self.outside.locale(task.workspace, task.author)
        taken = await take_in(
            await self._asked(task, material, locale),
            brand=self.brand(task.workspace),
            library=self.library(task.workspace),
            writer=self.writer,
            today=self.now().date(),
            receipt=self._receipts(task),
        )
        if isinstance(taken, Question):
            await self._change(task.id, lambda t, s, e: t.ask(s, e, taken, self.now()))
            return ()
        await self._change(task.id, lambda t, s, e: t.understand(taken.brief, self.now()))
        return taken.requests

    async def _asked(self, task: Task, material: str, locale: str | None) -> Asked:
        previous = None
        if task.previous:
            row: Draft = await self.database.run(lambda s: s.get_one(Draft, task.previous))
            previous = "\n\n".join(part.text for part in row.parts)
        return Asked(
            words=task.words,
            author=task.author,
            material=material,
            private=task.private,
            ui_language=language_of(locale),
            reason=task.reason,
            previous=previous,
            answers={str(k): str(v) for k, v in task.form.items()},
        )

    async def _one_draft(self, task: Task, number: int, request: Request) -> None:
        """One Request to one kept draft, unless it was kept before a crash."""
        piece = f"{task.id}.{number}"
        if await self.database.run(lambda s: Draft.latest(s, piece)) is not None:
            return
        await self._demand_budget(task.workspace)
        made = await draft(
            request,
            brand=self.brand(task.workspace),
            library=self.library(task.workspace),
            writer=self.writer,
            receipt=self._receipts(task),
            code=campaign_code(piece),
            today=self.now().date(),
        )
        if isinstance(made, Question):
            await self._change(task.id, lambda t, s, e: t.ask(s, e, made, self.now()))
        else:
            await self.database.run(self._keep, task, number, request, made)

    def _keep(
        self, session: Session, task: Task, number: int, request: Request, made: Drafted
    ) -> None:
        row = session.get_one(Task, task.id, with_for_update=True)
        if row.state != "working":
            return  # stopped meanwhile
        piece = f"{task.id}.{number}"
        if number:
            Post.plan(
                session,
                id=f"{piece}:card",
                workspace=task.workspace,
                kind="card",
                place=task.place,
                piece=piece,
                now=self.now(),
            )
        Draft.keep(
            session,
            workspace=task.workspace,
            task=task.id,
            number=number,
            request=request,
            parts=made.parts,
            hooks=made.hooks,
            evidence=made.evidence,
            checks=made.checks,
            writer=self.writer.name,
            by_rules=self.writer.by_rules,
            now=self.now(),
        )

    async def _demand_budget(self, workspace: str) -> None:
        """Raises CannotDo when the day's spending limit is reached."""
        if self.writer.by_rules:
            return
        limit = self.policy(workspace).spend.usd_a_day
        spent = await self.database.run(Receipt.spent, workspace, self.now())
        if spent >= limit:
            raise CannotDo(
                Words(
                    "The spending limit for the AI is reached: {limit} in 24 hours. "
                    "An administrator can raise it in policy.toml.",
                    limit=Money(amount=limit, currency="USD"),
                )
            )

    def _receipts(self, task: Task) -> Callable[[Sent], Awaitable[None]]:
        async def keep(sent: Sent) -> None:
            await self.database.run(Receipt.keep, workspace=task.workspace, task=task.id, sent=sent)

        return keep

    async def _change(self, id: str, verb: Callable[[Task, Session, Enqueue], None]) -> None:
        """Change a task's row. Its cards are drawn by this job itself, at its end."""

        def change(session: Session) -> None:
            verb(session.get_one(Task, id, with_for_update=True), session, self._but_cards)

        await self.database.run(change)

    def _but_cards(self, session: Session, job: Job) -> None:
        if job.kind != "show":
            self.enqueue(session, job)

    async def _show_cards(self, id: str) -> None:
        for post in await self.database.run(Post.cards_of, id):
            await self.outside.show(post)

    async def _visibly(self, kind: Kind, id: str, verb: Callable[[str], Awaitable[None]]) -> None:
        try:
            await verb(id)
        except TryAgain:
            raise
        except CannotDo as reason:
            await self._fail(kind, id, reason.words)
        except Exception as bug:
            reference = reference_of(id)
            log.error("%s %s failed: %s", reference, kind, without_content(bug))
            await self._fail(kind, id, broken(reference))

    async def _fail(self, kind: Kind, id: str, words: Words) -> None:
        """Say it where it is looked for: on the card, on the delivery, among the checks."""
        if kind == "work":
            await self._change(id, lambda t, s, e: t.fail(s, e, words, self.now()))
            await self._show_cards(id)
        elif kind == "deliver":
            await self.database.run(self._fail_delivery, id, words)
        elif kind == "check":
            await self.database.run(self._fail_check, id, words)

    def _fail_delivery(self, session: Session, id: str, words: Words) -> None:
        delivery = session.get_one(Delivery, id)
        draft = session.get_one(Draft, delivery.draft)
        delivery.fail(session, self.enqueue, draft, words, self.now())

    def _fail_check(self, session: Session, id: str, words: Words) -> None:
        row = session.get_one(Draft, id)
        row.not_checked(session, self.enqueue, words, self.now())


def reference_of(subject: str) -> str:
    """What a person can quote and the log carries: the task's id, shortened."""
    return f"SI-{subject[:8].upper()}"


def broken(reference: str) -> Words:
    return Words(
        "Something broke on our side, and your request is kept. Quote {reference} to whoever runs "
        "the intern, or try again.",
        reference=reference,
    )


def without_content(bug: BaseException) -> str:
    """A bug for the log: its kind and where it happened, none of the words it was about."""
    frames = traceback.extract_tb(bug.__traceback__)
    told = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(frames[-6:]))
    return f"{type(bug).__name__} at {told}"
