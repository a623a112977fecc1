"""What the intern does with a message that an AI has understood, through the local Slack."""

import contextlib
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.agent.turns import AgentTurn
from bot.approvals.decision import Decision
from bot.audit.journal import JournalEntry
from bot.audit.receipt import DROPPED, Receipt
from bot.audit.verify import find_row_fault
from bot.config.brand import Brand, Market
from bot.config.policy import Access, SpendingPolicy
from bot.core.channels import load_channels
from bot.core.parts import compute_fingerprint
from bot.drafts.models import Draft
from bot.errors import TryAgain
from bot.playground.slack_objects import SlackMessage
from bot.tasks.draft_versions import list_kept_passages
from bot.tasks.models import Task
from bot.tasks.run import clear_statuses
from tests.fakes.claude import asked_request, breaks, fails, fenced, reading, says, understood
from tests.slack.bench import LEA, MARIE, MARKETING, MAX, buttons, text_of
from tests.support.empty_databases import create_postgres
from tests.support.slack_actions import press_stop
from tests.support.understanding_bench import UnderstandingBench, understanding_bench

SHIRT = [reading("linen-shirt", "linen shirt")]
MAIL = [reading("email", "e-mail")]
MARKETS = {
    "FR": Market(language="fr", names=("France",), currency="EUR", sms_opt_out="STOP 36179"),
    "GB": Market(
        language="en",
        names=("UK",),
        currency="GBP",
        prices={"linen-shirt": Decimal("55.00")},
        site="https://shop.example/uk",
    ),
}


@pytest.fixture
async def intern(tmp_path: Path) -> AsyncIterator[UnderstandingBench]:
    async with understanding_bench(tmp_path) as found:
        yield found


def draft_request(**fields: Any) -> dict[str, Any]:
    return asked_request(products=SHIRT, goal="inform", **fields)


def revising(words: str, *requests: dict[str, Any], **fields: Any) -> Any:
    """Understand the message as the revision of the thread's first draft."""

    def read(prompt: str) -> dict[str, Any]:
        draft = fenced(prompt, "drafts").partition(": ")[0]
        return understood("revise", *requests, draft=draft, instruction=words, **fields)

    return read


async def drafted(intern: UnderstandingBench) -> tuple[SlackMessage, SlackMessage]:
    """Return a request in a channel and the card of its draft."""
    said = await intern.say(
        "<@UINTERN> an e-mail about our linen shirt",
        understood("requests", draft_request(channels=MAIL)),
    )
    (card,) = intern.bench.said()
    return said, card


# New requests.


async def test_two_questions_have_a_card_each(intern: UnderstandingBench) -> None:
    asked = ("how many orders came in May", "what do people return?")
    read = understood("requests", *(asked_request("answer", topic=one) for one in asked))
    await intern.say(f"<@UINTERN> {', and '.join(asked)}", read)
    assert len(intern.bench.said()) == 2
    assert [one.brief.asked for one in intern.bench.drafts] == [*asked]


async def test_a_mention_becomes_a_draft_in_its_thread(intern: UnderstandingBench) -> None:
    said, card = await drafted(intern)
    assert card.thread_ts == said.ts
    assert "approve" in buttons(card)
    assert intern.last_message == "an e-mail about our linen shirt"
    (draft,) = intern.bench.drafts
    assert (draft.channel, draft.brief.product) == ("email", "linen-shirt")


async def test_one_brief_for_two_channels_makes_two_drafts(intern: UnderstandingBench) -> None:
    both = [reading("email", "mail"), reading("sms", "SMS")]
    await intern.say(
        "<@UINTERN> a mail and an SMS for the linen shirt",
        understood("requests", draft_request(channels=both)),
    )
    assert [draft.channel for draft in intern.bench.drafts] == ["email", "sms"]
    assert len(intern.bench.said()) == 2
    assert len(intern.prompts) == 1


async def draft_two_mails(intern: UnderstandingBench) -> SlackMessage:
    """Return a request of which two e-mails for different people were made."""
    people = ("loyal customers", "new customers")
    return await intern.say(
        "<@UINTERN> a mail on the linen shirt for loyal customers, and one for new customers",
        understood("requests", *(draft_request(channels=MAIL, audience=one) for one in people)),
    )


UNCLEAR = understood("revise", draft="none", instruction="shorter")


