"""What the AI is told in a thread: the report or draft before, whom it is for, both sides' words.

Each test goes from a message in the local Slack to what the AI is sent and what is stored.
"""

import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.agent.audience_draft import list_other_languages
from bot.agent.claim_check import build_claim_prompt
from bot.audiences.platforms import DEFAULT_PLATFORMS
from bot.config.brand import Brand, Market
from bot.core.audience_rule import AudienceRule
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact, Source
from bot.core.parts import NextStep
from bot.digests.visibility import list_quoted_drafts
from bot.drafts.export import is_audience_draft
from bot.drafts.models import CHECKS_ADAPTER, LEADS_ADAPTER, Draft
from bot.drafts.recipients import SPLIT_BY_LANGUAGE
from bot.i18n.messages import LANGUAGES, Words
from bot.messages.outbox import OutboxMessage
from bot.slack.actions.reports import build_next_step_form
from bot.slack.cards.draft_card import render_draft_title
from bot.slack.threads import make_place
from bot.tasks.audience_report import NOBODY_NAMED
from bot.tasks.conversation import UNSUPPORTED, build_earlier_work
from bot.tasks.message_prompt import MAX_THREAD_CHARACTERS, format_thread
from bot.tasks.message_prompt import ThreadMessage as Message
from bot.tasks.models import NewTask, Task
from tests.fakes.claude import (
    Step,
    asked_request,
    calls,
    fenced,
    is_judging,
    reading,
    says,
    understood,
)
from tests.handlers.test_answer_with_ai import report
from tests.slack.bench import MARIE, MARKETING, buttons, text_of
from tests.support.tool_runner import full_params, sample_data
from tests.support.understanding_bench import Reading, UnderstandingBench, understanding_bench

SHOP_BRAND = Brand(
    name="Maison Ormelin",
    languages=("en",),  # so that a text stays in that of its message
    sender="ORMELIN",
    markets={
        "FR": Market(language="fr", currency="EUR", sms_opt_out="STOP 36179"),
        "GB": Market(language="en", names=("UK",), currency="GBP"),
    },
)
HOOKS = [
    {"angle": "price", "text": "A fifth less until Sunday", "facts": []},
    {"angle": "use", "text": "For after the bath", "facts": []},
]
READ = Step()  # a call that understands a message, answered from `readings`
MAIL, SMS = reading("email", "e-mail"), reading("sms", "SMS")
LAPSED = full_params("audience", {"purpose": "email", "bought_named": ["linen"], "min_orders": 2})
SELLERS = full_params(
    "query_metrics",
    {
        "dataset": "orders",
        "measures": ["revenue"],
        "dimensions": ["product"],
        "since": "2026-10-01",
        "until": "2026-10-31",
        "order": "highest",
        "limit": 5,
    },
)


@pytest.fixture
async def intern(tmp_path: Path) -> AsyncIterator[UnderstandingBench]:
    async with understanding_bench(tmp_path, brand=SHOP_BRAND, library=sample_data()) as found:

        def answer(body: dict[str, Any]) -> dict[str, Any] | str:
            given = found.answer(body)
            if isinstance(given, dict) and "hooks" in given:
                return {**given, "hooks": HOOKS}
            return given

        found.claude.answer = answer
        yield found


async def ask(
    intern: UnderstandingBench,
    words: str,
    read: Reading,
    *script: Step,
    thread: str = "",
    channel: str = MARKETING,
) -> str:
    """Say it, in a thread or as a new message, and return the thread's timestamp. `script` is what
    the AI answers after it has understood the message."""
    intern.claude.script += [READ, *script]
    said = await intern.say(f"<@UINTERN> {words}", read, thread=thread or None, channel=channel)
    return thread or said.ts


def newest(prompt: str) -> str:
    """The id of the newest draft or report that the AI is told of."""
    return fenced(prompt, "drafts").partition(": ")[0]


def continuing(skill: str = "draft", **fields: Any) -> Any:
    """Read the message as a request that starts from the newest draft or report."""
    return lambda prompt: understood(
        "requests", asked_request(skill, about=newest(prompt), **fields)
    )


def revising(instruction: str, *requests: dict[str, Any], **fields: Any) -> Any:
    return lambda prompt: understood(
        "revise", *requests, draft=newest(prompt), instruction=instruction, **fields
    )


def list_writing(intern: UnderstandingBench) -> list[str]:
    """The first messages of all conversations in which copy was written, oldest first."""
    contents = [
        body["messages"][0]["content"]
        for body in intern.claude.letters
        if not is_judging(body) and "You write marketing copy" in str(body["system"])
    ]
    found = [
        one if isinstance(one, str) else "".join(block["text"] for block in one) for one in contents
    ]
    return list(dict.fromkeys(found))


async def count_linen_buyers(intern: UnderstandingBench, channel: str = MARKETING) -> str:
    return await ask(
        intern,
        "who bought linen twice?",
        understood("requests", asked_request("targeting")),
        calls(("audience", LAPSED)),
        report("{f2} ordered twice and bought linen.", exhibit="e1"),
        channel=channel,
    )


# A text about a report.


async def test_text_for_the_people_of_a_report_has_its_figures_and_their_audience(
    intern: UnderstandingBench,
) -> None:
    thread = await count_linen_buyers(intern)
    (found,) = intern.bench.drafts
    await ask(intern, "write the SMS for those", continuing(channels=[SMS]), thread=thread)
    draft = intern.bench.drafts[-1]
    assert (draft.channel, draft.brief.stands_on) == ("sms", found.id)
    assert AudienceRule.model_validate_json(draft.brief.rule or "").bought_named == ("linen",)
    assert list_quoted_drafts(intern.tasks[-1]) == [found.id]  # for who may read the AI log
    (written,) = list_writing(intern)
    assert found.parts[0].text in fenced(written, "report")
    assert "segment.audience.size" in fenced(written, "facts")
    assert "[product." not in fenced(written, "facts")  # no best sellers in their place
    assert "1," in fenced(written, "facts")
    for id in found.parts[0].facts:
        assert f"[{id}]" in fenced(written, "facts")
    size = draft.facts.get("segment.audience.size")
    assert size is not None
    assert str(size.value) in text_of(intern.bench.said()[-1])


