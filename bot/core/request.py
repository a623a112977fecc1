"""A request to a skill: the brief, as it was read, and what it asks to write or to answer."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from bot.i18n.countries import list_named_countries
from bot.i18n.messages import Language, Words
from bot.text.normalize import collapse_spaces, normalize_text

OrderTrait = Literal["first", "weekend", "weekday", "code", "late", "returned"]
# Why a text is sent. Each has its story in prompts/copy.md.
Goal = Literal[
    "launch",
    "back in stock",
    "sell through",
    "win back",
    "basket left",
    "event",
    "welcome",
    "announce",
    "inform",
]
BASKET_LEFT: Goal = "basket left"
# A goal that says whom a text is for: never the whole list.
GOAL_AUDIENCES: dict[str, Words] = {
    BASKET_LEFT: Words("those who left a basket"),
    "welcome": Words("new subscribers"),
}
JUST_FOR_ME = re.compile(
    r"^\s*(just for me|only for me|only me|rien que pour moi|juste pour moi|pour moi seulement)\b"
    r"[\s:,.;–—-]*",
    re.IGNORECASE,
)


class Assumption(BaseModel, frozen=True):
    """A value that nobody stated, assumed so that work can start. `field` is the Brief's field."""

    field: str
    value: str
    words: Words


class Option(BaseModel, frozen=True):
    """A one-tap answer. Tapping it drafts again with `field` set to `value`."""

    label: Words
    field: str
    value: str


class OrderFilter(BaseModel, frozen=True):
    by: OrderTrait
    values: tuple[str, ...] = ()
    but: bool = False


class SalesQuery(BaseModel, frozen=True):
    """A question about orders, as earlier versions stored it. A `MetricQuery` has its place."""

    measure: str = "revenue"
    cut: str = ""
    only: tuple[OrderFilter, ...] = ()
    names: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    over: Decimal | None = None
    under: Decimal | None = None
    ends: bool = False
    pieces_from: int | None = None
    pieces_to: int | None = None
    ever: bool = False
    share: bool = False
    nearly: bool = False
    most: int | None = None


OFFER_JOINT = " + "  # between an offer and what was added to it
CHOSEN = "chosen of the options that we offered (the choice counts, no wording of ours is due)"
MAX_INSTRUCTIONS = 20  # of the versions of one text


class Instruction(BaseModel, frozen=True):
    """What somebody asked of a later version of a text."""

    words: str
    by: str  # a person's id


