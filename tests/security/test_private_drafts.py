"""A private draft is shown to nobody else, whatever is pressed, filled in or forged.

The test walks the registries: every action and every form of the app is tried by everybody who may
not see a draft, with the ids of somebody's private rows and with unknown ids.
"""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.approvals.decision import Decision
from bot.audit.receipt import Receipt
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, NextStep, Part
from bot.core.writer import LlmCall
from bot.data.ingest.models import FileUpload
from bot.delivery.models import CampaignOutcome, Delivery
from bot.digests.models import Alert, Schedule
from bot.digests.visibility import Viewer, is_shared_with_team, may_see
from bot.drafts.models import Draft
from bot.i18n.messages import Words
from bot.messages.outbox import OutboxMessage
from bot.playground.slack_objects import Place, SlackMessage, SlackUser
from bot.slack import action_ids
from bot.slack.action_ids import ButtonValue
from bot.slack.actions import imports
from bot.slack.actions.buttons import BUTTON_ACTIONS, MODALS
from bot.slack.views.submissions import SUBMISSION_HANDLERS
from bot.tasks.models import Task
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, TEAM, Bench, bench_of, text_of
from tests.slack.bench import PARTS as NEUTRAL

ELSE, OUTSIDE = "UELSE", "T0OTHER"
BOARD = "C0BOARD"  # a private channel of Marie's, Max's and the intern's
WORD = "pantoufle"  # in everything of the private rows, and nowhere else
PARTS = (
    Part(kind="copy", key="subject", title="Subject", body=Copy(text=f"The {WORD} is here")),
    Part(kind="copy", key="body", title="Body", body=Copy(text=f"A {WORD} for winter.")),
)
LEADS = (
    NextStep(
        label=Words("Write to them"), skill="draft", words=f"write about the {WORD}", ask=True
    ),
    NextStep(label=Words("Do it now"), skill="draft", words=f"do the {WORD}"),
)
ELSEWHERE = {  # not in the registries of buttons
    action_ids.DOWNLOAD,
    action_ids.STAYED_OUT,
    action_ids.BRIEF_FORM,
    action_ids.OWN_TEXT,
}
ACTIONS = sorted({*BUTTON_ACTIONS, *MODALS, *ELSEWHERE})
KNOWN = {
    action_ids.APPROVE,
    action_ids.APPROVE_ANYWAY,
    action_ids.EDIT,
    action_ids.SEND_BACK,
    action_ids.STOP,
    action_ids.USE_HOOK,
    action_ids.ANSWER,
    action_ids.TRY_AGAIN,
    action_ids.ALERT_MUTE,
    action_ids.ALERT_UNMUTE,
    action_ids.ALERT_USELESS,
    action_ids.DETAILS,
    action_ids.LEAD,
    action_ids.LEAD_NOW,
    action_ids.EXPORT,
    action_ids.REJECT,
    action_ids.SOURCES,
    action_ids.WHAT_LEFT,
    action_ids.HISTORY,
    action_ids.DOWNLOAD,
}
ROWS = (Task, Draft, Decision, Delivery, FileUpload, Schedule, Alert, Receipt, CampaignOutcome)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_of(tmp_path) as found:
        yield found


def test_every_action_and_form_is_tried() -> None:
    """A new action or form is tried as well, or this test names it."""
    all_names = {
        value for key, value in vars(action_ids).items() if key.isupper() and isinstance(value, str)
    }
    assert all_names - {*ACTIONS, *SUBMISSION_HANDLERS} == {
        action_ids.MORE,
        action_ids.METADATA_EVENT_TYPE,
        action_ids.CHECKED,  # a pick of Approve
        action_ids.CHECK_TEXT,  # reads only the message that Slack sends with it
    }
    source = "".join(path.read_text() for path in Path("bot/slack").glob("*.py"))
    listeners = ("app.shortcut", "app.global_shortcut", "app.options")
    assert not [one for one in listeners if one in source]
    assert source.count("app.message_shortcut(") == 1


