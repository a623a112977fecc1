"""What code works out for a writer of copy from the facts.

The notes tell the room of an SMS, stock, prices, the price with the offer, what is known of the
audience, and the doubt of customers. Faults of style go back to the writer alone.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from pydantic import BaseModel

from bot.agent.loop import Wish
from bot.agent.stated_facts import find_stated_facts
from bot.config.brand import Brand
from bot.core.channels import Channel, count_sms_excess, measure_sms_room, measure_text
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.half_up import round_half_up
from bot.core.parts import Part, split_output
from bot.core.readers import (
    list_currencies,
    list_foreign_opt_outs,
    list_reader_countries,
)
from bot.core.request import BASKET_LEFT, OFFER_JOINT, Brief, SkillRequest
from bot.drafts.models import campaign_code, tag_links
from bot.drafts.occasions import Occasion, find_past_days, load_occasions
from bot.drafts.recipients import find_page, find_target, list_brief_links, list_buttons
from bot.grounding.figure_checks import OFFER_KIND, has_threshold
from bot.grounding.numbers import read_figures
from bot.grounding.price_cuts import find_cuts
from bot.grounding.units import SPANS
from bot.i18n.countries import translate_country
from bot.i18n.languages import get_language
from bot.i18n.messages import Money, Words
from bot.i18n.typography import NBSP, is_gsm7
from bot.text.normalize import collapse_spaces

LONG_PART = 1000  # characters; a part with so much room may speak of delivery
DOUBT = "doubt to answer"  # label of a fact
DOUBT_RULE = "doubt"
# Of findings that go by the brief and the facts, whatever the words: an edit leaves them as true.
NOTE_RULES = frozenset(
    {
        *(DOUBT_RULE, "audience", "delivery", "end of the ad", "launch", "occasion", "opt-out"),
        *("reduced", "terms"),
    }
)
LETTERS_A_WORD = 6  # of English and French, with the space
TO_ANSWER = Words("Customers' most frequent doubt: “{doubt}”. Does the text answer it?")
END_OF_AD = Words("Set the ad to end on {day}: it may show without the end of the offer.")
IN_TIME = Words("Your data don't tell whether an order arrives in time.")
OLD = timedelta(days=90)  # since its first order a product is no novelty
MONTH = timedelta(days=30)  # in which a lower price is a cut
REDUCED = Words("{product}: reduced, {price} instead of {before}.")
REDUCED_SINCE = Words("{product}: reduced since {day}, {price} instead of {before}.")
FROM_WHEN = Words("From which day do the “{span}” count? The brief doesn't say.")
OLD_CODE = Words("{code} was given for {before}. Approving confirms that it now gives {now}.")
NO_PRICE = Words("No price in the text: yours are in {known}, its readers pay in {theirs}.")
PRICE_RULE = "no price"
OCCASION_OVER = Words("{occasion}: over since {day}.")
OLD_LAUNCH = Words("In your orders since {day}. Is this a launch?")
WITHOUT_PRODUCT = (
    "The brief names no product. The products among the facts are best sellers. A text about an "
    "offer on everything, a service such as delivery, an event or news needs none: leave them out. "
    "Else show at most three that suit the occasion, these or others (`find_products`), and look "
    "each of them up with `product` first."
)
NO_LIMITS = (
    "They are chosen by sales alone: where the brief sets a limit (a price, what it is for or on), "
    "they may be outside it. Then find those within it (`find_products` has `max_price`)."
)
UNKNOWN_BASKET = (
    "What is in the basket is not known: name no product and no range, and ask for none. Their "
    "choice is made; say what makes the last step easy (facts of `brand.service`)."
)
NAMED_BASKET = (
    "The brief says of it: “{words}”. Goods among these words are in the basket: name them so, as "
    "what these people chose, and no product. Say what makes the last step easy (facts of "
    "`brand.service`, or what is true of all such goods)."
)
OF_RANGE = (
    "The text is about the range as a whole. The products among the facts are its best sellers. A "
    "short message about an offer or a date needs none; else show at most three that prove what "
    "you say of it, these or others of the range (`find_products`), and look each of them up with "
    "`product` first. Ask for no product."
)
BEST_OF_RANGE = (
    "If the brief wants the best seller of the range: that is {title}. Look it up with `product`, "
    "write about it alone, and add {id} to the `facts` of the first part. Of a kind within the "
    "range (the best-selling scarf), `find_products` tells it: sort best_sellers."
)
NOT_NEW = (
    "The orders have this product for long: it is not new. Write as new only what the brief says "
    "is new about it."
)
SOLD_OUT = "SOLD OUT. Don't sell it."  # a note with it is the only one on the product's price
TO_PAY, TO_PAY_FROM = "to pay with the offer", "to pay with the offer, from"  # labels of facts
ALL_PERCENT = Decimal(100)
MAX_LINKS = 4  # whose room is told
GREETING_PATTERN = re.compile(
    r"(dear|hello|hi|hey|bonjour|bonsoir|salut|coucou|ch[eè]re?s?)\b", re.IGNORECASE
)


def list_copy_notes(
    request: SkillRequest,
    evidence: Evidence,
    brand: Brand,
    channel: Channel | None,
    today: date,
) -> list[str]:
    notes = [*_describe_audience(request, evidence), *_describe_abroad(request, evidence, brand)]
    if request.brief.goal == BASKET_LEFT and not request.brief.product:
        named = request.brief.product_words
        notes.append(NAMED_BASKET.format(words=named) if named else UNKNOWN_BASKET)
    elif not request.brief.product and evidence.of("product"):
        notes += [OF_RANGE if request.brief.category else WITHOUT_PRODUCT, NO_LIMITS]
        best = [one for one in evidence.of("product") if one.parts.measure == "best-seller"]
        notes += [BEST_OF_RANGE.format(title=one.value, id=one.id) for one in best]
    is_cut = "%" in (request.brief.offer or "")
    has_prices = find_foreign_currency(request.brief, evidence) is None
    reduced = evidence.of("reduced") if not request.brief.product else ()  # else told below
    if is_cut and (names := [fact.about for fact in reduced]):
        notes.append(
            f"Reduced already: {'; '.join(names)}. Write the offer's percentage and no price of "
            "these, unless the brief says what it comes off."
        )
    is_listing = channel is not None and channel.is_listing
    if is_listing and request.brief.others:
        notes.append(
            f"A listing is of one article: write it of {request.brief.product} alone, and put the "
            "others into `not_used`."
        )
    for handle in filter(None, (request.brief.product, *request.brief.others)):
        stock = [] if is_listing else [*_describe_stock(handle, request, evidence, today)]
        if has_prices and not any(SOLD_OUT in one for one in stock):
            notes += _describe_product(handle, request, evidence)
        notes += stock
    if find_old_launch(request, evidence, today):
        notes.append(NOT_NEW)
    notes += _describe_doubt(request, evidence)
    page = find_page(request.brief, evidence, brand)
    if channel is not None and channel.is_counted_in_segments:
        notes += _describe_sms_room(request, evidence, brand)
    elif target := find_target(request.brief, (), evidence, channel, brand.site, page):
        is_open = not (request.brief.product or page or request.brief.offer)
        instead = " (the product's, if the text is about one alone)" if is_open else ""
        if request.brief.others and target != page:
            instead = ", that of the first product,"
        notes.append(
            f"Code shows {target}{instead} beside the text, as the page that the click leads to: "
            "write no link, and don't count it as `not_used`."
        )
    elif channel and brand.site and request.brief.others and list_buttons(channel):
        notes.append(
            f"The text is about several products, and no page shows them together: the button "
            f"leads to {brand.site}, the home page. Its words promise no page of its own (“See the "
            "shop”, not “Make up the bed”). Write no link, and don't count it as `not_used`."
        )
    return notes


def list_open_questions(
    request: SkillRequest, evidence: Evidence, channel: Channel | None, today: date
) -> tuple[Check, ...]:
    """Return what readers will ask and code can't answer, for the people who approve."""
    if channel is None:
        return ()
    found = []
    if doubt := evidence.labelled(DOUBT):
        words = TO_ANSWER.with_params(doubt=doubt.value)
        found.append(Check(rule=DOUBT_RULE, level="info", words=words, fact=doubt.id))
    until = request.brief.until if request.brief.offer else None
    if channel.ads_on and until:
        words = END_OF_AD.with_params(day=until)
        found.append(Check(rule="end of the ad", level="info", words=words))
    found += _find_open_terms(request.brief, today)
    found += _find_old_codes(request.brief)
    foreign = find_foreign_currency(request.brief, evidence)
    if foreign and request.brief.product and not channel.is_listing:
        words = NO_PRICE.with_params(known=foreign[0], theirs=", ".join(foreign[1]))
        found.append(Check(rule=PRICE_RULE, level="info", words=words))
    if (over := _find_occasion_over(request, today)) is not None:
        found.append(Check(rule="occasion", level="info", words=over))
    occasion = _find_gift_occasion(request)
    has_room = any(limit.most >= LONG_PART for limit in channel.parts.values())
    if occasion is not None and has_room and not channel.is_listing:
        found.append(Check(rule="delivery", level="info", words=IN_TIME))
    return tuple(found)


