"""Replies under a draft that ask for another version."""

import contextlib
from typing import Any

import pytest

from bot.approvals.decision import Decision
from bot.core.thread_text import asks_only_why
from bot.drafts.models import Draft
from bot.errors import TryAgain
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, Bench, buttons, text_of


@pytest.mark.parametrize("who", [MARIE, MAX])
async def test_reply_sends_draft_back_with_its_words(any_bench: Bench, who: str) -> None:
    bench = any_bench
    card = await bench.drafted()
    await bench.slack.post_message(who, MARKETING, "make it shorter", thread_ts=card.ts)
    await bench.run()
    first, second = bench.tasks
    assert (second.parent, second.reason) == (first.id, "make it shorter")
    assert second.previous == f"{first.id}.0.v1"
    assert (second.words, second.author) == (first.words, MARIE)
    assert [message.thread_ts for message in bench.said()] == [None, card.ts]
    assert "make it shorter" in text_of(card)
    assert "approve" not in buttons(card)
    (decision,) = bench.rows(Decision)
    assert (decision.verdict, decision.by) == ("send back", who)


async def test_reply_with_mention_is_accepted(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> plus court svp", thread_ts=card.ts)
    await bench.run()
    assert [task.reason for task in bench.tasks] == [None, "plus court svp"]


async def test_each_reply_continues_the_newest_draft(bench: Bench) -> None:
    card = await bench.drafted()
    for words in ("make it shorter", "Et en français ?", "another angle"):
        await bench.slack.post_message(MARIE, MARKETING, words, thread_ts=card.ts)
        await bench.run()
    tasks = bench.tasks
    assert [task.parent for task in tasks[1:]] == [task.id for task in tasks[:-1]]
    assert [message.thread_ts for message in bench.said()] == [None, *[card.ts] * 3]


async def test_repeated_event_is_one_task(bench: Bench) -> None:
    bench.slack.faults.deliver_twice_without_headers = True
    card = await bench.drafted()
    await bench.slack.post_message(
        MARIE, MARKETING, "<@UINTERN> make it shorter", thread_ts=card.ts
    )
    await bench.run()
    assert len(bench.tasks) == 2
    assert not bench.whispers(MARIE)


async def test_reply_between_people_is_ignored(bench: Bench) -> None:
    card = await bench.drafted()
    for words in ("thanks!", "nice, I like it", f"<@{MAX}> make it shorter?", "ask legal first"):
        await bench.slack.post_message(LEA, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert not bench.rows(Decision)
    assert "approve" in buttons(card)


async def test_reply_in_thread_without_draft_is_ignored(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, "what do you think of our poster?")
    await bench.slack.post_message(MAX, MARKETING, "make it shorter", thread_ts=said.ts)
    await bench.run()
    assert not bench.tasks


async def test_reply_without_right_is_refused_privately(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.slack.post_message(OTTO, MARKETING, "make it shorter", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert "approve" in buttons(card)
    (told,) = bench.whispers(OTTO)
    assert told.startswith("Only whoever asked for this draft")


async def test_reply_under_approved_draft_is_refused_with_reason(bench: Bench) -> None:
    card = await bench.approved()
    await bench.slack.post_message(MARIE, MARKETING, "plus court", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    (told,) = bench.whispers(MARIE)
    assert told.startswith("Déjà validé")


async def test_reply_in_direct_message_needs_no_thread(bench: Bench) -> None:
    direct = bench.slack.open_direct_message(MARIE)
    await bench.slack.post_message(MARIE, direct, "an SMS for linen")
    await bench.run()
    await bench.slack.post_message(MARIE, direct, "plus court s'il te plaît")
    await bench.run()
    await bench.slack.post_message(MARIE, direct, "an e-mail for our tote")
    await bench.run()
    assert [task.reason for task in bench.tasks] == [None, "plus court s'il te plaît", None]
    assert bench.tasks[2].words == "an e-mail for our tote"


async def analysed(bench: Bench) -> Any:
    """Return the card of an analysis of customer feedback in #marketing, requested by Marie."""
    card = await bench.drafted(words="e-mail: what do customers say?")
    with bench.database.begin() as session:
        draft = session.get_one(Draft, bench.drafts[-1].id)
        draft.skill, draft.channel = "feedback", None
    return card


@pytest.mark.parametrize(
    ("who", "words", "skill"),
    [
        (MARIE, "and what about dresses?", "feedback"),  # the same analysis, for dresses
        (MARIE, "how many orders last week?", "answer"),
        (OTTO, "whom should we target?", "targeting"),
        (MARIE, "Why?", "answer"),
        (MARIE, "Et pourquoi ?", "answer"),
    ],
)
@pytest.mark.sample(3)
async def test_reply_under_analysis_is_a_question(
    any_bench: Bench, who: str, words: str, skill: str
) -> None:
    bench = any_bench
    card = await analysed(bench)
    await bench.slack.post_message(who, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    first, second = bench.tasks
    goes_on = {"follows": first.words} if skill == "feedback" or asks_only_why(words) else {}
    if asks_only_why(words):  # a "why" question covers all sections
        goes_on["sections"] = "sales site feedback campaigns"
    assert second.form == {"skill": skill, "stands_on": f"{first.id}.0.v1", **goes_on}
    assert (second.author, second.words) == (who, words)
    assert bench.said()[-1].thread_ts == card.ts


async def test_mention_under_analysis_needs_no_question_mark(
    bench: Bench,
) -> None:
    card = await analysed(bench)
    words = "for last month instead"
    await bench.slack.post_message(MARIE, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1  # the words may be meant for anybody
    await bench.slack.post_message(MARIE, MARKETING, f"<@UINTERN> {words}", thread_ts=card.ts)
    await bench.run()
    first, second = bench.tasks
    assert (second.words, second.form["skill"]) == (words, "feedback")
    assert second.form["follows"] == first.words


async def test_conversation_under_analysis_is_ignored(bench: Bench) -> None:
    card = await analysed(bench)
    for who, words in (
        (OTTO, "who takes this one?"),
        (MARIE, f"<@{MAX}> can you look into this?"),
        (MARIE, "Really?"),
    ):
        await bench.slack.post_message(who, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert not bench.whispers(MARIE)


async def test_reply_for_channel_without_draft_is_answered(bench: Bench) -> None:
    card = await analysed(bench)
    await bench.slack.post_message(
        MARIE, MARKETING, "Make the SMS shorter please", thread_ts=card.ts
    )
    await bench.run()
    assert len(bench.tasks) == 1
    assert "SMS" in str(bench.whispers(MARIE)[-1])


async def test_repeated_event_is_refused_once(any_bench: Bench) -> None:
    bench = any_bench
    bench.slack.faults.deliver_twice_without_headers = True
    card = await bench.approved()
    await bench.slack.post_message(
        MARIE, MARKETING, "<@UINTERN> make it shorter", thread_ts=card.ts
    )
    await bench.run()
    assert len(bench.whispers(MARIE)) == 1
    assert len(bench.tasks) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_refusal_is_shown_although_slack_fails(bench: Bench, times: int) -> None:
    """It is shown once: in the thread, or in the direct messages when Slack refuses the thread."""
    card = await bench.approved()
    bench.slack.faults.http_500("chat.postEphemeral", 1)
    bench.slack.faults.lose_answer("chat.postMessage", 1)
    bench.slack.faults.http_500("conversations.open", times - 1)
    await bench.slack.post_message(MARIE, MARKETING, "make it shorter", thread_ts=card.ts)
    for _ in range(5):
        with contextlib.suppress(TryAgain):
            await bench.run()
    (told,) = [*bench.whispers(MARIE), *(one.text for one in bench.in_dm(MARIE))]
    assert "Déjà validé" in told
