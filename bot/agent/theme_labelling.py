"""Have a model read the themes of what customers wrote, where word lists find half of them.

Texts are labelled in batches, one structured call each, with its own receipt. The labels are kept
by the hash of the text, and the analyses count them. A text whose labels can't be right stays with
the word lists.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from bot.agent.llm.turn import TurnModel
from bot.agent.loop import OFF, ON, ask_once, measure_nothing
from bot.agent.prompts import fence_value, read_prompt
from bot.agent.spending import Payer, SpendingCap
from bot.config.policy import LibraryPolicy
from bot.core.writer import ReceiptWriter
from bot.data.analyses.cache import LabelCache, MentionCache, digest_text
from bot.data.analyses.result import AnalysisFilter
from bot.errors import CannotDo, TryAgain
from bot.privacy import Pseudonymizer

if TYPE_CHECKING:
    from bot.data.analyses.feedback.texts import FeedbackText
    from bot.data.service import WorkspaceData
    from bot.data.warehouse.warehouse import Warehouse

log = logging.getLogger(__name__)

PROMPT = "theme_labels"
BATCH = 40  # texts of one call
CALLS_AT_ONCE = 5
QUESTION_TEXTS = 200  # texts that are labelled while somebody waits for an answer
QUESTION_SECONDS = 8.0  # of the 30 that a tool has with its analysis
JOB_SECONDS = 240.0
TASK_SHARE = 0.4  # of a request's money or tokens; the answer itself needs the rest
READ_SECONDS = 5.0  # to look up which texts have no labels yet


class LabelForm(BaseModel, extra="forbid"):
    theme: str
    tone: str
    sentence: int


class LabelledTextForm(BaseModel, extra="forbid"):
    """A text by its number from 1, with its themes."""

    text: int
    labels: list[LabelForm]


class ThemeLabelsForm(BaseModel, extra="forbid"):
    texts: list[LabelledTextForm]


@dataclass(frozen=True)
class ThemeLabeller:
    """Labels the texts of one workspace. `policy` are the workspace's settings; `cap_used` returns
    the share of its money or tokens that the request has used."""

    model: TurnModel
    receipt: ReceiptWriter
    data: "WorkspaceData"
    policy: LibraryPolicy
    now: Callable[[], datetime]
    cap_used: Callable[[], Awaitable[float]] = measure_nothing

    async def label(
        self,
        where: AnalysisFilter,
        *,
        most: int = QUESTION_TEXTS,
        seconds: float = QUESTION_SECONDS,
    ) -> int:
        """Label the newest texts of `where` that have no labels yet, at most `most`, and as many as
        `seconds` and TASK_SHARE allow. Return how many texts were answered for. Raises nothing when
        the model can't be had: word lists read the texts then."""
        a_day = self.policy.theme_label_texts
        if self.policy.theme_labels == OFF or not a_day:
            return 0
        version = compute_version()
        read = partial(_read_unlabelled, where=where, version=version, newest=a_day)
        try:
            cache, texts = await self.data.run_limited(read, READ_SECONDS)
        except CannotDo:  # the analysis will say so
            return 0
        if cache is None or not texts:
            return 0
        clock, today = asyncio.get_running_loop().time, self.now().date()
        deadline = clock() + seconds
        wanted = texts[:most]
        batches = [wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH)]
        slots, stopped = asyncio.Semaphore(CALLS_AT_ONCE), asyncio.Event()

        async def label_batch(batch: Sequence["FeedbackText"]) -> dict[bytes, str] | None:
            async with slots:
                if stopped.is_set() or clock() >= deadline:
                    return None
                if await self.cap_used() >= TASK_SHARE:
                    return None
                granted = await asyncio.to_thread(cache.reserve, today, len(batch), a_day)
                labels = await self._ask(batch[:granted], deadline) if granted else None
                if labels is None:
                    stopped.set()
                else:
                    await asyncio.to_thread(cache.add, version, labels)
                return labels

        answers = await asyncio.gather(*map(label_batch, batches))
        labelled = sum(len(labels) for labels in answers if labels)
        if labelled:
            await asyncio.to_thread(self.data.drop_findings, "feedback")
        return labelled

    async def _ask(
        self, batch: Sequence["FeedbackText"], deadline: float
    ) -> dict[bytes, str] | None:
        """Return the labels of a batch as they are stored, or None when there is no answer."""
        setting, veil = self.policy.theme_labels, Pseudonymizer()
        texts = split_batch(batch, veil)
        try:
            form = await ask_once(
                self.model,
                build_system_prompt(),
                build_prompt(texts),
                ThemeLabelsForm,
                receipt=self.receipt,
                call=PROMPT,
                masked_by=veil,
                model_name=None if setting == ON else setting,
                deadline=deadline,
            )
        except (TryAgain, CannotDo, ValidationError) as error:
            log.warning("themes are read by word lists: %s", type(error).__name__)
            return None
        return read_labels(form, batch, texts, veil)


