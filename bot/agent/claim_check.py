"""The claim check: a small model judges the sentences of a draft against the facts beside it.

A sentence that was judged in the answer before, and was not objected to, is not judged again. The
same call shows it the figures that code found without a source. It may propose a calculation
for each, which code proves or drops (`bot.grounding.calculations`). Of a report it also sees what
the card shows, and names the parts of the question that this is silent about
(`bot.agent.unanswered`).

One call for an answer, with its own receipt. The answer is kept as a turn of the task, so that a
run after a crash pays nothing. A verdict is bound to the id of its sentence. A missing or faulty
one leaves its sentence unchecked, and no verdict lifts what code has found. Where no verdict can
be had, the draft says so and goes on.
"""

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from bot.agent.llm.turn import TurnModel
from bot.agent.loop import OFF, ON, ask_once
from bot.agent.prompts import fence_value, read_prompt
from bot.agent.turns import NoTurnLog, TurnLog
from bot.agent.unanswered import CardOutline, UnansweredForm, UnansweredPart, read_unanswered
from bot.core.checks import OPENING_KEY, Check
from bot.core.facts import Evidence, Fact, spell_base
from bot.core.parts import Copy, Hook, split_output
from bot.core.report import is_given
from bot.core.request import CHOSEN, SkillRequest, drop_lines
from bot.core.thread_text import list_unmasked_speakers
from bot.core.writer import ReceiptWriter
from bot.errors import CannotDo, SpendingBusy, SpendingRefused, TryAgain
from bot.grounding.calculations import (
    SENTENCE_END,
    CalculationError,
    UnprovenFigure,
    is_calculation,
    prove_figure,
)
from bot.grounding.figure_checks import (
    AGAINST_DATA,
    FROM_BRIEF,
    TYPED,
    TYPED_AGAINST_DATA,
    format_person,
)
from bot.grounding.sources import UNPROVING_KINDS, Sources, TextPart, list_text_parts
from bot.i18n.messages import Language, Words
from bot.privacy import Pseudonymizer, find_personal_data
from bot.text.escape import strip_hidden
from bot.text.normalize import collapse_spaces, normalize_text

MAX_SENTENCES = 80  # of one call; those behind stay unchecked
MAX_FACTS, MAX_VALUE = 120, 600
MAX_NOTES, MAX_CONVERSATION = 100, 12_000
MAX_DATA = 8_000
MAX_WHY = 160
MAX_FIGURES = 20  # without a source, of one call
RULE, UNCHECKED_RULE = "claim", "claims unchecked"
NO_AI = Words("Claims not checked: no AI connected.")
SWITCHED_OFF = Words("Claims not checked: switched off in the policy.")
NO_ANSWER = Words("Claims not checked: the AI gave no usable answer.")
MAY_NOT_LEAVE = Words("Claims not checked: the spending limit is reached.")

Gap = Literal["", "can't tell", "left out"]
Judgement = Literal["supported", "stated", "not_supported", "no_claim"]
T = TypeVar("T")
log = logging.getLogger(__name__)
PROMPT = "claims"
WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")  # a number with its decimals is one
GAP: Literal["can't tell"] = "can't tell"  # marks what the data lack
LEFT_OUT: Literal["left out"] = "left out"  # marks words that a report says it left out
AUDIENCES = "audiences."  # how the ids of facts about an audience begin


class SentenceVerdict(BaseModel):
    """What the model says of one sentence. Every field is required."""

    id: str
    verdict: Judgement
    words: str
    why: str


class ProposedCalculation(BaseModel):
    """How a figure follows from facts: "g1" and "f12 - f3"."""

    figure: str
    calculation: str


class ClaimForm(BaseModel):
    """The model's answer. Answers of earlier versions have verdicts alone."""

    verdicts: list[SentenceVerdict]
    calculations: list[ProposedCalculation] = Field(default_factory=list)
    unanswered: list[UnansweredForm] = Field(default_factory=list)


