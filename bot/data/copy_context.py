"""Facts from the library for writing copy: praise, a doubt to answer, the audience, earlier texts
with their results, since when a product is sold, and how many customers and reviews there are.

Only a customer's sentence, quoted exactly, and the number of reviews that agree may appear in a
text. The rest informs the writer: audience sizes and earlier texts prove nothing about the product.
"""

import json
import re
from collections.abc import Hashable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import ValidationError

from bot.core.audience_rule import SEGMENT_LABELS, AudiencePurpose, AudienceRule
from bot.core.audience_words import SOME_READ, describe_conditions, describe_rule
from bot.core.channels import Channel, load_channels
from bot.core.facts import Fact, Source, spell_number
from bot.core.half_up import round_half_up
from bot.core.request import SkillRequest
from bot.errors import CannotDo
from bot.i18n.countries import list_named_countries, parse_country_code
from bot.i18n.languages import SOURCE_LANGUAGE, get_language
from bot.i18n.messages import LANGUAGES, Language, Words
from bot.text.normalize import slugify, tokenize

if TYPE_CHECKING:
    from bot.data.analyses.campaigns.mailings import Mailing
    from bot.data.warehouse.warehouse import Warehouse

QUOTE, PRAISED = Words("quote from a review"), Words("reviews that praise it")
REVIEWS_LABEL = Words("reviews read")
BLAMED, WAY = Words("reviews that complain of it"), Words("how they put it")
OPENED, DOUBT = Words("open rate"), Words("doubt to answer")
MOST_PRAISED_LABEL = Words("praised most")
# labels of facts about an audience
MOST_READ = "most read language"
MAIN_LANGUAGE, MAIN_READERS = "language of two thirds", "readers of that language"
UNKNOWN_CONSENT = Words("Your data don't tell who agreed to this channel.")
FIRST_SALE, FIRST_SOLD = "first_sale", Words("in the orders since")
COUNTS = "counts"
WRITING_KINDS = ("praise", "past_copy", "segment", "reach", FIRST_SALE, COUNTS)
# Beside the name of a group these words change nothing; any other one restricts the audience.
GROUP_WORDS = "all our my the customers clients clientes tous toutes les nos mes"
LONGEST_TEXT = 600  # characters of an earlier text


def find_writing_facts(
    kind: str, warehouse: "Warehouse", request: SkillRequest
) -> tuple[Fact, ...]:
    """Return facts of one of WRITING_KINDS, or none when the library has nothing about it."""
    ways = {
        "praise": _praise_facts,
        "past_copy": _past_copy_facts,
        "segment": _segment_facts,
        "reach": _reach_facts,
        FIRST_SALE: _first_sale_facts,
        COUNTS: _count_facts,
    }
    return tuple(ways[kind](warehouse, request))


def cache_key(kind: str, request: SkillRequest) -> Hashable:
    """Return what the facts depend on besides the tables."""
    brief = request.brief
    on: dict[str, tuple[Hashable, ...]] = {
        "praise": (brief.product, request.channel, brief.words),
        "past_copy": (
            *(brief.product, request.channel, brief.words, brief.product_words),
            *(brief.occasion, brief.since, brief.until),
        ),
        "segment": (
            *(brief.rule, brief.audience, brief.goal, brief.market, request.channel),
            brief.asked_in is not None,
        ),
        "reach": (request.channel,),
        FIRST_SALE: (brief.product,),
        COUNTS: (brief.product,),
    }
    return kind, request.language, *on[kind]


