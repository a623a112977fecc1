"""Two to four audiences that fit a product, categories or a goal: its buyers, people like them, the
best customers, those who drift away, newcomers, a niche. Of each: how many there are and how many
agreed to e-mail, SMS and ads; which share of such people bought the product within 90 days in the
past, beside all others; how many will buy as things are; the smallest effect that a test on it
shows; what they spent so far; and its rule.
Not for people by conditions of your own (audience), nor for how a segment does (segments).
Example: {"product": "none", "category": "Bath", "goal": "none", "country": "none",
"purpose": "none"}
"""

from dataclasses import replace

from pydantic import Field

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    build_filter,
    find_analysis,
    find_product,
    group_by_subject,
)
from bot.agent.tools._audience_worth import (
    BOUGHT,
    AskedPurpose,
    choose_purpose,
    explain_people,
    find_reached,
    find_spent,
    list_columns,
    name_worth,
    tell_too_few,
)
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.audience_rule import AudienceGoal, AudienceRule
from bot.core.audience_words import AUDIENCE_NAMES, describe_rule, name_audience
from bot.core.channels import describe_unknown_consents
from bot.data.catalogue.product import build_availability_facts
from bot.i18n.messages import Words

MEASURES = (
    *("rule", "customers", "by-email", "by-sms", "by-ads", "bought-share", "bought-share-low"),
    *("bought-share-high", "others-share", "verdict", "expected-buyers-low"),
    *("expected-buyers-high", "smallest-effect", "lift"),
)
EXHIBIT = GroupExhibit(
    "the audiences and what they bought", Words("Audience"), {}, bars="bought-share"
)


class Params(ToolParams):
    product: str
    category: str = Field(description="“A; B” for several together.")
    goal: AudienceGoal
    country: str
    purpose: AskedPurpose = Field(
        description="none: that of the channel that was asked for, else e-mail."
    )


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    where = build_filter(params)
    if where.product and where.category:
        raise ToolError("Name a product or a category, not both.")
    goal = None if params.goal == "none" else params.goal
    purpose = choose_purpose(params.purpose, deps.request)
    finding = await find_analysis(deps, "audiences", replace(where, goal=goal))
    language = finding.language
    groups = {
        name: {fact.parts.measure: fact for fact in group}
        for name, group in group_by_subject(finding.result.facts).items()
    }
    titles = {fact.about: str(fact.value) for fact in groups.get("things", {}).values()}
    days = groups.get("all", {}).get("days")
    chosen = [days.model_copy(update={"label": "days of these purchases"})] if days else []
    segments, worth = list[str](), list[str]()
    for name, group in groups.items():
        if name in AUDIENCE_NAMES and "rule" in group:
            known = AudienceRule.model_validate_json(str(group["rule"].value))
            rule = known.model_copy(update={"purpose": purpose})
            group["rule"] = group["rule"].model_copy(update={"value": rule.stored})
            segments += rule.segments
            thing = group.get("thing") or groups["all"].get("subject")
            about = name_audience(name, rule, str(thing.value) if thing else "").to(language)
            words = describe_rule(rule, titles).to(language)
            conditions = group["rule"].model_copy(update={"label": "conditions", "value": words})
            id = str(conditions.parts._replace(measure="conditions"))
            kept = [group[measure] for measure in MEASURES if measure in group]
            kept.insert(1, conditions.model_copy(update={"id": id}))
            reached = find_reached(kept, purpose)
            spent, notes = await find_spent(rule, finding.result.as_of, reached, deps)
            worth += notes
            chosen += [fact.model_copy(update={"about": about}) for fact in kept]
            for fact in spent:
                of = {"about": ", ".join(filter(None, (about, fact.about)))}
                chosen.append(name_worth(fact, name).model_copy(update=of))
    of_call = " ".join(filter(None, (goal, "" if purpose == "email" else purpose)))
    facts = finding.prepare(chosen, of_call=of_call)
    things = tuple(fact for fact in finding.result.facts if fact.parts.subject == "things")
    product = await find_product(where.product, deps) if where.product else None
    availability = build_availability_facts(product, language) if product else ()
    return finding.build_result(
        (*facts, *things, *availability),
        title=Words("audiences"),
        explained=explain_people(segments, deps.request),
        exhibits=replace(EXHIBIT, columns=list_columns(purpose, BOUGHT)).build(facts, language),
        notes=(
            *tell_too_few(facts, purpose),
            "“bought … since”: of the people whom the same rule picked 90 days ago, those who did. "
            "Only “confirmed” is beyond chance. “all customers, to compare” is of the whole file.",
            "One person can be in several audiences.",
            *dict.fromkeys(worth),
            *filter(None, [describe_unknown_consents(deps.request.brief)]),
            *(f"{one.about} is sold out: say so first." for one in availability),
        )
        if len(facts) > 1
        else (),
    )
