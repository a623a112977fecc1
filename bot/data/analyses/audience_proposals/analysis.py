"""What is told of audiences: `find`."""

import re
from datetime import timedelta

import ibis.expr.types as ir

from bot.core.audience_rule import PLACES, Rule, either
from bot.data.analyses.audience_proposals.candidates import (
    Proposal,
    goal_of,
    proposals,
    without_goal,
)
from bot.data.analyses.audience_proposals.facts import Telling
from bot.data.analyses.audience_proposals.measures import SINCE
from bot.data.analyses.audience_proposals.niche import Niche, niche_of
from bot.data.analyses.products import Goods, goods_of
from bot.data.analyses.result import Findings, Where
from bot.data.analyses.segments.audience import NO_CONSENTS, NO_ORDERS
from bot.data.analyses.segments.selection import Picking
from bot.data.floors import too_few
from bot.data.warehouse.cache import Laid
from bot.data.warehouse.purchases import last_day, lines
from bot.data.warehouse.warehouse import Shelf
from bot.errors import CannotDo
from bot.i18n.messages import Country, Words, quoted
from bot.rules.library.audiences.naming import nearest, resolved
from bot.rules.library.audiences.places import countries_in, placed, strange_in, without_places
from bot.rules.library.audiences.subject import subject_of
from bot.text.normalize import fold

ENOUGH = 100  # customers
BRACKETS = re.compile(r"\s*\([^)]*\)$")  # « Torchons (lot de 3) »


def find(shelf: Shelf, where: Where) -> Findings:
    """For `where.rule` that one audience; else two to four for `where.words` and the product.

    Facts audiences.<id>.rule (as JSON), .rule-code, .customers, .by-email, .by-sms, .by-ads,
    .people-then, .bought-share with .bought-share-low and -high, .times-all, .verdict,
    .expected-buyers-low and -high, .expected-sales-low and -high, .smallest-effect; of the niche
    .lift. audiences.all has the same of everybody, .subject and .days; audiences.category.<n> and
    audiences.things.<key> what categories and products are called."""
    bought = lines(shelf)
    if bought is None:
        findings = Findings("audiences", "", shelf.today)
        findings.refuse(NO_ORDERS)
        return findings
    findings = Findings(
        "audiences", shelf.source("orders"), shelf.as_of("orders"), floors=shelf.floors
    )
    with Laid(shelf, "audiences") as laid:
        _tell(shelf, where, findings, bought, laid)
    return findings


def _tell(shelf: Shelf, where: Where, findings: Findings, bought: ir.Table, laid: Laid) -> None:
    until = last_day(shelf)
    now = Picking(shelf, bought, until, laid, "now")
    goods = goods_of(shelf, now.lines)
    words = where.words or ""
    countries, low = countries_in(fold(words), now.lines, shelf)
    subject = subject_of(without_goal(without_places(words, low)), where.product, goods)
    since = until - timedelta(days=SINCE)
    past = now.lines.filter(now.lines.day <= since)
    earlier = Picking(shelf, past, since, laid, "then")
    telling = Telling(shelf, findings, now, earlier, subject, goods, laid)
    if telling.people < ENOUGH:
        findings.refuse(too_few(telling.people, shelf.floor))
        return
    if "consents" not in shelf.listed:
        findings.refuse(NO_CONSENTS)
    telling.everybody()
    if where.rule:
        _one(telling, Rule.model_validate_json(where.rule))
    elif strange := strange_in(words, now.lines, shelf):
        for said in strange:
            findings.refuse(said)
    else:
        _several(telling, words, countries)


def _one(telling: Telling, rule: Rule) -> None:
    """The audience of a rule that somebody wrote, with the names in it looked up."""
    known, unknown = resolved(rule, telling.goods)
    known, astray = placed(known, telling.now.lines, telling.shelf)
    for name in unknown:
        telling.findings.refuse(_unknown(name, telling.goods))
    for said in astray:
        telling.findings.refuse(said)
    if unknown or astray:
        telling.things(rule)
    else:
        telling.audience(Proposal("yours", known))


def _unknown(name: str, goods: Goods) -> Words:
    if near := nearest(name, goods):
        return Words(
            "Nobody bought anything called {name}. Did you mean {near}?",
            name=quoted(name),
            near=quoted(near),
        )
    return Words(
        "Nobody bought anything called {name}: look at how your orders or products spell it.",
        name=quoted(name),
    )


def _several(telling: Telling, words: str, countries: tuple[str, ...]) -> None:
    niche, goal, floor = niche_of(telling), goal_of(words), telling.shelf.floor
    things = niche.things if niche else ()
    if goal:
        telling.findings.add("all", "goal", goal)
    if countries:
        telling.findings.add("all", "place", PLACES.join(countries))
    enough = False
    for one in proposals(telling.subject, goal, things, countries):
        asked = goal or one.id in ("niche", "there")
        sure = one.id == "alike" or bool(telling.subject.name and not asked)
        try:
            told = telling.audience(one, least=floor, sure=sure)
        except CannotDo as no:  # no rhythm: there are no groups
            telling.findings.refuse(no.words)
            continue
        enough = enough or told
        if told and one.id == "niche" and niche:
            _niche(telling, niche)
    if countries and not enough:
        telling.findings.refuse(
            Words(
                "Under {n} customers ordered to {place}: too few for an audience.",
                n=floor,
                place=either([Country(name=one) for one in countries]),
            )
        )


def _niche(telling: Telling, niche: Niche) -> None:
    add, first = telling.findings.add, niche.things[0]
    add("niche", "thing", BRACKETS.sub("", telling.goods.titles.get(first, first)))
    add("niche", "things", len(niche.things), query="niche-pairs")
    add("niche", "lift", niche.lift, unit="×", query="niche-pairs")
