"""The product in a process that kills itself at an exact place.

`python -m tests.support.dying_intern serve` runs it.
The place is a number in the file DIE_AT of its home: how many more times it stores a message to a
model, or a model's answer. After the last of them it kills itself with SIGKILL. Without the file it
is the product.
"""

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bot.__main__ import main
from bot.agent.turns import TaskTurns
from bot.core.writer import PENDING_END, LlmCall

DIE_AT = "die-at"


def die_after(store: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Any]:
    async def store_and_die(*args: Any) -> None:
        await store(*args)
        if isinstance(args[-1], LlmCall) and args[-1].ended != PENDING_END:
            return  # the end of a call is stored with its answer
        place = Path(os.environ["SUPER_INTERN_HOME"]) / DIE_AT
        if not place.exists():
            return
        left = int(place.read_text()) - 1
        place.write_text(str(left))
        if not left:
            place.unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    return store_and_die


if __name__ == "__main__":
    # A message is stored with the receipt of its call.
    TaskTurns.store_receipt = die_after(TaskTurns.store_receipt)  # type: ignore[method-assign]
    TaskTurns.store_answer = die_after(TaskTurns.store_answer)  # type: ignore[method-assign]
    sys.exit(main())
