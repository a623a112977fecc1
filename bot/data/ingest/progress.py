"""A long query that tells how far it is and can be stopped."""

import threading
import time
from collections.abc import Callable

import duckdb

from bot.data.ingest.file_schema import Cancelled

EVERY = 0.1  # seconds


def run(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    rows: int,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Runs `sql` over about `rows` rows. Raises Cancelled when asked to stop."""
    failed: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            con.execute(sql)
        except duckdb.Error as error:
            failed.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=work, name="reading", daemon=True)
    thread.start()
    stopped = told = False
    try:
        while not done.wait(EVERY if told else 0.02):
            told = True
            if stopped or cancelled():
                stopped = True
                con.interrupt()
                continue
            share = con.query_progress()
            if share > 0:
                progress(min(rows, int(rows * share / 100)))
    except BaseException:
        con.interrupt()
        raise
    finally:
        while thread.is_alive():
            thread.join(EVERY)
            time.sleep(0)
    if stopped:
        raise Cancelled
    if failed:
        raise failed[0]
