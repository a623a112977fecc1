"""A test of variants, without an AI: what its result says, or what a planned one needs."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pydantic import BaseModel

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.experiment_plan import MESSAGE_PLACES, find_place
from bot.core.parts import Copy, NextStep
from bot.core.request import Question, SkillRequest
from bot.data.analyses.findings import Trial, list_trials
from bot.offline.context import OfflineContext
from bot.offline.report_builder import ReportBuilder
from bot.offline.reports.experiment_plan import write_plan
from bot.offline.routing import asks_for
from bot.text.normalize import tokenize

CERTAIN = Decimal("0.05")  # a p value below this counts as a difference
WEEK = 7  # days
MAX_TESTS, MAX_ROWS = 5, 10


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


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    if is_plan(request):
        return await write_plan(_add_segment(request), ctx)
    return await _write_result(request, ctx)


def _add_segment(request: SkillRequest) -> SkillRequest:
    """Return the request with the rule of the segment that stands beside a word for customers:
    "lapsed customers", « clients fidèles »."""
    brief = request.brief
    typed = tokenize(f"{brief.audience or ''} {brief.words}")
    places = [n for n, word in enumerate(typed) if asks_for("customers", word)]
    beside = {word[:5] for n in places for word in typed[max(0, n - 1) : n + 2]}
    for segment, label in SEGMENT_LABELS.items():
        words = tokenize(f"{label.to('en')} {label.to('fr')}")
        names = {
            word[:5]
            for word in words
            if (len(word) > 3 or word == segment) and not asks_for("customers", word)
        }
        if not brief.rule and names & beside:
            rule = AudienceRule(segments=(segment,)).stored
            return request.model_copy(update={"brief": brief.model_copy(update={"rule": rule})})
    return request


async def _write_result(request: SkillRequest, ctx: OfflineContext) -> BaseModel:
    builder = ReportBuilder(ctx, "experiment")
    await builder.look_up("experiments")
    trials = list_trials(builder.subjects("experiments"))
    if not trials:
        return builder.report_missing()
    shown = (select_named(request.brief.words, trials) or trials)[:MAX_TESTS]
    first = shown[0]
    headline = _write_headline(builder, first)
    arms = [(trial, name, arm) for trial in shown for name, arm in trial.arms.items()][:MAX_ROWS]
    measure = "rate" if any(arm.get("rate") for arm in first.arms.values()) else "mean"
    measure = "users" if first.status == "broken" else measure
    several = len({trial.test for trial in shown}) > 1
    heads = {t.whole.key: t.title if several else builder.say(t.metric) for t in shown}
    names = [name if len(shown) == 1 else f"{heads[t.whole.key]}: {name}" for t, name, _ in arms]
    deciding = None if first.status == "broken" else first.deciding
    titles = ", ".join(dict.fromkeys(trial.title for trial in shown))
    return await builder.build(
        headline,
        [*_list_points(builder, first), *(_write_headline(builder, one) for one in shown[1:])],
        table=builder.tabulate([arm for _, _, arm in arms], names=names),
        chart=builder.draw_bars(
            headline, first.arms.values(), measure, strong=deciding, names=list(first.arms)
        ),
        limits=[builder.write(first.whole, "guessed")],
        read_as=builder.words("read_as", names=titles),
        leads=_list_leads(builder, first),
    )


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