async def test_what_the_check_of_a_report_objects_to_is_marked_for_its_text(
    intern: UnderstandingBench,
) -> None:
    thread = await count_linen_buyers(intern)
    (found,) = intern.bench.drafts
    doubted = Check(
        rule="claim", level="warn", words=Words("Not supported"), quote=found.parts[0].text
    )
    with intern.bench.database.begin() as session:
        session.get_one(Draft, found.id).checks = CHECKS_ADAPTER.dump_json((doubted,)).decode()
    await ask(intern, "write the SMS for those", continuing(channels=[SMS]), thread=thread)
    (written,) = list_writing(intern)
    assert f"{found.parts[0].text} {UNSUPPORTED}" in fenced(written, "report")


async def test_text_of_a_message_that_asks_for_its_audience_too_knows_whom_it_found(
    intern: UnderstandingBench,
) -> None:
    await ask(
        intern,
        "an SMS for who bought linen twice, and list them",
        understood(
            "requests",
            asked_request(channels=[SMS], audience="who bought linen twice"),
            asked_request("targeting"),
        ),
        calls(("audience", LAPSED)),
        report("{f2} ordered twice and bought linen.", exhibit="e1"),
    )
    found, draft = intern.bench.drafts
    assert (found.skill, draft.channel) == ("targeting", "sms")
    assert draft.brief.stands_on == found.id
    (written,) = list_writing(intern)
    assert found.parts[0].text in fenced(written, "report")
    assert "the report" in fenced(written, "audience")


@pytest.mark.parametrize("goes_by", ["targeting", "answer"])
async def test_text_of_a_message_is_for_the_people_whom_its_report_names(
    intern: UnderstandingBench, goes_by: str
) -> None:
    about = {"about": goes_by} if goes_by != "targeting" else {}
    await ask(
        intern,
        "who bought linen twice, and the SMS on linen",
        understood(
            "requests",
            asked_request(goes_by),
            asked_request(channels=[SMS], topic="linen", **about),
        ),
        calls(("audience", LAPSED)),
        report("{f2} ordered twice and bought linen.", exhibit="e1"),
    )
    found, draft = intern.bench.drafts
    rule = AudienceRule.model_validate_json(draft.brief.rule or "")
    assert (draft.brief.stands_on, rule.bought_named, rule.purpose) == (
        found.id,
        ("linen",),
        "email",
    )
    assert "audience" not in {one.field for one in draft.brief.assumed}
    size = draft.facts.get("segment.audience.size")
    assert size is not None
    card = text_of(intern.bench.said()[-1])
    assert str(size.value) in card
    assert "your whole list" not in card
    (written,) = list_writing(intern)
    assert "counted" in fenced(written, "audience")


async def test_line_for_a_mail_is_no_whole_mail(intern: UnderstandingBench) -> None:
    line = {**asked_request(channels=[MAIL], topic="linen"), "parts": ["subject"]}
    await ask(intern, "a line for the e-mail on linen", understood("requests", line))
    (draft,) = intern.bench.drafts
    assert [part.key for part in draft.parts] == ["subject"]
    levels = {(one.rule, one.level) for one in draft.findings or ()}
    assert ("length", "block") not in levels  # no part of it is missing
    (written,) = list_writing(intern)
    assert "body" not in fenced(written, "channel")


async def test_text_of_a_message_whose_report_names_nobody_says_what_it_assumes(
    intern: UnderstandingBench,
) -> None:
    await ask(
        intern,
        "whom shall we text about linen, and the SMS",
        understood(
            "requests", asked_request("targeting"), asked_request(channels=[SMS], topic="linen")
        ),
        report("Nobody can be told.", cannot_tell="who likes linen"),
    )
    (assumed,) = [one for one in intern.bench.drafts[-1].brief.assumed if one.field == "audience"]
    assert assumed.words == NOBODY_NAMED
    assert NOBODY_NAMED.text in text_of(intern.bench.said()[-1])


async def test_audience_of_a_report_is_offered_by_its_name(intern: UnderstandingBench) -> None:
    thread = await count_linen_buyers(intern)
    await ask(intern, "thanks", understood("reply", reply="With pleasure."), thread=thread)
    (line,) = [
        one for one in fenced(intern.prompts[-1], "drafts").split("\n") if "audience:" in one
    ]
    assert "linen" in line


async def test_chain_of_questions_ends_in_a_text_on_the_last_answer(
    intern: UnderstandingBench,
) -> None:
    thread = await ask(
        intern,
        "what sold best in September?",
        understood("requests", asked_request("answer")),
        report("I can't tell."),
    )
    dates = {"since": "2026-10-01", "until": "2026-10-31", "period_words": "in October"}
    await ask(
        intern,
        "and in October?",
        continuing("answer", **dates),
        calls(("query_metrics", SELLERS)),
        report("{f1} came first.", exhibit="e1"),
        thread=thread,
    )
    answer = intern.bench.drafts[-1]
    title = next(f.about for f in answer.facts.facts if f.about)
    await ask(
        intern,
        "draft an e-mail about the first one",
        lambda prompt: understood(
            "requests",
            asked_request(
                about=newest(prompt),
                channels=[MAIL],
                products=[
                    reading(line.partition(": ")[0], title)
                    for line in fenced(prompt, "products").split("\n")
                    if line.endswith(title)
                ],
            ),
        ),
        thread=thread,
    )
    draft = intern.bench.drafts[-1]
    assert (draft.brief.stands_on, draft.brief.product_words) == (answer.id, title)
    (written,) = list_writing(intern)
    first, *_, last = fenced(written, "report").splitlines()[0].split(" / ")
    assert (first.startswith("Asked: "), last) == (True, "and in October?")
    assert title in fenced(written, "report")
    assert f"[product.{draft.brief.product}.price]" in written


