"""Messages, commands and forms that start a task."""

import pytest

from bot.core.request import Question
from bot.i18n.messages import Words
from bot.playground.slack_objects import SlackMessage
from tests.slack.bench import (
    LAUNCHES,
    MARIE,
    MARKETING,
    MAX,
    OTTO,
    RANDOM,
    Bench,
    buttons,
    text_of,
)
from tests.support.slack_actions import post_bot_message
from tests.support.waiting import wait_until


async def test_command_becomes_a_card(bench: Bench) -> None:
    answer = await bench.slack.command(
        MARIE, MARKETING, "/draft", "e-mail: our linen shirt is back"
    )
    assert answer.ok
    assert not answer.body
    assert [task.words for task in bench.tasks] == ["e-mail: our linen shirt is back"]
    await bench.run()
    (card,) = bench.said()
    assert "A shirt for hot days" in text_of(card)
    assert "approve" in buttons(card)
    assert card.metadata == {
        "event_type": "super_intern_post",
        "event_payload": {"post": f"{bench.tasks[0].id}.0:card"},
    }


async def test_command_is_answered_without_calling_slack(bench: Bench) -> None:
    """This holds for known people; somebody new is looked up once."""
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our shirt")).ok
    assert {call.method for call in bench.slack.calls} == {"users.info", "conversations.info"}
    bench.slack.calls.clear()
    for number in range(3):
        assert (await bench.slack.command(MARIE, MARKETING, "/draft", f"sms: shirt {number}")).ok
    assert not bench.slack.calls
    assert len(bench.tasks) == 4


async def test_mention_reported_as_two_events_is_one_task(any_bench: Bench) -> None:
    bench = any_bench
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> e-mail: linen is back")
    await bench.run()
    assert [one.type for one in bench.slack.deliveries][:2] == ["app_mention", "message"]
    (task,) = bench.tasks
    assert task.words == "e-mail: linen is back"
    (card,) = bench.said()
    assert card.thread_ts == said.ts


@pytest.mark.parametrize("headers", [True, False])
async def test_repeated_event_is_the_same_task(bench: Bench, headers: bool) -> None:
    bench.slack.faults.deliver_twice = headers
    bench.slack.faults.deliver_twice_without_headers = not headers
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> linen is back")
    await bench.run()
    assert len(bench.tasks) == 1
    assert len(bench.said()) == 1


async def test_event_seen_only_as_retry_is_accepted(bench: Bench) -> None:
    bench.slack.transport.retry_delays = (0.3, 0.3)
    url, bench.slack.transport.events_url = (
        bench.slack.transport.events_url,
        "http://127.0.0.1:9/nobody",
    )
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> linen is back")
    await wait_until(bench.slack, lambda: all(one.attempts for one in bench.slack.deliveries))
    bench.slack.transport.events_url = url
    await bench.slack.wait_for_deliveries()
    assert all(len(one.attempts) > 1 for one in bench.slack.deliveries)
    assert len(bench.tasks) == 1


async def test_direct_message_needs_no_mention(bench: Bench) -> None:
    await bench.slack.post_message(
        MARIE, bench.slack.open_direct_message(MARIE), "an SMS for linen"
    )
    await bench.run()
    assert [task.words for task in bench.tasks] == ["an SMS for linen"]
    assert len(bench.in_dm(MARIE)) == 1


async def test_messages_of_bots_and_system_are_ignored(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "good morning")
    await post_bot_message(bench.slack, "B0OTHER", MARKETING, "<@UINTERN> buy now")
    an_app = SlackMessage(
        bench.slack.ids.new_ts(), MARKETING, OTTO, "<@UINTERN> buy", bot_id="B0OTHER"
    )
    bench.slack.publish_message(bench.slack.places[MARKETING], an_app)
    said = await bench.slack.post_message(MARIE, LAUNCHES, "hello")
    await bench.slack.edit(MARIE, LAUNCHES, said.ts, "hello all")
    await bench.slack.delete(MARIE, LAUNCHES, said.ts)
    await bench.run()
    assert not bench.tasks
    assert all(one.delivered and len(one.attempts) == 1 for one in bench.slack.deliveries)