class Scene:
    """A workspace in which Marie has private rows of every kind."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.draft = self.task = self.arrival = ""
        self.seen = ""

    async def build(self) -> "Scene":
        bench, slack = self.bench, self.bench.slack
        slack.people[ELSE] = SlackUser(ELSE, "else", "Else", "Else", "Europe/Paris", "en-US")
        members = [MARIE, MAX, slack.bot_user]
        slack.places[BOARD] = Place(BOARD, "board", members=members, kind="group")
        bench.parts, bench.leads = PARTS, LEADS
        text = f"<@{slack.bot_user}> just for me: a draft about the {WORD}"
        await slack.post_message(MARIE, MARKETING, text)
        await bench.run()
        (draft,) = bench.drafts
        self.draft, self.task, self.seen = draft.id, draft.task, draft.fingerprint
        await slack.post_message(
            MARIE,
            slack.open_direct_message(MARIE),
            "",
            files=[(f"{WORD}.csv", b"Order,Amount\n1,9\n")],
        )
        await bench.run()
        (arrival,) = bench.rows(FileUpload)
        self.arrival = arrival.id
        assert (await slack.command(MARIE, slack.open_direct_message(MARIE), "/digest", WORD)).ok
        fields = {"name": {"name": WORD}}
        assert (await slack.submit(MARIE, bench.form(MARIE).id, fields)).ok
        await bench.run()
        self._enrich()
        await bench.run()
        bench.parts, bench.leads = NEUTRAL, ()
        return self

    def _enrich(self) -> None:
        """Add a receipt, a fact with its source, and campaign results."""
        now = self.bench.services.now()
        fact = Fact(id="a.b.c", label=WORD, value=WORD, source=f"{WORD}.csv", as_of=now.date())
        with self.bench.database.begin() as session:
            draft = session.get_one(Draft, self.draft)
            draft.evidence = Evidence(facts=(fact,)).model_dump_json()
            draft.cites = {"subject": [fact.id]}
            sent = LlmCall(writer="claude", sent=f"a prompt on the {WORD}", to="x:1", at=now)
            Receipt.record(session, workspace=TEAM, task=self.task, sent=sent)
            CampaignOutcome.record(
                session,
                self.bench.enqueue,
                workspace=TEAM,
                piece=draft.piece,
                code=draft.code,
                lines=[],
                now=now,
                asked=(WORD, Words("Is {x} ours?", x=WORD)),
            )
            place = {"channel": self.bench.slack.open_direct_message(MARIE), "user": MARIE}
            session.get_one(FileUpload, self.arrival).rejects = "rejects.csv"
            home = self.bench.services.home
            assert home is not None
            (home / "rejects.csv").write_text(WORD)
            assert session.get_one(FileUpload, self.arrival).place["channel"] == place["channel"]

    @property
    def refs(self) -> dict[str, list[ButtonValue]]:
        """Button values that somebody could forge: of Marie's rows and of unknown rows."""
        picks = ["0", MARKETING, WORD, action_ids.CHECKED]
        mine = [
            ButtonValue(task=self.task, draft=self.draft, seen=self.seen, pick=p) for p in picks
        ]
        return {
            "private": [*mine, ButtonValue(arrival=self.arrival, seen="0", pick="orders")],
            "unknown": [
                ButtonValue(task="0" * 16, draft="0.0.v1", seen=self.seen, pick="0"),
                ButtonValue(arrival="0" * 16, seen="0"),
            ],
        }

    def refs_for(self, action: str) -> list[ButtonValue]:
        """The values that the action could use; all of them for an unknown action."""
        by_pick = {ref.pick: ref for ref in self.refs["private"] if not ref.arrival}
        if action in {*imports.IMPORT_ACTIONS, action_ids.STAYED_OUT}:
            return [ref for ref in self.refs["private"] if ref.arrival]
        if action.startswith("digest_"):
            return [by_pick[WORD]]
        if action in (action_ids.SHARE, action_ids.SEND_TO):
            return [by_pick[MARKETING]]
        if action == action_ids.APPROVE:
            return [by_pick["0"], by_pick[action_ids.CHECKED]]
        return [by_pick["0"]] if action in KNOWN else self.refs["private"]

    # What somebody does.

    def pressed(
        self, user: str, action: str, ref: ButtonValue, channel: str, team: str
    ) -> dict[str, Any]:
        slack = self.bench.slack
        value = ref.pack()
        element: dict[str, Any] = {
            "action_id": action,
            "block_id": "b",
            "value": value,
            "type": "button",
        }
        if action in (
            action_ids.REJECT,
            action_ids.SOURCES,
            action_ids.WHAT_LEFT,
            action_ids.HISTORY,
            action_ids.DOWNLOAD,
        ):
            option = {"value": ref.model_copy(update={"pick": action}).pack()}
            element = {"action_id": action_ids.MORE, "block_id": "b", "selected_option": option}
        container: dict[str, Any] = {"type": "view", "view_id": "V0HOME"}
        body = slack.build_interaction("block_actions", user) | {"actions": [element]}
        if channel:
            container = {"type": "message", "channel_id": channel, "message_ts": "1.1"}
            body |= {"channel": {"id": channel, "name": "x"}}
        return self._from(body | {"container": container}, user, team)

    def sent(self, user: str, form: str, ref: ButtonValue, back: dict[str, str], team: str) -> Any:
        slack = self.bench.slack
        told = json.loads(ref.pack()) | {"back": back}
        words = {"type": "plain_text_input", "value": "warmer"}
        state = {
            "words": {"words": words},
            "reason": {"reason": words},
            "name": {"name": words},
            json.dumps(["subject", 0, ""]): {"text": words},
            "audience": {"audience": {"selected_option": {"value": "a"}}},
            "platform": {"platform": {"selected_option": {"value": "meta"}}},
        }
        if form == action_ids.DIGEST_FORM and team == TEAM:  # a name that is taken
            state["name"] = {"name": {"type": "plain_text_input", "value": WORD}}
        fields = [{"type": "input", "block_id": one} for one in state]
        view = {
            "id": slack.ids.new_id("V"),
            "type": "modal",
            "callback_id": form,
            "blocks": fields,
            "private_metadata": json.dumps(told),
            "state": {"values": state},
        }
        body = slack.build_interaction("view_submission", user) | {"view": view}
        return self._from(body, user, team)

    def _from(self, body: dict[str, Any], user: str, team: str) -> dict[str, Any]:
        if team != TEAM:
            body["team"], body["user"] = {"id": team}, {"id": user, "team_id": team}
        return body

    async def do(self, body: dict[str, Any]) -> Any:
        answer = await self.bench.slack.transport.send_request("interactive", body)
        assert answer.status == 200, body
        return answer.body

    # What is held against it.

    def rows(self) -> list[Any]:
        """All rows of Marie's that an attack could change."""
        found: list[tuple[str, Any]] = []
        for row in ROWS:
            for one in self.bench.rows(row):
                columns = {c.key: getattr(one, c.key) for c in one.__table__.columns}
                mine = columns.get("author", MARIE) in (MARIE, None)
                if mine and one.workspace == TEAM:
                    found.append((row.__name__, columns))
        cards = [post for post in self.bench.rows(OutboxMessage) if post.kind == "card"]
        found += [("Post", (p.id, p.wanted, p.place)) for p in cards if p.piece in self.pieces]
        return found

    @property
    def pieces(self) -> set[str]:
        return {f"{self.task}.0", f"arrival:{self.arrival}"}