@pytest.mark.parametrize("tapped", [True, False])
async def test_where_no_draft_is_named_it_is_asked_which(
    intern: UnderstandingBench, tapped: bool
) -> None:
    said = await draft_two_mails(intern)
    _, second = intern.bench.drafts
    await intern.say("shorter", UNCLEAR, thread=said.ts)
    card, question = intern.bench.said()[-1], intern.tasks[-1].question_asked
    assert question is not None
    assert ["loyal customers" in one for one in question.options] == [True, False, False]
    assert ["new customers" in one for one in question.options] == [False, True, False]
    assert not intern.bench.rows(Decision)
    if tapped:
        await intern.bench.press(MARIE, card, "answer.1")
        await intern.bench.run()
        assert len(intern.prompts) == 2
    else:
        read = understood("answer_question", answer=question.options[1])
        await intern.say("the second", read, thread=said.ts)
    (revised,) = intern.bench.drafts[2:]
    assert (revised.version, revised.brief.audience) == (2, second.brief.audience)
    assert revised.skill_request.reason == "shorter"
    (decision,) = intern.bench.rows(Decision)
    assert decision.draft == second.id
    assert not buttons(intern.bench.said()[2])  # the question is answered
    assert "below" in text_of(intern.bench.said()[2])


async def test_a_revised_draft_keeps_its_number(intern: UnderstandingBench) -> None:
    said = await draft_two_mails(intern)
    first = intern.bench.drafts[0].id
    await intern.say(
        "the first one shorter",
        understood("revise", draft=first, instruction="shorter"),
        thread=said.ts,
    )
    await intern.say("warmer", UNCLEAR, thread=said.ts)
    told = fenced(intern.prompts[-1], "drafts").splitlines()
    assert ["number 1" in line for line in told] == ["loyal customers" in line for line in told]
    question = intern.tasks[-1].question_asked
    assert question is not None
    assert ["loyal customers" in one for one in question.options] == [True, False, False]


@pytest.mark.parametrize("tapped", [True, False])
async def test_a_text_for_another_channel_starts_from_the_draft_that_is_picked(
    intern: UnderstandingBench, tapped: bool
) -> None:
    said = await draft_two_mails(intern)
    asked = asked_request(channels=[reading("sms", "an SMS")])
    unclear = understood("revise", asked, draft="none", instruction="as an SMS")
    await intern.say("as an SMS", unclear, thread=said.ts)
    if tapped:
        await intern.bench.press(MARIE, intern.bench.said()[-1], "answer.1")
        await intern.bench.run()
    else:
        question = intern.tasks[-1].question_asked
        assert question is not None
        read = understood("answer_question", answer=question.options[1])
        await intern.say("the second", read, thread=said.ts)
    _, second, sms = intern.bench.drafts
    assert (sms.channel, sms.version, sms.brief.stands_on) == ("sms", 1, second.id)
    assert sms.brief.audience == second.brief.audience
    told = [] if tapped else ["the second"]  # the option's words are not the person's
    assert sms.brief.words.splitlines() == [*second.brief.words.splitlines(), "as an SMS", *told]


async def test_all_drafts_may_be_meant(intern: UnderstandingBench) -> None:
    said = await draft_two_mails(intern)
    await intern.say("shorter", UNCLEAR, thread=said.ts)
    await intern.bench.press(MARIE, intern.bench.said()[-1], "answer.2")
    await intern.bench.run()
    before, after = intern.bench.drafts[:2], intern.bench.drafts[2:]
    assert [one.version for one in after] == [2, 2]
    assert {one.brief.audience for one in after} == {one.brief.audience for one in before}


@pytest.mark.parametrize("named", [True, False])
async def test_of_several_drafts_those_of_others_are_left_and_named(
    intern: UnderstandingBench, named: bool
) -> None:
    people = ("loyal customers", "new customers", "old customers")
    asked = [understood("requests", draft_request(channels=MAIL, audience=one)) for one in people]
    words = [f"<@UINTERN> an e-mail about our linen shirt for {one}" for one in people]
    said = await intern.say(words[0], asked[0], user=MAX)
    for typed, read in zip(words[1:], asked[1:], strict=True):
        await intern.say(typed, read, thread=said.ts)
    his, *hers = intern.bench.drafts
    ids = [one.id for one in intern.bench.drafts]
    shorter = understood("revise", draft=ids if named else "none", instruction="shorter")
    await intern.say("<@UINTERN> shorter", shorter, thread=said.ts)
    if not named:
        question = intern.tasks[-1].question_asked
        assert question is not None
        assert len(question.options) == 3  # her two, and both
        await intern.bench.press(MARIE, intern.bench.said()[-1], "answer.2")
        await intern.bench.run()
    assert {one.draft for one in intern.bench.rows(Decision)} == {one.id for one in hers}
    later = [one for one in intern.bench.drafts if one.version == 2]
    assert {one.brief.audience for one in later} == {one.brief.audience for one in hers}
    lines = [text_of(one) for one in intern.bench.said() if "Left as they are" in text_of(one)]
    assert len(lines) == (1 if named else 0)
    assert all(str(his.brief.audience) in one for one in lines)