async def test_message_with_file_is_accepted(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> use this", files=[("a.txt", b"a")])
    await bench.slack.wait_for_deliveries()
    assert [task.words for task in bench.tasks] == ["use this"]


async def test_bare_mention_makes_a_task_that_asks(bench: Bench) -> None:
    bench.question = Question(words=Words("What is it about?"), options=("Linen shirt",))
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN>")
    await bench.run()
    assert [task.words for task in bench.tasks] == [""]
    assert "what is it about" in text_of(bench.said()[0]).lower()


async def test_answer_in_thread_needs_no_mention(bench: Bench) -> None:
    bench.question = Question(words=Words("What is it about?"))
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> an e-mail please")
    await bench.run()
    bench.question = None
    await bench.slack.post_message(MAX, MARKETING, "not mine to answer", thread_ts=said.ts)
    await bench.slack.post_message(MARIE, MARKETING, "the linen shirt", thread_ts=said.ts)
    await bench.slack.post_message(MARIE, MARKETING, "and something else", thread_ts=said.ts)
    await bench.run()
    first, second = bench.tasks
    assert second.parent == first.id
    assert second.form == {"answer 1": "the linen shirt"}
    assert [message.thread_ts for message in bench.said()] == [said.ts, said.ts]


async def test_answer_to_question_of_command_is_accepted_in_its_thread(bench: Bench) -> None:
    bench.question = Question(words=Words("What is it about?"))
    card = await bench.drafted(words="an e-mail")
    bench.question = None
    await bench.slack.post_message(
        MARIE, MARKETING, "<@UINTERN> the linen shirt", thread_ts=card.ts
    )
    await bench.run()
    answer = {"answer 1": "the linen shirt"}
    assert [task.form for task in bench.tasks] == [{}, answer]
    assert bench.said()[1].thread_ts == card.ts


async def test_new_question_is_not_taken_as_answer(bench: Bench) -> None:
    bench.question = Question(words=Words("What is it about?"))
    await bench.slack.post_message(MARIE, bench.slack.open_direct_message(MARIE), "an e-mail")
    await bench.run()
    bench.question = None
    await bench.slack.post_message(
        MARIE, bench.slack.open_direct_message(MARIE), "combien de commandes hier ?"
    )
    await bench.run()
    assert [task.words for task in bench.tasks] == ["an e-mail", "combien de commandes hier ?"]


async def test_option_typed_in_a_direct_message_answers_the_question(bench: Bench) -> None:
    direct = bench.slack.open_direct_message(MARIE)
    bench.question = Question(words=Words("Which product?"), options=("Linen shirt", "Vase"))
    await bench.slack.post_message(MARIE, direct, "an e-mail")
    await bench.run()
    bench.question = None
    await bench.slack.post_message(MARIE, direct, "linen shirt")
    await bench.run()
    answer = {"answer 1": "linen shirt"}
    assert (bench.tasks[1].words, bench.tasks[1].form) == ("an e-mail", answer)


async def test_other_direct_message_is_a_request_of_its_own(bench: Bench) -> None:
    direct = bench.slack.open_direct_message(MARIE)
    bench.question = Question(words=Words("Which product?"), options=("Linen shirt", "Vase"))
    await bench.slack.post_message(MARIE, direct, "an e-mail")
    await bench.run()
    bench.question = None
    await bench.slack.post_message(MARIE, direct, "e-mail: the wool jumper")
    await bench.run()
    assert [task.words for task in bench.tasks] == ["an e-mail", "e-mail: the wool jumper"]


async def test_never_mind_closes_the_question(bench: Bench) -> None:
    bench.question = Question(words=Words("Which product?"))
    said = await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> an e-mail")
    await bench.run()
    await bench.slack.post_message(MARIE, MARKETING, "laisse tomber", thread_ts=said.ts)
    await bench.run()
    assert [task.state for task in bench.tasks] == ["stopped"]


async def test_command_without_a_channel_opens_the_form_with_what_was_found(bench: Bench) -> None:
    words = "our linen shirt is back, for loyal customers, until Sunday"
    await bench.slack.command(MARIE, MARKETING, "/draft", words)
    assert not bench.tasks
    blocks = {block["block_id"]: block["element"] for block in bench.form(MARIE).blocks}
    assert blocks["audience"]["initial_value"] == "loyal customers"
    assert blocks["dates"]["initial_value"] == "until Sunday"
    assert blocks["kind"]["initial_option"]["value"] == "goal=back in stock"


async def test_own_text_becomes_a_task_with_its_parts(bench: Bench) -> None:
    await bench.slack.open_home(MARIE)
    await bench.settled()
    home = bench.slack.home(MARIE)
    assert home
    await bench.slack.click(MARIE, action_id="own_text", view_id=home.id)
    chosen = {"channel": {"channel": "sms"}, "audience": {"audience": "everyone"}}
    await bench.slack.submit(MARIE, bench.form(MARIE).id, chosen)
    form = bench.form(MARIE)
    assert form.callback_id == "own_text_form"
    typed = {"own:text": {"own:text": "MaisonLin: open on Sunday. STOP"}}
    assert (await bench.slack.submit(MARIE, form.id, typed)).ok
    (task,) = bench.tasks
    assert task.form["channel"] == "sms"
    assert "open on Sunday" in task.form["own_text"]


async def test_just_for_me_card_is_private(bench: Bench) -> None:
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> just for me: linen is back")
    await bench.slack.command(MARIE, MARKETING, "/draft", "rien que pour moi, sms : le lin")
    await bench.run()
    assert {task.words for task in bench.tasks if task.private} == {"linen is back", "sms : le lin"}
    assert not bench.said(MARKETING)
    assert len(bench.in_dm(MARIE)) == 2


async def test_request_from_unjoined_channel_is_answered_directly(bench: Bench) -> None:
    card = await bench.drafted(channel=RANDOM)
    assert card.channel == bench.slack.open_direct_message(MARIE)
    assert f"<#{RANDOM}>" in text_of(card)


async def test_slack_markup_is_removed_from_request(bench: Bench) -> None:
    text = "sms: 1 &lt; 2 &amp; <https://shop.example|our shop> for <@UMAX> in <#C0LAUNCH|launches>"
    await bench.slack.command(MARIE, MARKETING, "/draft", text)
    assert bench.tasks[0].words == (
        "sms: 1 < 2 & our shop (https://shop.example) for Person 1 in #launches"
    )


async def test_empty_command_opens_form_in_users_language(bench: Bench) -> None:
    await bench.slack.command(MARIE, MARKETING, "/draft", "")
    view = bench.form(MARIE)
    assert view.callback_id == "brief_form"
    answer = await bench.slack.submit(
        MARIE,
        view.id,
        {
            "words": {"words": "linen is back"},
            "channel": {"channel": "sms"},
            "product": {"product": "linen shirt"},
            "kind": {"kind": "goal=back in stock"},
        },
    )
    assert answer.ok
    await bench.run()
    (task,) = bench.tasks
    assert task.words == "linen is back"
    assert task.form == {"channel": "sms", "product": "linen shirt", "goal": "back in stock"}
    assert len(bench.said()) == 1


async def test_form_with_just_for_me_is_private(bench: Bench) -> None:
    await bench.slack.command(MAX, MARKETING, "/draft", "just for me")
    await bench.slack.submit(MAX, bench.form(MAX).id, {"words": {"words": "linen"}})
    await bench.run()
    assert bench.tasks[0].private
    assert len(bench.in_dm(MAX)) == 1
    assert not bench.said(MARKETING)


async def test_message_over_socket_mode_is_accepted(socket_bench: Bench) -> None:
    bench = socket_bench
    assert (await bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: linen")).ok
    await bench.slack.post_message(MARIE, MARKETING, "<@UINTERN> cotton")
    await bench.run()
    assert [task.words for task in bench.tasks] == ["e-mail: linen", "cotton"]
    card = bench.said()[0]
    await bench.press(MAX, card, "approve")
    await bench.run()
    assert "<@UMAX>" in text_of(card)
