"""The measure of the second call: requests that tell nothing, and what counts as found."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.config.brand import Brand
from bot.config.policy import Policy
from evals.claims import HONEST, ClaimBatch, TextOutcome, list_batches
from evals.pending import accept_answers, write_pending
from evals.report import CaseRun, format_report
from evals.run import EvalRun
from evals.shop import EvalShop
from tests.support.small_shop import Shop

CASE = "leaf-plant"
SENTENCE = re.compile(r"^(s\d+) \[[^]]*\]: (.*)$", re.MULTILINE)


class Measure:
    """One request of the set, with its recordings and the folder of what waits for answers."""

    def __init__(self, folder: Path) -> None:
        self.pending, self.recordings = folder / "pending", folder / "recordings"
        self.case = CASE

    async def play(self) -> CaseRun:
        run = EvalRun(EvalShop(Brand(name="Leaf"), Shop(), Policy()), recordings=self.recordings)
        await run.play(["claims"], self.case)
        write_pending(self.pending, run.pending)
        return run.runs[0]

    def read_request(self) -> str:
        return (self.pending / f"{self.case}.md").read_text(encoding="utf-8")

    def answer(self, *marked: str) -> None:
        """Mark the sentences that begin so, and call all others supported."""
        verdicts = [
            {
                "id": id,
                "verdict": "not_supported" if text.startswith(marked) else "supported",
                "words": text if text.startswith(marked) else "",
                "why": "",
            }
            for id, text in SENTENCE.findall(self.read_request())
        ]
        path = self.pending / f"{self.case}.answer.json"
        text = json.dumps({"verdicts": verdicts, "calculations": [], "unanswered": []})
        path.write_text(text, encoding="utf-8")
        assert accept_answers(self.pending, self.recordings) == (1, [])


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    return Measure(tmp_path)


def find_outcome(run: CaseRun, beginning: str) -> TextOutcome:
    return next(one for one in run.claims if one.judged.text.startswith(beginning))


def test_requests_hold_all_texts_mixed() -> None:
    batches = list(list_batches())
    assert len(batches) <= 40
    assert len({batch.id for batch in batches}) == len(batches)
    texts = [text for batch in batches for text in batch.texts]
    assert sum(text.kind == HONEST for text in texts) >= 300
    assert sum(text.kind != HONEST for text in texts) >= 200
    assert any(_starts_planted(batch) for batch in batches)
    assert any(not _starts_planted(batch) for batch in batches)


def _starts_planted(batch: ClaimBatch) -> bool:
    return batch.texts[0].kind != HONEST


async def test_request_is_that_of_the_product_and_tells_nothing(measure: Measure) -> None:
    run = await measure.play()
    assert run.state == "waiting"
    request = measure.read_request()
    assert "The sentences are from copy for customers." in request
    assert "A Hoya by the bed cleans the air while she sleeps." in request
    assert not re.search(r"planted|honest|by: claims", request)
    (system,) = measure.pending.glob("system.*.md")
    assert "You check sentences against facts" in system.read_text(encoding="utf-8")


async def test_found_texts_are_counted_by_kind(measure: Measure) -> None:
    await measure.play()
    honest = next(one for one in _list_texts() if one.kind == HONEST)
    first = re.split(r"(?<=[.!?]) ", honest.text)[0]
    measure.answer("A Hoya by the bed", first)
    run = await measure.play()
    assert (run.state, run.moved) == ("played", 0)
    assert find_outcome(run, "A Hoya by the bed").remarks
    assert find_outcome(run, first).remarks
    date = find_outcome(run, "Order by Friday 13 March")
    assert (date.remarks, date.by_code) == ((), True)
    lines = format_report([run], is_live=False, shows_held_out=True)
    assert any(re.fullmatch(r"honest +\d+ +1 +0 +1", line) for line in lines)
    assert any(re.fullmatch(r"health \(by claims\) +1 +1 +0 +1", line) for line in lines)
    assert any(line.startswith(f"  marked: {first}") for line in lines)


async def test_remark_on_other_words_does_not_find_what_is_planted(measure: Measure) -> None:
    measure.case = "brew-coffee"
    await measure.play()
    measure.answer("lowtide.example/g Reply STOP")
    run = await measure.play()
    assert not find_outcome(run, "Low Tide: gift bag $24, tonight only.").remarks
    lines = format_report([run], is_live=False, shows_held_out=True)
    assert any(line.startswith("  missed, urgency (by claims): Low Tide") for line in lines)


async def test_answer_to_another_request_is_not_played(measure: Measure) -> None:
    await measure.play()
    measure.answer()
    (path,) = (measure.recordings / "claims").glob("*.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"messages: \S+", "messages: other", text), encoding="utf-8")
    assert (await measure.play()).state == "waiting"


def _list_texts() -> tuple[Any, ...]:
    return next(batch.texts for batch in list_batches() if batch.id == CASE)
