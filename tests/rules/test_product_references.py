"""What a brief names …"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest

from bot.agent.context import SkillContext
from bot.core.channels import load_channels
from bot.core.parts import split_output
from bot.core.request import Question
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.product import Product
from bot.grounding.sources import find_stated_facts
from bot.rules.writers.offline import Offline
from bot.tasks.intake import IncomingRequest, IntakeResult, understand_request
from handlers import draft
from tests.rules.writers.catalogues import BRAND, products
from tests.support.sample_tables import TODAY


def made(title: str, type: str = "", **more: object) -> Product:
    handle = title.lower().replace(" ", "-")
    told = {
        "handle": handle,
        "title": title,
        "type": type or None,
        "price": Decimal(9),
        "currency": "GBP",
        "source": "shop.csv",
        "as_of": date(2026, 11, 20),
    }
    return Product.model_validate(told | more)


GARDEN = (
    made("Gardening hand trowel", "Outdoor", materials=("metal",)),
    made("Yellow watering can", "Outdoor"),
    made("Wooden Fence", "Outdoor", stock=4),
    made("Cream Sofa", "Indoor"),
    made("Grey Sofa", "Indoor"),
    made("Black leather chair", "Indoor", materials=("leather",)),
    made("Brown leather stool", "Indoor", materials=("leather",)),
)
WEAR = (
    made("Dark Denim Top", materials=("denim",)),
    made("Striped Skirt and Top", materials=("cotton",)),
    made("Silk Summer Top", materials=("silk",)),
)


async def drafted(
    words: str, of: Sequence[Product] | None = None, **more: object
) -> Question | str:
    """The whole text; or the question, as the intake or the skill asks it."""

    async def nothing(_: object) -> None:
        return None

    library, asked = (
        CatalogueLibrary(lambda: products() if of is None else of),
        IncomingRequest(words=words, author="ana"),
    )
    asked = asked.model_copy(update=more)
    taken = await understand_request(asked, brand=BRAND, library=library, writer=None, today=TODAY)
    if isinstance(taken, Question):
        return taken
    request = taken.requests[0]
    desk = SkillContext(
        request,
        brand=BRAND,
        channel=load_channels()[request.channel or ""],
        library=library,
        writer=Offline(lambda: datetime(2026, 11, 24)),
        receipt=nothing,
        stated=find_stated_facts(words, "ana", TODAY),
        today=TODAY,
    )
    written = await draft.handle(request, desk)
    if isinstance(written, Question):
        return written
    parts, hooks = split_output(written)
    return "\n".join([*(part.text for part in parts), *(hook.text for hook in hooks)])


async def meant(words: str, of: Sequence[Product]) -> IntakeResult:
    async def nothing(_: object) -> None:
        return None

    taken = await understand_request(
        IncomingRequest(words=words, author="ana"),
        brand=BRAND,
        library=CatalogueLibrary(lambda: of),
        writer=None,
        today=TODAY,
    )
    assert isinstance(taken, IntakeResult)
    return taken


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("SMS : le plaid zinzin est arrivé", "Plaid Nuée en mohair et laine"),
        ("sms: the Zinzin throw is here", "Plaid Nuée en mohair et laine"),
        ("e-mail : le tablier Kerven", "Tablier Fournil en lin épais"),
        ("an e-mail for the Kerven apron", "Tablier Fournil en lin épais"),
        ("fiche produit du pull Zinzin", "Pull Ronan en laine mérinos"),
        ("e-mail: Rhubarb candle as a thank-you gift", "Bougie parfumée Feu de pin"),
        ("e-mail : le pull Tornade est enfin là", "Pull Ronan en laine mérinos"),
    ],
)
async def test_by_a_name_that_nothing_has_is_asked_about(words: str, near: str) -> None:
    found = await drafted(words)
    assert isinstance(found, Question)
    assert near in found.options
    assert "«\u00a0" in found.words.to("fr")
    assert "est enfin" not in found.words.to("fr")


async def test_and_is_picked_from_what_was_asked_is_written_about() -> None:
    words, answer = "SMS : le plaid zinzin est arrivé", "Plaid Nuée en mohair et laine"
    text = await drafted(words, answers={"answer 1": answer})
    assert isinstance(text, str)
    assert "plaid Nuée" in text
    assert "zinzin" not in text


@pytest.mark.parametrize(
    ("words", "product"),
    [
        ("newsletter : le plaid Ormelin", "lit-nuee"),  # the house's own name
        ("sms : le plaid est là", "lit-nuee"),
        ("e-mail: the Kerven jumper", "mai-kerven"),
        ("e-mail : le pull Ronan, à sécher à plat", "mai-ronan"),
        ("e-mail : notre beau pull Ronan", "mai-ronan"),
        ("e-mail: Fig candle as a thank-you gift for teachers", "bou-figuier"),
        ("e-mail: glassware for people who have just bought plates", "vai-onde"),
        ("sms: the Ronan jumper, in time for Christmas", "mai-ronan"),
    ],
)
async def test_surely_is_not(words: str, product: str) -> None:
    brief = (await meant(words, products())).brief
    assert (brief.product, brief.others) == (product, ())


@pytest.mark.parametrize(
    ("words", "some"),
    [
        ("e-mail : le jardin, tout à -10 %", {"gardening-hand-trowel", "yellow-watering-can"}),
        ("email: garden sale, 10% off everything for the garden", {"wooden-fence"}),
        ("e-mail: everything in leather, 15% off", {"black-leather-chair", "brown-leather-stool"}),
    ],
)
async def test_by_a_category_alone_is_its_products(words: str, some: set[str]) -> None:
    brief = (await meant(words, GARDEN)).brief
    named = {brief.product, *brief.others}
    assert some <= named
    assert not any("sofa" in str(one) for one in named)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("e-mail : linge de lit, idées cadeaux pour Noël", "Linge de lit"),
        ("sms: free delivery this weekend on the bedding", "Linge de lit"),
        ("e-mail : la vaisselle à -20 % ce week-end", "Arts de la table"),
        ("e-mail: knitwear for our loyal customers", "Mailles"),
    ],
)
async def test_by_a_category_in_either_language_is_what_can_be_bought_of_it(
    words: str, kind: str
) -> None:
    brief = (await meant(words, products())).brief
    by_handle = {one.handle: one for one in products()}
    named = [by_handle[one] for one in (brief.product, *brief.others) if one]
    assert len(named) > 1
    assert {one.type for one in named} == {kind}
    assert all(one.stock for one in named)


async def test_by_two_of_its_words_is_no_other_thing() -> None:
    brief = (await meant("e-mail: the denim top, to students, 10% off until Friday", WEAR)).brief
    assert (brief.product, brief.others) == ("dark-denim-top", ())


@pytest.mark.parametrize(
    "words",
    [
        "Product page to be rewritten, as in the variant that won",
        "fiche produit de la lampe Zoulou",
        "e-mail: decorations for gift shops",
        "e-mail : idées cadeaux pour les enfants de 3 ans",
        "SMS : séchez à plat",
    ],
)
async def test_and_nothing_has_is_asked_about_with_some_that_are_sold(words: str) -> None:
    found = await drafted(words)
    assert isinstance(found, Question)
    titles = {one.title for one in products()}
    assert found.options
    assert {*found.options} <= titles


@pytest.mark.parametrize(
    "words",
    [
        "E-mail aux clients qui s'éloignent : les faire revenir",
        "E-mail à nos clients fidèles : les nouveautés",
        "e-mail to loyal customers: what's new this month",
    ],
)
async def test_only_by_whom_it_is_for_is_asked_about_with_some_that_are_sold(words: str) -> None:
    found = await drafted(words)
    assert isinstance(found, Question)
    assert len(found.options) == 3


async def test_without_a_catalogue_is_written_about_as_it_is_called() -> None:
    text = await drafted("e-mail: our lava lamp is back", of=())
    assert isinstance(text, str)
    assert "lava lamp" in text


@pytest.mark.parametrize(
    "words",
    [
        "reply to a customer who asks whether the Alba shirt shrinks",
        "Réponse à une cliente qui trouve que le pull Maud taille petit",
        "Annonce Google pour le pull Ronan",
        "a banner for the Alba shirt",
    ],
)
async def test_for_what_cannot_be_written_yet_is_asked_about(words: str) -> None:
    found = await drafted(words)
    assert isinstance(found, Question)
    assert found.options == tuple(channel.title for channel in load_channels().values())


async def test_by_a_room_is_what_is_for_it() -> None:
    shop = (
        *GARDEN,
        made("Copper Light", "Indoor", tags=("Bedroom",)),
        made("Bedside Table", "Indoor", tags=("Bedroom",)),
    )
    text = await drafted("e-mail : tout pour la chambre, livraison offerte dès 50 £", of=shop)
    assert isinstance(text, str)
    assert "la sélection chambre" in text
    assert "sofa" not in text.lower()


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ("sms: everything for plants, 10% off until Sunday", "the plant selection"),
        ("sms : tout pour les plantes, -10 % jusqu'à dimanche", "la sélection plantes"),
    ],
)
async def test_by_what_things_are_for_is_a_selection_of_them(words: str, called: str) -> None:
    shop = (
        *GARDEN,
        made("Clay Pot", "Outdoor", tags=("Plants",)),
        made("Long Trowel", "Outdoor", tags=("Plants",)),
    )
    text = await drafted(words, of=shop)
    assert isinstance(text, str)
    assert called in text
    assert "sofa" not in text.lower()
