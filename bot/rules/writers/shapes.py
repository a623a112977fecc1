"""The form of each channel: an e-mail, an SMS, a product page."""

from bot.core.channels import count_sms_segments
from bot.core.parts import Copy, Hook
from bot.drafts.occasions import can_name_without_offer
from bot.i18n import typography
from bot.rules.writers.beginnings import BARE, NEWS, bare, opening
from bot.rules.writers.doubted import answer
from bot.rules.writers.lines import Line, together, unique, whole
from bot.rules.writers.openings import call, finish, hooks, preheader, subject, subject_slots
from bot.rules.writers.paragraphs import more_facts, musts, offer, praise, product, reasons, terms
from bot.rules.writers.ready import Ready
from bot.rules.writers.worries import worry

Made = dict[str, Copy | list[Hook]]
TAG = len("?utm_campaign=si-1a2b3c4d")  # what is put behind a link to our site before it goes out
ONE = 160
UNCOUNTED = (0, 20, 22)  # a shorter message before a link that carries no campaign code


def email(ready: Ready) -> Made:
    """Subject, preheader, body, call to action, hooks."""
    ready.pen.full = True
    first = subject(ready)
    body = [*_body(ready), *musts(ready)]
    if signature := ready.brand.get_signature(ready.language):
        body.append(Line(signature))
    return {
        "subject": copy(ready, first),
        "preheader": copy(ready, preheader(ready, first.text)),
        "body": copy(ready, *body),
        "call_to_action": copy(ready, call(ready)),
        "hooks": hooks(ready, first.text, *subject_slots(ready), most=ready.most("subject", 50)),
    }


def _body(ready: Ready) -> list[Line | None]:
    """The paragraphs; of a text that is to be shorter, its opening and its terms at most."""
    if "shorter" not in ready.story.wishes:
        return [opening(ready), product(ready), praise(ready), terms(ready), worry(ready)]
    if ready.terse == 0:
        return [opening(ready), terms(ready)]
    return [opening(ready) if ready.terse == 1 else bare(ready), offer(ready)]


def sms(ready: Ready) -> Made:
    """Sender first, how to stop last; one segment where the words allow it. Sent back as too
    long, the fewest characters win."""
    sender = (ready.brand.sender or ready.brand.name) + (" : " if ready.language == "fr" else ": ")
    slots = _sms_slots(ready)
    news = NEWS.get(ready.story.goal)
    general = {"truth", *ready.pen.late}  # too general, or beside the point, for so little room
    ready.pen.reasons = [one for one in ready.pen.reasons if one.topic not in general]
    lines = _sms_lines(ready, slots) or [
        (0, Line(ready.pen.gaps.get("subject") or ready.brand.name))
    ]
    priced = "" if ready.story.offer else ready.pen.gaps.get("price", "")
    tries = []
    for place, (rank, line) in enumerate(lines):
        for fewer, tail in enumerate(tails(ready)):
            text = typography.convert_to_gsm7(sender + " ".join([whole(line.text), *tail]))
            size = len(text) + (TAG if "://" in text else 0) + text.count("€")
            fits = size <= ONE and count_sms_segments(text) == 1
            bent = typography.is_changed_by_sms(line.text)
            ends = ready.pen.gaps.get("until", "").lower()
            dropped = 40 * bool(ends and ends not in line.text.lower())  # untrue without its end
            cost = (
                dropped
                + 4 * (not line.says_why)
                + (9 if news else 3) * min(rank, 1)
                + 3 * bent
                + 2 * (priced not in line.text)
                + 2 * (": " in line.text)  # the sender has one already
                + UNCOUNTED[fewer]
            )
            if "shorter" in ready.story.wishes:
                cost = 1_000 * min(rank, 1) + size
            tries.append(((not fits, max(0, size - ONE), cost, place), line, text))
    _, line, text = min(tries, key=lambda one: one[0])
    ready.pen.told += [reason for reason in ready.pen.reasons if reason.text in line.text]
    said = Copy(text=typography.elide(text) if ready.language == "fr" else text, facts=line.cites)
    return {"text": said, "hooks": hooks(ready, line.text, *slots, most=90)}


