"""What a planned test needs, without an AI: people, weeks, and from which rate it starts."""

from pydantic import BaseModel

from bot.core.audience_rule import AudienceRule
from bot.core.experiment_plan import MESSAGE_PLACES
from bot.core.parts import Copy, NextStep
from bot.core.request import SkillRequest
from bot.data.analyses.findings import MAX_WEEKS, PlannedTest, find_plan
from bot.offline.context import OfflineContext
from bot.offline.report_builder import ReportBuilder
from bot.offline.reports.blockers import list_falls


async def write_plan(request: SkillRequest, ctx: OfflineContext) -> BaseModel:
    builder = ReportBuilder(ctx, "plan")
    await builder.look_up("plan", request=request)
    plan = find_plan(builder.subjects("plan"))
    if plan is None:
        return builder.report_missing()
    falls = []
    if plan.is_on_site:
        await builder.look_up("funnel")
        builder.kinds.remove("funnel")
        falls = [one for one in list_falls(builder) if one.key.startswith("device-")]
    headline = _write_headline(builder, plan)
    names = [f"+{builder.spell(one.facts['lift'])}" for one in plan.lifts]
    half = [one for one in plan.weeks if one.number("weeks") == MAX_WEEKS // 2]
    shortest = (half if half and plan.is_feasible else plan.weeks)[-1:]
    whole = "read_as" if plan.start.get("size") else "read_as_all"
    return await builder.build(
        headline,
        [
            builder.write(plan.start, f"starts.{plan.place}"),
            _write_people(builder, plan, request.brief.audience or ""),
            *(builder.write(one, "smallest") for one in shortest),
            *(builder.write(one, "fall_orders", "fall") for one in falls[:1]),
            builder.state("split"),
        ],
        table=builder.tabulate(plan.lifts, names=names),
        chart=builder.draw_bars(
            headline,
            plan.lifts,
            "weeks" if plan.proposed.get("weeks") else "people",
            strong=plan.proposed,
            names=names,
        ),
        limits=[
            builder.write(plan.chances, "chances"),
            *([builder.state("visits")] if plan.is_on_site else []),
        ],
        read_as=builder.words(whole, where=builder.words(f"places.{plan.place}")),
        leads=[_build_lead(builder, plan, request)],
    )


def _write_headline(builder: ReportBuilder, plan: PlannedTest) -> Copy:
    base = plan.start.get("base")
    if plan.start.get("size") and not plan.is_feasible:
        return builder.write(plan.start, "small_effect", "no_effect")
    keys = ("feasible_weeks", "feasible") if plan.is_feasible else ("too_long",)
    return builder.write(plan.proposed, *keys, base=base)


def _write_people(builder: ReportBuilder, plan: PlannedTest, whom: str) -> Copy:
    """Say on whom the test is, where people are named; if they can't be counted, that it is
    planned for everybody."""
    if plan.start.get("size"):
        is_all = plan.start.number("fits") == plan.start.number("size")  # no consent is counted
        key = "whom_all" if is_all else "whom"
        return builder.write(plan.start, key, whom=whom or plan.start.named(builder.language))
    return builder.state("whom_uncounted", whom=whom) if whom else Copy(text="")


def _build_lead(builder: ReportBuilder, plan: PlannedTest, request: SkillRequest) -> NextStep:
    """Lead to the draft of the text to test, for the audience of the test."""
    whom, rule = request.brief.audience, request.brief.rule
    if whom and rule:
        is_sms = AudienceRule.model_validate_json(rule).purpose == "sms"
        form = {"audience": whom, "rule": rule}
        return builder.step("sms_to" if is_sms else "email_to", form, audience=whom)
    return builder.step("letter" if plan.place in MESSAGE_PLACES else "page")
