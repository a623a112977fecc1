"""Replies in a thread: what sends a draft back, questions that need no mention of the intern, and
answers to its questions.

A revision, also one that a form or a button asks for, is always a new task: the same request of the
same person, with the reason added.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.agent.skills import load_commands, load_skills
from bot.approvals import decision
from bot.approvals.decision import Decision, compute_status
from bot.config.policy import Policy
from bot.core.channels import load_channels
from bot.core.request import add_answer, task_id
from bot.core.thread_text import asks_only_why, is_follow_up
from bot.digests.visibility import Viewer
from bot.drafts.models import Draft, replace_opening
from bot.errors import CannotDo
from bot.i18n.messages import LANGUAGES, Words, translate_stored_title
from bot.messages.outbox import OutboxMessage
from bot.offline import routing
from bot.offline.routing import find_channels, find_revision
from bot.slack.listeners import (
    BlockAction,
    ListenerContext,
    ViewSubmission,
    choose_next_place,
    copy_task_form,
    decision_fields,
    find_card,
    load_visible_draft,
    remove_private_sources,
)
from bot.slack.threads import (
    MAX_THREAD_CARDS,
    ChannelThread,
    continue_in_thread,
    find_card_thread,
    list_thread_cards,
    make_place,
    read_whole_thread,
)
from bot.tasks.models import OPEN_STATES, OVERHEARD, OWN_THREAD, NewTask, Task
from bot.text.normalize import tokenize

# In a direct message, at most this many words this soon after a draft are about the draft.
MAX_REPLY_WORDS = 12
RECENT_DRAFT = timedelta(minutes=30)


def use_opening(
    session: Session, context: ListenerContext, request: BlockAction | ViewSubmission, pick: str
) -> None:
    """Store the draft with this one of its openings as the next version."""
    draft = load_visible_draft(session, request)
    decision.revise(
        session,
        context.services.enqueue,
        draft,
        **decision_fields(context, request),
        texts=replace_opening(draft, pick),
    )


def request_changes(
    session: Session, context: ListenerContext, request: BlockAction | ViewSubmission, reason: str
) -> None:
    """Send the draft back. It continues as a new task under the same card."""
    draft = load_visible_draft(session, request)
    decision.send_back(
        session,
        context.services.enqueue,
        draft,
        **decision_fields(context, request),
        reason=reason,
    )
    id = task_id("send back", draft.id, request.user)
    start_revision(
        session, context, draft, id=id, reason=reason, back=request.origin, viewer=request.viewer
    )


def start_revision(
    session: Session,
    context: ListenerContext,
    draft: Draft,
    *,
    id: str,
    reason: str,
    back: dict[str, Any],
    viewer: Viewer,
) -> bool:
    """Continue the draft that was sent back as task `id`, under the card at `origin`. Return
    False when that task exists already."""
    task = session.get_one(Task, draft.task)
    card = find_card(session, draft.piece, back, viewer)
    place, private = choose_next_place(task, card)
    form = copy_task_form(session, task, draft)
    if "form" in remove_private_sources(session, task, card, private):
        form.pop("stands_on", None)
    place = read_whole_thread(place)
    new_task = task.retry(
        id, place=place, private=private, form=form, reason=reason, previous=draft.id
    )
    return context.accept(session, new_task)


def revise_from_reply(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    words: str,
    id: str,
) -> bool | None:
    """Send a draft back because a reply in its thread asks for another version.

    Without an AI, this is "shorter", "longer" or "another angle", which the templates can follow.
    In a direct message, a few words soon after a draft count as a reply. Return None when the
    message asks for no revision. Raise CannotDo when the person may not, or the draft is decided.
    """
    follows_directly = (
        str(event["channel"]).startswith("D") and len(words.split()) <= MAX_REPLY_WORDS
    )
    if not (event.get("thread_ts") or follows_directly) or find_revision(words) is None:
        return None
    policy = context.services.policy(workspace)
    cards = load_thread_cards(session, workspace, event, context.services.now())
    match = find_draft_meant(session, cards, words, policy)
    if match is None:
        if cards and event.get("thread_ts") and (channel := _find_channel(words)):
            title = Words(load_channels()[channel].title)
            raise CannotDo("Nothing drafted here for {channel} yet.", channel=title)
        return None
    draft, card = match
    decision.lock_piece(session, draft)
    if session.get(Task, id) is not None:
        return False  # Slack sent the event twice, and the other one was first
    policy.require_if_known(str(event["user"]), "ask")
    decision.send_back(
        session,
        context.services.enqueue,
        draft,
        by=str(event["user"]),
        fingerprint=draft.fingerprint,
        reason=words,
        policy=policy,
        now=context.services.now(),
    )
    back = {"channel": card.channel, "ts": card.ts}
    viewer = Viewer(workspace, str(event["user"]), frozenset({str(event["channel"])}))
    return start_revision(session, context, draft, id=id, reason=words, back=back, viewer=viewer)


def find_draft_meant(
    session: Session, cards: list[OutboxMessage], words: str, policy: Policy
) -> tuple[Draft, OutboxMessage] | None:
    """Return the newest draft on these cards that is still open, for the channel that the words
    name if they name one.

    When none is open, return the newest, so that the person is told why. Return None without a
    draft.
    """
    channel, settled = _find_channel(words), None
    for card in cards:
        draft = Draft.latest(session, card.piece or "")
        if draft is None or (channel and draft.channel != channel):
            continue
        if compute_status(Decision.list_for_draft(session, draft.id), policy) == "open":
            return draft, card
        settled = settled or (draft, card)
    return settled


def _find_channel(words: str) -> str | None:
    """Return the one marketing channel that the words name; None for none or several."""
    named = find_channels(words)
    return named[0] if len(named) == 1 else None


def load_thread_cards(
    session: Session, workspace: str, event: dict[str, Any], now: datetime
) -> list[OutboxMessage]:
    """Return the cards in a message's thread, newest first; outside a thread, those of the last
    minutes."""
    channel = str(event["channel"])
    if thread := event.get("thread_ts"):
        return list_thread_cards(session, workspace, ChannelThread(channel, str(thread)))
    lately = (
        select(OutboxMessage)
        .where(
            OutboxMessage.workspace == workspace,
            OutboxMessage.kind == "card",
            OutboxMessage.channel == channel,
            OutboxMessage.made_at > now - RECENT_DRAFT,
        )
        .order_by(OutboxMessage.ts.desc())
        .limit(MAX_THREAD_CARDS)
    )
    return list(session.scalars(lately))


DIGEST, ANSWER = "digest", "answer"  # names of skills
ALL_SECTIONS = ("sales", "site", "feedback", "campaigns")  # of a digest without a choice
# skills whose results people ask follow-up questions about
FOLLOW_UP_SKILLS = (ANSWER, "feedback", "trends")
MIN_WORDS = 2  # "?" alone or "really?" is no question that facts answer


def detect_skill(words: str) -> str | None:
    """Return the skill that these words ask for, except the skills that write copy."""
    names = {name for name, skill in load_skills().items() if not skill.for_channels}
    return routing.find_skill(words, names, load_commands()).skill


def build_thread_question(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    words: str,
    id: str,
    *,
    is_addressed: bool,
) -> NewTask | None:
    """Return the task of a reply that asks a question; None for a conversation between people.

    A reply that is certainly addressed to the intern (`is_addressed`) needs no question mark: "for
    last month instead". Under a digest everybody's question counts. Under an analysis only its
    requester may ask any question; others must ask for another analysis.
    """
    why = asks_only_why(words)
    asks = words.endswith("?") or (is_addressed and is_follow_up(words))
    if not event.get("thread_ts") or not (why or (asks and len(words.split()) >= MIN_WORDS)):
        return None
    user, skill = str(event["user"]), ANSWER if why else detect_skill(words)
    for card in load_thread_cards(session, workspace, event, context.services.now()):
        draft = Draft.latest(session, card.piece or "")
        if draft is None or load_skills()[draft.skill].for_channels:
            continue
        digest = draft.skill == DIGEST
        may_ask = digest or session.get_one(Task, draft.task).author == user
        if not may_ask and skill in (None, ANSWER):
            continue
        place = make_place(event["channel"], user, thread=event["thread_ts"], asked=event["ts"])
        source = {"skill": skill or ANSWER, "stands_on": draft.id}
        form = source | _list_digest_sections(draft) | detect_follow_up(draft, words, skill)
        return context.build_task(workspace, user, id, words, place, form=form)
    return None


def _list_digest_sections(draft: Draft) -> dict[str, str]:
    """Return the sections that the digest covers, so that questions further down its thread know
    them."""
    brief = draft.brief
    if brief.series:
        return {"sections": "site" if brief.series.startswith("funnel.") else "feedback"}
    sections = brief.sections or (ALL_SECTIONS if draft.skill == DIGEST else ())
    return {"sections": " ".join(sections)} if sections else {}


def detect_follow_up(draft: Draft, words: str, skill: str | None) -> dict[str, str]:
    """Return the question that this one only varies, and its skill: "and in October?"."""
    if (
        draft.skill not in FOLLOW_UP_SKILLS
        or skill not in (None, ANSWER)
        or not is_follow_up(words)
    ):
        return {}
    if asks_only_why(words):  # the answer looks at everything that changed besides
        return {"skill": ANSWER, "follows": draft.brief.words, "sections": " ".join(ALL_SECTIONS)}
    return {"skill": draft.skill, "follows": draft.brief.words}


# With an AI: which threads are read.


def find_thread_relation(session: Session, workspace: str, event: dict[str, Any]) -> str | None:
    """Return OWN_THREAD for a reply in a thread in which its author has asked the intern something,
    OVERHEARD in another thread that the intern works in, None elsewhere."""
    thread = str(event.get("thread_ts") or "")
    if not thread:
        return None
    root = ChannelThread(str(event["channel"]), thread)
    tasks = [
        session.get(Task, (card.piece or "").rpartition(".")[0])
        for card in list_thread_cards(session, workspace, root)
    ]
    waiting = select(Task).where(
        Task.workspace == workspace,
        Task.state.in_(OPEN_STATES),
        Task.place["channel"].as_string() == root.channel,
        Task.place["thread"].as_string() == thread,
    )
    under_way = [task for task in session.scalars(waiting) if not task.is_overheard]
    known = [task for task in (*tasks, *under_way) if task is not None]
    if any(task.author == event["user"] for task in known):
        return OWN_THREAD
    # A dropped file's card has no task, but its thread is the intern's all the same.
    return OVERHEARD if tasks or known else None


# Answers to questions of the intern.

ANSWER_WITHIN = timedelta(minutes=30)  # in a direct message, outside the question's thread


def find_open_question(
    session: Session,
    workspace: str,
    event: dict[str, Any],
    words: str,
    now: datetime,
    *,
    direct: bool,
) -> Task | None:
    """Return the task that is waiting for this person's answer in this place.

    In the task's thread any message is an answer. Elsewhere only one of the options is, or "never
    mind".
    """
    thread = event.get("thread_ts")
    if not direct and not thread:
        return None
    asking = select(Task).where(
        Task.workspace == workspace, Task.author == event["user"], Task.state == "asking"
    )
    for task in session.scalars(asking.order_by(Task.changed_at.desc()).limit(20)):
        card = session.get(OutboxMessage, f"{task.first_piece}:card")
        card_thread = find_card_thread(card) if card else None
        if card is None or card_thread is None or card_thread.channel != event["channel"]:
            continue
        is_recent = now - task.changed_at < ANSWER_WITHIN and _picks_option(task, words)
        is_answer = thread in (card_thread.thread, card.ts) if thread else is_recent
        if is_answer and not task.is_continued(session):
            return task
    return None


def _picks_option(task: Task, words: str) -> bool:
    """Return whether the words are an answer that the question offers, in either language."""
    question = task.question_asked
    options = question.options if question else ()
    offered = [tokenize(shown) for one in options for shown in (one, *_translate(one))]
    return is_never_mind(words) or tokenize(words) in offered


def _translate(option: str) -> list[str]:
    return [translate_stored_title(option, language) for language in LANGUAGES]


def is_never_mind(words: str) -> bool:
    return routing.find_message_kind(words) == "never_mind"


def build_answered_task(session: Session, task: Task, answer: str, id: str) -> NewTask:
    """Return the request again, with the answer as one more field, as a press on an option gives
    it."""
    card = session.get(OutboxMessage, f"{task.first_piece}:card")
    form = add_answer(task.form, task.question_asked, answer)
    return task.retry(id, form=form, place=continue_in_thread(task.place, card))
