"""Edited and deleted messages."""

import pytest

from bot.core.request import Question
from bot.i18n.messages import Words
from bot.playground.slack_objects import SlackMessage
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, OTTO, Bench, buttons, text_of

WHICH = Question(words=Words("Which product?"), options=("Linen shirt",))
ASKED = "<@UINTERN> e-mail: our shirt is back"


async def changed(bench: Bench, message: SlackMessage, text: str) -> None:
    await bench.slack.edit(str(message.user), message.channel, message.ts, text)
    await bench.run()


async def test_edit_during_open_question_restarts_with_new_words(any_bench: Bench) -> None:
    bench = any_bench
    bench.question = WHICH
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    bench.question = None
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    first, second = bench.tasks
    assert (second.words, second.parent) == ("e-mail: our linen shirt is back", first.id)
    question, card = bench.said()
    assert question.thread_ts == card.thread_ts == said.ts
    assert "La suite est ci-dessous" in text_of(question)
    assert "approve" in buttons(card)
    assert not bench.whispers(MARIE)


async def test_repeated_edit_event_makes_one_task(bench: Bench) -> None:
    bench.question = WHICH
    bench.slack.faults.deliver_twice_without_headers = True
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    assert len(bench.tasks) == 2
    await changed(bench, said, "<@UINTERN> our wool shirt is back")
    assert [task.words for task in bench.tasks][1:] == [
        "e-mail: our linen shirt is back",
        "our wool shirt is back",
    ]
    assert [task.parent for task in bench.tasks][1:] == [task.id for task in bench.tasks][:2]


async def test_edit_keeps_the_answer_given_meanwhile(bench: Bench) -> None:
    bench.question = WHICH
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    answered = await bench.slack.post_message(MARIE, MARKETING, "the linnen one", thread_ts=said.ts)
    await bench.run()
    await changed(bench, said, "<@UINTERN> SMS: our shirt is back")
    assert bench.tasks[-1].words == "SMS: our shirt is back"
    assert bench.tasks[-1].form["answer 1"] == "the linnen one"
    await changed(bench, answered, "the linen one")
    assert bench.tasks[-1].words == "SMS: our shirt is back"
    assert bench.tasks[-1].form["answer 1"] == "the linen one"
    assert len(bench.tasks) == 4


async def test_edit_of_running_task_restarts_it(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.settled()
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    first, second = bench.tasks
    assert (first.state, second.state) == ("stopped", "done")
    assert bench.stopped == [first.id]
    stopped, card = bench.said()
    assert "try_again" not in buttons(stopped)
    assert "approve" in buttons(card)


async def test_edit_after_draft_keeps_draft_and_is_reported_once(bench: Bench) -> None:
    bench.slack.faults.deliver_twice_without_headers = True
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    assert len(bench.tasks) == 1
    (told,) = bench.whispers(MARIE)
    assert "message" in told
    # the same letters, so no new request
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is BACK!")
    assert len(bench.whispers(MARIE)) == 1
    await changed(bench, said, "<@UINTERN> e-mail: our wool shirt is back")
    assert len(bench.whispers(MARIE)) == 2


async def test_edit_that_adds_mention_makes_a_task(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, "e-mail: our linen shirt is back")
    await bench.run()
    assert not bench.tasks
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    (task,) = bench.tasks
    assert task.words == "e-mail: our linen shirt is back"
    assert bench.said()[0].thread_ts == said.ts


async def test_edit_between_people_is_ignored(bench: Bench) -> None:
    card = await bench.drafted()
    said = await bench.slack.post_message(LEA, MARKETING, "nice, I like it", thread_ts=card.ts)
    await changed(bench, said, "nice, I love it")
    await bench.slack.delete(LEA, MARKETING, said.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert not bench.whispers(LEA)


async def test_edit_to_private_continues_privately(bench: Bench) -> None:
    bench.question = WHICH
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await changed(bench, said, "<@UINTERN> just for me: our linen shirt is back")
    assert bench.tasks[-1].private
    assert len(bench.said()) == 1
    assert len(bench.in_dm(MARIE)) == 1


async def test_edited_revision_reason_replaces_the_old_one(bench: Bench) -> None:
    card = await bench.drafted()
    reply = await bench.slack.post_message(MARIE, MARKETING, "make it shorter", thread_ts=card.ts)
    await bench.settled()
    await changed(bench, reply, "make it shorter and warmer")
    assert [task.reason for task in bench.tasks] == [
        None,
        "make it shorter",
        "make it shorter and warmer",
    ]
    assert [task.state for task in bench.tasks] == ["done", "stopped", "done"]
    assert bench.tasks[2].previous == bench.tasks[1].previous


@pytest.mark.parametrize("asking", [True, False])
async def test_deleted_message_stops_its_task(bench: Bench, asking: bool) -> None:
    """Its words are deleted too. When no card was posted yet, none is posted."""
    bench.question = WHICH if asking else None
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await (bench.run() if asking else bench.settled())
    await bench.slack.delete(MARIE, MARKETING, said.ts)
    await bench.run()
    (task,) = bench.tasks
    assert (task.state, task.words) == ("stopped", "")
    cards = bench.said()
    assert len(cards) == asking
    for card in cards:
        assert not buttons(card)
        assert "shirt" not in text_of(card)


async def test_deleted_message_keeps_finished_draft(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await bench.slack.delete(MARIE, MARKETING, said.ts)
    await bench.run()
    (card,) = bench.said()
    await bench.press(MAX, card, "approve")
    await bench.run()
    assert bench.said()[-1].text == "A shirt for hot days"


async def test_edit_without_right_is_refused_once(bench: Bench) -> None:
    card = await bench.drafted()
    said = await bench.slack.post_message(OTTO, MARKETING, "hm", thread_ts=card.ts)
    await changed(bench, said, "<@UINTERN> make it shorter")
    (told,) = bench.whispers(OTTO)
    assert told.startswith("Only whoever asked for this draft")
