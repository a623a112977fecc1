"""Several products in one wish …"""

from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.agent.context import SkillContext
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.parts import Hook, Part, split_output
from bot.core.request import Question, SkillRequest
from bot.data.catalogue.library import CatalogueLibrary
from bot.grounding.copy_checks import check_draft
from bot.grounding.sources import find_stated_facts
from bot.rules.writers.draft import ask_product
from bot.rules.writers.offline import Offline
from bot.tasks.intake import IncomingRequest, IntakeResult, understand_request
from handlers import draft
from tests.rules.writers.catalogues import BRAND, products
from tests.support.sample_tables import TODAY


async def taken(words: str) -> IntakeResult:
    async def nothing(_: object) -> None:
        return None

    found = await understand_request(
        IncomingRequest(words=words, author="ana"), brand=BRAND, library=CatalogueLibrary(products),
        writer=None, today=TODAY,
    )  # fmt: skip
    assert isinstance(found, IntakeResult)
    return found


@pytest.mark.parametrize(
    ("words", "first", "others"),
    [
        ("e-mail : la chemise Alba et la robe Solène", "lin-alba", ["lin-solene"]),
        ("email: the Alba shirt and the Solène dress, 10% off", "lin-alba", ["lin-solene"]),
        ("sms : le plaid Nuée, les bols Tamis et la théière Averse", "lit-nuee",
         ["vai-bols", "vai-theiere"]),
        ("un mail pour la nappe Grand Jour et les serviettes Grand Jour", "tab-nappe",
         ["tab-serviettes"]),
        ("mail for our regulars: Gaspard and Iris", "lin-gaspard", ["lin-iris"]),
        ("newsletter: all our plates", "vai-tamis", ["vai-creuses"]),
        ("e-mail: the apron and the bread board", "cui-tablier", ["cui-planche"]),
        ("e-mail: the Marceau shirt and the gaspard jacket", "lin-marceau", ["lin-gaspard"]),
        ("newsletter : le peignoir buée et le plaid ormelin", "bai-buee", ["lit-nuee"]),
    ],
)  # fmt: skip
async def test_give_one_draft_about_them_all_and_each_other_on_a_tap(
    words: str, first: str, others: list[str]
) -> None:
    brief = (await taken(words)).brief
    assert brief.product == first
    assert brief.others == tuple(others)
    assert [o.value for o in brief.options if o.field == "product"] == others
    (said,) = [a for a in brief.assumed if a.field == "product"]
    assert "this draft is about" in said.words.to("en")
    assert said.words.to("fr") != said.words.to("en")


@pytest.mark.parametrize(
    ("words", "product"),
    [
        ("e-mail: la chemise Alba", "lin-alba"),
        ("un mail : la housse de couette Brume, en blanc et gris", "lit-brume"),
        ("un mail pour le plaid Nuée en mohair et laine", "lit-nuee"),
        ("e-mail : la chemise Alba, -20 % et livraison offerte", "lin-alba"),
        ("mail: all the glasses are 15% off this weekend", "vai-onde"),
        ("e-mail: the Verger bowl for loyal customers", "vai-verger"),
    ],
)
async def test_are_not_seen_where_there_is_one(words: str, product: str) -> None:
    brief = (await taken(words)).brief
    assert brief.product == product
    assert not [a for a in brief.assumed if "this draft is about" in a.words.to("en")]


@pytest.mark.parametrize(
    ("words", "called", "some"),
    [
        ("email: our candles at -15 %", "candles", {"Bougie parfumée Feu de pin"}),
        ("un mail : les bougies", "bougies", {"Bougie parfumée Feu de pin"}),
        ("sms : la gamme lin", "gamme lin", {"Robe Solène en lin"}),
        ("email: our linen summer range is here", "linen summer range", {"Robe Solène en lin"}),
        (
            "e-mail: all the towels, for families",
            "towels",
            {"Serviette Alvéole en nid d'abeille de lin"},
        ),
        (
            "e-mail : toutes les serviettes",
            "serviettes",
            {"Serviettes de toilette Rive en éponge (lot de 2)"},
        ),
        (
            "mail : nos serviettes sont là",
            "serviettes",
            {"Serviettes de toilette Rive en éponge (lot de 2)"},
        ),
        (
            "sms : les plaids et les pulls, -20 %",
            "plaids et pulls",
            {"Pull Ronan en laine mérinos"},
        ),
    ],
)
async def test_are_a_range_where_it_is_named(words: str, called: str, some: set[str]) -> None:
    brief = (await taken(words)).brief
    assert brief.range_words == called
    assert some <= {one.title for one in products() if one.handle in (brief.product, *brief.others)}


