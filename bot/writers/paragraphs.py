"""The paragraphs of a text: how it opens, what the product has, its terms, the doubt answered."""

from bot.fold import fold
from bot.writers import why
from bot.writers.lexicon import language_of
from bot.writers.pen import Line
from bot.writers.ready import Ready
from bot.writers.sayings import FIT

NEWS = {"launch": "launch", "back in stock": "back"}
ENOUGH = 110  # characters of the catalogue's own in one paragraph


def opening(ready: Ready) -> Line:
    """The news if there is one, and the argument for this audience."""
    pen, aud = ready.pen, ready.story.audience
    if ready.is_event:
        return pen.say("event.open", "event.open_undated") or Line(pen.gaps["bare"])
    if not ready.goods.known:
        return _house(ready)
    group = why.group(ready.goods.kind)
    if said := news(ready):
        point = pen.say(f"point.{aud}.{group}+point.{aud}.any", "point.everyone.any")
        return said + point if point else said
    line = pen.say(*open_slots(ready)) or Line(pen.finished(pen.gaps["the"] + "."))
    if aud == "new" and pen.gaps.get("about"):
        line = line + Line(pen.gaps["about"])
    return line


def open_slots(ready: Ready) -> list[str]:
    """Where an opening that names the product comes from."""
    aud, group = ready.story.audience, why.group(ready.goods.kind)
    if ready.is_event or not ready.goods.known:
        return ["event.open" if ready.is_event else "house.open_deal"]
    slots = [
        f"open.{aud}.{group}+open.{aud}.any",
        f"open.everyone.{group}+open.everyone.any",
        "open.everyone.plain",
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
    """What it has, and one reason more when that is little."""
    pen, goods = ready.pen, ready.goods
    if ready.is_event or not goods.known:
        return pen.say("event.more" if ready.is_event else "house.more")
    longer = "longer" in ready.story.wishes
    has = features(ready, 3 if longer else 2)
    if not has and goods.details:
        has = pen.say(f"details.{goods.kind}", "details.any")
    own = argue(ready)
    thin = not has or (len(goods.details) < 2 and not own and not ready.sayings.rich)
    more = pen.say("also.any") if thin or longer else None
    return together(has, more, own)


def features(ready: Ready, most: int) -> Line | None:
    """Sentences of the catalogue, one or two by their length."""
    found: list[Line] = []
    while len(found) < most and sum(len(line.text) for line in found) < ENOUGH:
        line = ready.sayings.take("features")
        if line is None:
            break
        found.append(line)
    return together(*found)


def argue(ready: Ready) -> Line | None:
    """What counts for this audience and not for another."""
    goods, story = ready.goods, ready.story
    aud, group = story.audience, why.group(goods.kind)
    if aud == "buyers":
        same = story.bought and story.bought.kind == goods.kind in why.FITTED
        return ready.pen.say(f"argue.buyers.{'same' if same else group}")
    if goods.kind in ("outdoor", "garden") and aud in ("price", "parents"):
        return None
    fitted = f"argue.{aud}.fitted+" if goods.kind in why.FITTED else ""
    return ready.pen.say(f"{fitted}argue.{aud}.{group}", f"argue.{aud}.any")


def terms(ready: Ready) -> Line | None:
    """Colours and sizes, then price and offer."""
    return together(ready.pen.say("range.both", "range.colours", "range.sizes"), offer(ready))


def offer(ready: Ready) -> Line | None:
    """The offer as it stands in the brief, beside the price when that is known."""
    pen, made = ready.pen, ready.story.offer
    tells = bool(pen.gaps.get("price")) and not pen.has_said(
        "price", among=("open", "price", "offer", "point")
    )
    if made is None:
        return pen.say("price.before", "price.any") if tells else None
    if pen.has_said("deal", "reason", among=("house",)):
        return None
    if pen.has_said("deal", among=("open",)):
        return pen.say("offer.reminder", "offer.reminder_code")
    slots = [f"offer.{made.kind}_price"] if tells else []
    line = pen.say(*slots, f"offer.{made.kind}") or pen.say(f"offer.{made.kind}", echoing=True)
    if made.delivery:
        line = together(line, pen.say("offer.also_delivery"))
    if line and tells and not pen.has_said("price", among=("offer",)) and made.kind != "price":
        line = together(pen.say("price.before", "price.any"), line)
    return line


def worry(ready: Ready) -> Line | None:
    """The doubt people have about such a thing, answered; and what should be known of it."""
    pen, goods = ready.pen, ready.goods
    if "shorter" in ready.story.wishes:
        return None
    if ready.is_event or not goods.known:
        return pen.say("event.worry" if ready.is_event else "house.worry")
    sayings, doubt = ready.sayings, objection(ready)
    sized = goods.kind in why.FITTED or goods.kind == "shoes"
    known = fit(ready, doubt) if sized else None
    care = sayings.take("care") or (None if sayings.rich else honest(ready))
    asked = None if known or (care and sayings.rich and not sized) else pen.say(*_worries(ready))
    return together(care, known, asked)


def objection(ready: Ready) -> str:
    """The theme of what customers object to most about the product: "sizing-small"; or ""."""
    return next((fact.id.split(".")[1] for fact in ready.evidence.of("objection")), "")


def fit(ready: Ready, doubt: str) -> Line | None:
    """The catalogue's own word on how it fits; looked for harder where customers doubt it."""
    if (known := ready.sayings.take("fit")) or not doubt.startswith("sizing"):
        return known
    goods, pen = ready.goods, ready.pen
    said = [text for text in goods.sayings[1:] if FIT.search(text) and pen.allowed(text)]
    return Line(said[0], goods.cites.get("description", ())) if said else None


def honest(ready: Ready) -> Line | None:
    """What people find out anyway: linen creases."""
    goods = ready.goods
    for material in goods.materials[:1]:
        if said := why.honest(goods, material):
            line = min(said, key=lambda text: ready.pen.order("honest", text))
            return Line(ready.pen.finished(line), goods.cites.get("materials", ()))
    return None


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
