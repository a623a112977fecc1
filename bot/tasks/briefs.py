"""Turn what a message was understood to ask for into one request for each text or question."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import get_args

from pydantic import BaseModel

from bot.agent.skills import load_skills
from bot.config.brand import Brand
from bot.core.channels import get_default_channel, load_channels
from bot.core.library import Library
from bot.core.request import (
    OFFER_JOINT,
    Assumption,
    Brief,
    Goal,
    IncomingRequest,
    Question,
    SkillRequest,
)
from bot.drafts.occasions import load_occasions
from bot.grounding.numbers import read_figures
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.tasks.brief_assumptions import (
    build_options,
    explain_unsupported,
    list_assumptions,
    list_unknown_products,
)
from bot.tasks.intake import read_form_fields
from bot.tasks.message_form import COPY_SKILL
from bot.tasks.message_prompt import ThreadDraft, find_thread_draft
from bot.tasks.understanding import ProductReference, ReadRequest, Understanding
from bot.text.normalize import collapse_spaces

MAX_REQUESTS = 8  # of one message
MAX_OPTIONS = 3
ALL_PARTS = "all"
MAX_QUESTIONS = 4  # that a new one continues
FROM_REPORT = Words("about “{subject}”, as the report finds")
OF_SEVERAL = Words("the report names several products or ranges, so the text chooses")
LATEST = timedelta(days=14)  # "last week", which skills with days of their own cover


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
            texts = _write_for_each(chosen, incoming, understanding, brand, about)
            requests += [_assume(one, taken) for one in texts] if taken else texts
        else:
            own = read.topic if skills[read.skill] > 1 else None
            if about is not None and not about.is_copy:
                chosen = await _continue_question(chosen, about, library)
            requests.append(_analyse(chosen, incoming, understanding, about, today, own))
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
    if named and (product := await _find_exact_product(named, library)):
        changed["products"] = (product,)
    return read.model_copy(update=changed)


async def _find_exact_product(name: str, library: Library) -> ProductReference | None:
    for match in await library.find(name):
        if match.handle == name or match.score >= 1:
            return ProductReference(words=name, handle=match.handle, title=match.title)
    return None


async def _fill_subject_of_report(
    read: ReadRequest, about: ThreadDraft, library: Library
) -> tuple[ReadRequest, Assumption | None]:
    """Take over the product of a report that is about one alone, or the range that its finding
    names, where the message names none. Where it names several, the card says that none was."""
    if read.products or read.topic or about.brief.category:
        return read, None
    found = [await _find_exact_product(name, library) for name in about.products]
    known = {one.handle: one for one in found if one}
    if len(known) == 1:
        return read.model_copy(update={"products": tuple(known.values())}), None
    ranges = {*await library.list_ranges()} & {*about.subjects}
    if len(ranges) == 1 and not known:
        (name,) = ranges
        product = ProductReference(words=name, category=name)
        return read.model_copy(update={"products": (product,)}), _assume_subject(FROM_REPORT, name)
    several = (*(one.title or "" for one in known.values()), *sorted(ranges))
    is_open = len(several) > 1 and not about.audiences
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
    unknown = _list_unknown(read.products)
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


# Copy: one request for each channel and market.


def _write_for_each(
    read: ReadRequest,
    incoming: IncomingRequest,
    understanding: Understanding,
    brand: Brand,
    about: ThreadDraft | None,
) -> Iterator[SkillRequest]:
    source = about.brief if about is not None and about.is_copy else None
    if source is not None:
        read = _fill_from(read, source)
    elif about is not None:
        read = _fill_from_report(read, about.brief)
    if source and about and about.channel and not read.channels:
        read = read.model_copy(update={"channels": (about.channel,)})
    for market in read.markets or (about.brief.market if about else None,):
        for channel in read.channels or (get_default_channel().key,):
            one = read.model_copy(update={"channels": (channel,)}) if read.channels else read
            brief = _build_copy_brief(one, incoming, understanding, brand, market, about, source)
            yield SkillRequest(
                skill=read.skill,
                brief=brief.model_copy(
                    update={"channels": (channel,), "parts": find_parts(channel, one.parts)}
                ),
                channel=channel,
                reason=incoming.reason,
                previous=incoming.previous or (_describe_text(about) if about else None),
            )


def find_parts(channel: str, asked: Collection[str]) -> tuple[str, ...]:
    """Return the parts of a channel's text that alone are asked for; none where it is all of it."""
    known = load_channels()[channel].parts
    found = tuple(key for key in known if key in asked)
    return found if len(found) < len(known) else ()