def _praise_facts(warehouse: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """Yield praise.<theme>--product-<product>.theme and objection.<…>.theme, the names of what
    customers praise most and object to most about the product; and feedback.<…>.quote, .praised and
    .reviews: a sentence of praise in the language of the text, and the number of reviews with
    praise."""
    product = request.brief.product
    if product is None or "feedback" not in warehouse.listed:
        return
    from bot.data.analyses.feedback.objections import praise_and_objection
    from bot.data.analyses.products import load_catalogue_titles

    title = load_catalogue_titles(warehouse).get(product, "")
    if named := _objection_facts(warehouse, product, title, request):
        yield from named
    labels = (("praise", MOST_PRAISED_LABEL.text), ("objection", DOUBT.text))
    for (kind, label), fact in zip(labels, praise_and_objection(warehouse, product), strict=True):
        if fact is not None and not (kind == "objection" and named):
            theme = Words(fact.about).to(request.language)
            if kind == "praise":
                about = _name_subject(theme, title)
                share = fact.model_copy(update={"about": about})
                yield from _quote_facts(warehouse, product, share, request)
            yield Fact(
                id=f"{kind}.{fact.parts.subject}.theme",
                label=label,
                value=theme,
                about=title,
                source=fact.source,
                as_of=fact.as_of,
                rows=fact.rows,
            )


def _name_subject(theme: str, title: str) -> str:
    """Say of which product a theme is, as every fact of its reviews does."""
    return ", ".join(filter(None, (theme, title)))


def _objection_facts(
    warehouse: "Warehouse", product: str, title: str, request: SkillRequest
) -> list[Fact]:
    """Return the doubt that a product page should answer, the number of reviews that mention it,
    and their wording."""
    channel = load_channels().get(request.channel or "")
    if channel is None or not channel.answers_doubts:
        return []
    from bot.data.analyses.feedback.objections import find_objection

    found = find_objection(warehouse, product, remove_title(request.brief.words, title))
    if found is None:
        return []
    put = Words(found.title).to(request.language)
    about = _name_subject(put, title)
    subject = f"{found.theme}--product-{slugify(product)}"
    values: list[tuple[str, str, str, str | Decimal]] = [
        (f"objection.{subject}.theme", DOUBT.text, title, put)
    ]
    if found.has_enough_complaints:
        numbers = (("blamed", BLAMED, found.blamed), ("blamed-of", REVIEWS_LABEL, found.texts))
        for measure, label, count in numbers:
            values.append((f"feedback.{subject}.{measure}", label.text, about, Decimal(count)))
        if found.ways:
            said = _join_words(found.ways).to(request.language)
            values.append((f"feedback.{subject}.way", WAY.text, about, said))
    return [
        Fact(
            id=id,
            label=label,
            about=about,
            value=value,
            source=warehouse.source("feedback"),
            as_of=warehouse.as_of("feedback"),
            rows=found.texts,
        )
        for id, label, about, value in values
    ]


def remove_title(words: str, title: str) -> str:
    """Return the words without the product's name, which may sound like a doubt ("linen shirt")."""
    return re.sub(re.escape(title), " ", words, flags=re.IGNORECASE) if title else words


def _join_words(ways: tuple[Words, ...]) -> Words:
    if len(ways) == 1:
        return ways[0]
    return Words("{one} and {other}", one=ways[0], other=ways[1])


def _quote_facts(
    warehouse: "Warehouse", product: str, share: Fact, request: SkillRequest
) -> Iterator[Fact]:
    """Yield what may appear in a text: a customer's sentence, quoted exactly, and the number of
    reviews that agree."""
    from bot.data.analyses.feedback.objections import find_praise

    subject = share.parts.subject
    found = find_praise(warehouse, product, subject.split("--")[0], request.language)
    if found is None:
        return
    if (quote := found.quote) is not None:
        source = share.source.with_details(quote.text.id, quote.text.channel)
        day = quote.text.day or share.as_of
        yield Fact(
            id=f"feedback.{subject}.quote",
            label=QUOTE.text,
            value=quote.said,
            about=share.about,
            source=source,
            as_of=day,
            rows=1,
        )
    if found.is_much:
        counts = (("praised", PRAISED, found.praised), ("reviews", REVIEWS_LABEL, found.reviews))
        for measure, label, count in counts:
            yield Fact(
                id=f"feedback.{subject}.{measure}",
                label=label.text,
                value=Decimal(count),
                about=share.about,
                source=share.source,
                as_of=share.as_of,
                rows=found.reviews,
            )


def _past_copy_facts(warehouse: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """Yield past_copy.<code>.subject, .text and .open-rate of the most similar texts that were
    sent. The days of a brief with an occasion are those of the occasion."""
    if "campaigns" not in warehouse.listed:
        return
    from bot.data.analyses.campaigns.mailings import find_mailing_source, nearest_texts

    brief = request.brief
    words = " ".join(filter(None, [brief.words, brief.product_words]))
    near = nearest_texts(
        warehouse,
        channel=request.channel,
        product=brief.product,
        words=words,
        language=brief.language,
        product_words=brief.product_words or "",
        season=(brief.since, brief.until)
        if brief.occasion and brief.since and brief.until
        else None,
    )
    source = find_mailing_source(warehouse)
    for one in near:
        letter = one.letter
        rate = letter.rate("open rate")
        values = {
            "subject": letter.subject,
            "text": (letter.text or "")[:LONGEST_TEXT] or None,
            OPENED.text: None
            if rate is None or letter.sent < warehouse.floor
            else _format_share(rate, letter, brief.language),
        }
        when = letter.at.date() if letter.at else warehouse.as_of("campaigns")
        yield from _build_facts(f"past_copy.{slugify(letter.code)}", values, source, when)


def _format_share(rate: float, letter: "Mailing", language: str) -> str:
    shown = spell_number(round_half_up(100 * rate, 1), "%", language)
    words = Words("{share} of {n} sent")
    if letter.delivered is not None:
        words = Words("{share} of {n} delivered")
    return words.with_params(share=shown, n=letter.sent).to(language)


def _first_sale_facts(warehouse: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """Yield product.<handle>.first-sold, the day of the product's first order."""
    orders, product = warehouse.table("orders"), request.brief.product
    if orders is None or product is None:
        return
    from bot.data.warehouse.query import fetch_rows

    mine = orders.filter(orders["product"] == product, orders["at"].notnull())
    (row,) = fetch_rows(warehouse, mine.aggregate(day=mine["at"].min().cast("date")))
    if row["day"] is not None:
        yield Fact(
            id=f"product.{product}.first-sold",
            label=FIRST_SOLD.text,
            value=row["day"].isoformat(),
            source=warehouse.source("orders"),
            as_of=warehouse.as_of("orders"),
        )


def _count_facts(warehouse: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """Yield counts.<rows>.<what>: how many orders and customers there are, and texts of each
    channel of feedback ("avis"), of all days, of this year, and on the product."""
    from bot.data.warehouse.purchases import NOT_SOLD_STATUSES
    from bot.data.warehouse.query import fetch_rows

    first, product = warehouse.today.replace(month=1, day=1), request.brief.product or ""
    for kind in ("orders", "feedback"):
        if (rows := warehouse.table(kind)) is None:
            continue
        if kind == "orders":
            rows = rows.filter(rows["status"].lower().notin(NOT_SOLD_STATUSES).fill_null(True))
        newest, its = rows["at"].date() >= first, rows["product"] == product
        parts = {f"since-{first}": rows.filter(newest), f"of-{product}": rows.filter(its)}
        for name, part in {"in-all": rows, **parts}.items():
            if kind == "orders":
                many = {"orders": part["order"].nunique(), "customers": part["customer"].nunique()}
                (counted,) = fetch_rows(warehouse, part.aggregate(**many))
            else:
                found = part.group_by("channel").aggregate(n=part.count())
                counted = {str(one["channel"]): one["n"] for one in fetch_rows(warehouse, found)}
            told = {what: str(n) for what, n in counted.items() if n >= warehouse.floor}
            source, day = warehouse.source(kind), warehouse.as_of(kind)
            for fact in _build_facts(f"counts.{name}", told, source, day):
                yield fact.model_copy(update={"value": Decimal(fact.value)})


def _reach_facts(warehouse: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """Yield segment.audience.size of the whole list: how many customers agreed to the channel, or
    that no consent tells it."""
    channel = load_channels().get(request.channel or "")
    if channel is None or channel.is_public or "consents" not in warehouse.listed:
        return
    from bot.data.analyses.segments.audience import count_consents

    size, most = None if channel.consent else UNKNOWN_CONSENT, None
    if channel.consent and (agreed := count_consents(warehouse).get(channel.consent)):
        size = Words("{n} customers agreed", n=agreed)
        size = _add_readers(warehouse, size, agreed, channel.consent, request.language)
        most = _find_most_read(warehouse, agreed, channel.consent, request.language)
    yield from _build_facts(
        "segment.audience",
        {"size": size, MOST_READ: most},
        warehouse.source("consents"),
        warehouse.as_of("consents"),
        request.language,
    )


def _segment_facts(warehouse: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """Yield segment.audience.audience, the rule in words; .size; .rule, if it can be exported; and
    what the audience bought: .favourite-category, .typical-category and .bought-most. Of all but
    the first those that are known and not of too few customers."""
    rule = _audience_rule(warehouse, request) if "orders" in warehouse.listed else None
    if rule is None:
        return
    from bot.data.analyses.products import load_catalogue_titles
    from bot.data.metrics.filters import list_currencies

    channel = load_channels().get(request.channel or "")
    purpose = channel.consent if channel else None
    titles, language = load_catalogue_titles(warehouse), request.language
    if purpose is not None:
        rule = rule.model_copy(update={"purpose": purpose})
    currency = next(iter(list_currencies(warehouse, "orders")), "")
    describe = describe_rule if purpose else describe_conditions
    words = describe(rule, titles, currency)
    values: dict[str, str | Words | None] = {
        "audience": words,
        **_describe_members(warehouse, rule, channel, request),
    }
    yield from _build_facts(
        "segment.audience", values, warehouse.source("orders"), warehouse.as_of("orders"), language
    )


def _describe_members(
    warehouse: "Warehouse", rule: AudienceRule, channel: Channel | None, request: SkillRequest
) -> dict[str, str | Words | None]:
    """Return the size of an audience, its rule and what it bought, by label. Empty when the
    customers of the rule can't be told."""
    from bot.data.analyses.segments.audience import count_audience, find_tastes

    try:
        count = count_audience(warehouse, rule)
        tastes = find_tastes(warehouse, rule)
    except CannotDo:
        return {}
    size, is_held = count.description, channel is not None and channel.consent is not None
    most, language, main = None, request.language, dict[str, str | Words | None]()
    if count.fits is None:
        return {"size": size}
    if is_held and count.reachable is not None and not count.nearly_all:
        size = _add_readers(warehouse, size, count.reachable, rule.purpose, language, rule)
        most = _find_most_read(warehouse, count.reachable, rule.purpose, language, rule)
        if request.brief.asked_in is not None:
            main = _find_main_language(warehouse, count.reachable, rule)
    if not is_held:
        size = Words("{fits} customers fit", fits=count.fits)
        if channel is not None and not channel.is_public:
            size = Words("{fits} customers fit. {reason}", fits=count.fits, reason=UNKNOWN_CONSENT)
    return {
        "size": size,
        MOST_READ: most,
        **main,
        "rule": rule.stored if is_held and count.reachable else None,
        "favourite category": tastes.favourite,
        "typical category": tastes.typical,
        "bought most": "; ".join(tastes.products) or None,
    }


def _add_readers(
    warehouse: "Warehouse",
    size: Words,
    reached: int,
    purpose: AudiencePurpose,
    language: Language,
    rule: AudienceRule | None = None,
) -> Words:
    """Return the size with the number of those who read the language of the text, unless nearly
    all do, or the data tell it of too few."""
    from bot.data.analyses.segments.audience import count_readers

    floor = warehouse.floor
    counted = count_readers(warehouse, purpose, language, rule)
    if reached - counted.known >= floor or reached - counted.read < floor:
        return size
    named = {"size": size, "n": counted.read, "tongue": Words(get_language(language).phrase)}
    if not counted.read:
        return Words("{size}; none of them reads {tongue}", **named)
    if counted.read < floor:
        return Words("{size}; under {n} of them read {tongue}", **named | {"n": floor})
    return SOME_READ.with_params(**named)


def _find_most_read(
    warehouse: "Warehouse",
    reached: int,
    purpose: AudiencePurpose,
    language: Language,
    rule: AudienceRule | None = None,
) -> str | None:
    """Return the other language that most of these people read; None if there is none."""
    from bot.data.analyses.segments.audience import count_readers

    others = (one for one in LANGUAGES if one != language)
    return next(
        (one for one in others if 2 * count_readers(warehouse, purpose, one, rule).read > reached),
        None,
    )


def _find_main_language(
    warehouse: "Warehouse", reached: int, rule: AudienceRule
) -> dict[str, str | Words | None]:
    """Return the language that at least two thirds of these people read, and how many do; nothing
    where there is none."""
    from bot.data.analyses.segments.audience import count_readers

    for language in LANGUAGES:
        read = count_readers(warehouse, rule.purpose, language, rule).read
        if 3 * read < 2 * reached:
            continue
        tongue = Words(get_language(language).phrase)
        words = Words("{n} of {all} read {tongue}", n=read, all=reached, tongue=tongue)
        if reached - read < warehouse.floor:
            words = Words("nearly all of its readers read {tongue}", tongue=tongue)
        return {MAIN_LANGUAGE: language, MAIN_READERS: words}
    return {}


def _audience_rule(warehouse: "Warehouse", request: SkillRequest) -> AudienceRule | None:
    """Return the rule of the brief, or the group or countries that its audience is called by, and
    no more: "new customers from Ireland" are neither the group nor the country. The whole list of
    a market is that of its country."""
    brief = request.brief
    if brief.rule:
        try:
            return AudienceRule.model_validate(json.loads(brief.rule))
        except (ValidationError, ValueError):
            return None
    said = _singular_words(brief.audience or "")
    for key, name in SEGMENT_LABELS.items():
        for language in LANGUAGES:
            called = _singular_words(name.to(language))
            if called and called <= said <= called | _singular_words(GROUP_WORDS):
                return AudienceRule(segments=(key,))
    channel = load_channels().get(request.channel or "")
    is_public = channel is not None and channel.is_public  # a place is a setting there
    is_uncounted = is_public or brief.goal_audience is not None
    market = (brief.market,) if brief.market and not brief.audience else ()
    named = () if is_uncounted else market or list_named_countries(brief.audience or "")
    countries = _spell_countries(warehouse, named) if named else ()
    return AudienceRule(countries=countries) if countries else None


def _spell_countries(warehouse: "Warehouse", codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the countries as the orders spell them, and by their codes where nobody ordered to
    any; none where the orders name no country at all."""
    from bot.data.warehouse.query import fetch_rows

    orders = warehouse.rows("orders")
    rows = fetch_rows(warehouse, orders.select("country").distinct())
    every = sorted({str(row["country"]) for row in rows if row["country"]})
    return tuple(one for one in every if parse_country_code(one) in codes) or (
        codes if every else ()
    )


def _singular_words(text: str) -> set[str]:
    return {word.rstrip("s") for word in tokenize(text)}


def _build_facts(
    subject: str,
    values: Mapping[str, str | Words | None],
    source: Source,
    day: date,
    language: Language = SOURCE_LANGUAGE,
) -> Iterator[Fact]:
    """`language` is that of the facts' texts."""
    for label, value in values.items():
        if value:
            yield Fact(
                id=f"{subject}.{label.replace(' ', '-')}",
                label=label,
                value=value.to(language) if isinstance(value, Words) else value,
                words=value if isinstance(value, Words) else None,
                source=source,
                as_of=day,
            )
