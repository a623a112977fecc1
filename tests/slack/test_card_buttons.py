"""The buttons on cards."""

import asyncio
import copy

import pytest

from bot.approvals.decision import Decision
from bot.core.request import Question
from bot.delivery.models import Delivery
from bot.i18n.messages import Words
from bot.jobs.models import Job
from bot.messages.outbox import OutboxMessage
from bot.playground.slack_objects import SlackMessage
from bot.slack.action_ids import ButtonValue
from bot.tasks.models import Task
from tests.slack.bench import (
    LAUNCHES,
    LEA,
    MARIE,
    MARKETING,
    MAX,
    OTTO,
    RANDOM,
    Bench,
    blocked,
    buttons,
    text_of,
    with_approval,
)

EDITED = {'["subject", 0, "-"]': {"text": "Linen is back"}}


async def test_approval_is_bound_to_person_and_words(bench: Bench) -> None:
    card = await bench.approved()
    (decision,) = bench.rows(Decision)
    assert (decision.verdict, decision.by) == ("approve", MAX)
    assert decision.fingerprint == bench.drafts[0].fingerprint
    assert "<@UMAX>" in text_of(card)
    assert "approve" not in buttons(card)
    assert [delivery.state for delivery in bench.rows(Delivery)] == ["gone"]


async def test_approval_by_non_approver_is_refused_in_their_language(bench: Bench) -> None:
    bench.policy = with_approval(bench.policy, approvers=(MAX,))
    card = await bench.drafted()
    await bench.press(OTTO, card, "approve")
    await bench.press(LEA, card, "approve")
    assert not bench.rows(Decision)
    (told,) = bench.whispers(OTTO)
    assert "right to approve" in told
    assert len(bench.whispers(LEA)) == 1
    assert not bench.whispers(MAX)


