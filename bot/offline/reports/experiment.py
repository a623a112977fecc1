"""A test of variants, without an AI: what its result says, or what a planned one needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.charts import COLOURS, Bar, build_bar_chart
from bot.core.experiment_plan import MESSAGE_PLACES, find_place
from bot.core.parts import Copy, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words, format_value
from bot.offline.build_report import build_offline_report, names_subject
from bot.offline.context import OfflineContext
from bot.offline.experiment_plan import write_plan
from bot.offline.fact_sentences import (
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    report_missing_data,
)
from bot.text.normalize import tokenize, word_set

PLAN_WORDS = word_set(  # a request with one of these, and none of READ_WORDS, is about a plan
    "plan planning design prepare set run launch sample long many power can could want"
    " planifier planifie planifiez prevoir prevois prevoyez prepare preparer preparez organise"
    " organiser lance lancer lancez monter taille combien duree puissance peut peux voudrais"
    " teste tester testez testons"
)
READ_WORDS = word_set(
    "did read result results won wins winner lis lire donne resultat resultats gagne gagnant"
)
CUSTOMER_WORDS = word_set("customers clients clientes buyers acheteurs acheteuses")
RANK = ("won", "lost", "broken", "no difference seen", "too early")  # what can be acted on first
METRICS = {
    "purchase": Words("purchase"),
    "visit": Words("visit"),
    "spend": Words("spend"),
    "click": Words("click"),
}
VERDICTS = {
    "won": Words("won"),
    "lost": Words("lost"),
    "broken": Words("broken"),
    "no difference seen": Words("no difference seen"),
    "too early": Words("too early"),
}
CERTAIN = Decimal("0.05")  # a p value below this counts as a difference
WEEK = 7  # days
MAX_TESTS, MAX_ROWS = 5, 10


@dataclass(frozen=True)
class Trial:
    """One metric of one test: the whole, and each variant by its name."""

    whole: FactSubject
    arms: Mapping[str, FactSubject]

    @property
    def test(self) -> str:
        return self.whole.key.split("--")[0]

    @property
    def title(self) -> str:
        return self.whole.word("title").replace("_", " ")  # it may be a file's name

    @property
    def status(self) -> str:
        return self.whole.word("status")

    @property
    def metric(self) -> Words | str:
        name = self.whole.word("metric")
        return METRICS.get(name, name)

    @property
    def control(self) -> FactSubject | None:
        return self.arms.get(self.whole.word("control"))

    @property
    def deciding(self) -> FactSubject | None:
        """The variant that the verdict is about."""
        others = [arm for arm in self.arms.values() if arm is not self.control]
        others.sort(key=lambda arm: -float(arm.number("effect")))
        about = [arm for arm in others if arm.word("verdict") == self.status]
        if self.status == "lost":
            about.reverse()
        return next(iter(about or others), None)

    @property
    def short(self) -> FactSubject:
        """The variant that is furthest below its share."""
        return max(self.arms.values(), key=lambda a: float(a.number("meant") - a.number("users")))

    @property
    def is_uncounted(self) -> bool:
        """Whether nobody did what is counted: likely it is not counted at all."""
        return all(a.get("successes") and not a.number("successes") for a in self.arms.values())

    @property
    def days(self) -> int:
        """How many days it ran, both ends included; 0 where its rows have no days."""
        first, last = self.whole.word("first-day"), self.whole.word("last-day")
        if not first or first == last:
            return 0
        return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def list_trials(every: Mapping[str, FactSubject]) -> list[Trial]:
    """Return the tests that the facts are about; those that can be acted on first, then the
    newest. A test of one variant has nothing to compare."""
    found = []
    for key, whole in every.items():
        if key.count("--") == 1 and whole.get("status"):
            arms = [one for k, one in every.items() if k.startswith(f"{key}--")]
            if len(arms) > 1:
                found.append(Trial(whole, {arm.word("variant"): arm for arm in arms}))
    found.sort(key=lambda trial: trial.whole.word("last-day"), reverse=True)
    return sorted(found, key=lambda trial: RANK.index(trial.status))


def select_named(words: str, trials: Sequence[Trial]) -> list[Trial]:
    """Return the tests whose title the words name, or whose place ("basket" names « panier »)."""
    left = " ".join(w for w in tokenize(words) if w not in READ_WORDS | {"test", "tests"})
    named = [trial for trial in trials if names_subject(left, trial.whole)]
    place = find_place(words)
    return named or [t for t in trials if place and find_place(f"{t.title} {t.test}") == place]


def is_plan(request: SkillRequest) -> bool:
    """Whether a test is to be planned: a button says for whom, or a keyword says it."""
    typed = tokenize(request.brief.words)
    if request.brief.rule:
        return True
    is_asked = bool(PLAN_WORDS & set(typed)) or typed[:1] == ["test"]
    return is_asked and not READ_WORDS & set(typed)


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    if is_plan(request):
        return await write_plan(_add_segment(request), ctx)
    return await _write_result(request, ctx)


def _add_segment(request: SkillRequest) -> SkillRequest:
    """Return the request with the rule of the segment that stands beside a word for customers:
    "lapsed customers", « clients fidèles »."""
    brief = request.brief
    typed = tokenize(f"{brief.audience or ''} {brief.words}")
    places = [n for n, word in enumerate(typed) if word in CUSTOMER_WORDS]
    beside = {word[:5] for n in places for word in typed[max(0, n - 1) : n + 2]}
    for segment, label in SEGMENT_LABELS.items():
        words = {*tokenize(label.to("en")), *tokenize(label.to("fr"))} - CUSTOMER_WORDS
        names = {word[:5] for word in words if len(word) > 3 or word == segment}
        if not brief.rule and names & beside:
            rule = AudienceRule(segments=(segment,)).stored
            return request.model_copy(update={"brief": brief.model_copy(update={"rule": rule})})
    return request


async def _write_result(request: SkillRequest, ctx: OfflineContext) -> BaseModel:
    writer = SentenceWriter(request.language)
    evidence = await ctx.look_up("experiments")
    trials = list_trials(group_by_subject(evidence, "experiments"))
    if not trials:
        return report_missing_data(writer, evidence, ["experiments"])
    named = select_named(request.brief.words, trials)
    shown = (named or trials)[:MAX_TESTS]
    first = shown[0]
    writer.of(first.whole, "title")
    headline = writer.copy(_write_headline(writer, first))
    points = _write_points(writer, shown)
    measure = "users"  # of a broken test, only how many people each variant got
    if first.status != "broken":
        measure = "rate" if any(arm.get("rate") for arm in first.arms.values()) else "mean"
    bars = [
        Bar(
            variant,
            float(arm.number(measure)),
            strong=arm is first.deciding and first.status != "broken",
            spelled=writer.of(arm, measure),
        )
        for variant, arm in first.arms.items()
    ]
    colours = ctx.brand.colours or COLOURS
    picture = await ctx.draw(
        build_bar_chart(headline.text, bars, language=writer.language, colours=colours)
    )
    table = _build_table(writer, shown)
    how_to_read = explain_reading(writer, evidence, ["experiments"], *_list_limits(writer, shown))
    ctx.keep_facts(*writer.ever.values())
    titles = ", ".join(dict.fromkeys(trial.title for trial in shown))
    return build_offline_report(
        writer,
        request,
        headline=headline,
        points=points,
        picture=picture,
        table=table,
        how_to_read=how_to_read,
        read_as=Words("results of the tests: {names}", names=titles),
        leads=_list_leads(writer, first),
    )


def _write_headline(writer: SentenceWriter, trial: Trial) -> str:
    arm, control, test = trial.deciding, trial.control, trial.title
    if trial.status == "broken":
        return writer.say(Words("Test “{test}” is broken: it has no result", test=test))
    if trial.is_uncounted:
        return writer.say(Words("Test “{test}”: nobody did what is counted", test=test))
    if trial.status == "too early" or arm is None or control is None:
        n = writer.of(trial.whole, "users")
        return writer.say(
            Words("Test “{test}”: too early to tell, with {n} people", test=test, n=n)
        )
    values = {
        "test": test,
        "variant": arm.word("variant"),
        "control": control.word("variant"),
        "rate": _write_rate(writer, arm),
        "base": _write_rate(writer, control),
    }
    if trial.status == "won":
        line = Words("Test “{test}”: {variant} won, {rate} against {base} for {control}", **values)
    elif trial.status == "lost":
        line = Words("Test “{test}”: {variant} lost, {rate} against {base} for {control}", **values)
    else:
        line = Words(
            "Test “{test}”: no difference seen, {rate} for {variant}, {base} for {control}",
            **values,
        )
    return writer.say(line)


def _write_rate(writer: SentenceWriter, arm: FactSubject) -> str:
    return writer.of(arm, "rate" if arm.get("rate") else "mean")


def _write_points(writer: SentenceWriter, shown: Sequence[Trial]) -> list[Copy]:
    """Return the lines on the first test, then one on each other."""
    first = shown[0]
    points = [writer.copy(_write_difference(writer, first))]
    points.append(writer.copy(_write_worth(writer, first)))
    step = Words("What to do: {step}", step=_choose_step(first))
    points.append(writer.copy(writer.say(step)))
    for trial in shown[1:]:
        writer.of(trial.whole, "title")
        points.append(writer.copy(f"{_write_headline(writer, trial)}."))
    return points


def _write_difference(writer: SentenceWriter, trial: Trial) -> str:
    arm = trial.deciding
    if trial.status == "broken":
        return writer.say(
            Words(
                "{variant} got {users} people where {meant} were meant: whoever is missing may be "
                "just those who would have bought or not.",
                variant=trial.short.word("variant"),
                users=writer.of(trial.short, "users"),
                meant=writer.of(trial.short, "meant"),
            )
        )
    if arm is None or not arm.get("effect") or trial.is_uncounted:
        return ""
    low, high = writer.ends(arm, "effect", bare=True)
    values = {"effect": writer.of(arm, "effect"), "low": low, "high": high, "metric": trial.metric}
    if trial.status in ("won", "lost"):
        line = Words(
            "The difference is {effect}, most likely between {low} and {high} ({metric}).", **values
        )
    else:
        line = Words("Anything between {low} and {high} is still possible ({metric}).", **values)
    return writer.say(line)


def _write_worth(writer: SentenceWriter, trial: Trial) -> str:
    """Say what it changed in money: more buyers may buy less."""
    arm = trial.deciding
    if arm is None or not arm.get("worth-low") or trial.status not in ("won", "lost"):
        return ""
    low, high = writer.ends(arm, "worth")
    return writer.say(
        Words(
            "What each person spent changed by {worth}, most likely between {low} "
            "and {high} (in the file's currency).",
            worth=writer.of(arm, "worth"),
            low=low,
            high=high,
        )
    )


def _choose_step(trial: Trial) -> Words:
    arm, control = trial.deciding, trial.whole.word("control")
    variant = arm.word("variant") if arm else ""
    if trial.status == "broken":
        return Words(
            "find where people of {variant} are lost or not counted (slow pages,"
            " redirects, robots), mend it, then run the test again.",
            variant=trial.short.word("variant"),
        )
    if trial.is_uncounted:
        return Words("look whether it is counted at all, before the test runs on.")
    if trial.status == "too early":
        return Words("let it run on.")
    if trial.status == "lost":
        return Words(
            "keep {control}, and note what {variant} tried.", control=control, variant=variant
        )
    if trial.status != "won":
        return Words("keep what you like better, or test something bolder on more people.")
    runner_up = trial.whole.word("runner-up")
    if runner_up and trial.whole.word("ahead-verdict") != "won":
        return Words(
            "use {variant} or {next}, whichever is easier: both beat {control}, and which"
            " of the two is better is open.",
            variant=variant,
            control=control,
            next=runner_up,
        )
    if 0 < trial.days < WEEK:
        return Words(
            "let it run for whole weeks before you use {variant}: so far it is less than "
            "one, and weekdays and weekends differ.",
            variant=variant,
        )
    if arm is not None and arm.number("always-valid-p") >= CERTAIN:
        return Words(
            "use {variant} if the end of the test was set before it began; if it was ended"
            " on a good day, run it again.",
            variant=variant,
        )
    return Words(
        "use {variant} for everybody, and keep watching: what is new is often flattered at first.",
        variant=variant,
    )


def _build_table(writer: SentenceWriter, shown: Sequence[Trial]) -> Table:
    headings = [Words("Variant"), Words("People"), Words("Result"), Words("Difference")]
    headings += [Words("Between"), Words("Outcome")]
    has_several = len({trial.test for trial in shown}) > 1
    rows = []
    for trial in shown:
        before = trial.title if has_several else format_value(trial.metric, writer.language)
        for variant, arm in trial.arms.items():
            name = writer.say(Words("{test}: {what}", test=before, what=variant))
            cells = _build_cells(writer, trial, arm)
            rows.append([name if len(shown) > 1 else variant, *cells])
    return writer.table(map(writer.say, headings), rows[:MAX_ROWS])


def _build_cells(writer: SentenceWriter, trial: Trial, arm: FactSubject) -> list[str]:
    """Return people, result, difference, its range and the verdict. A broken test has none but the
    people, and how many were meant."""
    people = writer.of(arm, "users")
    if trial.status == "broken":
        meant = writer.say(Words("{n} meant", n=writer.of(arm, "meant")))
        return [people, meant, "–", "–", writer.say(VERDICTS["broken"])]
    between = "–"
    if arm.get("effect"):
        low, high = writer.ends(arm, "effect", bare=True)
        between = writer.say(Words("{low} to {high}", low=low, high=high))
    verdict = VERDICTS.get(arm.word("verdict"))
    rate, effect = _write_rate(writer, arm) or "–", writer.of(arm, "effect") or "–"
    return [people, rate, effect, between, writer.say(verdict) if verdict else "–"]


def _list_limits(writer: SentenceWriter, shown: Sequence[Trial]) -> list[str]:
    lines = [
        Words(
            "First it is checked whether each variant got the people meant for it: when chance"
            " can't explain what is missing, nothing of the test is read."
        ),
        Words("These people in these days: others, later, may do otherwise."),
    ]
    if guessed := shown[0].whole.get("control-guessed"):
        lines.append(
            Words(
                "No variant is called the control: {variant}, the first by name, is "
                "taken for it. If another is what you have today, call it control in the"
                " file.",
                variant=writer.value(guessed),
            )
        )
    if len({trial.test for trial in shown}) < len(shown):
        lines.append(
            Words(
                "Several results of one test were looked at: believe first the one that"
                " was meant before it began."
            )
        )
    return [writer.say(line) for line in lines]


def _list_leads(writer: SentenceWriter, trial: Trial) -> list[NextStep]:
    again = Words("Plan a test that follows {title}", title=trial.title)
    label = Words("Plan a follow-up test")
    leads = [NextStep(label=label, skill="experiment", words=writer.say(again))]
    if trial.status == "won":
        winner = trial.whole.word("winner")
        words = Words("Product page (winner: {winner})", winner=winner)
        if find_place(f"{trial.title} {winner}") in MESSAGE_PLACES:
            words = Words("E-mail (winner: {winner})", winner=winner)
        draft = Words("Draft the winner's text")
        leads.append(NextStep(label=draft, skill="draft", words=writer.say(words)))
    return leads
