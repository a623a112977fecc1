"""The loop: a model looks things up with tools until it gives its answer."""

import errno
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.llm.anthropic import AnthropicWriter
from bot.agent.loop import FINAL_NOTICE, AgentOptions, LoopLimits, Wish
from bot.agent.report_reading import list_cited
from bot.agent.tool import AskedPerson, Refusal
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, Step, calls, says, use
from tests.support.loop_tools import Answer, Facts, SmallTools, context, fact

ALL = ("count", "compare", "week", "many", "reviews", "customer", "ask_person", "cannot")
FINAL = {"headline": "Belgium: {f1}.", "points": []}


class Line:
    """A scripted server, a writer that calls it, and the tools."""

    def __init__(self, claude: ScriptedClaude, **writer: Any) -> None:
        self.claude, self.tools, self.steps = claude, SmallTools(), list[Words]()
        told: dict[str, Any] = {"key": "k", "base_url": claude.url, "pause": 0.01}
        self.writer = AnthropicWriter(now=lambda: NOW, **told | writer)

    async def write(self, *, check: Any = None, library: Facts | None = None, **more: Any) -> Any:
        words = more.pop("words", "how many orders from Belgium?")
        tools = more.pop("names", ALL)
        agent = AgentOptions(on_step=self.steps.append, **more)
        self.ctx = context(self.writer, self.tools, library=library, agent=agent, words=words)
        if library:
            await self.ctx.look_up("product")
        return await self.ctx.write(
            Answer,
            tools=tools,
            check=check,
            asks_for=lambda written, call: any(
                id in call.facts for id in list_cited([written.headline], self.ctx)
            ),
        )

    @property
    def replies(self) -> list[list[dict[str, Any]]]:
        """The tool results of each request after the first, as they were sent."""
        sent = [letter["messages"][-1]["content"] for letter in self.claude.letters[1:]]
        return [[one for one in content if one["type"] == "tool_result"] for content in sent]


@pytest.fixture
async def line() -> AsyncIterator[Any]:
    opened: list[tuple[ScriptedClaude, AnthropicWriter]] = []

    async def start(*script: Step, writer: dict[str, Any] | None = None, **server: Any) -> Line:
        claude = await ScriptedClaude(*script, **server).__aenter__()
        made = Line(claude, **(writer or {}))
        opened.append((claude, made.writer))
        return made

    yield start
    for claude, writer in opened:
        await writer.close()
        await claude.__aexit__(None, None, None)


async def test_the_model_looks_up_and_code_names_the_figures(line: Any) -> None:
    made = await line(calls(("count", {"country": "BE"})), says(FINAL))
    answer = await made.write()
    assert answer.headline == "Belgium: {f1}."
    (reply,) = made.replies[0]
    assert reply["content"] == (
        "Read as: orders · BE · 2026-11-26\n"
        "f1: 1,234\u00a0orders · count (orders.csv)\n"
        "e1: table of 1 rows (Country, Orders): orders by country"
    )
    assert made.ctx.book.fill(answer.headline, "en").text == "Belgium: 1,234\u00a0orders."
    assert [one.id for one in made.ctx.evidence.facts] == ["orders.be.count"]
    assert made.ctx.read_as == ("orders · BE · 2026-11-26",)
    assert made.ctx.version.model == "claude-sonnet-5-5"
    assert made.steps


async def test_results_come_in_call_order_and_same_facts_keep_their_name(line: Any) -> None:
    first = calls(("count", {"country": "FR"}), ("count", {"country": "BE"}))
    made = await line(first, calls(("count", {"country": "FR"})), says(FINAL))
    await made.write()
    both, again = made.replies
    assert [one["content"].split("\n")[1][:3] for one in (*both, *again)] == ["f1:", "f2:", "f1:"]
    assert [one.id for one in made.ctx.exhibits] == ["e1", "e2", "e3"]


