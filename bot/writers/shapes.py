"""The form of each channel: an e-mail, an SMS, a product page, and two other ways to open."""

from bot.channels import segments
from bot.fold import fold
from bot.parts import Copy, Hook
from bot.writers import french, why
from bot.writers.lexicon import language_of
from bot.writers.pen import Line
from bot.writers.ready import Ready

NEWS = {"launch": "launch", "back in stock": "back", "announce": "announce"}
SIZED = why.FITTED
ONE_SMS = 160


def email(ready: Ready) -> dict[str, Copy | list[Hook]]:
    """Subject, preheader, body, call to action, hooks."""
    subject = _subject(ready)
    body = [_opening(ready), _product(ready), _terms(ready), _worry(ready), *_musts(ready)]
    if "shorter" in ready.story.wishes:
        body = [body[0], body[2], *_musts(ready)]
    preheader = _preheader(ready)
    hooks = _hooks(ready, subject)
    signature = ready.brand.signature
    whole = [*filter(None, body), *([Line(signature)] if signature else [])]
    return {
        "subject": copy(ready, subject),
        "preheader": copy(ready, preheader),
        "body": copy(ready, *whole),
        "call_to_action": copy(ready, _call(ready)),
        "hooks": hooks,
    }


def sms(ready: Ready) -> dict[str, Copy | list[Hook]]:
    """Sender first, how to stop last; one segment where the words allow it."""
    brand, pen = ready.brand, ready.pen
    sender = (brand.sender or brand.name) + (": " if ready.language == "en" else " : ")
    stop = next(iter(pen.all("sms.stop")), Line("STOP")).text
    mentions = [line.text for line in _musts(ready)]
    if any("STOP" in mention for mention in mentions):
        stop = ""
    tails = (
        [[*mentions, brand.site, stop], [*mentions, stop]] if brand.site else [[*mentions, stop]]
    )
    lines = list(pen.all(*_sms_slots(ready)))
    best: tuple[Line, str] | None = None
    for line in lines:
        for tail in tails:
            text = french.gsm7(sender + " ".join(filter(None, [_whole(line.text), *tail])))
            if segments(text) == 1:
                return _sent(ready, line, text)
            if best is None or len(text) < len(best[1]):
                best = line, text
    if best is None:
        line = Line(pen.gaps.get("subject") or brand.name)
        best = line, french.gsm7(sender + " ".join(filter(None, [_whole(line.text), *tails[-1]])))
    return _sent(ready, *best)


def product_page(ready: Ready) -> dict[str, Copy | list[Hook]]:
    """A title with what sets it apart, and a description that sells by use."""
    pen, goods = ready.pen, ready.goods
    title = pen.say("page.title", most=80) or Line(goods.name or ready.brand.name)
    lead = pen.say("page.lead", "page.lead_plain", "house.open")
    has = pen.say("page.details") if goods.details else None
    use = pen.say("page.use")
    extra = pen.say("page.use") if "longer" in ready.story.wishes or not goods.details else None
    audience = pen.say(f"page.for_{ready.story.audience}")
    range_ = pen.say("range.both", "range.colours", "range.sizes")
    first = _together(lead, audience)
    second = _together(has, use, extra)
    third = _together(range_, _offer(ready), _made(ready))
    paragraphs = [first, second, third, *_more(ready), _worry(ready), *_musts(ready)]
    if "shorter" in ready.story.wishes:
        paragraphs = [first, has or use, third, *_musts(ready)]
    return {
        "title": copy(ready, title),
        "description": copy(ready, *filter(None, paragraphs)),
        "hooks": _hooks(ready, lead or title),
    }


def copy(ready: Ready, *lines: Line) -> Copy:
    """Paragraphs as they go out, with the facts they stand on."""
    text = "\n\n".join(line.text for line in lines)
    cites = tuple(dict.fromkeys(cite for line in lines for cite in line.cites))
    return Copy(text=finish(ready, text), facts=cites)


def finish(ready: Ready, text: str) -> str:
    """Elision and spaces, in French."""
    return french.spaced(french.elided(text)) if ready.language == "fr" else text


def _opening(ready: Ready) -> Line:
    pen, story = ready.pen, ready.story
    news = _news(ready)
    group = why.group(ready.goods.kind)
    aud = story.audience
    if news:
        point = pen.say(f"point.{aud}.{group}+point.{aud}.any", "point.everyone.any")
        return news + point if point else news
    if not ready.goods.known:
        return _house(ready)
    slots = [
        f"open.{aud}.{group}+open.{aud}.any",
        f"open.everyone.{group}+open.everyone.any",
        "open.everyone.plain",
    ]
    if aud == "price" and story.offer:
        slots.insert(0, "open.price.deal")
    line = pen.say(*slots) or Line(pen.finished(pen.gaps["the"] + "."))
    if aud == "new" and pen.gaps.get("about"):
        return line + Line(pen.gaps["about"])
    return line


