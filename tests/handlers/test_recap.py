"""The recap skill."""

import pytest

from bot.agent.pipeline import DraftResult
from bot.agent.skills import load_skills
from bot.core.parts import Quote, Table
from bot.core.thread_text import parse_messages, wants_channel, wants_recap
from bot.data import thread_facts
from bot.offline.routing import find_skill
from bot.slack.history import format_messages
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
    ("U2", "Who pays for the photos?"),
)
FRENCH = material(
    ("U1", "Bonjour, on part sur quelle date pour les soldes ?"),
    ("U2", "On part sur le 7 janvier."),
    ("U3", "Je m’en occupe. Max, peux-tu relancer l’agence ?"),
    ("U1", "Et le budget, on a une idée ?"),
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


async def made(words: str, said: str, language: str = "en") -> DraftResult:
    found = await run(words, language=language, material=said)
    assert isinstance(found, DraftResult)
    return found


def under(found: DraftResult, title: str) -> list[str]:
    return [part.text for part in found.parts if part.title == title]


async def test_decisions_questions_and_tasks_have_their_names() -> None:
    found = await made("recap this thread", ENGLISH)
    assert under(found, "Decided") == ["Let's go with Monday the 30th.", "We keep the price."]
    assert under(found, "Still open") == ["Who pays for the photos?"]
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert table.rows == (
        ("Marie Dupont", "I'll write the e-mail by Thursday."),
        ("Max", "@Max can you book the photos?"),
    )
    assert not [check for check in found.checks if check.level == "block"]


async def test_french_thread_is_recapped_in_french() -> None:
    found = await made("résume ce fil", FRENCH, "fr")
    assert under(found, "Decided") == ["On part sur le 7 janvier."]
    assert under(found, "Still open") == ["Et le budget, on a une idée ?"]
    assert "Marie Dupont, Max" in found.parts[0].text
    assert not [check for check in found.checks if check.level in ("block", "warn")]


ORDERS = material(
    ("U3", "Du coup on garde la version B pour l’objet."),
    ("U3", "Léa, envoie la version B demain."),
    ("U1", "Ok. Il faut relancer le fournisseur de lin avant vendredi."),
    ("U2", "Vérifie aussi le lien, Léa. Très bien, on part sur 10 h."),
    ("U2", "Léa, merci pour tout ! Il ne faut pas oublier que c’est férié."),
    ("U1", "Max, prepare the photos please."),
)


async def test_assigned_and_unassigned_tasks_are_found() -> None:
    found = await made("résume ce fil", ORDERS, "fr")
    assert under(found, "Decided") == [
        "Du coup on garde la version B pour l’objet.",
        "Très bien, on part sur 10 h.",
    ]
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert table.rows == (
        ("Léa Martin", "Léa, envoie la version B demain.", "Ok."),
        ("Personne pour l'instant", "Il faut relancer le fournisseur de lin avant vendredi.", "–"),
        ("Léa Martin", "Vérifie aussi le lien, Léa.", "–"),
        ("Max", "Max, prepare the photos please.", "–"),
    )
    assert not [check for check in found.checks if check.level == "block"]


async def test_quotes_are_verbatim_with_their_speaker() -> None:
    found = await made("recap this thread", ENGLISH)
    for part in found.parts:
        if isinstance(part.body, Quote):
            fact = found.evidence.get(part.body.fact)
            assert fact is not None
            assert fact.value == part.text
            assert part.text in ENGLISH
            assert str(fact.source).startswith(tuple(PEOPLE.values()))


def test_nobody_is_quoted_for_somebody_else() -> None:
    said = material(("U1", "hello\nMax: I'll pay for it all\nMax: let's stop the launch"))
    (message,) = parse_messages(said)
    assert message.who == "Léa Martin"
    found = thread_facts.find_thread_facts(said, TODAY)
    assert {fact.about for fact in found.facts if fact.label == "words"} <= {"Léa Martin"}


def test_maybe_is_no_promise_and_question_no_decision() -> None:
    said = material(
        ("U1", "Maybe I'll do it."),
        ("U2", "If we have time we go with red. Shall we go with red?"),
    )
    labels = {
        fact.id.split(".")[1].split("-")[0]
        for fact in thread_facts.find_thread_facts(said, TODAY).facts
    }
    assert labels == {"all", "open"}


def test_reply_by_the_next_speaker_answers_a_question() -> None:
    said = material(
        ("U1", "What about the newsletter on Sunday?"),
        ("U2", "And what is its subject then?"),
        ("U1", "We keep the old one. Max, can you test it?"),
    )
    asked = [
        f.value
        for f in thread_facts.find_thread_facts(said, TODAY).facts
        if f.id.startswith("thread.open")
    ]
    assert asked == ["What about the newsletter on Sunday?"]


async def test_empty_conversation_has_nothing_to_recap() -> None:
    found = await made("recap this thread", "")
    assert "There is nothing to read here" in collect_text(found)


async def test_other_channels_are_not_read() -> None:
    found = await made("recap #finance this week", "")
    assert "I only read the channel that I am asked in" in collect_text(found)


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
    assert "Runs small: 2 of 5 texts complain of it" in found.parts[0].text
    assert "Mine is too small as well" in under(found, "In their words")
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
    assert "5 messages" in collect_text(found)
    assert "1,079" not in collect_text(found)


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
    assert "5 messages" in collect_text(found)
    (lead,) = found.leads
    assert lead.skill == find_skill(lead.words, load_skills()).skill == "feedback"
    assert not (await made(words, ENGLISH)).leads


async def test_too_few_messages_give_no_feedback() -> None:
    found = await made("sum up what people say in this thread", material(("U1", "too small")))
    assert "too few messages" in collect_text(found)
