"""A test of variants, without an AI: what its result says, or what a planned one needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from bot.core.audience_rule import SEGMENT_LABELS, AudienceRule
from bot.core.experiment_plan import MESSAGE_PLACES, find_place
from bot.core.fact_sentences import FactSubject
from bot.core.parts import Copy, NextStep
from bot.core.request import Question, SkillRequest
from bot.offline.context import OfflineContext
from bot.offline.report_builder import ReportBuilder, names_subject
from bot.offline.reports.experiment_plan import write_plan
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
        """Return its status: "uncounted" where nobody did what is counted."""
        counted = [a for a in self.arms.values() if a.number("successes") or not a.get("successes")]
        return self.whole.status if counted or self.whole.status == "broken" else "uncounted"

    @property
    def control(self) -> FactSubject | None:
        return self.arms.get(self.whole.word("control"))

    @property
    def deciding(self) -> FactSubject | None:
        """The variant that the verdict is about."""
        others = [arm for arm in self.arms.values() if arm is not self.control]
        others.sort(key=lambda arm: -float(arm.number("effect")))
        about = [arm for arm in others if arm.status == self.status]
        if self.status == "lost":
            about.reverse()
        return next(iter(about or others), None)

    @property
    def short(self) -> FactSubject:
        """The variant that is furthest below its share."""
        return max(self.arms.values(), key=lambda a: float(a.number("meant") - a.number("users")))

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
    return sorted(found, key=lambda trial: RANK.index(trial.whole.status))


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
    names = [name if len(shown) == 1 else f"{trial.title}: {name}" for trial, name, _ in arms]
    deciding = None if first.status == "broken" else first.deciding
    titles = ", ".join(dict.fromkeys(trial.title for trial in shown))
    return await builder.build(
        headline,
        [*_list_points(builder, first), *(_write_headline(builder, one) for one in shown[1:])],
        table=builder.tabulate([_hide(trial, arm) for trial, _, arm in arms], names=names),
        chart=builder.draw_bars(
            headline, first.arms.values(), measure, strong=deciding, names=list(first.arms)
        ),
        limits=[builder.write(first.whole, "guessed")],
        read_as=builder.words("read_as", names=titles),
        leads=_list_leads(builder, first),
    )


def _hide(trial: Trial, arm: FactSubject) -> FactSubject:
    """Return a variant of a broken test without its results."""
    if trial.status != "broken":
        return arm
    kept = {name: fact for name, fact in arm.facts.items() if name in ("users", "meant")}
    return FactSubject(arm.kind, arm.key, arm.about, kept)


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
        yield builder.write(arm, "difference" if status in ("won", "lost") else "open")
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
