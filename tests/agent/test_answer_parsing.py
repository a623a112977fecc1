"""Find the JSON in a model's answer."""

import json

import pytest

from bot.agent.llm.answer_schema import find_json

WHOLE = json.dumps(
    {
        "subject": {"text": "Léger comme l'air 😀", "facts": ["product.linen.price"]},
        "hooks": [{"angle": "heat", "text": 'Say "yes"\nto linen', "facts": []}],
        "quote": {"text": "Lovely", "fact": "feedback.7"},
        "many": 3,
        "none": None,
    }
)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"Sure! Here it is:\n```json\n{WHOLE}\n```\nAnything else?",
        f"<think>maybe {{'a': 1}} or {{}}</think>{WHOLE}",
        f"A {{short}} text as JSON: {WHOLE}",
        f'An empty one is {{}}, yours is\n{WHOLE} and not {{"a": 1}}',
    ],
)
def test_json_is_found_inside_prose_and_fences(text: str) -> None:
    assert find_json(text) == WHOLE


@pytest.mark.parametrize(
    "text", ["", "Sure!", WHOLE[:-1], WHOLE[:90], f"```json\n{WHOLE[:-3]}\n```", "{'a': 1}", "[1]"]
)
def test_broken_json_is_never_repaired(text: str) -> None:
    assert find_json(text) is None
