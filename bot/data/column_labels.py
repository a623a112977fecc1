"""What people read for the data kinds and our columns."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from bot.core.audience_words import join_with_or
from bot.i18n.languages import SOURCE_LANGUAGE
from bot.i18n.messages import Words, join_words

LABELS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
MAX_NAMED = 4  # columns of which one suffices
KIND_LABELS = {kind: Words(text) for kind, text in LABELS["kinds"].items()}
SOURCE_LABELS = {kind: Words(text) for kind, text in LABELS["sources"].items()}


def label_kind(kind: str) -> Words:
    return KIND_LABELS.get(kind, Words("{kind}", kind=kind))


def label_column(column: str) -> Words:
    if text := LABELS["columns"].get(column):
        return Words(text)
    return Words("{column}", column=column.replace("_", " "))


def name_missing_columns(columns: Sequence[tuple[str, ...]]) -> Words:
    """Name our columns that a file lacks, of each tuple any: "date (at), amount". Our own name
    stands beside the label where it is another, for `--map`."""
    named = ([_name_column(one) for one in some[:MAX_NAMED]] for some in columns)
    return join_words([Words("{column}", column=join_with_or(some)) for some in named])


def _name_column(column: str) -> Words:
    label = label_column(column)
    if label.to(SOURCE_LANGUAGE) == column:
        return label
    return Words("{what} ({which})", what=label, which=column)
