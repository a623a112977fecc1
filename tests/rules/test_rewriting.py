"""What an AI makes of an analysis …"""

import re
import tomllib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from bot.core.parts import Copy
from bot.core.writer import LlmCall, WriteRequest
from bot.data.service import WorkspaceData
from bot.offline.writer import OfflineWriter
from bot.rules.proof.rewriting import faults
from tests.conftest import NOW
from tests.support.sample_tables import TODAY, sample
from tests.support.skill_runner import BRAND, library_of, run

T = TypeVar("T", bound=BaseModel)
SAID: dict[str, Any] = tomllib.loads(Path(__file__).with_name("rewordings.toml").read_text("utf-8"))
EVERY = [(name, language) for name in SAID["questions"] for language in ("en", "fr")]
ONCE: dict[tuple[str, str], WriteRequest] = {}


@cache
def library() -> WorkspaceData:
    """One for all questions, so that each kind of facts is found once."""
    return library_of(sample())


class Listening(OfflineWriter):
    """Writes by rules, and keeps what it was handed."""

    assignment: WriteRequest

    async def write(
        self,
        assignment: WriteRequest,
        output: type[T],
        *,
        receipt: Callable[[LlmCall], Awaitable[None]],
        grow: Callable[[str], None],
    ) -> T:
        self.assignment = assignment
        return await super().write(assignment, output, receipt=receipt, grow=grow)


async def asked(words: str, language: str) -> WriteRequest:
    if (words, language) not in ONCE:
        writer = Listening(lambda: NOW)
        wish = SAID["questions"][words][language]
        await run(wish, writer=writer, language=language, library=library())
        ONCE[words, language] = writer.assignment
    return ONCE[words, language]


async def wrong(words: str, part: str, text: str, language: str) -> list[str]:
    """What is found in an analysis of which one part reads so."""
    assignment = await asked(words, language)
    filled = re.sub(r"\[\[(.+?)\]\]", lambda m: _spelled(assignment, m[1]), text)
    changed = assignment.offline_output.model_copy(update={part: Copy(text=filled)})
    return faults(
        changed, assignment.offline_output, assignment.evidence, more=assignment.check_facts,
        request=assignment.request, brand=BRAND, today=TODAY,
    )  # fmt: skip


def _spelled(assignment: WriteRequest, id: str) -> str:
    fact = assignment.evidence.get(id)
    assert fact is not None, id
    return fact.spelled(assignment.request.language)


def rows(kind: str) -> list[tuple[str, ...]]:
    return [(*row, language) for language, some in SAID[kind].items() for row in some]


@pytest.mark.parametrize(("words", "language"), EVERY)
async def test_by_rules_is_never_called_made_up(words: str, language: str) -> None:
    assignment = await asked(words, language)
    rules = assignment.offline_output
    same = {name: Copy(text=f"{copy.text}\n–", facts=copy.facts) for name, copy in rules}
    found = faults(
        rules.model_copy(update=same), rules, assignment.evidence, more=assignment.check_facts,
        request=assignment.request, brand=BRAND, today=TODAY,
    )  # fmt: skip
    assert found == []


@pytest.mark.parametrize(("words", "part", "text", "language"), rows("honest"))
async def test_honestly_may_go_out(words: str, part: str, text: str, language: str) -> None:
    assert await wrong(words, part, text, language) == []


@pytest.mark.parametrize(
    ("name", "words", "part", "text", "language"),
    rows("strangers"),
)
async def test_names_nobody_that_nothing_names(
    name: str, words: str, part: str, text: str, language: str
) -> None:
    found = [one for one in await wrong(words, part, text, language) if "leave it out" in one]
    assert any(name in one for one in found), found


@pytest.mark.parametrize(("words", "part", "text", "language"), rows("swapped"))
async def test_gives_each_its_own_figures(words: str, part: str, text: str, language: str) -> None:
    found = await wrong(words, part, text, language)
    assert any("is not a figure of" in one for one in found), found


@pytest.mark.parametrize(("words", "part", "text", "language"), rows("turned"))
async def test_says_up_for_up(words: str, part: str, text: str, language: str) -> None:
    found = await wrong(words, part, text, language)
    assert any("the wrong way round" in one for one in found), found


@pytest.mark.parametrize(("words", "part", "text", "language"), rows("oversure"))
async def test_confirms_only_what_is(words: str, part: str, text: str, language: str) -> None:
    found = await wrong(words, part, text, language)
    assert any("is not confirmed" in one for one in found), found
