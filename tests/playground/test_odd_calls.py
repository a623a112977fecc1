"""Tests that API calls with odd argument values get a Slack error and never crash."""

import contextlib
import json
from typing import Any

import pytest

from bot.playground.errors import ApiRefusal
from bot.playground.local_slack import LocalSlack
from bot.playground.methods import METHODS, MethodArguments
from bot.playground.slack_objects import SlackMessage
from tests.playground.conftest import modal, section
from tests.playground.test_blocks import spoiled

ODD: list[Any] = [None, 1, -1, True, "", "x", [], ["x"], [1], {}, {"id": []}, "[", 0.5]
META = {"event_type": "x", "event_payload": {}}


def calls(slack: LocalSlack, said: SlackMessage) -> list[tuple[str, dict[str, Any]]]:
    """Return one valid call for each method with arguments worth checking."""
    here = {"channel": said.channel}
    thread = {"channel_id": said.channel, "thread_ts": said.ts}
    own = run("chat.postMessage", slack, here | {"text": "x"})["ts"]
    file = run("files.getUploadURLExternal", slack, {"filename": "x", "length": 1})["file_id"]
    slack.files[file].content = b"x"
    content = {"text": "x", "blocks": [section()], "metadata": META}
    trigger = slack.create_trigger("UMARIE").id
    return [
        ("chat.postMessage", here | content | {"thread_ts": said.ts}),
        ("chat.update", here | content | {"ts": own}),
        ("chat.postEphemeral", content | {"channel": "C0MARKET", "user": "UMAX"}),
        ("conversations.history", here | {"limit": 2, "oldest": "0", "cursor": "ts:1"}),
        ("conversations.replies", here | {"ts": said.ts, "limit": 2, "latest": "9"}),
        ("conversations.open", {"users": ["UMARIE", "UMAX"]}),
        ("files.completeUploadExternal", thread | {"files": [{"id": file, "title": "x"}]}),
        ("views.open", {"trigger_id": trigger, "view": modal(section())}),
        ("views.publish", {"user_id": "UMAX", "view": {"type": "home", "blocks": [section()]}}),
        ("assistant.threads.setStatus", thread | {"status": "x", "loading_messages": ["x"]}),
        (
            "assistant.threads.setSuggestedPrompts",
            thread | {"prompts": [{"title": "x", "message": "y"}]},
        ),
    ]


def run(method: str, slack: LocalSlack, args: dict[str, Any]) -> dict[str, Any]:
    return METHODS[method].function(slack, MethodArguments(args))


async def test_valid_calls_are_accepted(slack: LocalSlack) -> None:
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "x")
    for method, args in calls(slack, said):
        json.dumps(run(method, slack, args))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.sample(3)
async def test_call_with_odd_argument_gets_error_answer(slack: LocalSlack, odd: Any) -> None:
    said = await slack.post_message("UMARIE", slack.open_direct_message("UMARIE"), "x")
    for method, args in calls(slack, said):
        for worse in spoiled(args, odd):
            if isinstance(worse, dict):
                with contextlib.suppress(ApiRefusal):
                    json.dumps(run(method, slack, worse))
