"""Turn a request into a Brief and its SkillRequests without an AI, or into one question back.

The words are read by the keyword table of `bot.offline.routing`; values from a form or a button
come first. The requests of digests and alerts are read here as well. Only what a person typed is
read as an instruction: a thread, a file or the catalogue is material and changes no setting.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.agent.llm.api_request import PreviewModel
from bot.agent.skills import load_commands, load_skills
from bot.agent.text_check import split_text
from bot.config.brand import Brand
from bot.core.channels import get_default_channel, load_channels
from bot.core.library import Library, ProductMatch
from bot.core.request import (
    Brief,
    IncomingRequest,
    IntakeResult,
    Question,
    SkillRequest,
    parse_just_for_me,
)
from bot.drafts.occasions import find_named_days
from bot.errors import CALM_PARAM, FORMS_PARAM, SKILLS_PARAM, CannotDo
from bot.i18n.messages import LANGUAGES, Language, Words, parse_language
from bot.i18n.periods import JOINING, NUMBERS, SMALL, UNIT_DAYS, UNITS, Period, find_periods
from bot.offline import routing
from bot.tasks.brief_assumptions import explain_unsupported
from bot.tasks.copy_intake import CopyIntake
from bot.tasks.message_form import COPY_SKILL
from bot.tasks.message_prompt import Message
from bot.tasks.services import RunningTask, change_task
from bot.tasks.understand import understand_message
from bot.text.language import WRITTEN_LANGUAGES, detect_language
from bot.text.normalize import normalize_text, tokenize, word_set

EXAMPLES = Words(
    "Ask for a text: “an e-mail: our linen shirt is back”. Or ask your data: “what do customers "
    "say?”, “whom should we target?”, “what blocks sales?”. Or drop a file of rows (CSV, Excel)."
)
ASK_TOPIC = Words("What is it about? Name a product, or what you want to tell.")
NEEDS_AI = Words(
    "I can't read that without an AI. Fill in the form, or choose what you want.",
    **{FORMS_PARAM: "yes"},
)
AHEAD = word_set("next coming within ici prochain prochains prochaine prochaines")
MIN_EXACT_SCORE = 0.85  # from here on, a product is clearly named


async def understand_request(
    incoming: IncomingRequest, *, brand: Brand, library: Library, today: date
) -> IntakeResult | Question:
    """Build the Brief of these words, with its assumptions. Raises CannotDo for words that ask for
    nothing that can be done without an AI; the card then offers the forms."""
    private, typed = parse_just_for_me(incoming.words)
    incoming = incoming.model_copy(update={"private": private or incoming.private})
    words = " ".join([typed.strip(), *incoming.more_words]).strip()
    answers = incoming.answers
    is_copy = {"channel", "channels", "goal", "notice"} & answers.keys()
    skill = answers.get("skill") or (COPY_SKILL if is_copy else None)
    if skill is None and answers.get("preview"):
        await _preview_understanding(words, brand, library, today)
    if skill is None and not words:
        return Question(words=ASK_TOPIC)
    is_routed = skill is None
    skill = skill or _find_skill(words)
    if skill not in load_skills():
        raise CannotDo("I have no skill called {skill}.", skill=skill)
    if load_skills()[skill].for_channels:
        return await CopyIntake(incoming, skill, typed, brand, library, today).understand()
    read = await understand_analysis(incoming, skill, words, library, today)
    brief = read.brief.model_copy(update={"routed": is_routed})
    requests = tuple(one.model_copy(update={"brief": brief}) for one in read.requests)
    return IntakeResult(brief=brief, requests=requests)


async def _preview_understanding(words: str, brand: Brand, library: Library, today: date) -> None:
    """Raise CannotDo, whose words show what an AI would get to understand the message."""
    products = tuple(await library.find_mentioned(words))

    async def ignore(_: object) -> None:
        """Nothing is sent, so there is no receipt."""

    message = Message(words=words, today=today, products=products)
    await understand_message(message, brand=brand, model=PreviewModel(), receipt=ignore)


def _find_skill(words: str) -> str:
    kind = routing.find_message_kind(words)
    calm = {CALM_PARAM: "yes"}
    if kind == "thanks":
        raise CannotDo("You're welcome.", **calm)
    if kind is not None:
        raise CannotDo("I draft, you decide. {examples}", examples=EXAMPLES, **calm)
    route = routing.find_skill(words, load_skills(), load_commands())
    if route.unsupported:
        line = explain_unsupported([route.unsupported])
        raise CannotDo(line.with_params(**{FORMS_PARAM: "yes"}))
    if route.skill is None:
        raise CannotDo(NEEDS_AI.with_params(**{SKILLS_PARAM: " ".join(route.candidates)}))
    return route.skill


# An analysis has one SkillRequest, without a channel.


async def understand_analysis(
    incoming: IncomingRequest, skill: str, words: str, library: Library, today: date
) -> IntakeResult:
    """Build the Brief of an analysis. The reason of a send-back is the latest text, so that its
    language and days come first."""
    answers, reason = incoming.answers, incoming.reason or ""
    follows = answers.get("follows")
    has_period = not load_skills()[skill].own_period
    is_figures = skill == routing.ANSWER_SKILL
    named = next(
        (
            found
            for text in (reason, words, follows or "")
            if has_period and (found := read_periods(text, today, compares=is_figures))
        ),
        [],
    )
    *earlier, period = sorted(named) if 0 < len(named) < 3 else [None]
    language = (
        routing.read_fields(reason).language
        or answers.get("language")
        or routing.read_fields(words).language
        or detect_language(words, WRITTEN_LANGUAGES)
    )
    product = await _find_exact_product(answers.get("product"), words, library)
    if product is None and skill != routing.ANSWER_SKILL and not answers.get("product"):
        unread = " ".join(routing.list_unread_words(words, skill))
        product = _find_named(await library.find(unread)) if unread else None
    brief = Brief(
        words="\n".join(filter(None, [follows, words])),
        author=incoming.author,
        language=_parse_language(language) or incoming.ui_language,
        product=product.handle if product else None,
        product_words=product.title if product else None,
        **read_form_fields(answers),
        since=_parse_day(answers.get("since")) or (period[0] if period else None),
        until=_parse_day(answers.get("until")) or (period[1] if period else None),
        against=earlier[0] if earlier else None,
        within=count_days_ahead(words),
        query=answers.get("query"),
        stands_on=answers.get("stands_on"),
        follows=follows,
        material=incoming.material,
        private=incoming.private,
    )
    request = SkillRequest(
        skill=skill, brief=brief, reason=incoming.reason, previous=incoming.previous
    )
    return IntakeResult(brief=brief, requests=(request,))


def read_form_fields(answers: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of the Brief of an analysis that a form or a button gives."""
    names = ("audience", "category", "brand", "series", "rule", "platform")
    sections = tuple((answers.get("sections") or "").split())
    return {name: answers.get(name) for name in names} | {"sections": sections}


