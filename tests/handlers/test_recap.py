"""The recap skill without an AI, and what stands in a conversation."""

from decimal import Decimal

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.facts import Fact
from bot.core.thread_text import parse_messages, wants_channel, wants_recap
from bot.data.thread_facts import find_thread_facts
from bot.errors import CannotDo
from bot.offline.routing import find_skill
from bot.slack.threads import format_messages
from tests.support.sample_tables import TODAY
from tests.support.skill_runner import collect_text, run

PEOPLE = {"U1": "Léa Martin", "U2": "Max", "U3": "Marie Dupont"}


def material(*said: tuple[str, str]) -> str:
    rows = [{"user": user, "ts": str(n), "text": text} for n, (user, text) in enumerate(said, 1)]
    return format_messages(rows, people=PEOPLE)


ENGLISH = material(
    ("U1", "Morning. The linen launch: Friday or Monday?"),
    ("U2", "Friday is Black Friday. Let's go with Monday the 30th."),
    ("U3", "ok for me\nI'll write the e-mail by Thursday. <@U2> can you book the photos?"),
    ("U1", "We keep the price. Maybe I'll ask legal if they have time."),
    ("U2", "Who pays for the photos? See <https://shop.example/brief|the brief>"),
)
OPINIONS = material(
    *(
        ("U1", text)
        for text in (
            "The Alba shirt runs small, I had to send it back",
            "Mine is too small as well",
            "Lovely linen, so soft",
            "Parcel came two weeks late",
            "My parcel is late again",
        )
    ),
)


async def made(
    words: str, said: str, language: str = "en", known: tuple[Fact, ...] = ()
) -> DraftResult:
    found = await run(words, language=language, material=said, known=known)
    assert isinstance(found, DraftResult)
    return found


def own_fact(id: str, value: str | int, about: str = "") -> Fact:
    number = value if isinstance(value, str) else Decimal(value)
    source = "the intern's own record"
    return Fact(id=id, label="state", about=about, value=number, source=source, as_of=TODAY)


@pytest.mark.parametrize(
    ("words", "language"), [("recap this thread", "en"), ("résume ce fil", "fr")]
)
async def test_recap_counts_people_and_quotes_questions(words: str, language: str) -> None:
    found = await made(words, ENGLISH, language)
    facts = {fact.id: str(fact.value) for fact in found.evidence.facts}
    assert {"thread.all.messages", "thread.all.people"} <= set(found.parts[0].facts)
    assert (facts["thread.all.messages"], facts["thread.all.people"]) == ("5", "3")
    points = [part.text for part in found.parts if part.key.startswith("points.")]
    assert any("Who pays for the photos?" in point for point in points)
    assert any("shop.example/brief" in point for point in points)
    assert not [check for check in found.checks if check.level != "pass"]


async def test_recap_without_an_ai_reads_no_decision_and_says_so() -> None:
    found = await made("recap this thread", ENGLISH)
    assert "cannot_tell" in {part.key for part in found.parts}
    points = " ".join(part.text for part in found.parts if part.key.startswith("points."))
    assert "Let's go with Monday" not in points


async def test_drafts_of_the_thread_are_named_with_their_state() -> None:
    state = own_fact("thread.draft-1.state", "approved", "Your linen is back")
    found = await made("recap this thread", ENGLISH, known=(state,))
    (point,) = [part for part in found.parts if "thread.draft-1.state" in part.facts]
    assert "Your linen is back" in point.text


async def test_questions_are_letter_for_letter_with_their_author() -> None:
    found = find_thread_facts(ENGLISH, TODAY)
    questions = [fact for fact in found.facts if fact.parts.subject.startswith("question-")]
    assert [fact.about for fact in questions] == ["Léa Martin", "Marie Dupont", "Max"]
    assert all(str(fact.value) in ENGLISH for fact in questions)


def test_nobody_is_quoted_for_somebody_else() -> None:
    said = material(("U1", "hello\nMax: shall we stop?\nMax: who pays?"))
    (message,) = parse_messages(said)
    assert message.who == "Léa Martin"
    facts = find_thread_facts(said, TODAY).facts
    assert {fact.about for fact in facts if fact.label == "words"} == {"Léa Martin"}


def test_files_are_listed_for_a_recap_alone() -> None:
    row = {"user": "U1", "ts": "1", "text": "here", "files": [{"name": "brief.pdf"}]}
    files = find_thread_facts(format_messages([row], people=PEOPLE, with_files=True), TODAY)
    assert [f.value for f in files.facts if f.parts.subject == "file-1"] == ["brief.pdf"]
    assert "brief.pdf" not in format_messages([row], people=PEOPLE)


