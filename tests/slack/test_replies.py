"""A reply under a draft that asks for another version …"""

import pytest

from bot.decision import Decision
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, Bench, buttons, text_of


@pytest.mark.parametrize("who", [MARIE, MAX])
async def test_sends_the_draft_back_with_its_words(any_bench: Bench, who: str) -> None:
    bench = any_bench
    card = await bench.drafted()
    await bench.slack.say(who, MARKETING, "make it shorter", thread_ts=card.ts)
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


async def test_is_heard_with_a_mention_as_well(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.slack.say(MARIE, MARKETING, "<@UINTERN> plus court svp", thread_ts=card.ts)
    await bench.run()
    assert [task.reason for task in bench.tasks] == [None, "plus court svp"]


async def test_goes_on_from_the_newest_draft_each_time(bench: Bench) -> None:
    card = await bench.drafted()
    for words in ("make it shorter", "Et en français ?", "warmer"):
        await bench.slack.say(MARIE, MARKETING, words, thread_ts=card.ts)
        await bench.run()
    tasks = bench.tasks
    assert [task.parent for task in tasks[1:]] == [task.id for task in tasks[:-1]]
    assert [message.thread_ts for message in bench.said()] == [None, *[card.ts] * 3]


async def test_told_twice_is_one_task(bench: Bench) -> None:
    bench.slack.mischief.deliver_twice_without_headers = True
    card = await bench.drafted()
    await bench.slack.say(MARIE, MARKETING, "<@UINTERN> make it shorter", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 2
    assert not bench.whispers(MARIE)


async def test_between_people_stays_unanswered(bench: Bench) -> None:
    card = await bench.drafted()
    for words in ("thanks!", "nice, I like it", f"<@{MAX}> make it shorter?", "ask legal first"):
        await bench.slack.say(LEA, MARKETING, words, thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert not bench.rows(Decision)
    assert "approve" in buttons(card)


async def test_where_no_draft_is_stays_unanswered(bench: Bench) -> None:
    said = await bench.slack.say(MARIE, MARKETING, "what do you think of our poster?")
    await bench.slack.say(MAX, MARKETING, "make it shorter", thread_ts=said.ts)
    await bench.run()
    assert not bench.tasks


async def test_by_somebody_without_rights_is_refused_to_them_alone(bench: Bench) -> None:
    card = await bench.drafted()
    await bench.slack.say(OTTO, MARKETING, "make it shorter", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert "approve" in buttons(card)
    (told,) = bench.whispers(OTTO)
    assert told.startswith("Only whoever asked for this draft")


async def test_under_approved_words_is_told_why_not(bench: Bench) -> None:
    card = await bench.approved()
    await bench.slack.say(MARIE, MARKETING, "plus court", thread_ts=card.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    (told,) = bench.whispers(MARIE)
    assert told.startswith("Déjà validé")


async def test_in_a_direct_message_need_not_be_in_a_thread(bench: Bench) -> None:
    direct = bench.slack.dm(MARIE)
    await bench.slack.say(MARIE, direct, "an SMS for linen")
    await bench.run()
    await bench.slack.say(MARIE, direct, "plus court s'il te plaît")
    await bench.run()
    await bench.slack.say(MARIE, direct, "an e-mail for our tote")
    await bench.run()
    assert [task.reason for task in bench.tasks] == [None, "plus court s'il te plaît", None]
    assert bench.tasks[2].words == "an e-mail for our tote"
