"""The form that asks for a figure, opened under a line about words that were not understood."""

from datetime import date
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.metric_query import QuestionFields
from bot.i18n.messages import LANGUAGES
from bot.slack.views.inputs import fit_view
from bot.slack.views.next_step_forms import build_question_form, describe_question, read_question
from tests.slack.bench import MARIE, Bench, buttons
from tests.slack.test_audience_rule import answered
from tests.support.skill_runner import run

FIELDS = QuestionFields(
    measure="revenue",
    split="country",
    only="mobile",
    since=date(2026, 10, 1),
    until=date(2026, 10, 31),
    comparison="previous_period",
)


def fill(fields: QuestionFields) -> dict[str, Any]:
    """The state of the form's view as Slack returns it when nothing is changed."""
    view, values = build_question_form(fields, "en"), dict[str, Any]()
    for block in view["blocks"]:
        element = block["element"]
        chosen = {
            "value": element.get("initial_value"),
            "selected_option": element.get("initial_option"),
            "selected_date": element.get("initial_date"),
        }
        values[block["block_id"]] = {element["action_id"]: chosen}
    return {"state": {"values": values}}


@pytest.mark.parametrize("fields", [FIELDS, QuestionFields(measure="visits")])
def test_form_returns_what_it_was_filled_with(fields: QuestionFields) -> None:
    assert read_question(fill(fields)) == fields


@pytest.mark.parametrize("language", LANGUAGES)
def test_form_is_within_the_limits_of_slack(language: str) -> None:
    view = build_question_form(FIELDS, language)
    assert fit_view(view, language) == view
    assert describe_question(FIELDS, language)


async def asked(bench: Bench) -> Any:
    """Open the form under a line about words that were not understood."""
    made = await run("how many orders from purple phones in October?", skill="answer")
    assert isinstance(made, DraftResult)
    card = await answered(bench, made)
    action = next(name for name in buttons(card) if name.startswith("lead"))
    await bench.press(MARIE, card, action)
    return bench.form(MARIE)


async def test_form_opens_filled_and_starts_a_task(bench: Bench) -> None:
    form = await asked(bench)
    answer = await bench.slack.submit(MARIE, form.id, {"only": {"only": "France"}})
    assert answer.ok, answer
    task = bench.tasks[-1]
    fields = QuestionFields.model_validate_json(task.form["query"])
    assert (fields.measure, fields.only, fields.since) == ("orders", "France", date(2026, 10, 1))
    assert (task.form["skill"], task.author) == ("answer", MARIE)
    again = await run(task.words, **task.form)
    assert isinstance(again, DraftResult)
    assert again.parts[0].key == "headline"


async def test_days_in_the_wrong_order_keep_the_form_open(bench: Bench) -> None:
    form = await asked(bench)
    before = len(bench.tasks)
    await bench.slack.submit(MARIE, form.id, {"until": {"until": "2026-01-01"}})
    assert len(bench.tasks) == before
