"""What the library gives to whoever writes copy: praise, the doubt to answer, the audience, and
texts that were sent before with how they did.

Of all that only a customer's sentence, word for word, and how many reviews say the same may stand
in a text. The rest is for the writer's ear: no sizes of audiences, no old words; it proves nothing
about the product.
"""

import json
import re
from collections.abc import Hashable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import ValidationError

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.source import Source
from bot.i18n.messages import Words
from bot.rules.doubts import asks_to_answer
from bot.text.normalize import tokenize
from bot.text.slugs import slugify

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

QUOTE, PRAISED = Words("quote from a review"), Words("reviews that praise it")
REVIEWS_LABEL = Words("reviews read")
BLAMED, WAY = Words("reviews that complain of it"), Words("how they put it")
OPENED, DOUBT = Words("open rate"), Words("doubt to answer")
MOST_PRAISED_LABEL = Words("praised most")
WRITING_KINDS = ("praise", "past_copy", "segment")
LONGEST_TEXT = 600  # characters of an old text


def find_writing_facts(kind: str, shelf: "Warehouse", request: SkillRequest) -> tuple[Fact, ...]:
    """Facts of one of WRITING; none when the library has nothing of it."""
    ways = {"praise": _praise_facts, "past_copy": _past_copy_facts, "segment": _segment_facts}
    return tuple(ways[kind](shelf, request))


def cache_key(kind: str, request: SkillRequest) -> Hashable:
    """What the facts depend on besides the tables: the same again need not be looked for again."""
    brief = request.brief
    on: dict[str, tuple[str | None, ...]] = {
        "praise": (brief.product, request.channel, asks_to_answer(brief.words)),
        "past_copy": (brief.product, request.channel, brief.words, brief.product_words),
        "segment": (brief.rule, brief.audience),
    }
    return kind, request.language, *on[kind]


