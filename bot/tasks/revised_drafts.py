"""Which drafts of the thread a message changes, and what it asks for beside."""

from collections.abc import Iterable

from bot.agent.skills import load_skills
from bot.core.request import KeptPassage
from bot.tasks.message_form import MessageForm, is_quoted
from bot.tasks.message_prompt import Message, ThreadDraft
from bot.tasks.understanding import OtherRevision, ReadRequest, Understanding

NEW = "new"  # in the place of an opening's number


def read_revision(
    form: MessageForm, message: Message, requests: tuple[ReadRequest, ...], instruction: str
) -> Understanding | None:
    """Return what the message changes in a draft, None where the thread has no draft. A report
    can't be revised: the instruction then starts the same skill again."""
    draft = message.find_draft(form.draft)
    copies = [one for one in message.drafts if one.is_copy]
    draft = draft or next(iter(copies or message.drafts), None)
    if draft is None:
        return None
    if not draft.is_copy:
        asked = next(iter(requests), ReadRequest(skill=draft.skill))
        skill = asked.skill if load_skills()[asked.skill].for_channels else draft.skill
        anew = asked.model_copy(update={"skill": skill, "about": draft.id})
        return Understanding(outcome="requests", requests=(anew,))
    again, requests = _split_again(form, message, requests, draft)
    own, others = _split_requests(requests, draft)
    names_target = _names_target(form, instruction)
    if again and not requests and names_target:
        first = again.pop(0)  # the message is about that one alone
        draft = next(one for one in message.drafts if one.id == first.draft)
        own = (first.request,)
    if others and not own and names_target:
        # The text for another channel or market is one more draft. This one stays as it is.
        return Understanding(outcome="requests", requests=others)
    picked = (one.number for one in draft.openings if str(one.number) == form.opening)
    return Understanding(
        outcome="revise",
        requests=own[:1],
        beside=others,
        again=tuple(again),
        draft=draft.id,
        instruction=instruction,
        kept=_list_kept(form, message, draft),
        opening=next(picked, None),
        new_openings=form.opening.strip().lower() == NEW,
    )


def _list_kept(form: MessageForm, message: Message, draft: ThreadDraft) -> tuple[KeptPassage, ...]:
    """Return what people wrote into a draft and nobody asks to change."""
    changed = [message.passages[id] for id in form.changes if id in message.passages]
    return tuple(one for one in draft.passages if one not in changed)


def _split_again(
    form: MessageForm, message: Message, requests: Iterable[ReadRequest], draft: ThreadDraft
) -> tuple[list[OtherRevision], tuple[ReadRequest, ...]]:
    """Return what is asked of the thread's drafts for other channels, and the other requests.
    Another market or language is one more text."""
    again, left = list[OtherRevision](), list[ReadRequest]()
    for one in requests:
        other = message.find_draft(one.about)
        is_again = (
            other is not None
            and other.channel != draft.channel
            and one.channels == (other.channel,)
            and {*one.markets} <= {other.brief.market}
            and (not one.is_language_stated or one.language == other.brief.language)
        )
        if other is not None and is_again:
            kept = _list_kept(form, message, other)
            again.append(OtherRevision(draft=other.id, request=one, kept=kept))
        else:
            left.append(one)
    return again, tuple(left)


def _split_requests(
    requests: Iterable[ReadRequest], draft: ThreadDraft
) -> tuple[tuple[ReadRequest, ...], tuple[ReadRequest, ...]]:
    """Return what the requests of a revision set anew in its draft, and what is asked for beside:
    texts for other channels or markets, questions."""
    own, others = list[ReadRequest](), list[ReadRequest]()
    for one in requests:
        if not load_skills()[one.skill].for_channels:
            others.append(one)
            continue
        channels = tuple(key for key in one.channels if key != draft.channel)
        markets = tuple(key for key in one.markets if key != draft.brief.market)
        if channels or markets:
            kept = {"channels": channels} if not markets else {"markets": markets}
            others.append(one.model_copy(update={"skill": draft.skill, "about": draft.id} | kept))
        if (channels, markets) == ((), ()) or (draft.channel in one.channels and not markets):
            own.append(one)
    return tuple(own), tuple(others)


def _names_target(form: MessageForm, instruction: str) -> bool:
    """Whether an instruction names the channel or market of a text of its own, so that it asks for
    that one: "the same as an SMS"."""
    read = [one for request in form.requests for one in (*request.channels, *request.markets)]
    return any(is_quoted(one.words, [instruction]) for one in read)
