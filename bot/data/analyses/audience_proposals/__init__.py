"""Propose audiences: rules that fit a request, each with its size and a backtest on past orders.

A person types products, categories and places in another way than the shop's rows write them: both
ways are understood."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import PLACE_LIST_SEPARATOR, AudienceRule
from bot.core.audience_words import join_with_or
from bot.data.analyses.audience_proposals.proposal_facts import (
    BACKTEST_DAYS,
    Niche,
    Proposal,
    ProposalReport,
    find_niche,
)
from bot.data.analyses.products import (
    PurchasedProducts,
    Subject,
    is_in_product_name,
    load_purchased_products,
    unknown_name_message,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult, split_names
from bot.data.analyses.segments.audience import (
    NO_CONSENTS,
    TABLES,
    TABLES_NOW,
    TABLES_THEN,
    AudienceSelection,
)
from bot.data.floors import too_few_message
from bot.data.warehouse.purchases import NO_ORDERS, last_day, purchase_lines
from bot.data.warehouse.query import TableCache, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.countries import normalize_name as normalize_place
from bot.i18n.countries import parse_country_code
from bot.i18n.french_regions import find_region, is_part_of
from bot.i18n.messages import Country, Words, quote_name
from bot.text.normalize import collapse_spaces, normalize_text

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
    with TableCache(warehouse, TABLES) as table_cache:
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
    now = AudienceSelection(warehouse, lines, until, table_cache, TABLES_NOW)
    goods = load_purchased_products(warehouse, now.lines)
    subject = _find_subject(filter_, goods)
    since = until - timedelta(days=BACKTEST_DAYS)
    past = now.lines.filter(now.lines.day <= since)
    earlier = AudienceSelection(warehouse, past, since, table_cache, TABLES_THEN)
    report = ProposalReport(warehouse, result, now, earlier, subject, goods, table_cache)
    if report.people < MIN_CUSTOMERS:
        result.add_limit(too_few_message(report.people, warehouse.floor, MIN_CUSTOMERS))
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
    """Return the product or categories that the audiences are for; an empty one for everything."""
    if (product := filter_.product) and product in goods.titles:
        return Subject(goods.titles[product], product=product)
    if filter_.category:
        names = {name.lower(): name for name in goods.names}
        named = [names.get(one.lower()) for one in split_names(filter_.category)]
        found = tuple(dict.fromkeys(filter(None, named)))
        return Subject(", ".join(found), categories=found)
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
    return unknown_name_message(name)


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
            "Under {n} customers ordered to {place}: too few for an audience.",
            n=floor,
            place=join_with_or([Country(name=country) for country in countries]),
        )


def _add_niche(report: ProposalReport, niche: Niche) -> None:
    add, first = report.result.add, niche.things[0]
    add("niche", "thing", PARENTHESES_AT_END.sub("", report.goods.titles.get(first, first)))
    add("niche", "things", len(niche.things), query="niche-pairs")
    add("niche", "lift", niche.lift, unit="×", query="niche-pairs")


# The rules: which audiences to propose for a product and a goal.

DEFAULT_PROPOSALS = ("buyers", "alike", "loyal", "drifting", "newcomers")
PROPOSALS_BY_GOAL: Mapping[str, Sequence[str]] = {
    "win back": ("drifting", "lapsed"),
    "second order": ("newcomers", "loyal"),
    "reward": ("loyal", "buyers", "newcomers"),
}
MAX_PROPOSALS = 3  # without the niche
MAX_DAYS_SINCE_PURCHASE = 365  # older purchases say little about today's needs


def list_proposals(
    subject: Subject, goal: str | None, niche: Sequence[str], countries: tuple[str, ...] = ()
) -> list[Proposal]:
    """Return at most three proposals that fit the request, plus the niche when there is one, whose
    buyers are active: none to win back. All are limited to `countries`; everybody in these
    countries comes first."""
    known = {candidate.id: candidate for candidate in _iter_candidates(subject, goal)}
    order = PROPOSALS_BY_GOAL.get(goal or "", DEFAULT_PROPOSALS)
    proposals = [known[name] for name in order if name in known]
    if countries:
        proposals.insert(0, Proposal("there", AudienceRule()))
    proposals = proposals[:MAX_PROPOSALS]
    if niche and goal != "win back":
        proposals.append(Proposal("niche", AudienceRule(bought=tuple(niche), bought_at_least=2)))
    return [
        Proposal(candidate.id, candidate.rule.model_copy(update={"countries": countries}))
        for candidate in proposals
    ]


def _iter_candidates(subject: Subject, goal: str | None) -> Iterator[Proposal]:
    its = {
        "bought": (subject.product,) if subject.product else (),
        "bought_categories": subject.categories,
    }
    if subject.name:
        yield Proposal(
            "buyers", AudienceRule.model_validate({**its, "bought_within": MAX_DAYS_SINCE_PURCHASE})
        )
        if len(subject.categories) < 2:  # a rule is like the buyers of one
            category = next(iter(subject.categories), None)
            like = AudienceRule(like_product=subject.product, like_category=category)
            yield Proposal("alike", like)
    yield Proposal("loyal", AudienceRule(segments=("champions", "loyal")))
    only = its if goal == "win back" and subject.name else {}
    segments = ("at-risk", "drifting-away")
    yield Proposal("drifting", AudienceRule.model_validate({**only, "segments": segments}))
    yield Proposal("lapsed", AudienceRule.model_validate({**only, "segments": ("lapsed",)}))
    yield Proposal("newcomers", AudienceRule(segments=("new",)))


# The products, categories and places of a rule: from how a person typed them to how the shop's
# rows write them.

MIN_SIMILARITY = 0.6  # of 1: how much alike two names must be for a typing error
MAX_PLACES = 5  # named when a place is not known, those most people ordered to
UNKNOWN_PLACE = {
    "countries": Words(
        "Nobody ordered to the country {place}. Your orders write countries so: {some}."
    ),
    "regions": Words("Nobody ordered to the region {place}. Your orders write regions so: {some}."),
}
NO_PLACES = {
    "countries": Words("Your orders don't say to which country they went: leave the country out."),
    "regions": Words("Your orders don't say to which region they went: leave the region out."),
}


def resolve_products(
    rule: AudienceRule, goods: PurchasedProducts
) -> tuple[AudienceRule, list[str]]:
    """Return the rule with keys for titles and the shop's spelling of categories; a word that the
    names of several products say stays a word. Also return what nothing in the orders is called."""
    unknown: list[str] = []
    changed: dict[str, object] = {}
    for products, categories in (
        ("bought", "bought_categories"),
        ("not_bought", "not_bought_categories"),
    ):
        typed = [*getattr(rule, products), *getattr(rule, categories)]
        changed[products], changed[categories] = _sort_names(typed, goods, unknown)
    words = [one for one in unknown if one in rule.bought and is_in_product_name(one, goods)]
    changed["bought_named"] = tuple(dict.fromkeys([*rule.bought_named, *words]))
    return rule.model_copy(update=changed), [one for one in unknown if one not in words]


def _sort_names(
    typed: Sequence[str], goods: PurchasedProducts, unknown: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was typed as products' keys and as categories, and add the rest to `unknown`."""
    titles = {_normalize(title): key for key, title in goods.titles.items()}
    names = {_normalize(name): name for name in goods.names}
    keys, categories = [], []
    for one in typed:
        name = _normalize(one)
        containing = [key for title, key in titles.items() if name and name in title]
        if one in goods.titles:
            keys.append(one)
        elif name in names:
            categories.append(names[name])
        elif name in titles:
            keys.append(titles[name])
        elif len(containing) == 1:
            keys += containing
        else:
            unknown.append(one)
    return tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(categories))