@dataclass(frozen=True)
class ClaimSentence:
    """A sentence to judge: its part, its text, and the ids of the facts that its part cites. One
    with a `gap` counts as no claim: GAP names what the data lack and is judged by what they hold,
    LEFT_OUT is words that the report says it left out, and is judged by what its card shows."""

    part: str
    text: str
    cites: tuple[str, ...]
    gap: Gap = ""


@dataclass(frozen=True)
class Verdict:
    """A verdict that fits its sentence. `words` stand in the sentence, or where a person stated
    it, in the request."""

    judgement: Judgement
    words: str = ""
    why: str = ""


@dataclass(frozen=True)
class ClaimResult:
    """The verdicts by the text of the sentence, the proofs of figures, and what a report leaves
    `unanswered`. `failure`: why none could be had."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    failure: Words | None = None
    proofs: tuple[Fact, ...] = ()
    unanswered: tuple[UnansweredPart, ...] = ()

    def keep_settled(self) -> Mapping[str, Verdict]:
        """Return the verdicts that need no second look, also on sentences that a correction has
        not. One that objects does: a fact may have been found or cited since."""
        return {
            key: verdict
            for key, verdict in self.verdicts.items()
            if verdict.judgement != "not_supported"
        }

    def list_faults(self, sentences: Iterable[ClaimSentence], *, is_copy: bool) -> list[str]:
        """What is not supported, as sentences for the writer. What the brief of copy asks for
        stays, and people confirm it."""
        unless = ", unless the brief asks for these words" if is_copy else ""
        return [
            f"{sentence.part}: {_tell_fault(sentence, verdict)}{'' if sentence.gap else unless}"
            for sentence, verdict in self._judge(sentences)
            if verdict is not None and verdict.judgement == "not_supported"
        ]

    def build_checks(
        self, sentences: Sequence[ClaimSentence], evidence: Evidence
    ) -> tuple[Check, ...]:
        """The findings on these sentences: unsupported words, what only people stated in what goes
        out (in the brief, or by hand in the text), how many claims are supported, and what was not
        checked."""
        found: list[Check] = []
        supported = unchecked = 0
        for sentence, verdict in self._judge(sentences):
            if verdict is None:
                unchecked += not sentence.gap
            elif verdict.judgement == "supported":
                supported += not sentence.gap
            elif sentence.gap == LEFT_OUT:
                continue
            elif verdict.judgement == "not_supported" or (
                verdict.judgement == "stated" and not sentence.part.startswith(OPENING_KEY)
            ):
                found.append(_build_finding(sentence, verdict, evidence))
        if supported:
            words = Words.count("{n} claim supported", "{n} claims supported", supported)
            found.append(Check(rule=RULE, level="pass", words=words))
        if self.failure is not None:
            found.append(Check(rule=UNCHECKED_RULE, level="info", words=self.failure))
        elif unchecked:
            words = Words.count("{n} sentence not checked", "{n} sentences not checked", unchecked)
            found.append(Check(rule=UNCHECKED_RULE, level="info", words=words))
        return tuple(found)

    def _judge(
        self, sentences: Iterable[ClaimSentence]
    ) -> Iterator[tuple[ClaimSentence, Verdict | None]]:
        for sentence in sentences:
            yield sentence, self.verdicts.get(_key(sentence.text))


def _tell_fault(sentence: ClaimSentence, verdict: Verdict) -> str:
    what = f"“{verdict.words}”{f' ({verdict.why})' if verdict.why else ''}"
    if sentence.gap == LEFT_OUT:
        return f"the answer does tell {what}: take it out here"
    if sentence.gap:
        return f"the data hold {what}: look it up and answer it, or name what they really lack"
    return f"no fact bears out {what}: say what a fact says, or leave it out"


def _build_finding(sentence: ClaimSentence, verdict: Verdict, evidence: Evidence) -> Check:
    quote, why = verdict.words, verdict.why
    if verdict.judgement == "stated":
        typed = _find_typed(sentence, quote, evidence)
        origins = (AGAINST_DATA, FROM_BRIEF) if typed is None else (TYPED_AGAINST_DATA, TYPED)
        words = origins[0].with_params(why=why) if why else origins[1]
        quote = quote.rstrip(".")
        words = words.with_params(quote=Words("“{quote}”", quote=quote))
        if typed is not None:
            words = words.with_params(who=format_person(typed))
        return Check(rule=RULE, level="stated", words=words, part=sentence.part, quote=quote)
    marked = Words("“{quote}”", quote=quote)
    words = Words("Not supported: {quote}", quote=marked)
    if verdict.why:
        words = Words("Not supported: {quote} ({why})", quote=marked, why=verdict.why)
    return Check(rule=RULE, level="warn", words=words, part=sentence.part, quote=quote)


def _find_typed(sentence: ClaimSentence, quote: str, evidence: Evidence) -> str | None:
    """Return who wrote the sentence, or these words of it, into the text by hand."""
    for fact in evidence.facts:
        is_typed = fact.label == "claim" and str(fact.source.file) == "edit"
        said = _key(str(fact.value)).rstrip(".")
        if is_typed and any(_key(one).rstrip(".") in said for one in (sentence.text, quote)):
            return fact.stated_by
    return None


def _key(text: str) -> str:
    return collapse_spaces(normalize_text(text))


def list_sentences(pieces: Iterable[TextPart]) -> tuple[ClaimSentence, ...]:
    """Split the prose of a draft into sentences. Each stands once."""
    found: dict[str, ClaimSentence] = {}
    for piece in pieces:
        if not piece.is_prose:
            continue
        for sentence in SENTENCE_END.split(piece.text):
            text = sentence.strip()
            if any(character.isalpha() for character in text):
                found.setdefault(_key(text), ClaimSentence(piece.key, text, piece.cites))
    return tuple(found.values())


def mark_left_out(words: Iterable[str]) -> list[ClaimSentence]:
    """Return the words that a report says it left out, to be judged: it may tell them after all."""
    return [ClaimSentence("not_used", one.strip(), (), LEFT_OUT) for one in words if is_given(one)]


def list_output_sentences(output: BaseModel) -> tuple[ClaimSentence, ...]:
    return list_sentences(list_text_parts(*split_output(output)))


def take_calculations(value: T, found: dict[str, list[str]]) -> T:
    """Return an output without the calculations among its cited facts. They are added to `found`,
    by the text that cites them."""
    changed: Any = value
    if isinstance(value, Copy | Hook):
        proposed = [one for one in value.facts if is_calculation(one)]
        if proposed:
            found.setdefault(value.text, []).extend(proposed[:MAX_FIGURES])
            kept = tuple(one for one in value.facts if one not in proposed)
            changed = value.model_copy(update={"facts": kept})
    elif isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        changed = value.model_copy(
            update={name: take_calculations(one, found) for name, one in fields.items()}
        )
    elif isinstance(value, list | tuple):
        changed = type(value)(take_calculations(one, found) for one in value)
    return changed  # type: ignore[no-any-return]


def build_claim_prompt(
    sentences: Sequence[ClaimSentence],
    evidence: Evidence,
    request: SkillRequest,
    notes: Sequence[str] = (),
    figures: Sequence[UnprovenFigure] = (),
    *,
    data: Sequence[str] = (),
    beside: Sequence[Collection[str]] = (),
    is_copy: bool = True,
    card: str = "",
) -> str:
    """Return the message: the facts, the notes of the tools, what the data hold, what was asked,
    the conversation that a report is about, the numbered sentences with the names of the facts
    that they cite, the figures without a source, and what the `card` of a report shows. `beside`
    are groups of facts that stay where there are too many, the first ones first."""
    facts = list_facts_beside(sentences, evidence, beside, request.language)
    names = {fact.id: name for name, fact in name_facts(facts).items()}
    lines = [_describe_fact(fact, names, request.language) for fact in facts]
    cited = {cite for sentence in sentences for cite in sentence.cites}
    if left_out := len(_list_proving(cited, evidence)) - len(facts):
        lines.append(f"{left_out} more facts are left out here.")
    numbered = []
    for id, sentence in number_sentences(sentences).items():
        cites = " ".join(names[cite] for cite in sentence.cites if cite in names)
        cites = f"{sentence.gap} {cites}".strip()
        numbered.append(f"{id} [{cites or 'cites nothing'}]: {collapse_spaces(sentence.text)}")
    brief = request.brief
    gone = f"no longer valid: {'; '.join(brief.replaced)}" if brief.replaced else ""
    chosen = f"{CHOSEN}: {brief.chosen}" if brief.chosen else ""
    asked = "\n".join(filter(None, (*list_asked(request), chosen, gone, *brief.list_limits())))
    kind = "copy for customers" if is_copy else "a report for the team"
    message = [f"The sentences are from {kind}.", fence_value("facts", "\n".join(lines) or "none")]
    notes = [note for note in notes if note not in data]
    if notes:
        message.append(fence_value("notes", "\n".join(map(collapse_spaces, notes[:MAX_NOTES]))))
    if data:
        listed = "\n".join(collapse_spaces(strip_hidden(line)) for line in data)
        message.append(fence_value("data", listed[:MAX_DATA]))
    message.append(fence_value("asked", asked or "none"))
    if brief.material and not is_copy:
        message.append(fence_value("conversation", brief.material[-MAX_CONVERSATION:]))
    if card:
        message.append(fence_value("card", card))
    message.append(fence_value("sentences", "\n".join(numbered) or "none"))
    if figures:
        shown = [
            f"{id} in “{collapse_spaces(one.shown or one.sentence)}”: {one.reason}"
            for id, one in number_figures(figures).items()
        ]
        message.append(fence_value("figures", "\n".join(shown)))
    return "\n".join(message)


def list_asked(request: SkillRequest) -> list[str]:
    """Return what people asked for, in their words."""
    brief = request.brief
    versions = [one.words for one in request.keep_reason().brief.instructions]
    fields = brief.list_typed(brief.offer, brief.dates, *brief.must_say)
    typed = drop_lines(brief.typed_words, brief.chosen)
    return [one for one in (brief.follows, typed, *fields, *versions) if one]


def name_facts(facts: Sequence[Fact]) -> dict[str, Fact]:
    return {f"f{number}": fact for number, fact in enumerate(facts, 1)}


def number_figures(figures: Sequence[UnprovenFigure]) -> dict[str, UnprovenFigure]:
    return {f"g{number}": one for number, one in enumerate(figures[:MAX_FIGURES], 1)}


def prove_calculations(
    form: ClaimForm,
    figures: Sequence[UnprovenFigure],
    facts: Sequence[Fact],
    evidence: Evidence,
    request: SkillRequest,
) -> tuple[Fact, ...]:
    """Return the proofs of the figures whose proposed calculation holds. One that does not hold
    changes nothing."""
    numbered, named = number_figures(figures), name_facts(facts)
    sources = Sources(evidence, request.brief)
    proofs: dict[str, Fact] = {}
    for one in form.calculations:
        unproven = numbered.get(one.figure.strip())
        if unproven is None or unproven.proof_id in proofs:
            continue
        try:
            proof = prove_figure(
                unproven, one.calculation, named, sources, language=request.language
            )
        except CalculationError as error:
            log.info("a calculation proves nothing: %s", error)
        else:
            proofs[proof.id] = proof
    return tuple(proofs.values())


def number_sentences(sentences: Sequence[ClaimSentence]) -> dict[str, ClaimSentence]:
    return {f"s{number}": one for number, one in enumerate(sentences[:MAX_SENTENCES], 1)}


def list_facts_beside(
    sentences: Sequence[ClaimSentence],
    evidence: Evidence,
    beside: Sequence[Collection[str]] = (),
    language: Language = "en",
) -> list[Fact]:
    """Return the cited facts, and then the others that may prove something: of an audience what is
    known of the same customers, such as its conditions. Where they are too many, the groups
    `beside` the cited ones stay, then those whose value or name a sentence has, then those looked
    up near a cited one."""
    cited = {cite for sentence in sentences for cite in sentence.cites}
    proving = _list_proving(cited, evidence)
    if len(proving) > MAX_FACTS:
        places = [place for place, fact in enumerate(proving) if fact.id in cited]
        words = _spell_words(" ".join(sentence.text for sentence in sentences))

        def rank(place: int) -> tuple[bool, int, bool, int]:
            fact = proving[place]
            return (
                fact.id not in cited,
                next((n for n, one in enumerate(beside) if fact.id in one), len(beside)),
                not _is_named(fact, words, language),
                min((abs(place - one) for one in places), default=0),
            )

        proving = [
            proving[one] for one in sorted(sorted(range(len(proving)), key=rank)[:MAX_FACTS])
        ]
    return sorted(proving, key=lambda fact: fact.id not in cited)


def _list_proving(cited: Collection[str], evidence: Evidence) -> list[Fact]:
    audiences = {cite.rpartition(".")[0] for cite in cited if cite.startswith(AUDIENCES)}
    return [
        fact
        for fact in evidence.facts
        if fact.id in cited
        or fact.stated_by
        or fact.parts.kind not in UNPROVING_KINDS
        or fact.id.rpartition(".")[0] in audiences
    ]


def _is_named(fact: Fact, words: str, language: Language) -> bool:
    """Whether a text has the fact's value, or the whole name of what it is of."""
    spelled = (fact.shown(language), *re.split(" · |, ", fact.about))
    return any(len(one) > 1 and _spell_words(one) in words for one in spelled)


