"""A process that merges live rows, and is killed: `python -m tests.support.merging_process HOME
WHERE`.

It prints "there" at the place WHERE and waits to be killed. With WHERE "loop" it accepts rows of
its own and merges until it has sent ROUNDS bodies.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from bot.app import Container
from bot.config.settings import Settings
from bot.data.ingest.live.queue import LiveQueue
from bot.data.ingest.models import LiveBatch
from bot.data.warehouse.models import DataFile

ROUNDS, ROWS = 6, 50


def house_in(home: Path, database: str | None = None) -> Container:
    told = {"SUPER_INTERN_HOME": str(home)}
    return Container(Settings.read(told | ({"DATABASE_URL": database} if database else {})))


def wait_to_be_killed(*_: Any, **__: Any) -> Any:
    print("there", flush=True)
    time.sleep(60)


def stop_at(where: str) -> None:
    """Make this process stop at that place from now on."""
    if where == "before the switch":
        DataFile.switch = wait_to_be_killed  # type: ignore[method-assign]
    elif where == "before the commit":
        real = LiveBatch.merged

        def marked(*told: Any) -> Any:
            real(*told)
            wait_to_be_killed()

        LiveBatch.merged = marked  # type: ignore[method-assign, assignment]
    elif where == "after the commit":
        LiveBatch.forget = wait_to_be_killed  # type: ignore[method-assign]


def body(name: str, number: int) -> bytes:
    row = '{"order": "%s", "at": "2026-11-24", "amount": %d}'
    rows = [row % (f"{name}-{number}-{one}", 1) for one in range(ROWS)]
    return "\n".join([*rows, row % ("shared", number)]).encode()


def loop(live: LiveQueue, name: str) -> None:
    """Bodies with this process's own orders; every process also corrects one order that all
    share."""
    for number in range(ROUNDS):
        live.receive("local", "orders", body(name, number), stamp=f"{name}.{number}")
        live.merge("local", "orders")


def main(home: str, where: str) -> None:
    container = house_in(Path(home), os.environ.get("DATABASE_URL"))
    if where.startswith("loop "):
        loop(container.live_rows(), where.removeprefix("loop "))
    else:
        stop_at(where)
        container.live_rows().merge("local", "orders")
    container.database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
