"""The first words: a subject, a preheader, the button, and two other ways in."""

import re

from bot.core.parts import Hook
from bot.drafts.occasions import Occasion, can_name_without_offer
from bot.i18n import typography
from bot.i18n.messages import Words
from bot.rules.writers import why
from bot.rules.writers.beginnings import NEWS
from bot.rules.writers.lines import Line, again
from bot.rules.writers.precedents import best, like
from bot.rules.writers.ready import Ready

BOOKED = re.compile(r"inscription|réservation|book|regist|places", re.IGNORECASE)
TWO, LONG = 2, 150  # hooks; characters of one that goes nowhere else
TOPICAL = ("back", "launch", "occasion", "deal_occasion", "deal_present")
# What an opening leads with, named on the screen in its reader's language.
ANGLES = {
    "material": Words("material"),
    "cloth": Words("material"),
    "truth": Words("material"),
    "trait": Words("comfort"),
    "use": Words("everyday use"),
    "care": Words("care"),
    "make": Words("how it is made"),
    "size": Words("size"),
    "set": Words("what is in it"),
    "part": Words("details"),
    "feature": Words("details"),
    "price": Words("price"),
    "occasion": Words("occasion"),
    "news": Words("news"),
    "details": Words("details"),
    "short": Words("benefit"),
    "event": Words("invitation"),
    "plain": Words("in short"),
    "question": Words("question"),
    "wish": Words("a wish"),
    "present": Words("a present"),
}


def subject(ready: Ready) -> Line:
    """The benefit, in what an inbox shows."""
    pen, most = ready.pen, ready.most("subject", 50)
    slots = subject_slots(ready)
    form = best(ready.evidence, ready.goods)
    key = like(form, ready.goods)
    topical = [slot for slot in slots if slot.split(".")[1].startswith(TOPICAL)]
    for some in filter(None, (topical, slots)):  # the news goes before the longer name
        if line := pen.say(*some, most=most, like=key):
            return form.shown(line, ready.goods) if form else line
        if short := pen.gaps.get("the_short"):
            with pen.calling(short):
                if line := pen.say(*some, most=most, like=key):
                    return form.shown(line, ready.goods) if form else line
    bare = (f"subject.bare.{ready.story.audience}", "subject.bare.everyone")
    if line := pen.say(*bare, most=most):
        return line
    if ready.story.offer and (line := pen.say("subject.deal_tiny", most=most)):
        return line
    name = pen.finished(pen.gaps.get("bare") or pen.gaps.get("subject") or ready.brand.name)
    return Line(name if len(name) <= most else name[:most].rsplit(" ", 1)[0])


def subject_slots(ready: Ready) -> list[str]:
    """Where a subject comes from: the news or the offer, else what the product is."""
    story, aud = ready.story, ready.story.audience
    kind = NEWS.get(story.goal)
    if ready.is_event:
        return ["event.subject"]
    if not ready.goods.known:
        slots = ["house.subject_deal"] if story.offer else ["house.subject"]
        return slots + (["house.subject_lapsed"] if aud == "lapsed" else [])
    if story.offer:
        timed = [f"subject.deal_{_sort(story.occasion)}"] if story.occasion else []
        return [*timed, f"subject.deal_{aud}+subject.deal", "subject.deal_short"]
    if kind:
        dated = [f"subject.{kind}_when"] if story.when.said else []
        return [*dated, f"subject.{kind}", f"subject.{kind}_bare"]
    first = ["subject.cut"] if ready.pen.gaps.get("before") else []
    first += (
        ["subject.occasion", "subject.occasion_bare"]
        if can_name_without_offer(story.occasion)
        else []
    )
    return [*first, f"subject.{aud}", "subject.everyone"]


def _sort(occasion: Occasion) -> str:
    return "present" if can_name_without_offer(occasion) else "occasion"