def _spell_words(text: str) -> str:
    """Return the words of a text with a space at each end, so that one is found whole."""
    return f" {' '.join(WORD.findall(normalize_text(text)))} "


def _describe_fact(fact: Fact, names: Mapping[str, str], language: Language) -> str:
    """Return a fact under its short name. Its id stays out, and a subject that the veil would take
    for an IBAN; the writer sees neither."""
    value = fact.shown(language)
    value = value if len(value) <= MAX_VALUE else f"{value[:MAX_VALUE]}…"
    subject = "" if find_personal_data(fact.parts.subject) else fact.parts.subject
    about = ", ".join(filter(None, (fact.titled("en"), fact.about, subject)))
    since = f"since {fact.since}" if fact.since else ""
    until = f"until {fact.until}" if fact.until else ""
    days = f"from {fact.since} to {fact.until}" if since and until else since or until
    before = names.get(fact.compared_with or "")
    compared = f"compared with {before}" if before else ""
    stated = "stated by a person" if fact.stated_by else ""
    written = ", ".join(fact.source.details[1:])  # of a customer's words: channel and stars
    base = spell_base(fact, "en")
    rest = "; ".join(filter(None, (base, days, compared, stated, written)))
    return f"{names[fact.id]} {about}: {collapse_spaces(value)}{f' ({rest})' if rest else ''}"