def _find_open_terms(brief: Brief, today: date) -> Iterator[Check]:
    """Yield for how long an offer holds that has no day to count from."""
    terms = find_stated_facts(brief.offer or "", brief.author, today)
    labels = {fact.label for fact in terms}
    if brief.since or brief.until or "date" in labels or not labels & {"percentage", "price"}:
        return
    for figure in read_figures(brief.offer or ""):
        if figure.first.unit in SPANS:
            words = FROM_WHEN.with_params(span=figure.text)
            yield Check(rule="terms", level="info", words=words, quote=figure.text)


def _find_old_codes(brief: Brief) -> Iterator[Check]:
    """Yield the codes that were given for another figure, and with the new one by nobody."""
    figures = [one for text in (brief.offer or "", *brief.must_say) for one in read_figures(text)]
    new = {unit: one for one in figures if (unit := one.first.unit)}
    gone = [one for text in brief.replaced for one in read_figures(text)]
    pairs = [(one, new[unit]) for one in gone if (unit := one.first.unit) and unit in new]
    if not pairs:
        return
    before, now = pairs[-1]
    typed = [*brief.words.splitlines(), *(one.words for one in brief.instructions)]
    lines = [{one.readings for one in read_figures(line)} for line in typed]
    codes = {one.readings: one.text for one in figures if one.first.kind == "code"}
    for readings, code in codes.items():
        if not any({readings, now.readings} <= line for line in lines):
            words = OLD_CODE.with_params(code=code, before=before.text, now=now.text)
            yield Check(rule="code", level="stated", words=words)


