"""A conversation, to who missed it, …"""

import pytest

from bot.data import thread_facts
from bot.slack.history import format_messages
from tests.support.sample_tables import TODAY

PEOPLE = {"U1": "Léa Martin", "U2": "Max Weber", "U3": "Marie Dupont", "U4": "Tom Okafor"}


def heard(*said: str, most: int = 24_000) -> dict[str, list[tuple[str, ...]]]:
    """What is told of "1 what Léa says", "2 what Max says", …: by sort, who and in which words."""
    rows = [{"user": f"U{one[0]}", "ts": str(n), "text": one[2:]} for n, one in enumerate(said, 1)]
    found = thread_facts.find_thread_facts(format_messages(rows, people=PEOPLE, limit=most), TODAY)
    told: dict[str, dict[str, list[str]]] = {}
    for fact in found.facts:
        _, key, measure = fact.id.split(".")
        sort, dash, _n = key.partition("-")
        if dash:
            told.setdefault(sort, {}).setdefault(key, [fact.about] * (sort == "todo")).append(
                str(fact.value)
            )
        assert measure in ("messages", "people", "decisions", "questions", "tasks", "words",
                           "answer", "since", "cut")  # fmt: skip
    return {sort: [tuple(words) for words in some.values()] for sort, some in told.items()}


LAUNCH = (
    "1 When do we go live, Thursday or Friday?",
    "2 Thursday works for me. Let's go with Thursday.",
    "3 Hmm, the photos only arrive Thursday evening",
    "2 Ah. Scrap that, then. Friday it is.",
    "1 OK Friday 12 June, 9am. Who's writing the email?",
    "4 I can do the email, draft by Tuesday EOD",
    "1 What discount are we doing? 10 or 15?",
    "2 Legal said no to 15. 10% then.",
    "1 And do we mention free delivery?",
    "4 not sure, need to check with ops",
    "2 Great, thanks everyone",
)


def test_tells_apart_what_was_decided_and_what_was_taken_back() -> None:
    told = heard(*LAUNCH)
    assert told["decided"] == [
        ("Ah. Scrap that, then. Friday it is.",),
        ("OK Friday 12 June, 9am.",),
        ("Legal said no to 15. 10% then.",),
    ]
    assert told["dropped"] == [("Let's go with Thursday.",)]


def test_leaves_open_what_nobody_knew() -> None:
    assert heard(*LAUNCH)["open"] == [("And do we mention free delivery?",)]
    told = heard("1 Should we test the banner?", "2 Maybe. Depends on traffic", "4 aucune idée")
    assert told["open"] == [("Should we test the banner?",)]


def test_gives_a_task_to_who_says_yes_to_it_with_what_it_is() -> None:
    assert heard(*LAUNCH)["todo"] == [
        ("Tom Okafor", "Who's writing the email?", "I can do the email, draft by Tuesday EOD")
    ]
    told = heard(
        "1 Could someone look at the unsubscribe link? It 404s on mobile", "2 on it",
        "3 lovely", "2 unsubscribe link fixed too",
    )  # fmt: skip
    assert told["todo"] == [
        ("Max Weber", "Could someone look at the unsubscribe link?", "unsubscribe link fixed too")
    ]


def test_takes_back_in_french_what_finally_becomes_something_else() -> None:
    told = heard(
        "1 Ok pour les pulls.",
        "3 Et la newsletter, c'est qui qui s'en occupe ?",
        "1 Moi. Je la prépare pour lundi.",
        "2 Finalement je pense qu'il vaut mieux partir sur les manteaux",
        "3 D'accord avec Max, on part sur les manteaux plutôt que les pulls.",
        "3 Le code promo, on fait HIVER26 ou SOLDES26 ?",
        "2 Aucune idée, faut demander à Léa",
        "1 Au fait, quelqu'un a vu le match hier ?",
        "2 Ah oui incroyable !!",
    )
    kept = "D'accord avec Max, on part sur les manteaux plutôt que les pulls."
    assert told["decided"] == [(kept,)]
    assert told["dropped"] == [("Ok pour les pulls.",)]
    assert told["open"] == [("Le code promo, on fait HIVER26 ou SOLDES26 ?",)]
    asked = "Et la newsletter, c'est qui qui s'en occupe ?"
    assert told["todo"] == [("Léa Martin", asked, "Moi. Je la prépare pour lundi.")]


