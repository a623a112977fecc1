"""Say what an import shows in money: up to three findings in the thread of the file's card."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.core.fact_sentences import SentenceWriter
from bot.core.facts import Evidence, Fact
from bot.data.analyses.moves import Move, find_moves
from bot.data.analyses.result import AnalysisFilter
from bot.data.ingest.models import FileUpload
from bot.data.local_data import LocalData
from bot.db.session import Database
from bot.errors import CannotDo
from bot.i18n.messages import Words, parse_language

KINDS = ("funnel", "trends", "campaigns")
FILE_KINDS = ("orders", "events", "campaigns")  # whose rows these analyses read
MAX_FINDINGS = 3
Say = Callable[[str, str, dict[str, Any], Words, str], Awaitable[None]]


@dataclass(frozen=True)
class ImportFindings:
    """`say` posts one line where a file was dropped, once for each id: whoever sees the file's card
    sees it. `load_facts` returns a workspace's facts, floors held."""

    database: Database
    load_facts: Callable[[str], Awaitable[Sequence[Fact]]]
    say: Say

    async def post(self, id: str) -> None:
        """Post the findings of a confirmed import; nothing when there are none."""
        upload = await self.database.run(lambda session: session.get_one(FileUpload, id))
        preview = upload.preview
        if upload.state != "in" or (preview is not None and preview.kind not in FILE_KINDS):
            return
        facts = await self.load_facts(upload.workspace)
        language = parse_language(upload.locale)
        lines = describe_money(SentenceWriter(language), Evidence(facts=tuple(facts)))
        if lines:
            listed = "\n".join(f"• {line}" for line in lines)
            words = Words("What these data show in money:\n{findings}", findings=listed)
            await self.say(f"{id}:findings", upload.workspace, upload.place, words, language)


def describe_money(writer: SentenceWriter, evidence: Evidence) -> list[str]:
    """Return up to three confirmed findings with an amount of money, the largest first."""
    moves = [move for move in find_moves(writer, evidence) if move.is_sure]
    amounts = [(find_amount(move, evidence), move) for move in moves]
    ordered = sorted((one for one in amounts if one[0]), key=lambda one: -one[0])
    return [f"{move.words} {move.cost.text}".strip() for _amount, move in ordered[:MAX_FINDINGS]]


def find_amount(move: Move, evidence: Evidence) -> Decimal:
    """Return how much money a finding is about: the difference of what it compares, else the
    largest amount that it states. 0 without money."""
    values = [fact.value for fact in move.pair or () if fact is not None and _is_money(fact)]
    if len(values) == 2:
        return abs(Decimal(values[0]) - Decimal(values[1]))
    stated = [fact for id in move.facts if (fact := evidence.get(id)) and _is_money(fact)]
    return max((abs(Decimal(fact.value)) for fact in stated), default=Decimal(0))


def _is_money(fact: Fact) -> bool:
    unit = fact.unit or ""
    return isinstance(fact.value, Decimal) and len(unit) == 3 and unit.isupper()


@dataclass(frozen=True)
class MoneyFacts:
    """Loads the facts that findings in money are found in."""

    local_data: LocalData

    async def load(self, workspace: str) -> Sequence[Fact]:
        return await asyncio.to_thread(self._load, workspace)

    def _load(self, workspace: str) -> list[Fact]:
        library, facts = self.local_data.library(workspace), list[Fact]()
        for kind in KINDS:
            with contextlib.suppress(CannotDo):
                facts += library.findings(kind, AnalysisFilter()).facts
        return facts
