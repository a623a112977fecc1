"""Drafts: each row is one version of a piece, with a fingerprint of its exact text."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import TypeAdapter
from sqlalchemy import LargeBinary, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.audit import journal
from bot.core.channels import PartLimit, load_channels, measure_text
from bot.core.checks import Acceptance, Check, select_blocking, select_final
from bot.core.facts import PRODUCT_KINDS, Evidence
from bot.core.parts import (
    CANNOT_TELL_TITLE,
    Hook,
    NextStep,
    Part,
    compute_fingerprint,
    parse_parts,
    serialize_parts,
)
from bot.core.request import Brief, SkillRequest
from bot.db.base import Row
from bot.db.session import insert_once
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue, Job
from bot.messages.outbox import OutboxMessage
from bot.text.escape import strip_hidden

CHECKS_ADAPTER = TypeAdapter(tuple[Check, ...])
HOOKS_ADAPTER = TypeAdapter(tuple[Hook, ...])
LEADS_ADAPTER = TypeAdapter(tuple[NextStep, ...])


@lru_cache(maxsize=16)  # a card asks for the request of its draft some ten times
def _parse_request(stored: str) -> SkillRequest:
    return SkillRequest.model_validate_json(stored)


@lru_cache(maxsize=4)  # a card asks for each cited fact
def _parse_evidence(stored: str) -> Evidence:
    return Evidence.model_validate_json(stored)


@lru_cache(maxsize=16)
def _parse_checks(stored: str) -> tuple[Check, ...]:
    return CHECKS_ADAPTER.validate_json(stored)


class Draft(Row):
    """One version of a piece. All its versions share `piece` ("<task>.<number>"). `canonical` never
    changes once written; deliveries render from it. `checks` is None until the checks have run."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("piece", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    task: Mapped[str] = mapped_column(index=True)
    piece: Mapped[str]
    version: Mapped[int]
    author: Mapped[str | None]  # the person who edited it; None: the intern
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
    model: Mapped[str | None]  # what it was written with; None: without a model, or before 0015
    prompt_hash: Mapped[str | None]
    tools_hash: Mapped[str | None]

    @staticmethod
    def store_new(
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
        model: str | None = None,
        prompt_hash: str | None = None,
        tools_hash: str | None = None,
    ) -> bool:
        """Store the first version of a piece with its checks. Its version number continues that of
        the draft `before`, which was sent back. False when it was already stored."""
        brief = request.brief
        version = before.version + 1 if before is not None and before._is_for(request) else 1
        stored = serialize_parts(
            parts, channel=request.channel, language=request.language, audience=brief.audience
        )
        piece = f"{task}.{number}"
        inserted = insert_once(
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
            model=model,
            prompt_hash=prompt_hash,
            tools_hash=tools_hash,
        )
        if inserted:
            draft = session.get_one(Draft, f"{piece}.v{version}")
            draft._journal(session, "draft kept", now)
        return inserted

    @staticmethod
    def latest(session: Session, piece: str) -> "Draft | None":
        """Return the newest version of a piece."""
        return session.scalar(SELECT_LATEST, {"piece": piece})

    @property
    def stored_fingerprint(self) -> str:
        """The fingerprint of the text as it is stored now. It differs from `fingerprint` only when
        somebody changed the row outside the application."""
        return compute_fingerprint(self.canonical)

    @property
    def parts(self) -> tuple[Part, ...]:
        return parse_parts(self.canonical, self.cites)

    @property
    def other_hooks(self) -> tuple[Hook, ...]:
        return HOOKS_ADAPTER.validate_json(self.hooks)

    @property
    def next_steps(self) -> tuple[NextStep, ...]:
        """The next steps offered on the card."""
        return LEADS_ADAPTER.validate_json(self.leads or "[]")

    @property
    def facts(self) -> Evidence:
        return _parse_evidence(self.evidence)

    @property
    def skill_request(self) -> SkillRequest:
        return _parse_request(self.request)

    @property
    def brief(self) -> Brief:
        return self.skill_request.brief

    @property
    def findings(self) -> tuple[Check, ...] | None:
        """The checks. None until they have run."""
        return _parse_checks(self.checks) if self.checks is not None else None

    @property
    def is_empty(self) -> bool:
        """Whether it only says what the data cannot answer: there is nothing to approve."""
        return all(part.title == CANNOT_TELL_TITLE for part in self.parts)

    @property
    def code(self) -> str:
        """The campaign code, the same for all versions of a piece, because links contain it."""
        return campaign_code(self.piece)

    def _is_for(self, request: SkillRequest) -> bool:
        """Whether the request is for the same skill and channel."""
        return (self.skill, self.channel) == (request.skill, request.channel)

    def demand_current(self, session: Session, seen: str) -> None:
        """Raises CannotDo when `seen` is not the fingerprint of the newest version."""
        newest = Draft.latest(session, self.piece)
        if newest is None or newest.fingerprint != seen:
            raise CannotDo("This draft was changed after you opened it. Here is the new version.")
        if newest.stored_fingerprint != seen:
            raise CannotDo("The stored words are not those that were drafted. Ask for a new draft.")

    def list_blocking_checks(self) -> list[Check]:
        return select_blocking(self.findings or ())

    def list_final_checks(self) -> list[Check]:
        """The checks that block approval and that no reason overrides."""
        return select_final(self.findings or ())

    def list_open_warnings(self) -> list[Check]:
        """The warnings to which nobody has said yes."""
        return [check for check in self.findings or () if check.is_open_warning]

    def accept_warnings(
        self,
        session: Session,
        *,
        by: str,
        ground: Acceptance,
        now: datetime,
        quote: str | None = None,
    ) -> None:
        """Record a person's yes to the open warnings, or to the one about `quote`."""
        accepted = {"accepted_by": by, "accepted_as": ground}
        checks = tuple(
            check.model_copy(update=accepted)
            if check.is_open_warning and quote in (None, check.quote)
            else check
            for check in self.findings or ()
        )
        if checks == self.findings:
            return
        self.checks = CHECKS_ADAPTER.dump_json(checks).decode()
        journal.record_event(
            session,
            workspace=self.workspace,
            event="warnings accepted",
            subject=self.id,
            by=by,
            now=now,
            fingerprint=self.fingerprint,
            ground=ground,
        )

    def edit(
        self, session: Session, enqueue: Enqueue, *, by: str, texts: dict[str, str], now: datetime
    ) -> "Draft":
        """Store version n+1 with this person's text and enqueue its check. An unchanged text makes
        no new version."""
        parts = tuple(
            part.with_text(strip_hidden(texts[part.key])) if part.key in texts else part
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

    def store_checks(
        self,
        session: Session,
        enqueue: Enqueue,
        checks: tuple[Check, ...],
        evidence: Evidence,
        now: datetime,
    ) -> None:
        """Store the checks of an edited version. The Approve button appears with them."""
        self.checks = CHECKS_ADAPTER.dump_json(checks).decode()
        self.evidence = evidence.model_dump_json()
        OutboxMessage.request_redraw(session, enqueue, self.piece)
        self._journal(session, "draft checked", now)

    def mark_unchecked(
        self, session: Session, enqueue: Enqueue, words: Words, now: datetime
    ) -> None:
        """Store a blocking finding that the check itself failed."""
        finding = Check(rule="check", level="block", words=words, override=True)
        self.store_checks(session, enqueue, (finding,), self.facts, now)

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


SELECT_LATEST = (  # built once
    select(Draft).where(Draft.piece == bindparam("piece")).order_by(Draft.version.desc()).limit(1)
)


class DraftImage(Row):
    """A PNG that a draft shows. The File part of the draft, and so its fingerprint, contains the
    same SHA-256."""

    __tablename__ = "drawings"

    workspace: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]

    @staticmethod
    def store(session: Session, workspace: str, images: Mapping[str, bytes], now: datetime) -> None:
        for sha, png in images.items():
            insert_once(session, DraftImage, workspace=workspace, sha256=sha, png=png, made_at=now)

    @staticmethod
    def bytes_of(session: Session, workspace: str, sha: str) -> bytes | None:
        """Return the PNG. None when its bytes no longer match the SHA-256."""
        row = session.get(DraftImage, (workspace, sha))
        return row.png if row and hashlib.sha256(row.png).hexdigest() == sha else None


