"""Standard texts without an AI."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from bot.agent.pipeline import DraftResult, run_skill
from bot.config.brand import UNNAMED, Brand, RequiredMention
from bot.core.channels import count_sms_segments, load_channels, measure_text
from bot.core.checks import select_blocking
from bot.core.facts import Evidence
from bot.core.request import Brief, KeptPassage, SkillRequest
from bot.core.writer import LlmCall
from bot.data.catalogue.library import CatalogueLibrary
from bot.data.catalogue.product import Product, build_product_facts
from bot.data.catalogue.reader import read_catalogue
from bot.drafts.recipients import describe_unused
from bot.errors import CannotDo
from bot.grounding.style import CLICHE_PATTERN
from bot.i18n.messages import LANGUAGES, Language
from bot.i18n.typography import is_gsm7
from bot.offline import OfflineWriter
from bot.offline.drafts import TemplateWriter, list_notices
from bot.offline.template_values import load_templates
from tests.support.channel_outputs import OUTPUTS
from tests.support.paths import DATA as REAL
from tests.support.sample_tables import TODAY, made

BRAND = Brand(name="Maison Ormelin", sender="Ormelin", languages=("fr", "en"))
REAL_FILES = ("shopify_apparel.csv", "shopify_home-and-garden.csv", "amazon_toys_863.csv")
SHARED = 0.5  # of the word triples of the shorter text

JACKET = Product(
    handle="rain-jacket",
    title="Moss rain jacket",
    description="Taped seams and a drop tail. True to size over a jumper. BEST JACKET EVER! "
    "The best of all jackets. Discover the moss jacket today. Reflective piping at the cuffs.",
    price=Decimal(129),
    currency="GBP",
    sizes=("S", "M", "L"),
    colours=("charcoal",),
    source="shop.csv, line 2",
    as_of=TODAY,
)


@cache
def products(name: str = "") -> Sequence[Product]:
    """Those of the sample shop, or 40 of a real file."""
    path = REAL / name if name else made() / "products.csv"
    found = read_catalogue(path, as_of=date(2026, 11, 25) if name else TODAY).products
    return found[:: max(1, len(found) // 40)][:40] if name else found


def write(
    product: Product | None,
    channel: str = "email",
    language: Language = "en",
    brand: Brand = BRAND,
    *,
    reason: str | None = None,
    kept: tuple[KeptPassage, ...] = (),
    **fields: Any,
) -> Mapping[str, str]:
    """The parts of a text by their keys; the texts of a list are joined."""
    brief = Brief(
        words="-",
        author="ana",
        language=language,
        product=product.handle if product else None,
        product_words=product.title if product else None,
        **fields,
    )
    request = SkillRequest(skill="draft", channel=channel, brief=brief, reason=reason, kept=kept)
    facts = build_product_facts(product) if product else ()
    writer = TemplateWriter(request, brand, load_channels()[channel], Evidence(facts=facts))
    output = OUTPUTS[channel].model_validate(writer.write(OUTPUTS[channel]))
    parts: dict[str, str] = {}
    for key, value in output:
        texts = value if isinstance(value, list) else [value]
        parts[key] = "\n".join(one.text for one in texts)
    return parts


def run_draft(
    product: Product, channel: str, language: Language, *, brand: Brand = BRAND, **fields: Any
) -> DraftResult:
    """The draft with its checks, as the pipeline makes it."""

    async def ignore(_: LlmCall) -> None:
        """Nothing is sent."""

    brief = Brief(
        words="-",
        author="ana",
        language=language,
        product=product.handle,
        product_words=product.title,
        channels=(channel,),
        **fields,
    )
    made = asyncio.run(
        run_skill(
            SkillRequest(skill="draft", channel=channel, brief=brief),
            brand=brand,
            library=CatalogueLibrary(lambda: [product]),
            writer=OfflineWriter(),
            receipt=ignore,
            code="si-test",
            today=TODAY,
        )
    )
    assert isinstance(made, DraftResult)
    return made


def count_triples(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


# Templates.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", load_channels())
def test_every_channel_has_a_template_for_each_of_its_parts(
    channel: str, language: Language
) -> None:
    templates = load_templates(language)["channels"][channel]
    assert set(load_channels()[channel].parts) <= set(templates)


def test_languages_have_the_same_templates() -> None:
    english, french = (load_templates(language) for language in ("en", "fr"))
    for table in ("channels", "notice_channels", "openings", "notices", "values"):
        assert english[table].keys() == french[table].keys(), table
    for key, notice in english["notices"].items():
        assert notice.keys() == french["notices"][key].keys()


# Texts about a product.


@pytest.mark.parametrize("channel", OUTPUTS)
def test_nothing_blocks_a_text_of_the_sample_shop(channel: str) -> None:
    for product in products()[::4]:
        draft = run_draft(product, channel, "fr")
        assert select_blocking(draft.checks) == [], product.title
        assert all(draft.evidence.get(id) for part in draft.parts for id in part.facts)


@pytest.mark.parametrize("channel", OUTPUTS)
def test_forms_are_complete_and_within_their_limits(channel: str) -> None:
    for product in products():
        parts = write(product, channel, "fr", offer="-20 %", dates="jusqu'à dimanche")
        for key, limit in load_channels()[channel].parts.items():
            assert parts[key].strip(), (product.title, key)
            texts = parts[key].split("\n") if limit.items else [parts[key]]
            assert all(measure_text(one, limit) <= limit.most for one in texts), (product, key)
            assert not limit.items or limit.items[0] <= len(texts) <= limit.items[1]
        whole = "\n".join(parts.values())
        assert not re.search(r"\{\w+\}", whole)
        assert not CLICHE_PATTERN.search(whole)


def test_an_address_that_must_be_said_stands_in_the_text() -> None:
    """Nothing goes to an AI, so nothing is replaced by a placeholder."""
    draft = run_draft(JACKET, "email", "en", must_say=("write to marie.dupont@gmail.com",))
    assert "marie.dupont@gmail.com" in "\n".join(part.text for part in draft.parts)


def test_sms_names_sender_and_how_to_stop_in_gsm7() -> None:
    for product in products():
        text = write(product, "sms", "fr")["text"]
        assert text.startswith("Ormelin : ")
        assert "STOP" in text
        assert is_gsm7(text)
        assert count_sms_segments(text) <= 2


def test_product_link_stands_in_an_sms_before_a_catalogue_sentence() -> None:
    link, told = "https://maison-ormelin.example/p/moss-rain-jacket", "Taped seams and a drop tail."
    product = JACKET.model_copy(update={"link": link, "description": told})
    brand = BRAND.model_copy(update={"site": "https://maison-ormelin.example"})
    text = write(product, "sms", brand=brand)["text"]
    assert link in text
    assert told not in text
    assert count_sms_segments(text) == 1


def test_hashtag_has_no_mark_of_possession() -> None:
    assert "#MothersDay" in write(JACKET, "instagram", occasion="fete_des_meres")["hashtags"]


def test_brand_without_a_name_is_marked() -> None:
    unnamed = run_draft(JACKET, "email", "en", brand=BRAND.model_copy(update={"name": UNNAMED}))
    assert [one.rule for one in unnamed.checks].count("sender") == 1
    assert not [one for one in run_draft(JACKET, "email", "en").checks if one.rule == "sender"]


def test_catalogue_sentences_stand_word_for_word() -> None:
    for product in products():
        description = " ".join((product.description or "").replace("\u00a0", " ").split())
        body = write(product, "product_page", "fr")["description"].split("\n\n")[0]
        for sentence in re.split(r"(?<=[.!?])\s+", body.replace("\u00a0", " ")):
            assert sentence in description, product.title


def test_praise_shouting_and_cliches_of_the_catalogue_are_left_out() -> None:
    page = write(JACKET, "product_page")["description"]
    assert page == (
        "Taped seams and a drop tail. Reflective piping at the cuffs.\n\n"
        "True to size over a jumper.\n\nComes in S, M, L.\n\nColour: charcoal."
    )


def test_figures_are_those_of_the_catalogue() -> None:
    for product in products():
        text = write(product, "email", "fr")["body"]
        known = f"{product.title} {product.description} {product.price:g} {product.sizes}"
        assert set(re.findall(r"\d+", text)) <= set(re.findall(r"\d+", known)), product.title


def test_price_without_currency_is_not_told() -> None:
    assert "129" in write(JACKET)["body"]
    assert "129" not in write(JACKET.model_copy(update={"currency": None}))["body"]


def test_price_beside_a_reduction_is_not_told() -> None:
    body = write(JACKET, offer="20% off with code RAIN", dates="until Sunday")["body"]
    assert "20% off with code RAIN, until Sunday" in body
    assert "129" not in body


def test_inferred_colour_is_not_told() -> None:
    cheese = JACKET.model_copy(
        update={"description": "Baked with a dash of white wine.", "colours": ("white",)}
    )
    assert "Colour" not in write(cheese, "product_page")["description"]


@pytest.mark.parametrize(
    ("goal", "words"), [("back in stock", "Back in stock"), ("launch", "New"), ("inform", "Moss")]
)
def test_news_opens_the_subject_and_the_body(goal: str, words: str) -> None:
    parts = write(JACKET, goal=goal)
    assert parts["subject"].startswith(words)
    assert parts["body"].startswith(words)


def test_offer_occasion_and_days_are_told() -> None:
    parts = write(
        JACKET, occasion="noel", offer="free delivery", dates="until 20 December", goal="inform"
    )
    assert "Christmas" in parts["subject"]
    assert "free delivery" in parts["body"]
    assert "until 20 December" in parts["body"]


@pytest.mark.parametrize("channel", ["email", "sms", "push", "instagram", "google_ad", "meta_ad"])
def test_offer_is_told_with_its_last_day(channel: str) -> None:
    text = "\n".join(write(JACKET, channel, offer="20% off", dates="until Sunday").values())
    assert "20% off, until Sunday" in text


@pytest.mark.parametrize(
    ("offer", "told"),
    [
        ("-20 % sur les vestes Mousse", "-20 %"),
        ("-20 % sur les vestes", "-20 % sur les vestes"),
        ("-20 % sur le prix de la veste Mousse", "-20 % sur le prix de la veste Mousse"),
        ("livraison offerte avec le code PLUIE", "livraison offerte avec le code PLUIE"),
    ],
)
def test_offer_keeps_what_it_is_on_unless_that_is_the_product(offer: str, told: str) -> None:
    jacket = JACKET.model_copy(update={"title": "Veste Mousse imperméable"})
    body = write(jacket, "meta_ad", "fr", offer=offer, occasion="noel")["primary_text"]
    assert f"Offre : {told}." in body.replace("\u00a0", " ")


def test_short_headline_names_the_product() -> None:
    shirt = JACKET.model_copy(update={"title": "Housse de couette Brume en lin lavé"})
    headlines = write(shirt, "google_ad", "fr")["headlines"].split("\n")
    assert headlines[0] == "Housse de couette Brume"


def test_sentence_that_the_law_forbids_is_left_out() -> None:
    soap = JACKET.model_copy(update={"description": "Saponifié à froid. Soigne l'eczéma."})
    assert write(soap, "product_page", "fr")["description"].startswith("Saponifié à froid.\n")


def test_product_without_a_description_has_its_name() -> None:
    bare = {"title": "INNER TUBE 48", "description": None, "sizes": (), "colours": ()}
    page = write(JACKET.model_copy(update=bare), "product_page")
    assert (page["title"], page["description"]) == ("Inner Tube 48", "Inner Tube 48.")


def test_sales_are_named_only_with_an_offer() -> None:
    assert "winter sales" not in write(JACKET, occasion="soldes_hiver")["body"]
    named = write(JACKET, occasion="soldes_hiver", offer="-20%")["body"]
    assert "Winter sales" in named


def test_what_must_be_said_and_mentions_stand_in_the_text() -> None:
    brand = BRAND.model_copy(update={"mentions": (RequiredMention(text="Made in Lyon"),)})
    for channel in OUTPUTS:
        text = "\n".join(write(JACKET, channel, "en", brand, must_say=("open on Sunday",)).values())
        assert "Made in Lyon" in text
        assert "Open on Sunday." in text


def test_brand_is_not_said_what_it_avoids() -> None:
    brand = BRAND.model_copy(update={"avoid": ("piping",)})
    assert "piping" not in write(JACKET, "product_page", "en", brand)["description"]


def test_tu_follows_the_brand() -> None:
    brand = BRAND.model_copy(update={"address": "tu"})
    formal = write(None, "email", "fr", notice="late_parcel")["body"]
    familiar = write(None, "email", "fr", brand, notice="late_parcel")["body"]
    assert "Votre" in formal
    assert "Ton" in familiar
    assert not re.search(r"\b(?:vous|votre)\b", familiar, re.IGNORECASE)


def test_sentence_in_the_other_form_of_address_is_left_out() -> None:
    apron = JACKET.model_copy(
        update={"description": "Lavez-le à froid avant de le porter. Une poche large sur le côté."}
    )
    assert "Lavez" in write(apron, "product_page", "fr")["description"]
    brand = BRAND.model_copy(update={"address": "tu"})
    assert "Lavez" not in write(apron, "product_page", "fr", brand)["description"]


def test_french_is_spaced() -> None:
    for product in products()[::3]:
        for text in write(product, "email", "fr", offer="-20 %").values():
            assert not re.search(r"[^\u00a0\s][;!?](?:\s|$)| [;!?%€]", text), text


def test_sentence_of_the_title_is_not_said_again_in_a_push() -> None:
    parts = write(JACKET, "push")
    assert "Taped seams" in parts["title"]
    assert "Taped seams" not in parts["body"]


def test_exclamation_marks_of_a_name_are_left_out() -> None:
    loud = JACKET.model_copy(update={"title": "Veste Mousse NOUVEAU !!"})
    body = write(loud, "email", "fr")["body"]
    assert body.startswith("Veste Mousse NOUVEAU.")


@pytest.mark.parametrize("fields", [{}, {"goal": "launch"}, {"offer": "-10%"}])
def test_text_that_sells_what_is_sold_out_is_marked(fields: dict[str, Any]) -> None:
    for stock in (0, 5, None):
        made = run_draft(JACKET.model_copy(update={"stock": stock}), "push", "en", **fields)
        marked = [check.level for check in made.checks if check.rule == "stock"]
        assert marked == (["warn"] if stock == 0 else [])


def test_hooks_open_otherwise_or_there_are_none() -> None:
    for product in products()[::3]:
        parts = write(product, "email", "fr", goal="back in stock")
        hooks = parts["hooks"].split("\n") if parts["hooks"] else []
        assert len(hooks) in (0, 2)
        assert len({parts["subject"], *hooks}) == 1 + len(hooks)


@pytest.mark.parametrize("channel", OUTPUTS)
@pytest.mark.parametrize("name", ["", *REAL_FILES])
def test_neighbouring_products_have_different_texts(name: str, channel: str) -> None:
    if name and not (REAL / name).exists():
        pytest.skip("the real files are not here")
    language: Language = "en" if name else "fr"
    some = [p for p in products(name) if len(p.description or "") > 80]
    texts = {p.handle: count_triples("\n".join(write(p, channel, language).values())) for p in some}
    # An ad of a few lines is the product's name and the template's words around it.
    shared = 0.99 if channel.endswith("_ad") else SHARED
    alike = [
        (one.title, other.title)
        for one, other in combinations(some, 2)
        if len(texts[one.handle] & texts[other.handle])
        > shared * min(len(texts[one.handle]), len(texts[other.handle]))
    ]
    assert len(alike) <= 0.02 * len(some) * len(some), alike[:5]


# Revisions.


def test_shorter_is_shorter_and_longer_is_longer() -> None:
    product = products()[0]
    lengths = [
        len(write(product, "email", "fr", reason=reason)["body"])
        for reason in ("Plus court", None, "Plus sur le produit")
    ]
    assert lengths[0] < lengths[1] <= lengths[2]


def test_other_angle_opens_otherwise() -> None:
    first = write(JACKET, goal="launch")["subject"]
    assert write(JACKET, goal="launch", reason="Another angle")["subject"] != first


def test_what_a_person_wrote_is_kept() -> None:
    kept = (
        KeptPassage(part="subject", text="Rain again?"),
        KeptPassage(part="body", text="We wear it ourselves."),
    )
    parts = write(JACKET, reason="shorter", kept=kept)
    assert parts["subject"] == "Rain again?"
    assert "We wear it ourselves." in parts["body"]


# Ready texts.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", list_notices())
def test_notice_goes_out_as_an_email_and_an_sms(notice: str, language: Language) -> None:
    for product in (None, JACKET):
        email = write(product, "email", language, notice=notice)
        limits = load_channels()["email"].parts
        for key in limits:
            assert email[key].strip()
            assert measure_text(email[key], limits[key]) <= limits[key].most, (key, email[key])
        text = write(product, "sms", language, notice=notice)["text"]
        assert text.startswith("Ormelin")
        assert "STOP" in text
        assert is_gsm7(text)
        assert count_sms_segments(text) <= 2


def test_sold_out_agrees_with_any_name() -> None:
    for text in write(JACKET, "email", "fr", notice="sold_out").values():
        assert "épuisé" not in text.lower()


def test_notice_for_another_channel_is_refused() -> None:
    with pytest.raises(CannotDo):
        write(None, "product_page", notice="late_parcel")


# Texts without a product, several products, one's own text.


def test_offer_alone_is_a_text() -> None:
    parts = write(None, offer="free delivery from £60", dates="until 20 December")
    assert parts["subject"] == "Free delivery from £60"
    assert parts["body"].startswith("Free delivery from £60, until 20 December.")


def test_several_products_have_a_paragraph_each() -> None:
    other = JACKET.model_copy(
        update={"handle": "bell", "title": "Brass bell", "price": Decimal(18)}
    )
    brief = Brief(words="-", author="ana", language="en", product="rain-jacket", others=("bell",))
    facts = (*build_product_facts(JACKET), *build_product_facts(other))
    request = SkillRequest(skill="draft", channel="email", brief=brief)
    writer = TemplateWriter(request, BRAND, load_channels()["email"], Evidence(facts=facts))
    body = OUTPUTS["email"].model_validate(writer.write(OUTPUTS["email"])).model_dump()["body"]
    assert "Moss rain jacket, £129." in body["text"]
    assert "Brass bell, £18." in body["text"]
    assert {"product.bell.price", "product.rain-jacket.price"} <= set(body["facts"])


def test_own_text_is_checked_and_stays_as_it_is() -> None:
    own = {"text": "Ormelin : le plaid est à 12 €. STOP 36179"}
    draft = run_draft(products()[0], "sms", "fr", own_text=own)
    assert [part.text for part in draft.parts] == list(own.values())
    assert any(check.level == "block" and "12" in check.words.to("en") for check in draft.checks)


def test_own_text_without_its_sender_is_blocked() -> None:
    draft = run_draft(products()[0], "sms", "fr", own_text={"text": "Le plaid est de retour."})
    assert {check.rule for check in select_blocking(draft.checks)} >= {"sender", "stop"}


def test_what_a_template_has_no_place_for_comes_first() -> None:
    made = run_draft(
        JACKET, "sms", "en", notice="late_parcel", dates="Thursday 3 December", left_over=("hug",)
    )
    assert made.request.brief.left_over == ("Thursday 3 December", "hug")
    told = run_draft(JACKET, "email", "en", offer="15% off", dates="until Sunday")
    assert told.request.brief.left_over == ()
    assert describe_unused("hug", is_copy=True, by_rules=True) != describe_unused(
        "hug", is_copy=True
    )


def test_price_that_the_text_has_is_not_said_to_be_unused() -> None:
    made = run_draft(JACKET, "email", "en", left_over=("£129", "in a velvet box"))
    assert "£129" in "\n".join(part.text for part in made.parts)
    assert made.request.brief.left_over == ("in a velvet box",)
