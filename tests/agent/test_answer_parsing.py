"""Extract the readable text and the JSON of a model's answer."""

import json
from itertools import pairwise

import pytest

from bot.agent.llm.response import extract_readable_text, find_json

WHOLE = json.dumps(
    {
        "subject": {"text": "Léger comme l'air 😀", "facts": ["product.linen.price"]},
        "hooks": [{"angle": "heat", "text": 'Say "yes"\nto linen', "facts": []}],
        "quote": {"text": "Lovely", "fact": "feedback.7"},
        "many": 3,
        "none": None,
    }
)


def test_readable_text_omits_fact_ids() -> None:
    assert (
        extract_readable_text(WHOLE)
        == 'Léger comme l\'air 😀\n\nheat\n\nSay "yes"\nto linen\n\nLovely'
    )


@pytest.mark.parametrize("text", [WHOLE, json.dumps(json.loads(WHOLE), ensure_ascii=False)])
def test_readable_text_only_grows_while_streaming(text: str) -> None:
    seen = [words for end in range(len(text)) if (words := extract_readable_text(text[:end]))]
    assert len(seen) > len(text) * 0.8
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


@pytest.mark.parametrize("text", ["", "Sure!", "{", '{"a', '{"facts": ["x.y"', "{}", "{]"])
def test_readable_text_is_empty_before_any_json(text: str) -> None:
    assert extract_readable_text(text) == ""


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
