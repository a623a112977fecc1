"""Talks that cross each other: an answer is given to the question it was meant for …"""

from typing import NamedTuple

import pytest

from bot.agent.pipeline import DraftResult
from bot.core.parts import Table
from bot.core.thread_text import parse_messages
from bot.data import thread_facts
from bot.data.analyses.result import AnalysisResult
from bot.slack.history import format_messages
from tests.support.sample_tables import TODAY
from tests.support.skill_runner import run

PEOPLE = {"U1": "Léa Martin", "U2": "Max Weber", "U3": "Marie Dupont", "U4": "Tom Okafor"}


class Talk(NamedTuple):
    """`said` is "1 what Léa says", "3@1 what Marie replies in the thread of the first message".
    `right` is a question and its answer, a task and who has it; `unclear`, questions that a "yes"
    may belong to. Each by some of its words."""

    said: tuple[str, ...]
    right: tuple[tuple[str, str], ...] = ()
    todo: tuple[tuple[str, str], ...] = ()
    unclear: tuple[str, ...] = ()


TALKS = {
    "whom it was asked": Talk(
        ("1 Is the landing page live?", "3 <@U2> did the printer confirm the flyers?",
         "2 Yes, they ship Thursday.", "4 The landing page is still in staging."),
        right=(("printer", "they ship"), ("landing", "in staging")),
    ),
    "a bare yes": Talk(
        ("1 Can we move the newsletter to Wednesday?", "3 Should we drop the loyalty banner?",
         "2 Yes"),
        unclear=("newsletter", "banner"),
    ),
    "threads": Talk(
        ("1 Do we extend the sale to Sunday?", "2 Who is writing the SMS for the VIPs?",
         "4@1 yes, until Sunday midnight", "3@2 me, by tomorrow noon"),
        right=(("extend", "midnight"), ("SMS", "me, by")), todo=(("Marie", "SMS"),),
    ),
    "whom it is said to": Talk(
        ("1 Is 20% off OK for the outlet?", "3 Is the size guide translated?",
         "2 <@U3> not yet, Friday", "4 <@U1> ok for me"),
        right=(("size guide", "not yet"), ("20%", "ok for me")),
    ),
    "two requests": Talk(
        ("1 <@U4> can you send the stock list to the agency?",
         "3 <@U2> can you update the banner?", "2 sure, today", "4 done"),
        todo=(("Tom", "stock list"), ("Max", "banner")),
    ),
    "à qui": Talk(
        ("1 La page d'atterrissage est en ligne ?", "3 <@U2> l'imprimeur a confirmé les flyers ?",
         "2 Oui, ils partent jeudi.", "4 La page est encore en préproduction."),
        right=(("imprimeur", "jeudi"), ("atterrissage", "préproduction")),
    ),
    "oui": Talk(
        ("1 On décale la newsletter à mercredi ?", "3 On retire le bandeau fidélité ?", "2 Oui"),
        unclear=("newsletter", "bandeau"),
    ),
    "fils": Talk(
        ("1 On prolonge les soldes jusqu'à dimanche ?", "3 Qui écrit le SMS pour les VIP ?",
         "4@1 oui, jusqu'à dimanche minuit", "2@2 moi, pour demain midi"),
        right=(("prolonge", "minuit"), ("SMS", "moi")), todo=(("Max", "SMS"),),
    ),
    "une question, une demande": Talk(
        ("1 On part sur le rouge ou le bleu pour la bannière ?",
         "3 <@U4> tu peux relancer le transporteur ?", "2 Le bleu.",
         "4 oui je l'appelle cet après-midi", "1 Parfait, le bleu alors"),
        right=(("bannière", "Le bleu."),), todo=(("Tom", "transporteur"),),
    ),
    "trouvé": Talk(
        ("1 Les visuels sont prêts ?", "3 Il reste du budget sur Meta ?",
         "1 Ah trouvés, merci !", "2 Non, tout est dépensé."),
        right=(("Meta", "dépensé"), ("visuels", "trouvés")),
    ),
    "the one asked comes later": Talk(
        ("2 <@U3> is legal fine with the contest rules?",
         "1 Do we ship to Ireland before Christmas?", "4 Until the 18th, yes.",
         "3 Yes, legal signed this morning."),
        right=(("contest", "signed"), ("Ireland", "18th")),
    ),
    "asked again": Talk(
        ("1 Should we pause the retargeting?", "2 Should we refund the late orders?",
         "4 Yes please", "2 <@U4> the refunds or the pause?", "4 the refunds"),
        right=(("refunds or the pause", "the refunds"),), unclear=("retargeting", "late orders"),
    ),
    "a thread and the channel": Talk(
        ("1 Can someone proof the catalogue?", "2 Are we closed on the 26th?",
         "3@1 I'll proof it tonight", "4 No, we open at ten."),
        right=(("closed", "open at ten"),), todo=(("Marie", "catalogue"),),
    ),
    "plus tard": Talk(
        ("2 <@U3> le juridique valide le règlement du jeu ?", "1 On livre en Belgique avant Noël ?",
         "4 Jusqu'au 18, oui.", "3 Oui, validé ce matin."),
        right=(("règlement", "validé"), ("Belgique", "18")),
    ),
    "oui bien sûr": Talk(
        ("1 On met en pause le retargeting ?", "3 On rembourse les commandes en retard ?",
         "4 Oui bien sûr"),
        unclear=("retargeting", "rembourse"),
    ),
    "pas encore": Talk(
        ("1 Qui s'occupe des photos du lin ?", "2 <@U4> la facture de l'agence est payée ?",
         "3 Moi, vendredi", "4 Pas encore, je m'en charge demain", "1 Super merci à tous"),
        right=(("photos", "Moi"), ("facture", "Pas encore")), todo=(("Marie", "photos"),),
    ),
}  # fmt: skip


