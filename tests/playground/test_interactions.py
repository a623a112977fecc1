"""Tests of commands, clicks, modals and shortcuts with a Bolt app over HTTP."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.errors import ImpossibleAction
from bot.playground.local_slack import LocalSlack
from tests.playground.conftest import SUBMIT, button, field_of, modal, section
from tests.support.slack_actions import run_shortcut

MARKET = "C0MARKET"
Body = dict[str, Any]


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[Body]:
    return [{"text": plain(value.upper()), "value": value} for value in values]


ELEMENTS: list[tuple[Body, Any, Body]] = [
    (button("x", value="v1"), None, {"type": "button", "value": "v1", "text": plain("Press")}),
    (
        {"type": "overflow", "options": options("a", "b")},
        "b",
        {"type": "overflow", "selected_option": options("b")[0]},
    ),
    (
        {"type": "static_select", "placeholder": plain("Pick"), "options": options("a", "b")},
        "a",
        {"type": "static_select", "selected_option": options("a")[0], "placeholder": plain("Pick")},
    ),
    (
        {"type": "checkboxes", "options": options("a", "b", "c")},
        ["a", "c"],
        {"type": "checkboxes", "selected_options": options("a", "c")},
    ),
    (
        {"type": "radio_buttons", "options": options("a", "b")},
        "b",
        {"type": "radio_buttons", "selected_option": options("b")[0]},
    ),
    (
        {"type": "multi_static_select", "options": options("a", "b")},
        ["b"],
        {"type": "multi_static_select", "selected_options": options("b")},
    ),
    (
        {"type": "datepicker", "initial_date": "2026-12-01"},
        "2026-12-24",
        {"type": "datepicker", "selected_date": "2026-12-24"},
    ),
    (
        {"type": "conversations_select"},
        MARKET,
        {"type": "conversations_select", "selected_conversation": MARKET},
    ),
]


@pytest.mark.parametrize(("element", "chosen", "reported"), ELEMENTS)
async def test_element_action_has_slacks_format(
    slack: LocalSlack, over_http: AsyncApp, element: Body, chosen: Any, reported: Body
) -> None:
    seen: list[Body] = []

    @over_http.action("x")
    async def pressed(ack: Any, body: Body) -> None:
        seen.append(body)
        await ack()

    block = {"type": "actions", "block_id": "b", "elements": [element | {"action_id": "x"}]}
    posted = await over_http.client.chat_postMessage(channel=MARKET, text="card", blocks=[block])
    answer = await slack.click("UMAX", MARKET, posted["ts"], "x", value=chosen)
    assert answer.ok
    (action,) = seen[0]["actions"]
    assert action.pop("action_ts")
    assert action == {"action_id": "x", "block_id": "b", **reported}
    assert seen[0]["user"]["id"] == "UMAX"
    assert seen[0]["container"]["message_ts"] == posted["ts"]
    assert seen[0]["message"]["blocks"][0]["block_id"] == "b"


async def test_chosen_value_stays_in_message_state(slack: LocalSlack, over_http: AsyncApp) -> None:
    seen: list[Body] = []

    async def pressed(ack: Any, body: Body) -> None:
        seen.append(body["state"]["values"])
        await ack()

    over_http.action("pick")(pressed)
    over_http.action("go")(pressed)
    pick = {"type": "static_select", "action_id": "pick", "options": options("a", "b")}
    block = {"type": "actions", "block_id": "b", "elements": [pick, button("go")]}
    posted = await over_http.client.chat_postMessage(channel=MARKET, text="x", blocks=[block])
    await slack.click("UMAX", MARKET, posted["ts"], "pick", value="b")
    await slack.click("UMAX", MARKET, posted["ts"], "go")
    await slack.click("ULEA", MARKET, posted["ts"], "go")
    assert seen[1]["b"]["pick"]["selected_option"]["value"] == "b"
    assert seen[2]["b"]["pick"]["selected_option"] is None


async def test_missing_or_invisible_button_cannot_be_pressed(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    two = [{"type": "actions", "elements": [button("go", value=value)]} for value in ("one", "two")]
    for_max = button("yes", visible_to_user_ids=["UMAX"])
    blocks = [*two, section() | {"accessory": for_max}]
    posted = await client.chat_postMessage(channel=MARKET, text="x", blocks=blocks)
    ts = posted["ts"]
    with pytest.raises(ImpossibleAction, match="nothing has action_id 'nope'; there are"):
        await slack.click("UMAX", MARKET, ts, "nope")
    with pytest.raises(ImpossibleAction, match="say which by block_id or value"):
        await slack.click("UMAX", MARKET, ts, "go")
    with pytest.raises(ImpossibleAction, match="yes is not visible to UMARIE"):
        await slack.click("UMARIE", MARKET, ts, "yes")
    with pytest.raises(ImpossibleAction, match="sees no message"):
        await slack.click("UMAX", MARKET, "1.2", "go")
    assert (await slack.click("UMAX", MARKET, ts, "go", value="two")).error == "dispatch_failed"
    assert slack.ephemerals("UMAX", MARKET)[-1].text == "go: dispatch_failed"


async def test_ephemeral_button_is_pressed_only_by_its_recipient(
    slack: LocalSlack, over_http: AsyncApp
) -> None:
    seen: list[Body] = []

    @over_http.action("go")
    async def pressed(ack: Any, body: Body) -> None:
        seen.append(body)
        await ack()

    block = {"type": "actions", "elements": [button("go")]}
    posted = await over_http.client.chat_postEphemeral(
        channel=MARKET, user="UMARIE", text="card", blocks=[block]
    )
    with pytest.raises(ImpossibleAction):
        await slack.click("UMAX", MARKET, posted["message_ts"], "go")
    await slack.click("UMARIE", MARKET, posted["message_ts"], "go")
    assert seen[0]["container"]["is_ephemeral"]
    assert "message" not in seen[0]


async def test_command_opens_modal_and_submission_is_sent(
    slack: LocalSlack, over_http: AsyncApp
) -> None:
    seen: list[Body] = []

    @over_http.command("/draft")
    async def draft(ack: Any, command: Body, client: AsyncWebClient) -> None:
        view = modal(field_of("copy", min_length=3, max_length=5), submit=SUBMIT)
        await client.views_open(trigger_id=command["trigger_id"], view=view)
        await ack({"text": "A form is open.", "blocks": [section()]})

    @over_http.view("edit")
    async def edit(ack: Any, body: Body) -> None:
        seen.append(body)
        await ack()

    answer = await slack.command("UMARIE", MARKET, "/draft", "e-mail: our linen shirt")
    assert answer.ok
    assert answer.ms < 3000
    assert slack.ephemerals("UMARIE", MARKET)[-1].text == "A form is open."
    view = slack.open_views("UMARIE")[-1]
    for typed, why in (("", "complete"), ("ab", "at least 3"), ("abcdef", "at most 5")):
        with pytest.raises(ImpossibleAction, match=why):
            await slack.submit("UMARIE", view.id, {"copy": {"words": typed}})
    with pytest.raises(ImpossibleAction, match="no field copy/sentence"):
        await slack.submit("UMARIE", view.id, {"copy": {"sentence": "abc"}})
    assert (await slack.submit("UMARIE", view.id, {"copy": {"words": "abc"}})).ok
    state = seen[0]["view"]["state"]["values"]
    assert state == {"copy": {"words": {"type": "plain_text_input", "value": "abc"}}}
    assert slack.open_views("UMARIE") == []
    with pytest.raises(ImpossibleAction, match="no modal"):
        await slack.submit("UMARIE", view.id, {})


async def test_command_response_is_posted_in_channel(
    slack: LocalSlack, over_http: AsyncApp
) -> None:
    @over_http.command("/draft")
    async def draft(ack: Any) -> None:
        await ack(text="for all", response_type="in_channel")

    @over_http.command("/broken")
    async def broken(ack: Any) -> None:
        await ack(text="x", blocks=[{"type": "nope"}])

    await slack.command("UMARIE", MARKET, "/draft")
    assert slack.messages(MARKET)[-1].text == "for all"
    await slack.command("UMARIE", MARKET, "/broken")
    assert "invalid_command_response" in slack.ephemerals("UMARIE", MARKET)[-1].text


async def opened(slack: LocalSlack, client: AsyncWebClient, view: Body) -> str:
    trigger = slack.create_trigger("UMARIE").id
    answer = await client.views_open(trigger_id=trigger, view=view)
    return str(answer["view"]["id"])


FORM = modal(field_of("copy"), submit=SUBMIT)


@pytest.mark.parametrize("action", ["errors", "update", "push", "wrong", "lost", "late"])
async def test_response_action_is_applied_to_modal(
    slack: LocalSlack, over_http: AsyncApp, action: str
) -> None:
    @over_http.view("edit")
    async def edit(ack: Any) -> None:
        said: dict[str, Body] = {
            "errors": {"errors": {"copy": "too bold"}},
            "update": {"view": modal(section("thanks"))},
            "push": {"view": modal(section("sure?"))},
            "wrong": {"view": {"type": "modal"}},
            "lost": {"errors": {"no such block": "too bold"}},
        }
        if action == "late":
            raise RuntimeError("the app fell over")
        await ack(
            response_action={"wrong": "update", "lost": "errors"}.get(action, action),
            **said[action],
        )

    view_id = await opened(slack, over_http.client, FORM)
    answer = await slack.submit("UMARIE", view_id, {"copy": {"words": "x"}})
    stack = slack.open_views("UMARIE")
    if action == "errors":
        assert answer.errors == stack[0].errors == {"copy": "too bold"}
    elif action == "update":
        assert [one.blocks[0]["text"]["text"] for one in stack] == ["thanks"]
    else:
        assert not answer.ok
        assert stack[0].trouble is not None
        assert stack[0].values["copy"]["words"]["value"] == "x", "nothing typed is lost"


async def test_submission_reports_every_input_type(slack: LocalSlack, over_http: AsyncApp) -> None:
    seen: list[Body] = []

    @over_http.view("edit")
    async def edit(ack: Any, view: Body) -> None:
        seen.append(view["state"]["values"])
        await ack()

    kinds = [
        (element, chosen)
        for element, chosen, _ in ELEMENTS
        if element["type"] not in ("button", "overflow")
    ]
    blocks = [
        {
            "type": "input",
            "block_id": str(n),
            "label": plain("x"),
            "element": kind | {"action_id": "x"},
        }
        for n, (kind, _) in enumerate(kinds)
    ]
    left = field_of("left") | {"optional": True}
    view_id = await opened(slack, over_http.client, modal(*blocks, left, submit=SUBMIT))
    await slack.submit(
        "UMARIE", view_id, {str(n): {"x": value} for n, (_, value) in enumerate(kinds)}
    )
    assert seen[0].pop("left") == {"words": {"type": "plain_text_input", "value": None}}
    reported = [fields["x"] for fields in seen[0].values()]
    for state, (_, _, action) in zip(reported, ELEMENTS[2:], strict=True):
        assert state == {name: value for name, value in action.items() if name != "placeholder"}


async def test_unknown_option_cannot_be_chosen(slack: LocalSlack, client: AsyncWebClient) -> None:
    pick = {"type": "static_select", "action_id": "x", "options": options("a")}
    block = {"type": "input", "block_id": "b", "label": plain("x"), "element": pick}
    view_id = await opened(slack, client, modal(block, submit=SUBMIT))
    with pytest.raises(ImpossibleAction, match="no option 'z'"):
        slack.fill("UMARIE", view_id, {"b": {"x": "z"}})


async def test_click_in_modal_sends_entered_values(slack: LocalSlack, over_http: AsyncApp) -> None:
    seen: list[Body] = []

    @over_http.action("more")
    async def more(ack: Any, body: Body, client: AsyncWebClient) -> None:
        seen.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(section("more")))

    form = modal(field_of("copy"), {"type": "actions", "elements": [button("more")]}, submit=SUBMIT)
    view_id = await opened(slack, over_http.client, form)
    slack.fill("UMARIE", view_id, {"copy": {"words": "typed"}})
    await slack.click("UMARIE", action_id="more", view_id=view_id)
    assert seen[0]["view"]["state"]["values"]["copy"]["words"]["value"] == "typed"
    assert seen[0]["container"] == {"type": "view", "view_id": view_id}
    assert len(slack.open_views("UMARIE")) == 2
    with pytest.raises(ImpossibleAction, match="another view lies on top"):
        await slack.submit("UMARIE", view_id)
    with pytest.raises(ImpossibleAction, match="reports nothing before"):
        await slack.click("UMARIE", action_id="words", view_id=view_id)
    with pytest.raises(ImpossibleAction, match="UMAX does not see"):
        await slack.click("UMAX", action_id="more", view_id=view_id)


async def test_button_on_home_tab_sends_action(slack: LocalSlack, over_http: AsyncApp) -> None:
    seen: list[Body] = []

    @over_http.action("go")
    async def go(ack: Any, body: Body) -> None:
        seen.append(body)
        await ack()

    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button("go")]}]}
    await over_http.client.views_publish(user_id="UMARIE", view=home)
    view = slack.home("UMARIE")
    assert view is not None
    await slack.click("UMARIE", action_id="go", view_id=view.id)
    assert seen[0]["view"]["type"] == "home"


async def test_shortcuts_send_trigger_id_and_message(
    slack: LocalSlack, over_http: AsyncApp
) -> None:
    seen: list[Body] = []

    @over_http.shortcut("brief")
    async def brief(ack: Any, body: Body) -> None:
        seen.append(body)
        await ack()

    said = await slack.post_message("UMARIE", MARKET, "make this an e-mail")
    await run_shortcut(slack, "UMARIE", "brief")
    await run_shortcut(slack, "UMARIE", "brief", message=said)
    assert [body["type"] for body in seen] == ["shortcut", "message_action"]
    assert seen[1]["message"]["text"] == "make this an e-mail"
