"""Customers' own sentences, newest first, of named months the newest of each, to read and to quote
letter for letter: reviews and messages that hold all of some words, are about a theme (one that
feedback_themes lists), or complain, praise or ask. Each has its text's id, channel, stars and day.
Texts with personal data are left out. Several: countries and channels "FR, GB", categories
"Bain; Mailles"; stars are like "1-2"; segment is one of the customers' file, or a loyalty level.
Not for how many say so (feedback_themes): a few sentences prove no share.
Example: {"words": "zip broken", "theme": "none", "tone": "complaint", "product": "none",
"category": "none", "channel": "none", "country": "none", "region": "none", "segment": "none",
"language": "fr", "stars": "none", "since": "none", "until": "none", "most": 8}
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    build_filter,
    describe_filter,
    label_themes,
    name_product,
    read_text,
    run_query,
)
from bot.agent.tools._exhibits import build_exhibit
from bot.core.exhibits import join_scope
from bot.core.facts import Fact, FactId, Source, source_quote
from bot.core.parts import Table
from bot.data.analyses.result import AnalysisFilter
from bot.i18n.messages import Words
from bot.text.normalize import slugify

if TYPE_CHECKING:
    from bot.data.analyses.feedback.quotes import CustomerSentence, ReadSentences
    from bot.data.warehouse.warehouse import Warehouse

MAX_SENTENCES, MAX_THEMES = 15, 25
LABEL = Words("customer's words")
TONES = {
    "any": Words("texts that fit"),
    "complaint": Words("texts with a complaint"),
    "praise": Words("texts with praise"),
    "question": Words("texts with a question"),
}
ALL_TEXTS = Words("all texts")
NO_FEEDBACK = "There is no feedback yet: import a file of reviews, messages or answers."


class Params(ToolParams):
    words: str
    theme: str
    tone: Literal["any", "complaint", "praise", "question"]
    product: str
    category: str
    channel: str
    country: str
    region: str
    segment: str
    language: str
    stars: str
    since: str
    until: str
    most: int = Field(description=f"1 to {MAX_SENTENCES}")


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    if not 1 <= params.most <= MAX_SENTENCES:
        raise ToolError(f"most must be from 1 to {MAX_SENTENCES}, not {params.most}.")
    where, theme = build_filter(params), read_text(params.theme)
    words, language = read_text(params.words), deps.request.language

    def read(
        warehouse: "Warehouse",
    ) -> "tuple[ReadSentences, tuple[Fact, ...], AnalysisFilter, str, Source]":
        from bot.data.analyses.feedback.quotes import read_sentences
        from bot.data.analyses.products import load_catalogue_titles
        from bot.data.metrics.filters import validate_filter

        if "feedback" not in warehouse.listed:
            raise ToolError(NO_FEEDBACK)
        known = validate_filter(warehouse, "feedback", where)
        found = read_sentences(
            warehouse, known, words=words, theme=theme, tone=params.tone, most=params.most
        )
        if found.is_withheld:
            raise ToolError(
                f"Fewer than {warehouse.floor} customers of that place or group wrote in these "
                "days, so their words are not shown. Name earlier days or more countries, or "
                "leave the place out."
            )
        if theme and found.theme is None:
            known_themes = ", ".join(found.themes[:MAX_THEMES])
            raise ToolError(f"There is no theme “{theme}”. There are: {known_themes}.")
        title, titles = name_product(warehouse, known), load_catalogue_titles(warehouse)
        facts = tuple(_to_fact(one, warehouse, titles) for one in found.sentences)
        return found, facts, known, title, warehouse.source("feedback")

    await label_themes(deps, where)
    found, facts, known, product, source = await run_query(deps, read)
    notes = [
        f"{found.matching} texts fit, of {found.first} to {found.last}; the newest {len(facts)} "
        "different ones, of several named months the newest of each, stand here."
    ]
    if found.private:
        notes.append(f"{found.private} were left out: they hold personal data.")
    if facts:
        notes.append("Quote a sentence by its figure, or letter for letter; change nothing in it.")
    columns = tuple(one.to(language) for one in (Words("Customer"), Words("Their words")))
    rows = tuple((source_quote(fact, language), str(fact.value)) for fact in facts)
    table = Table(columns=columns, rows=rows, facts=tuple(fact.id for fact in facts))
    title = Words("customers' words: {words}", words=words) if words else Words("customers' words")
    scope = describe_filter(title, known, language, date.min, product)
    if params.tone != "any":
        scope += (("tone", TONES[params.tone].to(language)),)
    counts = [("all-texts", ALL_TEXTS, found.total)]
    if words or found.theme or params.tone != "any":
        counts.insert(0, ("fitting-texts", TONES[params.tone], found.matching))
    subject = f"read-{slugify(join_scope(scope))}"
    counted = [
        Fact(
            id=str(FactId("feedback", subject, measure)),
            label=label.text,
            about=product,
            value=Decimal(count),
            unit="messages",
            source=source,
            as_of=found.last,
            rows=found.total,
            since=found.first,
            until=found.last,
        )
        for measure, label, count in counts
    ]
    return ToolResult(
        facts=(*facts, *counted),
        exhibits=build_exhibit("customers' own words", table if facts else None),
        notes=tuple(notes),
        read_as=join_scope(scope),
        scope=scope,
    )


def _to_fact(
    sentence: "CustomerSentence", warehouse: "Warehouse", titles: Mapping[str, str]
) -> Fact:
    text = sentence.text
    stars = f"{text.rating:g}/5" if text.rating is not None else ""
    day = text.day or warehouse.as_of("feedback")
    return Fact(
        id=str(FactId("feedback", f"text-{slugify(text.id)}", "said")),
        label=LABEL.text,
        about=titles.get(text.product or "", text.product or ""),
        value=sentence.said,
        source=warehouse.source("feedback").with_details(text.id, text.channel, stars),
        as_of=day,
        since=text.day,
        until=text.day,
        rows=1,
    )