def material(talk: Talk) -> str:
    rows = []
    for n, line in enumerate(talk.said, 1):
        head, _, text = line.partition(" ")
        who, _, of = head.partition("@")
        rows.append({"user": f"U{who}", "ts": str(n), "text": text, "thread_ts": of or str(n)})
    return format_messages(rows, people=PEOPLE)


def of(found: AnalysisResult, sort: str, measure: str) -> dict[str, str]:
    """What was found of a sort, by its words."""
    every = {fact.id: fact for fact in found.facts if fact.id.startswith(f"thread.{sort}-")}
    return {
        str(fact.value): str(every[id.replace(".words", f".{measure}")].value)
        for id, fact in every.items()
        if id.endswith(".words") and id.replace(".words", f".{measure}") in every
    }


@pytest.mark.parametrize("name", TALKS)
def test_and_no_other(name: str) -> None:
    talk = TALKS[name]
    found = thread_facts.find_thread_facts(material(talk), TODAY)
    answers = of(found, "asked", "answer")
    assert len(answers) == len(talk.right)
    for question, answer in talk.right:
        (said,) = [text for words, text in answers.items() if question in words]
        assert answer in said
    unclear = of(found, "unclear", "answer")
    assert len(unclear) == len(talk.unclear)
    assert all(any(one in words for words in unclear) for one in talk.unclear)
    assert of(found, "open", "words") == {}
    for who, task in talk.todo:
        (fact,) = [f for f in found.facts
                   if f.id.startswith("thread.todo-") and task in str(f.value)]  # fmt: skip
        assert fact.about.startswith(who)


@pytest.mark.parametrize(("language", "name", "line"), [
    ("en", "a bare yes", "One answer fits 2 questions: which of them it was meant for is not "
                         "clear, so it settles none."),
    ("fr", "oui", "Une même réponse peut aller à 2 questions : rien ne dit à laquelle, elle n'en "
                  "tranche donc aucune."),
])  # fmt: skip
async def test_is_told_where_it_is_not_clear(language: str, name: str, line: str) -> None:
    words = "résume ce canal" if language == "fr" else "recap this channel"
    found = await run(words, language=language, material=material(TALKS[name]))
    assert isinstance(found, DraftResult)
    assert line.replace(" :", "\u00a0:") in found.parts[0].text.replace("\n", " ")
    (table,) = [part.body for part in found.parts if isinstance(part.body, Table)]
    assert [row[1] for row in table.rows] == [TALKS[name].said[-1][2:]] * 2
    assert [check for check in found.checks if check.level == "block"] == []


def test_keeps_a_reply_in_its_thread_whatever_somebody_is_called() -> None:
    rows = [
        {"user": "U1", "ts": "1", "text": "Do we extend?"},
        {"user": "U9", "ts": "2", "text": "↳ Max: I pay"},
        {"user": "U2", "ts": "3", "text": "yes\nMax: and I pay", "thread_ts": "1"},
    ]
    said = parse_messages(format_messages(rows, people={**PEOPLE, "U9": "↳ Tom: Okafor"}))
    assert [(one.who, one.thread) for one in said] == [
        ("Léa Martin", 0), ("Max Weber", 1), ("Tom Okafor", 0),
    ]  # fmt: skip


def test_reads_a_reply_whose_thread_began_with_a_bot() -> None:
    rows = [
        {"user": "U1", "ts": "1", "text": "Is the page live?"},
        {"user": "B", "bot_id": "B", "ts": "2", "text": "a card"},
        {"user": "U2", "ts": "3", "text": "yes, this one is fine", "thread_ts": "2"},
        {"user": "U3", "ts": "4", "text": "and approved", "thread_ts": "2"},
    ]
    said = parse_messages(format_messages(rows, people=PEOPLE))
    assert [(one.who, one.thread) for one in said] == [
        ("Léa Martin", 0), ("Max Weber", 0), ("Marie Dupont", 2),
    ]  # fmt: skip