def read_periods(words: str, today: date, *, compares: bool = False) -> list[tuple[date, date]]:
    """Return the first and last days of the periods that the words name, each once: a named season
    ("Black Friday"), or those of `bot.i18n.periods`. "October and November" are one, but where
    figures are asked for, which it `compares`."""
    if season := find_named_days(normalize_text(words), today):
        (since, until), _, _ = season
        return [(since, max(since, min(until, today)))]
    tokens = tokenize(words)
    try:
        found = find_periods(tokens, today)
    except ValueError:  # 31 November
        return []
    joined: list[Period] = []
    for one in found:
        before = joined[-1] if joined else None
        if before and not compares and _are_joined(before, one, tokens):
            since, until = min(before.since, one.since), max(before.until, one.until)
            joined[-1] = replace(one, since=since, until=until)
        else:
            joined.append(one)
    return list(dict.fromkeys((one.since, min(one.until, today)) for one in joined))


def _are_joined(one: Period, other: Period, tokens: Sequence[str]) -> bool:
    """Whether these are one span: "October and November", « octobre et novembre »."""
    between = {*tokens[one.words.stop : other.words.start]}
    first, second = sorted((one, other), key=lambda period: period.since)
    adjoins = first.until + timedelta(days=1) == second.since
    return adjoins and bool(between & {*JOINING}) and between <= {*JOINING, *SMALL}


