"""One structured call, which is answered once even when its process dies."""

import pytest
from pydantic import BaseModel

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.loop import ask_once
from bot.agent.turns import AgentTurn, TaskTurns
from bot.core.writer import LlmCall
from bot.db.session import Database
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, breaks, says

KEY = b"k" * 32


class Form(BaseModel):
    sender: str
    subject: str | None


def turns_of(database: Database, task: str = "t1") -> TaskTurns:
    return TaskTurns(database, "T1", task, lambda: KEY, lambda: NOW)


async def drop(_: LlmCall) -> None:
    """Receipts are tested elsewhere."""


async def ask(claude: ScriptedClaude, turns: TaskTurns | None, message: str) -> Form:
    writer = AnthropicWriter(
        key="k", base_url=claude.url, name="main", small="small", now=lambda: NOW, pause=0.01
    )
    try:
        return await ask_once(
            writer, "Fill in the form.", message, Form, receipt=drop, task=turns, call="understand"
        )
    finally:
        await writer.close()


async def test_the_small_model_fills_in_the_form_and_sees_no_address() -> None:
    async with ScriptedClaude(says({"sender": "[EMAIL_1]", "subject": None})) as claude:
        form = await ask(claude, None, "From marie.dupont@example.com")
    assert form == Form(sender="marie.dupont@example.com", subject=None)
    (letter,) = claude.letters
    assert letter["model"] == "small"
    assert "marie" not in claude.asked[0].text
    assert "effort" not in letter["output_config"]
    assert letter["thinking"] == {"type": "disabled"}


async def test_a_second_run_gets_the_stored_answer_and_sends_nothing(database: Database) -> None:
    async with ScriptedClaude(says({"sender": "[EMAIL_1]", "subject": "x"})) as claude:
        first = await ask(claude, turns_of(database), "From a@example.com, today is Monday")
        again = await ask(claude, turns_of(database), "From a@example.com, today is Tuesday")
        assert again == first == Form(sender="a@example.com", subject="x")
        assert len(claude.letters) == 1
    row = await database.run(lambda session: session.get_one(AgentTurn, ("t1", "understand", 0)))
    assert b"example" not in row.veil
    assert "example" not in row.sent + str(row.answer)


async def test_after_a_failure_the_same_words_are_sent_again(sqlite: Database) -> None:
    answer = says({"sender": "a", "subject": None})
    async with ScriptedClaude(*[breaks("drop")] * 2, answer) as claude:
        turns = turns_of(sqlite)
        assert (await ask(claude, turns, "Monday")).sender == "a"
        assert len({asked.text for asked in claude.asked if asked.path == "/v1/messages"}) == 1


async def test_another_key_cannot_open_the_stored_veil(sqlite: Database) -> None:
    from cryptography.exceptions import InvalidTag

    async with ScriptedClaude(says({"sender": "a", "subject": None})) as claude:
        await ask(claude, turns_of(sqlite), "Monday")
        other = TaskTurns(sqlite, "T1", "t1", lambda: b"x" * 32, lambda: NOW)
        with pytest.raises(InvalidTag):
            await other.load("understand")
