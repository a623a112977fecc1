"""Counts customers by conditions: segments, what they bought or not, how often, for how much, when,
where, how they rated, what they looked at; who is like a product's buyers; new subscribers (never
ordered). Tells how many there are and agreed to e-mail, SMS and ads, what they bought, and the rule
for an export. Leave one out with [], 0, false or "none".
Not for shares or sales.
Example: {"purpose": "none", "segments": [], "bought": [], "bought_named": [],
"bought_categories": [], "bought_within_days": 0, "bought_at_least": 0, "not_bought": [],
"not_bought_categories": [], "not_within_days": 90, "like_product": "none", "like_category": "none",
"min_orders": 0, "max_orders": 0, "min_spend": 0, "countries": [], "regions": [],
"last_order_from": "none", "last_order_until": "none", "orders": [], "rated": [], "viewed": [],
"any_of": false, "never_ordered": false, "joined_within_days": 0}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

from pydantic import Field, ValidationError

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    find_analysis,
    find_order_days,
    read_day,
    read_text,
    run_query,
)
from bot.agent.tools._audience_worth import (
    AGREED,
    NO_AMOUNT,
    AskedPurpose,
    choose_purpose,
    explain_people,
    find_reached,
    find_worth,
    is_too_few,
    list_columns,
    tell_too_few,
)
from bot.agent.tools._exhibits import GroupExhibit
from bot.agent.tools.query_metrics import Condition, build_filters
from bot.agent.tools.segments import SegmentName
from bot.core.audience_rule import (
    ORDER_FIELDS,
    AudiencePurpose,
    AudienceRule,
    OrderCondition,
    RatingCondition,
    ViewCondition,
)
from bot.core.audience_words import (
    describe_conditions,
    describe_rule,
    list_short_conditions,
    name_rule,
)
from bot.core.channels import describe_unknown_consents, load_channels
from bot.core.exhibits import PEOPLE, WHEN
from bot.core.facts import Evidence, Fact, FactId
from bot.core.metric_query import (
    AskedFieldName,
)
from bot.core.request import SkillRequest
from bot.data.analyses.result import FAVOURITE_LABEL, AnalysisFilter
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

OWN = "yours"  # the subject that the analysis gives to the audience of a rule
HIDDEN = ("rule-code",)
CONSENT_LABELS: Mapping[AudiencePurpose, Words] = {
    "email": Words("all who agreed to e-mail, whatever they bought"),
    "sms": Words("all who agreed to SMS, whatever they bought"),
    "ads": Words("all who agreed to ads, whatever they bought"),
}
OWN_LABELS = {
    "customers": Words("customers who meet the conditions"),
    **{f"by-{purpose}": words for purpose, words in AGREED.items()},
}
TOLD_TO_COPY = {*OWN_LABELS, "conditions", "rule"}  # a text argues from no forecast
NOBODY_TO_WRITE_TO = (
    "Too few of them agreed to be written to on this channel: if they are whom the text is for, "
    "write nothing yet. Call `ask_person` for whom it shall be, with these words and “Write it all "
    "the same” as an option, unless the brief says so already."
)
SINCE = Words("orders since {day}")
ONLY_BUYERS = (
    "Only customers with an order are counted here, in the segment “new”, too. New subscribers, "
    "and those whom an offer for the first order is for, have none: use never_ordered for them."
)
EVERYBODY = Words("the whole customer file, not this audience")
SIZE = GroupExhibit("the size of the audience", Words("Audience"), {}, rows_of=PEOPLE)
RETURN_FIELDS = {"returned", "return_reason"}


class OfOrders(Condition):
    """A condition on orders that a rule may have."""

    field: AskedFieldName = Field(json_schema_extra={"enum": [*ORDER_FIELDS]})


class Orders(ToolParams):
    filters: list[list[OfOrders]] = Field(
        description="As in query_metrics: every group must hold, of a group one condition. "
        "selected_orders counts the customer's orders that all else here selects, "
        "selected_units their units. delivered_day is when they came: with it late is delivered "
        "late, without it also what is overdue; “any” takes all that came."
    )
    since: str = Field(description="First day on which they were placed, or “none”.")
    until: str = Field(description="Last day, or “none”.")
    never: bool = Field(description="true: the customer has no such order.")
    no_order_after: bool = Field(description="true: the customer has not ordered since.")


class Rated(ToolParams):
    at_least: int = Field(description="Stars, 1 to 5; 0: any.")
    at_most: int = Field(description="Stars, 1 to 5; 0: any.")
    since: str = Field(description="First day of the rating, or “none”.")
    until: str = Field(description="Last day, or “none”.")
    no_order_after: bool = Field(description="true: the customer has not ordered since.")


class Viewed(ToolParams):
    products: list[str] = Field(description="One of these or of the categories.")
    categories: list[str]
    in_basket: bool = Field(
        description="true: laid in the basket, not only looked at; with no product and no category "
        "named, anything. Who then ordered is left out by `orders` with since and never."
    )
    since: str = Field(description="First day of the visit, or “none”.")
    until: str = Field(description="Last day, or “none”.")


class Params(ToolParams):
    purpose: AskedPurpose = Field(
        description="none: that of the channel that was asked for, else e-mail."
    )
    segments: list[SegmentName]
    bought: list[str]
    bought_named: list[str] = Field(
        description="Words of product titles, such as “dress”: who bought any product with one."
    )
    bought_categories: list[str]
    bought_within_days: int
    bought_at_least: int = Field(
        description="How many different ones of the products and categories named in bought, "
        "bought_named and bought_categories; not how many units or orders, which `orders` "
        "has. 0: any one of them."
    )
    not_bought: list[str]
    not_bought_categories: list[str]
    not_within_days: int
    like_product: str
    like_category: str
    min_orders: int
    max_orders: int
    min_spend: float
    countries: list[str]
    regions: list[str]
    last_order_from: str
    last_order_until: str
    orders: list[Orders] = Field(
        description="Orders that the customer must have, or never have; all of them hold. “Bought "
        "linen last summer at least twice, never with a promo” is two: category, since, until and "
        "selected_orders at_least 2; and discounted is yes, never; `code` is a campaign's code "
        "and no promo, unless describe_data says so. “At least 2 candles this year” has category, "
        "since and selected_units at_least 2."
    )
    rated: list[Rated] = Field(
        description="Ratings that the customer must have given; all of them hold. Only where the "
        "feedback names the customer or the order."
    )
    viewed: list[Viewed] = Field(
        description="What the customer looked at on the site; all of them hold. “Looked at the "
        "linen shirt without buying it” names it here and in not_bought. Only visits of known "
        "customers tell it."
    )
    any_of: bool = Field(
        description="true: of `orders`, `rated` and `viewed` together one condition suffices: “low "
        "rating or late parcel”."
    )
    never_ordered: bool = Field(
        description="true: has no order. All conditions but joined_within_days and countries, then "
        "those of the address, ask for orders: leave them out. The segment “new” has ordered once."
    )
    joined_within_days: int = Field(description="Signed up within so many days; 0: any time.")


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    purpose = choose_purpose(params.purpose, deps.request)
    rule, titles, words = await run_query(
        deps, lambda warehouse: _read_rule(params, purpose, warehouse)
    )
    currency = await run_query(deps, _find_currency)
    conditions = describe_conditions(rule, titles, currency)  # of all who meet them, agreed or not
    if problem := rule.impossible:
        raise ToolError(f"{problem[0]}: {problem[1].to('en')}")
    finding = await find_analysis(deps, "audiences", AnalysisFilter(rule=rule.stored))
    own = [fact for fact in finding.result.facts if fact.parts.subject == OWN]
    described = describe_rule(rule, titles, currency).to(deps.request.language)
    facts = finding.prepare([*_describe_rule(own, described), *own], of_call=rule.code)
    facts = tuple(_label(fact) for fact in facts if fact.parts.measure not in HIDDEN)
    if deps.request.channel is not None:
        facts = tuple(fact for fact in facts if fact.parts.measure in TOLD_TO_COPY)
    elif facts:
        facts += await run_query(deps, _count_consents)
    if facts:
        facts += tuple(fact for fact in finding.result.facts if fact.parts.subject == "things")
        facts += await run_query(
            deps, lambda warehouse: _find_tastes(rule, facts[0].parts.subject, warehouse)
        )
    days = await run_query(deps, find_order_days) if facts else None
    reached = find_reached(facts, purpose)
    many = next((one.value for one in facts if one.parts.measure == "customers"), None)
    is_exact = reached is not None or isinstance(many, Decimal)  # else it would tell how many
    name = name_rule(rule, titles, currency)
    worth, missing, untold = tuple[Fact, ...](), list[str](), ""
    if days and not rule.never_ordered and deps.request.channel is None:  # a text tells no amount
        subject = facts[0].parts.subject
        if is_exact:
            worth, missing = await find_worth(rule, days, reached, subject, deps)
        else:
            left_out = NO_AMOUNT.with_params(audience=name)
            missing, untold = [left_out.to("en")], left_out.to(finding.language)
    since = SINCE.with_params(day=days[0]) if days and rule.reaches_before(*days) else None
    spent = [one.model_copy(update={"about": ""}) for one in worth if reached]
    size = replace(SIZE, columns=list_columns(purpose, {}))
    shown = size.build((*facts, *spent), finding.language, whole=name)
    parts = [one.to(finding.language) for one in list_short_conditions(rule, titles, currency)]
    result = replace(finding, where=AnalysisFilter(), age=None).build_result(
        (*facts, *worth),
        title=conditions,
        reading=since,
        explained=explain_people(rule.segments, deps.request, of_visits=bool(rule.viewed)),
        exhibits=tuple(
            one.model_copy(
                update={
                    "not_ranked": untold,
                    "rows": one.rows and one.rows.model_copy(update={"parts": tuple(parts)}),
                }
            )
            for one in shown
        ),
        notes=[
            *words,
            *_explain(facts, rule, deps.request),
            *missing,
            *_note_for_copy(facts, rule, deps),
        ],
    )
    (_what, people), *more = result.scope
    dated = ((WHEN if part == "more" else part, text) for part, text in more)
    # a card names every audience that it counts
    return result.model_copy(update={"scope": ((PEOPLE, people), *dated)})


def _label(fact: Fact) -> Fact:
    """Return a count with a label that says of whom it is, apart from those of everybody."""
    label = OWN_LABELS.get(fact.parts.measure)
    if label is None:
        return fact
    unit = "customers" if isinstance(fact.value, Decimal) else None  # else "under 20"
    return fact.model_copy(update={"label": label.text, "unit": unit})


def _explain(facts: tuple[Fact, ...], rule: AudienceRule, request: SkillRequest) -> list[str]:
    if not facts:
        return []
    only_buyers = [] if rule.never_ordered else [ONLY_BUYERS]
    if request.channel is not None:  # its card says the rest, and the text doesn't
        return only_buyers
    return [
        *tell_too_few(facts, rule.purpose),
        *only_buyers,
        "Only customers who agreed to the purpose are ever exported. They are counted only by the "
        "purposes of this list; “all who agreed …” counts those with and without an order, and is "
        "left out where those without are too few. The reachable number of an "
        "audience is “of these, agreed to …”. Two audiences of which one is within the other may "
        "differ by few people: never say by how many.",
        "“people then” met the conditions 90 days ago, their days moved back by 90, too; “bought "
        "… since” is the share of them that did. “smallest effect”: the "
        "smallest one that a test on them shows.",
        *filter(None, [describe_unknown_consents(request.brief)]),
    ]


def _note_for_copy(facts: tuple[Fact, ...], rule: AudienceRule, deps: ToolDeps) -> list[str]:
    """Return what the writer of a text for these people is to know of them."""
    from bot.agent.copy_notes import list_counted_notes

    channel = load_channels().get(deps.request.channel or "")
    if channel is None or not facts:
        return []
    few = not deps.request.brief.is_notice and any(
        fact.parts.measure == f"by-{rule.purpose}" and is_too_few(fact) for fact in facts
    )
    bought = next((fact for fact in facts if fact.parts.measure == "bought-most"), None)
    evidence = Evidence(facts=tuple(deps.book.facts))
    return [
        *([NOBODY_TO_WRITE_TO] if few and rule.purpose == channel.consent else []),
        *list_counted_notes(deps.request, evidence, deps.brand, rule.stored, bought),
    ]


def _count_consents(warehouse: Warehouse) -> tuple[Fact, ...]:
    from bot.data.analyses.segments.audience import count_consents

    return tuple(
        Fact(
            id=str(FactId("audiences", "everybody", f"agreed-{purpose}")),
            label=CONSENT_LABELS[purpose].text,
            about=EVERYBODY.text,
            value=Decimal(people),
            unit="customers",
            source=warehouse.source("consents"),
            as_of=warehouse.as_of("consents"),
            rows=people,
        )
        for purpose, people in count_consents(warehouse).items()
    )


def _find_tastes(rule: AudienceRule, subject: str, warehouse: Warehouse) -> tuple[Fact, ...]:
    """Return what these customers bought: the argument to write to them with."""
    from bot.data.analyses.segments.audience import find_tastes

    tastes = find_tastes(warehouse, rule)
    values = {
        "favourite-category": (FAVOURITE_LABEL, tastes.favourite),
        "typical-category": ("typical category", tastes.typical),
        "bought-most": ("bought most", "; ".join(tastes.products)),
    }
    return tuple(
        Fact(
            id=str(FactId("audiences", subject, measure)),
            label=label,
            value=value,
            source=warehouse.source("orders"),
            as_of=warehouse.as_of("orders"),
        )
        for measure, (label, value) in values.items()
        if value
    )


def _describe_rule(own: Sequence[Fact], words: str) -> list[Fact]:
    """Return the rule in words; nothing for an audience that has no facts."""
    stored = next((fact for fact in own if fact.parts.measure == "rule"), None)
    if stored is None:
        return []
    id = str(stored.parts._replace(measure="conditions"))
    return [stored.model_copy(update={"id": id, "label": "conditions", "value": words})]


def _read_rule(
    params: Params, purpose: AudiencePurpose, warehouse: Warehouse
) -> tuple[AudienceRule, dict[str, str], list[str]]:
    """Return the rule with references in place of titles, the titles by reference, and how words
    were understood. Raises ToolError, QueryError or CannotDo for what the data don't have."""

    from bot.data.analyses.products import load_product_titles
    from bot.data.metrics.filters import validate_filter
    from bot.data.metrics.query.feedback_measures import describe_named
    from bot.data.metrics.query.order_cautions import tell_late_returns
    from bot.data.metrics.query.orders import resolve_order_condition
    from bot.data.metrics.query.visit_measures import count_named_visits

    def find_product(name: str) -> str:
        known = validate_filter(warehouse, "sellers", AnalysisFilter(product=name))
        return known.product or name

    like_product, like_category = read_text(params.like_product), read_text(params.like_category)
    viewed_categories = [name for one in params.viewed for name in one.categories]
    for category in (
        *(*params.bought_categories, *params.not_bought_categories),
        *(*viewed_categories, like_category),
    ):
        if category:
            validate_filter(warehouse, "sellers", AnalysisFilter(category=category))
    values: dict[str, Any] = {
        "purpose": purpose,
        "segments": tuple(name for name in params.segments if name != "none"),
        "bought": tuple(find_product(name) for name in params.bought),
        "bought_named": tuple(params.bought_named),
        "bought_categories": tuple(params.bought_categories),
        "bought_within": params.bought_within_days or None,
        "bought_at_least": params.bought_at_least or None,
        "not_bought": tuple(find_product(name) for name in params.not_bought),
        "not_bought_categories": tuple(params.not_bought_categories),
        "not_within": params.not_within_days or None,
        "like_product": find_product(like_product) if like_product else None,
        "like_category": like_category,
        "min_orders": params.min_orders or None,
        "max_orders": params.max_orders or None,
        "min_spend": Decimal(str(params.min_spend)) if params.min_spend else None,
        "countries": tuple(params.countries),
        "regions": tuple(params.regions),
        "last_from": read_day(params.last_order_from, "last_order_from"),
        "last_until": read_day(params.last_order_until, "last_order_until"),
        "any_of": params.any_of and len([*params.orders, *params.rated, *params.viewed]) > 1,
        "never_ordered": params.never_ordered,
        "joined_within": params.joined_within_days or None,
    }
    try:
        orders = [_build_order_condition(one) for one in params.orders]
        resolved = [resolve_order_condition(warehouse, one) for one in orders]
        rated = tuple(_build_rating_condition(one) for one in params.rated)
        viewed = tuple(_build_view_condition(one, find_product) for one in params.viewed)
        values |= {"orders": tuple(one for one, _ in resolved), "rated": rated, "viewed": viewed}
        rule = AudienceRule(**values)
    except ValidationError as wrong:
        raise ToolError(_explain_errors(wrong)) from wrong
    words = [note for _, notes in resolved for note in notes]
    words += [describe_named(warehouse)] if rated else []
    words += [count_named_visits(warehouse)] if viewed else []
    asked = {
        one.field for condition in rule.orders for one in chain.from_iterable(condition.filters)
    }
    if not asked.isdisjoint(RETURN_FIELDS) and (late := tell_late_returns(warehouse)):
        words.append(f"{late} Who sent nothing back so far may still do: say so.")
    return rule, load_product_titles(warehouse, rule.products), words


def _find_currency(warehouse: Warehouse) -> str:
    """Return the currency of the rule's amounts; empty where the orders have none."""
    from bot.data.metrics.filters import list_currencies

    return next(iter(list_currencies(warehouse, "orders")), "")


def _build_order_condition(orders: Orders) -> OrderCondition:
    return OrderCondition(
        filters=build_filters(orders.filters),
        since=read_day(orders.since, "since"),
        until=read_day(orders.until, "until"),
        never=orders.never,
        no_order_after=orders.no_order_after,
    )


def _build_rating_condition(rated: Rated) -> RatingCondition:
    return RatingCondition(
        at_least=rated.at_least or None,
        at_most=rated.at_most or None,
        since=read_day(rated.since, "since"),
        until=read_day(rated.until, "until"),
        no_order_after=rated.no_order_after,
    )


def _build_view_condition(viewed: Viewed, find_product: Callable[[str], str]) -> ViewCondition:
    return ViewCondition(
        products=tuple(find_product(name) for name in viewed.products),
        categories=tuple(viewed.categories),
        in_basket=viewed.in_basket,
        since=read_day(viewed.since, "since"),
        until=read_day(viewed.until, "until"),
    )


def _explain_errors(wrong: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
        for error in wrong.errors()[:3]
    )
