"""What was understood of a file, as a terminal shows it."""

from collections.abc import Iterator, Sequence

from bot.library.files import Understood

WIDE = 18  # signs of a cell
FORMATS = {"csv": "text", "xlsx": "Excel", "parquet": "Parquet", "jsonl": "JSON Lines"}
SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "whitespace": "blanks"}


def shown(found: Understood) -> str:
    """Its kind and form, each column with ours and three of its values, and what becomes of the
    others."""
    lines = [f"{found.name}: {found.kind}, {rows(found.rows)} ({', '.join(_form(found))})"]
    lines += [f"  {line}" for line in _aligned(list(_table(found)))]
    for words, columns in (
        ("Kept apart, encrypted", found.kept_apart),
        ("Personal, not kept", found.dropped),
        ("Not understood, left out", found.ignored),
    ):
        if columns:
            lines.append(f"  {words}: {', '.join(columns)}")
    if found.rejected:
        stay = "stays" if found.rejected == 1 else "stay"
        lines.append(f"  {rows(found.rejected)} {stay} out, each with its reason.")
    lines += [f"  Assumed: {words.to('en')}" for words in found.assumed]
    if "currency" in found.unproved:
        lines.append("  To say it: --currency EUR, or another.")
    if ways := [f"--{what} {how}" for what, how in found.otherwise if what != "currency"]:
        lines.append(f"  To say otherwise: {', '.join(ways)}.")
    return "\n".join(lines)


def rows(count: int, which: str = "") -> str:
    """How many rows, in words: "1 row", "2 new rows"."""
    return f"{count:,} {which}{' ' if which else ''}{'row' if count == 1 else 'rows'}"


def _form(found: Understood) -> Iterator[str]:
    yield FORMATS[found.format]
    if found.stacked:
        yield f"sheets {', '.join((found.sheet or '', *found.stacked))}"
    elif found.sheet:
        yield f"sheet {found.sheet}"
    if found.delimiter:
        yield f"{SIGNS.get(found.delimiter, found.delimiter)} between columns"
    if found.encoding:
        yield found.encoding
    if found.format == "csv":
        yield "decimal comma" if found.decimal == "," else "decimal point"
    if found.currency:
        yield found.currency


def _table(found: Understood) -> Iterator[Sequence[str]]:
    yield "THEIRS", "OURS", "", *(f"ROW {n}" for n in range(1, len(found.sample) + 1))
    for one in found.columns:
        values = (row.get(one.metric or one.ours, "") for row in found.sample)
        yield one.theirs, one.ours, one.how, *values


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[_short(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _short(cell: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in cell).split())
    return plain if len(plain) <= WIDE else f"{plain[: WIDE - 1]}…"
