"""Why a row stayed out, in the language of whoever gets the file of them."""

import csv
import io

from bot.reasons import reason_in_words
from bot.words import Words

BOM = "\ufeff"  # spreadsheets know by it that this is UTF-8
HEAD = (Words("line"), Words("column"), Words("reason"), Words("row"))


def in_their_language(content: bytes, language: str) -> bytes:
    """The CSV of what stayed out, with its head and its reasons in this language; a reason that is
    not known here stays as it is."""
    if language == "en":
        return content
    csv.field_size_limit(len(content) + 1)  # a row that stayed out is one cell
    _, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([words.to(language) for words in HEAD])
    for row in rows:
        writer.writerow([_said(cell, language) if at == 2 else cell for at, cell in enumerate(row)])
    return f"{BOM}{out.getvalue()}".encode()


def _said(reason: str, language: str) -> str:
    known = reason_in_words(reason)
    return known.to(language) if known else reason