def attackers(bench: Bench) -> dict[str, tuple[str, list[str], str]]:
    """The attacker, their place and their workspace."""
    dm = bench.slack.open_direct_message
    return {
        "approver": (MAX, [dm(MAX), MARKETING, ""], TEAM),
        "second approver": (LEA, [dm(LEA), ""], TEAM),
        "colleague in the channel": (OTTO, [MARKETING, ""], TEAM),
        "colleague elsewhere": (ELSE, [dm(ELSE), ""], TEAM),
        "other workspace": (MARIE, [dm(MARIE), ""], OUTSIDE),
    }


WHO = (
    "approver",
    "second approver",
    "colleague in the channel",
    "colleague elsewhere",
    "other workspace",
)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.sample(3)
async def test_private_draft_reaches_no_attacker(bench: Bench, who: str) -> None:
    scene = await Scene(bench).build()
    user, places, team = attackers(bench)[who]
    before, calls, answers = scene.rows(), len(bench.slack.calls), []
    for action in ACTIONS:
        for channel in places[:2]:
            for ref in scene.refs_for(action):
                answers.append(await scene.do(scene.pressed(user, action, ref, channel, team)))
    for form in SUBMISSION_HANDLERS:
        for ref in scene.refs["private"][:2]:
            for back in ({}, {"channel": bench.slack.open_direct_message(MARIE), "ts": "1.1"}):
                answers.append(await scene.do(scene.sent(user, form, ref, back, team)))
    await bench.run_ephemerals()
    await bench.run()
    if team == TEAM:
        await bench.slack.command(user, MARKETING, "/digest", WORD)
        await bench.slack.open_home(user)
        await bench.settled()
    told = [one for one in bench.slack.calls[calls:] if not _typed_by_themselves(one.args)]
    leaks = [(one.method, one.args) for one in told if WORD in _all_of(one.args)]
    assert leaks == []
    assert WORD not in json.dumps(answers)
    assert scene.rows() == before


