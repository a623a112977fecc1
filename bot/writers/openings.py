"""The first words: a subject, a preheader, the button, and two other ways in."""

from bot.parts import Hook
from bot.writers import french, why
from bot.writers.paragraphs import NEWS
from bot.writers.pen import Line
from bot.writers.ready import Ready


def subject(ready: Ready) -> Line:
    """The benefit, in what an inbox shows."""
    pen, story = ready.pen, ready.story
    most, aud, kind = ready.most("subject", 50), story.audience, NEWS.get(story.goal)
    if not ready.goods.known:
        slots = ["house.subject_deal"] if story.offer else ["house.subject"]
        slots += ["house.subject_lapsed"] if aud == "lapsed" else []
    elif story.offer:
        slots = [f"subject.deal_{aud}+subject.deal", "subject.deal"]
    elif kind:
        dated = [f"subject.{kind}_when"] if story.when.said else []
        slots = [*dated, f"subject.{kind}", "subject.everyone"]
    else:
        gift = story.occasion and story.occasion.gift
        slots = ["subject.occasion"] if gift else []
        slots += [f"subject.{aud}", "subject.everyone"]
    if line := pen.say(*slots, most=most):
        return line
    name = pen.finished(pen.gaps.get("bare") or pen.gaps.get("subject") or ready.brand.name)
    return Line(name if len(name) <= most else name[:most].rsplit(" ", 1)[0])


def preheader(ready: Ready) -> Line:
    """What the subject left open."""
    most = ready.most("preheader", 90)
    slots = ["preheader.any", "preheader.plain", "preheader.last"]
    slots = slots if ready.goods.known else ["preheader.house"]
    return ready.pen.say(*slots, most=most) or Line(ready.brand.name)


def call(ready: Ready) -> Line:
    """One thing to do: a verb and its object."""
    pen, story, kind = ready.pen, ready.story, ready.goods.kind
    most = ready.most("call_to_action", 30)
    if not ready.goods.known:
        first = "cta.event" if story.goal == "announce" and not story.offer else "cta.code"
        return pen.say(first, "cta.house", most=most) or Line("OK")
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


def hooks(ready: Ready, chosen: str, most: int = 140) -> list[Hook]:
    """Two other ways in, each from its own angle."""
    pen, story = ready.pen, ready.story
    angles = ["comfort", "price", "use", "details"]
    if story.occasion and story.occasion.gift:
        angles.insert(0, "occasion")
    if story.goal == "back in stock":
        angles.insert(0, "news")
    if not pen.gaps.get("price") and not story.offer:
        angles.remove("price")
    found: list[Hook] = []
    for angle in [*angles, "question", "short", "house"]:
        line = pen.say(f"hook.{angle}", most=most, unlike=(chosen, *(h.text for h in found)))
        if line:
            name = next(iter(pen.all(f"angle.{angle}"))).text.lower()
            found.append(Hook(angle=name, text=finish(ready, line.text), facts=line.cites))
        if len(found) == 2:
            break
    return found


def finish(ready: Ready, text: str) -> str:
    """Elision and spaces, in French."""
    return french.spaced(french.elided(text)) if ready.language == "fr" else text
