"""Guests, partners of Slack Connect, former members and workspaces without an installation get
nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.agent.skills import load_commands
from bot.config.policy import Access, classify_user, is_shared_outside
from bot.data.ingest.models import FileUpload
from bot.db.workspace import Workspace
from bot.errors import TryAgain
from bot.jobs.models import Job
from bot.jobs.worker import Worker
from bot.offline import OfflineWriter
from bot.playground.slack_objects import SlackMessage, SlackUser
from bot.slack.action_ids import ButtonValue
from bot.slack.actions.buttons import BUTTON_ACTIONS
from bot.slack.app import make_app
from bot.slack.membership import Membership
from bot.slack.threads import make_place
from bot.slack.users import UserDirectory
from bot.tasks.models import Task
from bot.tasks.services import TaskServices
from tests.security.requests import (
    EVIL,
    OUTSIDERS,
    Outsider,
    counted,
    enter,
    every_request,
    seen,
    send,
    traces,
)
from tests.slack.bench import (
    LAUNCHES,
    MARIE,
    MARKETING,
    MAX,
    OTTO,
    RANDOM,
    TEAM,
    Bench,
    bench_of,
    buttons,
)
from tests.support.slack_actions import share_channel, update_profile
from tests.support.small_shop import Shop


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


SAID_LATE = "Slack didn't answer in time. Nothing was lost; please try again."


def refs_of(bench: Bench) -> list[ButtonValue]:
    """The button values of the first draft and of a dropped file."""
    draft = bench.drafts[0]
    refs = [
        ButtonValue(task=draft.task, draft=draft.id, seen=draft.fingerprint, pick="0", field="goal")
    ]
    return refs + [
        ButtonValue(arrival=one.id, seen=str(one.turn)) for one in bench.rows(FileUpload)
    ]


async def worked(bench: Bench) -> SlackMessage:
    """A draft and a dropped file of Marie's, with their cards."""
    card = await bench.drafted()
    file = [("orders.csv", b"order_id,total\n1,10\n2,20\n")]
    await bench.slack.post_message(MARIE, MARKETING, f"<@{bench.slack.bot_user}>", files=file)
    await bench.run()
    assert bench.rows(FileUpload)
    return card


PLACES = ("channel", "private channel", "group message", "shared channel")


def place_of(bench: Bench, place: str) -> str:
    """The channel of that kind."""
    if place == "private channel":
        bench.slack.places[LAUNCHES].kind = "group"
        return LAUNCHES
    if place == "group message":
        return bench.slack.open_conversation([MARIE, OTTO]).id
    if place == "shared channel":
        bench.slack.places[MARKETING].shared_with = [EVIL]
    return MARKETING


async def all_refused(bench: Bench, kind: Outsider, place: str, one_in: int = 1) -> None:
    """Fail unless every n-th request of this outsider leaves no trace."""
    card = await worked(bench)
    channel = place_of(bench, place)
    user = enter(bench.slack, kind, [channel])
    before, rows = seen(bench, user), counted(bench)
    team, start = kind.claims or TEAM, OUTSIDERS.index(kind) % one_in
    requests = list(every_request(bench.slack, user, team, channel, card, refs_of(bench)))
    assert len(requests) > 2 * len(BUTTON_ACTIONS)
    for one in requests[start::one_in]:
        answer = await send(bench.slack, one)
        assert (answer.status, answer.body) == (200, None), one.name
        assert seen(bench, user) == before, one.name
    await bench.run()
    assert seen(bench, user) == before
    assert counted(bench) == rows
    assert [row.id for row in bench.rows(Workspace)] == [TEAM]