def revise_parts(channel: str, read: ReadRequest, before: Brief) -> tuple[str, ...]:
    """Return the parts of the next version of a text: what a change names may add to those that it
    has, and takes none of them away. Who asks for all, or for the text itself, gets all."""
    is_whole = ALL_PARTS in read.parts or (read.channels and not read.parts)
    return () if is_whole or not before.parts else find_parts(channel, before.parts + read.parts)


def keep_parts(read: ReadRequest, before: Brief) -> tuple[str, ...]:
    """Return the parts that alone are asked for, where one continues a text: who names a channel
    without any ("now the whole mail") asks for all."""
    return read.parts or (() if read.channels else before.parts)


def _describe_text(about: ThreadDraft) -> str | None:
    """Return the text that another one starts from, with what people wrote into it."""
    if not about.is_copy or not about.text:
        return None
    lines = [f"This text starts from the one for {about.channel}, version {about.version}:"]
    lines.append(about.text)
    if about.passages:
        lines.append("People wrote these passages of it. Say the same, in their words where they")
        lines[-1] += " fit:"
        lines += [f"- {one.text}" for one in about.passages]
    return "\n".join(lines)


def _fill_from(read: ReadRequest, source: Brief) -> ReadRequest:
    """Take over from the draft that this one starts from what the message does not say."""
    kept: dict[str, object] = {
        name: getattr(source, name)
        for name in ("goal", "audience", "offer", "occasion", "since", "until", "tone")
        if not getattr(read, name)
    }
    kept["parts"] = keep_parts(read, source)
    if source.typed_audience is None:
        kept.pop("audience", None)
    kept["must_say"] = tuple(dict.fromkeys((*source.must_say, *read.must_say)))
    if not read.since and not read.until:
        kept["period_words"] = source.dates
    if not read.audience:
        kept["rule"] = source.rule
    subject = _list_products(source)
    if subject and not name_products(read.products):
        kept["products"] = (*subject, *read.products)
    if not read.products and not subject and not read.topic:
        kept["topic"] = source.product_words
    if not read.is_language_stated and not read.markets:
        kept |= {"language": source.language, "is_language_stated": True}
    return read.model_copy(update=kept)


def _list_products(source: Brief) -> tuple[ProductReference, ...]:
    """Return the products or the range that a text is about."""
    words = source.product_words or source.product or source.category or ""
    if source.product is None:
        return tuple(ProductReference(words=words, category=one) for one in source.categories)
    own = ProductReference(words=words, handle=source.product, title=words)
    return (own, *(ProductReference(words=one, handle=one, title="") for one in source.others))


def _fill_from_report(read: ReadRequest, source: Brief) -> ReadRequest:
    """Take over from a report what its text is about, for whom and for which days ahead, where the
    message doesn't say it."""
    kept: dict[str, object] = {}
    if source.dates and not read.period_words:
        kept["period_words"] = source.dates
    if not read.products and not read.topic:
        kept["products"] = _list_products(source)
    if not read.audience and not read.rule and (source.rule or source.audience):
        kept |= {"audience": source.audience, "rule": source.rule}
    if not read.occasion:
        kept["occasion"] = source.occasion
    return read.model_copy(update=kept)


