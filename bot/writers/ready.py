"""Everything laid out before a text is written: the product, the story, a pen that knows both."""

import re
from dataclasses import dataclass

from bot.brand import Brand
from bot.channels import Channel
from bot.desk import Assignment
from bot.evidence import Evidence
from bot.request import Request
from bot.words import Language
from bot.writers import lexicon, naming, why
from bot.writers.goods import Goods, understand
from bot.writers.pen import Pen
from bot.writers.story import Offer, Story, tell


@dataclass
class Ready:
    """What the shapes work with."""

    request: Request
    brand: Brand
    channel: Channel | None
    evidence: Evidence
    goods: Goods
    story: Story
    pen: Pen

    @property
    def language(self) -> Language:
        return self.request.language

    @property
    def shows_price(self) -> bool:
        return self.goods.price is not None and "no price" not in self.story.wishes

    def most(self, part: str, otherwise: int) -> int:
        """How many characters a part may have."""
        limit = self.channel.parts.get(part) if self.channel else None
        return limit.most if limit and limit.unit == "characters" else otherwise


def make_ready(assignment: Assignment, salt: str = "") -> Ready:
    """The same assignment gives the same words; `salt` gives others."""
    request, brand = assignment.request, assignment.brand
    goods, story = understand(request, assignment.evidence), tell(request)
    if "no offer" in story.wishes:
        story = Story(**{**story.__dict__, "offer": None})
    wishes, address = story.wishes, brand.address
    address = "tu" if "tu" in wishes else "vous" if "vous" in wishes else address
    brief = request.brief
    about = (brief.product or goods.name, brief.audience, request.channel, brief.goal, brief.offer)
    pen = Pen(
        language=request.language,
        seed="|".join(map(str, (*about, request.reason or "", salt))),
        address=address,
        gender=goods.gender,
        plural=goods.plural,
        avoid=brand.avoid,
        use=brand.use,
    )
    ready = Ready(request, brand, assignment.channel, assignment.evidence, goods, story, pen)
    _product_gaps(ready)
    _story_gaps(ready)
    why.give_reasons(pen, goods, story.audience)
    return ready


def _product_gaps(ready: Ready) -> None:
    goods, pen = ready.goods, ready.pen
    language = ready.language
    pen.gaps |= naming.names(goods)
    if goods.noun and not (many := language in goods.noun.plural):
        word = goods.noun.one[language][0] if not goods.plural else goods.noun.many[language][0]
        pen.gaps["a_noun"] = _one_of(goods, word, language) if not many else ""
    for gap in ("name", "bare", "the", "a", "of", "to"):
        pen.cites[gap] = (*goods.cites.get("name", ()), *goods.cites.get("materials", ()))
    if told := why.details(goods, pen):
        pen.gaps["details"], pen.cites["details"] = told.text, told.cites
        pen.gaps["bare_details"] = why.bare_details(goods)
        pen.cites["bare_details"] = told.cites
    if ready.shows_price and goods.price:
        pen.gaps["price"], pen.cites["price"] = (
            naming.price(goods.price, language),
            (goods.price.id,),
        )
        if goods.before:
            pen.gaps["before"] = naming.price(goods.before, language)
            pen.cites["before"] = goods.cites["before"]
    pen.gaps["sizes"], pen.cites["sizes"] = naming.sizes(goods), goods.cites.get("sizes", ())
    pen.gaps["colours"], pen.cites["colours"] = naming.colours(goods), goods.cites.get("range", ())
    if goods.materials:
        term = lexicon.terms("materials")[goods.materials[0]]
        pen.gaps["material"] = term.en[0] if language == "en" else term.fr[0][0]
        pen.cites["material"] = goods.cites.get("materials", goods.cites.get("name", ()))
    if goods.sayings:
        pen.gaps["saying"], pen.cites["saying"] = goods.sayings[0], goods.cites["description"]


def _one_of(goods: Goods, word: str, language: Language) -> str:
    if goods.plural:
        return word if language == "en" else f"des {word}"
    if language == "en":
        return naming.a(word)
    return f"{'une' if 'f' in goods.gender else 'un'} {word}"


def _story_gaps(ready: Ready) -> None:
    story, pen, language, brand = ready.story, ready.pen, ready.language, ready.brand
    stated = tuple(fact.id for fact in ready.evidence.facts if fact.stated_by is not None)
    pen.gaps["brand"] = brand.name
    if brand.about and lexicon.language_of(brand.about) in (language, None):
        pen.gaps["about"] = brand.about
    if story.bought:
        pen.gaps["bought"] = story.bought
        if story.since:
            pen.gaps["since"] = story.since
            pen.gaps["of_since"] = _of(story.since)
    if story.occasion:
        pen.gaps["occasion"] = story.occasion.title[language]
    offer, when = story.offer, story.when
    if offer:
        _offer_gaps(pen, offer, language, stated)
        if when.kind in ("until", "before", "on", "range", "weekend", "from"):
            pen.gaps["until"], pen.cites["until"] = when.said, stated
    if when.said:
        pen.gaps["when"], pen.cites["when"] = when.said, stated
    subject = ready.request.brief.product_words
    if subject:
        pen.gaps["subject"] = subject[0].upper() + subject[1:]


def _of(since: str) -> str:
    """`l'été dernier` → `de l'été dernier`; `à Noël dernier` → `de Noël dernier`."""
    return "de " + since.removeprefix("à ")


def _offer_gaps(pen: Pen, offer: Offer, language: Language, stated: tuple[str, ...]) -> None:
    the, to = pen.gaps.get("the", ""), pen.gaps.get("the", "")
    english = language == "en"
    percent = f"{offer.value}%" if english else f"{offer.value} %"
    if offer.kind in ("percent", "upto"):
        pen.gaps["pct"] = percent
    if offer.kind not in ("percent", "upto", "half", "code", "delivery", "gift", "deal"):
        pen.gaps["value"] = offer.value
    if offer.code:
        pen.gaps["code"] = offer.code
        pen.gaps["with_code"] = (
            f" with the code {offer.code}" if english else f" avec le code {offer.code}"
        )
    if offer.over:
        pen.gaps["over"] = f" from {offer.over}" if english else f" dès {offer.over}"
    deals = {
        "percent": (f"{percent} off {the}", f"-{percent} sur {to}"),
        "upto": (f"up to {percent} off {the}", f"jusqu'à -{percent} sur {to}"),
        "amount": (f"{offer.value} off {the}", f"{offer.value} de moins sur {to}"),
        "price": (f"{the} for {offer.value}", f"{the} à {offer.value}"),
        "delivery": (f"free delivery on {the}", f"livraison offerte pour {to}"),
        "deal": (f"2 for 1 on {the}", f"2 pour 1 sur {to}"),
        "gift": (f"a free gift with {the}", f"un cadeau offert avec {the}"),
        "half": (f"half price on {the}", f"moitié prix sur {to}"),
        "code": (f"a code for {the}", f"un code pour {to}"),
        "other": (f"{offer.value} on {the}", f"{offer.value} sur {to}"),
    }
    deal = deals[offer.kind][0 if english else 1]
    if not the:
        deal = re.sub(r" (?:off|on|for|with|sur|pour|avec) *$|^ *(?:for|à) ", "", deal).strip()
        deal = f"{percent} off" if english and offer.kind == "percent" else deal
    pen.gaps["deal"] = deal + (pen.gaps.get("over", "") if offer.kind == "delivery" else "")
    for gap in ("deal", "pct", "value", "code", "with_code", "over"):
        pen.cites[gap] = stated
