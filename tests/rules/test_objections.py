"""What customers doubt about a product …"""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.agent.pipeline import DraftResult, run_skill
from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall
from bot.rules.writers.offline import Offline
from bot.tasks.intake import IncomingRequest, IntakeResult, understand_request
from tests.rules.test_texts import ENGLISH
from tests.support.small_shop import CATALOGUE, TODAY, Shop

FITS = "White linen shirt with a straight collar. It fits loosely: take one size down."
WORDS = "e-mail: the linen shirt for people who bought shirts last summer"


class Doubted(Shop):
    """A shop whose customers say that things run small."""

    def __init__(self, theme: str, description: str = "") -> None:
        more = {"description": description} if description else {}
        super().__init__({"linen-shirt": {**CATALOGUE["linen-shirt"], **more}})
        self.theme = theme

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        if kind != "praise":
            return await super().look_up(kind, request)
        return [
            Fact(
                id=f"objection.{self.theme}.theme",
                label="doubt to answer",
                value="runs small",
                source="feedback.csv",
                as_of=TODAY,
                rows=84,
            )
        ]


async def written(shop: Shop) -> DraftResult:
    async def nothing(_: LlmCall) -> None:
        return None

    writer = Offline(lambda: datetime(2026, 11, 24, tzinfo=UTC))
    taken = await understand_request(
        IncomingRequest(words=WORDS, author="ana"),
        brand=ENGLISH,
        library=shop,
        writer=writer,
        today=TODAY,
    )
    assert isinstance(taken, IntakeResult)
    made = await run_skill(
        taken.requests[0],
        brand=ENGLISH,
        library=shop,
        writer=writer,
        receipt=nothing,
        code="x",
        today=TODAY,
    )
    assert isinstance(made, DraftResult)
    return made


def body(made: DraftResult) -> str:
    return next(part.text for part in made.parts if part.key == "body")


async def test_is_answered_by_the_other_size_where_customers_say_which_way_it_runs() -> None:
    made = await written(Doubted("sizing-small"))
    assert "the larger" in body(made)
    assert "last order" not in body(made)  # the size they have may be the wrong one
    (part,) = (part for part in made.parts if part.key == "body")
    assert "objection.sizing-small.theme" in part.facts
    assert "the smaller" in body(await written(Doubted("sizing-large")))


async def test_is_answered_by_asking_first_where_nothing_says_how_it_fits() -> None:
    bare = Doubted("sizing-uneven", "Striped shirt with a round collar.")
    text = body(await written(bare)).lower()
    assert "ask us" in text or "tell us what you usually wear" in text or "write to us" in text


async def test_is_answered_by_the_catalogue_where_it_says_how_it_fits() -> None:
    assert "take one size down" in body(await written(Doubted("sizing-small", FITS)))


async def test_about_a_colour_is_answered_by_a_picture_in_daylight() -> None:
    assert "daylight" in body(await written(Doubted("colour-different")))


async def test_is_never_repeated_to_customers() -> None:
    for theme in ("sizing-small", "colour-different", "fabric-thin"):
        made = await written(Doubted(theme))
        assert "runs small" not in body(made).lower()
        assert not [check for check in made.checks if check.level == "block"]