async def test_tools_and_system_are_the_same_bytes_in_every_turn(line: Any) -> None:
    turn = calls(("count", {"country": "BE"}))
    made = await line(turn, turn, says(FINAL))
    await made.write(words="first question")
    made.claude.script = [turn, says(FINAL)]
    await made.write(words="quite another question")
    prefixes = {json.dumps([one["tools"], one["system"]]) for one in made.claude.letters}
    assert len(made.claude.letters) == 5
    assert len(prefixes) == 1
    assert "cache_control" in prefixes.pop()
    assert made.claude.letters[0]["tool_choice"] == {"type": "auto"}


async def test_mistakes_come_back_as_sentences_to_act_on(line: Any) -> None:
    made = await line(
        calls(("count", {"country": "Belgique"})),
        calls(("count", {"land": "BE"}), ("delete_everything", {})),
        says({"headline": "Nothing.", "points": []}),
    )
    await made.write()
    (unknown,), (unfit, missing) = made.replies
    assert unknown["is_error"]
    assert unknown["content"] == "no country called Belgique in orders; there are: BE, FR"
    assert "country: Field required" in unfit["content"]
    assert "land: this tool" in unfit["content"]
    assert missing["content"].startswith("There is no tool delete_everything. There are: count,")
    # What a look-up says of the data may bear out a sentence; a mistake in a call may not.
    assert made.ctx.tool_notes == (
        'count {"country": "Belgique"}: no country called Belgique in orders; there are: BE, FR',
    )


@pytest.mark.parametrize(
    ("first", "then", "stands"),
    [
        ([Wish("shorter")], [Wish("shorter")], "First."),
        ([Wish("shorter")], ["points: none"], "First."),
        ([Wish("shorter")], [], "Second."),
        (["points: none"], [Wish("shorter")], "Second."),
        ([Wish("shorter"), "points: none"], [Wish("shorter")], "Second."),
    ],
)
async def test_an_answer_with_wishes_alone_stands_unless_its_correction_is_good(
    line: Any, first: list[str], then: list[str], stands: str
) -> None:
    answers = [says({"headline": text, "points": []}) for text in ("First.", "Second.")]
    made = await line(*answers)
    faults = {"First.": first, "Second.": then}
    answer = await made.write(check=lambda written: faults[written.headline])
    assert len(made.claude.letters) == 2
    assert answer.headline == stands


COUNTS_BELGIUM = ("count", {"country": "BE"})
FELL = {"headline": "{f1} orders.", "points": []}


@pytest.mark.parametrize(
    ("calls_made", "headline", "goes_back"),
    [
        ([("week", {})], "{f1} orders.", True),
        ([("week", {})], "{f2} visits.", False),  # which ask for nothing
        ([("week", {}), ("count", {"country": "FR"})], "{f1} orders.", True),
        ([("week", {}), COUNTS_BELGIUM], "{f1} orders.", False),
        ([COUNTS_BELGIUM, ("week", {})], "{f2} orders.", False),
    ],
)
async def test_an_answer_goes_back_once_for_the_call_that_its_figure_asks_for(
    line: Any, calls_made: list[Any], headline: str, goes_back: bool
) -> None:
    answer = says({"headline": headline, "points": []})
    made = await line(calls(*calls_made), answer, answer)
    await made.write()
    wanted = 'call count {"country": "BE"} as well: it fell'
    assert any(f"Before you tell it, {wanted}" in one["content"] for one in made.replies[0])
    sent_back = [json.dumps(one["messages"][-1], ensure_ascii=False) for one in made.claude.letters]
    assert len(sent_back) == 2 + goes_back
    assert ("call count" in sent_back[-1].replace("Before you tell it, call", "")) is goes_back
    assert [one.card for one in made.ctx.open_calls] == ["Belgium was not counted."] * goes_back


async def test_the_call_is_made_after_the_answer_went_back_with_its_faults(line: Any) -> None:
    turns = (calls(("week", {})), says(FELL), calls(COUNTS_BELGIUM), says(FELL | {"points": [""]}))
    made = await line(*turns)
    answer = await made.write(check=lambda written: [] if written.points else ["points: none"])
    assert answer.points == [""]
    assert not made.ctx.open_calls
    assert len(made.claude.letters) == 4
    back = json.dumps(made.claude.letters[2]["messages"][-1])
    assert "points: none" in back
    assert "call count" in back