def _typed_by_themselves(given: Any) -> bool:
    """The digest form shows the name that was typed after the command."""
    view = given.get("view") if isinstance(given, dict) else None
    view = json.loads(view) if isinstance(view, str) else view
    if not isinstance(view, dict) or view.get("callback_id") != action_ids.DIGEST_FORM:
        return False
    return json.dumps(view).count(WORD) <= 1 or _only_the_name(view)


def _only_the_name(view: dict[str, Any]) -> bool:
    shown = [one for one in view["blocks"] if WORD in json.dumps(one)]
    return [one["block_id"] for one in shown] == ["name"] and WORD not in view["private_metadata"]


def _all_of(given: Any) -> str:
    return json.dumps(given, default=str)


@pytest.mark.parametrize("who", WHO[:4])
@pytest.mark.sample(2)
async def test_private_draft_is_answered_like_an_unknown_one(bench: Bench, who: str) -> None:
    scene = await Scene(bench).build()
    user, places, team = attackers(bench)[who]
    for action in ACTIONS:
        said = {}
        for kind in ("private", "unknown"):
            ref = scene.refs[kind][0]
            if action in (
                action_ids.STAYED_OUT,
                action_ids.TAKE_IN,
                action_ids.DONT,
                action_ids.READ_AGAIN,
                action_ids.OTHER_KIND,
            ):
                ref = next(one for one in scene.refs[kind] if one.arrival)
            start = len(bench.slack.calls)
            await scene.do(scene.pressed(user, action, ref, places[0], team))
            await bench.run_ephemerals()
            said[kind] = [
                one.args.get("text")
                for one in bench.slack.calls[start:]
                if one.method.startswith("chat.") or one.method.startswith("views.")
            ]
        assert said["private"] == said["unknown"], action


async def test_author_sees_the_draft_everywhere(bench: Bench) -> None:
    scene = await Scene(bench).build()
    ref = ButtonValue(task=scene.task, draft=scene.draft, seen=scene.seen)
    for channel in (bench.slack.open_direct_message(MARIE), MARKETING, ""):
        for action in (
            action_ids.SOURCES,
            action_ids.HISTORY,
            action_ids.WHAT_LEFT,
            action_ids.EDIT,
        ):
            await scene.do(scene.pressed(MARIE, action, ref, channel, TEAM))
            assert WORD in json.dumps(bench.form(MARIE).blocks), (action, channel)