# Whether a report was useful: one vote of each person on each version, which they can change.


class Vote(Row):
    """A person's vote on a version of a draft."""

    __tablename__ = "votes"

    draft: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(index=True)
    useful: Mapped[bool]
    at: Mapped[datetime]

    @staticmethod
    def cast(session: Session, draft: Draft, *, by: str, useful: bool, now: datetime) -> None:
        """Store the vote, or take back the same one. Another vote replaces it."""
        key = {"draft": draft.id, "by": by}
        if insert_once(session, Vote, **key, workspace=draft.workspace, useful=useful, at=now):
            return
        row = session.get_one(Vote, key, with_for_update=True)
        if row.useful == useful:
            session.delete(row)
        else:
            row.useful, row.at = useful, now

    @staticmethod
    def count(session: Session, draft: str) -> tuple[int, int]:
        """Return how many found it useful, and how many did not."""
        votes = list(session.scalars(select(Vote.useful).where(Vote.draft == draft)))
        return votes.count(True), votes.count(False)


# Campaign codes: one for each piece, added to its links before approval.

LINK_PATTERN = re.compile(r"https?://[^\s<>\"')\]]+")


def campaign_code(piece: str) -> str:
    """Return the code of a piece, for example `si-1a2b3c4d`. All versions share it."""
    return f"si-{hashlib.sha256(piece.encode()).hexdigest()[:8]}"