def _find_occasion_over(request: SkillRequest, today: date) -> Words | None:
    """Say of the brief's occasion that it has just passed."""
    brief, occasion = request.brief, load_occasions().get(request.brief.occasion or "")
    periods = occasion.list_near(today, brief.market) if occasion else []
    last = max((period.until for period in periods), default=today)
    if occasion is None or last >= today or find_past_days(brief, today):
        return None
    return OCCASION_OVER.with_params(occasion=occasion.title[request.language], day=last)


def drop_answered_questions(notes: Sequence[Check], written: BaseModel) -> tuple[Check, ...]:
    """Return the notes without a doubt that the text answers (its writer cites it there), and
    without the reason why there is no price where there is one."""
    parts = split_output(written)[0]
    cited = {id for part in parts for id in part.facts}
    is_priced = any(one.is_money for part in parts for one in read_figures(part.text))
    return tuple(
        one
        for one in notes
        if not (one.rule == DOUBT_RULE and one.fact in cited)
        and not (one.rule == PRICE_RULE and is_priced)
    )


def find_old_launch(request: SkillRequest, evidence: Evidence, today: date) -> tuple[Check, ...]:
    """Return since when the orders have what a text is to launch, if that is long ago."""
    first = evidence.get(f"product.{request.brief.product}.first-sold")
    if request.brief.goal != "launch" or first is None:
        return ()
    day = date.fromisoformat(str(first.value))
    words = OLD_LAUNCH.with_params(day=day)
    check = Check(rule="launch", level="info", words=words, fact=first.id)
    return (check,) if day < today - OLD else ()


