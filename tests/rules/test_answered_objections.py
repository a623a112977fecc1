"""A product page that is asked to answer a doubt …"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult, run_skill
from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.writer import LlmCall
from bot.data.analyses.feedback.aspects import THEME_TITLES
from bot.data.analyses.feedback.objections import find_objection
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.service import WorkspaceData
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.rules.doubts import MUST, asks_to_answer, silent_on
from bot.rules.writers.draft import find_unanswered_doubts
from bot.rules.writers.offline import Offline
from bot.tasks.intake import IncomingRequest, IntakeResult, understand_request
from tests.rules.test_texts import ENGLISH
from tests.rules.writers.catalogues import BRAND, products
from tests.support.sample_tables import sample
from tests.support.skill_runner import run
from tests.support.small_shop import TODAY, Shop
from tests.support.small_tables import small

SHOP_THEMES = ("delivery", "returns", "service", "website", "stock", "packaging", "order", "all")
PAGE_THEMES = [
    one
    for one in THEME_TITLES
    if one.split("-")[0] not in SHOP_THEMES and one not in ("unhappy", "gift")
]
BRIEFS = {
    "en": "Product page for {product}: answer the doubt ({theme})",
    "fr": "Fiche produit pour {product} : répondre au doute ({theme})",
}
PRODUCTS: dict[Language, str] = {"en": "Linen Shirt", "fr": "Chemise en lin Alma"}


class Blamed(Shop):
    """A shop where 30 of 90 reviews complain of one theme."""

    def __init__(self, theme: str, way: str = "", blamed: int = 30) -> None:
        super().__init__()
        self.theme, self.way, self.blamed = theme, way, blamed

    async def look_up(self, kind: str, request: SkillRequest) -> Sequence[Fact]:
        if kind != "praise":
            return await super().look_up(kind, request)
        values: dict[str, Any] = {"blamed": Decimal(self.blamed), "blamed-of": Decimal(90)}
        if self.way:
            values["way"] = self.way
        return [
            Fact(
                id=f"feedback.{self.theme}.{measure}",
                label=measure,
                value=value,
                about=THEME_TITLES[self.theme].text,
                source="feedback.csv",
                as_of=TODAY,
                rows=90,
            )
            for measure, value in values.items()
        ]


async def nothing(_: LlmCall) -> None:
    return None


async def page(library: Any, words: str, brand: Any = ENGLISH) -> DraftResult:
    writer = Offline(lambda: datetime(2026, 11, 24, tzinfo=UTC))
    taken = await understand_request(
        IncomingRequest(words=words, author="ana"),
        brand=brand,
        library=library,
        writer=writer,
        today=TODAY,
    )
    assert isinstance(taken, IntakeResult)
    made = await run_skill(
        taken.requests[0],
        brand=brand,
        library=library,
        writer=writer,
        receipt=nothing,
        code="x",
        today=TODAY,
    )
    assert isinstance(made, DraftResult)
    return made


def description(made: DraftResult) -> Any:
    return next(part for part in made.parts if part.key == "description")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", PAGE_THEMES)
async def test_says_what_customers_find_and_what_to_do_for_every_theme(
    theme: str, language: Language
) -> None:
    name = THEME_TITLES[theme].to(language)
    words = BRIEFS[language].format(product=PRODUCTS[language], theme=name)
    made = await page(Blamed(theme), words)
    text = description(made)
    answer = next(one for one in text.text.split("\n\n") if "30" in one and "90" in one)
    assert not silent_on(theme, answer)
    assert answer.count(".") + answer.count(" :") >= 2  # what they find, and what to do
    assert {f"feedback.{theme}.blamed", f"feedback.{theme}.blamed-of"} <= set(text.facts)
    assert [c.words.to("en") for c in made.checks if c.level in ("block", "stated")] == []


@pytest.mark.parametrize(
    ("theme", "blamed", "language", "advice"),
    [
        ("sizing-small", 30, "en", r"one size up|size above"),
        ("sizing-small", 9, "en", r"larger"),
        ("sizing-large", 30, "en", r"one size down|size below"),
        ("sizing-small", 30, "fr", r"au-dessus de"),
        ("sizing-small", 9, "fr", r"celle du dessus"),
        ("sizing-large", 30, "fr", r"au-dessous de"),
    ],
)
async def test_says_which_size_to_take_by_how_many_say_so(
    theme: str, blamed: int, language: Language, advice: str
) -> None:
    words = BRIEFS[language].format(
        product=PRODUCTS[language], theme=THEME_TITLES[theme].to(language)
    )
    text = description(await page(Blamed(theme, blamed=blamed), words)).text
    assert re.search(advice, text)
    assert "between two sizes, ask" not in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_says_how_the_colour_looks(language: Language) -> None:
    way = Words("darker").to(language)
    words = BRIEFS[language].format(
        product=PRODUCTS[language], theme=THEME_TITLES["colour-different"].to(language)
    )
    made = description(await page(Blamed("colour-different", way), words))
    assert way in made.text
    assert "feedback.colour-different.way" in made.facts
    assert ("daylight" if language == "en" else "lumière du jour") in made.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_stands_on_the_reviews_of_the_shop_from_the_button_on(language: Language) -> None:
    asked = {
        "en": "what do customers say about sizing?",
        "fr": "que disent les clients des tailles",
    }
    found = await run(f"{asked[language]} ?", language=language)
    assert isinstance(found, DraftResult)
    lead = next(one for one in found.leads if "product-page" in one.label.text)
    library = WorkspaceData(CatalogueLibrary(products), sample)
    made = await page(library, lead.words, BRAND)
    text = description(made)
    small = "taille petit" if made.evidence and "taille" in text.text else "runs small"
    assert small in text.text.lower()
    assert "32" in text.text
    assert "84" in text.text
    assert "feedback.sizing-small.blamed" in text.facts
    assert [c.words.to("en") for c in made.checks if c.level == "block"] == []


async def test_takes_the_doubt_that_was_named_not_the_loudest() -> None:
    """The shirt runs small above all; asked about its price, the page does not speak of sizes."""
    found = find_objection(sample(), "lin-alba", " (price)")
    assert found is not None
    assert found.theme == "price"


def test_hears_where_it_runs_small_and_how_the_colour_differs() -> None:
    now = datetime(2026, 11, 24, 12)
    said = {
        "The sleeves are too tight, it runs small.": 8,
        "Runs small across the chest, very tight sleeves.": 6,
        "The colour is much darker than in the picture.": 7,
        "I love it, perfect.": 20,
    }
    rows = [
        {
            "id": f"r{k}-{n}",
            "at": now - timedelta(days=n),
            "text": text,
            "product": "p1",
            "rating": 5 if k == 3 else 2,
            "language": "en",
        }
        for k, (text, times) in enumerate(said.items())
        for n in range(times)
    ]
    shelf = small(feedback=rows)
    size, colour = (
        find_objection(shelf, "p1", "the size"),
        find_objection(shelf, "p1", "colour not as pictured"),
    )
    assert size is not None
    assert (size.theme, size.blamed, size.texts) == ("sizing-small", 14, 41)
    assert [way.text for way in size.ways] == ["in the sleeves", "at the chest"]
    assert colour is not None
    assert [way.text for way in colour.ways] == ["darker"]
    assert colour.has_enough_complaints


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("Product page for the shirt: answer the doubt (runs small)", True),
        ("Fiche produit de la chemise : réponds au doute sur la taille", True),
        ("product page: customers say it runs small, fix it", True),
        ("fiche produit : les clientes trouvent la couleur plus foncée", True),
        ("Product page for the linen shirt", False),
        ("fiche produit pour la chemise en lin", False),
    ],
)
def test_is_known_by_its_words(words: str, asks: bool) -> None:
    assert (asks_to_answer(words) is not None) == asks


@pytest.mark.parametrize("theme", sorted(MUST))
async def test_of_an_ai_goes_back_when_it_passes_over_the_doubt(theme: str) -> None:
    subject = theme if theme in THEME_TITLES else "colour-different"
    made = await page(
        Blamed(subject),
        BRIEFS["en"].format(product="Linen Shirt", theme=THEME_TITLES[subject].text),
    )

    class At:
        evidence = made.evidence

    assert find_unanswered_doubts(made.parts, At()) == []  # type: ignore[arg-type]
    silent = description(made).with_text("A shirt for every day.")
    bare = silent.model_copy(update={"body": silent.body.model_copy(update={"facts": ()})})
    assert len(find_unanswered_doubts([bare], At())) == 2  # type: ignore[arg-type]
