"""A message that is changed or taken back after it was said …"""

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


async def test_while_a_question_is_open_is_taken_up_in_its_new_words(any_bench: Bench) -> None:
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


async def test_is_one_task_however_often_slack_tells(bench: Bench) -> None:
    bench.question = WHICH
    bench.slack.faults.deliver_twice_without_headers = True
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await changed(bench, said, "<@UINTERN> our linen shirt is back")
    assert len(bench.tasks) == 2
    await changed(bench, said, "<@UINTERN> our wool shirt is back")
    assert [task.words for task in bench.tasks][1:] == [
        "our linen shirt is back",
        "our wool shirt is back",
    ]
    assert [task.parent for task in bench.tasks][1:] == [task.id for task in bench.tasks][:2]


async def test_keeps_what_was_answered_meanwhile(bench: Bench) -> None:
    bench.question = WHICH
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    answered = await bench.slack.post_message(MARIE, MARKETING, "the linnen one", thread_ts=said.ts)
    await bench.run()
    await changed(bench, said, "<@UINTERN> SMS: our shirt is back")
    assert bench.tasks[-1].words == "SMS: our shirt is back\nthe linnen one"
    await changed(bench, answered, "the linen one")
    assert bench.tasks[-1].words == "SMS: our shirt is back\nthe linen one"
    assert len(bench.tasks) == 4


async def test_while_it_is_worked_on_is_begun_anew(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.settled()
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    first, second = bench.tasks
    assert (first.state, second.state) == ("stopped", "done")
    assert bench.stopped == [first.id]
    stopped, card = bench.said()
    assert "try_again" not in buttons(stopped)
    assert "approve" in buttons(card)


async def test_under_a_draft_leaves_it_and_says_so_once(bench: Bench) -> None:
    bench.slack.faults.deliver_twice_without_headers = True
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is back")
    assert len(bench.tasks) == 1
    (told,) = bench.whispers(MARIE)
    assert "message" in told
    await changed(bench, said, "<@UINTERN> e-mail: our linen shirt is BACK!")  # asks nothing else
    assert len(bench.whispers(MARIE)) == 1
    await changed(bench, said, "<@UINTERN> e-mail: our wool shirt is back")
    assert len(bench.whispers(MARIE)) == 2


async def test_that_named_nobody_first_is_a_wish_once_it_names_us(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, "our linen shirt is back")
    await bench.run()
    assert not bench.tasks
    await changed(bench, said, "<@UINTERN> our linen shirt is back")
    (task,) = bench.tasks
    assert task.words == "our linen shirt is back"
    assert bench.said()[0].thread_ts == said.ts


async def test_between_people_stays_theirs(bench: Bench) -> None:
    card = await bench.drafted()
    said = await bench.slack.post_message(LEA, MARKETING, "nice, I like it", thread_ts=card.ts)
    await changed(bench, said, "nice, I love it")
    await bench.slack.delete(LEA, MARKETING, said.ts)
    await bench.run()
    assert len(bench.tasks) == 1
    assert not bench.whispers(LEA)


async def test_to_be_for_its_author_s_eyes_goes_on_there(bench: Bench) -> None:
    bench.question = WHICH
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await changed(bench, said, "<@UINTERN> just for me: our linen shirt is back")
    assert bench.tasks[-1].private
    assert len(bench.said()) == 1
    assert len(bench.in_dm(MARIE)) == 1


async def test_by_a_reason_to_send_back_is_a_new_reason(bench: Bench) -> None:
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
async def test_is_stopped_when_it_is_taken_back(bench: Bench, asking: bool) -> None:
    """Its words go with it; where nobody has seen a card yet, none comes."""
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


async def test_leaves_a_draft_when_it_is_taken_back(bench: Bench) -> None:
    said = await bench.slack.post_message(MARIE, MARKETING, ASKED)
    await bench.run()
    await bench.slack.delete(MARIE, MARKETING, said.ts)
    await bench.run()
    (card,) = bench.said()
    await bench.press(MAX, card, "approve")
    await bench.run()
    assert bench.said()[-1].text == "A shirt for hot days"


async def test_to_what_its_author_may_not_ask_is_refused_once(bench: Bench) -> None:
    card = await bench.drafted()
    said = await bench.slack.post_message(OTTO, MARKETING, "hm", thread_ts=card.ts)
    await changed(bench, said, "<@UINTERN> make it shorter")
    (told,) = bench.whispers(OTTO)
    assert told.startswith("Only whoever asked for this draft")
