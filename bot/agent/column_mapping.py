"""Ask a model what the columns of an unknown file are.

One structured call for a file, with its own receipt. The model sees the names of the columns and
veiled cells. What it says is a proposal: `bot.data.ingest.column_proofs` holds it against the file,
and a person confirms what is left.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from bot.agent.llm.turn import TurnModel
from bot.agent.loop import OFF, ON, ask_once
from bot.agent.prompts import fence_value, read_prompt
from bot.agent.spending import Payer, SpendingCap
from bot.agent.turns import TaskTurns
from bot.core.writer import LlmCall
from bot.data.ingest.column_proofs import NEVER_PROPOSED, PROPOSED_KINDS
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import ColumnSamples, ProposedMapping
from bot.data.schema import load_kinds
from bot.errors import CannotDo, TryAgain

log = logging.getLogger(__name__)

PROMPT = "mapping"
AIDS = ("unit_price", "line_discount", "time")  # columns that ours are computed from


class MappedColumnForm(BaseModel, extra="forbid"):
    """One column of the file, by its number from 1, and what it becomes."""

    column: int
    becomes: str


class MappingForm(BaseModel, extra="forbid"):
    """The kind of rows, or "none", and the columns."""

    kind: str
    columns: list[MappedColumnForm]


@dataclass(frozen=True)
class ColumnMapper:
    """Asks for the mapping of a file. `setting` returns the workspace's policy: on, off, or the
    name of another model."""

    model: TurnModel
    spending: SpendingCap
    key: Callable[[], bytes]
    setting: Callable[[str], str]

    async def propose(self, upload: FileUpload, samples: ColumnSamples) -> ProposedMapping | None:
        """Return what the model takes the file for. None where it can't be had, or can't tell."""
        setting = self.setting(upload.workspace)
        if setting == OFF:
            return None
        spending = self.spending
        turns = TaskTurns(spending.database, upload.workspace, upload.id, self.key, spending.now)
        try:
            form = await ask_once(
                self.model,
                build_system_prompt(),
                build_prompt(samples),
                MappingForm,
                receipt=self._receipt_of(upload),
                task=turns,
                call=f"mapping.{upload.turn}",
                model_name=None if setting == ON else setting,
            )
        except (TryAgain, CannotDo, ValidationError) as error:
            log.warning("no mapping is proposed: %s", type(error).__name__)
            return None
        if form.kind not in PROPOSED_KINDS:
            return None
        columns = {one.column - 1: one.becomes for one in form.columns}
        return ProposedMapping(form.kind, columns, self.model.name)

    def _receipt_of(self, upload: FileUpload) -> Callable[[LlmCall], Awaitable[None]]:
        payer = Payer(upload.workspace, upload.id, upload.author)

        async def receipt(sent: LlmCall) -> None:
            await self.spending.reserve_or_settle(payer, sent)

        return receipt


def build_system_prompt() -> str:
    """Return the rules with the kinds to choose from: the same for every file."""
    lines = []
    for name in PROPOSED_KINDS:
        kind = load_kinds()[name]
        columns = [
            f"{ours} ({column.type})"
            for ours, column in kind.columns.items()
            if ours not in NEVER_PROPOSED
        ]
        lines.append(f"{name}: {', '.join([*columns, *(aid for aid in kind.aids if aid in AIDS)])}")
    return "\n".join([read_prompt(PROMPT).rstrip(), *lines])


def build_prompt(samples: ColumnSamples) -> str:
    lines = [
        f"{number}. {one.name or '(no name)'}: {' | '.join(one.cells) or '(empty)'}"
        for number, one in enumerate(samples.shown, 1)
    ]
    return fence_value("columns", "\n".join(lines))
