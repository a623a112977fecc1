"""What a message that changes drafts does to rows: decisions, tasks of the next versions, and
questions to the owners of drafts that its author may not change."""

from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from bot.approvals.decision import (
    Decision,
    compute_status,
    is_author_or_approver,
    revise,
    send_back,
)
from bot.config.policy import Policy
from bot.core.request import task_id
from bot.digests.visibility import drop_private_sources
from bot.drafts.models import Draft, replace_opening
from bot.errors import CALM_PARAM
from bot.i18n.messages import Words
from bot.tasks.models import HEARD, OPEN_STATES, NewTask, Task
from bot.tasks.services import RunningTask, enqueue_unless_card
from bot.tasks.understanding import OtherRevision, Understanding

LEFT_AS_IT_IS = Words("All right, it stays as it is.", **{CALM_PARAM: "yes"})


@dataclass(frozen=True)
class DraftRevisions(RunningTask):
    """A message that may change drafts of its thread."""

    def _list_refused(
        self, understanding: Understanding, may_approve: bool, session: Session
    ) -> list[str]:
        """Return the open drafts that the message would change, and its author may not."""
        policy, refused = self._find_policy(may_approve), list[str]()
        for id in understanding.revised:
            draft = self._find_draft(session, id)
            if draft is None or not self._is_open(session, draft, policy):
                continue
            task = session.get_one(Task, draft.task)
            if not is_author_or_approver(task, draft, self.task.author, policy):
                refused.append(id)
        return refused

    def _ask_owner(self, session: Session, change: Understanding) -> None:
        """Start a task that asks whoever asked for a draft whether to make a change to it."""
        task, draft = self.task, self._find_draft(session, change.draft)
        if draft is None:
            return
        before = session.get_one(Task, draft.task)
        asked = change.instruction or task.words
        left = Understanding(outcome="reply", line=LEFT_AS_IT_IS)
        self._start_task(
            session,
            before.retry(
                task_id("ask owner", task.id, draft.id),
                words=asked,
                place=task.place,
                private=before.private,
                form={},
                parent=None,
                reason=None,
                previous=None,
            ),
            Understanding(
                outcome="revise",
                language=change.language,
                instruction=asked,
                choices=(change, left),
                asked_by=task.author,
            ),
        )

    def _start_task(self, session: Session, new_task: NewTask, read: Understanding) -> None:
        """Start a task of which it is known what it asks for."""
        services = self.services
        if Task.accept(session, services.enqueue, new_task, services.now()):
            started = session.get_one(Task, new_task.id)
            started.store_understanding(read.model_dump_json(), services.now())

    def _find_draft(self, session: Session, id: str | None) -> Draft | None:
        """Return the newest version of a draft that the message is about."""
        draft = session.get(Draft, id) if id else None
        return (Draft.latest(session, draft.piece) or draft) if draft else None

    def _find_policy(self, may_approve: bool) -> Policy:
        """Return the policy, in which the author is an approver if a user group makes them one."""
        policy, author = self.services.policy(self.task.workspace), self.task.author
        if not may_approve or author in policy.approvers:
            return policy
        access = policy.access.model_copy(update={"approve": (*policy.access.approve, author)})
        return policy.model_copy(update={"access": access})

    def _use_opening(
        self, session: Session, understanding: Understanding, may_approve: bool
    ) -> None:
        """Put another opening into the draft, as its button does, and end this task. Raises
        CannotDo when the person may not edit it, or the opening does not fit."""
        services = self.services
        task = session.get_one(Task, self.task.id, with_for_update=True)
        draft = self._find_draft(session, understanding.draft)
        if draft is None or understanding.opening is None or task.state not in OPEN_STATES:
            return
        revise(
            session,
            services.enqueue,
            draft,
            by=task.author,
            fingerprint=draft.fingerprint,
            texts=replace_opening(draft, str(understanding.opening - 1)),
            policy=self._find_policy(may_approve),
            now=services.now(),
        )
        opening = draft.other_hooks[understanding.opening - 1].text
        words = Words("It now opens with: “{opening}”", opening=opening, **{CALM_PARAM: "yes"})
        task.reply(session, partial(enqueue_unless_card, services), words, services.now())

    def _continue_draft(
        self, session: Session, understanding: Understanding, may_approve: bool
    ) -> None:
        """Send the draft back, and make this task its revision. A draft that was decided already
        stays as it is, and the revision starts from its text. Raises CannotDo when the person may
        not send it back."""
        services = self.services
        task = session.get_one(Task, self.task.id, with_for_update=True)
        draft = self._find_draft(session, understanding.draft)
        if draft is None or task.previous is not None:
            return
        policy = self._find_policy(may_approve)
        for other in understanding.again:
            self._revise_other(session, task, other, policy, understanding.instruction)
        reason = understanding.instruction or task.words
        self._send_back(session, draft, reason, policy)
        before = session.get_one(Task, draft.task)
        form, private = self._copy_form(session, before)
        if task.parent and (asking := session.get(Task, task.parent, with_for_update=True)):
            asking.end_answered(session, services.enqueue, services.now())
        task.continue_draft(
            before,
            draft=draft.id,
            reason=reason,
            form=form,
            place=task.place,
            private=private,
            now=services.now(),
        )

    def _revise_other(
        self,
        session: Session,
        task: Task,
        other: OtherRevision,
        policy: Policy,
        instruction: str | None,
    ) -> None:
        """Send another draft of the thread back, and start a task that makes its next version. It
        is told all words of the message, and the earlier ones that these mean."""
        draft = self._find_draft(session, other.draft)
        if draft is None:
            return
        reason = task.reason or task.words
        reason = instruction if instruction and reason in instruction else reason
        self._send_back(session, draft, reason, policy)
        before = session.get_one(Task, draft.task)
        form, private = self._copy_form(session, before)
        new_task = before.retry(
            task_id("revise as well", task.id, draft.id),
            place=task.place,
            private=private,
            form=form,
            reason=reason,
            previous=draft.id,
        )
        self._start_task(session, new_task, other.as_revision(reason, task.message_language))

    @staticmethod
    def _is_open(session: Session, draft: Draft, policy: Policy) -> bool:
        return compute_status(Decision.list_for_draft(session, draft.id), policy) == "open"

    def _send_back(self, session: Session, draft: Draft, reason: str, policy: Policy) -> None:
        """Send a draft back, unless it was decided already."""
        services = self.services
        if self._is_open(session, draft, policy):
            send_back(
                session,
                services.enqueue,
                draft,
                by=self.task.author,
                fingerprint=draft.fingerprint,
                reason=reason,
                policy=policy,
                now=services.now(),
            )

    def _copy_form(self, session: Session, before: Task) -> tuple[dict[str, str], bool]:
        """Return the form of a draft's task for its revision here, and whether that is private."""
        channel = str(self.task.place.get("channel") or "")
        private = before.private and channel.startswith("D")
        form = {str(k): str(v) for k, v in before.form.items() if k != HEARD}
        if before.private and not private:  # its card was shared here
            form = drop_private_sources(session, before, {channel}).get("form", form)
            form.pop("stands_on", None)
        return form, private
