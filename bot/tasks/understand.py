"""Ask the model what a message asks for, and check its answer.

One structured call reads every message: the words, the thread, the pending question, the drafts of
the thread, and what there is to choose from; one more reads an idea that is picked by its number.
Code then holds each value to the message and to the lists. A value that fails is dropped; where it
was read from words of the message, these are named in `left_over`.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import get_args

from bot.agent.llm.turn import TurnModel
from bot.agent.loop import ask_once
from bot.agent.skills import load_skills
from bot.agent.turns import TurnLog
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.request import Goal
from bot.core.writer import ReceiptWriter
from bot.drafts.occasions import load_occasions
from bot.errors import CALM_PARAM
from bot.i18n.countries import list_country_words, list_named_countries
from bot.i18n.messages import LANGUAGES, Words
from bot.offline.routing import drop_audience_preposition, list_content_words
from bot.privacy import Pseudonymizer
from bot.privacy.names import build_own_words
from bot.tasks.message_form import (
    COPY_SKILL,
    MessageForm,
    Outcome,
    Reading,
    RequestForm,
    is_none,
    is_quoted,
    squeeze,
)
from bot.tasks.message_prompt import (
    NONE,
    RANGE_KEY,
    Message,
    ReportAudience,
    ThreadDraft,
    build_prompt,
    build_system_prompt,
)
from bot.tasks.revised_drafts import read_revision
from bot.tasks.understanding import ProductReference, ReadRequest, Understanding
from bot.text.normalize import normalize_text, tokenize

log = logging.getLogger("bot.tasks.understand")

MAX_REPLY_CHARACTERS = 600
MAX_GAP = 60  # characters that an offer may leave out between two of its words


HELP = Words(
    "I write copy and answer questions about your data. For example: “an e-mail: our linen shirt "
    "is back”, or “what sold best last week?”.",
    **{CALM_PARAM: "yes"},
)
WHICH_DRAFT = Words("Which draft do you mean? Reply in its thread.", **{CALM_PARAM: "yes"})


async def understand_message(
    message: Message,
    *,
    brand: Brand,
    model: TurnModel,
    receipt: ReceiptWriter,
    turns: TurnLog | None = None,
) -> Understanding:
    """Ask the model and check its answer. An idea that is picked by its number alone is read as if
    its own request had been typed. `turns` keeps the answers, so that a run after a crash pays
    nothing. Raises TryAgain, CannotDo and the errors of spending."""
    ask = partial(_ask_model, brand=brand, model=model, receipt=receipt, turns=turns)
    understanding = await ask(message, call="understand")
    requests = list(understanding.requests)
    for number, one in enumerate(requests):
        if one.idea and not (one.products or one.topic or one.audience or one.rule):
            typed = message.model_copy(update={"words": one.idea, "question": None})
            found = await ask(typed, call=f"understand idea {number}")
            requests[number] = _fill_from_idea(one, found)
    return understanding.model_copy(update={"requests": tuple(requests)})


def _fill_from_idea(read: ReadRequest, found: Understanding) -> ReadRequest:
    """Add to a request what its idea says and the message doesn't."""
    said = next(iter(found.requests), None)
    if said is None or said.skill != read.skill:
        return read
    names = ReadRequest.model_fields.keys() - {"skill", "about", "idea", "language"}
    kept = {name: getattr(said, name) for name in names if not getattr(read, name)}
    if read.since or read.until:
        kept = {name: value for name, value in kept.items() if name not in ("since", "until")}
    return read.model_copy(update=kept | {"is_language_stated": read.is_language_stated})


async def _ask_model(
    message: Message,
    *,
    brand: Brand,
    model: TurnModel,
    receipt: ReceiptWriter,
    turns: TurnLog | None,
    call: str,
) -> Understanding:
    titles = [one.title for one in message.products]
    own_words = build_own_words([brand.name, *titles, *message.ranges])
    pseudonymizer = Pseudonymizer(own_words)
    form = await ask_once(
        model,
        build_system_prompt(brand),
        build_prompt(pseudonymizer.mask(message)),
        MessageForm,
        receipt=receipt,
        task=turns,
        call=call,
        masked_by=pseudonymizer,
    )
    return check_form(form, message, brand)


