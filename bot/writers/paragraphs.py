"""The paragraphs of a text: how it opens, what the product has, its terms, the doubt answered."""

import re

from bot.cautions import DANGER, is_alcohol, warns_of_alcohol
from bot.fold import fold
from bot.writers import why
from bot.writers.lexicon import language_of
from bot.writers.pen import Line
from bot.writers.ready import Ready
from bot.writers.sayings import ADVISED, lowered, topic_of

NEWS = {"launch": "launch", "back in stock": "back"}
ENOUGH = 150  # characters of reasons in one paragraph
FEW = 5  # reasons
USUAL = re.compile(
    r"true to size|usual size|votre taille|taille habituelle|taille normal", re.IGNORECASE
)
PERSUADED = ("everyone", "new", "lapsed", "gift")  # by what others say


def opening(ready: Ready) -> Line:
    """The news if there is one, and the argument for this audience: the product's own, before what
    is true of its material."""
    pen, every = ready.pen, ready.pen.reasons
    own = [one for one in every if one.topic != "truth"]
    story = ready.story
    met = story.audience == "loyal" or (story.audience == "lapsed" and not story.category)
    pen.reasons = own if met and len(own) > 1 else every  # they need no general truth first
    line = _opening(ready)
    pen.reasons = every
    return line


def _opening(ready: Ready) -> Line:
    pen, aud = ready.pen, ready.story.audience
    if ready.is_event:
        return pen.say("event.open", "event.open_undated") or Line(pen.gaps["bare"])
    if not ready.goods.known:
        return _house(ready)
    if said := news(ready):
        point = pen.say(f"point.{aud}.any", "point.everyone.any")
        return said + point if point else said
    line = pen.say(*open_slots(ready)) or Line(pen.finished(pen.gaps["the"] + "."))
    if aud == "new" and pen.gaps.get("about"):
        line = line + Line(pen.gaps["about"])
    return line


def open_slots(ready: Ready) -> list[str]:
    """Where an opening that names the product comes from: with a reason, or without any."""
    aud = ready.story.audience
    if ready.is_event or not ready.goods.known:
        return ["event.open" if ready.is_event else "house.open_deal"]
    own = [f"open.{aud}.bare"] if aud != "everyone" else []
    dated = ready.story.occasion and not ready.story.offer and aud == "everyone"
    first = ["open.occasion.any"] if dated else []
    slots = [
        *first,
        f"open.{aud}.any",
        *own,
        "open.everyone.any",
        "open.own.any",
        "open.everyone.bare",
    ]
    return ["open.price.deal", *slots] if aud == "price" and ready.story.offer else slots


def news(ready: Ready) -> Line | None:
    """ "The linen shirt is back in stock.", where the goal is to tell so."""
    kind = NEWS.get(ready.story.goal)
    if not kind:
        return None
    dated = ready.story.when.said and not ready.story.offer
    return ready.pen.say(*([f"news.{kind}_when"] if dated else []), f"news.{kind}")


def _house(ready: Ready) -> Line:
    """No product is known: the offer, the news or the shop itself."""
    pen, story = ready.pen, ready.story
    if story.offer:
        until = pen.gaps.get("until", "")
        pen.gaps["reason"] = f"{pen.gaps['deal']} {until}".strip()
        pen.cites["reason"] = pen.cites["deal"]
    slots = ["house.open_lapsed"] if story.audience == "lapsed" else []
    slots += ["house.open_deal"] if story.offer else []
    return pen.say(*slots, "house.open") or Line(ready.brand.name)


def product(ready: Ready) -> Line | None:
    """Two reasons more, three where a longer text was asked for; each from a fact."""
    if ready.is_event or not ready.goods.known:
        slot = "event.terms" if ready.story.terms else "event.more"
        return ready.pen.say(slot if ready.is_event else "house.more", "event.more")
    if "longer" in ready.story.wishes:
        return reasons(ready, 3)
    few = len(ready.pen.reasons) <= FEW  # another audience is to hear of something else
    short = few or ready.goods.rich or (ready.pen.gaps.get("quote") and _persuaded(ready))
    return reasons(ready, 1 if short else 2)


