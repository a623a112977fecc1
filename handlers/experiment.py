"""Read a test of variants, or plan one: what it changed, how many it takes."""

import re

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.brief import Brief
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words, format_value
from bot.rules import wanted
from bot.rules.telling import planned, trials
from bot.rules.telling.planned import Planned
from bot.rules.telling.tested import ON_SITE, what_on_whom_where
from bot.rules.telling.told import Teller, how_to_read, nothing_yet, told
from bot.rules.telling.trial import Trial, metric, named_in, trials_in
from bot.rules.wanted import Wanted
from bot.text.normalize import normalize_text

TITLE = "A/B test"
HINT = "how did the photos test do?"
PLAN_PATTERN = re.compile(
    r"\b(?:plan|design|set up|run|prepare|planifi\w*|prepare[rz]?|organis\w*|prevoi[rs]|monte[rz]?"
    r"|lance[rz]?|sample size|taille d'echantillon|power|puissance|how (?:many|long)|combien)\b"
    r"|^(?:[\w'-]+\W+){0,4}?(?:test(?:e|ez|ons|er)\b"  # "teste la livraison gratuite"
    r"|test (?:an?|the|our|free|whether|if|two|both|different|another|new)\b)"
)
TEST_WORDS_PATTERN = re.compile(
    r"\b(?:a ?/ ?b|split|tests?|variants?|variantes?|results?|resultats?|read|lis|lire)\b"
)
MOST_TESTS, MOST_ROWS = 5, 10
EMAIL_SUBJECTS = {"subject", "letter"}  # test places that are in an e-mail


class ExperimentText(BaseModel):
    finding: Copy = Field(title="In one sentence")
    summary: Copy = Field(title="Summary")
    what_to_do: Copy = Field(title="What to do")


class ExperimentReport(ExperimentText):
    picture: File | None = Field(default=None, title="Picture")
    table: Table = Field(title="In figures")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    words = normalize_text(request.brief.words)
    if not words.strip():
        return ctx.ask(Words("Which test? For example: how did the photos test do?"))
    if PLAN_PATTERN.search(words):
        return await _report_plan(request, ctx)
    return await _report_result(request, ctx)


async def _report_result(request: SkillRequest, ctx: SkillContext) -> BaseModel:
    teller = Teller(request.language)
    evidence = await ctx.look_up("experiments")
    all_trials = trials_in(told(evidence, "experiments"))
    if not all_trials:
        return nothing_yet(teller, evidence, ["experiments"])
    named = named_in(TEST_WORDS_PATTERN.sub(" ", normalize_text(request.brief.words)), all_trials)
    shown = (named or all_trials)[:MOST_TESTS]
    first = shown[0]
    text_by_rules = ExperimentText(
        finding=teller.copy(trials.headline(teller, first)),
        summary=teller.copy(*_write_summary(teller, shown)),
        what_to_do=teller.copy(*dict.fromkeys(_list_steps(teller, shown)), apart="\n"),
    )
    table = _build_table(teller, shown)
    title = trials.what_it_says(teller, first).split(". ")[0]
    picture = await ctx.draw(
        _build_result_picture(teller, first, title[:1].upper() + title[1:], ctx)
    )
    read = how_to_read(teller, evidence, ["experiments"], *_list_limits(teller, shown))
    ctx.keep_facts(*teller.ever.values())
    written = await ctx.write(ExperimentText, by_rules=text_by_rules)
    return ExperimentReport(
        **written.model_dump(),
        picture=picture,
        table=table,
        how_to_read=read,
        leads=_list_leads(teller, first),
    )


def _write_summary(teller: Teller, shown: list[Trial]) -> list[str]:
    first = shown[0]
    lines = [trials.who_took_part(teller, first), trials.the_others(teller, first)]
    lines += [trials.ahead(teller, first)]
    lines += [trials.worth(teller, first), trials.how_sure(teller, first)]
    return lines + [trials.also(teller, first, trial) for trial in shown[1:]]


def _list_steps(teller: Teller, shown: list[Trial]) -> list[str]:
    """One step for each test, from its first result, which is the clearest."""
    once: dict[str, Trial] = {}
    for trial in shown:
        once.setdefault(trial.test, trial)
    now = {trial.title: trials.what_now(trial) for trial in once.values()}
    lines = [teller.say(Words("{test}: {what}", test=t, what=step)) for t, step in now.items()]
    if len(lines) > 1:
        return lines
    alone = teller.say(next(iter(now.values())))
    return [alone[:1].upper() + alone[1:]]


def _build_table(teller: Teller, shown: list[Trial]) -> Table:
    columns = [
        Words("Variant"),
        Words("People"),
        Words("Result"),
        Words("Difference"),
        Words("Between"),
        Words("Outcome"),
    ]
    tests = {trial.test for trial in shown}
    rows = []
    for trial in shown:
        measured = format_value(metric(trial), teller.language)
        before = trial.title if len(tests) > 1 else measured if len(shown) > 1 else ""
        for variant, arm in trial.arms.items():
            name = teller.say(Words("{test}: {what}", test=before, what=variant))
            name = name if before else variant
            rows.append(trials.row(teller, trial, arm, name))
    return teller.table(map(teller.say, columns), rows[:MOST_ROWS])


def _build_result_picture(
    teller: Teller, trial: Trial, title: str, ctx: SkillContext
) -> ChartPicture:
    """A chart of the variants. For a broken test, only the number of people of each."""
    measure = next(
        (m for m in ("rate", "mean") if any(a.get(m) for a in trial.arms.values())), "users"
    )
    shown = [
        Bar(
            variant,
            float(arm.number(measure)),
            strong=arm is trial.told_by,
            spelled=teller.of(arm, measure),
        )
        for variant, arm in trial.arms.items()
    ]
    return build_bar_chart(
        title.rstrip("."), shown, language=teller.language, colours=ctx.brand.colours or COLOURS
    )