def demand_request(
    understanding: Understanding, answers: Mapping[str, str], words: str
) -> Understanding:
    """Return the understanding of words that came with a command, a form or a button: these say
    which skill is wanted, so that the words are a request, whatever they say. A button under a
    draft asks for one more text or report, and not for another version of it."""
    skill = answers.get("skill") or (COPY_SKILL if answers.get("channel") else None)
    if skill not in load_skills():
        return understanding
    if understanding.outcome == "revise" and (source := answers.get("stands_on")):
        new = next(iter(understanding.requests), ReadRequest(skill=skill))
        new = new.model_copy(update={"skill": skill, "about": source})
        return understanding.model_copy(
            update={"outcome": "requests", "requests": (new, *understanding.beside), "beside": ()}
        )
    if understanding.requests:
        return understanding
    topic = words if load_skills()[skill].for_channels else None
    request = ReadRequest(skill=skill, topic=topic)
    return understanding.model_copy(
        update={"outcome": "requests", "requests": (request,), "line": None}
    )


def check_form(form: MessageForm, message: Message, brand: Brand) -> Understanding:
    """Hold the model's answer to the message and the lists, and settle on an outcome."""
    found = _FormCheck(form, message, brand).run()
    language = form.language.strip().lower()
    return found.in_language(language) if language in LANGUAGES else found


