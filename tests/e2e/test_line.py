"""From Slack to Slack, an intern …"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.local_slack import LocalSlack
from bot.playground.slack_objects import SlackMessage
from tests.e2e.chaos import POLICY
from tests.support.injections import IN_MATERIAL, IN_WORDS
from tests.support.paths import ROOT
from tests.support.processes import Intern, free_port
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("line"),
    pytest.mark.timeout(300),
]
WISH = "e-mail: our linen shirt is back, for people who bought shirts last summer"
BRAND = 'name = "Maison Lin"\nlanguages = ["en", "fr"]\nsite = "https://lin.example"\n'
CATALOGUE = """name;price;currency;description;materials;colours
Linen shirt;59,90;EUR;Loose linen shirt with a narrow collar and coconut buttons;linen;sand, blue
Wool jumper;89,00;EUR;Ribbed wool jumper with a round neck;wool;grey
Stoneware vase;34,50;EUR;Hand-glazed stoneware vase, 24 cm high;stoneware;white
"""


class World:
    """A local Slack with an intern in it."""

    def __init__(self, slack: LocalSlack, intern: Intern) -> None:
        self.slack, self.intern = slack, intern

    async def card(
        self, words: str, *, by: str = "UMARIE", channel: str = "C0MARKET"
    ) -> SlackMessage:
        """Ask by `/draft`, and wait for what the card ends as."""
        before = {m.ts for m in self.ours(channel)}
        answer = await self.slack.command(by, channel, "/draft", words)
        assert answer.ok, answer
        return await self.ended(lambda: self.new(channel, before))

    async def ended(self, find: object, seconds: float = 60) -> SlackMessage:
        """The message, once its card has come to an end."""
        found: list[SlackMessage] = []

        def over() -> bool:
            found[:] = [m for m in find() if over_with(m)]  # type: ignore[operator]
            return bool(found)

        await wait_until(self.slack, over, seconds)
        return found[0]

    def new(self, channel: str, before: set[str]) -> list[SlackMessage]:
        return [m for m in self.ours(channel) if m.ts not in before]

    def ours(self, channel: str) -> list[SlackMessage]:
        found: dict[str, SlackMessage] = {}
        for message in self.slack.transcript(channel):
            found[message.ts] = message
            found |= {reply.ts: reply for reply in message.replies}
        return [m for m in found.values() if m.bot_id and not m.deleted]

    async def press(self, by: str, card: SlackMessage, action: str, **more: object) -> None:
        answer = await self.slack.click(by, card.channel, card.ts, action, **more)  # type: ignore[arg-type]
        assert answer.ok, answer

    async def wait_for_ephemeral(self, user: str, channel: str, part: str) -> SlackMessage:
        """What only this person sees, once it says so."""
        found: list[SlackMessage] = []

        def said() -> bool:
            found[:] = [m for m in self.slack.ephemerals(user, channel) if part in words_of(m)]
            return bool(found)

        await wait_until(self.slack, said, 40)
        return found[-1]


def words_of(message: SlackMessage) -> str:
    """All that a message shows, as one text."""
    return f"{message.text} {json.dumps(message.blocks, ensure_ascii=False)}"


def actions(message: SlackMessage) -> set[str]:
    rows = [b for b in message.blocks if b.get("type") == "actions"]
    return {str(e.get("action_id")).split(":")[0] for b in rows for e in b.get("elements", [])}


def over_with(message: SlackMessage) -> bool:
    """Whether a card has ended: a draft, a question, or a reason."""
    return bool(message.blocks) and '"action_id": "stop"' not in words_of(message)


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    home = tmp_path_factory.mktemp("line")
    await asyncio.to_thread(furnish, home)
    async with LocalSlack(signing_secret="line") as slack:
        intern = Intern(slack, home)
        await intern.start()
        slack.transport.events_url = intern.url
        yield World(slack, intern)
        assert await intern.end() == 0
        assert "failed:" not in intern.log(), intern.log()[-3000:]


def furnish(home: Path) -> None:
    """A brand, a policy and a catalogue, as an administrator sets them up."""
    import subprocess

    (home / "policy.toml").write_text(POLICY + '[delivery]\nchannels = ["C0LAUNCH"]\n')
    (home / "brand.toml").write_text(BRAND)
    (home / "shop.csv").write_text(CATALOGUE)
    subprocess.run(
        [sys.executable, "-m", "bot", "import", "--yes", str(home / "shop.csv")],
        check=True,
        env={"SUPER_INTERN_HOME": str(home)},
    )


def parts(message: SlackMessage) -> str:
    return re.sub(r"\s+", " ", words_of(message))


async def test_drafts_what_a_command_asks_for(world: World) -> None:
    card = await world.card(WISH)
    assert {"approve", "edit", "send_back", "more"} <= actions(card)
    assert "Linen" in parts(card) or "linen" in parts(card)
    assert "Texte type (sans IA)" in parts(card)


async def test_answers_a_mention_once_although_it_comes_in_two_forms(world: World) -> None:
    world.slack.faults.deliver_twice = True
    before = {m.ts for m in world.ours("C0MARKET")}
    text = f"<@{world.slack.bot_user}> SMS: the wool jumper is back"
    mention = await world.slack.post_message("UMARIE", "C0MARKET", text)
    card = await world.ended(lambda: world.new("C0MARKET", before))
    await world.slack.wait_for_deliveries()
    await asyncio.sleep(0.7)
    world.slack.faults.deliver_twice = False
    assert len(world.new("C0MARKET", before)) == 1
    assert card.thread_ts == mention.ts


async def test_edits_checks_approves_and_delivers_those_exact_words(world: World) -> None:
    card = await world.card("e-mail: our stoneware vase")
    await world.press("UMARIE", card, "edit")
    (view,) = world.slack.open_views("UMARIE")
    field = next(b for b in view.blocks if "subject" in str(b.get("block_id")))
    words = "A vase with a calm white glaze"
    typed = {field["block_id"]: {field["element"]["action_id"]: words}}
    assert (await world.slack.submit("UMARIE", view.id, typed)).ok
    await wait_until(
        world.slack, lambda: words in words_of(card) and "approve" in actions(card), 40
    )
    await world.press("UMAX", card, "approve")
    thread = card.thread_ts or card.ts

    def delivered() -> bool:
        return any(words in words_of(m) for m in world.slack.messages("C0MARKET", thread))

    await wait_until(world.slack, delivered, 40)
    await wait_until(world.slack, lambda: "si-" in words_of(card), 40)
    sent = [m for m in world.slack.messages("C0MARKET", thread) if "si-" in words_of(m)]
    assert len(sent) == 1


async def test_refuses_an_outsider_by_name_of_those_who_may(world: World) -> None:
    card = await world.card("e-mail: our wool jumper")
    await world.press("UOTTO", card, "approve")
    told = await world.wait_for_ephemeral("UOTTO", "C0MARKET", "right to approve")
    assert "<@UMAX>" in words_of(told)
    assert "approve" in actions(card)


async def test_answers_a_send_back_with_a_new_draft_in_the_same_thread(world: World) -> None:
    card = await world.card("e-mail: our linen shirt")
    await world.press("UMAX", card, "send_back")
    (view,) = world.slack.open_views("UMAX")
    inputs = [b for b in view.blocks if b.get("type") == "input"]
    reason = next(b for b in inputs if b["element"]["type"] == "plain_text_input")
    typed = {reason["block_id"]: {reason["element"]["action_id"]: "shorter, please"}}
    assert (await world.slack.submit("UMAX", view.id, typed)).ok
    thread = card.thread_ts or card.ts

    def below() -> list[SlackMessage]:
        return [m for m in world.slack.messages("C0MARKET", thread) if m.bot_id]

    again = await world.ended(below)
    assert "approve" in actions(again)
    await wait_until(world.slack, lambda: "approve" not in actions(card), 40)


@pytest.mark.slow
async def test_says_so_when_rules_cannot_take_up_why_it_was_sent_back(world: World) -> None:
    card = await world.card("sms: our linen shirt")
    thread = card.thread_ts or card.ts
    why = "shorter, please"
    for _ in range(4):  # the rules may have shorter words a few times
        before = {m.ts for m in world.slack.messages("C0MARKET", thread)}
        await world.press("UMAX", card, "send_back")
        (view,) = world.slack.open_views("UMAX")
        inputs = [b for b in view.blocks if b.get("type") == "input"]
        reason = next(b for b in inputs if b["element"]["type"] == "plain_text_input")
        typed = {reason["block_id"]: {reason["element"]["action_id"]: why}}
        assert (await world.slack.submit("UMAX", view.id, typed)).ok

        def below(old: set[str] = before) -> list[SlackMessage]:
            found = world.slack.messages("C0MARKET", thread)
            return [m for m in found if m.bot_id and m.ts not in old]

        card = await world.ended(below)
        if f"sans pouvoir tenir compte de ceci : « {why} »" in words_of(card):
            break
    assert f"sans pouvoir tenir compte de ceci : « {why} »" in words_of(card)
    assert "edit" in actions(card)


async def test_keeps_a_private_draft_to_one_person_until_it_is_shared(world: World) -> None:
    before = {m.ts for m in world.ours("C0MARKET")}
    direct = world.slack.open_direct_message("UMARIE")
    there = {m.ts for m in world.ours(direct)}
    answer = await world.slack.command(
        "UMARIE", "C0MARKET", "/draft", "rien que pour moi : SMS pour le pull en laine"
    )
    assert answer.ok
    card = await world.ended(lambda: world.new(direct, there))
    assert world.new("C0MARKET", before) == []
    await world.press("UMARIE", card, "share")
    await world.ended(lambda: world.new("C0MARKET", before))


async def test_goes_to_the_direct_messages_where_it_is_no_member(world: World) -> None:
    direct = world.slack.open_direct_message("UMAX")
    there = {m.ts for m in world.ours(direct)}
    answer = await world.slack.command("UMAX", "C0SECRET", "/draft", "e-mail: our wool jumper")
    assert answer.ok
    card = await world.ended(lambda: world.new(direct, there))
    assert "/invite" in words_of(card)


async def test_names_what_the_catalogue_lacks_and_offers_the_form(world: World) -> None:
    card = await world.card("e-mail: something nice")
    assert "« nice »" in words_of(card).replace("\u00a0", " ")
    assert "approve" not in actions(card)


async def test_says_so_when_the_draft_was_changed_meanwhile(world: World) -> None:
    card = await world.card("e-mail: our linen shirt is here")
    stale = [dict(block) for block in card.blocks]
    await world.press("UMARIE", card, "edit")
    (view,) = world.slack.open_views("UMARIE")
    field = next(b for b in view.blocks if "subject" in str(b.get("block_id")))
    typed = {field["block_id"]: {field["element"]["action_id"]: "Another subject altogether"}}
    assert (await world.slack.submit("UMARIE", view.id, typed)).ok
    await wait_until(world.slack, lambda: "approve" in actions(card) and card.blocks != stale, 40)
    fresh, card.blocks = card.blocks, stale
    await world.press("UMAX", card, "approve")
    await world.wait_for_ephemeral("UMAX", "C0MARKET", "changed after you opened it")
    card.blocks = fresh


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("try", "draft", "SMS: our wool jumper"), "jumper"),
        (("import", "--yes", "shop.csv"), "3 products from shop.csv: 0 new, 3 replaced."),
        (("journal", "verify"), "entries, whole"),
    ],
)
@pytest.mark.sample(3)
async def test_lets_other_commands_run_beside_it(
    world: World, command: tuple[str, ...], says: str
) -> None:
    code, printed = await typed(world, *command)
    assert code == 0, printed
    assert says in printed


@pytest.mark.slow
async def test_lets_no_second_one_work_on_its_database(world: World) -> None:
    code, printed = await typed(world, "serve")
    assert code == 2
    assert "Another Super-Intern is already at work" in printed
    assert "Traceback" not in printed


async def typed(world: World, *command: str) -> tuple[int, str]:
    """A command in a terminal, with the running intern's own settings."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *command),
        cwd=world.intern.home,
        env=world.intern.environment | {"PYTHONPATH": str(ROOT), "PORT": str(free_port())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode or 0, printed.decode()


@pytest.mark.parametrize("part", range(5))
@pytest.mark.sample(5)
async def test_is_moved_by_no_instruction_in_words_or_material(world: World, part: int) -> None:
    in_words, in_material = IN_WORDS[part::5], IN_MATERIAL[part::5]
    direct = world.slack.open_direct_message("UMARIE")
    before = {m.ts for m in world.ours("C0MARKET")}
    there = {m.ts for m in world.ours(direct)}
    elsewhere = len(world.ours("C0SECRET")) + len(world.ours("C0LAUNCH"))
    for number, words in enumerate(in_words):
        text = f"e-mail: our linen shirt, {words}"
        assert (await world.slack.command("UMARIE", "C0MARKET", "/draft", text)).ok, number
    for text in in_material:
        root = await world.slack.post_message("UOTTO", "C0MARKET", text)
        ask = f"<@{world.slack.bot_user}> SMS: our wool jumper"
        await world.slack.post_message("UMARIE", "C0MARKET", ask, thread_ts=root.ts)
    wanted = len(in_words) + len(in_material)

    def ended() -> list[SlackMessage]:
        found = [*world.new("C0MARKET", before), *world.new(direct, there)]
        return [m for m in found if over_with(m)]

    await wait_until(world.slack, lambda: len(ended()) >= wanted, 120)
    for card in ended():
        # The card itself names those who may approve.
        shown = words_of(card).replace("<@UMAX>, <@ULEA>", "", 1)
        for bad in ("<!channel", "<!here", "<!everyone", "<@UMAX>", "evil.example/pixel"):
            assert bad not in shown, shown
        assert "90 % off today" not in copy_of(card)
        assert "cures migraine" not in copy_of(card)
        assert "organic" not in copy_of(card)
    assert len(world.ours("C0SECRET")) + len(world.ours("C0LAUNCH")) == elsewhere
    assert world.slack.open_views("UMAX") == []


def copy_of(card: SlackMessage) -> str:
    """What the card shows as text that could go out."""
    return " ".join(str(b.get("text")) for b in card.blocks if b.get("type") == "section")
