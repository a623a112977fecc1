"""The paragraphs after the first: what the product has, what is said of it, its terms, musts."""

from bot.grounding.legal import ALCOHOL_WARNING, has_alcohol_warning, is_alcohol
from bot.rules.writers.lexicon import language_of
from bot.rules.writers.lines import Line, together, whole
from bot.rules.writers.ready import Ready
from bot.text.normalize import normalize_text

ENOUGH = 150  # characters of reasons in one paragraph
FEW = 5  # reasons
PERSUADED = ("everyone", "new", "lapsed", "gift")  # by what others say


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
        said = quote if ended else Line(f"{quote.text}.", quote.cites)
        return together(said, ready.pen.say("praise.count"))
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


def musts(ready: Ready) -> list[Line]:
    """What the brief and the brand ask to say, word for word."""
    brand, request = ready.brand, ready.request
    lines = []
    for must in request.brief.must_say:
        if not normalize_text(must).startswith(("the price", "le prix", "price", "prix")):
            lines.append(Line(whole(must[0].upper() + must[1:])))
    for mention in brand.mentions:
        here = not mention.channels or request.channel in mention.channels
        if here and mention.language in (None, request.language):
            lines.append(Line(mention.text))
    sold = f"{ready.goods.name} ; {request.brief.product_words or ''}"
    if is_alcohol(sold) and not any(has_alcohol_warning(line.text) for line in lines):
        lines.append(Line(ALCOHOL_WARNING[ready.language]))
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