def _list_limits(teller: Teller, shown: list[Trial]) -> list[str]:
    lines = [
        Words(
            "First it is checked whether each variant got the people meant for it: when chance"
            " can't explain what is missing, nothing of the test is read."
        ),
        Words(
            "The range given is the one that holds the true difference in nearly all"
            " tests read like this; it says nothing about why."
        ),
        Words("These people in these days: others, later, may do otherwise."),
    ]
    if guessed := shown[0].whole.get("control-guessed"):
        lines.append(
            Words(
                "No variant is called the control: {variant}, the first by name, is "
                "taken for it. If another is what you have today, call it control in the"
                " file.",
                variant=teller.value(guessed),
            )
        )
    if any(len(trial.arms) > 2 for trial in shown):
        lines.append(Words("Several variants were tried at once; that is counted in the verdicts."))
    if len({trial.test for trial in shown}) < len(shown):
        lines.append(
            Words(
                "Several results of one test were looked at: believe first the one that"
                " was meant before it began."
            )
        )
    told_lines = [teller.say(line) for line in lines]
    return [*told_lines, *(trials.chances(teller, trial) for trial in shown[:1])]


def _list_leads(teller: Teller, trial: Trial) -> list[NextStep]:
    again = Words("Plan a test that follows {title}", title=trial.title)
    found = [
        NextStep(label=Words("Plan a follow-up test"), skill="experiment", words=teller.say(again))
    ]
    if trial.status == "won":
        winner = trial.whole.word("winner")
        words = Words("Product page (winner: {winner})", winner=winner)
        if EMAIL_SUBJECTS & set(wanted.places(f"{trial.title} {winner}")):
            words = Words("E-mail (winner: {winner})", winner=winner)
        found.append(
            NextStep(label=Words("Draft the winner's text"), skill="draft", words=teller.say(words))
        )
    return found


async def _report_plan(request: SkillRequest, ctx: SkillContext) -> BaseModel:
    teller = Teller(request.language)
    evidence = await ctx.look_up("plan")
    plan = planned.planned_in(told(evidence, "plan"), request.brief.product_words or "")
    if plan is None:
        return nothing_yet(teller, evidence, ["plan"])
    wished = wanted.read(request.brief.words)
    whom = request.brief.audience or wished.whom
    titles = {
        fact.about: str(fact.value) for fact in evidence.of("plan") if _is_product_name(fact.id)
    }
    if plan.place in ON_SITE:
        evidence = await ctx.look_up("funnel")
    text_by_rules = ExperimentText(
        finding=teller.copy(planned.headline(teller, plan)),
        summary=teller.copy(
            *what_on_whom_where(teller, wished, plan.start, whom),
            planned.starting_from(teller, plan),
            planned.seen_in_time(teller, plan),
            planned.moving_ground(teller, plan, told(evidence, "funnel")),
        ),
        what_to_do=teller.copy(*planned.steps(teller, plan, wished.place), apart="\n"),
    )
    table = planned.table(teller, plan)
    picture = await ctx.draw(_build_plan_picture(teller, plan, text_by_rules.finding.text, ctx))
    read = how_to_read(teller, evidence, ["plan"], *planned.limits(teller, plan, whom, titles))
    ctx.keep_facts(
        *teller.ever.values(), *(f for f in evidence.of("plan") if _is_product_name(f.id))
    )
    written = await ctx.write(ExperimentText, by_rules=text_by_rules)
    return ExperimentReport(
        **written.model_dump(),
        picture=picture,
        table=table,
        how_to_read=read,
        leads=_list_draft_leads(teller, request.brief, wished),
    )


def _is_product_name(fact_id: str) -> bool:
    """Whether a fact holds the name of a product of the rule."""
    return fact_id.startswith("plan.things.")


def _list_draft_leads(teller: Teller, brief: Brief, wished: Wanted) -> list[NextStep]:
    """The next step: draft the text to test, for the audience of the test. Named after the subject
    in the words, else after the place of the test."""
    text = Words("Product page to be tested")
    if EMAIL_SUBJECTS & {wished.place}:
        text = Words("E-mail to be tested")
    if wished.what:
        text = Words("Text to be tested: {what}", what=wished.what)
    form = {}
    if (whom := brief.audience or wished.whom) and wished.reach:
        by = Words("E-mail to be tested, to: {audience}", audience=whom)
        text = (
            Words("SMS to be tested, to: {audience}", audience=whom)
            if wished.reach == "sms"
            else by
        )
        form = {"audience": whom, **({"rule": brief.rule} if brief.rule else {})}
    label = Words("Draft the text to test")
    return [NextStep(label=label, skill="draft", words=teller.say(text), form=form)]


def _build_plan_picture(
    teller: Teller, plan: Planned, title: str, ctx: SkillContext
) -> ChartPicture:
    """A chart of the weeks, or the people, needed to detect each lift."""
    measure = "weeks" if plan.chosen.get("weeks") else "people"
    shown = [
        Bar(
            f"+{teller.of(lift_row, 'lift')}",
            float(lift_row.number(measure)),
            strong=lift_row is plan.chosen,
            spelled=teller.say(planned.weeks_of(teller, lift_row))
            if measure == "weeks"
            else teller.of(lift_row, measure),
        )
        for lift_row in plan.lifts
    ]
    return build_bar_chart(
        title.rstrip("."), shown, language=teller.language, colours=ctx.brand.colours or COLOURS
    )
