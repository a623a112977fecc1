"""A few rows by our columns, as they will be; and columns whose cells can't be read."""

import duckdb

from bot.data.ingest.columns import cells, ours, sql_type
from bot.data.ingest.file_schema import Mapped, Understood
from bot.data.schema import Type, kinds

LOOKED_AT = 2_000  # rows
UNREADABLE = 0.5  # of the cells that say anything


def unreadable_columns(
    con: duckdb.DuckDBPyConnection, relation: str, understood: Understood
) -> list[tuple[Mapped, str]]:
    """Columns of which most cells can't be read, each with such a cell."""
    told = [one for one in ours(understood) if one.reason]
    if not told:
        return []
    selects = ", ".join(
        f"count(r{i}), count(*) FILTER (r{i} IS NOT NULL AND NOT v{i}), min(r{i}) FILTER (NOT v{i})"
        for i in range(len(told))
    )
    values = ", ".join(
        f"{one.raw} AS r{i}, ({one.sql}) IS NOT NULL AS v{i}" for i, one in enumerate(told)
    )
    some = cells(understood, f"(SELECT * FROM {relation} LIMIT {LOOKED_AT})")
    found = con.execute(f"SELECT {selects} FROM (SELECT {values} FROM {some})").fetchall()[0]
    wrong = []
    for i, one in enumerate(told):
        said, bad, cell = found[3 * i : 3 * i + 3]
        if said and bad > UNREADABLE * said:
            wrong += [(m, cell) for m in understood.columns if _is(m, one.name)]
    return wrong


def _is(mapped: Mapped, name: str) -> bool:
    return f"metric_{mapped.metric}" == name if mapped.metric else mapped.ours == name


def sample(
    con: duckdb.DuckDBPyConnection, relation: str, understood: Understood
) -> tuple[dict[str, str], ...]:
    """Three rows by our columns; persons and texts about them don't show."""
    for hiding in ("bare_words", "bare_alike"):
        con.execute(f"CREATE OR REPLACE MACRO {hiding}(x) AS hidden(x)")
    told = [one for one in ours(understood) if one.sql not in ("NULL",) and one.name != "unit"]
    types = {name: column.type for name, column in kinds()[understood.kind].columns.items()}
    persons = {name for name, type_ in types.items() if type_ == "person"}
    selects = ", ".join(f"CAST(CAST({one.sql} AS {sql_type(one.type)}) AS VARCHAR)" for one in told)
    some = cells(understood, f"(SELECT * FROM {relation} LIMIT 3)")
    parts = [one for one in understood.columns if not one.metric and one.ours not in types]
    whole = ", ".join([selects, *(f"said(bare(c{one.place}))" for one in parts)])
    rows = con.execute(f"SELECT {whole} FROM {some}").fetchall()
    names = [*(one.name.removeprefix("metric_") for one in told), *(one.ours for one in parts)]
    return tuple(
        {
            name: "(keyed)" if name in persons else _short(str(cell), types.get(name))
            for name, cell in zip(names, row, strict=True)
            if cell is not None
        }
        for row in rows
    )


def _short(cell: str, type_: Type | None) -> str:
    """Without what says nothing: seconds, a midnight, a nought behind the point."""
    if type_ == "moment":
        return cell.removesuffix(":00").removesuffix(" 00:00")
    return cell.removesuffix(".0") if type_ == "number" else cell
