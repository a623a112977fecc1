"""The form of each channel for one text about several products: a range, or those named."""

from bot.core.parts import Copy, Hook
from bot.core.writer import WriteRequest
from bot.drafts.occasions import can_name_without_offer
from bot.i18n import typography
from bot.rules.writers.beginnings import NEWS
from bot.rules.writers.lines import Line, together, whole
from bot.rules.writers.openings import ANGLES, finish
from bot.rules.writers.paragraphs import musts
from bot.rules.writers.several import Group, make_group
from bot.rules.writers.shapes import ONE, TAG, Made, copy, tails


def email(assignment: WriteRequest, salt: str, terse: int) -> Made:
    group = make_group(assignment, salt, terse)
    ready = group.ready
    subject = _first(group, "joint.subject", ready.most("subject", 50))
    body = [_opening(group), *_told(group), _offer(group)]
    worry = None if "shorter" in ready.story.wishes else group.pen.say("joint.worry")
    body += [worry, *musts(ready)]
    if signature := ready.brand.get_signature(ready.language):
        body.append(Line(signature))
    return {
        "subject": copy(ready, subject),
        "preheader": copy(ready, _preheader(group)),
        "body": copy(ready, *body),
        "call_to_action": copy(
            ready, group.pen.say("joint.cta", "joint.cta_count", most=30) or Line("OK")
        ),
        "hooks": _hooks(group, subject.text, ready.most("subject", 50)),
    }


def product_page(assignment: WriteRequest, salt: str, terse: int) -> Made:
    group = make_group(assignment, salt, terse)
    ready = group.ready
    title = _first(group, "joint.title", ready.most("title", 80))
    body = [_opening(group), *_told(group), _offer(group), *musts(ready)]
    return {
        "title": copy(ready, title),
        "description": copy(ready, *body),
        "hooks": _hooks(group, title.text, ready.most("title", 80)),
    }


def sms(assignment: WriteRequest, salt: str, terse: int) -> Made:
    """The fullest message that one segment holds."""
    group = make_group(assignment, salt, terse)
    ready = group.ready
    tries: list[tuple[bool, int, int, int, Line, str]] = []
    sender = (ready.brand.sender or ready.brand.name) + (" : " if ready.language == "fr" else ": ")
    for line in _messages(group):
        for tail in tails(ready):
            text = typography.convert_to_gsm7(sender + " ".join([whole(line.text), *tail]))
            size = len(text) + (TAG if "://" in text else 0) + text.count("€")
            tries.append((size > ONE, max(0, size - ONE), -len(line.text), len(tries), line, text))
    *_, line, text = min(tries, key=lambda one: one[:4])
    said = typography.elide(text) if ready.language == "fr" else text
    return {"text": Copy(text=said, facts=line.cites), "hooks": _hooks(group, line.text, 90)}


def _messages(group: Group) -> list[Line]:
    """What could be sent: with the offer or the news in it, where there is one."""
    slots = [f"joint.sms_{_news(group)}", f"joint.sms_{_news(group)}_named"]
    slots = ["joint.sms_deal"] if group.ready.story.offer else slots
    found = [line for slot in slots for line in group.pen.all(slot)]
    return found or [*group.pen.all("joint.sms")] or [Line(group.pen.gaps["names"])]


def _news(group: Group) -> str:
    return NEWS.get(group.ready.story.goal, "plain")


def _told(group: Group) -> list[Line]:
    """A line each; of a text that is to be very short, without a reason."""
    return [item.line(bare=group.ready.terse > 0) for item in group.items]


def _opening(group: Group) -> Line | None:
    """The news or the offer first, then what concerns this audience."""
    pen, story = group.pen, group.ready.story
    first = (
        pen.say(f"joint.{_news(group)}", f"joint.{_news(group)}_named")
        if _news(group) != "plain"
        else None
    )
    if story.offer:
        timed = pen.say("joint.occasion", "joint.occasion_named") if story.occasion else None
        first = together(first, timed or pen.say("joint.deal", "joint.deal_named"))
    elif story.occasion:
        first = together(first, pen.say("joint.occasion_bare"))
    every = "everyone" if pen.gaps["range"] else "everyone_named"
    aud = every if story.audience == "everyone" else story.audience
    point = pen.say(f"joint.point.{aud}", f"joint.point.{every}")
    return together(first, point) or Line(pen.gaps["names"])


def _offer(group: Group) -> Line | None:
    """What the offer depends on; and that the prices are those on the tags."""
    story, pen = group.ready.story, group.pen
    if not story.offer:
        return None
    limits = [Line(pen.finished(whole(one))) for one in story.limits]
    priced = all(item.pen.gaps.get("price") for item in group.items)
    tagged = priced and story.offer.kind in ("percent", "upto", "amount", "half")
    free = pen.say("offer.also_delivery") if story.offer.delivery else None
    return together(pen.say("joint.tags") if tagged else None, *limits, free)


def _first(group: Group, slot: str, most: int) -> Line:
    news = f"{slot}_deal" if group.ready.story.offer else f"{slot}_{_news(group)}"
    story, timed = group.ready.story, list[str]()
    if story.occasion and (story.offer or can_name_without_offer(story.occasion)):
        timed = [f"{slot}_occasion_deal" if story.offer else f"{slot}_occasion"]
    line = group.pen.say(*timed, news, f"{news}_named", slot, f"{slot}_named", most=most)
    if line:
        return line
    pen = group.pen
    tries = [pen.gaps["range"] or pen.gaps["two"], pen.gaps["turned"], pen.gaps["proper"]]
    tries = [one for one in tries if not pen.echoes(one)]
    tries += [item.called for item in group.items]
    short = next((one for one in tries if one and len(one) <= most), tries[-1])
    return Line(group.pen.finished(short if len(short) <= most else short[:most].rsplit(" ", 1)[0]))


def _preheader(group: Group) -> Line:
    most = group.ready.most("preheader", 90)
    line = group.pen.say(
        "joint.preheader", "joint.preheader_plain", "joint.preheader_low", most=most
    )
    return line or Line(group.ready.brand.name)


def _hooks(group: Group, chosen: str, most: int) -> list[Hook]:
    """Two other ways in: by one product, and by another."""
    found: list[Hook] = []
    hints = [line for item in group.items if (line := item.hint())]
    tries = [("details", line) for line in hints]
    tries += [("plain", line) for line in group.pen.all("joint.hook")]
    for room, start in ((most, 20), (most, 60), (150, 60)):
        for angle, line in tries:
            text = finish(group.ready, line.text)
            taken = [other[:start] for other in (chosen, *(hook.text for hook in found))]
            if len(found) < 2 and len(text) <= room and text[:start] not in taken:
                found.append(Hook(angle=ANGLES[angle].text, text=text, facts=line.cites))
    return found