class Brief(BaseModel, frozen=True):
    """One request of one person. `words` is what they typed, `material` the surrounding thread."""

    words: str
    author: str
    language: Language
    asked_in: Language | None = None  # the message's, where nothing names a text's language
    channels: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()  # keys of the channel's parts that alone are asked for; (): all
    goal: Goal | None = None
    product: str | None = None  # the product's handle in the catalogue, once it is known
    product_words: str | None = None  # what the person called it
    others: tuple[str, ...] = ()  # handles of more products that the same text is about
    range_words: str | None = None  # what the person called them together: "linen summer range"
    audience: str | None = None
    offer: str | None = None
    occasion: str | None = None  # a key of occasions.toml
    dates: str | None = None
    notice: str | None = None  # a ready text without an AI: "late_parcel"
    must_say: tuple[str, ...] = ()
    since: date | None = None  # first and last day of the period asked about, both inclusive
    until: date | None = None
    against: tuple[date, date] | None = None  # the earlier period that it is compared with
    category: str | None = None  # a catalogue category that restricts an analysis
    more_categories: tuple[str, ...] = ()  # that the same text is about: "the home ranges"
    brand: str | None = None  # a maker's brand in the catalogue that restricts an analysis
    within: int | None = None  # number of days ahead: "in the next 60 days"
    sections: tuple[str, ...] = ()  # a digest's sections, in order; empty: all
    series: str | None = None  # "funnel.device-mobile-view-to-cart": the only series to report
    rule: str | None = None  # an AudienceRule as JSON (bot.core.audience_rule)
    platform: str | None = None  # whom an audience is exported for: a key of PLATFORMS
    query: str | None = None  # the fields of the question form as JSON (QuestionFields)
    tally: SalesQuery | None = None  # of earlier versions; nothing reads it
    stands_on: str | None = None  # the id of the draft that this request started from
    goes_by: str | None = None  # the skill whose report on the same message a text starts from
    instructions: tuple[Instruction, ...] = ()  # for the versions of its text, oldest first
    replaced: tuple[str, ...] = ()  # offers and dates that a later version put others in place of
    follows: str | None = None  # the questions that this one continues: "and in October?"
    market: str | None = None  # a key of `markets` in brand.toml
    tone: str | None = None  # the tone asked for, in the person's words
    own_text: dict[str, str] = {}  # the text as a person wrote it, by the keys of its parts
    preview: bool = False  # only show what an AI would get
    routed: bool = False  # keywords chose the skill, no AI and no person
    left_over: tuple[str, ...] = ()  # constraints, in the person's words, that no field takes
    proposed: str | None = None  # the idea or next step, in the intern's words, that is taken up
    chosen: str | None = None  # the options that were taken, in the words of the intern's questions
    own_question: str | None = None  # of several that the words ask, the one of this request
    beside: tuple[str, ...] = ()  # what else the message asks for, done apart from this request
    material: str = ""
    private: bool = False
    assumed: tuple[Assumption, ...] = ()
    options: tuple[Option, ...] = ()

    @property
    def asked(self) -> str:
        """The words of this request alone."""
        return self.own_question or self.words

    @property
    def typed_words(self) -> str:
        """The words without the lines that are the intern's own."""
        return drop_lines(self.words, self.proposed)

    def list_typed(self, *texts: str | None) -> list[str]:
        """Return the texts that a person stated: what only the intern has proposed is nobody's
        statement. Of joined offers each is one."""
        given = [text for text in texts if text]
        if not self.proposed:
            return given
        pieces = [one for text in given for one in text.split(OFFER_JOINT)]
        proposed = normalize_text(self.proposed)
        typed = normalize_text("\n".join(filter(None, [self.follows, self.typed_words])))
        return [
            one for one in pieces if (said := normalize_text(one)) in typed or said not in proposed
        ]

    @property
    def typed_period(self) -> bool:
        """Whether a person stated the days of the text."""
        return not self.dates or bool(self.list_typed(self.dates))

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that it is about."""
        return (self.category, *self.more_categories) if self.category else ()

    @property
    def is_notice(self) -> bool:
        """Whether it tells news and sells nothing: then it goes to those concerned, even a few."""
        return self.notice is not None or (self.goal == "announce" and not self.offer)

    @property
    def goal_audience(self) -> Words | None:
        """Whom the goal means, where nothing but a country says whom the text is for."""
        is_told = self.audience and not list_named_countries(self.audience)
        return None if is_told or self.rule else GOAL_AUDIENCES.get(self.goal or "")

    @property
    def typed_audience(self) -> str | None:
        """The audience as a person named it: what else stands there, code took from its rule, in
        one language and for one channel."""
        is_by_rule = self.rule and self.audience and self.audience not in self.words
        return None if is_by_rule else self.audience

    def as_prompt(self) -> str:
        """The brief as text for the prompt: one field per line."""
        fields = {
            "product" if self.product or self.category else "about": self.product_words,
            "goal": self.goal,
            "audience": self.typed_audience if self.channels else self.audience,
            "offer": self.offer,
            "occasion": self.occasion,
            "dates": self.dates,
            "no longer valid": "; ".join(self.replaced),
            "market": self.market,
            "tone": self.tone,
            "continues the question": self.follows,
            "proposed by us, stated by nobody": self.proposed,
            CHOSEN: self.chosen and "; ".join(self.chosen.splitlines()),
            "category": ", ".join(self.categories),
            "brand": self.brand,
            "from": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "compared with": self.against and f"{self.against[0]} to {self.against[1]}",
            "within days": self.within and str(self.within),
            "must say": "; ".join(self.must_say),
            "assumed": "; ".join(a.value for a in self.assumed),
        }
        lines = [f"{name}: {value}" for name, value in fields.items() if value]
        lines += self.list_limits()
        asked = [f"asked for a later version: {one.words}" for one in self.instructions]
        return "\n".join([f"asked: {drop_lines(self.words, self.chosen)}", *asked, *lines])

    def list_limits(self) -> list[str]:
        """Return which part of its message a request is, and what is done apart from it, as lines
        of a prompt."""
        fields = {
            "of what is asked, answer only": self.own_question,
            "done apart from this, so neither yours nor `not_used`": "; ".join(self.beside),
        }
        return [f"{name}: {value}" for name, value in fields.items() if value]


def drop_lines(words: str, dropped: str | None) -> str:
    """Return the words without the lines that are in `dropped`."""
    lines = {collapse_spaces(line) for line in (dropped or "").splitlines()}
    if not lines:
        return words
    return "\n".join(line for line in words.splitlines() if collapse_spaces(line) not in lines)


def parse_just_for_me(words: str) -> tuple[bool, str]:
    """Whether the words start with "just for me" / « rien que pour moi », and the rest."""
    found = JUST_FOR_ME.match(words)
    return (True, words[found.end() :]) if found else (False, words.strip())


class KeptPassage(BaseModel, frozen=True):
    """A passage that a person wrote into a draft: the key of its part, and its words."""

    part: str
    text: str


class FixedPart(BaseModel, frozen=True):
    """A part of the previous draft that stays as it is, with the facts that it cites."""

    key: str
    text: str
    facts: tuple[str, ...] = ()


class SkillRequest(BaseModel, frozen=True):
    """A handler's input. When a person sent a draft back, it also holds their reason and the
    draft's text."""

    skill: str
    brief: Brief
    channel: str | None = None  # a key of channels.toml
    reason: str | None = None  # why the previous draft was sent back
    sender: str | None = None  # the id of the person who sent it back
    previous: str | None = None  # the previous draft's text
    # of the previous draft, what people wrote themselves and nobody asked to change
    kept: tuple[KeptPassage, ...] = ()
    # all but the opening, where other openings alone are asked for
    fixed: tuple[FixedPart, ...] = ()

    @property
    def language(self) -> Language:
        return self.brief.language

    @property
    def earlier_instructions(self) -> tuple[Instruction, ...]:
        """What was asked of the versions before this one."""
        found = self.brief.instructions
        return found[:-1] if found and found[-1].words == self.reason else found

    def keep_reason(self) -> "SkillRequest":
        """Return the request with its reason as the last instruction of the brief."""
        if not self.reason:
            return self
        new = Instruction(words=self.reason, by=self.sender or self.brief.author)
        kept = (*self.earlier_instructions, new)[-MAX_INSTRUCTIONS:]
        brief = self.brief.model_copy(update={"instructions": kept})
        return self.model_copy(update={"brief": brief})

    @property
    def is_own_text(self) -> bool:
        """Whether the text is to be the one that the person wrote, and no revision of it."""
        return bool(self.brief.own_text) and not self.reason

    def describe_previous(self) -> str | None:
        """Return the previous draft for the prompt, with the passages to keep."""
        if not self.previous or not self.kept:
            return self.previous
        passages = "\n".join(f"- {one.part}: {one.text}" for one in self.kept)
        return (
            f"{self.previous}\n\nPeople wrote these passages. Keep them word for word:\n{passages}"
        )