def _news(ready: Ready) -> Line | None:
    kind = NEWS.get(ready.story.goal)
    if not kind or not ready.goods.known:
        return None
    slot = (
        f"news.{kind}_when" if ready.story.when.said and not ready.story.offer else f"news.{kind}"
    )
    return ready.pen.say(slot, f"news.{kind}")


def _house(ready: Ready) -> Line:
    """No product is known: the offer, the news or the shop itself."""
    pen, story = ready.pen, ready.story
    if story.offer:
        pen.gaps["reason"] = pen.gaps["deal"] + (
            f" {pen.gaps['until']}" if "until" in pen.gaps else ""
        )
    slots = ["house.open_lapsed"] if story.audience == "lapsed" else []
    slots += ["house.open_deal"] if story.offer else ["house.open_news"]
    return pen.say(*slots, "house.open") or Line(ready.brand.name)


def _product(ready: Ready) -> Line | None:
    """What it has, then one more reason."""
    pen = ready.pen
    if not ready.goods.known:
        return None
    has = pen.say("details.any") if ready.goods.details else None
    more = pen.say("also.any") if not has or "longer" in ready.story.wishes else None
    if not has and not more and pen.gaps.get("saying"):
        saying = Line(pen.gaps["saying"], pen.cites["saying"])
        return None if any("{saying}" in said for said in pen.said) else saying
    return _together(has, more)


def _terms(ready: Ready) -> Line | None:
    """Colours and sizes, then price and offer."""
    pen = ready.pen
    sized = "sizes" in pen.gaps and ready.goods.kind in SIZED
    range_ = pen.say("range.both", "range.colours") if pen.gaps.get("colours") else None
    if not range_ and not sized and pen.gaps.get("sizes"):
        range_ = pen.say("range.sizes")
    return _together(range_, _offer(ready))


def _offer(ready: Ready) -> Line | None:
    pen, offer = ready.pen, ready.story.offer
    opened = any(
        "{deal}" in said or "{reason}" in said for said in pen.said if said in _openings(ready)
    )
    if offer:
        if opened and not ready.goods.known:
            return None
        slots = (
            [f"offer.{offer.kind}_price"] if ready.shows_price and not _said(ready, "price") else []
        )
        line = pen.say(*slots, f"offer.{offer.kind}")
        if line and ready.shows_price and offer.kind not in ("percent", "price"):
            price = pen.say("price.before", "price.any") if not _said(ready, "price") else None
            return _together(price, line)
        return line
    if ready.shows_price and not _said(ready, "price"):
        return pen.say("price.before", "price.any")
    return None


def _openings(ready: Ready) -> list[str]:
    return [said for said in ready.pen.said]


def _said(ready: Ready, gap: str) -> bool:
    """Whether the body has told this already."""
    return any(f"{{{gap}}}" in said for said in ready.pen.said if not said.startswith("#"))


def _worry(ready: Ready) -> Line | None:
    """The objection people have, answered."""
    pen, goods = ready.pen, ready.goods
    if not goods.known or "shorter" in ready.story.wishes:
        return None
    if ready.story.audience == "gift":
        return pen.say("worry.gift") if goods.kind in SIZED else pen.say("worry.taste")
    if goods.kind in SIZED:
        return pen.say("worry.size_known+worry.size" if pen.gaps.get("sizes") else "worry.size")
    if goods.kind == "shoes":
        return pen.say("worry.feet")
    if goods.kind in why.FURNITURE or goods.kind in ("rug", "curtain"):
        return pen.say("worry.space")
    if goods.kind in ("cushion", "throw", "bed", "bag", "scarf") and (goods.colours or goods.range):
        return pen.say("worry.colour")
    if goods.kind in ("vase", "pot", "light", "wall", "bag", "deco"):
        return pen.say("worry.object")
    return pen.say("worry.taste")


def _musts(ready: Ready) -> list[Line]:
    """What the brief and the brand ask to say, word for word."""
    brand, request = ready.brand, ready.request
    lines = []
    for must in request.brief.must_say:
        asks = any(fold(must).startswith(a) for a in ("the price", "le prix", "price", "prix"))
        if not asks:
            lines.append(Line(_whole(must[0].upper() + must[1:])))
    for mention in brand.mentions:
        here = not mention.channels or request.channel in mention.channels
        if here and mention.language in (None, request.language):
            lines.append(Line(mention.text))
    return lines


def _more(ready: Ready) -> list[Line]:
    """Other facts of the catalogue, as they are: care, origin, dimensions."""
    lines = []
    for fact in ready.goods.more[:4]:
        value = fact.spelled(ready.language)
        there = language_of(f"{fact.label} {value}")
        if there in (ready.language, None) and len(value) < 120:
            colon = ": " if ready.language == "en" else " : "
            lines.append(
                Line(f"{fact.label[0].upper()}{fact.label[1:]}{colon}{_whole(value)}", (fact.id,))
            )
    return lines


