"""The claim check: a small model judges the sentences of a draft against the facts beside it.

One call for a draft, with its own receipt. The answer is kept as a turn of the task, so that a run
after a crash pays nothing. A verdict is bound to the id of its sentence. A missing or faulty one
leaves its sentence unchecked, and no verdict lifts what code has found. Where no verdict can be
had, the draft says so and goes on.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ValidationError

from bot.agent.llm.turn import TurnModel
from bot.agent.loop import OFF, ON, ask_once
from bot.agent.prompts import fence_value, read_prompt
from bot.agent.turns import NoTurnLog, TurnLog
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.parts import split_output
from bot.core.request import SkillRequest
from bot.core.thread_text import list_unmasked_speakers
from bot.core.writer import ReceiptWriter
from bot.errors import CannotDo, SpendingBusy, SpendingRefused, TryAgain
from bot.grounding.sources import UNPROVING_KINDS, Piece, list_pieces
from bot.i18n.messages import Language, Words
from bot.privacy import Pseudonymizer, find_personal_data
from bot.text.escape import strip_hidden
from bot.text.normalize import collapse_spaces, normalize_text

MAX_SENTENCES = 80  # of one call; those behind stay unchecked
MAX_FACTS, MAX_VALUE = 120, 600
MAX_NOTES, MAX_CONVERSATION = 40, 12_000
MAX_WHY = 160
SENTENCE_END = re.compile(r"(?<=[.!?…])[\s\u00a0]+(?=\S)|\n+")
RULE, UNCHECKED_RULE = "claim", "claims unchecked"
NO_AI = Words("Claims not checked: no AI connected.")
SWITCHED_OFF = Words("Claims not checked: switched off in the policy.")
NOT_REACHED = Words("Claims not checked: the AI could not be reached.")
MAY_NOT_LEAVE = Words("Claims not checked: the spending limit is reached.")

Judgement = Literal["supported", "not_supported", "no_claim"]
log = logging.getLogger(__name__)
PROMPT = "claims"


class SentenceVerdict(BaseModel):
    """What the model says of one sentence. Every field is required."""

    id: str
    verdict: Judgement
    words: str
    why: str


class ClaimForm(BaseModel):
    """The model's answer."""

    verdicts: list[SentenceVerdict]


@dataclass(frozen=True)
class ClaimSentence:
    """A sentence to judge: its part, its text, and the ids of the facts that its part cites."""

    part: str
    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """A verdict that fits its sentence. `words` stand in the sentence."""

    judgement: Judgement
    words: str = ""
    why: str = ""


