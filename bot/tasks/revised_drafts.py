"""Which drafts of the thread a message changes, and what it asks for beside."""

import textwrap
from collections.abc import Iterable, Sequence

from bot.agent.skills import load_skills
from bot.core.channels import load_channels
from bot.core.request import PICKED_KEY, KeptPassage, Question
from bot.i18n.messages import Language, Words
from bot.tasks.message_form import MessageForm, is_none, is_quoted
from bot.tasks.message_prompt import Message, ThreadDraft
from bot.tasks.understanding import OtherRevision, ReadRequest, Understanding

NEW = "new"  # in the place of an opening's number
MAX_NAME = 75  # characters of a draft's name on a button
ALL_DRAFTS = Words("All of them")
MAKE_CHANGE, LEAVE_IT = Words("Make this change"), Words("Leave it as it is")
ASK_OWNER = Words("{names}, {who} would like a change to {draft}: “{change}”")


def read_revision(
    form: MessageForm, message: Message, requests: tuple[ReadRequest, ...], instruction: str
) -> Understanding | None:
    """Return what the message changes in a draft, None where the thread has none. One that names no
    draft means any of them, or the newest report where there is no draft."""
    named = list_named_drafts(form, message)
    if len(named) > 1:
        return _read_revision_of_all(named, form, message, requests, instruction)
    meant = named or [*message.copies] or [*message.drafts[:1]]
    found = [_read_revision_of(one, form, message, requests, instruction) for one in meant]
    if len(found) < 2:
        return next(iter(found), None)
    choices = [*found]
    if all(one.outcome == "revise" for one in found):
        others = tuple(
            OtherRevision(
                draft=draft.id,
                request=next(iter(one.requests), ReadRequest(skill=draft.skill)),
                kept=one.kept,
            )
            for draft, one in zip(meant[1:], found[1:], strict=True)
        )
        choices.append(found[0].model_copy(update={"again": others}))
    return Understanding(outcome="revise", instruction=instruction, choices=tuple(choices))


def list_named_drafts(form: MessageForm, message: Message) -> list[ThreadDraft]:
    """Return the drafts that the form names; a report only where it names no text."""
    found = {one.id: one for one in map(message.find_draft, form.draft) if one}
    copies = [one for one in found.values() if one.is_copy]
    return copies or [*found.values()][:1]


def _read_revision_of_all(
    named: Sequence[ThreadDraft],
    form: MessageForm,
    message: Message,
    requests: Iterable[ReadRequest],
    instruction: str,
) -> Understanding:
    """Return the one change to several drafts. A request that names their channels or markets
    tells which of them are meant, and asks for no other text."""
    first, *others = named
    ids = {one.id for one in named}
    channels = {one.channel for one in named}
    markets = {one.brief.market for one in named}

    def drop_targets(one: ReadRequest) -> ReadRequest:
        left = {
            "channels": tuple(key for key in one.channels if key not in channels),
            "markets": tuple(key for key in one.markets if key not in markets),
        }
        return one.model_copy(update=left)

    own = {one.about: one for one in requests if one.about in ids - {first.id}}
    rest = [one for one in requests if one.about not in own]
    rest = [drop_targets(one) if load_skills()[one.skill].for_channels else one for one in rest]
    found = _read_revision_of(first, form, message, tuple(rest), instruction, may_ask_for=False)
    shared = next(iter(found.requests), ReadRequest(skill=first.skill))
    again = [
        OtherRevision(
            draft=one.id,
            request=drop_targets(own.get(one.id, shared)),
            kept=_list_kept(form, message, one),
        )
        for one in others
    ]
    done = {one.draft for one in again}
    more = [one for one in found.again if one.draft not in done]
    return found.model_copy(update={"again": (*again, *more), "opening": None})