def read_verdicts(
    form: ClaimForm,
    sentences: Sequence[ClaimSentence],
    *,
    is_copy: bool = True,
    asked: Sequence[str] = (),
) -> ClaimResult:
    """Bind the verdicts to their sentences. Unknown ids are ignored. Of several verdicts on one
    sentence, the hardest stands. Words that are neither in the sentence nor, where a person stated
    it, in what they `asked`, are replaced by all of it, and nothing supports it. What the request
    says is a source of copy alone."""
    numbered = number_sentences(sentences)
    order: tuple[Judgement, ...] = ("no_claim", "supported", "stated", "not_supported")
    verdicts: dict[str, Verdict] = {}
    for one in form.verdicts:
        sentence = numbered.get(one.id.strip())
        if sentence is None:
            continue
        verdict = _check_verdict(one, sentence, asked)
        if verdict.judgement == "stated" and not is_copy:
            verdict = replace(verdict, judgement="not_supported")
        known = verdicts.get(_key(sentence.text))
        if known is None or order.index(verdict.judgement) > order.index(known.judgement):
            verdicts[_key(sentence.text)] = verdict
    return ClaimResult(verdicts)


def _check_verdict(
    given: SentenceVerdict, sentence: ClaimSentence, asked: Sequence[str]
) -> Verdict:
    if given.verdict in ("supported", "no_claim"):
        return Verdict(given.verdict)
    words = collapse_spaces(strip_hidden(given.words)).strip('“”«»" ')
    said = (sentence.text, *(asked if given.verdict == "stated" else ()))
    judgement = given.verdict
    if not words or not any(_key(words) in _key(one) for one in said):
        words, judgement = sentence.text, "not_supported"  # nobody stated what nobody wrote
    why = collapse_spaces(strip_hidden(given.why)).rstrip(".")
    return Verdict(judgement, words, why[:MAX_WHY])