async def test_text_of_which_nothing_is_said_is_about_the_newest_report(
    intern: UnderstandingBench,
) -> None:
    thread = await count_linen_buyers(intern)
    forgetful = understood("requests", asked_request(channels=[MAIL]))  # it names no report
    await ask(intern, "draft the e-mail", forgetful, thread=thread)
    found, draft = intern.bench.drafts
    assert draft.brief.stands_on == found.id


@pytest.mark.parametrize(
    ("headline", "is_one"), [("{f2} came first.", True), ("{f2}, {f3}", False)]
)
async def test_text_about_a_report_is_about_the_range_that_it_finds(
    intern: UnderstandingBench, headline: str, is_one: bool
) -> None:
    ranges = full_params(
        "query_metrics",
        {
            "dataset": "orders",
            "measures": ["revenue"],
            "dimensions": ["category"],
            "since": "2026-10-01",
            "until": "2026-10-31",
            "order": "highest",
        },
    )
    thread = await ask(
        intern,
        "which category sold best?",
        understood("requests", asked_request("answer")),
        calls(("query_metrics", ranges)),
        report(headline, exhibit="e1"),
    )
    await ask(intern, "draft the e-mail for that", continuing(channels=[MAIL]), thread=thread)
    found, draft = intern.bench.drafts
    names = [one.about for one in found.facts.facts if one.id in found.parts[0].facts]
    assumed = {one.field: one.value for one in draft.brief.assumed}
    assert draft.brief.category == (names[0] if is_one else None)
    assert assumed["category"] == (names[0] if is_one else "")
    card = intern.bench.said()[-1]
    assert found.parts[0].text in text_of(card)  # what it stands on
    assert "which category sold best?" not in text_of(card)


async def test_question_about_a_draft_knows_whom_it_is_for(intern: UnderstandingBench) -> None:
    thread = await ask_for_buyers(intern, calls(("audience", LAPSED)))
    await ask(
        intern,
        "how many of them bought in May?",
        continuing("answer"),
        report("I can't tell."),
        thread=thread,
    )
    asked = next(
        str(body["messages"][0]["content"])
        for body in reversed(intern.claude.letters)
        if "a short report" in str(body["system"])
    )
    assert "audience: people who bought linen twice" in asked
    assert "[segment.audience.audience]" in asked


async def test_two_texts_of_one_title_say_whom_they_are_for(intern: UnderstandingBench) -> None:
    thread = await ask_for_buyers(intern)
    await ask(intern, "the same for VIPs", continuing(audience="VIPs"), thread=thread)
    card = text_of(intern.bench.said()[-1])
    assert "VIPs ·\u00a0v1" in card
    assert card.count("people who bought linen twice") == 1


async def test_report_that_the_channel_may_not_see_is_not_told(intern: UnderstandingBench) -> None:
    dm = intern.bench.slack.open_direct_message(MARIE)
    await count_linen_buyers(intern, channel=dm)
    (found,) = intern.bench.drafts
    form = {"skill": "draft", "channel": "sms", "stands_on": found.id}
    place = make_place(MARKETING, MARIE, thread="1.0", asked="1.0")
    new = NewTask(
        id="open", workspace="T0SHOP", author=MARIE, words="an SMS", place=place, form=form
    )
    with intern.bench.database.begin() as session:
        Task.accept(session, intern.bench.enqueue, new, intern.bench.services.now())
    intern.readings.append(understood("requests", asked_request(topic="an SMS")))
    await intern.bench.run()
    draft = intern.bench.drafts[-1]
    assert (draft.channel, draft.brief.stands_on) == ("sms", found.id)
    (written,) = list_writing(intern)
    assert fenced(written, "report") == ""
    assert found.parts[0].text not in written


# The same for another channel, market or length.


async def draft_mail(intern: UnderstandingBench, *script: Step) -> str:
    return await ask(
        intern,
        "an e-mail about the bathrobe, 20% off until Sunday, for loyal customers",
        understood(
            "requests",
            asked_request(
                products=[reading("bai-buee", "bathrobe")],
                channels=[MAIL],
                offer="20% off until Sunday",
                audience="loyal customers",
                until="2026-11-29",
                period_words="until Sunday",
            ),
        ),
        *script,
    )


KEPT = ("product", "audience", "offer", "until", "dates")


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("now as an SMS", continuing(channels=[SMS])),
        ("now as an SMS", continuing(channels=[SMS], products=[reading("none", "it")])),
        ("and for the UK?", continuing(markets=[reading("GB", "UK")])),
        ("shorter", revising("shorter")),
        ("and for the UK?", revising("for the UK", asked_request(markets=[reading("GB", "UK")]))),
    ],
)
async def test_follow_up_keeps_what_the_brief_had_resolved(
    intern: UnderstandingBench, words: str, read: Reading
) -> None:
    thread = await draft_mail(intern)
    await ask(intern, words, read, thread=thread)
    before, after = intern.bench.drafts
    for name in KEPT:
        assert getattr(after.brief, name) == getattr(before.brief, name) is not None
    assert (after.brief.market, after.channel) in {("GB", "email"), (None, "sms"), (None, "email")}
    assert "[product.bai-buee.name]" in list_writing(intern)[-1]