def _build_copy_brief(
    read: ReadRequest,
    incoming: IncomingRequest,
    understanding: Understanding,
    brand: Brand,
    market: str | None,
    about: ThreadDraft | None,
    source: Brief | None,
) -> Brief:
    market_language = brand.markets[market].language if market in brand.markets else None
    language: Language = (
        (read.language if read.is_language_stated else None)
        or market_language
        or read.language
        or brand.languages[0]
    )
    is_language_open = not (read.is_language_stated or market_language or read.must_say)
    unknown = _list_unknown(read.products)
    named = name_products(read.products)
    is_known = bool(named)
    named = named or {"product_words": read.topic or next(iter(unknown), None)}
    # The writer reads the message itself, so no goal is assumed.
    assumed = list_assumptions(read, language, is_notice=True)
    rule = incoming.answers.get("rule") or read.rule
    if market or rule:  # it is for the people there, or for those of the rule
        assumed = tuple(one for one in assumed if one.field != "audience")
    if is_known:  # else the text is about the unknown thing itself
        assumed += list_unknown_products(unknown)
    brief = Brief(
        words="\n".join(
            dict.fromkeys(
                filter(
                    None,
                    [
                        source.words if source else "",
                        incoming.words,
                        *incoming.more_words,
                        read.idea,
                    ],
                )
            )
        ),
        author=incoming.author,
        language=language,
        asked_in=language if is_language_open else None,
        goal=read.goal or ("sell through" if read.offer else "inform"),
        audience=read.audience,
        offer=read.offer,
        occasion=read.occasion,
        dates=read.period_words,
        must_say=read.must_say,
        since=read.since,
        until=read.until,
        rule=rule,
        stands_on=(about.id if about else None) or incoming.answers.get("stands_on"),
        follows=_find_request_of_proposal(read, incoming, about, source),
        proposed=read.idea or incoming.answers.get("proposed") or (source and source.proposed),
        goes_by=read.goes_by,
        market=market,
        tone=read.tone,
        left_over=understanding.left_over,
        instructions=source.instructions if source else (),
        material=incoming.material,
        private=incoming.private,
        assumed=assumed,
        options=build_options(read, language, brand),
        **named,
    )
    if source is None:
        return brief
    return brief.model_copy(update={"replaced": list_replaced(source, brief)})


def list_replaced(before: Brief, after: Brief) -> tuple[str, ...]:
    """Return the offers and dates that hold no longer. What the new ones say again does."""
    new = [*(after.offer or "").split(OFFER_JOINT), after.dates or ""]
    old = [*(before.offer or "").split(OFFER_JOINT), before.dates or ""]
    known = {figure.readings for text in new for figure in read_figures(text)}
    gone = [one for one in dict.fromkeys((*before.replaced, *old)) if one and one not in new]
    return tuple(
        one for one in gone if not {figure.readings for figure in read_figures(one)} <= known
    )


def _find_request_of_proposal(
    read: ReadRequest,
    incoming: IncomingRequest,
    about: ThreadDraft | None,
    source: Brief | None,
) -> str | None:
    """Return what was asked when the intern made the proposal that this text takes up."""
    if read.idea and about is not None:
        return about.brief.asked
    return incoming.answers.get("follows") or (source.follows if source else None)


def name_products(products: Sequence[ProductReference]) -> dict[str, object]:
    """Return the fields of a brief that name these products of the catalogue, or the ranges where
    none of its products is named. Empty when the catalogue has none of them."""
    known = [one for one in products if one.handle] or [one for one in products if one.category]
    if not known:
        return {}
    titles = dict.fromkeys(one.words if one.title is None else one.title for one in known)
    handles = list(dict.fromkeys(one.handle for one in known if one.handle))
    categories = tuple(dict.fromkeys(one.category for one in known if one.category))
    return {
        "product": next(iter(handles), None),
        "product_words": ", ".join([*filter(None, titles)][:MAX_OPTIONS]),
        "others": tuple(handles[1:]),
        "category": None if handles else categories[0],
        "more_categories": () if handles else categories[1:],
    }


