"""The second call: a small model judges the sentences of a draft against its facts.

One call for a draft, with its own receipt. The answer is kept as a turn of the task, so that a run
after a crash pays nothing. Where no verdict can be had, the draft says so and goes on.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from bot.agent.llm.turn import TurnModel
from bot.agent.loop import OFF, ON, ask_once
from bot.agent.prompts import fence_value, read_prompt
from bot.agent.turns import NoTurnLog, TurnLog
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.core.thread_text import list_unmasked_speakers
from bot.core.writer import ReceiptWriter
from bot.errors import CannotDo, SpendingBusy, SpendingRefused, TryAgain
from bot.grounding.claims import (
    MAY_NOT_LEAVE,
    NO_AI,
    NOT_REACHED,
    SWITCHED_OFF,
    ClaimForm,
    ClaimResult,
    ClaimSentence,
    build_claim_prompt,
    read_verdicts,
)
from bot.privacy import Pseudonymizer

log = logging.getLogger(__name__)

PROMPT = "claims"


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
        message = veil.mask(build_claim_prompt(sentences, evidence, request, fence_value, notes))
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