async def test_refusal_is_shown_although_slack_is_busy(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.faults.rate_limit("chat.postEphemeral", times=2, retry_after=1)
    bench.slack.faults.rate_limit("chat.postMessage", times=1, retry_after=1)
    await bench.press(OTTO, card, "approve")
    async with asyncio.timeout(20):
        while not bench.whispers(OTTO):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(bench.whispers(OTTO)) == 1
    assert not bench.in_dm(OTTO)


async def test_two_simultaneous_approvals_make_one_delivery(
    any_bench: Bench,
) -> None:
    bench = any_bench
    card = await bench.drafted()
    answers = await asyncio.gather(
        *(bench.slack.click(who, MARKETING, card.ts, "approve") for who in (MAX, LEA))
    )
    assert all(answer.ok for answer in answers)
    await bench.run()
    (decision,) = bench.rows(Decision)
    assert len(bench.rows(Delivery)) == 1
    late = LEA if decision.by == MAX else MAX
    (told,) = bench.whispers(late)
    assert f"<@{decision.by}>" in told
    assert not bench.whispers(decision.by)


async def test_second_approval_by_same_person_is_refused(bench: Bench) -> None:
    bench.policy = with_approval(bench.policy, needed=2)
    card = await bench.drafted()
    await bench.press(MAX, card, "approve")
    await bench.press(MAX, card, "approve")
    assert len(bench.rows(Decision)) == 1
    assert len(bench.whispers(MAX)) == 1
    assert not bench.rows(Delivery)
    await bench.press(LEA, card, "approve")
    assert len(bench.rows(Delivery)) == 1


async def test_approval_of_outdated_words_is_refused_and_redraws_card(bench: Bench) -> None:
    card = await bench.drafted()
    old = next(block for block in card.blocks if block["type"] == "actions")
    value = next(one["value"] for one in old["elements"] if one["action_id"] == "approve")
    await bench.press(OTTO, card, "edit")
    assert (await bench.slack.submit(OTTO, bench.form(OTTO).id, EDITED)).ok
    stale = [job for job in bench.jobs if job.kind == "show"]
    bench.jobs.clear()
    await bench.press(MAX, card, "approve")
    assert value
    assert not bench.rows(Decision)
    assert len(bench.whispers(MAX)) == 1
    assert [job.kind for job in bench.jobs] == ["show"]
    bench.jobs += stale
    await bench.run()
    assert "Linen is back" in text_of(card)


async def test_approval_on_old_card_applies_to_newest_version_with_same_words(
    bench: Bench,
) -> None:
    """The card shows version 1; meanwhile the draft was edited, and edited back to the same
    words."""
    card = await bench.drafted()
    old = copy.deepcopy(card.blocks)
    for subject in ("Quite other words", "A shirt for hot days"):
        await bench.press(MARIE, card, "edit")
        typed = {'["subject", 0, "-"]': {"text": subject}}
        assert (await bench.slack.submit(MARIE, bench.form(MARIE).id, typed)).ok
        await bench.run()
        if subject == "Quite other words":
            now, card.blocks = card.blocks, old
            await bench.press(MAX, card, "approve")
            assert not bench.rows(Decision)
            card.blocks = now
    card.blocks = old
    await bench.press(MAX, card, "approve")
    await bench.run()
    (said,) = bench.rows(Decision)
    assert said.draft.endswith(".v3")
    (sent,) = bench.rows(Delivery)
    assert (sent.draft, sent.state) == (said.draft, "gone")


async def test_approve_anyway_needs_right_and_reason(bench: Bench) -> None:
    bench.checks = (blocked(),)
    card = await bench.drafted()
    await bench.press(OTTO, card, "approve_anyway")
    assert not bench.slack.open_views(OTTO)
    assert len(bench.whispers(OTTO)) == 1
    await bench.press(MAX, card, "approve_anyway")
    view = bench.form(MAX)
    answer = await bench.slack.submit(MAX, view.id, {"reason": {"reason": " "}})
    assert list(answer.body["errors"]) == ["reason"]
    answer = await bench.slack.submit(MAX, view.id, {"reason": {"reason": "I was there"}})
    assert answer.ok
    await bench.run()
    assert [(one.verdict, one.reason) for one in bench.rows(Decision)] == [
        ("approve", "I was there")
    ]
    assert "I was there" in text_of(card)


async def test_edit_makes_next_version_and_voids_approval(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "edit")
    assert (await bench.slack.submit(OTTO, bench.form(OTTO).id, EDITED)).ok
    assert not bench.slack.open_views(OTTO)
    assert [(draft.version, draft.author) for draft in bench.drafts] == [(1, None), (2, OTTO)]
    assert bench.drafts[1].checks is None
    await bench.run("show")
    assert "approve" not in buttons(card)
    await bench.run()
    assert "Linen is back" in text_of(card)
    assert "approve" in buttons(card)


async def test_late_edit_keeps_what_was_typed(any_bench: Bench) -> None:
    bench = any_bench
    card = await bench.drafted()
    await bench.press(OTTO, card, "edit")
    await bench.press(MARIE, card, "edit")
    assert (await bench.slack.submit(OTTO, bench.form(OTTO).id, EDITED)).ok
    typed = {'["body", 0, "-"]': {"text": "Wear it in the sun."}}
    answer = await bench.slack.submit(MARIE, bench.form(MARIE).id, typed)
    assert answer.body["response_action"] == "update"
    view = bench.form(MARIE)
    values = {key: fields["text"]["value"] for key, fields in view.values.items()}
    assert list(values.values()) == ["Linen is back", "Wear it in the sun."]
    assert "<@UOTTO>" in text_of(view.blocks)
    assert (await bench.slack.submit(MARIE, view.id)).ok
    await bench.run()
    assert [draft.version for draft in bench.drafts] == [1, 2, 3]
    assert "Wear it in the sun." in text_of(card)
    assert "Linen is back" in text_of(card)


async def test_edit_of_delivered_words_keeps_form_open(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "edit")
    await bench.press(MAX, card, "approve")
    await bench.run()
    answer = await bench.slack.submit(OTTO, bench.form(OTTO).id, EDITED)
    assert "already gone out" in next(iter(answer.errors.values()))
    assert bench.slack.open_views(OTTO)
    assert len(bench.drafts) == 1


async def test_emptied_part_is_an_error_at_its_field(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "edit")
    answer = await bench.slack.submit(
        OTTO, bench.form(OTTO).id, {'["subject", 0, "-"]': {"text": "  "}}
    )
    assert list(answer.errors) == ['["subject", 0, "-"]']
    assert len(bench.drafts) == 1


async def test_send_back_starts_task_in_card_thread(any_bench: Bench) -> None:
    bench = any_bench
    card = await bench.drafted()
    await bench.press(MAX, card, "send_back")
    view = bench.form(MAX)
    answer = await bench.slack.submit(MAX, view.id)
    assert list(answer.errors) == ["reason"]
    answer = await bench.slack.submit(MAX, view.id, {"reason": {"reason": "more warmth"}})
    assert answer.ok
    await bench.run()
    first, second = bench.tasks
    assert (second.parent, second.reason, second.previous) == (
        first.id,
        "more warmth",
        f"{first.id}.0.v1",
    )
    assert (second.words, second.author) == (first.words, MARIE)
    assert [message.thread_ts for message in bench.said()] == [None, card.ts]
    assert "more warmth" in text_of(card)
    assert "approve" not in buttons(card)


async def test_revision_is_next_version_with_full_history(
    any_bench: Bench,
) -> None:
    bench = any_bench
    card = await bench.drafted()
    await bench.press(OTTO, card, "edit")
    await bench.slack.submit(OTTO, bench.form(OTTO).id, EDITED)
    await bench.run()
    await bench.press(MAX, card, "send_back")
    await bench.slack.submit(MAX, bench.form(MAX).id, {"reason": {"reason": "more warmth"}})
    await bench.run()
    redrafted = bench.drafts[-1]
    assert (redrafted.version, redrafted.author) == (3, None)
    newest = bench.said()[-1]
    assert "·\u00a0v3" in text_of(newest)
    await bench.press(MARIE, newest, "more", "history")
    told = text_of(bench.form(MARIE).blocks)
    for line in ("Version 3", "Version 2", "Version 1", f"<@{OTTO}>", "more warmth"):
        assert line in told
    await bench.press(OTTO, newest, "edit")  # the newest version can be edited and decided on
    await bench.slack.submit(OTTO, bench.form(OTTO).id, EDITED)
    await bench.run()
    await bench.press(MAX, newest, "approve")
    await bench.run()
    assert [draft.version for draft in bench.drafts] == [1, 2, 3, 4]
    assert [one.verdict for one in bench.rows(Decision)] == ["send back", "approve"]


async def test_send_back_by_outsider_opens_no_form(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "send_back")
    await bench.press(OTTO, card, "more", "reject")
    assert not bench.slack.open_views(OTTO)
    assert len(bench.whispers(OTTO)) == 2


async def test_reject_closes_the_draft(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MARIE, card, "more", "reject")
    view = bench.form(MARIE)
    assert (await bench.slack.submit(MARIE, view.id, {"reason": {"reason": "sold out"}})).ok
    await bench.run()
    assert [one.verdict for one in bench.rows(Decision)] == ["reject"]
    assert len(bench.tasks) == 1
    assert "sold out" in text_of(card)


async def test_reject_after_approval_is_refused_in_the_form(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MARIE, card, "more", "reject")
    await bench.press(MAX, card, "approve")
    answer = await bench.slack.submit(
        MARIE, bench.form(MARIE).id, {"reason": {"reason": "sold out"}}
    )
    assert "<@UMAX>" in answer.errors["reason"]


async def test_choosing_an_opening_makes_an_edit(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "angles")
    answer = await bench.slack.submit(OTTO, bench.form(OTTO).id, {"angle": {"angle": "0"}})
    assert answer.ok
    await bench.run()
    assert bench.drafts[1].parts[0].text == "Cool all day"
    assert "Cool all day" in text_of(card)


async def test_shorter_is_one_tap(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "shorter")
    assert not bench.rows(Decision)  # Otto neither asked nor approves
    await bench.press(MARIE, card, "shorter")
    await bench.run()
    (sent_back,) = bench.rows(Decision)
    assert (sent_back.verdict, sent_back.by) == ("send back", MARIE)
    assert bench.tasks[-1].reason == sent_back.reason
    assert bench.drafts[-1].version == 2


async def test_changed_brief_is_drafted_beside_the_old_one(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MARIE, card, "change")
    form = bench.form(MARIE)
    values = {"words": {"words": "our linen shirt, as a push"}, "channel": {"channel": "push"}}
    assert (await bench.slack.submit(MARIE, form.id, values)).ok
    await bench.run()
    first, second = bench.tasks
    assert (second.words, second.form["channel"]) == ("our linen shirt, as a push", "push")
    assert second.form["skill"] == first.form.get("skill", "draft")
    assert not bench.rows(Decision)
    assert bench.said()[-1].thread_ts == card.ts


async def test_copy_shows_all_words_and_changes_nothing(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(OTTO, card, "more", "copy")
    copied = bench.form(OTTO)
    assert all(part.text in text_of(copied.blocks) for part in bench.drafts[0].parts)
    assert [one["action_id"] for one in copied.blocks[-1]["elements"]] == ["download"]
    assert len(bench.drafts) == 1


async def test_answer_button_starts_one_task(bench: Bench) -> None:
    bench.question = Question(words=Words("What is it about?"), options=("Linen", "Cotton"))
    card = await bench.drafted(words="an e-mail")
    bench.question = None
    await bench.press(OTTO, card, "answer")
    assert len(bench.tasks) == 1
    await bench.press(MARIE, card, "answer")
    await bench.press(MAX, card, "answer")
    await bench.run()
    first, second = bench.tasks
    assert second.parent == first.id
    assert "Linen" in second.form.values()
    assert bench.said()[1].thread_ts == card.ts
    assert len(bench.whispers(MAX)) == 1


async def test_answer_keeps_the_revision_reason(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.press(MAX, card, "send_back")
    bench.question = Question(words=Words("Which shirt?"), options=("Linen", "Cotton"))
    view = bench.form(MAX)
    assert (await bench.slack.submit(MAX, view.id, {"reason": {"reason": "in French"}})).ok
    await bench.run()
    bench.question = None
    await bench.press(MARIE, bench.said()[1], "answer")
    await bench.run()
    _, asked, last = bench.tasks
    assert (last.parent, last.reason, last.previous) == (asked.id, "in French", asked.previous)
    assert bench.drafts[-1].version == 2


async def test_stop_ends_the_task(bench: Bench) -> None:
    await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: linen")
    (task,) = bench.tasks
    await bench.outside.show(f"{task.id}.0:card")
    (card,) = bench.said()
    await bench.press(OTTO, card, "stop")
    assert bench.tasks[0].state == "waiting"
    await bench.press(MARIE, card, "stop")
    assert bench.tasks[0].state == "stopped"
    assert bench.stopped == [task.id]
    await bench.run()
    assert not bench.drafts
    assert "try_again" in buttons(card)
    await bench.press(MARIE, card, "try_again")
    await bench.run()
    assert len(bench.tasks) == 2
    assert len(bench.drafts) == 1
    assert bench.said()[1].thread_ts == card.ts


async def test_read_only_menu_items_open_views(bench: Bench) -> None:
    card = await bench.drafted()
    for pick in ("sources", "what_left", "history"):
        before = len(bench.slack.open_views(OTTO))
        await bench.press(OTTO, card, "more", pick)
        assert len(bench.slack.open_views(OTTO)) == before + 1
    assert not bench.whispers(OTTO)


async def test_expired_form_is_reported(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.faults.fail("views.open", "expired_trigger_id")
    await bench.press(OTTO, card, "edit")
    (told,) = bench.whispers(OTTO)
    assert "press again" in told


async def test_send_to_delivers_to_channel_of_the_policy(bench: Bench) -> None:
    card = await bench.approved()
    await bench.press(OTTO, card, "send_to", LAUNCHES)
    assert len(bench.whispers(OTTO)) == 1
    await bench.press(MARIE, card, "send_to", LAUNCHES)
    await bench.run()
    (sent,) = bench.said(LAUNCHES)
    assert "Linen breathes." in text_of(sent)
    assert f"<#{LAUNCHES}>" in text_of(card)


async def test_share_adds_card_in_request_channel(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> just for me: linen")
    await bench.run()
    (private,) = bench.in_dm(MARIE)
    await bench.press(MARIE, private, "share")
    await bench.run()
    (shared,) = bench.said(MARKETING)
    assert shared.thread_ts == said.ts
    assert "share" not in buttons(private)
    assert f"<#{MARKETING}>" in text_of(private)
    await bench.press(MAX, shared, "approve")
    await bench.run()
    assert "<@UMAX>" in text_of(private)
    assert "<@UMAX>" in text_of(shared)
    delivered = bench.said(MARKETING)[-1]
    assert delivered.thread_ts == said.ts
    assert "Linen breathes." in text_of(delivered)


async def test_share_without_channel_membership_is_refused(bench: Bench) -> None:
    await bench.slack.command(MARIE, RANDOM, "/draft", "just for me: e-mail: linen")
    await bench.run()
    (private,) = bench.in_dm(MARIE)
    await bench.press(MARIE, private, "share")
    await bench.run()
    assert len([m for m in bench.in_dm(MARIE) if m.blocks]) == 1
    assert f"<#{RANDOM}>" in bench.whispers(MARIE, bench.slack.open_direct_message(MARIE))[0]


async def test_revision_of_shared_draft_is_not_private(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> just for me: linen")
    await bench.run()
    await bench.press(MARIE, bench.in_dm(MARIE)[0], "share")
    await bench.run()
    (shared,) = bench.said(MARKETING)
    await bench.press(MAX, shared, "send_back")
    await bench.slack.submit(MAX, bench.form(MAX).id, {"reason": {"reason": "warmer"}})
    await bench.run()
    assert [task.private for task in bench.tasks] == [True, False]
    assert len(bench.said(MARKETING)) == 2
    assert len(bench.in_dm(MARIE)) == 1


async def test_unknown_button_is_refused_with_message(bench: Bench) -> None:
    card = await bench.drafted()
    for block in card.blocks:
        for one in block.get("elements", []):
            if one.get("action_id") == "approve":
                one["value"] = "what is this"
    await bench.press(MAX, card, "approve")
    assert "older version" in bench.whispers(MAX)[0]
    assert not bench.rows(Decision)


async def test_forged_button_gives_no_rights(bench: Bench) -> None:
    await bench.slack.command(MARIE, MARKETING, "/draft", "just for me: e-mail: linen")
    card = await bench.drafted()
    hidden, seen = (next(d for d in bench.drafts if d.task == t.id) for t in bench.tasks)
    forge(card, "send_to", ButtonValue(draft=seen.id, seen=seen.fingerprint, pick=LAUNCHES))
    forge(card, "share", ButtonValue(draft=hidden.id, seen=hidden.fingerprint, pick=MARKETING))
    await bench.press(MAX, card, "send_to")
    await bench.press(MAX, card, "share")
    assert not bench.rows(Delivery)
    assert f"{hidden.piece}:shared" not in bench.posts()
    not_approved, not_his = bench.whispers(MAX)
    assert "approved" in not_approved
    # the draft is private to Marie, so its existence is not revealed
    assert "no longer there" in not_his


def forge(card: SlackMessage, action: str, ref: ButtonValue) -> None:
    text = {"type": "plain_text", "text": action}
    button = {"type": "button", "action_id": action, "text": text, "value": ref.pack()}
    card.blocks.append({"type": "actions", "block_id": action, "elements": [button]})


async def test_press_from_other_workspace_finds_nothing(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.team = "T0OTHER"
    await bench.press(MAX, card, "approve")
    assert not bench.whispers(MAX)  # that team never installed the app
    assert not bench.rows(Decision)


async def test_refusal_falls_back_to_direct_message(bench: Bench) -> None:
    card = await bench.drafted()
    bench.slack.faults.fail("chat.postEphemeral", "user_not_in_channel")
    await bench.press(OTTO, card, "approve")
    assert "right to approve" in bench.in_dm(OTTO)[0].text


async def test_refusal_with_lost_answers_is_shown_at_most_twice(
    bench: Bench,
) -> None:
    card = await bench.drafted()
    for method in ("chat.postEphemeral", "chat.postMessage"):
        bench.slack.faults.lose_answer(method, 1)
    await bench.press(OTTO, card, "approve")
    assert len(bench.whispers(OTTO)) == len(bench.in_dm(OTTO)) == 1


async def test_bug_is_reported_with_reference_and_logged_without_content(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    card = await bench.drafted(words="e-mail: a secret product")

    def broken(*_: object) -> None:
        raise ValueError("a secret product")

    monkeypatch.setattr("bot.approvals.decision.approve", broken)
    monkeypatch.setattr(Task, "accept", broken)
    await bench.press(MAX, card, "approve")
    (told,) = bench.whispers(MAX)
    reference = told.split("SI-")[1][:8]
    assert reference in caplog.text
    assert "secret" not in caplog.text
    answer = await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: a secret product")
    assert answer.ok
    assert "SI-" in answer.body["text"]
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> a secret product")
    await bench.settled()
    assert [one.status for one in bench.slack.deliveries[-1].attempts] == [500, 500, 500]
    assert "secret" not in caplog.text
    assert len(bench.whispers(MARIE)) == 1  # only the command's own answer


async def test_event_failing_last_retry_is_reported_to_its_author(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported once, although a mention is two events; conversations between people are
    not reported."""

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(Task, "accept", broken)
    bench.slack.transport.retry_delays = (0.02, 0.02, 0.02)
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> our linen shirt is back")
    await bench.settled()
    (told,) = bench.whispers(MARIE)
    assert "SI-" in told
    monkeypatch.setattr("bot.slack.events.message_events.accept_request", broken)
    await bench.slack.post_message(MAX, MARKETING, "nice", thread_ts=said.ts)
    await bench.settled()
    assert not bench.whispers(MAX)


async def test_job_is_enqueued_only_with_its_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    def enqueue(self: Bench, session: object, job: Job) -> None:
        raise ValueError

    monkeypatch.setattr(Bench, "enqueue", enqueue)
    answer = await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: linen")
    assert "SI-" in answer.body["text"]
    assert not bench.rows(Task)
    assert not bench.rows(OutboxMessage)


async def test_refusal_is_shown_after_process_crash(bench: Bench) -> None:
    card = await bench.drafted()
    answer = await bench.slack.click(OTTO, card.channel, card.ts, "approve")
    assert answer.ok
    assert not bench.whispers(OTTO)  # the message is a row and a job, which any process can run
    assert "tell" in [job.kind for job in bench.jobs]
    await bench.run()
    (told,) = bench.whispers(OTTO)
    assert "right to approve" in told
    await bench.slack.click(OTTO, card.channel, card.ts, "approve")
    await bench.run()
    assert len(bench.whispers(OTTO)) == 2  # another press gets another answer