def find_reductions(request: SkillRequest, evidence: Evidence, today: date) -> Iterator[Check]:
    """Yield the prices of the products of a text that were cut in the last 30 days, for the people
    who approve: such a price may end before the text goes out."""
    for handle in filter(None, (request.brief.product, *request.brief.others)):
        name, price = _get(evidence, handle, "name"), _get(evidence, handle, "price")
        before = evidence.get(f"prices.{handle}.lowest-price-30-days")
        before = before or _get(evidence, handle, "lowest price 30 days")
        if not (price and price.unit and before and price.unit == before.unit):
            continue
        changes = [one for one in evidence.of("prices") if one.parts.subject == handle]
        days = [one.since for one in changes if one.since and one.value == price.value]
        since = max(days, default=today)
        if Decimal(price.value) < Decimal(before.value) and since > today - MONTH:
            words = (REDUCED_SINCE if days else REDUCED).with_params(
                product=str(name.value) if name else handle,
                day=since,
                price=Money(amount=Decimal(price.value), currency=price.unit),
                before=Money(amount=Decimal(before.value), currency=price.unit),
            )
            yield Check(rule="reduced", level="info", words=words, fact=price.id)


def _describe_audience(request: SkillRequest, evidence: Evidence) -> Iterator[str]:
    brief = request.brief
    if not (brief.audience or brief.rule or brief.goal_audience):
        return
    if not evidence.of("segment"):
        yield (
            "Audience: not counted in the data so far. Unless a tool counts it, only what the "
            "brief says is known of them (a basket left); else write “if”, not “your”."
        )
        return
    yield (
        "Audience: counted. What `segment.audience.audience` says is true of each of them and may "
        "be taken for granted; what most of them bought is not true of all: “if”."
    )
    bought = evidence.get("segment.audience.bought-most")
    yield from _describe_buyers(request, evidence, bought)


def _describe_buyers(
    request: SkillRequest, evidence: Evidence, bought: Fact | None
) -> Iterator[str]:
    name = _get(evidence, request.brief.product, "name")
    if name and bought and str(name.value) in str(bought.value).split("; "):
        yield "Many of them have this very product: it needs no introduction."


def list_counted_notes(
    request: SkillRequest, evidence: Evidence, brand: Brand, rule: str, bought: Fact | None
) -> list[str]:
    """Return the notes for the writer on an audience that a tool has counted: those that it didn't
    have before. `rule` is its AudienceRule as JSON."""
    counted = request.model_copy(update={"brief": request.brief.model_copy(update={"rule": rule})})
    known = {*_describe_abroad(request, evidence, brand)}
    found = [*_describe_buyers(counted, evidence, bought)]
    return found + [one for one in _describe_abroad(counted, evidence, brand) if one not in known]


def _describe_product(handle: str, request: SkillRequest, evidence: Evidence) -> Iterator[str]:
    name = _get(evidence, handle, "name")
    title = str(name.value) if name else handle
    price, highest = _get(evidence, handle, "price"), _get(evidence, handle, "price to")
    language = request.language
    if price and highest:
        yield (
            f"{title}: the price depends on size or colour, {price.shown(language)} to "
            f"{highest.shown(language)}. Write “from” (« à partir de »)."
        )
    if offer := evidence.get(f"{OFFER_KIND}.{handle}.to-pay"):
        before = _get(evidence, handle, "lowest price 30 days")
        both = (
            f"Write both prices: {offer.shown(language)} instead of {before.shown(language)}."
            if before
            else "The lowest price of the last 30 days is not known: write no former price."
        )
        yield (
            f"{title}: {offer.shown(language)} with the offer, if it takes its percentage off this "
            f"product. {both}"
        )
    lowest = _get(evidence, handle, "lowest price 30 days")
    is_cut = "%" in (request.brief.offer or "") and price and lowest and not offer
    if is_cut and price and lowest and Decimal(price.value) < Decimal(lowest.value):
        yield (
            f"{title} is reduced already: {price.shown(language)} today, the lowest price of 30 "
            f"days is {lowest.shown(language)}. Write the offer's percentage and no price, unless "
            "the brief says what it comes off; then that calculation gives the price."
        )


def _describe_stock(
    handle: str, request: SkillRequest, evidence: Evidence, today: date
) -> Iterator[str]:
    """Tell what is sold out, and whether what the brief calls back is so today."""
    stock, name = _get(evidence, handle, "stock"), _get(evidence, handle, "name")
    if stock is None or stock.value != Decimal(0):
        return
    title, since = str(name.value) if name else handle, request.brief.since
    if request.brief.goal == "back in stock" and since and since > today:
        yield (
            f"{title}: none in stock today, {today}; by the brief it is back on {since}. No fact "
            "tells on which day the text goes out. Write what is true before that day and on it "
            "(“back on Tuesday”, not “is back”), and a call to action that works on both."
        )
        return
    yield (
        f"{title}: {SOLD_OUT} If the brief speaks of its return or of a waiting "
        "list, write that: of a return as still to come, unless the brief itself says that it is "
        "back (people confirm it: none is in the catalogue); else of none (no “for now”). "
        "Whatever is shown alone (each headline of an ad) says so too, without a price and, "
        "whatever the occasion, not as a present to give. Else call `ask_person` what to write, "
        "with “A waiting-list text” and a product in stock as options."
    )


