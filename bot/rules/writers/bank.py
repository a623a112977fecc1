"""The phrase banks: the sentences of a slot and the clauses of a reason, in each language."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from bot.i18n.messages import Language

FOLDER = Path(__file__).parent


def phrases(language: Language, slot: str) -> tuple[str, ...]:
    """The sentences of a slot, "open.buyers.wear"; none when there is no such slot."""
    return bank(language, "phrases").get(slot, ())


def reasons(language: Language, slot: str) -> tuple[str, ...]:
    """The clauses of a slot, "material.linen.wear"."""
    return bank(language, "reasons").get(slot, ())


@cache
def bank(language: Language, name: str) -> dict[str, tuple[str, ...]]:
    with (FOLDER / f"{name}_{language}.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file), ""))


def _flat(table: dict[str, Any], path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", (value,) if isinstance(value, str) else tuple(value)