class _FormCheck:
    """The check of one answer. `left_over` collects words of the message that were not used. What
    the message says (`said`) and, for a draft of an idea, what that says is what may be quoted
    (`typed`)."""

    def __init__(self, form: MessageForm, message: Message, brand: Brand) -> None:
        self.form, self.message, self.brand = form, message, brand
        question = message.question
        self.typed = self.said = [message.words, question.request if question else ""]
        # A product may be named by an earlier message: "write an e-mail about it".
        self.told = [*self.typed, *(one.text for one in message.thread)]
        # "The same change" is in the words of the people who asked for it in this thread.
        self.meant = [one.text for one in message.thread if one.who != "intern"]
        self.left_over: list[str] = []
        self.dropped = 0

    def run(self) -> Understanding:
        form, message = self.form, self.message
        outcome: Outcome = form.outcome
        if outcome == "not_for_us" and message.heard == "overheard":
            return Understanding(outcome=outcome)
        requests = tuple(filter(None, (self._check_request(one) for one in form.requests)))
        self.typed = self.said
        if outcome == "answer_question" and message.question is None:
            outcome = "requests"
        if outcome == "revise":
            return self._revise(requests)
        unsupported = self._quotes(form.unsupported)
        if outcome == "answer_question":
            answered = Understanding(
                outcome=outcome,
                requests=requests,
                answer=self._check_answer(form.answer),
                closes=form.closes,
                unsupported=unsupported,
            )
            return self._finish(answered)
        if outcome == "requests" and (requests or unsupported):
            line = self._check_reply(form.reply)
            return self._finish(
                Understanding(
                    outcome=outcome, requests=requests, unsupported=unsupported, line=line
                )
            )
        if outcome == "reply" and (line := self._check_reply(form.reply)):
            return self._finish(Understanding(outcome=outcome, line=line))
        if message.heard == "overheard":
            return Understanding(outcome="not_for_us")
        return self._finish(Understanding(outcome="reply", line=HELP))

    def _finish(self, understanding: Understanding) -> Understanding:
        """Add the words that were not used."""
        left_over = (*self._quotes(self.form.left_over), *self.left_over)
        if self.dropped:
            log.info("%d values of a reading stand in no list or no message", self.dropped)
        return understanding.model_copy(update={"left_over": tuple(dict.fromkeys(left_over))})

    def _revise(self, requests: tuple[ReadRequest, ...]) -> Understanding:
        instruction = self._quote_instruction()
        found = read_revision(self.form, self.message, requests, instruction)
        if found is not None:
            found = self._finish(
                found.model_copy(update={"unsupported": self._quotes(self.form.unsupported)})
            )
            more = {"unsupported": found.unsupported, "left_over": found.left_over}
            choices = tuple(one.model_copy(update=more) for one in found.choices)
            line = self._check_reply(self.form.reply)  # said once, before a question
            return found.model_copy(update={"choices": choices, "line": line})
        if self.message.heard == "overheard":
            return Understanding(outcome="not_for_us")
        return self._finish(Understanding(outcome="reply", line=WHICH_DRAFT))

    def _quote_instruction(self) -> str:
        """Return what to change, with the earlier words that the message means by it. Where it
        says something of the openings as well, that is all of its words."""
        words, quote = self.message.words, self.form.instruction
        if not is_none(self.form.opening):
            return words
        if not is_quoted(quote, self.typed) and is_quoted(quote, self.meant):
            return f"{words}\n{quote.strip()}"
        return self._quote(quote) or words

    def _check_request(self, form: RequestForm) -> ReadRequest | None:
        if form.skill not in load_skills():
            self.dropped += 1
            return None
        idea = self.message.find_idea(form.about)
        self.typed = [*self.said, idea] if idea else self.said
        language = form.language.value.strip().lower()
        if language not in LANGUAGES:
            self._leave(form.language.words, language)
            language = ""
        goes_by = self._find_other_entry(form)
        about = self.message.find_draft(form.about)
        about = about or (None if goes_by else self._find_subject(form))
        continues = self.form.outcome == "revise" or (about is not None and about.is_copy)
        quotable = [*self.typed, *(self.meant if continues else ())]
        since, until, against = self._check_period(form, quotable)
        counted = self._find_audience(form.audience, about)
        abroad = [one for one in form.markets if self._is_country_alone(one)]
        return ReadRequest(
            skill=form.skill,
            about=about.id if about else None,
            goes_by=goes_by,
            idea=idea,
            channels=self._check_values(form.channels, load_channels()),
            parts=tuple(dict.fromkeys(form.parts)),
            markets=self._check_values(
                [one for one in form.markets if one not in abroad], self.brand.markets
            ),
            language=language or None,
            is_language_stated=bool(language) and is_quoted(form.language.words, self.typed),
            products=tuple(filter(None, map(self._check_product, form.products))),
            topic=self._quote(form.topic, [*self.told, *self.typed]),
            goal=form.goal if form.goal in get_args(Goal) else None,
            audience=counted.name if counted else self._check_audience(form, abroad),
            rule=counted.rule if counted else None,
            offer=self._quote_stretch(form.offer, quotable),
            ended_offers=self._quotes(form.ended_offers, [*quotable, *self.told]),
            occasion=self._check_occasion(form.occasion),
            since=since,
            until=until,
            against=against,
            period_words=form.period_words.strip() if since or until else None,
            must_say=self._quotes(form.must_say, quotable),
            tone=self._quote(form.tone, quotable),
        )

    def _find_other_entry(self, form: RequestForm) -> str | None:
        """Return the skill of the entry of this message whose report the request starts from."""
        reports = {one.skill for one in self.form.requests if one.skill in load_skills()}
        known = {name for name in reports if not load_skills()[name].for_channels}
        return form.about if form.about in known - {form.skill} else None

    def _find_subject(self, form: RequestForm) -> ThreadDraft | None:
        """Return the newest draft or report of the thread for a text of which nothing is said:
        "draft the e-mail"."""
        said = (form.topic, form.audience, form.offer, form.occasion.value)
        is_text = load_skills()[form.skill].for_channels and self.form.outcome != "revise"
        if not is_text or form.products or form.must_say:
            return None
        return next(iter(self.message.drafts), None) if all(map(is_none, said)) else None

    def _find_audience(self, name: str, about: ThreadDraft | None) -> ReportAudience | None:
        """Return the audience of the report that the request starts from: the one that is named,
        and the only one where none is."""
        audiences = about.audiences if about else ()
        if is_none(name):
            return audiences[0] if len(audiences) == 1 else None
        return next((one for one in audiences if squeeze(one.name) == squeeze(name)), None)

    def _is_country_alone(self, reading: Reading) -> bool:
        """Whether a country was read as a market that the brand doesn't have."""
        is_market = reading.value.strip() in self.brand.markets
        countries = list_named_countries(" ".join(list_content_words(reading.words)))
        return bool(countries) and not is_market and is_quoted(reading.words, self.typed)

    def _find_country_words(self, audience: str) -> str | None:
        """Return the message's words for the countries that an audience gives by code alone:
        "irish" for "IE"."""
        typed = f" {' '.join(word for source in self.typed for word in tokenize(source))} "
        if f" {' '.join(tokenize(audience))} " in typed:
            return None
        found = [
            next((one for one in sorted(list_country_words(code)) if f" {one} " in typed), "")
            for code in list_named_countries(audience)
        ]
        return ", ".join(found) if all(found) else None

    def _check_audience(self, form: RequestForm, abroad: Sequence[Reading]) -> str | None:
        """Return the words for whom the text is. Words that name a market are no people, nor, in
        the only text, its language ("email FR"); those that name another country are."""
        marks = {squeeze(form.language.words), squeeze(form.language.value)} - {NONE}
        if {squeeze(one.audience) for one in self.form.requests} in [{mark} for mark in marks]:
            return None
        said = self._find_country_words(form.audience) or self._quote(form.audience)
        if said is None or abroad:
            known = squeeze(said or "")
            named = [one.words.strip() for one in abroad if squeeze(one.words) not in known]
            return drop_audience_preposition(", ".join(filter(None, [said, *named]))) or None
        places = [one.words for one in form.markets]
        places += [name for market in self.brand.markets.values() for name in market.names]
        if {*tokenize(" ".join(list_content_words(said)))} <= {*tokenize(" ".join(places))}:
            if not form.markets:
                self._leave(said, NONE)
            return None
        return drop_audience_preposition(said)

    def _check_values(self, readings: Sequence[Reading], known: Iterable[str]) -> tuple[str, ...]:
        """Return the values that are known and were read from the message."""
        keys, found = set(known), list[str]()
        for reading in readings:
            value = reading.value.strip()
            if value in keys and is_quoted(reading.words, self.typed):
                found.append(value)
            elif value.lower() != NONE or is_quoted(reading.words, self.typed):
                self._leave(reading.words, value)
        return tuple(dict.fromkeys(found))

    def _check_occasion(self, reading: Reading) -> str | None:
        """Return the key of the occasion. One that has none is the writer's to read."""
        if is_none(reading.value):
            return None
        return next(iter(self._check_values([reading], load_occasions())), None)

    def _check_product(self, reading: Reading) -> ProductReference | None:
        if not is_quoted(reading.words, [*self.told, *self.typed]):
            self._leave(reading.words, reading.value)
            return None
        match = next((one for one in self.message.products if one.handle == reading.value), None)
        words = reading.words.strip()
        category = reading.value.removeprefix(RANGE_KEY)
        if match is None and category in self.message.ranges:
            return ProductReference(words=words, category=category)
        if match is None:
            return ProductReference(words=words)
        return ProductReference(words=words, handle=match.handle, title=match.title)

    def _check_period(
        self, form: RequestForm, sources: Sequence[str]
    ) -> tuple[date | None, date | None, tuple[date, date] | None]:
        """Return the period and the one that it is compared with. Dates that are none, or in the
        wrong order, or read from no words, are dropped."""
        fields = (form.since, form.until, form.compared_since, form.compared_until)
        if all(is_none(text) for text in fields):
            return None, None, None
        days = [_parse_date(text) for text in fields]
        since, until, earlier_since, earlier_until = days
        wrong = [not is_none(text) and day is None for text, day in zip(fields, days, strict=True)]
        is_reversed = since is not None and until is not None and since > until
        is_worded = is_quoted(form.period_words, sources) or self._is_worded(form.period_words)
        if any(wrong) or is_reversed or not is_worded:
            self._leave(form.period_words, NONE)
            return None, None, None
        if earlier_since and earlier_until and earlier_since <= earlier_until:
            return since, until, (earlier_since, earlier_until)
        return since, until, None

    def _check_answer(self, answer: str) -> str:
        """Return the option that was meant, or the person's own words."""
        options = self.message.question.options if self.message.question else ()
        for option in options:
            if normalize_text(option).strip() == normalize_text(answer).strip():
                return option
        return self._quote(answer, [self.message.words]) or self.message.words

    def _check_reply(self, reply: str) -> Words | None:
        """Return the line. Figures come from code: a line with a figure of its own is dropped,
        except in a command for Slack's reminder."""
        text = " ".join(reply.split())[:MAX_REPLY_CHARACTERS]
        if is_none(text):
            return None
        known = set(re.findall(r"\d+", self.message.words))
        if "/remind" not in text and set(re.findall(r"\d+", text)) - known:
            self.dropped += 1
            return None
        return Words("{line}", line=text, **{CALM_PARAM: "yes"})

    def _quotes(
        self, texts: Iterable[str], sources: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        quoted = (self._quote(text, sources) for text in texts)
        return tuple(dict.fromkeys(filter(None, quoted)))

    def _quote(self, text: str, sources: Sequence[str] | None = None) -> str | None:
        """Return the text if it stands in the message."""
        if is_none(text):
            return None
        if is_quoted(text, self.typed if sources is None else sources):
            return text.strip()
        self.dropped += 1
        return None

    def _quote_stretch(self, text: str, sources: Sequence[str]) -> str | None:
        """Return the stretch of a source from the text's first word to its last, with what the
        text leaves out between: an offer is never lost because its conditions stand apart."""
        gap = rf".{{0,{MAX_GAP}}}?"
        pattern = gap.join(map(re.escape, text.split()))
        if not is_none(text) and not is_quoted(text, sources):
            for source in sources:
                if match := re.search(pattern, source, re.IGNORECASE | re.DOTALL):
                    return match[0]
        return self._quote(text, sources)

    def _leave(self, words: str, value: str) -> None:
        """Drop a value. The words it was read from are named, unless they were made up as well."""
        self.dropped += value.lower() != NONE
        if is_quoted(words, self.typed):
            self.left_over.append(words.strip())

    def _is_worded(self, text: str) -> bool:
        """Whether all words of the text stand in the message, wherever: "in December" and "vs last
        year" may have others between them."""
        typed = {word for source in self.typed for word in tokenize(source)}
        return not is_none(text) and {*tokenize(text)} <= typed


def _parse_date(text: str) -> date | None:
    try:
        return None if is_none(text) else date.fromisoformat(text.strip())
    except ValueError:
        return None