async def test_an_answer_that_lacks_a_call_alone_stands_where_its_correction_is_worse(
    line: Any,
) -> None:
    turns = (calls(("week", {})), says(FELL), says(FELL | {"points": ["wrong"]}))
    made = await line(*turns, says(FELL | {"points": ["wrong again"]}))
    answer = await made.write(check=lambda written: ["points: wrong"] if written.points else [])
    assert answer.points == []


async def test_no_call_of_a_tool_is_asked_for_that_the_model_was_not_given(line: Any) -> None:
    made = await line(calls(("week", {})), says(FELL))
    await made.write(names=("week",))
    assert "Before you tell it" not in made.replies[0][0]["content"]
    assert made.ctx.open_calls == ()


async def test_a_compared_figure_names_the_other_one_and_its_days(line: Any) -> None:
    made = await line(calls(("compare", {})), says({"headline": "{f1:from-to}", "points": []}))
    answer = await made.write()
    (reply,) = made.replies[0]
    assert reply["content"].split("\n") == [
        "All of it: orders.csv",
        "f1: 39% · rate · 13 to 26 Nov · compared with f2",
        "f2: 58% · before",
    ]
    assert made.ctx.book.fill(answer.headline, "en").text == "From 58% to 39%"
    assert [one.id for one in made.ctx.evidence.facts] == ["visits.all.rate", "visits.all.before"]


async def test_a_long_result_is_cut_and_says_so(line: Any) -> None:
    made = await line(calls(("many", {})), says({"headline": "Many.", "points": []}))
    await made.write()
    (reply,) = made.replies[0]
    assert len(made.ctx.book.facts) == 60
    assert reply["content"].endswith("Left out: 140 more facts. Ask for less to see them.")
    assert len(reply["content"]) < 6_000


async def test_injected_words_in_a_result_change_nothing_about_tools(line: Any) -> None:
    made = await line(calls(("reviews", {})), calls(("delete_everything", {})), says(FINAL))
    await made.write()
    tools = [letter["tools"] for letter in made.claude.letters]
    assert tools[0] == tools[1] == tools[2]
    (reply,) = made.replies[0]
    assert "delete_everything" in reply["content"]  # as data
    assert made.replies[1][0]["is_error"]
    assert made.tools.ran == []


async def test_personal_data_is_veiled_on_every_way_to_the_model(line: Any) -> None:
    made = await line(
        calls(("reviews", {})),
        calls(("customer", {"customer": "[EMAIL_1]"}), ("customer", {"customer": "Paul"})),
        says({"headline": "Write to [EMAIL_1].", "points": ["Or call [PHONE_1]."]}),
    )
    answer = await made.write(words="who is paul.martin@example.org?")
    sent = "".join(asked.text for asked in made.claude.asked)
    for secret in ("marie.dupont", "paul.martin", "12 34 56 78"):
        assert secret not in sent
    assert made.tools.ran[0] == ("customer", "paul.martin@example.org")
    assert "[EMAIL_1] ordered 3 times" in made.replies[1][0]["content"]
    assert answer.headline == "Write to paul.martin@example.org."
    assert answer.points == ["Or call +33 6 12 34 56 78."]


async def test_faults_go_back_once_and_the_second_answer_stands(line: Any) -> None:
    wrong = {"headline": "It is the best.", "points": []}
    made = await line(calls(("count", {"country": "BE"})), says(wrong), says(wrong), says(FINAL))
    answer = await made.write(
        check=lambda one: ["no superlative"] if "best" in one.headline else []
    )
    assert answer.headline == "It is the best."
    assert made.ctx.notes == ()
    assert len(made.claude.letters) == 3
    assert "- no superlative" in made.claude.letters[2]["messages"][-1]["content"][0]["text"]