def preheader(ready: Ready, first: str = "") -> Line:
    """What the subject, which comes first, left open."""
    most = ready.most("preheader", 90)
    slots = ["preheader.any", "preheader.plain", "preheader.last", "preheader.last_deal"]
    slots += ["preheader.question"]
    slots = slots if ready.goods.known else ["preheader.house"]
    slots = ["event.terms", "event.preheader"] if ready.is_event else slots
    pen, every = ready.pen, ready.pen.reasons
    pen.reasons = [one for one in every if one.topic != "truth"]  # its own facts first
    own = [slot for slot in slots[:2] if any(_news_to(line, first) for line in pen.all(slot))]
    line = pen.say(*own, most=most, like=lambda one: (not _news_to(one, first), False, 0))
    pen.reasons = every
    return line or pen.say(*slots[2:], *slots, most=most) or Line(ready.brand.name)


def _news_to(line: Line, first: str) -> bool:
    """Whether a line says more than the subject did."""
    return not again(line.text, [first])


def call(ready: Ready) -> Line:
    """One thing to do: a verb and its object."""
    pen, story, kind = ready.pen, ready.story, ready.goods.kind
    most = ready.most("call_to_action", 30)
    if ready.is_event or not ready.goods.known:
        booked = any(BOOKED.search(term) for term in ready.story.terms)
        slots = (
            (["cta.book"] if booked else ["cta.event"])
            if ready.is_event
            else ["cta.code", "cta.house"]
        )
        return pen.say(*slots, most=most) or Line("OK")
    slots = []
    if story.audience == "gift":
        slots.append("cta.gift")
    elif kind in why.FITTED and ready.goods.sizes:
        slots.append("cta.size")
    elif pen.gaps.get("colours"):
        slots.append("cta.colour")
    elif story.offer and story.offer.code:
        slots.append("cta.code")
    return pen.say(*slots, "cta.see", "cta.look", most=most) or Line("OK")


def hooks(ready: Ready, chosen: str, *again: str, most: int = 150) -> list[Hook]:
    """Two other ways in, each from its own angle: by price or occasion, and by another reason
    (`again` are the slots the opening came from)."""
    pen, story = ready.pen, ready.story
    tries: list[tuple[str, tuple[str, ...]]] = []
    if ready.is_event:
        tries += [("event", ("hook.event",)), ("event", ("event.open",))]
    if story.goal == "back in stock":
        tries.append(("news", ("hook.news",)))
    if story.occasion and story.occasion.gift:
        tries.append(("occasion", ("hook.occasion",)))
    price = ("price", ("hook.deal" if story.offer else "hook.price", "hook.price"))
    tries += [("", again), price, ("short", ("hook.short",))]
    tries += [("details", ("hook.details",)), ("details", ("hook.range",))]
    tries.append(("plain", ("hook.plain",)))
    tries.append(("question", ("hook.question",)))
    if not ready.goods.known:
        tries += [("wish", ("hook.wish",)), ("present", ("hook.present",))]
    found: list[Hook] = []
    _find(ready, tries, chosen, most, found)
    if len(found) < TWO and pen.gaps.get("the_short"):
        with pen.calling(pen.gaps["the_short"]):
            _find(ready, tries, chosen, most, found)
    if len(found) < TWO:  # rather a long one than none; putting it in says how long it is
        _find(ready, tries, chosen, LONG, found)
    return found


def _find(
    ready: Ready,
    tries: list[tuple[str, tuple[str, ...]]],
    chosen: str,
    most: int,
    found: list[Hook],
) -> None:
    """Adds to `found` until there are two, each from another angle."""
    pen = ready.pen
    for angle, slots in tries:
        if len(found) == TWO:
            return
        line = pen.say(*slots, most=most, unlike=(chosen, *(hook.text for hook in found)))
        if line is None:
            continue
        priced = "{deal}" in pen.said[-1][1] or "{price}" in pen.said[-1][1]
        topic = pen.told[-1].topic.split(".")[0] if line.says_why else ""
        name = angle or topic or ("price" if priced else "details")
        shown = ANGLES[name].text
        if shown not in {hook.angle for hook in found} or name == "event":
            found.append(Hook(angle=shown, text=finish(ready, line.text), facts=line.cites))


def finish(ready: Ready, text: str) -> str:
    """Elision and spaces, in French."""
    return typography.insert_nbsp(typography.elide(text)) if ready.language == "fr" else text