def _normalize(name: str) -> str:
    return normalize_text(collapse_spaces(name))


def find_similar_name(typed: str, goods: PurchasedProducts) -> str | None:
    """Return the category or product whose name is most like what was typed; None for none."""
    known = {_normalize(name): name for name in (*goods.titles.values(), *goods.names)}
    similar = get_close_matches(_normalize(typed), known, n=1, cutoff=MIN_SIMILARITY)
    return known[similar[0]] if similar else None


def resolve_places(
    rule: AudienceRule, lines: ir.Table, warehouse: Warehouse
) -> tuple[AudienceRule, list[Words]]:
    """Return the rule with the orders' spelling of places, and messages on those to which no order
    went. A country is known by its code and its names."""
    messages: list[Words] = []
    changed: dict[str, tuple[str, ...]] = {}
    for field, column in (("countries", "country"), ("regions", "region")):
        if not (typed := getattr(rule, field)):
            continue
        every = list_places(lines, column, warehouse)
        known = {normalize_place(name): name for name in reversed(every)}
        if field == "regions":
            known |= {
                normalize_place(one): find_region(one) or one
                for one in typed
                if any(is_part_of(name, one) for name in every)
            }
        if field == "countries":
            codes = {parse_country_code(name): name for name in reversed(every)}
            known |= {
                normalize_place(one): codes[code]
                for one in typed
                if (code := parse_country_code(one)) in codes and code
            }
        found = [known[normalize_place(one)] for one in typed if normalize_place(one) in known]
        changed[field] = tuple(dict.fromkeys(found))
        missing = [one for one in typed if normalize_place(one) not in known]
        if missing and not known:
            messages.append(NO_PLACES[field])
        elif missing:
            text, some = UNKNOWN_PLACE[field].text, ", ".join(every[:MAX_PLACES])
            messages += [Words(text, place=one, some=some) for one in missing]
    return rule.model_copy(update=changed), messages


def list_places(lines: ir.Table, column: str, warehouse: Warehouse) -> list[str]:
    """Return the values of the column, those of most customers first."""
    counted = (
        lines.filter(lines[column].notnull())
        .group_by(place=lines[column])
        .aggregate(people=_.customer.nunique())
    )
    rows = sorted(fetch_rows(warehouse, counted), key=lambda row: (-row["people"], row["place"]))
    return [str(row["place"]) for row in rows if str(row["place"]).strip()]