@pytest.mark.parametrize(
    "words",
    [
        "sms : les verres Onde",
        "e-mail : les bols Tamis",
        "un mail : la bougie Feu de pin",
        "invitation : soirée bougies vendredi 18h en boutique",
    ],
)
async def test_are_no_range_where_one_is_named_in_the_plural(words: str) -> None:
    assert (await taken(words)).brief.others == ()


def desk_of(request: SkillRequest, words: str) -> SkillContext:
    async def nothing(_: object) -> None:
        return None

    return SkillContext(
        request, brand=BRAND, channel=load_channels()[request.channel or ""],
        library=CatalogueLibrary(products), writer=Offline(lambda: datetime(2026, 11, 24)),
        receipt=nothing, stated=find_stated_facts(words, "ana", TODAY), today=TODAY,
    )  # fmt: skip


async def drafted(words: str) -> tuple[Sequence[Part], Sequence[Hook], SkillContext]:
    (request,) = (await taken(words)).requests
    desk = desk_of(request, words)
    written = await draft.handle(request, desk)
    assert not isinstance(written, Question)
    return *split_output(written), desk


def held(parts: Sequence[Part], hooks: Sequence[Hook], desk: SkillContext) -> tuple[Check, ...]:
    return check_draft(parts, hooks, desk.evidence, request=desk.request, brand=BRAND,
                 channel=desk.channel, today=TODAY)  # fmt: skip


BRIEFS = [
    ("e-mail : la chemise Alba et la robe Solène", ("Alba", "Solène")),
    ("email: the Alba shirt and the Solène dress, for loyal customers", ("Alba", "Solène")),
    ("sms : le plaid Nuée, les bols Tamis et la théière Averse", ("Nuée", "Tamis", "Averse")),
    ("email: our candles at -15 %", ("Linge au soleil", "Feu de pin")),
    ("sms : les bougies à -15 % jusqu'à dimanche", ("Linge au soleil", "jusqu'à dimanche")),
    ("fiche produit : la gamme lin", ("Solène", "Esther")),
    ("un mail : les bougies sont là, idée cadeau", ("Linge au soleil", "arrivent")),
]


@pytest.mark.parametrize(("words", "said"), BRIEFS)
async def test_are_told_together_with_nothing_unproven(words: str, said: tuple[str, ...]) -> None:
    parts, hooks, desk = await drafted(words)
    text = "\n".join(part.text for part in parts)
    assert all(one in text for one in said)
    assert len(hooks) == 2
    assert not [check.words for check in held(parts, hooks, desk) if check.level == "block"]


async def test_have_each_a_price_of_its_own_that_another_may_not_bear() -> None:
    parts, hooks, desk = await drafted("e-mail : la chemise Alba et la robe Solène")
    (body,) = (part for part in parts if part.key == "body")
    swapped = body.text.replace("79", "##").replace("125", "79").replace("##", "125")
    assert swapped != body.text
    wrong = [part if part is not body else part.with_text(swapped)
             for part in parts]  # fmt: skip
    found = [check for check in held(wrong, hooks, desk) if check.rule == "owner"]
    assert {check.quote for check in found} >= {"79\u00a0€", "125\u00a0€"}
    assert all(check.level == "block" for check in found)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sms : le plaid Nuée est de retour, -10 % jusqu'à dimanche", "De nouveau en stock"),
        ("sms: the Alba shirt is back, 10% off until Sunday", "back"),
        ("un SMS pour annoncer le retour du plaid en mohair", "de retour"),
    ],
)
async def test_that_are_one_say_in_an_sms_that_it_is_back(words: str, said: str) -> None:
    parts, hooks, desk = await drafted(words)
    assert said.lower() in parts[0].text.lower()
    if "plaid" in words:  # of which there is none in stock
        (stock,) = [check for check in held(parts, hooks, desk) if check.rule == "stock"]
        assert stock.level == "block"


