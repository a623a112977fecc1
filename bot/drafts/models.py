"""One version of the work, made of parts, with a fingerprint over its exact words."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import LargeBinary, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.brief import Brief
from bot.core.checks import Check, select_blocking, select_final, select_stated
from bot.core.facts import Evidence
from bot.core.parts import (
    CANNOT_TELL_TITLE,
    Hook,
    NextStep,
    Part,
    compute_fingerprint,
    parse_parts,
    serialize_parts,
)
from bot.core.request import SkillRequest
from bot.db.session import Row, insert_once
from bot.drafts.tracking import campaign_code
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.text.escape import strip_hidden

CHECKS_ADAPTER = TypeAdapter(tuple[Check, ...])
HOOKS_ADAPTER = TypeAdapter(tuple[Hook, ...])
LEADS_ADAPTER = TypeAdapter(tuple[NextStep, ...])


class Draft(Row):
    """A version. All versions of one piece share `piece` ("<task>.<number>"). `canonical` never
    changes once written; deliveries render from it. `checks` is None until they are made."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("piece", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    task: Mapped[str] = mapped_column(index=True)
    piece: Mapped[str]
    version: Mapped[int]
    author: Mapped[str | None]  # the person who edited; None: the intern
    skill: Mapped[str]
    channel: Mapped[str | None]
    language: Mapped[str]
    audience: Mapped[str | None] = mapped_column(Text)
    canonical: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(index=True)
    cites: Mapped[dict[str, Any]]
    hooks: Mapped[str] = mapped_column(Text)
    leads: Mapped[str] = mapped_column(Text, server_default="[]")
    evidence: Mapped[str] = mapped_column(Text)
    request: Mapped[str] = mapped_column(Text)
    checks: Mapped[str | None] = mapped_column(Text)
    writer: Mapped[str]
    by_rules: Mapped[bool]
    made_at: Mapped[datetime]

    @staticmethod
    def keep(
        session: Session,
        *,
        workspace: str,
        task: str,
        number: int,
        request: SkillRequest,
        parts: tuple[Part, ...],
        hooks: tuple[Hook, ...],
        evidence: Evidence,
        checks: tuple[Check, ...],
        writer: str,
        by_rules: bool,
        now: datetime,
        leads: tuple[NextStep, ...] = (),
        before: "Draft | None" = None,
    ) -> bool:
        """The first version of a piece, with its checks made; its number follows on that of the
        draft `before`, which was sent back for it. False when it was kept before."""
        brief = request.brief
        version = before.version + 1 if before is not None and before._is_for(request) else 1
        stored = serialize_parts(
            parts, channel=request.channel, language=request.language, audience=brief.audience
        )
        piece = f"{task}.{number}"
        kept = insert_once(
            session,
            Draft,
            id=f"{piece}.v{version}",
            workspace=workspace,
            task=task,
            piece=piece,
            version=version,
            author=None,
            skill=request.skill,
            channel=request.channel,
            language=request.language,
            audience=brief.audience,
            canonical=stored,
            fingerprint=compute_fingerprint(stored),
            cites={part.key: list(part.facts) for part in parts},
            hooks=HOOKS_ADAPTER.dump_json(hooks).decode(),
            leads=LEADS_ADAPTER.dump_json(leads).decode(),
            evidence=evidence.model_dump_json(),
            request=request.model_dump_json(),
            checks=CHECKS_ADAPTER.dump_json(checks).decode(),
            writer=writer,
            by_rules=by_rules,
            made_at=now,
        )
        if kept:
            draft = session.get_one(Draft, f"{piece}.v{version}")
            draft._journal(session, "draft kept", now)
        return kept

    @staticmethod
    def latest(session: Session, piece: str) -> "Draft | None":
        """The newest version of a piece."""
        return session.scalar(
            select(Draft).where(Draft.piece == piece).order_by(Draft.version.desc()).limit(1)
        )

    @property
    def exact(self) -> str:
        """The fingerprint of the words as they are stored now; it is `fingerprint`, unless somebody
        changed them behind our back."""
        return compute_fingerprint(self.canonical)

    @property
    def parts(self) -> tuple[Part, ...]:
        return parse_parts(self.canonical, self.cites)

    @property
    def other_hooks(self) -> tuple[Hook, ...]:
        return HOOKS_ADAPTER.validate_json(self.hooks)

    @property
    def leads_on(self) -> tuple[NextStep, ...]:
        """What one can do next from here."""
        return LEADS_ADAPTER.validate_json(self.leads or "[]")

    @property
    def facts(self) -> Evidence:
        return Evidence.model_validate_json(self.evidence)

    @property
    def asked(self) -> SkillRequest:
        return SkillRequest.model_validate_json(self.request)

    @property
    def brief(self) -> Brief:
        return self.asked.brief

    @property
    def findings(self) -> tuple[Check, ...] | None:
        """The checks; None until they are made."""
        return CHECKS_ADAPTER.validate_json(self.checks) if self.checks is not None else None

    @property
    def tells_nothing(self) -> bool:
        """Whether it says no more than what can't be told: there is nothing to approve."""
        return all(part.title == CANNOT_TELL_TITLE for part in self.parts)

    @property
    def code(self) -> str:
        """The campaign code: one for all versions of a piece, so it can stand in the words."""
        return campaign_code(self.piece)

    def _is_for(self, request: SkillRequest) -> bool:
        """Whether a request asks for this same work again."""
        return (self.skill, self.channel) == (request.skill, request.channel)

    def demand_current(self, session: Session, seen: str) -> None:
        """Raises CannotDo when the words that somebody saw are no longer the newest."""
        newest = Draft.latest(session, self.piece)
        if newest is None or newest.fingerprint != seen:
            raise CannotDo(
                Words("This draft was changed after you opened it. Here is the new version.")
            )
        if newest.exact != seen:
            raise CannotDo(
                Words("The stored words are not those that were drafted. Ask for a new draft.")
            )

    def blocked(self) -> list[Check]:
        return select_blocking(self.findings or ())

    def refused(self) -> list[Check]:
        """What nobody can approve, whatever the reason."""
        return select_final(self.findings or ())

    def stated(self) -> list[Check]:
        return select_stated(self.findings or ())

    def edit(
        self, session: Session, enqueue: Enqueue, *, by: str, texts: dict[str, str], now: datetime
    ) -> "Draft":
        """Version n+1 in this person's words; unchecked, its check is enqueued. The same words
        again are no new version."""
        parts = tuple(
            part.saying(strip_hidden(texts[part.key])) if part.key in texts else part
            for part in self.parts
        )
        stored = serialize_parts(
            parts, channel=self.channel, language=self.language, audience=self.audience
        )
        if stored == self.canonical:
            return self
        version = self.version + 1
        new = {
            "id": f"{self.piece}.v{version}",
            "version": version,
            "author": by,
            "canonical": stored,
            "fingerprint": compute_fingerprint(stored),
            "checks": None,
            "made_at": now,
        }
        same = {column.key: getattr(self, column.key) for column in Draft.__table__.columns}
        draft = Draft(**(same | new))
        session.add(draft)
        session.flush()
        draft._journal(session, "draft edited", now)
        OutboxMessage.request_redraw(session, enqueue, self.piece)
        enqueue(session, Job(kind="check", subject=draft.id, workspace=self.workspace))
        return draft

    def judge(
        self,
        session: Session,
        enqueue: Enqueue,
        checks: tuple[Check, ...],
        evidence: Evidence,
        now: datetime,
    ) -> None:
        """Checks made after an edit; with them Approve appears."""
        self.checks = CHECKS_ADAPTER.dump_json(checks).decode()
        self.evidence = evidence.model_dump_json()
        OutboxMessage.request_redraw(session, enqueue, self.piece)
        self._journal(session, "draft checked", now)

    def not_checked(self, session: Session, enqueue: Enqueue, words: Words, now: datetime) -> None:
        """The check itself failed: that blocks, and is said."""
        finding = Check(rule="check", level="block", words=words, override=True)
        self.judge(session, enqueue, (finding,), self.facts, now)

    def _journal(self, session: Session, event: str, now: datetime) -> None:
        journal.record_event(
            session,
            workspace=self.workspace,
            event=event,
            subject=self.id,
            by=self.author,
            now=now,
            fingerprint=self.fingerprint,
        )


# A picture that a draft shows: its bytes, found by their own SHA-256.


class DraftImage(Row):
    """The draft's File part has the same SHA-256, and that is in the fingerprint."""

    __tablename__ = "drawings"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]

    @staticmethod
    def keep(session: Session, workspace: str, drawn: Mapping[str, bytes], now: datetime) -> None:
        for sha, png in drawn.items():
            insert_once(session, DraftImage, workspace=workspace, sha256=sha, png=png, made_at=now)

    @staticmethod
    def bytes_of(session: Session, workspace: str, sha: str) -> bytes | None:
        """None for a picture that is not the one the draft was made with."""
        row = session.get(DraftImage, (workspace, sha))
        return row.png if row and hashlib.sha256(row.png).hexdigest() == sha else None