async def test_an_answer_that_is_no_draft_is_asked_about_again(intern: UnderstandingBench) -> None:
    said = await draft_two_mails(intern)
    await intern.say("shorter", UNCLEAR, thread=said.ts)
    read = understood("answer_question", answer="the blue one")
    await intern.say("the blue one", read, thread=said.ts)
    assert [one.state for one in intern.tasks[1:]] == ["asking", "asking"]
    await intern.bench.press(MARIE, intern.bench.said()[-1], "answer")
    await intern.bench.run()
    assert [one.version for one in intern.bench.drafts] == [1, 1, 2]


@pytest.mark.parametrize("entries", [1, 2])
async def test_a_revision_of_two_drafts_makes_a_version_of_each(
    intern: UnderstandingBench, entries: int
) -> None:
    both = [reading("email", "mail"), reading("sms", "SMS")]
    said = await intern.say(
        "<@UINTERN> a mail and an SMS for the linen shirt",
        understood("requests", draft_request(channels=both)),
    )
    mail, sms = intern.bench.drafts
    period = {"until": "2026-11-30", "period_words": "till Monday"}
    asked = [
        asked_request(about=mail.id, **period),
        asked_request(about=sms.id, channels=[reading("sms", "the SMS")], **period),
    ]
    named = {1: [mail.id, sms.id], 2: mail.id}[entries]
    read = understood("revise", *asked[:entries], draft=named, instruction="till Monday")
    await intern.say("till Monday, the SMS too", read, thread=said.ts)
    later = {one.channel: one for one in intern.bench.drafts[2:]}
    assert {channel: one.version for channel, one in later.items()} == {"email": 2, "sms": 2}
    assert {one.brief.dates for one in later.values()} == {"till Monday"}
    (card,) = [one for one in intern.bench.said() if "SMS" in text_of(one) and "v1" in text_of(one)]
    assert "approve" not in buttons(card)


async def test_unknown_channel_is_said_in_one_line_and_the_rest_is_done(
    intern: UnderstandingBench,
) -> None:
    said = await intern.say(
        "<@UINTERN> a mail and an insta post for the linen shirt",
        understood(
            "requests",
            draft_request(channels=[reading("email", "mail")]),
            unsupported=["insta post"],
        ),
    )
    line, card = intern.bench.said()
    assert line.text.startswith("I can't do insta post yet.")
    assert all(channel.title in line.text for channel in load_channels().values())
    assert line.thread_ts == card.thread_ts == said.ts
    assert "approve" in buttons(card)


async def test_only_an_unknown_channel_ends_in_one_line(intern: UnderstandingBench) -> None:
    await intern.say("<@UINTERN> a TikTok", understood("requests", unsupported=["TikTok"]))
    (line,) = intern.bench.said()
    assert line.text.startswith("I can't do TikTok yet.")
    assert not buttons(line)
    assert not intern.bench.drafts


async def test_words_that_no_field_takes_stand_on_the_card(intern: UnderstandingBench) -> None:
    await intern.say(
        "<@UINTERN> an e-mail about our linen shirt, with emojis",
        understood("requests", draft_request(channels=MAIL), left_over=["with emojis"]),
    )
    (card,) = intern.bench.said()
    assert "Not in the text: with emojis" in text_of(card)


async def test_two_markets_make_two_texts_with_their_own_values(tmp_path: Path) -> None:
    brand = Brand(name="Maison Lin", languages=("en", "fr"), markets=MARKETS)
    async with understanding_bench(tmp_path, brand=brand) as intern:
        markets = [reading("FR", "FR"), reading("GB", "UK")]
        await intern.say(
            "<@UINTERN> an e-mail about our linen shirt, FR and UK",
            understood("requests", draft_request(channels=MAIL, markets=markets)),
        )
        french, british = intern.bench.drafts
        assert (french.brief.market, french.language) == ("FR", "fr")
        assert (british.brief.market, british.language) == ("GB", "en")
        sent = [str(letter["messages"][0]["content"]) for letter in intern.claude.letters]
        in_gb = next(text for text in sent if "£55" in text)
        assert re.search(r"product\.linen-shirt\.price.*brand\.toml", in_gb)
        systems = [str(letter["system"]) for letter in intern.claude.letters[1:]]
        assert "market: FR" in systems[0]
        assert any("market: GB" in system for system in systems)


async def test_a_command_is_a_request_whatever_its_words_say(intern: UnderstandingBench) -> None:
    intern.readings.append(understood("reply", reply="Hello!"))
    answer = await intern.bench.slack.command(MARIE, MARKETING, "/trends", "")
    assert answer.ok
    await intern.bench.run()
    assert [draft.skill for draft in intern.bench.drafts] == ["trends"]


