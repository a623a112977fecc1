"""Whom to speak to: rules that fit what was asked, each counted and held against the past."""

import re
from datetime import timedelta

import ibis.expr.types as ir

from bot.core.audience_rule import PLACE_LIST_SEPARATOR, AudienceRule, join_with_or
from bot.core.source import Source
from bot.data.analyses.audience_proposals.candidates import (
    Proposal,
    list_proposals,
    parse_goal,
    remove_goal,
)
from bot.data.analyses.audience_proposals.proposal_facts import (
    BACKTEST_DAYS,
    Niche,
    ProposalReport,
    find_niche,
)
from bot.data.analyses.products import PurchasedProducts, load_purchased_products
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.audience import NO_CONSENTS, NO_ORDERS, AudienceSelection
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import last_day, purchase_lines
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Country, Words, quote_name
from bot.rules.library.audiences.naming import nearest, resolved
from bot.rules.library.audiences.places import countries_in, placed, strange_in, without_places
from bot.rules.library.audiences.subject import subject_of
from bot.text.normalize import normalize_text

# What is told of audiences: `find`.

MIN_CUSTOMERS = 100  # customers
PARENTHESES_AT_END = re.compile(r"\s*\([^)]*\)$")  # « Torchons (lot de 3) »


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """For `where.rule` that one audience; else two to four for `where.words` and the product.

    Facts audiences.<id>.rule (as JSON), .rule-code, .customers, .by-email, .by-sms, .by-ads,
    .people-then, .bought-share with .bought-share-low and -high, .times-all, .verdict,
    .expected-buyers-low and -high, .expected-sales-low and -high, .smallest-effect; of the niche
    .lift. audiences.all has the same of everybody, .subject and .days; audiences.category.<n> and
    audiences.things.<key> what categories and products are called."""
    bought = purchase_lines(shelf)
    if bought is None:
        findings = AnalysisResult("audiences", Source(""), shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    findings = AnalysisResult(
        "audiences", shelf.source("orders"), shelf.as_of("orders"), floors=shelf.floors
    )
    with TableCache(shelf, "audiences") as laid:
        _add_proposals(shelf, where, findings, bought, laid)
    return findings


def _add_proposals(
    shelf: Warehouse,
    where: AnalysisFilter,
    findings: AnalysisResult,
    bought: ir.Table,
    laid: TableCache,
) -> None:
    until = last_day(shelf)
    now = AudienceSelection(shelf, bought, until, laid, "now")
    goods = load_purchased_products(shelf, now.lines)
    words = where.words or ""
    countries, low = countries_in(normalize_text(words), now.lines, shelf)
    subject = subject_of(remove_goal(without_places(words, low)), where.product, goods)
    since = until - timedelta(days=BACKTEST_DAYS)
    past = now.lines.filter(now.lines.day <= since)
    earlier = AudienceSelection(shelf, past, since, laid, "then")
    telling = ProposalReport(shelf, findings, now, earlier, subject, goods, laid)
    if telling.people < MIN_CUSTOMERS:
        findings.refuse(too_few_message(telling.people, shelf.floor))
        return
    if "consents" not in shelf.listed:
        findings.refuse(NO_CONSENTS)
    telling.everybody()
    if where.rule:
        _add_rule_audience(telling, AudienceRule.model_validate_json(where.rule))
    elif strange := strange_in(words, now.lines, shelf):
        for said in strange:
            findings.refuse(said)
    else:
        _add_candidates(telling, words, countries)


def _add_rule_audience(telling: ProposalReport, rule: AudienceRule) -> None:
    """The audience of a rule that somebody wrote, with the names in it looked up."""
    known, unknown = resolved(rule, telling.goods)
    known, astray = placed(known, telling.now.lines, telling.shelf)
    for name in unknown:
        telling.findings.refuse(_refuse_unknown_name(name, telling.goods))
    for said in astray:
        telling.findings.refuse(said)
    if unknown or astray:
        telling.things(rule)
    else:
        telling.audience(Proposal("yours", known))


def _refuse_unknown_name(name: str, goods: PurchasedProducts) -> Words:
    if near := nearest(name, goods):
        return Words(
            "Nobody bought anything called {name}. Did you mean {near}?",
            name=quote_name(name),
            near=quote_name(near),
        )
    return Words(
        "Nobody bought anything called {name}: look at how your orders or products spell it.",
        name=quote_name(name),
    )


def _add_candidates(telling: ProposalReport, words: str, countries: tuple[str, ...]) -> None:
    niche, goal, floor = find_niche(telling), parse_goal(words), telling.shelf.floor
    things = niche.things if niche else ()
    if goal:
        telling.findings.add("all", "goal", goal)
    if countries:
        telling.findings.add("all", "place", PLACE_LIST_SEPARATOR.join(countries))
    enough = False
    for one in list_proposals(telling.subject, goal, things, countries):
        asked = goal or one.id in ("niche", "there")
        sure = one.id == "alike" or bool(telling.subject.name and not asked)
        try:
            told = telling.audience(one, least=floor, sure=sure)
        except CannotDo as no:  # no rhythm: there are no groups
            telling.findings.refuse(no.words)
            continue
        enough = enough or told
        if told and one.id == "niche" and niche:
            _add_niche(telling, niche)
    if countries and not enough:
        telling.findings.refuse(
            Words(
                "Under {n} customers ordered to {place}: too few for an audience.",
                n=floor,
                place=join_with_or([Country(name=one) for one in countries]),
            )
        )


def _add_niche(telling: ProposalReport, niche: Niche) -> None:
    add, first = telling.findings.add, niche.things[0]
    add("niche", "thing", PARENTHESES_AT_END.sub("", telling.goods.titles.get(first, first)))
    add("niche", "things", len(niche.things), query="niche-pairs")
    add("niche", "lift", niche.lift, unit="×", query="niche-pairs")


__all__ = ["find"]
