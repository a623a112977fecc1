"""Play the evaluation sets and print what is right: `make evals`, or `make evals LIVE=1`.

Without `--live`, recorded answers are played in a model's place, and nothing leaves this machine.
`--pending DIR` writes each request that no recording answers, for somebody to answer by hand;
`--accept DIR` records these answers. Given together, the answers are recorded first.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import cast

from bot.agent.llm.turn import TurnModel
from bot.agent.spending import Payer, SpendingCap
from bot.app import Container
from bot.audit.receipt import Receipt
from bot.config.clock import now
from bot.config.settings import Settings
from bot.core.writer import LlmCall, ReceiptWriter, Writer
from bot.errors import CannotDo, TryAgain, locate_bug
from bot.playground.slack_objects import TEAM_ID
from evals.check_sets import SETS, Case, read_cases
from evals.claims import judge_batch, list_batches, list_mistakes
from evals.multi_step import StepPlayer, StepResult
from evals.pending import PendingCase, accept_answers, write_pending
from evals.questions import AnswerResult, FoundFacts, compare_tools, play_question
from evals.recordings import (
    RECORDINGS,
    CaseModel,
    PendingRequest,
    RecordingStore,
    UnfitRecording,
)
from evals.report import CaseRun, format_report
from evals.shop import EvalShop, open_shop
from evals.understanding import ReadingResult, format_reading, play_message

UNDERSTANDING, QUESTIONS, MULTI_STEP = "understanding", "questions", "multi_step"
CLAIMS = "claims"
KINDS = (UNDERSTANDING, QUESTIONS, MULTI_STEP, CLAIMS)
LIVE_CASES = 4  # played at a time with a real model
DEFAULT_USD = Decimal(20)


@dataclass
class EvalRun:
    """One run. `live` is a real model; without it the recordings are played."""

    shop: EvalShop
    sets: Path = SETS
    recordings: Path = RECORDINGS
    live: Writer | None = None
    runs: list[CaseRun] = field(default_factory=list)
    pending: list[PendingCase] = field(default_factory=list)

    async def play(self, kinds: Sequence[str], case: str | None = None) -> None:
        """Play all cases of these sets, or those whose id contains `case`."""
        for kind in kinds:
            store = RecordingStore(self.recordings / kind)
            chosen = [
                one
                for one in (list_claim_cases() if kind == CLAIMS else read_cases(self.sets / kind))
                if case is None or case in str(one[1]["id"])
            ]
            gate = asyncio.Semaphore(LIVE_CASES if self.live else 1)

            async def play_one(
                file: str,
                case: Case,
                kind: str = kind,
                store: RecordingStore = store,
                gate: asyncio.Semaphore = gate,
            ) -> CaseRun:
                async with gate:
                    return await self._play_case(kind, file, case, store)

            self.runs += await asyncio.gather(*(play_one(file, case) for file, case in chosen))

    async def _play_case(self, kind: str, file: str, case: Case, store: RecordingStore) -> CaseRun:
        model = CaseModel(case["id"], store, cast("TurnModel | None", self.live))
        model.judges_claims = kind == CLAIMS
        run = CaseRun(kind, file, case["id"])
        try:
            if kind == UNDERSTANDING:
                note_reading(run, await play_message(case, self.shop, model, self._receipt(case)))
            elif kind == QUESTIONS:
                await self._answer(run, case, model)
            elif kind == CLAIMS:
                run.claims = await judge_batch(case["batch"], model, self._receipt(case))
                run.is_right = not any(list_mistakes(run.claims))
            else:
                await self._play_steps(run, case, model)
        except PendingRequest as pending:
            run.state = "waiting"
            self.pending.append(PendingCase(kind, file, pending))
        except UnfitRecording as unfit:
            run.state, run.faults = "broken", [str(unfit)]
        except (CannotDo, TryAgain) as error:
            run.state, run.faults = "broken", [str(error)]
        except Exception as bug:  # noqa: BLE001  a bug in one case must not hide the others
            run.state, run.faults = "broken", [f"{bug} ({locate_bug(bug)})"]
        run.sizes, run.stale, run.moved = model.sizes, model.stale, model.moved
        return run

    async def _answer(self, run: CaseRun, case: Case, model: CaseModel) -> None:
        found = FoundFacts()
        try:
            result = await play_question(case, self.shop, model, self._receipt(case), found)
        except PendingRequest:
            if (tools := compare_tools(case, found)) is not None:
                run.tools.append(tools)
            raise
        note_answer(run, result)

    async def _play_steps(self, run: CaseRun, case: Case, model: CaseModel) -> None:
        player = StepPlayer(case, self.shop, model)
        try:
            await player.play()
        finally:
            note_steps(run, player.results)

    def _receipt(self, case: Case) -> ReceiptWriter:
        """Store the receipts of a real model, whose calls have a cap."""
        container = self.shop.container
        if container is None:
            return drop_receipt
        cap = SpendingCap(container.database, lambda _: self.shop.policy, now)
        return partial(cap.reserve_or_settle, Payer(TEAM_ID, f"evals-{case['id']}"))


def list_claim_cases() -> Iterator[tuple[str, Case]]:
    return ((batch.file, {"id": batch.id, "batch": batch}) for batch in list_batches())


async def drop_receipt(call: LlmCall) -> None:
    """Drop the receipt of a call that was never sent."""


def note_reading(run: CaseRun, result: ReadingResult, step: str = "") -> None:
    run.fields.append(result.fields)
    run.faults += [f"{step}{fault}" for fault in result.fields.faults]
    run.traps += result.trap_count
    run.fell += result.traps
    run.is_right = result.is_right
    if not result.is_right:
        run.text = format_reading(result.understanding)


def note_answer(run: CaseRun, result: AnswerResult) -> None:
    run.verdicts.append(result.verdict)
    run.is_right, run.text, run.others = result.is_right, result.text, result.others
    if result.tools is not None:
        run.tools.append(result.tools)
    if not result.is_right:
        missing = result.figures.missing if result.figures else ()
        run.faults.append(f"{result.verdict}; missing: {', '.join(map(str, missing)) or 'none'}")
        if result.tools is not None and result.tools.missing:
            unknown = ", ".join(map(str, result.tools.missing))
            run.faults.append(f"not found by tools either: {unknown}")


def note_steps(run: CaseRun, results: Sequence[StepResult]) -> None:
    texts = []
    for number, result in enumerate(results, 1):
        note_reading(run, result.reading, f"step {number}, ")
        run.verdicts.append(result.verdict)
        run.others += result.others
        texts.append(f"{number}: {result.text}")
        if not result.is_right and result.figures is not None:
            missing = ", ".join(map(str, result.figures.missing)) or "none"
            run.faults.append(f"step {number}, {result.verdict}; missing: {missing}")
    run.is_right = bool(results) and all(result.is_right for result in results)
    run.text = " ".join(texts)


# The command line.


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evals", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", choices=KINDS, action="append", help="only this set; repeatable")
    parser.add_argument("--case", metavar="ID", help="only cases whose id contains this")
    parser.add_argument("--live", action="store_true", help="ask the model of the settings")
    parser.add_argument(
        "--usd", type=Decimal, default=DEFAULT_USD, help="a live run's spending cap"
    )
    parser.add_argument("--held-out", action="store_true", help="show what is wrong in held_out")
    parser.add_argument(
        "--recordings", metavar="DIR", type=Path, default=RECORDINGS, help="other recordings"
    )
    parser.add_argument("--pending", metavar="DIR", type=Path, help="write what waits for answers")
    parser.add_argument("--accept", metavar="DIR", type=Path, help="record the answers in DIR")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    args = build_parser().parse_args(arguments)
    faults: list[str] = []
    if args.accept:
        accepted, faults = accept_answers(args.accept, args.recordings)
        print(f"{accepted} answers are recorded.")
        for fault in faults:
            print(f"not recorded: {fault}")
        if not args.pending:
            return 1 if faults else 0
    with open_shop() as shop:
        return max(asyncio.run(play_sets(shop, args)), 1 if faults else 0)


async def play_sets(shop: EvalShop, args: argparse.Namespace) -> int:
    live = None
    if args.live:
        settings = Settings.read()
        if settings.writer != "claude":
            print("No model is configured: set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL.")
            return 2
        shop = raise_cap(shop, args.usd)
        live = Container(settings.model_copy(update={"home": find_folder(shop)})).writer()
    run = EvalRun(shop, recordings=args.recordings, live=live)
    try:
        await run.play(args.set or KINDS, args.case)
    finally:
        if live is not None:
            await live.close()
    for line in format_report(run.runs, is_live=args.live, shows_held_out=args.held_out):
        print(line)
    if args.live and shop.container is not None:
        used = await shop.container.database.run(Receipt.compute_usage, TEAM_ID, now())
        print(f"Spent: ${used.spent:.2f}")
    if args.pending:
        write_pending(args.pending, run.pending)
        print(f"\n{len(run.pending)} requests wait for an answer in {args.pending}.")
    return 0


def find_folder(shop: EvalShop) -> Path:
    if shop.container is None:
        raise ValueError("the shop has no folder")
    return shop.container.settings.home


def raise_cap(shop: EvalShop, usd: Decimal) -> EvalShop:
    """Return the shop with this cap on what a run may spend."""
    spend = shop.policy.spend.model_copy(update={"usd_a_day": usd})
    policy = shop.policy.model_copy(update={"spend": spend})
    return EvalShop(shop.brand, shop.library, policy, shop.container)


if __name__ == "__main__":
    sys.exit(main())