def _made(ready: Ready) -> Line | None:
    named = ready.goods.named_materials or not ready.goods.materials
    return None if named else ready.pen.say("page.made")


def _subject(ready: Ready) -> Line:
    pen, story = ready.pen, ready.story
    most = ready.most("subject", 50)
    aud, kind = story.audience, NEWS.get(story.goal)
    if not ready.goods.known:
        slots = ["house.subject_deal"] if story.offer else ["house.subject"]
        slots += ["house.subject_lapsed"] if aud == "lapsed" else []
    elif story.offer:
        slots = [f"subject.deal_{aud}+subject.deal", "subject.deal"]
    elif kind in ("launch", "back"):
        dated = [f"subject.{kind}_when"] if story.when.said else []
        slots = [*dated, f"subject.{kind}", "subject.everyone"]
    else:
        slots = ["subject.occasion"] if story.occasion and story.occasion.gift else []
        slots += [f"subject.{aud}", "subject.everyone"]
    line = pen.say(*slots, most=most)
    if line:
        return line
    name = pen.gaps.get("bare") or pen.gaps.get("subject") or ready.brand.name
    return Line(
        pen.finished(name)[:most].rsplit(" ", 1)[0] if len(name) > most else pen.finished(name)
    )


def _preheader(ready: Ready) -> Line:
    most = ready.most("preheader", 90)
    return ready.pen.say("preheader.any", most=most) or Line(ready.brand.name)


def _call(ready: Ready) -> Line:
    pen, story, kind = ready.pen, ready.story, ready.goods.kind
    most = ready.most("call_to_action", 30)
    if not ready.goods.known:
        slots = ["cta.event"] if story.goal == "announce" else ["cta.code"]
        return pen.say(*slots, "cta.house", most=most) or Line("OK")
    slots = []
    if story.audience == "gift":
        slots.append("cta.gift")
    elif story.goal == "launch" and story.when.said and not story.offer:
        slots.append("cta.launch")
    elif kind in SIZED and ready.goods.sizes:
        slots.append("cta.size")
    elif pen.gaps.get("colours"):
        slots.append("cta.colour")
    elif story.offer and story.offer.code:
        slots.append("cta.code")
    return pen.say(*slots, "cta.see", "cta.look", most=most) or Line("OK")


def _sms_slots(ready: Ready) -> list[str]:
    story, aud = ready.story, ready.story.audience
    kind = NEWS.get(story.goal)
    if not ready.goods.known:
        return ["sms.house_deal"] if story.offer else ["sms.house"]
    if story.offer:
        return [f"sms.deal_{aud}", "sms.deal"]
    if kind in ("launch", "back"):
        dated = [f"sms.{kind}_when"] if story.when.said else []
        return [*dated, f"sms.{kind}", "sms.everyone"]
    return [f"sms.{aud}", "sms.everyone"]


def _sent(ready: Ready, line: Line, text: str) -> dict[str, Copy | list[Hook]]:
    said = french.gsm7(french.elided(text)) if ready.language == "fr" else text
    return {"text": Copy(text=said, facts=line.cites), "hooks": _hooks(ready, line, most=110)}


def _hooks(ready: Ready, chosen: Line, most: int = 140) -> list[Hook]:
    """Two other ways in, each from its own angle."""
    pen, story = ready.pen, ready.story
    angles = ["price", "comfort", "details", "use"]
    if story.occasion and story.occasion.gift:
        angles.insert(0, "occasion")
    if story.goal == "back in stock":
        angles.insert(0, "news")
    if not ready.shows_price and not story.offer:
        angles.remove("price")
    angles = [*angles, "question", "news"]
    if ready.request.channel == "sms":
        pen.told += [r for r in pen.reasons if r.text.lower() in chosen.text.lower()]
    found: list[Hook] = []
    for angle in angles:
        if len(found) == 2:
            break
        line = pen.say(f"hook.{angle}", most=most)
        if line and _differs(line.text, [chosen.text, *(hook.text for hook in found)]):
            name = next(iter(pen.all(f"angle.{angle}"))).text.lower()
            found.append(Hook(angle=name, text=finish(ready, line.text), facts=line.cites))
    return found


def _differs(text: str, others: list[str]) -> bool:
    start = fold(text)[:24]
    return all(not fold(other).startswith(start) for other in others)


def _together(*lines: Line | None) -> Line | None:
    some = [line for line in lines if line]
    if not some:
        return None
    whole = some[0]
    for line in some[1:]:
        whole = whole + line
    return whole


def _whole(text: str) -> str:
    """With its full stop."""
    return text if text.rstrip()[-1:] in ".!?" else text.rstrip() + "."