def _describe_abroad(request: SkillRequest, evidence: Evidence, brand: Brand) -> Iterator[str]:
    """Tell what of the brand and the catalogue does not hold where the readers are."""
    countries = list_reader_countries(request.brief)
    places = ", ".join(translate_country(one, "en") for one in countries)
    if foreign := list_foreign_opt_outs(request, brand):
        yield (
            f"“{'; '.join(foreign)}” does not work in {places}, and no number for it is known: "
            "leave it out and write no other. The card says that it is missing."
        )
    if (found := find_foreign_currency(request.brief, evidence)) is not None:
        known, theirs = found
        yield (
            f"Prices are known in {known} alone, and people in {places} pay in "
            f"{', '.join(theirs)}: write none, but for one that the brief itself names. Of a price "
            "cut the percentage alone. The card says why."
        )


def find_foreign_currency(brief: Brief, evidence: Evidence) -> tuple[str, list[str]] | None:
    """Return the currency that the prices are known in and those that the readers pay in, where
    it is none of these."""
    countries = list_reader_countries(brief)
    prices = [one for one in evidence.of("product") if one.label == "price" and one.unit]
    if not (countries and prices) or (known := prices[0].unit) is None:
        return None
    theirs = list_currencies(countries, prices[0].as_of)
    return None if known in theirs else (known, sorted(theirs))


def _describe_doubt(request: SkillRequest, evidence: Evidence) -> Iterator[str]:
    if doubt := evidence.labelled(DOUBT):
        yield (
            f"Doubt that customers have most: {doubt.value}. If a fact on the product answers it, "
            f"say that fact in passing, and add {doubt.id} to the `facts` of that part alone: it "
            "says that the doubt is answered. If none does, leave it: the card names it to the "
            "team."
        )
    if _find_gift_occasion(request):
        yield (
            "No fact tells when an order arrives: promise nothing about it beyond the words of the "
            "brief."
        )


def _describe_sms_room(request: SkillRequest, evidence: Evidence, brand: Brand) -> Iterator[str]:
    """Tell how much is left for the writer beside the sender, how to stop and each link that the
    text may have: the one that the brief gives, or else those of facts and the brand."""
    mentions = [one.text for one in brand.list_mentions(request.language, request.channel)]
    colon = f"{get_language(request.language).marks.colon} ".replace(NBSP, " ")
    fixed = f"{brand.sender or brand.name}{colon} {' '.join(mentions) or 'STOP'}"
    links = [str(one.value) for one in evidence.of("product") if one.label == "link"]
    fact = _get(evidence, request.brief.product, "link")
    own = str(fact.value) if fact else None
    is_own = own and not request.brief.others and request.brief.goal != BASKET_LEFT
    page = find_page(request.brief, evidence, brand)
    orders = brand.find_page("orders", request.brief.market) if request.brief.is_notice else None
    known = [own] if is_own else [orders, page or brand.site, own, *links]
    addresses = list_brief_links(request.brief, brand.site) or filter(None, known)
    tagged = {address: tag_links(address, brand.site, campaign_code("")) for address in addresses}
    for address, link in [*tagged.items()][:MAX_LINKS]:
        one, two = (measure_sms_room(f"{fixed} {link}", count) for count in (1, 2))
        yield (
            f"SMS: with {address} ({len(link)} characters with its campaign code), sender and "
            f"opt-out, your own words may have {one} characters in one SMS (about "
            f"{one // LETTERS_A_WORD} words), {two} in two (€ counts double)."
        )
    if tagged:
        yield "SMS: a longer link takes what it is longer from your own words."
    if evidence.of(OFFER_KIND) and find_foreign_currency(request.brief, evidence) is None:
        yield "SMS: where one has no room for both prices: the percentage alone, and no price."
    longest = max(tagged.values(), key=len, default="")
    one, two = (measure_sms_room(f"{fixed} {longest}", count, is_gsm=False) for count in (1, 2))
    yield (
        "SMS: a single character outside GSM-7 (ê â î ô û ë ï ç œ À °, curly quotes, emojis) "
        f"leaves {one} and {two} instead. é è à ù € £ are inside."
    )


