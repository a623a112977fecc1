"""What counts as a right reading of a message, and as a right figure."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.core.facts import Fact, Source
from bot.core.parts import Copy, Part
from bot.core.request import Brief
from bot.i18n.messages import Words
from bot.tasks.message_prompt import Message, ThreadDraft
from bot.tasks.understanding import ReadRequest, Understanding
from evals.figures import Figure, compare_figures, fits
from evals.questions import find_verdict
from evals.understanding import compare_reading, is_heard

DAY = date(2026, 11, 25)
MAIL = ThreadDraft(
    id="d1", skill="draft", channel="email", brief=Brief(words="", author="U1", language="en")
)
REPORT = ThreadDraft(id="r1", skill="trends", brief=MAIL.brief)


def wrong_fields(expect: dict[str, Any], found: Understanding, **message: Any) -> list[str]:
    case = {"words": message.setdefault("words", "words"), "expect": expect}
    return compare_reading(case, found, Message(today=DAY, **message)).fields.wrong


def read(**fields: Any) -> Understanding:
    return Understanding(outcome="requests", requests=(ReadRequest(skill="draft", **fields),))


def expect(**fields: Any) -> dict[str, Any]:
    return {"outcome": "requests", "requests": [{"skill": "draft", **fields}]}


def test_one_entry_stands_for_each_channel_and_market() -> None:
    wanted = expect(channels=["email", "sms"], market=["FR", "GB"])
    together = read(channels=("email", "sms"), markets=("FR", "GB"))
    apart = Understanding(
        outcome="requests",
        requests=tuple(
            ReadRequest(skill="draft", channels=(channel,), markets=(market,))
            for market in ("GB", "FR")
            for channel in ("email", "sms")
        ),
    )
    assert wrong_fields(wanted, together) == []
    assert wrong_fields(wanted, apart) == []
    assert wrong_fields(wanted, read(channels=("email",), markets=("FR", "GB"))) == ["requests"]
    one_more = read(channels=("email", "sms", "push"), markets=("FR", "GB"))
    assert wrong_fields(wanted, one_more) == ["requests"]


def test_several_languages_are_several_texts() -> None:
    wanted = expect(language=["en", "fr"])
    both = Understanding(
        outcome="requests",
        requests=tuple(ReadRequest(skill="draft", language=one) for one in ("fr", "en")),
    )
    assert wrong_fields(wanted, both) == []
    assert "requests" in wrong_fields(wanted, read(language="en"))


@pytest.mark.parametrize(
    ("audience", "is_right"),
    [
        ("people who bought shirts last summer", True),
        ("for people who bought shirts last summer", True),
        ("people", False),
        (None, False),
        (
            "an email for the shirt, it is back in blue, with a photo and a link, warm in tone, "
            "for people who bought shirts last summer, by Friday",
            False,
        ),
    ],
)
def test_quotes_need_not_have_the_same_borders(audience: str | None, is_right: bool) -> None:
    wanted = expect(audience="people who bought shirts last summer")
    assert (wrong_fields(wanted, read(audience=audience)) == []) is is_right


def test_empty_product_means_that_none_may_be_read() -> None:
    from bot.tasks.understanding import ProductReference

    unknown = read(products=(ProductReference(words="urgent"),))
    assert wrong_fields(expect(product=[]), unknown) == ["product"]
    assert wrong_fields(expect(product=[]), read()) == []


def test_instruction_under_a_report_may_ask_again() -> None:
    wanted = {"outcome": "revise", "draft": "latest", "instruction": "only France"}
    again = Understanding(outcome="requests", requests=(ReadRequest(skill="trends", about="r1"),))
    assert wrong_fields(wanted, again, words="shorter, and only France", drafts=(REPORT,)) == []
    assert wrong_fields(wanted, again, words="only France", drafts=(MAIL,)) == ["outcome"]


def test_what_is_not_done_is_a_reply() -> None:
    declined = Understanding(outcome="requests", unsupported=("an image",))
    wanted = {"outcome": "reply", "declines": ["an image"]}
    assert wrong_fields(wanted, declined) == []
    assert wrong_fields({"outcome": "reply", "declines": ["a poster"]}, declined) == ["declines"]


@pytest.mark.parametrize(
    ("line", "is_right"),
    [
        ('For that, paste: /remind me "call the carrier" on Monday at 9:00', True),
        ('For that, paste: /remind me "call the carrier" on Tuesday at 9:00', False),
        ('For that, paste: /remind me "send the SMS" on Monday at 9:00', False),
        ("I can't remind you to call the carrier on Monday.", False),
        (None, False),
    ],
)
def test_reminder_needs_its_command(line: str | None, is_right: bool) -> None:
    wanted = {"outcome": "reply", "remind": {"words": "call the carrier", "when": "Monday"}}
    found = Understanding(outcome="reply", line=Words("{line}", line=line) if line else None)
    assert (wrong_fields(wanted, found) == []) is is_right


def test_channel_that_is_not_offered_must_be_declined_and_nothing_made_instead() -> None:
    declined = Understanding(outcome="requests", unsupported=("a poster",))
    instead = read(channels=()).model_copy(update={"unsupported": ("a poster",)})
    assert wrong_fields(expect(channels=["poster"]), declined) == []
    assert wrong_fields(expect(channels=["poster"]), instead) == ["channels"]
    both = read(channels=("email",)).model_copy(update={"unsupported": ("a poster",)})
    assert wrong_fields(expect(channels=["email", "poster"]), both) == []
    assert wrong_fields(expect(channels=["email", "poster"]), read(channels=("email",))) == [
        "requests"
    ]


def test_answer_in_own_words_may_stand_in_the_request() -> None:
    wanted = {"outcome": "answer_question", "value": "the blue one, and mention gift wrap"}
    request = ReadRequest(skill="draft", topic="the blue one", must_say=("gift wrap",))
    whole = Understanding(outcome="answer_question", answer="Blue", requests=(request,))
    assert wrong_fields(wanted, whole) == []
    assert wrong_fields(wanted, whole.model_copy(update={"requests": ()})) == ["answer"]


def test_replies_to_somebody_else_are_not_heard() -> None:
    thread = [{"who": "intern", "kind": "draft", "id": "d1", "text": "Alba"}]
    case = {"place": "thread", "thread": thread}
    assert is_heard({**case, "words": "shorter"})
    assert is_heard({**case, "words": "@paul sure. @intern shorter"})
    assert not is_heard({**case, "words": "@paul shorter?"})
    assert not is_heard({**case, "thread": [], "words": "shorter"})


# Figures.


def fact(value: str, unit: str | None) -> Fact:
    return Fact(
        id="orders.all.x",
        label="x",
        value=Decimal(value),
        unit=unit,
        source=Source(file="orders.csv"),
        as_of=DAY,
    )


@pytest.mark.parametrize(
    ("value", "unit", "stated", "stated_unit", "is_same"),
    [
        ("107853", "EUR", "107852.7", "EUR", True),
        ("107855", "EUR", "107852.7", "EUR", False),
        ("28.957", "%", "28.96", "%", True),
        ("29", "%", "28.96", "%", True),
        ("30", "%", "28.96", "%", False),
        ("928", "orders", "928", "orders", True),
        ("929", "orders", "928", "orders", False),
        ("928", "%", "928", "orders", False),
        ("4.5", "of 5", "4.46", "stars", True),
        ("-9.6", "%", "9.61", "%", True),
    ],
)
def test_figures_are_compared_to_the_precision_shown(
    value: str, unit: str, stated: str, stated_unit: str, is_same: bool
) -> None:
    assert fits(Figure(Decimal(stated), stated_unit), fact(value, unit)) is is_same


def test_other_readings_count_and_are_named() -> None:
    case = {
        "answer": {"columns": ["n"], "units": ["orders"], "rows": [[672]]},
        "also_right": [
            {
                "how_read": "bed linen too",
                "answer": {"columns": ["n"], "units": ["orders"], "rows": [[1410]]},
            }
        ],
    }
    found = compare_figures(case, [fact("1410", "orders")])
    assert found is not None
    assert (found.is_right, found.reading) == (True, "bed linen too")


def test_answer_that_leaves_out_a_column_is_incomplete() -> None:
    rows = [["shirt", 3.63, 63], ["dress", 3.82, 45]]
    units = ["text", "stars", "ratings"]
    case = {"answer": {"columns": ["product", "rating", "n"], "units": units, "rows": rows}}
    both, one = [fact("3.63", "of 5"), fact("3.82", "of 5")], [fact("3.63", "of 5")]
    assert find_verdict(case, [], compare_figures(case, both), has_figures=True, others=()) == (
        "incomplete"
    )
    assert find_verdict(case, [], compare_figures(case, one), has_figures=True, others=()) == (
        "wrong"
    )
    other = [fact("3.7", "of 5")]
    judged = find_verdict(case, [], compare_figures(case, both), has_figures=True, others=other)
    assert judged == "wrong"


def test_what_comes_nearest_may_stand_beside_a_headline_that_tells_no_figure() -> None:
    def judge(*keys: str) -> str:
        body = Copy(text="text", facts=("f1",))
        parts = [Part(kind="copy", key=key, title=key, body=body) for key in keys]
        return find_verdict({"cannot": True}, parts, None, has_figures=True, others=())

    assert judge("points.1") == "right"
    assert judge("headline", "points.1") == "wrong"
    assert judge("headline", "cannot_tell") == "right"


def test_withheld_rows_may_be_missing() -> None:
    rows = [["web", 30], ["chat", 2]]
    case = {
        "may_be_withheld": ["chat"],
        "answer": {"columns": ["channel", "n"], "units": ["text", "texts"], "rows": rows},
    }
    found = compare_figures(case, [fact("30", "texts")])
    assert found is not None
    assert found.is_right
