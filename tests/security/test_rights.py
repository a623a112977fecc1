"""Each right guards its actions: who has it may; every other member is told who has it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.config.policy import RIGHTS, Access, ApprovalPolicy, Policy, Right
from bot.digests.models import Schedule
from bot.errors import CannotDo
from bot.slack.membership import Membership
from bot.tasks.services import check_default_right
from tests.security.requests import counted
from tests.security.test_outsiders import hired
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, TEAM, Bench, bench_of, text_of
from tests.slack.test_audience_rule import answered, exporting

GROUP = "S0TEAM"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


def only(*people: str, **more: Any) -> Policy:
    """A policy in which only these people have every right; LEA is an approver by the old list."""
    rights: dict[str, Any] = dict.fromkeys(RIGHTS, people)
    return Policy(
        approval=ApprovalPolicy(approvers=(LEA,), author_may_approve=True),
        access=Access.model_validate(rights | more),
    )


async def by_command(bench: Bench, user: str) -> bool:
    before = len(bench.tasks)
    await bench.slack.command(user, MARKETING, "/draft", "e-mail: our linen shirt is back")
    return len(bench.tasks) > before


async def by_form_command(bench: Bench, user: str) -> bool:
    await bench.slack.command(user, MARKETING, "/draft")
    return bool(bench.slack.open_views(user))


async def by_mention(bench: Bench, user: str) -> bool:
    before = len(bench.tasks)
    await bench.slack.post_message(
        user, MARKETING, f"<@{bench.slack.bot_user}> our linen shirt is back"
    )
    await bench.settled()
    return len(bench.tasks) > before


async def by_direct_message(bench: Bench, user: str) -> bool:
    before = len(bench.tasks)
    await bench.slack.post_message(
        user, bench.slack.open_direct_message(user), "e-mail: our linen shirt is back"
    )
    await bench.settled()
    return len(bench.tasks) > before


async def by_dropping(bench: Bench, user: str) -> bool:
    before = counted(bench)["arrivals"]
    file = [("orders.csv", b"order_id,total\n1,10\n")]
    await bench.slack.post_message(user, MARKETING, f"<@{bench.slack.bot_user}>", files=file)
    await bench.settled()
    return counted(bench)["arrivals"] > before


async def by_pressing_take_in(bench: Bench, user: str) -> bool:
    await allowed(bench, by_dropping)
    await bench.run()
    (card,) = [m for m in bench.said() if "take_in" in str(m.blocks)]
    await bench.slack.click(user, MARKETING, card.ts, "take_in")
    await bench.run()
    return bool(bench.stockroom.rows)


async def by_mapping_anew(bench: Bench, user: str) -> bool:
    await allowed(bench, by_dropping)
    await bench.run()
    (card,) = [m for m in bench.said() if "other_kind" in str(m.blocks)]
    elements = [e for b in card.blocks for e in [*b.get("elements", []), b.get("accessory") or {}]]
    element = next(one for one in elements if one.get("action_id") == "other_kind")
    seen = len(bench.stockroom.seen_kinds)
    groups = element.get("option_groups") or [{"options": element["options"]}]
    option = groups[0]["options"][0]
    await bench.slack.click(user, MARKETING, card.ts, "other_kind", value=option["value"])
    await bench.run()
    return len(bench.stockroom.seen_kinds) > seen


async def by_approving(bench: Bench, user: str) -> bool:
    policy, bench.policy = bench.policy, only(MARIE)
    card = await bench.drafted(MARIE)
    bench.policy = policy
    await bench.slack.click(user, MARKETING, card.ts, "approve")
    await bench.settled()
    return counted(bench)["decisions"] > 0


async def by_opening_a_digest(bench: Bench, user: str) -> bool:
    await bench.slack.command(user, MARKETING, "/digest")
    return bool(bench.slack.open_views(user))


async def by_setting_a_digest(bench: Bench, user: str) -> bool:
    """The right is checked again when the form is submitted."""
    policy, bench.policy = bench.policy, only(user)
    await bench.slack.command(user, MARKETING, "/digest")
    view = bench.slack.open_views(user)[-1]
    bench.policy = policy
    await bench.slack.submit(user, view.id, {"name": {"name": "weekly"}})
    return counted(bench)["schedules"] > 0


async def by_switching_a_digest_on(bench: Bench, user: str) -> bool:
    policy, bench.policy = bench.policy, only(MARIE)
    await bench.slack.command(MARIE, MARKETING, "/digest")
    await bench.slack.submit(MARIE, bench.form(MARIE).id, {"name": {"name": "weekly"}})
    await bench.run()
    (card,) = bench.in_dm(MARIE)
    bench.policy = policy
    body = _pressed_elsewhere(bench, user, card, "digest_on")
    await bench.slack.send_interaction(body)
    with bench.database.begin() as session:
        return session.get_one(Schedule, (TEAM, "weekly")).state == "on"


def _pressed_elsewhere(bench: Bench, user: str, card: Any, action: str) -> dict[str, Any]:
    """A button value in the hands of a person who does not see its card."""
    element = next(
        e for b in card.blocks for e in b.get("elements", []) if e.get("action_id") == action
    )
    pressed = {"action_id": action, "block_id": "b", "type": "button", "action_ts": "1.1"}
    return bench.slack.build_interaction("block_actions", user) | {
        "container": {"type": "message", "message_ts": card.ts, "channel_id": MARKETING},
        "channel": {"id": MARKETING, "name": "marketing"},
        "actions": [pressed | {"value": element["value"]}],
        "state": {"values": {}},
    }


async def allowed(bench: Bench, deed: "Deed") -> None:
    """Marie does it, who has the right."""
    policy, bench.policy = bench.policy, only(MARIE)
    assert await deed(bench, MARIE)
    bench.policy = policy


async def by_exporting(bench: Bench, user: str) -> bool:
    asked = exporting(bench)
    policy, bench.policy = bench.policy, only(MARIE, MAX)
    card = await answered(bench)
    await bench.press(MAX, card, "approve")
    await bench.run()
    bench.policy = policy
    await bench.slack.click(user, card.channel, card.ts, "export_audience")
    if not bench.slack.open_views(user):
        return False
    await bench.slack.submit(user, bench.form(user).id)
    await bench.run()
    return bool(asked)


async def by_exporting_late(bench: Bench, user: str) -> bool:
    """The right is checked again when the file is created."""
    asked = exporting(bench)
    policy, bench.policy = bench.policy, only(MARIE, MAX, user)
    card = await answered(bench)
    await bench.press(MAX, card, "approve")
    await bench.run()
    await bench.slack.click(user, card.channel, card.ts, "export_audience")
    await bench.slack.submit(user, bench.form(user).id)
    bench.policy = policy
    with contextlib.suppress(CannotDo):
        await bench.run()
    return bool(asked)


Deed = Callable[[Bench, str], Awaitable[bool]]
DEEDS: dict[Deed, Right] = {
    by_command: "ask",
    by_form_command: "ask",
    by_mention: "ask",
    by_direct_message: "ask",
    by_dropping: "ask",
    by_pressing_take_in: "import",
    by_mapping_anew: "import",
    by_exporting: "export",
    by_exporting_late: "export",
    by_approving: "approve",
    by_opening_a_digest: "administer",
    by_setting_a_digest: "administer",
    by_switching_a_digest_on: "administer",
}
CASES = pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)


@CASES
@pytest.mark.sample(3)
async def test_person_with_the_right_may_act(bench: Bench, deed: Deed) -> None:
    bench.policy = only(OTTO)
    assert await deed(bench, OTTO)


@CASES
@pytest.mark.sample(4)
async def test_member_of_a_group_with_the_right_may_act(bench: Bench, deed: Deed) -> None:
    bench.slack.usergroups[GROUP] = {"id": GROUP, "handle": "team", "users": [OTTO]}
    bench.policy = only(MARIE, **{DEEDS[deed]: (GROUP,)})
    assert await deed(bench, OTTO)


@CASES
@pytest.mark.sample(3)
async def test_other_members_are_refused(bench: Bench, deed: Deed) -> None:
    bench.slack.usergroups[GROUP] = {"id": GROUP, "handle": "team", "users": [MAX]}
    bench.policy = only(OTTO, **{DEEDS[deed]: (MARIE, GROUP)})
    assert not await deed(bench, OTTO)


@CASES
@pytest.mark.sample(4)
async def test_unknown_group_has_no_members(bench: Bench, deed: Deed) -> None:
    bench.policy = only(MARIE, **{DEEDS[deed]: (GROUP,)})  # there is no such group
    assert not await deed(bench, OTTO)


async def test_request_waits_until_group_members_are_known(bench: Bench) -> None:
    bench.slack.usergroups[GROUP] = {"id": GROUP, "handle": "team", "users": [OTTO]}
    bench.policy = only(MARIE, ask=(GROUP,))
    bench.slack.faults.http_500("usergroups.users.list", times=20)
    assert await by_command(bench, OTTO)  # stored: who may ask is asked again by the worker
    assert await by_command(bench, MAX)
    assert not await by_form_command(bench, OTTO)  # what acts at once does not wait
    bench.slack.faults.planned_faults.clear()
    worker, tasks = hired(bench), {task.author: task.id for task in bench.tasks}
    for id in tasks.values():
        await worker.jobs["work"](id)
    states = {task.author: task.state for task in bench.tasks}
    assert states[OTTO] in ("done", "asking")
    assert states[MAX] == "failed"


# Policies, by themselves.


def test_default_rights_without_access_section() -> None:
    policy = Policy(approval=ApprovalPolicy(approvers=("UBOSS",)))
    assert {right for right in RIGHTS if policy.may("UANY", right)} == {"ask"}
    assert {right for right in RIGHTS if policy.may("UBOSS", right)} == set(RIGHTS) - {"see_people"}


def test_default_rights_without_policy() -> None:
    assert {right for right in RIGHTS if Policy().may("UANY", right)} == {"ask"}


@pytest.mark.parametrize("right", RIGHTS)
def test_list_gives_only_its_own_right(right: Right) -> None:
    access = Access.model_validate({right: ("UONE",)})
    policy = Policy(approval=ApprovalPolicy(approvers=("UBOSS",)), access=access)
    mine = {one for one in RIGHTS if policy.may("UONE", one)}
    theirs = {"import", "export", "administer"} if right == "approve" else set()
    assert mine == {right, "ask"} | theirs
    if right != "approve":
        assert policy.may("UBOSS", right) is False
    assert policy.may_approve("UBOSS", author="UANY")


def test_empty_list_gives_the_right_to_nobody() -> None:
    policy = Policy(
        approval=ApprovalPolicy(approvers=("UBOSS",)),
        access=Access.model_validate({"ask": (), "export": ()}),
    )
    assert not policy.may("UBOSS", "ask")
    assert not policy.may("UBOSS", "export")
    with pytest.raises(CannotDo, match="Nobody here has the right"):
        policy.require("UBOSS", "export")


def test_refusal_names_who_has_the_right() -> None:
    policy = Policy(access=Access.model_validate({"export": ("UONE", "S1")}))
    with pytest.raises(CannotDo, match=r"<@UONE> <!subteam.S1>"):
        policy.require("UANY", "export")


async def test_worker_defaults_let_nobody_see_people() -> None:
    assert [right for right in RIGHTS if await check_default_right(TEAM, "UANY", right)] == ["ask"]


async def test_rights_are_checked_with_the_membership(bench: Bench) -> None:
    bench.policy = only(OTTO, MARIE)
    bench.slack.people[OTTO].guest = "multi"
    membership: Membership = bench.outside.membership
    assert [await membership.may(TEAM, MARIE, right) for right in RIGHTS] == [True] * len(RIGHTS)
    assert [await membership.may(TEAM, OTTO, right) for right in RIGHTS] == [False] * len(RIGHTS)
    assert not await membership.may("T0EVIL", MARIE, "ask")


async def test_refused_member_is_told_who_has_the_right(bench: Bench) -> None:
    bench.policy = only(MARIE)
    answer = await bench.slack.command(OTTO, MARKETING, "/draft", "e-mail: our linen shirt is back")
    assert answer.body["text"] == f"You can't ask for work here. These people can: <@{MARIE}>"
    await by_mention(bench, OTTO)
    await bench.run_ephemerals()
    assert any("can't ask for work" in text for text in bench.whispers(OTTO))
    assert text_of(bench.whispers(OTTO)[0])