@pytest.mark.parametrize("kind", OUTSIDERS, ids=lambda kind: kind.name)
async def test_request_of_an_outsider_leaves_no_trace(bench: Bench, kind: Outsider) -> None:
    await all_refused(bench, kind, PLACES[OUTSIDERS.index(kind) % len(PLACES)], one_in=3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", OUTSIDERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("place", PLACES)
async def test_every_request_of_every_outsider_leaves_no_trace(
    bench: Bench, kind: Outsider, place: str
) -> None:
    await all_refused(bench, kind, place)


async def test_same_requests_work_for_a_member(bench: Bench) -> None:
    """Otherwise the tests of outsiders would prove nothing."""
    card = await worked(bench)
    acted = set()
    for one in every_request(bench.slack, MARIE, TEAM, MARKETING, card, refs_of(bench)):
        before = traces(bench, MARIE)
        await send(bench.slack, one)
        await bench.later.close()
        if traces(bench, MARIE) != before:
            acted.add(one.name)
    assert acted >= {"mention", "file", "direct message", "edit", "open home", "/digest"}
    assert acted >= {
        "/draft",
        "/draft e-mail: our linen shirt is back",
        "press edit",
        "press approve",
    }
    assert acted >= {"press download", "press take_in", "send brief_form", "send digest_form"}


async def test_member_in_a_shared_channel_is_told_once_in_private(
    bench: Bench,
) -> None:
    card = await worked(bench)
    await share_channel(bench.slack, MARKETING, EVIL)
    await bench.settled()
    before = counted(bench)
    posted = len(bench.said())
    for one in every_request(bench.slack, OTTO, TEAM, MARKETING, card, refs_of(bench)):
        if f"D{OTTO}" in str(one.body) or "view" in one.body:
            continue
        answer = await send(bench.slack, one)
        assert (answer.status, answer.body) == (200, None), one.name
    await bench.run_ephemerals()
    (told,) = bench.whispers(OTTO)
    assert told.startswith("Somebody from outside your workspace reads this conversation")
    grown = {name for name, count in counted(bench).items() if count != before[name]}
    assert grown - {"journal", "row_digests"} == {"posts"}  # the one sentence
    assert len(bench.said()) == posted
    assert not [m for m in bench.slack.places[MARKETING].ephemerals if m.ephemeral_to != OTTO]


async def test_shared_channel_in_the_policy_is_open_to_members_only(
    bench: Bench,
) -> None:
    bench.policy = bench.policy.model_copy(update={"access": Access(shared_channels=(MARKETING,))})
    bench.slack.places[MARKETING].shared_with = [EVIL]
    await bench.drafted(MARIE)
    bench.slack.people["UODD"] = SlackUser(
        "UODD", "odd", "Odd", "Odd", "Europe/Paris", "fr-FR", team=EVIL
    )
    bench.slack.places[MARKETING].members.append("UODD")
    before = traces(bench, "UODD")
    await bench.slack.post_message("UODD", MARKETING, f"<@{bench.slack.bot_user}> our linen shirt")
    await bench.run()
    assert traces(bench, "UODD") == before
    assert [task.author for task in bench.tasks] == [MARIE]


async def test_member_is_served_in_a_channel_owned_by_another_company(bench: Bench) -> None:
    """Slack's envelope may name the workspace that owns the channel."""
    bench.policy = bench.policy.model_copy(update={"access": Access(shared_channels=(MARKETING,))})
    bench.slack.places[MARKETING].shared_with = [EVIL]
    ts = bench.slack.ids.new_ts()
    event = {
        "type": "message",
        "user": MARIE,
        "ts": ts,
        "channel": MARKETING,
        "team": TEAM,
        "channel_type": "channel",
        "text": f"<@{bench.slack.bot_user}> our shirt",
    }
    body = bench.slack.build_event_callback(event, bench.slack.places[MARKETING])
    bench.slack.transport.send_event(body | {"team_id": EVIL})
    await bench.run()
    assert [(task.workspace, task.author) for task in bench.tasks] == [(TEAM, MARIE)]


@pytest.mark.parametrize("how", ["invited", "shared_with"])
async def test_channel_with_pending_sharing_is_closed(bench: Bench, how: str) -> None:
    setattr(bench.slack.places[MARKETING], how, [EVIL])
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt")).ok
    await bench.run()
    assert not bench.tasks
    assert len(bench.whispers(MARIE)) == 1


async def test_channel_shared_within_the_organization_is_open(bench: Bench) -> None:
    bench.slack.places[MARKETING].inside = ["T0SISTER"]
    await bench.drafted(MARIE)
    assert len(bench.tasks) == 1


async def test_group_message_with_a_guest_is_closed_to_members(bench: Bench) -> None:
    bench.slack.people[OTTO].guest = "multi"
    place = bench.slack.open_conversation([MARIE, OTTO])
    await bench.slack.post_message(
        MARIE, place.id, f"<@{bench.slack.bot_user}> our linen shirt is back"
    )
    await bench.run()
    assert not bench.tasks
    assert not bench.said(place.id)
    assert len(bench.whispers(MARIE, place.id)) == 1
    assert not bench.whispers(OTTO, place.id)


async def test_member_who_becomes_a_guest_loses_all_rights(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "edit")
    assert bench.slack.open_views(OTTO)
    await update_profile(bench.slack, MAX, guest="multi")
    await bench.settled()
    await bench.slack.click(MAX, MARKETING, card.ts, "approve")
    await bench.run()
    assert not [one for one in bench.rows(Task) if one.author == MAX]
    assert "approve" in buttons(card)


# While Slack can't be asked who somebody is.


def hired(bench: Bench) -> Worker:
    """A worker as `serve` creates it."""
    means = TaskServices(
        database=bench.database,
        enqueue=bench.enqueue,
        slack=bench.outside,
        writer=OfflineWriter(),
        library=lambda _: Shop(),
        brand=bench.services.brand,
        policy=bench.services.policy,
        now=bench.services.now,
        has_right=bench.outside.may,
        check_admission=bench.outside.admit,
    )
    return Worker(means, import_job=bench.stocktaking)


async def run_for_real(bench: Bench, times: int = 20) -> list[str]:
    """Run the present jobs with a real worker; a job that can't be done yet stays."""
    late: list[str] = []
    for _ in range(times):
        if not bench.jobs:
            break
        job = bench.jobs.pop(0)
        try:
            if job.kind == "tell":
                await bench.outside.send_ephemeral(job.subject)
            else:
                await hired(bench).jobs[job.kind](job.subject)
        except TryAgain:
            late.append(job.kind)
            bench.jobs.append(job)
            break
    return late


ASKS: dict[str, Any] = {
    "mention": lambda s, user: s.post_message(
        user, MARKETING, f"<@{s.bot_user}> e-mail: our linen shirt is back"
    ),
    "direct message": lambda s, user: s.post_message(
        user, s.open_direct_message(user), "e-mail: our linen shirt is back"
    ),
    "file": lambda s, user: s.post_message(
        user, MARKETING, f"<@{s.bot_user}>", files=[("orders.csv", b"a,b\n1,2\n")]
    ),
    "command": lambda s, user: s.command(
        user, MARKETING, "/draft", "e-mail: our linen shirt is back"
    ),
}


async def installed(bench: Bench) -> None:
    """The token's workspace is known, as after a start."""
    await bench.outside.membership.installation()


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("guest", ["", "multi"])
@pytest.mark.sample(3)
async def test_request_waits_while_slack_cannot_confirm_its_author(
    bench: Bench, asks: str, guest: str
) -> None:
    await installed(bench)
    bench.slack.people[MARIE].guest = guest
    bench.slack.faults.http_500("users.info", times=40)
    await ASKS[asks](bench.slack, MARIE)
    await bench.settled()
    assert len(bench.tasks) + len(bench.rows(FileUpload)) == 1  # nothing is lost
    assert await run_for_real(bench)  # it waits
    posts = [call.method for call in bench.slack.calls if call.method.startswith("chat.")]
    assert not posts
    bench.slack.faults.planned_faults.clear()
    assert not await run_for_real(bench)
    posts = [call.method for call in bench.slack.calls if call.method.startswith("chat.")]
    if guest:
        assert not posts
        assert all(task.state == "stopped" and not task.words for task in bench.tasks)
        assert all(one.state == "refused" for one in bench.rows(FileUpload))
    else:
        assert posts
        assert all(task.state in ("done", "asking") for task in bench.tasks)


async def test_given_up_request_fails_only_on_a_members_card(bench: Bench) -> None:
    await installed(bench)
    for user, guest in ((MARIE, ""), (OTTO, "multi")):
        bench.slack.people[user].guest = guest
        bench.slack.faults.http_500("users.info", times=40)
        await bench.slack.command(user, MARKETING, "/draft", "e-mail: our linen shirt is back")
        task = bench.tasks[-1]
        job = Job(kind="work", subject=task.id, workspace=TEAM)
        with pytest.raises(TryAgain):  # the engine tells it as often as it takes
            await hired(bench).give_up(job, TryAgain("away"))
        bench.slack.faults.planned_faults.clear()
        await hired(bench).give_up(job, TryAgain("away"))
    assert {task.state for task in bench.tasks} == {"failed"}
    assert len(bench.said()) == 1


async def test_unconfirmed_clicks_and_forms_are_refused_with_a_message(bench: Bench) -> None:
    card = await bench.drafted()
    await installed(bench)
    bench.slack.faults.http_500("users.info", times=60)
    answer = await bench.slack.command(MAX, MARKETING, "/draft")
    assert (answer.status, answer.body["text"]) == (200, SAID_LATE)
    await bench.slack.click(MAX, MARKETING, card.ts, "approve")
    bench.slack.faults.planned_faults.clear()
    await bench.run_ephemerals()
    assert SAID_LATE in bench.whispers(MAX)
    assert len(bench.rows(Task)) == 1
    await bench.press(MAX, card, "approve")  # nothing was lost, and no failure is remembered
    await bench.run()
    assert "approve" not in buttons(card)


async def test_known_person_needs_no_slack_call(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MAX, card, "edit")
    before = [call.method for call in bench.slack.calls]
    await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt is back")
    await bench.slack.post_message(MAX, MARKETING, f"<@{bench.slack.bot_user}> our canvas tote")
    await bench.settled()
    await bench.slack.click(MAX, MARKETING, card.ts, "approve")
    after = [call.method for call in bench.slack.calls]
    assert [
        one
        for one in after[len(before) :]
        if one in ("users.info", "auth.test", "conversations.info")
    ] == []
    assert [c.args["user"] for c in bench.slack.calls if c.method == "users.info"] == [MARIE, MAX]


# What is posted, whoever asked.


async def test_nothing_is_posted_to_a_channel_shared_meanwhile(bench: Bench) -> None:
    assert (
        await bench.slack.command(MARIE, MARKETING, "/draft", "just for me: e-mail: our shirt")
    ).ok
    assert (
        await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt is back")
    ).ok
    await share_channel(bench.slack, MARKETING, EVIL)
    await bench.run()
    assert not bench.said(MARKETING)


async def test_nothing_is_posted_to_a_former_member(bench: Bench) -> None:
    await bench.slack.post_message(
        MARIE, bench.slack.open_direct_message(MARIE), "e-mail: our linen shirt is back"
    )
    await bench.settled()
    await update_profile(bench.slack, MARIE, guest="multi")
    await bench.run()
    assert not bench.in_dm(MARIE)


async def test_earlier_installation_is_known_while_slack_is_away(bench: Bench) -> None:
    await installed(bench)
    later = Membership(bench.services, UserDirectory(bench.services.client))
    bench.slack.faults.http_500("auth.test", times=10)
    found = await later.installation()
    assert found.workspaces == {TEAM}
    assert not found.has(EVIL)


# What Slack's objects say, by themselves.

MEMBER = {
    "id": "U1",
    "team_id": "T1",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
}
GRID = {"enterprise_user": {"enterprise_id": "E1", "teams": ["T1", "T2"]}, "team_id": "T2"}


@pytest.mark.parametrize(
    ("more", "enterprise", "standing"),
    [
        ({}, None, "member"),
        ({"deleted": True}, None, "gone"),
        ({"is_bot": True}, None, "bot"),
        ({"is_workflow_bot": True}, None, "bot"),
        ({"id": "USLACKBOT"}, None, "bot"),
        ({"is_restricted": True}, None, "guest"),
        ({"is_restricted": True, "is_ultra_restricted": True}, None, "guest"),
        ({"is_stranger": True}, None, "stranger"),
        ({"team_id": "T2"}, None, "stranger"),
        ({"team_id": None}, None, "stranger"),
        (GRID, "E1", "member"),
        (GRID, None, "member"),
        (GRID, "E2", "stranger"),
        ({"enterprise_user": {"enterprise_id": "E1", "teams": ["T2"]}}, "E1", "stranger"),
        (GRID | {"is_restricted": True}, "E1", "guest"),
    ],
)
def test_user_object_is_classified(
    more: dict[str, Any], enterprise: str | None, standing: str
) -> None:
    assert classify_user(MEMBER | more, "T1", enterprise) == standing


def test_empty_user_object_is_a_stranger() -> None:
    assert classify_user({}, "T1") == "stranger"
    assert classify_user({}, "") == "stranger"


@pytest.mark.parametrize(
    ("channel", "outside"),
    [
        ({}, False),
        ({"is_shared": False, "shared_team_ids": ["T1"]}, False),
        ({"is_shared": True, "is_org_shared": True, "shared_team_ids": ["T1", "T2"]}, False),
        ({"is_shared": True, "is_ext_shared": True}, True),
        ({"is_shared": True, "is_org_shared": True, "is_ext_shared": True}, True),
        ({"is_pending_ext_shared": True}, True),
        ({"pending_shared": ["T9"]}, True),
        ({"pending_connected_team_ids": ["T9"]}, True),
        ({"is_shared": True}, True),
        ({"shared_team_ids": ["T1", "T9"]}, True),
        ({"connected_team_ids": ["T9"], "is_org_shared": True}, True),
        ({"shared_team_ids": ["T1", "T2"], "internal_team_ids": ["T1", "T2"]}, False),
    ],
)
def test_channel_object_is_classified(channel: dict[str, Any], outside: bool) -> None:
    assert is_shared_outside(channel, "T1") is outside


def test_card_place_does_not_bypass_the_check() -> None:
    assert make_place(RANDOM, MARIE, private=True)["channel"] == RANDOM  # the worker looks at it


async def test_membership_check_runs_before_every_listener(bench: Bench) -> None:
    """Bolt runs the app's own middleware before it looks for a listener."""
    app, _ = make_app(bench.services, bench.outside.people, "a signing secret")
    names = [one.name for one in app._async_middleware_list]
    assert any("check_authorization" in name for name in names)
    commands_told = {
        one.name.split()[0]
        for one in every_request(
            bench.slack, MARIE, TEAM, MARKETING, await bench.drafted(), refs_of(bench)
        )
        if one.kind == "slash_commands"
    }
    assert commands_told == {f"/{name}" for name in load_commands()}


async def test_socket_mode_uses_the_same_check(tmp_path: Path) -> None:
    async with bench_of(tmp_path, socket=True) as bench:
        bench.slack.people[OTTO].guest = "multi"
        before = traces(bench, OTTO)
        answer = await bench.slack.command(
            OTTO, MARKETING, "/draft", "e-mail: our linen shirt is back"
        )
        await bench.slack.post_message(
            OTTO, MARKETING, f"<@{bench.slack.bot_user}> our linen shirt"
        )
        await bench.run()
        assert not answer.body
        assert traces(bench, OTTO) == before
        await bench.drafted(MARIE)