@dataclass(frozen=True)
class ClaimChecker:
    """What the second call needs. `model` is None without an AI. `setting` is the policy's: on,
    off, or the name of another model."""

    model: TurnModel | None
    receipt: ReceiptWriter
    turns: TurnLog = field(default_factory=NoTurnLog)
    setting: str = ON

    async def check(
        self,
        sentences: Sequence[ClaimSentence],
        evidence: Evidence,
        request: SkillRequest,
        *,
        call: str,
        own_words: Iterable[str] = (),
        notes: Sequence[str] = (),
        figures: Sequence[UnprovenFigure] = (),
        data: Sequence[str] = (),
        beside: Collection[str] = (),
        is_copy: bool = True,
        card: CardOutline | None = None,
        before: ClaimResult | None = None,
    ) -> ClaimResult:
        """Have the sentences judged, and calculations proposed for the figures without a source.
        `call` names the call among those of its task, `notes` are what tools said besides facts,
        `data` what the data hold, for the sentences of gaps, `beside` the facts of the tables that
        cited ones are from, `card` what the card of a report shows, whose facts come before these,
        `before` is the result on the answer that this one corrects.
        Does not raise when the model can't be had: the result then says why."""
        if self.model is None:
            return ClaimResult(failure=NO_AI)
        if self.setting == OFF:
            return ClaimResult(failure=SWITCHED_OFF)
        settled = before.keep_settled() if before else {}
        groups = (*(card.facts if card else ()), beside)
        said = [one.text for one in sentences if _key(one.text) in settled]
        sentences = [one for one in sentences if _key(one.text) not in settled]
        if not sentences and not (before and before.unanswered):
            return ClaimResult(settled)
        own = frozenset(own_words)
        veil = Pseudonymizer(own)
        veil.add_names(list_unmasked_speakers(request.brief.material))
        asked = find_personal_data(request.brief.words, own)
        veil.add_names(one.value for one in asked if one.kind == "NAME")  # who signs the text
        prompt = build_claim_prompt(
            sentences,
            evidence,
            request,
            notes,
            figures,
            data=data,
            beside=groups,
            is_copy=is_copy,
            card=card.describe(said) if card else "",
        )
        message = veil.mask(prompt)
        try:
            form = await ask_once(
                self.model,
                read_prompt(PROMPT),
                message,
                ClaimForm,
                receipt=self.receipt,
                task=self.turns,
                call=call,
                masked_by=veil,
                model_name=None if self.setting == ON else self.setting,
            )
        except (SpendingRefused, SpendingBusy):
            return ClaimResult(settled, failure=MAY_NOT_LEAVE)
        except (TryAgain, CannotDo, ValidationError) as error:
            log.warning("claims are not checked: %s", type(error).__name__)
            return ClaimResult(settled, failure=NO_ANSWER)
        facts = list_facts_beside(sentences, evidence, groups, request.language)
        proofs = prove_calculations(form, figures, facts, evidence, request)
        given = read_verdicts(form, sentences, is_copy=is_copy, asked=list_asked(request)).verdicts
        parts = tuple[UnansweredPart, ...]()
        if card:
            brief = request.keep_reason().brief
            question = brief.own_question or brief.typed_words
            words = "\n".join([question, *(one.words for one in brief.instructions)])
            parts = read_unanswered(form.unanswered, card, words, notes)
        return ClaimResult({**settled, **given}, proofs=proofs, unanswered=parts)
