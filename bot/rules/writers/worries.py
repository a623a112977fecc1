"""The doubt people have about such a thing, answered; and what should be known of it."""

import re

from bot.rules.writers import why
from bot.rules.writers.lines import Line, again, together, whole
from bot.rules.writers.ready import Ready
from bot.rules.writers.sayings import ADVISED, lowered, topic_of

USUAL = re.compile(
    r"true to size|usual size|votre taille|taille habituelle|taille normal", re.IGNORECASE
)

MEASURED = ("worry.object", "worry.space")  # answered where its measures are told
CHOICE = 2  # sizes: of a blanket in one size, no larger one can be taken


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
    idle = slots == ["worry.taste"]  # no doubt is known: rather a shorter text
    idle |= slots[0] in MEASURED and any(r.topic == "size" for r in pen.told)
    asked = None if known or care or honest or told or idle else _asked(ready, slots)
    if known and honest:
        care = None
    return together(known, care, honest, asked)


def _asked(ready: Ready, slots: list[str]) -> Line | None:
    """What to ask before ordering; of a thing that has been named, "this sofa"."""
    pen = ready.pen
    if not pen.gaps.get("this") or ready.goods.noun is None or not pen.has_said("the", "why"):
        return pen.say(*slots)
    with pen.calling(pen.gaps["this"]):
        return pen.say(*slots)


def objection(ready: Ready) -> str:
    """The theme of what customers object to most about the product: "sizing-small"; or ""."""
    return next((fact.id.split(".")[1] for fact in ready.evidence.of("objection")), "")


def _doubt(ready: Ready) -> Line | None:
    """What most customers doubt, answered from what they say of it: of a shirt that runs small,
    take the larger of two sizes."""
    theme, pen = objection(ready), ready.pen
    if len(ready.goods.sizes) < CHOICE:
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
    told = [reason.text for reason in ready.pen.inside]
    some = [one for one in found if ready.pen.allowed(one.text) and not again(one.text, told)]
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
        bought = ready.story.bought
        same = aud == "buyers" and bought is not None and bought.kind in why.FITTED
        mine = ["worry.size_buyers"] if same and pen.gaps.get("bought") else []
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