def _sms_lines(ready: Ready, slots: list[str]) -> list[tuple[int, Line]]:
    """Every message that could be sent, with the rank of its slot; with the shorter name too."""
    pen = ready.pen
    found = [(rank, line) for rank, slot in enumerate(slots) for line in pen.all(slot)]
    if short := pen.gaps.get("the_short"):
        with pen.calling(short):
            for rank, slot in enumerate(slots):
                found += [(rank + 1, line) for line in pen.all(slot)]
    return found


def tails(ready: Ready) -> list[list[str]]:
    """What must stand behind the message: mentions, the link, how to stop; the fuller first."""
    limits = [ready.pen.finished(one) for one in ready.story.limits if ready.story.offer]
    said = [whole(one) for one in limits]
    said += [line.text for line in musts(ready)]
    if ready.story.offer and ready.story.offer.delivery:
        said += [line.text for line in ready.pen.all("offer.also_delivery")][:1]
    stop = [one for one in said if "STOP" in one]
    rest = [one for one in said if one not in stop]
    stop = stop or [next(ready.pen.all("sms.stop")).text]
    site = ready.brand.site
    if not site:
        return [[*rest, *stop]]
    bare = site.split("://")[-1].rstrip("/")
    return [[*rest, site, *stop], [*rest, bare, *stop], [*rest, *stop]]


def _sms_slots(ready: Ready) -> list[str]:
    story, aud = ready.story, ready.story.audience
    kind = NEWS.get(story.goal)
    if ready.is_event:
        return ["event.sms"]
    if not ready.goods.known:
        return ["sms.house_deal"] if story.offer else ["sms.house"]
    if story.offer:
        cuts = story.occasion and not can_name_without_offer(story.occasion)
        first = [f"sms.deal_{kind}"] if kind else ["sms.deal_occasion"] if cuts else []
        return [*first, f"sms.deal_{aud}", "sms.deal"]
    if kind:
        dated = [f"sms.{kind}_when"] if story.when.said else []
        return [f"sms.{kind}_{aud}", *dated, f"sms.{kind}"]
    first = ["sms.cut"] if ready.pen.gaps.get("before") else []
    first += ["sms.occasion"] if can_name_without_offer(story.occasion) else []
    return [*first, f"sms.{aud}", "sms.everyone"]


def product_page(ready: Ready) -> Made:
    """A title with what sets it apart, and a description that sells by use."""
    pen, goods, wishes = ready.pen, ready.goods, ready.story.wishes
    titles = ("page.title", "page.title_plain", "page.title_bare")
    title = pen.say(*titles, most=80) or Line(goods.name or ready.brand.name)
    thing = goods.known and not ready.is_event
    lead = (_lead(ready) if thing else opening(ready)) or title
    most = 4 if "longer" in wishes else 1 if "shorter" in wishes else 3
    doubt = answer(ready) if thing else None
    has = reasons(ready, most) if thing else None
    range_ = pen.say("range.both", "range.colours", "range.sizes")
    priced = ready.story.offer or "price" in wishes
    third = together(range_, offer(ready) if priced else None)
    ends = worry(ready)
    paragraphs = [lead, has, doubt, praise(ready), third, *more_facts(ready), ends, *musts(ready)]
    if "shorter" in wishes:
        has = None if pen.salted and not (doubt or third) else has  # the lead alone is shorter
        shorter = ([lead, has, doubt, third], [lead, doubt, third], [bare(ready), doubt])
        paragraphs = [*shorter[ready.terse]]
        paragraphs += musts(ready)
    return {
        "title": copy(ready, title),
        "description": copy(ready, *paragraphs),
        "hooks": hooks(ready, title.text, "page.title_plain", most=ready.most("title", 80)),
    }


def _lead(ready: Ready) -> Line | None:
    """What it is good for; of a thing of which one reason is known, its name before."""
    pen = ready.pen
    if len(pen.reasons) != 1 or ready.goods.rich:
        return pen.say("page.lead", *BARE)
    return together(
        pen.say(*BARE),
        pen.say("also.any"),
    )


def copy(ready: Ready, *lines: Line | None) -> Copy:
    """Paragraphs as they go out, with the facts they stand on."""
    some = [line for line in lines if line]
    text = "\n\n".join(line.text for line in some)
    return Copy(
        text=finish(ready, text), facts=unique(cite for line in some for cite in line.cites)
    )