@dataclass(frozen=True)
class ClaimResult:
    """The verdicts by the text of the sentence. `failure`: why none could be had."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    failure: Words | None = None

    def list_faults(self, sentences: Iterable[ClaimSentence]) -> list[str]:
        """What is not supported, as sentences for the writer."""
        return [
            f"{sentence.part}: no fact bears out “{verdict.words}”"
            f"{f' ({verdict.why})' if verdict.why else ''}: say what a fact says, or leave it out"
            for sentence, verdict in self._judge(sentences)
            if verdict is not None and verdict.judgement == "not_supported"
        ]

    def build_checks(self, sentences: Sequence[ClaimSentence]) -> tuple[Check, ...]:
        """The findings on these sentences: unsupported words, how many claims are supported, and
        what was not checked."""
        found: list[Check] = []
        supported = unchecked = 0
        for sentence, verdict in self._judge(sentences):
            if verdict is None:
                unchecked += 1
            elif verdict.judgement == "supported":
                supported += 1
            elif verdict.judgement == "not_supported":
                found.append(_build_finding(sentence, verdict))
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


def _build_finding(sentence: ClaimSentence, verdict: Verdict) -> Check:
    words = Words("Not supported: {quote}", quote=Words("“{quote}”", quote=verdict.words))
    if verdict.why:
        words = Words(
            "Not supported: {quote} ({why})",
            quote=Words("“{quote}”", quote=verdict.words),
            why=verdict.why,
        )
    return Check(rule=RULE, level="warn", words=words, part=sentence.part, quote=verdict.words)


def _key(text: str) -> str:
    return collapse_spaces(normalize_text(text))


def list_sentences(pieces: Iterable[Piece]) -> tuple[ClaimSentence, ...]:
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


def list_output_sentences(output: BaseModel) -> tuple[ClaimSentence, ...]:
    """Return the sentences of an Output."""
    return list_sentences(list_pieces(*split_output(output)))


def build_claim_prompt(
    sentences: Sequence[ClaimSentence],
    evidence: Evidence,
    request: SkillRequest,
    notes: Sequence[str] = (),
) -> str:
    """Return the message: the facts, the notes of the tools, what was asked, the conversation that
    a report is about, and the numbered sentences with the names of the facts that they cite."""
    facts = list_facts_beside(sentences, evidence)
    names = {fact.id: f"f{number}" for number, fact in enumerate(facts, 1)}
    lines = [_describe_fact(fact, names, request.language) for fact in facts]
    numbered = []
    for id, sentence in number_sentences(sentences).items():
        cites = " ".join(names[cite] for cite in sentence.cites if cite in names)
        numbered.append(f"{id} [{cites or 'cites nothing'}]: {collapse_spaces(sentence.text)}")
    brief = request.brief
    asked = "\n".join(
        filter(None, [brief.words, brief.offer, *brief.must_say, request.reason or ""])
    )
    kind = "copy for customers" if request.channel else "a report for the team"
    message = [f"The sentences are from {kind}.", fence_value("facts", "\n".join(lines) or "none")]
    if notes:
        message.append(fence_value("notes", "\n".join(map(collapse_spaces, notes[:MAX_NOTES]))))
    message.append(fence_value("asked", asked or "none"))
    if brief.material and not request.channel:
        message.append(fence_value("conversation", brief.material[-MAX_CONVERSATION:]))
    return "\n".join([*message, fence_value("sentences", "\n".join(numbered))])


def number_sentences(sentences: Sequence[ClaimSentence]) -> dict[str, ClaimSentence]:
    return {f"s{number}": one for number, one in enumerate(sentences[:MAX_SENTENCES], 1)}


def list_facts_beside(sentences: Sequence[ClaimSentence], evidence: Evidence) -> list[Fact]:
    """Return the cited facts, and then the others that may prove something."""
    cited = {cite for sentence in sentences for cite in sentence.cites}
    proving = [
        fact
        for fact in evidence.facts
        if fact.id in cited or fact.stated_by or fact.parts.kind not in UNPROVING_KINDS
    ]
    return sorted(proving, key=lambda fact: fact.id not in cited)[:MAX_FACTS]


def _describe_fact(fact: Fact, names: Mapping[str, str], language: Language) -> str:
    """Return a fact under its short name. Its id stays out, and a subject that the veil would take
    for an IBAN; the writer sees neither."""
    value = fact.shown(language)
    value = value if len(value) <= MAX_VALUE else f"{value[:MAX_VALUE]}…"
    subject = "" if find_personal_data(fact.parts.subject) else fact.parts.subject
    about = ", ".join(filter(None, (fact.titled("en"), fact.about, subject)))
    days = " to ".join(day.isoformat() for day in (fact.since, fact.until) if day)
    before = names.get(fact.compared_with or "")
    compared = f"compared with {before}" if before else ""
    stated = "stated by a person" if fact.stated_by else ""
    rest = "; ".join(filter(None, (days, compared, stated)))
    return f"{names[fact.id]} {about}: {collapse_spaces(value)}{f' ({rest})' if rest else ''}"


def read_verdicts(form: ClaimForm, sentences: Sequence[ClaimSentence]) -> ClaimResult:
    """Bind the verdicts to their sentences. Unknown ids are ignored. Of several verdicts on one
    sentence, the hardest stands. Words that are not in the sentence are replaced by all of it."""
    numbered = number_sentences(sentences)
    order: Mapping[Judgement, int] = {"no_claim": 0, "supported": 1, "not_supported": 2}
    verdicts: dict[str, Verdict] = {}
    for one in form.verdicts:
        sentence = numbered.get(one.id.strip())
        if sentence is None:
            continue
        verdict = _check_verdict(one, sentence)
        known = verdicts.get(_key(sentence.text))
        if known is None or order[verdict.judgement] > order[known.judgement]:
            verdicts[_key(sentence.text)] = verdict
    return ClaimResult(verdicts)


def _check_verdict(given: SentenceVerdict, sentence: ClaimSentence) -> Verdict:
    if given.verdict != "not_supported":
        return Verdict(given.verdict)
    words = collapse_spaces(strip_hidden(given.words)).strip('“”«»" ')
    if not words or _key(words) not in _key(sentence.text):
        words = sentence.text
    why = collapse_spaces(strip_hidden(given.why)).rstrip(".")
    return Verdict("not_supported", words, why[:MAX_WHY])


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
    ) -> ClaimResult:
        """Have the sentences judged. `call` names the call among those of its task, `notes` are
        what tools said besides facts. Does not raise when the model can't be had: the result then
        says why."""
        if self.model is None:
            return ClaimResult(failure=NO_AI)
        if self.setting == OFF:
            return ClaimResult(failure=SWITCHED_OFF)
        if not sentences:
            return ClaimResult()
        veil = Pseudonymizer(frozenset(own_words))
        veil.add_names(list_unmasked_speakers(request.brief.material))
        message = veil.mask(build_claim_prompt(sentences, evidence, request, notes))
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
            return ClaimResult(failure=MAY_NOT_LEAVE)
        except (TryAgain, CannotDo, ValidationError) as error:
            log.warning("claims are not checked: %s", type(error).__name__)
            return ClaimResult(failure=NOT_REACHED)
        return read_verdicts(form, sentences)
