"""The runner of the evaluation sets, on a few small cases."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.agent.llm.anthropic import AnthropicWriter
from bot.app import Container
from bot.config.brand import Brand
from bot.config.policy import Policy
from bot.config.settings import Settings
from bot.playground.slack_objects import TEAM_ID
from bot.tasks.message_reading import CLOSED
from evals.multi_step import ThreadSlack
from evals.pending import INDEX, accept_answers, write_pending
from evals.report import CaseRun, format_report
from evals.run import EvalRun, main
from evals.shop import EvalShop, add_markets
from tests.conftest import NOW
from tests.fakes.claude import ScriptedClaude, asked_request, reading, says, understood
from tests.support.small_shop import Shop
from tests.support.tool_runner import full_params, sample_data

BRAND = add_markets(Brand(name="Maison Lin", languages=("en", "fr")))
DAY = date(2026, 11, 25)
MAX_ROUNDS = 9  # two messages, two texts, each sent back at most twice
HELLO: dict[str, Any] = {
    "id": "hello",
    "language": "en",
    "today": DAY,
    "place": "dm",
    "words": "hello there",
    "expect": {"outcome": "reply"},
    "must_not": [{"skill": "draft"}],
}
SHIRT: dict[str, Any] = {
    "id": "shirt",
    "language": "en",
    "today": DAY,
    "place": "mention",
    "words": "an email for the linen shirt, 20% off",
    "expect": {
        "outcome": "requests",
        "requests": [
            {
                "skill": "draft",
                "channels": ["email"],
                "product": ["linen-shirt"],
                "offer": "20% off",
            }
        ],
    },
}
ORDERS: dict[str, Any] = {
    "id": "orders",
    "language": "en",
    "today": DAY,
    "question": "how many orders in October?",
    "answer": {"columns": ["orders"], "units": ["orders"], "rows": [[928]]},
}
MARGIN: dict[str, Any] = {
    "id": "margin",
    "language": "en",
    "today": DAY,
    "question": "what's our margin?",
    "cannot": True,
}
REPLY = understood("reply", reply="Hello!")
SHIRT_READ = understood(
    "requests",
    asked_request(
        channels=[reading("email", "email")],
        products=[reading("linen-shirt", "linen shirt")],
        offer="20% off",
    ),
)
QUERY = full_params(
    "query_metrics",
    {"dataset": "orders", "measures": ["orders"], "since": "2026-10-01", "until": "2026-10-31"},
)
EMAIL = {
    **{
        name: {"text": text, "facts": []}
        for name, text in (
            ("subject", "Ten off this week"),
            ("preheader", "For everybody"),
            ("body", "You get 10% off this week."),
            ("call_to_action", "See the shirts"),
        )
    },
    "hooks": [
        {"angle": "price", "text": "A little less this week", "facts": []},
        {"angle": "time", "text": "Seven days", "facts": []},
    ],
    "not_used": [],
}


def calls(*uses: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """An answer that calls tools, as it is written by hand."""
    blocks = [{"type": "tool_use", "name": name, "input": given} for name, given in uses]
    return {"content": blocks, "stop_reason": "tool_use"}


def report(headline: str, **fields: Any) -> dict[str, Any]:
    blank: dict[str, Any] = {
        "points": [],
        "exhibit": "none",
        "as_table": False,
        "cannot_tell": "none",
        "cannot_tell_because": "data",
    }
    lists: dict[str, Any] = {
        "further_exhibits": [],
        "excluded_rows": [],
        "quotes": [],
        "not_used": [],
        "next_steps": [],
    }
    return {"headline": headline, **blank, **lists, **fields}


class Sets:
    """Sets of a few cases, with their recordings and the folder of what waits for answers."""

    def __init__(self, folder: Path) -> None:
        self.cases, self.recordings = folder / "sets", folder / "recordings"
        self.pending = folder / "pending"
        self.shop = EvalShop(BRAND, Shop(), Policy())

    def write(self, kind: str, *cases: dict[str, Any]) -> None:
        (self.cases / kind).mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(list(cases), allow_unicode=True)
        (self.cases / kind / "small.yaml").write_text(text, encoding="utf-8")

    async def play(self, kind: str, shop: EvalShop | None = None, **more: Any) -> list[CaseRun]:
        run = EvalRun(shop or self.shop, self.cases, self.recordings, **more)
        await run.play([kind])
        write_pending(self.pending, run.pending)
        return run.runs

    def answer(self, **answers: Any) -> tuple[int, list[str]]:
        """Answer what waits, and record the answers."""
        for case, answer in answers.items():
            path = self.pending / f"{case}.answer.json"
            path.write_text(json.dumps(answer), encoding="utf-8")
        return accept_answers(self.pending, self.recordings)

    def request(self, case: str) -> str:
        """What the one who answers reads."""
        return (self.pending / f"{case}.md").read_text(encoding="utf-8")


@pytest.fixture
def sets(tmp_path: Path) -> Sets:
    return Sets(tmp_path)


async def test_case_without_recording_waits_and_its_request_is_written(sets: Sets) -> None:
    sets.write("understanding", HELLO, SHIRT)
    runs = await sets.play("understanding")
    assert [run.state for run in runs] == ["waiting", "waiting"]
    assert "hello there" in sets.request("hello")
    assert "linen-shirt" in sets.request("shirt")
    assert "expect" not in sets.request("shirt")
    system = (sets.pending / "system.understanding.md").read_text(encoding="utf-8")
    assert "You are the first to read a message" in system
    assert '"MessageForm"' in system


async def test_recorded_answers_are_played_and_compared(sets: Sets) -> None:
    sets.write("understanding", HELLO, SHIRT)
    await sets.play("understanding")
    assert sets.answer(hello=REPLY, shirt=SHIRT_READ) == (2, [])
    hello, shirt = await sets.play("understanding")
    assert (hello.is_right, shirt.is_right) == (True, True)
    assert (hello.stale, hello.moved) == (0, 0)
    assert not list(sets.pending.glob("*.md"))
    stored = (sets.recordings / "understanding" / "small.yaml").read_text(encoding="utf-8")
    assert "in the model's place" in stored


async def test_wrong_reading_is_told_field_by_field(sets: Sets) -> None:
    sets.write("understanding", HELLO, SHIRT)
    await sets.play("understanding")
    another = asked_request(
        channels=[reading("sms", "email")], products=[reading("linen-shirt", "linen shirt")]
    )
    trapped = understood("requests", asked_request(topic="hello there"))
    sets.answer(hello=trapped, shirt=understood("requests", another))
    hello, shirt = await sets.play("understanding")
    assert hello.fell == ("skill: draft",)
    assert hello.faults == ["outcome: expected reply, found requests"]
    assert set(shirt.fields[0].wrong) == {"channels", "offer"}
    assert set(shirt.fields[0].right) == {"outcome", "skill", "product", "requests"}
    lines = format_report([hello, shirt], is_live=False, shows_held_out=True)
    assert any("product 1/1" in line and "channels 0/1" in line for line in lines)
    assert "understanding, traps: 0 of 1 avoided" in lines
    assert any(line.startswith("  shirt: ") and "offer: expected 20% off" in line for line in lines)


async def test_changed_prompt_makes_recordings_stale_and_they_are_played(sets: Sets) -> None:
    sets.write("understanding", HELLO)
    await sets.play("understanding")
    sets.answer(hello=REPLY)
    shop = EvalShop(BRAND.model_copy(update={"markets": {}}), Shop(), Policy())
    (run,) = await sets.play("understanding", shop)
    assert (run.stale, run.is_right) == (1, True)


async def test_changed_message_is_noticed(sets: Sets) -> None:
    sets.write("understanding", HELLO)
    await sets.play("understanding")
    sets.answer(hello=REPLY)
    sets.write("understanding", {**HELLO, "words": "good evening"})
    (run,) = await sets.play("understanding")
    assert (run.stale, run.moved, run.is_right) == (0, 1, True)


async def test_unfit_answers_are_not_recorded_and_stay(sets: Sets) -> None:
    sets.write("understanding", HELLO)
    await sets.play("understanding")
    count, faults = sets.answer(hello={"outcome": "reply"}, nobody={})
    assert count == 0
    assert faults[0].startswith("hello: The arguments don't fit. requests: Field required")
    assert faults[1] == "nobody: no request of this name is waiting"
    assert (sets.pending / "hello.answer.json").exists()
    assert "hello" in json.loads((sets.pending / INDEX).read_text(encoding="utf-8"))


async def test_file_of_several_answers_is_used_up(sets: Sets) -> None:
    sets.write("understanding", HELLO, SHIRT)
    await sets.play("understanding")
    many = sets.pending / "round.answers.json"
    many.write_text(json.dumps({"hello": REPLY, "shirt": {}}), encoding="utf-8")
    assert sets.answer()[0] == 1
    assert set(json.loads(many.read_text(encoding="utf-8"))) == {"shirt"}


async def test_question_is_answered_in_rounds_and_its_figures_compared(sets: Sets) -> None:
    wrong = {**ORDERS, "id": "wrong", "answer": {**ORDERS["answer"], "rows": [[929]]}}
    sets.write("questions", ORDERS, wrong)
    shop = EvalShop(BRAND, sample_data(), Policy())
    await sets.play("questions", shop)
    sets.answer(orders=calls(("query_metrics", QUERY)), wrong=calls(("query_metrics", QUERY)))
    runs = await sets.play("questions", shop)
    assert [run.state for run in runs] == ["waiting", "waiting"]
    assert [run.tools[0].is_right for run in runs] == [True, False]
    assert "f1: 928\u00a0orders" in sets.request("orders")
    sets.answer(orders=report("{f1} in October"), wrong=report("{f1} in October"))
    right, other = await sets.play("questions", shop)
    assert (right.is_right, right.verdicts, right.others) == (True, ["right"], ())
    assert (other.is_right, other.verdicts) == (False, ["wrong"])
    assert other.faults == [
        "wrong; missing: 929 orders",
        "not found by tools either: 929 orders",
    ]
    assert other.others == ("928\u00a0orders (orders)",)
    assert [len(run.sizes) for run in (right, other)] == [2, 2]
    lines = format_report([right, other], is_live=False, shows_held_out=True)
    assert "questions, tools right: 1 of 2" in lines


async def test_what_the_data_cannot_tell_must_be_refused(sets: Sets) -> None:
    sets.write("questions", MARGIN, {**MARGIN, "id": "bold"})
    shop = EvalShop(BRAND, sample_data(), Policy())
    await sets.play("questions", shop)
    reason = {"reason": "no_such_data", "what": "the margin", "missing": "none", "instead": "none"}
    sets.answer(margin=calls(("cannot", reason)), bold=calls(("query_metrics", QUERY)))
    await sets.play("questions", shop)
    sets.answer(bold=report("Our margin is {f1}"))
    margin, bold = await sets.play("questions", shop)
    assert (margin.is_right, bold.is_right) == (True, False)
    assert "Your data can't tell: the margin." in margin.text


async def test_live_model_is_asked_and_nothing_is_recorded(sets: Sets) -> None:
    sets.write("understanding", HELLO)
    async with ScriptedClaude(says(REPLY)) as claude:
        writer = AnthropicWriter(key=claude.key, base_url=claude.url, now=lambda: NOW)
        (run,) = await sets.play("understanding", live=writer)
        await writer.close()
    assert run.is_right
    assert len(claude.letters) == 1
    assert run.sizes[0].fixed > 1_000
    assert not sets.recordings.exists()


def test_wrong_held_out_cases_are_counted_and_not_shown() -> None:
    run = CaseRun("understanding", "held_out", "secret", faults=["outcome: expected x, found y"])
    hidden = format_report([run], is_live=False, shows_held_out=False)
    assert not any("secret" in line for line in hidden)
    assert "  Held-out cases that are wrong: 1. `--held-out` shows them." in hidden
    shown = format_report([run], is_live=False, shows_held_out=True)
    assert any(line.startswith("  secret: outcome") for line in shown)


# Messages in a thread.


@pytest.fixture
def home(tmp_path: Path) -> Iterator[EvalShop]:
    """A shop with rows and without data."""
    folder = tmp_path / "home"
    folder.mkdir()
    container = Container(Settings(home=folder)).migrated()
    yield EvalShop(BRAND, container.library(TEAM_ID), Policy(), container)
    container.database.close()


async def test_steps_are_played_in_one_thread(sets: Sets, home: EvalShop) -> None:
    draft = {"skill": "draft", "channels": ["email"], "offer": "10% off"}
    steps = [
        {"words": "an email: 10% off", "expect": {"outcome": "requests", "requests": [draft]}},
        {"words": "shorter", "expect": {"outcome": "revise", "draft": "latest"}},
        {"words": "@max ok?", "expect": {"outcome": "not_for_us"}},
    ]
    case = {"id": "steps", "language": "en", "today": DAY, "place": "dm", "steps": steps}
    sets.write("multi_step", case)
    offer = asked_request(channels=[reading("email", "email")], offer="10% off")
    answers = {  # by the form that is asked for; a text that is sent back stays as it is
        "1.MessageForm": understood("requests", offer),
        "1.Email": EMAIL,
        "2.MessageForm": understood("revise", draft="steps-1.0.v1", instruction="shorter"),
        "2.Email": {**EMAIL, "body": {"text": "You get 10% off.", "facts": []}},
    }
    asked: list[str] = []
    for number in range(MAX_ROUNDS):
        (run,) = await sets.play("multi_step", _fresh(home, number))
        if run.state == "played":
            break
        waiting = sets.request("steps").partition(": ")[2].partition(",")[0]
        asked.append(waiting)
        assert sets.answer(steps=answers[waiting]) == (1, [])
    assert (run.state, run.faults, run.is_right) == ("played", [], True)
    assert list(dict.fromkeys(asked)) == [*answers]
    assert "1: Ten off this week 2: Ten off this week 3:" in run.text
    assert {size.form for size in run.sizes} == {"MessageForm", "Email"}


async def test_lines_of_a_thread_are_in_the_language_of_the_message() -> None:
    slack = ThreadSlack()
    await slack.say("1", TEAM_ID, {}, CLOSED, "fr")
    assert slack.lines == [CLOSED.to("fr")] != [CLOSED.to("en")]


async def test_other_right_figures_of_a_step_are_no_other_reading(
    sets: Sets, home: EvalShop
) -> None:
    figures = {"how_read": "all orders", "answer": {"columns": [], "units": [], "rows": []}}
    step = {"words": "hi", "expect": {"outcome": "reply"}, "also_right": [figures]}
    case = {"id": "chain", "language": "en", "today": DAY, "place": "dm", "steps": [step]}
    sets.write("multi_step", case)
    await sets.play("multi_step", _fresh(home, 0))
    assert sets.answer(chain=REPLY) == (1, [])
    (run,) = await sets.play("multi_step", _fresh(home, 1))
    assert (run.state, run.faults, run.is_right) == ("played", [], True)


def test_answers_of_a_folder_without_requests_are_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--accept", str(tmp_path), "--recordings", str(tmp_path / "recordings")]) == 1
    printed = capsys.readouterr().out
    assert "0 answers are recorded." in printed
    assert f"not recorded: {tmp_path} holds no {INDEX}" in printed
    assert "--pending" in printed


def _fresh(home: EvalShop, number: int) -> EvalShop:
    """The shop with an empty database, as each run has it."""
    assert home.container is not None
    folder = home.container.settings.home / str(number)
    folder.mkdir()
    container = Container(Settings(home=folder)).migrated()
    return EvalShop(home.brand, container.library(TEAM_ID), home.policy, container)