def _list_unknown(products: Iterable[ProductReference]) -> list[str]:
    """Return the words for what is neither a product nor a range of the catalogue."""
    return [one.words for one in products if not (one.handle or one.category)]


# Analyses: one request, without a channel.


def _analyse(
    read: ReadRequest,
    incoming: IncomingRequest,
    understanding: Understanding,
    about: ThreadDraft | None,
    today: date,
    own_question: str | None,
) -> SkillRequest:
    answers = incoming.answers
    fields = read_form_fields(answers)
    if about is not None and about.is_copy:  # "how many of them"
        fields["audience"] = fields["audience"] or about.brief.audience
    days_ahead, left_over = _count_days_ahead(read, today), understanding.left_over
    ahead = read.period_words if read.since and read.since > today else None
    if load_skills()[read.skill].own_period and (read.since or read.until):
        begins = read.since or read.until or today
        if read.period_words and (read.against or today - begins > LATEST):
            left_over = (*left_over, read.period_words)
        read = read.model_copy(update={"since": None, "until": None, "against": None})
    known = {one.handle: one for one in read.products if one.handle}
    product = next(iter(known)) if len(known) == 1 else None  # of several it looks up each
    titles = ", ".join(filter(None, (one.title for one in known.values())))
    ranges = {one.category: one for one in read.products if one.category}
    if len(ranges) == 1 and not known and not fields["category"]:
        (fields["category"],) = ranges
        titles = ranges[fields["category"]].words
    elif ranges and not known:
        titles = "; ".join(ranges)
    brief = Brief(
        words="\n".join([incoming.words, *incoming.more_words]),
        own_question=own_question,
        author=incoming.author,
        language=read.language or incoming.ui_language,
        product=product,
        product_words=titles or None,
        **fields,
        since=read.since,
        until=read.until,
        against=read.against,
        occasion=read.occasion,
        dates=ahead,
        within=days_ahead,
        stands_on=(about.id if about else None) or answers.get("stands_on"),
        follows=_chain_questions(about.brief) if about and not about.is_copy else None,
        market=next(iter(read.markets), None),
        left_over=left_over,
        material=incoming.material,
        private=incoming.private,
    )
    return SkillRequest(
        skill=read.skill, brief=brief, reason=incoming.reason, previous=incoming.previous
    )


def _chain_questions(before: Brief) -> str:
    """Return the questions that a new one continues, a line each: the first one, which names what
    all are about, and the latest."""
    asked = [*(before.follows or "").split("\n"), collapse_spaces(before.asked)]
    first, *later = dict.fromkeys(filter(None, asked)) or [""]  # a form may hold no words
    return "\n".join([first, *later[1 - MAX_QUESTIONS :]])


async def _continue_question(
    read: ReadRequest, about: ThreadDraft, library: Library
) -> ReadRequest:
    """Take over from the question before what this one does not say: "and for the UK?". Each kind
    of report has days of its own, and is about the one product that another kind found."""
    kept: dict[str, object] = {}
    before = about.brief
    if not read.since and not read.until and about.skill == read.skill:
        kept |= {"since": before.since, "until": before.until}
        kept["against"] = read.against or before.against
    if not read.products and (before.product or before.category):
        kept["products"] = _list_products(before)
    elif not read.products and about.skill != read.skill:
        named = [await _find_exact_product(name, library) for name in about.subjects]
        found = tuple(one for one in named if one)
        kept["products"] = found if len(found) == 1 else ()
    if not read.markets and before.market:
        kept["markets"] = (before.market,)
    return read.model_copy(update=kept)


def _count_days_ahead(read: ReadRequest, today: date) -> int | None:
    """Return the number of days of a period that lies ahead and begins at once: "in the next 60
    days". December, asked for in November, is none."""
    if read.until is None or read.until <= today:
        return None
    if read.since is not None and not today <= read.since <= today + timedelta(days=1):
        return None
    return (read.until - today).days
