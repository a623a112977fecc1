"""Contract tests of every skill."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from bot.agent import prompts
from bot.agent.skills import HANDLERS_FOLDER, Skill, load_commands, load_skills
from bot.config.brand import Brand
from bot.db.session import Database
from bot.i18n.messages import Words
from bot.jobs.worker import Worker
from bot.offline import OfflineWriter
from bot.offline.reports import NEEDS_AI, has_offline_report
from bot.offline.routing import find_skill
from bot.slack.manifest import build_manifest
from bot.tasks.conversation import ThreadReading
from bot.tasks.draft_versions import list_newest_drafts
from bot.tasks.models import Task
from bot.tasks.services import TaskServices
from tests.conftest import NOW
from tests.support.card_scenes import drawn, seen
from tests.support.rows import POLICY, Jobs, wish
from tests.support.small_shop import Shop

EVERY = pytest.mark.parametrize("skill", load_skills().values(), ids=list(load_skills()))
GIVEN = {*("brief", "facts", "channel", "language", "material", "reason", "previous", "composed")}
GIVEN |= {"brand", "today", "occasion", "skills", "text", "findings", "report", "audience", "notes"}
GIVEN |= {"beside"}  # what a digest shows without the model
MOST_LINES = 330
BRAND = Brand(name="Maison Lin", languages=("en", "fr"), site="https://lin.example")


class Nobody:
    """A Slack without people."""

    def __init__(self, material: str = "") -> None:
        self.material, self.shown = material, []

    shown: list[str]

    async def show(self, post: str) -> None:
        self.shown.append(post)

    async def deliver(self, delivery: str) -> None: ...

    async def read_conversation(
        self, workspace: str, place: Mapping[str, Any], words: str = "", *, is_recap: bool = False
    ) -> str:
        return self.material

    async def readable_channels(
        self, workspace: str, person: str, channels: Collection[str]
    ) -> frozenset[str]:
        return frozenset(channels)

    async def locale(self, workspace: str, person: str) -> str | None:
        return "fr-FR"

    async def read_thread(self, workspace: str, place: Mapping[str, Any]) -> ThreadReading:
        return ThreadReading()

    async def say(
        self, id: str, workspace: str, place: Mapping[str, Any], words: Words, language: str
    ) -> None: ...

    async def set_status(self, place: Mapping[str, Any], text: str) -> None: ...


def worker(database: Database, outside: Nobody, shop: Shop) -> Worker:
    return Worker(
        TaskServices(
            database=database,
            enqueue=Jobs(),
            slack=outside,
            writer=OfflineWriter(),
            library=lambda _: shop,
            brand=lambda _: BRAND,
            policy=lambda _: POLICY,
            now=lambda: NOW,
        )
    )


async def run(
    database: Database, words: str, shop: Shop, *, material: str = "", **form: str
) -> Task:
    """Run a task with these words to its end."""
    outside = Nobody(material)
    with database.begin() as session:
        Task.accept(session, Jobs(), wish("t1", words=words, form=form), NOW)
    await worker(database, outside, shop).jobs["work"]("t1")
    assert "t1.0:card" in outside.shown
    with database.begin() as session:
        return session.get_one(Task, "t1")


def ask(skill: Skill) -> str:
    return f"{skill.name}: our linen shirt is back, for people who bought shirts"


def needs_ai(skill: Skill) -> bool:
    """Whether the skill writes reports, and none of them without an AI."""
    handler = (HANDLERS_FOLDER / f"{skill.name}.py").read_text(encoding="utf-8")
    return "ctx.write_report(" in handler and not has_offline_report(skill.name)


@EVERY
def test_skill_has_a_one_line_summary(skill: Skill) -> None:
    assert skill.summary.endswith(".")
    assert len(skill.summary) < 80


@EVERY
def test_prompt_uses_only_placeholders_of_the_context(skill: Skill) -> None:
    assert prompts.find_gaps(skill.name) <= GIVEN
    assert {"brief", "facts"} <= prompts.find_gaps(skill.name)


@EVERY
@pytest.mark.parametrize("catalogue", [True, False], ids=["with a catalogue", "without one"])
@pytest.mark.sample(3)
async def test_skill_without_ai_ends_in_a_card_that_slack_accepts(
    skill: Skill, catalogue: bool, sqlite: Database
) -> None:
    shop = Shop() if catalogue else Shop({})
    task = await run(sqlite, ask(skill), shop, skill=skill.name)
    if needs_ai(skill):
        assert task.trouble_words is not None
        assert task.trouble_words.text == NEEDS_AI.text
        with sqlite.begin() as session:
            drawn(seen(session))
        return
    if skill.for_channels and not catalogue:  # a text never stands on no fact
        assert task.state in ("asking", "failed")
        with sqlite.begin() as session:
            drawn(seen(session))
        return
    assert task.trouble_words is None
    assert task.state == "done"
    with sqlite.begin() as session:
        (draft,) = list_newest_drafts(session, "t1")
        assert draft.parts
        assert draft.findings is not None
        drawn(seen(session))


@EVERY
async def test_skill_answers_empty_words_with_a_question(skill: Skill, sqlite: Database) -> None:
    task = await run(sqlite, "", Shop())
    assert task.state == "asking"
    with sqlite.begin() as session:
        drawn(seen(session))


@EVERY
def test_skill_is_selected_by_words_that_no_other_skill_matches(skill: Skill) -> None:
    """By its name, its command, and its example in both languages."""
    assert skill.title
    asked = [f"{skill.name}: ", f"{skill.command or skill.name} "]
    if not skill.for_channels:
        assert skill.hint
        asked += [skill.hint, Words(skill.hint).to("fr")]
    for words in asked:
        assert find_skill(words, load_skills(), load_commands()).skill == skill.name, words


@EVERY
def test_skill_command_is_in_the_manifest(skill: Skill) -> None:
    declared = {one["command"]: one for one in build_manifest()["features"]["slash_commands"]}
    assert (skill.command is None) or f"/{skill.command}" in declared
    assert len(declared) == len(load_commands())


@EVERY
def test_handler_stays_small(skill: Skill) -> None:
    path = HANDLERS_FOLDER / f"{skill.name}.py"
    assert len(path.read_text().splitlines()) <= MOST_LINES
