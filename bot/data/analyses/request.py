"""What a request asks of an analysis, and what an analysis says besides its facts."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.source import NO_SOURCE
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.rules import wanted

if TYPE_CHECKING:
    from bot.data.warehouse.warehouse import Warehouse

TABLES_BY_KIND = {  # the tables that an analysis stands on
    "segments": ("orders", "consents"),
    "audiences": ("orders", "consents"),
    "behaviour": ("orders",),
    "sellers": ("orders",),
    "sold": ("orders",),
    "feedback": ("feedback",),
    "trends": ("orders",),
    "delivery": ("orders",),
    "funnel": ("events",),
    "campaigns": ("campaigns",),
    "experiments": ("experiments", "events"),
    "plan": ("events", "campaigns", "orders"),
}


AFTER_PURCHASE_PATTERN = re.compile(  # "what is bought after the linen shirt?"
    r"\b(?:what|which|quoi|qu(?:e|els?|elles?)?)\b.*?\b(?:after|après|apres)\s+(?!\d)"
    r"(?:(?:having )?(?:buying|bought|ordering|purchasing)\s+|avoir (?:r?acheté|commandé)\s+"
    r"|(?:the purchase of|l['’]achat d(?:e la|e l['’]|es|u|e|['’]une?))\s*)?"
    r"(?:(?:the|our|their|an?|la|les?|une?|des|du|nos|notre)\s+|l['’])?"
    r"(?P<thing>[^?.!;,:]+)",
    re.IGNORECASE,
)


def parse_after_purchase(words: str) -> str | None:
    """The thing after which something is bought, as it was asked; None when it was not."""
    found = AFTER_PURCHASE_PATTERN.search(words)
    return (found["thing"].strip(" \"'«»“”’\u00a0\u202f") or None) if found else None


def build_filter(request: SkillRequest) -> AnalysisFilter:
    """The product and the days that the brief is about. A forecast stands on all the orders, up to
    the newest; what a test is to be planned for is read from the words."""
    brief = request.brief
    if request.skill == "predict":
        return AnalysisFilter(
            product=brief.product, days=brief.within, words=parse_after_purchase(brief.words)
        )
    if request.skill in ("trends", "blockers"):  # what is usual is told by the whole past
        return AnalysisFilter(product=brief.product, until=brief.until)
    if request.skill == "targeting":
        return AnalysisFilter(product=brief.product, words=brief.words, rule=brief.rule)
    if request.skill == "experiment":
        return AnalysisFilter(
            product=brief.product, wanted=wanted.read(brief.words), rule=brief.rule
        )
    return AnalysisFilter(
        product=brief.product,
        category=brief.category,
        brand=brief.brand,
        since=brief.since,
        until=brief.until,
        against=brief.against,
        days=brief.within,
        tally=brief.tally,
    )


def iter_cannot_facts(
    findings: AnalysisResult, kind: str, language: str, today: date
) -> Iterator[Fact]:
    """What can't be told, in the reader's language: `<kind>.cannot.<n>`."""
    for n, words in enumerate(findings.cannot, 1):
        yield Fact(
            id=f"{kind}.cannot.{n}",
            label="can't tell",
            value=words.to(language),
            source=findings.source if findings.source.file else NO_SOURCE,
            as_of=today,
        )


def iter_age_facts(shelf: "Warehouse", kind: str) -> Iterator[Fact]:
    """How old a set is that is older than its kind allows: `<kind>.age.days`."""
    for table in TABLES_BY_KIND.get(kind, ()):
        if table in shelf.listed and (days := shelf.stale(table)):
            yield Fact(
                id=f"{kind}.age.days",
                label="age",
                about=str(shelf.source(table)),
                value=days,
                unit="days",
                source=shelf.source(table),
                as_of=shelf.as_of(table),
            )
            return