@dataclass(frozen=True)
class ThemeLabelJob:
    """Labels the newest texts of a workspace after an import."""

    model: TurnModel
    spending: SpendingCap
    data: Callable[[str], "WorkspaceData"]
    policy: Callable[[str], LibraryPolicy]

    async def run(self, subject: str) -> int:
        """Label what `workspace/state` has no labels for. Return how many were answered for."""
        workspace = subject.partition("/")[0]
        payer = Payer(workspace, f"labels-{subject}")
        receipt = partial(self.spending.reserve_or_settle, payer)
        policy, now = self.policy(workspace), self.spending.now
        labeller = ThemeLabeller(self.model, receipt, self.data(workspace), policy, now)
        return await labeller.label(
            AnalysisFilter(), most=policy.theme_label_texts, seconds=JOB_SECONDS
        )


def build_system_prompt() -> str:
    """Return the rules with the themes to choose from: the same for every call."""
    from bot.data.analyses.feedback.mention_records import list_meanings

    lines = [f"{subject}: {means}" for subject, means in list_meanings().items()]
    return "\n".join([read_prompt(PROMPT).rstrip(), *lines])


def compute_version() -> str:
    """Return what labels depend on: the rules and the themes."""
    return sha256(build_system_prompt().encode()).hexdigest()[:32]


def split_batch(batch: Sequence["FeedbackText"], veil: Pseudonymizer) -> list[list[str]]:
    """Return the sentences of each text that may leave, personal data replaced."""
    from bot.data.analyses.feedback.mention_records import split_masked

    masked = veil.mask([text.whole for text in batch])
    return [split_masked(said, text.language) for said, text in zip(masked, batch, strict=True)]


def build_prompt(texts: Sequence[Sequence[str]]) -> str:
    """Return the texts by their numbers, a line each, with the numbers of their sentences."""
    lines = []
    for number, sentences in enumerate(texts, 1):
        said = [f"[{n}] {' '.join(one.split())}" for n, one in enumerate(sentences, 1)]
        lines.append(f"{number}. {' '.join(said)}")
    return fence_value("texts", "\n".join(lines))


def read_labels(
    form: ThemeLabelsForm,
    batch: Sequence["FeedbackText"],
    texts: Sequence[Sequence[str]],
    veil: Pseudonymizer,
) -> dict[bytes, str]:
    """Return what is stored of each text. A text that is missing, that stands there twice, or that
    has a label outside the list or of no sentence, stays with the word lists."""
    from bot.data.analyses.feedback.mention_records import FAULTY, ThemeLabel, encode_labels

    answers: dict[int, list[LabelledTextForm]] = {}
    for each in form.texts:
        answers.setdefault(each.text, []).append(each)
    labels = {}
    for number, (text, sentences) in enumerate(zip(batch, texts, strict=True), 1):
        answered, stored = answers.get(number, []), FAULTY
        given = answered[0].labels if len(answered) == 1 else ()
        if len(answered) == 1 and all(1 <= one.sentence <= len(sentences) for one in given):
            spans = [_locate(text.whole, sentences[one.sentence - 1], veil) for one in given]
            stored = encode_labels(
                [
                    ThemeLabel(one.theme, one.tone, *span)
                    for one, span in zip(given, spans, strict=True)
                ]
            )
        labels[digest_text(text.whole)] = stored
    return labels


def _locate(whole: str, sentence: str, veil: Pseudonymizer) -> tuple[int, int]:
    """Return where a sentence stands in the text, or the whole text."""
    said = veil.restore(sentence)
    start = whole.find(said)
    return (start, start + len(said)) if start >= 0 else (0, len(whole))


def _read_unlabelled(
    warehouse: "Warehouse", where: AnalysisFilter, version: str, newest: int
) -> tuple[LabelCache | None, list["FeedbackText"]]:
    """Return the texts without labels among the newest ones, no text twice. Without files of our
    own there is no cache, and nothing is labelled."""
    from bot.data.analyses.feedback.aspects import load_lexicon
    from bot.data.analyses.feedback.texts import read_texts, select_feedback
    from bot.data.metrics.filters import validate_filter

    cache = MentionCache.of(warehouse)
    if cache is None or "feedback" not in warehouse.listed:
        return None, []
    known_filter = validate_filter(warehouse, "feedback", where)
    rows = select_feedback(warehouse, known_filter).limit(newest)
    texts = read_texts(warehouse, rows, known_filter)
    labels = cache.labels.load(version)
    fresh = {
        digest: text
        for text in texts
        if load_lexicon(text.language) and (digest := digest_text(text.whole)) not in labels
    }
    return cache.labels, list(fresh.values())