async def test_after_the_last_turn_the_model_answers_without_tools(line: Any) -> None:
    turn = calls(("count", {"country": "BE"}))
    made = await line(*[turn] * 7, says(FINAL))
    assert (await made.write()).headline == FINAL["headline"]
    letters = made.claude.letters
    assert len(letters) == 8
    assert [one["tool_choice"]["type"] for one in letters] == ["auto"] * 7 + ["none"]
    assert letters[7]["tools"] == letters[0]["tools"]
    assert letters[7]["messages"][-1]["content"][-1]["text"] == FINAL_NOTICE


async def test_a_model_that_never_answers_is_given_up(line: Any) -> None:
    made = await line(*[calls(("count", {"country": "BE"}))] * 12)
    with pytest.raises(CannotDo):
        await made.write(limits=LoopLimits(turns=2))
    assert len(made.claude.letters) <= 5


async def test_no_more_tool_calls_are_run_than_allowed(line: Any) -> None:
    many = calls(*[("count", {"country": "BE"})] * 3)
    made = await line(many, many, says(FINAL))
    await made.write(limits=LoopLimits(tool_calls=4))
    assert len(made.tools.ran) == 4
    assert [one.get("is_error", False) for one in made.replies[1]] == [False, True, True]
    assert made.claude.letters[2]["tool_choice"] == {"type": "none"}


async def test_a_task_near_its_cap_is_asked_for_its_answer(line: Any) -> None:
    async def used() -> float:
        return 0.8

    made = await line(calls(("count", {"country": "BE"})), says(FINAL))
    await made.write(cap_used=used)
    assert made.claude.letters[1]["tool_choice"] == {"type": "none"}


async def test_the_deadline_ends_a_loop_whose_server_is_silent(line: Any) -> None:
    made = await line(calls(("count", {"country": "BE"})), Step(breaks="stall", text="{}" * 20))
    with pytest.raises(TryAgain):
        await made.write(limits=LoopLimits(seconds=0.8))


async def test_ask_person_ends_with_a_question(line: Any) -> None:
    question = {"question": "Which year?", "options": ["2025", "2026"]}
    made = await line(calls(("ask_person", question)))
    with pytest.raises(AskedPerson) as asked:
        await made.write()
    assert asked.value.question.words.to("en") == "Which year?"
    assert asked.value.question.options == ("2025", "2026")
    assert len(made.claude.letters) == 1


async def test_cannot_ends_with_an_honest_refusal(line: Any) -> None:
    made = await line(calls(("cannot", {})))
    with pytest.raises(Refusal) as refusal:
        await made.write()
    assert refusal.value.words.to("en") == "The data has no weather."
    assert refusal.value.reason == "no_such_data"


async def test_facts_looked_up_before_are_in_the_first_message(line: Any) -> None:
    price = fact("product.shirt.price", Decimal("59"), unit="EUR", label="price")
    name = fact("product.shirt.name", "Linen Shirt", label="name")
    made = await line(says({"headline": "It costs {f1}.", "points": []}))
    await made.write(library=Facts(price, name))
    first = made.claude.letters[0]["messages"][0]["content"]
    first = first if isinstance(first, str) else first[0]["text"]
    assert "f1 [product.shirt.price]: €59.00 · price" in first
    assert "All of it: orders.csv" in first
    cited = [one.id for one in made.ctx.evidence.facts]
    assert cited == ["product.shirt.price", "product.shirt.name"]  # of the same row


async def test_thoughts_are_sent_back_to_the_model_that_had_them(line: Any) -> None:
    made = await line(calls(("count", {"country": "BE"}), text="I count."), says(FINAL))
    await made.write()
    own = made.claude.letters[1]["messages"][1]
    assert own["role"] == "assistant"
    assert [block["type"] for block in own["content"]] == ["text", "tool_use"]
    assert own["content"][1]["id"] == made.replies[0][0]["tool_use_id"]


async def test_an_incomplete_tool_call_is_asked_for_again(line: Any) -> None:
    turn = ("count", {"country": "BE"})
    made = await line(calls(turn, how="cut call"), calls(turn), says(FINAL))
    await made.write()
    assert made.tools.ran == [("count", "BE")]
    assert len(made.claude.letters) == 3
    assert json.dumps(made.claude.letters[0]) == json.dumps(made.claude.letters[1])


