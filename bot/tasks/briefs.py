"""Turn what a message was understood to ask for into one request for each text or question."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import get_args

from pydantic import BaseModel

from bot.agent.skills import load_skills
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.library import Library
from bot.core.request import Assumption, Goal, IncomingRequest, Question, SkillRequest
from bot.drafts.occasions import load_occasions
from bot.i18n.messages import LANGUAGES, Words
from bot.tasks.brief_assumptions import explain_unsupported
from bot.tasks.copy_briefs import write_for_each
from bot.tasks.message_form import COPY_SKILL
from bot.tasks.message_prompt import ThreadDraft, find_thread_draft
from bot.tasks.named_products import find_exact_product, list_unknown
from bot.tasks.report_briefs import analyse, continue_question
from bot.tasks.understanding import ProductReference, ReadRequest, Understanding

MAX_REQUESTS = 8  # of one message
MAX_OPTIONS = 3
FROM_REPORT = Words("about “{subject}”, as the report finds")
OF_SEVERAL = Words("the report names several products or ranges, so the text chooses")


class Plan(BaseModel, frozen=True):
    """The requests of a message. `cannot` is the line on what is not done; a `question` must be
    answered before work on any request starts."""

    requests: tuple[SkillRequest, ...] = ()
    cannot: Words | None = None
    question: Question | None = None


async def plan_requests(
    understanding: Understanding,
    incoming: IncomingRequest,
    *,
    brand: Brand,
    library: Library,
    today: date,
    drafts: Sequence[ThreadDraft] = (),
) -> Plan:
    """Return the requests: one for each channel and market of a text, one for each question.

    Values from a form or a button take the place of those read from the words."""
    things = understanding.unsupported
    cannot = explain_unsupported(things) if things else None
    requests: list[SkillRequest] = []
    question: Question | None = None
    reads = _join_questions(understanding.requests)
    skills = Counter(one.skill for one in reads)
    for read in reads:
        chosen = await _apply_form(read, incoming, library, brand)
        about = find_thread_draft(drafts, chosen.about or "")
        if chosen.skill == COPY_SKILL or load_skills()[chosen.skill].for_channels:
            if cannot and not chosen.channels and about is None:
                continue  # it was asked for a channel that there is not, and for no other
            about = about or _find_report(drafts, incoming.answers.get("stands_on"))
            taken: Assumption | None = None
            if about is not None and not about.is_copy and about.brief.product is None:
                chosen, taken = await _fill_subject_of_report(chosen, about, library)
            question = question or await _ask_for_product(chosen, library)
            texts = write_for_each(chosen, incoming, understanding, brand, about)
            requests += [_assume(one, taken) for one in texts] if taken else texts
        else:
            own = read.topic if skills[read.skill] > 1 else None
            if about is not None and not about.is_copy:
                chosen = await continue_question(chosen, about, library)
            requests.append(analyse(chosen, incoming, understanding, about, today, own))
    requests.sort(key=lambda one: one.channel is not None)  # a text may go by what a report finds
    if too_many := requests[MAX_REQUESTS:]:
        names = tuple(" ".join(filter(None, (one.channel, one.brief.market))) for one in too_many)
        requests = [_leave_over(one, names) for one in requests[:MAX_REQUESTS]]
    requests = [name_what_is_beside(one, requests, understanding) for one in requests]
    return Plan(requests=tuple(requests), cannot=cannot, question=question)


def _find_report(drafts: Sequence[ThreadDraft], id: str | None) -> ThreadDraft | None:
    """Return the report whose button asks for a text."""
    found = find_thread_draft(drafts, id or "")
    return found if found is not None and not found.is_copy else None


def name_what_is_beside(
    request: SkillRequest, requests: Sequence[SkillRequest], understanding: Understanding
) -> SkillRequest:
    """Return a request that knows what else is done about its message, so that its writer doesn't
    miss it."""
    others = [_describe_request(one) for one in requests if one is not request]
    others += [f"“{one}”: we say that we can't" for one in understanding.unsupported]
    others += [f"our reply: {understanding.line.to('en')}"] if understanding.line else []
    beside = tuple(dict.fromkeys(others))
    return request.model_copy(update={"brief": request.brief.model_copy(update={"beside": beside})})


def _describe_request(request: SkillRequest) -> str:
    brief = request.brief
    if request.channel is None:
        what = brief.own_question or load_skills()[request.skill].summary
        return f"a report, {request.skill}: {what}"
    named = (brief.product_words, brief.market, brief.audience)
    return ", ".join([f"{request.channel} in {brief.language}", *filter(None, named)])


def _join_questions(requests: Iterable[ReadRequest]) -> list[ReadRequest]:
    """Return the requests, where several entries of one skill are one question unless each has
    words of its own: its report reads the whole message. What they don't have in common it reads
    there as well."""
    requests = [*requests]
    joined: dict[object, ReadRequest] = {}
    wordless = {(one.skill, one.about) for one in requests if one.topic is None}
    for number, read in enumerate(requests):
        is_copy = read.skill == COPY_SKILL or load_skills()[read.skill].for_channels
        key: object = number if is_copy else (read.skill, read.about)
        if key not in wordless:
            key = (key, read.topic)
        if (first := joined.get(key)) is not None:
            products = dict.fromkeys((*first.products, *read.products))
            shared = {
                name: getattr(first, name)
                for name in ("since", "until", "against", "period_words", "markets", "audience")
                if getattr(first, name) == getattr(read, name)
            }
            about = {name: getattr(first, name) for name in ("skill", "about", "language")}
            read = ReadRequest(**about, **shared, products=tuple(products))
        joined[key] = read
    return [*joined.values()]


def _leave_over(request: SkillRequest, names: tuple[str, ...]) -> SkillRequest:
    left_over = (*request.brief.left_over, *names)
    return request.model_copy(
        update={"brief": request.brief.model_copy(update={"left_over": left_over})}
    )


# Values from forms and buttons.


async def _apply_form(
    read: ReadRequest, incoming: IncomingRequest, library: Library, brand: Brand
) -> ReadRequest:
    answers = incoming.answers
    changed: dict[str, object] = {}
    for name in ("audience", "offer"):
        if value := answers.get(name):
            changed[name] = value
    if answers.get("skill") in load_skills():
        changed["skill"] = answers["skill"]
    if answers.get("language") in LANGUAGES:
        changed |= {"language": answers["language"], "is_language_stated": True}
    if answers.get("market") in brand.markets:
        changed["markets"] = (answers["market"],)
    if answers.get("goal") in get_args(Goal):
        changed["goal"] = answers["goal"]
    if answers.get("occasion") in load_occasions():
        changed["occasion"] = answers["occasion"]
    if must_say := answers.get("must_say"):
        changed["must_say"] = (*read.must_say, must_say)
    keys = re.split(r"[ ,]+", answers.get("channels") or answers.get("channel") or "")
    if known := tuple(key for key in keys if key in load_channels()):
        changed["channels"] = known
    named = answers.get("product")
    if named and (product := await find_exact_product(named, library)):
        changed["products"] = (product,)
    return read.model_copy(update=changed)


async def _fill_subject_of_report(
    read: ReadRequest, about: ThreadDraft, library: Library
) -> tuple[ReadRequest, Assumption | None]:
    """Take over the product of a report that is about one alone, or the range that its finding
    names, where the message names none. Where it names several, the card says that none was."""
    if read.products or read.topic or about.brief.category:
        return read, None
    found = [await find_exact_product(name, library) for name in about.products]
    known = {one.handle: one for one in found if one}
    if len(known) == 1:
        return read.model_copy(update={"products": tuple(known.values())}), None
    ranges = {*await library.list_ranges()} & {*about.subjects}
    if len(ranges) == 1 and not known:
        (name,) = ranges
        product = ProductReference(words=name, category=name)
        return read.model_copy(update={"products": (product,)}), _assume_subject(FROM_REPORT, name)
    several = (*(one.title or "" for one in known.values()), *sorted(ranges))
    is_open = len(several) > 1 and not (about.audiences or about.brief.others)
    return read, _assume_subject(OF_SEVERAL, "") if is_open else None


def _assume_subject(words: Words, name: str) -> Assumption:
    words = words.with_params(subject=name) if name else words
    return Assumption(field="category", value=name, words=words)


def _assume(request: SkillRequest, assumption: Assumption) -> SkillRequest:
    assumed = (*request.brief.assumed, assumption)
    return request.model_copy(
        update={"brief": request.brief.model_copy(update={"assumed": assumed})}
    )


async def _ask_for_product(read: ReadRequest, library: Library) -> Question | None:
    """Ask when the only product that is named is none of the catalogue's, but near to some."""
    unknown = list_unknown(read.products)
    if not unknown or len(unknown) < len(read.products) or read.topic or read.occasion:
        return None
    near = await library.find(unknown[0])
    if not near:
        return None
    return Question(
        words=Words("I don't find “{name}” in the catalogue. Is it one of these?", name=unknown[0]),
        options=tuple(match.title for match in near[:MAX_OPTIONS]),
        field="product",
    )
