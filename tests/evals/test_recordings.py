"""Recorded answers, and the requests that they answer."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.agent.claim_check import ClaimForm
from bot.agent.llm.turn import ConversationMessage, TurnRequest
from bot.agent.theme_labelling import ThemeLabelsForm
from evals.recordings import (
    CaseModel,
    PendingRequest,
    RecordedAnswer,
    RecordingStore,
    TurnKey,
    describe_messages,
    hash_text,
)
from evals.run import drop_receipt


def request_of(form: type[BaseModel], words: str) -> TurnRequest:
    return TurnRequest("", (), (ConversationMessage(role="user", text=words),), form)


@pytest.mark.parametrize("form", [ThemeLabelsForm, ClaimForm])
async def test_an_answer_that_counts_sentences_is_for_its_own_request_alone(
    form: type[BaseModel], tmp_path: Path
) -> None:
    asked = request_of(form, "1. [1] It runs small.")
    empty = {name: [] for name in form.model_fields}
    answer = RecordedAnswer("", hash_text(describe_messages(asked.messages)), form=empty)
    store = RecordingStore(tmp_path)
    store.add("file", TurnKey("case", form.__name__, 0), answer)

    async def play(request: TurnRequest) -> str:
        model = CaseModel("case", store, judges_claims=True)
        turn = await model.take_turn(request, receipt=drop_receipt, deadline=1)
        return turn.text

    assert await play(asked)
    with pytest.raises(PendingRequest):
        await play(request_of(form, "1. [1] It came late."))