async def test_a_server_without_forms_gets_a_tool_for_the_answer(line: Any) -> None:
    def answer(body: dict[str, Any]) -> Any:
        """As llama.cpp: tools but no forms. It talks first, and submits once it can."""
        names = [tool["name"] for tool in body["tools"]]
        if "submit" not in names:
            return "Sure! Shall I look?"
        if len(body["messages"]) == 1:
            return [use("count", {"country": "BE"})]
        return [use("submit", FINAL)]

    made = await line(writer={"name": "qwen3"}, answer=answer, simple=True)
    assert (await made.write()).headline == FINAL["headline"]
    first, second, third = made.claude.letters
    assert "format" in first["output_config"]
    assert first["thinking"] == {"type": "disabled"}
    assert "effort" not in first["output_config"]
    assert "output_config" not in second
    assert second["tools"][-1]["name"] == "submit"
    assert second["tools"][-1]["input_schema"]["properties"].keys() == Answer.model_fields.keys()
    assert second["tools"] == third["tools"]
    assert (await made.write()).headline == FINAL["headline"]  # it knows the server by now
    assert len(made.claude.letters) == 5


async def test_a_submitted_answer_that_does_not_fit_goes_back(line: Any) -> None:
    made = await line(
        calls(("submit", {"headline": 3})), calls(("submit", FINAL)), writer={"name": "qwen3"}
    )
    made.writer.models_without_schema.add("qwen3")
    assert (await made.write()).headline == FINAL["headline"]
    told = made.claude.letters[1]["messages"][-1]["content"]
    assert "points: Field required" in told


async def test_ollama_that_refuses_thinking_is_asked_without_it(line: Any) -> None:
    def refuses(body: dict[str, Any]) -> str | None:
        return 'think value "false" is not supported for this model' if "thinking" in body else None

    made = await line(says(FINAL), writer={"name": "llama3"}, refuses=refuses)
    await made.write()
    assert ["thinking" in letter for letter in made.claude.letters] == [True, False]
    made.claude.script = [says(FINAL)]
    await made.write()
    assert "thinking" not in made.claude.letters[2]


async def test_a_grammar_that_is_too_large_is_sent_without_strict(line: Any) -> None:
    def refuses(body: dict[str, Any]) -> str | None:
        strict = any(tool.get("strict") for tool in body["tools"])
        return "The compiled grammar is too large." if strict else None

    made = await line(says(FINAL), says(FINAL), refuses=refuses)
    await made.write()
    await made.write()  # the model is remembered
    strict = [all(tool.get("strict") for tool in one["tools"]) for one in made.claude.letters]
    assert strict == [True, False, False]
    assert "format" in made.claude.letters[1]["output_config"]


async def test_a_bug_in_a_tool_is_an_error_for_the_model_and_is_logged_without_its_text(
    line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made = await line(calls(("count", {"country": "BE"})), says(FINAL))

    def fail(_: str) -> None:
        raise ValueError("Invalid isoformat string: 'marie@example.com'")

    made.tools.may_run = fail
    assert (await made.write()).headline == FINAL["headline"]
    (reply,) = made.replies[0]
    assert reply["is_error"]
    assert reply["content"].startswith("count failed")
    assert "ValueError at " in caplog.text
    assert "marie@example.com" not in caplog.text + reply["content"]


async def test_what_the_machine_refuses_is_no_bug_of_a_tool(line: Any) -> None:
    made = await line(calls(("count", {"country": "BE"})), says(FINAL))

    def fail(_: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/var/lib/orders.parquet")

    made.tools.may_run = fail
    with pytest.raises(CannotDo, match="account"):
        await made.write()


async def test_a_tool_that_waits_for_something_outside_has_the_task_tried_again(line: Any) -> None:
    made = await line(calls(("count", {"country": "BE"})), says(FINAL))

    def be_away(_: str) -> None:
        raise TryAgain("the database is away")

    made.tools.may_run = be_away
    with pytest.raises(TryAgain, match="database"):
        await made.write()
