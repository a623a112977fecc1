"""A test of variants, without an AI: what its result says, or what a planned one needs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from pydantic import BaseModel

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.fact_sentences import FactSubject
from bot.core.metric_query import MESSAGE_PLACES, find_place
from bot.core.parts import Copy, NextStep
from bot.core.request import SkillRequest
from bot.data.analyses.findings import MAX_WEEKS, PlannedTest, Trial, find_plan, list_trials
from bot.offline.report_builder import ReportBuilder
from bot.offline.reports.blockers import list_falls
from bot.offline.routing import asks_for
from bot.text.normalize import tokenize

CERTAIN = Decimal("0.05")  # a p value below this counts as a difference
WEEK = 7  # days
MAX_TESTS, MAX_ROWS = 5, 10
OUTCOMES = ("successes", "rate", "mean")


def select_named(words: str, trials: Sequence[Trial]) -> list[Trial]:
    """Return the tests whose title the words name, or whose place ("basket" names « panier »)."""
    left = " ".join(w for w in tokenize(words) if not asks_for("read", w) and w != "tests")
    named = [trial for trial in trials if trial.whole.is_named_in(left)]
    place = find_place(words)
    return named or [t for t in trials if place and find_place(f"{t.title} {t.test}") == place]


def is_plan(request: SkillRequest) -> bool:
    """Whether a test is to be planned: a button says for whom, or a keyword says it."""
    words = request.brief.words
    is_asked = asks_for("plan", words) or tokenize(words)[:1] == ["test"]
    return bool(request.brief.rule) or (is_asked and not asks_for("read", words))


async def write_report(builder: ReportBuilder) -> BaseModel:
    if is_plan(builder.request):
        return await _write_plan(ReportBuilder(builder.ctx, "plan"), _add_segment(builder.request))
    return await _write_result(builder)


def _add_segment(request: SkillRequest) -> SkillRequest:
    """Return the request with the rule of the segment that its words name: "lapsed customers"."""
    brief = request.brief
    words = f"{brief.audience or ''} {brief.words}"
    segment = next((one for one in SEGMENT_LABELS if asks_for(one, words)), None)
    if brief.rule or segment is None:
        return request
    rule = AudienceRule(segments=(segment,)).stored
    return request.model_copy(update={"brief": brief.model_copy(update={"rule": rule})})


async def _write_result(builder: ReportBuilder) -> BaseModel:
    await builder.look_up("experiments")
    trials = list_trials(builder.subjects("experiments"))
    if not trials:
        return builder.report_missing()
    named = select_named(builder.request.brief.words, trials)
    shown = (named or trials)[:MAX_TESTS]
    first = shown[0]
    is_broken = first.status == "broken"
    rows = [(trial, name, arm) for trial in shown for name, arm in trial.arms.items()][:MAX_ROWS]
    arms = [_without_outcome(a) if t.status == "broken" and not named else a for t, _, a in rows]
    has_rate = any(arm.get("rate") for arm in first.arms.values())
    measure = "users" if is_broken else "rate" if has_rate else "mean"
    several = len({trial.test for trial in shown}) > 1
    heads = {t.whole.key: t.title if several else builder.say(t.metric) for t in shown}
    names = [name if len(shown) == 1 else f"{heads[t.whole.key]}: {name}" for t, name, _ in rows]
    titles = ", ".join(dict.fromkeys(trial.title for trial in shown))
    return await builder.build(
        _write_headline(builder, first),
        [
            *_list_points(builder, first),
            builder.write(None if named else builder.subjects("experiments").get("all"), "counts"),
            *(_write_headline(builder, one) for one in shown[1:]),
        ],
        table=builder.tabulate(arms, names=names),
        chart=builder.draw_bars(
            builder.words(f"charts.{measure}", metric=first.metric),
            first.arms.values(),
            measure,
            strong=None if is_broken else first.deciding,
            names=list(first.arms),
        ),
        limits=[builder.write(first.whole, "guessed")],
        read_as=builder.words("read_as", names=titles),
        leads=_list_leads(builder, first),
    )


def _without_outcome(arm: FactSubject) -> FactSubject:
    """Return a variant of a broken test without what its people did: that is told on request."""
    kept = {name: fact for name, fact in arm.facts.items() if name not in OUTCOMES}
    return replace(arm, facts=kept)


def _write_headline(builder: ReportBuilder, trial: Trial) -> Copy:
    arm, control, status = trial.deciding, trial.control, trial.status
    if arm is None or control is None:
        status = status if status in ("broken", "uncounted") else "too early"
    given: dict[str, object] = {}
    if arm and control:
        rate = "rate" if arm.get("rate") else "mean"
        given = {"variant": arm.word("variant"), "control": control.word("variant")}
        given |= {"rate": arm.get(rate), "base": control.get(rate)}
    told = builder.write(trial.whole, status, test=trial.title, **given)
    title = trial.whole.facts["title"]
    builder.copy("", [title])
    return told.model_copy(update={"facts": (*told.facts, title.id)})


def _list_points(builder: ReportBuilder, trial: Trial) -> Iterator[Copy]:
    arm, status, whole = trial.deciding, trial.status, trial.whole
    if status == "broken":
        yield builder.write(trial.short, "short", variant=trial.short.word("variant"))
    elif status != "uncounted":
        key = "difference" if status in ("won", "lost") else "open"
        yield builder.write(arm, key, metric=trial.metric)
    if status in ("won", "lost"):
        yield builder.write(arm, "worth")
    given = {"variant": arm.word("variant") if arm else "", "control": whole.word("control")}
    given["short"] = trial.short.word("variant")
    yield builder.write(whole, f"what_to_do.{_choose_step(trial)}", **given)


def _choose_step(trial: Trial) -> str:
    if trial.status != "won":
        return trial.status
    if trial.whole.word("runner-up") and trial.whole.word("ahead-verdict") != "won":
        return "either"
    if 0 < trial.days < WEEK:
        return "whole_weeks"
    is_certain = trial.deciding is not None and trial.deciding.number("always-valid-p") < CERTAIN
    return "won" if is_certain else "end_before"


def _list_leads(builder: ReportBuilder, trial: Trial) -> list[NextStep]:
    leads = [builder.step("again", title=trial.title)]
    if trial.status == "won":
        winner = trial.whole.word("winner")
        is_letter = find_place(f"{trial.title} {winner}") in MESSAGE_PLACES
        leads.append(builder.step("letter" if is_letter else "page", winner=winner))
    return leads


async def _write_plan(builder: ReportBuilder, request: SkillRequest) -> BaseModel:
    await builder.look_up("plan", request=request)
    plan = find_plan(builder.subjects("plan"))
    if plan is None:
        return builder.report_missing()
    falls, visits = [], [builder.state("visits")] if plan.is_on_site else []
    if plan.is_on_site:
        await builder.look_up("funnel")
        builder.kinds.remove("funnel")
        falls = [one for one in list_falls(builder) if one.key.startswith("device-")]
    names = [f"+{builder.spell(one.facts['lift'])}" for one in plan.lifts]
    drawn = "weeks" if plan.proposed.get("weeks") else "people"
    half = [one for one in plan.weeks if one.number("weeks") == MAX_WEEKS // 2]
    shortest = (half if half and plan.is_feasible else plan.weeks)[-1:]
    whole = "read_as" if plan.start.get("size") else "read_as_all"
    return await builder.build(
        _write_plan_headline(builder, plan),
        [
            builder.write(plan.start, f"starts.{plan.place}"),
            _write_people(builder, plan, request.brief.audience or ""),
            *(builder.write(one, "smallest") for one in shortest),
            *(builder.write(one, "fall_orders", "fall") for one in falls[:1]),
            builder.state("split"),
        ],
        table=builder.tabulate(plan.lifts, names=names),
        chart=builder.draw_bars(
            f"charts.{drawn}", plan.lifts, drawn, strong=plan.proposed, names=names
        ),
        limits=[builder.write(plan.chances, "chances"), *visits],
        read_as=builder.words(whole, where=builder.words(f"places.{plan.place}")),
        leads=[_build_lead(builder, plan, request)],
    )


def _write_plan_headline(builder: ReportBuilder, plan: PlannedTest) -> Copy:
    if plan.start.get("size") and not plan.is_feasible:
        return builder.write(plan.start, "small_effect", "no_effect")
    keys = ("feasible_weeks", "feasible") if plan.is_feasible else ("too_long",)
    return builder.write(plan.proposed, *keys, base=plan.start.get("base"))


def _write_people(builder: ReportBuilder, plan: PlannedTest, whom: str) -> Copy:
    """Say on whom the test is; on everybody where the people named can't be counted."""
    if plan.start.get("size"):
        is_all = plan.start.number("fits") == plan.start.number("size")  # no consent is counted
        key = "whom_all" if is_all else "whom"
        return builder.write(plan.start, key, whom=whom or plan.start.named(builder.language))
    return builder.state("whom_uncounted", whom=whom) if whom else Copy(text="")


def _build_lead(builder: ReportBuilder, plan: PlannedTest, request: SkillRequest) -> NextStep:
    """Lead to the draft of the text to test, for the audience of the test."""
    whom, rule = request.brief.audience, request.brief.rule
    if whom and rule:
        key = "sms_to" if AudienceRule.model_validate_json(rule).purpose == "sms" else "email_to"
        return builder.step(key, {"audience": whom, "rule": rule}, audience=whom)
    return builder.step("letter" if plan.place in MESSAGE_PLACES else "page")
