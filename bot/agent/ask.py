"""One structured call to a model, without tools: a question whose answer is a filled-in form."""

import math
from typing import TypeVar

from pydantic import BaseModel

from bot.agent.llm.turn import ConversationMessage, ModelSize, TurnModel, TurnRequest
from bot.agent.turns import NoTurnLog, StoredTurn, TurnLog
from bot.core.writer import ReceiptWriter
from bot.privacy import Pseudonymizer

T = TypeVar("T", bound=BaseModel)


async def ask_once(
    model: TurnModel,
    system: str,
    message: str,
    output: type[T],
    *,
    receipt: ReceiptWriter,
    task: TurnLog | None = None,
    call: str,
    masked_by: Pseudonymizer | None = None,
    size: ModelSize = "small",
    model_name: str | None = None,
    deadline: float = math.inf,
) -> T:
    """Return the form `output` as the model filled it in. Raises TryAgain or CannotDo.

    `system` stays the same for all calls of a kind, so that the server can cache it; `message` is
    what varies. Personal data in `message` is replaced before the model sees it, unless `masked_by`
    has done so already, and is restored in the answer. `model_name` names another model than that
    of the size. `deadline` is a time of the event loop's clock. `task` keeps the answer under
    the name `call`: a run after a crash gets the same answer and pays nothing, even when `message`
    has changed since."""
    log, veil = task or NoTurnLog(), masked_by or Pseudonymizer()
    prompt = message if masked_by else veil.mask(message)
    stored = next(iter(await log.load(call)), None)
    if stored is None:
        sent = ConversationMessage(role="user", text=prompt)
        stored = StoredTurn(sent=sent, veil=veil.dump())
        await log.store_sent(call, 0, stored)
    else:
        veil.load(stored.veil)
    answer = stored.answer
    if answer is None:
        request = TurnRequest(
            system=system,
            tools=(),
            messages=(stored.sent,),
            output=output,
            size=size,
            model=model_name,
        )
        # The model's own deadline for a call holds, too.
        answer = await model.take_turn(request, receipt=receipt, deadline=deadline)
        await log.store_answer(call, 0, answer)
    return veil.restore(output.model_validate_json(answer.text))