def reasons(ready: Ready, most: int) -> Line | None:
    """So many reasons that were not told yet, a sentence each; fewer when they are long."""
    found: list[Line] = []
    room = 2 * ENOUGH if "longer" in ready.story.wishes else ENOUGH
    while len(found) < most and sum(len(line.text) for line in found) < room:
        line = ready.pen.say("also.any")
        if line is None:
            break
        found.append(line)
    return together(*found)


def praise(ready: Ready) -> Line | None:
    """A sentence of a customer, word for word, and how many reviews praise the same; for those who
    do not know the product from their own cupboard."""
    if ready.is_event or not ready.goods.known or "shorter" in ready.story.wishes:
        return None
    if not _persuaded(ready):
        return None
    told = ready.story.audience != "lapsed"  # who knows the house is told how many, in short
    if quote := ready.pen.say("praise.quote") if told else None:
        ended = quote.text.rstrip(" ”»\u00a0")[-1:] in ".!?…"
        return together(quote if ended else quote + Line("."), ready.pen.say("praise.count"))
    return ready.pen.say("praise.count_alone")


def _persuaded(ready: Ready) -> bool:
    return ready.story.audience in PERSUADED


def terms(ready: Ready) -> Line | None:
    """Colours and sizes, then price and offer."""
    return together(ready.pen.say("range.both", "range.colours", "range.sizes"), offer(ready))


def offer(ready: Ready) -> Line | None:
    """The offer as it stands in the brief with what it depends on, beside the price."""
    made = ready.story.offer
    limits = [Line(ready.pen.finished(whole(one))) for one in ready.story.limits] if made else []
    return together(_offer(ready), *limits)


def _offer(ready: Ready) -> Line | None:
    pen, made = ready.pen, ready.story.offer
    tells = bool(pen.gaps.get("price")) and not pen.has_said(
        "price", among=("open", "price", "offer", "point")
    )
    if made is None:
        cut = bool(pen.gaps.get("before"))  # never the new price without the one before
        return pen.say("price.before", "price.any") if tells or cut else None
    if pen.has_said("deal", "reason", among=("house",)):
        return None
    if pen.has_said("deal", among=("open",)):
        return pen.say("offer.reminder", "offer.reminder_code")
    slots = ["offer.occasion"] if ready.story.occasion else []
    slots += [f"offer.{made.kind}_price"] if tells else []
    line = pen.say(*slots, f"offer.{made.kind}") or pen.say(f"offer.{made.kind}", echoing=True)
    if made.delivery:
        line = together(line, pen.say("offer.also_delivery"))
    if line and tells and not pen.has_said("price", among=("offer",)) and made.kind != "price":
        line = together(pen.say("price.before", "price.any"), line)
    return line


def worry(ready: Ready) -> Line | None:
    """The doubt people have about such a thing, answered; and what should be known of it."""
    pen = ready.pen
    if "shorter" in ready.story.wishes:
        return None
    if ready.is_event or not ready.goods.known:
        return pen.say("event.worry" if ready.is_event else "house.worry")
    told = any(fact.id.endswith(".blamed") for fact in ready.evidence.of("feedback"))
    if told:  # what customers find goes before the catalogue's own "true to size"
        ready.sayings.fit = [one for one in ready.sayings.fit if not USUAL.search(one)]
    known = (None if told else _doubt(ready)) or ready.sayings.take("fit", pen=pen)
    care = ready.sayings.take("care", pen=pen) if ready.goods.rich else None
    honest = ready.sayings.take("honest", pen=pen)
    if honest is None and not (care and not known):  # one word on washing is enough
        honest = _honest(ready)
    slots = _worries(ready)
    idle = slots == ["worry.taste"] and len(pen.told) > 1  # no doubt is known, and enough is said
    asked = None if known or care or honest or told or idle else pen.say(*slots)
    if known and honest:
        care = None
    return together(known, care, honest, asked)


def objection(ready: Ready) -> str:
    """The theme of what customers object to most about the product: "sizing-small"; or ""."""
    return next((fact.id.split(".")[1] for fact in ready.evidence.of("objection")), "")


