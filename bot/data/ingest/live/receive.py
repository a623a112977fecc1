"""A body of live rows into one Parquet file, through the same SQL as the rows of a file."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from bot.data.ingest.cells import prepare
from bot.data.ingest.file_schema import Mapped, Understood
from bot.data.ingest.live.batches import copied
from bot.data.ingest.live.lines import Lines, Reject, lines_of
from bot.data.ingest.masking import teach
from bot.data.ingest.table import kept, selected
from bot.data.schema import kinds

MADE = {"session", "id", "channel", "metric"}  # the files' code makes them where none is said
# Dates that could be read in two ways are refused before; the long way would cost half of the time.
PLAIN = "CREATE OR REPLACE MACRO as_moment(x, day_first) AS plain_moment(x)"
Rule = tuple[str, str, str]  # true for a row that stays out; column, reason


@dataclass(frozen=True)
class Received:
    """What a body held. `rows` of them are good: those of one key count once each."""

    kind: str
    rows: int = 0
    rejects: list[Reject] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # names that are no columns of ours


class Receiver:
    """Reads bodies. `key` makes persons' keys, as an import does. Several threads may use it."""

    def __init__(self, key: bytes) -> None:
        self._key, self._guard = key, threading.Lock()
        self._engine: duckdb.DuckDBPyConnection | None = None

    def receive(self, kind: str, body: bytes, *, today: date, to: Path) -> Received:
        """The body's rows, checked, in `to`: on the disk for good when this returns, and not there
        when no row is good. `today` is the day of receipt; what lies after tomorrow stays out.

        Raises CannotDo when the body as a whole is no text, and KeyError for an unknown kind.
        """
        lines = lines_of(kinds()[kind], body)
        if not lines.rows:
            return Received(kind, 0, lines.rejects, lines.ignored)
        names = _names(kind, lines)
        understood = _understood(kind, names, len(lines.rows))
        with self._cursor() as con:
            con.register("sent", _cells(lines, names))
            rejects = _typed(con, understood, today)
            rows = _write(con, understood, to)
        told = sorted([*lines.rejects, *rejects], key=lambda one: one.line)
        return Received(kind, rows, told, lines.ignored)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the one engine, whose macros are made once."""
        with self._guard:
            if self._engine is None:
                self._engine = duckdb.connect()
                self._engine.execute("SET memory_limit = '600MB'; SET threads = 1")
                self._engine.execute("SET temp_directory = ''")
                prepare(self._engine, self._key)
                self._engine.execute(PLAIN)
                teach(self._engine)
            con = self._engine.cursor()
        # Few rows and long expressions: improving the plan costs five times what running it does.
        con.execute("PRAGMA disable_optimizer")
        return con


def _names(kind: str, lines: Lines) -> list[str]:
    """The columns that are read: those of the body, and those that a row cannot do without, so
    that a row's own place in the body never stands for what it does not say."""
    told, columns = set(lines.names), kinds()[kind].columns
    forced = {name for name, column in columns.items() if column.needed} - MADE
    forced |= {"orders": {"line"}, "experiments": {"experiment"}}.get(kind, set())
    if kind == "events" and "visitor" not in told:
        forced.add("session")
    if kind == "experiments" and "unit" in told:
        forced.discard("users")  # one person a row
    return [name for name in columns if name in told | forced]


def _cells(lines: Lines, names: Sequence[str]) -> object:
    """The cells as the files' code has them: n, c0, c1 …"""
    import pyarrow as pa

    columns = {"n": pa.array([line for line, _ in lines.rows], pa.int64())}
    for place, name in enumerate(names):
        texts = [cells.get(name) for _, cells in lines.rows]
        columns[f"c{place}"] = pa.array(texts, pa.string())
    return pa.table(columns)


def _understood(kind: str, names: Sequence[str], rows: int) -> Understood:
    columns = tuple(
        Mapped(theirs=name, ours=name, how="as it is", place=place)
        for place, name in enumerate(names)
    )
    return Understood(
        name="live rows",
        kind=kind,
        format="jsonl",
        names=tuple(names),
        sha256="",
        size=0,
        columns=columns,
        rows=rows,
    )


def _typed(con: duckdb.DuckDBPyConnection, understood: Understood, today: date) -> list[Reject]:
    """Makes `typed`; what stays out of it."""
    sql, whys = selected(understood, "sent", today)
    con.execute(f"CREATE TEMP TABLE typed AS {sql}")
    if understood.kind == "orders":
        con.execute(f"UPDATE typed SET line = 0 WHERE line IS NULL AND NOT ({NAMED})")
    for rule, column, reason in _rules(understood):
        con.execute(f"UPDATE typed SET why = {len(whys)} WHERE why IS NULL AND {rule}")
        whys.append((column, reason))
    out = con.execute("SELECT n, why FROM typed WHERE why IS NOT NULL ORDER BY n").fetchall()
    return [Reject(n, *whys[why]) for n, why in out]


NAMED = "product IS NOT NULL OR title IS NOT NULL"


def _rules(understood: Understood) -> list[Rule]:
    """What only a file may leave open, since it says it by the order of its rows or its name."""
    line = "is needed where a product is named: 1, 2, 3 …"
    rules: dict[str, list[Rule]] = {
        "orders": [("line IS NULL", "line", line)],
        "experiments": [("experiment IS NULL", "experiment", "is empty")],
    }
    if understood.kind == "feedback" and understood.has("id"):
        return [("id IS NULL", "id", "is empty, and other rows have one")]
    if understood.kind == "experiments" and not understood.has("users"):
        return [*rules["experiments"], ("unit IS NULL", "unit", "is empty")]
    return rules.get(understood.kind, [])


def _write(con: duckdb.DuckDBPyConnection, understood: Understood, to: Path) -> int:
    kept(con, understood)
    names = ", ".join(f'"{name}"' for name in kinds()[understood.kind].columns)
    found = con.execute("SELECT count(*) FROM whole").fetchall()[0][0]
    if found:
        copied(con, f"SELECT {names} FROM kept", to)
    return int(found)