def tag_links(text: str, site: str | None, code: str) -> str:
    """Add utm_campaign=<code> to each link to the brand's own site."""
    host = urlsplit(site).hostname if site else None
    return LINK_PATTERN.sub(lambda found: _tag_link(found[0], host, code), text) if host else text


def _tag_link(link: str, host: str, code: str) -> str:
    tail = link[len(link.rstrip(".,;:!?…")) :]
    parts = urlsplit(link.removesuffix(tail) if tail else link)
    found = parts.hostname or ""
    if found != host and not found.endswith(f".{host}"):
        return link
    query = [(k, v) for k, v in parse_qsl(parts.query) if k != "utm_campaign"]
    query.append(("utm_campaign", code))
    return urlunsplit(parts._replace(query=urlencode(query))) + tail


# Openings: another one in the place of the one that a draft has.

SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def list_cited_products(draft: Draft) -> frozenset[str]:
    """Return the handles of the products whose facts the text of a draft cites."""
    cited = [draft.facts.get(id) for part in draft.parts for id in part.facts]
    return frozenset(one.parts.subject for one in cited if one and one.parts.kind in PRODUCT_KINDS)


def find_main_product(parts: Sequence[Part]) -> str | None:
    """Return the product that a text is about by the facts that it cites: the only one, or the one
    that each part with facts of products cites, and two of them, the first included, alone."""
    of_parts = [
        {id.split(".")[1] for id in part.facts if id.startswith("product.")} for part in parts
    ]
    cited = [one for one in of_parts if one]
    if not cited or len(cited[0]) > 1 or any(not cited[0] <= one for one in cited):
        return None
    is_main = cited.count(cited[0]) > 1 or len(cited) == 1
    return next(iter(cited[0])) if is_main else None


def find_cited_product(draft: Draft) -> str | None:
    """Return the title of the product that a text is about, where its brief names another one or a
    range that it was chosen from; None where the brief names it, or what else it is about."""
    brief = draft.brief
    handle = find_main_product(draft.parts) if draft.channel else None
    other = brief.product_words or brief.occasion or brief.own_text
    is_open = brief.product or brief.category or not other
    if handle is None or handle == brief.product or brief.others or not is_open:
        return None
    name = draft.facts.get(f"product.{handle}.name")
    return str(name.value) if name else None


def replace_opening(draft: Draft, pick: str) -> dict[str, str]:
    """Return the texts to change, by part key, so that the draft opens with hook number `pick`.

    A subject or a title is replaced as a whole. In other copy the first sentence is replaced, after
    the sender's name that an SMS starts with.
    """
    hooks = draft.other_hooks
    if not pick.isdigit() or int(pick) >= len(hooks):
        raise CannotDo("This opening is no longer there.")
    opening = hooks[int(pick)].text
    copies = {part.key: part.text for part in draft.parts if part.kind == "copy"}
    channel = load_channels().get(draft.channel or "")
    for key, text in copies.items():
        limit = channel.find_limit(key) if channel else None
        if limit and limit.role == "title":
            return {key: fit_opening(opening, limit)}
        return {key: _replace_first_sentence(text, opening)}
    raise CannotDo("There is nothing in this draft that an opening could replace.")


def list_parts_beside_opening(draft: Draft) -> list[Part]:
    """Return the parts that another subject or title leaves as they are; none where the opening is
    a sentence of a part."""
    channel = load_channels().get(draft.channel or "")
    copies = [part for part in draft.parts if part.kind == "copy"]
    first = next(iter(copies), None)
    limit = channel.find_limit(first.key) if channel and first else None
    return copies[1:] if limit and limit.role == "title" else []


def fit_opening(opening: str, limit: PartLimit) -> str:
    """Return the opening, or as many of its first sentences as the limit allows.

    Raise CannotDo with both lengths when not even the first sentence fits.
    """
    if measure_text(opening, limit) <= limit.most:
        return opening
    sentences = SENTENCE_END.split(opening)
    while len(sentences) > 1:
        sentences.pop()
        shorter = " ".join(sentences)
        if measure_text(shorter, limit) <= limit.most:
            return shorter
    raise CannotDo(
        "This opening has {size} characters, and {part} takes {most}. Take the other one, or "
        "press Edit and put in a shorter one.",
        size=measure_text(opening, limit),
        part=Words(limit.title),
        most=limit.most,
    )


def _replace_first_sentence(text: str, opening: str) -> str:
    first, *rest = SENTENCE_END.split(text, maxsplit=1)
    sender = re.match(r"[^.!?…:\n]{1,20}\s?:\s", first)
    stop = "" if re.search(r"[.!?…]$", opening) else "."
    whole = f"{sender[0] if sender else ''}{opening}{stop}"
    return " ".join([whole, *rest])
