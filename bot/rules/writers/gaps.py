"""What fills the gaps of the phrases: the product's names and facts, the offer, the dates."""

import re

from bot.config.brand import Brand
from bot.core.facts import Evidence, Fact
from bot.core.request import SkillRequest
from bot.i18n.messages import Language
from bot.rules.writers import lexicon, naming, why, worded
from bot.rules.writers.bank import phrases
from bot.rules.writers.goods import Goods
from bot.rules.writers.pen import Pen
from bot.rules.writers.story import Story

MADE_OF = {"wood": "wood"}  # where the noun is not what stands before another noun
NO_MAKER = re.compile(
    r"(?:generic|unbranded|unknown|none|n/?a|no ?name|sans marque|inconnue?|-)"
    r"|.*\b(?:demo|test)\b.*",
    re.IGNORECASE,
)
TELLS = 20  # characters of a list of details: "Jar." tells nothing
TELLING = frozenset({"two_seater", "three_seater", "four_seater", "waterproof", "handmade"})


def of_product(pen: Pen, goods: Goods) -> None:
    """Names, details, range, price."""
    language = goods.language
    named = (*goods.cites.get("name", ()), *goods.cites.get("materials", ()))
    for gap, text in naming.names(goods).items():
        pen.put(gap, text, named if gap in ("name", "bare", "the", "a", "of", "to") else ())
    if told := why.details(goods, pen):
        some = why.bare_details(goods.details, language)
        pen.put("bare_details", some if len(some) >= TELLS else "", told.cites)
        telling = [detail for detail in goods.details if detail.about]
        pen.put("title_details", why.bare_details(telling, language), told.cites)
    if goods.price:
        pen.put("price", worded.price(goods.price, language), (goods.price.id,))
        if goods.before:
            pen.put("before", worded.price(goods.before, language), goods.cites["before"])
    if maker := maker_of(goods):
        pen.put("maker", phrases(language, "maker.any")[0].format(maker=maker.value), (maker.id,))
    pen.put("sizes", worded.sizes(goods), goods.cites.get("sizes", ()))
    pen.put("colours", worded.colours(goods), goods.cites.get("range", ()))
    for material in goods.materials[:1]:
        term = lexicon.terms("materials")[material]
        shown = term.french() if language == "fr" else MADE_OF.get(material, term.en[0])
        if shown not in pen.gaps["bare"] and term.en[0] not in pen.gaps["bare"]:
            pen.put("new_material", shown, goods.cites.get("materials", named))
    for trait in goods.traits:
        said = lexicon.terms("traits")[trait]
        shown = said.en[0] if language == "en" else said.french(goods.gender, goods.plural)
        if trait in TELLING and shown not in pen.gaps["bare"]:
            pen.put("new_trait", shown, goods.cites.get("traits", ()))


def maker_of(goods: Goods) -> Fact | None:
    """Whose make it is, where the catalogue tells and the name does not."""
    maker = goods.maker
    if maker is None or NO_MAKER.fullmatch(str(maker.value).strip()):
        return None
    return None if str(maker.value).lower() in goods.name.lower() else maker


def of_story(
    pen: Pen, goods: Goods, request: SkillRequest, story: Story, brand: Brand, evidence: Evidence
) -> None:
    """Whom, since when, with what offer, until when; and the shop's own name."""
    language, brief = request.language, request.brief
    said = [fact for fact in evidence.facts if fact.stated_by is not None]
    dated = tuple(fact.id for fact in said if fact.label == "date")
    other = tuple(fact.id for fact in said if fact.label != "date")
    pen.put("brand", brand.name)
    if brand.about and lexicon.language_of(brand.about) in (language, None):
        pen.put("about", brand.about)
    bought = story.bought
    if bought and (not goods.known or _together(bought.kind, goods.kind)):
        pen.put("bought", bought.many[language][0])
        pen.put("since", story.since)
        pen.put("of_since", "de " + story.since.removeprefix("à ") if story.since else "")
    elif story.category:
        pen.put("bought", story.category)
    _of_reviews(pen, evidence)
    if story.occasion:
        pen.put("occasion", story.occasion.title[language])
    if story.offer:
        _offer(pen, story, language, other)
        pen.put("until", story.when.said, dated)
    typed = next((fact for fact in said if fact.label == "price"), None)
    if typed and not (story.offer or pen.gaps.get("price") or "no price" in story.wishes):
        pen.put("price", worded.price(typed, language), (typed.id,))
    pen.put("when", story.when.said, dated)
    if story.terms:
        pen.put("terms", ", ".join(story.terms), other)
        pen.put("terms_back", ", ".join(reversed(story.terms)), other)  # no echo of the brief
    if words := brief.product_words:
        pen.put("subject", words[0].upper() + words[1:])


def _of_reviews(pen: Pen, evidence: Evidence) -> None:
    """What customers praise: a sentence of theirs, how many of how many reviews, and what."""
    of = {fact.id.rsplit(".", 1)[1]: fact for fact in evidence.of("feedback")}
    if (quote := of.get("quote")) and pen.allowed(str(quote.value)):
        pen.put("quote", str(quote.value).strip(), (quote.id,))
    praised, reviews = of.get("praised"), of.get("reviews")
    if praised and reviews and praised.about:
        pen.put("praised", str(praised.value), (praised.id,))
        pen.put("reviews", str(reviews.value), (reviews.id,))
        themes = phrases(pen.language, f"theme.{praised.about}")
        pen.put("theme", next(iter(themes), ""), (praised.id,))


def _together(bought: str, kind: str) -> bool:
    """Whether the one goes with the other: a shirt with a bag, not with a vase."""
    worn = {"wear", "extra"}
    one, other = why.group(bought), why.group(kind)
    return one == other or {one, other} <= worn


def _offer(pen: Pen, story: Story, language: Language, cites: tuple[str, ...]) -> None:
    offer = story.offer
    assert offer
    space = "" if language == "en" else " "
    if offer.kind in ("percent", "upto"):
        pen.put("pct", f"{offer.value}{space}%", cites)
    else:
        pen.put("value", offer.value, cites)
    if offer.code:
        pen.put("code", offer.code, cites)
        pen.put("with_code", phrases(language, "deal.with_code")[0].format(code=offer.code), cites)
    for gap, amount in (("over", offer.over), ("delivery_over", offer.delivery_over)):
        if amount:
            pen.put(gap, phrases(language, "deal.over")[0].format(amount=amount), cites)
    for gap, slot in (("deal_bare", "deal_house"), ("deal", "deal_house"), ("deal", "deal")):
        for template in phrases(language, f"{slot}.{offer.kind}"):
            if line := pen.fill(template):
                pen.put(gap, line.text[0].lower() + line.text[1:], line.cites)