async def shared_card(bench: Bench, scene: Scene) -> SlackMessage:
    (private,) = [m for m in bench.in_dm(MARIE) if action_ids.SHARE in json.dumps(m.blocks)]
    await bench.press(MARIE, private, action_ids.SHARE)
    await bench.run()
    return bench.said(MARKETING)[-1]


async def test_shared_draft_is_shown_to_its_readers(bench: Bench) -> None:
    scene = await Scene(bench).build()
    await shared_card(bench, scene)
    ref = ButtonValue(draft=scene.draft, seen=scene.seen)
    for user, channel in (
        (OTTO, MARKETING),
        (ELSE, ""),
        (ELSE, bench.slack.open_direct_message(ELSE)),
    ):
        await scene.do(scene.pressed(user, action_ids.SOURCES, ref, channel, TEAM))
        assert WORD in json.dumps(bench.form(user).blocks)
    await bench.slack.open_home(MAX)
    await bench.settled()
    assert WORD in json.dumps(bench.slack.homes[MAX].blocks)


async def test_draft_in_a_private_channel_is_shown_to_members_only(bench: Bench) -> None:
    scene = await Scene(bench).build()
    await bench.drafted(MARIE, BOARD, f"e-mail: a {WORD} for the board")
    draft = bench.drafts[-1]
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint)
    for user in (LEA, OTTO, ELSE):
        for channel in ("", MARKETING, bench.slack.open_direct_message(user)):
            await scene.do(scene.pressed(user, action_ids.SOURCES, ref, channel, TEAM))
        await bench.slack.open_home(user)
        await bench.settled()
        assert not bench.slack.open_views(user)
        assert WORD not in json.dumps(bench.slack.homes[user].blocks)
    await scene.do(scene.pressed(MAX, action_ids.SOURCES, ref, "", TEAM))
    assert bench.form(MAX)
    await bench.slack.open_home(MAX)
    await bench.settled()
    assert WORD in json.dumps(bench.slack.homes[MAX].blocks)


async def test_draft_is_hidden_while_channel_members_are_unknown(bench: Bench) -> None:
    scene = await Scene(bench).build()
    await bench.drafted(MARIE, BOARD, f"e-mail: a {WORD} for the board")
    draft = bench.drafts[-1]
    bench.slack.places.pop(BOARD)
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint)
    await scene.do(scene.pressed(MAX, action_ids.SOURCES, ref, "", TEAM))
    assert not bench.slack.open_views(MAX)


async def test_unshared_version_is_not_in_the_history_or_receipts(bench: Bench) -> None:
    """Sent back in private and shared later: the first version stays visible only to its author."""
    scene = await Scene(bench).build()
    bench.parts = (Part(kind="copy", key="body", title="Body", body=Copy(text="A new shoe.")),)
    with bench.database.begin() as session:
        first = session.get_one(Task, scene.task)
        second = first.retry("f" * 16, previous=scene.draft, words="a shoe")
        Task.accept(session, bench.enqueue, second, bench.services.now())
        sent = LlmCall(writer="claude", sent=f"before: {WORD}", to="x:1", at=bench.services.now())
        Receipt.record(session, workspace=TEAM, task=second.id, sent=sent)
    await bench.run()
    draft = bench.drafts[-1]
    card = next(m for m in bench.in_dm(MARIE) if "A new shoe." in text_of(m.blocks))
    await bench.press(MARIE, card, action_ids.SHARE)
    await bench.run()
    start = len(bench.slack.calls)
    ref = ButtonValue(draft=draft.id, seen=draft.fingerprint)
    for action in (
        action_ids.HISTORY,
        action_ids.SOURCES,
        action_ids.WHAT_LEFT,
        action_ids.DOWNLOAD,
    ):
        await scene.do(scene.pressed(OTTO, action, ref, MARKETING, TEAM))
    await bench.run()
    told = [one.args for one in bench.slack.calls[start:]]
    assert "A new shoe." in _all_of(told)
    assert WORD not in _all_of(told)
    assert not [
        file
        for file in bench.slack.files.values()
        if WORD.encode() in (file.content or b"") and file.user == OTTO
    ]
    await bench.press(MAX, bench.said(MARKETING)[-1], action_ids.SEND_BACK)
    await bench.slack.submit(MAX, bench.form(MAX).id, {"reason": {"reason": "warmer"}})
    await bench.run()
    again = bench.tasks[-1]
    assert (again.private, again.previous) == (False, draft.id)