async def test_that_are_one_open_an_email_with_its_own_fact() -> None:
    for words in ("email the Alba shirt for loyal customers", "email the Alba shirt for lapsed"):
        parts, _, desk = await drafted(words)
        opening = next(part for part in parts if part.key == "body").text.split("\n\n")[0]
        general = [str(fact.value) for fact in desk.evidence.of("material")]
        assert general
        assert not any(one.rstrip(".") in opening for one in general)


async def test_have_no_space_before_a_colon_in_english() -> None:
    parts, _, _ = await drafted("sms: our candles at -15 %")
    assert "the candles:" in parts[0].text.replace("our", "the")


async def test_whose_tone_rules_cannot_change_say_so() -> None:
    brief = (await taken("email: the Alba shirt, formal tone")).brief
    assert [one.words.text for one in brief.assumed if one.field == "tone"]
    assert not [one for one in (await taken("email: the Alba shirt")).brief.assumed
                if one.field == "tone"]  # fmt: skip


async def test_that_may_be_meant_are_asked_about_and_can_all_be_named() -> None:
    (request,) = (await taken("e-mail: back in stock, the Alba shirt")).requests
    unsure = request.brief.model_copy(update={"product": None, "product_words": "linen"})
    question = await ask_product(
        request.model_copy(update={"brief": unsure}), desk_of(request, request.brief.words)
    )
    assert question
    assert len(question.options) == 3
    asked = question.words.to("en")
    assert "one product at a time" not in asked
    assert "name each" in asked
    first, second, _ = question.options
    assert (await taken(f"e-mail : {first} et {second}")).brief.others


async def test_whose_model_numbers_are_names_and_no_figures_of_another() -> None:
    parts, hooks, desk = await drafted("e-mail : la chemise Alba et la robe Solène")
    facts = tuple(
        fact.model_copy(update={"value": f"{fact.value} R1151"})
        if fact.id == "product.lin-solene.name" else fact
        for fact in desk.evidence.facts
    )  # fmt: skip
    assert facts != desk.evidence.facts
    desk.evidence = desk.evidence.model_copy(update={"facts": facts})
    for said in (
        "Chemise Alba en lin lavé et R1151",
        "Chemise Alba en lin lavé, Robe Solène R1151",
    ):
        told = [part.with_text(said) if part.key == "body" else part for part in parts]
        assert not [check for check in held(told, hooks, desk) if check.rule == "owner"]


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("sms: the Zinzin bag and the Ancre candlestick", ["Zinzin bag"]),
        ("sms: the Marais bag and the Ancre candlestick", ["Marais bag"]),
        ("sms: the marais bag and the ancre candlestick", ["marais bag"]),
        ("e-mail: the apron and the monstera", ["monstera"]),
        ("email new arrivals: the Averse teapot and cups", []),
        ("mail : la nappe Grand Jour, les torchons et le tablier Fournil", []),
        ("e-mail : la robe Solène, la chemise Alba et le sac Zinzin", ["sac Zinzin"]),
        ("e-mail : la chemise Alba et la robe Solène", []),
        ("email: the Alba shirt and a gift", []),
        ("un mail pour le plaid Nuée en mohair et laine", []),
    ],
)
async def test_that_the_catalogue_has_not_are_said_to_be_left_out(
    words: str, missing: list[str]
) -> None:
    said = [one for one in (await taken(words)).brief.assumed if one.field == "left out"]
    assert [one.value for one in said] == missing
    assert all("not in the catalogue" in one.words.to("en") for one in said)


@pytest.mark.parametrize(
    "words",
    [
        "invitation à la soirée bougies jeudi 3 décembre à 18 h en boutique, sur inscription",
        "an e-mail: candle evening on Thursday",
        "mail anniversaire du magasin samedi 5 décembre, 10 h - 19 h, boutique du Marais",
    ],
)
async def test_are_not_sold_where_one_is_invited_to_an_evening(words: str) -> None:
    brief = (await taken(words)).brief
    assert brief.product is None
    assert brief.others == ()


async def test_of_one_name_are_told_apart_by_what_they_are() -> None:
    parts, hooks, _ = await drafted("newsletter: all our plates")
    said = [*(part.text for part in parts), *(hook.text for hook in hooks)]
    assert not [text for text in said if "Tamis and Tamis" in text]