async def test_empty_conversation_tells_the_work_of_the_week() -> None:
    found = await made("recap this thread", "")
    assert [part.key for part in found.parts] == ["answer"]
    work = (own_fact("work.queue.waiting", 2), own_fact("work.week.approved", 3))
    told = await made("recap this thread", "", known=work)
    assert {"work.queue.waiting", "work.week.approved"} <= set(told.parts[0].facts)


async def test_drafts_that_wait_are_named_with_and_without_a_conversation() -> None:
    state = own_fact("work.draft-1.waiting", "waits for your approval", "Your linen is back")
    for said in (ENGLISH, ""):
        found = await made("recap this thread", said, known=(state,))
        (part,) = [part for part in found.parts if state.id in part.facts]
        assert "Your linen is back" in part.text


@pytest.mark.parametrize("said", [ENGLISH, ""])
@pytest.mark.parametrize(
    ("words", "language"),
    [("what waits for my approval?", "en"), ("qu'est-ce qui attend ma validation ?", "fr")],
)
async def test_the_drafts_that_wait_are_answered_alone(
    words: str, language: str, said: str
) -> None:
    assert find_skill(words, load_skills()).skill == "recap"
    state = own_fact("work.draft-1.waiting", "waits for your approval", "Your linen is back")
    here = own_fact("thread.draft-1.state", "approved", "A vase")
    found = await made(words, said, language, known=(state, here))
    headline, *others = found.parts
    assert "Your linen is back" in headline.text
    assert headline.facts == (state.id,)
    assert [(part.key, part.facts) for part in others] == [
        ("points.1", (here.id,)),
        ("sources", ()),
    ]
    (nothing,) = (await made(words, said, language)).parts
    assert nothing.key == "headline"


@pytest.mark.parametrize(
    ("words", "unread"),
    [
        ("prep my monday recap pls - sales, ads, emails", "sales, ads, emails"),
        ("récap des ventes du mois pour le comité", "comité"),
    ],
)
async def test_recap_of_the_business_is_no_recap_of_a_thread(words: str, unread: str) -> None:
    with pytest.raises(CannotDo) as no:
        await made(words, "")
    assert unread in no.value.words.to("en")
    among_messages = await made("recap this thread about the launch", ENGLISH)
    assert "launch" in collect_text(among_messages)


async def test_other_channels_are_not_read() -> None:
    found = await made("recap #finance this week", "")
    assert "#finance" in collect_text(found)


def test_feedback_request_is_not_a_recap() -> None:
    for words in ("recap #shop this week", "résume ce canal", "who does what?", "catch me up"):
        assert find_skill(words, load_skills()).skill == "recap"
        assert wants_recap(words)
    for words in ("sum up what people say in this thread", "résume les avis de ce canal"):
        assert find_skill(words, load_skills()).skill == "feedback"
        assert not wants_recap(words)
    assert wants_channel("what do people say in this channel?")
    assert not wants_channel("sum up this thread")


async def test_feedback_skill_reads_complaints_of_a_thread() -> None:
    found = await made("sum up what people say in this thread", OPINIONS)
    assert "Runs small: 2 of 5 reviews and messages complain of it" in found.parts[0].text
    assert "Mine is too small as well" in [part.text for part in found.parts]
    assert not [check for check in found.checks if check.level == "block"]


@pytest.mark.parametrize(
    "words",
    [
        "sum this up for me: what do they say and what should we fix first?",
        "what do they say?",
        "summarise these messages",
        "what are they complaining about?",
        "résume ces messages",
        "qu'est-ce qu'ils disent ?",
    ],
)
async def test_feedback_skill_reads_customer_words_above(words: str) -> None:
    found = await made(words, OPINIONS)
    (texts,) = [fact for fact in found.evidence.facts if fact.id == "feedback.all.texts"]
    assert texts.value == 5
    assert "feedback.csv" not in {str(fact.source) for fact in found.evidence.facts}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("what do they say?", ""),  # nothing stands above: customers in general are meant
        ("sum up what customers say about sizing this month", OPINIONS),
        ("que disent les clients ?", OPINIONS),
    ],
)
async def test_thread_is_not_taken_for_all_customers(words: str, said: str) -> None:
    assert "feedback.csv" in {str(fact.source) for fact in (await made(words, said)).evidence.facts}


@pytest.mark.parametrize("words", ["sum this up", "sum it up please", "résume-moi ça", "résume ça"])
async def test_thread_feedback_uses_the_messages_above(words: str) -> None:
    assert find_skill(words, load_skills()).skill == "recap"
    assert wants_recap(words)
    found = await made(words, OPINIONS)
    assert "thread.all.messages" in found.parts[0].facts
    assert "5" in found.parts[0].text
    (lead,) = found.leads
    assert lead.skill == find_skill(lead.words, load_skills()).skill == "feedback"


async def test_too_few_messages_give_no_feedback() -> None:
    found = await made("sum up what people say in this thread", material(("U1", "too small")))
    assert "too few messages" in collect_text(found)