async def test_private_draft_is_not_in_a_digest(bench: Bench) -> None:
    scene = await Scene(bench).build()
    with bench.database.begin() as session:
        assert not is_shared_with_team(session, session.get_one(Draft, scene.draft))
    await shared_card(bench, scene)
    with bench.database.begin() as session:
        assert is_shared_with_team(session, session.get_one(Draft, scene.draft))


async def test_conversation_is_read_only_for_its_members(bench: Bench) -> None:
    await Scene(bench).build()
    root = await bench.slack.post_message(MARIE, BOARD, f"the {WORD} is late")
    ask = root.ts
    for user, readable in ((MAX, True), (OTTO, False), (ELSE, False)):
        place = {"channel": BOARD, "thread": ask, "asked": "9999999999.1", "user": user}
        found = await bench.outside.read_conversation(TEAM, place, "sum this thread up")
        assert (WORD in found) is readable, user


async def test_brief_is_posted_only_where_its_sender_can_read(bench: Bench) -> None:
    scene = await Scene(bench).build()
    before = len(bench.tasks)
    for channel in (BOARD, bench.slack.open_direct_message(MARIE)):
        body = scene.sent(OTTO, action_ids.BRIEF_FORM, ButtonValue(), {"channel": channel}, TEAM)
        assert (await scene.do(body))["response_action"] == "errors"
    assert len(bench.tasks) == before
    await scene.do(
        scene.sent(OTTO, action_ids.BRIEF_FORM, ButtonValue(), {"channel": MARKETING}, TEAM)
    )
    assert len(bench.tasks) == before + 1


def places(session: Session, piece: str) -> Iterable[str | None]:
    cards = select(OutboxMessage.channel).where(
        OutboxMessage.piece == piece, OutboxMessage.kind == "card"
    )
    return list(session.scalars(cards))


async def test_other_workspace_sees_nothing(bench: Bench) -> None:
    scene = await Scene(bench).build()
    with bench.database.begin() as session:
        draft = session.get_one(Draft, scene.draft)
        everywhere = frozenset(filter(None, places(session, draft.piece)))
        assert may_see(session, Viewer(TEAM, OTTO, everywhere), draft)
        assert not may_see(session, Viewer(OUTSIDE, MARIE, everywhere, approver=True), draft)
        rows: list[type[Any]] = [Task, FileUpload, Schedule]
        for row in rows:
            found: list[Any] = list(session.scalars(select(row)))
            assert found
            stranger = Viewer(OUTSIDE, MARIE, everywhere, True)
            assert not [one for one in found if may_see(session, stranger, one)]


def test_button_press_is_remembered_for_a_limited_time() -> None:
    from bot.slack.membership import ANSWER_CACHE_SECONDS, PRESSED_CACHE_SECONDS, ChannelMembers

    members = ChannelMembers()
    members.record_press(TEAM, OTTO, MARKETING)
    assert members.cached(TEAM, OTTO, {MARKETING, BOARD}) == {MARKETING}
    assert members.cached(OUTSIDE, OTTO, {MARKETING}) == frozenset()
    assert members.cached(TEAM, ELSE, {MARKETING}) == frozenset()
    assert (
        timedelta(seconds=ANSWER_CACHE_SECONDS)
        < timedelta(seconds=PRESSED_CACHE_SECONDS)
        <= timedelta(minutes=10)
    )
