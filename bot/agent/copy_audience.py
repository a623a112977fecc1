"""For whom a text is: the audience as the data count it, or that they can't."""

from typing import TYPE_CHECKING

from bot.core.audience_rule import AudienceRule
from bot.core.checks import Check
from bot.core.facts import Fact
from bot.i18n.messages import Words

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

AUDIENCE_TOOL = "audience"
SEGMENT, COUNTED = "segment", "audiences"  # kinds of facts
CONDITIONS = "segment.audience.audience"  # the rule in words
POINTING = (
    ", unless the request points to the people of the report (“those”): "
    f"then call `{AUDIENCE_TOOL}` with their conditions first"
)
COUNTED_AS = Words("The audience was counted as: {rule}")
NOT_COUNTED = Words("“{audience}” is not counted in your data: the text goes by these words.")


def describe_audience(ctx: "SkillContext") -> str:
    """Say for whom the text is and what the data know of them, for the prompt."""
    brief = ctx.request.brief
    if facts := ctx.evidence.of(SEGMENT):
        name = brief.audience or str(facts[0].value)
        return f"{name}: counted, see the facts of {SEGMENT}"
    if brief.rule:
        return f"{brief.audience or 'the audience of a rule'}: the data can't count them"
    if not brief.audience:
        unless = POINTING if ctx.earlier.report else ""
        return f"nobody in particular: the whole list{unless}"
    pointing = "Words such as “those” mean the people of the report. " if ctx.earlier.report else ""
    return (
        f"{brief.audience}: not counted yet. {pointing}Call `{AUDIENCE_TOOL}` with exactly these "
        "conditions first; what it finds chooses the argument. If it can't hold all of them, "
        "count nobody in their place and go by the words."
    )


def describe_counted_audience(ctx: "SkillContext") -> tuple[str, ...]:
    """Return the rule of the audience in words, with its name: nothing when none is counted."""
    conditions = ctx.evidence.get(CONDITIONS)
    if conditions is None:
        return ()
    name = ctx.request.brief.audience
    return (f"{name}: {conditions.value}" if name else str(conditions.value),)


async def keep_counted_audience(ctx: "SkillContext") -> None:
    """Make the audience that the model has counted that of the brief, so that the card shows its
    size and a later version keeps it. Note how it was counted, or that it was not."""
    if ctx.by_rules:
        return
    brief = ctx.request.brief
    if brief.rule is None and (rule := _find_counted_rule(ctx)):
        purpose = ctx.channel.consent if ctx.channel else None
        changed = rule.model_copy(update={"purpose": purpose}) if purpose else rule
        brief = brief.model_copy(update={"rule": changed.stored})
        ctx.request = ctx.request.model_copy(update={"brief": brief})
        await ctx.look_up(SEGMENT)
    conditions = ctx.evidence.get(CONDITIONS)
    if conditions and brief.audience is None:
        assumed = tuple(one for one in brief.assumed if one.field != "audience")
        brief = brief.model_copy(update={"audience": str(conditions.value), "assumed": assumed})
        ctx.request = ctx.request.model_copy(update={"brief": brief})
    elif conditions and brief.rule:
        _note(ctx, COUNTED_AS.with_params(rule=str(conditions.value)))
    elif brief.audience and not conditions:
        _note(ctx, NOT_COUNTED.with_params(audience=brief.audience))


def _note(ctx: "SkillContext", words: Words) -> None:
    ctx.notes += (Check(rule="audience", level="info", words=words),)


def _find_counted_rule(ctx: "SkillContext") -> AudienceRule | None:
    """Return the rule that the model has counted for this text, if it is one."""
    before = {str(fact.value) for fact in ctx.earlier.facts if _is_rule(fact)}
    rules = {str(fact.value) for fact in ctx.book.facts if _is_rule(fact)} - before
    return AudienceRule.model_validate_json(rules.pop()) if len(rules) == 1 else None


def _is_rule(fact: Fact) -> bool:
    return fact.parts.kind == COUNTED and fact.parts.measure == "rule"