async def test_revision_and_the_text_for_another_channel_are_both_made(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    beside = asked_request(channels=[reading("sms", "an SMS")])
    read = revising("shorter", beside, unsupported=["a poster"])
    await ask(intern, "shorter, an SMS too, and a poster", read, thread=thread)
    before, mail, sms = intern.bench.drafts
    assert [(one.channel, one.version) for one in (mail, sms)] == [("email", 2), ("sms", 1)]
    for name in KEPT:
        assert getattr(sms.brief, name) == getattr(before.brief, name) is not None
    assert any("a poster" in text_of(one) for one in intern.bench.said())
    assert dict_of(before)["subject"] in fenced(list_writing(intern)[-1], "previous")
    assert "shorter" not in fenced(list_writing(intern)[-1], "reason")
    again = asked_request(channels=[reading("push", "a push")])
    read = understood("revise", again, draft=mail.id, instruction="warmer")
    await ask(intern, "warmer, and a push", read, thread=thread)
    (last,) = [one for one in intern.bench.drafts if one.version == 3]
    assert set(mail.brief.beside) < set(last.brief.beside)


def start_from(intern: UnderstandingBench, words: str, form: dict[str, str], **more: str) -> None:
    """Start a task as a button or a form under the first card does."""
    thread = intern.tasks[0].place["asked"]
    place = make_place(MARKETING, MARIE, thread=thread, asked=thread)
    new = NewTask(
        id="more", workspace="T0SHOP", author=MARIE, words=words, place=place, form=form, **more
    )
    with intern.bench.database.begin() as session:
        Task.accept(session, intern.bench.enqueue, new, intern.bench.services.now())
    intern.claude.script += [READ]


async def test_form_of_an_export_asks_no_model(intern: UnderstandingBench) -> None:
    await count_linen_buyers(intern)
    before, rule = len(intern.claude.letters), AudienceRule(purpose="email", min_orders=2)
    platform = DEFAULT_PLATFORMS[rule.purpose]
    form = {"skill": "targeting", "rule": rule.stored, "platform": platform, "language": "fr"}
    start_from(intern, "those who came back", form)
    await intern.bench.run()
    assert len(intern.claude.letters) == before
    audience = intern.bench.drafts[-1]
    assert (audience.brief.rule, audience.brief.platform) == (rule.stored, platform)
    assert is_audience_draft(audience)
    card = text_of(intern.bench.said()[-1])  # in the language of the request, not of Slack
    assert all(f"{name}\u00a0:" in card for name in ("Règle", "Pour", "Personnes"))
    assert Words("How to read this").to("fr") in card


@pytest.mark.parametrize(
    "read", [revising("The same in French"), understood("requests", asked_request())]
)
async def test_button_for_the_same_in_another_language_makes_one_more_text(
    intern: UnderstandingBench, read: Reading
) -> None:
    await draft_mail(intern)
    (mail,) = intern.bench.drafts
    most = Fact(
        id="segment.audience.most-read-language",
        label="most read language",
        value="fr",
        source=Source(file="consents.csv"),
        as_of=date(2026, 11, 27),
    )
    (step,) = list_other_languages(Evidence(facts=(most,)), mail.skill_request)
    start_from(intern, step.words, build_next_step_form(mail, step))
    intern.readings.append(read)
    await intern.bench.run()
    before, after = intern.bench.drafts
    assert (after.version, after.language, after.channel) == (1, "fr", "email")
    assert after.brief.product == before.brief.product is not None
    assert after.brief.offer == before.brief.offer is not None
    made_from = build_earlier_work(after.brief, source=before).language
    readers = Evidence(facts=(most.model_copy(update={"value": "en"}),))
    assert list_other_languages(readers, after.skill_request)
    assert not list_other_languages(readers, after.skill_request, made_from)
    card = text_of(intern.bench.said()[-1])
    said = SPLIT_BY_LANGUAGE.with_params(tongue=Words("in English"))
    assert any(said.to(one) in card for one in LANGUAGES)
    on = card[card.index(Words("Stands on: {what}", what="").to("en").strip()) :].splitlines()[0]
    assert not on.endswith("v1")


async def test_a_changed_text_can_be_had_for_another_market(intern: UnderstandingBench) -> None:
    thread = await draft_mail(intern)
    beside = asked_request(channels=[reading("sms", "an SMS")])
    await ask(intern, "shorter, an SMS too", revising("shorter", beside), thread=thread)
    revision = next(one for one in intern.tasks if one.previous)
    again = revision.retry("again", form={"market": "FR", "channels": "email"})
    with intern.bench.database.begin() as session:
        Task.accept(session, intern.bench.enqueue, again, intern.bench.services.now())
    await intern.bench.run()
    assert [one.channel for one in intern.bench.drafts].count("sms") == 1
    last = next(one for one in intern.bench.drafts if one.task == "again")
    assert (last.channel, last.brief.market, last.language) == ("email", "FR", "fr")
    assert last.skill_request.reason == "shorter"


async def test_request_of_a_button_knows_what_was_said_in_its_thread(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    wish = "we don't want any promo"
    await ask(intern, wish, understood("reply", reply="All right."), thread=thread)
    (mail,) = intern.bench.drafts
    step = NextStep(
        label=Words("A second mail"), skill="draft", words="A mail on towels", ask=False
    )
    with intern.bench.database.begin() as session:
        row = session.get_one(Draft, mail.id)
        row.leads = LEADS_ADAPTER.dump_json((step,)).decode()
        OutboxMessage.request_redraw(session, intern.bench.enqueue, row.piece)
    await intern.bench.run()
    (card,) = [one for one in intern.bench.said() if "lead_now" in buttons(one)]
    await intern.bench.press(MARIE, card, "lead_now")
    intern.claude.script += [READ]
    intern.readings.append(understood("requests", asked_request(channels=[MAIL])))
    await intern.bench.run()
    assert wish in fenced(intern.prompts[-1], "thread")
    assert wish in fenced(list_writing(intern)[-1], "material")


async def test_changes_to_a_text_of_a_form_are_no_text_of_their_own(
    intern: UnderstandingBench,
) -> None:
    await draft_mail(intern)
    (mail,) = intern.bench.drafts
    form = {"skill": "draft", "channel": "email"}
    start_from(intern, mail.brief.words, form, reason="shorter", previous=mail.id)
    intern.readings.append(revising("shorter"))
    await intern.bench.run()
    after = intern.bench.drafts[-1]
    assert after.version == 2
    assert after.brief.product == mail.brief.product is not None


async def test_what_earlier_instructions_say_stays_a_source(intern: UnderstandingBench) -> None:
    thread = await draft_mail(intern)
    first = "say that delivery is free from €60"
    await ask(intern, first, revising(first), thread=thread)
    await ask(intern, "3 other subject lines", revising("3 other subject lines"), thread=thread)
    after = intern.bench.drafts[-1]
    assert [one.words for one in after.brief.instructions] == [first, "3 other subject lines"]
    told = list_writing(intern)[-1]
    assert first in fenced(told, "brief")
    assert "3 other subject lines" not in fenced(told, "brief")  # it is the reason
    stated = {str(one.value) for one in after.facts.facts if one.stated_by}
    assert "60" in stated
    assert "3" not in stated
    judged = build_claim_prompt((), after.facts, after.skill_request)
    assert first in fenced(judged, "asked")
    assert fenced(judged, "asked").count("3 other subject lines") == 1
    await ask(intern, "as an SMS", continuing(channels=[SMS]), thread=thread)
    assert first in fenced(list_writing(intern)[-1], "brief")


async def test_text_for_another_channel_is_told_the_text_before_with_what_people_wrote(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    (mail,) = intern.bench.drafts
    edit(intern, mail, body=f"{dict_of(mail)['body']} We weave it in Portugal.")
    await intern.bench.run()
    await ask(intern, "as an SMS", continuing(channels=[SMS]), thread=thread)
    told = fenced(list_writing(intern)[-1], "previous")
    assert dict_of(mail)["subject"] in told
    assert "People wrote these passages" in told
    assert "- We weave it in Portugal." in told
    rules = {check.rule for check in intern.bench.drafts[-1].findings or ()}
    assert "kept" not in rules  # another channel need not have it word for word


async def test_revision_is_told_the_facts_that_tools_had_found(intern: UnderstandingBench) -> None:
    found = full_params("product", {"product": "lin-alba"})
    mail = {
        **{name: {"text": "Cotton, and linen.", "facts": []} for name in MAIL_PARTS},
        "body": {"text": "The Alba shirt is linen.", "facts": ["product.lin-alba.materials"]},
        "hooks": HOOKS,
    }
    thread = await draft_mail(intern, calls(("product", found)), says(mail), says(mail))
    before = intern.bench.drafts[-1]
    cited = [fact for fact in before.facts.facts if "lin-alba" in fact.id]
    assert cited
    await ask(intern, "warmer", revising("warmer"), thread=thread)
    told = fenced(list_writing(intern)[-1], "facts")
    assert all(f"[{fact.id}]" in told for fact in cited)


@pytest.mark.parametrize("is_typed", [False, True])
async def test_revision_that_asked_is_told_its_question_and_the_answer(
    intern: UnderstandingBench, is_typed: bool
) -> None:
    thread = await draft_mail(intern)
    asking = calls(
        ("ask_person", {"question": "Off which price?", "options": ["Off €50", "Off €59"]})
    )
    await ask(intern, "rather 20% off", revising("rather 20% off"), asking, thread=thread)
    if is_typed:
        read = understood("answer_question", asked_request(), answer="Off €50")
        await ask(intern, "Off €50", read, thread=thread)
    else:
        await intern.bench.press(MARIE, intern.bench.said()[-1], "answer")
        await intern.bench.run()
    asked = list_writing(intern)[-1]
    assert fenced(asked, "reason").splitlines() == ["rather 20% off", "Off €50"]
    assert "Off which price?" in fenced(asked, "material")
    assert intern.bench.drafts[-1].version == 2


@pytest.mark.parametrize("is_typed", [False, True])
async def test_answer_sets_the_product_whether_tapped_or_typed(
    intern: UnderstandingBench, is_typed: bool
) -> None:
    asking = calls(
        ("ask_person", {"question": "Sold out: what else?", "options": ["The bathrobe"]})
    )
    shirt = asked_request(products=[reading("lin-alba", "Alba shirt")], channels=[MAIL])
    thread = await ask(intern, "a mail on the Alba shirt", understood("requests", shirt), asking)
    robe = asked_request(products=[reading("bai-buee", "bathrobe")], channels=[MAIL])
    if is_typed:
        read = understood("answer_question", robe, answer="The bathrobe")
        await ask(intern, "The bathrobe", read, thread=thread)
    else:  # as an answer, however the AI takes it
        intern.claude.script.append(READ)
        intern.readings.append(understood("requests", robe))
        await intern.bench.press(MARIE, intern.bench.said()[-1], "answer")
        await intern.bench.run()
    assert "a mail on the Alba shirt" in fenced(intern.prompts[-1], "question")
    (mail,) = intern.bench.drafts
    assert mail.brief.product == "bai-buee"
    assert mail.brief.words.splitlines() == ["a mail on the Alba shirt", "The bathrobe"]
    await ask(intern, "warmer", revising("warmer"), thread=thread)
    assert fenced(list_writing(intern)[-1], "reason") == "warmer"
    for prompt in list_writing(intern)[-2:]:  # an option is worded by us
        asked, *others = fenced(prompt, "brief").splitlines()
        assert (asked, "The bathrobe" in others) == ("asked: a mail on the Alba shirt", False)
        assert any(one.startswith("chosen ") and one.endswith(": The bathrobe") for one in others)


@pytest.mark.parametrize("is_typed", [False, True])
async def test_answer_leaves_what_a_revision_keeps(
    intern: UnderstandingBench, is_typed: bool
) -> None:
    thread = await draft_mail(intern)
    edit(intern, intern.bench.drafts[0], body="Ours alone, and soft.")
    asking = calls(("ask_person", {"question": "Which price?", "options": ["€50", "€59"]}))
    asked = asked_request(tone="warmer")
    await ask(intern, "warmer, at the price", revising("warmer", asked), asking, thread=thread)
    read = understood("answer_question", asked_request(), answer="€50")
    if is_typed:
        await ask(intern, "€50", read, thread=thread)
    else:
        intern.claude.script.append(READ)
        intern.readings.append(read)
        await intern.bench.press(MARIE, intern.bench.said()[-1], "answer")
        await intern.bench.run()
    request = intern.bench.drafts[-1].skill_request
    assert [one.text for one in request.kept] == ["Ours alone, and soft."]
    assert request.brief.tone == "warmer"


WHICH_DATE = {"question": "Until which day?", "options": ["Until Sunday", "Until Tuesday"]}


@pytest.mark.parametrize("is_typed", [False, True])
async def test_question_on_a_second_text_is_posted_and_its_answer_writes_that_one_alone(
    intern: UnderstandingBench, is_typed: bool
) -> None:
    both = asked_request(
        channels=[reading("email", "a mail"), SMS], products=[reading("bai-buee", "bathrobe")]
    )
    thread = await ask(
        intern,
        "a mail and an SMS on the bathrobe",
        understood("requests", both),
        Step(),
        Step(),
        calls(("ask_person", WHICH_DATE)),
    )
    mail, question = intern.bench.said()[-2:]
    assert "Until which day?" in text_of(question)
    assert "approve" in buttons(mail)
    first, asking = intern.tasks
    assert (first.state, asking.state) == ("done", "asking")
    if is_typed:
        read = understood("answer_question", both, answer="Until Tuesday")
        await ask(intern, "Until Tuesday", read, thread=thread)
    else:
        await intern.bench.press(MARIE, question, "answer.1")
        await intern.bench.run()
    assert [one.channel for one in intern.bench.drafts] == ["email", "sms"]
    assert "Until Tuesday" in list_writing(intern)[-1]


async def test_answer_on_a_text_beside_a_revision_goes_by_the_new_version(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    sms = asked_request(channels=[SMS], about=intern.bench.drafts[0].id)
    read = revising("30% off", asked_request(offer="30% off"), sms)
    asking = calls(("ask_person", WHICH_DATE))
    await ask(intern, "30% off, an SMS too", read, Step(), Step(), asking, thread=thread)
    await intern.bench.press(MARIE, intern.bench.said()[-1], "answer")
    await intern.bench.run()
    _, mail, text = intern.bench.drafts
    assert (mail.channel, mail.version, text.channel, text.version) == ("email", 2, "sms", 1)
    assert (text.brief.stands_on, text.brief.offer) == (mail.id, "30% off until Sunday")
    assert text.brief.product == mail.brief.product is not None


MAIL_PARTS = ("subject", "preheader", "body", "call_to_action")


def edit(intern: UnderstandingBench, draft: Draft, **texts: str) -> None:
    with intern.bench.database.begin() as session:
        session.get_one(Draft, draft.id).edit(
            session,
            intern.bench.enqueue,
            by=MARIE,
            texts=texts,
            now=intern.bench.services.now(),
        )


def dict_of(draft: Draft) -> dict[str, str]:
    return {part.key: part.text for part in draft.parts}


# Another product.


@pytest.mark.parametrize(
    ("words", "is_swap"),
    [("the bathrobe in place of the Alba shirt", True), ("about the bathrobe", False)],
)
async def test_product_in_the_place_of_another_leaves_the_text_on_its_range(
    intern: UnderstandingBench, words: str, is_swap: bool
) -> None:
    cited = ["product.lin-alba.materials"]
    mail = {
        **{name: {"text": "The Alba shirt is linen.", "facts": cited} for name in MAIL_PARTS},
        "hooks": HOOKS,
    }
    found = full_params("product", {"product": "lin-alba"})
    thread = await ask(
        intern,
        "an e-mail about the house",
        understood("requests", asked_request(topic="the house", channels=[MAIL])),
        calls(("product", found)),
        says(mail),
        says(mail),
    )
    bathrobe = asked_request(products=[reading("bai-buee", "the bathrobe")])
    await ask(intern, words, revising(words, bathrobe), thread=thread)
    brief = max(intern.bench.drafts, key=lambda draft: draft.version).brief
    subject = (brief.product, brief.product_words, brief.others)
    if is_swap:
        assert subject == (None, "the house", ("bai-buee",))
    else:
        assert subject[0] == "bai-buee"
    assert "[product.bai-buee.name]" in fenced(list_writing(intern)[-1], "facts")


async def test_title_names_the_product_that_a_text_on_a_range_is_about(
    intern: UnderstandingBench,
) -> None:
    cited = ["product.lin-alba.materials"]
    mail = {
        **{name: {"text": "The Alba shirt is linen.", "facts": cited} for name in MAIL_PARTS},
        "hooks": HOOKS,
    }
    found = full_params("product", {"product": "lin-alba"})
    asked = asked_request(
        products=[reading("range Vêtements en lin", "linen clothes")], channels=[MAIL]
    )
    read = understood("requests", asked)
    thread = await ask(
        intern, "an e-mail on our linen clothes", read, calls(("product", found)), *[says(mail)] * 2
    )
    (draft,) = intern.bench.drafts
    assert (draft.brief.product, draft.brief.category) == (None, "Vêtements en lin")
    assert "Alba" in render_draft_title(draft, "en")
    await ask(intern, "thanks", understood("reply", reply="Gladly"), thread=thread)
    assert "product Chemise Alba" in fenced(intern.prompts[-1], "drafts")


# Other openings.


@pytest.mark.parametrize(
    ("words", "number"), [("the 2nd opening", 2), ("plutôt la première accroche", 1)]
)
async def test_opening_is_picked_by_words(
    intern: UnderstandingBench, words: str, number: int
) -> None:
    thread = await draft_mail(intern)
    (draft,) = intern.bench.drafts
    wanted = draft.other_hooks[number - 1]
    written = len(list_writing(intern))
    await ask(intern, words, revising("none", opening=str(number)), thread=thread)
    listed = fenced(intern.prompts[-1], "drafts")
    assert f"other opening {number}, {wanted.angle}: {wanted.text}" in listed
    after = intern.bench.drafts[-1]
    assert (after.version, after.author) == (2, MARIE)
    assert dict_of(after)["subject"] == wanted.text
    assert dict_of(after)["body"] == dict_of(draft)["body"]
    assert len(list_writing(intern)) == written  # the text is not written anew
    assert wanted.text in intern.bench.said()[-1].text


async def test_other_openings_are_shown_and_leave_the_rest_as_it_is(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    (before,) = intern.bench.drafts
    edit(intern, before, body="Ours alone, and free delivery.")
    await intern.bench.run()
    new = {
        **{name: {"text": f"Quite another {name}", "facts": []} for name in MAIL_PARTS},
        "hooks": [{**hook, "text": f"New: {hook['text']}"} for hook in HOOKS],
    }
    words = "3 other subject lines"
    read = revising(words, opening="new")
    await ask(intern, words, read, *[says(new)] * 2, thread=thread)
    _, edited, after = sorted(intern.bench.drafts, key=lambda draft: draft.version)
    assert dict_of(after) == dict_of(edited) | {"subject": "Quite another subject"}
    shown = text_of(intern.bench.said()[-1])
    choices = [dict_of(after)["subject"], *(hook.text for hook in after.other_hooks)]
    assert len(choices) == 3  # as many as were asked for stand together
    assert all(one in shown.split(Words("Choices").to("en"))[1] for one in choices)
    await ask(intern, "warmer", revising("warmer"), *[says(new)] * 2, thread=thread)
    last = max(intern.bench.drafts, key=lambda draft: draft.version)
    assert dict_of(last)["body"] == "Quite another body"


async def test_change_to_one_part_leaves_the_others_as_they_are(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    (before,) = intern.bench.drafts
    new = {
        **{name: {"text": f"Quite another {name}", "facts": []} for name in MAIL_PARTS},
        "hooks": HOOKS,
    }
    shorter = {**asked_request(), "parts": ["subject"]}
    read = revising("a shorter subject", shorter)
    await ask(intern, "a shorter subject", read, *[says(new)] * 2, thread=thread)
    after = intern.bench.drafts[-1]
    assert dict_of(after) == dict_of(before) | {"subject": "Quite another subject"}
    assert after.brief.parts == ()


async def test_change_to_one_list_of_an_ad_leaves_the_other_as_it_is(
    intern: UnderstandingBench,
) -> None:
    words = "a google ad for the bathrobe"
    ad = asked_request(
        channels=[reading("google_ad", "google ad")], products=[reading("bai-buee", "bathrobe")]
    )
    thread = await ask(intern, words, understood("requests", ad))
    (before,) = intern.bench.drafts
    new = {
        "headlines": [{"text": f"Another {n}", "facts": []} for n in range(12)],
        "descriptions": [{"text": f"Other {n}", "facts": []} for n in range(4)],
        "hooks": HOOKS,
    }
    asked = {**asked_request(), "parts": ["descriptions"]}
    read = revising("softer descriptions", asked)
    await ask(intern, "softer descriptions", read, *[says(new)] * 2, thread=thread)
    old, later = dict_of(before), dict_of(intern.bench.drafts[-1])
    assert {k: v for k, v in later.items() if k.startswith("headlines")} == {
        k: v for k, v in old.items() if k.startswith("headlines")
    }
    assert later["descriptions.1"] == "Other 0"


async def test_openings_in_another_language_leave_no_part_in_the_first_one(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    words = "3 other subject lines, in French"
    french = asked_request(language=reading("fr", "in French"))
    await ask(intern, words, revising(words, french, opening="new"), thread=thread)
    after = intern.bench.drafts[-1]
    assert (after.version, after.language) == (2, "fr")
    assert after.skill_request.fixed == ()


@pytest.mark.parametrize("instruction", ["delivery is free from €60", "all"])
@pytest.mark.parametrize("asked", [{}, {"offer": "delivery is free from €60"}])
async def test_opening_is_picked_whatever_else_is_to_change(
    intern: UnderstandingBench, instruction: str, asked: dict[str, str]
) -> None:
    thread = await draft_mail(intern)
    (draft,) = intern.bench.drafts
    words = "the 2nd, and delivery is free from €60"
    said = words if instruction == "all" else instruction
    new = {
        **{name: {"text": f"Quite another {name}", "facts": []} for name in MAIL_PARTS},
        "hooks": HOOKS,
    }
    read = revising(said, asked_request(**asked), opening="2")
    await ask(intern, words, read, *[says(new)] * 2, thread=thread)
    assert fenced(list_writing(intern)[-1], "reason") == words
    after = dict_of(intern.bench.drafts[-1])
    assert after["subject"] == draft.other_hooks[1].text
    assert after["body"] == "Quite another body"


async def test_opening_with_another_wish_is_a_revision_that_knows_the_openings(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    (draft,) = intern.bench.drafts
    words = "the 2nd, and delivery is free from €60"
    asked = asked_request(offer="delivery is free from €60")
    await ask(intern, words, revising(words, asked), thread=thread)
    told = fenced(list_writing(intern)[-1], "previous")
    assert f"2, {draft.other_hooks[1].angle}: {draft.other_hooks[1].text}" in told


async def test_opening_that_the_draft_does_not_offer_is_a_revision(
    intern: UnderstandingBench,
) -> None:
    thread = await draft_mail(intern)
    await ask(intern, "the 7th", revising("the 7th", opening="7"), thread=thread)
    assert [draft.version for draft in intern.bench.drafts] == [1, 2]
    assert intern.bench.drafts[-1].author is None


# A line beside the work.


@pytest.mark.parametrize("outcome", ["requests", "revise"])
async def test_reminder_beside_a_text_is_said_as_well(
    intern: UnderstandingBench, outcome: str
) -> None:
    line = 'Slack reminds you: /remind me "check the e-mail" on Friday at 9:00'
    if outcome == "requests":
        await ask(
            intern,
            "an e-mail about the bathrobe, and remind me Friday",
            understood(
                "requests",
                asked_request(products=[reading("bai-buee", "bathrobe")], channels=[MAIL]),
                reply=line,
            ),
        )
    else:
        thread = await draft_mail(intern)
        read = revising("shorter", reply=line)
        await ask(intern, "shorter, and remind me Friday", read, thread=thread)
    said = [message.text for message in intern.bench.said()]
    assert said.count(line) == 1
    assert intern.bench.drafts[-1].version == (1 if outcome == "requests" else 2)


# For whom.


async def ask_for_buyers(intern: UnderstandingBench, *script: Step) -> str:
    return await ask(
        intern,
        "an e-mail about the bathrobe for people who bought linen twice",
        understood(
            "requests",
            asked_request(
                products=[reading("bai-buee", "bathrobe")],
                channels=[MAIL],
                audience="people who bought linen twice",
            ),
        ),
        *script,
    )


async def test_audience_in_words_is_counted_and_kept(intern: UnderstandingBench) -> None:
    thread = await ask_for_buyers(intern, calls(("audience", LAPSED)))
    (written,) = list_writing(intern)
    assert "Call `audience`" in fenced(written, "audience")
    (draft,) = intern.bench.drafts
    assert AudienceRule.model_validate_json(draft.brief.rule or "").bought_named == ("linen",)
    assert draft.facts.get("segment.audience.size") is not None
    assert not [check for check in draft.findings or () if check.rule == "audience"]
    await ask(intern, "shorter", revising("shorter"), thread=thread)
    after = intern.bench.drafts[-1]
    assert after.brief.rule == draft.brief.rule
    assert "counted, see the facts" in fenced(list_writing(intern)[-1], "audience")


async def test_launch_of_what_is_long_sold_is_told_to_the_approver(
    intern: UnderstandingBench,
) -> None:
    wanted = asked_request(
        products=[reading("bai-buee", "bathrobe")], channels=[MAIL], goal="launch"
    )
    await ask(intern, "a launch mail for the bathrobe", understood("requests", wanted))
    (written,) = list_writing(intern)
    (draft,) = intern.bench.drafts
    (told,) = [check for check in draft.findings or () if check.rule == "launch"]
    assert told.level == "info"
    (first,) = re.findall(r"first-sold\]: (.+?) · ", fenced(written, "facts"))
    assert f"since {first}" in told.words.to("en")
    assert "it is not new" in fenced(written, "notes")


AROUND = full_params("audience", {"purpose": "ads", "regions": ["Bretagne"]})


@pytest.mark.parametrize(("counted", "is_kept"), [(AROUND, False), (LAPSED, True)])
async def test_place_of_an_ad_is_no_count_of_customers(
    intern: UnderstandingBench, counted: dict[str, Any], *, is_kept: bool
) -> None:
    """People see an ad because its setting has the place; customers are matched to it by what they
    bought, if they agreed to ads."""
    wanted = asked_request(
        products=[reading("bai-buee", "bathrobe")],
        channels=[reading("meta_ad", "Meta ad")],
        audience="around Rennes",
    )
    read = understood("requests", wanted)
    await ask(
        intern, "a Meta ad for the bathrobe around Rennes", read, calls(("audience", counted))
    )
    (written,) = list_writing(intern)
    assert "count nobody" in fenced(written, "audience")
    (draft,) = intern.bench.drafts
    assert draft.brief.audience == "around Rennes"
    assert (draft.facts.get("segment.audience.size") is not None) is is_kept
    assert bool(draft.brief.rule) is is_kept
    if is_kept:
        assert AudienceRule.model_validate_json(draft.brief.rule or "").purpose == "ads"


async def test_people_of_an_answer_without_a_rule_are_counted_for_the_text(
    intern: UnderstandingBench,
) -> None:
    customers = full_params(
        "query_metrics", {"dataset": "orders", "measures": ["customers"], "since": "2026-06-01"}
    )
    thread = await ask(
        intern,
        "how many customers since June?",
        understood("requests", asked_request("answer")),
        calls(("query_metrics", customers)),
        report("{f1} since June."),
    )
    await ask(
        intern,
        "an e-mail for those about the bathrobe",
        continuing(channels=[MAIL], products=[reading("bai-buee", "bathrobe")]),
        calls(("audience", LAPSED)),
        thread=thread,
    )
    (written,) = list_writing(intern)
    assert "the people of the report (“those”): then call" in fenced(written, "audience")
    brief = intern.bench.drafts[-1].brief
    assert AudienceRule.model_validate_json(brief.rule or "").bought_named == ("linen",)
    assert "linen" in (brief.audience or "")
    assert "audience" not in {one.field for one in brief.assumed}
    assert "your whole list" not in text_of(intern.bench.said()[-1])


async def test_audience_that_is_not_counted_is_said(intern: UnderstandingBench) -> None:
    await ask_for_buyers(intern)
    (draft,) = intern.bench.drafts
    assert draft.brief.rule is None
    (note,) = [check for check in draft.findings or () if check.rule == "audience"]
    assert "people who bought linen twice" in note.words.to("en")


# Both sides of the thread.


async def test_both_sides_of_the_thread_are_told(intern: UnderstandingBench) -> None:
    thread = await count_linen_buyers(intern)
    (found,) = intern.bench.drafts
    await ask(intern, "write the SMS for those", continuing(channels=[SMS]), thread=thread)
    sms = intern.bench.drafts[-1]
    await ask(intern, "and an e-mail", continuing(channels=[MAIL]), thread=thread)
    told = fenced(intern.prompts[-1], "thread").split("\n")
    assert told[0] == "person, text: who bought linen twice?"
    assert told[1].startswith(f"intern, report: {found.id}: ")
    assert found.parts[0].text in told[1]
    assert told[2] == "person, text: write the SMS for those"
    assert dict_of(sms)["text"] in told[3]
    writing = list_writing(intern)[-1]
    assert fenced(writing, "material").split("\n")[:3] == told[:3]
    assert writing.count(dict_of(sms)["text"]) == 1  # what it continues is told apart, once


def test_newest_messages_of_a_long_thread_are_kept() -> None:
    messages = [
        Message(who="intern", kind="draft", text=f"{number} " + "word " * 400, draft=f"d{number}")
        for number in range(20)
    ]
    told = format_thread(messages).split("\n")
    assert len("\n".join(told)) <= MAX_THREAD_CHARACTERS
    assert 3 <= len(told) < len(messages)
    assert told[-1].startswith("intern, draft: d19: 19 word")
