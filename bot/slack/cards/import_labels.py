"""The table of a file's columns on its card, other readings of them, and questions that imported
rows can answer."""

import re
import tomllib
from pathlib import Path

from bot.agent.skills import load_skills
from bot.data.column_labels import label_column
from bot.data.ingest.upload import ImportPreview, MatchedColumn
from bot.i18n.languages import get_language
from bot.i18n.messages import Words
from bot.slack.blocks import Block, count_fitting, measure_blocks, truncate
from bot.text.escape import strip_hidden
from bot.text.normalize import collapse_spaces

LABELS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
CONVERSION_LABELS = {how: Words(text) for how, text in LABELS["conversions"].items()}
MAX_QUESTIONS = 3
CURRENCIES = ("EUR", "GBP", "USD", "CHF", "CAD", "AUD", "BRL", "MAD")
FORMAT_LABELS = {
    **{choice: Words(text) for choice, text in LABELS["formats"].items()},
    **{f"currency={code}": Words("Its amounts are in {code}", code=code) for code in CURRENCIES},
}


def suggest_questions(kind: str) -> list[Words]:
    """Return questions that people can ask about this kind of rows, with the installed skills."""
    fitting = (one for one in LABELS["questions"] if kind in one["kinds"])
    return [Words(one["text"]) for one in fitting if one["skill"] in load_skills()][:MAX_QUESTIONS]


# The table on the card: a column of the file, what it becomes, and three of its values.

SAMPLE_LABELS = {  # "(keyed)" replaces the values of a person
    "(keyed)": Words("(a key)"),
    "true": Words("yes"),
    "false": Words("no"),
}
NUMBER_FORMATS = ("amount", "number", "a factor", "a metric")
_DECIMAL_POINT = re.compile(r"(?<=\d)\.(?=\d)")
MAX_MAPPING_ROWS = 99  # a native Slack table takes 100 rows with its head
MAX_COLUMN_NAME = 40  # characters
MAX_SAMPLE_CHARACTERS = 28


def build_mapping_table(
    preview: ImportPreview, language: str, room: int
) -> tuple[list[Block], tuple[MatchedColumn, ...]]:
    """Build the table, and return the columns that did not fit. `room` is in UTF-16 units, as
    Slack counts characters."""
    samples = preview.sample[:3]
    rows = [_build_header_row(len(samples), language)]
    room -= measure_blocks(list(rows[0]))
    for number, column in enumerate(preview.columns[:MAX_MAPPING_ROWS]):
        row = _build_column_row(column, [one.get(column.ours, "") for one in samples], language)
        room -= measure_blocks(list(row))
        if room < 0:
            return _build_table(rows), preview.columns[number:]
        rows.append(row)
    return _build_table(rows), preview.columns[MAX_MAPPING_ROWS:]


def _build_header_row(samples: int, language: str) -> list[str]:
    words = [Words("In your file"), Words("Becomes")]
    values = [Words("Row {n}", n=n + 1) for n in range(samples)]
    return [one.to(language) for one in (*words, *values)]


def _build_column_row(column: MatchedColumn, values: list[str], language: str) -> list[str]:
    ours = label_column(column.ours).to(language)
    conversion = CONVERSION_LABELS.get(column.how)
    becomes = f"{ours} ({conversion.to(language)})" if conversion else ours
    samples = [_format_sample(one, column.how, language) for one in values]
    return [
        _build_cell(column.theirs, MAX_COLUMN_NAME),
        _build_cell(becomes, MAX_COLUMN_NAME),
        *(_build_cell(v, MAX_SAMPLE_CHARACTERS) for v in samples),
    ]


def _format_sample(value: str, conversion: str, language: str) -> str:
    """Write a value as people write it in that language: "18,00" for "18.00", « oui » for
    "true"."""
    if value in SAMPLE_LABELS:
        return SAMPLE_LABELS[value].to(language)
    if conversion in NUMBER_FORMATS:
        return _DECIMAL_POINT.sub(get_language(language).decimal_mark, value)
    return value


def _build_cell(text: str, limit: int) -> str:
    """Return one short line, never empty, because Slack refuses an empty cell."""
    line = collapse_spaces(strip_hidden(text))
    return truncate(line, limit)[: count_fitting(line, limit)] or "–"


def _build_table(rows: list[list[str]]) -> list[Block]:
    if len(rows) < 2:
        return []
    return [
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
            "column_settings": [{"is_wrapped": True}, {"is_wrapped": True}],
        }
    ]