async def test_a_command_has_its_card_while_it_is_read(intern: UnderstandingBench) -> None:
    shown: list[str] = []

    def read(_: str) -> dict[str, Any]:
        shown.extend(message.text for message in intern.bench.said())
        return understood("requests", draft_request())

    intern.readings.append(read)
    await intern.bench.slack.command(MARIE, MARKETING, "/draft", "e-mail: our linen shirt is back")
    await intern.bench.run()
    assert shown == ["Working on it…"]


# A line, or nothing.


async def test_small_talk_gets_one_line(intern: UnderstandingBench) -> None:
    said = await intern.say("<@UINTERN> merci !", understood("reply", reply="Avec plaisir !"))
    (line,) = intern.bench.said()
    assert (line.text, line.thread_ts) == ("Avec plaisir !", said.ts)
    assert not buttons(line)
    assert intern.tasks[0].state == "done"


async def test_a_reminder_offers_the_command(intern: UnderstandingBench) -> None:
    command = 'I don\'t do reminders, Slack does: /remind me "call the printer" on Friday at 9:00'
    await intern.say("<@UINTERN> remind me on Friday", understood("reply", reply=command))
    assert "/remind me" in intern.bench.said()[0].text


async def test_a_figure_in_a_reply_is_not_said(intern: UnderstandingBench) -> None:
    await intern.say("<@UINTERN> how are sales?", understood("reply", reply="You sold 512 shirts."))
    assert "512" not in text_of(intern.bench.said()[0])
    assert "I write copy" in intern.bench.said()[0].text