def _doubt(ready: Ready) -> Line | None:
    """What most customers doubt, answered from what they say of it: of a shirt that runs small,
    take the larger of two sizes."""
    theme, pen = objection(ready), ready.pen
    if not ready.goods.sizes:
        return None
    if theme.startswith("sizing") and (own := _own_fit(ready)):
        return own
    cites = tuple(fact.id for fact in ready.evidence.of("objection"))
    line = pen.say(f"doubt.{theme.replace('-', '_')}")
    return Line(line.text, cites + line.cites) if line else None


def _own_fit(ready: Ready) -> Line | None:
    """The catalogue's own word on how it fits, which goes before what customers say."""
    told = {lowered(reason.text) for reason in ready.pen.told}
    for text in ready.goods.sayings:
        fresh = lowered(text.rstrip(".")) not in told
        if topic_of(text) == "fit" and ADVISED.search(text) and fresh and ready.pen.speaks(text):
            return Line(text, ready.goods.cites.get("description", ()))
    return None


def _honest(ready: Ready) -> Line | None:
    """What people find out anyway: linen creases."""
    found = why.honest(ready.goods, ready.evidence)
    spent = {reason.topic for reason in ready.pen.told} & ready.pen.once
    some = [one for one in found if ready.pen.allowed(one.text)]
    some = [one for one in some if one.topic == "honest" or not spent]
    return Line(ready.pen.finished(whole(some[0].text)), some[0].cites) if some else None


def _worries(ready: Ready) -> list[str]:
    pen, kind, aud = ready.pen, ready.goods.kind, ready.story.audience
    sized, doubt = kind in why.FITTED, objection(ready)
    if doubt.startswith("sizing") and sized:
        return ["worry.size"]  # the last order's size may be the wrong one
    if doubt.startswith("colour"):
        return ["worry.colour"]
    if aud == "gift":
        return ["worry.gift"] if sized else ["worry.taste"]
    if sized:
        mine = ["worry.size_buyers"] if aud == "buyers" and pen.gaps.get("bought") else []
        return [
            *mine,
            "worry.size" if pen.has_said("sizes") else "worry.size_known+worry.size",
            "worry.size",
        ]
    if kind == "shoes":
        return ["worry.feet"]
    if kind in why.FURNITURE or kind in ("rug", "curtain"):
        return ["worry.space"]
    coloured = ready.goods.colours or ready.goods.range
    if kind in ("cushion", "throw", "bed", "bag", "scarf") and coloured:
        return ["worry.colour"]
    if kind in ("vase", "pot", "light", "wall", "bag", "deco"):
        return ["worry.object"]
    return ["worry.taste"]


def musts(ready: Ready) -> list[Line]:
    """What the brief and the brand ask to say, word for word."""
    brand, request = ready.brand, ready.request
    lines = []
    for must in request.brief.must_say:
        if not fold(must).startswith(("the price", "le prix", "price", "prix")):
            lines.append(Line(whole(must[0].upper() + must[1:])))
    for mention in brand.mentions:
        here = not mention.channels or request.channel in mention.channels
        if here and mention.language in (None, request.language):
            lines.append(Line(mention.text))
    sold = f"{ready.goods.name} ; {request.brief.product_words or ''}"
    if is_alcohol(sold) and not any(warns_of_alcohol(line.text) for line in lines):
        lines.append(Line(DANGER[ready.language]))
    return lines


def more_facts(ready: Ready) -> list[Line]:
    """Other facts of the catalogue, as they are: care, origin, dimensions."""
    lines = []
    colon = ": " if ready.language == "en" else " : "
    for fact in ready.goods.more[:4]:
        value = fact.spelled(ready.language)
        there = language_of(f"{fact.label} {value}")
        if there in (ready.language, None) and len(value) < 120:
            label = fact.label[0].upper() + fact.label[1:]
            lines.append(Line(f"{label}{colon}{whole(value)}", (fact.id,)))
    return lines


def together(*lines: Line | None) -> Line | None:
    """One paragraph of several sentences."""
    some = [line for line in lines if line]
    if not some:
        return None
    paragraph = some[0]
    for line in some[1:]:
        paragraph = paragraph + line
    return paragraph


def whole(text: str) -> str:
    """With its full stop."""
    return text if text.rstrip()[-1:] in ".!?" else text.rstrip() + "."
