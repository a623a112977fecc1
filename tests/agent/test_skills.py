"""Every skill …"""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.agent import prompts
from bot.agent.skills import HANDLERS_FOLDER, Skill, load_commands, load_skills
from bot.config.brand import Brand
from bot.db.session import Database
from bot.i18n.messages import Words
from bot.jobs.worker import Worker
from bot.rules.intake.skill import skill_for
from bot.rules.writers.offline import Offline
from bot.slack.manifest import build_manifest
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import Task
from bot.tasks.run import TaskServices
from tests.conftest import NOW
from tests.support.card_scenes import drawn, seen
from tests.support.rows import POLICY, Jobs, wish
from tests.support.small_shop import Shop

EVERY = pytest.mark.parametrize("skill", load_skills().values(), ids=list(load_skills()))
GIVEN = {*("brief", "facts", "channel", "language", "material", "reason", "previous", "composed")}
MOST_LINES = 330
BRAND = Brand(name="Maison Lin", languages=("en", "fr"), site="https://lin.example")


class Nobody:
    """An outside where nobody is."""

    def __init__(self, material: str = "") -> None:
        self.material, self.shown = material, []

    shown: list[str]

    async def show(self, post: str) -> None:
        self.shown.append(post)

    async def deliver(self, delivery: str) -> None: ...

    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str = ""
    ) -> str:
        return self.material

    async def locale(self, workspace: str, person: str) -> str | None:
        return "fr-FR"


def worker(database: Database, outside: Nobody, shop: Shop) -> Worker:
    return Worker(
        TaskServices(
            database=database,
            enqueue=Jobs(),
            outside=outside,
            writer=Offline(lambda: NOW),
            library=lambda _: shop,
            brand=lambda _: BRAND,
            policy=lambda _: POLICY,
            now=lambda: NOW,
        )
    )


async def run(database: Database, words: str, shop: Shop, *, material: str = "") -> Task:
    """A wish in these words, worked on to its end."""
    outside = Nobody(material)
    with database.begin() as session:
        Task.accept(session, Jobs(), wish("t1", words=words), NOW)
    await worker(database, outside, shop).jobs["work"]("t1")
    assert "t1.0:card" in outside.shown
    with database.begin() as session:
        return session.get_one(Task, "t1")


def ask(skill: Skill) -> str:
    return f"{skill.name}: our linen shirt is back, for people who bought shirts"


@EVERY
def test_says_in_one_line_what_it_does(skill: Skill) -> None:
    assert skill.summary.endswith(".")
    assert len(skill.summary) < 80


@EVERY
def test_has_a_prompt_that_asks_only_for_what_the_desk_gives(skill: Skill) -> None:
    assert prompts.find_gaps(skill.name) <= GIVEN
    assert {"brief", "facts"} <= prompts.find_gaps(skill.name)


@EVERY
@pytest.mark.parametrize("catalogue", [True, False], ids=["with a catalogue", "without one"])
async def test_ends_in_a_draft_without_an_ai_that_slack_would_take(
    skill: Skill, catalogue: bool, sqlite: Database
) -> None:
    task = await run(sqlite, ask(skill), Shop() if catalogue else Shop({}))
    assert (task.state, task.said) == ("done", None)
    with sqlite.begin() as session:
        (draft,) = list_newest_drafts(session, "t1")
        assert draft.parts
        assert draft.findings is not None
        drawn(seen(session))


@EVERY
async def test_answers_empty_words_with_a_question(skill: Skill, sqlite: Database) -> None:
    task = await run(sqlite, "", Shop())
    assert task.state == "asking"
    with sqlite.begin() as session:
        drawn(seen(session))


@EVERY
def test_is_asked_for_in_words_that_no_other_skill_takes(skill: Skill) -> None:
    assert skill.title
    if not skill.for_channels:
        assert skill.asked_by
        assert skill.hint
        assert skill_for(skill.hint, None) == skill.name
        assert skill_for(Words(skill.hint).to("fr"), None) == skill.name


@EVERY
def test_has_its_command_in_the_manifest(skill: Skill) -> None:
    declared = {one["command"]: one for one in build_manifest()["features"]["slash_commands"]}
    assert (skill.command is None) or f"/{skill.command}" in declared
    assert len(declared) == len(load_commands())


@EVERY
def test_stays_small(skill: Skill) -> None:
    path = HANDLERS_FOLDER / f"{skill.name}.py"
    assert len(path.read_text().splitlines()) <= MOST_LINES
