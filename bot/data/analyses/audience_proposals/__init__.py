"""Propose audiences: rules that fit a request, each with its size and a backtest on past orders."""

import re
from datetime import timedelta

import ibis.expr.types as ir

from bot.core.audience_rule import PLACE_LIST_SEPARATOR, AudienceRule, join_with_or
from bot.data.analyses.audience_proposals.proposal_facts import (
    BACKTEST_DAYS,
    Niche,
    ProposalReport,
    find_niche,
)
from bot.data.analyses.audience_proposals.rules import (
    Proposal,
    find_similar_name,
    list_proposals,
    resolve_places,
    resolve_products,
)
from bot.data.analyses.products import PurchasedProducts, Subject, load_purchased_products
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.audience import NO_CONSENTS, AudienceSelection
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import NO_ORDERS, last_day, purchase_lines
from bot.data.warehouse.query import TableCache
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import Country, Words, quote_name

MIN_CUSTOMERS = 100
PARENTHESES_AT_END = re.compile(r"\s*\([^)]*\)$")  # « Torchons (lot de 3) »


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts of one audience for `filter_.rule`, else of two to four audiences for the
    product or category, the goal (a key of PROPOSALS_BY_GOAL) and the country.

    Facts: audiences.<id>.rule (as JSON), .rule-code, .customers, .by-email, .by-sms, .by-ads,
    .people-then, .bought-share with .bought-share-low and -high, .times-all, .verdict,
    .expected-buyers-low and -high, .expected-sales-low and -high, .smallest-effect; for the niche
    also .lift. audiences.all holds the same for all customers, plus .subject and .days.
    audiences.category.<n> and audiences.things.<key> hold the names of categories and products."""
    lines = purchase_lines(warehouse)
    if lines is None:
        return AnalysisResult.refuse("audiences", warehouse, NO_ORDERS)
    result = AnalysisResult.from_table("audiences", warehouse, "orders")
    with TableCache(warehouse, "audiences") as table_cache:
        _add_proposals(warehouse, filter_, result, lines, table_cache)
    return result


def _add_proposals(
    warehouse: Warehouse,
    filter_: AnalysisFilter,
    result: AnalysisResult,
    lines: ir.Table,
    table_cache: TableCache,
) -> None:
    until = last_day(warehouse)
    now = AudienceSelection(warehouse, lines, until, table_cache, "now")
    goods = load_purchased_products(warehouse, now.lines)
    subject = _find_subject(filter_, goods)
    since = until - timedelta(days=BACKTEST_DAYS)
    past = now.lines.filter(now.lines.day <= since)
    earlier = AudienceSelection(warehouse, past, since, table_cache, "then")
    report = ProposalReport(warehouse, result, now, earlier, subject, goods, table_cache)
    if report.people < MIN_CUSTOMERS:
        result.add_limit(too_few_message(report.people, warehouse.floor))
        return
    if "consents" not in warehouse.listed:
        result.add_limit(NO_CONSENTS)
    report.add_everybody()
    if filter_.rule:
        _add_rule_audience(report, AudienceRule.model_validate_json(filter_.rule))
        return
    asked = AudienceRule(countries=(filter_.country,) if filter_.country else ())
    known, messages = resolve_places(asked, now.lines, warehouse)
    for message in messages:
        result.add_limit(message)
    if not messages:
        _add_candidates(report, filter_.goal, known.countries)


def _find_subject(filter_: AnalysisFilter, goods: PurchasedProducts) -> Subject:
    """Return the product or category that the audiences are for; an empty one for everything."""
    if (product := filter_.product) and product in goods.titles:
        return Subject(goods.titles[product], product=product)
    if filter_.category:
        names = {name.lower(): name for name in goods.names}
        name = names.get(filter_.category.lower())
        return Subject(name, category=name) if name else Subject()
    return Subject()


def _add_rule_audience(report: ProposalReport, rule: AudienceRule) -> None:
    """Add the audience of a rule that somebody edited, and look up the names of its products."""
    known, unknown = resolve_products(rule, report.goods)
    known, unknown_words = resolve_places(known, report.now.lines, report.warehouse)
    for name in unknown:
        report.result.add_limit(_refuse_unknown_name(name, report.goods))
    for phrase in unknown_words:
        report.result.add_limit(phrase)
    if unknown or unknown_words:
        report.add_product_names(rule)
    else:
        report.add_audience(Proposal("yours", known))


def _refuse_unknown_name(name: str, goods: PurchasedProducts) -> Words:
    if near := find_similar_name(name, goods):
        return Words(
            "Nobody bought anything called {name}. Did you mean {near}?",
            name=quote_name(name),
            near=quote_name(near),
        )
    return Words(
        "Nobody bought anything called {name}: look at how your orders or products spell it.",
        name=quote_name(name),
    )


def _add_candidates(report: ProposalReport, goal: str | None, countries: tuple[str, ...]) -> None:
    niche, floor = find_niche(report), report.warehouse.floor
    things = niche.things if niche else ()
    if goal:
        report.result.add("all", "goal", goal)
    if countries:
        report.result.add("all", "place", PLACE_LIST_SEPARATOR.join(countries))
    enough = False
    for proposal in list_proposals(report.subject, goal, things, countries):
        is_requested = goal or proposal.id in ("niche", "there")
        sure = proposal.id == "alike" or bool(report.subject.name and not is_requested)
        try:
            added = report.add_audience(proposal, least=floor, sure=sure)
        except CannotDo as no:  # without a purchase rhythm there are no segments
            report.result.add_limit(no.words)
            continue
        enough = enough or added
        if added and proposal.id == "niche" and niche:
            _add_niche(report, niche)
    if countries and not enough:
        report.result.add_limit(
            Words(
                "Under {n} customers ordered to {place}: too few for an audience.",
                n=floor,
                place=join_with_or([Country(name=country) for country in countries]),
            )
        )


def _add_niche(report: ProposalReport, niche: Niche) -> None:
    add, first = report.result.add, niche.things[0]
    add("niche", "thing", PARENTHESES_AT_END.sub("", report.goods.titles.get(first, first)))
    add("niche", "things", len(niche.things), query="niche-pairs")
    add("niche", "lift", niche.lift, unit="×", query="niche-pairs")


__all__ = ["find"]