def test_does_not_mean_what_is_quoted_or_said_in_jest() -> None:
    told = heard(
        "1 A customer wrote:\n> I'll never order again. We decided to go to Zara.\n> Can you call?",
        "2 Oh great, let's just send everybody 50% off and close the shop :roll_eyes:",
        "3 let's all move to the beach", "4 haha",
        "4 Seriously though: I'll call her today",
        "1 So we refund the shipping of all late orders. Agreed?", "4 Agreed",
    )  # fmt: skip
    assert told == {
        "decided": [("So we refund the shipping of all late orders.",)],
        "todo": [("Tom Okafor", "Seriously though: I'll call her today")],
    }


def test_reads_notes_by_their_headings() -> None:
    told = heard(
        "1 Notes from today:\n*Decisions*\n• Newsletter moves to Wednesdays\n*Actions*\n"
        "• Max: brief the agency by 28/11\n• @Priya Rao update the FAQ\n*Open*\n"
        "• Do we extend the returns window?\n• Who signs off the contract?",
        "2 for returns: yes, until 15 January, just confirmed",
    )
    assert told == {
        "decided": [("Newsletter moves to Wednesdays",)],
        "todo": [
            ("Max Weber", "Max: brief the agency by 28/11"),
            ("Priya Rao", "@Priya Rao update the FAQ"),
        ],
        "open": [("Who signs off the contract?",)],
        "asked": [
            (
                "Do we extend the returns window?",
                "for returns: yes, until 15 January, just confirmed",
            )
        ],
    }


def test_finds_the_answer_that_comes_after_other_talk() -> None:
    told = heard(
        "2 Are we still sending the VIP mail on Sunday?", "4 what's the VIP mail?",
        "2 the early access one", "4 btw the coffee machine is broken again",
        "1 Sunday is fine for that one",
    )  # fmt: skip
    assert ("Are we still sending the VIP mail on Sunday?", "Sunday is fine for that one") in told[
        "asked"
    ]
    assert "open" not in told


@pytest.mark.parametrize(
    ("asked", "said"),
    [("When is the stock take?", "Morning!"), ("Who pays for it all?", "nice weather"),
     ("Combien de pièces faut-il commander ?", "le colis est là")],
)  # fmt: skip
def test_takes_no_other_talk_for_an_answer(asked: str, said: str) -> None:
    assert heard(f"1 {asked}", f"2 {said}")["open"] == [(asked,)]


def test_gives_nobody_what_somebody_will_not_do() -> None:
    told = heard(
        "1 I won't be able to review before noon, Marie will approve it instead",
        "4 I'm not going to write 20 pins by myself",
        "1 fair. Marie does 10, Tom does 10.",
        "3 Par contre je ne serai pas là lundi.",
    )
    assert [one[0] for one in told["todo"]] == ["Marie Dupont", "Marie Dupont", "Tom Okafor"]


def test_finds_four_things_in_two_hundred_messages() -> None:
    chat = ["2 hey", "4 nice", "3 the parcel from the printer has come", "2 looks like the CDN"]
    said = [chat[n % 4] for n in range(200)]
    said[25] = "1 OK, decided: we go with Studio Kite."
    said[60:62] = ["2 Who tells North?", "3 I'll tell them tomorrow morning."]
    said[120], said[150] = "4 When is the stock take?", "1 <@U4> the stock take is on the 4th"
    said[195] = "1 Kite just pulled out. We go with North after all."
    assert heard(*said) == {
        "decided": [("We go with North after all.",)],
        "dropped": [("OK, decided: we go with Studio Kite.",)],
        "asked": [
            ("Who tells North?", "I'll tell them tomorrow morning."),
            ("When is the stock take?", "@Tom Okafor the stock take is on the 4th"),
        ],
        "todo": [("Marie Dupont", "Who tells North?", "I'll tell them tomorrow morning.")],
    }


def test_is_said_to_be_cut_where_it_is_too_long() -> None:
    rows = [{"user": "U1", "ts": str(n), "text": f"we keep the price of {n}"} for n in range(99)]
    whole = thread_facts.find_thread_facts(format_messages(rows, limit=9_000), TODAY)
    cut = thread_facts.find_thread_facts(format_messages(rows, limit=900), TODAY)
    assert whole.get("all", "cut") is None
    assert cut.get("all", "cut") is not None
    assert all(":" not in str(f.value) for f in cut.facts)