class Question(BaseModel, frozen=True):
    """A question to the person that must be answered before work starts. `options` are answers
    to tap. `field` is the key of a task's form that the answer sets; without it the answer is more
    words of the request."""

    words: Words
    options: tuple[str, ...] = ()
    field: str | None = None


# The incoming request, and what intake makes of it.


REQUEST_KEYS = ("skill", "channel", "digest", "heard", "without_ai")  # of a form, beside a Brief's


class IncomingRequest(BaseModel, frozen=True):
    """A request as it came in: its words, and in `answers` the fields that a form or a button set.
    A set field takes precedence over the words."""

    words: str
    author: str
    material: str = ""
    private: bool = False
    product: str | None = None  # of the previous draft
    ui_language: Language = "en"
    reason: str | None = None
    previous: str | None = None
    answers: dict[str, str] = {}  # Brief field → value; under any other key, additional words

    @property
    def more_words(self) -> list[str]:
        """Answers to our question that set no field; they are read together with the words."""
        known = {*Brief.model_fields, *IncomingRequest.model_fields, *REQUEST_KEYS}
        return [
            value
            for key, value in self.answers.items()
            if key not in known and not key.startswith(QUESTION_KEY) and key != PICKED_KEY
        ]


class IntakeResult(BaseModel, frozen=True):
    """A Brief and the requests made from it, one per channel."""

    brief: Brief
    requests: tuple[SkillRequest, ...]


PICKED_KEY = "picked draft"  # of a task's form: the option for one of several drafts
ANSWER_KEY = "answer "  # of a task's form, before a number
QUESTION_KEY = "question "  # of earlier versions; nothing reads it


def add_answer(form: dict[str, str], question: Question | None, answer: str) -> dict[str, str]:
    """Return a form with one more answer: in the field that the question sets, or as a free
    answer."""
    if question and question.field:
        return {**form, question.field: answer}
    return {**form, f"{ANSWER_KEY}{1 + len(list_answers(form))}": answer}


def list_answers(form: Mapping[str, str]) -> list[str]:
    """Return the free answers of a form, which are in no field of it."""
    return [value for key, value in form.items() if key.startswith(ANSWER_KEY)]


def drop_answers(form: Mapping[str, str]) -> dict[str, str]:
    """Return a form without its free answers."""
    return {k: v for k, v in form.items() if not k.startswith((ANSWER_KEY, QUESTION_KEY))}


# Row ids that are derived from their content.


def task_id(*values: str) -> str:
    """Derive one id from what identifies a Slack event, which Slack may deliver twice."""
    return hashlib.sha256("|".join(values).encode()).hexdigest()[:16]