def _read_revision_of(
    draft: ThreadDraft,
    form: MessageForm,
    message: Message,
    requests: tuple[ReadRequest, ...],
    instruction: str,
    *,
    may_ask_for: bool = True,
) -> Understanding:
    """Return what the message changes in this draft. A report can't be revised: the instruction
    then starts the same skill again. `may_ask_for`: words that name a channel or a market may ask
    for one more text alone."""
    if not draft.is_copy:
        asked = next(iter(requests), ReadRequest(skill=draft.skill))
        skill = asked.skill if load_skills()[asked.skill].for_channels else draft.skill
        anew = asked.model_copy(update={"skill": skill, "about": draft.id, "corrects": True})
        return Understanding(outcome="requests", requests=(anew,))
    again, requests = _split_again(form, message, requests, draft)
    own, others = _split_requests(requests, draft)
    names_target = may_ask_for and _names_target(form, instruction)
    if again and not requests and names_target:
        first = again.pop(0)  # the message is about that one alone
        draft = next(one for one in message.drafts if one.id == first.draft)
        own = (first.request,)
    if others and not own and names_target and is_none(form.opening):
        # The text for another channel or market is one more draft. This one stays as it is.
        return Understanding(outcome="requests", requests=others)
    numbers = (one.number for one in draft.openings)
    picked = next((one for one in numbers if str(one) == form.opening.strip()), None)
    more = others or again or form.changes or any(one.sets_anew for one in own)
    is_all = is_none(form.instruction) and not more
    return Understanding(
        outcome="revise",
        requests=own[:1],
        beside=others,
        again=tuple(again),
        draft=draft.id,
        instruction=instruction,
        kept=_list_kept(form, message, draft),
        opening=picked if is_all else None,
        picked=None if is_all else picked,
        new_openings=form.opening.strip().lower() == NEW,
    )


def _list_kept(form: MessageForm, message: Message, draft: ThreadDraft) -> tuple[KeptPassage, ...]:
    """Return what people wrote into a draft and nobody asks to change."""
    changed = [message.passages[id] for id in form.changes if id in message.passages]
    return tuple(one for one in draft.passages if one not in changed)


def _split_again(
    form: MessageForm, message: Message, requests: Iterable[ReadRequest], draft: ThreadDraft
) -> tuple[list[OtherRevision], tuple[ReadRequest, ...]]:
    """Return what is asked of the other drafts of the thread, and the other requests. Another
    channel, market or language is one more text."""
    again, left = list[OtherRevision](), list[ReadRequest]()
    for one in requests:
        other = message.find_draft(one.about)
        is_again = (
            other is not None
            and other.is_copy
            and other.id != draft.id
            and load_skills()[one.skill].for_channels
            and {*one.channels} <= {other.channel}
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


# A question where the message doesn't tell which draft is meant.


def ask_for_draft(
    understanding: Understanding, copies: Sequence[ThreadDraft], language: Language
) -> Question:
    """Return the question, with an option for each of the choices. `copies` are all drafts of the
    thread, the oldest first."""
    names = name_drafts(copies, language)
    sources = [_find_source(one) for one in understanding.choices]
    has_all = sources[-1] in sources[:-1]
    options = [names[one] for one in sources[: -1 if has_all else None]]
    if has_all:
        options.append(ALL_DRAFTS.to(language))
    return Question(
        words=Words("Which draft do you mean?"), options=tuple(options), field=PICKED_KEY
    )


def ask_for_change(
    understanding: Understanding, copies: Sequence[ThreadDraft], owner: str, language: Language
) -> Question:
    """Return the question to the owner of a draft, whether to make a change that somebody asks for
    who may not make it."""
    asked = {"names": f"<@{owner}>", "who": f"<@{understanding.asked_by}>"}
    names = name_drafts(copies, language)
    meant = next((names[id] for id in understanding.revised if id in names), "")
    return Question(
        words=ASK_OWNER.with_params(**asked, draft=meant, change=understanding.instruction or ""),
        options=(MAKE_CHANGE.to(language), LEAVE_IT.to(language)),
        field=PICKED_KEY,
    )


def choose_revision(
    understanding: Understanding, question: Question | None, answer: str
) -> Understanding | None:
    """Return the choice whose option the answer is."""
    options = question.options if question else ()
    choices = dict(zip(options, understanding.choices, strict=False))
    return choices.get(answer)


def _find_source(choice: Understanding) -> str:
    """Return the id of the draft that a choice revises, or that its texts start from."""
    return choice.draft or next(one.about for one in choice.requests if one.about)


def name_drafts(copies: Sequence[ThreadDraft], language: Language) -> dict[str, str]:
    """Return a name for each draft, by its id: its number, what sets it apart, its first words."""
    channels = load_channels()
    values = [
        (
            Words(channels[one.channel].title).to(language) if one.channel else None,
            one.product,
            one.brief.audience,
            one.brief.market,
            one.brief.language,
        )
        for one in copies
    ]
    same = [len({*column}) == 1 for column in zip(*values, strict=True)]
    names: dict[str, str] = {}
    for number, (one, row) in enumerate(zip(copies, values, strict=True), 1):
        apart = [value for value, is_same in zip(row, same, strict=True) if not is_same]
        shown = " · ".join(filter(None, [*apart, one.title]))
        names[one.id] = textwrap.shorten(f"{number}. {shown}", MAX_NAME, placeholder="…")
    return names
