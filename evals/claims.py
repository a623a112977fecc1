"""Measure the second call on the honest and planted sentences of `grounding/`.

The sentences of a shop stand in one request, honest and planted ones mixed by a hash of their
words. It is the request that the claim check sends, so that whoever answers it knows no more than
the model would. The verdicts go through the product's own handling.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from bot.agent.claim_check import ClaimChecker, ClaimResult, ClaimSentence
from bot.core.writer import ReceiptWriter
from bot.errors import CannotDo
from bot.privacy.names import build_own_words
from bot.text.normalize import collapse_spaces, normalize_text
from evals.grounding_sets import prepare_sentence, read_sentences, read_worlds
from evals.grounding_shops import (
    FOLDER,
    CopyText,
    ReportText,
    ShopTexts,
    read_shop_sentences,
    read_shops,
)
from evals.recordings import CaseModel

HONEST = "honest"
MAX_TEXTS = 44  # of one request; a text has one to three sentences


@dataclass(frozen=True)
class JudgedText:
    """A text of the sets. `wrong` are its planted words, where the set names them."""

    kind: str  # HONEST, or what is planted
    by: str  # "code" or "claims": what is to find it
    text: str
    checked: CopyText | ReportText
    wrong: str = ""


@dataclass(frozen=True)
class ClaimBatch:
    """The texts of one request."""

    id: str
    texts: tuple[JudgedText, ...]

    @property
    def file(self) -> str:
        """The file of its recordings."""
        return "copy" if self.texts[0].checked.is_copy else "reports"


@dataclass(frozen=True)
class TextOutcome:
    """What each check finds in a text. `remarks` are those of the second call on an honest text, or
    on the planted words of another."""

    judged: JudgedText
    remarks: tuple[str, ...]
    by_code: bool
    unjudged: int = 0  # sentences without a verdict


def list_batches() -> Iterator[ClaimBatch]:
    """Yield the requests. The same sentences make the same requests."""
    groups: dict[str, list[JudgedText]] = defaultdict(list)
    worlds = read_worlds()
    for name in ("honest", "planted"):
        for one in read_sentences(name):
            checked = prepare_sentence(one, worlds[one.facts])
            judged = JudgedText(one.kind, one.by, one.text, checked)
            groups[f"{one.facts}-{one.language}"].append(judged)
    shops = {name: ShopTexts(name, shop) for name, shop in read_shops().items()}
    for name in ("shops", "third"):
        for kind in ("honest", "planted"):
            for text in read_shop_sentences(FOLDER / f"{kind}_{name}.yaml"):
                planted = HONEST if kind == "honest" else text.kind
                prepared = shops[text.shop].prepare(text)
                judged = JudgedText(planted, text.by, text.text, prepared, text.wrong)
                groups[text.shop.replace("_", "-")].append(judged)
    for name, texts in groups.items():
        texts.sort(key=lambda one: hashlib.sha256(one.text.encode()).digest())
        parts = ceil(len(texts) / MAX_TEXTS)
        for number in range(parts):
            id = f"{name}-{number + 1}" if parts > 1 else name
            yield ClaimBatch(id, tuple(texts[number::parts]))


async def judge_batch(
    batch: ClaimBatch, model: CaseModel, receipt: ReceiptWriter
) -> list[TextOutcome]:
    """Have the texts judged as the product would. Raises PendingRequest where no recording answers
    this very request."""
    first = batch.texts[0].checked
    sentences = [one for text in batch.texts for one in text.checked.list_claims()]
    result = await ClaimChecker(model, receipt).check(
        sentences,
        first.evidence,
        first.request,
        call="claims",
        own_words=_list_own_words(first),
        figures=[one for text in batch.texts for one in text.checked.list_unproven()],
        is_copy=first.is_copy,
    )
    if result.failure is not None:
        raise CannotDo(result.failure)
    return [_find_outcome(text, result) for text in batch.texts]


def _list_own_words(checked: CopyText | ReportText) -> frozenset[str]:
    names = [checked.brand.name] if isinstance(checked, CopyText) else []
    facts = [fact for fact in checked.evidence.facts if fact.id.startswith("product.")]
    names += [part for fact in facts for part in (fact.about, fact.parts.subject)]
    names += [str(fact.value) for fact in facts if fact.label in ("name", "nom")]
    return build_own_words(names)


def _find_outcome(text: JudgedText, result: ClaimResult) -> TextOutcome:
    remarks, unjudged = [], 0
    for sentence in text.checked.list_claims():
        checks = result.build_checks([sentence], text.checked.evidence)
        unjudged += any(check.level == "info" for check in checks)
        if _has_planted_words(sentence, text):
            remarks += [check.words.to("en") for check in checks if check.level == "warn"]
    found = text.checked.check(result.proofs)
    is_found = found.is_blocked or found.is_marked
    is_found |= text.kind != HONEST and bool(found.sent_back)  # honest ones go back once, unseen
    return TextOutcome(text, tuple(remarks), is_found, unjudged)


def _has_planted_words(sentence: ClaimSentence, text: JudgedText) -> bool:
    """Whether a remark on the sentence is one on the planted words. Where these are not named, or
    stand otherwise in a report, it is."""
    whole, wrong, said = (
        collapse_spaces(normalize_text(one)) for one in (text.text, text.wrong, sentence.text)
    )
    at, start = whole.find(wrong), whole.find(said)
    if not wrong or at < 0 or start < 0:
        return True
    return at < start + len(said) and start < at + len(wrong)


def format_outcomes(outcomes: Sequence[TextOutcome]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table: honest texts that are marked, planted ones that are caught."""
    groups: dict[str, list[TextOutcome]] = defaultdict(list)
    for one in outcomes:
        meant = "" if one.judged.kind == HONEST else f" (by {one.judged.by})"
        groups[f"{one.judged.kind}{meant}"].append(one)
    planted = [one for one in outcomes if one.judged.kind != HONEST]
    for by in ("claims", "code"):
        groups[f"all planted (by {by})"] = [one for one in planted if one.judged.by == by]
    groups["all planted"] = planted
    yield from (_count(name, own) for name, own in sorted(groups.items(), key=_sort_groups))


def _sort_groups(group: tuple[str, object]) -> tuple[bool, bool, str]:
    return group[0].startswith("all"), group[0] != HONEST, group[0]


def _count(name: str, outcomes: Sequence[TextOutcome]) -> tuple[object, ...]:
    return (
        name,
        len(outcomes),
        sum(bool(one.remarks) for one in outcomes),
        sum(one.by_code for one in outcomes),
        sum(bool(one.remarks) or one.by_code for one in outcomes),
    )


def list_mistakes(outcomes: Iterable[TextOutcome]) -> Iterator[str]:
    """Yield the honest texts that are marked, and the planted ones that nothing finds."""
    for one in outcomes:
        text = collapse_spaces(one.judged.text)
        if one.judged.kind == HONEST:
            if one.remarks:
                yield f"marked: {text} → {'; '.join(one.remarks)}"
            if one.by_code:
                yield f"found by code: {text}"
        elif not (one.remarks or one.by_code):
            yield f"missed, {one.judged.kind} (by {one.judged.by}): {text}"
        if one.unjudged:
            yield f"no verdict: {text}"
