"""What a brief argues with and the text leaves out …"""

import pytest

from bot.core.brief import Brief
from bot.core.channels import load_channels
from bot.core.facts import Evidence
from bot.core.parts import Copy, Part
from bot.core.request import SkillRequest
from bot.offline.routing import read_fields
from bot.rules.proof import prove
from tests.support.skill_runner import BRAND
from tests.support.small_shop import TODAY

NOT_TAKEN = "Not taken up from the brief"


def told(words: str, text: str) -> list[str]:
    brief = Brief(words=words, author="ana", language="fr", audience=read_fields(words).audience)
    part = Part(kind="copy", key="body", title="Body", body=Copy(text=text))
    request = SkillRequest(skill="draft", channel="email", brief=brief)
    checks = prove(
        (part,),
        (),
        Evidence(),
        request=request,
        brand=BRAND,
        channel=load_channels()["email"],
        today=TODAY,
    )
    return [said for check in checks if NOT_TAKEN in (said := check.words.to("en"))]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("pull Kerven : il tient chaud et il dure", "il dure"),
        ("the jumper lasts for years", "lasts for years"),
        ("la bougie écologique Ruche", "écologique"),
        ("c'est le plus doux de tous", "le plus doux"),
    ],
)
def test_is_said_to_be_left_out(words: str, what: str) -> None:
    assert [what in one for one in told(words, "Voici le pull.")] == [True]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("pull Kerven : il dure", "Il dure."),
        ("the jumper lasts for years", "Un pull qui dure longtemps."),
        ("le pull en laine est de retour", "Voici le pull."),
        ("the jumper, for our best customers", "Here is the jumper."),
    ],
)
def test_is_no_argument_where_the_text_says_it_or_it_is_none(words: str, text: str) -> None:
    assert told(words, text) == []
