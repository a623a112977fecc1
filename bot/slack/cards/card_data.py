"""Everything that a card shows, read from rows in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision, compute_status
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.core.request import Question
from bot.db.base import find_one, find_row
from bot.db.workspace import BrandRow
from bot.delivery.models import CampaignOutcome, Delivery
from bot.digests.models import Alert, Schedule, format_place_key
from bot.digests.visibility import Viewer, may_see
from bot.drafts.models import Draft, Vote
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.slack.client import READ_OUTSIDE
from bot.slack.threads import resolve_thread
from bot.tasks.draft_versions import list_newest_drafts, list_versions
from bot.tasks.models import Task

_DRAFTS = select(Draft.id).where(Draft.piece == bindparam("piece"))
# What a piece has beside its task. A new card has none of it, and reading each would be a round
# trip to PostgreSQL.
SELECT_PRESENT = select(
    exists().where(Task.parent == bindparam("task")).label("child"),
    _DRAFTS.exists().label("drafts"),
    exists().where(Decision.draft.in_(_DRAFTS)).label("decisions"),
    exists().where(Delivery.draft.in_(_DRAFTS)).label("deliveries"),
    exists().where(CampaignOutcome.piece == bindparam("piece")).label("outcome"),
)


@dataclass(frozen=True)
class CardData:
    """One piece of a task and its state.

    `channel_names` maps Slack's channel ids to names. A button can't show a mention, so the
    renderer fills it when Slack gives the names.
    """

    task: Task
    policy: Policy
    draft: Draft | None = None
    decisions: tuple[Decision, ...] = ()  # on the current version
    # approvals of earlier versions, which an edit made void: (version, decision)
    void_approvals: tuple[tuple[int, Decision], ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    is_continued: bool = False  # the draft was sent back and a new task continues it
    private: bool = False  # only the author sees this card
    shared: bool = False  # the card was private, and a second card shows the piece to others
    origin: str | None = None  # the channel of the request
    fallback: str = ""  # why the card is in a direct message; see `explain_fallback`
    hosts: frozenset[str] = frozenset()  # hosts that links may lead to
    channel_names: Mapping[str, str] = field(default_factory=dict)
    source_draft: Draft | None = None  # the result that this draft was started from
    outcome: CampaignOutcome | None = None  # the campaign results of the draft
    digest: Schedule | None = None  # the schedule, if this is a digest
    alert: Alert | None = None  # the alert, if this is one
    brand: Brand | None = None
    siblings: tuple[Draft, ...] = ()  # the texts of the task, this one among them
    votes: tuple[int, int] = (0, 0)  # how many found it useful, and how many did not

    @property
    def markets(self) -> frozenset[str]:
        """The markets that this task has texts for, if this one is for a market."""
        if self.draft is None or self.draft.brief.market is None:
            return frozenset()
        return frozenset(one.brief.market for one in self.siblings if one.brief.market)

    @property
    def question(self) -> Question | None:
        return self.task.question_asked

    @property
    def error_words(self) -> Words | None:
        return self.task.trouble_words

    @property
    def status(self) -> str:
        """Open, approved, rejected or sent back."""
        return compute_status(list(self.decisions), self.policy)

    @property
    def is_sent(self) -> bool:
        """Whether this version has been delivered, or is being delivered."""
        return any(delivery.state in ("going", "gone") for delivery in self.deliveries)


def load_card_data(session: Session, post: OutboxMessage, policy: Policy) -> CardData:
    """Read what the card of this row shows now."""
    piece = post.piece or ""
    task = find_one(session, Task, piece.rsplit(".", 1)[0])
    present = session.execute(SELECT_PRESENT, {"task": task.id, "piece": piece}).one()
    versions = list_versions(session, piece) if present.drafts else []
    draft = versions[-1] if versions else None
    decisions: tuple[Decision, ...] = ()
    void_approvals: tuple[tuple[int, Decision], ...] = ()
    if draft and present.decisions:
        decisions = tuple(Decision.list_for_draft(session, draft.id))
        void_approvals = _list_void_approvals(session, versions[:-1])
    origin = _find_origin_channel(task)
    private, brand = _is_private_card(post), _load_brand(session, task.workspace)
    return CardData(
        task=task,
        policy=policy,
        draft=draft,
        decisions=decisions,
        void_approvals=void_approvals,
        deliveries=(
            tuple(Delivery.list_for_draft(session, draft.id))
            if draft and present.deliveries
            else ()
        ),
        is_continued=present.child,
        private=task.private and private,
        shared=task.private and _count_cards(session, piece) > 1,
        origin=origin,
        fallback=_find_fallback(task, post) if private and origin else "",
        hosts=brand.link_sites if brand else frozenset(),
        brand=brand,
        siblings=tuple(list_newest_drafts(session, task.id)) if draft and draft.channel else (),
        votes=Vote.count(session, draft.id) if draft and draft.channel is None else (0, 0),
        source_draft=_find_source_draft(session, draft, task, post),
        outcome=find_row(session, CampaignOutcome, piece) if present.outcome else None,
        digest=_find_schedule(session, task),
        alert=_find_alert(session, task),
    )


def explain_fallback(channel: str, reason: str) -> Words:
    """Say why a card or a notice is in direct messages and not in its channel."""
    place = f"<#{channel}>"
    if reason == READ_OUTSIDE:
        return Words("Another company reads {place}, so this comes to you alone.", place=place)
    if reason == "is_archived":
        return Words("{place} is archived, so this comes to you alone.", place=place)
    return Words(
        "I am not in {place}, so this comes to you alone. To have it come there, type "
        "{command} in that channel.",
        place=place,
        command="`/invite @Super-Intern`",
    )


def _find_fallback(task: Task, post: OutboxMessage) -> str:
    return "" if task.private else str(post.place.get("fallback") or "not_in_channel")


def _find_schedule(session: Session, task: Task) -> Schedule | None:
    name = task.form.get("digest")
    return Schedule.find(session, task.workspace, str(name)) if name else None


def _find_alert(session: Session, task: Task) -> Alert | None:
    series = task.form.get("series")
    key = (task.workspace, str(series), format_place_key(task.place))
    return session.get(Alert, key) if series else None


def _find_source_draft(
    session: Session, draft: Draft | None, task: Task, post: OutboxMessage
) -> Draft | None:
    """Return the result that the draft was started from; None when the card's readers may not
    see it."""
    on = draft.brief.stands_on if draft else None
    source = session.get(Draft, on) if on else None
    thread = resolve_thread(post.place)
    channels = frozenset(filter(None, [post.channel or (thread.channel if thread else None)]))
    reader = task.author if _is_private_card(post) else ""
    return source if may_see(session, Viewer(task.workspace, reader, channels), source) else None


def _find_origin_channel(task: Task) -> str | None:
    """Return the channel of the request; None when it was a direct message."""
    channel = task.place.get("channel")
    return channel if isinstance(channel, str) and channel[:1] in ("C", "G") else None


def _is_private_card(post: OutboxMessage) -> bool:
    """Return whether this card is in its author's direct messages, or will be."""
    place = post.place
    private = place.get("dm") or place.get("fallback")
    where = post.channel or ("D" if private else str(place.get("channel") or ""))
    return where.startswith("D")


def _list_void_approvals(session: Session, before: list[Draft]) -> tuple[tuple[int, Decision], ...]:
    return tuple(
        (version.version, decision)
        for version in before
        for decision in Decision.list_for_draft(session, version.id)
        if decision.verdict == "approve"
    )


def _count_cards(session: Session, piece: str) -> int:
    rows = select(func.count()).where(OutboxMessage.piece == piece, OutboxMessage.kind == "card")
    return session.scalar(rows) or 0


def _load_brand(session: Session, workspace: str) -> Brand | None:
    row = find_row(session, BrandRow, workspace)
    return _parse_brand(row.body) if row else None


@lru_cache(maxsize=256)
def _parse_brand(body: str) -> Brand:
    return Brand.model_validate_json(body)