async def test_colleagues_talking_leave_nothing(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    shown = len(intern.bench.said())
    statuses = len(status_calls(intern))
    await intern.say(
        "ok for me, what do you think?", understood("not_for_us"), user=MAX, thread=said.ts
    )
    assert len(intern.bench.said()) == shown
    assert len(status_calls(intern)) == statuses
    task = intern.tasks[1]
    assert (task.state, task.words, task.form, task.understanding) == ("stopped", "", {}, None)
    assert not intern.bench.whispers(MAX)
    assert not intern.bench.rows(AgentTurn)


async def test_receipts_of_colleagues_talking_keep_no_words(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    before = len(intern.bench.rows(Receipt))
    words = "Klara was ill again, so the poster waits"
    await intern.say(words, understood("not_for_us"), user=MAX, thread=said.ts)
    (body,) = [one.text for one in intern.claude.asked if words in one.text]
    *earlier, receipt = intern.bench.rows(Receipt)
    assert len(earlier) == before
    assert not any(receipt.sent.startswith(DROPPED) for receipt in earlier)
    assert receipt.sent == f"{DROPPED} SHA-256 {compute_fingerprint(body)}, {len(body)} characters"
    assert (receipt.ended, receipt.to) == ("done", earlier[0].to)
    assert receipt.tokens_in > 0
    assert receipt.usd is not None
    recorded = [
        one.refs["fingerprint"]
        for one in intern.bench.rows(JournalEntry)
        if (one.event, one.subject) == ("receipt", str(receipt.id))
    ]
    assert recorded == [compute_fingerprint(body), compute_fingerprint(receipt.sent)]
    with intern.bench.database.begin() as session:
        assert find_row_fault(session, receipt.workspace) is None


async def test_receipts_keep_no_words_of_colleagues_that_the_ai_never_answered(
    intern: UnderstandingBench,
) -> None:
    said, _ = await drafted(intern)
    intern.claude.script += [breaks("drop")] * 40  # the words have left, and no answer comes
    with pytest.raises(TryAgain) as away:
        await intern.say("Klara was ill again", user=MAX, thread=said.ts)
    assert any("Klara" in receipt.sent for receipt in intern.bench.rows(Receipt))
    await intern.fail(intern.tasks[1].id, away.value)
    assert not any("Klara" in receipt.sent for receipt in intern.bench.rows(Receipt))


async def test_only_threads_that_the_intern_works_in_are_read(intern: UnderstandingBench) -> None:
    said = await intern.say("what do you think of our poster?")
    await intern.say("make it shorter", user=MAX, thread=said.ts)
    request, _ = await drafted(intern)
    await intern.say(f"<@{LEA}> make it shorter?", user=MAX, thread=request.ts)
    assert len(intern.tasks) == 1
    assert len(intern.prompts) == 1


async def test_policy_can_narrow_reading_to_mentions(intern: UnderstandingBench) -> None:
    intern.bench.policy = intern.bench.policy.model_copy(
        update={"access": Access(listen="mentions")}
    )
    said, _ = await drafted(intern)
    await intern.say("make it shorter", thread=said.ts)
    assert len(intern.tasks) == 1
    await intern.say("<@UINTERN> make it shorter", thread=said.ts)
    assert len(intern.tasks) == 2


async def test_an_edit_of_a_message_between_colleagues_is_ignored(
    intern: UnderstandingBench,
) -> None:
    said, _ = await drafted(intern)
    reply = await intern.say("fine", understood("not_for_us"), user=MAX, thread=said.ts)
    await intern.bench.slack.edit(MAX, MARKETING, reply.ts, "fine for me")
    await intern.bench.run()
    await intern.bench.run_ephemerals()
    assert len(intern.tasks) == 2
    assert not intern.bench.whispers(MAX)


@pytest.mark.parametrize(("earlier", "skill"), [((), "answer"), (("Monday it is",), "recap")])
async def test_a_recap_without_a_conversation_is_a_report(
    intern: UnderstandingBench, earlier: tuple[str, ...], skill: str
) -> None:
    for words in earlier:
        await intern.say(words, user=MAX)
    await intern.say(
        "<@UINTERN> prep my recap: sales and e-mail",
        understood("requests", asked_request(skill="recap")),
    )
    (draft,) = intern.bench.drafts
    assert draft.skill == skill


# Under a draft and under a report.


async def test_any_instruction_under_a_draft_revises_it(intern: UnderstandingBench) -> None:
    said, card = await drafted(intern)
    await intern.say(
        "3 other subject lines", revising("3 other subject lines"), user=MAX, thread=said.ts
    )
    first, second = intern.tasks
    assert (second.parent, second.reason) == (first.id, "3 other subject lines")
    assert (second.previous, second.author) == (f"{first.id}.0.v1", MARIE)
    (decision,) = intern.bench.rows(Decision)
    assert (decision.verdict, decision.by) == ("send back", MAX)
    assert "approve" not in buttons(card)
    assert [draft.version for draft in intern.bench.drafts] == [1, 2]


async def test_a_translation_changes_the_language(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    french = asked_request(language=reading("fr", "in French"))
    await intern.say("<@UINTERN> now in French", revising("in French", french), thread=said.ts)
    assert [draft.language for draft in intern.bench.drafts] == ["en", "fr"]


async def test_what_people_wrote_is_kept_through_a_revision(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    (draft,) = intern.bench.drafts
    key, text = draft.parts[2].key, draft.parts[2].text
    with intern.bench.database.begin() as session:
        edited = session.get_one(Draft, draft.id).edit(
            session,
            intern.bench.enqueue,
            by=MARIE,
            texts={key: f"{text} We sew it in Roubaix."},
            now=intern.bench.services.now(),
        )
        kept = list_kept_passages(session, edited)
    assert [(passage.part, passage.text) for passage in kept] == [(key, "We sew it in Roubaix.")]
    await intern.bench.run()
    await intern.say("shorter please", revising("shorter"), thread=said.ts)
    assert "p1, a person's words in body: We sew it in Roubaix." in intern.prompts[-1]
    writing = intern.claude.letters[-1]["messages"][0]["content"]
    assert "Keep them word for word:\n- body: We sew it in Roubaix." in writing
    newest = intern.bench.drafts[-1]  # the scripted AI never writes it
    assert [check.rule for check in newest.list_blocking_checks()].count("kept") == 1


async def test_a_passage_that_the_instruction_changes_is_not_kept(
    intern: UnderstandingBench,
) -> None:
    said, _ = await drafted(intern)
    (draft,) = intern.bench.drafts
    with intern.bench.database.begin() as session:
        session.get_one(Draft, draft.id).edit(
            session,
            intern.bench.enqueue,
            by=MARIE,
            texts={"body": "We sew it in Roubaix."},
            now=intern.bench.services.now(),
        )
    await intern.bench.run()
    words = "take out the sentence on Roubaix"
    await intern.say(words, revising(words, changes=["p1"]), thread=said.ts)
    newest = intern.bench.drafts[-1]
    assert "kept" not in {check.rule for check in newest.findings or ()}


async def test_another_channel_under_a_draft_makes_another_text(
    intern: UnderstandingBench,
) -> None:
    said, card = await drafted(intern)

    def as_sms(prompt: str) -> dict[str, Any]:
        about = fenced(prompt, "drafts").partition(": ")[0]
        sms = [reading("sms", "SMS")]
        return understood("requests", asked_request(about=about, channels=sms))

    await intern.say("and as an SMS", as_sms, thread=said.ts)
    mail, sms = intern.bench.drafts
    assert (sms.channel, sms.brief.product) == ("sms", "linen-shirt")
    assert sms.brief.stands_on == mail.id
    assert "approve" in buttons(card)


async def test_a_question_under_a_report_continues_it(intern: UnderstandingBench) -> None:
    said = await intern.say(
        "<@UINTERN> what do customers say?", understood("requests", asked_request("feedback"))
    )
    report = intern.bench.drafts[0]

    def follow(prompt: str) -> dict[str, Any]:
        about = fenced(prompt, "drafts").partition(": ")[0]
        dates = {"since": "2026-10-01", "until": "2026-10-31", "period_words": "in October"}
        return understood("requests", asked_request("feedback", about=about, **dates))

    await intern.say("and in October?", follow, thread=said.ts)
    request = intern.bench.drafts[-1].skill_request
    assert request.brief.stands_on == report.id
    assert request.brief.follows == "what do customers say?"
    assert str(request.brief.since) == "2026-10-01"


@pytest.mark.parametrize(("action", "versions"), [("answer", [1, 2]), ("answer.1", [1])])
async def test_change_by_somebody_without_the_right_is_asked_of_the_owner(
    intern: UnderstandingBench, action: str, versions: list[int]
) -> None:
    said, card = await drafted(intern)
    await intern.say("shorter", revising("shorter"), user="UOTTO", thread=said.ts)
    line, question = intern.bench.said()[-2:]
    assert "Only whoever asked" in line.text
    assert {"<@UMARIE>", "<@UOTTO>", "“shorter”"} <= {*question.text.replace(",", "").split()}
    assert "approve" in buttons(card)
    assert not intern.bench.rows(Decision)
    await intern.bench.press("UOTTO", question, action)
    await intern.bench.run()
    assert len(intern.bench.drafts) == 1
    await intern.bench.press("UMARIE", question, action)
    await intern.bench.run()
    assert [one.version for one in intern.bench.drafts] == versions
    assert [one.by for one in intern.bench.rows(Decision)] == ["UMARIE"] * (len(versions) - 1)
    reason = intern.bench.drafts[-1].skill_request.reason
    assert reason == ("shorter" if len(versions) > 1 else None)
    assert not [one for one in intern.tasks if one.state in ("waiting", "working")]


async def test_card_is_in_the_language_of_the_last_message(intern: UnderstandingBench) -> None:
    french = understood("requests", draft_request(channels=MAIL), language="fr")
    said = await intern.say("<@UINTERN> un e-mail sur le linen shirt", french)
    await intern.say("shorter", revising("shorter", language="en"), thread=said.ts)
    first, second = intern.bench.said()
    assert first.text.startswith("À revoir")
    assert ("Edit" in str(second.blocks), "Modifier" in str(second.blocks)) == (True, False)


# Questions.


async def asking(intern: UnderstandingBench) -> SlackMessage:
    """Return the message that the intern asked about."""
    unknown = [reading("none", "silk shirt")]
    return await intern.say(
        "<@UINTERN> an e-mail about the silk shirt",
        understood("requests", asked_request(products=unknown, channels=MAIL)),
    )


async def test_an_answer_in_the_thread_completes_the_request(intern: UnderstandingBench) -> None:
    said = await asking(intern)
    (card,) = intern.bench.said()
    assert "silk shirt" in card.text
    whole = draft_request(channels=MAIL)
    await intern.say(
        "the linen shirt, and mention gift wrap",
        understood("answer_question", whole, answer="linen shirt"),
        thread=said.ts,
    )
    first, second = intern.tasks
    said_since = "Linen Shirt\nthe linen shirt, and mention gift wrap"
    assert (second.parent, second.words) == (first.id, f"{first.words}\n{said_since}")
    assert intern.bench.drafts[0].brief.product == "linen-shirt"
    assert "option: Linen Shirt" in fenced(intern.prompts[-1], "question")


async def test_a_tapped_option_is_not_read_again(intern: UnderstandingBench) -> None:
    await asking(intern)
    (card,) = intern.bench.said()
    await intern.bench.press(MARIE, card, "answer")
    await intern.bench.run()
    (draft,) = intern.bench.drafts
    assert (draft.brief.product, draft.brief.product_words) == ("linen-shirt", "Linen Shirt")
    assert len(intern.prompts) == 1


async def test_a_question_takes_its_answer_after_another_draft_was_changed(
    intern: UnderstandingBench,
) -> None:
    said = await draft_two_mails(intern)
    first, _second = intern.bench.drafts
    unknown = asked_request(products=[reading("none", "silk shirt")], channels=MAIL)
    await intern.say("one on the silk shirt", understood("requests", unknown), thread=said.ts)
    change = understood("revise", draft=first.id, instruction="warmer")
    await intern.say("the first one warmer", change, thread=said.ts)
    await intern.say("shorter", UNCLEAR, thread=said.ts)  # asks which
    whole = draft_request(channels=MAIL)
    answer = understood("answer_question", whole, answer="Linen Shirt")
    await intern.say("linen shirt", answer, thread=said.ts)
    assert "silk shirt" in fenced(intern.prompts[-1], "question")
    assert [one.state for one in intern.tasks] == ["done", "asking", "done", "asking", "done"]
    assert intern.tasks[-1].parent == intern.tasks[1].id


async def test_never_mind_closes_the_question(intern: UnderstandingBench) -> None:
    said = await asking(intern)
    await intern.say(
        "never mind",
        understood("answer_question", answer="never mind", closes=True),
        thread=said.ts,
    )
    assert [task.state for task in intern.tasks] == ["stopped", "done"]
    assert "dropped that question" in intern.bench.said()[-1].text


async def test_a_message_elsewhere_is_no_answer(intern: UnderstandingBench) -> None:
    dm = intern.bench.slack.open_direct_message(MARIE)
    unknown = [reading("none", "silk shirt")]
    asked = await intern.say(
        "a mail about the silk shirt",
        understood("requests", asked_request(products=unknown)),
        channel=dm,
    )
    other = await intern.say("thanks, see you", understood("reply", reply="See you!"), channel=dm)
    assert fenced(intern.prompts[-1], "question") == ""
    assert intern.tasks[0].state == "asking"
    question, line = intern.bench.in_dm(MARIE)
    assert (question.thread_ts, line.thread_ts) == (asked.ts, other.ts)


async def test_an_option_typed_in_a_direct_message_is_an_answer(
    intern: UnderstandingBench,
) -> None:
    dm = intern.bench.slack.open_direct_message(MARIE)
    unknown = [reading("none", "silk shirt")]
    await intern.say(
        "a mail about the silk shirt",
        understood("requests", asked_request(products=unknown)),
        channel=dm,
    )
    await intern.say("linen shirt", understood("answer_question", answer="Linen Shirt"), channel=dm)
    assert intern.tasks[1].parent == intern.tasks[0].id
    assert intern.bench.drafts[0].brief.product == "linen-shirt"


# The AI can't be had.


async def test_reached_cap_is_one_line_with_the_forms(intern: UnderstandingBench) -> None:
    intern.bench.policy = intern.bench.policy.model_copy(
        update={"spend": SpendingPolicy(usd_a_day=Decimal("0"))}
    )
    await intern.say("<@UINTERN> an e-mail about our linen shirt")
    (line,) = intern.bench.said()
    assert "spending limit" in line.text
    assert buttons(line) == ["brief_form", "answer", "try_again"]
    assert not intern.bench.drafts
    assert not intern.claude.letters


async def test_standard_text_is_made_only_when_asked_for(intern: UnderstandingBench) -> None:
    intern.bench.policy = intern.bench.policy.model_copy(
        update={"spend": SpendingPolicy(usd_a_day=Decimal("0"))}
    )
    await intern.say("<@UINTERN> an e-mail about our linen shirt")
    (line,) = intern.bench.said()
    await intern.bench.press(MARIE, line, "answer")
    await intern.bench.run()
    (draft,) = intern.bench.drafts
    assert draft.by_rules
    assert not intern.claude.letters


async def test_away_ai_is_one_line_after_the_usual_tries(intern: UnderstandingBench) -> None:
    intern.claude.script += [fails(529, "overloaded_error")] * 40
    with pytest.raises(TryAgain) as away:
        await intern.say("<@UINTERN> an e-mail about our linen shirt")
    assert not intern.bench.said()
    await intern.fail(intern.tasks[0].id, away.value)
    (line,) = intern.bench.said()
    assert "try_again" in buttons(line)
    assert "brief_form" in buttons(line)


async def test_away_ai_says_nothing_between_colleagues(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    shown = len(intern.bench.said())
    intern.claude.script += [fails(529, "overloaded_error")] * 40
    with pytest.raises(TryAgain) as away:
        await intern.say("fine for me", user=MAX, thread=said.ts)
    await intern.fail(intern.tasks[1].id, away.value)
    assert len(intern.bench.said()) == shown
    assert intern.tasks[1].words == ""


async def test_away_ai_answers_the_requester_in_their_thread(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    intern.claude.script += [fails(529, "overloaded_error")] * 40
    with pytest.raises(TryAgain) as away:
        await intern.say("shorter", thread=said.ts)
    await intern.fail(intern.tasks[1].id, away.value)
    assert "try_again" in buttons(intern.bench.said()[-1])


async def test_an_answer_in_no_form_is_no_request(intern: UnderstandingBench) -> None:
    intern.claude.script += [says("Sure! What a lovely brief.")] * 40
    with contextlib.suppress(TryAgain):
        await intern.say("<@UINTERN> an e-mail about our linen shirt")
    assert not intern.bench.drafts


# Crashes.


class CrashError(BaseException):
    """The process dies."""


async def test_a_crash_after_the_answer_pays_nothing_twice(
    intern: UnderstandingBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Task.store_understanding

    def die(*_: object) -> None:
        monkeypatch.setattr(Task, "store_understanding", store)
        raise CrashError

    monkeypatch.setattr(Task, "store_understanding", die)
    reading_once = understood("requests", draft_request(channels=MAIL))
    with pytest.raises(CrashError):
        await intern.say("<@UINTERN> an e-mail about our linen shirt", reading_once)
    await intern.bench.run()
    assert len(intern.prompts) == 1
    assert len(intern.bench.drafts) == len(intern.bench.said()) == 1
    assert not intern.bench.rows(AgentTurn)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_a_crash_after_understanding_pays_nothing_twice(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = None
    if database == "postgres":
        url = create_postgres(request.getfixturevalue("postgres_server"), migrated=True)
    async with understanding_bench(tmp_path, url=url) as intern:
        said, _ = await drafted(intern)
        asked = len(intern.prompts)
        crash_once(intern, monkey=request.getfixturevalue("monkeypatch"))
        with pytest.raises(CrashError):
            await intern.say("shorter", revising("shorter"), thread=said.ts)
        await intern.bench.run()
        assert len(intern.prompts) == asked + 1
        assert len(intern.tasks) == 2
        assert len(intern.bench.rows(Decision)) == 1
        assert [draft.version for draft in intern.bench.drafts] == [1, 2]
        assert len(intern.bench.said()) == 2


def crash_once(intern: UnderstandingBench, *, monkey: pytest.MonkeyPatch) -> None:
    """Die the next time that a card is shown, which is after the message was understood."""
    show = intern.bench.outside.show

    async def die(post: str) -> None:
        monkey.setattr(intern.bench.outside, "show", show)
        raise CrashError

    monkey.setattr(intern.bench.outside, "show", die)


# Slack's own status.


def status_calls(intern: UnderstandingBench) -> list[str]:
    return [
        str(call.args.get("status"))
        for call in intern.bench.slack.calls
        if call.method == "assistant.threads.setStatus"
    ]


async def test_the_status_is_shown_and_cleared(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    shown = status_calls(intern)
    assert shown[0] == "is reading your message…"
    assert shown[-1] == ""
    assert intern.bench.slack.status(MARKETING, said.ts) == ""


async def test_a_message_that_waits_for_others_says_so_at_once(
    intern: UnderstandingBench,
) -> None:
    places = intern.bench.services.places
    for n in range(places):
        await intern.say(f"<@UINTERN> an e-mail about our linen shirt, number {n}", run=False)
    assert status_calls(intern) == []
    with intern.bench.database.begin() as session:
        for task in session.scalars(select(Task)):
            task.start(intern.bench.services.now())
    said = await intern.say("<@UINTERN> and a push", run=False)
    assert "Other requests come first" in intern.bench.slack.status(MARKETING, said.ts)
    await intern.say("what do you think, Max?", thread=said.ts, run=False)  # perhaps not for us
    assert len(status_calls(intern)) == 1


async def test_the_status_is_cleared_when_the_work_fails(intern: UnderstandingBench) -> None:
    intern.claude.script += [fails(529, "overloaded_error")] * 40
    with pytest.raises(TryAgain):
        await intern.say("<@UINTERN> an e-mail about our linen shirt")
    assert status_calls(intern)[-1] == ""


async def test_a_restarted_worker_clears_what_a_dead_one_left(intern: UnderstandingBench) -> None:
    said, _ = await drafted(intern)
    await intern.bench.outside.set_status({"channel": MARKETING, "thread": said.ts}, "is writing…")
    assert intern.bench.slack.status(MARKETING, said.ts) == "is writing…"
    await clear_statuses(intern.worker.context)
    assert intern.bench.slack.status(MARKETING, said.ts) == ""


async def test_stop_in_slacks_agent_view_stops_the_task(intern: UnderstandingBench) -> None:
    said = await intern.say("<@UINTERN> an e-mail about our linen shirt", run=False)
    await press_stop(intern.bench.slack, MAX, MARKETING, said.ts)
    await press_stop(intern.bench.slack, "UOTTO", MARKETING, said.ts)
    await intern.bench.settled()
    (task,) = intern.tasks
    assert task.state == "stopped"
    assert intern.bench.stopped == [task.id]


async def test_a_private_request_shows_no_status_in_the_channel(
    intern: UnderstandingBench,
) -> None:
    await intern.say(
        "<@UINTERN> just for me: an e-mail about our linen shirt",
        understood("requests", draft_request(channels=MAIL)),
    )
    assert not status_calls(intern)
    assert len(intern.bench.in_dm(MARIE)) == 1
    assert not intern.bench.said()