def find_style_faults(
    parts: Sequence[Part], *, request: SkillRequest, brand: Brand, channel: Channel | None
) -> list[str]:
    """Return the faults as sentences for the writer that the checks of the draft do not tell it."""
    text = "\n".join(part.text for part in parts)
    sender = brand.sender or brand.name
    faults = list(_find_long_sms(parts, channel, brand)) if channel else []
    faults += [
        f"a person wrote this, keep it word for word: “{passage.text}”"
        for passage in request.kept
        if collapse_spaces(passage.text) not in collapse_spaces(text)
    ]
    if GREETING_PATTERN.match(text.removeprefix(sender).lstrip(" :\u00a0")):
        faults.append("the first 40 characters are a greeting: put the benefit there")
    return faults


def _find_long_sms(parts: Sequence[Part], channel: Channel, brand: Brand) -> Iterator[str]:
    """Yield what is too long of an SMS as it goes out: with the campaign code in its link."""
    code = campaign_code("")  # all codes have the same length
    for part in parts:
        limit = channel.find_limit(part.key)
        if limit is None or limit.unit != "segments":
            continue
        tagged = tag_links(part.text, brand.site, code)
        size, excess = measure_text(tagged, limit), count_sms_excess(tagged)
        foreign = "".join(sorted({one for one in tagged if not is_gsm7(one)}))
        if foreign and size > 1:
            yield (
                f"{part.key}: outside GSM-7, “{foreign}” leaves less than half the room: write "
                "without it first"
            )
        if measure_text(part.text, limit) > limit.most:
            continue  # the check of the form says it
        if size > limit.most:
            yield (
                f"{part.key}: with the campaign code of its link it goes out as {size} SMS, and "
                f"{limit.most} are allowed: shorten it"
            )
        elif excess:
            yield Wish(
                f"{part.key}: with the campaign code of its link it goes out as {size} SMS. With "
                f"{excess} characters less it is one: shorten it, unless the conditions of the "
                "offer, or a change that may touch nothing else, need two"
            )


def _find_gift_occasion(request: SkillRequest) -> Occasion | None:
    """Return the occasion of the brief, if people buy presents for it."""
    occasion = load_occasions().get(request.brief.occasion or "")
    return occasion if occasion and occasion.gift and request.brief.product else None


def _get(evidence: Evidence, handle: str | None, label: str) -> Fact | None:
    return next(
        (
            fact
            for fact in evidence.of("product")
            if fact.parts.subject == handle and fact.label == label
        ),
        None,
    )


def find_offer_prices(evidence: Evidence, request: SkillRequest, today: date) -> Iterator[Fact]:
    """Yield offer.<handle>.to-pay for each product: its price less the percentage of the brief's
    offer. Nothing is computed where the offer has another figure besides its days, such as a least
    amount, or where the price of today is not the lowest of 30 days, from which cuts are counted.
    Free delivery from a sum on, which was added to an offer, changes no price."""
    brief = request.brief
    offers = (brief.offer or "").split(OFFER_JOINT)
    others = [one for one in offers if has_threshold(one) and not find_cuts(one)]
    cut = OFFER_JOINT.join(one for one in offers if one not in others)
    stated = find_stated_facts(cut, brief.author, today)
    figures = [fact for fact in stated if fact.label not in ("date", "code", "link")]
    if len(figures) != 1 or figures[0].label != "percentage":
        return
    percent = abs(Decimal(figures[0].value))
    if not 0 < percent < ALL_PERCENT:
        return
    for handle in (brief.product, *brief.others):
        price = evidence.get(f"product.{handle}.price")
        if price is None or price.unit is None:
            continue
        lowest = evidence.get(f"product.{handle}.lowest price 30 days")
        if lowest is not None and lowest.value != price.value:
            continue
        has_range = evidence.get(f"product.{handle}.price to") is not None
        less = Decimal(price.value) * (1 - percent / ALL_PERCENT)
        yield price.model_copy(
            update={
                "id": f"{OFFER_KIND}.{handle}.to-pay",
                "label": TO_PAY_FROM if has_range else TO_PAY,
                "value": round_half_up(less, 2),
            }
        )