def _praise_facts(shelf: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """praise.<theme>.theme and objection.<theme>.theme: what customers praise most and object to
    most about the product, by name; and feedback.<theme>.quote, .praised and .reviews: a sentence
    of theirs that praises it, in the language of the text, and how many reviews do."""
    product = request.brief.product
    if product is None or "feedback" not in shelf.listed:
        return
    from bot.data.analyses.feedback import praise_and_objection

    if named := _objection_facts(shelf, product, request):
        yield from named
    labels = (("praise", MOST_PRAISED_LABEL.text), ("objection", DOUBT.text))
    for (kind, label), fact in zip(labels, praise_and_objection(shelf, product), strict=True):
        if fact is not None and not (kind == "objection" and named):
            theme = fact.parts.subject.split("--")[0]
            if kind == "praise":
                yield from _quote_facts(shelf, product, theme, fact, request)
            yield Fact(
                id=f"{kind}.{theme}.theme",
                label=label,
                value=Words(fact.about).to(request.language),
                source=fact.source,
                as_of=fact.as_of,
                rows=fact.rows,
            )


def _objection_facts(shelf: "Warehouse", product: str, request: SkillRequest) -> list[Fact]:
    """The doubt that a product page is asked to answer, and what may stand on it: how many reviews
    say so, and how they put it."""
    named = asks_to_answer(request.brief.words)
    if named is None or request.channel != "product_page":
        return []
    from bot.data.analyses.feedback.objections import find_objection

    title = _product_titles(shelf).get(product, "")
    found = find_objection(shelf, product, remove_title(named, title)) or (
        find_objection(shelf, product, remove_title(request.brief.words, title))
    )
    if found is None:
        return []
    put = Words(found.title).to(request.language)
    told: list[tuple[str, str, str, str | Decimal]] = [
        (f"objection.{found.theme}.theme", DOUBT.text, "", put)
    ]
    if found.is_told:
        numbers = (("blamed", BLAMED, found.blamed), ("blamed-of", REVIEWS_LABEL, found.texts))
        for measure, label, count in numbers:
            id = f"feedback.{found.theme}.{measure}"
            told.append((id, label.text, found.title, Decimal(count)))
        if found.ways:
            said = _join_words(found.ways).to(request.language)
            told.append((f"feedback.{found.theme}.way", WAY.text, found.title, said))
    return [
        Fact(
            id=id,
            label=label,
            about=about,
            value=value,
            source=shelf.source("feedback"),
            as_of=shelf.as_of("feedback"),
            rows=found.texts,
        )
        for id, label, about, value in told
    ]


def remove_title(words: str, title: str) -> str:
    """Words without a product's name, which may sound like a doubt: a linen shirt."""
    return re.sub(re.escape(title), " ", words, flags=re.IGNORECASE) if title else words


def _join_words(ways: tuple[Words, ...]) -> Words:
    if len(ways) == 1:
        return ways[0]
    return Words("{one} and {other}", one=ways[0], other=ways[1])


def _quote_facts(
    shelf: "Warehouse", product: str, theme: str, share: Fact, request: SkillRequest
) -> Iterator[Fact]:
    """What may stand in a text: somebody's sentence, word for word, and how many say the same."""
    from bot.data.analyses.feedback.objections import find_praise

    found = find_praise(shelf, product, theme, request.language)
    if found is None:
        return
    if (quote := found.quote) is not None:
        source = share.source.with_details(quote.text.id, quote.text.channel)
        day = quote.text.day or share.as_of
        yield Fact(
            id=f"feedback.{theme}.quote",
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
                id=f"feedback.{theme}.{measure}",
                label=label.text,
                value=Decimal(count),
                about=share.about,
                source=share.source,
                as_of=share.as_of,
                rows=found.reviews,
            )


def _past_copy_facts(shelf: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """past_copy.<code>.subject, .text and .open-rate of the nearest texts that were sent."""
    if "campaigns" not in shelf.listed:
        return
    from bot.data.analyses.campaigns import nearest_texts

    brief = request.brief
    words = " ".join(filter(None, [brief.words, brief.product_words]))
    near = nearest_texts(
        shelf, channel=request.channel, product=brief.product, words=words, language=brief.language
    )
    for one in near:
        letter = one.letter
        rate = letter.rate("open rate")
        told = {
            "subject": letter.subject,
            "text": (letter.text or "")[:LONGEST_TEXT] or None,
            OPENED.text: None
            if rate is None or letter.sent < shelf.floor
            else _format_share(rate, letter.sent, brief.language),
        }
        when = letter.at.date() if letter.at else shelf.as_of("campaigns")
        yield from _build_facts(
            f"past_copy.{slugify(letter.code)}", told, shelf.source("campaigns"), when
        )


def _format_share(rate: float, sent: int, language: str) -> str:
    share = f"{100 * rate:.1f}"
    shown = share.replace(".", ",") if language == "fr" else share
    return Words("{share} % of {n} sent", share=shown, n=str(sent)).to(language)


def _segment_facts(shelf: "Warehouse", request: SkillRequest) -> Iterator[Fact]:
    """segment.audience.rule and, for a rule that was counted before, .size."""
    rule = _audience_rule(request)
    if rule is None or "orders" not in shelf.listed:
        return
    told = {"audience": rule.words(_product_titles(shelf)).to(request.language)}
    if request.brief.rule:
        from bot.data.analyses.segments.audience import count_audience

        told["size"] = count_audience(shelf, rule).said.to(request.language)
    yield from _build_facts("segment.audience", told, shelf.source("orders"), shelf.as_of("orders"))


def _audience_rule(request: SkillRequest) -> AudienceRule | None:
    """The rule that came with the brief, or the named group that its audience speaks of."""
    brief = request.brief
    if brief.rule:
        try:
            return AudienceRule.model_validate(json.loads(brief.rule))
        except (ValidationError, ValueError):
            return None
    said = {word.rstrip("s") for word in tokenize(brief.audience or "")}
    for key, name in SEGMENT_LABELS.items():
        for language in ("en", "fr"):
            called = {word.rstrip("s") for word in tokenize(name.to(language))}
            if called and called <= said:
                return AudienceRule(segments=(key,))
    return None


def _product_titles(shelf: "Warehouse") -> dict[str, str]:
    if shelf.products is None:
        return {}
    from bot.data.warehouse.query import fetch_rows

    return {
        row["product"]: row["title"] or row["product"]
        for row in fetch_rows(shelf, shelf.products.select("product", "title"))
    }


def _build_facts(
    subject: str, told: Mapping[str, str | None], source: Source, day: date
) -> Iterator[Fact]:
    for label, value in told.items():
        if value:
            yield Fact(
                id=f"{subject}.{label.replace(' ', '-')}",
                label=label,
                value=value,
                source=source,
                as_of=day,
            )
