"""The first paragraph: the news if there is one, and the argument for this audience."""

from bot.drafts.occasions import can_name_without_offer
from bot.rules.writers.lines import Line, unique, whole
from bot.rules.writers.ready import Ready

BARE = ("open.everyone.made", "open.everyone.bare", "open.everyone.bare_plain")  # no reason known
NEWS = {"launch": "launch", "back in stock": "back"}


def opening(ready: Ready) -> Line:
    """The news if there is one, and the argument for this audience: the product's own, before what
    is true of its material."""
    pen, every = ready.pen, ready.pen.reasons
    own = [one for one in every if one.topic != "truth"]
    pen.reasons = own if len(own) > 1 else every
    line = _opening(ready)
    pen.reasons = every
    return Line(line.text, unique([*line.cites, *_whom(ready)]))


def _whom(ready: Ready) -> list[str]:
    """The facts on whom it goes to, which chose its argument."""
    told = ready.story.audience != "everyone"
    return [fact.id for fact in ready.evidence.of("segment") if told and fact.label == "audience"]


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


def bare(ready: Ready) -> Line:
    """The news or the product, and no reason: for the shortest text."""
    name = Line(ready.pen.finished(whole(ready.pen.gaps.get("the") or ready.brand.name)))
    return news(ready) or ready.pen.say(*BARE[1:]) or name


def open_slots(ready: Ready) -> list[str]:
    """Where an opening that names the product comes from: with a reason, or without any."""
    aud = ready.story.audience
    if ready.is_event or not ready.goods.known:
        return ["event.open" if ready.is_event else "house.open_deal"]
    own = [f"open.{aud}.bare"] if aud != "everyone" else []
    dated = can_name_without_offer(ready.story.occasion) and not ready.story.offer
    unsaid = aud == "everyone" or not ready.pen.has_said("occasion", among=("subject",))
    first = ["open.occasion.any"] if dated and unsaid else []
    slots = [
        *first,
        f"open.{aud}.any",
        *own,
        "open.everyone.any",
        "open.own.any",
        *BARE,
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
