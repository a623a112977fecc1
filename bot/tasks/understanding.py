"""What a message was understood as: requests, revisions, an answer or a reply."""

from collections.abc import Collection
from datetime import date

from pydantic import BaseModel

from bot.core.request import Goal, KeptPassage
from bot.i18n.messages import Language, Words
from bot.tasks.message_form import COPY_SKILL, Outcome


class ProductReference(BaseModel, frozen=True):
    """A product as the message names it, or a range: then `category` is its name. With neither a
    handle nor a category it is none of the catalogue's."""

    words: str
    handle: str | None = None
    category: str | None = None
    title: str | None = None


class ReadRequest(BaseModel, frozen=True):
    """One request, with values that are in the lists and words that are in the message."""

    skill: str
    about: str | None = None
    goes_by: str | None = None  # the skill of another entry, from whose report the text starts
    corrects: bool = False  # makes its report anew with what the message says of it
    idea: str | None = None  # the request for a draft of the report's idea that is meant
    channels: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()  # of the channels' texts, those that alone are asked for
    markets: tuple[str, ...] = ()
    language: Language | None = None
    is_language_stated: bool = False
    products: tuple[ProductReference, ...] = ()
    topic: str | None = None
    goal: Goal | None = None
    audience: str | None = None
    rule: str | None = None  # of an audience that the report has counted, as JSON
    offer: str | None = None
    ended_offers: tuple[str, ...] = ()  # earlier words on offers that hold no longer
    occasion: str | None = None
    since: date | None = None
    until: date | None = None
    against: tuple[date, date] | None = None
    period_words: str | None = None
    must_say: tuple[str, ...] = ()
    tone: str | None = None

    @property
    def sets_anew(self) -> bool:
        """Whether it sets something of a text: an offer, another product or language."""
        apart = {"skill", "about", "goes_by", "language", "topic"}
        return any(getattr(self, name) for name in ReadRequest.model_fields.keys() - apart)

    def add(self, other: "ReadRequest") -> "ReadRequest":
        """Return the request with what another one sets of the same text."""
        names = ReadRequest.model_fields.keys() - {"skill", "about", "channels", "markets"}
        if not other.is_language_stated:
            names -= {"language"}
        return self.model_copy(
            update={name: value for name in names if (value := getattr(other, name))}
        )


class OtherRevision(BaseModel, frozen=True):
    """What a message changes in one more draft of the thread: "till Monday, the SMS too"."""

    draft: str
    request: ReadRequest
    kept: tuple[KeptPassage, ...] = ()

    def as_revision(
        self, instruction: str | None, language: Language | None = None
    ) -> "Understanding":
        """Return the change as that of a message of its own."""
        return Understanding(
            outcome="revise",
            language=language,
            requests=(self.request,),
            draft=self.draft,
            instruction=instruction,
            kept=self.kept,
        )