def count_days_ahead(words: str) -> int | None:
    """Return how many days ahead the words look: "in the next 60 days"; a month is 30 days."""
    tokens = tokenize(words)
    for at, token in enumerate(tokens):
        near = tokens[max(0, at - 3) : at + 2]
        if token in UNITS and AHEAD & {*near}:
            counts = (int(one) if one.isdigit() else NUMBERS.get(one) for one in near)
            return next(filter(None, counts), 1) * UNIT_DAYS[UNITS[token]]
    return None


async def _find_exact_product(
    chosen: str | None, words: str, library: Library
) -> ProductMatch | None:
    """Return the product that was chosen or is clearly named."""
    hits = sorted(await library.find(chosen or words), key=lambda hit: -hit.score)
    is_clear = hits and (hits[0].handle == chosen or hits[0].score >= MIN_EXACT_SCORE)
    return hits[0] if is_clear else None


def _parse_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _parse_language(text: str | None) -> Language | None:
    return next((language for language in LANGUAGES if language == text), None)


# A text that a person wrote: nothing is read into it or assumed.

OWN_TEXT = "own_text"  # the form field with the text: its parts as JSON, or the whole text
MIN_CLEAR_SCORE = 0.75  # or from here on, when no other product is near it
MIN_LEAD = 0.25


async def build_own_text_requests(run: RunningTask) -> tuple[SkillRequest, ...]:
    """Return the request for the text of the task's form, and store its brief."""
    task, form, services = run.task, run.task.form, run.services
    channel = form.get("channel")
    if channel not in load_channels():
        channel = get_default_channel().key
    product, title = form.get("product"), form.get("product_words")
    if product and not title:  # a name that a person typed
        hits = await services.library(task.workspace).find(product)
        best = _find_named(hits)
        product, title = (best.handle, best.title) if best else (None, product)
    own_text = read_own_text(form[OWN_TEXT], channel)
    written = detect_language("\n".join(own_text.values()), LANGUAGES)
    brief = Brief(
        words=task.words,
        author=task.author,
        language=parse_language(form.get("language") or written),
        channels=(channel,),
        audience=form.get("audience"),
        product=product,
        product_words=title,
        market=form.get("market"),
        own_text=own_text,
        stands_on=form.get("stands_on"),
        private=task.private,
    )
    await change_task(services, task.id, lambda t, s, e: t.store_brief(brief, services.now()))
    return (SkillRequest(skill=COPY_SKILL, brief=brief, channel=channel),)


def _find_named(hits: Sequence[ProductMatch]) -> ProductMatch | None:
    """Return the product that the typed name clearly means."""
    if not hits or hits[0].score >= MIN_EXACT_SCORE:
        return hits[0] if hits else None
    second = hits[1].score if len(hits) > 1 else 0.0
    is_clear = hits[0].score >= MIN_CLEAR_SCORE and hits[0].score - second >= MIN_LEAD
    return hits[0] if is_clear else None


def read_own_text(text: str, channel: str) -> dict[str, str]:
    """Return the text by the keys of the channel's parts."""
    try:
        parts = json.loads(text)
    except ValueError:
        parts = None
    if isinstance(parts, dict):
        return {str(key): str(value) for key, value in parts.items()}
    return {part.key: part.text for part in split_text(text, load_channels()[channel])}