class Understanding(BaseModel, frozen=True):
    """What a message is to us. `line` is the reply in words: the whole answer, or what is said
    beside the work. `kept` are the passages of the draft to revise that nobody asked to change;
    `opening` is the number of the other opening that was picked, with nothing else to change, and
    `picked` with something else;
    `new_openings` tells that other openings alone are asked for;
    `beside` are the texts that are asked for beside the revision, `again` the other drafts that it
    changes as well; `apart` tells that it is one of several requests of its message. Where several
    drafts may be meant, `choices` has what it asks of each, and the revision of all of them as the
    last one. `refused` are drafts that it would change, and its author may not; `handed_on` is what
    it asks of these, for their owners to decide. `asked_by` is who asked for such a change.
    `language` is the message's own, in which its cards are shown."""

    outcome: Outcome
    language: Language | None = None
    requests: tuple[ReadRequest, ...] = ()
    beside: tuple[ReadRequest, ...] = ()
    again: tuple[OtherRevision, ...] = ()
    draft: str | None = None
    instruction: str | None = None
    kept: tuple[KeptPassage, ...] = ()
    opening: int | None = None
    picked: int | None = None
    new_openings: bool = False
    choices: tuple["Understanding", ...] = ()
    refused: tuple[str, ...] = ()
    handed_on: tuple["Understanding", ...] = ()
    asked_by: str | None = None
    apart: bool = False
    answer: str | None = None
    closes: bool = False
    line: Words | None = None
    unsupported: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()

    def in_language(self, language: Language) -> "Understanding":
        """Return it with the language of its message."""
        choices = tuple(one.in_language(language) for one in self.choices)
        return self.model_copy(update={"language": language, "choices": choices})

    def find_request(
        self, skill: str, channel: str | None, market: str | None
    ) -> ReadRequest | None:
        """Return what was read for one text or report, narrowed to its channel and market. Of a
        revision it is one of the texts beside it."""
        for one in self.beside if self.outcome == "revise" else self.requests:
            is_its = channel is None or not one.channels or channel in one.channels
            if one.skill == skill and is_its and (not one.markets or market in one.markets):
                channels = (channel,) if channel else one.channels
                markets = (market,) if market and one.markets else one.markets
                return one.model_copy(update={"channels": channels, "markets": markets})
        return None

    @property
    def revised(self) -> tuple[str, ...]:
        """The ids of the drafts that it changes, or may change."""
        own = (self.draft, *(one.draft for one in self.again)) if self.outcome == "revise" else ()
        chosen = (id for one in self.choices for id in one.revised)
        return tuple(dict.fromkeys(filter(None, (*own, *chosen))))

    def drop_refused(self, refused: Collection[str]) -> "Understanding":
        """Return what is left of a revision without these drafts. Where they are surely meant, what
        it asks of them is handed on."""
        others = tuple(id for id in self.revised if id in refused)
        if self.choices:
            left = [one for one in self.choices if one.draft not in refused and not one.again]
            several = [one.drop_refused(refused) for one in self.choices if one.again]
            left += [one.model_copy(update={"refused": ()}) for one in several if one.again]
            if len(left) > 1:
                return self.model_copy(update={"choices": tuple(left)})
            none = self.model_copy(update={"outcome": "reply", "choices": ()})
            return (left[0] if left else none).model_copy(update={"refused": others})
        own = self.model_copy(update={"beside": (), "again": (), "line": None})
        asked = (own, *(one.as_revision(self.instruction, self.language) for one in self.again))
        again = [one for one in self.again if one.draft not in refused]
        changed: dict[str, object] = {}
        if self.draft in refused and again:
            first = again.pop(0)
            changed = {"draft": first.draft, "requests": (first.request,), "kept": first.kept}
        elif self.draft in refused:
            outcome = "requests" if self.beside else "reply"
            changed = {"outcome": outcome, "draft": None, "requests": self.beside, "beside": ()}
        handed_on = tuple(one for one in asked if one.draft in refused)
        changed |= {"again": tuple(again), "refused": others, "handed_on": handed_on}
        return self.model_copy(update=changed)

    def as_answer(self, tapped: str) -> "Understanding":
        """Return what an option that was tapped says: it is an answer, whatever it reads like."""
        return Understanding(
            outcome="answer_question",
            language=self.language,
            requests=self.requests,
            answer=tapped,
            unsupported=self.unsupported,
        )

    def take_answer(self, answered: "Understanding") -> "Understanding":
        """Return what this asks for with the answer to its question. A revision stays one, and one
        of several requests of a message repeats no other."""
        if self.outcome == "revise" and self.draft:
            requests = [one for one in answered.requests if one.skill == COPY_SKILL]
            own = next(iter(self.requests), ReadRequest(skill=COPY_SKILL))
            return self.model_copy(update={"requests": tuple(map(own.add, requests[:1] or [own]))})
        if not answered.requests or not self.requests:
            return answered
        own = self.requests[0]
        read = next((one for one in answered.requests if one.skill == own.skill), None)
        if self.apart:
            read = read or own
            target = {name: getattr(own, name) for name in ("channels", "markets", "about")}
        elif read is not None and len(self.requests) == len(answered.requests) == 1:
            # An option names nothing of what the request started from.
            names = ("about", "goes_by", "idea")
            target = {name: getattr(read, name) or getattr(own, name) for name in names}
        else:
            return answered
        return answered.model_copy(update={"requests": (read.model_copy(update=target),)})
